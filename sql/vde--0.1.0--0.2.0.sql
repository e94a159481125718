-- From 0.1.0 to 0.2.0: the result is what a fresh 0.2.0 is, and what users have
-- granted stays.  Nothing here is called by a name without its schema, as in
-- the install script.

-- complain if the script is sourced in psql rather than run by ALTER EXTENSION
\echo Use "ALTER EXTENSION vde UPDATE" to load this file. \quit

-- What is new belongs to the extension's owner, as what is there does, whichever
-- superuser calls.
SELECT pg_catalog.set_config('role', pg_catalog.pg_get_userbyid(extowner)::pg_catalog.text, true)
FROM pg_catalog.pg_extension WHERE extname OPERATOR(pg_catalog.=) 'vde';

SET LOCAL search_path = pg_catalog, pg_temp;

-- For procedures that get another argument, and so are made anew.
CREATE FUNCTION vde.keep_privileges(old_function regprocedure, new_function regprocedure) RETURNS void
	AS 'MODULE_PATHNAME', 'vde_keep_privileges'
	LANGUAGE C STRICT VOLATILE;

COMMENT ON FUNCTION vde.keep_privileges(regprocedure, regprocedure) IS
	'gives a function or procedure the privileges of another, which it replaces; called by the scripts of ALTER EXTENSION UPDATE; error for whoever is no superuser';

REVOKE ALL ON FUNCTION vde.keep_privileges(regprocedure, regprocedure) FROM PUBLIC;

-- Tables.
ALTER TABLE vde.definition ADD COLUMN grantees regrole[] NOT NULL DEFAULT '{}';
ALTER TABLE vde.definition DROP CONSTRAINT definition_model_id_content_hash_owner_key;
ALTER TABLE vde.definition ADD UNIQUE (model_id, content_hash, owner, grantees);
COMMENT ON TABLE vde.definition IS
	'one immutable registered state of a model; content_hash is SHA-256 over kind, query, options and settings, so that the same registration is the same row; grantees are the roles that its option "grants" named when it was registered (0: public)';

ALTER TABLE vde.version ADD COLUMN file text;
ALTER TABLE vde.version ADD CHECK (file IS NULL OR built_at IS NOT NULL);
CREATE INDEX version_lost_idx ON vde.version (id) WHERE built_at IS NULL AND relation_name IS NOT NULL AND collected_at IS NULL;
COMMENT ON TABLE vde.version IS
	'the identity of a physical table: relation_name in schema vde_data (null for kinds that have none), built_at while it exists, refreshed_at when its sources were last read, or last found to be what was read before, content_hash of its rows in any order (null: unknown; equal ones of one version mean equal rows), unlogged if a crash empties it, released_at when an environment that used it was last dropped, file where a materialized view had the rows that vde filled it with (another one: a restore or a REFRESH has filled it, under settings of its own)';

ALTER TABLE vde.deployment ADD COLUMN seconds double precision CHECK (seconds >= 0);
COMMENT ON TABLE vde.deployment IS
	'one atomic change of an environment; parent_id is the state it was made on, so that states form a tree in which a rollback moves; seconds is how long the call took, builds included (null for create)';

CREATE TABLE vde.view_grant (
	environment_id bigint NOT NULL REFERENCES vde.environment ON DELETE CASCADE,
	model_id bigint NOT NULL REFERENCES vde.model,
	grantee regrole NOT NULL,
	PRIMARY KEY (environment_id, model_id, grantee)
);
COMMENT ON TABLE vde.view_grant IS
	'who was given SELECT on a model''s view by the option "grants" (0: public), and loses it when the option no longer says so; what somebody had before is not here';
SELECT pg_catalog.pg_extension_config_dump('vde.view_grant', '');

CREATE TABLE vde.withheld (
	version_id bigint NOT NULL REFERENCES vde.version ON DELETE CASCADE,
	owner regrole NOT NULL,
	withheld_at timestamptz NOT NULL,
	PRIMARY KEY (version_id, owner)
);
COMMENT ON TABLE vde.withheld IS
	'owners of models who may not read a version''s table any more, because they could not have filled it when somebody else did; until a check finds that they could';
SELECT pg_catalog.pg_extension_config_dump('vde.withheld', '');
-- pg_restore with jobs loads the rows of these tables in any order, so a
-- trigger of vde has the foreign keys checked, for what vde writes.
CREATE FUNCTION vde.check_keys() RETURNS trigger
	AS 'MODULE_PATHNAME', 'vde_check_keys'
	LANGUAGE C VOLATILE;

COMMENT ON FUNCTION vde.check_keys() IS
	'trigger on the tables of the catalog that refer to others: has the foreign keys of a row checked if vde writes it, not if a restore does';

CREATE FUNCTION vde.take_over_keys() RETURNS void
	AS 'MODULE_PATHNAME', 'vde_take_over_keys'
	LANGUAGE C VOLATILE;

COMMENT ON FUNCTION vde.take_over_keys() IS
	'gives each table of the catalog that refers to others the trigger vde.check_keys, and disables those that PostgreSQL has for the same; called by CREATE EXTENSION and ALTER EXTENSION UPDATE; error for whoever is no superuser';

REVOKE ALL ON FUNCTION vde.check_keys() FROM PUBLIC;
REVOKE ALL ON FUNCTION vde.take_over_keys() FROM PUBLIC;

SELECT vde.take_over_keys();

-- Procedures with a new argument.
CREATE PROCEDURE @extschema@.vde_drop_environment(name text, nowait boolean DEFAULT false)
	AS 'MODULE_PATHNAME'
	LANGUAGE C;

COMMENT ON PROCEDURE @extschema@.vde_drop_environment(text, boolean) IS
	'Drops the views of an environment, the schemas that vde made for it as far as they are empty, and its history. Its tables stay for others, and for vde_gc(). Never CASCADE: an object of a user that depends on a view is an error. nowait: fails at once if another call works on the environment. Sends NOTIFY vde at its commit. Members of its owner may; one listed in vde.protected cannot be dropped.';

SELECT vde.keep_privileges('@extschema@.vde_drop_environment(text)', '@extschema@.vde_drop_environment(text, boolean)');
DROP PROCEDURE @extschema@.vde_drop_environment(text);

CREATE PROCEDURE @extschema@.vde_apply(environment text DEFAULT NULL, plan text DEFAULT NULL, message text DEFAULT NULL, confirm boolean DEFAULT false, nowait boolean DEFAULT false)
	AS 'MODULE_PATHNAME'
	LANGUAGE C;

COMMENT ON PROCEDURE @extschema@.vde_apply(text, text, text, boolean, boolean) IS
	'Applies the drafts of an environment: builds the versions that do not exist yet, then swaps all changed views in one transaction. Outside a transaction block each build is committed by itself, and a failed one stops only what reads it; inside a block all of it is one transaction. plan: fails if the plan is no longer the one of this id. confirm: needed for drafts in an environment listed in vde.protected. nowait: fails at once, with who works on it, if another call works on the environment. An error before any work if the server has no room for the locks on all views that change. Sends NOTIFY vde at its commit. Members of the environment''s owner may; an unknown environment is made from prod.';

SELECT vde.keep_privileges('@extschema@.vde_apply(text, text, text, boolean)', '@extschema@.vde_apply(text, text, text, boolean, boolean)');
DROP PROCEDURE @extschema@.vde_apply(text, text, text, boolean);

CREATE PROCEDURE @extschema@.vde_promote(source text, target text, models text[] DEFAULT NULL, force boolean DEFAULT false, plan text DEFAULT NULL, message text DEFAULT NULL, nowait boolean DEFAULT false)
	AS 'MODULE_PATHNAME'
	LANGUAGE C;

COMMENT ON PROCEDURE @extschema@.vde_promote(text, text, text[], boolean, text, text, boolean) IS
	'Merges what source has changed into target, definition by definition and three ways as git does, builds what the merged graph needs and nobody has, then swaps all changed views in one transaction. models: only these, and the changed models that they read. A model changed on both sides is a conflict; with force the source wins. Drafts are never promoted. nowait: fails at once if another call works on either environment. An error before any work if the server has no room for the locks on all views that change. Sends NOTIFY vde at its commit. Members of the target''s owner may.';

SELECT vde.keep_privileges('@extschema@.vde_promote(text, text, text[], boolean, text, text)', '@extschema@.vde_promote(text, text, text[], boolean, text, text, boolean)');
DROP PROCEDURE @extschema@.vde_promote(text, text, text[], boolean, text, text);

CREATE PROCEDURE @extschema@.vde_rollback(environment text DEFAULT NULL, deployment bigint DEFAULT NULL, nowait boolean DEFAULT false)
	AS 'MODULE_PATHNAME'
	LANGUAGE C;

COMMENT ON PROCEDURE @extschema@.vde_rollback(text, bigint, boolean) IS
	'Points an environment back at the state before its last deployment, one further back each time; with a deployment, at the state after that one, also forward. Builds nothing; names the tables that were not refreshed since. Error when a table of that time was collected, or when something depends on a view that must change its shape, or when the server has no room for the locks on all views that change. nowait: fails at once if another call works on the environment. Sends NOTIFY vde at its commit. Members of the environment''s owner may.';

SELECT vde.keep_privileges('@extschema@.vde_rollback(text, bigint)', '@extschema@.vde_rollback(text, bigint, boolean)');
DROP PROCEDURE @extschema@.vde_rollback(text, bigint);

CREATE PROCEDURE @extschema@.vde_run(environment text DEFAULT NULL, nowait boolean DEFAULT false)
	AS 'MODULE_PATHNAME'
	LANGUAGE C;

COMMENT ON PROCEDURE @extschema@.vde_run(text, boolean) IS
	'Fills the tables of full and materialized_view models anew, parents before children, each switched at its own commit; readers wait for the switch alone. A model that reads only tables of models which hold what they did when it was filled last is left alone. A table that several environments share is refreshed by prod if prod has it, else by the oldest; of the owners of its models, who could not fill it any more may not read it from then on, which a warning says. A model that uses something which changed outside is not refreshed, nor what reads it; the rest is, and an error at the end says what changed, and since which deployment. Models that were kept because a change was declared non_breaking (vde_categorize) are first built over what they read now, and deployed. nowait: fails at once if another call works on the environment. Members of the environment''s owner may; schedule it with pg_cron.';

SELECT vde.keep_privileges('@extschema@.vde_run(text)', '@extschema@.vde_run(text, boolean)');
DROP PROCEDURE @extschema@.vde_run(text);

CREATE PROCEDURE @extschema@.vde_gc(nowait boolean DEFAULT false)
	AS 'MODULE_PATHNAME'
	LANGUAGE C;

COMMENT ON PROCEDURE @extschema@.vde_gc(boolean) IS
	'Drops environments whose ttl is over, and relations in vde_data that no environment points at, that one rollback would not bring back, and that were let go longer ago than the setting vde.retention. It works while nothing is deployed or refreshed: asks for its turn until vde.lock_timeout is over, and nobody has to wait behind it meanwhile for more than a moment; with nowait it fails at once. What somebody is using, a table or an environment, is waited for half a second at most, and stays until the next time. Lists what it drops; never CASCADE, never an object that vde did not make.';

SELECT vde.keep_privileges('@extschema@.vde_gc()', '@extschema@.vde_gc(boolean)');
DROP PROCEDURE @extschema@.vde_gc();

COMMENT ON PROCEDURE @extschema@.vde_create_environment(text, text, interval, bigint) IS
	'Creates an environment as a copy of the pointers of another (prod if not said), now or as of one of its deployments, and makes its views; no table is built. ttl: after which time vde_gc() drops it. The caller becomes its owner and needs CREATE on the database. Errors: it exists already, the base does not, the name is no suffix of a schema. Sends NOTIFY vde at its commit. The idea of environments as views over versioned tables comes from SQLMesh.';

COMMENT ON FUNCTION @extschema@.vde_export(text) IS
	'the reverse of vde_sync: a row per model that the environment is to have after its next apply, with the path and the text of its file. '
	'Error for a seed whose view the caller may not read, and for any other model if the caller is neither a member of its owner nor may read vde_models, or is no member of the owner and the model is private';

COMMENT ON FUNCTION @extschema@.vde_plan(text, text, text) IS
	'What applying the drafts of an environment would do; with a target, what promoting the environment there would do. Lines for people, as EXPLAIN prints them, with what differs in the text and the options of each changed model (at most 20 lines, and for those only who may read vde_models or are members of its owner; for the latter alone the rows of a seed and models with the option private); format markdown is for a pull request, json for programs. The last line of the text is the plan''s id, which vde_apply and vde_promote take. Writes nothing. Errors: those of the analyzer, with the position in the model''s text; a cycle, named whole.';

-- Views: replaced as they are, or with a new column at the end, they keep whatever stands on them.
CREATE OR REPLACE VIEW @extschema@.vde_models AS
	SELECT e.name AS environment,
		vde.quoted_name(m.schema_name, m.model_name) AS model,
		d.kind,
		CASE WHEN f.model_id IS NULL THEN 'applied'
			WHEN f.definition_id IS NULL THEN 'removal drafted'
			WHEN p.snapshot_id IS NULL THEN 'drafted'
			ELSE 'applied, change drafted' END AS state,
		d.options OPERATOR(pg_catalog.->>) 'description' AS description,
		d.owner,
		d.options OPERATOR(pg_catalog.->) 'tags' AS tags,
		CASE WHEN v.relation_name IS NOT NULL THEN
			pg_catalog.quote_ident(CASE WHEN e.name OPERATOR(pg_catalog.=) 'prod' THEN m.schema_name::pg_catalog.text
				ELSE m.schema_name::pg_catalog.text OPERATOR(pg_catalog.||) '__' OPERATOR(pg_catalog.||) e.name END)
			OPERATOR(pg_catalog.||) '.' OPERATOR(pg_catalog.||) pg_catalog.quote_ident(m.model_name::pg_catalog.text) END AS view_name,
		v.xxh3 AS version,
		v.relation_name AS physical_table,
		v.row_count,
		v.built_at,
		v.refreshed_at,
		ARRAY(SELECT vde.quoted_name(pm.schema_name, pm.model_name)
			FROM vde.snapshot_parent sp JOIN vde.model pm ON pm.id OPERATOR(pg_catalog.=) sp.parent_model_id
			WHERE sp.snapshot_id OPERATOR(pg_catalog.=) s.id ORDER BY 1) AS parents,
		CASE WHEN (d.kind OPERATOR(pg_catalog.<>) 'seed' AND COALESCE(d.options OPERATOR(pg_catalog.->>) 'private', 'false') OPERATOR(pg_catalog.<>) 'true')
			OR pg_catalog.pg_has_role(d.owner::pg_catalog.oid, 'USAGE') THEN d.query END AS query
	FROM vde.environment e
	JOIN (SELECT environment_id, model_id FROM vde.pointer WHERE snapshot_id IS NOT NULL
		UNION SELECT environment_id, model_id FROM vde.draft) x ON x.environment_id OPERATOR(pg_catalog.=) e.id
	JOIN vde.model m ON m.id OPERATOR(pg_catalog.=) x.model_id
	LEFT JOIN vde.pointer p ON p.environment_id OPERATOR(pg_catalog.=) e.id AND p.model_id OPERATOR(pg_catalog.=) m.id
	LEFT JOIN vde.snapshot s ON s.id OPERATOR(pg_catalog.=) p.snapshot_id
	LEFT JOIN vde.version v ON v.id OPERATOR(pg_catalog.=) s.version_id
	LEFT JOIN vde.draft f ON f.environment_id OPERATOR(pg_catalog.=) e.id AND f.model_id OPERATOR(pg_catalog.=) m.id
	LEFT JOIN vde.definition d ON d.id OPERATOR(pg_catalog.=) COALESCE(f.definition_id, s.definition_id);

COMMENT ON VIEW @extschema@.vde_models IS
	'The models of each environment, with drafts: kind, description, owner and query as they will be after the next apply (the query of a seed, which is its rows, and that of a model with the option private only for members of its owner; else null); version, table, rows and times as they are';

CREATE OR REPLACE VIEW @extschema@.vde_deployments AS
	SELECT d.id AS deployment, e.name AS environment, d.action, d.source_environment AS source,
		d.parent_id AS made_on, d.restores_id AS restores,
		s.environment_id IS NOT NULL AS is_state,
		d.model_count AS models, d.built_count AS built, d.reused_count AS reused,
		ARRAY(SELECT vde.quoted_name(m.schema_name, m.model_name)
			FROM vde.deployment_change c JOIN vde.model m ON m.id OPERATOR(pg_catalog.=) c.model_id
			WHERE c.deployment_id OPERATOR(pg_catalog.=) d.id ORDER BY 1) AS changed,
		d.plan, d.message, d.deployed_by, d.deployed_at, d.seconds
	FROM vde.deployment d
	JOIN vde.environment e ON e.id OPERATOR(pg_catalog.=) d.environment_id
	LEFT JOIN vde.environment_state s ON s.deployment_id OPERATOR(pg_catalog.=) d.id;

COMMENT ON VIEW @extschema@.vde_deployments IS
	'The history of each environment: what was applied, promoted or rolled back, by whom, when and with which message, how many models it changed, built and reused, and how many seconds the call took, builds included; made_on is the state before, is_state tells where the environment is now';

CREATE OR REPLACE VIEW @extschema@.vde_builds AS
	SELECT b.id AS build, vde.quoted_name(m.schema_name, m.model_name) AS model, b.environment, b.xxh3 AS version,
		b.action, b.state, b.row_count, b.seconds, b.sqlstate,
		CASE WHEN pg_catalog.pg_has_role(b.built_by::pg_catalog.oid, 'USAGE') THEN b.message END AS message,
		b."position", b.built_by, b.started_at
	FROM vde.build b
	JOIN vde.model m ON m.id OPERATOR(pg_catalog.=) b.model_id;

COMMENT ON VIEW @extschema@.vde_builds IS
	'What happened at each build and refresh: state (unchanged: a refresh that was not needed), rows, seconds, and of a failure its SQLSTATE, message (which may have values of rows, and is shown to members of the model''s owner) and position in the model''s query';

-- New.
CREATE FUNCTION vde.progress_rows(
		OUT environment text, OUT schema_name name, OUT model_name name, OUT action text, OUT state text,
		OUT row_count bigint, OUT started_at timestamptz, OUT ended_at timestamptz, OUT pid int, OUT session_pid int)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'vde_progress_rows'
	LANGUAGE C VOLATILE;

COMMENT ON FUNCTION vde.progress_rows() IS 'what the sessions of this database are building at this moment, for vde_progress';

CREATE VIEW @extschema@.vde_progress AS
	SELECT p.environment, vde.quoted_name(p.schema_name, p.model_name) AS model, p.action, p.state,
		p.row_count, p.started_at, p.ended_at, p.pid, p.session_pid
	FROM vde.progress_rows() p;

COMMENT ON VIEW @extschema@.vde_progress IS
	'What is being built at this moment: a row for each model of each call of vde_apply, vde_promote or vde_run that is building, in graph order, until that has built all. state: waiting (for what it reads), ready, running, built, unchanged (a refresh that was not needed), failed, skipped. row_count: rows written so far. pid: the process that builds it, a background worker or the session itself; session_pid: the session that called';

GRANT SELECT ON @extschema@.vde_progress TO PUBLIC;

CREATE FUNCTION @extschema@.vde_check(repair boolean DEFAULT false)
	RETURNS TABLE (environment text, object text, problem text, detail text, remedy text, repaired boolean)
	AS 'MODULE_PATHNAME', 'vde_check'
	LANGUAGE C VOLATILE ROWS 10;

COMMENT ON FUNCTION @extschema@.vde_check(boolean) IS
	'compares the catalog with the tables, views, schemas, owners, grants and roles that there are, and returns one row per difference, none if all is well: problem is a word for programs (missing_relation, missing_view, wrong_owner, ...), detail a sentence, remedy what to do. With repair => true it mends what is safe to mend (repaired): makes missing views, points views back, gives back owners and grants, and notes that a table is gone, so that the next apply builds it; it drops nothing and touches nothing that vde did not make. Rows are shown to superusers and to members of the roles that they concern. Errors: repair by somebody who owns no environment, or in a transaction with another isolation level than read committed.';

CREATE FUNCTION @extschema@.vde_use(environment text, is_local boolean DEFAULT false) RETURNS text
	AS 'MODULE_PATHNAME'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.vde_use(text, boolean) IS
	'Puts the session into an environment, and returns its name: sets vde.environment, so that SQL which names models'' views in prod reads those of the environment, and puts the environment''s schemas into search_path, before those that they stand for. is_local: until the end of the transaction, as SET LOCAL. prod or NULL: back to prod; with NULL work goes to dev, as without the setting. Errors: there is no such environment.';

CREATE FUNCTION @extschema@.vde_status(OUT environment text, OUT redirected boolean, OUT preloaded boolean, OUT search_path text, OUT note text)
	AS 'MODULE_PATHNAME'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION @extschema@.vde_status() IS
	'One row about this session: the setting vde.environment (null: not set); whether queries of models are redirected to it; whether the library is preloaded, without which nothing is redirected until something of vde is called; search_path; and a note on why queries are not redirected, or what to know.';

-- as ALTER EXTENSION had it
SET LOCAL ROLE @extowner@;
SET LOCAL search_path = @extschema@, pg_temp;
