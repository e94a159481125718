--
-- Categories, case by case: what an edit of a query is to those who read the
-- model, and why, in words; by SQL form.
--
-- Each case is a model c.nN with three readers, which read its column k, its
-- rows alone (count(*)), and all of it (SELECT *).  All are built from the text
-- before; then all are registered anew with the text after, and one plan is
-- taken of all of them.  "readers" is what it says of the three, in this order:
-- b built anew, k kept as it is, - not in the plan.  Then the plan is applied,
-- and what each view shows is compared with the same query in plain SQL: a
-- reader that was kept, and should not have been, shows here.
--
\set VERBOSITY terse
SET client_min_messages = warning;
SET DateStyle = 'ISO, MDY';
SET IntervalStyle = 'postgres';
SET TimeZone = 'UTC';

DROP ROLE IF EXISTS t_categories_ana;
CREATE ROLE t_categories_ana;
SELECT format('GRANT CREATE ON DATABASE %I TO t_categories_ana', current_database()) \gexec
CREATE EXTENSION vde;
CREATE SCHEMA raw AUTHORIZATION t_categories_ana;
SET ROLE t_categories_ana;

CREATE TABLE raw.orders (id int, customer_id int, amount numeric(10,2), note text, placed timestamptz, flags int[], doc jsonb);
INSERT INTO raw.orders VALUES
	(1, 1, 10.00, 'a', '2024-01-01 23:30+00', '{1,2}', '{"a": 1, "b": [1, 2]}'),
	(2, 1, 20.00, 'b', '2024-01-02 12:00+00', '{3}', '{"a": 2, "b": [3]}'),
	(2, 1, 20.00, 'b', '2024-01-02 12:00+00', '{3}', '{"a": 2, "b": [3]}'),
	(3, 2, NULL, NULL, '2024-02-01 00:30+00', '{}', '{"a": null, "b": []}'),
	(4, NULL, 40.00, 'B', NULL, NULL, NULL),
	(5, 3, -5.00, 'a,b', '2024-03-01 00:00+00', '{1,1}', '{"a": 5, "b": [1, 1]}');
CREATE TABLE raw.archive (LIKE raw.orders);
INSERT INTO raw.archive SELECT * FROM raw.orders WHERE id < 3;
CREATE TABLE raw.customers (id int, name text);
INSERT INTO raw.customers VALUES (1, 'x'), (2, 'a'), (2, 'a'), (7, NULL);
CREATE TABLE raw.parent (id int, label text);
CREATE TABLE raw.child () INHERITS (raw.parent);
INSERT INTO raw.parent VALUES (1, 'p');
INSERT INTO raw.child VALUES (2, 'c');
CREATE FUNCTION raw.f(a int) RETURNS int LANGUAGE sql IMMUTABLE RETURN a * 10;
CREATE FUNCTION raw.g(a int) RETURNS int LANGUAGE sql IMMUTABLE RETURN a * 10 + 1;
CREATE FUNCTION raw.f(a text) RETURNS int LANGUAGE sql IMMUTABLE RETURN length(a);
CREATE FUNCTION raw.numbers(a int) RETURNS SETOF int LANGUAGE sql IMMUTABLE ROWS 2 AS 'SELECT generate_series(1, $1)';
CREATE FUNCTION raw.roll(a int) RETURNS float8 LANGUAGE sql VOLATILE AS 'SELECT $1 * random()';
CREATE FUNCTION raw.unordered() RETURNS SETOF int LANGUAGE sql STABLE AS 'SELECT id FROM raw.orders';
CREATE FUNCTION raw.pick() RETURNS int LANGUAGE sql STABLE AS 'SELECT id FROM raw.orders LIMIT 1';
CREATE VIEW raw.gathered AS SELECT array_agg(id) AS ids FROM raw.orders;
CREATE FUNCTION raw.later(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $2';
CREATE AGGREGATE raw.last(int) (sfunc = raw.later, stype = int);
CREATE DOMAIN raw.positive AS int CHECK (VALUE > 0);
CREATE DOMAIN raw.small AS int CHECK (VALUE < 10);
CREATE TYPE raw.mood AS ENUM ('bad', 'good');

CREATE TABLE raw.cases (
	place serial PRIMARY KEY,
	form text NOT NULL,
	name text NOT NULL,
	before text NOT NULL,
	after text,					-- NULL: not registered again
	category text NOT NULL,		-- '' for a change that is none
	reason text NOT NULL,		-- the parts in the order of the alphabet
	readers text NOT NULL CHECK (readers ~ '^[kb-]{3}$'),
	more jsonb NOT NULL DEFAULT '{}',	-- kind and options, before and after; SQL to run at first, between, for the second registration
	UNIQUE (form, name)
);

-- what is not a change
INSERT INTO raw.cases (form, name, before, after, category, reason, readers)
SELECT 'cosmetic', v.*, 'metadata', 'text or description only', 'kkk' FROM (VALUES
	('white space', 'SELECT id AS k, amount FROM m.orders', E'select   id AS k,\n\t amount\nFROM\n m.orders'),
	('comment', 'SELECT id AS k FROM m.orders', 'SELECT /* the key */ id AS k FROM m.orders -- all of them'),
	('nested comment', 'SELECT id AS k FROM m.orders', '/* a /* b */ c */ SELECT id AS k FROM m.orders'),
	('semicolon', 'SELECT id AS k FROM m.orders', 'SELECT id AS k FROM m.orders;'),
	('case of keywords', 'SELECT id AS k FROM m.orders WHERE id IS NOT NULL', 'select id as k from m.orders where id is not null'),
	('case of names', 'SELECT id AS k FROM m.orders', 'SELECT ID AS K FROM M.Orders'),
	('quoted names', 'SELECT id AS k FROM m.orders', 'SELECT "id" AS "k" FROM "m"."orders"'),
	('qualified column', 'SELECT id AS k FROM m.orders', 'SELECT orders.id AS k FROM m.orders'),
	('fully qualified column', 'SELECT id AS k FROM m.orders', 'SELECT m.orders.id AS k FROM m.orders'),
	('table alias', 'SELECT o.id AS k FROM m.orders o', 'SELECT x.id AS k FROM m.orders x'),
	('table alias added', 'SELECT id AS k FROM m.orders', 'SELECT o.id AS k FROM m.orders AS o'),
	('column alias list', 'SELECT id AS k FROM m.orders', 'SELECT q AS k FROM m.orders AS o(q)'),
	('two table aliases swapped', 'SELECT a.id AS k FROM m.orders a JOIN m.customers b ON a.customer_id = b.id', 'SELECT b.id AS k FROM m.orders b JOIN m.customers a ON b.customer_id = a.id'),
	('subquery alias', 'SELECT s.k FROM (SELECT id AS k FROM m.orders) s', 'SELECT t.k FROM (SELECT id AS k FROM m.orders) t'),
	('names inside of a subquery', 'SELECT s.i AS k FROM (SELECT id AS i FROM m.orders) s', 'SELECT s.j AS k FROM (SELECT id AS j FROM m.orders) s'),
	('CTE name', 'WITH x AS (SELECT id AS k FROM m.orders) SELECT k FROM x', 'WITH y AS (SELECT id AS k FROM m.orders) SELECT k FROM y'),
	('CTE column list', 'WITH x AS (SELECT id AS k FROM m.orders) SELECT k FROM x', 'WITH x(q) AS (SELECT id FROM m.orders) SELECT q AS k FROM x'),
	('recursive CTE name', 'WITH RECURSIVE t(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM t WHERE k < 5) SELECT k FROM t', 'WITH RECURSIVE u(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM u WHERE n < 5) SELECT n AS k FROM u'),
	('order of CTEs', 'WITH x AS (SELECT id FROM m.orders), y AS (SELECT id FROM m.customers) SELECT x.id AS k FROM x JOIN y USING (id)', 'WITH y AS (SELECT id FROM m.customers), x AS (SELECT id FROM m.orders) SELECT x.id AS k FROM x JOIN y USING (id)'),
	('window name', 'SELECT id AS k, sum(amount) OVER w AS s FROM m.orders WINDOW w AS (PARTITION BY customer_id)', 'SELECT id AS k, sum(amount) OVER v AS s FROM m.orders WINDOW v AS (PARTITION BY customer_id)'),
	('window inline', 'SELECT id AS k, sum(amount) OVER w AS s FROM m.orders WINDOW w AS (PARTITION BY customer_id)', 'SELECT id AS k, sum(amount) OVER (PARTITION BY customer_id) AS s FROM m.orders'),
	('unused window', 'SELECT id AS k FROM m.orders', 'SELECT id AS k FROM m.orders WINDOW w AS (PARTITION BY customer_id)'),
	('order of windows', 'SELECT sum(id) OVER w AS k, min(id) OVER v AS n FROM m.orders WINDOW w AS (PARTITION BY id), v AS (PARTITION BY note)', 'SELECT sum(id) OVER q AS k, min(id) OVER p AS n FROM m.orders WINDOW p AS (PARTITION BY note), q AS (PARTITION BY id)'),
	('default frame', 'SELECT id AS k, sum(id) OVER (ORDER BY id) AS s FROM m.orders', 'SELECT id AS k, sum(id) OVER (ORDER BY id RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS s FROM m.orders'),
	('no AS', 'SELECT id AS k FROM m.orders AS o', 'SELECT id k FROM m.orders o'),
	(':: or CAST', 'SELECT amount::int AS k FROM m.orders', 'SELECT CAST(amount AS integer) AS k FROM m.orders'),
	('names of types', 'SELECT id::int8 AS k, note::varchar AS v FROM m.orders', 'SELECT id::bigint AS k, note::character varying AS v FROM m.orders'),
	('typed literal', 'SELECT id AS k FROM m.orders WHERE placed > timestamptz ''2024-01-02 00:00+00''', 'SELECT id AS k FROM m.orders WHERE placed > ''2024-01-02 00:00+00''::timestamptz'),
	('!= or <>', 'SELECT id AS k FROM m.orders WHERE id != 2', 'SELECT id AS k FROM m.orders WHERE id <> 2'),
	('~~ or LIKE', 'SELECT id AS k FROM m.orders WHERE note LIKE ''a%''', 'SELECT id AS k FROM m.orders WHERE note ~~ ''a%'''),
	('ISNULL', 'SELECT id AS k FROM m.orders WHERE note IS NULL', 'SELECT id AS k FROM m.orders WHERE note ISNULL'),
	('BETWEEN', 'SELECT id AS k FROM m.orders WHERE id BETWEEN 2 AND 4', 'SELECT id AS k FROM m.orders WHERE id >= 2 AND id <= 4'),
	('parentheses in WHERE', 'SELECT id AS k FROM m.orders WHERE id > 1 AND amount > 2', 'SELECT id AS k FROM m.orders WHERE (((id) > (1)) AND ((amount > 2)))'),
	('parentheses around the query', 'SELECT id AS k FROM m.orders', '((SELECT id AS k FROM m.orders))'),
	('parentheses in FROM', 'SELECT o.id AS k FROM m.orders o JOIN m.customers c ON o.id = c.id', 'SELECT o.id AS k FROM (m.orders o JOIN m.customers c ON (o.id = c.id))'),
	('parentheses that associate as before', 'SELECT id + customer_id + 1 AS k FROM m.orders', 'SELECT ((id + customer_id) + 1) AS k FROM m.orders'),
	('order of AND', 'SELECT id AS k FROM m.orders WHERE id > 1 AND note IS NULL AND amount > 1', 'SELECT id AS k FROM m.orders WHERE amount > 1 AND id > 1 AND note IS NULL'),
	('order of OR', 'SELECT id AS k FROM m.orders WHERE id = 1 OR note IS NULL', 'SELECT id AS k FROM m.orders WHERE note IS NULL OR id = 1'),
	('order of AND in OR', 'SELECT id AS k FROM m.orders WHERE (id = 1 AND amount > 1) OR (note IS NULL AND id > 2)', 'SELECT id AS k FROM m.orders WHERE (id > 2 AND note IS NULL) OR (amount > 1 AND id = 1)'),
	('order of AND in ON', 'SELECT a.id AS k FROM m.orders a LEFT JOIN m.customers b ON a.id = b.id AND b.name = ''x''', 'SELECT a.id AS k FROM m.orders a LEFT JOIN m.customers b ON b.name = ''x'' AND a.id = b.id'),
	('order of AND in HAVING', 'SELECT customer_id AS k FROM m.orders GROUP BY 1 HAVING count(*) > 1 AND min(id) > 0', 'SELECT customer_id AS k FROM m.orders GROUP BY 1 HAVING min(id) > 0 AND count(*) > 1'),
	('order of AND in CASE', 'SELECT id AS k, CASE WHEN id > 1 AND amount > 2 THEN 1 END AS c FROM m.orders', 'SELECT id AS k, CASE WHEN amount > 2 AND id > 1 THEN 1 END AS c FROM m.orders'),
	('order of IN', 'SELECT id AS k FROM m.orders WHERE id IN (1, 2, 3)', 'SELECT id AS k FROM m.orders WHERE id IN (3, 1, 2)'),
	('order of NOT IN', 'SELECT id AS k FROM m.orders WHERE note NOT IN (''a'', ''b'')', 'SELECT id AS k FROM m.orders WHERE note NOT IN (''b'', ''a'')'),
	('order of IN with columns', 'SELECT id AS k FROM m.orders WHERE id IN (1, customer_id)', 'SELECT id AS k FROM m.orders WHERE id IN (customer_id, 1)'),
	('INNER JOIN', 'SELECT o.id AS k FROM m.orders o JOIN m.customers c ON o.id = c.id', 'SELECT o.id AS k FROM m.orders o INNER JOIN m.customers c ON o.id = c.id'),
	('LEFT OUTER JOIN', 'SELECT o.id AS k FROM m.orders o LEFT JOIN m.customers c ON o.id = c.id', 'SELECT o.id AS k FROM m.orders o LEFT OUTER JOIN m.customers c ON o.id = c.id'),
	('USING or ON', 'SELECT o.id AS k FROM m.orders o JOIN m.customers c USING (id)', 'SELECT o.id AS k FROM m.orders o JOIN m.customers c ON o.id = c.id'),
	('NATURAL or USING', 'SELECT o.k FROM (SELECT id AS k FROM m.orders) o NATURAL JOIN (SELECT id AS k FROM m.customers) c', 'SELECT o.k FROM (SELECT id AS k FROM m.orders) o JOIN (SELECT id AS k FROM m.customers) c USING (k)'),
	('USING and its alias', 'SELECT o.id AS k FROM m.orders o LEFT JOIN m.customers c USING (id)', 'SELECT j.id AS k FROM m.orders o LEFT JOIN m.customers c USING (id) AS j'),
	('* or the list', 'SELECT *, id AS k FROM m.customers', 'SELECT id, name, id AS k FROM m.customers'),
	('alias.* or the list', 'SELECT c.*, c.id AS k FROM m.customers c', 'SELECT c.id, c.name, c.id AS k FROM m.customers c'),
	('TABLE', 'SELECT * FROM (SELECT id AS k FROM m.orders) s', 'SELECT k FROM (SELECT id AS k FROM m.orders) s'),
	('GROUP BY 1 or by name', 'SELECT customer_id AS k, sum(amount) AS s FROM m.orders GROUP BY 1', 'SELECT customer_id AS k, sum(amount) AS s FROM m.orders GROUP BY customer_id'),
	('GROUP BY alias', 'SELECT customer_id AS k, sum(amount) AS s FROM m.orders GROUP BY customer_id', 'SELECT customer_id AS k, sum(amount) AS s FROM m.orders GROUP BY k'),
	('ORDER BY 1 or by name', 'SELECT id AS k FROM m.orders ORDER BY 1 LIMIT 2', 'SELECT id AS k FROM m.orders ORDER BY id ASC NULLS LAST LIMIT 2'),
	('unused CTE added', 'SELECT id AS k FROM m.orders', 'WITH z AS (SELECT 1) SELECT id AS k FROM m.orders'),
	('unused CTE over a model added', 'SELECT id AS k FROM m.orders', 'WITH z AS (SELECT count(*) FROM m.customers) SELECT id AS k FROM m.orders'),
	('unused CTE removed', 'WITH x AS (SELECT id AS k FROM m.orders), z AS (SELECT 1) SELECT k FROM x', 'WITH x AS (SELECT id AS k FROM m.orders) SELECT k FROM x'),
	('CTE read by an unused one', 'SELECT id AS k FROM m.orders', 'WITH y AS (SELECT 1 AS n), z AS (SELECT n FROM y) SELECT id AS k FROM m.orders'),
	('CTE read by a used and an unused one', 'WITH y AS (SELECT clock_timestamp() AS n) SELECT o.id AS k FROM m.orders o, y', 'WITH y AS (SELECT clock_timestamp() AS n), z AS (SELECT n FROM y) SELECT o.id AS k FROM m.orders o, y'),
	('CTE read by an unused one further down', 'WITH y AS (SELECT id AS k FROM m.orders LIMIT 3) SELECT s.k FROM (SELECT k FROM y) s', 'WITH y AS (SELECT id AS k FROM m.orders LIMIT 3) SELECT s.k FROM (WITH z AS (SELECT 1 AS n WHERE EXISTS (SELECT FROM y)), zz AS (SELECT n FROM z) SELECT k FROM y) s'),
	('unused CTE changed', 'WITH z AS (SELECT 1) SELECT id AS k FROM m.orders', 'WITH z AS (SELECT DISTINCT note FROM m.orders) SELECT id AS k FROM m.orders'),
	('ORDER BY added', 'SELECT id AS k FROM m.orders', 'SELECT id AS k FROM m.orders ORDER BY amount DESC'),
	('ORDER BY removed', 'SELECT id AS k FROM m.orders ORDER BY amount DESC, note', 'SELECT id AS k FROM m.orders'),
	('ORDER BY with DISTINCT', 'SELECT DISTINCT note AS k FROM m.orders', 'SELECT DISTINCT note AS k FROM m.orders ORDER BY note DESC'),
	('ORDER BY with UNION', 'SELECT id AS k FROM m.orders UNION SELECT id FROM m.customers', 'SELECT id AS k FROM m.orders UNION SELECT id FROM m.customers ORDER BY 1'),
	('CTE or subquery', 'WITH x AS (SELECT id AS k FROM m.orders WHERE id > 1) SELECT k FROM x', 'SELECT k FROM (SELECT id AS k FROM m.orders WHERE id > 1) x'),
	('CTE or subquery in a join', 'WITH x AS (SELECT id FROM m.customers) SELECT o.id AS k FROM m.orders o JOIN x ON x.id = o.id', 'SELECT o.id AS k FROM m.orders o JOIN (SELECT id FROM m.customers) x ON x.id = o.id'),
	('CTE or subquery with an aggregate', 'WITH x AS (SELECT customer_id, sum(amount) AS s FROM m.orders GROUP BY 1) SELECT s AS k FROM x WHERE s > 1', 'SELECT s AS k FROM (SELECT customer_id, sum(amount) AS s FROM m.orders GROUP BY 1) x WHERE s > 1'),
	('SELECT ALL', 'SELECT id AS k FROM m.orders', 'SELECT ALL id AS k FROM m.orders'),
	('UNION DISTINCT', 'SELECT id AS k FROM m.orders UNION SELECT id FROM m.customers', 'SELECT id AS k FROM m.orders UNION DISTINCT SELECT id FROM m.customers'),
	('FETCH FIRST', 'SELECT id AS k FROM m.orders ORDER BY id LIMIT 3', 'SELECT id AS k FROM m.orders ORDER BY id FETCH FIRST 3 ROWS ONLY'),
	('escape string', 'SELECT note = ''a'' AS k FROM m.orders', 'SELECT note = E''\x61'' AS k FROM m.orders'),
	('dollar quotes', 'SELECT note = ''a'' AS k FROM m.orders', 'SELECT note = $a$a$a$ AS k FROM m.orders'),
	('named arguments', 'SELECT raw.f(a => id) AS k FROM m.orders', 'SELECT raw.f(id) AS k FROM m.orders'),
	('aliases in EXISTS', 'SELECT o.id AS k FROM m.orders o WHERE EXISTS (SELECT 1 FROM m.customers c WHERE c.id = o.id)', 'SELECT p.id AS k FROM m.orders p WHERE EXISTS (SELECT 1 FROM m.customers d WHERE d.id = p.id)'),
	('* of a table that inherits', 'SELECT id AS k FROM raw.parent', 'SELECT id AS k FROM raw.parent *'),
	('VALUES or parentheses', 'SELECT v.k FROM (VALUES (1), (2)) v(k)', 'SELECT w.q AS k FROM (VALUES (1), (2)) AS w(q)')
) v(name, before, after);
INSERT INTO raw.cases (form, name, before, after, category, reason, readers, more)
SELECT 'description', name, 'SELECT id AS k FROM m.orders', 'SELECT id AS k FROM m.orders', 'metadata', 'text or description only', 'kkk', jsonb_build_object('before', a, 'after', b) FROM (VALUES
	('description added', '{}'::jsonb, '{"options": {"description": "d"}}'::jsonb),
	('description changed', '{"options": {"description": "d"}}', '{"options": {"description": "e"}}'),
	('tags', '{"options": {"tags": ["x"]}}', '{"options": {"tags": ["x", "y"]}}'),
	('description of a column', '{}', '{"options": {"columns": {"k": "the key"}}}')
) v(name, a, b);

-- columns
INSERT INTO raw.cases (form, name, category, reason, readers, before, after) VALUES
	('columns', 'added last', 'non_breaking', 'column "note" added', 'kkb', 'SELECT id AS k, amount FROM m.orders', 'SELECT id AS k, amount, note FROM m.orders'),
	('columns', 'added first', 'non_breaking', 'column "note" added', 'kkb', 'SELECT id AS k, amount FROM m.orders', 'SELECT note, id AS k, amount FROM m.orders'),
	('columns', 'added between', 'non_breaking', 'column "note" added', 'kkb', 'SELECT id AS k, amount FROM m.orders', 'SELECT id AS k, note, amount FROM m.orders'),
	('columns', 'two added', 'non_breaking', 'column "flags" added, column "note" added', 'kkb', 'SELECT id AS k FROM m.orders', 'SELECT flags, id AS k, note FROM m.orders'),
	('columns', 'constant added', 'non_breaking', 'column "c" added', 'kkb', 'SELECT id AS k FROM m.orders', 'SELECT id AS k, 1 AS c FROM m.orders'),
	('columns', 'scalar subquery added', 'non_breaking', 'column "c" added', 'kkb', 'SELECT id AS k FROM m.orders', 'SELECT id AS k, (SELECT max(name) FROM m.customers) AS c FROM m.orders'),
	('columns', 'correlated subquery added', 'non_breaking', 'column "c" added', 'kkb', 'SELECT id AS k FROM m.orders', 'SELECT o.id AS k, (SELECT max(name) FROM m.customers c WHERE c.id = o.id) AS c FROM m.orders o'),
	('columns', 'window function added', 'non_breaking', 'column "c" added', 'kkb', 'SELECT id AS k FROM m.orders', 'SELECT id AS k, count(*) OVER (PARTITION BY customer_id) AS c FROM m.orders'),
	('columns', 'aggregate added to others', 'non_breaking', 'column "n" added', 'kkb', 'SELECT customer_id AS k, sum(amount) AS s FROM m.orders GROUP BY 1', 'SELECT customer_id AS k, sum(amount) AS s, count(*) AS n FROM m.orders GROUP BY 1'),
	('columns', 'aggregate added to a grouped query', 'non_breaking', 'column "n" added', 'kkb', 'SELECT customer_id AS k FROM m.orders GROUP BY 1', 'SELECT customer_id AS k, count(*) AS n FROM m.orders GROUP BY 1'),
	('columns', 'GROUPING added', 'non_breaking', 'column "g" added', 'kkb', 'SELECT customer_id AS k, count(*) AS n FROM m.orders GROUP BY ROLLUP (1)', 'SELECT customer_id AS k, count(*) AS n, grouping(customer_id) AS g FROM m.orders GROUP BY ROLLUP (1)'),
	('columns', 'of the joined table added', 'non_breaking', 'column "name" added', 'kkb', 'SELECT o.id AS k FROM m.orders o LEFT JOIN m.customers c ON c.id = o.customer_id', 'SELECT o.id AS k, c.name FROM m.orders o LEFT JOIN m.customers c ON c.id = o.customer_id'),
	('columns', 'added to VALUES', 'non_breaking', 'column "n" added', 'kkb', 'SELECT v.k FROM (VALUES (1, 2), (3, 4)) v(k, n)', 'SELECT v.k, v.n FROM (VALUES (1, 2), (3, 4)) v(k, n)'),
	('columns', 'removed', 'breaking', 'column "amount" removed', 'kkb', 'SELECT id AS k, amount FROM m.orders', 'SELECT id AS k FROM m.orders'),
	('columns', 'removed, another added', 'breaking', 'column "amount" removed, column "note" added', 'kkb', 'SELECT id AS k, amount FROM m.orders', 'SELECT id AS k, note FROM m.orders'),
	('columns', 'renamed', 'breaking', 'column "amount" removed, column "total" added', 'kkb', 'SELECT id AS k, amount FROM m.orders', 'SELECT id AS k, amount AS total FROM m.orders'),
	('columns', 'two names exchanged', 'breaking', 'column "a" computed differently, column "b" computed differently', 'kkb', 'SELECT id AS k, customer_id AS a, id AS b FROM m.orders', 'SELECT id AS k, id AS a, customer_id AS b FROM m.orders'),
	('columns', 'computed differently', 'breaking', 'column "a" computed differently', 'kkb', 'SELECT id AS k, customer_id AS a FROM m.orders', 'SELECT id AS k, customer_id * 2 AS a FROM m.orders'),
	('columns', 'that is read computed differently', 'breaking', 'column "k" computed differently', 'bkb', 'SELECT id AS k, amount AS a FROM m.orders', 'SELECT id + 1 AS k, amount AS a FROM m.orders'),
	('columns', 'one computed differently, one added', 'breaking', 'column "a" computed differently, column "b" added', 'kkb', 'SELECT id AS k, customer_id AS a FROM m.orders', 'SELECT id AS k, -customer_id AS a, note AS b FROM m.orders'),
	('columns', 'retyped', 'breaking', 'column "a" is now bigint, was integer', 'kkb', 'SELECT id AS k, customer_id AS a FROM m.orders', 'SELECT id AS k, customer_id::bigint AS a FROM m.orders'),
	('columns', 'that is read retyped', 'breaking', 'column "k" is now bigint, was integer', 'bkb', 'SELECT id AS k FROM m.orders', 'SELECT id::bigint AS k FROM m.orders'),
	('columns', 'modifier', 'breaking', 'column "a" is now numeric(10,1), was numeric(10,2)', 'kkb', 'SELECT id AS k, amount::numeric(10,2) AS a FROM m.orders', 'SELECT id AS k, amount::numeric(10,1) AS a FROM m.orders'),
	('columns', 'modifier gone', 'breaking', 'column "a" is now numeric, was numeric(10,2)', 'kkb', 'SELECT id AS k, amount AS a FROM m.orders', 'SELECT id AS k, amount::numeric AS a FROM m.orders'),
	('columns', 'unknown literal or text', 'metadata', 'text or description only', 'kkk', 'SELECT id AS k, ''x'' AS a FROM m.orders', 'SELECT id AS k, ''x''::text AS a FROM m.orders'),
	('columns', 'collation', 'breaking', 'column "a" has another collation', 'kkb', 'SELECT id AS k, note AS a FROM m.orders', 'SELECT id AS k, note COLLATE "C" AS a FROM m.orders'),
	('columns', 'another collation', 'breaking', 'column "a" has another collation', 'kkb', 'SELECT id AS k, note COLLATE "POSIX" AS a FROM m.orders', 'SELECT id AS k, note COLLATE "C" AS a FROM m.orders'),
	('columns', 'reordered', 'non_breaking', 'order of columns changed', 'kkb', 'SELECT id AS k, amount, note FROM m.orders', 'SELECT note, id AS k, amount FROM m.orders'),
	('columns', 'reordered and added', 'non_breaking', 'column "customer_id" added, order of columns changed', 'kkb', 'SELECT id AS k, amount, note FROM m.orders', 'SELECT note, id AS k, amount, customer_id FROM m.orders'),
	('columns', 'reordered and removed', 'breaking', 'column "note" removed, order of columns changed', 'kkb', 'SELECT id AS k, amount, note FROM m.orders', 'SELECT amount, id AS k FROM m.orders'),
	('columns', 'unread one of a subquery added', 'metadata', 'text or description only', 'kkk', 'SELECT s.k FROM (SELECT id AS k FROM m.orders) s', 'SELECT s.k FROM (SELECT id AS k, note FROM m.orders) s'),
	('columns', 'one of a subquery computed differently', 'breaking', 'subquery "s" changed', 'kkb', 'SELECT s.k, s.n FROM (SELECT id AS k, customer_id AS n FROM m.orders) s', 'SELECT s.k, s.n FROM (SELECT id AS k, -customer_id AS n FROM m.orders) s'),
	('columns', 'read through a subquery', 'non_breaking', 'column "note" added', 'kkb', 'SELECT s.k FROM (SELECT id AS k FROM m.orders) s', 'SELECT s.k, s.note FROM (SELECT id AS k, note FROM m.orders) s'),
	('columns', 'rows and columns at once', 'breaking', 'WHERE changed, column "note" added', 'bbb', 'SELECT id AS k FROM m.orders', 'SELECT id AS k, note FROM m.orders WHERE id > 1');

-- which rows there are: every reader is built again
INSERT INTO raw.cases (form, name, reason, before, after, category, readers)
SELECT v.*, 'breaking', 'bbb' FROM (VALUES
	('WHERE', 'added', 'WHERE changed', 'SELECT id AS k FROM m.orders', 'SELECT id AS k FROM m.orders WHERE id > 1'),
	('WHERE', 'removed', 'WHERE changed', 'SELECT id AS k FROM m.orders WHERE id > 1', 'SELECT id AS k FROM m.orders'),
	('WHERE', 'constant', 'WHERE changed', 'SELECT id AS k FROM m.orders WHERE id > 1', 'SELECT id AS k FROM m.orders WHERE id > 2'),
	('WHERE', 'operator', 'WHERE changed', 'SELECT id AS k FROM m.orders WHERE id > 1', 'SELECT id AS k FROM m.orders WHERE id >= 1'),
	('WHERE', 'column', 'WHERE changed', 'SELECT id AS k FROM m.orders WHERE id > 1', 'SELECT id AS k FROM m.orders WHERE customer_id > 1'),
	('WHERE', 'conjunct', 'WHERE changed', 'SELECT id AS k FROM m.orders WHERE id > 1', 'SELECT id AS k FROM m.orders WHERE id > 1 AND note IS NULL'),
	('WHERE', 'AND or OR', 'WHERE changed', 'SELECT id AS k FROM m.orders WHERE id > 1 AND note IS NULL', 'SELECT id AS k FROM m.orders WHERE id > 1 OR note IS NULL'),
	('WHERE', 'NOT', 'WHERE changed', 'SELECT id AS k FROM m.orders WHERE id > 1', 'SELECT id AS k FROM m.orders WHERE NOT id > 1'),
	('WHERE', 'parentheses', 'WHERE changed', 'SELECT id AS k FROM m.orders WHERE (id > 1 OR note IS NULL) AND amount > 2', 'SELECT id AS k FROM m.orders WHERE id > 1 OR (note IS NULL AND amount > 2)'),
	('WHERE', 'IS NULL', 'WHERE changed', 'SELECT id AS k FROM m.orders WHERE note IS NULL', 'SELECT id AS k FROM m.orders WHERE note IS NOT NULL'),
	('WHERE', 'IS NOT DISTINCT FROM', 'WHERE changed', 'SELECT id AS k FROM m.orders WHERE id = customer_id', 'SELECT id AS k FROM m.orders WHERE id IS NOT DISTINCT FROM customer_id'),
	('WHERE', 'LIKE', 'WHERE changed', 'SELECT id AS k FROM m.orders WHERE note LIKE ''b''', 'SELECT id AS k FROM m.orders WHERE note ILIKE ''b'''),
	('WHERE', 'collation', 'WHERE changed', 'SELECT id AS k FROM m.orders WHERE note COLLATE "POSIX" < ''b''', 'SELECT id AS k FROM m.orders WHERE note COLLATE "C" < ''b'''),
	('WHERE', 'IN has one more', 'WHERE changed', 'SELECT id AS k FROM m.orders WHERE id IN (1, 2)', 'SELECT id AS k FROM m.orders WHERE id IN (1, 2, 3)'),
	('WHERE', 'NOT IN with NULL', 'WHERE changed', 'SELECT id AS k FROM m.orders WHERE id NOT IN (1, 2)', 'SELECT id AS k FROM m.orders WHERE id NOT IN (1, 2, NULL)'),
	('WHERE', 'ANY or ALL', 'WHERE changed', 'SELECT id AS k FROM m.orders WHERE id > ANY (flags)', 'SELECT id AS k FROM m.orders WHERE id > ALL (flags)'),
	('WHERE', 'row comparison', 'WHERE changed', 'SELECT id AS k FROM m.orders WHERE (id, customer_id) < (2, 1)', 'SELECT id AS k FROM m.orders WHERE (id, customer_id) <= (2, 1)'),
	('WHERE', 'EXISTS', 'WHERE changed', 'SELECT id AS k FROM m.orders o WHERE EXISTS (SELECT 1 FROM m.customers c WHERE c.id = o.id)', 'SELECT id AS k FROM m.orders o WHERE NOT EXISTS (SELECT 1 FROM m.customers c WHERE c.id = o.id)'),
	('WHERE', 'in a sublink', 'WHERE changed', 'SELECT id AS k FROM m.orders o WHERE id IN (SELECT id FROM m.customers)', 'SELECT id AS k FROM m.orders o WHERE id IN (SELECT id FROM m.customers WHERE name IS NOT NULL)'),
	('WHERE', 'outer reference of a sublink', 'WHERE changed', 'SELECT id AS k FROM m.orders o WHERE EXISTS (SELECT 1 FROM m.customers c WHERE c.id = o.id)', 'SELECT id AS k FROM m.orders o WHERE EXISTS (SELECT 1 FROM m.customers c WHERE c.id = o.customer_id)'),
	('WHERE', 'false', 'WHERE changed', 'SELECT id AS k FROM m.orders', 'SELECT id AS k FROM m.orders WHERE false'),
	('ON', 'constant', 'JOIN condition changed', 'SELECT o.id AS k FROM m.orders o JOIN m.customers c ON c.id = o.id', 'SELECT o.id AS k FROM m.orders o JOIN m.customers c ON c.id = o.id AND c.id > 1'),
	('ON', 'column', 'JOIN condition changed', 'SELECT o.id AS k FROM m.orders o JOIN m.customers c ON c.id = o.id', 'SELECT o.id AS k FROM m.orders o JOIN m.customers c ON c.id = o.customer_id'),
	('ON', 'of an outer join', 'JOIN condition changed', 'SELECT o.id AS k FROM m.orders o LEFT JOIN m.customers c ON c.id = o.id', 'SELECT o.id AS k FROM m.orders o LEFT JOIN m.customers c ON c.id >= o.id'),
	('ON', 'moved to WHERE', 'JOIN condition changed, WHERE changed', 'SELECT o.id AS k FROM m.orders o LEFT JOIN m.customers c ON c.id = o.id AND o.id > 1', 'SELECT o.id AS k FROM m.orders o LEFT JOIN m.customers c ON c.id = o.id WHERE o.id > 1'),
	('ON', 'USING has one more', 'JOIN condition changed', 'SELECT o.k FROM (SELECT id AS k, note AS name FROM m.orders) o JOIN (SELECT id AS k, name FROM m.customers) c USING (k)', 'SELECT o.k FROM (SELECT id AS k, note AS name FROM m.orders) o JOIN (SELECT id AS k, name FROM m.customers) c USING (k, name)'),
	('ON', 'USING or NATURAL', 'JOIN condition changed', 'SELECT o.k FROM (SELECT id AS k, note AS name FROM m.orders) o JOIN (SELECT id AS k, name FROM m.customers) c USING (k)', 'SELECT o.k FROM (SELECT id AS k, note AS name FROM m.orders) o NATURAL JOIN (SELECT id AS k, name FROM m.customers) c'),
	('GROUP BY', 'added', 'GROUP BY changed', 'SELECT id AS k FROM m.orders', 'SELECT id AS k FROM m.orders GROUP BY id'),
	('GROUP BY', 'removed', 'GROUP BY changed', 'SELECT customer_id AS k FROM m.orders GROUP BY customer_id', 'SELECT customer_id AS k FROM m.orders'),
	('GROUP BY', 'one more', 'GROUP BY changed', 'SELECT customer_id AS k, sum(amount) AS s FROM m.orders GROUP BY customer_id', 'SELECT customer_id AS k, sum(amount) AS s FROM m.orders GROUP BY customer_id, note'),
	('GROUP BY', 'one more, and a column of it', 'GROUP BY changed, column "note" added', 'SELECT customer_id AS k, sum(amount) AS s FROM m.orders GROUP BY customer_id', 'SELECT customer_id AS k, sum(amount) AS s, note FROM m.orders GROUP BY customer_id, note'),
	('GROUP BY', 'of nothing', 'GROUP BY changed', 'SELECT 1 AS k FROM m.orders', 'SELECT 1 AS k FROM m.orders GROUP BY ()'),
	('HAVING', 'added', 'HAVING changed', 'SELECT customer_id AS k FROM m.orders GROUP BY 1', 'SELECT customer_id AS k FROM m.orders GROUP BY 1 HAVING count(*) > 1'),
	('HAVING', 'removed', 'HAVING changed', 'SELECT customer_id AS k, count(*) AS n FROM m.orders GROUP BY 1 HAVING count(*) > 1', 'SELECT customer_id AS k, count(*) AS n FROM m.orders GROUP BY 1'),
	('HAVING', 'constant', 'HAVING changed', 'SELECT customer_id AS k FROM m.orders GROUP BY 1 HAVING count(*) > 1', 'SELECT customer_id AS k FROM m.orders GROUP BY 1 HAVING count(*) > 2'),
	('HAVING', 'aggregate', 'HAVING changed', 'SELECT customer_id AS k FROM m.orders GROUP BY 1 HAVING count(note) > 0', 'SELECT customer_id AS k FROM m.orders GROUP BY 1 HAVING count(*) > 0'),
	('HAVING', 'without GROUP BY', 'HAVING changed', 'SELECT max(id) AS k FROM m.orders', 'SELECT max(id) AS k FROM m.orders HAVING count(*) > 100'),
	('DISTINCT', 'added', 'DISTINCT changed', 'SELECT note AS k FROM m.orders', 'SELECT DISTINCT note AS k FROM m.orders'),
	('DISTINCT', 'removed', 'DISTINCT changed', 'SELECT DISTINCT note AS k FROM m.orders', 'SELECT note AS k FROM m.orders'),
	('DISTINCT', 'ON', 'DISTINCT changed', 'SELECT DISTINCT note AS k, id FROM m.orders', 'SELECT DISTINCT ON (note) note AS k, id FROM m.orders'),
	('DISTINCT', 'ON another', 'DISTINCT changed', 'SELECT DISTINCT ON (note) note AS k, id FROM m.orders', 'SELECT DISTINCT ON (note, id) note AS k, id FROM m.orders'),
	('DISTINCT', 'ON in another order', 'ORDER BY changed', 'SELECT DISTINCT ON (customer_id) customer_id AS c, id AS k FROM m.orders ORDER BY customer_id, id', 'SELECT DISTINCT ON (customer_id) customer_id AS c, id AS k FROM m.orders ORDER BY customer_id, id DESC'),
	('DISTINCT', 'computed from another column', 'DISTINCT changed, column "k" computed differently', 'SELECT DISTINCT note AS k FROM m.orders', 'SELECT DISTINCT lower(note) AS k FROM m.orders'),
	('LIMIT', 'added', 'LIMIT changed, ORDER BY changed', 'SELECT id AS k FROM m.orders', 'SELECT id AS k FROM m.orders ORDER BY id LIMIT 3'),
	('LIMIT', 'removed', 'LIMIT changed, ORDER BY changed', 'SELECT id AS k FROM m.orders ORDER BY id LIMIT 3', 'SELECT id AS k FROM m.orders ORDER BY id'),
	('LIMIT', 'number', 'LIMIT changed', 'SELECT id AS k FROM m.orders ORDER BY id LIMIT 1', 'SELECT id AS k FROM m.orders ORDER BY id LIMIT 4'),
	('LIMIT', 'OFFSET', 'LIMIT changed', 'SELECT id AS k FROM m.orders ORDER BY id LIMIT 1', 'SELECT id AS k FROM m.orders ORDER BY id LIMIT 1 OFFSET 1'),
	('LIMIT', 'OFFSET alone', 'LIMIT changed', 'SELECT id AS k FROM m.orders ORDER BY id OFFSET 1', 'SELECT id AS k FROM m.orders ORDER BY id OFFSET 4'),
	('LIMIT', 'WITH TIES', 'LIMIT changed', 'SELECT id AS k FROM m.orders ORDER BY id FETCH FIRST 2 ROWS ONLY', 'SELECT id AS k FROM m.orders ORDER BY id FETCH FIRST 2 ROWS WITH TIES'),
	('LIMIT', 'order', 'ORDER BY changed', 'SELECT id AS k FROM m.orders ORDER BY id LIMIT 1', 'SELECT id AS k FROM m.orders ORDER BY id DESC LIMIT 1'),
	('LIMIT', 'order of NULLs', 'ORDER BY changed', 'SELECT id AS k FROM m.orders ORDER BY customer_id NULLS FIRST LIMIT 1', 'SELECT id AS k FROM m.orders ORDER BY customer_id DESC NULLS LAST, id DESC LIMIT 1'),
	('LIMIT', 'order by another', 'ORDER BY changed', 'SELECT id AS k FROM m.orders ORDER BY amount NULLS LAST LIMIT 1', 'SELECT id AS k FROM m.orders ORDER BY note NULLS LAST LIMIT 1'),
	('LIMIT', 'order of a subquery', 'subquery "s" changed', 'SELECT s.k FROM (SELECT id AS k FROM m.orders ORDER BY id LIMIT 1) s', 'SELECT s.k FROM (SELECT id AS k FROM m.orders ORDER BY id DESC LIMIT 1) s'),
	('FROM', 'another model', 'FROM changed', 'SELECT id AS k FROM m.orders', 'SELECT id AS k FROM m.customers'),
	('FROM', 'another table', 'FROM changed', 'SELECT id AS k FROM raw.orders', 'SELECT id AS k FROM raw.archive'),
	('FROM', 'model or table', 'FROM changed', 'SELECT id AS k FROM m.orders', 'SELECT id AS k FROM raw.orders'),
	('FROM', 'ONLY', 'FROM changed', 'SELECT id AS k FROM raw.parent', 'SELECT id AS k FROM ONLY raw.parent'),
	('FROM', 'one more', 'FROM changed', 'SELECT o.id AS k FROM m.orders o', 'SELECT o.id AS k FROM m.orders o, m.customers c'),
	('FROM', 'one more, CROSS JOIN', 'FROM changed', 'SELECT o.id AS k FROM m.orders o', 'SELECT o.id AS k FROM m.orders o CROSS JOIN m.customers c'),
	('FROM', 'LEFT JOIN added', 'FROM changed, JOIN condition changed', 'SELECT o.id AS k FROM m.orders o', 'SELECT o.id AS k FROM m.orders o LEFT JOIN m.customers c ON c.id = o.id'),
	('FROM', 'JOIN or LEFT JOIN', 'FROM changed', 'SELECT o.id AS k FROM m.orders o JOIN m.customers c ON c.id = o.id', 'SELECT o.id AS k FROM m.orders o LEFT JOIN m.customers c ON c.id = o.id'),
	('FROM', 'LEFT or RIGHT', 'FROM changed', 'SELECT o.id AS k FROM m.orders o LEFT JOIN m.customers c ON c.id = o.id', 'SELECT o.id AS k FROM m.orders o RIGHT JOIN m.customers c ON c.id = o.id'),
	('FROM', 'LEFT or FULL', 'FROM changed', 'SELECT o.id AS k FROM m.orders o LEFT JOIN m.customers c ON c.id = o.id', 'SELECT o.id AS k FROM m.orders o FULL JOIN m.customers c ON c.id = o.id'),
	('FROM', 'LATERAL', 'subquery "s" changed', 'SELECT s.k FROM m.orders o, LATERAL (SELECT o.id AS k WHERE o.id > 1) s', 'SELECT s.k FROM m.orders o, LATERAL (SELECT o.id AS k WHERE o.customer_id > 1) s'),
	('FROM', 'function', 'FROM changed', 'SELECT k FROM generate_series(1, 3) k', 'SELECT k FROM generate_series(1, 4) k'),
	('FROM', 'ROWS FROM', 'FROM changed', 'SELECT r.k FROM ROWS FROM (generate_series(1, 2), generate_series(1, 3)) r(k, n)', 'SELECT r.k FROM ROWS FROM (generate_series(1, 2), generate_series(1, 4)) r(k, n)'),
	('FROM', 'VALUES', 'subquery "v" changed', 'SELECT v.k FROM (VALUES (1), (2)) v(k)', 'SELECT v.k FROM (VALUES (1), (2), (3)) v(k)'),
	('FROM', 'user''s function', 'FROM changed', 'SELECT k FROM raw.numbers(2) k', 'SELECT k FROM raw.numbers(3) k'),
	('FROM', 'TABLESAMPLE added', 'FROM changed', 'SELECT id AS k FROM raw.orders', 'SELECT id AS k FROM raw.orders TABLESAMPLE BERNOULLI (100)'),
	('FROM', 'TABLESAMPLE', 'FROM changed', 'SELECT id AS k FROM raw.orders TABLESAMPLE BERNOULLI (100)', 'SELECT id AS k FROM raw.orders TABLESAMPLE BERNOULLI (0)'),
	('FROM', 'TABLESAMPLE method', 'FROM changed', 'SELECT id AS k FROM raw.orders TABLESAMPLE BERNOULLI (100)', 'SELECT id AS k FROM raw.orders TABLESAMPLE SYSTEM (100)'),
	('FROM', 'TABLESAMPLE REPEATABLE', 'FROM changed', 'SELECT id AS k FROM raw.orders TABLESAMPLE SYSTEM (100) REPEATABLE (1)', 'SELECT id AS k FROM raw.orders TABLESAMPLE SYSTEM (100) REPEATABLE (2)'),
	('self-join', 'side in WHERE', 'WHERE changed', 'SELECT a.id AS k FROM m.orders a, m.orders b WHERE a.amount > 15', 'SELECT a.id AS k FROM m.orders a, m.orders b WHERE b.amount > 15'),
	('self-join', 'side in ON', 'JOIN condition changed', 'SELECT a.id AS k FROM m.orders a LEFT JOIN m.orders b ON a.id = b.customer_id', 'SELECT a.id AS k FROM m.orders a LEFT JOIN m.orders b ON b.id = a.customer_id'),
	('self-join', 'direction', 'WHERE changed', 'SELECT a.id AS k FROM m.orders a, m.orders b WHERE a.id < b.id', 'SELECT a.id AS k FROM m.orders a, m.orders b WHERE a.id > b.id'),
	('set operation', 'UNION or UNION ALL', 'column "k" computed differently, set operation changed', 'SELECT id AS k FROM m.orders UNION SELECT id FROM m.customers', 'SELECT id AS k FROM m.orders UNION ALL SELECT id FROM m.customers'),
	('set operation', 'UNION or INTERSECT', 'set operation changed', 'SELECT id AS k FROM m.orders UNION SELECT id FROM m.customers', 'SELECT id AS k FROM m.orders INTERSECT SELECT id FROM m.customers'),
	('set operation', 'EXCEPT or EXCEPT ALL', 'set operation changed', 'SELECT id AS k FROM m.orders EXCEPT SELECT id FROM m.customers', 'SELECT id AS k FROM m.orders EXCEPT ALL SELECT id FROM m.customers'),
	('set operation', 'another branch', 'column "k" computed differently, set operation changed', 'SELECT id AS k FROM m.orders UNION ALL SELECT id FROM m.customers', 'SELECT id AS k FROM m.orders UNION ALL SELECT customer_id FROM m.orders WHERE id > 3'),
	('set operation', 'WHERE of a branch', 'set operation changed', 'SELECT id AS k FROM m.orders UNION ALL SELECT id FROM m.customers', 'SELECT id AS k FROM m.orders UNION ALL SELECT id FROM m.customers WHERE id > 1'),
	('set operation', 'one more branch', 'column "k" computed differently, set operation changed', 'SELECT id AS k FROM m.orders UNION ALL SELECT id FROM m.customers', 'SELECT id AS k FROM m.orders UNION ALL SELECT id FROM m.customers UNION ALL SELECT 9'),
	('set operation', 'sides of EXCEPT', 'subquery "s" changed', 'SELECT id AS k FROM (SELECT id FROM m.orders EXCEPT SELECT id FROM m.customers) s', 'SELECT id AS k FROM (SELECT id FROM m.customers EXCEPT SELECT id FROM m.orders) s'),
	('set operation', 'nested otherwise', 'set operation changed', '(SELECT 1 AS k EXCEPT SELECT 2) EXCEPT SELECT 1', 'SELECT 1 AS k EXCEPT (SELECT 2 EXCEPT SELECT 1)'),
	('set operation', 'UNION gains a column', 'column "n" added, set operation changed', 'SELECT customer_id AS k FROM m.orders UNION SELECT id FROM m.customers', 'SELECT customer_id AS k, id AS n FROM m.orders UNION SELECT id, id FROM m.customers'),
	('set operation', 'INTERSECT ALL gains a column', 'column "n" added, set operation changed', 'SELECT customer_id AS k FROM m.orders INTERSECT ALL SELECT id FROM m.customers', 'SELECT customer_id AS k, id AS n FROM m.orders INTERSECT ALL SELECT id, id FROM m.customers'),
	('set operation', 'UNION ALL of UNIONs gains a column', 'column "n" added, set operation changed', '(SELECT customer_id AS k FROM m.orders UNION SELECT 1) UNION ALL SELECT id FROM m.customers', '(SELECT customer_id AS k, id AS n FROM m.orders UNION SELECT 1, 2) UNION ALL SELECT id, id FROM m.customers'),
	('set operation', 'a column of UNION computed differently', 'set operation changed', 'SELECT customer_id AS k, id AS n FROM m.orders UNION SELECT id, id FROM m.customers', 'SELECT customer_id AS k, -id AS n FROM m.orders UNION SELECT id, -id FROM m.customers'),
	('WITH', 'WHERE of a CTE', 'WITH query "x" changed', 'WITH x AS (SELECT id AS k FROM m.orders) SELECT k FROM x', 'WITH x AS (SELECT id AS k FROM m.orders WHERE id > 1) SELECT k FROM x'),
	('WITH', 'DISTINCT in a CTE', 'WITH query "x" changed', 'WITH x AS (SELECT id AS k FROM m.orders) SELECT k FROM x', 'WITH x AS (SELECT DISTINCT id AS k FROM m.orders) SELECT k FROM x'),
	('WITH', 'CTE of a CTE', 'WITH query "x" changed, WITH query "y" changed', 'WITH x AS (SELECT id AS k FROM m.orders), y AS (SELECT k FROM x WHERE k > 1) SELECT k FROM y', 'WITH x AS (SELECT id AS k FROM m.orders WHERE id < 4), y AS (SELECT k FROM x WHERE k > 1) SELECT k FROM y'),
	('WITH', 'recursive', 'WITH query "t" changed', 'WITH RECURSIVE t(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM t WHERE k < 5) SELECT k FROM t', 'WITH RECURSIVE t(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM t WHERE k < 6) SELECT k FROM t'),
	('WITH', 'recursive UNION', 'WITH query "t" changed', 'WITH RECURSIVE t(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM t WHERE k < 5) SELECT k FROM t', 'WITH RECURSIVE t(k) AS (SELECT 1 UNION SELECT k + 1 FROM t WHERE k < 5) SELECT k FROM t'),
	('WITH', 'CTE that hides a model', 'FROM changed, WITH query "orders" added', 'SELECT id AS k FROM m.orders', 'WITH orders AS (SELECT 9 AS id) SELECT id AS k FROM orders'),
	('WITH', 'NATURAL JOIN captures a column', 'JOIN condition changed, WITH query "x" changed', 'WITH x AS (SELECT id FROM m.orders) SELECT id AS k FROM x NATURAL JOIN m.customers', 'WITH x AS (SELECT id, note AS name FROM m.orders) SELECT id AS k FROM x NATURAL JOIN m.customers'),
	('WITH', 'unread column under DISTINCT', 'WITH query "x" changed', 'WITH x AS (SELECT DISTINCT customer_id AS k FROM m.orders) SELECT k FROM x', 'WITH x AS (SELECT DISTINCT customer_id AS k, id FROM m.orders) SELECT k FROM x'),
	('subquery', 'WHERE', 'subquery "s" changed', 'SELECT s.k FROM (SELECT id AS k FROM m.orders) s', 'SELECT s.k FROM (SELECT id AS k FROM m.orders WHERE id > 1) s'),
	('subquery', 'GROUP BY', 'subquery "s" changed', 'SELECT s.k FROM (SELECT id AS k FROM m.orders) s', 'SELECT s.k FROM (SELECT id AS k FROM m.orders GROUP BY id) s'),
	('subquery', 'of a subquery', 'subquery "s" changed', 'SELECT s.k FROM (SELECT t.k FROM (SELECT id AS k FROM m.orders) t) s', 'SELECT s.k FROM (SELECT t.k FROM (SELECT id AS k FROM m.orders LIMIT 1) t) s'),
	('aggregate', 'added to constants', 'aggregates added, column "n" added', 'SELECT 1 AS k FROM m.orders', 'SELECT 1 AS k, count(*) AS n FROM m.orders'),
	('aggregate', 'removed', 'aggregates removed, column "n" removed', 'SELECT 1 AS k, count(*) AS n FROM m.orders', 'SELECT 1 AS k FROM m.orders'),
	('aggregate', 'in place of a constant', 'aggregates added, column "k" computed differently', 'SELECT 6::bigint AS k FROM m.orders', 'SELECT count(*) AS k FROM m.orders'),
	('aggregate', 'in a CTE', 'WITH query "x" changed', 'WITH x AS (SELECT 1 AS k FROM m.orders) SELECT k FROM x', 'WITH x AS (SELECT 1 AS k, count(*) AS n FROM m.orders) SELECT k FROM x'),
	('aggregate', 'in a subquery', 'subquery "s" changed', 'SELECT s.k FROM (SELECT 1 AS k FROM m.orders) s', 'SELECT s.k FROM (SELECT 1 AS k, count(*) AS n FROM m.orders) s'),
	('aggregate', 'in ORDER BY', 'aggregates added', 'SELECT 1 AS k FROM m.orders', 'SELECT 1 AS k FROM m.orders ORDER BY count(*)'),
	('grouping sets', 'ROLLUP', 'GROUP BY changed', 'SELECT customer_id AS k, note, count(*) AS n FROM m.orders GROUP BY 1, 2', 'SELECT customer_id AS k, note, count(*) AS n FROM m.orders GROUP BY ROLLUP (1, 2)'),
	('grouping sets', 'ROLLUP or CUBE', 'GROUP BY changed', 'SELECT customer_id AS k, note, count(*) AS n FROM m.orders GROUP BY ROLLUP (1, 2)', 'SELECT customer_id AS k, note, count(*) AS n FROM m.orders GROUP BY CUBE (1, 2)'),
	('grouping sets', 'order of ROLLUP', 'GROUP BY changed', 'SELECT customer_id AS k, note, count(*) AS n FROM m.orders GROUP BY ROLLUP (1, 2)', 'SELECT customer_id AS k, note, count(*) AS n FROM m.orders GROUP BY ROLLUP (2, 1)'),
	('grouping sets', 'one more', 'GROUP BY changed', 'SELECT customer_id AS k, note, count(*) AS n FROM m.orders GROUP BY GROUPING SETS ((1), (2))', 'SELECT customer_id AS k, note, count(*) AS n FROM m.orders GROUP BY GROUPING SETS ((1), (2), ())'),
	('grouping sets', 'DISTINCT', 'GROUP BY changed', 'SELECT customer_id AS k, count(*) AS n FROM m.orders GROUP BY GROUPING SETS ((1), (1))', 'SELECT customer_id AS k, count(*) AS n FROM m.orders GROUP BY DISTINCT GROUPING SETS ((1), (1))'),
	('set-returning function', 'generate_series', 'column "n" added, set-returning functions changed', 'SELECT id AS k FROM m.orders', 'SELECT id AS k, generate_series(1, 2) AS n FROM m.orders'),
	('set-returning function', 'jsonb_array_elements', 'column "n" added, set-returning functions changed', 'SELECT id AS k FROM m.orders', 'SELECT id AS k, jsonb_array_elements(doc -> ''b'') AS n FROM m.orders'),
	('set-returning function', 'jsonb_each', 'column "n" added, set-returning functions changed', 'SELECT id AS k FROM m.orders', 'SELECT id AS k, (jsonb_each(doc)).key AS n FROM m.orders'),
	('set-returning function', 'regexp_matches', 'column "n" added, set-returning functions changed', 'SELECT id AS k FROM m.orders', 'SELECT id AS k, regexp_matches(note, ''[ab]'', ''g'') AS n FROM m.orders'),
	('set-returning function', 'regexp_split_to_table', 'column "n" added, set-returning functions changed', 'SELECT id AS k FROM m.orders', 'SELECT id AS k, regexp_split_to_table(note, '','') AS n FROM m.orders'),
	('set-returning function', 'string_to_table', 'column "n" added, set-returning functions changed', 'SELECT id AS k FROM m.orders', 'SELECT id AS k, string_to_table(note, '','') AS n FROM m.orders'),
	('set-returning function', 'unnest', 'column "n" added, set-returning functions changed', 'SELECT id AS k FROM m.orders', 'SELECT id AS k, unnest(flags) AS n FROM m.orders'),
	('set-returning function', 'user''s', 'column "n" added, set-returning functions changed', 'SELECT id AS k FROM m.orders', 'SELECT id AS k, raw.numbers(id) AS n FROM m.orders'),
	('set-returning function', 'inside of an expression', 'column "n" added, set-returning functions changed', 'SELECT id AS k FROM m.orders', 'SELECT id AS k, 1 + unnest(flags) AS n FROM m.orders'),
	('set-returning function', 'argument', 'column "n" computed differently, set-returning functions changed', 'SELECT id AS k, generate_series(1, 2) AS n FROM m.orders', 'SELECT id AS k, generate_series(1, 3) AS n FROM m.orders'),
	('set-returning function', 'removed', 'column "n" removed, set-returning functions changed', 'SELECT id AS k, generate_series(1, 2) AS n FROM m.orders', 'SELECT id AS k FROM m.orders'),
	('set-returning function', 'in a subquery', 'subquery "s" changed', 'SELECT s.k FROM (SELECT id AS k FROM m.orders) s', 'SELECT s.k FROM (SELECT id AS k, generate_series(1, 2) AS n FROM m.orders) s'),
	('set-returning function', 'in ORDER BY', 'ORDER BY changed, set-returning functions changed', 'SELECT id AS k FROM m.orders', 'SELECT id AS k FROM m.orders ORDER BY generate_series(1, 3)')
) v(form, name, reason, before, after);

-- what decides a column and not the rows
INSERT INTO raw.cases (form, name, category, reason, readers, before, after) VALUES
	('set operation', 'UNION ALL gains a column', 'non_breaking', 'column "n" added', 'kkb', 'SELECT customer_id AS k FROM m.orders UNION ALL SELECT id FROM m.customers', 'SELECT customer_id AS k, id AS n FROM m.orders UNION ALL SELECT id, id FROM m.customers'),
	('set operation', 'UNION ALL of three gains a column', 'non_breaking', 'column "n" added', 'kkb', 'SELECT 1 AS k UNION ALL (SELECT id FROM m.orders UNION ALL SELECT id FROM m.customers)', 'SELECT 1 AS k, 2 AS n UNION ALL (SELECT id, 3 FROM m.orders UNION ALL SELECT id, 4 FROM m.customers)'),
	('set operation', 'UNION ALL, one branch computed differently', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT customer_id AS k, id AS n FROM m.orders UNION ALL SELECT id, id FROM m.customers', 'SELECT customer_id AS k, id AS n FROM m.orders UNION ALL SELECT id, -id FROM m.customers'),
	('self-join', 'side of a column', 'breaking', 'column "k" computed differently', 'bkb', 'SELECT a.id AS k FROM m.orders a JOIN m.orders b ON a.id = b.customer_id', 'SELECT b.id AS k FROM m.orders a JOIN m.orders b ON a.id = b.customer_id'),
	('self-join', 'side of another column', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT a.id AS k, a.note AS n FROM m.orders a JOIN m.orders b ON a.id = b.customer_id', 'SELECT a.id AS k, b.note AS n FROM m.orders a JOIN m.orders b ON a.id = b.customer_id'),
	('WITH', 'column read computed differently', 'breaking', 'WITH query "x" changed', 'kkb', 'WITH x AS (SELECT id AS k, customer_id AS n FROM m.orders) SELECT k, n FROM x', 'WITH x AS (SELECT id AS k, -customer_id AS n FROM m.orders) SELECT k, n FROM x'),
	('WITH', 'unread column added', 'metadata', 'text or description only', 'kkk', 'WITH x AS (SELECT id AS k FROM m.orders) SELECT k FROM x', 'WITH x AS (SELECT id AS k, note FROM m.orders) SELECT k FROM x'),
	('WITH', 'unread column changed', 'metadata', 'text or description only', 'kkk', 'WITH x AS (SELECT id AS k, note FROM m.orders) SELECT k FROM x', 'WITH x AS (SELECT id AS k, lower(note) AS note FROM m.orders) SELECT k FROM x'),
	('WITH', 'column added and read', 'non_breaking', 'column "note" added', 'kkb', 'WITH x AS (SELECT id AS k FROM m.orders) SELECT k FROM x', 'WITH x AS (SELECT id AS k, note FROM m.orders) SELECT k, note FROM x'),
	('WITH', 'another CTE gives the column', 'breaking', 'WITH query "x" removed, WITH query "y" added, column "n" computed differently', 'kkb', 'WITH x AS (SELECT max(id) AS n FROM m.orders), y AS (SELECT max(id) AS n FROM m.customers) SELECT o.id AS k, (SELECT n FROM x) AS n FROM m.orders o', 'WITH x AS (SELECT max(id) AS n FROM m.orders), y AS (SELECT max(id) AS n FROM m.customers) SELECT o.id AS k, (SELECT n FROM y) AS n FROM m.orders o'),
	('window', 'function', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, rank() OVER (ORDER BY id) AS n FROM m.orders', 'SELECT id AS k, dense_rank() OVER (ORDER BY id) AS n FROM m.orders'),
	('window', 'PARTITION BY', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, sum(id) OVER (PARTITION BY note) AS n FROM m.orders', 'SELECT id AS k, sum(id) OVER (PARTITION BY customer_id) AS n FROM m.orders'),
	('window', 'ORDER BY', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, rank() OVER (ORDER BY id) AS n FROM m.orders', 'SELECT id AS k, rank() OVER (ORDER BY id DESC) AS n FROM m.orders'),
	('window', 'NULLS FIRST', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, rank() OVER (ORDER BY customer_id) AS n FROM m.orders', 'SELECT id AS k, rank() OVER (ORDER BY customer_id NULLS FIRST) AS n FROM m.orders'),
	('window', 'frame', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, sum(id) OVER (ORDER BY id) AS n FROM m.orders', 'SELECT id AS k, sum(id) OVER (ORDER BY id RANGE UNBOUNDED PRECEDING EXCLUDE CURRENT ROW) AS n FROM m.orders'),
	('window', 'bound of a frame', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, sum(id) OVER (ORDER BY id RANGE 1 PRECEDING) AS n FROM m.orders', 'SELECT id AS k, sum(id) OVER (ORDER BY id RANGE 2 PRECEDING) AS n FROM m.orders'),
	('window', 'ROWS or GROUPS', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, sum(id) OVER (ORDER BY id RANGE 1 PRECEDING) AS n FROM m.orders', 'SELECT id AS k, sum(id) OVER (ORDER BY id GROUPS 1 PRECEDING) AS n FROM m.orders'),
	('window', 'FILTER', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, count(*) OVER (PARTITION BY note) AS n FROM m.orders', 'SELECT id AS k, count(*) FILTER (WHERE id > 2) OVER (PARTITION BY note) AS n FROM m.orders'),
	('window', 'other window of the same name', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, sum(id) OVER w AS n FROM m.orders WINDOW w AS (PARTITION BY note)', 'SELECT id AS k, sum(id) OVER w AS n FROM m.orders WINDOW w AS (PARTITION BY customer_id)'),
	('window', 'one of two', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT sum(id) OVER w AS k, sum(id) OVER v AS n FROM m.orders WINDOW w AS (PARTITION BY note), v AS (PARTITION BY customer_id)', 'SELECT sum(id) OVER w AS k, sum(id) OVER v AS n FROM m.orders WINDOW w AS (PARTITION BY note), v AS (PARTITION BY id)'),
	('aggregate', 'function', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT customer_id AS k, min(id) AS n FROM m.orders GROUP BY 1', 'SELECT customer_id AS k, max(id) AS n FROM m.orders GROUP BY 1'),
	('aggregate', 'count(*) or count(x)', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT customer_id AS k, count(*) AS n FROM m.orders GROUP BY 1', 'SELECT customer_id AS k, count(note) AS n FROM m.orders GROUP BY 1'),
	('aggregate', 'DISTINCT', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT customer_id AS k, count(id) AS n FROM m.orders GROUP BY 1', 'SELECT customer_id AS k, count(DISTINCT id) AS n FROM m.orders GROUP BY 1'),
	('aggregate', 'FILTER added', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT customer_id AS k, sum(id) AS n FROM m.orders GROUP BY 1', 'SELECT customer_id AS k, sum(id) FILTER (WHERE id > 1) AS n FROM m.orders GROUP BY 1'),
	('aggregate', 'FILTER', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT customer_id AS k, sum(id) FILTER (WHERE id > 1) AS n FROM m.orders GROUP BY 1', 'SELECT customer_id AS k, sum(id) FILTER (WHERE id > 2) AS n FROM m.orders GROUP BY 1'),
	('aggregate', 'ORDER BY', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT customer_id AS k, string_agg(note, '','' ORDER BY id) AS n FROM m.orders GROUP BY 1', 'SELECT customer_id AS k, string_agg(note, '','' ORDER BY id DESC) AS n FROM m.orders GROUP BY 1'),
	('aggregate', 'WITHIN GROUP', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT customer_id AS k, percentile_disc(0.2) WITHIN GROUP (ORDER BY id) AS n FROM m.orders GROUP BY 1', 'SELECT customer_id AS k, percentile_disc(0.2) WITHIN GROUP (ORDER BY id DESC) AS n FROM m.orders GROUP BY 1'),
	('aggregate', 'direct argument', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT customer_id AS k, percentile_disc(0.2) WITHIN GROUP (ORDER BY id) AS n FROM m.orders GROUP BY 1', 'SELECT customer_id AS k, percentile_disc(0.9) WITHIN GROUP (ORDER BY id) AS n FROM m.orders GROUP BY 1'),
	('aggregate', 'separator', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT customer_id AS k, string_agg(note, '','' ORDER BY note) AS n FROM m.orders GROUP BY 1', 'SELECT customer_id AS k, string_agg(note, '';'' ORDER BY note) AS n FROM m.orders GROUP BY 1'),
	('grouping sets', 'argument of GROUPING', 'breaking', 'column "g" computed differently', 'kkb', 'SELECT customer_id AS k, note, grouping(customer_id) AS g FROM m.orders GROUP BY ROLLUP (1, 2)', 'SELECT customer_id AS k, note, grouping(note) AS g FROM m.orders GROUP BY ROLLUP (1, 2)'),
	('sublink', 'scalar, WHERE', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, (SELECT max(id) FROM m.customers) AS n FROM m.orders', 'SELECT id AS k, (SELECT max(id) FROM m.customers WHERE id < 5) AS n FROM m.orders'),
	('sublink', 'scalar, FROM', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, (SELECT max(id) FROM m.customers) AS n FROM m.orders', 'SELECT id AS k, (SELECT max(id) FROM m.orders) AS n FROM m.orders'),
	('sublink', 'EXISTS', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, EXISTS (SELECT 1 FROM m.customers c WHERE c.id = o.id) AS n FROM m.orders o', 'SELECT id AS k, EXISTS (SELECT 1 FROM m.customers c WHERE c.id = o.customer_id) AS n FROM m.orders o'),
	('sublink', 'ARRAY', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, ARRAY(SELECT id FROM m.customers ORDER BY 1) AS n FROM m.orders', 'SELECT id AS k, ARRAY(SELECT id FROM m.customers ORDER BY 1 DESC) AS n FROM m.orders'),
	('sublink', 'ANY or ALL', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, id > ANY (SELECT id FROM m.customers) AS n FROM m.orders', 'SELECT id AS k, id > ALL (SELECT id FROM m.customers) AS n FROM m.orders'),
	('expression', 'constant', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, id + 1 AS n FROM m.orders', 'SELECT id AS k, id + 2 AS n FROM m.orders'),
	('expression', 'order of operands', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, id - customer_id AS n FROM m.orders', 'SELECT id AS k, customer_id - id AS n FROM m.orders'),
	('expression', 'CASE', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, CASE WHEN id > 1 THEN 2 WHEN id > 2 THEN 3 END AS n FROM m.orders', 'SELECT id AS k, CASE WHEN id > 2 THEN 3 WHEN id > 1 THEN 2 END AS n FROM m.orders'),
	('expression', 'COALESCE', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, coalesce(customer_id, 0) AS n FROM m.orders', 'SELECT id AS k, coalesce(customer_id, 1) AS n FROM m.orders'),
	('expression', 'array element', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, flags[1] AS n FROM m.orders', 'SELECT id AS k, flags[2] AS n FROM m.orders'),
	('expression', 'order of an array', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, ARRAY[id, 1] AS n FROM m.orders', 'SELECT id AS k, ARRAY[1, id] AS n FROM m.orders'),
	('expression', 'JSON path', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, doc -> ''a'' AS n FROM m.orders', 'SELECT id AS k, doc -> ''b'' AS n FROM m.orders'),
	('expression', 'time zone', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, placed AT TIME ZONE ''UTC'' AS n FROM m.orders', 'SELECT id AS k, placed AT TIME ZONE ''Asia/Tokyo'' AS n FROM m.orders'),
	('expression', 'regular expression', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, note ~ ''a'' AS n FROM m.orders', 'SELECT id AS k, note ~* ''b'' AS n FROM m.orders'),
	('type', 'domain', 'breaking', 'column "n" is now raw.small, was raw.positive', 'kkb', 'SELECT id AS k, id::raw.positive AS n FROM m.orders', 'SELECT id AS k, id::raw.small AS n FROM m.orders'),
	('type', 'cast through a domain', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, id::raw.positive::int AS n FROM m.orders', 'SELECT id AS k, id::raw.small::int AS n FROM m.orders'),
	('type', 'label of an enum', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, ''bad''::raw.mood AS n FROM m.orders', 'SELECT id AS k, ''good''::raw.mood AS n FROM m.orders'),
	('type', 'cast there and back', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, amount AS n FROM m.orders', 'SELECT id AS k, amount::int::numeric(10,2) AS n FROM m.orders'),
	('function', 'another', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, raw.f(id) AS n FROM m.orders', 'SELECT id AS k, raw.g(id) AS n FROM m.orders'),
	('function', 'another overload', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, raw.f(id) AS n FROM m.orders', 'SELECT id AS k, raw.f(id::text) AS n FROM m.orders'),
	('whole row', 'column added below', 'breaking', 'column "k" computed differently, subquery "q" changed', 'bkb', 'SELECT q::text AS k FROM (SELECT id FROM m.orders) q', 'SELECT q::text AS k FROM (SELECT id, note FROM m.orders) q'),
	('whole row', 'column renamed below', 'breaking', 'column "k" computed differently', 'bkb', 'SELECT to_jsonb(q) AS k FROM (SELECT id AS a FROM m.orders) q', 'SELECT to_jsonb(q) AS k FROM (SELECT id AS b FROM m.orders) q'),
	('whole row', 'another table', 'breaking', 'FROM changed, column "k" computed differently', 'bbb', 'SELECT row_to_json(o)::text AS k FROM m.orders o', 'SELECT row_to_json(o)::text AS k FROM m.customers o'),
	('whole row', 'of a join', 'breaking', 'column "k" computed differently, subquery "j" changed', 'bkb', 'SELECT j::text AS k FROM (SELECT o.id FROM m.orders o JOIN m.customers c ON c.id = o.id) j', 'SELECT j::text AS k FROM (SELECT o.id, c.name FROM m.orders o JOIN m.customers c ON c.id = o.id) j'),
	('system column', 'tableoid added', 'non_breaking', 'column "t" added', 'kkb', 'SELECT id AS k FROM raw.parent', 'SELECT id AS k, tableoid::regclass::text AS t FROM raw.parent'),
	('system column', 'another', 'breaking', 'column "t" computed differently', 'kkb', 'SELECT id AS k, xmin::text AS t FROM raw.parent', 'SELECT id AS k, ctid::text AS t FROM raw.parent');

-- chance: what comes out differently each time does not bring the other columns along
INSERT INTO raw.cases (form, name, category, reason, readers, before, after, more)
SELECT v.*, '{"chance": true}' FROM (VALUES
	('chance', 'random() added', 'non_breaking', 'column "r" added', 'kkb', 'SELECT id AS k FROM m.orders', 'SELECT id AS k, random() AS r FROM m.orders'),
	('chance', 'gen_random_uuid() added', 'non_breaking', 'column "r" added', 'kkb', 'SELECT id AS k FROM m.orders', 'SELECT id AS k, gen_random_uuid() AS r FROM m.orders'),
	('chance', 'clock_timestamp() added', 'non_breaking', 'column "r" added', 'kkb', 'SELECT id AS k FROM m.orders', 'SELECT id AS k, clock_timestamp() AS r FROM m.orders'),
	('chance', 'now() added', 'non_breaking', 'column "r" added', 'kkb', 'SELECT id AS k FROM m.orders', 'SELECT id AS k, now() AS r FROM m.orders'),
	('chance', 'random() or another', 'breaking', 'column "k" computed differently', 'bkb', 'SELECT random() AS k FROM m.orders', 'SELECT random() * 2 AS k FROM m.orders'),
	('chance', 'random() in WHERE', 'breaking', 'WHERE changed', 'bbb', 'SELECT id AS k FROM m.orders', 'SELECT id AS k FROM m.orders WHERE random() < 0.5'),
	('chance', 'text alone', 'metadata', 'text or description only', 'kkk', 'SELECT random() AS k FROM m.orders', 'select random() as k from m.orders'),
	('chance', 'text alone, LIMIT', 'metadata', 'text or description only', 'kkk', 'SELECT id AS k FROM m.orders LIMIT 2', 'select id as k from m.orders limit 2'),
	('chance', 'one sample twice or two', 'breaking', 'FROM changed, WITH query "y" added', 'bbb', 'WITH x AS MATERIALIZED (SELECT random() AS r) SELECT a.r AS k, b.r AS s FROM x a, x b', 'WITH x AS MATERIALIZED (SELECT random() AS r), y AS MATERIALIZED (SELECT random() AS r) SELECT a.r AS k, b.r AS s FROM x a, y b'),
	('chance', 'CTE read twice or two subqueries', 'breaking', 'FROM changed, WITH query "x" removed, subquery "a" added, subquery "b" added', 'bbb', 'WITH x AS (SELECT random() AS r) SELECT a.r AS k, b.r AS s FROM x a, x b', 'SELECT a.r AS k, b.r AS s FROM (SELECT random() AS r) a, (SELECT random() AS r) b'),
	('chance', 'CTE with LIMIT read twice or two subqueries', 'breaking', 'FROM changed, WITH query "x" removed, subquery "a" added, subquery "b" added', 'bbb', 'WITH x AS (SELECT id FROM m.orders LIMIT 1) SELECT a.id AS k, b.id AS s FROM x a, x b', 'SELECT a.id AS k, b.id AS s FROM (SELECT id FROM m.orders LIMIT 1) a, (SELECT id FROM m.orders LIMIT 1) b'),
	('chance', 'LIMIT without an order', 'breaking', 'LIMIT changed', 'bbb', 'SELECT id AS k FROM m.orders LIMIT 1', 'SELECT id AS k FROM m.orders LIMIT 2'),
	('chance', 'LIMIT with an order that is not total', 'breaking', 'LIMIT changed', 'bbb', 'SELECT id AS k FROM m.orders ORDER BY customer_id LIMIT 1', 'SELECT id AS k FROM m.orders ORDER BY customer_id LIMIT 2'),
	('chance', 'column under a LIMIT without an order', 'breaking', 'column "note" added, its rows come out differently at each build (LIMIT without a total order)', 'bbb', 'SELECT id AS k FROM m.orders LIMIT 2', 'SELECT id AS k, note FROM m.orders LIMIT 2'),
	('chance', 'aggregate that follows the order of its input', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT customer_id AS k, string_agg(note, '','') AS n FROM m.orders GROUP BY 1', 'SELECT customer_id AS k, string_agg(note, '';'') AS n FROM m.orders GROUP BY 1')
) v;

-- ... but who reads what comes out differently follows each new table: k is chance, and a column of no interest is added
INSERT INTO raw.cases (form, name, category, reason, readers, before, after, more)
SELECT 'chance that is read', name, 'breaking', CASE readers WHEN 'bkb' THEN format('column "k" comes out differently at each build (%s), column "z" added', reason)
	ELSE format('column "z" added, its rows come out differently at each build (%s)', reason) END, readers, format(query, ''), format(query, ', 1 AS z'), '{"chance": true}' FROM (VALUES
	('random()', 'random()', 'bkb', 'SELECT random() AS k%s FROM m.orders'),
	('now()', 'now()', 'bkb', 'SELECT now() AS k%s FROM m.orders'),
	('current_date', 'the time', 'bkb', 'SELECT current_date AS k%s FROM m.orders'),
	('clock_timestamp() below', 'clock_timestamp()', 'bkb', 'SELECT s.t AS k%s FROM (SELECT clock_timestamp() AS t FROM m.orders) s'),
	('in a CTE', 'random()', 'bkb', 'WITH x AS (SELECT random() AS r) SELECT (SELECT r FROM x) AS k%s FROM m.orders'),
	('in WHERE', 'random()', 'bbb', 'SELECT id AS k%s FROM m.orders WHERE random() < 2'),
	('in a sublink of WHERE', 'random()', 'bbb', 'SELECT id AS k%s FROM m.orders WHERE id > (SELECT random())'),
	('in ON', 'random()', 'bbb', 'SELECT o.id AS k%s FROM m.orders o LEFT JOIN m.customers c ON c.id > random()'),
	('in HAVING', 'random()', 'bbb', 'SELECT customer_id AS k%s FROM m.orders GROUP BY customer_id HAVING count(*) > random()'),
	('in VALUES', 'random()', 'bbb', 'SELECT v.k%s FROM (VALUES (random()), (0.5)) v(k)'),
	('in FROM', 'random()', 'bbb', 'SELECT k%s FROM generate_series(1, (random() * 3)::int) k'),
	('in a LATERAL subquery', 'random()', 'bkb', 'SELECT s.k%s FROM m.orders o, LATERAL (SELECT o.id + random() AS k) s'),
	('LIMIT', 'LIMIT without a total order', 'bbb', 'SELECT id AS k%s FROM m.orders LIMIT 2'),
	('OFFSET', 'LIMIT without a total order', 'bbb', 'SELECT id AS k%s FROM m.orders ORDER BY customer_id OFFSET 2'),
	('LIMIT in a subquery', 'LIMIT without a total order', 'bbb', 'SELECT s.k%s FROM (SELECT id AS k FROM m.orders LIMIT 2) s'),
	('LIMIT in a scalar subquery', 'LIMIT without a total order', 'bkb', 'SELECT (SELECT name FROM m.customers LIMIT 1) AS k%s FROM m.orders'),
	('LIMIT in a sublink of WHERE', 'LIMIT without a total order', 'bbb', 'SELECT id AS k%s FROM m.orders WHERE id IN (SELECT id FROM m.customers LIMIT 2)'),
	('LIMIT of a branch', 'LIMIT without a total order', 'bbb', '(SELECT id AS k%1$s FROM m.orders LIMIT 2) UNION ALL SELECT id%1$s FROM m.customers'),
	('DISTINCT ON without an order', 'DISTINCT ON without a total order', 'bbb', 'SELECT DISTINCT ON (customer_id) id AS k%s FROM m.orders'),
	('DISTINCT ON with an order that is not total', 'DISTINCT ON without a total order', 'bbb', 'SELECT DISTINCT ON (customer_id) id AS k%s FROM m.orders ORDER BY customer_id, note'),
	('TABLESAMPLE', 'bernoulli()', 'bbb', 'SELECT id AS k%s FROM raw.orders TABLESAMPLE BERNOULLI (50)'),
	('array_agg', 'array_agg() without a total order', 'bkb', 'SELECT array_agg(id) AS k%s FROM m.orders GROUP BY customer_id'),
	('string_agg with an order that is not total', 'string_agg() without a total order', 'bkb', 'SELECT string_agg(id::text, '','' ORDER BY note) AS k%s FROM m.orders GROUP BY customer_id'),
	('json_agg', 'json_agg() without a total order', 'bkb', 'SELECT json_agg(id)::text AS k%s FROM m.orders GROUP BY customer_id'),
	('jsonb_object_agg, where the last one wins', 'jsonb_object_agg() without a total order', 'bkb', 'SELECT jsonb_object_agg(note, id) FILTER (WHERE note IS NOT NULL) AS k%s FROM m.orders GROUP BY customer_id'),
	('xmlagg', 'xmlagg() without a total order', 'bkb', 'SELECT xmlagg(xmlelement(name i, id))::text AS k%s FROM m.orders GROUP BY customer_id'),
	('sum of floats', 'sum() without a total order', 'bkb', 'SELECT sum(amount::float8) AS k%s FROM m.orders GROUP BY customer_id'),
	('avg of floats', 'avg() without a total order', 'bkb', 'SELECT avg(id::real) AS k%s FROM m.orders GROUP BY customer_id'),
	('regr_slope', 'regr_slope() without a total order', 'bkb', 'SELECT regr_slope(id, customer_id) AS k%s FROM m.orders'),
	('user''s aggregate', 'last() without a total order', 'bkb', 'SELECT raw.last(id) AS k%s FROM m.orders GROUP BY customer_id'),
	('ARRAY of a sublink', 'ARRAY without a total order', 'bkb', 'SELECT ARRAY(SELECT id FROM m.customers) AS k%s FROM m.orders'),
	('ARRAY of a sublink with an order that is not total', 'ARRAY without a total order', 'bkb', 'SELECT ARRAY(SELECT id FROM m.orders ORDER BY note) AS k%s'),
	('ARRAY of a sublink in WHERE', 'ARRAY without a total order', 'bbb', 'SELECT id AS k%s FROM m.orders WHERE id = (ARRAY(SELECT id FROM m.customers))[1]'),
	('user''s function that takes any row', 'LIMIT without a total order', 'bkb', 'SELECT raw.pick() AS k%s FROM m.orders'),
	-- one row is in no order, and the analysis does not know that it is one
	('LIMIT of an aggregate', 'LIMIT without a total order', 'bbb', 'SELECT max(id) AS k%s FROM m.orders LIMIT 1'),
	('aggregate in HAVING', 'array_agg() without a total order', 'bbb', 'SELECT customer_id AS k%s FROM m.orders GROUP BY customer_id HAVING (array_agg(id))[1] > 1'),
	('row_number', 'row_number() without a total order', 'bkb', 'SELECT row_number() OVER () AS k%s FROM m.orders'),
	('row_number with an order that is not total', 'row_number() without a total order', 'bkb', 'SELECT row_number() OVER (ORDER BY note) AS k%s FROM m.orders'),
	('lag', 'lag() without a total order', 'bkb', 'SELECT lag(id) OVER (ORDER BY note) AS k%s FROM m.orders'),
	('first_value', 'first_value() without a total order', 'bkb', 'SELECT first_value(id) OVER (PARTITION BY customer_id ORDER BY note) AS k%s FROM m.orders'),
	('ntile', 'ntile() without a total order', 'bkb', 'SELECT ntile(2) OVER (ORDER BY note) AS k%s FROM m.orders'),
	('ROWS frame', 'sum() without a total order', 'bkb', 'SELECT sum(id) OVER (ORDER BY note ROWS 1 PRECEDING) AS k%s FROM m.orders'),
	('window function below a condition', 'row_number() without a total order', 'bbb', 'SELECT s.k%s FROM (SELECT id AS k, row_number() OVER (ORDER BY note) AS n FROM m.orders) s WHERE s.n = 1'),
	('WITH ORDINALITY of a set', 'order of the rows of unordered()', 'bkb', 'SELECT u.n AS k%s FROM raw.unordered() WITH ORDINALITY u(x, n)'),
	('volatile function of the user''s', 'random()', 'bkb', 'SELECT raw.roll(id) AS k%s FROM m.orders'),
	('ctid', 'system column ctid', 'bkb', 'SELECT ctid::text AS k%s FROM raw.orders')
) v(name, reason, readers, query);
-- of a user's view it is known that it is chance, not where
INSERT INTO raw.cases (form, name, category, reason, readers, before, after, more) VALUES
	('chance that is read', 'user''s view with array_agg', 'breaking', 'column "k" comes out differently at each build (array_agg() without a total order), column "z" added, its rows come out differently at each build (array_agg() without a total order)', 'bbb', 'SELECT ids AS k FROM raw.gathered', 'SELECT ids AS k, 1 AS z FROM raw.gathered', '{"chance": true}');
-- what looks like it and is not
INSERT INTO raw.cases (form, name, category, reason, readers, before, after)
SELECT 'no chance', name, 'non_breaking', 'column "z" added', 'kkb', format(query, ''), format(query, ', 1 AS z') FROM (VALUES
	('LIMIT with a total order', 'SELECT id AS k%s FROM m.orders GROUP BY id ORDER BY id LIMIT 2'),
	('WITH TIES', 'SELECT id AS k%s FROM m.orders ORDER BY note FETCH FIRST 2 ROWS WITH TIES'),
	('string_agg in the order of what it joins', 'SELECT string_agg(note, '','' ORDER BY note) AS k%s FROM m.orders GROUP BY customer_id'),
	('array_agg in its own order', 'SELECT array_agg(id ORDER BY id) AS k%s FROM m.orders GROUP BY customer_id'),
	('sum of integers', 'SELECT sum(id) AS k%s FROM m.orders GROUP BY customer_id'),
	('sum of numerics', 'SELECT sum(amount) AS k%s FROM m.orders GROUP BY customer_id'),
	('min, max, count, bool_and', 'SELECT min(note) || max(note) || count(*) || bool_and(id > 0) AS k%s FROM m.orders GROUP BY customer_id'),
	('rank', 'SELECT rank() OVER (ORDER BY note) AS k%s FROM m.orders'),
	('sum over a RANGE frame', 'SELECT sum(id) OVER (ORDER BY id) AS k%s FROM m.orders'),
	('percentile_disc', 'SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY id) AS k%s FROM m.orders'),
	('mode', 'SELECT mode() WITHIN GROUP (ORDER BY note) AS k%s FROM m.orders'),
	('EXISTS with LIMIT', 'SELECT id AS k%s FROM m.orders o WHERE EXISTS (SELECT 1 FROM m.customers c WHERE c.id = o.id LIMIT 1)'),
	('immutable function of the user''s', 'SELECT raw.f(id) AS k%s FROM m.orders'),
	('chance in a column that is not read', 'SELECT s.k%s FROM (SELECT id AS k, random() AS r FROM m.orders) s'),
	('chance in an unused CTE', 'WITH x AS (SELECT random() AS r) SELECT id AS k%s FROM m.orders')
) v(name, query);

-- kinds and storage
INSERT INTO raw.cases (form, name, before, after, category, reason, readers, more)
SELECT form, name, 'SELECT id AS k, note FROM m.orders', 'SELECT id AS k, note FROM m.orders', category, reason, readers, jsonb_build_object('before', a, 'after', b) FROM (VALUES
	('kind', 'full to view', 'non_breaking', 'kind changed from full to view', 'kkk', '{}'::jsonb, '{"kind": "view"}'::jsonb),
	('kind', 'view to full', 'non_breaking', 'kind changed from view to full', 'kkk', '{"kind": "view"}', '{}'),
	('kind', 'full to materialized_view', 'non_breaking', 'kind changed from full to materialized_view', 'kkk', '{}', '{"kind": "materialized_view"}'),
	('kind', 'full to embedded', 'non_breaking', 'kind changed from full to embedded', 'kkk', '{}', '{"kind": "embedded"}'),
	('kind', 'table is full', 'metadata', 'text or description only', 'kkk', '{}', '{"kind": "table", "options": {"description": "d"}}'),
	('storage', 'fillfactor', 'non_breaking', 'storage options changed', 'kkk', '{}', '{"options": {"fillfactor": 70}}'),
	('storage', 'index added', 'non_breaking', 'storage options changed', 'kkk', '{}', '{"options": {"indexes": ["k"]}}'),
	('storage', 'index changed', 'non_breaking', 'storage options changed', 'kkk', '{"options": {"indexes": ["k"]}}', '{"options": {"indexes": ["note"]}}'),
	('storage', 'unlogged', 'non_breaking', 'storage options changed', 'kkk', '{}', '{"options": {"unlogged": true}}'),
	('storage', 'partitions', 'non_breaking', 'storage options changed', 'kkk', '{}', '{"options": {"partition_by": {"strategy": "hash", "columns": ["k"], "modulus": 2}}}'),
	('storage', 'order of indexes', '', '', '---', '{"options": {"indexes": ["k", "note"]}}', '{"options": {"indexes": ["note", "k"]}}')
) v(form, name, category, reason, readers, a, b);
INSERT INTO raw.cases (form, name, before, after, category, reason, readers, more) VALUES
	('storage', 'index and a column', 'SELECT id AS k FROM m.orders', 'SELECT id AS k, note FROM m.orders', 'non_breaking', 'column "note" added, storage options changed', 'kkb', '{"after": {"options": {"indexes": ["k"]}}}'),
	('kind', 'column added to a view', 'SELECT id AS k FROM m.orders', 'SELECT id AS k, note FROM m.orders', 'non_breaking', 'column "note" added', 'kkb', '{"before": {"kind": "view"}, "after": {"kind": "view"}}'),
	('kind', 'WHERE of a view', 'SELECT id AS k FROM m.orders', 'SELECT id AS k FROM m.orders WHERE id > 1', 'breaking', 'WHERE changed', 'bbb', '{"before": {"kind": "view"}, "after": {"kind": "view"}}'),
	('kind', 'column added to a materialized view', 'SELECT id AS k FROM m.orders', 'SELECT id AS k, note FROM m.orders', 'non_breaking', 'column "note" added', 'kkb', '{"before": {"kind": "materialized_view"}, "after": {"kind": "materialized_view"}}'),
	('kind', 'column added to an embedded model', 'SELECT id AS k FROM m.orders', 'SELECT id AS k, note FROM m.orders', 'non_breaking', 'column "note" added', 'kkb', '{"before": {"kind": "embedded"}, "after": {"kind": "embedded"}}'),
	('kind', 'WHERE of an embedded model', 'SELECT id AS k FROM m.orders', 'SELECT id AS k FROM m.orders WHERE id > 1', 'breaking', 'WHERE changed', 'bbb', '{"before": {"kind": "embedded"}, "after": {"kind": "embedded"}}'),
	('kind', 'text of a view', 'SELECT id AS k FROM m.orders', 'select id as k from m.orders', 'metadata', 'text or description only', 'kkk', '{"before": {"kind": "view"}, "after": {"kind": "view"}}'),
	('kind', 'unused CTEs over a model in a view', 'WITH y AS (SELECT id FROM m.customers) SELECT id AS k FROM m.orders', 'WITH y AS (SELECT id FROM m.customers), z AS (SELECT id FROM y) SELECT id AS k FROM m.orders', 'metadata', 'text or description only', 'kkk', '{"before": {"kind": "view"}, "after": {"kind": "view"}}'),
	('kind', 'unread column over a model in a view', 'SELECT s.k FROM (SELECT id AS k, (SELECT count(*) FROM m.customers) FROM m.orders) s', 'SELECT s.k FROM (SELECT id AS k FROM m.orders) s', 'non_breaking', 'stands on the tables of other models', 'kkk', '{"before": {"kind": "view"}, "after": {"kind": "view"}}'),
	('kind', 'unused CTEs over a model in a materialized view', 'WITH y AS (SELECT id FROM m.customers) SELECT id AS k FROM m.orders', 'WITH y AS (SELECT id FROM m.customers), z AS (SELECT id FROM y) SELECT id AS k FROM m.orders', 'metadata', 'text or description only', 'kkk', '{"before": {"kind": "materialized_view"}, "after": {"kind": "materialized_view"}}'),
	('kind', 'unread column over a model in a materialized view', 'SELECT s.k FROM (SELECT id AS k, (SELECT count(*) FROM m.customers) FROM m.orders) s', 'SELECT s.k FROM (SELECT id AS k FROM m.orders) s', 'non_breaking', 'stands on the tables of other models', 'kkk', '{"before": {"kind": "materialized_view"}, "after": {"kind": "materialized_view"}}'),
	('kind', 'ORDER BY of a view', 'SELECT note AS k FROM m.orders', 'SELECT note AS k FROM m.orders ORDER BY id', 'breaking', 'ORDER BY changed', 'bbb', '{"before": {"kind": "view"}, "after": {"kind": "view"}}');

-- seeds
INSERT INTO raw.cases (form, name, category, reason, readers, before, after, more)
SELECT 'seed', v.*, '{"before": {"kind": "seed"}, "after": {"kind": "seed"}}' FROM (VALUES
	('column added', 'non_breaking', 'column "b" added', 'kkb', E'k,a\n1,x\n2,y\n', E'k,a,b\n1,x,p\n2,y,q\n'),
	('column added first', 'non_breaking', 'column "b" added', 'kkb', E'k,a\n1,x\n2,y\n', E'b,k,a\np,1,x\nq,2,y\n'),
	('row added', 'breaking', 'column "a" has other values, column "k" has other values, number of rows changed', 'bbb', E'k,a\n1,x\n2,y\n', E'k,a\n1,x\n2,y\n3,z\n'),
	('row removed', 'breaking', 'column "a" has other values, column "k" has other values, number of rows changed', 'bbb', E'k,a\n1,x\n2,y\n', E'k,a\n1,x\n'),
	('value changed', 'breaking', 'column "a" has other values', 'kkb', E'k,a\n1,x\n2,y\n', E'k,a\n1,x\n2,z\n'),
	('value that is read changed', 'breaking', 'column "k" has other values', 'bkb', E'k,a\n1,x\n2,y\n', E'k,a\n1,x\n3,y\n'),
	('number or text', 'breaking', 'column "k" is now text, was bigint', 'bkb', E'k,a\n1,x\n2,y\n', E'k,a\n1,x\n02,y\n'),
	('column removed', 'breaking', 'column "a" removed', 'kkb', E'k,a\n1,x\n2,y\n', E'k\n1\n2\n'),
	('column renamed', 'breaking', 'column "a" removed, column "b" added', 'kkb', E'k,a\n1,x\n2,y\n', E'k,b\n1,x\n2,y\n'),
	('columns reordered', 'non_breaking', 'order of columns changed', 'kkb', E'k,a\n1,x\n2,y\n', E'a,k\nx,1\ny,2\n'),
	('quotes alone', 'metadata', 'text or description only', 'kkk', E'k,a\n1,x\n2,y\n', E'k,a\n"1","x"\n2,"y"\n'),
	('line ends alone', 'metadata', 'text or description only', 'kkk', E'k,a\n1,x\n2,y\n', E'k,a\r\n1,x\r\n2,y'),
	('NULL or empty', 'breaking', 'column "a" has other values', 'kkb', E'k,a\n1,x\n2,\n', E'k,a\n1,x\n2,""\n'),
	('rows exchanged', 'breaking', 'column "a" has other values, column "k" has other values', 'bkb', E'k,a\n1,x\n2,y\n', E'k,a\n2,y\n1,x\n')
) v;

-- outside of the query: settings, functions, types, tables
INSERT INTO raw.cases (form, name, category, reason, readers, before, after, more) VALUES
	('settings', 'TimeZone', 'breaking', 'settings changed', 'kkb', 'SELECT id AS k, placed::date AS d FROM m.orders', 'SELECT id AS k, placed::date AS d FROM m.orders', '{"set": {"TimeZone": "Asia/Tokyo"}}'),
	('settings', 'TimeZone in WHERE', 'breaking', 'settings changed', 'bbb', 'SELECT id AS k FROM m.orders WHERE placed::date = date ''2024-01-01''', 'SELECT id AS k FROM m.orders WHERE placed::date = date ''2024-01-01''', '{"set": {"TimeZone": "Asia/Tokyo"}}'),
	('settings', 'TimeZone of no consequence', '', '', '---', 'SELECT id AS k FROM m.orders', 'SELECT id AS k FROM m.orders', '{"set": {"TimeZone": "Asia/Tokyo"}}'),
	('settings', 'DateStyle of a literal', 'breaking', 'column "d" computed differently', 'kkb', 'SELECT id AS k, date ''01/02/2024'' AS d FROM m.orders', 'SELECT id AS k, date ''01/02/2024'' AS d FROM m.orders', '{"set": {"DateStyle": "ISO, DMY"}}'),
	('settings', 'DateStyle of output', 'breaking', 'settings changed', 'kkb', 'SELECT id AS k, (date ''2024-01-02'' + id)::text AS d FROM m.orders', 'SELECT id AS k, (date ''2024-01-02'' + id)::text AS d FROM m.orders', '{"set": {"DateStyle": "German, DMY"}}'),
	('settings', 'DateStyle of no consequence', '', '', '---', 'SELECT id AS k, date ''2024-01-02'' AS d FROM m.orders', 'SELECT id AS k, date ''2024-01-02'' AS d FROM m.orders', '{"set": {"DateStyle": "ISO, DMY"}}'),
	('outside', 'body of a function', 'indirect_breaking', 'function raw.h1(integer) changed', 'kkb', 'SELECT id AS k, raw.h1(id) AS n FROM m.orders', NULL, '{"first": "CREATE FUNCTION raw.h1(int) RETURNS int LANGUAGE sql IMMUTABLE AS ''SELECT $1 + 1''", "between": "CREATE OR REPLACE FUNCTION raw.h1(int) RETURNS int LANGUAGE sql IMMUTABLE AS ''SELECT $1 + 2''"}'),
	('outside', 'body of a function in WHERE', 'indirect_breaking', 'function raw.h2(integer) changed', 'bbb', 'SELECT id AS k FROM m.orders WHERE raw.h2(id) > 2', NULL, '{"first": "CREATE FUNCTION raw.h2(int) RETURNS int LANGUAGE sql IMMUTABLE AS ''SELECT $1 + 1''", "between": "CREATE OR REPLACE FUNCTION raw.h2(int) RETURNS int LANGUAGE sql IMMUTABLE AS ''SELECT $1 - 1''"}'),
	('outside', 'text of a function''s body', '', '', '---', 'SELECT id AS k, raw.h3(id) AS n FROM m.orders', NULL, '{"first": "CREATE FUNCTION raw.h3(int) RETURNS int LANGUAGE sql IMMUTABLE RETURN $1 + 1", "between": "CREATE OR REPLACE FUNCTION raw.h3(int) RETURNS int LANGUAGE sql IMMUTABLE RETURN ($1 + 1)"}'),
	('outside', 'domain', 'indirect_breaking', 'type raw.d1 changed', 'kkb', 'SELECT id AS k, id::raw.d1 AS n FROM m.orders', NULL, '{"first": "CREATE DOMAIN raw.d1 AS int CHECK (VALUE > 0)", "between": "ALTER DOMAIN raw.d1 ADD CHECK (VALUE < 100)"}'),
	('outside', 'view', 'indirect_breaking', 'view raw.v1 changed', 'bbb', 'SELECT id AS k FROM raw.v1', NULL, '{"first": "CREATE VIEW raw.v1 AS SELECT id FROM raw.orders", "between": "CREATE OR REPLACE VIEW raw.v1 AS SELECT id FROM raw.orders WHERE id > 1"}'),
	('outside', 'collation of a source column', 'indirect_breaking', 'column raw.t1.note changed', 'bkb', 'SELECT min(note) AS k FROM raw.t1', NULL, '{"first": "CREATE TABLE raw.t1 AS SELECT note COLLATE \"POSIX\" AS note FROM raw.orders", "between": "ALTER TABLE raw.t1 ALTER note TYPE text COLLATE \"C\""}'),
	('outside', 'type of a source column', 'indirect_breaking', 'column raw.t2.customer_id changed', 'kkb', 'SELECT id AS k, customer_id AS n FROM raw.t2', NULL, '{"first": "CREATE TABLE raw.t2 AS SELECT id, customer_id FROM raw.orders", "between": "ALTER TABLE raw.t2 ALTER customer_id TYPE bigint"}'),
	('outside', 'column added to a source that is read with *', 'indirect_breaking', 'columns of raw.t3 changed', 'kkb', 'SELECT *, id AS k FROM raw.t3', NULL, '{"first": "CREATE TABLE raw.t3 AS SELECT id FROM raw.orders", "between": "ALTER TABLE raw.t3 ADD COLUMN more int"}'),
	('outside', 'column that nothing reads', '', '', '---', 'SELECT id AS k FROM raw.t4', NULL, '{"first": "CREATE TABLE raw.t4 AS SELECT id FROM raw.orders", "between": "ALTER TABLE raw.t4 ADD COLUMN more int"}');

-- what SQLMesh 0.236 calls non-breaking, and leaves the readers stale
INSERT INTO raw.cases (form, name, reason, before, after, category, readers)
SELECT 'peer unsound', v.*, 'breaking', 'bbb' FROM (VALUES
	('column under SELECT DISTINCT', 'DISTINCT changed, column "n" added', 'SELECT DISTINCT customer_id AS k FROM m.orders', 'SELECT DISTINCT customer_id AS k, id AS n FROM m.orders'),
	('columns in both branches of UNION', 'column "n" added, set operation changed', 'SELECT customer_id AS k FROM m.orders UNION SELECT customer_id FROM raw.archive', 'SELECT customer_id AS k, id AS n FROM m.orders UNION SELECT customer_id, id FROM raw.archive'),
	('columns in both branches of INTERSECT', 'column "n" added, set operation changed', 'SELECT customer_id AS k FROM m.orders INTERSECT SELECT customer_id FROM raw.archive', 'SELECT customer_id AS k, id AS n FROM m.orders INTERSECT SELECT customer_id, id FROM raw.archive'),
	('columns in both branches of EXCEPT', 'column "n" added, set operation changed', 'SELECT customer_id AS k FROM m.orders EXCEPT SELECT customer_id FROM raw.archive', 'SELECT customer_id AS k, id AS n FROM m.orders EXCEPT SELECT customer_id, id FROM raw.archive'),
	('UNION in a CTE', 'WITH query "x" changed', 'WITH x AS (SELECT customer_id AS k FROM m.orders UNION SELECT id FROM m.customers) SELECT k FROM x', 'WITH x AS (SELECT customer_id AS k, id AS n FROM m.orders UNION SELECT id, id FROM m.customers) SELECT k FROM x'),
	('DISTINCT in a CTE', 'WITH query "x" changed', 'WITH x AS (SELECT DISTINCT customer_id AS k FROM m.orders) SELECT k FROM x', 'WITH x AS (SELECT DISTINCT customer_id AS k, id AS n FROM m.orders) SELECT k FROM x'),
	('UNION in a subquery', 'subquery "s" changed', 'SELECT s.k FROM (SELECT customer_id AS k FROM m.orders UNION SELECT id FROM m.customers) s', 'SELECT s.k FROM (SELECT customer_id AS k, id AS n FROM m.orders UNION SELECT id, id FROM m.customers) s'),
	('DISTINCT in a subquery', 'subquery "s" changed', 'SELECT s.k FROM (SELECT DISTINCT customer_id AS k FROM m.orders) s', 'SELECT s.k FROM (SELECT DISTINCT customer_id AS k, id AS n FROM m.orders) s'),
	('SELECT DISTINCT * FROM a CTE', 'DISTINCT changed, WITH query "x" changed, column "n" added', 'WITH x AS (SELECT customer_id AS k FROM m.orders) SELECT DISTINCT * FROM x', 'WITH x AS (SELECT customer_id AS k, id AS n FROM m.orders) SELECT DISTINCT * FROM x'),
	('aggregate in an ungrouped constant SELECT', 'aggregates added, column "n" added', 'SELECT 1 AS k FROM m.orders', 'SELECT 1 AS k, count(*) AS n FROM m.orders'),
	('aggregate in an ungrouped constant CTE', 'WITH query "x" changed', 'WITH x AS (SELECT 1 AS k FROM m.orders) SELECT k FROM x', 'WITH x AS (SELECT 1 AS k, count(*) AS n FROM m.orders) SELECT k FROM x'),
	('EXISTS over an aggregate', 'WHERE changed', 'SELECT o.id AS k FROM m.orders o WHERE EXISTS (SELECT 1 FROM m.customers c WHERE c.id = o.id)', 'SELECT o.id AS k FROM m.orders o WHERE EXISTS (SELECT 1, count(*) FROM m.customers c WHERE c.id = o.id)'),
	('generate_series', 'column "n" added, set-returning functions changed', 'SELECT id AS k, note FROM m.orders', 'SELECT id AS k, note, generate_series(1, 2) AS n FROM m.orders'),
	('jsonb_array_elements', 'column "n" added, set-returning functions changed', 'SELECT id AS k, note FROM m.orders', 'SELECT id AS k, note, jsonb_array_elements(doc -> ''b'') AS n FROM m.orders'),
	('regexp_matches', 'column "n" added, set-returning functions changed', 'SELECT id AS k, note FROM m.orders', 'SELECT id AS k, note, regexp_matches(note, ''.'', ''g'') AS n FROM m.orders'),
	('regexp_split_to_table', 'column "n" added, set-returning functions changed', 'SELECT id AS k, note FROM m.orders', 'SELECT id AS k, note, regexp_split_to_table(note, '','') AS n FROM m.orders'),
	('string_to_table', 'column "n" added, set-returning functions changed', 'SELECT id AS k, note FROM m.orders', 'SELECT id AS k, note, string_to_table(note, '','') AS n FROM m.orders'),
	('user''s set-returning function', 'column "n" added, set-returning functions changed', 'SELECT id AS k, note FROM m.orders', 'SELECT id AS k, note, raw.numbers(id) AS n FROM m.orders'),
	('NATURAL JOIN with a CTE that gains a column', 'JOIN condition changed, WITH query "x" changed', 'WITH x AS (SELECT id FROM m.orders) SELECT x.id AS k FROM x NATURAL JOIN m.customers c', 'WITH x AS (SELECT id, note AS name FROM m.orders) SELECT x.id AS k FROM x NATURAL JOIN m.customers c')
) v;
INSERT INTO raw.cases (form, name, category, reason, readers, before, after, more) VALUES
	-- a column is what changes here, and the rows are what they were
	('peer unsound', 'md5 of a whole row', 'breaking', 'column "k" computed differently, subquery "q" changed', 'bkb', 'SELECT md5(q::text) AS k FROM (SELECT id FROM m.orders) q', 'SELECT md5(q::text) AS k FROM (SELECT id, note FROM m.orders) q', '{}'),
	('peer unsound', 'count(DISTINCT q.*)', 'breaking', 'column "k" computed differently, subquery "q" changed', 'bkb', 'SELECT count(DISTINCT q.*) AS k FROM (SELECT customer_id FROM m.orders) q', 'SELECT count(DISTINCT q.*) AS k FROM (SELECT customer_id, id FROM m.orders) q', '{}'),
	('peer unsound', 'to_jsonb of a whole row', 'breaking', 'column "k" computed differently, subquery "q" changed', 'bkb', 'SELECT to_jsonb(q) AS k FROM (SELECT id FROM m.orders) q', 'SELECT to_jsonb(q) AS k FROM (SELECT id, note FROM m.orders) q', '{}'),
	-- passes, and rightly: nobody can have read it
	('peer unsound', 'volatile function added', 'non_breaking', 'column "r" added', 'kkb', 'SELECT id AS k, note FROM m.orders', 'SELECT id AS k, note, random() AS r FROM m.orders', '{"chance": true}'),
	-- kind attributes that the peer lets pass and that exist here
	('peer unsound', 'type of a column', 'breaking', 'column "n" is now text, was integer', 'kkb', 'SELECT id AS k, customer_id AS n FROM m.orders', 'SELECT id AS k, customer_id::text AS n FROM m.orders', '{}'),
	('peer unsound', 'view or materialized view', 'non_breaking', 'kind changed from view to materialized_view', 'kkk', 'SELECT id AS k FROM m.orders', 'SELECT id AS k FROM m.orders', '{"before": {"kind": "view"}, "after": {"kind": "materialized_view"}}');

-- what it calls breaking, and rebuilds every descendant for
INSERT INTO raw.cases (form, name, category, reason, readers, before, after) VALUES
	('peer conservative', 'table alias renamed', 'metadata', 'text or description only', 'kkk', 'SELECT o.id AS k, o.note FROM m.orders o', 'SELECT p.id AS k, p.note FROM m.orders p'),
	('peer conservative', 'CTE renamed', 'metadata', 'text or description only', 'kkk', 'WITH x AS (SELECT id AS k, note FROM m.orders) SELECT k, note FROM x', 'WITH better AS (SELECT id AS k, note FROM m.orders) SELECT k, note FROM better'),
	('peer conservative', 'unused CTE added', 'metadata', 'text or description only', 'kkk', 'SELECT id AS k, note FROM m.orders', 'WITH u AS (SELECT name FROM m.customers) SELECT id AS k, note FROM m.orders'),
	('peer conservative', 'unused CTE removed', 'metadata', 'text or description only', 'kkk', 'WITH u AS (SELECT name FROM m.customers) SELECT id AS k, note FROM m.orders', 'SELECT id AS k, note FROM m.orders'),
	('peer conservative', 'INNER JOIN for JOIN', 'metadata', 'text or description only', 'kkk', 'SELECT o.id AS k, c.name FROM m.orders o JOIN m.customers c ON c.id = o.customer_id', 'SELECT o.id AS k, c.name FROM m.orders o INNER JOIN m.customers c ON c.id = o.customer_id'),
	('peer conservative', 'order of an IN list', 'metadata', 'text or description only', 'kkk', 'SELECT id AS k FROM m.orders WHERE note IN (''a'', ''b'', ''c'')', 'SELECT id AS k FROM m.orders WHERE note IN (''c'', ''b'', ''a'')'),
	('peer conservative', 'ORDER BY without LIMIT added', 'metadata', 'text or description only', 'kkk', 'SELECT id AS k, note FROM m.orders', 'SELECT id AS k, note FROM m.orders ORDER BY note, id'),
	('peer conservative', 'one column''s expression', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, note AS n FROM m.orders', 'SELECT id AS k, upper(note) AS n FROM m.orders'),
	('peer conservative', 'type alone', 'breaking', 'column "n" is now numeric, was integer', 'kkb', 'SELECT id AS k, customer_id AS n FROM m.orders', 'SELECT id AS k, customer_id::numeric AS n FROM m.orders'),
	('peer conservative', 'column that no child uses removed', 'breaking', 'column "n" removed', 'kkb', 'SELECT id AS k, note AS n FROM m.orders', 'SELECT id AS k FROM m.orders'),
	('peer conservative', 'columns reordered', 'non_breaking', 'order of columns changed', 'kkb', 'SELECT id AS k, note AS n FROM m.orders', 'SELECT note AS n, id AS k FROM m.orders'),
	('peer conservative', 'column that no child uses renamed', 'breaking', 'column "n" removed, column "o" added', 'kkb', 'SELECT id AS k, note AS n FROM m.orders', 'SELECT id AS k, note AS o FROM m.orders'),
	-- without a key that is known the join may repeat rows
	('peer conservative', 'LEFT JOIN and a column', 'breaking', 'FROM changed, JOIN condition changed, column "name" added', 'bbb', 'SELECT o.id AS k FROM m.orders o', 'SELECT o.id AS k, c.name FROM m.orders o LEFT JOIN m.customers c ON c.id = o.customer_id'),
	-- rightly breaking there too
	('peer conservative', 'column captured by ORDER BY', 'breaking', 'ORDER BY changed, column "amount" added', 'bbb', 'SELECT id AS k FROM m.orders ORDER BY amount LIMIT 1', 'SELECT id AS k, -amount AS amount FROM m.orders ORDER BY amount LIMIT 1'),
	('peer conservative', 'unnest at the top', 'breaking', 'column "n" added, set-returning functions changed', 'bbb', 'SELECT id AS k, note FROM m.orders', 'SELECT id AS k, note, unnest(flags) AS n FROM m.orders'),
	-- the rules of its section 3
	('peer conservative', 'column before GROUP BY 1', 'breaking', 'GROUP BY changed, column "k" computed differently, column "note" added', 'bbb', 'SELECT customer_id AS k FROM m.orders GROUP BY 1', 'SELECT note, 1 AS k FROM m.orders GROUP BY 1'),
	('peer conservative', 'scalar subquery over unnest', 'non_breaking', 'column "n" added', 'kkb', 'SELECT id AS k FROM m.orders', 'SELECT id AS k, (SELECT max(x) FROM unnest(flags) x) AS n FROM m.orders'),
	('peer conservative', 'several columns, one a cast', 'non_breaking', 'column "b" added, column "c" added', 'kkb', 'SELECT id AS k, placed FROM m.orders', 'SELECT id AS k, upper(note)::varchar(3) AS b, amount AS c, placed FROM m.orders'),
	('peer conservative', 'projection replaced', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, note AS n FROM m.orders', 'SELECT id AS k, ''x'' || note AS n FROM m.orders'),
	('peer conservative', 'projection moved', 'non_breaking', 'order of columns changed', 'kkb', 'SELECT note AS n, id AS k FROM m.orders', 'SELECT id AS k, note AS n FROM m.orders'),
	('peer conservative', 'WHERE added', 'breaking', 'WHERE changed', 'bbb', 'SELECT id AS k, note FROM m.orders', 'SELECT id AS k, note FROM m.orders WHERE note = ''a'''),
	('peer conservative', 'FROM added', 'breaking', 'FROM changed', 'bbb', 'SELECT 1 AS k', 'SELECT 1 AS k FROM m.orders'),
	('peer conservative', 'DISTINCT added', 'breaking', 'DISTINCT changed', 'bbb', 'SELECT id AS k, note FROM m.orders', 'SELECT DISTINCT id AS k, note FROM m.orders'),
	-- what it folds and we do not
	('peer conservative', 'WHERE true', 'breaking', 'WHERE changed', 'bbb', 'SELECT id AS k, note FROM m.orders', 'SELECT id AS k, note FROM m.orders WHERE true'),
	('peer conservative', 'constants folded', 'breaking', 'column "n" computed differently', 'kkb', 'SELECT id AS k, 1 + 1 AS n FROM m.orders', 'SELECT id AS k, 2 AS n FROM m.orders');

-- two that are wrong on purpose, to see that the comparison can fail
INSERT INTO raw.cases (form, name, category, reason, readers, before, after) VALUES
	('wrong', 'category', 'metadata', 'text or description only', 'kkk', 'SELECT id AS k FROM m.orders', 'SELECT id AS k FROM m.orders WHERE id > 1'),
	('wrong', 'reason and readers', 'breaking', 'HAVING changed', 'kkb', 'SELECT id AS k FROM m.orders', 'SELECT id AS k FROM m.orders WHERE id > 1');

SELECT count(*) >= 220 AS enough FROM raw.cases;

--
-- Before, and after.
--
SET vde.environment = 'prod';
SELECT vde_register('m.orders', 'SELECT * FROM raw.orders') IS NOT NULL AS ok;
SELECT vde_register('m.customers', 'SELECT id, name FROM raw.customers') IS NOT NULL AS ok;
DO $$
DECLARE
	r raw.cases;
BEGIN
	FOR r IN SELECT * FROM raw.cases ORDER BY place LOOP
		IF r.more ? 'first' THEN
			EXECUTE r.more ->> 'first';
		END IF;
		PERFORM public.vde_register('c.n' || r.place, r.before, coalesce(r.more #>> '{before,kind}', 'full'), coalesce(r.more #> '{before,options}', '{}'));
		PERFORM public.vde_register(format('c.n%s_column', r.place), format('SELECT k FROM c.n%s', r.place));
		PERFORM public.vde_register(format('c.n%s_rows', r.place), format('SELECT count(*) AS n FROM c.n%s', r.place));
		PERFORM public.vde_register(format('c.n%s_star', r.place), format('SELECT * FROM c.n%s', r.place));
	END LOOP;
END $$;
CALL vde_apply(confirm => true);
SELECT count(*) FROM vde_changes();

DO $$
DECLARE
	r raw.cases;
	s record;
BEGIN
	FOR r IN SELECT * FROM raw.cases ORDER BY place LOOP
		IF r.more ? 'between' THEN
			EXECUTE r.more ->> 'between';
		END IF;
		CONTINUE WHEN r.after IS NULL;
		FOR s IN SELECT key, value, current_setting(key) AS was FROM jsonb_each_text(r.more -> 'set') LOOP
			PERFORM set_config(s.key, s.value, true);
		END LOOP;
		PERFORM public.vde_register('c.n' || r.place, r.after, coalesce(r.more #>> '{after,kind}', 'full'), coalesce(r.more #> '{after,options}', '{}'));
		PERFORM set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO, MDY', true);
	END LOOP;
END $$;
CREATE TABLE raw.changes AS SELECT * FROM vde_changes();

CREATE FUNCTION raw.in_order(text) RETURNS text LANGUAGE sql
	RETURN (SELECT string_agg(part, ', ' ORDER BY part COLLATE "C") FROM regexp_split_to_table($1, ', (?!was )') part);
CREATE FUNCTION raw.reader(place int, reader text) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce((SELECT CASE category WHEN 'indirect_breaking' THEN 'b' WHEN 'indirect_non_breaking' THEN 'k' ELSE '?' END
					 FROM raw.changes WHERE model = format('c.n%s_%s', $1, $2)), '-')
$$;
CREATE TABLE raw.results AS
	SELECT r.*, coalesce(c.category, '') AS got_category, coalesce(raw.in_order(c.reason), '') AS got_reason,
		raw.reader(place, 'column') || raw.reader(place, 'rows') || raw.reader(place, 'star') AS got_readers
	FROM raw.cases r LEFT JOIN raw.changes c ON c.model = 'c.n' || r.place;

\pset format unaligned
-- every case that is not as it should be: none but the two
SELECT form, name, category, got_category, reason, got_reason, readers, got_readers
FROM raw.results
WHERE (category, reason, readers) IS DISTINCT FROM (got_category, got_reason, got_readers)
ORDER BY place;

SELECT form, count(*) AS cases, count(*) FILTER (WHERE (category, reason, readers) = (got_category, got_reason, got_readers)) AS "right"
FROM raw.results GROUP BY form ORDER BY min(place);

\pset format aligned
-- The parents are nobody's change; what is only metadata builds nothing.
SELECT model, category FROM raw.changes WHERE model ~ '^m\.';
SELECT count(*) FROM raw.changes c JOIN raw.cases r ON c.model ~ format('^c\.n%s(_|$)', r.place) WHERE r.category = 'metadata' AND c.action <> 'reuse' AND r.form <> 'wrong';

--
-- And the data are those of the text after, for the model and for whoever reads it.
--
CALL vde_apply(confirm => true);
SELECT count(*) FROM vde_changes();
DO $$
DECLARE
	r record;
	s record;
	differ bigint;
BEGIN
	FOR r IN SELECT * FROM raw.cases WHERE coalesce(more #>> '{after,kind}', '') <> 'seed' ORDER BY place LOOP
		CONTINUE WHEN r.more ? 'chance';
		FOR s IN SELECT key, value FROM jsonb_each_text(r.more -> 'set') LOOP
			PERFORM set_config(s.key, s.value, true);
		END LOOP;
		IF coalesce(r.more #>> '{after,kind}', '') <> 'embedded' THEN
			EXECUTE format(E'SELECT count(*) FROM ((TABLE c.n%1$s EXCEPT ALL (%2$s\n)) UNION ALL ((%2$s\n) EXCEPT ALL TABLE c.n%1$s)) d', r.place, rtrim(coalesce(r.after, r.before), '; ')) INTO differ;
			IF differ > 0 THEN
				RAISE WARNING '% %: % rows differ', r.form, r.name, differ;
			END IF;
		END IF;
		FOR s IN SELECT * FROM (VALUES ('column', 'k'), ('rows', 'count(*)'), ('star', '*')) v(reader, list) LOOP
			EXECUTE format(E'WITH q AS (SELECT %3$s FROM (%2$s\n) q) SELECT count(*) FROM ((TABLE c.n%1$s EXCEPT ALL TABLE q) UNION ALL (TABLE q EXCEPT ALL TABLE c.n%1$s)) d',
				r.place || '_' || s.reader, rtrim(coalesce(r.after, r.before), '; '), s.list) INTO differ;
			IF differ > 0 THEN
				RAISE WARNING '% %, its reader of %: % rows differ', r.form, r.name, s.list, differ;
			END IF;
		END LOOP;
		PERFORM set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO, MDY', true);
	END LOOP;
END $$;
-- seeds: what their readers have is what they have
DO $$
DECLARE
	r raw.cases;
	differ bigint;
	n bigint;
BEGIN
	FOR r IN SELECT * FROM raw.cases WHERE form = 'seed' ORDER BY place LOOP
		EXECUTE format('SELECT count(*) FROM ((SELECT k FROM c.n%1$s EXCEPT ALL TABLE c.n%1$s_column) UNION ALL (TABLE c.n%1$s_column EXCEPT ALL SELECT k FROM c.n%1$s) UNION ALL (SELECT NULL FROM c.n%1$s_rows WHERE n <> (SELECT count(*) FROM c.n%1$s))) d', r.place) INTO differ;
		EXECUTE format('SELECT count(*) FROM ((TABLE c.n%1$s EXCEPT ALL TABLE c.n%1$s_star) UNION ALL (TABLE c.n%1$s_star EXCEPT ALL TABLE c.n%1$s)) d', r.place) INTO n;
		IF differ + n > 0 THEN
			RAISE WARNING '% %: % rows differ', r.form, r.name, differ + n;
		END IF;
	END LOOP;
END $$;

--
-- Readers of all forms: one parent for each kind of edit, and one reader of
-- each form over each.  "expected" is what becomes of it when a column n is
-- computed differently, a row goes, a column is added, n is retyped, and the
-- columns are put in another order.
--
CREATE TABLE raw.edits (place serial, edit text, before text, after text);
INSERT INTO raw.edits (edit, before, after) VALUES
	('value', 'SELECT id, customer_id AS n, note AS t FROM m.orders', 'SELECT id, -customer_id AS n, note AS t FROM m.orders'),
	('rows', 'SELECT id, customer_id AS n, note AS t FROM m.orders', 'SELECT id, customer_id AS n, note AS t FROM m.orders WHERE id <> 3'),
	('more', 'SELECT id, customer_id AS n, note AS t FROM m.orders', 'SELECT id, customer_id AS n, note AS t, note AS name FROM m.orders'),
	('type', 'SELECT id, customer_id AS n, note AS t FROM m.orders', 'SELECT id, customer_id::bigint AS n, note AS t FROM m.orders'),
	('order', 'SELECT id, customer_id AS n, note AS t FROM m.orders', 'SELECT note AS t, customer_id AS n, id FROM m.orders');
CREATE TABLE raw.readers (place serial, name text, expected text CHECK (expected ~ '^[kb]{5}$'), query text);
INSERT INTO raw.readers (name, expected, query) VALUES
	('another column', 'kbkkk', 'SELECT id FROM %1$s'),
	('the column', 'bbkbk', 'SELECT n FROM %1$s'),
	('in an expression', 'bbkbk', 'SELECT id, CASE WHEN n > 1 THEN 1 END AS c FROM %1$s'),
	('*', 'bbbbb', 'SELECT * FROM %1$s'),
	('TABLE', 'bbbbb', 'TABLE %1$s'),
	('alias.*', 'bbbbb', 'SELECT p.*, 1 AS one FROM %1$s p'),
	('rows alone', 'kbkkk', 'SELECT 1 AS one FROM %1$s'),
	('count(*)', 'kbkkk', 'SELECT count(*) AS c FROM %1$s'),
	('count of the column', 'bbkbk', 'SELECT count(n) AS c FROM %1$s'),
	('WHERE', 'bbkbk', 'SELECT id FROM %1$s WHERE n > 1'),
	('GROUP BY', 'bbkbk', 'SELECT count(*) AS c FROM %1$s GROUP BY n'),
	('HAVING', 'bbkbk', 'SELECT id FROM %1$s GROUP BY id HAVING max(n) > 1'),
	('grouping sets', 'bbkbk', 'SELECT grouping(n) AS g FROM %1$s GROUP BY ROLLUP (n)'),
	('DISTINCT', 'bbkbk', 'SELECT DISTINCT n FROM %1$s'),
	('DISTINCT of another column', 'kbkkk', 'SELECT DISTINCT id FROM %1$s'),
	('DISTINCT *', 'bbbbb', 'SELECT DISTINCT * FROM %1$s'),
	('DISTINCT ON', 'bbkbk', 'SELECT DISTINCT ON (id) id, t FROM %1$s ORDER BY id, n'),
	('ORDER BY and LIMIT', 'bbkbk', 'SELECT id FROM %1$s ORDER BY n, id LIMIT 2'),
	('ORDER BY at the top', 'kbkkk', 'SELECT id FROM %1$s ORDER BY n'),
	('window', 'bbkbk', 'SELECT id, rank() OVER (ORDER BY n) AS r FROM %1$s'),
	('PARTITION BY', 'bbkbk', 'SELECT id, count(*) OVER (PARTITION BY n) AS r FROM %1$s'),
	('unused window', 'kbkkk', 'SELECT id FROM %1$s WINDOW w AS (ORDER BY n)'),
	('FILTER', 'bbkbk', 'SELECT count(*) FILTER (WHERE n > 1) AS c FROM %1$s'),
	('order of an aggregate', 'bbkbk', 'SELECT string_agg(t, '','' ORDER BY n, t) AS s FROM %1$s'),
	('order of a subquery', 'bbkbk', 'SELECT string_agg(t, '','') AS s FROM (SELECT t FROM %1$s ORDER BY n, t) q'),
	('WITHIN GROUP', 'bbkbk', 'SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY n) AS p FROM %1$s'),
	('ON', 'bbkbk', 'SELECT c.name FROM m.customers c JOIN %1$s p ON p.n = c.id'),
	('ON another column', 'kbkkk', 'SELECT c.name FROM m.customers c LEFT JOIN %1$s p ON p.id = c.id'),
	('USING', 'bbkbk', 'SELECT c.name FROM (SELECT id AS n, name FROM m.customers) c JOIN %1$s p USING (n)'),
	('USING, FULL JOIN', 'bbkbk', 'SELECT n FROM (SELECT id AS n FROM m.customers) c FULL JOIN %1$s p USING (n)'),
	('NATURAL JOIN', 'kbbkk', 'SELECT c.id FROM m.customers c NATURAL JOIN %1$s p'),
	('CROSS JOIN', 'kbkkk', 'SELECT c.id FROM m.customers c CROSS JOIN %1$s p'),
	('EXISTS', 'kbkkk', 'SELECT c.id FROM m.customers c WHERE EXISTS (SELECT 1 FROM %1$s p WHERE p.id = c.id)'),
	('NOT EXISTS over the column', 'bbkbk', 'SELECT c.id FROM m.customers c WHERE NOT EXISTS (SELECT 1 FROM %1$s p WHERE p.n = c.id)'),
	('EXISTS over *', 'bbbbb', 'SELECT c.id FROM m.customers c WHERE EXISTS (SELECT * FROM %1$s p WHERE p.id = c.id)'),
	('IN', 'bbkbk', 'SELECT c.id FROM m.customers c WHERE c.id IN (SELECT n FROM %1$s)'),
	('NOT IN', 'bbkbk', 'SELECT c.id FROM m.customers c WHERE c.id NOT IN (SELECT n FROM %1$s WHERE n IS NOT NULL)'),
	('> ALL', 'bbkbk', 'SELECT c.id FROM m.customers c WHERE c.id > ALL (SELECT n FROM %1$s WHERE n IS NOT NULL)'),
	('scalar subquery', 'bbkbk', 'SELECT c.id, (SELECT max(n) FROM %1$s) AS m FROM m.customers c'),
	('scalar subquery over rows', 'kbkkk', 'SELECT c.id, (SELECT count(*) FROM %1$s) AS m FROM m.customers c'),
	('correlated subquery', 'bbkbk', 'SELECT c.id, (SELECT count(*) FROM %1$s p WHERE p.n = c.id) AS m FROM m.customers c'),
	('outer reference', 'bbkbk', 'SELECT p.id, (SELECT count(*) FROM m.customers c WHERE c.id = p.n) AS m FROM %1$s p'),
	('ARRAY', 'bbkbk', 'SELECT ARRAY(SELECT n FROM %1$s ORDER BY 1) AS a'),
	('subquery of a subquery', 'bbkbk', 'SELECT (SELECT max(x) FROM (SELECT n AS x FROM %1$s WHERE id > (SELECT min(id) FROM %1$s)) s) AS m'),
	('LATERAL', 'bbkbk', 'SELECT s.x FROM %1$s p, LATERAL (SELECT p.n + 1 AS x) s'),
	('LATERAL, a column that is not read', 'kbkkk', 'SELECT s.y FROM %1$s p, LATERAL (SELECT p.n + 1 AS x, p.id AS y) s'),
	('text of the row', 'bbbbb', 'SELECT p::text AS r FROM %1$s p'),
	('row_to_json', 'bbbbb', 'SELECT row_to_json(p)::text AS r FROM %1$s p'),
	('count of the row', 'bbbbb', 'SELECT count(p) AS c FROM %1$s p'),
	('count(DISTINCT p.*)', 'bbbbb', 'SELECT count(DISTINCT p.*) AS c FROM %1$s p'),
	('row IS NOT NULL', 'bbbbb', 'SELECT id FROM %1$s p WHERE p IS NOT NULL'),
	('row in an outer reference', 'bbbbb', 'SELECT (SELECT p::text) AS r FROM %1$s p'),
	('ROW constructor', 'bbkbk', 'SELECT ROW(id, n)::text AS r FROM %1$s p'),
	('row of a join', 'bbbbb', 'SELECT j::text AS r FROM (SELECT p.*, c.id AS x FROM %1$s p JOIN m.customers c ON c.id = p.id) j'),
	('CTE', 'bbkbk', 'WITH x AS (SELECT id, n FROM %1$s) SELECT n FROM x'),
	('CTE, a column that is not read', 'kbkkk', 'WITH x AS (SELECT id, n FROM %1$s) SELECT id FROM x'),
	('CTE over *', 'kbkkk', 'WITH x AS (SELECT * FROM %1$s) SELECT id FROM x'),
	('CTE over *, the column', 'bbkbk', 'WITH x AS (SELECT * FROM %1$s) SELECT n FROM x'),
	('MATERIALIZED CTE', 'kbkkk', 'WITH x AS MATERIALIZED (SELECT id, n FROM %1$s) SELECT id FROM x'),
	('CTE twice', 'bbkbk', 'WITH x AS (SELECT id, n FROM %1$s) SELECT a.id FROM x a JOIN x b ON a.id = b.n'),
	('CTE with DISTINCT', 'bbkbk', 'WITH x AS (SELECT DISTINCT id, n FROM %1$s) SELECT id FROM x'),
	('CTE with GROUP BY', 'bbkbk', 'WITH x AS (SELECT id, n FROM %1$s GROUP BY 1, 2) SELECT id FROM x'),
	('CTE of a CTE', 'bbkbk', 'WITH x AS (SELECT * FROM %1$s), y AS (SELECT n + 1 AS m FROM x) SELECT m FROM y'),
	('unused CTE', 'kkkkk', 'WITH x AS (SELECT n FROM %1$s) SELECT id FROM m.customers'),
	('recursive CTE', 'bbkbk', 'WITH RECURSIVE r(id, n) AS (SELECT id, n FROM %1$s UNION SELECT p.id, p.n FROM r JOIN %1$s p ON p.id = r.n) SELECT count(*) AS c FROM r'),
	('recursive CTE, joined', 'bbkbk', 'WITH RECURSIVE r(id) AS (SELECT 1 UNION SELECT p.id FROM r JOIN %1$s p ON p.n = r.id) SELECT id FROM r'),
	('subquery, a column that is not read', 'kbkkk', 'SELECT s.id FROM (SELECT id, n FROM %1$s) s'),
	('subquery with LIMIT', 'bbkbk', 'SELECT s.id FROM (SELECT id, n FROM %1$s ORDER BY id, n LIMIT 3) s'),
	('subquery with OFFSET 0', 'kbkkk', 'SELECT s.id FROM (SELECT id, n FROM %1$s OFFSET 0) s'),
	('subquery with a condition', 'bbkbk', 'SELECT s.id FROM (SELECT id FROM %1$s WHERE n > 1) s'),
	('UNION ALL, another column', 'kbkkk', 'SELECT id FROM %1$s UNION ALL SELECT id FROM m.customers'),
	('UNION ALL', 'bbkbk', 'SELECT n FROM %1$s UNION ALL SELECT id FROM m.customers'),
	('UNION', 'bbkbk', 'SELECT n FROM %1$s UNION SELECT id FROM m.customers'),
	('UNION of two, one read', 'bbkbk', 'SELECT s.id FROM (SELECT id, n FROM %1$s UNION SELECT id, id FROM m.customers) s'),
	('UNION ALL of two, one read', 'kbkkk', 'SELECT s.id FROM (SELECT id, n FROM %1$s UNION ALL SELECT id, id FROM m.customers) s'),
	('EXCEPT', 'bbkbk', 'SELECT id FROM m.customers EXCEPT SELECT n FROM %1$s'),
	('INTERSECT ALL', 'bbkbk', 'SELECT id FROM m.customers INTERSECT ALL SELECT n FROM %1$s'),
	('self-join', 'bbkbk', 'SELECT a.id FROM %1$s a JOIN %1$s b ON a.id = b.n'),
	('set-returning function', 'bbkbk', 'SELECT id, generate_series(1, n) AS g FROM %1$s'),
	('function in FROM', 'bbkbk', 'SELECT p.id FROM %1$s p, generate_series(1, p.n) g'),
	('function in FROM of another column', 'kbkkk', 'SELECT p.id FROM %1$s p, generate_series(1, p.id) g'),
	('VALUES', 'bbkbk', 'SELECT v.x FROM %1$s p, LATERAL (VALUES (p.id), (p.n)) v(x)'),
	('aggregate of an outer query', 'bbkbk', 'SELECT (SELECT max(p.n) FROM m.customers c WHERE c.id = 1) AS m FROM %1$s p'),
	('self-join over another column', 'kbkkk', 'SELECT a.id FROM %1$s a JOIN %1$s b ON a.id = b.id'),
	('recursion stopped by the column', 'bbkbk', 'WITH RECURSIVE r(id, n) AS (SELECT id, n FROM %1$s UNION ALL SELECT r.id + 1, r.n - 1 FROM r WHERE r.n > 0) SELECT id FROM r'),
	-- of a recursive query every column counts, read or not
	('recursion, another column', 'bbkbk', 'WITH RECURSIVE r(id, n) AS (SELECT id, n::bigint FROM %1$s UNION ALL SELECT r.id + 1, r.n FROM r WHERE r.id < 7) SELECT id FROM r'),
	('CYCLE', 'bbkbk', 'WITH RECURSIVE r(id, n) AS (SELECT id, n FROM %1$s UNION ALL SELECT r.id, -r.n FROM r) CYCLE n SET c USING path SELECT id FROM r'),
	('row of a CTE', 'bbkbk', 'WITH x AS (SELECT id, n FROM %1$s) SELECT x::text AS r FROM x'),
	('count of the row of a CTE', 'bbkbk', 'WITH x AS (SELECT id, n FROM %1$s) SELECT count(x) AS c FROM x'),
	('CTE in a sublink', 'bbkbk', 'WITH x AS (SELECT id, n FROM %1$s) SELECT (SELECT max(n) FROM x) AS m'),
	('CTE in a sublink, another column', 'kbkkk', 'WITH x AS (SELECT id, n FROM %1$s) SELECT (SELECT max(id) FROM x) AS m'),
	('CTE that hides another', 'bbkbk', 'WITH x AS (SELECT id AS v FROM %1$s) SELECT (WITH x AS (SELECT n AS v FROM %1$s) SELECT max(v) FROM x) AS m FROM x'),
	('LATERAL and a condition', 'bbkbk', 'SELECT s.id FROM %1$s p, LATERAL (SELECT c.id FROM m.customers c WHERE c.id = p.n) s'),
	('LIMIT from a subquery', 'bbkbk', 'SELECT id FROM m.orders ORDER BY id LIMIT (SELECT abs(max(n)) FROM %1$s)'),
	('bound of a frame from a subquery', 'bbkbk', 'SELECT id, sum(id) OVER (ORDER BY id RANGE (SELECT abs(max(n)) FROM %1$s)::int PRECEDING) AS s FROM m.orders'),
	('direct argument from a subquery', 'bbkbk', 'SELECT percentile_disc(1.0 / (SELECT 1 + abs(max(n)) FROM %1$s)) WITHIN GROUP (ORDER BY id) AS p FROM m.orders'),
	('aggregate''s FILTER from a subquery', 'bbkbk', 'SELECT count(*) FILTER (WHERE id > (SELECT max(n) FROM %1$s)) AS c FROM m.orders'),
	('ORDER BY from a subquery', 'bbkbk', 'SELECT id FROM m.orders o ORDER BY (SELECT max(n) FROM %1$s p WHERE p.id = o.id), id LIMIT 3'),
	('GROUP BY from a subquery', 'bbkbk', 'SELECT count(*) AS c FROM m.orders o GROUP BY (SELECT max(n) FROM %1$s p WHERE p.id = o.id)'),
	('DISTINCT of rows', 'bbbbb', 'SELECT count(*) AS c FROM (SELECT DISTINCT p FROM %1$s p) s'),
	('FULL JOIN of itself', 'bbkbk', 'SELECT a.id, b.t FROM %1$s a FULL JOIN %1$s b ON a.id = b.n'),
	('EXCEPT in a CTE, one read', 'bbkbk', 'WITH x AS (SELECT id, n FROM %1$s EXCEPT SELECT id, id FROM m.customers) SELECT id FROM x'),
	('ROWS FROM', 'bbkbk', 'SELECT p.id, r.a FROM %1$s p, ROWS FROM (generate_series(1, p.id), generate_series(1, p.n)) r(a, b)'),
	('through a view', 'kbkkk', 'SELECT id FROM %1$s_view'),
	('through a view, the column', 'bbkbk', 'SELECT n FROM %1$s_view'),
	('through a view, *', 'bbbbb', 'SELECT * FROM %1$s_view'),
	('through an embedded model', 'kbkkk', 'SELECT id FROM %1$s_inline'),
	('through an embedded model, the column', 'bbkbk', 'SELECT n FROM %1$s_inline'),
	('through an embedded model, *', 'bbbbb', 'SELECT * FROM %1$s_inline'),
	('through a table of one column', 'kbkkk', 'SELECT id FROM %1$s_id');
SET vde.environment = 'readers';
SELECT count(vde_register('m.' || x, 'SELECT * FROM raw.' || x)) FROM unnest('{orders,customers}'::text[]) x;
SELECT count(vde_register('e.' || edit, before)) AS parents, count(vde_register('e.' || edit || '_view', 'SELECT * FROM e.' || edit, 'view')) AS views,
	count(vde_register('e.' || edit || '_inline', 'SELECT * FROM e.' || edit, 'embedded')) AS embedded, count(vde_register('e.' || edit || '_id', 'SELECT id FROM e.' || edit)) AS columns
FROM raw.edits;
SELECT count(*) >= 80 AS enough, count(vde_register(format('r.%s_n%s', edit, r.place), format(query, 'e.' || edit))) = count(*) AS registered FROM raw.readers r, raw.edits;
CALL vde_apply();
SELECT count(vde_register('e.' || edit, after)) FROM raw.edits;
SELECT model, category, reason FROM vde_changes() WHERE model ~ '^e\.[a-z]*$' OR model ~ '_id$' ORDER BY 1;
CREATE TABLE raw.found AS
	SELECT r.place, name, query, expected, string_agg(CASE category WHEN 'indirect_breaking' THEN 'b' WHEN 'indirect_non_breaking' THEN 'k' ELSE coalesce('?' || category, '-') END, '' ORDER BY e.place) AS found
	FROM raw.readers r CROSS JOIN raw.edits e LEFT JOIN vde_changes() c ON c.model = format('r.%s_n%s', edit, r.place)
	GROUP BY r.place, name, query, expected;
\pset format unaligned
-- those that are not as they should be: none
SELECT name, expected, found, query FROM raw.found WHERE expected <> translate(found, '-', 'k') ORDER BY place;
SELECT count(*) AS forms, sum(length(found)) AS readers, sum(length(replace(found, 'b', ''))) AS kept FROM raw.found;
CALL vde_apply();
DO $$
DECLARE
	r record;
	differ bigint;
BEGIN
	FOR r IN SELECT o.place, o.name, o.query, e.edit, e.after FROM raw.readers o CROSS JOIN raw.edits e ORDER BY o.place, e.place LOOP
		EXECUTE format('WITH m_orders AS (TABLE raw.orders), m_customers AS (TABLE raw.customers), parent AS (%s), q AS (%s) SELECT count(*) FROM ((TABLE r__readers.%s_n%s EXCEPT ALL TABLE q) UNION ALL (TABLE q EXCEPT ALL TABLE r__readers.%3$s_n%4$s)) d',
			replace(r.after, 'm.', 'm_'), regexp_replace(replace(format(r.query, 'parent'), 'm.', 'm_'), 'parent_(view|inline|id)', 'parent', 'g'), r.edit, r.place) INTO differ;
		IF differ > 0 THEN
			RAISE WARNING 'reader %, %: % rows differ', r.name, r.edit, differ;
		END IF;
	END LOOP;
END $$;

--
-- What keeps no rows of its own stands on its parent's table, and is made anew
-- over another one; who reads it is not.
--
SELECT vde_register('v.parent', 'SELECT id, note FROM m.orders', environment => 'kinds') > 0;
SELECT vde_register('v.shown', 'SELECT id FROM v.parent', 'view', environment => 'kinds') > 0;
SELECT vde_register('v.kept', 'SELECT id FROM v.parent', 'materialized_view', environment => 'kinds') > 0;
SELECT vde_register('v.inlined', 'SELECT id FROM v.parent', 'embedded', environment => 'kinds') > 0;
SELECT vde_register('v.of_' || x, 'SELECT id FROM v.' || x, environment => 'kinds') > 0 AS ok FROM unnest('{shown,kept,inlined}'::text[]) x;
SELECT vde_register('m.orders', 'SELECT * FROM raw.orders', environment => 'kinds') > 0;
CALL vde_apply('kinds');
SELECT vde_register('v.parent', 'SELECT id, upper(note) AS note FROM m.orders', environment => 'kinds') > 0;
SELECT model, category, action, reason FROM vde_changes('kinds') ORDER BY 1;
CALL vde_apply('kinds');

--
-- External models declare: who reads the table reads it with or without.
--
SELECT vde_register('raw.customers', '', 'external', '{"columns": {"id": {"type": "int"}}}', 'external') > 0;
SELECT vde_register('x.reader', 'SELECT id FROM raw.customers', environment => 'external') > 0;
CALL vde_apply('external');
SELECT vde_register('raw.customers', '', 'external', '{"columns": {"id": {"type": "int"}, "name": {"type": "text"}}}', 'external') > 0;
SELECT model, change, category, action, reason FROM vde_changes('external') ORDER BY 1;
CALL vde_apply('external');
SELECT vde_register('raw.customers', '', 'external', '{"columns": {"name": {"type": "text"}}}', 'external') > 0;
SELECT model, change, category, action, reason FROM vde_changes('external') ORDER BY 1;
SELECT vde_register('raw.customers', '', 'external', '{"description": "who buys", "columns": {"id": {"type": "int"}, "name": {"type": "text"}}}', 'external') > 0;
SELECT model, change, category, action, reason FROM vde_changes('external') ORDER BY 1;

--
-- A reader by place of columns in another order; and no reason goes on for ever.
--
SELECT vde_register('m.places', 'SELECT 1 AS a, 2 AS b', environment => 'order') > 0;
SELECT vde_register('m.star', 'SELECT * FROM m.places', environment => 'order') > 0;
SELECT vde_register('m.whole', 'SELECT md5(p::text) AS h FROM m.places p', environment => 'order') > 0;
SELECT vde_register('m.one', 'SELECT b FROM m.places', environment => 'order') > 0;
CALL vde_apply('order');
SELECT vde_register('m.places', 'SELECT 2 AS b, 1 AS a', environment => 'order') > 0;
SELECT model, change, category, action, reason FROM vde_changes('order') ORDER BY 1;
SELECT vde_register('m.places', (SELECT 'SELECT 1 AS a, 2 AS b, ' || string_agg(format('%s AS c%s', n, n), ', ') FROM generate_series(1, 500) n), environment => 'order') > 0;
SELECT model, change, category, action, reason FROM vde_changes('order') ORDER BY 1;

RESET ROLE;
