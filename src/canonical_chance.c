/*-------------------------------------------------------------------------
 *
 * canonical_chance.c
 *	  What can come out differently from the same inputs ("chance", see Uses):
 *	  because the rows that go in have no order, or not a total one, or because
 *	  one of several equal values stands for all.
 *
 * A sort is total where rows that are equal to it are equal in all that can be
 * seen of them:
 *
 *	- every output column is sorted by;
 *	- every item of GROUP BY is, and there are no grouping sets;
 *	- of an aggregate: every argument that is not a constant is.
 *
 * That a table has a unique key is not looked at: it can be dropped while the
 * model stays as it is.
 *
 * Values that are equal and yet not the same (1.0 and 1.00) are chance where one
 * of them stands for all: in a group's key, under DISTINCT, in min() and max(),
 * in what is sorted by them.  Not looked at: a group's key in a sublink.
 *
 * Volatile functions and those that read the time are noted where functions
 * are, in canonical_name.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/nbtree.h"
#include "access/transam.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
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

static bool equal_is_same(Node *node, Query *query);

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
			(!is_sorted_by(target->ressortgroupref, query->sortClause) ||
			 !equal_is_same((Node *) target->expr, query)))
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
 * Have all values of a numeric expression as many digits after the point, so
 * that those that are equal are the same?  query is what its columns are of.
 */
static bool
scale_is_fixed(Node *node, Query *query)
{
	ListCell   *lc;

	check_stack_depth();

	if (node == NULL)
		return false;
	if (exprTypmod(node) >= 0 || IsA(node, Const))
		return true;
	switch (nodeTag(node))
	{
		case T_Var:
			{
				Var		   *var = (Var *) node;
				RangeTblEntry *rte;

				/* each arm of a set operation may have another scale */
				if (var->varlevelsup > 0 || var->varattno <= 0 || query->setOperations != NULL)
					return false;
				rte = rt_fetch(var->varno, query->rtable);
				if (rte->rtekind == RTE_SUBQUERY && rte->subquery->setOperations == NULL &&
					var->varattno <= list_length(rte->subquery->targetList))
					return scale_is_fixed((Node *) list_nth_node(TargetEntry,
																 rte->subquery->targetList,
																 var->varattno - 1)->expr,
										  rte->subquery);
#if PG_VERSION_NUM >= 180000
				if (rte->rtekind == RTE_GROUP)
					return scale_is_fixed(list_nth(rte->groupexprs, var->varattno - 1), query);
#endif
				return false;
			}
		case T_FuncExpr:
			{
				FuncExpr   *call = (FuncExpr *) node;
				const char *name;

				if (call->funcid >= FirstNormalObjectId)
					return false;
				if (call->funcid == F_NUMERIC_INT2 || call->funcid == F_NUMERIC_INT4 ||
					call->funcid == F_NUMERIC_INT8)
					return true;
				name = get_func_name(call->funcid);
				if (strcmp(name, "extract") == 0)
					return true;
				if (strcmp(name, "round") == 0 || strcmp(name, "trunc") == 0)
					return list_length(call->args) == 1 || IsA(lsecond(call->args), Const);
				return strcmp(name, "ceil") == 0 || strcmp(name, "ceiling") == 0 ||
					strcmp(name, "floor") == 0;
			}
		case T_OpExpr:
			{
				OpExpr	   *operation = (OpExpr *) node;

				if (operation->opfuncid != F_NUMERIC_ADD && operation->opfuncid != F_NUMERIC_SUB &&
					operation->opfuncid != F_NUMERIC_MUL)
					return false;
				foreach(lc, operation->args)
				{
					if (!scale_is_fixed((Node *) lfirst(lc), query))
						return false;
				}
				return true;
			}
		case T_Aggref:
			{
				Aggref	   *aggregate = (Aggref *) node;

				return aggregate->agglevelsup == 0 && list_length(aggregate->args) == 1 &&
					(aggregate->aggfnoid == F_SUM_NUMERIC || aggregate->aggfnoid == F_SUM_INT8 ||
					 aggregate->aggfnoid == F_MIN_NUMERIC || aggregate->aggfnoid == F_MAX_NUMERIC) &&
					(aggregate->aggfnoid == F_SUM_INT8 ||
					 scale_is_fixed((Node *) linitial_node(TargetEntry, aggregate->args)->expr, query));
			}
		default:
			return false;
	}
}

/*
 * Are equal values of an expression the same in every respect?  PostgreSQL
 * knows it of the types that its B-trees may store once for many.
 */
static bool
equal_is_same(Node *node, Query *query)
{
	Oid			type = exprType(node);
	TypeCacheEntry *entry;
	Oid			function;

	if (type == NUMERICOID)
		return scale_is_fixed(node, query);
	entry = lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY);
	if (!OidIsValid(entry->btree_opf))
		return true;			/* nothing compares it */
	function = get_opfamily_proc(entry->btree_opf, entry->btree_opintype,
								 entry->btree_opintype, BTEQUALIMAGE_PROC);
	return OidIsValid(function) &&
		DatumGetBool(OidFunctionCall1Coll(function, exprCollation(node),
										  ObjectIdGetDatum(entry->btree_opintype)));
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
			return !equal_is_same(node, query);
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
	!IsConcatenation((SetOperationStmt *) query->setOperations) :
	query->distinctClause != NIL && !query->hasDistinctOn;

	if ((compared && !equal_is_same(node, query)) ||
		(query->groupClause != NIL && shows_representative(node, query)))
		NoteChance(c, psprintf("one of equal values of type %s",
							   format_type_be(exprType(node))));
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
	result = IsListed(name, order_free, lengthof(order_free));
	if (!result &&
		IsListed(name, order_free_unless_float, lengthof(order_free_unless_float)))
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

/*
 * min(), max() and percentile_disc() choose one of equal arguments.
 */
static void
note_choice_of_equals(Canonical *c, Oid funcid, Node *argument)
{
	static const char *const choosers[] = {"min", "max", "percentile_disc"};

	if (argument != NULL && IsListed(get_func_name(funcid), choosers, lengthof(choosers)) &&
		!equal_is_same(argument, c->level->query))
		NoteChance(c, psprintf("one of equal values of type %s",
							   format_type_be(exprType(argument))));
}

/*
 * Notes a function that follows the order of the rows that go in.
 */
static void
note_input_order(Canonical *c, Oid funcid)
{
	NoteChance(c, psprintf("%s() without a total order", get_func_name(funcid)));
	c->uses->input_order = true;
}

/*
 * Notes an aggregate whose result follows an order that is not given.
 */
void
NoteAggregateOrder(Canonical *c, Aggref *aggregate)
{
	ListCell   *lc;

	if (is_order_free(aggregate->aggfnoid))
	{
		note_choice_of_equals(c, aggregate->aggfnoid, (Node *) (aggregate->args == NIL ? NULL :
																linitial_node(TargetEntry, aggregate->args)->expr));
		return;
	}
	foreach(lc, aggregate->args)
	{
		TargetEntry *target = (TargetEntry *) lfirst(lc);

		if (!target->resjunk && !IsA(target->expr, Const) &&
			((!is_sorted_by(target->ressortgroupref, aggregate->aggorder) &&
			  !is_sorted_by(target->ressortgroupref, aggregate->aggdistinct)) ||
			 !equal_is_same((Node *) target->expr, c->level->query)))
		{
			note_input_order(c, aggregate->aggfnoid);
			return;
		}
	}
}

/*
 * The same for a window function.
 */
void
NoteWindowOrder(Canonical *c, WindowFunc *function, WindowClause *window)
{
	bool		builtin = function->winfnoid < FirstNormalObjectId;
	bool		rows = (window->frameOptions & FRAMEOPTION_ROWS) != 0;
	bool		whole = (window->frameOptions & FRAMEOPTION_START_UNBOUNDED_PRECEDING) &&
	(window->frameOptions & FRAMEOPTION_END_UNBOUNDED_FOLLOWING);

	if (covers_groups(c->level->query, window->partitionClause, window->orderClause))
		return;
	if (function->winagg)
	{
		if (function->args != NIL)
			note_choice_of_equals(c, function->winfnoid, linitial(function->args));
		if (is_order_free(function->winfnoid) && (!rows || whole))
			return;
	}
	else if (builtin && IsListed(get_func_name(function->winfnoid), peer_functions,
								 lengthof(peer_functions)))
		return;
	note_input_order(c, function->winfnoid);
}
