/*-------------------------------------------------------------------------
 *
 * planned_draft.h
 *	  The drafts that a plan was made of, when it is carried out.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_PLANNED_DRAFT_H
#define VDE_PLANNED_DRAFT_H

#include "postgres.h"

#include "plan.h"
#include "session.h"

/*
 * From here to the end of the transaction, who wants to change them waits, and
 * who wants to change what a promote writes of declared categories.  false:
 * somebody is doing so.  wait: that one is waited for, although we hold the lock on
 * the environment, and it is a serialization failure when he waits for us.
 */
extern bool LockPlannedDrafts(const VdePlan *plan, bool wait);

/*
 * Waits for the end of that, with nothing in hands: for a procedure that commits
 * and has released its locks.  The plan is of no use after it.
 */
extern void AwaitPlannedDrafts(VdeSession *session, const VdePlan *plan);

/*
 * Of drafts that are locked: error when one was taken back meanwhile.  kept:
 * what was built is committed.
 */
extern void RequireDrafts(const VdePlan *plan, bool kept);

/* They are deployed.  What was drafted since stays. */
extern void DeleteDrafts(const VdePlan *plan);

#endif							/* VDE_PLANNED_DRAFT_H */
