/*-------------------------------------------------------------------------
 *
 * storage_options.c
 *	  The options that decide how a table is stored: primary key, partitions,
 *	  tablespace, access method, fillfactor, unlogged; with indexes, which are
 *	  read in index_options.c, their canonical bytes.
 *
 * They are part of a version's identity: a table with another index is
 * another table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_tablespace_d.h"
#include "commands/defrem.h"
#include "commands/tablespace.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "compat.h"
#include "digest.h"
#include "options.h"
#include "storage_options.h"

/* Every hash partition is a table of its own, in every version. */
#define MAX_MODULUS 1000

/*
 * read_integer
 *		A whole number between lower and upper.
 */
static int
read_integer(const char *option, const JsonbValue *value, int lower, int upper)
{
	if (value->type == jbvNumeric)
	{
		char	   *text;
		char	   *end;
		long		number;

		text = DatumGetCString(DirectFunctionCall1(numeric_out,
												   NumericGetDatum(value->val.numeric)));

		errno = 0;
		number = strtol(text, &end, 10);
		if (errno == 0 && *end == '\0' && number >= lower && number <= upper)
			return (int) number;
	}
	OptionTypeError(option, psprintf("an integer between %d and %d", lower, upper));
	return 0;					/* keep the compiler quiet */
}

/*
 * read_literal
 *		A value of a partition's bound: a string, or a number as its text.
 */
static char *
read_literal(const char *option, const JsonbValue *value)
{
	if (value->type == jbvString)
		return pnstrdup(value->val.string.val, value->val.string.len);
	if (value->type == jbvNumeric)
		return DatumGetCString(DirectFunctionCall1(numeric_out,
												   NumericGetDatum(value->val.numeric)));
	OptionTypeError(option, "made of strings and numbers");
	return NULL;				/* keep the compiler quiet */
}

void
ReadPrimaryKeyOption(ModelOptions *options, ModelKind kind, const char *option,
					 const JsonbValue *value)
{
	ListCell   *lc;

	options->primary_key = ReadColumnList(option, value, false);
	foreach(lc, options->primary_key)
	{
		int			i;

		for (i = 0; i < foreach_current_index(lc); i++)
		{
			if (strcmp(list_nth(options->primary_key, i), lfirst(lc)) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN),
						 errmsg("column \"%s\" is in option \"%s\" twice",
								(char *) lfirst(lc), option)));
		}
	}
}

/*
 * read_list_values
 *		Literals of each list partition: a list of lists of char *.
 */
static List *
read_list_values(const JsonbValue *value)
{
	static const char *const option = "partition_by.values";
	List	   *partitions = NIL;
	ListCell   *lc;

	if (!OptionIsArray(value))
		OptionTypeError(option, "an array with an array of values per partition");
	foreach(lc, OptionElements(value))
	{
		JsonbValue *element = lfirst(lc);
		List	   *literals = NIL;
		ListCell   *inner;

		if (OptionIsArray(element))
		{
			foreach(inner, OptionElements(element))
				literals = lappend(literals, read_literal(option, lfirst(inner)));
			if (literals == NIL)
				OptionTypeError(option, "an array with at least one value per partition");
		}
		else
			literals = list_make1(read_literal(option, element));
		partitions = lappend(partitions, literals);
	}
	if (partitions == NIL)
		OptionTypeError(option, "an array with at least one partition");
	return partitions;
}

/*
 * ReadPartitionOption
 *		{"strategy": ..., "columns": ...} and what the strategy needs.
 */
void
ReadPartitionOption(ModelOptions *options, ModelKind kind, const char *option,
					const JsonbValue *value)
{
	static const char *const strategies[] = {"range", "list", "hash"};
	static const char *const needed[] = {"bounds", "values", "modulus"};
	const char *keys[3] = {"strategy", "columns"};
	List	   *members;
	ListCell   *lc;
	char	   *strategy = NULL;
	bool		given = false;
	int			i;

	if (!OptionIsObject(value))
		OptionTypeError(option, "an object with the keys \"strategy\" and \"columns\"");
	members = OptionMembers(value->val.binary.data);

	/* what else there may be depends on the strategy */
	foreach(lc, members)
	{
		OptionMember *member = lfirst(lc);

		if (strcmp(member->key, "strategy") == 0)
			strategy = OptionString(&member->value);
	}
	for (i = 0; i < lengthof(strategies); i++)
	{
		if (strategy != NULL && strcmp(strategy, strategies[i]) == 0)
			break;
	}
	if (i == lengthof(strategies))
		OptionTypeError("partition_by.strategy", "\"range\", \"list\" or \"hash\"");
	options->partition_strategy = PARTITION_OPTION_RANGE + i;
	keys[2] = needed[i];

	foreach(lc, members)
	{
		OptionMember *member = lfirst(lc);
		const JsonbValue *v = &member->value;

		if (strcmp(member->key, "strategy") == 0)
			continue;
		if (strcmp(member->key, "columns") == 0)
		{
			options->partition_columns =
				ReadColumnList("partition_by.columns", v, false);
			continue;
		}
		if (strcmp(member->key, keys[2]) != 0)
			UnknownOptionKey(option, member->key, keys, lengthof(keys));

		given = true;
		switch (options->partition_strategy)
		{
			case PARTITION_OPTION_RANGE:
				{
					ListCell   *inner;

					if (!OptionIsArray(v))
						OptionTypeError("partition_by.bounds", "an array of values");
					foreach(inner, OptionElements(v))
						options->partition_bounds =
						lappend(options->partition_bounds,
								read_literal("partition_by.bounds", lfirst(inner)));
					if (options->partition_bounds == NIL)
						OptionTypeError("partition_by.bounds", "an array with at least one value");
					break;
				}
			case PARTITION_OPTION_LIST:
				options->partition_bounds = read_list_values(v);
				break;
			case PARTITION_OPTION_HASH:
				options->partition_modulus =
					read_integer("partition_by.modulus", v, 1, MAX_MODULUS);
				break;
			case PARTITION_OPTION_NONE:
				break;
		}
	}

	if (options->partition_columns == NIL)
		OptionTypeError("partition_by.columns", "a column or an array of columns");
	if (!given)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"%s\" with strategy \"%s\" needs the key \"%s\"",
						option, strategies[i], needed[i])));
	if (options->partition_strategy != PARTITION_OPTION_HASH &&
		list_length(options->partition_columns) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"%s\" with strategy \"%s\" takes exactly one column",
						option, strategies[i])));
}

/*
 * read_name
 *		The name of an object.
 */
static char *
read_name(const char *option, const JsonbValue *value, const char *expected)
{
	char	   *name = OptionString(value);

	if (name == NULL)
		OptionTypeError(option, expected);
	CheckOptionName(option, name);
	return name;
}

void
ReadTablespaceOption(ModelOptions *options, ModelKind kind, const char *option,
					 const JsonbValue *value)
{
	options->tablespace = read_name(option, value, "the name of a tablespace");
}

void
ReadAccessMethodOption(ModelOptions *options, ModelKind kind,
					   const char *option, const JsonbValue *value)
{
	options->access_method = read_name(option, value,
									   "the name of a table access method");
}

void
ReadFillfactorOption(ModelOptions *options, ModelKind kind, const char *option,
					 const JsonbValue *value)
{
	options->fillfactor = read_integer(option, value, 10, 100);
}

void
ReadUnloggedOption(ModelOptions *options, ModelKind kind, const char *option,
				   const JsonbValue *value)
{
	options->unlogged = ReadBoolean(option, value);
}

/*
 * is_in
 *		Is the name in the list?
 */
static bool
is_in(List *names, const char *name)
{
	ListCell   *lc;

	foreach(lc, names)
	{
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	}
	return false;
}

/*
 * check_partition_key
 *		A unique key of a partitioned table must contain the partition key.
 */
static void
check_partition_key(ModelOptions *options, List *columns, const char *what)
{
	ListCell   *lc;

	foreach(lc, options->partition_columns)
	{
		if (!is_in(columns, lfirst(lc)))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s must contain the column \"%s\" of option \"partition_by\"",
							what, (char *) lfirst(lc)),
					 errdetail("PostgreSQL checks uniqueness partition by partition.")));
	}
}

/*
 * CheckStorageOptions
 *		Asks PostgreSQL about everything that storage options name.
 */
void
CheckStorageOptions(ModelOptions *options)
{
	ListCell   *lc;

	foreach(lc, options->indexes)
	{
		IndexOption *index = lfirst(lc);

		CheckIndexOption(index);
		if (index->unique)
			check_partition_key(options, index->columns,
								"a unique index in option \"indexes\"");
	}
	if (options->primary_key != NIL)
		check_partition_key(options, options->primary_key,
							"option \"primary_key\"");

	if (options->tablespace != NULL)
	{
		Oid			tablespace = get_tablespace_oid(options->tablespace, true);

		if (!OidIsValid(tablespace))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("tablespace \"%s\" in option \"tablespace\" does not exist",
							options->tablespace)));
		if (tablespace == GLOBALTABLESPACE_OID)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("tablespace \"%s\" is only for shared relations",
							options->tablespace)));
	}

	if (options->access_method != NULL &&
		!OidIsValid(get_table_am_oid(options->access_method, true)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("table access method \"%s\" in option \"access_method\" does not exist",
						options->access_method),
				 errhint("PostgreSQL's own is heap.")));
}

/*
 * put_names
 *		Canonical bytes of a list of strings.
 */
static void
put_names(StringInfo buf, List *names)
{
	ListCell   *lc;

	PutInt(buf, list_length(names));
	foreach(lc, names)
		PutString(buf, lfirst(lc));
}

/*
 * put_type
 *		Canonical bytes of a declared type: as PostgreSQL's grammar reads it,
 *		so that int, INTEGER and pg_catalog.int4 are the same.
 *
 * What a name means is not asked here; it is in the types of the columns.
 */
static void
put_type(StringInfo buf, const char *type)
{
	TypeName   *name;
	ListCell   *lc;

	if (type == NULL)
	{
		PutBool(buf, false);
		return;
	}
	PutBool(buf, true);
	name = VdeTypeStringToTypeName(type);

	PutInt(buf, list_length(name->names));
	foreach(lc, name->names)
		PutString(buf, strVal(lfirst(lc)));
	PutBool(buf, name->pct_type);
	PutInt(buf, name->typemod);
	PutInt(buf, list_length(name->arrayBounds));
	PutInt(buf, list_length(name->typmods));
	foreach(lc, name->typmods)
	{
		A_Const    *constant = lfirst(lc);

		if (IsA(constant, A_Const) && !constant->isnull &&
			IsA(&constant->val, Integer))
			PutInt(buf, intVal(&constant->val));
		else if (IsA(constant, A_Const) && !constant->isnull &&
				 IsA(&constant->val, String))
			PutString(buf, strVal(&constant->val));
		else if (IsA(constant, ColumnRef) &&
				 list_length(((ColumnRef *) constant)->fields) == 1 &&
				 IsA(linitial(((ColumnRef *) constant)->fields), String))
			PutString(buf, strVal(linitial(((ColumnRef *) constant)->fields)));
		else
		{
			/* anything else: its spelling decides */
			PutString(buf, type);
		}
	}
}

/*
 * compare_bytes
 *		Order of canonical bytes.
 */
static int
compare_bytes(const ListCell *a, const ListCell *b)
{
	StringInfo	left = lfirst(a);
	StringInfo	right = lfirst(b);
	int			result;

	result = memcmp(left->data, right->data, Min(left->len, right->len));
	return result != 0 ? result : left->len - right->len;
}

/*
 * PutStorageOptions
 *		Canonical bytes of what decides contents and storage.
 *
 * The order of indexes is of no consequence and leaves no trace.
 */
void
PutStorageOptions(StringInfo buf, ModelKind kind, Jsonb *options)
{
	ModelOptions *read = ReadOptions(kind, options);
	List	   *indexes = NIL;
	List	   *typed = NIL;
	ListCell   *lc;

	foreach(lc, read->indexes)
	{
		IndexOption *index = lfirst(lc);
		StringInfo	bytes = makeStringInfo();

		put_names(bytes, index->columns);
		put_names(bytes, index->include);
		PutString(bytes, index->method);
		PutString(bytes, index->where);
		PutBool(bytes, index->unique);
		indexes = lappend(indexes, bytes);
	}
	list_sort(indexes, compare_bytes);
	PutInt(buf, list_length(indexes));
	foreach(lc, indexes)
	{
		StringInfo	bytes = lfirst(lc);

		PutBytes(buf, bytes->data, bytes->len);
	}

	put_names(buf, read->primary_key);

	PutInt(buf, read->partition_strategy);
	put_names(buf, read->partition_columns);
	PutInt(buf, list_length(read->partition_bounds));
	foreach(lc, read->partition_bounds)
	{
		if (read->partition_strategy == PARTITION_OPTION_LIST)
			put_names(buf, lfirst(lc));
		else
			PutString(buf, lfirst(lc));
	}
	PutInt(buf, read->partition_modulus);

	PutString(buf, read->tablespace);
	PutString(buf, read->access_method);
	PutInt(buf, read->fillfactor);
	PutBool(buf, read->unlogged);

	foreach(lc, read->columns)
	{
		if (((ColumnOption *) lfirst(lc))->type != NULL)
			typed = lappend(typed, lfirst(lc));
	}
	PutInt(buf, list_length(typed));
	foreach(lc, typed)
	{
		ColumnOption *column = lfirst(lc);

		PutString(buf, column->name);
		put_type(buf, column->type);
	}
}
