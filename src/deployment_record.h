/*-------------------------------------------------------------------------
 *
 * deployment_record.h
 *	  A deployment in the catalog: its row, the pointers that it moves, and the
 *	  state that the environment is in then.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_DEPLOYMENT_RECORD_H
#define VDE_DEPLOYMENT_RECORD_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "environment.h"
#include "history.h"
#include "session.h"

/*
 * A row of vde.deployment, made on the environment's state, or (restores not
 * 0) going back to one; returns its id.
 */
extern int64 SaveDeployment(const VdeSession *session,
							const Environment *environment,
							const char *action, const char *source,
							int64 restores, const char *plan,
							const char *message, int models, int built);

/*
 * Last thing of a deployment's transaction: how long it took, and NOTIFY.
 */
extern void FinishDeployment(const VdeSession *session,
							 const Environment *environment, int64 deployment,
							 const char *action, const char *source, int changed);

/* Points the models of a list of PointerChange at other snapshots. */
extern void MovePointers(const Environment *environment, int64 deployment,
						 List *changes);

/* The environment is now in the state of that deployment. */
extern void SetState(Environment *environment, int64 deployment);

#endif							/* VDE_DEPLOYMENT_RECORD_H */
