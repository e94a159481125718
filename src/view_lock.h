/*-------------------------------------------------------------------------
 *
 * view_lock.h
 *	  Exclusive locks on many views at once, without a stall for readers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_VIEW_LOCK_H
#define VDE_VIEW_LOCK_H

#include "postgres.h"

#include "nodes/pg_list.h"

/*
 * AccessExclusiveLock on every relation of the list (OIDs), to the end of the
 * transaction, or ERRCODE_LOCK_NOT_AVAILABLE after vde.lock_timeout.
 *
 * Called in a subtransaction, which has the locks then.
 *
 * held: relations on which the caller has ShareUpdateExclusiveLock already.
 * When a try fails and somebody waits for one of these, who may be whom we
 * wait for, the result is false and nothing was locked: the caller gives them
 * back, and tries again without.  With NIL the result is always true.
 */
extern bool LockViews(List *relids, List *held);

#endif							/* VDE_VIEW_LOCK_H */
