# The shell script bin/vde: a directory of files goes to the server and comes
# back byte by byte, whatever is in names and texts; every command does what
# its function does; what goes wrong ends with the exit status that --help
# promises (1 the database said no, 2 wrong usage, 3 no connection) and leaves
# nothing behind.
use strict;
use warnings;

use File::Path qw(make_path remove_tree);
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $ROLE = 't_bin_ana';

my $node = PostgreSQL::Test::Cluster->new('bin_vde');
$node->init(extra => [ '--encoding', 'UTF8', '--no-locale' ]);
$node->append_conf('postgresql.conf', "lc_messages = 'C'\n");
$node->start;

$node->safe_psql('postgres', <<SQL);
CREATE EXTENSION vde;
CREATE ROLE $ROLE LOGIN;
GRANT CREATE ON DATABASE postgres TO $ROLE;
CREATE SCHEMA raw AUTHORIZATION $ROLE;
SET ROLE $ROLE;
CREATE TABLE raw.orders AS SELECT i AS id, i * 10 AS amount FROM generate_series(1, 5) i;
SQL

my $connection = $node->connstr('postgres') . " user=$ROLE";

# vde ARGUMENT...: exit status, standard output, standard error
sub vde_plain
{
	my @arguments = @_;
	my ($out, $err) = ('', '');

	IPC::Run::run([ 'vde', @arguments ], '<', \'', '>', \$out, '2>', \$err);
	return ($? >> 8, $out, $err);
}

sub vde { return vde_plain('-d', $connection, @_); }

# What the catalog has, as text
sub value { return $node->safe_psql('postgres', $_[0]); }

sub state_of_all
{
	return value('SELECT environment, model, kind, state, query FROM vde_models ORDER BY 1, 2')
	  . value('SELECT name, drafts FROM vde_environments ORDER BY 1');
}

# write_files DIRECTORY, PATH => CONTENT ...
sub write_files
{
	my ($directory, %files) = @_;

	foreach my $path (keys %files)
	{
		my ($parent) = "$directory/$path" =~ m{^(.*)/[^/]*$}s;
		make_path($parent);
		open(my $handle, '>:raw', "$directory/$path") or die "$path: $!";
		print $handle $files{$path};
		close($handle);
	}
	return;
}

# All files below a directory: PATH => CONTENT
sub read_files
{
	my ($directory, $prefix) = (@_, '');
	my %files;

	opendir(my $handle, $directory) or die "$directory: $!";
	foreach my $name (readdir($handle))
	{
		next if $name eq '.' || $name eq '..';
		if (-d "$directory/$name")
		{
			%files = (%files, read_files("$directory/$name", "$prefix$name/"));
			next;
		}
		$files{"$prefix$name"} = slurp_file("$directory/$name");
	}
	return %files;
}

my $top = PostgreSQL::Test::Utils::tempdir();
my ($status, $out, $err);

#
# Usage
#

($status, $out, $err) = vde_plain();
is($status, 2, 'without a command: wrong usage');
like($err, qr/^usage: vde/, 'which is explained on standard error');
($status, $out, $err) = vde_plain('--help');
is($status, 0, '--help is no error');
like($out, qr/vde sync DIR ENV.*Exit status: 0 done, 1 .*, 2 .*, 3 /s, 'it prints the commands');
foreach my $wrong (
	[ ['sink'], qr/unknown command sink/ ],
	[ [ 'sync', $top ], qr/wrong number of arguments for sync/ ],
	[ ['apply'], qr/wrong number of arguments for apply/ ],
	[ [ 'promote', 'dev' ], qr/wrong number of arguments for promote/ ],
	[ [ 'plan', 'a', 'b', 'c' ], qr/too many arguments|wrong number/ ],
	[ [ 'plan', 'dev', '--formt', 'json' ], qr/unknown option --formt/ ],
	[ [ 'plan', 'dev', '--format' ], qr/option --format needs a value/ ],
	[ [ 'sync', "$top/nowhere", 'dev' ], qr/nowhere is not a directory/ ])
{
	($status, $out, $err) = vde(@{ $wrong->[0] });
	is($status, 2, "status of vde @{ $wrong->[0] }");
	like($err, $wrong->[1], "message of vde @{ $wrong->[0] }");
}
make_path("$top/empty/.git");
write_files("$top/empty", '.git/x.sql' => 'SELECT 1 AS a', 'README.md' => 'hello', '.hidden.sql' => 'SELECT 1 AS a');
($status, $out, $err) = vde('sync', "$top/empty", 'dev');
is($status, 2, 'a directory without models is refused: it would remove them all');
like($err, qr/there is no \.sql and no \.csv file/, 'and says so');
($status, $out, $err) = vde_plain('-d', 'host=/nowhere dbname=x', 'plan', 'dev');
is($status, 3, 'no connection');
{
	# a directory with what the script needs, but for psql
	make_path("$top/path");
	foreach my $tool (qw(sh cat sed))
	{
		my ($program) = grep { -x $_ } map { "$_/$tool" } qw(/bin /usr/bin);
		symlink($program, "$top/path/$tool");
	}
	my ($script) = grep { -x $_ } map { "$_/vde" } split(/:/, $ENV{PATH});
	local $ENV{PATH} = "$top/path";
	IPC::Run::run([ $script, 'plan', 'dev' ], '<', \'', '>', \$out, '2>', \$err);
	is($? >> 8, 2, 'without psql');
	like($err, qr/psql is not in PATH/, 'which is said');
}

#
# The way of a project
#

my $project = "$top/project";
write_files(
	$project,
	'models/shop/orders.sql' => qq(--vde {"description": "All orders", "primary_key": ["id"]}\nSELECT id, amount FROM raw.orders\n),
	'models/shop/big.sql' => qq(--vde {"kind": "view"}\nSELECT id FROM shop.orders WHERE amount > 20),
	'ref.rates.csv' => "code,rate\nde,1.5\n",
	'README.md' => "not a model\n",
	'.git/config.sql' => 'not a model either',
	'models/.draft.sql' => 'nor this');

my $before = state_of_all();
($status, $out, $err) = vde('check', $project, 'dev');
is($status, 0, 'check') or diag($err);
like($out, qr/Added.*\+ ref\.rates.*\+ shop\.orders.*\+ shop\.big/s, 'prints the plan');
unlike($out, qr/^added/m, 'and nothing else');
is(state_of_all(), $before, 'without a trace');
($status, $out, $err) = vde('check', '--format', 'json', $project, 'dev');
is(value(qq(SELECT jsonb_typeof(\$json\$$out\$json\$::jsonb))), 'object', 'check --format json prints JSON');

my $broken = "$top/broken";
write_files($broken, 'shop/orphan.sql' => 'SELECT * FROM shop.nobody');
foreach my $format (qw(text markdown json))
{
	($status, $out, $err) = vde('check', '--format', $format, $broken, 'dev');
	is($status, 1, "check --format $format: something stands in the way");
	like($out, qr/shop\.nobody/, 'and the plan names it');
}
is(state_of_all(), $before, 'also without a trace');

($status, $out, $err) = vde('sync', $project, 'dev');
is($status, 0, 'sync') or diag($err);
is($out, "added     ref.rates\nadded     shop.big\nadded     shop.orders\n", 'prints what changes');
($status, $out, $err) = vde('sync', "$project/", 'dev');
is("$status$out", '0', 'once more it has nothing to print');
is(value("SELECT drafts FROM vde_environments WHERE name = 'dev'"), '3', 'three drafts');

($status, $out, $err) = vde('plan', 'dev');
is($status, 0, 'plan');
like($out, qr/^Plan for environment "dev": 3 added/, 'prints the plan');
my ($plan) = $out =~ /\n([0-9a-f]+)\n\z/;
ok($plan, 'the last line is the id of the plan');
($status, $out, $err) = vde('plan', 'dev', '--format', 'markdown');
is($status, 0, 'plan --format markdown');
($status, $out, $err) = vde('plan', 'dev', '--format', 'pdf');
is($status, 1, 'an unknown format is for the database to refuse');
like($err, qr/unknown format "pdf"/, 'with its message');

($status, $out, $err) = vde('apply', 'dev', '--plan', 'another');
is($status, 1, 'apply --plan with another plan');
like($err, qr/is no longer "another"/, 'is refused');
is(value("SELECT count(*) FROM vde_models WHERE state = 'applied'"), '0', 'and does nothing');
my $message = q(it's "quoted" \ and :'plan' $1 `x` ü);
($status, $out, $err) = vde('apply', '--plan', $plan, '--message', $message, 'dev');
is($status, 0, 'apply --plan with this plan') or diag($err);
like($err, qr/\[3\/3\] .* built/, 'progress is on standard error');
is(value("SELECT message FROM vde_deployments WHERE action = 'apply'"), $message, 'the message is kept as it was');
is(value('SELECT count(*) FROM shop__dev.big'), '3', 'the environment is there');

($status, $out, $err) = vde('plan', 'dev', 'prod');
like($out, qr/3 added/, 'plan with a target');
($status, $out, $err) = vde('promote', 'dev', 'prod', '--message', 'first');
is($status, 0, 'promote') or diag($err);
is(value('SELECT count(*) FROM shop.big'), '3', 'prod is there');

write_files($project, 'models/shop/big.sql' => qq(--vde {"kind": "view"}\nSELECT id FROM shop.orders WHERE amount > 40), 'shop.new.sql' => 'SELECT 1 AS a');
unlink("$project/ref.rates.csv");
($status, $out, $err) = vde('sync', '--no-prune', $project, 'dev');
is($out, "modified  shop.big\nadded     shop.new\n", 'sync --no-prune keeps what is in no file');
($status, $out, $err) = vde('sync', $project, 'dev');
is($out, "removed   ref.rates\n", 'sync does not');
is((vde('apply', 'dev'))[0], 0, 'apply');
is((vde('promote', 'dev', 'prod'))[0], 0, 'promote');
is(value('SELECT count(*) FROM shop.big'), '1', 'prod has the change');
is((vde('rollback', 'prod'))[0], 0, 'rollback');
is(value('SELECT count(*) FROM shop.big'), '3', 'prod has it no more');
my $second = value("SELECT max(deployment) FROM vde_deployments WHERE environment = 'prod' AND action = 'promote'");
is((vde('rollback', 'prod', $second))[0], 0, 'rollback to a deployment');
is(value('SELECT count(*) FROM shop.big'), '1', 'prod has it again');
($status, $out, $err) = vde('rollback', 'prod', 'x');
is($status, 1, 'rollback to what is no number');

# both sides changed
is((vde('sync', $project, 'prod'))[0], 0, 'sync to prod');
write_files($project, 'models/shop/big.sql' => 'SELECT id, 1 AS prod FROM shop.orders');
is((vde('sync', $project, 'prod'))[0], 0, 'sync to prod');
($status, $out, $err) = vde('apply', 'prod');
is($status, 1, 'prod is protected from drafts');
like($err, qr/protected/, 'which is said');
is((vde('apply', 'prod', '--confirm'))[0], 0, 'apply --confirm');
write_files($project, 'models/shop/big.sql' => 'SELECT id, 2 AS dev FROM shop.orders');
is((vde('sync', $project, 'dev'))[0] + (vde('apply', 'dev'))[0], 0, 'dev changes the same model');
($status, $out, $err) = vde('promote', 'dev', 'prod');
is($status, 1, 'a conflict stops the promote');
like($err, qr/shop\.big/, 'and is named');
is((vde('promote', 'dev', 'prod', '--force'))[0], 0, 'promote --force');
is(value('SELECT min(dev) FROM shop.big'), '2', 'takes the source');

# the connection may also come from the environment
{
	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;
	local $ENV{PGUSER} = $ROLE;
	local $ENV{PGDATABASE} = 'postgres';
	($status, $out, $err) = vde_plain('plan', 'dev');
	like($out, qr/nothing to do/, 'PGDATABASE and its kin');
}

# nothing that is given is SQL
$before = state_of_all();
my $attack = q(dev'; DROP TABLE raw.orders; --);
foreach my $command ([ 'plan', $attack ], [ 'apply', $attack ], [ 'promote', $attack, 'prod' ], [ 'promote', 'dev', $attack ],
	[ 'rollback', 'prod', $attack ], [ 'plan', 'dev', '--format', $attack ], [ 'apply', 'dev', '--plan', $attack ], [ 'sync', $project, $attack ], [ 'export', "$top/attack", $attack ])
{
	($status, $out, $err) = vde(@$command);
	is($status, 1, "$command->[0] with SQL as an argument");
}
is(value('SELECT count(*) FROM raw.orders'), '5', 'none of it was run');
is(state_of_all(), $before, 'and nothing changed');

#
# Odd names, odd texts
#

my $odd = "$top/it's \"odd\" \\ dir\n";
my %sql = (
	"odd/quo'te.sql" => q(SELECT 'it''s' AS a, '"' AS b),
	'odd/dou"ble.sql' => q(SELECT E'\\\\n\\'' AS a),
	'odd/back\\slash.sql' => q(SELECT '\\' AS a, E'\\\\' AS b, 'x\\\\y' AS c),
	"odd/new\nline.sql" => "SELECT 'a\n\nb' AS a\n\n\n",
	"odd/end\n.sql" => 'SELECT 1 AS a',
	'odd/dollar$$1.sql' => q(SELECT $$a$b$$ AS a, $x$'$x$ AS b),
	'odd/per%25cent.sql' => q(SELECT '%s %d %b \\n \\x41' AS a),
	'odd/spa  ce .sql' => "SELECT ' tab\tcr\r' AS a",
	'odd/-rf.sql' => q(SELECT 1 AS a),
	'odd/semi;colon|pipe.sql' => q(SELECT '|' AS a, ':environment' AS b, '{:''x''}' AS c),
	"odd/日本 🐘.sql" => q(SELECT '日本 🐘 é' AS a),
	'odd/back`tick`$(date).sql' => q(SELECT '`date` $(date)' AS a),
	'odd/meta.sql' => "SELECT '\n\\! false\n\\q\n' AS a",
	'odd/crlf.sql' => "--vde {\"kind\": \"view\"}\r\nSELECT 1 AS a\r\n",
	'odd/x.sql' => 'SELECT 1 AS a',
	'Odd Dir/Upper.sql' => 'SELECT 1 AS a',
	'odd/comment.sql' => "SELECT 1 AS a -- '\n/* \" */",
	'odd/big.sql' => "SELECT '" . ("x''\\\n" x 100_000) . "' AS a",
	'odd/options.sql' => qq(--vde {"description": "it's \\"quoted\\", \\\\ and\\nmore", "tags": ["é"]}\nSELECT 1 AS a));
my %csv = (
	"odd/seed's.csv" => qq(a,"b ""c"""\r\n1,"x\r\ny"\r\n),
	"odd/seed\\n.csv" => qq(a,b\n\\N,"\\."\n),
	'odd/last.csv' => qq(a,b\n'',\\\n),
	'odd/bom.csv' => "\xEF\xBB\xBFa,b\n1,2\n");
write_files($odd, %sql, %csv);
my $files = keys(%sql) + keys(%csv);

($status, $out, $err) = vde('sync', $odd, 'odd', '--no-prune');
is($status, 0, 'sync of odd files') or diag($err);
is(value("SELECT count(*) FROM vde_models WHERE environment = 'odd' AND model ~* 'odd'"), $files, 'all of them are there');
foreach my $path (sort keys %sql)
{
	my ($schema, $name) = $path =~ m{^(.*)/(.*)\.sql$}s;
	my $text = $sql{$path};
	my ($quoted_schema, $quoted_name) = map { my $part = $_; $part =~ s/%25/%/g; $part =~ s/"/""/g; qq("$part") } ($schema, $name);

	$text =~ s/^--vde [^\n]*\n//;
	my $hex = unpack('H*', $text);
	my $found = value("SELECT query = convert_from('\\x$hex', 'UTF8') FROM vde_models m WHERE environment = 'odd' AND parse_ident(model) = parse_ident(\$name\$$quoted_schema.$quoted_name\$name\$)");
	(my $shown = $path) =~ s/\n/\\n/g;
	is($found, 't', "text of $shown");
}
is(value("SELECT description FROM vde_models WHERE environment = 'odd' AND model = 'odd.options'"), qq(it's "quoted", \\ and\nmore), 'options of it');
($status, $out, $err) = vde('apply', 'odd');
is($status, 0, 'they can be applied') or diag($err);
is(value(q(SELECT length(a) FROM odd__odd.big)), 400_000, 'a big text is whole');
is(value(q(SELECT a FROM odd__odd."日本 🐘")), '日本 🐘 é', 'Unicode is Unicode');
is(value(q(SELECT encode(convert_to("b ""c""", 'UTF8'), 'hex') FROM odd__odd."seed's")), '780d0a79', 'a line break in a field of a seed is what it was');
is(value(q(SELECT a || ' ' || b FROM odd__odd."seed\n")), '\N \.', 'a backslash in a seed is a backslash');
is(value(q(SELECT a || b FROM odd__odd.last)), "''\\", 'so are quotes');
is(value(q(SELECT a + b FROM odd__odd.bom)), '3', 'a byte order mark is not part of the header');

# export, and back
my $exported = "$top/exported";
($status, $out, $err) = vde('export', $exported, 'odd');
is($status, 0, 'export') or diag($err);
my %exported = read_files($exported);
is(join('', map { "$_\n" } sort keys %exported), join('', map { "$_\n" } sort split(/\n/, $out)), 'prints the files that it writes');
is(scalar(grep { /^odd\// || /^Odd%20Dir\// } keys %exported), $files, 'all are there');
is($exported{'odd/new%0Aline.sql'}, $sql{"odd/new\nline.sql"}, 'line feeds at the end are kept');
is($exported{'odd/end%0A.sql'}, $sql{"odd/end\n.sql"}, 'and none is added');
is($exported{'odd/dollar%24%241.sql'}, $sql{'odd/dollar$$1.sql'}, 'dollars');
is($exported{'odd/back%5Cslash.sql'}, $sql{'odd/back\\slash.sql'}, 'backslashes');
is($exported{'odd/per%25cent.sql'}, $sql{'odd/per%25cent.sql'}, 'percent signs');
is($exported{'odd/spa%20%20ce%20.sql'}, $sql{'odd/spa  ce .sql'}, 'a carriage return');
is($exported{'odd/meta.sql'}, $sql{'odd/meta.sql'}, 'what looks like a command of psql');
is($exported{'odd/big.sql'}, $sql{'odd/big.sql'}, 'a big text');
is($exported{"odd/seed%27s.csv"}, $csv{"odd/seed's.csv"}, 'a seed');
is($exported{"odd/日本%20🐘.sql"}, $sql{"odd/日本 🐘.sql"}, 'Unicode');
($status, $out, $err) = vde('sync', $exported, 'odd');
is("$status$out$err", '0', 'sync of the export changes nothing');
($status, $out, $err) = vde('sync', $exported, 'again');
is($status, 0, 'and makes the same environment elsewhere') or diag($err);
($status, $out, $err) = vde('export', "$top/again", 'again');
is_deeply({ read_files("$top/again") }, \%exported, 'whose export is the same');
is(value("SELECT count(*) FROM vde_changes('again') WHERE action = 'build'"), '0', 'with nothing to build');
($status, $out, $err) = vde('export', "$top/nothing", 'nowhere');
is($status, 1, 'export of an environment that is not there');
write_files($top, 'file' => 'x');
($status, $out, $err) = vde('export', "$top/file/x", 'odd');
is($status, 1, 'export to where no directory can be');

# many files
my %many = map { ("many/m$_.sql" => "SELECT $_ AS n") } 1 .. 1500;
write_files("$top/many", %many);
($status, $out, $err) = vde('sync', "$top/many", 'many');
is($status, 0, 'sync of 1,500 files') or diag($err);
is(scalar(() = $out =~ /^added     many\.m/mg), 1500, 'all of them');

#
# Files that are refused: named, and nothing changes
#

$before = state_of_all();
foreach my $bad (
	[ 'shop/bad.sql', "SELECT id\nFORM raw.orders o", qr/LINE 2: FORM raw\.orders o.*file "shop\/bad\.sql"/s ],
	[ 'shop/bad.sql', '', qr/is empty.*file "shop\/bad\.sql"/s ],
	[ 'shop/bad.sql', qq(--vde {"kind": "veiw"}\nSELECT 1 AS a), qr/Perhaps you meant the kind "view".*file "shop\/bad\.sql"/s ],
	[ 'shop/bad.csv', "a,b\n1\n", qr/line 2.*file "shop\/bad\.csv"/s ],
	[ 'bad.sql', 'SELECT 1 AS a', qr/path "bad\.sql" does not name a model/ ],
	[ "it's/a.b.c.sql", 'SELECT 1 AS a', qr/path "it's\/a\.b\.c\.sql" does not name a model/ ],
	[ 'other/shop/orders.sql', 'SELECT 1 AS a', qr/model "shop\.orders" has two files/ ],
	[ 'shop/bad.sql', "SELECT '\xE9' AS a", qr/invalid byte sequence/ ],
	[ 'shop/bad.sql', "SELECT '\0' AS a", qr/has a NUL byte/ ])
{
	my ($path, $text, $expected) = @$bad;

	write_files($project, $path => $text);
	foreach my $command ('sync', 'check')
	{
		($status, $out, $err) = vde($command, $project, 'dev');
		is($status, 1, "$command with bad $path");
		like($err, $expected, 'is explained');
		is($out, '', 'and prints no plan');
	}
	unlink("$project/$path");
}
SKIP:
{
	skip 'root reads everything', 3 if $> == 0;
	write_files($project, 'shop/bad.sql' => 'SELECT 1 AS a');
	chmod(0, "$project/shop/bad.sql");
	($status, $out, $err) = vde('sync', $project, 'dev');
	is($status, 1, 'a file that cannot be read');
	like($err, qr/cannot read/, 'is said');
	is($out, '', 'and nothing is synced');
	unlink("$project/shop/bad.sql");
}
is(state_of_all(), $before, 'nothing of that has changed anything');

# a plan with an error in it
write_files($project, 'shop/bad.sql' => 'SELECT nothing FROM shop.orders');
($status, $out, $err) = vde('check', $project, 'dev');
is($status, 1, 'check finds what only the analysis shows');
like($err, qr/column "nothing" does not exist/, 'and prints it');
is((vde('sync', $project, 'dev'))[0], 0, 'sync takes it as a draft');
is((vde('plan', 'dev'))[0], 1, 'plan does not');
is((vde('apply', 'dev'))[0], 1, 'nor apply');
write_files($project, 'shop/bad.sql' => 'SELECT 1 / (id - id) AS a FROM shop.orders');
is((vde('sync', $project, 'dev'))[0], 0, 'sync');
($status, $out, $err) = vde('apply', 'dev');
is($status, 1, 'a build that fails');
like($err, qr/model "shop\.bad" could not be built: division by zero/, 'is told');

$node->stop;
done_testing();
