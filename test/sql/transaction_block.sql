-- transaction_block: every procedure and every function that writes, in a
-- transaction block that is rolled back, under savepoints, under EXCEPTION
-- clauses, in functions, in procedures that commit, under SERIALIZABLE, and
-- where nothing may be written.  What is rolled back leaves no trace: the
-- whole state is compared, not what should be in it.
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_block_ana;
CREATE ROLE t_block_ana;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_block_ana', current_database()); END $$;
GRANT CREATE ON SCHEMA public TO t_block_ana;
SET SESSION AUTHORIZATION t_block_ana;
CREATE SCHEMA raw;
CREATE TABLE raw.customers (id int PRIMARY KEY, country text);
INSERT INTO raw.customers SELECT i, (ARRAY['AT', 'DE'])[i % 2 + 1] FROM generate_series(0, 6) i;
CREATE TABLE raw.orders (id int PRIMARY KEY, customer_id int REFERENCES raw.customers DEFERRABLE INITIALLY DEFERRED, amount numeric);
INSERT INTO raw.orders SELECT i, i % 7, i * 10 FROM generate_series(1, 100) i;
SELECT FROM vde_register('shop.orders', 'SELECT id, customer_id, amount FROM raw.orders', options => '{"primary_key": "id", "indexes": ["amount"]}');
SELECT FROM vde_register('shop.revenue', 'SELECT customer_id, sum(amount) AS total FROM shop.orders GROUP BY 1');
SELECT FROM vde_register('shop.names', 'SELECT id, country FROM raw.customers', 'view');
SELECT FROM vde_register('shop.by_country', 'SELECT country, sum(total) AS total FROM shop.revenue JOIN shop.names n ON n.id = customer_id GROUP BY 1', 'materialized_view');
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
SELECT FROM vde_register('shop.orders', 'SELECT id, customer_id, amount, amount * 2 AS twice FROM raw.orders WHERE id > 10');
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
CALL vde_create_environment('old', ttl => '1 microsecond');
CALL vde_create_environment('other');
SELECT FROM vde_register('shop.revenue', 'SELECT customer_id, sum(twice) AS total, count(*) AS n FROM shop.orders GROUP BY 1', environment => 'other');
CALL vde_apply('other');
-- a draft for who applies, and one for who discards
SELECT FROM vde_register('shop.late', 'SELECT max(id) AS last FROM shop.orders', environment => 'other');
-- a table that gc would take
SELECT FROM vde_register('shop.gone', 'SELECT 1 AS one');
CALL vde_apply('dev');
SELECT FROM vde_unregister('shop.gone');
CALL vde_apply('dev');
SELECT FROM vde_register('shop.orders', 'SELECT id, customer_id, amount, amount * 3 AS twice FROM raw.orders WHERE id > 10');
RESET SESSION AUTHORIZATION;


-- Everything that there is: a line per object, told apart by its OID too
CREATE FUNCTION public.everything() RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE r text;
BEGIN
	RETURN QUERY SELECT format('schema %s %s %s %s', n.oid, nspname, nspowner::regrole, nspacl) FROM pg_namespace n WHERE nspname !~ '^pg_(toast_)?temp';
	RETURN QUERY SELECT format('role %s', rolname) FROM pg_roles WHERE rolname ~ '^(vde|t_block)';
	RETURN QUERY SELECT format('relation %s %s.%s %s %s %s %s %s', c.oid, nspname, relname, relkind, relfilenode, relowner::regrole, relacl, reloptions)
		FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname !~ '^(pg_|information_schema|public)';
	RETURN QUERY SELECT format('column %s %s %s %s', attrelid, attname, attnum, atttypid::regtype)
		FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname !~ '^(pg_|information_schema|public)';
	RETURN QUERY SELECT format('type %s %s', t.oid, typname) FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE nspname !~ '^(pg_|information_schema|public)';
	RETURN QUERY SELECT format('rule %s %s', ev_class::regclass, pg_get_ruledef(r.oid)) FROM pg_rewrite r JOIN pg_class c ON c.oid = ev_class
		JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname !~ '^(pg_|information_schema|public)';
	RETURN QUERY SELECT format('comment %s %s %s', objoid, objsubid, description) FROM pg_description JOIN pg_class c ON c.oid = objoid
		JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname !~ '^(pg_|information_schema|public)';
	RETURN QUERY SELECT format('lock %s %s %s', classid, objid, objsubid) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
	RETURN QUERY SELECT format('setting %s %s', name, setting) FROM pg_settings
		WHERE name IN ('search_path', 'synchronous_commit', 'transaction_read_only', 'default_transaction_isolation');
	FOR r IN SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
		WHERE relkind IN ('r', 'v', 'm', 'p') AND nspname !~ '^(pg_|information_schema|public)'
	LOOP
		RETURN QUERY EXECUTE format('SELECT %L || t::text FROM %s t', format('row of %s: ', r), r);
	END LOOP;
END $$;
CREATE TABLE public.before (line text);
CREATE FUNCTION public.remember() RETURNS boolean LANGUAGE sql SECURITY DEFINER AS $$
	DELETE FROM public.before;
	INSERT INTO public.before SELECT * FROM public.everything();
	SELECT count(*) > 300 FROM public.before
$$;
CREATE FUNCTION public.trace() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS $$
	(SELECT 'new ' || line FROM public.everything() line EXCEPT ALL SELECT 'new ' || line FROM public.before)
	UNION ALL
	(SELECT 'gone ' || line FROM public.before EXCEPT ALL SELECT 'gone ' || line FROM public.everything() line)
$$;

-- Every one of them
CREATE TABLE public.actions (n int, sql text);
INSERT INTO public.actions VALUES
	(1, $$SELECT FROM vde_register('shop.orders', 'SELECT id, customer_id FROM raw.orders')$$),
	(2, $$SELECT FROM vde_register('fresh.model', 'SELECT 1 AS one', environment => 'unknown')$$),
	(3, $$SELECT FROM vde_unregister('shop.by_country')$$),
	(4, $$SELECT FROM vde_discard('other')$$),
	(5, $$SELECT FROM vde_sync('other', '{"shop/only.sql": "SELECT 1 AS one", "fresh/a.csv": "a,b\n1,2\n"}')$$),
	(6, $$SELECT FROM vde_categorize('shop.orders', 'non_breaking')$$),
	(7, $$CALL vde_apply('dev')$$),
	(8, $$CALL vde_apply('other')$$),
	(9, $$CALL vde_apply('unheard_of')$$),
	(10, $$CALL vde_promote('other', 'prod')$$),
	(11, $$CALL vde_promote('other', 'brand_new')$$),
	(12, $$CALL vde_rollback('prod')$$),
	(13, $$CALL vde_run('prod')$$),
	(14, $$CALL vde_create_environment('made')$$),
	(15, $$CALL vde_drop_environment('other')$$),
	(16, $$CALL vde_gc()$$);
CREATE VIEW public.performed AS SELECT n, regexp_replace(sql, '^SELECT FROM', 'PERFORM') AS sql FROM public.actions;
GRANT SELECT ON public.actions, public.performed TO t_block_ana;
ALTER FUNCTION public.everything() SET search_path = pg_catalog;
SET vde.retention = 0;
SET vde.lock_timeout = '5s';
SELECT public.remember();
SELECT * FROM public.trace();

-- in a transaction block: each leaves something until it is rolled back
\pset tuples_only on
\set ECHO none
SELECT 'BEGIN', 'SET LOCAL ROLE t_block_ana', sql,
	format('SELECT %L AS action, count(*) > 0 AS something FROM public.trace()', sql), 'ROLLBACK', 'SELECT * FROM public.trace()'
FROM public.actions ORDER BY n \gexec
\set ECHO all

-- under a savepoint, in a transaction that is committed; released, and rolled
-- back by the one around it; after an error
\set ECHO none
SELECT 'BEGIN', 'SAVEPOINT a', 'SET LOCAL ROLE t_block_ana', sql, 'SAVEPOINT b', sql, 'ROLLBACK TO a', 'COMMIT',
	format('SELECT %L AS savepoint', sql), 'SELECT * FROM public.trace()'
FROM public.actions ORDER BY n \gexec
SELECT 'BEGIN', 'SAVEPOINT a', 'SET LOCAL ROLE t_block_ana', 'SAVEPOINT b', sql, 'RELEASE b', 'SELECT 1 / 0', 'ROLLBACK TO a', 'RELEASE a', 'COMMIT',
	format('SELECT %L AS released', sql), 'SELECT * FROM public.trace()'
FROM public.actions ORDER BY n \gexec
\set ECHO all

-- with each command under a savepoint of its own, as ON_ERROR_ROLLBACK does it
\set ON_ERROR_ROLLBACK on
BEGIN;
SET LOCAL ROLE t_block_ana;
CALL vde_apply('dev', plan => 'not this one');
SELECT FROM vde_register('shop.wrong', 'SELECT 1 / 0 AS wrong');
CALL vde_apply('dev');
SELECT FROM vde_unregister('shop.wrong');
CALL vde_apply('dev');
CALL vde_promote('dev', 'nowhere at all');
CALL vde_promote('dev', 'prod');
SELECT sum(twice) FROM shop.orders;
ROLLBACK;
\set ON_ERROR_ROLLBACK off
SELECT * FROM public.trace();

-- in one with a snapshot of its own
\set ECHO none
SELECT 'BEGIN ISOLATION LEVEL ' || level, 'SET LOCAL ROLE t_block_ana', 'SELECT FROM shop.revenue', sql,
	format('SELECT %L AS action, %L AS level, count(*) > 0 AS something FROM public.trace()', sql, level), 'ROLLBACK', 'SELECT * FROM public.trace()'
FROM public.actions, (VALUES ('SERIALIZABLE'), ('REPEATABLE READ')) AS l (level) ORDER BY level DESC, n \gexec
\set ECHO all

-- where nothing may be written
\set ECHO none
SELECT 'BEGIN READ ONLY', 'SET LOCAL ROLE t_block_ana', sql, 'ROLLBACK' FROM public.actions ORDER BY n \gexec
\set ECHO all
BEGIN READ ONLY;
SELECT count(*) FROM vde_changes('other');
SELECT count(*) FROM vde_diff('other', 'prod', 'shop.revenue') WHERE row_count > 0;
SELECT count(*) FROM vde_export('other');
COMMIT;
SELECT * FROM public.trace();

-- under an EXCEPTION clause, as a statement of a DO block that could commit
\set ECHO none
SELECT format($$DO $do$
DECLARE n bigint;
BEGIN
	BEGIN
		SET LOCAL ROLE t_block_ana;
		%s;
		SELECT count(*) INTO n FROM public.trace();
		RAISE EXCEPTION USING MESSAGE = n > 0, ERRCODE = 'VV000';
	EXCEPTION WHEN SQLSTATE 'VV000' THEN
		IF SQLERRM <> 't' THEN
			RAISE WARNING 'it did nothing';
		END IF;
	END;
END $do$ $$, sql), format('SELECT %L AS caught', sql), 'SELECT * FROM public.trace()'
FROM public.performed ORDER BY n \gexec

-- in a function, which is atomic, with an error after it
SELECT format($$CREATE OR REPLACE FUNCTION public.f() RETURNS bigint LANGUAGE plpgsql AS $f$
BEGIN
	%s;
	IF EXISTS (SELECT FROM public.trace()) THEN
		RAISE EXCEPTION 'undo';
	END IF;
	RETURN 0;
END $f$ $$, sql), 'SET ROLE t_block_ana', 'SELECT public.f()', 'RESET ROLE', format('SELECT %L AS in_function', sql), 'SELECT * FROM public.trace()'
FROM public.performed ORDER BY n \gexec
\set ECHO all

-- What stays is all that was not taken back
BEGIN;
SET LOCAL ROLE t_block_ana;
SELECT FROM vde_discard('dev');
SELECT FROM vde_register('shop.kept', 'SELECT count(*) AS n FROM shop.orders');
SAVEPOINT a;
SELECT FROM vde_register('shop.kept', 'SELECT 0 AS n');
SELECT FROM vde_register('shop.lost', 'SELECT 1 AS one');
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
SELECT n FROM shop.kept;
ROLLBACK TO a;
SELECT model, change FROM vde_changes('dev') ORDER BY 1;
CALL vde_apply('dev');
SAVEPOINT b;
CALL vde_rollback('dev');
SELECT to_regclass('shop__dev.kept');
ROLLBACK TO b;
CALL vde_promote('dev', 'prod');
COMMIT;
SELECT n FROM shop.kept;
SELECT model, change FROM vde_changes('dev') UNION ALL SELECT model, change FROM vde_changes('prod');
SELECT relnamespace::regnamespace, relname FROM pg_class WHERE relname IN ('kept', 'lost') ORDER BY 1::text, 2;
SELECT count(*) FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace AND relname ~ 'lost';

-- nested procedures that commit; what was committed before an error stays
CREATE PROCEDURE public.deploy(divisor int) LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1..2 LOOP
		PERFORM FROM vde_register('shop.turn', format('SELECT %s / %s AS turn, count(*) AS n FROM shop.orders', i, CASE WHEN i = 2 THEN divisor ELSE 1 END));
		CALL vde_apply('dev');
		CALL vde_promote('dev', 'prod', models => ARRAY['shop.turn']);
		COMMIT;
	END LOOP;
END $$;
CREATE PROCEDURE public.deploy_all(divisor int) LANGUAGE plpgsql AS $$
BEGIN
	COMMIT;
	CALL public.deploy(divisor);
	ROLLBACK;
END $$;
SET SESSION AUTHORIZATION t_block_ana;
CALL public.deploy_all(0);
SELECT turn, n FROM shop.turn;
-- the draft that cannot be built is there, since the procedure committed
SELECT model, state FROM vde_models WHERE environment = 'dev' AND state <> 'applied';
SELECT model, state, sqlstate FROM vde_builds WHERE state = 'failed';
CALL public.deploy_all(1);
SELECT turn, n FROM shop.turn;
-- in a block the same cannot commit, and does nothing
BEGIN;
CALL public.deploy(2);
ROLLBACK;
SELECT turn, n FROM shop.turn;
-- an EXCEPTION clause around a CALL, in a procedure that commits afterwards
DO $$
BEGIN
	FOR i IN 0..1 LOOP
		PERFORM FROM vde_register('shop.turn', format('SELECT 7 / %s AS turn, count(*) AS n FROM shop.orders', i));
		BEGIN
			CALL vde_apply('dev');
		EXCEPTION WHEN division_by_zero THEN
			RAISE WARNING 'caught: %', SQLERRM;
		END;
		COMMIT;
	END LOOP;
	CALL vde_promote('dev', 'prod');
END $$;
SELECT turn, n FROM shop.turn;
-- while a query of the same view is being read, before and after a commit
DO $$
DECLARE r record;
BEGIN
	FOR r IN SELECT turn, n, i FROM shop.turn, generate_series(1, 2) i LOOP
		PERFORM FROM vde_register('shop.turn', format('SELECT %s AS turn, 0::bigint AS n FROM shop.orders LIMIT 1', 70 + r.i));
		CALL vde_apply('dev');
		CALL vde_promote('dev', 'prod');
		RAISE WARNING 'read %, prod has %', r.turn, (SELECT turn FROM shop.turn);
	END LOOP;
END $$;
BEGIN;
DECLARE c CURSOR FOR SELECT turn FROM shop.turn;
FETCH c;
CALL vde_rollback('prod');
MOVE ABSOLUTE 0 IN c;
FETCH c;
SELECT turn FROM shop.turn;
COMMIT;

-- constraints that are checked at the end
CREATE FUNCTION public.prod_count() RETURNS text LANGUAGE sql AS $$ SELECT format('%s orders, %s countries', (SELECT count(*) FROM shop.orders), (SELECT count(*) FROM shop.by_country)) $$;
SELECT public.prod_count();
BEGIN;
INSERT INTO raw.orders VALUES (1001, 100, 5);
CALL vde_run('prod');
SELECT public.prod_count();
INSERT INTO raw.customers VALUES (100, 'CH');
CALL vde_run('prod');
SELECT public.prod_count();
COMMIT;
SELECT public.prod_count();
RESET SESSION AUTHORIZATION;
SELECT public.remember();
SET SESSION AUTHORIZATION t_block_ana;
BEGIN;
INSERT INTO raw.orders VALUES (1002, 102, 5);
SELECT FROM vde_register('shop.turn', 'SELECT 80 AS turn, 0::bigint AS n');
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
CALL vde_run('prod');
SELECT public.prod_count();
COMMIT;
SELECT * FROM public.trace();
-- one that deploys by itself when it is checked
CREATE TABLE raw.requests (turn int);
CREATE FUNCTION raw.deploy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM FROM vde_register('shop.turn', format('SELECT %s AS turn, 0::bigint AS n', NEW.turn));
	CALL vde_apply('dev');
	RETURN NEW;
END $$;
CREATE CONSTRAINT TRIGGER deploy AFTER INSERT ON raw.requests DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION raw.deploy();
BEGIN;
INSERT INTO raw.requests VALUES (81), (82);
SELECT turn FROM shop__dev.turn;
COMMIT;
SELECT turn FROM shop__dev.turn;

-- temporary tables in the same transaction, with names that are in use
BEGIN;
CREATE TEMP TABLE version (id bigint) ON COMMIT DROP;
CREATE TEMP TABLE pointer (environment_id bigint) ON COMMIT DROP;
CREATE TEMP TABLE orders (id int, customer_id int, amount numeric) ON COMMIT DROP;
INSERT INTO orders VALUES (0, 0, 0);
CREATE TEMP TABLE mine ON COMMIT DROP AS SELECT * FROM shop.orders;
SAVEPOINT a;
SELECT FROM vde_register('shop.temporary', 'SELECT * FROM mine');
ROLLBACK TO a;
SELECT FROM vde_register('shop.turn', 'SELECT 90 AS turn, count(*) AS n FROM shop.orders');
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
SELECT turn, n = (SELECT count(*) FROM mine) AS same, (SELECT count(*) FROM orders) AS temporary FROM shop.turn;
COMMIT;
SELECT turn, n = (SELECT count(*) FROM shop.orders) AS same FROM shop.turn;

-- all at once, from the extension on
RESET SESSION AUTHORIZATION;
SET client_min_messages = error;
DROP EXTENSION vde CASCADE;
RESET client_min_messages;
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS shop, shop__dev, shop__other, shop__old;
SELECT nspname FROM pg_namespace WHERE nspname ~ '^(vde|shop)';
BEGIN;
CREATE EXTENSION vde;
SELECT FROM vde_register('shop.orders', 'SELECT id, amount FROM raw.orders');
CALL vde_apply('dev');
SAVEPOINT a;
DROP EXTENSION vde CASCADE;
ROLLBACK TO a;
CALL vde_promote('dev', 'prod');
CALL vde_drop_environment('dev');
SELECT count(*) FROM shop.orders;
ROLLBACK;
SELECT nspname FROM pg_namespace WHERE nspname ~ '^(vde|shop)';
BEGIN;
CREATE EXTENSION vde;
SELECT FROM vde_register('shop.orders', 'SELECT id, amount FROM raw.orders', environment => 'prod');
CALL vde_apply('prod', confirm => true);
COMMIT;
SELECT count(*) FROM shop.orders;

DROP EXTENSION vde CASCADE;
DROP OWNED BY t_block_ana CASCADE;
DROP ROLE t_block_ana;
