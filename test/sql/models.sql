--
-- Models: registering, unregistering and discarding them (and that the same
-- registration twice leaves no second trace), every kind built and queried,
-- chains between all kinds, edits that travel through them, and a model that
-- changes its kind.  Contents and columns are compared with plain SQL.
--
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_models_ana;
CREATE ROLE t_models_ana;
SELECT format('GRANT CREATE ON DATABASE %I TO t_models_ana', current_database()) \gexec
GRANT CREATE ON SCHEMA public TO t_models_ana;
SET ROLE t_models_ana;

CREATE SCHEMA raw;
CREATE TABLE raw.orders (id int PRIMARY KEY, customer_id int, amount numeric(10,2), placed timestamptz, note text COLLATE "C");
INSERT INTO raw.orders
SELECT i, i % 7, i * 1.25, timestamptz '2024-01-01 00:00+00' + i * interval '7 hours', nullif(repeat('n', i % 4), '')
FROM generate_series(1, 200) i;

-- How many rows are only in one of two relations or queries, and whether they
-- have the same columns: names, types, typmods, collations, in order.
CREATE FUNCTION public.differing_rows(a text, b text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
	EXECUTE format('SELECT count(*) FROM ((%1$s EXCEPT ALL %2$s) UNION ALL (%2$s EXCEPT ALL %1$s)) d', a, b) INTO n;
	RETURN n;
END $$;
CREATE FUNCTION public.columns_of(relation regclass) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format('%I %s %s', attname, format_type(atttypid, atttypmod), nullif(attcollation, 0)::regcollation), ', ' ORDER BY attnum)
	FROM pg_attribute WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped $$;

-- What an environment is about to have, and what is there of it.
CREATE VIEW public.state AS
	SELECT environment, model, kind, state, view_name, parents FROM vde_models;
-- What registrations have left: drafts and models, in all environments.
CREATE VIEW public.traces AS
	SELECT (SELECT count(*) FROM vde_models WHERE state <> 'applied') AS drafts, count(*) AS models FROM vde_models;

--
-- Registering
--

SET client_min_messages = notice;
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders') AS first \gset
SELECT * FROM state;
SELECT name, owner, base, models, drafts FROM vde_environments;

-- the same again: the same definition, the same draft
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders') = :first AS same;
SELECT vde_register('SHOP . Orders', 'SELECT id, amount FROM raw.orders', 'table', NULL) = :first AS same;
SELECT vde_register(query => 'SELECT id, amount FROM raw.orders', model => '"shop"."orders"', options => '{}', kind => 'full', environment => 'dev') = :first AS same;
SELECT * FROM traces;

-- another text is another definition, in the same draft; and back is the first
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders WHERE id > 1') = :first AS same;
SELECT * FROM traces;
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders', options => '{"description": "all", "tags": ["a"]}') = :first AS same;
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders') = :first AS same;
SELECT * FROM traces;

-- options are JSON: the order of their members and white space say nothing
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders', options => '{"tags":["a","b"],"description":"d"}') AS second \gset
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders', options => ' { "description" : "d" , "tags" : [ "a" , "b" ] } ') = :second AS same;
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders', options => '{"tags":["b","a"],"description":"d"}') = :second AS same;

-- settings that decide the result belong to the definition
SET TimeZone = 'Asia/Tokyo';
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders') = :first AS same;
RESET TimeZone;
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders') = :first AS same;
-- others do not
SET work_mem = '5MB';
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders') = :first AS same;
RESET work_mem;
SET client_min_messages = warning;
CALL vde_apply('dev');
SET client_min_messages = notice;
SELECT * FROM state;

-- what is deployed already leaves no draft, nor does an edit that is taken back
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders') = :first AS same;
SELECT * FROM traces;
SELECT vde_register('shop.orders', 'SELECT id FROM raw.orders') = :first AS same;
SELECT * FROM state;
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders') = :first AS same;
SELECT * FROM state;
SELECT count(*) FROM vde_changes('dev');

-- the environment is the one named, else vde.environment, else dev
SET vde.environment = 'one';
SELECT vde_register('shop.here', 'SELECT 1 AS a') > 0 AS done;
SELECT vde_register('shop.there', 'SELECT 1 AS a', environment => 'two') > 0 AS done;
RESET vde.environment;
SELECT vde_register('shop.here', 'SELECT 1 AS a') > 0 AS done;
SELECT environment, model, state FROM state ORDER BY 1, 2;

-- registering is undone with its transaction, environment and all
BEGIN;
SELECT vde_register('shop.gone', 'SELECT 1 AS a', environment => 'three') > 0 AS done;
ROLLBACK;
SELECT count(*) FROM vde_environments WHERE name = 'three';

--
-- Unregistering and discarding
--

-- what is only drafted is as if it had never been
SELECT vde_unregister('shop.here');
SELECT environment, model, state FROM state WHERE environment = 'dev' ORDER BY 1, 2;
-- what is deployed is drafted for removal, once
SELECT vde_unregister('shop.orders');
SELECT vde_unregister('shop.orders');
SELECT environment, model, kind, state, view_name FROM state WHERE environment = 'dev' ORDER BY 1, 2;
SELECT model, change, category, action FROM vde_changes('dev');
-- registering it as it is takes that back
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders') = :first AS same;
SELECT count(*) FROM vde_changes('dev');
-- an edit, and then the removal: one draft
SELECT vde_register('shop.orders', 'SELECT id FROM raw.orders') = :first AS same;
SELECT vde_unregister('shop.orders');
SELECT drafts FROM vde_environments WHERE name = 'dev';
-- discarding
SELECT vde_discard();
SELECT vde_discard('dev');
SELECT environment, model, kind, state FROM state WHERE environment = 'dev' ORDER BY 1, 2;
SELECT vde_register('shop.a', 'SELECT 1 AS a') > 0, vde_register('shop.b', 'SELECT 1 AS a') > 0, vde_unregister('shop.orders');
SELECT vde_discard('dev');
SELECT environment, model, kind, state FROM state WHERE environment = 'dev' ORDER BY 1, 2;
SELECT vde_discard('one');
SELECT vde_discard('two');
-- nothing to remove, nothing to discard: errors that help
SELECT vde_unregister('shop.odrers');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_unregister('elsewhere.nothing');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('nowhere');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_unregister(NULL);
\echo :LAST_ERROR_SQLSTATE
-- an apply takes the removal to the view
SELECT vde_unregister('shop.orders');
SET client_min_messages = warning;
CALL vde_apply('dev');
SELECT to_regclass('shop__dev.orders') IS NULL AS gone;
SELECT count(*) FROM vde_models WHERE environment = 'dev';
-- and the same definition again finds the same id
SELECT vde_register('shop.orders', 'SELECT id, amount FROM raw.orders') = :first AS same;
SELECT vde_discard('dev');

--
-- Kinds and chains: source -> external -> embedded -> ... registered children first
--

SELECT vde_register('mart.of_full', 'SELECT * FROM shop.as_full', 'full') > 0;
SELECT vde_register('mart.view_of_full', 'SELECT day, n FROM shop.as_full WHERE n > 1', 'view') > 0;
SELECT vde_register('mart.matview_of_full', 'SELECT n, count(*) AS days FROM shop.as_full GROUP BY n', 'materialized_view') > 0;
SELECT vde_register('mart.view_of_view', 'SELECT * FROM shop.as_view WHERE customer < 3', 'view') > 0;
SELECT vde_register('mart.matview_of_view', 'SELECT customer, sum(amount) AS total FROM shop.as_view GROUP BY 1', 'materialized_view') > 0;
SELECT vde_register('mart.full_of_view', 'SELECT max(amount) AS top FROM shop.as_view', 'full') > 0;
SELECT vde_register('mart.full_of_matview', 'SELECT * FROM shop.as_matview ORDER BY name LIMIT 3', 'full') > 0;
SELECT vde_register('mart.view_of_matview', 'SELECT name FROM shop.as_matview', 'view') > 0;
SELECT vde_register('mart.matview_of_matview', 'SELECT count(*) AS n FROM shop.as_matview', 'materialized_view') > 0;
SELECT vde_register('mart.embedded_of_matview', 'SELECT name, total FROM shop.as_matview WHERE total > 100', 'embedded') > 0;
SELECT vde_register('mart.full_of_embedded_of_matview', 'SELECT count(*) AS n, sum(total) AS total FROM mart.embedded_of_matview', 'full') > 0;
SELECT vde_register('mart.view_of_nested', 'SELECT a.id, b.name FROM stage.twice_embedded a JOIN stage.twice_embedded b USING (id)', 'view') > 0;
SELECT vde_register('mart.matview_of_seed', 'SELECT upper(name) AS name FROM raw.customers', 'materialized_view') > 0;
SELECT vde_register('mart.full_of_external', 'SELECT count(*) AS n, min(placed) AS first FROM raw.orders', 'full') > 0;
SELECT vde_register('mart.view_of_external', 'SELECT id, note FROM raw.orders', 'view') > 0;
SELECT vde_register('mart.matview_of_external', 'SELECT note, count(*) AS n FROM raw.orders GROUP BY note', 'materialized_view') > 0;
SELECT vde_register('mart.everything', 'SELECT c.name, e.id, v.amount, f.n, m.total
	FROM raw.customers c
	JOIN stage.twice_embedded e ON e.customer = c.id
	JOIN shop.as_view v ON v.id = e.id
	JOIN shop.as_full f ON f.day = v.day
	LEFT JOIN shop.as_matview m ON m.name = c.name
	JOIN raw.orders o ON o.id = e.id') > 0;
SELECT vde_register('shop.as_full', 'SELECT day, count(*) AS n FROM shop.as_view GROUP BY day') > 0;
SELECT vde_register('shop.as_matview', 'SELECT name, sum(amount) AS total FROM stage.twice_embedded JOIN shop.as_view USING (id) GROUP BY name', 'materialized_view') > 0;
SELECT vde_register('shop.as_view', 'SELECT id, customer, amount, (placed AT TIME ZONE ''UTC'')::date AS day FROM stage.once_embedded', 'view') > 0;
SELECT vde_register('stage.twice_embedded', 'SELECT o.id, o.customer, c.name, c.since FROM stage.once_embedded o JOIN raw.customers c ON c.id = o.customer', 'embedded') > 0;
SELECT vde_register('stage.once_embedded', 'SELECT id, customer_id AS customer, amount, placed, note FROM raw.orders WHERE id <= 150', 'embedded') > 0;
SELECT vde_register('raw.customers', E'id,name,since,active\n0,Ada,2020-01-01,true\n1,"Bo, ""the"" builder",2021-02-03,false\n2,Cy,,\n3,"",2022-12-31,true\n4,"Dee\nDee",2023-01-01,true\n5,Éva,2023-06-01,false\n', 'seed') > 0;
SELECT vde_register('raw.orders', '', 'external', '{"description": "orders as they arrive", "columns": [{"name": "id", "type": "int"}, {"name": "customer_id", "type": "integer"}, {"name": "amount", "type": "numeric(10,2)"}, {"name": "placed", "type": "timestamptz"}, {"name": "note", "type": "text", "description": "free"}]}') > 0;

SELECT model, change, category, action, kind FROM vde_changes('dev');
CALL vde_apply('dev');
SELECT count(*) FROM vde_changes('dev');
SELECT model, kind, state, view_name, parents FROM state WHERE environment = 'dev' ORDER BY model;

-- what stands in vde_data: as many as were to build, each of its kind
SELECT m.model, m.kind, c.relkind, pg_get_userbyid(c.relowner) AS relation_owner, CASE WHEN c.relkind <> 'v' THEN m.row_count END AS rows
FROM vde_models m LEFT JOIN pg_class c ON c.relname = m.physical_table AND c.relnamespace = 'vde_data'::regnamespace
WHERE m.environment = 'dev' ORDER BY m.model;
-- and one more, of the model that was removed: it stays for a rollback
SELECT count(*) FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace AND relkind IN ('r', 'v', 'm', 'p')
	AND relname NOT IN (SELECT physical_table FROM vde_models WHERE physical_table IS NOT NULL);

-- the same by hand
CREATE SCHEMA plain;
CREATE TABLE plain.customers (id bigint, name text, since date, active boolean);
INSERT INTO plain.customers VALUES (0, 'Ada', '2020-01-01', true), (1, 'Bo, "the" builder', '2021-02-03', false), (2, 'Cy', NULL, NULL),
	(3, '', '2022-12-31', true), (4, E'Dee\nDee', '2023-01-01', true), (5, 'Éva', '2023-06-01', false);
CREATE VIEW plain.once_embedded AS SELECT id, customer_id AS customer, amount, placed, note FROM raw.orders WHERE id <= 150;
CREATE VIEW plain.twice_embedded AS SELECT o.id, o.customer, c.name, c.since FROM plain.once_embedded o JOIN plain.customers c ON c.id = o.customer;
CREATE VIEW plain.as_view AS SELECT id, customer, amount, (placed AT TIME ZONE 'UTC')::date AS day FROM plain.once_embedded;
CREATE VIEW plain.as_matview AS SELECT name, sum(amount) AS total FROM plain.twice_embedded JOIN plain.as_view USING (id) GROUP BY name;
CREATE VIEW plain.as_full AS SELECT day, count(*) AS n FROM plain.as_view GROUP BY day;
CREATE VIEW plain.everything AS SELECT c.name, e.id, v.amount, f.n, m.total
	FROM plain.customers c
	JOIN plain.twice_embedded e ON e.customer = c.id
	JOIN plain.as_view v ON v.id = e.id
	JOIN plain.as_full f ON f.day = v.day
	LEFT JOIN plain.as_matview m ON m.name = c.name
	JOIN raw.orders o ON o.id = e.id;
CREATE VIEW plain.matview_of_external AS SELECT note, count(*) AS n FROM raw.orders GROUP BY note;
CREATE VIEW plain.view_of_external AS SELECT id, note FROM raw.orders;
CREATE VIEW plain.full_of_external AS SELECT count(*) AS n, min(placed) AS first FROM raw.orders;
CREATE VIEW plain.matview_of_seed AS SELECT upper(name) AS name FROM plain.customers;
CREATE VIEW plain.view_of_nested AS SELECT a.id, b.name FROM plain.twice_embedded a JOIN plain.twice_embedded b USING (id);
CREATE VIEW plain.full_of_embedded_of_matview AS SELECT count(*) AS n, sum(total) AS total FROM (SELECT name, total FROM plain.as_matview WHERE total > 100) e;
CREATE VIEW plain.matview_of_matview AS SELECT count(*) AS n FROM plain.as_matview;
CREATE VIEW plain.view_of_matview AS SELECT name FROM plain.as_matview;
CREATE VIEW plain.full_of_matview AS SELECT * FROM plain.as_matview ORDER BY name LIMIT 3;
CREATE VIEW plain.full_of_view AS SELECT max(amount) AS top FROM plain.as_view;
CREATE VIEW plain.matview_of_view AS SELECT customer, sum(amount) AS total FROM plain.as_view GROUP BY 1;
CREATE VIEW plain.view_of_view AS SELECT * FROM plain.as_view WHERE customer < 3;
CREATE VIEW plain.matview_of_full AS SELECT n, count(*) AS days FROM plain.as_full GROUP BY n;
CREATE VIEW plain.view_of_full AS SELECT day, n FROM plain.as_full WHERE n > 1;
CREATE VIEW plain.of_full AS SELECT * FROM plain.as_full;

CREATE VIEW public.comparison AS
SELECT v.view_name AS model,
	differing_rows('TABLE ' || v.view_name, format('TABLE plain.%I', c.relname)) AS differing,
	columns_of(v.view_name::regclass) IS NOT DISTINCT FROM columns_of(c.oid) AS columns,
	(xpath('/row/c/text()', query_to_xml('SELECT count(*) AS c FROM ' || v.view_name, false, true, '')))[1]::text::int AS rows
FROM vde_models v JOIN pg_class c ON c.relnamespace = 'plain'::regnamespace AND v.model LIKE '%.' || c.relname
WHERE v.environment = 'dev' AND v.view_name IS NOT NULL;
SELECT * FROM comparison ORDER BY model COLLATE "C";

-- embedded and external models have no view, and one cannot be queried
SELECT relname FROM pg_class WHERE relname IN ('once_embedded', 'twice_embedded', 'embedded_of_matview') AND relnamespace <> 'plain'::regnamespace;
SELECT to_regnamespace('stage__dev');

-- an edit at the bottom travels: what reads it is built anew, the rest keeps its table
CREATE TEMP TABLE before AS SELECT model, version, physical_table FROM vde_models WHERE environment = 'dev';
SELECT vde_register('stage.once_embedded', 'SELECT id, customer_id AS customer, amount, placed, note FROM raw.orders WHERE id <= 120', 'embedded') > 0;
SELECT model, change, action FROM vde_changes('dev') ORDER BY model COLLATE "C";
CALL vde_apply('dev');
SELECT m.model, m.version = b.version AS same_version, m.physical_table IS NOT DISTINCT FROM b.physical_table AS same_table
FROM vde_models m JOIN before b USING (model) WHERE m.environment = 'dev' ORDER BY m.model COLLATE "C";
CREATE OR REPLACE VIEW plain.once_embedded AS SELECT id, customer_id AS customer, amount, placed, note FROM raw.orders WHERE id <= 120;
SELECT * FROM comparison WHERE differing <> 0 OR NOT columns;
SELECT count(*) FROM comparison;

-- and an edit of the seed
SELECT vde_register('raw.customers', E'id,name,since,active\n0,Ada,2020-01-01,true\n1,Bo,2021-02-03,false\n', 'seed') > 0;
SELECT model, change, action FROM vde_changes('dev') ORDER BY model COLLATE "C";
CALL vde_apply('dev');
DELETE FROM plain.customers WHERE id > 1;
UPDATE plain.customers SET name = 'Bo' WHERE id = 1;
SELECT * FROM comparison WHERE differing <> 0 OR NOT columns;
SELECT count(*) FROM comparison;

-- back to the first state: every table is found again, nothing is built
SELECT vde_register('raw.customers', E'id,name,since,active\n0,Ada,2020-01-01,true\n1,"Bo, ""the"" builder",2021-02-03,false\n2,Cy,,\n3,"",2022-12-31,true\n4,"Dee\nDee",2023-01-01,true\n5,Éva,2023-06-01,false\n', 'seed') > 0;
SELECT vde_register('stage.once_embedded', 'SELECT id, customer_id AS customer, amount, placed, note FROM raw.orders WHERE id <= 150', 'embedded') > 0;
SELECT action, count(*) FROM vde_changes('dev') GROUP BY action;
CALL vde_apply('dev');
SELECT count(*) AS elsewhere FROM vde_models m JOIN before b USING (model) WHERE m.environment = 'dev' AND m.version <> b.version;
DELETE FROM plain.customers;
INSERT INTO plain.customers VALUES (0, 'Ada', '2020-01-01', true), (1, 'Bo, "the" builder', '2021-02-03', false), (2, 'Cy', NULL, NULL),
	(3, '', '2022-12-31', true), (4, E'Dee\nDee', '2023-01-01', true), (5, 'Éva', '2023-06-01', false);
CREATE OR REPLACE VIEW plain.once_embedded AS SELECT id, customer_id AS customer, amount, placed, note FROM raw.orders WHERE id <= 150;
SELECT * FROM comparison WHERE differing <> 0 OR NOT columns;

-- promoted, prod has them by their own names
CALL vde_promote('dev', 'prod');
SELECT count(*) FROM vde_models d JOIN vde_models p USING (model, version) WHERE d.environment = 'dev' AND p.environment = 'prod';
SELECT differing_rows('TABLE mart.everything', 'TABLE plain.everything'), differing_rows('TABLE mart.view_of_nested', 'TABLE mart__dev.view_of_nested');
-- the external model's table is where it was
SELECT relkind, pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'raw.orders'::regclass;

-- fresh source rows: views show them, the rest does after a run
INSERT INTO raw.orders VALUES (0, 0, 0.5, '2024-01-01 00:00+00', 'late');
SELECT model FROM comparison WHERE differing > 0 ORDER BY model COLLATE "C";
CALL vde_run('prod');
CALL vde_run('dev');
SELECT model FROM comparison WHERE differing > 0;

--
-- A model that changes its kind
--

CREATE FUNCTION public.kind_now() RETURNS TABLE (kind text, relkind "char", same_rows boolean, reader_same_rows boolean, view_name text) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY SELECT m.kind, c.relkind,
		m.view_name IS NULL OR differing_rows('TABLE ' || coalesce(m.view_name, 'plain.as_full'), 'TABLE plain.as_full') = 0,
		differing_rows('TABLE mart__kinds.of_full', 'TABLE plain.of_full') = 0, m.view_name
	FROM vde_models m LEFT JOIN pg_class c ON c.relname = m.physical_table AND c.relnamespace = 'vde_data'::regnamespace
	WHERE m.environment = 'kinds' AND m.model = 'shop.as_full';
END $$;
CALL vde_create_environment('kinds');
SELECT * FROM kind_now();
SELECT 'shop__kinds.as_full'::regclass::oid AS view_oid \gset
SELECT vde_register('shop.as_full', 'SELECT day, count(*) AS n FROM shop.as_view GROUP BY day', 'view', environment => 'kinds') > 0;
SELECT model, change, category, action, kind FROM vde_changes('kinds') ORDER BY model COLLATE "C";
CALL vde_apply('kinds');
SELECT * FROM kind_now();
SELECT vde_register('shop.as_full', 'SELECT day, count(*) AS n FROM shop.as_view GROUP BY day', 'materialized_view', environment => 'kinds') > 0;
CALL vde_apply('kinds');
SELECT * FROM kind_now();
SELECT 'shop__kinds.as_full'::regclass::oid = :view_oid AS same_oid;
SELECT vde_register('shop.as_full', 'SELECT day, count(*) AS n FROM shop.as_view GROUP BY day', 'embedded', environment => 'kinds') > 0;
CALL vde_apply('kinds');
SELECT * FROM kind_now();
SELECT to_regclass('shop__kinds.as_full');
-- (a day as text cannot be joined to a date: the reader's error comes before anything is built)
SELECT vde_register('shop.as_full', (SELECT E'day,n\n' || string_agg(to_char(day, 'DD/MM/YYYY,') || n, E'\n') FROM plain.as_full), 'seed', environment => 'kinds') > 0;
CALL vde_apply('kinds');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.as_full', (SELECT E'day,n\n' || string_agg(to_char(day, 'YYYY-MM-DD,') || n, E'\n') FROM plain.as_full), 'seed', environment => 'kinds') > 0;
CALL vde_apply('kinds');
SELECT * FROM kind_now();
SELECT vde_register('shop.as_full', 'SELECT day, count(*) AS n FROM shop.as_view GROUP BY day', 'full', environment => 'kinds') > 0;
CALL vde_apply('kinds');
SELECT * FROM kind_now();
SELECT count(*) FROM vde_changes('kinds', 'prod');

--
-- Forms of a query
--

SELECT vde_register('form.sel', '  SELECT 1 AS a;  -- the end') > 0;
SELECT vde_register('form.val', 'VALUES (1, ''x''), (2, NULL)') > 0;
SELECT vde_register('form.tab', 'TABLE form.val') > 0;
SELECT vde_register('form.wit', 'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5), s AS (SELECT sum(n) AS total FROM r) SELECT r.n, s.total FROM r, s') > 0;
SELECT vde_register('form.set', '(SELECT column1 AS a FROM form.val) UNION ALL (SELECT a FROM form.sel) EXCEPT SELECT 2') > 0;
SELECT vde_register('form.none', 'SELECT 1 AS a, ''''::text AS b, NULL::int[] AS c WHERE false') > 0;
SELECT vde_register('form.shadow', 'WITH val AS (SELECT 7 AS seven) SELECT * FROM val') > 0;
SELECT vde_register('form.lateral', 'SELECT v.column1, x.k FROM form.val v, LATERAL (SELECT v.column1 * 10 AS k FROM form.sel WHERE EXISTS (SELECT FROM form.val w WHERE w.column1 = v.column1)) x') > 0;
SELECT vde_register('form.three_part', 'SELECT form.val.column1 AS a, val.column2 AS b FROM form.val') > 0;
SELECT vde_register('form.types', 'SELECT 1::smallint AS s, 2.50::numeric(5,2) AS m, ''x''::varchar(3) AS v, ''y''::char(2) AS c, ARRAY[[1,2],[3,4]] AS ar, ''{"a": 1}''::jsonb AS j, ''b'' COLLATE "C" AS co, row_to_json(val) AS rj, interval ''1 day'' AS i, int4range(1, 3) AS r, ''\x01''::bytea AS b, ''a''::text = ''a'' AS t FROM (VALUES (1)) val(x)') > 0;
SET search_path = form, public;
SELECT vde_register('form.by_path', 'SELECT a FROM sel') > 0;
RESET search_path;
CALL vde_apply('dev');
TABLE form__dev.sel;
TABLE form__dev.val;
TABLE form__dev.tab;
TABLE form__dev.wit ORDER BY n;
TABLE form__dev.set;
TABLE form__dev.none;
TABLE form__dev.shadow;
TABLE form__dev.lateral ORDER BY 1;
TABLE form__dev.three_part ORDER BY 1;
TABLE form__dev.types \gx
SELECT columns_of('form__dev.types');
SELECT columns_of('form__dev.none');
TABLE form__dev.by_path;
SELECT model, parents FROM vde_models WHERE environment = 'dev' AND model LIKE 'form.%' ORDER BY model COLLATE "C";
