/*-------------------------------------------------------------------------
 *
 * environment_lock.h
 *	  Who works on what: the locks that deployments and vde_gc take.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_ENVIRONMENT_LOCK_H
#define VDE_ENVIRONMENT_LOCK_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "storage/lockdefs.h"

#include "environment.h"
#include "session.h"

/*
 * Locks, in this order: activity, environments, a version, views by OID.  Held to the end of the transaction, or over commits by a procedure
 * that commits, which must release them then (also after an error).
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

#endif							/* VDE_ENVIRONMENT_LOCK_H */
