# More models than there is room for locks: what readers see change together is
# refused before any work, with the setting that it needs; what nobody reads
# yet is made in batches, and goes on after a crash between two of them.
# Then who waits for whom, nowait, and NOTIFY.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $MODELS = 400;

my $node = PostgreSQL::Test::Cluster->new('size');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
max_connections = 20
max_wal_senders = 0
max_worker_processes = 8
max_prepared_transactions = 0
lc_messages = 'C'
fsync = off
CONF
$node->start;

sub value { return $node->safe_psql('postgres', "SET client_min_messages = warning; $_[0]"); }

# The error of statements that must fail
sub failure
{
	my ($sql) = @_;
	my ($rc, $out, $err) = $node->psql('postgres', $sql);
	isnt($rc, 0, "$sql fails");
	return $err;
}

sub views
{
	return value("SELECT count(*) FROM pg_views WHERE schemaname = '$_[0]'");
}

sub no_locks_left
{
	is(value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), '0', "$_[0]: no lock is left");
	return;
}

# Starts statements that will wait for a lock; returns the session and its process
sub start_waiting
{
	my ($sql) = @_;
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	$session->query_safe('SET client_min_messages = warning');
	my $pid = $session->query_safe('SELECT pg_backend_pid()');
	$session->query_until(qr/started/, "\\echo started\n$sql\n");
	$node->poll_query_until('postgres', "SELECT wait_event_type IN ('Lock', 'Extension') FROM pg_stat_activity WHERE pid = $pid")
	  or die "$sql does not wait";
	return ($session, $pid);
}

value(<<'SQL');
CREATE EXTENSION vde;
CREATE SCHEMA raw;
CREATE TABLE raw.t AS SELECT i AS id, i AS v FROM generate_series(1, 3) i;
SQL

# Room for 10 * (20 + 4 + 8) locks
$node->append_conf('postgresql.conf', 'max_locks_per_transaction = 10');
$node->restart;

sub register_all
{
	my ($environment, $expression) = @_;
	return value("SELECT count(vde_register('shop.m' || i, format('SELECT id, v * $expression + %s AS v FROM raw.t', i), environment => '$environment'))
		FROM generate_series(1, $MODELS) i");
}

# What one transaction cannot hold is refused before any work
register_all('dev', 1);
like(failure("BEGIN; CALL vde_apply('dev'); COMMIT"),
	# 320 up to 16; later ones have more processes of their own
	qr/ERROR:  deploying to environment "dev" needs about \d+ locks in one transaction, and the server has room for (?:3[23]|4[0-9])0\n.*HINT:  Set max_locks_per_transaction to at least \d+ and restart the server, or make the call outside a transaction block/s,
	'in a transaction block: which setting to raise');
is(value('SELECT count(*) FROM vde_builds'), '0', 'in a transaction block: nothing was built');
no_locks_left('in a transaction block');

# Environments that nobody reads yet do not need it
value("CALL vde_apply('dev')");
is(views('shop__dev'), $MODELS, 'first apply');
value("CALL vde_promote('dev', 'prod')");
is(views('shop'), $MODELS, 'first promote');
value("CALL vde_create_environment('copy')");
is(views('shop__copy'), $MODELS, 'create');
like(failure("BEGIN; CALL vde_create_environment('another'); COMMIT"),
	qr/creating environment "another" needs about \d+ locks/, 'create in a transaction block');
like(failure("BEGIN; CALL vde_drop_environment('copy'); COMMIT"),
	qr/dropping environment "copy" needs about \d+ locks/, 'drop in a transaction block');
is(views('shop__copy'), $MODELS, 'drop in a transaction block: nothing was dropped');
value("CALL vde_drop_environment('copy')");
is(views('shop__copy'), '0', 'drop');
is(value("SELECT string_agg(format('%s %s %s %s %s', environment, action, models, built, reused), ', ' ORDER BY deployment) FROM vde_deployments"),
	"dev create 0 0 0, dev apply $MODELS $MODELS 0, prod create 0 0 0, prod promote $MODELS 0 $MODELS", 'deployments');
is(value("SELECT count(*) FROM vde_deployments WHERE seconds >= 0 AND action <> 'create'"), '2', 'deployments have a duration');

# An environment drafted from prod, with all models changed: its views come in batches, too
register_all('fresh', 2);
value("CALL vde_apply('fresh')");
is(views('shop__fresh'), $MODELS, 'first apply of a copy');
is(value("SELECT sum(v) FROM shop__fresh.m$MODELS"), 3 * $MODELS + 12, 'first apply of a copy: what was drafted');

# Once it has views, they change together
register_all('dev', 3);
my $builds = value('SELECT count(*) FROM vde_builds');
my $error = failure("CALL vde_apply('dev')");
like($error, qr/deploying to environment "dev" needs about \d+ locks.*Views that change together are locked together/s, 'apply');
is(value('SELECT count(*) FROM vde_builds'), $builds, 'apply: nothing was built');
like(value("SELECT string_agg(line, E'\\n') FROM vde_plan('dev') line"), qr/In the way\n  ! deploying to environment "dev" needs about/,
	'plan: it is in the way');
like(value("SELECT string_agg(line, E'\\n') FROM vde_plan('dev', format => 'json') line"), qr/"obstacles":\[\{"model":null,"message":"deploying/,
	'plan, json');
like(failure("CALL vde_promote('fresh', 'prod')"), qr/deploying to environment "prod" needs about \d+ locks/, 'promote');
like(failure("CALL vde_rollback('prod')"), qr/rolling "prod" back needs about \d+ locks/, 'rollback');
is(value('SELECT sum(v) FROM shop.m1'), '9', 'prod is as it was');
no_locks_left('refused');

# With the number of the message it works
my ($setting) = $error =~ /max_locks_per_transaction to at least (\d+)/;
$node->append_conf('postgresql.conf', "max_locks_per_transaction = $setting");
$node->restart;
value("CALL vde_apply('dev')");
is(value('SELECT sum(v) FROM shop__dev.m1'), '21', "apply with max_locks_per_transaction = $setting");
value("CALL vde_promote('fresh', 'prod')");
is(value('SELECT sum(v) FROM shop.m1'), '15', 'promote');
value("CALL vde_rollback('prod')");
is(value('SELECT sum(v) FROM shop.m1'), '9', 'rollback');
$node->append_conf('postgresql.conf', 'max_locks_per_transaction = 10');
$node->restart;

# A batch that is stopped: the environment has its pointers, and not all views
sub half_made
{
	my ($environment) = @_;
	register_all($environment, 3);
	my $holder = $node->background_psql('postgres');
	my $physical = value("SELECT quote_ident(physical_table) FROM vde_models WHERE model = 'shop.m$MODELS' AND environment = 'dev'");
	$holder->query_safe('BEGIN');
	$holder->query_safe("LOCK TABLE vde_data.$physical");
	my ($victim, $pid) = start_waiting("CALL vde_apply('$environment');");
	value("SELECT pg_terminate_backend($pid, 10000)");
	eval { $victim->quit };
	$holder->query_safe('ROLLBACK');
	$holder->quit;
	my $made = views("shop__$environment");
	ok($made > 0 && $made < $MODELS, "$environment: some views are made ($made)");
	no_locks_left($environment);
	is(value("SELECT sum(v) FROM shop__$environment.m1"), '21', "$environment: those that are there can be read");
	is(value("SELECT models FROM vde_environments WHERE name = '$environment'"), $MODELS, "$environment: it has its models");
	like(value("SELECT string_agg(line, E'\\n') FROM vde_plan('$environment') line"), qr/$MODELS views made for a new environment/,
		"$environment: the plan says that views are to be made");
	return;
}

half_made('half1');
my $deployments = value("SELECT count(*) FROM vde_deployments WHERE environment = 'half1'");
value("CALL vde_apply('half1')");
is(views('shop__half1'), $MODELS, 'half-made, then apply: all views are there');
is(value("SELECT count(*) FROM vde_changes('half1')"), '0', 'half-made, then apply: the plan is empty');
is(value("SELECT count(*) FROM vde_deployments WHERE environment = 'half1'"), $deployments,
	'half-made, then apply: that is no other deployment');

half_made('half2');
value("SELECT vde_unregister('shop.m1', environment => 'half2'); SELECT vde_register('shop.m2', 'SELECT 7 AS seven', environment => 'half2'); CALL vde_apply('half2')");
is(views('shop__half2'), $MODELS - 1, 'half-made, then apply of changes: all views are there but one');
is(value('SELECT seven FROM shop__half2.m2'), '7', 'half-made, then apply of changes: and changed');

half_made('half3');
value("SET vde.retention = 0; CALL vde_gc()");
value("CALL vde_promote('half3', 'taker')");
is(views('shop__taker'), $MODELS, 'half-made, then a promote from it');
value("CALL vde_promote('half3', 'taker')");
value("CALL vde_drop_environment('half3')");
is(views('shop__half3'), '0', 'half-made, then drop');
is(value("SELECT sum(v) FROM shop__taker.m$MODELS"), 18 + 3 * $MODELS, 'who took from it has it all');

half_made('half4');
value("SELECT vde_register('shop.m' || i, 'SELECT 8 AS eight', environment => 'half4') FROM generate_series(1, 2) i; CALL vde_promote('dev', 'half4')");
is(views('shop__half4'), $MODELS, 'half-made, then a promote into it that has nothing to bring');
like(failure("CALL vde_rollback('half4')"), qr/needs about \d+ locks|depend/, 'half-made, made whole, then rollback');

# Who deploys, and who is told so
my $deployer = $node->background_psql('postgres');
$deployer->query_safe('SET client_min_messages = warning');
$deployer->query_safe("SELECT vde_register('shop.small', 'SELECT 1 AS one', environment => 'small')");
$deployer->query_safe('BEGIN');
$deployer->query_safe("CALL vde_create_environment('busy', NULL)");
$deployer->query_safe('COMMIT');
$deployer->query_safe("SELECT vde_register('shop.small', 'SELECT 1 AS one', environment => 'busy')");
$deployer->query_safe("CALL vde_apply('busy')");
$deployer->query_safe('BEGIN');
$deployer->query_safe("SELECT vde_register('shop.small', 'SELECT 2 AS one', environment => 'busy')");
$deployer->query_safe("CALL vde_apply('busy')");
my $who = $deployer->query_safe('SELECT pg_backend_pid()');
for my $call (
	"vde_apply('busy', nowait => true)", "vde_promote('busy', 'prod', nowait => true)",
	"vde_promote('prod', 'busy', nowait => true)", "vde_rollback('busy', nowait => true)",
	"vde_run('busy', nowait => true)", "vde_drop_environment('busy', nowait => true)")
{
	like(failure("\\set VERBOSITY verbose\nCALL $call"),
		qr/ERROR:  55P03: environment "busy" is being deployed to\nDETAIL:  Process $who of role "[^"]+" holds a lock on it/, "$call: who holds it");
}
like(failure('CALL vde_gc(nowait => true)'),
	qr/ERROR:  an environment is being deployed to or refreshed\nDETAIL:  Process $who of role/, 'gc: who works');
like(failure("SET vde.lock_timeout = '500ms'; CALL vde_gc()"),
	qr/ERROR:  could not exclude deployments within 500 ms.*DETAIL:  Process $who of role/s, 'gc gives up after vde.lock_timeout');
like(failure("SET lock_timeout = '300ms'; CALL vde_gc()"), qr/could not exclude deployments within 300 ms.*raise lock_timeout/s, 'gc: lock_timeout');
like(failure("SET lock_timeout = '300ms'; CALL vde_apply('busy')"), qr/lock timeout/, 'apply: lock_timeout');
like(failure("SET statement_timeout = '300ms'; CALL vde_apply('busy')"), qr/statement timeout/, 'apply: statement_timeout');
like(failure("SET statement_timeout = '300ms'; CALL vde_gc()"), qr/statement timeout/, 'gc: statement_timeout');

# gc waits, and an apply elsewhere does not wait behind it
my ($collector, $collector_pid) = start_waiting('CALL vde_gc();');
value("CALL vde_apply('small', nowait => true)");
is(value('SELECT one FROM shop__small.small'), '1', 'an apply passes a gc that waits');
is(value("SELECT count(*) FROM pg_stat_activity WHERE pid = $collector_pid AND state = 'active'"), '1', 'the gc waits still');

# Who waits is told for whom
my $waiter = $node->background_psql('postgres', on_error_stop => 0);
$waiter->query_until(qr/started/, "\\echo started\nCALL vde_apply('busy');\n");
ok(eval { pump_until($waiter->{run}, $waiter->{timeout}, \$waiter->{stderr}, qr/waiting: environment "busy" is being deployed to\nDETAIL:  Process $who of role/); },
	'an apply that waits says for whom') or diag($waiter->{stderr});
$deployer->query_safe('COMMIT');
$deployer->quit;
eval { $waiter->quit };
eval { $collector->quit };
is(value('SELECT one FROM shop__busy.small'), '2', 'what was waited for');
no_locks_left('nowait');

# NOTIFY: at the commit, with what was deployed, and never else
sub told
{
	my ($sql) = @_;
	my ($rc, $out, $err) = $node->psql('postgres', "SET client_min_messages = warning; LISTEN vde;\n$sql");
	is($rc, 0, $sql) or diag($err);
	$out =~ s/"deployment": \d+/"deployment": N/g;
	$out =~ s/"role": "[^"]*"/"role": R/g;
	return join("\n", map { /payload "(.*)" received/ ? $1 : () } split(/\n/, $out));
}
is(told("CALL vde_create_environment('told', 'busy');"),
	'{"environment": "told", "action": "create", "deployment": N, "source": "busy", "changed": 1, "role": R}', 'NOTIFY of create');
is(told("SELECT vde_register('shop.small', 'SELECT 3 AS one', environment => 'told');"), '', 'no NOTIFY of a draft');
is(told("BEGIN; CALL vde_apply('told'); ROLLBACK;"), '', 'no NOTIFY of what is rolled back');
is(told("SET vde.notify = off; BEGIN; CALL vde_apply('told'); ROLLBACK;"), '', 'no NOTIFY where it is off');
is(told("CALL vde_apply('told');"),
	'{"environment": "told", "action": "apply", "deployment": N, "changed": 1, "role": R}', 'NOTIFY of apply');
is(told("CALL vde_apply('told');"), '', 'no NOTIFY where nothing was deployed');
is(told("CALL vde_promote('told', 'busy');"),
	'{"environment": "busy", "action": "promote", "deployment": N, "source": "told", "changed": 1, "role": R}', 'NOTIFY of promote');
is(told("CALL vde_promote('told', 'busy');"), '', 'no NOTIFY of a promote that brings nothing');
is(told("CALL vde_rollback('busy');"),
	'{"environment": "busy", "action": "rollback", "deployment": N, "changed": 1, "role": R}', 'NOTIFY of rollback');
is(told("CALL vde_run('busy');"), '', 'no NOTIFY of a run');
is(told("CALL vde_drop_environment('told');"),
	'{"environment": "told", "action": "drop", "changed": 0, "role": R}', 'NOTIFY of drop');

# An environment that has expired, and one that must not go
value("CALL vde_create_environment('brief', 'busy', ttl => '1 microsecond'); CALL vde_create_environment('kept', 'busy', ttl => '1 microsecond')");
value("SELECT vde_environment_name('x'); ALTER DATABASE postgres SET vde.protected = 'prod', 'kept'");
is(told('CALL vde_gc();'), '{"environment": "brief", "action": "drop", "changed": 0, "role": R}', 'gc drops what has expired');
is(value("SELECT string_agg(name, ', ') FROM vde_environments WHERE name IN ('brief', 'kept')"), 'kept', 'and nothing that is protected');

$node->stop;
done_testing();
