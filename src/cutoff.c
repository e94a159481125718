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
 *	 of users that are not immutable or whose bodies are not followed into
 *	 what they call, and of PostgreSQL's own those that are neither immutable
 *	 nor listed below.
 *
 * - What PostgreSQL looks up by itself while a query runs is in no
 *	 fingerprint: a cast to json of a type of a user's, a text search
 *	 configuration.  What may use it is refreshed, also while there is none:
 *	 there may have been one.  Nor is what regclass and its like mean: they are
 *	 output columns at most, where their OIDs are stored, and part of no
 *	 expression.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/readfuncs.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/formatting.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "catalog.h"
#include "content_hash.h"
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

/* Of these, such as look for a cast of their arguments' types to json; sorted. */
static const char *const json_functions[] = {
	"array_to_json", "json_build_array", "json_build_object",
	"jsonb_build_array", "jsonb_build_object", "row_to_json", "to_json",
	"to_jsonb"
};

/* What is met in a query that decides nothing by itself */
typedef struct Findings
{
	bool		record_to_json; /* a row of unnamed type becomes json */
	bool		castable;		/* a value may be of a type with a cast */
	bool		record;			/* there is a row of unnamed type */
	bool		looked_up;		/* a value may be looked up in a catalog */
} Findings;

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
 * read_nodes
 *		GraphNode *: all that a node reads down to tables with rows, these
 *		included.
 */
static List *
read_nodes(Graph *graph, const GraphNode *node)
{
	List	   *nodes = list_copy(GraphParents(graph, node));
	int			i;

	for (i = 0; i < list_length(nodes); i++)
	{
		GraphNode  *read = (GraphNode *) list_nth(nodes, i);

		CHECK_FOR_INTERRUPTS();
		if (GraphNodeLives(read) && !KindHasRows(read->definition->kind))
			nodes = list_concat_unique_ptr(nodes, GraphParents(graph, read));
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
	List	   *names = NIL;
	List	   *files = NIL;
	ListCell   *cell;
	ListCell   *name;
	ListCell   *file;
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
					   "CASE WHEN unlogged AND row_count > 0 THEN relation_name END, relation_name, file "
					   "FROM vde.version WHERE id = ANY ($1) ORDER BY id", "I", ids);
	for (row = 0; row < rows; row++)
	{
		FillInput  *input = palloc(sizeof(FillInput));

		input->version_id = CatalogInt64(row, 1);
		input->content_hash = CatalogText(row, 2);
		input->stamp = CatalogText(row, 3);
		inputs = lappend(inputs, input);
		unlogged = lappend(unlogged, CatalogText(row, 4));
		names = lappend(names, CatalogText(row, 5));
		files = lappend(files, CatalogText(row, 6));
	}

	/* one that a crash has emptied does not hold what it did */
	forboth(cell, inputs, name, unlogged)
	{
		if (lfirst(name) != NULL && PhysicalIsEmpty((char *) lfirst(name), true))
			((FillInput *) lfirst(cell))->content_hash = NULL;
	}

	/* nor does a materialized view that somebody else has filled */
	forthree(cell, inputs, name, names, file, files)
	{
		char	   *now = PhysicalFile((char *) lfirst(name));

		if (now != NULL && (lfirst(file) == NULL || strcmp(now, (char *) lfirst(file)) != 0))
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
 * find_text_search
 *		Walker: does it name a text search configuration or dictionary of a
 *		user's?
 */
static bool
find_text_search(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Const))
	{
		Const	   *constant = (Const *) node;

		return (constant->consttype == REGCONFIGOID || constant->consttype == REGDICTIONARYOID) &&
			!constant->constisnull &&
			DatumGetObjectId(constant->constvalue) >= FirstNormalObjectId;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, find_text_search, context, 0);
	return expression_tree_walker(node, find_text_search, context);
}

/*
 * searches_text
 *		The same of an SQL function.  Of a body that is a string it is enough
 *		that it has to do with text search.
 */
static bool
searches_text(HeapTuple tuple)
{
	static const char *const words[] = {"tsvector", "tsquery", "ts_", "regconfig", "regdictionary"};
	bool		isnull;
	Datum		body = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_prosqlbody, &isnull);
	char	   *source;
	int			i;

	if (!isnull)
		return find_text_search(stringToNode(TextDatumGetCString(body)), NULL);
	body = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_prosrc, &isnull);
	source = TextDatumGetCString(body);
	source = asc_tolower(source, strlen(source));
	for (i = 0; i < lengthof(words); i++)
	{
		if (strstr(source, words[i]) != NULL)
			return true;
	}
	return false;
}

/*
 * is_followed
 *		Is what a user's function uses among the dependencies?  What is
 *		written in C calls nothing that a user replaces.
 */
static bool
is_followed(HeapTuple tuple)
{
	Form_pg_proc proc = (Form_pg_proc) GETSTRUCT(tuple);
	int			i;

	if (proc->prolang == ClanguageId || proc->prolang == INTERNALlanguageId)
		return true;
	if (proc->prolang != SQLlanguageId)
		return false;
	for (i = 0; i < proc->proargtypes.dim1; i++)
	{
		if (IsPolymorphicType(proc->proargtypes.values[i]))
			return false;
	}
	return !searches_text(tuple);
}

/*
 * function_is_followed
 *		The same of a dependency.  Of overloaded functions all must be.
 */
static bool
function_is_followed(const Dependency *dependency)
{
	bool		followed = true;
	Oid			namespace = get_namespace_oid((char *) linitial(dependency->identity), true);
	CatCList   *functions;
	int			i;

	if (strcmp(dependency->class, "function") != 0)
		return true;
	functions = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum((char *) lsecond(dependency->identity)));
	for (i = 0; i < functions->n_members; i++)
	{
		HeapTuple	tuple = &functions->members[i]->tuple;
		Form_pg_proc proc = (Form_pg_proc) GETSTRUCT(tuple);

		if (proc->pronamespace == namespace && proc->oid >= FirstNormalObjectId &&
			proc->pronargs == list_length(dependency->identity) - 2 && !is_followed(tuple))
			followed = false;
	}
	ReleaseCatCacheList(functions);
	return followed;
}

/*
 * may_have_cast
 *		Could a value of this type, or a part of it, be of a user's type with a
 *		cast to json?  Those of arrays, of rows and of domains are not used.
 *		*record: it has a part of which that is not known.
 */
static bool
may_have_cast(Oid type, bool *record)
{
	Oid			element;
	TupleDesc	descriptor;
	bool		may = false;
	int			i;

	check_stack_depth();
	type = getBaseType(type);
	element = get_element_type(type);
	if (OidIsValid(element))
		return may_have_cast(element, record);
	if (type == RECORDOID || type == RECORDARRAYOID)
	{
		*record = true;
		return false;
	}
	if (type < FirstNormalObjectId)
		return false;
	if (get_typtype(type) != TYPTYPE_COMPOSITE)
		return true;
	descriptor = lookup_rowtype_tupdesc_copy(type, -1);
	for (i = 0; i < descriptor->natts && !may; i++)
	{
		if (!TupleDescAttr(descriptor, i)->attisdropped)
			may = may_have_cast(TupleDescAttr(descriptor, i)->atttypid, record);
	}
	return may;
}

/*
 * note_types
 *		Notes whether any of the values may have such a cast, or be looked up.
 */
static void
note_types(List *types, Findings *findings)
{
	ListCell   *cell;
	bool		record;			/* made elsewhere in the query */

	foreach(cell, types)
	{
		if (!OidIsValid(lfirst_oid(cell)))
			continue;
		if (may_have_cast(lfirst_oid(cell), &record))
			findings->castable = true;
		if (TypeIsLookedUp(lfirst_oid(cell)))
			findings->looked_up = true;
	}
}

/*
 * casts_to_json
 *		Do these arguments of a function that makes json of them use casts that
 *		are not known?
 */
static bool
casts_to_json(List *args, Findings *findings)
{
	ListCell   *cell;

	foreach(cell, args)
	{
		if (lfirst(cell) != NULL && may_have_cast(exprType((Node *) lfirst(cell)), &findings->record_to_json))
			return true;
	}
	return false;
}

/*
 * is_looked_up
 *		Is it a value that a catalog gives its meaning, or has it such a part?
 *		Only of expressions that can make one or take one from elsewhere.
 */
static bool
is_looked_up(Node *node, Findings *findings)
{
	Oid			type;

	switch (nodeTag(node))
	{
		case T_Const:
			/* those of text search have their own rule */
			if (((Const *) node)->constisnull || ((Const *) node)->consttype == REGCONFIGOID ||
				((Const *) node)->consttype == REGDICTIONARYOID)
				return false;
			break;
		case T_Var:
		case T_Param:
		case T_Aggref:
		case T_WindowFunc:
		case T_FuncExpr:
		case T_OpExpr:
		case T_SubLink:
		case T_FieldSelect:
		case T_SubscriptingRef:
		case T_RelabelType:
		case T_CoerceViaIO:
		case T_ArrayCoerceExpr:
		case T_CoerceToDomain:
		case T_ConvertRowtypeExpr:
		case T_ArrayExpr:
		case T_RowExpr:
			break;
		default:
			return false;
	}
	type = exprType(node);
	if (type == RECORDOID || type == RECORDARRAYOID)
		findings->record = true;
	return TypeIsLookedUp(type);
}

/*
 * without_stored_oid
 *		What decides the OID that an output column stores; NULL: another column.
 *		What the OID means makes no difference then.
 */
static Node *
without_stored_oid(Node *node)
{
	if (!TypeIsLookedUp(exprType(node)))
		return node;
	while (IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return IsA(node, Var) ? NULL : node;
}

/*
 * find_undetermined
 *		Walker: is there anything in a query that time or chance, or something
 *		outside vde, decides?
 */
static bool
find_undetermined(Node *node, void *context)
{
	Findings   *findings = (Findings *) context;

	if (node == NULL)
		return false;
	if (is_looked_up(node, findings))
		return true;
	switch (nodeTag(node))
	{
		case T_SQLValueFunction:
		case T_NextValueExpr:
		case T_TableSampleClause:
			return true;
		case T_Const:
			return find_text_search(node, NULL);
		case T_FuncExpr:
			{
				FuncExpr   *call = (FuncExpr *) node;
				const char *name = call->funcid < FirstNormalObjectId ? get_func_name(call->funcid) : NULL;

				if (name != NULL &&
					bsearch(&name, json_functions, lengthof(json_functions), sizeof(char *), compare_names) != NULL &&
					casts_to_json(call->args, findings))
					return true;
				break;
			}
#if PG_VERSION_NUM >= 160000
		case T_JsonConstructorExpr:
			if (casts_to_json(((JsonConstructorExpr *) node)->args, findings))
				return true;
			break;
#endif
		case T_TargetEntry:
			node = (Node *) ((TargetEntry *) node)->expr;
			note_types(list_make1_oid(exprType(node)), findings);
			return find_undetermined(without_stored_oid(node), context);
		case T_Aggref:
			{
				ListCell   *cell;

				/* their targets are no output columns */
				foreach(cell, ((Aggref *) node)->args)
				{
					if (TypeIsLookedUp(exprType((Node *) lfirst_node(TargetEntry, cell)->expr)))
						return true;
				}
				break;
			}
		case T_RowExpr:
			{
				ListCell   *cell;

				foreach(cell, ((RowExpr *) node)->args)
					note_types(list_make1_oid(exprType((Node *) lfirst(cell))), findings);
				break;
			}
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
		case T_RangeTblFunction:
			note_types(((RangeTblFunction *) node)->funccoltypes, findings);
			note_types(list_make1_oid(exprType(((RangeTblFunction *) node)->funcexpr)), findings);
			break;
		case T_RangeTblEntry:
			note_types(((RangeTblEntry *) node)->coltypes, findings);
			if (((RangeTblEntry *) node)->rtekind == RTE_RELATION)
				note_types(list_make1_oid(get_rel_type_id(((RangeTblEntry *) node)->relid)), findings);
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
	Findings	findings = {0};
	ListCell   *cell;

	if (fingerprint->chance)
		return false;
	foreach(cell, fingerprint->dependencies)
	{
		if (!DependencyIsFixed((Dependency *) lfirst(cell)) ||
			!function_is_followed((Dependency *) lfirst(cell)))
			return false;
	}
	return query != NULL && !find_undetermined((Node *) unconstify(Query *, query), &findings) &&
		!(findings.record_to_json && findings.castable) &&
		!(findings.record && findings.looked_up);
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
