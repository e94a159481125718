/*-------------------------------------------------------------------------
 *
 * environment_lock.c
 *	  Who works on what: the locks that deployments, vde_gc and drafting take.
 *
 * They are heavyweight locks of a class of our own in the advisory space, so
 * that they show in pg_locks and take part in deadlock detection, but of another
 * method than a user's advisory locks (SetLockTag): they never clash with those, and
 * nobody can give them back but we.  Order: activity, environments by id, one
 * version, drafts, views by OID.
 *
 * A transaction that drafts has the lock on drafts to its end, and may come for
 * the others then: against the order.  So nobody waits for the lock on drafts, or
 * for what is written under it, while he holds one of the others, but in a
 * transaction block, where nothing can be given back.  Of two blocks that wait
 * for each other one gets a serialization failure, soon, whichever deadlock_timeout
 * there is.
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
#include "miscadmin.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/timestamp.h"

#include "catalog.h"
#include "compat.h"
#include "environment_lock.h"
#include "fault.h"
#include "guc.h"
#include "lock_holder.h"
#include "lock_wait.h"
#include "subtransaction.h"

/* classes of our locks, beside the core's 1 and 2 in the fourth field */
#define LOCK_CLASS_ACTIVITY		0x5641
#define LOCK_CLASS_ENVIRONMENT	0x5645
#define LOCK_CLASS_VERSION		0x5656
#define LOCK_CLASS_NAME			0x564E
#define LOCK_CLASS_DRAFTS		0x5644

/* after how many milliseconds one who waits is told for whom */
#define PATIENCE				2000

/*
 * how long one who asks again and again queues up, and how long he stays away
 * in between
 */
#define ASKING_SLICE			100
#define ASKING_PAUSE			200

/*
 * After how many milliseconds a deadlock is looked for, instead of after
 * deadlock_timeout: so early that who comes last with his wait finds it.
 */
#define DEADLOCK_CHECK			20
#define ROW_DEADLOCK_CHECK		200

/* what is over in a moment is waited for, so often and so long */
#define MOMENTS					10
#define MOMENT					20

#define NOWAIT_HINT "Try again when it is done, or leave out nowait to wait for it."

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
 * RefuseToWait
 *		See environment_lock.h.
 */
void
RefuseToWait(const char *busy)
{
	ereport(ERROR,
			(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
			 errmsg_internal("%s", busy),
			 errhint(NOWAIT_HINT)));
}

/*
 * fail_deadlock
 *		Who waits for us cannot go on before we end, nor can we.
 */
pg_noreturn static void
fail_deadlock(const char *busy, const ErrorData *error)
{
	ereport(ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("%s by a transaction that waits for this one", busy),
			 error->detail ? errdetail_internal("%s", error->detail) : 0,
			 errhint("Run the transaction again. One that commits what it drafts before it deploys has nobody waiting for it.")));
}

/*
 * RethrowDeadlock
 *		See environment_lock.h.
 */
void
RethrowDeadlock(MemoryContext context, const char *busy)
{
	ErrorData  *error;

	if (geterrcode() != ERRCODE_T_R_DEADLOCK_DETECTED)
		PG_RE_THROW();
	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	fail_deadlock(busy, error);
}

/*
 * CheckDeadlocksSoon
 *		See environment_lock.h.
 */
void
CheckDeadlocksSoon(void)
{
	CheckDeadlocksAfter(ROW_DEADLOCK_CHECK);
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
 *		Waits for a lock for at most so many milliseconds, 0 for as long as it
 *		takes; did we get it?
 *
 * A shorter lock_timeout of the user's, and cancelling, end the wait with
 * their own error.  Who comes back again and again must not miss a deadlock each
 * time.
 */
static bool
take_within(const LOCKTAG *tag, LOCKMODE mode, bool session, int milliseconds,
			const char *busy, bool *taken)
{
	Subtransaction sub;
	bool		is_users = LockTimeout > 0 && (milliseconds == 0 || LockTimeout <= milliseconds);

	SubtransactionBegin(&sub);
	PG_TRY();
	{
		int			guc_level = NewGUCNestLevel();

		if (milliseconds > 0 && !is_users)
			LimitLockWait(milliseconds);
		CheckDeadlocksAfter(DEADLOCK_CHECK);
		/* a transaction's lock is handed to the transaction at the end */
		(void) acquire(tag, mode, session, false, taken);
		AtEOXact_GUC(false, guc_level);
		SubtransactionEnd(&sub, true);
	}
	PG_CATCH();
	{
		ErrorData  *error = SubtransactionFailed(&sub);

		if (error->sqlerrcode == ERRCODE_T_R_DEADLOCK_DETECTED)
			fail_deadlock(busy, error);
		if (*taken || is_users || error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
			ReThrowError(error);
		FreeErrorData(error);
		CheckLostTimeout();
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
			busy_error(tag, busy, NOWAIT_HINT);
		if (!take_within(tag, mode, session, PATIENCE, busy, taken))
		{
			tell_wait(tag, busy);
			(void) take_within(tag, mode, session, 0, busy, taken);
		}
	}
	AcceptInvalidationMessages();
}

/*
 * exclude
 *		An exclusive lock that is asked for again and again, for as long as
 *		vde.lock_timeout (and no shorter lock_timeout) says.
 */
static void
exclude(const LOCKTAG *tag, bool session, bool nowait, const char *whom, const char *busy, bool *taken)
{
	TimestampTz start = GetCurrentTimestamp();
	bool		is_users = LockTimeout > 0 && (VdeLockTimeout == 0 || LockTimeout < VdeLockTimeout);
	int			limit = is_users ? LockTimeout : VdeLockTimeout;
	bool		told = false;

	if (acquire(tag, ExclusiveLock, session, true, taken))
		return;
	if (nowait)
		busy_error(tag, busy, NOWAIT_HINT);
	while (!take_within(tag, ExclusiveLock, session, ASKING_SLICE, busy, taken))
	{
		long		elapsed = TimestampDifferenceMilliseconds(start, GetCurrentTimestamp());

		if (limit > 0 && elapsed >= limit)
			busy_error(tag, psprintf("could not exclude %s within %d ms: %s", whom, limit, busy),
					   is_users ? "Try again when it is done, or raise lock_timeout." :
					   "Try again when it is done, or raise vde.lock_timeout.");
		if (!told && elapsed >= PATIENCE)
		{
			tell_wait(tag, busy);
			told = true;
		}
		Pause(ASKING_PAUSE / 2, ASKING_PAUSE * 3 / 2);
	}
}

/*
 * LockEnvironmentName
 *		Of those who make an environment of one name at the same time, the
 *		first does, and the others find it.
 *
 * A new one has the pointers of another, which vde_gc does not see before our
 * commit: what they stand for, and that one may have let go of meanwhile, must not
 * be collected until then, whoever makes it.
 */
void
LockEnvironmentName(const char *name, bool nowait)
{
	LOCKTAG		tag;
	bool		taken = false;

	SetLockTag(&tag, LOCK_CLASS_ACTIVITY, 0);
	take_lock(&tag, ShareLock, false, nowait, "garbage is being collected", &taken);
	taken = false;
	SetLockTag(&tag, LOCK_CLASS_NAME, hash_bytes_extended((const unsigned char *) name, strlen(name), 0));
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
	static const char *const collecting = "garbage is being collected";
	LOCKTAG		tag;

	Assert(lock->environments == NIL);
	lock->session = !session->atomic;
	lock->activity = exclusive ? ExclusiveLock : ShareLock;
	SetLockTag(&tag, LOCK_CLASS_ACTIVITY, 0);
	if (exclusive)
		exclude(&tag, lock->session, lock->nowait, "deployments",
				"an environment is being deployed to or refreshed", &lock->has_activity);
	else if (!lock->nowait ||
			 !take_within(&tag, ShareLock, lock->session, 2 * ASKING_SLICE, collecting, &lock->has_activity))
		take_lock(&tag, ShareLock, lock->session, lock->nowait, collecting, &lock->has_activity);
	VDE_POINT("lock: activity");
	AcceptInvalidationMessages();
}

/*
 * ReleaseSessionLock
 *		See environment_lock.h.
 */
void
ReleaseSessionLock(const LOCKTAG *tag, LOCKMODE mode)
{
	if (VdeLockHeldByMe(tag, mode))
		(void) LockRelease(tag, mode, true);
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
			SetLockTag(&tag, LOCK_CLASS_ENVIRONMENT, locked->id);
			ReleaseSessionLock(&tag, ExclusiveLock);
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
	SetLockTag(&tag, LOCK_CLASS_ENVIRONMENT, environment->id);
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
		SetLockTag(&tag, LOCK_CLASS_ENVIRONMENT, second->id);

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
		SetLockTag(&tag, LOCK_CLASS_ACTIVITY, 0);
		ReleaseSessionLock(&tag, lock->activity);
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
	SetLockTag(&tag, LOCK_CLASS_VERSION, key);
	take_lock(&tag, ExclusiveLock, false, false,
			  psprintf("version %.16s is being built for another environment", xxh3), &taken);
}

/*
 * drafts_text
 *		What is going on while somebody has the lock on drafts.
 */
static const char *
drafts_text(const char *environment)
{
	return psprintf("drafts of environment \"%s\" are being changed", environment);
}

/*
 * LockDrafts
 *		See environment_lock.h.
 *
 * Who has his share already keeps to that: of two who wanted more each would wait
 * for the other.  And who wants it alone asks again and again, since a transaction
 * that drafts may stay open for long, and others shall go on drafting.
 */
void
LockDrafts(int64 environment_id, const char *environment, bool alone)
{
	LOCKTAG		tag;
	LockAcquireResult share;
	bool		taken = false;

	SetLockTag(&tag, LOCK_CLASS_DRAFTS, environment_id);
	share = LockAcquire(&tag, ShareLock, false, true);
	if (share == LOCKACQUIRE_ALREADY_HELD || (share == LOCKACQUIRE_OK && !alone))
		return;
	if (share == LOCKACQUIRE_OK)
		(void) LockRelease(&tag, ShareLock, false);
	if (alone)
	{
		exclude(&tag, false, false, "others who draft", drafts_text(environment), &taken);
		AcceptInvalidationMessages();
	}
	else
		take_lock(&tag, ShareLock, false, false, drafts_text(environment), &taken);
}

/*
 * TryLockDrafts
 *		The same without waiting; did we get it?
 */
bool
TryLockDrafts(int64 environment_id, bool alone)
{
	LOCKTAG		tag;
	LockAcquireResult share;

	SetLockTag(&tag, LOCK_CLASS_DRAFTS, environment_id);
	share = LockAcquire(&tag, ShareLock, false, true);
	if (!alone || share == LOCKACQUIRE_ALREADY_HELD)
		return share != LOCKACQUIRE_NOT_AVAIL;
	if (share == LOCKACQUIRE_OK)
		(void) LockRelease(&tag, ShareLock, false);
	return LockAcquire(&tag, ExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL;
}

/*
 * NextTry
 *		See environment_lock.h.
 */
bool
NextTry(int *tries)
{
	if (++*tries > MOMENTS)
		return false;
	Pause(MOMENT, MOMENT);
	return true;
}
