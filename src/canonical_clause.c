/*-------------------------------------------------------------------------
 *
 * canonical_clause.c
 *	  Canonical bytes of what several clauses share: items to sort and group
 *	  by, aggregates, windows, set operations.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"

#include "canonical.h"
#include "fault.h"

/* ---------------------------------------------------------------------
 * Sorting, aggregates and windows
 * ---------------------------------------------------------------------
 */

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
		if (VDE_FAULT("sort direction"))
			return;
		PutOperator(c, item->sortop);
		PutBool(c->buf, item->nulls_first);
	}
	else
		PutOperator(c, item->eqop);
}

/*
 * Several, in their order.
 */
void
PutSortItems(Canonical *c, List *items, List *targets, bool with_order)
{
	ListCell   *lc;

	PutInt(c->buf, list_length(items));
	foreach(lc, items)
		put_sort_item(c, (SortGroupClause *) lfirst(lc), targets, with_order);
}

/*
 * Several whose order means nothing, nor do their directions.
 */
void
PutGroupItems(Canonical *c, List *items, List *targets)
{
	SortedParts parts;
	ListCell   *lc;

	BeginSorted(c, &parts);
	foreach(lc, items)
	{
		NextSorted(c, &parts);
		put_sort_item(c, (SortGroupClause *) lfirst(lc), targets, false);
	}
	EndSorted(c, &parts);
}

/*
 * The window that a window function of the present level is called over.
 */
static void
put_window(Canonical *c, WindowFunc *function)
{
	Query	   *query = c->level->query;
	WindowClause *window = NULL;
	ListCell   *lc;

	foreach(lc, query->windowClause)
	{
		window = (WindowClause *) lfirst(lc);
		if (window->winref == function->winref)
			break;
	}
	if (lc == NULL)
		elog(ERROR, "window %u not found", function->winref);

	PutTag(c->buf, TAG_WINDOW);
	PutInt(c->buf, list_length(window->partitionClause));
	foreach(lc, VDE_FAULT("window partition") ? NIL : window->partitionClause)
		put_sort_item(c, (SortGroupClause *) lfirst(lc), query->targetList, false);
	PutInt(c->buf, list_length(window->orderClause));
	foreach(lc, VDE_FAULT("window order") ? NIL : window->orderClause)
		put_sort_item(c, (SortGroupClause *) lfirst(lc), query->targetList, true);

	/* These two say how it was written, not what it is. */
	if (!VDE_FAULT("window frame"))
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
	NoteWindowOrder(c, function, window);
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
	if (!VDE_FAULT("direct argument"))
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
	if (!VDE_FAULT("aggregate order"))
		PutSortItems(c, aggregate->aggorder, aggregate->args, true);
	if (!VDE_FAULT("aggregate distinct"))
		PutSortItems(c, aggregate->aggdistinct, aggregate->args, false);
	if (!VDE_FAULT("aggregate filter"))
		PutNode(c, (Node *) aggregate->aggfilter);
	NoteAggregateOrder(c, aggregate);
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
	if (!VDE_FAULT("window filter"))
		PutNode(c, (Node *) function->aggfilter);
	put_window(c, function);
}

/* ---------------------------------------------------------------------
 * Set operations
 * ---------------------------------------------------------------------
 */

/*
 * Does a set operation put its arms together and nothing else, so that its
 * columns are those of its arms one by one?
 */
bool
IsConcatenation(SetOperationStmt *operation)
{
	return operation->op == SETOP_UNION && operation->all;
}

/*
 * The rows of a tree of UNION, INTERSECT and EXCEPT, with each arm where it
 * stands.  Below anything that compares rows, whole: all columns decide.
 */
void
PutSetOperation(Canonical *c, Node *node, bool whole)
{
	SetOperationStmt *operation;
	ListCell   *lc;

	check_stack_depth();

	if (IsA(node, RangeTblRef))
	{
		CanonicalSource *arm = SubquerySource(c, c->level,
											  ((RangeTblRef *) node)->rtindex);

		PutTag(c->buf, TAG_SET_ARM);
		PutSourceRows(c, arm);
		if (whole)
			PutSourceWhole(c, arm);
		return;
	}

	operation = castNode(SetOperationStmt, node);
	whole = whole || !IsConcatenation(operation);
	PutTag(c->buf, TAG_SET_OPERATION);
	if (!VDE_FAULT("set operation"))
		PutInt(c->buf, (int) operation->op);
	if (!VDE_FAULT("set operation all"))
		PutBool(c->buf, operation->all);
	PutBool(c->buf, whole);
	PutSetOperation(c, operation->larg, whole);
	PutSetOperation(c, operation->rarg, whole);
	if (!whole)
		return;
	PutTypes(c, operation->colTypes);
	PutInts(c, operation->colTypmods);
	PutCollations(c, operation->colCollations);
	PutInt(c->buf, list_length(operation->groupClauses));
	foreach(lc, operation->groupClauses)
		PutOperator(c, ((SortGroupClause *) lfirst(lc))->eqop);
}

/*
 * A column of such a tree, which is that of level: by its number, and where
 * arms are only put together, by what it is in each.
 */
void
PutSetColumn(Canonical *c, CanonicalLevel *level, Node *node, int number)
{
	SetOperationStmt *operation;

	check_stack_depth();

	if (IsA(node, RangeTblRef))
	{
		PutTag(c->buf, TAG_SET_ARM);
		PutSourceColumn(c, SubquerySource(c, level, ((RangeTblRef *) node)->rtindex),
						number);
		return;
	}

	operation = castNode(SetOperationStmt, node);
	PutTag(c->buf, TAG_SET_COLUMN);
	PutTypeOf(c, list_nth_oid(operation->colTypes, number - 1),
			  list_nth_int(operation->colTypmods, number - 1),
			  list_nth_oid(operation->colCollations, number - 1));
	if (IsConcatenation(operation))
	{
		PutSetColumn(c, level, operation->larg, number);
		if (!VDE_FAULT("union column"))
			PutSetColumn(c, level, operation->rarg, number);
	}
	else
		PutInt(c->buf, number);
}
