/*-------------------------------------------------------------------------
 *
 * model_text.c
 *	  The text of a model: parsed, found to be one query, and pointed into by
 *	  errors.
 *
 * Invariant: an error about the text has its position in the text, not in
 * the statement that the user sent, which is a call of vde.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "parser/parser.h"
#include "parser/scanner.h"
#include "tcop/utility.h"

#include "model_text.h"
#include "session.h"
#include "settings.h"
#include "text_privacy.h"

/*
 * model_error_callback
 *		Moves an error's position from the statement that the user sent, which
 *		is a call of vde, to the model's text, and names the model.
 *
 * An error from within (a function that SPI runs) comes here with its
 * position moved already; that one must stay.
 */
static void
model_error_callback(void *arg)
{
	ModelContext *context = arg;
	int			position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(context->definition->query);
	}
	if (context->hidden_by != NULL)
		HideModelError(context->name, context->hidden_by);
	errcontext("model \"%s\"", context->name);
}

/*
 * EnterModel, LeaveModel
 *		Around everything that may raise an error about the model's text.
 */
void
EnterModel(ModelContext *context, const Definition *definition)
{
	context->definition = definition;
	context->name = QuoteModelName(&definition->name);
	context->hidden_by = HidesErrors(definition) ? GetUserNameFromId(definition->owner, false) : NULL;
	context->callback.callback = model_error_callback;
	context->callback.arg = context;
	context->callback.previous = error_context_stack;
	error_context_stack = &context->callback;
}

void
LeaveModel(ModelContext *context)
{
	error_context_stack = context->callback.previous;
}

/*
 * QueryPosition
 *		What errposition() wants, characters from 1, for a byte offset in the
 *		query; 0, which is none, for an unknown one.
 */
int
QueryPosition(const char *query, int location)
{
	if (location < 0)
		return 0;
	return pg_mbstrlen_with_len(query, location) + 1;
}

/*
 * is_word
 *		Does the input begin with that word, in whatever case?
 */
static bool
is_word(const char *input, const char *word)
{
	int			length = strlen(word);

	return pg_strncasecmp(input, word, length) == 0 &&
		!isalnum((unsigned char) input[length]) &&
		!IS_HIGHBIT_SET(input[length]) &&
		input[length] != '_' && input[length] != '$';
}

/*
 * token_location
 *		Byte offset of the first token at or after start, or of the first FOR
 *		of a locking clause; -1 when there is none.
 *
 * The parse tree has no position for either.  The input has been parsed, so
 * the scanner finds nothing wrong with it.
 */
static int
token_location(const char *query, int start, bool locking)
{
	const char *input = query + start;
	core_yyscan_t scanner;
	core_yy_extra_type extra;
	core_YYSTYPE value;
	YYLTYPE		location;
	int			last_for = -1;
	int			result = -1;

	scanner = scanner_init(input, &extra, &ScanKeywords, ScanKeywordTokens);
	while (result < 0 && core_yylex(&value, &location, scanner) != 0)
	{
		const char *token = input + location;

		if (!locking)
			result = start + location;
		else if (last_for >= 0 &&
				 (is_word(token, "update") || is_word(token, "share") ||
				  is_word(token, "no") || is_word(token, "key")))
			result = last_for;
		last_for = is_word(token, "for") ? start + location : -1;
	}
	scanner_finish(scanner);
	return result;
}

/*
 * LockingLocation
 *		Byte offset of the first locking clause in a query that has one.
 *
 * The text must be scanned under the settings that it was parsed with.
 */
int
LockingLocation(const Definition *definition)
{
	RunAs		run_as;
	int			location;

	RunAsBegin(&run_as, definition->owner, definition->settings, true);
	location = token_location(definition->query, 0, true);
	RunAsEnd(&run_as);
	return location;
}

/*
 * UsingLocation
 *		Byte offset of a column in the first USING (...) of a query that has it,
 *		or -1.  PostgreSQL's errors about such a column have no position.
 */
int
UsingLocation(const Definition *definition, const char *column)
{
	RunAs		run_as;
	core_yyscan_t scanner;
	core_yy_extra_type extra;
	core_YYSTYPE value;
	YYLTYPE		location;
	int			token;
	bool		after_using = false;
	bool		inside = false;
	int			result = -1;

	RunAsBegin(&run_as, definition->owner, definition->settings, true);
	scanner = scanner_init(definition->query, &extra, &ScanKeywords, ScanKeywordTokens);
	while (result < 0 && (token = core_yylex(&value, &location, scanner)) != 0)
	{
		/* names, keywords among them, begin as names do, or with a quote */
		const char *text = definition->query + location;
		bool		name = *text == '"' || *text == '_' || isalpha((unsigned char) *text) ||
		IS_HIGHBIT_SET(*text);

		if (after_using && token == '(')
			inside = true;
		else if (token == ')')
			inside = false;
		else if (inside && name && *text !='"' && is_word(text, column))
			result = location;
		else if (inside && *text == '"' && strcmp(value.str, column) == 0)
			result = location;
		after_using = is_word(text, "using");
	}
	scanner_finish(scanner);
	RunAsEnd(&run_as);
	return result;
}

/*
 * single_select
 *		The one statement of a model, which must be a query.
 */
static RawStmt *
single_select(const Definition *definition, List *statements)
{
	const char *query = definition->query;
	RawStmt    *raw;

	if (statements == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("query of model \"%s\" is empty",
						QuoteModelName(&definition->name)),
				 errhint("Write one SELECT, VALUES or TABLE.")));
	if (list_length(statements) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("query of model \"%s\" has more than one statement",
						QuoteModelName(&definition->name)),
				 errdetail("A model is one query, and this text has %d statements.",
						   list_length(statements)),
				 errhint("Register each query as a model of its own."),
				 errposition(QueryPosition(query,
										   token_location(query,
														  lsecond_node(RawStmt, statements)->stmt_location,
														  false)))));

	raw = linitial_node(RawStmt, statements);
	if (!IsA(raw->stmt, SelectStmt))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("query of model \"%s\" cannot be %s",
						QuoteModelName(&definition->name),
						CreateCommandName((Node *) raw)),
				 errdetail("A model is a query that returns rows and changes nothing."),
				 errhint("Write one SELECT, VALUES or TABLE."),
				 errposition(QueryPosition(query,
										   token_location(query,
														  Max(raw->stmt_location, 0),
														  false)))));
	return raw;
}

/*
 * ParseQuery
 *		The raw parse tree.  Settings matter here too: what a backslash in a
 *		string means, for one.
 */
RawStmt *
ParseQuery(const Definition *definition)
{
	RunAs		run_as;
	RawStmt    *raw;

	if (LostStringSyntax(definition->settings, definition->query))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("query of model \"%s\" is written for standard_conforming_strings = off",
						QuoteModelName(&definition->name)),
				 errdetail("It was registered with this setting and has a backslash; this server reads strings as the standard says, always."),
				 errhint("Register the model again, with E'...' where a backslash is to be an escape."),
				 errposition(QueryPosition(definition->query,
										   strchr(definition->query, '\\') - definition->query))));
	RunAsBegin(&run_as, definition->owner, definition->settings, true);
	raw = single_select(definition,
						raw_parser(definition->query, RAW_PARSE_DEFAULT));
	RunAsEnd(&run_as);
	return raw;
}
