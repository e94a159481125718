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
 *	- subqueries and CTEs are known by their rows and, where one is read, by
 *	  their columns: see canonical_source.c.  An unused CTE, and the order of
 *	  definition, leave no trace;
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
 * All that is folded into the row hash, although it does not always decide
 * which rows there are, or counts as a change, although it does not always
 * make one:
 *
 *	folded in			because
 *	------------------	---------------------------------------------------
 *	hasWindowFuncs,		a window's sort decides which rows are kept where the
 *	with LIMIT or		order is not total
 *	DISTINCT ON
 *	target entries with	they decide how often the others are repeated
 *	set-returning
 *	functions
 *	all columns, under	they decide which rows are equal
 *	DISTINCT and set
 *	operations other
 *	than UNION ALL
 *	top ORDER BY, with	they are called before or after it, in another order,
 *	SRFs, volatile		or see its sort
 *	functions, functions
 *	that follow the
 *	order of their input
 *	ORDER BY elsewhere,	string_agg() and its like see it; a view keeps its own
 *	also of a view
 *	order of FROM, of	nobody minds yet
 *	UNION arms, and of
 *	GROUP BY with
 *	grouping sets
 *	GROUP BY's operator	it says what is equal; the sort operator does not, and
 *						follows ORDER BY, so it is out
 *	column names of		row_to_json() and its like return them
 *	whole rows
 *	MATERIALIZED, with	it decides how often a volatile function is called
 *	volatile functions
 *	or chance
 *	all of a sublink,	nobody asks yet which columns count (of EXISTS: none)
 *	of a recursive CTE,
 *	of VALUES, of a
 *	function in FROM
 *	all of an outside	the same; of the tables that these read, only the
 *	view, of an SQL		columns that they name
 *	function's body
 *	rows of a user's	their order is not known: beside another function, or
 *	function in FROM	numbered, they are chance
 *	the name of a model	a model of another name is another table, filled at
 *	that is read		another time
 *	the version of a	it is built anew with each version, and then comes out
 *	model with chance,	differently; what counts as chance, though a unique key
 *	for its readers		may rule it out, says canonical_chance.c
 *	the versions of a	it stands on their tables (not for its own readers)
 *	view's parents
 *	all of what			nobody sees how the functions read it
 *	depends_on names
 *
 * (See canonical_name.c and dependency.c for what is folded in for objects
 * outside vde, fingerprint.c for settings and roles.)
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_constraint.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "canonical.h"
#include "fault.h"

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
	level->subqueries = palloc0((list_length(query->rtable) + 1) *
								sizeof(CanonicalSource));
	level->ctes = palloc0((list_length(query->cteList) + 1) *
						  sizeof(CanonicalSource));
	number_ranges(level, query->setOperations);
	number_ranges(level, (Node *) query->jointree);

	c->level = level;
	c->depth++;
}

/*
 * Notes down which relations' primary keys the query is valid by: columns
 * that stand neither in GROUP BY nor in an aggregate.  What it means follows
 * from the rest of it.
 */
static void
note_primary_keys(Canonical *c, Query *query)
{
	ListCell   *constraint;
	ListCell   *lc;

	foreach(constraint, query->constraintDeps)
	{
		HeapTuple	tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(lfirst_oid(constraint)));

		if (!HeapTupleIsValid(tuple))
			continue;
		foreach(lc, c->scope->outside)
		{
			OutsideObject *object = (OutsideObject *) lfirst(lc);

			if (object->class == OUTSIDE_RELATION &&
				object->oid == ((Form_pg_constraint) GETSTRUCT(tuple))->conrelid)
				object->primary_key = true;
		}
		ReleaseSysCache(tuple);
	}
}

/*
 * Leaves the query that BeginQuery entered.
 */
void
EndQuery(Canonical *c)
{
	CanonicalLevel *level = c->level;

	note_primary_keys(c, level->query);
	c->level = level->parent;
	c->depth--;
	pfree(level->positions);
	pfree(level->subqueries);
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

	switch (nodeTag(node))
	{
		case T_RangeTblRef:
			PutRange(c, ((RangeTblRef *) node)->rtindex);
			break;
		case T_FromExpr:
			{
				FromExpr   *from = (FromExpr *) node;
				ListCell   *lc;

				PutTag(c->buf, TAG_FROM);
				PutInt(c->buf, list_length(from->fromlist));
				foreach(lc, from->fromlist)
					put_from(c, lfirst(lc));
			}
			break;
		case T_JoinExpr:
			{
				JoinExpr   *join = (JoinExpr *) node;

				PutTag(c->buf, TAG_JOIN);
				if (!VDE_FAULT("join type"))
					PutInt(c->buf, (int) join->jointype);
				put_from(c, join->larg);
				put_from(c, join->rarg);
			}
			break;
		default:
			elog(ERROR, "unrecognized node type in FROM: %d",
				 (int) nodeTag(node));
	}
}

/*
 * The conditions of its joins, by the number of the join.
 */
static void
put_join_conditions(Canonical *c, Node *node, int *number)
{
	ListCell   *lc;

	check_stack_depth();

	if (IsA(node, FromExpr))
	{
		foreach(lc, ((FromExpr *) node)->fromlist)
			put_join_conditions(c, lfirst(lc), number);
	}
	else if (IsA(node, JoinExpr))
	{
		put_join_conditions(c, ((JoinExpr *) node)->larg, number);
		put_join_conditions(c, ((JoinExpr *) node)->rarg, number);
		(*number)++;
		if (((JoinExpr *) node)->quals != NULL && !VDE_FAULT("join condition"))
		{
			PutTag(c->buf, TAG_JOIN_QUALS);
			PutInt(c->buf, *number);
			PutNode(c, ((JoinExpr *) node)->quals);
		}
	}
}

/*
 * ORDER BY of the present query.
 */
static void
put_order_by(Canonical *c)
{
	Query	   *query = c->level->query;

	PutTag(c->buf, TAG_ORDER_BY);
	PutSortItems(c, query->sortClause, query->targetList, true);
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
 * GROUP BY.  Without grouping sets its order means nothing.
 */
static void
put_group_by(Canonical *c)
{
	Query	   *query = c->level->query;
	ListCell   *lc;

	PutTag(c->buf, TAG_GROUP_BY);
	if (query->groupingSets == NIL)
	{
		PutGroupItems(c, query->groupClause, query->targetList);
		return;
	}

	PutBool(c->buf, query->groupDistinct);
	PutSortItems(c, query->groupClause, query->targetList, false);
	PutTag(c->buf, TAG_GROUPING_SETS);
	PutInt(c->buf, list_length(query->groupingSets));
	foreach(lc, VDE_FAULT("grouping sets") ? NIL : query->groupingSets)
		put_grouping_set(c, lfirst_node(GroupingSet, lc));
}

/*
 * DISTINCT; ORDER BY rearranges its items, so it has no order of its own.
 */
static void
put_distinct(Canonical *c)
{
	Query	   *query = c->level->query;

	PutTag(c->buf, TAG_DISTINCT);
	PutBool(c->buf, query->hasDistinctOn);
	PutGroupItems(c, query->distinctClause, query->targetList);
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
		query->hasTargetSRFs || columns->is_volatile || columns->input_order)
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
 * Which item of GROUP BY an output column is, where grouping sets tell equal
 * ones apart: of ROLLUP (1, 2) over 'x', 'x' the first is null less often.
 */
void
PutGroupingPlace(Canonical *c, TargetEntry *target)
{
	int			place = 0;
	ListCell   *lc;

	if (c->level->query->groupingSets == NIL || target->ressortgroupref == 0)
		return;
	foreach(lc, c->level->query->groupClause)
	{
		place++;
		if (((SortGroupClause *) lfirst(lc))->tleSortGroupRef == target->ressortgroupref)
		{
			PutTag(c->buf, TAG_GROUPING_SETS);
			PutInt(c->buf, place);
			break;
		}
	}
}

/*
 * One clause of the present query.
 */
void
PutClause(Canonical *c, CanonicalClause clause)
{
	Query	   *query = c->level->query;
	bool		chooses = query->limitOffset || query->limitCount ||
	query->hasDistinctOn;
	int			joins = 0;
	ListCell   *lc;

	switch (clause)
	{
		case CLAUSE_AGGREGATION:
			/* one row for all; with GROUP BY, that says which rows there are */
			PutBool(c->buf, query->hasAggs && query->groupClause == NIL &&
					query->groupingSets == NIL);
			break;

		case CLAUSE_SET_OPERATION:
			if (query->setOperations)
				PutSetOperation(c, query->setOperations, false);
			break;

		case CLAUSE_FROM:
			put_from(c, (Node *) query->jointree);
			break;

		case CLAUSE_JOIN_CONDITION:
			put_join_conditions(c, (Node *) query->jointree, &joins);
			break;

		case CLAUSE_WHERE:
			PutTag(c->buf, TAG_WHERE);
			if (!VDE_FAULT("where"))
				PutNode(c, query->jointree->quals);
			break;

		case CLAUSE_GROUP_BY:
			if ((query->groupClause != NIL || query->groupingSets != NIL) &&
				!VDE_FAULT("group by"))
				put_group_by(c);
			break;

		case CLAUSE_HAVING:
			if (!VDE_FAULT("having"))
				PutNode(c, query->havingQual);
			break;

		case CLAUSE_DISTINCT:
			if (query->distinctClause != NIL && !VDE_FAULT("distinct"))
				put_distinct(c);
			break;

		case CLAUSE_SRF:
			PutBool(c->buf, query->hasTargetSRFs);
			if (!query->hasTargetSRFs || VDE_FAULT("set-returning"))
				break;
			PutTag(c->buf, TAG_SRF_TARGETS);
			foreach(lc, query->targetList)
			{
				TargetEntry *target = (TargetEntry *) lfirst(lc);

				if (expression_returns_set((Node *) target->expr))
					PutNode(c, (Node *) target->expr);
			}
			PutTag(c->buf, TAG_NONE);
			NoteLockstep(c, query->targetList, false);
			break;

		case CLAUSE_ORDER_BY:
			if (query->sortClause != NIL &&
				!(query->hasDistinctOn && VDE_FAULT("distinct on order")) &&
				!(query->limitCount != NULL && VDE_FAULT("limit order")))
				put_order_by(c);
			break;

		case CLAUSE_LIMIT:
			PutBool(c->buf, query->hasWindowFuncs && chooses);
			if (query->limitOffset || query->limitCount)
			{
				PutTag(c->buf, TAG_LIMIT);
				if (!VDE_FAULT("with ties"))
					PutBool(c->buf, query->limitOption == LIMIT_OPTION_WITH_TIES);
				if (!VDE_FAULT("offset"))
					PutNode(c, query->limitOffset);
				if (!VDE_FAULT("limit"))
					PutNode(c, query->limitCount);
			}
			if (chooses)
				NoteChoice(c);
			break;

		case CLAUSE_ROW_MARKS:
			foreach(lc, query->rowMarks)
			{
				RowMarkClause *mark = (RowMarkClause *) lfirst(lc);

				PutTag(c->buf, TAG_ROW_MARK);
				PutInt(c->buf, c->level->positions[mark->rti]);
				PutInt(c->buf, (int) mark->strength);
				PutInt(c->buf, (int) mark->waitPolicy);
			}
			break;
	}
}

/*
 * Everything in the present query that decides its rows: all but the
 * expressions of its output columns.
 */
void
PutQueryRows(Canonical *c, bool with_order)
{
	int			clause;

	PutTag(c->buf, TAG_QUERY);
	for (clause = 0; clause < CLAUSE_COUNT; clause++)
	{
		if (clause != CLAUSE_ORDER_BY ||
			(with_order && c->level->query->sortClause != NIL))
		{
			PutTag(c->buf, TAG_CLAUSE);
			PutInt(c->buf, clause);
			PutClause(c, (CanonicalClause) clause);
		}
	}
}
