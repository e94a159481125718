/*-------------------------------------------------------------------------
 *
 * lock_budget.h
 *	  Does what one transaction is to do fit into the server's lock table?
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_LOCK_BUDGET_H
#define VDE_LOCK_BUDGET_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "virtual_layer.h"

/* Views made or dropped per transaction where nobody reads them. */
extern int	LayerBatch(void);

/* Locks that changing these views (ViewChange *) takes, after CheckViewChanges. */
extern int64 ViewLocks(List *views);

/* The same for so many views that are all made, or all dropped. */
extern int64 NewViewLocks(int64 views);
extern int64 DroppedViewLocks(int64 views);

/* Locks that building or refreshing (BuildStep *) takes in one transaction. */
extern int64 BuildLocks(List *steps);

/* The same for dropping so many relations of vde_data. */
extern int64 DroppedRelationLocks(int64 relations);

/*
 * What keeps so many locks from being taken in one transaction; NULL: nothing.
 * what is the beginning of the message; in_block: everything is held to the
 * end of the caller's transaction block.  instead, if not NULL, is what else
 * can be done.
 */
extern ViewObstacle *LockObstacle(int64 needed, const char *what, bool in_block,
								  const char *instead);

#endif							/* VDE_LOCK_BUDGET_H */
