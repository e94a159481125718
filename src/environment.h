/*-------------------------------------------------------------------------
 *
 * environment.h
 *	  Named sets of pointers: found, created and checked.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_ENVIRONMENT_H
#define VDE_ENVIRONMENT_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

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
 * created from prod.  With nowait it is an error that another session is making
 * it at this moment.
 */
extern Environment *OpenEnvironment(const char *name, Oid caller, bool nowait);

/* the notice about a new one; base may be NULL */
extern void TellCreation(const char *name, const Environment *base);

/*
 * Before drafts in an environment change: it stays to the end of the transaction,
 * and so do others who draft (alone: they wait).  An error when it is dropped
 * meanwhile.
 */
extern Environment *BeginDrafting(Environment *environment, Oid caller, bool alone);

/* OpenEnvironment and that, by an argument that may be NULL; returns its id */
extern int64 EnvironmentForDrafts(const char *given, Oid caller, bool alone,
								  char **resolved_name);

/*
 * Writes its rows: pointers as base has them (now, or at one of base's
 * deployments), no view yet.  base NULL: empty.  ttl NULL: does not expire.
 */
extern Environment *CreateEnvironment(const char *name, const Environment *base,
									  const Interval *ttl, int64 deployment,
									  Oid caller);

/* NOTIFY: it was made, as a copy of base or (NULL) empty. */
extern void NotifyCreation(const Environment *environment,
						   const Environment *base, Oid caller);

#endif							/* VDE_ENVIRONMENT_H */
