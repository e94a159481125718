/*-------------------------------------------------------------------------
 *
 * consent.h
 *	  Who has agreed that a model reads one of another role.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_CONSENT_H
#define VDE_CONSENT_H

#include "postgres.h"

#include "graph.h"

/*
 * Do the same two roles stand behind these two models in some environment
 * already, the one reading the other?
 */
extern bool HaveAgreed(const Definition *reader, const Definition *parent);

/*
 * Error if analyzing a node's query could run code of a parent's owner, to
 * which the node's owner has not agreed.  Called before each analysis.
 */
extern void CheckAnalysis(Graph *graph, const GraphNode *node);

#endif							/* VDE_CONSENT_H */
