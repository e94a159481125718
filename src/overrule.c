/*-------------------------------------------------------------------------
 *
 * overrule.c
 *	  Categories that people declare (vde_categorize).
 *
 * What is declared is a change, from one definition of a model to another.  So
 * it says nothing about the same definition over yet another one, and ends
 * with the next change.  Where several changes come at once, as in a promote,
 * they are non_breaking together only if each of them is, one upon the other.
 * A change of text or description alone is none: definitions that have had
 * the same version stand for each other.
 *
 * Invariants
 *
 * - A definition that is drafted anew starts without a declaration.
 *
 * - A declared breaking change is part of the version (vde.snapshot says so).
 *	 A declared non_breaking one changes no version at all: what is kept is
 *	 another version than a computation would give, and kept.c knows that.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "argument.h"
#include "catalog.h"
#include "draft.h"
#include "environment.h"
#include "kept.h"
#include "overrule.h"
#include "session.h"
#include "snapshot.h"

PG_FUNCTION_INFO_V1(vde_categorize);

/* A row of vde.overrule */
typedef struct Overrule
{
	int64		model_id;
	int64		definition_id;
	int64		over_definition_id;
	char	   *category;
	char	   *declared_hash;
	Oid			decided_by;
	TimestampTz decided_at;
} Overrule;

/*
 * find_overrule
 *		What was declared of a model's becoming a definition.
 */
static const Overrule *
find_overrule(List *overrules, int64 model_id, int64 definition_id)
{
	ListCell   *cell;

	foreach(cell, overrules)
	{
		const Overrule *overrule = (const Overrule *) lfirst(cell);

		if (overrule->model_id == model_id && overrule->definition_id == definition_id)
			return overrule;
	}
	return NULL;
}

/*
 * same_meaning
 *		Are they one definition, but for text that makes no difference?
 */
static bool
same_meaning(int64 definition_id, int64 other_id)
{
	return definition_id == other_id ||
		CatalogRead("SELECT FROM vde.snapshot s JOIN vde.snapshot o ON o.version_id = s.version_id "
					"WHERE s.definition_id = $1 AND o.definition_id = $2 LIMIT 1", "ll",
					definition_id, other_id) > 0;
}

/*
 * take_overrule
 *		What the changes from what is replaced to an edit's definition amount
 *		to.
 */
static void
take_overrule(Edit *edit, List *overrules)
{
	const Overrule *latest = find_overrule(overrules, edit->model_id, edit->definition_id);
	const Overrule *step = latest;
	int			steps = list_length(overrules);

	while (step != NULL && strcmp(step->category, OVERRULE_NON_BREAKING) == 0 &&
		   !same_meaning(step->over_definition_id, edit->replaced_id))
	{
		/* definitions may go back and forth */
		if (steps-- == 0)
			return;
		step = find_overrule(overrules, edit->model_id, step->over_definition_id);
	}
	if (step == NULL)
		return;
	edit->category = step->category;
	edit->declared_hash = step->declared_hash;
	if (strcmp(step->category, OVERRULE_NON_BREAKING) == 0)
		step = latest;
	edit->decided_by = step->decided_by;
	edit->decided_at = step->decided_at;
}

/*
 * TakeOverrules
 *		See overrule.h.
 */
void
TakeOverrules(const Environment *declared_in, List *edits)
{
	List	   *ids = NIL;
	List	   *overrules = NIL;
	ListCell   *cell;
	uint64		rows;
	uint64		row;

	foreach(cell, edits)
	{
		Edit	   *edit = (Edit *) lfirst(cell);

		edit->category = NULL;
		if (edit->definition_id != 0)
			ids = lappend(ids, CopyId(edit->model_id));
	}
	if (ids == NIL)
		return;
	rows = CatalogRead("SELECT model_id, definition_id, over_definition_id, category, decided_by::pg_catalog.oid, decided_at, declared_hash "
					   "FROM vde.overrule WHERE environment_id = $1 AND model_id = ANY ($2)", "lI",
					   declared_in->id, ids);
	for (row = 0; row < rows; row++)
	{
		Overrule   *overrule = palloc(sizeof(Overrule));

		overrule->model_id = CatalogInt64(row, 1);
		overrule->definition_id = CatalogInt64(row, 2);
		overrule->over_definition_id = CatalogInt64(row, 3);
		overrule->category = CatalogText(row, 4);
		overrule->decided_by = CatalogOid(row, 5);
		overrule->decided_at = CatalogInt64(row, 6);
		overrule->declared_hash = CatalogText(row, 7);
		overrules = lappend(overrules, overrule);
	}
	if (overrules == NIL)
		return;
	foreach(cell, edits)
		take_overrule((Edit *) lfirst(cell), overrules);
}

/*
 * WritesOverrules
 *		See overrule.h.
 */
bool
WritesOverrules(const Graph *graph)
{
	List	   *ids = NIL;
	ListCell   *cell;

	foreach(cell, graph->affected)
	{
		const GraphNode *node = (const GraphNode *) lfirst(cell);

		if (node->edit == NULL || node->edit->definition_id == 0)
			continue;
		if (node->edit->category != NULL)
			return true;
		ids = lappend(ids, CopyId(node->model_id));
	}
	return ids != NIL &&
		CatalogRead("SELECT FROM vde.overrule WHERE environment_id = $1 AND model_id = ANY ($2) LIMIT 1", "lI",
					graph->environment->id, ids) > 0;
}

/*
 * save_edit
 *		What was declared of a change that is deployed now.  One of text alone
 *		brings what was declared of the definition before.
 */
static void
save_edit(const Graph *graph, const GraphNode *node)
{
	const Edit *edit = node->edit;

	CatalogWrite("DELETE FROM vde.overrule WHERE environment_id = $1 AND model_id = $2 AND definition_id = $3", "lll",
				 graph->environment->id, edit->model_id, edit->definition_id);
	if (edit->category != NULL)
		CatalogWrite("INSERT INTO vde.overrule (environment_id, model_id, definition_id, over_definition_id, "
					 "category, declared_hash, decided_by, decided_at) VALUES ($1, $2, $3, NULLIF($4, $3), $5, $6, $7, $8)", "lllLttrz",
					 graph->environment->id, edit->model_id, edit->definition_id, edit->replaced_id,
					 edit->category, edit->declared_hash, edit->decided_by, edit->decided_at);
	else if (node->current != NULL && !GraphNodeMoves(node))
		CatalogWrite("INSERT INTO vde.overrule (environment_id, model_id, definition_id, over_definition_id, "
					 "category, declared_hash, decided_by, decided_at) "
					 "SELECT environment_id, model_id, $3, NULLIF(over_definition_id, $3), category, declared_hash, decided_by, decided_at "
					 "FROM vde.overrule WHERE environment_id = $1 AND model_id = $2 AND definition_id = $4", "llll",
					 graph->environment->id, edit->model_id, edit->definition_id, node->current->definition_id);
}

/*
 * because
 *		Names (char *) of the models whose declared changes keep a node.
 */
static List *
because(const GraphNode *node)
{
	List	   *names = node->was_kept ? list_copy(node->was_kept->because) : NIL;
	ListCell   *cell;

	foreach(cell, node->declared)
	{
		char	   *name = QuoteModelName(&((GraphNode *) lfirst(cell))->name);
		bool		listed = false;
		ListCell   *other;

		foreach(other, names)
			listed = listed || strcmp((char *) lfirst(other), name) == 0;
		if (!listed)
			names = lappend(names, name);
	}
	return names;
}

/*
 * SaveOverrules
 *		See overrule.h.
 */
void
SaveOverrules(const Graph *graph, int64 deployment)
{
	ListCell   *cell;

	foreach(cell, graph->affected)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);

		if (node->edit != NULL && node->edit->definition_id != 0)
			save_edit(graph, node);
		if (node->kept)
			SaveKept(graph->environment->id, deployment, node->model_id, node->current->id,
					 node->would_be, because(node));
	}
}

/*
 * DeclarationText
 *		See overrule.h.
 */
char *
DeclarationText(List *nodes)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, nodes)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);
		char	   *role = GetUserNameFromId(node->edit->decided_by, true);

		appendStringInfo(&text, "%s%s was declared %s by %s", text.len > 0 ? ", " : "",
						 QuoteModelName(&node->name), node->edit->category,
						 role ? role : "unknown");
	}
	return text.data;
}

/*
 * KeptBecause
 *		See overrule.h.
 */
char *
KeptBecause(const KeptModel *kept)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, kept->because)
		appendStringInfo(&text, "%s%s", text.len > 0 ? ", " : "", (char *) lfirst(cell));
	return text.data;
}

/*
 * check_drafted
 *		Error unless the environment drafts a change of a model that it has.
 */
static void
check_drafted(const Environment *environment, const DraftState *state)
{
	const char *model = QuoteModelName(&state->name);

	if (state->deployed == NULL && !state->drafted)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("model \"%s\" does not exist in environment \"%s\"", model, environment->name),
				 errhint("The view vde_models lists the models.")));
	if (state->deployed != NULL && state->draft != NULL && state->deployed->id != state->draft->id)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("environment \"%s\" has no drafted change of model \"%s\"", environment->name, model),
			 state->deployed == NULL ? errdetail("The model is new in the environment, so that nothing reads it yet.") :
			 state->drafted && state->draft == NULL ? errdetail("The model is drafted for removal.") :
			 errdetail("The model is as it was applied."),
			 errhint("Draft a change with vde_register(), and look at its category with vde_plan('%s').",
					 environment->name)));
}

/*
 * vde_categorize(model, category, environment)
 *		Overrules the category of a drafted change, or takes that back.
 */
Datum
vde_categorize(PG_FUNCTION_ARGS)
{
	VdeSession	session;
	ModelName	name = ModelArgument(fcinfo, 0);
	char	   *category = TextArgument(fcinfo, 1);
	Environment *environment;
	DraftState *state;

	if (category != NULL && strcmp(category, "automatic") == 0)
		category = NULL;
	if (category != NULL && strcmp(category, OVERRULE_NON_BREAKING) != 0 &&
		strcmp(category, OVERRULE_BREAKING) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a change cannot be declared \"%s\"", category),
				 errhint("The categories to declare are non_breaking and breaking; automatic takes it back.")));

	RequireWritable("vde_categorize()");
	SessionBegin(&session, NULL);
	environment = FindEnvironment(EnvironmentName(TextArgument(fcinfo, 2)), false);
	CheckEnvironmentOwner(environment, session.caller);
	environment = BeginDrafting(environment, session.caller, false);

	/* an apply that is about to take the draft away is waited for */
	CatalogWrite("SELECT FROM vde.draft d JOIN vde.model m ON m.id = d.model_id "
				 "WHERE d.environment_id = $1 AND m.schema_name = $2 AND m.model_name = $3 FOR UPDATE OF d", "lnn",
				 environment->id, name.schema, name.name);
	state = LoadDraftState(environment->id, &name);
	check_drafted(environment, state);

	CatalogWrite("DELETE FROM vde.overrule WHERE environment_id = $1 AND model_id = $2 AND definition_id = $3", "lll",
				 environment->id, state->model_id, state->draft->id);
	if (category != NULL)
	{
		CatalogWrite("INSERT INTO vde.overrule (environment_id, model_id, definition_id, over_definition_id, "
					 "category, declared_hash, decided_by, decided_at) VALUES ($1, $2, $3, NULLIF($4, $3), $5, $6, $7, $8)", "lllLttrz",
					 environment->id, state->model_id, state->draft->id, state->deployed->id,
					 category, state->draft->content_hash, session.caller, GetCurrentTimestamp());
		ereport(NOTICE,
				(errmsg("the change of model \"%s\" in environment \"%s\" is declared %s",
						QuoteModelName(&name), environment->name, category)));
	}
	else
		ereport(NOTICE,
				(errmsg("the change of model \"%s\" in environment \"%s\" has its computed category",
						QuoteModelName(&name), environment->name)));
	SessionEnd(&session);
	PG_RETURN_VOID();
}
