--
-- Grants: the option "grants" gives and takes back SELECT on a model's views;
-- grants on views, on columns, default privileges and USAGE on schemas come
-- along into new environments; nobody gets more by making one; a role of the
-- same name as one that is gone gets nothing.
--
SET client_min_messages = warning;

DROP ROLE IF EXISTS t_grants_ana;
DROP ROLE IF EXISTS t_grants_team;
DROP ROLE IF EXISTS t_grants_bi;
DROP ROLE IF EXISTS t_grants_hand;
DROP ROLE IF EXISTS "t_grants Quo""ted'";
DROP ROLE IF EXISTS t_grants_gone;
DROP ROLE IF EXISTS t_grants_renamed;
DROP ROLE IF EXISTS t_grants_mallory;
DROP ROLE IF EXISTS t_grants_staff;
DROP ROLE IF EXISTS t_grants_clerk;
CREATE ROLE t_grants_ana;
CREATE ROLE t_grants_team;
CREATE ROLE t_grants_bi;
CREATE ROLE t_grants_hand;
CREATE ROLE "t_grants Quo""ted'";
CREATE ROLE t_grants_gone;
CREATE ROLE t_grants_mallory;
CREATE ROLE t_grants_staff;
CREATE ROLE t_grants_clerk;
GRANT t_grants_staff TO t_grants_clerk, t_grants_mallory;
SELECT format('GRANT CREATE ON DATABASE %I TO t_grants_ana, t_grants_team, t_grants_mallory', current_database()) \gexec
CREATE EXTENSION vde;
CREATE SCHEMA raw AUTHORIZATION t_grants_ana;
CREATE SCHEMA mine AUTHORIZATION t_grants_ana;
SET ROLE t_grants_ana;
CREATE TABLE raw.orders AS SELECT g AS id, g * 2 AS amount, 'note ' || g AS note FROM generate_series(1, 9) g;

-- who may do what: grants on views and columns, and on schemas; from 17 on an owner has MAINTAIN, too
CREATE VIEW mine.grants AS
	SELECT c.oid::regclass::text AS view, replace(c.relacl::text, '=arwdDxtm/', '=arwdDxt/')::aclitem[] AS grants,
		(SELECT string_agg(a.attname || ' ' || a.attacl::text, ', ' ORDER BY a.attnum)
		 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL) AS columns
	FROM pg_class c WHERE c.relkind = 'v' AND c.relnamespace::regnamespace::text ~ '^(shop|lone|fresh|hidden)';
CREATE VIEW mine.schemas AS
	SELECT nspname AS schema, nspacl AS usage FROM pg_namespace WHERE nspname ~ '^(shop|lone|fresh|hidden)';

--
-- 1. What the option may be
--
CREATE FUNCTION mine.try(options jsonb, kind text DEFAULT 'full') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	message text; detail text; hint text;
BEGIN
	PERFORM public.vde_register('shop.bad', CASE kind WHEN 'external' THEN '' ELSE 'SELECT 1 AS a' END, kind, options, 'tries');
	RETURN 'fine';
EXCEPTION WHEN others THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, message, nullif(detail, ''), nullif(hint, ''));
END $$;
SELECT mine.try('{"grants": "t_grants_bi"}');
SELECT mine.try('{"grants": ["t_grants_bi"]}');
SELECT mine.try('{"grants": {"select": "t_grants_bi"}}');
SELECT mine.try('{"grants": {"select": [1]}}');
SELECT mine.try('{"grants": {"select": [""]}}');
SELECT mine.try('{"grants": {"insert": ["t_grants_bi"]}}');
SELECT mine.try('{"grants": {"select": ["t_grants_bi"], "selct": []}}');
SELECT mine.try('{"grants": {"select": ["t_grants_nobody; DROP TABLE raw.orders"]}}');
SELECT mine.try(jsonb_build_object('grants', jsonb_build_object('select', ARRAY[repeat('x', 64)])));
SELECT mine.try('{"grants": {"select": ["vde_storage"]}}');
SELECT mine.try('{"grants": {"select": ["current_user"]}}');
SELECT mine.try('{"grants": {"select": ["t_grants_bi"]}}', 'embedded');
SELECT mine.try('{"grants": {"select": ["t_grants_bi"]}}', 'external');
SELECT mine.try('{"grants": {}}');
SELECT mine.try('{"grants": {"select": []}}');
SELECT mine.try('{"grants": {"select": ["t_grants_bi", "public", "t_grants_bi"]}}', 'view');
SELECT vde_discard('tries');

--
-- 2. Given, and taken back: only what the option gave
--
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders',
	options => '{"grants": {"select": ["t_grants_bi", "t_grants Quo\"ted''"]}}', environment => 'prod') IS NOT NULL AS ok;
SELECT vde_register('shop.totals', 'SELECT sum(amount) AS total FROM shop.orders', 'view', environment => 'prod') IS NOT NULL AS ok;
CALL vde_apply('prod', confirm => true);
SELECT * FROM mine.grants ORDER BY 1;
SET ROLE t_grants_bi;
SELECT count(*) FROM shop.orders;
\echo :LAST_ERROR_SQLSTATE
SET ROLE t_grants_ana;
GRANT USAGE ON SCHEMA shop TO t_grants_bi, t_grants_hand;
SET ROLE t_grants_bi;
SELECT count(*) FROM shop.orders;
SELECT count(*) FROM shop.totals;
\echo :LAST_ERROR_SQLSTATE
SET ROLE t_grants_ana;

-- nothing is built for another list, no lock on the view is needed, and the plan shows it
GRANT SELECT ON shop.orders TO t_grants_hand;
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders',
	options => '{"grants": {"select": ["t_grants_hand", "public"]}}', environment => 'prod') IS NOT NULL AS ok;
SELECT change, category, action FROM vde_changes('prod');
SELECT p FROM vde_plan('prod') p WHERE p ~ 'option';
CALL vde_apply('prod', confirm => true);
SELECT * FROM mine.grants WHERE view = 'shop.orders';
-- hand was granted it by hand before
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders', environment => 'prod') IS NOT NULL AS ok;
CALL vde_apply('prod', confirm => true);
SELECT * FROM mine.grants WHERE view = 'shop.orders';
RESET ROLE;
SELECT count(*) AS remembered FROM vde.view_grant;
SET ROLE t_grants_ana;
-- a rollback brings back what the option said then, and takes what it did not
CALL vde_rollback('prod');
SELECT * FROM mine.grants WHERE view = 'shop.orders';
CALL vde_rollback('prod');
SELECT * FROM mine.grants WHERE view = 'shop.orders';
-- what was given once more by hand, with grant option, stays
GRANT SELECT ON shop.orders TO t_grants_bi WITH GRANT OPTION;
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders',
	options => '{"grants": {"select": ["t_grants Quo\"ted''"]}}', environment => 'prod') IS NOT NULL AS ok;
CALL vde_apply('prod', confirm => true);
SELECT * FROM mine.grants WHERE view = 'shop.orders';
REVOKE SELECT ON shop.orders FROM t_grants_bi;

-- taken by hand: told, and mended
REVOKE SELECT ON shop.orders FROM "t_grants Quo""ted'";
SELECT problem, object, detail, repaired FROM vde_check();
SELECT problem, object, detail, repaired FROM vde_check(true);
SELECT count(*) FROM vde_check();
SELECT * FROM mine.grants WHERE view = 'shop.orders';

-- a view that is made anew keeps it all; grants on a column that goes, go
GRANT SELECT (id, amount) ON shop.orders TO t_grants_bi;
SELECT vde_register('shop.totals', 'SELECT sum(id) AS total FROM shop.orders', 'view', environment => 'prod') IS NOT NULL AS ok;
SELECT vde_register('shop.orders', 'SELECT note, id FROM raw.orders',
	options => '{"grants": {"select": ["t_grants Quo\"ted''"]}}', environment => 'prod') IS NOT NULL AS ok;
CALL vde_apply('prod', confirm => true);
SELECT * FROM mine.grants WHERE view = 'shop.orders';

--
-- 3. Into new environments
--
GRANT SELECT ON shop.orders TO t_grants_hand WITH GRANT OPTION;
SET ROLE t_grants_hand;
GRANT SELECT ON shop.orders TO t_grants_staff;
SET ROLE t_grants_ana;
GRANT USAGE ON SCHEMA shop TO t_grants_staff;
GRANT CREATE ON SCHEMA shop TO t_grants_hand;
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO t_grants_bi;
ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO t_grants_clerk;
CALL vde_create_environment('dev');
SELECT * FROM mine.grants WHERE view LIKE 'shop%' ORDER BY 1;
SELECT * FROM mine.schemas ORDER BY 1;
RESET ROLE;
SELECT e.name, grantee FROM vde.view_grant g JOIN vde.environment e ON e.id = g.environment_id ORDER BY e.id, 2;
SET ROLE t_grants_bi;
SELECT count(*) FROM shop__dev.orders;
SET vde.environment = 'dev';
SELECT count(*) FROM shop.orders;
RESET vde.environment;
SET ROLE t_grants_clerk;
SELECT count(*) FROM shop__dev.orders;
SET ROLE t_grants_ana;

-- new in dev: default privileges as in base; the option travels, a grant in dev does not
SELECT vde_register('shop.fresh', 'SELECT id FROM shop.orders', options => '{"grants": {"select": ["t_grants_bi"]}}', environment => 'dev') IS NOT NULL AS ok;
SELECT vde_register('shop.orders', 'SELECT note, id FROM raw.orders', environment => 'dev') IS NOT NULL AS ok;
CALL vde_apply('dev');
SELECT * FROM mine.grants WHERE view ~ '(fresh|orders)$' ORDER BY 1;
GRANT SELECT ON shop__dev.fresh TO t_grants_hand;
CALL vde_promote('dev', 'prod');
SELECT * FROM mine.grants WHERE view ~ '(fresh|orders)$' ORDER BY 1;
-- an environment of an environment has what that has
CALL vde_create_environment('dev2', base => 'dev');
SELECT * FROM mine.grants WHERE view = 'shop__dev2.fresh';
SELECT count(*) FROM vde_check();
-- a view that goes takes along what was remembered of it
SELECT vde_unregister('shop.fresh', environment => 'dev2');
CALL vde_apply('dev2');
RESET ROLE;
SELECT count(*) FROM vde.view_grant g JOIN vde.environment e ON e.id = g.environment_id WHERE e.name = 'dev2';
SET ROLE t_grants_ana;
CALL vde_drop_environment('dev2');

--
-- 4. Who makes an environment gets nothing by it
--
SET ROLE t_grants_team;
CREATE SCHEMA hidden;
RESET ROLE;
GRANT t_grants_team TO t_grants_ana;
GRANT SELECT ON raw.orders TO t_grants_team;
GRANT USAGE ON SCHEMA raw TO t_grants_team;
SET ROLE t_grants_ana;
SELECT vde_register('hidden.a', 'SELECT id FROM raw.orders', options => '{"owner": "t_grants_team"}', environment => 'e') IS NOT NULL AS ok;
SELECT vde_register('hidden.b', 'SELECT id FROM raw.orders WHERE id > 1',
	options => '{"owner": "t_grants_team", "grants": {"select": ["public", "t_grants_mallory"]}}', environment => 'e') IS NOT NULL AS ok;
SELECT vde_register('hidden.c', 'SELECT id, note FROM raw.orders WHERE id > 2', options => '{"owner": "t_grants_team"}', environment => 'e') IS NOT NULL AS ok;
CALL vde_apply('e');
CALL vde_promote('e', 'prod');
SET ROLE t_grants_team;
-- all of these stand behind USAGE on the schema, which mallory has not
GRANT SELECT ON ALL TABLES IN SCHEMA hidden TO PUBLIC, t_grants_staff;
GRANT SELECT (id) ON hidden.c TO t_grants_mallory;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO t_grants_staff;
GRANT USAGE ON SCHEMA hidden TO t_grants_clerk;
SET ROLE t_grants_mallory;
SELECT count(*) FROM hidden.a;
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('evil');
SELECT count(*) FROM hidden__evil.a;
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM hidden__evil.b;
\echo :LAST_ERROR_SQLSTATE
SELECT count(id) FROM hidden__evil.c;
\echo :LAST_ERROR_SQLSTATE
GRANT SELECT ON hidden__evil.a TO t_grants_mallory;
\echo :LAST_ERROR_SQLSTATE
-- nor by another one made of that, over a schema that is mallory's own
GRANT USAGE ON SCHEMA hidden__evil TO PUBLIC;
CALL vde_create_environment('evil2', base => 'evil');
SELECT count(*) FROM hidden__evil2.b;
\echo :LAST_ERROR_SQLSTATE
-- nor by an empty one
CALL vde_create_environment('evil3', base => NULL);
CALL vde_promote('prod', 'evil3');
SELECT count(*) FROM hidden__evil3.b;
\echo :LAST_ERROR_SQLSTATE
-- who may read in prod, may here
SET ROLE t_grants_clerk;
SELECT count(*) FROM hidden.a;
SELECT count(*) FROM hidden__evil.a;
SELECT count(*) FROM hidden__evil.b;
SELECT count(*) FROM hidden__evil2.b;
RESET ROLE;
SELECT * FROM mine.grants WHERE view LIKE 'hidden%' ORDER BY 1;
SELECT * FROM mine.schemas WHERE schema LIKE 'hidden%' ORDER BY 1;
SELECT count(*) FROM vde_check();
-- a model of mallory's own under the name of another's: the other's grants are
-- not mallory's to give, and mallory's view is not the other's
SET ROLE t_grants_mallory;
SELECT vde_register('hidden.a', 'SELECT 666 AS id', environment => 'evil');
\echo :LAST_ERROR_SQLSTATE
-- a view that was mallory's for a while, with what mallory gave on it
SELECT vde_register('hidden.a', 'SELECT 666 AS id', options => '{"owner": "t_grants_mallory"}', environment => 'evil') IS NOT NULL AS ok;
CALL vde_apply('evil');
GRANT SELECT ON hidden__evil.a TO PUBLIC;
GRANT SELECT ON hidden__evil.a TO t_grants_mallory WITH GRANT OPTION;
GRANT SELECT (id) ON hidden__evil.a TO PUBLIC;
SELECT * FROM hidden__evil.a;
CALL vde_rollback('evil');
SELECT * FROM hidden__evil.a;
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT * FROM mine.grants WHERE view = 'hidden__evil.a';
-- in prod, whose owner decides, grants survive another owner
SET ROLE t_grants_ana;
SELECT vde_register('hidden.a', 'SELECT id FROM raw.orders', options => '{"owner": "t_grants_ana"}', environment => 'e') IS NOT NULL AS ok;
CALL vde_apply('e');
CALL vde_promote('e', 'prod');
SELECT * FROM mine.grants WHERE view ~ '^hidden(__e)?\.a$' ORDER BY 1;
SET ROLE t_grants_mallory;
CALL vde_drop_environment('evil3');
CALL vde_drop_environment('evil2');
CALL vde_drop_environment('evil');

--
-- 5. Roles that are renamed, and roles that go
--
SET ROLE t_grants_ana;
SELECT vde_register('lone.m', 'SELECT 1 AS a', options => '{"grants": {"select": ["t_grants_gone", "t_grants_bi"]}}', environment => 'roles') IS NOT NULL AS ok;
CALL vde_apply('roles');
RESET ROLE;
ALTER ROLE t_grants_gone RENAME TO t_grants_renamed;
CREATE ROLE t_grants_gone;
SET ROLE t_grants_ana;
SELECT vde_register('lone.m', 'SELECT 1 AS a, 2 AS b', options => '{"grants": {"select": ["t_grants_renamed", "t_grants_bi"]}}', environment => 'roles') IS NOT NULL AS ok;
CALL vde_apply('roles');
SELECT * FROM mine.grants WHERE view LIKE 'lone%';
-- the old definition means the old role
CALL vde_rollback('roles');
SELECT * FROM mine.grants WHERE view LIKE 'lone%';
-- the same text means another role now, which the plan says
SELECT vde_register('lone.m', 'SELECT 1 AS a', options => '{"grants": {"select": ["t_grants_gone", "t_grants_bi"]}}', environment => 'roles') IS NOT NULL AS ok;
SELECT change, category, reason FROM vde_changes('roles');
SELECT p FROM vde_plan('roles') p WHERE p ~ 'grants:';
CALL vde_apply('roles');
SELECT * FROM mine.grants WHERE view LIKE 'lone%';

-- dropped, and another one of that name: it gets nothing
RESET ROLE;
DROP OWNED BY t_grants_gone;
DROP ROLE t_grants_gone;
CREATE ROLE t_grants_gone;
SET ROLE t_grants_ana;
SELECT count(*) FROM vde_check();
CALL vde_create_environment('roles2', base => 'roles');
SELECT * FROM mine.grants WHERE view LIKE 'lone%' ORDER BY 1;
DROP VIEW lone__roles.m;
SELECT problem, repaired FROM vde_check(true);
SELECT * FROM mine.grants WHERE view LIKE 'lone%' ORDER BY 1;
SELECT has_table_privilege('t_grants_gone', 'lone__roles.m', 'SELECT') AS gone, has_table_privilege('t_grants_bi', 'lone__roles.m', 'SELECT') AS bi;
-- said once more, it is the new role that is meant
SELECT vde_register('lone.m', 'SELECT 1 AS a', options => '{"grants": {"select": ["t_grants_gone", "t_grants_bi"]}}', environment => 'roles') IS NOT NULL AS ok;
CALL vde_apply('roles');
SELECT * FROM mine.grants WHERE view LIKE 'lone\_\_roles.%';
SELECT count(*) FROM vde_check();

RESET ROLE;
SELECT count(*) FROM vde_check();
