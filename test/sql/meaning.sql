-- A name in a query that comes to mean something else, while nothing that was
-- there has changed: a function that matches better, a table put in the place of another.
-- No version is built of a meaning that it does not have, and no model stays behind.
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_meaning_ana;
CREATE ROLE t_meaning_ana;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_meaning_ana', current_database()); END $$;
GRANT CREATE ON SCHEMA public TO t_meaning_ana;
SET SESSION AUTHORIZATION t_meaning_ana;
CREATE SCHEMA raw;
CREATE TABLE raw.t (id int);
INSERT INTO raw.t VALUES (5);
CREATE FUNCTION raw.f(numeric) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'numeric' $$;
\pset format unaligned
\pset tuples_only on

-- in an embedded model, which its readers are built with
SELECT vde_register('m.embedded', 'SELECT id, raw.f(id) AS x FROM raw.t', 'embedded') > 0;
SELECT vde_register('m.between', 'SELECT x FROM m.embedded', 'embedded') > 0;
SELECT vde_register('m.first', 'SELECT x FROM m.between') > 0;
-- and in a view
SELECT vde_register('m.view', 'SELECT id, raw.f(id) AS x FROM raw.t', 'view') > 0;
SELECT vde_register('m.over_view', 'SELECT x FROM m.view') > 0;
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
CREATE FUNCTION raw.f(int) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'int' $$;
-- a new reader: what it reads has moved, and the plan knows
SELECT vde_register('m.second', 'SELECT x FROM m.between') > 0;
SELECT model, category, action, reason FROM vde_changes('dev') ORDER BY 1;
CALL vde_apply('dev');
SELECT (SELECT x FROM m__dev.first) AS first, (SELECT x FROM m__dev.second) AS second, (SELECT x FROM m.first) AS prod;
-- nothing was edited in prod: a run stops, what it stops at is in the plan, an apply settles it
\set VERBOSITY terse
CALL vde_run('prod');
\set VERBOSITY default
SELECT (SELECT x FROM m.first) AS first, (SELECT x FROM m.over_view) AS over_view;
SELECT model, category, action, reason FROM vde_changes('prod') ORDER BY 1;
CALL vde_apply('prod', confirm => true);
SELECT (SELECT x FROM m.first) AS first, (SELECT x FROM m.over_view) AS over_view;
CALL vde_run('prod');
SELECT count(*) FROM vde_changes('prod');
-- and back: nobody gets the table of the other meaning
ALTER FUNCTION raw.f(int) RENAME TO other;
SELECT vde_register('m.second', 'SELECT x FROM m.between', environment => 'two') > 0;
CALL vde_apply('two');
SELECT (SELECT x FROM m__two.second) AS second, (SELECT x FROM m__dev.second) AS dev;
CALL vde_apply('prod', confirm => true);
SELECT (SELECT x FROM m.first) AS first, (SELECT x FROM m.over_view) AS over_view;

-- A table is put in the place of another by renaming: what is filled is filled from
-- the new one, and a view must show it, too
CREATE TABLE raw.a (id int, v text);
INSERT INTO raw.a VALUES (1, 'old');
CREATE TABLE raw.a_new (id int, v text);
INSERT INTO raw.a_new VALUES (2, 'new');
SET vde.environment = 'swap';
SELECT vde_register('s.view', 'SELECT id, v FROM raw.a', 'view') > 0;
SELECT vde_register('s.count', 'SELECT max(id) AS n FROM raw.a', 'view') > 0;
SELECT vde_register('s.inner', 'SELECT v FROM raw.a', 'embedded') > 0;
SELECT vde_register('s.outer', 'SELECT v FROM s.inner', 'view') > 0;
SELECT vde_register('s.constant', $$SELECT v, 'raw.a'::regclass AS oid FROM s.view$$, 'view') > 0;
SELECT vde_register('s.filled', 'SELECT id, v FROM s.view') > 0;
SELECT vde_register('s.direct', 'SELECT id, v FROM raw.a') > 0;
CALL vde_apply();
CREATE VIEW public.all_of_it AS SELECT (SELECT v FROM s__swap.view) AS view, (SELECT n FROM s__swap.count) AS count,
	(SELECT v FROM s__swap.constant) AS constant, (SELECT v FROM s__swap.filled) AS filled, (SELECT v FROM s__swap.direct) AS direct, (SELECT v FROM s__swap.outer) AS outer;
CREATE PROCEDURE public.swap(old text, new text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('ALTER TABLE raw.a RENAME TO %I', old);
	EXECUTE format('ALTER TABLE raw.%I RENAME TO a', new);
END $$;
CALL public.swap('a_old', 'a_new');
SELECT model, category, action, reason FROM vde_changes() ORDER BY 1;
CALL vde_run();
TABLE public.all_of_it;
SELECT count(*) FROM vde_changes();
CALL vde_run();
-- back, and an apply alone; what is filled follows with the next run
CALL public.swap('a_new', 'a_old');
CALL vde_apply();
TABLE public.all_of_it;
CALL vde_run();
TABLE public.all_of_it;
SELECT count(*) FROM vde_changes();
-- who finds the view there already does not get the old table with it
CALL public.swap('a_old', 'a_new');
SELECT vde_register('s.view', 'SELECT id, v /* the same */ FROM raw.a', 'view', environment => 'other') > 0;
CALL vde_apply('other');
SELECT v FROM s__other.view;
-- what is not there any more needs nothing
DROP VIEW public.all_of_it;
SELECT vde_unregister(m) FROM unnest('{s.constant,s.filled,s.direct,s.count,s.outer,s.inner}'::text[]) m;
CALL vde_apply();
SELECT count(*) FROM vde_changes();

RESET SESSION AUTHORIZATION;
DROP EXTENSION vde CASCADE;
DROP OWNED BY t_meaning_ana CASCADE;
DROP ROLE t_meaning_ana;
