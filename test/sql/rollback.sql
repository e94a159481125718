-- rollback: one state further back each time, to a state by number, forward
-- again; models that came and went; what cannot be rolled back, and says so.
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_rollback_ana;
CREATE ROLE t_rollback_ana;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_rollback_ana', current_database()); END $$;
GRANT CREATE ON SCHEMA public TO t_rollback_ana;
SET SESSION AUTHORIZATION t_rollback_ana;
CREATE SCHEMA raw;
CREATE TABLE raw.orders (id int, customer_id int, amount numeric);
INSERT INTO raw.orders SELECT i, i % 7, i * 10 FROM generate_series(1, 100) i;
CREATE FUNCTION differ(a text, b text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
	EXECUTE format('SELECT count(*) FROM ((%1$s EXCEPT ALL %2$s) UNION ALL (%2$s EXCEPT ALL %1$s)) d', a, b) INTO n;
	RETURN n;
END $$;
CREATE VIEW layer AS
	SELECT n.nspname AS schema, array_agg(c.relname ORDER BY c.relname) AS views
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname ~ '^shop' AND c.relkind = 'v' GROUP BY 1 ORDER BY 1;
CREATE VIEW relations AS SELECT count(*) AS relations FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace AND relkind IN ('r', 'v', 'm', 'p');
-- deployments by their place in prod's history, whatever their ids
CREATE VIEW history AS
	SELECT rank, d.action, (SELECT count(*) FROM vde_deployments x WHERE x.environment = 'prod' AND x.deployment <= d.made_on) AS made_on,
		(SELECT count(*) FROM vde_deployments x WHERE x.environment = 'prod' AND x.deployment <= d.restores) AS restores,
		d.is_state, d.models, d.built, d.changed, d.message
	FROM (SELECT rank() OVER (ORDER BY deployment) AS rank, * FROM vde_deployments WHERE environment = 'prod') d ORDER BY 1;
CREATE FUNCTION nth(n int) RETURNS bigint LANGUAGE sql AS $$
	SELECT deployment FROM vde_deployments WHERE environment = 'prod' ORDER BY deployment OFFSET n - 1 LIMIT 1
$$;
-- what prod shows: one number per model
CREATE FUNCTION prod(OUT name text, OUT value text) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
	FOR name IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = to_regnamespace('shop') AND c.relkind = 'v' ORDER BY 1
	LOOP
		EXECUTE format('SELECT string_agg(x::text, '';'') FROM (SELECT sum(t.v) FROM shop.%I t) x', name) INTO value;
		RETURN NEXT;
	END LOOP;
END $$;
\pset format unaligned
\pset tuples_only on

-- nothing to roll back
CALL vde_rollback('prod');
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('prod');
CALL vde_rollback('prod');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM vde_deployments WHERE environment = 'prod';

-- states 2 to 6 of prod, made through dev: edits, an added and a removed model,
-- one that changes its kind to one without a view and back
SELECT vde_register('shop.a', 'SELECT amount AS v FROM raw.orders') > 0;
SELECT vde_register('shop.b', 'SELECT sum(v) AS v FROM shop.a') > 0;
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod', message => 'two');
SELECT vde_register('shop.a', 'SELECT amount * 2 AS v FROM raw.orders') > 0;
SELECT vde_register('shop.c', 'SELECT count(*) AS v FROM raw.orders') > 0;
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod', message => 'three');
SELECT vde_unregister('shop.b');
SELECT vde_register('shop.c', 'SELECT count(*) AS v FROM shop.a', 'view') > 0;
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod', message => 'four');
SELECT vde_register('shop.a', 'SELECT amount * 3 AS v FROM raw.orders', 'embedded') > 0;
SELECT vde_register('shop.b', 'SELECT max(v) AS v FROM shop.a') > 0;
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod', message => 'five');
SELECT vde_register('shop.a', 'SELECT amount * 4 AS v FROM raw.orders') > 0;
SELECT vde_register('shop.b', 'SELECT max(v) AS v FROM shop.a') > 0;
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod', message => 'six');
CALL vde_drop_environment('dev');
TABLE history;
SELECT * FROM prod();
SELECT relations FROM relations \gset

-- one further back each time
CALL vde_rollback('prod');
SELECT * FROM prod();
CALL vde_rollback('prod');
SELECT * FROM prod();
CALL vde_rollback('prod');
SELECT * FROM prod();
CALL vde_rollback('prod');
SELECT * FROM prod();
CALL vde_rollback('prod');
SELECT * FROM prod();
TABLE layer;
CALL vde_rollback('prod');
\echo :LAST_ERROR_SQLSTATE
TABLE history;
-- nothing was built or dropped
SELECT relations - :relations FROM relations;

-- forward again, by number, also over several
CALL vde_rollback('prod', nth(6));
SELECT * FROM prod();
CALL vde_rollback('prod', nth(3));
SELECT * FROM prod();
\setenv PGDATABASE :DBNAME
\setenv PGOPTIONS '-c role=t_rollback_ana'
\! psql -X -q -c "CALL vde_rollback('prod', nth(3))" 2>&1 | sed -E 's/deployment [0-9]+/deployment N/'
-- one back from there is two, not five
CALL vde_rollback('prod');
SELECT * FROM prod();
CALL vde_rollback('prod', nth(4));
SELECT * FROM prod();
CALL vde_rollback('prod', nth(5));
SELECT * FROM prod();
SELECT differ('TABLE shop.b', 'SELECT max(amount * 3) FROM raw.orders'), differ('TABLE shop.c', 'SELECT count(*) FROM raw.orders');
-- work goes on from a state in the past: the states form a tree
CALL vde_rollback('prod', nth(2));
SELECT vde_register('shop.b', 'SELECT sum(v) + 1 AS v FROM shop.a', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true, message => 'on two');
SELECT * FROM prod();
SELECT rank, action, made_on, restores, is_state, changed, message FROM history WHERE rank > 6 AND action <> 'rollback' OR rank = 2;
SELECT max(rank) AS branch FROM history \gset
CALL vde_rollback('prod', nth(6));
SELECT * FROM prod();
CALL vde_rollback('prod', nth(:branch));
SELECT * FROM prod();
CALL vde_rollback('prod');
SELECT * FROM prod();
SELECT rank, is_state FROM history WHERE is_state;
SELECT relations - :relations FROM relations;

-- a draft stays a draft over a rollback
SELECT vde_register('shop.d', 'SELECT 1 AS v', environment => 'prod') > 0;
CALL vde_rollback('prod', nth(3));
SELECT model, state FROM vde_models WHERE environment = 'prod' ORDER BY 1;
SELECT vde_discard('prod');

-- no state: of another environment, a rollback, none
CALL vde_create_environment('dev');
SELECT state AS other FROM vde_environments WHERE name = 'dev' \gset
SELECT max(deployment) AS rollback FROM vde_deployments WHERE action = 'rollback' \gset
\set VERBOSITY sqlstate
CALL vde_rollback('prod', :other);
CALL vde_rollback('prod', :rollback);
CALL vde_rollback('prod', 0);
CALL vde_rollback('prod', -1);
CALL vde_rollback('nowhere');
CALL vde_rollback('No Where');
\set VERBOSITY default
CALL vde_rollback('prod', -1);
SELECT * FROM prod();
-- an environment made from prod has nothing before its first state, and does not touch prod's
CALL vde_rollback('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.c', 'SELECT 7 AS v') > 0;
CALL vde_apply('dev');
CALL vde_rollback('dev');
SELECT p.v, d.v FROM shop.c p, shop__dev.c d;

-- in a transaction block
BEGIN;
CALL vde_rollback('prod');
SELECT * FROM prod();
CALL vde_rollback('prod', nth(6));
SELECT * FROM prod();
ROLLBACK;
SELECT * FROM prod();
SELECT rank FROM history WHERE is_state;

-- what depends on a view that must change its shape: an error, nothing changed
CALL vde_rollback('prod', nth(6));
SELECT vde_register('shop.c', 'SELECT v, 1 AS w FROM shop.a', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
CREATE VIEW public.report AS SELECT w FROM shop.c;
CALL vde_rollback('prod');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM public.report;
DROP VIEW public.report;
CREATE VIEW public.report AS SELECT v FROM shop.c;
CALL vde_rollback('prod', nth(1));
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM public.report;
DROP VIEW public.report;
CALL vde_rollback('prod');
SELECT * FROM prod();

-- tables that were not refreshed since they were superseded are named
CALL vde_rollback('prod', nth(2));
CALL vde_rollback('prod', nth(3));
INSERT INTO raw.orders VALUES (101, 1, 5);
CALL vde_run('prod');
\! psql -X -q -c "CALL vde_rollback('prod')" 2>&1 | sed -E 's/deployment [0-9]+/deployment N/'
SELECT * FROM prod();
CALL vde_run('prod');
SELECT * FROM prod();

-- a table of that time was collected: an error, nothing changed
CALL vde_rollback('prod', nth(6));
RESET SESSION AUTHORIZATION;
SET vde.retention = 0;
CALL vde_drop_environment('dev');
CALL vde_gc();
SET SESSION AUTHORIZATION t_rollback_ana;
CALL vde_rollback('prod', nth(3));
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM prod();
-- one back still works: gc leaves that one alone
CALL vde_rollback('prod');
SELECT name, value FROM prod();
