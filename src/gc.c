/*-------------------------------------------------------------------------
 *
 * gc.c
 *	  vde_gc: drops what nothing needs.
 *
 * A relation is needed while an environment points at its version, while one
 * rollback of an environment would, and for vde.retention after an environment
 * last let go of it.  Everything else in vde_data that the catalog knows goes,
 * one by one, never with CASCADE: what something still depends on stays, and so
 * does, until the next time, what somebody is reading, be it a table or an
 * environment that has expired.  The catalog's rows stay: they are the history.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "catalog.h"
#include "compat.h"
#include "environment.h"
#include "environment_lock.h"
#include "fault.h"
#include "guc.h"
#include "lifecycle.h"
#include "lock_budget.h"
#include "physical.h"
#include "session.h"
#include "settings.h"
#include "snapshot.h"
#include "subtransaction.h"

PG_FUNCTION_INFO_V1(vde_gc);

typedef struct Garbage
{
	int64		version_id;
	char	   *relation_name;
} Garbage;

/* What became of it */
typedef enum Fate
{
	DROPPED,
	NEEDED,						/* something depends on it */
	IN_USE						/* somebody has a lock on it, or we a cursor */
} Fate;

/* how long the readers of a relation are waited for */
#define READER_SLICE	"200ms"

/*
 * expire_environments
 *		Drops environments whose time is over.
 */
static void
expire_environments(VdeSession *session)
{
	List	   *names = NIL;
	ListCell   *cell;
	uint64		rows = CatalogRead("SELECT name FROM vde.environment WHERE expires_at < $1 ORDER BY id", "z",
								   GetCurrentTimestamp());
	uint64		row;

	for (row = 0; row < rows; row++)
		names = lappend(names, CatalogText(row, 1));
	foreach(cell, names)
	{
		Environment *environment = FindEnvironment((char *) lfirst(cell), false);
		ViewObstacle *obstacle;
		ErrorData  *held;
		bool		dropped;

		if (EnvironmentIsProtected(environment->name))
		{
			ereport(NOTICE,
					(errmsg("environment \"%s\" has expired and is kept: it is listed in the setting vde.protected",
							environment->name)));
			continue;
		}
		/* nobody deploys to it: that lock is shared, and we have it alone */
		obstacle = DropObstacle(environment);

		/* one that cannot go must not keep the rest */
		if (obstacle != NULL)
		{
			ereport(NOTICE,
					(errmsg("environment \"%s\" has expired and is kept: %s", environment->name,
							obstacle->message),
					 obstacle->detail ? errdetail_internal("%s", obstacle->detail) : 0));
			continue;
		}

		/* who drafts in it may come for the lock that we have */
		dropped = DropEnvironment(session, environment, false, &held);
		SessionCommit(session);
		if (!dropped)
		{
			ereport(NOTICE,
					(errmsg("environment \"%s\" has expired and is kept until the next time: %s", environment->name,
							held && held->detail ? held->message : "somebody works in it"),
					 held && held->detail ? errdetail_internal("%s", held->detail) : 0));
			continue;
		}
		ereport(NOTICE, (errmsg("environment \"%s\" has expired and was dropped", environment->name)));
	}
}

/*
 * find_garbage
 *		Versions whose relation nothing needs, the youngest first: a view was
 *		made after what it reads.
 */
static List *
find_garbage(void)
{
	List	   *garbage = NIL;
	TimestampTz limit = GetCurrentTimestamp() - (int64) VdeRetention * USECS_PER_SEC;
	uint64		rows;
	uint64		row;

	rows = CatalogRead("SELECT v.id, v.relation_name FROM vde.version v "
					   "WHERE v.built_at IS NOT NULL AND COALESCE(v.released_at, v.refreshed_at) <= $1 "
					   "AND NOT EXISTS (SELECT FROM vde.snapshot s JOIN vde.pointer p ON p.snapshot_id = s.id "
					   "  WHERE s.version_id = v.id) "
					   "AND NOT EXISTS (SELECT FROM vde.snapshot s "
					   "  JOIN vde.deployment_change c ON c.old_snapshot_id = s.id "
					   "  JOIN vde.environment_state e ON e.deployment_id = c.deployment_id "
					   "  WHERE s.version_id = v.id) "
					   "AND NOT EXISTS (SELECT FROM vde.snapshot s "
					   "  JOIN vde.deployment_change c ON c.old_snapshot_id = s.id "
					   "  JOIN vde.deployment d ON d.id = c.deployment_id "
					   "  WHERE s.version_id = v.id AND d.deployed_at > $1) "
					   "ORDER BY v.built_at DESC, v.id DESC", "z", limit);
	for (row = 0; row < rows; row++)
	{
		Garbage    *item = palloc(sizeof(Garbage));

		item->version_id = CatalogInt64(row, 1);
		item->relation_name = CatalogText(row, 2);
		garbage = lappend(garbage, item);
	}
	return garbage;
}

/*
 * collect
 *		Drops one relation, unless something depends on it, or somebody reads it.
 *
 * A dump reads every table, for hours maybe, and as long as we wait nobody can
 * deploy.
 */
static Fate
collect(const Garbage *item)
{
	Subtransaction sub;
	volatile Fate fate = DROPPED;

	SubtransactionBegin(&sub);
	PG_TRY();
	{
		int			guc_level = NewGUCNestLevel();

		VDE_POINT("gc: before drop");
		ApplySetting("lock_timeout", READER_SLICE);
		DropPhysical(item->relation_name);
		AtEOXact_GUC(false, guc_level);
		VDE_POINT("gc: relation dropped");
		CatalogWrite("UPDATE vde.version SET built_at = NULL, built_by = NULL, refreshed_at = NULL, "
					 "row_count = NULL, content_hash = NULL, file = NULL, build_seconds = NULL, collected_at = $2 WHERE id = $1", "lz",
					 item->version_id, GetCurrentTimestamp());
		CatalogWrite("DELETE FROM vde.version_input WHERE version_id = $1", "l", item->version_id);
		VDE_POINT("gc: version written");
		SubtransactionEnd(&sub, true);
	}
	PG_CATCH();
	{
		ErrorData  *error = SubtransactionFailed(&sub);

		if (error->sqlerrcode == ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST)
			fate = NEEDED;
		else if (error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ||
				 error->sqlerrcode == ERRCODE_OBJECT_IN_USE)
			fate = IN_USE;
		else
			ReThrowError(error);
		FreeErrorData(error);
	}
	PG_END_TRY();
	return fate;
}

/* what each environment stands on, and what it did last */
#define STATES \
	"SELECT string_agg(concat_ws(' ', s.environment_id, s.deployment_id, " \
	"  (SELECT max(d.id) FROM vde.deployment d WHERE d.environment_id = s.environment_id)), ',' ORDER BY s.environment_id) " \
	"FROM vde.environment_state s"

/*
 * refuse_old_snapshot
 *		In a transaction that keeps its snapshot: has anybody deployed since?
 *
 * On such a snapshot a table that was garbage, and has been reused since, would
 * still be.  Nobody deploys any more now.
 */
static void
refuse_old_snapshot(void)
{
	if (CatalogIsOutdated(STATES, ""))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to a concurrent deployment"),
				 errdetail("What is garbage cannot be seen in a transaction that has begun before it."),
				 errhint("Call vde_gc() again in a new transaction, or outside of a transaction block.")));
}

/*
 * vde_gc(nowait)
 *		Drops expired environments, and relations that nothing needs.
 *
 * What may be dropped does not depend on who asks, so whoever owns an
 * environment may ask.
 */
Datum
vde_gc(PG_FUNCTION_ARGS)
{
	VdeSession	session;
	EnvironmentLock lock = {0};

	lock.nowait = NowaitArgument(fcinfo, 0);
	SessionBegin(&session, fcinfo);
	PG_TRY();
	{
		List	   *garbage;
		ListCell   *cell;
		int			dropped = 0;
		int			needed = 0;
		int			in_use = 0;

		if (!superuser_arg(session.caller) &&
			CatalogRead("SELECT FROM vde.environment WHERE pg_has_role($1::pg_catalog.oid, owner::pg_catalog.oid, 'USAGE') LIMIT 1", "r",
						session.caller) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("permission denied to collect garbage"),
					 errhint("Only a superuser and members of an environment's owner may.")));
		LockActivity(&lock, &session, true);

		/* we may have waited: what is garbage is what is so by now */
		SessionCommit(&session);
		if (IsolationUsesXactSnapshot())
			refuse_old_snapshot();
		expire_environments(&session);
		VDE_POINT("gc: environments expired");
		garbage = find_garbage();
		VDE_POINT("gc: garbage found");
		if (session.atomic)
		{
			ViewObstacle *full = LockObstacle(DroppedRelationLocks(list_length(garbage)),
											  "collecting garbage", true, NULL);

			if (full != NULL)
				RaiseObstacle(full);
		}
		foreach(cell, garbage)
		{
			Garbage    *item = (Garbage *) lfirst(cell);

			CHECK_FOR_INTERRUPTS();
			switch (collect(item))
			{
				case DROPPED:
					dropped++;
					ereport(NOTICE, (errmsg("dropped %s.%s", VDE_DATA_SCHEMA,
											quote_identifier(item->relation_name))));
					break;
				case NEEDED:
					needed++;
					break;
				case IN_USE:
					in_use++;
					break;
			}
			VDE_POINT("gc: before commit");
			SessionCommit(&session);
			VDE_POINT("gc: after commit");
		}
		ereport(NOTICE,
				(errmsg_plural("%d relation collected%s%s", "%d relations collected%s%s", dropped, dropped,
							   needed > 0 ? psprintf(", %d kept because others depend on them", needed) : "",
							   in_use > 0 ? psprintf(", %d kept because they are in use", in_use) : "")));
	}
	PG_FINALLY();
	{
		ReleaseEnvironmentLocks(&lock);
	}
	PG_END_TRY();
	VDE_POINT("gc: locks released");
	SessionEnd(&session);
	PG_RETURN_VOID();
}
