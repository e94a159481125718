--
-- Bad input: each has a clear error with its SQLSTATE, a hint, the position in
-- the model's text where there is one, and changes nothing: after every error
-- the state of the catalog, of the views and of the physical tables is compared
-- with what it was before.
--
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_bad_input_ana;
DROP ROLE IF EXISTS t_bad_input_bob;
CREATE ROLE t_bad_input_ana;
CREATE ROLE t_bad_input_bob;
SELECT format('GRANT CREATE, TEMPORARY ON DATABASE %I TO t_bad_input_ana, t_bad_input_bob', current_database()) \gexec
GRANT CREATE ON SCHEMA public TO t_bad_input_ana;

-- Everything that an error must not change, in one value.  Not part of it: vde.build,
-- which keeps the failures, and definitions and names that nothing refers to.
CREATE FUNCTION public.everything() RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE part text; result text := '';
BEGIN
	FOR part IN
		SELECT format('SELECT string_agg(t::text, E''\n'' ORDER BY t::text) FROM %s t', oid::regclass)
		FROM pg_class WHERE relnamespace = 'vde'::regnamespace AND relkind = 'r' AND relname NOT IN ('build', 'model', 'definition') ORDER BY relname
	LOOP
		EXECUTE part INTO part;
		result := result || coalesce(part, '-') || E'\n';
	END LOOP;
	SELECT result || coalesce(string_agg(format('%s %s %s %s', c.oid::regclass, c.relkind, c.relowner, c.relacl), E'\n' ORDER BY c.oid::regclass::text), '')
	INTO result FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname !~ '^pg_' AND c.relkind IN ('r', 'v', 'm', 'p', 'i') AND n.nspname <> 'information_schema';
	SELECT result || string_agg(nspname, ',' ORDER BY nspname) INTO result FROM pg_namespace WHERE nspname !~ '^pg_';
	RETURN md5(result);
END $$;
SET ROLE t_bad_input_ana;
CREATE SCHEMA raw;
CREATE TABLE raw.orders (id int, amount numeric, day date);
INSERT INTO raw.orders SELECT i, i, date '2024-01-01' + i FROM generate_series(1, 5) i;
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders') > 0;
SELECT vde_register('shop.total', 'SELECT sum(amount) AS total FROM shop.orders') > 0;
CALL vde_apply('dev');
SELECT everything() AS before \gset

--
-- Queries that are refused at registration
--

-- syntax
SELECT vde_register('shop.bad', 'SELECT id FORM raw.orders');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', E'SELECT id,\n       amount,\nFROM raw.orders');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', 'SELECT ''open');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', E'SELECT ''Ärger 日本'' AS a, FROM raw.orders');
\echo :LAST_ERROR_SQLSTATE
-- nothing
SELECT vde_register('shop.bad', '');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', '-- only a comment');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', ';;');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', 'SELECT 1 AS a', kind => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register(NULL, 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
-- two statements
SELECT vde_register('shop.bad', 'SELECT 1 AS a; SELECT 2 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', E'SELECT 1 AS a;\n  /* and */ DROP TABLE raw.orders;');
\echo :LAST_ERROR_SQLSTATE
-- statements that are no query
SELECT vde_register('shop.bad', 'INSERT INTO raw.orders VALUES (1)');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', '/* ! */ UPDATE raw.orders SET id = 0 RETURNING *');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', 'DELETE FROM raw.orders RETURNING id');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', 'MERGE INTO raw.orders o USING raw.orders p ON o.id = p.id WHEN MATCHED THEN DELETE');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', 'CREATE TABLE raw.other AS SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', 'DROP TABLE raw.orders');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', 'EXPLAIN SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', 'CALL vde_apply()');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', 'EXECUTE p');
\echo :LAST_ERROR_SQLSTATE
-- queries that are more than that
SELECT vde_register('shop.bad', 'WITH gone AS (DELETE FROM raw.orders RETURNING *) SELECT * FROM gone');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', 'SELECT * FROM (WITH x AS (INSERT INTO raw.orders VALUES (9) RETURNING id) SELECT * FROM x) y');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', 'SELECT id INTO raw.copy FROM raw.orders');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', 'SELECT id FROM raw.orders FOR UPDATE');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', 'SELECT id FROM raw.orders FOR NO KEY UPDATE OF orders SKIP LOCKED');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', 'SELECT * FROM (SELECT id FROM raw.orders FOR SHARE NOWAIT) o');
\echo :LAST_ERROR_SQLSTATE
-- parameters
SELECT vde_register('shop.bad', 'SELECT id FROM raw.orders WHERE id > $1');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', 'SELECT id FROM raw.orders WHERE id IN (SELECT $2::int)');
\echo :LAST_ERROR_SQLSTATE
-- temporary tables, by their schema
SELECT vde_register('shop.bad', 'SELECT * FROM pg_temp.t');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', 'SELECT * FROM pg_temp_3.t');
\echo :LAST_ERROR_SQLSTATE
-- itself
SELECT vde_register('shop.bad', 'SELECT * FROM shop.bad');
\echo :LAST_ERROR_SQLSTATE
-- what is vde's own
SELECT vde_register('shop.bad', 'SELECT * FROM vde.model');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', 'SELECT * FROM vde_data.shop__orders');
\echo :LAST_ERROR_SQLSTATE
-- another database
SELECT vde_register('shop.bad', 'SELECT * FROM elsewhere.raw.orders');
\echo :LAST_ERROR_SQLSTATE
-- a query where there is none
SELECT vde_register('raw.orders', 'SELECT 1 AS a', 'external');
\echo :LAST_ERROR_SQLSTATE
-- kinds
SELECT vde_register('shop.bad', 'SELECT 1 AS a', 'veiw');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', 'SELECT 1 AS a', 'FULL');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', 'SELECT 1 AS a', 'incremental_by_magic');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', 'SELECT 1 AS a', '');
\echo :LAST_ERROR_SQLSTATE
-- all of that changed nothing
SELECT everything() = :'before' AS unchanged;

--
-- Queries that are refused by plan and apply, once all models are known
--

-- The error of one model, once it is planned with the others.
CREATE FUNCTION public.refused(query text, kind text DEFAULT 'full') RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM vde_register('shop.bad', query, kind);
	PERFORM * FROM vde_changes('dev');
	RETURN 'accepted';
END $$;

-- a reference to what is not there
SELECT vde_register('shop.bad', E'SELECT o.id\nFROM shop.orders o\nJOIN shop.custmers c ON c.id = o.id') > 0;
SELECT * FROM vde_changes('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT line FROM vde_plan('dev') line WHERE line ~ '!';
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.bad', 'SELECT id FROM nothing') > 0;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
-- a temporary table
CREATE TEMP TABLE mine AS SELECT 1 AS id;
SELECT vde_register('shop.bad', 'SELECT id FROM mine') > 0;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
DROP TABLE mine;
-- one that would hide a model does not: the name means the model
CREATE TEMP TABLE orders AS SELECT 1 AS wrong;
SET search_path = shop, public;
SELECT vde_register('shop.bad', 'SELECT wrong FROM orders') > 0;
RESET search_path;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
DROP TABLE pg_temp.orders;
-- columns
SELECT refused('SELECT id, amont FROM shop.orders');
\echo :LAST_ERROR_SQLSTATE
SELECT refused(E'SELECT o.id,\n       o.nothing\nFROM shop.orders AS o');
\echo :LAST_ERROR_SQLSTATE
SELECT refused('SELECT total + ''x''::date AS a FROM shop.total');
\echo :LAST_ERROR_SQLSTATE
SELECT refused('SELECT id::no_such_type AS a FROM shop.orders');
\echo :LAST_ERROR_SQLSTATE
SELECT refused('SELECT id, count(*) AS n FROM shop.orders');
\echo :LAST_ERROR_SQLSTATE
SELECT refused('SELECT id FROM shop.orders a, shop.orders b');
\echo :LAST_ERROR_SQLSTATE
-- output columns that no table can have
SELECT refused('SELECT id, amount, id FROM shop.orders');
\echo :LAST_ERROR_SQLSTATE
SELECT refused('SELECT a.*, b.* FROM shop.orders a JOIN shop.orders b USING (id)');
\echo :LAST_ERROR_SQLSTATE
SELECT refused('SELECT id, amount + 1 FROM shop.orders');
\echo :LAST_ERROR_SQLSTATE
SELECT refused('SELECT 1');
\echo :LAST_ERROR_SQLSTATE
SELECT refused('SELECT id AS ctid FROM shop.orders');
\echo :LAST_ERROR_SQLSTATE
SELECT refused('SELECT row(id, amount) AS r FROM shop.orders');
\echo :LAST_ERROR_SQLSTATE
SELECT refused('SELECT NULL::cstring AS c');
\echo :LAST_ERROR_SQLSTATE
SELECT refused('SELECT id, orders FROM shop.orders');
\echo :LAST_ERROR_SQLSTATE
SELECT refused('SELECT 1 AS a, '''' COLLATE "C" || '''' COLLATE "POSIX" AS b');
\echo :LAST_ERROR_SQLSTATE
SELECT refused('SELECT');
\echo :LAST_ERROR_SQLSTATE
SELECT refused('SELECT FROM shop.orders');
\echo :LAST_ERROR_SQLSTATE
-- (an untyped literal is text, as in CREATE TABLE AS)
SELECT refused('SELECT ''x'' AS a, NULL AS b');
-- what a model does not have
SELECT refused('SELECT ctid AS c, id FROM shop.orders');
\echo :LAST_ERROR_SQLSTATE
SELECT refused('SELECT id FROM shop.orders TABLESAMPLE system (10)');
\echo :LAST_ERROR_SQLSTATE
SELECT refused('SELECT ''shop__dev.orders''::regclass AS c');
\echo :LAST_ERROR_SQLSTATE
SELECT refused('SELECT id FROM shop__dev.orders');
\echo :LAST_ERROR_SQLSTATE
-- the same for the other kinds that have a query
SELECT refused('SELECT 1', 'view');
SELECT refused('SELECT 1', 'materialized_view');
SELECT refused('SELECT 1', 'embedded');
SELECT refused('SELECT id, id FROM shop.orders', 'embedded');
SELECT vde_discard('dev') > 0;
SELECT count(*) FROM vde_changes('dev');
TABLE shop__dev.total;

-- external models: the source must be as declared
SELECT vde_register('raw.nothing', '', 'external') > 0;
SELECT vde_register('shop.bad', 'SELECT * FROM raw.nothing') > 0;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('dev') > 0;
SELECT vde_register('raw.orders', '', 'external', '{"columns": {"id": {"type": "int"}, "colour": "of the order"}}') > 0;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('raw.orders', '', 'external', '{"columns": {"id": {"type": "bigint"}}}') > 0;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('dev') > 0;
SELECT vde_register('raw.orders_id_seq', '', 'external') > 0;
CREATE SEQUENCE raw.orders_id_seq;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
DROP SEQUENCE raw.orders_id_seq;
SELECT vde_register('shop__dev.orders', '', 'external') > 0;
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('dev') > 0;
SELECT everything() = :'before' AS unchanged;

--
-- Removed while others read it; cycles
--

BEGIN;
SELECT vde_unregister('shop.orders');
SAVEPOINT s;
SELECT * FROM vde_changes('dev');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO s;
SELECT line FROM vde_plan('dev') line WHERE line ~ '!';
SAVEPOINT t;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
SELECT everything() = :'before' AS unchanged;
-- outside of a block
SELECT vde_unregister('shop.orders');
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('dev');
SELECT everything() = :'before' AS unchanged;

SELECT vde_register('ring.a', 'SELECT * FROM ring.c') > 0, vde_register('ring.b', 'SELECT * FROM ring.a') > 0, vde_register('ring.c', E'SELECT *\nFROM ring.b') > 0;
SELECT * FROM vde_plan('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_changes('dev');
\echo :LAST_ERROR_SQLSTATE
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
-- through an embedded model, and through one that is deployed
SELECT vde_discard('dev');
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders WHERE id < (SELECT * FROM shop.through)') > 0;
SELECT vde_register('shop.through', 'SELECT count(*) AS n FROM shop.total', 'embedded') > 0;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('dev');
TABLE shop__dev.total;
SELECT everything() = :'before' AS unchanged;

--
-- Schemas that hold no models; names are in names.sql
--

SELECT vde_register('pg_catalog.a', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('pg_temp.a', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('information_schema.a', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('vde.a', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('vde_data.a', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop__dev.a', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT everything() = :'before' AS unchanged;

--
-- Environments
--

CALL vde_create_environment('prod');
SELECT everything() AS before \gset
CALL vde_create_environment('prod');
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('dev');
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('');
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment(NULL);
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('Dev');
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('feature/x');
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('a__b');
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('_a');
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('a_');
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('größe');
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('x; DROP TABLE raw.orders');
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment(repeat('e', 41));
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('e', 'nowhere');
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('e', deployment => 4711);
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('e', ttl => '-1 day');
\echo :LAST_ERROR_SQLSTATE
CALL vde_drop_environment('nowhere');
\echo :LAST_ERROR_SQLSTATE
CALL vde_drop_environment('prod');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.a', 'SELECT 1 AS a', environment => 'No Such');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.a', 'SELECT 1 AS a', environment => '');
\echo :LAST_ERROR_SQLSTATE
SET vde.environment = 'Not/One';
\echo :LAST_ERROR_SQLSTATE
SELECT vde_plan('nowhere');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_plan('dev', 'nowhere');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_plan('dev', format => 'pdf');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_export('nowhere');
\echo :LAST_ERROR_SQLSTATE
-- a model's schema in which another environment's views would stand
SELECT vde_register('data__next.a', 'SELECT 1 AS a') > 0;
CALL vde_create_environment('next');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('dev');
SELECT everything() = :'before' AS unchanged;
-- once that draft is gone, so is the clash
BEGIN;
CALL vde_create_environment('next');
ROLLBACK;

--
-- Something of the user's own where a view is to go
--

SELECT vde_register('shop.taken', 'SELECT 1 AS a') > 0;
CREATE TABLE shop__dev.taken (a int);
SELECT line FROM vde_plan('dev') line WHERE line ~ '^  ( |!)';
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT relkind, count(*) FROM pg_class WHERE relname = 'taken' GROUP BY 1;
DROP TABLE shop__dev.taken;
-- a view and a sequence are no better; a type neither
CREATE VIEW shop__dev.taken AS SELECT 1 AS a;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
DROP VIEW shop__dev.taken;
CREATE SEQUENCE shop__dev.taken;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
DROP SEQUENCE shop__dev.taken;
CREATE TYPE shop__dev.taken AS (a int);
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
DROP TYPE shop__dev.taken;
CREATE DOMAIN shop__dev.taken AS int;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
DROP DOMAIN shop__dev.taken;
SELECT vde_discard('dev');
-- a schema of somebody else's
RESET ROLE;
CREATE SCHEMA other__dev AUTHORIZATION t_bad_input_bob;
SET ROLE t_bad_input_ana;
SELECT vde_register('other.a', 'SELECT 1 AS a') > 0;
SELECT line FROM vde_plan('dev') line WHERE line ~ '^  ( |!)';
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('dev');
SELECT count(*) FROM pg_class WHERE relnamespace = 'other__dev'::regnamespace;

--
-- Deploying what and where one may not
--

SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders', environment => 'prod') > 0;
SELECT everything() AS before \gset
CALL vde_apply('prod');
\echo :LAST_ERROR_SQLSTATE
CALL vde_promote('dev', 'dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_plan('dev', 'dev');
\echo :LAST_ERROR_SQLSTATE
CALL vde_promote('nowhere', 'prod');
\echo :LAST_ERROR_SQLSTATE
CALL vde_promote(NULL, 'prod');
\echo :LAST_ERROR_SQLSTATE
CALL vde_promote('dev', 'Prod');
\echo :LAST_ERROR_SQLSTATE
CALL vde_promote('dev', 'prod', models => ARRAY['shop.nothing']);
\echo :LAST_ERROR_SQLSTATE
CALL vde_promote('dev', 'prod', models => '{}');
\echo :LAST_ERROR_SQLSTATE
CALL vde_promote('dev', 'prod', models => '{NULL}');
\echo :LAST_ERROR_SQLSTATE
-- (the detail has the id that the plan has now)
\set VERBOSITY terse
CALL vde_promote('dev', 'prod', plan => 'no such plan');
\echo :LAST_ERROR_SQLSTATE
CALL vde_apply('dev', plan => 'no such plan');
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY default
CALL vde_rollback('nowhere');
\echo :LAST_ERROR_SQLSTATE
CALL vde_rollback('prod');
\echo :LAST_ERROR_SQLSTATE
CALL vde_rollback('dev', 4711);
\echo :LAST_ERROR_SQLSTATE
SELECT everything() = :'before' AS unchanged;
-- only drafts to promote
SELECT vde_register('shop.a', 'SELECT 1 AS a', environment => 'drafts') > 0;
SELECT everything() AS before \gset
CALL vde_promote('drafts', 'prod');
\echo :LAST_ERROR_SQLSTATE
SELECT everything() = :'before' AS unchanged;

-- another role: its own environments, not these
SET ROLE t_bad_input_bob;
SELECT vde_register('shop.a', 'SELECT 1 AS a', environment => 'dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_unregister('shop.orders', 'dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"shop/a.sql": "SELECT 1 AS a"}');
\echo :LAST_ERROR_SQLSTATE
CALL vde_apply('drafts');
\echo :LAST_ERROR_SQLSTATE
CALL vde_promote('dev', 'prod');
\echo :LAST_ERROR_SQLSTATE
CALL vde_rollback('dev');
\echo :LAST_ERROR_SQLSTATE
CALL vde_run('dev');
\echo :LAST_ERROR_SQLSTATE
CALL vde_drop_environment('dev');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT format('REVOKE CREATE ON DATABASE %I FROM t_bad_input_bob', current_database()) \gexec
SET ROLE t_bad_input_bob;
SELECT vde_register('shop.a', 'SELECT 1 AS a', environment => 'bobs');
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('bobs');
\echo :LAST_ERROR_SQLSTATE
SET ROLE t_bad_input_ana;
SELECT everything() = :'before' AS unchanged;

--
-- Errors in the middle of a build
--

SELECT vde_register('mid.first', 'SELECT id FROM raw.orders') > 0;
SELECT vde_register('mid.second', E'SELECT id,\n  1 / (id - 3) AS q FROM mid.first') > 0;
SELECT vde_register('mid.third', 'SELECT * FROM mid.second') > 0;
SELECT vde_register('mid.view_of_third', 'SELECT * FROM mid.third', 'view') > 0;
SELECT vde_register('mid.fourth', 'SELECT count(*) AS n FROM mid.first') > 0;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
-- nothing is to be seen; what was built is kept, what reads the failure was skipped
SELECT to_regclass('mid__dev.first'), to_regnamespace('mid__dev');
SELECT model, state, CASE state WHEN 'built' THEN row_count END AS rows, sqlstate, message FROM vde_builds WHERE model LIKE 'mid.%' ORDER BY build;
SELECT split_part(c.relname, '__', 2) AS model FROM pg_class c WHERE relnamespace = 'vde_data'::regnamespace AND relname LIKE 'mid\_\_%' AND relkind IN ('r', 'v') ORDER BY 1;
SELECT model, change, action FROM vde_changes('dev') ORDER BY model;
TABLE shop__dev.total;
-- the next try goes on from there
SELECT vde_register('mid.second', E'SELECT id,\n  1 / (id - 30) AS q FROM mid.first') > 0;
CALL vde_apply('dev');
SELECT model, state, row_count FROM vde_builds WHERE model LIKE 'mid.%' AND model NOT LIKE '%.view%' AND state = 'built' ORDER BY build;
SELECT count(*) FROM mid__dev.view_of_third;
-- two failures are both named
SELECT vde_register('mid.first', 'SELECT id / (id - 2) AS id FROM raw.orders') > 0;
SELECT vde_register('mid.fifth', 'SELECT ''x''::text::int AS n FROM raw.orders') > 0;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('dev');
-- in a block the first ends it all, and nothing at all is left
SELECT count(*) AS tables FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace \gset
BEGIN;
SELECT vde_register('mid.first', 'SELECT id + 0 AS id FROM raw.orders') > 0;
SELECT vde_register('mid.second', 'SELECT id, 1 / (id - 2) AS q FROM mid.first') > 0;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
SELECT count(*) = :tables AS unchanged FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace;
SELECT count(*) FROM vde_changes('dev');

-- statement_timeout in the middle: a cancel ends the call, what was built before is kept
SELECT vde_register('slow.first', 'SELECT id FROM raw.orders') > 0;
SELECT vde_register('slow.second', 'SELECT f.id, pg_sleep(600)::text AS s FROM slow.first f') > 0;
SELECT vde_register('slow.third', 'SELECT * FROM slow.second') > 0;
SET statement_timeout = '2s';
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
RESET statement_timeout;
SELECT to_regnamespace('slow__dev');
SELECT split_part(c.relname, '__', 2) AS model FROM pg_class c WHERE relnamespace = 'vde_data'::regnamespace AND relname LIKE 'slow\_\_%' AND relkind = 'r' ORDER BY 1;
SELECT model, change, action FROM vde_changes('dev') ORDER BY model;
SELECT vde_register('slow.second', 'SELECT f.id, pg_sleep(0)::text AS s FROM slow.first f') > 0;
CALL vde_apply('dev');
SELECT count(*) FROM slow__dev.third;
SELECT model, state, row_count FROM vde_builds WHERE model LIKE 'slow.%' AND state = 'built' ORDER BY build;
-- no lock and no transaction is left behind
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
TABLE shop__dev.total;

-- a function that writes fails: a model's query is read-only
CREATE FUNCTION raw.sneaky() RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO raw.orders VALUES (99); RETURN 1; END $$;
SELECT vde_register('shop.writes', 'SELECT raw.sneaky() AS a') > 0;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('dev');
SELECT count(*) FROM raw.orders;
