-- lineage: vde_lineage and vde_impact; what is stored over edits, promotes and
-- rollbacks; and errors that name the reader, the parent and the column.
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_lineage_ana;
DROP ROLE IF EXISTS t_lineage_bob;
CREATE ROLE t_lineage_ana;
CREATE ROLE t_lineage_bob;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_lineage_ana', current_database()); END $$;
CREATE SCHEMA raw AUTHORIZATION t_lineage_ana;
SET SESSION AUTHORIZATION t_lineage_ana;
CREATE TABLE raw.orders (id int, customer_id int, amount numeric(10,2), note text);
CREATE TABLE raw.customers (id int, name text, country text);

SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount, note FROM raw.orders WHERE id > 0') > 0;
SELECT vde_register('shop.customers', 'SELECT id, name, country FROM raw.customers') > 0;
SELECT vde_register('shop.rates', E'country,rate\nDE,1.0\nFR,1.1\n', 'seed', '{"columns": {"country": "text", "rate": "numeric"}}') > 0;
SELECT vde_register('shop.paid', 'SELECT id, customer_id, amount FROM shop.orders WHERE note IS NOT NULL', 'embedded') > 0;
SELECT vde_register('shop.revenue', $$SELECT customer_id, sum(amount) AS total
FROM shop.paid GROUP BY 1$$) > 0;
SELECT vde_register('shop.report', $$WITH big AS (SELECT customer_id, total FROM shop.revenue WHERE total > 5)
SELECT c.name, b.total * r.rate AS total, (SELECT count(*) FROM shop.orders) AS orders
FROM big b JOIN shop.customers c ON c.id = b.customer_id
LEFT JOIN shop.rates r USING (country)$$) > 0;

--
-- what is not there
--
SELECT * FROM vde_lineage('shop.orders');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_impact('shop.orders');
\echo :LAST_ERROR_SQLSTATE
CALL vde_apply('dev');
SELECT * FROM vde_lineage('shop.orders', environment => 'nowhere');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_lineage('shop.nothing');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_lineage('raw.orders');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_lineage('shop.orders', 'Amount');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_lineage(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_lineage('orders');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_impact('shop.nothing', 'x', 'dev');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_impact('shop.orders', 'Amount');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_impact('raw.orders', 'nothing');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_impact(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_impact('shop.orders', environment => 'nowhere');
\echo :LAST_ERROR_SQLSTATE

--
-- direct edges
--
SELECT * FROM vde_lineage('shop.orders');
SELECT * FROM vde_lineage('shop.rates');
SELECT * FROM vde_lineage('shop.paid');
SELECT * FROM vde_lineage('shop.revenue');
SELECT * FROM vde_lineage('shop.report');
SELECT * FROM vde_lineage('shop.report', 'total');
SELECT * FROM vde_lineage(column_name => 'name', environment => 'dev', model => 'shop.report');

--
-- everything downstream
--
SELECT * FROM vde_impact('shop.report');
SELECT * FROM vde_impact('shop.revenue', 'total');
SELECT * FROM vde_impact('shop.orders', 'amount');
-- what decides the rows goes on as all columns
SELECT * FROM vde_impact('shop.orders', 'note');
SELECT * FROM vde_impact('shop.orders');
-- of a table outside, and of a seed
SELECT * FROM vde_impact('raw.orders', 'amount');
SELECT * FROM vde_impact('raw.customers', 'country');
SELECT * FROM vde_impact('raw.customers');
SELECT * FROM vde_impact('shop.rates', 'rate');
-- read by nobody
SELECT * FROM vde_impact('raw.orders', 'xmin');
\echo :LAST_ERROR_SQLSTATE
ALTER TABLE raw.orders ADD COLUMN more int;
SELECT * FROM vde_impact('raw.orders', 'more');

--
-- four levels with a diamond, a union, and two ways of different lengths
--
SELECT vde_register('d.a', 'SELECT id AS x, customer_id AS y, note AS z FROM raw.orders', environment => 'diamond') > 0;
SELECT vde_register('d.b1', 'SELECT x + 1 AS x, y FROM d.a', environment => 'diamond') > 0;
SELECT vde_register('d.b2', 'SELECT y AS x, x AS y FROM d.a WHERE z <> ''z''', environment => 'diamond') > 0;
SELECT vde_register('d.c', 'SELECT x, y FROM d.b1 UNION ALL SELECT y, x FROM d.b2', environment => 'diamond') > 0;
SELECT vde_register('d.d', 'WITH RECURSIVE r AS (SELECT x, 1 AS n FROM d.c UNION ALL SELECT r.x, n + 1 FROM r WHERE n < 3), s AS (TABLE r)
SELECT s.x, t.n, u.y FROM s JOIN r t ON s.n = t.n CROSS JOIN (SELECT DISTINCT x, y FROM d.a) u', environment => 'diamond') > 0;
SELECT vde_register('d.e', 'SELECT max(x) AS m FROM d.d', environment => 'diamond') > 0;
SELECT vde_register('d.apart', 'SELECT 1 AS one', environment => 'diamond') > 0;
CALL vde_apply('diamond');
SELECT * FROM vde_lineage('d.c', environment => 'diamond');
SELECT * FROM vde_lineage('d.d', environment => 'diamond');
SELECT * FROM vde_lineage('d.apart', environment => 'diamond');
SELECT * FROM vde_impact('d.a', 'y', 'diamond');
SELECT * FROM vde_impact('d.a', 'z', 'diamond');
SELECT * FROM vde_impact('raw.orders', 'note', 'diamond');
SELECT * FROM vde_impact('d.c', 'y', 'diamond');

--
-- names that need quotes
--
SELECT vde_register('"My Shop"."a.b"', 'SELECT 1 AS "c.d", 2 AS "Ä"', environment => 'q') > 0;
SELECT vde_register('"My Shop"."Größe"', 'SELECT "c.d" + 1 AS "x y" FROM "My Shop"."a.b"', environment => 'q') > 0;
CALL vde_apply('q');
SELECT * FROM vde_lineage('"My Shop"."Größe"', 'x y', 'q');
SELECT * FROM vde_impact('"My Shop"."a.b"', 'c.d', 'q');
SELECT * FROM vde_impact('"My Shop"."a.b"', 'x', 'q');

--
-- over edits, promotes and rollbacks: each environment has its own
--
CALL vde_promote('dev', 'prod');
SELECT vde_register('shop.revenue', 'SELECT customer_id, note, sum(amount) AS total FROM shop.orders GROUP BY 1, 2') > 0;
SELECT * FROM vde_lineage('shop.revenue', 'note');
\echo :LAST_ERROR_SQLSTATE
CALL vde_apply('dev');
SELECT * FROM vde_lineage('shop.revenue', 'note');
SELECT model, column_name, via FROM vde_impact('shop.orders', 'note', 'dev');
SELECT model, column_name, via FROM vde_impact('shop.orders', 'note', 'prod');
SELECT * FROM vde_lineage('shop.revenue', 'note', 'prod');
CALL vde_promote('dev', 'prod');
SELECT source, source_column, usage FROM vde_lineage('shop.revenue', 'note', 'prod');
CALL vde_rollback('prod');
SELECT source, source_column, usage FROM vde_lineage('shop.revenue', 'customer_id', 'prod');
SET vde.environment = 'prod';
SELECT source, source_column, usage FROM vde_lineage('shop.revenue', 'total');
RESET vde.environment;
-- text alone: a new snapshot has its own, with other places
SELECT vde_register('shop.customers', '/* who */ SELECT id, name, country FROM raw.customers') > 0;
CALL vde_apply('dev');
SELECT source, source_column, usage FROM vde_lineage('shop.customers', 'name');

--
-- whoever may see the state may see this, and no more
--
SET SESSION AUTHORIZATION t_lineage_bob;
SELECT count(*) > 0 FROM vde_lineage('shop.report');
SELECT count(*) > 0 FROM vde_impact('raw.orders');
SELECT count(*) FROM vde.lineage;
\echo :LAST_ERROR_SQLSTATE
BEGIN READ ONLY;
SELECT count(*) > 0 FROM vde_lineage('shop.report');
SELECT count(*) > 0 FROM vde_impact('raw.orders');
COMMIT;
RESET SESSION AUTHORIZATION;
SELECT DISTINCT substr(d.query, l.location + 1, 4) AS text FROM vde.lineage l JOIN vde.snapshot s ON s.id = l.snapshot_id JOIN vde.definition d ON d.id = s.definition_id JOIN vde.model m ON m.id = s.model_id
WHERE m.model_name = 'customers' AND l.column_name = 'name';
SELECT count(*) > 0 AS foreign_key FROM pg_constraint WHERE conrelid = 'vde.lineage'::regclass AND contype = 'f' AND confdeltype = 'c';
SET SESSION AUTHORIZATION t_lineage_ana;

--
-- a column that is removed or changes its type under a reader: the error names
-- the reader, the parent and the column, and points into the reader's query
--
SELECT vde_register('e.orders', 'SELECT id, customer_id, amount, note FROM raw.orders', environment => 'e') > 0;
SELECT vde_register('e.revenue', $$SELECT customer_id,
	sum(o.amount) AS total
FROM e.orders AS o GROUP BY 1$$, environment => 'e') > 0;
CALL vde_apply('e');
SELECT vde_register('e.orders', 'SELECT id, customer_id, note FROM raw.orders', environment => 'e') > 0;
SELECT vde_plan('e');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_changes('e');
\echo :LAST_ERROR_SQLSTATE
CALL vde_apply('e');
\echo :LAST_ERROR_SQLSTATE
-- as prod's reader in a promote
CALL vde_create_environment('e2', 'e');
SELECT vde_unregister('e.revenue', 'e2');
SELECT vde_register('e.orders', 'SELECT id, customer_id, note FROM raw.orders', environment => 'e2') > 0;
CALL vde_apply('e2');
SELECT vde_discard('e');
SELECT vde_register('e.revenue', 'SELECT max(amount) AS top, customer_id FROM e.orders GROUP BY 2', environment => 'e') > 0;
CALL vde_apply('e');
CALL vde_promote('e2', 'e', models => '{e.orders}');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_plan('e2', 'e');
-- with the reader changed in the same plan
SELECT vde_register('e.orders', 'SELECT id, customer_id, note FROM raw.orders', environment => 'e') > 0;
SELECT vde_register('e.revenue', 'SELECT count(*) AS n, customer_id FROM e.orders GROUP BY 2', environment => 'e') > 0;
SELECT model, category FROM vde_changes('e');
SELECT vde_discard('e');
-- an edited reader has the analyzer's error as it is
SELECT vde_register('e.orders', 'SELECT id, customer_id, note FROM raw.orders', environment => 'e') > 0;
SELECT vde_register('e.revenue', 'SELECT max(amount) AS top, customer_id  FROM e.orders GROUP BY 2', environment => 'e') > 0;
SELECT vde_plan('e');
SELECT vde_discard('e');
-- another type: no such function; one that max() has is no error
SELECT vde_register('e.orders', 'SELECT id, customer_id, amount::text AS amount, note FROM raw.orders', environment => 'e') > 0;
SELECT model, category FROM vde_changes('e');
SELECT vde_discard('e');
SELECT vde_register('e.revenue', $$SELECT customer_id, sum(amount) AS total, max(length(note)) AS longest FROM e.orders GROUP BY 1$$, environment => 'e') > 0;
CALL vde_apply('e');
SELECT vde_register('e.orders', 'SELECT id, customer_id, amount::text COLLATE "C" AS amount, 5 AS note FROM raw.orders', environment => 'e') > 0;
SELECT vde_plan('e');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('e.orders', 'SELECT id, customer_id, amount, 5 AS note FROM raw.orders', environment => 'e') > 0;
CALL vde_apply('e');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('e');
-- another column of the name: which of the two is meant?
SELECT vde_register('e.names', 'SELECT id AS customer, name FROM raw.customers', environment => 'e') > 0;
SELECT vde_register('e.named', 'SELECT note, name FROM e.orders JOIN e.names ON customer = customer_id', environment => 'e') > 0;
CALL vde_apply('e');
SELECT vde_register('e.names', 'SELECT id AS customer, name, country AS note FROM raw.customers', environment => 'e') > 0;
SELECT vde_plan('e');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('e');
-- USING, which has no position of PostgreSQL's, and an ORDER BY that lineage does not have
SELECT vde_register('e.joined', 'SELECT o.id, r.total FROM e.orders o JOIN e.revenue r USING (customer_id)', environment => 'e') > 0;
CALL vde_apply('e');
SELECT vde_register('e.revenue', 'SELECT customer_id AS customer, sum(amount) AS total FROM e.orders GROUP BY 1', environment => 'e') > 0;
SELECT vde_plan('e');
SELECT vde_discard('e');
SELECT vde_register('e.joined', 'SELECT o.id FROM e.orders o ORDER BY o.note', environment => 'e') > 0;
CALL vde_apply('e');
SELECT vde_unregister('e.named', 'e');
SELECT vde_register('e.revenue', 'SELECT customer_id, sum(amount) AS total FROM e.orders GROUP BY 1', environment => 'e') > 0;
SELECT vde_register('e.orders', 'SELECT id, customer_id, amount FROM raw.orders', environment => 'e') > 0;
SELECT vde_plan('e');
SELECT vde_discard('e');
-- through a model that nobody edited either: the one that is read is named
SELECT vde_unregister('e.named', 'e');
SELECT vde_unregister('e.joined', 'e');
SELECT vde_register('e.revenue', 'SELECT * FROM e.orders', 'view', environment => 'e') > 0;
SELECT vde_register('e.top', 'SELECT max(amount) AS top FROM e.revenue', 'view', environment => 'e') > 0;
CALL vde_apply('e');
SELECT vde_register('e.orders', 'SELECT id, customer_id FROM raw.orders', environment => 'e') > 0;
SELECT vde_plan('e');
SELECT vde_discard('e');
SELECT vde_register('e.revenue', 'SELECT id AS "Id", amount FROM e.orders', 'view', environment => 'e') > 0;
SELECT vde_register('e.top', 'SELECT 1 AS one FROM e.revenue using_ JOIN e.revenue b using ("Id")', 'view', environment => 'e') > 0;
CALL vde_apply('e');
SELECT vde_register('e.revenue', 'SELECT id, amount FROM e.orders', 'view', environment => 'e') > 0;
SELECT vde_plan('e');
SELECT vde_discard('e');
SELECT vde_register('e.top', 'SELECT max(amount) AS top FROM e.revenue', 'view', environment => 'e') > 0;
CALL vde_apply('e');
-- a removed column that nobody reads is no error
SELECT vde_register('e.revenue', 'SELECT id, amount FROM e.orders', 'view', environment => 'e') > 0;
CALL vde_apply('e');
SELECT vde_register('e.orders', 'SELECT id, amount FROM raw.orders', environment => 'e') > 0;
SELECT model, change FROM vde_changes('e');
SELECT vde_discard('e');

--
-- a reader of what changed outside: a finding of the plan, which stays
--
ALTER TABLE raw.orders ALTER COLUMN amount TYPE text;
SELECT line FROM vde_plan('e') line WHERE line ~ 'shop.re';
CALL vde_apply('e');
