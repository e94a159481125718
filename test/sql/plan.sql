-- plan: what vde_plan and vde_changes say, in each format, of each kind of
-- change; that they write nothing; and that an apply holds to a plan's id.
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_plan_ana;
CREATE ROLE t_plan_ana;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_plan_ana', current_database()); END $$;
GRANT CREATE ON SCHEMA public TO t_plan_ana;
CREATE SCHEMA raw AUTHORIZATION t_plan_ana;
SET SESSION AUTHORIZATION t_plan_ana;
CREATE TABLE raw.orders (id int, customer_id int, amount numeric(10,2), note text);
INSERT INTO raw.orders SELECT i, i % 3, i, 'note ' || i FROM generate_series(1, 9) i;

-- the plan without its id, which is its last line
CREATE FUNCTION p(environment text, target text DEFAULT NULL, format text DEFAULT 'text') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT regexp_replace(line, '^[0-9a-f]{16}$', '(id)') FROM vde_plan($1, $2, $3) line
$$;
CREATE FUNCTION id(environment text, target text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT line FROM vde_plan($1, $2) WITH ORDINALITY p (line, n) ORDER BY n DESC LIMIT 1
$$;
CREATE VIEW relations AS SELECT count(*) AS relations FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace AND relkind IN ('r', 'v', 'm', 'p');
\pset format unaligned
\pset tuples_only on

-- no environment
SELECT p('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_changes('dev');
SELECT p('Dev');
\echo :LAST_ERROR_SQLSTATE

--
-- out of order: the child first.  The plan lists what is missing, rows cannot
-- be made of it, and apply raises it with the position in the query.
--
SELECT vde_register('shop.revenue', $$SELECT customer_id, sum(amount) AS total
FROM shop.orders
GROUP BY 1$$) > 0;
SELECT p('dev');
SELECT p('dev', format => 'markdown');
SELECT jsonb_pretty(p::jsonb - 'plan') FROM vde_plan('dev', format => 'json') p;
SELECT * FROM vde_changes('dev');
\echo :LAST_ERROR_SQLSTATE
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
TABLE relations;
-- a grandchild of what is missing waits, too, and what does not read it is planned
SELECT vde_register('shop.top', 'SELECT max(total) AS top FROM shop.revenue') > 0;
SELECT vde_register('shop.other', 'SELECT count(*) AS n FROM raw.orders') > 0;
SELECT vde_register('shop.two', 'SELECT a.x FROM nowhere.a, nowhere.b, "No Where"."c"') > 0;
SELECT p('dev');
CALL vde_apply('dev');
TABLE relations;
SELECT vde_unregister('shop.two');
SELECT vde_unregister('shop.other');
-- then the parent
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount FROM raw.orders') > 0;
SELECT p('dev');
SELECT p('dev', format => 'markdown');
SELECT jsonb_pretty(p::jsonb - 'plan') FROM vde_plan('dev', format => 'json') p;
SELECT model, change, category, action, version ~ '^[0-9a-f]{32}$', reason, drafted_by, kind FROM vde_changes('dev');
SELECT p('dev', format => 'yaml');
\echo :LAST_ERROR_SQLSTATE

--
-- a plan writes nothing, not even where it could not
--
CREATE FUNCTION fill(OUT what text, OUT n bigint) RETURNS SETOF record LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	FOR what IN SELECT c.oid::regclass::text FROM pg_class c WHERE relnamespace IN ('vde'::regnamespace, 'vde_data'::regnamespace) AND relkind IN ('r', 'm', 'p') ORDER BY 1
	LOOP
		EXECUTE format('SELECT count(*) + sum(xmin::text::bigint) FROM %s', what) INTO n;
		RETURN NEXT;
	END LOOP;
END $$;
RESET SESSION AUTHORIZATION;
ALTER FUNCTION fill() OWNER TO CURRENT_USER;
CREATE TEMP TABLE before AS SELECT * FROM fill();
GRANT SELECT ON before TO PUBLIC;
SET SESSION AUTHORIZATION t_plan_ana;
BEGIN READ ONLY;
SELECT count(*) FROM vde_plan('dev');
SELECT count(*) FROM vde_plan('dev', format => 'json');
SELECT count(*) FROM vde_plan('dev', format => 'markdown');
SELECT count(*) FROM vde_changes('dev');
SELECT count(*) FROM vde_plan('dev', 'prod');
COMMIT;
SELECT * FROM fill() EXCEPT TABLE before;

--
-- ids: the same plan has the same id; apply holds to it
--
SELECT id('dev') = id('dev'), id('dev') ~ '^[0-9a-f]{16}$';
SELECT id('dev') AS stale \gset
SELECT (SELECT p::jsonb ->> 'plan' FROM vde_plan('dev', format => 'json') p) = :'stale';
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount FROM raw.orders WHERE id > 0') > 0;
SELECT id('dev') <> :'stale';
\set VERBOSITY sqlstate
CALL vde_apply('dev', plan => :'stale');
CALL vde_apply('dev', plan => '');
\set VERBOSITY terse
CALL vde_apply('dev', plan => 'ABC');
\set VERBOSITY default
TABLE relations;
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount FROM raw.orders') > 0;
SELECT id('dev') = :'stale';
SELECT id('dev') AS plan \gset
CALL vde_apply('dev', plan => :'plan', message => 'as planned');
SELECT action, message, plan = :'plan', models, built, reused, changed FROM vde_deployments WHERE environment = 'dev' ORDER BY deployment;
TABLE relations;
\set VERBOSITY sqlstate
CALL vde_apply('dev', plan => :'plan');
\set VERBOSITY default

--
-- nothing to do
--
SELECT p('dev');
SELECT p('dev', format => 'markdown');
SELECT jsonb_pretty(p::jsonb - 'plan') FROM vde_plan('dev', format => 'json') p;
SELECT count(*) FROM vde_changes('dev');
SET client_min_messages = notice;
CALL vde_apply('dev');
SET client_min_messages = warning;
SELECT count(*) FROM vde_deployments WHERE environment = 'dev';
-- the same registered again is no draft
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount FROM raw.orders') > 0;
SELECT p('dev');

--
-- with a target: as if it were there, and then as it is
--
SELECT p('dev', 'prod');
SELECT model, change, category, action, reason, drafted_by FROM vde_changes('dev', 'prod');
SELECT p('dev', 'dev');
\echo :LAST_ERROR_SQLSTATE
SELECT p('nowhere', 'dev');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM vde_environments;
SELECT id('dev', 'prod') AS plan \gset
CALL vde_promote('dev', 'prod');
SELECT p('dev', 'nowhere');
\echo :LAST_ERROR_SQLSTATE
SELECT p('dev', 'prod');
SELECT p('dev', 'prod', 'markdown');
SELECT count(*) FROM vde_changes('dev', 'prod');
\set VERBOSITY sqlstate
CALL vde_promote('dev', 'prod', plan => :'plan');
\set VERBOSITY default

--
-- every category
--
SELECT vde_register('shop.customers', 'SELECT customer_id, count(*) AS orders FROM shop.orders GROUP BY 1') > 0;
SELECT vde_register('shop.big', 'SELECT id, amount FROM shop.orders WHERE amount > 5', 'view') > 0;
SELECT vde_register('shop.gone', 'SELECT 1 AS gone') > 0;
SELECT vde_register('shop.meta', 'SELECT 1 AS meta') > 0;
SELECT vde_register('shop.storage', 'SELECT id FROM raw.orders') > 0;
CALL vde_apply('dev');
-- a column added: non-breaking; who reads the model keeps its table, but a view
-- stands on another one
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount, note FROM raw.orders') > 0;
SELECT p('dev');
SELECT model, change, category, action, reason FROM vde_changes('dev');
-- a column computed differently: who reads it is built
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount + 1 AS amount FROM raw.orders') > 0;
SELECT model, change, category, action, reason FROM vde_changes('dev');
-- retyped, renamed, removed
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount::int FROM raw.orders') > 0;
SELECT model, change, category, action, reason FROM vde_changes('dev');
SELECT vde_register('shop.orders', 'SELECT id AS key, customer_id, amount FROM raw.orders') > 0;
SELECT p('dev');
SELECT model, change, category, action, reason FROM vde_changes('dev', 'prod');
-- other rows
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount FROM raw.orders WHERE id < 100') > 0;
-- text only, description only, storage only, kind, removal, addition
SELECT vde_register('shop.meta', E'select /* one */ 1   as "meta"') > 0;
SELECT vde_register('shop.top', 'SELECT max(total) AS top FROM shop.revenue', options => '{"description": "the best"}') > 0;
SELECT vde_register('shop.storage', 'SELECT id FROM raw.orders', options => '{"fillfactor": 50}') > 0;
SELECT vde_register('shop.big', 'SELECT id, amount FROM shop.orders WHERE amount > 5', 'full') > 0;
SELECT vde_unregister('shop.gone');
SELECT vde_register('shop.new', 'SELECT 1 AS new') > 0;
SELECT p('dev');
SELECT p('dev', format => 'markdown');
SELECT model, change, category, action, reason, kind FROM vde_changes('dev');
TABLE relations;
CALL vde_apply('dev');
TABLE relations;
SELECT p('dev', 'prod');
SELECT p('dev', 'prod', 'markdown');

--
-- going back finds the earlier table
--
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount FROM raw.orders') > 0;
SELECT p('dev');
SELECT vde_discard();

--
-- a cycle, named whole
--
SELECT vde_register('shop.a', 'SELECT * FROM shop.c', environment => 'cycle') > 0;
SELECT vde_register('shop.b', 'SELECT * FROM shop.a', environment => 'cycle') > 0;
SELECT vde_register('shop.c', 'SELECT * FROM shop.b', environment => 'cycle') > 0;
SELECT p('cycle');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_changes('cycle');
CALL vde_apply('cycle');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.a', 'SELECT * FROM shop.a', environment => 'self') > 0;
TABLE relations;

--
-- a model that is removed while others read it
--
SELECT vde_unregister('shop.orders', 'dev');
SELECT p('dev');
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('dev');

--
-- an error of the analyzer, which shows up only with the parent
--
SELECT vde_register('shop.late', 'SELECT nothing FROM shop.orders', environment => 'dev') > 0;
SELECT p('dev');
SELECT * FROM vde_changes('dev');
\echo :LAST_ERROR_SQLSTATE
CALL vde_apply('dev');
SELECT vde_discard('dev');

--
-- what stands in the way: said by the plan, and apply stops before it builds
--
CREATE TABLE shop.taken (mine int);
CREATE VIEW public.report AS SELECT id, amount FROM shop__dev.orders;
SELECT vde_register('shop.taken', 'SELECT 1 AS one', environment => 'prod') > 0;
SELECT p('prod');
CALL vde_apply('prod', confirm => true);
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.orders', 'SELECT id, customer_id FROM raw.orders', environment => 'dev') > 0;
SELECT vde_unregister('shop.revenue', 'dev');
SELECT vde_unregister('shop.top', 'dev');
SELECT vde_unregister('shop.big', 'dev');
SELECT p('dev');
SELECT p('dev', format => 'markdown');
SELECT jsonb_pretty(p::jsonb -> 'obstacles') FROM vde_plan('dev', format => 'json') p;
CALL vde_apply('dev');
\echo :LAST_ERROR_SQLSTATE
TABLE relations;
SELECT count(*) FROM public.report;
DROP VIEW public.report;
-- without it, the view is made anew
SELECT p('dev');
CALL vde_apply('dev');
SELECT array_agg(attname ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'shop__dev.orders'::regclass AND attnum > 0 AND NOT attisdropped;

--
-- names that need quotes, and width in characters
--
SELECT vde_register('"My Shop"."Größe"', 'SELECT 1 AS "Ä"', environment => 'q') > 0;
SELECT vde_register('"My Shop"."a|b`c"', 'SELECT "Ä" + 1 AS "b.c" FROM "My Shop"."Größe"', environment => 'q') > 0;
SELECT p('q');
SELECT p('q', format => 'markdown');
