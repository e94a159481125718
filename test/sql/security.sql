--
-- Security: whose rights are in force while a model is planned, built and
-- refreshed; what ordinary roles can reach of the physical tables and of the
-- catalog; and that nothing planted in a writable schema is ever called.
--
\set VERBOSITY terse
SET client_min_messages = warning;

DROP ROLE IF EXISTS t_security_ana;
DROP ROLE IF EXISTS t_security_bob;
DROP ROLE IF EXISTS t_security_reader;
DROP ROLE IF EXISTS t_security_mallory;
DROP ROLE IF EXISTS t_security_team;
CREATE ROLE t_security_ana;
CREATE ROLE t_security_bob;
CREATE ROLE t_security_reader;
CREATE ROLE t_security_mallory;
CREATE ROLE t_security_team;
GRANT t_security_team TO t_security_ana;
SELECT format('GRANT CREATE ON DATABASE %I TO t_security_ana, t_security_bob, t_security_team', current_database()) \gexec
GRANT CREATE ON SCHEMA public TO t_security_mallory;

--
-- 1. Planted before CREATE EXTENSION, in the schema that it goes to: operators
-- and functions of the usual names and exact types, and types of the usual
-- names.  Whoever calls one as somebody else than mallory is caught.
--
SET ROLE t_security_mallory;
CREATE TABLE public.caught (who text, what text);
GRANT ALL ON public.caught TO PUBLIC;
CREATE FUNCTION public.catch(what text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	IF current_user OPERATOR(pg_catalog.<>) 't_security_mallory'::pg_catalog.name THEN
		RAISE WARNING 'caught % in %', current_user, what;
		BEGIN
			INSERT INTO public.caught VALUES (current_user, what);
		EXCEPTION WHEN others THEN
			NULL;
		END;
	END IF;
	RETURN true;
END $$;
DO $$
DECLARE
	t text;
	u text;
	o text;
BEGIN
	FOREACH t IN ARRAY '{text,name,int8,int4,oid,bool,jsonb,regrole,timestamptz,text[],int8[],"\"char\""}'::pg_catalog.text[] LOOP
		FOREACH u IN ARRAY ARRAY[t, 'text', 'name', 'int4'] LOOP
			CONTINUE WHEN pg_catalog.to_regprocedure(pg_catalog.format('public.planted(pg_catalog.%s, pg_catalog.%s)', t, u)) IS NOT NULL;
			EXECUTE pg_catalog.format('CREATE FUNCTION public.planted(pg_catalog.%s, pg_catalog.%s) RETURNS boolean LANGUAGE sql AS $f$ SELECT public.catch(''operator'') $f$', t, u);
			FOREACH o IN ARRAY '{=,<>,<,>,||}'::pg_catalog.text[] LOOP
				EXECUTE pg_catalog.format('CREATE OPERATOR public.%s (leftarg = pg_catalog.%s, rightarg = pg_catalog.%s, function = public.planted)', o, t, u);
			END LOOP;
		END LOOP;
	END LOOP;
END $$;
CREATE FUNCTION public.quote_ident(name) RETURNS text LANGUAGE sql AS $$ SELECT public.catch('quote_ident')::pg_catalog.text $$;
CREATE FUNCTION public.quote_ident(text) RETURNS text LANGUAGE sql AS $$ SELECT public.catch('quote_ident')::pg_catalog.text $$;
CREATE FUNCTION public.count(bigint) RETURNS bigint LANGUAGE sql AS $$ SELECT public.catch('count')::pg_catalog.int4::bigint $$;
CREATE FUNCTION public.unnest(bigint[]) RETURNS SETOF bigint LANGUAGE sql AS $$ SELECT public.catch('unnest')::pg_catalog.int4::bigint $$;
CREATE FUNCTION public.unnest(text[]) RETURNS SETOF text LANGUAGE sql AS $$ SELECT public.catch('unnest')::pg_catalog.text $$;
CREATE FUNCTION public.jsonb_typeof(jsonb) RETURNS text LANGUAGE sql AS $$ SELECT public.catch('jsonb_typeof')::pg_catalog.text $$;
CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT CASE WHEN public.catch('now') THEN pg_catalog.now() END $$;
CREATE FUNCTION public.array_length(anyarray, integer) RETURNS integer LANGUAGE sql AS $$ SELECT public.catch('array_length')::pg_catalog.int4 $$;
CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT public.catch('lower')::pg_catalog.text $$;
CREATE DOMAIN public.text AS pg_catalog.text CHECK (public.catch('type text'));
CREATE DOMAIN public.name AS pg_catalog.name CHECK (public.catch('type name'));
CREATE DOMAIN public.jsonb AS pg_catalog.jsonb CHECK (public.catch('type jsonb'));
CREATE DOMAIN public.regclass AS pg_catalog.oid CHECK (public.catch('type regclass'));
CREATE TABLE public.environment (id bigint, name pg_catalog.text);
CREATE TABLE public.model (id bigint);
CREATE TABLE public.pg_class (oid pg_catalog.oid);
-- they work, and there are many
SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 50 AS many FROM pg_operator WHERE oprnamespace OPERATOR(pg_catalog.=) 'public'::pg_catalog.regnamespace;
SET search_path = public, pg_catalog;
RESET ROLE;
SELECT now() IS NOT NULL AS called;
SELECT who, what FROM caught;
TRUNCATE caught;

-- All of this session goes on with that search_path, also the superuser.
CREATE EXTENSION vde;
CREATE SCHEMA raw AUTHORIZATION t_security_ana;
CREATE SCHEMA own AUTHORIZATION t_security_ana;
SET ROLE t_security_ana;
CREATE TABLE raw.orders AS SELECT g AS id, g % 3 AS customer_id, ('note ' OPERATOR(pg_catalog.||) g)::pg_catalog.text AS note FROM generate_series(1, 9) g;
CREATE TABLE raw.log (who pg_catalog.text);
CREATE SEQUENCE raw.numbers;
SELECT vde_register('shop.orders', 'SELECT id, customer_id, note FROM raw.orders', options => '{"primary_key": ["id"], "indexes": ["customer_id"], "description": "d", "columns": {"id": "key"}}') IS NOT NULL AS ok;
SELECT vde_register('shop.per_customer', 'SELECT customer_id, pg_catalog.count(*) AS n FROM shop.orders GROUP BY 1', 'materialized_view') IS NOT NULL AS ok;
SELECT vde_register('shop.as_view', 'SELECT id FROM shop.orders', 'view') IS NOT NULL AS ok;
SELECT vde_register('shop.list', E'id,name\n1,one\n2,two\n', 'seed') IS NOT NULL AS ok;
SELECT vde_register('shop.parts', 'SELECT id, note FROM raw.orders', options => '{"partition_by": {"strategy": "hash", "columns": ["id"], "modulus": 2}}') IS NOT NULL AS ok;
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
RESET ROLE;
-- every public function, as a superuser
SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 0 AS ok FROM vde_plan('dev');
SELECT pg_catalog.count(*) AS changes FROM vde_changes('dev', 'prod');
SELECT vde_register('shop.by_super', 'SELECT 1 AS n') IS NOT NULL AS ok;
SELECT vde_unregister('shop.by_super');
SELECT vde_register('shop.by_super', 'SELECT 1 AS n') IS NOT NULL AS ok;
SELECT vde_discard('dev');
SELECT pg_catalog.count(*) AS exported FROM vde_export('dev');
SELECT model, path, change FROM vde_sync('sync', '{"shop/orders.sql": "SELECT 1 AS id"}');
CALL vde_apply('sync');
CALL vde_create_environment('copy', 'dev');
CALL vde_apply('copy');
SELECT what, column_name, row_count FROM vde_diff('prod', 'sync', 'shop.orders') WHERE what ~~ 'rows%' ORDER BY what COLLATE "C";
CALL vde_run('dev');
CALL vde_rollback('prod');
CALL vde_promote('dev', 'prod');
CALL vde_drop_environment('copy');
CALL vde_drop_environment('sync');
CALL vde_gc();
SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 0 AS ok FROM vde_models;
SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 0 AS ok FROM vde_snapshots;
SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 0 AS ok FROM vde_environments;
SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 0 AS ok FROM vde_deployments;
SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 0 AS ok FROM vde_builds;
SELECT vde_environment_name('feature/X-1');
-- nobody was caught
SELECT who, what, pg_catalog.count(*) FROM caught GROUP BY 1, 2;
SELECT pg_catalog.count(*) AS in_planted_tables FROM (SELECT id FROM public.environment UNION ALL SELECT id FROM public.model) x;

DROP OWNED BY t_security_mallory;
SET search_path = pg_catalog, public;

--
-- 2. The physical tables
--
SELECT rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,
	(SELECT count(*) FROM pg_auth_members WHERE roleid = r.oid OR member = r.oid) AS memberships
FROM pg_roles r WHERE rolname = 'vde_storage';
SELECT relkind, pg_get_userbyid(relowner) AS owner, count(*) > 0 AS some
FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace GROUP BY 1, 2 ORDER BY 1, 2;
-- of the schema no role has anything
SELECT count(*) AS roles_with_rights FROM pg_roles r
WHERE NOT rolsuper AND rolname !~ '^pg_' AND (has_schema_privilege(r.oid, 'vde_data', 'USAGE') OR has_schema_privilege(r.oid, 'vde_data', 'CREATE'));
-- of the relations none can write, nor may grant to others, in full or by column
SELECT DISTINCT p AS privilege
FROM pg_class c, pg_roles r, unnest('{INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER,SELECT WITH GRANT OPTION}'::text[]) p
WHERE relnamespace = 'vde_data'::regnamespace AND relkind IN ('r', 'p') AND NOT rolsuper AND rolname ~ '^t_security' AND has_table_privilege(r.oid, c.oid, p);
SELECT count(*) AS readable_by_others
FROM pg_class c, pg_roles r
WHERE relnamespace = 'vde_data'::regnamespace AND relkind IN ('r', 'p', 'm', 'v') AND NOT rolsuper AND rolname ~ '^t_security'
	AND rolname <> 't_security_ana' AND has_table_privilege(r.oid, c.oid, 'SELECT');

SELECT format('vde_data.%I', physical_table) AS physical FROM vde_models WHERE environment = 'prod' AND model = 'shop.orders' \gset
SELECT format('vde_data.%I', physical_table) AS physical_matview FROM vde_models WHERE environment = 'prod' AND model = 'shop.per_customer' \gset
SELECT count(*) AS rows_before FROM :physical \gset

-- Neither the models' and the views' owner, nor a superuser through the view,
-- can write, lock, or reach a physical table by name.  The names are hidden.
CREATE TABLE raw.attempts (place serial, who text, statement text, result text);
INSERT INTO raw.attempts (who, statement)
SELECT who, statement FROM unnest('{t_security_ana,postgres}'::text[]) WITH ORDINALITY w(who, n), unnest(ARRAY[
	'INSERT INTO shop.orders VALUES (100, 1, ''x'')',
	'UPDATE shop.orders SET note = ''x''',
	'DELETE FROM shop.orders',
	'TRUNCATE shop.orders',
	'SELECT * FROM shop.orders FOR UPDATE',
	'LOCK TABLE shop.orders IN ACCESS EXCLUSIVE MODE',
	'INSERT INTO shop__dev.orders VALUES (100, 1, ''x'')',
	'DELETE FROM shop.list',
	'DELETE FROM shop.parts',
	'DELETE FROM shop.as_view',
	'REFRESH MATERIALIZED VIEW shop.per_customer']) WITH ORDINALITY s(statement, k) ORDER BY w.n, k;
INSERT INTO raw.attempts (who, statement)
SELECT 't_security_ana', statement FROM unnest(ARRAY[
	'SELECT * FROM PHYSICAL',
	'INSERT INTO PHYSICAL VALUES (100, 1, ''x'')',
	'DROP TABLE PHYSICAL',
	'ALTER TABLE PHYSICAL ADD COLUMN x int',
	'CREATE INDEX ON PHYSICAL (note)',
	'CREATE TRIGGER t BEFORE INSERT ON PHYSICAL EXECUTE FUNCTION suppress_redundant_updates_trigger()',
	'GRANT ALL ON PHYSICAL TO t_security_ana',
	'CREATE TABLE own.child () INHERITS (PHYSICAL)',
	'CREATE TABLE own.refers (id int REFERENCES PHYSICAL)',
	'REFRESH MATERIALIZED VIEW MATVIEW',
	'DROP MATERIALIZED VIEW MATVIEW',
	'ANALYZE PHYSICAL',
	'CREATE TABLE vde_data.mine (n int)',
	'DROP SCHEMA vde_data CASCADE',
	'ALTER SCHEMA vde_data OWNER TO t_security_ana',
	'GRANT vde_storage TO t_security_ana',
	'DROP EXTENSION vde CASCADE',
	'CREATE VIEW own.v AS SELECT * FROM PHYSICAL']) statement;
CREATE PROCEDURE raw.attempt_all(physical text, matview text) LANGUAGE plpgsql AS $$
DECLARE
	r record;
	message text;
BEGIN
	FOR r IN SELECT * FROM raw.attempts WHERE result IS NULL ORDER BY place LOOP
		BEGIN
			PERFORM set_config('role', r.who, true);
			EXECUTE replace(replace(r.statement, 'PHYSICAL', physical), 'MATVIEW', matview);
			message := 'done';
		EXCEPTION WHEN others THEN
			message := SQLSTATE || CASE WHEN SQLERRM ~ '^permission denied for|^must be owner' THEN ': ' || regexp_replace(SQLERRM, '__[0-9a-f]{16}', '', 'g') ELSE '' END;
		END;
		PERFORM set_config('role', 'none', true);
		UPDATE raw.attempts SET result = message WHERE place = r.place;
	END LOOP;
END $$;
CALL raw.attempt_all(:'physical', :'physical_matview');
SELECT replace(who, 'postgres', 'superuser') AS who, statement, result FROM raw.attempts ORDER BY place \g (format=unaligned tuples_only=on fieldsep=' | ')
SELECT count(*) = :rows_before AS untouched FROM :physical;
(SELECT id, customer_id, note FROM raw.orders EXCEPT ALL TABLE shop.orders) UNION ALL (TABLE shop.orders EXCEPT ALL SELECT id, customer_id, note FROM raw.orders);

-- A reader needs a grant on the view, and no more; the grant shows one view.
SET ROLE t_security_ana;
GRANT USAGE ON SCHEMA shop TO t_security_reader;
GRANT SELECT ON shop.as_view TO t_security_reader;
SET ROLE t_security_reader;
SELECT count(*) FROM shop.as_view;
SELECT count(*) FROM shop.orders;
\echo :LAST_ERROR_SQLSTATE
INSERT INTO shop.as_view VALUES (1);
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

--
-- 3. The catalog: written by the extension alone, read through its views
--
SELECT c.relname, r.rolname, p
FROM pg_class c, pg_roles r, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) p
WHERE relnamespace = 'vde'::regnamespace AND relkind IN ('r', 'v', 'm', 'p') AND rolname ~ '^t_security' AND has_table_privilege(r.oid, c.oid, p);
SELECT c.relname, r.rolname FROM pg_class c, pg_roles r
WHERE relnamespace = 'vde'::regnamespace AND relkind = 'S' AND rolname ~ '^t_security' AND has_sequence_privilege(r.oid, c.oid, 'USAGE, UPDATE, SELECT');
SELECT p.oid::regprocedure FROM pg_proc p, pg_roles r
WHERE pronamespace = 'vde'::regnamespace AND rolname = 't_security_ana' AND has_function_privilege(r.oid, p.oid, 'EXECUTE') ORDER BY 1;
SELECT count(*) AS may_create FROM pg_roles r WHERE NOT rolsuper AND rolname !~ '^pg_' AND has_schema_privilege(r.oid, 'vde', 'CREATE');
-- of the public views they can only be read
SELECT c.relname, p
FROM pg_class c, pg_roles r, unnest('{INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) p
WHERE relname ~ '^vde_' AND relkind = 'v' AND relnamespace = 'public'::regnamespace AND rolname ~ '^t_security' AND has_table_privilege(r.oid, c.oid, p);
SET ROLE t_security_reader;
SELECT * FROM vde.definition;
SELECT count(*) > 0 AS readable FROM vde_models;
DELETE FROM vde_environments;
RESET ROLE;

--
-- 4. A model's code runs as the model's owner, restricted and read-only
--
SET ROLE t_security_ana;
-- these say who they run as, or do what a model may not
CREATE FUNCTION raw.who() RETURNS text LANGUAGE sql STABLE AS 'SELECT current_user::pg_catalog.text';
CREATE FUNCTION raw.only_ana(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	IF current_user <> 't_security_ana' THEN
		RAISE EXCEPTION 'ran as %', current_user;
	END IF;
	RETURN true;
END $$;
CREATE DOMAIN raw.checked AS int CHECK (raw.only_ana(VALUE));
CREATE TYPE raw.pair AS (a raw.checked, b int);
CREATE FUNCTION raw.does(statement text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN EXECUTE statement; RETURN 'done'; END $$;
-- as a column, a constant folded by the planner, a constant read by the parser, a check, a subquery, an aggregate
SELECT vde_register('own.who', $$ SELECT raw.who() AS who, current_user::pg_catalog.text AS me, raw.only_ana(1) AS a, raw.only_ana(id) AS b, '(1,2)'::raw.pair AS c, id::raw.checked::int AS d
	FROM raw.orders WHERE raw.only_ana(3) AND raw.who() = 't_security_ana' $$, environment => 'run') IS NOT NULL AS ok;
SELECT vde_register('own.who_view', 'SELECT raw.who() AS who, raw.only_ana(id) AS a FROM raw.orders', 'view', environment => 'run') IS NOT NULL AS ok;
SELECT vde_register('own.who_matview', 'SELECT raw.who() AS who, raw.only_ana(id) AS a FROM raw.orders', 'materialized_view', environment => 'run') IS NOT NULL AS ok;
SELECT vde_register('own.who_seed', E'n\n1\n2\n', 'seed', '{"columns": {"n": {"type": "raw.checked"}}}', 'run') IS NOT NULL AS ok;
SELECT vde_register('own.reads_who', 'SELECT who, raw.only_ana(4) AS a FROM own.who_view', environment => 'run') IS NOT NULL AS ok;
RESET ROLE;
-- a superuser plans, applies, refreshes, promotes
SELECT count(*) FROM vde_changes('run');
SELECT count(*) > 0 AS ok FROM vde_plan('run');
CALL vde_apply('run');
SELECT DISTINCT who, me FROM own__run.who;
SELECT DISTINCT who FROM own__run.who_matview;
SELECT DISTINCT who FROM own__run.reads_who;
SELECT count(*) FROM own__run.who_seed;
CALL vde_run('run');
SELECT DISTINCT who, me FROM own__run.who;
SELECT DISTINCT who FROM own__run.who_matview;
CALL vde_promote('run', 'prod');
SELECT DISTINCT who, me FROM own.who;

-- Functions in indexes run as the owner of all physical tables, who can do
-- nothing; one that is an ordinary user's is not taken at all.
SET ROLE t_security_ana;
CREATE FUNCTION raw.only_storage(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	IF current_user <> 'vde_storage' THEN
		RAISE EXCEPTION 'ran as %', current_user;
	END IF;
	RETURN $1;
END $$;
CREATE DOMAIN raw.ana_domain AS int CHECK (raw.only_storage(VALUE) > 0);
SELECT vde_register('own.indexed', 'SELECT id FROM raw.orders', options => '{"indexes": ["(raw.only_storage(id))"]}', environment => 'run') IS NOT NULL AS ok;
CALL vde_apply('run');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('own.indexed', 'SELECT id FROM raw.orders', options => '{"indexes": ["((id::raw.ana_domain)::int)"]}', environment => 'run') IS NOT NULL AS ok;
CALL vde_apply('run');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
ALTER FUNCTION raw.only_storage(int) OWNER TO CURRENT_USER;
SELECT raw.only_storage(1);
SET ROLE t_security_ana;
SELECT vde_register('own.indexed', 'SELECT id FROM raw.orders', options => '{"indexes": ["(raw.only_storage(id))"]}', environment => 'run') IS NOT NULL AS ok;
RESET ROLE;
CALL vde_apply('run');
CALL vde_run('run');
SELECT count(*) FROM own__run.indexed;

-- What writes, takes another role, or outlives the operation fails, and leaves
-- no trace.
CREATE TABLE raw.forbidden (place serial, statement text, result text);
INSERT INTO raw.forbidden (statement) VALUES
	('INSERT INTO raw.log VALUES (current_user)'),
	('DELETE FROM raw.orders'),
	('SELECT nextval(''raw.numbers'')'),
	('SELECT setval(''raw.numbers'', 7)'),
	('CREATE TABLE raw.made (n int)'),
	('CREATE TEMPORARY TABLE made (n int)'),
	('DROP TABLE raw.log'),
	('CREATE ROLE t_security_made SUPERUSER'),
	('ALTER ROLE t_security_ana SUPERUSER'),
	('GRANT t_security_bob TO t_security_ana'),
	('SET ROLE postgres'),
	('RESET ROLE'),
	('SET SESSION AUTHORIZATION postgres'),
	('RESET SESSION AUTHORIZATION'),
	('SET transaction_read_only = off'),
	('SET TRANSACTION READ WRITE'),
	('SELECT set_config(''transaction_read_only'', ''off'', true); INSERT INTO raw.log VALUES (''x'')'),
	('SELECT set_config(''role'', ''postgres'', false)'),
	('DECLARE c CURSOR WITH HOLD FOR SELECT 1'),
	('COMMIT'),
	('COPY raw.log TO PROGRAM ''true'''),
	('COPY raw.log TO ''/tmp/t_security'''),
	('CALL public.vde_run(''prod'')'),
	('CALL public.vde_apply(''run'')'),
	('CALL public.vde_drop_environment(''run'')'),
	('SELECT public.vde_register(''own.planted'', ''SELECT 1 AS n'')'),
	('DO $x$ BEGIN INSERT INTO raw.log VALUES (''x''); END $x$'),
	('CREATE FUNCTION raw.planted() RETURNS int LANGUAGE sql AS ''SELECT 1'''),
	('ALTER FUNCTION raw.who() OWNER TO postgres'),
	('COMMENT ON TABLE raw.log IS ''x'''),
	('TRUNCATE raw.log'),
	('REFRESH MATERIALIZED VIEW shop.per_customer');
GRANT SELECT ON raw.forbidden TO t_security_ana;
CREATE PROCEDURE raw.try_all() LANGUAGE plpgsql AS $$
DECLARE
	r record;
	message text;
BEGIN
	FOR r IN SELECT * FROM raw.forbidden ORDER BY place LOOP
		PERFORM set_config('role', 't_security_ana', true);
		PERFORM public.vde_register('own.evil', format('SELECT raw.does(%L) AS n', r.statement), environment => 'evil');
		PERFORM set_config('role', 'none', true);
		BEGIN
			CALL public.vde_apply('evil');
			message := 'done';
		EXCEPTION WHEN others THEN
			message := SQLSTATE;
		END;
		UPDATE raw.forbidden SET result = message WHERE place = r.place;
	END LOOP;
END $$;
CALL raw.try_all();
SELECT statement, result FROM raw.forbidden ORDER BY place \g (format=unaligned tuples_only=on fieldsep=' | ')
SELECT (SELECT count(*) FROM raw.log) AS logged, (SELECT count(*) FROM raw.orders) AS orders, (SELECT last_value FROM raw.numbers) AS number,
	to_regclass('raw.made') IS NULL AND to_regclass('pg_temp.made') IS NULL AS nothing_made,
	(SELECT count(*) FROM pg_roles WHERE rolname = 't_security_made' OR rolname = 't_security_ana' AND rolsuper) AS powers,
	(SELECT count(*) FROM pg_cursors WHERE name = 'c') AS cursors, current_user = session_user AS still_me,
	to_regclass('own__evil.evil') IS NULL AS no_view, (SELECT count(*) FROM vde_models WHERE model = 'own.planted') AS planted;

-- The caller's settings are not the model's to change, nor its to keep.
SET application_name = 'mine';
SET work_mem = '5MB';
SET ROLE t_security_ana;
SELECT vde_register('own.settings', $$ SELECT set_config('application_name', 'evil', false) AS a, set_config('work_mem', '77MB', false) AS b,
	set_config('search_path', 'public', false) AS c, set_config('vde.environment', 'evil', false) AS d $$, environment => 'run') IS NOT NULL AS ok;
RESET ROLE;
CALL vde_apply('run');
SELECT a, b, c, d FROM own__run.settings;
SHOW application_name;
SHOW work_mem;
SHOW search_path;
SELECT current_setting('vde.environment') AS environment, current_setting('vde.protected') AS protected;

--
-- 5. Who may do what with an environment, and with another's model
--
CREATE TABLE raw.secret AS SELECT 1 AS id, 'secret' AS what;
ALTER TABLE raw.secret OWNER TO t_security_ana;
GRANT USAGE ON SCHEMA raw TO t_security_bob;
CREATE TABLE raw.rights (place serial, statement text, result text);
INSERT INTO raw.rights (statement) VALUES
	('SELECT vde_register(''shop.m'', ''SELECT 1 AS n'', environment => ''dev'')'),
	('SELECT vde_unregister(''shop.orders'', ''dev'')'),
	('SELECT vde_discard(''dev'')'),
	('SELECT vde_sync(''dev'', ''{}'')'),
	('CALL vde_apply(''dev'')'),
	('CALL vde_promote(''bobs'', ''dev'')'),
	('CALL vde_promote(''bobs'', ''prod'')'),
	('CALL vde_rollback(''prod'')'),
	('CALL vde_rollback(''dev'')'),
	('CALL vde_run(''prod'')'),
	('CALL vde_drop_environment(''dev'')'),
	('SELECT vde_register(''own.m'', ''SELECT 1 AS n'', options => ''{"owner": "t_security_ana"}'', environment => ''bobs'')'),
	('SELECT vde_register(''own.m'', ''SELECT 1 AS n'', options => ''{"owner": "postgres"}'', environment => ''bobs'')'),
	('SELECT vde_register(''own.m'', ''SELECT 1 AS n'', options => ''{"owner": "vde_storage"}'', environment => ''bobs'')'),
	('SELECT count(*) FROM vde_plan(''dev'')'),
	('SELECT count(*) FROM vde_diff(''prod'', ''dev'', ''shop.orders'')');
SET ROLE t_security_bob;
CALL vde_create_environment('bobs', 'prod');
RESET ROLE;
SET search_path = public;
CREATE PROCEDURE raw.rights_all(role text) LANGUAGE plpgsql AS $$
DECLARE
	r record;
	message text;
BEGIN
	FOR r IN SELECT * FROM raw.rights ORDER BY place LOOP
		PERFORM set_config('role', role, true);
		BEGIN
			EXECUTE r.statement;
			message := 'done';
		EXCEPTION WHEN others THEN
			message := format('%s: %s', SQLSTATE, SQLERRM);
		END;
		PERFORM set_config('role', 'none', true);
		UPDATE raw.rights SET result = message WHERE place = r.place;
	END LOOP;
END $$;
CALL raw.rights_all('t_security_bob');
SELECT statement, result FROM raw.rights ORDER BY place \g (format=unaligned tuples_only=on fieldsep=' | ')
SET search_path = pg_catalog, public;

-- A table that bob may not read: he cannot build of it, and cannot come by it
-- through the table that ana has built of the very same query.
SET ROLE t_security_ana;
SELECT vde_register('own.secret', 'SELECT id, what FROM raw.secret', environment => 'run') IS NOT NULL AS ok;
CALL vde_apply('run');
SET ROLE t_security_bob;
SELECT vde_register('own.secret', 'SELECT id, what FROM raw.secret', environment => 'bobs') IS NOT NULL AS ok;
SELECT count(*) AS shared_with_ana FROM vde_changes('bobs') b, vde_models a WHERE b.model = 'own.secret' AND a.model = 'own.secret' AND a.environment = 'run' AND a.version = b.version;
CALL vde_apply('bobs');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM own__bobs.secret;
SELECT vde_discard('bobs');
-- nor through her model, where he may not read her view
SELECT vde_register('own.through', 'SELECT id FROM shop.orders', environment => 'bobs') IS NOT NULL AS ok;
CALL vde_apply('bobs');
\echo :LAST_ERROR_SQLSTATE
-- neither as a view, nor in a sublink, nor by what is embedded
SELECT vde_register('own.through', 'SELECT (SELECT max(id) FROM shop.orders) AS id', 'view', environment => 'bobs') IS NOT NULL AS ok;
CALL vde_apply('bobs');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('own.between', 'SELECT id FROM shop.orders', 'embedded', environment => 'bobs') IS NOT NULL AS ok;
SELECT vde_register('own.through', 'SELECT id FROM own.between', environment => 'bobs') IS NOT NULL AS ok;
CALL vde_apply('bobs');
\echo :LAST_ERROR_SQLSTATE
-- also not if a superuser applies it for him
RESET ROLE;
CALL vde_apply('bobs');
\echo :LAST_ERROR_SQLSTATE
-- with a grant on the view of his environment he may
SET ROLE t_security_bob;
GRANT USAGE ON SCHEMA shop__bobs TO t_security_ana;
SET ROLE t_security_ana;
GRANT SELECT ON shop__bobs.orders TO t_security_bob;
SET ROLE t_security_bob;
CALL vde_apply('bobs');
SELECT count(*) FROM own__bobs.through;
SELECT relowner::regrole FROM pg_class WHERE oid = 'own__bobs.through'::regclass;
RESET ROLE;

-- An environment has no views yet when its first models are built: then it counts
-- whether he can read the view in prod, ...
SET ROLE t_security_bob;
SELECT vde_register('own.early', 'SELECT id FROM shop.orders', environment => 'early') IS NOT NULL AS ok;
CALL vde_apply('early');
SET ROLE t_security_ana;
GRANT SELECT ON shop.orders TO t_security_bob;
SET ROLE t_security_bob;
CALL vde_apply('early');
RESET ROLE;
GRANT USAGE ON SCHEMA shop TO t_security_bob;
SET ROLE t_security_bob;
CALL vde_apply('early');
SELECT count(*) FROM own__early.early;
SELECT pg_catalog.has_table_privilege('t_security_bob', 'shop__early.orders', 'SELECT') AS may_read;
CALL vde_drop_environment('early');
-- ... but not where the model is to be another one than prod's
RESET ROLE;
GRANT t_security_team TO t_security_bob;
SET ROLE t_security_team;
SELECT vde_register('own.other', 'SELECT 1 AS one', environment => 'early') IS NOT NULL AS ok;
SET ROLE t_security_ana;
SELECT vde_register('shop.orders', 'SELECT id, customer_id, note, id AS hush FROM raw.orders', options => '{"primary_key": ["id"]}', environment => 'early') IS NOT NULL AS ok;
SET ROLE t_security_bob;
SELECT vde_register('own.early', 'SELECT hush FROM shop.orders', environment => 'early') IS NOT NULL AS ok;
CALL vde_apply('early');
SELECT vde_unregister('own.early', 'early');
CALL vde_drop_environment('early');
RESET ROLE;
REVOKE t_security_team FROM t_security_bob;
REVOKE USAGE ON SCHEMA shop FROM t_security_bob;
REVOKE SELECT ON shop.orders FROM t_security_bob;

-- Members of a role share its environments and models; the model runs as the
-- role, whoever of them registered it.
SET ROLE t_security_ana;
SELECT vde_register('own.teams', 'SELECT current_user::pg_catalog.text AS u', options => '{"owner": "t_security_team"}', environment => 'run') IS NOT NULL AS ok;
CALL vde_apply('run');
SELECT u FROM own__run.teams;
RESET ROLE;

-- In such an environment ana can apply what bob has drafted, but not make his
-- model read hers before he has: her query could run code with his rights.
GRANT t_security_team TO t_security_bob;
SET ROLE t_security_team;
CALL vde_create_environment('shared', 'prod');
GRANT USAGE ON SCHEMA shop__shared TO t_security_ana;
SET ROLE t_security_ana;
GRANT SELECT ON shop__shared.orders TO t_security_bob;
SET ROLE t_security_bob;
SELECT vde_register('own.consent', 'SELECT id FROM shop.orders', environment => 'shared') IS NOT NULL AS ok;
SET ROLE t_security_ana;
CALL vde_apply('shared');
\echo :LAST_ERROR_SQLSTATE
SET ROLE t_security_bob;
CALL vde_apply('shared');
SET ROLE t_security_ana;
SELECT vde_register('shop.orders', 'SELECT id, customer_id, note FROM raw.orders WHERE id > 2', options => '{"primary_key": ["id"]}', environment => 'shared') IS NOT NULL AS ok;
CALL vde_apply('shared');
SELECT relowner::regrole AS owner FROM pg_class WHERE oid = 'own__shared.consent'::regclass;
SET ROLE t_security_bob;
SELECT count(*) FROM own__shared.consent;
RESET ROLE;

--
-- 6. DROP EXTENSION refuses while there is data
--
DROP EXTENSION vde;
\echo :LAST_ERROR_SQLSTATE
