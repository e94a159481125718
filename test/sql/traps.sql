--
-- Traps: pairs of queries, and turns of events, that a scheme of hashing with
-- one thing forgotten takes for the same.  Each must give different versions, a
-- refusal or a refresh, and the right rows.
--
\set VERBOSITY terse
SET client_min_messages = warning;
SET DateStyle = 'ISO, MDY';
SET IntervalStyle = 'postgres';
SET TimeZone = 'UTC';

DROP ROLE IF EXISTS t_traps_ana;
DROP ROLE IF EXISTS t_traps_bob;
CREATE ROLE t_traps_ana;
CREATE ROLE t_traps_bob;
SELECT format('GRANT CREATE ON DATABASE %I TO t_traps_ana, t_traps_bob', current_database()) \gexec
CREATE EXTENSION vde;
CREATE SCHEMA raw AUTHORIZATION t_traps_ana;
GRANT CREATE ON SCHEMA public TO t_traps_ana;
SET ROLE t_traps_ana;
GRANT USAGE ON SCHEMA raw TO t_traps_bob;

CREATE TABLE raw.t (id int, grp int, note text);
INSERT INTO raw.t VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 2, NULL), (3, 2, 'c');
CREATE FUNCTION differ(a text, b text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
	EXECUTE format('SELECT count(*) FROM ((%1$s EXCEPT ALL (%2$s)) UNION ALL ((%2$s) EXCEPT ALL %1$s)) d', a, b) INTO n;
	RETURN n;
END $$;

--
-- 1. Pairs.  Text a in environment a, text b in environment b, each with two
-- readers; a is applied first, so that b would find its tables.
--
CREATE TABLE raw.traps (place serial, name text, a text, b text);
INSERT INTO raw.traps (name, a, b) VALUES
	('aggregate beside a constant', 'SELECT 1 AS k FROM raw.t', 'SELECT 1 AS k, count(*) AS n FROM raw.t'),
	('ORDER BY an aggregate at the top', 'SELECT 1 AS k FROM raw.t', 'SELECT 1 AS k FROM raw.t ORDER BY count(*)'),
	('ORDER BY a set-returning function at the top', 'SELECT id AS k FROM raw.t', 'SELECT id AS k FROM raw.t ORDER BY generate_series(1, 3)'),
	('order of a subquery under string_agg', 'SELECT string_agg(note, '','') AS k FROM (SELECT note FROM raw.t ORDER BY note) s', 'SELECT string_agg(note, '','') AS k FROM (SELECT note FROM raw.t ORDER BY note DESC) s'),
	('order of a CTE under array_agg', 'WITH s AS (SELECT id FROM raw.t ORDER BY id) SELECT array_agg(id) AS k FROM s', 'WITH s AS (SELECT id FROM raw.t ORDER BY id DESC) SELECT array_agg(id) AS k FROM s');
DO $$
DECLARE
	r record;
BEGIN
	FOR r IN SELECT * FROM raw.traps ORDER BY place LOOP
		PERFORM public.vde_register('t.n' || r.place, r.a, environment => 'a');
		PERFORM public.vde_register('t.n' || r.place, r.b, environment => 'b');
		PERFORM public.vde_register('t.n' || r.place || '_column', 'SELECT k FROM t.n' || r.place, environment => e),
			public.vde_register('t.n' || r.place || '_rows', 'SELECT count(*) AS n FROM t.n' || r.place, environment => e)
		FROM unnest('{a,b}'::text[]) e;
	END LOOP;
END $$;
CALL vde_apply('a');
CALL vde_apply('b');
DO $$
DECLARE
	r record;
	e text;
BEGIN
	FOR r IN SELECT * FROM raw.traps ORDER BY place LOOP
		FOREACH e IN ARRAY '{a,b}'::text[] LOOP
			IF public.differ(format('TABLE t__%s.n%s', e, r.place), CASE e WHEN 'a' THEN r.a ELSE r.b END) +
				public.differ(format('TABLE t__%s.n%s_column', e, r.place), format('SELECT k FROM (%s) q', CASE e WHEN 'a' THEN r.a ELSE r.b END)) +
				public.differ(format('TABLE t__%s.n%s_rows', e, r.place), format('SELECT count(*) FROM (%s) q', CASE e WHEN 'a' THEN r.a ELSE r.b END)) > 0
			THEN
				RAISE WARNING '% in %: the rows are others', r.name, e;
			END IF;
		END LOOP;
	END LOOP;
END $$;
SELECT t.name, a.version <> b.version AS versions_differ, a.physical_table <> b.physical_table AS tables_differ
FROM raw.traps t
JOIN vde_models a ON a.environment = 'a' AND a.model = 't.n' || place
JOIN vde_models b ON b.environment = 'b' AND b.model = 't.n' || place
ORDER BY place;

-- one sample twice, or two
SELECT vde_register('t.sample', 'WITH x AS MATERIALIZED (SELECT random() AS r) SELECT a.r AS k, b.r AS s FROM x a, x b', environment => 'a') > 0;
SELECT vde_register('t.sample', 'WITH x AS MATERIALIZED (SELECT random() AS r), y AS MATERIALIZED (SELECT random() AS r) SELECT a.r AS k, b.r AS s FROM x a, y b', environment => 'b') > 0;
SELECT vde_register('t.equal', 'SELECT k = s AS equal FROM t.sample', environment => e) > 0 AS ok FROM unnest('{a,b}'::text[]) e;
CALL vde_apply('a');
CALL vde_apply('b');
SELECT (SELECT equal FROM t__a.equal) AS one_sample, (SELECT equal FROM t__b.equal) AS two_samples;

-- current_user: one text, two owners, two tables
SELECT vde_register('t.who', 'SELECT current_user::text AS k', environment => 'ana') > 0;
SELECT vde_register('t.reader', 'SELECT k FROM t.who', environment => 'ana') > 0;
CALL vde_apply('ana');
SET ROLE t_traps_bob;
SELECT vde_register('t.who', 'SELECT current_user::text AS k', environment => 'bob') > 0;
SELECT vde_register('t.reader', 'SELECT k FROM t.who', environment => 'bob') > 0;
CALL vde_apply('bob');
SELECT k, (SELECT k FROM t__bob.reader) AS reader FROM t__bob.who;
SET ROLE t_traps_ana;
SELECT k, (SELECT k FROM t__ana.reader) AS reader FROM t__ana.who;

--
-- 2. Chance: what is rebuilt is another thing, and its readers follow
--
SELECT vde_register('c.tokens', 'SELECT id, gen_random_uuid() AS u FROM raw.t') > 0;
SELECT vde_register('c.issued', 'SELECT u FROM c.tokens') > 0;
SELECT vde_register('c.between', 'SELECT u FROM c.tokens', 'view') > 0;
SELECT vde_register('c.far', 'SELECT u FROM c.between') > 0;
SELECT vde_register('c.ids', 'SELECT id FROM c.tokens') > 0;
CALL vde_apply();
CREATE VIEW agree AS
	SELECT differ('SELECT u FROM c__dev.tokens', 'TABLE c__dev.issued') AS issued, differ('SELECT u FROM c__dev.tokens', 'TABLE c__dev.far') AS far;
TABLE agree;
-- a column more is a new table, and other tokens in it
SELECT vde_register('c.tokens', 'SELECT id, gen_random_uuid() AS u, note FROM raw.t') > 0;
SELECT model, category, action FROM vde_changes() ORDER BY 1;
CALL vde_apply();
TABLE agree;
-- back to the first table, and its tokens
SELECT vde_register('c.tokens', 'SELECT id, gen_random_uuid() AS u FROM raw.t') > 0;
CALL vde_apply();
TABLE agree;
-- the reader goes, the tokens are filled anew, the reader comes back and is found: with the old tokens
SELECT vde_unregister('c.issued', 'dev'), vde_unregister('c.far', 'dev');
CALL vde_apply();
CALL vde_run('dev');
SELECT vde_register('c.issued', 'SELECT u FROM c.tokens') > 0;
SELECT vde_register('c.far', 'SELECT u FROM c.between') > 0;
SELECT model, change, action FROM vde_changes() ORDER BY 1;
CALL vde_apply();
TABLE agree;
-- each refresh
CALL vde_run('dev');
TABLE agree;
-- two environments that build the same share it, tokens and all
SELECT vde_register('c.tokens', 'SELECT id, gen_random_uuid() AS u FROM raw.t', environment => 'other') > 0;
SELECT vde_register('c.issued', 'SELECT u FROM c.tokens', environment => 'other') > 0;
CALL vde_apply('other');
SELECT differ('SELECT u FROM c__other.tokens', 'TABLE c__other.issued') AS other, differ('TABLE c__other.issued', 'TABLE c__dev.issued') AS dev;
-- a LIMIT without an order, under a reader
SELECT vde_register('c.some', 'SELECT id, note FROM raw.t LIMIT 1') > 0;
SELECT vde_register('c.of_some', 'SELECT id FROM c.some') > 0;
CALL vde_apply();
SELECT vde_register('c.some', 'SELECT id, note, grp FROM raw.t LIMIT 1') > 0;
SELECT model, category, action FROM vde_changes() WHERE model = 'c.of_some';
-- the same, where the rows that it takes move meanwhile
DELETE FROM raw.t WHERE id = 1;
INSERT INTO raw.t VALUES (1, 1, 'a');
CALL vde_apply();
SELECT differ('SELECT id FROM c__dev.some', 'TABLE c__dev.of_some') AS of_some;

-- a sequence cannot be advanced: a model's query writes nothing
CREATE SEQUENCE raw.numbers;
SELECT vde_register('w.numbered', 'SELECT id FROM raw.t', environment => 'numbered') > 0;
SELECT vde_register('w.reader', 'SELECT id FROM w.numbered', environment => 'numbered') > 0;
CALL vde_apply('numbered');
SELECT vde_register('w.numbered', 'SELECT id, nextval(''raw.numbers'') AS n FROM raw.t', environment => 'numbered') > 0;
CALL vde_apply('numbered');
SELECT is_called FROM raw.numbers;
SELECT count(*) AS as_before FROM w__numbered.numbered;
SELECT count(*) AS as_before FROM w__numbered.reader;

--
-- 3. A better match planted between plan and build
--
CREATE FUNCTION raw.half(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1 / 2';
SELECT vde_register('o.halves', 'SELECT id, raw.half(id)::numeric(10,2) AS h FROM raw.t') > 0;
SELECT vde_register('o.ids', 'SELECT id FROM o.halves') > 0;
SELECT vde_register('o.sum', 'SELECT sum(h) AS s FROM o.halves') > 0;
SELECT plan FROM vde_plan() WITH ORDINALITY p(plan, n) ORDER BY n DESC LIMIT 1 \gset
CREATE FUNCTION raw.half(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 / 2';
\set VERBOSITY sqlstate
CALL vde_apply(plan => :'plan');
\set VERBOSITY terse
SELECT to_regclass('o__dev.halves') IS NULL AS nothing_built;
CALL vde_apply();
SELECT differ('TABLE o__dev.halves', 'SELECT id, (id / 2)::numeric(10,2) FROM raw.t') AS halves, differ('TABLE o__dev.sum', 'SELECT sum(id / 2)::numeric FROM raw.t') AS sum;
-- and gone again: the function of the first plan is another version
DROP FUNCTION raw.half(int);
SELECT model, category FROM vde_changes() WHERE model ~ '^o\.' ORDER BY 1;
CALL vde_apply();
SELECT differ('TABLE o__dev.halves', 'SELECT id, (id / 2.0)::numeric(10,2) FROM raw.t') AS halves, differ('TABLE o__dev.sum', 'SELECT sum(id / 2.0)::numeric FROM raw.t') AS sum;

--
-- 4. An SQL function whose body reads a table
--
CREATE TABLE raw.u (id int);
INSERT INTO raw.u VALUES (10), (20);
CREATE FUNCTION raw.total() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT sum(id) FROM raw.t';
SELECT vde_register('f.total', 'SELECT raw.total() AS s') > 0;
SELECT vde_register('f.reader', 'SELECT s + 1 AS s FROM f.total') > 0;
CALL vde_apply();
SELECT s, (SELECT sum(id) FROM raw.t) AS truth, (SELECT s FROM f__dev.reader) AS reader FROM f__dev.total;
INSERT INTO raw.t VALUES (100, 9, 'new');
CALL vde_run('dev');
SELECT s, (SELECT sum(id) FROM raw.t) AS truth, (SELECT s FROM f__dev.reader) AS reader FROM f__dev.total;
CREATE OR REPLACE FUNCTION raw.total() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT sum(id) FROM raw.u';
SELECT model, category, reason FROM vde_changes() WHERE model ~ '^f\.' ORDER BY 1;
CALL vde_apply();
SELECT s, (SELECT sum(id) FROM raw.u) AS truth, (SELECT s FROM f__dev.reader) AS reader FROM f__dev.total;

--
-- 5. Time: what is reused must not take its readers back
--
CREATE TABLE raw.sales (id int, customer int, amount int);
INSERT INTO raw.sales SELECT i, i % 3, i * 10 FROM generate_series(1, 10) i;
SELECT vde_register('s.sales', 'SELECT id, customer, amount, amount / 2 AS half FROM raw.sales') > 0;
SELECT vde_register('s.totals', 'SELECT customer, sum(amount) AS total FROM s.sales GROUP BY 1') > 0;
SELECT vde_register('s.halves', 'SELECT sum(half) AS s FROM s.sales') > 0;
CALL vde_apply();
CREATE FUNCTION right_in(environment text, half text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(differ(format(t, $1), format(q, $2))::text, ' ') FROM (VALUES
		('TABLE s%s.sales', 'SELECT id, customer, amount, %s FROM raw.sales'),
		('TABLE s%s.totals', 'SELECT customer, sum(amount) FROM raw.sales GROUP BY 1'),
		('TABLE s%s.halves', 'SELECT sum(%s) FROM raw.sales')) v(t, q)
$$;
-- another half: the totals stay
SELECT vde_register('s.sales', 'SELECT id, customer, amount, amount / 4 AS half FROM raw.sales') > 0;
SELECT model, category, action FROM vde_changes() ORDER BY 1;
CALL vde_apply();
SELECT right_in('__dev', 'amount / 4');
-- going back to an earlier definition after a refresh
INSERT INTO raw.sales VALUES (11, 1, 1000);
CALL vde_run('dev');
SELECT right_in('__dev', 'amount / 4');
SELECT vde_register('s.sales', 'SELECT id, customer, amount, amount / 2 AS half FROM raw.sales') > 0;
SELECT model, category, action, reason FROM vde_changes() ORDER BY 1;
CALL vde_apply();
SELECT right_in('__dev', 'amount / 2');
-- to prod, where it lives on, while dev's other half was built last week
CALL vde_promote('dev', 'prod', models => '{s.sales,s.totals,s.halves}');
SELECT vde_register('s.sales', 'SELECT id, customer, amount, amount / 5 AS half FROM raw.sales') > 0;
CALL vde_apply();
INSERT INTO raw.sales VALUES (12, 2, 2000);
CALL vde_run('prod');
SELECT right_in('', 'amount / 2');
SELECT model, category, action FROM vde_changes('dev', 'prod') WHERE model ~ '^s\.' ORDER BY 1;
CALL vde_promote('dev', 'prod', models => '{s.sales,s.totals,s.halves}');
SELECT right_in('', 'amount / 5');
-- a shared reader over two versions of its parent: the run of one environment does not leave the other wrong
SELECT vde_register('s.sales', 'SELECT id, customer, amount, amount / 10 AS half FROM raw.sales') > 0;
CALL vde_apply();
SELECT count(DISTINCT physical_table) AS one FROM vde_models WHERE model = 's.totals' AND environment IN ('dev', 'prod');
SELECT count(DISTINCT physical_table) AS two FROM vde_models WHERE model = 's.sales' AND environment IN ('dev', 'prod');
INSERT INTO raw.sales VALUES (13, 0, 3000);
CALL vde_run('dev');
CALL vde_run('prod');
SELECT right_in('', 'amount / 5'), right_in('__dev', 'amount / 10');
INSERT INTO raw.sales VALUES (14, 0, 4000);
CALL vde_run('prod');
CALL vde_run('dev');
SELECT right_in('', 'amount / 5'), right_in('__dev', 'amount / 10');
-- prod lets go of its totals: dev's are dev's to refresh
SELECT vde_unregister('s.totals', 'prod');
CALL vde_apply('prod', confirm => true);
INSERT INTO raw.sales VALUES (15, 0, 5000);
CALL vde_run('prod');
CALL vde_run('dev');
SELECT right_in('__dev', 'amount / 10');

--
-- 6. A constructed collision of XXH3
--
-- XXH3-128 adds to each of eight lanes, per stripe of 64 bytes, the product of
-- the two halves of (8 bytes of input XOR 8 bytes of a secret that everybody
-- knows), and to the lane beside it the input as it is.  Where the input's
-- upper half equals the secret's, the product is 0 whatever the lower half is;
-- two such places in the same lane of a block of 1024 bytes, 448 bytes apart,
-- can exchange their first letters and leave every lane as it was.  The two here
-- are text.  They work at one place in 56, so 56 pads are tried.
--
CREATE FUNCTION raw.colliding(pad int, one text, other text) RETURNS text LANGUAGE sql IMMUTABLE
	RETURN repeat('.', pad) || one || U&'xx\00C1:&L' || repeat('.', 440) || other || U&'xxx\0374Y1' || repeat('.', 100);

CREATE FUNCTION raw.register_colliding(environment text, model text, one text, other text) RETURNS boolean LANGUAGE sql AS $$
	SELECT public.vde_register($2, 'SELECT 1 AS k, NULL::text AS note', environment => $1,
		options => jsonb_build_object('indexes', jsonb_build_array(jsonb_build_object('columns', '["k"]'::jsonb,
			'where', format('note <> %L', raw.colliding(right($2, 4)::int, $3, $4)))))) > 0
$$;

-- in the canonical bytes of the version itself, through the text of an index's condition
SELECT count(raw.register_colliding('x', 'x.n' || lpad(pad::text, 4, '0'), 'a', 'b')), count(raw.register_colliding('y', 'x.n' || lpad(pad::text, 4, '0'), 'b', 'a'))
FROM generate_series(850, 905) pad;
SELECT a.model AS colliding, count(*) OVER () > 0 AS found
FROM vde_changes('x') a JOIN vde_changes('y') b USING (model) WHERE a.version = b.version LIMIT 1 \gset
\if :{?found}
\echo found
SELECT :'colliding' ~ '^x\.n[0-9]{4}$' AS is_one_of_them;
-- only this one is built, in both
SELECT vde_discard(e) > 0 AS discarded FROM unnest('{x,y}'::text[]) e;
SELECT raw.register_colliding('x', :'colliding', 'a', 'b'), raw.register_colliding('y', :'colliding', 'b', 'a');
CALL vde_apply('x');
SELECT action FROM vde_changes('y') WHERE model = :'colliding';
CALL vde_apply('y');
SELECT a.version = b.version AS xxh3_equal, a.physical_table <> b.physical_table AS tables_differ
FROM vde_models a JOIN vde_models b USING (model) WHERE model = :'colliding' AND a.environment = 'x' AND b.environment = 'y';
SELECT environment, position(U&'axx\00C1' IN pg_get_expr(i.indpred, i.indrelid)) > 0 AS a_first
FROM vde_models m JOIN pg_class c ON c.relname = m.physical_table AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'vde_data')
JOIN pg_index i ON i.indrelid = c.oid WHERE model = :'colliding' AND environment IN ('x', 'y') ORDER BY 1;
-- within one environment too: it is a change, and goes there and back
SELECT raw.register_colliding('x', :'colliding', 'b', 'a');
SELECT change, category, action, reason FROM vde_changes('x');
CALL vde_apply('x');
SELECT count(DISTINCT physical_table) AS one FROM vde_models WHERE model = :'colliding' AND environment IN ('x', 'y');
CALL vde_rollback('x');
SELECT count(DISTINCT physical_table) AS two FROM vde_models WHERE model = :'colliding' AND environment IN ('x', 'y');
\else
\echo no collision: the canonical bytes of a version have another layout, adapt the pads
\endif

-- in a constant: a column, a condition, and those who read it
SELECT count(vde_register(format('%s.n%s', v.name, lpad(pad::text, 4, '0')), format(v.query, raw.colliding(pad, CASE e WHEN 'p' THEN 'a' ELSE 'b' END, CASE e WHEN 'p' THEN 'b' ELSE 'a' END), lpad(pad::text, 4, '0')), environment => e))
FROM unnest('{p,q}'::text[]) e, generate_series(100, 155) pad, (VALUES
	('y', 'SELECT %1$L AS k'), ('z', 'SELECT 1 AS k FROM raw.t WHERE note <> %1$L'),
	('y_column', 'SELECT k FROM y.n%2$s'), ('y_rows', 'SELECT count(*) AS n FROM y.n%2$s'), ('z_column', 'SELECT k FROM z.n%2$s'), ('z_rows', 'SELECT count(*) AS n FROM z.n%2$s')) v(name, query);
-- only who reads no more than the number of rows that have the constant shares a table
SELECT split_part(model, '.', 1) AS reader, count(*) AS pairs, count(*) FILTER (WHERE a.version = b.version) AS shared
FROM vde_changes('p') a JOIN vde_changes('q') b USING (model) GROUP BY 1 ORDER BY 1;

-- a setting that the definition does not keep is another one in another session
SELECT vde_register('s.setting', 'SELECT current_setting(''my.setting'', true) AS k', environment => 'settings') > 0 AS registered;
SELECT count(*) FROM vde_changes('settings');
SELECT vde_register('s.setting', 'SELECT current_setting(n) AS k FROM (VALUES (''TimeZone'')) v(n)', environment => 'settings') > 0 AS registered;
SELECT count(*) FROM vde_changes('settings');
SELECT vde_register('s.setting', 'SELECT current_setting(''TimeZone'') AS k', environment => 'settings') > 0 AS registered;
SELECT model, change FROM vde_changes('settings');

-- what is chance in a view is chance in who reads the view: a column added to
-- the reader draws new numbers, and those who read these follow
SELECT vde_register('s.setting', 'SELECT random() AS r, 1 AS one', 'view', environment => 'settings') > 0 AS registered;
SELECT vde_register('s.reader', 'SELECT r, one FROM s.setting', environment => 'settings') > 0 AS registered;
SELECT vde_register('s.of_r', 'SELECT r FROM s.reader', environment => 'settings') > 0 AS registered;
SELECT vde_register('s.of_one', 'SELECT one FROM s.reader', environment => 'settings') > 0 AS registered;
CALL vde_apply('settings');
SELECT vde_register('s.reader', 'SELECT r, one, 2 AS two FROM s.setting', environment => 'settings') > 0 AS registered;
SELECT model, category, action, reason FROM vde_changes('settings');
CALL vde_apply('settings');
SELECT (SELECT r FROM s__settings.reader) = (SELECT r FROM s__settings.of_r) AS same;

-- what changes outside and is read by nobody is told once, and deployed once
CREATE FUNCTION raw.unread(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1';
SELECT vde_register('s.unread', 'WITH a AS (SELECT n, raw.unread(n) AS u FROM (VALUES (1), (2)) v(n)) SELECT n FROM a', environment => 'settings') > 0 AS registered;
CALL vde_apply('settings');
CREATE OR REPLACE FUNCTION raw.unread(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 2';
SELECT model, category, action, reason FROM vde_changes('settings');
CALL vde_apply('settings');
SELECT model, category, action, reason FROM vde_changes('settings');

-- a view does not stand on what only an unused WITH query reads
SELECT vde_register('s.small', 'SELECT n FROM (VALUES (1)) v(n)', environment => 'settings') > 0 AS registered;
SELECT vde_register('s.on_nothing', 'SELECT 1 AS n', 'view', environment => 'settings') > 0 AS registered;
CALL vde_apply('settings');
SELECT vde_register('s.on_nothing', 'WITH unused AS (SELECT n FROM s.small) SELECT 1 AS n', 'view', environment => 'settings') > 0 AS registered;
SELECT model, category, action, reason FROM vde_changes('settings');
-- a recursive WITH query inside another, read from a sublink, or in its place
SELECT vde_register('s.nested', 'WITH w AS (WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT n FROM r) SELECT n, (SELECT max(n) FROM w) AS x FROM s.small', environment => 'settings') > 0 AS registered;
CALL vde_apply('settings');
SELECT vde_register('s.nested', 'SELECT n, (SELECT max(n) FROM (WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT n FROM r) AS w) AS x FROM s.small', environment => 'settings') > 0 AS registered;
SELECT model, category, action, reason FROM vde_changes('settings');

-- two columns that look the same are two: the reader follows the one that it names
SELECT vde_register('w.p', 'SELECT n, gen_random_uuid() AS a, gen_random_uuid() AS b FROM (VALUES (1), (2)) v(n)', environment => 'twins') > 0 AS registered;
SELECT vde_register('w.r', 'SELECT n, a AS x FROM w.p', environment => 'twins') > 0 AS registered;
SELECT vde_register('w.s', 'SELECT n, a AS x, a AS y FROM (SELECT n, random() AS a, random() AS b FROM (VALUES (1), (2)) v(n)) q', environment => 'twins') > 0 AS registered;
SELECT vde_register('w.g', 'SELECT n % 2 AS r1, n % 2 AS r2 FROM w.p', environment => 'twins') > 0 AS registered;
SELECT vde_register('w.sets', 'SELECT r1 AS a, r2 AS b, grouping(r1) AS g, count(*) AS c FROM w.g GROUP BY ROLLUP (r1, r2)', environment => 'twins') > 0 AS registered;
SELECT vde_register('w.literals', 'SELECT ''x''::text AS a, ''x''::text AS b, count(*) AS c FROM w.g GROUP BY ROLLUP (1)', environment => 'twins') > 0 AS registered;
CALL vde_apply('twins');
SELECT vde_register('w.r', 'SELECT n, b AS x FROM w.p', environment => 'twins') > 0 AS registered;
SELECT vde_register('w.s', 'SELECT n, a AS x, b AS y FROM (SELECT n, random() AS a, random() AS b FROM (VALUES (1), (2)) v(n)) q', environment => 'twins') > 0 AS registered;
SELECT vde_register('w.sets', 'SELECT r2 AS a, r1 AS b, grouping(r2) AS g, count(*) AS c FROM w.g GROUP BY ROLLUP (r1, r2)', environment => 'twins') > 0 AS registered;
SELECT vde_register('w.literals', 'SELECT ''x''::text AS a, ''x''::text AS b, count(*) AS c FROM w.g GROUP BY ROLLUP (2)', environment => 'twins') > 0 AS registered;
SELECT model, category, action FROM vde_changes('twins');
CALL vde_apply('twins');
SELECT (SELECT count(*) FROM w__twins.r r JOIN w__twins.p p ON p.n = r.n AND p.b = r.x) AS follows, (SELECT count(*) FROM w__twins.s WHERE x = y) AS equal;
SELECT a, b, g, c FROM w__twins.sets ORDER BY 1, 2, 3, 4;
SELECT a, b FROM w__twins.literals ORDER BY 1, 2;

-- a view's query runs under its reader's settings
SET TimeZone = 'UTC';
SELECT vde_register('w.hours', 'SELECT n, extract(hour FROM timestamptz ''2024-01-01 20:00+00'' + n * interval ''1 h'') AS h FROM (VALUES (1), (5)) v(n)', 'view', environment => 'twins') > 0 AS registered;
SELECT vde_register('w.reads_hours', 'SELECT n, h FROM w.hours', environment => 'twins') > 0 AS registered;
CALL vde_apply('twins');
SELECT n, h FROM w__twins.reads_hours ORDER BY n;
SET TimeZone = 'Asia/Tokyo';
SELECT vde_register('w.reads_hours', 'SELECT n, h FROM  w.hours', environment => 'twins') > 0 AS registered;
RESET TimeZone;
SELECT model, category, action, reason FROM vde_changes('twins');
CALL vde_apply('twins');
SELECT n, h FROM w__twins.reads_hours ORDER BY n;

-- of equal numbers that are not the same the first is taken, whichever that is
SELECT vde_register('w.numbers', 'SELECT n FROM (VALUES (1.0), (1.00)) v(n)', environment => 'twins') > 0 AS registered;
SELECT vde_register('w.first', 'SELECT n FROM w.numbers ORDER BY n LIMIT 1', environment => 'twins') > 0 AS registered;
SELECT vde_register('w.sorted', 'SELECT array_agg(n ORDER BY n) AS a FROM w.numbers', environment => 'twins') > 0 AS registered;
SELECT vde_register('w.of_first', 'SELECT n::text FROM w.first', environment => 'twins') > 0 AS registered;
SELECT vde_register('w.of_sorted', 'SELECT a::text FROM w.sorted', environment => 'twins') > 0 AS registered;
CALL vde_apply('twins');
SELECT vde_register('w.first', 'SELECT n, 1 AS one FROM w.numbers ORDER BY n LIMIT 1', environment => 'twins') > 0 AS registered;
SELECT vde_register('w.sorted', 'SELECT array_agg(n ORDER BY n) AS a, 1 AS one FROM w.numbers', environment => 'twins') > 0 AS registered;
SELECT model, category, action, reason FROM vde_changes('twins');

-- what a user's text search configuration does is in the version
CREATE TEXT SEARCH DICTIONARY raw.words (TEMPLATE = simple);
CREATE TEXT SEARCH CONFIGURATION raw.search (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION raw.search ALTER MAPPING REPLACE simple WITH raw.words;
SELECT vde_register('w.named', 'SELECT to_tsvector(''raw.search'', ''running dogs'')::text AS v', environment => 'search') > 0 AS registered;
SET default_text_search_config = 'raw.search';
SELECT vde_register('w.default', 'SELECT to_tsvector(''running dogs'')::text AS v', environment => 'search') > 0 AS registered;
RESET default_text_search_config;
CALL vde_apply('search');
ALTER TEXT SEARCH DICTIONARY raw.words (STOPWORDS = english);
SELECT model, category, action, reason FROM vde_changes('search');
CALL vde_apply('search');
ALTER TEXT SEARCH CONFIGURATION raw.search ALTER MAPPING REPLACE raw.words WITH english_stem;
SELECT model, category, action, reason FROM vde_changes('search');
CALL vde_apply('search');
SELECT (SELECT v FROM w__search.named) AS named, (SELECT v FROM w__search.default) AS by_default;

-- a view, and one over a view, showed what is outside as it is: an older table
-- in its place is filled anew; not so where it reads models' tables only
CREATE TABLE raw.grows (id int);
INSERT INTO raw.grows SELECT generate_series(1, 6);
SELECT vde_register('w.live', 'SELECT id FROM raw.grows', environment => 'live') > 0 AS registered;
SELECT vde_register('w.between', 'SELECT id FROM raw.grows', 'view', environment => 'live') > 0 AS registered;
SELECT vde_register('w.reader', 'SELECT id FROM w.between', environment => 'live') > 0 AS registered;
SELECT vde_register('w.small', 'SELECT n FROM (VALUES (1)) v(n)', environment => 'live') > 0 AS registered;
SELECT vde_register('w.of_small', 'SELECT n FROM w.small', environment => 'live') > 0 AS registered;
CALL vde_apply('live');
SELECT count(vde_register(name, query, kind, environment => 'live')) AS registered FROM (VALUES ('w.live', 'SELECT id FROM raw.grows', 'view'), ('w.reader', 'SELECT id FROM w.between', 'embedded'), ('w.of_small', 'SELECT n FROM w.small', 'view')) v(name, query, kind);
CALL vde_apply('live');
INSERT INTO raw.grows VALUES (7);
SELECT count(vde_register(name, query, 'full', environment => 'live')) AS registered FROM (VALUES ('w.live', 'SELECT id FROM raw.grows'), ('w.reader', 'SELECT id FROM w.between'), ('w.of_small', 'SELECT n FROM w.small')) v(name, query);
SELECT model, category, action, reason FROM vde_changes('live');
CALL vde_apply('live');
SELECT (SELECT count(*) FROM w__live.live) AS live, (SELECT count(*) FROM w__live.reader) AS reader;
-- but a new model over a view that is there keeps the table that it was tried with
SELECT vde_register('w.new', 'SELECT id FROM w.between', environment => 'live') > 0 AS registered;
CALL vde_apply('live');
SELECT vde_register('w.between', 'SELECT id FROM raw.grows', 'view', environment => 'to') > 0 AS registered;
CALL vde_apply('to');
SELECT vde_register('w.new', 'SELECT id FROM w.between', environment => 'to') > 0 AS registered;
SELECT model, category, action, reason FROM vde_changes('to');

RESET ROLE;
