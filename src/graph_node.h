/*-------------------------------------------------------------------------
 *
 * graph_node.h
 *	  Between graph.c, which finds who is affected, drift.c, which finds who is
 *	  by a change outside, and graph_node.c, which computes what they become.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_GRAPH_NODE_H
#define VDE_GRAPH_NODE_H

#include "graph.h"

/* The node of a model as the environment has it now, made if there is none. */
extern GraphNode *GraphAddNode(Graph *graph, ModelState *state);

/* Gives a node, as results, what the environment has of it. */
extern void GraphTakeCurrent(GraphNode *node);

/* first column of a result, as List of int64 * */
extern List *GraphReadIds(uint64 rows);

/* Fills a node's parents and missing from its text. */
extern void ParseNode(Graph *graph, GraphNode *node);

/* Computes the affected nodes in order, skipping those that nothing reached. */
extern void ComputeAffected(Graph *graph);

#endif							/* VDE_GRAPH_NODE_H */
