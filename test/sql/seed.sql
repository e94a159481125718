--
-- Seeds: CSV text becomes a table exactly as COPY ... CSV would read it, with
-- types declared or inferred; what cannot be read is refused with the line and
-- the column, and leaves nothing.
--
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_seed_ana;
CREATE ROLE t_seed_ana;
SELECT format('GRANT CREATE ON DATABASE %I TO t_seed_ana', current_database()) \gexec
GRANT CREATE ON SCHEMA public TO t_seed_ana;
SET ROLE t_seed_ana;
CREATE SCHEMA own;

CREATE FUNCTION public.columns_of(relation regclass) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum)
	FROM pg_attribute WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped $$;
CREATE FUNCTION public.differing_rows(a text, b text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
	EXECUTE format('SELECT count(*) FROM ((%1$s EXCEPT ALL %2$s) UNION ALL (%2$s EXCEPT ALL %1$s)) d', a, b) INTO n;
	RETURN n;
END $$;

--
-- Inference: the narrowest type that loses nothing
--

SELECT vde_register('seed.inferred', 'b,B2,i,big,over,n,neg,d,ts,ts2,mixed,t,empty,zeros,plus,expo,minus0,dot,bad_day,t_f,spaces,iso
true,FALSE,1,9223372036854775807,9223372036854775808,1.50,-1,2024-02-29,2024-01-01 00:00:00,2024-01-01 10:20,1,x,,007,+1,1e5,-0,.5,2023-02-29,t, 1,2024-01-01T00:00:00
false,True,-2,-9223372036854775808,1,2,-2.25,1999-12-31,2024-12-31 23:59:59.123456,2024-01-01 10:20:30,a,y,,1,1,1,1,1.,2023-02-28,f,1 ,2024-01-01
,,,,,,,,,,,,,,,,,,,,,
', 'seed') > 0;
SELECT vde_register('seed.both_date_and_number', E'a,b,c\n1,2024-01-01,true\n2024-01-01,2024-01-01 10:00,1\n', 'seed') > 0;
SELECT vde_register('seed.long_number', 'a' || E'\n' || repeat('9', 1001) || E'\n', 'seed') > 0;
SELECT vde_register('seed.number_of_1000', 'a' || E'\n' || repeat('9', 1000) || E'\n', 'seed') > 0;
CALL vde_apply('dev');
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'seed__dev.inferred'::regclass AND attnum > 0 ORDER BY attnum;
SET DateStyle = 'ISO';
TABLE seed__dev.inferred \gx
RESET DateStyle;
SELECT columns_of('seed__dev.both_date_and_number'), columns_of('seed__dev.long_number'), columns_of('seed__dev.number_of_1000');

--
-- Quotes, NULLs, line breaks, encodings: what COPY makes of it
--

SELECT E'id,"na""me",note,"with,comma","line\nbreak"\n1,plain,"a ""quoted"" word","a,b","x\ny"\n2,,"",  keep  ,"  "\n3,"",,\\N,"\\."\n4,Zoë,"日本語 🐘","""",''''\n' AS csv \gset
SELECT vde_register('seed.quotes', :'csv', 'seed') > 0;
SELECT vde_register('seed.crlf', replace(E'a,b\n1,x\n2,y\n', E'\n', E'\r\n'), 'seed') > 0;
SELECT vde_register('seed.cr', replace(E'a,b\n1,x\n2,y\n', E'\n', E'\r'), 'seed') > 0;
SELECT vde_register('seed.no_last_newline', E'a,b\n1,x\n2,y', 'seed') > 0;
SELECT vde_register('seed.bom', E'\uFEFFa,b\n1,x\n2,y\n', 'seed') > 0;
SELECT vde_register('seed.header_only', E'a,b\n', 'seed') > 0;
SELECT vde_register('seed.one_column', E'a\nx\n""\ny\n', 'seed') > 0;
SELECT vde_register('seed.keywords', E'select,"Order",group by,"""",from\n1,2,3,4,5\n', 'seed') > 0;
SELECT vde_register('seed.wide', (SELECT string_agg('c' || i, ',') || E'\n' || string_agg('t', ',') FROM generate_series(1, 1600) i), 'seed', (SELECT jsonb_build_object('columns', jsonb_object_agg('c' || i, '{"type": "bool"}'::jsonb)) FROM generate_series(1, 1600) i)) > 0;
SELECT vde_register('seed.big', 'id,v' || E'\n' || (SELECT string_agg(i || ',' || md5(i::text), E'\n') FROM generate_series(1, 20000) i), 'seed') > 0;
SELECT vde_register('seed.long_field', E'a,b\n1,"' || repeat(E'x"",\n', 50000) || E'"\n', 'seed') > 0;
CALL vde_apply('dev');
SELECT columns_of('seed__dev.quotes');
CREATE TABLE own.quotes (id bigint, "na""me" text, note text, "with,comma" text, "line
break" text);
INSERT INTO own.quotes VALUES (1, 'plain', 'a "quoted" word', 'a,b', E'x\ny'), (2, NULL, '', '  keep  ', '  '),
	(3, '', NULL, '\N', '\.'), (4, 'Zoë', '日本語 🐘', '"', '''''');
SELECT differing_rows('TABLE seed__dev.quotes', 'TABLE own.quotes'), (SELECT count(*) FROM seed__dev.quotes);
SELECT differing_rows('TABLE seed__dev.crlf', $$VALUES (1::bigint, 'x'), (2, 'y')$$) AS crlf,
	differing_rows('TABLE seed__dev.cr', $$VALUES (1::bigint, 'x'), (2, 'y')$$) AS cr,
	differing_rows('TABLE seed__dev.no_last_newline', $$VALUES (1::bigint, 'x'), (2, 'y')$$) AS no_last_newline,
	differing_rows('TABLE seed__dev.bom', $$VALUES (1::bigint, 'x'), (2, 'y')$$) AS bom;
SELECT columns_of('seed__dev.bom'), columns_of('seed__dev.header_only'), (SELECT count(*) FROM seed__dev.header_only);
SELECT * FROM seed__dev.one_column;
SELECT columns_of('seed__dev.keywords');
SELECT count(*) FROM pg_attribute WHERE attrelid = 'seed__dev.wide'::regclass AND attnum > 0;
SELECT c1, c1600 FROM seed__dev.wide;
SELECT differing_rows('TABLE seed__dev.big', 'SELECT i::bigint, md5(i::text) FROM generate_series(1, 20000) i');
SELECT length(b) = 4 * 50000 AND b = repeat(E'x",\n', 50000) AS same FROM seed__dev.long_field;

--
-- Declared types
--

SELECT vde_register('seed.declared', E'id,code,amount,day,tags,doc,flag,note\n1,007,1.255,2024-01-05,"{a,b}","{""x"": 1}",yes,\n2,08,3,2024-12-31,{},[],off,""\n', 'seed',
	'{"columns": {"id": {"type": "integer", "description": "the key"}, "code": {"type": "varchar(3)"}, "amount": {"type": "numeric(8,2)"}, "day": "described only",
	  "tags": {"type": "text[]"}, "doc": {"type": "jsonb"}, "flag": {"type": "bool"}}}') > 0;
-- types of the user's own, by the path of registration; domains are checked
CREATE TYPE own.mood AS ENUM ('sad', 'ok');
CREATE DOMAIN own.positive AS int CHECK (VALUE > 0);
SET search_path = own, public;
SELECT vde_register('seed.own_types', E'm,p\nok,1\nsad,2\n', 'seed', '{"columns": [{"name": "p", "type": "positive"}, {"name": "m", "type": "mood"}]}') > 0;
RESET search_path;
-- dates are read as when they were registered
SET DateStyle = 'ISO, DMY';
SELECT vde_register('seed.dmy', E'd\n02/01/2024\n', 'seed', '{"columns": {"d": {"type": "date"}}}') > 0;
SET DateStyle = 'ISO, MDY';
SELECT vde_register('seed.mdy', E'd\n02/01/2024\n', 'seed', '{"columns": {"d": {"type": "date"}}}') > 0;
CALL vde_apply('dev');
RESET DateStyle;
SELECT columns_of('seed__dev.declared');
SET DateStyle = 'ISO';
TABLE seed__dev.declared;
RESET DateStyle;
SELECT columns_of('seed__dev.own_types');
TABLE seed__dev.own_types;
SELECT to_char((TABLE seed__dev.dmy), 'Month') AS dmy, to_char((TABLE seed__dev.mdy), 'Month') AS mdy;
SELECT col_description('seed__dev.declared'::regclass, 1), col_description('seed__dev.declared'::regclass, 4);

-- the same rows as text of another look are another version; the same text is the same
SELECT vde_register('seed.crlf', E'a,b\n1,x\n2,y\n', 'seed') > 0;
SELECT model, change, action FROM vde_changes('dev');
SELECT vde_discard('dev');

--
-- Errors: at registration where the text shows it
--

CREATE VIEW public.anything AS SELECT (SELECT count(*) FROM vde_models WHERE model LIKE 'bad.%') AS models,
	(SELECT count(*) FROM vde_environments WHERE drafts > 0) AS drafts;
SELECT vde_register('bad.seed', '', 'seed');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('bad.seed', E'\n', 'seed');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('bad.seed', E'a,b\n1,2\n3\n', 'seed');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('bad.seed', E'a,b\n1,2\n"x\ny",2\n3,4,5\n', 'seed');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('bad.seed', E'a,b\n1,2\n\n3,4\n', 'seed');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('bad.seed', E'a,b,a\n1,2,3\n', 'seed');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('bad.seed', E'a,,c\n1,2,3\n', 'seed');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('bad.seed', repeat('n', 64) || E'\n1\n', 'seed');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('bad.seed', E'a,b\n1,"open\n', 'seed');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('bad.seed', E'a,b\n1,2\n\\.\n3,4\n', 'seed');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('bad.seed', E'a,b\n1,2\n', 'seed', '{"columns": {"aa": {"type": "int"}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('bad.seed', E'a,b\n1,2\n', 'seed', '{"columns": {"a": {"type": "integerr"}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('bad.seed', E'a,b\n1,2\n', 'seed', '{"columns": {"a": {"type": "int; DROP TABLE x"}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('bad.seed', E'a,b\n1,2\n', 'seed', '{"columns": {"a": {"type": "anyelement"}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('bad.seed', E'a,b\n1,2\n', 'seed', '{"columns": {"a": {"type": "setof int"}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('bad.seed', E'a\n1\r\n2\n', 'seed');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('bad.seed', E'ctid,b\n1,2\n', 'seed');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('bad.seed', (SELECT string_agg('c' || i, ',') || E'\n' || string_agg(i::text, ',') FROM generate_series(1, 1601) i), 'seed');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('bad.seed', NULL, 'seed');
\echo :LAST_ERROR_SQLSTATE
TABLE anything;

-- ... and at the build where a value shows it: named by line and column, and nothing is left
SELECT vde_register('bad.day', E'id,day\n1,2024-01-01\n2,2024-02-30\n', 'seed', '{"columns": {"day": {"type": "date"}}}') > 0;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT model, state, sqlstate, message FROM vde_builds WHERE model = 'bad.day';
SELECT vde_register('bad.day', E'id,day\n1,"line\nbreak"\n2,"much longer than ten"\n', 'seed', '{"columns": {"day": {"type": "varchar(10)"}}}') > 0;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('bad.day', E'id,day\n-1,x\n', 'seed', '{"columns": {"id": {"type": "own.positive"}}}') > 0;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
-- (the messages name the physical table: without their digits)
CREATE FUNCTION public.message_of_apply() RETURNS TABLE (code text, message text, detail text, context text) LANGUAGE plpgsql AS $$
BEGIN
	CALL vde_apply('dev');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, context = PG_EXCEPTION_CONTEXT;
	message := regexp_replace(message, '__[0-9a-f]{16}', '__#', 'g');
	context := split_part(context, E'\n', 1);
	RETURN NEXT;
END $$;
SELECT vde_register('bad.day', E'id,day\n1,x\n1,y\n', 'seed', '{"primary_key": ["id"]}') > 0;
SELECT * FROM message_of_apply() \gx
SELECT vde_register('bad.day', E'id,day\n1,x\n,y\n', 'seed', '{"primary_key": ["id"]}') > 0;
SELECT * FROM message_of_apply() \gx
SELECT to_regclass('bad__dev.day');
SELECT count(*) FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace AND relkind = 'r' AND relname LIKE 'bad%';
-- a row that no page can hold
SELECT vde_register('bad.day', (SELECT string_agg('c' || i, ',') || E'\n' || string_agg(i::text, ',') FROM generate_series(1, 1600) i), 'seed') > 0;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
-- corrected, it is built
SELECT vde_register('bad.day', E'id,day\n1,x\n2,y\n', 'seed', '{"primary_key": ["id"]}') > 0;
CALL vde_apply('dev');
TABLE bad__dev.day;
