-- apply: it builds only what changed and nobody has; inside a transaction block
-- it is all of that transaction, outside it keeps each built model; a failure
-- in the middle changes nothing that is visible; a model runs as its owner.
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_apply_ana, t_apply_bob;
CREATE ROLE t_apply_ana;
CREATE ROLE t_apply_bob;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_apply_ana, t_apply_bob', current_database()); END $$;
GRANT CREATE ON SCHEMA public TO t_apply_ana;
CREATE SCHEMA raw AUTHORIZATION t_apply_ana;
SET SESSION AUTHORIZATION t_apply_ana;
CREATE TABLE raw.orders (id int, customer_id int, amount numeric);
INSERT INTO raw.orders SELECT i, i % 7, i * 10 FROM generate_series(1, 100) i;
GRANT USAGE ON SCHEMA raw TO t_apply_bob;
GRANT SELECT ON raw.orders TO t_apply_bob;

-- how many rows two queries differ in
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
GRANT SELECT ON relations, layer TO PUBLIC;
\pset format unaligned
\pset tuples_only on

--
-- the first apply, as a user sees it
--
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount FROM raw.orders') > 0;
SELECT vde_register('shop.totals', 'SELECT customer_id, sum(amount) AS total FROM shop.orders GROUP BY 1') > 0;
SELECT vde_register('shop.best', 'SELECT * FROM shop.totals WHERE total > 7000', 'view') > 0;
SELECT vde_register('shop.top', 'SELECT max(total) AS top FROM shop.best', 'materialized_view') > 0;
SELECT vde_register('shop.rates', E'currency,rate\nEUR,1\nUSD,1.1\n', 'seed') > 0;
\setenv PGDATABASE :DBNAME
\setenv PGOPTIONS '-c role=t_apply_ana'
\! psql -X -q -c "CALL vde_apply('dev')" 2>&1 | sed -E 's/ in [0-9.]+ s/ in N s/'
TABLE layer;
TABLE relations;
SELECT differ('TABLE shop__dev.orders', 'SELECT id, customer_id, amount FROM raw.orders'), count(*) FROM shop__dev.orders;
SELECT differ('TABLE shop__dev.totals', 'SELECT customer_id, sum(amount) FROM raw.orders GROUP BY 1'), count(*) FROM shop__dev.totals;
SELECT differ('TABLE shop__dev.best', 'SELECT customer_id, sum(amount) FROM raw.orders GROUP BY 1 HAVING sum(amount) > 7000'), count(*) FROM shop__dev.best;
SELECT differ('TABLE shop__dev.top', 'SELECT max(s) FROM (SELECT sum(amount) AS s FROM raw.orders GROUP BY customer_id) x'), count(*) FROM shop__dev.top;
TABLE shop__dev.rates;
SELECT model, environment, action, state, row_count, seconds >= 0, sqlstate, message, position, built_by FROM vde_builds ORDER BY build;
SELECT model, kind, row_count, built_at <= refreshed_at OR built_at IS NOT NULL, parents FROM vde_models WHERE environment = 'dev' ORDER BY model;

--
-- only what changed is built; what another environment has is not built again;
-- the order of edits does not matter
--
CALL vde_promote('dev', 'prod');
TABLE relations;
SELECT vde_register('shop.totals', 'SELECT customer_id, sum(amount) AS total FROM shop.orders WHERE amount > 0 GROUP BY 1') > 0;
CALL vde_apply('dev');
TABLE relations;
SELECT model, state FROM vde_builds WHERE build > 5 ORDER BY build;
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount FROM raw.orders WHERE id > 0') > 0;
CALL vde_apply('dev');
TABLE relations;
SELECT count(*) AS builds FROM vde_builds \gset
-- a second environment makes the two edits in the other order: one new state
-- lies on its way, the last one is dev's
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount FROM raw.orders WHERE id > 0', environment => 'other') > 0;
CALL vde_apply('other');
SELECT count(*) - :builds FROM vde_builds;
SELECT count(*) AS builds FROM vde_builds \gset
SELECT vde_register('shop.totals', 'SELECT customer_id, sum(amount) AS total FROM shop.orders WHERE amount > 0 GROUP BY 1', environment => 'other') > 0;
CALL vde_apply('other');
SELECT count(*) - :builds FROM vde_builds;
SELECT count(*) FROM vde_models d JOIN vde_models o USING (model) WHERE d.environment = 'dev' AND o.environment = 'other' AND d.physical_table = o.physical_table AND d.version = o.version;
-- back to an earlier definition: the earlier table, found by dev, nothing built
SELECT vde_register('shop.totals', 'SELECT customer_id, sum(amount) AS total FROM shop.orders GROUP BY 1') > 0;
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount FROM raw.orders') > 0;
CALL vde_apply('dev');
SELECT count(*) - :builds FROM vde_builds;
SELECT count(*) FROM vde_models d JOIN vde_models o USING (model) WHERE d.environment = 'dev' AND o.environment = 'prod' AND d.physical_table = o.physical_table;
SELECT differ('TABLE shop__other.totals', 'SELECT customer_id, sum(amount) FROM raw.orders GROUP BY 1');
CALL vde_drop_environment('other');
-- a comment and a description build nothing
TABLE relations;
SELECT vde_register('shop.orders', E'select  o.id, o.customer_id,\n  (o.amount) -- money\nFROM raw.orders AS o', options => '{"description": "each order"}') > 0;
CALL vde_apply('dev');
TABLE relations;
SELECT obj_description('shop__dev.orders'::regclass);
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount FROM raw.orders') > 0;
CALL vde_apply('dev');

--
-- two people with the same change share one table
--
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_apply_bob;
SELECT vde_register('own.big', 'SELECT id FROM raw.orders WHERE amount > 500', environment => 'bob') > 0;
CALL vde_apply('bob');
TABLE relations;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_apply_ana;
SELECT vde_register('own.big', E'-- the same\nSELECT o.id FROM raw.orders o WHERE (o.amount > 500)', environment => 'ana') > 0;
CALL vde_apply('ana');
TABLE relations;
SELECT environment, owner FROM vde_models WHERE model = 'own.big' ORDER BY 1;
SELECT count(DISTINCT physical_table) FROM vde_models WHERE model = 'own.big';
SELECT differ('TABLE own__ana.big', 'SELECT id FROM raw.orders WHERE amount > 500');
CALL vde_drop_environment('ana');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_apply_bob;
SELECT differ('TABLE own__bob.big', 'SELECT id FROM raw.orders WHERE amount > 500');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_apply_ana;

--
-- inside a transaction block: all or nothing
--
SELECT count(*) AS builds FROM vde_builds \gset
BEGIN;
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount * 2 AS amount FROM raw.orders') > 0;
SELECT vde_register('shop.in_block', 'SELECT 1 AS one', environment => 'block') > 0;
CALL vde_apply('dev');
CALL vde_apply('block');
CALL vde_promote('dev', 'prod');
SELECT differ('TABLE shop.totals', 'SELECT customer_id, sum(amount) * 2 FROM raw.orders GROUP BY 1');
TABLE layer;
ROLLBACK;
TABLE layer;
TABLE relations;
SELECT count(*) - :builds FROM vde_builds;
SELECT count(*) FROM vde_models WHERE state <> 'applied';
SELECT count(*) FROM vde_environments WHERE name = 'block';
SELECT differ('TABLE shop.totals', 'SELECT customer_id, sum(amount) FROM raw.orders GROUP BY 1');
SELECT differ('TABLE shop__dev.totals', 'SELECT customer_id, sum(amount) FROM raw.orders GROUP BY 1');
-- an error takes the rest with it, and is raised as it is
BEGIN;
SELECT vde_register('shop.fine', 'SELECT 1 AS fine') > 0;
SELECT vde_register('shop.zero', 'SELECT id / (fine - 1) AS z FROM shop.orders, shop.fine') > 0;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT 1;
ROLLBACK;
TABLE relations;
SELECT count(*) - :builds FROM vde_builds;
SELECT count(*) FROM vde_models WHERE state <> 'applied';
-- a savepoint
BEGIN;
SELECT vde_register('shop.kept', 'SELECT 1 AS kept') > 0;
CALL vde_apply('dev');
SAVEPOINT s;
SELECT vde_register('shop.lost', 'SELECT 1 AS lost') > 0;
CALL vde_apply('dev');
SELECT kept, lost FROM shop__dev.kept, shop__dev.lost;
ROLLBACK TO s;
SELECT kept FROM shop__dev.kept;
COMMIT;
TABLE layer;
SELECT kept FROM shop__dev.kept;
-- from a function, and from a block with an exception handler: no commit is possible there
CREATE FUNCTION apply(environment text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN CALL vde_apply(environment); RETURN 'applied'; END $$;
SELECT vde_register('shop.by_function', 'SELECT 1 AS one') > 0;
SELECT apply('dev');
SELECT one FROM shop__dev.by_function;
SELECT vde_register('shop.by_block', 'SELECT 2 AS two') > 0;
DO $$ BEGIN CALL vde_apply('dev'); END $$;
SELECT two FROM shop__dev.by_block;
SELECT vde_register('shop.by_handler', 'SELECT 3 AS three') > 0;
DO $$ BEGIN CALL vde_apply('dev'); EXCEPTION WHEN division_by_zero THEN RAISE WARNING 'caught'; END $$;
SELECT three FROM shop__dev.by_handler;
SELECT vde_register('shop.by_handler', 'SELECT 3 / (count(*) - 100) AS three FROM raw.orders') > 0;
DO $$ BEGIN CALL vde_apply('dev'); EXCEPTION WHEN division_by_zero THEN RAISE WARNING 'caught'; END $$;
SELECT three FROM shop__dev.by_handler;
SELECT vde_discard();
SELECT vde_unregister('shop.by_function'), vde_unregister('shop.by_block'), vde_unregister('shop.by_handler'), vde_unregister('shop.kept');
CALL vde_apply('dev');
TABLE layer;

--
-- outside: a division by zero in the middle.  What does not read it is built
-- and kept; nothing visible changes; the next apply goes on from there.
--
SELECT count(*) AS builds FROM vde_builds \gset
SELECT relations FROM relations \gset
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount + 1 AS amount FROM raw.orders') > 0;
SELECT vde_register('shop.totals', E'SELECT customer_id,\n sum(amount / (id - 50)) AS total FROM shop.orders GROUP BY 1') > 0;
SELECT vde_register('shop.beside', 'SELECT count(*) AS n FROM shop.orders') > 0;
CALL vde_apply('dev', message => 'never');
\echo :LAST_ERROR_SQLSTATE
SELECT model, action, state, row_count, sqlstate, message, built_by FROM vde_builds ORDER BY build OFFSET :builds;
SELECT relations - :relations FROM relations;
TABLE layer;
SELECT differ('TABLE shop__dev.orders', 'SELECT id, customer_id, amount FROM raw.orders');
SELECT differ('TABLE shop__dev.totals', 'SELECT customer_id, sum(amount) FROM raw.orders GROUP BY 1');
SELECT differ('TABLE shop__dev.top', 'SELECT max(s) FROM (SELECT sum(amount) AS s FROM raw.orders GROUP BY customer_id) x');
SELECT count(*) FROM vde_models WHERE state <> 'applied';
SELECT count(*) FROM vde_deployments WHERE message = 'never';
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory';
-- again without a change: only the rest is tried, and fails
SELECT count(*) AS builds FROM vde_builds \gset
\set VERBOSITY sqlstate
CALL vde_apply('dev');
\set VERBOSITY default
SELECT model, state FROM vde_builds ORDER BY build OFFSET :builds;
-- corrected
SELECT count(*) AS builds FROM vde_builds \gset
SELECT vde_register('shop.totals', 'SELECT customer_id, sum(amount / NULLIF(id - 50, 0)) AS total FROM shop.orders GROUP BY 1') > 0;
CALL vde_apply('dev', message => 'at last');
SELECT model, state FROM vde_builds ORDER BY build OFFSET :builds;
SELECT differ('TABLE shop__dev.totals', 'SELECT customer_id, sum((amount + 1) / NULLIF(id - 50, 0)) FROM raw.orders GROUP BY 1');
SELECT differ('TABLE shop__dev.top', 'SELECT max(s) FROM (SELECT sum((amount + 1) / NULLIF(id - 50, 0)) AS s FROM raw.orders GROUP BY customer_id) x WHERE s > 7000');
SELECT n FROM shop__dev.beside;
SELECT message, models, built, reused, changed FROM vde_deployments WHERE environment = 'dev' ORDER BY deployment DESC LIMIT 1;

-- two fail: both are named; the SQLSTATE is that of the first
SELECT count(*) AS builds FROM vde_builds \gset
SELECT vde_register('shop.fail_a', 'SELECT 1 / (count(*) - 100) AS a FROM shop.orders') > 0;
SELECT vde_register('shop.fail_b', $$SELECT ('x' || count(*))::int AS b FROM shop.orders$$) > 0;
SELECT vde_register('shop.between', 'SELECT * FROM shop.fail_a, shop.fail_b', 'view') > 0;
SELECT vde_register('shop.inlined', 'SELECT * FROM shop.fail_b', 'embedded') > 0;
SELECT vde_register('shop.reads', 'SELECT count(*) AS n FROM shop.between') > 0;
SELECT vde_register('shop.reads_inlined', 'SELECT count(*) AS n FROM shop.inlined') > 0;
SELECT vde_register('shop.works', 'SELECT 1 AS n') > 0;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT model, state, sqlstate FROM vde_builds ORDER BY build OFFSET :builds;
SELECT vde_discard();

--
-- statement_timeout in the middle: what was built is kept, nothing else changes,
-- no lock is left
--
SELECT count(*) AS builds FROM vde_builds \gset
SELECT relations FROM relations \gset
CREATE FUNCTION slow(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM pg_sleep(60); RETURN $1; END $$;
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount + 2 AS amount FROM raw.orders') > 0;
SELECT vde_register('shop.totals', 'SELECT customer_id, slow(count(*)::int) AS total FROM shop.orders GROUP BY 1') > 0;
SET statement_timeout = '1s';
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
RESET statement_timeout;
SELECT model, state, row_count, sqlstate FROM vde_builds ORDER BY build OFFSET :builds;
SELECT relations - :relations FROM relations;
SELECT differ('TABLE shop__dev.orders', 'SELECT id, customer_id, amount + 1 FROM raw.orders');
SELECT n FROM shop__dev.beside;
SELECT count(*) FROM vde_models WHERE state <> 'applied';
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory';
SELECT count(*) AS builds FROM vde_builds \gset
SELECT vde_register('shop.totals', 'SELECT customer_id, sum(amount) AS total FROM shop.orders GROUP BY 1') > 0;
CALL vde_apply('dev');
SELECT model, state FROM vde_builds ORDER BY build OFFSET :builds;
SELECT differ('TABLE shop__dev.totals', 'SELECT customer_id, sum(amount + 2) FROM raw.orders GROUP BY 1');
-- inside a block it is the block's error
BEGIN;
SELECT vde_register('shop.sleepy', 'SELECT slow(count(*)::int) AS s FROM raw.orders') > 0;
SET LOCAL statement_timeout = '200ms';
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
SELECT count(*) FROM vde_models WHERE state <> 'applied';
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory';

--
-- a model's query is read-only
--
CREATE TABLE raw.log (t text);
CREATE FUNCTION raw.logs(int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO raw.log VALUES ('was here'); RETURN $1; END $$;
SELECT vde_register('shop.writes', 'SELECT raw.logs(1) AS one') > 0;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM raw.log;
SELECT vde_discard();

--
-- drafts reach a protected environment only with confirm
--
SELECT vde_register('shop.direct', 'SELECT 1 AS one', environment => 'prod') > 0;
CALL vde_apply('prod');
\echo :LAST_ERROR_SQLSTATE
CALL vde_apply('prod', confirm => false);
CALL vde_apply('prod', confirm => NULL);
SELECT count(*) FROM vde_models WHERE environment = 'prod' AND state = 'drafted';
CALL vde_apply('prod', confirm => true);
SELECT one FROM shop.direct;
-- who protects: a superuser
SET vde.protected = '';
\echo :LAST_ERROR_SQLSTATE
SET vde.retention = 0;
RESET SESSION AUTHORIZATION;
SET vde.protected = 'prod, dev';
SET SESSION AUTHORIZATION t_apply_ana;
SELECT vde_register('shop.direct', 'SELECT 2 AS two', environment => 'dev') > 0;
CALL vde_apply('dev');
CALL vde_apply('dev', confirm => true);
SELECT two FROM shop__dev.direct;
CALL vde_apply('dev');
RESET SESSION AUTHORIZATION;
RESET vde.protected;

--
-- a model runs as its owner, whoever applies
--
SET SESSION AUTHORIZATION t_apply_ana;
SELECT vde_register('who.am_i', 'SELECT current_user::text AS c, current_user <> ''t_apply_ana'' AS s', environment => 'prod') > 0;
SELECT vde_register('who.rows', 'SELECT current_user::text AS c, count(*) AS n FROM raw.orders', 'materialized_view', environment => 'prod') > 0;
RESET SESSION AUTHORIZATION;
CALL vde_apply('prod', confirm => true);
SELECT * FROM who.am_i;
SELECT * FROM who.rows;
SELECT model, built_by FROM vde_builds WHERE model ~ 'who' ORDER BY build;
-- a superuser's apply lends no rights to ana's query
CREATE TABLE public.secret AS SELECT 'secret' AS s;
CREATE FUNCTION public.peek() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT s FROM public.secret); END $$;
SET SESSION AUTHORIZATION t_apply_ana;
SELECT vde_register('who.peeks', 'SELECT public.peek() AS s', environment => 'prod') > 0;
SELECT vde_register('who.reads', 'SELECT s FROM public.secret', environment => 'prod') > 0;
RESET SESSION AUTHORIZATION;
\set VERBOSITY terse
CALL vde_apply('prod', confirm => true);
\set VERBOSITY default
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM pg_class WHERE relname ~ 'who__(peeks|reads)';
SELECT vde_discard('prod');
-- bob cannot register a model as ana, nor change one of hers, nor as a superuser
SET SESSION AUTHORIZATION t_apply_bob;
SELECT vde_register('who.mine', 'SELECT 1 AS one', options => '{"owner": "t_apply_ana"}', environment => 'bob');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('who.am_i', 'SELECT 1 AS c', environment => 'fork');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('who.am_i', 'SELECT 1 AS c', options => '{"owner": "vde_storage"}', environment => 'fork');
-- as his own, in an environment of his own, he may
SELECT vde_register('who.am_i', 'SELECT current_user::text AS c, false AS s', options => '{"owner": "t_apply_bob"}', environment => 'fork') > 0;
CALL vde_apply('fork');
SELECT * FROM who__fork.am_i;
RESET SESSION AUTHORIZATION;
SELECT * FROM who.am_i;

--
-- bob changes a parent of ana's model, in his own environment: her model is not
-- run over his code unless he may have her read it
--
SET SESSION AUTHORIZATION t_apply_ana;
CREATE TABLE raw.hers AS SELECT 'hers'::text AS s;
SELECT vde_register('chain.parent', 'SELECT id FROM raw.orders', 'view', environment => 'prod') > 0;
SELECT vde_register('chain.child', 'SELECT * FROM chain.parent', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
GRANT USAGE ON SCHEMA chain TO t_apply_bob;
GRANT SELECT ON chain.parent, chain.child TO t_apply_bob;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_apply_bob;
CREATE SCHEMA bobs;
GRANT USAGE ON SCHEMA bobs TO PUBLIC;
CREATE FUNCTION bobs.spy() RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RAISE WARNING 'spy runs as %', current_user; RETURN (SELECT s FROM raw.hers); END $$;
CALL vde_create_environment('spying');
SELECT vde_register('chain.parent', 'SELECT id, bobs.spy() AS s FROM raw.orders LIMIT 1', 'view', '{"owner": "t_apply_bob"}', 'spying') > 0;
CALL vde_apply('spying');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('chain.parent', 'SELECT id, bobs.spy() AS s FROM raw.orders LIMIT 1', 'embedded', '{"owner": "t_apply_bob"}', 'spying') > 0;
CALL vde_apply('spying');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('spying');
CALL vde_drop_environment('spying');
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM vde_builds WHERE environment = 'spying' AND model = 'chain.child' AND state = 'built';

--
-- a role without SELECT on a source neither builds from it, nor reuses the
-- table that another role built from it
--
SET SESSION AUTHORIZATION t_apply_ana;
CREATE TABLE raw.private (id int, salary int);
INSERT INTO raw.private VALUES (1, 1000);
SELECT vde_register('pay.all', 'SELECT id, salary FROM raw.private', environment => 'ana') > 0;
CALL vde_apply('ana');
TABLE pay__ana.all;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_apply_bob;
SELECT relations FROM relations \gset
-- built by nobody yet
SELECT vde_register('pay.some', 'SELECT salary FROM raw.private', environment => 'fork') > 0;
CALL vde_apply('fork');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('fork');
-- built by ana: the plan may say reuse, apply refuses
SELECT vde_register('pay.all', 'SELECT id, salary FROM raw.private', environment => 'fork') > 0;
CALL vde_apply('fork');
\echo :LAST_ERROR_SQLSTATE
BEGIN;
CALL vde_apply('fork');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
SELECT to_regclass('pay__fork.all');
SELECT vde_discard('fork');
-- nor through her view, nor her environment
SELECT vde_register('pay.sum', 'SELECT sum(salary) AS s FROM pay__ana.all', environment => 'fork') > 0;
CALL vde_apply('fork');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('fork');
CALL vde_create_environment('steal', base => 'ana');
SELECT * FROM pay__steal.all;
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('pay.sum', 'SELECT sum(salary) AS s FROM pay.all', environment => 'steal') > 0;
CALL vde_apply('steal');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('pay.sum', 'SELECT sum(salary) AS s FROM pay.all', 'view', environment => 'steal') > 0;
CALL vde_apply('steal');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('steal');
CALL vde_drop_environment('steal');
SELECT relations - :relations FROM relations;
-- with the right, he reuses it
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_apply_ana;
GRANT SELECT ON raw.private TO t_apply_bob;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_apply_bob;
SELECT vde_register('pay.all', 'SELECT id, salary FROM raw.private', environment => 'fork') > 0;
CALL vde_apply('fork');
SELECT salary FROM pay__fork.all;
SELECT relations - :relations FROM relations;
