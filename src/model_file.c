/*-------------------------------------------------------------------------
 *
 * model_file.c
 *	  A model as a file: its path, its options comment, its query.
 *
 * A file is one model: its path names it, its text is its query (or a seed's
 * CSV), and a comment at its beginning has its kind and its options:
 *
 *	  --vde {"kind": "view", "description": "..."}
 *
 * The comment may go on over following lines that begin with two dashes.
 *
 * Invariant: what is written here reads back as it was, byte by byte.  Names
 * that a path cannot hold as they are have %XX in it, and a query that begins
 * like an options comment gets one before it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

#include "compat.h"
#include "model_file.h"

/* A shorter options comment is written on one line. */
#define OPTIONS_LINE_LENGTH 100

/* Kinds of files */
#define SQL_SUFFIX ".sql"
#define CSV_SUFFIX ".csv"

/*
 * invalid_path
 *		Refuses a path that names no model; never returns.
 */
static void
invalid_path(const char *path, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_NAME),
			 errmsg("path \"%s\" does not name a model", path),
			 errdetail_internal("%s", detail),
			 errhint("Name a file schema/name.sql or schema.name.sql, and a seed schema/name.csv or schema.name.csv.")));
}

/*
 * hex_digit
 *		Value of a digit, or -1.
 */
static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/*
 * decode_part
 *		A schema or a name as a path has it, with %XX for a byte.
 */
static char *
decode_part(const char *path, const char *part, int length)
{
	StringInfoData buf;
	int			i;

	initStringInfo(&buf);
	for (i = 0; i < length; i++)
	{
		if (part[i] != '%')
			appendStringInfoChar(&buf, part[i]);
		else
		{
			int			high = i + 2 < length ? hex_digit(part[i + 1]) : -1;
			int			low = high >= 0 ? hex_digit(part[i + 2]) : -1;

			/* ASCII only: it must stay valid in the database's encoding */
			if (low < 0 || high > 7 || (high == 0 && low == 0))
				invalid_path(path, "A percent sign is not followed by two hexadecimal digits of an ASCII character.");
			appendStringInfoChar(&buf, high * 16 + low);
			i += 2;
		}
	}
	return buf.data;
}

/*
 * encode_part
 *		The reverse: everything that file systems or shells take ill as %XX.
 */
static void
encode_part(StringInfo path, const char *part)
{
	const char *p;

	for (p = part; *p; p++)
	{
		if (IS_HIGHBIT_SET(*p) || *p == '_' || *p == '-' ||
			(*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			(*p >= '0' && *p <= '9'))
			appendStringInfoChar(path, *p);
		else
			appendStringInfo(path, "%%%02X", (unsigned char) *p);
	}
}

/*
 * has_suffix
 *		Does a path end so?
 */
static bool
has_suffix(const char *path, const char *suffix)
{
	size_t		length = strlen(path);
	size_t		suffix_length = strlen(suffix);

	return length > suffix_length &&
		strcmp(path + length - suffix_length, suffix) == 0;
}

/*
 * ParseModelPath
 *		The model that a path names: its last two components, or its last one
 *		where that has a dot.  Taken literally, but for %XX.
 *
 * ERRCODE_INVALID_NAME when it names none, and all that ParseModelName says.
 */
ModelName
ParseModelPath(const char *path, bool *csv)
{
	ModelName	name;
	const char *base = strrchr(path, '/');
	const char *end = path + strlen(path) - strlen(SQL_SUFFIX);
	const char *dot;

	*csv = has_suffix(path, CSV_SUFFIX);
	if (!*csv && !has_suffix(path, SQL_SUFFIX))
		invalid_path(path, "It ends neither in .sql nor in .csv.");

	base = base ? base + 1 : path;
	dot = memchr(base, '.', end - base);
	if (dot != NULL)
	{
		name.schema = decode_part(path, base, dot - base);
		name.name = decode_part(path, dot + 1, end - dot - 1);
		if (memchr(dot + 1, '.', end - dot - 1) != NULL)
			invalid_path(path, "It has more than one dot before its ending; write a dot within a name as %2E.");
	}
	else
	{
		const char *schema;

		if (base == path)
			invalid_path(path, "It has no schema.");
		for (schema = base - 1; schema > path && schema[-1] != '/'; schema--)
			;
		if (strncmp(schema, "./", 2) == 0 || strncmp(schema, "../", 3) == 0)
			invalid_path(path, "It has no schema.");
		name.schema = decode_part(path, schema, base - 1 - schema);
		name.name = decode_part(path, base, end - base);
	}
	if (name.schema[0] == '\0' || name.name[0] == '\0')
		invalid_path(path, "Its schema or its name is empty.");

	/* length and reserved schemas are refused like any other name's */
	return ParseModelName(QuoteModelName(&name));
}

/*
 * find_directive
 *		Where the word of an options comment ends, if the text begins with
 *		one, else NULL.
 *
 * "-- vde" followed by something else than an object is a comment like any
 * other; "--vde" was meant for us.
 */
static const char *
find_directive(const char *text)
{
	const char *p = text +strspn(text, " \t\r\n\f\v");
	bool		tight;

	if (strncmp(p, "--", 2) != 0)
		return NULL;
	p += 2;
	tight = (strncmp(p, "vde", 3) == 0);
	p += strspn(p, " \t");
	if (strncmp(p, "vde", 3) != 0)
		return NULL;
	p += 3;
	if (p[strspn(p, " \t")] == '{')
		return p;
	return tight && strchr(" \t\r\n", *p) != NULL ? p : NULL;
}

/*
 * SplitOptionsComment
 *		Takes the options comment off a file's text.
 *
 * Returns its JSON, or NULL when there is none, and sets *query to the text
 * behind it.  The JSON has as many line feeds before and in it as the file,
 * so that the line in an error of the JSON parser is the file's.
 */
char *
SplitOptionsComment(const char *text, const char **query)
{
	StringInfoData json;
	const char *p;
	const char *line;
	bool		quoted = false;
	int			depth = 0;

	*query = text;

	p = find_directive(text);
	if (p == NULL)
		return NULL;

	initStringInfo(&json);
	for (line = text; line < p; line++)
	{
		if (*line == '\n')
			appendStringInfoChar(&json, '\n');
	}

	for (;; p++)
	{
		if (*p == '\n')
		{
			/* a string cannot go on; the JSON parser will say so */
			quoted = false;
			appendStringInfoChar(&json, '\n');
			p += 1 + strspn(p + 1, " \t");
			if (strncmp(p, "--", 2) != 0)
				break;
			p++;
			continue;
		}
		if (*p == '\0')
			break;
		appendStringInfoChar(&json, *p);
		if (quoted)
		{
			if (*p == '\\' && p[1] != '\0' && p[1] != '\n')
				appendStringInfoChar(&json, *++p);
			else if (*p == '"')
				quoted = false;
		}
		else if (*p == '"')
			quoted = true;
		else if (*p == '{')
			depth++;
		else if (*p == '}' && --depth == 0)
		{
			p++;
			p += strspn(p, " \t\r");
			if (*p == '\n')
				p++;
			else if (*p != '\0')
				ereport(ERROR,
						(errcode(ERRCODE_SYNTAX_ERROR),
						 errmsg("text after the end of the options comment"),
						 errhint("Begin the query on the next line.")));
			*query = p;
			return json.data;
		}
	}

	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("options comment has no end"),
			 errdetail("It is one JSON object, which may go on over following lines that begin with two dashes."),
			 errhint("Write it as in --vde {\"kind\": \"view\"}.")));
	return NULL;				/* keep the compiler quiet */
}

/*
 * options_comment
 *		The options comment of a definition, with its line feed.
 */
static char *
options_comment(const Definition *definition)
{
	StringInfoData buf;
	StringInfoData json;
	char	   *members;
	char	   *p;

	/* the kind comes first, for readers; {} has nothing but braces */
	members = JsonbToCString(NULL, &definition->options->root,
							 VARSIZE(definition->options));
	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	if (definition->kind != KIND_FULL && definition->kind != KIND_SEED)
		appendStringInfo(&json, "\"kind\": \"%s\"%s", KindName(definition->kind),
						 JB_ROOT_COUNT(definition->options) > 0 ? ", " : "");
	appendStringInfoString(&json, members + 1);

	initStringInfo(&buf);
	appendStringInfoString(&buf, "--vde ");
	if (json.len <= OPTIONS_LINE_LENGTH)
		appendStringInfo(&buf, "%s\n", json.data);
	else
	{
		Jsonb	   *whole = DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
															   CStringGetDatum(json.data)));
		char	   *indented = JsonbToCStringIndent(NULL, &whole->root,
													VARSIZE(whole));

		for (p = indented; *p; p++)
		{
			appendStringInfoChar(&buf, *p);
			if (*p == '\n')
				appendStringInfoString(&buf, "--");
		}
		appendStringInfoChar(&buf, '\n');
	}
	return buf.data;
}

/*
 * ModelFileContent
 *		A definition as vde_sync reads it.
 */
char *
ModelFileContent(const Definition *definition)
{
	const char *query = definition->query;
	bool		plain;

	plain = JB_ROOT_COUNT(definition->options) == 0 &&
		(definition->kind == KIND_FULL || definition->kind == KIND_SEED);

	/* what reading would take off the beginning must not stand there */
	if (plain && find_directive(query) == NULL &&
		strncmp(query, "\xEF\xBB\xBF", 3) != 0)
		return pstrdup(query);
	return psprintf("%s%s", options_comment(definition), query);
}

/*
 * ModelFilePath
 *		The path of a definition's file.
 */
char *
ModelFilePath(const Definition *definition)
{
	StringInfoData path;

	initStringInfo(&path);
	encode_part(&path, definition->name.schema);
	appendStringInfoChar(&path, '/');
	encode_part(&path, definition->name.name);
	appendStringInfoString(&path, definition->kind == KIND_SEED ?
						   CSV_SUFFIX : SQL_SUFFIX);
	return path.data;
}
