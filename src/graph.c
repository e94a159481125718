/*-------------------------------------------------------------------------
 *
 * graph.c
 *	  An environment's models with some of them edited: who is affected, and
 *	  in which order.  What each becomes is in graph_node.c, what changed
 *	  outside in drift.c.
 *
 * Only what is edited, what reads something outside that changed ("drifted"),
 * and what is downstream of these is read and analyzed; a parent that is none
 * of them is read when a child asks for it.  So a plan's cost follows the
 * change, not the graph.
 *
 * Invariants
 *
 * - Every node is analyzed after its parents, with their new columns and
 *	 versions; a cycle is an error that names all of it.
 *
 * - The graph lives in its own memory context and holds names, text and
 *	 hashes only, no OID and no catalog pointer, so that it survives the
 *	 commits between builds.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "catalog.h"
#include "compat.h"
#include "drift.h"
#include "graph.h"
#include "graph_node.h"

#define NODE_KEY_SIZE (2 * NAMEDATALEN)

/* states of GraphNode.visit */
enum
{
	VISIT_NEW, VISIT_OPEN, VISIT_DONE
};

typedef struct NodeEntry
{
	char		key[NODE_KEY_SIZE];
	GraphNode  *node;
} NodeEntry;

/*
 * node_slot
 *		The place of a name in the hash table, made if it is not there.
 */
static NodeEntry *
node_slot(Graph *graph, const char *schema, const char *name, bool *found)
{
	char		key[NODE_KEY_SIZE];

	memset(key, 0, sizeof(key));
	strlcpy(key, schema, NAMEDATALEN);
	strlcpy(key + NAMEDATALEN, name, NAMEDATALEN);
	return hash_search(graph->nodes, key, HASH_ENTER, found);
}

/*
 * GraphTakeCurrent
 *		See graph_node.h.
 */
void
GraphTakeCurrent(GraphNode *node)
{
	const ModelSnapshot *current = node->current;

	node->columns = current->columns;
	node->row_hash = current->row_hash;
	node->column_hashes = current->column_hashes;
	node->parts = current->parts;
	node->chance = current->chance;
	node->private_call = current->private_call;
	node->version = current->version;
	node->declared_breaking = current->declared_breaking;
}

/*
 * GraphAddNode
 *		A node for a model as the environment has it now.
 */
GraphNode *
GraphAddNode(Graph *graph, ModelState *state)
{
	bool		found;
	NodeEntry  *entry = node_slot(graph, state->name.schema, state->name.name, &found);
	GraphNode  *node;

	if (found)
		return entry->node;
	node = palloc0(sizeof(GraphNode));
	node->name = state->name;
	node->model_id = state->model_id;
	node->current = state->snapshot;
	node->current_definition = state->definition;
	node->definition = state->definition;
	if (node->current != NULL)
		GraphTakeCurrent(node);
	entry->node = node;
	return node;
}

/*
 * GraphFind
 *		The node of a name; one that is no model has model_id 0.
 */
GraphNode *
GraphFind(Graph *graph, const char *schema, const char *name)
{
	MemoryContext old;
	ModelName	model;
	ModelState *state;
	GraphNode  *node;
	NodeEntry  *entry;
	bool		found;

	entry = node_slot(graph, schema, name, &found);
	if (found)
		return entry->node;

	old = MemoryContextSwitchTo(graph->context);
	hash_search(graph->nodes, entry->key, HASH_REMOVE, NULL);
	model.schema = pstrdup(schema);
	model.name = pstrdup(name);
	state = LoadModelState(graph->environment->id, &model);
	if (state == NULL)
	{
		state = palloc0(sizeof(ModelState));
		state->name = model;
	}
	node = GraphAddNode(graph, state);
	MemoryContextSwitchTo(old);
	return node;
}

/*
 * GraphNodeMoves
 *		Is its version another one than the environment has?
 */
bool
GraphNodeMoves(const GraphNode *node)
{
	if (node->current == NULL || node->definition == NULL)
		return node->current != NULL || node->definition != NULL;
	return !DigestEquals(&node->version.digest, &node->current->version.digest);
}

/*
 * GraphParentIds
 *		See graph.h.
 */
List *
GraphParentIds(const GraphNode *node)
{
	List	   *ids = NIL;
	ListCell   *cell;

	foreach(cell, node->parents)
		ids = lappend(ids, CopyId(((GraphNode *) lfirst(cell))->model_id));
	return ids;
}

/*
 * GraphParents
 *		See graph.h.
 */
List *
GraphParents(Graph *graph, const GraphNode *node)
{
	List	   *parents = NIL;
	List	   *names = NIL;
	ListCell   *cell;
	uint64		rows;
	uint64		row;

	if (node->affected || node->parents != NIL || node->current == NULL)
		return node->parents;
	rows = CatalogRead("SELECT m.schema_name, m.model_name FROM vde.snapshot_parent sp "
					   "JOIN vde.model m ON m.id = sp.parent_model_id WHERE sp.snapshot_id = $1", "l",
					   node->current->id);
	for (row = 0; row < rows; row++)
		names = lappend(names, list_make2(CatalogText(row, 1), CatalogText(row, 2)));
	foreach(cell, names)
	{
		List	   *name = (List *) lfirst(cell);

		parents = lappend(parents, GraphFind(graph, linitial(name), lsecond(name)));
	}
	return parents;
}

/*
 * GraphReadIds
 *		First column of a result as List of int64 *.
 */
List *
GraphReadIds(uint64 rows)
{
	List	   *ids = NIL;
	uint64		row;

	for (row = 0; row < rows; row++)
		ids = lappend(ids, CopyId(CatalogInt64(row, 1)));
	return ids;
}

/*
 * apply_edits
 *		Puts the edited definitions in place.
 */
static void
apply_edits(Graph *graph, List *edits)
{
	List	   *model_ids = NIL;
	List	   *definition_ids = NIL;
	List	   *states;
	List	   *definitions;
	ListCell   *cell;
	HTAB	   *by_model;
	HASHCTL		ctl;
	typedef struct EditEntry
	{
		int64		model_id;
		GraphNode  *node;
		const Edit *edit;
	} EditEntry;
	EditEntry  *entry;
	bool		found;

	if (edits == NIL)
		return;
	ctl.keysize = sizeof(int64);
	ctl.entrysize = sizeof(EditEntry);
	ctl.hcxt = graph->context;
	by_model = hash_create("vde edits", list_length(edits), &ctl,
						   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	foreach(cell, edits)
	{
		const Edit *edit = (const Edit *) lfirst(cell);

		model_ids = lappend(model_ids, CopyId(edit->model_id));
		if (edit->definition_id != 0)
			definition_ids = lappend(definition_ids, CopyId(edit->definition_id));
		entry = hash_search(by_model, &edit->model_id, HASH_ENTER, &found);
		entry->edit = edit;
	}

	states = LoadModelStates(graph->environment->id, model_ids);
	foreach(cell, states)
	{
		ModelState *state = (ModelState *) lfirst(cell);
		GraphNode  *node = GraphAddNode(graph, state);

		entry = hash_search(by_model, &state->model_id, HASH_FIND, NULL);
		entry->node = node;
		node->edit = entry->edit;
		node->definition = NULL;
		node->must_analyze = true;
		if (!node->affected)
		{
			node->affected = true;
			graph->affected = lappend(graph->affected, node);
		}
	}
	definitions = LoadDefinitions(definition_ids);
	foreach(cell, definitions)
	{
		Definition *definition = (Definition *) lfirst(cell);

		entry = hash_search(by_model, &definition->model_id, HASH_FIND, NULL);
		entry->node->definition = definition;
	}
	hash_destroy(by_model);
}

/*
 * add_affected
 *		Adds models given by id, as they are now; returns the ids of the new.
 */
static List *
add_affected(Graph *graph, List *ids, bool must_analyze)
{
	List	   *added = NIL;
	ListCell   *cell;

	if (ids == NIL)
		return NIL;
	foreach(cell, LoadModelStates(graph->environment->id, ids))
	{
		GraphNode  *node = GraphAddNode(graph, (ModelState *) lfirst(cell));

		node->must_analyze = node->must_analyze || must_analyze;
		if (!node->affected && node->current != NULL)
		{
			node->affected = true;
			graph->affected = lappend(graph->affected, node);
			added = lappend(added, CopyId(node->model_id));
		}
	}
	return added;
}

/*
 * captures
 *		Does a reference of that name mean a model?  External models stay
 *		outside tables.
 */
static bool
captures(const Definition *definition)
{
	return definition != NULL && definition->kind != KIND_EXTERNAL;
}

/*
 * add_captured
 *		Models that may now read another relation than before, because a model
 *		of that name comes or goes, or becomes one that is a table outside.
 *
 * By name alone, whatever the schema: an unqualified reference may move along
 * its search_path.  Who turns out to read what it read before is no worse for
 * having been analyzed.
 */
static void
add_captured(Graph *graph)
{
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, graph->affected)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);

		if (captures(node->current_definition) != captures(node->definition))
			names = lappend(names, node->name.name);
	}
	if (names == NIL)
		return;
	(void) add_affected(graph,
						GraphReadIds(CatalogRead("SELECT DISTINCT p.model_id "
												 "FROM vde.pointer p JOIN vde.dependency d ON d.snapshot_id = p.snapshot_id "
												 "WHERE p.environment_id = $1 AND d.identity[2] = ANY ($2)", "lT",
												 graph->environment->id, names)), true);
	(void) add_affected(graph,
						GraphReadIds(CatalogRead("SELECT DISTINCT p.model_id "
												 "FROM vde.model m JOIN vde.snapshot_parent sp ON sp.parent_model_id = m.id "
												 "JOIN vde.pointer p ON p.snapshot_id = sp.snapshot_id "
												 "WHERE p.environment_id = $1 AND m.model_name = ANY ($2::name[])", "lT",
												 graph->environment->id, names)), true);
}

/*
 * add_descendants
 *		Everything downstream of what is affected so far.
 */
static void
add_descendants(Graph *graph)
{
	List	   *front = NIL;
	ListCell   *cell;

	foreach(cell, graph->affected)
		front = lappend(front, CopyId(((GraphNode *) lfirst(cell))->model_id));
	while (front != NIL)
	{
		CHECK_FOR_INTERRUPTS();
		front = add_affected(graph,
							 GraphReadIds(CatalogRead("SELECT DISTINCT p.model_id "
													  "FROM vde.snapshot_parent sp JOIN vde.pointer p ON p.snapshot_id = sp.snapshot_id "
													  "WHERE p.environment_id = $1 AND sp.parent_model_id = ANY ($2)", "lI",
													  graph->environment->id, front)), false);
	}
}

/*
 * read_parents
 *		Parents of what was not edited, as its snapshot has them.  Of what is
 *		to be analyzed, too: they hold if that fails.
 */
static void
read_parents(Graph *graph)
{
	List	   *ids = NIL;
	ListCell   *cell;
	uint64		rows;
	uint64		row;
	HTAB	   *by_snapshot;
	HASHCTL		ctl;
	typedef struct SnapshotEntry
	{
		int64		snapshot_id;
		GraphNode  *node;
	} SnapshotEntry;
	typedef struct Edge
	{
		int64		snapshot_id;
		ModelName	parent;
	} Edge;
	Edge	   *edges;

	ctl.keysize = sizeof(int64);
	ctl.entrysize = sizeof(SnapshotEntry);
	ctl.hcxt = CurrentMemoryContext;
	by_snapshot = hash_create("vde snapshots", 256, &ctl,
							  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	foreach(cell, graph->affected)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);
		SnapshotEntry *entry;

		if (node->edit != NULL)
			continue;
		ids = lappend(ids, CopyId(node->current->id));
		entry = hash_search(by_snapshot, &node->current->id, HASH_ENTER, NULL);
		entry->node = node;
	}
	if (ids == NIL)
		return;

	/*
	 * OFFSET keeps the planner from a join over all models, which it would
	 * choose where the catalog has no statistics yet
	 */
	rows = CatalogRead("SELECT sp.snapshot_id, m.schema_name, m.model_name "
					   "FROM vde.snapshot_parent sp, "
					   "LATERAL (SELECT schema_name, model_name FROM vde.model WHERE id = sp.parent_model_id OFFSET 0) m "
					   "WHERE sp.snapshot_id = ANY ($1) ORDER BY 1, 2, 3", "I", ids);
	edges = palloc(sizeof(Edge) * Max(rows, 1));
	for (row = 0; row < rows; row++)
	{
		edges[row].snapshot_id = CatalogInt64(row, 1);
		edges[row].parent.schema = CatalogText(row, 2);
		edges[row].parent.name = CatalogText(row, 3);
	}
	for (row = 0; row < rows; row++)
	{
		SnapshotEntry *entry = hash_search(by_snapshot, &edges[row].snapshot_id, HASH_FIND, NULL);

		entry->node->parents = lappend(entry->node->parents,
									   GraphFind(graph, edges[row].parent.schema, edges[row].parent.name));
	}
	hash_destroy(by_snapshot);
}

/*
 * raise_cycle
 *		Names a cycle whole; path is the way to node, node stands in it.
 */
static void
raise_cycle(List *path, GraphNode *node)
{
	StringInfoData text;
	ListCell   *cell;
	bool		in_cycle = false;

	initStringInfo(&text);
	foreach(cell, path)
	{
		GraphNode  *step = (GraphNode *) lfirst(cell);

		in_cycle = in_cycle || step == node;
		if (in_cycle)
			appendStringInfo(&text, "%s -> ", QuoteModelName(&step->name));
	}
	appendStringInfoString(&text, QuoteModelName(&node->name));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_RECURSION),
			 errmsg("models read each other in a cycle"),
			 errdetail("%s", text.data),
			 errhint("Take one of these references out.")));
}

static int
compare_nodes(const ListCell *a, const ListCell *b)
{
	const GraphNode *left = (const GraphNode *) lfirst(a);
	const GraphNode *right = (const GraphNode *) lfirst(b);
	int			result = strcmp(left->name.schema, right->name.schema);

	return result != 0 ? result : strcmp(left->name.name, right->name.name);
}

/*
 * sort_affected
 *		Parents before children, else by name, so that equal input gives equal
 *		plans.  Depth first with a stack of its own: a chain of ten thousand
 *		models must not end PostgreSQL's.
 */
static void
sort_affected(Graph *graph)
{
	typedef struct Step
	{
		GraphNode  *node;
		int			next;		/* next parent to visit */
	} Step;
	List	   *sorted = NIL;
	ListCell   *cell;

	list_sort(graph->affected, compare_nodes);
	foreach(cell, graph->affected)
	{
		List	   *stack = NIL;
		Step	   *step;

		if (((GraphNode *) lfirst(cell))->visit == VISIT_DONE)
			continue;
		step = palloc0(sizeof(Step));
		step->node = (GraphNode *) lfirst(cell);
		step->node->visit = VISIT_OPEN;
		stack = lappend(stack, step);
		while (stack != NIL)
		{
			GraphNode  *parent;

			CHECK_FOR_INTERRUPTS();
			step = (Step *) llast(stack);
			if (step->next >= list_length(step->node->parents))
			{
				step->node->visit = VISIT_DONE;
				sorted = lappend(sorted, step->node);
				stack = list_delete_last(stack);
				continue;
			}
			parent = (GraphNode *) list_nth(step->node->parents, step->next++);
			if (!parent->affected || parent->visit == VISIT_DONE)
				continue;
			if (parent->visit == VISIT_OPEN)
			{
				List	   *path = NIL;
				ListCell   *open;

				foreach(open, stack)
					path = lappend(path, ((Step *) lfirst(open))->node);
				raise_cycle(path, parent);
			}
			step = palloc0(sizeof(Step));
			step->node = parent;
			parent->visit = VISIT_OPEN;
			stack = lappend(stack, step);
		}
	}
	list_free(graph->affected);
	graph->affected = sorted;
}

/*
 * MakeGraph
 *		See graph.h.
 */
Graph *
MakeGraph(const Environment *environment)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "vde graph",
												  ALLOCSET_DEFAULT_SIZES);
	Graph	   *graph = MemoryContextAllocZero(context, sizeof(Graph));
	HASHCTL		ctl;

	graph->environment = environment;
	graph->context = context;
	graph->origin = GRAPH_LOADED;
	ctl.keysize = NODE_KEY_SIZE;
	ctl.entrysize = sizeof(NodeEntry);
	ctl.hcxt = context;
	graph->nodes = hash_create("vde graph nodes", 256, &ctl,
							   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	return graph;
}

/*
 * compute
 *		What follows from the nodes that are to be analyzed.
 */
static void
compute(Graph *graph)
{
	List	   *kept = LoadKept(graph->environment->id);
	ListCell   *cell;

	add_descendants(graph);
	read_parents(graph);
	foreach(cell, graph->affected)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);

		node->was_kept = FindKept(kept, node->model_id);
		node->from_edit = node->edit != NULL ||
			(node->must_analyze && node->drift == NIL && !node->settles);
		if (node->must_analyze && GraphNodeLives(node))
		{
			CHECK_FOR_INTERRUPTS();
			ParseNode(graph, node);
		}
	}
	sort_affected(graph);
	ComputeAffected(graph);
}

/*
 * ComputeGraph
 *		See graph.h.
 */
Graph *
ComputeGraph(const Environment *environment, List *edits, bool with_drift)
{
	List	   *stale = NIL;

	for (;;)
	{
		Graph	   *graph = MakeGraph(environment);
		MemoryContext old = MemoryContextSwitchTo(graph->context);

		graph->origin = GRAPH_COMPUTED;
		graph->edits = edits;
		graph->with_drift = with_drift;
		graph->collects_stale = true;
		if (with_drift)
			NoteDrift(graph);
		NoteOtherMeaning(graph, stale);
		apply_edits(graph, edits);
		add_captured(graph);
		compute(graph);

		MemoryContextSwitchTo(old);
		graph->collects_stale = false;
		if (graph->stale == NIL)
			return graph;

		/* once more, with what is known now: they move, and so do others */
		stale = list_concat(stale, graph->stale);
	}
}

/*
 * ComputeSettlement
 *		See graph.h.
 */
Graph *
ComputeSettlement(const Environment *environment, List *model_ids)
{
	Graph	   *graph = MakeGraph(environment);
	MemoryContext old = MemoryContextSwitchTo(graph->context);
	ListCell   *cell;

	graph->origin = GRAPH_SETTLEMENT;
	graph->settled_ids = model_ids;
	(void) add_affected(graph, model_ids, true);
	foreach(cell, graph->affected)
		((GraphNode *) lfirst(cell))->settles = true;
	compute(graph);

	MemoryContextSwitchTo(old);
	return graph;
}

/*
 * LoadGraph
 *		See graph.h.  Nothing is analyzed.
 */
Graph *
LoadGraph(const Environment *environment)
{
	Graph	   *graph = MakeGraph(environment);
	MemoryContext old = MemoryContextSwitchTo(graph->context);

	graph->origin = GRAPH_LOADED;
	(void) add_affected(graph,
						GraphReadIds(CatalogRead("SELECT model_id FROM vde.pointer "
												 "WHERE environment_id = $1 AND snapshot_id IS NOT NULL", "l",
												 environment->id)), false);
	read_parents(graph);
	sort_affected(graph);

	MemoryContextSwitchTo(old);
	return graph;
}
