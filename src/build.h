/*-------------------------------------------------------------------------
 *
 * build.h
 *	  Carrying out a plan's work on one physical table.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_BUILD_H
#define VDE_BUILD_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "build_queue.h"
#include "environment_lock.h"
#include "graph.h"

/*
 * Does what a step asks for, in the transaction at hand, and says what came of
 * it.  An error is kept in the step and written to vde.build; with raise it is
 * raised as it is.
 */
extern TaskState RunBuildTask(Graph *graph, BuildStep *step, QueueHandle *queue, bool raise);

/* Takes note of the versions that other processes have built. */
extern void CatchUpWithQueue(Graph *graph, QueueHandle *queue);

/* Is it an error that ends the call, and not only one model's build? */
extern bool ErrorEndsCall(const ErrorData *error);

#endif							/* VDE_BUILD_H */
