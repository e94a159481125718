-- categorize: a category that somebody declares.  What is kept, built anew and
-- settled holds the right rows after every step, in the environment itself and
-- in all others; promotes, copies and rollbacks take the declaration along.
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_categorize_ana, t_categorize_bob;
CREATE ROLE t_categorize_ana;
CREATE ROLE t_categorize_bob;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO t_categorize_ana, t_categorize_bob', current_database()); END $$;
GRANT CREATE ON SCHEMA public TO t_categorize_ana;
-- what the catalog has, for ana
CREATE FUNCTION kept(env text) RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
	SELECT string_agg(DISTINCT format('%s.%s because of %s', m.schema_name, m.model_name, k.because), ', ')
	FROM vde.kept k JOIN vde.environment e ON e.id = k.environment_id
	JOIN vde.pointer p ON p.environment_id = e.id AND p.model_id = k.model_id AND p.snapshot_id = k.snapshot_id
	JOIN vde.model m ON m.id = k.model_id
	WHERE e.name = env AND NOT EXISTS (SELECT FROM vde.kept o
		LEFT JOIN (vde.pointer op JOIN vde.snapshot os ON os.id = op.snapshot_id) ON op.environment_id = e.id AND op.model_id = o.parent_model_id
		WHERE o.environment_id = e.id AND o.deployment_id = k.deployment_id AND o.model_id = k.model_id AND os.version_id IS DISTINCT FROM o.parent_version_id)
$$;
CREATE FUNCTION overrules(env text) RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS $$
	SELECT format('%s.%s %s by %s', m.schema_name, m.model_name, o.category, o.decided_by)
	FROM vde.overrule o JOIN vde.environment e ON e.id = o.environment_id JOIN vde.model m ON m.id = o.model_id
	WHERE e.name = env ORDER BY o.decided_at
$$;
CREATE SCHEMA raw AUTHORIZATION t_categorize_ana;
SET SESSION AUTHORIZATION t_categorize_ana;
CREATE TABLE raw.orders (id int, customer_id int, amount numeric, note text);
INSERT INTO raw.orders SELECT i, i % 3, i, 'note ' || i FROM generate_series(1, 9) i;

-- every view of an environment, with a hash of its rows
CREATE FUNCTION contents(env text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE v record; h text;
BEGIN
	FOR v IN SELECT view_name, model FROM vde_models WHERE environment = env AND to_regclass(view_name) IS NOT NULL ORDER BY model
	LOOP
		EXECUTE format('SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM %s t', v.view_name) INTO h;
		RETURN NEXT v.model || ' ' || coalesce(h, 'empty');
	END LOOP;
END $$;
CREATE TABLE before (env text, line text);
CREATE FUNCTION remember() RETURNS void LANGUAGE sql AS $$
	DELETE FROM before;
	INSERT INTO before SELECT name, c FROM vde_environments, contents(name) c;
$$;
-- environments other than the one at work whose contents are not what they were
CREATE FUNCTION others(env text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT DISTINCT coalesce(b.env, n.name) FROM (SELECT * FROM before WHERE before.env <> others.env) b
	FULL JOIN (SELECT name, c FROM vde_environments, contents(name) c WHERE name <> others.env AND name IN (SELECT x.env FROM before x)) n
	ON n.name = b.env AND n.c = b.line WHERE b.env IS NULL OR n.name IS NULL
$$;
-- rows that a view and a query do not share
CREATE FUNCTION differ(view_name text, query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
	EXECUTE format('SELECT count(*) FROM ((TABLE %1$s EXCEPT ALL (%2$s)) UNION ALL ((%2$s) EXCEPT ALL TABLE %1$s)) d', view_name, query) INTO n;
	RETURN n;
END $$;
-- the models by hand, over a definition of orders
CREATE FUNCTION by_hand(env text, orders text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT m || ': ' || differ('shop' || CASE env WHEN 'prod' THEN '' ELSE '__' || env END || '.' || m, format('WITH o AS (%s) %s', orders, q))
	FROM (VALUES ('orders', 'TABLE o'),
		('revenue', 'SELECT customer_id, sum(amount) AS total FROM o GROUP BY 1'),
		('top', 'SELECT max(total) AS top FROM (SELECT sum(amount) AS total FROM o GROUP BY customer_id) r'),
		('mat', 'SELECT sum(amount) AS total FROM o'),
		('big', 'SELECT id, amount FROM o WHERE amount > 5'),
		('inlined', 'SELECT count(*) AS n FROM o WHERE amount > 3')) v (m, q)
$$;
CREATE FUNCTION p(environment text, target text DEFAULT NULL) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT regexp_replace(line, '^[0-9a-f]{16}$', '(id)') FROM vde_plan($1, $2) line
$$;
CREATE FUNCTION id(environment text, target text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT line FROM vde_plan($1, $2) WITH ORDINALITY p (line, n) ORDER BY n DESC LIMIT 1
$$;
CREATE FUNCTION v(env text, m text) RETURNS text LANGUAGE sql AS $$
	SELECT version FROM vde_models WHERE environment = env AND model = m
$$;
\pset format unaligned
\pset tuples_only on
\set one 'SELECT id, customer_id, amount FROM raw.orders'
\set two 'SELECT id, customer_id, amount * 2 AS amount FROM raw.orders'

SELECT vde_register('shop.orders', :'one') > 0;
SELECT vde_register('shop.revenue', 'SELECT customer_id, sum(amount) AS total FROM shop.orders GROUP BY 1') > 0;
SELECT vde_register('shop.top', 'SELECT max(total) AS top FROM shop.revenue') > 0;
SELECT vde_register('shop.mat', 'SELECT sum(amount) AS total FROM shop.orders', 'materialized_view') > 0;
SELECT vde_register('shop.big', 'SELECT id, amount FROM shop.orders WHERE amount > 5', 'view') > 0;
SELECT vde_register('shop.picked', 'SELECT * FROM shop.orders WHERE amount > 3', 'embedded') > 0;
SELECT vde_register('shop.inlined', 'SELECT count(*) AS n FROM shop.picked') > 0;

--
-- what cannot be declared
--
SELECT vde_categorize('shop.orders', 'non_breaking');
\echo :LAST_ERROR_SQLSTATE
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod');
SELECT vde_categorize('shop.orders', 'non_breaking');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_categorize('shop.nothing', 'non_breaking');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_categorize('shop.orders', 'non_breaking', 'nowhere');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_categorize(NULL, 'non_breaking');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_unregister('shop.inlined');
SELECT vde_categorize('shop.inlined', 'non_breaking');
SELECT vde_discard();
SELECT vde_register('shop.orders', :'two') > 0;
SELECT vde_categorize('shop.orders', 'forward_only');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_categorize('shop.orders', 'Breaking');
SELECT vde_categorize('orders', 'breaking');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_categorize_bob;
SELECT vde_categorize('shop.orders', 'non_breaking', 'dev');
\echo :LAST_ERROR_SQLSTATE
RESET SESSION AUTHORIZATION;
SELECT * FROM overrules('dev');
SET SESSION AUTHORIZATION t_categorize_ana;

--
-- non_breaking: its readers keep what they have, also through an embedded model
--
SELECT id('dev') AS computed \gset
SELECT p('dev');
SELECT remember();
SET client_min_messages = notice;
SELECT vde_categorize('shop.orders', 'non_breaking');
SET client_min_messages = warning;
SELECT id('dev') <> :'computed';
SELECT p('dev');
SELECT model, change, category, action, reason, declared_by FROM vde_changes('dev');
SELECT line FROM vde_plan('dev', format => 'markdown') line WHERE line LIKE '| shop.orders%';
SELECT c ->> 'category', c ->> 'computed', c ->> 'declared_by', c ->> 'diff' FROM vde_plan('dev', format => 'json') p, jsonb_array_elements(p::jsonb -> 'changes') c WHERE c ->> 'model' = 'shop.orders';
-- taken back, in two ways
SELECT vde_categorize('shop.orders', NULL);
SELECT id('dev') = :'computed';
SELECT vde_categorize('shop.orders', 'non_breaking');
SET client_min_messages = notice;
SELECT vde_categorize('shop.orders', 'automatic');
SET client_min_messages = warning;
SELECT id('dev') = :'computed';
-- the same registered again changes nothing; another draft ends it, and going back does not bring it again
SELECT vde_categorize('shop.orders', 'non_breaking');
SELECT vde_register('shop.orders', :'two') > 0;
SELECT id('dev') <> :'computed';
SELECT vde_register('shop.orders', 'SELECT 1 AS id, 1 AS customer_id, 1.0 AS amount') > 0;
SELECT vde_register('shop.orders', :'two') > 0;
SELECT id('dev') = :'computed';
SELECT vde_categorize('shop.orders', 'non_breaking');
SELECT vde_discard();
SELECT vde_register('shop.orders', :'two') > 0;
SELECT id('dev') = :'computed';
SELECT vde_categorize('shop.orders', 'non_breaking');
CALL vde_apply('dev');
-- orders is new, what reads it as it was; prod is as it was
SELECT * FROM others('dev');
SELECT by_hand('dev', :'one');
SELECT differ('shop__dev.orders', :'two');
SELECT kept('dev'), kept('prod');
SELECT v('dev', 'shop.revenue') = v('prod', 'shop.revenue'), v('dev', 'shop.orders') = v('prod', 'shop.orders');
-- an apply without drafts leaves it so
CALL vde_apply('dev');
SELECT p('dev');
SELECT by_hand('dev', :'one');

--
-- who makes the same change without saying so gets what follows from it, and
-- nothing of what is kept
--
SELECT vde_register('shop.orders', :'two', environment => 'other') > 0;
SELECT remember();
CALL vde_apply('other');
SELECT * FROM others('other');
SELECT by_hand('other', :'two');
SELECT v('other', 'shop.revenue') <> v('dev', 'shop.revenue'), v('other', 'shop.orders') = v('dev', 'shop.orders');

--
-- a kept model that is edited follows; over an embedded one, too
--
SELECT vde_register('shop.inlined', 'SELECT count(*) AS n, sum(amount) AS total FROM shop.picked') > 0;
SELECT model, change, category, action FROM vde_changes('dev');
SELECT remember();
CALL vde_apply('dev');
SELECT * FROM others('dev');
SELECT differ('shop__dev.inlined', format('SELECT count(*), sum(amount) FROM (%s) o WHERE amount > 3', :'two'));
SELECT kept('dev');
-- the same text where orders is as it was has a version of its own
SELECT vde_register('shop.inlined', 'SELECT count(*) AS n, sum(amount) AS total FROM shop.picked', environment => 'third') > 0;
CALL vde_apply('third');
SELECT differ('shop__third.inlined', format('SELECT count(*), sum(amount) FROM (%s) o WHERE amount > 3', :'one'));
CALL vde_drop_environment('third');
CALL vde_rollback('dev');
SELECT kept('dev');
SELECT by_hand('dev', :'one');

--
-- a column that a kept model does not read is none of its concern either; a view
-- stands on another table, and follows.  What it keeps is not refreshed alone
--
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount * 2 AS amount, note FROM raw.orders') > 0;
SELECT model, change, category, action, reason FROM vde_changes('dev');
CALL vde_apply('dev');
SELECT kept('dev');
SELECT differ('shop__dev.revenue', format('SELECT customer_id, sum(amount) FROM (%s) o GROUP BY 1', :'one')),
	differ('shop__dev.inlined', format('SELECT count(*) FROM (%s) o WHERE amount > 3', :'one')),
	differ('shop__dev.big', format('SELECT id, amount FROM (%s) o WHERE amount > 5', :'two')),
	differ('shop__dev.mat', format('SELECT sum(amount) FROM (%s) o', :'two'));
CALL vde_apply('dev');
SELECT model FROM vde_changes('dev');
-- what moves it for good is not that
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount * 3 AS amount, note FROM raw.orders') > 0;
SELECT model, change, category, action, reason FROM vde_changes('dev');
SELECT vde_discard();
-- back to what its readers know: nothing is kept any more
SELECT vde_register('shop.orders', :'one') > 0;
SELECT model, change, category, action, reason FROM vde_changes('dev');
SELECT remember();
CALL vde_apply('dev');
SELECT * FROM others('dev');
SELECT by_hand('dev', :'one');
SELECT kept('dev');
CALL vde_rollback('dev');
CALL vde_rollback('dev');
SELECT kept('dev');
SELECT by_hand('dev', :'one');

--
-- a copy keeps, too; its run settles it there and nowhere else
--
CALL vde_create_environment('copy', 'dev');
SELECT kept('copy');
SELECT remember();
CALL vde_run('copy');
SELECT * FROM others('copy');
SELECT by_hand('copy', :'two');
SELECT kept('copy');
SELECT action, message, built, changed FROM vde_deployments WHERE environment = 'copy' ORDER BY deployment;
-- the truth that another environment has built already
SELECT v('copy', 'shop.revenue') = v('other', 'shop.revenue'), v('copy', 'shop.inlined') = v('other', 'shop.inlined');
SELECT p('copy');
CALL vde_drop_environment('copy');

--
-- promoted: the target keeps what it has, and knows who said so
--
SELECT p('dev', 'prod');
SELECT model, change, category, action, reason, declared_by FROM vde_changes('dev', 'prod');
SELECT remember();
CALL vde_promote('dev', 'prod');
SELECT * FROM others('prod');
SELECT by_hand('prod', :'one');
SELECT differ('shop.orders', :'two');
SELECT kept('prod');
SELECT * FROM overrules('prod');
-- and on from there
SELECT deployment AS first FROM vde_deployments WHERE environment = 'prod' AND action = 'promote' ORDER BY 1 LIMIT 1 \gset
CALL vde_create_environment('stage', 'prod', deployment => :first);
SELECT kept('stage');
SELECT by_hand('stage', :'one');
CALL vde_promote('prod', 'stage');
SELECT kept('stage');
SELECT * FROM overrules('stage');
SELECT differ('shop__stage.orders', :'two');
-- back and forth
CALL vde_rollback('prod');
SELECT kept('prod');
SELECT by_hand('prod', :'one');
CALL vde_promote('dev', 'prod');
SELECT kept('prod');
-- a run of dev settles dev, and nobody else
SELECT remember();
CALL vde_run('dev');
SELECT * FROM others('dev') ORDER BY 1;
SELECT by_hand('dev', :'two');
SELECT kept('dev');
SELECT kept('prod');
SELECT by_hand('prod', :'one');
-- a run of prod settles prod, and fills all of it with the rows of now
INSERT INTO raw.orders SELECT i, i % 3, i FROM generate_series(10, 12) i;
SELECT by_hand('prod', :'one');
CALL vde_run('prod');
SELECT by_hand('prod', :'two');
SELECT by_hand('dev', :'two');
SELECT kept('prod');
SELECT p('dev', 'prod');
CALL vde_run('prod');
-- a rollback to before the settling keeps again, and a run settles again
CALL vde_rollback('prod');
SELECT kept('prod');
CALL vde_run('prod');
SELECT by_hand('prod', :'two');

--
-- a reader that cannot follow is an error, as ever
--
SELECT vde_register('shop.orders', 'SELECT id, customer_id FROM raw.orders') > 0;
SELECT vde_categorize('shop.orders', 'non_breaking');
SELECT p('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_changes('dev');
CALL vde_apply('dev');
SELECT vde_register('shop.orders', 'SELECT id, customer_id, amount::text AS amount FROM raw.orders') > 0;
SELECT vde_categorize('shop.orders', 'non_breaking');
SELECT * FROM vde_changes('dev');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('dev');

--
-- only what was declared: where the model moves for another reason, too, or the
-- reader does, the reader follows
--
CREATE TABLE raw.rates (customer_id int, rate numeric);
INSERT INTO raw.rates SELECT i, i + 1 FROM generate_series(0, 2) i;
CREATE FUNCTION raw.tax(n numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT n * 1.5';
SELECT vde_register('up.rates', 'SELECT customer_id, rate FROM raw.rates', environment => 'up') > 0;
SELECT vde_register('up.orders', 'SELECT o.id, o.customer_id, o.amount * r.rate AS amount FROM raw.orders o JOIN up.rates r USING (customer_id)', environment => 'up') > 0;
SELECT vde_register('up.sums', 'SELECT sum(amount) AS total FROM up.orders', environment => 'up') > 0;
SELECT vde_register('up.pair', 'SELECT sum(o.amount) AS total, count(DISTINCT r.rate) AS rates FROM up.orders o CROSS JOIN up.rates r', environment => 'up') > 0;
SELECT vde_register('up.taxed', 'SELECT sum(raw.tax(amount)) AS total FROM up.orders', environment => 'up') > 0;
CALL vde_apply('up');
SELECT vde_register('up.orders', 'SELECT o.id, o.customer_id, 1 + o.amount * r.rate AS amount FROM raw.orders o JOIN up.rates r USING (customer_id)', environment => 'up') > 0;
SELECT vde_categorize('up.orders', 'non_breaking', 'up');
SELECT vde_register('up.rates', 'SELECT customer_id, rate + 1 AS rate FROM raw.rates', environment => 'up') > 0;
SELECT model, category, action, reason, declared_by FROM vde_changes('up') WHERE model LIKE 'up.%';
-- both declared: both are kept from their readers
SELECT vde_categorize('up.rates', 'non_breaking', 'up');
SELECT model, category, action, reason, declared_by FROM vde_changes('up') WHERE model LIKE 'up.%';
SELECT vde_register('up.rates', 'SELECT customer_id, rate FROM raw.rates', environment => 'up') > 0;
CREATE OR REPLACE FUNCTION raw.tax(n numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
SELECT model, category, action, reason, declared_by FROM vde_changes('up') WHERE model LIKE 'up.%';
CALL vde_apply('up');
SELECT kept('up');
SELECT differ('up__up.taxed', 'SELECT sum(2 * (1 + o.amount * r.rate)) FROM raw.orders o JOIN raw.rates r USING (customer_id)');
SELECT differ('up__up.sums', 'SELECT sum(o.amount * r.rate) FROM raw.orders o JOIN raw.rates r USING (customer_id)');
-- a later change of the parent, or of what it reads, reaches what was kept
SELECT vde_register('up.rates', 'SELECT customer_id, rate + 1 AS rate FROM raw.rates', environment => 'up') > 0;
SELECT model, category, action, reason FROM vde_changes('up') WHERE model LIKE 'up.%';
CALL vde_apply('up');
SELECT kept('up');
SELECT differ('up__up.sums', 'SELECT sum(1 + o.amount * (r.rate + 1)) FROM raw.orders o JOIN raw.rates r USING (customer_id)');
SELECT differ('up__up.pair', 'SELECT sum(1 + o.amount * (r.rate + 1)) * 3, 3 FROM raw.orders o JOIN raw.rates r USING (customer_id)');
-- a kept model that something outside has changed: the run leaves it, an apply deploys it
SELECT vde_register('up.orders', 'SELECT o.id, o.customer_id, 2 + o.amount * r.rate AS amount FROM raw.orders o JOIN up.rates r USING (customer_id)', environment => 'up') > 0;
SELECT vde_categorize('up.orders', 'non_breaking', 'up');
CALL vde_apply('up');
SELECT kept('up');
-- a new description of the parent changes nothing of that
SELECT vde_register('up.orders', 'SELECT o.id, o.customer_id, 2 + o.amount * r.rate AS amount FROM raw.orders o JOIN up.rates r USING (customer_id)', options => '{"description": "with rates"}', environment => 'up') > 0;
SELECT model, category, action, reason FROM vde_changes('up') WHERE model LIKE 'up.%';
CALL vde_apply('up');
SELECT kept('up');
CREATE OR REPLACE FUNCTION raw.tax(n numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT n * 3';
CALL vde_run('up');
SELECT model, category, action, reason FROM vde_changes('up') WHERE model LIKE 'up.%';
CALL vde_apply('up');
SELECT kept('up');
SELECT model FROM vde_changes('up') WHERE model LIKE 'up.%';
SELECT differ('up__up.taxed', 'SELECT sum(3 * (2 + o.amount * (r.rate + 1))) FROM raw.orders o JOIN raw.rates r USING (customer_id)');
BEGIN;
CALL vde_run('up');
COMMIT;
SELECT kept('up');
SELECT differ('up__up.sums', 'SELECT sum(2 + o.amount * (r.rate + 1)) FROM raw.orders o JOIN raw.rates r USING (customer_id)');

--
-- several changes at once are non_breaking only if each of them is
--
SELECT vde_register('chain.a', 'SELECT 1 AS x', environment => 'c') > 0;
SELECT vde_register('chain.b', 'SELECT x FROM chain.a', environment => 'c') > 0;
CALL vde_apply('c');
CALL vde_create_environment('d', 'c');
CALL vde_create_environment('e', 'c');
SELECT vde_register('chain.a', 'SELECT 2 AS x', environment => 'c') > 0;
SELECT vde_categorize('chain.a', 'non_breaking', 'c');
CALL vde_apply('c');
SELECT vde_register('chain.a', 'SELECT 3 AS x', environment => 'c') > 0;
SELECT vde_categorize('chain.a', 'non_breaking', 'c');
CALL vde_apply('c');
SELECT model, category, action, reason, declared_by FROM vde_changes('c', 'd') WHERE model LIKE 'chain.%';
CALL vde_promote('c', 'd', models => '{chain.a}');
SELECT (TABLE chain__d.a), (TABLE chain__d.b), kept('d');
SELECT vde_register('chain.a', 'SELECT 4 AS x', environment => 'c') > 0;
CALL vde_apply('c');
SELECT (TABLE chain__c.a), (TABLE chain__c.b), kept('c');
SELECT vde_register('chain.a', 'SELECT 5 AS x', environment => 'c') > 0;
SELECT vde_categorize('chain.a', 'non_breaking', 'c');
CALL vde_apply('c');
SELECT (TABLE chain__c.a), (TABLE chain__c.b), kept('c');
SELECT model, category, action, reason, declared_by FROM vde_changes('c', 'e') WHERE model LIKE 'chain.%';
CALL vde_promote('c', 'e', models => '{chain.a}');
SELECT (TABLE chain__e.a), (TABLE chain__e.b), kept('e');
-- a declaration is of a change: over another definition it says nothing
SELECT vde_register('chain.a', 'SELECT 6 AS x', environment => 'e') > 0;
SELECT vde_categorize('chain.a', 'non_breaking', 'e');
SELECT vde_register('chain.a', 'SELECT 7 AS x', environment => 'd') > 0;
CALL vde_apply('d');
CALL vde_promote('d', 'e', models => '{chain.a}', force => true);
SELECT model, category, reason, declared_by FROM vde_changes('e') WHERE model LIKE 'chain.%';

--
-- breaking: readers are built anew although nothing that they read differs
--
SELECT vde_register('brk.a', 'SELECT id, amount FROM raw.orders', environment => 'f') > 0;
SELECT vde_register('brk.b', 'SELECT sum(amount) AS total FROM brk.a', environment => 'f') > 0;
CALL vde_apply('f');
CALL vde_create_environment('g', 'f');
CALL vde_create_environment('h', 'f');
SELECT vde_register('brk.a', 'SELECT id, amount, note FROM raw.orders', environment => 'f') > 0;
SELECT vde_categorize('brk.a', 'breaking', 'f');
SELECT p('f');
SELECT model, change, category, action, reason, declared_by FROM vde_changes('f') WHERE model LIKE 'brk.%';
SELECT remember();
CALL vde_apply('f');
SELECT * FROM others('f');
SELECT differ('brk__f.a', 'SELECT id, amount, note FROM raw.orders'), differ('brk__f.b', 'SELECT sum(amount) FROM raw.orders');
SELECT v('f', 'brk.b') <> v('g', 'brk.b');
-- the same change without the declaration is another version
SELECT vde_register('brk.a', 'SELECT id, amount, note FROM raw.orders', environment => 'h') > 0;
CALL vde_apply('h');
SELECT v('f', 'brk.a') <> v('h', 'brk.a'), v('f', 'brk.b') <> v('h', 'brk.b');
-- promoted: the tables that are there are taken
SELECT model, change, category, action, reason, declared_by FROM vde_changes('f', 'g') WHERE model LIKE 'brk.%';
CALL vde_promote('f', 'g', models => '{brk.a}');
SELECT v('f', 'brk.a') = v('g', 'brk.a'), v('f', 'brk.b') = v('g', 'brk.b');
SELECT * FROM overrules('g') WHERE overrules LIKE 'brk.%';
CALL vde_rollback('g');
SELECT differ('brk__g.a', 'SELECT id, amount FROM raw.orders');
CALL vde_run('g');
-- refreshed like any other, in a copy, too
INSERT INTO raw.orders VALUES (13, 0, 13, 'thirteen');
CALL vde_run('f');
SELECT differ('brk__f.a', 'SELECT id, amount, note FROM raw.orders'), differ('brk__f.b', 'SELECT sum(amount) FROM raw.orders');
CALL vde_create_environment('f2', 'f');
CALL vde_drop_environment('f');
CALL vde_run('f2');
SELECT model FROM vde_changes('f2');
SELECT differ('brk__f2.a', 'SELECT id, amount, note FROM raw.orders'), differ('brk__f2.b', 'SELECT sum(amount) FROM raw.orders');
-- an edit of the text alone does not end it; the next real change does
SELECT vde_register('brk.a', 'SELECT id, amount, note /* as is */ FROM raw.orders', environment => 'f2') > 0;
SELECT model, change, category, action, reason, declared_by FROM vde_changes('f2') WHERE model LIKE 'brk.%';
SELECT v('f2', 'brk.a') AS version \gset
CALL vde_apply('f2');
SELECT v('f2', 'brk.a') = :'version';
CALL vde_run('f2');
SELECT model FROM vde_changes('f2');
SELECT vde_register('brk.a', 'SELECT id, amount FROM raw.orders', environment => 'f2') > 0;
SELECT model, change, category, action, reason, declared_by FROM vde_changes('f2') WHERE model LIKE 'brk.%';
CALL vde_apply('f2');
SELECT v('f2', 'brk.a') = v('g', 'brk.a'), v('f2', 'brk.b') = v('g', 'brk.b');
-- a change of the text alone, declared breaking
SELECT vde_register('brk.a', 'SELECT id, amount, note /* as it was */ FROM raw.orders', environment => 'h') > 0;
SELECT vde_categorize('brk.a', 'breaking', 'h');
SELECT model, change, category, action, reason, declared_by FROM vde_changes('h') WHERE model LIKE 'brk.%';
CALL vde_apply('h');
SELECT differ('brk__h.b', 'SELECT sum(amount) FROM raw.orders');
CALL vde_run('h');
CALL vde_rollback('h');
CALL vde_run('h');
CALL vde_apply('h');
SELECT model FROM vde_changes('h');

--
-- text and descriptions before, between and after declared changes change
-- nothing of them
--
SELECT vde_register('txt.p', 'SELECT id AS a, amount AS b FROM raw.orders', environment => 'k') > 0;
SELECT vde_register('txt.c', 'SELECT sum(b) AS total FROM txt.p', environment => 'k') > 0;
CALL vde_apply('k');
CALL vde_create_environment('l', 'k');
SELECT vde_register('txt.p', 'SELECT id AS a, amount AS b /* b */ FROM raw.orders', environment => 'k') > 0;
CALL vde_apply('k');
SELECT vde_register('txt.p', 'SELECT id AS a, amount * 10 AS b FROM raw.orders', environment => 'k') > 0;
SELECT vde_categorize('txt.p', 'non_breaking', 'k');
CALL vde_apply('k');
SELECT vde_register('txt.p', 'SELECT id AS a, amount * 10 AS b FROM raw.orders', options => '{"description": "ten"}', environment => 'k') > 0;
SELECT model, change, category, action, reason, declared_by FROM vde_changes('k') WHERE model LIKE 'txt.%';
CALL vde_apply('k');
SELECT kept('k');
SELECT model, change, category, action, reason, declared_by FROM vde_changes('k', 'l') WHERE model LIKE 'txt.%';
-- back to the text of before, and on
SELECT vde_register('txt.p', 'SELECT id AS a, amount * 10 AS b FROM raw.orders', environment => 'k') > 0;
CALL vde_apply('k');
SELECT model, change, category, action, reason, declared_by FROM vde_changes('k', 'l') WHERE model LIKE 'txt.%';
CALL vde_promote('k', 'l', models => '{txt.p}');
SELECT kept('l');
SELECT differ('txt__l.p', 'SELECT id, amount * 10 FROM raw.orders'), differ('txt__l.c', 'SELECT sum(amount) FROM raw.orders');
-- a kept model of which only the text is edited follows, and says why
SELECT vde_register('txt.c', 'SELECT sum(b) AS total /* all */ FROM txt.p', environment => 'l') > 0;
SELECT model, change, category, action, reason FROM vde_changes('l') WHERE model LIKE 'txt.%';
CALL vde_apply('l');
SELECT differ('txt__l.c', 'SELECT sum(amount) * 10 FROM raw.orders');
-- the next real change is computed
SELECT vde_register('txt.p', 'SELECT id AS a, amount * 11 AS b FROM raw.orders', environment => 'k') > 0;
SELECT model, change, category, action, declared_by FROM vde_changes('k') WHERE model LIKE 'txt.%';

-- breaking: it goes with a promote, and the tables that are there are taken
SELECT vde_register('txt.a', 'SELECT id, amount FROM raw.orders', environment => 'm') > 0;
SELECT vde_register('txt.b', 'SELECT sum(amount) AS total FROM txt.a', environment => 'm') > 0;
CALL vde_apply('m');
CALL vde_create_environment('n', 'm');
SELECT vde_register('txt.a', 'SELECT id, amount, note FROM raw.orders', environment => 'm') > 0;
SELECT vde_categorize('txt.a', 'breaking', 'm');
CALL vde_apply('m');
SELECT vde_register('txt.a', 'SELECT id, amount, note /* n */ FROM raw.orders', environment => 'm') > 0;
CALL vde_apply('m');
SELECT model, change, category, action, reason, declared_by FROM vde_changes('m', 'n') WHERE model LIKE 'txt.%';
CALL vde_promote('m', 'n', models => '{txt.a}');
SELECT v('m', 'txt.a') = v('n', 'txt.a'), v('m', 'txt.b') = v('n', 'txt.b');
SELECT vde_register('txt.a', 'SELECT id, amount, note /* nn */ FROM raw.orders', environment => 'm') > 0;
CALL vde_apply('m');
SELECT model, change, category, action, reason, declared_by FROM vde_changes('m', 'n') WHERE model LIKE 'txt.%';
CALL vde_promote('m', 'n', models => '{txt.a}');
CALL vde_run('n');
SELECT v('m', 'txt.a') = v('n', 'txt.a'), v('m', 'txt.b') = v('n', 'txt.b');

RESET SESSION AUTHORIZATION;
