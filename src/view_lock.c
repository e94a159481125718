/*-------------------------------------------------------------------------
 *
 * view_lock.c
 *	  Exclusive locks on many views at once, without a stall for readers.
 *
 * A waiting request for AccessExclusiveLock makes every later reader queue
 * behind it, and a reader that holds one view and asks for the next deadlocks
 * with a swap that holds the second and waits for the first.  So
 *
 * - first all views are asked for without waiting, in the order of their OIDs,
 *	 a few times: on a quiet system that is all there is to it;
 *
 * - then, for a slice of time, what is free is taken at once and kept, and the
 *	 rest is waited for.  Readers who come now stop at what we have, so those
 *	 that we wait for were there before, and become fewer.  One who keeps us from
 *	 a view and waits for another that we have gets the latter: he goes on, and
 *	 we ask for it again later.  So there is no deadlock, and nobody waits longer
 *	 than the slice because of us;
 *
 * - when the slice is over, everything is released.  Whoever kept us from the
 *	 rest all that time is a long reader: his transaction's end is waited for,
 *	 which no other reader notices, before the next slice begins.  Slices grow
 *	 slowly, for a load of many readers that are longer than a slice, and stay
 *	 below deadlock_timeout, so that readers do not even look for a deadlock.
 *
 * Locks that the transaction had before are not given back: who keeps us from a
 * view and waits for one of these would wait for ever.  Then it is our caller
 * who gives way, never the reader: with an error, or, if it has prepared
 * something under a weaker lock, by taking that back (see view_lock.h).
 *
 * Invariant: when LockViews returns, it has all the locks or none of them; an
 * error leaves them to the end of the caller's (sub)transaction.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "lib/qunique.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "fault.h"
#include "guc.h"
#include "lock_holder.h"
#include "lock_wait.h"
#include "view_lock.h"

/* tries that do not wait at all */
#define PROMPT_TRIES		3

/* how long views are waited for in one try, in milliseconds: so long at first ... */
#define FIRST_SLICE			100
/* ... for so many tries, then so much more with each, up to the last */
#define FIRST_SLICES		8
#define SLICE_GROWTH		25
#define LAST_SLICE			400

/* how long readers have their turn between two tries, about, in milliseconds */
#define PAUSE				10

/* how long we wait for one view before we look around, in milliseconds */
#define VIEW_WAIT			8

/* how long for a long reader, with no view locked */
#define READER_WAIT			200

/* a relation to be locked, and whether we have it; arrays are in the order of relid */
typedef struct WantedLock
{
	Oid			relid;
	bool		taken;
} WantedLock;

typedef struct WantedLocks
{
	WantedLock *locks;
	int			count;
	int			missing;		/* how many are not taken */
} WantedLocks;

/* what became of a try */
typedef enum TryResult
{
	TRY_LOCKED,
	TRY_BUSY,					/* not within the slice */
	TRY_HOPELESS				/* who keeps us from a view waits for what we
								 * had before */
} TryResult;

/*
 * compare_wanted
 *		qsort and bsearch comparator.
 */
static int
compare_wanted(const void *a, const void *b)
{
	Oid			first = ((const WantedLock *) a)->relid;
	Oid			second = ((const WantedLock *) b)->relid;

	return first < second ? -1 : (first > second ? 1 : 0);
}

/*
 * find_wanted
 *		The lock among those that we want, or NULL.
 */
static WantedLock *
find_wanted(const WantedLocks *wanted, const LOCKTAG *tag)
{
	WantedLock	key = {0};

	if (tag->locktag_type != LOCKTAG_RELATION || tag->locktag_field1 != MyDatabaseId)
		return NULL;
	key.relid = tag->locktag_field2;
	return bsearch(&key, wanted->locks, wanted->count, sizeof(WantedLock), compare_wanted);
}

/*
 * give_back
 *		Releases one lock.
 */
static void
give_back(WantedLocks *wanted, WantedLock *lock)
{
	LOCKTAG		tag;

	SET_LOCKTAG_RELATION(tag, MyDatabaseId, lock->relid);
	if (!LockRelease(&tag, AccessExclusiveLock, false))
		elog(ERROR, "lock on relation %u could not be given back", lock->relid);
	lock->taken = false;
	wanted->missing++;
}

/*
 * note_taken
 *		We have one more.
 */
static void
note_taken(WantedLocks *wanted, WantedLock *lock)
{
	lock->taken = true;
	wanted->missing--;
}

/*
 * take_free
 *		Takes what is missing and free; unless all, only up to the first that
 *		is not.  Returns that one, or NULL when we have everything.
 */
static WantedLock *
take_free(WantedLocks *wanted, bool all)
{
	WantedLock *first = NULL;
	int			i;

	for (i = 0; i < wanted->count; i++)
	{
		WantedLock *lock = &wanted->locks[i];

		if (lock->taken)
			continue;
		CHECK_FOR_INTERRUPTS();
		VDE_POINT("lock: before a view");
		if (ConditionalLockRelationOid(lock->relid, AccessExclusiveLock))
			note_taken(wanted, lock);
		else if (first == NULL)
		{
			first = lock;
			if (!all)
				break;
		}
	}
	return first;
}

/*
 * lock_view, transaction_end
 *		For WaitWithin.
 */
static void
lock_view(const void *relid)
{
	LockRelationOid(*(const Oid *) relid, AccessExclusiveLock);
}

static void
transaction_end(const void *transaction)
{
	(void) VirtualXactLock(*(const VirtualTransactionId *) transaction, true);
}

/*
 * conflicts
 *		Does one of the modes in the mask conflict with the other mode?
 */
static bool
conflicts(LOCKMASK held, LOCKMODE wanted)
{
	LOCKMODE	mode;

	for (mode = 1; mode <= MaxLockMode; mode++)
	{
		if ((held & LOCKBIT_ON(mode)) != 0 && DoLockModesConflict(mode, wanted))
			return true;
	}
	return false;
}

/*
 * is_ahead
 *		Does the first, by what it holds or by having come earlier, keep the
 *		second from the lock that both are about?
 */
static bool
is_ahead(const LockInstanceData *first, const LockInstanceData *second)
{
	return conflicts(first->holdMask, second->waitLockMode) ||
		(first->waitLockMode != NoLock && first->waitStart < second->waitStart &&
		 DoLockModesConflict(first->waitLockMode, second->waitLockMode));
}

/*
 * let_pass
 *		Gives back what is waited for by those who keep us from the rest, at
 *		once or through others.  False when one of them waits for a lock that
 *		we had before: that will never end.
 *
 * Everybody else who waits goes on waiting, and so keeps off what we want.
 * A process stands for itself and its parallel workers.
 */
static bool
let_pass(WantedLocks *wanted)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "vde lock status",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	LockData   *status = GetLockStatusData();
	List	   *waiting = NIL;	/* LockInstanceData, of all others */
	List	   *blockers = NIL; /* pids; grows while we go through it */
	bool		possible = true;
	int			at;
	int			i;

	for (i = 0; i < status->nelements; i++)
	{
		LockInstanceData *lock = &status->locks[i];
		WantedLock *want;

		if (lock->leaderPid == MyProcPid)
			continue;
		if (lock->waitLockMode != NoLock)
			waiting = lappend(waiting, lock);
		want = lock->holdMask != 0 ? find_wanted(wanted, &lock->locktag) : NULL;
		if (want != NULL && !want->taken)
			blockers = list_append_unique_int(blockers, lock->leaderPid);
	}

	for (at = 0; at < list_length(blockers); at++)
	{
		ListCell   *lc;

		foreach(lc, waiting)
		{
			LockInstanceData *waiter = lfirst(lc);

			if (waiter->leaderPid != list_nth_int(blockers, at))
				continue;
			CHECK_FOR_INTERRUPTS();
			for (i = 0; i < status->nelements; i++)
			{
				LockInstanceData *lock = &status->locks[i];
				WantedLock *want;

				if (memcmp(&lock->locktag, &waiter->locktag, sizeof(LOCKTAG)) != 0 ||
					lock->leaderPid == waiter->leaderPid || !is_ahead(lock, waiter))
					continue;
				if (lock->leaderPid != MyProcPid)
				{
					blockers = list_append_unique_int(blockers, lock->leaderPid);
					continue;
				}

				/*
				 * AccessExclusiveLock on what we want is from this try, all
				 * else is from before
				 */
				want = find_wanted(wanted, &lock->locktag);
				if (want != NULL && want->taken)
					give_back(wanted, want);
				if (want == NULL ||
					conflicts(lock->holdMask & ~LOCKBIT_ON(AccessExclusiveLock), waiter->waitLockMode))
					possible = false;
			}
		}
	}

	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
	return possible;
}

/*
 * find_readers
 *		The transactions that keep us from what is missing, as an array that ends
 *		with an invalid one.
 */
static VirtualTransactionId *
find_readers(const WantedLocks *wanted)
{
	VirtualTransactionId *readers = palloc(sizeof(VirtualTransactionId));
	int			count = 0;
	int			i;

	for (i = 0; i < wanted->count; i++)
	{
		VirtualTransactionId *found;
		LOCKTAG		tag;
		int			found_count;

		if (wanted->locks[i].taken)
			continue;
		SET_LOCKTAG_RELATION(tag, MyDatabaseId, wanted->locks[i].relid);
		found = GetLockConflicts(&tag, AccessExclusiveLock, &found_count);
		readers = repalloc(readers, sizeof(VirtualTransactionId) * (count + found_count + 1));
		memcpy(readers + count, found, sizeof(VirtualTransactionId) * found_count);
		count += found_count;
	}
	SetInvalidVirtualTransactionId(readers[count]);
	return readers;
}

/*
 * try_lock
 *		One try to lock everything, within a slice of so many milliseconds; 0
 *		does not wait.
 *
 * Unless it succeeds, we have none of the locks afterwards.  failed is then one
 * that we did not get, and readers who kept us from those that were missing
 * when the slice was over (palloc'd, see find_readers).
 */
static TryResult
try_lock(WantedLocks *wanted, int slice, Oid *failed, VirtualTransactionId **readers)
{
	TimestampTz start = GetCurrentTimestamp();
	TryResult	result = TRY_BUSY;
	int			i;

	for (;;)
	{
		WantedLock *busy = take_free(wanted, slice > 0);
		long		left;

		if (busy == NULL)
			return TRY_LOCKED;
		*failed = busy->relid;
		left = slice - TimestampDifferenceMilliseconds(start, GetCurrentTimestamp());
		if (left <= 0)
			break;
		if (!let_pass(wanted))
		{
			result = TRY_HOPELESS;
			break;
		}
		if (WaitWithin(lock_view, &busy->relid, Min(left, VIEW_WAIT)) == WAIT_DONE)
			note_taken(wanted, busy);
	}

	if (slice > 0)
		*readers = find_readers(wanted);
	for (i = 0; i < wanted->count; i++)
	{
		if (wanted->locks[i].taken)
			give_back(wanted, &wanted->locks[i]);
	}
	return result;
}

/*
 * describe_relation
 *		For a message: a view, or, for a refresh, a table.
 */
static char *
describe_relation(Oid relid)
{
	char	   *name = get_rel_name(relid);
	char	   *schema = get_namespace_name(get_rel_namespace(relid));

	if (name == NULL || schema == NULL)
		return "views";
	return psprintf("%s \"%s.%s\"", get_rel_relkind(relid) == RELKIND_VIEW ? "view" : "table", schema, name);
}

/*
 * lock_error
 *		Says which view could not be locked, and who holds it.
 */
static void
lock_error(Oid relid)
{
	char	   *who = RelationLockHolders(relid);

	ereport(ERROR,
			(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
			 errmsg("could not lock %s within %d ms", describe_relation(relid), VdeLockTimeout),
			 who ? errdetail_internal("%s", who) : 0,
			 errhint("Try again when it is done, end it with pg_terminate_backend(), or raise vde.lock_timeout.")));
}

/*
 * hopeless_error
 *		Says that who has the view locked waits for us.
 */
static void
hopeless_error(Oid relid)
{
	char	   *who = RelationLockHolders(relid);

	ereport(ERROR,
			(errcode(ERRCODE_T_R_DEADLOCK_DETECTED),
			 errmsg("could not lock %s, since who reads it waits for this transaction", describe_relation(relid)),
			 who ? errdetail_internal("%s", who) : 0,
			 errhint("Try again. What this transaction has locked before, by another deployment for one, it keeps to its end: commit in between.")));
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
 * want_locks
 *		The relations as an array, each once, without those that the transaction
 *		has locked like that already.
 */
static WantedLocks
want_locks(List *relids)
{
	WantedLocks wanted = {0};
	ListCell   *lc;

	wanted.locks = palloc0(sizeof(WantedLock) * list_length(relids));
	foreach(lc, relids)
	{
		LOCKTAG		tag;

		SET_LOCKTAG_RELATION(tag, MyDatabaseId, lfirst_oid(lc));
		if (!VdeLockHeldByMe(&tag, AccessExclusiveLock))
			wanted.locks[wanted.count++].relid = lfirst_oid(lc);
	}
	qsort(wanted.locks, wanted.count, sizeof(WantedLock), compare_wanted);
	wanted.count = qunique(wanted.locks, wanted.count, sizeof(WantedLock), compare_wanted);
	wanted.missing = wanted.count;
	return wanted;
}

/*
 * milliseconds_left
 *		Of vde.lock_timeout, if it is set; raises its error when it is over.
 */
static int
milliseconds_left(TimestampTz start, Oid failed)
{
	long		left;

	if (VdeLockTimeout <= 0)
		return INT_MAX;
	left = VdeLockTimeout - TimestampDifferenceMilliseconds(start, GetCurrentTimestamp());
	if (left <= 0)
		lock_error(failed);
	return (int) left;
}

/*
 * wait_for_readers
 *		Waits for the end of these transactions, with nothing locked.  False
 *		when one of them will not end before ours.
 */
static bool
wait_for_readers(VirtualTransactionId *readers, List *held, TimestampTz start, Oid failed)
{
	VirtualTransactionId *reader;

	for (reader = readers; VirtualTransactionIdIsValid(*reader); reader++)
	{
		for (;;)
		{
			int			wait = Min(milliseconds_left(start, failed), READER_WAIT);
			WaitResult	result = WaitWithin(transaction_end, reader, wait);

			if (result == WAIT_DONE)
				break;
			if (result == WAIT_DEADLOCK)
				return false;
			/* our caller has to do something about these first */
			if (waited_for(held))
				return true;
		}
	}
	return true;
}

/*
 * LockViews
 *		Locks all of them, or fails after vde.lock_timeout.  See view_lock.h.
 */
bool
LockViews(List *relids, List *held)
{
	TimestampTz start = GetCurrentTimestamp();
	WantedLocks wanted = want_locks(relids);
	bool		locked;
	int			left = VdeLockTimeout > 0 ? VdeLockTimeout : INT_MAX;
	int			tries;

	/*
	 * What was waited for belongs to the (sub)transaction.  All else must,
	 * too, as it does in a subtransaction: one owner does not give back
	 * another's locks.
	 */
	Assert(CurrentResourceOwner == CurTransactionResourceOwner);
	for (tries = 0;; tries++)
	{
		VirtualTransactionId *readers = NULL;
		Oid			failed = InvalidOid;
		int			slice = 0;
		TryResult	result;

		if (tries >= PROMPT_TRIES)
		{
			slice = FIRST_SLICE + SLICE_GROWTH * Max(tries - PROMPT_TRIES - FIRST_SLICES, 0);
			slice = Min(slice, Min(LAST_SLICE, Max(DeadlockTimeout / 5 * 4, 1)));
			slice = Min(slice, left);
		}
		result = try_lock(&wanted, slice, &failed, &readers);
		locked = (result == TRY_LOCKED);
		if (locked)
			break;
		left = milliseconds_left(start, failed);
		if (readers != NULL && result == TRY_BUSY &&
			!wait_for_readers(readers, held, start, failed))
			result = TRY_HOPELESS;
		if (readers != NULL)
			pfree(readers);
		if (waited_for(held) || (result == TRY_HOPELESS && held != NIL))
			break;
		if (result == TRY_HOPELESS)
			hopeless_error(failed);
		Pause(PAUSE / 2, PAUSE * 3 / 2);
	}
	pfree(wanted.locks);
	return locked;
}
