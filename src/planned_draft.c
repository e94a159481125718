/*-------------------------------------------------------------------------
 *
 * planned_draft.c
 *	  The drafts that a plan was made of, when it is carried out.
 *
 * Nobody is kept from drafting while a plan is being built, which may take
 * hours.  What comes of that is what would have come of one after the other:
 *
 * - A draft of another model, or another draft of the same one, is as if it had
 *	 been made after the apply.  It stays a draft.
 *
 * - A draft that was taken back must not be deployed: whoever did so was told
 *	 that it is gone, which it would not have been after the apply.
 *
 * A draft that somebody is about to change or take back in a transaction that is
 * still open must be waited for, and that transaction may come for the lock on
 * the environment.  So who deploys gives that back first, waits with empty hands,
 * and begins anew; all that was built is there.  Only in a transaction block,
 * which gives nothing back, it waits as it is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/guc.h"
#include "utils/hsearch.h"

#include "catalog.h"
#include "environment_lock.h"
#include "fault.h"
#include "model.h"
#include "overrule.h"
#include "planned_draft.h"

/* $1 environment, $2 models; in the order of everybody who changes several */
#define DRAFTS_IN_ORDER \
	"SELECT d.model_id FROM vde.draft d JOIN vde.model m ON m.id = d.model_id " \
	"WHERE d.environment_id = $1 AND d.model_id = ANY ($2) " \
	"ORDER BY m.schema_name, m.model_name"

/*
 * drafted_models
 *		Ids of the models whose drafts the plan is made of.
 */
static List *
drafted_models(const VdePlan *plan)
{
	List	   *models = NIL;
	ListCell   *cell;

	if (plan->source != NULL)
		return NIL;
	foreach(cell, plan->graph->edits)
		models = lappend(models, CopyId(((const Edit *) lfirst(cell))->model_id));
	return models;
}

/*
 * id_set
 *		The first column of a result.
 */
static HTAB *
id_set(uint64 rows)
{
	HTAB	   *set;
	HASHCTL		ctl;
	uint64		row;

	ctl.keysize = ctl.entrysize = sizeof(int64);
	ctl.hcxt = CurrentMemoryContext;
	set = hash_create("vde drafts", rows + 1, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	for (row = 0; row < rows; row++)
	{
		int64		id = CatalogInt64(row, 1);

		(void) hash_search(set, &id, HASH_ENTER, NULL);
	}
	return set;
}

/*
 * find_busy
 *		Locks the drafts that nobody else has a lock on; the model of the first
 *		that somebody has, 0 when we have all that are left.
 */
static int64
find_busy(const VdePlan *plan, List *models)
{
	HTAB	   *locked;
	uint64		rows;
	uint64		row;

	rows = CatalogWrite(DRAFTS_IN_ORDER " FOR UPDATE OF d SKIP LOCKED", "lI", plan->environment->id, models);
	if (rows == list_length(models))
		return 0;
	locked = id_set(rows);
	rows = CatalogRead(DRAFTS_IN_ORDER, "lI", plan->environment->id, models);
	for (row = 0; row < rows; row++)
	{
		int64		id = CatalogInt64(row, 1);

		if (hash_search(locked, &id, HASH_FIND, NULL) == NULL)
			return id;
	}
	return 0;
}

/*
 * wait_for_drafts
 *		Waits for the locks while we hold others.
 */
static void
wait_for_drafts(const VdePlan *plan, List *models, bool alone)
{
	MemoryContext context = CurrentMemoryContext;
	const Environment *environment = plan->environment;
	int			guc_level = NewGUCNestLevel();

	LockDrafts(environment->id, environment->name, alone);
	CheckDeadlocksSoon();
	PG_TRY();
	{
		CatalogWrite(DRAFTS_IN_ORDER " FOR UPDATE OF d", "lI", environment->id, models);
	}
	PG_CATCH();
	{
		RethrowDeadlock(context, psprintf("drafts of environment \"%s\" are being changed",
										  environment->name));
	}
	PG_END_TRY();
	AtEOXact_GUC(false, guc_level);
}

/*
 * LockPlannedDrafts
 *		See planned_draft.h.
 */
bool
LockPlannedDrafts(const VdePlan *plan, bool wait)
{
	List	   *models = drafted_models(plan);
	bool		alone = plan->source != NULL;
	int			tries = 0;

	/* a promote leaves drafts alone, but not what was declared of them */
	if (plan->source != NULL ? !WritesOverrules(plan->graph) : models == NIL)
		return true;
	if (wait)
		wait_for_drafts(plan, models, alone);
	else
	{
		while (!TryLockDrafts(plan->environment->id, alone) || find_busy(plan, models) != 0)
		{
			if (!NextTry(&tries))
				return false;
		}
	}
	VDE_POINT("deploy: drafts locked");
	return true;
}

/*
 * AwaitPlannedDrafts
 *		See planned_draft.h.
 *
 * One after the other: not even those that are free are held meanwhile.
 */
void
AwaitPlannedDrafts(VdeSession *session, const VdePlan *plan)
{
	List	   *models = drafted_models(plan);
	const Environment *environment = plan->environment;
	int64		busy = 0;

	ereport(NOTICE,
			(errmsg("waiting: drafts of environment \"%s\" are being changed", environment->name),
			 errdetail("Others may deploy to it meanwhile. What was built is kept.")));
	LockDrafts(environment->id, environment->name, plan->source != NULL);
	if (models != NIL)
		busy = find_busy(plan, models);
	SessionCommit(session);
	VDE_POINT("deploy: waiting for drafts");
	if (busy != 0)
	{
		CatalogWrite("SELECT FROM vde.draft WHERE environment_id = $1 AND model_id = $2 FOR UPDATE", "ll",
					 environment->id, busy);
		SessionCommit(session);
	}
}

/*
 * RequireDrafts
 *		See planned_draft.h.
 */
void
RequireDrafts(const VdePlan *plan, bool kept)
{
	List	   *models = drafted_models(plan);
	StringInfoData gone;
	uint64		rows;
	HTAB	   *left;
	ListCell   *cell;

	if (models == NIL)
		return;
	rows = CatalogRead("SELECT model_id FROM vde.draft WHERE environment_id = $1 AND model_id = ANY ($2)", "lI",
					   plan->environment->id, models);
	if (rows == list_length(models))
		return;

	left = id_set(rows);
	initStringInfo(&gone);
	foreach(cell, plan->graph->affected)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);

		if (node->edit != NULL && hash_search(left, &node->model_id, HASH_FIND, NULL) == NULL)
			appendStringInfo(&gone, "%s%s", gone.len > 0 ? ", " : "", QuoteModelName(&node->name));
	}
	ereport(ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("drafts of environment \"%s\" were taken back while they were applied",
					plan->environment->name),
			 errdetail("They are those of: %s.", gone.data),
			 errhint("The environment's views are as they were%s. Call it again to apply the other drafts.",
					 kept ? ", and what was built is kept" : "")));
}

/*
 * DeleteDrafts
 *		See planned_draft.h.
 */
void
DeleteDrafts(const VdePlan *plan)
{
	List	   *models = NIL;
	List	   *definitions = NIL;
	ListCell   *cell;

	foreach(cell, plan->graph->affected)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);

		if (node->edit == NULL)
			continue;
		models = lappend(models, CopyId(node->edit->model_id));
		definitions = lappend(definitions, CopyId(node->edit->definition_id));
	}
	CatalogWrite("DELETE FROM vde.draft d USING unnest($2, $3) AS u (m, n) "
				 "WHERE d.environment_id = $1 AND d.model_id = u.m AND d.definition_id IS NOT DISTINCT FROM NULLIF(u.n, 0)",
				 "lII", plan->environment->id, models, definitions);
}
