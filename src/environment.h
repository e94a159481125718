/*-------------------------------------------------------------------------
 *
 * environment.h
 *	  Named sets of pointers: found, created, checked and locked.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_ENVIRONMENT_H
#define VDE_ENVIRONMENT_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "storage/lockdefs.h"

#include "session.h"

#define PROD_ENVIRONMENT		"prod"
#define DEFAULT_ENVIRONMENT		"dev"
#define ENVIRONMENT_NAME_LENGTH 40

typedef struct Environment
{
	int64		id;
	char	   *name;
	Oid			owner;
	int64		base_id;		/* 0: none */
	bool		layer_complete; /* does every pointer have its view? */
	int64		state_id;		/* the deployment whose state it is in */
} Environment;

/* the argument of a call, else vde.environment, else dev; checked for form */
extern char *EnvironmentName(const char *given);

/* NULL (or an error) when there is none of that name */
extern Environment *FindEnvironment(const char *name, bool missing_ok);

/* error unless the caller is a member of its owner */
extern void CheckEnvironmentOwner(const Environment *environment, Oid caller);

/*
 * The environment for work by caller: found and permission checked, or
 * created from prod.
 */
extern Environment *OpenEnvironment(const char *name, Oid caller);

/* the same, resolved from an argument that may be NULL; returns its id */
extern int64 EnvironmentForDrafts(const char *given, Oid caller,
								  char **resolved_name);

/*
 * Writes its rows: pointers as base has them (now, or at one of base's
 * deployments), no view yet.  base NULL: empty.  ttl NULL: does not expire.
 */
extern Environment *CreateEnvironment(const char *name, const Environment *base,
									  const Interval *ttl, int64 deployment,
									  Oid caller);

/*
 * Locks, in this order: activity, environments by id, a version, views by
 * OID.  Held to the end of the transaction, or over commits by a procedure
 * that commits, which must release them then (also after an error).
 */
typedef struct EnvironmentLock
{
	bool		session;		/* held over commits */
	LOCKMODE	activity;		/* ShareLock keeps gc away; NoLock: none yet */
	List	   *ids;			/* int64 *: environments locked; 0: not yet */
} EnvironmentLock;

extern void LockActivity(EnvironmentLock *lock, const VdeSession *session,
						 bool exclusive);
extern void LockEnvironment(EnvironmentLock *lock, const VdeSession *session,
							const Environment *environment);
extern void ReleaseEnvironmentLocks(EnvironmentLock *lock);
extern void LockVersion(const char *xxh3);

#endif							/* VDE_ENVIRONMENT_H */
