# Logical replication of physical tables: a publication does not stop builds,
# refreshes, promotes and collection, nor the subscriptions to it.  A refresh
# exchanges files, as VACUUM FULL does, and does not reach the subscriber.  A
# table that was built reaches it once the subscriber has it.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $publisher = PostgreSQL::Test::Cluster->new('publisher');
$publisher->init(allows_streaming => 'logical');
$publisher->append_conf('postgresql.conf', "lc_messages = 'C'\nautovacuum = off\n");
$publisher->start;
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init;
$subscriber->append_conf('postgresql.conf', "lc_messages = 'C'\nwal_retrieve_retry_interval = 100ms\n");
$subscriber->start;

sub vde
{
	my ($sql) = @_;
	return $publisher->safe_psql('postgres', "SET client_min_messages = warning;\n$sql");
}

sub physical
{
	my ($model) = @_;
	return vde("SELECT physical_table FROM vde_models WHERE environment = 'dev' AND model = '$model'");
}

vde(<<'SQL');
CREATE EXTENSION vde;
CREATE SCHEMA raw;
CREATE TABLE raw.t AS SELECT i AS id, 'row ' || i AS note FROM generate_series(1, 100) i;
SELECT vde_register('shop.a', 'SELECT id, note FROM raw.t', options => '{"primary_key": "id"}');
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
SQL
my $first = physical('shop.a');

# Two publications: one that names a table, and one that takes whatever there will be in the schema.
vde("CREATE PUBLICATION one FOR TABLE vde_data.\"$first\"; CREATE PUBLICATION whatever FOR TABLES IN SCHEMA vde_data");
$subscriber->safe_psql('postgres', "CREATE SCHEMA vde_data; CREATE TABLE vde_data.\"$first\" (id int PRIMARY KEY, note text)");
my $connection = $publisher->connstr . ' dbname=postgres';
$subscriber->safe_psql('postgres', "CREATE SUBSCRIPTION one CONNECTION '$connection' PUBLICATION one");
$subscriber->wait_for_subscription_sync($publisher, 'one');
is($subscriber->safe_psql('postgres', "SELECT count(*) FROM vde_data.\"$first\""), '100', 'the rows that there were');

# A refresh
vde("INSERT INTO raw.t SELECT 101, 'more'; CALL vde_run('prod')");
is(vde('SELECT count(*) FROM shop.a'), '101', 'a refresh of a published table');
$publisher->wait_for_catchup('one');
is($subscriber->safe_psql('postgres', "SELECT count(*) FROM vde_data.\"$first\""), '100', 'does not reach the subscriber, which keeps its rows');

# A row that PostgreSQL itself would send after it, so that what was decoded before is known to have passed
vde("INSERT INTO vde_data.\"$first\" VALUES (1000, 'by a superuser')");
$publisher->wait_for_catchup('one');
is($subscriber->safe_psql('postgres', "SELECT count(*) FROM vde_data.\"$first\""), '101', 'the subscription goes on after it');
vde("DELETE FROM vde_data.\"$first\" WHERE id = 1000");

# A build, which the publication of the schema takes in: the subscriber is told of a table that it does not have, and waits
# until it has it.
$subscriber->safe_psql('postgres', "CREATE SUBSCRIPTION whatever CONNECTION '$connection' PUBLICATION whatever WITH (copy_data = false)");
vde("SELECT vde_register('shop.a', 'SELECT id, note, 1 AS more FROM raw.t', options => '{\"primary_key\": \"id\"}'); CALL vde_apply('dev')");
my $second = physical('shop.a');
isnt($second, $first, 'a build, published');
$subscriber->wait_for_log(qr/logical replication target relation "vde_data.\Q$second\E" does not exist/);
$subscriber->safe_psql('postgres', "CREATE TABLE vde_data.\"$second\" (id int PRIMARY KEY, note text, more int); ALTER SUBSCRIPTION whatever REFRESH PUBLICATION");
$subscriber->wait_for_subscription_sync($publisher, 'whatever');
is($subscriber->safe_psql('postgres', "SELECT count(*) FROM vde_data.\"$second\""), '101', 'reaches a subscriber that has the table');
vde("CALL vde_promote('dev', 'prod'); CALL vde_rollback('prod'); CALL vde_promote('dev', 'prod', force => true)");
$publisher->wait_for_catchup('one');
is(vde('SELECT count(more) FROM shop.a'), '101', 'promote and rollback');

# Collection
vde("SET vde.retention = 0; SELECT vde_register('shop.a', 'SELECT id FROM raw.t', options => '{\"primary_key\": \"id\"}'); CALL vde_apply('dev'); CALL vde_promote('dev', 'prod'); CALL vde_gc()");
is(vde("SELECT count(*) FROM pg_class WHERE relname = '$first'"), '0', 'a published table can be collected');
is(vde('SELECT count(*) FROM vde_check()'), '0', 'nothing for vde_check');
$publisher->wait_for_catchup('one');
is($subscriber->safe_psql('postgres', "SELECT subname FROM pg_stat_subscription WHERE subname = 'one' AND pid IS NOT NULL"), 'one', 'and the subscription to it stays up');
$subscriber->stop;
$publisher->stop;
done_testing();
