# vde.environment where only a server, its protocol and its processes show it:
# as the default of a role, a database and the server, with and without the
# library preloaded; the extended protocol; a pooler's transactions; parallel
# workers, a standby, pg_dump, and a database that does not have the extension.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $ROLE = 't_redirect_tap';

my $node = PostgreSQL::Test::Cluster->new('redirect');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', "lc_messages = 'C'\nautovacuum_naptime = 1s\n");
$node->start;

sub ana
{
	my ($sql, %params) = @_;
	my $server = delete $params{node} || $node;
	my $database = delete $params{database} || 'postgres';
	local $ENV{PGOPTIONS} = $params{options} if $params{options};
	my ($out, $err);
	$server->psql($database, $sql, stdout => \$out, stderr => \$err,
		connstr => $server->connstr($database) . " user=$ROLE");
	return $err eq '' ? $out : "$out$err";
}

$node->safe_psql('postgres', <<SQL);
CREATE EXTENSION vde;
CREATE ROLE $ROLE LOGIN;
GRANT CREATE ON DATABASE postgres TO $ROLE;
GRANT CREATE ON SCHEMA public TO $ROLE;
CREATE SCHEMA raw;
GRANT USAGE ON SCHEMA raw TO $ROLE;
CREATE TABLE raw.t AS SELECT i AS id FROM generate_series(1, 100) i;
GRANT SELECT ON raw.t TO $ROLE;
CREATE DATABASE plain;
SQL
is(ana(<<'SQL'), '', 'two environments');
SET client_min_messages = warning;
SELECT vde_register('shop.same', $$ SELECT id, 'prod'::text AS env FROM raw.t $$) \g /dev/null
SELECT vde_register('shop.wide', $$ SELECT id, 'prod'::text AS env FROM raw.t $$) \g /dev/null
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
SELECT vde_register('shop.same', $$ SELECT id, 'dev'::text AS env FROM raw.t $$) \g /dev/null
SELECT vde_register('shop.wide', $$ SELECT id, 'dev'::text AS env, 1 AS more FROM raw.t $$) \g /dev/null
CALL vde_apply('dev');
CREATE FUNCTION public.reads(int) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS
	$$ DECLARE r record; BEGIN SELECT * INTO r FROM shop.wide WHERE id = $1; RETURN to_json(r)::text || (SELECT env FROM shop.same WHERE id = $1); END $$;
SQL
$node->safe_psql('plain', "CREATE SCHEMA shop; CREATE TABLE shop.t AS SELECT 1 AS id; CREATE VIEW shop.same AS TABLE shop.t;
	CREATE SCHEMA shop__dev; CREATE VIEW shop__dev.same AS SELECT 2 AS id; GRANT USAGE ON SCHEMA shop TO PUBLIC; GRANT SELECT ON shop.same TO PUBLIC");

my $both = 'SELECT min(env) FROM shop.same; SELECT * FROM shop.wide WHERE id = 1';

# A role's default needs the library
$node->safe_psql('postgres', "ALTER ROLE $ROLE SET vde.environment = 'dev'");
is(ana($both), "prod\n1|prod", 'without the library a default does nothing');
is(ana('SELECT environment, redirected, preloaded FROM vde_status()'), 'dev|t|f', 'and vde_status says so');
like(ana("SELECT vde_use('dev')"), qr/library of vde is not loaded at the start of a session.*session_preload_libraries/s, 'and vde_use');
is(ana("SELECT FROM vde_status() \\g /dev/null\n$both"), "dev\n1|dev|1", 'a call of vde loads it');
$node->safe_psql('postgres', "ALTER ROLE $ROLE SET session_preload_libraries = 'vde'");
is(ana($both), "dev\n1|dev|1", 'preloaded in the session: the default of a role');
is(ana('SELECT environment, redirected, preloaded, note IS NULL FROM vde_status()'), 'dev|t|t|t', 'vde_status with nothing to say');
is(ana("SELECT vde_use('dev')"), 'dev', 'nor vde_use');
is(ana($both, options => '-c vde.environment='), "prod\n1|prod", 'a connection can say otherwise');
$node->safe_psql('postgres', "ALTER ROLE $ROLE RESET vde.environment; ALTER DATABASE postgres SET vde.environment = 'dev'");
is(ana($both), "dev\n1|dev|1", 'the default of a database');
$node->safe_psql('postgres', "ALTER DATABASE postgres RESET vde.environment; ALTER ROLE $ROLE SET vde.environment = 'gone'");
is(ana('SELECT 1'), '1', 'a default that names no environment locks nobody out');
like(ana('TABLE shop.same'), qr/environment "gone" does not exist/, 'but reads nothing else instead');
$node->safe_psql('postgres', "ALTER ROLE $ROLE RESET ALL");

# All of the server
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'vde'\nvde.environment = 'dev'\n");
$node->restart;
is(ana($both), "dev\n1|dev|1", 'the default of the server');
is(ana('SELECT preloaded FROM vde_status()'), 't', 'preloaded in the server');
is(ana('TABLE shop.same', database => 'plain'), '1', 'nothing in a database without the extension');

# The extended protocol; each statement fails unless it reads what it should
my $check = <<'SQL';
\set id random(1, 100)
SELECT 1 / (env = ':env')::int FROM shop.same WHERE id = :id;
SELECT 1 / (env = ':env')::int FROM shop.wide WHERE id = :id;
SELECT 1 / (w::text LIKE '%,:env%')::int FROM (SELECT * FROM shop.wide WHERE id = :id) w;
SELECT 1 / (public.reads(:id) LIKE '%:env":env%')::int WHERE false;
SELECT 1 / (public.reads(:id) LIKE '%:env')::int;
SQL
(my $dev = $check) =~ s/:env/dev/g;
(my $prod = $check) =~ s/:env/prod/g;
my $bench = $node->basedir . '/bench.sql';

sub pgbench_ok
{
	my ($script, $mode, $name, @options) = @_;
	open(my $file, '>', $bench) or die;
	print $file $script;
	close($file);
	local $ENV{PGOPTIONS} = join(' ', @options);
	$node->command_checks_all(
		[ 'pgbench', '-n', '-M', $mode, '-c', '2', '-t', '40', '-f', $bench, '-U', $ROLE, '-h', $node->host, '-p', $node->port, 'postgres' ],
		0, [qr/processed: 80\/80/], [qr/^(?!.*(ERROR|aborted))/s], "pgbench -M $mode: $name");
	return;
}

foreach my $mode (qw(simple extended prepared))
{
	pgbench_ok($dev, $mode, 'redirected');
	pgbench_ok($prod, $mode, 'off', '-c vde.environment=');
	# a pooler in transaction mode: transactions of several clients, with their own SET LOCAL, on one connection
	pgbench_ok("BEGIN;\nSET LOCAL vde.environment = 'dev';\n${dev}COMMIT;\nBEGIN;\n${prod}COMMIT;\n",
		$mode, 'SET LOCAL in turns', '-c vde.environment=');
	pgbench_ok("BEGIN;\nSELECT vde_use('dev', true);\n${dev}ROLLBACK;\nBEGIN;\n${prod}COMMIT;\n",
		$mode, 'vde_use in turns', '-c vde.environment=');
}

# Functions in parallel workers
is( ana(<<'SQL'), "1\n{\"id\":7,\"env\":\"dev\",\"more\":1}dev", 'parallel workers');
SELECT set_config(name, 'on', false) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query') \g /dev/null
SELECT count(DISTINCT env) FROM shop.same;
SELECT public.reads(7);
SQL

# A session with kept plans, while its environment is swapped, dropped and made again
my $session = $node->background_psql('postgres', on_error_stop => 0);
$session->query_safe("PREPARE p AS SELECT min(env) FROM shop.same");
is($session->query_safe('EXECUTE p'), 'dev', 'a session reads dev');
ana("SET client_min_messages = warning; SELECT vde_register('shop.same', \$\$ SELECT id, 'dev 2'::text AS env FROM raw.t \$\$) \\g /dev/null\nCALL vde_apply('dev')");
is($session->query_safe('EXECUTE p'), 'dev 2', 'it follows a swap');
is(ana("SET client_min_messages = warning; CALL vde_drop_environment('dev')"), '', 'the environment can be dropped');
is($session->query("EXECUTE p"), '', 'then it reads nothing');
like($session->{stderr}, qr/environment "dev" does not exist/, 'but says why');
$session->{stderr} = '';
ana("SET client_min_messages = warning; SELECT vde_register('shop.same', \$\$ SELECT id, 'dev 3'::text AS env FROM raw.t \$\$) \\g /dev/null\nCALL vde_apply('dev')");
is($session->query_safe('EXECUTE p'), 'dev 3', 'and follows when it is there again');
$session->quit;

# A dump does not depend on it
my %dump;
foreach my $environment ('', 'dev')
{
	local $ENV{PGOPTIONS} = "-c vde.environment=$environment";
	my ($out, $err) = run_command([ 'pg_dump', '-h', $node->host, '-p', $node->port, 'postgres' ]);
	$out =~ s/^\\(un)?restrict .*$//mg;
	$dump{$environment} = $out;
}
like($dump{''}, qr/CREATE VIEW shop__dev.same/, 'pg_dump');
is($dump{dev}, $dump{''}, 'pg_dump is the same in an environment');

# A standby
$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('redirect_standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
is(ana($both, node => $standby), "dev 3\n1|prod", 'a standby');
is(ana("SELECT vde_use('prod'); $both", node => $standby), "prod\nprod\n1|prod", 'back to prod on a standby');
is(ana("SET search_path = shop; SELECT public.vde_use('dev'); SELECT min(env) FROM same", node => $standby), "dev\ndev 3", 'vde_use on a standby');
$standby->stop;

# Whoever works in the background did so without complaint
$node->stop;
my $log = slurp_file($node->logfile) =~ s/^.*terminating autovacuum process due to administrator command\n//mgr;
unlike($log, qr/(background|autovacuum|walsender|logical).*(ERROR|FATAL)/, 'no errors of background processes');
unlike($log, qr/TRAP|PANIC|terminated by signal/, 'no crash');

done_testing();
