/*-------------------------------------------------------------------------
 *
 * plan.c
 *	  What an apply or a promote would do.
 *
 * A plan is computed, never stored: it reads the catalog and analyzes, and
 * writes nothing, so it works on a standby.  Its id is a hash of the state it
 * starts from and of everything it would do; apply compares.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "catalog.h"
#include "category.h"
#include "freshness.h"
#include "lock_budget.h"
#include "options.h"
#include "overrule.h"
#include "physical_view.h"
#include "plan.h"
#include "text_privacy.h"

/*
 * MakeViewChange
 *		The view of a model in an environment, pointing at a version; with
 *		relation_name NULL, its removal.
 */
ViewChange *
MakeViewChange(const char *environment, const ModelName *name,
			   const Definition *definition, List *columns,
			   const char *relation_name)
{
	ViewChange *view = palloc0(sizeof(ViewChange));

	view->model = *name;
	view->schema = ViewSchema(name, environment);
	if (relation_name != NULL)
	{
		ModelOptions *options = ReadOptions(definition->kind, definition->options);

		view->relation_name = pstrdup(relation_name);
		view->columns = columns;
		view->owner = definition->owner;
		view->grantees = definition->grantees;
		view->description = options->description;
		view->column_options = options->columns;
	}
	return view;
}

/*
 * reads_change
 *		Does it read a model that the plan lists?  Parents come first.
 */
static bool
reads_change(const GraphNode *node)
{
	ListCell   *cell;

	foreach(cell, node->parents)
	{
		if (((GraphNode *) lfirst(cell))->listed)
			return true;
	}
	return false;
}

/*
 * refresh_private
 *		What calls a function that may read anything is filled anew whenever a
 *		plan comes by, though its version is there.
 *
 * Nobody but this environment has a version with its name, so whether another
 * one is in charge of it needs not be asked.
 */
static void
refresh_private(PlanChange *change)
{
	GraphNode  *node = change->node;

	if (change->build || !KindHasRows(node->definition->kind) || node->private_call == NULL)
		return;
	change->reason = psprintf("%s; calls %s, which may read anything, and is filled anew",
							  change->reason, node->private_call);
	change->refresh = true;
}

/*
 * moves_by_itself
 *		Would it move if nothing had been declared of it?
 */
static bool
moves_by_itself(const GraphNode *node)
{
	if (node->plain == NULL)
		return GraphNodeMoves(node);
	return !DigestEquals(&node->plain->version, &node->current->version.digest);
}

/*
 * describe_by_itself
 *		Category and reason of a modification, whatever was declared of it.
 */
static char *
describe_by_itself(GraphNode *node, const char **category)
{
	char	   *row_hash = node->row_hash;
	List	   *column_hashes = node->column_hashes;
	char	   *reason;

	if (node->plain != NULL)
	{
		node->row_hash = node->plain->row_hash;
		node->column_hashes = node->plain->column_hashes;
	}
	reason = DescribeModification(node, category);
	node->row_hash = row_hash;
	node->column_hashes = column_hashes;
	return reason;
}

/*
 * overrule
 *		Puts what was declared in the place of a modification's category.
 *
 * That it concerns no reader was declared of the model's own change: where
 * more than that moves the model, its readers follow, and its category says so.
 */
static void
overrule(PlanChange *change)
{
	GraphNode  *node = change->node;

	if (node->edit->category == NULL || !GraphNodeMoves(node))
		return;
	if (node->plain == NULL && node->declared == NIL)
	{
		change->reason = psprintf("%s; %s, but more than that moves it", change->reason,
								  DeclarationText(list_make1(node)));
		return;
	}
	change->computed = change->category;
	change->category = node->edit->category;
}

/*
 * add_change
 *		Turns an affected node into a change, if it is one.
 */
static void
add_change(VdePlan *plan, GraphNode *node)
{
	PlanChange *change = palloc0(sizeof(PlanChange));
	bool		had = node->current != NULL;
	bool		has = GraphNodeLives(node);
	bool		had_view = had && KindHasRelation(node->current_definition->kind);
	bool		has_view = has && KindHasRelation(node->definition->kind);
	const char *behind;

	change->node = node;
	if (!had && !has)
		return;					/* a draft that takes back a draft */
	if (node->blocked || node->problem != NULL || node->missing != NIL)
		return;					/* told by CheckPlan, and printed */
	if (!has)
	{
		change->change = "removed";
		change->action = "drop_view";
		change->reason = "no longer registered";
	}
	else
	{
		if (!had)
		{
			change->change = "added";
			change->reason = "new";
		}
		else if (node->edit != NULL && node->edit->definition_id != node->current->definition_id)
		{
			change->change = "modified";
			if (moves_by_itself(node))
				change->reason = describe_by_itself(node, &change->category);
			else if (strcmp(node->current->metadata_hash, DigestXxh3(&node->fingerprint->metadata)) != 0)
			{
				change->category = "metadata";
				change->reason = "text or description only";
			}
			else if (!equal(node->current_definition->grantees, node->definition->grantees))
			{
				change->category = "metadata";
				change->reason = "the roles of option \"grants\" are others now";
			}
			else if (plan->source != NULL || GraphNodeMoves(node))
			{
				/* else it would differ from the source's again next time */
				change->category = "metadata";
				change->reason = "registered with other settings";
			}
			else
				return;			/* the same in every respect */
			overrule(change);
		}
		else if (!GraphNodeMoves(node) && (node->drift == NIL || node->suspected) && !reads_change(node))
			return;				/* it only names what a new model might have
								 * captured */
		else
		{
			change->change = "indirect";
			change->category = GraphNodeMoves(node) && node->declared == NIL ?
				"indirect_breaking" : "indirect_non_breaking";
			change->reason = DescribeIndirect(node);
		}
		change->build = KindHasRelation(node->definition->kind) && !node->version.built;
		change->action = change->build ? "build" : "reuse";
		if (!change->build &&
			(node->version.emptied ||
			 (node->definition->kind == KIND_VIEW && !node->kept && ViewIsMisled(node->version.id))))
			change->refresh = true;
		else if (node->kept || (node->was_kept != NULL && !GraphNodeMoves(node)))
			change->refresh = false;	/* its query is over other tables now */
		else if (!change->build && (behind = BehindWhat(plan->graph, node)) != NULL)
		{
			change->refresh = true;
			change->reason = psprintf("%s; its table is older than %s and is filled anew first",
									  change->reason, behind);
		}
		else
			refresh_private(change);
	}

	if (had_view && !has_view)
		change->view = MakeViewChange(plan->environment->name, &node->name, NULL, NIL, NULL);
	else if (has_view && strcmp(change->change, "indirect") == 0 && !GraphNodeMoves(node) &&
			 !change->build)
		change->view = NULL;	/* only downstream: its pointer stays */
	else if (has_view)
		change->view = MakeViewChange(plan->environment->name, &node->name,
									  node->definition, node->columns,
									  node->version.relation_name);
	node->listed = true;
	node->filled = change->build || change->refresh;
	if (change->build)
		plan->build_count++;
	else if (change->refresh)
		plan->refresh_count++;
	else if (has)
		plan->reuse_count++;
	plan->changes = lappend(plan->changes, change);
}

/*
 * add_layer
 *		The views of what no change touches, in an environment that has none
 *		yet.
 */
static void
add_layer(VdePlan *plan)
{
	List	   *ids = NIL;
	List	   *touched = NIL;
	ListCell   *cell;
	uint64		rows;
	uint64		row;

	if (plan->environment->id == 0 || plan->environment->layer_complete)
		return;
	foreach(cell, plan->changes)
		touched = lappend(touched, CopyId(((PlanChange *) lfirst(cell))->node->model_id));
	rows = CatalogRead("SELECT snapshot_id FROM vde.pointer "
					   "WHERE environment_id = $1 AND snapshot_id IS NOT NULL AND model_id <> ALL ($2)", "lI",
					   plan->environment->id, touched);
	for (row = 0; row < rows; row++)
		ids = lappend(ids, CopyId(CatalogInt64(row, 1)));
	foreach(cell, LoadSnapshots(ids))
	{
		ModelState *state = (ModelState *) lfirst(cell);

		if (KindHasRelation(state->definition->kind))
			plan->layer = lappend(plan->layer,
								  MakeViewChange(plan->environment->name, &state->name,
												 state->definition, state->snapshot->columns,
												 state->snapshot->version.relation_name));
	}
}

/*
 * add_plan_id
 *		A hash of where the plan starts and of all that it would do.
 */
static void
add_plan_id(VdePlan *plan)
{
	StringInfoData buf;
	Digest		digest;
	ListCell   *cell;

	initStringInfo(&buf);
	PutString(&buf, plan->environment->name);
	PutInt(&buf, plan->environment->state_id);
	PutString(&buf, plan->source ? plan->source->name : NULL);
	PutInt(&buf, plan->source ? plan->source->state_id : 0);
	foreach(cell, plan->changes)
	{
		PlanChange *change = (PlanChange *) lfirst(cell);

		PutInt(&buf, change->node->model_id);
		PutInt(&buf, GraphNodeLives(change->node) ? change->node->definition->id : 0);
		PutString(&buf, change->change);
		PutString(&buf, change->action);
		PutBool(&buf, change->refresh);
		if (change->computed != NULL)
			PutString(&buf, change->category);
		if (GraphNodeLives(change->node))
			PutDigest(&buf, &change->node->version.digest);
	}
	DigestBytes(buf.data, buf.len, &digest);
	plan->id = pnstrdup(DigestXxh3(&digest), 16);
}

/*
 * count_changed_views
 *		How many views it makes, changes or drops.
 */
static int
count_changed_views(const VdePlan *plan)
{
	int			count = 0;
	ListCell   *cell;

	foreach(cell, plan->changes)
	{
		if (((PlanChange *) lfirst(cell))->view != NULL)
			count++;
	}
	return count;
}

/*
 * PlanInBatches
 *		See plan.h.
 */
bool
PlanInBatches(const VdePlan *plan)
{
	const Environment *environment = plan->environment;

	if (count_changed_views(plan) <= LayerBatch())
		return false;
	return environment->id == 0 || !environment->layer_complete ||
		CatalogRead("SELECT FROM vde.pointer WHERE environment_id = $1 AND snapshot_id IS NOT NULL LIMIT 1", "l",
					environment->id) == 0;
}

/*
 * PlanViews
 *		See plan.h.
 */
List *
PlanViews(const VdePlan *plan)
{
	List	   *views = NIL;
	ListCell   *cell;

	foreach(cell, plan->changes)
	{
		PlanChange *change = (PlanChange *) lfirst(cell);

		if (change->view != NULL)
			views = lappend(views, change->view);
	}
	return views;
}

/*
 * add_lock_obstacle
 *		More views at once than the server has room for locks.
 */
static void
add_lock_obstacle(VdePlan *plan)
{
	ViewObstacle *obstacle;

	if (PlanInBatches(plan))
		return;
	obstacle = LockObstacle(ViewLocks(PlanViews(plan)),
							psprintf("deploying to environment \"%s\"", plan->environment->name),
							false, ", or deploy fewer models at a time");
	if (obstacle != NULL)
		plan->obstacles = lappend(plan->obstacles, obstacle);
}

/*
 * finish_plan
 *		From a graph to a plan.
 */
static void
finish_plan(VdePlan *plan)
{
	ListCell   *cell;

	foreach(cell, plan->graph->affected)
		add_change(plan, (GraphNode *) lfirst(cell));
	add_layer(plan);

	plan->obstacles = CheckViewChanges(list_concat_copy(plan->layer, PlanViews(plan)), plan->environment->owner);
	add_lock_obstacle(plan);
	add_plan_id(plan);
}

/*
 * count_drafts
 *		How many drafts an environment has.
 */
static int
count_drafts(const Environment *environment)
{
	CatalogRead("SELECT count(*) FROM vde.draft WHERE environment_id = $1", "l", environment->id);
	return (int) CatalogInt64(0, 1);
}

/*
 * PlanDrafts
 *		What applying an environment's drafts would do.
 */
VdePlan *
PlanDrafts(const Environment *environment)
{
	VdePlan    *plan = palloc0(sizeof(VdePlan));
	List	   *edits = NIL;
	uint64		rows;
	uint64		row;

	plan->environment = environment;
	rows = CatalogRead("SELECT d.model_id, d.definition_id, d.drafted_by::pg_catalog.oid, s.definition_id "
					   "FROM vde.draft d LEFT JOIN vde.pointer p ON p.environment_id = d.environment_id AND p.model_id = d.model_id "
					   "LEFT JOIN vde.snapshot s ON s.id = p.snapshot_id "
					   "WHERE d.environment_id = $1 ORDER BY d.model_id", "l", environment->id);
	for (row = 0; row < rows; row++)
	{
		Edit	   *edit = palloc0(sizeof(Edit));

		edit->model_id = CatalogInt64(row, 1);
		edit->definition_id = CatalogInt64(row, 2);
		edit->drafted_by = CatalogOid(row, 3);
		edit->replaced_id = CatalogInt64(row, 4);
		edits = lappend(edits, edit);
	}
	plan->draft_count = (int) rows;
	TakeOverrules(environment, edits);
	plan->graph = ComputeGraph(environment, edits, true);
	finish_plan(plan);
	return plan;
}

/*
 * PlanSettlement
 *		See plan.h.  Drafts are no part of it, nor is what changed outside.
 */
VdePlan *
PlanSettlement(const Environment *environment, List *model_ids)
{
	VdePlan    *plan = palloc0(sizeof(VdePlan));

	plan->environment = environment;
	plan->graph = ComputeSettlement(environment, model_ids);
	finish_plan(plan);
	return plan;
}

/*
 * PlanPromotion
 *		What promoting an environment's applied state would do to a target.
 */
VdePlan *
PlanPromotion(const Environment *source, const Environment *target,
			  List *models, bool force)
{
	VdePlan    *plan = palloc0(sizeof(VdePlan));

	if (strcmp(source->name, target->name) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot promote environment \"%s\" to itself", source->name),
				 errhint("Name another target; to deploy drafts, apply the environment.")));
	plan->environment = target;
	plan->source = source;
	plan->merge = MergeEnvironments(source, target, models, force);
	plan->draft_count = count_drafts(source);
	TakeOverrules(source, plan->merge->edits);

	/*
	 * A promote costs what it changes, however many models there are: what
	 * changed outside is for the target's own next plan.
	 */
	plan->graph = ComputeGraph(target, plan->merge->edits, false);
	finish_plan(plan);
	return plan;
}

/*
 * PlanIsEmpty
 *		Does it change nothing?
 */
bool
PlanIsEmpty(const VdePlan *plan)
{
	return plan->changes == NIL && plan->layer == NIL;
}

/*
 * raise_missing
 *		A reference to what is neither a model nor a table.
 */
static void
raise_missing(const GraphNode *node, const char *environment)
{
	ModelReference *reference = (ModelReference *) linitial(node->missing);
	char	   *name = reference->name.schema ? QuoteModelName(&reference->name) :
	pstrdup(quote_identifier(reference->name.name));
	bool		hidden = IsHidden(node->definition);

	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_TABLE),
			 errmsg("relation \"%s\" does not exist", name),
			 errdetail("Model \"%s\" reads it. %s", QuoteModelName(&node->name),
					   reference->detail ? reference->detail :
					   "It is neither a model in this environment nor a table."),
			 reference->removed ?
			 errhint("Change or unregister \"%s\" as well, or take the removal back with vde_discard('%s').",
					 QuoteModelName(&node->name), environment) :
			 errhint("Register a model of that name, create the table, or correct the query."),
			 hidden ? 0 : internalerrquery(node->definition->query),
			 hidden || reference->location < 0 ? 0 :
			 internalerrposition(pg_mbstrlen_with_len(node->definition->query,
													  reference->location) + 1)));
}

/*
 * is_stuck
 *		Could it not be computed?
 */
static bool
is_stuck(const GraphNode *node)
{
	return GraphNodeLives(node) &&
		(node->blocked || node->problem != NULL || node->missing != NIL);
}

/*
 * PlanObstruction
 *		See plan.h.
 *
 * What reads something that changed outside, and cannot be analyzed any more,
 * may stay as it is as long as all that it reads does.  If it stayed while a
 * parent moves on, nothing would ever tell that it is behind: it would serve
 * what follows from the parent's earlier definition.
 */
const GraphNode *
PlanObstruction(const GraphNode *node)
{
	bool		must_follow = node->edit != NULL ||
	(node->missing != NIL && node->from_edit);
	ListCell   *cell;

	if (!is_stuck(node))
		return NULL;
	foreach(cell, node->parents)
	{
		GraphNode  *parent = (GraphNode *) lfirst(cell);

		if (parent->affected && !is_stuck(parent) && GraphNodeMoves(parent))
			must_follow = true;
	}
	if (!must_follow)
		return NULL;

	while (node->problem == NULL && node->missing == NIL)
	{
		const GraphNode *next = NULL;

		foreach(cell, node->parents)
		{
			if (next == NULL && is_stuck((GraphNode *) lfirst(cell)))
				next = (GraphNode *) lfirst(cell);
		}
		if (next == NULL)
			elog(ERROR, "model \"%s\" is blocked by nothing", QuoteModelName(&node->name));
		node = next;
	}
	return node;
}

/*
 * CheckPlan
 *		See plan.h.
 */
void
CheckPlan(const VdePlan *plan)
{
	ListCell   *cell;

	if (plan->merge != NULL && plan->merge->conflicts != NIL)
	{
		StringInfoData names;

		initStringInfo(&names);
		foreach(cell, plan->merge->conflicts)
		{
			MergeConflict *conflict = (MergeConflict *) lfirst(cell);

			appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "",
							 QuoteModelName(&conflict->name));
		}
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg_plural("%d model was changed both in \"%s\" and in \"%s\"",
							   "%d models were changed both in \"%s\" and in \"%s\"",
							   list_length(plan->merge->conflicts),
							   list_length(plan->merge->conflicts),
							   plan->source->name, plan->environment->name),
				 errdetail("%s", names.data),
				 errhint("Bring the other side's change into \"%s\" first, or take the source's with force => true.",
						 plan->source->name)));
	}
	foreach(cell, plan->graph->affected)
	{
		const GraphNode *obstruction = PlanObstruction((GraphNode *) lfirst(cell));

		if (obstruction == NULL)
			continue;
		if (obstruction->problem != NULL)
			ReThrowError(obstruction->problem);
		raise_missing(obstruction, plan->environment->name);
	}
	if (plan->obstacles != NIL)
		RaiseObstacle((ViewObstacle *) linitial(plan->obstacles));
}
