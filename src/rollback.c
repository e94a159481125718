/*-------------------------------------------------------------------------
 *
 * rollback.c
 *	  vde_rollback: an environment goes back to a state that it had.
 *
 * Nothing is built and nothing is lost: the states stay in the tree
 * (history.c), so that a rollback can be taken back by naming the deployment.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "argument.h"
#include "catalog.h"
#include "compat.h"
#include "deployment_record.h"
#include "environment_lock.h"
#include "fault.h"
#include "lifecycle.h"
#include "lock_budget.h"
#include "physical.h"
#include "plan.h"
#include "snapshot.h"
#include "table_reader.h"
#include "virtual_layer.h"

PG_FUNCTION_INFO_V1(vde_rollback);

/*
 * require_rows
 *		Error when a table of that time (of snapshots, List of int64 * ids) has lost
 *		its rows.  A rollback fills nothing, and nobody shall read it empty.
 */
static void
require_rows(const Environment *environment, List *ids)
{
	List	   *models = NIL;
	List	   *names = NIL;
	List	   *unlogged = NIL;
	StringInfoData empty;
	ListCell   *model;
	ListCell   *name;
	ListCell   *is_unlogged;
	uint64		rows;
	uint64		row;

	rows = CatalogRead("SELECT m.schema_name, m.model_name, v.relation_name, v.unlogged AND v.row_count > 0 "
					   "FROM vde.snapshot s JOIN vde.version v ON v.id = s.version_id "
					   "JOIN vde.definition d ON d.id = s.definition_id JOIN vde.model m ON m.id = s.model_id "
					   "WHERE s.id = ANY ($1) AND v.built_at IS NOT NULL "
					   "AND (d.kind = 'materialized_view' OR v.unlogged AND v.row_count > 0) ORDER BY 1, 2", "I", ids);
	for (row = 0; row < rows; row++)
	{
		models = lappend(models, pstrdup(quote_qualified_identifier(CatalogText(row, 1), CatalogText(row, 2))));
		names = lappend(names, CatalogText(row, 3));
		unlogged = lappend_int(unlogged, CatalogBool(row, 4));
	}
	initStringInfo(&empty);
	forthree(model, models, name, names, is_unlogged, unlogged)
	{
		CHECK_FOR_INTERRUPTS();
		if (lfirst_int(is_unlogged) ? PhysicalIsEmpty((char *) lfirst(name), true) :
			PhysicalIsUnpopulated((char *) lfirst(name)))
			appendStringInfo(&empty, "%s%s", empty.len > 0 ? ", " : "", (char *) lfirst(model));
	}
	if (empty.len > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot roll back environment \"%s\": tables of that time have lost their rows",
						environment->name),
				 errdetail("A crash empties what is unlogged, and a restore may leave materialized views empty: %s.", empty.data),
				 errhint("Register the earlier definitions again and apply them, which fills the tables.")));
}

/*
 * rollback_views
 *		The views for a list of PointerChange; checks that the tables are
 *		there, and names those that were not refreshed since.
 */
static List *
rollback_views(const Environment *environment, List *changes)
{
	List	   *ids = NIL;
	List	   *models = NIL;	/* the same models, by their own ids */
	List	   *gone = NIL;
	List	   *views = NIL;
	List	   *collected = NIL;
	StringInfoData stale;
	ListCell   *cell;
	ListCell   *now_cell;
	ListCell   *change_cell;

	initStringInfo(&stale);
	foreach(cell, changes)
	{
		PointerChange *change = (PointerChange *) lfirst(cell);

		if (change->new_snapshot_id != 0)
		{
			ids = lappend(ids, CopyId(change->new_snapshot_id));
			models = lappend(models, CopyId(change->model_id));
		}
		else
			gone = lappend(gone, CopyId(change->model_id));
	}
	/* both lists are in the order of names */
	forboth(cell, LoadSnapshots(ids), now_cell, LoadModelStates(environment->id, models))
	{
		ModelState *state = (ModelState *) lfirst(cell);
		ModelState *now = (ModelState *) lfirst(now_cell);

		Assert(state->model_id == now->model_id);
		if (KindHasRelation(state->definition->kind) && !state->snapshot->version.built)
			collected = lappend(collected, QuoteModelName(&state->name));
		if (KindHasRows(state->definition->kind) && now->snapshot != NULL &&
			state->definition->kind != KIND_SEED &&
			state->snapshot->version.refreshed_at < now->snapshot->version.refreshed_at)
			appendStringInfo(&stale, "%s%s", stale.len > 0 ? ", " : "", QuoteModelName(&state->name));
		if (KindHasRelation(state->definition->kind))
			views = lappend(views,
							MakeViewChange(environment->name, &state->name, state->definition,
										   state->snapshot->columns,
										   state->snapshot->version.relation_name));
		else if (now->snapshot != NULL && KindHasRelation(now->definition->kind))
			views = lappend(views,
							MakeViewChange(environment->name, &state->name, NULL, NIL, NULL));
	}
	foreach(change_cell, LoadModelStates(environment->id, gone))
	{
		ModelState *state = (ModelState *) lfirst(change_cell);

		if (state->snapshot != NULL && KindHasRelation(state->definition->kind))
			views = lappend(views,
							MakeViewChange(environment->name, &state->name, NULL, NIL, NULL));
	}
	if (collected != NIL)
	{
		StringInfoData names;

		initStringInfo(&names);
		foreach(cell, collected)
			appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "", (char *) lfirst(cell));
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot roll back environment \"%s\": tables of that time were collected",
						environment->name),
				 errdetail("%s", names.data),
				 errhint("Register the earlier definitions again and apply them. The setting vde.retention says how long tables are kept.")));
	}
	require_rows(environment, ids);
	if (stale.len > 0)
		ereport(NOTICE,
				(errmsg("not refreshed since they were superseded: %s", stale.data),
				 errhint("CALL vde_run('%s') refreshes them.", environment->name)));
	return views;
}

/*
 * rollback
 *		Body of vde_rollback, with the locks held.
 */
static void
rollback(VdeSession *session, const char *name, int64 deployment, bool previous)
{
	Environment *environment = FindEnvironment(name, false);
	List	   *changes;
	List	   *views;
	List	   *obstacles;
	ViewObstacle *full;
	int64		id;

	if (previous)
		deployment = PreviousState(environment);
	if (previous && deployment == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("environment \"%s\" has nothing to roll back to", name),
				 errhint("It is in its first state. The view vde_deployments lists its states; name one to go forward again.")));
	changes = ChangesToState(environment, deployment);
	VDE_POINT("rollback: changes found");
	if (deployment == environment->state_id)
	{
		ereport(NOTICE,
				(errmsg("environment \"%s\" is in the state of deployment " INT64_FORMAT " already",
						name, deployment)));
		return;
	}
	views = rollback_views(environment, changes);
	obstacles = CheckViewChanges(views, environment->owner);
	if (obstacles != NIL)
		RaiseObstacle((ViewObstacle *) linitial(obstacles));
	full = LockObstacle(ViewLocks(views) + (session->atomic ? LayerLocks(environment) : 0),
						psprintf("rolling \"%s\" back", name),
						session->atomic, NULL);
	if (full != NULL)
		RaiseObstacle(full);
	VDE_POINT("rollback: checked");
	CompleteLayer(session, environment);
	id = SaveDeployment(session, environment, "rollback", NULL, deployment, NULL, NULL,
						list_length(changes), 0);
	VDE_POINT("rollback: deployment written");
	MovePointers(environment, id, changes);
	SetState(environment, deployment);
	RegainTables(environment, session->caller);
	SwapViews(views, environment->id, environment->owner);
	VDE_POINT("rollback: after swap");
	FinishDeployment(session, environment, id, "rollback", NULL, list_length(changes));
	ereport(NOTICE,
			(errmsg("rolled \"%s\" back to deployment " INT64_FORMAT ": %d changed", name,
					deployment, list_length(changes))));
}

/*
 * vde_rollback(environment, deployment, nowait)
 *		Points an environment back at what it had.
 */
Datum
vde_rollback(PG_FUNCTION_ARGS)
{
	VdeSession	session;
	EnvironmentLock lock = {0};
	char	   *name = EnvironmentName(TextArgument(fcinfo, 0));
	bool		previous = PG_ARGISNULL(1);
	int64		deployment = previous ? 0 : PG_GETARG_INT64(1);

	lock.nowait = NowaitArgument(fcinfo, 2);
	SessionBegin(&session, fcinfo);
	PG_TRY();
	{
		Environment *environment = FindEnvironment(name, false);

		CheckEnvironmentOwner(environment, session.caller);
		LockActivity(&lock, &session, false);
		LockEnvironment(&lock, &session, environment);
		rollback(&session, name, deployment, previous);
		VDE_POINT("rollback: before commit");
		SessionCommit(&session);
		VDE_POINT("rollback: after commit");
	}
	PG_FINALLY();
	{
		ReleaseEnvironmentLocks(&lock);
	}
	PG_END_TRY();
	VDE_POINT("rollback: locks released");
	SessionEnd(&session);
	PG_RETURN_VOID();
}
