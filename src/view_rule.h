/*-------------------------------------------------------------------------
 *
 * view_rule.h
 *	  Gives a view another query while it is being read.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_VIEW_RULE_H
#define VDE_VIEW_RULE_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/*
 * Stores a query with the same columns as the view has.  The caller holds
 * ShareUpdateExclusiveLock or more on the view, and takes AccessExclusiveLock
 * before it commits.  The query is scribbled on.
 */
extern void ReplaceViewQuery(Oid viewid, Query *query);

#endif							/* VDE_VIEW_RULE_H */
