/*-------------------------------------------------------------------------
 *
 * environment_lock.h
 *	  Who works on what: the locks that deployments, vde_gc and drafting take.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_ENVIRONMENT_LOCK_H
#define VDE_ENVIRONMENT_LOCK_H

#include "postgres.h"

#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "storage/lock.h"

#include "compat.h"
#include "environment.h"
#include "session.h"

/*
 * The tag of a lock of ours, in the advisory space of this database.
 *
 * The locks of pg_advisory_lock() are of a method of their own, of which
 * pg_advisory_unlock_all() gives back every lock that the session holds over commits,
 * and a model's query may call that.  So ours are of the other method, as the locks
 * on relations are: no function reaches them.
 */
static inline void
SetLockTag(LOCKTAG *tag, uint16 class, uint64 key)
{
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, (uint32) (key >> 32), (uint32) key, class);
	tag->locktag_lockmethodid = DEFAULT_LOCKMETHOD;
}

/*
 * LockRelease of one held over commits, while an error may be on its way out: if it
 * is a commit's own, all locks have gone with the transaction.
 */
extern void ReleaseSessionLock(const LOCKTAG *tag, LOCKMODE mode);

/*
 * Locks, in this order: activity, environments, a version, drafts, views by OID.
 * Those of this struct are held to the end of the transaction, or over commits
 * by a procedure that commits, which must release them then (also after an error).
 */
typedef struct EnvironmentLock
{
	bool		nowait;			/* set by the caller: fail where others work */
	bool		session;		/* held over commits */
	LOCKMODE	activity;		/* ShareLock keeps gc away */
	bool		has_activity;	/* we have that */
	List	   *environments;	/* LockedEnvironment * */
} EnvironmentLock;

typedef struct LockedEnvironment
{
	int64		id;
	bool		locked;			/* false: on its way to be */
} LockedEnvironment;

/*
 * The argument nowait of a procedure, which an earlier version's declaration of
 * it does not have.
 */
#define NowaitArgument(fcinfo, n) \
	(PG_NARGS() > (n) && !PG_ARGISNULL(n) && DatumGetBool((fcinfo)->args[n].value))

extern void LockActivity(EnvironmentLock *lock, const VdeSession *session,
						 bool exclusive);
extern void LockEnvironment(EnvironmentLock *lock, const VdeSession *session,
							const Environment *environment);

/* Both of two at once: while one of them is waited for, neither is held. */
extern void LockTwoEnvironments(EnvironmentLock *lock, const VdeSession *session,
								const Environment *a, const Environment *b);
extern void ReleaseEnvironmentLocks(EnvironmentLock *lock);

/* Of those who make an environment of one name, the first does. */
extern void LockEnvironmentName(const char *name, bool nowait);

/* Of those who need one version, the first builds it. */
extern void LockVersion(const char *xxh3);

/*
 * Before anything is written to an environment's drafts, or to what was declared
 * of them; to the end of the transaction.  alone: several of them, in an order
 * of one's own, while nobody else drafts there.
 */
extern void LockDrafts(int64 environment_id, const char *environment, bool alone);
extern bool TryLockDrafts(int64 environment_id, bool alone);

/*
 * For who must not wait but for a moment: pauses, and says whether to try once
 * more.  tries begins with 0.
 */
extern bool NextTry(int *tries);

/*
 * For who must wait for a row while he has one of these locks.  busy says what is
 * going on, as "environment "dev" is being deployed to".
 *
 * CheckDeadlocksSoon: instead of after deadlock_timeout, to the end of the GUC
 * nest level.  RethrowDeadlock, in a PG_CATCH: a deadlock becomes a serialization
 * failure that says what to do.
 */
extern void CheckDeadlocksSoon(void);
pg_noreturn extern void RethrowDeadlock(MemoryContext context, const char *busy);

/* With nowait, instead of such a wait */
pg_noreturn extern void RefuseToWait(const char *busy);

#endif							/* VDE_ENVIRONMENT_LOCK_H */
