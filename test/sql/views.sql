--
-- The virtual layer: what users have attached to a view survives when it is
-- pointed at another table; what would not survive stops an apply before
-- anything is built; nothing of the user's is dropped or taken over; only the
-- views that change are touched.
--
SET client_min_messages = warning;

DROP ROLE IF EXISTS t_views_ana;
DROP ROLE IF EXISTS t_views_reader;
DROP ROLE IF EXISTS t_views_other;
CREATE ROLE t_views_ana;
CREATE ROLE t_views_reader;
CREATE ROLE t_views_other;
SELECT format('GRANT CREATE ON DATABASE %I TO t_views_ana', current_database()) \gexec
CREATE EXTENSION vde;
CREATE SCHEMA raw AUTHORIZATION t_views_ana;
CREATE SCHEMA mine AUTHORIZATION t_views_ana;
SET ROLE t_views_ana;
CREATE TABLE raw.orders AS
	SELECT g AS id, g % 3 AS customer_id, g * 2 AS amount, 'note ' || g AS note FROM generate_series(1, 9) g;

-- who may do what with a view, its options, comments and dependents
CREATE VIEW mine.attached AS
	SELECT c.oid::regclass::text AS view, pg_get_userbyid(c.relowner) AS owner, c.relacl::text AS grants, c.reloptions::text AS options,
		obj_description(c.oid, 'pg_class') AS comment,
		(SELECT string_agg(format('%s%s%s%s', a.attname, ' ' || format_type(a.atttypid, a.atttypmod), ' ' || a.attacl::text,
			' "' || col_description(c.oid, a.attnum) || '"'), ', ' ORDER BY a.attnum)
		 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0) AS columns
	FROM pg_class c WHERE c.relkind = 'v' AND c.relnamespace::regnamespace::text ~ '^(shop|lone|side)';
CREATE FUNCTION mine.data_relations() RETURNS bigint LANGUAGE sql AS
	$$ SELECT count(*) FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace $$;

SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount FROM raw.orders',
	options => '{"description": "all orders", "columns": {"id": "the key", "amount": "in euros"}}') IS NOT NULL AS ok;
SELECT vde_register('shop.totals', 'SELECT customer_id, sum(amount) AS total FROM shop.orders GROUP BY 1') IS NOT NULL AS ok;
SELECT vde_register('shop.plain', 'SELECT id FROM raw.orders') IS NOT NULL AS ok;
SELECT vde_register('shop.as_view', 'SELECT id, amount FROM shop.orders', 'view') IS NOT NULL AS ok;
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
SELECT view, owner, comment, columns FROM mine.attached ORDER BY 1;

--
-- 1. Attached, and pointed elsewhere
--
GRANT USAGE ON SCHEMA shop TO t_views_reader, t_views_other;
GRANT SELECT ON shop.orders TO t_views_reader WITH GRANT OPTION;
GRANT SELECT (id, customer_id) ON shop.orders TO t_views_other;
SET ROLE t_views_reader;
GRANT SELECT ON shop.orders TO PUBLIC;
SET ROLE t_views_ana;
ALTER VIEW shop.orders SET (security_barrier = true);
ALTER VIEW shop.orders ALTER COLUMN customer_id SET DEFAULT 7;
COMMENT ON VIEW shop.orders IS 'my own comment';
COMMENT ON COLUMN shop.orders.customer_id IS 'my own comment on a column';
CREATE VIEW mine.report AS SELECT customer_id, count(*) AS n FROM shop.orders GROUP BY 1;
CREATE FUNCTION mine.one(shop.orders) RETURNS int LANGUAGE sql AS 'SELECT $1.id';
CREATE TABLE mine.before AS
	SELECT *, view::regclass::oid AS oid,
		(SELECT xmin::text FROM pg_class WHERE oid = view::regclass) AS class_xmin,
		(SELECT string_agg(xmin::text, ' ' ORDER BY rulename) FROM pg_rewrite WHERE ev_class = view::regclass) AS rule_xmin
	FROM mine.attached;
SELECT view, options, comment, columns FROM mine.before WHERE view = 'shop.orders' \gx

-- a column more: the view keeps its OID and all that is on it; of comments, those
-- on what the model itself does not describe
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount, note FROM raw.orders',
	options => '{"description": "all orders", "columns": {"id": "the key", "amount": "in euros", "note": "by the customer"}}') IS NOT NULL AS ok;
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
SELECT a.view, a.view::regclass::oid = b.oid AS same_oid, a.grants = b.grants AS same_grants, a.options = b.options AS same_options, a.owner = b.owner AS same_owner
FROM mine.attached a JOIN mine.before b USING (view) WHERE a.view LIKE 'shop.%' ORDER BY 1;
SELECT comment, columns FROM mine.attached WHERE view = 'shop.orders' \gx
SELECT pg_get_expr(adbin, adrelid) AS default_kept FROM pg_attrdef WHERE adrelid = 'shop.orders'::regclass;
SELECT count(*), sum(n) FROM mine.report;
SELECT mine.one(o) FROM shop.orders o WHERE id = 4;
SELECT note FROM shop.orders WHERE id = 4;
-- the other readers keep their columns, and get no more than those
SET ROLE t_views_other;
SELECT count(id) FROM shop.orders;
RESET ROLE;
REVOKE SELECT ON shop.orders FROM PUBLIC, t_views_reader CASCADE;
SET ROLE t_views_other;
SELECT count(id) FROM shop.orders;
SELECT count(note) FROM shop.orders;
\echo :LAST_ERROR_SQLSTATE
SET ROLE t_views_ana;

-- Only what changed was touched: shop.plain has the rows of pg_class and
-- pg_rewrite that it had, shop.orders and those who read it do not.
SELECT b.view, (SELECT xmin::text FROM pg_class WHERE oid = b.oid) = b.class_xmin AS same_class,
	(SELECT string_agg(xmin::text, ' ' ORDER BY rulename) FROM pg_rewrite WHERE ev_class = b.oid) = b.rule_xmin AS same_rule
FROM mine.before b WHERE view IN ('shop.plain', 'shop.orders') ORDER BY 1;

-- the whole of it is one transaction
SELECT count(DISTINCT xmin::text) AS transactions FROM pg_rewrite WHERE ev_class IN ('shop.orders'::regclass, 'shop.as_view'::regclass);

-- a description that goes takes the model's own comment along, not the user's
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount, note FROM raw.orders', options => '{"columns": {"id": "the only key"}}') IS NOT NULL AS ok;
SELECT change, category, action FROM vde_changes('dev');
COMMENT ON VIEW shop.orders IS 'mine alone';
SELECT string_agg(xmin::text, ' ' ORDER BY oid) AS rules FROM pg_rewrite WHERE ev_class::regclass::text LIKE 'shop.%' \gset
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
SELECT comment, columns FROM mine.attached WHERE view = 'shop.orders' \gx

-- for that no view was given another query
SELECT string_agg(xmin::text, ' ' ORDER BY oid) = :'rules' AS same_rules FROM pg_rewrite WHERE ev_class::regclass::text LIKE 'shop.%';

--
-- 2. A column that goes, under a view of the user's
--
SELECT mine.data_relations() AS before \gset
CREATE TABLE mine.state AS SELECT model, version, physical_table FROM vde_models WHERE environment = 'prod';
SELECT vde_register('shop.orders', 'SELECT id, amount, note FROM raw.orders') IS NOT NULL AS ok;
SELECT vde_register('shop.totals', 'SELECT note AS customer_id, sum(amount) AS total FROM shop.orders GROUP BY 1') IS NOT NULL AS ok;
-- in dev nothing of the user's stands on it
SELECT p FROM vde_plan('dev') p WHERE p !~ '^[0-9a-f]{16}$';
CALL vde_apply('dev');
-- in prod it does: the plan names it, and promoting stops
SELECT p FROM vde_plan('dev', 'prod') p WHERE p !~ '^[0-9a-f]{16}$';
SELECT o ->> 'model' AS model, o ->> 'detail' AS detail FROM vde_plan('dev', 'prod', 'json') p, jsonb_array_elements(p::jsonb -> 'obstacles') o;
CALL vde_promote('dev', 'prod');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) AS pointers_moved FROM vde_models m JOIN mine.state s USING (model) WHERE environment = 'prod' AND m.version <> s.version;
SELECT a.view, a.view::regclass::oid = b.oid AS same_oid FROM mine.attached a JOIN mine.before b USING (view) WHERE a.view = 'shop.orders';
SELECT count(*) FROM mine.report;

-- an apply that would have to build stops before it builds
SELECT mine.data_relations() AS before \gset
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount::bigint AS amount, note FROM raw.orders', environment => 'prod') IS NOT NULL AS ok;
SELECT vde_register('shop.fresh', 'SELECT count(*) AS n FROM raw.orders', environment => 'prod') IS NOT NULL AS ok;
SELECT p FROM vde_plan('prod') p WHERE p !~ '^[0-9a-f]{16}$';
CALL vde_apply('prod', confirm => true);
\echo :LAST_ERROR_SQLSTATE
SELECT mine.data_relations() = :before AS nothing_built;
SELECT count(*) AS drafts FROM vde_models WHERE environment = 'prod' AND state LIKE '%drafted';
SELECT vde_discard('prod');

-- a removal under a dependent, too
SELECT vde_unregister('shop.totals', environment => 'prod');
CREATE MATERIALIZED VIEW mine.copy AS SELECT * FROM shop.totals;
SELECT p FROM vde_plan('prod') p WHERE p !~ '^[0-9a-f]{16}$';
CALL vde_apply('prod', confirm => true);
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM mine.copy;
SELECT vde_discard('prod');
DROP MATERIALIZED VIEW mine.copy;

-- Without dependents the view is made anew, with grants, options and comments.
DROP VIEW mine.report;
DROP FUNCTION mine.one(shop.orders);
GRANT SELECT ON shop.orders TO t_views_reader WITH GRANT OPTION;
SET ROLE t_views_reader;
GRANT SELECT ON shop.orders TO t_views_other;
SET ROLE t_views_ana;
GRANT SELECT (id, note) ON shop.orders TO t_views_other;
COMMENT ON COLUMN shop.orders.note IS 'a comment that stays';
ALTER VIEW shop.orders ALTER COLUMN id SET DEFAULT 3;
DROP TABLE mine.before;
CREATE TABLE mine.before AS SELECT *, view::regclass::oid AS oid FROM mine.attached;
SELECT p FROM vde_plan('dev', 'prod') p WHERE p !~ '^[0-9a-f]{16}$';
CALL vde_promote('dev', 'prod');
SELECT a.view::regclass::oid <> b.oid AS made_anew, a.grants = b.grants AS same_grants, a.options = b.options AS same_options, a.owner = b.owner AS same_owner, a.comment
FROM mine.attached a JOIN mine.before b USING (view) WHERE a.view = 'shop.orders';
SELECT columns FROM mine.attached WHERE view = 'shop.orders' \gx
SELECT attname, pg_get_expr(adbin, adrelid) AS default_kept FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum WHERE adrelid = 'shop.orders'::regclass;
-- and back, also by making it anew
CALL vde_rollback('prod');
SELECT a.grants = b.grants AS same_grants, a.options = b.options AS same_options, a.comment
FROM mine.attached a JOIN mine.before b USING (view) WHERE a.view = 'shop.orders';
(TABLE shop.orders EXCEPT ALL SELECT id, customer_id, amount, note FROM raw.orders) UNION ALL (SELECT id, customer_id, amount, note FROM raw.orders EXCEPT ALL TABLE shop.orders);

--
-- 3. Other kinds of dependents stop it as well: all are named
--
CALL vde_create_environment('deps');
SELECT vde_register('lone.m', 'SELECT 1 AS a, 2 AS b', environment => 'deps') IS NOT NULL AS ok;
CALL vde_apply('deps');
CREATE VIEW mine.d_view AS SELECT a FROM lone__deps.m;
CREATE MATERIALIZED VIEW mine.d_matview AS SELECT b FROM lone__deps.m;
CREATE TABLE mine.d_table (r lone__deps.m);
CREATE FUNCTION mine.d_function() RETURNS SETOF lone__deps.m LANGUAGE sql AS 'SELECT * FROM lone__deps.m';
CREATE FUNCTION mine.d_body() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM lone__deps.m; END;
CREATE DOMAIN mine.d_domain AS lone__deps.m;
CREATE RULE d_rule AS ON INSERT TO lone__deps.m DO INSTEAD NOTHING;
CREATE TABLE mine.log (n int);
CREATE FUNCTION mine.d_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER d_trigger INSTEAD OF DELETE ON lone__deps.m FOR EACH ROW EXECUTE FUNCTION mine.d_trigger();
SELECT vde_register('lone.m', 'SELECT 1 AS a', environment => 'deps') IS NOT NULL AS ok;
SELECT p FROM vde_plan('deps') p WHERE p !~ '^[0-9a-f]{16}$';
CALL vde_apply('deps');
\echo :LAST_ERROR_SQLSTATE
-- a column more is no obstacle to any of them
INSERT INTO mine.d_table VALUES (ROW(8, 9));
SELECT vde_register('lone.m', 'SELECT 1 AS a, 2 AS b, 3 AS c', environment => 'deps') IS NOT NULL AS ok;
CALL vde_apply('deps');
SELECT (r).a, (r).b, (r).c FROM mine.d_table;
SELECT * FROM lone__deps.m;
SELECT * FROM mine.d_function();
-- an environment under dependents is not dropped, and stays whole
CALL vde_drop_environment('deps');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM mine.d_view;
SELECT models FROM vde_environments WHERE name = 'deps';
DROP TRIGGER d_trigger ON lone__deps.m;
DROP RULE d_rule ON lone__deps.m;
DROP VIEW mine.d_view;
DROP MATERIALIZED VIEW mine.d_matview;
DROP FUNCTION mine.d_function;
DROP FUNCTION mine.d_body;
DROP DOMAIN mine.d_domain;
DROP TABLE mine.d_table;
-- a table of the user's in a schema that vde made: the schema stays
CREATE TABLE lone__deps.keepsake (n int);
SET client_min_messages = notice;
CALL vde_drop_environment('deps');
SET client_min_messages = warning;
SELECT nspname FROM pg_namespace WHERE nspname LIKE '%\_\_deps' ORDER BY 1;
SELECT count(*) FROM lone__deps.keepsake;

--
-- 4. What is there already is never taken over
--
CREATE TABLE shop.taken (n int);
INSERT INTO shop.taken VALUES (42);
CREATE VIEW shop.taken_view AS SELECT 1 AS n;
CREATE VIEW shop.looks_like_ours AS SELECT id FROM shop.plain;
CREATE SEQUENCE shop.taken_sequence;
CREATE TYPE shop.taken_type AS ENUM ('x');
CREATE TYPE shop.taken_composite AS (x int);
CREATE TABLE mine.indexed (n int);
CREATE MATERIALIZED VIEW shop.taken_matview AS SELECT 1 AS n;
SELECT count(vde_register('shop.' || n, 'SELECT 1 AS n', environment => 'taker')) AS drafted
FROM unnest('{taken,taken_view,looks_like_ours,taken_sequence,taken_type,taken_composite,taken_matview,free}'::text[]) n;
CALL vde_apply('taker');
SELECT mine.data_relations() AS before \gset
SELECT p FROM vde_plan('taker', 'prod') p WHERE p !~ '^[0-9a-f]{16}$';
CALL vde_promote('taker', 'prod');
\echo :LAST_ERROR_SQLSTATE
SELECT to_regclass('shop.free') IS NULL AS nothing_made, (SELECT n FROM shop.taken) AS mine_still, mine.data_relations() = :before AS nothing_built;
-- and nothing of it is dropped when the model goes, or the environment
SELECT count(vde_unregister('shop.' || n, environment => 'taker')) FROM unnest('{taken,taken_view}'::text[]) n;
CALL vde_apply('taker');
SELECT n FROM shop.taken;

-- a schema of the user's with the name that an environment needs
CREATE SCHEMA side__e1;
CREATE TABLE side__e1.t (n int);
SELECT vde_register('side.m', 'SELECT 1 AS n', environment => 'e1') IS NOT NULL AS ok;
SELECT p FROM vde_plan('e1') p WHERE p !~ '^[0-9a-f]{16}$';
SELECT mine.data_relations() AS before \gset
CALL vde_apply('e1');
\echo :LAST_ERROR_SQLSTATE
SELECT mine.data_relations() = :before AS nothing_built, to_regclass('side__e1.m') IS NULL AS nothing_made;
DROP SCHEMA side__e1 CASCADE;
CALL vde_apply('e1');
SELECT * FROM side__e1.m;

-- what a user puts where our view was is the user's
DROP VIEW side__e1.m;
CREATE TABLE side__e1.m (mine int);
SELECT vde_register('side.m', 'SELECT 2 AS n', environment => 'e1') IS NOT NULL AS ok;
CALL vde_apply('e1');
\echo :LAST_ERROR_SQLSTATE
DROP TABLE side__e1.m;
CALL vde_apply('e1');
SELECT * FROM side__e1.m;
-- also when the model is removed
DROP VIEW side__e1.m;
CREATE TABLE side__e1.m (mine int);
SELECT vde_unregister('side.m', environment => 'e1');
CALL vde_apply('e1');
SELECT count(*) FROM side__e1.m;

-- a view that a user has replaced with a query of his own is his
SELECT vde_register('side.v', 'SELECT 1 AS n', environment => 'e1') IS NOT NULL AS ok;
CALL vde_apply('e1');
CREATE OR REPLACE VIEW side__e1.v AS SELECT 5 AS n;
SELECT vde_register('side.v', 'SELECT 2 AS n', environment => 'e1') IS NOT NULL AS ok;
CALL vde_apply('e1');
\echo :LAST_ERROR_SQLSTATE
SELECT n FROM side__e1.v;

--
-- 5. Order of columns, names, types
--
CALL vde_create_environment('shapes');
CREATE TABLE mine.shapes (place serial, query text);
INSERT INTO mine.shapes (query) VALUES
	('SELECT 1 AS a, ''x''::varchar(5) AS b'),
	('SELECT 1 AS a, ''x''::varchar(6) AS b'),
	('SELECT ''x''::varchar(6) AS b, 1 AS a'),
	('SELECT ''x''::varchar(6) COLLATE "C" AS b, 1 AS a'),
	('SELECT ''x''::text COLLATE "C" AS b, 1 AS a'),
	('SELECT ''x''::text COLLATE "C" AS "B", 1 AS a'),
	('SELECT ''x''::text COLLATE "C" AS "B", 1 AS a, 2 AS "lone"'),
	('SELECT 1 AS "lone"');
DO $$
DECLARE
	r record;
	columns text;
BEGIN
	FOR r IN SELECT * FROM mine.shapes ORDER BY place LOOP
		PERFORM public.vde_register('lone.shape', r.query, environment => 'shapes');
		CALL public.vde_apply('shapes');
		SELECT a.columns INTO columns FROM mine.attached a WHERE view = 'lone__shapes.shape';
		RAISE WARNING '%', columns;
	END LOOP;
END $$;

-- Each view has the columns of the relation that it shows.
SELECT count(*) AS views, count(DISTINCT environment) AS environments FROM vde_models WHERE to_regclass(view_name) IS NOT NULL;
SELECT m.environment, m.view_name
FROM vde_models m, LATERAL (SELECT
	(SELECT string_agg(format('%s %s %s %s', attname, atttypid, atttypmod, attcollation), ',' ORDER BY attnum) FROM pg_attribute
	 WHERE attrelid = to_regclass(view_name) AND attnum > 0) AS a,
	(SELECT string_agg(format('%s %s %s %s', attname, atttypid, atttypmod, attcollation), ',' ORDER BY attnum) FROM pg_attribute
	 WHERE attrelid = (SELECT oid FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace AND relname = physical_table) AND attnum > 0) AS b) x
WHERE a IS DISTINCT FROM b ORDER BY 1, 2;

-- Dropping what nobody uses any more: the views go, no others.
CALL vde_drop_environment('shapes');
CALL vde_drop_environment('taker');
CALL vde_drop_environment('dev');
SELECT nspname FROM pg_namespace WHERE nspname LIKE '%\_\_%' ORDER BY 1;
SELECT view FROM mine.attached ORDER BY 1;
SELECT n FROM shop.taken;

RESET ROLE;
