/*-------------------------------------------------------------------------
 *
 * graph_node.h
 *	  Between graph.c, which finds who is affected, and graph_node.c, which
 *	  computes what they become.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_GRAPH_NODE_H
#define VDE_GRAPH_NODE_H

#include "graph.h"

/* Fills a node's parents and missing from its text. */
extern void ParseNode(Graph *graph, GraphNode *node);

/* Computes the affected nodes in order, skipping those that nothing reached. */
extern void ComputeAffected(Graph *graph);

#endif							/* VDE_GRAPH_NODE_H */
