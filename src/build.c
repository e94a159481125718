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

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "rewrite/rewriteHandler.h"
#include "tcop/tcopprot.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "build.h"
#include "catalog.h"
#include "compat.h"
#include "consent.h"
#include "cutoff.h"
#include "fault.h"
#include "physical.h"
#include "receiver.h"
#include "snapshot.h"
#include "subtransaction.h"
#include "virtual_layer.h"

/*
 * may_read_view
 *		May a role read the environment's view of a model?
 *
 * Only a view of the model's owner says so: whoever owns the schema can drop
 * the view and put a relation of their own in its place.  What the role may as
 * that view's owner does not count where the view is to get another one: it
 * would run code of the next owner without ever having been granted anything.
 */
static bool
may_read_view(Graph *graph, GraphNode *node, Oid role)
{
	Oid			namespace = get_namespace_oid(ViewSchema(&node->name, graph->environment->name), true);
	Oid			view = OidIsValid(namespace) ? get_relname_relid(node->name.name, namespace) : InvalidOid;
	HeapTuple	tuple;
	bool		ours = false;

	if (!OidIsValid(view) || !KindHasRelation(node->definition->kind))
		return false;
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(view));
	if (HeapTupleIsValid(tuple))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

		ours = form->relkind == RELKIND_VIEW &&
			(form->relowner == node->definition->owner ||
			 (node->current_definition != NULL && form->relowner == node->current_definition->owner));
		if (form->relowner != node->definition->owner && has_privs_of_role(role, form->relowner))
			role = ACL_ID_PUBLIC;
		ReleaseSysCache(tuple);
	}
	return ours && pg_class_aclcheck(view, role, ACL_SELECT) == ACLCHECK_OK;
}

/*
 * has_consent
 *		May a model be run as its owner over a parent of another role?
 *
 * The parent's owner decides what code its query or its types run, and it
 * runs as the reader's owner.  So that role must want it: the caller has its
 * rights, or the same two roles stand behind these two models in some
 * environment already (where one got there by this rule, or as a copy).  Else
 * whoever may deploy to an environment could run code as anybody who ever
 * registered a model, by slipping a parent under it.
 */
static bool
has_consent(Graph *graph, const Definition *reader, const Definition *parent)
{
	return has_privs_of_role(parent->owner, reader->owner) ||
		has_privs_of_role(graph->caller, reader->owner) ||
		HaveAgreed(reader, parent);
}

/*
 * check_replaced
 *		Refuses that something outside stands in for a model that a definition
 *		was written over, unless the reader's owner wants it.
 *
 * Anybody can make an environment in which a model is gone, and perhaps an
 * object of that name, with code of theirs in it.  A definition that has been
 * deployed without the model once may be again.
 */
static void
check_replaced(Graph *graph, GraphNode *node, const Definition *reader)
{
	List	   *ids = NIL;
	List	   *names = NIL;
	ListCell   *cell;
	uint64		rows;
	uint64		row;

	if (is_member_of_role_nosuper(graph->caller, reader->owner))
		return;
	foreach(cell, GraphParents(graph, node))
		ids = lappend(ids, CopyId(((GraphNode *) lfirst(cell))->model_id));
	rows = CatalogRead("SELECT m.schema_name, m.model_name FROM vde.snapshot s "
					   "JOIN vde.snapshot_parent sp ON sp.snapshot_id = s.id "
					   "JOIN vde.model m ON m.id = sp.parent_model_id "
					   "WHERE s.definition_id = $1 AND sp.parent_model_id <> ALL ($2) "
					   "GROUP BY m.id, m.schema_name, m.model_name "
					   "HAVING count(*) = (SELECT count(*) FROM vde.snapshot WHERE definition_id = $1) ORDER BY 1, 2", "lI",
					   node->definition->id, ids);
	for (row = 0; row < rows; row++)
		names = lappend(names, list_make2(CatalogText(row, 1), CatalogText(row, 2)));
	foreach(cell, names)
	{
		List	   *name = (List *) lfirst(cell);
		GraphNode  *parent = GraphFind(graph, linitial(name), lsecond(name));

		/* else it was read through something outside, which changed */
		if (GraphNodeLives(parent) && parent->definition->kind != KIND_EXTERNAL)
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to run model \"%s\" as role \"%s\"",
						QuoteModelName(&reader->name), GetUserNameFromId(reader->owner, true)),
				 errdetail("Environment \"%s\" has no model \"%s\", and it would read something else of that name.",
						   graph->environment->name, QuoteModelName(&parent->name)),
				 errhint("Have a member of \"%s\" apply this first, or remove model \"%s\", too.",
						 GetUserNameFromId(reader->owner, true), QuoteModelName(&reader->name))));
	}
}

/*
 * check_parents
 *		A model's owner needs SELECT on the environment's view of each parent,
 *		and must have agreed to read it; the physical table is read with that
 *		checked.
 *
 * Who has the rights of the parent's owner needs no grant.  What an embedded
 * parent reads is read by the same role, so its parents are looked at, too:
 * also those of one that nothing affects, which are in the catalog alone.
 */
static void
check_parents(Graph *graph, GraphNode *node, const Definition *reader)
{
	ListCell   *cell;

	check_stack_depth();
	check_replaced(graph, node, reader);
	foreach(cell, GraphParents(graph, node))
	{
		GraphNode  *parent = (GraphNode *) lfirst(cell);

		if (!GraphNodeLives(parent))
			continue;
		if (parent->definition->kind == KIND_EMBEDDED)
			check_parents(graph, parent, reader);
		if (parent->definition->owner == reader->owner)
			continue;
		if (!has_consent(graph, reader, parent->definition))
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("permission denied to run model \"%s\" as role \"%s\"",
							QuoteModelName(&reader->name), GetUserNameFromId(reader->owner, true)),
					 errdetail("It would read model \"%s\" of role \"%s\" for the first time, which can run code with the rights of \"%s\".",
							   QuoteModelName(&parent->name), GetUserNameFromId(parent->definition->owner, true),
							   GetUserNameFromId(reader->owner, true)),
					 errhint("Have a member of \"%s\" apply this first, or register model \"%s\" as your own.",
							 GetUserNameFromId(reader->owner, true), QuoteModelName(&reader->name))));
		if (has_privs_of_role(reader->owner, parent->definition->owner) ||
			may_read_view(graph, parent, reader->owner))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for model \"%s\"", QuoteModelName(&parent->name)),
				 errdetail("Model \"%s\" reads it as role \"%s\".", QuoteModelName(&reader->name),
						   GetUserNameFromId(reader->owner, true)),
				 errhint("Have its owner grant SELECT on %s.%s to that role.",
						 quote_identifier(ViewSchema(&parent->name, graph->environment->name)),
						 quote_identifier(parent->name.name))));
	}
}

/*
 * reads_new_owner
 *		Does a node read a model that is to belong to another role than now?
 */
static bool
reads_new_owner(Graph *graph, const GraphNode *node)
{
	ListCell   *cell;

	check_stack_depth();
	foreach(cell, GraphParents(graph, node))
	{
		GraphNode  *parent = (GraphNode *) lfirst(cell);

		if (!GraphNodeLives(parent))
			continue;
		if (parent->current_definition != NULL &&
			parent->current_definition->owner != parent->definition->owner)
			return true;
		if (parent->definition->kind == KIND_EMBEDDED && reads_new_owner(graph, parent))
			return true;
	}
	return false;
}

/*
 * CheckNewOwners
 *		See build.h.  Where two roles stand behind reader and parent once, they
 *		count as having agreed (has_consent).
 */
void
CheckNewOwners(Graph *graph)
{
	ListCell   *cell;

	foreach(cell, graph->affected)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);

		CHECK_FOR_INTERRUPTS();
		if (GraphNodeLives(node) && KindHasRelation(node->definition->kind) &&
			node->definition->kind != KIND_SEED && reads_new_owner(graph, node))
			check_parents(graph, node, node->definition);
	}
}

/*
 * CheckNodeAccess
 *		See build.h.  Starts the executor as EXPLAIN would, which checks every
 *		table and function, and runs nothing.
 */
void
CheckNodeAccess(Graph *graph, GraphNode *node)
{
	MemoryContext scratch;
	MemoryContext old;
	Query	   *query;
	RunAs		run_as;

	/* nothing runs as yet, but from then on it counts as deployed like that */
	if (node->definition->kind == KIND_EMBEDDED)
		check_replaced(graph, node, node->definition);
	if (!KindHasRelation(node->definition->kind) || node->definition->kind == KIND_SEED)
		return;
	check_parents(graph, node, node->definition);

	scratch = AllocSetContextCreate(CurrentMemoryContext, "vde access", ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(scratch);
	query = BindNode(graph, node);
	AcquireRewriteLocks(query, true, false);
	RunAsBegin(&run_as, node->definition->owner, node->definition->settings, true);
	PushActiveSnapshot(GetTransactionSnapshot());
	{
		List	   *rewritten = QueryRewrite(query);
		PlannedStmt *planned = VdePlanQuery(linitial_node(Query, rewritten),
											node->definition->query, CURSOR_OPT_PARALLEL_OK);
		QueryDesc  *desc = CreateQueryDesc(planned, node->definition->query,
										   GetActiveSnapshot(), InvalidSnapshot,
										   None_Receiver, NULL, NULL, 0);

		ExecutorStart(desc, EXEC_FLAG_EXPLAIN_ONLY);
		ExecutorEnd(desc);
		FreeQueryDesc(desc);
	}
	PopActiveSnapshot();
	RunAsEnd(&run_as);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
}

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
	return contents->hash[0] != '\0' && !version->emptied &&
		CatalogRead("SELECT FROM vde.version WHERE id = $1 AND content_hash = $2", "lt",
					version->id, contents->hash) > 0;
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
	Fingerprint *fingerprint;
	List	   *inputs = NIL;
	Query	   *query;
	Contents	contents;
	bool		can_cut_off;
	bool		as_before = false;
	double		seconds;

	query = BindNodeWith(graph, node, &fingerprint);
	VDE_POINT("build: analyzed");

	can_cut_off = step->if_changed && version->built && !version->emptied &&
		CanCutOff(graph, node, query, fingerprint);

	/* before the query's snapshot, and once who switches them now is done */
	if (has_rows)
		inputs = ReadFillInputs(graph, node);
	VDE_POINT("build: inputs read");
	if (can_cut_off && SameFillInputs(version->id, inputs))
	{
		CatalogWrite("UPDATE vde.version SET refreshed_at = $2 WHERE id = $1", "lz",
					 version->id, started);
		version->refreshed_at = started;
		step->unchanged = true;
		save_build(graph, step, "unchanged", -1,
				   (GetCurrentTimestamp() - started) / (double) USECS_PER_SEC, started);
		ereport(NOTICE,
				(errmsg("[%d/%d] %s not refreshed: nothing that it reads changed", step_number(step, queue), queue->queue->step_count,
						QuoteModelName(&node->name))));
		return;
	}

	if (step->refresh)
	{
		contents = RefreshPhysical(definition, query, version->relation_name);
		as_before = held_before(version, &contents);
	}
	else
		contents = BuildPhysical(definition, node->columns, query, version->relation_name);

	VDE_POINT("build: relation made");
	/* the same once more: nothing may have been replaced meanwhile */
	(void) BindNode(graph, node);
	VDE_POINT("build: analyzed again");

	seconds = (GetCurrentTimestamp() - started) / (double) USECS_PER_SEC;
	SaveVersionFilled(node->model_id, version, started, has_rows ? (int64) contents.rows : -1,
					  has_rows ? contents.hash : "", seconds, definition->owner);
	if (has_rows)
		SaveFillInputs(version->id, inputs);
	VDE_POINT("build: version written");
	version->built = true;
	version->emptied = false;
	version->refreshed_at = started;
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
				(errmsg("[%d/%d] %s built as a view", step_number(step, queue), queue->queue->step_count,
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
	check_parents(graph, node, definition);
	VDE_POINT("build: access checked");

	if (version.built && !step->refresh)
	{
		ereport(NOTICE,
				(errmsg("[%d/%d] %s was built by another session meanwhile", step_number(step, queue), queue->queue->step_count,
						QuoteModelName(&node->name))));
		CheckNodeAccess(graph, node);
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

/*
 * build_error_callback
 *		Names the model where its error ends the call as it is.
 */
static void
build_error_callback(void *arg)
{
	errcontext("build of model \"%s\"", QuoteModelName(&((GraphNode *) arg)->name));
}

/*
 * ErrorEndsCall
 *		Errors that end the call, and not only one model's build.
 */
bool
ErrorEndsCall(const ErrorData *error)
{
	return error->sqlerrcode == ERRCODE_QUERY_CANCELED ||
		ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_TO_CATEGORY(ERRCODE_ADMIN_SHUTDOWN);
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

	SubtransactionBegin(&sub);
	sub.errors = graph->context;
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

		if (step->error != NULL)
			ReThrowError(step->error);
		callback.callback = build_error_callback;
		callback.arg = step->node;
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
