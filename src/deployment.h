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

#include "plan.h"
#include "session.h"

/*
 * Carries out a plan that was checked and is not empty: builds what it needs,
 * then swaps the views, in the transaction that is open at the end.  Views of an
 * environment that nobody reads yet are made in batches.  false, only outside
 * of a transaction block: somebody is changing the drafts, who may come for our
 * locks.  AwaitPlannedDrafts, without them, and begin anew.
 */
extern bool DeployPlan(VdeSession *session, VdePlan *plan, const char *message);

#endif							/* VDE_DEPLOYMENT_H */
