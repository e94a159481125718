/*-------------------------------------------------------------------------
 *
 * cutoff.h
 *	  What a table was filled from, and whether filling it again could give
 *	  anything else.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_CUTOFF_H
#define VDE_CUTOFF_H

#include "postgres.h"

#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"

#include "fingerprint.h"
#include "graph.h"

/* A table of a model that is read, directly or through views and embedded models */
typedef struct FillInput
{
	int64		version_id;
	char	   *content_hash;	/* NULL: unknown */
	char	   *stamp;			/* of the version's row, as it was read */
} FillInput;

/*
 * What a node reads now, FillInput * by version.  To be read before the
 * snapshot of the query that fills the node's table.
 */
extern List *ReadFillInputs(Graph *graph, const GraphNode *node);

/*
 * Notes that a version's table was filled from these, in the transaction that
 * filled it, and after.
 */
extern void SaveFillInputs(int64 version_id, List *inputs);

/* Was a version's table filled last from these, and held they the same? */
extern bool SameFillInputs(int64 version_id, List *inputs);

/*
 * Do a node's rows follow from its inputs, so that the same inputs give the
 * same rows?  query and fingerprint are what BindNodeWith made of it just now.
 */
extern bool CanCutOff(Graph *graph, GraphNode *node, const Query *query,
					  const Fingerprint *fingerprint);

#endif							/* VDE_CUTOFF_H */
