/*-------------------------------------------------------------------------
 *
 * build.c
 *	  Carrying out a plan's work on one physical table.  Which model is next,
 *	  and in which process, is in build_schedule.c.
 *
 * Each model is built in one transaction together with its rows in the
 * catalog: either a version's relation is there, complete, and known, or
 * nothing of it is.  Outside a transaction block that transaction is committed
 * at once, so that a failure or a crash later loses nothing of it.
 *
 * The model is analyzed anew before it is built, and once more after: if
 * anything that its query uses was replaced since the plan, or while the
 * query ran, the build stops and leaves no trace.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "build.h"
#include "catalog.h"
#include "compat.h"
#include "cutoff.h"
#include "fault.h"
#include "node_access.h"
#include "physical.h"
#include "physical_view.h"
#include "receiver.h"
#include "session.h"
#include "snapshot.h"
#include "subtransaction.h"
#include "table_reader.h"
#include "text_privacy.h"
#include "withheld.h"

/*
 * save_build
 *		One row of vde.build; rows -1 where there are none to count.
 */
static void
save_build(Graph *graph, BuildStep *step, const char *state, int64 rows,
		   double seconds, TimestampTz started)
{
	ErrorData  *error = step->error;

	CatalogWrite("INSERT INTO vde.build (model_id, environment, xxh3, action, state, row_count, seconds, "
				 "sqlstate, message, \"position\", built_by, started_at) "
				 "VALUES ($1, $2, $3, $4, $5, NULLIF($6, -1), $7, $8, $9, NULLIF($10, 0), $11, $12)", "lttttldttlrz",
				 step->node->model_id, graph->environment->name,
				 DigestXxh3(&step->node->version.digest),
				 step->refresh ? "refresh" : "build", state, rows, seconds,
				 error ? unpack_sql_state(error->sqlerrcode) : NULL,
				 error ? error->message : NULL,
				 (int64) (error ? error->internalpos : 0),
				 step->node->definition->owner, started);
}

/*
 * step_number
 *		The number of a step, given when it ends.
 */
static int
step_number(BuildStep *step, QueueHandle *queue)
{
	if (step->number == 0)
		step->number = QueueNumber(queue);
	return step->number;
}

/*
 * with_thousands
 *		A number for people: 1,204,331.
 */
static char *
with_thousands(uint64 number)
{
	char	   *digits = psprintf(UINT64_FORMAT, number);
	int			length = strlen(digits);
	StringInfoData text;
	int			i;

	initStringInfo(&text);
	for (i = 0; i < length; i++)
	{
		if (i > 0 && (length - i) % 3 == 0)
			appendStringInfoChar(&text, ',');
		appendStringInfoChar(&text, digits[i]);
	}
	return text.data;
}

/*
 * held_before
 *		Did a version's table hold these contents already?
 */
static bool
held_before(const Version *version, const Contents *contents)
{
	return contents->hash[0] != '\0' && !version->emptied && !version->refilled &&
		CatalogRead("SELECT FROM vde.version WHERE id = $1 AND content_hash = $2", "lt",
					version->id, contents->hash) > 0;
}

/* what check_readers is called with */
typedef struct FilledTable
{
	Graph	   *graph;
	const GraphNode *node;
	const Version *version;
} FilledTable;

/*
 * check_readers
 *		CheckTableReaders, once a refresh has run its query.
 */
static void
check_readers(void *arg)
{
	const FilledTable *table = arg;

	CheckTableReaders(table->graph, table->node, table->version);
}

/*
 * fill_step
 *		Builds or refreshes one model's relation, with its row in the catalog.
 */
static void
fill_step(Graph *graph, BuildStep *step, Version *version, QueueHandle *queue)
{
	GraphNode  *node = step->node;
	Definition *definition = node->definition;
	bool		has_rows = KindHasRows(definition->kind);
	TimestampTz started = GetCurrentTimestamp();
	TimestampTz read_at = SourcesReadAt();
	Fingerprint *fingerprint;
	List	   *inputs = NIL;
	Query	   *query;
	Contents	contents = {0};
	bool		can_cut_off;
	bool		as_before = false;
	double		seconds;

	query = BindNodeWith(graph, node, &fingerprint);
	VDE_POINT("build: analyzed");

	can_cut_off = step->if_changed && version->built && !version->emptied && !version->refilled &&
		CanCutOff(graph, node, query, fingerprint);

	/* before the query's snapshot, and once who switches them now is done */
	if (has_rows)
		inputs = ReadFillInputs(graph, node);
	VDE_POINT("build: inputs read");
	if (can_cut_off && SameFillInputs(version->id, inputs))
	{
		CatalogWrite("UPDATE vde.version SET refreshed_at = $2 WHERE id = $1", "lz",
					 version->id, read_at);
		version->refreshed_at = read_at;
		step->unchanged = true;
		save_build(graph, step, "unchanged", -1,
				   (GetCurrentTimestamp() - started) / (double) USECS_PER_SEC, started);
		ereport(NOTICE,
				(errmsg("[%d/%d] %s not refreshed: nothing that it reads changed", step_number(step, queue), queue->queue->step_count,
						QuoteModelName(&node->name))));
		return;
	}

	if (step->refresh && !has_rows)
		RebindPhysicalView(definition, query, version->relation_name);
	else if (step->refresh)
	{
		FilledTable table = {graph, node, version};

		contents = RefreshPhysical(definition, query, version->relation_name, check_readers, &table);
		as_before = held_before(version, &contents);
	}
	else
	{
		contents = BuildPhysical(definition, node->columns, query, version->relation_name);
		/* one that is made anew, for those who had it before */
		if (version->id != 0)
			CheckTableReaders(graph, node, version);
	}
	VDE_POINT("build: relation made");
	/* the same once more: nothing may have been replaced meanwhile */
	(void) BindNode(graph, node);
	VDE_POINT("build: analyzed again");

	seconds = (GetCurrentTimestamp() - started) / (double) USECS_PER_SEC;
	SaveVersionFilled(node->model_id, version, read_at, has_rows ? (int64) contents.rows : -1,
					  has_rows ? contents.hash : "", seconds, definition->owner);
	if (has_rows)
		SaveFillInputs(version->id, inputs);
	VDE_POINT("build: version written");
	version->built = true;
	version->emptied = version->refilled = false;
	version->refreshed_at = read_at;
	save_build(graph, step, "built", has_rows ? (int64) contents.rows : -1, seconds, started);
	VDE_POINT("build: noted");
	if (has_rows)
		ereport(NOTICE,
				(errmsg("[%d/%d] %s %s %s %s in %.1f s%s", step_number(step, queue), queue->queue->step_count,
						QuoteModelName(&node->name), step->refresh ? "refreshed" : "built",
						with_thousands(contents.rows), contents.rows == 1 ? "row" : "rows", seconds,
						as_before ? ", contents as before" : "")));
	else
		ereport(NOTICE,
				(errmsg(step->refresh ? "[%d/%d] %s shows what has the names in its query now" :
						"[%d/%d] %s built as a view", step_number(step, queue), queue->queue->step_count,
						QuoteModelName(&node->name))));
}

/*
 * run_step
 *		Builds or refreshes one model, in the transaction at hand.
 */
static void
run_step(Graph *graph, BuildStep *step, QueueHandle *queue)
{
	GraphNode  *node = step->node;
	Definition *definition = node->definition;
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "vde build",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);
	Version		version;

	/* whoever builds the same version now: wait for its commit */
	LockVersion(DigestXxh3(&node->version.digest));
	VDE_POINT("build: version locked");
	LookUpVersion(&node->name, definition->kind, &node->version.digest, &version);
	if (!version.built && IsolationUsesXactSnapshot() && version.relation_name != NULL &&
		OidIsValid(PhysicalRelation(version.relation_name)))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to a concurrent build of model \"%s\"",
						QuoteModelName(&node->name)),
				 errhint("Call it again in a new transaction.")));
	CheckParents(graph, node, definition);
	VDE_POINT("build: access checked");

	if (version.built && !step->refresh)
	{
		ereport(NOTICE,
				(errmsg("[%d/%d] %s was built by another session meanwhile", step_number(step, queue), queue->queue->step_count,
						QuoteModelName(&node->name))));
		CheckNodeAccess(graph, node);
		ForgetWithheld(version.id, definition->owner);
	}
	else
		fill_step(graph, step, &version, queue);

	if (node->computed)
	{
		node->snapshot_id = SaveSnapshot(definition, &version, node->fingerprint,
										 node->declared_breaking, node->columns, GraphParentIds(node), node->lineage);
	}
	VDE_POINT("build: snapshot written");
	MemoryContextSwitchTo(graph->context);
	if (version.relation_name != NULL)
		version.relation_name = pstrdup(version.relation_name);
	node->version = version;
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
}

/* what build_error_callback needs */
typedef struct BuildContext
{
	char	   *name;			/* of the model */
	char	   *hidden_by;		/* as in ModelContext */
} BuildContext;

/*
 * build_error_callback
 *		Names the model where its error ends the call as it is.
 */
static void
build_error_callback(void *arg)
{
	const BuildContext *context = arg;

	if (context->hidden_by != NULL)
		HideModelError(context->name, context->hidden_by);
	errcontext("build of model \"%s\"", context->name);
}

/*
 * ErrorEndsCall
 *		Errors that end the call, and not only one model's build.
 */
bool
ErrorEndsCall(const ErrorData *error)
{
	return ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION;
}

/*
 * try_step
 *		run_step in a subtransaction; an error is kept in the step.
 *
 * It is kept without the context of the call: the error that ends the call has
 * that once more.
 */
static void
try_step(Graph *graph, BuildStep *step, QueueHandle *queue)
{
	Subtransaction sub;
	ErrorContextCallback *callers = error_context_stack;
	Oid			keep_of = KeepModelErrorsOf;

	SubtransactionBegin(&sub);
	sub.errors = graph->context;
	/* as it is for vde_builds, and hidden where the call ends with it */
	if (IsPrivate(step->node->definition))
		KeepModelErrorsOf = step->node->definition->owner;
	error_context_stack = NULL;
	PG_TRY();
	{
		if (step->error != NULL)
			ReThrowError(step->error);
		run_step(graph, step, queue);
		SubtransactionEnd(&sub, true);
	}
	PG_CATCH();
	{
		step->error = SubtransactionFailed(&sub);
		step->failed = true;
	}
	PG_END_TRY();
	KeepModelErrorsOf = keep_of;
	error_context_stack = callers;
}

/*
 * step_over
 *		What came of a step.
 */
static TaskState
step_over(const BuildStep *step)
{
	if (step->skipped)
		return TASK_SKIPPED;
	if (step->failed)
		return TASK_FAILED;
	return step->unchanged ? TASK_UNCHANGED : TASK_DONE;
}

/*
 * RunBuildTask
 *		See build.h.
 */
TaskState
RunBuildTask(Graph *graph, BuildStep *step, QueueHandle *queue, bool raise)
{
	BuildTask  *task = &queue->queue->tasks[step->node->task];
	TimestampTz started = GetCurrentTimestamp();

	if (task->doomed)
	{
		step->skipped = true;
		save_build(graph, step, "skipped", -1, 0, started);
		VDE_POINT("build: skipped");
	}
	else if (raise)
	{
		ErrorContextCallback callback;
		BuildContext context;

		if (step->error != NULL)
			ReThrowError(step->error);
		callback.callback = build_error_callback;
		callback.arg = &context;
		context.name = QuoteModelName(&step->node->name);
		context.hidden_by = HidesErrors(step->node->definition) ?
			GetUserNameFromId(step->node->definition->owner, false) : NULL;
		callback.previous = error_context_stack;
		error_context_stack = &callback;
		HeapReceiverReportTo(&task->rows);
		run_step(graph, step, queue);
		HeapReceiverReportTo(NULL);
		error_context_stack = callback.previous;
	}
	else
	{
		HeapReceiverReportTo(&task->rows);
		try_step(graph, step, queue);
		HeapReceiverReportTo(NULL);
		if (step->failed)
		{
			/* there is no time to write anything down */
			if (ErrorEndsCall(step->error) && step->error->sqlerrcode != ERRCODE_QUERY_CANCELED)
				ThrowErrorData(step->error);
			save_build(graph, step, "failed", -1, 0, started);
			VDE_POINT("build: failed");
		}
	}
	(void) step_number(step, queue);
	return step_over(step);
}

/*
 * CatchUpWithQueue
 *		See build.h.
 */
void
CatchUpWithQueue(Graph *graph, QueueHandle *queue)
{
	MemoryContext old = MemoryContextSwitchTo(graph->context);
	int			task;

	/* relations that others have made */
	AcceptInvalidationMessages();
	while ((task = QueueNextEnded(queue)) >= 0)
	{
		GraphNode  *node = (GraphNode *) list_nth(graph->affected, task);

		if (queue->queue->tasks[task].pid != MyProcPid)
		{
			Digest		digest = node->version.digest;

			LookUpVersion(&node->name, node->definition->kind, &digest, &node->version);
		}
	}
	MemoryContextSwitchTo(old);
}
