/*-------------------------------------------------------------------------
 *
 * virtual_layer.c
 *	  The views that users query, one per model and environment, and the
 *	  schemas they stand in.
 *
 * Invariants
 *
 * - Nothing is dropped with CASCADE.  A relation is touched only if it is a
 *	 view of ours (ViewTarget in view_shape.c), a schema only if
 *	 vde.virtual_schema says that vde made it, or, for prod, the model's owner
 *	 may create in it.
 *
 * - What is in the way is found by view_check.c, once more under the locks.
 *	 What is done to a view then is in view_change.c.
 *
 * - All changes of a call are made in one transaction.
 *
 * - When it commits, it holds AccessExclusiveLock on every view that readers
 *	 will find changed.  What can be written without that lock is written before
 *	 it is taken, so that readers wait for little more than the commit.
 *
 * - What another transaction keeps us from is waited for before that.  If it comes
 *	 after all, all is given back and tried again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "commands/event_trigger.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "storage/sinval.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "catalog.h"
#include "compat.h"
#include "dependents.h"
#include "environment.h"
#include "fault.h"
#include "guc.h"
#include "lock_wait.h"
#include "physical.h"
#include "subtransaction.h"
#include "view_change.h"
#include "view_check.h"
#include "view_grants.h"
#include "view_lock.h"
#include "view_writers.h"
#include "virtual_layer.h"
#include "withheld.h"

/*
 * How long a change of a view waits for anybody, in milliseconds, and how long
 * before all of it is tried again, about
 */
#define CHANGE_WAIT		100
#define CHANGE_PAUSE	400

/* One call of SwapViews */
typedef struct Swap
{
	List	   *changes;
	int64		environment_id;
	Oid			environment_owner;
	ViewGrants *grants;
	List	   *withheld;		/* Withheld * */
	LayerCheck *check;			/* of the last look */
	ViewState  *states;			/* one for each change */
	bool	   *done;			/* one for each: carried out before the locks */
	int			count;
	TimestampTz start;
	int			at;				/* the change that is being carried out */
	bool		limited;		/* waits now for no longer than CHANGE_WAIT */
	bool		was_busy;		/* that was too short */
} Swap;

/* What became of a try */
typedef enum SwapResult
{
	SWAP_DONE,
	SWAP_IN_THE_WAY,			/* somebody waits for what we did before the
								 * locks, who may be whom we wait for */
	SWAP_BUSY					/* somebody kept us from a change */
} SwapResult;

/*
 * ViewSchema
 *		Where the view of a model stands in an environment.
 */
char *
ViewSchema(const ModelName *model, const char *environment)
{
	char	   *schema;

	if (strcmp(environment, PROD_ENVIRONMENT) == 0)
		return pstrdup(model->schema);

	schema = psprintf("%s__%s", model->schema, environment);
	if (strlen(schema) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("schema name \"%s\" is too long", schema),
				 errdetail("Views of schema \"%s\" in environment \"%s\" stand in that schema, and a name has at most %d bytes.",
						   model->schema, environment, NAMEDATALEN - 1),
				 errhint("Use a shorter environment name.")));
	return schema;
}

/*
 * RaiseObstacle
 *		What stands in the way, as an error.
 */
void
RaiseObstacle(const ViewObstacle *obstacle)
{
	ereport(ERROR,
			(errcode(obstacle->sqlstate),
			 errmsg_internal("%s", obstacle->message),
			 obstacle->detail ? errdetail_internal("%s", obstacle->detail) : 0,
			 obstacle->hint ? errhint("%s", obstacle->hint) : 0));
}

/*
 * needs_lock
 *		Will readers of the view notice?  Comments alone they do not.
 */
static bool
needs_lock(const ViewState *state)
{
	if (!OidIsValid(state->viewid))
		return false;
	return state->change->relation_name == NULL || !state->unchanged ||
		!state->keeps_owner;
}

/*
 * create_schemas
 *		Makes the schemas that are missing, and records them.
 */
static void
create_schemas(LayerCheck *check, ViewState *states, int count,
			   int64 environment_id, const ViewGrants *grants)
{
	int			i;

	for (i = 0; i < count; i++)
	{
		LayerSchema *schema;

		if (states[i].change->relation_name == NULL)
			continue;
		schema = FindLayerSchema(check, states[i].change->schema);
		if (OidIsValid(schema->oid))
			continue;

		schema->oid = NamespaceCreate(schema->name, check->environment_owner, false);
		(void) CatalogWrite("INSERT INTO vde.virtual_schema (schema_name, environment_id) "
							"VALUES ($1, $2) "
							"ON CONFLICT (schema_name) DO UPDATE SET environment_id = EXCLUDED.environment_id",
							"nl", schema->name, environment_id);
		CommandCounterIncrement();
		CopySchemaUsage(grants, &states[i].change->model, schema->oid);
	}
}

/*
 * needs_no_lock
 *		Can the change be carried out while the view is read?  A view that
 *		nobody knows yet, another query for the same columns, comments.
 */
static bool
needs_no_lock(const ViewState *state)
{
	if (state->change->relation_name == NULL)
		return false;
	if (!OidIsValid(state->viewid))
		return true;
	return state->keeps_owner && state->shape == SHAPE_EQUAL;
}

/*
 * grant_tables
 *		Lets the views' owners read the tables behind them.  Somebody who grants
 *		in an open transaction is waited for here, with no view locked.
 */
static void
grant_tables(const Swap *swap)
{
	MemoryContext context = MemoryContextSwitchTo(swap->check->scratch);
	int			i;

	for (i = 0; i < swap->count; i++)
	{
		const ViewState *state = &swap->states[i];
		const ViewChange *change = state->change;

		CHECK_FOR_INTERRUPTS();
		if (change->relation_name != NULL && OidIsValid(state->physical) &&
			!IsInWithheld(swap->withheld, change->relation_name, change->owner))
			GrantPhysical(state->physical, change->owner);
		MemoryContextReset(swap->check->scratch);
	}
	MemoryContextSwitchTo(context);
}

/*
 * carry_out_rest
 *		Carries out what is not done yet; with early, only what needs no lock
 *		on the view, or has none that conflicts with ours.
 *
 * Returns the views that are locked with ShareUpdateExclusiveLock, which
 * readers do not notice.  Who changes a view at this moment is not waited for:
 * that is for LockViews.  messages: SharedInvalidMessageCounter when all
 * states were found.
 */
static List *
carry_out_rest(Swap *swap, bool early, uint64 messages)
{
	List	   *held = NIL;
	MemoryContext context = CurrentMemoryContext;
	int			i;

	create_schemas(swap->check, swap->states, swap->count, swap->environment_id, swap->grants);
	VDE_POINT("swap: schemas made");
	for (i = 0; i < swap->count; i++)
	{
		ViewState  *state = &swap->states[i];

		CHECK_FOR_INTERRUPTS();
		swap->at = i;
		if (swap->done[i] || (early && !needs_no_lock(state)))
			continue;
		if (early && OidIsValid(state->viewid))
		{
			if (!ConditionalLockRelationOid(state->viewid, ShareUpdateExclusiveLock))
				continue;
			held = lappend_oid(held, state->viewid);
			/* changed since we looked? */
			if (messages != SharedInvalidMessageCounter)
			{
				ExamineView(swap->check, state->change, state);
				if (swap->check->obstacles != NIL)
					RaiseObstacle((ViewObstacle *) linitial(swap->check->obstacles));
				if (!OidIsValid(state->viewid) || !needs_no_lock(state) ||
					state->viewid != llast_oid(held))
					continue;
			}
		}
		MemoryContextSwitchTo(swap->check->scratch);
		CarryOutViewChange(state, swap->grants, i, swap->environment_owner);
		MemoryContextSwitchTo(context);
		MemoryContextReset(swap->check->scratch);
		swap->done[i] = true;
		VDE_POINT("swap: view done");
	}
	return held;
}

/*
 * carry_out_within
 *		The same; an error of try_swap's when somebody keeps us from it.  For whom
 *		that is we can hardly wait here: readers may wait for us.
 */
static List *
carry_out_within(Swap *swap, bool early, uint64 messages)
{
	int			guc_level = NewGUCNestLevel();
	int			wait = Min(CHANGE_WAIT, Max(DeadlockTimeout / 5 * 4, 1));
	List	   *held;

	/* a shorter one is the user's */
	swap->limited = (LockTimeout == 0 || LockTimeout > wait);
	if (swap->limited)
		LimitLockWait(wait);
	held = carry_out_rest(swap, early, messages);
	swap->limited = false;
	AtEOXact_GUC(false, guc_level);
	return held;
}

/*
 * views_to_write
 *		Whose rows in the catalogs will be written under the locks, and when that
 *		has failed, under the weaker ones.
 */
static List *
views_to_write(const Swap *swap)
{
	List	   *views = NIL;
	int			i;

	for (i = 0; i < swap->count; i++)
	{
		const ViewState *state = &swap->states[i];

		if (OidIsValid(state->viewid) && (swap->was_busy || !needs_no_lock(state)))
			views = lappend_oid(views, state->viewid);
	}
	return views;
}

/*
 * is_still_done
 *		Is a change that was carried out early still what it was?  The lock on
 *		the view keeps everything but its schema's name.
 */
static bool
is_still_done(LayerCheck *check, const ViewState *state)
{
	LayerSchema *schema = FindLayerSchema(check, state->change->schema);

	return !OidIsValid(state->viewid) ||
		get_relname_relid(state->change->model.name, schema->oid) == state->viewid;
}

/*
 * lock_and_examine
 *		Locks the views that change, and finds out under the locks what is to
 *		be done; raises what is in the way.
 *
 * With early, what can be done without these locks is done before they are
 * taken; the result is false when somebody else waits for that.
 *
 * A view that appears or changes while we wait for locks is locked in another
 * round.  Any change of a catalog sends a message to every backend, and taking
 * a lock reads them: without one since we began to look, there is no need to
 * look again (RangeVarGetRelidExtended rests on the same).
 */
static bool
lock_and_examine(Swap *swap, bool early)
{
	List	   *locked = NIL;
	List	   *held = NIL;
	bool		first = true;

	for (;; first = false)
	{
		List	   *missing = NIL;
		uint64		messages;
		int			i = 0;
		ListCell   *lc;

		swap->check = BeginLayerCheck(swap->environment_owner);
		AcceptInvalidationMessages();
		messages = SharedInvalidMessageCounter;
		foreach(lc, swap->changes)
		{
			ViewState  *state = &swap->states[i];

			CHECK_FOR_INTERRUPTS();
			if (first)
				swap->done[i] = false;
			if (!swap->done[i] || !is_still_done(swap->check, state))
			{
				ExamineView(swap->check, (ViewChange *) lfirst(lc), state);
				swap->done[i] = false;
				if (needs_lock(state))
					missing = lappend_oid(missing, state->viewid);
			}
			i++;
		}
		/* obstacles found without all locks stay obstacles: do not wait */
		if (swap->check->obstacles != NIL)
			RaiseObstacle((ViewObstacle *) linitial(swap->check->obstacles));

		if (first)
		{
			grant_tables(swap);
			WaitForViewWriters(views_to_write(swap), swap->start);
		}
		if (first && early)
		{
			held = carry_out_within(swap, true, messages);
			VDE_POINT("swap: done what needs no lock");
		}

		list_sort(missing, list_oid_cmp);
		if (locked != NIL)
		{
			List	   *rest = NIL;
			ListCell   *old = list_head(locked);

			/* both lists are sorted */
			foreach(lc, missing)
			{
				while (old != NULL && lfirst_oid(old) < lfirst_oid(lc))
					old = lnext(locked, old);
				if (old == NULL || lfirst_oid(old) != lfirst_oid(lc))
					rest = lappend_oid(rest, lfirst_oid(lc));
			}
			missing = rest;
		}
		if (missing != NIL && !LockViews(missing, held))
			return false;

		/* no catalog changed since we began to look: it is as we have seen it */
		if (messages == SharedInvalidMessageCounter ||
			(missing == NIL && !(first && early)))
			return true;
		MemoryContextDelete(swap->check->scratch);
		locked = list_concat(locked, missing);
		list_sort(locked, list_oid_cmp);
	}
}

/*
 * swap_views
 *		All of the swap.  With early false nothing is done before the locks.
 */
static bool
swap_views(Swap *swap, bool early)
{
	swap->grants = BeginViewGrants(swap->changes, swap->environment_id, swap->environment_owner);
	swap->withheld = LoadWithheld();
	if (!lock_and_examine(swap, early))
		return false;
	VDE_POINT("swap: views locked");
	(void) carry_out_within(swap, false, 0);
	return true;
}

/*
 * try_swap
 *		The swap, in a subtransaction.  Unless it is done, nothing is, and nothing
 *		is locked.
 */
static SwapResult
try_swap(Swap *swap, bool early)
{
	Subtransaction sub;
	volatile SwapResult result = SWAP_IN_THE_WAY;

	swap->limited = false;
	SubtransactionBegin(&sub);
	PG_TRY();
	{
		if (swap_views(swap, early))
			result = SWAP_DONE;
		SubtransactionEnd(&sub, result == SWAP_DONE);
	}
	PG_CATCH();
	{
		ErrorData  *error = SubtransactionFailed(&sub);

		if (!swap->limited || error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
			ReThrowError(error);
		FreeErrorData(error);
		result = SWAP_BUSY;
	}
	PG_END_TRY();
	if (result == SWAP_BUSY)
		CheckLostTimeout();
	return result;
}

/*
 * swap_until_done
 *		Tries it until vde.lock_timeout is over.
 */
static void
swap_until_done(Swap *swap)
{
	SwapResult	result;
	bool		early = true;

	while ((result = try_swap(swap, early)) != SWAP_DONE)
	{
		const ViewChange *change = swap->states[swap->at].change;

		if (result == SWAP_IN_THE_WAY)
		{
			early = false;
			continue;
		}
		swap->was_busy = true;
		if (VdeLockTimeout > 0 &&
			TimestampDifferenceMilliseconds(swap->start, GetCurrentTimestamp()) >= VdeLockTimeout)
			ereport(ERROR,
					(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
					 errmsg("could not change view \"%s.%s\" within %d ms",
							change->schema, change->model.name, VdeLockTimeout),
					 errdetail("A transaction that is still open has changed it, or makes one of its name."),
					 errhint("Try again when it is done, or raise vde.lock_timeout.")));
		Pause(CHANGE_PAUSE / 2, CHANGE_PAUSE * 3 / 2);
	}
}

/*
 * SwapViews
 *		Carries out all changes in the current transaction.
 *
 * ERRCODE_LOCK_NOT_AVAILABLE when the views could not be locked within
 * vde.lock_timeout; any obstacle that CheckViewChanges would report, with its
 * own code.
 */
void
SwapViews(List *changes, int64 environment_id, Oid environment_owner)
{
	MemoryContext old_context = CurrentMemoryContext;
	MemoryContext context;
	Swap		swap = {0};

	if (changes == NIL)
		return;
	context = AllocSetContextCreate(CurrentMemoryContext, "vde swap",
									ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	swap.changes = changes;
	swap.environment_id = environment_id;
	swap.environment_owner = environment_owner;
	swap.count = list_length(changes);
	swap.start = GetCurrentTimestamp();
	swap.states = palloc0(sizeof(ViewState) * swap.count);
	swap.done = palloc0(sizeof(bool) * swap.count);

	/*
	 * Views are made and changed below the level of commands.  An event
	 * trigger that collects commands of the statement around us must not
	 * expect one here.
	 */
	EventTriggerInhibitCommandCollection();
	PG_TRY();
	{
		swap_until_done(&swap);
	}
	PG_FINALLY();
	{
		EventTriggerUndoInhibitCommandCollection();
	}
	PG_END_TRY();

	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/*
 * DropViewSchemas
 *		Drops the schemas that vde made for an environment, and forgets them.
 *
 * One with something in it stays, is named in a NOTICE, and is the user's
 * from then on.
 */
void
DropViewSchemas(int64 environment_id)
{
	List	   *names = NIL;
	uint64		rows;
	uint64		row;
	ListCell   *lc;

	rows = CatalogWrite("DELETE FROM vde.virtual_schema WHERE environment_id = $1 "
						"RETURNING schema_name", "l", environment_id);
	for (row = 0; row < rows; row++)
		names = lappend(names, CatalogText(row, 1));

	foreach(lc, names)
	{
		char	   *name = (char *) lfirst(lc);
		ObjectAddress address;
		char	   *contents;
		Oid			schemaid = get_namespace_oid(name, true);

		CHECK_FOR_INTERRUPTS();
		if (!OidIsValid(schemaid))
			continue;
		/* nothing can be put into it from here on */
		LockDatabaseObject(NamespaceRelationId, schemaid, 0, AccessExclusiveLock);
		if (get_namespace_oid(name, true) != schemaid)
			continue;

		contents = SchemaContents(schemaid);
		if (contents != NULL)
		{
			ereport(NOTICE,
					(errmsg("schema \"%s\" is kept, because it is not empty", name),
					 errdetail_internal("%s", contents)));
			continue;
		}
		ObjectAddressSet(address, NamespaceRelationId, schemaid);
		performDeletion(&address, DROP_RESTRICT, 0);
		CommandCounterIncrement();
		VDE_POINT("schemas: one dropped");
	}
}
