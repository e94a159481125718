/*-------------------------------------------------------------------------
 *
 * plan_text.c
 *	  A plan for people (vde_plan) and for programs (vde_changes).
 *
 * Both print the same plan; nothing is computed here but, for people, what
 * differs in the texts (plan_diff.c).  The last line of the
 * text is the plan's id alone, so that a script can hand it to an apply.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/tuplestore.h"

#include "argument.h"
#include "compat.h"
#include "plan.h"
#include "plan_diff.h"
#include "plan_json.h"
#include "session.h"

PG_FUNCTION_INFO_V1(vde_plan);
PG_FUNCTION_INFO_V1(vde_changes);

/* What is printed in which order, and how */
typedef struct Section
{
	const char *change;
	const char *title;
	const char *mark;
} Section;

static const Section sections[] = {
	{"added", "Added", "+"},
	{"modified", "Changed", "~"},
	{"indirect", "Downstream", ">"},
	{"removed", "Removed", "-"},
};

/* where the lines of a plan go */
typedef struct PlanOutput
{
	Tuplestorestate *store;
	TupleDesc	tupdesc;
	Oid			caller;			/* who is to read it */
} PlanOutput;

/*
 * put_line
 *		One line of the plan.
 */
static void
			put_line(PlanOutput *output, const char *fmt,...) pg_attribute_printf(2, 3);

static void
put_line(PlanOutput *output, const char *fmt,...)
{
	StringInfoData line;
	Datum		values[1];
	bool		nulls[1] = {false};

	initStringInfo(&line);
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, fmt);
		needed = appendStringInfoVA(&line, fmt, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&line, needed);
	}
	values[0] = CStringGetTextDatum(line.data);
	tuplestore_putvalues(output->store, output->tupdesc, values, nulls);
	pfree(line.data);
}

/*
 * side_text
 *		What one side of a conflict did.
 */
static const char *
side_text(Oid author)
{
	return OidIsValid(author) ? psprintf("changed by %s", PlanRoleName(author)) : "removed";
}

/*
 * padding
 *		Blanks that bring a text to a width in characters.
 */
static int
padding(const char *text, int width)
{
	return Max(width - pg_mbstrlen(text), 0);
}

/*
 * kind_of
 *		Kind that a change is shown with.
 */
static const char *
kind_of(const PlanChange *change)
{
	const GraphNode *node = change->node;

	return KindName(node->definition ? node->definition->kind : node->current_definition->kind);
}

/*
 * action_text
 *		An action in words.
 */
static const char *
action_text(const PlanChange *change)
{
	if (change->build)
		return "build";
	if (change->refresh)
		return "refresh";
	if (strcmp(change->action, "drop_view") == 0)
		return "drop view";
	return change->view != NULL && GraphNodeMoves(change->node) ? "re-point" : "keep";
}

/*
 * category_text
 *		A change's category, and who declared it instead of which.
 */
static const char *
category_text(const PlanChange *change)
{
	if (change->category == NULL)
		return "";
	if (change->computed == NULL)
		return change->category;
	return psprintf("%s (declared by %s; computed: %s)", change->category,
					PlanRoleName(change->node->edit->decided_by), change->computed);
}

/*
 * put_lines
 *		Lines (char *) of the plan.
 */
static void
put_lines(PlanOutput *output, List *lines)
{
	ListCell   *cell;

	foreach(cell, lines)
		put_line(output, "%s", (char *) lfirst(cell));
}

/*
 * put_sections
 *		The changes, grouped and aligned.
 */
static void
put_sections(PlanOutput *output, const VdePlan *plan)
{
	int			width = 0;
	ListCell   *cell;
	int			i;

	foreach(cell, plan->changes)
		width = Max(width, pg_mbstrlen(QuoteModelName(&((PlanChange *) lfirst(cell))->node->name)));

	for (i = 0; i < lengthof(sections); i++)
	{
		bool		titled = false;

		foreach(cell, plan->changes)
		{
			PlanChange *change = (PlanChange *) lfirst(cell);
			char	   *name = QuoteModelName(&change->node->name);

			CHECK_FOR_INTERRUPTS();
			if (strcmp(change->change, sections[i].change) != 0)
				continue;
			if (!titled)
				put_line(output, "%s", sections[i].title);
			titled = true;
			put_line(output, "  %s %s%*s  %-17s  %-9s  %s%s%s", sections[i].mark,
					 name, padding(name, width), "", kind_of(change), action_text(change),
					 category_text(change), change->category ? ": " : "", change->reason);
			put_lines(output, DifferenceText(change, output->caller));
		}
		if (titled)
			put_line(output, "%s", "");
	}
}

/*
 * put_problems
 *		What stands in the way; returns how many lines.
 */
static int
put_problems(PlanOutput *output, const VdePlan *plan)
{
	int			problems = 0;
	ListCell   *cell;
	ListCell   *inner;

	if (plan->merge != NULL)
	{
		foreach(cell, plan->merge->conflicts)
		{
			MergeConflict *conflict = (MergeConflict *) lfirst(cell);

			if (problems++ == 0)
				put_line(output, "Conflicts");
			put_line(output, "  ! %s was %s in \"%s\" and %s in \"%s\"",
					 QuoteModelName(&conflict->name),
					 side_text(conflict->source_author), plan->source->name,
					 side_text(conflict->target_author), plan->environment->name);
		}
		if (problems > 0)
			put_line(output, "%s", "");
	}
	{
		bool		titled = false;

		foreach(cell, plan->graph->affected)
		{
			GraphNode  *node = (GraphNode *) lfirst(cell);

			if (!node->from_edit)
				continue;		/* told by put_notes */
			foreach(inner, node->missing)
			{
				ModelReference *reference = (ModelReference *) lfirst(inner);

				if (!titled)
					put_line(output, "Missing");
				titled = true;
				problems++;
				put_line(output, "  ! %s reads %s, which is neither a model in this environment nor a table",
						 QuoteModelName(&node->name), PlanReferenceName(reference));
				if (reference->detail != NULL)
					put_line(output, "      %s", reference->detail);
			}
		}
		if (titled)
			put_line(output, "%s", "");
	}
	{
		bool		titled = false;

		foreach(cell, plan->graph->affected)
		{
			GraphNode  *node = (GraphNode *) lfirst(cell);
			const GraphNode *obstruction = PlanObstruction(node);

			if (obstruction == NULL || (node->missing != NIL && node->from_edit))
				continue;		/* those were told above */
			if (!titled)
				put_line(output, "Cannot follow");
			titled = true;
			problems++;
			if (obstruction->problem != NULL)
				put_line(output, "  ! %s, because of %s: %s", QuoteModelName(&node->name),
						 QuoteModelName(&obstruction->name), obstruction->problem->message);
			else
				put_line(output, "  ! %s, because %s reads %s, which is not there",
						 QuoteModelName(&node->name), QuoteModelName(&obstruction->name),
						 PlanReferenceName((ModelReference *) linitial(obstruction->missing)));
		}
		if (titled)
			put_line(output, "%s", "");
	}
	foreach(cell, plan->obstacles)
	{
		ViewObstacle *obstacle = (ViewObstacle *) lfirst(cell);

		if (cell == list_head(plan->obstacles))
			put_line(output, "In the way");
		problems++;
		put_line(output, "  ! %s", obstacle->message);
		if (obstacle->detail != NULL)
		{
			char	   *detail = pstrdup(obstacle->detail);
			char	   *line;

			for (line = strtok(detail, "\n"); line != NULL; line = strtok(NULL, "\n"))
				put_line(output, "      %s", line);
		}
		if (obstacle->hint != NULL)
			put_line(output, "      hint: %s", obstacle->hint);
	}
	if (plan->obstacles != NIL)
		put_line(output, "%s", "");
	return problems;
}

/*
 * put_notes
 *		Views that change shape, sources that drifted.
 */
static void
put_notes(PlanOutput *output, const VdePlan *plan)
{
	bool		titled = false;
	ListCell   *cell;

	foreach(cell, plan->changes)
	{
		PlanChange *change = (PlanChange *) lfirst(cell);

		if (change->view == NULL || !change->view->reshaped || change->view->relation_name == NULL)
			continue;
		if (!titled)
			put_line(output, "Views that are made anew, because columns go or change (grants and comments are kept)");
		titled = true;
		put_line(output, "  * %s.%s", quote_identifier(change->view->schema),
				 quote_identifier(change->view->model.name));
	}
	if (titled)
		put_line(output, "%s", "");
	titled = false;
	foreach(cell, plan->changes)
	{
		GraphNode  *node = ((PlanChange *) lfirst(cell))->node;

		if (!GraphNodeLives(node) || node->private_call == NULL)
			continue;
		if (!titled)
			put_line(output, "Private to this environment, and filled anew by each plan that they are in");
		titled = true;
		put_line(output, "  * %s calls %s, which may read anything", QuoteModelName(&node->name),
				 node->private_call);
	}
	if (titled)
	{
		put_line(output, "      hint: Name the tables that the functions read with the option \"depends_on\", [] if they read none.");
		put_line(output, "%s", "");
	}
	foreach(cell, plan->graph->drifted)
	{
		if (cell == list_head(plan->graph->drifted))
			put_line(output, "Changed outside since the last deployment");
		put_line(output, "  * %s", (char *) lfirst(cell));
	}
	foreach(cell, plan->graph->affected)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);

		if (node->problem != NULL)
			put_line(output, "  * %s stays as it is and cannot be refreshed: %s",
					 QuoteModelName(&node->name), node->problem->message);
		else if (node->missing != NIL && !node->from_edit)
			put_line(output, "  * %s stays as it is and cannot be refreshed: %s is gone",
					 QuoteModelName(&node->name),
					 PlanReferenceName((ModelReference *) linitial(node->missing)));
	}
	if (plan->graph->drifted != NIL)
		put_line(output, "%s", "");
}

/* "2 models added, 1 removed" ... */
static char *
headline(const VdePlan *plan)
{
	StringInfoData text;
	int			i;

	initStringInfo(&text);
	for (i = 0; i < lengthof(sections); i++)
	{
		int			count = 0;
		ListCell   *cell;

		foreach(cell, plan->changes)
		{
			if (strcmp(((PlanChange *) lfirst(cell))->change, sections[i].change) == 0)
				count++;
		}
		if (count > 0)
			appendStringInfo(&text, "%s%d %s", text.len > 0 ? ", " : "", count,
							 strcmp(sections[i].change, "indirect") == 0 ? "downstream" :
							 strcmp(sections[i].change, "modified") == 0 ? "changed" : sections[i].change);
	}
	return text.data;
}

/*
 * next_step
 *		What to do with the plan.
 */
static char *
next_step(const VdePlan *plan, int problems)
{
	if (problems > 0)
		return pstrdup("Next: correct what is marked with !, then plan again.");
	if (PlanIsEmpty(plan))
		return pstrdup("Next: bring back what has changed outside, or register anew what reads it.");
	if (plan->source != NULL)
		return psprintf("Next: CALL vde_promote('%s', '%s');", plan->source->name,
						plan->environment->name);
	if (plan->draft_count > 0 && strcmp(plan->environment->name, PROD_ENVIRONMENT) == 0)
		return psprintf("Next: CALL vde_apply('%s', confirm => true);", plan->environment->name);
	return psprintf("Next: CALL vde_apply('%s');", plan->environment->name);
}

/* "dev", or "dev" into "prod" */
static char *
subject(const VdePlan *plan)
{
	if (plan->source != NULL)
		return psprintf("promoting \"%s\" to \"%s\"", plan->source->name, plan->environment->name);
	return psprintf("environment \"%s\"", plan->environment->name);
}

/*
 * put_text
 *		The plan as lines for people.
 */
static void
put_text(PlanOutput *output, const VdePlan *plan)
{
	char	   *what = headline(plan);
	int			problems;

	if (PlanIsEmpty(plan) && plan->graph->drifted == NIL && plan->obstacles == NIL)
	{
		bool		blocked = plan->merge != NULL && plan->merge->conflicts != NIL;
		ListCell   *cell;

		foreach(cell, plan->graph->affected)
			blocked = blocked || ((GraphNode *) lfirst(cell))->blocked ||
			((GraphNode *) lfirst(cell))->problem != NULL;
		if (!blocked)
		{
			put_line(output, "Plan for %s: nothing to do", subject(plan));
			if (plan->source != NULL && plan->draft_count > 0)
				put_line(output, "\"%s\" has drafts that were not applied: CALL vde_apply('%s') first.",
						 plan->source->name, plan->source->name);
			put_line(output, "%s", plan->id);
			return;
		}
	}
	put_line(output, "Plan for %s%s%s", subject(plan), what[0] ? ": " : "", what);
	put_line(output, "%s", "");
	put_sections(output, plan);
	put_notes(output, plan);
	problems = put_problems(output, plan);
	put_line(output, "%d to build, %d to bring up to date, %d reused%s", plan->build_count,
			 plan->refresh_count, plan->reuse_count,
			 plan->layer != NIL ? psprintf(", %d views made for a new environment", list_length(plan->layer)) : "");
	put_line(output, "%s", next_step(plan, problems));
	put_line(output, "%s", plan->id);
}

/*
 * put_markdown
 *		The plan for a pull request.
 */
static void
put_markdown(PlanOutput *output, const VdePlan *plan)
{
	char	   *what = headline(plan);
	ListCell   *cell;
	int			problems;

	put_line(output, "### Plan for %s", subject(plan));
	put_line(output, "%s", "");
	if (what[0])
	{
		put_line(output, "%s", what);
		put_line(output, "%s", "");
	}
	if (plan->changes != NIL)
	{
		put_line(output, "| model | change | category | action | reason |");
		put_line(output, "|---|---|---|---|---|");
		foreach(cell, plan->changes)
		{
			PlanChange *change = (PlanChange *) lfirst(cell);

			put_line(output, "| %s | %s | %s | %s | %s |",
					 MarkdownCell(QuoteModelName(&change->node->name)), change->change,
					 MarkdownCell(category_text(change)), action_text(change),
					 MarkdownCell(change->reason));
		}
		put_line(output, "%s", "");
	}
	foreach(cell, plan->changes)
		put_lines(output, DifferenceMarkdown((PlanChange *) lfirst(cell), output->caller));
	put_notes(output, plan);
	problems = put_problems(output, plan);
	put_line(output, "%s", PlanIsEmpty(plan) && problems == 0 ? "Nothing to do." :
			 next_step(plan, problems));
	put_line(output, "%s", plan->id);
}

/*
 * make_plan
 *		The plan that two arguments mean.
 *
 * A target that does not exist yet is planned as if it were there, empty.
 */
static VdePlan *
make_plan(FunctionCallInfo fcinfo, const VdeSession *session)
{
	char	   *name = EnvironmentName(TextArgument(fcinfo, 0));
	Environment *environment = FindEnvironment(name, false);
	Environment *target;
	char	   *target_name = TextArgument(fcinfo, 1);

	if (target_name == NULL)
		return PlanDrafts(environment);
	target_name = EnvironmentName(target_name);
	target = FindEnvironment(target_name, true);
	if (target == NULL)
	{
		Environment *prod = FindEnvironment(PROD_ENVIRONMENT, true);

		if (prod != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("environment \"%s\" does not exist", target_name),
					 errhint("CALL vde_create_environment('%s') makes it.", target_name)));
		target = palloc0(sizeof(Environment));
		target->name = target_name;
		target->owner = session->caller;
		target->layer_complete = true;
	}
	return PlanPromotion(environment, target, NIL, false);
}

/*
 * vde_plan(environment, target, format)
 *		The plan as lines of text.
 */
Datum
vde_plan(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	VdeSession	session;
	PlanOutput	output;
	VdePlan    *plan;
	char	   *format = TextArgument(fcinfo, 2);

	if (format == NULL)
		format = "text";
	if (strcmp(format, "text") != 0 && strcmp(format, "markdown") != 0 && strcmp(format, "json") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown format \"%s\" of a plan", format),
				 errhint("Formats are text, markdown and json.")));
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	output.store = rsinfo->setResult;
	output.tupdesc = rsinfo->setDesc;

	SessionBegin(&session, fcinfo);
	output.caller = session.caller;
	plan = make_plan(fcinfo, &session);
	if (strcmp(format, "json") == 0)
		put_line(&output, "%s", PlanJson(plan, output.caller));
	else if (strcmp(format, "markdown") == 0)
		put_markdown(&output, plan);
	else
		put_text(&output, plan);
	SessionEnd(&session);
	return (Datum) 0;
}

/*
 * vde_changes(environment, target)
 *		The plan as rows.
 *
 * What could not be analyzed cannot be a row: it is raised.
 */
Datum
vde_changes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	VdeSession	session;
	VdePlan    *plan;
	ListCell   *cell;

	InitMaterializedSRF(fcinfo, 0);
	SessionBegin(&session, fcinfo);
	plan = make_plan(fcinfo, &session);
	foreach(cell, plan->graph->affected)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);

		if (node->missing != NIL || node->blocked)
			CheckPlan(plan);
	}
	foreach(cell, plan->changes)
	{
		PlanChange *change = (PlanChange *) lfirst(cell);
		Oid			author = change->node->edit ? change->node->edit->drafted_by : InvalidOid;
		Datum		values[9];
		bool		nulls[9] = {false};

		values[0] = CStringGetTextDatum(QuoteModelName(&change->node->name));
		values[1] = CStringGetTextDatum(change->change);
		nulls[2] = change->category == NULL;
		values[2] = nulls[2] ? (Datum) 0 : CStringGetTextDatum(change->category);
		values[3] = CStringGetTextDatum(change->action);
		nulls[4] = !GraphNodeLives(change->node);
		values[4] = nulls[4] ? (Datum) 0 :
			CStringGetTextDatum(DigestXxh3(&change->node->version.digest));
		values[5] = CStringGetTextDatum(change->reason);
		nulls[6] = !OidIsValid(author);
		values[6] = nulls[6] ? (Datum) 0 : CStringGetTextDatum(PlanRoleName(author));
		values[7] = CStringGetTextDatum(kind_of(change));
		nulls[8] = change->computed == NULL;
		values[8] = nulls[8] ? (Datum) 0 :
			CStringGetTextDatum(PlanRoleName(change->node->edit->decided_by));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	SessionEnd(&session);
	return (Datum) 0;
}
