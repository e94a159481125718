-- What 0.1.0.sql was dumped from, on a server with vde 0.1.0, by psql as a superuser:
--
--     psql -d postgres -c 'CREATE DATABASE made' && psql -d made -f made-with-0.1.0.sql
--     pg_dump -d made > 0.1.0.sql
--
-- Then the lines \restrict and \unrestrict were taken out, which an older psql does not know, and the line of CREATE
-- EXTENSION, which says no version; and the day was changed to one that is past everywhere.

CREATE ROLE t_upgrade_ana LOGIN;
CREATE ROLE t_upgrade_reader;
SELECT format('GRANT CREATE ON DATABASE %I TO t_upgrade_ana', current_database()) \gexec
CREATE SCHEMA ext;
CREATE EXTENSION vde SCHEMA ext;
GRANT USAGE ON SCHEMA ext TO PUBLIC;
CREATE SCHEMA raw;
GRANT USAGE ON SCHEMA raw TO t_upgrade_ana;
CREATE TYPE raw.mood AS ENUM ('sad', 'glad');
CREATE TABLE raw.t AS
	SELECT i AS id, i % 5 + 1 AS amount, CASE WHEN i % 3 > 0 THEN (ARRAY['sad', 'glad'])[i % 3]::raw.mood END AS mood,
		'2024-01-01 12:00+00'::timestamptz + i % 4 * interval '1 day' AS at
	FROM generate_series(1, 30) i;
CREATE FUNCTION raw.twice(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT i * 2';
GRANT SELECT ON ALL TABLES IN SCHEMA raw TO t_upgrade_ana;

SET SESSION AUTHORIZATION t_upgrade_ana;
SET search_path = ext, public;
SET TimeZone = 'Europe/Vienna';
SELECT vde_register('raw.t', '', 'external', '{"columns": [{"name": "id", "type": "int", "description": "the key"}]}');
SELECT vde_register('shop.base', 'SELECT id, amount, mood, at FROM raw.t',
	options => '{"primary_key": ["id"], "indexes": [{"columns": ["amount", "mood"]}], "description": "the base", "columns": {"id": "a number"}, "tags": ["x"]}');
SELECT vde_register('shop.seed', E'code,name,n\nAT,"Öster""reich",1\nDE,,5\n', 'seed');
SELECT vde_register('shop.inline', 'SELECT id, raw.twice(amount) AS twice FROM shop.base', 'embedded');
SELECT vde_register('shop."Odd Näme"', 'SELECT mood AS "Möod ""x""", count(*) AS n, sum(twice) AS t FROM shop.inline JOIN shop.base USING (id) WHERE amount IN (1, 2, 3) GROUP BY 1');
SELECT vde_register('shop.shown', 'SELECT *, at::date AS day FROM shop.base WHERE amount > 3', 'view');
SELECT vde_register('mart.totals', 'SELECT day, sum(amount) AS total FROM shop.shown GROUP BY day', 'materialized_view',
	'{"indexes": [{"columns": ["day"], "unique": true}]}');
SELECT vde_register('shop.parts', 'SELECT id, mood, current_user::text AS who FROM shop.base',
	options => '{"partition_by": {"strategy": "range", "columns": "id", "bounds": [10, 20]}, "indexes": ["mood"], "fillfactor": 70}');
SELECT vde_register('mart.chain', 'SELECT total FROM mart.totals UNION ALL SELECT 0', 'view');
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod', message => 'first');
SELECT vde_register('shop.base', 'SELECT id, amount, mood, at, 1 AS more FROM raw.t WHERE id > 10',
	options => '{"primary_key": ["id"], "description": "the new base"}');
CALL vde_apply('dev');
CALL vde_promote('dev', 'prod', message => 'second');
CALL vde_rollback('prod');
CALL vde_run('prod');
SELECT vde_register('mart.totals', 'SELECT day, sum(amount) AS total, count(*) AS n FROM shop.shown GROUP BY day', 'materialized_view', environment => 'qa');
CALL vde_apply('qa');
SELECT vde_register('shop.broken', 'SELECT 1 / (id - id) AS x FROM shop.base', environment => 'qa');
CALL vde_apply('qa');	-- an error
SELECT vde_discard('qa');
CALL vde_create_environment('gone');
CALL vde_drop_environment('gone');
SELECT vde_register('shop.later', 'SELECT 1 AS one', environment => 'qa');
SELECT vde_unregister('mart.chain', environment => 'qa');
GRANT USAGE ON SCHEMA shop, mart TO t_upgrade_reader;
GRANT SELECT ON shop.base, mart.totals TO t_upgrade_reader;
COMMENT ON VIEW mart.chain IS 'mine';
