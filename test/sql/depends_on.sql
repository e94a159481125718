-- depends_on: what functions read in languages that are not followed; and the
-- versions of models that call such functions without saying so, which are
-- their environment's own and filled anew by every plan that they are in.
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_depends_ana;
CREATE ROLE t_depends_ana;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_depends_ana', current_database()); END $$;
GRANT CREATE ON SCHEMA public TO t_depends_ana;
SET SESSION AUTHORIZATION t_depends_ana;
CREATE SCHEMA raw;
CREATE TABLE raw.orders (id int, amount numeric);
INSERT INTO raw.orders SELECT i, i * 10 FROM generate_series(1, 10) i;
CREATE TABLE raw.rates (name text, rate numeric);
INSERT INTO raw.rates VALUES ('tax', 2);
CREATE VIEW raw.rates_view AS SELECT name, rate FROM raw.rates;
CREATE FUNCTION raw.rate() RETURNS numeric LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN (SELECT sum(rate) FROM raw.rates); END $$;
CREATE FUNCTION raw.total(s text) RETURNS numeric LANGUAGE plpgsql STABLE AS $$
DECLARE n numeric;
BEGIN
	EXECUTE format('SELECT sum(amount) FROM %I.orders', s) INTO n;
	RETURN n;
END $$;
CREATE FUNCTION raw.fixed() RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN 7; END $$;
CREATE FUNCTION p(environment text, target text DEFAULT NULL) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT regexp_replace(line, '^[0-9a-f]{16}$', '(id)') FROM vde_plan($1, $2) line
$$;
CREATE FUNCTION version(model text, environment text) RETURNS text LANGUAGE sql AS $$
	SELECT version FROM vde_changes($2) c WHERE c.model = $1
$$;
\pset format unaligned
\pset tuples_only on

--
-- the option
--
SELECT vde_register('shop.x', 'SELECT 1 AS a', options => '{"depends_on": "raw.rates"}');
SELECT vde_register('shop.x', 'SELECT 1 AS a', options => '{"depends_on": [1]}');
SELECT vde_register('shop.x', 'SELECT 1 AS a', options => '{"depends_on": ["rates"]}');
SELECT vde_register('shop.x', E'a\n1\n', 'seed', '{"depends_on": ["raw.rates"]}');
SELECT vde_register('shop.x', 'SELECT 1 AS a', options => '{"depend_on": ["raw.rates"]}');
-- names that mean nothing, or nothing that can be read
SELECT vde_register('shop.x', 'SELECT 1 AS a', options => '{"depends_on": ["raw.rate"]}') > 0;
SELECT p('dev');
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.x', 'SELECT 1 AS a', options => '{"depends_on": ["shop.x"]}') > 0;
SELECT count(*) FROM vde_changes('dev');
\echo :LAST_ERROR_SQLSTATE
CREATE SEQUENCE raw.numbers;
SELECT vde_register('shop.x', 'SELECT 1 AS a', options => '{"depends_on": ["raw.numbers"]}') > 0;
SELECT count(*) FROM vde_changes('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.x', 'SELECT 1 AS a', options => '{"depends_on": ["vde.model"]}');
-- a circle of a reference and a declaration
SELECT vde_register('shop.x', 'SELECT 1 AS a', options => '{"depends_on": ["shop.y"]}') > 0;
SELECT vde_register('shop.y', 'SELECT a FROM shop.x') > 0;
SELECT count(*) FROM vde_changes('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('dev');

-- the version changes through what is named: in no order, once, and not for nothing
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders') > 0;
CREATE TABLE raw.versions (place serial, name text, version text);
CREATE PROCEDURE note(name text, options jsonb) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM vde_register('shop.x', 'SELECT raw.fixed() AS a', options => options);
	INSERT INTO raw.versions (name, version) VALUES (name, version('shop.x', 'dev'));
END $$;
CALL note('absent', '{}');
CALL note('empty', '{"depends_on": []}');
CALL note('a table', '{"depends_on": ["raw.rates"]}');
CALL note('twice', '{"depends_on": ["raw.rates", "raw.rates"]}');
CALL note('a table and a model', '{"depends_on": ["raw.rates", "shop.orders"]}');
CALL note('in another order', '{"depends_on": ["shop.orders", "raw.rates"]}');
CALL note('a model', '{"depends_on": ["shop.orders"]}');
CALL note('a view', '{"depends_on": ["raw.rates_view"]}');
SELECT name, (SELECT min(o.name) FROM raw.versions o WHERE o.version = v.version AND o.place < v.place) AS same_as FROM raw.versions v ORDER BY place;
-- that it is declared is part of the definition, though not of the version
SELECT vde_discard('dev');
SELECT vde_register('shop.x', 'SELECT raw.fixed() AS a') > 0;
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders') > 0;
CALL vde_apply('dev');
SELECT vde_register('shop.x', 'SELECT raw.fixed() AS a', options => '{"depends_on": []}') > 0;
SELECT model, category, action, reason FROM vde_changes('dev');
CALL vde_apply('dev');
SELECT vde_unregister('shop.x');
CALL vde_apply('dev');

--
-- declared models are parents, built first; the function is told where to read
--
SELECT vde_register('shop.total', 'SELECT raw.total(''raw'') AS total, 1 AS one', options => '{"depends_on": ["raw.orders"]}') > 0;
SELECT vde_register('shop.alpha', 'SELECT raw.rate() AS rate', options => '{"depends_on": ["shop.zeta", "raw.rates_view"]}') > 0;
SELECT vde_register('shop.zeta', 'SELECT id FROM shop.orders') > 0;
SELECT p('dev');
CALL vde_apply('dev');
SELECT model, parents FROM vde_models WHERE environment = 'dev' ORDER BY 1;
SELECT model, started_at < (SELECT started_at FROM vde_builds b WHERE b.model = 'shop.alpha') AS before FROM vde_builds WHERE model = 'shop.zeta';
-- what is named has an edge without a column
SELECT model, column_name, source, source_column, usage FROM vde_lineage('shop.alpha');
SELECT model, column_name, source, source_column, usage FROM vde_lineage('shop.total');
SELECT * FROM vde_impact('shop.zeta');
SELECT * FROM vde_impact('raw.rates_view');
-- declared, it is shared
CALL vde_promote('dev', 'prod');
SELECT built, reused FROM vde_deployments ORDER BY deployment DESC LIMIT 1;
-- a column of zeta that alpha cannot be seen to read: all of it counts
SELECT vde_register('shop.zeta', 'SELECT id, amount FROM shop.orders') > 0;
SELECT model, change, action, reason FROM vde_changes('dev');
SELECT vde_discard('dev');
-- outside, definitions count
DROP VIEW raw.rates_view;
ALTER TABLE raw.rates ALTER COLUMN name TYPE varchar(10);
CREATE VIEW raw.rates_view AS SELECT name, rate FROM raw.rates;
ALTER TABLE raw.orders ADD COLUMN note text;
SELECT model, change, action, reason FROM vde_changes('dev');
CALL vde_apply('dev');
CALL vde_apply('prod');
DROP VIEW raw.rates_view;
SELECT p('dev');
CALL vde_run('dev');
CREATE VIEW raw.rates_view AS SELECT name, rate FROM raw.rates;
CALL vde_run('dev');
-- a model that is named goes
SELECT vde_unregister('shop.zeta');
SELECT p('dev');
SELECT vde_discard('dev');
-- a view over a model stands for the model
CREATE VIEW raw.over_orders AS SELECT id FROM shop.orders;
SELECT vde_register('shop.over', 'SELECT raw.rate() AS rate', options => '{"depends_on": ["raw.over_orders"]}') > 0;
CALL vde_apply('dev');
SELECT parents FROM vde_models WHERE environment = 'dev' AND model = 'shop.over';
SELECT vde_unregister('shop.over');
CALL vde_apply('dev');
DROP VIEW raw.over_orders;

--
-- nothing is declared: the version is the environment's own
--
SELECT vde_register('shop.priced', 'SELECT id, amount * raw.rate() AS price, amount FROM shop.orders') > 0;
SELECT vde_register('shop.sums', 'SELECT sum(price) AS price FROM shop.priced') > 0;
SELECT vde_register('shop.counts', 'SELECT count(*) AS n FROM shop.priced') > 0;
SELECT p('dev');
CALL vde_apply('dev');
SELECT price FROM shop__dev.sums;
-- a promote builds it for the target
UPDATE raw.rates SET rate = 3;
SELECT p('dev', 'prod');
CALL vde_promote('dev', 'prod');
SELECT price FROM shop__dev.sums;
SELECT price FROM shop.sums;
SELECT environment, count(DISTINCT version) FROM vde_models WHERE model IN ('shop.priced', 'shop.sums') GROUP BY 1 ORDER BY 1;
SELECT model, count(DISTINCT version) FROM vde_models WHERE model IN ('shop.priced', 'shop.sums', 'shop.counts') GROUP BY 1 ORDER BY 1;
SELECT p('dev');
SELECT p('prod');
CALL vde_promote('dev', 'prod');
-- downstream of a change that leaves its version: filled anew, and what reads it
SELECT vde_register('shop.orders', 'SELECT id, amount, 1 AS unread FROM raw.orders') > 0;
SELECT model, change, category, action, reason FROM vde_changes('dev');
SELECT p('dev');
CALL vde_apply('dev');
SELECT price FROM shop__dev.sums;
SELECT model, action FROM vde_builds WHERE environment = 'dev' AND state = 'built' ORDER BY build DESC LIMIT 3;
-- edited, in text only
UPDATE raw.rates SET rate = 4;
SELECT vde_register('shop.priced', 'SELECT id, amount * raw.rate() AS price, /* in EUR */ amount FROM shop.orders') > 0;
SELECT model, change, category, action, reason FROM vde_changes('dev');
CALL vde_apply('dev');
SELECT price FROM shop__dev.sums;
SELECT price FROM shop.sums;
-- reading something that drifted
UPDATE raw.rates SET rate = 5;
CREATE OR REPLACE FUNCTION raw.rate() RETURNS numeric LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN (SELECT sum(rate) + 1 FROM raw.rates); END $$;
SELECT model, change, action, reason FROM vde_changes('dev');
CALL vde_apply('dev');
SELECT price FROM shop__dev.sums;
CALL vde_promote('dev', 'prod');
SELECT price FROM shop.sums;
CALL vde_rollback('prod');
SELECT price FROM shop.sums;
-- a refresh is what was planned
CALL vde_run('dev');
CALL vde_run('prod');
SELECT price FROM shop__dev.sums;
-- registered again as it was, the table that was there is not taken as it is
UPDATE raw.rates SET rate = 6;
SELECT vde_register('shop.priced', 'SELECT id, amount * raw.rate() + 1 AS price, amount FROM shop.orders') > 0;
CALL vde_apply('dev');
UPDATE raw.rates SET rate = 7;
SELECT vde_register('shop.priced', 'SELECT id, amount * raw.rate() AS price, amount FROM shop.orders') > 0;
SELECT model, change, action, reason FROM vde_changes('dev');
CALL vde_apply('dev');
SELECT price FROM shop__dev.sums;

-- a copy of prod has prod's table until a plan comes by
CALL vde_promote('dev', 'prod');
CALL vde_apply('prod');
CALL vde_create_environment('copy');
SELECT count(DISTINCT physical_table) FROM vde_models WHERE model = 'shop.priced' AND environment IN ('copy', 'prod');
CALL vde_run('copy');
SELECT p('copy');
SELECT vde_register('shop.priced', 'SELECT id, amount * raw.rate() AS price, amount FROM shop.orders -- text', environment => 'copy') > 0;
SELECT model, category, action, reason FROM vde_changes('copy');
SELECT vde_discard('copy');
SELECT vde_register('shop.orders', 'SELECT id, amount, 2 AS more FROM raw.orders', environment => 'copy') > 0;
SELECT model, category, action, reason FROM vde_changes('copy');
SELECT vde_discard('copy');
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders WHERE id < 5', environment => 'copy') > 0;
CALL vde_apply('copy');
SELECT count(DISTINCT physical_table) FROM vde_models WHERE model = 'shop.priced' AND environment IN ('copy', 'prod');
SELECT price FROM shop__copy.sums;
CALL vde_run('copy');
-- when prod lets go of it, the copy is in charge
CALL vde_create_environment('second');
SELECT count(vde_unregister(m, 'prod')) FROM unnest('{shop.priced,shop.sums,shop.counts}'::text[]) m;
CALL vde_apply('prod', confirm => true);
UPDATE raw.rates SET rate = 8;
CALL vde_run('second');
SELECT price FROM shop__second.sums;
CALL vde_rollback('prod');
SELECT price FROM shop.sums;
CALL vde_drop_environment('second');
CALL vde_drop_environment('copy');

-- what is kept by somebody's word is not filled anew either; it follows at the next run
SELECT vde_register('shop.orders', 'SELECT id, amount + 0.5 AS amount, 1 AS unread FROM raw.orders') > 0;
SELECT vde_categorize('shop.orders', 'non_breaking');
SELECT model, category, action, reason FROM vde_changes('dev');
CALL vde_apply('dev');
SELECT price FROM shop__dev.sums;
CALL vde_run('dev');
SELECT price FROM shop__dev.sums;
SELECT p('dev');

-- declared at last: shared again
SELECT vde_register('shop.priced', 'SELECT id, amount * raw.rate() AS price, amount FROM shop.orders', options => '{"depends_on": ["raw.rates"]}') > 0;
SELECT p('dev');
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
SELECT built FROM vde_deployments ORDER BY deployment DESC LIMIT 1;
SELECT count(DISTINCT version) FROM vde_models WHERE model = 'shop.priced' AND environment IN ('dev', 'prod');

--
-- which functions, and by which ways
--
RESET SESSION AUTHORIZATION;
CREATE FUNCTION raw.internal_stable(float8) RETURNS float8 LANGUAGE internal STABLE AS 'dsin';
SET SESSION AUTHORIZATION t_depends_ana;
CREATE FUNCTION raw.v() RETURNS numeric LANGUAGE plpgsql VOLATILE AS $$ BEGIN RETURN 1; END $$;
CREATE FUNCTION raw.pred(int) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN true; END $$;
CREATE FUNCTION raw.sql_reads() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM raw.orders';
CREATE FUNCTION raw.sql_standard() RETURNS bigint LANGUAGE sql STABLE RETURN (SELECT count(*) FROM raw.orders);
CREATE FUNCTION raw.sql_volatile() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION raw.sql_calls() RETURNS numeric LANGUAGE sql STABLE AS 'SELECT raw.rate()';
CREATE FUNCTION raw.sql_calls_standard() RETURNS numeric LANGUAGE sql STABLE RETURN raw.rate();
CREATE FUNCTION raw.sql_polymorphic(anyelement) RETURNS anyelement LANGUAGE sql STABLE AS 'SELECT $1';
CREATE FUNCTION raw.sql_constant(anyelement) RETURNS anyelement LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE VIEW raw.calls AS SELECT id, raw.rate() AS r FROM raw.orders;
CREATE FUNCTION raw.same(int, int) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN $1 = $2; END $$;
CREATE OPERATOR raw.=== (leftarg = int, rightarg = int, function = raw.same);
CREATE FUNCTION raw.step(numeric, numeric) RETURNS numeric LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN $1 + $2; END $$;
CREATE AGGREGATE raw.agg(numeric) (sfunc = raw.step, stype = numeric, initcond = '0');
CREATE AGGREGATE raw.agg_fixed(numeric) (sfunc = numeric_add, stype = numeric, initcond = '0');
CREATE DOMAIN raw.checked AS int CHECK (raw.pred(VALUE));
CREATE TABLE raw.policed (id int);
ALTER TABLE raw.policed ENABLE ROW LEVEL SECURITY;
CREATE POLICY c ON raw.policed USING (raw.pred(id));
CREATE TABLE raw.cases (place serial, name text, query text);
INSERT INTO raw.cases (name, query) VALUES
	('plpgsql_stable', 'SELECT raw.rate() AS a'),
	('plpgsql_volatile', 'SELECT raw.v() AS a'),
	('plpgsql_immutable', 'SELECT raw.fixed() AS a'),
	('internal', 'SELECT raw.internal_stable(1) AS a'),
	('sql_reads', 'SELECT raw.sql_reads() AS a'),
	('sql_standard', 'SELECT raw.sql_standard() AS a'),
	('sql_volatile', 'SELECT raw.sql_volatile() AS a'),
	('sql_calls', 'SELECT raw.sql_calls() AS a'),
	('sql_calls_standard', 'SELECT raw.sql_calls_standard() AS a'),
	('sql_polymorphic', 'SELECT raw.sql_polymorphic(1) AS a'),
	('sql_constant', 'SELECT raw.sql_constant(1) AS a'),
	('in_where', 'SELECT id FROM raw.orders WHERE raw.pred(id)'),
	('in_cte', 'WITH x AS (SELECT raw.rate() AS r) SELECT r FROM x'),
	('in_unread_cte', 'WITH x AS (SELECT raw.rate() AS r) SELECT 1 AS a'),
	('in_unread_column', 'SELECT id FROM (SELECT id, raw.rate() AS r FROM raw.orders) x'),
	('in_from', 'SELECT a FROM raw.rate() AS a'),
	('view', 'SELECT id, r FROM raw.calls'),
	('operator', 'SELECT id FROM raw.orders WHERE id OPERATOR(raw.===) 3'),
	('aggregate', 'SELECT raw.agg(amount) AS a FROM raw.orders'),
	('aggregate_fixed', 'SELECT raw.agg_fixed(amount) AS a FROM raw.orders'),
	('windowed', 'SELECT id, raw.agg(amount) OVER (ORDER BY id) AS a FROM raw.orders'),
	('domain', 'SELECT id::raw.checked AS a FROM raw.orders'),
	('policy', 'SELECT id FROM raw.policed'),
	('own_volatile', 'SELECT random() AS a'),
	('own_stable', 'SELECT now() AS a');
SELECT count(vde_register('c.' || name, query, environment => 'one')) FROM raw.cases;
SELECT count(vde_register('c.' || name, query, environment => 'two')) FROM raw.cases;
SELECT count(vde_register('d.' || name, query, options => '{"depends_on": []}', environment => 'one')) FROM raw.cases;
SELECT count(vde_register('d.' || name, query, options => '{"depends_on": []}', environment => 'two')) FROM raw.cases;
CREATE TABLE raw.one AS SELECT model, version FROM vde_changes('one');
CREATE TABLE raw.two AS SELECT model, version FROM vde_changes('two');
SELECT c.name, CASE WHEN a.version = b.version THEN 'shared' ELSE 'private' END AS undeclared, CASE WHEN da.version = db.version THEN 'shared' ELSE 'private' END AS declared
FROM raw.cases c JOIN raw.one a ON a.model = 'c.' || name JOIN raw.two b ON b.model = 'c.' || name
	JOIN raw.one da ON da.model = 'd.' || name JOIN raw.two db ON db.model = 'd.' || name ORDER BY place;
SELECT count(*) FROM vde_plan('one') l WHERE l ~ 'may read anything';
SELECT vde_discard('one') > 0, vde_discard('two') > 0;

-- what stores nothing hands it on to its readers, who run it
SELECT vde_register('v.plain', 'SELECT id, raw.rate() AS r FROM raw.orders', 'view', environment => 'one') > 0;
SELECT vde_register('v.inlined', 'SELECT id FROM v.plain', 'embedded', environment => 'one') > 0;
SELECT vde_register('v.reads', 'SELECT id FROM v.inlined', environment => 'one') > 0;
SELECT vde_register('v.further', 'SELECT count(*) AS n FROM v.reads', environment => 'one') > 0;
SELECT p('one');
CALL vde_apply('one');
SELECT vde_register('v.plain', 'SELECT id, raw.rate() AS r, 1 AS more FROM raw.orders', 'view', environment => 'one') > 0;
SELECT model, change, action, reason FROM vde_changes('one');
CALL vde_apply('one');
