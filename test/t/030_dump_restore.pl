# pg_dump and restore: plain, custom, and directory with two jobs, with and
# without owners, into a database of another name.  The restored database is
# in an equal state: catalog, contents, views, owners, grants and comments; its
# plans are empty (versions do not depend on OIDs), and apply, promote,
# rollback, run and gc go on from there.  DROP EXTENSION refuses while there
# are physical tables.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $ROLE = 't_dump_ana';
my $READER = 't_dump_reader';

my $node = PostgreSQL::Test::Cluster->new('dump');
$node->init;
$node->append_conf('postgresql.conf', "lc_messages = 'C'\n");
$node->start;

sub ana
{
	my ($database, $sql) = @_;
	return $node->safe_psql($database, "SET client_min_messages = warning;\n$sql",
		connstr => $node->connstr($database) . " user=$ROLE");
}

$node->safe_psql('postgres', "CREATE ROLE $ROLE LOGIN; CREATE ROLE $READER; CREATE DATABASE origin; GRANT CREATE ON DATABASE origin TO $ROLE");
$node->safe_psql('origin', <<SQL);
CREATE SCHEMA ext;
CREATE EXTENSION vde SCHEMA ext;
GRANT USAGE ON SCHEMA ext TO PUBLIC;
CREATE SCHEMA raw;
GRANT USAGE ON SCHEMA raw TO $ROLE;
CREATE DOMAIN raw.positive AS int CHECK (value > 0);
CREATE TYPE raw.mood AS ENUM ('sad', 'glad');
CREATE TABLE raw.t AS
	SELECT i AS id, (i % 5 + 1)::raw.positive AS amount,
		CASE WHEN i % 3 > 0 THEN (ARRAY['sad', 'glad'])[i % 3]::raw.mood END AS mood,
		'2024-01-01 12:00+00'::timestamptz + i % 9 * interval '1 day' AS at
	FROM generate_series(1, 1000) i;
CREATE VIEW raw.outside AS SELECT id, mood FROM raw.t WHERE amount > 1;
CREATE FUNCTION raw.twice(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT i * 2';
GRANT SELECT ON ALL TABLES IN SCHEMA raw TO $ROLE;
SQL

# A state with something of everything
ana('origin', <<'SQL');
SET search_path = ext, public;
SET TimeZone = 'Europe/Vienna';
SELECT vde_register('raw.t', '', 'external', '{"columns": [{"name": "id", "type": "int", "description": "the key"}]}');
SELECT vde_register('shop.base', 'SELECT id, amount, mood, at FROM raw.t',
	options => '{"primary_key": ["id"], "indexes": [{"columns": ["amount", "mood"]}, {"columns": ["id"], "where": "amount > 2"}], "description": "the base", "columns": {"id": "a number"}, "tags": ["x"]}');
SELECT vde_register('shop.seed', E'code,name,n\nAT,"Öster""reich",1\nDE,,5\n', 'seed', '{"grants": {"select": ["t_dump_reader", "public"]}}');
SELECT vde_register('shop.inline', 'SELECT id, raw.twice(amount) AS twice FROM shop.base', 'embedded');
SELECT vde_register('shop.outer', 'SELECT o.id, i.twice FROM raw.outside o JOIN shop.inline i USING (id)');
SELECT vde_register('shop."Odd Näme"', 'SELECT mood AS "Möod ""x""", count(*) AS n FROM shop.outer JOIN shop.base USING (id) GROUP BY 1');
SELECT vde_register('shop.shown', 'SELECT *, at::date AS day FROM shop.base WHERE amount > 3', 'view');
SELECT vde_register('mart.totals', 'SELECT day, sum(amount) AS total FROM shop.shown GROUP BY day', 'materialized_view',
	'{"indexes": [{"columns": ["day"], "unique": true}]}');
SELECT vde_register('shop.parts', 'SELECT id, mood, current_user::text AS who FROM shop.base',
	options => '{"partition_by": {"strategy": "range", "columns": "id", "bounds": [100, 500]}, "indexes": ["mood"], "fillfactor": 70, "unlogged": true}');
SELECT vde_register('mart.chain', 'SELECT total FROM mart.totals UNION ALL SELECT 0', 'view');
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod', message => 'first');
SELECT vde_register('shop.base', 'SELECT id, amount, mood, at, 1 AS more FROM raw.t WHERE id > 10',
	options => '{"primary_key": ["id"], "description": "the new base"}');
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod', message => 'second');
CALL vde_rollback('prod');
SELECT vde_register('mart.totals', 'SELECT day, sum(amount) AS total, count(*) AS n FROM shop.shown GROUP BY day', 'materialized_view', environment => 'qa');
CALL vde_apply('qa');
SELECT vde_register('shop.later', 'SELECT 1 AS one', environment => 'qa');
SELECT vde_unregister('mart.chain', environment => 'qa');
SQL
ana('origin', <<SQL);
GRANT USAGE ON SCHEMA shop, mart TO $READER;
GRANT SELECT ON shop.base, mart.totals TO $READER;
COMMENT ON VIEW mart.chain IS 'mine';
SQL

# Everything: the catalog's rows, what the database holds, who may what
# pg_upgrade keeps the files of tables, so that an OID in them would mean
# something else afterwards; regrole, regclass and regtype it carries over.
is( $node->safe_psql('origin', <<'SQL'), '', 'nothing in the catalog is an OID, or of a type that pg_upgrade refuses');
SELECT attrelid::regclass, attname, atttypid::regtype FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_type t ON t.oid = atttypid
WHERE relnamespace IN ('vde'::regnamespace, 'vde_data'::regnamespace) AND relkind IN ('r', 'p', 'm', 'i', 'v') AND attnum > 0 AND NOT attisdropped
AND (EXISTS (SELECT FROM unnest(ARRAY[t.oid, t.typelem, t.typbasetype]) AS u (type)
	WHERE type IN ('oid'::regtype, 'oidvector'::regtype, 'xid'::regtype, 'regproc'::regtype, 'regprocedure'::regtype, 'regoper'::regtype,
		'regoperator'::regtype, 'regconfig'::regtype, 'regdictionary'::regtype, 'regnamespace'::regtype, 'regcollation'::regtype,
		'aclitem'::regtype, 'pg_node_tree'::regtype))
	OR t.typrelid <> 0 OR (t.typnamespace <> 'pg_catalog'::regnamespace AND relnamespace = 'vde'::regnamespace))
SQL

my @CATALOG = split /\n/, $node->safe_psql('origin', <<'SQL');
SELECT c.oid::regclass FROM pg_extension e, unnest(extconfig) o JOIN pg_class c ON c.oid = o
WHERE extname = 'vde' AND relkind = 'r' ORDER BY 1::text
SQL
my $tables = $node->safe_psql('origin', "SELECT count(*) FROM pg_class WHERE relnamespace = 'vde'::regnamespace AND relkind = 'r'");
is(scalar(@CATALOG), $tables, 'every table of the catalog is dumped');
is( $node->safe_psql('origin', <<'SQL'), '', 'and so is every sequence');
SELECT c.relname FROM pg_class c WHERE relnamespace = 'vde'::regnamespace AND relkind = 'S'
AND NOT EXISTS (SELECT FROM pg_extension e WHERE extname = 'vde' AND c.oid = ANY (extconfig))
SQL

sub state
{
	my ($database, $owners) = @_;
	my $state = '';
	for my $table (@CATALOG)
	{
		$state .= "$table\n" . $node->safe_psql($database, "SELECT t.*::text FROM $table t ORDER BY t::text") . "\n";
	}
	for my $relation (split /\n/, $node->safe_psql($database, <<'SQL'))
SELECT c.oid::regclass FROM pg_class c WHERE relkind IN ('v', 'r', 'm', 'p') AND relnamespace::regnamespace::text ~ '^(vde_data|shop|mart)'
ORDER BY c.oid::regclass::text
SQL
	{
		$state .= "$relation: " . $node->safe_psql($database, <<SQL) . "\n";
SELECT (SELECT format('%s %s %s %s', c.relkind, c.relpersistence, c.reloptions, obj_description(c.oid, 'pg_class')) FROM pg_class c WHERE c.oid = '$relation'::regclass),
	(SELECT string_agg(format('%s %s %s', attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum)), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = '$relation'::regclass AND attnum > 0),
	(SELECT string_agg(pg_get_indexdef(indexrelid), '; ' ORDER BY indexrelid::regclass::text) FROM pg_index WHERE indrelid = '$relation'::regclass),
	(SELECT pg_get_viewdef(c.oid) FROM pg_class c WHERE c.oid = '$relation'::regclass AND relkind IN ('v', 'm')),
	count(*), md5(string_agg(r::text, E'\\n' ORDER BY r::text)) FROM $relation r
SQL
	}
	if ($owners)
	{
		$state .= $node->safe_psql($database, <<'SQL');
SELECT c.oid::regclass, relowner::regrole, (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(relacl) a)
FROM pg_class c WHERE relnamespace::regnamespace::text ~ '^(vde|shop|mart)' AND relkind IN ('v', 'r', 'm', 'p', 'S') ORDER BY c.oid::regclass::text;
SELECT nspname, nspowner::regrole, (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(nspacl) a) FROM pg_namespace WHERE nspname ~ '^(vde|shop|mart)' ORDER BY 1;
SQL
	}
	return $state;
}

sub plan_is_empty
{
	my ($database, $environment, $what) = @_;
	is(ana($database, "SELECT model, change, category, action, reason FROM ext.vde_changes('$environment')"),
		'', "$what: the plan of $environment is empty");
	return;
}

# The same steps must work there as at home.
sub go_on
{
	my ($database, $what) = @_;
	my ($rc, $out, $err);

	my $last = $node->safe_psql($database, 'SELECT max(definition), (SELECT max(deployment) FROM ext.vde_deployments) FROM ext.vde_snapshots');
	($rc, $out, $err) = $node->psql($database, <<'SQL', connstr => $node->connstr($database) . " user=$ROLE", on_error_stop => 1);
SET search_path = ext, public;
SET client_min_messages = warning;
SET TimeZone = 'Europe/Vienna';
SELECT vde_register('shop.again', 'SELECT count(*) AS n FROM shop.base', environment => 'dev');
CALL vde_apply('dev');
CALL vde_apply('qa');
CALL vde_promote('dev', 'prod', force => true);
CALL vde_rollback('prod');
CALL vde_run('prod');
CALL vde_promote('dev', 'prod', force => true);
CALL vde_drop_environment('qa');
SQL
	is($err, '', "$what: apply, promote, rollback, run and drop go on");
	is($node->safe_psql($database, "SELECT count(*) FROM ((TABLE shop.base EXCEPT ALL SELECT id, amount, mood, at, 1 FROM raw.t WHERE id > 10) UNION ALL (SELECT id, amount, mood, at, 1 FROM raw.t WHERE id > 10 EXCEPT ALL TABLE shop.base)) x"),
		'0', "$what: the contents are right");
	is($node->safe_psql($database, "SELECT n FROM shop.again"), '990', "$what: also those that were built there");
	is($node->safe_psql($database, "SET client_min_messages = warning; SET vde.retention = 0; CALL ext.vde_gc(); SELECT count(*) FROM shop__dev.again"), '1', "$what: gc");
	$err = '';
	($rc, $out, $err) = $node->psql($database, 'DROP EXTENSION vde');
	like($err, qr/cannot drop extension vde because other objects depend on it/, "$what: DROP EXTENSION refuses while there are tables");
	return;
}

# What readers see, without the catalog, in which a run leaves its traces
sub rows_of
{
	my ($database) = @_;
	return join "\n", grep { /^(shop|mart)/ } split /\n/, state($database, 0);
}
my $origin_rows = rows_of('origin');
like($origin_rows, qr/^mart__qa[.]totals: v/m, 'the comparison of rows has views');

my $origin_all = state('origin', 1);
my $origin = state('origin', 0);
like($origin, qr/shop__dev[.]base: v/, 'the comparison has views');
like($origin, qr/vde_data[.]\S+: m/, 'the comparison has materialized views');

plan_is_empty('origin', $_, 'origin') for ('prod', 'dev');
is($node->safe_psql('origin', 'SELECT * FROM ext.vde_check()'), '', 'origin: nothing for vde_check');

my $dir = $node->basedir;
my $SUPER = 't_dump_super';
$node->safe_psql('postgres', "CREATE ROLE $SUPER SUPERUSER LOGIN");

# What is restored, step by step: options of pg_restore, or "psql" for a plain
# dump, or "part" for one that is dumped and restored with these options.  With
# jobs pg_restore loads the tables of an extension in any order, although these
# have foreign keys from the start.
my @WAYS = (
	{ name => 'plain', dump => [], steps => [ ['psql'] ] },
	{ name => 'custom', dump => [ '-Fc' ], steps => [ [] ] },
	{ name => 'directory', dump => [ '-Fd', '-j2' ], steps => [ [ '-j2' ] ] },
	{ name => 'jobs', dump => [ '-Fc' ], steps => [ [ '-j4' ] ] },
	{ name => 'jobs_inserts', dump => [ '-Fd', '--rows-per-insert=1' ], steps => [ [ '-j3' ] ] },
	{ name => 'replica', dump => [ '-Fd', '-j2' ], steps => [ [ '-j2' ] ], options => '-c session_replication_role=replica' },
	{ name => 'no_owner', dump => [ '-Fc', '--no-owner' ], steps => [ [ '--no-owner' ] ], no_owner => 1 },
	{
		name => 'other_owner', dump => [ '-Fc' ], steps => [ [ '--no-owner' ] ], no_owner => 1,
		user => $SUPER
	},
	{
		name => 'one_transaction', dump => [ '-Fc' ], steps => [ [ '--single-transaction' ] ]
	},
	{
		name => 'catalog_first', dump => [ '-Fd', '-j2' ],
		steps => [
			[ '--section=pre-data' ],
			[ '--section=data', '--schema=vde' ],
			[ '--section=data', '--exclude-schema=vde', '-j2' ],
			[ '--section=post-data', '-j2' ] ]
	},
	{
		name => 'dumped_in_sections', dump => undef,
		steps => [ [ 'part', '--section=pre-data' ], [ 'part', '--section=data' ], [ 'part', '--section=post-data' ] ]
	},
	{
		name => 'triggers_off', dump => [ '-Fd', '-j2' ],
		steps => [ [ '--section=pre-data' ], [ '--data-only', '--disable-triggers', '-j2' ], [ '--section=post-data', '-j2' ] ]
	},
	{
		# pg_dump leaves materialized views without data then; a run fills them
		name => 'schema_then_data', dump => undef,
		steps => [ [ 'part', '--schema-only' ], [ 'part', '--data-only' ] ],
		runs => [ 'prod', 'dev', 'qa' ]
	},
	{ name => 'clean', dump => [ '-Fc' ], steps => [ [], [ '--clean', '--if-exists' ] ] },
	{ name => 'clean_plain', dump => [ '--clean', '--if-exists' ], steps => [ ['psql'], ['psql'] ] });

for my $way (@WAYS)
{
	my $what = $way->{name};
	my $file = "$dir/dump_$what";
	my $database = "restored_$what";

	if (defined $way->{dump})
	{
		$node->command_ok([ 'pg_dump', '-d', $node->connstr('origin'), '-f', $file, @{ $way->{dump} } ], "$what: pg_dump");
	}
	$node->safe_psql('postgres', "CREATE DATABASE $database; GRANT CREATE ON DATABASE $database TO $ROLE");
	my $target = $node->connstr($database) . ' user=' . ($way->{user} // $node->safe_psql('postgres', 'SELECT current_user'));
	my @psql = ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $target, '-f');
	local $ENV{PGOPTIONS} = $way->{options} if defined $way->{options};
	for my $step (@{ $way->{steps} })
	{
		my ($mode, @more) = @{$step};
		if (($mode // '') eq 'psql')
		{
			$node->command_ok([ @psql, $file ], "$what: psql");
		}
		elsif (($mode // '') eq 'part')
		{
			$node->command_ok([ 'pg_dump', '-d', $node->connstr('origin'), '-f', "$file.sql", @more ], "$what: pg_dump @more");
			$node->command_ok([ @psql, "$file.sql" ], "$what: psql of @more");
		}
		else
		{
			$node->command_ok([ 'pg_restore', '-d', $target, '--exit-on-error', @{$step}, $file ], "$what: pg_restore @{$step}");
		}
	}
	delete local $ENV{PGOPTIONS};
	if ($way->{runs})
	{
		my ($rc, $out, $err) = $node->psql($database, 'TABLE mart.totals');
		like($err, qr/has not been populated/, "$what: materialized views have no data");
		ana($database, "CALL ext.vde_run('$_')") for @{ $way->{runs} };
		is(rows_of($database), $origin_rows, "$what: equal rows after a run");
	}
	elsif ($way->{no_owner})
	{
		is(state($database, 0), $origin, "$what: equal state");
		like($node->safe_psql($database, 'SELECT DISTINCT problem FROM ext.vde_check() ORDER BY 1'), qr/wrong_owner/, "$what: vde_check finds the owners");
		$node->safe_psql($database, 'SELECT * FROM ext.vde_check(true)');
	}
	else
	{
		is(state($database, 1), $origin_all, "$what: equal state");
	}
	is($node->safe_psql($database, 'SELECT * FROM ext.vde_check()'), '', "$what: nothing for vde_check");
	plan_is_empty($database, $_, $what) for ('prod', 'dev');
	is( ana($database, "SELECT model, change, action FROM ext.vde_changes('qa') ORDER BY 1"),
		"mart.chain|removed|drop_view\nshop.later|added|build", "$what: the drafts of qa are there, and nothing else");
	go_on($database, $what);
}

# What is loaded is not asked for its foreign keys, in whatever order it comes:
# vde_check finds what an incomplete restore leaves.
$node->safe_psql('postgres', 'CREATE DATABASE part');
$node->command_ok([ 'pg_restore', '-d', $node->connstr('part'), '--exit-on-error', '--section=pre-data', "$dir/dump_directory" ], 'part: the schema');
$node->command_ok([ 'pg_restore', '-d', $node->connstr('part'), '--exit-on-error', '--data-only', '-n', 'vde', '-t', 'pointer', '-t', 'environment', "$dir/dump_directory" ],
	'part: two tables of the catalog');
is( $node->safe_psql('part', "SELECT object, detail FROM ext.vde_check() WHERE problem = 'wrong_catalog'"),
	"vde.pointer|10 rows refer to rows of vde.snapshot that are not there (pointer_base_snapshot_id_model_id_fkey).\n"
	  . "vde.pointer|30 rows refer to rows of vde.model that are not there (pointer_model_id_fkey).\n"
	  . "vde.pointer|30 rows refer to rows of vde.snapshot that are not there (pointer_snapshot_id_model_id_fkey).",
	'part: vde_check finds rows without what they refer to');

# twice around: origin to a, a to b
$node->safe_psql('postgres', 'CREATE DATABASE second; CREATE DATABASE third');
$node->command_ok([ 'pg_dump', '-d', $node->connstr('origin'), '-Fc', '-f', "$dir/second" ], 'second: pg_dump');
$node->command_ok([ 'pg_restore', '-d', $node->connstr('second'), '--exit-on-error', "$dir/second" ], 'second: pg_restore');
$node->command_ok([ 'pg_dump', '-d', $node->connstr('second'), '-Fc', '-f', "$dir/third" ], 'third: pg_dump');
$node->command_ok([ 'pg_restore', '-d', $node->connstr('third'), '--exit-on-error', "$dir/third" ], 'third: pg_restore');
is(state('third', 1), $origin_all, 'twice around: equal state');
is($node->safe_psql('third', 'SELECT * FROM ext.vde_check()'), '', 'twice around: nothing for vde_check');

# a dump of an extension that was moved to another schema
$node->safe_psql('third', 'CREATE SCHEMA moved; LOAD $$vde$$; ALTER EXTENSION vde SET SCHEMA moved');
$node->safe_psql('postgres', 'CREATE DATABASE fourth');
$node->command_ok([ 'pg_dump', '-d', $node->connstr('third'), '-Fc', '-f', "$dir/fourth" ], 'moved: pg_dump');
$node->command_ok([ 'pg_restore', '-d', $node->connstr('fourth'), '--exit-on-error', "$dir/fourth" ], 'moved: pg_restore');
is(state('fourth', 1), $origin_all, 'moved: equal state');
is($node->safe_psql('fourth', 'SELECT * FROM moved.vde_check()'), '', 'moved: nothing for vde_check');

# A materialized view is filled by the restore, in its session's time zone: what
# is noted of its rows does not hold there, and the next run fills it as it was.
# So does one after a REFRESH by hand.
my $ZONES = <<'SQL';
SELECT string_agg(day::text, ' ' ORDER BY id) FROM zone.days;
SELECT string_agg(day::text, ' ' ORDER BY id) FROM zone.read;
SQL
sub run_notices
{
	my ($rc, $out, $err) = $node->psql('zones_restored', 'SET vde.max_workers = 0; CALL vde_run($$prod$$)', on_error_stop => 1);
	$err =~ s/ in [0-9.]+ s//g;
	return $err;
}
$node->safe_psql('postgres', 'CREATE DATABASE zones; CREATE DATABASE zones_restored');
$node->safe_psql('zones', <<'SQL');
SET client_min_messages = warning;
CREATE EXTENSION vde;
CREATE SCHEMA raw;
CREATE TABLE raw.z AS SELECT 1 AS id, timestamptz '2024-01-31 22:00+00' AS at;
SET TimeZone = 'Asia/Tokyo';
SELECT vde_register('zone.base', 'SELECT id, at FROM raw.z');
SELECT vde_register('zone.days', 'SELECT id, at::date AS day FROM zone.base', 'materialized_view');
SELECT vde_register('zone.read', 'SELECT id, day FROM zone.days');
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
SQL
is($node->safe_psql('zones', $ZONES), "2024-02-01\n2024-02-01", 'zones: as it is at home');
$node->command_ok([ 'pg_dump', '-d', $node->connstr('zones'), '-f', "$dir/zones" ], 'zones: pg_dump');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('zones_restored'), '-c', "SET TimeZone = 'UTC'", '-f', "$dir/zones" ], 'zones: psql');
is($node->safe_psql('zones_restored', $ZONES), "2024-01-31\n2024-02-01", 'zones: a restore fills it in its own time zone');
like(run_notices(), qr/zone[.]days refreshed 1 row\n.*zone[.]read not refreshed/, 'zones: a run fills it');
is($node->safe_psql('zones_restored', $ZONES), "2024-02-01\n2024-02-01", 'zones: as it was at home');
like(run_notices(), qr/zone[.]days not refreshed.*\n.*zone[.]read not refreshed/, 'zones: and no run after that');
my $physical = $node->safe_psql('zones_restored', "SELECT format('vde_data.%I', relation_name) FROM vde.version JOIN vde.model m ON m.id = model_id WHERE model_name = 'days'");
$node->safe_psql('zones_restored', "SET TimeZone = 'UTC'; REFRESH MATERIALIZED VIEW $physical");
is($node->safe_psql('zones_restored', $ZONES), "2024-01-31\n2024-02-01", 'zones: a REFRESH by hand');
like(run_notices(), qr/zone[.]days refreshed 1 row\n/, 'zones: a run after it');
is($node->safe_psql('zones_restored', $ZONES), "2024-02-01\n2024-02-01", 'zones: as it was at home again');

# the original itself, last
go_on('origin', 'origin');

# DROP EXTENSION goes through when nothing is left
$node->safe_psql('postgres', 'CREATE DATABASE empty');
$node->safe_psql('empty', 'CREATE EXTENSION vde; DROP EXTENSION vde; CREATE EXTENSION vde');
is($node->safe_psql('empty', 'SELECT count(*) FROM vde_environments'), '0', 'an empty extension can be dropped and created anew');

$node->stop;
done_testing();
