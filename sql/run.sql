-- Refreshing and collecting.

CREATE PROCEDURE vde_run(environment text DEFAULT NULL, nowait boolean DEFAULT false)
	AS 'MODULE_PATHNAME'
	LANGUAGE C;

COMMENT ON PROCEDURE vde_run(text, boolean) IS
	'Fills the tables of full and materialized_view models anew, parents before children, each switched at its own commit; readers wait for the switch alone. A model that reads only tables of models which hold what they did when it was filled last is left alone. A table that several environments share is refreshed by prod if prod has it, else by the oldest; of the owners of its models, who could not fill it any more may not read it from then on, which a warning says. A model that uses something which changed outside is not refreshed, nor what reads it; the rest is, and an error at the end says what changed, and since which deployment. Models that were kept because a change was declared non_breaking (vde_categorize) are first built over what they read now, and deployed. nowait: fails at once if another call works on the environment. Members of the environment''s owner may; schedule it with pg_cron.';

CREATE PROCEDURE vde_gc(nowait boolean DEFAULT false)
	AS 'MODULE_PATHNAME'
	LANGUAGE C;

COMMENT ON PROCEDURE vde_gc(boolean) IS
	'Drops environments whose ttl is over, and relations in vde_data that no environment points at, that one rollback would not bring back, and that were let go longer ago than the setting vde.retention. It works while nothing is deployed or refreshed: asks for its turn until vde.lock_timeout is over, and nobody has to wait behind it meanwhile for more than a moment; with nowait it fails at once. What somebody is using, a table or an environment, is waited for half a second at most, and stays until the next time. Lists what it drops; never CASCADE, never an object that vde did not make.';
