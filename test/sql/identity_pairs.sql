--
-- Identity of queries, pair by pair: two texts of one meaning have one version,
-- two texts that can give different results never have.
--
-- Each pair is registered as one model, text a in environment a and text b in
-- environment b, over the same parents; the versions of the two plans are
-- compared.  Nothing is built.  "same" is a promise of the design; "different"
-- stands only where the results, or the columns, can differ.
--
\set VERBOSITY terse
SET client_min_messages = warning;

DROP ROLE IF EXISTS t_identity_pairs_ana;
CREATE ROLE t_identity_pairs_ana;
SELECT format('GRANT CREATE ON DATABASE %I TO t_identity_pairs_ana', current_database()) \gexec
CREATE EXTENSION vde;
CREATE SCHEMA raw AUTHORIZATION t_identity_pairs_ana;
CREATE SCHEMA p AUTHORIZATION t_identity_pairs_ana;
SET ROLE t_identity_pairs_ana;

CREATE TABLE raw.orders (id int, customer_id int, amount numeric(10,2), note text, placed timestamptz, flags int[], doc jsonb);
CREATE TABLE raw.archive (LIKE raw.orders);
CREATE TABLE raw.parent (id int, label text);
CREATE TABLE raw.child () INHERITS (raw.parent);
CREATE TABLE raw.docs (id int, x xml, j json);
CREATE FUNCTION raw.f(a int, b int DEFAULT 2) RETURNS int LANGUAGE sql IMMUTABLE RETURN a * 10 + b;
CREATE FUNCTION raw.g(a int, b int DEFAULT 2) RETURNS int LANGUAGE sql IMMUTABLE RETURN a * 10 + b;
CREATE FUNCTION raw.f(a text) RETURNS int LANGUAGE sql IMMUTABLE RETURN length(a);
CREATE FUNCTION raw.v(VARIADIC a int[]) RETURNS int LANGUAGE sql IMMUTABLE RETURN a[1];
CREATE DOMAIN raw.positive AS int CHECK (VALUE > 0);
CREATE DOMAIN raw.small AS int CHECK (VALUE < 10);
CREATE TYPE raw.mood AS ENUM ('bad', 'good');
CREATE TYPE raw.pair AS (x int, y int);
CREATE COLLATION raw.other (provider = libc, locale = 'POSIX');

CREATE TABLE raw.pairs (place serial, form text, expected text CHECK (expected IN ('same', 'different')), a text, b text);

-- text that means nothing
INSERT INTO raw.pairs (form, expected, a, b) VALUES
	('text', 'same', 'SELECT id, amount FROM m.orders', E'select   id,\n\tamount\nfrom m.orders'),
	('text', 'same', 'SELECT id FROM m.orders', 'SELECT /* the key */ id FROM m.orders -- all'),
	('text', 'same', 'SELECT id FROM m.orders', 'SELECT id FROM m.orders;'),
	('text', 'same', 'SELECT id FROM m.orders', 'SELECT "id" FROM "m"."orders"'),
	('text', 'same', 'SELECT id FROM m.orders', '(SELECT ID FROM M.Orders)'),
	('text', 'same', 'SELECT id i FROM m.orders', 'SELECT id AS i FROM m.orders'),
	('text', 'same', 'SELECT id FROM m.orders', 'SELECT orders.id FROM m.orders'),
	('text', 'same', 'SELECT id FROM m.orders', 'SELECT m.orders.id FROM m.orders'),
	('text', 'same', 'SELECT id FROM m.orders', 'SELECT o.id FROM m.orders o'),
	('text', 'same', 'SELECT o.id FROM m.orders o', 'SELECT "X y".id FROM m.orders AS "X y"'),
	('text', 'same', 'SELECT id FROM m.orders', 'SELECT k AS id FROM m.orders AS o(k)'),
	('text', 'same', 'SELECT amount::int AS a FROM m.orders', 'SELECT CAST(amount AS integer) AS a FROM m.orders'),
	('text', 'same', 'SELECT 1::int8 AS a', 'SELECT CAST(1 AS bigint) AS a'),
	('text', 'same', 'SELECT id FROM m.orders WHERE (((id) > (3)))', 'SELECT id FROM m.orders WHERE id > 3'),
	('text', 'same', 'SELECT (id + customer_id) + 1 AS n FROM m.orders', 'SELECT id + customer_id + 1 AS n FROM m.orders'),
	('text', 'same', 'SELECT * FROM m.customers', 'SELECT id, name FROM m.customers'),
	('text', 'same', 'TABLE m.customers', 'SELECT * FROM m.customers'),
	('text', 'same', 'SELECT id FROM raw.orders', 'SELECT raw.orders.id FROM raw.orders'),
	('text', 'same', 'SELECT ''a''::text AS t', 'SELECT E''\x61''::text AS t'),
	('text', 'same', 'SELECT 1000 AS n', 'SELECT 01000 AS n'),
	('text', 'same', 'SELECT id FROM m.orders WHERE id <> 3', 'SELECT id FROM m.orders WHERE id != 3'),
	('text', 'same', 'SELECT id FROM m.orders WHERE note ~~ ''a%''', 'SELECT id FROM m.orders WHERE note LIKE ''a%'''),
	('text', 'same', 'SELECT id FROM m.orders WHERE note ISNULL', 'SELECT id FROM m.orders WHERE note IS NULL'),
	('text', 'same', 'SELECT id FROM m.orders WHERE amount BETWEEN 1 AND 2', 'SELECT id FROM m.orders WHERE amount >= 1 AND amount <= 2'),
	('text', 'same', 'SELECT a.id FROM m.orders a JOIN m.customers b ON a.customer_id = b.id', 'SELECT b.id FROM m.orders b INNER JOIN m.customers a ON b.customer_id = a.id'),
	('text', 'same', 'SELECT a.id FROM m.orders a LEFT JOIN m.customers b USING (id)', 'SELECT a.id FROM m.orders a LEFT OUTER JOIN m.customers b USING (id)'),
	('text', 'same', 'SELECT ALL id FROM m.orders', 'SELECT id FROM m.orders'),
	('text', 'same', 'SELECT id FROM m.orders UNION SELECT id FROM m.customers', 'SELECT id FROM m.orders UNION DISTINCT SELECT id FROM m.customers'),
	('text', 'same', 'SELECT id FROM m.orders LIMIT 3', 'SELECT id FROM m.orders FETCH FIRST 3 ROWS ONLY'),
	('text', 'same', 'SELECT id FROM m.orders', 'SELECT id FROM m.orders ORDER BY amount'),
	('text', 'same', 'SELECT DISTINCT note FROM m.orders', 'SELECT DISTINCT note FROM m.orders ORDER BY note DESC'),
	('text', 'same', 'SELECT customer_id, sum(amount) AS s FROM m.orders GROUP BY 1', 'SELECT customer_id, sum(amount) AS s FROM m.orders GROUP BY customer_id'),
	('text', 'same', 'SELECT id FROM m.orders ORDER BY 1 LIMIT 2', 'SELECT id FROM m.orders ORDER BY id ASC NULLS LAST LIMIT 2'),
	('text', 'same', 'SELECT raw.f(1, 2) AS n', 'SELECT raw.f(a => 1, b => 2) AS n'),
	('text', 'same', 'SELECT raw.f(1, 3) AS n', 'SELECT raw.f(b => 3, a => 1) AS n'),
	('text', 'same', 'SELECT sum(amount) OVER w AS s FROM m.orders WINDOW w AS (PARTITION BY customer_id)', 'SELECT sum(amount) OVER (PARTITION BY customer_id) AS s FROM m.orders'),
	('text', 'same', 'SELECT sum(amount) OVER (ORDER BY id) AS s FROM m.orders', 'SELECT sum(amount) OVER (ORDER BY id RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS s FROM m.orders');

-- what has no order, and names inside
INSERT INTO raw.pairs (form, expected, a, b) VALUES
	('and or in', 'same', 'SELECT id FROM m.orders WHERE id > 1 AND note IS NULL', 'SELECT id FROM m.orders WHERE note IS NULL AND id > 1'),
	('and or in', 'same', 'SELECT id FROM m.orders WHERE id = 1 OR note IS NULL OR amount > 3', 'SELECT id FROM m.orders WHERE amount > 3 OR (id = 1 OR note IS NULL)'),
	('and or in', 'same', 'SELECT id FROM m.orders WHERE (id = 1 OR id = 2) AND (amount > 3 OR note = ''x'')', 'SELECT id FROM m.orders WHERE (note = ''x'' OR amount > 3) AND (id = 2 OR id = 1)'),
	('and or in', 'same', 'SELECT id FROM m.orders WHERE id IN (1, 2, 3)', 'SELECT id FROM m.orders WHERE id IN (3, 1, 2)'),
	('and or in', 'same', 'SELECT id FROM m.orders WHERE id NOT IN (1, 2, 3)', 'SELECT id FROM m.orders WHERE id NOT IN (3, 1, 2)'),
	('and or in', 'same', 'SELECT id FROM m.orders WHERE note IN (''a'', ''b'')', 'SELECT id FROM m.orders WHERE note IN (''b'', ''a'')'),
	('and or in', 'same', 'SELECT id FROM m.orders WHERE id IN (1, customer_id)', 'SELECT id FROM m.orders WHERE id IN (customer_id, 1)'),
	('and or in', 'same', 'SELECT a.id FROM m.orders a JOIN m.customers b ON a.id = b.id AND b.name = ''x''', 'SELECT a.id FROM m.orders a JOIN m.customers b ON b.name = ''x'' AND a.id = b.id'),
	('and or in', 'different', 'SELECT id FROM m.orders WHERE id > 1 AND note IS NULL', 'SELECT id FROM m.orders WHERE id > 1 OR note IS NULL'),
	('and or in', 'different', 'SELECT id FROM m.orders WHERE (id > 1 OR note IS NULL) AND amount > 2', 'SELECT id FROM m.orders WHERE id > 1 OR (note IS NULL AND amount > 2)'),
	('and or in', 'different', 'SELECT id FROM m.orders WHERE NOT (id > 1 AND amount > 2)', 'SELECT id FROM m.orders WHERE NOT (id > 1) AND amount > 2'),
	('and or in', 'different', 'SELECT id FROM m.orders WHERE NOT id > 1', 'SELECT id FROM m.orders WHERE id > 1'),
	('and or in', 'different', 'SELECT id FROM m.orders WHERE id IN (1, 2)', 'SELECT id FROM m.orders WHERE id IN (1, 3)'),
	('and or in', 'different', 'SELECT id FROM m.orders WHERE id IN (1, 2)', 'SELECT id FROM m.orders WHERE id IN (1, 2, NULL)'),
	('and or in', 'different', 'SELECT id FROM m.orders WHERE id NOT IN (1, 2)', 'SELECT id FROM m.orders WHERE id IN (1, 2)'),
	('and or in', 'different', 'SELECT id FROM m.orders WHERE id = ANY (ARRAY[1, 2])', 'SELECT id FROM m.orders WHERE id = ALL (ARRAY[1, 2])'),
	('and or in', 'different', 'SELECT id FROM m.orders WHERE id < ANY (ARRAY[1, 2])', 'SELECT id FROM m.orders WHERE id > ANY (ARRAY[1, 2])'),
	('and or in', 'different', 'SELECT id FROM m.orders WHERE (id > 1 AND id < 5) OR (amount > 1 AND amount < 5)', 'SELECT id FROM m.orders WHERE (id > 1 AND amount < 5) OR (amount > 1 AND id < 5)'),
	('and or in', 'different', 'SELECT ARRAY[1, 2] AS a', 'SELECT ARRAY[2, 1] AS a'),
	('and or in', 'different', 'SELECT id FROM m.orders WHERE flags = ARRAY[1, 2]', 'SELECT id FROM m.orders WHERE flags = ARRAY[2, 1]'),
	('and or in', 'different', 'SELECT id FROM m.orders WHERE flags IN (ARRAY[1, 2], ARRAY[3, 4])', 'SELECT id FROM m.orders WHERE flags IN (ARRAY[1, 3], ARRAY[2, 4])'),
	('and or in', 'different', 'SELECT id FROM m.orders WHERE flags IN (''{1,2}'', ''{3,4}'')', 'SELECT id FROM m.orders WHERE flags IN (''{1,3}'', ''{2,4}'')');

-- WITH
INSERT INTO raw.pairs (form, expected, a, b) VALUES
	('with', 'same', 'WITH x AS (SELECT id FROM m.orders) SELECT id FROM x', 'WITH y AS (SELECT id FROM m.orders) SELECT id FROM y'),
	('with', 'same', 'WITH x AS (SELECT id FROM m.orders), z AS (SELECT 1) SELECT id FROM x', 'WITH x AS (SELECT id FROM m.orders) SELECT id FROM x'),
	('with', 'same', 'WITH x AS (SELECT id FROM m.orders), y AS (SELECT id FROM m.customers) SELECT x.id FROM x JOIN y USING (id)', 'WITH y AS (SELECT id FROM m.customers), x AS (SELECT id FROM m.orders) SELECT x.id FROM x JOIN y USING (id)'),
	('with', 'same', 'WITH x(k) AS (SELECT id FROM m.orders) SELECT k AS id FROM x', 'WITH x AS (SELECT id AS q FROM m.orders) SELECT q AS id FROM x'),
	('with', 'same', 'WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 9) SELECT n FROM t', 'WITH RECURSIVE u(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM u WHERE k < 9) SELECT k AS n FROM u'),
	('with', 'different', 'WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 9) SELECT n FROM t', 'WITH RECURSIVE t AS (SELECT 1 AS n UNION SELECT n + 1 FROM t WHERE n < 9) SELECT n FROM t'),
	('with', 'different', 'WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 9) SELECT n FROM t', 'WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 8) SELECT n FROM t'),
	('with', 'different', 'WITH x AS (SELECT id FROM m.orders), y AS (SELECT id FROM m.customers) SELECT id FROM x', 'WITH x AS (SELECT id FROM m.orders), y AS (SELECT id FROM m.customers) SELECT id FROM y'),
	('with', 'different', 'WITH x AS MATERIALIZED (SELECT random() AS r) SELECT a.r, b.r AS s FROM x a, x b', 'WITH x AS MATERIALIZED (SELECT random() AS r), y AS MATERIALIZED (SELECT random() AS r) SELECT a.r, b.r AS s FROM x a, y b'),
	('with', 'different', 'WITH x AS MATERIALIZED (SELECT random() AS r) SELECT r FROM x WHERE r > 0.5', 'WITH x AS NOT MATERIALIZED (SELECT random() AS r) SELECT r FROM x WHERE r > 0.5'),
	('with', 'different', 'WITH orders AS (SELECT 1 AS id) SELECT id FROM orders', 'WITH orders AS (SELECT 1 AS id) SELECT id FROM m.orders'),
	('with', 'different', 'WITH x AS (WITH y AS (SELECT 1 AS n) SELECT n FROM y) SELECT n FROM x', 'WITH x AS (WITH y AS (SELECT 2 AS n) SELECT n FROM y) SELECT n FROM x'),
	('with', 'different', 'WITH RECURSIVE t AS (SELECT id, customer_id FROM m.orders UNION ALL SELECT t.id, 1 FROM t WHERE false) SEARCH DEPTH FIRST BY id SET o SELECT id, o::text AS o FROM t', 'WITH RECURSIVE t AS (SELECT id, customer_id FROM m.orders UNION ALL SELECT t.id, 1 FROM t WHERE false) SEARCH BREADTH FIRST BY id SET o SELECT id, o::text AS o FROM t'),
	('with', 'different', 'WITH RECURSIVE t AS (SELECT id, customer_id FROM m.orders UNION ALL SELECT t.id, 1 FROM t WHERE false) SEARCH DEPTH FIRST BY id SET o SELECT id, o::text AS o FROM t', 'WITH RECURSIVE t AS (SELECT id, customer_id FROM m.orders UNION ALL SELECT t.id, 1 FROM t WHERE false) SEARCH DEPTH FIRST BY customer_id SET o SELECT id, o::text AS o FROM t'),
	('with', 'different', 'WITH RECURSIVE t AS (SELECT id, customer_id FROM m.orders UNION ALL SELECT t.customer_id, t.id FROM t) CYCLE id SET c USING w SELECT id, c FROM t', 'WITH RECURSIVE t AS (SELECT id, customer_id FROM m.orders UNION ALL SELECT t.customer_id, t.id FROM t) CYCLE customer_id SET c USING w SELECT id, c FROM t'),
	('with', 'different', 'WITH RECURSIVE t AS (SELECT id, customer_id FROM m.orders UNION ALL SELECT t.customer_id, t.id FROM t) CYCLE id SET c TO ''y'' DEFAULT ''n'' USING w SELECT id, c FROM t', 'WITH RECURSIVE t AS (SELECT id, customer_id FROM m.orders UNION ALL SELECT t.customer_id, t.id FROM t) CYCLE id SET c TO ''j'' DEFAULT ''n'' USING w SELECT id, c FROM t');

-- FROM and joins
INSERT INTO raw.pairs (form, expected, a, b) VALUES
	('from', 'different', 'SELECT id, customer_id FROM raw.orders', 'SELECT id, customer_id FROM raw.archive'),
	('from', 'different', 'SELECT id, amount FROM m.orders', 'SELECT id, amount FROM raw.orders'),
	('from', 'different', 'SELECT id FROM raw.parent', 'SELECT id FROM ONLY raw.parent'),
	('from', 'same', 'SELECT id FROM raw.parent', 'SELECT id FROM raw.parent *'),
	('from', 'different', 'SELECT a.id FROM m.orders a JOIN m.customers b ON a.customer_id = b.id', 'SELECT a.id FROM m.orders a LEFT JOIN m.customers b ON a.customer_id = b.id'),
	('from', 'different', 'SELECT a.id FROM m.orders a LEFT JOIN m.customers b ON a.customer_id = b.id', 'SELECT a.id FROM m.orders a RIGHT JOIN m.customers b ON a.customer_id = b.id'),
	('from', 'different', 'SELECT a.id FROM m.orders a LEFT JOIN m.customers b ON a.customer_id = b.id', 'SELECT a.id FROM m.orders a FULL JOIN m.customers b ON a.customer_id = b.id'),
	('from', 'different', 'SELECT a.id FROM m.orders a LEFT JOIN m.orders b ON a.id = b.customer_id', 'SELECT b.id FROM m.orders a LEFT JOIN m.orders b ON a.id = b.customer_id'),
	('from', 'different', 'SELECT a.id FROM m.orders a LEFT JOIN m.orders b ON a.id = b.customer_id', 'SELECT a.id FROM m.orders b LEFT JOIN m.orders a ON b.id = a.customer_id'),
	('from', 'different', 'SELECT a.id FROM m.orders a LEFT JOIN m.customers b ON a.customer_id = b.id AND a.id > 2', 'SELECT a.id FROM m.orders a LEFT JOIN m.customers b ON a.customer_id = b.id WHERE a.id > 2'),
	('from', 'different', 'SELECT a.id FROM m.orders a JOIN m.customers b ON a.customer_id = b.id', 'SELECT a.id FROM m.orders a JOIN m.customers b ON a.id = b.id'),
	('from', 'different', 'SELECT id FROM m.orders a JOIN m.customers b USING (id)', 'SELECT id FROM m.orders a FULL JOIN m.customers b USING (id)'),
	('from', 'different', 'SELECT o.id FROM m.orders o', 'SELECT o.id FROM m.orders o, m.customers c'),
	('from', 'different', 'SELECT a.id AS x, b.id AS y FROM m.orders a, m.orders b WHERE a.id < b.id', 'SELECT b.id AS x, a.id AS y FROM m.orders a, m.orders b WHERE a.id < b.id'),
	('from', 'same', 'SELECT a.id AS x, b.id AS y FROM m.orders a, m.orders b WHERE a.id < b.id', 'SELECT b.id AS x, a.id AS y FROM m.orders b, m.orders a WHERE b.id < a.id'),
	('from', 'different', 'SELECT a.id FROM m.orders a, m.orders b WHERE a.amount > 1', 'SELECT a.id FROM m.orders a, m.orders b WHERE b.amount > 1'),
	('from', 'same', 'SELECT s.id FROM (SELECT id FROM m.orders) s', 'SELECT t.k AS id FROM (SELECT id AS k FROM m.orders) AS t'),
	('from', 'different', 'SELECT s.id FROM (SELECT id FROM m.orders LIMIT 1) s', 'SELECT s.id FROM (SELECT id FROM m.orders LIMIT 2) s'),
	('from', 'different', 'SELECT s.id FROM (SELECT id, amount FROM m.orders) s WHERE s.amount > 1', 'SELECT s.id FROM (SELECT id, id AS amount FROM m.orders) s WHERE s.amount > 1'),
	('from', 'different', 'SELECT s.v FROM m.orders o, LATERAL (SELECT o.id AS v) s', 'SELECT s.v FROM m.orders o, LATERAL (SELECT o.customer_id AS v) s'),
	('from', 'different', 'SELECT g FROM generate_series(1, 3) g', 'SELECT g FROM generate_series(1, 4) g'),
	('from', 'different', 'SELECT x.n FROM unnest(ARRAY[5, 6]) WITH ORDINALITY AS x(v, n)', 'SELECT x.v::int8 AS n FROM unnest(ARRAY[5, 6]) WITH ORDINALITY AS x(v, n)'),
	('from', 'different', 'SELECT r.a, r.b FROM ROWS FROM (generate_series(1, 2), generate_series(1, 3)) r(a, b)', 'SELECT r.a, r.b FROM ROWS FROM (generate_series(1, 3), generate_series(1, 2)) r(a, b)'),
	('from', 'different', 'SELECT r.a FROM json_to_record(''{"a":1,"b":2}'') r(a int)', 'SELECT r.a FROM json_to_record(''{"a":1,"b":2}'') r(a int, b int)'),
	('from', 'different', 'SELECT r.v FROM json_to_record(''{"a":1,"b":2}'') r(v int)', 'SELECT r.a AS v FROM json_to_record(''{"a":1,"b":2}'') r(a int)'),
	('from', 'different', 'SELECT id FROM raw.orders TABLESAMPLE SYSTEM (10)', 'SELECT id FROM raw.orders TABLESAMPLE SYSTEM (20)'),
	('from', 'different', 'SELECT id FROM raw.orders TABLESAMPLE SYSTEM (10)', 'SELECT id FROM raw.orders TABLESAMPLE BERNOULLI (10)'),
	('from', 'different', 'SELECT id FROM raw.orders TABLESAMPLE SYSTEM (10) REPEATABLE (1)', 'SELECT id FROM raw.orders TABLESAMPLE SYSTEM (10) REPEATABLE (2)'),
	('from', 'different', 'SELECT id FROM raw.orders TABLESAMPLE SYSTEM (10)', 'SELECT id FROM raw.orders'),
	('from', 'different', 'SELECT v.a FROM (VALUES (1), (2)) v(a)', 'SELECT v.a FROM (VALUES (1), (3)) v(a)'),
	('from', 'different', 'VALUES (1, ''a''), (2, ''b'')', 'VALUES (1, ''b''), (2, ''a'')'),
	('from', 'different', 'VALUES (1), (2)', 'VALUES (1), (2), (2)'),
	('from', 'different', 'SELECT t.n FROM raw.docs d, XMLTABLE(''/r/i'' PASSING d.x COLUMNS n int PATH ''@n'') t', 'SELECT t.n FROM raw.docs d, XMLTABLE(''/r/j'' PASSING d.x COLUMNS n int PATH ''@n'') t'),
	('from', 'different', 'SELECT t.n FROM raw.docs d, XMLTABLE(''/r/i'' PASSING d.x COLUMNS n int PATH ''@n'') t', 'SELECT t.n FROM raw.docs d, XMLTABLE(''/r/i'' PASSING d.x COLUMNS n int PATH ''@m'') t'),
	('from', 'different', 'SELECT t.n FROM raw.docs d, XMLTABLE(''/r/i'' PASSING d.x COLUMNS n int PATH ''@n'') t', 'SELECT t.n FROM raw.docs d, XMLTABLE(''/r/i'' PASSING d.x COLUMNS n int PATH ''@n'' DEFAULT 0) t'),
	('from', 'different', 'SELECT t.n FROM raw.docs d, XMLTABLE(''/r/i'' PASSING d.x COLUMNS n int PATH ''@n'') t', 'SELECT t.n FROM raw.docs d, XMLTABLE(''/r/i'' PASSING d.x COLUMNS n int PATH ''@n'' NOT NULL) t'),
	('from', 'different', 'SELECT t.n FROM raw.docs d, XMLTABLE(''/r/i'' PASSING d.x COLUMNS n int PATH ''@n'') t', 'SELECT t.n FROM raw.docs d, XMLTABLE(''/r/i'' PASSING d.x COLUMNS n FOR ORDINALITY) t'),
	('from', 'different', 'SELECT t.n FROM raw.docs d, XMLTABLE(XMLNAMESPACES(''a'' AS q), ''/q:r'' PASSING d.x COLUMNS n int PATH ''@n'') t', 'SELECT t.n FROM raw.docs d, XMLTABLE(XMLNAMESPACES(''b'' AS q), ''/q:r'' PASSING d.x COLUMNS n int PATH ''@n'') t');

-- columns: names, order, types, modifiers, collations
INSERT INTO raw.pairs (form, expected, a, b) VALUES
	('columns', 'different', 'SELECT id AS a FROM m.orders', 'SELECT id AS b FROM m.orders'),
	('columns', 'different', 'SELECT id, customer_id FROM m.orders', 'SELECT customer_id, id FROM m.orders'),
	('columns', 'different', 'SELECT id, customer_id FROM m.orders', 'SELECT id AS customer_id, customer_id AS id FROM m.orders'),
	('columns', 'different', 'SELECT id FROM m.orders', 'SELECT id, note FROM m.orders'),
	('columns', 'different', 'SELECT id FROM m.orders', 'SELECT id::int8 AS id FROM m.orders'),
	('columns', 'different', 'SELECT 1::numeric(10,2) AS n', 'SELECT 1::numeric(10,1) AS n'),
	('columns', 'different', 'SELECT ''abc''::varchar(2) AS n', 'SELECT ''abc''::varchar(3) AS n'),
	('columns', 'different', 'SELECT note FROM m.orders', 'SELECT note COLLATE "C" AS note FROM m.orders'),
	('columns', 'different', 'SELECT note COLLATE "C" AS note FROM m.orders', 'SELECT note COLLATE "POSIX" AS note FROM m.orders'),
	('columns', 'different', 'SELECT note COLLATE "POSIX" AS note FROM m.orders', 'SELECT note COLLATE raw.other AS note FROM m.orders'),
	('columns', 'different', 'SELECT id FROM m.orders WHERE note < ''b''', 'SELECT id FROM m.orders WHERE note COLLATE "C" < ''b'''),
	('columns', 'different', 'SELECT id FROM m.orders WHERE note COLLATE "C" < ''b''', 'SELECT id FROM m.orders WHERE note COLLATE "POSIX" < ''b'''),
	('columns', 'different', 'SELECT ''x''::text AS t', 'SELECT ''x''::varchar AS t'),
	('columns', 'different', 'SELECT interval ''1.5 days'' AS i', 'SELECT interval ''1.5 days'' DAY AS i'),
	('columns', 'different', 'SELECT id::raw.positive AS n FROM m.orders', 'SELECT id::raw.small AS n FROM m.orders'),
	('columns', 'different', 'SELECT ''1''::raw.positive::int AS n', 'SELECT ''1''::raw.small::int AS n'),
	('columns', 'different', 'SELECT ''bad''::raw.mood AS n', 'SELECT ''good''::raw.mood AS n'),
	('columns', 'different', 'SELECT (ROW(id, customer_id)::raw.pair).x AS n FROM m.orders', 'SELECT (ROW(id, customer_id)::raw.pair).y AS n FROM m.orders'),
	('columns', 'different', 'SELECT 1 AS n', 'SELECT 1.0 AS n'),
	('columns', 'different', 'SELECT 1.0 AS n', 'SELECT 1.00 AS n'),
	('columns', 'different', 'SELECT 1 AS n', 'SELECT ''1'' AS n');

-- constants and operators
INSERT INTO raw.pairs (form, expected, a, b) VALUES
	('expressions', 'different', 'SELECT 1 AS n', 'SELECT 2 AS n'),
	('expressions', 'different', 'SELECT ''a'' AS t', 'SELECT ''A'' AS t'),
	('expressions', 'different', 'SELECT ''a'' AS t', 'SELECT ''a '' AS t'),
	('expressions', 'different', 'SELECT ''''::text AS t', 'SELECT NULL::text AS t'),
	('expressions', 'different', 'SELECT true AS t', 'SELECT NOT true AS t'),
	('expressions', 'different', 'SELECT date ''2024-01-02'' AS d', 'SELECT date ''2024-02-01'' AS d'),
	('expressions', 'different', 'SELECT 0.1::float8 AS f', 'SELECT 0.10000000000000002::float8 AS f'),
	('expressions', 'different', 'SELECT ''\x00''::bytea AS b', 'SELECT ''\x0000''::bytea AS b'),
	('expressions', 'different', 'SELECT ''{"a":1}''::jsonb AS j', 'SELECT ''{"a":2}''::jsonb AS j'),
	('expressions', 'different', 'SELECT id - customer_id AS n FROM m.orders', 'SELECT customer_id - id AS n FROM m.orders'),
	('expressions', 'different', 'SELECT id - (customer_id - 1) AS n FROM m.orders', 'SELECT id - customer_id - 1 AS n FROM m.orders'),
	('expressions', 'different', 'SELECT id + 1 AS n FROM m.orders', 'SELECT id * 1 AS n FROM m.orders'),
	('expressions', 'different', 'SELECT id FROM m.orders WHERE id < 3', 'SELECT id FROM m.orders WHERE id <= 3'),
	('expressions', 'different', 'SELECT id FROM m.orders WHERE note = ''a''', 'SELECT id FROM m.orders WHERE note IS NOT DISTINCT FROM ''a'''),
	('expressions', 'different', 'SELECT id FROM m.orders WHERE note LIKE ''a''', 'SELECT id FROM m.orders WHERE note ILIKE ''a'''),
	('expressions', 'different', 'SELECT id FROM m.orders WHERE note IS NULL', 'SELECT id FROM m.orders WHERE note IS NOT NULL'),
	('expressions', 'different', 'SELECT (id > 1) IS TRUE AS b FROM m.orders', 'SELECT (id > 1) IS NOT FALSE AS b FROM m.orders'),
	('expressions', 'different', 'SELECT CASE WHEN id = 1 THEN 2 ELSE 3 END AS n FROM m.orders', 'SELECT CASE WHEN id = 1 THEN 3 ELSE 2 END AS n FROM m.orders'),
	('expressions', 'different', 'SELECT CASE WHEN id > 1 THEN 2 WHEN id > 2 THEN 3 END AS n FROM m.orders', 'SELECT CASE WHEN id > 2 THEN 3 WHEN id > 1 THEN 2 END AS n FROM m.orders'),
	('expressions', 'different', 'SELECT CASE id WHEN 1 THEN 2 END AS n FROM m.orders', 'SELECT CASE customer_id WHEN 1 THEN 2 END AS n FROM m.orders'),
	('expressions', 'different', 'SELECT coalesce(id, customer_id) AS n FROM m.orders', 'SELECT coalesce(customer_id, id) AS n FROM m.orders'),
	('expressions', 'different', 'SELECT nullif(id, customer_id) AS n FROM m.orders', 'SELECT nullif(customer_id, id) AS n FROM m.orders'),
	('expressions', 'different', 'SELECT greatest(id, customer_id) AS n FROM m.orders', 'SELECT least(id, customer_id) AS n FROM m.orders'),
	('expressions', 'different', 'SELECT flags[1] AS n FROM m.orders', 'SELECT flags[2] AS n FROM m.orders'),
	('expressions', 'different', 'SELECT flags[1:2] AS n FROM m.orders', 'SELECT flags[1:] AS n FROM m.orders'),
	('expressions', 'different', 'SELECT doc -> ''a'' AS n FROM m.orders', 'SELECT doc -> ''b'' AS n FROM m.orders'),
	('expressions', 'different', 'SELECT doc[''a''] AS n FROM m.orders', 'SELECT doc[''b''] AS n FROM m.orders'),
	('expressions', 'different', 'SELECT id FROM m.orders WHERE (id, customer_id) < (1, 2)', 'SELECT id FROM m.orders WHERE (id, customer_id) <= (1, 2)'),
	('expressions', 'different', 'SELECT id FROM m.orders WHERE (id, customer_id) < (1, 2)', 'SELECT id FROM m.orders WHERE (customer_id, id) < (1, 2)'),
	('expressions', 'different', 'SELECT row_to_json(o)::text AS j FROM (SELECT id AS a FROM m.orders) o', 'SELECT row_to_json(o)::text AS j FROM (SELECT id AS b FROM m.orders) o'),
	('expressions', 'different', 'SELECT row_to_json(o)::text AS j FROM raw.orders o', 'SELECT row_to_json(o)::text AS j FROM raw.archive o'),
	('expressions', 'different', 'SELECT row_to_json(j)::text AS j FROM (m.customers a JOIN m.orders b ON a.id = b.id) AS j(x)', 'SELECT row_to_json(j)::text AS j FROM (m.customers a JOIN m.orders b ON a.id = b.id) AS j(y)'),
	('expressions', 'different', 'SELECT extract(year FROM placed) AS y FROM m.orders', 'SELECT extract(month FROM placed) AS y FROM m.orders'),
	('expressions', 'different', 'SELECT placed AT TIME ZONE ''UTC'' AS y FROM m.orders', 'SELECT placed AT TIME ZONE ''Europe/Rome'' AS y FROM m.orders'),
	('expressions', 'different', 'SELECT now() AS t', 'SELECT clock_timestamp() AS t'),
	('expressions', 'different', 'SELECT current_date AS t', 'SELECT current_timestamp::date AS t'),
	('expressions', 'different', 'SELECT localtime(2) AS t', 'SELECT localtime(3) AS t'),
	('expressions', 'different', 'SELECT xmlelement(name a, id)::text AS x FROM m.orders', 'SELECT xmlelement(name b, id)::text AS x FROM m.orders'),
	('expressions', 'different', 'SELECT xmlelement(name a, xmlattributes(id AS x))::text AS x FROM m.orders', 'SELECT xmlelement(name a, xmlattributes(id AS y))::text AS x FROM m.orders'),
	('expressions', 'different', 'SELECT x IS DOCUMENT AS b FROM raw.docs', 'SELECT x IS NOT DOCUMENT AS b FROM raw.docs'),
	('expressions', 'different', 'SELECT xmlserialize(CONTENT x AS text) AS b FROM raw.docs', 'SELECT xmlserialize(DOCUMENT x AS text) AS b FROM raw.docs'),
	('expressions', 'different', 'SELECT raw.f(1) AS n', 'SELECT raw.g(1) AS n'),
	('expressions', 'different', 'SELECT raw.f(1) AS n', 'SELECT raw.f(''1''::text) AS n'),
	('expressions', 'different', 'SELECT raw.f(1, 3) AS n', 'SELECT raw.f(3, 1) AS n'),
	('expressions', 'different', 'SELECT raw.f(a => 1, b => 3) AS n', 'SELECT raw.f(a => 3, b => 1) AS n'),
	('expressions', 'different', 'SELECT raw.v(1, 2) AS n', 'SELECT raw.v(2, 1) AS n');

-- sublinks and outer references
INSERT INTO raw.pairs (form, expected, a, b) VALUES
	('sublinks', 'same', 'SELECT id FROM m.orders o WHERE EXISTS (SELECT 1 FROM m.customers c WHERE c.id = o.id)', 'SELECT id FROM m.orders x WHERE EXISTS (SELECT 1 FROM m.customers y WHERE y.id = x.id)'),
	('sublinks', 'different', 'SELECT id FROM m.orders o WHERE EXISTS (SELECT 1 FROM m.customers c WHERE c.id = o.id)', 'SELECT id FROM m.orders o WHERE NOT EXISTS (SELECT 1 FROM m.customers c WHERE c.id = o.id)'),
	('sublinks', 'different', 'SELECT id FROM m.orders o WHERE id IN (SELECT id FROM m.customers)', 'SELECT id FROM m.orders o WHERE customer_id IN (SELECT id FROM m.customers)'),
	('sublinks', 'different', 'SELECT id FROM m.orders o WHERE id > ANY (SELECT id FROM m.customers)', 'SELECT id FROM m.orders o WHERE id > ALL (SELECT id FROM m.customers)'),
	('sublinks', 'different', 'SELECT id FROM m.orders o WHERE EXISTS (SELECT 1 FROM m.orders c WHERE c.id > o.id)', 'SELECT id FROM m.orders o WHERE EXISTS (SELECT 1 FROM m.orders c WHERE o.id > c.id)'),
	('sublinks', 'different', 'SELECT o.id FROM m.orders o WHERE EXISTS (SELECT 1 FROM m.orders p WHERE EXISTS (SELECT 1 FROM m.customers c WHERE c.id = o.id))', 'SELECT o.id FROM m.orders o WHERE EXISTS (SELECT 1 FROM m.orders p WHERE EXISTS (SELECT 1 FROM m.customers c WHERE c.id = p.id))'),
	('sublinks', 'different', 'SELECT (SELECT max(id) FROM m.orders) AS n', 'SELECT (SELECT max(id) FROM m.customers) AS n'),
	('sublinks', 'different', 'SELECT (SELECT max(id) FROM m.orders WHERE id < 5) AS n', 'SELECT (SELECT max(id) FROM m.orders WHERE id < 6) AS n'),
	('sublinks', 'different', 'SELECT ARRAY(SELECT id FROM m.orders ORDER BY id) AS n', 'SELECT ARRAY(SELECT id FROM m.orders ORDER BY id DESC) AS n'),
	('sublinks', 'different', 'SELECT (SELECT c.name FROM m.customers c WHERE c.id = o.id) AS n FROM m.orders o', 'SELECT (SELECT c.name FROM m.customers c WHERE c.id = o.customer_id) AS n FROM m.orders o'),
	('sublinks', 'different', 'SELECT customer_id, (SELECT max(o.id) FROM m.customers c WHERE c.id = 1) AS n FROM m.orders o GROUP BY 1', 'SELECT customer_id, (SELECT max(c.id) FROM m.customers c WHERE c.id = 1) AS n FROM m.orders o GROUP BY 1');

-- aggregates, windows, grouping
INSERT INTO raw.pairs (form, expected, a, b) VALUES
	('aggregates', 'different', 'SELECT count(*) AS n FROM m.orders', 'SELECT count(note) AS n FROM m.orders'),
	('aggregates', 'different', 'SELECT count(note) AS n FROM m.orders', 'SELECT count(DISTINCT note) AS n FROM m.orders'),
	('aggregates', 'different', 'SELECT sum(id) AS n FROM m.orders', 'SELECT sum(id) FILTER (WHERE id > 1) AS n FROM m.orders'),
	('aggregates', 'different', 'SELECT sum(id) FILTER (WHERE id > 2) AS n FROM m.orders', 'SELECT sum(id) FILTER (WHERE id > 1) AS n FROM m.orders'),
	('aggregates', 'different', 'SELECT string_agg(note, '','' ORDER BY id) AS n FROM m.orders', 'SELECT string_agg(note, '','' ORDER BY id DESC) AS n FROM m.orders'),
	('aggregates', 'different', 'SELECT string_agg(note, '','' ORDER BY note) AS n FROM m.orders', 'SELECT string_agg(note, '','' ORDER BY note NULLS FIRST) AS n FROM m.orders'),
	('aggregates', 'different', 'SELECT string_agg(note, '','' ORDER BY id) AS n FROM m.orders', 'SELECT string_agg(note, '','' ORDER BY customer_id) AS n FROM m.orders'),
	('aggregates', 'different', 'SELECT string_agg(note, '','' ORDER BY id) AS n FROM m.orders', 'SELECT string_agg(note, '';'' ORDER BY id) AS n FROM m.orders'),
	('aggregates', 'different', 'SELECT string_agg(note, '','') AS n FROM (SELECT note FROM m.orders ORDER BY id) s', 'SELECT string_agg(note, '','') AS n FROM (SELECT note FROM m.orders ORDER BY id DESC) s'),
	('aggregates', 'different', 'SELECT min(id) AS n FROM m.orders', 'SELECT max(id) AS n FROM m.orders'),
	('aggregates', 'different', 'SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY id) AS n FROM m.orders', 'SELECT percentile_cont(0.6) WITHIN GROUP (ORDER BY id) AS n FROM m.orders'),
	('aggregates', 'different', 'SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY id) AS n FROM m.orders', 'SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY id DESC) AS n FROM m.orders'),
	('aggregates', 'different', 'SELECT sum(amount) AS n FROM m.orders', 'SELECT sum(amount) AS n FROM m.orders GROUP BY customer_id'),
	('aggregates', 'different', 'SELECT sum(amount) AS n FROM m.orders GROUP BY id', 'SELECT sum(amount) AS n FROM m.orders GROUP BY customer_id'),
	('aggregates', 'different', 'SELECT sum(amount) AS n FROM m.orders', 'SELECT sum(amount) AS n FROM m.orders HAVING count(*) > 0'),
	('aggregates', 'different', 'SELECT sum(amount) AS n FROM m.orders HAVING count(*) > 1', 'SELECT sum(amount) AS n FROM m.orders HAVING count(*) > 0'),
	('aggregates', 'different', 'SELECT 1 AS n FROM m.orders', 'SELECT 1 AS n FROM m.orders GROUP BY ()'),
	('aggregates', 'different', 'SELECT 1 AS n FROM m.orders', 'SELECT 1 AS n FROM m.orders GROUP BY id'),
	('aggregates', 'different', 'SELECT id, note, count(*) AS n FROM m.orders GROUP BY ROLLUP (id, note)', 'SELECT id, note, count(*) AS n FROM m.orders GROUP BY CUBE (id, note)'),
	('aggregates', 'different', 'SELECT id, note, count(*) AS n FROM m.orders GROUP BY ROLLUP (id, note)', 'SELECT id, note, count(*) AS n FROM m.orders GROUP BY ROLLUP (note, id)'),
	('aggregates', 'different', 'SELECT id, note, count(*) AS n FROM m.orders GROUP BY GROUPING SETS ((id), (note))', 'SELECT id, note, count(*) AS n FROM m.orders GROUP BY GROUPING SETS ((id), (note), ())'),
	('aggregates', 'different', 'SELECT id, note, count(*) AS n FROM m.orders GROUP BY GROUPING SETS ((id), (id), (note))', 'SELECT id, note, count(*) AS n FROM m.orders GROUP BY DISTINCT GROUPING SETS ((id), (id), (note))'),
	('aggregates', 'different', 'SELECT grouping(id) AS n FROM m.orders GROUP BY ROLLUP (id, note)', 'SELECT grouping(note) AS n FROM m.orders GROUP BY ROLLUP (id, note)'),
	('aggregates', 'different', 'SELECT rank() OVER (ORDER BY id) AS n FROM m.orders', 'SELECT dense_rank() OVER (ORDER BY id) AS n FROM m.orders'),
	('aggregates', 'different', 'SELECT rank() OVER (ORDER BY id) AS n FROM m.orders', 'SELECT rank() OVER (ORDER BY id DESC) AS n FROM m.orders'),
	('aggregates', 'different', 'SELECT rank() OVER (ORDER BY note) AS n FROM m.orders', 'SELECT rank() OVER (ORDER BY note NULLS FIRST) AS n FROM m.orders'),
	('aggregates', 'different', 'SELECT rank() OVER (PARTITION BY id ORDER BY note) AS n FROM m.orders', 'SELECT rank() OVER (PARTITION BY customer_id ORDER BY note) AS n FROM m.orders'),
	('aggregates', 'different', 'SELECT rank() OVER (PARTITION BY id ORDER BY note) AS n FROM m.orders', 'SELECT rank() OVER (ORDER BY id, note) AS n FROM m.orders'),
	('aggregates', 'different', 'SELECT sum(id) OVER (ORDER BY id) AS n FROM m.orders', 'SELECT sum(id) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) AS n FROM m.orders'),
	('aggregates', 'different', 'SELECT sum(id) OVER (ORDER BY id ROWS 1 PRECEDING) AS n FROM m.orders', 'SELECT sum(id) OVER (ORDER BY id ROWS 2 PRECEDING) AS n FROM m.orders'),
	('aggregates', 'different', 'SELECT sum(id) OVER (ORDER BY id ROWS 1 PRECEDING) AS n FROM m.orders', 'SELECT sum(id) OVER (ORDER BY id GROUPS 1 PRECEDING) AS n FROM m.orders'),
	('aggregates', 'different', 'SELECT sum(id) OVER (ORDER BY id ROWS 1 PRECEDING EXCLUDE TIES) AS n FROM m.orders', 'SELECT sum(id) OVER (ORDER BY id ROWS 1 PRECEDING EXCLUDE GROUP) AS n FROM m.orders'),
	('aggregates', 'different', 'SELECT sum(id) OVER (ORDER BY placed RANGE ''1 day'' PRECEDING) AS n FROM m.orders', 'SELECT sum(id) OVER (ORDER BY placed RANGE ''2 days'' PRECEDING) AS n FROM m.orders'),
	('aggregates', 'different', 'SELECT sum(id) OVER w AS n, min(id) OVER v AS k FROM m.orders WINDOW w AS (PARTITION BY id), v AS (PARTITION BY note)', 'SELECT sum(id) OVER v AS n, min(id) OVER w AS k FROM m.orders WINDOW w AS (PARTITION BY id), v AS (PARTITION BY note)'),
	('aggregates', 'same', 'SELECT sum(id) OVER w AS n, min(id) OVER v AS k FROM m.orders WINDOW w AS (PARTITION BY id), v AS (PARTITION BY note)', 'SELECT sum(id) OVER q AS n, min(id) OVER p AS k FROM m.orders WINDOW p AS (PARTITION BY note), q AS (PARTITION BY id)');

-- DISTINCT, set operations, ORDER BY, LIMIT, set-returning functions
INSERT INTO raw.pairs (form, expected, a, b) VALUES
	('rows', 'different', 'SELECT note FROM m.orders', 'SELECT DISTINCT note FROM m.orders'),
	('rows', 'different', 'SELECT DISTINCT note, id FROM m.orders', 'SELECT DISTINCT ON (note) note, id FROM m.orders'),
	('rows', 'different', 'SELECT DISTINCT ON (note) note, id FROM m.orders ORDER BY note, id', 'SELECT DISTINCT ON (note) note, id FROM m.orders ORDER BY note, id DESC'),
	('rows', 'different', 'SELECT DISTINCT ON (note) note, id FROM m.orders', 'SELECT DISTINCT ON (id) note, id FROM m.orders'),
	('rows', 'different', 'SELECT id FROM m.orders UNION SELECT id FROM m.customers', 'SELECT id FROM m.orders UNION ALL SELECT id FROM m.customers'),
	('rows', 'different', 'SELECT id FROM m.orders UNION SELECT id FROM m.customers', 'SELECT id FROM m.orders INTERSECT SELECT id FROM m.customers'),
	('rows', 'different', 'SELECT id FROM m.orders EXCEPT SELECT id FROM m.customers', 'SELECT id FROM m.orders EXCEPT ALL SELECT id FROM m.customers'),
	('rows', 'different', 'SELECT id FROM m.orders EXCEPT SELECT id FROM m.customers', 'SELECT id FROM m.customers EXCEPT SELECT id FROM m.orders'),
	('rows', 'different', '(SELECT 1 AS n EXCEPT SELECT 2) EXCEPT SELECT 1', 'SELECT 1 AS n EXCEPT (SELECT 2 EXCEPT SELECT 1)'),
	('rows', 'different', 'SELECT id, customer_id FROM m.orders UNION ALL SELECT 1, 2', 'SELECT id, customer_id FROM m.orders UNION ALL SELECT 2, 1'),
	('rows', 'different', 'SELECT id FROM m.orders ORDER BY id LIMIT 3', 'SELECT id FROM m.orders ORDER BY id LIMIT 4'),
	('rows', 'different', 'SELECT id FROM m.orders ORDER BY id LIMIT 3', 'SELECT id FROM m.orders ORDER BY id'),
	('rows', 'different', 'SELECT id FROM m.orders ORDER BY id LIMIT 3', 'SELECT id FROM m.orders ORDER BY id DESC LIMIT 3'),
	('rows', 'different', 'SELECT id FROM m.orders ORDER BY amount LIMIT 3', 'SELECT id FROM m.orders ORDER BY note LIMIT 3'),
	('rows', 'different', 'SELECT id FROM m.orders ORDER BY note LIMIT 3', 'SELECT id FROM m.orders ORDER BY note NULLS FIRST LIMIT 3'),
	('rows', 'different', 'SELECT id FROM m.orders ORDER BY note, amount LIMIT 3', 'SELECT id FROM m.orders ORDER BY amount, note LIMIT 3'),
	('rows', 'different', 'SELECT id FROM m.orders ORDER BY note COLLATE "C" LIMIT 3', 'SELECT id FROM m.orders ORDER BY note LIMIT 3'),
	('rows', 'different', 'SELECT id FROM m.orders ORDER BY id LIMIT 3', 'SELECT id FROM m.orders ORDER BY id OFFSET 3'),
	('rows', 'different', 'SELECT id FROM m.orders ORDER BY id FETCH FIRST 3 ROWS ONLY', 'SELECT id FROM m.orders ORDER BY id FETCH FIRST 3 ROWS WITH TIES'),
	('rows', 'different', 'SELECT id FROM (SELECT id FROM m.orders ORDER BY id) s LIMIT 3', 'SELECT id FROM (SELECT id FROM m.orders ORDER BY id DESC) s LIMIT 3'),
	('rows', 'different', 'SELECT id, random() AS r FROM m.orders ORDER BY id', 'SELECT id, random() AS r FROM m.orders ORDER BY amount'),
	('rows', 'different', 'SELECT id, row_number() OVER () AS r FROM m.orders ORDER BY id', 'SELECT id, row_number() OVER () AS r FROM m.orders ORDER BY amount'),
	('rows', 'different', 'SELECT generate_series(1, 2) AS n', 'SELECT generate_series(1, 3) AS n'),
	('rows', 'different', 'SELECT 1 AS n', 'SELECT generate_series(1, 1) AS n'),
	('rows', 'different', 'SELECT id, unnest(flags) AS f FROM m.orders', 'SELECT id, flags[1] AS f FROM m.orders'),
	('rows', 'different', 'SELECT id FROM m.orders WHERE id > 1', 'SELECT id FROM m.orders');

-- two that are wrong on purpose, to see that the comparison can fail
INSERT INTO raw.pairs (form, expected, a, b) VALUES
	('wrong', 'same', 'SELECT id FROM m.orders', 'SELECT id + 1 AS id FROM m.orders'),
	('wrong', 'different', 'SELECT id FROM m.orders', 'select id from m.orders');

-- The parents, the same in both environments.
SELECT vde_register('m.orders', 'SELECT * FROM raw.orders', environment => e) IS NOT NULL AS ok FROM unnest('{a,b}'::text[]) e;
SELECT vde_register('m.customers', 'SELECT id, note AS name FROM raw.orders', environment => e) IS NOT NULL AS ok FROM unnest('{a,b}'::text[]) e;

-- Registered in another order in each environment.
SELECT count(*) = count(vde_register(format('p.n%s', place), a, environment => 'a')) AS registered FROM (SELECT * FROM raw.pairs ORDER BY place) s;
SELECT count(*) = count(vde_register(format('p.n%s', place), b, environment => 'b')) AS registered FROM (SELECT * FROM raw.pairs ORDER BY place DESC) s;

CREATE TABLE raw.results AS
	SELECT p.*, CASE WHEN a.version = b.version THEN 'same' ELSE 'different' END AS found
	FROM raw.pairs p
	JOIN vde_changes('a') a ON a.model = format('p.n%s', p.place)
	JOIN vde_changes('b') b ON b.model = format('p.n%s', p.place);
SELECT count(*) = (SELECT count(*) FROM raw.pairs) AS all_compared, count(*) >= 150 AS enough FROM raw.results;

-- every pair that is not as it should be: none but the two
SELECT form, expected, found, a, b FROM raw.results WHERE found <> expected ORDER BY place;

SELECT form, count(*) FILTER (WHERE expected = 'same') AS same, count(*) FILTER (WHERE expected = 'different') AS different
FROM raw.results WHERE found = expected GROUP BY form ORDER BY min(place);

-- No two of all these models share a version: their names are in it.
SELECT count(DISTINCT version) = count(*) AS all_different FROM vde_changes('a');

-- All of them can be built.  How a query is written is not in its version but
-- is a change of its metadata, and nothing to build.
CALL vde_apply('a');
CALL vde_create_environment('c', 'a');
SELECT vde_register('p.n1', b, environment => 'c') IS NOT NULL AS ok FROM raw.pairs WHERE place = 1;
SELECT model, change, category, action FROM vde_changes('c');

RESET ROLE;
