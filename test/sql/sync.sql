--
-- Files: vde_sync makes an environment's drafts exactly a set of files, or with
-- prune => false adds them; vde_export is the reverse, and a round trip changes
-- nothing, whatever is in names, options and texts.  An error names the file and
-- leaves every draft as it was.
--
SET client_min_messages = warning;
CREATE EXTENSION vde;
DROP ROLE IF EXISTS t_sync_ana;
DROP ROLE IF EXISTS t_sync_bob;
CREATE ROLE t_sync_ana;
CREATE ROLE t_sync_bob;
SELECT format('GRANT CREATE ON DATABASE %I TO t_sync_ana, t_sync_bob', current_database()) \gexec
GRANT CREATE ON SCHEMA public TO t_sync_ana;
SET ROLE t_sync_ana;
CREATE SCHEMA raw;
CREATE TABLE raw.orders AS SELECT i AS id, i * 10 AS amount FROM generate_series(1, 5) i;

--
-- A project, from its first files on
--

CREATE TABLE public.files (path text PRIMARY KEY, content text);
INSERT INTO files VALUES
	('models/shop/orders.sql', E'--vde {"primary_key": ["id"], "description": "All orders"}\nSELECT id, amount\nFROM raw.orders\n'),
	('models/shop/big.sql', E'-- vde {"kind": "view",\n--      "tags": ["core", "pii"],\n--      "columns": {"id": "the {key}, \\"quoted\\""}}\nSELECT id FROM shop.orders WHERE amount > 20;\n'),
	('shop.small.sql', 'SELECT id FROM shop.orders WHERE amount <= 20'),
	('models/deep/er/ref/countries.csv', E'code,name\nde,Germany\nfr,"La ""France"""\n'),
	('./ref/rates.csv', E'--vde {"columns": {"rate": {"type": "numeric(5,2)"}}}\ncode,rate\nde,1.5\n'),
	('raw/orders.sql', E'--vde {"kind": "external", "columns": {"id": {"type": "int"}, "amount": "in cents"}}\n'),
	('/abs/path/mart/total.sql', E'\n\n  --vde{"kind":"materialized_view"}\n/* a comment */ SELECT count(*) AS n FROM shop.big, ref.countries'),
	('mart/inline.sql', E'--vde {"kind": "embedded"}\r\nSELECT 1 AS a\r\n');
CREATE FUNCTION public.project() RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_object_agg(path, content) FROM files $$;
SELECT * FROM vde_sync('dev', project());
SELECT model, kind, state, description, tags FROM vde_models ORDER BY model;
SELECT model, query FROM vde_models ORDER BY model;
-- once more: nothing changes
SELECT change, count(*) FROM vde_sync('dev', project()) GROUP BY 1 ORDER BY 1;
SELECT drafts FROM vde_environments WHERE name = 'dev';
CALL vde_apply('dev');
SELECT change, count(*) FROM vde_sync('dev', project()) GROUP BY 1 ORDER BY 1;
SELECT drafts FROM vde_environments WHERE name = 'dev';
SELECT * FROM shop__dev.big ORDER BY id;
TABLE mart__dev.total;
TABLE ref__dev.countries;
SELECT col_description('shop__dev.big'::regclass, 1), obj_description('shop__dev.orders'::regclass);

-- an edit, a new file, a file that is gone
UPDATE files SET content = replace(content, '> 20', '> 30') WHERE path = 'models/shop/big.sql';
INSERT INTO files VALUES ('shop/new.sql', 'SELECT 1 AS a');
DELETE FROM files WHERE path = 'shop.small.sql';
SELECT * FROM vde_sync('dev', project()) WHERE change <> 'unchanged';
SELECT model, state FROM vde_models WHERE state <> 'applied' ORDER BY 1;
-- the same once more changes nothing in what the environment is to have
SELECT * FROM vde_sync('dev', project()) WHERE change <> 'unchanged';
-- taken back, there is no draft
UPDATE files SET content = replace(content, '> 30', '> 20') WHERE path = 'models/shop/big.sql';
DELETE FROM files WHERE path = 'shop/new.sql';
INSERT INTO files VALUES ('other/place/shop/small.sql', 'SELECT id FROM shop.orders WHERE amount <= 20');
SELECT * FROM vde_sync('dev', project()) WHERE change <> 'unchanged';
SELECT drafts FROM vde_environments WHERE name = 'dev';
-- without prune, what is in no file stays
SELECT * FROM vde_sync('dev', '{"shop/extra.sql": "SELECT 2 AS b"}', prune => false);
SELECT model, state FROM vde_models WHERE state <> 'applied';
SELECT * FROM vde_sync('dev', '{}', false);
-- a removal that was drafted stays without prune, and the file takes it back
SELECT vde_unregister('shop.small');
SELECT * FROM vde_sync('dev', '{}', false);
SELECT model, state FROM vde_models WHERE state <> 'applied' ORDER BY 1;
SELECT * FROM vde_sync('dev', project()) WHERE change <> 'unchanged';
SELECT count(*) FROM vde_models WHERE state <> 'applied';
-- no file at all removes all
BEGIN;
SELECT model, change FROM vde_sync('dev', '{}');
SELECT DISTINCT change FROM vde_changes('dev') ORDER BY 1;
ROLLBACK;
-- a pull request's check without a trace
SELECT count(*) AS environments, (SELECT count(*) FROM vde_models) AS models FROM vde_environments \gset
BEGIN;
SELECT count(*) FROM vde_sync('pull_request_7', project());
SELECT count(*) FROM vde_plan('pull_request_7') line WHERE line LIKE '  + %';
ROLLBACK;
SELECT count(*) = :environments AND (SELECT count(*) FROM vde_models) = :models AS unchanged FROM vde_environments;
-- settings are not in files: the same text keeps those that it was registered with
SET TimeZone = 'Asia/Tokyo';
SELECT DISTINCT change FROM vde_sync('dev', project()) ORDER BY 1;
SELECT vde_register('shop.tokyo', 'SELECT timestamptz ''2024-01-01'' AS t') > 0;
RESET TimeZone;
SELECT model, change FROM vde_sync('dev', project() || '{"shop/tokyo.sql": "SELECT timestamptz ''2024-01-01'' AS t"}') WHERE change <> 'unchanged';
SELECT DISTINCT change FROM vde_sync('dev', project()) ORDER BY 1;
SELECT count(*) FROM vde_models WHERE state <> 'applied';

--
-- Export, and the round trip
--

SELECT path, content FROM vde_export('dev') ORDER BY path;
SELECT DISTINCT change FROM vde_sync('dev', (SELECT jsonb_object_agg(path, content) FROM vde_export('dev'))) ORDER BY 1;
SELECT drafts FROM vde_environments WHERE name = 'dev';
-- into an empty environment: the same models, the same versions
SELECT DISTINCT change FROM vde_sync('copy', (SELECT jsonb_object_agg(path, content) FROM vde_export('dev'))) ORDER BY 1;
SELECT action, count(*) FROM vde_changes('copy') GROUP BY 1 ORDER BY 1;
CALL vde_apply('copy');
SELECT count(*) FROM vde_models d FULL JOIN (SELECT * FROM vde_models WHERE environment = 'copy') c USING (model) WHERE d.environment = 'dev' AND d.version IS DISTINCT FROM c.version;
SELECT count(*) FROM ((SELECT * FROM vde_export('dev') EXCEPT ALL SELECT * FROM vde_export('copy')) UNION ALL (SELECT * FROM vde_export('copy') EXCEPT ALL SELECT * FROM vde_export('dev'))) d;
-- drafts are exported, removals are not there
SELECT vde_register('shop.small', 'SELECT 0 AS id') > 0, vde_unregister('mart.inline');
SELECT path, content FROM vde_export() WHERE path ~ 'small|inline';
SELECT vde_discard();

-- names and texts of every kind
SELECT vde_register(name, text, kind, options) > 0 AS registered FROM (VALUES
	('odd."Upper Case"', 'SELECT 1 AS a', 'full', '{}'::jsonb),
	('odd."dots.in.it"', 'SELECT 1 AS a', 'full', '{}'),
	('odd."sla/sh"', 'SELECT 1 AS a', 'full', '{}'),
	('odd."back\slash"', 'SELECT 1 AS a', 'full', '{}'),
	('odd."qu''ote""s"', 'SELECT 1 AS a', 'full', '{}'),
	('odd."per%cent%41"', 'SELECT 1 AS a', 'full', '{}'),
	('odd."日本 🐘"', 'SELECT ''日本 🐘'' AS a', 'full', '{}'),
	('odd."."', 'SELECT 1 AS a', 'full', '{}'),
	('odd.".."', 'SELECT 1 AS a', 'full', '{}'),
	('odd."-rf"', 'SELECT 1 AS a', 'full', '{}'),
	('odd."x.sql"', 'SELECT 1 AS a', 'full', '{}'),
	('"o/d..d".x', 'SELECT 1 AS a', 'full', '{}'),
	(E'odd."line\nbreak"', 'SELECT 1 AS a', 'full', '{}'),
	('text.directive', E'--vde {"kind": "view"}\nSELECT 1 AS a', 'full', '{}'),
	('text.directive_and_options', E'--vde {"kind": "view"}\nSELECT 1 AS a', 'materialized_view', '{"description": "x"}'),
	('text.comment', E'-- vde is nice\nSELECT 1 AS a', 'full', '{}'),
	('text.no_newline', 'SELECT 1 AS a', 'view', '{}'),
	('text.newlines', E'\n\n\r\nSELECT 1 AS a\n\n', 'view', '{}'),
	('text.escapes', E'SELECT E''\\\\n\\'''' AS a, $x$ ''"\\ $x$ AS b, ''%s {}'' AS c', 'view', '{"description": "a \"b\" \\ c\n-- {d}"}'),
	('text.seed', E'a,b\n"x\n--vde {",1\n', 'seed', '{}'),
	('text.seed_directive', E'--vde {}\n1\n', 'seed', '{}'),
	('text.seed_bom', E'\uFEFFa\n1\n', 'seed', '{"columns": {"a": {"type": "int"}}}'),
	('text.long_options', 'SELECT 1 AS a, 2 AS b', 'full', jsonb_build_object('description', repeat('long ', 40), 'tags', ARRAY['a', 'b'], 'columns', '{"a": "{", "b": "}"}'::jsonb))
	) v(name, text, kind, options);
CREATE TABLE public.exported AS SELECT * FROM vde_export('dev');
SELECT path FROM exported WHERE path !~ '^(shop|mart|ref|raw)/' ORDER BY path COLLATE "C";
SELECT path, replace(content, E'\uFEFF', '<BOM>') AS content FROM exported WHERE path LIKE 'text/%' ORDER BY path COLLATE "C";
-- each back as it was, here and in another environment
SELECT DISTINCT change FROM vde_sync('dev', (SELECT jsonb_object_agg(path, content) FROM exported)) ORDER BY 1;
SELECT DISTINCT change FROM vde_sync('round', (SELECT jsonb_object_agg(path, content) FROM exported)) ORDER BY 1;
SELECT count(*) FROM ((SELECT * FROM vde_export('round') EXCEPT ALL TABLE exported) UNION ALL (TABLE exported EXCEPT ALL SELECT * FROM vde_export('round'))) d;
SELECT r.model, r.kind = d.kind AS kind, r.query = d.query AS query FROM vde_models r LEFT JOIN vde_models d ON d.model = r.model AND d.environment = 'dev'
WHERE r.environment = 'round' AND (r.kind, r.query) IS DISTINCT FROM (d.kind, d.query);
SELECT count(*) FROM vde_models WHERE environment = 'round';
CALL vde_apply('round');
SELECT a FROM "odd__round"."日本 🐘";
TABLE text__round.escapes;
SELECT * FROM text__round.seed;

--
-- Errors: they name the file, and change nothing
--

SELECT vde_discard('dev') > 0;
SELECT md5(string_agg(t::text, '' ORDER BY t::text)) AS before FROM (SELECT environment, model, kind, state, query FROM vde_models) t \gset
-- paths
SELECT * FROM vde_sync('dev', '{"shop/ok.sql": "SELECT 1 AS a", "orders.sql": "SELECT 1 AS a"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"README.md": "hello"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"a.b.c.sql": "SELECT 1 AS a"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"../orders.sql": "SELECT 1 AS a"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"./orders.sql": "SELECT 1 AS a"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"shop/.sql": "SELECT 1 AS a"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"/orders.sql": "SELECT 1 AS a"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"shop/a%zz.sql": "SELECT 1 AS a"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"shop/a%2.sql": "SELECT 1 AS a"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"shop/a%00.sql": "SELECT 1 AS a"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"vde_data/a.sql": "SELECT 1 AS a"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', jsonb_build_object('shop/' || repeat('n', 64) || '.sql', 'SELECT 1 AS a'));
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"x/shop/a.sql": "SELECT 1 AS a", "y/shop/a.sql": "SELECT 2 AS a"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"shop/a.sql": "SELECT 1 AS a", "shop.a.csv": "a\n1\n"}');
\echo :LAST_ERROR_SQLSTATE
-- contents
SELECT * FROM vde_sync('dev', '{"shop/a.sql": 7}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"shop/a.sql": null}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '["shop/a.sql"]');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"shop/a.sql": ""}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"shop/a.sql": "SELECT 1 AS a", "shop/b.sql": "SELECT id\nFORM raw.orders o", "shop/c.sql": "SELECT 1 AS a"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"shop/b.sql": "--vde {\"kind\": \"view\",\n-- \"tags\": []}\nSELECT id,\n FROM raw.orders"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"shop/b.sql": "SELECT 1 AS a; SELECT 2 AS a"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"shop/b.csv": "a,b\n1,2\n3\n"}');
\echo :LAST_ERROR_SQLSTATE
-- options comments
SELECT * FROM vde_sync('dev', '{"shop/b.sql": "--vde {\"kind\": \"veiw\"}\nSELECT 1 AS a"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"shop/b.sql": "--vde {\"descripton\": \"x\"}\nSELECT 1 AS a"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"shop/b.sql": "--vde {\"kind\": 1}\nSELECT 1 AS a"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"shop/b.sql": "--vde {\"kind\": \"view\"\nSELECT 1 AS a"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"shop/b.sql": "--vde {\"kind\" \"view\"}\nSELECT 1 AS a"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"shop/b.sql": "\n\n--vde {\"tags\": [],\n--  \"kind\": view}\nSELECT 1 AS a"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"shop/b.sql": "--vde {\"kind\": \"view\"} SELECT 1 AS a"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"shop/b.sql": "--vde\nSELECT 1 AS a"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"shop/b.sql": "--vde {\"kind\": \"seed\"}\na\n1\n"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('dev', '{"shop/b.csv": "--vde {\"kind\": \"view\"}\na\n1\n"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM vde_sync('Not One', '{}');
\echo :LAST_ERROR_SQLSTATE
-- of all that nothing is left
SELECT md5(string_agg(t::text, '' ORDER BY t::text)) = :'before' AS unchanged FROM (SELECT environment, model, kind, state, query FROM vde_models) t;
-- a seed's text is data: who may not read it may not export it
SET ROLE t_sync_bob;
SELECT * FROM vde_export('dev');
\echo :LAST_ERROR_SQLSTATE
SET ROLE t_sync_ana;
GRANT USAGE ON SCHEMA ref__dev TO t_sync_bob;
GRANT SELECT ON ALL TABLES IN SCHEMA ref__dev TO t_sync_bob;
SET ROLE t_sync_bob;
SELECT count(*) FROM vde_export('dev');
SELECT * FROM vde_sync('dev', '{}');
\echo :LAST_ERROR_SQLSTATE
