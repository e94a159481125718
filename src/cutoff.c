/*-------------------------------------------------------------------------
 *
 * cutoff.c
 *	  What a table was filled from, and whether filling it again could give
 *	  anything else.
 *
 * A refresh can be left out when the model's contents follow from tables of
 * other models alone, and these hold what they held when it was filled last.
 * So a source's change ends where it makes no difference any more.
 *
 * Invariants
 *
 * - What a version's table was filled from is noted in the transaction that
 *	 fills it.  An input whose row in vde.version is not the same before and
 *	 after the query counts as unknown: the query may have seen either of its
 *	 contents, or one between.  Where it is the same, the lock that the query
 *	 took on the table has kept a refresh of it from being committed since.
 *
 * - With one snapshot for the whole transaction that cannot be seen, since
 *	 tables are switched under it.  Then nothing is known.
 *
 * - What is not known to be determined by the inputs is refreshed: whatever
 *	 is read outside vde, what counts as chance in the fingerprint, functions
 *	 of users that are not immutable, and of PostgreSQL's own those that are
 *	 neither immutable nor listed below.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "catalog.h"
#include "cutoff.h"
#include "physical.h"

/*
 * Stable functions of PostgreSQL's own whose result follows from their
 * arguments, the settings (which are the definition's) and the definitions of
 * types (which are in the fingerprint); sorted.  What reads a date or a time
 * from text is not here, for that may be 'today'; nor is what takes a time
 * zone's offset of the current day (timetz), or reads a catalog.
 */
static const char *const determined_functions[] = {
	"anytextcat", "array_out", "array_to_json", "array_to_string",
	"cash_out", "concat", "concat_ws", "convert", "convert_from", "convert_to",
	"date", "date_cmp_timestamptz", "date_eq_timestamptz", "date_ge_timestamptz",
	"date_gt_timestamptz", "date_le_timestamptz", "date_lt_timestamptz",
	"date_ne_timestamptz", "date_out", "date_part", "date_trunc",
	"enum_first", "enum_in", "enum_last", "enum_out", "enum_range",
	"extract", "format", "generate_series", "in_range", "interval_in",
	"interval_out", "interval_pl_timestamptz", "json_build_array",
	"json_build_object", "jsonb_build_array", "jsonb_build_object", "length",
	"make_timestamptz", "money", "multirange_out", "numeric", "overlaps",
	"quote_literal", "quote_nullable", "range_out", "record_out",
	"row_to_json", "textanycat", "time", "timestamp",
	"timestamp_cmp_timestamptz", "timestamp_eq_timestamptz",
	"timestamp_ge_timestamptz", "timestamp_gt_timestamptz",
	"timestamp_le_timestamptz", "timestamp_lt_timestamptz",
	"timestamp_ne_timestamptz", "timestamp_out", "timestamptz",
	"timestamptz_cmp_date", "timestamptz_cmp_timestamp", "timestamptz_eq_date",
	"timestamptz_eq_timestamp", "timestamptz_ge_date",
	"timestamptz_ge_timestamp", "timestamptz_gt_date",
	"timestamptz_gt_timestamp", "timestamptz_le_date",
	"timestamptz_le_timestamp", "timestamptz_lt_date",
	"timestamptz_lt_timestamp", "timestamptz_mi_interval",
	"timestamptz_ne_date", "timestamptz_ne_timestamp", "timestamptz_out",
	"timestamptz_pl_interval", "to_char", "to_date", "to_json", "to_jsonb",
	"to_number", "to_timestamp"
};

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* ---------------------------------------------------------------------
 * Inputs
 * ---------------------------------------------------------------------
 */

/*
 * node_parents
 *		What a node reads; looked up for one that no change affects.
 */
static List *
node_parents(Graph *graph, const GraphNode *node)
{
	List	   *names = NIL;
	List	   *parents = NIL;
	ListCell   *cell;
	uint64		rows;
	uint64		row;

	if (node->affected || node->current == NULL)
		return node->parents;
	rows = CatalogRead("SELECT m.schema_name, m.model_name FROM vde.snapshot_parent sp "
					   "JOIN vde.model m ON m.id = sp.parent_model_id WHERE sp.snapshot_id = $1", "l",
					   node->current->id);
	for (row = 0; row < rows; row++)
	{
		names = lappend(names, CatalogText(row, 1));
		names = lappend(names, CatalogText(row, 2));
	}
	for (cell = list_head(names); cell != NULL; cell = lnext(names, lnext(names, cell)))
		parents = lappend(parents, GraphFind(graph, (char *) lfirst(cell),
											 (char *) lfirst(lnext(names, cell))));
	return parents;
}

/*
 * read_nodes
 *		GraphNode *: all that a node reads down to tables with rows, these
 *		included.
 */
static List *
read_nodes(Graph *graph, const GraphNode *node)
{
	List	   *nodes = list_copy(node_parents(graph, node));
	int			i;

	for (i = 0; i < list_length(nodes); i++)
	{
		GraphNode  *read = (GraphNode *) list_nth(nodes, i);

		CHECK_FOR_INTERRUPTS();
		if (GraphNodeLives(read) && !KindHasRows(read->definition->kind))
			nodes = list_concat_unique_ptr(nodes, node_parents(graph, read));
	}
	return nodes;
}

/*
 * ReadFillInputs
 *		See cutoff.h.
 */
List *
ReadFillInputs(Graph *graph, const GraphNode *node)
{
	List	   *ids = NIL;
	List	   *inputs = NIL;
	List	   *unlogged = NIL; /* name of the relation, or NULL; by input */
	ListCell   *cell;
	ListCell   *name;
	uint64		rows;
	uint64		row;

	foreach(cell, read_nodes(graph, node))
	{
		GraphNode  *read = (GraphNode *) lfirst(cell);

		if (!GraphNodeLives(read) || !KindHasRows(read->definition->kind))
			continue;
		if (read->version.id == 0)
			elog(ERROR, "version of model \"%s\" is not in the catalog", QuoteModelName(&read->name));
		ids = lappend(ids, CopyId(read->version.id));
	}
	if (ids == NIL)
		return NIL;
	rows = CatalogRead("SELECT id, content_hash, xmin::pg_catalog.text, "
					   "CASE WHEN unlogged AND row_count > 0 THEN relation_name END "
					   "FROM vde.version WHERE id = ANY ($1) ORDER BY id", "I", ids);
	for (row = 0; row < rows; row++)
	{
		FillInput  *input = palloc(sizeof(FillInput));

		input->version_id = CatalogInt64(row, 1);
		input->content_hash = CatalogText(row, 2);
		input->stamp = CatalogText(row, 3);
		inputs = lappend(inputs, input);
		unlogged = lappend(unlogged, CatalogText(row, 4));
	}

	/* one that a crash has emptied does not hold what it did */
	forboth(cell, inputs, name, unlogged)
	{
		if (lfirst(name) != NULL && PhysicalIsEmpty((char *) lfirst(name)))
			((FillInput *) lfirst(cell))->content_hash = NULL;
	}
	return inputs;
}

/*
 * SaveFillInputs
 *		See cutoff.h.
 */
void
SaveFillInputs(int64 version_id, List *inputs)
{
	List	   *ids = NIL;
	List	   *hashes = NIL;
	List	   *stamps = NIL;
	ListCell   *cell;

	CatalogWrite("DELETE FROM vde.version_input WHERE version_id = $1", "l", version_id);
	if (inputs == NIL)
		return;
	foreach(cell, inputs)
	{
		FillInput  *input = (FillInput *) lfirst(cell);

		ids = lappend(ids, CopyId(input->version_id));
		hashes = lappend(hashes, IsolationUsesXactSnapshot() ? NULL : input->content_hash);
		stamps = lappend(stamps, input->stamp);
	}
	CatalogWrite("INSERT INTO vde.version_input (version_id, input_version_id, content_hash) "
				 "SELECT $1, i.id, CASE WHEN v.xmin::pg_catalog.text = i.stamp THEN i.content_hash END "
				 "FROM ROWS FROM (unnest($2), unnest($3), unnest($4)) i (id, content_hash, stamp) "
				 "JOIN vde.version v ON v.id = i.id", "lITT",
				 version_id, ids, hashes, stamps);
}

/*
 * SameFillInputs
 *		See cutoff.h.
 */
bool
SameFillInputs(int64 version_id, List *inputs)
{
	uint64		rows = CatalogRead("SELECT input_version_id, content_hash FROM vde.version_input "
								   "WHERE version_id = $1 ORDER BY input_version_id", "l", version_id);
	uint64		row = 0;
	ListCell   *cell;

	if (rows != list_length(inputs))
		return false;
	foreach(cell, inputs)
	{
		FillInput  *input = (FillInput *) lfirst(cell);
		char	   *before = CatalogText(row, 2);

		if (CatalogInt64(row, 1) != input->version_id || before == NULL ||
			input->content_hash == NULL || strcmp(before, input->content_hash) != 0)
			return false;
		row++;
	}
	return true;
}

/* ---------------------------------------------------------------------
 * What follows from inputs alone
 * ---------------------------------------------------------------------
 */

/*
 * is_undetermined
 *		Callback of check_functions_in_node: can a function return something
 *		else for the same arguments?
 */
static bool
is_undetermined(Oid funcid, void *context)
{
	HeapTuple	tuple;
	bool		undetermined;

	if (!OidIsValid(funcid))
		return false;
	if (funcid >= FirstNormalObjectId)
	{
		/* an aggregate counts as immutable itself, its functions need not be */
		tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(funcid));
		if (!HeapTupleIsValid(tuple))
			return func_volatile(funcid) != PROVOLATILE_IMMUTABLE;
		undetermined = is_undetermined(((Form_pg_aggregate) GETSTRUCT(tuple))->aggtransfn, context) ||
			is_undetermined(((Form_pg_aggregate) GETSTRUCT(tuple))->aggfinalfn, context) ||
			is_undetermined(((Form_pg_aggregate) GETSTRUCT(tuple))->aggmtransfn, context) ||
			is_undetermined(((Form_pg_aggregate) GETSTRUCT(tuple))->aggmfinalfn, context);
		ReleaseSysCache(tuple);
		return undetermined;
	}
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(funcid));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", funcid);
	undetermined = ((Form_pg_proc) GETSTRUCT(tuple))->provolatile != PROVOLATILE_IMMUTABLE;
	if (undetermined && ((Form_pg_proc) GETSTRUCT(tuple))->provolatile == PROVOLATILE_STABLE)
	{
		const char *name = NameStr(((Form_pg_proc) GETSTRUCT(tuple))->proname);

		undetermined = bsearch(&name, determined_functions, lengthof(determined_functions),
							   sizeof(char *), compare_names) == NULL;
	}
	ReleaseSysCache(tuple);
	return undetermined;
}

/*
 * find_undetermined
 *		Walker: is there anything in a query that time or chance, or something
 *		outside vde, decides?
 */
static bool
find_undetermined(Node *node, void *context)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_SQLValueFunction:
		case T_NextValueExpr:
		case T_TableSampleClause:
			return true;
#if PG_VERSION_NUM >= 170000
		case T_JsonExpr:		/* reads values of any type from text */
			return true;
#endif
		case T_TableFunc:
			{
				ListCell   *cell;

				foreach(cell, ((TableFunc *) node)->coltypes)
				{
					Oid			input;
					Oid			parameter;

					if (!OidIsValid(lfirst_oid(cell)))
						continue;	/* the ordinal number */
					getTypeInputInfo(lfirst_oid(cell), &input, &parameter);
					if (is_undetermined(input, NULL))
						return true;
				}
				break;
			}
		case T_RangeTblEntry:
			if (((RangeTblEntry *) node)->rtekind == RTE_RELATION &&
				get_rel_namespace(((RangeTblEntry *) node)->relid) != get_namespace_oid(VDE_DATA_SCHEMA, false))
				return true;
			return false;		/* what is in it is walked by itself */
		case T_Query:
			return query_tree_walker((Query *) node, find_undetermined, context,
									 QTW_EXAMINE_RTES_BEFORE);
		default:
			break;
	}
	if (check_functions_in_node(node, is_undetermined, context))
		return true;
	return expression_tree_walker(node, find_undetermined, context);
}

/*
 * is_determined
 *		Do a model's rows follow from those that it reads in other models?
 */
static bool
is_determined(const Query *query, const Fingerprint *fingerprint)
{
	ListCell   *cell;

	if (fingerprint->chance)
		return false;
	foreach(cell, fingerprint->dependencies)
	{
		if (!DependencyIsFixed((Dependency *) lfirst(cell)))
			return false;
	}
	return query != NULL && !find_undetermined((Node *) unconstify(Query *, query), NULL);
}

/*
 * CanCutOff
 *		See cutoff.h.
 *
 * Views and embedded models are looked at as they are now, as the model
 * itself was.  That takes the locks on all tables that the query reads, so
 * that inputs which are read after this are those that it would see.
 */
bool
CanCutOff(Graph *graph, GraphNode *node, const Query *query,
		  const Fingerprint *fingerprint)
{
	ListCell   *cell;

	if (IsolationUsesXactSnapshot() || !is_determined(query, fingerprint))
		return false;
	foreach(cell, read_nodes(graph, node))
	{
		GraphNode  *read = (GraphNode *) lfirst(cell);
		Fingerprint *read_fingerprint;
		Query	   *read_query;

		if (!GraphNodeLives(read))
			return false;
		if (KindHasRows(read->definition->kind))
			continue;
		read_query = BindNodeWith(graph, read, &read_fingerprint);
		if (!is_determined(read_query, read_fingerprint))
			return false;
	}
	return true;
}
