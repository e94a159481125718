/*-------------------------------------------------------------------------
 *
 * lineage_sql.c
 *	  vde_lineage() and vde_impact(): the stored lineage of an environment's
 *	  snapshots, one step up and all the way down.
 *
 * Both run as the extension's owner and tell what the views on the state tell
 * everybody.
 *
 * - The way down is walked level by level, one statement for a level, each of
 *	 which finds the readers of a source by index.  A level costs the edges
 *	 that it meets, not those that there are.
 *
 * - What has been met is not met again, so the first depth is the smallest.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

#include "argument.h"
#include "catalog.h"
#include "environment.h"
#include "model.h"
#include "outside.h"
#include "session.h"

PG_FUNCTION_INFO_V1(vde_lineage);
PG_FUNCTION_INFO_V1(vde_impact);

#define RESULT_COLUMNS	5

/* An output column of a model, or with an empty column its rows */
typedef struct MetKey
{
	char		schema[NAMEDATALEN];
	char		name[NAMEDATALEN];
	char		column[NAMEDATALEN];
} MetKey;

/* Sources whose readers are wanted, as parallel lists of char * */
typedef struct Front
{
	List	   *schemas;		/* of columns */
	List	   *names;
	List	   *columns;
	List	   *all_schemas;	/* of models and tables as a whole */
	List	   *all_names;
} Front;

/*
 * put_row
 *		Adds a row to the result: four texts, NULL for NULL, and the depth
 *		unless there is a fifth text.
 */
static void
put_row(ReturnSetInfo *result, const char *first, const char *second,
		const char *third, const char *fourth, const char *fifth, int depth)
{
	const char *texts[RESULT_COLUMNS] = {first, second, third, fourth, fifth};
	Datum		values[RESULT_COLUMNS] = {0};
	bool		nulls[RESULT_COLUMNS];
	int			i;

	for (i = 0; i < RESULT_COLUMNS; i++)
	{
		nulls[i] = texts[i] == NULL;
		if (!nulls[i])
			values[i] = CStringGetTextDatum(texts[i]);
	}
	if (fifth == NULL)
	{
		values[4] = Int32GetDatum(depth);
		nulls[4] = false;
	}
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * find_snapshot
 *		What an environment points at for a model; 0 when it does not have it.
 */
static int64
find_snapshot(const Environment *environment, const ModelName *model, List **columns)
{
	if (CatalogRead("SELECT s.id, s.column_names FROM vde.model m "
					"JOIN vde.pointer p ON p.model_id = m.id AND p.environment_id = $1 "
					"JOIN vde.snapshot s ON s.id = p.snapshot_id "
					"WHERE m.schema_name = $2 AND m.model_name = $3", "lnn",
					environment->id, model->schema, model->name) == 0)
		return 0;
	*columns = CatalogTextArray(0, 2);
	return CatalogInt64(0, 1);
}

/*
 * check_column
 *		Error unless the name is among the columns.
 */
static void
check_column(const ModelName *model, const char *what, List *columns, const char *name)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, columns)
	{
		if (strcmp((char *) lfirst(cell), name) == 0)
			return;
		appendStringInfo(&text, "%s%s", text.len > 0 ? ", " : "",
						 quote_identifier((char *) lfirst(cell)));
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("column \"%s\" of %s \"%s\" does not exist", name, what,
					QuoteModelName(model)),
			 columns != NIL ? errhint("Its columns are: %s.", text.data) : 0));
}

/*
 * vde_lineage
 *		vde_lineage(model, column_name, environment)
 */
Datum
vde_lineage(PG_FUNCTION_ARGS)
{
	ModelName	model = ModelArgument(fcinfo, 0);
	char	   *column = TextArgument(fcinfo, 1);
	char	   *environment_name = EnvironmentName(TextArgument(fcinfo, 2));
	Environment *environment;
	VdeSession	session;
	List	   *columns = NIL;
	int64		snapshot_id;
	uint64		rows;
	uint64		row;

	InitMaterializedSRF(fcinfo, 0);
	SessionBegin(&session, NULL);
	environment = FindEnvironment(environment_name, false);
	snapshot_id = find_snapshot(environment, &model, &columns);
	if (snapshot_id == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("model \"%s\" is not in environment \"%s\"",
						QuoteModelName(&model), environment->name),
				 errhint("The view vde_models lists the models. A draft is in its environment after CALL vde_apply('%s'). Who reads a table outside, vde_impact() tells.",
						 environment->name)));
	if (column != NULL)
		check_column(&model, "model", columns, column);

	rows = CatalogRead("SELECT column_name, source_schema, source_name, source_column FROM vde.lineage "
					   "WHERE snapshot_id = $1 AND ($2 IS NULL OR column_name IS NULL OR column_name = $2) "
					   "ORDER BY edge", "lt", snapshot_id, column);
	for (row = 0; row < rows; row++)
	{
		char	   *output = CatalogText(row, 1);
		ModelName	source;

		source.schema = CatalogText(row, 2);
		source.name = CatalogText(row, 3);
		put_row((ReturnSetInfo *) fcinfo->resultinfo, QuoteModelName(&model), output,
				QuoteModelName(&source), CatalogText(row, 4),
				output != NULL ? "value" : "filter", 0);
	}
	SessionEnd(&session);
	return (Datum) 0;
}

/*
 * relation_columns
 *		Names of the columns of a relation outside; NIL when it is gone.
 */
static List *
relation_columns(const ModelName *name)
{
	Oid			nspid = get_namespace_oid(name->schema, true);
	Oid			relid = OidIsValid(nspid) ? get_relname_relid(name->name, nspid) : InvalidOid;
	List	   *columns = NIL;
	int			count = OidIsValid(relid) ? OutsideColumnCount(relid) : 0;
	int			i;

	for (i = 1; i <= count; i++)
	{
		char	   *column = get_attname(relid, i, true);

		if (column != NULL)
			columns = lappend(columns, column);
	}
	return columns;
}

/*
 * check_source
 *		Error unless the name is a model of the environment, or of a relation
 *		that one of its models reads, and has that column.
 */
static void
check_source(const Environment *environment, const ModelName *name, const char *column)
{
	List	   *columns = NIL;
	ListCell   *cell;

	if (find_snapshot(environment, name, &columns) != 0)
	{
		if (column != NULL)
			check_column(name, "model", columns, column);
		return;
	}
	if (CatalogRead("SELECT FROM vde.lineage l JOIN vde.snapshot s ON s.id = l.snapshot_id "
					"JOIN vde.pointer p ON p.environment_id = $1 AND p.model_id = s.model_id AND p.snapshot_id = s.id "
					"WHERE l.source_schema = $2 AND l.source_name = $3 LIMIT 1", "ltt",
					environment->id, name->schema, name->name) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("\"%s\" is not in environment \"%s\"", QuoteModelName(name), environment->name),
				 errdetail("It is no model that is applied there, and none of these reads it."),
				 errhint("The view vde_models lists the models. A draft is in its environment after CALL vde_apply('%s').",
						 environment->name)));
	if (column == NULL)
		return;

	/* a column that is gone may be read still, by what was built before */
	columns = relation_columns(name);
	foreach(cell, columns)
	{
		if (strcmp((char *) lfirst(cell), column) == 0)
			return;
	}
	if (CatalogRead("SELECT FROM vde.lineage l JOIN vde.snapshot s ON s.id = l.snapshot_id "
					"JOIN vde.pointer p ON p.environment_id = $1 AND p.model_id = s.model_id AND p.snapshot_id = s.id "
					"WHERE l.source_schema = $2 AND l.source_name = $3 AND l.source_column = $4 LIMIT 1", "lttt",
					environment->id, name->schema, name->name, column) == 0)
		check_column(name, "relation", columns, column);
}

/*
 * meet
 *		Notes a column of a model, or with NULL its rows; false if it has been
 *		met before.
 */
static bool
meet(HTAB *met, const char *schema, const char *name, const char *column)
{
	MetKey		key;
	bool		found;

	memset(&key, 0, sizeof(key));
	strlcpy(key.schema, schema, NAMEDATALEN);
	strlcpy(key.name, name, NAMEDATALEN);
	if (column != NULL)
		strlcpy(key.column, column, NAMEDATALEN);
	(void) hash_search(met, &key, HASH_ENTER, &found);
	return !found;
}

/*
 * has_met_rows
 *		Have the rows of a model been met?  Then all its columns went on.
 */
static bool
has_met_rows(HTAB *met, const char *schema, const char *name)
{
	MetKey		key;

	memset(&key, 0, sizeof(key));
	strlcpy(key.schema, schema, NAMEDATALEN);
	strlcpy(key.name, name, NAMEDATALEN);
	return hash_search(met, &key, HASH_FIND, NULL) != NULL;
}

/*
 * add_to_front
 *		Adds a column, or with NULL a model or table as a whole.
 */
static void
add_to_front(Front *front, char *schema, char *name, char *column)
{
	if (column == NULL)
	{
		front->all_schemas = lappend(front->all_schemas, schema);
		front->all_names = lappend(front->all_names, name);
	}
	else
	{
		front->schemas = lappend(front->schemas, schema);
		front->names = lappend(front->names, name);
		front->columns = lappend(front->columns, column);
	}
}

/*
 * read_front
 *		Who reads any of a front: model, column, and what of it; a model's
 *		columns after its rows.
 *
 * The subqueries are kept from being flattened so that each source's readers
 * are found by index, however many there are in all.  The pointer is found by
 * its whole key: by environment alone, as the planner may have it before there
 * are statistics, would cost all of the environment for each reader.
 */
static uint64
read_front(const Environment *environment, const Front *front)
{
	return CatalogRead("SELECT r.schema_name, r.model_name, r.column_name, r.source_schema, r.source_name, r.source_column "
					   "FROM (SELECT r.* FROM unnest($2, $3, $4) AS f (source_schema, source_name, source_column), "
					   "LATERAL (SELECT m.schema_name, m.model_name, l.column_name, l.source_schema, l.source_name, l.source_column "
					   "FROM vde.lineage l JOIN vde.snapshot s ON s.id = l.snapshot_id "
					   "JOIN vde.pointer p ON p.environment_id = $1 AND p.model_id = s.model_id AND p.snapshot_id = s.id "
					   "JOIN vde.model m ON m.id = s.model_id "
					   "WHERE l.source_schema = f.source_schema AND l.source_name = f.source_name "
					   "AND l.source_column = f.source_column OFFSET 0) AS r "
					   "UNION ALL SELECT r.* FROM unnest($5, $6) AS f (source_schema, source_name), "
					   "LATERAL (SELECT m.schema_name, m.model_name, l.column_name, l.source_schema, l.source_name, l.source_column "
					   "FROM vde.lineage l JOIN vde.snapshot s ON s.id = l.snapshot_id "
					   "JOIN vde.pointer p ON p.environment_id = $1 AND p.model_id = s.model_id AND p.snapshot_id = s.id "
					   "JOIN vde.model m ON m.id = s.model_id "
					   "WHERE l.source_schema = f.source_schema AND l.source_name = f.source_name OFFSET 0) AS r) AS r "
					   "ORDER BY r.schema_name, r.model_name, r.column_name NULLS FIRST, r.source_schema, r.source_name, r.source_column",
					   "lTTTTT", environment->id, front->schemas, front->names, front->columns,
					   front->all_schemas, front->all_names);
}

/*
 * vde_impact
 *		vde_impact(model, column_name, environment)
 */
Datum
vde_impact(PG_FUNCTION_ARGS)
{
	ModelName	start = ModelArgument(fcinfo, 0);
	char	   *column = TextArgument(fcinfo, 1);
	char	   *environment_name = EnvironmentName(TextArgument(fcinfo, 2));
	Environment *environment;
	VdeSession	session;
	HASHCTL		ctl;
	HTAB	   *met;
	Front		front = {NIL};
	int			depth = 0;

	InitMaterializedSRF(fcinfo, 0);
	SessionBegin(&session, NULL);
	environment = FindEnvironment(environment_name, false);
	check_source(environment, &start, column);

	ctl.keysize = sizeof(MetKey);
	ctl.entrysize = sizeof(MetKey);
	ctl.hcxt = CurrentMemoryContext;
	met = hash_create("vde impact", 256, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	add_to_front(&front, start.schema, start.name, column);

	while (front.columns != NIL || front.all_names != NIL)
	{
		uint64		rows = read_front(environment, &front);
		uint64		row;

		CHECK_FOR_INTERRUPTS();
		memset(&front, 0, sizeof(front));
		depth++;
		for (row = 0; row < rows; row++)
		{
			ModelName	reader;
			ModelName	source;
			char	   *output = CatalogText(row, 3);
			char	   *source_column = CatalogText(row, 6);
			char	   *via;

			reader.schema = CatalogText(row, 1);
			reader.name = CatalogText(row, 2);
			if (!meet(met, reader.schema, reader.name, output))
				continue;
			source.schema = CatalogText(row, 4);
			source.name = CatalogText(row, 5);
			via = QuoteModelName(&source);
			if (source_column != NULL)
				via = psprintf("%s.%s", via, quote_identifier(source_column));
			put_row((ReturnSetInfo *) fcinfo->resultinfo, QuoteModelName(&reader), output,
					via, output != NULL ? "value" : "filter", NULL, depth);
			if (output == NULL || !has_met_rows(met, reader.schema, reader.name))
				add_to_front(&front, reader.schema, reader.name, output);
		}
	}
	SessionEnd(&session);
	return (Datum) 0;
}
