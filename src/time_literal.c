/*-------------------------------------------------------------------------
 *
 * time_literal.c
 *	  Literals that say when they are read: 'now', 'today', 'tomorrow' and
 *	  'yesterday', as dates and times.
 *
 * Analysis makes a constant of such a literal, and so each analysis another
 * one: a model with one would be another model at each build.  What it is
 * meant to say, now() says.
 *
 * Only what stands in the model's own text is looked at.  A constant of a
 * view's has no position; it was read when the view was made.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/pg_type.h"
#include "compat.h"
#include "miscadmin.h"
#include "parser/parser.h"
#include "parser/scanner.h"
#include "utils/lsyscache.h"

#include "model_text.h"
#include "session.h"
#include "time_literal.h"

static const char *const words[] = {"now", "today", "tomorrow", "yesterday"};

/*
 * holds_time
 *		Is it a date or a time, or an array or range of them?
 */
static bool
holds_time(Oid typid)
{
	Oid			inner;

	check_stack_depth();
	typid = getBaseType(typid);
	switch (typid)
	{
		case DATEOID:
		case TIMEOID:
		case TIMETZOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return true;
		default:
			break;
	}
	inner = get_element_type(typid);
	if (!OidIsValid(inner))
		inner = get_multirange_range(typid);
	if (!OidIsValid(inner))
		inner = get_range_subtype(typid);
	return OidIsValid(inner) && holds_time(inner);
}

/*
 * is_string
 *		Does a literal of text, in whatever quotes, begin there?
 */
static bool
is_string(const char *text)
{
	switch (text[0])
	{
		case '\'':
			return true;
		case '$':
			return !isdigit((unsigned char) text[1]);
		case 'e':
		case 'E':
			return text[1] == '\'';

		case 'u':
		case 'U':
			return text[1] == '&' && text[2] == '\'';

		default:
			return false;
	}
}

/*
 * literal_at
 *		The value of the literal of text at a byte offset of the query.
 *
 * The text must be scanned under the settings that it was parsed with.
 */
static const char *
literal_at(const Definition *definition, int location)
{
	RunAs		run_as;
	core_yyscan_t scanner;
	core_yy_extra_type extra;
	core_YYSTYPE value;
	YYLTYPE		start;
	const char *literal = NULL;

	RunAsBegin(&run_as, definition->owner, definition->settings, true);
	scanner = scanner_init(definition->query + location, &extra, &ScanKeywords, ScanKeywordTokens);
	OmitEscapeWarning(extra);	/* the parser has warned */
	value.str = NULL;
	if (core_yylex(&value, &start, scanner) != 0 && value.str != NULL)
		literal = pstrdup(value.str);
	scanner_finish(scanner);
	RunAsEnd(&run_as);
	return literal;
}

/*
 * has_word
 *		Is it there as a word, in whatever case?
 */
static bool
has_word(const char *literal, const char *word)
{
	int			length = strlen(word);
	const char *at;

	for (at = literal; *at != '\0'; at++)
	{
		if ((at == literal || !isalpha((unsigned char) at[-1])) &&
			pg_strncasecmp(at, word, length) == 0 && !isalpha((unsigned char) at[length]))
			return true;
	}
	return false;
}

/*
 * CheckTimeLiteral
 *		See time_literal.h.
 */
void
CheckTimeLiteral(const Definition *definition, const Const *constant)
{
	int			location = constant->location;
	const char *literal;
	int			i;

	if (constant->constisnull || location < 0 || !holds_time(constant->consttype) ||
		location >= (int) strlen(definition->query) || !is_string(definition->query + location))
		return;
	literal = literal_at(definition, location);
	if (literal == NULL)
		return;
	for (i = 0; i < lengthof(words); i++)
	{
		if (has_word(literal, words[i]))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("literal '%s' is a time that is read only once", literal),
					 errdetail("It is read when the model is analyzed, and would stay what it was then."),
					 errhint("Write now(), LOCALTIMESTAMP or CURRENT_DATE, or compute from these, as in CURRENT_DATE - 1."),
					 errposition(QueryPosition(definition->query, location))));
	}
}
