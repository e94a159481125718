-- vde_check: each kind of damage is made by hand, found, mended where that is
-- safe, and taken back.
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_check_ana, t_check_bob, t_check_eve;
CREATE ROLE t_check_ana;
CREATE ROLE t_check_bob;
CREATE ROLE t_check_eve;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_check_ana, t_check_bob', current_database()); END $$;
CREATE SCHEMA raw AUTHORIZATION t_check_ana;
CREATE SCHEMA shop;
GRANT CREATE, USAGE ON SCHEMA shop TO t_check_ana;

-- one line per difference, without hashes and OIDs
CREATE FUNCTION told(repair boolean, OUT line text, OUT repaired boolean) RETURNS SETOF record LANGUAGE sql AS $$
	SELECT regexp_replace(regexp_replace(concat_ws(' ', c.environment || ':', c.object, c.problem || '.', c.detail, '-> ' || c.remedy),
		'__[0-9a-f]{16}', '', 'g'), '(OID |owner = '')[0-9]+', '\1N', 'g'), c.repaired
	FROM vde_check($1) c
$$;
-- what is found after the damage, and after mending it; all of it is undone.
-- {shop.a} is the table of a model of prod.
CREATE FUNCTION after(damage text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	m record;
	found text[];
	mended text[];
	rest text[];
BEGIN
	FOR m IN SELECT model, physical_table FROM vde_models WHERE environment = 'prod' AND physical_table IS NOT NULL LOOP
		damage := replace(damage, '{' || m.model || '}', format('vde_data.%I', m.physical_table));
	END LOOP;
	BEGIN
		EXECUTE damage;
		found := ARRAY(SELECT 'found: ' || line FROM told(false));
		mended := ARRAY(SELECT 'mended: ' || line FROM told(true) t WHERE t.repaired);
		rest := ARRAY(SELECT 'left: ' || line FROM told(false));
		IF cardinality(found) = 0 THEN
			mended := '{nothing}';
		ELSIF cardinality(mended) = 0 AND replace(rest::text, 'left: ', 'found: ') = found::text THEN
			mended := '{not mended}';
			rest := '{}';
		ELSIF cardinality(rest) = 0 AND cardinality(mended) = cardinality(found) THEN
			mended := '{all mended}';
		END IF;
		RAISE EXCEPTION 'undo';
	EXCEPTION WHEN raise_exception THEN
		IF SQLERRM <> 'undo' THEN
			RAISE;
		END IF;
	END;
	RETURN QUERY SELECT unnest(found || mended || rest);
END $$;
\pset format unaligned
\pset tuples_only on

SELECT count(*) FROM vde_check();
SET SESSION AUTHORIZATION t_check_ana;
CREATE TABLE raw.orders AS SELECT i AS id, i % 3 AS customer, i * 10 AS amount FROM generate_series(1, 10) i;
SELECT vde_register('shop.orders', 'SELECT id, customer, amount FROM raw.orders', options => '{"primary_key": ["id"], "indexes": ["customer"], "fillfactor": 80}') > 0;
SELECT vde_register('shop.v', 'SELECT customer, sum(amount) AS total FROM shop.orders GROUP BY 1', 'view') > 0;
SELECT vde_register('shop.m', 'SELECT max(total) AS total FROM shop.v', 'materialized_view') > 0;
SELECT vde_register('shop.p', 'SELECT id, customer FROM shop.orders', options => '{"partition_by": {"strategy": "hash", "columns": ["id"], "modulus": 2}}') > 0;
SELECT vde_register('shop.u', 'SELECT id FROM shop.orders', options => '{"unlogged": true}') > 0;
SELECT vde_register('shop.s', E'k,v\n1,1\n', 'seed') > 0;
SELECT vde_register('shop.e', 'SELECT v FROM shop.s', 'embedded') > 0;
SELECT vde_register('shop.other', 'SELECT id, customer, amount + 1 AS amount FROM raw.orders') > 0;
SELECT vde_register('raw.orders', '', 'external') > 0;
SELECT line FROM told(false);
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
CALL vde_create_environment('two');
SELECT count(*) FROM vde_check();
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM vde_check();
SELECT count(*) FROM vde_check(true);

--
-- Relations in vde_data
--
SELECT after('DROP TABLE {shop.u} CASCADE');
SELECT after('DROP MATERIALIZED VIEW {shop.m} CASCADE');
SELECT after('ALTER TABLE {shop.orders} ADD COLUMN more int');
SELECT after('ALTER TABLE {shop.orders} RENAME COLUMN amount TO price');
SELECT after('ALTER TABLE {shop.p} DROP COLUMN customer CASCADE');
SELECT after('ALTER TABLE {shop.orders} ADD COLUMN more int; DROP VIEW shop.orders');
SELECT after('ALTER TABLE {shop.orders} OWNER TO t_check_eve; ALTER MATERIALIZED VIEW {shop.m} OWNER TO t_check_eve; ALTER VIEW {shop.v} OWNER TO t_check_eve');
SELECT after($$DO 'BEGIN EXECUTE (SELECT format(''ALTER TABLE %s OWNER TO t_check_eve'', min(inhrelid::regclass::text)) FROM pg_inherits WHERE inhparent = ''{shop.p}''::regclass); END'$$);
SELECT after('REVOKE ALL ON {shop.orders} FROM t_check_ana');
SELECT after('REVOKE ALL ON {shop.v} FROM t_check_ana');
SELECT after('GRANT INSERT, SELECT ON {shop.orders} TO t_check_bob; GRANT SELECT ON {shop.s} TO PUBLIC; GRANT UPDATE (id) ON {shop.p} TO t_check_ana');
SELECT after('CREATE TRIGGER watch BEFORE UPDATE ON {shop.orders} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger(); CREATE RULE never AS ON DELETE TO {shop.s} DO INSTEAD NOTHING');
SELECT after('ALTER TABLE {shop.orders} ENABLE ROW LEVEL SECURITY; CREATE POLICY none ON {shop.orders} USING (false)');
SELECT after('ALTER TABLE {shop.orders} ADD CHECK (id > 0); CREATE TABLE public.line (id int REFERENCES {shop.orders}); CREATE TABLE public.child () INHERITS ({shop.other})');
SELECT after('CREATE INDEX mine ON {shop.orders} (amount)');
SELECT after($$DO 'BEGIN EXECUTE (SELECT format(''DROP INDEX %s'', indexrelid::regclass) FROM pg_index WHERE indrelid = ''{shop.orders}''::regclass AND NOT indisprimary); END'$$);
SELECT after('ALTER TABLE {shop.orders} SET UNLOGGED; ALTER TABLE {shop.u} SET LOGGED');
SELECT after('ALTER TABLE {shop.orders} RESET (fillfactor); ALTER TABLE {shop.u} SET (fillfactor = 50)');
SELECT after('ALTER TABLE {shop.orders} SET (autovacuum_enabled = off); CREATE STATISTICS public.stat ON id, customer FROM {shop.orders}');
SELECT after('TRUNCATE {shop.u}');
SELECT after('ALTER TABLE {shop.s} RENAME TO lost');
SELECT after('CREATE TABLE vde_data.mine (n int); CREATE SEQUENCE vde_data.numbers; CREATE FUNCTION vde_data.f() RETURNS int LANGUAGE sql RETURN 1; CREATE DOMAIN vde_data.d AS int');
SELECT after($$DROP VIEW shop.s, shop__dev.s, shop__two.s; ALTER TABLE {shop.s} RENAME TO keep; CREATE VIEW {shop.s} AS SELECT 1 AS k, 1 AS v$$);
SELECT after($$UPDATE vde.version SET built_at = NULL, refreshed_at = NULL, content_hash = NULL WHERE 'vde_data.' || relation_name = '{shop.s}'$$);

--
-- Views
--
SELECT after('DROP VIEW shop.orders, shop__dev.orders, shop__two.p');
SELECT after('DROP SCHEMA shop__two CASCADE');
SELECT after('CREATE OR REPLACE VIEW shop.orders AS SELECT o.id, o.customer, o.amount FROM (SELECT id, customer, amount FROM {shop.other}) o');
SELECT after('CREATE OR REPLACE VIEW shop.orders AS SELECT id, customer, amount FROM {shop.orders}');
SELECT after('CREATE OR REPLACE VIEW shop.orders AS SELECT o.customer AS id, o.id AS customer, o.amount FROM (SELECT id, customer, amount FROM {shop.orders}) o');
SELECT after('ALTER VIEW shop.orders RENAME COLUMN amount TO price');
SELECT after('ALTER VIEW shop.orders RENAME COLUMN amount TO price; CREATE VIEW public.mine AS SELECT price FROM shop.orders');
SELECT after('ALTER VIEW shop.orders OWNER TO t_check_eve');
-- what is not ours is left alone
SELECT after('CREATE OR REPLACE VIEW shop.orders AS SELECT id, customer, amount FROM raw.orders');
SELECT after('DROP VIEW shop__dev.orders; CREATE TABLE shop__dev.orders (id int)');
SELECT after('DROP VIEW shop__dev.orders; CREATE TYPE shop__dev.orders AS ENUM ()');
SELECT after('DROP SCHEMA shop__dev CASCADE; CREATE SCHEMA shop__dev; DELETE FROM vde.virtual_schema WHERE schema_name = ''shop__dev''');
SELECT after('CREATE VIEW public.copy AS SELECT o.id FROM (SELECT id FROM {shop.orders}) o; CREATE VIEW public.sums AS SELECT sum(id) FROM {shop.orders}');
SELECT after('ALTER SCHEMA shop__dev OWNER TO t_check_eve');
REVOKE CREATE ON SCHEMA shop FROM t_check_ana;
SELECT after('DROP VIEW shop.orders');
GRANT CREATE ON SCHEMA shop TO t_check_ana;
-- comments, options and grants are the users'
SELECT after('ALTER VIEW shop.orders SET (security_barrier = true); GRANT SELECT, INSERT ON shop.orders TO t_check_bob; COMMENT ON VIEW shop.orders IS ''mine''; ALTER VIEW shop.orders ALTER COLUMN id SET DEFAULT 1');

--
-- Roles, privileges, the catalog
--
SELECT after('ALTER ROLE vde_storage LOGIN');
SELECT after('GRANT vde_storage TO t_check_eve');
SELECT after('GRANT t_check_ana TO vde_storage');
SELECT after('GRANT USAGE ON SCHEMA vde_data TO PUBLIC; GRANT CREATE ON SCHEMA vde TO t_check_eve; GRANT SELECT, INSERT ON vde.model TO t_check_eve; GRANT UPDATE (owner) ON vde.environment TO t_check_eve; GRANT EXECUTE ON FUNCTION vde.prepare_storage_role() TO t_check_eve');
SELECT after('ALTER TABLE vde.model OWNER TO t_check_eve; ALTER SCHEMA vde_data OWNER TO t_check_eve; ALTER FUNCTION vde_lineage(text, text, text) OWNER TO t_check_eve');
SELECT after('DELETE FROM vde.environment_state WHERE environment_id = (SELECT id FROM vde.environment WHERE name = ''two'')');
SELECT after('DELETE FROM vde.pointer p USING vde.model m, vde.environment e WHERE m.id = p.model_id AND e.id = p.environment_id AND m.model_name = ''orders'' AND e.name = ''two''');
SELECT after('ALTER TABLE vde.build DISABLE TRIGGER ALL; CREATE RULE mine AS ON DELETE TO vde.build DO INSTEAD NOTHING; ALTER TABLE vde.kept ENABLE ROW LEVEL SECURITY') LIMIT 100;
-- foreign keys are checked for what vde writes, and by vde_check for the rest
SELECT after('INSERT INTO vde.snapshot_parent SELECT -i, -1 FROM generate_series(1, 2) i; INSERT INTO vde.virtual_schema VALUES (''nowhere'', -1)');
SELECT after('DROP TRIGGER check_keys ON vde.draft; ALTER TABLE vde.pointer DISABLE TRIGGER check_keys');
SELECT after('DROP TRIGGER check_keys ON vde.draft; CREATE TRIGGER check_keys AFTER INSERT ON vde.draft FOR EACH ROW EXECUTE FUNCTION vde.check_keys()');
\set VERBOSITY terse
BEGIN;
SET LOCAL client_min_messages = error;
SELECT vde_register('shop.waits', 'SELECT 2 AS n') > 0;
CREATE FUNCTION public.elsewhere() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.definition_id := -1; RETURN NEW; END';
CREATE TRIGGER elsewhere BEFORE INSERT OR UPDATE ON vde.draft FOR EACH ROW EXECUTE FUNCTION public.elsewhere();
SAVEPOINT s;
SELECT vde_register('shop.another', 'SELECT 3 AS n');
ROLLBACK TO s;
SELECT vde_register('shop.waits', 'SELECT 3 AS n');
ROLLBACK TO s;
-- also if PostgreSQL checks them itself
ALTER TABLE vde.draft ENABLE TRIGGER ALL;
SELECT vde_register('shop.waits', 'SELECT 3 AS n');
ROLLBACK;
\set VERBOSITY default
SELECT after('UPDATE vde.environment SET owner = ''12345'' WHERE name = ''dev''; UPDATE vde.definition SET owner = ''12345'' WHERE query ~ ''max.total''');

--
-- Who sees what, who may repair, and when
--
SET SESSION AUTHORIZATION t_check_bob;
CREATE SCHEMA bob;
SELECT vde_register('bob.x', 'SELECT 1 AS n', environment => 'bobs') > 0;
CALL vde_apply('bobs');
RESET SESSION AUTHORIZATION;
DROP VIEW bob__bobs.x, shop__dev.orders;
GRANT USAGE ON SCHEMA vde_data TO t_check_eve;
SELECT line FROM told(false);
SET SESSION AUTHORIZATION t_check_eve;
SELECT line FROM told(false);
SELECT line FROM told(true);
SET SESSION AUTHORIZATION t_check_ana;
SELECT line FROM told(NULL);
SET SESSION AUTHORIZATION t_check_bob;
SELECT line FROM told(true);
SELECT line FROM told(false);
BEGIN READ ONLY;
SELECT line FROM told(false);
SELECT line FROM told(true);
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT line FROM told(true);
ROLLBACK;
SET SESSION AUTHORIZATION t_check_ana;
SELECT repaired, line FROM told(true);
RESET SESSION AUTHORIZATION;
REVOKE USAGE ON SCHEMA vde_data FROM t_check_eve;
SELECT count(*) FROM vde_check();
SELECT * FROM bob__bobs.x;

-- what a view's owner lost on somebody else's table, only that one gives back
SET SESSION AUTHORIZATION t_check_bob;
SELECT vde_register('bob.y', 'SELECT id FROM shop.orders', 'view', environment => 'bobs') > 0;
RESET SESSION AUTHORIZATION;
GRANT SELECT ON shop__bobs.orders TO t_check_bob;
SET SESSION AUTHORIZATION t_check_bob;
CALL vde_apply('bobs');
SELECT count(*) FROM bob__bobs.y;
RESET SESSION AUTHORIZATION;
DO $$ BEGIN EXECUTE (SELECT format('REVOKE SELECT ON vde_data.%I FROM t_check_bob', physical_table) FROM vde_models WHERE environment = 'prod' AND model = 'shop.orders'); END $$;
SET SESSION AUTHORIZATION t_check_bob;
SELECT repaired, line FROM told(true);
SET SESSION AUTHORIZATION t_check_ana;
SELECT count(*) FROM vde_check();
SELECT repaired, line FROM told(true);
RESET SESSION AUTHORIZATION;
SELECT repaired, line FROM told(true);
CALL vde_drop_environment('bobs');

-- what is lost is built again, for all who had it
DO $$ BEGIN EXECUTE (SELECT format('DROP TABLE vde_data.%I CASCADE', physical_table) FROM vde_models WHERE environment = 'prod' AND model = 'shop.orders'); END $$;
SELECT repaired, line FROM told(true) ORDER BY line COLLATE "C";
SELECT line FROM regexp_replace(array_to_string(ARRAY(SELECT vde_plan('dev')), E'\n'), '[0-9a-f]{16}$', '') line;
SET SESSION AUTHORIZATION t_check_ana;
CALL vde_apply('dev');
SELECT repaired, line FROM told(true) ORDER BY line COLLATE "C";
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM vde_check();
SELECT count(*), sum(amount) FROM shop.orders;
SELECT total FROM shop__two.m;
SELECT models, built, reused FROM vde_deployments WHERE environment = 'dev' ORDER BY deployment DESC LIMIT 1;

--
-- DROP OWNED, REASSIGN OWNED, and roles that go
--
SELECT split_part(line, ':', 1), substring(line FROM '[a-z]+_(?:relation|view|owner|built|role)(?=\.)'), count(*) FROM after('REASSIGN OWNED BY t_check_ana TO t_check_eve') line GROUP BY 1, 2 ORDER BY 1, 2;
SELECT split_part(line, ':', 1), substring(line FROM '[a-z]+_(?:relation|view|owner|built|role)(?=\.)'), count(*) FROM after('DROP OWNED BY t_check_ana CASCADE') line GROUP BY 1, 2 ORDER BY 1, 2;
REASSIGN OWNED BY t_check_ana TO t_check_bob;
DROP OWNED BY t_check_ana;
DROP ROLE t_check_ana;
CREATE ROLE t_check_ana;
SELECT line FROM told(true) ORDER BY line COLLATE "C";
-- one of the same name is somebody else
SET SESSION AUTHORIZATION t_check_ana;
SELECT count(*) FROM vde_check();
CALL vde_apply('dev');
SELECT vde_register('shop.orders', 'SELECT 1 AS id', environment => 'dev');
RESET SESSION AUTHORIZATION;
SELECT DISTINCT owner::text ~ '^[0-9]+$' FROM vde_environments;
-- a superuser names another owner
GRANT CREATE, USAGE ON SCHEMA shop TO t_check_bob;
UPDATE vde.environment SET owner = 't_check_bob' WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = owner);
UPDATE vde.definition SET owner = 't_check_bob' WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = owner);
SET SESSION AUTHORIZATION t_check_bob;
SELECT line FROM told(true);
SELECT count(*) FROM vde_check();
CALL vde_apply('dev');
CALL vde_run('prod');
SELECT vde_register('shop.orders', 'SELECT id, customer, amount, 1 AS one FROM raw.orders') > 0;
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
SELECT count(*), sum(amount), sum(one) FROM shop.orders;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM vde_check();
ALTER ROLE t_check_bob RENAME TO t_check_ben;
SELECT count(*) FROM vde_check();
SELECT DISTINCT owner FROM vde_environments;
ALTER ROLE t_check_ben RENAME TO t_check_bob;

--
-- An environment that points at a table that was collected: the next apply makes it
--
SET SESSION AUTHORIZATION t_check_bob;
SELECT vde_register('shop.late', 'SELECT 1 AS one', environment => 'late') > 0;
RESET SESSION AUTHORIZATION;
SELECT physical_table AS collected FROM vde_models WHERE environment = 'prod' AND model = 'shop.other' \gset
BEGIN;
DROP TABLE vde_data.:"collected" CASCADE;
UPDATE vde.version SET built_at = NULL, built_by = NULL, refreshed_at = NULL, row_count = NULL, content_hash = NULL, build_seconds = NULL, collected_at = now()
	WHERE relation_name = :'collected';
DELETE FROM vde.version_input v USING vde.version o WHERE o.id = v.version_id AND o.relation_name = :'collected';
DELETE FROM vde.pointer p USING vde.environment e, vde.model m
	WHERE e.id = p.environment_id AND e.name <> 'late' AND m.id = p.model_id AND m.model_name = 'other';
COMMIT;
SELECT line FROM told(false) WHERE line ~ 'late';
SET SESSION AUTHORIZATION t_check_bob;
SELECT model, action, reason FROM vde_changes('late') ORDER BY 1;
CALL vde_apply('late');
SELECT count(*) FROM shop__late.other;
CALL vde_drop_environment('late');
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM vde_check();

--
-- The extension itself
--
CREATE SCHEMA elsewhere;
ALTER EXTENSION vde SET SCHEMA elsewhere;
SELECT count(*) FROM elsewhere.vde_check();
\set VERBOSITY terse
DROP EXTENSION vde;
DROP SCHEMA vde_data;
\set VERBOSITY default
-- CASCADE takes what stands on the tables, by PostgreSQL's rules, and nothing else
CREATE VIEW public.stands_on_it AS SELECT id FROM shop.orders;
CREATE TABLE shop.mine (n int);
CREATE TABLE shop__dev.mine (n int);
DROP EXTENSION vde CASCADE;
SELECT oid::regclass FROM pg_class WHERE relkind IN ('r', 'v', 'm', 'p') AND relnamespace::regnamespace::text ~ '^(shop|bob|vde|public|raw)' ORDER BY 1;
SELECT nspname FROM pg_namespace WHERE nspname ~ '^(shop|bob|vde|raw)' ORDER BY 1;
DROP OWNED BY t_check_ana, t_check_bob, t_check_eve CASCADE;
DROP ROLE t_check_ana, t_check_bob, t_check_eve;
