/*-------------------------------------------------------------------------
 *
 * deployment.c
 *	  One atomic change of an environment's pointers, kept as history:
 *	  vde_apply and vde_promote.
 *
 * The swap, deploy(), is one transaction: deployment, pointers, drafts and
 * views commit together or not at all.  All building comes before it and is
 * seen by nobody.  It costs what it changes, not what the environment has.
 *
 * Outside a transaction block the procedures commit between builds; the locks
 * on activity and environment are then session locks, given back at the end
 * and on error.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "argument.h"
#include "build.h"
#include "build_schedule.h"
#include "catalog.h"
#include "compat.h"
#include "deployment.h"
#include "deployment_record.h"
#include "fault.h"
#include "freshness.h"
#include "guc.h"
#include "lifecycle.h"
#include "lock_budget.h"
#include "node_access.h"
#include "notify.h"
#include "overrule.h"
#include "plan.h"
#include "planned_draft.h"
#include "snapshot.h"
#include "subtransaction.h"
#include "table_reader.h"
#include "virtual_layer.h"
#include "withheld.h"

PG_FUNCTION_INFO_V1(vde_apply);
PG_FUNCTION_INFO_V1(vde_promote);

/*
 * plan_steps
 *		What the plan says is to be built and refreshed, as BuildStep *.
 */
static List *
plan_steps(const VdePlan *plan)
{
	List	   *steps = NIL;
	ListCell   *cell;

	foreach(cell, plan->changes)
	{
		PlanChange *change = (PlanChange *) lfirst(cell);

		if (change->build || change->refresh)
		{
			BuildStep  *step = palloc0(sizeof(BuildStep));

			step->node = change->node;
			step->refresh = change->refresh;
			steps = lappend(steps, step);
		}
	}
	return steps;
}

/*
 * check_access
 *		CheckNodeAccess that keeps no lock on what the model reads: there may
 *		be thousands of such models.
 */
static void
check_access(Graph *graph, GraphNode *node)
{
	Subtransaction sub;

	SubtransactionBegin(&sub);
	PG_TRY();
	{
		CheckNodeAccess(graph, node);
		SubtransactionEnd(&sub, false);
	}
	PG_CATCH();
	{
		ReThrowError(SubtransactionFailed(&sub));
	}
	PG_END_TRY();
}

/*
 * build_plan
 *		Builds and refreshes what the plan says, and checks that what is
 *		reused may be read by whom a build would have run as.
 */
static void
build_plan(VdeSession *session, VdePlan *plan, List *steps)
{
	bool		any_withheld;
	ListCell   *cell;

	plan->graph->caller = session->caller;
	CheckNewOwners(plan->graph);
	VDE_POINT("deploy: before builds");
	RunBuildSteps(session, plan->graph, steps);
	VDE_POINT("deploy: after builds");
	any_withheld = LoadWithheld() != NIL;
	foreach(cell, plan->changes)
	{
		PlanChange *change = (PlanChange *) lfirst(cell);
		GraphNode  *node = change->node;

		CHECK_FOR_INTERRUPTS();
		if (!change->build && !change->refresh && node->computed &&
			(GraphNodeMoves(node) || node->edit != NULL))
		{
			check_access(plan->graph, node);
			/* the swap grants it */
			if (any_withheld && GraphNodeLives(node))
				ForgetWithheld(node->version.id, node->definition->owner);
		}
	}
}

/*
 * require_locks
 *		Error unless everything that the plan does can be done in the
 *		transaction block at hand.  Outside of one, CheckPlan has asked.
 */
static void
require_locks(const VdePlan *plan, List *steps)
{
	ViewObstacle *obstacle;
	List	   *views = list_concat_copy(plan->layer, PlanViews(plan));

	obstacle = LockObstacle(BuildLocks(steps) + ViewLocks(views),
							psprintf("deploying to environment \"%s\"", plan->environment->name),
							true, NULL);
	if (obstacle != NULL)
		RaiseObstacle(obstacle);
}

/*
 * compare_snapshots
 *		Order of nodes by what their snapshots will be.
 */
static int
compare_snapshots(const ListCell *a, const ListCell *b)
{
	const GraphNode *x = (const GraphNode *) lfirst(a);
	const GraphNode *y = (const GraphNode *) lfirst(b);
	int			result = strcmp(DigestXxh3(&x->version.digest), DigestXxh3(&y->version.digest));

	if (result != 0)
		return result;
	return x->definition->id < y->definition->id ? -1 : x->definition->id > y->definition->id;
}

/*
 * save_snapshots
 *		Writes the snapshots of a plan's models, where they are new.
 *
 * Two environments that come to the same ones write them in the same order,
 * whatever else there is in each.
 */
static void
save_snapshots(const VdePlan *plan)
{
	List	   *nodes = NIL;
	ListCell   *cell;

	foreach(cell, plan->changes)
	{
		GraphNode  *node = ((PlanChange *) lfirst(cell))->node;

		if (GraphNodeLives(node) && node->snapshot_id == 0 && node->computed)
			nodes = lappend(nodes, node);
	}
	list_sort(nodes, compare_snapshots);
	foreach(cell, nodes)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);

		node->snapshot_id = SaveSnapshot(node->definition, &node->version,
										 node->fingerprint, node->declared_breaking,
										 node->columns, GraphParentIds(node), node->lineage);
	}
}

/*
 * record
 *		Everything that a plan changes in the catalog.  Returns the deployment's
 *		id, and how many pointers it moves; 0 when the drafts are being changed,
 *		and nothing is done.
 */
static int64
record(VdeSession *session, VdePlan *plan, const char *message, int *changed)
{
	Environment *environment = (Environment *) plan->environment;
	List	   *pointers = NIL;
	int64		deployment;
	ListCell   *cell;

	if (!LockPlannedDrafts(plan, session->atomic && !plan->nowait))
		return 0;
	RequireDrafts(plan, !session->atomic);
	save_snapshots(plan);
	foreach(cell, plan->changes)
	{
		PlanChange *change = (PlanChange *) lfirst(cell);
		GraphNode  *node = change->node;
		PointerChange *pointer = palloc0(sizeof(PointerChange));

		pointer->model_id = node->model_id;
		pointer->old_snapshot_id = node->current ? node->current->id : 0;
		if (GraphNodeLives(node))
		{
			pointer->new_snapshot_id = node->snapshot_id != 0 ? node->snapshot_id :
				pointer->old_snapshot_id;
		}
		if (pointer->old_snapshot_id != pointer->new_snapshot_id)
			pointers = lappend(pointers, pointer);
	}

	VDE_POINT("deploy: snapshots written");
	deployment = SaveDeployment(session, environment, plan->source ? "promote" : "apply",
								plan->source ? plan->source->name : NULL, 0, plan->id, message,
								list_length(pointers), plan->build_count);
	VDE_POINT("deploy: deployment written");
	MovePointers(environment, deployment, pointers);
	SetState(environment, deployment);
	if (plan->source != NULL)
		SaveMergeBase(plan->source, environment, plan->merge, deployment);
	else
		DeleteDrafts(plan);
	VDE_POINT("deploy: drafts or base written");
	/* after the drafts: who declares something waits there */
	SaveOverrules(plan->graph, deployment);
	*changed = list_length(pointers);
	return deployment;
}

/*
 * deploy
 *		The swap: catalog and views, in one transaction.  false: the drafts are
 *		being changed.
 */
static bool
deploy(VdeSession *session, VdePlan *plan, const char *message)
{
	const Environment *environment = plan->environment;
	int			changed;
	int64		deployment = record(session, plan, message, &changed);

	if (deployment == 0)
		return false;
	VDE_POINT("deploy: before swap");
	SwapViews(PlanViews(plan), environment->id, environment->owner);
	VDE_POINT("deploy: after swap");
	FinishDeployment(session, environment, deployment, plan->source ? "promote" : "apply",
					 plan->source ? plan->source->name : NULL, changed);
	return true;
}

/*
 * deploy_in_batches
 *		The same for an environment that nobody reads yet: the catalog first,
 *		then views, a batch at a time.
 *
 * Until the last batch the environment says of itself that its views are not
 * complete.  Whatever stops us before, the next apply goes on from there, and
 * so does a drop.
 */
static bool
deploy_in_batches(VdeSession *session, VdePlan *plan, const char *message)
{
	Environment *environment = (Environment *) plan->environment;
	List	   *gone = NIL;
	int			changed;
	int64		deployment;
	ListCell   *cell;

	CatalogWrite("UPDATE vde.environment SET layer_complete = false WHERE id = $1", "l", environment->id);
	environment->layer_complete = false;

	/*
	 * of what an earlier try had made: once the pointers are gone, nobody
	 * knows
	 */
	foreach(cell, plan->changes)
	{
		PlanChange *change = (PlanChange *) lfirst(cell);

		if (change->view != NULL && change->view->relation_name == NULL && change->view->exists)
			gone = lappend(gone, change->view);
	}
	DropViews(session, environment, gone);
	deployment = record(session, plan, message, &changed);
	if (deployment == 0)
		return false;
	SessionCommit(session);
	CompleteLayer(session, environment);
	FinishDeployment(session, environment, deployment, plan->source ? "promote" : "apply",
					 plan->source ? plan->source->name : NULL, changed);
	return true;
}

/*
 * DeployPlan
 *		See deployment.h.
 */
bool
DeployPlan(VdeSession *session, VdePlan *plan, const char *message)
{
	Environment *environment = (Environment *) plan->environment;
	List	   *steps = plan_steps(plan);

	RequireLatestTables(plan->graph);
	if (session->atomic)
		require_locks(plan, steps);
	build_plan(session, plan, steps);
	VDE_POINT("deploy: access checked");

	/* what planning has locked is not in the budget of a large swap */
	if (list_length(plan->changes) > LayerBatch())
		SessionCommitBuild(session);
	if (plan->changes == NIL)
	{
		/* only views are missing: the environment's state stays what it is */
		CompleteLayer(session, environment);
		if (plan->source != NULL)
			SaveMergeBase(plan->source, environment, plan->merge, environment->state_id);
		else if (LockPlannedDrafts(plan, session->atomic && !plan->nowait))
			DeleteDrafts(plan);
		else
			return false;
		return true;
	}
	if (!session->atomic && PlanInBatches(plan))
		return deploy_in_batches(session, plan, message);
	CompleteLayer(session, environment);
	return deploy(session, plan, message);
}

/*
 * summarize
 *		One line at the end.
 */
static void
summarize(const VdePlan *plan)
{
	ereport(NOTICE,
			(errmsg("%s \"%s\": %d changed, %d built, %d brought up to date, %d reused",
					plan->source ? psprintf("promoted \"%s\" to", plan->source->name) : "applied",
					plan->environment->name, list_length(plan->changes),
					plan->build_count, plan->refresh_count, plan->reuse_count)));
}

/*
 * check_plan_id
 *		Error when the plan is no longer the one that was looked at.
 */
static void
check_plan_id(const VdePlan *plan, const char *expected)
{
	if (expected != NULL && strcmp(expected, plan->id) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the plan for environment \"%s\" is no longer \"%s\"",
						plan->environment->name, expected),
				 errdetail("It is now \"%s\".", plan->id),
				 errhint("Look at it again with vde_plan().")));
}

/*
 * warn_left
 *		Names the models that stay as they are because something outside makes
 *		them impossible now.
 */
static void
warn_left(const VdePlan *plan)
{
	ListCell   *cell;

	foreach(cell, plan->graph->affected)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);

		if (!node->from_edit && (node->problem != NULL || node->missing != NIL))
			ereport(WARNING,
					(errmsg("model \"%s\" stays as it is and cannot be refreshed", QuoteModelName(&node->name)),
					 node->problem ? errdetail_internal("%s", node->problem->message) :
					 errdetail("Something that it reads is gone.")));
	}
}

/*
 * apply
 *		Body of vde_apply, with the locks held.  Returns NULL, or the plan whose
 *		drafts are to be waited for without them, and then all begins anew.
 */
static VdePlan *
apply(VdeSession *session, const char *name, const char *plan_id,
	  const char *message, bool confirm, bool nowait)
{
	Environment *environment = FindEnvironment(name, false);
	VdePlan    *plan = PlanDrafts(environment);

	plan->nowait = nowait;
	VDE_POINT("apply: planned");
	check_plan_id(plan, plan_id);
	if (plan->draft_count > 0 && EnvironmentIsProtected(name) && !confirm)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("environment \"%s\" is protected from drafts", name),
				 errdetail_plural("It is listed in the setting vde.protected, and has %d draft.",
								  "It is listed in the setting vde.protected, and has %d drafts.",
								  plan->draft_count, plan->draft_count),
				 errhint("Apply them in another environment and promote it, or confirm with CALL vde_apply('%s', confirm => true).",
						 name)));
	CheckPlan(plan);
	warn_left(plan);
	RegainTables(environment, session->caller);
	VDE_POINT("apply: checked");
	if (PlanIsEmpty(plan))
	{
		if (!LockPlannedDrafts(plan, session->atomic && !nowait))
			return plan;
		DeleteDrafts(plan);		/* of what is so already */
		VDE_POINT("apply: nothing to do");
		ereport(NOTICE, (errmsg("environment \"%s\" is up to date", name)));
		return NULL;
	}
	if (!DeployPlan(session, plan, message))
		return plan;
	summarize(plan);
	return NULL;
}

/*
 * step_back
 *		Gives all locks back, and waits for who is changing the drafts; with
 *		nowait it is an error.
 *
 * Nothing of the swap is written yet; what is, as the environment's own rows and
 * views, may stay.
 */
static void
step_back(VdeSession *session, EnvironmentLock *lock, const VdePlan *plan)
{
	if (lock->nowait)
		RefuseToWait(psprintf("drafts of environment \"%s\" are being changed", plan->environment->name));
	SessionCommit(session);
	ReleaseEnvironmentLocks(lock);
	VDE_POINT("deploy: stepped back");
	AwaitPlannedDrafts(session, plan);
}

/*
 * open_environment
 *		OpenEnvironment; the second time it must be there.
 */
static Environment *
open_environment(const char *name, const VdeSession *session, bool nowait, bool again)
{
	Environment *environment;

	if (!again)
		return OpenEnvironment(name, session->caller, nowait);
	environment = FindEnvironment(name, false);
	CheckEnvironmentOwner(environment, session->caller);
	return environment;
}

/*
 * vde_apply(environment, plan, message, confirm, nowait)
 *		Builds what an environment's drafts need, and swaps its views.
 */
Datum
vde_apply(PG_FUNCTION_ARGS)
{
	VdeSession	session;
	EnvironmentLock lock = {0};
	char	   *name = EnvironmentName(TextArgument(fcinfo, 0));
	char	   *plan_id = TextArgument(fcinfo, 1);
	char	   *message = TextArgument(fcinfo, 2);
	bool		confirm = FlagArgument(fcinfo, 3);

	lock.nowait = NowaitArgument(fcinfo, 4);
	SessionBegin(&session, fcinfo);
	PG_TRY();
	{
		VdePlan    *busy = NULL;

		do
		{
			Environment *environment;

			if (busy != NULL)
				step_back(&session, &lock, busy);

			/*
			 * one that is made now stays uncommitted until the plan has
			 * passed
			 */
			LockActivity(&lock, &session, false);
			environment = open_environment(name, &session, lock.nowait, busy != NULL);
			VDE_POINT("apply: environment open");
			LockEnvironment(&lock, &session, environment);
			busy = apply(&session, name, plan_id, message, confirm, lock.nowait);
		} while (busy != NULL);
		VDE_POINT("apply: before commit");
		SessionCommit(&session);
		VDE_POINT("apply: after commit");
	}
	PG_FINALLY();
	{
		ReleaseEnvironmentLocks(&lock);
	}
	PG_END_TRY();
	VDE_POINT("apply: locks released");
	SessionEnd(&session);
	PG_RETURN_VOID();
}

/*
 * text_list_argument
 *		text[] as List of char *; NIL for NULL.
 */
static pg_noinline List *
text_list_argument(FunctionCallInfo fcinfo, int n, const char *argument)
{
	List	   *list = NIL;
	Datum	   *elements;
	bool	   *nulls;
	int			count;
	int			i;

	if (PG_ARGISNULL(n))
		return NIL;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(n), TEXTOID, -1, false, TYPALIGN_INT,
					  &elements, &nulls, &count);
	for (i = 0; i < count; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("argument %s must not contain nulls", argument)));
		list = lappend(list, TextDatumGetCString(elements[i]));
	}
	if (list == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument %s is empty", argument),
				 errhint("Leave it out to mean all models.")));
	return list;
}

/*
 * promote
 *		Body of vde_promote, with the locks held; returns as apply does.
 */
static VdePlan *
promote(VdeSession *session, const char *source_name, const char *target_name,
		List *models, bool force, const char *plan_id, const char *message, bool nowait)
{
	Environment *source = FindEnvironment(source_name, false);
	Environment *target = FindEnvironment(target_name, false);
	VdePlan    *plan = PlanPromotion(source, target, models, force);

	plan->nowait = nowait;
	VDE_POINT("promote: planned");
	check_plan_id(plan, plan_id);
	CheckPlan(plan);
	RegainTables(target, session->caller);
	VDE_POINT("promote: checked");
	if (PlanIsEmpty(plan))
	{
		/*
		 * both have made the same changes: common from now on, and no
		 * deployment
		 */
		if (plan->merge->merged != NIL)
			SaveMergeBase(source, target, plan->merge, target->state_id);
		else if (plan->draft_count > 0)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("environment \"%s\" has only drafts to promote", source_name),
					 errdetail("A promote brings what was applied, never a draft."),
					 errhint("Apply it first: CALL vde_apply('%s').", source_name)));
		ereport(NOTICE, (errmsg("environment \"%s\" has nothing that \"%s\" lacks",
								source_name, target_name)));
		return NULL;
	}
	if (!DeployPlan(session, plan, message))
		return plan;
	summarize(plan);
	return NULL;
}

/*
 * vde_promote(source, target, models, force, plan, message, nowait)
 *		Merges what source has changed into target, and swaps target's views.
 */
Datum
vde_promote(PG_FUNCTION_ARGS)
{
	VdeSession	session;
	EnvironmentLock lock = {0};
	char	   *source_name = TextArgument(fcinfo, 0);
	char	   *target_name = TextArgument(fcinfo, 1);
	List	   *models = text_list_argument(fcinfo, 2, "models");
	bool		force = FlagArgument(fcinfo, 3);
	char	   *plan_id = TextArgument(fcinfo, 4);
	char	   *message = TextArgument(fcinfo, 5);

	lock.nowait = NowaitArgument(fcinfo, 6);
	if (source_name == NULL || target_name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("source and target of a promote must be named"),
				 errhint("CALL vde_promote('dev', 'prod')")));
	source_name = EnvironmentName(source_name);
	target_name = EnvironmentName(target_name);
	if (strcmp(source_name, target_name) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot promote environment \"%s\" to itself", source_name),
				 errhint("Name another target; to deploy drafts, apply the environment.")));

	SessionBegin(&session, fcinfo);
	PG_TRY();
	{
		VdePlan    *busy = NULL;

		do
		{
			Environment *source;
			Environment *target;

			if (busy != NULL)
				step_back(&session, &lock, busy);
			source = FindEnvironment(source_name, false);

			/*
			 * one that is made now stays uncommitted until the plan has
			 * passed
			 */
			LockActivity(&lock, &session, false);
			target = open_environment(target_name, &session, lock.nowait, busy != NULL);
			VDE_POINT("promote: target open");
			LockTwoEnvironments(&lock, &session, source, target);
			busy = promote(&session, source_name, target_name, models, force, plan_id, message,
						   lock.nowait);
		} while (busy != NULL);
		VDE_POINT("promote: before commit");
		SessionCommit(&session);
		VDE_POINT("promote: after commit");
	}
	PG_FINALLY();
	{
		ReleaseEnvironmentLocks(&lock);
	}
	PG_END_TRY();
	VDE_POINT("promote: locks released");
	SessionEnd(&session);
	PG_RETURN_VOID();
}
