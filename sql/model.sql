-- Models: registering them one by one, or as the files of a project.
--
-- None of these has a SET clause: a definition keeps the settings, search_path
-- among them, of the session that registers it.  They pin their own search_path
-- in C once those are taken.

CREATE FUNCTION vde_register(model text, query text, kind text DEFAULT 'full', options jsonb DEFAULT '{}',
		environment text DEFAULT NULL)
	RETURNS bigint
	AS 'MODULE_PATHNAME'
	LANGUAGE C VOLATILE;

COMMENT ON FUNCTION vde_register(text, text, text, jsonb, text) IS
	'drafts a model in an environment: its name schema.name, its query (CSV text for kind seed, empty for external), '
	'its kind (full, view, materialized_view, seed, embedded, external) and its options; nothing is built before vde_apply. '
	'Returns the id of the definition; the same registration has the same id. '
	'Errors name an invalid name, an unknown kind or option (with the nearest valid one), and the position in the query';

CREATE FUNCTION vde_unregister(model text, environment text DEFAULT NULL)
	RETURNS void
	AS 'MODULE_PATHNAME'
	LANGUAGE C VOLATILE;

COMMENT ON FUNCTION vde_unregister(text, text) IS
	'drafts the removal of a model from an environment, or takes back the draft of a model that the environment never had. '
	'Error when there is neither';

CREATE FUNCTION vde_discard(environment text DEFAULT NULL)
	RETURNS bigint
	AS 'MODULE_PATHNAME'
	LANGUAGE C VOLATILE;

COMMENT ON FUNCTION vde_discard(text) IS
	'throws all drafts of an environment away; returns how many there were. Error when there is no such environment';

CREATE FUNCTION vde_sync(environment text, files jsonb, prune boolean DEFAULT true)
	RETURNS TABLE (model text, path text, change text)
	AS 'MODULE_PATHNAME'
	LANGUAGE C VOLATILE
	ROWS 100;

COMMENT ON FUNCTION vde_sync(text, jsonb, boolean) IS
	'makes the drafts of an environment exactly these files, an object of paths and texts: schema/name.sql or schema.name.sql '
	'holds a query, schema/name.csv a seed, and a leading comment --vde {...} the kind and the options. Models that are in no '
	'file are drafted for removal unless prune is false. Returns a row per file and per removed model; change is added, '
	'modified, removed or unchanged. Errors name the file';

CREATE FUNCTION vde_export(environment text DEFAULT NULL)
	RETURNS TABLE (path text, content text)
	AS 'MODULE_PATHNAME'
	LANGUAGE C VOLATILE
	ROWS 100;

COMMENT ON FUNCTION vde_export(text) IS
	'the reverse of vde_sync: a row per model that the environment is to have after its next apply, with the path and the text of its file. '
	'Error for a seed whose view the caller may not read, and for any other model if the caller is neither a member of its owner nor may read vde_models, or is no member of the owner and the model is private';
