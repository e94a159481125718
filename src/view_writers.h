/*-------------------------------------------------------------------------
 *
 * view_writers.h
 *	  Who has changed a view in a transaction that is still open, without a lock
 *	  on it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_VIEW_WRITERS_H
#define VDE_VIEW_WRITERS_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

/*
 * Waits for the end of these transactions, with no lock that anybody else needs.
 * views: their OIDs.  ERRCODE_LOCK_NOT_AVAILABLE when vde.lock_timeout is over,
 * counted from start.
 */
extern void WaitForViewWriters(List *views, TimestampTz start);

#endif							/* VDE_VIEW_WRITERS_H */
