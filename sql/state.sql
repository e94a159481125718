-- The state, as views.  They read the catalog with the rights of the
-- extension's owner.

CREATE FUNCTION vde.quoted_name(schema_name name, model_name name) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	RETURN pg_catalog.quote_ident(schema_name::pg_catalog.text) OPERATOR(pg_catalog.||) '.'::pg_catalog.text
		OPERATOR(pg_catalog.||) pg_catalog.quote_ident(model_name::pg_catalog.text);

COMMENT ON FUNCTION vde.quoted_name(name, name) IS 'a model''s name as SQL writes it';

CREATE VIEW @extschema@.vde_environments AS
	SELECT e.name, e.owner, b.name AS base, e.created_by, e.created_at, e.expires_at,
		s.deployment_id AS state,
		(SELECT pg_catalog.count(*) FROM vde.pointer p
		 WHERE p.environment_id OPERATOR(pg_catalog.=) e.id AND p.snapshot_id IS NOT NULL) AS models,
		(SELECT pg_catalog.count(*) FROM vde.draft d
		 WHERE d.environment_id OPERATOR(pg_catalog.=) e.id) AS drafts
	FROM vde.environment e
	LEFT JOIN vde.environment b ON b.id OPERATOR(pg_catalog.=) e.base_id
	LEFT JOIN vde.environment_state s ON s.environment_id OPERATOR(pg_catalog.=) e.id;

COMMENT ON VIEW @extschema@.vde_environments IS
	'The environments: owner, the environment each started from, when it expires, the deployment whose state it is in, its numbers of models and of drafts';

CREATE VIEW @extschema@.vde_models AS
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

CREATE VIEW @extschema@.vde_snapshots AS
	SELECT s.id AS snapshot,
		vde.quoted_name(m.schema_name, m.model_name) AS model,
		d.kind, d.id AS definition, v.xxh3 AS version, s.metadata_hash,
		v.relation_name AS physical_table,
		v.built_at IS NOT NULL AS built,
		v.row_count, v.refreshed_at,
		s.column_names, s.column_types,
		ARRAY(SELECT vde.quoted_name(pm.schema_name, pm.model_name)
			FROM vde.snapshot_parent sp JOIN vde.model pm ON pm.id OPERATOR(pg_catalog.=) sp.parent_model_id
			WHERE sp.snapshot_id OPERATOR(pg_catalog.=) s.id ORDER BY 1) AS parents,
		ARRAY(SELECT e.name FROM vde.pointer p JOIN vde.environment e ON e.id OPERATOR(pg_catalog.=) p.environment_id
			WHERE p.snapshot_id OPERATOR(pg_catalog.=) s.id ORDER BY 1) AS environments,
		s.created_at
	FROM vde.snapshot s
	JOIN vde.model m ON m.id OPERATOR(pg_catalog.=) s.model_id
	JOIN vde.definition d ON d.id OPERATOR(pg_catalog.=) s.definition_id
	JOIN vde.version v ON v.id OPERATOR(pg_catalog.=) s.version_id;

COMMENT ON VIEW @extschema@.vde_snapshots IS
	'The snapshots: definitions frozen with their fingerprint, the table of each, its columns, the models it reads, and the environments that point at it';

CREATE VIEW @extschema@.vde_deployments AS
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

CREATE VIEW @extschema@.vde_builds AS
	SELECT b.id AS build, vde.quoted_name(m.schema_name, m.model_name) AS model, b.environment, b.xxh3 AS version,
		b.action, b.state, b.row_count, b.seconds, b.sqlstate,
		CASE WHEN pg_catalog.pg_has_role(b.built_by::pg_catalog.oid, 'USAGE') THEN b.message END AS message,
		b."position", b.built_by, b.started_at
	FROM vde.build b
	JOIN vde.model m ON m.id OPERATOR(pg_catalog.=) b.model_id;

COMMENT ON VIEW @extschema@.vde_builds IS
	'What happened at each build and refresh: state (unchanged: a refresh that was not needed), rows, seconds, and of a failure its SQLSTATE, message (which may have values of rows, and is shown to members of the model''s owner) and position in the model''s query';

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

-- everybody may read the state; the catalog itself nobody else
GRANT USAGE ON SCHEMA vde TO PUBLIC;
GRANT SELECT ON @extschema@.vde_environments, @extschema@.vde_models, @extschema@.vde_snapshots, @extschema@.vde_deployments,
	@extschema@.vde_builds, @extschema@.vde_progress TO PUBLIC;
