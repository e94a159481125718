/*-------------------------------------------------------------------------
 *
 * graph_node.c
 *	  What each affected model becomes: references, columns, fingerprint and
 *	  version, and the query that builds it.
 *
 * - A node downstream of an edit whose parents all came out as they were is
 *	 not analyzed: nothing that it reads moved.  One with a private version is,
 *	 so that a copy of another environment's gets its own.
 *
 * - A node that moves only because of changes that somebody has declared to
 *	 be of no concern to readers is kept: it is analyzed all the same, so that
 *	 a reader that cannot follow is an error as ever, and then left as it is.
 *	 An embedded model holds nothing that could be kept: it follows, and what
 *	 reads it is kept.
 *
 * - What goes wrong with a model that nobody edited, because something
 *	 outside changed, is kept as the node's problem; with any other it is
 *	 raised.  Of a model that nobody edited it is told which column of which
 *	 parent is behind it.
 *
 * - Parse and query trees hold OIDs and live for one pass only.  Each build
 *	 analyzes its model again (BindNode) and stops when the result is not
 *	 what was planned.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "catalog.h"
#include "compat.h"
#include "consent.h"
#include "drift.h"
#include "graph.h"
#include "graph_node.h"
#include "lineage.h"
#include "physical.h"
#include "reader_error.h"
#include "subtransaction.h"

/* callback of ParseModel: external models stay outside tables */
static bool
model_exists(const char *schema, const char *name, void *arg)
{
	GraphNode  *node = GraphFind((Graph *) arg, schema, name);

	return GraphNodeLives(node) && node->definition->kind != KIND_EXTERNAL;
}

static AnalyzedModel *analyze_embedded(Graph *graph, GraphNode *node);

/* callback of AnalyzeModel: how children see a node */
static ParentModel *
find_parent(const ModelName *name, void *arg)
{
	Graph	   *graph = (Graph *) arg;
	GraphNode  *node = GraphFind(graph, name->schema, name->name);

	node->parent.name = node->name;
	node->parent.kind = node->definition->kind;
	node->parent.columns = node->columns;
	node->parent.version = node->version.digest;
	node->parent.private_call = node->private_call;
	node->parent.row_hash = node->row_hash;
	node->parent.column_hashes = node->column_hashes;
	node->parent.parts = node->parts;
	if (node->definition->kind == KIND_EMBEDDED && node->embedded_pass != graph->pass)
	{
		node->parent.embedded = analyze_embedded(graph, node);
		node->embedded_pass = graph->pass;
	}
	return &node->parent;
}

/*
 * parse_text
 *		A definition's text over the models of the graph.
 */
static ParsedModel *
parse_text(Graph *graph, const Definition *definition)
{
	ParsedModel *parsed = ParseModel(definition, model_exists, graph);
	ListCell   *cell;

	foreach(cell, parsed->missing)
	{
		ModelReference *missing = (ModelReference *) lfirst(cell);
		GraphNode  *node;

		if (missing->name.schema == NULL)
			continue;
		node = GraphFind(graph, missing->name.schema, missing->name.name);
		if (node->edit == NULL || node->definition != NULL)
			continue;
		missing->removed = true;
		missing->detail = psprintf("%s Its removal is drafted.", missing->detail);
	}
	return parsed;
}

/*
 * hashed_for
 *		The environment that a node's version belongs to, if it is private:
 *		this one, or the one that it was copied from and that still has it.
 */
static const char *
hashed_for(const Graph *graph, const GraphNode *node)
{
	if (!node->computed && node->current != NULL && node->current->private_environment != NULL)
		return node->current->private_environment;
	return graph->environment->name;
}

/*
 * same_strings
 *		Are two lists of char * equal?
 */
static bool
same_strings(const List *a, const List *b)
{
	ListCell   *lc;
	ListCell   *lc2;

	if (list_length(a) != list_length(b))
		return false;
	forboth(lc, a, lc2, b)
	{
		if (strcmp((char *) lfirst(lc), (char *) lfirst(lc2)) != 0)
			return false;
	}
	return true;
}

/*
 * is_what_it_was
 *		Is a fingerprint the one of the node's version?
 *
 * That of a view has its owner's name.  One that the environment has stays what
 * it is when the role is renamed.  One that it keeps is known to be another one
 * by its parents.
 */
static bool
is_what_it_was(const GraphNode *node, const Fingerprint *fingerprint)
{
	if (DigestEquals(&fingerprint->version, &node->version.digest))
		return true;
	if (!node->computed && node->was_kept != NULL &&
		strcmp(node->was_kept->would_be, DigestSha256(&fingerprint->version)) == 0)
		return true;
	return node->definition->kind == KIND_VIEW && !node->computed &&
		strcmp(fingerprint->row_hash, node->row_hash) == 0 &&
		same_strings(fingerprint->column_hashes, node->column_hashes);
}

/*
 * analyze_as_it_is
 *		A node that the graph has computed, or as the environment has it: its
 *		query, and what its fingerprint is now.
 */
static AnalyzedModel *
analyze_as_it_is(Graph *graph, GraphNode *node, Fingerprint **fingerprint)
{
	AnalyzedModel *analyzed = AnalyzeModel(node->definition,
										   parse_text(graph, node->definition),
										   find_parent, graph);

	analyzed->declared_breaking = node->declared_breaking;
	*fingerprint = ComputeFingerprint(node->definition, analyzed, hashed_for(graph, node));
	return analyzed;
}

/*
 * analyze_embedded
 *		The query of an embedded model, to be inlined in its readers.
 *
 * Analyzed once per pass, that is, for each reader anew: the result holds
 * OIDs and lives as long as the reader's own query.  Embedded models may be
 * nested; the graph's order keeps this from running in circles, the stack
 * check from running deep.
 *
 * A reader's own fingerprint has only the hashes of the embedded model.  So it
 * must be the one that these are of: a better overload, say, is no change of
 * anything that was there.
 */
static AnalyzedModel *
analyze_embedded(Graph *graph, GraphNode *node)
{
	AnalyzedModel *analyzed;
	Fingerprint *fingerprint;

	check_stack_depth();
	analyzed = analyze_as_it_is(graph, node, &fingerprint);
	if (!is_what_it_was(node, fingerprint))
	{
		MemoryContext old;

		if (!graph->collects_stale || node->computed)
			RaiseDrift(graph, node, fingerprint);
		old = MemoryContextSwitchTo(graph->context);
		graph->stale = lappend(graph->stale, CopyId(node->model_id));
		MemoryContextSwitchTo(old);
	}
	return analyzed;
}

/*
 * parse_node
 *		References of a node's text; fills parents and missing.
 *
 * What the parser makes is thrown away, and made again when the node's turn
 * comes: a thousand parse trees are not kept.
 */
static void
parse_node(Graph *graph, GraphNode *node)
{
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "vde parse",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);
	ParsedModel *parsed = parse_text(graph, node->definition);
	ListCell   *cell;

	MemoryContextSwitchTo(graph->context);
	node->parents = NIL;
	node->missing = NIL;
	foreach(cell, parsed->references)
	{
		ModelReference *reference = (ModelReference *) lfirst(cell);

		node->parents = lappend(node->parents,
								GraphFind(graph, reference->name.schema, reference->name.name));
	}
	foreach(cell, parsed->missing)
	{
		ModelReference *reference = (ModelReference *) lfirst(cell);
		ModelReference *copy = palloc(sizeof(ModelReference));

		copy->name.schema = reference->name.schema ? pstrdup(reference->name.schema) : NULL;
		copy->name.name = pstrdup(reference->name.name);
		copy->detail = reference->detail ? pstrdup(reference->detail) : NULL;
		copy->location = reference->location;
		copy->removed = reference->removed;
		node->missing = lappend(node->missing, copy);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
}

/*
 * guarded
 *		Does something to a node.  What goes wrong with one that nobody edited,
 *		and that is not downstream of an edit, is a finding of the plan and not
 *		the fault of whoever asked for it.
 */
static void
guarded(Graph *graph, GraphNode *node, void (*action) (Graph *, GraphNode *))
{
	Subtransaction sub;

	if (node->edit != NULL)
	{
		action(graph, node);
		return;
	}
	SubtransactionBegin(&sub);
	sub.errors = graph->context;
	PG_TRY();
	{
		action(graph, node);
		SubtransactionEnd(&sub, true);
	}
	PG_CATCH();
	{
		ErrorData  *error = SubtransactionFailed(&sub);

		MemoryContextSwitchTo(graph->context);
		if (IsErrorOfTheMoment(error))
			ReThrowError(error);
		ExplainReaderError(node, error);
		if (node->from_edit)
			ReThrowError(error);
		node->problem = error;
		MemoryContextSwitchTo(sub.context);
	}
	PG_END_TRY();
}

/*
 * ParseNode
 *		parse_node, guarded.
 */
void
ParseNode(Graph *graph, GraphNode *node)
{
	guarded(graph, node, parse_node);
}

/*
 * copy_columns
 *		Deep copy of a list of ModelColumn.
 */
static List *
copy_columns(List *columns)
{
	List	   *copies = NIL;
	ListCell   *cell;

	foreach(cell, columns)
	{
		ModelColumn *column = (ModelColumn *) lfirst(cell);
		ModelColumn *copy = palloc(sizeof(ModelColumn));

		copy->name = pstrdup(column->name);
		copy->type = pstrdup(column->type);
		copy->collation = column->collation ? pstrdup(column->collation) : NULL;
		copies = lappend(copies, copy);
	}
	return copies;
}

/*
 * declared_breaking
 *		What makes a version another one because somebody declared the change
 *		that brought a node's definition breaking; NULL: nobody did.  Of an edit
 *		of which nothing is declared: what it is if it turns out to change
 *		nothing but text.
 */
static const char *
declared_breaking(const GraphNode *node)
{
	if (node->edit != NULL && node->edit->category != NULL)
		return strcmp(node->edit->category, OVERRULE_BREAKING) == 0 ? node->edit->declared_hash : NULL;
	return node->current != NULL ? node->current->declared_breaking : NULL;
}

/*
 * declaration_stays
 *		Is a node, with what was declared breaking as part of its version, just
 *		what the environment has?
 */
static bool
declaration_stays(const GraphNode *node, const Fingerprint *fingerprint)
{
	return node->current != NULL && node->current->declared_breaking != NULL &&
		DigestEquals(&fingerprint->version, &node->current->version.digest);
}

/*
 * copy_lineage
 *		Deep copy of a list of LineageEdge.
 */
static List *
copy_lineage(List *lineage)
{
	List	   *copies = NIL;
	ListCell   *cell;

	foreach(cell, lineage)
	{
		LineageEdge *edge = (LineageEdge *) lfirst(cell);
		LineageEdge *copy = palloc(sizeof(LineageEdge));

		*copy = *edge;
		copy->column = edge->column ? pstrdup(edge->column) : NULL;
		copy->schema = pstrdup(edge->schema);
		copy->name = pstrdup(edge->name);
		copy->source_column = edge->source_column ? pstrdup(edge->source_column) : NULL;
		copies = lappend(copies, copy);
	}
	return copies;
}

/*
 * compute_node
 *		What a node becomes: columns, fingerprint, version, lineage.
 */
static void
compute_node(Graph *graph, GraphNode *node)
{
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "vde analysis",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);
	AnalyzedModel *analyzed;
	Fingerprint *fingerprint;
	List	   *lineage;

	graph->pass++;
	CheckAnalysis(graph, node);
	analyzed = AnalyzeModel(node->definition,
							parse_text(graph, node->definition),
							find_parent, graph);
	fingerprint = ComputeFingerprint(node->definition, analyzed, graph->environment->name);
	node->plain = NULL;
	node->declared_breaking = declared_breaking(node);
	if (node->declared_breaking != NULL)
	{
		Fingerprint *plain = fingerprint;

		analyzed->declared_breaking = node->declared_breaking;
		fingerprint = ComputeFingerprint(node->definition, analyzed, graph->environment->name);
		if (declaration_stays(node, fingerprint))
			;					/* it became part of it before */
		else if (node->edit != NULL && node->edit->category == NULL)
		{
			/* the next real change ends it */
			node->declared_breaking = NULL;
			fingerprint = plain;
		}
		else
		{
			MemoryContextSwitchTo(graph->context);
			node->plain = CopyFingerprint(plain);
			MemoryContextSwitchTo(scratch);
		}
	}
	lineage = ComputeLineage(analyzed);

	MemoryContextSwitchTo(graph->context);
	node->fingerprint = CopyFingerprint(fingerprint);
	node->row_hash = node->fingerprint->row_hash;
	node->column_hashes = node->fingerprint->column_hashes;
	node->parts = node->fingerprint->parts;
	node->chance = node->fingerprint->chance;
	node->private_call = node->fingerprint->private_call;
	node->columns = copy_columns(analyzed->columns);
	node->lineage = copy_lineage(lineage);
	LookUpVersion(&node->name, node->definition->kind, &fingerprint->version, &node->version);
	node->computed = true;
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
}

/*
 * keep
 *		Leaves a node that was computed as the environment has it.
 */
static void
keep(Graph *graph, GraphNode *node)
{
	node->would_be = MemoryContextStrdup(graph->context, DigestSha256(&node->version.digest));
	node->kept = true;
	node->computed = false;
	node->fingerprint = NULL;
	node->plain = NULL;
	GraphTakeCurrent(node);
}

/*
 * heed_declarations
 *		After a node was computed: is its move, if it moves, one that readers
 *		need not follow, or is it such a reader itself?
 *
 * declared: whose declared changes are all that moved what it reads; NIL where
 * that is not so.  any: does something that it reads move at all?
 */
static void
heed_declarations(Graph *graph, GraphNode *node, List *declared, bool any)
{
	if (!GraphNodeMoves(node) || node->current == NULL)
		return;
	if (node->edit != NULL)
	{
		if (node->edit->category != NULL &&
			strcmp(node->edit->category, OVERRULE_NON_BREAKING) == 0 &&
			node->drift == NIL && (!any || declared != NIL))
			node->declared = list_make1(node);
		return;
	}
	if (node->settles)
		return;

	/* what was kept already: nothing else that it reads is another one */
	if (node->was_kept != NULL &&
		strcmp(node->was_kept->would_be, DigestSha256(&node->version.digest)) == 0)
	{
		keep(graph, node);
		return;
	}
	if (node->must_analyze || declared == NIL)
		return;
	node->declared = declared;
	if (node->definition->kind != KIND_EMBEDDED)
		keep(graph, node);
}

/*
 * ComputeAffected
 *		Computes the nodes in order, skipping those that nothing reached.
 */
void
ComputeAffected(Graph *graph)
{
	ListCell   *cell;

	foreach(cell, graph->affected)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);
		bool		reached = node->must_analyze || node->private_call != NULL;
		bool		moved = false;
		bool		all_declared = true;
		List	   *declared = NIL;
		ListCell   *parent_cell;

		CHECK_FOR_INTERRUPTS();
		if (!GraphNodeLives(node) || node->problem != NULL)
			continue;
		foreach(parent_cell, node->parents)
		{
			GraphNode  *parent = (GraphNode *) lfirst(parent_cell);

			if (!parent->affected)
				continue;
			node->from_edit = node->from_edit || parent->from_edit;
			if (parent->blocked || parent->problem != NULL)
				node->blocked = true;
			else if (GraphNodeMoves(parent))
			{
				reached = moved = true;
				all_declared = all_declared && parent->declared != NIL;
				declared = list_union_ptr(declared, parent->declared);
			}
		}
		if (!reached || node->blocked)
			continue;

		/* a parent may be gone: what is missing now? */
		if (!node->must_analyze)
			ParseNode(graph, node);
		if (node->missing != NIL)
			node->blocked = true;
		else if (node->problem == NULL)
		{
			guarded(graph, node, compute_node);
			if (node->computed)
				heed_declarations(graph, node, all_declared ? declared : NIL, moved);
		}
	}
}

/* callback of BindModel */
static Oid
find_physical(const ParentModel *parent, void *arg)
{
	GraphNode  *node = GraphFind((Graph *) arg, parent->name.schema, parent->name.name);
	Oid			relid = PhysicalRelation(node->version.relation_name);

	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("the table of model \"%s\" is missing", QuoteModelName(&node->name)),
				 errdetail("Relation \"%s\" should be in schema \"%s\".",
						   node->version.relation_name, VDE_DATA_SCHEMA),
				 errhint("Somebody dropped it. SELECT * FROM vde_check(true) notes that, and the next vde_apply() builds it.")));
	return relid;
}

/*
 * BindNode
 *		See graph.h.
 */
Query *
BindNode(Graph *graph, GraphNode *node)
{
	Fingerprint *fingerprint;

	return BindNodeWith(graph, node, &fingerprint);
}

/*
 * BindNodeWith
 *		See graph.h.
 */
Query *
BindNodeWith(Graph *graph, GraphNode *node, Fingerprint **result)
{
	AnalyzedModel *analyzed;

	graph->pass++;
	analyzed = analyze_as_it_is(graph, node, result);
	if (!is_what_it_was(node, *result))
		RaiseDrift(graph, node, *result);
	if (analyzed->query == NULL)
		return NULL;
	CheckLookedThrough(analyzed, node->definition->owner);
	return BindModel(analyzed, find_physical, graph);
}
