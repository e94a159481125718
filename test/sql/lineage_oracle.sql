-- lineage_oracle: PostgreSQL itself notes which columns a view reads.  For each
-- form that a query can have: a view of it, a model of it, and the same model
-- over models; their lineage must agree.
SET client_min_messages = warning;
CREATE EXTENSION vde;
CREATE SCHEMA raw;
CREATE TABLE raw.t (a int, gone int, b int, c text, d numeric, e int[], k int PRIMARY KEY);
ALTER TABLE raw.t DROP COLUMN gone;
CREATE TABLE raw.u (a int, x int, y text, k int);
CREATE TABLE raw.n (id int, parent int, name text, k int);
CREATE TABLE raw.doc (id int, x xml, j jsonb, path text);
CREATE VIEW raw.v AS SELECT a AS va, b AS vb, c AS vc FROM raw.t;
CREATE FUNCTION public.pair(int, OUT p int, OUT q int) LANGUAGE sql IMMUTABLE AS 'SELECT $1, $1';
SELECT vde_register('src.' || relname, 'SELECT * FROM raw.' || relname) > 0 FROM pg_class WHERE relnamespace = 'raw'::regnamespace AND relkind IN ('r', 'v') ORDER BY relname;

CREATE TABLE form (n int GENERATED ALWAYS AS IDENTITY, query text, models boolean DEFAULT true);
INSERT INTO form (query) VALUES
-- plain
('SELECT a FROM raw.t'),
('SELECT * FROM raw.t'),
('SELECT t.* FROM raw.t'),
('SELECT 1 AS one FROM raw.t'),
('SELECT count(*) AS n FROM raw.t'),
('SELECT a + b AS s, upper(c) AS u FROM raw.t WHERE d > 1 AND k IS NOT NULL'),
('SELECT CASE WHEN a > 1 THEN b ELSE k END AS x, coalesce(c, d::text) AS y, nullif(a, k) AS z, greatest(a, b) AS g FROM raw.t'),
('SELECT ARRAY[a, b] AS arr, ROW(c, d)::text AS r, e[a:b] AS s FROM raw.t'),
('SELECT raw.t.a, t.b FROM raw.t WHERE raw.t.k = ANY (t.e) AND c LIKE ''x%'' AND d IN (1, 2)'),
('SELECT q.one, q.two FROM raw.t AS q (one, two)'),
('SELECT va, vb FROM raw.v WHERE vc IS NOT NULL'),
-- joins
('SELECT t.b, u.x FROM raw.t, raw.u WHERE t.k = u.k'),
('SELECT t.b, u.x FROM raw.t JOIN raw.u ON t.k = u.k'),
('SELECT t.b FROM raw.t LEFT JOIN raw.u ON t.k = u.k AND u.x > t.a'),
('SELECT u.x FROM raw.t RIGHT JOIN raw.u ON t.k = u.k'),
('SELECT t.b, u.x FROM raw.t FULL JOIN raw.u ON t.k = u.k'),
('SELECT t.b FROM raw.t CROSS JOIN raw.u'),
('SELECT k, b, x FROM raw.t JOIN raw.u USING (k)'),
('SELECT k, b FROM raw.t LEFT JOIN raw.u USING (k)'),
('SELECT k FROM raw.t RIGHT JOIN raw.u USING (k)'),
('SELECT k, a FROM raw.t FULL JOIN raw.u USING (k, a)'),
('SELECT k, a, x, b FROM raw.t NATURAL JOIN raw.u'),
('SELECT a FROM raw.t NATURAL FULL JOIN raw.u'),
('SELECT * FROM raw.t NATURAL JOIN raw.u'),
('SELECT j.k, j.x FROM (raw.t JOIN raw.u USING (k)) AS j (k, a, b, c, d, e, a2, x)'),
('SELECT w.k, t.b FROM raw.t JOIN raw.u USING (k) AS w'),
('SELECT k, n.name FROM raw.t FULL JOIN raw.u USING (k) FULL JOIN raw.n USING (k)'),
('SELECT x.a, y.b FROM raw.t x JOIN raw.t y ON x.k = y.a'),
-- subqueries and LATERAL
('SELECT s.x FROM (SELECT a + b AS x FROM raw.t WHERE c = ''x'') s'),
('SELECT s.x FROM (SELECT q.x FROM (SELECT d AS x FROM raw.t WHERE a > 1) q) s WHERE s.x > 0'),
('SELECT t.a, l.m FROM raw.t, LATERAL (SELECT max(u.x) AS m FROM raw.u WHERE u.k = t.k) l'),
('SELECT t.a, l.s FROM raw.t, LATERAL (SELECT t.b + u.x AS s FROM raw.u) l'),
('SELECT t.a, l.s FROM raw.t LEFT JOIN LATERAL (SELECT t.b + u.x AS s FROM raw.u) l ON l.s > t.d'),
('SELECT l2.z FROM raw.t, LATERAL (SELECT t.a AS y) l1, LATERAL (SELECT l1.y + t.b AS z) l2'),
('SELECT s.k FROM (raw.t FULL JOIN raw.u USING (k)), LATERAL (SELECT k AS k) s'),
('SELECT s.x FROM (SELECT a AS x FROM raw.t ORDER BY b) s'),
('SELECT string_agg(s.c, '','') AS l FROM (SELECT c FROM raw.t ORDER BY d) s'),
-- sublinks
('SELECT a, (SELECT max(x) FROM raw.u) AS m FROM raw.t'),
('SELECT a, (SELECT max(u.x) FROM raw.u WHERE u.k = t.k AND u.y = t.c) AS m FROM raw.t'),
('SELECT a FROM raw.t WHERE EXISTS (SELECT 1 FROM raw.u WHERE u.k = t.k)'),
('SELECT a FROM raw.t WHERE EXISTS (SELECT FROM raw.u)'),
('SELECT a, EXISTS (SELECT 1 FROM raw.u WHERE u.k = t.k) AS there FROM raw.t'),
('SELECT a FROM raw.t WHERE b IN (SELECT x FROM raw.u WHERE y = ''y'')'),
('SELECT a, b NOT IN (SELECT x FROM raw.u) AS missing FROM raw.t'),
('SELECT a, b > ALL (SELECT x FROM raw.u) AS top FROM raw.t WHERE d = ANY (SELECT k FROM raw.u)'),
('SELECT a, ARRAY(SELECT x FROM raw.u WHERE u.k = t.k ORDER BY y) AS xs FROM raw.t'),
('SELECT (SELECT 1 FROM raw.u WHERE (u.a, u.x) = (t.a, t.b) LIMIT 1) AS o FROM raw.t'),
('SELECT a FROM raw.t WHERE (b, k) = (SELECT u.x, u.k FROM raw.u LIMIT 1)'),
('SELECT a, (SELECT (SELECT n.name FROM raw.n WHERE n.id = u.x AND n.k = t.k) FROM raw.u WHERE u.k = t.b) AS deep FROM raw.t'),
('SELECT (SELECT sum(t.a)) AS outer_sum FROM raw.t'),
('SELECT (SELECT count(u.x) FILTER (WHERE t.b > 0) FROM raw.u) AS f FROM raw.t GROUP BY t.b'),
-- WITH
('WITH q AS (SELECT a AS x, b AS y FROM raw.t WHERE c = ''x'') SELECT x, y FROM q'),
('WITH q AS (SELECT a AS x, k FROM raw.t) SELECT l.x, r.k FROM q l JOIN q r ON l.x = r.k'),
('WITH q (x) AS MATERIALIZED (SELECT a FROM raw.t), r AS (SELECT x + 1 AS x FROM q) SELECT x FROM r WHERE x > (SELECT min(x) FROM q)'),
('WITH q AS (SELECT a FROM raw.t) SELECT (WITH r AS (SELECT q.a + u.x AS s FROM q, raw.u) SELECT max(s) FROM r) AS m FROM raw.n WHERE n.id > 0'),
('WITH q AS (SELECT a AS x FROM raw.t) SELECT x FROM (WITH q AS (SELECT x + 1 AS x FROM q) SELECT x FROM q) s'),
('WITH q AS (SELECT a FROM raw.t) SELECT 1 AS one FROM raw.u WHERE x IN (TABLE q)'),
('WITH RECURSIVE r AS (SELECT id, name FROM raw.n WHERE parent IS NULL UNION ALL SELECT n.id, n.name FROM raw.n JOIN r ON n.parent = r.id) SELECT id, name FROM r'),
('WITH RECURSIVE r (p, q, s) AS (SELECT id, parent, k FROM raw.n UNION ALL SELECT q, s, p FROM r WHERE p < 5) SELECT p FROM r'),
('WITH RECURSIVE r AS (SELECT id, name FROM raw.n UNION SELECT n.id, r.name FROM raw.n JOIN r ON n.parent = r.id) SELECT id FROM r'),
('WITH RECURSIVE r AS (SELECT id, k FROM raw.n UNION ALL SELECT n.id, n.k FROM raw.n JOIN r ON n.parent = r.id) SEARCH DEPTH FIRST BY id, k SET seq SELECT seq::text AS s FROM r'),
('WITH RECURSIVE r AS (SELECT id, k FROM raw.n UNION ALL SELECT n.id, n.k FROM raw.n JOIN r ON n.parent = r.id) SEARCH BREADTH FIRST BY k SET seq SELECT id, seq::text AS s FROM r'),
('WITH RECURSIVE r AS (SELECT id, name FROM raw.n UNION ALL SELECT n.id, n.name FROM raw.n JOIN r ON n.parent = r.id) CYCLE id SET looped USING path SELECT name, looped, path::text AS p FROM r'),
('WITH RECURSIVE r AS (SELECT id, k FROM raw.n UNION ALL SELECT n.id, n.k FROM raw.n JOIN r ON n.parent = r.id) SEARCH BREADTH FIRST BY k SET seq CYCLE id SET looped TO ''y'' DEFAULT ''n'' USING path SELECT seq::text AS s, looped, path::text AS p FROM r'),
('WITH RECURSIVE o AS (SELECT a AS x FROM raw.t UNION ALL SELECT i.y FROM o, LATERAL (WITH RECURSIVE i AS (SELECT o.x AS y, u.k FROM raw.u UNION ALL SELECT i.y + 1, i.k FROM i WHERE i.k < 3) SELECT y FROM i) i) SELECT x FROM o'),
('WITH RECURSIVE a AS (SELECT x FROM b WHERE x > 0 UNION ALL SELECT x + 1 FROM a), b AS (SELECT k AS x FROM raw.u UNION ALL SELECT x - 1 FROM b) SELECT x FROM a'),
('WITH RECURSIVE r AS (SELECT id, name FROM raw.n UNION ALL SELECT n.id, r.name FROM raw.n, r WHERE n.parent = 1) CYCLE id SET looped USING path SELECT name FROM r'),
-- set operations
('SELECT a FROM raw.t UNION ALL SELECT x FROM raw.u'),
('SELECT a, c FROM raw.t UNION SELECT x, y FROM raw.u'),
('SELECT a FROM raw.t INTERSECT SELECT x FROM raw.u WHERE y = ''y'''),
('SELECT a FROM raw.t EXCEPT ALL SELECT x FROM raw.u'),
('(SELECT a, b FROM raw.t UNION ALL SELECT x, k FROM raw.u) EXCEPT SELECT id, parent FROM raw.n'),
('SELECT a, b FROM raw.t UNION ALL (SELECT x, k FROM raw.u INTERSECT SELECT id, parent FROM raw.n WHERE name <> ''n'')'),
('(SELECT a AS o FROM raw.t ORDER BY b LIMIT 3) UNION ALL (SELECT x FROM raw.u ORDER BY y, k) ORDER BY o LIMIT 2'),
('SELECT s.o FROM (SELECT a AS o FROM raw.t UNION ALL SELECT d FROM raw.t UNION ALL SELECT x FROM raw.u) s WHERE s.o > 0'),
('SELECT s.p FROM (SELECT a AS o, b AS p FROM raw.t UNION SELECT x, k FROM raw.u) s'),
('SELECT t.a, l.z FROM raw.t, LATERAL (SELECT t.b AS z UNION ALL SELECT u.x FROM raw.u WHERE u.k = t.k) l'),
-- DISTINCT, GROUP BY, HAVING, LIMIT
('SELECT DISTINCT a, b FROM raw.t'),
('SELECT DISTINCT ON (a, k) a, b FROM raw.t ORDER BY a, k, d DESC'),
('SELECT s.a FROM (SELECT DISTINCT a, b FROM raw.t) s'),
('SELECT a, sum(d) AS total FROM raw.t GROUP BY a'),
('SELECT sum(d) AS total FROM raw.t GROUP BY a, lower(c)'),
('SELECT a, count(*) AS n FROM raw.t GROUP BY 1 HAVING max(d) > 5 AND bool_or(b > k)'),
('SELECT a, b, grouping(a, b) AS g, sum(k) AS s FROM raw.t GROUP BY GROUPING SETS ((a), (b), (a, b), ())'),
('SELECT a + 1 AS a1, sum(k) AS s FROM raw.t GROUP BY CUBE (a + 1, b), ROLLUP (c)'),
('SELECT t.a + 1 AS z FROM raw.t GROUP BY t.a + 1 HAVING (SELECT max(u.x) FROM raw.u) > 0'),
('SELECT a FROM raw.t ORDER BY b LIMIT 10'),
('SELECT a FROM raw.t ORDER BY c, d OFFSET 2'),
('SELECT a FROM raw.t ORDER BY b FETCH FIRST 2 ROWS WITH TIES'),
('SELECT a FROM raw.t LIMIT (SELECT max(x) FROM raw.u)'),
('SELECT a FROM raw.t ORDER BY row_number() OVER (PARTITION BY b ORDER BY d) LIMIT 3'),
-- aggregates and windows
('SELECT sum(a) FILTER (WHERE b > 0) AS s, array_agg(DISTINCT c) AS l FROM raw.t'),
('SELECT string_agg(c, '','' ORDER BY d, k) AS l, percentile_cont(0.5) WITHIN GROUP (ORDER BY a) AS p FROM raw.t'),
('SELECT b, rank(1) WITHIN GROUP (ORDER BY a) AS r FROM raw.t GROUP BY b'),
('SELECT a, row_number() OVER () AS r FROM raw.t'),
('SELECT a, sum(b) OVER (PARTITION BY c ORDER BY d) AS s FROM raw.t'),
('SELECT a, sum(b) FILTER (WHERE k > 0) OVER w AS s, lag(d) OVER (w ORDER BY a) AS l FROM raw.t WINDOW w AS (PARTITION BY c)'),
('SELECT first_value(a) OVER (ORDER BY d ROWS BETWEEN 1 PRECEDING AND (SELECT max(x) FROM raw.u) FOLLOWING) AS f FROM raw.t'),
('SELECT sum(count(*)) OVER (ORDER BY a) AS s FROM raw.t GROUP BY a'),
('SELECT s.a FROM (SELECT a, row_number() OVER (PARTITION BY b ORDER BY d) AS r FROM raw.t) s WHERE s.r = 1'),
-- VALUES and functions
('VALUES (1, 2), (3, 4)'),
('SELECT v.p, v.q FROM raw.t, LATERAL (VALUES (t.a, t.b), (t.k, 1)) v (p, q)'),
('SELECT column1 AS c, (SELECT max(column2) FROM (VALUES (1, 2)) z) AS z FROM (VALUES ((SELECT max(x) FROM raw.u), 1)) v WHERE column2 > 0'),
('SELECT g AS g FROM raw.t, generate_series(t.a, t.b) g'),
('SELECT t.c, i.v, i.o FROM raw.t, unnest(t.e) WITH ORDINALITY AS i (v, o)'),
('SELECT r.v, r.g, r.q, r.o FROM raw.t, ROWS FROM (unnest(t.e), generate_series(1, t.a), public.pair(t.k)) WITH ORDINALITY AS r (v, g, p, q, o)'),
('SELECT l.l FROM raw.t, lower(t.c) l'),
('SELECT p.p FROM raw.t, public.pair(t.a) p'),
('SELECT s.x FROM raw.doc, jsonb_to_recordset(doc.j) AS s (x int, y text)'),
('SELECT x.num, x.nam, x.pos FROM raw.doc, XMLTABLE(''/r/e'' PASSING doc.x COLUMNS num int PATH ''@n'', nam text PATH ''.'' DEFAULT doc.path, pos FOR ORDINALITY) x'),
('SELECT x.num FROM raw.doc, XMLTABLE(XMLNAMESPACES(''z'' AS z), (''/r/'' || doc.path) PASSING doc.x COLUMNS num int PATH ''@n'') x'),
('SELECT xmlelement(name e, xmlattributes(a AS a), c, xmlforest(d AS d)) AS x FROM raw.t'),
('SELECT j -> path AS v, jsonb_path_exists(j, ''$.a'') AS e FROM raw.doc WHERE j ? ''k'''),
('SELECT a, unnest(e) AS v FROM raw.t'),
('SELECT a + generate_series(1, b) AS v, k FROM raw.t'),
('SELECT s.a FROM (SELECT a, generate_series(1, b) AS v FROM raw.t) s'),
('SELECT a, unnest(e) AS v FROM raw.t ORDER BY generate_series(1, k) LIMIT 5'),
('SELECT (public.pair(a)).q AS q FROM raw.t'),
('SELECT (public.pair(a)).* FROM raw.t'),
('TABLE raw.u');
-- TABLESAMPLE, system columns, ONLY, grouping by a key: not of models
INSERT INTO form (query, models) VALUES
('SELECT a FROM raw.t TABLESAMPLE bernoulli (50) REPEATABLE (1)', false),
('SELECT u.x, s.a FROM raw.u, LATERAL (SELECT t.a FROM raw.t TABLESAMPLE system (u.k)) s', false),
('SELECT ctid::text AS c, xmin::text AS x FROM raw.t WHERE tableoid > 0', false),
('SELECT a FROM ONLY raw.t', false),
('SELECT a, c FROM raw.t GROUP BY k', false);

-- not in every version; compared, and not printed
INSERT INTO form (query) SELECT query FROM (VALUES
(170000, 'SELECT j.a, j.b, j.o FROM raw.doc, JSON_TABLE(doc.j, ''$[*] ? (@.id == $i)'' PASSING doc.id AS i COLUMNS (o FOR ORDINALITY, a int PATH ''$.a'', NESTED PATH ''$.n[*]'' COLUMNS (b text PATH ''$.b''))) j'),
(170000, 'SELECT JSON_VALUE(j, ''$.a'' PASSING id AS i) AS v, JSON_QUERY(x.y::jsonb, ''$'') AS q FROM raw.doc JOIN raw.u x ON JSON_EXISTS(doc.j, ''$.b'' PASSING doc.path AS p)'),
(160000, 'SELECT json_arrayagg(c ORDER BY d) AS l, json_objectagg(c: a) FILTER (WHERE b > 0) AS o FROM raw.t WHERE c IS JSON')) f (version, query)
WHERE current_setting('server_version_num')::int >= version;

DO $$
DECLARE
	f form;
BEGIN
	FOR f IN SELECT * FROM form ORDER BY n LOOP
		EXECUTE format('CREATE TEMP VIEW view%s AS %s', f.n, f.query);
		PERFORM vde_register('plain.q' || f.n, f.query, 'view');
		IF f.models THEN
			PERFORM vde_register('over.q' || f.n, replace(f.query, 'raw.', 'src.'), 'view');
		END IF;
	END LOOP;
END $$;
CALL vde_apply('dev');

CREATE TEMP VIEW edge AS
	SELECT m.schema_name AS schema, substr(m.model_name, 2)::int AS n, l.*
	FROM vde.lineage l JOIN vde.snapshot s ON s.id = l.snapshot_id JOIN vde.model m ON m.id = s.model_id
	WHERE m.schema_name IN ('plain', 'over');
CREATE TEMP VIEW depends AS
	SELECT f.n, c.relname AS source, a.attname AS source_column
	FROM form f
	JOIN pg_rewrite r ON r.ev_class = ('view' || f.n)::regclass
	JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
	JOIN pg_class c ON c.oid = d.refobjid AND c.relnamespace = 'raw'::regnamespace
	LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid AND d.refobjsubid <> 0;

-- the forms, and that each was compared
SELECT count(*) >= 80 AS enough, count(*) = (SELECT count(DISTINCT n) FROM depends) + count(*) FILTER (WHERE query LIKE 'VALUES%') AS all_of_them FROM form;
SELECT count(DISTINCT (n, source, source_column)) > 250 AS columns FROM depends;

-- lineage against PostgreSQL's dependencies of the view: differences only
SELECT coalesce(p.n, v.n) AS n, CASE WHEN p.n IS NULL THEN 'only in lineage' ELSE 'only in pg_depend' END AS what,
	coalesce(p.source, v.source) AS source, coalesce(p.source_column, v.source_column) AS source_column, f.query
FROM (SELECT DISTINCT n, source::text, source_column::text FROM depends WHERE source_column IS NOT NULL) p
FULL JOIN (SELECT DISTINCT n, source_name AS source, source_column FROM edge WHERE schema = 'plain' AND source_column IS NOT NULL) v
	ON v.n = p.n AND v.source = p.source AND v.source_column = p.source_column
JOIN form f ON f.n = coalesce(p.n, v.n)
WHERE p.n IS NULL OR v.n IS NULL
ORDER BY 1, 2, 3, 4;

-- and of the relations, with those of which no column is read
SELECT coalesce(p.n, v.n) AS n, CASE WHEN p.n IS NULL THEN 'only in lineage' ELSE 'only in pg_depend' END AS what,
	coalesce(p.source, v.source) AS source, f.query
FROM (SELECT DISTINCT n, source::text FROM depends) p
FULL JOIN (SELECT DISTINCT n, source_name AS source FROM edge WHERE schema = 'plain') v
	ON v.n = p.n AND v.source = p.source
JOIN form f ON f.n = coalesce(p.n, v.n)
WHERE p.n IS NULL OR v.n IS NULL
ORDER BY 1, 2, 3;

-- over models: the same edges at the same places
SELECT coalesce(p.n, o.n) AS n, p.column_name, p.source_name, p.source_column, p.location,
	o.column_name, o.source_name, o.source_column, o.location, o.source_schema, o.source_is_model
FROM (SELECT * FROM edge WHERE schema = 'plain' AND n IN (SELECT n FROM form WHERE models)) p
FULL JOIN (SELECT * FROM edge WHERE schema = 'over') o
	ON o.n = p.n AND o.edge = p.edge
WHERE (p.column_name, p.source_name, p.source_column, p.location, 'src', true, 'raw', false)
	IS DISTINCT FROM (o.column_name, o.source_name, o.source_column, o.location, o.source_schema, o.source_is_model, p.source_schema, p.source_is_model)
ORDER BY 1, o.edge;

-- the places: a column's own name, or what stands for it
SELECT f.n, e.column_name, e.source_name, e.source_column,
	CASE WHEN e.location IS NULL THEN '(none)' ELSE substr(f.query, e.location + 1, 20) END AS place
FROM form f JOIN edge e ON e.n = f.n AND e.schema = 'plain'
WHERE e.source_column IS NOT NULL
AND substr(f.query, e.location + 1) !~ ('^(\w+\.)*' || e.source_column || '\M') IS NOT FALSE
AND substr(f.query, e.location + 1) !~ '^(\w+\.)*\*'
ORDER BY f.n, e.edge;

-- all of it, to be read: per form the columns with what makes their value, then what decides the rows
\pset format unaligned
\pset tuples_only on
SELECT f.n || ' ' || f.query || E'\n    ' || coalesce((
	SELECT string_agg(format('%s: %s', column_name, sources), '; ' ORDER BY column_name IS NULL, first)
	FROM (SELECT coalesce(column_name, 'ROWS') AS column_name, min(edge) AS first,
			string_agg(source_name || coalesce('.' || source_column, ''), ' ' ORDER BY edge) AS sources
		FROM edge WHERE edge.n = f.n AND edge.schema = 'plain' GROUP BY 1) e), '')
FROM form f WHERE query !~ 'JSON' ORDER BY f.n;
\pset format aligned
\pset tuples_only off

--
-- where the two differ, and should: a view depends on all that it names; the
-- lineage has what is read
--
CREATE TABLE difference (n int, what text, query text);
INSERT INTO difference VALUES
(1, 'column of a subquery', 'SELECT s.a FROM (SELECT a, b FROM raw.t) s'),
(2, 'WITH query', 'WITH q AS (SELECT a FROM raw.t) SELECT x FROM raw.u'),
(3, 'column of a WITH query', 'WITH q AS (SELECT a, b FROM raw.t) SELECT a FROM q'),
(4, 'ORDER BY at the top', 'SELECT a FROM raw.t ORDER BY b'),
(5, 'list of an EXISTS', 'SELECT a FROM raw.t WHERE EXISTS (SELECT x, y FROM raw.u)'),
(6, 'named window', 'SELECT a FROM raw.t WINDOW w AS (ORDER BY b)'),
(7, 'function of one row', 'SELECT a FROM raw.t, lower(t.c) l'),
(8, 'column of VALUES', 'SELECT v.p FROM raw.t, LATERAL (VALUES (t.a, t.b)) v (p, q)'),
(9, 'column of XMLTABLE', 'SELECT x.num FROM raw.doc, XMLTABLE(''/r/e'' PASSING doc.x COLUMNS num int PATH ''@n'', nam text PATH ''.'' DEFAULT doc.path) x'),
(10, 'column of UNION ALL', 'SELECT s.p FROM (SELECT a AS o, b AS p FROM raw.t UNION ALL SELECT x, k FROM raw.u) s'),
(11, 'whole row', 'SELECT row_to_json(u)::text AS j FROM raw.u'),
(12, 'whole row of a join', 'SELECT row_to_json(j)::text AS j FROM (raw.u JOIN raw.n USING (k)) j'),
(13, 'count of a whole row', 'SELECT count(u) AS n FROM raw.u');
DO $$
DECLARE
	d difference;
BEGIN
	FOR d IN SELECT * FROM difference ORDER BY n LOOP
		EXECUTE format('CREATE TEMP VIEW different%s AS %s', d.n, d.query);
		PERFORM vde_register('different.q' || d.n, d.query, 'view');
	END LOOP;
END $$;
CALL vde_apply('dev');
SELECT d.what,
	(SELECT string_agg(DISTINCT c.relname || '.' || a.attname, ' ') FROM pg_rewrite r
	 JOIN pg_depend p ON p.classid = 'pg_rewrite'::regclass AND p.objid = r.oid AND p.refclassid = 'pg_class'::regclass
	 JOIN pg_class c ON c.oid = p.refobjid AND c.relnamespace = 'raw'::regnamespace
	 JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.refobjsubid AND p.refobjsubid <> 0
	 WHERE r.ev_class = ('different' || d.n)::regclass) AS pg_depend,
	(SELECT string_agg(DISTINCT l.source_name || coalesce('.' || l.source_column, ''), ' ') FROM vde.lineage l
	 JOIN vde.snapshot s ON s.id = l.snapshot_id JOIN vde.model m ON m.id = s.model_id
	 WHERE m.schema_name = 'different' AND m.model_name = 'q' || d.n) AS lineage
FROM difference d ORDER BY d.n;
