/*-------------------------------------------------------------------------
 *
 * redirect.c
 *	  Queries that name prod's views read those of vde.environment.
 *
 * PostgreSQL has no hook for what a name means, so this is done to the
 * analyzed query, in post_parse_analyze_hook, which every statement passes:
 * those of clients, of the extended protocol, of PL/pgSQL and SQL functions,
 * and those analyzed again because something changed.
 *
 * Where the two views have the same columns at the same places, the relation
 * of the range table entry is exchanged, and nothing else: what was resolved
 * against the one is right for the other, and permissions are asked of the
 * caller for the same columns of the other.  Where they have not (SELECT *
 * would show other columns), the statement is analyzed once more from its
 * text: redirect_analysis.c.
 *
 * Prod's views stay locked, too.  Queries that are stored (views, rules, SQL
 * bodies in BEGIN ATOMIC) are trees that nobody analyzes again, and go on
 * reading what they did.  The work here never analyzes anything through the
 * hook, so it cannot come back to itself.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "parser/parse_relation.h"

#include "compat.h"
#include "guc.h"
#include "redirect.h"
#include "redirect_analysis.h"
#include "redirect_view.h"
#include "redirect_zone.h"

static post_parse_analyze_hook_type previous_analyze = NULL;

/*
 * query_to_redirect
 *		The query itself, or the one that the utility command runs.  NULL for
 *		commands that have none or store it.
 */
static Query *
query_to_redirect(Query *query)
{
	while (query != NULL && query->commandType == CMD_UTILITY)
	{
		Node	   *statement = query->utilityStmt;
		Node	   *inner;

		switch (nodeTag(statement))
		{
			case T_ExplainStmt:
				inner = ((ExplainStmt *) statement)->query;
				break;
			case T_DeclareCursorStmt:
				inner = ((DeclareCursorStmt *) statement)->query;
				break;
			case T_CreateTableAsStmt:
				if (((CreateTableAsStmt *) statement)->objtype == OBJECT_MATVIEW)
					return NULL;
				inner = ((CreateTableAsStmt *) statement)->query;
				break;
			default:
				return NULL;
		}
		query = inner != NULL && IsA(inner, Query) ? (Query *) inner : NULL;
	}
	return query;
}

/*
 * is_model
 *		Is it a view of ours in prod?
 */
static bool
is_model(const RangeTblEntry *rte)
{
	return rte->rtekind == RTE_RELATION && rte->relkind == RELKIND_VIEW &&
		IsProdView(rte->relid);
}

/*
 * reads_models
 *		Does a query name views of ours in prod?
 */
static bool
reads_models(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
		return is_model((RangeTblEntry *) node);
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, reads_models, context, QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, reads_models, context);
}

/*
 * find_exchanges
 *		Adds to a list what is to be exchanged in a query.
 */
static bool
find_exchanges(Node *node, List **exchanges)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;
		ViewExchange *exchange;

		if (!is_model(rte))
			return false;
		/* again for another lock, too: it may be a stronger one */
		exchange = FindExchange(rte->relid, rte->rellockmode);
		if (exchange != NULL && GetExchange(*exchanges, rte->relid) == NULL)
			*exchanges = lappend(*exchanges, exchange);
		return false;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, find_exchanges, exchanges, QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, find_exchanges, exchanges);
}

/*
 * exchange_relations
 *		Carries them out.
 */
static bool
exchange_relations(Node *node, List *exchanges)
{
	ViewExchange *exchange;

	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		Query	   *query = (Query *) node;
		ListCell   *lc;

		foreach(lc, query->rtable)
		{
			RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

			if (rte->rtekind != RTE_RELATION ||
				(exchange = GetExchange(exchanges, rte->relid)) == NULL)
				continue;
			ExchangeRteRelation(query, rte, exchange->replacement);
		}
		return query_tree_walker(query, exchange_relations, exchanges, 0);
	}
	if (IsA(node, TargetEntry))
	{
		/* what clients are told of where a column comes from */
		TargetEntry *entry = (TargetEntry *) node;

		exchange = GetExchange(exchanges, entry->resorigtbl);
		if (exchange != NULL)
			entry->resorigtbl = exchange->replacement;
	}
	return expression_tree_walker(node, exchange_relations, exchanges);
}

/*
 * redirect
 *		What is done to a query while vde.environment is set.
 */
static void
redirect(ParseState *pstate, Query *query)
{
	Query	   *inner = query_to_redirect(query);
	List	   *exchanges = NIL;
	ListCell   *lc;

	if (inner == NULL)
		return;
	CheckRedirectionZone();
	if (InPlainZone())
	{
		if (!reads_models((Node *) inner, NULL))
			return;
		NotePlainQuery();

		/*
		 * Whoever the plan was made for, another role's code must not use it.
		 * A query that a command stores is left as it is.
		 */
		if (!InStoringCommand())
			inner->hasRowSecurity = true;
		return;
	}

	(void) find_exchanges((Node *) inner, &exchanges);
	if (exchanges == NIL)
		return;
	NoteRedirectedQuery();
	foreach(lc, exchanges)
	{
		if (!((ViewExchange *) lfirst(lc))->same_columns)
		{
			AnalyzeRedirected(pstate, query, exchanges);
			inner = query_to_redirect(query);
			break;
		}
	}
	if (lc == NULL)
		(void) exchange_relations((Node *) inner, exchanges);
	inner->hasRowSecurity = true;
}

/*
 * redirect_analyzed
 *		post_parse_analyze_hook.
 */
static void
redirect_analyzed(ParseState *pstate, Query *query, VdeJumbleState *jstate)
{
	/* first: others want the query as it was written */
	if (previous_analyze)
		previous_analyze(pstate, query, jstate);
	if (RedirectionOn && IsTransactionState() && OidIsValid(MyDatabaseId))
		redirect(pstate, query);
}

/*
 * InstallRedirection
 *		See redirect.h.
 */
void
InstallRedirection(void)
{
	previous_analyze = post_parse_analyze_hook;
	post_parse_analyze_hook = redirect_analyzed;
	InstallRedirectionZones();
}
