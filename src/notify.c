/*-------------------------------------------------------------------------
 *
 * notify.c
 *	  NOTIFY vde, for whoever listens to what is deployed.
 *
 * It is part of the transaction that deploys, so that who is told of a
 * deployment finds it, and nobody is told of one that was rolled back.  The
 * payload is a small JSON object: names are at most 63 bytes, far below the
 * 8000 that NOTIFY takes.
 *
 * A transaction with a NOTIFY cannot be prepared (PREPARE TRANSACTION), so
 * there is the setting vde.notify.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/async.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/json.h"

#include "guc.h"
#include "notify.h"

#define CHANNEL "vde"

/*
 * NotifyDeployment
 *		See notify.h.
 */
void
NotifyDeployment(const char *environment, int64 deployment, const char *action,
				 const char *source, int64 changed, Oid role)
{
	StringInfoData payload;
	char	   *name;

	if (!VdeNotify)
		return;
	initStringInfo(&payload);
	appendStringInfoString(&payload, "{\"environment\": ");
	escape_json(&payload, environment);
	appendStringInfoString(&payload, ", \"action\": ");
	escape_json(&payload, action);
	if (deployment != 0)
		appendStringInfo(&payload, ", \"deployment\": " INT64_FORMAT, deployment);
	if (source != NULL)
	{
		appendStringInfoString(&payload, ", \"source\": ");
		escape_json(&payload, source);
	}
	appendStringInfo(&payload, ", \"changed\": " INT64_FORMAT, changed);
	name = GetUserNameFromId(role, true);
	if (name != NULL)
	{
		appendStringInfoString(&payload, ", \"role\": ");
		escape_json(&payload, name);
	}
	appendStringInfoChar(&payload, '}');
	Async_Notify(CHANNEL, payload.data);
	pfree(payload.data);
}
