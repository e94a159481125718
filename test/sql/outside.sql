-- Outside of vde: views over models' views stand for the models, in every
-- environment; code that reads a model's view is refused; row-level security
-- on anything read binds a version to the role.
--
-- What a reader of mine.x has is compared with the same views over the
-- environment's own tables, in schema theirs: the same text, where shop.
-- reads shop__dev. and mine. reads theirs.
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_outside_ana, t_outside_bob, t_outside_carl;
CREATE ROLE t_outside_ana;
CREATE ROLE t_outside_bob;
CREATE ROLE t_outside_carl;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_outside_ana, t_outside_bob, t_outside_carl', current_database()); END $$;
GRANT CREATE ON SCHEMA public TO t_outside_ana;
SET SESSION AUTHORIZATION t_outside_ana;
CREATE SCHEMA raw;
CREATE SCHEMA mine;
CREATE SCHEMA theirs;
CREATE TABLE raw.orders (id int, customer_id int, amount numeric(12,2), note text);
INSERT INTO raw.orders SELECT i, i % 7, i * 10, CASE WHEN i % 3 > 0 THEN 'note ' || i % 5 END FROM generate_series(1, 40) i;
CREATE TABLE raw.customers (id int, customer_name text);
INSERT INTO raw.customers SELECT i, 'customer ' || i FROM generate_series(1, 5) i;

CREATE FUNCTION differ(a text, b text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
	a := CASE WHEN a ~ ' ' THEN rtrim(a, ';') ELSE 'TABLE ' || a END;
	b := CASE WHEN b ~ ' ' THEN b ELSE 'TABLE ' || b END;
	EXECUTE format('SELECT count(*) FROM (((%1$s) EXCEPT ALL (%2$s)) UNION ALL ((%2$s) EXCEPT ALL (%1$s))) d', a, b) INTO n;
	RETURN n;
END $$;
CREATE FUNCTION p(environment text, target text DEFAULT NULL) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT regexp_replace(line, '^[0-9a-f]{16}$', '(id)') FROM vde_plan($1, $2) line
$$;
\pset format unaligned
\pset tuples_only on

SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount, note FROM raw.orders') > 0;
SELECT vde_register('shop.customers', 'SELECT id AS customer_id, customer_name FROM raw.customers') > 0;
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');

-- one view per way of reading; placed so that each may read those before it
CREATE TABLE raw.views (place serial, name text PRIMARY KEY, options text, query text);
INSERT INTO raw.views (name, options, query) VALUES
	('v', '', 'SELECT id, amount FROM shop.orders'),
	('deep', '', 'SELECT id, amount * 2 AS twice FROM mine.v WHERE id > 3'),
	('renamed', '', 'SELECT o.a AS id, o.c AS amount FROM shop.orders AS o(a, b, c)'),
	('joined', '', 'SELECT o.id, c.customer_name, o.amount FROM shop.orders o LEFT JOIN raw.customers c ON c.id = o.customer_id'),
	('merged', '', 'SELECT customer_id, o.amount, c.customer_name FROM shop.orders o FULL JOIN shop.customers c USING (customer_id)'),
	('natural_left', '', 'SELECT customer_id, customer_name, id FROM shop.customers NATURAL LEFT JOIN shop.orders'),
	('join_alias', '', 'SELECT j.id, j.customer_name FROM (shop.orders JOIN shop.customers USING (customer_id)) AS j'),
	('self', '', 'SELECT a.id, b.amount FROM shop.orders a JOIN shop.orders b ON b.id = a.id + 1'),
	('star', '', 'SELECT * FROM shop.orders'),
	('cte', '', 'WITH x AS MATERIALIZED (SELECT * FROM shop.orders), y AS (SELECT customer_id, sum(amount) AS total FROM x GROUP BY 1) SELECT y.*, (SELECT count(*) FROM x WHERE x.customer_id = y.customer_id) AS n FROM y'),
	('recursion', '', 'WITH RECURSIVE r AS (SELECT id, amount FROM mine.v WHERE id = 1 UNION ALL SELECT v.id, v.amount FROM mine.v v JOIN r ON v.id = r.id * 2) SELECT * FROM r'),
	('sublink', '', 'SELECT customer_id, customer_name FROM shop.customers c WHERE EXISTS (SELECT FROM mine.v WHERE v.id = c.customer_id AND v.amount > (SELECT min(amount) FROM shop.orders))'),
	('in_lateral', '', 'SELECT c.customer_id, l.best FROM shop.customers c, LATERAL (SELECT max(o.amount) AS best FROM shop.orders o WHERE o.customer_id = c.customer_id) l'),
	('set_operation', '', 'SELECT id, amount FROM shop.orders WHERE id < 9 UNION SELECT id, twice FROM mine.deep EXCEPT SELECT customer_id, 10 FROM shop.customers'),
	('grouped', '', 'SELECT customer_id, sum(amount) AS total, array_agg(note ORDER BY id) AS notes FROM shop.orders GROUP BY GROUPING SETS ((customer_id), ()) HAVING count(*) > 1'),
	('windows', '', 'SELECT id, sum(amount) OVER (PARTITION BY customer_id ORDER BY id) AS running FROM shop.orders'),
	('sorted', '', 'SELECT DISTINCT ON (customer_id) customer_id, id, amount FROM shop.orders ORDER BY customer_id, amount DESC, id LIMIT 4'),
	('barrier', 'WITH (security_barrier)', 'SELECT id, amount FROM shop.orders WHERE id % 2 = 0'),
	('invoker', 'WITH (security_invoker)', 'SELECT id, amount FROM shop.orders WHERE id % 3 = 0'),
	('everything', '', 'SELECT d.id, b.amount, g.total FROM mine.deep d JOIN mine.barrier b USING (id) LEFT JOIN mine.grouped g ON g.customer_id = d.id % 7');
SELECT format('CREATE VIEW mine.%I %s AS %s', name, options, query) FROM raw.views ORDER BY place \gexec
SELECT format('CREATE VIEW theirs.%I %s AS %s', name, options, replace(replace(query, 'shop.', 'shop__dev.'), 'mine.', 'theirs.')) FROM raw.views ORDER BY place \gexec
CREATE VIEW in_dev AS SELECT place, name, differ('r__dev.' || name, 'theirs.' || name) AS differ FROM raw.views;
CREATE VIEW in_prod AS SELECT place, name, differ('r.' || name, 'mine.' || name) AS differ FROM raw.views;

-- as its other kinds do, a model reads such views as a table does
SELECT count(vde_register('r.' || name, format('SELECT * FROM mine.%I', name))) FROM raw.views;
SELECT vde_register('kinds.a_view', 'SELECT * FROM mine.deep', 'view') > 0;
SELECT vde_register('kinds.a_matview', 'SELECT * FROM mine.merged', 'materialized_view') > 0;
SELECT vde_register('kinds.inlined', 'SELECT id, twice FROM mine.deep WHERE id < 30', 'embedded') > 0;
SELECT vde_register('kinds.over', 'SELECT i.id, i.twice, v.twice AS again FROM kinds.inlined i JOIN kinds.a_view v USING (id)') > 0;
SELECT vde_register('kinds.rows', 'SELECT to_jsonb(v) AS j, (v).amount FROM mine.v v') > 0;

-- parents are found before anything is analyzed: they are built first
CALL vde_apply('dev');
SELECT model, parents FROM vde_models WHERE environment = 'dev' AND model IN ('r.v', 'r.everything', 'r.merged', 'kinds.over', 'kinds.inlined') ORDER BY 1;
SELECT count(*), sum(differ) FROM in_dev;
SELECT DISTINCT column_name, source, source_column, usage FROM vde_lineage('r.joined', environment => 'dev') ORDER BY 1, 2, 3, 4;
SELECT DISTINCT column_name, source, source_column, usage FROM vde_lineage('r.deep', environment => 'dev') ORDER BY 1, 2, 3, 4;
-- what is looked through is a dependency, prod's views are none
RESET SESSION AUTHORIZATION;
SELECT DISTINCT d.class, d.identity FROM vde.dependency d JOIN vde.snapshot s ON s.id = d.snapshot_id JOIN vde.model m ON m.id = s.model_id
WHERE m.model_name = 'everything' ORDER BY 1, 2;
SELECT count(*) FROM vde.dependency WHERE identity[1] IN ('shop', 'shop__dev', 'vde_data');
SET SESSION AUTHORIZATION t_outside_ana;

-- prod shares the tables
CALL vde_promote('dev', 'prod');
SELECT built, reused FROM vde_deployments ORDER BY deployment DESC LIMIT 1;
SELECT count(*), sum(differ) FROM in_prod;
SELECT p('dev');

--
-- dev moves on, and prod does not; then prod follows, and goes back
--
SELECT vde_register('shop.orders', 'SELECT id, customer_id, (amount + 1)::numeric(12,2) AS amount, note FROM raw.orders WHERE id <> 7') > 0;
SELECT model, change, category, action, reason FROM vde_changes('dev') WHERE model IN ('r.v', 'r.everything', 'kinds.over', 'kinds.a_view', 'shop.orders');
SELECT model FROM vde_models WHERE environment = 'dev' EXCEPT SELECT model FROM vde_changes('dev');
CALL vde_apply('dev');
SELECT count(*), sum(differ) FROM in_dev;
SELECT count(*), sum(differ) FROM in_prod;
SELECT name FROM raw.views WHERE differ('r.' || name, 'r__dev.' || name) = 0 ORDER BY place;
SELECT differ('kinds__dev.a_view', 'theirs.deep'), differ('kinds__dev.a_matview', 'theirs.merged'),
	differ('kinds__dev.over', 'SELECT id, twice, twice FROM theirs.deep WHERE id < 30');
SELECT pg_get_viewdef('kinds__dev.a_view'::regclass) ~ 'mine|shop' AS names_prod;
-- a refresh is what was planned, in both
CALL vde_run('dev');
CALL vde_run('prod');
SELECT sum(differ) FROM in_dev;
SELECT sum(differ) FROM in_prod;
SELECT p('prod');

CALL vde_promote('dev', 'prod');
SELECT built, reused > 20 AS reused FROM vde_deployments ORDER BY deployment DESC LIMIT 1;
SELECT count(*), sum(differ) FROM in_prod;
SELECT count(*) FROM raw.views WHERE differ('r.' || name, 'r__dev.' || name) <> 0;
INSERT INTO raw.orders VALUES (41, 3, 5, 'late');
CALL vde_run('prod');
SELECT count(*), sum(differ) FROM in_prod;
SELECT count(*) FROM vde_changes('prod');
CALL vde_rollback('prod');
CALL vde_run('prod');
SELECT count(*), sum(differ) FROM in_prod;
SELECT count(*) FROM raw.views WHERE differ('r.' || name, 'r__dev.' || name) <> 0;
CALL vde_promote('dev', 'prod');
SELECT count(*), sum(differ) FROM in_prod;
-- prod's view gets a column, and no reader of the views moves
SELECT vde_register('shop.orders', 'SELECT id, customer_id, (amount + 1)::numeric(12,2) AS amount, note, upper(note) AS loud FROM raw.orders WHERE id <> 7') > 0;
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
SELECT p('dev');
CALL vde_run('prod');
SELECT count(*), sum(differ) FROM in_prod;

-- every form as a stored view: the same rows, and a definition that can be read back
SELECT count(vde_register('k.' || name, format('SELECT * FROM mine.%I', name), CASE WHEN place % 2 = 0 THEN 'view' ELSE 'materialized_view' END, environment => 'stored')) FROM raw.views;
CALL vde_apply('stored');
SELECT count(*), sum(differ('k__stored.' || name, 'mine.' || name)) FROM raw.views;
RESET SESSION AUTHORIZATION;
SELECT count(*), sum(differ(pg_get_viewdef(c.oid), 'mine.' || v.name))
FROM raw.views v JOIN vde_models m ON m.environment = 'stored' AND m.model = 'k.' || v.name JOIN pg_class c ON c.relname = m.physical_table AND c.relnamespace = 'vde_data'::regnamespace;
SET SESSION AUTHORIZATION t_outside_ana;
CALL vde_drop_environment('stored');

-- a view with other columns in dev: read by name; what the view does not read may be gone
SELECT vde_register('shop.orders', 'SELECT ''new'' AS first, amount, note IS NULL AS quiet, id, customer_id FROM raw.orders', environment => 'shuffled') > 0;
SELECT count(vde_unregister(model, 'shuffled')) FROM vde_models WHERE environment = 'shuffled' AND model ~ '^(r|kinds)' AND model NOT IN ('r.v', 'r.merged', 'r.join_alias', 'kinds.a_view');
CALL vde_apply('shuffled');
SELECT differ('r__shuffled.v', 'SELECT id, amount FROM raw.orders'), differ('kinds__shuffled.a_view', 'SELECT id, amount * 2 FROM raw.orders WHERE id > 3'),
	differ('r__shuffled.merged', 'SELECT coalesce(o.customer_id, c.id), amount, customer_name FROM raw.orders o FULL JOIN raw.customers c ON c.id = o.customer_id'),
	differ('r__shuffled.join_alias', 'SELECT o.id, customer_name FROM raw.orders o JOIN raw.customers c ON c.id = o.customer_id');
CALL vde_drop_environment('shuffled');

-- a view is replaced: a change outside, and what it reads now are the parents
CREATE OR REPLACE VIEW mine.v AS SELECT id, amount FROM shop.orders JOIN shop.customers USING (customer_id);
SELECT model, change, reason FROM vde_changes('dev') WHERE model IN ('r.v', 'r.deep', 'r.star', 'r.merged');
CALL vde_apply('dev');
SELECT parents FROM vde_models WHERE environment = 'dev' AND model = 'r.v';
CREATE OR REPLACE VIEW theirs.v AS SELECT id, amount FROM shop__dev.orders JOIN shop__dev.customers USING (customer_id);
SELECT count(*), sum(differ) FROM in_dev;
CALL vde_apply('prod');
SELECT count(*), sum(differ) FROM in_prod;

-- a materialized view is a table: its rows are stored
CREATE MATERIALIZED VIEW mine.stored AS SELECT id FROM shop.orders WHERE id < 4;
SELECT vde_register('r.stored', 'SELECT * FROM mine.stored', environment => 'stored') > 0;
CALL vde_apply('stored');
SELECT parents FROM vde_models WHERE environment = 'stored' AND model = 'r.stored';
CALL vde_drop_environment('stored');
DROP MATERIALIZED VIEW mine.stored;

--
-- What is refused, in the plan, with the place
--
\pset tuples_only off
CREATE FUNCTION attempt(query text, kind text DEFAULT 'full', model text DEFAULT 'r.attempt') RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	d text; h text;
BEGIN
	BEGIN
		PERFORM vde_register(model, query, kind, environment => 'refused');
		PERFORM FROM vde_changes('refused');
		CALL vde_apply('refused');
		RETURN NEXT 'accepted';
	EXCEPTION WHEN others THEN
		GET STACKED DIAGNOSTICS d = PG_EXCEPTION_DETAIL, h = PG_EXCEPTION_HINT;
		RETURN NEXT SQLSTATE || ': ' || SQLERRM; RETURN NEXT '  ' || d; RETURN NEXT '  ' || h;
	END;
	RAISE DEBUG 'undone';
END $$;
CALL vde_create_environment('refused');
SELECT count(vde_unregister(model, 'refused')) FROM vde_models WHERE environment = 'refused' AND model ~ '^(r|kinds)' AND model <> 'r.in_lateral';
CALL vde_apply('refused');
\pset tuples_only on
-- columns
SELECT vde_register('shop.orders', 'SELECT id, customer_id, note FROM raw.orders', environment => 'refused') > 0;
SELECT vde_register('r.attempt', E'SELECT 1 AS one,\n  (SELECT count(*) FROM mine.deep) AS n', environment => 'refused') > 0;
SELECT count(*) FROM vde_changes('refused');
SELECT vde_discard('refused');
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount::float8 AS amount, note FROM raw.orders', environment => 'refused') > 0;
SELECT attempt('SELECT * FROM mine.barrier');
SELECT vde_discard('refused');
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount, note COLLATE "C" AS note FROM raw.orders', environment => 'refused') > 0;
SELECT attempt('SELECT * FROM mine.grouped');
SELECT vde_discard('refused');
-- rows
CREATE VIEW mine.whole AS SELECT to_jsonb(o) AS j FROM shop.orders o;
SELECT attempt('SELECT * FROM mine.whole');
-- by an OID
CREATE VIEW mine.named AS SELECT 'shop.orders'::regclass::oid AS o, id FROM shop.orders;
SELECT attempt('SELECT * FROM mine.named');
-- another environment's view, at any depth, and a physical table
CREATE VIEW mine.abroad AS SELECT id FROM shop__dev.orders;
CREATE VIEW mine.abroad_deep AS SELECT f.id FROM mine.v JOIN mine.abroad f USING (id);
SELECT attempt('SELECT * FROM mine.abroad');
SELECT attempt('SELECT * FROM mine.abroad_deep');
DROP VIEW mine.abroad_deep, mine.abroad;
-- itself, and in a circle
SELECT attempt('SELECT id, 1 AS customer_id, amount, ''x'' AS note FROM mine.deep, LATERAL (SELECT twice AS amount) l', model => 'shop.orders');
SELECT attempt('SELECT 1 AS customer_id, id::text AS customer_name FROM mine.sublink, mine.v', model => 'shop.orders');
CREATE VIEW mine.only_orders AS SELECT id FROM shop.orders;
CREATE VIEW mine.only_customers AS SELECT customer_id, customer_name FROM shop.customers;
SELECT vde_register('shop.orders', 'SELECT customer_id AS id, customer_id, 1::numeric(12,2) AS amount, customer_name AS note FROM mine.only_customers', environment => 'refused') > 0;
SELECT vde_register('shop.customers', 'SELECT id AS customer_id, ''x''::text AS customer_name FROM mine.only_orders', environment => 'refused') > 0;
SELECT count(*) FROM vde_changes('refused');
SELECT vde_discard('refused');
-- views that read each other
CREATE VIEW mine.loop_a AS SELECT id FROM shop.orders;
CREATE VIEW mine.loop_b AS SELECT id FROM mine.loop_a;
CREATE OR REPLACE VIEW mine.loop_a AS SELECT id FROM mine.loop_b UNION SELECT id FROM shop.orders;
SELECT attempt('SELECT * FROM mine.loop_a');
-- a model that is gone
SELECT vde_unregister('shop.customers', 'refused');
SELECT p('refused');
CALL vde_apply('refused');
SELECT vde_discard('refused');

-- code: both forms of body, through views, functions and policies
CREATE FUNCTION mine.f() RETURNS bigint LANGUAGE sql STABLE RETURN (SELECT count(*) FROM shop.orders);
CREATE FUNCTION mine.g() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT sum(id) FROM shop.orders';
CREATE FUNCTION mine.through() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM mine.deep';
CREATE FUNCTION mine.indirect(int) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT mine.g() + $1';
CREATE FUNCTION mine.in_dev() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM shop__dev.orders';
CREATE VIEW mine.calls AS SELECT id, mine.f() AS n FROM raw.orders;
SELECT attempt('SELECT mine.f() AS n');
SELECT attempt('SELECT mine.g() AS n');
SELECT attempt('SELECT mine.through() AS n');
SELECT attempt('SELECT mine.indirect(1) AS n');
SELECT attempt('SELECT mine.in_dev() AS n');
SELECT attempt('SELECT * FROM mine.calls');
SELECT attempt('SELECT id, mine.through() AS n FROM mine.deep');
CREATE TABLE raw.guarded (id int);
INSERT INTO raw.guarded VALUES (1), (2), (99);
ALTER TABLE raw.guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY known ON raw.guarded USING (id IN (SELECT id FROM shop.orders));
SELECT attempt('SELECT * FROM raw.guarded');
-- a function that begins to is a problem of its reader alone
CREATE FUNCTION mine.counts() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM raw.orders';
SELECT attempt('SELECT mine.counts() AS n');
CREATE OR REPLACE FUNCTION mine.counts() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM shop.orders';
SELECT p('refused');
SELECT vde_unregister('r.attempt', 'refused');
CALL vde_apply('refused');

--
-- Rights: to the view, and to the models
--
GRANT USAGE ON SCHEMA mine, shop, raw TO t_outside_bob, t_outside_carl;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_outside_bob;
CREATE SCHEMA bobs;
CALL vde_create_environment('bob');
SELECT vde_register('bobs.r', 'SELECT id FROM mine.deep', environment => 'bob') > 0;
CALL vde_apply('bob');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_outside_ana;
GRANT SELECT ON mine.deep TO t_outside_bob;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_outside_bob;
-- that is not enough: it would let him read the models of any environment
CALL vde_apply('bob');
RESET SESSION AUTHORIZATION;
GRANT USAGE ON SCHEMA shop__bob TO t_outside_ana;
SET SESSION AUTHORIZATION t_outside_ana;
GRANT SELECT ON shop__bob.orders, shop__bob.customers TO t_outside_bob;
REVOKE SELECT ON mine.deep FROM t_outside_bob;
GRANT SELECT (twice) ON mine.deep TO t_outside_bob;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_outside_bob;
-- the right to another column is not enough, either
CALL vde_apply('bob');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_outside_ana;
GRANT SELECT (id) ON mine.deep TO t_outside_bob;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_outside_bob;
CALL vde_apply('bob');
SELECT count(*) FROM bobs__bob.r;
-- whole rows need all columns; taken back, a refresh stops
SELECT vde_register('bobs.r', 'SELECT to_jsonb(d) AS j FROM mine.deep d', environment => 'bob') > 0;
CALL vde_apply('bob');
SELECT count(*) FROM bobs__bob.r;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_outside_ana;
REVOKE SELECT (twice) ON mine.deep FROM t_outside_bob;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_outside_bob;
CALL vde_run('bob');
-- and so does a table that is there already
SELECT vde_register('bobs.again', 'SELECT id FROM mine.deep', environment => 'bob') > 0;
CALL vde_apply('bob');
SELECT vde_unregister('bobs.again', 'bob');
CALL vde_apply('bob');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_outside_ana;
REVOKE SELECT (id) ON mine.deep FROM t_outside_bob;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_outside_bob;
SELECT vde_register('bobs.again', 'SELECT id FROM mine.deep', environment => 'bob') > 0;
SELECT action FROM vde_changes('bob') WHERE model = 'bobs.again';
CALL vde_apply('bob');
SELECT vde_discard('bob');

-- what a view reads besides models is read as the view's owner
CREATE TABLE bobs.secret (id int, word text);
INSERT INTO bobs.secret SELECT i, 'word ' || i FROM generate_series(1, 20) i;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_outside_ana;
GRANT SELECT ON shop.orders TO t_outside_bob;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_outside_bob;
CREATE VIEW bobs.words AS SELECT o.id, s.word FROM shop.orders o JOIN bobs.secret s USING (id);
CREATE VIEW bobs.words_invoker WITH (security_invoker) AS SELECT o.id, s.word FROM shop.orders o JOIN bobs.secret s USING (id);
CREATE VIEW bobs.no_words AS SELECT id FROM shop.orders;
GRANT USAGE ON SCHEMA bobs TO t_outside_ana;
GRANT SELECT ON bobs.words, bobs.words_invoker, bobs.no_words TO t_outside_ana;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_outside_ana;
SELECT attempt('SELECT * FROM bobs.words_invoker');
SELECT attempt('SELECT * FROM bobs.words');
SELECT differ('r__refused.attempt', 'SELECT o.id, ''word '' || o.id FROM shop__refused.orders o WHERE o.id <= 20');
-- a stored view has one owner for all
SELECT attempt('SELECT * FROM bobs.words', 'view');
SELECT attempt('SELECT * FROM bobs.words', 'materialized_view');
SELECT attempt('SELECT * FROM bobs.no_words', 'view');
SELECT vde_register('r.inlined', 'SELECT * FROM bobs.words', 'embedded', environment => 'refused') > 0;
SELECT attempt('SELECT * FROM r.inlined');
SELECT attempt('SELECT * FROM r.inlined', 'view');

--
-- Row-level security on anything read binds the version to the role
--
RESET SESSION AUTHORIZATION;
CREATE SCHEMA sec;
CREATE TABLE sec.plain (id int, who name);
CREATE TABLE sec.secured (id int, who name);
CREATE TABLE sec.parted (id int, who name) PARTITION BY RANGE (id);
CREATE TABLE sec.part PARTITION OF sec.parted FOR VALUES FROM (0) TO (100);
CREATE TABLE sec.parted_plain (id int, who name) PARTITION BY RANGE (id);
CREATE TABLE sec.part_secured PARTITION OF sec.parted_plain FOR VALUES FROM (0) TO (100);
INSERT INTO sec.plain SELECT i, (ARRAY['t_outside_ana', 't_outside_bob', 't_outside_carl'])[i % 3 + 1] FROM generate_series(1, 30) i;
INSERT INTO sec.secured TABLE sec.plain;
INSERT INTO sec.parted TABLE sec.plain;
INSERT INTO sec.parted_plain TABLE sec.plain;
ALTER TABLE sec.secured ENABLE ROW LEVEL SECURITY;
ALTER TABLE sec.parted ENABLE ROW LEVEL SECURITY;
ALTER TABLE sec.part_secured ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON sec.secured USING (who = current_user);
CREATE POLICY own ON sec.parted USING (who = current_user);
CREATE POLICY own ON sec.part_secured USING (who = current_user);
CREATE VIEW sec.view AS SELECT id FROM sec.secured;
CREATE VIEW sec.view_invoker WITH (security_invoker) AS SELECT id FROM sec.secured;
CREATE VIEW sec.view_plain AS SELECT id FROM sec.plain;
CREATE VIEW sec.opened AS SELECT s.id FROM sec.secured s JOIN shop.orders USING (id);
CREATE VIEW sec.opened_invoker WITH (security_invoker) AS SELECT s.id FROM sec.secured s JOIN shop.orders USING (id);
CREATE VIEW sec.opened_parted AS SELECT s.id FROM (SELECT id FROM sec.parted) s JOIN shop.orders USING (id);
CREATE VIEW sec.opened_plain AS SELECT s.id FROM sec.plain s JOIN shop.orders USING (id);
CREATE TABLE sec.by_role (id int);
INSERT INTO sec.by_role SELECT generate_series(1, 30);
ALTER TABLE sec.by_role ENABLE ROW LEVEL SECURITY;
CREATE POLICY for_carl ON sec.by_role TO t_outside_carl USING (id <= 20);
CREATE POLICY for_ana ON sec.by_role TO t_outside_ana USING (id <= 3);
CREATE VIEW sec.opened_by_role AS SELECT s.id FROM sec.by_role s JOIN shop.orders USING (id);
ALTER VIEW sec.opened OWNER TO t_outside_carl;
ALTER VIEW sec.opened_by_role OWNER TO t_outside_carl;
CREATE FUNCTION sec.f() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT sum(id) FROM sec.secured';
CREATE FUNCTION sec.f_standard() RETURNS bigint LANGUAGE sql STABLE RETURN (SELECT sum(id) FROM sec.secured);
CREATE FUNCTION sec.f_definer() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT sum(id) FROM sec.view';
CREATE FUNCTION sec.f_parted() RETURNS SETOF int LANGUAGE sql STABLE AS 'SELECT id FROM sec.parted';
CREATE FUNCTION sec.f_plain(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1';
GRANT USAGE ON SCHEMA sec TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA sec TO PUBLIC;
CREATE TABLE sec.cases (place serial, name text PRIMARY KEY, query text);
GRANT SELECT ON sec.cases TO PUBLIC;
INSERT INTO sec.cases (name, query) VALUES
	('plain', 'SELECT id FROM sec.plain'),
	('secured', 'SELECT id FROM sec.secured'),
	('parted', 'SELECT id FROM sec.parted'),
	('part', 'SELECT id FROM sec.part'),
	('parted_plain', 'SELECT id FROM sec.parted_plain'),
	('part_secured', 'SELECT id FROM sec.part_secured'),
	('view', 'SELECT id FROM sec.view'),
	('view_invoker', 'SELECT id FROM sec.view_invoker'),
	('view_plain', 'SELECT id FROM sec.view_plain'),
	('opened', 'SELECT id FROM sec.opened'),
	('opened_invoker', 'SELECT id FROM sec.opened_invoker'),
	('opened_parted', 'SELECT id FROM sec.opened_parted'),
	('by_role', 'SELECT id FROM sec.by_role'),
	('opened_by_role', 'SELECT id FROM sec.opened_by_role'),
	('opened_plain', 'SELECT id FROM sec.opened_plain'),
	('f', 'SELECT sec.f() AS n'),
	('f_standard', 'SELECT sec.f_standard() AS n'),
	('f_definer', 'SELECT sec.f_definer() AS n'),
	('f_parted', 'SELECT id FROM sec.f_parted() AS id'),
	('f_plain', 'SELECT sec.f_plain(id) AS id FROM sec.plain'),
	('in_sublink', 'SELECT id FROM sec.plain WHERE EXISTS (SELECT FROM sec.secured s WHERE s.id = plain.id)');
SET SESSION AUTHORIZATION t_outside_bob;
SELECT count(vde_register('s.' || name, query, environment => 'bob')) FROM sec.cases;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_outside_ana;
SELECT count(vde_register('s.' || name, query, environment => 'ana')) FROM sec.cases;
GRANT SELECT ON shop.orders TO t_outside_carl;
SELECT c.name, CASE WHEN a.version = b.version THEN 'shared' ELSE 'by role' END
FROM sec.cases c JOIN vde_changes('ana') a ON a.model = 's.' || name JOIN vde_changes('bob') b USING (model) ORDER BY place;
CALL vde_apply('ana');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_outside_bob;
CALL vde_apply('bob');
RESET SESSION AUTHORIZATION;
SELECT name, differ('s__ana.' || name, 's__bob.' || name) > 0 AS other_rows FROM sec.cases ORDER BY place;
-- what each has is what the role sees
SET SESSION AUTHORIZATION t_outside_ana;
SELECT sum(differ('s__ana.' || name, query)) FROM sec.cases;
SELECT max(id) FROM s__ana.by_role;
SELECT max(id) FROM s__ana.opened_by_role;
-- switched on under a view that is looked through: a change
RESET SESSION AUTHORIZATION;
ALTER TABLE sec.plain ENABLE ROW LEVEL SECURITY;
SELECT model, reason FROM vde_changes('ana');
