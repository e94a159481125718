/*-------------------------------------------------------------------------
 *
 * diff_rows.c
 *	  Rows of one model in two environments, compared by SQL.
 *
 * Rows are compared by the columns that both have under the same name with the
 * same type.  NULL equals NULL, and a row that is there three times here and
 * once there differs twice.  Equality is that of the type's default operator
 * class, as in GROUP BY; values of a type that has none (json, xml, point) are
 * compared as text.
 *
 * Without a key, both relations are grouped together in one pass.  With one
 * (the option primary_key), they are joined by it, so that changed rows can be
 * told from new and missing ones, and changes be counted by column.  Either
 * way PostgreSQL bounds the memory: hash tables and sorts spill to disk.
 *
 * Statements name everything with its schema, and columns by number, so that
 * no name of the user's can mean anything else.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "catalog.h"
#include "compat.h"
#include "diff.h"

/* how much of the changes is shown */
#define SAMPLE_ROWS			5
#define SAMPLE_COLUMNS		400
#define SAMPLE_CHARACTERS	1000

/* a join carries the columns of both sides, and PostgreSQL at most 1664 */
#define JOIN_COLUMNS		800

/*
 * append_source
 *		(SELECT "id" AS c1, ..., flag AS p FROM view), of the given columns.
 */
static void
append_source(StringInfo sql, const DiffSide *side, List *columns, const char *flag)
{
	ListCell   *lc;

	appendStringInfoString(sql, "SELECT ");
	foreach(lc, columns)
	{
		DiffColumn *column = (DiffColumn *) lfirst(lc);

		appendStringInfo(sql, "%s AS c%d, ", column->expression, column->number);
	}
	appendStringInfo(sql, "%s AS p FROM %s", flag, side->view);
}

/*
 * append_list
 *		c1, c2, c3 of the given columns, each after a prefix.
 */
static void
append_list(StringInfo sql, List *columns, const char *prefix)
{
	ListCell   *lc;

	foreach(lc, columns)
		appendStringInfo(sql, "%s%sc%d", lc == list_head(columns) ? "" : ", ",
						 prefix, ((DiffColumn *) lfirst(lc))->number);
}

/*
 * append_differs
 *		Condition that a column differs between x and y, NULLs being equal.
 */
static void
append_differs(StringInfo sql, const DiffColumn *column)
{
	int			n = column->number;

	if (column->equality == NULL)
		appendStringInfo(sql, "x.c%d IS DISTINCT FROM y.c%d", n, n);
	else
		appendStringInfo(sql, "(pg_catalog.num_nulls(x.c%d, y.c%d) = 1 OR "
						 "pg_catalog.num_nulls(x.c%d, y.c%d) = 0 AND NOT COALESCE(x.c%d %s y.c%d, false))",
						 n, n, n, n, n, column->equality, n);
}

/*
 * append_join
 *		FROM both sides, joined by the key.
 */
static void
append_join(StringInfo sql, const Diff *diff, const char *join)
{
	ListCell   *lc;

	appendStringInfoString(sql, " FROM (");
	append_source(sql, &diff->a, diff->columns, "true");
	appendStringInfo(sql, ") x %s (", join);
	append_source(sql, &diff->b, diff->columns, "true");
	appendStringInfoString(sql, ") y ON ");
	foreach(lc, diff->key)
	{
		DiffColumn *column = (DiffColumn *) lfirst(lc);

		appendStringInfo(sql, "%sx.c%d %s y.c%d", lc == list_head(diff->key) ? "" : " AND ",
						 column->number,
						 column->equality ? column->equality : "OPERATOR(pg_catalog.=)",
						 column->number);
	}
}

/*
 * append_any_differs
 *		Condition that any column outside of the key differs.
 */
static void
append_any_differs(StringInfo sql, const Diff *diff)
{
	bool		any = false;
	ListCell   *lc;

	appendStringInfoChar(sql, '(');
	foreach(lc, diff->columns)
	{
		DiffColumn *column = (DiffColumn *) lfirst(lc);

		if (column->is_key)
			continue;
		if (any)
			appendStringInfoString(sql, " OR ");
		append_differs(sql, column);
		any = true;
	}
	appendStringInfoString(sql, any ? ")" : "false)");
}

/* a count in the first row of the result */
static int64
count_at(int column)
{
	bool		isnull;

	return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc,
									   column, &isnull));
}

/*
 * same_key
 *		Do both lists name the same columns?
 */
static bool
same_key(List *a, List *b)
{
	ListCell   *la;
	ListCell   *lb;

	if (list_length(a) != list_length(b))
		return false;
	forboth(la, a, lb, b)
	{
		if (strcmp((char *) lfirst(la), (char *) lfirst(lb)) != 0)
			return false;
	}
	return true;
}

/*
 * identifies_rows
 *		Is the key unique and without NULL in a view?  A side whose own
 *		definition has the key need not be asked: a constraint sees to it.
 */
static bool
identifies_rows(const Diff *diff, const DiffSide *side, List *key_names)
{
	StringInfoData sql;

	if (KindHasRows(side->kind) && same_key(side->key, key_names))
		return true;
	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT 1 FROM (");
	append_source(&sql, side, diff->key, "true");
	appendStringInfoString(&sql, ") x GROUP BY ");
	append_list(&sql, diff->key, "");
	appendStringInfoString(&sql, " HAVING pg_catalog.count(*) > 1 OR pg_catalog.num_nulls(");
	append_list(&sql, diff->key, "");
	appendStringInfoString(&sql, ") > 0 LIMIT 1");
	return RunStatement(sql.data, true) == 0;
}

/*
 * choose_key
 *		Finds the columns of the key of b's definition, else of a's.  Leaves
 *		none where the key is of no use, and says why.
 */
static void
choose_key(Diff *diff)
{
	List	   *names = diff->b.key != NIL ? diff->b.key : diff->a.key;
	const DiffSide *unfit = NULL;
	ListCell   *lc;
	ListCell   *lk;

	foreach(lk, names)
	{
		DiffColumn *found = NULL;

		foreach(lc, diff->columns)
		{
			DiffColumn *column = (DiffColumn *) lfirst(lc);

			if (strcmp(column->name, (char *) lfirst(lk)) == 0)
				found = column;
		}
		if (found == NULL)
		{
			ereport(NOTICE,
					(errmsg("rows are compared as a whole, because key column \"%s\" is not in both environments with the same type",
							(char *) lfirst(lk))));
			diff->key = NIL;
			return;
		}
		diff->key = lappend(diff->key, found);
	}
	if (diff->key == NIL)
		return;

	if (list_length(diff->columns) > JOIN_COLUMNS)
	{
		ereport(NOTICE,
				(errmsg("rows are compared as a whole, because there are more than %d columns",
						JOIN_COLUMNS)));
		diff->key = NIL;
		return;
	}
	if (!identifies_rows(diff, &diff->a, names))
		unfit = &diff->a;
	else if (!identifies_rows(diff, &diff->b, names))
		unfit = &diff->b;
	if (unfit != NULL)
	{
		ereport(NOTICE,
				(errmsg("rows are compared as a whole, because the primary key does not identify the rows in environment \"%s\"",
						unfit->environment)));
		diff->key = NIL;
	}
	foreach(lc, diff->key)
		((DiffColumn *) lfirst(lc))->is_key = true;
}

/*
 * put_counts
 *		Reports numbers of rows; changed -1 without a key.
 */
static void
put_counts(const Diff *diff, int64 only_a, int64 only_b, int64 both, int64 changed)
{
	PutDifference(diff, "rows_in_both", NULL, both, NULL, NULL, 0);
	PutDifference(diff, "rows_only_in_a", NULL, only_a, NULL, NULL, 0);
	PutDifference(diff, "rows_only_in_b", NULL, only_b, NULL, NULL, 0);
	if (changed >= 0)
		PutDifference(diff, "rows_changed", NULL, changed, NULL, NULL, 0);
}

/*
 * same_rows
 *		Both views show one relation that holds rows: nothing to compare.
 */
static void
same_rows(const Diff *diff)
{
	(void) RunStatement(psprintf("SELECT pg_catalog.count(*) FROM %s", diff->b.view), true);
	put_counts(diff, 0, 0, count_at(1), -1);
}

/*
 * compare_rows
 *		Compares whole rows, as multisets.
 */
static void
compare_rows(const Diff *diff)
{
	StringInfoData sql;
	int64		both;

	initStringInfo(&sql);
	appendStringInfoString(&sql,
						   "SELECT COALESCE(pg_catalog.sum(GREATEST(a - b, 0)), 0)::pg_catalog.int8, "
						   "COALESCE(pg_catalog.sum(GREATEST(b - a, 0)), 0)::pg_catalog.int8, "
						   "COALESCE(pg_catalog.sum(LEAST(a, b)), 0)::pg_catalog.int8 FROM ("
						   "SELECT pg_catalog.count(*) FILTER (WHERE p) AS a, "
						   "pg_catalog.count(*) FILTER (WHERE NOT p) AS b FROM (");
	append_source(&sql, &diff->a, diff->columns, "true");
	appendStringInfoString(&sql, " UNION ALL ");
	append_source(&sql, &diff->b, diff->columns, "false");
	appendStringInfoString(&sql, ") x GROUP BY ");
	if (diff->columns == NIL)
		appendStringInfoString(&sql, "()");
	append_list(&sql, diff->columns, "");
	appendStringInfoString(&sql, ") y");

	(void) RunStatement(sql.data, true);
	both = count_at(3);
	/* rows that have no column in common are not the same */
	if (diff->columns == NIL)
		put_counts(diff, count_at(1) + both, count_at(2) + both, 0, -1);
	else
		put_counts(diff, count_at(1), count_at(2), both, -1);
}

/*
 * sample_changes
 *		Shows the changed values of a few rows, the first ones by key.
 */
static void
sample_changes(const Diff *diff)
{
	StringInfoData sql;
	bool		sortable = true;
	int			shown = 0;
	uint64		rows;
	uint64		i;
	ListCell   *lc;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT v.name, v.a, v.b, j.k FROM (SELECT "
						   "pg_catalog.jsonb_build_object(");
	foreach(lc, diff->key)
	{
		DiffColumn *column = (DiffColumn *) lfirst(lc);

		sortable = sortable && column->sortable;
		appendStringInfo(&sql, "%s%s, y.c%d", lc == list_head(diff->key) ? "" : ", ",
						 quote_literal_cstr(column->name), column->number);
	}
	appendStringInfoString(&sql, ") AS k, pg_catalog.row_number() OVER (");
	if (sortable)
	{
		appendStringInfoString(&sql, "ORDER BY ");
		append_list(&sql, diff->key, "y.");
	}
	appendStringInfoString(&sql, ") AS n");
	foreach(lc, diff->columns)
	{
		DiffColumn *column = (DiffColumn *) lfirst(lc);

		if (column->is_key || ++shown > SAMPLE_COLUMNS)
			continue;
		appendStringInfo(&sql, ", x.c%d AS a%d, y.c%d AS b%d, ",
						 column->number, column->number, column->number, column->number);
		append_differs(&sql, column);
		appendStringInfo(&sql, " AS d%d", column->number);
	}
	append_join(&sql, diff, "JOIN");
	appendStringInfoString(&sql, " WHERE ");
	append_any_differs(&sql, diff);
	appendStringInfo(&sql, " ORDER BY n LIMIT %d) j, LATERAL (VALUES ", SAMPLE_ROWS);

	shown = 0;
	foreach(lc, diff->columns)
	{
		DiffColumn *column = (DiffColumn *) lfirst(lc);

		if (column->is_key || ++shown > SAMPLE_COLUMNS)
			continue;
		appendStringInfo(&sql, "%s(%d, %s, pg_catalog.left(j.a%d::pg_catalog.text, %d), "
						 "pg_catalog.left(j.b%d::pg_catalog.text, %d), j.d%d)",
						 shown == 1 ? "" : ", ", column->number,
						 quote_literal_cstr(column->name),
						 column->number, SAMPLE_CHARACTERS,
						 column->number, SAMPLE_CHARACTERS, column->number);
	}
	appendStringInfoString(&sql, ") v(i, name, a, b, d) WHERE v.d ORDER BY j.n, v.i");

	rows = RunStatement(sql.data, true);
	for (i = 0; i < rows; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;

		PutDifference(diff, "sample", SPI_getvalue(tuple, desc, 1), -1,
					  SPI_getvalue(tuple, desc, 2), SPI_getvalue(tuple, desc, 3),
					  SPI_getbinval(tuple, desc, 4, &isnull));
	}
}

/*
 * compare_by_key
 *		Joins rows by the key; counts changed values per column.
 */
static void
compare_by_key(const Diff *diff)
{
	StringInfoData sql;
	int64		changed;
	int			position = 4;
	ListCell   *lc;

	initStringInfo(&sql);
	appendStringInfoString(&sql,
						   "SELECT pg_catalog.count(*) FILTER (WHERE y.p IS NULL), "
						   "pg_catalog.count(*) FILTER (WHERE x.p IS NULL), "
						   "pg_catalog.count(*) FILTER (WHERE x.p AND y.p AND NOT ");
	append_any_differs(&sql, diff);
	appendStringInfoString(&sql, "), pg_catalog.count(*) FILTER (WHERE x.p AND y.p AND ");
	append_any_differs(&sql, diff);
	appendStringInfoChar(&sql, ')');
	foreach(lc, diff->columns)
	{
		DiffColumn *column = (DiffColumn *) lfirst(lc);

		if (column->is_key)
			continue;
		appendStringInfoString(&sql, ", pg_catalog.count(*) FILTER (WHERE x.p AND y.p AND ");
		append_differs(&sql, column);
		appendStringInfoChar(&sql, ')');
	}
	append_join(&sql, diff, "FULL JOIN");

	(void) RunStatement(sql.data, true);
	changed = count_at(4);
	put_counts(diff, count_at(1), count_at(2), count_at(3), changed);
	foreach(lc, diff->columns)
	{
		DiffColumn *column = (DiffColumn *) lfirst(lc);

		if (column->is_key)
			continue;
		if (count_at(++position) > 0)
			PutDifference(diff, "values_changed", column->name, count_at(position), NULL, NULL, 0);
	}
	if (changed > 0)
		sample_changes(diff);
}

/*
 * CompareRows
 *		Compares and reports the rows, in the way that fits.
 */
void
CompareRows(Diff *diff, bool one_relation)
{
	if (one_relation)
	{
		same_rows(diff);
		return;
	}
	choose_key(diff);
	if (diff->key != NIL)
		compare_by_key(diff);
	else
		compare_rows(diff);
}
