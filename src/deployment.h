/*-------------------------------------------------------------------------
 *
 * deployment.h
 *	  One atomic change of an environment's pointers, kept as history.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_DEPLOYMENT_H
#define VDE_DEPLOYMENT_H

#include "postgres.h"

#include "fmgr.h"
#include "nodes/pg_list.h"

#include "environment.h"
#include "environment_lock.h"
#include "history.h"
#include "plan.h"
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
 * Carries out a plan that was checked and is not empty: builds what it needs,
 * then swaps the views, in the transaction that is open at the end.  Views of an
 * environment that nobody reads yet are made in batches.
 */
extern void DeployPlan(VdeSession *session, VdePlan *plan, const char *message);

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

#endif							/* VDE_DEPLOYMENT_H */
