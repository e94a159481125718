/*-------------------------------------------------------------------------
 *
 * node_access.h
 *	  May a model's owner read what its query reads?
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_NODE_ACCESS_H
#define VDE_NODE_ACCESS_H

#include "postgres.h"

#include "graph.h"

/* May a role read the environment's view of a model? */
extern bool MayReadView(Graph *graph, GraphNode *node, Oid role);

/*
 * Error unless the owner of a definition (reader: the node's, or that of a
 * model that the node is embedded in) may read the models that a node reads.
 */
extern void CheckParents(Graph *graph, GraphNode *node, const Definition *reader);

/*
 * Error unless a model's owner may read what its query reads: what a build
 * would have checked, for a table that is there already.
 */
extern void CheckNodeAccess(Graph *graph, GraphNode *node);

/*
 * Error unless all that reads a model whose owner changes may read it as the
 * new owner's, and run what it runs: also what needs no build.
 */
extern void CheckNewOwners(Graph *graph);

#endif							/* VDE_NODE_ACCESS_H */
