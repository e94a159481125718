/*-------------------------------------------------------------------------
 *
 * virtual_layer.h
 *	  The views that users query, one per model and environment, and the
 *	  schemas they stand in.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_VIRTUAL_LAYER_H
#define VDE_VIRTUAL_LAYER_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "model.h"

/* What is to become of one view */
typedef struct ViewChange
{
	ModelName	model;			/* the model's own name */
	char	   *schema;			/* the view's schema, e.g. shop__dev */
	char	   *relation_name;	/* in vde_data; NULL: the view is to go */
	List	   *columns;		/* ModelColumn * of that relation */
	Oid			owner;			/* of the view: the model's owner */
	List	   *grantees;		/* Oid: as in Definition */
	char	   *description;	/* COMMENT ON VIEW, or NULL */
	List	   *column_options; /* ColumnOption *, for comments on columns */

	/* filled by CheckViewChanges */
	bool		exists;			/* our view is there now */
	bool		reshaped;		/* must be dropped and made anew */
} ViewChange;

/* Something that stands in the way of a change */
typedef struct ViewObstacle
{
	ModelName	model;			/* all NULL: it concerns the whole swap */
	int			sqlstate;		/* what apply raises */
	char	   *message;		/* one line: relation "shop.orders" exists ... */
	char	   *detail;			/* dependents, one a line; or NULL */
	char	   *hint;
} ViewObstacle;

/*
 * The schema of a model's view in an environment: the model's own in prod,
 * schema__env elsewhere.  Error when it would be over 63 bytes.
 */
extern char *ViewSchema(const ModelName *model, const char *environment);

/*
 * Reads what is there now; returns ViewObstacle * for everything that the
 * swap cannot or must not do.  Writes nothing.  environment_owner is the role
 * that would own new schemas.
 */
extern List *CheckViewChanges(List *changes, Oid environment_owner);

/* Raises it as an error. */
extern void RaiseObstacle(const ViewObstacle *obstacle);

/*
 * Carries all changes out in the current transaction: locks the views first,
 * then creates, re-points, reshapes and drops.  Nothing is dropped with
 * CASCADE, nothing that is not ours is touched.  Schemas that are made are
 * recorded for environment_id.
 */
extern void SwapViews(List *changes, int64 environment_id,
					  Oid environment_owner);

/* Drops the empty schemas that vde made for an environment. */
extern void DropViewSchemas(int64 environment_id);

#endif							/* VDE_VIRTUAL_LAYER_H */
