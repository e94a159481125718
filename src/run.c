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
 * says.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "build.h"
#include "catalog.h"
#include "compat.h"
#include "plan.h"

PG_FUNCTION_INFO_V1(vde_run);

/*
 * drift_error
 *		The error of a model whose version would be another one now.
 */
static ErrorData *
drift_error(Graph *graph, const GraphNode *now)
{
	MemoryContext old = MemoryContextSwitchTo(graph->context);
	ErrorData  *error = palloc0(sizeof(ErrorData));

	error->elevel = ERROR;
	error->sqlerrcode = ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
	if (now->drift != NIL)
		error->message = psprintf("%s changed since the model was deployed",
								  (char *) linitial(now->drift));
	else
		error->message = pstrdup("something that it reads changed since the model was deployed");
	error->hint = psprintf("Look at it with vde_plan('%s') and apply.", graph->environment->name);
	error->assoc_context = graph->context;
	MemoryContextSwitchTo(old);
	return error;
}

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
 * vde_run(environment)
 *		Refreshes an environment's tables.
 */
Datum
vde_run(PG_FUNCTION_ARGS)
{
	VdeSession	session;
	EnvironmentLock lock = {0};
	char	   *name = EnvironmentName(PG_ARGISNULL(0) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(0)));

	SessionBegin(&session, fcinfo);
	PG_TRY();
	{
		Environment *environment = FindEnvironment(name, false);
		Graph	   *graph;
		Graph	   *now;
		List	   *steps = NIL;
		int			elsewhere = 0;
		ListCell   *cell;

		CheckEnvironmentOwner(environment, session.caller);
		LockActivity(&lock, &session, false);
		LockEnvironment(&lock, &session, environment);
		environment = FindEnvironment(name, false);
		graph = LoadGraph(environment);
		graph->caller = session.caller;
		now = ComputeGraph(environment, NIL, true);
		foreach(cell, graph->affected)
		{
			GraphNode  *node = (GraphNode *) lfirst(cell);
			BuildStep  *step;
			const GraphNode *drifted;

			CHECK_FOR_INTERRUPTS();
			if (!KindHasRows(node->definition->kind) || node->definition->kind == KIND_SEED)
				continue;
			if (!RefreshesVersion(environment, node->version.id))
			{
				elsewhere++;
				continue;
			}
			step = palloc0(sizeof(BuildStep));
			step->node = node;
			step->refresh = true;
			drifted = drifted_node(now, node);
			if (drifted != NULL)
				step->error = drift_error(graph, drifted);
			steps = lappend(steps, step);
		}
		RunBuildSteps(&session, graph, steps);
		SessionCommit(&session);
		ereport(NOTICE,
				(errmsg("ran \"%s\": %d refreshed%s", name, list_length(steps),
						elsewhere > 0 ? psprintf(", %d left to the environment they are shared with", elsewhere) : "")));
	}
	PG_FINALLY();
	{
		ReleaseEnvironmentLocks(&lock);
	}
	PG_END_TRY();
	SessionEnd(&session);
	PG_RETURN_VOID();
}
