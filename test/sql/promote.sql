-- promote: what was applied reaches the target as one deployment, never a
-- draft; nothing that exists is built again, and what only the target's graph
-- needs is; a table is brought up to the one that it replaces.
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_promote_ana, t_promote_reader;
CREATE ROLE t_promote_ana;
CREATE ROLE t_promote_reader;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_promote_ana', current_database()); END $$;
GRANT CREATE ON SCHEMA public TO t_promote_ana;
SET SESSION AUTHORIZATION t_promote_ana;
CREATE SCHEMA raw;
CREATE TABLE raw.orders (id int, customer_id int, amount numeric);
INSERT INTO raw.orders SELECT i, i % 7, i * 10 FROM generate_series(1, 100) i;

CREATE FUNCTION differ(a text, b text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
	EXECUTE format('SELECT count(*) FROM ((%1$s EXCEPT ALL %2$s) UNION ALL (%2$s EXCEPT ALL %1$s)) d', a, b) INTO n;
	RETURN n;
END $$;
CREATE VIEW relations AS SELECT count(*) AS relations FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace AND relkind IN ('r', 'v', 'm', 'p');
CREATE VIEW layer AS
	SELECT n.nspname AS schema, array_agg(c.relname ORDER BY c.relname) AS views
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname ~ '^shop' AND c.relkind = 'v' GROUP BY 1 ORDER BY 1;
CREATE VIEW builds AS SELECT build, model, action, state, row_count FROM vde_builds ORDER BY build;
CREATE FUNCTION p(environment text, target text DEFAULT NULL) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT regexp_replace(line, '^[0-9a-f]{16}$', '(id)') FROM vde_plan($1, $2) line
$$;
\pset format unaligned
\pset tuples_only on

--
-- what cannot be promoted
--
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount FROM raw.orders') > 0;
SELECT vde_register('shop.totals', 'SELECT customer_id, sum(amount) AS total FROM shop.orders GROUP BY 1') > 0;
SELECT vde_register('shop.best', 'SELECT * FROM shop.totals WHERE total > 700', 'view') > 0;
-- only drafts
CALL vde_promote('dev', 'prod');
\echo :LAST_ERROR_SQLSTATE
-- to itself, from and to what is no name, from an unknown, with an unknown model
CALL vde_promote('dev', 'dev');
\echo :LAST_ERROR_SQLSTATE
CALL vde_promote('nowhere', 'prod');
\echo :LAST_ERROR_SQLSTATE
CALL vde_promote('dev', NULL);
\echo :LAST_ERROR_SQLSTATE
CALL vde_promote(NULL, 'prod');
CALL vde_promote('Dev', 'prod');
\echo :LAST_ERROR_SQLSTATE
CALL vde_promote('dev', 'pr__od');
SELECT count(*) FROM vde_environments WHERE name <> 'dev';
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod', models => '{shop.nothing}');
\echo :LAST_ERROR_SQLSTATE
CALL vde_promote('dev', 'prod', models => '{}');
\echo :LAST_ERROR_SQLSTATE
CALL vde_promote('dev', 'prod', models => '{shop.orders, NULL}');
\echo :LAST_ERROR_SQLSTATE
CALL vde_promote('dev', 'prod', models => '{orders}');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM vde_deployments WHERE action = 'promote';
SELECT to_regclass('shop.orders');

--
-- the first promote: nothing is built; the views stand under the models' names
--
SELECT count(*) AS builds FROM vde_builds \gset
SELECT p('dev', 'prod');
\setenv PGDATABASE :DBNAME
\setenv PGOPTIONS '-c role=t_promote_ana'
\! psql -X -q -c "CALL vde_promote('dev', 'prod', message => 'hello')" 2>&1 | sed -E 's/ in [0-9.]+ s/ in N s/'
SELECT count(*) - :builds FROM vde_builds;
TABLE relations;
TABLE layer;
SELECT differ('TABLE shop.orders', 'SELECT id, customer_id, amount FROM raw.orders');
SELECT differ('TABLE shop.best', 'SELECT customer_id, sum(amount) FROM raw.orders GROUP BY 1 HAVING sum(amount) > 700');
SELECT action, source, message, models, built, reused, changed, deployed_by FROM vde_deployments WHERE environment = 'prod' ORDER BY deployment;

-- again: nothing, and no deployment
SET client_min_messages = notice;
CALL vde_promote('dev', 'prod');
CALL vde_promote('dev', 'prod', force => true);
CALL vde_promote('prod', 'dev');
SET client_min_messages = warning;
SELECT count(*) FROM vde_deployments WHERE environment IN ('dev', 'prod') AND action = 'promote';
-- a draft on top is not promoted
SELECT vde_register('shop.totals', 'SELECT customer_id, count(*) AS total FROM shop.orders GROUP BY 1') > 0;
SELECT p('dev', 'prod');
CALL vde_promote('dev', 'prod');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard();

--
-- a change: the views keep their identity, their grants and what depends on them
--
GRANT SELECT ON shop.totals TO t_promote_reader;
COMMENT ON VIEW shop.best IS 'the best';
CREATE VIEW public.report AS SELECT * FROM shop.best;
SELECT 'shop.totals'::regclass::oid AS totals, 'shop.best'::regclass::oid AS best, 'shop.orders'::regclass::oid AS orders,
	(SELECT xmin FROM pg_class WHERE oid = 'shop.orders'::regclass) AS xmin \gset
SELECT vde_register('shop.totals', 'SELECT customer_id, sum(amount) * 2 AS total FROM shop.orders GROUP BY 1') > 0;
CALL vde_apply('dev');
SELECT differ('TABLE shop.totals', 'SELECT customer_id, sum(amount) FROM raw.orders GROUP BY 1');
SELECT p('dev', 'prod');
SELECT count(*) AS builds FROM vde_builds \gset
CALL vde_promote('dev', 'prod');
SELECT count(*) - :builds FROM vde_builds;
SELECT differ('TABLE shop.totals', 'SELECT customer_id, sum(amount) * 2 FROM raw.orders GROUP BY 1');
SELECT differ('TABLE public.report', 'SELECT customer_id, sum(amount) * 2 FROM raw.orders GROUP BY 1 HAVING sum(amount) * 2 > 700');
SELECT 'shop.totals'::regclass::oid = :totals, 'shop.best'::regclass::oid = :best, has_table_privilege('t_promote_reader', 'shop.totals', 'SELECT');
-- what did not change was not touched
SELECT 'shop.orders'::regclass::oid = :orders AND xmin::text = :'xmin' FROM pg_class WHERE oid = 'shop.orders'::regclass;
SELECT changed FROM vde_deployments WHERE environment = 'prod' ORDER BY deployment DESC LIMIT 1;

-- in the way of a promote: said by the plan, and nothing changes
SELECT vde_register('shop.best', 'SELECT customer_id FROM shop.totals WHERE total > 700', 'view') > 0;
CALL vde_apply('dev');
SELECT p('dev', 'prod');
CALL vde_promote('dev', 'prod');
\echo :LAST_ERROR_SQLSTATE
SELECT differ('TABLE public.report', 'SELECT customer_id, sum(amount) * 2 FROM raw.orders GROUP BY 1 HAVING sum(amount) * 2 > 700');
DROP VIEW public.report;
CALL vde_promote('dev', 'prod');
SELECT differ('TABLE shop.best', 'SELECT customer_id FROM raw.orders GROUP BY 1 HAVING sum(amount) * 2 > 700');

--
-- removed and added; models =>
--
SELECT vde_unregister('shop.best');
SELECT vde_register('shop.new', 'SELECT count(*) AS n FROM shop.orders') > 0;
SELECT vde_register('shop.newer', 'SELECT n + 1 AS n FROM shop.new') > 0;
SELECT vde_register('shop.alone', 'SELECT 1 AS alone') > 0;
CALL vde_apply('dev');
-- only this one; what it needs comes along, what it does not stays away
CALL vde_promote('dev', 'prod', models => '{shop.newer}');
TABLE layer;
SELECT n FROM shop.newer;
SELECT p('dev', 'prod');
CALL vde_promote('dev', 'prod', models => '{shop.best}');
TABLE layer;
-- what is not changed is no error, and nothing
SET client_min_messages = notice;
CALL vde_promote('dev', 'prod', models => '{shop.orders}');
SET client_min_messages = warning;
CALL vde_promote('dev', 'prod');
TABLE layer;
SELECT changed FROM vde_deployments WHERE environment = 'prod' ORDER BY deployment DESC LIMIT 3;
SELECT p('dev', 'prod');

--
-- a rollback of the target brings the earlier base back: promoting works again
--
SELECT vde_register('shop.totals', 'SELECT customer_id, sum(amount) * 3 AS total FROM shop.orders GROUP BY 1') > 0;
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
SELECT differ('TABLE shop.totals', 'SELECT customer_id, sum(amount) * 3 FROM raw.orders GROUP BY 1');
CALL vde_rollback('prod');
SELECT differ('TABLE shop.totals', 'SELECT customer_id, sum(amount) * 2 FROM raw.orders GROUP BY 1');
SELECT p('dev', 'prod');
CALL vde_promote('dev', 'prod');
SELECT differ('TABLE shop.totals', 'SELECT customer_id, sum(amount) * 3 FROM raw.orders GROUP BY 1');
SET client_min_messages = notice;
CALL vde_promote('dev', 'prod');
SET client_min_messages = warning;
-- two back, promoted again: both changes
CALL vde_rollback('prod');
CALL vde_rollback('prod');
TABLE layer;
CALL vde_promote('dev', 'prod');
TABLE layer;
SELECT differ('TABLE shop.totals', 'SELECT customer_id, sum(amount) * 3 FROM raw.orders GROUP BY 1');
-- a rollback of the source, promoted, takes the change back in the target
CALL vde_rollback('dev');
SELECT p('dev', 'prod');
CALL vde_promote('dev', 'prod');
SELECT differ('TABLE shop.totals', 'SELECT customer_id, sum(amount) * 2 FROM raw.orders GROUP BY 1');

--
-- into an environment that is not there: made from prod
--
SELECT vde_register('shop.alone', 'SELECT 2 AS alone') > 0;
CALL vde_apply('dev');
CALL vde_promote('dev', 'stage');
SELECT name, base, models FROM vde_environments WHERE name = 'stage';
TABLE layer;
SELECT p.alone AS prod, s.alone AS stage FROM shop.alone p, shop__stage.alone s;
CALL vde_promote('stage', 'prod');
SELECT alone FROM shop.alone;
SET client_min_messages = notice;
CALL vde_promote('dev', 'prod');
SET client_min_messages = warning;

--
-- a build in a promote that fails: nothing of it is seen
--
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount - 10 AS amount FROM raw.orders WHERE id > 1') > 0;
CALL vde_apply('dev');
SELECT vde_register('shop.totals', 'SELECT customer_id, sum(1000 / amount) AS total FROM shop.orders GROUP BY 1', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount - 10 AS amount FROM raw.orders') > 0;
SELECT vde_unregister('shop.totals', 'dev');
CALL vde_apply('dev');
-- dev's totals went: so did prod's change of them, in conflict
CALL vde_promote('dev', 'prod');
\echo :LAST_ERROR_SQLSTATE
CALL vde_promote('dev', 'prod', models => '{shop.orders}');
\echo :LAST_ERROR_SQLSTATE
SELECT differ('TABLE shop.orders', 'SELECT id, customer_id, amount FROM raw.orders');
SELECT differ('TABLE shop.totals', 'SELECT customer_id, sum(1000 / amount) FROM raw.orders GROUP BY 1');
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory';
CALL vde_rollback('dev');
CALL vde_promote('dev', 'prod', models => '{shop.orders}');
SELECT differ('TABLE shop.orders', 'SELECT id, customer_id, amount - 10 FROM raw.orders WHERE id > 1');
SELECT differ('TABLE shop.totals', 'SELECT customer_id, sum(1000 / (amount - 10)) FROM raw.orders WHERE id > 1 GROUP BY 1');

--
-- the horizon: a table that was built before prod was refreshed is filled anew,
-- so that no reader of prod is taken back in time
--
CALL vde_drop_environment('dev');
CALL vde_drop_environment('stage');
SELECT vde_register('shop.totals', 'SELECT customer_id, sum(amount) AS total FROM shop.orders GROUP BY 1', environment => 'prod') > 0;
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount FROM raw.orders', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
SELECT vde_register('shop.totals', 'SELECT customer_id, sum(amount) + 1 AS total FROM shop.orders GROUP BY 1') > 0;
SELECT vde_register('shop.fresh', 'SELECT count(*) AS n FROM shop.orders') > 0;
SELECT vde_register('shop.rates', E'currency,rate\nEUR,1\n', 'seed') > 0;
CALL vde_apply('dev');
INSERT INTO raw.orders VALUES (101, 1, 5000);
CALL vde_run('prod');
SELECT differ('TABLE shop.totals', 'SELECT customer_id, sum(amount) FROM raw.orders GROUP BY 1');
SELECT differ('TABLE shop__dev.totals', 'SELECT customer_id, sum(amount) + 1 FROM raw.orders WHERE id <= 100 GROUP BY 1');
SELECT p('dev', 'prod');
SELECT model, change, category, action, reason FROM vde_changes('dev', 'prod');
SELECT count(*) AS builds FROM vde_builds \gset
TABLE relations;
CALL vde_promote('dev', 'prod');
SELECT model, action, state, row_count FROM builds OFFSET :builds;
TABLE relations;
SELECT differ('TABLE shop.totals', 'SELECT customer_id, sum(amount) + 1 FROM raw.orders GROUP BY 1');
SELECT n FROM shop.fresh;
SELECT built, reused FROM vde_deployments WHERE environment = 'prod' ORDER BY deployment DESC LIMIT 1;
-- dev goes back to what prod has: prod refreshes it, so nothing is filled anew
SELECT vde_register('shop.totals', 'SELECT customer_id, sum(amount) - 1 AS total FROM shop.orders GROUP BY 1') > 0;
CALL vde_apply('dev');
SELECT vde_register('shop.totals', 'SELECT customer_id, sum(amount) + 1 AS total FROM shop.orders GROUP BY 1') > 0;
SELECT model, change, category, action, reason FROM vde_changes('dev');
SELECT count(*) AS builds FROM vde_builds \gset
CALL vde_apply('dev');
SELECT count(*) - :builds FROM vde_builds;
-- a view between a table and its reader does not hide how old that one is
SELECT vde_register('shop.big', 'SELECT * FROM shop.orders WHERE amount > 500', 'view', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
CALL vde_drop_environment('dev');
SELECT vde_register('shop.count_big', 'SELECT count(*) AS n FROM shop.big') > 0;
CALL vde_apply('dev');
INSERT INTO raw.orders VALUES (102, 1, 6000);
CALL vde_run('prod');
SELECT model, action, reason FROM vde_changes('dev', 'prod');
CALL vde_promote('dev', 'prod');
SELECT n = (SELECT count(*) FROM raw.orders WHERE amount > 500) FROM shop.count_big;
-- inside a transaction block likewise
SELECT vde_register('shop.count_big', 'SELECT count(*) + 1 AS n FROM shop.big') > 0;
CALL vde_apply('dev');
INSERT INTO raw.orders VALUES (103, 1, 7000);
CALL vde_run('prod');
BEGIN;
CALL vde_promote('dev', 'prod');
SELECT n = (SELECT count(*) + 1 FROM raw.orders WHERE amount > 500) FROM shop.count_big;
COMMIT;
SELECT n = (SELECT count(*) + 1 FROM raw.orders WHERE amount > 500) FROM shop.count_big;
