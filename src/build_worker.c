/*-------------------------------------------------------------------------
 *
 * build_worker.c
 *	  Background workers that build models beside the session that called.
 *
 * A worker knows of the session's plan only how its graph was made (GraphOrigin
 * and edits).  It makes the graph anew, from the same catalog, and takes part
 * only if that comes out the same, version by version; else the session builds
 * alone.  So there is no second way in which a model could be built, and no
 * tree or name is handed over that could mean something else in another
 * process.
 *
 * What a worker tells goes to the session through a queue of messages: NOTICEs
 * as any client would get them, and the errors of models that failed.
 *
 * Invariants
 *
 * - A worker runs as the role that called, in a session of the role that logged
 *	 in, with the settings of the session; each model as its owner, as ever.
 *
 * - It holds none of the locks on activity and environment: the session does,
 *	 and ends its workers before it gives them back, even when it dies
 *	 (before_shmem_exit, in build_schedule.c).
 *
 * - What it has built is committed before it says so.
 *
 * - It never waits for the session to listen while it holds a lock
 *	 (worker_messages.c).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "libpq/pqformat.h"
#include "libpq/pqmq.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "storage/shm_mq.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "build.h"
#include "build_worker.h"
#include "catalog.h"
#include "compat.h"
#include "environment.h"
#include "fault.h"
#include "session.h"
#include "worker_messages.h"

#define MESSAGES_SIZE	(128 * 1024)

/* message: a task that failed, and why */
#define MESSAGE_FAILURE	'F'

typedef struct BuildWorker
{
	BackgroundWorkerHandle *handle;
	shm_mq_handle *messages;	/* NULL: it has left */
	shm_mq	   *queue;
	ErrorData  *error;			/* with which it left */
} BuildWorker;

struct BuildWorkers
{
	Graph	   *graph;
	QueueHandle *queue;
	int			count;			/* as prepared, then as started */
	BuildWorker *workers;
	StringInfoData recipe;
	QueuePart	parts[4];
};

PGDLLEXPORT void vde_build_worker_main(Datum main_arg);

/* ---------------------------------------------------------------------
 * How a graph was made
 * ---------------------------------------------------------------------
 */

static void
put_string(StringInfo buf, const char *string)
{
	pq_sendbyte(buf, string != NULL);
	if (string != NULL)
		appendBinaryStringInfo(buf, string, strlen(string) + 1);
}

/* in the current memory context, not in the message */
static char *
get_string(StringInfo buf)
{
	return pq_getmsgbyte(buf) ? pstrdup(pq_getmsgrawstring(buf)) : NULL;
}

/*
 * put_recipe
 *		Writes down how a graph was made.
 */
static void
put_recipe(StringInfo buf, const Graph *graph)
{
	ListCell   *cell;

	pq_sendint32(buf, graph->origin);
	pq_sendbyte(buf, graph->with_drift);
	pq_sendint32(buf, list_length(graph->edits));
	foreach(cell, graph->edits)
	{
		const Edit *edit = (const Edit *) lfirst(cell);

		pq_sendint64(buf, edit->model_id);
		pq_sendint64(buf, edit->definition_id);
		pq_sendint32(buf, edit->drafted_by);
		pq_sendint64(buf, edit->replaced_id);
		put_string(buf, edit->category);
		put_string(buf, edit->declared_hash);
		pq_sendint32(buf, edit->decided_by);
		pq_sendint64(buf, edit->decided_at);
	}
	pq_sendint32(buf, list_length(graph->settled_ids));
	foreach(cell, graph->settled_ids)
		pq_sendint64(buf, *(int64 *) lfirst(cell));
}

/*
 * make_graph_again
 *		The graph that such a recipe is of.
 */
static Graph *
make_graph_again(const Environment *environment, StringInfo recipe)
{
	GraphOrigin origin = pq_getmsgint(recipe, 4);
	bool		with_drift = pq_getmsgbyte(recipe);
	List	   *edits = NIL;
	List	   *ids = NIL;
	int			count;

	for (count = pq_getmsgint(recipe, 4); count > 0; count--)
	{
		Edit	   *edit = palloc0(sizeof(Edit));

		edit->model_id = pq_getmsgint64(recipe);
		edit->definition_id = pq_getmsgint64(recipe);
		edit->drafted_by = pq_getmsgint(recipe, 4);
		edit->replaced_id = pq_getmsgint64(recipe);
		edit->category = get_string(recipe);
		edit->declared_hash = get_string(recipe);
		edit->decided_by = pq_getmsgint(recipe, 4);
		edit->decided_at = pq_getmsgint64(recipe);
		edits = lappend(edits, edit);
	}
	for (count = pq_getmsgint(recipe, 4); count > 0; count--)
		ids = lappend(ids, CopyId(pq_getmsgint64(recipe)));

	switch (origin)
	{
		case GRAPH_COMPUTED:
			return ComputeGraph(environment, edits, with_drift);
		case GRAPH_SETTLEMENT:
			return ComputeSettlement(environment, ids);
		case GRAPH_LOADED:
			return LoadGraph(environment);
	}
	return NULL;
}

/*
 * same_graph
 *		Is it the graph that the session has planned with?
 */
static bool
same_graph(const Graph *graph, const BuildQueue *queue)
{
	ListCell   *cell;
	int			i = 0;

	if (list_length(graph->affected) != queue->task_count)
		return false;
	foreach(cell, graph->affected)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);
		const BuildTask *task = &queue->tasks[i];

		if (node->model_id != task->model_id ||
			strcmp(node->name.schema, NameStr(task->schema)) != 0 ||
			strcmp(node->name.name, NameStr(task->name)) != 0 ||
			strcmp(DigestSha256(&node->version.digest), task->sha256) != 0)
			return false;
		node->task = i++;
	}
	return true;
}

/* ---------------------------------------------------------------------
 * The session's side
 * ---------------------------------------------------------------------
 */

/*
 * PrepareBuildWorkers
 *		See build_worker.h.
 */
BuildWorkers *
PrepareBuildWorkers(Graph *graph, int count, List **parts)
{
	MemoryContext old = MemoryContextSwitchTo(graph->context);
	BuildWorkers *workers = palloc0(sizeof(BuildWorkers));
	int			i;

	workers->graph = graph;
	workers->count = count;
	workers->workers = palloc0(sizeof(BuildWorker) * Max(count, 1));
	initStringInfo(&workers->recipe);
	*parts = NIL;
	if (count > 0)
	{
		put_recipe(&workers->recipe, graph);
		workers->parts[0].key = QUEUE_KEY_RECIPE;
		workers->parts[0].size = workers->recipe.len + sizeof(int);
		workers->parts[1].key = QUEUE_KEY_LIBRARIES;
		workers->parts[1].size = EstimateLibraryStateSpace();
		workers->parts[2].key = QUEUE_KEY_SETTINGS;
		workers->parts[2].size = EstimateGUCStateSpace();
		workers->parts[3].key = QUEUE_KEY_MESSAGES;
		workers->parts[3].size = mul_size(MESSAGES_SIZE, count);
		for (i = 0; i < lengthof(workers->parts); i++)
			*parts = lappend(*parts, &workers->parts[i]);
	}
	MemoryContextSwitchTo(old);
	return workers;
}

/*
 * StartBuildWorkers
 *		See build_worker.h.
 */
void
StartBuildWorkers(BuildWorkers *workers, QueueHandle *queue)
{
	MemoryContext old = MemoryContextSwitchTo(workers->graph->context);
	shm_toc    *toc = queue->toc;
	int			wanted = workers->count;
	char	   *recipe;
	char	   *messages;

	workers->queue = queue;
	workers->count = 0;
	if (wanted == 0)
	{
		MemoryContextSwitchTo(old);
		return;
	}
	recipe = shm_toc_lookup(toc, QUEUE_KEY_RECIPE, false);
	memcpy(recipe, &workers->recipe.len, sizeof(int));
	memcpy(recipe + sizeof(int), workers->recipe.data, workers->recipe.len);
	SerializeLibraryState(workers->parts[1].size, shm_toc_lookup(toc, QUEUE_KEY_LIBRARIES, false));
	SerializeGUCState(workers->parts[2].size, shm_toc_lookup(toc, QUEUE_KEY_SETTINGS, false));
	messages = shm_toc_lookup(toc, QUEUE_KEY_MESSAGES, false);

	while (workers->count < wanted)
	{
		BuildWorker *worker = &workers->workers[workers->count];
		BackgroundWorker description;

		memset(&description, 0, sizeof(description));
		snprintf(description.bgw_name, BGW_MAXLEN, "vde build worker of %d", MyProcPid);
		snprintf(description.bgw_type, BGW_MAXLEN, "vde build worker");
		description.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
		description.bgw_start_time = BgWorkerStart_RecoveryFinished;
		description.bgw_restart_time = BGW_NEVER_RESTART;
		strlcpy(description.bgw_library_name, "vde", sizeof(description.bgw_library_name));
		strlcpy(description.bgw_function_name, "vde_build_worker_main", sizeof(description.bgw_function_name));
		description.bgw_main_arg = UInt32GetDatum(dsm_segment_handle(queue->segment));
		memcpy(description.bgw_extra, &workers->count, sizeof(int));
		description.bgw_notify_pid = MyProcPid;

		worker->queue = shm_mq_create(messages + (Size) MESSAGES_SIZE * workers->count, MESSAGES_SIZE);
		shm_mq_set_receiver(worker->queue, MyProc);

		/* no slot is free: those that there are, and the session, will do */
		if (!RegisterDynamicBackgroundWorker(&description, &worker->handle))
			break;
		worker->messages = shm_mq_attach(worker->queue, queue->segment, worker->handle);
		workers->count++;
	}
	MemoryContextSwitchTo(old);
}

/*
 * get_failure
 *		Puts the error of a task that failed into its step.
 */
static void
get_failure(StringInfo message, BuildStep **steps)
{
	ErrorData  *error = palloc0(sizeof(ErrorData));
	BuildStep  *step = steps[pq_getmsgint(message, 4)];

	error->elevel = ERROR;
	error->sqlerrcode = pq_getmsgint(message, 4);
	error->internalpos = pq_getmsgint(message, 4);
	error->message = get_string(message);
	error->detail = get_string(message);
	error->hint = get_string(message);
	error->context = get_string(message);
	error->internalquery = get_string(message);
	error->assoc_context = CurrentMemoryContext;
	step->error = error;
	step->failed = true;
}

/*
 * take_message
 *		Does what one message of a worker asks for.
 */
static void
take_message(BuildWorkers *workers, BuildWorker *worker, char *data, Size size, BuildStep **steps)
{
	MemoryContext old = MemoryContextSwitchTo(workers->graph->context);
	StringInfoData message;
	char		type;

	initStringInfo(&message);
	appendBinaryStringInfo(&message, data, size);
	type = pq_getmsgbyte(&message);
	if (type == MESSAGE_FAILURE)
		get_failure(&message, steps);
	else if (type == 'N' || type == 'E')
	{
		ErrorData	error;

		pq_parse_errornotice(&message, &error);
		if (error.elevel >= ERROR)
		{
			/* what that means is known when it has left */
			worker->error = palloc(sizeof(ErrorData));
			*worker->error = error;
			worker->error->elevel = ERROR;
		}
		else
		{
			MemoryContextSwitchTo(old);
			ThrowErrorData(&error);
		}
	}
	pfree(message.data);
	MemoryContextSwitchTo(old);
}

/*
 * worker_left
 *		A worker is gone.  If it had a task in hand, that was rolled back, and
 *		the call ends; if not, we do without it.
 */
static void
worker_left(BuildWorkers *workers, int number)
{
	BuildWorker *worker = &workers->workers[number];
	BuildQueue *queue = workers->queue->queue;
	int			i;

	worker->messages = NULL;
	for (i = 0; i < queue->task_count; i++)
	{
		BuildTask  *task = &queue->tasks[i];

		if (pg_atomic_read_u32(&task->state) != TASK_RUNNING || task->worker != number)
			continue;
		ereport(ERROR,
				(errcode(worker->error ? worker->error->sqlerrcode : ERRCODE_ADMIN_SHUTDOWN),
				 errmsg("the background worker that built model \"%s\" has ended",
						quote_qualified_identifier(NameStr(task->schema), NameStr(task->name))),
				 worker->error ? errdetail("It said: %s.", worker->error->message) : 0,
				 errhint("The environment's views are as they were, and what was built is kept. Call it again.")));
	}
	if (worker->error != NULL)
		ereport(DEBUG1,
				(errmsg_internal("a build worker did not take part: %s", worker->error->message)));
}

/*
 * hear
 *		Takes messages of one worker: those that are there, or all until it has
 *		left.
 */
static void
hear(BuildWorkers *workers, int number, BuildStep **steps, bool nowait)
{
	BuildWorker *worker = &workers->workers[number];

	while (worker->messages != NULL)
	{
		Size		size;
		void	   *data;
		shm_mq_result result = shm_mq_receive(worker->messages, &size, &data, nowait);

		if (result == SHM_MQ_WOULD_BLOCK)
			break;
		if (result == SHM_MQ_DETACHED)
			worker_left(workers, number);
		else
			take_message(workers, worker, data, size, steps);
	}
}

/*
 * HearBuildWorkers
 *		See build_worker.h.
 */
void
HearBuildWorkers(BuildWorkers *workers, BuildStep **steps)
{
	int			i;

	for (i = 0; i < workers->count; i++)
		hear(workers, i, steps, true);
}

/*
 * AwaitBuildWorkers
 *		See build_worker.h.  One that has not come yet finds nothing to do, and
 *		is not waited for.
 */
void
AwaitBuildWorkers(BuildWorkers *workers, BuildStep **steps)
{
	int			i;

	for (i = 0; i < workers->count; i++)
	{
		if (shm_mq_get_sender(workers->workers[i].queue) != NULL)
			hear(workers, i, steps, false);
	}
	workers->count = 0;
}

/*
 * EndBuildWorkers
 *		See build_worker.h.
 */
void
EndBuildWorkers(BuildWorkers *workers)
{
	int			i;

	HOLD_INTERRUPTS();
	for (i = 0; i < workers->count; i++)
		TerminateBackgroundWorker(workers->workers[i].handle);
	for (i = 0; i < workers->count; i++)
		(void) WaitForBackgroundWorkerShutdown(workers->workers[i].handle);
	workers->count = 0;
	RESUME_INTERRUPTS();
}

/* ---------------------------------------------------------------------
 * The worker's side
 * ---------------------------------------------------------------------
 */

/*
 * send_failure
 *		Tells the session why a task failed.
 */
static void
send_failure(int task, const ErrorData *error)
{
	StringInfoData message;

	pq_beginmessage(&message, MESSAGE_FAILURE);
	pq_sendint32(&message, task);
	pq_sendint32(&message, error->sqlerrcode);
	pq_sendint32(&message, error->internalpos);
	put_string(&message, error->message);
	put_string(&message, error->detail);
	put_string(&message, error->hint);
	put_string(&message, error->context);
	put_string(&message, error->internalquery);
	pq_endmessage(&message);
}

/*
 * begin
 *		Begins a transaction as the role that called.
 */
static void
begin(VdeSession *session, const BuildQueue *queue)
{
	HoldMessages();
	SetCurrentStatementStartTimestamp();
	SetUserIdAndSecContext(queue->caller, 0);
	StartTransactionCommand();
	UseReadCommitted();
	PushActiveSnapshot(GetTransactionSnapshot());
	SessionBegin(session, NULL);
}

/*
 * end
 *		Commits it.  As in the session, a build's commit does not wait for the
 *		disk: that of the swap does, and comes later in the same log.
 */
static void
end(VdeSession *session)
{
	SessionEnd(session);
	PopActiveSnapshot();
	(void) set_config_option("synchronous_commit", "off",
							 PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
	CommitTransactionCommand();
	pgstat_report_stat(false);
}

/*
 * plan
 *		The session's graph, made anew; NULL if it is another one by now.
 */
static Graph *
plan(QueueHandle *handle, int number, MemoryContext context)
{
	BuildQueue *queue = handle->queue;
	VdeSession	session;
	Environment *environment;
	Graph	   *graph = NULL;
	char	   *part = shm_toc_lookup(handle->toc, QUEUE_KEY_RECIPE, false);
	StringInfoData recipe;

	begin(&session, queue);
	MemoryContextSwitchTo(context);
	initStringInfo(&recipe);
	{
		int			length;

		memcpy(&length, part, sizeof(int));
		appendBinaryStringInfo(&recipe, part + sizeof(int), length);
	}
	environment = FindEnvironment(queue->environment, false);
	Assert(CurrentMemoryContext == context);
	if (environment->id == queue->environment_id)
	{
		graph = make_graph_again(environment, &recipe);
		graph->caller = queue->caller;
		if (!same_graph(graph, queue))
			graph = NULL;
	}
	end(&session);
	LetMessagesGo();
	return graph;
}

/*
 * perform
 *		One task in a transaction of its own.
 */
static void
perform(QueueHandle *handle, Graph *graph, int number)
{
	BuildTask  *task = &handle->queue->tasks[number];
	BuildStep  *step = MemoryContextAllocZero(graph->context, sizeof(BuildStep));
	VdeSession	session;
	TaskState	state;
	char	   *activity;

	step->node = (GraphNode *) list_nth(graph->affected, number);
	step->refresh = task->refresh;
	step->if_changed = task->if_changed;

	activity = psprintf("vde: %s of model %s for environment %s", task->refresh ? "refresh" : "build",
						QuoteModelName(&step->node->name), handle->queue->environment);
	pgstat_report_activity(STATE_RUNNING, activity);
	debug_query_string = activity;

	begin(&session, handle->queue);
	CatchUpWithQueue(graph, handle);
	state = RunBuildTask(graph, step, handle, false);
	VDE_POINT("worker: before commit");
	end(&session);
	VDE_POINT("worker: after commit");

	/*
	 * a failure has its reason; for what is built nobody waits until we are
	 * heard
	 */
	if (state == TASK_FAILED)
	{
		send_failure(number, step->error);
		LetMessagesGo();
	}
	QueueFinish(handle, number, state);
	LetMessagesGo();
	debug_query_string = NULL;
	pfree(activity);
	pgstat_report_activity(STATE_IDLE, NULL);
}

/*
 * stop_waiting
 *		Before the shared memory goes in which we wait: outside of a transaction
 *		nobody else takes us off the list there, at the end or when we are
 *		terminated.
 */
static void
stop_waiting(int code, Datum arg)
{
	ConditionVariableCancelSleep();
}

/*
 * vde_build_worker_main
 *		What a background worker does.
 */
void
vde_build_worker_main(Datum main_arg)
{
	MemoryContext context;
	QueueHandle *handle;
	BuildQueue *queue;
	Graph	   *graph;
	shm_mq	   *mq;
	int			number;
	int			task;

	memcpy(&number, MyBgworkerEntry->bgw_extra, sizeof(int));
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();

	context = AllocSetContextCreate(TopMemoryContext, "vde build worker", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);

	/* the session may have done it all by now */
	handle = QueueAttach(DatumGetUInt32(main_arg));
	if (handle == NULL || QueueIsOver(handle))
		proc_exit(0);
	queue = handle->queue;
	before_shmem_exit(stop_waiting, (Datum) 0);
	mq = (shm_mq *) ((char *) shm_toc_lookup(handle->toc, QUEUE_KEY_MESSAGES, false) +
					 (Size) MESSAGES_SIZE * number);
	shm_mq_set_sender(mq, MyProc);
	SpeakToSession(handle->segment, shm_mq_attach(mq, handle->segment, NULL));

	BackgroundWorkerInitializeConnectionByOid(queue->database, queue->authenticated_user, 0);
	StartTransactionCommand();
	RestoreLibraryState(shm_toc_lookup(handle->toc, QUEUE_KEY_LIBRARIES, false));
	RestoreGUCState(shm_toc_lookup(handle->toc, QUEUE_KEY_SETTINGS, false));
	CommitTransactionCommand();

	/* the client's is for the session, which converts what we say */
	SetClientEncoding(GetDatabaseEncoding());

	VDE_POINT("worker: before plan");
	if (QueueIsOver(handle))
		proc_exit(0);
	graph = plan(handle, number, context);
	VDE_POINT("worker: planned");
	if (graph == NULL)
		ereport(LOG,
				(errmsg("a build worker did not take part: what environment \"%s\" reads has changed since it was planned",
						queue->environment)));
	while (graph != NULL && !QueueIsOver(handle) && !pg_atomic_read_u32(&queue->stopped))
	{
		CHECK_FOR_INTERRUPTS();
		MemoryContextSwitchTo(graph->context);
		task = QueueTake(handle, number);
		if (task >= 0)
		{
			VDE_POINT("worker: task taken");
			perform(handle, graph, task);
		}
		else
			QueueWait(handle);
	}
	proc_exit(0);
}
