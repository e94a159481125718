--
-- vde.environment: SQL that names prod's views reads those of the environment,
-- in every way in which SQL can be run, and nowhere that another one's code
-- runs or a query is stored; vde_use, vde_status.
--
-- Every model has a column env that says which environment's table was read.
-- shop.same has the same columns in both, so that only the relation is
-- exchanged; shop.wide has another column in dev, so that statements are
-- analyzed again.
--
\set VERBOSITY terse
SET client_min_messages = warning;

DROP ROLE IF EXISTS t_redirect_ana;
DROP ROLE IF EXISTS t_redirect_bob;
CREATE ROLE t_redirect_ana;
CREATE ROLE t_redirect_bob;
SELECT format('GRANT CREATE ON DATABASE %I TO t_redirect_ana, t_redirect_bob', current_database()) \gexec
GRANT CREATE ON SCHEMA public TO t_redirect_ana, t_redirect_bob;
CREATE EXTENSION vde;
CREATE SCHEMA raw;
CREATE TABLE raw.t AS SELECT i AS id FROM generate_series(1, 3) i;
GRANT USAGE ON SCHEMA raw TO t_redirect_ana;
GRANT SELECT ON raw.t TO t_redirect_ana;

SET ROLE t_redirect_ana;
SET vde.environment = 'prod_to_be';
SELECT vde_register('shop.same', $$ SELECT id, 'prod'::text AS env FROM raw.t $$) IS NOT NULL AS ok;
SELECT vde_register('shop.wide', $$ SELECT id, 'prod'::text AS env FROM raw.t $$) IS NOT NULL AS ok;
SELECT vde_register('shop.seen', $$ SELECT env, count(*) AS n FROM shop.same GROUP BY env $$, 'view') IS NOT NULL AS ok;
SELECT vde_register('shop.retyped', $$ SELECT id, 'prod'::text AS env FROM raw.t $$) IS NOT NULL AS ok;
SELECT vde_register('shop.gone', $$ SELECT 'prod'::text AS env $$) IS NOT NULL AS ok;
SELECT vde_register('shop.inlined', $$ SELECT 'prod'::text AS env $$) IS NOT NULL AS ok;
CALL vde_apply();
CALL vde_promote('prod_to_be', 'prod');
RESET vde.environment;
CALL vde_create_environment('dev');
SELECT vde_register('shop.same', $$ SELECT id, 'dev'::text AS env FROM raw.t $$) IS NOT NULL AS ok;
SELECT vde_register('shop.wide', $$ SELECT id, 'dev'::text AS env, 'new'::text AS note FROM raw.t $$) IS NOT NULL AS ok;
SELECT vde_register('shop.retyped', $$ SELECT id::text AS id, 'dev'::text AS env FROM raw.t $$) IS NOT NULL AS ok;
SELECT vde_unregister('shop.gone');
SELECT vde_register('shop.inlined', $$ SELECT 'dev'::text AS env $$, 'embedded') IS NOT NULL AS ok;
SELECT vde_register('shop.only_dev', $$ SELECT 'dev'::text AS env $$) IS NOT NULL AS ok;
CALL vde_apply('dev');
SELECT vde_register('shop.late', $$ SELECT 'prod'::text AS env $$, environment => 'prod_to_be') IS NOT NULL AS ok;
CALL vde_apply('prod_to_be');
CALL vde_promote('prod_to_be', 'prod');

--
-- 1. Off: prod, by its names.  What a session is told.
--
SELECT DISTINCT env FROM shop.same;
SELECT * FROM shop.wide LIMIT 1;
SELECT environment, redirected, preloaded, note FROM vde_status();
SET vde.environment = 'prod';
SELECT DISTINCT env FROM shop.same;
SELECT environment, redirected, note FROM vde_status();

--
-- 2. On: simple statements.
--
SET vde.environment = 'dev';
SELECT environment, redirected FROM vde_status();
SELECT DISTINCT env FROM shop.same;
SELECT * FROM shop.wide ORDER BY id;
SELECT wide.*, wide FROM (SELECT * FROM shop.wide) wide ORDER BY 1 LIMIT 1;
TABLE shop.seen;
SELECT id || 'x' AS text, env FROM shop.retyped ORDER BY 1;
-- several statements in one string
SELECT 1 AS one\; SELECT DISTINCT env FROM shop.wide\; SELECT * FROM shop.same ORDER BY id;
SELECT 1 AS one\; PREPARE several AS SELECT * FROM shop.wide WHERE id = $1\; EXECUTE several(1)\; COPY (SELECT * FROM shop.wide WHERE id = 2) TO STDOUT\; SELECT 2 AS two;
DEALLOCATE several;
-- schema and view before a column, alone and all of them
SELECT shop.same.id, shop.wide.env, shop.wide.* FROM shop.same JOIN shop.wide USING (id) ORDER BY 1 LIMIT 1;
-- unqualified
SET search_path = shop, public;
SELECT DISTINCT env FROM same;
SELECT * FROM wide ORDER BY id LIMIT 1;
-- names that mean something else stay what they are
WITH wide AS (SELECT 'cte' AS env) SELECT * FROM wide;
WITH wide AS (SELECT * FROM wide) SELECT * FROM wide ORDER BY id LIMIT 1;
WITH RECURSIVE wide AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM wide WHERE i < 2) SELECT wide.i, w.* FROM wide JOIN shop.wide w ON w.id = wide.i ORDER BY 1;
CREATE TEMP TABLE wide (temporary text);
SELECT * FROM wide;
SELECT * FROM shop.wide ORDER BY id LIMIT 1;
DROP TABLE wide;
RESET search_path;
-- joins, subqueries, CTEs, set operations, LATERAL, aggregates, windows
SELECT s.id, w.*, (SELECT max(env) FROM shop.same) AS scalar FROM shop.same s LEFT JOIN shop.wide w ON w.id = s.id
	WHERE s.id IN (SELECT id FROM shop.wide WHERE env = 'dev') AND EXISTS (SELECT FROM shop.seen WHERE env = s.env) ORDER BY 1 LIMIT 1;
WITH a AS (SELECT * FROM shop.wide), b AS MATERIALIZED (SELECT * FROM a WHERE id < 3) SELECT * FROM b UNION ALL (SELECT * FROM shop.wide WHERE id = 3 EXCEPT SELECT * FROM a WHERE id = 2) ORDER BY id;
SELECT x.* FROM raw.t, LATERAL (SELECT t.id AS outer_id, * FROM shop.wide w WHERE w.id = t.id) x ORDER BY 1 LIMIT 1;
SELECT *, row_number() OVER w AS n FROM shop.wide WINDOW w AS (PARTITION BY (SELECT max(env) FROM shop.same)) ORDER BY 1 LIMIT 1;
SELECT env, count(*), GROUPING(env) FROM shop.same GROUP BY ROLLUP (env) HAVING count(*) = (SELECT count(*) FROM shop.wide WHERE env = 'dev') ORDER BY 1;
VALUES ((SELECT min(env) FROM shop.same)), ((SELECT min(w::text) FROM shop.wide w));
-- all is analyzed in prod first: what only dev has cannot be named
SELECT note FROM shop.wide;
-- a row as a whole has prod's type where the columns are the same
CREATE FUNCTION pg_temp.env_of(shop.same) RETURNS text LANGUAGE sql AS $$ SELECT $1.env $$;
SELECT pg_temp.env_of(s), s FROM shop.same s ORDER BY id LIMIT 1;
SELECT w FROM shop.wide w ORDER BY id LIMIT 1;
-- it is the analysis in dev that says so
SELECT id + 1 FROM shop.retyped;
\set VERBOSITY default
SELECT coalesce(id, 1::int) FROM shop.retyped;
\set VERBOSITY terse
-- dev by its own name, and other environments by theirs
SELECT DISTINCT env FROM shop__dev.same;
SELECT DISTINCT env FROM shop__prod_to_be.same;

--
-- 3. What dev does not have is an error, never prod.
--
\set VERBOSITY default
SELECT * FROM shop.gone;
SELECT * FROM shop.late;
SELECT * FROM shop.inlined;
SELECT 1 FROM shop.same WHERE EXISTS (SELECT FROM shop.gone);
SET vde.environment = 'none';
SELECT * FROM shop.same;
SELECT count(*) FROM raw.t;
SELECT environment, redirected, note FROM vde_status();
-- not applied yet
SELECT vde_register('shop.other', 'SELECT 1 AS one', environment => 'fresh') IS NOT NULL AS ok;
SET vde.environment = 'fresh';
SELECT * FROM shop.same;
SELECT environment, note FROM vde_status();
\set VERBOSITY terse
SET vde.environment = 'dev';
-- what only dev has is found under its own name, or by vde_use: see 9
SELECT * FROM shop.only_dev;
SELECT * FROM shop__dev.only_dev;

--
-- 4. Statements that are prepared, explained, copied, stored as rows.
--
RESET vde.environment;
PREPARE same(int) AS SELECT id, env FROM shop.same WHERE id = $1;
PREPARE wide AS SELECT env FROM shop.wide WHERE id = 1;
PREPARE all_of_wide AS SELECT * FROM shop.wide WHERE id = 1;
EXECUTE same(1);
EXECUTE wide;
EXECUTE all_of_wide;
SET vde.environment = 'dev';
EXECUTE same(1);
EXECUTE wide;
-- a prepared statement cannot have other columns than it said
EXECUTE all_of_wide;
PREPARE in_dev AS SELECT * FROM shop.wide WHERE id = $1;
EXECUTE in_dev(1);
BEGIN;
SET LOCAL vde.environment = 'prod';
EXECUTE same(1);
EXECUTE wide;
EXECUTE all_of_wide;
ROLLBACK;
EXECUTE same(1);
EXECUTE in_dev(1);
BEGIN;
SAVEPOINT a;
SET LOCAL vde.environment = '';
EXECUTE same(1);
ROLLBACK TO a;
EXECUTE same(1);
COMMIT;
DEALLOCATE ALL;

-- what a command says it will read
CREATE FUNCTION pg_temp.reads_dev(command text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	line text;
	dev bool := false;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || command LOOP
		dev := dev OR line ~ (SELECT physical_table FROM vde_models WHERE environment = 'dev' AND model = 'shop.wide');
	END LOOP;
	RETURN dev;
END $$;
SELECT command, pg_temp.reads_dev(command) FROM unnest(ARRAY[
	'SELECT * FROM shop.wide',
	'CREATE TABLE t AS SELECT * FROM shop.wide',
	'DECLARE c CURSOR FOR SELECT env FROM shop.wide',
	'CREATE MATERIALIZED VIEW m AS SELECT * FROM shop.wide',
	'WITH x AS (SELECT * FROM shop.wide) SELECT * FROM x']) AS command;
COPY (SELECT * FROM shop.wide ORDER BY id) TO STDOUT;
COPY (SELECT * FROM shop.same ORDER BY id) TO STDOUT;
CREATE TEMP TABLE as_query AS SELECT * FROM shop.wide;
TABLE as_query ORDER BY id LIMIT 1;
SELECT * INTO TEMP into_table FROM shop.same JOIN shop.wide USING (id, env);
TABLE into_table ORDER BY id LIMIT 1;
PREPARE p AS SELECT * FROM shop.wide;
CREATE TEMP TABLE as_execute AS EXECUTE p;
TABLE as_execute ORDER BY id LIMIT 1;
DEALLOCATE p;
BEGIN;
DECLARE a CURSOR FOR SELECT * FROM shop.same ORDER BY id;
DECLARE b SCROLL CURSOR WITH HOLD FOR SELECT * FROM shop.wide ORDER BY id;
FETCH a;
FETCH LAST b;
SET LOCAL vde.environment = '';
FETCH a;
COMMIT;
FETCH FIRST b;
CLOSE b;

CREATE TABLE public.mine (id int PRIMARY KEY, env text, note text);
INSERT INTO public.mine SELECT * FROM shop.wide;
TABLE public.mine ORDER BY id LIMIT 1;
INSERT INTO public.mine SELECT id, env FROM shop.same ON CONFLICT (id) DO UPDATE SET note = (SELECT max(w::text) FROM shop.wide w) RETURNING id, note, (SELECT min(env) FROM shop.wide);
UPDATE public.mine SET env = w.env || '!' FROM shop.wide w WHERE w.id = mine.id AND mine.id = 1 RETURNING mine.*, w.*;
DELETE FROM public.mine USING shop.wide WHERE wide.id = mine.id AND wide.id = 2 RETURNING wide.*;
WITH m AS (UPDATE public.mine SET env = NULL WHERE id IN (SELECT id FROM shop.wide) RETURNING *), wide AS (SELECT * FROM shop.wide)
	INSERT INTO public.mine SELECT w.id + 10, w.env, w::text FROM wide w JOIN m USING (id) RETURNING *;
MERGE INTO public.mine USING shop.wide w ON w.id = mine.id WHEN MATCHED THEN UPDATE SET note = w::text WHEN NOT MATCHED THEN INSERT VALUES (w.id, w.env, 'merged');
TABLE public.mine ORDER BY id;

--
-- 5. Functions.
--
CREATE FUNCTION public.plpg(int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	r record;
	e text;
	found_note text;
	c CURSOR FOR SELECT * FROM shop.wide ORDER BY id;
	d refcursor;
	two record;
BEGIN
	SELECT env INTO e FROM shop.same WHERE id = $1;
	SELECT * INTO r FROM shop.wide WHERE id = $1;
	e := e || ' ' || to_json(r)::text;
	e := e || ' ' || (SELECT to_json(w)::text FROM shop.wide w WHERE w.id = $1);
	FOR r IN SELECT * FROM shop.wide ORDER BY id LOOP
		EXIT;
	END LOOP;
	e := e || ' ' || to_json(r)::text;
	OPEN c;
	FETCH c INTO r;
	e := e || ' ' || to_json(r)::text;
	CLOSE c;
	OPEN d FOR SELECT * FROM shop.same ORDER BY id;
	FETCH d INTO r;
	CLOSE d;
	EXECUTE 'SELECT * FROM shop.wide WHERE id = $1' INTO two USING $1;
	IF (SELECT count(*) FROM shop.wide WHERE env = 'dev') > 0 THEN
		e := e || ' if';
	END IF;
	two.env := (SELECT w.env FROM shop.wide w, LATERAL (SELECT w.*) x LIMIT 1);
	RETURN (SELECT e || ' ' || to_json(r)::text || ' ' || to_json(two)::text || ' ' || to_json(wide)::text FROM shop.wide WHERE id = $1);
END $$;
SELECT public.plpg(1);
RESET vde.environment;
SELECT public.plpg(1);
SET vde.environment = 'dev';
SELECT public.plpg(1);
-- a setting that changes between two statements of a function
CREATE FUNCTION public.turns() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text := '';
BEGIN
	FOR i IN 1..4 LOOP
		PERFORM set_config('vde.environment', CASE WHEN i % 2 = 0 THEN 'dev' ELSE '' END, true);
		result := result || (SELECT min(env) FROM shop.same) || (SELECT w.env || array_length(string_to_array(w::text, ','), 1) FROM shop.wide w LIMIT 1) || ' ';
	END LOOP;
	RETURN result;
END $$;
SELECT public.turns();
CREATE FUNCTION public.fixed() RETURNS text LANGUAGE plpgsql SET vde.environment = 'prod' AS $$ BEGIN RETURN (SELECT min(env) FROM shop.same); END $$;
SELECT public.fixed(), (SELECT min(env) FROM shop.same);
CREATE FUNCTION public.sqlf(int) RETURNS text LANGUAGE sql STABLE AS $$ SELECT env FROM shop.same WHERE id = $1; SELECT w.env || coalesce(x.j, '') FROM shop.wide w, LATERAL (SELECT to_json(w)->>'note' AS j) x WHERE w.id = $1 $$;
SELECT public.sqlf(1);
CREATE FUNCTION public.inlinable(low int) RETURNS TABLE (id int, env text) LANGUAGE sql STABLE AS $$ SELECT id, env FROM shop.wide WHERE id >= low $$;
SELECT * FROM public.inlinable(3);
DO $$ BEGIN RAISE WARNING '%', (SELECT min(x::text) FROM (SELECT * FROM shop.wide) x); END $$;
CREATE PROCEDURE public.proc(INOUT x text) LANGUAGE plpgsql AS $$ BEGIN x := (SELECT min(env) FROM shop.wide); COMMIT; x := x || (SELECT max(env) FROM shop.same); END $$;
CALL public.proc('');
-- transition tables and triggers
CREATE FUNCTION public.on_mine() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE WARNING '% of % read %', (SELECT count(*) FROM wide), tg_op, (SELECT to_json(x)::text FROM shop.wide x JOIN wide ON wide.id = x.id);
	RETURN NULL;
END $$;
CREATE TRIGGER t AFTER INSERT ON public.mine REFERENCING NEW TABLE AS wide FOR EACH STATEMENT EXECUTE FUNCTION public.on_mine();
DELETE FROM public.mine;
INSERT INTO public.mine SELECT id, env FROM shop.wide WHERE id = 1;
DROP TRIGGER t ON public.mine;

--
-- 6. What is stored is stored as it is written.
--
CREATE VIEW public.v AS SELECT * FROM shop.wide;
CREATE MATERIALIZED VIEW public.m AS SELECT * FROM shop.wide;
CREATE VIEW public.vf AS SELECT env FROM public.inlinable(1);
CREATE TABLE public.ruled (id int);
CREATE RULE r AS ON INSERT TO public.ruled DO ALSO UPDATE public.mine SET note = (SELECT min(env) FROM shop.same);
CREATE POLICY p ON public.ruled USING (id IN (SELECT id FROM shop.same));
CREATE FUNCTION public.atomic() RETURNS text BEGIN ATOMIC SELECT min(env) FROM shop.wide; END;
CREATE FUNCTION public.checked() RETURNS SETOF shop.wide LANGUAGE sql AS $$ SELECT * FROM shop.wide $$;
CREATE FUNCTION public.makes_view() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CREATE VIEW public.v2 AS SELECT * FROM shop.wide; EXECUTE 'CREATE OR REPLACE VIEW public.v3 AS SELECT * FROM shop.same'; END $$;
SELECT public.makes_view();
SELECT c.relname, d.refobjid::regclass AS reads FROM pg_class c JOIN pg_rewrite r ON r.ev_class = c.oid JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
	WHERE c.relnamespace = 'public'::regnamespace AND d.refclassid = 'pg_class'::regclass AND d.refobjid::regclass::text LIKE 'shop%' AND c.relname <> 'vde_models' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT * FROM public.m ORDER BY id LIMIT 1;
SELECT public.atomic();
-- and goes on reading that; what a view calls is analyzed when it is read
SELECT DISTINCT env FROM public.v;
SELECT DISTINCT env FROM public.vf;
-- a function that returns prod's row type cannot return dev's columns
SELECT * FROM public.checked();
DROP VIEW public.v, public.v2, public.v3, public.vf;
DROP MATERIALIZED VIEW public.m;

--
-- 7. Nothing inside of SECURITY DEFINER functions and restricted operations,
-- in whichever order plans come to be kept.
--
CREATE FUNCTION public.reads() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	x text;
BEGIN
	SELECT min(env) INTO x FROM shop.same;
	RETURN x || ' ' || (SELECT min(env) FROM shop.wide) || ' ' || public.sqlf(1);
END $$;
CREATE FUNCTION public.definer() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN public.reads() || ' | ' || (SELECT min(env) FROM shop.same); END $$;
CREATE FUNCTION public.failing() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RAISE EXCEPTION '%', public.reads(); END $$;
CREATE FUNCTION public.mixed() RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1..2 LOOP
		RETURN NEXT 'caller: ' || public.reads();
		RETURN NEXT 'definer: ' || public.definer();
		BEGIN
			PERFORM public.failing();
		EXCEPTION WHEN raise_exception THEN
			RETURN NEXT 'failed: ' || sqlerrm;
		END;
	END LOOP;
END $$;
SELECT public.reads();
SELECT public.definer();
SELECT public.reads();
SELECT public.definer();
SELECT public.definer(), public.reads(), public.definer(), public.reads();
SELECT public.failing();
SELECT public.reads();
SELECT public.mixed();
BEGIN;
SAVEPOINT a;
SELECT public.failing();
ROLLBACK TO a;
SELECT public.reads();
COMMIT;
-- in a loop over a model, until plans are generic, around commands that store
CREATE FUNCTION public.loops() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	x record;
BEGIN
	FOR x IN SELECT * FROM shop.wide ORDER BY id LOOP
		RETURN NEXT x::text || ' ' || public.definer() || ' ' || public.reads();
	END LOOP;
	FOR i IN 1..12 LOOP
		IF public.definer() || public.reads() <> 'prod prod prod | proddev dev devnew' THEN
			RETURN NEXT 'wrong';
		END IF;
	END LOOP;
	CREATE TEMP TABLE looped AS SELECT public.reads() AS read;
	RETURN NEXT (SELECT read FROM looped);
	CREATE VIEW public.looped AS SELECT * FROM shop.wide;
	RETURN NEXT (SELECT env FROM public.looped LIMIT 1);
	DROP VIEW public.looped;
	ALTER TABLE looped ADD COLUMN stored text DEFAULT public.reads();
	RETURN NEXT (SELECT read || ', ' || stored FROM looped);
	RETURN NEXT public.reads();
END $$;
SELECT public.loops();
CREATE PROCEDURE public.commits() LANGUAGE plpgsql AS $$
BEGIN
	RAISE WARNING '%', public.reads();
	COMMIT;
	BEGIN
		RAISE WARNING '%', public.definer();
		PERFORM 1 / 0;
	EXCEPTION WHEN division_by_zero THEN
		RAISE WARNING '%', public.reads();
	END;
	COMMIT;
	RAISE EXCEPTION '% %', public.definer(), public.reads();
END $$;
CALL public.commits();
SELECT public.reads();
-- triggers at the end of the transaction
CREATE TABLE public.late (id int);
CREATE FUNCTION public.on_late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING '%: %', tg_name, public.reads(); RETURN NULL; END $$;
CREATE FUNCTION public.on_late_definer() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RAISE WARNING '%: %', tg_name, public.reads(); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER a AFTER INSERT ON public.late DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.on_late();
CREATE CONSTRAINT TRIGGER b_definer AFTER INSERT ON public.late DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.on_late_definer();
CREATE CONSTRAINT TRIGGER c AFTER INSERT ON public.late DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.on_late();
INSERT INTO public.late VALUES (1), (2);
-- owned by another role, called by another role
GRANT USAGE ON SCHEMA shop, shop__dev TO t_redirect_bob;
GRANT SELECT ON ALL TABLES IN SCHEMA shop, shop__dev TO t_redirect_bob;
RESET ROLE;
SET ROLE t_redirect_bob;
CREATE FUNCTION public.bobs() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN public.reads(); END $$;
SELECT public.reads(), public.bobs(), public.definer(), public.reads();
RESET ROLE;
SET ROLE t_redirect_ana;
SELECT public.reads(), public.bobs(), public.definer(), public.reads();
-- a setting in its own definition makes no difference
CREATE FUNCTION public.definer_set() RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET vde.environment = 'dev' AS $$ BEGIN RETURN public.reads(); END $$;
RESET vde.environment;
SELECT public.reads(), public.definer_set(), public.reads();
SET vde.environment = 'dev';
SELECT public.reads(), public.definer_set(), public.reads();
-- materialized views and indexes
CREATE MATERIALIZED VIEW public.m AS SELECT public.reads() AS r;
SELECT r, public.reads() AS now FROM public.m;
REFRESH MATERIALIZED VIEW public.m;
SELECT r, public.reads() AS now FROM public.m;
EXPLAIN ANALYZE CREATE MATERIALIZED VIEW public.explained AS SELECT public.reads() AS r \g /dev/null
SELECT r, public.reads() AS now FROM public.explained;
CREATE FUNCTION public.pretends(int) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN public.reads(); END $$;
CREATE TABLE public.indexed AS SELECT 1 AS i;
CREATE INDEX ON public.indexed (public.pretends(i));
SELECT public.reads();
ANALYZE public.indexed;
SELECT most_common_vals, null_frac FROM pg_stats WHERE tablename LIKE 'indexed_%';
SELECT histogram_bounds IS NULL AS none FROM pg_stats WHERE tablename LIKE 'indexed_%';
SELECT public.reads();
-- foreign keys run as the table's owner
CREATE TABLE public.parent (id int PRIMARY KEY);
CREATE TABLE public.child (id int REFERENCES public.parent ON DELETE CASCADE);
CREATE FUNCTION public.on_child() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING '% by %: %', tg_op, current_user, public.reads(); RETURN old; END $$;
CREATE TRIGGER t BEFORE DELETE ON public.child FOR EACH ROW EXECUTE FUNCTION public.on_child();
INSERT INTO public.parent VALUES (1), (2), (3), (4);
INSERT INTO public.child VALUES (1), (2), (3), (4);
DELETE FROM public.child WHERE id = 3;
DELETE FROM public.parent WHERE id = 1;
DELETE FROM public.child WHERE id = 2;
DELETE FROM public.parent WHERE id = 4;
SELECT public.reads();
-- what runs between and after their queries is the caller's again
CREATE FUNCTION public.on_parent() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING '% of %: %', tg_op, old.id, CASE WHEN old.id > 5 THEN public.reads() END; RETURN NULL; END $$;
CREATE TRIGGER zz AFTER DELETE ON public.parent FOR EACH ROW EXECUTE FUNCTION public.on_parent();
INSERT INTO public.parent VALUES (5), (6), (7);
INSERT INTO public.child VALUES (5), (6), (7);
DELETE FROM public.parent WHERE id > 4;
-- what a policy calls is steered, unless it is pinned
CREATE TABLE public.guarded AS SELECT unnest('{prod,dev}'::text[]) AS env;
GRANT SELECT ON public.guarded TO t_redirect_bob;
ALTER TABLE public.guarded ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION public.allowed() RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN (SELECT min(env) FROM shop.same); END $$;
CREATE POLICY p ON public.guarded USING (env = public.allowed());
RESET ROLE;
SET ROLE t_redirect_bob;
TABLE public.guarded;
RESET ROLE;
SET ROLE t_redirect_ana;
ALTER FUNCTION public.allowed() SET vde.environment = 'prod';
RESET ROLE;
SET ROLE t_redirect_bob;
TABLE public.guarded;
SELECT public.reads();
RESET ROLE;
SET ROLE t_redirect_ana;
-- SET ROLE: the session's own choice
RESET ROLE;
SELECT public.reads();
SET ROLE t_redirect_bob;
SELECT public.reads();
RESET ROLE;
SET ROLE t_redirect_ana;
SELECT public.reads();

--
-- 8. Whose rights: the caller's, on dev's view.
--
REVOKE SELECT ON shop__dev.same FROM t_redirect_bob;
GRANT SELECT (id) ON shop__dev.same TO t_redirect_bob;
REVOKE SELECT ON shop.wide FROM t_redirect_bob;
RESET ROLE;
SET ROLE t_redirect_bob;
SELECT count(id) FROM shop.same;
SELECT env FROM shop.same;
SELECT * FROM shop.wide ORDER BY id LIMIT 1;
RESET ROLE;
SET ROLE t_redirect_ana;
REVOKE USAGE ON SCHEMA shop__dev FROM t_redirect_bob;
RESET ROLE;
SET ROLE t_redirect_bob;
SELECT count(id) FROM shop.same;
SELECT count(*) FROM shop.wide;
RESET ROLE;
SET ROLE t_redirect_ana;
-- views cannot be written to, in either
INSERT INTO shop.same VALUES (4, 'x');
-- a schema and a view that vde did not make for dev are never read: bob has an
-- environment of his own, and moves his view to where dev's would be
RESET ROLE;
GRANT USAGE ON SCHEMA raw TO t_redirect_bob;
GRANT SELECT ON raw.t TO t_redirect_bob;
SET ROLE t_redirect_bob;
RESET vde.environment;
SELECT vde_register('trap.x', $$ SELECT 'bob'::text AS env $$, environment => 'bob') IS NOT NULL AS ok;
CALL vde_apply('bob');
RESET ROLE;
SET ROLE t_redirect_ana;
SELECT vde_register('trap.x', $$ SELECT 'prod'::text AS env $$, environment => 'ana') IS NOT NULL AS ok;
CALL vde_apply('ana');
CALL vde_promote('ana', 'prod');
RESET ROLE;
SET ROLE t_redirect_bob;
CREATE SCHEMA trap__dev;
ALTER VIEW trap__bob.x SET SCHEMA trap__dev;
GRANT USAGE ON SCHEMA trap__dev TO PUBLIC;
GRANT SELECT ON trap__dev.x TO PUBLIC;
RESET ROLE;
SET ROLE t_redirect_ana;
SELECT * FROM trap__dev.x;
SET vde.environment = 'dev';
SELECT * FROM trap.x;
RESET ROLE;
DROP SCHEMA trap__dev CASCADE;
SET ROLE t_redirect_ana;

--
-- 9. vde_use.
--
SET search_path = shop, public;
SELECT * FROM only_dev;
SET client_min_messages = notice;
\set VERBOSITY default
SELECT vde_use('dev');
SELECT vde_use('dev');
SET client_min_messages = warning;
SELECT vde_use('nowhere');
SELECT vde_use('No Name');
\set VERBOSITY terse
SHOW search_path;
SELECT * FROM only_dev;
SELECT DISTINCT env FROM same;
SELECT DISTINCT env FROM shop.same;
SELECT environment, redirected, preloaded, search_path, note FROM vde_status();
-- what is registered now does not depend on it
SELECT vde_register('shop.unqualified', 'SELECT * FROM wide', environment => 'dev') IS NOT NULL AS ok;
SELECT model, change, category FROM vde_changes('dev');
SELECT vde_discard('dev');
SELECT vde_use('prod_to_be');
SHOW search_path;
SELECT DISTINCT env FROM same;
SELECT vde_use('prod');
SHOW search_path;
SHOW vde.environment;
SELECT DISTINCT env FROM same;
SELECT vde_use(NULL);
SHOW vde.environment;
BEGIN;
SELECT vde_use('dev', is_local => true);
SHOW search_path;
SELECT DISTINCT env FROM same;
COMMIT;
SHOW search_path;
SHOW vde.environment;
SET search_path = "$user", public, "shop";
SELECT vde_use('dev');
SHOW search_path;
SELECT vde_use(NULL);
SHOW search_path;
RESET search_path;

--
-- 10. vde's own work is as without the setting.
--
CREATE TEMP TABLE before AS SELECT 'diff' AS what, d::text AS line FROM vde_diff('prod', 'dev', 'shop.same') d
	UNION ALL SELECT 'wide', d::text FROM vde_diff('prod', 'dev', 'shop.wide') d
	UNION ALL SELECT 'plan', l FROM vde_plan('dev') l UNION ALL SELECT 'promote', l FROM vde_plan('dev', 'prod') l
	UNION ALL SELECT 'export', x::text FROM vde_export('dev') x UNION ALL SELECT 'lineage', x::text FROM vde_lineage('shop.seen', environment => 'dev') x;
SET vde.environment = 'dev';
CREATE TEMP TABLE after AS SELECT 'diff' AS what, d::text AS line FROM vde_diff('prod', 'dev', 'shop.same') d
	UNION ALL SELECT 'wide', d::text FROM vde_diff('prod', 'dev', 'shop.wide') d
	UNION ALL SELECT 'plan', l FROM vde_plan('dev') l UNION ALL SELECT 'promote', l FROM vde_plan('dev', 'prod') l
	UNION ALL SELECT 'export', x::text FROM vde_export('dev') x UNION ALL SELECT 'lineage', x::text FROM vde_lineage('shop.seen', environment => 'dev') x;
SELECT count(*) > 20 AS many FROM before;
(TABLE before EXCEPT ALL TABLE after) UNION ALL (TABLE after EXCEPT ALL TABLE before);
-- a model whose query calls a function that reads a model
SELECT public.reads();
CREATE FUNCTION public.immutable_reads(int) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN public.reads(); END $$;
SELECT public.immutable_reads(1);
SELECT vde_register('shop.calls', 'SELECT public.immutable_reads(1) AS r') IS NOT NULL AS ok;
CALL vde_apply();
SELECT * FROM shop__dev.calls;
SELECT public.immutable_reads(1);

--
-- 11. Deployments meanwhile: a view that comes, goes and changes.
--
PREPARE same AS SELECT min(env) AS env FROM shop.same;
EXECUTE same;
SELECT vde_register('shop.same', $$ SELECT id, 'dev 2'::text AS env FROM raw.t $$) IS NOT NULL AS ok;
CALL vde_apply();
EXECUTE same;
SELECT vde_register('shop.same', $$ SELECT 'first' AS added, id, 'dev 3'::text AS env FROM raw.t $$) IS NOT NULL AS ok;
CALL vde_apply();
EXECUTE same;
SELECT * FROM shop.same ORDER BY id LIMIT 1;
SELECT vde_unregister('shop.same');
SELECT vde_unregister('shop.seen');
CALL vde_apply();
EXECUTE same;
CALL vde_rollback();
EXECUTE same;
SELECT env FROM shop.late;
CALL vde_promote('prod', 'dev', models => '{shop.late}');
SELECT env FROM shop.late;
CALL vde_drop_environment('dev');
EXECUTE same;
SELECT public.reads();
SET vde.environment = 'prod';
EXECUTE same;
SELECT public.reads();

RESET ROLE;
DROP OWNED BY t_redirect_bob CASCADE;
DROP OWNED BY t_redirect_ana CASCADE;
DROP EXTENSION vde CASCADE;
DROP ROLE t_redirect_ana, t_redirect_bob;
