--
-- Analysis: which relation a name in a model's query means, and that what is
-- built of it has exactly the rows, names and types that PostgreSQL gives the
-- same query over plain tables.
--
-- Every query below first runs over plain tables of the models' own names.
-- Then those tables are filled with wrong rows, temporary tables of the same
-- names are made, and the query is registered, built and compared: a name that
-- is resolved to anything but the model shows.
--
\set VERBOSITY terse
SET client_min_messages = warning;

DROP ROLE IF EXISTS t_analysis_ana;
CREATE ROLE t_analysis_ana;
SELECT format('GRANT CREATE, TEMPORARY ON DATABASE %I TO t_analysis_ana', current_database()) \gexec
CREATE EXTENSION vde;
CREATE SCHEMA raw AUTHORIZATION t_analysis_ana;
CREATE SCHEMA shop AUTHORIZATION t_analysis_ana;
CREATE SCHEMA "Odd Schema" AUTHORIZATION t_analysis_ana;
CREATE SCHEMA elsewhere AUTHORIZATION t_analysis_ana;
CREATE SCHEMA cases AUTHORIZATION t_analysis_ana;
CREATE SCHEMA expected AUTHORIZATION t_analysis_ana;
CREATE SCHEMA t_analysis_ana AUTHORIZATION t_analysis_ana;
SET ROLE t_analysis_ana;

-- the sources, outside of vde
CREATE TABLE raw.orders AS
	SELECT g AS id, g % 7 AS customer_id, (g * 1.25)::numeric(10,2) AS amount,
		CASE WHEN g % 3 > 0 THEN 'note ' || g % 5 END AS note, date '2024-01-01' + g AS placed_on
	FROM generate_series(1, 40) g;
CREATE TABLE raw.customers AS
	SELECT g AS id, 'customer ' || g AS name, NULLIF(g / 2, 0) AS parent_id, (ARRAY['north', 'south'])[g % 2 + 1]::varchar(10) AS region
	FROM generate_series(1, 6) g;
CREATE TABLE raw.lines AS
	SELECT g AS order_id, g % 4 + 1 AS qty, 'sku' || g % 6 AS sku FROM generate_series(1, 60) g;
CREATE TABLE raw.docs AS
	SELECT g AS id, jsonb_build_object('a', g, 'items', jsonb_build_array(g, g * 2, 'x' || g)) AS doc,
		ARRAY['t' || g, 't' || g + 1] AS tags,
		xmlparse(document format('<r><i n="%s">one</i><i n="%s">two</i></r>', g, g + 1)) AS x
	FROM generate_series(1, 4) g;
CREATE TABLE raw.parent (id int, label text);
CREATE TABLE raw.child () INHERITS (raw.parent);
INSERT INTO raw.parent VALUES (1, 'parent');
INSERT INTO raw.child VALUES (2, 'child');

-- the models that the queries read: name, kind, query
CREATE TABLE raw.models (place serial, name text, kind text, query text);
INSERT INTO raw.models (name, kind, query) VALUES
	('shop.orders', 'full', 'SELECT id, customer_id, amount, note, placed_on FROM raw.orders'),
	('shop.customers', 'materialized_view', 'SELECT id, name, parent_id, region FROM raw.customers'),
	('shop."Order Lines"', 'view', 'SELECT order_id AS "Order Id", qty AS "Qty", sku FROM raw.lines'),
	('shop.docs', 'full', 'SELECT id, doc, tags, x FROM raw.docs'),
	('shop.numbers', 'seed', E'n,word\n1,one\n2,two\n3,"th,ree"\n'),
	('shop.dear', 'embedded', 'WITH customers AS (SELECT id FROM shop.customers WHERE id < 4) SELECT o.id, o.amount FROM shop.orders o JOIN customers ON customers.id = o.customer_id WHERE amount > 20'),
	('shop.pg_class', 'full', 'SELECT 1 AS mine'),
	('shop.select', 'full', 'SELECT 5 AS "where", 6 AS "group"'),
	('shop."a.b""c"', 'full', 'SELECT 7 AS "x.y""z", 8 AS "Ä"'),
	('"Odd Schema"."größe"', 'full', 'SELECT 9 AS wert, ''lang''::text AS art'),
	('raw.parent', 'external', ''),
	('shop.shop', 'full', 'SELECT 1 AS shop, 2 AS orders');

-- Queries: name, search_path, text.  Those without a path qualify their names.
CREATE TABLE raw.cases (place serial, name text PRIMARY KEY, path text, query text);

-- WITH
INSERT INTO raw.cases (name, path, query) VALUES
	('with_shadows', 'shop', 'WITH orders AS (SELECT 1 AS id) SELECT * FROM orders'),
	('with_reads_what_it_shadows', 'shop', 'WITH orders AS (SELECT * FROM orders WHERE id < 5) SELECT count(*) AS n, sum(amount) AS total FROM orders'),
	('with_does_not_shadow_qualified', 'shop', 'WITH orders AS (SELECT 1 AS id UNION ALL SELECT 2) SELECT o.id, s.amount FROM orders o JOIN shop.orders s ON s.id = o.id'),
	('with_nested', 'shop', 'WITH a AS (WITH orders AS (SELECT 7 AS id) SELECT id FROM orders) SELECT a.id, o.amount FROM a JOIN orders o USING (id)'),
	('with_nested_outer_seen', 'shop', 'WITH customers AS (SELECT 3 AS id), a AS (WITH b AS (SELECT id FROM customers) SELECT * FROM b) SELECT a.id, c.id AS c FROM a, customers c'),
	('with_earlier_is_not_later', 'shop', 'WITH a AS (SELECT id FROM customers), customers AS (SELECT 99 AS id) SELECT a.id, c.id AS c FROM a, customers c'),
	('with_recursive_tree', NULL, 'WITH RECURSIVE tree AS (SELECT id, name, 1 AS depth FROM shop.customers WHERE parent_id IS NULL UNION ALL SELECT c.id, tree.name || ''/'' || c.name, depth + 1 FROM shop.customers c JOIN tree ON c.parent_id = tree.id) SELECT * FROM tree'),
	('with_recursive_shadows', 'shop', 'WITH RECURSIVE customers AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM customers WHERE id < 5) SELECT * FROM customers'),
	('with_recursive_forward', 'shop', 'WITH RECURSIVE a AS (SELECT id FROM orders), orders AS (SELECT id FROM shop.orders WHERE id < 3) SELECT * FROM a'),
	('with_recursive_nested', 'shop', 'WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM (WITH orders AS (SELECT n FROM t) SELECT n FROM orders) s WHERE n < 4) SELECT t.n, o.amount FROM t JOIN orders o ON o.id = t.n'),
	('with_search', NULL, 'WITH RECURSIVE t AS (SELECT id, parent_id FROM shop.customers WHERE parent_id IS NULL UNION ALL SELECT c.id, c.parent_id FROM shop.customers c JOIN t ON c.parent_id = t.id) SEARCH BREADTH FIRST BY id SET o SELECT id, o::text AS o FROM t'),
	('with_cycle', NULL, 'WITH RECURSIVE t AS (SELECT id, id % 3 AS next FROM shop.customers WHERE id = 1 UNION ALL SELECT c.id, (c.id + 1) % 3 FROM shop.customers c JOIN t ON c.id = t.next) CYCLE id SET looped USING way SELECT id, looped FROM t'),
	('with_in_sublink', 'shop', 'SELECT id FROM orders WHERE id IN (WITH orders AS (SELECT 3 AS id) SELECT id FROM orders)'),
	('with_in_one_arm', 'shop', '(WITH orders AS (SELECT 5 AS id) SELECT id FROM orders) UNION ALL SELECT id FROM orders WHERE id = 6'),
	('with_over_arms', 'shop', 'WITH customers AS (SELECT 1 AS id) SELECT id FROM customers UNION ALL SELECT id FROM orders WHERE id < 3 ORDER BY 1 LIMIT 2'),
	('with_in_from', 'shop', 'SELECT s.id, c.name FROM (WITH customers AS (SELECT 2 AS id) SELECT * FROM customers) s JOIN customers c USING (id)'),
	('with_in_lateral', 'shop', 'SELECT c.id, l.n FROM customers c, LATERAL (WITH customers AS (SELECT id FROM orders WHERE customer_id = c.id) SELECT count(*) AS n FROM customers) l'),
	('with_materialized', NULL, 'WITH a AS MATERIALIZED (SELECT * FROM shop.orders), b AS NOT MATERIALIZED (SELECT * FROM a) SELECT a.id, b.amount FROM a JOIN b USING (id)'),
	('with_column_names', NULL, 'WITH a(x, y) AS (SELECT id, amount FROM shop.orders) SELECT y, x FROM a'),
	('with_values', 'shop', 'WITH orders(id) AS (VALUES (1), (2)) SELECT o.id, c.name FROM orders o LEFT JOIN customers c USING (id)'),
	('with_unused_shadow', 'shop', 'WITH a AS (WITH orders AS (SELECT 1) SELECT 2 AS two) SELECT count(*) AS n FROM orders');

-- sublinks
INSERT INTO raw.cases (name, path, query) VALUES
	('sub_exists', NULL, 'SELECT id FROM shop.customers c WHERE EXISTS (SELECT FROM shop.orders o WHERE o.customer_id = c.id AND o.amount > 45)'),
	('sub_in', NULL, 'SELECT id FROM shop.orders WHERE customer_id IN (SELECT id FROM shop.customers WHERE region = ''north'')'),
	('sub_not_in', NULL, 'SELECT id FROM shop.orders WHERE customer_id NOT IN (SELECT id FROM shop.customers)'),
	('sub_any', NULL, 'SELECT id FROM shop.orders WHERE amount > ANY (SELECT avg(amount) FROM shop.orders GROUP BY customer_id)'),
	('sub_all', NULL, 'SELECT id FROM shop.orders WHERE amount >= ALL (SELECT amount FROM shop.orders)'),
	('sub_row', NULL, 'SELECT id FROM shop.orders WHERE (customer_id, amount) = (SELECT customer_id, max(amount) FROM shop.orders WHERE customer_id = 3 GROUP BY 1)'),
	('sub_scalar_in_list', NULL, 'SELECT c.id, (SELECT sum(amount) FROM shop.orders o WHERE o.customer_id = c.id) AS total FROM shop.customers c'),
	('sub_array', NULL, 'SELECT c.id, ARRAY(SELECT o.id FROM shop.orders o WHERE o.customer_id = c.id ORDER BY o.id) AS ids FROM shop.customers c'),
	('sub_two_levels', NULL, 'SELECT c.id FROM shop.customers c WHERE EXISTS (SELECT FROM shop.orders o WHERE EXISTS (SELECT FROM shop."Order Lines" l WHERE l."Order Id" = o.id AND o.customer_id = c.id AND l."Qty" = c.id % 4))'),
	('sub_in_having', NULL, 'SELECT customer_id, count(*) AS n FROM shop.orders GROUP BY 1 HAVING count(*) > (SELECT count(*) - 1 FROM shop.customers)'),
	('sub_in_order_by', NULL, 'SELECT id FROM shop.orders o ORDER BY (SELECT name FROM shop.customers c WHERE c.id = o.customer_id) DESC NULLS LAST, id LIMIT 5'),
	('sub_in_on', NULL, 'SELECT o.id, c.name FROM shop.orders o LEFT JOIN shop.customers c ON c.id = (SELECT max(customer_id) FROM shop.orders i WHERE i.id = o.id)'),
	('sub_in_limit', NULL, 'SELECT id FROM shop.orders ORDER BY id LIMIT (SELECT count(*) FROM shop.customers) OFFSET (SELECT 2)'),
	('sub_in_group_by', NULL, 'SELECT (SELECT region FROM shop.customers c WHERE c.id = o.customer_id) AS region, count(*) AS n FROM shop.orders o GROUP BY (SELECT region FROM shop.customers c WHERE c.id = o.customer_id)'),
	('sub_in_function_arg', NULL, 'SELECT g FROM generate_series(1, (SELECT count(*) FROM shop.customers)) g'),
	('sub_in_values', NULL, 'VALUES ((SELECT count(*) FROM shop.orders), 1), ((SELECT max(id) FROM shop.customers), 2)'),
	('sub_in_case', NULL, 'SELECT id, CASE WHEN id IN (SELECT customer_id FROM shop.orders) THEN (SELECT min(amount) FROM shop.orders) ELSE 0 END AS v FROM shop.customers'),
	('sub_aggregate_of_outer', NULL, 'SELECT o.customer_id, (SELECT max(o.amount) || c.name FROM shop.customers c WHERE c.id = 1) AS v FROM shop.orders o GROUP BY o.customer_id'),
	('sub_in_filter', NULL, 'SELECT count(*) FILTER (WHERE id IN (SELECT id FROM shop.customers)) AS n FROM shop.orders'),
	('sub_in_window', NULL, 'SELECT id, sum(amount) OVER (PARTITION BY (SELECT region FROM shop.customers c WHERE c.id = o.customer_id) ORDER BY id) AS s FROM shop.orders o');

-- LATERAL
INSERT INTO raw.cases (name, path, query) VALUES
	('lateral_subquery', NULL, 'SELECT c.id, t.amount FROM shop.customers c CROSS JOIN LATERAL (SELECT amount FROM shop.orders o WHERE o.customer_id = c.id ORDER BY amount DESC, o.id LIMIT 2) t'),
	('lateral_left', NULL, 'SELECT c.id, t.id AS oid_ FROM shop.customers c LEFT JOIN LATERAL (SELECT o.id FROM shop.orders o WHERE o.customer_id = c.id AND o.amount > 48) t ON true'),
	('lateral_function', NULL, 'SELECT o.id, g FROM shop.orders o, generate_series(1, o.customer_id) g'),
	('lateral_of_lateral', NULL, 'SELECT c.id, a.n, b.m FROM shop.customers c, LATERAL (SELECT count(*) AS n FROM shop.orders o WHERE o.customer_id = c.id) a, LATERAL (SELECT a.n * c.id AS m) b'),
	('lateral_values', NULL, 'SELECT o.id, v.k, v.x FROM shop.orders o CROSS JOIN LATERAL (VALUES (''a'', o.amount), (''b'', o.customer_id)) v(k, x)'),
	('lateral_bare_name', NULL, 'SELECT shop.orders.id, l.x FROM shop.orders, LATERAL (SELECT shop.orders.amount * 2 AS x) l');

-- set operations
INSERT INTO raw.cases (name, path, query) VALUES
	('set_union', NULL, 'SELECT customer_id FROM shop.orders UNION SELECT id FROM shop.customers'),
	('set_union_all', NULL, 'SELECT customer_id FROM shop.orders UNION ALL SELECT id FROM shop.customers'),
	('set_intersect_all', NULL, 'SELECT customer_id FROM shop.orders INTERSECT ALL SELECT id % 3 FROM shop.orders'),
	('set_except', NULL, 'SELECT customer_id FROM shop.orders EXCEPT SELECT id FROM shop.customers'),
	('set_except_all', NULL, 'SELECT customer_id FROM shop.orders EXCEPT ALL SELECT id FROM shop.customers'),
	('set_nested', NULL, '(SELECT id FROM shop.orders EXCEPT SELECT id FROM shop.customers) INTERSECT (SELECT id * 2 FROM shop.orders UNION SELECT 9) ORDER BY 1 LIMIT 4'),
	('set_types', NULL, 'SELECT id AS v, region AS t FROM shop.customers UNION ALL SELECT amount, note FROM shop.orders UNION ALL SELECT NULL, NULL'),
	('set_values', 'shop', 'VALUES (1, ''a'') UNION ALL SELECT id, name FROM customers UNION ALL (TABLE numbers LIMIT 1)'),
	('set_in_from', NULL, 'SELECT s.id, count(*) AS n FROM (SELECT id FROM shop.orders UNION ALL SELECT id FROM shop.customers) s GROUP BY 1');

-- names: aliases, schema.table.column, quoting
INSERT INTO raw.cases (name, path, query) VALUES
	('alias_is_another_model', NULL, 'SELECT orders.name, customers.amount FROM shop.orders customers JOIN shop.customers orders ON orders.id = customers.customer_id'),
	('alias_is_the_schema', NULL, 'SELECT shop.id, shop.amount FROM shop.orders shop'),
	('alias_is_a_column', NULL, 'SELECT id.id AS a, id.amount FROM shop.orders id'),
	('alias_shadows_outer', NULL, 'SELECT o.id FROM shop.orders o WHERE 3 = (SELECT o.id FROM shop.customers o WHERE o.id = 3)'),
	('alias_columns', NULL, 'SELECT o.a, o.b, o.note FROM shop.orders AS o(a, b)'),
	('alias_of_subquery', 'shop', 'SELECT orders.x FROM (SELECT name AS x FROM customers) orders'),
	('column_named_like_model', 'shop', 'SELECT orders, shop FROM shop'),
	('model_named_like_schema', NULL, 'SELECT shop.shop, shop.shop.orders FROM shop.shop'),
	('three_parts', NULL, 'SELECT shop.orders.id, shop.orders.amount FROM shop.orders WHERE shop.orders.id > 30'),
	('three_parts_two_schemas', NULL, 'SELECT shop.orders.id, raw.orders.amount FROM shop.orders JOIN raw.orders ON shop.orders.id = raw.orders.id + 1'),
	('three_parts_two_in_list', NULL, 'SELECT shop.orders.id AS a, raw.orders.id AS b FROM raw.orders, shop.orders WHERE raw.orders.id = shop.orders.customer_id'),
	('three_parts_of_outer', NULL, 'SELECT shop.customers.id FROM shop.customers WHERE EXISTS (SELECT FROM shop.orders orders WHERE orders.customer_id = shop.customers.id AND orders.id = 40)'),
	('three_parts_past_an_alias', NULL, 'SELECT shop.orders.id FROM shop.orders WHERE EXISTS (SELECT FROM shop.customers orders WHERE orders.id = shop.orders.customer_id AND shop.orders.amount > 40)'),
	('three_parts_star', NULL, 'SELECT shop.customers.* FROM shop.customers, raw.customers WHERE shop.customers.id = raw.customers.id'),
	('three_parts_found_by_path', 'raw, shop', 'SELECT raw.orders.id, "Order Lines".sku FROM orders, "Order Lines" WHERE orders.id = "Order Id"'),
	('three_parts_in_join', NULL, 'SELECT shop.orders.id, c.name FROM (shop.orders JOIN shop.customers c ON c.id = shop.orders.customer_id)'),
	('three_parts_row', NULL, 'SELECT row_to_json(shop.orders.*)::text AS j FROM shop.orders'),
	('four_parts', NULL, format('SELECT %I.shop.orders.id FROM %1$I.shop.orders', current_database())),
	('quoted_mixed_case', NULL, 'SELECT "Order Lines"."Order Id", l."Qty" FROM shop."Order Lines" JOIN shop."Order Lines" l USING ("Order Id")'),
	('quoted_key_words', NULL, 'SELECT "where", "select"."group" FROM shop.select'),
	('quoted_odd', NULL, 'SELECT "x.y""z", shop."a.b""c"."Ä" FROM shop."a.b""c"'),
	('quoted_schema', NULL, 'SELECT größe.wert, "Odd Schema"."größe".art FROM "Odd Schema"."größe"'),
	('upper_case_folds', NULL, 'SELECT Shop.Orders.ID FROM SHOP.ORDERS'),
	('self_join', NULL, 'SELECT a.id, b.id AS b FROM shop.orders a JOIN shop.orders b ON a.customer_id = b.customer_id AND a.id < b.id'),
	('model_and_outside', NULL, 'SELECT o.id, l.sku, p.label FROM shop.orders o JOIN raw.lines l ON l.order_id = o.id LEFT JOIN raw.child p ON p.id = o.id');

-- unqualified names, by the search_path of the registration
INSERT INTO raw.cases (name, path, query) VALUES
	('path_model_first', 'shop, raw', 'SELECT min(id) AS lowest FROM orders'),
	('path_outside_first', 'raw, shop', 'SELECT count(*) AS n, sum(length(sku)) AS l FROM lines, orders WHERE orders.id = order_id'),
	('path_missing_schema', 'nowhere, "Odd Schema"', 'SELECT * FROM "größe"'),
	('path_user', '"$user", shop', 'SELECT id FROM orders'),
	('path_pg_catalog_first', 'shop', 'SELECT count(*) > 100 AS many FROM pg_class'),
	('path_pg_catalog_last', 'shop, pg_catalog', 'SELECT * FROM pg_class'),
	('path_temp_first', 'pg_temp, shop', 'SELECT id, name FROM customers');

-- statements that are not SELECT ... FROM
INSERT INTO raw.cases (name, path, query) VALUES
	('values_only', NULL, 'VALUES (1, ''a'', NULL::date), (2, ''b'', date ''2024-02-03'')'),
	('values_ordered', NULL, 'VALUES (3), (1), (2) ORDER BY 1 DESC LIMIT 2'),
	('table_qualified', NULL, 'TABLE shop.orders'),
	('table_by_path', 'shop', 'TABLE customers ORDER BY id DESC LIMIT 3'),
	('table_only', NULL, 'TABLE ONLY raw.parent'),
	('no_from', NULL, 'SELECT 1 AS one, ''x'' AS x, NULL::text AS nothing'),
	('only_outside', NULL, 'SELECT id, label FROM ONLY raw.parent'),
	('with_children', NULL, 'SELECT id, label FROM raw.parent *'),
	('in_parentheses', NULL, '((SELECT id FROM shop.orders))'),
	('semicolon', NULL, 'SELECT id FROM shop.orders;');

-- joins
INSERT INTO raw.cases (name, path, query) VALUES
	('join_using', NULL, 'SELECT id, c.name, o.note FROM shop.orders o JOIN shop.customers c USING (id)'),
	('join_using_full', NULL, 'SELECT id, c.name, o.note FROM shop.orders o FULL JOIN (SELECT id + 38 AS id, name FROM shop.customers) c USING (id)'),
	('join_using_alias', NULL, 'SELECT j.id, o.id AS o, c.name FROM shop.orders o LEFT JOIN shop.customers c USING (id) AS j'),
	('join_natural', NULL, 'SELECT * FROM shop.customers NATURAL JOIN (SELECT id, amount FROM shop.orders) o'),
	('join_natural_left', NULL, 'SELECT * FROM shop.numbers NATURAL LEFT JOIN (SELECT id AS n, name FROM shop.customers WHERE id > 2) c'),
	('join_right', NULL, 'SELECT o.id, c.id AS c FROM (SELECT * FROM shop.orders WHERE id > 38) o RIGHT JOIN shop.customers c ON o.customer_id = c.id'),
	('join_aliased', NULL, 'SELECT j.a, j.name FROM (shop.orders o JOIN shop.customers c ON c.id = o.customer_id) AS j(a)  WHERE j.a < 10'),
	('join_aliased_same_names', NULL, 'SELECT j.a, j.f FROM (shop.customers JOIN raw.customers ON shop.customers.id = raw.customers.id) AS j(a, b, c, d, e, f)'),
	('join_tree', NULL, 'SELECT o.id, l.sku, n.word FROM shop.orders o LEFT JOIN (shop."Order Lines" l JOIN shop.numbers n ON n.n = l."Qty") ON l."Order Id" = o.id'),
	('join_cross', NULL, 'SELECT c.id, n.word FROM shop.customers c CROSS JOIN shop.numbers n'),
	('join_false', NULL, 'SELECT c.id, n.word FROM shop.customers c LEFT JOIN shop.numbers n ON false'),
	('join_outer_whole_row', NULL, 'SELECT c.id, (o IS NULL) AS missing, row_to_json(o)::text AS o FROM shop.customers c LEFT JOIN shop.orders o ON o.id = c.id AND o.id < 3');

-- whole rows
INSERT INTO raw.cases (name, path, query) VALUES
	('row_json', NULL, 'SELECT row_to_json(o)::text AS j FROM shop.orders o'),
	('row_json_bare', 'shop', 'SELECT to_jsonb(customers) AS j FROM customers'),
	('row_star', NULL, 'SELECT o.*, o.amount * 2 AS twice FROM shop.orders o'),
	('row_star_twice', NULL, 'SELECT (SELECT count(o.*) FROM shop.orders o) AS n'),
	('row_text', NULL, 'SELECT o::text AS t FROM shop.orders o'),
	('row_field', NULL, 'SELECT (o).id, (o).note FROM shop.orders o'),
	('row_compare', NULL, 'SELECT a.id FROM shop.orders a JOIN shop.orders b ON a = b'),
	('row_of_rows', NULL, 'SELECT ROW(o.*, 1)::text AS r, ROW(o, 1)::text AS s FROM shop.orders o'),
	('row_aggregated', NULL, 'SELECT c.id, jsonb_agg(o ORDER BY o.id) AS os, count(o) AS n FROM shop.customers c LEFT JOIN shop.orders o ON o.customer_id = c.id GROUP BY c.id'),
	('row_aliased_columns', NULL, 'SELECT row_to_json(o)::text AS j FROM shop.customers AS o(a, b)'),
	('row_mixed_case', NULL, 'SELECT row_to_json("Order Lines")::text AS j FROM shop."Order Lines"'),
	('row_distinct', NULL, 'SELECT DISTINCT c::text AS t FROM shop.customers c, shop.orders'),
	('row_of_join', NULL, 'SELECT row_to_json(j)::text AS j FROM (shop.customers JOIN shop.numbers ON n = id) AS j'),
	('row_of_embedded', NULL, 'SELECT row_to_json(d)::text AS j FROM shop.dear d');

-- windows, grouping, limits
INSERT INTO raw.cases (name, path, query) VALUES
	('window_rank', NULL, 'SELECT id, rank() OVER (PARTITION BY customer_id ORDER BY amount DESC) AS r, row_number() OVER (ORDER BY id) AS n FROM shop.orders'),
	('window_named', NULL, 'SELECT id, sum(amount) OVER w AS s, avg(amount) OVER (w ROWS BETWEEN 2 PRECEDING AND CURRENT ROW EXCLUDE TIES) AS a FROM shop.orders WINDOW w AS (PARTITION BY customer_id ORDER BY id)'),
	('window_range', NULL, 'SELECT id, count(*) FILTER (WHERE note IS NULL) OVER (ORDER BY placed_on RANGE BETWEEN interval ''3 days'' PRECEDING AND interval ''1 day'' FOLLOWING) AS c FROM shop.orders'),
	('window_groups', NULL, 'SELECT id, first_value(id) OVER (ORDER BY customer_id, id GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS f FROM shop.orders'),
	('window_lag', NULL, 'SELECT id, lag(amount, 2, 0) OVER (ORDER BY id) AS before, ntile(3) OVER (ORDER BY id) AS part FROM shop.orders'),
	('window_over_group', NULL, 'SELECT customer_id, sum(amount) AS s, sum(sum(amount)) OVER (ORDER BY customer_id) AS running FROM shop.orders GROUP BY customer_id'),
	('group_rollup', NULL, 'SELECT customer_id, note, count(*) AS n, grouping(customer_id, note) AS g FROM shop.orders GROUP BY ROLLUP (customer_id, note)'),
	('group_cube', NULL, 'SELECT c.region, o.note, sum(o.amount) AS s FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id GROUP BY CUBE (c.region, o.note) HAVING count(*) > 1'),
	('group_sets', NULL, 'SELECT customer_id, note, count(*) AS n FROM shop.orders GROUP BY GROUPING SETS ((customer_id), (note), ()), GROUPING SETS ((customer_id), ())'),
	('group_distinct', NULL, 'SELECT customer_id, note, count(*) AS n FROM shop.orders GROUP BY DISTINCT ROLLUP (customer_id, note), ROLLUP (customer_id)'),
	('group_by_number', NULL, 'SELECT placed_on - 3 AS d, count(*) AS n FROM shop.orders GROUP BY 1'),
	('group_by_alias', NULL, 'SELECT id % 3 AS customer, count(*) AS n FROM shop.orders GROUP BY customer ORDER BY n'),
	('group_having_only', NULL, 'SELECT max(id) AS m FROM shop.orders HAVING count(*) > 3'),
	('aggregates', NULL, 'SELECT customer_id, string_agg(note, '','' ORDER BY id DESC) AS notes, count(DISTINCT note) AS d, percentile_cont(0.5) WITHIN GROUP (ORDER BY amount) AS median, mode() WITHIN GROUP (ORDER BY note) AS common, rank(10) WITHIN GROUP (ORDER BY id) AS r, bool_and(amount > 2) FILTER (WHERE id > 2) AS b FROM shop.orders GROUP BY customer_id'),
	('distinct', NULL, 'SELECT DISTINCT customer_id, note FROM shop.orders'),
	('distinct_on', NULL, 'SELECT DISTINCT ON (customer_id) customer_id, id, amount FROM shop.orders ORDER BY customer_id, amount DESC, id'),
	('limit_ties', NULL, 'SELECT customer_id FROM shop.orders ORDER BY customer_id DESC FETCH FIRST 3 ROWS WITH TIES'),
	('limit_offset', NULL, 'SELECT id FROM shop.orders ORDER BY amount DESC, id LIMIT 7 OFFSET 3'),
	('order_using', NULL, 'SELECT id FROM shop.orders ORDER BY note USING > NULLS LAST, id LIMIT 9');

-- functions in FROM, samples, JSON, XML
INSERT INTO raw.cases (name, path, query) VALUES
	('sample_all', NULL, 'SELECT id FROM raw.orders TABLESAMPLE SYSTEM (100)'),
	('sample_some', NULL, 'SELECT s.id FROM raw.orders s TABLESAMPLE BERNOULLI (50) REPEATABLE (7) JOIN shop.orders USING (id)'),
	('rows_from', NULL, 'SELECT r.* FROM ROWS FROM (generate_series(1, 3), unnest(ARRAY[''a'', ''b'']), json_to_recordset(''[{"k":1}]'') AS (k int)) AS r(x, y, z)'),
	('ordinality', NULL, 'SELECT d.id, t.tag, t.n FROM shop.docs d, unnest(d.tags) WITH ORDINALITY AS t(tag, n)'),
	('rows_from_ordinality', NULL, 'SELECT d.id, u.* FROM shop.docs d, ROWS FROM (unnest(d.tags), jsonb_array_elements(d.doc -> ''items'')) WITH ORDINALITY AS u(a, b, c)'),
	('unnest_many', NULL, 'SELECT * FROM unnest(ARRAY[1, 2], ARRAY[''x'', ''y'', ''z'']) AS u(a, b)'),
	('record_function', NULL, 'SELECT d.id, r.a, r.items FROM shop.docs d, jsonb_to_record(d.doc) AS r(a int, items jsonb)'),
	('json_path', NULL, 'SELECT id, doc #>> ''{items,2}'' AS t, (doc -> ''items'' ->> 0)::int AS i, doc @? ''$.items[*] ? (@ > 3)'' AS big FROM shop.docs'),
	('json_subscript', NULL, 'SELECT id, doc[''items''][1] AS second FROM shop.docs'),
	('xmltable', NULL, 'SELECT d.id, t.n, t.word, t.place, t.nope FROM shop.docs d, XMLTABLE(''/r/i'' PASSING d.x COLUMNS place FOR ORDINALITY, n int PATH ''@n'', word text PATH ''.'', nope text PATH ''nope'' DEFAULT ''none'') t'),
	('xmltable_namespace', NULL, 'SELECT t.v FROM XMLTABLE(XMLNAMESPACES(''urn:a'' AS a), ''/a:r/a:i'' PASSING xmlparse(document ''<r xmlns="urn:a"><i>1</i><i>2</i></r>'') COLUMNS v int PATH ''.'') t'),
	('xml_made', NULL, 'SELECT xmlelement(name o, xmlattributes(id AS n), xmlforest(amount, note))::text AS x FROM shop.orders'),
	('set_returning', NULL, 'SELECT id, generate_series(1, id) AS g, unnest(ARRAY[region, name]) AS u FROM shop.customers'),
	('srf_nested', NULL, 'SELECT abs(generate_series(-2, 0)) AS v');

-- expressions and types
INSERT INTO raw.cases (name, path, query) VALUES
	('types', NULL, 'SELECT 1::int2 AS a, 2::int8 AS b, 3.5::numeric(6,3) AS c, ''x''::varchar(5) AS d, ''y''::char(3) AS e, B''101''::bit(3) AS f, ''{1,2}''::int[] AS g, interval ''1 day 2 hours'' DAY TO HOUR AS h, ''[1,3)''::int4range AS i, ''a''::"char" AS j, ''12:30''::time(2) AS k, ''\xff''::bytea AS l'),
	('collations', NULL, 'SELECT name COLLATE "C" AS c, max(name COLLATE "POSIX") OVER () AS p, region FROM shop.customers'),
	('arrays', NULL, 'SELECT id, tags[1] AS first, tags[2:] AS rest, tags || ''z''::text AS more, ''t2'' = ANY (tags) AS two, array_length(tags, 1) AS l FROM shop.docs'),
	('cases', NULL, 'SELECT id, CASE customer_id WHEN 1 THEN ''one'' WHEN 2 THEN ''two'' END AS w, coalesce(note, ''-'') AS n, nullif(customer_id, 3) AS u, greatest(id, customer_id, 5) AS g, note IS DISTINCT FROM ''note 1'' AS d, amount BETWEEN SYMMETRIC 30 AND 10 AS b, (id > 3) IS NOT TRUE AS t FROM shop.orders'),
	('rows_compared', NULL, 'SELECT id FROM shop.orders WHERE (customer_id, id) > (5, 20) AND ROW(note, id) IS DISTINCT FROM ROW(NULL, 1)'),
	('patterns', NULL, 'SELECT id FROM shop.orders WHERE note LIKE ''note _'' AND note NOT SIMILAR TO ''%(1|2)'' AND note ~* ''NOTE''' ),
	('overlaps', NULL, 'SELECT id FROM shop.orders WHERE (placed_on, placed_on + 3) OVERLAPS (date ''2024-01-10'', interval ''2 days'')'),
	('named_arguments', NULL, 'SELECT make_interval(days => id, hours => 2) AS i FROM shop.customers'),
	('variadic', NULL, 'SELECT concat_ws(''-'', VARIADIC tags) AS c, format(''%s %s'', id, tags[1]) AS f FROM shop.docs'),
	('extract', NULL, 'SELECT id, extract(dow FROM placed_on) AS d, date_trunc(''month'', placed_on::timestamp) AS m FROM shop.orders'),
	('kinds_together', NULL, 'SELECT o.id, c.name, l.sku, n.word, d.amount, p.label FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id JOIN shop."Order Lines" l ON l."Order Id" = o.id JOIN shop.numbers n ON n.n = l."Qty" LEFT JOIN shop.dear d ON d.id = o.id LEFT JOIN raw.parent p ON p.id = o.id'),
	('embedded_under_with', 'shop', 'WITH customers AS (SELECT 1 AS id), orders AS (SELECT 2 AS id) SELECT d.id, c.id AS c, o.id AS o FROM dear d, customers c, orders o'),
	('embedded_twice', NULL, 'SELECT a.id, (SELECT sum(b.amount) FROM shop.dear b WHERE b.id < a.id) AS s FROM shop.dear a'),
	('embedded_in_sublink', NULL, 'SELECT id FROM shop.orders WHERE id IN (SELECT id FROM shop.dear) AND amount > (SELECT avg(amount) FROM shop.dear)'),
	('dollar_quotes', NULL, 'SELECT $a$it''s $$ here$a$ AS t, E''\t'' AS tab, U&''d\0061t'' AS u /* a comment; with /* another */ */ -- and this'),
	('unicode', NULL, 'SELECT ''größe €'' AS "Größe", length(''größe'') AS l');

-- Plain tables of the models' names, and what each query gives over them.
DO $$
DECLARE
	r record;
BEGIN
	FOR r IN SELECT * FROM raw.models ORDER BY place LOOP
		IF r.kind = 'seed' THEN
			EXECUTE format('CREATE TABLE %s (n bigint, word text)', r.name);
			EXECUTE format('INSERT INTO %s VALUES (1, ''one''), (2, ''two''), (3, ''th,ree'')', r.name);
		ELSIF r.kind <> 'external' THEN
			EXECUTE format('CREATE TABLE %s AS %s', r.name, r.query);
		END IF;
	END LOOP;
	FOR r IN SELECT * FROM raw.cases ORDER BY place LOOP
		PERFORM set_config('search_path', coalesce(r.path, 'pg_catalog'), true);
		EXECUTE format(E'CREATE TABLE expected.%I AS %s\n', r.name, rtrim(r.query, ';'));
	END LOOP;
	-- a query without rows proves nothing
	FOR r IN SELECT * FROM raw.cases ORDER BY place LOOP
		EXECUTE format('SELECT count(*) AS n FROM expected.%I', r.name) INTO r.place;
		IF r.place = 0 THEN
			RAISE WARNING 'case % has no rows', r.name;
		END IF;
	END LOOP;
END $$;

-- From now on everything that is not the model is wrong.
DO $$
DECLARE
	r record;
BEGIN
	FOR r IN SELECT * FROM raw.models WHERE kind <> 'external' LOOP
		EXECUTE 'TRUNCATE ' || r.name;
	END LOOP;
END $$;
CREATE TEMPORARY TABLE orders AS SELECT -1 AS id, -1 AS customer_id, -1.0 AS amount, 'temporary' AS note, date '1900-01-01' AS placed_on;
CREATE TEMPORARY TABLE customers AS SELECT -1 AS id, 'temporary' AS name, -1 AS parent_id, 'temporary' AS region;
CREATE TEMPORARY TABLE numbers AS SELECT -1 AS n, 'temporary' AS word;
CREATE TEMPORARY TABLE dear AS SELECT -1 AS id, -1.0 AS amount;
CREATE TABLE elsewhere.orders AS TABLE pg_temp.orders;
CREATE TABLE elsewhere.customers AS TABLE pg_temp.customers;
CREATE TABLE elsewhere.lines AS SELECT -1 AS order_id, -1 AS qty, 'elsewhere' AS sku;

DO $$
DECLARE
	r record;
BEGIN
	FOR r IN SELECT * FROM raw.models ORDER BY place LOOP
		PERFORM set_config('search_path', 'pg_catalog', true);
		PERFORM public.vde_register(r.name, r.query, r.kind);
	END LOOP;
	PERFORM public.vde_register('shop.keyed', 'SELECT id, name FROM raw.customers', options => '{"primary_key": ["id"]}');
	FOR r IN SELECT * FROM raw.cases ORDER BY place DESC LOOP
		PERFORM set_config('search_path', coalesce(r.path, 'pg_catalog'), true);
		PERFORM public.vde_register('cases.' || r.name, r.query);
	END LOOP;
END $$;

-- planning with another path, applying with yet another one
SET search_path = elsewhere, pg_temp, public;
SELECT change, action, count(*) FROM vde_changes('dev') WHERE model NOT LIKE 'cases.%' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT change, action, count(*) = (SELECT count(*) FROM raw.cases) AS all_of_them
FROM vde_changes('dev') WHERE model LIKE 'cases.%' GROUP BY 1, 2;
SET search_path = public;
CALL vde_apply('dev');

-- The same columns, in the same order, and the same rows: as text, because
-- xml and json have no equality.
CREATE FUNCTION elsewhere.difference(a regclass, b regclass) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	columns text[];
	n bigint;
BEGIN
	SELECT array_agg(c) INTO columns FROM (
		SELECT format('%s: %s', x.c, string_agg(x.side, '/')) AS c
		FROM (SELECT format('%s %s %s %s', attnum, attname, format_type(atttypid, atttypmod), attcollation::regcollation) AS c,
				attrelid::regclass::text AS side
			FROM pg_attribute WHERE attrelid IN (a, b) AND attnum > 0) x
		GROUP BY x.c HAVING count(*) <> 2) y;
	IF columns IS NOT NULL THEN
		RETURN array_to_string(columns, '; ');
	END IF;
	EXECUTE format('SELECT count(*) FROM ((SELECT x::text FROM %1$s x EXCEPT ALL SELECT x::text FROM %2$s x)'
				   ' UNION ALL (SELECT x::text FROM %2$s x EXCEPT ALL SELECT x::text FROM %1$s x)) d', a, b) INTO n;
	RETURN n || ' rows differ';
END $$;

-- the check finds what it looks for
CREATE TABLE elsewhere.one AS SELECT 1 AS a;
CREATE TABLE elsewhere.other_row AS SELECT 2 AS a;
CREATE TABLE elsewhere.twice AS SELECT 1 AS a UNION ALL SELECT 1;
CREATE TABLE elsewhere.other_type AS SELECT 1::int8 AS a;
CREATE TABLE elsewhere.other_name AS SELECT 1 AS b;
SELECT t, elsewhere.difference('elsewhere.one', ('elsewhere.' || t)::regclass)
FROM unnest('{one,other_row,twice,other_type,other_name}'::text[]) t;

-- every query: those that differ (none), and how many were compared
SELECT c.name, d.difference
FROM raw.cases c, LATERAL (SELECT elsewhere.difference(('cases__dev.' || c.name)::regclass, ('expected.' || c.name)::regclass)) d(difference)
WHERE d.difference <> '0 rows differ'
ORDER BY c.place;
SELECT split_part(name, '_', 1) AS form, count(*) AS compared
FROM raw.cases c
WHERE elsewhere.difference(('cases__dev.' || name)::regclass, ('expected.' || name)::regclass) = '0 rows differ'
GROUP BY 1 ORDER BY min(place);
SELECT count(*) FROM raw.cases;

-- The models know their parents: what the graph was made of.
SELECT model, parents FROM vde_models
WHERE environment = 'dev' AND model IN ('cases.with_shadows', 'cases.with_reads_what_it_shadows', 'cases.with_earlier_is_not_later',
	'cases.three_parts_two_schemas', 'cases.path_outside_first', 'cases.path_pg_catalog_first', 'cases.path_pg_catalog_last',
	'cases.kinds_together', 'shop.dear')
ORDER BY model;

-- Another environment, prod, has the same tables: all is there, nothing is
-- built.  The models' own names are now taken by the plain tables.
SELECT model, obstacle FROM (SELECT o ->> 'model' AS model, o ->> 'message' AS obstacle
	FROM vde_plan('dev', 'prod', 'json') p, jsonb_array_elements(p::jsonb -> 'obstacles') o) x ORDER BY 1 LIMIT 3;
DO $$
DECLARE
	r record;
BEGIN
	FOR r IN SELECT * FROM raw.models WHERE kind <> 'external' LOOP
		EXECUTE 'DROP TABLE ' || r.name;
	END LOOP;
END $$;
CALL vde_promote('dev', 'prod');
SELECT action, built, reused = models AS all_reused FROM vde_deployments WHERE environment = 'prod' ORDER BY deployment DESC LIMIT 1;
SELECT c.name, d.difference
FROM raw.cases c, LATERAL (SELECT elsewhere.difference(('cases.' || c.name)::regclass, ('expected.' || c.name)::regclass)) d(difference)
WHERE d.difference <> '0 rows differ'
ORDER BY c.place;

-- Refreshed, they are the same again.
CALL vde_run('prod');
SELECT c.name, d.difference
FROM raw.cases c, LATERAL (SELECT elsewhere.difference(('cases.' || c.name)::regclass, ('expected.' || c.name)::regclass)) d(difference)
WHERE d.difference <> '0 rows differ'
ORDER BY c.place;

-- What an ephemeral relation cannot carry, and names that mean nothing, are
-- refused with the reason and the place, at registration or in the plan.
CREATE TABLE elsewhere.refusals (place serial, why text, path text, query text, seen text);
INSERT INTO elsewhere.refusals (why, path, query) VALUES
	('system column', NULL, 'SELECT ctid AS c, id FROM shop.orders'),
	('system column, qualified', NULL, 'SELECT o.xmin::text AS x FROM shop.orders o'),
	('system column, tableoid', NULL, 'SELECT shop.orders.tableoid AS t FROM shop.orders'),
	('sample of a model', NULL, 'SELECT id FROM shop.orders TABLESAMPLE SYSTEM (10)'),
	('GROUP BY of a key', NULL, 'SELECT id, name FROM shop.keyed GROUP BY id'),
	('row type of a model', NULL, 'SELECT NULL::shop.orders IS NULL AS n'),
	('function of a row type', NULL, 'SELECT elsewhere.label(o) AS l FROM shop.customers o'),
	('function as a column', NULL, 'SELECT o.label FROM shop.customers o'),
	('row as a column', NULL, 'SELECT o FROM shop.orders o'),
	('session_user', NULL, 'SELECT session_user::text AS u'),
	('regclass of a model', NULL, 'SELECT ''shop.orders''::regclass::oid AS o'),
	('regclass as an argument', NULL, 'SELECT pg_relation_size(''shop.orders'') AS s'),
	('now as timestamptz', NULL, 'SELECT ''now''::timestamptz AS t'),
	('now in words', NULL, 'SELECT timestamp E'' N\u006FW '' AS t'),
	('today in a comparison', NULL, 'SELECT id FROM raw.orders WHERE now() > $$today 12:00$$'),
	('tomorrow in a list', NULL, 'SELECT id FROM raw.orders WHERE current_date IN (''2020-01-01'', ''Tomorrow'')'),
	('yesterday in an array', NULL, 'SELECT ''{2020-01-01,yesterday}''::date[] AS d'),
	('today in a range', NULL, 'SELECT ''[2020-01-01,today)''::daterange AS d'),
	('now in two pieces', NULL, E'SELECT time ''no''\n''w'' AS t'),
	('regclass in an array', NULL, 'SELECT 1 AS a FROM raw.orders WHERE id = ANY (''{shop.customers,raw.orders}''::regclass[]::oid[]::bigint[])'),
	('regclass of an environment', NULL, 'SELECT ''shop__dev.orders''::regclass::oid AS o'),
	('regtype of a model', NULL, 'SELECT ''shop.orders''::regtype::oid AS t'),
	('regtype in an array', NULL, 'SELECT ''{int4,shop.orders}''::regtype[]::oid[] AS t'),
	('array of a row type', NULL, 'SELECT NULL::shop.orders[] IS NULL AS n'),
	('sample in a join', NULL, 'SELECT o.id FROM raw.orders r JOIN shop.orders o TABLESAMPLE BERNOULLI (10) USING (id)'),
	('temporary table', 'pg_temp', 'SELECT * FROM dear'),
	('temporary table, qualified', NULL, 'SELECT * FROM pg_temp.dear'),
	('not in the path', 'raw', 'SELECT * FROM numbers'),
	('physical table', NULL, 'SELECT * FROM vde_data.anything'),
	('catalog', NULL, 'SELECT * FROM vde.model'),
	('view of an environment', NULL, 'SELECT * FROM shop__dev.orders'),
	('another database', NULL, 'SELECT * FROM elsewhere.shop.orders'),
	('itself', NULL, 'SELECT * FROM refused.m'),
	('itself, by path', 'refused', 'SELECT * FROM m'),
	('WITH item not yet visible', 'raw', 'WITH a AS (SELECT * FROM b), b AS (SELECT 1 AS x) SELECT * FROM a'),
	('WITH item of another arm', 'raw', '(WITH a AS (SELECT 1 AS x) SELECT * FROM a) UNION ALL SELECT * FROM a'),
	('ambiguous table', NULL, 'SELECT orders.id FROM shop.orders, raw.orders'),
	('same name twice', NULL, 'SELECT 1 AS x FROM shop.orders, shop.orders'),
	('schema of an aliased model', NULL, 'SELECT shop.orders.id FROM shop.orders o'),
	('table not in FROM', NULL, 'SELECT shop.customers.id FROM shop.orders'),
	('alias hides the name', NULL, 'SELECT orders.id FROM shop.orders o'),
	('no such column', NULL, 'SELECT o.id, o.nope FROM shop.orders o'),
	('no such column, three parts', NULL, 'SELECT shop.orders.nope FROM shop.orders'),
	('not lateral', NULL, 'SELECT l.x FROM shop.orders o, (SELECT o.id AS x) l'),
	('reserved name', 'shop', 'SELECT * FROM "vde parent 0", orders'),
	('reserved name, WITH', 'shop', 'WITH "vde parent 0" AS (SELECT 1 AS x) SELECT * FROM orders');
CREATE FUNCTION elsewhere.label(shop.customers) RETURNS text LANGUAGE sql AS 'SELECT $1.name';
DO $$
DECLARE
	r record;
	detail text;
	hint text;
BEGIN
	FOR r IN SELECT * FROM elsewhere.refusals ORDER BY place LOOP
		BEGIN
			PERFORM set_config('search_path', coalesce(r.path, 'pg_catalog'), true);
			PERFORM public.vde_register('refused.m', r.query, environment => 'refusals');
			PERFORM set_config('search_path', 'public', true);
			PERFORM FROM public.vde_changes('refusals');
			detail := 'accepted';
			BEGIN
				CALL public.vde_apply('refusals');
			EXCEPTION WHEN others THEN
				GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
				detail := format('apply: %s: %s | %s | %s', SQLSTATE, SQLERRM, detail, hint);
			END;
			RAISE EXCEPTION USING MESSAGE = detail, ERRCODE = 'ZZ000';
		EXCEPTION WHEN others THEN
			GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
			UPDATE elsewhere.refusals SET seen = CASE WHEN SQLSTATE = 'ZZ000' THEN SQLERRM ELSE format('%s: %s | %s | %s', SQLSTATE, SQLERRM, detail, hint) END
			WHERE place = r.place;
		END;
	END LOOP;
END $$;
-- PostgreSQL 16 tells more of one that is not vde's
SELECT why, CASE why WHEN 'not lateral' THEN split_part(seen, ' |', 1) ELSE seen END
FROM elsewhere.refusals ORDER BY place \g (format=unaligned fieldsep=' => ' tuples_only=on)

-- the place is in the text of the model
\set VERBOSITY default
SET search_path = public;
SELECT vde_register('refused.m', E'SELECT o.id,\n    o.nope\nFROM shop.orders o') IS NOT NULL AS drafted;
SELECT vde_changes('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('refused.m', E'SELECT ''ä€'' AS x,\n    shop.orders.ctid AS c\nFROM shop.orders') IS NOT NULL AS drafted;
SELECT vde_changes('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('refused.m', E'SELECT ''ä€'' AS x,\n    current_date AS day,\n    date ''today'' AS d') IS NOT NULL AS drafted;
SELECT vde_changes('dev');
\echo :LAST_ERROR_SQLSTATE
-- text, a time that is none of these, and now() are no such thing
SELECT vde_register('refused.m', 'SELECT ''today'' AS t, timestamp ''epoch'' AS e, date ''infinity'' AS i, now() AS n, ''now''::text::date - 1 AS y, ''{today}''::text[] AS a') IS NOT NULL AS drafted;
SELECT count(*) FROM vde_changes('dev');
SELECT vde_unregister('refused.m');
SELECT count(*) FROM vde_changes('dev');

-- What analysis does runs no DDL: it works where nothing can be written.
SELECT vde_register('cases.with_shadows', 'SELECT o.id, c.name FROM shop.orders o JOIN shop.customers c USING (id)') IS NOT NULL AS drafted;
BEGIN READ ONLY;
SELECT model, change, action FROM vde_changes('dev');
SELECT count(*) > 0 AS planned FROM vde_plan('dev', 'prod');
COMMIT;

RESET ROLE;
