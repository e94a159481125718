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
 * This file finds the model in both, compares the columns, and decides how
 * each is to be compared; diff_rows.c compares the rows.
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
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"

#include "argument.h"
#include "catalog.h"
#include "compat.h"
#include "diff.h"
#include "environment.h"
#include "model.h"
#include "options.h"
#include "redirect_zone.h"
#include "session.h"
#include "settings.h"
#include "view_shape.h"
#include "virtual_layer.h"

PG_FUNCTION_INFO_V1(vde_diff);

/* columns of the result */
#define RESULT_COLUMNS		6

/*
 * PutDifference
 *		Adds a row to the result.  NULL for what does not apply; count -1 is
 *		NULL; sample_key is 0 for NULL.
 */
void
PutDifference(const Diff *diff, const char *what, const char *column,
			  int64 count, const char *a, const char *b, Datum sample_key)
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
 *		extension's owner.
 */
static void
read_side(DiffSide *side, const ModelName *model, const char *environment)
{
	Environment *found = FindEnvironment(environment, false);
	uint64		rows;

	rows = CatalogRead("SELECT d.kind, d.options FROM vde.pointer p "
					   "JOIN vde.model m ON m.id = p.model_id "
					   "JOIN vde.snapshot s ON s.id = p.snapshot_id "
					   "JOIN vde.definition d ON d.id = s.definition_id "
					   "WHERE p.environment_id = $1 AND m.schema_name = $2 AND m.model_name = $3",
					   "lnn", found->id, model->schema, model->name);
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
 *		Finds and locks the view, as the caller, and reads its columns.  Asks
 *		for permission before any statement does, for the sake of the message.
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
	if (pg_class_aclcheck(side->relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK &&
		pg_attribute_aclcheck_all(side->relid, GetUserId(), ACL_SELECT,
								  ACLMASK_ALL) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_VIEW, side->view);
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
	ModelColumn *column = ModelColumnOfDef(def);
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
			PutDifference(diff, "column", old->colname, -1, type_text(old), NULL, 0);
	}
	foreach(lc, diff->b.columns)
	{
		ColumnDef  *new = lfirst_node(ColumnDef, lc);
		ColumnDef  *old = find_column(diff->a.columns, new->colname);
		TypeCacheEntry *type;
		DiffColumn *column;

		if (old == NULL)
		{
			PutDifference(diff, "column", new->colname, -1, NULL, type_text(new), 0);
			continue;
		}
		if (strcmp(type_text(old), type_text(new)) != 0)
			PutDifference(diff, "column", new->colname, -1, type_text(old), type_text(new), 0);
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

	for (i = 0; i < 2; i++)
		names[i] = EnvironmentName(TextArgument(fcinfo, i));
	diff->model = ModelArgument(fcinfo, 2);
	InitMaterializedSRF(fcinfo, 0);
	diff->result = (ReturnSetInfo *) fcinfo->resultinfo;

	SessionBegin(&session, NULL);
	/* what is read outlives the session */
	MemoryContextSwitchTo(context);
	read_side(&diff->a, &diff->model, names[0]);
	read_side(&diff->b, &diff->model, names[1]);
	check_present(diff);
	SessionEnd(&session);

	/* from here on as the caller */
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	guc_level = NewGUCNestLevel();
	ApplySetting("search_path", "pg_catalog, pg_temp");

	/* prod's view is prod's, whatever vde.environment says */
	BeginPlainZone();
	PG_TRY();
	{
		open_side(&diff->a, &diff->model);
		open_side(&diff->b, &diff->model);
		compare_columns(diff);
		CompareRows(diff, diff->a.target == diff->b.target && holds_rows(diff->a.target));
	}
	PG_FINALLY();
	{
		EndPlainZone();
	}
	PG_END_TRY();

	AtEOXact_GUC(false, guc_level);
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "SPI_finish failed");
	return (Datum) 0;
}
