-- Nothing is written through the views of an environment: not by the model's
-- owner, not by who was granted it, and not by a superuser who owns the model,
-- who could write to the tables behind them.  Without any library loaded.
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_sealed_ana, t_sealed_bob;
CREATE ROLE t_sealed_ana;
CREATE ROLE t_sealed_bob;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_sealed_ana', current_database()); END $$;
CREATE SCHEMA raw AUTHORIZATION t_sealed_ana;
CREATE SCHEMA shop;
CREATE SCHEMA root;
GRANT CREATE, USAGE ON SCHEMA shop TO t_sealed_ana;
GRANT USAGE ON SCHEMA shop, root TO t_sealed_bob;
GRANT USAGE ON SCHEMA root TO t_sealed_ana;
\pset format unaligned
\pset tuples_only on

SET SESSION AUTHORIZATION t_sealed_ana;
CREATE TABLE raw.orders AS SELECT i AS id, i % 3 AS customer FROM generate_series(1, 1000) i;
SELECT vde_register('shop.orders', 'SELECT id, customer FROM raw.orders', options => '{"indexes": ["id"]}', environment => 'prod') > 0;
SELECT vde_register('shop.v', 'SELECT id, customer FROM raw.orders', 'view', environment => 'prod') > 0;
SELECT vde_register('shop.m', 'SELECT id, customer FROM shop.orders', 'materialized_view', environment => 'prod') > 0;
SELECT vde_register('shop.one', 'SELECT id FROM shop.orders', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON shop.orders, shop.v, shop.m TO t_sealed_bob;
RESET SESSION AUTHORIZATION;
-- models of a superuser
SELECT vde_register('root.orders', 'SELECT id, customer FROM raw.orders', options => '{"indexes": ["id"]}', environment => 'prod') > 0;
SELECT vde_register('root.v', 'SELECT id, customer FROM raw.orders', 'view', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON root.orders, root.v TO t_sealed_bob, t_sealed_ana;

-- every way to write, by everybody, through every view
CREATE TABLE public.attempts (place serial, who text, statement text, result text);
INSERT INTO public.attempts (who, statement)
SELECT who, replace(statement, 'VIEW', view)
FROM unnest('{t_sealed_ana,t_sealed_bob,postgres}'::text[]) WITH ORDINALITY w (who, i),
	unnest('{shop.orders,shop.v,shop.m,root.orders,root.v}'::text[]) WITH ORDINALITY v (view, k),
	unnest(ARRAY[
	'INSERT INTO VIEW VALUES (0, 0)',
	'INSERT INTO VIEW (id) VALUES (0) ON CONFLICT DO NOTHING',
	'UPDATE VIEW SET customer = 9',
	'DELETE FROM VIEW WHERE id = 1',
	'WITH gone AS (DELETE FROM VIEW RETURNING *) SELECT * FROM gone',
	'MERGE INTO VIEW t USING raw.orders s ON t.id = s.id WHEN MATCHED THEN DELETE',
	'TRUNCATE VIEW',
	'COPY VIEW FROM ''/dev/null''']) WITH ORDINALITY s (statement, n)
ORDER BY i, k, n;
CREATE PROCEDURE public.attempt_all() LANGUAGE plpgsql AS $$
DECLARE
	r record;
	message text;
BEGIN
	FOR r IN SELECT * FROM public.attempts ORDER BY place LOOP
		BEGIN
			PERFORM set_config('role', CASE r.who WHEN 'postgres' THEN 'none' ELSE r.who END, true);
			EXECUTE r.statement;
			message := 'done';
		EXCEPTION WHEN others THEN
			message := SQLERRM;
		END;
		PERFORM set_config('role', 'none', true);
		UPDATE public.attempts SET result = message WHERE place = r.place;
	END LOOP;
END $$;
CALL public.attempt_all();
-- the words differ between versions of PostgreSQL: which attempts succeeded?
SELECT who, statement FROM public.attempts WHERE result = 'done' ORDER BY place;
SELECT DISTINCT result FROM public.attempts WHERE statement ~ '^(INSERT|UPDATE|DELETE|WITH).*orders' ORDER BY 1;
SELECT count(*), sum(customer) FROM raw.orders;
SELECT (SELECT count(*) FROM shop.orders), (SELECT sum(customer) FROM shop.v), (SELECT count(*) FROM shop.m), (SELECT count(*) FROM root.orders), (SELECT sum(customer) FROM root.v);
-- tools that ask are told the truth
SELECT table_schema, table_name, is_updatable, is_insertable_into FROM information_schema.views WHERE table_schema IN ('shop', 'root') ORDER BY 1, 2;
SELECT count(*) FROM vde_check();

-- the view costs the planner's result nothing: indexes, LIMIT, UNION ALL and joins as on the table
CREATE FUNCTION plan(query text) RETURNS SETOF text LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
		-- 15 has one here that later versions see through
		IF line !~ 'Join Filter' THEN
			RETURN NEXT regexp_replace(line, '__[0-9a-f]{16}', '', 'g');
		END IF;
	END LOOP;
END $$;
SELECT plan('SELECT * FROM shop.orders WHERE id = 5');
SELECT plan('SELECT * FROM shop.orders ORDER BY id LIMIT 5');
SELECT plan('SELECT id FROM shop.orders UNION ALL SELECT id FROM root.orders ORDER BY id LIMIT 5');
SELECT plan('SELECT * FROM (VALUES (1), (2)) n (id) JOIN (SELECT id FROM shop.orders UNION ALL SELECT id FROM root.orders) o ON o.id = n.id');
SELECT plan('SELECT a.id, b.customer FROM shop.orders a LEFT JOIN shop.orders b ON b.id = a.id WHERE a.id = 3');

-- what is kept: the shape over a replacement and a dump
SELECT pg_get_viewdef('shop.one'::regclass) ~ '\) sealed;$';
SELECT pg_get_viewdef('shop.orders'::regclass) AS definition \gset
CREATE OR REPLACE VIEW shop.orders AS :definition
SELECT count(*) FROM vde_check();

-- a superuser's own view over a table is found
SELECT format('vde_data.%I', physical_table) AS physical FROM vde_models WHERE environment = 'prod' AND model = 'root.orders' \gset
CREATE OR REPLACE VIEW root.orders AS SELECT id, customer FROM :physical;
SELECT object, problem FROM vde_check();
SELECT object, problem, repaired FROM vde_check(true);
DELETE FROM root.orders;
SELECT count(*) FROM vde_check();

DROP OWNED BY t_sealed_ana, t_sealed_bob CASCADE;
DROP ROLE t_sealed_ana, t_sealed_bob;
