/*-------------------------------------------------------------------------
 *
 * lineage_query.c
 *	  What the columns and the rows of a query depend on: its clauses, set
 *	  operations, and the WITH queries that it reads.
 *
 * See lineage.c for what counts as a value and what as a filter.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/attnum.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"

#include "compat.h"
#include "lineage_walk.h"

/* ---------------------------------------------------------------------
 * Queries and WITH queries
 * ---------------------------------------------------------------------
 */

/*
 * LineageLevelOf
 *		What is known of a query that stands in another.
 */
QueryLevel *
LineageLevelOf(Lineage *lineage, Query *query, QueryLevel *parent)
{
	LevelEntry *entry;
	bool		found;

	check_stack_depth();
	entry = hash_search(lineage->levels, &query, HASH_ENTER, &found);
	if (!found)
	{
		QueryLevel *level = palloc0(sizeof(QueryLevel));

		level->query = query;
		level->parent = parent;
		level->columns = palloc0(sizeof(References *) *
								 (list_length(query->targetList) + 1));
		level->recursive = palloc0(sizeof(RecursiveQuery) *
								   (list_length(query->cteList) + 1));
		entry->level = level;
	}
	return entry->level;
}

/*
 * MakeLineageLevels
 *		An empty table of queries.
 */
HTAB *
MakeLineageLevels(void)
{
	HASHCTL		ctl;

	ctl.keysize = sizeof(Query *);
	ctl.entrysize = sizeof(LevelEntry);
	ctl.hcxt = CurrentMemoryContext;
	return hash_create("vde lineage queries", 32, &ctl,
					   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/*
 * LineageLevelUp
 *		The query that is levelsup around another.
 */
QueryLevel *
LineageLevelUp(QueryLevel *level, Index levelsup)
{
	while (levelsup-- > 0 && level != NULL)
		level = level->parent;
	if (level == NULL)
		elog(ERROR, "query level of a reference is out of range");
	return level;
}

/*
 * output_count
 *		How many columns a query returns; those of its own come after.
 */
static int
output_count(const Query *query)
{
	int			count = 0;
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		if (!lfirst_node(TargetEntry, lc)->resjunk)
			count++;
	}
	return count;
}

/*
 * AddOutputs
 *		Adds all columns that a query returns.
 */
void
AddOutputs(Lineage *lineage, QueryLevel *level, References *into, int location)
{
	int			count = output_count(level->query);
	int			resno;

	for (resno = 1; resno <= count; resno++)
		AddReferences(into, ColumnReferences(lineage, level, resno), location);
}

/*
 * find_cte
 *		The WITH query that an item of FROM reads; level is set to the query
 *		that has the WITH.
 */
static CommonTableExpr *
find_cte(const RangeTblEntry *rte, QueryLevel **level, int *place)
{
	ListCell   *lc;

	*level = LineageLevelUp(*level, rte->ctelevelsup);
	foreach(lc, (*level)->query->cteList)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);

		if (strcmp(cte->ctename, rte->ctename) == 0)
		{
			if (!IsA(cte->ctequery, Query))
				elog(ERROR, "WITH query \"%s\" has not been analyzed", cte->ctename);
			*place = foreach_current_index(lc);
			return cte;
		}
	}
	elog(ERROR, "WITH query \"%s\" not found", rte->ctename);
	return NULL;				/* keep compiler quiet */
}

/*
 * recursive_query
 *		What a recursive WITH query reads, or within itself, what is known of
 *		that so far.
 */
static RecursiveQuery *
recursive_query(Lineage *lineage, QueryLevel *level, CommonTableExpr *cte,
				int place)
{
	RecursiveQuery *result = &level->recursive[place];
	HTAB	   *saved = lineage->levels;
	int			count = list_length(cte->ctecolnames);
	bool		changed;

	if (result->known)
		return result;
	result->known = true;
	result->columns = palloc0(sizeof(References) * (count + 1));
	do
	{
		QueryLevel *inner;
		int			i;

		CHECK_FOR_INTERRUPTS();
		changed = false;

		/* what was found in it so far stood on less than is known now */
		lineage->levels = MakeLineageLevels();
		inner = LineageLevelOf(lineage, (Query *) cte->ctequery, level);
		for (i = 0; i < count; i++)
		{
			if (AddReferences(&result->columns[i],
							  ColumnReferences(lineage, inner, i + 1), -1))
				changed = true;
		}
		if (AddReferences(&result->filter, FilterReferences(lineage, inner), -1))
			changed = true;
		hash_destroy(lineage->levels);
	} while (changed);
	lineage->levels = saved;
	return result;
}

/*
 * add_named_columns
 *		Adds columns of a recursive WITH query by name.
 */
static void
add_named_columns(const CommonTableExpr *cte, const RecursiveQuery *query,
				  List *names, References *into, int location)
{
	ListCell   *name;
	ListCell   *lc;

	foreach(name, names)
	{
		foreach(lc, cte->ctecolnames)
		{
			if (strcmp(strVal(lfirst(lc)), strVal(lfirst(name))) == 0)
				AddReferences(into, &query->columns[foreach_current_index(lc)], location);
		}
	}
}

/*
 * AddCteColumn
 *		Adds a column of a WITH query; 0 is all of them.
 *
 * SEARCH and CYCLE add columns after those of the query: the sequence, the
 * mark and the path.
 */
void
AddCteColumn(Lineage *lineage, QueryLevel *level, const RangeTblEntry *rte,
			 int attnum, References *into, int location)
{
	int			place;
	CommonTableExpr *cte = find_cte(rte, &level, &place);
	int			count = list_length(cte->ctecolnames);
	int			extra = attnum - count;
	RecursiveQuery *query;
	int			i;

	if (!cte->cterecursive)
	{
		QueryLevel *inner = LineageLevelOf(lineage, (Query *) cte->ctequery, level);

		if (attnum == InvalidAttrNumber)
			AddOutputs(lineage, inner, into, location);
		else
			AddReferences(into, ColumnReferences(lineage, inner, attnum), location);
		return;
	}

	query = recursive_query(lineage, level, cte, place);
	for (i = 0; i < count; i++)
	{
		if (attnum == InvalidAttrNumber || attnum == i + 1)
			AddReferences(into, &query->columns[i], location);
	}
	if (extra <= 0)
		return;					/* and all of them make up any that is added */
	if (cte->search_clause != NULL && extra-- == 1)
		add_named_columns(cte, query, cte->search_clause->search_col_list, into, location);
	else if (cte->cycle_clause != NULL && (extra == 1 || extra == 2))
		add_named_columns(cte, query, cte->cycle_clause->cycle_col_list, into, location);
	else
		elog(ERROR, "column %d of WITH query \"%s\" not found", attnum, cte->ctename);
}

/*
 * add_cte_filter
 *		Adds what decides the rows of a WITH query.
 */
static void
add_cte_filter(Lineage *lineage, QueryLevel *level, const RangeTblEntry *rte,
			   References *into)
{
	int			place;
	CommonTableExpr *cte = find_cte(rte, &level, &place);
	RecursiveQuery *query;

	if (!cte->cterecursive)
	{
		AddReferences(into, FilterReferences(lineage,
											 LineageLevelOf(lineage, (Query *) cte->ctequery, level)), -1);
		return;
	}
	query = recursive_query(lineage, level, cte, place);
	AddReferences(into, &query->filter, -1);

	/* a row that has been met on its path is not followed */
	if (cte->cycle_clause != NULL)
		add_named_columns(cte, query, cte->cycle_clause->cycle_col_list, into, -1);
}

/* ---------------------------------------------------------------------
 * What a query returns, and what decides its rows
 * ---------------------------------------------------------------------
 */

/*
 * AddSorted
 *		Adds the expressions that a list of SortGroupClause means.
 */
void
AddSorted(Lineage *lineage, QueryLevel *level, List *clauses,
		  References *into, int location)
{
	ListCell   *lc;

	foreach(lc, clauses)
	{
		TargetEntry *tle = get_sortgroupclause_tle(lfirst_node(SortGroupClause, lc),
												   level->query->targetList);

		AddReferences(into, ColumnReferences(lineage, level, tle->resno), location);
	}
}

/*
 * add_set_column
 *		Adds a column of each query that a set operation puts together: the
 *		target list above shows the leftmost only.
 */
static void
add_set_column(Lineage *lineage, QueryLevel *level, Node *node, int resno,
			   References *into)
{
	check_stack_depth();
	if (IsA(node, SetOperationStmt))
	{
		add_set_column(lineage, level, ((SetOperationStmt *) node)->larg, resno, into);
		add_set_column(lineage, level, ((SetOperationStmt *) node)->rarg, resno, into);
	}
	else
	{
		RangeTblEntry *rte = rt_fetch(castNode(RangeTblRef, node)->rtindex,
									  level->query->rtable);

		AddReferences(into,
					  ColumnReferences(lineage,
									   LineageLevelOf(lineage, rte->subquery, level),
									   resno), -1);
	}
}

/*
 * ColumnReferences
 *		What a column that a query returns, or makes for itself, reads.
 */
References *
ColumnReferences(Lineage *lineage, QueryLevel *level, int resno)
{
	Query	   *query = level->query;
	References *result;
	TargetEntry *tle;

	if (resno < 1 || resno > list_length(query->targetList))
		elog(ERROR, "column %d of a query not found", resno);
	if (level->columns[resno - 1] != NULL)
		return level->columns[resno - 1];

	result = palloc0(sizeof(References));
	level->columns[resno - 1] = result;
	tle = list_nth_node(TargetEntry, query->targetList, resno - 1);
	if (query->setOperations != NULL)
		add_set_column(lineage, level, query->setOperations, resno, result);
	else
		WalkExpression(lineage, level, (Node *) tle->expr, result, -1);
	return result;
}

/*
 * add_set_filter
 *		Adds what decides the rows of a set operation.  Any but UNION ALL
 *		compares whole rows.
 */
static void
add_set_filter(Lineage *lineage, QueryLevel *level, Node *node, bool compared,
			   References *into)
{
	check_stack_depth();
	if (IsA(node, SetOperationStmt))
	{
		SetOperationStmt *operation = (SetOperationStmt *) node;

		compared = compared || operation->op != SETOP_UNION || !operation->all;
		add_set_filter(lineage, level, operation->larg, compared, into);
		add_set_filter(lineage, level, operation->rarg, compared, into);
	}
	else
	{
		RangeTblEntry *rte = rt_fetch(castNode(RangeTblRef, node)->rtindex,
									  level->query->rtable);
		QueryLevel *inner = LineageLevelOf(lineage, rte->subquery, level);

		AddReferences(into, FilterReferences(lineage, inner), -1);
		if (compared)
			AddOutputs(lineage, inner, into, -1);
	}
}

/*
 * add_range_filter
 *		Adds what an item of FROM that is not a join does to the rows.
 */
static void
add_range_filter(Lineage *lineage, QueryLevel *level, RangeTblEntry *rte,
				 References *into)
{
	ListCell   *lc;

	switch (rte->rtekind)
	{
		case RTE_RELATION:
			AddReference(into, SourceNumber(lineage, rte->relid, 0, 0), -1);
			if (rte->tablesample != NULL)
			{
				WalkExpression(lineage, level, (Node *) rte->tablesample->args, into, -1);
				WalkExpression(lineage, level, (Node *) rte->tablesample->repeatable, into, -1);
			}
			break;
		case RTE_NAMEDTUPLESTORE:
			AddReference(into, SourceNumber(lineage, InvalidOid,
											ParentIndex(lineage, rte), 0), -1);
			break;
		case RTE_SUBQUERY:
			AddReferences(into,
						  FilterReferences(lineage,
										   LineageLevelOf(lineage, rte->subquery, level)), -1);
			break;
		case RTE_FUNCTION:
			foreach(lc, rte->functions)
			{
				Node	   *call = lfirst_node(RangeTblFunction, lc)->funcexpr;

				/* else it returns one row, whatever it is given */
				if (expression_returns_set(call))
					WalkExpression(lineage, level, call, into, -1);
			}
			break;
		case RTE_TABLEFUNC:
			AddDocument(lineage, level, rte->tablefunc, into, -1);
			break;
		case RTE_CTE:
			add_cte_filter(lineage, level, rte, into);
			break;
		case RTE_VALUES:
		case RTE_RESULT:
			break;
		default:
			elog(ERROR, "lineage of range table entry kind %d is not known",
				 (int) rte->rtekind);
	}
}

/*
 * add_from_filter
 *		Adds what FROM and WHERE do to the rows.
 */
static void
add_from_filter(Lineage *lineage, QueryLevel *level, Node *node,
				References *into)
{
	ListCell   *lc;

	check_stack_depth();
	if (IsA(node, FromExpr))
	{
		foreach(lc, ((FromExpr *) node)->fromlist)
			add_from_filter(lineage, level, lfirst(lc), into);
		WalkExpression(lineage, level, ((FromExpr *) node)->quals, into, -1);
	}
	else if (IsA(node, JoinExpr))
	{
		add_from_filter(lineage, level, ((JoinExpr *) node)->larg, into);
		add_from_filter(lineage, level, ((JoinExpr *) node)->rarg, into);
		WalkExpression(lineage, level, ((JoinExpr *) node)->quals, into, -1);
	}
	else
		add_range_filter(lineage, level,
						 rt_fetch(castNode(RangeTblRef, node)->rtindex,
								  level->query->rtable), into);
}

/*
 * FilterReferences
 *		What decides which rows a query returns.
 */
References *
FilterReferences(Lineage *lineage, QueryLevel *level)
{
	Query	   *query = level->query;
	References *result;
	ListCell   *lc;

	if (level->filter != NULL)
		return level->filter;
	result = palloc0(sizeof(References));
	level->filter = result;

	if (query->setOperations != NULL)
		add_set_filter(lineage, level, query->setOperations, false, result);
	else
	{
		add_from_filter(lineage, level, (Node *) query->jointree, result);
		foreach(lc, query->hasTargetSRFs ? query->targetList : NIL)
			WalkSetFunctions(lineage, level,
							 (Node *) lfirst_node(TargetEntry, lc)->expr, result);
	}
	AddSorted(lineage, level, query->groupClause, result, -1);
	WalkExpression(lineage, level, query->havingQual, result, -1);
	AddSorted(lineage, level, query->distinctClause, result, -1);
	if (query->hasDistinctOn || query->limitCount != NULL ||
		query->limitOffset != NULL || level->parent != NULL)
		AddSorted(lineage, level, query->sortClause, result, -1);
	WalkExpression(lineage, level, query->limitOffset, result, -1);
	WalkExpression(lineage, level, query->limitCount, result, -1);
	return result;
}
