/*-------------------------------------------------------------------------
 *
 * drift.c
 *	  Changes outside that make a model another one than was deployed: found,
 *	  and told.
 *
 * They are found before any work, by comparing what the snapshots in use
 * depend on with what is there; and once more before and after each build in
 * graph_node.c, by analyzing the model, which also finds what is new, like a
 * function that matches better.
 *
 * Invariant: whatever decides a model's result and has another definition
 * than its snapshot says marks that model; whether it really is another one
 * then, its analysis tells.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/value.h"

#include "catalog.h"
#include "compat.h"
#include "drift.h"
#include "graph_node.h"
#include "physical.h"
#include "physical_view.h"

/* how RaiseDrift() tells, and note_stopped() knows, that a model moved */
#define NO_LONGER	"is no longer what was"

/* what note_emptied() says changed, which is no drift */
#define DRIFT_EMPTIED	"contents of its unlogged table, which a crash emptied,"

/* what note_lost() says changed, which is no drift either */
#define DRIFT_LOST		"contents of its table, which is gone,"

/* what note_misled() says changed, and it is none */
#define DRIFT_MISLED	"what has the name of a relation in its query"

/* ---------------------------------------------------------------------
 * Found
 * ---------------------------------------------------------------------
 */

/*
 * mark_drifted
 *		Notes that models (List of int64 * ids) read something that changed,
 *		or is gone.
 */
static void
mark_drifted(Graph *graph, List *ids, char *what, bool suspected, bool gone)
{
	ListCell   *cell;

	foreach(cell, LoadModelStates(graph->environment->id, ids))
	{
		GraphNode  *node = GraphAddNode(graph, (ModelState *) lfirst(cell));

		if (suspected && node->drift != NIL && !node->suspected)
			continue;			/* known for certain */
		if (!suspected && node->suspected)
			node->drift = NIL;
		node->drift = lappend(node->drift, what);
		if (gone)
			node->gone = lappend(node->gone, what);
		node->suspected = suspected;
		node->must_analyze = true;
		if (!node->affected)
		{
			node->affected = true;
			graph->affected = lappend(graph->affected, node);
		}
	}
}

/*
 * became_other
 *		Is there a view where a table was, or the reverse?
 */
static bool
became_other(const char *class, List *identity)
{
	return (strcmp(class, "relation") == 0 && DependencyDigest("view", identity) != NULL) ||
		(strcmp(class, "view") == 0 && DependencyDigest("relation", identity) != NULL);
}

/*
 * relation_name
 *		Schema and name as a List that list_member() finds.
 */
static List *
relation_name(List *identity)
{
	return list_make2(makeString((char *) linitial(identity)), makeString((char *) lsecond(identity)));
}

/*
 * note_drift
 *		Finds what outside has changed since the snapshots in use were taken,
 *		and marks the models that read it.
 */
static void
note_drift(Graph *graph)
{
	uint64		rows;
	uint64		row;
	List	   *moved = NIL;
	List	   *gone = NIL;		/* List of String: schema and name */
	ListCell   *cell;
	typedef struct Seen
	{
		char	   *class;
		List	   *identity;
		char	   *digest;
		bool		gone;
	} Seen;
	Seen	   *seen;

	/* what holds columns before its columns: it explains what they do */
	rows = CatalogRead("SELECT d.class, d.identity, d.digest "
					   "FROM vde.pointer p JOIN vde.dependency d ON d.snapshot_id = p.snapshot_id "
					   "WHERE p.environment_id = $1 "
					   "GROUP BY d.class, d.identity, d.digest "
					   "ORDER BY d.class NOT IN ('relation', 'view'), d.class, d.identity", "l", graph->environment->id);
	seen = palloc(sizeof(Seen) * Max(rows, 1));
	for (row = 0; row < rows; row++)
	{
		seen[row].class = CatalogText(row, 1);
		seen[row].identity = CatalogTextArray(row, 2);
		seen[row].digest = CatalogText(row, 3);
	}
	for (row = 0; row < rows; row++)
	{
		char	   *now = DependencyDigest(seen[row].class, seen[row].identity);

		seen[row].gone = now == NULL && !became_other(seen[row].class, seen[row].identity);
		if (now == NULL || strcmp(now, seen[row].digest) != 0)
			moved = lappend(moved, &seen[row]);
		CHECK_FOR_INTERRUPTS();
	}

	foreach(cell, moved)
	{
		Seen	   *dependency = (Seen *) lfirst(cell);
		List	   *ids;
		char	   *what;
		bool		suspected;
		bool		part = strncmp(dependency->class, "column", strlen("column")) == 0 ||
		strcmp(dependency->class, "primary key") == 0;

		/* they went with it */
		if (part && list_member(gone, relation_name(dependency->identity)))
			continue;
		if (dependency->gone &&
			(strcmp(dependency->class, "relation") == 0 || strcmp(dependency->class, "view") == 0))
			gone = lappend(gone, relation_name(dependency->identity));
		ids = GraphReadIds(CatalogRead("SELECT p.model_id FROM vde.pointer p JOIN vde.dependency d ON d.snapshot_id = p.snapshot_id "
									   "WHERE p.environment_id = $1 AND d.class = $2 AND d.identity = $3 AND d.digest = $4", "ltTt",
									   graph->environment->id, dependency->class, dependency->identity, dependency->digest));
		what = DependencyDescription(dependency->class, dependency->identity);
		suspected = strcmp(dependency->class, "columns") == 0;
		if (!suspected)
			graph->drifted = lappend(graph->drifted, dependency->gone ? psprintf("%s, which is gone", what) : what);
		mark_drifted(graph, ids, what, suspected, dependency->gone);
	}
}

/*
 * note_stopped
 *		Marks the models whose last refresh was stopped because the query is no
 *		longer what was planned: a new overload, say, changes nothing that was
 *		there, so that note_drift does not see it.
 *
 * It may be one that the query is seen through that is another: a view or an
 * embedded model, which no build of its own finds out about.
 */
static void
note_stopped(Graph *graph)
{
	List	   *ids;

	ids = GraphReadIds(CatalogRead("WITH RECURSIVE stopped AS ("
								   "  SELECT p.model_id, p.snapshot_id FROM vde.build b JOIN vde.pointer p ON p.model_id = b.model_id "
								   "  JOIN vde.snapshot s ON s.id = p.snapshot_id "
								   "  JOIN vde.version v ON v.id = s.version_id AND v.xxh3 = b.xxh3 "
								   "  WHERE b.state = 'failed' AND b.action = 'refresh' AND b.sqlstate = '55000' "
								   "  AND b.message LIKE '% " NO_LONGER " %' "
								   "  AND p.environment_id = $1 AND b.started_at > v.refreshed_at "
								   "  UNION "
								   "  SELECT p.model_id, p.snapshot_id FROM stopped st "
								   "  JOIN vde.snapshot_parent sp ON sp.snapshot_id = st.snapshot_id "
								   "  JOIN vde.pointer p ON p.environment_id = $1 AND p.model_id = sp.parent_model_id "
								   "  JOIN vde.snapshot s ON s.id = p.snapshot_id "
								   "  JOIN vde.definition d ON d.id = s.definition_id AND d.kind IN ('view', 'embedded')) "
								   "SELECT DISTINCT model_id FROM stopped", "l",
								   graph->environment->id));
	NoteOtherMeaning(graph, ids);
}

/*
 * NoteOtherMeaning
 *		See drift.h.
 */
void
NoteOtherMeaning(Graph *graph, List *ids)
{
	if (ids != NIL)
		mark_drifted(graph, ids, "the meaning of a name in its query", true, false);
}

/*
 * note_emptied
 *		Marks the models whose unlogged table a crash has emptied.
 */
static void
note_emptied(Graph *graph)
{
	List	   *names = NIL;
	List	   *ids = NIL;
	List	   *emptied = NIL;
	ListCell   *name;
	ListCell   *id;
	uint64		rows;
	uint64		row;

	rows = CatalogRead("SELECT v.relation_name, p.model_id FROM vde.version v JOIN vde.snapshot s ON s.version_id = v.id "
					   "JOIN vde.pointer p ON p.snapshot_id = s.id "
					   "WHERE v.unlogged AND v.row_count > 0 AND v.built_at IS NOT NULL AND p.environment_id = $1", "l",
					   graph->environment->id);
	for (row = 0; row < rows; row++)
	{
		names = lappend(names, CatalogText(row, 1));
		ids = lappend(ids, CopyId(CatalogInt64(row, 2)));
	}
	forboth(name, names, id, ids)
	{
		if (OidIsValid(PhysicalRelation((char *) lfirst(name))) &&
			PhysicalIsEmpty((char *) lfirst(name), false))
			emptied = lappend(emptied, lfirst(id));
	}
	if (emptied != NIL)
		mark_drifted(graph, emptied, DRIFT_EMPTIED, false, false);
}

/*
 * note_lost
 *		Marks the models whose table somebody dropped, as vde_check() has noted; or
 *		that was collected, which is not done to a table that is pointed at.
 */
static void
note_lost(Graph *graph)
{
	List	   *ids;

	/* in two, so that the index on what is lost is of use */
	ids = GraphReadIds(CatalogRead("SELECT p.model_id FROM vde.version v JOIN vde.snapshot s ON s.version_id = v.id "
								   "JOIN vde.pointer p ON p.snapshot_id = s.id "
								   "WHERE v.built_at IS NULL AND v.relation_name IS NOT NULL AND v.collected_at IS NULL "
								   "AND p.environment_id = $1 "
								   "UNION ALL SELECT p.model_id FROM vde.version v JOIN vde.snapshot s ON s.version_id = v.id "
								   "JOIN vde.pointer p ON p.snapshot_id = s.id "
								   "WHERE v.collected_at IS NOT NULL AND p.environment_id = $1", "l", graph->environment->id));
	if (ids != NIL)
		mark_drifted(graph, ids, DRIFT_LOST, false, false);
}

/*
 * note_misled
 *		Marks the views that show what has another name now.
 */
static void
note_misled(Graph *graph)
{
	List	   *ids;

	graph->misled = MisledViews(graph->environment->id);
	if (graph->misled == NIL)
		return;
	ids = GraphReadIds(CatalogRead("SELECT p.model_id FROM vde.snapshot s JOIN vde.pointer p ON p.snapshot_id = s.id "
								   "WHERE s.version_id = ANY ($1) AND p.environment_id = $2", "Il",
								   graph->misled, graph->environment->id));
	mark_drifted(graph, ids, DRIFT_MISLED, false, false);
}

/*
 * NoteDrift
 *		See drift.h.
 */
void
NoteDrift(Graph *graph)
{
	note_drift(graph);
	note_stopped(graph);
	note_emptied(graph);
	note_lost(graph);
	note_misled(graph);
}

/* ---------------------------------------------------------------------
 * Told
 * ---------------------------------------------------------------------
 */

/*
 * since
 *		" since deployment 41": the last one that gave a model the snapshot
 *		that it has in the environment.
 *
 * Looked for in the state that the environment is in and those before it.
 * One that started as a copy got it with its creation.
 */
static char *
since(const Graph *graph, const GraphNode *node)
{
	if (node->current != NULL &&
		CatalogRead("WITH RECURSIVE states AS ("
					"  SELECT d.id, d.parent_id, d.action FROM vde.environment_state s "
					"  JOIN vde.deployment d ON d.id = s.deployment_id WHERE s.environment_id = $1 "
					"  UNION ALL "
					"  SELECT d.id, d.parent_id, d.action FROM states s JOIN vde.deployment d ON d.id = s.parent_id) "
					"SELECT s.id FROM states s WHERE s.action = 'create' OR EXISTS ("
					"  SELECT FROM vde.deployment_change c "
					"  WHERE c.deployment_id = s.id AND c.model_id = $2 AND c.new_snapshot_id = $3) "
					"ORDER BY s.id DESC LIMIT 1", "lll",
					graph->environment->id, node->model_id, node->current->id) > 0)
		return psprintf(" since deployment " INT64_FORMAT, CatalogInt64(0, 1));
	return pstrdup(" since the model was registered");
}

/*
 * is_drift
 *		Is one of GraphNode.drift something that changed outside?
 */
static bool
is_drift(const char *what)
{
	return strcmp(what, DRIFT_EMPTIED) != 0 && strcmp(what, DRIFT_LOST) != 0 &&
		strcmp(what, DRIFT_MISLED) != 0;
}

/*
 * find_drifted
 *		The model itself or the nearest one above it that reads what changed,
 *		rather one where that is certain; NULL when none is known.
 */
static const GraphNode *
find_drifted(const GraphNode *node)
{
	const GraphNode *suspected = NULL;
	List	   *nodes = list_make1(unconstify(GraphNode *, node));
	int			i;

	for (i = 0; i < list_length(nodes); i++)
	{
		const GraphNode *candidate = (const GraphNode *) list_nth(nodes, i);
		ListCell   *cell;

		foreach(cell, candidate->drift)
		{
			if (!is_drift((char *) lfirst(cell)))
				continue;
			if (!candidate->suspected)
				return candidate;
			if (suspected == NULL)
				suspected = candidate;
		}
		foreach(cell, candidate->parents)
		{
			if (((GraphNode *) lfirst(cell))->affected)
				nodes = list_append_unique_ptr(nodes, lfirst(cell));
		}
	}
	return suspected;
}

/*
 * describe_change
 *		"function shop.tax(numeric) has changed"
 */
static char *
describe_change(const GraphNode *node, char *what)
{
	return psprintf("%s %s", what,
					list_member_ptr(node->gone, what) ? "has disappeared" :
					strncmp(what, "columns ", strlen("columns ")) == 0 ? "have changed" :
					"has changed");
}

/*
 * DriftError
 *		See drift.h.
 */
ErrorData *
DriftError(Graph *graph, const GraphNode *node)
{
	MemoryContext old = MemoryContextSwitchTo(graph->context);
	ErrorData  *error = palloc0(sizeof(ErrorData));
	const GraphNode *drifted = find_drifted(node);
	StringInfoData detail;
	ListCell   *cell;

	initStringInfo(&detail);
	error->elevel = ERROR;
	error->sqlerrcode = ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
	if (drifted == NULL)
		error->message = psprintf("something that it reads has changed%s", since(graph, node));
	else
	{
		foreach(cell, drifted->drift)
		{
			char	   *what = (char *) lfirst(cell);

			if (!is_drift(what))
				continue;
			what = describe_change(drifted, what);
			if (error->message == NULL)
				error->message = psprintf("%s%s", what, since(graph, drifted));
			else
				appendStringInfo(&detail, "%s%s", detail.len > 0 ? ", " : "Besides, ", what);
		}
		if (detail.len > 0)
			appendStringInfoChar(&detail, '.');
		if (drifted != node)
			appendStringInfo(&detail, "%sIt is read through model \"%s\".", detail.len > 0 ? " " : "",
							 QuoteModelName(&drifted->name));
		if (drifted->problem != NULL)
			appendStringInfo(&detail, "%sThe query fails now: %s.", detail.len > 0 ? " " : "",
							 drifted->problem->message);
	}
	if (detail.len > 0)
		error->detail = detail.data;
	error->hint = node->problem != NULL ?
		psprintf("Change model \"%s\", or what it reads, and apply: see vde_plan('%s').",
				 QuoteModelName(&node->name), graph->environment->name) :
		psprintf("Look at it with vde_plan('%s') and apply.", graph->environment->name);
	error->assoc_context = graph->context;
	MemoryContextSwitchTo(old);
	return error;
}

/* ---------------------------------------------------------------------
 * Between the graph's computation and a build
 * ---------------------------------------------------------------------
 */

/*
 * RaiseDrift
 *		See drift.h.
 */
void
RaiseDrift(Graph *graph, const GraphNode *node, const Fingerprint *now)
{
	bool		planned = node->fingerprint != NULL;
	List	   *before = planned ? node->fingerprint->dependencies : (node->current ? LoadDependencies(node->current->id) : NIL);
	StringInfoData changed;
	StringInfoData added;
	ListCell   *cell;

	initStringInfo(&changed);
	initStringInfo(&added);
	foreach(cell, now->dependencies)
	{
		Dependency *dependency = (Dependency *) lfirst(cell);
		Dependency *was = FindDependency(before, dependency);
		StringInfo text = was == NULL ? &added : &changed;

		if (was == NULL || strcmp(was->digest, dependency->digest) != 0)
			appendStringInfo(text, "%s%s", text->len > 0 ? ", " : "",
							 DependencyDescription(dependency->class, dependency->identity));
	}
	if (added.len > 0)
		appendStringInfo(&changed, "%sit has come to use %s", changed.len > 0 ? "; " : "", added.data);
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("model \"%s\" " NO_LONGER " %s", QuoteModelName(&node->name),
					planned ? "planned" : "deployed"),
			 changed.len == 0 ?
			 errdetail("Something that its query uses has changed%s.", planned ? " meanwhile" : since(graph, node)) :
			 errdetail("Changed%s: %s.", planned ? " meanwhile" : since(graph, node), changed.data),
			 errhint("Look at the plan again with vde_plan().")));
}
