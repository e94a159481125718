/*-------------------------------------------------------------------------
 *
 * catalog.c
 *	  Reading and writing the tables in schema vde.
 *
 * Everything goes through SPI with bound parameters: writing with
 * CatalogTupleInsert would skip the foreign keys and checks that make a wrong
 * state impossible.  Plans are prepared once per backend and statement; the
 * caller is the extension's owner with a pinned search_path (session.c), so
 * names in the statements can only mean what is written there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "catalog.h"
#include "compat.h"
#include "session.h"

#define MAX_PARAMETERS 20

typedef struct CatalogPlan
{
	const char *sql;			/* key: the statement's address */
	SPIPlanPtr	plan;
} CatalogPlan;

static HTAB *catalog_plans = NULL;

/* is CatalogWrite at work? */
static bool writing = false;

/*
 * parameter_type
 *		The SQL type that a letter stands for.
 */
static Oid
parameter_type(char letter)
{
	switch (letter)
	{
		case 'l':
		case 'L':
			return INT8OID;
		case 't':
			return TEXTOID;
		case 'n':
			return NAMEOID;
		case 'b':
			return BOOLOID;
		case 'r':
			return REGROLEOID;
		case 'j':
			return JSONBOID;
		case 'd':
			return FLOAT8OID;
		case 'z':
			return TIMESTAMPTZOID;
		case 'T':
			return TEXTARRAYOID;
		case 'I':
			return INT8ARRAYOID;
	}
	elog(ERROR, "unknown catalog parameter type \"%c\"", letter);
	return InvalidOid;
}

/*
 * text_array
 *		List of char * (NULL is a NULL element) as text[].
 */
static Datum
text_array(List *strings)
{
	int			n = list_length(strings);
	Datum	   *values = palloc(sizeof(Datum) * Max(n, 1));
	bool	   *nulls = palloc(sizeof(bool) * Max(n, 1));
	int			dims[1];
	int			lower[1] = {1};
	int			i = 0;
	ListCell   *cell;

	if (n == 0)
		return PointerGetDatum(construct_empty_array(TEXTOID));
	foreach(cell, strings)
	{
		char	   *string = (char *) lfirst(cell);

		nulls[i] = (string == NULL);
		values[i] = nulls[i] ? (Datum) 0 : CStringGetTextDatum(string);
		i++;
	}
	dims[0] = n;
	return PointerGetDatum(construct_md_array(values, nulls, 1, dims, lower,
											  TEXTOID, -1, false, TYPALIGN_INT));
}

/*
 * int8_array
 *		List of int64 * as int8[].
 */
static Datum
int8_array(List *numbers)
{
	int			n = list_length(numbers);
	Datum	   *values = palloc(sizeof(Datum) * Max(n, 1));
	int			i = 0;
	ListCell   *cell;

	foreach(cell, numbers)
		values[i++] = Int64GetDatum(*(int64 *) lfirst(cell));
	return PointerGetDatum(construct_array(values, n, INT8OID, sizeof(int64),
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/*
 * prepared_plan
 *		The kept plan of a statement.
 */
static SPIPlanPtr
prepared_plan(const char *sql, const char *types)
{
	CatalogPlan *entry;
	bool		found;

	if (catalog_plans == NULL)
	{
		HASHCTL		ctl;

		ctl.keysize = sizeof(char *);
		ctl.entrysize = sizeof(CatalogPlan);
		catalog_plans = hash_create("vde catalog plans", 64, &ctl,
									HASH_ELEM | HASH_BLOBS);
	}

	entry = hash_search(catalog_plans, &sql, HASH_FIND, NULL);
	if (entry == NULL)
	{
		Oid			argtypes[MAX_PARAMETERS];
		int			nargs = strlen(types);
		SPIPlanPtr	plan;
		int			i;

		Assert(nargs <= MAX_PARAMETERS);
		for (i = 0; i < nargs; i++)
			argtypes[i] = parameter_type(types[i]);
		plan = SPI_prepare(sql, nargs, argtypes);
		if (plan == NULL)
			elog(ERROR, "could not prepare \"%s\": %s", sql,
				 SPI_result_code_string(SPI_result));
		SPI_keepplan(plan);
		entry = hash_search(catalog_plans, &sql, HASH_ENTER, &found);
		entry->plan = plan;
	}
	return entry->plan;
}

/*
 * free_rows
 *		Of the statement before: callers have copied what they want of them.
 */
static void
free_rows(void)
{
	if (SPI_tuptable != NULL)
		SPI_freetuptable(SPI_tuptable);
	SPI_tuptable = NULL;
}

/*
 * run
 *		Binds the arguments and executes: on the transaction's snapshot, or on
 *		the active one, which is the latest.
 */
static uint64
run(const char *sql, const char *types, va_list args, bool latest)
{
	Datum		values[MAX_PARAMETERS];
	char		nulls[MAX_PARAMETERS + 1];
	int			nargs = strlen(types);
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext parameters;
	int			i;
	int			rc;

	free_rows();
	parameters = AllocSetContextCreate(caller, "vde parameters", ALLOCSET_SMALL_SIZES);
	MemoryContextSwitchTo(parameters);
	for (i = 0; i < nargs; i++)
	{
		nulls[i] = ' ';
		values[i] = (Datum) 0;
		switch (types[i])
		{
			case 'l':
				values[i] = Int64GetDatum(va_arg(args, int64));
				break;
			case 'L':
				{
					int64		value = va_arg(args, int64);

					if (value == 0)
						nulls[i] = 'n';
					values[i] = Int64GetDatum(value);
					break;
				}
			case 't':
				{
					const char *value = va_arg(args, const char *);

					if (value == NULL)
						nulls[i] = 'n';
					else
						values[i] = CStringGetTextDatum(value);
					break;
				}
			case 'n':
				{
					const char *value = va_arg(args, const char *);

					if (value == NULL)
						nulls[i] = 'n';
					else
						values[i] = DirectFunctionCall1(namein, CStringGetDatum(value));
					break;
				}
			case 'b':
				values[i] = BoolGetDatum(va_arg(args, int) != 0);
				break;
			case 'r':
				values[i] = ObjectIdGetDatum(va_arg(args, Oid));
				break;
			case 'j':
				values[i] = JsonbPGetDatum(va_arg(args, Jsonb *));
				break;
			case 'd':
				values[i] = Float8GetDatum(va_arg(args, double));
				break;
			case 'z':
				{
					TimestampTz value = va_arg(args, TimestampTz);

					if (value == 0)
						nulls[i] = 'n';
					values[i] = TimestampTzGetDatum(value);
					break;
				}
			case 'T':
				values[i] = text_array(va_arg(args, List *));
				break;
			case 'I':
				values[i] = int8_array(va_arg(args, List *));
				break;
		}
	}
	nulls[nargs] = '\0';

	rc = SPI_execute_plan(prepared_plan(sql, types), values, nulls, latest, 0);

	/* SPI leaves its own context as the current one */
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(parameters);
	if (rc < 0)
		elog(ERROR, "could not execute \"%s\": %s", sql, SPI_result_code_string(rc));
	return SPI_processed;
}

/*
 * CatalogRead
 *		Runs a SELECT on the catalog.  Sees what this transaction wrote.
 */
uint64
CatalogRead(const char *sql, const char *types,...)
{
	va_list		args;
	uint64		rows;

	va_start(args, types);
	rows = run(sql, types, args, false);
	va_end(args);
	return rows;
}

/*
 * run_latest
 *		The same, on a snapshot of its own that is the latest.
 */
static uint64
run_latest(const char *sql, const char *types, va_list args)
{
	uint64		rows;

	PushActiveSnapshot(GetLatestSnapshot());
	rows = run(sql, types, args, true);
	PopActiveSnapshot();
	return rows;
}

/*
 * CatalogReadLatest
 *		See catalog.h.
 */
uint64
CatalogReadLatest(const char *sql, const char *types,...)
{
	va_list		args;
	uint64		rows;

	va_start(args, types);
	rows = run_latest(sql, types, args);
	va_end(args);
	return rows;
}

/*
 * CatalogIsOutdated
 *		See catalog.h.
 */
bool
CatalogIsOutdated(const char *sql, const char *types,...)
{
	va_list		args;
	char	   *seen;
	char	   *now;

	va_start(args, types);
	(void) run(sql, types, args, false);
	va_end(args);
	seen = CatalogText(0, 1);
	va_start(args, types);
	(void) run_latest(sql, types, args);
	va_end(args);
	now = CatalogText(0, 1);
	return strcmp(seen ? seen : "", now ? now : "") != 0;
}

/*
 * RunStatement
 *		See catalog.h.
 */
uint64
RunStatement(const char *sql, bool read_only)
{
	MemoryContext context = CurrentMemoryContext;
	int			rc;

	free_rows();
	rc = SPI_execute(sql, read_only, 0);
	MemoryContextSwitchTo(context);
	if (rc < 0)
		elog(ERROR, "could not execute \"%s\": %s", sql, SPI_result_code_string(rc));
	return SPI_processed;
}

/*
 * RunEachRow
 *		See catalog.h.
 */
void
RunEachRow(uint64 rows)
{
	List	   *statements = NIL;
	ListCell   *cell;
	uint64		row;

	for (row = 0; row < rows; row++)
		statements = lappend(statements, CatalogText(row, 1));
	foreach(cell, statements)
		(void) RunStatement((char *) lfirst(cell), false);
	list_free_deep(statements);
}

/*
 * CatalogWrite
 *		Runs an INSERT, UPDATE or DELETE on the catalog.
 */
uint64
CatalogWrite(const char *sql, const char *types,...)
{
	va_list		args;
	volatile uint64 rows = 0;
	bool		outer = writing;

	RefuseOnStandby();
	va_start(args, types);
	writing = true;
	PG_TRY();
	{
		rows = run(sql, types, args, false);
	}
	PG_FINALLY();
	{
		writing = outer;
	}
	PG_END_TRY();
	va_end(args);
	return rows;
}

/*
 * CatalogIsWriting
 *		See catalog.h.
 */
bool
CatalogIsWriting(void)
{
	return writing;
}

/*
 * CopyId
 *		See catalog.h.
 */
int64 *
CopyId(int64 id)
{
	int64	   *copy = palloc(sizeof(int64));

	*copy = id;
	return copy;
}

/* value of a result cell */
static Datum
cell(uint64 row, int column, bool *isnull)
{
	Assert(SPI_tuptable != NULL && row < SPI_tuptable->numvals);
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, isnull);
}

bool
CatalogIsNull(uint64 row, int column)
{
	bool		isnull;

	(void) cell(row, column, &isnull);
	return isnull;
}

int64
CatalogInt64(uint64 row, int column)
{
	bool		isnull;
	Datum		value = cell(row, column, &isnull);

	if (isnull)
		return 0;
	if (SPI_gettypeid(SPI_tuptable->tupdesc, column) == INT4OID)
		return DatumGetInt32(value);
	return DatumGetInt64(value);
}

char *
CatalogText(uint64 row, int column)
{
	bool		isnull;
	Datum		value = cell(row, column, &isnull);

	if (isnull)
		return NULL;
	if (SPI_gettypeid(SPI_tuptable->tupdesc, column) == NAMEOID)
		return pstrdup(NameStr(*DatumGetName(value)));
	return TextDatumGetCString(value);
}

bool
CatalogBool(uint64 row, int column)
{
	bool		isnull;
	Datum		value = cell(row, column, &isnull);

	return !isnull && DatumGetBool(value);
}

Oid
CatalogOid(uint64 row, int column)
{
	bool		isnull;
	Datum		value = cell(row, column, &isnull);

	return isnull ? InvalidOid : DatumGetObjectId(value);
}

Jsonb *
CatalogJsonb(uint64 row, int column)
{
	bool		isnull;
	Datum		value = cell(row, column, &isnull);

	return isnull ? NULL : DatumGetJsonbPCopy(value);
}

List *
CatalogTextArray(uint64 row, int column)
{
	bool		isnull;
	Datum		value = cell(row, column, &isnull);
	Datum	   *elements;
	bool	   *nulls;
	int			n;
	List	   *result = NIL;
	int			i;

	if (isnull)
		return NIL;
	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT,
					  &elements, &nulls, &n);
	for (i = 0; i < n; i++)
		result = lappend(result, nulls[i] ? NULL : TextDatumGetCString(elements[i]));
	return result;
}
