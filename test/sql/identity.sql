--
-- Identity of models: one meaning has one version in every environment, order
-- of registration, session and database; and what decides a result from outside
-- of the query (settings, functions, operators, types, views, policies) is in
-- the version, so that a change of it shows as drift.
--
\set VERBOSITY terse
SET client_min_messages = warning;
SET DateStyle = 'ISO, MDY';
SET IntervalStyle = 'postgres';
SET TimeZone = 'UTC';

DROP ROLE IF EXISTS t_identity_ana;
DROP ROLE IF EXISTS t_identity_bob;
DROP DATABASE IF EXISTS vde_test_identity_other;
CREATE ROLE t_identity_ana;
CREATE ROLE t_identity_bob;
SELECT format('GRANT CREATE ON DATABASE %I TO t_identity_ana, t_identity_bob', current_database()) \gexec
SELECT current_database() AS database \gset
CREATE EXTENSION vde;
CREATE SCHEMA raw AUTHORIZATION t_identity_ana;
CREATE SCHEMA first AUTHORIZATION t_identity_ana;
CREATE SCHEMA second AUTHORIZATION t_identity_ana;
SET ROLE t_identity_ana;
GRANT USAGE ON SCHEMA raw TO t_identity_bob;

--
-- 1. Settings of the session that registers
--
CREATE TABLE raw.events (id int, at timestamptz, day date, f float8, i interval, b bytea, note text, n numeric, flags int[]);
CREATE TABLE first.t (id int);
CREATE TABLE second.t (id int);
SET check_function_bodies = off;
CREATE FUNCTION raw.by_path() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM t';
CREATE FUNCTION raw.not_by_path() RETURNS bigint LANGUAGE sql STABLE SET search_path = first AS 'SELECT count(*) FROM t';
CREATE FUNCTION raw.plus_one(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1';
CREATE VIEW raw.ages AS SELECT age(at, at) AS a FROM raw.events;
CREATE TABLE raw.paths (path jsonpath);
CREATE TABLE raw.documents (j jsonb);

CREATE TABLE raw.sessions (place serial, setting text, a text, b text, expected text, query text);

-- No setting changes what is immutable and PostgreSQL's own, ...
INSERT INTO raw.sessions (setting, a, b, expected, query)
SELECT s.setting, s.a, s.b, 'same', 'SELECT id, n * 2 AS twice, day + 1 AS next, lower(note) AS l, count(*) AS c FROM raw.events WHERE day > date ''2024-01-31'' AND i > interval ''2 days'' AND at > timestamptz ''2024-01-31 12:00:00+00'' AND b <> ''\x00'' GROUP BY 1, 2, 3, 4'
FROM (VALUES ('DateStyle', 'ISO, MDY', 'German, DMY'), ('TimeZone', 'UTC', 'Europe/Rome'), ('IntervalStyle', 'postgres', 'iso_8601'),
	('extra_float_digits', '1', '-3'), ('bytea_output', 'hex', 'escape'), ('search_path', 'raw', 'first, second'),
	('default_text_search_config', 'pg_catalog.simple', 'pg_catalog.english'), ('xmloption', 'content', 'document'),
	('xmlbinary', 'base64', 'hex'), ('array_nulls', 'on', 'off'), ('work_mem', '4MB', '64kB'), ('enable_hashjoin', 'on', 'off'),
	('application_name', 'x', 'y'), ('client_min_messages', 'warning', 'error'), ('transform_null_equals', 'off', 'on')) s(setting, a, b);

-- ... nor what was settled when the text was read
INSERT INTO raw.sessions (setting, a, b, expected, query) VALUES
	('DateStyle', 'ISO, MDY', 'ISO, DMY', 'same', 'SELECT date ''2024-03-04'' AS d'),
	('DateStyle', 'ISO, MDY', 'ISO, DMY', 'different', 'SELECT date ''03/04/2024'' AS d'),
	('DateStyle', 'ISO, MDY', 'SQL, MDY', 'same', 'SELECT date ''03/04/2024'' AS d'),
	('TimeZone', 'UTC', 'Europe/Rome', 'same', 'SELECT timestamptz ''2024-03-04 00:00+01'' AS t'),
	('TimeZone', 'UTC', 'Europe/Rome', 'different', 'SELECT timestamptz ''2024-03-04 00:00'' AS t'),
	('IntervalStyle', 'postgres', 'sql_standard', 'different', 'SELECT interval ''-1 2:03:04'' AS i'),
	('transform_null_equals', 'off', 'on', 'different', 'SELECT id FROM raw.events WHERE note = NULL'),
	('search_path', 'first', 'second', 'different', 'SELECT id FROM t'),
	('search_path', 'first', 'first, second', 'same', 'SELECT id FROM t'),
	('search_path', 'first', 'second', 'same', 'SELECT id FROM first.t');

-- What follows a setting while it runs has the setting in its version.
INSERT INTO raw.sessions (setting, a, b, expected, query) VALUES
	('TimeZone', 'UTC', 'Europe/Rome', 'different', 'SELECT at::date AS d FROM raw.events'),
	('TimeZone', 'UTC', 'Europe/Rome', 'different', 'SELECT id FROM raw.events WHERE at > day'),
	('TimeZone', 'UTC', 'Europe/Rome', 'different', 'SELECT extract(hour FROM at) AS h FROM raw.events'),
	('TimeZone', 'UTC', 'Europe/Rome', 'different', 'SELECT date_trunc(''day'', at) AS h FROM raw.events'),
	('TimeZone', 'UTC', 'Europe/Rome', 'different', 'SELECT at + interval ''1 month'' AS h FROM raw.events'),
	('TimeZone', 'UTC', 'Europe/Rome', 'different', 'SELECT current_date AS d'),
	('TimeZone', 'UTC', 'Europe/Rome', 'different', 'SELECT id FROM (SELECT id, at::date AS d FROM raw.events) s WHERE d > date ''2024-01-01'''),
	('TimeZone', 'UTC', 'Europe/Rome', 'different', 'WITH x AS (SELECT id, at::date AS d FROM raw.events) SELECT id FROM x GROUP BY id, d'),
	('TimeZone', 'UTC', 'Europe/Rome', 'different', 'SELECT id, sum(n) OVER (PARTITION BY at::date) AS s FROM raw.events'),
	('TimeZone', 'UTC', 'Europe/Rome', 'different', 'SELECT id, (SELECT max(at::date) FROM raw.events) AS m FROM raw.events'),
	('TimeZone', 'UTC', 'Europe/Rome', 'same', 'SELECT (at AT TIME ZONE ''Europe/Rome'')::date AS d FROM raw.events'),
	('DateStyle', 'ISO, MDY', 'German, DMY', 'different', 'SELECT day::text AS d FROM raw.events'),
	('DateStyle', 'ISO, MDY', 'German, DMY', 'different', 'SELECT note::date AS d FROM raw.events'),
	('DateStyle', 'ISO, MDY', 'German, DMY', 'different', 'SELECT ''on '' || day AS d FROM raw.events'),
	('DateStyle', 'ISO, MDY', 'German, DMY', 'different', 'SELECT concat(day) AS d FROM raw.events'),
	('DateStyle', 'ISO, MDY', 'German, DMY', 'different', 'SELECT e::text AS d FROM raw.events e'),
	('DateStyle', 'ISO, MDY', 'German, DMY', 'different', 'SELECT array_to_string(array_agg(day), '','') AS d FROM raw.events e'),
	('IntervalStyle', 'postgres', 'iso_8601', 'different', 'SELECT i::text AS d FROM raw.events'),
	('IntervalStyle', 'postgres', 'iso_8601', 'different', 'SELECT i::varchar(30) AS d FROM raw.events'),
	('IntervalStyle', 'postgres', 'iso_8601', 'different', 'SELECT format(''%s'', i) AS d FROM raw.events'),
	('IntervalStyle', 'postgres', 'iso_8601', 'different', 'SELECT to_jsonb(i) AS d FROM raw.events'),
	('IntervalStyle', 'postgres', 'iso_8601', 'different', 'SELECT jsonb_agg(i) AS d FROM raw.events'),
	('IntervalStyle', 'postgres', 'iso_8601', 'different', 'SELECT json_object_agg(id, i)::text AS d FROM raw.events'),
	('extra_float_digits', '1', '-3', 'different', 'SELECT f::text AS d FROM raw.events'),
	('extra_float_digits', '1', '-3', 'different', 'SELECT row_to_json(e)::text AS d FROM raw.events e'),
	('bytea_output', 'hex', 'escape', 'different', 'SELECT b::text AS d FROM raw.events'),
	('bytea_output', 'hex', 'escape', 'same', 'SELECT encode(b, ''hex'') AS d FROM raw.events'),
	('default_text_search_config', 'pg_catalog.simple', 'pg_catalog.english', 'different', 'SELECT to_tsvector(note) AS d FROM raw.events'),
	('default_text_search_config', 'pg_catalog.simple', 'pg_catalog.english', 'different', 'SELECT id FROM raw.events WHERE note @@ ''fat'''),
	('default_text_search_config', 'pg_catalog.simple', 'pg_catalog.english', 'same', 'SELECT to_tsvector(''simple'', note) AS d FROM raw.events'),
	('xmloption', 'content', 'document', 'different', 'SELECT note::xml::text AS d FROM raw.events'),
	('xmlbinary', 'base64', 'hex', 'different', 'SELECT xmlforest(b)::text AS d FROM raw.events'),
	('search_path', 'first', 'second', 'different', 'SELECT raw.by_path() AS n'),
	-- declared immutable, and yet
	('TimeZone', 'UTC', 'America/New_York', 'different', 'SELECT age(at, at) AS a FROM raw.events'),
	('TimeZone', 'UTC', 'America/New_York', 'different', 'SELECT a FROM raw.ages'),
	('TimeZone', 'UTC', 'America/New_York', 'same', 'SELECT age(day::timestamp, day::timestamp) AS a FROM raw.events'),
	('timezone_abbreviations', 'Default', 'India', 'different', 'SELECT at AT TIME ZONE ''IST'' AS a FROM raw.events'),
	('timezone_abbreviations', 'Default', 'India', 'different', 'SELECT day::timestamp AT TIME ZONE note AS a FROM raw.events'),
	('timezone_abbreviations', 'Default', 'India', 'same', 'SELECT at AT TIME ZONE ''utc'' AS a, at AT TIME ZONE ''Asia/Kolkata'' AS b FROM raw.events'),
	('timezone_abbreviations', 'Default', 'India', 'different', 'SELECT date_trunc(''day'', at, ''IST'') AS a FROM raw.events'),
	('extra_float_digits', '1', '-3', 'different', 'SELECT textin(float8out(f)) AS t FROM raw.events'),
	('lc_time', 'C', 'POSIX', 'different', 'SELECT jsonb_path_query_first(jsonb ''"May"'', ''$.datetime("TMMonth")'') AS a FROM raw.events'),
	('lc_time', 'C', 'POSIX', 'different', 'SELECT jsonb ''["May"]'' @? p.path AS a FROM raw.paths p'),
	('lc_time', 'C', 'POSIX', 'same', 'SELECT jsonb_path_exists(j, ''$.a'') AS a FROM raw.documents'),
	('TimeZone', 'UTC', 'Europe/Rome', 'different', 'SELECT raw.not_by_path() AS n'),
	('work_mem', '4MB', '64kB', 'same', 'SELECT at::date AS d FROM raw.events'),
	('work_mem', '4MB', '64kB', 'same', 'SELECT raw.plus_one(id) AS d FROM raw.events');

DO $$
DECLARE
	r record;
BEGIN
	FOR r IN SELECT * FROM raw.sessions ORDER BY place LOOP
		PERFORM set_config(r.setting, r.a, true);
		PERFORM public.vde_register(format('s.n%s', r.place), r.query, environment => 'a');
		PERFORM set_config(r.setting, r.b, true);
		PERFORM public.vde_register(format('s.n%s', r.place), r.query, environment => 'b');
		-- back to what it was at the start of the transaction
		EXECUTE format('SET LOCAL %s TO DEFAULT', r.setting);
		IF r.setting IN ('DateStyle', 'IntervalStyle', 'TimeZone', 'client_min_messages') THEN
			PERFORM set_config(r.setting, r.a, true);
		END IF;
	END LOOP;
END $$;
CREATE TABLE raw.sessions_found AS
	SELECT s.*, CASE WHEN a.version = b.version THEN 'same' ELSE 'different' END AS found
	FROM raw.sessions s
	JOIN vde_changes('a') a ON a.model = format('s.n%s', s.place)
	JOIN vde_changes('b') b ON b.model = format('s.n%s', s.place);
SELECT setting, a, b, expected, found, query FROM raw.sessions_found WHERE found <> expected ORDER BY place;
SELECT setting, count(*) FILTER (WHERE expected = 'same') AS same, count(*) FILTER (WHERE expected = 'different') AS different
FROM raw.sessions_found GROUP BY setting ORDER BY setting COLLATE "C";
SELECT count(*) FROM raw.sessions_found;

-- A plan does not follow the session that asks for it.
CREATE TABLE raw.plan_a AS SELECT model, version FROM vde_changes('a');
SET TimeZone = 'Asia/Tokyo';
SET DateStyle = 'German, DMY';
SET IntervalStyle = 'sql_standard';
SET extra_float_digits = -3;
SET bytea_output = 'escape';
SET transform_null_equals = on;
SET search_path = second, public;
SELECT count(*) FROM vde_changes('a') c FULL JOIN raw.plan_a p USING (model) WHERE c.version IS DISTINCT FROM p.version;
RESET transform_null_equals;
RESET bytea_output;
RESET extra_float_digits;
SET search_path = public;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, MDY';
SET IntervalStyle = 'postgres';

-- One version is one table: of two environments that differ in settings alone,
-- the second builds only what the settings make another thing.
CALL vde_apply('a');
SELECT (SELECT count(*) FROM vde_changes('b') c JOIN raw.sessions s ON c.model = format('s.n%s', s.place)
		WHERE c.action = 'build') = (SELECT count(*) FROM raw.sessions WHERE expected = 'different') AS as_many_builds_as_differences;
CALL vde_apply('b');
SELECT count(DISTINCT version) FILTER (WHERE s.expected = 'same') = count(*) FILTER (WHERE s.expected = 'same') / 2 AS shared,
	count(DISTINCT version) FILTER (WHERE s.expected = 'different') = count(*) FILTER (WHERE s.expected = 'different') AS apart
FROM vde_models m JOIN raw.sessions s ON m.model = format('s.n%s', s.place) WHERE environment IN ('a', 'b');

--
-- 2. The role
--
CREATE TABLE raw.roles (place serial, expected text, query text);
INSERT INTO raw.roles (expected, query) VALUES
	('same', 'SELECT id FROM raw.events'),
	('same', 'SELECT raw.plus_one(id) AS n FROM raw.events'),
	('different', 'SELECT current_user::text AS u'),
	('different', 'SELECT id FROM raw.events WHERE note = current_user'),
	('different', 'SELECT has_table_privilege(''raw.events'', ''INSERT'') AS p'),
	('different', 'SELECT id FROM raw.events WHERE pg_has_role(''t_identity_ana'', ''MEMBER'')'),
	('different', 'SELECT id FROM raw.secured'),
	('different', 'SELECT id FROM raw.secured_view');
CREATE TABLE raw.secured (id int, who text);
ALTER TABLE raw.secured ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON raw.secured USING (who = current_user);
CREATE VIEW raw.secured_view WITH (security_invoker) AS SELECT id FROM raw.secured;
GRANT SELECT ON ALL TABLES IN SCHEMA raw TO t_identity_bob;
RESET ROLE;
SET ROLE t_identity_ana;
SELECT count(vde_register(format('r.n%s', place), query, environment => 'by_ana')) FROM raw.roles;
SET ROLE t_identity_bob;
SELECT count(vde_register(format('r.n%s', place), query, environment => 'by_bob')) FROM raw.roles;
SELECT r.query, expected, a.version = b.version AS equal
FROM raw.roles r
JOIN vde_changes('by_ana') a ON a.model = format('r.n%s', r.place)
JOIN vde_changes('by_bob') b ON b.model = format('r.n%s', r.place)
WHERE (a.version = b.version) <> (expected = 'same') ORDER BY place;
SELECT count(*) FROM raw.roles r
JOIN vde_changes('by_ana') a ON a.model = format('r.n%s', r.place)
JOIN vde_changes('by_bob') b ON b.model = format('r.n%s', r.place);
SELECT vde_discard('by_bob') > 0 AS discarded;
SET ROLE t_identity_ana;
SELECT vde_discard('by_ana') > 0 AS discarded;

--
-- 3. What stands outside: one script that makes it, so that it can be made
-- again, in another database too
--
CREATE TABLE raw.outside (place serial, name text, query text);
INSERT INTO raw.outside (name, query) VALUES
	('plain', 'SELECT id, amount FROM src.orders'),
	('star', 'SELECT * FROM src.orders'),
	('wide', 'SELECT * FROM src.wide'),
	('row', 'SELECT row_to_json(o)::text AS j FROM src.orders o'),
	('func', 'SELECT src.sql_string(id) AS n FROM src.orders'),
	('body', 'SELECT src.sql_body(id) AS n FROM src.orders'),
	('plpgsql', 'SELECT src.procedural(id) AS n FROM src.orders'),
	('nested', 'SELECT src.calls_body(id) AS n FROM src.orders'),
	('defaults', 'SELECT src.with_default(id) AS n FROM src.orders'),
	('overload', 'SELECT src.numeric_only(id) AS n FROM src.orders'),
	('reads', 'SELECT src.reads_table() AS n'),
	('setof', 'SELECT f.id FROM src.returns_rows() f'),
	('operator', 'SELECT id FROM src.orders WHERE id OPERATOR(src.===) 3'),
	('aggregate', 'SELECT src.total(id) AS n FROM src.orders'),
	('window', 'SELECT src.total(id) OVER (ORDER BY id) AS n FROM src.orders'),
	('cast', 'SELECT (id::src.positive)::int AS n FROM src.orders'),
	('cast_function', 'SELECT (ROW(id, 1)::src.pair)::text AS n FROM src.orders'),
	('domain', 'SELECT id::src.positive AS n FROM src.orders'),
	('domain_array', 'SELECT (ARRAY[id]::src.positive[])[1]::int AS n FROM src.orders'),
	('enum', 'SELECT ''good''::src.mood AS n, m FROM src.moods WHERE m > ''bad'''),
	('enum_array', 'SELECT id FROM src.orders, src.moods WHERE m IN (''good'', ''bad'')'),
	('enum_text', 'SELECT m::text AS n FROM src.moods'),
	('composite', 'SELECT (src.make_pair(id)).y AS n FROM src.orders'),
	('composite_value', 'SELECT src.make_pair(id) AS n FROM src.orders'),
	('range', 'SELECT src.span(1, id) AS n FROM src.orders'),
	('collation', 'SELECT note COLLATE src.other AS n FROM src.orders'),
	('view', 'SELECT id FROM src.view'),
	('view_of_view', 'SELECT id FROM src.view_of_view'),
	('view_in_function', 'SELECT src.reads_view() AS n'),
	('matview', 'SELECT id FROM src.matview'),
	('regclass', 'SELECT ''src.orders''::regclass::text AS n'),
	('sublink', 'SELECT id FROM src.orders WHERE EXISTS (SELECT FROM src.view WHERE src.sql_body(view.id) = orders.id)'),
	('policy', 'SELECT id FROM src.secured'),
	('inherited', 'SELECT id FROM src.parent'),
	('child', 'SELECT plain.id FROM o.plain'),
	('grandchild', 'SELECT id FROM o.child WHERE src.sql_body(id) > 3');
SELECT string_agg(format('SELECT vde_register(%L, %L) IS NOT NULL', 'o.' || name, query), ';' ORDER BY place DESC) AS register FROM raw.outside \gset

\set make_outside 'CREATE SCHEMA src; CREATE TABLE src.orders (id int, amount numeric(10,2), note text); CREATE TABLE src.unread (id int); CREATE TABLE src.wide (id int); CREATE TABLE src.secured (id int, who text); CREATE TABLE src.parent (id int); CREATE TABLE src.child () INHERITS (src.parent); CREATE TYPE src.mood AS ENUM (''bad'', ''good''); CREATE TABLE src.moods (m src.mood); CREATE DOMAIN src.positive AS int CHECK (VALUE > 0); CREATE TYPE src.pair AS (x int, y int); CREATE TYPE src.span AS RANGE (subtype = int4); CREATE COLLATION src.other (provider = libc, locale = ''POSIX''); CREATE FUNCTION src.sql_string(int) RETURNS int LANGUAGE sql IMMUTABLE AS ''SELECT $1 + 1''; CREATE FUNCTION src.sql_body(int) RETURNS int LANGUAGE sql IMMUTABLE RETURN $1 * 2; CREATE FUNCTION src.procedural(int) RETURNS int LANGUAGE plpgsql STABLE AS ''BEGIN RETURN $1 - 1; END''; CREATE FUNCTION src.calls_body(int) RETURNS int LANGUAGE sql IMMUTABLE AS ''SELECT src.sql_body($1) + 5''; CREATE FUNCTION src.with_default(a int, b int DEFAULT 7) RETURNS int LANGUAGE sql IMMUTABLE RETURN a + b; CREATE FUNCTION src.numeric_only(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN $1; CREATE FUNCTION src.reads_table() RETURNS bigint LANGUAGE sql STABLE AS ''SELECT count(amount) FROM src.orders''; CREATE FUNCTION src.returns_rows() RETURNS SETOF src.orders LANGUAGE sql STABLE AS ''SELECT id, amount, note FROM src.orders''; CREATE FUNCTION src.same(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS ''SELECT $1 = $2''; CREATE OPERATOR src.=== (leftarg = int, rightarg = int, function = src.same); CREATE FUNCTION src.add(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS ''SELECT $1 + $2''; CREATE AGGREGATE src.total(int) (sfunc = src.add, stype = int, initcond = ''0''); CREATE FUNCTION src.pair_text(src.pair) RETURNS text LANGUAGE sql IMMUTABLE AS ''SELECT ($1).x::text''; CREATE CAST (src.pair AS text) WITH FUNCTION src.pair_text(src.pair); CREATE FUNCTION src.make_pair(int) RETURNS src.pair LANGUAGE sql IMMUTABLE AS ''SELECT ROW($1, 2)::src.pair''; CREATE VIEW src.view AS SELECT id, amount FROM src.orders WHERE id > 0; CREATE VIEW src.view_of_view AS SELECT id FROM src.view; CREATE FUNCTION src.reads_view() RETURNS bigint LANGUAGE sql STABLE AS ''SELECT count(*) FROM src.view_of_view''; CREATE MATERIALIZED VIEW src.matview AS SELECT id FROM src.orders; ALTER TABLE src.secured ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON src.secured USING (id > 0);'

:make_outside
\o /dev/null
SET vde.environment = 'dev';
:register;
\o
CREATE TABLE raw.versions AS SELECT model, version FROM vde_changes('dev');
SELECT count(*) = (SELECT count(*) FROM raw.outside) AS all_planned FROM raw.versions;

-- another environment, another order of registration, the same versions
SELECT count(vde_register('o.' || name, query, environment => 'again')) > 30 AS registered FROM (SELECT * FROM raw.outside ORDER BY md5(name)) s;
-- but for one that calls a function which may read anything: that version is its environment's own
SELECT model FROM vde_changes('again') c FULL JOIN raw.versions v USING (model) WHERE c.version IS DISTINCT FROM v.version;
SELECT vde_discard('again') > 30 AS discarded;

-- dropped and made again, with other OIDs: the same versions
DROP SCHEMA src CASCADE;
CREATE SCHEMA junk;
CREATE TABLE junk.j (id serial PRIMARY KEY, t text);
:make_outside
SELECT model FROM vde_changes('dev') c FULL JOIN raw.versions v USING (model) WHERE c.version IS DISTINCT FROM v.version;

-- columns at other places, after dropped ones: the same, but for what says "*"
BEGIN;
DROP VIEW src.view, src.view_of_view;
DROP FUNCTION src.returns_rows();
DROP MATERIALIZED VIEW src.matview;
ALTER TABLE src.orders DROP COLUMN id, DROP COLUMN amount;
ALTER TABLE src.orders ADD COLUMN id int, ADD COLUMN amount numeric(10,2);
CREATE VIEW src.view AS SELECT id, amount FROM src.orders WHERE id > 0;
CREATE VIEW src.view_of_view AS SELECT id FROM src.view;
CREATE MATERIALIZED VIEW src.matview AS SELECT id FROM src.orders;
CREATE FUNCTION src.returns_rows() RETURNS SETOF src.orders LANGUAGE sql STABLE AS 'SELECT note, id, amount FROM src.orders';
SELECT model FROM vde_changes('dev') c FULL JOIN raw.versions v USING (model) WHERE c.version IS DISTINCT FROM v.version ORDER BY 1;
ROLLBACK;

-- in another database, with other OIDs: the same versions
SELECT string_agg(model || ' ' || version, ',' ORDER BY model) AS versions FROM vde_changes('dev') \gset
RESET ROLE;
CREATE DATABASE vde_test_identity_other TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c vde_test_identity_other
SET client_min_messages = warning;
GRANT CREATE ON DATABASE vde_test_identity_other TO t_identity_ana;
CREATE SCHEMA junk;
CREATE TABLE junk.j (id serial PRIMARY KEY, t text);
CREATE TYPE junk.m AS ENUM ('a', 'b', 'c');
CREATE EXTENSION vde;
SET ROLE t_identity_ana;
-- what test/own-database gives the first one
SET lc_monetary = 'C';
SET lc_numeric = 'C';
SET lc_time = 'C';
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, MDY';
SET IntervalStyle = 'postgres';
:make_outside
\o /dev/null
SET vde.environment = 'dev';
:register;
\o
SELECT model AS differs FROM vde_changes('dev') WHERE position(model || ' ' || version IN :'versions') = 0;
SELECT count(*) > 30 AS all_there FROM vde_changes('dev');
RESET ROLE;
\c :database
DROP DATABASE vde_test_identity_other;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, MDY';
SET IntervalStyle = 'postgres';
SET ROLE t_identity_ana;

--
-- 4. A change outside is drift: the models that it reaches, and no others,
-- have other versions, and the plan says why.
--
SELECT vde_discard(e) >= 0 AS discarded FROM unnest('{a,b}'::text[]) e;
CALL vde_apply('dev');
SELECT count(*) FROM vde_changes('dev');

-- models: those that must drift, and with "!" those that can no longer be
-- analyzed, which the plan has to say
CREATE TABLE raw.changes (place serial, models text, change text, found text, reasons text);
INSERT INTO raw.changes (models, change) VALUES
	-- nothing that matters
	('', 'COMMENT ON FUNCTION src.sql_string(int) IS ''x'''),
	('', 'COMMENT ON TABLE src.orders IS ''x'''),
	('', 'COMMENT ON COLUMN src.orders.id IS ''x'''),
	('', 'COMMENT ON VIEW src.view IS ''x'''),
	('', 'COMMENT ON TYPE src.mood IS ''x'''),
	('', 'COMMENT ON DOMAIN src.positive IS ''x'''),
	('', 'COMMENT ON OPERATOR src.=== (int, int) IS ''x'''),
	('', 'COMMENT ON AGGREGATE src.total(int) IS ''x'''),
	('', 'COMMENT ON COLLATION src.other IS ''x'''),
	('', 'COMMENT ON POLICY own ON src.secured IS ''x'''),
	('', 'GRANT SELECT ON src.orders TO PUBLIC'),
	('', 'GRANT EXECUTE ON FUNCTION src.sql_string(int) TO PUBLIC'),
	('', 'CREATE OR REPLACE FUNCTION src.sql_string(int) RETURNS int LANGUAGE sql IMMUTABLE AS ''SELECT $1 + 1'''),
	('', 'ALTER FUNCTION src.procedural(int) COST 7'),
	('', 'ALTER FUNCTION src.procedural(int) PARALLEL SAFE'),
	('', 'CREATE INDEX ON src.orders (id)'),
	('', 'INSERT INTO src.orders VALUES (1, 2, ''x'')'),
	('', 'ALTER TABLE src.orders ALTER COLUMN id SET DEFAULT 3'),
	('', 'ALTER TABLE src.orders ALTER COLUMN note SET STATISTICS 10'),
	('', 'ALTER TABLE src.unread ADD COLUMN more int'),
	('', 'CREATE FUNCTION src.unused() RETURNS int LANGUAGE sql AS ''SELECT 1'''),
	('', 'CREATE OR REPLACE VIEW src.view AS SELECT o.id, o.amount FROM src.orders AS o WHERE (o.id > 0)'),
	('', 'ALTER DOMAIN src.positive RENAME CONSTRAINT positive_check TO other_name'),
	-- functions, operators, aggregates, casts
	('func', 'CREATE OR REPLACE FUNCTION src.sql_string(int) RETURNS int LANGUAGE sql IMMUTABLE AS ''SELECT $1 + 2'''),
	('body grandchild nested sublink', 'CREATE OR REPLACE FUNCTION src.sql_body(int) RETURNS int LANGUAGE sql IMMUTABLE RETURN $1 * 3'),
	('plpgsql', 'CREATE OR REPLACE FUNCTION src.procedural(int) RETURNS int LANGUAGE plpgsql STABLE AS ''BEGIN RETURN $1 - 2; END'''),
	('nested', 'CREATE OR REPLACE FUNCTION src.calls_body(int) RETURNS int LANGUAGE sql IMMUTABLE AS ''SELECT src.sql_body($1) + 6'''),
	('defaults', 'CREATE OR REPLACE FUNCTION src.with_default(a int, b int DEFAULT 8) RETURNS int LANGUAGE sql IMMUTABLE RETURN a + b'),
	('func', 'ALTER FUNCTION src.sql_string(int) STRICT'),
	('func', 'ALTER FUNCTION src.sql_string(int) STABLE'),
	('plpgsql', 'ALTER FUNCTION src.procedural(int) SET TimeZone = ''Asia/Tokyo'''),
	('plpgsql', 'ALTER FUNCTION src.procedural(int) SECURITY DEFINER'),
	('reads', 'CREATE OR REPLACE FUNCTION src.reads_table() RETURNS bigint LANGUAGE sql STABLE AS ''SELECT count(note) FROM src.orders'''),
	('composite composite_value', 'CREATE OR REPLACE FUNCTION src.make_pair(int) RETURNS src.pair LANGUAGE sql IMMUTABLE AS ''SELECT ROW($1, 3)::src.pair'''),
	('operator', 'CREATE OR REPLACE FUNCTION src.same(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS ''SELECT $1 <> $2'''),
	('"window" aggregate', 'CREATE OR REPLACE FUNCTION src.add(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS ''SELECT $1 + $2 + 1'''),
	('"window" aggregate', 'CREATE OR REPLACE AGGREGATE src.total(int) (sfunc = src.add, stype = int, initcond = ''1'')'),
	('cast_function', 'CREATE OR REPLACE FUNCTION src.pair_text(src.pair) RETURNS text LANGUAGE sql IMMUTABLE AS ''SELECT ($1).y::text'''),
	('!body !grandchild nested !sublink', 'DROP FUNCTION src.sql_body(int)'),
	-- an overload that nobody calls
	('', 'CREATE FUNCTION src.sql_string(bigint) RETURNS int LANGUAGE sql IMMUTABLE AS ''SELECT 0'''),
	-- types
	('"cast" domain domain_array', 'ALTER DOMAIN src.positive ADD CHECK (VALUE < 1000)'),
	('"cast" domain domain_array', 'ALTER DOMAIN src.positive DROP CONSTRAINT positive_check'),
	('"cast" domain domain_array', 'ALTER DOMAIN src.positive SET NOT NULL'),
	('!enum !enum_array enum_text', 'ALTER TYPE src.mood RENAME VALUE ''good'' TO ''great'''),
	('!cast_function composite composite_value', 'ALTER TYPE src.pair ADD ATTRIBUTE z int'),
	-- views
	('sublink view view_in_function view_of_view', 'CREATE OR REPLACE VIEW src.view AS SELECT id, amount FROM src.orders WHERE id > 1'),
	('view_in_function view_of_view', 'CREATE OR REPLACE VIEW src.view_of_view AS SELECT id + 0 AS id FROM src.view'),
	('sublink view view_in_function view_of_view', 'ALTER VIEW src.view SET (security_invoker = true)'),
	-- tables: a new column is read by who says "*", or takes the whole row
	('"row" "setof" star', 'ALTER TABLE src.orders ADD COLUMN more int'),
	('"collation" "row" "setof" star', 'ALTER TABLE src.orders ALTER COLUMN note TYPE text COLLATE "POSIX"'),
	('matview', 'DROP MATERIALIZED VIEW src.matview; CREATE MATERIALIZED VIEW src.matview AS SELECT id::bigint AS id FROM src.orders'),
	('policy', 'CREATE POLICY more ON src.secured USING (id > 5)'),
	('policy', 'ALTER POLICY own ON src.secured USING (id > 1)'),
	('policy', 'ALTER TABLE src.secured DISABLE ROW LEVEL SECURITY');
-- one that reaches all who read src.orders, but for those who read a copy
INSERT INTO raw.changes (models, change)
SELECT string_agg(quote_ident(name), ' '), 'ALTER TABLE src.orders ENABLE ROW LEVEL SECURITY'
FROM raw.outside WHERE name NOT IN ('enum', 'enum_text', 'matview', 'regclass', 'policy', 'inherited', 'wide');

DO $$
DECLARE
	r record;
	now text;
	why text;
BEGIN
	FOR r IN SELECT * FROM raw.changes ORDER BY place LOOP
		BEGIN
			EXECUTE r.change;
			WITH x AS (
				SELECT replace(model, 'o.', '') AS model, format('%s %s', category, reason) AS reason FROM public.vde_changes('dev')
				UNION ALL
				SELECT '!' || substring(line FROM 'o\.([^ :]+) '), substring(line FROM ': (.*)')
				FROM public.vde_plan('dev') line WHERE line LIKE '%stays as it is and cannot be refreshed%')
			SELECT string_agg(model, ' ' ORDER BY ltrim(model, '!')), string_agg(DISTINCT reason, '; ') INTO now, why FROM x;
			RAISE EXCEPTION USING MESSAGE = coalesce(now, ' '), DETAIL = coalesce(why, ''), ERRCODE = 'ZZ000';
		EXCEPTION WHEN others THEN
			GET STACKED DIAGNOSTICS why = PG_EXCEPTION_DETAIL;
			now := CASE WHEN SQLSTATE = 'ZZ000' THEN trim(SQLERRM) ELSE format('%s %s', SQLSTATE, SQLERRM) END;
		END;
		UPDATE raw.changes SET found = now, reasons = why WHERE place = r.place;
	END LOOP;
END $$;
-- those that are not as they should be: none
SELECT change, expected, found
FROM raw.changes, LATERAL (SELECT string_agg(m, ' ' ORDER BY ltrim(m, '!')) AS expected FROM regexp_split_to_table(models, ' ') m) e
WHERE found <> expected
ORDER BY place;
SELECT count(*) FILTER (WHERE models = '') AS harmless, count(*) FILTER (WHERE models <> '') AS drift FROM raw.changes;
-- the reasons that the plan gives
SELECT reasons FROM raw.changes WHERE reasons <> '' GROUP BY 1 ORDER BY reasons COLLATE "C";

-- A label put between others (not to be undone in a transaction).
ALTER TYPE src.mood ADD VALUE 'so so' BEFORE 'good';
SELECT model, change, category, reason FROM vde_changes('dev') ORDER BY 1;

-- The plan says what changed; nothing is done before it is applied; then the
-- old state is not found again, and the new one is no drift any more.
CREATE OR REPLACE FUNCTION src.sql_body(int) RETURNS int LANGUAGE sql IMMUTABLE RETURN $1 * 30;
INSERT INTO src.orders VALUES (1, 2.50, 'one'), (2, 5.00, 'two');
SELECT p FROM vde_plan('dev') p WHERE p !~ '^[0-9a-f]{16}$';
SELECT n FROM o__dev.body ORDER BY 1;
CALL vde_apply('dev');
SELECT n FROM o__dev.body ORDER BY 1;
SELECT count(*) FROM vde_changes('dev');

-- A column that "*" now means too, and what only analysis can find, a function
-- that is now a better match, stop the refresh of these models alone, and then
-- are in the plan.
ALTER TABLE src.wide ADD COLUMN more int DEFAULT 5;
CREATE FUNCTION src.numeric_only(int) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN -$1;
INSERT INTO src.wide VALUES (1);
INSERT INTO src.orders VALUES (3, 7.50, 'three');
\set VERBOSITY sqlstate
CALL vde_run('dev');
\set VERBOSITY terse
SELECT id FROM o__dev.plain ORDER BY 1;
SELECT n FROM o__dev.overload ORDER BY 1;
SELECT count(*) FROM o__dev.wide;
SELECT model, category, action FROM vde_changes('dev') ORDER BY 1;
CALL vde_apply('dev');
SELECT id, more FROM o__dev.wide ORDER BY 1;
SELECT n FROM o__dev.overload ORDER BY 1;
SELECT count(*) FROM vde_changes('dev');
CALL vde_run('dev');

-- And back: the tables of the first function are found, and filled anew where
-- they would take their readers back in time.
CREATE OR REPLACE FUNCTION src.sql_body(int) RETURNS int LANGUAGE sql IMMUTABLE RETURN $1 * 2;
SELECT model, category, action FROM vde_changes('dev') WHERE model = 'o.body';
CALL vde_apply('dev');
SELECT n FROM o__dev.body ORDER BY 1;

--
-- 5. Kind, name and options are in the version; description, owner and tags
-- are not.
--
CREATE TABLE raw.definitions (place serial, expected text, a jsonb, b jsonb);
INSERT INTO raw.definitions (expected, a, b) VALUES
	('same', '{}', '{"options": {"description": "d"}}'),
	('same', '{}', '{"options": {"tags": ["x"]}}'),
	('same', '{}', '{"options": {"columns": {"id": "the key"}}}'),
	('same', '{}', '{"kind": "table"}'),
	('different', '{}', '{"kind": "view"}'),
	('different', '{}', '{"kind": "materialized_view"}'),
	('different', '{"kind": "view"}', '{"kind": "embedded"}'),
	('different', '{}', '{"model": "d.other"}'),
	('different', '{}', '{"options": {"primary_key": ["id"]}}'),
	('different', '{}', '{"options": {"indexes": ["id"]}}'),
	('different', '{"options": {"indexes": ["id"]}}', '{"options": {"indexes": ["amount"]}}'),
	('different', '{}', '{"options": {"fillfactor": 70}}'),
	('different', '{}', '{"options": {"unlogged": true}}'),
	('same', '{}', '{"options": {"unlogged": false}}'),
	('different', '{}', '{"options": {"partition_by": {"strategy": "hash", "columns": ["id"], "modulus": 2}}}'),
	('same', '{"options": {"fillfactor": 70, "unlogged": true}}', '{"options": {"unlogged": true, "fillfactor": 70}}');
DO $$
DECLARE
	r record;
	versions text[];
	d jsonb;
BEGIN
	FOR r IN SELECT * FROM raw.definitions ORDER BY place LOOP
		versions := '{}';
		FOREACH d IN ARRAY ARRAY[r.a, r.b] LOOP
			BEGIN
				PERFORM public.vde_register(coalesce(d ->> 'model', 'd.m'), 'SELECT id, amount FROM src.orders',
					coalesce(d ->> 'kind', 'full'), coalesce(d -> 'options', '{}'), 'definitions');
				versions := versions || (SELECT version FROM public.vde_changes('definitions'));
				PERFORM public.vde_discard('definitions');
			EXCEPTION WHEN others THEN
				versions := versions || format('%s %s', SQLSTATE, SQLERRM);
			END;
		END LOOP;
		IF (versions[1] = versions[2]) <> (r.expected = 'same') OR versions[1] !~ '^[0-9a-f]{32}$' OR versions[2] !~ '^[0-9a-f]{32}$' THEN
			RAISE WARNING 'definitions %: expected %, found %', r.place, r.expected, versions;
		END IF;
	END LOOP;
END $$;

RESET ROLE;
