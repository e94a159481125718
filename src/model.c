/*-------------------------------------------------------------------------
 *
 * model.c
 *	  Names, kinds and columns of models.
 *
 * A model's name is two identifiers, schema and name.  It is never
 * shortened: a part that would not fit in 63 bytes is refused, because two
 * names that become one by truncation would silently be one model.  Names in
 * schemas that belong to PostgreSQL or to this extension are refused here,
 * once for all.
 *
 * A column's type and collation are text that means the same under every
 * search_path, so that they can be stored, dumped and restored.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "nodes/value.h"
#include "parser/parse_type.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

#include "compat.h"
#include "model.h"

/* No word that is longer is anything misspelt, and Levenshtein is quadratic. */
#define MAX_MISSPELT_LENGTH		64

static const char *const kind_names[MODEL_KIND_COUNT] = {
	[KIND_FULL] = "full",
	[KIND_VIEW] = "view",
	[KIND_MATERIALIZED_VIEW] = "materialized_view",
	[KIND_SEED] = "seed",
	[KIND_EMBEDDED] = "embedded",
	[KIND_EXTERNAL] = "external",
};

/*
 * name_error
 *		Refuses text as the name of a model; never returns.  detail is a full
 *		sentence.
 */
static void
name_error(const char *text, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_NAME),
			 errmsg("invalid model name \"%s\"", text),
			 errdetail_internal("%s", detail),
			 errhint("A model is named schema.name, as in shop.orders or \"Shop\".\"Orders\".")));
}

/*
 * is_identifier_byte
 *		Can this byte begin, or be inside of, an identifier without quotes?  The
 *		same as in the server's scanner.
 */
static bool
is_identifier_byte(unsigned char c, bool first)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
		IS_HIGHBIT_SET(c))
		return true;
	return !first && ((c >= '0' && c <= '9') || c == '$');
}

/*
 * read_identifier
 *		Reads one identifier at *cursor, folded to lower case unless it is quoted,
 *		and moves *cursor behind it and the white space after it.  text is the
 *		whole, for messages.
 */
static char *
read_identifier(const char *text, const char **cursor)
{
	const char *p = *cursor;
	char	   *result;

	while (scanner_isspace(*p))
		p++;

	if (*p == '"')
	{
		StringInfoData buf;

		initStringInfo(&buf);
		for (p++;; p++)
		{
			if (*p == '\0')
				name_error(text, "A double quote is not closed.");
			if (*p == '"')
			{
				if (p[1] != '"')
					break;
				p++;
			}
			appendStringInfoChar(&buf, *p);
		}
		p++;
		result = buf.data;
	}
	else
	{
		const char *start = p;

		while (is_identifier_byte((unsigned char) *p, p == start))
			p++;
		result = downcase_identifier(start, p - start, false, false);
	}

	while (scanner_isspace(*p))
		p++;
	*cursor = p;
	return result;
}

/*
 * check_name_part
 *		Refuses a part of a name that PostgreSQL could not store as it is.
 */
static void
check_name_part(const char *text, const char *part, const char *what)
{
	if (part[0] == '\0')
		name_error(text, psprintf("Its %s is empty.", what));
	if (strlen(part) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("model name \"%s\" is too long", text),
				 errdetail("Its %s has %d bytes, and %d is the most that PostgreSQL can store.",
						   what, (int) strlen(part), NAMEDATALEN - 1),
				 errhint("Give the model a shorter name.")));
}

/*
 * ParseModelName
 *		Schema and name of text, which is schema.name as SQL writes it.
 *
 * ERRCODE_INVALID_NAME when it is not two identifiers, ERRCODE_NAME_TOO_LONG
 * when one is over 63 bytes, ERRCODE_RESERVED_NAME when the schema cannot
 * hold models.
 */
ModelName
ParseModelName(const char *text)
{
	ModelName	result;
	const char *cursor = text;

	result.schema = read_identifier(text, &cursor);
	if (*cursor == '\0')
	{
		if (result.schema[0] == '\0')
			name_error(text, "It is empty.");
		name_error(text, "It has no schema.");
	}
	if (*cursor != '.')
		name_error(text, "It has characters that must stand in double quotes.");
	cursor++;

	result.name = read_identifier(text, &cursor);
	if (*cursor == '.')
		name_error(text, "It has more than two parts. A dot within a part must stand in double quotes.");
	if (*cursor != '\0')
		name_error(text, "It has characters that must stand in double quotes.");

	check_name_part(text, result.schema, "schema");
	check_name_part(text, result.name, "name");

	if (strncmp(result.schema, "pg_", 3) == 0 ||
		strcmp(result.schema, "information_schema") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_RESERVED_NAME),
				 errmsg("schema \"%s\" cannot hold models", result.schema),
				 errdetail("It is reserved for PostgreSQL itself."),
				 errhint("Put the model in another schema.")));
	if (strcmp(result.schema, VDE_CATALOG_SCHEMA) == 0 ||
		strcmp(result.schema, VDE_DATA_SCHEMA) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_RESERVED_NAME),
				 errmsg("schema \"%s\" cannot hold models", result.schema),
				 errdetail("It belongs to the extension vde."),
				 errhint("Put the model in another schema.")));

	return result;
}

/*
 * QuoteModelName
 *		The name as SQL writes it: shop.orders, "Shop"."My.Orders".
 */
char *
QuoteModelName(const ModelName *name)
{
	return quote_qualified_identifier(name->schema, name->name);
}

bool
ModelNameEquals(const ModelName *a, const ModelName *b)
{
	return strcmp(a->schema, b->schema) == 0 && strcmp(a->name, b->name) == 0;
}

const char *
KindName(ModelKind kind)
{
	Assert(kind >= 0 && kind < MODEL_KIND_COUNT);
	return kind_names[kind];
}

/*
 * KindByName
 *		The kind of that name; "table" is another word for "full".
 *		ERRCODE_INVALID_PARAMETER_VALUE when there is none.
 */
ModelKind
KindByName(const char *name)
{
	const char *candidates[MODEL_KIND_COUNT + 1];
	const char *near;
	StringInfoData list;
	int			kind;

	for (kind = 0; kind < MODEL_KIND_COUNT; kind++)
	{
		if (strcmp(name, kind_names[kind]) == 0)
			return (ModelKind) kind;
	}
	if (strcmp(name, "table") == 0)
		return KIND_FULL;

	initStringInfo(&list);
	for (kind = 0; kind < MODEL_KIND_COUNT; kind++)
	{
		candidates[kind] = kind_names[kind];
		appendStringInfo(&list, "%s%s",
						 kind == 0 ? "" :
						 kind == MODEL_KIND_COUNT - 1 ? " and " : ", ",
						 kind_names[kind]);
	}
	candidates[MODEL_KIND_COUNT] = "table";
	near = NearestWord(name, candidates, MODEL_KIND_COUNT + 1);

	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown model kind \"%s\"", name),
			 near ?
			 errhint("Perhaps you meant the kind \"%s\". The kinds are %s.",
					 near, list.data) :
			 errhint("The kinds are %s.", list.data)));
	return KIND_FULL;			/* keep the compiler quiet */
}

/*
 * KindHasRelation
 *		Has a version of this kind a relation in vde_data?
 */
bool
KindHasRelation(ModelKind kind)
{
	return KindHasRows(kind) || kind == KIND_VIEW;
}

/*
 * KindHasRows
 *		Does that relation hold rows of its own?
 */
bool
KindHasRows(ModelKind kind)
{
	return kind == KIND_FULL || kind == KIND_SEED ||
		kind == KIND_MATERIALIZED_VIEW;
}

/*
 * KindPinsParents
 *		Does a stored rule name the relations of the parents, so that with
 *		others it is another version?  Its own, or that of who embeds it.
 */
bool
KindPinsParents(ModelKind kind)
{
	return kind == KIND_VIEW || kind == KIND_MATERIALIZED_VIEW || kind == KIND_EMBEDDED;
}

/*
 * MakeModelColumn
 *		A column in words that mean the same everywhere.  The collation is left
 *		out where it is the one that the type has by itself, or where there is
 *		none.
 */
ModelColumn *
MakeModelColumn(const char *name, Oid typid, int32 typmod, Oid collid)
{
	ModelColumn *column = palloc0(sizeof(ModelColumn));

	column->name = pstrdup(name);
	column->type = format_type_extended(typid, typmod,
										FORMAT_TYPE_TYPEMOD_GIVEN |
										FORMAT_TYPE_FORCE_QUALIFY);

	if (OidIsValid(collid) && collid != get_typcollation(typid))
	{
		HeapTuple	tuple;
		Form_pg_collation form;
		char	   *schema;

		tuple = SearchSysCache1(COLLOID, ObjectIdGetDatum(collid));
		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for collation %u", collid);
		form = (Form_pg_collation) GETSTRUCT(tuple);
		schema = get_namespace_name(form->collnamespace);
		if (schema == NULL)
			elog(ERROR, "cache lookup failed for namespace %u",
				 form->collnamespace);
		column->collation = quote_qualified_identifier(schema,
													   NameStr(form->collname));
		ReleaseSysCache(tuple);
	}

	return column;
}

/*
 * resolve_column_callback
 *		Adds to an error that a stored type or collation is no longer there which
 *		column needs it.
 */
static void
resolve_column_callback(void *arg)
{
	const ModelColumn *column = arg;

	errcontext("column \"%s\"", column->name);
}

/*
 * ResolveModelColumn
 *		The reverse of MakeModelColumn.  ERRCODE_UNDEFINED_OBJECT when type or
 *		collation are gone.
 */
void
ResolveModelColumn(const ModelColumn *column, Oid *typid, int32 *typmod,
				   Oid *collid)
{
	ErrorContextCallback callback;

	callback.callback = resolve_column_callback;
	callback.arg = unconstify(ModelColumn *, column);
	callback.previous = error_context_stack;
	error_context_stack = &callback;

	VdeParseTypeString(column->type, typid, typmod);

	if (column->collation == NULL)
		*collid = get_typcollation(*typid);
	else
	{
		List	   *parts;
		List	   *names = NIL;
		ListCell   *lc;

		if (!SplitIdentifierString(pstrdup(column->collation), '.', &parts))
			elog(ERROR, "invalid collation name: %s", column->collation);
		foreach(lc, parts)
			names = lappend(names, makeString(pstrdup(lfirst(lc))));
		*collid = get_collation_oid(names, false);
	}

	error_context_stack = callback.previous;
}

static bool
same_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

/*
 * ModelColumnTypeEquals
 *		Have two columns, whatever their names, the same type and collation?
 */
bool
ModelColumnTypeEquals(const ModelColumn *a, const ModelColumn *b)
{
	return strcmp(a->type, b->type) == 0 && same_text(a->collation, b->collation);
}

/*
 * ModelColumnsEqual
 *		The same columns in the same order?
 */
bool
ModelColumnsEqual(List *a, List *b)
{
	ListCell   *la;
	ListCell   *lb;

	if (list_length(a) != list_length(b))
		return false;
	forboth(la, a, lb, b)
	{
		ModelColumn *ca = lfirst(la);
		ModelColumn *cb = lfirst(lb);

		if (strcmp(ca->name, cb->name) != 0 || !ModelColumnTypeEquals(ca, cb))
			return false;
	}
	return true;
}

/*
 * ShownType
 *		A type's name without PostgreSQL's own schema, which everybody knows.
 */
const char *
ShownType(const char *type)
{
	static const char prefix[] = "pg_catalog.";

	return strncmp(type, prefix, strlen(prefix)) == 0 ? type + strlen(prefix) : type;
}

/*
 * NearestWord
 *		Which of the candidates is nearest to a misspelt word?  NULL when none is
 *		within three edits, or within half of the word's length: a far-fetched
 *		hint is worse than none.  The first of several equally near ones wins.
 */
const char *
NearestWord(const char *word, const char *const *candidates, int count)
{
	int			length = strlen(word);
	int			best;
	const char *nearest = NULL;
	int			i;

	if (length == 0 || length > MAX_MISSPELT_LENGTH)
		return NULL;

	best = Min(3, (pg_mbstrlen(word) + 1) / 2) + 1;
	for (i = 0; i < count && best > 0; i++)
	{
		int			candidate_length = strlen(candidates[i]);
		int			distance;

		if (candidate_length > MAX_MISSPELT_LENGTH)
			continue;
		distance = varstr_levenshtein_less_equal(word, length,
												 candidates[i],
												 candidate_length,
												 1, 1, 1, best - 1, true);
		if (distance < best)
		{
			best = distance;
			nearest = candidates[i];
		}
	}
	return nearest;
}
