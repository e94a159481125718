-- Sessions in an environment.  vde_use sets settings for its caller, so it can
-- have no SET clause, which would take them back.

CREATE FUNCTION vde_use(environment text, is_local boolean DEFAULT false) RETURNS text
	AS 'MODULE_PATHNAME'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION vde_use(text, boolean) IS
	'Puts the session into an environment, and returns its name: sets vde.environment, so that SQL which names models'' views in prod reads those of the environment, and puts the environment''s schemas into search_path, before those that they stand for. is_local: until the end of the transaction, as SET LOCAL. prod or NULL: back to prod; with NULL work goes to dev, as without the setting. Errors: there is no such environment.';

CREATE FUNCTION vde_status(OUT environment text, OUT redirected boolean, OUT preloaded boolean, OUT search_path text, OUT note text)
	AS 'MODULE_PATHNAME'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION vde_status() IS
	'One row about this session: the setting vde.environment (null: not set); whether queries of models are redirected to it; whether the library is preloaded, without which nothing is redirected until something of vde is called; search_path; and a note on why queries are not redirected, or what to know.';
