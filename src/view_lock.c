/*-------------------------------------------------------------------------
 *
 * view_lock.c
 *	  Exclusive locks on many views at once, without a stall for readers.
 *
 * A waiting request for AccessExclusiveLock makes every later reader queue
 * behind it, and a reader that holds one view and asks for the next deadlocks
 * with a swap that holds the second and waits for the first.  So
 *
 * - views are locked in the order of their OIDs, always;
 *
 * - first all of them without waiting, a few times: on a quiet system that is
 *	 all there is to it;
 *
 * - then with waits of at most a slice per view and a bounded sum; when that
 *	 fails, everything is released, readers get their turn, and after a pause
 *	 of random length it is tried again.  A deadlock with a reader that touches
 *	 several views in a transaction is looked for soon, and we give way: waiting
 *	 on would gain nothing.  Slices grow slowly, but the sum stays below
 *	 deadlock_timeout, so that no reader is ever cancelled because of us.
 *
 * A caller that has prepared something under a weaker lock must not make others
 * wait for it who in turn keep us from the views: LockViews notices them.
 *
 * Invariant: after an error no lock taken here is left: each try is a
 * subtransaction, whose end releases them or hands them to the transaction.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_class.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "compat.h"
#include "fault.h"
#include "guc.h"
#include "lock_holder.h"
#include "view_lock.h"

/* tries that do not wait at all */
#define PROMPT_TRIES		3

/* how long one view is waited for, in milliseconds */
#define FIRST_SLICE			100
#define LAST_SLICE			400
#define TRIES_PER_SLICE		10

/* after which a deadlock is looked for, instead of deadlock_timeout */
#define DEADLOCK_CHECK		"20ms"

/*
 * try_lock
 *		One try to lock all views; tells whether it succeeded, and if not, at
 *		which view it failed.
 *
 * slice is the longest wait for one view, total that for all of them together
 * (milliseconds); slice 0 does not wait.  Cancellation and all errors but
 * "could not get the lock" go on to the caller.
 */
static bool
try_lock(List *relids, int slice, int total, Oid *failed)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	TimestampTz start = GetCurrentTimestamp();
	volatile bool locked = true;
	volatile Oid current = InvalidOid;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		int			guc_level = NewGUCNestLevel();
		int			in_force = 0;
		ListCell   *lc;

		foreach(lc, relids)
		{
			int			limit;
			char		value[16];

			CHECK_FOR_INTERRUPTS();
			VDE_POINT("lock: before a view");
			current = lfirst_oid(lc);
			if (ConditionalLockRelationOid(current, AccessExclusiveLock))
				continue;

			limit = total - (int) TimestampDifferenceMilliseconds(start, GetCurrentTimestamp());
			limit = Min(limit, slice);
			if (limit <= 0)
			{
				locked = false;
				break;
			}
			if (in_force == 0)
				(void) set_config_option("deadlock_timeout", DEADLOCK_CHECK,
										 PGC_SUSET, PGC_S_SESSION,
										 GUC_ACTION_SAVE, true, 0, false);
			if (limit != in_force)
			{
				snprintf(value, sizeof(value), "%d", limit);
				(void) set_config_option("lock_timeout", value,
										 PGC_USERSET, PGC_S_SESSION,
										 GUC_ACTION_SAVE, true, 0, false);
				in_force = limit;
			}
			LockRelationOid(current, AccessExclusiveLock);
		}

		AtEOXact_GUC(false, guc_level);
		if (locked)
			ReleaseCurrentSubTransaction();
		else
			RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;

		if (error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE &&
			error->sqlerrcode != ERRCODE_T_R_DEADLOCK_DETECTED)
			ReThrowError(error);
		FreeErrorData(error);
		locked = false;
	}
	PG_END_TRY();

	*failed = current;
	return locked;
}

/*
 * pause_randomly
 *		Lets others have their turn for a random time around the given number
 *		of milliseconds.
 */
static void
pause_randomly(int milliseconds)
{
	long		duration;

	duration = (long) pg_prng_uint64_range(&pg_global_prng_state,
										   milliseconds / 2, milliseconds * 3 / 2);
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					 duration, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

/*
 * lock_error
 *		Says which view could not be locked, and who holds it.  For a refresh
 *		it is a table.
 */
static void
lock_error(Oid relid)
{
	char	   *name = get_rel_name(relid);
	char	   *schema = get_namespace_name(get_rel_namespace(relid));
	char	   *who = RelationLockHolders(relid);

	ereport(ERROR,
			(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
			 name && schema ?
			 errmsg("could not lock %s \"%s.%s\" within %d ms",
					get_rel_relkind(relid) == RELKIND_VIEW ? "view" : "table", schema, name, VdeLockTimeout) :
			 errmsg("could not lock views within %d ms", VdeLockTimeout),
			 who ? errdetail_internal("%s", who) : 0,
			 errhint("Try again when it is done, end it with pg_terminate_backend(), or raise vde.lock_timeout.")));
}

/*
 * compare_oid
 *		list_sort comparator.
 */
static int
compare_oid(const ListCell *a, const ListCell *b)
{
	Oid			first = lfirst_oid(a);
	Oid			second = lfirst_oid(b);

	return first < second ? -1 : (first > second ? 1 : 0);
}

/*
 * waited_for
 *		Does anybody wait for one of these relations, on which we have
 *		ShareUpdateExclusiveLock?  Readers never do.
 */
static bool
waited_for(List *held)
{
	ListCell   *lc;

	foreach(lc, held)
	{
		LOCKTAG		tag;

		SET_LOCKTAG_RELATION(tag, MyDatabaseId, lfirst_oid(lc));
		if (LockHasWaiters(&tag, ShareUpdateExclusiveLock, false))
			return true;
	}
	return false;
}

/*
 * LockViews
 *		Locks all of them, or fails after vde.lock_timeout.  See view_lock.h.
 */
bool
LockViews(List *relids, List *held)
{
	TimestampTz start = GetCurrentTimestamp();
	Oid			failed = InvalidOid;
	int			tries;

	if (relids == NIL)
		return true;
	relids = list_copy(relids);
	list_sort(relids, compare_oid);

	for (tries = 0;; tries++)
	{
		int			slice = 0;
		int			total = 0;
		long		elapsed = TimestampDifferenceMilliseconds(start, GetCurrentTimestamp());

		if (tries >= PROMPT_TRIES)
		{
			slice = Min(FIRST_SLICE * (1 + (tries - PROMPT_TRIES) / TRIES_PER_SLICE),
						LAST_SLICE);
			total = Min(slice * 8, Max(DeadlockTimeout * 4 / 5, 1));
			if (VdeLockTimeout > 0)
				total = Max(Min(total, VdeLockTimeout - elapsed), 1);
		}
		if (try_lock(relids, slice, total, &failed))
			break;
		if (waited_for(held))
		{
			list_free(relids);
			return false;
		}

		elapsed = TimestampDifferenceMilliseconds(start, GetCurrentTimestamp());
		if (VdeLockTimeout > 0 && elapsed >= VdeLockTimeout)
			lock_error(failed);
		pause_randomly(tries < PROMPT_TRIES ? 10 : 20);
	}
	list_free(relids);
	return true;
}
