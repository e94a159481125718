# A streaming standby: it serves the virtual layer while the primary deploys, all
# old or all new; plans, diffs and lineage work on it, what writes says clearly
# that it cannot; once promoted it goes on from there.  And a base backup taken in
# the middle of an apply restores to the state before.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('standby_primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', <<'CONF');
autovacuum = off
max_wal_senders = 6
vde.max_workers = 0
lc_messages = 'C'
CONF
$primary->start;

sub sql
{
	my ($node, $query) = @_;
	return $node->safe_psql('postgres', "SET client_min_messages = warning;\n$query");
}

sql($primary, <<'SQL');
CREATE EXTENSION vde;
CREATE SCHEMA raw;
CREATE TABLE raw.t AS SELECT i AS id, i % 10 AS amount FROM generate_series(1, 500) i;
SELECT count(*) FROM (SELECT
	vde_register('shop.x', 'SELECT id, amount, 0 AS turn FROM raw.t'),
	vde_register('shop.y', 'SELECT amount, count(*) AS n, max(turn) AS turn FROM shop.x GROUP BY amount', options => '{"indexes": ["amount"]}'),
	vde_register('shop.v', 'SELECT n, turn FROM shop.y', 'view')) x;
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
SQL

# The standby is as the documentation says: it waits for queries, not the other way round.
$primary->backup('first');
my $standby = PostgreSQL::Test::Cluster->new('standby_standby');
$standby->init_from_backup($primary, 'first', has_streaming => 1);
$standby->append_conf('postgresql.conf', "max_standby_streaming_delay = 30s\nhot_standby_feedback = on\n");
$standby->start;

sub catch_up
{
	$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
	return;
}

my $ROWS = 'SELECT md5(string_agg(x::text, \',\' ORDER BY id)) FROM shop.x';
catch_up();
is(sql($standby, $ROWS), sql($primary, $ROWS), 'the virtual layer is the same');

# Drafts that are not applied: what the standby says of them
sql($primary, <<'SQL');
SELECT vde_register('shop.x', 'SELECT id, amount, 1 AS turn FROM raw.t WHERE id > 1');
SELECT vde_register('shop.z', 'SELECT sum(n) AS n FROM shop.y');
SQL
catch_up();
for my $query (
	q(SELECT vde_plan('dev')),
	q(SELECT vde_plan('dev', format => 'json')),
	q(SELECT * FROM vde_changes('dev')),
	q(SELECT environment, model, state, kind, parents FROM vde_models ORDER BY 1, 2),
	q(SELECT * FROM vde_lineage('shop.y', environment => 'prod')),
	q(SELECT * FROM vde_impact('shop.x', 'id')),
	q(SELECT * FROM vde_diff('prod', 'dev', 'shop.x')),
	q(SELECT name, models, drafts FROM vde_environments ORDER BY 1),
	q(SELECT deployment, environment, changed FROM vde_deployments ORDER BY 1))
{
	my ($rc, $out, $err) = $standby->psql('postgres', $query);
	my ($primary_rc, $primary_out, $primary_err) = $primary->psql('postgres', $query);
	is("$rc $out\n$err", "$primary_rc $primary_out\n$primary_err", "the same on both: $query");
	is($rc, 0, "it works: $query");
}

# What writes
for my $call (
	q(CALL vde_apply('dev')),
	q(CALL vde_promote('dev', 'prod')),
	q(CALL vde_rollback('prod')),
	q(CALL vde_run('prod')),
	q(CALL vde_gc()),
	q(CALL vde_create_environment('more')),
	q(CALL vde_drop_environment('dev')),
	q(SELECT vde_register('shop.q', 'SELECT 1 AS one')),
	q(SELECT vde_register('shop.q', 'SELECT 1 AS one', environment => 'new')),
	q(SELECT vde_unregister('shop.x')),
	q(SELECT vde_discard('dev')),
	q(SELECT vde_categorize('shop.x', 'non_breaking')))
{
	my ($rc, $out, $err) = $standby->psql('postgres', $call);
	like($err, qr/ERROR:  vde cannot write on a standby server\n.*HINT:  Call it on the primary/s, "it says that it cannot: $call");
}
is(sql($standby, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), '0', 'no lock is left on the standby');

# Readers on the standby while the primary deploys: all old or all new.  A promote
# changes shop.x, shop.y and shop.v together, and a rollback changes them back.
{
	sql($primary, "CALL vde_apply('dev');");
	my $dir = PostgreSQL::Test::Utils::tempdir();
	my $reads = "SELECT (SELECT max(turn) FROM shop.x) || ' ' || (SELECT max(turn) FROM shop.y) || ' ' || (SELECT max(turn) FROM shop.v) || ' ' || pg_sleep(0.002);\n" x 60;
	$reads .= "BEGIN;\nSELECT max(turn) FROM shop.x;\nSELECT max(turn) || ' repeated' FROM shop.y;\nCOMMIT;\n" x 30;
	$reads = $reads x 4;
	my @readers;
	for my $i (1 .. 3)
	{
		append_to_file("$dir/$i.sql", $reads);
		my ($out, $err) = ('', '');
		my $reader = { out => \$out, err => \$err };
		$reader->{run} = IPC::Run::start([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=0', '-d', $standby->connstr('postgres'), '-f', "$dir/$i.sql" ],
			'>', "$dir/$i.out", '2>', "$dir/$i.err");
		push @readers, $reader;
	}
	my $deployments = 0;
	for (1 .. 6)
	{
		sql($primary, "CALL vde_promote('dev', 'prod', force => true);");
		sql($primary, "CALL vde_rollback('prod');");
		$deployments += 2;
	}
	catch_up();
	$_->{run}->finish for @readers;
	my ($statements, $mixed, $old, $new, $last) = (0, 0, 0, 0);
	my $errors = '';
	for my $i (1 .. 3)
	{
		for my $line (split /\n/, slurp_file("$dir/$i.out"))
		{
			$statements++;
			if ($line =~ /^(\d) (\d) (\d) $/)
			{
				$mixed++ if $1 ne $2 || $2 ne $3;
				$1 ? $new++ : $old++;
			}
			elsif ($line =~ /^(\d) repeated/) { $mixed++ if defined $last && $last ne $1; }
			$last = $line =~ /^(\d)$/ ? $1 : undef;
		}
		$errors .= slurp_file("$dir/$i.err");
	}
	cmp_ok($statements, '>', 600, "readers on the standby have read ($statements statements, $old old, $new new, $deployments deployments)");
	is($mixed, 0, 'what changes together is all old or all new in every statement and transaction');
	is(join("\n", grep { !/conflict with recovery|User was holding|User query might|current transaction is aborted|^\s*(LINE|\^)/ } split /\n/, $errors),
		'', 'there is no error but conflicts with recovery');
}

# A base backup in the middle of an apply
my $points = sql($primary, "LOAD 'vde'; SELECT count(*) FROM pg_settings WHERE name = 'vde.fault_point'");
is($points, '1', 'a build with assertions has points to stop at') if $ENV{VDE_ASSERTIONS};
SKIP:
{
	skip 'there are no points to stop at in a build without assertions', 8 unless $points;
	sql($primary, q(SELECT vde_register('shop.x', 'SELECT id, amount, 2 AS turn FROM raw.t WHERE id > 2')));
	my $state = q(SELECT environment, model, state, physical_table FROM vde_models ORDER BY 1, 2);
	my $before = sql($primary, $state) . sql($primary, 'SELECT * FROM shop__dev.y ORDER BY 1');
	my $dir = PostgreSQL::Test::Utils::tempdir();
	my @restored;
	my %files;
	for my $point ('build: after commit', 'swap: view done')
	{
		my $n = @restored;
		append_to_file("$dir/$n.sql", "LOAD 'vde'; SET vde.fault_point = '$point=wait'; CALL vde_apply('dev');\n");
		my $running = IPC::Run::start([ 'psql', '-XAtq', '-d', $primary->connstr('postgres'), '-f', "$dir/$n.sql" ], '>', "$dir/$n.out", '2>&1');
		$primary->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'Extension' AND backend_type = 'client backend'");
		$primary->backup("middle$n");

		# the session goes on, unless the other backup is to be of the same state
		my $pid = sql($primary, "SELECT pid FROM pg_stat_activity WHERE wait_event = 'Extension' AND backend_type = 'client backend'");
		$n == 0 ? sql($primary, "SELECT pg_terminate_backend($pid)") : sql($primary, "SELECT pg_cancel_backend($pid)");
		$running->finish;

		my $restored = PostgreSQL::Test::Cluster->new("standby_restored$n");
		$restored->init_from_backup($primary, "middle$n");
		$restored->start;
		push @restored, $restored;
		is(sql($restored, $state) . sql($restored, 'SELECT * FROM shop__dev.y ORDER BY 1'), $before, "a backup at \"$point\" restores to before");
		is(sql($restored, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), '0', 'with no lock');
		sql($restored, "CALL vde_apply('dev');");
		is(sql($restored, 'SELECT max(turn), sum(n) FROM shop__dev.y'), '2|498', 'and the apply goes on there');
		$restored->stop;
	}
	is(sql($primary, 'SELECT max(turn), sum(n) FROM shop__dev.y'), '2|498', 'the apply that a backup has looked at got to its end');
	catch_up();
	is(sql($standby, 'SELECT max(turn), sum(n) FROM shop__dev.y'), '2|498', 'also on the standby');
}

# The primary is lost while it has drafts; the standby is promoted and goes on.
sql($primary, q(SELECT vde_register('shop.z', 'SELECT sum(n) AS total, count(*) AS amounts FROM shop.y')));
catch_up();
$primary->stop('immediate');
$standby->promote;
is(sql($standby, "SELECT string_agg(model, ', ' ORDER BY model) FROM vde_changes('dev')") =~ /shop\.z/, 1, 'promoted: the draft is there');
sql($standby, "INSERT INTO raw.t VALUES (9999, 3); CALL vde_apply('dev'); CALL vde_run('dev'); CALL vde_promote('dev', 'prod', force => true); SET vde.retention = 0; CALL vde_gc();");
is(sql($standby, 'SELECT total, amounts FROM shop.z'), sql($standby, 'SELECT sum(n), count(*) FROM shop.y'), 'promoted: apply, run, promote and gc work');
is(sql($standby, "SELECT count(*) FROM vde_changes('dev')"), '0', 'promoted: nothing is left to do');
is(sql($standby, <<'SQL'), '', 'promoted: what the catalog calls built is there, and nothing else');
SELECT string_agg(coalesce(relname, relation_name), ', ')
FROM (SELECT relname FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace AND relkind NOT IN ('i', 'I', 't')) c
FULL JOIN (SELECT relation_name FROM vde.version WHERE built_at IS NOT NULL) v ON v.relation_name = c.relname
WHERE relname IS NULL OR relation_name IS NULL
SQL
my $log = slurp_file($standby->logfile);
unlike($log, qr/TRAP|PANIC|leak/, 'nothing is wrong in the log of the standby');

$standby->stop;
done_testing();
