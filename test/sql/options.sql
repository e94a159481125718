--
-- Options: each one's effect on the tables that are built and on the views, as
-- the catalogs of PostgreSQL show it; and that a wrong one is refused when it is
-- registered, with the nearest valid name, and leaves nothing.
--
SET client_min_messages = warning;
CREATE EXTENSION vde;
SET allow_in_place_tablespaces = true;
DROP TABLESPACE IF EXISTS t_options_space;
DROP TABLESPACE IF EXISTS t_options_closed;
DROP ROLE IF EXISTS t_options_ana;
DROP ROLE IF EXISTS t_options_team;
DROP ROLE IF EXISTS t_options_other;
CREATE ROLE t_options_team;
CREATE ROLE t_options_other;
CREATE ROLE t_options_ana IN ROLE t_options_team;
SELECT format('GRANT CREATE ON DATABASE %I TO t_options_ana, t_options_team', current_database()) \gexec
GRANT CREATE ON SCHEMA public TO t_options_ana;
CREATE SCHEMA raw AUTHORIZATION t_options_ana;
CREATE EXTENSION btree_gist SCHEMA public;

-- The physical relation of a model in dev, its indexes with generated names left out, its partitions with what is in
-- them: only a superuser may look there.
CREATE FUNCTION public.physical(model text) RETURNS regclass LANGUAGE sql SECURITY DEFINER AS $$
	SELECT format('vde_data.%I', physical_table)::regclass FROM vde_models m WHERE m.model = physical.model AND environment = 'dev' $$;
CREATE FUNCTION public.indexes_of(model text) RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS $$
	SELECT regexp_replace(pg_get_indexdef(i.indexrelid), 'INDEX .* ON (ONLY )?vde_data\.\S+ ', 'INDEX ON \1')
		|| CASE WHEN i.indisprimary THEN ' primary key' ELSE '' END || CASE WHEN i.indisvalid THEN '' ELSE ' invalid' END
	FROM pg_index i WHERE i.indrelid = physical(model) ORDER BY 1 $$;
CREATE FUNCTION public.partitions_of(model text) RETURNS TABLE (bound text, rows bigint, options text[], persistence "char") LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE part regclass;
BEGIN
	FOR part IN SELECT relid FROM pg_partition_tree(physical(model)) WHERE level = 1 LOOP
		EXECUTE format('SELECT pg_get_expr(c.relpartbound, c.oid), (SELECT count(*) FROM %s), c.reloptions, c.relpersistence FROM pg_class c WHERE oid = %s', part, part::oid)
		INTO bound, rows, options, persistence;
		RETURN NEXT;
	END LOOP;
END $$;

SET ROLE t_options_ana;
CREATE TABLE raw.orders AS
SELECT i AS id, i % 5 AS customer_id, (ARRAY['de', 'fr', 'it', NULL])[1 + i % 4] AS country, date '2024-01-01' + i AS day,
	'Order ' || i AS note, int4range(i, i + 10) AS span
FROM generate_series(1, 100) i;
GRANT USAGE ON SCHEMA raw TO t_options_team;
GRANT SELECT ON raw.orders TO t_options_team;

-- How often a key stands in the plan of a query.
CREATE FUNCTION public.in_plan(key text, query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	RETURN (SELECT count(*) FROM regexp_matches(plan::text, '"' || key || '"', 'g'));
END $$;
-- The error of an apply, with the digits of physical names left out.
CREATE FUNCTION public.apply_fails() RETURNS TABLE (code text, message text, hint text, context text) LANGUAGE plpgsql AS $$
BEGIN
	CALL vde_apply('dev');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
	message := regexp_replace(message, '__[0-9a-f]{16}', '__#', 'g');
	context := split_part(context, E'\n', 1);
	RETURN NEXT;
END $$;

--
-- Indexes and primary key
--

SELECT vde_register('shop.orders', 'SELECT id, customer_id, country, day, note, span FROM raw.orders', options => '{
	"primary_key": ["id"],
	"indexes": [
		"customer_id",
		"country, day",
		"(lower(note))",
		{"columns": ["day", "id"], "unique": true},
		{"columns": ["(note || ''x'')", "id"], "method": "btree"},
		{"columns": "customer_id", "where": "country = ''de'' -- only those"},
		{"columns": ["id"], "include": ["note", "day"], "unique": true},
		{"columns": ["country"], "method": "hash"},
		{"columns": ["day"], "method": "brin"},
		{"columns": ["span", "id"], "method": "gist"},
		{"columns": ["(to_tsvector(''simple'', note))"], "method": "gin"}
	]}') > 0;
SELECT vde_register('shop.matview', 'SELECT id, note FROM shop.orders', 'materialized_view', '{"indexes": [{"columns": ["id"], "unique": true}, "(upper(note))"]}') > 0;
SELECT vde_register('shop.pair', 'SELECT customer_id, day, count(*) AS n FROM shop.orders GROUP BY 1, 2', options => '{"primary_key": "day, customer_id"}') > 0;
SELECT vde_register('shop.seed', E'id,name\n1,a\n2,b\n', 'seed', '{"primary_key": "id", "indexes": [{"columns": "name", "unique": true}]}') > 0;
SELECT vde_register('shop."Quoted"', 'SELECT 1 AS "The Id", 2 AS "(odd)", 3 AS select', options => '{"primary_key": ["The Id"], "indexes": ["\"The Id\", select", {"columns": ["(odd)"]}, {"columns": ["(\"The Id\" + 1)"]}]}') > 0;
CALL vde_apply('dev');
SELECT * FROM indexes_of('shop.orders');
SELECT * FROM indexes_of('shop.matview');
SELECT * FROM indexes_of('shop.pair');
SELECT * FROM indexes_of('shop.seed');
SELECT * FROM indexes_of('shop."Quoted"');
-- the primary key is a constraint, and its columns are not null
SELECT pg_get_constraintdef(oid), conrelid = physical('shop.pair') AS there FROM pg_constraint WHERE conrelid = physical('shop.pair') AND contype = 'p';
SELECT attname, attnotnull FROM pg_attribute WHERE attrelid = physical('shop.pair') AND attnum > 0 ORDER BY attnum;
-- contents are what they would be without
SELECT count(*) FROM ((TABLE shop__dev.orders EXCEPT ALL TABLE raw.orders) UNION ALL (TABLE raw.orders EXCEPT ALL TABLE shop__dev.orders)) d;
-- and an index is used through the view
SET enable_seqscan = off;
SELECT in_plan('Index Name', 'SELECT 1 FROM shop__dev.seed WHERE id = 2');
RESET enable_seqscan;
-- the view has no index of its own, and its statistics are those of a filled table
SELECT count(*) FROM pg_index WHERE indrelid = 'shop__dev.orders'::regclass;
SELECT reltuples FROM pg_class WHERE oid = physical('shop.orders');
-- index names are generated, unique, and of vde_data
SELECT count(*), count(DISTINCT relname), bool_and(length(relname) < 64) FROM pg_class WHERE relkind = 'i' AND relnamespace = 'vde_data'::regnamespace;

-- another version has them, too, under other names
SELECT vde_register('shop.seed', E'id,name\n1,a\n2,b\n3,c\n', 'seed', '{"primary_key": "id", "indexes": [{"columns": "name", "unique": true}]}') > 0;
CALL vde_apply('dev');
SELECT * FROM indexes_of('shop.seed');
SELECT count(*) FROM pg_class WHERE relkind = 'i' AND relname LIKE 'shop\_\_seed\_\_%';
-- a table with another index is another table; the order of indexes is of no consequence
SELECT vde_register('shop.matview', 'SELECT id, note FROM shop.orders', 'materialized_view', '{"indexes": ["(upper(note))", {"unique": true, "columns": "id"}]}') > 0;
SELECT change, category, action, reason FROM vde_changes('dev');
SELECT vde_register('shop.matview', 'SELECT id, note FROM shop.orders', 'materialized_view', '{"indexes": ["(upper(note))"]}') > 0;
SELECT change, category, action, reason FROM vde_changes('dev');
SELECT vde_discard('dev');

-- columns that are not there are found when planned, with the nearest that is
SELECT vde_register('shop.pair', 'SELECT 1 AS a', options => '{"primary_key": "b"}') > 0;
SELECT * FROM vde_changes('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.pair', 'SELECT 1 AS amount', options => '{"indexes": ["amout"]}') > 0;
SELECT * FROM vde_changes('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.pair', 'SELECT 1 AS amount', options => '{"indexes": [{"columns": "amount", "include": "other"}]}') > 0;
SELECT * FROM vde_changes('dev');
\echo :LAST_ERROR_SQLSTATE
-- what only the data show: the build fails, and the old table stays
SELECT vde_register('shop.pair', 'SELECT customer_id, day, count(*) AS n FROM shop.orders GROUP BY 1, 2', options => '{"primary_key": "customer_id"}') > 0;
SELECT * FROM apply_fails();
SELECT vde_register('shop.pair', 'SELECT 1 AS amount', options => '{"indexes": ["(nothing + amount)"]}') > 0;
SELECT * FROM apply_fails();
SELECT vde_register('shop.pair', 'SELECT 1 AS amount', options => '{"indexes": [{"columns": "amount", "where": "amount > (SELECT 1)"}]}') > 0;
SELECT * FROM apply_fails();
SELECT vde_register('shop.pair', 'SELECT 1 AS amount', options => '{"indexes": ["(random())"]}') > 0;
SELECT * FROM apply_fails();
SELECT vde_register('shop.pair', 'SELECT ''{}''::json AS j', options => '{"indexes": ["j"]}') > 0;
SELECT * FROM apply_fails();
-- an index must not run code of an ordinary user as the owner of all tables
CREATE FUNCTION raw.mine(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1';
SELECT vde_register('shop.pair', 'SELECT 1 AS amount', options => '{"indexes": ["(raw.mine(amount))"]}') > 0;
SELECT * FROM apply_fails();
SELECT vde_discard('dev');
SELECT count(*) FROM shop__dev.pair;

--
-- Partitions
--

SELECT vde_register('part.range', 'SELECT id, day, note FROM raw.orders', options => '{"partition_by": {"strategy": "range", "columns": "day", "bounds": ["2024-02-01", "2024-03-01", "2024-04-01"]}, "primary_key": "id, day", "indexes": ["note"], "fillfactor": 70}') > 0;
SELECT vde_register('part.list', 'SELECT id, country FROM raw.orders', options => '{"partition_by": {"strategy": "list", "columns": ["country"], "values": ["de", ["fr", "it"]]}}') > 0;
SELECT vde_register('part.hash', 'SELECT id, customer_id FROM raw.orders', options => '{"partition_by": {"strategy": "hash", "columns": ["id", "customer_id"], "modulus": 4}, "unlogged": true}') > 0;
SELECT vde_register('part.numbers', 'SELECT id, id / 10.0 AS tenth FROM raw.orders', options => '{"partition_by": {"strategy": "range", "columns": "tenth", "bounds": [0, 2.5, 5]}}') > 0;
SELECT vde_register('part.seed', E'id,day\n1,2024-01-05\n2,2024-02-05\n3,\n', 'seed', '{"partition_by": {"strategy": "range", "columns": "day", "bounds": ["2024-01-01", "2024-02-01"]}}') > 0;
SELECT vde_register('part.reader', 'SELECT count(*) AS n FROM part.range JOIN part.list USING (id) JOIN part.hash USING (id)') > 0;
CALL vde_apply('dev');
-- every partition, its bound, how many rows are in it
SELECT pg_get_partkeydef(physical('part.range')), pg_get_partkeydef(physical('part.list')), pg_get_partkeydef(physical('part.hash'));
SELECT * FROM partitions_of('part.range') ORDER BY bound;
SELECT * FROM partitions_of('part.list') ORDER BY bound;
SELECT bound, rows > 0 AS filled, persistence FROM partitions_of('part.hash') ORDER BY bound;
SELECT sum(rows) FROM partitions_of('part.hash');
SELECT * FROM partitions_of('part.numbers') ORDER BY bound;
SELECT * FROM partitions_of('part.seed') ORDER BY bound;
SELECT * FROM indexes_of('part.range');
SELECT count(*) FROM pg_index i JOIN pg_partition_tree(physical('part.range')) t ON t.relid = i.indrelid WHERE t.level = 1 AND indisvalid;
SELECT count(*) FROM ((TABLE part__dev.range EXCEPT ALL SELECT id, day, note FROM raw.orders) UNION ALL (SELECT id, day, note FROM raw.orders EXCEPT ALL TABLE part__dev.range)) d;
SELECT count(*) FROM ((TABLE part__dev.list EXCEPT ALL SELECT id, country FROM raw.orders) UNION ALL (SELECT id, country FROM raw.orders EXCEPT ALL TABLE part__dev.list)) d;
TABLE part__dev.reader;
-- the plan of a reader leaves partitions out
SELECT in_plan('Relation Name', 'SELECT * FROM part__dev.range'), in_plan('Relation Name', 'SELECT * FROM part__dev.range WHERE day = ''2024-02-10''');
-- a run fills the partitions anew
INSERT INTO raw.orders VALUES (101, 1, 'xx', '2024-02-15', 'new', NULL);
CALL vde_run('dev');
SELECT * FROM partitions_of('part.range') ORDER BY bound;
SELECT * FROM partitions_of('part.list') ORDER BY bound;
TABLE part__dev.reader;
-- what only the columns show
SELECT vde_register('part.range', 'SELECT id, day AS the_day FROM raw.orders', options => '{"partition_by": {"strategy": "range", "columns": "the_dya", "bounds": ["2024-02-01", "2024-03-01"]}}') > 0;
SELECT * FROM apply_fails();
SELECT vde_register('part.range', 'SELECT id, day FROM raw.orders', options => '{"partition_by": {"strategy": "range", "columns": "day", "bounds": ["2024-02-01", "soon"]}}') > 0;
SELECT * FROM apply_fails();
SELECT vde_register('part.range', 'SELECT id, day FROM raw.orders', options => '{"partition_by": {"strategy": "range", "columns": "day", "bounds": ["2024-02-01", "2024-01-01"]}}') > 0;
SELECT * FROM apply_fails();
SELECT vde_register('part.range', 'SELECT id, country FROM raw.orders', options => '{"partition_by": {"strategy": "list", "columns": "country", "values": ["de", "de"]}}') > 0;
SELECT * FROM apply_fails();
SELECT vde_register('part.range', 'SELECT id, span FROM raw.orders', options => '{"partition_by": {"strategy": "list", "columns": "span", "values": ["[1,2)"]}}') > 0;
SELECT * FROM apply_fails();
SELECT vde_register('part.range', 'SELECT id, ''1''::xml AS x FROM raw.orders', options => '{"partition_by": {"strategy": "hash", "columns": "x", "modulus": 2}}') > 0;
SELECT * FROM apply_fails();
SELECT vde_discard('dev');

--
-- Where and how it is stored
--

RESET ROLE;
CREATE TABLESPACE t_options_space LOCATION '';
CREATE TABLESPACE t_options_closed LOCATION '';
GRANT CREATE ON TABLESPACE t_options_space TO t_options_team;
SET ROLE t_options_ana;
SELECT vde_register('store.space', 'SELECT id, note FROM raw.orders', options => '{"tablespace": "t_options_space", "primary_key": "id", "indexes": ["note"]}') > 0;
SELECT vde_register('store.parts', 'SELECT id, note FROM raw.orders', options => '{"tablespace": "t_options_space", "indexes": ["note"], "partition_by": {"strategy": "hash", "columns": "id", "modulus": 2}}') > 0;
SELECT vde_register('store.matview', 'SELECT id, note FROM store.space', 'materialized_view', '{"tablespace": "t_options_space", "indexes": ["note"], "fillfactor": 80, "access_method": "heap"}') > 0;
SELECT vde_register('store.default', 'SELECT id, note FROM store.space', options => '{"tablespace": "pg_default", "access_method": "heap", "fillfactor": 55, "unlogged": true}') > 0;
SELECT vde_register('store.default_parts', 'SELECT id, note FROM store.space', options => '{"tablespace": "pg_default", "primary_key": "id", "partition_by": {"strategy": "hash", "columns": "id", "modulus": 2}}') > 0;
SELECT vde_register('store.plain', 'SELECT id, repeat(note, 2) AS note FROM store.space', options => '{"unlogged": false}') > 0;
CALL vde_apply('dev');
SELECT m.model, c.relkind, t.spcname, a.amname, c.reloptions, c.relpersistence, c.reltoastrelid <> 0 AS has_toast
FROM vde_models m JOIN pg_class c ON c.oid = physical(m.model) LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace LEFT JOIN pg_am a ON a.oid = c.relam
WHERE m.environment = 'dev' AND m.model LIKE 'store.%' ORDER BY m.model;
SELECT m.model, c.relkind, t.spcname, count(*)
FROM vde_models m, LATERAL (SELECT relid FROM pg_partition_tree(physical(m.model)) WHERE isleaf UNION ALL
	SELECT indexrelid FROM pg_index WHERE indrelid = physical(m.model) OR indrelid IN (SELECT relid FROM pg_partition_tree(physical(m.model)))) x(relid)
	JOIN pg_class c ON c.oid = x.relid LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace
WHERE m.environment = 'dev' AND m.model LIKE 'store.%' AND c.relkind IN ('r', 'i') GROUP BY 1, 2, 3 ORDER BY 1, 2;
SELECT (SELECT count(*) FROM store__dev.space), (SELECT count(*) FROM store__dev.parts), (SELECT count(*) FROM store__dev.matview), (SELECT count(*) FROM store__dev.default), (SELECT count(*) FROM store__dev.default_parts);
-- a run leaves all of that as it is
SELECT vde_register('store.plain', 'SELECT id, repeat(note, 2) AS note FROM store.space') > 0;
INSERT INTO raw.orders VALUES (102, 1, 'xx', '2024-02-15', 'newer', NULL);
CALL vde_run('dev');
SELECT m.model, t.spcname, c.reloptions, c.relpersistence
FROM vde_models m JOIN pg_class c ON c.oid = physical(m.model) LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace
WHERE m.environment = 'dev' AND m.model LIKE 'store.%' ORDER BY m.model;
SELECT (SELECT count(*) FROM store__dev.space), (SELECT count(*) FROM store__dev.parts), (SELECT count(*) FROM store__dev.matview), (SELECT count(*) FROM store__dev.default);
-- false is what it is without: no other table
SELECT change, action FROM vde_changes('dev');
-- a tablespace that the model's owner may not use, or that is not there
SELECT vde_register('store.space', 'SELECT 1 AS a', options => '{"tablespace": "t_options_closed"}');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('store.space', 'SELECT 1 AS a', options => '{"tablespace": "t_options_none"}');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('store.space', 'SELECT 1 AS a', options => '{"tablespace": "pg_global"}');
\echo :LAST_ERROR_SQLSTATE

--
-- What only describes: comments, tags, owner
--

SELECT vde_register('doc.orders', 'SELECT id, note, day FROM raw.orders', options => '{"description": "All ''orders'',\n\"really\"", "tags": ["core", "pii"], "columns": {"id": "the key", "note": {"description": "what was said"}}}') > 0;
SELECT vde_register('doc.view', 'SELECT id, note FROM doc.orders', 'view', '{"description": "A view", "columns": {"note": "its note"}}') > 0;
SELECT vde_register('doc.matview', 'SELECT id, note FROM doc.orders', 'materialized_view', '{"description": "A matview", "columns": [{"name": "note", "description": "its note"}]}') > 0;
SELECT vde_register('doc.inline', 'SELECT id FROM doc.orders', 'embedded', '{"description": "Nowhere", "columns": {"id": "nor this"}, "tags": []}') > 0;
SELECT vde_register('doc.external', '', 'external', '{"description": "Elsewhere"}') > 0;
CREATE SCHEMA doc;
CREATE TABLE doc.external (a int);
CALL vde_apply('dev');
CREATE FUNCTION public.comments(relation regclass) RETURNS TABLE (col text, comment text) LANGUAGE sql AS $$
	SELECT '', obj_description(relation, 'pg_class') UNION ALL
	(SELECT attname, col_description(relation, attnum) FROM pg_attribute WHERE attrelid = relation AND attnum > 0 ORDER BY attnum) $$;
SELECT * FROM comments('doc__dev.orders');
SELECT * FROM comments('doc__dev.view');
SELECT * FROM comments('doc__dev.matview');
SELECT model, description, tags, owner FROM vde_models WHERE environment = 'dev' AND model LIKE 'doc.%' ORDER BY model;
-- a change of these is metadata: nothing is built, the view gets the new comments, and loses the old
SELECT vde_register('doc.orders', 'SELECT id, note, day FROM raw.orders', options => '{"tags": ["core"], "columns": {"day": "the day"}}') > 0;
SELECT model, change, category, action FROM vde_changes('dev');
CALL vde_apply('dev');
SELECT * FROM comments('doc__dev.orders');
SELECT tags, description FROM vde_models WHERE environment = 'dev' AND model = 'doc.orders';
-- an empty description is none
SELECT vde_register('doc.view', 'SELECT id, note FROM doc.orders', 'view', '{"description": "", "columns": {"note": ""}}') > 0;
CALL vde_apply('dev');
SELECT * FROM comments('doc__dev.view');
-- promoted, the views of prod have them
CALL vde_promote('dev', 'prod', models => ARRAY['doc.orders', 'doc.view']);
SELECT * FROM comments('doc.orders');
-- a description of a column that is not there
SELECT vde_register('doc.view', 'SELECT id, note FROM doc.orders', 'view', '{"columns": {"nope": "x"}}') > 0;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('doc.view', 'SELECT id, note FROM doc.orders', 'view', '{"columns": {"nota": "x"}}') > 0;
SELECT * FROM vde_changes('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('doc.view', 'SELECT id, note FROM doc.orders', 'embedded', '{"columns": {"ID": "x"}}') > 0;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM comments('doc__dev.view');
SELECT vde_discard('dev');
-- the owner: oneself, or a role that one is a member of
SELECT vde_register('doc.owned', 'SELECT current_user::text AS me, count(*) AS n FROM raw.orders', 'full', '{"owner": "t_options_team"}') > 0;
SELECT vde_register('doc.owned_view', 'SELECT n FROM doc.owned', 'view', '{"owner": "t_options_team"}') > 0;
CALL vde_apply('dev');
SELECT * FROM doc__dev.owned;
SELECT model, owner, pg_get_userbyid(relowner) AS relation_owner FROM vde_models JOIN pg_class ON pg_class.oid = physical(model) WHERE environment = 'dev' AND model LIKE 'doc.owned%' ORDER BY model;
-- it stays, if nothing is said
SELECT vde_register('doc.owned', 'SELECT current_user::text AS me, count(*) AS n FROM raw.orders') > 0;
SELECT owner FROM vde_models WHERE model = 'doc.owned';
SELECT vde_register('doc.owned', 'SELECT 1 AS a', options => '{"owner": "t_options_other"}');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('doc.owned', 'SELECT 1 AS a', options => '{"owner": "postgres"}');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('doc.owned', 'SELECT 1 AS a', options => '{"owner": "t_options_nobody"}');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('dev');

--
-- Options that are refused: at registration, before anything is looked at
--

SELECT count(*) AS drafts FROM vde_models WHERE state <> 'applied' \gset
CREATE FUNCTION public.refused(options jsonb, kind text DEFAULT 'full', query text DEFAULT 'SELECT 1 AS a') RETURNS TABLE (code text, message text, detail text, hint text, context text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM vde_register('bad.model', query, kind, options);
	code := 'accepted';
	RETURN NEXT;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
	context := CASE WHEN context LIKE 'option%' THEN split_part(context, E'\n', 1) END;
	RETURN NEXT;
END $$;
\pset format unaligned
\pset tuples_only on
\pset null ''
-- unknown, with the nearest that there is for the kind
SELECT o, r.* FROM unnest(ARRAY['{"descripton": "x"}', '{"Description": "x"}', '{"index": []}', '{"primarykey": "a"}', '{"partitions": {}}', '{"column": {}}', '{"tag": []}', '{"ownr": "x"}',
	'{"tablespaces": "x"}', '{"fill_factor": 50}', '{"unloged": true}', '{"xyzzy": 1}', '{"": 1}', '{"description": "fine", "unknwon": 1}']::jsonb[]) o, refused(o) r;
SELECT o, r.* FROM unnest(ARRAY['{"indexs": []}', '{"primary_key": "a"}', '{"indexes": []}', '{"fillfactor": 50}', '{"unlogged": true}', '{"partition_by": {}}']::jsonb[]) o, refused(o, 'view') r;
SELECT o, r.* FROM unnest(ARRAY['{"primary_key": "a"}', '{"unlogged": true}', '{"partition_by": {"strategy": "hash", "columns": "a", "modulus": 2}}']::jsonb[]) o, refused(o, 'materialized_view') r;
SELECT o, r.* FROM unnest(ARRAY['{"indexes": []}', '{"tablespace": "pg_default"}']::jsonb[]) o, refused(o, 'embedded') r;
SELECT o, r.* FROM unnest(ARRAY['{"indexes": []}', '{"columns": {"a": {"typ": "int"}}}', '{"columns": {"a": {"type": "nonsense"}}}', '{"columns": {"a": {"type": "record"}}}']::jsonb[]) o, refused(o, 'external', '') r;
-- of the wrong type
SELECT o, r.* FROM unnest(ARRAY['[]', '"x"', '1', 'null', 'true']::jsonb[]) o, refused(o) r;
SELECT o, r.* FROM unnest(ARRAY['{"description": 1}', '{"description": null}', '{"description": ["x"]}', '{"owner": ""}', '{"owner": 7}', '{"tags": "x"}', '{"tags": [1]}', '{"tags": [""]}', '{"tags": {"a": 1}}',
	'{"columns": "x"}', '{"columns": ["a"]}', '{"columns": {"a": 1}}', '{"columns": {"a": {"description": 1}}}', '{"columns": {"a": {"descr": "x"}}}', '{"columns": {"a": {"type": "int"}}}', '{"columns": {"": "x"}}',
	'{"columns": [{"description": "x"}]}', '{"columns": [{"name": "a"}, {"name": "a"}]}']::jsonb[]) o, refused(o) r;
SELECT o, r.* FROM unnest(ARRAY['{"indexes": "a"}', '{"indexes": [1]}', '{"indexes": [""]}', '{"indexes": [{}]}', '{"indexes": [{"columns": []}]}', '{"indexes": [{"columns": 1}]}', '{"indexes": [{"column": "a"}]}',
	'{"indexes": [{"columns": "a", "unique": "yes"}]}', '{"indexes": [{"columns": "a", "method": 1}]}', '{"indexes": [{"columns": "a", "method": "btre"}]}', '{"indexes": [{"columns": "a", "where": ""}]}',
	'{"indexes": [{"columns": "a", "unique": true, "method": "hash"}]}', '{"indexes": [{"columns": "a, b", "method": "hash"}]}', '{"indexes": [{"columns": "a", "include": "b", "method": "brin"}]}',
	'{"indexes": ["a b"]}', '{"indexes": ["a,"]}', '{"indexes": ["lower(a)"]}', '{"indexes": ["\"a"]}', '{"indexes": [{"columns": ["(a", "b)"]}]}',
	'{"indexes": ["(a)) ; DROP TABLE raw.orders; --"]}', '{"indexes": ["(a +)"]}', '{"indexes": ["((a), (b))"]}', '{"indexes": [{"columns": "a", "where": "true) TABLESPACE x; --"}]}', '{"indexes": [{"columns": "a", "where": "a ="}]}', '{"indexes": [{"columns": "a", "where": "1 AS x"}]}']::jsonb[]) o, refused(o) r;
SELECT r.* FROM refused(jsonb_build_object('indexes', ARRAY[repeat('n', 64)])) r;
SELECT o, r.* FROM unnest(ARRAY['{"primary_key": []}', '{"primary_key": ""}', '{"primary_key": {"columns": "a"}}', '{"primary_key": ["a", "a"]}', '{"primary_key": "(a)"}', '{"primary_key": true}']::jsonb[]) o, refused(o) r;
SELECT o, r.* FROM unnest(ARRAY['{"partition_by": "a"}', '{"partition_by": {}}', '{"partition_by": {"strategy": "rang", "columns": "a"}}', '{"partition_by": {"strategy": "range", "columns": "a"}}', '{"partition_by": {"strategy": "range", "bounds": [1]}}',
	'{"partition_by": {"strategy": "range", "columns": "a", "bounds": []}}', '{"partition_by": {"strategy": "range", "columns": "a", "bounds": [true]}}', '{"partition_by": {"strategy": "range", "columns": ["a", "b"], "bounds": [1]}}',
	'{"partition_by": {"strategy": "range", "columns": "a", "values": [1]}}', '{"partition_by": {"strategy": "list", "columns": "a", "values": []}}', '{"partition_by": {"strategy": "list", "columns": "a", "values": [[]]}}',
	'{"partition_by": {"strategy": "list", "columns": ["a", "b"], "values": [1]}}', '{"partition_by": {"strategy": "hash", "columns": "a", "modulus": 0}}', '{"partition_by": {"strategy": "hash", "columns": "a", "modulus": 1.5}}',
	'{"partition_by": {"strategy": "hash", "columns": "a", "modulus": "4"}}', '{"partition_by": {"strategy": "hash", "columns": "a", "modulus": 100000}}', '{"partition_by": {"strategy": "hash", "columns": "(a)", "modulus": 2}}',
	'{"partition_by": {"strategy": "hash", "columns": "a", "modulus": 2}, "primary_key": "b"}', '{"partition_by": {"strategy": "hash", "columns": "a", "modulus": 2}, "indexes": [{"columns": "b", "unique": true}]}']::jsonb[]) o, refused(o) r;
SELECT o, r.* FROM unnest(ARRAY['{"tablespace": ""}', '{"tablespace": 1}', '{"access_method": "hepa"}', '{"access_method": "btree"}', '{"fillfactor": 9}', '{"fillfactor": 101}', '{"fillfactor": "70"}', '{"fillfactor": 70.5}', '{"unlogged": 1}', '{"unlogged": "true"}']::jsonb[]) o, refused(o) r;
\pset format aligned
\pset tuples_only off
\pset null
-- positions in an expression
SELECT vde_register('bad.model', 'SELECT 1 AS a', options => '{"indexes": ["(a + * b)"]}');
SELECT vde_register('bad.model', 'SELECT 1 AS a', options => '{"indexes": [{"columns": "a", "where": "a ="}]}');
-- of all that nothing is left
SELECT count(*) = :drafts AS unchanged FROM vde_models WHERE state <> 'applied';
SELECT count(*) FROM vde_models WHERE model = 'bad.model';
RESET ROLE;
DROP EXTENSION vde CASCADE;
DROP TABLESPACE t_options_space;
DROP TABLESPACE t_options_closed;
