/*-------------------------------------------------------------------------
 *
 * run.c
 *	  vde_run: fresh source rows arrive in the tables, in graph order, each
 *	  model switched at its own commit.
 *
 * A run changes contents, never pointers: it is no deployment.  A version that
 * several environments point at is refreshed by one of them alone (prod, or
 * the oldest), so that two schedules do not refresh it twice and nobody's
 * experiment moves prod's data.  A model that reads something which changed
 * outside is not refreshed: its table would no longer be what its version
 * says.  Nor is one that reads only tables of models which hold what they did
 * when it was filled last; that is decided when its turn comes (cutoff.c).
 *
 * A model that was kept because somebody declared a change non_breaking cannot
 * be refreshed as it is: fresh rows would come from a parent that its version
 * knows nothing of.  So such models are settled first: built as what they are
 * over their parents now, and deployed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "argument.h"
#include "build_schedule.h"
#include "catalog.h"
#include "compat.h"
#include "deployment.h"
#include "environment_lock.h"
#include "drift.h"
#include "fault.h"
#include "freshness.h"
#include "lock_budget.h"
#include "overrule.h"
#include "plan.h"
#include "table_reader.h"

PG_FUNCTION_INFO_V1(vde_run);

/*
 * drifted_node
 *		The model as it would be now, if something outside has made it another
 *		one, or one that cannot be analyzed; else NULL.
 */
static const GraphNode *
drifted_node(Graph *now, const GraphNode *node)
{
	const GraphNode *candidate = GraphFind(now, node->name.schema, node->name.name);

	if (!candidate->affected)
		return NULL;
	if (candidate->problem != NULL || candidate->missing != NIL || candidate->blocked ||
		GraphNodeMoves(candidate))
		return candidate;
	return NULL;
}

/*
 * kept_error
 *		The error of a model that stays kept.
 */
static ErrorData *
kept_error(Graph *graph, const char *changed)
{
	MemoryContext old = MemoryContextSwitchTo(graph->context);
	ErrorData  *error = palloc0(sizeof(ErrorData));

	error->elevel = ERROR;

	/* a refresh that stops with the code of drift makes plans suspect drift */
	error->sqlerrcode = ERRCODE_OBJECT_IN_USE;
	error->message = psprintf("it was kept when what it reads changed, and cannot follow: %s", changed);
	error->hint = psprintf("Look at it with vde_plan('%s') and apply.", graph->environment->name);
	error->assoc_context = graph->context;
	MemoryContextSwitchTo(old);
	return error;
}

/*
 * settle
 *		Has kept models follow what they read: deploys them and what is
 *		downstream of them.  Returns what kept some from it, or NULL.
 *
 * A run deploys nothing that changed outside, so one such model among them
 * leaves all of them as they are.
 */
static char *
settle(VdeSession *session, const Environment *environment, List *kept)
{
	VdePlan    *plan;
	Graph	   *now;
	List	   *ids = NIL;
	ListCell   *cell;

	foreach(cell, kept)
		ids = lappend(ids, CopyId(((KeptModel *) lfirst(cell))->model_id));
	plan = PlanSettlement(environment, ids);
	now = ComputeGraph(environment, NIL, true);
	foreach(cell, plan->graph->affected)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);
		GraphNode  *candidate = GraphFind(now, node->name.schema, node->name.name);

		if (node->problem != NULL)
			return psprintf("%s: %s", QuoteModelName(&node->name), node->problem->message);
		if (candidate->affected && candidate->drift != NIL &&
			(candidate->problem != NULL || candidate->blocked || GraphNodeMoves(candidate)))
			return psprintf("%s changed since model %s was deployed",
							(char *) linitial(candidate->drift), QuoteModelName(&node->name));
	}
	CheckPlan(plan);
	if (PlanIsEmpty(plan))
		return NULL;
	VDE_POINT("run: before settling");
	/* it has no drafts to wait for */
	(void) DeployPlan(session, plan, "settled after an overruled category");
	VDE_POINT("run: settled");
	SessionCommit(session);
	VDE_POINT("run: settling committed");
	ereport(NOTICE,
			(errmsg_plural("settled \"%s\": %d model that was kept follows what it reads",
						   "settled \"%s\": %d models that were kept follow what they read",
						   list_length(kept), environment->name, list_length(kept))));
	return NULL;
}

/*
 * has_id
 *		Is it one of these (int64 *)?
 */
static bool
has_id(const List *ids, int64 id)
{
	ListCell   *cell;

	foreach(cell, ids)
	{
		if (*(int64 *) lfirst(cell) == id)
			return true;
	}
	return false;
}

/*
 * vde_run(environment, nowait)
 *		Refreshes an environment's tables.
 */
Datum
vde_run(PG_FUNCTION_ARGS)
{
	VdeSession	session;
	EnvironmentLock lock = {0};
	char	   *name = EnvironmentName(TextArgument(fcinfo, 0));

	lock.nowait = NowaitArgument(fcinfo, 1);
	SessionBegin(&session, fcinfo);
	PG_TRY();
	{
		Environment *environment = FindEnvironment(name, false);
		Graph	   *graph;
		Graph	   *now;
		List	   *steps = NIL;
		List	   *kept;
		char	   *unsettled = NULL;
		int			elsewhere = 0;
		int			unchanged = 0;
		ListCell   *cell;

		CheckEnvironmentOwner(environment, session.caller);
		LockActivity(&lock, &session, false);
		LockEnvironment(&lock, &session, environment);
		environment = FindEnvironment(name, false);
		RegainTables(environment, session.caller);
		kept = LoadKept(environment->id);
		if (kept != NIL)
		{
			unsettled = settle(&session, environment, kept);
			environment = FindEnvironment(name, false);
		}
		graph = LoadGraph(environment);
		graph->caller = session.caller;
		now = ComputeGraph(environment, NIL, true);
		foreach(cell, graph->affected)
		{
			GraphNode  *node = (GraphNode *) lfirst(cell);
			BuildStep  *step;
			const GraphNode *drifted;

			CHECK_FOR_INTERRUPTS();
			if (node->definition->kind == KIND_VIEW && !has_id(now->misled, node->version.id))
				continue;
			if (!KindHasRelation(node->definition->kind) || node->definition->kind == KIND_SEED)
				continue;
			if (node->definition->kind != KIND_VIEW &&
				!RefreshesVersion(environment, node->version.id) &&
				!(unsettled != NULL && FindKept(kept, node->model_id) != NULL))
			{
				elsewhere++;
				continue;
			}
			step = palloc0(sizeof(BuildStep));
			step->node = node;
			step->refresh = true;
			step->if_changed = true;
			drifted = drifted_node(now, node);
			if (drifted != NULL)
				step->error = DriftError(graph, drifted);
			else if (unsettled != NULL && FindKept(kept, node->model_id) != NULL)
				step->error = kept_error(graph, unsettled);
			step->known_error = step->error != NULL;
			steps = lappend(steps, step);
		}
		VDE_POINT("run: planned");
		if (session.atomic)
		{
			ViewObstacle *full = LockObstacle(BuildLocks(steps), psprintf("running \"%s\"", name),
											  true, NULL);

			if (full != NULL)
				RaiseObstacle(full);
		}
		RunBuildSteps(&session, graph, steps);
		VDE_POINT("run: before commit");
		SessionCommit(&session);
		VDE_POINT("run: after commit");
		foreach(cell, steps)
		{
			if (((BuildStep *) lfirst(cell))->unchanged)
				unchanged++;
		}
		ereport(NOTICE,
				(errmsg("ran \"%s\": %d refreshed%s%s", name, list_length(steps) - unchanged,
						unchanged > 0 ? psprintf(", %d unchanged", unchanged) : "",
						elsewhere > 0 ? psprintf(", %d left to the environment they are shared with", elsewhere) : "")));
	}
	PG_FINALLY();
	{
		ReleaseEnvironmentLocks(&lock);
	}
	PG_END_TRY();
	VDE_POINT("run: locks released");
	SessionEnd(&session);
	PG_RETURN_VOID();
}
