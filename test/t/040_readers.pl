# Readers at full speed while prod is promoted, rolled back and run: of the
# views that change together everybody sees all old or all new, in a statement
# and in a transaction, in whatever order they are read, with prepared
# statements and new connections; never an error, never an empty table.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time sleep);

my $SECONDS = $ENV{READER_SECONDS} || 6;
my $ROLE = 't_readers_ana';

my $node = PostgreSQL::Test::Cluster->new('readers');
$node->init;
$node->append_conf('postgresql.conf', "lc_messages = 'C'\nlog_min_messages = error\n");
$node->start;

sub ana
{
	return $node->safe_psql('postgres', "SET client_min_messages = warning;\n$_[0]",
		connstr => $node->connstr('postgres') . " user=$ROLE");
}

$node->safe_psql('postgres', <<SQL);
CREATE EXTENSION vde;
CREATE ROLE $ROLE LOGIN;
GRANT CREATE ON DATABASE postgres TO $ROLE;
CREATE SCHEMA raw;
GRANT USAGE ON SCHEMA raw TO $ROLE;
CREATE TABLE raw.t AS SELECT i AS id FROM generate_series(1, 500) i;
GRANT SELECT ON raw.t TO $ROLE;
SQL

# Two states of three views that go together: a table, one that reads it, and a view.
ana(<<'SQL');
SELECT vde_register('shop.a', 'SELECT id, 1 AS state FROM raw.t');
SELECT vde_register('shop.b', 'SELECT count(*) AS n, min(state) AS state FROM shop.a');
SELECT vde_register('shop.c', 'SELECT id, state FROM shop.a WHERE id <= 100', 'view');
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
SELECT vde_register('shop.a', 'SELECT id, 2 AS state FROM raw.t WHERE id <= 400');
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
SQL
my $second = $node->safe_psql('postgres', "SELECT max(deployment) FROM vde_deployments WHERE environment = 'prod' AND is_state");

# What a reader checks: state s of a goes with 500 or 400 rows, and with state s of b and c.
my %scripts = (
	statement => <<'SQL',
SELECT 1 / (min(a.state) = max(a.state) AND count(*) = CASE min(a.state) WHEN 1 THEN 500 WHEN 2 THEN 400 END
	AND min(a.state) = (SELECT state FROM shop.b) AND count(*) = (SELECT n FROM shop.b)
	AND (SELECT count(*) FROM shop.c) = 100 AND (SELECT max(state) FROM shop.c) = min(a.state))::int FROM shop.a a;
SQL
	transaction => <<'SQL',
BEGIN;
SELECT count(*) AS n, min(state) AS low, max(state) AS high FROM shop.a \gset
SELECT state AS b, n AS bn FROM shop.b \gset
SELECT count(*) AS cn, max(state) AS c FROM shop.c \gset
COMMIT;
SELECT 1 / (:n = CASE :low WHEN 1 THEN 500 WHEN 2 THEN 400 END AND :low = :high AND :b = :low AND :bn = :n AND :c = :low AND :cn = 100)::int;
SQL
	repeatable_read => <<'SQL',
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT count(*) AS snapshot FROM raw.t \gset
\sleep 3 ms
SELECT state AS b, n AS bn FROM shop.b \gset
SELECT count(*) AS n, min(state) AS low, max(state) AS high FROM shop.a \gset
SELECT count(*) AS cn, max(state) AS c FROM shop.c \gset
COMMIT;
SELECT 1 / (:n = CASE :low WHEN 1 THEN 500 WHEN 2 THEN 400 END AND :low = :high AND :b = :low AND :bn = :n AND :c = :low AND :cn = 100)::int;
SQL
	backwards => <<'SQL',
BEGIN;
SELECT count(*) AS cn, max(state) AS c FROM shop.c \gset
SELECT state AS b, n AS bn FROM shop.b \gset
SELECT count(*) AS n, min(state) AS low, max(state) AS high FROM shop.a \gset
COMMIT;
SELECT 1 / (:n = CASE :low WHEN 1 THEN 500 WHEN 2 THEN 400 END AND :low = :high AND :b = :low AND :bn = :n AND :c = :low AND :cn = 100)::int;
SQL
	# a run switches model by model, so each by itself, and no row is lost
	each => <<'SQL',
SELECT 1 / (min(state) = 1 AND max(state) = 1 AND count(*) >= 500)::int FROM shop.a;
SELECT 1 / (n >= 500)::int FROM shop.b;
SELECT 1 / (count(*) = 100)::int FROM shop.c;
SQL
	old_snapshot => <<'SQL',
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT count(*) AS snapshot FROM raw.t \gset
\sleep 30 ms
SELECT 1 / (count(*) >= 500)::int FROM shop.a;
SELECT 1 / (n >= 500)::int FROM shop.b;
COMMIT;
SQL
);

sub readers
{
	my (%clients) = @_;
	my @running;
	for my $name (sort keys %clients)
	{
		my $file = $node->basedir . "/$name.sql";
		PostgreSQL::Test::Utils::append_to_file($file, $scripts{$name}) unless -e $file;
		my ($in, $out) = ('', '');
		my @options = @{ $clients{$name} };
		my $run = IPC::Run::start([ $node->installed_command('pgbench'), '-n', '-T', $SECONDS, '-f', $file, @options,
				$node->connstr('postgres') ], '<', \$in, '>', \$out, '2>&1');
		push @running, { name => $name, run => $run, out => \$out };
	}
	return @running;
}

sub finish
{
	my ($what, @running) = @_;
	for my $reader (@running)
	{
		IPC::Run::finish($reader->{run});
		my $code = $reader->{run}->result || 0;
		my ($count) = ${ $reader->{out} } =~ /number of transactions actually processed: (\d+)/;
		is($code, 0, "$what, reader \"$reader->{name}\": no error, and all old or all new") or diag(${ $reader->{out} });
		cmp_ok($count // 0, '>', 10, "$what, reader \"$reader->{name}\": was not stopped by the writer");
		note("$reader->{name}: " . ($count // 'none') . ' transactions');
	}
	return;
}

# A session of psql that runs scripts meanwhile; what it says is in {out}.
sub psql_start
{
	my (@scripts) = @_;
	my ($in, $out) = ('', '');
	my $run = IPC::Run::start([ $node->installed_command('psql'), '-XqAt', '-o', '/dev/null', map({ ('-c', $_) } "SET client_min_messages = warning", @scripts),
			'-d', $node->connstr('postgres') . " user=$ROLE" ], '<', \$in, '>', \$out, '2>&1');
	return { run => $run, out => \$out };
}

sub wait_for
{
	my ($what, $query) = @_;
	$node->poll_query_until('postgres', "SELECT ($query) > 0") or die "$what does not come";
	return;
}

# promote and rollback, as often as they get through
my @running = readers(statement => [ '-c2', '-M', 'prepared' ], transaction => [ '-c1' ], repeatable_read => [ '-c1' ],
	backwards => [ '-c1' ]);
my $end = time + $SECONDS - 1;
my ($swaps, $errors) = (0, '');
while (time < $end)
{
	for my $call ("CALL vde_rollback('prod')", $swaps % 4 < 2 ? "CALL vde_rollback('prod', $second)" : "CALL vde_promote('dev', 'prod', force => true)")
	{
		my ($rc, $out, $err) = $node->psql('postgres', "SET client_min_messages = warning; $call",
			connstr => $node->connstr('postgres') . " user=$ROLE");
		$swaps++;
		$errors .= "$call: $err\n" if $rc != 0;
	}
}
finish('swaps', @running);
is($errors, '', 'swaps: the writer has no error either');
cmp_ok($swaps, '>=', 10, 'swaps: it gets through');
note("$swaps swaps");

# new connections, and deployments inside a transaction block
@running = readers(statement => [ '-c2', '-C' ], backwards => [ '-c1', '-C' ]);
$end = time + $SECONDS - 1;
($swaps, $errors) = (0, '');
while (time < $end)
{
	my ($rc, $out, $err) = $node->psql('postgres',
		"SET client_min_messages = warning; BEGIN; CALL vde_rollback('prod'); CALL vde_rollback('prod', $second); CALL vde_rollback('prod'); COMMIT; CALL vde_rollback('prod', $second);",
		connstr => $node->connstr('postgres') . " user=$ROLE", on_error_stop => 1);
	$swaps++;
	$errors .= "$err\n" if $rc != 0;
}
finish('blocks', @running);
is($errors, '', 'blocks: the writer has no error either');
cmp_ok($swaps, '>=', 3, 'blocks: it gets through');
note("$swaps blocks");

# runs, with fresh rows each time
ana("CALL vde_rollback('prod');");
@running = readers(each => [ '-c3' ], old_snapshot => [ '-c1' ]);
$end = time + $SECONDS - 1;
($swaps, $errors) = (0, '');
while (time < $end)
{
	$node->safe_psql('postgres', "INSERT INTO raw.t SELECT 1000 + $swaps");
	my ($rc, $out, $err) = $node->psql('postgres', "SET client_min_messages = warning; CALL vde_run('prod')",
		connstr => $node->connstr('postgres') . " user=$ROLE");
	$swaps++;
	$errors .= "$err\n" if $rc != 0;
}
finish('runs', @running);
is($errors, '', 'runs: the writer has no error either');
cmp_ok($swaps, '>=', 5, 'runs: it gets through');
is($node->safe_psql('postgres', 'SELECT (SELECT count(*) FROM shop.a) || \' \' || (SELECT n FROM shop.b)'),
	(500 + $swaps) . ' ' . (500 + $swaps), 'runs: every row has arrived');
note("$swaps runs");

# A swap that waits for a long reader of one view gives the others back each time,
# also after somebody else wanted to change one of its views.
ana("CALL vde_rollback('prod', $second);");
my $short = $node->basedir . '/short.sql';
append_to_file($short, "BEGIN;\nSELECT count(*) FROM shop.a;\n\\sleep 6 ms\nCOMMIT;\n");
my $long = psql_start("BEGIN; SELECT count(*) FROM shop.c; SELECT pg_sleep(7); COMMIT;");
wait_for('the long reader', "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(7)%' AND wait_event = 'PgSleep'");
my ($in, $out) = ('', '');
my $clients;
{
	local $ENV{PGOPTIONS} = '-c statement_timeout=2500';
	$clients = IPC::Run::start([ $node->installed_command('pgbench'), '-n', '-T', 7, '-c', 2, '-f', $short, $node->connstr('postgres') ],
		'<', \$in, '>', \$out, '2>&1');
}
sleep 0.5;
my $swap = psql_start("CALL vde_rollback('prod');");
sleep 1;
my $comment = psql_start("COMMENT ON VIEW shop.c IS 'mine';");
IPC::Run::finish($clients);
is($clients->result || 0, 0, 'a view that the swap has got in vain is free again') or diag($out);
for my $session ($long, $swap, $comment)
{
	IPC::Run::finish($session->{run});
	is(${ $session->{out} }, '', 'no errors or warnings with a long reader');
}

# Slices are as long as they should be, however long deadlock_timeout is: else nobody
# gets through to a view that is never free.
my $crowd = $node->basedir . '/crowd.sql';
append_to_file($crowd, "BEGIN;\nSELECT count(*) FROM shop.a;\n\\sleep 20 ms\nCOMMIT;\n");
$clients = IPC::Run::start([ $node->installed_command('pgbench'), '-n', '-T', 5, '-c', 5, '-f', $crowd, $node->connstr('postgres') ],
	'<', \$in, '>', \$out, '2>&1');
sleep 0.5;
my ($rc, $said, $err) = $node->psql('postgres',
	"SET deadlock_timeout = '7d'; SET vde.lock_timeout = '3s'; CALL vde_rollback('prod', $second);");
is($rc, 0, 'a long deadlock_timeout') or diag($err);
IPC::Run::finish($clients);
ana("CALL vde_rollback('prod');") if $rc == 0;

# A statement_timeout that is over together with a slice of a wait is not lost.  Both
# are when the process does not run for a while.
sub stopped_wait
{
	my ($what, $timeout, $call, $from, $to) = @_;
	my $waiting = psql_start("SET statement_timeout = '$timeout'", "SET vde.lock_timeout = '15s'", $call);
	my $is_it = "pid IN (SELECT pid FROM pg_stat_activity WHERE query = \$\$$call\$\$ AND state = 'active')";
	wait_for('the call', "SELECT count(*) FROM pg_locks WHERE $is_it");
	my $pid = $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE $is_it");
	sleep $from;
	kill 'STOP', $pid;
	sleep $to - $from;
	kill 'CONT', $pid;
	IPC::Run::finish($waiting->{run});
	like(${ $waiting->{out} }, qr/canceling statement due to statement timeout/, "statement_timeout: $what");
	return;
}

$long = psql_start("BEGIN; SELECT count(*) FROM shop.c; SELECT pg_sleep(6); COMMIT;");
wait_for('the long reader', "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(6)%' AND wait_event = 'PgSleep'");
stopped_wait('in a wait for readers', '2s', "CALL vde_rollback('prod', $second)", 1.4, 2.4);
IPC::Run::finish($long->{run});
$long = psql_start("BEGIN; CALL vde_rollback('prod', $second); SELECT pg_sleep(8); ROLLBACK;");
wait_for('the deployment', "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(8)%' AND wait_event = 'PgSleep'");
stopped_wait('in a wait for another deployment', '2500ms', "CALL vde_rollback('prod', $second)", 1, 3.2);
IPC::Run::finish($long->{run});

# nobody was cancelled because of a deadlock
unlike(slurp_file($node->logfile), qr/deadlock detected/, 'no reader and no writer was the victim of a deadlock');

$node->stop;
done_testing();
