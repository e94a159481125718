/*-------------------------------------------------------------------------
 *
 * build_queue.h
 *	  What a call has to build, in shared memory: who may take what next, and
 *	  how far it has come.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_BUILD_QUEUE_H
#define VDE_BUILD_QUEUE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "port/atomics.h"
#include "storage/condition_variable.h"
#include "storage/dsm.h"
#include "storage/shm_toc.h"

#include "digest.h"
#include "environment.h"
#include "graph.h"

/* One model to work on */
typedef struct BuildStep
{
	GraphNode  *node;
	bool		refresh;		/* fill what is there anew */
	bool		if_changed;		/* unless it would hold what it holds */
	bool		unchanged;		/* and so it was left alone */
	bool		failed;
	bool		skipped;		/* something that it reads failed */
	int			number;			/* in the order in which steps end; 0: not yet */
	ErrorData  *error;			/* of a failed one */
	bool		known_error;	/* it was there before the step, and has names
								 * alone in it */
} BuildStep;

/* states of a task, in BuildTask.state */
typedef enum TaskState
{
	TASK_WAITING,				/* for what it reads */
	TASK_READY,
	TASK_RUNNING,
	TASK_DONE,
	TASK_UNCHANGED,				/* a refresh that was not needed */
	TASK_FAILED,
	TASK_SKIPPED				/* something that it reads failed */
} TaskState;

#define TaskIsOver(state)	((state) >= TASK_DONE)

/*
 * One affected model.  One without a step of its own is in the queue because
 * a failure reaches a table through it; it is over when what it reads is.
 */
typedef struct BuildTask
{
	NameData	schema;
	NameData	name;
	int64		model_id;
	char		sha256[SHA256_HEX_LENGTH + 1];	/* of the planned version */
	bool		has_step;
	bool		refresh;
	bool		if_changed;
	bool		leader_only;	/* its error is known already */
	bool		doomed;			/* something that it reads has failed */
	int			first_reader;	/* of BuildQueue's readers */
	int			reader_count;
	pg_atomic_uint32 state;		/* TaskState */
	pg_atomic_uint32 pending;	/* tasks that it reads and that are not over */

	/* for those who watch; written by who has taken it */
	int			worker;			/* its number; -1: the session that called;
								 * -2: nobody yet */
	int			pid;
	TimestampTz started;
	TimestampTz ended;
	pg_atomic_uint64 rows;		/* so far */
} BuildTask;

typedef struct BuildQueue
{
	Oid			database;
	int			leader_pid;
	int64		environment_id;
	char		environment[ENVIRONMENT_NAME_LENGTH + 1];
	Oid			caller;
	Oid			authenticated_user;
	int			task_count;
	int			step_count;
	pg_atomic_uint32 lowest;	/* all tasks before this one are over */
	pg_atomic_uint32 over;		/* tasks that are */
	pg_atomic_uint32 numbered;	/* steps that have got their number */
	pg_atomic_uint32 logged;	/* entries of the log */
	pg_atomic_uint32 stopped;	/* take nothing any more */
	ConditionVariable changed;
	BuildTask	tasks[FLEXIBLE_ARRAY_MEMBER];
} BuildQueue;

/* One process's hold on a queue */
typedef struct QueueHandle
{
	dsm_segment *segment;
	shm_toc    *toc;
	BuildQueue *queue;
	int		   *readers;		/* indexes of tasks */
	pg_atomic_uint32 *log;		/* steps in the order in which they ended, + 1 */
	uint32		read;			/* entries of the log that this process knows */
} QueueHandle;

/* parts of the segment that others put there, by key */
#define QUEUE_KEY_RECIPE	10	/* see put_recipe in build_worker.c */
#define QUEUE_KEY_LIBRARIES	11
#define QUEUE_KEY_SETTINGS	12
#define QUEUE_KEY_MESSAGES	13	/* an shm_mq per worker */

/* Room for such a part */
typedef struct QueuePart
{
	uint64		key;
	Size		size;
} QueuePart;

/*
 * A queue for the nodes of a graph, with room for other parts (QueuePart *);
 * steps is a List of BuildStep *.  Sets the nodes' task numbers.
 */
extern QueueHandle *QueueCreate(Graph *graph, List *steps, Oid caller, List *parts);

/* NULL when there is no such queue any more */
extern QueueHandle *QueueAttach(dsm_handle handle);
extern void QueueDetach(QueueHandle *handle);

/*
 * How many of the steps (BuildStep *) can be worked on at a time: those of
 * the widest layer of the graph.
 */
extern int	QueueWidth(Graph *graph, List *steps);

/*
 * A task to work on, now taken by this process, which is a worker of that
 * number (-1: the session that called).  -1: none is ready.
 */
extern int	QueueTake(QueueHandle *handle, int worker);

/* The task is over, and its transaction committed: readers may begin. */
extern void QueueFinish(QueueHandle *handle, int task, TaskState state);

/* Steps are numbered in the order in which they end. */
extern int	QueueNumber(QueueHandle *handle);

extern bool QueueIsOver(const QueueHandle *handle);

/* Nobody takes anything from it any more. */
extern void QueueStop(QueueHandle *handle);

/* The next step that has ended since this process last asked; -1: none */
extern int	QueueNextEnded(QueueHandle *handle);

/* Waits, for a fraction of a second at most, until something has changed. */
extern void QueueWait(QueueHandle *handle);

#endif							/* VDE_BUILD_QUEUE_H */
