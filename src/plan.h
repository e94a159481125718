/*-------------------------------------------------------------------------
 *
 * plan.h
 *	  What an apply or a promote would do.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_PLAN_H
#define VDE_PLAN_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "environment.h"
#include "graph.h"
#include "merge.h"
#include "virtual_layer.h"

typedef struct PlanChange
{
	GraphNode  *node;
	const char *change;			/* added, modified, indirect, removed */
	const char *category;		/* NULL for added and removed */
	const char *computed;		/* category, where it was overruled; else NULL */
	const char *action;			/* build, reuse, drop_view */
	bool		build;			/* its version's relation is to be made */
	bool		refresh;		/* it is there, but behind: filled anew first */
	char	   *reason;
	ViewChange *view;			/* NULL: no view before nor after */
} PlanChange;

typedef struct VdePlan
{
	const Environment *environment; /* that changes */
	const Environment *source;	/* of a promote; NULL: of its drafts */
	Graph	   *graph;
	Merge	   *merge;			/* of a promote */
	List	   *changes;		/* PlanChange *, parents before children */
	List	   *layer;			/* ViewChange *: views of the unaffected,
								 * which a new environment does not have yet */
	List	   *obstacles;		/* ViewObstacle * */
	int			draft_count;	/* drafts of environment, or of source */
	int			build_count;
	int			refresh_count;
	int			reuse_count;	/* changes that need no work on a relation */
	char	   *id;				/* 16 hex digits */
	bool		nowait;			/* set by the caller: see LockPlannedDrafts */
} VdePlan;

extern VdePlan *PlanDrafts(const Environment *environment);

/* What brings kept models (List of int64 * ids) up to what they read */
extern VdePlan *PlanSettlement(const Environment *environment, List *model_ids);
extern VdePlan *PlanPromotion(const Environment *source, const Environment *target,
							  List *models, bool force);

/* Raises the first thing that stands in the way of carrying the plan out. */
extern void CheckPlan(const VdePlan *plan);

/*
 * What keeps a model from being computed although it has to be, because it is
 * edited or because something that it reads moves: the model itself or one
 * that it reads, with missing or problem set.  NULL when nothing does.
 */
extern const GraphNode *PlanObstruction(const GraphNode *node);

/*
 * Is it carried out a batch of views at a time, outside a transaction block?
 * The environment has no views yet, or not all, so nobody reads it.
 */
extern bool PlanInBatches(const VdePlan *plan);

/* The views that it changes (ViewChange *), without those of layer */
extern List *PlanViews(const VdePlan *plan);

/* Does it change anything? */
extern bool PlanIsEmpty(const VdePlan *plan);

/* The view of a model in an environment, pointing at a version */
extern ViewChange *MakeViewChange(const char *environment, const ModelName *name,
								  const Definition *definition, List *columns,
								  const char *relation_name);

#endif							/* VDE_PLAN_H */
