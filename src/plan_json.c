/*-------------------------------------------------------------------------
 *
 * plan_json.c
 *	  A plan as one JSON object, for vde_plan, and the names that all its
 *	  forms have in common.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"

#include "compat.h"
#include "overrule.h"
#include "plan.h"
#include "plan_diff.h"
#include "plan_json.h"

/*
 * PlanRoleName
 *		A role's name, also when it is gone.
 */
const char *
PlanRoleName(Oid role)
{
	char	   *name = OidIsValid(role) ? GetUserNameFromId(role, true) : NULL;

	return name ? name : "unknown";
}

/*
 * PlanReferenceName
 *		What a query calls a relation.
 */
const char *
PlanReferenceName(const ModelReference *reference)
{
	return reference->name.schema ? QuoteModelName(&reference->name) :
		quote_identifier(reference->name.name);
}

/* a key and a string of a JSON object */
static void
json_string(StringInfo buf, const char *key, const char *value)
{
	if (buf->data[buf->len - 1] != '{')
		appendStringInfoChar(buf, ',');
	escape_json(buf, key);
	appendStringInfoChar(buf, ':');
	if (value == NULL)
		appendStringInfoString(buf, "null");
	else
		escape_json(buf, value);
}

/*
 * json_difference
 *		What differs in a model's definitions: null for what is not modified,
 *		and for what is not to be seen.
 */
static void
json_difference(StringInfo buf, const PlanDiff *diff)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	if (diff != NULL && (diff->hidden == NULL || diff->options != NIL))
	{
		appendStringInfoString(buf, ",\"options\":[");
		foreach(cell, diff->options)
		{
			if (cell != list_head(diff->options))
				appendStringInfoChar(buf, ',');
			escape_json(buf, (char *) lfirst(cell));
		}
		appendStringInfoChar(buf, ']');
		foreach(cell, diff->text)
			appendStringInfo(&text, "%s%s", text.len > 0 ? "\n" : "", (char *) lfirst(cell));
	}
	else
		appendStringInfoString(buf, ",\"options\":null");
	json_string(buf, "diff", text.len > 0 ? text.data : NULL);
}

/*
 * PlanJson
 *		See plan_json.h.
 */
char *
PlanJson(const VdePlan *plan, Oid caller)
{
	StringInfoData buf;
	ListCell   *cell;
	ListCell   *inner;
	bool		first = true;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '{');
	json_string(&buf, "environment", plan->environment->name);
	json_string(&buf, "source", plan->source ? plan->source->name : NULL);
	json_string(&buf, "plan", plan->id);
	appendStringInfo(&buf, ",\"build\":%d,\"refresh\":%d,\"reuse\":%d,\"changes\":[",
					 plan->build_count, plan->refresh_count, plan->reuse_count);
	foreach(cell, plan->changes)
	{
		PlanChange *change = (PlanChange *) lfirst(cell);

		appendStringInfoString(&buf, first ? "{" : ",{");
		first = false;
		json_string(&buf, "model", QuoteModelName(&change->node->name));
		json_string(&buf, "change", change->change);
		json_string(&buf, "category", change->category);
		json_string(&buf, "action", change->action);
		json_string(&buf, "reason", change->reason);
		json_string(&buf, "computed", change->computed);
		json_string(&buf, "declared_by", change->computed ?
					PlanRoleName(change->node->edit->decided_by) : NULL);
		json_difference(&buf, DescribeDifference(change, caller));
		appendStringInfoChar(&buf, '}');
	}
	appendStringInfoString(&buf, "],\"conflicts\":[");
	first = true;
	if (plan->merge != NULL)
	{
		foreach(cell, plan->merge->conflicts)
		{
			MergeConflict *conflict = (MergeConflict *) lfirst(cell);

			appendStringInfoString(&buf, first ? "{" : ",{");
			first = false;
			json_string(&buf, "model", QuoteModelName(&conflict->name));
			json_string(&buf, "source_author", OidIsValid(conflict->source_author) ?
						PlanRoleName(conflict->source_author) : NULL);
			json_string(&buf, "target_author", OidIsValid(conflict->target_author) ?
						PlanRoleName(conflict->target_author) : NULL);
			appendStringInfoChar(&buf, '}');
		}
	}
	appendStringInfoString(&buf, "],\"missing\":[");
	first = true;
	foreach(cell, plan->graph->affected)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);

		foreach(inner, node->missing)
		{
			ModelReference *reference = (ModelReference *) lfirst(inner);

			appendStringInfoString(&buf, first ? "{" : ",{");
			first = false;
			json_string(&buf, "model", QuoteModelName(&node->name));
			json_string(&buf, "relation", PlanReferenceName(reference));
			appendStringInfoChar(&buf, '}');
		}
	}
	appendStringInfoString(&buf, "],\"obstacles\":[");
	first = true;
	foreach(cell, plan->obstacles)
	{
		ViewObstacle *obstacle = (ViewObstacle *) lfirst(cell);

		appendStringInfoString(&buf, first ? "{" : ",{");
		first = false;
		json_string(&buf, "model", obstacle->model.name ? QuoteModelName(&obstacle->model) : NULL);
		json_string(&buf, "message", obstacle->message);
		json_string(&buf, "detail", obstacle->detail);
		appendStringInfoChar(&buf, '}');
	}
	appendStringInfoString(&buf, "],\"problems\":[");
	first = true;
	foreach(cell, plan->graph->affected)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);
		const GraphNode *obstruction = PlanObstruction(node);

		if (obstruction == NULL || (node->missing != NIL && node->from_edit))
			continue;
		appendStringInfoString(&buf, first ? "{" : ",{");
		first = false;
		json_string(&buf, "model", QuoteModelName(&node->name));
		json_string(&buf, "because_of", QuoteModelName(&obstruction->name));
		json_string(&buf, "message", obstruction->problem ? obstruction->problem->message :
					psprintf("%s is not there",
							 PlanReferenceName((ModelReference *) linitial(obstruction->missing))));
		appendStringInfoChar(&buf, '}');
	}
	appendStringInfoString(&buf, "],\"drifted\":[");
	first = true;
	foreach(cell, plan->graph->drifted)
	{
		if (!first)
			appendStringInfoChar(&buf, ',');
		first = false;
		escape_json(&buf, (char *) lfirst(cell));
	}
	appendStringInfoString(&buf, "]}");
	return buf.data;
}
