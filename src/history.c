/*-------------------------------------------------------------------------
 *
 * history.c
 *	  The tree of an environment's states.
 *
 * Only differences are stored (vde.deployment_change), so a deployment costs
 * what it changes; a state is computed from the pointers now by undoing the
 * deployments that lead here and not there, and redoing those that lead there
 * and not here.  Along one line of descent ids grow, which gives the order.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog.h"
#include "history.h"

/*
 * PreviousState
 *		The state on which the current one was made.
 */
int64
PreviousState(const Environment *environment)
{
	if (CatalogRead("SELECT parent_id FROM vde.deployment WHERE id = $1", "l",
					environment->state_id) == 0)
		return 0;
	return CatalogInt64(0, 1);
}

/*
 * check_state
 *		Error unless the deployment is a state of the environment.
 */
static void
check_state(const Environment *environment, int64 deployment)
{
	if (CatalogRead("SELECT action, restores_id FROM vde.deployment WHERE id = $1 AND environment_id = $2", "ll",
					deployment, environment->id) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("environment \"%s\" has no deployment " INT64_FORMAT,
						environment->name, deployment),
				 errhint("The view vde_deployments lists them.")));
	if (strcmp(CatalogText(0, 1), "rollback") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("deployment " INT64_FORMAT " is a rollback", deployment),
				 errhint("Name the deployment that it went back to: " INT64_FORMAT ".",
						 CatalogInt64(0, 2))));
}

/*
 * ChangesToState
 *		Pointers that must move for the environment to be in a state.
 */
List *
ChangesToState(const Environment *environment, int64 deployment)
{
	List	   *changes = NIL;
	uint64		rows;
	uint64		row;

	check_state(environment, deployment);
	rows = CatalogRead("WITH RECURSIVE here AS ("
					   "  SELECT id, parent_id FROM vde.deployment WHERE id = $2 "
					   "  UNION ALL SELECT d.id, d.parent_id FROM vde.deployment d JOIN here h ON d.id = h.parent_id), "
					   "there AS ("
					   "  SELECT id, parent_id FROM vde.deployment WHERE id = $3 "
					   "  UNION ALL SELECT d.id, d.parent_id FROM vde.deployment d JOIN there t ON d.id = t.parent_id), "
					   "step AS ("
					   "  SELECT c.model_id, c.new_snapshot_id AS snapshot_id, 0 AS pass, -c.deployment_id AS rank "
					   "  FROM vde.deployment_change c "
					   "  WHERE c.deployment_id IN (SELECT id FROM there EXCEPT SELECT id FROM here) "
					   "  UNION ALL "
					   "  SELECT c.model_id, c.old_snapshot_id, 1, c.deployment_id "
					   "  FROM vde.deployment_change c "
					   "  WHERE c.deployment_id IN (SELECT id FROM here EXCEPT SELECT id FROM there)), "
					   "last_step AS ("
					   "  SELECT DISTINCT ON (model_id) model_id, snapshot_id FROM step ORDER BY model_id, pass, rank) "
					   "SELECT l.model_id, p.snapshot_id, l.snapshot_id "
					   "FROM last_step l LEFT JOIN vde.pointer p ON p.environment_id = $1 AND p.model_id = l.model_id "
					   "WHERE p.snapshot_id IS DISTINCT FROM l.snapshot_id ORDER BY 1", "lll",
					   environment->id, environment->state_id, deployment);
	for (row = 0; row < rows; row++)
	{
		PointerChange *change = palloc(sizeof(PointerChange));

		change->model_id = CatalogInt64(row, 1);
		change->old_snapshot_id = CatalogInt64(row, 2);
		change->new_snapshot_id = CatalogInt64(row, 3);
		changes = lappend(changes, change);
	}
	return changes;
}

/*
 * StateIsInForce
 *		Does the environment's current state descend from that deployment?
 */
bool
StateIsInForce(const Environment *environment, int64 deployment)
{
	return CatalogRead("WITH RECURSIVE here AS ("
					   "  SELECT id, parent_id FROM vde.deployment WHERE id = $1 "
					   "  UNION ALL SELECT d.id, d.parent_id FROM vde.deployment d JOIN here h ON d.id = h.parent_id "
					   "  WHERE d.id >= $2) "
					   "SELECT FROM here WHERE id = $2", "ll",
					   environment->state_id, deployment) > 0;
}

/*
 * CopyPointersAt
 *		A new environment that starts from a state of another.
 */
void
CopyPointersAt(int64 environment_id, const Environment *base, int64 deployment)
{
	Environment now = *base;
	List	   *changes;
	ListCell   *cell;

	/* nobody deploys to it between the statements below */
	if (CatalogWrite("SELECT deployment_id FROM vde.environment_state WHERE environment_id = $1 FOR SHARE", "l",
					 base->id) > 0)
		now.state_id = CatalogInt64(0, 1);
	changes = ChangesToState(&now, deployment);
	CatalogWrite("INSERT INTO vde.pointer (environment_id, model_id, snapshot_id, base_snapshot_id) "
				 "SELECT $1, model_id, snapshot_id, snapshot_id FROM vde.pointer "
				 "WHERE environment_id = $2 AND snapshot_id IS NOT NULL", "ll",
				 environment_id, base->id);
	foreach(cell, changes)
	{
		PointerChange *change = (PointerChange *) lfirst(cell);

		if (change->new_snapshot_id == 0)
			CatalogWrite("DELETE FROM vde.pointer WHERE environment_id = $1 AND model_id = $2", "ll",
						 environment_id, change->model_id);
		else
			CatalogWrite("INSERT INTO vde.pointer (environment_id, model_id, snapshot_id, base_snapshot_id) "
						 "VALUES ($1, $2, $3, $3) ON CONFLICT (environment_id, model_id) "
						 "DO UPDATE SET snapshot_id = $3, base_snapshot_id = $3", "lll",
						 environment_id, change->model_id, change->new_snapshot_id);
	}
}
