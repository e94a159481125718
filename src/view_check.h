/*-------------------------------------------------------------------------
 *
 * view_check.h
 *	  What there is for each view that is to change, and what is in the way.
 *
 * Between CheckViewChanges and SwapViews; others use virtual_layer.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_VIEW_CHECK_H
#define VDE_VIEW_CHECK_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "view_shape.h"
#include "virtual_layer.h"

/* A schema that views stand in, looked up once per check */
typedef struct LayerSchema
{
	char	   *name;
	Oid			oid;			/* InvalidOid: to be made */
	char	   *made_for;		/* environment that vde made it for, or NULL */
	bool		refused;		/* an obstacle was reported already */
	Oid			creator;		/* last role found able to create in it */
} LayerSchema;

/* What there is for one change now, and what is to be done */
typedef struct ViewState
{
	ViewChange *change;
	Oid			viewid;			/* our view; InvalidOid: none */
	Oid			physical;		/* relation to show; InvalidOid: not there */
	bool		unchanged;		/* shows that relation already, as it is */
	bool		keeps_owner;
	ShapeChange shape;
} ViewState;

/* One run over all changes */
typedef struct LayerCheck
{
	MemoryContext context;		/* where schemas and obstacles live */
	MemoryContext scratch;		/* reset per change */
	Oid			environment_owner;
	List	   *schemas;		/* LayerSchema * */
	LayerSchema *last_schema;
	List	   *obstacles;		/* ViewObstacle * */
} LayerCheck;

/* Prepares a run over changes; all of it lives in the current context. */
extern LayerCheck *BeginLayerCheck(Oid environment_owner);

/* Looks at one change: sets its results, adds obstacles to the check. */
extern void ExamineView(LayerCheck *check, ViewChange *change, ViewState *state);

/* Owner of a relation, InvalidOid when it is gone. */
extern Oid	RelationOwner(Oid relid);

/* The schema of that name as the check saw it. */
extern LayerSchema *FindLayerSchema(LayerCheck *check, const char *name);

#endif							/* VDE_VIEW_CHECK_H */
