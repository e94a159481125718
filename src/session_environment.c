/*-------------------------------------------------------------------------
 *
 * session_environment.c
 *	  vde_use(), vde_status(): which environment a session is in.
 *
 * vde_use sets two settings, as SET or SET LOCAL would: vde.environment, which
 * redirects names of models' views, and search_path, where the environment's
 * schemas come before those whose names they begin with.  So an unqualified
 * name finds what prod does not have, too.  Schemas of other environments
 * leave the path; everything else stays as it stands there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/varlena.h"

#include "argument.h"
#include "catalog.h"
#include "compat.h"
#include "environment.h"
#include "guc.h"
#include "redirect_zone.h"
#include "session.h"
#include "virtual_schema.h"

PG_FUNCTION_INFO_V1(vde_use);
PG_FUNCTION_INFO_V1(vde_status);

#define STATUS_COLUMNS	5

/*
 * is_listed
 *		Does a list of libraries name ours?
 */
static bool
is_listed(const char *libraries)
{
	List	   *names;
	ListCell   *lc;

	if (libraries == NULL || !SplitDirectoriesString(pstrdup(libraries), ',', &names))
		return false;
	foreach(lc, names)
	{
		char	   *name = lfirst(lc);
		char	   *slash = strrchr(name, '/');
		char	   *suffix;

		if (slash != NULL)
			name = slash + 1;
		suffix = strstr(name, DLSUFFIX);
		if (suffix != NULL)
			*suffix = '\0';
		if (strcmp(name, "vde") == 0)
			return true;
	}
	return false;
}

/*
 * is_preloaded
 *		Was the library there from the begin of the session?
 */
static bool
is_preloaded(void)
{
	return is_listed(shared_preload_libraries_string) ||
		is_listed(session_preload_libraries_string) ||
		is_listed(local_preload_libraries_string);
}

/*
 * is_left_over
 *		Is that the schema of an environment that is no more?  We put it into
 *		the path when the environment was in force.
 */
static bool
is_left_over(const char *schema)
{
	size_t		length = strlen(schema);
	size_t		suffix;

	if (!RedirectionOn)
		return false;
	suffix = strlen(VdeEnvironment) + 2;
	return length > suffix &&
		strncmp(schema + length - suffix, "__", 2) == 0 &&
		strcmp(schema + length - suffix + 2, VdeEnvironment) == 0;
}

/*
 * path_for
 *		The search_path with the schemas of an environment in it.
 */
static char *
path_for(const char *environment)
{
	StringInfoData path;
	List	   *schemas;
	ListCell   *lc;

	if (!SplitIdentifierString(pstrdup(GetConfigOption("search_path", false, false)),
							   ',', &schemas))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("search_path is not a list of schemas"),
				 errhint("SET search_path to a list of names, with commas between.")));

	initStringInfo(&path);
	foreach(lc, schemas)
	{
		char	   *schema = lfirst(lc);
		Oid			namespace = get_namespace_oid(schema, true);

		if (is_left_over(schema) ||
			(OidIsValid(namespace) && SuffixedSchemaEnvironment(namespace) != NULL))
			continue;
		if (environment != NULL)
		{
			char	   *suffixed = psprintf("%s__%s",
											strcmp(schema, "$user") == 0 ?
											GetUserNameFromId(GetUserId(), false) : schema,
											environment);
			const char *found = NULL;

			namespace = strlen(suffixed) < NAMEDATALEN ? get_namespace_oid(suffixed, true) : InvalidOid;
			if (OidIsValid(namespace))
				found = SchemaEnvironment(namespace);
			if (found != NULL && strcmp(found, environment) == 0)
				appendStringInfo(&path, "%s%s", path.len > 0 ? ", " : "",
								 quote_identifier(suffixed));
		}
		appendStringInfo(&path, "%s%s", path.len > 0 ? ", " : "", quote_identifier(schema));
	}
	return path.data;
}

/*
 * vde_use
 *		vde_use(environment, is_local)
 */
Datum
vde_use(PG_FUNCTION_ARGS)
{
	static bool told = false;
	char	   *environment = PG_ARGISNULL(0) ? NULL : EnvironmentName(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	bool		is_local = FlagArgument(fcinfo, 1);
	GucAction	action = is_local ? GUC_ACTION_LOCAL : GUC_ACTION_SET;
	bool		is_prod = environment == NULL || strcmp(environment, PROD_ENVIRONMENT) == 0;
	char	   *path;

	if (!is_prod)
	{
		VdeSession	session;

		SessionBegin(&session, NULL);
		(void) FindEnvironment(environment, false);
		SessionEnd(&session);
	}

	path = path_for(is_prod ? NULL : environment);
	(void) set_config_option("search_path", path, PGC_USERSET, PGC_S_SESSION,
							 action, true, 0, false);
	(void) set_config_option("vde.environment", environment ? environment : "",
							 PGC_USERSET, PGC_S_SESSION, action, true, 0, false);

	if (!is_prod && !told && !is_preloaded())
	{
		ereport(NOTICE,
				(errmsg("the library of vde is not loaded at the start of a session"),
				 errdetail("Until something of vde is called in a session, its queries read prod, whatever vde.environment says."),
				 errhint("For defaults of roles and databases to take effect (ALTER ROLE ... SET vde.environment), have a superuser add vde to session_preload_libraries.")));
		told = true;
	}
	if (environment == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(environment));
}

/*
 * vde_status
 *		One row about this session.
 */
Datum
vde_status(PG_FUNCTION_ARGS)
{
	VdeSession	session;
	TupleDesc	desc;
	Datum		values[STATUS_COLUMNS] = {0};
	bool		nulls[STATUS_COLUMNS] = {0};
	bool		plain_zone = RedirectionOn && InPlainZone();
	const char *note = NULL;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	if (VdeEnvironment == NULL || VdeEnvironment[0] == '\0')
		note = "vde.environment is not set: queries read prod, and work goes to dev";
	else if (!RedirectionOn)
		note = "queries read prod, and work goes there";
	else
	{
		Environment *environment;

		SessionBegin(&session, NULL);
		environment = FindEnvironment(VdeEnvironment, true);
		if (environment == NULL)
			note = "the environment does not exist: to read a model is an error";
		else if (!environment->layer_complete)
			note = "the environment has not been applied yet: to read a model is an error";
		else if (plain_zone)
			note = "not inside of a SECURITY DEFINER function, a security-restricted operation or a command that stores a query";
		else if (!is_preloaded())
			note = "since vde was called for the first time in this session: defaults of roles and databases need it in session_preload_libraries";
		SessionEnd(&session);
	}

	if (VdeEnvironment == NULL || VdeEnvironment[0] == '\0')
		nulls[0] = true;
	else
		values[0] = CStringGetTextDatum(VdeEnvironment);
	values[1] = BoolGetDatum(RedirectionOn && !plain_zone);
	values[2] = BoolGetDatum(is_preloaded());
	values[3] = CStringGetTextDatum(GetConfigOption("search_path", false, false));
	if (note != NULL)
		values[4] = CStringGetTextDatum(note);
	else
		nulls[4] = true;
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
