/*-------------------------------------------------------------------------
 *
 * build_worker.h
 *	  Background workers that build models beside the session that called.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_BUILD_WORKER_H
#define VDE_BUILD_WORKER_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "build_queue.h"
#include "graph.h"

typedef struct BuildWorkers BuildWorkers;

/*
 * What count workers need to be told; gives a list of parts (QueuePart *) for
 * QueueCreate.
 */
extern BuildWorkers *PrepareBuildWorkers(Graph *graph, int count, List **parts);

/*
 * Starts as many of them as there are free slots for, maybe none.  What the
 * caller has done must be committed.
 */
extern void StartBuildWorkers(BuildWorkers *workers, QueueHandle *queue);

/*
 * Passes on what the workers say to the client, and puts the errors of what
 * failed into the steps (an array of BuildStep *, by task).  An error that
 * ends the call is raised.
 */
extern void HearBuildWorkers(BuildWorkers *workers, BuildStep **steps);

/* The same until all of them have left; the queue must be over. */
extern void AwaitBuildWorkers(BuildWorkers *workers, BuildStep **steps);

/* Ends them, whatever they are doing, and waits for that.  Does not fail. */
extern void EndBuildWorkers(BuildWorkers *workers);

#endif							/* VDE_BUILD_WORKER_H */
