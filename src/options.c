/*-------------------------------------------------------------------------
 *
 * options.c
 *	  The options of a model: which each kind knows, what they describe.
 *
 * Options come as one JSON object from whoever registers a model, so nothing
 * about them is taken on trust: every key must be known for the kind, every
 * value must have its shape.  An error names the option and what it should
 * be.  Options that decide how a table is stored (indexes, primary key,
 * partitions ...) are read in index_options.c and storage_options.c.
 *
 * Invariants
 *
 * - Reading depends on the JSON alone.  Whether roles, tablespaces, types and
 *	 methods exist is asked by ValidateOptions only, since a definition stays
 *	 readable when one of them is gone.
 *
 * - Canonical bytes come from the struct that was read, never from the JSON,
 *	 so that two spellings of the same thing are the same.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "parser/parse_type.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "digest.h"
#include "options.h"
#include "storage_options.h"

#define KIND(kind)		(1 << (kind))
#define ANY_KIND		(KIND(MODEL_KIND_COUNT) - 1)
#define STORED_KINDS	(KIND(KIND_FULL) | KIND(KIND_SEED) | KIND(KIND_MATERIALIZED_VIEW))
#define TABLE_KINDS		(KIND(KIND_FULL) | KIND(KIND_SEED))
#define TYPED_KINDS		(KIND(KIND_SEED) | KIND(KIND_EXTERNAL))
#define QUERY_KINDS		(ANY_KIND & ~TYPED_KINDS)
#define VIEW_KINDS		(ANY_KIND & ~(KIND(KIND_EMBEDDED) | KIND(KIND_EXTERNAL)))

typedef void (*OptionReader) (ModelOptions *options, ModelKind kind,
							  const char *option, const JsonbValue *value);

typedef struct OptionDescription
{
	const char *name;
	int			kinds;			/* set of KIND() that take it */
	OptionReader read;
} OptionDescription;

static void read_description(ModelOptions *options, ModelKind kind,
							 const char *option, const JsonbValue *value);
static void read_owner(ModelOptions *options, ModelKind kind,
					   const char *option, const JsonbValue *value);
static void read_tags(ModelOptions *options, ModelKind kind,
					  const char *option, const JsonbValue *value);
static void read_columns(ModelOptions *options, ModelKind kind,
						 const char *option, const JsonbValue *value);
static void read_depends_on(ModelOptions *options, ModelKind kind,
							const char *option, const JsonbValue *value);
static void read_private(ModelOptions *options, ModelKind kind,
						 const char *option, const JsonbValue *value);

/* Every option there is */
static const OptionDescription option_descriptions[] = {
	{"description", ANY_KIND, read_description},
	{"owner", ANY_KIND, read_owner},
	{"tags", ANY_KIND, read_tags},
	{"columns", ANY_KIND, read_columns},
	{"depends_on", QUERY_KINDS, read_depends_on},
	{"grants", VIEW_KINDS, ReadGrantsOption},
	{"indexes", STORED_KINDS, ReadIndexesOption},
	{"primary_key", TABLE_KINDS, ReadPrimaryKeyOption},
	{"partition_by", TABLE_KINDS, ReadPartitionOption},
	{"tablespace", STORED_KINDS, ReadTablespaceOption},
	{"access_method", STORED_KINDS, ReadAccessMethodOption},
	{"fillfactor", STORED_KINDS, ReadFillfactorOption},
	{"unlogged", TABLE_KINDS, ReadUnloggedOption},
	{PRIVATE_OPTION, ANY_KIND, read_private},
};

/*
 * OptionTypeError
 *		Refuses a value that has not the shape of the option; never returns.
 *
 * expected completes "must be".
 */
void
OptionTypeError(const char *option, const char *expected)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("option \"%s\" must be %s", option, expected)));
}

/*
 * OptionString
 *		A JSON string that is not empty, or NULL when the value is none.
 */
char *
OptionString(const JsonbValue *value)
{
	if (value->type != jbvString || value->val.string.len == 0)
		return NULL;
	return pnstrdup(value->val.string.val, value->val.string.len);
}

/*
 * OptionIsArray, OptionIsObject
 *		What a value inside of the options is.
 */
bool
OptionIsArray(const JsonbValue *value)
{
	return value->type == jbvBinary &&
		JsonContainerIsArray(value->val.binary.data);
}

bool
OptionIsObject(const JsonbValue *value)
{
	return value->type == jbvBinary &&
		JsonContainerIsObject(value->val.binary.data);
}

/*
 * OptionElements
 *		JsonbValue * of an array.
 */
List *
OptionElements(const JsonbValue *array)
{
	JsonbIterator *it = JsonbIteratorInit(array->val.binary.data);
	List	   *elements = NIL;
	JsonbValue	v;
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (token == WJB_ELEM)
		{
			JsonbValue *element = palloc(sizeof(JsonbValue));

			*element = v;
			elements = lappend(elements, element);
		}
	}
	return elements;
}

/*
 * OptionMembers
 *		OptionMember * of an object.
 */
List *
OptionMembers(JsonbContainer *object)
{
	JsonbIterator *it = JsonbIteratorInit(object);
	List	   *members = NIL;
	JsonbValue	v;
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			OptionMember *member = palloc(sizeof(OptionMember));

			member->key = pnstrdup(v.val.string.val, v.val.string.len);
			(void) JsonbIteratorNext(&it, &member->value, true);
			members = lappend(members, member);
		}
	}
	return members;
}

/*
 * UnknownOptionKey
 *		Refuses a key inside of an option's object; never returns.
 */
void
UnknownOptionKey(const char *option, const char *key,
				 const char *const *keys, int count)
{
	const char *near = NearestWord(key, keys, count);
	StringInfoData list;
	int			i;

	initStringInfo(&list);
	for (i = 0; i < count; i++)
		appendStringInfo(&list, "%s\"%s\"",
						 i == 0 ? "" : i == count - 1 ? " and " : ", ", keys[i]);

	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown key \"%s\" in option \"%s\"", key, option),
			 near ? errhint("Perhaps you meant the key \"%s\".", near) :
			 errhint("The keys are %s.", list.data)));
}

/*
 * CheckOptionName
 *		Refuses the name of a column, role ... that PostgreSQL cannot store.
 */
void
CheckOptionName(const char *option, const char *name)
{
	if (strlen(name) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("name \"%s\" in option \"%s\" is too long", name, option),
				 errdetail("It has %d bytes, and %d is the most that PostgreSQL can store.",
						   (int) strlen(name), NAMEDATALEN - 1)));
}

static void
read_description(ModelOptions *options, ModelKind kind, const char *option,
				 const JsonbValue *value)
{
	if (value->type != jbvString)
		OptionTypeError(option, "a string");
	/* an empty one is none, as in COMMENT ON */
	options->description = OptionString(value);
}

static void
read_owner(ModelOptions *options, ModelKind kind, const char *option,
		   const JsonbValue *value)
{
	options->owner = OptionString(value);
	if (options->owner == NULL)
		OptionTypeError(option, "the name of a role");
	CheckOptionName(option, options->owner);
}

static void
read_private(ModelOptions *options, ModelKind kind, const char *option,
			 const JsonbValue *value)
{
	if (value->type != jbvBool)
		OptionTypeError(option, "true or false");
	options->is_private = value->val.boolean;
}

static void
read_tags(ModelOptions *options, ModelKind kind, const char *option,
		  const JsonbValue *value)
{
	ListCell   *lc;

	if (!OptionIsArray(value))
		OptionTypeError(option, "an array of strings");
	foreach(lc, OptionElements(value))
	{
		char	   *tag = OptionString(lfirst(lc));

		if (tag == NULL)
			OptionTypeError(option, "an array of strings that are not empty");
		options->tags = lappend(options->tags, tag);
	}
}

/*
 * compare_names
 *		Order by schema and name.
 */
static int
compare_names(const ListCell *a, const ListCell *b)
{
	const ModelName *left = (const ModelName *) lfirst(a);
	const ModelName *right = (const ModelName *) lfirst(b);
	int			result = strcmp(left->schema, right->schema);

	return result != 0 ? result : strcmp(left->name, right->name);
}

/*
 * read_depends_on
 *		Names of models, tables and views, in an order of our own.
 */
static void
read_depends_on(ModelOptions *options, ModelKind kind, const char *option,
				const JsonbValue *value)
{
	ListCell   *lc;

	if (!OptionIsArray(value))
		OptionTypeError(option, "an array of names");
	options->has_depends_on = true;
	foreach(lc, OptionElements(value))
	{
		char	   *text = OptionString(lfirst(lc));
		ModelName  *name = palloc(sizeof(ModelName));

		if (text == NULL)
			OptionTypeError(option, "an array of names, as in [\"raw.rates\"]");
		*name = ParseModelName(text);
		options->depends_on = lappend(options->depends_on, name);
	}
	list_sort(options->depends_on, compare_names);
}

/*
 * read_column
 *		Members of one column's object, but for its name.
 */
static void
read_column(ColumnOption *column, ModelKind kind, const char *option,
			const OptionMember *member)
{
	static const char *const keys[] = {"description", "type", "name"};

	if (strcmp(member->key, "description") == 0)
	{
		if (member->value.type != jbvString)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("description of column \"%s\" in option \"%s\" must be a string",
							column->name, option)));
		column->description = OptionString(&member->value);
	}
	else if (strcmp(member->key, "type") == 0)
	{
		if ((KIND(kind) & TYPED_KINDS) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("type of column \"%s\" cannot be given for model kind \"%s\"",
							column->name, KindName(kind)),
					 errdetail("Only the kinds \"seed\" and \"external\" declare their columns; here the query decides."),
					 errhint("Cast the column in the query.")));
		column->type = OptionString(&member->value);
		if (column->type == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("type of column \"%s\" in option \"%s\" must be the name of a type",
							column->name, option)));
	}
	else
		UnknownOptionKey(option, member->key, keys,
						 (KIND(kind) & TYPED_KINDS) ? 2 : 1);
}

/*
 * read_columns
 *		{"id": "description", "amount": {"type": "numeric", "description": ""}},
 *		or [{"name": "id", ...}, ...] where the order of columns matters: an
 *		object of JSON has none.
 */
static void
read_columns(ModelOptions *options, ModelKind kind, const char *option,
			 const JsonbValue *value)
{
	ListCell   *lc;

	if (OptionIsObject(value))
	{
		foreach(lc, OptionMembers(value->val.binary.data))
		{
			OptionMember *member = lfirst(lc);
			ColumnOption *column = palloc0(sizeof(ColumnOption));
			ListCell   *inner;

			column->name = member->key;
			if (member->value.type == jbvString)
				column->description = OptionString(&member->value);
			else if (OptionIsObject(&member->value))
			{
				foreach(inner, OptionMembers(member->value.val.binary.data))
					read_column(column, kind, option, lfirst(inner));
			}
			else
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("column \"%s\" in option \"%s\" must be a description or an object",
								column->name, option),
						 errhint("Write {\"%s\": \"what it holds\"}.",
								 column->name)));
			options->columns = lappend(options->columns, column);
		}
	}
	else if (OptionIsArray(value))
	{
		foreach(lc, OptionElements(value))
		{
			JsonbValue *element = lfirst(lc);
			ColumnOption *column = palloc0(sizeof(ColumnOption));
			List	   *members;
			ListCell   *inner;

			if (!OptionIsObject(element))
				OptionTypeError(option, "an array of objects with the key \"name\", or an object");
			members = OptionMembers(element->val.binary.data);
			foreach(inner, members)
			{
				OptionMember *member = lfirst(inner);

				if (strcmp(member->key, "name") == 0)
					column->name = OptionString(&member->value);
			}
			if (column->name == NULL)
				OptionTypeError(option, "an array of objects with the key \"name\", or an object");
			foreach(inner, members)
			{
				OptionMember *member = lfirst(inner);

				if (strcmp(member->key, "name") != 0)
					read_column(column, kind, option, member);
			}
			foreach(inner, options->columns)
			{
				if (strcmp(((ColumnOption *) lfirst(inner))->name, column->name) == 0)
					ereport(ERROR,
							(errcode(ERRCODE_DUPLICATE_COLUMN),
							 errmsg("column \"%s\" is in option \"%s\" twice",
									column->name, option)));
			}
			options->columns = lappend(options->columns, column);
		}
	}
	else
		OptionTypeError(option, "an object of column names and descriptions");

	foreach(lc, options->columns)
	{
		ColumnOption *column = lfirst(lc);

		if (column->name[0] == '\0')
			OptionTypeError(option, "an object of column names that are not empty");
		CheckOptionName(option, column->name);
	}
}

/*
 * kinds_text
 *		"full, seed and materialized_view"
 */
static char *
kinds_text(int kinds)
{
	StringInfoData buf;
	int			kind;

	initStringInfo(&buf);
	for (kind = 0; kind < MODEL_KIND_COUNT; kind++)
	{
		if ((kinds & KIND(kind)) == 0)
			continue;
		kinds &= ~KIND(kind);
		appendStringInfo(&buf, "%s\"%s\"",
						 buf.len == 0 ? "" : kinds == 0 ? " and " : ", ",
						 KindName((ModelKind) kind));
	}
	return buf.data;
}

/*
 * find_option
 *		The description of an option, which must be one that the kind takes.
 */
static const OptionDescription *
find_option(ModelKind kind, const char *name)
{
	const char *candidates[lengthof(option_descriptions)];
	const char *near;
	StringInfoData list;
	int			count = 0;
	int			i;

	for (i = 0; i < lengthof(option_descriptions); i++)
	{
		const OptionDescription *option = &option_descriptions[i];

		if (option->kinds & KIND(kind))
		{
			if (strcmp(option->name, name) == 0)
				return option;
			candidates[count++] = option->name;
		}
		else if (strcmp(option->name, name) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option \"%s\" cannot be given for model kind \"%s\"",
							name, KindName(kind)),
					 errdetail("The kinds that take it are %s.",
							   kinds_text(option->kinds)),
					 kind == KIND_MATERIALIZED_VIEW && strcmp(name, "primary_key") == 0 ?
					 errhint("Declare a unique index: {\"indexes\": [{\"columns\": [...], \"unique\": true}]}.") :
					 errhint("Leave it out, or choose another kind.")));
	}

	near = NearestWord(name, candidates, count);
	initStringInfo(&list);
	for (i = 0; i < count; i++)
		appendStringInfo(&list, "%s%s",
						 i == 0 ? "" : i == count - 1 ? " and " : ", ",
						 candidates[i]);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown option \"%s\" for model kind \"%s\"",
					name, KindName(kind)),
			 near ? errhint("Perhaps you meant the option \"%s\".", near) :
			 errhint("The options are %s.", list.data)));
	return NULL;				/* keep the compiler quiet */
}

/*
 * ReadOptions
 *		The options as a struct.
 *
 * All errors about keys and shapes are raised here, none about things outside
 * of the JSON.
 */
ModelOptions *
ReadOptions(ModelKind kind, Jsonb *options)
{
	ModelOptions *result = palloc0(sizeof(ModelOptions));
	ListCell   *lc;

	if (!JB_ROOT_IS_OBJECT(options))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options must be a JSON object"),
				 errhint("Write them as in {\"description\": \"all orders\"}.")));

	foreach(lc, OptionMembers(&options->root))
	{
		OptionMember *member = lfirst(lc);
		const OptionDescription *option = find_option(kind, member->key);

		option->read(result, kind, option->name, &member->value);
	}
	return result;
}

/*
 * check_column_types
 *		Declared types must exist, and be types that a table can have.
 */
static void
check_column_types(ModelOptions *options)
{
	ListCell   *lc;

	foreach(lc, options->columns)
	{
		ColumnOption *column = lfirst(lc);
		ErrorContextCallback callback;
		OptionText	source;
		Oid			typid;
		int32		typmod;

		if (column->type == NULL)
			continue;

		source.option = "columns";
		source.text = column->type;
		callback.callback = OptionTextCallback;
		callback.arg = &source;
		callback.previous = error_context_stack;
		error_context_stack = &callback;
		VdeParseTypeString(column->type, &typid, &typmod);
		error_context_stack = callback.previous;

		if (get_typtype(typid) == TYPTYPE_PSEUDO)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("column \"%s\" cannot have pseudo-type %s",
							column->name, format_type_be(typid))));
	}
}

/*
 * ValidateOptions
 *		Raises every error about options that can be found without a table.
 *
 * Types are looked up under the search_path in force.
 */
void
ValidateOptions(ModelKind kind, Jsonb *options)
{
	ModelOptions *read = ReadOptions(kind, options);

	if (read->owner != NULL && !OidIsValid(get_role_oid(read->owner, true)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("role \"%s\" in option \"owner\" does not exist",
						read->owner)));
	(void) OptionGrantees(read);
	check_column_types(read);
	CheckStorageOptions(read);
}

/*
 * compare_columns
 *		Order by name, in which equal options have equal bytes.
 */
static int
compare_columns(const ListCell *a, const ListCell *b)
{
	return strcmp(((ColumnOption *) lfirst(a))->name,
				  ((ColumnOption *) lfirst(b))->name);
}

static int
compare_strings(const ListCell *a, const ListCell *b)
{
	return strcmp((const char *) lfirst(a), (const char *) lfirst(b));
}

/*
 * PutMetadataOptions
 *		Canonical bytes of what only describes.
 *
 * The owner is not among them: the definition has it resolved, whether it was
 * given as an option or not.
 */
void
PutMetadataOptions(StringInfo buf, ModelKind kind, Jsonb *options)
{
	ModelOptions *read = ReadOptions(kind, options);
	List	   *columns = NIL;
	ListCell   *lc;

	PutString(buf, read->description);
	PutInt(buf, list_length(read->tags));
	foreach(lc, read->tags)
		PutString(buf, lfirst(lc));

	/* what the names stand for decides the version, see depends_on.c */
	PutBool(buf, read->has_depends_on);
	PutInt(buf, list_length(read->depends_on));
	foreach(lc, read->depends_on)
	{
		PutString(buf, ((ModelName *) lfirst(lc))->schema);
		PutString(buf, ((ModelName *) lfirst(lc))->name);
	}

	foreach(lc, read->columns)
	{
		if (((ColumnOption *) lfirst(lc))->description != NULL)
			columns = lappend(columns, lfirst(lc));
	}
	list_sort(columns, compare_columns);
	PutInt(buf, list_length(columns));
	foreach(lc, columns)
	{
		ColumnOption *column = lfirst(lc);

		PutString(buf, column->name);
		PutString(buf, column->description);
	}

	list_sort(read->select_roles, compare_strings);
	foreach(lc, read->select_roles)
		PutString(buf, lfirst(lc));

	/* only where it is: what was hashed before there was the option stays */
	if (read->is_private)
		PutBool(buf, true);
}
