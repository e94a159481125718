# Models are built by background workers beside the session that called: who
# builds what, what others see of it, and what becomes of it when one of them
# fails, is cancelled or dies.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $ROLE = 't_workers_ana';
my $TEAM = 't_workers_team';

my $node = PostgreSQL::Test::Cluster->new('workers');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', <<'CONF');
restart_after_crash = on
autovacuum = off
lc_messages = 'C'
vde.max_workers = 2
CONF
$node->start;

sub value { return $node->safe_psql('postgres', $_[0]); }

sub ana
{
	return $node->safe_psql('postgres',
		"SET client_min_messages = warning;\n$_[0]", connstr => $node->connstr('postgres') . " user=$ROLE");
}

# The error of a command of the ordinary role
sub error_of
{
	my ($command) = @_;
	my ($rc, $out, $err) = $node->psql('postgres', "SET client_min_messages = warning;\n$command",
		connstr => $node->connstr('postgres') . " user=$ROLE");
	return $err;
}

value(<<SQL);
CREATE EXTENSION vde;
CREATE ROLE $TEAM NOLOGIN;
CREATE ROLE $ROLE LOGIN;
GRANT $TEAM TO $ROLE;
GRANT CREATE ON DATABASE postgres TO $TEAM, $ROLE;
CREATE SCHEMA raw;
GRANT USAGE ON SCHEMA raw TO $TEAM, $ROLE;
CREATE TABLE raw.t AS SELECT i AS id FROM generate_series(1, 3000) i;
GRANT SELECT ON raw.t TO $TEAM, $ROLE;
CREATE FUNCTION raw.gate(i int, k int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
	'BEGIN IF i = 2500 THEN PERFORM pg_advisory_xact_lock_shared(k); END IF; RETURN i; END';
SQL

# Three models that wait at a gate, one that reads them all, one that fails,
# and what reads that one, through a view.
my $turn = 0;

sub register
{
	my ($environment) = @_;
	$turn++;
	ana(<<SQL);
SET vde.environment = '$environment';
SELECT vde_register('w.g' || k, format('SELECT raw.gate(id, %s) AS id, $turn AS turn FROM raw.t', k)) FROM generate_series(1, 3) k;
SELECT vde_register('w.total', 'SELECT a.id, a.turn FROM w.g1 a JOIN w.g2 b USING (id) JOIN w.g3 c USING (id)');
SELECT vde_register('w.bad', 'SELECT 1 / (id - 7) AS x, $turn AS turn FROM raw.t');
SELECT vde_register('w.over', 'SELECT x FROM w.bad', 'view');
SELECT vde_register('w.under', 'SELECT x FROM w.over');
SQL
	return;
}

# Starts a call whose gates are closed; returns when three processes wait.
my $calls = 0;

sub start
{
	my ($command, $setup) = @_;
	my $name = 't_workers_' . ++$calls;
	my $holder = $node->background_psql('postgres');
	$holder->query_safe("SELECT pg_advisory_lock($_)") for 1 .. 3;
	my $caller = $node->background_psql('postgres', on_error_stop => 0,
		extra_params => [ '-d', $node->connstr('postgres') . " user=$ROLE application_name=$name" ]);
	$caller->query_until(qr/started/, "\\echo started\n" . ($setup // '') . "\n$command\n\\echo finished\n");
	$node->poll_query_until('postgres',
		"SELECT count(*) = 3 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND classid = 0 AND objid <= 3")
	  or die 'the three do not wait';
	return { holder => $holder, caller => $caller,
		pid => value("SELECT pid FROM pg_stat_activity WHERE application_name = '$name' AND backend_type = 'client backend'") };
}

sub finish
{
	my ($call) = @_;
	$call->{holder}->quit;
	eval { $call->{caller}->query_until(qr/finished/, "\\echo finished\n"); $call->{caller}->quit; };
	return;
}

sub gone
{
	my ($what) = @_;
	ok($node->poll_query_until('postgres',
			"SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'vde build worker'"), "$what: the workers are gone");
	# the session waits until the postmaster has seen it, too, and then gives them back
	ok($node->poll_query_until('postgres',
			"SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory' AND objsubid > 2"), "$what: no lock is left");
	is(value('SELECT count(*) FROM vde_progress'), '0', "$what: nothing is in progress");
	return;
}

# What is to be seen meanwhile, and what comes of it
register('dev');
{
	my $call = start("CALL vde_apply('dev');");
	is(value("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'vde build worker' AND usename = '$ROLE' AND query LIKE 'vde: build of model w.g%'"),
		'2', 'two workers build, in sessions of the role that logged in');
	is( value("SELECT string_agg(format('%s %s %s', model, action, state), ', ' ORDER BY model) FROM vde_progress WHERE environment = 'dev' AND session_pid = $call->{pid}"),
		'w.bad build failed, w.g1 build running, w.g2 build running, w.g3 build running, w.over build ready, w.total build waiting, w.under build waiting',
		'vde_progress says what is built and what waits');
	is(value("SELECT count(DISTINCT pid), bool_and(row_count BETWEEN 1000 AND 2999), bool_and(started_at <= clock_timestamp()), bool_or(pid = $call->{pid}) FROM vde_progress WHERE state = 'running'"),
		'3|t|t|t', 'by three processes, one of them the session, and how many rows so far');
	is($node->safe_psql('postgres', 'SELECT count(*) FROM vde_progress', connstr => $node->connstr('postgres') . " user=$ROLE"),
		'7', 'an ordinary role sees it, too');
	finish($call);
	gone('failure');
	is(value("SELECT string_agg(model || ' ' || state || coalesce(': ' || message, ''), ', ' ORDER BY model) FROM vde_builds"),
		'w.bad failed: division by zero, w.g1 built, w.g2 built, w.g3 built, w.over skipped, w.total built, w.under skipped',
		'a failure stops what reads it and nothing else');
	like(error_of("CALL vde_apply('dev')"), qr/model "w.bad" could not be built: division by zero.*Skipped, because they read what failed: w.over, w.under/s,
		'the final error names who failed and who was skipped');
	ana("SELECT vde_unregister('w.under'); SELECT vde_unregister('w.over'); SELECT vde_unregister('w.bad'); CALL vde_apply('dev');");
	is(value('SELECT count(*) FROM w__dev.total'), '3000', 'and the next apply goes on from there');
	is(value("SELECT count(*) FROM vde_builds WHERE model = 'w.g1' AND state = 'built'"), '1', 'without building anything twice');
}

# The error of a model that a worker builds has all that an error has
{
	ana(<<'SQL');
SET vde.environment = 'errors';
SELECT vde_register('w.slow', 'SELECT raw.gate(id, 1) AS id, 0 AS n FROM raw.t');
SELECT vde_register('w.one', 'SELECT id, 10 / (id - 8) AS n FROM raw.t');
SELECT vde_register('w.two', 'SELECT id FROM raw.t UNION ALL SELECT id FROM raw.t', options => '{"primary_key": "id"}');
SQL
	my $error = error_of("CALL vde_apply('errors')");
	like($error, qr/2 models could not be built/, 'errors: two models fail');
	like($error, qr/w\.one: division by zero/, 'errors: one by its query');
	like($error, qr/w\.two: could not create unique index .*\(Key \(id\)=\(\d+\) is duplicated\.\)/, 'errors: one by its key, with the detail');
	is(value("SELECT string_agg(model || ' ' || sqlstate, ', ' ORDER BY model) FROM vde_builds WHERE environment = 'errors' AND state = 'failed'"),
		'w.one 22012, w.two 23505', 'errors: SQLSTATEs are kept');
}

# Ends of all kinds, in the middle of three builds
register('dev');
ana("SELECT vde_unregister('w.under'); SELECT vde_unregister('w.over'); SELECT vde_unregister('w.bad');");
my $before = value("SELECT string_agg(format('%s %s', model, physical_table), ', ' ORDER BY model) FROM vde_models WHERE environment = 'dev'");
for my $how ('pg_cancel_backend', 'pg_terminate_backend')
{
	my $call = start("CALL vde_apply('dev');");
	value("SELECT $how($call->{pid})");
	gone("$how of the session");
	finish($call);

	$call = start("CALL vde_apply('dev');");
	my $model = value("SELECT model FROM vde_progress WHERE state = 'running' AND pid <> $call->{pid} ORDER BY 1 LIMIT 1");
	value("SELECT $how(pid) FROM vde_progress WHERE model = '$model'");
	# the session hears of it when it has finished its own
	$call->{holder}->quit;
	$call->{caller}->query_until(qr/finished/, "\\echo finished\n");
	# what was said is all there when psql has ended
	$call->{caller}->quit;
	like($call->{caller}->{stderr}, $how eq 'pg_cancel_backend' ? qr/canceling statement due to user request/ :
			qr/the background worker that built model "\Q$model\E" has ended.*terminating background worker/s,
		"$how of a worker: the caller is told");
	gone("$how of a worker");
	is(value("SELECT string_agg(format('%s %s', model, physical_table), ', ' ORDER BY model) FROM vde_models WHERE environment = 'dev'"),
		$before, "$how: the environment is as it was");
	register('dev');
	ana("SELECT vde_unregister('w.under'); SELECT vde_unregister('w.over'); SELECT vde_unregister('w.bad');");
}

# kill -9 of a worker: the server starts anew, and the next apply goes on
{
	my $call = start("CALL vde_apply('dev');");
	kill('KILL', value("SELECT pid FROM vde_progress WHERE state = 'running' AND pid <> $call->{pid} LIMIT 1"));
	$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name LIKE 't_workers_%'");
	eval { $_->{run}->kill_kill(grace => 1); } for ($call->{holder}, $call->{caller});
	gone('kill -9 of a worker');
	is(value("SELECT string_agg(format('%s %s', model, physical_table), ', ' ORDER BY model) FROM vde_models WHERE environment = 'dev'"),
		$before, 'kill -9 of a worker: the environment is as it was');
	ana("CALL vde_apply('dev')");
	is(value('SELECT count(*), min(turn), max(turn) FROM w__dev.total'), "3000|$turn|$turn", 'kill -9 of a worker: the next apply goes on');
}

# Who builds: the model's owner, whoever logged in; a role that cannot log in
{
	ana(<<SQL);
SET ROLE $TEAM;
SET vde.environment = 'team';
SELECT vde_register('w.who' || k, format('SELECT current_user::text AS who, %s AS k, raw.gate(id, 1) AS id FROM raw.t WHERE id < 10', k)) FROM generate_series(1, 6) k;
CALL vde_apply('team');
SQL
	is(value("SELECT string_agg(DISTINCT who, ', ') FROM (SELECT who FROM w__team.who1 UNION SELECT who FROM w__team.who3 UNION SELECT who FROM w__team.who6) x"),
		$TEAM, 'a role that cannot log in has its models built by workers');
	is(value("SELECT count(*), string_agg(DISTINCT built_by::text, ', ') FROM vde_builds WHERE environment = 'team' AND state = 'built'"),
		"6|$TEAM", 'as their owner');
	value(<<SQL);
SET client_min_messages = warning;
SET SESSION AUTHORIZATION $ROLE;
SELECT vde_register('w.auth' || k, format('SELECT %s AS k, id FROM raw.t', k), environment => 'auth') FROM generate_series(1, 6) k;
CALL vde_apply('auth');
SQL
	is(value("SELECT count(*), string_agg(DISTINCT built_by::text, ', ') FROM vde_builds WHERE environment = 'auth' AND state = 'built'"),
		"6|$ROLE", 'after SET SESSION AUTHORIZATION, too');
}

# The caller's settings, and transactions that keep their snapshot
{
	ana(<<'SQL');
SET vde.environment = 'chain';
SELECT vde_register('w.c1_' || k, format('SELECT id, %s AS k FROM raw.t', k)) FROM generate_series(1, 4) k;
SELECT vde_register(format('w.c%s_%s', l, k), format('SELECT a.id, a.k + b.k AS k FROM w.c%s_%s a JOIN w.c%s_%s b USING (id)', l - 1, k, l - 1, k % 4 + 1))
	FROM generate_series(2, 6) l, generate_series(1, 4) k;
SET default_transaction_isolation = 'repeatable read';
CALL vde_apply('chain');
SQL
	is(value('SELECT count(*), min(k), max(k) FROM w__chain.c6_1'), '3000|88|88', 'chains are built in order, under REPEATABLE READ, too');
	ana(<<'SQL');
SET vde.environment = 'chain';
SET default_transaction_isolation = 'serializable';
SELECT vde_register('w.c1_' || k, format('SELECT id, %s + 1 AS k FROM raw.t', k)) FROM generate_series(1, 4) k;
CALL vde_apply('chain');
SQL
	is(value('SELECT count(*), min(k), max(k) FROM w__chain.c6_1'), '3000|120|120', 'and under SERIALIZABLE');
	value("INSERT INTO raw.t VALUES (3001)");
	ana("CALL vde_run('chain')");
	is(value('SELECT count(*) FROM w__chain.c6_3'), '3001', 'a run refreshes with workers');
	is(value("SELECT count(*) FROM vde_builds WHERE environment = 'chain' AND action = 'refresh' AND state = 'built'"), '24', 'each table once');
	unlike(slurp_file($node->logfile), qr/did not take part/, 'no worker found another graph than the session');
}

# A client of another encoding than the database's: the session alone converts
{
	ana(<<'SQL');
SELECT vde_register(format('w."%s%s"', chr(233), k), format('SELECT raw.gate(id, %s) AS id FROM raw.t', k), environment => 'latin')
	FROM generate_series(1, 3) k;
SQL
	my $call = start("CALL vde_apply('latin');", "SET client_encoding = 'LATIN1';");
	finish($call);
	is($call->{caller}->{stderr} =~ /(ERROR.*)/s ? $1 : '', '', 'encoding: all is built');
	my $said = () = $call->{caller}->{stderr} =~ /NOTICE: +\[\d\/3\] w\."\xe9[123]" built 3,\d+ rows/g;
	is($said, 3, 'encoding: what workers say is in that of the client');
}

# The session is held up in the middle of saying that a model is built.  Who says
# so after it is heard before; what reads two such models still finds both.
my $with_points = value("LOAD 'vde'; SELECT count(*) FROM pg_settings WHERE name = 'vde.fault_point'");
ok($with_points, 'a build with assertions has points') if $ENV{VDE_ASSERTIONS};
if ($with_points)
{
	value("GRANT SET ON PARAMETER vde.fault_point TO $ROLE");
	ana(<<'SQL');
SET vde.environment = 'held';
SELECT vde_register('w.g' || k, format('SELECT raw.gate(id, %s) AS id FROM raw.t', k)) FROM generate_series(1, 3) k;
SELECT vde_register(format('w.pair%s%s', i, k), format('SELECT a.id FROM w.g%s a JOIN w.g%s b USING (id)', i, k))
	FROM generate_series(1, 3) i, generate_series(i + 1, 3) k;
SQL
	my $call = start("CALL vde_apply('held');", "SET vde.fault_point = 'build: counted=wait';");
	my ($own, @others) = split /,/,
	  value("SELECT string_agg(right(model, 1), ',' ORDER BY pid <> session_pid, model) FROM vde_progress WHERE state = 'running'");
	is(scalar @others, 2, 'held: each builds a model');
	for ($own, @others)
	{
		$call->{holder}->query_safe("SELECT pg_advisory_unlock($_)");
		ok($node->poll_query_until('postgres', "SELECT state = 'built' FROM vde_progress WHERE model = 'w.g$_'"), "held: w.g$_ is built");
	}
	my $pair = 'w.pair' . join('', @others);
	$node->poll_query_until('postgres', "SELECT state NOT IN ('waiting', 'ready') FROM vde_progress WHERE model = '$pair'")
	  or die "nobody takes $pair";
	value("SELECT pg_cancel_backend($call->{pid})");
	$call->{holder}->quit;
	$call->{caller}->query_until(qr/finished/, "\\echo finished\n");
	$call->{caller}->quit;
	is($call->{caller}->{stderr} =~ /(ERROR.*)/s ? $1 : '', '', 'held: all is built');
}

# Workers whose models say more than the session has room for, while it does not
# listen: it waits for a lock
{
	value(<<SQL);
CREATE TABLE raw.loud AS SELECT i AS id FROM generate_series(1, 20000) i;
GRANT SELECT ON raw.loud TO $ROLE;
CREATE FUNCTION raw.shout(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
	'BEGIN RAISE NOTICE ''%'', repeat(''loud '', 30); RETURN i; END';
SQL
	my $holder = $node->background_psql('postgres');
	$holder->query_safe('SELECT pg_advisory_lock(1)');
	ana(<<'SQL');
SET vde.environment = 'loud';
SELECT vde_register('w.a', 'SELECT raw.gate(i, 1) AS id FROM generate_series(1, 2500) i');
SELECT vde_register('w.loud' || k, format('SELECT raw.shout(id) AS id, %s AS k FROM raw.loud', k)) FROM generate_series(1, 4) k;
SQL
	my $caller = $node->background_psql('postgres', on_error_stop => 0,
		extra_params => [ '-d', $node->connstr('postgres') . " user=$ROLE" ]);
	$caller->query_until(qr/started/, "\\echo started\nSET client_min_messages = notice;\nCALL vde_apply('loud');\n");
	ok($node->poll_query_until('postgres',
			"SELECT count(*) FILTER (WHERE model LIKE 'w.loud%' AND state = 'built') >= 1 AND count(*) FILTER (WHERE model LIKE 'w.loud%' AND state = 'running') = 0 FROM vde_progress WHERE environment = 'loud'"),
		'loud: what is built is done before the session has heard of it');
	is(value("SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE backend_type = 'vde build worker' AND relation = 'raw.loud'::regclass"),
		'0', 'loud: who waits for the session to listen holds no lock');
	$holder->quit;
	$caller->query_until(qr/finished/, "\\echo finished\n");
	$caller->quit;
	is(value('SELECT count(*) FROM w__loud.loud1 JOIN w__loud.loud4 USING (id)'), '20000', 'loud: all is built');
	like($caller->{stderr}, qr/NOTICE:  loud loud.*built 20,000 rows/s, 'loud: and heard');
	like($caller->{stderr}, qr/[0-9]+ messages of a background worker are left out/, 'loud: up to a point');
}

# In a transaction block the session builds alone, and others can watch
register('block');
{
	my $holder = $node->background_psql('postgres');
	$holder->query_safe('SELECT pg_advisory_lock(1)');
	my $caller = $node->background_psql('postgres', on_error_stop => 0,
		extra_params => [ '-d', $node->connstr('postgres') . " user=$ROLE" ]);
	$caller->query_until(qr/started/, "\\echo started\nSELECT vde_unregister('w.' || x, 'block') FROM unnest('{under,over,bad}'::text[]) x;\nBEGIN;\nCALL vde_apply('block');\n");
	ok($node->poll_query_until('postgres', "SELECT count(*) = 1 FROM vde_progress WHERE environment = 'block' AND state = 'running' AND pid = session_pid"),
		'block: progress is seen from outside');
	is(value("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'vde build worker'"), '0', 'block: there are no workers');
	$holder->quit;
	$caller->query_until(qr/finished/, "COMMIT;\n\\echo finished\n");
	$caller->quit;
	is(value('SELECT count(*) FROM w__block.total'), '3001', 'block: all is built');
}

# Without free slots the session does it alone
$node->append_conf('postgresql.conf', 'max_worker_processes = 0');
$node->restart;
register('alone');
ana("SELECT vde_unregister('w.under', 'alone'); SELECT vde_unregister('w.over', 'alone'); SELECT vde_unregister('w.bad', 'alone'); CALL vde_apply('alone');");
is(value('SELECT count(*) FROM w__alone.total'), '3001', 'without free slots the session builds alone');

$node->stop;
done_testing();
