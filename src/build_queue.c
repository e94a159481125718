/*-------------------------------------------------------------------------
 *
 * build_queue.c
 *	  What a call has to build, in shared memory: who may take what next, and
 *	  how far it has come.
 *
 * The queue is a dynamic shared memory segment of the session that called,
 * and lives as long as its building does.  Its tasks are the affected models
 * in graph order, each with the number of those that it reads and that are
 * not over.  Whoever ends a task counts down its readers, and those that come
 * to zero are ready; a process without work takes the first that is.  There is
 * no lock: a task is taken, and counted down, by atomic operations alone.
 *
 * Other sessions look at it for vde_progress.  They find it by a lock in the
 * advisory space whose tag is the segment's handle.  It is there as long as
 * the call builds, whether or not that is in a transaction block, goes away
 * with the process that holds it whatever becomes of that, and needs nothing
 * to have been preloaded.
 *
 * Invariants
 *
 * - A task is taken once only, and only after everything that it reads is
 *	 over and committed.
 *
 * - With one process the order is that of the graph.
 *
 * - A failure dooms what reads it, through models without a step, too; what
 *	 is doomed is taken like the rest, by somebody who writes down that it was
 *	 skipped.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/wait_event.h"

#include "build_queue.h"
#include "compat.h"
#include "environment_lock.h"
#include "fault.h"

PG_FUNCTION_INFO_V1(vde_progress_rows);

#define QUEUE_MAGIC		0x76646571	/* "vdeq" */

#define QUEUE_KEY_QUEUE		1
#define QUEUE_KEY_READERS	2
#define QUEUE_KEY_LOG		3

/* class of the lock that shows where a queue is, see environment_lock.c */
#define LOCK_CLASS_PROGRESS	0x5650

/* a wait ends after this many milliseconds, so that messages are read */
#define WAIT_SLICE		100

/* microseconds after which somebody looks again for what is being written */
#define LOG_SLICE		100

/*
 * read_parts
 *		Looks up the queue's own parts of a segment.
 */
static void
read_parts(QueueHandle *handle)
{
	handle->queue = shm_toc_lookup(handle->toc, QUEUE_KEY_QUEUE, false);
	handle->readers = shm_toc_lookup(handle->toc, QUEUE_KEY_READERS, false);
	handle->log = shm_toc_lookup(handle->toc, QUEUE_KEY_LOG, false);
}

/*
 * number_tasks
 *		Numbers the nodes as tasks, in graph order; returns how many.
 */
static int
number_tasks(Graph *graph)
{
	int			count = 0;
	ListCell   *cell;

	foreach(cell, graph->affected)
		((GraphNode *) lfirst(cell))->task = count++;
	return count;
}

/*
 * fill_tasks
 *		The tasks, their edges, and who is ready to begin with.
 */
static void
fill_tasks(QueueHandle *handle, Graph *graph, List *steps)
{
	BuildQueue *queue = handle->queue;
	ListCell   *next = list_head(steps);
	ListCell   *cell;
	ListCell   *parent_cell;
	int			edge = 0;
	int			i;

	foreach(cell, graph->affected)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);
		BuildTask  *task = &queue->tasks[node->task];

		namestrcpy(&task->schema, node->name.schema);
		namestrcpy(&task->name, node->name.name);
		task->model_id = node->model_id;
		/* also for a moment after it is taken: no worker is to be blamed then */
		task->worker = -2;
		strlcpy(task->sha256, DigestSha256(&node->version.digest), sizeof(task->sha256));
		if (next != NULL && ((BuildStep *) lfirst(next))->node == node)
		{
			BuildStep  *step = (BuildStep *) lfirst(next);

			task->has_step = true;
			task->refresh = step->refresh;
			task->if_changed = step->if_changed;
			task->leader_only = step->error != NULL;
			next = lnext(steps, next);
		}
		pg_atomic_init_u32(&task->state, TASK_WAITING);
		pg_atomic_init_u32(&task->pending, 0);
		pg_atomic_init_u64(&task->rows, 0);
		foreach(parent_cell, node->parents)
		{
			GraphNode  *parent = (GraphNode *) lfirst(parent_cell);

			if (parent->affected)
				queue->tasks[parent->task].reader_count++;
		}
	}
	Assert(next == NULL);

	/* each task's readers stand together: first where, then who */
	for (i = 0; i < queue->task_count; i++)
	{
		queue->tasks[i].first_reader = edge;
		edge += queue->tasks[i].reader_count;
		queue->tasks[i].reader_count = 0;
	}
	foreach(cell, graph->affected)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);

		foreach(parent_cell, node->parents)
		{
			GraphNode  *parent = (GraphNode *) lfirst(parent_cell);
			BuildTask  *task;

			if (!parent->affected)
				continue;
			task = &queue->tasks[parent->task];
			handle->readers[task->first_reader + task->reader_count++] = node->task;
			pg_atomic_fetch_add_u32(&queue->tasks[node->task].pending, 1);
		}
	}

	/*
	 * Parents come before children, so whoever is without pending parents
	 * when its turn comes has none, or only such as are over already.
	 */
	for (i = 0; i < queue->task_count; i++)
	{
		BuildTask  *task = &queue->tasks[i];

		if (pg_atomic_read_u32(&task->pending) > 0 || pg_atomic_read_u32(&task->state) != TASK_WAITING)
			continue;
		if (task->has_step)
			pg_atomic_write_u32(&task->state, TASK_READY);
		else
			QueueFinish(handle, i, TASK_DONE);
	}
}

/*
 * QueueCreate
 *		See build_queue.h.
 */
QueueHandle *
QueueCreate(Graph *graph, List *steps, Oid caller, List *parts)
{
	QueueHandle *handle = MemoryContextAllocZero(graph->context, sizeof(QueueHandle));
	shm_toc_estimator estimator;
	BuildQueue *queue;
	int			tasks = number_tasks(graph);
	int			edges = 0;
	Size		queue_size;
	Size		readers_size;
	Size		log_size;
	Size		size;
	LOCKTAG		tag;
	ListCell   *cell;
	ListCell   *parent_cell;
	int			i;

	foreach(cell, graph->affected)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);

		foreach(parent_cell, node->parents)
		{
			if (((GraphNode *) lfirst(parent_cell))->affected)
				edges++;
		}
	}
	queue_size = add_size(offsetof(BuildQueue, tasks), mul_size(sizeof(BuildTask), tasks));
	readers_size = mul_size(sizeof(int), Max(edges, 1));
	log_size = mul_size(sizeof(pg_atomic_uint32), Max(tasks, 1));

	shm_toc_initialize_estimator(&estimator);
	shm_toc_estimate_chunk(&estimator, queue_size);
	shm_toc_estimate_chunk(&estimator, readers_size);
	shm_toc_estimate_chunk(&estimator, log_size);
	foreach(cell, parts)
		shm_toc_estimate_chunk(&estimator, ((QueuePart *) lfirst(cell))->size);
	shm_toc_estimate_keys(&estimator, 3 + list_length(parts));
	size = shm_toc_estimate(&estimator);

	handle->segment = dsm_create(size, 0);
	handle->toc = shm_toc_create(QUEUE_MAGIC, dsm_segment_address(handle->segment), size);

	queue = shm_toc_allocate(handle->toc, queue_size);
	memset(queue, 0, queue_size);
	queue->database = MyDatabaseId;
	queue->leader_pid = MyProcPid;
	queue->environment_id = graph->environment->id;
	strlcpy(queue->environment, graph->environment->name, sizeof(queue->environment));
	queue->caller = caller;
	queue->authenticated_user = GetAuthenticatedUserId();
	queue->task_count = tasks;
	queue->step_count = list_length(steps);
	pg_atomic_init_u32(&queue->lowest, 0);
	pg_atomic_init_u32(&queue->over, 0);
	pg_atomic_init_u32(&queue->numbered, 0);
	pg_atomic_init_u32(&queue->logged, 0);
	pg_atomic_init_u32(&queue->stopped, 0);
	ConditionVariableInit(&queue->changed);
	shm_toc_insert(handle->toc, QUEUE_KEY_QUEUE, queue);
	shm_toc_insert(handle->toc, QUEUE_KEY_READERS, shm_toc_allocate(handle->toc, readers_size));
	handle->log = shm_toc_allocate(handle->toc, log_size);
	for (i = 0; i < tasks; i++)
		pg_atomic_init_u32(&handle->log[i], 0);
	shm_toc_insert(handle->toc, QUEUE_KEY_LOG, handle->log);
	foreach(cell, parts)
	{
		QueuePart  *part = (QueuePart *) lfirst(cell);

		shm_toc_insert(handle->toc, part->key, shm_toc_allocate(handle->toc, part->size));
	}
	read_parts(handle);
	fill_tasks(handle, graph, steps);

	/*
	 * now it may be looked at, and is ours until we give it back, over
	 * commits
	 */
	SetLockTag(&tag, LOCK_CLASS_PROGRESS, dsm_segment_handle(handle->segment));
	(void) LockAcquire(&tag, ExclusiveLock, true, false);
	dsm_pin_mapping(handle->segment);
	return handle;
}

/*
 * QueueAttach
 *		See build_queue.h.
 */
QueueHandle *
QueueAttach(dsm_handle segment)
{
	QueueHandle *handle = palloc0(sizeof(QueueHandle));

	handle->segment = dsm_attach(segment);
	if (handle->segment == NULL)
		return NULL;
	handle->toc = shm_toc_attach(QUEUE_MAGIC, dsm_segment_address(handle->segment));
	if (handle->toc == NULL)
	{
		dsm_detach(handle->segment);
		return NULL;
	}
	read_parts(handle);
	return handle;
}

/*
 * QueueDetach
 *		Gives a queue back.  Also called while an error is on its way out.
 */
void
QueueDetach(QueueHandle *handle)
{
	/* a wait that an error has ended still points into the segment */
	ConditionVariableCancelSleep();
	if (handle->queue->leader_pid == MyProcPid)
	{
		LOCKTAG		tag;

		SetLockTag(&tag, LOCK_CLASS_PROGRESS, dsm_segment_handle(handle->segment));
		ReleaseSessionLock(&tag, ExclusiveLock);
	}
	dsm_detach(handle->segment);
	handle->segment = NULL;
	handle->queue = NULL;
}

/*
 * QueueWidth
 *		See build_queue.h.  A layer is what is as far from the sources.
 */
int
QueueWidth(Graph *graph, List *steps)
{
	int			count = number_tasks(graph);
	int		   *layer = palloc0(sizeof(int) * (count + 1));
	int		   *width = palloc0(sizeof(int) * (count + 2));
	int			widest = 0;
	ListCell   *next = list_head(steps);
	ListCell   *cell;

	foreach(cell, graph->affected)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);
		int			below = 0;
		ListCell   *parent_cell;

		foreach(parent_cell, node->parents)
		{
			GraphNode  *parent = (GraphNode *) lfirst(parent_cell);

			if (parent->affected)
				below = Max(below, layer[parent->task]);
		}
		if (next != NULL && ((BuildStep *) lfirst(next))->node == node)
		{
			below++;
			widest = Max(widest, ++width[below]);
			next = lnext(steps, next);
		}
		layer[node->task] = below;
	}
	pfree(layer);
	pfree(width);
	return widest;
}

/*
 * QueueTake
 *		See build_queue.h.  The first in the order of the graph.
 */
int
QueueTake(QueueHandle *handle, int worker)
{
	BuildQueue *queue = handle->queue;
	uint32		first = pg_atomic_read_u32(&queue->lowest);
	bool		all_over = true;
	uint32		i;

	if (pg_atomic_read_u32(&queue->stopped))
		return -1;
	for (i = first; i < queue->task_count; i++)
	{
		BuildTask  *task = &queue->tasks[i];
		uint32		state = pg_atomic_read_u32(&task->state);

		if (all_over && !TaskIsOver(state))
		{
			all_over = false;
			/* a hint: going back by a race costs nothing but a longer look */
			if (i > first)
				pg_atomic_write_u32(&queue->lowest, i);
		}
		if (state != TASK_READY || (task->leader_only && worker >= 0))
			continue;
		if (pg_atomic_compare_exchange_u32(&task->state, &state, TASK_RUNNING))
		{
			task->worker = worker;
			task->pid = MyProcPid;
			task->started = GetCurrentTimestamp();
			return i;
		}
	}
	return -1;
}

/*
 * QueueFinish
 *		See build_queue.h.
 */
void
QueueFinish(QueueHandle *handle, int number, TaskState state)
{
	BuildQueue *queue = handle->queue;
	int		   *stack = palloc(sizeof(int) * 64);
	int			room = 64;
	int			depth = 0;

	queue->tasks[number].ended = GetCurrentTimestamp();
	pg_write_barrier();
	pg_atomic_write_u32(&queue->tasks[number].state, state);
	if (queue->tasks[number].has_step)
	{
		uint32		entry = pg_atomic_fetch_add_u32(&queue->logged, 1);

		if (queue->leader_pid == MyProcPid)
			VDE_POINT("build: counted");
		pg_atomic_write_u32(&handle->log[entry], number + 1);
	}
	pg_atomic_fetch_add_u32(&queue->over, 1);

	/* a stack of our own: there may be a long chain without steps */
	stack[depth++] = number;
	while (depth > 0)
	{
		BuildTask  *task = &queue->tasks[stack[--depth]];
		uint32		how = pg_atomic_read_u32(&task->state);
		int			i;

		for (i = 0; i < task->reader_count; i++)
		{
			int			index = handle->readers[task->first_reader + i];
			BuildTask  *reader = &queue->tasks[index];

			if (how == TASK_FAILED || how == TASK_SKIPPED)
				reader->doomed = true;

			/*
			 * a full barrier: who counts down to zero sees that, and all
			 * before
			 */
			if (pg_atomic_sub_fetch_u32(&reader->pending, 1) > 0)
				continue;
			if (reader->has_step)
			{
				pg_atomic_write_u32(&reader->state, TASK_READY);
				continue;
			}
			pg_atomic_write_u32(&reader->state, reader->doomed ? TASK_SKIPPED : TASK_DONE);
			pg_atomic_fetch_add_u32(&queue->over, 1);
			if (depth == room)
				stack = repalloc(stack, sizeof(int) * (room *= 2));
			stack[depth++] = index;
		}
	}
	pfree(stack);
	ConditionVariableBroadcast(&queue->changed);
}

/*
 * QueueNumber
 *		See build_queue.h.
 */
int
QueueNumber(QueueHandle *handle)
{
	return (int) pg_atomic_add_fetch_u32(&handle->queue->numbered, 1);
}

bool
QueueIsOver(const QueueHandle *handle)
{
	return pg_atomic_read_u32(&handle->queue->over) >= (uint32) handle->queue->task_count;
}

/*
 * QueueStop
 *		See build_queue.h.  Must not fail.
 */
void
QueueStop(QueueHandle *handle)
{
	pg_atomic_write_u32(&handle->queue->stopped, 1);
	ConditionVariableBroadcast(&handle->queue->changed);
}

/*
 * QueueNextEnded
 *		See build_queue.h.
 *
 * An entry may be counted and not written yet.  It is waited for: behind it
 * may be the very one whose reader we are about to build.
 */
int
QueueNextEnded(QueueHandle *handle)
{
	uint32		entry;

	if (handle->read >= pg_atomic_read_u32(&handle->queue->logged))
		return -1;
	while ((entry = pg_atomic_read_u32(&handle->log[handle->read])) == 0)
	{
		CHECK_FOR_INTERRUPTS();
		pg_usleep(LOG_SLICE);
	}
	pg_read_barrier();
	handle->read++;
	return (int) entry - 1;
}

/*
 * QueueWait
 *		See build_queue.h.
 */
void
QueueWait(QueueHandle *handle)
{
	(void) ConditionVariableTimedSleep(&handle->queue->changed, WAIT_SLICE, PG_WAIT_EXTENSION);
}

/*
 * state_name
 *		How vde_progress calls a task's state.
 */
static const char *
state_name(TaskState state)
{
	switch (state)
	{
		case TASK_WAITING:
			return "waiting";
		case TASK_READY:
			return "ready";
		case TASK_RUNNING:
			return "running";
		case TASK_DONE:
			return "built";
		case TASK_UNCHANGED:
			return "unchanged";
		case TASK_FAILED:
			return "failed";
		case TASK_SKIPPED:
			return "skipped";
	}
	return NULL;
}

/*
 * put_queue
 *		The rows of one queue.
 */
static void
put_queue(const BuildQueue *queue, ReturnSetInfo *result)
{
	int			i;

	for (i = 0; i < queue->task_count; i++)
	{
		/* the counters are changing while we look */
		BuildTask  *task = (BuildTask *) &queue->tasks[i];
		TaskState	state = pg_atomic_read_u32(&task->state);
		Datum		values[10];
		bool		nulls[10] = {false};

		if (!task->has_step)
			continue;
		pg_read_barrier();
		values[0] = CStringGetTextDatum(queue->environment);
		values[1] = NameGetDatum(&task->schema);
		values[2] = NameGetDatum(&task->name);
		values[3] = CStringGetTextDatum(task->refresh ? "refresh" : "build");
		values[4] = CStringGetTextDatum(state_name(state));
		values[5] = Int64GetDatum((int64) pg_atomic_read_u64(&task->rows));
		values[6] = TimestampTzGetDatum(task->started);
		values[7] = TimestampTzGetDatum(task->ended);
		values[8] = Int32GetDatum(task->pid);
		values[9] = Int32GetDatum(queue->leader_pid);
		nulls[5] = state == TASK_WAITING || state == TASK_READY;
		/* who has just taken it has not signed yet */
		nulls[6] = nulls[5] || task->started == 0;
		nulls[8] = nulls[5] || task->pid == 0;
		nulls[7] = !TaskIsOver(state);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/*
 * vde_progress_rows()
 *		What every session of this database is building now, for vde_progress.
 */
Datum
vde_progress_rows(PG_FUNCTION_ARGS)
{
	LockData   *locks;
	int			i;

	InitMaterializedSRF(fcinfo, 0);
	locks = GetLockStatusData();
	for (i = 0; i < locks->nelements; i++)
	{
		LockInstanceData *lock = &locks->locks[i];
		dsm_segment *mapped;
		QueueHandle *handle;

		if (lock->locktag.locktag_type != LOCKTAG_ADVISORY ||
			lock->locktag.locktag_lockmethodid != DEFAULT_LOCKMETHOD ||
			lock->locktag.locktag_field1 != MyDatabaseId ||
			lock->locktag.locktag_field4 != LOCK_CLASS_PROGRESS ||
			lock->holdMask == 0)
			continue;
		CHECK_FOR_INTERRUPTS();

		/* a model's query may look at the call that runs it */
		mapped = dsm_find_mapping(lock->locktag.locktag_field3);
		if (mapped != NULL)
		{
			shm_toc    *toc = shm_toc_attach(QUEUE_MAGIC, dsm_segment_address(mapped));

			if (toc != NULL)
				put_queue(shm_toc_lookup(toc, QUEUE_KEY_QUEUE, false), (ReturnSetInfo *) fcinfo->resultinfo);
			continue;
		}
		handle = QueueAttach(lock->locktag.locktag_field3);
		if (handle == NULL)
			continue;
		if (handle->queue->database == MyDatabaseId)
			put_queue(handle->queue, (ReturnSetInfo *) fcinfo->resultinfo);
		dsm_detach(handle->segment);
	}
	return (Datum) 0;
}
