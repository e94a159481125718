# ALTER EXTENSION vde UPDATE from each earlier version: what belongs to the
# extension is then the same as after a fresh installation, and what users
# granted stays.  A database that was made with the earlier version goes on:
# updated, or dumped from there and restored into the present version.  Until
# the update the new library says what to do.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $ROLE = 't_upgrade_ana';
my $READER = 't_upgrade_reader';
my $OTHER = 't_upgrade_super';
my $OLD = '0.1.0';

my $node = PostgreSQL::Test::Cluster->new('upgrade');
$node->init;
$node->append_conf('postgresql.conf', "lc_messages = 'C'\nTimeZone = 'UTC'\n");
$node->start;
$node->safe_psql('postgres', "CREATE ROLE $ROLE LOGIN; CREATE ROLE $READER; CREATE ROLE $OTHER SUPERUSER LOGIN");

my $NEW = $node->safe_psql('postgres', "SELECT default_version FROM pg_available_extensions WHERE name = 'vde'");
isnt($NEW, $OLD, 'there is a later version');

sub as
{
	my ($role, $database, $sql) = @_;
	return $node->safe_psql($database, "SET client_min_messages = warning;\n$sql", connstr => $node->connstr($database) . " user=$role");
}

# Everything that belongs to the extension, as text.  %MEMBERS are its objects,
# %TABLES those that have columns.
my $MEMBERS = "SELECT classid, objid FROM pg_depend WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass"
  . " AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'vde')";
my $TABLES = "SELECT c.* FROM pg_class c JOIN ($MEMBERS) m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid";
my @DUMP = (
	[ 'extension', <<'SQL' ],
SELECT extowner::regrole, extnamespace::regnamespace, extrelocatable, extversion, obj_description(oid, 'pg_extension') FROM pg_extension WHERE extname = 'vde'
SQL
	[ 'member', "SELECT pg_describe_object(classid, objid, 0) FROM ($MEMBERS) m" ],
	[ 'schema', <<SQL ],
SELECT nspname, nspowner::regrole, %ACL(nspacl), obj_description(n.oid, 'pg_namespace')
FROM pg_namespace n JOIN ($MEMBERS) m ON m.classid = 'pg_namespace'::regclass AND m.objid = n.oid
SQL
	[ 'relation', <<SQL ],
SELECT c.oid::regclass, relkind, relowner::regrole, %ACL(relacl), relpersistence, reloptions, relhasrules, relrowsecurity, relforcerowsecurity,
	relreplident, relispartition, reltablespace, relnatts, relchecks, relhastriggers, (SELECT amname FROM pg_am a WHERE a.oid = relam),
	obj_description(c.oid, 'pg_class'), CASE WHEN relkind = 'v' THEN pg_get_viewdef(c.oid) END,
	(SELECT format('%s', s) FROM pg_sequences s WHERE s.schemaname = c.relnamespace::regnamespace::text AND s.sequencename = c.relname)
FROM ($TABLES) c
SQL
	[ 'column', <<SQL ],
SELECT c.oid::regclass, attnum, attname, format_type(atttypid, atttypmod), attcollation::regcollation, attnotnull, attidentity, attgenerated,
	attstattarget, attstorage, attcompression, attisdropped, attislocal, attinhcount,
	-- Debian's server notes something of its own there
	(SELECT array_agg(o) FROM unnest(attoptions) o WHERE o !~ '^pg_attver='), %ACL(attacl), col_description(c.oid, attnum),
	(SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef d WHERE adrelid = c.oid AND adnum = attnum)
FROM ($TABLES) c JOIN pg_attribute a ON attrelid = c.oid WHERE attnum > 0
SQL
	[ 'constraint', <<SQL ],
SELECT c.oid::regclass, conname, contype, condeferrable, condeferred, convalidated, conislocal, connoinherit, conindid::regclass,
	pg_get_constraintdef(n.oid), obj_description(n.oid, 'pg_constraint')
FROM ($TABLES) c JOIN pg_constraint n ON conrelid = c.oid
SQL
	[ 'index', <<SQL ],
SELECT indrelid::regclass, pg_get_indexdef(indexrelid), indisunique, indisprimary, indisvalid, indisclustered, indisreplident,
	i.relowner::regrole, i.reloptions, obj_description(indexrelid, 'pg_class')
FROM ($TABLES) c JOIN pg_index ON indrelid = c.oid JOIN pg_class i ON i.oid = indexrelid
SQL
	[ 'trigger', "SELECT tgrelid::regclass, pg_get_triggerdef(t.oid) FROM ($TABLES) c JOIN pg_trigger t ON tgrelid = c.oid WHERE NOT tgisinternal" ],
	[ 'trigger of a constraint', <<SQL ],
SELECT tgrelid::regclass, conname, tgfoid::regproc, tgtype, tgenabled, tgdeferrable, tginitdeferred
FROM ($TABLES) c JOIN pg_trigger ON tgrelid = c.oid JOIN pg_constraint n ON n.oid = tgconstraint WHERE tgisinternal
SQL
	[ 'rule', "SELECT ev_class::regclass, pg_get_ruledef(r.oid) FROM ($TABLES) c JOIN pg_rewrite r ON ev_class = c.oid" ],
	[ 'function', <<SQL ],
SELECT p.oid::regprocedure, prokind, proowner::regrole, %ACL(proacl), prolang, procost, prorows, prosecdef, proleakproof, proisstrict, provolatile,
	proparallel, prosupport, proconfig, probin, prosrc, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid),
	pg_get_function_sqlbody(p.oid), obj_description(p.oid, 'pg_proc')
FROM pg_proc p JOIN ($MEMBERS) m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid
SQL
	[ 'type', <<SQL ],
SELECT t.oid::regtype, typtype, typowner::regrole, %ACL(typacl), obj_description(t.oid, 'pg_type')
FROM pg_type t JOIN ($MEMBERS) m ON m.classid = 'pg_type'::regclass AND m.objid = t.oid
SQL
	[ 'dumped', "SELECT c::regclass, w FROM pg_extension, unnest(extconfig, extcondition) AS x (c, w) WHERE extname = 'vde'" ],
	[ 'initial privilege', <<SQL ],
SELECT pg_describe_object(classoid, objoid, objsubid), privtype, %ACL(initprivs)
FROM pg_init_privs i JOIN ($MEMBERS) m ON m.classid = classoid AND m.objid = objoid
SQL
	[ 'dependency', <<SQL ]);
SELECT pg_describe_object(d.classid, d.objid, d.objsubid), pg_describe_object(refclassid, refobjid, refobjsubid), deptype
FROM pg_depend d WHERE EXISTS (SELECT FROM ($MEMBERS) m WHERE m.classid = d.classid AND m.objid = d.objid)
OR EXISTS (SELECT FROM pg_rewrite r JOIN ($TABLES) c ON ev_class = c.oid WHERE d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid)
SQL

sub dump_extension
{
	my ($database) = @_;
	my $dump = '';
	for my $part (@DUMP)
	{
		my ($name, $sql) = @{$part};
		$sql =~ s/%ACL\((\w+)\)/(SELECT array_agg(a::text ORDER BY a::text) FROM unnest($1) a)/g;
		$dump .= "$name: $_\n" for sort split /\n/, $node->safe_psql($database, "SELECT regexp_replace(x::text, '\\s+', ' ', 'g') FROM ($sql) x");
	}
	return $dump;
}

# what differs, for people
sub same_dump
{
	my ($got, $expected, $what) = @_;
	my %got = map { $_ => 1 } split /\n/, $got;
	my %expected = map { $_ => 1 } split /\n/, $expected;
	ok($got eq $expected, $what) or
		diag join "\n", (map { "only after the update: $_" } grep { !$expected{$_} } sort keys %got),
		(map { "only after a fresh installation: $_" } grep { !$got{$_} } sort keys %expected);
	return;
}

# A fresh one, and one that comes from the earlier version.
my $EXT = '"e x"';
$node->safe_psql('postgres', 'CREATE DATABASE fresh; CREATE DATABASE updated');
$node->safe_psql('fresh', "CREATE SCHEMA $EXT; CREATE EXTENSION vde SCHEMA $EXT");
$node->safe_psql('updated', "CREATE SCHEMA $EXT; CREATE EXTENSION vde SCHEMA $EXT VERSION '$OLD'");
my $fresh = dump_extension('fresh');
like($fresh, qr/^$_: ./m, "the comparison has: $_") for ('extension', 'member', 'schema', 'relation', 'column', 'constraint', 'index', 'trigger', 'trigger of a constraint', 'rule', 'function', 'dumped', 'initial privilege', 'dependency');
isnt(dump_extension('updated'), $fresh, 'the earlier version is another');

# The new library before the update.
my %SAYS = map { $_ => 1 } (
	'SELECT vde_register(\'shop.a\', \'SELECT 1 AS a\')', 'SELECT vde_unregister(\'shop.a\')', 'SELECT vde_discard(\'dev\')',
	'SELECT * FROM vde_sync(\'dev\', \'{}\')', 'SELECT vde_export(\'dev\')', 'CALL vde_create_environment(\'a\')', 'CALL vde_drop_environment(\'a\')',
	'SELECT vde_plan(\'dev\')', 'SELECT * FROM vde_changes(\'dev\')', 'SELECT vde_categorize(\'shop.a\', \'breaking\')', 'CALL vde_apply(\'dev\')',
	'CALL vde_promote(\'dev\', \'prod\')', 'CALL vde_rollback(\'prod\')', 'CALL vde_run(\'prod\')', 'CALL vde_gc()',
	'SELECT * FROM vde_diff(\'prod\', \'dev\', \'shop.a\')', 'SELECT * FROM vde_lineage(\'shop.a\')', 'SELECT * FROM vde_impact(\'shop.a\')');
my %WORKS = ('SELECT vde_environment_name(\'A/B\')' => 'a_b');
my %called = map { /(vde_\w+)/ ? ($1 => 1) : () } keys %SAYS, keys %WORKS;
is( $node->safe_psql('updated', "SELECT proname FROM pg_proc WHERE pronamespace = '$EXT'::regnamespace ORDER BY 1"),
	join("\n", sort keys %called), 'every function of the earlier version is tried');
for my $call (sort keys %SAYS)
{
	my ($rc, $out, $err) = $node->psql('updated', "SET search_path = $EXT; $call");
	like($err, qr/^psql:\S+ ERROR:  extension "vde" is of version \Q$OLD\E in this database, and its library of version \Q$NEW\E\nHINT:  Have a superuser run ALTER EXTENSION vde UPDATE[.]/m,
		"before the update: $call");
}
is($node->safe_psql('updated', "SET search_path = $EXT; $_"), $WORKS{$_}, "before the update: $_ works") for sort keys %WORKS;
is($node->safe_psql('updated', "SELECT count(*) FROM $EXT.$_"), '0', "before the update: $_ can be read")
	for ('vde_models', 'vde_environments', 'vde_snapshots', 'vde_deployments', 'vde_builds');
my ($rc, $out, $err) = $node->psql('updated', "UPDATE pg_extension SET extversion = '9.9' WHERE extname = 'vde'; SELECT $EXT.vde_plan('dev')", on_error_stop => 1);
like($err, qr/is of version 9[.]9 in this database.*connect again/s, 'a library that is older than the database says so');
$node->safe_psql('updated', "UPDATE pg_extension SET extversion = '$OLD' WHERE extname = 'vde'");

# The update, by another superuser, in a transaction that goes on.
is( as($OTHER, 'updated', 'BEGIN; ALTER EXTENSION vde UPDATE; SELECT current_user; SELECT count(*) FROM "e x".vde_check(); COMMIT; SHOW role; SHOW search_path'),
	"$OTHER\n0\nnone\n\"\$user\", public", 'the update leaves the caller who it was');
same_dump(dump_extension('updated'), $fresh, "an updated extension is the same as a fresh one");

# What users have granted, revoked and built on it stays.
$node->safe_psql('postgres', 'CREATE DATABASE granted');
$node->safe_psql('granted', <<SQL);
CREATE EXTENSION vde VERSION '$OLD';
REVOKE ALL ON PROCEDURE vde_gc() FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE vde_gc() TO $READER;
GRANT SELECT ON vde_deployments TO $READER;
REVOKE SELECT ON vde_models FROM PUBLIC;
CREATE VIEW history AS SELECT * FROM vde_deployments;
SQL
my $may = "SELECT has_function_privilege('$READER', oid, 'EXECUTE'), has_function_privilege('$ROLE', oid, 'EXECUTE'), oid::regprocedure FROM pg_proc WHERE proname IN ('vde_gc', 'vde_run') ORDER BY proname";
is($node->safe_psql('granted', $may), "t|f|vde_gc()\nt|t|vde_run(text)", 'who may call what, before');
$node->safe_psql('granted', 'ALTER EXTENSION vde UPDATE');
is($node->safe_psql('granted', $may), "t|f|vde_gc(boolean)\nt|t|vde_run(text,boolean)", 'and after the update');
is($node->safe_psql('granted', "SELECT has_table_privilege('$READER', 'vde_deployments', 'SELECT'), has_table_privilege('$ROLE', 'vde_models', 'SELECT'), count(*) FROM history"),
	't|f|0', 'views keep their grants, and what stands on them');
($rc, $out, $err) = $node->psql('granted', "DROP ROLE $READER");
like($err, qr/privileges for (procedure|function) vde_gc\(boolean\)/, 'the role is known to have privileges');
($rc, $out, $err) = $node->psql('granted', "SET ROLE $ROLE; SELECT vde.keep_privileges('vde_run(text, boolean)', 'vde_gc(boolean)')");
like($err, qr/permission denied for (function|schema)/, 'nobody else copies privileges');
$node->safe_psql('postgres', 'DROP DATABASE granted');

# A database of the earlier version, with contents.
my $file = slurp_file('test/upgrade/0.1.0.sql');
my $origin_views;
for my $way ('updated in place', 'restored into the new version')
{
	my $database = $way =~ /place/ ? 'in_place' : 'restored';
	my $version = $way =~ /place/ ? $OLD : $NEW;
	my $sql = $file;

	is($sql =~ s/^(COMMENT ON EXTENSION vde)/CREATE EXTENSION vde SCHEMA ext VERSION '$version';\n$1/m, 1, "$way: the dump has its place for the extension");
	$node->safe_psql('postgres', "CREATE DATABASE $database; GRANT CREATE ON DATABASE $database TO $ROLE");
	append_to_file($node->basedir . "/$database.sql", $sql);
	$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($database), '-f', $node->basedir . "/$database.sql" ],
		"$way: restored as version $version");
	my $rows = "SELECT 'base', count(*), sum(id) FROM shop.base UNION ALL SELECT 'dev', count(*), sum(more) FROM shop__dev.base"
	  . " UNION ALL SELECT 'chain', count(*), sum(total) FROM mart.chain UNION ALL SELECT 'qa', count(*), sum(n) FROM mart__qa.totals ORDER BY 1";
	my $before = $node->safe_psql($database, $rows);
	is($before, "base|30|465\nchain|5|54\ndev|20|20\nqa|4|12", "$way: what can be read");
	as($OTHER, $database, 'ALTER EXTENSION vde UPDATE') if $version eq $OLD;
	is($node->safe_psql($database, $rows), $before, "$way: and after the update");
	is($node->safe_psql($database, 'SELECT name, models, drafts FROM ext.vde_environments ORDER BY 1'), "dev|9|0\nprod|9|0\nqa|9|2", "$way: environments");
	is($node->safe_psql($database, "SELECT environment, action, models, message, seconds FROM ext.vde_deployments ORDER BY deployment"),
		"dev|create|0||\ndev|apply|9||\nprod|create|0||\nprod|promote|9|first|\ndev|apply|7||\nprod|promote|7|second|\nprod|rollback|7||\nqa|create|9||\nqa|apply|2||", "$way: history");

	# views could be written through in that version
	is($node->safe_psql($database, 'SELECT DISTINCT problem FROM ext.vde_check()'), 'wrong_view', "$way: vde_check finds the views of before");
	is($node->safe_psql($database, 'SELECT DISTINCT repaired FROM ext.vde_check(true)'), 't', "$way: and mends them");
	is($node->safe_psql($database, 'SELECT * FROM ext.vde_check()'), '', "$way: nothing for vde_check then");
	is($node->safe_psql($database, "SELECT has_table_privilege('$READER', 'shop.base', 'SELECT'), obj_description('mart.chain'::regclass)"), 't|mine', "$way: grants and comments are there");
	($rc, $out, $err) = $node->psql($database, 'INSERT INTO shop.seed VALUES (1)');
	like($err, qr/cannot insert into view/, "$way: nobody writes through a view");

	is(as($ROLE, $database, "SELECT * FROM ext.vde_changes('$_')"), '', "$way: the plan of $_ is empty") for ('prod', 'dev');
	is(as($ROLE, $database, "SELECT model, change, action FROM ext.vde_changes('qa') ORDER BY 1"), "mart.chain|removed|drop_view\nshop.later|added|build",
		"$way: the drafts of qa are there");
	as($ROLE, $database, <<'SQL');
SET search_path = ext, public;
SELECT vde_register('shop.again', 'SELECT count(*) AS n FROM shop.base', environment => 'dev');
CALL vde_apply('dev');
CALL vde_apply('qa');
CALL vde_promote('dev', 'prod');
CALL vde_rollback('prod');
CALL vde_run('prod');
CALL vde_promote('dev', 'prod', force => true);
CALL vde_drop_environment('qa');
SQL
	is($node->safe_psql($database, 'SELECT n, (SELECT count(*) FROM shop.base) FROM shop.again'), '20|20', "$way: apply, promote, rollback, run and drop go on");
	is($node->safe_psql($database, "SELECT count(*) > 0 FROM ext.vde_deployments WHERE seconds >= 0"), 't', "$way: deployments have a duration now");
	my $tables = $node->safe_psql($database, "SELECT count(*) FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace AND relkind <> 'i'");
	$node->safe_psql($database, 'SET client_min_messages = warning; SET vde.retention = 0; CALL ext.vde_gc()');
	cmp_ok($node->safe_psql($database, "SELECT count(*) FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace AND relkind <> 'i'"), '<', $tables, "$way: vde_gc collects");
	is($node->safe_psql($database, 'SELECT * FROM ext.vde_check()'), '', "$way: nothing for vde_check at the end");
}
same_dump(dump_extension('in_place'), dump_extension('restored'), 'with contents, too, both are the same');

$node->stop;
done_testing();
