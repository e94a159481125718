--
-- The option private: a model's text, and what quotes it, is for members of
-- its owner alone, wherever vde shows or tells something.
--
\set VERBOSITY default
\set SHOW_CONTEXT errors
SET client_min_messages = warning;

DROP ROLE IF EXISTS t_private_ana;
DROP ROLE IF EXISTS t_private_bob;
DROP ROLE IF EXISTS t_private_team;
CREATE ROLE t_private_team;
CREATE ROLE t_private_ana IN ROLE t_private_team;
CREATE ROLE t_private_bob IN ROLE t_private_team;
CREATE EXTENSION vde;
SELECT format('GRANT CREATE ON DATABASE %I TO t_private_ana, t_private_bob, t_private_team', current_database()) \gexec
CREATE SCHEMA raw AUTHORIZATION t_private_ana;
CREATE SCHEMA own AUTHORIZATION t_private_team;
GRANT USAGE ON SCHEMA raw TO PUBLIC;

-- the environment is the team's, so bob may plan, apply and export it
SET ROLE t_private_team;
CALL vde_create_environment('work');
SET ROLE t_private_ana;
CREATE TABLE raw.orders AS SELECT g AS id, g * 10 AS amount, 'x' || g AS code FROM generate_series(1, 3) g;

--
-- 1. It is a boolean, of any kind, and does not change what is built
--
SELECT vde_register('own.orders', 'SELECT 1 AS id', options => '{"private": "yes"}', environment => 'work');
SELECT vde_register('own.orders', 'SELECT 1 AS id', options => '{"privat": true}', environment => 'work');
SELECT vde_register('own.orders', 'SELECT id, amount * 11 AS hush FROM raw.orders WHERE code <> ''hush''', options => '{"owner": "t_private_ana"}', environment => 'work') IS NOT NULL AS ok;
SELECT vde_register('own.open', 'SELECT id FROM raw.orders', options => '{"owner": "t_private_ana"}', environment => 'work') IS NOT NULL AS ok;
CALL vde_apply('work');
SET ROLE t_private_bob;
SELECT model, query FROM vde_models WHERE environment = 'work' ORDER BY 1;
SET ROLE t_private_ana;
SELECT vde_register('own.orders', 'SELECT id, amount * 11 AS hush FROM raw.orders WHERE code <> ''hush''', options => '{"owner": "t_private_ana", "private": true}', environment => 'work') IS NOT NULL AS ok;
SELECT model, category, action, reason FROM vde_changes('work');
SET ROLE t_private_bob;
SELECT l FROM vde_plan('work') AS l WHERE l !~ '^[0-9a-f]{16}$';
SET ROLE t_private_ana;
SELECT l FROM vde_plan('work') AS l WHERE l !~ '^[0-9a-f]{16}$';
CALL vde_apply('work');

--
-- 2. vde_models, plans, exports
--
SET ROLE t_private_bob;
SELECT model, query FROM vde_models WHERE environment = 'work' ORDER BY 1;
SET ROLE t_private_ana;
SELECT model, query FROM vde_models WHERE environment = 'work' ORDER BY 1;
RESET ROLE;
SELECT model, query FROM vde_models WHERE environment = 'work' ORDER BY 1;
SET ROLE t_private_ana;
SELECT vde_register('own.orders', 'SELECT id, amount * 12 AS hush FROM raw.orders WHERE code <> ''hush''', options => '{"owner": "t_private_ana", "private": true, "indexes": [{"columns": ["(hush + 11)"]}]}', environment => 'work') IS NOT NULL AS ok;
SET ROLE t_private_bob;
SELECT l FROM vde_plan('work') AS l WHERE l !~ '^[0-9a-f]{16}$';
SELECT count(*) > 5 AS ok, count(*) FILTER (WHERE l ~ 'amount|11|12|code') AS leaks FROM vde_plan('work', format => 'markdown') AS l;
SELECT count(*) > 0 AS ok, count(*) FILTER (WHERE l ~ 'amount|hush \+|code <>') AS leaks FROM vde_plan('work', format => 'json') AS l;
SELECT * FROM vde_export('work');
SET ROLE t_private_ana;
SELECT path, content FROM vde_export('work') ORDER BY 1;
-- not shown by leaving the option away in a draft of one's own, or a copy
SELECT vde_discard('work');
SET ROLE t_private_bob;
SELECT vde_register('own.orders', 'SELECT 1 AS id', options => '{"owner": "t_private_bob"}', environment => 'work') IS NOT NULL AS ok;
SELECT l FROM vde_plan('work') AS l WHERE l !~ '^[0-9a-f]{16}$';
SELECT vde_discard('work');
CALL vde_create_environment('bobs', 'work');
SELECT model, query FROM vde_models WHERE environment = 'bobs' ORDER BY 1;
SELECT * FROM vde_export('bobs');
SELECT * FROM vde_diff('work', 'bobs', 'own.orders');
CALL vde_drop_environment('bobs');

--
-- 3. Errors of a plan: what the analyzer says, with the text and without
--
SET ROLE t_private_ana;
SELECT vde_register('own.orders', 'SELECT id, amount * 11 AS hush FROM raw.orders WHERE secretly = ''hush''', options => '{"owner": "t_private_ana", "private": true}', environment => 'work') IS NOT NULL AS ok;
SELECT * FROM vde_plan('work');
SET ROLE t_private_bob;
SELECT * FROM vde_plan('work');
CALL vde_apply('work');
SELECT * FROM vde_changes('work');
SET ROLE t_private_ana;
SELECT vde_register('own.orders', 'SELECT id, hushed.amount AS hush FROM raw.absent AS hushed', options => '{"owner": "t_private_ana", "private": true}', environment => 'work') IS NOT NULL AS ok;
CALL vde_apply('work');
SET ROLE t_private_bob;
CALL vde_apply('work');
SELECT vde_discard('work');
-- after a change outside
RESET ROLE;
ALTER TABLE raw.orders RENAME COLUMN code TO word;
SET ROLE t_private_bob;
SELECT l FROM vde_plan('work') AS l WHERE l !~ '^[0-9a-f]{16}$';
CALL vde_apply('work');
CALL vde_run('work');
SET ROLE t_private_ana;
SELECT l FROM vde_plan('work') AS l WHERE l !~ '^[0-9a-f]{16}$';
CALL vde_run('work');
RESET ROLE;
ALTER TABLE raw.orders RENAME COLUMN word TO code;

--
-- 4. Errors of a build: for the caller, in a block, and afterwards
--
SET ROLE t_private_ana;
SELECT vde_register('own.orders', 'SELECT id, (code || ''hush'')::int AS hush FROM raw.orders', options => '{"owner": "t_private_ana", "private": true}', environment => 'work') IS NOT NULL AS ok;
SET ROLE t_private_bob;
CALL vde_apply('work');
BEGIN;
CALL vde_apply('work');
ROLLBACK;
SELECT model, state, sqlstate, message FROM vde_builds WHERE state = 'failed' ORDER BY build;
SET ROLE t_private_ana;
SELECT model, state, sqlstate, message FROM vde_builds WHERE state = 'failed' ORDER BY build;
CALL vde_apply('work');
SELECT vde_register('own.orders', 'SELECT id, ''hush''::text AS hush FROM raw.orders', options => '{"owner": "t_private_ana", "private": true, "indexes": [{"columns": ["(hush::int)"]}]}', environment => 'work') IS NOT NULL AS ok;
SET ROLE t_private_bob;
CALL vde_apply('work');
SELECT vde_discard('work');

-- where other models call vde, as their owner, in a build and before it: also in vain
SET ROLE t_private_ana;
CREATE FUNCTION own.call(model text) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT count(*) FROM public.vde_lineage(model, environment => 'work'));
EXCEPTION WHEN OTHERS THEN
	RETURN -1;
END $$;
SELECT count(vde_register(m, q, options => '{"owner": "t_private_ana", "private": true}', environment => 'work')) FROM (VALUES ('own.aa', 'SELECT own.call(''own.orders'') AS n'),
	('own.ab', 'SELECT own.call(''own.absent'') AS n'), ('own.orders', 'SELECT id, (code || ''hush'')::int AS hush FROM raw.orders')) x(m, q);
SET ROLE t_private_bob;
SET vde.max_workers = 0;
CALL vde_apply('work');
RESET vde.max_workers;
SELECT vde_discard('work');

--
-- 5. A reader of a private model that is embedded
--
SET ROLE t_private_ana;
SELECT vde_register('own.inner', 'SELECT id, amount * 13 AS hush FROM raw.orders WHERE secretly', 'embedded', '{"owner": "t_private_ana", "private": true}', 'work') IS NOT NULL AS ok;
SELECT vde_register('own.outer', 'SELECT hush FROM own.inner', options => '{"owner": "t_private_ana"}', environment => 'work') IS NOT NULL AS ok;
SET ROLE t_private_bob;
SELECT * FROM vde_plan('work');
CALL vde_apply('work');
SELECT vde_discard('work');

--
-- 6. A seed: its options, too
--
SET ROLE t_private_ana;
SELECT vde_register('own.codes', E'code,hush\na,1\n', 'seed', '{"owner": "t_private_ana", "private": true}', 'work') IS NOT NULL AS ok;
CALL vde_apply('work');
GRANT SELECT ON own__work.codes TO t_private_bob;
SET ROLE t_private_bob;
SELECT model, query FROM vde_models WHERE environment = 'work' AND kind = 'seed';
SELECT vde_unregister('own.orders', 'work');
SELECT * FROM vde_export('work');
SELECT vde_discard('work');
RESET ROLE;
CALL vde_drop_environment('work');
