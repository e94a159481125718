/*-------------------------------------------------------------------------
 *
 * diff.c
 *	  vde_diff(): one model in two environments, columns and rows.
 *
 * The catalog is read as the extension's owner; then that identity is left,
 * and the two views are read as the caller, who needs the same rights as for
 * reading them by hand.  search_path is pinned meanwhile, and operators are
 * named with their schemas, so that nothing in a writable schema is called.
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
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "catalog.h"
#include "compat.h"
#include "environment.h"
#include "model.h"
#include "options.h"
#include "session.h"
#include "view_shape.h"
#include "virtual_layer.h"

PG_FUNCTION_INFO_V1(vde_diff);

/* how much of the changes is shown */
#define SAMPLE_ROWS			5
#define SAMPLE_COLUMNS		400
#define SAMPLE_CHARACTERS	1000

/* columns of the result */
#define RESULT_COLUMNS		6

/* The model in one of the two environments */
typedef struct DiffSide
{
	char	   *environment;
	char	   *schema;			/* of the view */
	char	   *view;			/* its name, qualified and quoted */
	bool		present;		/* the environment has the model */
	ModelKind	kind;
	List	   *key;			/* char *: option primary_key */
	Oid			relid;
	Oid			target;			/* relation in vde_data that it shows */
	List	   *columns;		/* ColumnDef * */
} DiffSide;

/* A column that both have, with the same type */
typedef struct DiffColumn
{
	char	   *name;
	int			number;			/* c1, c2 ... in the statements */
	char	   *expression;		/* what is compared, in terms of the view */
	char	   *equality;		/* OPERATOR(schema.=); NULL: IS DISTINCT FROM */
	bool		sortable;
	bool		is_key;
} DiffColumn;

typedef struct Diff
{
	ModelName	model;
	DiffSide	a;
	DiffSide	b;
	List	   *columns;		/* DiffColumn *, what is compared */
	List	   *key;			/* DiffColumn *, NIL: no key to compare by */
	ReturnSetInfo *result;
} Diff;

/*
 * put
 *		Adds a row to the result.  NULL for what does not apply; count -1 is
 *		NULL; sample_key is 0 for NULL.
 */
static void
put(const Diff *diff, const char *what, const char *column, int64 count,
	const char *a, const char *b, Datum sample_key)
{
	Datum		values[RESULT_COLUMNS] = {0};
	bool		nulls[RESULT_COLUMNS];

	memset(nulls, true, sizeof(nulls));
	values[0] = CStringGetTextDatum(what);
	nulls[0] = false;
	if (column != NULL)
	{
		values[1] = CStringGetTextDatum(column);
		nulls[1] = false;
	}
	if (count >= 0)
	{
		values[2] = Int64GetDatum(count);
		nulls[2] = false;
	}
	if (a != NULL)
	{
		values[3] = CStringGetTextDatum(a);
		nulls[3] = false;
	}
	if (b != NULL)
	{
		values[4] = CStringGetTextDatum(b);
		nulls[4] = false;
	}
	if (sample_key != 0)
	{
		values[5] = sample_key;
		nulls[5] = false;
	}
	tuplestore_putvalues(diff->result->setResult, diff->result->setDesc, values, nulls);
}

/*
 * read_side
 *		What the catalog says about the model in an environment.  Runs as the
 *		extension's owner; the result is in the given context.
 */
static void
read_side(DiffSide *side, const ModelName *model, const char *environment,
		  MemoryContext context)
{
	Environment *found = FindEnvironment(environment, false);
	uint64		rows;

	rows = CatalogRead("SELECT d.kind, d.options FROM vde.pointer p "
					   "JOIN vde.model m ON m.id = p.model_id "
					   "JOIN vde.snapshot s ON s.id = p.snapshot_id "
					   "JOIN vde.definition d ON d.id = s.definition_id "
					   "WHERE p.environment_id = $1 AND m.schema_name = $2 AND m.model_name = $3",
					   "lnn", found->id, model->schema, model->name);
	MemoryContextSwitchTo(context);
	side->environment = pstrdup(environment);
	side->schema = ViewSchema(model, environment);
	side->view = quote_qualified_identifier(side->schema, model->name);
	side->present = rows > 0;
	if (side->present)
	{
		side->kind = KindByName(CatalogText(0, 1));
		side->key = ReadOptions(side->kind, CatalogJsonb(0, 2))->primary_key;
	}
}

/*
 * check_present
 *		Error unless both environments have the model, and a relation for it.
 */
static void
check_present(const Diff *diff)
{
	const char *name = QuoteModelName(&diff->model);
	const DiffSide *with = diff->a.present ? &diff->a : &diff->b;
	const DiffSide *without = diff->a.present ? &diff->b : &diff->a;

	if (!diff->a.present && !diff->b.present)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("model \"%s\" is neither in environment \"%s\" nor in environment \"%s\"",
						name, diff->a.environment, diff->b.environment),
				 errhint("The view vde_models lists the models. A draft is in its environment after CALL vde_apply('%s').",
						 diff->b.environment)));
	if (!without->present)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("model \"%s\" is not in environment \"%s\"", name, without->environment),
				 errdetail("Environment \"%s\" has it.", with->environment),
				 errhint("A draft is in its environment after CALL vde_apply('%s').",
						 without->environment)));
	if (!KindHasRelation(diff->a.kind) || !KindHasRelation(diff->b.kind))
	{
		const DiffSide *side = KindHasRelation(diff->a.kind) ? &diff->b : &diff->a;

		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("model \"%s\" has no rows to compare", name),
				 errdetail("In environment \"%s\" it is of kind %s, which has no view.",
						   side->environment, KindName(side->kind))));
	}
}

/*
 * open_side
 *		Finds and locks the view, as the caller, and reads its columns.
 */
static void
open_side(DiffSide *side, const ModelName *model)
{
	bool		faithful;

	side->relid = RangeVarGetRelid(makeRangeVar(side->schema, model->name, -1),
								   AccessShareLock, true);
	if (!OidIsValid(side->relid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("view \"%s.%s\" of environment \"%s\" does not exist",
						side->schema, model->name, side->environment),
				 errhint("CALL vde_apply('%s') makes the environment's views.",
						 side->environment)));
	side->target = ViewTarget(side->relid, &faithful);
	if (!OidIsValid(side->target))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("relation \"%s.%s\" is not the view that vde made",
						side->schema, model->name),
				 errhint("Rename or drop it, and CALL vde_apply('%s').",
						 side->environment)));
	side->columns = RelationColumnDefs(side->relid);
}

/*
 * find_column
 *		The column of that name, or NULL.
 */
static ColumnDef *
find_column(List *columns, const char *name)
{
	ListCell   *lc;

	foreach(lc, columns)
	{
		ColumnDef  *def = lfirst_node(ColumnDef, lc);

		if (strcmp(def->colname, name) == 0)
			return def;
	}
	return NULL;
}

/*
 * type_text
 *		A column's type, with its collation where that is not the type's own.
 */
static char *
type_text(const ColumnDef *def)
{
	ModelColumn *column = MakeModelColumn(def->colname, def->typeName->typeOid,
										  def->typeName->typemod, def->collOid);
	char	   *type = format_type_with_typemod(def->typeName->typeOid,
												def->typeName->typemod);

	return column->collation ? psprintf("%s collate %s", type, column->collation) : type;
}

/*
 * equality_operator
 *		How SQL names an operator; NULL for one that IS DISTINCT FROM finds by
 *		itself in pg_catalog.
 */
static char *
equality_operator(Oid operatorid)
{
	HeapTuple	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(operatorid));
	Form_pg_operator form;
	char	   *result = NULL;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", operatorid);
	form = (Form_pg_operator) GETSTRUCT(tuple);
	if (form->oprnamespace != PG_CATALOG_NAMESPACE || strcmp(NameStr(form->oprname), "=") != 0)
		result = psprintf("OPERATOR(%s.%s)",
						  quote_identifier(get_namespace_name(form->oprnamespace)),
						  NameStr(form->oprname));
	ReleaseSysCache(tuple);
	return result;
}

/*
 * compare_columns
 *		Reports columns that differ, and collects those to compare.
 */
static void
compare_columns(Diff *diff)
{
	ListCell   *lc;

	foreach(lc, diff->a.columns)
	{
		ColumnDef  *old = lfirst_node(ColumnDef, lc);

		if (find_column(diff->b.columns, old->colname) == NULL)
			put(diff, "column", old->colname, -1, type_text(old), NULL, 0);
	}
	foreach(lc, diff->b.columns)
	{
		ColumnDef  *new = lfirst_node(ColumnDef, lc);
		ColumnDef  *old = find_column(diff->a.columns, new->colname);
		TypeCacheEntry *type;
		DiffColumn *column;

		if (old == NULL)
		{
			put(diff, "column", new->colname, -1, NULL, type_text(new), 0);
			continue;
		}
		if (strcmp(type_text(old), type_text(new)) != 0)
			put(diff, "column", new->colname, -1, type_text(old), type_text(new), 0);
		if (old->typeName->typeOid != new->typeName->typeOid)
			continue;

		column = palloc0(sizeof(DiffColumn));
		column->name = new->colname;
		column->number = list_length(diff->columns) + 1;
		column->expression = pstrdup(quote_identifier(new->colname));
		type = lookup_type_cache(new->typeName->typeOid, TYPECACHE_EQ_OPR | TYPECACHE_LT_OPR);
		if (!OidIsValid(type->eq_opr))
			column->expression = psprintf("%s::pg_catalog.text", column->expression);
		else
			column->equality = equality_operator(type->eq_opr);
		if (old->collOid != new->collOid)
			column->expression = psprintf("%s COLLATE pg_catalog.\"C\"", column->expression);
		column->sortable = OidIsValid(type->lt_opr) || !OidIsValid(type->eq_opr);
		diff->columns = lappend(diff->columns, column);
	}
}

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

/*
 * run
 *		Runs a SELECT as the caller; its rows are in SPI_tuptable.
 */
static uint64
run(const char *sql)
{
	MemoryContext context = CurrentMemoryContext;
	int			rc;

	if (SPI_tuptable != NULL)
		SPI_freetuptable(SPI_tuptable);
	rc = SPI_execute(sql, true, 0);
	MemoryContextSwitchTo(context);
	if (rc != SPI_OK_SELECT)
		elog(ERROR, "could not execute \"%s\": %s", sql, SPI_result_code_string(rc));
	return SPI_processed;
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
	return run(sql.data) == 0;
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
	put(diff, "rows_in_both", NULL, both, NULL, NULL, 0);
	put(diff, "rows_only_in_a", NULL, only_a, NULL, NULL, 0);
	put(diff, "rows_only_in_b", NULL, only_b, NULL, NULL, 0);
	if (changed >= 0)
		put(diff, "rows_changed", NULL, changed, NULL, NULL, 0);
}

/*
 * same_rows
 *		Both views show one relation that holds rows: nothing to compare.
 */
static void
same_rows(const Diff *diff)
{
	int64		count;

	/* whoever may not read the other one does not get to know */
	(void) run(psprintf("SELECT FROM %s LIMIT 0", diff->a.view));
	(void) run(psprintf("SELECT pg_catalog.count(*) FROM %s", diff->b.view));
	count = count_at(1);
	put_counts(diff, 0, 0, count, -1);
}

/*
 * compare_rows
 *		Compares whole rows, as multisets.
 */
static void
compare_rows(const Diff *diff)
{
	StringInfoData sql;

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

	(void) run(sql.data);
	put_counts(diff, count_at(1), count_at(2), count_at(3), -1);
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

	rows = run(sql.data);
	for (i = 0; i < rows; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;

		put(diff, "sample", SPI_getvalue(tuple, desc, 1), -1,
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

	(void) run(sql.data);
	changed = count_at(4);
	put_counts(diff, count_at(1), count_at(2), count_at(3), changed);
	foreach(lc, diff->columns)
	{
		DiffColumn *column = (DiffColumn *) lfirst(lc);

		if (column->is_key)
			continue;
		if (count_at(++position) > 0)
			put(diff, "values_changed", column->name, count_at(position), NULL, NULL, 0);
	}
	if (changed > 0)
		sample_changes(diff);
}

/*
 * holds_rows
 *		Is it a relation that gives the same rows whenever it is read?
 */
static bool
holds_rows(Oid relid)
{
	char		relkind = get_rel_relkind(relid);

	return relkind == RELKIND_RELATION || relkind == RELKIND_PARTITIONED_TABLE ||
		relkind == RELKIND_MATVIEW;
}

/*
 * vde_diff
 *		vde_diff(environment_a, environment_b, model)
 */
Datum
vde_diff(PG_FUNCTION_ARGS)
{
	MemoryContext context = CurrentMemoryContext;
	VdeSession	session;
	Diff	   *diff = palloc0(sizeof(Diff));
	char	   *names[2];
	int			guc_level;
	int			i;

	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("model must not be null"),
				 errhint("A model is named schema.name, as in shop.orders.")));
	for (i = 0; i < 2; i++)
		names[i] = EnvironmentName(PG_ARGISNULL(i) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(i)));
	diff->model = ParseModelName(text_to_cstring(PG_GETARG_TEXT_PP(2)));
	InitMaterializedSRF(fcinfo, 0);
	diff->result = (ReturnSetInfo *) fcinfo->resultinfo;

	SessionBegin(&session, NULL);
	read_side(&diff->a, &diff->model, names[0], context);
	read_side(&diff->b, &diff->model, names[1], context);
	check_present(diff);
	SessionEnd(&session);

	/* from here on as the caller */
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	guc_level = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp",
							 PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);

	open_side(&diff->a, &diff->model);
	open_side(&diff->b, &diff->model);
	compare_columns(diff);
	if (diff->a.target == diff->b.target && holds_rows(diff->a.target))
		same_rows(diff);
	else
	{
		choose_key(diff);
		if (diff->key != NIL)
			compare_by_key(diff);
		else
			compare_rows(diff);
	}

	AtEOXact_GUC(false, guc_level);
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "SPI_finish failed");
	MemoryContextSwitchTo(context);
	return (Datum) 0;
}
