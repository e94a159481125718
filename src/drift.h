/*-------------------------------------------------------------------------
 *
 * drift.h
 *	  Changes outside that make a model another one than was deployed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_DRIFT_H
#define VDE_DRIFT_H

#include "postgres.h"

#include "compat.h"
#include "fingerprint.h"
#include "graph.h"

/*
 * Marks the models of a graph's environment that read what changed outside
 * since their snapshots were taken, or whose unlogged table is empty, as
 * affected; what changed goes into drift, gone and suspected of their nodes.
 */
extern void NoteDrift(Graph *graph);

/*
 * The error of a refresh of a model that would be another one now, in the
 * memory context of graph.  node is the model in a graph that was computed
 * with drift.
 */
/* Marks models (List of int64 * ids) in whose queries a name has come to mean something else. */
extern void NoteOtherMeaning(Graph *graph, List *ids);

extern ErrorData *DriftError(Graph *graph, const GraphNode *node);

/*
 * Raises that a model has become another one since the graph was computed,
 * or, where that did not analyze it, since it was deployed.
 */
pg_noreturn extern void RaiseDrift(Graph *graph, const GraphNode *node, const Fingerprint *now);

#endif							/* VDE_DRIFT_H */
