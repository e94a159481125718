/*-------------------------------------------------------------------------
 *
 * notify.h
 *	  NOTIFY vde, for whoever listens to what is deployed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_NOTIFY_H
#define VDE_NOTIFY_H

#include "postgres.h"

/*
 * Tells of a change of an environment when the transaction commits.  action is
 * create, apply, promote, rollback or drop; deployment 0: none, as for drop.
 */
extern void NotifyDeployment(const char *environment, int64 deployment,
							 const char *action, const char *source,
							 int64 changed, Oid role);

#endif							/* VDE_NOTIFY_H */
