-- What a team that tests its warehouse with pgTAP would assert of deployed models: views, their comments, their columns
-- and types, what stands below them, and contents. All as an ordinary role, but for a look into vde_data.
BEGIN;
SET client_min_messages = warning;
SET search_path = public;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_pgtap_ana;
CREATE ROLE t_pgtap_ana;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_pgtap_ana', current_database()); END $$;
GRANT CREATE ON SCHEMA public TO t_pgtap_ana;

-- only a superuser may look there
CREATE FUNCTION physical(model_name text) RETURNS name LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
	SELECT physical_table FROM vde_models WHERE model = model_name AND environment = 'dev' $$;

SET SESSION AUTHORIZATION t_pgtap_ana;
CREATE SCHEMA raw;
CREATE TABLE raw.orders (id int, customer text, amount numeric(10,2), ordered_at timestamptz);
INSERT INTO raw.orders
SELECT i, 'customer ' || i % 3, i * 2.5, timestamptz '2024-01-01 12:00+00' + i * interval '1 day' FROM generate_series(1, 30) i;

\o /dev/null
SELECT vde_register('ref.countries', E'code,name\nde,Germany\nfr,France\n', 'seed', '{"primary_key": ["code"], "columns": {"code": {"type": "char(2)", "description": "ISO 3166"}}}');
SELECT vde_register('shop.orders', 'SELECT id, customer, amount, ordered_at::date AS day FROM raw.orders', options => '{
	"description": "One row per order", "primary_key": ["id"], "indexes": ["customer", {"columns": ["day", "id"], "unique": true}],
	"columns": {"id": "the order", "amount": "in euros"}}');
SELECT vde_register('shop.recent', 'SELECT id, amount FROM shop.orders WHERE day > date ''2024-01-20''', 'view', '{"description": "The latest"}');
SELECT vde_register('mart.revenue', 'SELECT customer, sum(amount) AS revenue, count(*) AS orders FROM shop.orders GROUP BY customer', 'materialized_view', '{"indexes": [{"columns": "customer", "unique": true}]}');
SELECT vde_register('shop.inline', 'SELECT 1 AS one', 'embedded');
CALL vde_apply('dev');
\o

SELECT plan(48);

-- the virtual layer
SELECT has_schema('shop__dev');
SELECT has_schema('mart__dev');
SELECT hasnt_schema('shop', 'prod has nothing yet');
SELECT views_are('shop__dev', ARRAY['orders', 'recent']);
SELECT views_are('mart__dev', ARRAY['revenue']);
SELECT views_are('ref__dev', ARRAY['countries']);
SELECT tables_are('shop__dev', ARRAY[]::name[]);
SELECT view_owner_is('shop__dev', 'orders', 't_pgtap_ana', 'the view belongs to the environment''s owner');
SELECT schema_owner_is('shop__dev', 't_pgtap_ana', 'and so does its schema');

-- comments
SELECT is(obj_description('shop__dev.orders'::regclass), 'One row per order', 'a description is the comment of the view');
SELECT is(col_description('shop__dev.orders'::regclass, 1), 'the order', 'a description of a column is its comment');
SELECT is(col_description('shop__dev.orders'::regclass, 3), 'in euros', 'also of another one');
SELECT is(col_description('shop__dev.orders'::regclass, 2), NULL, 'without a description there is no comment');
SELECT is(obj_description('shop__dev.recent'::regclass), 'The latest', 'a model of kind view has its comment, too');
SELECT is(col_description('ref__dev.countries'::regclass, 1), 'ISO 3166', 'and a seed');

-- columns and types
SELECT columns_are('shop__dev', 'orders', ARRAY['id', 'customer', 'amount', 'day']);
SELECT col_type_is('shop__dev', 'orders', 'id', 'integer', 'id');
SELECT col_type_is('shop__dev', 'orders', 'customer', 'text', 'customer');
SELECT col_type_is('shop__dev', 'orders', 'amount', 'numeric(10,2)', 'amount keeps its precision');
SELECT col_type_is('shop__dev', 'orders', 'day', 'date', 'day');
SELECT col_type_is('ref__dev', 'countries', 'code', 'character(2)', 'a declared type');
SELECT col_type_is('ref__dev', 'countries', 'name', 'text', 'an inferred type');
SELECT col_type_is('mart__dev', 'revenue', 'revenue', 'numeric', 'a sum');
SELECT col_type_is('mart__dev', 'revenue', 'orders', 'bigint', 'a count');

-- the physical layer
RESET SESSION AUTHORIZATION;
SELECT has_table('vde_data', physical('shop.orders'), 'shop.orders is a table');
SELECT has_pk('vde_data', physical('shop.orders'), 'it has a primary key');
SELECT col_is_pk('vde_data', physical('shop.orders'), 'id', 'which is id');
SELECT col_not_null('vde_data', physical('shop.orders'), 'id', 'so id is not null');
SELECT is(count(*), 3::bigint, 'it has three indexes') FROM pg_index WHERE indrelid = format('vde_data.%I', physical('shop.orders'))::regclass;
SELECT is(count(*), 2::bigint, 'two are unique') FROM pg_index WHERE indrelid = format('vde_data.%I', physical('shop.orders'))::regclass AND indisunique;
SELECT table_owner_is('vde_data', physical('shop.orders'), 'vde_storage', 'it belongs to a powerless role');
SELECT col_is_pk('vde_data', physical('ref.countries'), 'code', 'a seed has a primary key');
SELECT has_view('vde_data', physical('shop.recent'), 'shop.recent is a view');
SELECT has_materialized_view('vde_data', physical('mart.revenue'), 'mart.revenue is a materialized view');
SELECT is(count(*), 1::bigint, 'with a unique index') FROM pg_index WHERE indrelid = format('vde_data.%I', physical('mart.revenue'))::regclass AND indisunique;
SELECT is(physical('shop.inline'), NULL, 'an embedded model is nowhere');
SELECT isnt_superuser('vde_storage');
SELECT is(rolcanlogin, false, 'nobody logs in as vde_storage') FROM pg_roles WHERE rolname = 'vde_storage';
SET SESSION AUTHORIZATION t_pgtap_ana;

-- contents
SELECT bag_eq('SELECT * FROM shop__dev.orders', 'SELECT id, customer, amount, ordered_at::date FROM raw.orders', 'shop.orders');
SELECT bag_eq('SELECT * FROM shop__dev.recent', 'SELECT id, amount FROM raw.orders WHERE ordered_at::date > ''2024-01-20''', 'shop.recent');
SELECT results_eq('SELECT * FROM mart__dev.revenue ORDER BY customer', 'SELECT customer, sum(amount), count(*) FROM raw.orders GROUP BY customer ORDER BY customer', 'mart.revenue');
SELECT set_eq('SELECT code::text, name FROM ref__dev.countries', $$VALUES ('de', 'Germany'), ('fr', 'France')$$, 'ref.countries');
SELECT isnt_empty('SELECT * FROM shop__dev.recent');

-- what nobody may
SELECT throws_ok('INSERT INTO shop__dev.orders (id) VALUES (1)', '55000', NULL, 'a view cannot be written through');
SELECT throws_ok('SELECT * FROM vde.definition', '42501', NULL, 'the catalog cannot be read');
SELECT throws_ok('DELETE FROM vde.draft', '42501', NULL, 'nor written');

-- to prod
CALL vde_promote('dev', 'prod');
SELECT views_are('shop', ARRAY['orders', 'recent'], 'prod has them by their own names');
SELECT bag_eq('TABLE shop.orders', 'TABLE shop__dev.orders', 'with the same rows');

SELECT * FROM finish();
ROLLBACK;
