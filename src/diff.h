/*-------------------------------------------------------------------------
 *
 * diff.h
 *	  One model in two environments: what vde_diff() works on.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_DIFF_H
#define VDE_DIFF_H

#include "postgres.h"

#include "nodes/execnodes.h"
#include "nodes/pg_list.h"

#include "model.h"

/* The model in one of the two environments */
typedef struct DiffSide
{
	char	   *environment;
	char	   *schema;			/* of the view */
	char	   *view;			/* its name, qualified and quoted */
	bool		present;		/* the environment has the model */
	ModelKind	kind;
	List	   *key;			/* char *: option primary_key */
	Oid			relid;
	Oid			target;			/* relation in vde_data that it shows */
	List	   *columns;		/* ColumnDef * */
} DiffSide;

/* A column that both have, with the same type */
typedef struct DiffColumn
{
	char	   *name;
	int			number;			/* c1, c2 ... in the statements */
	char	   *expression;		/* what is compared, in terms of the view */
	char	   *equality;		/* OPERATOR(schema.=); NULL: IS DISTINCT FROM */
	bool		sortable;
	bool		is_key;
} DiffColumn;

typedef struct Diff
{
	ModelName	model;
	DiffSide	a;
	DiffSide	b;
	List	   *columns;		/* DiffColumn *, what is compared */
	List	   *key;			/* DiffColumn *, NIL: no key to compare by */
	ReturnSetInfo *result;
} Diff;

/* Adds a row to the result (diff.c). */
extern void PutDifference(const Diff *diff, const char *what,
						  const char *column, int64 count, const char *a,
						  const char *b, Datum sample_key);

/*
 * Compares the rows as the current user, within an SPI connection and with a
 * pinned search_path (diff_rows.c).  one_relation: both views show the same
 * relation, which holds rows.
 */
extern void CompareRows(Diff *diff, bool one_relation);

#endif							/* VDE_DIFF_H */
