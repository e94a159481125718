/*-------------------------------------------------------------------------
 *
 * canonical.c
 *	  Canonical bytes of an analyzed query, before rewriting: its range
 *	  table, clauses and common table expressions.
 *
 * Equal bytes mean equal results from equal inputs, in another database and
 * on another major version of PostgreSQL too.  The reverse is only aimed at.
 * So nothing here is an OID, a text position, an alias or a number that
 * depends on the order in which the analyzer happened to work:
 *
 *	- a range table entry is known by its place in FROM (or, for a set
 *	  operation, in the tree of its arms), counted from 1 from left to right,
 *	  and is written where it stands; joins have no number, for a column of a
 *	  join stands for the expression that it is an alias of, and so does, from
 *	  18 on, a column of the grouping step;
 *	- a query level is known by how many levels it is above the reference;
 *	- a CTE is known by its content, and among those of one WITH with equal
 *	  content (two samples of random() are two) by the order of their first
 *	  use; so an unused one, and the order of definition, leave no trace;
 *	- ORDER BY, GROUP BY, DISTINCT and window clauses are written with the
 *	  expressions that they are about, not with their numbers.
 *
 * Every field of Query and RangeTblEntry, and what becomes of it.  What the
 * analysis is not sure of goes in ("folds"); a wrong "changed" costs time, a
 * wrong "equal" is wrong data.
 *
 *	in, as it is		commandType (SELECT or an error), hasAggs,
 *						hasTargetSRFs, hasDistinctOn, groupDistinct, jointree,
 *						setOperations, havingQual, groupingSets, limitOffset,
 *						limitCount, limitOption, rowMarks, tablesample, inh,
 *						functions, funcordinality, tablefunc, values_lists
 *	in, by reference	cteList, windowClause, rtable, joinaliasvars,
 *						groupexprs, junk targetList entries
 *	out, follows from
 *	what is in			hasSubLinks, hasRecursive (cterecursive is in),
 *						hasGroupRTE, lateral, rtekind of joins, usingClause and
 *						isNatural (their quals are in), relkind, coltypes where
 *						the expressions have them
 *	out, no meaning		querySource, queryId, canSetTag, isReturn, alias, eref
 *						(except in whole rows), inFromCl, permissions, locks,
 *						constraintDeps, stmt_location, stmt_len, hashable
 *	an error			utilityStmt, resultRelation, hasModifyingCTE, and what
 *						only rewriting makes (securityQuals, withCheckOptions)
 *
 *	folded in			because
 *	------------------	---------------------------------------------------
 *	hasWindowFuncs		a window's sort decides which rows a LIMIT without a
 *						total order keeps
 *	target entries with	they decide how often the others are repeated
 *	set-returning
 *	functions
 *	all columns, under	they decide which rows are equal
 *	DISTINCT and set
 *	operations
 *	top ORDER BY, with	the sort that it asks for can feed the aggregate or
 *	aggregates, window	window in another order; and volatile functions are
 *	functions, SRFs or	called before or after it, in another order
 *	volatile functions
 *	ORDER BY elsewhere	string_agg() and its like see it
 *	order of GROUP BY,	nobody minds yet
 *	FROM, UNION arms
 *	GROUP BY's operator	it says what is equal; the sort operator does not, and
 *						follows ORDER BY, so it is out
 *	column names of		row_to_json() and its like return them
 *	whole rows
 *	MATERIALIZED		it decides how often a volatile function is called
 *	output columns of	nobody asks yet which of them are read
 *	subqueries and CTEs
 *
 * (See canonical_name.c and dependency.c for what is folded in for objects
 * outside vde, fingerprint.c for settings and roles.)
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"

#include "canonical.h"

static void put_from(Canonical *c, Node *node);

/*
 * The end for a query with something that the hash knows nothing of.
 */
void
RefuseQuery(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("%s is not supported in a model or in what a model reads",
					what)));
}

/* ---------------------------------------------------------------------
 * Levels
 * ---------------------------------------------------------------------
 */

/*
 * Numbers the range table entries in the order in which they stand in a join
 * tree or in a tree of set operations.
 */
static void
number_ranges(CanonicalLevel *level, Node *node)
{
	if (node == NULL)
		return;

	check_stack_depth();

	switch (nodeTag(node))
	{
		case T_RangeTblRef:
			level->positions[((RangeTblRef *) node)->rtindex] =
				++level->range_count;
			break;
		case T_FromExpr:
			{
				ListCell   *lc;

				foreach(lc, ((FromExpr *) node)->fromlist)
					number_ranges(level, lfirst(lc));
			}
			break;
		case T_JoinExpr:
			number_ranges(level, ((JoinExpr *) node)->larg);
			number_ranges(level, ((JoinExpr *) node)->rarg);
			break;
		case T_SetOperationStmt:
			number_ranges(level, ((SetOperationStmt *) node)->larg);
			number_ranges(level, ((SetOperationStmt *) node)->rarg);
			break;
		default:
			elog(ERROR, "unrecognized node type in FROM: %d",
				 (int) nodeTag(node));
	}
}

/*
 * Enters a query: what is written from now on is relative to it.
 */
void
BeginQuery(Canonical *c, Query *query)
{
	CanonicalLevel *level = palloc0(sizeof(CanonicalLevel));

	if (query->commandType != CMD_SELECT || query->utilityStmt != NULL ||
		query->resultRelation != 0)
		RefuseQuery("a statement other than SELECT");
	if (query->hasModifyingCTE)
		RefuseQuery("a data-modifying WITH");
	if (query->withCheckOptions != NIL)
		elog(ERROR, "query has been rewritten already");

	level->parent = c->level;
	level->query = query;
	level->depth = c->depth + 1;
	level->positions = palloc0((list_length(query->rtable) + 1) * sizeof(int));
	level->ctes = palloc0((list_length(query->cteList) + 1) *
						  sizeof(CanonicalCte));
	number_ranges(level, query->setOperations);
	number_ranges(level, (Node *) query->jointree);

	c->level = level;
	c->depth++;
}

/*
 * Leaves the query that BeginQuery entered.
 */
void
EndQuery(Canonical *c)
{
	CanonicalLevel *level = c->level;

	c->level = level->parent;
	c->depth--;
	pfree(level->positions);
	pfree(level->ctes);
	pfree(level);
}

/*
 * A query within another: all of it.
 */
void
PutQuery(Canonical *c, Query *query)
{
	int			count = 0;
	ListCell   *lc;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();

	BeginQuery(c, query);
	PutQueryRows(c, true);

	foreach(lc, query->targetList)
	{
		if (!((TargetEntry *) lfirst(lc))->resjunk)
			count++;
	}
	PutTag(c->buf, TAG_TARGETS);
	PutInt(c->buf, count);
	foreach(lc, query->targetList)
	{
		TargetEntry *target = (TargetEntry *) lfirst(lc);

		if (!target->resjunk)
			PutNode(c, (Node *) target->expr);
	}
	EndQuery(c);
}

/*
 * An expression over the columns of one relation, which has number 1.
 */
void
PutRelationExpression(Canonical *c, Oid relid, Node *node)
{
	Query	   *query = makeNode(Query);
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	RangeTblRef *ref = makeNode(RangeTblRef);

	rte->rtekind = RTE_RELATION;
	rte->relid = relid;
	rte->relkind = get_rel_relkind(relid);
	rte->eref = makeAlias("", NIL);
	ref->rtindex = 1;
	query->commandType = CMD_SELECT;
	query->rtable = list_make1(rte);
	query->jointree = makeFromExpr(list_make1(ref), NULL);

	BeginQuery(c, query);
	PutNode(c, node);
	EndQuery(c);
}

/* ---------------------------------------------------------------------
 * Clauses
 * ---------------------------------------------------------------------
 */

/*
 * FROM: a join tree, with each range table entry where it stands.
 */
static void
put_from(Canonical *c, Node *node)
{
	check_stack_depth();

	if (node == NULL)
	{
		PutTag(c->buf, TAG_NONE);
		return;
	}

	switch (nodeTag(node))
	{
		case T_RangeTblRef:
			PutRange(c, rt_fetch(((RangeTblRef *) node)->rtindex,
								 c->level->query->rtable));
			break;
		case T_FromExpr:
			{
				FromExpr   *from = (FromExpr *) node;
				ListCell   *lc;

				PutTag(c->buf, TAG_FROM);
				PutInt(c->buf, list_length(from->fromlist));
				foreach(lc, from->fromlist)
					put_from(c, lfirst(lc));
				PutNode(c, from->quals);
			}
			break;
		case T_JoinExpr:
			{
				JoinExpr   *join = (JoinExpr *) node;

				PutTag(c->buf, TAG_JOIN);
				PutInt(c->buf, (int) join->jointype);
				put_from(c, join->larg);
				put_from(c, join->rarg);
				PutNode(c, join->quals);
			}
			break;
		default:
			elog(ERROR, "unrecognized node type in FROM: %d",
				 (int) nodeTag(node));
	}
}

/*
 * A tree of UNION, INTERSECT and EXCEPT, with each arm where it stands.
 */
static void
put_set_operation(Canonical *c, Node *node)
{
	SetOperationStmt *operation;
	ListCell   *lc;

	check_stack_depth();

	if (IsA(node, RangeTblRef))
	{
		put_from(c, node);
		return;
	}

	operation = castNode(SetOperationStmt, node);
	PutTag(c->buf, TAG_SET_OPERATION);
	PutInt(c->buf, (int) operation->op);
	PutBool(c->buf, operation->all);
	put_set_operation(c, operation->larg);
	put_set_operation(c, operation->rarg);
	PutTypes(c, operation->colTypes);
	PutInts(c, operation->colTypmods);
	PutCollations(c, operation->colCollations);
	PutInt(c->buf, list_length(operation->groupClauses));
	foreach(lc, operation->groupClauses)
		PutOperator(c, ((SortGroupClause *) lfirst(lc))->eqop);
}

/*
 * One item of GROUP BY, PARTITION BY and DISTINCT, where only equality
 * counts; or, with_order, of ORDER BY.
 */
static void
put_sort_item(Canonical *c, SortGroupClause *item, List *targets, bool with_order)
{
	TargetEntry *target = get_sortgroupref_tle(item->tleSortGroupRef, targets);

	PutNode(c, (Node *) target->expr);
	if (with_order)
	{
		PutOperator(c, item->sortop);
		PutBool(c->buf, item->nulls_first);
	}
	else
		PutOperator(c, item->eqop);
}

/*
 * ORDER BY of the present query.
 */
static void
put_order_by(Canonical *c)
{
	Query	   *query = c->level->query;
	ListCell   *lc;

	PutTag(c->buf, TAG_ORDER_BY);
	PutInt(c->buf, list_length(query->sortClause));
	foreach(lc, query->sortClause)
		put_sort_item(c, (SortGroupClause *) lfirst(lc), query->targetList, true);
}

/*
 * The structure of grouping sets, over the items of GROUP BY by their place.
 */
static void
put_grouping_set(Canonical *c, GroupingSet *set)
{
	ListCell   *lc;

	check_stack_depth();

	PutInt(c->buf, (int) set->kind);
	PutInt(c->buf, list_length(set->content));
	foreach(lc, set->content)
	{
		if (set->kind == GROUPING_SET_SIMPLE)
		{
			int			place = 0;
			ListCell   *lc2;

			foreach(lc2, c->level->query->groupClause)
			{
				place++;
				if (((SortGroupClause *) lfirst(lc2))->tleSortGroupRef ==
					(Index) lfirst_int(lc))
					break;
			}
			PutInt(c->buf, lc2 != NULL ? place : 0);
		}
		else
			put_grouping_set(c, lfirst_node(GroupingSet, lc));
	}
}

/*
 * The window that a window function of the present level is called over.
 */
static void
put_window(Canonical *c, Index winref)
{
	Query	   *query = c->level->query;
	WindowClause *window = NULL;
	ListCell   *lc;

	foreach(lc, query->windowClause)
	{
		window = (WindowClause *) lfirst(lc);
		if (window->winref == winref)
			break;
	}
	if (lc == NULL)
		elog(ERROR, "window %u not found", winref);

	PutTag(c->buf, TAG_WINDOW);
	PutInt(c->buf, list_length(window->partitionClause));
	foreach(lc, window->partitionClause)
		put_sort_item(c, (SortGroupClause *) lfirst(lc), query->targetList, false);
	PutInt(c->buf, list_length(window->orderClause));
	foreach(lc, window->orderClause)
		put_sort_item(c, (SortGroupClause *) lfirst(lc), query->targetList, true);

	/* These two say how it was written, not what it is. */
	PutInt(c->buf, window->frameOptions &
		   ~(FRAMEOPTION_NONDEFAULT | FRAMEOPTION_BETWEEN));
	PutNode(c, window->startOffset);
	PutNode(c, window->endOffset);
	if (OidIsValid(window->startInRangeFunc))
		PutFunction(c, window->startInRangeFunc);
	if (OidIsValid(window->endInRangeFunc))
		PutFunction(c, window->endInRangeFunc);
	if (OidIsValid(window->startInRangeFunc) ||
		OidIsValid(window->endInRangeFunc))
	{
		PutCollation(c, window->inRangeColl);
		PutBool(c->buf, window->inRangeAsc);
		PutBool(c->buf, window->inRangeNullsFirst);
	}
}

/*
 * Items of an aggregate's ORDER BY or DISTINCT.
 */
static void
put_aggregate_order(Canonical *c, List *items, List *targets, bool with_order)
{
	ListCell   *lc;

	PutInt(c->buf, list_length(items));
	foreach(lc, items)
		put_sort_item(c, (SortGroupClause *) lfirst(lc), targets, with_order);
}

/*
 * An aggregate, also one that belongs to a query further up.
 */
void
PutAggregate(Canonical *c, Aggref *aggregate)
{
	ListCell   *lc;
	int			count = 0;

	PutTag(c->buf, TAG_AGGREGATE);
	PutLevelsUp(c, aggregate->agglevelsup);
	PutFunction(c, aggregate->aggfnoid);
	PutTypeOf(c, aggregate->aggtype, -1, aggregate->aggcollid);
	PutCollation(c, aggregate->inputcollid);
	PutInt(c->buf, aggregate->aggkind);
	PutBool(c->buf, aggregate->aggstar);
	PutBool(c->buf, aggregate->aggvariadic);
	PutNodes(c, aggregate->aggdirectargs);

	/* junk ones are there for the sake of the order, and written with it */
	foreach(lc, aggregate->args)
	{
		if (!((TargetEntry *) lfirst(lc))->resjunk)
			count++;
	}
	PutInt(c->buf, count);
	foreach(lc, aggregate->args)
	{
		TargetEntry *target = (TargetEntry *) lfirst(lc);

		if (!target->resjunk)
			PutNode(c, (Node *) target->expr);
	}
	put_aggregate_order(c, aggregate->aggorder, aggregate->args, true);
	put_aggregate_order(c, aggregate->aggdistinct, aggregate->args, false);
	PutNode(c, (Node *) aggregate->aggfilter);
}

/*
 * A window function, with its window.
 */
void
PutWindowFunction(Canonical *c, WindowFunc *function)
{
	PutTag(c->buf, TAG_WINDOW_FUNCTION);
	PutFunction(c, function->winfnoid);
	PutTypeOf(c, function->wintype, -1, function->wincollid);
	PutCollation(c, function->inputcollid);
	PutBool(c->buf, function->winstar);
	PutBool(c->buf, function->winagg);
#if PG_VERSION_NUM >= 190000
	if (function->ignore_nulls != 0)
		PutInt(c->buf, function->ignore_nulls);
#endif
	PutArguments(c, function->args);
	PutNode(c, (Node *) function->aggfilter);
	put_window(c, function->winref);
}

/*
 * Must ORDER BY of the present query, which is to be stored in a table, be
 * written?  columns tells about its target list, which has been written.
 */
bool
OrderMatters(Canonical *c, const Uses *columns)
{
	Query	   *query = c->level->query;
	ListCell   *lc;

	if (query->sortClause == NIL)
		return false;
	if (query->limitCount || query->limitOffset || query->hasDistinctOn ||
		query->hasTargetSRFs || query->hasAggs || query->hasWindowFuncs ||
		columns->is_volatile)
		return true;

	foreach(lc, query->sortClause)
	{
		SortGroupClause *item = (SortGroupClause *) lfirst(lc);
		TargetEntry *target = get_sortgroupref_tle(item->tleSortGroupRef,
												   query->targetList);

		if (contain_volatile_functions((Node *) target->expr))
			return true;
	}
#if PG_VERSION_NUM >= 180000
	/* what is grouped by hides behind a range table entry */
	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = (RangeTblEntry *) lfirst(lc);

		if (rte->rtekind == RTE_GROUP &&
			contain_volatile_functions((Node *) rte->groupexprs))
			return true;
	}
#endif

	return false;
}

/*
 * Everything in the present query that decides its rows: all but the
 * expressions of its output columns.
 */
void
PutQueryRows(Canonical *c, bool with_order)
{
	Query	   *query = c->level->query;
	ListCell   *lc;

	PutTag(c->buf, TAG_QUERY);
	PutBool(c->buf, query->hasAggs);
	PutBool(c->buf, query->hasWindowFuncs);
	PutBool(c->buf, query->hasTargetSRFs);

	if (query->setOperations)
		put_set_operation(c, query->setOperations);
	put_from(c, (Node *) query->jointree);

	if (query->groupClause != NIL || query->groupingSets != NIL)
	{
		PutTag(c->buf, TAG_GROUP_BY);
		PutBool(c->buf, query->groupDistinct);
		PutInt(c->buf, list_length(query->groupClause));
		foreach(lc, query->groupClause)
			put_sort_item(c, (SortGroupClause *) lfirst(lc), query->targetList,
						  false);
		PutTag(c->buf, TAG_GROUPING_SETS);
		PutInt(c->buf, list_length(query->groupingSets));
		foreach(lc, query->groupingSets)
			put_grouping_set(c, lfirst_node(GroupingSet, lc));
	}
	PutNode(c, query->havingQual);

	if (query->distinctClause != NIL)
	{
		SortedParts items;

		/* ORDER BY rearranges it, so it has no order of its own */
		PutTag(c->buf, TAG_DISTINCT);
		PutBool(c->buf, query->hasDistinctOn);
		BeginSorted(c, &items);
		foreach(lc, query->distinctClause)
		{
			NextSorted(c, &items);
			put_sort_item(c, (SortGroupClause *) lfirst(lc), query->targetList,
						  false);
		}
		EndSorted(c, &items);
	}

	if (query->hasTargetSRFs)
	{
		PutTag(c->buf, TAG_SRF_TARGETS);
		foreach(lc, query->targetList)
		{
			TargetEntry *target = (TargetEntry *) lfirst(lc);

			if (expression_returns_set((Node *) target->expr))
				PutNode(c, (Node *) target->expr);
		}
		PutTag(c->buf, TAG_NONE);
	}

	if (with_order && query->sortClause != NIL)
		put_order_by(c);

	if (query->limitOffset || query->limitCount)
	{
		PutTag(c->buf, TAG_LIMIT);
		PutBool(c->buf, query->limitOption == LIMIT_OPTION_WITH_TIES);
		PutNode(c, query->limitOffset);
		PutNode(c, query->limitCount);
	}

	foreach(lc, query->rowMarks)
	{
		RowMarkClause *mark = (RowMarkClause *) lfirst(lc);

		PutTag(c->buf, TAG_ROW_MARK);
		PutInt(c->buf, c->level->positions[mark->rti]);
		PutInt(c->buf, (int) mark->strength);
		PutInt(c->buf, (int) mark->waitPolicy);
	}
}
