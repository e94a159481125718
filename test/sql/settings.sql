--
-- Settings that decide a result and are not in the definition: the same for
-- each model in each session.  And what sessions keep under settings that were
-- in force for something else.
--
\set VERBOSITY terse
SET client_min_messages = warning;
SET DateStyle = 'ISO, MDY';
SET IntervalStyle = 'postgres';
SET TimeZone = 'UTC';

DROP ROLE IF EXISTS t_settings_ana;
CREATE ROLE t_settings_ana;
SELECT format('GRANT CREATE ON DATABASE %I TO t_settings_ana', current_database()) \gexec
CREATE EXTENSION vde;
CREATE SCHEMA raw;
GRANT USAGE, CREATE ON SCHEMA raw TO t_settings_ana;
CREATE TABLE raw.secret (id int);
INSERT INTO raw.secret VALUES (1), (2);
ALTER TABLE raw.secret ENABLE ROW LEVEL SECURITY;
CREATE POLICY one ON raw.secret USING (id = 1);
GRANT SELECT ON raw.secret TO t_settings_ana;
SET ROLE t_settings_ana;
CREATE TABLE raw.many (id int, keys int[]);
INSERT INTO raw.many SELECT i, ARRAY[1, i] FROM generate_series(1, 20000) i;
CREATE INDEX ON raw.many USING gin (keys);
ANALYZE raw.many;
-- a constraint that was true once
CREATE FUNCTION raw.most() RETURNS int IMMUTABLE LANGUAGE sql RETURN 10;
CREATE TABLE raw.few (id int CHECK (id <= raw.most()));
INSERT INTO raw.few VALUES (7);
CREATE OR REPLACE FUNCTION raw.most() RETURNS int IMMUTABLE LANGUAGE sql RETURN 5;
CREATE VIEW raw.few_seen AS SELECT id FROM raw.few;

--
-- 1. Pinned while a model is read, planned, built and refreshed
--
SELECT vde_register('s.many', 'SELECT count(*) AS n FROM raw.many WHERE keys @> ARRAY[1]') > 0 AS registered;
SELECT vde_register('s.few', 'SELECT id FROM raw.few_seen WHERE id = 7') > 0 AS registered;
SELECT vde_register('s.secret', 'SELECT id FROM raw.secret') > 0 AS registered;
CALL vde_apply('dev');
SELECT (SELECT n FROM s__dev.many) AS many, (SELECT count(*) FROM s__dev.few) AS few, (SELECT count(*) FROM s__dev.secret) AS secret;
SET enable_seqscan = off;
SET gin_fuzzy_search_limit = 10;
SET constraint_exclusion = on;
SET row_security = off;
SELECT count(*) < 20000 AS fewer FROM raw.many WHERE keys @> ARRAY[1];
SELECT count(*) FROM raw.few_seen WHERE id = 7;
SELECT count(*) FROM raw.secret;
CALL vde_run('dev');
SELECT (SELECT n FROM s__dev.many) AS many, (SELECT count(*) FROM s__dev.few) AS few, (SELECT count(*) FROM s__dev.secret) AS secret;
-- in workers, and for somebody who builds it first
SET vde.max_workers = 2;
CALL vde_run('dev');
RESET vde.max_workers;
SELECT (SELECT n FROM s__dev.many) AS many, (SELECT count(*) FROM s__dev.few) AS few, (SELECT count(*) FROM s__dev.secret) AS secret;
SELECT vde_register('s.secret', 'SELECT id AS secret FROM raw.secret', environment => 'new') > 0 AS registered;
CALL vde_apply('new');
SELECT secret FROM s__new.secret;
-- what was reused is asked for with the same
SELECT vde_register('s.secret', 'SELECT id AS secret FROM raw.secret', environment => 'newer') > 0 AS registered;
CALL vde_apply('newer');
-- and nothing of it is left with the caller, after an error neither
SELECT vde_register('s.bad', 'SELECT id / 0 AS id FROM raw.few', environment => 'newer') > 0 AS registered;
CALL vde_apply('newer');
SELECT vde_discard('newer');
SELECT name, setting FROM pg_settings WHERE name IN ('constraint_exclusion', 'gin_fuzzy_search_limit', 'row_security') ORDER BY name;
RESET enable_seqscan;
RESET gin_fuzzy_search_limit;
RESET constraint_exclusion;
RESET row_security;

--
-- 2. What a string stands for is kept with a function's plan
--
CREATE TABLE raw.t (id int);
INSERT INTO raw.t VALUES (1);
CREATE FUNCTION raw.day(int) RETURNS date IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN '01/02/2024'::date; END $$;
CREATE FUNCTION raw.midnight(int) RETURNS timestamptz IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN '2024-01-01 00:00'::timestamptz; END $$;
CREATE FUNCTION raw.caught(int) RETURNS date IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
	BEGIN
		PERFORM 1 / ($1 - $1);
	EXCEPTION WHEN division_by_zero THEN
		NULL;
	END;
	RETURN '01/02/2024'::date;
END $$;
\set days 'SELECT id, raw.day(id) AS day, raw.midnight(id) AT TIME ZONE ''UTC'' AS midnight, raw.caught(id) AS caught FROM raw.t'
SELECT vde_register('k.days', :'days', environment => 'american') > 0 AS registered;
CALL vde_apply('american');
SET DateStyle = 'ISO, DMY';
SET TimeZone = 'Europe/Moscow';
SELECT vde_register('k.days', :'days', environment => 'russian') > 0 AS registered;
CALL vde_apply('russian');
CREATE VIEW raw.days AS SELECT 'american' AS environment, day, midnight, caught FROM k__american.days
UNION ALL SELECT 'russian', day, midnight, caught FROM k__russian.days;
SELECT * FROM raw.days;
-- the session's own first, then the others', then its own again
SELECT raw.day(1), raw.midnight(1) AT TIME ZONE 'UTC' AS midnight, raw.caught(1);
CALL vde_run('american');
SELECT raw.day(1), raw.midnight(1) AT TIME ZONE 'UTC' AS midnight, raw.caught(1);
CALL vde_run('russian');
CALL vde_run('american');
SELECT * FROM raw.days;
-- workers have sessions, too
SET vde.max_workers = 2;
SELECT count(vde_register('k.days' || i, :'days', environment => 'russian')) AS registered FROM generate_series(1, 4) i;
SET DateStyle = 'ISO, MDY';
SET TimeZone = 'UTC';
SELECT count(vde_register('k.days' || i, :'days', environment => 'russian')) AS registered FROM generate_series(5, 8) i;
CALL vde_apply('russian');
SELECT array_agg(day) FROM (SELECT day FROM k__russian.days1 UNION ALL SELECT day FROM k__russian.days2 UNION ALL SELECT day FROM k__russian.days3 UNION ALL SELECT day FROM k__russian.days4) d;
SELECT array_agg(day) FROM (SELECT day FROM k__russian.days5 UNION ALL SELECT day FROM k__russian.days6 UNION ALL SELECT day FROM k__russian.days7 UNION ALL SELECT day FROM k__russian.days8) d;
RESET vde.max_workers;
SELECT count(vde_unregister('k.days' || i, environment => 'russian')) AS unregistered FROM generate_series(1, 8) i;
CALL vde_apply('russian');
-- an error in between: the model fails after it has used the function
CREATE TABLE raw.zero (z int);
INSERT INTO raw.zero VALUES (1);
SELECT vde_register('k.error', 'SELECT raw.day(id) AS day, 1 / z AS z FROM raw.t, raw.zero', environment => 'american') > 0 AS registered;
CALL vde_apply('american');
UPDATE raw.zero SET z = 0;
SET DateStyle = 'ISO, DMY';
SELECT raw.day(1);
CALL vde_run('american');
SELECT raw.day(1);
BEGIN;
SAVEPOINT s;
CALL vde_run('american');
ROLLBACK TO s;
SELECT raw.day(1);
COMMIT;
CREATE FUNCTION raw.run() RETURNS date LANGUAGE plpgsql AS $$
BEGIN
	BEGIN
		CALL vde_run('american');
	EXCEPTION WHEN OTHERS THEN
		RAISE WARNING '%', SQLERRM;
	END;
	RETURN raw.day(1);
END $$;
SELECT raw.run();
UPDATE raw.zero SET z = 1;
SELECT raw.run();
SELECT raw.run();
SELECT day FROM k__american.error;
-- a trigger of the caller's that runs when the call commits
CREATE TABLE raw.noted (day date);
CREATE FUNCTION raw.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO raw.noted VALUES (raw.day(NEW.id)); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER note AFTER INSERT ON raw.t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION raw.note();
CREATE PROCEDURE raw.insert_and_run() LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO raw.t VALUES (2);
	CALL vde_run('american');
END $$;
CALL raw.insert_and_run();
SELECT day FROM raw.noted;
-- what the session itself had set before, and for a while
SET DateStyle = 'ISO, MDY';
SET TimeZone = 'UTC';
CALL vde_run('american');
SELECT raw.day(1);
SET DateStyle = 'ISO, DMY';
SET TimeZone = 'Europe/Moscow';
CALL vde_run('russian');
SELECT * FROM raw.days;
BEGIN;
SET LOCAL DateStyle = 'ISO, MDY';
CALL vde_run('american');
SELECT raw.day(1);
COMMIT;
CALL vde_run('russian');
SELECT * FROM raw.days;
-- an index that has a function of a superuser runs under the session's settings, and the next model under its own
RESET ROLE;
CREATE FUNCTION raw.of_root(int) RETURNS date IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN '01/02/2024'::date; END $$;
CREATE FUNCTION raw.seen(day date) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN 1 / CASE WHEN raw.of_root(1) = day THEN 1 ELSE 0 END; END $$;
GRANT USAGE ON SCHEMA raw TO vde_storage;
SET ROLE t_settings_ana;
SET DateStyle = 'ISO, MDY';
SELECT vde_register('k.a', 'SELECT id, raw.of_root(id) AS of_root FROM raw.t', options => '{"indexes": [{"columns": ["(raw.seen(''2024-02-01''))"]}]}', environment => 'indexed') > 0 AS registered;
SELECT vde_register('k.b', 'SELECT id, raw.of_root(id) AS of_root FROM raw.t', environment => 'indexed') > 0 AS registered;
SET DateStyle = 'ISO, DMY';
CALL vde_apply('indexed');
SELECT of_root FROM k__indexed.a UNION ALL SELECT of_root FROM k__indexed.b;
CALL vde_run('indexed');
SELECT of_root FROM k__indexed.a UNION ALL SELECT of_root FROM k__indexed.b;
-- what is kept is kept while nothing differs
PREPARE kept AS SELECT '01/02/2024'::date AS day;
EXECUTE kept;
CALL vde_run('russian');
SET DateStyle = 'ISO, MDY';
EXECUTE kept;

RESET ROLE;
