/*-------------------------------------------------------------------------
 *
 * vde.c
 *	  The library's entry point and the extension's settings.
 *
 * Settings only name things (an environment, a time); none of them changes
 * what a model means, so none is part of a fingerprint.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/varlena.h"

#include "fault.h"
#include "guc.h"
#include "kept_plans.h"
#include "redirect.h"
#include "redirect_zone.h"
#include "set_schema.h"

PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

char	   *VdeEnvironment = NULL;
char	   *VdeProtected = NULL;
int			VdeLockTimeout = 30000;
int			VdeMaxWorkers = 2;
bool		VdeNotify = true;
int			VdeRetention = 7 * 24 * 3600;

/*
 * check_name_list
 *		A list of names, as search_path has it.
 */
static bool
check_name_list(char **newval, void **extra, GucSource source)
{
	char	   *copy = pstrdup(*newval);
	List	   *names;
	bool		ok = SplitIdentifierString(copy, ',', &names);

	if (!ok)
		GUC_check_errdetail("List syntax is invalid.");
	else
		list_free(names);
	pfree(copy);
	return ok;
}

/*
 * check_environment
 *		Nothing but the letters of an environment's name: whatever else is
 *		asked of it is asked when it is used.
 */
static bool
check_environment(char **newval, void **extra, GucSource source)
{
	if (strspn(*newval, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(*newval))
	{
		GUC_check_errdetail("An environment's name consists of lower-case letters, digits and single underscores.");
		return false;
	}
	return true;
}

/*
 * DefineSettings
 *		Makes the settings known to PostgreSQL.
 */
void
DefineSettings(void)
{
	DefineCustomStringVariable("vde.environment",
							   "Environment that work goes to when a call names none, and that queries of models read.",
							   "Empty: work goes to dev, and queries read prod.",
							   &VdeEnvironment, "", PGC_USERSET, 0,
							   check_environment, AssignRedirection, NULL);
	DefineCustomStringVariable("vde.protected",
							   "Environments that drafts reach only with confirm => true.",
							   NULL,
							   &VdeProtected, "prod", PGC_SUSET, GUC_LIST_INPUT,
							   check_name_list, NULL, NULL);
	DefineCustomIntVariable("vde.lock_timeout",
							"Longest time that a deployment tries to lock the views it changes, and vde_gc, vde_sync and vde_discard ask for their turn.",
							"0 waits without limit.",
							&VdeLockTimeout, 30000, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("vde.max_workers",
							"Most background workers that build models beside the session that called.",
							"0: the session builds all of them itself, one after the other.",
							&VdeMaxWorkers, 2, 0, 1024,
							PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("vde.notify",
							 "Sends NOTIFY vde with each deployment.",
							 "Off where a transaction is to be prepared (PREPARE TRANSACTION).",
							 &VdeNotify, true, PGC_USERSET, 0,
							 NULL, NULL, NULL);
	DefineCustomIntVariable("vde.retention",
							"How long a superseded table is kept before vde_gc() may drop it.",
							NULL,
							&VdeRetention, 7 * 24 * 3600, 0, INT_MAX,
							PGC_SUSET, GUC_UNIT_S, NULL, NULL, NULL);
#ifdef USE_ASSERT_CHECKING
	DefineFaultSettings();
#endif
	MarkGUCPrefixReserved("vde");
}

/*
 * EnvironmentIsProtected
 *		Is the environment listed in vde.protected?
 */
bool
EnvironmentIsProtected(const char *environment)
{
	char	   *copy = pstrdup(VdeProtected);
	List	   *names;
	ListCell   *cell;

	if (!SplitIdentifierString(copy, ',', &names))
		elog(ERROR, "invalid list syntax in vde.protected");
	foreach(cell, names)
	{
		if (strcmp((const char *) lfirst(cell), environment) == 0)
			return true;
	}
	return false;
}

void
_PG_init(void)
{
	DefineSettings();
	InstallRedirection();
	InstallKeptPlans();
	InstallSetSchema();
}
