/*-------------------------------------------------------------------------
 *
 * canonical_clause.c
 *	  Canonical bytes of what several clauses share: items to sort and group
 *	  by, aggregates, windows, set operations.
 *
 * Also here is what of these can come out differently from the same inputs
 * ("chance", see Uses): because the rows that go in have no order, or not a
 * total one.  A sort is total where rows that are equal to it are equal in all
 * that can be seen of them:
 *
 *	- every output column is sorted by;
 *	- every item of GROUP BY is, and there are no grouping sets;
 *	- of an aggregate: every argument that is not a constant is.
 *
 * Values that are equal and yet not the same (1.0 and 1.00) are chance where one
 * of them stands for all: in a group's key, under DISTINCT, in min() and max().
 *
 * That a table has a unique key is not looked at: it can be dropped while the
 * model stays as it is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/nbtree.h"
#include "access/transam.h"
#include "catalog/pg_type.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "canonical.h"

/*
 * PostgreSQL's aggregates whose result does not follow the order of their
 * input.  Of floating point numbers even a sum does: the second list is only
 * for other types.
 */
static const char *const order_free[] = {
	"count", "min", "max", "bool_and", "bool_or", "every",
	"bit_and", "bit_or", "bit_xor",
	"percentile_cont", "percentile_disc",
	"rank", "dense_rank", "percent_rank", "cume_dist",
	"range_agg", "range_intersect_agg", "regr_count",
};

static const char *const order_free_unless_float[] = {
	"sum", "avg",
	"var_pop", "var_samp", "variance",
	"stddev_pop", "stddev_samp", "stddev",
};

/* window functions that give peers the same */
static const char *const peer_functions[] = {
	"rank", "dense_rank", "percent_rank", "cume_dist",
};

/* ---------------------------------------------------------------------
 * Total orders
 * ---------------------------------------------------------------------
 */

/*
 * Is a target among the items?
 */
static bool
is_sorted_by(Index ressortgroupref, List *items)
{
	ListCell   *lc;

	if (ressortgroupref == 0)
		return false;
	foreach(lc, items)
	{
		if (((SortGroupClause *) lfirst(lc))->tleSortGroupRef == ressortgroupref)
			return true;
	}
	return false;
}

/*
 * Is every item of GROUP BY of the query in one of the lists?
 */
static bool
covers_groups(Query *query, List *items, List *more)
{
	ListCell   *lc;

	if (query->groupClause == NIL || query->groupingSets != NIL)
		return false;
	foreach(lc, query->groupClause)
	{
		Index		ref = ((SortGroupClause *) lfirst(lc))->tleSortGroupRef;

		if (!is_sorted_by(ref, items) && !is_sorted_by(ref, more))
			return false;
	}
	return true;
}

/*
 * Is ORDER BY of a query a total order?
 */
bool
OrderIsTotal(Query *query)
{
	ListCell   *lc;

	if (covers_groups(query, query->sortClause, NIL))
		return true;
	foreach(lc, query->targetList)
	{
		TargetEntry *target = (TargetEntry *) lfirst(lc);

		if (!target->resjunk && !IsA(target->expr, Const) &&
			!is_sorted_by(target->ressortgroupref, query->sortClause))
			return false;
	}
	return true;
}

/*
 * LIMIT, OFFSET and DISTINCT ON of the present query choose among rows.
 */
void
NoteChoice(Canonical *c)
{
	Query	   *query = c->level->query;

	if (OrderIsTotal(query))
		return;
	if (query->hasDistinctOn)
		NoteChance(c, "DISTINCT ON without a total order");

	/* all that tie with the last one are in */
	if (query->limitOffset == NULL &&
		(query->limitCount == NULL || query->limitOption == LIMIT_OPTION_WITH_TIES))
		return;
	NoteChance(c, "LIMIT without a total order");
}

/*
 * Does a set operation put its arms together and nothing else, so that its
 * columns are those of its arms one by one?
 */
static bool
is_concatenation(SetOperationStmt *operation)
{
	return operation->op == SETOP_UNION && operation->all;
}

/*
 * How many calls an expression has that return sets; found gets one of a
 * user's function.
 */
typedef struct SetCount
{
	int			count;
	Oid			user_function;
} SetCount;

static bool
set_walker(Node *node, SetCount *sets)
{
	Oid			function = InvalidOid;

	if (node == NULL)
		return false;
	if (IsA(node, FuncExpr) && ((FuncExpr *) node)->funcretset)
		function = ((FuncExpr *) node)->funcid;
	else if (IsA(node, OpExpr) && ((OpExpr *) node)->opretset)
		function = get_opcode(((OpExpr *) node)->opno);
	if (OidIsValid(function))
	{
		sets->count++;
		if (function >= FirstNormalObjectId)
			sets->user_function = function;
	}
	return expression_tree_walker(node, set_walker, sets);
}

static int
count_sets(Node *node, Oid *found)
{
	SetCount	sets = {0, InvalidOid};

	(void) set_walker(node, &sets);
	if (OidIsValid(sets.user_function))
		*found = sets.user_function;
	return sets.count;
}

/*
 * Functions that return sets, called side by side, or with their rows numbered:
 * of users' functions it is not known in which order their rows come.
 */
void
NoteLockstep(Canonical *c, List *expressions, bool numbered)
{
	Oid			found = InvalidOid;
	int			count = 0;
	ListCell   *lc;

	foreach(lc, expressions)
	{
		Node	   *node = (Node *) lfirst(lc);

		if (IsA(node, TargetEntry))
			node = (Node *) ((TargetEntry *) node)->expr;
		count += count_sets(node, &found);
	}
	if (OidIsValid(found) && (numbered || count > 1))
		NoteChance(c, psprintf("order of the rows of %s()", get_func_name(found)));
}

/*
 * Are equal values of a type the same in every respect?  Not 1.0 and 1.00.
 * PostgreSQL knows it of the types that its B-trees may store once for many.
 */
static bool
equal_is_same(Oid type, int32 typmod, Oid collation)
{
	TypeCacheEntry *entry;
	Oid			function;

	/* a given scale is the same for all */
	if (type == NUMERICOID && typmod >= 0)
		return true;
	entry = lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY);
	if (!OidIsValid(entry->btree_opf))
		return true;			/* nothing compares it */
	function = get_opfamily_proc(entry->btree_opf, entry->btree_opintype,
								 entry->btree_opintype, BTEQUALIMAGE_PROC);
	return OidIsValid(function) &&
		DatumGetBool(OidFunctionCall1Coll(function, collation,
										  ObjectIdGetDatum(entry->btree_opintype)));
}

static bool
expression_equal_is_same(Node *node)
{
	return equal_is_same(exprType(node), exprTypmod(node), exprCollation(node));
}

/*
 * Does an expression show an item of GROUP BY of which one value stands for
 * several?
 */
static bool
shows_representative(Node *node, Query *query)
{
	ListCell   *lc;

	if (node == NULL || IsA(node, Aggref))
		return false;
	foreach(lc, query->groupClause)
	{
		TargetEntry *item = get_sortgroupclause_tle((SortGroupClause *) lfirst(lc),
													query->targetList);

		if (equal(node, item->expr))
			return !expression_equal_is_same(node);
	}
	return expression_tree_walker(node, shows_representative, query);
}

/*
 * An output column of the present query can show one of several values that
 * are equal and yet different.  Which one, nothing says.
 */
void
NoteRepresentative(Canonical *c, TargetEntry *target)
{
	Query	   *query = c->level->query;
	Node	   *node = (Node *) target->expr;
	bool		compared = query->setOperations != NULL ?
	!is_concatenation((SetOperationStmt *) query->setOperations) :
	query->distinctClause != NIL && !query->hasDistinctOn;

	if ((compared && !expression_equal_is_same(node)) ||
		(query->groupClause != NIL && shows_representative(node, query)))
		NoteChance(c, psprintf("one of equal values of type %s",
							   format_type_be(exprType(node))));
}

/*
 * Is a name in a list?
 */
static bool
is_named(const char *name, const char *const *names, int count)
{
	int			i;

	for (i = 0; i < count; i++)
	{
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

/*
 * Does an aggregate give the same whatever the order of its input?
 */
static bool
is_order_free(Oid funcid)
{
	HeapTuple	tuple;
	Form_pg_proc proc;
	const char *name;
	bool		result;
	int			i;

	if (funcid >= FirstNormalObjectId)
		return false;
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(funcid));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", funcid);
	proc = (Form_pg_proc) GETSTRUCT(tuple);
	name = NameStr(proc->proname);
	result = is_named(name, order_free, lengthof(order_free));
	if (!result &&
		is_named(name, order_free_unless_float, lengthof(order_free_unless_float)))
	{
		result = true;
		for (i = 0; i < proc->pronargs; i++)
		{
			Oid			type = proc->proargtypes.values[i];

			if (type == FLOAT4OID || type == FLOAT8OID)
				result = false;
		}
	}
	ReleaseSysCache(tuple);
	return result;
}

static bool
is_min_or_max(Oid funcid)
{
	const char *name = get_func_name(funcid);

	return strcmp(name, "min") == 0 || strcmp(name, "max") == 0;
}

/*
 * Name of a function with what is wrong with its order, for people.
 */
static const char *
without_order(Oid funcid)
{
	return psprintf("%s() without a total order", get_func_name(funcid));
}

/*
 * Notes an aggregate whose result follows an order that is not given.
 */
static void
note_aggregate_order(Canonical *c, Aggref *aggregate)
{
	ListCell   *lc;

	if (is_order_free(aggregate->aggfnoid))
	{
		/* min() and max() choose among equals */
		if (!equal_is_same(aggregate->aggtype,
						   list_length(aggregate->args) == 1 ?
						   exprTypmod((Node *) linitial_node(TargetEntry, aggregate->args)->expr) : -1,
						   aggregate->aggcollid) &&
			is_min_or_max(aggregate->aggfnoid))
			NoteChance(c, psprintf("one of equal values of type %s",
								   format_type_be(aggregate->aggtype)));
		return;
	}
	foreach(lc, aggregate->args)
	{
		TargetEntry *target = (TargetEntry *) lfirst(lc);

		if (!target->resjunk && !IsA(target->expr, Const) &&
			!is_sorted_by(target->ressortgroupref, aggregate->aggorder) &&
			!is_sorted_by(target->ressortgroupref, aggregate->aggdistinct))
		{
			NoteChance(c, without_order(aggregate->aggfnoid));
			return;
		}
	}
}

/*
 * The same for a window function.
 */
static void
note_window_order(Canonical *c, WindowFunc *function, WindowClause *window)
{
	bool		builtin = function->winfnoid < FirstNormalObjectId;
	bool		rows = (window->frameOptions & FRAMEOPTION_ROWS) != 0;
	bool		whole = (window->frameOptions & FRAMEOPTION_START_UNBOUNDED_PRECEDING) &&
	(window->frameOptions & FRAMEOPTION_END_UNBOUNDED_FOLLOWING);

	if (covers_groups(c->level->query, window->partitionClause, window->orderClause))
		return;
	if (function->winagg)
	{
		if (is_order_free(function->winfnoid) && (!rows || whole))
			return;
	}
	else if (builtin && is_named(get_func_name(function->winfnoid), peer_functions,
								 lengthof(peer_functions)))
		return;
	NoteChance(c, without_order(function->winfnoid));
}

/* ---------------------------------------------------------------------
 * Sorting, aggregates and windows
 * ---------------------------------------------------------------------
 */

/*
 * One item of GROUP BY, PARTITION BY and DISTINCT, where only equality
 * counts; or, with_order, of ORDER BY.
 */
void
PutSortItem(Canonical *c, SortGroupClause *item, List *targets, bool with_order)
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
	foreach(lc, window->partitionClause)
		PutSortItem(c, (SortGroupClause *) lfirst(lc), query->targetList, false);
	PutInt(c->buf, list_length(window->orderClause));
	foreach(lc, window->orderClause)
		PutSortItem(c, (SortGroupClause *) lfirst(lc), query->targetList, true);

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
	note_window_order(c, function, window);
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
		PutSortItem(c, (SortGroupClause *) lfirst(lc), targets, with_order);
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
	note_aggregate_order(c, aggregate);
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
	put_window(c, function);
}

/* ---------------------------------------------------------------------
 * Set operations
 * ---------------------------------------------------------------------
 */

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
	whole = whole || !is_concatenation(operation);
	PutTag(c->buf, TAG_SET_OPERATION);
	PutInt(c->buf, (int) operation->op);
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
	if (is_concatenation(operation))
	{
		PutSetColumn(c, level, operation->larg, number);
		PutSetColumn(c, level, operation->rarg, number);
	}
	else
		PutInt(c->buf, number);
}
