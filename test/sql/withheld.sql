--
-- Two roles share a table, and one of them loses the right to read what it is
-- filled from: whoever fills it anew fills it for himself alone.
--
\set VERBOSITY terse
SET client_min_messages = warning;

DROP ROLE IF EXISTS t_withheld_etl;
DROP ROLE IF EXISTS t_withheld_ana;
DROP ROLE IF EXISTS t_withheld_bob;
CREATE ROLE t_withheld_etl;
CREATE ROLE t_withheld_ana;
CREATE ROLE t_withheld_bob;
CREATE EXTENSION vde;
SELECT format('GRANT CREATE ON DATABASE %I TO t_withheld_etl, t_withheld_ana, t_withheld_bob', current_database()) \gexec
CREATE SCHEMA raw AUTHORIZATION t_withheld_etl;
CREATE SCHEMA own AUTHORIZATION t_withheld_etl;
GRANT USAGE ON SCHEMA raw TO PUBLIC;
SET ROLE t_withheld_etl;
CREATE TABLE raw.orders AS SELECT g AS id, g * 10 AS amount FROM generate_series(1, 3) g;
GRANT SELECT ON raw.orders TO t_withheld_ana;
SELECT vde_register('own.orders', 'SELECT id, amount FROM raw.orders', environment => 'prod') IS NOT NULL AS ok;
CALL vde_apply('prod', confirm => true);
SET ROLE t_withheld_ana;
SELECT vde_register('own.orders', 'SELECT id, amount FROM raw.orders', options => '{"owner": "t_withheld_ana"}', environment => 'anas') IS NOT NULL AS ok;
SELECT vde_register('own.total', 'SELECT sum(amount) AS total FROM own.orders', environment => 'anas') IS NOT NULL AS ok;
CALL vde_apply('anas');
SELECT count(DISTINCT physical_table) AS tables, count(*) AS models FROM vde_models WHERE model = 'own.orders';

--
-- 1. While both may read the source, both see what either refreshes
--
SET ROLE t_withheld_etl;
INSERT INTO raw.orders VALUES (4, 40);
CALL vde_run('prod');
SET ROLE t_withheld_ana;
SELECT count(*) FROM own__anas.orders;

--
-- 2. Without the right, the rows that were there stay, and no new ones are seen
--
SET ROLE t_withheld_etl;
REVOKE SELECT ON raw.orders FROM t_withheld_ana;
SET ROLE t_withheld_ana;
SELECT count(*) FROM own__anas.orders;
SET ROLE t_withheld_etl;
INSERT INTO raw.orders VALUES (5, 50);
\set VERBOSITY default
CALL vde_run('prod');
\set VERBOSITY terse
SELECT count(*) FROM own.orders;
SELECT count(*) FROM vde_check();
SET ROLE t_withheld_ana;
SELECT count(*) FROM own__anas.orders;
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM own__anas.total;
SELECT environment, object, problem, regexp_replace(detail, '__[0-9a-f]{16}', '__…') AS detail, remedy FROM vde_check();
-- a second refresh says nothing new
SET ROLE t_withheld_etl;
INSERT INTO raw.orders VALUES (6, 60);
CALL vde_run('prod');

--
-- 3. No way around it: repair, apply, a reader of the model, a copy of the
-- environment, going back and forth, registering it once more
--
SET ROLE t_withheld_ana;
SELECT problem, repaired FROM vde_check(true);
\set VERBOSITY default
CALL vde_apply('anas');
\set VERBOSITY terse
CALL vde_run('anas');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM own__anas.total;
SELECT vde_register('own.reader', 'SELECT id FROM own.orders', environment => 'anas') IS NOT NULL AS ok;
CALL vde_apply('anas');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('own.reader', 'SELECT id FROM own.orders', 'view', environment => 'anas') IS NOT NULL AS ok;
CALL vde_apply('anas');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('anas');
CALL vde_create_environment('copy', 'anas');
SELECT count(*) FROM own__copy.orders;
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('own.orders', 'SELECT id, amount FROM raw.orders', options => '{"owner": "t_withheld_ana", "description": "mine"}', environment => 'copy') IS NOT NULL AS ok;
CALL vde_apply('copy');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM own__copy.orders;
CALL vde_drop_environment('copy');
SELECT vde_register('own.orders', 'SELECT 1 AS id, 2 AS amount', options => '{"owner": "t_withheld_ana"}', environment => 'anas') IS NOT NULL AS ok;
CALL vde_apply('anas');
SELECT count(*) FROM own__anas.orders;
CALL vde_rollback('anas');
SELECT count(*) FROM own__anas.orders;
\echo :LAST_ERROR_SQLSTATE

--
-- 4. With the right, any deployment or run gives it back
--
SET ROLE t_withheld_etl;
GRANT SELECT ON raw.orders TO t_withheld_ana;
SET ROLE t_withheld_ana;
SET client_min_messages = notice;
CALL vde_apply('anas');
SET client_min_messages = warning;
SELECT count(*) FROM own__anas.orders;
SELECT * FROM vde_check();
CALL vde_run('anas');
SELECT * FROM own__anas.total;
-- a refresh finds it, too
SET ROLE t_withheld_etl;
REVOKE SELECT ON raw.orders FROM t_withheld_ana;
INSERT INTO raw.orders VALUES (7, 70);
CALL vde_run('prod');
GRANT SELECT (id, amount) ON raw.orders TO t_withheld_ana;
INSERT INTO raw.orders VALUES (8, 80);
CALL vde_run('prod');
SET ROLE t_withheld_ana;
SELECT count(*) FROM own__anas.orders;

--
-- 5. It need not be in use: a state from before does not bring it back
--
SELECT vde_register('own.orders', 'SELECT 1 AS id, 2 AS amount', options => '{"owner": "t_withheld_ana"}', environment => 'anas') IS NOT NULL AS ok;
CALL vde_apply('anas');
SET ROLE t_withheld_etl;
REVOKE SELECT (id, amount) ON raw.orders FROM t_withheld_ana;
INSERT INTO raw.orders VALUES (9, 90);
CALL vde_run('prod');
SET ROLE t_withheld_ana;
CALL vde_rollback('anas');
SELECT count(*) FROM own__anas.orders;
\echo :LAST_ERROR_SQLSTATE
SELECT id AS deployment FROM (SELECT max(deployment) AS id FROM vde_deployments WHERE environment = 'anas' AND action = 'apply') d \gset
CALL vde_rollback('anas', :deployment);
SELECT count(*) FROM own__anas.orders;
SET ROLE t_withheld_etl;
GRANT SELECT ON raw.orders TO t_withheld_ana;
SET ROLE t_withheld_ana;
CALL vde_rollback('anas');
SELECT count(*) FROM own__anas.orders;

--
-- 6. Who may read the view of prod sees the same rows there
--
SET ROLE t_withheld_etl;
REVOKE SELECT ON raw.orders FROM t_withheld_ana;
GRANT SELECT ON own.orders TO t_withheld_ana;
INSERT INTO raw.orders VALUES (10, 100);
CALL vde_run('prod');
SET ROLE t_withheld_ana;
SELECT count(*) FROM own__anas.orders;

--
-- 7. A model of the kind view reads the table itself: without the parent's view
-- it goes on only until the next rows
--
SET ROLE t_withheld_etl;
GRANT USAGE ON SCHEMA own TO t_withheld_bob;
GRANT SELECT ON own.orders TO t_withheld_bob;
SET ROLE t_withheld_bob;
CALL vde_create_environment('bobs');
SELECT vde_register('own.large', 'SELECT id FROM own.orders WHERE amount > 50', 'view', environment => 'bobs') IS NOT NULL AS ok;
CALL vde_apply('bobs');
SELECT count(*) FROM own__bobs.large;
RESET ROLE;
REVOKE SELECT ON own__bobs.orders, own.orders FROM t_withheld_bob;
SET ROLE t_withheld_bob;
SELECT count(*) FROM own__bobs.large;
SET ROLE t_withheld_etl;
INSERT INTO raw.orders VALUES (11, 110);
CALL vde_run('prod');
SET ROLE t_withheld_bob;
SELECT count(*) FROM own__bobs.large;
\echo :LAST_ERROR_SQLSTATE
SELECT problem, repaired FROM vde_check(true);
RESET ROLE;
GRANT SELECT ON own__bobs.orders TO t_withheld_bob;
SET ROLE t_withheld_bob;
CALL vde_run('bobs');
SELECT count(*) FROM own__bobs.large;

--
-- 8. In a transaction block, until that is over
--
SET ROLE t_withheld_etl;
REVOKE SELECT ON own.orders FROM t_withheld_ana;
BEGIN;
INSERT INTO raw.orders VALUES (12, 120);
CALL vde_run('prod');
SET LOCAL ROLE t_withheld_ana;
SAVEPOINT before;
SELECT count(*) FROM own__anas.orders;
ROLLBACK TO before;
ROLLBACK;
SET ROLE t_withheld_ana;
SELECT count(*) FROM own__anas.orders;

-- a superuser passes, whatever was granted to it
RESET ROLE;
ALTER ROLE t_withheld_ana SUPERUSER;
SET ROLE t_withheld_etl;
CALL vde_run('prod');
RESET ROLE;
SELECT count(*) FROM own__anas.orders;
ALTER ROLE t_withheld_ana NOSUPERUSER;
SELECT * FROM vde_check();

--
-- 9. Through a parent: who shares both tables loses both
--
SET ROLE t_withheld_etl;
GRANT SELECT ON raw.orders TO t_withheld_ana;
SELECT vde_register('own.total', 'SELECT sum(amount) AS total FROM own.orders', environment => 'prod') IS NOT NULL AS ok;
CALL vde_apply('prod', confirm => true);
CALL vde_run('prod');
SELECT count(DISTINCT physical_table) AS tables, count(*) AS models FROM vde_models WHERE model = 'own.total' AND environment IN ('prod', 'anas');
SET ROLE t_withheld_ana;
SELECT * FROM own__anas.total;
SET ROLE t_withheld_etl;
REVOKE SELECT ON raw.orders FROM t_withheld_ana;
INSERT INTO raw.orders VALUES (13, 130);
CALL vde_run('prod');
SET ROLE t_withheld_ana;
SELECT * FROM own__anas.total;
\echo :LAST_ERROR_SQLSTATE
SET ROLE t_withheld_etl;
GRANT SELECT ON raw.orders TO t_withheld_ana;
SET ROLE t_withheld_ana;
CALL vde_apply('anas');
SELECT * FROM own__anas.total;

--
-- 10. A model that is kept over a parent that has moved passes all the same
--
SELECT vde_register('own.orders', 'SELECT id, amount + 0 AS amount FROM raw.orders', options => '{"owner": "t_withheld_ana"}', environment => 'anas') IS NOT NULL AS ok;
SELECT vde_categorize('own.orders', 'non_breaking', 'anas');
CALL vde_apply('anas');
SELECT count(DISTINCT physical_table) AS tables, count(*) AS models FROM vde_models WHERE model = 'own.total' AND environment IN ('prod', 'anas');
SET ROLE t_withheld_etl;
INSERT INTO raw.orders VALUES (14, 140);
CALL vde_run('prod');
SET ROLE t_withheld_ana;
SELECT * FROM own__anas.total;
SELECT * FROM vde_check();
RESET ROLE;

CALL vde_drop_environment('bobs');
CALL vde_drop_environment('anas');
CALL vde_run('prod');
SELECT * FROM vde_check();
