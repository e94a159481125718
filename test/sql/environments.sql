-- environments: their names, what they are made from, when they expire, what
-- a drop leaves alone, and that nobody but a member of the owner touches one.
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_environments_ana, t_environments_amy, t_environments_bob;
CREATE ROLE t_environments_ana;
CREATE ROLE t_environments_amy IN ROLE t_environments_ana;
CREATE ROLE t_environments_bob;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_environments_ana', current_database()); END $$;
CREATE SCHEMA raw;
CREATE TABLE raw.orders (id int, customer_id int, amount numeric);
INSERT INTO raw.orders SELECT i, i % 3, i * 10 FROM generate_series(1, 9) i;
GRANT USAGE ON SCHEMA raw TO t_environments_ana, t_environments_bob;
GRANT SELECT ON raw.orders TO t_environments_ana, t_environments_bob;

-- how many rows two relations differ in
CREATE FUNCTION differ(a text, b text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
	EXECUTE format('SELECT count(*) FROM ((%1$s EXCEPT ALL %2$s) UNION ALL (%2$s EXCEPT ALL %1$s)) d', a, b) INTO n;
	RETURN n;
END $$;
-- the views of environments
CREATE VIEW layer AS
	SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind, pg_get_userbyid(n.nspowner) AS schema_owner
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname ~ '^shop' AND c.relkind IN ('v', 'r', 'm') ORDER BY 1, 2;
GRANT SELECT ON layer TO PUBLIC;

SET SESSION AUTHORIZATION t_environments_ana;

--
-- names
--
SELECT n AS branch, vde_environment_name(n) AS name
FROM (VALUES ('feature/X-1'), ('dev'), ('UPPER Case'), ('  --trim me--  '), ('a__b___c'), ('1.2.3'), ('gr' || U&'\00FC' || 'n')) v (n);
SELECT vde_environment_name(NULL) IS NULL AS null_for_null;
-- what is left of nothing, and of what is too long: a hash keeps them apart
SELECT n IN ('', '***') AS nothing, length(name) <= 40 AS short, name ~ '^[a-z0-9]+(_[a-z0-9]+)*$' AS valid
FROM (VALUES (''), ('***'), (repeat('x', 41)), (repeat('long-branch/', 10)), (repeat('-', 100) || 'a' || repeat('-', 100))) v (n),
	LATERAL (SELECT vde_environment_name(v.n) AS name) x;
SELECT count(DISTINCT vde_environment_name(n)) AS different
FROM (VALUES (repeat('x', 41) || 'a'), (repeat('x', 41) || 'b'), (repeat('x', 40)), (''), ('*')) v (n);
SELECT vde_environment_name(repeat('x', 40)) = repeat('x', 40) AS forty_are_kept;

-- names that cannot be a suffix of a schema
CALL vde_create_environment('');
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment(NULL);
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('Dev');
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('a b');
CALL vde_create_environment('a.b');
CALL vde_create_environment('a"b');
CALL vde_create_environment('a__b');
CALL vde_create_environment('_a');
CALL vde_create_environment('a_');
CALL vde_create_environment(U&'gr\00FCn');
CALL vde_create_environment(repeat('a', 41));
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.orders', 'SELECT 1 AS id', environment => '');
SELECT vde_register('shop.orders', 'SELECT 1 AS id', environment => 'Dev');
SET vde.environment = 'a b';
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('dev', base => 'nowhere');
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('dev', base => 'No Where');
CALL vde_create_environment('dev', deployment => 1);
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('dev', ttl => '0');
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('dev', ttl => '-1 day');
CALL vde_create_environment('prod', ttl => '1 day');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) AS environments FROM vde_environments;
SELECT count(*) AS relations FROM layer;

--
-- prod, twice; a copy of prod; a copy of a copy
--
CALL vde_create_environment('prod');
CALL vde_create_environment('prod');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop.orders', 'SELECT * FROM raw.orders', environment => 'prod') > 0 AS registered;
SELECT vde_register('shop.totals', 'SELECT customer_id, sum(amount) AS total FROM shop.orders GROUP BY 1', 'view', environment => 'prod') > 0 AS registered;
CALL vde_apply('prod', confirm => true, message => 'first');
CALL vde_create_environment('dev');
CALL vde_create_environment('copy', base => 'dev', ttl => '2 days');
SELECT name, owner, base, created_by, expires_at - created_at AS ttl, models, drafts FROM vde_environments ORDER BY name;
TABLE layer;
-- nothing was built for the copies: three environments look at the same two relations
SELECT count(*) AS relations FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace AND relkind IN ('r', 'v', 'm');
SELECT count(DISTINCT physical_table) AS shared FROM vde_models;
SELECT differ('SELECT * FROM shop__copy.orders', 'SELECT * FROM raw.orders') AS differ, (SELECT count(*) FROM shop__copy.orders) AS n;
SELECT differ('SELECT * FROM shop__copy.totals', 'SELECT customer_id, sum(amount) FROM raw.orders GROUP BY 1') AS differ;
CALL vde_create_environment('dev');
\echo :LAST_ERROR_SQLSTATE

-- registering in, and applying to, an unknown name makes it from prod
SELECT vde_register('shop.extra', 'SELECT 1 AS one', environment => 'lazy') > 0 AS registered;
SELECT name, base, models, drafts FROM vde_environments WHERE name = 'lazy';
SELECT count(*) AS views_before_the_apply FROM layer WHERE schema = 'shop__lazy';
CALL vde_apply('lazy');
SELECT name FROM layer WHERE schema = 'shop__lazy';
SELECT differ('SELECT * FROM shop__lazy.orders', 'SELECT * FROM raw.orders') AS differ;
CALL vde_apply('lazier');
SELECT name, base, models FROM vde_environments WHERE name = 'lazier';

-- the environment that a call means: its argument, vde.environment, dev
SELECT vde_register('shop.a', 'SELECT 1 AS a') > 0 AS registered;
SET vde.environment = 'copy';
SELECT vde_register('shop.b', 'SELECT 2 AS b') > 0 AS registered;
SELECT environment, model, state FROM vde_models WHERE model IN ('shop.a', 'shop.b') ORDER BY 1;
SELECT vde_discard();
RESET vde.environment;
SELECT vde_discard();

--
-- as of a deployment
--
SELECT state AS first FROM vde_environments WHERE name = 'prod' \gset
SELECT vde_register('shop.orders', 'SELECT * FROM raw.orders WHERE amount > 50', environment => 'prod') > 0 AS registered;
SELECT vde_unregister('shop.totals', 'prod');
SELECT vde_register('shop.later', 'SELECT 1 AS later', environment => 'prod') > 0 AS registered;
CALL vde_apply('prod', confirm => true, message => 'second');
SELECT differ('SELECT * FROM shop.orders', 'SELECT * FROM raw.orders WHERE amount > 50') AS prod_differs;
CALL vde_create_environment('past', deployment => :first);
SELECT name FROM layer WHERE schema = 'shop__past';
SELECT differ('SELECT * FROM shop__past.orders', 'SELECT * FROM raw.orders') AS past_differs;
-- of another environment, of a rollback, of nothing
SELECT state AS other FROM vde_environments WHERE name = 'lazy' \gset
\set VERBOSITY sqlstate
CALL vde_create_environment('past2', deployment => :other);
CALL vde_create_environment('past2', deployment => -1);
CALL vde_rollback('prod');
SELECT max(deployment) AS rollback FROM vde_deployments WHERE action = 'rollback' \gset
CALL vde_create_environment('past2', deployment => :rollback);
\set VERBOSITY default
SELECT count(*) AS not_made FROM vde_environments WHERE name = 'past2';

--
-- schemas of models and schemas of environments do not meet
--
SELECT vde_register('shop__dev.x', 'SELECT 1 AS a', environment => 'dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('shop__later.x', 'SELECT 1 AS a', environment => 'dev') > 0 AS registered;
CALL vde_create_environment('later');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('dev');

--
-- a user's own schema where views are to go: never taken over, not even empty
--
CREATE SCHEMA shop__mine;
CREATE TABLE shop__mine.orders (mine text);
INSERT INTO shop__mine.orders VALUES ('mine');
CALL vde_create_environment('mine');
\echo :LAST_ERROR_SQLSTATE
SELECT mine FROM shop__mine.orders;
SELECT count(*) AS views FROM layer WHERE schema = 'shop__mine' AND kind = 'v';
SELECT count(*) AS environments FROM vde_environments WHERE name = 'mine';
DROP TABLE shop__mine.orders;
CALL vde_create_environment('mine');
\echo :LAST_ERROR_SQLSTATE
DROP SCHEMA shop__mine;
CALL vde_create_environment('mine');
SELECT name, kind FROM layer WHERE schema = 'shop__mine';
CALL vde_drop_environment('mine');
SELECT count(*) AS schemas FROM pg_namespace WHERE nspname = 'shop__mine';

--
-- dropping
--
CALL vde_drop_environment('nowhere');
\echo :LAST_ERROR_SQLSTATE
CALL vde_drop_environment(NULL);
\echo :LAST_ERROR_SQLSTATE
CALL vde_drop_environment('prod');
\echo :LAST_ERROR_SQLSTATE
-- a user's view on an environment's view: an error, and all stays
CREATE SCHEMA ana;
CREATE VIEW ana.report AS SELECT * FROM shop__copy.totals;
CALL vde_drop_environment('copy');
\echo :LAST_ERROR_SQLSTATE
SELECT differ('SELECT * FROM ana.report', 'SELECT customer_id, sum(amount) FROM raw.orders GROUP BY 1') AS differ;
SELECT name FROM layer WHERE schema = 'shop__copy';
CALL vde_apply('copy');
SELECT name, models FROM vde_environments WHERE name = 'copy';
DROP VIEW ana.report;
-- a user's table in an environment's schema stays, and so does the schema
CREATE TABLE shop__copy.notes AS SELECT 'remember' AS note;
CALL vde_drop_environment('copy');
SELECT schema, name, kind FROM layer WHERE schema = 'shop__copy';
SELECT note FROM shop__copy.notes;
DROP TABLE shop__copy.notes;
DROP SCHEMA shop__copy;
-- without such, the schema goes; in a transaction block it can be taken back
BEGIN;
CALL vde_drop_environment('past');
SELECT count(*) AS schemas FROM pg_namespace WHERE nspname = 'shop__past';
ROLLBACK;
SELECT count(*) AS orders FROM shop__past.orders;
CALL vde_drop_environment('past');
SELECT count(*) AS schemas FROM pg_namespace WHERE nspname = 'shop__past';
SELECT count(*) AS environments FROM vde_environments WHERE name = 'past';
SELECT count(*) AS history FROM vde_deployments WHERE environment = 'past';
-- and the name is free again
CALL vde_create_environment('past');
SELECT name FROM layer WHERE schema = 'shop__past';
CALL vde_drop_environment('past');

--
-- expiry: gc drops it, with its views, and nothing else
--
CALL vde_create_environment('brief', ttl => '1 millisecond');
CALL vde_create_environment('longer', ttl => '1 day');
SELECT count(*) AS views FROM layer WHERE schema = 'shop__brief';
SELECT pg_sleep(0.02);
CALL vde_gc();
SELECT name FROM vde_environments ORDER BY name;
SELECT DISTINCT schema FROM layer ORDER BY 1;
CALL vde_drop_environment('longer');

--
-- who may: members of the owner, nobody else
--
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_environments_bob;
SELECT vde_register('shop.orders', 'SELECT 1 AS id', environment => 'dev');
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY sqlstate
SELECT vde_register('shop.new', 'SELECT 1 AS id', environment => 'prod');
SELECT vde_unregister('shop.orders', 'dev');
SELECT vde_discard('dev');
SELECT * FROM vde_sync('dev', '{"shop/orders.sql": "SELECT 1 AS id"}');
CALL vde_apply('dev');
CALL vde_apply('prod', confirm => true);
CALL vde_promote('dev', 'prod');
CALL vde_promote('prod', 'dev');
CALL vde_promote('prod', 'dev', force => true);
CALL vde_rollback('dev');
CALL vde_rollback('prod', 1);
CALL vde_run('dev');
CALL vde_drop_environment('dev');
CALL vde_gc();
\set VERBOSITY default
CALL vde_drop_environment('dev');
CALL vde_gc();
-- nor make one of his own without CREATE on the database
CALL vde_create_environment('bob');
SELECT vde_register('shop.orders', 'SELECT 1 AS id', environment => 'bob');
\echo :LAST_ERROR_SQLSTATE
-- the catalog is no way around it, nor are the physical tables and the views
SELECT count(*) FROM vde.environment;
\echo :LAST_ERROR_SQLSTATE
UPDATE vde.environment SET owner = 't_environments_bob'::regrole;
SELECT count(*) FROM shop.orders;
\echo :LAST_ERROR_SQLSTATE
DELETE FROM shop.orders;
CREATE TABLE vde_data.mine (id int);
DO $$
DECLARE t text;
BEGIN
	SELECT physical_table INTO STRICT t FROM vde_models WHERE environment = 'prod' AND model = 'shop.orders';
	BEGIN
		EXECUTE format('SELECT count(*) FROM vde_data.%I', t);
		RAISE 'it was readable';
	EXCEPTION WHEN insufficient_privilege THEN
		RAISE WARNING 'physical table: %', SQLSTATE;
	END;
END $$;
-- but the state is for all to read
SELECT name FROM vde_environments ORDER BY name;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_environments_ana;
SELECT count(*) AS drafts FROM vde_models WHERE state <> 'applied';
-- not even the owner of views and models writes into a physical table, or drops it
DO $$
DECLARE t text; s text;
BEGIN
	SELECT physical_table INTO STRICT t FROM vde_models WHERE environment = 'prod' AND model = 'shop.orders';
	FOREACH s IN ARRAY ARRAY['DELETE FROM vde_data.%I', 'INSERT INTO vde_data.%I VALUES (1, 1, 1)', 'DROP TABLE vde_data.%I', 'TRUNCATE vde_data.%I']
	LOOP
		BEGIN
			EXECUTE format(s, t);
			RAISE 'it was writable: %', s;
		EXCEPTION WHEN insufficient_privilege THEN
			NULL;
		END;
	END LOOP;
END $$;
-- nor through a view
\set VERBOSITY sqlstate
INSERT INTO shop.orders VALUES (1, 1, 1);
DELETE FROM shop.orders;
UPDATE shop.orders SET amount = 0;
\set VERBOSITY default
SELECT differ('SELECT * FROM shop.orders', 'SELECT * FROM raw.orders') AS differ;

-- a member of the owner may all of it
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_environments_amy;
SELECT vde_register('shop.orders', 'SELECT * FROM raw.orders WHERE id > 1', environment => 'dev') > 0 AS registered;
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod', message => 'by amy');
CALL vde_run('dev');
CALL vde_rollback('dev');
CALL vde_gc();
CALL vde_drop_environment('dev');
SELECT action, message, deployed_by FROM vde_deployments WHERE environment = 'prod' ORDER BY deployment DESC LIMIT 1;
-- the model's owner stays who it was
SELECT model, owner FROM vde_models WHERE environment = 'prod' AND model = 'shop.orders';
SELECT differ('SELECT * FROM shop.orders', 'SELECT * FROM raw.orders WHERE id > 1') AS differ;

-- once bob may create schemas, he has an environment of his own, of ana's prod
RESET SESSION AUTHORIZATION;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_environments_bob', current_database()); END $$;
SET SESSION AUTHORIZATION t_environments_bob;
CALL vde_create_environment('bob');
SELECT name, owner, base, models FROM vde_environments WHERE name = 'bob';
TABLE layer;
-- that does not let him read what he could not read before
SELECT count(*) FROM shop__bob.orders;
\echo :LAST_ERROR_SQLSTATE
CALL vde_promote('bob', 'prod');
\echo :LAST_ERROR_SQLSTATE
CALL vde_drop_environment('bob');
TABLE layer;
