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
 */
extern void LockViews(List *relids);

#endif							/* VDE_VIEW_LOCK_H */
