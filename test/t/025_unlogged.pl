# An unlogged table that a crash has emptied is known to be empty: the plan says
# so, an apply or a run fills it again, and nobody takes it over empty.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('unlogged');
$node->init(allows_streaming => 1);
$node->start;

sub sql { return $node->safe_psql('postgres', "SET client_min_messages = warning;\n$_[0]"); }

sub crash
{
	$node->stop('immediate');
	$node->start;
	return;
}

sql(<<'SQL');
CREATE EXTENSION vde;
CREATE SCHEMA raw;
CREATE TABLE raw.t AS SELECT i AS id FROM generate_series(1, 500) i;
SELECT vde_register('s.plain', 'SELECT id FROM raw.t', 'full', '{"unlogged": true}', 'prod');
SELECT vde_register('s.parts', 'SELECT id FROM raw.t', 'full',
  '{"unlogged": true, "partition_by": {"strategy": "hash", "columns": "id", "modulus": 3}}', 'prod');
SELECT vde_register('s.none', 'SELECT id FROM raw.t WHERE id < 0', 'full', '{"unlogged": true}', 'prod');
SELECT vde_register('s.logged', 'SELECT id FROM raw.t', environment => 'prod');
CALL vde_apply('prod', confirm => true);
SQL

my $counts = 'SELECT (SELECT count(*) FROM s.plain), (SELECT count(*) FROM s.parts), (SELECT count(*) FROM s.none), (SELECT count(*) FROM s.logged)';
my $changes = "SELECT model, action, reason FROM vde_changes('prod') ORDER BY 1";

is(sql($counts), '500|500|0|500', 'built');
is(sql($changes), '', 'nothing to do');
$node->restart;
is(sql($changes), '', 'nor after a restart without a crash');
is(sql('SELECT * FROM vde_check()'), '', 'nor for vde_check');

# a standby has no such table at all, and does not take that for a crash
$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
is($standby->safe_psql('postgres', $changes), '', 'nothing to do on a standby');
is($standby->safe_psql('postgres', 'SELECT * FROM vde_check()'), '', 'vde_check on a standby');
my ($rc, $out, $err) = $standby->psql('postgres', 'SELECT * FROM vde_check(true)');
like($err, qr/vde cannot write on a standby server|cannot execute .* during recovery/, 'which repairs nothing there');
$standby->stop;

crash();
is(sql($counts), '0|0|0|500', 'a crash empties what is unlogged');
my $reason = 'contents of its unlogged table, which a crash emptied, changed';
is(sql($changes), "s.parts|reuse|$reason\ns.plain|reuse|$reason", 'the plan knows which');
is(sql("SELECT regexp_replace(object, '__[0-9a-f]{16}', ''), problem FROM vde_check() ORDER BY 1"),
	"vde_data.s__parts|emptied\nvde_data.s__plain|emptied", 'and so does vde_check');
sql("CALL vde_apply('prod')");
is(sql($counts), '500|500|0|500', 'an apply fills them again');
is(sql($changes), '', 'and then there is nothing to do');

crash();
sql("CALL vde_run('prod')");
is(sql($counts), '500|500|0|500', 'a run fills them, too');

# one that no environment points at now is not taken over empty
sql(<<'SQL');
SELECT vde_register('s.plain', 'SELECT id, 1 AS one FROM raw.t', 'full', '{"unlogged": true}', 'prod');
CALL vde_apply('prod', confirm => true);
SQL
crash();
sql(<<'SQL');
CALL vde_run('prod');
SELECT vde_register('s.plain', 'SELECT id FROM raw.t', 'full', '{"unlogged": true}', 'prod');
CALL vde_apply('prod', confirm => true);
SQL
is(sql($counts), '500|500|0|500', 'going back to an emptied table fills it first');

# nor by a rollback, which fills nothing: it says how
sql(<<'SQL');
SELECT vde_register('s.plain', 'SELECT id, 2 AS two FROM raw.t', 'full', '{"unlogged": true}', 'prod');
SELECT vde_register('s.parts', 'SELECT id FROM raw.t WHERE id > 1', 'full', '{"unlogged": true}', 'prod');
CALL vde_apply('prod', confirm => true);
SQL
crash();
sql("CALL vde_run('prod')");
for my $block ('', 'BEGIN; ')
{
	($rc, $out, $err) = $node->psql('postgres', "${block}CALL vde_rollback('prod')");
	like($err, qr/cannot roll back environment "prod": tables of that time have lost their rows.*empty: s.parts, s.plain\..*Register the earlier definitions/s, "${block}no rollback to emptied tables");
}
is(sql('SELECT (SELECT count(two) FROM s.plain), (SELECT count(*) FROM s.parts)'), '500|499', 'all is as it was');
sql(<<'SQL');
SELECT vde_register('s.plain', 'SELECT id FROM raw.t', 'full', '{"unlogged": true}', 'prod');
SELECT vde_register('s.parts', 'SELECT id FROM raw.t', 'full',
  '{"unlogged": true, "partition_by": {"strategy": "hash", "columns": "id", "modulus": 3}}', 'prod');
CALL vde_apply('prod', confirm => true);
SQL
is(sql($counts), '500|500|0|500', 'and that works');
sql("CALL vde_rollback('prod')");
is(sql('SELECT (SELECT count(two) FROM s.plain), (SELECT count(*) FROM s.parts)'), '500|499', 'as does a rollback to tables that have their rows');

# somebody else's open transaction that fills another environment's table is not waited for
sql(<<'SQL');
SELECT vde_register('s.other', 'SELECT id FROM raw.t', 'full', '{"unlogged": true}', 'other');
CALL vde_apply('other');
SQL
my $block = $node->background_psql('postgres', on_error_stop => 1);
$block->query_safe("SET client_min_messages = warning; BEGIN; LOCK TABLE s__other.other IN ACCESS EXCLUSIVE MODE");
sql("SET lock_timeout = '2s'; SELECT * FROM vde_plan('prod'); CALL vde_apply('prod'); SELECT * FROM vde_check()");
is(sql("SET lock_timeout = '2s'; $changes"), '', 'nor is one in the way of a plan');
sql("SET lock_timeout = '2s'; SELECT * FROM vde_plan('other')");
$block->query_safe('ROLLBACK');
$block->quit;

$node->stop;
done_testing();
