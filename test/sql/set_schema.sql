-- ALTER EXTENSION vde SET SCHEMA: functions and views move, all goes on.
SET client_min_messages = warning;
CREATE SCHEMA old;
CREATE SCHEMA "new one";
CREATE EXTENSION vde SCHEMA old;
DROP ROLE IF EXISTS t_set_schema_ana;
CREATE ROLE t_set_schema_ana;
\pset format unaligned
\pset tuples_only on

-- PostgreSQL alone refuses
\c
SET client_min_messages = warning;
ALTER EXTENSION vde SET SCHEMA "new one";
SELECT count(*) FROM old.vde_environments;
LOAD 'vde';

-- what stands on its objects stays
CREATE VIEW mine AS SELECT name FROM old.vde_environments;
GRANT EXECUTE ON FUNCTION old.vde_check(boolean) TO t_set_schema_ana;
SELECT old.vde_register('shop.a', 'SELECT 1 AS n') > 0;
CALL old.vde_apply('dev');

-- refused
ALTER EXTENSION vde SET SCHEMA nowhere;
ALTER EXTENSION vde SET SCHEMA vde;
ALTER EXTENSION vde SET SCHEMA vde_data;
ALTER EXTENSION vde SET SCHEMA pg_toast;
CREATE VIEW "new one".vde_models AS SELECT 1 AS n;
ALTER EXTENSION vde SET SCHEMA "new one";
DROP VIEW "new one".vde_models;
SET ROLE t_set_schema_ana;
ALTER EXTENSION vde SET SCHEMA "new one";
RESET ROLE;
ALTER EXTENSION vde SET SCHEMA old;

-- moved, in a transaction that is rolled back, and for good
CREATE FUNCTION told() RETURNS TABLE (what text) LANGUAGE sql AS $$
	SELECT format('%s objects in %I', count(*), n.nspname)
	FROM pg_extension e JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
	LEFT JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
	JOIN pg_namespace n ON n.oid IN (p.pronamespace, c.relnamespace) WHERE extname = 'vde' AND n.nspname IN ('old', 'new one') GROUP BY n.nspname
	UNION ALL SELECT format('extension in %s', extnamespace::regnamespace) FROM pg_extension WHERE extname = 'vde'
	UNION ALL SELECT format('depends on %s', refobjid::regnamespace) FROM pg_depend WHERE classid = 'pg_extension'::regclass
		AND objid = (SELECT oid FROM pg_extension WHERE extname = 'vde') AND refclassid = 'pg_namespace'::regclass $$;
BEGIN;
ALTER EXTENSION vde SET SCHEMA "new one";
SELECT regexp_replace(what, '^\d+', 'N') FROM told();
ROLLBACK;
SELECT regexp_replace(what, '^\d+', 'N') FROM told();
CREATE FUNCTION moved() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE
	seen text := (SELECT string_agg(object_identity, ', ') FROM pg_event_trigger_ddl_commands() WHERE object_identity ~ 'vde_plan\(|vde_models');
BEGIN
	IF seen IS NOT NULL THEN
		RAISE WARNING 'an event trigger sees %', seen;
	END IF;
END $$;
CREATE EVENT TRIGGER t_set_schema ON ddl_command_end WHEN TAG IN ('ALTER ROUTINE', 'ALTER VIEW') EXECUTE FUNCTION moved();
DO $$ BEGIN ALTER EXTENSION vde SET SCHEMA "new one"; END $$;
DROP EVENT TRIGGER t_set_schema;
SELECT regexp_replace(what, '^\d+', 'N') FROM told();
DROP SCHEMA old;
\d mine
SELECT has_function_privilege('t_set_schema_ana', '"new one".vde_check(boolean)', 'EXECUTE');

-- and it goes on, in other sessions, too
SET search_path = "new one";
SELECT vde_register('shop.a', 'SELECT 2 AS n') > 0;
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
\c
SET client_min_messages = warning;
SET search_path = "new one";
SELECT n FROM shop.a;
SELECT * FROM vde_use('dev');
SELECT n FROM shop.a;
SELECT name FROM public.mine ORDER BY 1;
SELECT count(*) FROM vde_check();
CALL vde_rollback('prod');
CALL vde_drop_environment('dev');

-- there may be another extension, and none of that name
ALTER EXTENSION plpgsql SET SCHEMA public;
DROP VIEW public.mine;
DROP EXTENSION vde CASCADE;
ALTER EXTENSION vde SET SCHEMA public;
DROP ROLE t_set_schema_ana;
