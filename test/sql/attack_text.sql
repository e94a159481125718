--
-- Attacks by text: SQL in every argument that takes text, given by a superuser,
-- so that whatever were run would have all rights.  What is stored comes back
-- letter by letter; nothing of it is ever run.
--
\set VERBOSITY terse
SET client_min_messages = warning;

DROP ROLE IF EXISTS t_attack_text;
CREATE ROLE t_attack_text;
CREATE EXTENSION vde;
CREATE SCHEMA raw;
CREATE TABLE raw.canary (n int);
INSERT INTO raw.canary VALUES (1);
CREATE TABLE raw.orders AS SELECT 1 AS id, 'x'::text AS note;

-- each breaks out of another kind of quotes
CREATE TABLE raw.payload (place serial, text text, short text);
INSERT INTO raw.payload (text, short)
SELECT format(break, 'ALTER ROLE t_attack_text SUPERUSER; DROP TABLE raw.canary; CREATE TABLE raw.made ()'), format(break, 'DROP TABLE raw.canary')
FROM unnest(ARRAY['''; %s; --', '"; %s; --', '$$; %s; --', E'\\''; %s; --', E'x\n; %s;\n', '*/ %s; /*', '); %s; --', '") ; %s; --', '}; %s; {', '%%s%%n%%I %s', E'-- \r%s']) break;

CREATE FUNCTION raw.state() RETURNS text LANGUAGE sql AS $$
	SELECT format('superuser: %s, canary: %s, made: %s', (SELECT rolsuper FROM pg_roles WHERE rolname = 't_attack_text'),
		(SELECT count(*) FROM raw.canary), to_regclass('raw.made') IS NOT NULL)
$$;
-- runs a call once for each payload ({}, or [] where only short names reach the
-- next check), and tells how the calls ended
CREATE FUNCTION raw.each(call text) RETURNS TABLE (result text, times bigint) LANGUAGE plpgsql AS $$
DECLARE
	r record;
	results text[];
BEGIN
	FOR r IN SELECT text, short FROM raw.payload ORDER BY place LOOP
		BEGIN
			EXECUTE replace(replace(call, '{}', quote_literal(r.text)), '[]', quote_literal(r.short));
			results := results || 'done'::text;
		EXCEPTION WHEN others THEN
			results := results || (CASE WHEN SQLSTATE LIKE 'XX%' THEN SQLSTATE || ' ' || SQLERRM ELSE SQLSTATE::text END);
		END;
	END LOOP;
	RETURN QUERY SELECT x, count(*) FROM unnest(results) x GROUP BY 1 ORDER BY 1;
END $$;

--
-- 1. Names and queries
--
SELECT * FROM raw.each('SELECT vde_register({}, ''SELECT 1 AS n'')');
SELECT * FROM raw.each('SELECT vde_register(format(''%I.%I'', left({}, 50), left({}, 50)), ''SELECT 1 AS n'', environment => ''named'')');
CALL vde_apply('named');
SELECT count(*) AS views FROM vde_models m WHERE environment = 'named' AND to_regclass(view_name) IS NOT NULL;
SELECT * FROM raw.each('SELECT vde_register(''shop.q'', {})');
SELECT * FROM raw.each('SELECT vde_register(''shop.q'', ''SELECT 1 AS n '' || {})');
SELECT * FROM raw.each('SELECT vde_register(''shop.q'', ''SELECT 1 AS n'', {})');
SELECT * FROM raw.each('SELECT vde_register(''shop.q'', ''SELECT 1 AS n'', environment => [])');
SELECT * FROM raw.each('SELECT vde_unregister(''shop.q'', [])');
SELECT raw.state();
-- names of columns
SELECT * FROM raw.each('SELECT vde_register(''shop.c'' || abs(hashtext({})), format(''SELECT id AS %I FROM raw.orders'', left({}, 60)), environment => ''named'')');
CALL vde_apply('named');
SELECT count(*) AS columns FROM pg_attribute a JOIN raw.payload p ON a.attname = left(p.text, 60) JOIN pg_class c ON c.oid = a.attrelid WHERE c.relkind = 'v' AND c.relnamespace = 'shop__named'::regnamespace;
SELECT raw.state();

--
-- 2. Options, by their keys and values
--
SELECT * FROM raw.each('SELECT vde_register(''shop.o'', ''SELECT 1 AS n'', options => jsonb_build_object({}, 1))');
SELECT o.option, e.* FROM unnest('{owner,tags,depends_on,primary_key,indexes,partition_by,tablespace,access_method,fillfactor,unlogged,columns}'::text[]) o(option),
	raw.each(format('SELECT vde_register(''shop.o_%s'', ''SELECT 1 AS n'', options => jsonb_build_object(%L, []), environment => ''options'')', o.option, o.option)) e ORDER BY 1, 2;
SELECT * FROM raw.each('SELECT vde_register(''shop.o'', ''SELECT 1 AS n'', options => jsonb_build_object(''indexes'', jsonb_build_array(jsonb_build_object(''columns'', jsonb_build_array([]), ''where'', ''n > 0''))), environment => ''options''); CALL vde_apply(''options'')');
SELECT * FROM raw.each('SELECT vde_register(''shop.o'', ''SELECT 1 AS n'', options => jsonb_build_object(''indexes'', jsonb_build_array(jsonb_build_object(''columns'', ''["n"]''::jsonb, ''where'', ''n > 0 '' || {}))), environment => ''options''); CALL vde_apply(''options'')');
SELECT * FROM raw.each('SELECT vde_register(''shop.o'', ''SELECT 1 AS n'', options => jsonb_build_object(''indexes'', jsonb_build_array(''(n '' || {} || '')'')), environment => ''options''); CALL vde_apply(''options'')');
SELECT * FROM raw.each('SELECT vde_register(''shop.o'', ''SELECT 1 AS n'', options => jsonb_build_object(''indexes'', jsonb_build_array(jsonb_build_object(''columns'', ''["n"]''::jsonb, ''method'', []))), environment => ''options''); CALL vde_apply(''options'')');
SELECT * FROM raw.each('SELECT vde_register(''shop.o'', ''SELECT ''''a''''::text AS n'', options => jsonb_build_object(''partition_by'', jsonb_build_object(''strategy'', ''list'', ''columns'', ''n'', ''values'', jsonb_build_array(jsonb_build_array({})))), environment => ''options''); CALL vde_apply(''options'')');
SELECT * FROM raw.each('SELECT vde_register(''shop.o'', ''n,m'', ''seed'', jsonb_build_object(''columns'', jsonb_build_object(''n'', jsonb_build_object(''type'', {}))), ''options''); CALL vde_apply(''options'')');
SELECT raw.state();
-- descriptions and tags come back as they are
SELECT * FROM raw.each('SELECT vde_register(''shop.d'', ''SELECT 1 AS n'', options => jsonb_build_object(''description'', {}, ''columns'', jsonb_build_object(''n'', {}), ''tags'', jsonb_build_array({})), environment => ''described''); CALL vde_apply(''described'')');
SELECT obj_description('shop__described.d'::regclass) = text AND col_description('shop__described.d'::regclass, 1) = text AS as_it_is FROM raw.payload ORDER BY place DESC LIMIT 1;
SELECT raw.state();

--
-- 3. Rows of a seed, and files
--
SELECT * FROM raw.each('SELECT vde_register(''shop.s'', format(E''n\n"%s"\n'', replace({}, ''"'', ''""'')), ''seed'', environment => ''seeds''); CALL vde_apply(''seeds'')');
SELECT n = text AS as_it_is FROM shop__seeds.s, raw.payload ORDER BY place DESC LIMIT 1;
SELECT * FROM raw.each('SELECT vde_register(''shop.s'', format(E''"%s"\n1\n'', replace(left({}, 60), ''"'', ''""'')), ''seed'', environment => ''seeds''); CALL vde_apply(''seeds'')');
SELECT * FROM raw.each('SELECT vde_sync(''files'', jsonb_build_object({}, ''SELECT 1 AS n''))');
SELECT * FROM raw.each('SELECT vde_sync(''files'', jsonb_build_object(''shop/'' || {} || ''.sql'', ''SELECT 1 AS n''))');
SELECT * FROM raw.each('SELECT vde_sync(''files'', jsonb_build_object(''shop/f.sql'', {}))');
SELECT * FROM raw.each('SELECT vde_sync(''files'', jsonb_build_object(''shop/f.sql'', ''--vde {"description": '' || to_jsonb({}::text)::text || E''}\nSELECT 1 AS n'')); CALL vde_apply(''files'')');
SELECT obj_description('shop__files.f'::regclass) = text AS as_it_is FROM raw.payload ORDER BY place DESC LIMIT 1;
-- what goes out comes in again as the same
SELECT count(*) AS changes FROM vde_sync('files', (SELECT jsonb_object_agg(path, content) FROM vde_export('files'))) WHERE change <> 'unchanged';
-- paths that lead out of the directory of a checkout
SELECT path, (SELECT count(*) FROM vde_sync('files', jsonb_build_object(path, 'SELECT 1 AS n'), false)) FROM (VALUES ('../shop/f.sql')) p(path);
SELECT path, (SELECT count(*) FROM vde_sync('files', jsonb_build_object(path, 'SELECT 1 AS n'), false)) FROM (VALUES ('/etc/passwd')) p(path);
SELECT vde_register('"../../etc"."cron.d/x"', 'SELECT 1 AS n', environment => 'out') IS NOT NULL AS ok;
SELECT path FROM vde_export('out') ORDER BY 1;
SELECT raw.state();

--
-- 4. Everything else
--
SELECT vde_register('shop.m', 'SELECT 1 AS n', environment => 'dev') IS NOT NULL AS ok;
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
SELECT * FROM raw.each('CALL vde_create_environment([])');
SELECT * FROM raw.each('CALL vde_create_environment(''e'', [])');
SELECT * FROM raw.each('CALL vde_create_environment(''e'', ttl => {})');
SELECT * FROM raw.each('CALL vde_drop_environment([])');
SELECT * FROM raw.each('CALL vde_apply([])');
SELECT * FROM raw.each('CALL vde_apply(''dev'', plan => {})');
SELECT * FROM raw.each('CALL vde_promote([], ''prod'')');
SELECT * FROM raw.each('CALL vde_promote(''dev'', [])');
SELECT * FROM raw.each('CALL vde_promote(''dev'', ''prod'', models => ARRAY[{}])');
SELECT * FROM raw.each('CALL vde_rollback([])');
SELECT * FROM raw.each('CALL vde_run([])');
SELECT * FROM raw.each('SELECT vde_plan([])');
SELECT * FROM raw.each('SELECT vde_plan(''dev'', [])');
SELECT * FROM raw.each('SELECT vde_plan(''dev'', format => {})');
SELECT * FROM raw.each('SELECT vde_changes([], ''prod'')');
SELECT * FROM raw.each('SELECT vde_categorize({}, ''breaking'', ''dev'')');
SELECT * FROM raw.each('SELECT vde_categorize(''shop.m'', {}, ''dev'')');
SELECT * FROM raw.each('SELECT vde_diff([], ''prod'', ''shop.m'')');
SELECT * FROM raw.each('SELECT vde_diff(''dev'', ''prod'', {})');
SELECT * FROM raw.each('SELECT vde_lineage({})');
SELECT * FROM raw.each('SELECT vde_lineage(''shop.m'', {}, ''dev'')');
SELECT * FROM raw.each('SELECT vde_impact({}, {}, ''dev'')');
SELECT * FROM raw.each('SELECT vde_export([])');
SELECT * FROM raw.each('SELECT vde_discard([])');
SELECT * FROM raw.each('SELECT vde_use([])');
SELECT * FROM raw.each('SELECT vde_environment_name({})');
SELECT * FROM raw.each('SELECT set_config(''vde.environment'', [], true); SELECT n FROM shop.m');
SELECT * FROM raw.each('SELECT set_config(''vde.protected'', {}, true); CALL vde_apply(''dev'')');
SELECT * FROM raw.each('SELECT set_config(''vde.retention'', {}, true)');
SELECT raw.state();
-- a message is kept, and shown, as it is
SELECT * FROM raw.each('SELECT vde_register(''shop.m'', ''SELECT '' || length({}) + random() * 1000 || '' AS n''); CALL vde_apply(''dev'', message => {})');
SELECT count(*) AS kept FROM vde_deployments d JOIN raw.payload p ON d.message = p.text;
-- a plan in JSON is JSON, whatever the names
SELECT count(*) > 0 AS parsed FROM vde_changes('named', 'prod') c, (SELECT string_agg(l, E'\n')::jsonb AS j FROM vde_plan('named', 'prod', 'json') l) p WHERE jsonb_typeof(p.j) = 'object';
-- the setting with which a session is, as a role's default, is a value and no more
SET vde.environment = 'dev; DROP TABLE raw.canary';
SELECT n FROM shop.m;
SELECT * FROM vde_status();
RESET vde.environment;
SELECT raw.state();

DROP EXTENSION vde CASCADE;
DROP ROLE t_attack_text;
