-- run: fresh rows of the sources arrive in graph order, each model switched at
-- its commit; a shared table is refreshed by one environment alone; what reads
-- something that changed outside is stopped, and the plan shows it.
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_run_ana;
CREATE ROLE t_run_ana;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_run_ana', current_database()); END $$;
GRANT CREATE ON SCHEMA public TO t_run_ana;
SET SESSION AUTHORIZATION t_run_ana;
CREATE SCHEMA raw;
CREATE TABLE raw.orders (id int, customer_id int, amount int);
INSERT INTO raw.orders SELECT i, i % 7, i * 10 FROM generate_series(1, 100) i;
CREATE FUNCTION raw.twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
CREATE FUNCTION differ(a text, b text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
	EXECUTE format('SELECT count(*) FROM ((%1$s EXCEPT ALL %2$s) UNION ALL (%2$s EXCEPT ALL %1$s)) d', a, b) INTO n;
	RETURN n;
END $$;
CREATE FUNCTION p(environment text, target text DEFAULT NULL) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT regexp_replace(line, '^[0-9a-f]{16}$', '(id)') FROM vde_plan($1, $2) line
$$;
CREATE VIEW builds AS SELECT build, model, environment, action, state, row_count FROM vde_builds ORDER BY build;
CREATE VIEW relations AS SELECT count(*) AS relations FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace AND relkind IN ('r', 'v', 'm', 'p');
\pset format unaligned
\pset tuples_only on

CALL vde_run('prod');
\echo :LAST_ERROR_SQLSTATE

-- names against the order of the graph
SELECT vde_register('shop.z_orders', 'SELECT id, customer_id, raw.twice(amount) AS amount FROM raw.orders', environment => 'prod') > 0;
SELECT vde_register('shop.y_big', 'SELECT * FROM shop.z_orders WHERE amount > 500', 'view', environment => 'prod') > 0;
SELECT vde_register('shop.x_totals', 'SELECT customer_id, sum(amount) AS total FROM shop.y_big GROUP BY 1', 'materialized_view',
	'{"indexes": [{"columns": ["customer_id"], "unique": true}]}', 'prod') > 0;
SELECT vde_register('shop.w_inline', 'SELECT max(total) AS top FROM shop.x_totals', 'embedded', environment => 'prod') > 0;
SELECT vde_register('shop.a_top', 'SELECT top FROM shop.w_inline', environment => 'prod') > 0;
SELECT vde_register('shop.seed', E'k\n1\n', 'seed', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
SELECT differ('TABLE shop.a_top', 'SELECT max(s) FROM (SELECT sum(amount * 2) AS s FROM raw.orders WHERE amount * 2 > 500 GROUP BY customer_id) x'), count(*) FROM shop.a_top;

-- dev shares all, and has one of its own
SELECT vde_register('shop.mine', 'SELECT count(*) AS n FROM shop.x_totals', environment => 'dev') > 0;
CALL vde_apply('dev');
SELECT relations FROM relations \gset

--
-- fresh rows
--
INSERT INTO raw.orders SELECT i, i % 11, i * 10 FROM generate_series(101, 200) i;
DELETE FROM raw.orders WHERE id <= 10;
SELECT count(*) AS builds FROM vde_builds \gset
\setenv PGDATABASE :DBNAME
\setenv PGOPTIONS '-c role=t_run_ana'
\! psql -X -q -c "CALL vde_run('prod')" 2>&1 | sed -E 's/ in [0-9.]+ s/ in N s/'
SELECT model, environment, action, state, row_count FROM builds OFFSET :builds;
SELECT differ('TABLE shop.z_orders', 'SELECT id, customer_id, amount * 2 FROM raw.orders');
SELECT differ('TABLE shop.y_big', 'SELECT id, customer_id, amount * 2 FROM raw.orders WHERE amount * 2 > 500');
SELECT differ('TABLE shop.x_totals', 'SELECT customer_id, sum(amount * 2) FROM raw.orders WHERE amount * 2 > 500 GROUP BY 1');
SELECT differ('TABLE shop.a_top', 'SELECT max(s) FROM (SELECT sum(amount * 2) AS s FROM raw.orders WHERE amount * 2 > 500 GROUP BY customer_id) x');
-- dev sees the shared ones; its own is as it was, until it runs
SELECT differ('TABLE shop__dev.a_top', 'TABLE shop.a_top');
SELECT n FROM shop__dev.mine;
-- the index is still there, and valid; no relation is new
SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'vde_data'::regnamespace AND c.relname ~ 'x_totals' AND indisunique AND indisvalid;
SELECT relations - :relations FROM relations;
SELECT model, row_count FROM vde_models WHERE environment = 'prod' ORDER BY 1;
-- the environment's deployments are as they were: a run moves no pointer
SELECT count(*) FROM vde_deployments WHERE environment = 'prod';

--
-- dev's run refreshes what is dev's alone
--
INSERT INTO raw.orders VALUES (201, 100, 100000);
SELECT count(*) AS builds FROM vde_builds \gset
\! psql -X -q -c "CALL vde_run('dev')" 2>&1 | sed -E 's/ in [0-9.]+ s/ in N s/'
SELECT model, environment, action, state, row_count FROM builds OFFSET :builds;
SELECT n, (SELECT count(*) FROM shop.x_totals) FROM shop__dev.mine;
SELECT count(*) FROM shop.z_orders WHERE id = 201;
-- of two others, the older one refreshes
CALL vde_create_environment('young', base => 'dev');
SELECT count(*) AS builds FROM vde_builds \gset
CALL vde_run('young');
SELECT count(*) - :builds FROM vde_builds;
CALL vde_run('dev');
SELECT model, environment FROM builds OFFSET :builds;
-- once dev has gone, the young one does
CALL vde_drop_environment('dev');
SELECT count(*) AS builds FROM vde_builds \gset
CALL vde_run('young');
SELECT model, environment FROM builds OFFSET :builds;
CALL vde_drop_environment('young');

-- a plan has nothing to do because rows are new
SELECT p('prod');

-- inside a transaction block
BEGIN;
CALL vde_run('prod');
SELECT count(*) FROM shop.z_orders WHERE id = 201;
ROLLBACK;
SELECT count(*) FROM shop.z_orders WHERE id = 201;
BEGIN;
CALL vde_run('prod');
COMMIT;
SELECT count(*) FROM shop.z_orders WHERE id = 201;
SELECT differ('TABLE shop.x_totals', 'SELECT customer_id, sum(amount * 2) FROM raw.orders WHERE amount * 2 > 500 GROUP BY 1');

--
-- a refresh that fails stops what reads it, not the rest, and leaves its rows
--
SELECT vde_register('shop.inverse', 'SELECT id, 1 / (id - 300) AS i FROM raw.orders', environment => 'prod') > 0;
SELECT vde_register('shop.inverse_sum', 'SELECT sum(i) AS s, count(*) AS n FROM shop.inverse', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
SELECT n FROM shop.inverse_sum;
INSERT INTO raw.orders VALUES (300, 100, 1);
SELECT count(*) AS builds FROM vde_builds \gset
CALL vde_run('prod');
\echo :LAST_ERROR_SQLSTATE
SELECT model, action, state FROM builds OFFSET :builds;
SELECT (SELECT count(*) FROM shop.inverse), n FROM shop.inverse_sum;
SELECT count(*) FROM shop.z_orders WHERE id = 300;
DELETE FROM raw.orders WHERE id = 300;
CALL vde_run('prod');
SELECT vde_unregister('shop.inverse', 'prod'), vde_unregister('shop.inverse_sum', 'prod');
CALL vde_apply('prod', confirm => true);
-- a unique index that the fresh rows break
SELECT vde_register('shop.keyed', 'SELECT id FROM raw.orders', options => '{"primary_key": ["id"]}', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
INSERT INTO raw.orders VALUES (201, 1, 1);
\set VERBOSITY sqlstate
CALL vde_run('prod');
\set VERBOSITY default
SELECT count(*) FROM shop.keyed WHERE id = 201;
SELECT count(*) FROM shop.z_orders WHERE id = 201;
DELETE FROM raw.orders WHERE id = 201;
CALL vde_run('prod');
SELECT count(*) FROM shop.keyed WHERE id = 201;

--
-- drift: a function was replaced
--
CREATE OR REPLACE FUNCTION raw.twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 3';
SELECT p('prod');
SELECT model, change, category, action, reason FROM vde_changes('prod');
INSERT INTO raw.orders VALUES (400, 1, 1000);
SELECT count(*) AS builds FROM vde_builds \gset
CALL vde_run('prod');
\echo :LAST_ERROR_SQLSTATE
SELECT model, action, state FROM builds OFFSET :builds;
-- what reads it has its old rows, what does not has fresh ones
SELECT count(*) FILTER (WHERE id = 400), min(amount / 2) FROM shop.z_orders;
SELECT count(*) FROM shop.keyed WHERE id = 400;
-- apply builds it, under a version of its own
CALL vde_apply('prod');
SELECT differ('TABLE shop.z_orders', 'SELECT id, customer_id, amount * 3 FROM raw.orders');
SELECT differ('TABLE shop.x_totals', 'SELECT customer_id, sum(amount * 3) FROM raw.orders WHERE amount * 3 > 500 GROUP BY 1');
SELECT p('prod');
CALL vde_run('prod');
-- the old function brings the old version back, filled anew
CREATE OR REPLACE FUNCTION raw.twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
SELECT model, action, reason FROM vde_changes('prod');
CALL vde_apply('prod');
SELECT differ('TABLE shop.z_orders', 'SELECT id, customer_id, amount * 2 FROM raw.orders');
SELECT differ('TABLE shop.a_top', 'SELECT max(s) FROM (SELECT sum(amount * 2) AS s FROM raw.orders WHERE amount * 2 > 500 GROUP BY customer_id) x');

--
-- drift: a column of a source was retyped, dropped, the source is gone
--
ALTER TABLE raw.orders ALTER customer_id TYPE bigint;
SELECT p('prod');
\set VERBOSITY sqlstate
CALL vde_run('prod');
\set VERBOSITY default
-- x_totals' customer_id is another type: views change shape with it
SELECT pg_typeof(customer_id) FROM shop.x_totals LIMIT 1;
CALL vde_apply('prod');
SELECT pg_typeof(customer_id) FROM shop.x_totals LIMIT 1;
SELECT differ('TABLE shop.x_totals', 'SELECT customer_id, sum(amount * 2) FROM raw.orders WHERE amount * 2 > 500 GROUP BY 1');
-- a column that nobody reads is no drift
ALTER TABLE raw.orders ADD note text;
SELECT p('prod');
ALTER TABLE raw.orders DROP note;
SELECT p('prod');
ALTER TABLE raw.orders RENAME amount TO sum;
SELECT p('prod');
CALL vde_run('prod');
\echo :LAST_ERROR_SQLSTATE
-- an apply has nothing to do, and breaks nothing
SET client_min_messages = notice;
CALL vde_apply('prod');
SET client_min_messages = warning;
SELECT count(*) > 0 FROM shop.z_orders;
ALTER TABLE raw.orders RENAME sum TO amount;
SELECT p('prod');
ALTER TABLE raw.orders RENAME TO orders_old;
SELECT p('prod');
CALL vde_run('prod');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) > 0 FROM shop.z_orders;
ALTER TABLE raw.orders_old RENAME TO orders;
CALL vde_run('prod');
SELECT p('prod');
SELECT differ('TABLE shop.z_orders', 'SELECT id, customer_id, amount * 2 FROM raw.orders');

-- the owner's right to the source was taken away: said, and nothing changed
SELECT count(*) AS n FROM shop.z_orders \gset
RESET SESSION AUTHORIZATION;
ALTER TABLE raw.orders OWNER TO CURRENT_USER;
REVOKE ALL ON raw.orders FROM t_run_ana;
INSERT INTO raw.orders VALUES (500, 1, 1);
CALL vde_run('prod');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) - :n FROM shop.z_orders;
