/*-------------------------------------------------------------------------
 *
 * canonical_source.c
 *	  Subqueries in FROM and common table expressions, column by column.
 *
 * What such a query contributes to the one around it is what a model
 * contributes to its readers: where it stands in FROM the digest of its rows,
 * where one of its columns is read the digest of that column.  So a column
 * that is added to it, or changed, and that nobody reads leaves no trace.
 *
 * - A CTE that is computed once or many times with the same result is written
 *	 as the subquery that it could be.  One in which there is chance, or a call
 *	 of something volatile, is not: it is known by its content, and among equal
 *	 ones of one WITH by the order of their first use.
 *
 * - A recursive CTE is hashed whole, for its columns feed each other; they are
 *	 known by their numbers.
 *
 * - Digests are made relative to the query that has the FROM or the WITH, once
 *	 for each.  Where a CTE is read from further down and refers to a query
 *	 around the one with the WITH, the number of levels between would not be
 *	 that of a subquery: then it is no subquery either.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"

#include "canonical.h"
#include "fault.h"

/*
 * What is written from now on has a digest of its own.
 */
static void
begin_part(Canonical *c, StringInfo bytes, CanonicalPart *part, CanonicalTag tag)
{
	initStringInfo(bytes);
	c->buf = bytes;
	c->uses = &part->uses;
	PutTag(bytes, tag);
}

static void
end_part(StringInfo bytes, CanonicalPart *part, CanonicalLevel *level,
		 CanonicalSource *source)
{
	DigestBytes(bytes->data, bytes->len, &part->digest);
	pfree(bytes->data);
	source->outer |= part->uses.lowest > 0 && part->uses.lowest <= level->depth;
}

/*
 * The Canonical that writes a query which stands in level.
 */
static void
init_inner(Canonical *inner, Canonical *c, CanonicalLevel *level)
{
	InitCanonical(inner, c->scope, NULL, NULL);
	inner->level = level;
	inner->depth = level->depth;
}

/*
 * Computes rows and columns of a query.
 */
static void
compute_source(Canonical *c, CanonicalLevel *level, Query *query,
			   CanonicalSource *source)
{
	Canonical	inner;
	StringInfoData bytes;
	ListCell   *lc;

	if (source->in_progress)
		elog(ERROR, "a subquery refers to itself");
	source->in_progress = true;
	init_inner(&inner, c, level);
	BeginQuery(&inner, query);

	source->columns = palloc0((list_length(query->targetList) + 1) *
							  sizeof(CanonicalPart));
	foreach(lc, query->targetList)
	{
		TargetEntry *target = (TargetEntry *) lfirst(lc);
		CanonicalPart *column;

		if (target->resjunk)
			continue;
		column = &source->columns[source->column_count++];
		begin_part(&inner, &bytes, column, TAG_COLUMN_PART);
		PutNode(&inner, (Node *) target->expr);
		PutGroupingPlace(&inner, target);
		NoteRepresentative(&inner, target);
		end_part(&bytes, column, level, source);
	}

	begin_part(&inner, &bytes, &source->rows, TAG_ROW_PART);
	PutQueryRows(&inner, true);
	end_part(&bytes, &source->rows, level, source);

	EndQuery(&inner);
	source->in_progress = false;
	source->done = true;
}

/*
 * The subquery that stands in FROM of level, or is an arm of its set
 * operation.
 */
CanonicalSource *
SubquerySource(Canonical *c, CanonicalLevel *level, int rtindex)
{
	CanonicalSource *source = &level->subqueries[rtindex];
	RangeTblEntry *rte = rt_fetch(rtindex, level->query->rtable);

	if (rte->rtekind != RTE_SUBQUERY)
		elog(ERROR, "range table entry is not a subquery");
	if (!source->done)
		compute_source(c, level, rte->subquery, source);
	return source;
}

/* ---------------------------------------------------------------------
 * Common table expressions
 * ---------------------------------------------------------------------
 */

/*
 * Names of a CTE's columns, as their numbers.
 */
static void
put_cte_columns(Canonical *c, CommonTableExpr *cte, List *names)
{
	ListCell   *lc;

	PutInt(c->buf, list_length(names));
	foreach(lc, names)
	{
		const char *name = strVal(lfirst(lc));
		int			number = 0;
		int			i = 0;
		ListCell   *lc2;

		foreach(lc2, cte->ctecolnames)
		{
			i++;
			if (strcmp(strVal(lfirst(lc2)), name) == 0)
			{
				number = i;
				break;
			}
		}
		if (number == 0)
			elog(ERROR, "column \"%s\" of WITH query \"%s\" not found",
				 name, cte->ctename);
		PutInt(c->buf, number);
	}
}

/*
 * The content of a recursive CTE, without its name.
 */
static void
put_recursive_cte(Canonical *c, CommonTableExpr *cte)
{
	PutTag(c->buf, TAG_CTE);
	PutBool(c->buf, cte->cterecursive);

	/* its own columns are what the first arm made them */
	PutTypes(c, cte->ctecoltypes);
	PutInts(c, cte->ctecoltypmods);
	PutCollations(c, cte->ctecolcollations);
	if (!VDE_FAULT("recursive"))
		PutQuery(c, castNode(Query, cte->ctequery));

	if (cte->search_clause)
	{
		PutTag(c->buf, TAG_CTE_SEARCH);
		PutBool(c->buf, cte->search_clause->search_breadth_first);
		put_cte_columns(c, cte, cte->search_clause->search_col_list);
	}
	if (cte->cycle_clause)
	{
		CTECycleClause *cycle = cte->cycle_clause;

		PutTag(c->buf, TAG_CTE_CYCLE);
		put_cte_columns(c, cte, cycle->cycle_col_list);
		PutNode(c, cycle->cycle_mark_value);
		PutNode(c, cycle->cycle_mark_default);
		PutTypeOf(c, cycle->cycle_mark_type, cycle->cycle_mark_typmod,
				  cycle->cycle_mark_collation);
		PutOperator(c, cycle->cycle_mark_neop);
	}
}

/*
 * Computes a recursive CTE, whole.
 */
static void
compute_recursive(Canonical *c, CanonicalLevel *level, CommonTableExpr *cte,
				  CanonicalSource *source)
{
	Canonical	inner;
	StringInfoData bytes;

	source->in_progress = true;
	init_inner(&inner, c, level);
	begin_part(&inner, &bytes, &source->rows, TAG_ROW_PART);
	put_recursive_cte(&inner, cte);
	end_part(&bytes, &source->rows, level, source);
	source->in_progress = false;
	source->done = true;
}

/*
 * Do two CTEs look the same?
 */
static bool
sources_equal(const CanonicalSource *a, const CanonicalSource *b)
{
	int			i;

	if (!DigestEquals(&a->rows.digest, &b->rows.digest) ||
		a->column_count != b->column_count)
		return false;
	for (i = 0; i < a->column_count; i++)
	{
		if (!DigestEquals(&a->columns[i].digest, &b->columns[i].digest))
			return false;
	}
	return true;
}

/*
 * The place of a CTE in its level, with its content computed, unless it is
 * just being computed: it is recursive, and this is the reference to itself.
 */
CanonicalSource *
CteSource(Canonical *c, RangeTblEntry *rte)
{
	CanonicalLevel *level = LevelUp(c, rte->ctelevelsup);
	CommonTableExpr *cte = NULL;
	CanonicalSource *source;
	int			index = 0;
	int			i;
	ListCell   *lc;

	foreach(lc, level->query->cteList)
	{
		cte = (CommonTableExpr *) lfirst(lc);
		if (strcmp(cte->ctename, rte->ctename) == 0)
			break;
		index++;
	}
	if (lc == NULL)
		elog(ERROR, "WITH query \"%s\" not found", rte->ctename);
	source = &level->ctes[index];
	if (source->done || source->in_progress)
		return source;

	if (!IsA(cte->ctequery, Query))
		elog(ERROR, "WITH query \"%s\" has not been analyzed", cte->ctename);
	source->first_use = ++level->cte_uses;
	source->materialized = cte->ctematerialized;
	source->several = cte->cterefcount > 1;
	if (cte->cterecursive || cte->search_clause || cte->cycle_clause)
		compute_recursive(c, level, cte, source);
	else
		compute_source(c, level, (Query *) cte->ctequery, source);
	for (i = 0; i < list_length(level->query->cteList); i++)
	{
		if (i != index && level->ctes[i].done &&
			sources_equal(&level->ctes[i], source))
			source->ordinal++;
	}
	return source;
}

/*
 * Of one of its parts.  Chance matters where it is read several times; what is
 * in an outside view or function is not known yet when this is asked.
 */
static bool
part_is_uncertain(const CanonicalPart *part, bool several)
{
	ListCell   *lc;

	if (part->uses.is_volatile || (several && part->uses.chance != NULL))
		return true;
	foreach(lc, several ? part->uses.objects : NIL)
	{
		OutsideClass class = ((OutsideObject *) lfirst(lc))->class;

		if (class == OUTSIDE_VIEW || class == OUTSIDE_FUNCTION)
			return true;
	}
	return false;
}

/*
 * Does it matter how often, or that, a source is computed apart?
 */
static bool
is_uncertain(const CanonicalSource *source)
{
	int			i;

	if (part_is_uncertain(&source->rows, source->several))
		return true;
	for (i = 0; i < source->column_count; i++)
	{
		if (part_is_uncertain(&source->columns[i], source->several))
			return true;
	}
	return false;
}

/*
 * A CTE in FROM.
 */
void
PutCteReference(Canonical *c, RangeTblEntry *rte)
{
	CanonicalSource *source = CteSource(c, rte);

	if (source->in_progress)
	{
		CanonicalLevel *level = LevelUp(c, rte->ctelevelsup);

		PutTag(c->buf, TAG_RANGE_CTE_ITSELF);
		PutInt(c->buf, c->depth - level->depth);
		NoteLevel(c, level->depth + 1); /* its own query, one further down */
		return;
	}
	if (!is_uncertain(source) && (rte->ctelevelsup == 0 || !source->outer))
	{
		PutTag(c->buf, TAG_RANGE_SUBQUERY);
		PutSourceRows(c, source);
		return;
	}

	PutTag(c->buf, TAG_RANGE_CTE);
	PutLevelsUp(c, rte->ctelevelsup);
	PutSourceRows(c, source);
	PutInt(c->buf, source->ordinal);
	PutInt(c->buf, (int) source->materialized);
}

/* ---------------------------------------------------------------------
 * References
 * ---------------------------------------------------------------------
 */

static void
put_part(Canonical *c, const CanonicalPart *part)
{
	PutDigest(c->buf, &part->digest);
	MergeUses(c->uses, &part->uses);
}

/*
 * What decides the rows of a source.
 */
void
PutSourceRows(Canonical *c, CanonicalSource *source)
{
	if (!VDE_FAULT("subquery rows"))
		put_part(c, &source->rows);
}

/*
 * One of its columns.
 */
void
PutSourceColumn(Canonical *c, CanonicalSource *source, int number)
{
	int			twins = 0;
	int			i;

	if (source->in_progress || source->columns == NULL ||
		VDE_FAULT("subquery column"))
	{
		PutInt(c->buf, number);
		return;
	}
	if (number < 1 || number > source->column_count)
		elog(ERROR, "column %d of a subquery not found", number);
	put_part(c, &source->columns[number - 1]);

	/* two that are computed alike are still two: random(), random() */
	for (i = 0; i < number - 1; i++)
	{
		if (DigestEquals(&source->columns[i].digest, &source->columns[number - 1].digest))
			twins++;
	}
	if (twins > 0)
		PutInt(c->buf, twins);
}

/*
 * All of its columns.
 */
void
PutSourceWhole(Canonical *c, CanonicalSource *source)
{
	int			i;

	PutInt(c->buf, source->column_count);
	for (i = 0; i < source->column_count; i++)
		put_part(c, &source->columns[i]);
}
