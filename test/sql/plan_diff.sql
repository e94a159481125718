-- plan_diff: what differs in the text and the options of a changed model, as
-- the plan shows it: hunks, limits, formats, and rows that are not for everybody.
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_plan_diff_ana, t_plan_diff_bob;
CREATE ROLE t_plan_diff_ana;
CREATE ROLE t_plan_diff_bob;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_plan_diff_ana', current_database()); END $$;
GRANT CREATE ON SCHEMA public TO t_plan_diff_ana;
SET SESSION AUTHORIZATION t_plan_diff_ana;
CREATE FUNCTION p(environment text, format text DEFAULT 'text') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT regexp_replace(line, '^[0-9a-f]{16}$', '(id)') FROM vde_plan($1, format => $2) line
$$;
-- the lines that stand under a model's own
CREATE FUNCTION under(environment text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT '|' || substr(line, 7) FROM vde_plan($1) line WHERE line LIKE '      %'
$$;
CREATE FUNCTION lines(first int, last int, VARIADIC changed int[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(CASE WHEN i = ANY (changed) THEN '-- changed ' ELSE '-- ' END || i, E'\n' ORDER BY i) || E'\nSELECT 1 AS one' FROM generate_series(first, last) i
$$;
\pset format unaligned
\pset tuples_only on

--
-- two lines of context, dots between places, as far apart as it takes
--
SELECT vde_register('d.m', lines(1, 30)) > 0;
CALL vde_apply('dev');
SELECT vde_register('d.m', lines(1, 30, 10)) > 0;
SELECT p('dev');
SELECT p('dev', 'markdown');
SELECT p::jsonb #> '{changes,0}' FROM vde_plan('dev', format => 'json') p;
-- four equal lines between two changes: one place; five: a line is left out
SELECT vde_register('d.m', lines(1, 30, 10, 15)) > 0;
SELECT under('dev');
SELECT vde_register('d.m', lines(1, 30, 10, 16)) > 0;
SELECT under('dev');
-- at both ends
SELECT vde_register('d.m', lines(1, 30, 1) || ', 2 AS two') > 0;
SELECT under('dev');
SELECT vde_register('d.m', lines(3, 32)) > 0;
SELECT under('dev');
-- twenty lines are told, and how many more there are
SELECT vde_register('d.m', lines(1, 30, 1, 2, 3, 4, 5, 6, 7, 8, 9)) > 0;
SELECT under('dev');
SELECT vde_register('d.m', lines(1, 30, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)) > 0;
SELECT under('dev');
SELECT vde_register('d.m', lines(1, 30, 2, 3, 4, 5, 6, 7, 8, 9, 10)) > 0;
SELECT under('dev');
SELECT vde_register('d.m', lines(101, 200)) > 0;
SELECT under('dev');
-- the ends of lines are no difference
SELECT vde_register('d.m', replace(lines(1, 30), E'\n', E'\r\n') || E'\n') > 0;
SELECT p('dev');
-- an empty line is one
SELECT vde_register('d.m', E'\n' || lines(1, 30) || E'\n\n') > 0;
SELECT under('dev');
-- what equals what is in the text is found, as far as there is anything
SELECT vde_register('d.m', E'-- a\n-- b\n-- c\n-- a\n-- b\n-- b\n-- a\nSELECT 1 AS one') > 0;
CALL vde_apply('dev');
SELECT vde_register('d.m', E'-- c\n-- b\n-- a\n-- b\n-- a\n-- c\nSELECT 1 AS one') > 0;
SELECT under('dev');
-- more than one byte a character, and what a fence is made of
SELECT vde_register('d.m', E'-- a\n-- ```\n-- größer\nSELECT 1 AS one') > 0;
SELECT p('dev', 'markdown');
SELECT vde_discard();

--
-- options, kind, owner, settings; in the plan of a promote, too
--
SELECT vde_register('d.m', E'-- a\n-- b\n-- c\n-- a\n-- b\n-- b\n-- a\nSELECT 1 AS one', options => '{"description": "a"}') > 0;
SELECT p('dev');
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
SELECT vde_register('d.m', 'SELECT 1 AS one', 'view', '{"description": "b|`c`", "tags": ["x", "y"]}') > 0;
SELECT under('dev');
SELECT p('dev', 'markdown');
SELECT p::jsonb #> '{changes,0,options}' FROM vde_plan('dev', format => 'json') p;
CALL vde_apply('dev');
SELECT line FROM vde_plan('dev', 'prod') line WHERE line LIKE '      %';
SET TimeZone = 'Europe/Berlin';
SELECT vde_register('d.m', 'SELECT now() AS one', 'view', '{"description": "b|`c`", "tags": ["x", "y"]}') > 0;
RESET TimeZone;
SELECT under('dev');
SELECT vde_discard();
-- nothing of that for what is added, removed or only downstream
SELECT vde_register('d.n', 'SELECT one FROM d.m') > 0;
CALL vde_apply('dev');
SELECT vde_register('d.m', 'SELECT 2 AS one', 'view', '{"description": "b|`c`", "tags": ["x", "y"]}') > 0;
SELECT vde_register('d.o', 'SELECT 1 AS one') > 0;
SELECT p('dev');
SELECT c ->> 'model', c -> 'options', c -> 'diff' FROM vde_plan('dev', format => 'json') p, jsonb_array_elements(p::jsonb -> 'changes') c;
SELECT vde_discard();

--
-- a seed's rows: for members of its owner only
--
SELECT vde_register('d.s', E'id,name\n1,one\n2,two\n3,secret\n', 'seed') > 0;
CALL vde_apply('dev');
SELECT vde_register('d.s', E'id,name\n1,one\n2,two\n3,confidential\n', 'seed', '{"description": "names"}') > 0;
SELECT under('dev');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_plan_diff_bob;
SELECT line FROM vde_plan('dev') line WHERE line LIKE '      %';
SELECT count(*) FROM (SELECT vde_plan('dev') UNION ALL SELECT vde_plan('dev', format => 'markdown') UNION ALL SELECT vde_plan('dev', format => 'json')) p (line) WHERE line ~ 'secret|confidential';
SELECT line FROM vde_plan('dev', format => 'markdown') line WHERE line LIKE '- %';
SELECT p::jsonb #> '{changes,0,options}', p::jsonb #> '{changes,0,diff}' FROM vde_plan('dev', format => 'json') p;
-- nor where one becomes something else
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_plan_diff_ana;
SELECT vde_register('d.s', 'SELECT 1 AS id, ''one'' AS name', 'full') > 0;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_plan_diff_bob;
SELECT line FROM vde_plan('dev') line WHERE line LIKE '      %';
RESET SESSION AUTHORIZATION;
GRANT t_plan_diff_ana TO t_plan_diff_bob;
SET SESSION AUTHORIZATION t_plan_diff_bob;
SELECT line FROM vde_plan('dev') line WHERE line LIKE '      %';
RESET SESSION AUTHORIZATION;
REVOKE t_plan_diff_ana FROM t_plan_diff_bob;

--
-- who may not read vde_models sees no more in a plan, and exports nothing
--
SET SESSION AUTHORIZATION t_plan_diff_ana;
SELECT vde_discard();
SELECT vde_register('d.s', E'id,name\n1,one\n2,two\n3,confidential\n', 'seed', '{"description": "confidential names"}') > 0;
SELECT vde_register('d.m', 'SELECT 2 AS one -- confidential', 'view', '{"description": "confidential"}') > 0;
GRANT USAGE ON SCHEMA d__dev TO t_plan_diff_bob;
GRANT SELECT ON d__dev.s TO t_plan_diff_bob;
RESET SESSION AUTHORIZATION;
CREATE VIEW all_formats AS SELECT vde_plan('dev') AS line UNION ALL SELECT vde_plan('dev', format => 'markdown') UNION ALL SELECT vde_plan('dev', format => 'json');
GRANT SELECT ON all_formats TO PUBLIC;
SET SESSION AUTHORIZATION t_plan_diff_bob;
SELECT count(*) > 0 FROM all_formats WHERE line ~ 'confidential';
SELECT path FROM vde_export('dev') WHERE path = 'd/m.sql';
RESET SESSION AUTHORIZATION;
REVOKE SELECT ON vde_models FROM PUBLIC;
SET SESSION AUTHORIZATION t_plan_diff_bob;
SELECT line FROM vde_plan('dev') line WHERE line LIKE '      %';
SELECT line FROM vde_plan('dev', format => 'markdown') line WHERE line LIKE '- %';
SELECT count(*) FROM all_formats WHERE line ~ 'confidential';
SELECT c ->> 'model', c -> 'options', c -> 'diff' FROM vde_plan('dev', format => 'json') p, jsonb_array_elements(p::jsonb -> 'changes') c;
SELECT path FROM vde_export('dev');
\echo :LAST_ERROR_SQLSTATE
-- members of the owner, and whom it is granted to
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_plan_diff_ana;
SELECT count(*) FROM under('dev') line WHERE line ~ 'confidential';
SELECT path FROM vde_export('dev') WHERE path = 'd/m.sql';
RESET SESSION AUTHORIZATION;
GRANT SELECT ON vde_models TO t_plan_diff_bob;
SET SESSION AUTHORIZATION t_plan_diff_bob;
SELECT line FROM vde_plan('dev') line WHERE line LIKE '      %';
SELECT path FROM vde_export('dev') WHERE path = 'd/m.sql';
RESET SESSION AUTHORIZATION;
GRANT SELECT ON vde_models TO PUBLIC;
DROP VIEW all_formats;

--
-- ten thousand lines, in another order, in a time that nobody waits for
--
SET SESSION AUTHORIZATION t_plan_diff_ana;
SELECT vde_register('d.large', (SELECT string_agg(CASE WHEN i = 0 THEN 'v' ELSE (i % 500)::text END, E'\n' ORDER BY i) FROM generate_series(0, 10000) i), 'seed', environment => 'large') > 0;
CALL vde_apply('large');
SELECT vde_register('d.large', (SELECT string_agg(CASE WHEN i = 0 THEN 'v' ELSE (i % 500)::text END, E'\n' ORDER BY i > 0, md5(i::text)) FROM generate_series(0, 10000) i), 'seed', environment => 'large') > 0;
SET statement_timeout = '20s';
SELECT count(*) FROM under('large');
RESET statement_timeout;
RESET SESSION AUTHORIZATION;
