-- Deployments.

CREATE PROCEDURE vde_apply(environment text DEFAULT NULL, plan text DEFAULT NULL, message text DEFAULT NULL, confirm boolean DEFAULT false, nowait boolean DEFAULT false)
	AS 'MODULE_PATHNAME'
	LANGUAGE C;

COMMENT ON PROCEDURE vde_apply(text, text, text, boolean, boolean) IS
	'Applies the drafts of an environment: builds the versions that do not exist yet, then swaps all changed views in one transaction. Outside a transaction block each build is committed by itself, and a failed one stops only what reads it; inside a block all of it is one transaction. plan: fails if the plan is no longer the one of this id. confirm: needed for drafts in an environment listed in vde.protected. nowait: fails at once, with who works on it, if another call works on the environment. An error before any work if the server has no room for the locks on all views that change. Sends NOTIFY vde at its commit. Members of the environment''s owner may; an unknown environment is made from prod.';

CREATE PROCEDURE vde_promote(source text, target text, models text[] DEFAULT NULL, force boolean DEFAULT false, plan text DEFAULT NULL, message text DEFAULT NULL, nowait boolean DEFAULT false)
	AS 'MODULE_PATHNAME'
	LANGUAGE C;

COMMENT ON PROCEDURE vde_promote(text, text, text[], boolean, text, text, boolean) IS
	'Merges what source has changed into target, definition by definition and three ways as git does, builds what the merged graph needs and nobody has, then swaps all changed views in one transaction. models: only these, and the changed models that they read. A model changed on both sides is a conflict; with force the source wins. Drafts are never promoted. nowait: fails at once if another call works on either environment. An error before any work if the server has no room for the locks on all views that change. Sends NOTIFY vde at its commit. Members of the target''s owner may.';

CREATE PROCEDURE vde_rollback(environment text DEFAULT NULL, deployment bigint DEFAULT NULL, nowait boolean DEFAULT false)
	AS 'MODULE_PATHNAME'
	LANGUAGE C;

COMMENT ON PROCEDURE vde_rollback(text, bigint, boolean) IS
	'Points an environment back at the state before its last deployment, one further back each time; with a deployment, at the state after that one, also forward. Builds nothing; names the tables that were not refreshed since. Error when a table of that time was collected, or when something depends on a view that must change its shape, or when the server has no room for the locks on all views that change. nowait: fails at once if another call works on the environment. Sends NOTIFY vde at its commit. Members of the environment''s owner may.';
