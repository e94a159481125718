/*-------------------------------------------------------------------------
 *
 * settings.c
 *	  The settings that change what a query means or returns.
 *
 * They are taken when a model is registered, and from then on belong to its
 * definition: whoever plans, builds or refreshes the model, in whatever
 * session, gets the same meaning and the same result.
 *
 * Invariants
 *
 * - Stored values depend on nothing in the session that stored them: "$user"
 *	 is resolved, and every other value is in the form that SHOW prints.
 *
 * - pg_temp is never stored and always last when a path is put in force:
 *	 left out, PostgreSQL would search it first, and a temporary table would
 *	 capture a name in a model's query.
 *
 * - Nothing here decides a permission.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/json.h"
#include "utils/varlena.h"

#include "compat.h"
#include "digest.h"
#include "settings.h"
#include "virtual_schema.h"

#define SEARCH_PATH "search_path"
#define STRING_SYNTAX "standard_conforming_strings"

/*
 * What decides a query's result, besides search_path.  Settings that only
 * change how fast it is found, or what messages look like, have no place
 * here: a difference in any of these gives a model another version.
 */
static const char *const captured_settings[] = {
	"DateStyle",
	"IntervalStyle",
	"TimeZone",
	"array_nulls",
	"backslash_quote",
	"bytea_output",
	"default_text_search_config",
	"extra_float_digits",
	"lc_monetary",
	"lc_numeric",
	"lc_time",
	STRING_SYNTAX,
	"timezone_abbreviations",
	"transform_null_equals",
	"xmlbinary",
	"xmloption",
};

/*
 * What can decide a result, too, but has no business to: not stored, and the
 * same whenever a model's query is read, planned or executed.
 */
static const struct
{
	const char *name;
	const char *value;
}			pinned_settings[] =

{
	/* tables' constraints are believed, foreign tables' as well */
	{"constraint_exclusion", "partition"},
	{"enable_partition_pruning", "on"},
	/* leaves out rows by chance */
	{"gin_fuzzy_search_limit", "0"},
	/* quote_ident() claims to be immutable and is not */
	{"quote_all_identifiers", "off"},
	/* these two are for pg_dump, and turn queries into errors */
	{"restrict_nonsystem_relation_kind", ""},
	{"row_security", "on"},
};

/* What no session can change */
static const char *const fixed_settings[] = {
	SEARCH_PATH,				/* taken, too */
	"server_encoding",
	"server_version",
	"server_version_num",
};

/*
 * IsKeptSetting
 *		See settings.h.
 */
bool
IsKeptSetting(const char *name)
{
	int			i;

	for (i = 0; i < lengthof(captured_settings); i++)
	{
		if (pg_strcasecmp(name, captured_settings[i]) == 0)
			return true;
	}
	for (i = 0; i < lengthof(fixed_settings); i++)
	{
		if (pg_strcasecmp(name, fixed_settings[i]) == 0)
			return true;
	}
	return false;
}

/*
 * IsSettingOfModels
 *		See settings.h.
 */
bool
IsSettingOfModels(const char *name)
{
	int			i;

	for (i = 0; i < lengthof(pinned_settings); i++)
	{
		if (pg_strcasecmp(name, pinned_settings[i].name) == 0)
			return true;
	}
	return IsKeptSetting(name) && pg_strcasecmp(name, SEARCH_PATH) != 0;
}

/*
 * path_schemas
 *		The schemas of a search_path as it is written, char *.
 */
static List *
path_schemas(const char *path)
{
	List	   *schemas;

	/* the list points into the copy */
	if (!SplitIdentifierString(pstrdup(path), ',', &schemas))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for parameter \"%s\": \"%s\"",
						SEARCH_PATH, path),
				 errdetail("List syntax is invalid.")));
	return schemas;
}

/*
 * is_listed
 *		Is the schema in the list already?
 */
static bool
is_listed(List *schemas, const char *schema)
{
	ListCell   *lc;

	foreach(lc, schemas)
	{
		if (strcmp(lfirst(lc), schema) == 0)
			return true;
	}
	return false;
}

/*
 * write_path
 *		Schemas as a search_path that reads back as the same list.
 */
static char *
write_path(List *schemas)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, schemas)
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "",
						 quote_identifier(lfirst(lc)));
	return buf.data;
}

/*
 * resolved_search_path
 *		The session's search_path without what depends on the session.
 *
 * "$user" becomes the schema of the role's name, and goes when there is no
 * such schema: otherwise the same model registered by two people would never
 * be the same, and a schema made later could change what a name means.  Nor
 * does it matter which environment somebody looks at: its schemas go.  Other
 * schemas stay even if they are not there yet: models may come to be in them.
 */
static char *
resolved_search_path(Oid role)
{
	List	   *resolved = NIL;
	List	   *schemas;
	ListCell   *lc;

	schemas = path_schemas(GetConfigOption(SEARCH_PATH, false, false));
	foreach(lc, schemas)
	{
		char	   *schema = lfirst(lc);
		Oid			namespace;

		if (strcmp(schema, "$user") == 0)
		{
			schema = GetUserNameFromId(role, false);
			if (!OidIsValid(get_namespace_oid(schema, true)))
				continue;
		}
		namespace = get_namespace_oid(schema, true);
		if (schema[0] == '\0' ||
			(OidIsValid(namespace) && SuffixedSchemaEnvironment(namespace) != NULL) ||
			strcmp(schema, "pg_temp") == 0 ||
			strncmp(schema, "pg_temp_", 8) == 0 ||
			is_listed(resolved, schema))
			continue;
		resolved = lappend(resolved, schema);
	}
	return write_path(resolved);
}

/*
 * append_member
 *		"name": "value" of a JSON object.
 */
static void
append_member(StringInfo json, const char *name, const char *value)
{
	appendStringInfoString(json, json->len > 1 ? ", " : "");
	escape_json(json, name);
	appendStringInfoString(json, ": ");
	escape_json(json, value);
}

/*
 * CaptureSettings
 *		What is in force now, for a model of that owner.
 *
 * Must be called before the session's own search_path is replaced.
 */
Jsonb *
CaptureSettings(Oid owner)
{
	StringInfoData json;
	int			i;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	append_member(&json, SEARCH_PATH, resolved_search_path(owner));
	for (i = 0; i < lengthof(captured_settings); i++)
		append_member(&json, captured_settings[i],
					  GetConfigOptionByName(captured_settings[i], NULL, false));
	appendStringInfoChar(&json, '}');

	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
											  CStringGetDatum(json.data)));
}

/*
 * next_setting
 *		Steps through stored settings, in the one order that jsonb has.
 *
 * Name and value are copies; the value NULL when it is no string.  False at
 * the end.
 */
static bool
next_setting(JsonbIterator **it, char **name, char **value)
{
	JsonbValue	v;
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(it, &v, true)) != WJB_DONE)
	{
		if (token != WJB_KEY)
			continue;
		*name = pnstrdup(v.val.string.val, v.val.string.len);
		(void) JsonbIteratorNext(it, &v, true);
		*value = (v.type == jbvString) ?
			pnstrdup(v.val.string.val, v.val.string.len) : NULL;
		return true;
	}
	return false;
}

/*
 * stored_setting_callback
 *		Says of an error about a setting where its value comes from.
 */
static void
stored_setting_callback(void *arg)
{
	char	   *const *name = arg;

	if (*name)
		errcontext("setting \"%s\", as it was when the model was registered",
				   *name);
}

/*
 * ApplySetting
 *		See settings.h.
 */
void
ApplySetting(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/*
 * apply_different
 *		Puts a setting in force unless it is.  Did that change anything?
 *
 * Most are as they should be already.  Setting one costs more than comparing
 * it, and a new search_path throws away what was looked up.
 */
static bool
apply_different(const char *name, const char *value)
{
	const char *current = GetConfigOption(name, true, false);

	if (current != NULL && strcmp(current, value) == 0)
		return false;
	ApplySetting(name, value);
	return true;
}

/*
 * ApplySettings
 *		See settings.h.
 *
 * A value that this server does not know (a locale of another machine, a text
 * search configuration that was dropped) is the error that SET would give.
 */
uint64
ApplySettings(Jsonb *settings, bool *changed)
{
	JsonbIterator *it = JsonbIteratorInit(&settings->root);
	ErrorContextCallback callback;
	uint64		number = 0;
	char	   *name = NULL;
	char	   *value;
	int			i;

	callback.callback = stored_setting_callback;
	callback.arg = &name;
	callback.previous = error_context_stack;
	error_context_stack = &callback;

	*changed = false;
	for (i = 0; i < lengthof(pinned_settings); i++)
	{
		/* not all minor versions have all of them */
		if (GetConfigOption(pinned_settings[i].name, true, false) != NULL &&
			apply_different(pinned_settings[i].name, pinned_settings[i].value))
			*changed = true;
	}

	while (next_setting(&it, &name, &value))
	{
		if (value == NULL)
			elog(ERROR, "stored setting is not a string");
		if (strcmp(name, SEARCH_PATH) == 0)
		{
			if (value[0] == '\0')
				value = "pg_catalog, pg_temp";
			else
				value = psprintf("%s, pg_temp", value);
			(void) apply_different(name, value);
			continue;
		}

		/* where it matters, see LostStringSyntax */
		if (VDE_ONLY_STANDARD_STRINGS && strcmp(name, STRING_SYNTAX) == 0)
			continue;

		if (apply_different(name, value))
			*changed = true;
		number = hash_combine64(number, hash_bytes_extended((unsigned char *) name, strlen(name), 0));
		number = hash_combine64(number, hash_bytes_extended((unsigned char *) value, strlen(value), 0));
	}

	error_context_stack = callback.previous;
	return number;
}

/*
 * SettingValue
 *		See settings.h.
 */
char *
SettingValue(Jsonb *settings, const char *wanted)
{
	JsonbIterator *it = JsonbIteratorInit(&settings->root);
	char	   *found = NULL;
	char	   *name;
	char	   *value;

	while (next_setting(&it, &name, &value))
	{
		if (strcmp(name, wanted) == 0)
			found = value;
	}
	return found;
}

/*
 * LostStringSyntax
 *		See settings.h.
 *
 * What the setting decides is what a backslash in a string means, so a text
 * without one is read the same.
 */
bool
LostStringSyntax(Jsonb *settings, const char *text)
{
	char	   *value;

	if (!VDE_ONLY_STANDARD_STRINGS || strchr(text, '\\') == NULL)
		return false;
	value = SettingValue(settings, STRING_SYNTAX);
	return value != NULL && strcmp(value, "off") == 0;
}

/*
 * SettingsSearchPath
 *		The stored search_path as a list of schemas, char *.
 */
List *
SettingsSearchPath(Jsonb *settings)
{
	JsonbIterator *it = JsonbIteratorInit(&settings->root);
	List	   *schemas = NIL;
	char	   *name;
	char	   *value;

	while (next_setting(&it, &name, &value))
	{
		if (strcmp(name, SEARCH_PATH) == 0 && value != NULL)
			schemas = path_schemas(value);
	}

	if (!is_listed(schemas, "pg_catalog"))
		schemas = lcons(pstrdup("pg_catalog"), schemas);
	return schemas;
}

/*
 * PutSettings
 *		Canonical bytes of all of them.
 */
void
PutSettings(StringInfo buf, Jsonb *settings)
{
	JsonbIterator *it = JsonbIteratorInit(&settings->root);
	char	   *name;
	char	   *value;

	PutInt(buf, JB_ROOT_COUNT(settings));
	while (next_setting(&it, &name, &value))
	{
		PutString(buf, name);
		PutString(buf, value);
	}
}
