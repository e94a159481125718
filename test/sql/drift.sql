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
