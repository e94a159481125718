--
-- Names: whatever PostgreSQL can store is a model's name and means that model
-- alone (63 bytes, quotes, dots, Unicode, upper case, keywords); what it cannot
-- store as it is is refused, never shortened, so that no two names become one.
-- Environment names, too: they must be suffixes of schemas.
--
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS "t_names_Ana ""A.""";
CREATE ROLE "t_names_Ana ""A.""";
SELECT format('GRANT CREATE ON DATABASE %I TO "t_names_Ana ""A."""', current_database()) \gexec
GRANT CREATE ON SCHEMA public TO "t_names_Ana ""A.""";
SET ROLE "t_names_Ana ""A.""";

--
-- Names that are good
--

-- each shows its own number, so that two that were mixed up would be seen
SELECT repeat('n', 63) AS n63, repeat('s', 40) AS s40, repeat('é', 31) || 'x' AS u63 \gset
CREATE TABLE public.named (number int, model text);
INSERT INTO public.named VALUES
	(1, 'shop.orders'), (2, 'Shop.Orders2'), (3, '"Shop"."Orders"'), (4, '"shop"."Orders"'), (5, 'shop."or.ders"'), (6, '"sh.op".orders'),
	(7, 'shop."or""ders"'), (8, '"sh""op"."or""ders"'), (9, 'shop."o''r$d\e%r;s--"'), (10, 'größe.straße'), (11, '日本."表 🐘"'), (12, '"select"."from"'),
	(13, 'shop."with space "'), (14, 'shop." "'), (15, 'shop.' || :'n63'), (16, :'s40' || '.' || left(:'n63', 62)), (17, 'shop."' || :'u63' || '"'),
	(18, 'shop."(x)"'), (19, E'shop."line\nbreak"'), (20, 'shop.a__b'), (21, '"a__b".c'), (22, 'shop."123"'), (23, 'shop._x$1'), (24, 'shop."__orders"'), (25, 'shop__x."orders"');
SELECT count(vde_register(model, format('SELECT %s AS number', number))) FROM named;
-- names that differ only in case, dots or white space are different models
SELECT count(*), count(DISTINCT model) FROM vde_models;
SELECT model FROM vde_models ORDER BY model COLLATE "C";
-- readers name them as SQL does
SELECT vde_register('read.' || quote_ident('of ' || number), format('SELECT number FROM %s', model)) > 0 AS registered FROM named GROUP BY number, model HAVING number <> 2;
SELECT vde_register('read.two', 'SELECT number FROM SHOP.ORDERS2', 'view') > 0;
SELECT vde_register('read.three_part', 'SELECT "sh""op"."or""ders".number, "Shop"."Orders".number AS other FROM "sh""op"."or""ders", "Shop"."Orders"') > 0;
CALL vde_apply('dev');
CREATE FUNCTION public.number_of(view_name text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE n int;
BEGIN
	EXECUTE 'SELECT number FROM ' || view_name INTO STRICT n;
	RETURN n;
END $$;
SELECT n.number, m.view_name, number_of(m.view_name) = n.number AS right_one
FROM named n JOIN vde_models m ON m.query = format('SELECT %s AS number', n.number) ORDER BY n.number;
SELECT count(*) FILTER (WHERE number_of(view_name) = number) AS right, count(*) FROM vde_models m JOIN named n ON m.model = format('read."of %s"', n.number);
TABLE read__dev.two;
TABLE read__dev.three_part;
-- names in vde_data: whole, unique, at most 63 bytes
SELECT count(*), count(DISTINCT relname), max(octet_length(relname)) FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace AND relkind = 'r';
-- a prod, and the way back
CALL vde_promote('dev', 'prod');
SELECT count(*) FILTER (WHERE number_of(view_name) = number) AS right, count(*) FROM vde_models m JOIN named n ON m.query = format('SELECT %s AS number', n.number) WHERE environment = 'prod';
-- text that names the same
SELECT vde_register(' Shop . ORDERS ', 'SELECT 1 AS number') > 0, vde_register(E'"shop"\t.\n"orders"', 'SELECT 1 AS number') > 0;
SELECT count(*) FROM vde_changes('dev');
SELECT vde_unregister('"shop"."orders2"');
SELECT model, change, reason FROM vde_changes('dev') WHERE change = 'removed';
\echo :LAST_ERROR_SQLSTATE
SELECT vde_unregister('read.two');
SELECT model, change FROM vde_changes('dev');
SELECT vde_discard('dev');
-- columns, too
SELECT vde_register('shop.columns', format('SELECT 1 AS "A", 2 AS a, 3 AS "a.b", 4 AS "quo""te", 5 AS "größe", 6 AS %s, 7 AS "select", 8 AS " "', repeat('c', 63)),
	options => '{"primary_key": ["a.b", "quo\"te"], "columns": {"größe": "how large"}, "indexes": ["\"A\", a"]}') > 0;
SELECT vde_register('read.columns', format('SELECT "a.b", "quo""te", %s AS c, x."select", x." " FROM shop.columns x WHERE "A" = 1', repeat('c', 63)), 'view') > 0;
CALL vde_apply('dev');
SELECT string_agg(attname, '|' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'shop__dev.columns'::regclass AND attnum > 0;
SELECT "A", a, "größe" FROM shop__dev.columns;
SELECT "a.b", "quo""te", c, "select", " " FROM read__dev.columns;

--
-- Names that are not
--

SELECT count(*) AS models FROM vde_models \gset
SELECT vde_register('orders', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('   ', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('.orders', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.""', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('db.shop.orders', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.or ders', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.or-ders', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.1orders', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop."orders', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop."ord"ers', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.orders; DROP TABLE named', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
-- over 63 bytes, also where it is fewer characters; two that would be one if they were cut off
SELECT vde_register('shop.' || repeat('n', 64), 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.' || repeat('n', 63) || 'a', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.' || repeat('n', 63) || 'b', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.' || repeat('é', 32), 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register(repeat('s', 64) || '.orders', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_unregister('shop.' || repeat('n', 64));
\echo :LAST_ERROR_SQLSTATE
-- a schema that leaves no room for the environment's suffix: only where a view is needed
SELECT vde_register(repeat('s', 59) || '.orders', 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register(repeat('s', 59) || '.orders', 'SELECT 1 AS a', environment => 'prod') > 0;
SELECT vde_register(repeat('s', 59) || '.orders', 'SELECT 1 AS a', 'embedded') > 0;
SELECT vde_register(repeat('s', 58) || '.orders', 'SELECT 1 AS a') > 0;
CALL vde_apply('dev');
SELECT length(nspname) FROM pg_namespace WHERE nspname LIKE 'ssss%dev' ORDER BY 1;
CALL vde_apply('prod', confirm => true);
-- such a name in prod leaves no room for an environment made from it
CALL vde_create_environment('longer');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM vde_environments WHERE name = 'longer';
SELECT vde_unregister(repeat('s', 59) || '.orders', 'prod');
CALL vde_apply('prod', confirm => true);
SELECT vde_unregister(repeat('s', 58) || '.orders'), vde_unregister(repeat('s', 59) || '.orders');
CALL vde_apply('dev');
SELECT count(*) = :models AS unchanged FROM vde_models;
-- references: a name that is too long is what PostgreSQL makes of it, as everywhere in SQL
SELECT vde_register('read.long', 'SELECT number FROM shop.' || repeat('n', 70)) > 0;
CALL vde_apply('dev');
TABLE read__dev.long;

--
-- Environment names
--

SELECT t, vde_environment_name(t) FROM unnest(ARRAY['dev', 'feature/X-1', 'Feature X 1', 'a__b', '_a_', 'main', 'release/2024.01', 'größe']) t;
-- where nothing is left of the text, or too much, a hash of it tells it from others
SELECT t, vde_environment_name(t) ~ '^e[0-9a-f]{8}$' AS hash FROM unnest(ARRAY['  --  ', '', 'ÄÖÜ']) t;
SELECT count(DISTINCT vde_environment_name(t)) FROM unnest(ARRAY['  --  ', '', 'ÄÖÜ', '---']) t;
SELECT length(vde_environment_name(repeat('branch-', 20))), vde_environment_name(repeat('branch-', 20)) = vde_environment_name(repeat('branch-', 20) || 'x') AS same;
SELECT vde_environment_name(NULL) IS NULL;
-- each of them is a valid one
SELECT count(vde_register('shop.e', 'SELECT 1 AS number', environment => vde_environment_name(t))) FROM unnest(ARRAY['feature/X-1', '--', '', 'ÄÖÜ', 'a__b', '_a_', repeat('branch-', 20), repeat('e', 40), '1', 'größe']) t;
SELECT count(*), max(length(name)) FROM vde_environments WHERE drafts > 0;
