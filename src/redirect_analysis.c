/*-------------------------------------------------------------------------
 *
 * redirect_analysis.c
 *	  A statement analyzed once more, with other views for those it names.
 *
 * The hook that we come from has the analyzed query and the text that it comes
 * from, which may be several statements, a COPY or a PREPARE around it, or an
 * expression of PL/pgSQL, which is no statement at all.  So a way to parse the
 * text only counts if analysis of what it gives, unchanged, is the very query
 * that we were handed.  Then the names are exchanged in the raw tree and it is
 * analyzed again, with the same parameters, variables and transition tables.
 *
 * Names are looked up as the analyzer would: visible WITH items and transition
 * tables come first, then the search_path.  That no view of prod's was
 * overlooked is checked in the result.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "parser/parser.h"
#include "tcop/utility.h"
#include "utils/lsyscache.h"
#include "utils/queryenvironment.h"

#include "compat.h"
#include "guc.h"
#include "redirect_analysis.h"
#include "redirect_view.h"

typedef struct NameContext
{
	ParseState *pstate;
	List	   *exchanges;
	List	   *visible_ctes;	/* char *, a stack */
} NameContext;

static bool exchange_names(Node *node, NameContext *context);

/*
 * is_visible_cte
 *		Is the name that of a WITH item that can be seen here?
 */
static bool
is_visible_cte(const char *name, const NameContext *context)
{
	ListCell   *lc;

	foreach(lc, context->visible_ctes)
	{
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	}
	return false;
}

/*
 * exchange_relation
 *		One relation of a FROM clause, or the target of a statement, which is
 *		never a WITH item.
 */
static void
exchange_relation(RangeVar *relation, bool is_target, NameContext *context)
{
	ViewExchange *exchange;

	if (relation->schemaname == NULL && !is_target &&
		(is_visible_cte(relation->relname, context) ||
		 (context->pstate->p_queryEnv != NULL &&
		  get_visible_ENR_metadata(context->pstate->p_queryEnv, relation->relname) != NULL)))
		return;
	exchange = GetExchange(context->exchanges, RangeVarGetRelid(relation, NoLock, true));
	if (exchange != NULL)
		relation->schemaname = pstrdup(exchange->schema);
}

/*
 * exchange_column
 *		schema.view.column and schema.view.*: the view is another one now.
 */
static void
exchange_column(ColumnRef *column, NameContext *context)
{
	int			length = list_length(column->fields);
	int			first = length - 3;
	ViewExchange *exchange;
	Oid			namespace;

	if (length < 3 || length > 4 ||
		!IsA(list_nth(column->fields, first), String) ||
		!IsA(list_nth(column->fields, first + 1), String))
		return;
	namespace = LookupNamespaceNoError(strVal(list_nth(column->fields, first)));
	if (!OidIsValid(namespace))
		return;
	exchange = GetExchange(context->exchanges,
						   get_relname_relid(strVal(list_nth(column->fields, first + 1)),
											 namespace));
	if (exchange != NULL)
		list_nth_cell(column->fields, first)->ptr_value = makeString(pstrdup(exchange->schema));
}

/*
 * exchange_statement
 *		A statement that can have WITH, and a target.
 *
 * What the clause and the target need is done here; the rest sees all WITH
 * items, and must not come to these two again.
 */
static void
exchange_statement(Node *statement, WithClause **with, RangeVar **target, NameContext *context)
{
	int			visible = list_length(context->visible_ctes);
	WithClause *saved_with = *with;
	RangeVar   *saved_target = target != NULL ? *target : NULL;
	ListCell   *lc;

	if (saved_with != NULL)
	{
		if (saved_with->recursive)
		{
			foreach(lc, saved_with->ctes)
				context->visible_ctes = lappend(context->visible_ctes,
												lfirst_node(CommonTableExpr, lc)->ctename);
		}
		foreach(lc, saved_with->ctes)
		{
			CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);

			(void) exchange_names(cte->ctequery, context);
			if (!saved_with->recursive)
				context->visible_ctes = lappend(context->visible_ctes, cte->ctename);
		}
	}
	if (saved_target != NULL)
	{
		exchange_relation(saved_target, true, context);
		*target = NULL;
	}
	*with = NULL;
	(void) raw_expression_tree_walker(statement, exchange_names, context);
	*with = saved_with;
	if (target != NULL)
		*target = saved_target;
	context->visible_ctes = list_truncate(context->visible_ctes, visible);
}

/*
 * exchange_names
 *		Visits the whole raw tree of a statement.
 */
static bool
exchange_names(Node *node, NameContext *context)
{
	if (node == NULL)
		return false;
	check_stack_depth();

	switch (nodeTag(node))
	{
		case T_SelectStmt:
			exchange_statement(node, &((SelectStmt *) node)->withClause, NULL, context);
			return false;
		case T_InsertStmt:
			exchange_statement(node, &((InsertStmt *) node)->withClause,
							   &((InsertStmt *) node)->relation, context);
			return false;
		case T_UpdateStmt:
			exchange_statement(node, &((UpdateStmt *) node)->withClause,
							   &((UpdateStmt *) node)->relation, context);
			return false;
		case T_DeleteStmt:
			exchange_statement(node, &((DeleteStmt *) node)->withClause,
							   &((DeleteStmt *) node)->relation, context);
			return false;
		case T_MergeStmt:
			exchange_statement(node, &((MergeStmt *) node)->withClause,
							   &((MergeStmt *) node)->relation, context);
			return false;
		case T_RangeVar:
			exchange_relation((RangeVar *) node, false, context);
			return false;
		case T_ColumnRef:
			exchange_column((ColumnRef *) node, context);
			return false;

			/* names of what is made, and of what stands in FROM */
		case T_IntoClause:
		case T_LockingClause:
			return false;

			/* utility commands, which the walker does not know */
		case T_ExplainStmt:
			return exchange_names(((ExplainStmt *) node)->query, context);
		case T_DeclareCursorStmt:
			return exchange_names(((DeclareCursorStmt *) node)->query, context);
		case T_CreateTableAsStmt:
			return exchange_names(((CreateTableAsStmt *) node)->query, context);

		default:
			return raw_expression_tree_walker(node, exchange_names, context);
	}
}

/*
 * parse
 *		The text in one of the parser's modes; NIL where it is none of that.
 *
 * The raw parser holds nothing that an error would leave behind.
 */
static List *
parse(const char *text, RawParseMode mode)
{
	MemoryContext context = CurrentMemoryContext;
	List	   *statements = NIL;

	PG_TRY();
	{
		statements = raw_parser(text, mode);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		if (geterrcode() != ERRCODE_SYNTAX_ERROR)
			PG_RE_THROW();
		FlushErrorState();
	}
	PG_END_TRY();
	return statements;
}

/*
 * find_statement
 *		The statement that the query comes from, if the text is to be parsed
 *		in that mode; else NULL.
 */
static RawStmt *
find_statement(ParseState *pstate, const Query *query, RawParseMode mode)
{
	List	   *statements = parse(pstate->p_sourcetext, mode);
	RawStmt    *found = NULL;
	ListCell   *lc;

	foreach(lc, statements)
	{
		RawStmt    *raw = lfirst_node(RawStmt, lc);

		if (raw->stmt_location == query->stmt_location ||
			list_length(statements) == 1)
			found = raw;
	}
	if (found == NULL)
		return NULL;

	/* commands that have their query analyzed when they are executed */
	if (query->commandType != CMD_UTILITY)
	{
		if (IsA(found->stmt, CopyStmt))
			found->stmt = ((CopyStmt *) found->stmt)->query;
		else if (IsA(found->stmt, PrepareStmt))
			found->stmt = ((PrepareStmt *) found->stmt)->query;
		if (found->stmt == NULL)
			return NULL;
	}

	/* how many names before := are the variable's */
	if (IsA(found->stmt, PLAssignStmt))
	{
		PLAssignStmt *assignment = (PLAssignStmt *) found->stmt;

		assignment->nnames = 1;
		foreach(lc, assignment->indirection)
		{
			if (!IsA(lfirst(lc), String) || assignment->nnames == 3)
				break;
			assignment->nnames++;
		}
	}
	return found;
}

/*
 * analyze
 *		As the statement was analyzed, but for the hook.
 */
static Query *
analyze(ParseState *pstate, RawStmt *raw)
{
	ParseState *again = make_parsestate(NULL);
	Query	   *query;

	again->p_sourcetext = pstate->p_sourcetext;
	again->p_queryEnv = pstate->p_queryEnv;
	again->p_pre_columnref_hook = pstate->p_pre_columnref_hook;
	again->p_post_columnref_hook = pstate->p_post_columnref_hook;
	again->p_paramref_hook = pstate->p_paramref_hook;
	again->p_coerce_param_hook = pstate->p_coerce_param_hook;
	again->p_ref_hook_state = pstate->p_ref_hook_state;
	query = transformTopLevelStmt(again, raw);
	free_parsestate(again);
	return query;
}

/*
 * statement_of_query
 *		The raw tree of the statement, whatever the text is; or NULL.
 */
static RawStmt *
statement_of_query(ParseState *pstate, const Query *query)
{
	static const RawParseMode modes[] = {
		RAW_PARSE_DEFAULT,
		RAW_PARSE_PLPGSQL_EXPR,
		RAW_PARSE_PLPGSQL_ASSIGN1,
	};
	int			i;

	if (pstate->p_sourcetext == NULL)
		return NULL;
	for (i = 0; i < lengthof(modes); i++)
	{
		RawStmt    *raw = find_statement(pstate, query, modes[i]);
		Query	   *same;

		if (raw == NULL)
			continue;
		/* analysis scribbles on its input */
		same = analyze(pstate, copyObject(raw));
		same->stmt_len = query->stmt_len;
		if (equal(same, query))
			return raw;
	}
	return NULL;
}

/*
 * still_reads
 *		Has a view been overlooked?
 */
static bool
still_reads(Node *node, List *exchanges)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
		return ((RangeTblEntry *) node)->rtekind == RTE_RELATION &&
			GetExchange(exchanges, ((RangeTblEntry *) node)->relid) != NULL;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, still_reads, exchanges, QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, still_reads, exchanges);
}

/*
 * raise_not_possible
 *		Error: only another way to write it helps.
 */
static void
raise_not_possible(List *exchanges)
{
	ListCell   *lc;

	foreach(lc, exchanges)
	{
		ViewExchange *exchange = lfirst(lc);

		if (!exchange->same_columns)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("\"%s.%s\" cannot be read in environment \"%s\" here",
							get_namespace_name(get_rel_namespace(exchange->view)),
							get_rel_name(exchange->view), VdeEnvironment),
					 errdetail("Its columns are others than in prod, and the text of the statement is not known, so that it cannot be analyzed for them."),
					 errhint("Name the view by its own name, \"%s.%s\".",
							 exchange->schema, get_rel_name(exchange->replacement))));
	}
}

/*
 * environment_callback
 *		Says of an error where it comes from: the text is right in prod.
 */
static void
environment_callback(void *arg)
{
	errcontext("analysis for environment \"%s\", which vde.environment names", VdeEnvironment);
}

/*
 * AnalyzeRedirected
 *		See redirect_analysis.h.
 */
void
AnalyzeRedirected(ParseState *pstate, Query *query, List *exchanges)
{
	RawStmt    *raw = statement_of_query(pstate, query);
	NameContext context = {0};
	ErrorContextCallback callback;
	Query	   *redirected;

	if (raw == NULL)
		raise_not_possible(exchanges);

	context.pstate = pstate;
	context.exchanges = exchanges;
	(void) exchange_names(raw->stmt, &context);

	callback.callback = environment_callback;
	callback.arg = NULL;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	redirected = analyze(pstate, raw);
	error_context_stack = callback.previous;

	if (redirected->commandType == CMD_UTILITY ?
		still_reads((Node *) UtilityContainsQuery(redirected->utilityStmt), exchanges) :
		still_reads((Node *) redirected, exchanges))
		raise_not_possible(exchanges);

	redirected->queryId = query->queryId;
	redirected->stmt_location = query->stmt_location;
	redirected->stmt_len = query->stmt_len;
	*query = *redirected;
}
