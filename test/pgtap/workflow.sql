-- The session of the design's second section, asserted step by step in one transaction, as a migration tool would run it.
BEGIN;
SET client_min_messages = warning;
SET search_path = public;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_pgtap_bo;
CREATE ROLE t_pgtap_bo;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_pgtap_bo', current_database()); END $$;
SET SESSION AUTHORIZATION t_pgtap_bo;
CREATE SCHEMA raw;
CREATE TABLE raw.orders (id int, customer_id int, amount numeric, note text);
INSERT INTO raw.orders SELECT i, i % 4, i, 'note ' || i FROM generate_series(1, 40) i;

SELECT plan(36);

SELECT lives_ok($$SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount FROM raw.orders')$$, 'a model is registered');
SELECT lives_ok($$SELECT vde_register('shop.revenue', 'SELECT customer_id, sum(amount) AS total FROM shop.orders GROUP BY 1')$$, 'and its reader');
SELECT set_eq('SELECT model, state FROM vde_models', $$VALUES ('shop.orders', 'drafted'), ('shop.revenue', 'drafted')$$, 'both are drafts');
SELECT hasnt_schema('shop__dev', 'and nothing else');
SELECT set_eq($$SELECT model, change, category, action FROM vde_changes('dev')$$,
	$$VALUES ('shop.orders', 'added', NULL, 'build'), ('shop.revenue', 'added', NULL, 'build')$$, 'the plan builds both');
SELECT lives_ok($$CALL vde_apply('dev')$$, 'apply');
SELECT bag_eq('TABLE shop__dev.orders', 'SELECT id, customer_id, amount FROM raw.orders', 'contents of shop.orders');
SELECT bag_eq('TABLE shop__dev.revenue', 'SELECT customer_id, sum(amount) FROM raw.orders GROUP BY 1', 'contents of shop.revenue');
SELECT is_empty($$SELECT * FROM vde_changes('dev')$$, 'the plan is empty');
SELECT results_eq($$SELECT change, action FROM vde_changes('dev', 'prod') ORDER BY model$$, $$VALUES ('added', 'reuse'), ('added', 'reuse')$$, 'a promote would build nothing');
SELECT lives_ok($$CALL vde_promote('dev', 'prod', message => 'first')$$, 'promote');
SELECT bag_eq('TABLE shop.orders', 'TABLE shop__dev.orders', 'prod has it');
SELECT is_empty($$SELECT model FROM vde_models d WHERE environment = 'dev' AND NOT EXISTS (SELECT FROM vde_models p WHERE p.environment = 'prod' AND p.model = d.model AND p.version = d.version)$$, 'the very same versions');
SELECT results_eq($$SELECT action, source, built, reused, message FROM vde_deployments WHERE environment = 'prod' AND action = 'promote'$$, $$VALUES ('promote', 'dev', 0, 2, 'first')$$, 'the history tells');

-- a view of a user on prod
SELECT lives_ok('CREATE VIEW raw.report AS SELECT sum(total) AS total FROM shop.revenue', 'a report reads prod');
SELECT results_eq('TABLE raw.report', 'SELECT sum(amount) FROM raw.orders', 'and works');

-- a change
SELECT lives_ok($$SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount, note FROM raw.orders')$$, 'a column is added');
SELECT results_eq($$SELECT category, action FROM vde_changes('dev') WHERE model = 'shop.orders'$$, $$VALUES ('non_breaking', 'build')$$, 'which is non-breaking');
SELECT lives_ok($$CALL vde_apply('dev')$$, 'apply');
SELECT has_column('shop__dev', 'orders', 'note', 'dev has the column');
SELECT hasnt_column('shop', 'orders', 'note', 'prod has not');
SELECT isnt_empty($$SELECT * FROM vde_diff('prod', 'dev', 'shop.orders')$$, 'the difference is shown');
SELECT lives_ok($$CALL vde_promote('dev', 'prod', message => 'note')$$, 'promote');
SELECT has_column('shop', 'orders', 'note', 'prod has it now');
SELECT results_eq('SELECT id, note FROM shop.orders ORDER BY id', 'SELECT id, note FROM raw.orders ORDER BY id', 'filled');
SELECT results_eq('TABLE raw.report', 'SELECT sum(amount) FROM raw.orders', 'the report works on');
SELECT lives_ok($$CALL vde_rollback('prod')$$, 'roll back');
SELECT hasnt_column('shop', 'orders', 'note', 'the column is gone');
SELECT bag_eq('TABLE shop.orders', 'SELECT id, customer_id, amount FROM raw.orders', 'the rows are there');
SELECT lives_ok($$CALL vde_promote('dev', 'prod')$$, 'promoting again works after a rollback');
SELECT has_column('shop', 'orders', 'note', 'and the column is back');

-- removal
SELECT lives_ok($$SELECT vde_unregister('shop.revenue')$$, 'a removal is drafted');
SELECT lives_ok($$CALL vde_apply('dev')$$, 'apply');
SELECT hasnt_view('shop__dev', 'revenue', 'dev has it no more');
SELECT throws_ok($$CALL vde_promote('dev', 'prod')$$, '2BP01', NULL, 'a report in prod stands in the way');
SELECT results_eq('TABLE raw.report', 'SELECT sum(amount) FROM raw.orders', 'and goes on working');

SELECT * FROM finish();
ROLLBACK;
