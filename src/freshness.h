/*-------------------------------------------------------------------------
 *
 * freshness.h
 *	  Up to when tables know what they read, and whose business it is to keep
 *	  them up.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_FRESHNESS_H
#define VDE_FRESHNESS_H

#include "postgres.h"

#include "environment.h"
#include "graph.h"

/*
 * Is the environment the one that refreshes a version: prod if prod points at
 * it, else the oldest.
 */
extern bool RefreshesVersion(const Environment *environment, int64 version_id);

/*
 * Would the table of an affected node, which is reused, take its readers back
 * in time?  NULL, or what it is older than.  Parents must have been asked
 * before, and say by "filled" whether the plan fills them.
 */
extern const char *BehindWhat(Graph *graph, GraphNode *node);

/*
 * In a transaction that keeps its snapshot: error when one of the tables that
 * BehindWhat has compared was filled since.  A refresh moves no pointer, so the
 * state of the environment does not tell.
 */
extern void RequireLatestTables(Graph *graph);

#endif							/* VDE_FRESHNESS_H */
