--
-- Attacks by objects: what was made under vde's names before it runs, what is
-- exchanged between two looks at it, and what a superuser sets off by working
-- with mallory's models.
--
\set VERBOSITY terse
SET client_min_messages = warning;

DROP ROLE IF EXISTS t_attack_ana;
DROP ROLE IF EXISTS t_attack_mal;
DROP ROLE IF EXISTS t_attack_old;
DROP ROLE IF EXISTS t_attack_other;
CREATE ROLE t_attack_ana;
CREATE ROLE t_attack_mal;
CREATE ROLE t_attack_old;
SELECT format('GRANT CREATE, TEMPORARY ON DATABASE %I TO t_attack_ana, t_attack_mal, t_attack_old', current_database()) \gexec
GRANT CREATE ON SCHEMA public TO t_attack_mal;

--
-- 1. Before CREATE EXTENSION: its schemas, its functions, its role
--
SET SESSION AUTHORIZATION t_attack_mal;
CREATE SCHEMA vde;
RESET SESSION AUTHORIZATION;
CREATE EXTENSION vde;
\echo :LAST_ERROR_SQLSTATE
DROP SCHEMA vde;
SET SESSION AUTHORIZATION t_attack_mal;
CREATE SCHEMA vde_data;
RESET SESSION AUTHORIZATION;
CREATE EXTENSION vde;
\echo :LAST_ERROR_SQLSTATE
DROP SCHEMA vde_data;
SET SESSION AUTHORIZATION t_attack_mal;
CREATE FUNCTION public.vde_plan(environment text DEFAULT NULL, target text DEFAULT NULL, format text DEFAULT 'text') RETURNS SETOF text LANGUAGE sql AS 'SELECT ''planted''::text';
RESET SESSION AUTHORIZATION;
CREATE EXTENSION vde;
\echo :LAST_ERROR_SQLSTATE
SET SESSION AUTHORIZATION t_attack_mal;
DROP FUNCTION public.vde_plan;
CREATE VIEW public.vde_models AS SELECT 'planted'::text AS model;
RESET SESSION AUTHORIZATION;
CREATE EXTENSION vde;
\echo :LAST_ERROR_SQLSTATE
DROP VIEW public.vde_models;
CREATE EXTENSION vde;
SELECT count(*) AS of_others FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid WHERE d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
	AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'vde') AND p.proowner <> (SELECT extowner FROM pg_extension WHERE extname = 'vde');
-- later, too: nobody can put anything into its schemas, or add it to the extension
SET SESSION AUTHORIZATION t_attack_mal;
CREATE TABLE vde_data.planted (n int);
CREATE TABLE vde.planted (n int);
CREATE FUNCTION vde.planted() RETURNS int LANGUAGE sql AS 'SELECT 1';
ALTER EXTENSION vde ADD SCHEMA public;
RESET SESSION AUTHORIZATION;

CREATE SCHEMA raw AUTHORIZATION t_attack_ana;
CREATE SCHEMA evil AUTHORIZATION t_attack_mal;
GRANT USAGE ON SCHEMA raw, evil TO PUBLIC;
CREATE TABLE public.loot (who text, what text);
GRANT ALL ON public.loot TO PUBLIC;
SET SESSION AUTHORIZATION t_attack_ana;
CREATE TABLE raw.orders AS SELECT g AS id, 'secret ' || g AS what FROM generate_series(1, 3) g;
SELECT vde_register('shop.orders', 'SELECT id, what FROM raw.orders') IS NOT NULL AS ok;
RESET SESSION AUTHORIZATION;

--
-- 2. At the places of schemas and views
--
SET SESSION AUTHORIZATION t_attack_mal;
CREATE SCHEMA shop__dev;
SET SESSION AUTHORIZATION t_attack_ana;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
RESET SESSION AUTHORIZATION;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
DROP SCHEMA shop__dev;
SET SESSION AUTHORIZATION t_attack_ana;
CALL vde_apply('dev');
SET SESSION AUTHORIZATION t_attack_mal;
CREATE SCHEMA shop;
GRANT USAGE, CREATE ON SCHEMA shop TO t_attack_ana;
CREATE VIEW shop.orders AS SELECT 1 AS id, 'planted'::text AS what;
SET SESSION AUTHORIZATION t_attack_ana;
CALL vde_promote('dev', 'prod');
\echo :LAST_ERROR_SQLSTATE
SET SESSION AUTHORIZATION t_attack_mal;
DROP VIEW shop.orders;
CREATE TYPE shop.orders AS (n int);
SET SESSION AUTHORIZATION t_attack_ana;
CALL vde_promote('dev', 'prod');
\echo :LAST_ERROR_SQLSTATE
SET SESSION AUTHORIZATION t_attack_mal;
DROP TYPE shop.orders;
REVOKE CREATE ON SCHEMA shop FROM t_attack_ana;
-- an empty schema of mallory's: ana may not create in it, and a superuser does not do it for her
RESET SESSION AUTHORIZATION;
CALL vde_promote('dev', 'prod');
\echo :LAST_ERROR_SQLSTATE
DROP SCHEMA shop;
SET SESSION AUTHORIZATION t_attack_ana;
CALL vde_promote('dev', 'prod');
SELECT count(*) FROM shop.orders;
-- mallory drops nothing, renames nothing and moves nothing of it
SET SESSION AUTHORIZATION t_attack_mal;
DROP VIEW shop.orders;
ALTER SCHEMA shop RENAME TO mine;
ALTER VIEW shop.orders SET SCHEMA evil;
CREATE VIEW shop.more AS SELECT 1 AS n;
RESET SESSION AUTHORIZATION;

--
-- 3. Temporary tables that shadow a source, a parent, and vde's own tables
--
SET SESSION AUTHORIZATION t_attack_mal;
CREATE TEMPORARY TABLE orders AS SELECT 666 AS id, 'shadow' AS what;
CREATE TEMPORARY TABLE model AS SELECT 1 AS id;
CREATE TEMPORARY TABLE pg_class AS SELECT 1 AS oid;
GRANT ALL ON orders TO PUBLIC;
CREATE FUNCTION pg_temp.lower(text) RETURNS text LANGUAGE sql AS 'SELECT ''shadow''';
RESET SESSION AUTHORIZATION;
SET search_path = pg_temp, raw, shop, public;
SET SESSION AUTHORIZATION t_attack_ana;
SELECT vde_register('shop.shadowed', 'SELECT id, lower(what) AS what FROM orders') IS NOT NULL AS ok;
CALL vde_apply('dev');
SELECT count(*) FILTER (WHERE what = 'shadow' OR id = 666) AS shadowed, count(*) FROM shop__dev.shadowed;
CALL vde_run('dev');
SELECT count(*) FILTER (WHERE what = 'shadow' OR id = 666) AS shadowed, count(*) FROM shop__dev.shadowed;
RESET SESSION AUTHORIZATION;
RESET search_path;
DISCARD TEMP;

--
-- 4. A superuser works with mallory's models: functions, operators, casts,
-- aggregates, defaults of parameters, checks, in the session and in workers
--
SET SESSION AUTHORIZATION t_attack_mal;
CREATE FUNCTION evil.take(way text) RETURNS int LANGUAGE plpgsql STABLE AS $$
DECLARE
	statement text;
	did int := 0;
BEGIN
	FOREACH statement IN ARRAY ARRAY[
		'ALTER ROLE t_attack_mal SUPERUSER',
		'GRANT t_attack_ana TO t_attack_mal',
		format('INSERT INTO public.loot VALUES (current_user, %L)', way),
		'INSERT INTO public.loot SELECT current_user, what FROM raw.orders',
		'SET ROLE NONE', 'RESET SESSION AUTHORIZATION', 'SET SESSION AUTHORIZATION DEFAULT',
		'SELECT set_config(''role'', ''postgres'', false)', 'SELECT set_config(''session_authorization'', ''postgres'', false)',
		'SELECT what FROM raw.orders',
		'SELECT relation_name FROM vde.version', 'UPDATE vde.environment SET owner = ''t_attack_mal''',
		'COPY (SELECT 1) TO PROGRAM ''true''', 'SELECT pg_read_file(''PG_VERSION'')', 'SELECT pg_reload_conf()',
		'DROP OWNED BY vde_storage CASCADE', 'REASSIGN OWNED BY vde_storage TO t_attack_mal',
		'CALL public.vde_promote(''mals'', ''prod'', force => true)', 'DECLARE c CURSOR WITH HOLD FOR SELECT 1', 'CREATE TEMPORARY TABLE t (n int)']
	LOOP
		BEGIN
			EXECUTE statement;
			did := did + 1;
			RAISE WARNING 'mallory did % as % in %', statement, current_user, way;
		EXCEPTION WHEN others THEN
			NULL;
		END;
	END LOOP;
	IF current_user::text <> 't_attack_mal' THEN
		RAISE WARNING 'mallory runs code as % in %', current_user, way;
	END IF;
	RETURN did;
END $$;
CREATE FUNCTION evil.pretends(way text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN evil.take(way); END';
CREATE FUNCTION evil.with_default(n int, d int DEFAULT evil.take('default of a parameter')) RETURNS int LANGUAGE sql STABLE AS 'SELECT d';
CREATE FUNCTION evil.operator(int, int) RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN RETURN evil.take(''operator''); END';
CREATE OPERATOR evil.+ (leftarg = int, rightarg = int, function = evil.operator);
CREATE TYPE evil.boxed AS (n int);
CREATE FUNCTION evil.cast_it(evil.boxed) RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN RETURN evil.take(''cast''); END';
CREATE CAST (evil.boxed AS int) WITH FUNCTION evil.cast_it(evil.boxed);
CREATE FUNCTION evil.step(int, int) RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN RETURN $1 OPERATOR(pg_catalog.+) evil.take(''aggregate''); END';
CREATE AGGREGATE evil.agg(int) (sfunc = evil.step, stype = int, initcond = '0');
CREATE DOMAIN evil.checked AS int CHECK (evil.pretends('domain ' || VALUE) = 0);
CREATE TYPE evil.pair AS (a evil.checked, b int);
CREATE FUNCTION evil.estimate() RETURNS SETOF int LANGUAGE plpgsql STABLE AS 'BEGIN RETURN NEXT evil.take(''set''); END';
CREATE TABLE evil.t AS SELECT 1 AS id;
CREATE VIEW evil.v AS SELECT id, evil.take('view') AS n FROM evil.t;
ALTER TABLE evil.t ENABLE ROW LEVEL SECURITY;
ALTER TABLE evil.t FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON evil.t USING (evil.pretends('policy ' || id) = 0);
SELECT count(vde_register('mal.' || name, query, kind, options::jsonb, 'mals')) FROM (VALUES
	('f', 'SELECT evil.take(''column'') AS n, evil.take(''row '' || id) AS m FROM generate_series(1, 2) id WHERE evil.take(''condition'') = 0', 'full', '{}'),
	('folded', 'SELECT evil.pretends(''folded'') AS n WHERE evil.pretends(''folded condition'') = 0', 'full', '{}'),
	('default_of', 'SELECT evil.with_default(1) AS n', 'full', '{}'),
	('op', 'SELECT 1 OPERATOR(evil.+) 2 AS n', 'full', '{}'),
	('casted', 'SELECT ROW(1)::evil.boxed::int AS n', 'full', '{}'),
	('agg', 'SELECT evil.agg(id) AS n FROM generate_series(1, 2) id', 'materialized_view', '{"indexes": ["(evil.pretends(''index'' || n))", {"columns": ["n"], "where": "evil.pretends(''where'' || n) = 0"}]}'),
	('pairs', 'SELECT ''(1,2)''::evil.pair AS p, ''{3}''::evil.checked[] AS a, 4::evil.checked AS c', 'full', '{"primary_key": ["c"]}'),
	('sets', 'SELECT evil.estimate() AS n, (SELECT max(x) FROM evil.estimate() x) AS m', 'full', '{}'),
	('policy', 'SELECT id, n FROM evil.v', 'full', '{}'),
	('vw', 'SELECT id FROM evil.t', 'view', '{}'),
	('of_view', 'SELECT id, evil.take(''over a view'') AS n FROM mal.vw', 'full', '{"depends_on": []}'),
	('seeded', E'c,p\n5,"(6,7)"\n', 'seed', '{"columns": {"c": {"type": "evil.checked"}, "p": {"type": "evil.pair"}}}'),
	('parts', 'SELECT 1 AS id, 2::evil.checked AS c', 'full', '{"partition_by": {"strategy": "hash", "columns": ["c"], "modulus": 2}}')) m(name, query, kind, options);
RESET SESSION AUTHORIZATION;
SET vde.max_workers = 2;
SELECT count(*) AS plan FROM vde_changes('mals');
SELECT count(*) > 0 AS plan FROM vde_plan('mals', format => 'json');
CALL vde_apply('mals');
SELECT count(*) AS built FROM vde_builds WHERE environment = 'mals' AND state = 'built';
CALL vde_run('mals');
SELECT count(*) > 0 AS plan FROM vde_changes('mals', 'prod');
CALL vde_promote('mals', 'prod');
CALL vde_run('prod');
CALL vde_create_environment('copy', 'mals');
CALL vde_apply('copy');
CALL vde_rollback('prod');
CALL vde_rollback('mals');
SELECT count(*) AS edges FROM vde_lineage('mal.f', environment => 'copy');
SELECT count(*) AS files FROM vde_export('copy');
ANALYZE;
REINDEX SCHEMA vde_data;
CALL vde_drop_environment('copy');
SELECT count(*) AS problems FROM vde_check(true);
SET vde.max_workers = 0;
CALL vde_promote('mals', 'prod');
BEGIN;
CALL vde_apply('mals');
COMMIT;
RESET vde.max_workers;
SELECT current_user = session_user AS still_me, current_setting('vde.environment') AS environment;
SELECT * FROM public.loot;
SELECT rolsuper, pg_has_role('t_attack_mal', 't_attack_ana', 'MEMBER') AS member FROM pg_roles WHERE rolname = 't_attack_mal';

--
-- 5. A superuser's SECURITY DEFINER function, called in an environment of
-- mallory's, and a setting of mallory's that the function has for itself
--
CREATE FUNCTION public.trusted() RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN RETURN (SELECT min(what) FROM shop.orders); END $$;
CREATE FUNCTION public.trusted_sql() RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS 'SELECT min(what) FROM shop.orders';
SET SESSION AUTHORIZATION t_attack_mal;
CALL vde_create_environment('trap', 'prod');
SELECT vde_register('shop.orders', 'SELECT 0 AS id, ''planted''::text AS what WHERE evil.take(''definer'') = 0', 'view', '{"owner": "t_attack_mal"}', 'trap') IS NOT NULL AS ok;
CALL vde_apply('trap');
GRANT USAGE ON SCHEMA shop__trap TO PUBLIC;
GRANT SELECT ON shop__trap.orders TO PUBLIC;
SET vde.environment = 'trap';
SELECT public.trusted(), public.trusted_sql();
PREPARE kept AS SELECT public.trusted(), public.trusted_sql();
EXECUTE kept;
SELECT vde_use('trap');
SELECT public.trusted(), public.trusted_sql();
SELECT vde_use(NULL);
RESET SESSION AUTHORIZATION;
DEALLOCATE kept;

--
-- 6. Rights that go between plan, build and use
--
SET SESSION AUTHORIZATION t_attack_ana;
GRANT SELECT ON raw.orders TO t_attack_mal;
SET SESSION AUTHORIZATION t_attack_mal;
SELECT vde_register('mal.stolen', 'SELECT id, what FROM raw.orders', environment => 'mals') IS NOT NULL AS ok;
SELECT count(*) FROM vde_changes('mals');
SET SESSION AUTHORIZATION t_attack_ana;
REVOKE SELECT ON raw.orders FROM t_attack_mal;
SET SESSION AUTHORIZATION t_attack_mal;
CALL vde_apply('mals');
\echo :LAST_ERROR_SQLSTATE
SET SESSION AUTHORIZATION t_attack_ana;
GRANT SELECT ON raw.orders TO t_attack_mal;
SET SESSION AUTHORIZATION t_attack_mal;
CALL vde_apply('mals');
SELECT count(*) FROM mal__mals.stolen;
SET SESSION AUTHORIZATION t_attack_ana;
REVOKE SELECT ON raw.orders FROM t_attack_mal;
INSERT INTO raw.orders VALUES (4, 'secret 4');
SET SESSION AUTHORIZATION t_attack_mal;
CALL vde_run('mals');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) AS as_before FROM mal__mals.stolen;
-- a superuser's run, promote and reuse are no way around
RESET SESSION AUTHORIZATION;
CALL vde_run('mals');
\echo :LAST_ERROR_SQLSTATE
CALL vde_promote('mals', 'prod');
\echo :LAST_ERROR_SQLSTATE
SET SESSION AUTHORIZATION t_attack_mal;
SELECT count(*) AS as_before FROM mal__mals.stolen;
CALL vde_create_environment('again', 'trap');
SELECT vde_register('mal.stolen', 'SELECT id, what FROM raw.orders', environment => 'again') IS NOT NULL AS ok;
SELECT action FROM vde_changes('again') WHERE model = 'mal.stolen';
CALL vde_apply('again');
\echo :LAST_ERROR_SQLSTATE
-- the table renamed, and another one of mallory's put into its place
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_attack_ana;
ALTER TABLE raw.orders RENAME TO orders_2;
RESET SESSION AUTHORIZATION;
GRANT CREATE ON SCHEMA raw TO t_attack_mal;
SET SESSION AUTHORIZATION t_attack_mal;
CREATE VIEW raw.orders AS SELECT 1 AS id, 'x'::text AS what WHERE evil.take('replaced') = 0;
GRANT SELECT ON raw.orders TO PUBLIC;
RESET SESSION AUTHORIZATION;
CALL vde_run('prod');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) AS as_before FROM shop.orders;
DROP VIEW raw.orders;
ALTER TABLE raw.orders_2 RENAME TO orders;

--
-- 7. Row-level security: the same query of two roles is two tables
--
SET SESSION AUTHORIZATION t_attack_ana;
CREATE TABLE raw.policed AS SELECT 't_attack_ana' AS who UNION ALL SELECT 't_attack_mal' UNION ALL SELECT 'nobody';
ALTER TABLE raw.policed ENABLE ROW LEVEL SECURITY;
ALTER TABLE raw.policed FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON raw.policed USING (who = current_user);
GRANT SELECT ON raw.policed TO PUBLIC;
CREATE VIEW raw.invoker WITH (security_invoker) AS SELECT who FROM raw.policed;
GRANT SELECT ON raw.invoker TO PUBLIC;
SELECT count(vde_register(m, q, k, environment => 'dev')) FROM (VALUES ('rls.t', 'SELECT who FROM raw.policed', 'full'), ('rls.v', 'SELECT who FROM raw.policed', 'view'),
	('rls.m', 'SELECT who FROM raw.policed', 'materialized_view'), ('rls.i', 'SELECT who FROM raw.invoker', 'full'), ('rls.r', 'SELECT who FROM rls.v', 'full')) x(m, q, k);
CALL vde_apply('dev');
SET SESSION AUTHORIZATION t_attack_mal;
SELECT count(vde_register(m, q, k, environment => 'mals')) FROM (VALUES ('rls.t', 'SELECT who FROM raw.policed', 'full'), ('rls.v', 'SELECT who FROM raw.policed', 'view'),
	('rls.m', 'SELECT who FROM raw.policed', 'materialized_view'), ('rls.i', 'SELECT who FROM raw.invoker', 'full'), ('rls.r', 'SELECT who FROM rls.v', 'full')) x(m, q, k);
SELECT vde_unregister('mal.stolen', 'mals');
CALL vde_apply('mals');
SELECT who FROM rls__mals.t UNION ALL SELECT who FROM rls__mals.v UNION ALL SELECT who FROM rls__mals.m UNION ALL SELECT who FROM rls__mals.i UNION ALL SELECT who FROM rls__mals.r;
RESET SESSION AUTHORIZATION;
SELECT model, count(DISTINCT physical_table) AS tables FROM vde_models WHERE model LIKE 'rls.%' AND environment IN ('dev', 'mals') GROUP BY 1 ORDER BY 1;
-- promoted, a model goes on as its owner, and is the promoter's no more than before
SET SESSION AUTHORIZATION t_attack_mal;
CALL vde_promote('dev', 'again', models => ARRAY['rls.t']);
SELECT who FROM rls__again.t;
\echo :LAST_ERROR_SQLSTATE
RESET SESSION AUTHORIZATION;
SELECT who FROM rls__again.t;

--
-- 8. A role that goes, and comes again under its name
--
SET SESSION AUTHORIZATION t_attack_old;
CALL vde_create_environment('old', 'prod');
RESET SESSION AUTHORIZATION;
REASSIGN OWNED BY t_attack_old TO t_attack_ana;
DROP OWNED BY t_attack_old;
DROP ROLE t_attack_old;
CREATE ROLE t_attack_old;
SET SESSION AUTHORIZATION t_attack_old;
SELECT vde_register('shop.orders', 'SELECT 1 AS id', environment => 'old');
\echo :LAST_ERROR_SQLSTATE
CALL vde_apply('old');
\echo :LAST_ERROR_SQLSTATE
CALL vde_drop_environment('old');
\echo :LAST_ERROR_SQLSTATE
RESET SESSION AUTHORIZATION;
-- a renamed role keeps what it has, and who takes its name gets nothing
ALTER ROLE t_attack_ana RENAME TO t_attack_other;
CREATE ROLE t_attack_ana;
SET SESSION AUTHORIZATION t_attack_ana;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
CALL vde_run('prod');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM shop.orders;
\echo :LAST_ERROR_SQLSTATE
RESET SESSION AUTHORIZATION;
SELECT name, owner FROM vde_environments WHERE name IN ('dev', 'prod') ORDER BY 1;
DROP ROLE t_attack_ana;
ALTER ROLE t_attack_other RENAME TO t_attack_ana;

--
-- 9. A model that gives back all advisory locks that its session holds
--
SET SESSION AUTHORIZATION t_attack_mal;
SET vde.max_workers = 0;
SELECT count(vde_register(m, q, environment => 'locks')) FROM (VALUES ('mal.before', 'SELECT pg_advisory_lock(1)::text AS l'),
	('mal.locks', 'SELECT count(*) AS n FROM pg_advisory_unlock_all() u, mal.before b'),
	('mal.left', 'SELECT p.objsubid, p.mode, n.n FROM pg_locks p, mal.locks n WHERE p.locktype = ''advisory'' AND p.pid = pg_backend_pid() AND p.granted')) x(m, q);
CALL vde_apply('locks');
-- what a call holds over its commits is all there: all deployments, the environment, the progress; and the version's
SELECT DISTINCT objsubid, mode FROM mal__locks.left ORDER BY 1, 2;
CALL vde_run('locks');
SELECT DISTINCT objsubid, mode FROM mal__locks.left ORDER BY 1, 2;
-- nothing is left, nor after an error, nor after one in a commit
SELECT vde_register('mal.left', 'SELECT 1 / (n - n) AS n FROM mal.locks', environment => 'locks');
CALL vde_apply('locks');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory';
RESET SESSION AUTHORIZATION;
CREATE FUNCTION public.t_attack_stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''stopped at the commit''; END';
CREATE CONSTRAINT TRIGGER stop AFTER INSERT ON vde.version DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.t_attack_stop();
SELECT vde_register('mal.left', 'SELECT 2 AS n', environment => 'locks');
CALL vde_apply('locks');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory';
DROP TRIGGER stop ON vde.version;
DROP FUNCTION public.t_attack_stop();
CALL vde_apply('locks');
SELECT n FROM mal__locks.left;
RESET vde.max_workers;
