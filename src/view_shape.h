/*-------------------------------------------------------------------------
 *
 * view_shape.h
 *	  What a view of ours looks like: the relation that it shows, its columns.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_VIEW_SHAPE_H
#define VDE_VIEW_SHAPE_H

#include "postgres.h"

#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"

#include "model.h"

typedef enum ShapeChange
{
	SHAPE_EQUAL,				/* same columns */
	SHAPE_EXTENDED,				/* columns are added at the end */
	SHAPE_CHANGED,				/* anything else */
} ShapeChange;

/*
 * The relation in vde_data that a view shows, if it is a view of ours: it
 * selects columns of that one relation and does nothing else.  InvalidOid
 * otherwise, also when there is no such view.  *faithful tells whether it is
 * as PlainQuery makes it: its columns are those of the relation with the same
 * names, and nothing can be written through it.
 */
extern Oid	ViewTarget(Oid viewid, bool *faithful);

/*
 * What would happen to the columns of the view.  The wanted ones are those of
 * the relation physical, or, where that is InvalidOid, columns (ModelColumn *).
 * For SHAPE_CHANGED *reason says what is in the way, as part of a sentence.
 */
extern ShapeChange CompareShape(Oid viewid, Oid physical, List *columns,
								char **reason);

/* Columns of a relation as ColumnDef *, without the dropped ones */
extern List *RelationColumnDefs(Oid relid);

/* One of them in words */
extern ModelColumn *ModelColumnOfDef(const ColumnDef *def);

/*
 * SELECT a, b, c FROM (SELECT a, b, c FROM vde_data.relation), analyzed; locks
 * the relation
 */
extern Query *PlainQuery(const char *relation_name, List *column_defs);

#endif							/* VDE_VIEW_SHAPE_H */
