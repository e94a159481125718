/*-------------------------------------------------------------------------
 *
 * build_schedule.c
 *	  Carrying out all of a plan's work on physical tables: which process
 *	  builds what, and what is said at the end.
 *
 * The session that called works through the queue like any worker, so that
 * nothing waits for a worker to come, and without free slots it does all of it.
 * What the session waits for between its own tasks is what workers are still
 * building; it holds no lock on any relation then, only those on activity and
 * environment.
 *
 * Inside a transaction block nobody else could see what was built so far: there
 * the session builds alone.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/memutils.h"

#include "build.h"
#include "build_schedule.h"
#include "build_worker.h"
#include "compat.h"
#include "fault.h"
#include "guc.h"
#include "receiver.h"
#include "text_privacy.h"

typedef struct Schedule
{
	QueueHandle *queue;			/* NULL: given back */
	BuildWorkers *workers;
} Schedule;

/*
 * raise_failures
 *		The error that ends it all: who failed and why, who was skipped.
 */
static void
raise_failures(List *steps)
{
	BuildStep  *first = NULL;
	const char *hint = NULL;
	int			failed = 0;
	StringInfoData failures;
	StringInfoData skipped;
	StringInfoData detail;
	ListCell   *cell;

	initStringInfo(&failures);
	initStringInfo(&skipped);
	initStringInfo(&detail);
	foreach(cell, steps)
	{
		BuildStep  *step = (BuildStep *) lfirst(cell);

		if (step->failed)
		{
			failed++;
			if (!step->known_error)
				step->error = HiddenError(step->node->definition, step->error);
			if (first == NULL)
			{
				first = step;
				hint = step->error->hint;
			}
			else if (hint != NULL && (step->error->hint == NULL || strcmp(hint, step->error->hint) != 0))
				hint = NULL;
			appendStringInfo(&failures, "%s%s: %s", failures.len > 0 ? "\n" : "",
							 QuoteModelName(&step->node->name), step->error->message);
			if (step->error->detail != NULL)
				appendStringInfo(&failures, " (%s)", step->error->detail);
		}
		if (step->skipped)
			appendStringInfo(&skipped, "%s%s", skipped.len > 0 ? ", " : "",
							 QuoteModelName(&step->node->name));
	}
	if (first == NULL)
		return;
	if (failed > 1)
		appendStringInfoString(&detail, failures.data);
	else if (first->error->detail != NULL)
		appendStringInfoString(&detail, first->error->detail);
	if (skipped.len > 0)
		appendStringInfo(&detail, "%sSkipped, because they read what failed: %s.",
						 detail.len > 0 ? "\n" : "", skipped.data);

	/* which line of a seed, which index: the error's own context knows */
	ereport(ERROR,
			(errcode(first->error->sqlerrcode),
			 failed == 1 ?
			 errmsg("model \"%s\" could not be %s: %s", QuoteModelName(&first->node->name),
					first->refresh ? "refreshed" : "built", first->error->message) :
			 errmsg("%d models could not be %s", failed, first->refresh ? "refreshed" : "built"),
			 detail.len > 0 ? errdetail("%s", detail.data) : 0,
			 hint != NULL ? errhint("%s", hint) :
			 first->refresh ?
			 errhint("They have the rows that they had, and what was refreshed is kept. Correct the cause and call it again.") :
			 errhint("The environment's views are as they were, and what was built is kept. Correct the cause and call it again."),
			 first->error->internalquery ? internalerrquery(first->error->internalquery) : 0,
			 first->error->internalquery ? internalerrposition(first->error->internalpos) : 0,
			 failed == 1 && first->error->context ? (errcontext("%s", first->error->context)) : 0));
}

/*
 * give_back
 *		Ends what is still running, and the queue.  Called at the end, while an
 *		error is on its way out, and when the process is about to exit: before
 *		the locks go, so that nobody builds for an environment that another
 *		session may lock.
 */
static void
give_back(int code, Datum arg)
{
	Schedule   *schedule = (Schedule *) DatumGetPointer(arg);

	HeapReceiverReportTo(NULL);
	if (schedule->queue == NULL)
		return;
	QueueStop(schedule->queue);
	EndBuildWorkers(schedule->workers);
	QueueDetach(schedule->queue);
	schedule->queue = NULL;
}

/*
 * perform
 *		One task of this session.
 */
static void
perform(VdeSession *session, Graph *graph, QueueHandle *queue, BuildStep *step)
{
	TaskState	state;

	CatchUpWithQueue(graph, queue);
	state = RunBuildTask(graph, step, queue, session->atomic);
	if (state == TASK_FAILED && ErrorEndsCall(step->error))
	{
		SessionCommit(session);
		ThrowErrorData(step->error);
	}
	VDE_POINT("build: before commit");
	SessionCommitBuild(session);
	VDE_POINT("build: after commit");
	QueueFinish(queue, step->node->task, state);
	VDE_POINT("build: finished");
}

/*
 * work_through
 *		Works on whatever is ready, until nothing is left.
 */
static void
work_through(VdeSession *session, Graph *graph, Schedule *schedule, BuildStep **by_task)
{
	QueueHandle *queue = schedule->queue;

	while (!QueueIsOver(queue))
	{
		int			task;

		CHECK_FOR_INTERRUPTS();
		HearBuildWorkers(schedule->workers, by_task);
		task = QueueTake(queue, -1);
		if (task >= 0)
			perform(session, graph, queue, by_task[task]);
		else if (!QueueIsOver(queue))
			QueueWait(queue);
	}
	ConditionVariableCancelSleep();
	AwaitBuildWorkers(schedule->workers, by_task);
	CatchUpWithQueue(graph, queue);
}

/*
 * RunBuildSteps
 *		See build_schedule.h.
 */
void
RunBuildSteps(VdeSession *session, Graph *graph, List *steps)
{
	Schedule	schedule = {0};
	BuildStep **by_task;
	List	   *parts;
	ListCell   *cell;
	int			workers = 0;

	if (steps == NIL)
		return;
	if (!session->atomic && VdeMaxWorkers > 0)
		workers = Min(VdeMaxWorkers, QueueWidth(graph, steps) - 1);

	/* workers see only what is committed */
	if (workers > 0)
		SessionCommit(session);
	schedule.workers = PrepareBuildWorkers(graph, workers, &parts);
	by_task = MemoryContextAllocZero(graph->context, sizeof(BuildStep *) * list_length(graph->affected));

	PG_ENSURE_ERROR_CLEANUP(give_back, PointerGetDatum(&schedule));
	{
		schedule.queue = QueueCreate(graph, steps, session->caller, parts);
		foreach(cell, steps)
		{
			BuildStep  *step = (BuildStep *) lfirst(cell);

			by_task[step->node->task] = step;
		}
		StartBuildWorkers(schedule.workers, schedule.queue);
		VDE_POINT("build: workers started");
		work_through(session, graph, &schedule, by_task);
	}
	PG_END_ENSURE_ERROR_CLEANUP(give_back, PointerGetDatum(&schedule));

	foreach(cell, steps)
	{
		BuildStep  *step = (BuildStep *) lfirst(cell);
		TaskState	state = pg_atomic_read_u32(&schedule.queue->queue->tasks[step->node->task].state);

		step->failed = state == TASK_FAILED;
		step->skipped = state == TASK_SKIPPED;
		step->unchanged = state == TASK_UNCHANGED;
	}
	give_back(0, PointerGetDatum(&schedule));
	VDE_POINT("build: queue given back");
	foreach(cell, steps)
	{
		if (((BuildStep *) lfirst(cell))->failed)
		{
			SessionCommit(session);
			raise_failures(steps);
		}
	}
}
