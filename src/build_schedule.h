/*-------------------------------------------------------------------------
 *
 * build_schedule.h
 *	  Carrying out all of a plan's work on physical tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_BUILD_SCHEDULE_H
#define VDE_BUILD_SCHEDULE_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "build_queue.h"
#include "graph.h"
#include "session.h"

/*
 * Works through the steps (BuildStep *, parents before children).  Outside a
 * transaction block each is committed by itself, background workers take part,
 * and one that fails stops only what reads it; an error that names all of them
 * ends it.  Inside a block this session builds, and the first error is raised
 * as it is.
 */
extern void RunBuildSteps(VdeSession *session, Graph *graph, List *steps);

#endif							/* VDE_BUILD_SCHEDULE_H */
