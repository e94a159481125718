/*-------------------------------------------------------------------------
 *
 * deployment_record.c
 *	  A deployment in the catalog: its row, the pointers that it moves, and the
 *	  state that the environment is in then.
 *
 * All of it is written before the views are locked.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "catalog.h"
#include "deployment_record.h"
#include "fault.h"
#include "notify.h"

/*
 * SaveDeployment
 *		See deployment_record.h.
 */
int64
SaveDeployment(const VdeSession *session, const Environment *environment,
			   const char *action, const char *source, int64 restores,
			   const char *plan, const char *message, int models, int built)
{
	CatalogWrite("INSERT INTO vde.deployment (environment_id, parent_id, action, source_environment, restores_id, "
				 "plan, message, model_count, built_count, reused_count, deployed_by, deployed_at) "
				 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id", "lLttLttlllrz",
				 environment->id, restores ? (int64) 0 : environment->state_id, action, source, restores,
				 plan, message, (int64) models, (int64) built, (int64) Max(models - built, 0),
				 session->caller, GetCurrentTimestamp());
	return CatalogInt64(0, 1);
}

/*
 * FinishDeployment
 *		See deployment_record.h.
 */
void
FinishDeployment(const VdeSession *session, const Environment *environment,
				 int64 deployment, const char *action, const char *source, int changed)
{
	CatalogWrite("UPDATE vde.deployment SET seconds = $2 WHERE id = $1", "ld", deployment,
				 Max(GetCurrentTimestamp() - session->started, 0) / (double) USECS_PER_SEC);
	NotifyDeployment(environment->name, deployment, action, source, changed, session->caller);
}

/*
 * MovePointers
 *		Points the environment's models at other snapshots (PointerChange *),
 *		and keeps that as the deployment's changes.
 *
 * The versions' own rows are left alone.  The swap waits for readers after
 * this; a refresh writes the row of a table that it keeps readers from, and
 * must not wait for us then.
 */
void
MovePointers(const Environment *environment, int64 deployment, List *changes)
{
	List	   *models = NIL;
	List	   *olds = NIL;
	List	   *news = NIL;
	ListCell   *cell;

	foreach(cell, changes)
	{
		PointerChange *change = (PointerChange *) lfirst(cell);

		models = lappend(models, CopyId(change->model_id));
		olds = lappend(olds, CopyId(change->old_snapshot_id));
		news = lappend(news, CopyId(change->new_snapshot_id));
	}
	if (changes == NIL)
		return;
	VDE_POINT("deploy: pointers not written");
	CatalogWrite("INSERT INTO vde.deployment_change (deployment_id, model_id, old_snapshot_id, new_snapshot_id) "
				 "SELECT $1, m, NULLIF(o, 0), NULLIF(n, 0) FROM unnest($2, $3, $4) AS u (m, o, n)", "lIII",
				 deployment, models, olds, news);
	VDE_POINT("deploy: changes noted");
	CatalogWrite("DELETE FROM vde.pointer p USING unnest($2, $3) AS u (m, n) "
				 "WHERE p.environment_id = $1 AND p.model_id = u.m AND u.n = 0 AND p.base_snapshot_id IS NULL", "lII",
				 environment->id, models, news);
	CatalogWrite("UPDATE vde.pointer p SET snapshot_id = NULLIF(u.n, 0) FROM unnest($2, $3) AS u (m, n) "
				 "WHERE p.environment_id = $1 AND p.model_id = u.m", "lII",
				 environment->id, models, news);
	CatalogWrite("INSERT INTO vde.pointer (environment_id, model_id, snapshot_id) "
				 "SELECT $1, m, n FROM unnest($2, $3) AS u (m, n) WHERE n <> 0 "
				 "ON CONFLICT (environment_id, model_id) DO NOTHING", "lII",
				 environment->id, models, news);
	VDE_POINT("deploy: pointers written");
}

/*
 * SetState
 *		The environment is now in the state of that deployment.
 */
void
SetState(Environment *environment, int64 deployment)
{
	CatalogWrite("UPDATE vde.environment_state SET deployment_id = $2 WHERE environment_id = $1", "ll",
				 environment->id, deployment);
	environment->state_id = deployment;
	VDE_POINT("deploy: state written");
}
