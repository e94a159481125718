/*-------------------------------------------------------------------------
 *
 * lineage_expression.c
 *	  What an expression reads: its references to columns, followed into the
 *	  item of FROM that they mean.
 *
 * See lineage.c for what counts as a value and what as a filter.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/attnum.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "lineage_walk.h"
#include "outside.h"

/* What an expression adds its references to */
typedef struct Walk
{
	Lineage    *lineage;
	QueryLevel *level;			/* that the expression stands in */
	References *into;
	int			location;		/* for references that have none */
} Walk;

static bool expression_walker(Node *node, Walk *walk);

/*
 * add_source_column
 *		Adds a column of a source; 0 is all of them.
 */
static void
add_source_column(Lineage *lineage, const RangeTblEntry *rte, int attnum,
				  References *into, int location)
{
	Oid			relid = InvalidOid;
	int			parent = 0;
	int			count;
	int			i;

	if (rte->rtekind == RTE_RELATION)
	{
		relid = rte->relid;
		count = OutsideColumnCount(relid);
	}
	else
	{
		parent = ParentIndex(lineage, rte);
		count = list_length(((ParentModel *) list_nth(lineage->model->parents,
													  parent))->columns);
		if (attnum < 0 || attnum > count)
			elog(ERROR, "column %d of a model not found", attnum);
	}
	if (attnum != InvalidAttrNumber)
	{
		AddReference(into, SourceNumber(lineage, relid, parent, attnum), location);
		return;
	}
	for (i = 1; i <= count; i++)
	{
		if (OidIsValid(relid) && get_attname(relid, i, true) == NULL)
			continue;			/* dropped */
		AddReference(into, SourceNumber(lineage, relid, parent, i), location);
	}
}

/*
 * add_function_column
 *		Adds what a column of an item of FROM reads that is made of functions;
 *		0 is all of them.  The column of WITH ORDINALITY, which is the last,
 *		counts the rows of those that return any number.
 */
static void
add_function_column(Lineage *lineage, QueryLevel *level, const RangeTblEntry *rte,
					int attnum, References *into, int location)
{
	int			last = 0;
	ListCell   *lc;

	foreach(lc, rte->functions)
	{
		RangeTblFunction *function = lfirst_node(RangeTblFunction, lc);
		int			first = last + 1;

		last += function->funccolcount;
		if (attnum == InvalidAttrNumber || (attnum >= first && attnum <= last))
			WalkExpression(lineage, level, function->funcexpr, into, location);
	}
	if (attnum <= last)
		return;
	foreach(lc, rte->functions)
	{
		Node	   *call = lfirst_node(RangeTblFunction, lc)->funcexpr;

		if (expression_returns_set(call))
			WalkExpression(lineage, level, call, into, location);
	}
}

/*
 * AddDocument
 *		Adds what decides the rows of XMLTABLE or JSON_TABLE.
 */
void
AddDocument(Lineage *lineage, QueryLevel *level, const TableFunc *table,
			References *into, int location)
{
	WalkExpression(lineage, level, (Node *) table->ns_uris, into, location);
	WalkExpression(lineage, level, table->docexpr, into, location);
	WalkExpression(lineage, level, table->rowexpr, into, location);
#if PG_VERSION_NUM >= 170000
	WalkExpression(lineage, level, (Node *) table->passingvalexprs, into, location);
#endif
}

/*
 * add_nth
 *		Adds the n-th expression of a list, from 1; 0 is all of them.
 */
static void
add_nth(Lineage *lineage, QueryLevel *level, List *expressions, int n,
		References *into, int location)
{
	if (n == 0)
		WalkExpression(lineage, level, (Node *) expressions, into, location);
	else if (n <= list_length(expressions))
		WalkExpression(lineage, level, list_nth(expressions, n - 1), into, location);
}

/*
 * add_document_column
 *		Adds what a column of XMLTABLE or JSON_TABLE reads.
 */
static void
add_document_column(Lineage *lineage, QueryLevel *level, const TableFunc *table,
					int attnum, References *into, int location)
{
	AddDocument(lineage, level, table, into, location);
	add_nth(lineage, level, table->colexprs, attnum, into, location);
	add_nth(lineage, level, table->coldefexprs, attnum, into, location);
#if PG_VERSION_NUM >= 170000
	add_nth(lineage, level, table->colvalexprs, attnum, into, location);
#endif
}

/*
 * add_var
 *		Adds what a reference to a column, or to a whole row, reads.
 */
static void
add_var(Walk *walk, const Var *var)
{
	Lineage    *lineage = walk->lineage;
	QueryLevel *level = LineageLevelUp(walk->level, var->varlevelsup);
	int			location = var->location >= 0 ? var->location : walk->location;
	int			attnum = var->varattno;
	RangeTblEntry *rte;
	ListCell   *lc;

	if (var->varno < 1 || var->varno > list_length(level->query->rtable))
		elog(ERROR, "range table index of a column is out of range");
	rte = rt_fetch(var->varno, level->query->rtable);
	switch (rte->rtekind)
	{
		case RTE_RELATION:
		case RTE_NAMEDTUPLESTORE:
			add_source_column(lineage, rte, attnum, walk->into, location);
			break;
		case RTE_SUBQUERY:
			{
				QueryLevel *inner = LineageLevelOf(lineage, rte->subquery, level);

				if (attnum == InvalidAttrNumber)
					AddOutputs(lineage, inner, walk->into, location);
				else
					AddReferences(walk->into,
								  ColumnReferences(lineage, inner, attnum), location);
			}
			break;
		case RTE_JOIN:
			add_nth(lineage, level, rte->joinaliasvars, attnum, walk->into, location);
			break;
#if PG_VERSION_NUM >= 180000
		case RTE_GROUP:
			add_nth(lineage, level, rte->groupexprs, attnum, walk->into, location);
			break;
#endif
		case RTE_FUNCTION:
			add_function_column(lineage, level, rte, attnum, walk->into, location);
			break;
		case RTE_TABLEFUNC:
			add_document_column(lineage, level, rte->tablefunc, attnum,
								walk->into, location);
			break;
		case RTE_VALUES:
			foreach(lc, rte->values_lists)
				add_nth(lineage, level, (List *) lfirst(lc), attnum,
						walk->into, location);
			break;
		case RTE_CTE:
			AddCteColumn(lineage, level, rte, attnum, walk->into, location);
			break;
		default:
			elog(ERROR, "lineage of range table entry kind %d is not known",
				 (int) rte->rtekind);
	}
}

/*
 * expression_walker
 *		Adds what an expression reads.
 */
static bool
expression_walker(Node *node, Walk *walk)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_Var:
			add_var(walk, (Var *) node);
			return false;

		case T_SubLink:
			{
				SubLink    *sublink = (SubLink *) node;
				QueryLevel *inner = LineageLevelOf(walk->lineage,
												   castNode(Query, sublink->subselect),
												   walk->level);

				(void) expression_walker(sublink->testexpr, walk);
				AddReferences(walk->into, FilterReferences(walk->lineage, inner),
							  walk->location);
				if (sublink->subLinkType != EXISTS_SUBLINK)
					AddOutputs(walk->lineage, inner, walk->into, walk->location);
				return false;
			}

		case T_WindowFunc:
			{
				ListCell   *lc;

				foreach(lc, walk->level->query->windowClause)
				{
					WindowClause *window = lfirst_node(WindowClause, lc);

					if (window->winref != ((WindowFunc *) node)->winref)
						continue;
					AddSorted(walk->lineage, walk->level, window->partitionClause,
							  walk->into, walk->location);
					AddSorted(walk->lineage, walk->level, window->orderClause,
							  walk->into, walk->location);
					(void) expression_walker(window->startOffset, walk);
					(void) expression_walker(window->endOffset, walk);
				}
			}
			break;

		case T_Query:
			elog(ERROR, "unexpected query in an expression");
			break;

		default:
			break;
	}
	check_stack_depth();
	return expression_tree_walker(node, expression_walker, walk);
}

/*
 * set_function_walker
 *		Adds what set-returning functions in an expression are given: it
 *		decides how many rows there are.  A sublink has rows of its own.
 */
static bool
set_function_walker(Node *node, Walk *walk)
{
	if (node == NULL || IsA(node, SubLink))
		return false;
	if ((IsA(node, FuncExpr) && ((FuncExpr *) node)->funcretset) ||
		(IsA(node, OpExpr) && ((OpExpr *) node)->opretset))
		return expression_walker(node, walk);
	return expression_tree_walker(node, set_function_walker, walk);
}

/*
 * WalkSetFunctions
 *		See lineage_walk.h.
 */
void
WalkSetFunctions(Lineage *lineage, QueryLevel *level, Node *node,
				 References *into)
{
	Walk		walk = {lineage, level, into, -1};

	(void) set_function_walker(node, &walk);
}

/*
 * WalkExpression
 *		Adds what an expression, or a list of them, reads.
 */
void
WalkExpression(Lineage *lineage, QueryLevel *level, Node *node,
			   References *into, int location)
{
	Walk		walk;

	walk.lineage = lineage;
	walk.level = level;
	walk.into = into;
	walk.location = location;
	(void) expression_walker(node, &walk);
}
