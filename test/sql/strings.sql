-- One text that can be read in two ways (standard_conforming_strings on and off) is two
-- versions.  And a definition of a server where strings could be read otherwise
-- (standard_conforming_strings = off), on one where they cannot (PostgreSQL 19): it says so
-- if there is a backslash in the text, and nothing else stands still.  On earlier
-- servers it is read as ever.
\set VERBOSITY terse
SET client_min_messages = error;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_strings_ana;
CREATE ROLE t_strings_ana;
SELECT format('GRANT CREATE ON DATABASE %I TO t_strings_ana', current_database()) \gexec
\pset format unaligned
\pset tuples_only on
-- what a command says, where it says anything
CREATE PROCEDURE public.said(command text) LANGUAGE plpgsql AS $$
DECLARE
	message text;
	hint text;
	said text := 'done';
BEGIN
	BEGIN
		EXECUTE command;
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
		said := message || '. ' || hint;
	END;
	IF said <> (CASE WHEN current_setting('server_version_num')::int < 190000 THEN 'done'
		ELSE 'query of model "t.old" is written for standard_conforming_strings = off. Register the model again, with E''...'' where a backslash is to be an escape.' END)
	THEN
		RAISE EXCEPTION '%', said;
	END IF;
END $$;
-- the definition as that server would have made it
CREATE PROCEDURE public.make_old() LANGUAGE sql SECURITY DEFINER AS $$
	UPDATE vde.definition d SET settings = settings || '{"standard_conforming_strings": "off"}', query = replace(query, ' E''', ' ''')
	FROM vde.model m WHERE m.id = d.model_id AND m.model_name IN ('old', 'plain') $$;
SET ROLE t_strings_ana;
SELECT vde_register('t.old', 'SELECT E''a\nb'' AS k', environment => 'dev') > 0;
SELECT vde_register('t.plain', 'SELECT ''a/b'' AS k', environment => 'dev') > 0;

-- drafted
CALL public.make_old();
CALL public.said('CALL public.vde_apply(''dev'')');
SELECT vde_register('t.old', 'SELECT E''a\nb'' AS k, 1 AS one', environment => 'dev') > 0;
CALL vde_apply('dev');
SELECT k = E'a\nb' AS line_feed FROM t__dev.old;
TABLE t__dev.plain;

-- deployed: readers go on, and another definition may follow
CALL public.make_old();
SELECT k = E'a\nb' AS line_feed FROM t__dev.old;
SELECT vde_register('t.reader', 'SELECT k FROM t.old', environment => 'dev') > 0;
CALL vde_apply('dev');
CALL public.said('CALL public.vde_run(''dev'')');
SELECT vde_register('t.old', 'SELECT E''a\nb'' AS k, 2 AS two', environment => 'dev') > 0;
CALL vde_apply('dev');
CALL vde_run('dev');
SELECT k = E'a\nb' AS line_feed, two FROM t__dev.old;
SELECT k = E'a\nb' AS line_feed FROM t__dev.reader;

-- the same text in two ways, with a reader; without a backslash there is one
SELECT current_setting('server_version_num')::int < 190000 AS two_ways \gset
\if :two_ways
CREATE PROCEDURE pg_temp.register_ways(environment text) LANGUAGE sql AS $procedure$
	SELECT count(public.vde_register(name, query, environment => environment)) FROM (VALUES
		('w.text', $$SELECT 'a\nb' AS k$$), ('w.same', $$SELECT 'a/b' AS k$$), ('w.reader', 'SELECT k FROM w.text')) v(name, query)
$procedure$;
CALL pg_temp.register_ways('standard');
SET escape_string_warning = off;
SET standard_conforming_strings = off;
CALL pg_temp.register_ways('escapes');
RESET standard_conforming_strings;
CALL vde_apply('standard');
CALL vde_apply('escapes');
CREATE TEMP TABLE ways AS
	SELECT a.model, a.version <> b.version AS versions_differ, a.physical_table <> b.physical_table AS tables_differ
	FROM vde_models a JOIN vde_models b USING (model) WHERE a.environment = 'standard' AND b.environment = 'escapes';
CREATE TEMP TABLE strings AS SELECT a.k = E'a\\nb' AND ar.k = a.k AS backslash, b.k = E'a\nb' AND br.k = b.k AS line_feed
	FROM w__standard.text a, w__standard.reader ar, w__escapes.text b, w__escapes.reader br;
\else
CREATE TEMP TABLE ways AS VALUES ('w.reader', true, true), ('w.same', false, false), ('w.text', true, true);
CREATE TEMP TABLE strings AS SELECT true AS backslash, true AS line_feed;
\endif
SELECT * FROM ways ORDER BY 1;
TABLE strings;

RESET ROLE;
DROP EXTENSION vde CASCADE;
DROP OWNED BY t_strings_ana CASCADE;
DROP ROLE t_strings_ana;
