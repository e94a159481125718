# Crashes in the middle of everything that commits on its way: apply, promote,
# run, creating and dropping an environment.  After the restart every
# environment is exactly as it was before, no lock is left, the next call goes
# on with what had been built, and vde_gc() finds what nobody needs any more.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $ROLE = 't_crash_ana';

my $node = PostgreSQL::Test::Cluster->new('crash');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
restart_after_crash = on
max_prepared_transactions = 4
autovacuum_naptime = 1min
# the session that is killed builds by itself
vde.max_workers = 0
lc_messages = 'C'
CONF
$node->start;

# As superuser, and as the role that the models belong to
sub super { return $node->safe_psql('postgres', $_[0]); }

sub ana
{
	return $node->safe_psql('postgres',
		"SET client_min_messages = warning;\n$_[0]", connstr => $node->connstr('postgres') . " user=$ROLE");
}

super(<<SQL);
CREATE EXTENSION vde;
CREATE ROLE $ROLE LOGIN;
GRANT CREATE ON DATABASE postgres TO $ROLE;
CREATE SCHEMA raw;
GRANT USAGE ON SCHEMA raw TO $ROLE;
CREATE TABLE raw.t AS SELECT i AS id, nullif(i % 7, 0) AS amount, repeat('x', i % 50) AS note
	FROM generate_series(1, 3000) i;
INSERT INTO raw.t SELECT * FROM raw.t WHERE id < 10;
GRANT SELECT ON raw.t TO $ROLE;

-- a query that calls gate() waits in the middle of its rows while somebody holds the lock
CREATE FUNCTION raw.gate(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
	'BEGIN IF i = 1500 THEN PERFORM pg_advisory_xact_lock_shared(1); END IF; RETURN i; END';

-- everything that a user can see of all environments
CREATE FUNCTION raw.state() RETURNS SETOF text LANGUAGE plpgsql AS \$\$
DECLARE
	v record;
	line text;
BEGIN
	RETURN QUERY SELECT format('environment %s: %s models, %s drafts, state %s', name, models, drafts, state)
		FROM vde_environments ORDER BY name;
	RETURN QUERY SELECT format('model %s %s: %s, %s', environment, model, state, physical_table)
		FROM vde_models ORDER BY environment, model;
	RETURN QUERY SELECT format('deployment %s of %s: %s %s', deployment, environment, action, changed)
		FROM vde_deployments ORDER BY deployment;
	RETURN QUERY SELECT format('schema %s', nspname) FROM pg_namespace WHERE nspname LIKE 'shop%' ORDER BY nspname;
	FOR v IN SELECT c.oid::regclass AS name, pg_get_viewdef(c.oid) AS definition, relacl
			FROM pg_class c WHERE relnamespace::regnamespace::text LIKE 'shop%' ORDER BY c.oid::regclass::text LOOP
		EXECUTE format('SELECT format(''%%s rows, %%s'', count(*), md5(string_agg(r::text, E''\\n'' ORDER BY r::text))) FROM %s r', v.name)
			INTO line;
		RETURN NEXT format('view %s: %s %s %s', v.name, line, md5(v.definition), v.relacl);
	END LOOP;
END \$\$;
SQL

sub state { return super('SELECT * FROM raw.state()'); }

sub value { return $node->safe_psql('postgres', $_[0]); }

sub locks
{
	return value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'");
}

# Does a view hold exactly the rows of a plain query?
sub equal_rows
{
	my ($view, $query, $what) = @_;
	is(value("SELECT count(*) FROM ((TABLE $view EXCEPT ALL ($query)) UNION ALL (($query) EXCEPT ALL TABLE $view)) x"),
		'0', "$what: $view holds what its query returns");
	return;
}

# Starts a command of the ordinary role that will stop at the gate, or at a
# lock of the holder; returns when it does.
my $application = 0;

sub start_and_stop_within
{
	my ($command, $hold, $waiting) = @_;
	my $name = 't_crash_' . ++$application;
	my $holder = $node->background_psql('postgres');
	$holder->query_safe($_) for @{$hold};
	my $victim = $node->background_psql('postgres', on_error_stop => 0,
		extra_params => [ '-d', $node->connstr('postgres') . " user=$ROLE application_name=$name" ]);
	$victim->query_until(qr/started/, "\\echo started\n$command\n");
	$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = '$name' AND wait_event_type = 'Lock'")
	  or die "$command does not wait";
	my $pid = value("SELECT pid FROM pg_stat_activity WHERE application_name = '$name'");
	return { holder => $holder, victim => $victim, pid => $pid };
}

my @GATE = ('SELECT pg_advisory_lock(1)');

# kill -9 of the one backend, or of the whole server
sub crash
{
	my ($running, $how) = @_;

	# A build's commit does not wait for the disk, the swap's does; any commit
	# that waits, such as this one, takes the builds before it along.
	value(q(SELECT pg_logical_emit_message(true, 'crash', '')));
	if ($how eq 'backend')
	{
		kill('KILL', $running->{pid}) or die "no process $running->{pid}";

		# the postmaster stops everybody, the holder of the lock included
		my $tries = 0;
		until ($running->{gone})
		{
			my ($rc, $out) = $node->psql('postgres',
				"SELECT count(*) FROM pg_stat_activity WHERE pid = $running->{pid}", timeout => 20);
			$running->{gone} = 1 if $rc == 0 && $out eq '0';
			die 'the server does not come back' if $tries++ > 200;
			select(undef, undef, undef, 0.1);
		}
	}
	else
	{
		$node->stop('immediate');
		$node->start;
	}
	for my $session ($running->{holder}, $running->{victim})
	{
		eval { $session->{run}->kill_kill(grace => 1); };
	}
	return;
}

# The first state: prod with two deployments, and dev, which has changed one.
ana(<<'SQL');
SELECT vde_register('shop.a', 'SELECT id, amount FROM raw.t');
SELECT vde_register('shop.slow', 'SELECT raw.gate(id) AS id, amount FROM shop.a');
SELECT vde_register('shop.c', 'SELECT amount, count(*) AS n FROM shop.slow GROUP BY amount');
SELECT vde_register('shop.v', 'SELECT amount FROM shop.c', 'view');
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
SELECT vde_register('shop.c', 'SELECT amount, count(*) AS n, sum(id) AS ids FROM shop.slow GROUP BY amount');
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
GRANT SELECT ON shop.a TO PUBLIC;
SQL

# An apply: shop.a is built, shop.slow in the middle, shop.c not begun.
my $turn = 0;
for my $how ('backend', 'server')
{
	$turn++;
	ana(<<SQL);
SELECT vde_register('shop.a', 'SELECT id, amount, note, $turn AS turn FROM raw.t WHERE id > $turn');
SELECT vde_register('shop.slow', 'SELECT raw.gate(id) AS id, amount, turn FROM shop.a');
SQL
	my $before = state();
	my $tables = value("SELECT count(*) FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace AND relkind = 'r'");
	my $running = start_and_stop_within("CALL vde_apply('dev');", \@GATE);
	is(value("SELECT count(*) FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace AND relkind = 'r'"),
		$tables + 1, "apply, $how: one table is built, the next not to be seen");
	crash($running, $how);
	is(state(), $before, "apply, $how: every environment is as it was");
	is(locks(), '0', "apply, $how: no lock is left");
	is(value("SELECT count(*) FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace AND relkind = 'r'"),
		$tables + 1, "apply, $how: the half-filled table is gone, the built one is there");

	my $builds = value('SELECT coalesce(max(build), 0) FROM vde_builds');
	ana("CALL vde_apply('dev');");
	is( value("SELECT string_agg(model || ' ' || action || ' ' || state, ', ' ORDER BY build) FROM vde_builds WHERE build > $builds"),
		'shop.slow build built, shop.c build built, shop.v build built',
		"apply, $how: the next apply builds only what is missing");
	equal_rows('shop__dev.a', "SELECT id, amount, note, $turn FROM raw.t WHERE id > $turn", "apply, $how");
	equal_rows('shop__dev.c', "SELECT amount, count(*), sum(id) FROM raw.t WHERE id > $turn GROUP BY amount", "apply, $how");
	equal_rows('shop__dev.v', "SELECT amount FROM raw.t WHERE id > $turn GROUP BY amount", "apply, $how");
}

# The swap of a promote: everything is written, and waits for a reader.
for my $how ('backend', 'server')
{
	my $before = state();
	my $running = start_and_stop_within("SET vde.lock_timeout = 0; CALL vde_promote('dev', 'prod');",
		[ 'BEGIN', 'SELECT count(*) FROM shop.c' ]);
	crash($running, $how);
	is(state(), $before, "promote, $how: every environment is as it was");
	is(locks(), '0', "promote, $how: no lock is left");
}
ana("CALL vde_promote('dev', 'prod');");
equal_rows('shop.c', 'SELECT amount, count(*), sum(id) FROM raw.t WHERE id > 2 GROUP BY amount', 'promote');

# A rollback, the same way.
{
	my $before = state();
	my $running = start_and_stop_within("SET vde.lock_timeout = 0; CALL vde_rollback('prod');",
		[ 'BEGIN', 'SELECT count(*) FROM shop.c' ]);
	crash($running, 'backend');
	is(state(), $before, 'rollback: every environment is as it was');
	ana("CALL vde_rollback('prod');");
	equal_rows('shop.c', 'SELECT amount, count(*), sum(id) FROM raw.t GROUP BY amount', 'rollback');
	ana("CALL vde_promote('dev', 'prod', force => true);");
	equal_rows('shop.c', 'SELECT amount, count(*), sum(id) FROM raw.t WHERE id > 2 GROUP BY amount', 'promote after rollback');
}

# A run: each model is switched at its own commit; the one that is being
# refreshed keeps its old rows, whole.
for my $how ('backend', 'server')
{
	my $old = value('SELECT count(*) FROM raw.t WHERE id > 2');
	super("INSERT INTO raw.t SELECT 9000 + i, 1, 'new' FROM generate_series(1, 100) i");
	my $views = value("SELECT string_agg(line, E'\\n') FROM raw.state() line WHERE line !~ '^view shop(__dev)?[.]a:'");
	my $running = start_and_stop_within("CALL vde_run('prod');", \@GATE);
	crash($running, $how);
	is(value("SELECT string_agg(line, E'\\n') FROM raw.state() line WHERE line !~ '^view shop(__dev)?[.]a:'"),
		$views, "run, $how: what comes after is as it was");
	is(value('SELECT count(*) FROM shop.a'), $old + 100, "run, $how: the first model has its new rows");
	is(value('SELECT count(*) FROM shop.slow'), $old, "run, $how: the second has its old ones");
	is(locks(), '0', "run, $how: no lock is left");
	ana("CALL vde_run('prod');");
	equal_rows('shop.c', 'SELECT amount, count(*), sum(id) FROM raw.t WHERE id > 2 GROUP BY amount', "run, $how");
}

# Orphans: built by an apply that crashed, then nobody wants them.
{
	ana(<<'SQL');
SELECT vde_register('shop.a', 'SELECT id, 7 AS seven FROM raw.t');
SELECT vde_unregister('shop.c');
SELECT vde_unregister('shop.v');
SELECT vde_register('shop.slow', 'SELECT raw.gate(id) AS id, seven FROM shop.a');
SQL
	my $running = start_and_stop_within("CALL vde_apply('dev');", \@GATE);
	crash($running, 'backend');
	ana("SELECT vde_discard('dev');");
	my $before = state();
	is(value("SELECT count(*) FROM vde_snapshots WHERE model = 'shop.a' AND built AND environments = '{}' AND column_names = '{id,seven}'"),
		'1', 'gc: the crash has left an orphan');
	super('SET vde.retention = 0; SET client_min_messages = warning; CALL vde_gc();');
	is(value("SELECT count(*) FROM vde_snapshots WHERE model = 'shop.a' AND built AND column_names = '{id,seven}'"),
		'0', 'gc: it is collected');
	is(value(<<'SQL'), '', 'gc: what the catalog calls built is there, and nothing else');
SELECT string_agg(coalesce(relname, relation_name), ', ')
FROM (SELECT relname FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace AND relkind NOT IN ('i', 'I', 't')) c
FULL JOIN (SELECT relation_name FROM vde.version WHERE built_at IS NOT NULL) v ON v.relation_name = c.relname
WHERE relname IS NULL OR relation_name IS NULL
SQL
	is(state(), $before, 'gc: no environment has changed');
	ana("CALL vde_rollback('prod');");
	is(value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'shop.a'::regclass AND attname = 'turn' AND NOT attisdropped"),
		'0', 'gc: the state before could still be rolled back to');
	my $latest = value("SELECT max(deployment) FROM vde_deployments WHERE environment = 'prod' AND action = 'promote'");
	ana("CALL vde_rollback('prod', $latest);");
	is(state() =~ s/^(environment prod|deployment).*\n//gmr, $before =~ s/^(environment prod|deployment).*\n//gmr,
		'gc: and forward again');
}

# An unlogged table is empty after a crash: known to be so, and filled again.
{
	ana(<<'SQL');
SELECT vde_register('shop.u', 'SELECT id FROM raw.t', options => '{"unlogged": true}');
CALL vde_apply('dev');
SQL
	equal_rows('shop__dev.u', 'SELECT id FROM raw.t', 'unlogged, before');
	$node->stop('immediate');
	$node->start;
	is(value("SELECT string_agg(model, ', ') FROM vde_changes('dev')"), 'shop.u',
		'unlogged: the plan says that it is to be filled');
	ana("CALL vde_apply('dev');");
	equal_rows('shop__dev.u', 'SELECT id FROM raw.t', 'unlogged, after a crash and an apply');
	ana("SELECT vde_unregister('shop.u'); CALL vde_apply('dev');");
}

# A prepared transaction outlives a crash, and holds its locks until its end.
{
	ana("SELECT vde_register('shop.p', 'SELECT id FROM shop.a');");
	my $before = state();
	ana("SET vde.notify = off; BEGIN; CALL vde_apply('dev'); PREPARE TRANSACTION 'crash';");
	$node->stop('immediate');
	$node->start;
	is(state(), $before, 'prepared: nothing is to be seen yet');
	my ($rc, $out, $err) = $node->psql('postgres', "SET lock_timeout = '200ms'; CALL vde_apply('dev');");
	like($err, qr/lock timeout/, 'prepared: another apply waits for it');
	ana("COMMIT PREPARED 'crash';");
	equal_rows('shop__dev.p', 'SELECT id FROM shop__dev.a', 'prepared');
	is(locks(), '0', 'prepared: no lock is left');
}

# Environments of more models than fit in a batch: half made, half dropped.
{
	ana(<<'SQL');
SELECT count(vde_register('shop.m' || i, 'SELECT ' || i || ' AS n', 'view', environment => 'many')) FROM generate_series(1, 510) i;
CALL vde_apply('many');
SQL
	my $physical = value("SELECT quote_ident(physical_table) FROM vde_models WHERE model = 'shop.m510'");
	my $running = start_and_stop_within("CALL vde_create_environment('more', 'many');",
		[ 'BEGIN', "LOCK TABLE vde_data.$physical" ]);
	crash($running, 'backend');
	is(locks(), '0', 'create: no lock is left');
	is(value("SELECT count(*) BETWEEN 1 AND 509 FROM pg_views WHERE schemaname = 'shop__more'"),
		't', 'create: some views are there');
	ana("CALL vde_apply('more');");
	is(value("SELECT count(*) FROM pg_views WHERE schemaname = 'shop__more' AND viewname LIKE 'm%'"),
		'510', 'create: an apply makes all views that are missing');

	$running = start_and_stop_within("SET vde.lock_timeout = 0; CALL vde_drop_environment('more');",
		[ 'BEGIN', 'SELECT * FROM shop__more.m510' ]);
	crash($running, 'backend');
	is(locks(), '0', 'drop: no lock is left');
	ana("CALL vde_drop_environment('more');");
	is(value("SELECT (SELECT count(*) FROM pg_namespace WHERE nspname = 'shop__more') + (SELECT count(*) FROM vde_environments WHERE name = 'more')"),
		'0', 'drop: the next drop goes on to the end');
	is(value("SELECT count(*) FROM pg_views WHERE schemaname = 'shop__many' AND viewname LIKE 'm%'"), '510', 'drop: the other environment is whole');
}

# What every environment says at the end: nothing is to be done
for my $environment (split /\n/, value('SELECT name FROM vde_environments ORDER BY 1'))
{
	is(value("SELECT count(*) FROM vde_changes('$environment')"), '0', "the plan of $environment is empty");
}

$node->stop;
done_testing();
