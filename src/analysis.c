/*-------------------------------------------------------------------------
 *
 * analysis.c
 *	  From a definition's text to its analyzed query, without building.
 *
 * There is one analysis.  Parents are ephemeral named relations that have a
 * parent's columns and nothing behind them, so that no table needs to exist;
 * what is executed later is this very query with those entries exchanged (see
 * binding.c), never a second analysis that might resolve a name differently.
 *
 * Invariants
 *
 * - Whatever may run the model owner's code (input functions of types, for
 *	 one) runs under RunAsBegin().  The callbacks of the caller do not: they
 *	 run as whoever called.
 *
 * - An error about the text has its position in the text: see model_text.c.
 *
 * - The raw tree is never analyzed itself, as analysis scribbles on it.
 *
 * - What an ephemeral relation cannot carry is refused: system columns,
 *	 TABLESAMPLE, a model's row type, a model named by a regclass constant.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/heap.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "parser/parse_node.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "analysis.h"
#include "depends_on.h"
#include "ephemeral.h"
#include "model_text.h"
#include "options.h"
#include "outside.h"
#include "outside_view.h"
#include "references.h"
#include "seed.h"
#include "session.h"
#include "time_literal.h"

/* What the check of the analyzed tree needs */
typedef struct AnalysisState
{
	const Definition *definition;
	const ParsedModel *parsed;
	int			location;		/* of the last node that has one, byte offset */
} AnalysisState;

/*
 * has_query
 *		Is the text of such a model SQL?
 */
static bool
has_query(ModelKind kind)
{
	return kind != KIND_SEED && kind != KIND_EXTERNAL;
}

/*
 * CheckModelQuery
 *		What can be said about a definition by its text alone, at registration.
 */
void
CheckModelQuery(const Definition *definition)
{
	ModelContext context;

	if (!has_query(definition->kind))
		return;
	EnterModel(&context, definition);
	RewriteReferences(definition, ParseQuery(definition), NULL);
	LeaveModel(&context);
}

/*
 * ParseModel
 *		Parses and finds the relations that the query names.
 *
 * exists decides what is a model; it is kept for AnalyzeModel, which needs it
 * for what the raw tree does not show, so arg must live as long.
 */
ParsedModel *
ParseModel(const Definition *definition, ModelExists exists, void *arg)
{
	ParsedModel *parsed = palloc0(sizeof(ParsedModel));
	ModelContext context;

	parsed->exists = exists;
	parsed->exists_arg = arg;
	if (!has_query(definition->kind))
		return parsed;

	EnterModel(&context, definition);
	parsed->raw = ParseQuery(definition);
	RewriteReferences(definition, parsed->raw, parsed);
	AddDependsOn(definition, parsed);
	LeaveModel(&context);
	return parsed;
}

/*
 * refuse_missing
 *		Error for the first relation that is neither model nor table.
 */
static void
refuse_missing(const Definition *definition, const ParsedModel *parsed)
{
	ModelReference *missing = linitial(parsed->missing);

	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_TABLE),
			 errmsg("relation \"%s\" does not exist",
					quote_qualified_identifier(missing->name.schema,
											   missing->name.name)),
			 errdetail_internal("%s", missing->detail),
			 errhint("Register a model of that name, create the table, or correct the name."),
			 errposition(QueryPosition(definition->query, missing->location))));
}

/*
 * check_column
 *		Can this output column be a column of a table?
 */
static void
check_column(ParseState *pstate, TargetEntry *tle, List *before)
{
	const char *name = tle->resname;
	Oid			typid = exprType((Node *) tle->expr);
	ParseCallbackState callback;
	ListCell   *lc;

	setup_parser_errposition_callback(&callback, pstate,
									  exprLocation((Node *) tle->expr));
	if (name == NULL || strcmp(name, "?column?") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
				 errmsg("column %d of the model has no name",
						list_length(before) + 1),
				 errhint("Give the expression a name with AS.")));
	foreach(lc, before)
	{
		if (strcmp(((ModelColumn *) lfirst(lc))->name, name) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_COLUMN),
					 errmsg("column \"%s\" specified more than once", name),
					 errdetail("Columns %d and %d of the model have that name.",
							   foreach_current_index(lc) + 1,
							   list_length(before) + 1),
					 errhint("Give one of them another name with AS.")));
	}
	if (SystemAttributeByName(name) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_COLUMN),
				 errmsg("column name \"%s\" conflicts with a system column name",
						name),
				 errhint("Give the column another name with AS.")));
	if (get_typtype(typid) == TYPTYPE_PSEUDO)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
				 errmsg("column \"%s\" has pseudo-type %s", name,
						format_type_be(typid)),
				 errdetail("No table can have a column of that type."),
				 typid == RECORDOID ?
				 errhint("Select the columns of the row one by one, or make it a value with to_jsonb().") :
				 errhint("Cast the expression to the type that is wanted.")));
	/* inside of composite types, and collations */
	CheckAttributeType(name, typid, exprCollation((Node *) tle->expr), NIL, 0);
	cancel_parser_errposition_callback(&callback);
}

/*
 * output_columns
 *		What the query returns, as ModelColumn *, once that is found to be
 *		what a table can hold.
 */
static List *
output_columns(ParseState *pstate, Query *query)
{
	List	   *columns = NIL;
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Node	   *expr = (Node *) tle->expr;

		if (tle->resjunk)
			continue;
		CHECK_FOR_INTERRUPTS();
		check_column(pstate, tle, columns);
		columns = lappend(columns,
						  MakeModelColumn(tle->resname, exprType(expr),
										  exprTypmod(expr),
										  exprCollation(expr)));
	}
	if (columns == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
				 errmsg("a model must have at least one column"),
				 errhint("Name a column after SELECT.")));
	if (list_length(columns) > MaxHeapAttributeNumber)
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_COLUMNS),
				 errmsg("a model can have at most %d columns",
						MaxHeapAttributeNumber)));
	return columns;
}

/*
 * is_ours
 *		Is the relation a model, or does it belong to vde?
 */
static bool
is_ours(Oid relid, const ParsedModel *parsed)
{
	char	   *name = get_rel_name(relid);
	char	   *schema = get_namespace_name(get_rel_namespace(relid));

	if (name == NULL || schema == NULL)
		return false;
	return IsExtensionSchema(schema) ||
		parsed->exists(schema, name, parsed->exists_arg) ||
		IsEnvironmentView(relid);
}

/*
 * check_type
 *		Refuses row types of models, and types that end with a session.
 */
static void
check_type(Oid typid, const AnalysisState *state)
{
	HeapTuple	tuple;
	Oid			relid;
	Oid			inner;
	bool		temporary;

	if (typid < FirstNormalObjectId)
		return;
	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(typid));
	if (!HeapTupleIsValid(tuple))
		return;
	relid = ((Form_pg_type) GETSTRUCT(tuple))->typrelid;
	inner = ((Form_pg_type) GETSTRUCT(tuple))->typelem;
	if (!OidIsValid(inner))
		inner = ((Form_pg_type) GETSTRUCT(tuple))->typbasetype;
	temporary = isAnyTempNamespace(((Form_pg_type) GETSTRUCT(tuple))->typnamespace);
	ReleaseSysCache(tuple);

	if (temporary)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a model cannot use temporary type %s",
						format_type_be(typid)),
				 errhint("Create the type in a permanent schema."),
				 errposition(QueryPosition(state->definition->query,
										   state->location))));
	if (OidIsValid(relid) && is_ours(relid, state->parsed))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a model cannot use the row type of \"%s\"",
						format_type_be(typid)),
				 errdetail("A model's rows have another type in each environment."),
				 errhint("Pass the columns one by one, or create a type for them with CREATE TYPE."),
				 errposition(QueryPosition(state->definition->query,
										   state->location))));
	if (OidIsValid(inner))
		check_type(inner, state);
}

/*
 * check_oid
 *		Refuses a value that names a model or a relation of vde by OID.
 */
static void
check_oid(Oid typid, Oid oid, const AnalysisState *state)
{
	if (typid == REGTYPEOID)
		check_type(oid, state);
	if (typid == REGCLASSOID && OidIsValid(oid) && is_ours(oid, state->parsed))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a model cannot refer to relation \"%s\" by a regclass constant",
						quote_qualified_identifier(get_namespace_name(get_rel_namespace(oid)),
												   get_rel_name(oid))),
				 errdetail("The constant would mean that relation in every environment."),
				 errhint("Read the relation in a FROM clause."),
				 errposition(QueryPosition(state->definition->query,
										   state->location))));
}

/*
 * check_constant
 *		The same for a constant, which may be an array.
 */
static void
check_constant(const Const *constant, const AnalysisState *state)
{
	Oid			element = get_element_type(constant->consttype);
	Datum	   *values;
	bool	   *nulls;
	int			count;
	int			i;

	if (constant->constisnull)
		return;
	if (constant->consttype == REGTYPEOID || constant->consttype == REGCLASSOID)
		check_oid(constant->consttype, DatumGetObjectId(constant->constvalue), state);
	else if (element == REGTYPEOID || element == REGCLASSOID)
	{
		deconstruct_array(DatumGetArrayTypeP(constant->constvalue), element,
						  sizeof(Oid), true, TYPALIGN_INT, &values, &nulls, &count);
		for (i = 0; i < count; i++)
		{
			if (!nulls[i])
				check_oid(element, DatumGetObjectId(values[i]), state);
		}
	}
}

/*
 * check_walker
 *		Looks in the analyzed query for what the raw tree does not show, and
 *		gives ephemeral entries the one name that they are known by outside.
 */
static bool
check_walker(Node *node, AnalysisState *state)
{
	ListCell   *lc;
	int			location;

	if (node == NULL)
		return false;
	location = exprLocation(node);
	if (location >= 0)
		state->location = location;
	switch (nodeTag(node))
	{
		case T_Query:
			CHECK_FOR_INTERRUPTS();
			foreach(lc, ((Query *) node)->rtable)
			{
				RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

				if (rte->rtekind == RTE_NAMEDTUPLESTORE)
					rte->enrname = EphemeralName(EphemeralIndex(rte->enrname));
			}
			return query_tree_walker((Query *) node, check_walker, state, 0);

		case T_SQLValueFunction:

			/*
			 * The model runs as its owner, whoever called; this would follow
			 * the caller's session.
			 */
			if (((SQLValueFunction *) node)->op == SVFOP_SESSION_USER)
				ereport(ERROR,
						(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						 errmsg("a model cannot use session_user"),
						 errdetail("It would depend on who builds the model."),
						 errhint("Use current_user, which is the model's owner."),
						 errposition(QueryPosition(state->definition->query,
												   state->location))));
			break;

		case T_RangeTblFunction:
			foreach(lc, ((RangeTblFunction *) node)->funccoltypes)
				check_type(lfirst_oid(lc), state);
			break;

		case T_TableFunc:
			foreach(lc, ((TableFunc *) node)->coltypes)
				check_type(lfirst_oid(lc), state);
			break;

		case T_Const:
			check_constant((Const *) node, state);
			CheckTimeLiteral(state->definition, (Const *) node);
			check_type(exprType(node), state);
			break;

		case T_Var:
		case T_Aggref:
		case T_WindowFunc:
		case T_FuncExpr:
		case T_OpExpr:
		case T_RowExpr:
		case T_RelabelType:
		case T_CoerceViaIO:
		case T_ArrayCoerceExpr:
		case T_ConvertRowtypeExpr:
		case T_CoerceToDomain:
			check_type(exprType(node), state);
			break;

		default:
			break;
	}
	return expression_tree_walker(node, check_walker, state);
}

/*
 * analyze_query
 *		Parse analysis, as the model's owner; the caller has set that up.
 */
static void
analyze_query(AnalyzedModel *model, AnalysisState *state)
{
	ParseState *pstate = make_parsestate(NULL);

	pstate->p_sourcetext = state->definition->query;
	SetupEphemerals(pstate, state->parsed->references, model->parents);

	model->query = transformTopLevelStmt(pstate, copyObject(state->parsed->raw));
	if (model->query->commandType != CMD_SELECT)
		elog(ERROR, "a model's query is not a SELECT");
	model->columns = output_columns(pstate, model->query);
	LookThroughViews(model, state->definition, state->parsed, pstate->p_queryEnv);
	free_parsestate(pstate);
}

/*
 * check_option_column
 *		ERRCODE_UNDEFINED_COLUMN unless the name is one of the model's columns.
 */
static void
check_option_column(const Definition *definition, const char *option,
					const char *name, const char **names, int count)
{
	const char *near;
	int			i;

	for (i = 0; i < count; i++)
	{
		if (strcmp(names[i], name) == 0)
			return;
	}
	near = NearestWord(name, names, count);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("column \"%s\" of option \"%s\" is not a column of model %s",
					name, option, QuoteModelName(&definition->name)),
			 near ? errhint("Perhaps you meant the column \"%s\".", near) : 0));
}

/*
 * check_option_columns
 *		Options must speak of columns that the model has: found when planned,
 *		not when built, and not at all for a description.  Expressions of
 *		indexes are left to the build; a seed and an external model check what
 *		is declared of their columns themselves.
 */
static void
check_option_columns(const Definition *definition, List *columns)
{
	ModelOptions *options = ReadOptions(definition->kind, definition->options);
	const char **names = palloc(sizeof(char *) * (list_length(columns) + 1));
	ListCell   *lc;

	foreach(lc, columns)
		names[foreach_current_index(lc)] = ((ModelColumn *) lfirst(lc))->name;

	if (has_query(definition->kind))
	{
		foreach(lc, options->columns)
			check_option_column(definition, "columns", ((ColumnOption *) lfirst(lc))->name,
								names, list_length(columns));
	}
	foreach(lc, options->primary_key)
		check_option_column(definition, "primary_key", lfirst(lc), names, list_length(columns));
	foreach(lc, options->partition_columns)
		check_option_column(definition, "partition_by", lfirst(lc), names, list_length(columns));
	foreach(lc, options->indexes)
	{
		IndexOption *index = lfirst(lc);
		ListCell   *inner;

		foreach(inner, index->columns)
		{
			if (((char *) lfirst(inner))[0] != '(')
				check_option_column(definition, "indexes", lfirst(inner), names, list_length(columns));
		}
		foreach(inner, index->include)
			check_option_column(definition, "indexes", lfirst(inner), names, list_length(columns));
	}
}

/* For forget_references: a WITH query that goes, and where it stood */
typedef struct UnusedContext
{
	List	   *levels;			/* Query *: around it, the innermost first */
	int			depth;			/* of the query looked at, within it */
} UnusedContext;

/*
 * forget_references
 *		One reference less for each WITH query outside that this one reads.
 *
 * PostgreSQL does not count references of a recursive query to itself.
 */
static bool
forget_references(Node *node, UnusedContext *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;
		int			level = (int) rte->ctelevelsup - context->depth;
		ListCell   *lc;

		if (rte->rtekind != RTE_CTE || rte->self_reference || level < 0)
			return false;
		foreach(lc, list_nth_node(Query, context->levels, level)->cteList)
		{
			CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);

			if (strcmp(cte->ctename, rte->ctename) == 0)
				cte->cterefcount--;
		}
		return false;
	}
	if (IsA(node, Query))
	{
		context->depth++;
		(void) query_tree_walker((Query *) node, forget_references, context,
								 QTW_EXAMINE_RTES_BEFORE);
		context->depth--;
		return false;
	}
	return expression_tree_walker(node, forget_references, context);
}

/*
 * drop_unused
 *		Takes WITH queries out that nothing refers to, or nothing but such.
 *		They are never executed, and a view should not stand on a table because
 *		of one.
 *
 * levels: Query *, those around this node, the innermost first.
 */
static bool
drop_unused(Node *node, List *levels)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		Query	   *query = (Query *) node;
		UnusedContext context;
		bool		again = true;

		context.levels = lcons(query, list_copy(levels));
		context.depth = 0;
		(void) query_tree_walker(query, drop_unused, context.levels, 0);
		while (again)
		{
			ListCell   *lc;

			again = false;
			foreach(lc, query->cteList)
			{
				CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);

				if (cte->cterefcount > 0)
					continue;
				query->cteList = foreach_delete_current(query->cteList, lc);
				(void) forget_references(cte->ctequery, &context);
				again = true;
			}
		}
		list_free(context.levels);
		return false;
	}
	return expression_tree_walker(node, drop_unused, levels);
}

/*
 * AnalyzeModel
 *		The analyzed query and what it returns.
 *
 * find is called once for each reference.  ERRCODE_UNDEFINED_TABLE when a
 * relation is missing; otherwise PostgreSQL's own errors, and those of the
 * checks above.
 */
AnalyzedModel *
AnalyzeModel(const Definition *definition, ParsedModel *parsed,
			 FindParent find, void *arg)
{
	AnalyzedModel *model = palloc0(sizeof(AnalyzedModel));
	AnalysisState state;
	ModelContext context;
	RunAs		run_as;
	bool		own_snapshot;
	ListCell   *lc;

	state.definition = definition;
	state.parsed = parsed;
	state.location = -1;

	EnterModel(&context, definition);
	if (parsed->missing != NIL)
		refuse_missing(definition, parsed);
	foreach(lc, parsed->references)
	{
		ParentModel *parent = find(&((ModelReference *) lfirst(lc))->name, arg);

		if (parent == NULL)
			elog(ERROR, "parent of model not found");
		model->parents = lappend(model->parents, parent);
	}
	foreach(lc, parsed->depends_on)
		model->depends_on = lappend(model->depends_on,
									list_nth(model->parents, lfirst_int(lc)));
	model->depends_on_relations = parsed->depends_on_relations;

	/* a procedure that has just committed has none */
	own_snapshot = !ActiveSnapshotSet();
	if (own_snapshot)
		PushActiveSnapshot(GetTransactionSnapshot());
	RunAsBegin(&run_as, definition->owner, definition->settings, true);
	if (definition->kind == KIND_SEED)
		model->columns = SeedColumns(definition);
	else if (definition->kind == KIND_EXTERNAL)
		model->columns = ExternalColumns(definition);
	else
		analyze_query(model, &state);
	RunAsEnd(&run_as);
	if (own_snapshot)
		PopActiveSnapshot();

	(void) check_walker((Node *) model->query, &state);
	(void) drop_unused((Node *) model->query, NIL);
	check_option_columns(definition, model->columns);
	LeaveModel(&context);
	return model;
}
