-- Environments.  The procedures commit as they go, so they can have neither a
-- SET clause nor SECURITY DEFINER: rights are checked in C.

CREATE FUNCTION vde_environment_name(name text) RETURNS text
	AS 'MODULE_PATHNAME'
	LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION vde_environment_name(text) IS
	'Makes the name of an environment of any text, such as the branch feature/X-1: lower-case letters, digits and single underscores, at most 40 bytes. A text that must be cut off gets a hash of all of it.';

CREATE PROCEDURE vde_create_environment(name text, base text DEFAULT 'prod', ttl interval DEFAULT NULL, deployment bigint DEFAULT NULL)
	AS 'MODULE_PATHNAME'
	LANGUAGE C;

COMMENT ON PROCEDURE vde_create_environment(text, text, interval, bigint) IS
	'Creates an environment as a copy of the pointers of another (prod if not said), now or as of one of its deployments, and makes its views; no table is built. ttl: after which time vde_gc() drops it. The caller becomes its owner and needs CREATE on the database. Errors: it exists already, the base does not, the name is no suffix of a schema. Sends NOTIFY vde at its commit. The idea of environments as views over versioned tables comes from SQLMesh.';

CREATE PROCEDURE vde_drop_environment(name text, nowait boolean DEFAULT false)
	AS 'MODULE_PATHNAME'
	LANGUAGE C;

COMMENT ON PROCEDURE vde_drop_environment(text, boolean) IS
	'Drops the views of an environment, the schemas that vde made for it as far as they are empty, and its history. Its tables stay for others, and for vde_gc(). Never CASCADE: an object of a user that depends on a view is an error. nowait: fails at once if another call works on the environment. Sends NOTIFY vde at its commit. Members of its owner may; one listed in vde.protected cannot be dropped.';
