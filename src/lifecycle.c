/*-------------------------------------------------------------------------
 *
 * lifecycle.c
 *	  The beginning and the end of an environment: its views are made, and
 *	  dropped, in batches, because nobody reads an environment that is not
 *	  whole and one transaction need not hold all the locks.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "argument.h"
#include "catalog.h"
#include "compat.h"
#include "environment_lock.h"
#include "fault.h"
#include "guc.h"
#include "lifecycle.h"
#include "lock_budget.h"
#include "lock_wait.h"
#include "notify.h"
#include "plan.h"
#include "settings.h"
#include "snapshot.h"
#include "subtransaction.h"
#include "table_reader.h"
#include "virtual_layer.h"

/* how long readers are waited for where nobody must wait long, in milliseconds */
#define BUSY_LIMIT	500

PG_FUNCTION_INFO_V1(vde_create_environment);
PG_FUNCTION_INFO_V1(vde_drop_environment);

/*
 * CompleteLayer
 *		See lifecycle.h.  Nobody reads the environment before it is whole, so
 *		one transaction need not hold all the locks.
 */
void
CompleteLayer(VdeSession *session, Environment *environment)
{
	int			batch = LayerBatch();
	int64		last = 0;

	if (environment->layer_complete)
		return;
	RegainTables(environment, session->caller);
	for (;;)
	{
		MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "vde layer",
													  ALLOCSET_DEFAULT_SIZES);
		MemoryContext old = MemoryContextSwitchTo(scratch);
		List	   *ids = NIL;
		List	   *views = NIL;
		uint64		rows;
		uint64		row;
		ListCell   *cell;

		CHECK_FOR_INTERRUPTS();
		rows = CatalogRead("SELECT model_id, snapshot_id FROM vde.pointer "
						   "WHERE environment_id = $1 AND snapshot_id IS NOT NULL AND model_id > $2 "
						   "ORDER BY model_id LIMIT $3", "lll",
						   environment->id, last, (int64) batch);
		for (row = 0; row < rows; row++)
		{
			last = CatalogInt64(row, 1);
			ids = lappend(ids, CopyId(CatalogInt64(row, 2)));
		}
		foreach(cell, LoadSnapshots(ids))
		{
			ModelState *state = (ModelState *) lfirst(cell);

			if (KindHasRelation(state->definition->kind))
				views = lappend(views,
								MakeViewChange(environment->name, &state->name, state->definition,
											   state->snapshot->columns,
											   state->snapshot->version.relation_name));
		}
		if (views != NIL)
			SwapViews(views, environment->id, environment->owner);
		MemoryContextSwitchTo(old);
		MemoryContextDelete(scratch);
		VDE_POINT("layer: batch made");
		if (rows < batch)
			break;
		SessionCommit(session);
		VDE_POINT("layer: batch committed");
	}
	CatalogWrite("UPDATE vde.environment SET layer_complete = true WHERE id = $1", "l", environment->id);
	environment->layer_complete = true;
	VDE_POINT("layer: complete");
}

/*
 * DropViews
 *		See lifecycle.h.
 */
void
DropViews(VdeSession *session, Environment *environment, List *views)
{
	int			batch = LayerBatch();
	int			done = 0;

	while (done < list_length(views))
	{
		List	   *part = list_copy_tail(views, done);

		CHECK_FOR_INTERRUPTS();
		part = list_truncate(part, batch);
		SwapViews(part, environment->id, environment->owner);
		SessionCommit(session);
		done += batch;
		list_free(part);
	}
}

/*
 * count_views
 *		How many views an environment has, or is to have.
 */
static int64
count_views(const Environment *environment)
{
	CatalogRead("SELECT count(*) FROM vde.pointer p JOIN vde.snapshot s ON s.id = p.snapshot_id "
				"JOIN vde.version v ON v.id = s.version_id "
				"WHERE p.environment_id = $1 AND v.relation_name IS NOT NULL", "l", environment->id);
	return CatalogInt64(0, 1);
}

/*
 * LayerLocks
 *		See lifecycle.h.
 */
int64
LayerLocks(const Environment *environment)
{
	return environment->layer_complete ? 0 : NewViewLocks(count_views(environment));
}

/*
 * require_locks
 *		Error unless all views of an environment can be made, or dropped, in
 *		the transaction block at hand.
 */
static void
require_locks(const Environment *environment, bool drop)
{
	ViewObstacle *obstacle;
	int64		views = count_views(environment);

	obstacle = LockObstacle(drop ? DroppedViewLocks(views) : NewViewLocks(views),
							psprintf("%s environment \"%s\"", drop ? "dropping" : "creating", environment->name),
							true, NULL);
	if (obstacle != NULL)
		RaiseObstacle(obstacle);
}

/*
 * vde_create_environment(name, base, ttl, deployment)
 *		A named copy of another environment's pointers, with its own views.
 */
Datum
vde_create_environment(PG_FUNCTION_ARGS)
{
	VdeSession	session;
	EnvironmentLock lock = {0};
	char	   *name = TextArgument(fcinfo, 0);
	char	   *base_name = TextArgument(fcinfo, 1);
	Interval   *ttl = PG_ARGISNULL(2) ? NULL : PG_GETARG_INTERVAL_P(2);
	int64		deployment = PG_ARGISNULL(3) ? 0 : PG_GETARG_INT64(3);

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("an environment's name must not be null")));
	name = EnvironmentName(name);

	SessionBegin(&session, fcinfo);
	PG_TRY();
	{
		Environment *base = NULL;
		Environment *environment;

		LockActivity(&lock, &session, false);
		/* who drafts in an environment that is not there makes it, too */
		LockEnvironmentName(name, false);
		if (base_name != NULL && strcmp(base_name, name) != 0)
			base = FindEnvironment(EnvironmentName(base_name),
								   strcmp(base_name, PROD_ENVIRONMENT) == 0);
		if (base == NULL && deployment != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("there is no environment to take deployment " INT64_FORMAT " from", deployment)));
		environment = CreateEnvironment(name, base, ttl, deployment, session.caller);
		VDE_POINT("create: environment written");
		LockEnvironment(&lock, &session, environment);
		if (session.atomic)
			require_locks(environment, false);
		CompleteLayer(&session, environment);
		NotifyCreation(environment, base, session.caller);
		VDE_POINT("create: before commit");
		SessionCommit(&session);
		VDE_POINT("create: after commit");
		TellCreation(name, base);
	}
	PG_FINALLY();
	{
		ReleaseEnvironmentLocks(&lock);
	}
	PG_END_TRY();
	SessionEnd(&session);
	PG_RETURN_VOID();
}

/*
 * next_removals
 *		The next batch of views (ViewChange *) that go with an environment;
 *		*last is 0 before the first and after the last one.
 */
static List *
next_removals(const Environment *environment, int64 *last)
{
	int			batch = LayerBatch();
	List	   *ids = NIL;
	List	   *views = NIL;
	uint64		rows;
	uint64		row;
	ListCell   *cell;

	rows = CatalogRead("SELECT model_id FROM vde.pointer "
					   "WHERE environment_id = $1 AND snapshot_id IS NOT NULL AND model_id > $2 "
					   "ORDER BY model_id LIMIT $3", "lll",
					   environment->id, *last, (int64) batch);
	for (row = 0; row < rows; row++)
	{
		*last = CatalogInt64(row, 1);
		ids = lappend(ids, CopyId(*last));
	}
	foreach(cell, LoadModelStates(environment->id, ids))
	{
		ModelState *state = (ModelState *) lfirst(cell);

		if (KindHasRelation(state->definition->kind))
			views = lappend(views,
							MakeViewChange(environment->name, &state->name, NULL, NIL, NULL));
	}
	if (rows < batch)
		*last = 0;
	return views;
}

/*
 * DropObstacle
 *		See lifecycle.h.
 */
ViewObstacle *
DropObstacle(const Environment *environment)
{
	int64		last = 0;

	do
	{
		List	   *obstacles = CheckViewChanges(next_removals(environment, &last),
												 environment->owner);

		if (obstacles != NIL)
			return (ViewObstacle *) linitial(obstacles);
		CHECK_FOR_INTERRUPTS();
	} while (last != 0);
	return NULL;
}

/*
 * try_row
 *		Locks the rows that go, and change, with an environment, unless somebody
 *		else has a lock on one.
 */
static bool
try_row(const Environment *environment)
{
	uint64		rows;

	if (CatalogWrite("SELECT FROM vde.environment WHERE id = $1 FOR UPDATE SKIP LOCKED", "l", environment->id) == 0)
		return false;
	rows = CatalogRead("SELECT FROM vde.environment WHERE base_id = $1", "l", environment->id);
	return rows == 0 ||
		rows <= CatalogWrite("SELECT FROM vde.environment WHERE base_id = $1 ORDER BY id FOR NO KEY UPDATE SKIP LOCKED", "l",
							 environment->id);
}

/*
 * wait_for_row
 *		The same, whoever has to be waited for.
 */
static void
wait_for_row(const Environment *environment)
{
	MemoryContext context = CurrentMemoryContext;
	int			guc_level = NewGUCNestLevel();

	CheckDeadlocksSoon();
	PG_TRY();
	{
		CatalogWrite("SELECT FROM vde.environment WHERE id = $1 FOR UPDATE", "l", environment->id);
		CatalogWrite("SELECT FROM vde.environment WHERE base_id = $1 ORDER BY id FOR NO KEY UPDATE", "l", environment->id);
	}
	PG_CATCH();
	{
		RethrowDeadlock(context, psprintf("environment \"%s\" is being worked in", environment->name));
	}
	PG_END_TRY();
	AtEOXact_GUC(false, guc_level);
}

/*
 * hold
 *		Keeps others from drafting in an environment, or making another one from
 *		it, to the end of the transaction; false when somebody has begun to.
 */
static bool
hold(const Environment *environment, bool wait)
{
	int			tries = 0;

	if (wait)
		wait_for_row(environment);
	else
	{
		while (!try_row(environment))
		{
			if (!NextTry(&tries))
				return false;
		}
	}
	return true;
}

/*
 * drop_batch
 *		Drops the next views; last is where the one after it begins, 0 after
 *		the last one.
 */
static void
drop_batch(const Environment *environment, bool first, int64 *last)
{
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "vde layer",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);

	if (first)
	{
		CatalogWrite("UPDATE vde.environment SET layer_complete = false WHERE id = $1", "l", environment->id);
		VDE_POINT("drop: checked");
	}
	SwapViews(next_removals(environment, last), environment->id, environment->owner);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
	VDE_POINT("drop: batch dropped");
}

/*
 * drop_rest
 *		What is left of an environment without views.
 */
static void
drop_rest(const VdeSession *session, const Environment *environment, TimestampTz now)
{
	DropViewSchemas(environment->id);
	VDE_POINT("drop: schemas dropped");

	/*
	 * its history goes, so gc is told; what is locked is being refreshed, and
	 * as young as that
	 */
	CatalogWrite("UPDATE vde.version v SET released_at = $2 FROM ("
				 "  SELECT id FROM vde.version "
				 "  WHERE id IN (SELECT s.version_id FROM vde.pointer p JOIN vde.snapshot s ON s.id = p.snapshot_id "
				 "               WHERE p.environment_id = $1 "
				 "               UNION SELECT s.version_id FROM vde.deployment d "
				 "               JOIN vde.deployment_change c ON c.deployment_id = d.id "
				 "               JOIN vde.snapshot s ON s.id = c.old_snapshot_id "
				 "               WHERE d.environment_id = $1 AND d.deployed_at > $3) "
				 "  ORDER BY id FOR NO KEY UPDATE SKIP LOCKED) r "
				 "WHERE v.id = r.id", "lzz",
				 environment->id, now, now - (int64) VdeRetention * USECS_PER_SEC);
	NotifyDeployment(environment->name, 0, "drop", NULL, 0, session->caller);

	/* two that have promoted to each other may be dropped at the same time */
	CatalogWrite("SELECT FROM vde.merge_base WHERE source_id = $1 OR target_id = $1 "
				 "ORDER BY source_id, target_id, model_id, deployment_id FOR UPDATE", "l", environment->id);
	CatalogWrite("DELETE FROM vde.environment WHERE id = $1", "l", environment->id);
	VDE_POINT("drop: environment deleted");
}

/* How far the dropping of an environment has come */
typedef struct DropStep
{
	const VdeSession *session;
	const Environment *environment;
	TimestampTz began;
	bool		first;
	int64		last;			/* as drop_batch has it */
} DropStep;

/*
 * drop_step
 *		Drops the next views, and all the rest with the last ones.
 */
static void
drop_step(DropStep *step)
{
	drop_batch(step->environment, step->first, &step->last);
	if (step->last == 0)
		drop_rest(step->session, step->environment, step->began);
}

/*
 * try_step
 *		drop_step, if nobody reads the views, or works with a view or in a schema,
 *		for longer than a moment; else nothing was done, and the result is the
 *		error about him.
 */
static ErrorData *
try_step(DropStep *step)
{
	ErrorData  *volatile error = NULL;
	Subtransaction sub;
	int64		last = step->last;

	SubtransactionBegin(&sub);
	PG_TRY();
	{
		int			guc_level = NewGUCNestLevel();

		if (VdeLockTimeout == 0 || VdeLockTimeout > BUSY_LIMIT)
			ApplySetting("vde.lock_timeout", psprintf("%dms", BUSY_LIMIT));
		if (LockTimeout == 0 || LockTimeout > BUSY_LIMIT)
			LimitLockWait(BUSY_LIMIT);
		drop_step(step);
		AtEOXact_GUC(false, guc_level);
		SubtransactionEnd(&sub, true);
	}
	PG_CATCH();
	{
		error = SubtransactionFailed(&sub);
		if (error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
			ReThrowError(error);
		step->last = last;
	}
	PG_END_TRY();
	return error;
}

/*
 * DropEnvironment
 *		See lifecycle.h.  An environment that is half dropped has no complete
 *		layer: the next apply, or the next drop, goes on from there.
 *
 * Who drafts in it may come for our locks, so he is not waited for while we
 * have them, if we can give them back.
 */
bool
DropEnvironment(VdeSession *session, Environment *environment, bool wait, ErrorData **held)
{
	ViewObstacle *obstacle = DropObstacle(environment);
	DropStep	step = {session, environment, GetCurrentTimestamp(), true, 0};

	if (held != NULL)
		*held = NULL;
	/* before the first batch is gone */
	if (obstacle != NULL)
		RaiseObstacle(obstacle);
	if (session->atomic)
		require_locks(environment, true);
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		/* again after each commit */
		if (!hold(environment, wait))
			return false;
		if (step.first)
			VDE_POINT("drop: rows locked");
		if (held == NULL)
			drop_step(&step);
		else if ((*held = try_step(&step)) != NULL)
			return false;
		if (step.last == 0)
			return true;
		step.first = false;
		SessionCommit(session);
		VDE_POINT("drop: batch committed");
	}
}

/*
 * step_back
 *		Gives all locks back, and waits for who drafts in the environment, makes
 *		one from it, or drops one that was made from it; with nowait it is an error.
 *
 * One after the other, and none is held meanwhile.
 */
static void
step_back(VdeSession *session, EnvironmentLock *lock, const Environment *environment)
{
	List	   *ids = NIL;
	uint64		rows;
	uint64		row;
	ListCell   *cell;

	if (lock->nowait)
		RefuseToWait(psprintf("environment \"%s\" is being worked in", environment->name));
	SessionCommit(session);
	ReleaseEnvironmentLocks(lock);
	ereport(NOTICE,
			(errmsg("waiting: environment \"%s\" is being worked in", environment->name)));
	VDE_POINT("drop: stepped back");
	CatalogWrite("SELECT FROM vde.environment WHERE id = $1 FOR UPDATE", "l", environment->id);
	SessionCommit(session);
	rows = CatalogRead("SELECT id FROM vde.environment WHERE base_id = $1 ORDER BY id", "l", environment->id);
	for (row = 0; row < rows; row++)
		ids = lappend(ids, CopyId(CatalogInt64(row, 1)));
	foreach(cell, ids)
	{
		CatalogWrite("SELECT FROM vde.environment WHERE id = $1 FOR NO KEY UPDATE", "l", *(int64 *) lfirst(cell));
		SessionCommit(session);
	}
}

/*
 * vde_drop_environment(name, nowait)
 *		Drops an environment's views and its history; its tables stay for
 *		others, and for vde_gc().
 */
Datum
vde_drop_environment(PG_FUNCTION_ARGS)
{
	VdeSession	session;
	EnvironmentLock lock = {0};
	char	   *name = TextArgument(fcinfo, 0);

	lock.nowait = NowaitArgument(fcinfo, 1);
	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("an environment's name must not be null")));
	name = EnvironmentName(name);

	SessionBegin(&session, fcinfo);
	PG_TRY();
	{
		Environment *environment = NULL;
		uint64		drafts;

		do
		{
			if (environment != NULL)
				step_back(&session, &lock, environment);
			environment = FindEnvironment(name, false);
			CheckEnvironmentOwner(environment, session.caller);
			if (EnvironmentIsProtected(name))
				ereport(ERROR,
						(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						 errmsg("environment \"%s\" is protected", name),
						 errdetail("It is listed in the setting vde.protected."),
						 errhint("Have a superuser take it out of the setting first.")));
			LockActivity(&lock, &session, false);
			LockEnvironment(&lock, &session, environment);
			environment = FindEnvironment(name, false);
			drafts = CatalogRead("SELECT FROM vde.draft WHERE environment_id = $1", "l", environment->id);
		} while (!DropEnvironment(&session, environment, session.atomic && !lock.nowait, NULL));
		VDE_POINT("drop: before commit");
		SessionCommit(&session);
		VDE_POINT("drop: after commit");
		ereport(NOTICE,
				(errmsg("dropped environment \"%s\"%s", name, drafts == 0 ? "" :
						psprintf(drafts == 1 ? ", and " UINT64_FORMAT " draft in it" : ", and " UINT64_FORMAT " drafts in it", drafts))));
	}
	PG_FINALLY();
	{
		ReleaseEnvironmentLocks(&lock);
	}
	PG_END_TRY();
	SessionEnd(&session);
	PG_RETURN_VOID();
}
