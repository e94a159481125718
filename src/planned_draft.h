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

/*
 * Error when one of them was taken back meanwhile; from here to the end of the
 * transaction, who wants to do so waits.  kept: what was built is committed.
 */
extern void RequireDrafts(const VdePlan *plan, bool kept);

/* They are deployed.  What was drafted since stays. */
extern void DeleteDrafts(const VdePlan *plan);

#endif							/* VDE_PLANNED_DRAFT_H */
