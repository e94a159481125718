# Errors, cancels, ends of the session and crashes at every named point of every
# action: each environment is exactly as before or as after, the session goes on,
# no lock is left, the next call gets to the end, and nothing is left over that
# vde_gc() does not find.
#
# The points are not listed here: a call is asked which ones it reaches
# (src/fault_point.c).  Each trial has a database of its own, a copy of the one
# that the action begins with.  For the crashes all sessions of an action wait at
# their points, one of them is killed, and the server recovers from all of it at
# once.
use strict;
use warnings;

use Digest::MD5 qw(md5_hex);
use Encode qw(encode);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $ROLE = 't_points_ana';

# For who works on one of the actions: ONLY="promote gc" tries only these
my %only = map { $_ => 1 } split ' ', $ENV{ONLY} // '';

my $node = PostgreSQL::Test::Cluster->new('points');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
restart_after_crash = on
max_connections = 200
autovacuum = off
fsync = off
vde.max_workers = 0
session_preload_libraries = 'vde'
lc_messages = 'C'
log_min_messages = warning
CONF
$node->start;

my $host = $node->host;
my $port = $node->port;

# Runs a script of psql, in which errors do not end it; returns what it printed.
# Messages of level WARNING that a client gets are collected.
my @warnings;

sub script
{
	my ($script) = @_;
	my ($out, $err) = ('', '');
	# not through a pipe, which breaks when a server that has crashed lets nobody in
	my $file = PostgreSQL::Test::Utils::tempdir() . '/script.sql';
	append_to_file($file, $script);
	my @command = ('psql', '-XAtq', '-v', 'ON_ERROR_STOP=0', '-v', 'VERBOSITY=terse',
		'-d', "host=$host port=$port dbname=postgres", '-f', $file);
	IPC::Run::run(\@command, '<', \undef, '>', \$out, '2>', \$err);
	unlink $file;
	push @warnings, grep { /WARNING:|FATAL:|PANIC:/ } split /\n/, $err;
	return wantarray ? ($out, $err) : $out;
}

sub super
{
	my ($database) = @_;
	return "\\connect 'host=$host port=$port dbname=$database'\nSET client_min_messages = warning;\n";
}

sub ana
{
	my ($database) = @_;
	return "\\connect 'host=$host port=$port dbname=$database user=$ROLE'\nSET client_min_messages = warning;\n";
}

sub value
{
	my ($database, $query) = @_;
	return $node->safe_psql($database, $query);
}

my $with_points = $node->safe_psql('postgres', "LOAD 'vde'; SELECT count(*) FROM pg_settings WHERE name = 'vde.fault_point'");
if (!$with_points)
{
	$node->stop;
	plan skip_all => 'there are no points in a build without assertions (COPT=-DUSE_ASSERT_CHECKING)'
	  unless $ENV{VDE_ASSERTIONS};
	fail('a build with assertions has points');
	done_testing();
	exit;
}

script(<<SQL);
CREATE ROLE $ROLE LOGIN;
GRANT SET ON PARAMETER vde.fault_point, vde.retention TO $ROLE;
CREATE DATABASE base;
GRANT CREATE ON DATABASE base TO $ROLE;
SQL

# What a user can see of all environments, line by line, and what makes up their
# state in the catalog.  Ids are left out: a call that failed has used some up.
# And what must never be there.
script(super('base') . <<SQL);
CREATE EXTENSION vde;
CREATE SCHEMA raw;
GRANT USAGE ON SCHEMA raw TO $ROLE;
CREATE TABLE raw.t AS SELECT i AS id, nullif(i % 7, 0) AS amount, repeat('x', i % 50) AS note
	FROM generate_series(1, 2500) i;
GRANT ALL ON raw.t TO $ROLE;
GRANT CREATE ON SCHEMA raw TO $ROLE;
CREATE TABLE raw.s AS SELECT 1 AS which;
CREATE TABLE raw.other_s AS SELECT 2 AS which;
ALTER TABLE raw.s OWNER TO $ROLE;
ALTER TABLE raw.other_s OWNER TO $ROLE;

CREATE FUNCTION raw.state() RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER AS \$\$
DECLARE
	v record;
	line text;
BEGIN
	RETURN QUERY SELECT format('environment %s: %s models, %s drafts, complete %s, state %s %s', e.name, e.models, e.drafts, c.layer_complete,
			d.action, (SELECT count(*) FROM vde.deployment x WHERE x.environment_id = c.id AND x.id <= e.state))
		FROM vde_environments e JOIN vde.environment c ON c.name = e.name JOIN vde.deployment d ON d.id = e.state
		ORDER BY e.name COLLATE "C";
	RETURN QUERY SELECT format('model %s %s: %s, %s, %s', environment, model, state, physical_table, view_name)
		FROM vde_models ORDER BY environment COLLATE "C", model COLLATE "C";
	RETURN QUERY SELECT format('deployment of %s: %s %s', environment, action, changed)
		FROM vde_deployments ORDER BY environment COLLATE "C", deployment;
	RETURN QUERY SELECT format('catalog of %s: %s pointers, %s drafts, %s bases, %s kept, %s overrules', e.name,
			(SELECT count(*) FROM vde.pointer p WHERE p.environment_id = e.id),
			(SELECT count(*) FROM vde.draft p WHERE p.environment_id = e.id),
			(SELECT count(*) FROM vde.merge_base p WHERE p.target_id = e.id),
			(SELECT count(*) FROM vde.kept p WHERE p.environment_id = e.id),
			(SELECT count(*) FROM vde.overrule p WHERE p.environment_id = e.id))
		FROM vde.environment e ORDER BY e.name COLLATE "C";
	RETURN QUERY SELECT format('schema %s %s', nspname, s.schema_name IS NOT NULL)
		FROM pg_namespace LEFT JOIN vde.virtual_schema s ON s.schema_name = nspname
		WHERE nspname LIKE 'shop%' ORDER BY nspname COLLATE "C";
	FOR v IN SELECT c.oid::regclass AS name, pg_get_viewdef(c.oid) AS definition, relacl, relowner::regrole AS owner,
				obj_description(c.oid, 'pg_class') AS comment, (SELECT string_agg(d.description, ',' ORDER BY objsubid)
				FROM pg_description d WHERE d.objoid = c.oid AND d.objsubid > 0) AS comments
			FROM pg_class c WHERE relnamespace::regnamespace::text LIKE 'shop%' AND relkind = 'v' ORDER BY c.oid::regclass::text COLLATE "C" LOOP
		EXECUTE format('SELECT format(''%%s rows, %%s'', count(*), md5(string_agg(r::text, E''\\n'' ORDER BY r::text))) FROM %s r', v.name)
			INTO line;
		RETURN NEXT format('view %s: %s %s %s %s %s %s', v.name, line, md5(v.definition), v.owner, v.relacl, v.comment, v.comments);
	END LOOP;
END \$\$;

CREATE FUNCTION raw.wrong(files boolean) RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS \$\$
	-- a lock of ours that outlives the transaction
	SELECT format('lock %s %s', objsubid, mode) FROM pg_locks
		WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
	UNION ALL
	-- a relation that the catalog does not know, or the reverse
	SELECT format('relation %s', coalesce(relname, relation_name))
		FROM (SELECT relname FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace AND relkind NOT IN ('i', 'I', 't') AND NOT relispartition) c
		FULL JOIN (SELECT relation_name FROM vde.version WHERE built_at IS NOT NULL) v ON v.relation_name = c.relname
		WHERE relname IS NULL OR relation_name IS NULL
	UNION ALL
	SELECT format('leftover %s', relname) FROM pg_class
		WHERE relname LIKE 'pg\\_temp%' AND relnamespace <> 'pg_toast'::regnamespace OR relkind = 'i' AND
			EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = pg_class.oid AND NOT (indislive AND indisvalid AND indisready))
	UNION ALL
	-- a view without a pointer, a pointer without a view
	SELECT format('view %s', coalesce(v.name, m.view_name))
		FROM (SELECT format('%I.%I', schemaname, viewname) AS name FROM pg_views WHERE schemaname LIKE 'shop%') v
		FULL JOIN (SELECT view_name FROM vde_models JOIN vde.environment e ON e.name = environment
			WHERE e.layer_complete AND physical_table IS NOT NULL AND view_name IS NOT NULL) m ON m.view_name = v.name
		WHERE v.name IS NULL OR m.view_name IS NULL
	UNION ALL
	-- a file that belongs to no relation
	SELECT format('file %s', f)
		FROM pg_ls_dir('base/' || (SELECT oid FROM pg_database WHERE datname = current_database())) f
		WHERE files AND f ~ '^[0-9]+' AND (pg_stat_file('base/' || (SELECT oid FROM pg_database WHERE datname = current_database()) || '/' || f, true)).size > 0
		AND substring(f FROM '^[0-9]+')::bigint NOT IN (SELECT coalesce(pg_relation_filenode(oid), 0) FROM pg_class)
\$\$;

-- the plan of every environment that has no drafts is empty
CREATE FUNCTION raw.to_do() RETURNS text LANGUAGE plpgsql AS \$\$
DECLARE
	e text;
	n text;
	line text;
BEGIN
	FOR e IN SELECT name FROM vde_environments ORDER BY name LOOP
		SELECT string_agg(model || ' ' || action, ', ') FROM vde_changes(e) INTO n;
		line := concat_ws('; ', line, e || ': ' || n);
	END LOOP;
	RETURN line;
END \$\$;
SQL

# The actions.  Each begins with a database that an earlier one has led to.
my $A = 'SELECT id, amount FROM raw.t';
my $OPTIONS = q('{"primary_key": "id", "indexes": ["amount", {"columns": ["(amount + 1)"]}], "description": "all of it"}');
my $PARTS = q('{"partition_by": {"strategy": "hash", "columns": "id", "modulus": 2}, "indexes": ["id"]}');

my @actions = (
	{
		name => 'apply',
		from => 'base',
		prepare => <<SQL,
SELECT count(*) FROM (SELECT
	vde_register('shop.a', '$A', options => $OPTIONS),
	vde_register('shop.parts', 'SELECT id, amount FROM shop.a', options => $PARTS),
	vde_register('shop.c', 'SELECT amount, count(*) AS n FROM shop.a GROUP BY amount'),
	vde_register('shop.v', 'SELECT amount, n FROM shop.c', 'view'),
	vde_register('shop.m', 'SELECT n FROM shop.v', 'materialized_view', '{"indexes": ["n"]}'),
	vde_register('shop.u', 'SELECT count(*) AS n FROM raw.t'),
	vde_register('shop.w', 'SELECT which FROM raw.s', 'view'),
	vde_register('shop.gone', 'SELECT 1 AS one')) x;
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
GRANT SELECT ON shop.c, shop__dev.c TO PUBLIC;
SELECT count(*) FROM (SELECT
	vde_register('shop.a', 'SELECT id, amount, note FROM raw.t WHERE id > 5', options => $OPTIONS),
	vde_register('shop.c', 'SELECT count(*) AS n, sum(id) AS ids FROM shop.a GROUP BY amount'),
	vde_register('shop.v', 'SELECT n, ids FROM shop.c', 'view'),
	vde_register('shop.new', 'SELECT DISTINCT note FROM shop.a')) x;
SELECT vde_unregister('shop.gone');
SQL
		call => "CALL vde_apply('dev')",
	},
	{
		name => 'promote',
		from => 'apply',
		prepare => <<SQL,
CALL vde_apply('dev');
SELECT vde_register('shop.u', 'SELECT max(id) AS last, count(*) AS n FROM shop.a', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
SQL
		call => "CALL vde_promote('dev', 'prod')",
	},
	{
		name => 'rollback',
		from => 'promote',
		prepare => "CALL vde_promote('dev', 'prod');",
		call => "CALL vde_rollback('prod')",
		# another one would go back further
		again => "DO \$\$ BEGIN IF (SELECT action FROM vde_deployments WHERE environment = 'prod' ORDER BY deployment DESC LIMIT 1) <> 'rollback' THEN CALL vde_rollback('prod'); END IF; END \$\$",
	},
	{
		name => 'run',
		from => 'rollback',
		# rows come, and a table in the place of another, which a view must follow
		prepare => <<SQL,
INSERT INTO raw.t SELECT 9000 + i, 1, 'new' FROM generate_series(1, 200) i;
ALTER TABLE raw.s RENAME TO former_s;
ALTER TABLE raw.other_s RENAME TO s;
SQL
		call => "CALL vde_run('prod')",
		steps => 1,
	},
	{
		# a model that was kept is settled first
		name => 'settle',
		from => 'rollback',
		prepare => <<SQL,
SELECT vde_register('shop.a', 'SELECT id, amount + 1 AS amount, note FROM raw.t WHERE id > 5', options => $OPTIONS);
SELECT vde_categorize('shop.a', 'non_breaking');
CALL vde_apply('dev');
SQL
		call => "CALL vde_run('dev')",
		steps => 1,
	},
	{
		name => 'creation',
		from => 'rollback',
		prepare => '',
		call => "CALL vde_create_environment('more', 'prod')",
	},
	{
		name => 'removal',
		from => 'rollback',
		prepare => "CALL vde_create_environment('more', 'prod');",
		call => "CALL vde_drop_environment('more')",
		again => "DO \$\$ BEGIN IF EXISTS (SELECT FROM vde_environments WHERE name = 'more') THEN CALL vde_drop_environment('more'); END IF; END \$\$",
	},
	{
		# the first apply of an environment makes its views, too
		name => 'first',
		from => 'rollback',
		prepare => "SELECT vde_register('shop.new', 'SELECT 1 AS one', environment => 'fresh') > 0;",
		call => "CALL vde_apply('fresh')",
	},
	{
		name => 'gc',
		from => 'rollback',
		prepare => <<SQL,
CALL vde_rollback('prod');
SELECT vde_register('shop.new', 'SELECT 2 AS two', environment => 'short') > 0;
CALL vde_apply('short');
CALL vde_drop_environment('short');
CALL vde_create_environment('short', 'dev', '1 microsecond');
SELECT vde_register('shop.new', 'SELECT 3 AS three');
CALL vde_apply('dev');
SELECT vde_register('shop.new', 'SELECT 4 AS four');
CALL vde_apply('dev');
SQL
		call => "CALL vde_gc()",
		settings => 'SET vde.retention = 0;',
		steps => 1,
	},
	{
		# a model that cannot be built: what reads it is skipped, the rest is built, and no view moves
		name => 'failing',
		from => 'rollback',
		prepare => <<SQL,
SELECT vde_register('shop.c', 'SELECT 1 / (amount - amount) AS n FROM shop.a WHERE amount IS NOT NULL');
SELECT vde_register('shop.v', 'SELECT n FROM shop.c', 'view');
SELECT vde_register('shop.new', 'SELECT 2 AS two');
SQL
		call => "CALL vde_apply('dev')",
		fails => 1,
	},
);

# The copies are made file by file, with a checkpoint: quicker than through the log,
# in which a crash would also take back what is fetched from a copied sequence.
my $COPY = 'STRATEGY file_copy';

my $made = 0;

# A copy of a database, as SQL for a superuser
sub copy
{
	my ($template) = @_;
	my $name = 'trial' . ++$made;
	return ($name, "CREATE DATABASE $name TEMPLATE $template $COPY;\nGRANT CREATE ON DATABASE $name TO $ROLE;\n");
}

my $EXAMINE = <<'SQL';
\echo -state
SELECT * FROM raw.state();
\echo -wrong
SELECT * FROM raw.wrong(true);
\echo -end
SQL
my $EXAMINE_WITHOUT_FILES = $EXAMINE =~ s/true/false/r;

# Cuts what a script printed into sections: '== name' begins one, '-part' a part
sub sections
{
	my ($out) = @_;
	my %sections;
	my ($name, $part) = ('', '');
	for my $line (split /\n/, $out)
	{
		if ($line =~ /^== (.*)/) { $name = $1; $part = ''; }
		elsif ($line =~ /^-([a-z0-9]+)$/) { $part = $1; $sections{$name}{$part} //= ''; }
		else { $sections{$name}{$part} .= "$line\n"; }
	}
	return \%sections;
}

# As before or as after: as a whole, or for what commits in steps line by line
sub before_or_after
{
	my ($action, $state, $what) = @_;
	my ($before, $after) = ($action->{before}, $action->{after});
	my $ok = $state eq $before || $state eq $after;
	if (!$ok && $action->{steps})
	{
		my %before = map { $_ => 1 } split /\n/, $before;
		my %after = map { $_ => 1 } split /\n/, $after;
		my %state = map { $_ => 1 } split /\n/, $state;
		$ok = !grep({ !$before{$_} && !$after{$_} } keys %state) &&
			!grep({ $after{$_} && !$state{$_} } keys %before);
	}
	ok($ok, $what) or diag("before:\n$before\nafter:\n$after\nfound:\n$state");
	return;
}

# Which points does a call reach, in this order, each with the how-manieth time it
# is, and how often in all?
sub reached
{
	my ($notices) = @_;
	my %times;
	my @reached;
	while ($notices =~ /NOTICE:  reached "([^"]+)"/g)
	{
		push @reached, [ $1, ++$times{$1} ];
	}
	return map { [ @$_, $times{ $_->[0] } ] } @reached;
}

# Where to raise errors: the first time; the last time, too, where that is another
# thing than the first.
sub points
{
	my ($notices) = @_;
	return map { [ $_->[0], $_->[1] ] }
	  grep { $_->[1] == 1 || $_->[1] == $_->[2] && $_->[0] =~ /^commit: |^swap: view done|^lock: before a view/ } reached($notices);
}

# Where to crash: at a point in a loop the first, the second and the last time.
# Each of these is crashed at in one action only, the first that has it.
my %crashed;

sub points_to_crash
{
	my ($notices) = @_;
	return map { [ $_->[0], $_->[1] ] }
	  grep {
		my ($point, $time, $times) = @$_;
		$time <= 2 ? !$crashed{"$point $time"}++ : $time == $times && !$crashed{"$point last"}++
	  } reached($notices);
}

# The copies are dropped while they are young: what the kernel has not begun to write
# to the disk it need not write at all.
sub drop_trials
{
	my ($from) = @_;
	script(super('postgres') . join('', map { "DROP DATABASE IF EXISTS trial$_;\n" } $from .. $made));
	return;
}

my %in_source;
for my $file (glob('src/*.c'))
{
	my $source = slurp_file($file);
	while ($source =~ /VDE_POINT\("([^"]+)"\)/g)
	{
		ok(!$in_source{$1}++, "the point \"$1\" is at one place");
	}
}

my %all_points;
my $trials = 0;

for my $action (@actions)
{
	my $name = $action->{name};
	my $first_trial = $made + 1;
	my $settings = $action->{settings} // '';
	my $again = $action->{again} // $action->{call};

	# where it begins, and where it ends when nothing happens
	my ($out, $err) = script(super('postgres') . "CREATE DATABASE $name TEMPLATE $action->{from} $COPY; GRANT CREATE ON DATABASE $name TO $ROLE;\n"
		  . ana($name) . $action->{prepare});
	is($err, '', "$name: prepared");
	my ($database, $make) = copy($name);
	($out, $err) = script(super('postgres') . $make . ana($database) . "$settings\n\\echo == before\n$EXAMINE"
		  . "SET client_min_messages = notice;\nSET vde.fault_point = '?';\nBEGIN; $action->{call}; ROLLBACK;\n\\warn -block-\n$action->{call};\nRESET vde.fault_point;\n"
		  . "\\echo == after\n$EXAMINE");
	my $sections = sections($out);
	$action->{before} = $sections->{before}{state};
	$action->{after} = $sections->{after}{state};
	is($sections->{before}{wrong}, '', "$name: nothing is wrong before");
	is($sections->{after}{wrong}, '', "$name: nothing is wrong after");
	if ($action->{fails})
	{
		is($action->{after}, $action->{before}, "$name: the state is as before");
	}
	else
	{
		unlike($err, qr/ERROR|FATAL/, "$name: it works");
		isnt($action->{after}, $action->{before}, "$name: it makes a difference");
	}
	my ($block_notices, $notices) = split /-block-/, $err;
	my @points = points($notices);
	my @block_points = points($block_notices);
	$all_points{ $_->[0] }++ for @points, @block_points;
	cmp_ok(scalar @points, '>', 5, "$name: points are reached");

	next if %only && !$only{$name};

	# Errors and cancels, at one point after the other: each leaves the state as
	# it was, so that the next one finds it so, and the session goes on.  What is
	# not reached any more, because builds are kept or the state is the next one,
	# is tried again in a fresh copy.
	my $after_md5 = md5_hex(encode('UTF-8', $action->{after} =~ s/\n\z//r));
	my @to_try = map { ([ 'error', @$_ ], [ 'cancel', @$_ ]) }
	  grep { !$action->{fails} || $_->[0] =~ /^build: (failed|skipped|.* commit)/ } @points;
	my ($rounds, $script) = (0, '');
	while (@to_try)
	{
		($database, $make) = copy($name);
		$script = super('postgres') . $make . ana($database) . "$settings\n\\set over false\n";
		for (@to_try)
		{
			my ($how, $point, $time) = @$_;
			$script .= <<"SQL";
\\if :over
\\else
\\echo == $how $point $time
SET vde.fault_point = '$point=$how:$time';
$action->{call};
\\echo -sqlstate
\\echo :SQLSTATE
RESET vde.fault_point;
\\echo -works
SELECT count(*) FROM raw.t WHERE id = 1;
SELECT current_user, current_setting('search_path'), current_setting('transaction_read_only'), current_setting('synchronous_commit');
\\echo -state
SELECT string_agg(line, E'\\n') AS state FROM raw.state() line \\gset
\\echo :state
SELECT md5(:'state') = '$after_md5' AND NOT @{[ $action->{fails} ? 'true' : 'false' ]} AS over \\gset
\\echo -wrong
SELECT * FROM raw.wrong(true);
\\echo -end
\\endif
SQL
		}
		$script .= "\\echo == next\n\\if :over\n\\else\n$action->{call};\n\\endif\n" . $EXAMINE . <<"SQL";
\\echo -left
SELECT raw.to_do() WHERE NOT @{[ $action->{fails} ? 'true' : 'false' ]};
SET vde.retention = 0;
CALL vde_gc();
SELECT * FROM raw.wrong(true);
SQL
		$sections = sections(scalar script($script));
		my @again;
		for (@to_try)
		{
			my $trial = join(' ', @$_);
			my $found = $sections->{$trial};
			if (!$found || $found->{sqlstate} eq "00000\n")
			{
				push @again, $_;
				next;
			}
			$trials++;
			like($found->{sqlstate}, $_->[0] eq 'cancel' ? qr/^57014$/ : $action->{fails} ? qr/^(09000|22012)$/ : qr/^09000$/,
				"$name: $trial: it is raised");
			is($found->{works}, "1\n$ROLE|\"\$user\", public|off|on\n", "$name: $trial: the session is what it was");
			before_or_after($action, $found->{state}, "$name: $trial: as before or as after");
			is($found->{wrong}, '', "$name: $trial: nothing is wrong");
		}
		$rounds++;
		is($sections->{next}{state}, $action->{after}, "$name: round $rounds: the next call gets to the end");
		is($sections->{next}{wrong}, '', "$name: round $rounds: nothing is wrong");
		is($sections->{next}{left} =~ s/^\n//r, '', "$name: round $rounds: nothing is left");
		drop_trials($first_trial);
		$first_trial = $made + 1;
		if (@again == @to_try)
		{
			fail("$name: points are not reached: " . join(', ', map { "@$_" } @again));
			last;
		}
		@to_try = @again;
	}

	# The same within a transaction block, under a savepoint, and at last it is committed.
	($database, $make) = copy($name);
	$script = super('postgres') . $make . ana($database) . "$settings\nBEGIN;\n";
	for my $how ('error', 'cancel')
	{
		for my $point (@block_points)
		{
			$script .= <<"SQL";
\\echo == $how $point->[0] $point->[1]
SAVEPOINT s;
SET LOCAL vde.fault_point = '$point->[0]=$how:$point->[1]';
$action->{call};
\\echo -sqlstate
\\echo :SQLSTATE
ROLLBACK TO s;
\\echo -state
SELECT * FROM raw.state();
SQL
		}
	}
	$script .= $action->{fails} ? "ROLLBACK;\n" : "$action->{call};\nCOMMIT;\n";
	$script .= "\\echo == end\n$EXAMINE";
	$sections = sections(scalar script($script));
	for my $how ('error', 'cancel')
	{
		for my $point (@block_points)
		{
			my $trial = "$how $point->[0] $point->[1]";
			my $found = $sections->{$trial};
			$trials++;
			is($found->{sqlstate}, $how eq 'cancel' ? "57014\n" : "09000\n", "$name: in a block, $trial: it is raised");
			is($found->{state}, $action->{before}, "$name: in a block, $trial: as before");
		}
	}
	is($sections->{end}{state}, $action->{after}, "$name: in a block: committed after all of that");
	is($sections->{end}{wrong}, '', "$name: in a block: nothing is wrong");

	# Crashes: all wait at their points, and one is killed; not too many at a time.
	drop_trials($first_trial);
	my @to_crash = points_to_crash($notices);
	while (@points = splice @to_crash, 0, 20)
	{
		$first_trial = $made + 1;
		my @databases;
		$script = super('postgres');
		for (@points)
		{
			($database, $make) = copy($name);
			push @databases, $database;
			$script .= $make;
		}
		script($script);
		my $shell = "ulimit -c 0\n";
		my $dir = PostgreSQL::Test::Utils::tempdir();
		for my $i (0 .. $#points)
		{
			my ($point, $time) = @{ $points[$i] };
			append_to_file("$dir/$i.sql", "$settings SET vde.fault_point = '$point=wait:$time';\n$action->{call};\n");
			$shell .= "psql -XAtq -d 'host=$host port=$port dbname=$databases[$i] user=$ROLE' -f $dir/$i.sql >$dir/$i.out 2>&1 &\n";
		}
		append_to_file("$dir/all.sh", $shell . "wait\n");
		my $running = IPC::Run::start([ 'sh', "$dir/all.sh" ]);
		$node->poll_query_until('postgres',
			"SELECT count(*) = @{[ scalar @points ]} FROM pg_stat_activity WHERE wait_event_type = 'Extension' AND datname LIKE 'trial%'")
		  or diag("$name: not all sessions wait at their points");

		# what was committed without waiting for the disk is there
		value('postgres', "SELECT pg_logical_emit_message(true, 'crash', '')");
		my $pid = value('postgres', "SELECT max(pid) FROM pg_stat_activity WHERE wait_event_type = 'Extension' AND datname LIKE 'trial%'");
		if ($name eq 'promote' || $name eq 'run' || $name eq 'gc')
		{
			# the postmaster; it starts anew when all its children are gone
			$node->kill9;
			$running->finish;
			my $tries = 0;
			until ($node->start(fail_ok => 1))
			{
				die 'the server does not start' if $tries++ > 40;

				# what is in the file is the process that was killed
				$node->{_pid} = undef;
				select(undef, undef, undef, 0.5);
			}
		}
		else
		{
			kill('KILL', $pid);
			$running->finish;
			$node->poll_query_until('postgres', 'SELECT true');
		}

		$script = '';
		for my $i (0 .. $#points)
		{
			$script .= ana($databases[$i]) . <<"SQL";
\\echo == $i
$EXAMINE_WITHOUT_FILES
$settings
$again;
\\echo -next
SELECT * FROM raw.state();
\\echo -left
SELECT raw.to_do() WHERE NOT @{[ $action->{fails} ? 'true' : 'false' ]};
SET vde.retention = 0;
CALL vde_gc();
SELECT * FROM raw.wrong(false);
SQL
		}
		$sections = sections(scalar script($script));
		for my $i (0 .. $#points)
		{
			my $trial = "crash at $points[$i][0] $points[$i][1]";
			my $found = $sections->{$i};
			$trials++;
			before_or_after($action, $found->{state}, "$name: $trial: as before or as after");
			is($found->{wrong}, '', "$name: $trial: nothing is wrong");
			is($found->{next}, $action->{after}, "$name: $trial: the next call gets to the end");
			is($found->{left} =~ s/^\n//r, '', "$name: $trial: nothing is left");
		}
		drop_trials($first_trial);
	}
}

# Models that background workers build: the worker fails, is cancelled or ended,
# or dies.  Whether the call then fails or goes on without it is another matter.
if (!%only || $only{workers})
{
	my ($database, $make);
	my $settings = 'SET vde.max_workers = 2;';

	# some models take so long that workers come before the session has built all of them
	script(super('postgres') . "CREATE DATABASE slow TEMPLATE apply $COPY; GRANT CREATE ON DATABASE slow TO $ROLE;\n"
		  . ana('slow') . "SELECT vde_register('shop.slow' || i, format('SELECT %s AS i FROM pg_sleep(0.1)', i)) FROM generate_series(1, 6) i;\n");
	($database, $make) = copy('slow');
	my $sections = sections(scalar script(super('postgres') . $make . ana($database)
		  . "\\echo == before\n$EXAMINE_WITHOUT_FILES\nCALL vde_apply('dev');\n\\echo == after\n$EXAMINE_WITHOUT_FILES"));
	my ($before, $after) = ($sections->{before}{state}, $sections->{after}{state});
	isnt($before, $after, 'workers: it makes a difference');
	my $expected = grep { /^worker: |^build: workers/ } keys %in_source;
	my @points;
	for my $try (1 .. 20)
	{
		($database, $make) = copy('slow');
		my (undef, $err) = script(super('postgres') . $make . ana($database)
			  . "$settings\nSET client_min_messages = notice;\nSET vde.fault_point = '?';\nCALL vde_apply('dev');\n");
		@points = grep { $_->[0] =~ /^worker: |^build: workers/ } points($err);
		last if @points >= $expected;

		# the session had built all of it before a worker came
	}
	$all_points{ $_->[0] }++ for @points;
	is(scalar @points, $expected, 'workers: points are reached');
	for my $how ('error', 'cancel', 'terminate', 'kill')
	{
		my @trials;
		my $script = '';
		for (@points)
		{
			my $point = $_->[0];
			($database, $make) = copy('slow');
			push @trials, [ $point, $database ];
			my $first = super('postgres') . $make . ana($database) . <<"SQL";
$settings
SET vde.fault_point = '$point=$how';
CALL vde_apply('dev');
SQL
			if ($how eq 'kill' || $how eq 'terminate')
			{
				script($first);
				$node->poll_query_until('postgres', 'SELECT true') or die 'the server does not come back';
				$first = ana($database);
			}
			$script .= $first . <<"SQL";
\\echo == $point
RESET vde.fault_point;
$EXAMINE_WITHOUT_FILES
CALL vde_apply('dev');
\\echo -next
SELECT * FROM raw.state();
\\echo -left
SELECT raw.to_do();
SET vde.retention = 0;
CALL vde_gc();
SELECT * FROM raw.wrong(false);
SQL
		}
		$sections = sections(scalar script($script));
		for (@trials)
		{
			my $trial = "workers: $how $_->[0]";
			my $found = $sections->{ $_->[0] };
			$trials++;
			before_or_after({ before => $before, after => $after }, $found->{state}, "$trial: as before or as after");
			is($found->{wrong}, '', "$trial: nothing is wrong");
			is($found->{next}, $after, "$trial: the next call gets to the end");
			is($found->{left} =~ s/^\n//r, '', "$trial: nothing is left");
		}
	}

	# the session ends, or is killed, while its workers wait in the middle of a build
	for my $how ('terminate', 'kill')
	{
		my ($running, $output, $there);
		for my $try (1 .. 20)
		{
			($database, $make) = copy('slow');
			script(super('postgres') . $make);
			my $file = PostgreSQL::Test::Utils::tempdir() . '/session.sql';
			append_to_file($file, "$settings SET vde.fault_point = 'worker: before commit=wait'; CALL vde_apply('dev');\n");
			$output = '';
			$running = IPC::Run::start([ 'psql', '-XAtq', '-d', "host=$host port=$port dbname=$database user=$ROLE", '-f', $file ], '>', \$output, '2>&1');
			until (($there = value('postgres', "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Extension' AND wait_event = 'Extension' AND datname = '$database' AND backend_type <> 'client backend'") eq 't')
				|| !$running->pumpable)
			{
				$running->pump_nb;
				select(undef, undef, undef, 0.05);
			}
			last if $there;

			# the session had built all of it before a worker came
			$running->finish;
		}
		ok($there, "workers: $how of the session: a worker waits in the middle of a build");
		my $pid = value('postgres', "SELECT pid FROM pg_stat_activity WHERE datname = '$database' AND backend_type = 'client backend'");
		$how eq 'kill' ? kill('KILL', $pid) : value('postgres', "SELECT pg_terminate_backend($pid)");
		$running->finish;
		ok($node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = '$database'"),
			"workers: $how of the session ends its workers");
		$sections = sections(scalar script(ana($database) . "\\echo == now\n$EXAMINE_WITHOUT_FILES\nCALL vde_apply('dev');\n\\echo -next\nSELECT * FROM raw.state();\n"));
		is($sections->{now}{state}, $before, "workers: $how of the session: as before");
		is($sections->{now}{wrong}, '', "workers: $how of the session: nothing is wrong");
		is($sections->{now}{next}, $after, "workers: $how of the session: the next call gets to the end");
	}
}

# A call that comes for a draft, or for an environment, in which an open transaction
# drafts: it gives its locks back and waits.  Whatever ends it there, nothing is left.
if (!%only || $only{waiting})
{
	for (
		[ 'apply', "SELECT vde_register('shop.c', 'SELECT 1 AS other')", 'deploy: stepped back', 'deploy: waiting for drafts' ],
		[ 'removal', "SELECT vde_register('shop.c', 'SELECT 1 AS other', environment => 'more')", 'drop: stepped back' ])
	{
		my ($name, $draft, @points) = @$_;
		my ($action) = grep { $_->{name} eq $name } @actions;
		$all_points{$_}++ for @points;
		for my $end ((map { ("$_=error", "$_=cancel", "$_=terminate") } @points), 'timeout')
		{
			my $trial = "waiting: $name: $end";
			my ($database, $make) = copy($name);
			script(super('postgres') . $make);
			my $file = PostgreSQL::Test::Utils::tempdir() . '/session.sql';
			append_to_file($file, "BEGIN; $draft; SELECT pg_sleep(600);\n");
			my $output = '';
			my $holder = IPC::Run::start([ 'psql', '-XAtq', '-d', "host=$host port=$port dbname=$database user=$ROLE", '-f', $file ], '>', \$output, '2>&1');
			$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = '$database'")
			  or die 'nobody drafts';
			my (undef, $err) = script(ana($database) . ($end eq 'timeout' ? "SET statement_timeout = '4s';\n" : "SET vde.fault_point = '$end';\n")
				  . "\\set VERBOSITY verbose\n$action->{call};\n");
			$trials++;
			like($err, $end =~ /error$/ ? qr/ERROR:  09000/ : $end =~ /terminate$/ ? qr/FATAL:  57P01/ : qr/ERROR:  57014/, "$trial: it is raised");
			is(value($database, "SELECT objsubid, mode FROM pg_locks WHERE locktype = 'advisory'"), '22084|ShareLock', "$trial: the only lock is that of who drafts");
			value('postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = '$database'");
			$holder->finish;
			my $sections = sections(scalar script(ana($database) . "\\echo == now\n$EXAMINE_WITHOUT_FILES\n$action->{call};\n\\echo -next\nSELECT * FROM raw.state();\n"));
			is($sections->{now}{state}, $action->{before}, "$trial: as before");
			is($sections->{now}{wrong}, '', "$trial: nothing is wrong");
			is($sections->{now}{next}, $action->{after}, "$trial: the next call gets to the end");
		}
	}
}

# A point that no action has reached is tested by nobody.
# in 020_crash.pl: the batches of an environment of more than 500 models
delete @in_source{ 'layer: batch committed', 'drop: batch committed', 'apply: nothing to do' };
is(join(', ', grep { !$all_points{$_} } sort keys %in_source), '', 'all points are reached') if !%only;
note("$trials trials at " . scalar(keys %all_points) . ' points');

# Of what the server said, nothing tells of a leak.
is(join("\n", grep { !/terminating connection (because of (crash|unexpected)|due to administrator)/ } @warnings), '', 'no client was warned');
my $log = slurp_file($node->logfile);
is(join("\n", grep { /WARNING|PANIC|TRAP|leak/ && !/terminating connection because of (crash|unexpected)/ } split /\n/, $log), '', 'nor does the log have a warning');

$node->stop;
done_testing();
