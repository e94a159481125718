-- gc: drops what nothing needs, and only that: never what an environment
-- points at, nor what one rollback would bring back, nor what is too young,
-- nor what vde did not make, nor what something else depends on.
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_gc_ana;
CREATE ROLE t_gc_ana;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_gc_ana', current_database()); END $$;
GRANT CREATE ON SCHEMA public TO t_gc_ana;
CREATE SCHEMA raw AUTHORIZATION t_gc_ana;
CREATE VIEW relations AS SELECT relkind, count(*) FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace AND relkind IN ('r', 'v', 'm', 'p') GROUP BY 1 ORDER BY 1;
GRANT SELECT ON relations TO PUBLIC;
-- gc as a superuser, with a retention, as ana runs the rest
CREATE PROCEDURE collect(retention text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SET vde.retention = %L', retention);
	CALL vde_gc();
	RESET vde.retention;
END $$;
CREATE FUNCTION built(environment text, OUT model text, OUT built boolean) RETURNS SETOF record LANGUAGE sql AS $$
	SELECT m.model, to_regclass('vde_data.' || quote_ident(m.physical_table)) IS NOT NULL FROM vde_models m WHERE m.environment = $1 ORDER BY 1
$$;
\pset format unaligned
\pset tuples_only on

CALL vde_gc();
SET SESSION AUTHORIZATION t_gc_ana;
CREATE TABLE raw.orders AS SELECT i AS id, i * 10 AS amount FROM generate_series(1, 10) i;
SELECT vde_register('shop.a', 'SELECT id, amount AS v FROM raw.orders', environment => 'prod') > 0;
SELECT vde_register('shop.b', 'SELECT sum(v) AS v FROM shop.a', 'view', environment => 'prod') > 0;
SELECT vde_register('shop.c', 'SELECT max(v) AS v FROM shop.b', 'materialized_view', environment => 'prod') > 0;
SELECT vde_register('shop.d', E'k,v\n1,1\n', 'seed', environment => 'prod') > 0;
SELECT vde_register('shop.e', 'SELECT v FROM shop.b', 'embedded', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
TABLE relations;

-- nothing is superseded
RESET SESSION AUTHORIZATION;
SET client_min_messages = notice;
CALL collect('0');
SET client_min_messages = warning;
TABLE relations;

-- one deployment back is kept, two are not
SET SESSION AUTHORIZATION t_gc_ana;
SELECT vde_register('shop.a', 'SELECT id, amount + 1 AS v FROM raw.orders', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
TABLE relations;
RESET SESSION AUTHORIZATION;
CALL collect('0');
TABLE relations;
SET SESSION AUTHORIZATION t_gc_ana;
CALL vde_rollback('prod');
SELECT a.v, b.v, c.v FROM (SELECT sum(v) AS v FROM shop.a) a, shop.b, shop.c;
-- the state that was rolled back is not one that a rollback brings back; the
-- retention guards it
RESET SESSION AUTHORIZATION;
CALL collect('1h');
TABLE relations;
SET SESSION AUTHORIZATION t_gc_ana;
SELECT max(deployment) AS forward FROM vde_deployments WHERE action = 'apply' \gset
CALL vde_rollback('prod', :forward);
SELECT a.v, b.v, c.v FROM (SELECT sum(v) AS v FROM shop.a) a, shop.b, shop.c;
SELECT vde_register('shop.a', 'SELECT id, amount + 2 AS v FROM raw.orders', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
TABLE relations;
RESET SESSION AUTHORIZATION;
CALL collect('1h');
TABLE relations;
-- how many of each kind go is as it should be; views before what they read
\setenv PGDATABASE :DBNAME
\! psql -X -q -c "SET vde.retention = 0" -c "CALL vde_gc()" 2>&1 | sed -E 's/__[0-9a-f]{16}//'
TABLE relations;
SELECT * FROM built('prod');
SELECT a.v, b.v, c.v FROM (SELECT sum(v) AS v FROM shop.a) a, shop.b, shop.c;
SET client_min_messages = notice;
CALL collect('0');
SET client_min_messages = warning;
-- the one before the current is there
SET SESSION AUTHORIZATION t_gc_ana;
CALL vde_rollback('prod');
SELECT a.v, b.v, c.v FROM (SELECT sum(v) AS v FROM shop.a) a, shop.b, shop.c;
-- the one before that is not
CALL vde_rollback('prod');
\echo :LAST_ERROR_SQLSTATE
SELECT a.v, b.v, c.v FROM (SELECT sum(v) AS v FROM shop.a) a, shop.b, shop.c;
-- nor can an environment be made from it
\set VERBOSITY terse
DO $$
DECLARE first bigint := (SELECT min(deployment) FROM vde_deployments WHERE action = 'apply');
BEGIN
	CALL vde_create_environment('past', deployment => first);
EXCEPTION WHEN object_not_in_prerequisite_state THEN
	RAISE WARNING '%', replace(SQLERRM, first::text, 'N');
END $$;
\set VERBOSITY default
SELECT count(*) FROM vde_environments WHERE name = 'past';
SELECT count(*) FROM pg_namespace WHERE nspname = 'shop__past';
-- but its definitions are: registered again, they are built again
SELECT max(deployment) AS forward FROM vde_deployments WHERE action = 'apply' \gset
CALL vde_rollback('prod', :forward);
SELECT vde_register('shop.a', 'SELECT id, amount AS v FROM raw.orders', environment => 'prod') > 0;
SELECT model, action FROM vde_changes('prod');
CALL vde_apply('prod', confirm => true);
SELECT a.v, b.v, c.v FROM (SELECT sum(v) AS v FROM shop.a) a, shop.b, shop.c;
TABLE relations;

--
-- other environments: what they point at is needed, also before their views are made
--
CALL vde_create_environment('dev');
SELECT vde_register('shop.new', 'SELECT 1 AS v', environment => 'lazy') > 0;
SELECT vde_register('shop.a', 'SELECT id, amount + 4 AS v FROM raw.orders', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
SELECT vde_register('shop.a', 'SELECT id, amount + 5 AS v FROM raw.orders', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
RESET SESSION AUTHORIZATION;
CALL collect('0');
SET SESSION AUTHORIZATION t_gc_ana;
SELECT a.v, b.v, c.v FROM (SELECT sum(v) AS v FROM shop__dev.a) a, shop__dev.b, shop__dev.c;
CALL vde_apply('lazy');
SELECT a.v, b.v, c.v FROM (SELECT sum(v) AS v FROM shop__lazy.a) a, shop__lazy.b, shop__lazy.c;
-- without them, it goes
CALL vde_drop_environment('dev');
CALL vde_drop_environment('lazy');
TABLE relations;
RESET SESSION AUTHORIZATION;
CALL collect('0');
TABLE relations;

-- what was built for an apply that failed, or that nobody came back to, goes too
SET SESSION AUTHORIZATION t_gc_ana;
SELECT vde_register('shop.f', 'SELECT count(*) AS n FROM shop.a', environment => 'dev') > 0;
SELECT vde_register('shop.g', 'SELECT 1 / (n - 10) AS v FROM shop.f', environment => 'dev') > 0;
\set VERBOSITY sqlstate
CALL vde_apply('dev');
\set VERBOSITY default
RESET SESSION AUTHORIZATION;
CALL collect('1h');
TABLE relations;
CALL collect('0');
TABLE relations;
SET SESSION AUTHORIZATION t_gc_ana;
SELECT vde_register('shop.g', 'SELECT n + 1 AS v FROM shop.f', environment => 'dev') > 0;
CALL vde_apply('dev');
SELECT v FROM shop__dev.g;

--
-- expired environments go first, and then what only they needed
--
CALL vde_create_environment('brief', ttl => '1 millisecond');
SELECT vde_register('shop.brief', 'SELECT 1 AS v', environment => 'brief') > 0;
CALL vde_apply('brief');
TABLE relations;
SELECT pg_sleep(0.02);
RESET SESSION AUTHORIZATION;
\! psql -X -q -c "SET vde.retention = 0" -c "CALL vde_gc()" 2>&1 | sed -E 's/__[0-9a-f]{16}//'
TABLE relations;
SELECT name FROM vde_environments ORDER BY 1;
SELECT count(*) FROM pg_namespace WHERE nspname = 'shop__brief';

-- an expired environment whose view a user's object depends on must not keep gc from the rest
SET SESSION AUTHORIZATION t_gc_ana;
CALL vde_create_environment('stuck', ttl => '1 millisecond');
CREATE VIEW public.report AS SELECT * FROM shop__stuck.a;
CALL vde_create_environment('brief', ttl => '1 millisecond');
SELECT pg_sleep(0.02);
RESET SESSION AUTHORIZATION;
\! psql -X -q -c "SET vde.retention = 0" -c "CALL vde_gc()" 2>&1 | sed -E 's/__[0-9a-f]{16}//'
SELECT count(*) FROM public.report;
SELECT name FROM vde_environments ORDER BY 1;
DROP VIEW public.report;
CALL collect('0');
SELECT name FROM vde_environments ORDER BY 1;

-- nor one that somebody is using: it is waited for half a second, and stays until the next time
SET SESSION AUTHORIZATION t_gc_ana;
CALL vde_create_environment('read', ttl => '1 millisecond');
CALL vde_create_environment('drafted', ttl => '1 millisecond');
CALL vde_create_environment('brief', ttl => '1 millisecond');
SELECT pg_sleep(0.02);
BEGIN;
SELECT count(*) FROM shop__read.a;
SELECT vde_register('shop.drafted', 'SELECT 1 AS v', environment => 'drafted') > 0;
\! psql -X -q -c "SET vde.lock_timeout = '1h'" -c "SET statement_timeout = '20s'" -c "CALL vde_gc()" 2>&1 | sed -E 's/__[0-9a-f]{16}//; s/Process [0-9]+/Process (pid)/'
SELECT name FROM vde_environments ORDER BY 1;
SELECT count(*) FROM shop__read.a;
COMMIT;
SELECT count(*) FROM shop__drafted.a;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM vde_check();
\! psql -X -q -c "SET vde.lock_timeout = '1h'" -c "SET statement_timeout = '20s'" -c "CALL vde_gc()" 2>&1 | sed -E 's/__[0-9a-f]{16}//'
SELECT name FROM vde_environments ORDER BY 1;

--
-- what a superuser hung on a physical table, and what vde did not make, stays
--
SET SESSION AUTHORIZATION t_gc_ana;
SELECT vde_register('shop.h', 'SELECT 1 AS v', environment => 'dev') > 0;
CALL vde_apply('dev');
RESET SESSION AUTHORIZATION;
DO $$ BEGIN EXECUTE (SELECT format('CREATE VIEW public.hung AS SELECT * FROM vde_data.%I', physical_table) FROM vde_models WHERE environment = 'dev' AND model = 'shop.h'); END $$;
CREATE TABLE vde_data.foreign_body (id int);
SET SESSION AUTHORIZATION t_gc_ana;
CALL vde_drop_environment('dev');
RESET SESSION AUTHORIZATION;
\! psql -X -q -c "SET vde.retention = 0" -c "CALL vde_gc()" 2>&1 | sed -E 's/__[0-9a-f]{16}//'
SELECT v FROM public.hung;
SELECT count(*) FROM vde_data.foreign_body;
DROP VIEW public.hung;
DROP TABLE vde_data.foreign_body;
CALL collect('0');
TABLE relations;

-- in a transaction block it can be taken back
SET SESSION AUTHORIZATION t_gc_ana;
SELECT vde_register('shop.a', 'SELECT id, amount + 6 AS v FROM raw.orders', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
RESET SESSION AUTHORIZATION;
BEGIN;
SET LOCAL vde.retention = 0;
CALL vde_gc();
TABLE relations;
ROLLBACK;
TABLE relations;
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory';

-- what a cursor of the same transaction reads is in use, too
SET SESSION AUTHORIZATION t_gc_ana;
SELECT vde_register('shop.c', 'SELECT 1 AS v', environment => 'dev') > 0;
CALL vde_apply('dev');
RESET SESSION AUTHORIZATION;
BEGIN;
SET LOCAL vde.retention = 0;
DECLARE c CURSOR FOR SELECT v FROM shop__dev.c;
SELECT vde_unregister('shop.c', 'dev');
CALL vde_drop_environment('dev');
SET LOCAL client_min_messages = warning;
CALL vde_gc();
SELECT count(*) FROM pg_class WHERE relname ~ '^shop__c__' AND relkind = 'r';
FETCH c;
CLOSE c;
CALL vde_gc();
SELECT count(*) FROM pg_class WHERE relname ~ '^shop__c__' AND relkind = 'r';
ROLLBACK;

-- DROP EXTENSION refuses while there are data
\set VERBOSITY terse
DROP EXTENSION vde;
\set VERBOSITY default
\echo :LAST_ERROR_SQLSTATE
