/*-------------------------------------------------------------------------
 *
 * environment_lock.c
 *	  Who works on what: the locks that deployments and vde_gc take.
 *
 * They are heavyweight locks of a class of our own in the advisory space, so
 * that they show in pg_locks, take part in deadlock detection and never clash
 * with a user's advisory locks.  Order: activity, environments by id, one
 * version, views by OID.
 *
 * Who waits for an environment waits in the queue, as for any lock, and is told
 * for whom after a while.  vde_gc does not: what asks for the lock after it
 * would queue up behind it for as long as one long build lasts.  So it asks for
 * a moment only, again and again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "catalog.h"
#include "compat.h"
#include "environment_lock.h"
#include "fault.h"
#include "guc.h"
#include "lock_holder.h"
#include "subtransaction.h"

/* classes of our locks, beside the core's 1 and 2 in the fourth field */
#define LOCK_CLASS_ACTIVITY		0x5641
#define LOCK_CLASS_ENVIRONMENT	0x5645
#define LOCK_CLASS_VERSION		0x5656
#define LOCK_CLASS_NAME			0x564E

/* after how many milliseconds one who waits is told for whom */
#define PATIENCE				2000

/* how long vde_gc queues up, and how long it stays away in between */
#define ACTIVITY_SLICE			100
#define ACTIVITY_PAUSE			200

/*
 * set_tag
 *		Lock tag of a class of ours.
 */
static void
set_tag(LOCKTAG *tag, uint16 class, uint64 key)
{
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, (uint32) (key >> 32), (uint32) key, class);
}

/*
 * busy_error
 *		Somebody else holds the lock.
 */
static void
busy_error(const LOCKTAG *tag, const char *message, const char *hint)
{
	char	   *holders = AdvisoryLockHolders(tag);

	ereport(ERROR,
			(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
			 errmsg_internal("%s", message),
			 holders ? errdetail_internal("%s", holders) : 0,
			 errhint("%s", hint)));
}

/*
 * acquire
 *		LockAcquire that cannot leave a lock that nobody knows of.
 *
 * A lock may be granted at the very moment when we are cancelled while we wait
 * for it.  One of the transaction then goes with it, but one of the session
 * would stay.  So we wait for the first kind, and take the second, and note
 * it, when that needs no waiting any more.
 */
static bool
acquire(const LOCKTAG *tag, LOCKMODE mode, bool session, bool nowait, bool *taken)
{
	if (LockAcquire(tag, mode, false, nowait) == LOCKACQUIRE_NOT_AVAIL)
		return false;
	if (session)
		(void) LockAcquire(tag, mode, true, false);
	*taken = true;
	return true;
}

/*
 * take_within
 *		Waits for a lock for at most so many milliseconds; did we get it?
 *
 * A shorter lock_timeout of the user's, and cancelling, end the wait with
 * their own error.
 */
static bool
take_within(const LOCKTAG *tag, LOCKMODE mode, bool session, int milliseconds, bool *taken)
{
	Subtransaction sub;
	bool		is_users = LockTimeout > 0 && LockTimeout <= milliseconds;

	SubtransactionBegin(&sub);
	PG_TRY();
	{
		int			guc_level = NewGUCNestLevel();
		char		value[16];

		if (!is_users)
		{
			snprintf(value, sizeof(value), "%d", milliseconds);
			(void) set_config_option("lock_timeout", value, PGC_USERSET, PGC_S_SESSION,
									 GUC_ACTION_SAVE, true, 0, false);

			/*
			 * who comes back again and again must not miss a deadlock each
			 * time
			 */
			if (milliseconds <= DeadlockTimeout)
			{
				snprintf(value, sizeof(value), "%d", Max(milliseconds / 2, 1));
				(void) set_config_option("deadlock_timeout", value, PGC_SUSET, PGC_S_SESSION,
										 GUC_ACTION_SAVE, true, 0, false);
			}
		}
		/* a transaction's lock is handed to the transaction at the end */
		(void) acquire(tag, mode, session, false, taken);
		AtEOXact_GUC(false, guc_level);
		SubtransactionEnd(&sub, true);
	}
	PG_CATCH();
	{
		ErrorData  *error = SubtransactionFailed(&sub);

		if (*taken || is_users || error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
			ReThrowError(error);
		FreeErrorData(error);
	}
	PG_END_TRY();
	return *taken;
}

/*
 * tell_wait
 *		Tells who waits for whom.
 */
static void
tell_wait(const LOCKTAG *tag, const char *what)
{
	char	   *holders = AdvisoryLockHolders(tag);

	if (holders != NULL)
		ereport(NOTICE,
				(errmsg("waiting: %s", what),
				 errdetail_internal("%s", holders)));
}

/*
 * take_lock
 *		LockAcquire that says what it waits for, and shows us what others did
 *		meanwhile.
 *
 * Only locks on relations take in invalidations by themselves: without this,
 * a table that the one before us has made is still not there for a name that
 * we had looked up earlier.
 */
static void
take_lock(const LOCKTAG *tag, LOCKMODE mode, bool session, bool nowait, const char *busy,
		  bool *taken)
{
	if (!acquire(tag, mode, session, true, taken))
	{
		if (nowait)
			busy_error(tag, busy, "Try again when it is done, or leave out nowait to wait for it.");
		if (!take_within(tag, mode, session, PATIENCE, taken))
		{
			tell_wait(tag, busy);
			(void) acquire(tag, mode, session, false, taken);
		}
	}
	AcceptInvalidationMessages();
}

/*
 * exclude_activity
 *		The lock that vde_gc takes: asked for again and again, until
 *		vde.lock_timeout.
 */
static void
exclude_activity(const LOCKTAG *tag, bool session, bool nowait, bool *taken)
{
	static const char *const busy = "an environment is being deployed to or refreshed";
	TimestampTz start = GetCurrentTimestamp();
	bool		is_users = LockTimeout > 0 && (VdeLockTimeout == 0 || LockTimeout < VdeLockTimeout);
	int			limit = is_users ? LockTimeout : VdeLockTimeout;
	bool		told = false;

	if (acquire(tag, ExclusiveLock, session, true, taken))
		return;
	if (nowait)
		busy_error(tag, busy, "Try again when it is done, or leave out nowait to wait for it.");
	while (!take_within(tag, ExclusiveLock, session, ACTIVITY_SLICE, taken))
	{
		long		elapsed = TimestampDifferenceMilliseconds(start, GetCurrentTimestamp());

		if (limit > 0 && elapsed >= limit)
			busy_error(tag, psprintf("could not exclude deployments within %d ms: %s", limit, busy),
					   is_users ? "Try again when it is done, or raise lock_timeout." :
					   "Try again when it is done, or raise vde.lock_timeout.");
		if (!told && elapsed >= PATIENCE)
		{
			tell_wait(tag, busy);
			told = true;
		}
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 (long) pg_prng_uint64_range(&pg_global_prng_state, ACTIVITY_PAUSE / 2,
													 ACTIVITY_PAUSE * 3 / 2), PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
}

/*
 * LockEnvironmentName
 *		Of those who make an environment of one name at the same time, the
 *		first does, and the others find it.
 */
void
LockEnvironmentName(const char *name, bool nowait)
{
	LOCKTAG		tag;
	bool		taken = false;

	set_tag(&tag, LOCK_CLASS_NAME, hash_bytes_extended((const unsigned char *) name, strlen(name), 0));
	take_lock(&tag, ExclusiveLock, false, nowait,
			  psprintf("environment \"%s\" is being created", name), &taken);
}

/*
 * LockActivity
 *		Shared by whatever deploys or builds, exclusive for gc: a table that a
 *		starting apply is about to reuse is never collected.
 *
 * With nowait, too, a moment of vde_gc asking for its lock is waited for.
 */
void
LockActivity(EnvironmentLock *lock, const VdeSession *session, bool exclusive)
{
	LOCKTAG		tag;

	Assert(lock->environments == NIL);
	lock->session = !session->atomic;
	lock->activity = exclusive ? ExclusiveLock : ShareLock;
	set_tag(&tag, LOCK_CLASS_ACTIVITY, 0);
	if (exclusive)
		exclude_activity(&tag, lock->session, lock->nowait, &lock->has_activity);
	else if (!lock->nowait ||
			 !take_within(&tag, ShareLock, lock->session, 2 * ACTIVITY_SLICE, &lock->has_activity))
		take_lock(&tag, ShareLock, lock->session, lock->nowait, "vde_gc() is collecting",
				  &lock->has_activity);
	VDE_POINT("lock: activity");
	AcceptInvalidationMessages();
}

/*
 * release_environments
 *		Gives the session's locks on environments back.
 */
static void
release_environments(EnvironmentLock *lock)
{
	LOCKTAG		tag;
	ListCell   *cell;

	if (lock->session)
	{
		foreach(cell, lock->environments)
		{
			const LockedEnvironment *locked = (const LockedEnvironment *) lfirst(cell);

			if (!locked->locked)
				continue;
			set_tag(&tag, LOCK_CLASS_ENVIRONMENT, locked->id);
			(void) LockRelease(&tag, ExclusiveLock, true);
		}
	}
	lock->environments = NIL;
}

/*
 * LockEnvironment
 *		One deployment at a time per environment: the second waits here.
 *
 * On a snapshot from before another's deployment we would plan against a
 * state that is no more: that is a serialization failure, as for any row.
 */
void
LockEnvironment(EnvironmentLock *lock, const VdeSession *session,
				const Environment *environment)
{
	LOCKTAG		tag;
	LockedEnvironment *locked = palloc0(sizeof(LockedEnvironment));

	locked->id = environment->id;
	lock->environments = lappend(lock->environments, locked);
	set_tag(&tag, LOCK_CLASS_ENVIRONMENT, environment->id);
	take_lock(&tag, ExclusiveLock, lock->session, lock->nowait,
			  psprintf("environment \"%s\" is being deployed to", environment->name),
			  &locked->locked);
	VDE_POINT("lock: environment");

	/*
	 * Until now it could be dropped, and one of the same name be made that
	 * belongs to another role.
	 */
	if (CatalogRead("SELECT FROM vde.environment WHERE id = $1", "l", environment->id) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("environment \"%s\" does not exist", environment->name),
				 errdetail("It was dropped meanwhile."),
				 errhint("The view vde_environments lists them.")));
	if (IsolationUsesXactSnapshot())
		(void) CatalogWrite("SELECT FROM vde.environment_state WHERE environment_id = $1 FOR NO KEY UPDATE", "l",
							environment->id);
}

/*
 * try_environments
 *		Waits for the first environment's lock and only tries the second's; if
 *		that is not free, neither is held afterwards.
 *
 * In a subtransaction, because a lock of the transaction goes with that alone.
 */
static bool
try_environments(EnvironmentLock *lock, const VdeSession *session,
				 const Environment *first, const Environment *second)
{
	Subtransaction sub;
	volatile bool both = false;

	SubtransactionBegin(&sub);
	PG_TRY();
	{
		LOCKTAG		tag;

		LockEnvironment(lock, session, first);
		set_tag(&tag, LOCK_CLASS_ENVIRONMENT, second->id);

		/* with nowait it is an error that says who has it */
		if (lock->nowait ||
			LockAcquire(&tag, ExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL)
		{
			LockEnvironment(lock, session, second);
			both = true;
		}
		SubtransactionEnd(&sub, both);
	}
	PG_CATCH();
	{
		ReThrowError(SubtransactionFailed(&sub));
	}
	PG_END_TRY();
	if (!both)
		release_environments(lock);
	return both;
}

/*
 * LockTwoEnvironments
 *		See environment_lock.h.
 *
 * Who held one of them while it waits for the other would keep everybody from
 * it for as long; and a transaction that has deployed to the other before, and
 * comes for the one, would be in a deadlock with us.  So we wait for the one
 * that is not free, with empty hands, and then try the other.
 */
void
LockTwoEnvironments(EnvironmentLock *lock, const VdeSession *session,
					const Environment *a, const Environment *b)
{
	const Environment *first = a->id < b->id ? a : b;
	const Environment *second = first == a ? b : a;

	while (!try_environments(lock, session, first, second))
	{
		const Environment *busy = second;

		second = first;
		first = busy;
	}
}

/*
 * ReleaseEnvironmentLocks
 *		Gives session locks back.  Transaction locks end by themselves.
 *
 * Also called while an error is on its way out, so it must not fail.
 */
void
ReleaseEnvironmentLocks(EnvironmentLock *lock)
{
	LOCKTAG		tag;

	if (!lock->session)
		return;
	release_environments(lock);
	if (lock->has_activity)
	{
		set_tag(&tag, LOCK_CLASS_ACTIVITY, 0);
		(void) LockRelease(&tag, lock->activity, true);
		lock->has_activity = false;
	}
}

/*
 * LockVersion
 *		Two environments that need the same version build it once: the second
 *		waits here for the first one's commit.
 */
void
LockVersion(const char *xxh3)
{
	LOCKTAG		tag;
	bool		taken = false;
	uint64		key = 0;
	int			i;

	for (i = 0; i < 16; i++)
		key = (key << 4) | (uint64) (xxh3[i] <= '9' ? xxh3[i] - '0' : xxh3[i] - 'a' + 10);
	set_tag(&tag, LOCK_CLASS_VERSION, key);
	take_lock(&tag, ExclusiveLock, false, false,
			  psprintf("version %.16s is being built for another environment", xxh3), &taken);
}
