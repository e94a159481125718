/*-------------------------------------------------------------------------
 *
 * lineage.h
 *	  Which columns a model reads, and for what.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_LINEAGE_H
#define VDE_LINEAGE_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "analysis.h"

typedef struct LineageEdge
{
	char	   *column;			/* output column; NULL: the source decides the
								 * rows */
	char	   *schema;			/* the source */
	char	   *name;
	bool		is_model;
	char	   *source_column;	/* NULL: only its rows matter, no column of it
								 * is read */
	int			location;		/* byte offset of the first such reference in
								 * the definition's text; -1: unknown */
} LineageEdge;

/* LineageEdge *, distinct, in a stable order; NIL for a kind without a query */
extern List *ComputeLineage(const AnalyzedModel *model);

/* char *, distinct: a model's columns that are read, in such a list */
extern List *LineageColumns(List *lineage, const ModelName *source);

#endif							/* VDE_LINEAGE_H */
