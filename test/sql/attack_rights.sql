--
-- Attacks on rights: reading what one may not, and running code with the
-- rights of another role, by way of what vde builds, shares, re-points and
-- keeps.  The victim owns secrets; mallory may create environments, and owns
-- functions that tell as whom they run and try to take what they can get.
--
\set VERBOSITY terse
SET client_min_messages = warning;

DROP ROLE IF EXISTS t_attack_victim;
DROP ROLE IF EXISTS t_attack_mallory;
DROP ROLE IF EXISTS t_attack_friend;
CREATE ROLE t_attack_victim;
CREATE ROLE t_attack_mallory;
CREATE ROLE t_attack_friend;
CREATE EXTENSION vde;
SELECT format('GRANT CREATE ON DATABASE %I TO t_attack_victim, t_attack_mallory', current_database()) \gexec
CREATE SCHEMA raw AUTHORIZATION t_attack_victim;
CREATE SCHEMA own AUTHORIZATION t_attack_victim;
CREATE SCHEMA evil AUTHORIZATION t_attack_mallory;
GRANT USAGE ON SCHEMA raw TO t_attack_mallory, t_attack_friend;
GRANT USAGE ON SCHEMA evil TO PUBLIC;

SET ROLE t_attack_victim;
CREATE TABLE raw.open AS SELECT g AS id, g * 10 AS n FROM generate_series(1, 3) g;
CREATE TABLE raw.secret AS SELECT g AS id, 'secret ' || g AS what FROM generate_series(1, 3) g;
GRANT SELECT ON raw.open TO PUBLIC;
SELECT vde_register('own.secret', 'SELECT id, what FROM raw.secret', environment => 'work') IS NOT NULL AS ok;
SELECT vde_register('own.open', 'SELECT id, n FROM raw.open', environment => 'work') IS NOT NULL AS ok;
SELECT vde_register('own.reader', 'SELECT id, n + 1 AS n FROM own.open', environment => 'work') IS NOT NULL AS ok;
CALL vde_apply('work');
CALL vde_promote('work', 'prod');
RESET ROLE;

-- what mallory's functions have seen: the rows that they could reach, as whom
CREATE TABLE public.loot (who text, what text);
GRANT ALL ON public.loot TO PUBLIC;
SET ROLE t_attack_mallory;
CREATE FUNCTION evil.take(way text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	statement text;
BEGIN
	IF current_user::text <> 't_attack_mallory' THEN
		RAISE WARNING 'mallory runs code as % in %', current_user, way;
		FOREACH statement IN ARRAY ARRAY[
			'ALTER ROLE t_attack_mallory SUPERUSER',
			'GRANT t_attack_victim TO t_attack_mallory',
			format('INSERT INTO public.loot SELECT current_user, %L', way),
			'INSERT INTO public.loot SELECT current_user, what FROM raw.secret']
		LOOP
			BEGIN
				EXECUTE statement;
			EXCEPTION WHEN others THEN
				NULL;
			END;
		END LOOP;
	END IF;
	RETURN true;
END $$;
CALL vde_create_environment('mallorys');
RESET ROLE;

--
-- 1. Through an embedded model that was applied before: it has no relation, so
-- nobody asks who may read what it reads until a reader is built
--
SET ROLE t_attack_mallory;
SELECT vde_register('own.between', 'SELECT id, what FROM own.secret', 'embedded', environment => 'mallorys') IS NOT NULL AS ok;
CALL vde_apply('mallorys');
SELECT vde_register('own.through', 'SELECT id, what FROM own.between', environment => 'mallorys') IS NOT NULL AS ok;
CALL vde_apply('mallorys');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM own__mallorys.through;
SELECT vde_register('own.through', 'SELECT id, what FROM own.between', 'view', environment => 'mallorys') IS NOT NULL AS ok;
CALL vde_apply('mallorys');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM own__mallorys.through;
-- two levels of them, each applied by itself
SELECT vde_discard('mallorys') > 0 AS ok;
SELECT vde_register('own.between_two', 'SELECT id, what FROM own.between', 'embedded', environment => 'mallorys') IS NOT NULL AS ok;
CALL vde_apply('mallorys');
SELECT vde_register('own.through', 'SELECT id, what FROM own.between_two', environment => 'mallorys') IS NOT NULL AS ok;
CALL vde_apply('mallorys');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM own__mallorys.through;
SELECT vde_discard('mallorys') > 0 AS ok;
RESET ROLE;

--
-- 2. A model taken over in an environment of mallory's: the victim's reader of
-- it needs no build, but from then on the two roles would count as having
-- agreed, and the next change would run mallory's code as the victim
--
SET ROLE t_attack_mallory;
SELECT vde_register('own.open', 'SELECT id, n FROM raw.open', options => '{"owner": "t_attack_mallory"}', environment => 'mallorys') IS NOT NULL AS ok;
CALL vde_apply('mallorys');
\echo :LAST_ERROR_SQLSTATE
GRANT USAGE ON SCHEMA own__mallorys TO t_attack_victim;
GRANT SELECT ON own__mallorys.open TO t_attack_victim;
SELECT vde_register('own.open', 'SELECT id, n FROM raw.open WHERE evil.take(''takeover '' || id)', 'view', '{"owner": "t_attack_mallory"}', 'mallorys') IS NOT NULL AS ok;
CALL vde_apply('mallorys');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
CALL vde_apply('mallorys');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM public.loot;
SELECT model, owner FROM vde_models WHERE environment = 'mallorys' AND state = 'applied' ORDER BY 1;
SELECT vde_discard('mallorys') > 0 AS ok;
-- the same with a change that is declared to be of no concern to readers
SET ROLE t_attack_mallory;
SELECT vde_register('own.open', 'SELECT id, 0 AS n FROM raw.open', options => '{"owner": "t_attack_mallory"}', environment => 'mallorys') IS NOT NULL AS ok;
SELECT vde_categorize('own.open', 'non_breaking', 'mallorys');
CALL vde_apply('mallorys');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_discard('mallorys') > 0 AS ok;
RESET ROLE;
TRUNCATE public.loot;

--
-- 3. A view that mallory has prepared becomes the victim's, with a promote: her
-- grants on it, and a rule that would read with its new owner's rights
--
SET ROLE t_attack_mallory;
SELECT vde_register('own.fresh', 'SELECT 1 AS id, ''x''::text AS what', environment => 'mallorys') IS NOT NULL AS ok;
CALL vde_apply('mallorys');
GRANT USAGE ON SCHEMA own__mallorys TO PUBLIC;
GRANT ALL ON own__mallorys.fresh TO PUBLIC;
GRANT SELECT (what) ON own__mallorys.fresh TO t_attack_friend;
CREATE RULE steal AS ON INSERT TO own__mallorys.fresh DO INSTEAD INSERT INTO public.loot SELECT current_user, what FROM raw.secret;
RESET ROLE;
SET ROLE t_attack_victim;
SELECT vde_register('own.fresh', 'SELECT id, what FROM raw.secret', environment => 'work') IS NOT NULL AS ok;
CALL vde_apply('work');
SET ROLE t_attack_mallory;
CALL vde_promote('work', 'mallorys', force => true);
\echo :LAST_ERROR_SQLSTATE
SET ROLE t_attack_friend;
SELECT what FROM own__mallorys.fresh;
\echo :LAST_ERROR_SQLSTATE
SET ROLE t_attack_mallory;
SELECT id, what FROM own__mallorys.fresh;
\echo :LAST_ERROR_SQLSTATE
INSERT INTO own__mallorys.fresh VALUES (1, 'x');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT * FROM public.loot;
SELECT relowner::regrole, relacl IS NULL AS no_grants, (SELECT count(*) FROM pg_rewrite WHERE ev_class = c.oid) AS rules
FROM pg_class c WHERE oid = 'own__mallorys.fresh'::regclass;
TRUNCATE public.loot;

--
-- 4. A default of a view's column, whose text runs the checks of mallory's
-- domain when the view is made anew by somebody who may do anything
--
SET ROLE t_attack_mallory;
CREATE DOMAIN evil.checked AS int CHECK (evil.take('default ' || VALUE));
CREATE TYPE evil.pair AS (a evil.checked, b int);
SELECT vde_register('own.defaults', 'SELECT ''(1,2)''::evil.pair AS p, 1 AS n, 2 AS gone', environment => 'mallorys') IS NOT NULL AS ok;
CALL vde_apply('mallorys');
ALTER VIEW own__mallorys.defaults ALTER COLUMN p SET DEFAULT '(3,4)'::evil.pair;
SELECT vde_register('own.defaults', 'SELECT ''(1,2)''::evil.pair AS p, 1 AS n', environment => 'mallorys') IS NOT NULL AS ok;
CALL vde_apply('mallorys');
\echo :LAST_ERROR_SQLSTATE
SELECT column_default FROM information_schema.columns WHERE table_schema = 'own__mallorys' AND table_name = 'defaults' AND column_default IS NOT NULL;
RESET ROLE;
SELECT * FROM public.loot;

--
-- 5. A range type's difference function runs whenever the table is analyzed or
-- indexed, as the owner of all tables: only a superuser's is taken
--
SET ROLE t_attack_mallory;
CREATE FUNCTION evil.difference(int, int) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN evil.take('range ' || $1) THEN ($1 - $2)::float8 END $$;
CREATE TYPE evil.span AS RANGE (subtype = int, subtype_diff = evil.difference);
CREATE DOMAIN evil.span_domain AS evil.span;
SELECT vde_register('own.ranges', 'SELECT evil.span(id, id + n) AS s FROM raw.open', environment => 'mallorys') IS NOT NULL AS ok;
CALL vde_apply('mallorys');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('own.ranges', 'SELECT evil.span_multirange(evil.span(id, id + n)) AS s FROM raw.open', environment => 'mallorys') IS NOT NULL AS ok;
CALL vde_apply('mallorys');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('own.ranges', 'SELECT evil.span(id, id + n)::evil.span_domain AS s FROM raw.open', environment => 'mallorys') IS NOT NULL AS ok;
CALL vde_apply('mallorys');
\echo :LAST_ERROR_SQLSTATE
SELECT vde_register('own.ranges', E's\n"[1,2)"\n', 'seed', '{"columns": {"s": {"type": "evil.span"}}}', 'mallorys') IS NOT NULL AS ok;
CALL vde_apply('mallorys');
\echo :LAST_ERROR_SQLSTATE
-- as a materialized view it runs as mallory
SELECT vde_register('own.ranges', 'SELECT evil.span(id, id + n) AS s FROM raw.open', 'materialized_view', '{"indexes": [{"columns": ["s"], "method": "gist"}]}', 'mallorys') IS NOT NULL AS ok;
CALL vde_apply('mallorys');
SELECT count(*) FROM own__mallorys.ranges;
RESET ROLE;
CALL vde_run('mallorys');
ANALYZE;
SELECT * FROM public.loot;
TRUNCATE public.loot;

--
-- 6. Rows in the messages of failed builds
--
SET ROLE t_attack_victim;
SELECT vde_register('own.broken', 'SELECT what::int AS n FROM raw.secret WHERE id = 2', environment => 'work') IS NOT NULL AS ok;
CALL vde_apply('work');
\echo :LAST_ERROR_SQLSTATE
SELECT state, sqlstate, message FROM vde_builds WHERE model = 'own.broken';
SET ROLE t_attack_mallory;
SELECT state, sqlstate, message FROM vde_builds WHERE model = 'own.broken';
SET ROLE t_attack_victim;
SELECT vde_discard('work') > 0 AS ok;
RESET ROLE;

--
-- 7. A view of somebody else's reads with the rights of who built it: the same
-- query of another role is another view
--
SET ROLE t_attack_victim;
GRANT SELECT ON raw.secret TO t_attack_mallory;
SELECT vde_register('own.live', 'SELECT id, what FROM raw.secret', 'view', environment => 'work') IS NOT NULL AS ok;
CALL vde_apply('work');
SET ROLE t_attack_mallory;
SELECT vde_register('own.live', 'SELECT id, what FROM raw.secret', 'view', environment => 'mallorys') IS NOT NULL AS ok;
CALL vde_apply('mallorys');
SELECT count(*) FROM own__mallorys.live;
SET ROLE t_attack_victim;
REVOKE SELECT ON raw.secret FROM t_attack_mallory;
SET ROLE t_attack_mallory;
SELECT count(*) FROM own__mallorys.live;
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
-- handed over, it is made anew, as that role's
SET ROLE t_attack_victim;
SELECT vde_register('own.live', 'SELECT id, n FROM raw.open', 'view', environment => 'work') IS NOT NULL AS ok;
CALL vde_apply('work');
RESET ROLE;
SELECT vde_register('own.live', 'SELECT id, n FROM raw.open', 'view', '{"owner": "t_attack_friend"}', 'work') IS NOT NULL AS ok;
SELECT change, category, action, reason FROM vde_changes('work');
SELECT format('GRANT CREATE ON SCHEMA own__work TO t_attack_friend') \gexec
CALL vde_apply('work');
SELECT relowner::regrole FROM pg_class c JOIN vde_models m ON m.physical_table = c.relname WHERE m.model = 'own.live' AND m.environment = 'work';

--
-- 8. Text: that of a model whose owner hides it, in plans, files and errors of
-- others; and what a member of nothing can do at all
--
REVOKE SELECT ON vde_models FROM PUBLIC;
SET ROLE t_attack_victim;
SELECT vde_register('own.hidden', 'SELECT id, ''password 1234'' AS p FROM raw.secret', environment => 'work', options => '{"description": "password 5678"}') IS NOT NULL AS ok;
SELECT vde_register('own.seed', E'p\npassword 9012\n', 'seed', environment => 'work') IS NOT NULL AS ok;
SET ROLE t_attack_mallory;
SELECT count(*) AS seen FROM vde_plan('work') line WHERE line ~ 'password';
SELECT count(*) AS seen FROM vde_plan('work', format => 'json') line WHERE line ~ 'password';
SELECT count(*) AS seen FROM vde_plan('work', 'mallorys', 'markdown') line WHERE line ~ 'password';
SELECT count(*) AS seen FROM vde_changes('work') c WHERE c::text ~ 'password';
SELECT count(*) AS seen FROM vde_export('work') WHERE content ~ 'password';
SELECT count(*) AS seen FROM vde_lineage('own.hidden', environment => 'work') l WHERE l::text ~ 'password';
SELECT count(*) FROM vde_models;
SELECT count(*) AS seen FROM (SELECT b::text AS t FROM vde_builds b UNION ALL SELECT d::text FROM vde_deployments d UNION ALL SELECT s::text FROM vde_snapshots s) x WHERE t ~ 'password|secret [0-9]';
RESET ROLE;
GRANT SELECT ON vde_models TO PUBLIC;

--
-- 9. A name that was a model's, with an object of mallory's in its place: the
-- victim's model would run her code in an environment where the model is gone
--
SET ROLE t_attack_victim;
SELECT vde_register('lone.base', 'SELECT id, n FROM raw.open', environment => 'work') IS NOT NULL AS ok;
SELECT vde_register('lone.inlined', 'SELECT id, n FROM lone.base', 'embedded', environment => 'work') IS NOT NULL AS ok;
SELECT vde_register('own.over', 'SELECT id, n FROM lone.base', environment => 'work') IS NOT NULL AS ok;
SELECT vde_register('own.over_inlined', 'SELECT id, n FROM lone.inlined', environment => 'work') IS NOT NULL AS ok;
CALL vde_apply('work');
SET ROLE t_attack_mallory;
CREATE SCHEMA lone;
CREATE VIEW lone.base AS SELECT id, n FROM raw.open WHERE evil.take('outside ' || id);
GRANT USAGE ON SCHEMA lone TO PUBLIC;
GRANT SELECT ON lone.base TO PUBLIC;
CALL vde_create_environment('gone', 'work');
SELECT vde_unregister('lone.base', 'gone');
CALL vde_apply('gone');
\echo :LAST_ERROR_SQLSTATE
-- the same by a promote to where it was never, or is no more
CALL vde_create_environment('never');
SELECT vde_register('lone.base', 'SELECT 1 AS id, 2 AS n', environment => 'never') IS NOT NULL AS ok;
CALL vde_apply('never');
SELECT vde_unregister('lone.base', 'never');
CALL vde_apply('never');
CALL vde_promote('work', 'never', models => ARRAY['own.over', 'own.over_inlined']);
\echo :LAST_ERROR_SQLSTATE
CALL vde_promote('work', 'never', force => true);
\echo :LAST_ERROR_SQLSTATE
CALL vde_create_environment('later', 'work');
SELECT vde_unregister('own.over', 'later'), vde_unregister('own.over_inlined', 'later'), vde_unregister('lone.inlined', 'later'), vde_unregister('lone.base', 'later');
CALL vde_apply('later');
SET ROLE t_attack_victim;
SELECT vde_register('own.over', 'SELECT id, n + 1 AS n FROM lone.base', environment => 'work') IS NOT NULL AS ok;
CALL vde_apply('work');
SET ROLE t_attack_mallory;
CALL vde_promote('work', 'later', models => ARRAY['own.over'], force => true);
\echo :LAST_ERROR_SQLSTATE
-- an embedded model alone, so that it would count as deployed without the other
SELECT vde_discard('gone') > 0 AS ok;
SELECT vde_unregister('own.over', 'gone'), vde_unregister('own.over_inlined', 'gone'), vde_unregister('lone.base', 'gone');
CALL vde_apply('gone');
\echo :LAST_ERROR_SQLSTATE
CALL vde_run('gone');
CALL vde_run('later');
RESET ROLE;
SELECT * FROM public.loot;

--
-- 10. A literal of the victim's, read as an array of mallory's domain while a
-- plan analyzes it
--
SET ROLE t_attack_victim;
SELECT vde_register('own.tags', 'SELECT id, ARRAY[1] AS t FROM raw.open', environment => 'work') IS NOT NULL AS ok;
SELECT vde_register('own.tagged', 'SELECT id FROM own.tags WHERE t = ''{1,2}''', environment => 'work') IS NOT NULL AS ok;
CALL vde_apply('work');
SET ROLE t_attack_mallory;
CALL vde_create_environment('literals', 'work');
SELECT vde_register('own.tags', 'SELECT id, ARRAY[1]::evil.checked[] AS t FROM raw.open', environment => 'literals', options => '{"owner": "t_attack_mallory"}') IS NOT NULL AS ok;
SELECT count(*) FROM vde_changes('literals');
\echo :LAST_ERROR_SQLSTATE
CALL vde_apply('literals');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT count(*) FROM vde_plan('literals');
\echo :LAST_ERROR_SQLSTATE
-- who wants it, applies it
GRANT USAGE ON SCHEMA own__literals TO t_attack_victim;
SET ROLE t_attack_mallory;
SELECT vde_unregister('own.tags', 'literals'), vde_unregister('own.tagged', 'literals');
CALL vde_apply('literals');
SELECT vde_register('own.tags', 'SELECT id, ARRAY[1]::evil.checked[] AS t FROM raw.open', environment => 'literals') IS NOT NULL AS ok;
CALL vde_apply('literals');
SET ROLE t_attack_victim;
CALL vde_create_environment('wanted', 'literals');
GRANT USAGE ON SCHEMA own__wanted TO t_attack_mallory;
SET ROLE t_attack_mallory;
GRANT SELECT ON own__wanted.tags TO t_attack_victim;
SET ROLE t_attack_victim;
SELECT vde_register('own.tagged', 'SELECT id FROM own.tags WHERE t = ''{1}''', environment => 'wanted') IS NOT NULL AS ok;
SET client_min_messages = error;
CALL vde_apply('wanted');
SET client_min_messages = warning;
SELECT count(*) FROM own__wanted.tagged;
RESET ROLE;
SELECT * FROM public.loot;
