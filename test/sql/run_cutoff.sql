-- run_cutoff: a run leaves alone what reads only tables of models that hold what
-- they held when it was filled last; everything else it refreshes. What is
-- left alone is what a refresh would have made of it.
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_cut_ana;
CREATE ROLE t_cut_ana;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_cut_ana', current_database()); END $$;
GRANT CREATE ON SCHEMA public TO t_cut_ana;
SET SESSION AUTHORIZATION t_cut_ana;
CREATE SCHEMA raw;
CREATE TABLE raw.orders (id int, customer_id int, amount int, note text);
INSERT INTO raw.orders SELECT i, i % 7, i * 10, 'n' || i FROM generate_series(1, 100) i;
CREATE FUNCTION differ(a text, b text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
	EXECUTE format('SELECT count(*) FROM ((%1$s EXCEPT ALL %2$s) UNION ALL (%2$s EXCEPT ALL %1$s)) d', a, b) INTO n;
	RETURN n;
END $$;
-- what a run did, since the last time this was asked
CREATE TABLE seen (build bigint);
INSERT INTO seen VALUES (0);
CREATE FUNCTION done() RETURNS TABLE (states text) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY SELECT state || ': ' || string_agg(model, ' ' ORDER BY model COLLATE "C") FROM vde_builds, seen
		WHERE vde_builds.build > seen.build AND action = 'refresh' GROUP BY state ORDER BY state;
	UPDATE seen SET build = (SELECT max(b.build) FROM vde_builds b);
END $$;
\pset format unaligned
\pset tuples_only on

--
-- where a change ends
--
SELECT vde_register('shop.staging', 'SELECT id, customer_id, amount FROM raw.orders WHERE amount > 50', environment => 'prod') > 0;
SELECT vde_register('shop.big', 'SELECT * FROM shop.staging WHERE amount > 500', 'view', environment => 'prod') > 0;
SELECT vde_register('shop.inlined', 'SELECT customer_id, amount FROM shop.big', 'embedded', environment => 'prod') > 0;
-- a diamond: two branches of staging, and who reads both
SELECT vde_register('shop.small', 'SELECT id, amount FROM shop.staging WHERE amount <= 500', 'materialized_view', environment => 'prod') > 0;
SELECT vde_register('shop.totals', 'SELECT customer_id, sum(amount) AS total FROM shop.inlined GROUP BY 1', environment => 'prod') > 0;
SELECT vde_register('shop.top', 'SELECT (SELECT max(total) FROM shop.totals) AS most, (SELECT count(*) FROM shop.small) AS few', environment => 'prod') > 0;
CREATE FUNCTION right_now() RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', differ('TABLE shop.staging', 'SELECT id, customer_id, amount FROM raw.orders WHERE amount > 50'),
		differ('TABLE shop.small', 'SELECT id, amount FROM raw.orders WHERE amount > 50 AND amount <= 500'),
		differ('TABLE shop.totals', 'SELECT customer_id, sum(amount) FROM raw.orders WHERE amount > 500 GROUP BY 1'),
		differ('TABLE shop.top', 'SELECT (SELECT max(s) FROM (SELECT sum(amount) AS s FROM raw.orders WHERE amount > 500 GROUP BY customer_id) x),
			(SELECT count(*) FROM raw.orders WHERE amount > 50 AND amount <= 500)'))
$$;
CALL vde_apply('prod', confirm => true);
CALL vde_run('prod');
SELECT done();
-- what staging leaves out
INSERT INTO raw.orders VALUES (1000, 1, 1, 'small');
UPDATE raw.orders SET note = 'another';
\setenv PGDATABASE :DBNAME
\setenv PGOPTIONS '-c role=t_cut_ana'
\! psql -X -q -c "CALL vde_run('prod')" 2>&1 | sed -E 's/ in [0-9.]+ s/ in N s/'
SELECT done();
SELECT right_now();
-- the same rows in another order
CREATE TABLE raw.copy AS TABLE raw.orders;
TRUNCATE raw.orders;
INSERT INTO raw.orders SELECT * FROM raw.copy ORDER BY id DESC;
CALL vde_run('prod');
SELECT done();
-- one branch, then the other
INSERT INTO raw.orders VALUES (1001, 1, 100, 'small');
CALL vde_run('prod');
SELECT done();
SELECT right_now();
UPDATE raw.orders SET amount = 100000 WHERE id = 100;
CALL vde_run('prod');
SELECT done();
SELECT right_now();
-- totals are filled again, and come out the same
UPDATE raw.orders SET customer_id = customer_id + 7 WHERE amount <= 500;
CALL vde_run('prod');
SELECT done();
SELECT right_now();
-- and back: what was once is not what the tables hold
UPDATE raw.orders SET amount = 1000 WHERE id = 100;
CALL vde_run('prod');
SELECT done();
UPDATE raw.orders SET amount = 100000 WHERE id = 100;
CALL vde_run('prod');
SELECT done();
SELECT right_now();
-- the time until which a table is known to be right moves on
SELECT clock_timestamp() AS before \gset
CALL vde_run('prod');
SELECT done();
SELECT count(*) FROM vde_models WHERE environment = 'prod' AND refreshed_at > :'before' AND kind IN ('full', 'materialized_view');
-- in a transaction block
BEGIN;
INSERT INTO raw.orders VALUES (1002, 1, 120, 'small');
CALL vde_run('prod');
SELECT done();
SELECT right_now();
ROLLBACK;
SELECT right_now();
SELECT few FROM shop.top;
CALL vde_run('prod');
SELECT done();
-- one snapshot for the whole transaction: nothing is left alone, and nothing known the next time
BEGIN ISOLATION LEVEL REPEATABLE READ;
CALL vde_run('prod');
COMMIT;
SELECT done();
CALL vde_run('prod');
SELECT done();
CALL vde_run('prod');
SELECT done();

--
-- rows as such: duplicates, NULLs, places of values
--
CREATE TABLE raw.rows (a int, b int);
SELECT vde_register('r.rows', 'SELECT a, b FROM raw.rows', environment => 'rows') > 0;
SELECT vde_register('r.reader', 'SELECT count(*) AS n, count(a) AS a, count(DISTINCT b) AS b, sum(a) AS s FROM r.rows', environment => 'rows') > 0;
CALL vde_apply('rows');
CREATE FUNCTION becomes(rows text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	TRUNCATE raw.rows;
	EXECUTE 'INSERT INTO raw.rows ' || rows;
END $$;
CREATE PROCEDURE run_rows(rows text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM becomes(rows);
	CALL vde_run('rows');
END $$;
CALL run_rows('SELECT NULL, NULL WHERE false');
SELECT done();
CALL run_rows('VALUES (NULL::int, NULL::int)');
SELECT done();
CALL run_rows('VALUES (NULL, 1)');
SELECT done();
CALL run_rows('VALUES (1, NULL)');
SELECT done();
CALL run_rows('VALUES (1, NULL), (1, NULL)');
SELECT done();
CALL run_rows('VALUES (1, 2), (1, 2), (3, 4)');
SELECT done();
CALL run_rows('VALUES (1, 2), (3, 4), (3, 4)');
SELECT done();
CALL run_rows('VALUES (1, 4), (3, 2), (3, 4)');
SELECT done();
CALL run_rows('VALUES (3, 4), (1, 4), (3, 2)');
SELECT done();
CALL run_rows('VALUES (0, 0)');
SELECT done();
CALL run_rows('VALUES (0, 0), (0, 0)');
SELECT done();
SELECT differ('TABLE r__rows.reader', 'SELECT count(*), count(a), count(DISTINCT b), sum(a) FROM raw.rows');
CALL vde_drop_environment('rows');

--
-- values of all sorts: long ones from a table, where a row only points to
-- them; arrays, row types, enums, partitions
--
CREATE TYPE raw.mood AS ENUM ('bad', 'good');
CREATE TYPE raw.pair AS (n int, m raw.mood);
CREATE TABLE raw.long (id int, external text, compressed text);
ALTER TABLE raw.long ALTER external SET STORAGE EXTERNAL;
INSERT INTO raw.long SELECT i, (SELECT string_agg(md5((i + j)::text), '') FROM generate_series(1, 100) j), repeat('x' || i, 100000) FROM generate_series(1, 20) i;
SELECT vde_register('v.long', 'SELECT id, external, compressed FROM raw.long', environment => 'values') > 0;
SELECT vde_register('v.long_reader', 'SELECT sum(length(external)) AS e, min(md5(external)) AS m, sum(length(compressed)) AS c FROM v.long', environment => 'values') > 0;
SELECT vde_register('v.types', $$SELECT id, ARRAY[amount, NULL] AS a, ROW(id, CASE WHEN amount > 100 THEN 'good' ELSE 'bad' END)::raw.pair AS p,
	(CASE WHEN amount > 100 THEN 'good' ELSE 'bad' END)::raw.mood AS m, amount::float8 AS f, amount::numeric / 3 AS n, int4range(id, id + 2) AS r,
	jsonb_build_object('a', amount) AS j FROM raw.orders$$, environment => 'values') > 0;
SELECT vde_register('v.types_reader', 'SELECT count(*) AS n, count(*) FILTER (WHERE m = $$good$$) AS good FROM v.types', environment => 'values') > 0;
-- what an OID stands for is not in the row
SELECT vde_register('v.oids', $$SELECT DISTINCT 'raw.orders'::text::regclass AS c FROM raw.orders$$, environment => 'values') > 0;
SELECT vde_register('v.oids_reader', 'SELECT count(*) AS n FROM v.oids', environment => 'values') > 0;
SELECT vde_register('v.parts', 'SELECT id, amount > 100 AS big FROM raw.orders', options => '{"partition_by": {"strategy": "range", "columns": "id", "bounds": [50, 1500]}}', environment => 'values') > 0;
SELECT vde_register('v.parts_reader', 'SELECT count(*) AS n, count(*) FILTER (WHERE big) AS big FROM v.parts', environment => 'values') > 0;
CALL vde_apply('values');
CALL vde_run('values');
SELECT done();
-- a value of the same length, at the same place
UPDATE raw.long SET external = repeat('0', 3200) WHERE id = 7;
INSERT INTO raw.orders VALUES (2000, 1, 1000, 'x');
CALL vde_run('values');
SELECT done();
SELECT differ('TABLE v__values.long', 'TABLE raw.long'), differ('TABLE v__values.long_reader', 'SELECT sum(length(external)), min(md5(external)), sum(length(compressed)) FROM raw.long');
SELECT differ('TABLE v__values.types_reader', 'SELECT count(*), count(*) FILTER (WHERE amount > 100) FROM raw.orders');
-- long values that stay are in the hash as they are, wherever they lie
UPDATE raw.long SET external = external || '', compressed = compressed || '';
CALL vde_run('values');
SELECT done();
UPDATE raw.orders SET amount = 50 WHERE id = 2000;
CALL vde_run('values');
SELECT done();
SELECT differ('TABLE v__values.types_reader', 'SELECT count(*), count(*) FILTER (WHERE amount > 100) FROM raw.orders');
DELETE FROM raw.orders WHERE id = 2000;
CALL vde_drop_environment('values');
SELECT done();

--
-- what is always refreshed: it reads more than models
--
CREATE TABLE raw.rate (rate int);
INSERT INTO raw.rate VALUES (2);
CREATE VIEW raw.rates AS SELECT rate FROM raw.rate;
CREATE FUNCTION raw.any_rate() RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN RETURN (SELECT max(rate) FROM raw.rate); END';
CREATE FUNCTION raw.sql_rate() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT max(rate) FROM raw.rate';
CREATE FUNCTION raw.sql_rate_body() RETURNS int LANGUAGE sql IMMUTABLE RETURN (SELECT max(rate) FROM raw.rate);
CREATE FUNCTION raw.fixed(bigint) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 * 2; END';
CREATE FUNCTION raw.followed(bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
CREATE FUNCTION raw.polymorphic(anyelement) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT raw.followed($1)';
CREATE FUNCTION raw.calls_fixed(int) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT raw.fixed($1)';
CREATE DOMAIN raw.mood_domain AS raw.mood;
CREATE DOMAIN raw.text_domain AS text;
CREATE TYPE raw.felt AS (n int, m raw.mood_domain[]);
CREATE TYPE raw.plain AS (n int, t raw.text_domain);
CREATE TEXT SEARCH CONFIGURATION raw.words (COPY = simple);
CREATE FUNCTION raw.search(text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS 'SELECT to_tsvector(''raw.words'', $1)';
CREATE FUNCTION raw.search_body(text) RETURNS tsvector LANGUAGE sql IMMUTABLE RETURN to_tsvector('raw.words', $1);
CREATE FUNCTION raw.add_rate(int, int) RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN RETURN $1 + $2 * (SELECT max(rate) FROM raw.rate); END';
CREATE AGGREGATE raw.rated(int) (sfunc = raw.add_rate, stype = int, initcond = '0');
CREATE FUNCTION raw.equal_rate(int, int) RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN $1 = $2 * (SELECT max(rate) FROM raw.rate); END';
CREATE OPERATOR raw.=== (leftarg = int, rightarg = int, function = raw.equal_rate);
CREATE FUNCTION raw.within_rate(int) RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN $1 < 1000 * (SELECT max(rate) FROM raw.rate); END';
CREATE DOMAIN raw.checked AS int CHECK (raw.within_rate(VALUE));
CREATE FUNCTION raw.calls_rate() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT raw.any_rate()';
CREATE TYPE raw.called AS (n int, r regclass);
CREATE DOMAIN raw.called_domain AS regclass;
CREATE FUNCTION raw.first_text(text, regclass) RETURNS text LANGUAGE sql IMMUTABLE RETURN coalesce($1, concat($2));
CREATE AGGREGATE raw.first_of(regclass) (sfunc = raw.first_text, stype = text);
CREATE TABLE models (name text, query text, kind text DEFAULT 'full');
INSERT INTO models (name, query) VALUES
	('table', 'SELECT n, rate FROM o.base, raw.rate'),
	('table_in_subquery', 'SELECT n FROM o.base WHERE EXISTS (SELECT FROM raw.rate)'),
	('table_in_cte', 'WITH r AS (SELECT rate FROM raw.rate) SELECT n FROM o.base, r'),
	('table_in_union', 'SELECT n FROM o.base UNION ALL SELECT rate FROM raw.rate'),
	('table_in_lateral', 'SELECT n FROM o.base, LATERAL (SELECT rate + n FROM raw.rate) x'),
	('table_only', 'SELECT rate FROM raw.rate'),
	('outside_view', 'SELECT n, rate FROM o.base, raw.rates'),
	('catalog', 'SELECT n, (SELECT count(*) FROM pg_catalog.pg_class) AS c FROM o.base'),
	('stable', 'SELECT n, raw.any_rate() AS r FROM o.base'),
	('sql_string', 'SELECT n, raw.sql_rate() AS r FROM o.base'),
	('sql_body', 'SELECT n, raw.sql_rate_body() AS r FROM o.base'),
	('sql_calls', 'SELECT n, raw.calls_rate() AS r FROM o.base'),
	('aggregate', 'SELECT raw.rated(n) AS r FROM o.base'),
	('operator', 'SELECT n OPERATOR(raw.===) 4 AS e FROM o.base'),
	('domain', 'SELECT n::raw.checked AS c FROM o.base'),
	('random', 'SELECT n, random() AS r FROM o.base'),
	('uuid_in_where', 'SELECT n FROM o.base WHERE gen_random_uuid() IS NOT NULL'),
	('now', 'SELECT n, now() AS t FROM o.base'),
	('current_date', 'SELECT n, current_date - n AS d FROM o.base'),
	('age', 'SELECT n, age(date ''2020-01-01'' + n) AS a FROM o.base'),
	('today', 'SELECT n, s::date AS d FROM o.base'),
	('today_array', 'SELECT n, (''{'' || s || ''}'')::date[] AS d FROM o.base'),
	('today_json', 'SELECT n, d FROM o.base, jsonb_to_record(jsonb_build_object(''d'', s)) AS x (d date)'),
	('today_xml', 'SELECT n, d FROM o.base, XMLTABLE(''/x'' PASSING XMLPARSE(DOCUMENT ''<x>'' || s || ''</x>'') COLUMNS d date PATH ''text()'') x'),
	('time_zone', 'SELECT n, time ''10:00'' AT TIME ZONE ''Europe/Rome'' AS t FROM o.base'),
	('size', 'SELECT n, pg_database_size(current_database()) AS s FROM o.base'),
	('in_group', 'SELECT count(*) AS n FROM o.base GROUP BY n + extract(day FROM now())'),
	('in_limit', 'SELECT n FROM o.base ORDER BY n LIMIT (SELECT rate FROM raw.rate)'),
	('in_window', 'SELECT sum(n) OVER (ORDER BY random()) AS s FROM o.base'),
	('in_aggregate', 'SELECT string_agg(s, '','' ORDER BY n) AS s FROM o.base'),
	('first', 'SELECT n, t FROM o.base ORDER BY n LIMIT 2'),
	('fixed', 'SELECT raw.fixed(n) AS n FROM o.base'),
	('calls_fixed', 'SELECT raw.calls_fixed(n) AS n FROM o.base'),
	('polymorphic', 'SELECT raw.polymorphic(n) AS n FROM o.base'),
	-- PostgreSQL looks for casts to json of the types of users
	('json', 'SELECT to_json(m) AS j FROM o.felt'),
	('json_array', 'SELECT jsonb_build_array(n, array[m]) AS j FROM o.felt'),
	('json_pair', 'SELECT json_build_object(''m'', m::raw.mood_domain) AS j FROM o.felt'),
	('json_row', 'SELECT to_jsonb(ROW(n, array[m])::raw.felt) AS j FROM o.felt'),
	('json_unnamed_row', 'SELECT to_jsonb(ROW(n, ROW(m))) AS j FROM o.felt'),
	('json_table', 'SELECT row_to_json(f) AS j FROM o.felt f'),
	('json_subquery', 'SELECT row_to_json(x) AS j FROM (SELECT n, m FROM o.felt) x'),
	('json_join', 'SELECT row_to_json(x) AS j FROM (o.felt JOIN o.base USING (n)) x'),
	('json_values', 'SELECT row_to_json(x) AS j FROM o.base, (VALUES (1, ''bad''::raw.mood)) x'),
	('json_function', 'SELECT row_to_json(x) AS j FROM o.base, ROWS FROM (unnest(array[''bad''::raw.mood]), generate_series(1, 2)) x'),
	('json_aggregate', 'SELECT json_agg(m) AS j FROM o.felt'),
	('search', 'SELECT to_tsvector(''raw.words'', s) AS v FROM o.base'),
	('search_setting', 'SELECT to_tsvector(s) AS v FROM o.base'),
	('search_string', 'SELECT raw.search(s) AS v FROM o.base'),
	('search_body', 'SELECT raw.search_body(s) AS v FROM o.base'),
	-- what an OID is called, PostgreSQL looks up as well
	('reg_concat', 'SELECT concat(n::oid::regclass) AS c FROM o.base'),
	('reg_format', 'SELECT format(''%s'', n::oid::regproc) AS c FROM o.base'),
	('reg_append', 'SELECT n::oid::regtype || ''!'' AS c FROM o.base'),
	('reg_array', 'SELECT array_to_string(ARRAY[n::oid::regclass], '','') AS c FROM o.base'),
	('reg_array_text', 'SELECT ARRAY[n::oid::regclass]::text AS c FROM o.base'),
	('reg_array_cast', 'SELECT ARRAY[n::oid]::regclass[]::text AS c FROM o.base'),
	('reg_row', 'SELECT ROW(n::oid::regclass)::text AS c FROM o.base'),
	('reg_named_row', 'SELECT ROW(n, n::oid)::raw.called::text AS c FROM o.base'),
	('reg_domain', 'SELECT concat(n::oid::raw.called_domain) AS c FROM o.base'),
	('reg_json', 'SELECT to_jsonb(n::oid::regrole) AS c FROM o.base'),
	('reg_xml', 'SELECT xmlelement(name x, n::oid::regclass)::text AS c FROM o.base'),
	('reg_subquery', 'SELECT concat(r) AS c FROM (SELECT n::oid::regclass AS r FROM o.base) x'),
	('reg_sublink', 'SELECT concat((SELECT n::oid::regclass)) AS c FROM o.base'),
	('reg_whole_row', 'SELECT x::text AS c FROM (SELECT n, n::oid::regclass AS r FROM o.base) x'),
	('reg_cte', 'WITH x AS MATERIALIZED (SELECT n::oid::regtype AS r FROM o.base) SELECT format(''%s'', x) AS c FROM x'),
	('reg_aggregate', 'SELECT raw.first_of(n::oid::regclass ORDER BY n) AS c FROM o.base'),
	('reg_through_view', 'SELECT format(''%s'', r) AS c FROM o.reg_view'),
	('reg_view_row', 'SELECT concat(v) AS c FROM o.reg_view v'),
	('reg_constant', 'SELECT n FROM o.base WHERE n::oid <> ''raw.rate''::regclass'),
	('reg_search', 'SELECT to_tsvector(n::oid::regconfig, s) AS c FROM o.base WHERE n < 0'),
	('through_view', 'SELECT n FROM o.view'),
	('through_views', 'SELECT n FROM o.view_of_view'),
	('through_embedded', 'SELECT n FROM o.embedded'),
	('through_time', 'SELECT n FROM o.time_view'),
	-- those that follow from o.base alone
	('=self', 'SELECT a.n FROM o.base a JOIN o.base b USING (n)'),
	('=followed', 'SELECT raw.followed(n) AS n FROM o.base'),
	('=json', 'SELECT to_json(n) AS a, row_to_json(x) AS b, to_jsonb(ROW(n, s::raw.text_domain)) AS c, json_build_array(s::raw.text_domain, array[ROW(n, s)::raw.plain]) AS d FROM (SELECT n, s FROM o.base) x'),
	('=search', 'SELECT to_tsvector(''simple'', s) AS v FROM o.base'),
	('=plain_view', 'SELECT n FROM o.plain_view WHERE n IN (SELECT n FROM o.plain_view)'),
	('=plain_embedded', 'SELECT sum(n) AS n FROM o.plain_embedded'),
	('=settings', 'SELECT to_char(t, ''YYYY-MM-DD HH24'') AS c, t::date AS d, t + interval ''1 month'' AS m, concat(n, s) AS s, row_to_json(b) AS j FROM o.base b'),
	('=time', 'SELECT date_trunc(''day'', t) AS d, extract(epoch FROM t) AS e, s || n AS s FROM o.base'),
	('=casts', 'SELECT n::text AS t, s::varchar(3) AS v, n::text::numeric AS m FROM o.base'),
	('=grouped', 'SELECT n % 2 AS k, count(*) AS c, array_agg(n ORDER BY n) AS a, max(s) AS m FROM o.base GROUP BY CUBE (1)'),
	('=series', 'SELECT g FROM generate_series(1, 3) g, o.base'),
	('=reg', 'SELECT n, n::oid::regclass AS r, n::oid::regtype AS t FROM o.base'),
	('=reg_subquery', 'SELECT r FROM (SELECT n::oid::regclass AS r FROM o.base) x'),
	('=reg_view', 'SELECT n, r FROM o.reg_view'),
	('=row', 'SELECT x::text AS t FROM (SELECT n, s, n::oid AS o FROM o.base) x'),
	('=nothing', 'SELECT 1 AS one'),
	('=seed', 'SELECT k FROM o.seed');
SELECT vde_register('o.base', 'SELECT customer_id AS n, ''today''::text AS s, timestamptz ''2020-01-01 00:00+00'' + customer_id * interval ''1 day'' AS t FROM raw.orders WHERE id <= 5', environment => 'outside') > 0;
SELECT vde_register('o.felt', 'SELECT n, ''bad''::raw.mood AS m FROM o.base', environment => 'outside') > 0;
SELECT vde_register('o.view', 'SELECT n, rate FROM o.base, raw.rate', 'view', environment => 'outside') > 0;
SELECT vde_register('o.view_of_view', 'SELECT n FROM o.view', 'view', environment => 'outside') > 0;
SELECT vde_register('o.embedded', 'SELECT n FROM o.base, raw.rate', 'embedded', environment => 'outside') > 0;
SELECT vde_register('o.time_view', 'SELECT n FROM o.base WHERE now() > timestamptz ''2020-01-01 00:00+00''', 'view', environment => 'outside') > 0;
SELECT vde_register('o.reg_view', 'SELECT n, n::oid::regclass AS r FROM o.base', 'view', environment => 'outside') > 0;
SELECT vde_register('o.plain_view', 'SELECT n FROM o.base', 'view', environment => 'outside') > 0;
SELECT vde_register('o.plain_embedded', 'SELECT n FROM o.plain_view', 'embedded', environment => 'outside') > 0;
SELECT vde_register('o.seed', E'k\n1\n', 'seed', environment => 'outside') > 0;
SELECT count(vde_register('o.' || quote_ident(name), query, kind, environment => 'outside')) FROM models;
CALL vde_apply('outside');
SELECT done();
CALL vde_run('outside');
-- those that are not as they should be: none
SELECT m.name, b.state FROM models m LEFT JOIN (SELECT model, state FROM vde_builds, seen WHERE vde_builds.build > seen.build AND action = 'refresh') b
	ON b.model = 'o.' || quote_ident(m.name)
	WHERE b.state IS DISTINCT FROM CASE WHEN m.name LIKE '=%' THEN 'unchanged' ELSE 'built' END;
SELECT count(*) > 0 FROM done();
UPDATE raw.rate SET rate = 3;
UPDATE raw.orders SET customer_id = customer_id + 1 WHERE id <= 5;
CALL vde_run('outside');
SELECT state, count(*) FROM vde_builds, seen WHERE vde_builds.build > seen.build AND action = 'refresh' GROUP BY 1 ORDER BY 1;
-- of "=", only the two that read nothing that changed
SELECT model FROM vde_builds, seen WHERE vde_builds.build > seen.build AND state = 'unchanged' ORDER BY 1;
SELECT count(*) > 0 FROM done();
-- a model that would be left alone is still another one if what it calls is
CREATE OR REPLACE FUNCTION raw.followed(bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 3';
CALL vde_run('outside');
SELECT model, state FROM vde_builds, seen WHERE vde_builds.build > seen.build AND model ~ 'followed';
CREATE OR REPLACE FUNCTION raw.followed(bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
CREATE FUNCTION raw.followed(int) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1::bigint * 4';
CALL vde_run('outside');
SELECT count(*) > 0 FROM done();
CALL vde_drop_environment('outside');

--
-- after a failure, a crash, a collection; of a table that others share
--
SELECT vde_register('f.parent', 'SELECT id, amount FROM raw.orders', environment => 'prod') > 0;
SELECT vde_register('f.child', 'SELECT 1000000 / (max(amount) - 77) AS a FROM f.parent', environment => 'prod') > 0;
SELECT vde_register('f.grandchild', 'SELECT a FROM f.child', environment => 'prod') > 0;
SELECT vde_register('f.emptied', 'SELECT id FROM f.parent', options => '{"unlogged": true}', environment => 'prod') > 0;
SELECT vde_register('f.counted', 'SELECT count(*) AS n FROM f.emptied', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
CALL vde_run('prod');
SELECT done();
-- the parent is done, the child is not: the next run knows
UPDATE raw.orders SET amount = 77;
CALL vde_run('prod');
SELECT done();
UPDATE raw.orders SET amount = 78;
CALL vde_run('prod');
SELECT done();
SELECT a FROM f.grandchild;
UPDATE raw.orders SET amount = 77;
CALL vde_run('prod');
SELECT done();
SELECT a FROM f.grandchild;
UPDATE raw.orders SET amount = 78;
CALL vde_run('prod');
SELECT done();
-- as a crash leaves it
SELECT physical_table AS emptied FROM vde_models WHERE environment = 'prod' AND model = 'f.emptied' \gset
RESET SESSION AUTHORIZATION;
TRUNCATE vde_data.:"emptied";
SET SESSION AUTHORIZATION t_cut_ana;
CALL vde_run('prod');
SELECT done();
SELECT (SELECT count(*) FROM f.emptied) = (SELECT count(*) FROM raw.orders), n = (SELECT count(*) FROM raw.orders) FROM f.counted;
-- what is filled from an empty one is not taken for right
SELECT vde_register('f.mine', 'SELECT count(*) AS n FROM f.emptied', environment => 'dev') > 0;
RESET SESSION AUTHORIZATION;
TRUNCATE vde_data.:"emptied";
SET SESSION AUTHORIZATION t_cut_ana;
CALL vde_apply('dev');
SELECT n > 0 AS filled FROM f__dev.mine;
CALL vde_run('prod');
SELECT done();
CALL vde_run('dev');
SELECT n = (SELECT count(*) FROM raw.orders) FROM f__dev.mine;
SELECT done();
-- prod refreshes the parent that dev's own model reads
CALL vde_run('dev');
SELECT done();
DELETE FROM raw.orders WHERE id > 1000;
CALL vde_run('prod');
SELECT done();
CALL vde_run('dev');
SELECT done();
SELECT n = (SELECT count(*) FROM raw.orders) FROM f__dev.mine;
-- a table of dev's that prod takes over is known there, too
CALL vde_promote('dev', 'prod');
CALL vde_run('prod');
SELECT done();
DELETE FROM raw.orders WHERE id = 1;
CALL vde_run('prod');
SELECT done();
SELECT n = (SELECT count(*) FROM raw.orders) FROM f.mine;
-- collected and built anew: from what is there now
SELECT vde_unregister('f.mine', 'prod');
CALL vde_apply('prod', confirm => true);
CALL vde_drop_environment('dev');
CALL vde_apply('prod', confirm => true);
SELECT vde_register('f.other', 'SELECT 1 AS one', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
RESET SESSION AUTHORIZATION;
SET vde.retention = '0';
CALL vde_gc();
SELECT built FROM vde_snapshots WHERE model = 'f.mine';
SELECT count(*) FROM vde.version v LEFT JOIN vde.version_input i ON i.version_id = v.id WHERE v.built_at IS NULL AND (v.content_hash IS NOT NULL OR i.version_id IS NOT NULL);
SET SESSION AUTHORIZATION t_cut_ana;
DELETE FROM raw.orders WHERE id = 2;
SELECT vde_register('f.mine', 'SELECT count(*) AS n FROM f.emptied', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
SELECT n = (SELECT count(*) + 1 FROM raw.orders) FROM f.mine;
CALL vde_run('prod');
SELECT n = (SELECT count(*) FROM raw.orders) FROM f.mine;
SELECT done();
CALL vde_run('prod');
SELECT done();
-- a parent whose version is another one: other tables are read, whatever they hold
SELECT vde_register('f.emptied', 'SELECT id + 0 AS id FROM f.parent', options => '{"unlogged": true}', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
CALL vde_run('prod');
SELECT done();
SELECT n = (SELECT count(*) FROM raw.orders) FROM f.mine;
