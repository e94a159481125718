/*-------------------------------------------------------------------------
 *
 * overrule.h
 *	  Categories that people declare.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_OVERRULE_H
#define VDE_OVERRULE_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "environment.h"
#include "graph.h"

/*
 * Fills in what an environment has declared of the edits (Edit *): of its own
 * drafts, or of what a promote takes from it.
 */
extern void TakeOverrules(const Environment *declared_in, List *edits);

/*
 * Would that write to, or remove, what the environment has declared of the models
 * that are edited?
 */
extern bool WritesOverrules(const Graph *graph);

/*
 * Writes down, with a deployment whose pointers have moved, what was declared
 * of its edits and which models it keeps.
 */
extern void SaveOverrules(const Graph *graph, int64 deployment);

/* "shop.orders was declared non_breaking by ana", for each of a list of nodes */
extern char *DeclarationText(List *nodes);

/* the models whose declared changes keep one */
extern char *KeptBecause(const KeptModel *kept);

#endif							/* VDE_OVERRULE_H */
