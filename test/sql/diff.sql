-- diff: one model in two environments: columns that differ, rows only here,
-- only there and in both; with a key the changed values; NULL equals NULL, and
-- duplicates count.  It reads as the caller.
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_diff_ana, t_diff_bob;
CREATE ROLE t_diff_ana;
CREATE ROLE t_diff_bob;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_diff_ana', current_database()); END $$;
GRANT CREATE ON SCHEMA public TO t_diff_ana;
SET SESSION AUTHORIZATION t_diff_ana;
CREATE SCHEMA raw;
CREATE TABLE raw.rows (id int, name text, amount numeric, note jsonb);
INSERT INTO raw.rows SELECT i, 'n' || i, i * 1.5, CASE WHEN i % 2 = 0 THEN jsonb_build_object('i', i) END FROM generate_series(1, 20) i;
\pset null (null)
SET client_min_messages = notice;

-- what there is no diff of
SELECT * FROM vde_diff('prod', 'dev', 'shop.m');
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('prod');
CALL vde_create_environment('dev');
SELECT * FROM vde_diff('prod', 'dev', 'shop.m');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_diff('prod', 'dev', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_diff('prod', 'dev', 'm');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_diff('prod', 'Dev', 'shop.m');
\echo :LAST_ERROR_SQLSTATE
SET client_min_messages = warning;
SELECT vde_register('shop.keyed', 'SELECT id, name, amount, note FROM raw.rows', options => '{"primary_key": ["id"]}', environment => 'prod') > 0 AS registered;
SELECT vde_register('shop.plain', 'SELECT name, amount FROM raw.rows', environment => 'prod') > 0 AS registered;
SELECT vde_register('shop.inline', 'SELECT name FROM raw.rows', 'embedded', environment => 'prod') > 0 AS registered;
SELECT vde_register('shop.show', 'SELECT id, name FROM shop.keyed', 'view', environment => 'prod') > 0 AS registered;
CALL vde_apply('prod', confirm => true);
SELECT * FROM vde_diff('prod', 'dev', 'shop.keyed');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_diff('dev', 'prod', 'shop.keyed');
CALL vde_promote('prod', 'dev');
SELECT * FROM vde_diff('prod', 'dev', 'shop.inline');
\echo :LAST_ERROR_SQLSTATE

-- the same table, and a model with itself
SELECT * FROM vde_diff('prod', 'dev', 'shop.keyed');
SELECT * FROM vde_diff('prod', 'prod', 'shop.plain');
SELECT * FROM vde_diff('prod', 'dev', 'shop.show');
-- dev is what is meant where nothing is named
SELECT * FROM vde_diff(environment_a => 'prod', environment_b => NULL, model => 'shop.plain');

--
-- with a key: rows that came, went and changed; per column; NULL against a value
-- is a change, NULL against NULL is none
--
SELECT vde_register('shop.keyed', $$
	SELECT id, CASE WHEN id = 3 THEN 'three' WHEN id = 4 THEN NULL ELSE name END AS name,
		CASE WHEN id IN (3, 5) THEN amount + 1 ELSE amount END AS amount,
		CASE WHEN id = 7 THEN '{"i": 7}' WHEN id = 8 THEN NULL ELSE note END AS note
	FROM raw.rows WHERE id > 2
	UNION ALL SELECT 100, 'new', 1, NULL$$, options => '{"primary_key": ["id"]}') > 0 AS registered;
CALL vde_apply('dev');
SELECT * FROM vde_diff('prod', 'dev', 'shop.keyed');
-- the same the other way round
SELECT what, column_name, row_count, a, b FROM vde_diff('dev', 'prod', 'shop.keyed') WHERE what <> 'sample';
-- what plain SQL says
SELECT (SELECT count(*) FROM shop.keyed a WHERE NOT EXISTS (SELECT FROM shop__dev.keyed b WHERE a.id = b.id)) AS only_a,
	(SELECT count(*) FROM shop__dev.keyed b WHERE NOT EXISTS (SELECT FROM shop.keyed a WHERE a.id = b.id)) AS only_b,
	(SELECT count(*) FROM shop.keyed a JOIN shop__dev.keyed b USING (id) WHERE a IS NOT DISTINCT FROM b) AS "both",
	(SELECT count(*) FROM shop.keyed a JOIN shop__dev.keyed b USING (id) WHERE a IS DISTINCT FROM b) AS changed;
-- of many changed rows a few are shown, the first by key
SELECT vde_register('shop.keyed', 'SELECT id, upper(name) AS name, amount, note FROM raw.rows', options => '{"primary_key": ["id"]}') > 0 AS registered;
CALL vde_apply('dev');
SELECT * FROM vde_diff('prod', 'dev', 'shop.keyed');
-- a view has no key
SELECT vde_register('shop.show', 'SELECT id, name FROM shop.keyed WHERE id < 20', 'view') > 0 AS registered;
CALL vde_apply('dev');
SELECT what, column_name, row_count FROM vde_diff('prod', 'dev', 'shop.show') WHERE what <> 'sample';

--
-- without a key: rows as a whole, each as often as it is there
--
SELECT vde_register('shop.plain', $$
	SELECT name, amount FROM raw.rows WHERE amount > 6
	UNION ALL SELECT name, amount FROM raw.rows WHERE amount > 27
	UNION ALL SELECT NULL, NULL FROM generate_series(1, 3)$$) > 0 AS registered;
CALL vde_apply('dev');
SELECT * FROM vde_diff('prod', 'dev', 'shop.plain');
SELECT (SELECT count(*) FROM (TABLE shop.plain EXCEPT ALL TABLE shop__dev.plain) x) AS only_a,
	(SELECT count(*) FROM (TABLE shop__dev.plain EXCEPT ALL TABLE shop.plain) x) AS only_b,
	(SELECT count(*) FROM (TABLE shop.plain INTERSECT ALL TABLE shop__dev.plain) x) AS "both";
-- NULL equals NULL, in each of the columns, and here as often as there
CALL vde_promote('dev', 'prod');
SELECT vde_register('shop.plain', $$
	SELECT name, amount FROM raw.rows WHERE amount > 6
	UNION ALL SELECT name, amount FROM raw.rows WHERE amount > 27
	UNION ALL SELECT NULL, NULL FROM generate_series(1, 2)
	UNION ALL SELECT 'x', NULL$$) > 0 AS registered;
CALL vde_apply('dev');
SELECT * FROM vde_diff('prod', 'dev', 'shop.plain');

--
-- columns: added, removed, retyped, of another collation; only what both have
-- with the same type is compared
--
SELECT vde_register('shop.plain', 'SELECT name COLLATE "C" AS name, amount::int, 1 AS one, now()::date - now()::date AS two FROM raw.rows') > 0 AS registered;
CALL vde_apply('dev');
SELECT * FROM vde_diff('prod', 'dev', 'shop.plain');
SELECT * FROM vde_diff('dev', 'prod', 'shop.plain');
-- no column in common: then no row is
SELECT vde_register('shop.plain', 'SELECT id AS other FROM raw.rows') > 0 AS registered;
CALL vde_apply('dev');
SELECT * FROM vde_diff('prod', 'dev', 'shop.plain');
-- an added column beside a key
SELECT vde_register('shop.keyed', 'SELECT id, name, amount, note, id * 2 AS double FROM raw.rows', options => '{"primary_key": ["id"]}') > 0 AS registered;
CALL vde_apply('dev');
SELECT * FROM vde_diff('prod', 'dev', 'shop.keyed');

--
-- keys that are of no use: rows are compared as a whole, and a notice says why
--
SELECT vde_register('shop.keyed', 'SELECT id::bigint AS id, name, amount, note FROM raw.rows', options => '{"primary_key": ["id"]}') > 0 AS registered;
CALL vde_apply('dev');
SET client_min_messages = notice;
SELECT * FROM vde_diff('prod', 'dev', 'shop.keyed');
SET client_min_messages = warning;
SELECT vde_register('shop.keyed', 'SELECT id, CASE WHEN id = 1 THEN name ELSE $$n$$ END AS name, amount, note FROM raw.rows', options => '{"primary_key": ["id"]}') > 0 AS registered;
CALL vde_apply('dev');
-- prod without a key, and with rows that dev's key does not tell apart
SELECT vde_register('shop.keyed', 'SELECT id, name, amount, note FROM raw.rows UNION ALL SELECT 2, $$second$$, 2, NULL', environment => 'prod') > 0 AS registered;
CALL vde_apply('prod', confirm => true);
SET client_min_messages = notice;
SELECT * FROM vde_diff('prod', 'dev', 'shop.keyed');
SET client_min_messages = warning;
-- prod without a key, and with rows that dev's key does tell apart; a key of two columns
SELECT vde_register('shop.keyed', 'SELECT id, name, amount, note FROM raw.rows WHERE id < 5', environment => 'prod') > 0 AS registered;
CALL vde_apply('prod', confirm => true);
SELECT vde_register('shop.keyed', 'SELECT id, name, amount * id AS amount, note FROM raw.rows WHERE id < 6', options => '{"primary_key": ["name", "id"]}') > 0 AS registered;
CALL vde_apply('dev');
SET client_min_messages = notice;
SELECT * FROM vde_diff('prod', 'dev', 'shop.keyed');
SET client_min_messages = warning;

--
-- types without equality, empty tables, names that need quotes
--
SELECT vde_register('odd."My Model"', $$SELECT * FROM (VALUES (1, '{"a": 1}'::json, '(1,2)'::point), (2, NULL, NULL), (3, '[1]', '(0,0)')) v ("The Key", "a ""json""", p)$$,
	options => '{"primary_key": ["The Key"]}', environment => 'prod') > 0 AS registered;
SELECT vde_register('odd.empty', 'SELECT 1 AS a WHERE false', environment => 'prod') > 0 AS registered;
CALL vde_apply('prod', confirm => true);
SELECT vde_register('odd."My Model"', $$SELECT * FROM (VALUES (1, '{"a": 2}'::json, '(1,2)'::point), (2, NULL, '(2,2)'), (4, '[1]', '(0,0)')) v ("The Key", "a ""json""", p)$$,
	options => '{"primary_key": ["The Key"]}') > 0 AS registered;
SELECT vde_register('odd.empty', 'SELECT 2 AS a WHERE false') > 0 AS registered;
CALL vde_apply('dev');
SELECT * FROM vde_diff('prod', 'dev', 'odd."My Model"');
SELECT * FROM vde_diff('prod', 'dev', 'odd.empty');

--
-- as the caller: who may not read a view does not learn of it by a diff; and
-- nothing in a schema that others may write to is called
--
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_diff_bob;
SELECT * FROM vde_diff('prod', 'dev', 'shop.keyed');
\echo :LAST_ERROR_SQLSTATE
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_diff_ana;
GRANT USAGE ON SCHEMA shop, shop__dev TO t_diff_bob;
GRANT SELECT ON shop.keyed TO t_diff_bob;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_diff_bob;
SELECT * FROM vde_diff('prod', 'dev', 'shop.keyed');
\echo :LAST_ERROR_SQLSTATE
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_diff_ana;
GRANT SELECT ON shop__dev.keyed TO t_diff_bob;
CREATE FUNCTION public.never(int, int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'captured'; END $$;
CREATE OPERATOR public.= (FUNCTION = public.never, LEFTARG = int, RIGHTARG = int);
CREATE FUNCTION public.count(int) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE 'captured'; END $$;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_diff_bob;
SET search_path = public, pg_catalog;
SELECT what, column_name, row_count FROM vde_diff('prod', 'dev', 'shop.keyed') WHERE what OPERATOR(pg_catalog.<>) 'sample';
