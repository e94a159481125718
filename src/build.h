/*-------------------------------------------------------------------------
 *
 * build.h
 *	  Carrying out a plan's work on physical tables, model by model.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_BUILD_H
#define VDE_BUILD_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "environment.h"
#include "environment_lock.h"
#include "graph.h"
#include "session.h"

/* One model to work on */
typedef struct BuildStep
{
	GraphNode  *node;
	bool		refresh;		/* fill what is there anew */
	bool		if_changed;		/* unless it would hold what it holds */
	bool		unchanged;		/* and so it was left alone */
	bool		failed;
	bool		skipped;		/* something that it reads failed */
	ErrorData  *error;			/* of a failed one */
} BuildStep;

/*
 * Works through the steps (BuildStep *, parents before children).  Outside a
 * transaction block each is committed by itself, and one that fails stops
 * only what reads it; an error that names all of them ends it.  Inside a
 * block the first error is raised as it is.
 */
extern void RunBuildSteps(VdeSession *session, Graph *graph, List *steps);

/*
 * Error unless a model's owner may read what its query reads: what a build
 * would have checked, for a table that is there already.
 */
extern void CheckNodeAccess(Graph *graph, GraphNode *node);

#endif							/* VDE_BUILD_H */
