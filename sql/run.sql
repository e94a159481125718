-- Refreshing and collecting.

CREATE PROCEDURE vde_run(environment text DEFAULT NULL)
	AS 'MODULE_PATHNAME'
	LANGUAGE C;

COMMENT ON PROCEDURE vde_run(text) IS
	'Fills the tables of full and materialized_view models anew, parents before children, each switched at its own commit; readers wait for the switch alone. A model that reads only tables of models which hold what they did when it was filled last is left alone. A table that several environments share is refreshed by prod if prod has it, else by the oldest. A model that uses something which changed outside is not refreshed, nor what reads it; the rest is, and an error at the end says what changed, and since which deployment. Models that were kept because a change was declared non_breaking (vde_categorize) are first built over what they read now, and deployed. Members of the environment''s owner may; schedule it with pg_cron.';

CREATE PROCEDURE vde_gc()
	AS 'MODULE_PATHNAME'
	LANGUAGE C;

COMMENT ON PROCEDURE vde_gc() IS
	'Drops environments whose ttl is over, and relations in vde_data that no environment points at, that one rollback would not bring back, and that were let go longer ago than the setting vde.retention. Lists what it drops; never CASCADE, never an object that vde did not make.';
