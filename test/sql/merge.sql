-- merge: a promote merges definitions three ways.  The target then equals a
-- build from scratch of the merged definitions, whoever changed what.
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_merge_team, t_merge_ana, t_merge_bob;
CREATE ROLE t_merge_team;
CREATE ROLE t_merge_ana IN ROLE t_merge_team;
CREATE ROLE t_merge_bob IN ROLE t_merge_team;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_merge_team', current_database()); END $$;
GRANT CREATE ON SCHEMA public TO t_merge_team;
SET ROLE t_merge_team;
CREATE SCHEMA raw;
CREATE TABLE raw.orders (id int, customer_id int, amount numeric);
INSERT INTO raw.orders SELECT i, i % 7, i * 10 FROM generate_series(1, 100) i;

CREATE FUNCTION differ(a text, b text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
	EXECUTE format('SELECT count(*) FROM ((%1$s EXCEPT ALL %2$s) UNION ALL (%2$s EXCEPT ALL %1$s)) d', a, b) INTO n;
	RETURN n;
END $$;
CREATE FUNCTION p(environment text, target text DEFAULT NULL, format text DEFAULT 'text') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT regexp_replace(line, '^[0-9a-f]{16}$', '(id)') FROM vde_plan($1, $2, $3) line
$$;
CREATE VIEW builds AS SELECT build, model, environment, action, state FROM vde_builds ORDER BY build;
\pset format unaligned
\pset tuples_only on

-- three layers in prod; everybody's environments are the team's
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount FROM raw.orders', environment => 'prod') > 0;
SELECT vde_register('shop.totals', 'SELECT customer_id, sum(amount) AS total FROM shop.orders GROUP BY 1', environment => 'prod') > 0;
SELECT vde_register('shop.best', 'SELECT customer_id FROM shop.totals WHERE total > 7000', 'view', environment => 'prod') > 0;
SELECT vde_register('shop.count', 'SELECT count(*) AS n FROM shop.best', environment => 'prod') > 0;
SELECT vde_register('shop.alone', 'SELECT 1 AS alone', environment => 'prod') > 0;
CALL vde_apply('prod', confirm => true);
CALL vde_create_environment('ana');
CALL vde_create_environment('bob');

--
-- the source edited a parent, the target meanwhile its child
--
SET ROLE t_merge_ana;
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount * 2 AS amount FROM raw.orders', environment => 'ana') > 0;
CALL vde_apply('ana');
SET ROLE t_merge_bob;
SELECT vde_register('shop.totals', 'SELECT customer_id, sum(amount) + 1 AS total FROM shop.orders GROUP BY 1', environment => 'bob') > 0;
CALL vde_apply('bob');
SELECT p('bob', 'prod');
CALL vde_promote('bob', 'prod');
SET ROLE t_merge_ana;
SELECT p('ana', 'prod');
SELECT count(*) AS builds FROM vde_builds \gset
CALL vde_promote('ana', 'prod');
-- what neither had: the child of the one on the parent of the other
SELECT model, environment, action, state FROM builds OFFSET :builds;
SELECT differ('TABLE shop.orders', 'SELECT id, customer_id, amount * 2 FROM raw.orders');
SELECT differ('TABLE shop.totals', 'SELECT customer_id, sum(amount * 2) + 1 FROM raw.orders GROUP BY 1');
SELECT differ('TABLE shop.best', 'SELECT customer_id FROM raw.orders GROUP BY 1 HAVING sum(amount * 2) + 1 > 7000');
SELECT differ('TABLE shop.count', 'SELECT count(*) FROM (SELECT FROM raw.orders GROUP BY customer_id HAVING sum(amount * 2) + 1 > 7000) x');
-- the source is as it was
SELECT differ('TABLE shop__ana.totals', 'SELECT customer_id, sum(amount * 2) FROM raw.orders GROUP BY 1');
-- a database built from scratch with the same definitions has the same versions
SELECT vde_register(model, query, kind, environment => 'scratch') > 0 FROM vde_models WHERE environment = 'prod';
CALL vde_apply('scratch');
SELECT count(*) FROM vde_models s JOIN vde_models p USING (model) WHERE s.environment = 'scratch' AND p.environment = 'prod' AND s.version = p.version;
CALL vde_drop_environment('scratch');

-- the other way round: bring prod's change into ana's environment
SELECT p('prod', 'ana');
CALL vde_promote('prod', 'ana');
SELECT differ('TABLE shop__ana.totals', 'SELECT customer_id, sum(amount * 2) + 1 FROM raw.orders GROUP BY 1');
SELECT p('ana', 'prod');
SELECT p('prod', 'ana');
CALL vde_promote('prod', 'bob');
SELECT count(*) FROM vde_models a JOIN vde_models b USING (model) JOIN vde_models p USING (model) WHERE a.environment = 'ana' AND b.environment = 'bob' AND p.environment = 'prod' AND a.version = b.version AND a.version = p.version;

--
-- the target edited the parent, the source its child
--
SELECT vde_register('shop.totals', 'SELECT customer_id, sum(amount) + 2 AS total FROM shop.orders GROUP BY 1', environment => 'ana') > 0;
CALL vde_apply('ana');
SET ROLE t_merge_bob;
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount * 3 AS amount FROM raw.orders', environment => 'bob') > 0;
CALL vde_apply('bob');
CALL vde_promote('bob', 'prod');
SET ROLE t_merge_ana;
CALL vde_promote('ana', 'prod');
SELECT differ('TABLE shop.totals', 'SELECT customer_id, sum(amount * 3) + 2 FROM raw.orders GROUP BY 1');
CALL vde_promote('prod', 'ana');
CALL vde_promote('prod', 'bob');

--
-- both made the same change: no conflict, and nothing to do
--
SELECT vde_register('shop.alone', 'SELECT 2 AS alone', environment => 'ana') > 0;
CALL vde_apply('ana');
SET ROLE t_merge_bob;
SELECT vde_register('shop.alone', 'SELECT 2 AS alone', environment => 'bob') > 0;
CALL vde_apply('bob');
CALL vde_promote('bob', 'prod');
SET ROLE t_merge_ana;
SELECT p('ana', 'prod');
SELECT count(*) AS deployments FROM vde_deployments WHERE environment = 'prod' \gset
SET client_min_messages = notice;
CALL vde_promote('ana', 'prod');
CALL vde_promote('ana', 'prod');
SET client_min_messages = warning;
SELECT count(*) - :deployments FROM vde_deployments WHERE environment = 'prod';
SELECT alone FROM shop.alone;
-- and the base is now the common state: a further change of the one is no conflict
SELECT vde_register('shop.alone', 'SELECT 3 AS alone', environment => 'ana') > 0;
CALL vde_apply('ana');
CALL vde_promote('ana', 'prod');
SELECT alone FROM shop.alone;

--
-- a conflict: listed with its authors, and nothing changes
--
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount * 4 AS amount FROM raw.orders', environment => 'ana') > 0;
SELECT vde_register('shop.alone', 'SELECT 4 AS alone', environment => 'ana') > 0;
SELECT vde_register('shop.mine', 'SELECT 1 AS mine', environment => 'ana') > 0;
CALL vde_apply('ana');
SET ROLE t_merge_bob;
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount * 5 AS amount FROM raw.orders', environment => 'bob') > 0;
CALL vde_apply('bob');
-- bob's alone is 2, his base is 2, prod's is 3: only prod changed it
CALL vde_promote('bob', 'prod');
SELECT alone FROM shop.alone;
SELECT differ('TABLE shop.orders', 'SELECT id, customer_id, amount * 5 FROM raw.orders');
SET ROLE t_merge_ana;
SELECT p('ana', 'prod');
SELECT p('ana', 'prod', 'markdown');
SELECT jsonb_pretty(p::jsonb -> 'conflicts') FROM vde_plan('ana', 'prod', 'json') p;
SELECT model, change, action FROM vde_changes('ana', 'prod');
SELECT count(*) AS builds FROM vde_builds \gset
CALL vde_promote('ana', 'prod');
\echo :LAST_ERROR_SQLSTATE
CALL vde_promote('ana', 'prod', models => '{shop.orders}');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) - :builds FROM vde_builds;
SELECT differ('TABLE shop.orders', 'SELECT id, customer_id, amount * 5 FROM raw.orders');
SELECT to_regclass('shop.mine');
-- what is not in conflict can go alone
CALL vde_promote('ana', 'prod', models => '{shop.mine, shop.alone}');
SELECT alone, mine FROM shop.alone, shop.mine;
-- a second conflict: both are listed
SELECT vde_register('shop.count', 'SELECT count(*) + 1 AS n FROM shop.best', environment => 'ana') > 0;
CALL vde_apply('ana');
SELECT vde_unregister('shop.count', 'prod');
CALL vde_apply('prod', confirm => true);
SELECT p('ana', 'prod');
CALL vde_promote('ana', 'prod');
\echo :LAST_ERROR_SQLSTATE
-- force takes the source's
CALL vde_promote('ana', 'prod', force => true);
SELECT differ('TABLE shop.orders', 'SELECT id, customer_id, amount * 4 FROM raw.orders');
SELECT differ('TABLE shop.totals', 'SELECT customer_id, sum(amount * 4) + 2 FROM raw.orders GROUP BY 1');
SELECT differ('TABLE shop.count', 'SELECT count(*) + 1 FROM (SELECT FROM raw.orders GROUP BY customer_id HAVING sum(amount * 4) + 2 > 7000) x');
SELECT p('ana', 'prod');
-- and bob, who had promoted his, now sees prod's as the newer
SELECT p('bob', 'prod');
CALL vde_promote('prod', 'bob');
SELECT differ('TABLE shop__bob.orders', 'SELECT id, customer_id, amount * 4 FROM raw.orders');

--
-- removals: on one side; on both; on one side while the other edited it
--
SELECT vde_unregister('shop.mine', 'ana');
SELECT vde_unregister('shop.count', 'ana');
CALL vde_apply('ana');
SET ROLE t_merge_bob;
SELECT vde_unregister('shop.mine', 'bob');
CALL vde_apply('bob');
CALL vde_promote('bob', 'prod');
SELECT to_regclass('shop.mine');
SELECT vde_register('shop.count', 'SELECT count(*) + 2 AS n FROM shop.best', environment => 'bob') > 0;
CALL vde_apply('bob');
CALL vde_promote('bob', 'prod');
SET ROLE t_merge_ana;
SELECT p('ana', 'prod');
CALL vde_promote('ana', 'prod');
\echo :LAST_ERROR_SQLSTATE
CALL vde_promote('ana', 'prod', force => true);
SELECT to_regclass('shop.count');
SELECT p('ana', 'prod');

--
-- a model that both added, differently
--
SELECT vde_register('shop.added', 'SELECT 1 AS a', environment => 'ana') > 0;
CALL vde_apply('ana');
SELECT vde_register('shop.added', 'SELECT 2 AS a', environment => 'bob') > 0;
CALL vde_apply('bob');
CALL vde_promote('ana', 'prod');
CALL vde_promote('bob', 'prod');
\echo :LAST_ERROR_SQLSTATE
SELECT a FROM shop.added;

--
-- the source removed a model that the target's change reads: nothing is done
--
CALL vde_promote('prod', 'bob', force => true);
SELECT vde_unregister('shop.added', 'ana');
CALL vde_apply('ana');
SELECT vde_register('shop.reader', 'SELECT a FROM shop.added', environment => 'bob') > 0;
CALL vde_apply('bob');
CALL vde_promote('bob', 'prod');
SELECT p('ana', 'prod');
CALL vde_promote('ana', 'prod');
\echo :LAST_ERROR_SQLSTATE
SELECT a FROM shop.reader;
SELECT a FROM shop.added;

-- prod did not touch what ana removed, so not even force brings it back to her
\set VERBOSITY sqlstate
CALL vde_promote('prod', 'ana', force => true);
\set VERBOSITY default

--
-- a change that is right on each side and wrong in the merge: the analyzer says so
--
CALL vde_drop_environment('ana');
CALL vde_create_environment('ana');
CALL vde_promote('prod', 'bob', force => true);
SELECT vde_register('shop.orders', 'SELECT id, customer_id FROM raw.orders', environment => 'ana') > 0;
SELECT vde_register('shop.totals', 'SELECT customer_id, count(*) AS total FROM shop.orders GROUP BY 1', environment => 'ana') > 0;
CALL vde_apply('ana');
SELECT vde_register('shop.extra', 'SELECT max(amount) AS highest FROM shop.orders', environment => 'bob') > 0;
CALL vde_apply('bob');
CALL vde_promote('bob', 'prod');
CALL vde_promote('ana', 'prod');
\echo :LAST_ERROR_SQLSTATE
SELECT highest FROM shop.extra;
SELECT differ('TABLE shop.orders', 'SELECT id, customer_id, amount * 4 FROM raw.orders');

--
-- what a copy has from prod, it has in common with whom prod has it from; of one
-- as of an earlier deployment that is not known: it asks
--
CALL vde_promote('prod', 'bob', force => true);
SELECT state AS before FROM vde_environments WHERE name = 'prod' \gset
SELECT vde_register('shop.alone', 'SELECT 10 AS alone', environment => 'bob') > 0;
CALL vde_apply('bob');
CALL vde_promote('bob', 'prod');
CALL vde_create_environment('copy');
CALL vde_create_environment('copy_of_copy', base => 'copy');
CALL vde_create_environment('past', deployment => :before);
SELECT vde_register('shop.alone', 'SELECT 11 AS alone', environment => 'bob') > 0;
CALL vde_apply('bob');
SELECT model, change, action FROM vde_changes('bob', 'copy');
CALL vde_promote('bob', 'copy');
CALL vde_promote('bob', 'copy_of_copy');
CALL vde_promote('bob', 'past');
SELECT p.alone AS prod, c.alone AS copy, cc.alone AS copy_of_copy, o.alone AS past
FROM shop.alone p, shop__copy.alone c, shop__copy_of_copy.alone cc, shop__past.alone o;
-- and the other way round: what prod had from bob, the copy does not take for its own
SELECT p('copy', 'bob');
SELECT vde_register('shop.alone', 'SELECT 12 AS alone', environment => 'copy_of_copy') > 0;
CALL vde_apply('copy_of_copy');
CALL vde_promote('copy_of_copy', 'bob');
SELECT alone FROM shop__bob.alone;
-- a real conflict stays one
SELECT vde_register('shop.alone', 'SELECT 13 AS alone', environment => 'bob') > 0;
CALL vde_apply('bob');
SELECT vde_register('shop.alone', 'SELECT 14 AS alone', environment => 'copy') > 0;
CALL vde_apply('copy');
CALL vde_promote('bob', 'copy');
\echo :LAST_ERROR_SQLSTATE

--
-- environments without a common base: each is the other's addition
--
CALL vde_create_environment('left', base => NULL);
SELECT vde_register('s.m', 'SELECT 1 AS a', environment => 'left') > 0;
SELECT vde_register('s.n', 'SELECT 1 AS n', environment => 'left') > 0;
CALL vde_apply('left');
CALL vde_create_environment('right', base => NULL);
SELECT vde_register('s.m', 'SELECT 2 AS a', environment => 'right') > 0;
SELECT vde_register('s.n', 'SELECT 1 AS n', environment => 'right') > 0;
CALL vde_apply('right');
CALL vde_promote('left', 'right');
\echo :LAST_ERROR_SQLSTATE
SELECT p('left', 'right');

--
-- a source that went back takes its change back from the target, too; a copy of
-- it never had that change, and gets it as anything new
--
CALL vde_create_environment('giver', base => NULL);
SELECT vde_register('s.kept', 'SELECT 1 AS k', environment => 'giver') > 0;
CALL vde_apply('giver');
SELECT vde_register('s.more', 'SELECT 3 AS m', environment => 'giver') > 0;
CALL vde_apply('giver');
CALL vde_create_environment('taker', base => NULL);
CALL vde_promote('giver', 'taker');
CALL vde_rollback('giver');
CALL vde_create_environment('copy_of_giver', base => 'giver');
SELECT model, change, action FROM vde_changes('giver', 'taker');
SELECT model, change, action FROM vde_changes('taker', 'giver');
SELECT model, change, action FROM vde_changes('taker', 'copy_of_giver');
CALL vde_promote('taker', 'copy_of_giver');
SELECT m FROM s__copy_of_giver.more;
