/*-------------------------------------------------------------------------
 *
 * seed.c
 *	  Models whose contents are CSV text.
 *
 * The text is read by PostgreSQL's own COPY, so that a seed means exactly
 * what the same file means to COPY ... CSV: quotes, doubled quotes, line
 * breaks in quotes, an empty field is NULL and a quoted empty one is "".  The
 * first row names the columns.  What a column's type is says the option
 * "columns", or else its values.
 *
 * Invariants
 *
 * - Every row has as many fields as the header.
 *
 * - An inferred type loses nothing that tells two values apart: see
 *	 seed_type.c.
 *
 * - Types are looked up and values are converted as the definition's owner
 *	 under the definition's settings; one row is in memory at a time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/heap.h"
#include "catalog/pg_am.h"
#include "commands/copy.h"
#include "commands/copyfrom_internal.h"
#include "commands/defrem.h"
#include "commands/progress.h"
#include "executor/tuptable.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_type.h"
#include "utils/backend_progress.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "compat.h"
#include "options.h"
#include "seed.h"
#include "seed_type.h"
#include "session.h"

/* how much of a value or name an error shows, in bytes */
#define SHOWN_BYTES		100

/* A seed that is being read */
typedef struct SeedReader
{
	const Definition *definition;
	const char *rest;			/* what COPY has not fetched yet */
	Size		left;
	Relation	relation;		/* see open_reader */
	CopyFromState copy;
	char	  **names;			/* the header */
	int			count;
	bool		in_row;			/* cur_lineno is where errors come from */
	const char *column;			/* being converted, for errors; or NULL */
	const char *value;
	ErrorContextCallback callback;
} SeedReader;

/* COPY's callback has no argument: set before each call of COPY */
static SeedReader *current_reader = NULL;

/*
 * fetch_text
 *		COPY's data source: the next bytes of the seed.
 */
static int
fetch_text(void *outbuf, int minread, int maxread)
{
	SeedReader *reader = current_reader;
	Size		length = Min(reader->left, (Size) maxread);

	memcpy(outbuf, reader->rest, length);
	reader->rest += length;
	reader->left -= length;
	return (int) length;
}

/*
 * shown
 *		A value as an error shows it: not too much of it.
 */
static char *
shown(const char *value)
{
	int			length = strlen(value);

	if (length <= SHOWN_BYTES)
		return pstrdup(value);
	return psprintf("%s...",
					pnstrdup(value, pg_mbcliplen(value, length, SHOWN_BYTES)));
}

/*
 * seed_error_callback
 *		Tells where in the seed an error is.
 */
static void
seed_error_callback(void *arg)
{
	SeedReader *reader = arg;
	char	   *name = QuoteModelName(&reader->definition->name);
	unsigned long long line = reader->in_row ? reader->copy->cur_lineno : 0;

	if (line == 0)
		errcontext("seed %s", name);
	else if (reader->column == NULL)
		errcontext("seed %s, line %llu", name, line);
	else if (reader->value == NULL)
		errcontext("seed %s, line %llu, column \"%s\": null", name, line,
				   reader->column);
	else
		errcontext("seed %s, line %llu, column \"%s\": \"%s\"", name, line,
				   reader->column, shown(reader->value));
}

/*
 * check_end_marker
 *		Refuses a line that holds \. and nothing else outside of quotes.
 *
 * To some versions of COPY this is the end of the data, whatever follows.
 */
static void
check_end_marker(const char *seed)
{
	const char *p;

	for (p = strstr(seed, "\\."); p != NULL; p = strstr(p + 2, "\\."))
	{
		const char *q;
		bool		quoted = false;
		int			line = 1;

		if ((p > seed && p[-1] != '\n' && p[-1] != '\r') ||
			(p[2] != '\0' && p[2] != '\n' && p[2] != '\r'))
			continue;
		for (q = seed; q < p; q++)
		{
			if (*q == '"')
				quoted = !quoted;
			else if (*q == '\n')
				line++;
		}
		if (!quoted)
			ereport(ERROR,
					(errcode(ERRCODE_BAD_COPY_FILE_FORMAT),
					 errmsg("line %d of the seed is COPY's end-of-data marker \"\\.\"",
							line),
					 errhint("Remove the line, or put the value in double quotes.")));
	}
}

/*
 * next_fields
 *		Reads a row; false at the end.  Fields are valid until the next call,
 *		NULL for an empty field without quotes.
 */
static bool
next_fields(SeedReader *reader, char ***fields, int *count)
{
	CHECK_FOR_INTERRUPTS();
	current_reader = reader;
	reader->in_row = true;
	if (NextCopyFromRawFields(reader->copy, fields, count))
		return true;
	reader->in_row = false;
	return false;
}

/*
 * check_header
 *		Refuses names that no column can have.
 */
static void
check_header(SeedReader *reader)
{
	int			i;
	int			j;

	if (reader->count > MaxHeapAttributeNumber)
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_COLUMNS),
				 errmsg("a model can have at most %d columns",
						MaxHeapAttributeNumber)));
	for (i = 0; i < reader->count; i++)
	{
		char	   *name = reader->names[i];

		if (name == NULL || name[0] == '\0')
			ereport(ERROR,
					(errcode(ERRCODE_BAD_COPY_FILE_FORMAT),
					 errmsg("column %d has no name", i + 1),
					 errhint("The first line of a seed must name all of its columns.")));
		if (strlen(name) >= NAMEDATALEN)
			ereport(ERROR,
					(errcode(ERRCODE_NAME_TOO_LONG),
					 errmsg("column name \"%s\" is too long", shown(name)),
					 errdetail("It has %d bytes, and %d is the most that PostgreSQL can store.",
							   (int) strlen(name), NAMEDATALEN - 1)));
		if (SystemAttributeByName(name) != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_COLUMN),
					 errmsg("column name \"%s\" conflicts with a system column name",
							name)));
		for (j = 0; j < i; j++)
		{
			if (strcmp(reader->names[j], name) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN),
						 errmsg("column \"%s\" is in the header twice", name),
						 errdetail("It names columns %d and %d.", j + 1, i + 1)));
		}
	}
}

/*
 * open_reader
 *		Begins to read: the header is read and checked.
 *
 * COPY wants a relation to read for, though only its raw rows are taken: any
 * will do, and one that is always there and small is the best.
 */
static void
open_reader(SeedReader *reader, const Definition *definition)
{
	List	   *options;
	char	  **fields;
	int			i;

	memset(reader, 0, sizeof(*reader));
	reader->definition = definition;
	reader->rest = definition->query;
	reader->left = strlen(definition->query);

	reader->callback.callback = seed_error_callback;
	reader->callback.arg = reader;
	reader->callback.previous = error_context_stack;
	error_context_stack = &reader->callback;

	if (GetDatabaseEncoding() == PG_UTF8 &&
		strncmp(reader->rest, "\xEF\xBB\xBF", 3) == 0)
	{
		reader->rest += 3;
		reader->left -= 3;
	}
	check_end_marker(reader->rest);

	options = list_make2(makeDefElem("format", (Node *) makeString("csv"), -1),
						 makeDefElem("encoding",
									 (Node *) makeString(pstrdup(GetDatabaseEncodingName())),
									 -1));
	reader->relation = table_open(AccessMethodRelationId, AccessShareLock);
	reader->copy = BeginCopyFrom(NULL, reader->relation, NULL, NULL, false,
								 fetch_text, NIL, options);
	/* this is no COPY that anybody should see in pg_stat_progress_copy */
	pgstat_progress_end_command();

	if (!next_fields(reader, &fields, &reader->count))
		ereport(ERROR,
				(errcode(ERRCODE_BAD_COPY_FILE_FORMAT),
				 errmsg("seed %s is empty", QuoteModelName(&definition->name)),
				 errhint("The first line of a seed must name its columns.")));
	reader->names = palloc(sizeof(char *) * reader->count);
	for (i = 0; i < reader->count; i++)
		reader->names[i] = fields[i] ? pstrdup(fields[i]) : NULL;
	check_header(reader);
	reader->in_row = false;
}

static void
close_reader(SeedReader *reader)
{
	EndCopyFrom(reader->copy);
	table_close(reader->relation, AccessShareLock);
	error_context_stack = reader->callback.previous;
}

/*
 * next_row
 *		Reads a row that has a field for each column; false at the end.
 */
static bool
next_row(SeedReader *reader, char ***fields)
{
	int			count;

	if (!next_fields(reader, fields, &count))
		return false;
	if (count != reader->count)
		ereport(ERROR,
				(errcode(ERRCODE_BAD_COPY_FILE_FORMAT),
				 count > reader->count ?
				 errmsg("extra data after last expected column") :
				 errmsg("missing data for column \"%s\"", reader->names[count]),
				 errdetail("Number of fields: %d in the line, %d in the header.",
						   count, reader->count)));
	return true;
}

/*
 * declared_columns
 *		For each column of the header what the option "columns" says of it, or
 *		NULL.  An option for a column that is not there is an error.
 */
static ColumnOption **
declared_columns(SeedReader *reader)
{
	ModelOptions *options = ReadOptions(reader->definition->kind,
										reader->definition->options);
	ColumnOption **declared = palloc0(sizeof(ColumnOption *) * reader->count);
	ListCell   *lc;

	foreach(lc, options->columns)
	{
		ColumnOption *option = lfirst(lc);
		int			i;

		for (i = 0; i < reader->count; i++)
		{
			if (strcmp(reader->names[i], option->name) == 0)
				break;
		}
		if (i == reader->count)
		{
			const char *near = NearestWord(option->name,
										   (const char *const *) reader->names,
										   reader->count);

			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" of option \"columns\" is not in the header of seed %s",
							option->name,
							QuoteModelName(&reader->definition->name)),
					 near ? errhint("Perhaps you meant the column \"%s\".", near) : 0));
		}
		declared[i] = option;
	}
	return declared;
}

/*
 * infer_types
 *		Reads all rows, for the narrowest type that each column's values fit.
 *		A column without any value is text.
 */
static SeedType *
infer_types(SeedReader *reader)
{
	SeedType   *types = palloc0(sizeof(SeedType) * reader->count);
	bool	   *has_value = palloc0(sizeof(bool) * reader->count);
	bool	   *fit = palloc(sizeof(bool) * reader->count * (SEED_TEXT + 1));
	char	  **fields;
	int			i;
	int			type;

	/* not a ladder: what is a date is no number, so each type is kept apart */
	memset(fit, true, sizeof(bool) * reader->count * (SEED_TEXT + 1));
	while (next_row(reader, &fields))
	{
		for (i = 0; i < reader->count; i++)
		{
			bool	   *fits_column = fit + i * (SEED_TEXT + 1);

			if (fields[i] == NULL)
				continue;
			has_value[i] = true;
			for (type = 0; type < SEED_TEXT; type++)
			{
				if (fits_column[type])
					fits_column[type] = SeedValueFits(fields[i], (SeedType) type);
			}
		}
	}

	for (i = 0; i < reader->count; i++)
	{
		types[i] = SEED_TEXT;
		for (type = SEED_TEXT; has_value[i] && type >= 0; type--)
		{
			if (fit[i * (SEED_TEXT + 1) + type])
				types[i] = (SeedType) type;
		}
	}
	return types;
}

/*
 * SeedColumns
 *		Names from the header, types as declared or inferred.
 *
 * Reads all of the text, so that a row with a field too many is found here.
 */
List *
SeedColumns(const Definition *definition)
{
	SeedReader	reader;
	RunAs		run_as;
	ColumnOption **declared;
	SeedType   *types;
	List	   *columns = NIL;
	int			i;

	RunAsBegin(&run_as, definition->owner, definition->settings, true);
	open_reader(&reader, definition);
	declared = declared_columns(&reader);
	types = infer_types(&reader);

	for (i = 0; i < reader.count; i++)
	{
		Oid			typid = SeedTypeOid(types[i]);
		int32		typmod = -1;

		if (declared[i] != NULL && declared[i]->type != NULL)
			VdeParseTypeString(declared[i]->type, &typid, &typmod);
		columns = lappend(columns, MakeModelColumn(reader.names[i], typid, typmod,
												   get_typcollation(typid)));
	}

	close_reader(&reader);
	RunAsEnd(&run_as);
	return columns;
}

/*
 * SeedColumnDigests
 *		See seed.h.
 */
uint64
SeedColumnDigests(const Definition *definition, Digest *columns, int count)
{
	SeedReader	reader;
	RunAs		run_as;
	StringInfoData *bytes = palloc(sizeof(StringInfoData) * Max(count, 1));
	char	  **fields;
	uint64		rows = 0;
	int			i;

	RunAsBegin(&run_as, definition->owner, definition->settings, true);
	open_reader(&reader, definition);
	if (reader.count != count)
		elog(ERROR, "seed has %d columns, not %d", reader.count, count);
	for (i = 0; i < count; i++)
		initStringInfo(&bytes[i]);
	while (next_row(&reader, &fields))
	{
		rows++;
		for (i = 0; i < count; i++)
			PutString(&bytes[i], fields[i]);
	}
	for (i = 0; i < count; i++)
	{
		DigestBytes(bytes[i].data, bytes[i].len, &columns[i]);
		pfree(bytes[i].data);
	}
	close_reader(&reader);
	RunAsEnd(&run_as);
	return rows;
}

/*
 * SeedRows
 *		Sends the rows to dest.
 */
uint64
SeedRows(const Definition *definition, DestReceiver *dest)
{
	List	   *columns = SeedColumns(definition);
	int			count = list_length(columns);
	SeedReader	reader;
	RunAs		run_as;
	TupleDesc	tupdesc;
	TupleTableSlot *slot;
	FmgrInfo   *functions = palloc(sizeof(FmgrInfo) * count);
	Oid		   *typioparams = palloc(sizeof(Oid) * count);
	MemoryContext row_context;
	MemoryContext old_context;
	char	  **fields;
	uint64		rows = 0;
	ListCell   *lc;
	int			i;

	RunAsBegin(&run_as, definition->owner, definition->settings, true);
	open_reader(&reader, definition);

	tupdesc = CreateTemplateTupleDesc(count);
	foreach(lc, columns)
	{
		ModelColumn *column = lfirst(lc);
		AttrNumber	attnum = foreach_current_index(lc) + 1;
		Oid			typid;
		int32		typmod;
		Oid			collid;
		Oid			function;

		ResolveModelColumn(column, &typid, &typmod, &collid);
		TupleDescInitEntry(tupdesc, attnum, column->name, typid, typmod, 0);
		TupleDescInitEntryCollation(tupdesc, attnum, collid);
		getTypeInputInfo(typid, &function, &typioparams[attnum - 1]);
		fmgr_info(function, &functions[attnum - 1]);
	}
	TupleDescFinalize(tupdesc);

	slot = MakeSingleTupleTableSlot(tupdesc, &TTSOpsVirtual);
	dest->rStartup(dest, CMD_SELECT, tupdesc);
	row_context = AllocSetContextCreate(CurrentMemoryContext, "vde seed row",
										ALLOCSET_DEFAULT_SIZES);

	while (next_row(&reader, &fields))
	{
		ExecClearTuple(slot);
		MemoryContextReset(row_context);
		old_context = MemoryContextSwitchTo(row_context);
		for (i = 0; i < count; i++)
		{
			reader.column = reader.names[i];
			reader.value = fields[i];
			slot->tts_values[i] =
				InputFunctionCall(&functions[i], fields[i], typioparams[i],
								  TupleDescAttr(tupdesc, i)->atttypmod);
			slot->tts_isnull[i] = (fields[i] == NULL);
		}
		MemoryContextSwitchTo(old_context);
		reader.column = NULL;
		reader.value = NULL;

		ExecStoreVirtualTuple(slot);
		rows++;
		if (!dest->receiveSlot(slot, dest))
			break;
	}

	ExecDropSingleTupleTableSlot(slot);
	MemoryContextDelete(row_context);
	dest->rShutdown(dest);
	close_reader(&reader);
	RunAsEnd(&run_as);
	return rows;
}
