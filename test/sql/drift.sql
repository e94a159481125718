-- drift: what a model uses outside vde was replaced, redefined, retyped or
-- dropped: a run stops that model and says what, and since which deployment;
-- what does not use it goes on; the next plan shows it; an apply settles it.
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_drift_ana;
CREATE ROLE t_drift_ana;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_drift_ana', current_database()); END $$;
GRANT CREATE ON SCHEMA public TO t_drift_ana;
SET SESSION AUTHORIZATION t_drift_ana;
CREATE SCHEMA raw;
CREATE TABLE raw.orders (id int, amount numeric, note text, secret text);
INSERT INTO raw.orders VALUES (1, 10, 'b', 's'), (2, 20, 'A', 's');
CREATE TABLE raw.names (name text);
INSERT INTO raw.names VALUES ('b'), ('A');
CREATE TABLE raw.secured (id int);
INSERT INTO raw.secured VALUES (1), (2);
CREATE TABLE raw.wide (id int);
CREATE VIEW raw.cheap AS SELECT id, amount FROM raw.orders WHERE amount < 15;
CREATE DOMAIN raw.positive AS int CHECK (VALUE > 0);
CREATE TYPE raw.size AS ENUM ('small', 'big');
CREATE SCHEMA tools;
CREATE FUNCTION tools.tax(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 0.2';
CREATE FUNCTION tools.label(bigint) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''big '' || $1';
-- what the last run did
CREATE VIEW ran AS SELECT state, string_agg(model, ' ' ORDER BY model COLLATE "C") AS models
	FROM vde_builds WHERE action = 'refresh' AND started_at > (SELECT max(started_at) FROM vde_builds WHERE model = 'd.marker' AND action = 'build')
	GROUP BY state ORDER BY state;
CREATE FUNCTION why(environment text DEFAULT 'prod') RETURNS TABLE (model text, change text, category text, reason text) LANGUAGE sql AS
	'SELECT model, change, category, reason FROM vde_changes($1) ORDER BY 1';
\pset format unaligned
\pset tuples_only on

SELECT vde_register('d.taxed', 'SELECT id, tools.tax(amount) AS tax FROM raw.orders', environment => 'prod') > 0;
SELECT vde_register('d.labelled', 'SELECT tools.label(id) AS label FROM raw.orders', environment => 'prod') > 0;
SELECT vde_register('d.cheap', 'SELECT id FROM raw.cheap', environment => 'prod') > 0;
SELECT vde_register('d.domain', 'SELECT id::raw.positive AS id FROM raw.orders', environment => 'prod') > 0;
SELECT vde_register('d.enum', $$SELECT CASE WHEN amount > 15 THEN 'big' ELSE 'small' END::raw.size AS size FROM raw.orders$$, environment => 'prod') > 0;
SELECT vde_register('d.first', 'SELECT min(name) AS first FROM raw.names', environment => 'prod') > 0;
SELECT vde_register('d.notes', 'SELECT note FROM raw.orders', environment => 'prod') > 0;
SELECT vde_register('d.secured', 'SELECT id FROM raw.secured', environment => 'prod') > 0;
SELECT vde_register('d.wide', 'SELECT * FROM raw.wide', environment => 'prod') > 0;
SELECT vde_register('d.tax_view', 'SELECT tools.tax(id) AS tax FROM d.cheap', 'view', environment => 'prod') > 0;
SELECT vde_register('d.tax_sum', 'SELECT sum(tax) AS tax FROM d.tax_view', environment => 'prod') > 0;
SELECT vde_register('d.ids', 'SELECT id FROM raw.orders', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
-- a deployment that is none of these models'
SELECT vde_register('d.marker', 'SELECT 1 AS one', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
CALL vde_run('prod');
SELECT * FROM ran;

-- a function is replaced: who calls it, and who reads a view that does
CREATE OR REPLACE FUNCTION tools.tax(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 0.25';
INSERT INTO raw.orders VALUES (3, 30, 'c', 's');
CALL vde_run('prod');
SELECT model, state, sqlstate, message FROM vde_builds WHERE state IN ('failed', 'skipped') ORDER BY build;
SELECT count(*) FROM d.ids;
SELECT count(*) FROM d.taxed;
SELECT * FROM why();
CALL vde_apply('prod');
SELECT id, tax FROM d.taxed ORDER BY 1;
SELECT count(*) FROM why();
CALL vde_run('prod');
-- the deployment that counts is now the last one
CREATE OR REPLACE FUNCTION tools.tax(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 0.3';
CALL vde_run('prod');
-- going back, the first one counts again: its snapshot is what is compared
CALL vde_rollback('prod');
CALL vde_run('prod');
SELECT model, reason FROM why();
CALL vde_apply('prod');
-- an environment that is a copy has what it did not change since it was made
CALL vde_create_environment('copy');
SELECT vde_register('d.mine', 'SELECT tools.tax(id) AS tax FROM d.ids', environment => 'copy') > 0;
CALL vde_apply('copy');
CREATE OR REPLACE FUNCTION tools.tax(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 0.35';
CALL vde_run('copy');
CALL vde_create_environment('young', base => 'copy');
SELECT deployment, action, environment FROM vde_deployments WHERE deployment >= 5 ORDER BY 1;
CALL vde_drop_environment('copy');
CALL vde_run('young');
CALL vde_drop_environment('young');
CREATE OR REPLACE FUNCTION tools.tax(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 0.2';
CALL vde_apply('prod');
CALL vde_run('prod');

-- each of the rest by itself, in a transaction that is rolled back, where a run ends with its first error
CREATE FUNCTION try(what text) RETURNS TABLE (line text) LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	BEGIN
		EXECUTE what;
		BEGIN
			CALL vde_run('prod');
			line := 'nothing stopped';
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
			line := concat_ws(' / ', SQLSTATE || ' ' || SQLERRM, NULLIF(detail, ''));
		END;
		RETURN NEXT;
		FOR line IN SELECT format('  %s %s: %s', w.category, w.model, w.reason) FROM why() w LOOP
			RETURN NEXT;
		END LOOP;
		FOR line IN SELECT p FROM vde_plan('prod') p WHERE p LIKE '  * %' LOOP
			RETURN NEXT;
		END LOOP;
		RAISE EXCEPTION USING ERRCODE = 'XX001';
	EXCEPTION WHEN SQLSTATE 'XX001' THEN
		NULL;
	END;
END $$;
SELECT try('CREATE OR REPLACE FUNCTION tools.tax(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS ''SELECT $1''');
SELECT try('ALTER FUNCTION tools.tax(numeric) STRICT');
SELECT try('ALTER FUNCTION tools.tax(numeric) COST 7');
SELECT try('DROP FUNCTION tools.tax(numeric) CASCADE');
SELECT try('ALTER FUNCTION tools.tax(numeric) RENAME TO tax_was');
SELECT try('CREATE OR REPLACE VIEW raw.cheap AS SELECT id, amount FROM raw.orders WHERE amount < 150');
SELECT try('DROP VIEW raw.cheap');
SELECT try('DROP VIEW raw.cheap; CREATE TABLE raw.cheap AS SELECT id, amount FROM raw.orders');
SELECT try('ALTER DOMAIN raw.positive ADD CHECK (VALUE < 1000)');
SELECT try('ALTER TYPE raw.size RENAME VALUE ''big'' TO ''large''');
SELECT try('ALTER TABLE raw.names ALTER name TYPE varchar(10)');
SELECT try('ALTER TABLE raw.names ALTER name TYPE text COLLATE "C"');
SELECT try('ALTER TABLE raw.names DROP name');
SELECT try('ALTER TABLE raw.names RENAME name TO called');
SELECT try('ALTER TABLE raw.names RENAME TO called');
SELECT try('DROP TABLE raw.names');
SELECT try('ALTER TABLE raw.names SET SCHEMA public');
SELECT try('ALTER TABLE raw.secured ENABLE ROW LEVEL SECURITY');
SELECT try('ALTER TABLE raw.wide ADD more int');
SELECT try('ALTER TABLE raw.orders ADD more int');
SELECT try('ALTER TABLE raw.orders DROP secret');
-- two at once: both are named
SELECT try('DROP VIEW raw.cheap; ALTER TABLE raw.orders ALTER amount TYPE numeric(10, 2); CREATE OR REPLACE FUNCTION tools.tax(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS ''SELECT $1''');
-- a function that matches better: nothing that was there changed, so only the analysis finds it
SELECT try('CREATE FUNCTION tools.label(int) RETURNS text LANGUAGE sql IMMUTABLE AS ''SELECT ''''small '''' || $1''');
-- outside a transaction the plan knows from the failure
CREATE FUNCTION tools.label(int) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''small '' || $1';
CALL vde_run('prod');
SELECT label FROM d.labelled ORDER BY 1;
SELECT * FROM why();
CALL vde_apply('prod');
SELECT label FROM d.labelled ORDER BY 1;
CALL vde_run('prod');
SELECT * FROM why();
-- and goes
DROP FUNCTION tools.label(int);
CALL vde_run('prod');
SELECT * FROM why();
CALL vde_apply('prod');
CALL vde_run('prod');
SELECT label FROM d.labelled ORDER BY 1;

-- how values are compared: functions that no query names and that nothing depends on
CREATE TYPE raw.part AS (n int);
CREATE TABLE raw.parts (id int, a raw.part, b raw.part);
INSERT INTO raw.parts VALUES (1, ROW(1), ROW(2)), (2, ROW(12), ROW(2)), (3, ROW(11), ROW(12));
CREATE TABLE raw.places (p point);
INSERT INTO raw.places VALUES ('(1, 1)'), ('(1, 2)'), ('(2, 1)');
CREATE FUNCTION raw.part_cmp(a raw.part, b raw.part) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN btint4cmp(a.n, b.n); END';
CREATE FUNCTION raw.part_hash(a raw.part) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN hashint4(a.n); END';
CREATE FUNCTION raw.part_hash(a raw.part, bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN hashint4extended(a.n, $2); END';
CREATE FUNCTION raw.part_back(a raw.part, b raw.part) RETURNS int LANGUAGE sql IMMUTABLE RETURN btint4cmp((b).n, (a).n);
CREATE FUNCTION raw.place_cmp(point, point) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT btfloat8cmp($1[0], $2[0])';
DO $$
DECLARE
	o text[];
BEGIN
	FOREACH o SLICE 1 IN ARRAY '{{lt,<},{le,<=},{eq,=},{ge,>=},{gt,>}}'::text[] LOOP
		EXECUTE format('CREATE FUNCTION raw.part_%s(a raw.part, b raw.part) RETURNS bool LANGUAGE sql IMMUTABLE AS ''SELECT (a).n %s (b).n''', o[1], o[2]);
		EXECUTE format('CREATE OPERATOR raw.%s (leftarg = raw.part, rightarg = raw.part, function = raw.part_%s)', o[2], o[1]);
		EXECUTE format('CREATE FUNCTION raw.part_back_%s(a raw.part, b raw.part) RETURNS bool LANGUAGE sql IMMUTABLE AS ''SELECT (b).n %s (a).n''', o[1], o[2]);
		EXECUTE format('CREATE OPERATOR raw.~%s (leftarg = raw.part, rightarg = raw.part, function = raw.part_back_%s)', o[2], o[1]);
		EXECUTE format('CREATE FUNCTION raw.place_%s(point, point) RETURNS bool LANGUAGE sql IMMUTABLE AS ''SELECT $1[0] %s $2[0]''', o[1], o[2]);
		EXECUTE format('CREATE OPERATOR raw.%s (leftarg = point, rightarg = point, function = raw.place_%s)', o[2], o[1]);
	END LOOP;
END $$;
CREATE FUNCTION raw.part_ne(a raw.part, b raw.part) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT (a).n <> (b).n';
CREATE OPERATOR raw.<> (leftarg = raw.part, rightarg = raw.part, function = raw.part_ne, negator = OPERATOR(raw.=));
-- only a superuser makes operator classes; their functions are replaced by whoever owns them
RESET SESSION AUTHORIZATION;
CREATE OPERATOR CLASS raw.part_ops DEFAULT FOR TYPE raw.part USING btree AS OPERATOR 1 raw.<, OPERATOR 2 raw.<=, OPERATOR 3 raw.=,
	OPERATOR 4 raw.>=, OPERATOR 5 raw.>, FUNCTION 1 raw.part_cmp(raw.part, raw.part);
CREATE OPERATOR CLASS raw.part_hash_ops DEFAULT FOR TYPE raw.part USING hash AS OPERATOR 1 raw.=,
	FUNCTION 1 raw.part_hash(raw.part), FUNCTION 2 raw.part_hash(raw.part, bigint);
CREATE OPERATOR CLASS raw.part_back_ops FOR TYPE raw.part USING btree AS OPERATOR 1 raw.~<, OPERATOR 2 raw.~<=, OPERATOR 3 raw.~=,
	OPERATOR 4 raw.~>=, OPERATOR 5 raw.~>, FUNCTION 1 raw.part_back(raw.part, raw.part);
CREATE OPERATOR CLASS raw.place_ops DEFAULT FOR TYPE point USING btree AS OPERATOR 1 raw.<, OPERATOR 2 raw.<=, OPERATOR 3 raw.=,
	OPERATOR 4 raw.>=, OPERATOR 5 raw.>, FUNCTION 1 raw.place_cmp(point, point);
SET SESSION AUTHORIZATION t_drift_ana;
CREATE TYPE raw.parts_range AS RANGE (subtype = raw.part, subtype_opclass = raw.part_back_ops, multirange_type_name = raw.parts_multirange);
CREATE TYPE raw.box AS (p raw.part);
CREATE TYPE raw.part_name AS (name text);
CREATE TABLE comparing (name text, query text);
INSERT INTO comparing VALUES
	('greatest', 'SELECT id, GREATEST(a, b) AS g FROM raw.parts'),
	('arrays', 'SELECT id, ARRAY[a] < ARRAY[b] AS l FROM raw.parts'),
	('removed', 'SELECT id, array_remove(ARRAY[a, b], ROW(2)::raw.part)::text AS r FROM raw.parts'),
	('ranked', 'SELECT id, rank() OVER (ORDER BY a) AS r FROM raw.parts'),
	('distinct', 'SELECT count(*) AS n FROM (SELECT DISTINCT a FROM raw.parts) x'),
	('nested', 'SELECT id, GREATEST(ROW(a)::raw.box, ROW(b)::raw.box)::text AS g FROM raw.parts'),
	('inner', 'SELECT count(*) AS n FROM raw.parts x JOIN raw.parts y ON x.a OPERATOR(raw.=) y.b'),
	('negated', 'SELECT id FROM raw.parts WHERE NOT (a OPERATOR(raw.=) b)'),
	('ranges', 'SELECT raw.parts_range(ROW(9)::raw.part, ROW(1)::raw.part)::text AS r'),
	('multiranges', 'SELECT raw.parts_multirange()::text AS r'),
	('backwards', 'SELECT id, rank() OVER (ORDER BY ROW(id)::text) AS r FROM raw.parts ORDER BY a USING OPERATOR(raw.~<) LIMIT 1'),
	('places', 'SELECT count(*) AS n FROM (SELECT DISTINCT p FROM raw.places) x'),
	('none', 'SELECT id, ROW(''x'')::raw.part_name AS n FROM raw.parts');
SELECT count(vde_register('c.' || name, query, environment => 'prod')) FROM comparing;
SELECT vde_register('c.parts', 'SELECT id, a, b FROM raw.parts', environment => 'prod') > 0;
SELECT vde_register('c.least', 'SELECT id, LEAST(a, b) AS l FROM c.parts', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
CALL vde_run('prod');
SELECT * FROM why();
SELECT try('CREATE OR REPLACE FUNCTION raw.part_cmp(a raw.part, b raw.part) RETURNS int LANGUAGE plpgsql IMMUTABLE AS ''BEGIN RETURN btint4cmp(a.n % 10, b.n % 10); END''');
SELECT try('CREATE OR REPLACE FUNCTION raw.part_eq(a raw.part, b raw.part) RETURNS bool LANGUAGE sql IMMUTABLE AS ''SELECT (a).n % 10 = (b).n % 10''');
SELECT try('CREATE OR REPLACE FUNCTION raw.part_hash(a raw.part) RETURNS int LANGUAGE plpgsql IMMUTABLE AS ''BEGIN RETURN a.n % 10; END''');
SELECT try('CREATE OR REPLACE FUNCTION raw.part_ne(a raw.part, b raw.part) RETURNS bool LANGUAGE sql IMMUTABLE AS ''SELECT (a).n = (b).n''');
SELECT try('CREATE OR REPLACE FUNCTION raw.part_back(a raw.part, b raw.part) RETURNS int LANGUAGE sql IMMUTABLE RETURN btint4cmp((a).n, (b).n)');
SELECT try('CREATE OR REPLACE FUNCTION raw.place_cmp(point, point) RETURNS int LANGUAGE sql IMMUTABLE AS ''SELECT btfloat8cmp($1[1], $2[1])''');
-- the tables follow, and are nobody else's
CREATE OR REPLACE FUNCTION raw.part_cmp(a raw.part, b raw.part) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN -btint4cmp(a.n, b.n); END';
CALL vde_apply('prod');
SELECT g FROM c.greatest ORDER BY id;
SELECT l FROM c.least ORDER BY id;
CALL vde_run('prod');
SELECT version AS was FROM vde_models WHERE environment = 'prod' AND model = 'c.ranked' \gset
CREATE OR REPLACE FUNCTION raw.part_cmp(a raw.part, b raw.part) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN btint4cmp(a.n, b.n); END';
SELECT vde_register('c.ranked', query, environment => 'other') > 0 FROM comparing WHERE name = 'ranked';
SELECT version = :'was' AS shared FROM vde_changes('other') WHERE model = 'c.ranked';
CALL vde_apply('other');
SELECT r FROM c__other.ranked ORDER BY id;
CALL vde_apply('prod');

-- what an index calls: it holds what that returned; who reads the model does not
RESET SESSION AUTHORIZATION;
CREATE FUNCTION tools.norm(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN lower($1); END';
CREATE FUNCTION tools.few(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 < 3; END';
SET SESSION AUTHORIZATION t_drift_ana;
SELECT vde_register('i.normed', 'SELECT id, note FROM raw.orders', options => '{"indexes": ["(tools.norm(note))", "(lower(note))"]}', environment => 'prod') > 0;
SELECT vde_register('i.few', 'SELECT id, note FROM raw.orders', options => '{"indexes": [{"columns": ["id"], "where": "tools.few(id)"}]}', environment => 'prod') > 0;
SELECT vde_register('i.seed', E'id,note\n1,B\n', 'seed', '{"indexes": ["(tools.norm(note))"]}', environment => 'prod') > 0;
SELECT vde_register('i.lower', 'SELECT id, note FROM raw.orders', options => '{"indexes": [{"columns": ["(lower(note))"], "where": "id > 1"}]}', environment => 'prod') > 0;
SELECT vde_register('i.reader', 'SELECT note FROM i.normed', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
CALL vde_run('prod');
SELECT * FROM why();
RESET SESSION AUTHORIZATION;
CREATE OR REPLACE FUNCTION tools.norm(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN upper($1); END';
SET SESSION AUTHORIZATION t_drift_ana;
CALL vde_run('prod');
SELECT * FROM why();
SELECT model, action FROM vde_changes('prod') ORDER BY 1;
CALL vde_apply('prod');
SELECT * FROM why();
SET enable_seqscan = off;
SELECT id FROM i.normed WHERE tools.norm(note) = 'B';
RESET enable_seqscan;
RESET SESSION AUTHORIZATION;
CREATE OR REPLACE FUNCTION tools.few(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 < 2; END';
SET SESSION AUTHORIZATION t_drift_ana;
SELECT * FROM why();
CALL vde_apply('prod');
CALL vde_run('prod');

-- a primary key by which GROUP BY is valid, in the query and in one inside of it
SELECT vde_register('k.plain', 'SELECT id, who, count(*) AS n FROM raw.keyed GROUP BY id', environment => 'keys') > 0;
SELECT vde_register('k.inner', 'SELECT sum(n) AS n FROM (SELECT who, count(*) AS n FROM raw.keyed GROUP BY id) s', environment => 'keys') > 0;
SELECT vde_register('k.without', 'SELECT id, count(*) AS n FROM raw.keyed GROUP BY id', environment => 'keys') > 0;
CREATE TABLE raw.keyed (id int PRIMARY KEY, who text);
INSERT INTO raw.keyed VALUES (1, 'a'), (2, 'b');
CALL vde_apply('keys');
SELECT * FROM why('keys');
-- another one of the same columns is as good
ALTER TABLE raw.keyed DROP CONSTRAINT keyed_pkey, ADD CONSTRAINT again PRIMARY KEY (id);
SELECT * FROM why('keys');
ALTER TABLE raw.keyed DROP CONSTRAINT again;
SELECT * FROM why('keys');
CALL vde_run('keys');
CALL vde_apply('keys');
ALTER TABLE raw.keyed ADD PRIMARY KEY (id);
SELECT * FROM why('keys');
CALL vde_run('keys');
