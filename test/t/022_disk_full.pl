# A full disk, in a build, in an index and in a refresh.  A limit on the size of
# files stands in for it: the write fails in the same place, and the rest of the
# machine goes on.  The error names the model, every environment is as it was, no
# file is left, and with room again the next call goes on from there.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# No file may be larger while the disk is "full", in KB
my $LIMIT = 6 * 1024;

my $node = PostgreSQL::Test::Cluster->new('disk_full');
$node->init(extra => ['--wal-segsize=1']);
$node->append_conf('postgresql.conf', <<'CONF');
autovacuum = off
work_mem = 64MB
maintenance_work_mem = 1MB
log_statement = none
lc_messages = 'C'
CONF
$node->start;

sub value { return $node->safe_psql('postgres', "SET client_min_messages = warning;\n$_[0]"); }

# The server is started under the limit, or without one.  A process may only
# lower its limit for good, so a shell between sets it.
sub restart_with_limit
{
	my ($limit) = @_;
	my $data = $node->data_dir;
	$node->stop;

	my $log = $node->logfile . '.limited';	# under the limit, too
	if ($limit)
	{
		system_or_bail('sh', '-c', "ulimit -f @{[ $limit * 2 ]}; exec pg_ctl -w -s -D '$data' -l '$log' -o --cluster-name=disk_full start");
		$node->_update_pid(1);
	}
	else
	{
		$node->start;
	}
	return;
}

# Fails, and says so of that model
sub fails
{
	my ($call, $message, $what) = @_;
	my ($rc, $out, $err) = $node->psql('postgres', "SET client_min_messages = warning; $call");
	isnt($rc, 0, "$what: it fails");
	like($err, $message, "$what: the error names the model");
	like($err, qr/File too large|No space left/, "$what: and the cause");
	return;
}

value(<<'SQL');
CREATE EXTENSION vde;
CREATE SCHEMA raw;
-- 480 bytes that do not get smaller
CREATE FUNCTION raw.noise(i int, n int DEFAULT 15) RETURNS text LANGUAGE sql IMMUTABLE AS
	$$ SELECT string_agg(md5(i || ' ' || j), '') FROM generate_series(1, n) j $$;
CREATE TABLE raw.n (upto int);
INSERT INTO raw.n VALUES (1000);

CREATE FUNCTION raw.state() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	v record;
	line text;
BEGIN
	RETURN QUERY SELECT format('environment %s: %s models, %s drafts, state %s', name, models, drafts, state)
		FROM vde_environments ORDER BY name;
	RETURN QUERY SELECT format('model %s %s: %s, %s', environment, model, state, physical_table)
		FROM vde_models ORDER BY environment, model;
	FOR v IN SELECT c.oid::regclass AS name, pg_get_viewdef(c.oid) AS definition
			FROM pg_class c WHERE relnamespace::regnamespace::text LIKE 'shop%' ORDER BY c.oid::regclass::text LOOP
		EXECUTE format('SELECT format(''%%s rows, %%s'', count(*), md5(string_agg(r::text, E''\n'' ORDER BY r::text))) FROM %s r', v.name)
			INTO line;
		RETURN NEXT format('view %s: %s %s', v.name, line, md5(v.definition));
	END LOOP;
END $$;

-- files with something in them that belong to no relation, temporary ones, and
-- relations that the catalog does not know, or the reverse
CREATE FUNCTION raw.wrong() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT format('file %s', f)
		FROM pg_ls_dir('base/' || (SELECT oid FROM pg_database WHERE datname = current_database())) f
		WHERE f ~ '^[0-9]+' AND (pg_stat_file('base/' || (SELECT oid FROM pg_database WHERE datname = current_database()) || '/' || f, true)).size > 0
		AND substring(f FROM '^[0-9]+')::bigint NOT IN (SELECT coalesce(pg_relation_filenode(oid), 0) FROM pg_class)
	UNION ALL SELECT format('temporary file %s', f) FROM pg_ls_dir('base/pgsql_tmp', true, false) f
	UNION ALL
	SELECT format('relation %s', coalesce(relname, relation_name))
		FROM (SELECT relname FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace AND relkind NOT IN ('i', 'I', 't')) c
		FULL JOIN (SELECT relation_name FROM vde.version WHERE built_at IS NOT NULL) v ON v.relation_name = c.relname
		WHERE relname IS NULL OR relation_name IS NULL
	UNION ALL SELECT format('lock %s', mode) FROM pg_locks WHERE locktype = 'advisory'
$$;

SELECT vde_register('shop.first', 'SELECT i AS id FROM raw.n, generate_series(1, upto) i');
SELECT vde_register('shop.big', 'SELECT id, raw.noise(id) AS note FROM shop.first');
SELECT vde_register('shop.total', 'SELECT count(*) AS n, sum(length(note)) AS bytes FROM shop.big');
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
SQL

sub builds
{
	my ($since) = @_;
	return value("SELECT string_agg(concat_ws(' ', model, action, state), ', ' ORDER BY build) FROM vde_builds WHERE build > $since");
}

# A build: shop.big does not fit
{
	value(<<'SQL');
SELECT vde_register('shop.first', 'SELECT i AS id, 1 AS one FROM raw.n, generate_series(1, upto * 20) i');
SELECT vde_register('shop.big', 'SELECT id, one, raw.noise(id) AS note FROM shop.first');
SELECT vde_register('shop.aside', 'SELECT count(*) AS n FROM shop.first');
SQL
	my $before = value('SELECT * FROM raw.state()');
	my $builds = value('SELECT max(build) FROM vde_builds');
	restart_with_limit($LIMIT);
	fails("CALL vde_apply('dev');", qr/model "shop.big" could not be built/, 'build');
	is(value('SELECT * FROM raw.state()'), $before, 'build: every environment is as it was');
	is(value('SELECT * FROM raw.wrong()'), '', 'build: no file is left');
	is(join(', ', sort split /, /, builds($builds)), 'shop.aside build built, shop.big build failed, shop.first build built, shop.total build skipped',
		'build: what does not read it is built');
	fails("CALL vde_apply('dev');", qr/model "shop.big" could not be built/, 'build, still full');
	fails("BEGIN; CALL vde_apply('dev'); COMMIT;", qr/build of model "shop.big"|model "shop.big"/, 'build, in a transaction block');
	is(value('SELECT * FROM raw.state()'), $before, 'build, still full: every environment is as it was');
	is(value('SELECT * FROM raw.wrong()'), '', 'build, still full: no file is left');
	restart_with_limit(0);
	$builds = value('SELECT max(build) FROM vde_builds');
	value("CALL vde_apply('dev');");
	is(builds($builds), 'shop.big build built, shop.total build built', 'build: with room the next apply goes on from there');
	is(value('SELECT n, bytes FROM shop__dev.total'), '20000|9600000', 'build: all rows are there');
	value("CALL vde_promote('dev', 'prod');");
}

# An index: the table fits, its index does not
{
	value(<<'SQL');
SELECT vde_register('shop.indexed', 'SELECT id, raw.noise(id, 2) AS note FROM shop.first',
	options => '{"indexes": ["id", {"columns": ["(note || md5(note) || md5(id::text) || md5(note || id) || md5(id::text || note) || md5(id || ''x'') || md5(id || ''y'') || md5(id || ''z''))"]}]}');
SQL
	my $before = value('SELECT * FROM raw.state()');
	restart_with_limit($LIMIT);
	fails("CALL vde_apply('dev');", qr/model "shop.indexed" could not be built.*index 2/s, 'index');
	is(value('SELECT * FROM raw.state()'), $before, 'index: every environment is as it was');
	is(value('SELECT * FROM raw.wrong()'), '', 'index: no file is left');
	restart_with_limit(0);
	value("CALL vde_apply('dev');");
	is(value('SELECT count(*) FROM shop__dev.indexed'), '20000', 'index: with room it is built');
}

# A refresh: the new rows do not fit, the old ones stay
{
	value("SELECT vde_register('shop.grows', 'SELECT i AS id, raw.noise(i) AS note FROM raw.n, generate_series(1, upto) i', environment => 'prod', options => '{\"indexes\": [\"id\"]}'); CALL vde_apply('prod', confirm => true);");
	value('DELETE FROM raw.n; INSERT INTO raw.n VALUES (20000);');
	my $before = value("SELECT line FROM raw.state() line WHERE line !~ '^view shop.(grows|first|aside)'");
	my $old = value("SELECT line FROM raw.state() line WHERE line ~ '^view shop.grows'");
	my $filenode = value("SELECT pg_relation_filenode(physical_table::regclass) FROM (SELECT 'vde_data.' || quote_ident(physical_table) AS physical_table FROM vde_models WHERE model = 'shop.grows' AND environment = 'prod') m");
	restart_with_limit($LIMIT);
	fails("CALL vde_run('prod');", qr/models could not be refreshed|model "shop.grows" could not be refreshed/, 'refresh');
	is(value("SELECT line FROM raw.state() line WHERE line ~ '^view shop.grows'"), $old, 'refresh: the table holds the rows that it had');
	is(value("SELECT pg_relation_filenode(physical_table::regclass) FROM (SELECT 'vde_data.' || quote_ident(physical_table) AS physical_table FROM vde_models WHERE model = 'shop.grows' AND environment = 'prod') m"),
		$filenode, 'refresh: in the same file');
	is(value('SELECT * FROM raw.wrong()'), '', 'refresh: no file is left');
	restart_with_limit(0);
	value('DELETE FROM raw.n; INSERT INTO raw.n VALUES (15000);');
	value("CALL vde_run('prod');");
	is(value('SELECT count(*) FROM shop.grows'), '15000', 'refresh: with room the next run fills it');
	is(value('SELECT * FROM raw.wrong()'), '', 'refresh: nothing is left over');
}

$node->stop;
done_testing();
