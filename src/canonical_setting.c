/*-------------------------------------------------------------------------
 *
 * canonical_setting.c
 *	  What of PostgreSQL's own is declared immutable and follows settings all
 *	  the same.
 *
 *	age()				of two times with time zone: the days between them are
 *						those of TimeZone
 *	time zones as text	"IST" is what timezone_abbreviations says, and from 18
 *						on TimeZone before that; a name like "Europe/Rome" is
 *						always itself
 *	output functions	extra_float_digits and bytea_output
 *	jsonpath			names of months in the template of datetime() are those
 *						of lc_time
 *
 * quote_ident() is another; the setting that it follows is always off for a
 * model, see ApplySettings.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"

#include "canonical.h"

/*
 * Is it the name of one time zone in every session?  No abbreviation has a
 * slash, and these two mean nothing else.
 */
static bool
is_fixed_zone(Node *node)
{
	Const	   *constant = (Const *) node;
	char	   *name;

	if (!IsA(node, Const) || constant->consttype != TEXTOID)
		return false;
	if (constant->constisnull)
		return true;
	name = TextDatumGetCString(constant->constvalue);
	return strchr(name, '/') != NULL ||
		pg_strcasecmp(name, "UTC") == 0 || pg_strcasecmp(name, "GMT") == 0;
}

/*
 * Does a function of PostgreSQL's own that is declared immutable return
 * something else under other settings?  args: with these; NIL: with any.
 */
bool
ImmutableFollowsSettings(Oid funcid, Oid result_type, List *args)
{
	switch (funcid)
	{
		case F_AGE_TIMESTAMPTZ_TIMESTAMPTZ:
			return true;
		case F_TIMEZONE_TEXT_TIMESTAMP:
		case F_TIMEZONE_TEXT_TIMESTAMPTZ:
			return args == NIL || !is_fixed_zone(linitial(args));
		case F_DATE_TRUNC_TEXT_TIMESTAMPTZ_TEXT:
#if PG_VERSION_NUM >= 160000
		case F_DATE_ADD_TIMESTAMPTZ_INTERVAL_TEXT:
		case F_DATE_SUBTRACT_TIMESTAMPTZ_INTERVAL_TEXT:
		case F_GENERATE_SERIES_TIMESTAMPTZ_TIMESTAMPTZ_INTERVAL_TEXT:
#endif
			return args == NIL || !is_fixed_zone(llast(args));
		default:
			return result_type == CSTRINGOID;
	}
}

/*
 * Can a path into JSON follow settings?  One that is no constant can be any.
 */
bool
PathFollowsSettings(Node *path)
{
	Const	   *constant = (Const *) path;
	char	   *text;

	if (!IsA(path, Const))
		return true;
	if (constant->constisnull)
		return false;
	text = DatumGetCString(DirectFunctionCall1(jsonpath_out, constant->constvalue));

	return strstr(text, ".datetime(") != NULL;
}
