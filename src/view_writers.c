/*-------------------------------------------------------------------------
 *
 * view_writers.c
 *	  Who has changed a view in a transaction that is still open, without a lock
 *	  on it.
 *
 * GRANT and REVOKE are the ones: they write the rows of the relation and of its
 * columns in the catalogs, and PostgreSQL takes no lock for them.  Who writes the
 * same rows waits for the end of that transaction, and fails then.  A swap that did
 * so under its locks would stop readers until somebody else's COMMIT.  So it looks
 * for such a transaction before, and waits for it here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "guc.h"
#include "lock_holder.h"
#include "lock_wait.h"
#include "view_writers.h"

/* how long for such a transaction, before we look again, in milliseconds */
#define WRITER_WAIT			200

/*
 * writer_of_rows
 *		A transaction other than ours that has changed, and not committed, one
 *		of the rows with this OID in the column; invalid: none.
 */
static TransactionId
writer_of_rows(Oid catalog, Oid index, AttrNumber column, Oid relid)
{
	Relation	rel = table_open(catalog, AccessShareLock);
	TransactionId writer = InvalidTransactionId;
	SnapshotData dirty;
	SysScanDesc scan;
	ScanKeyData key;

	InitDirtySnapshot(dirty);
	ScanKeyInit(&key, column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relid));
	scan = systable_beginscan(rel, index, true, &dirty, 1, &key);
	while (!TransactionIdIsValid(writer) && HeapTupleIsValid(systable_getnext(scan)))
		writer = dirty.xmax;
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return writer;
}

/*
 * writer_of
 *		The same, of a view.
 */
static TransactionId
writer_of(Oid viewid)
{
	TransactionId writer = writer_of_rows(RelationRelationId, ClassOidIndexId, Anum_pg_class_oid, viewid);

	if (!TransactionIdIsValid(writer))
		writer = writer_of_rows(AttributeRelationId, AttributeRelidNumIndexId,
								Anum_pg_attribute_attrelid, viewid);
	return writer;
}

/*
 * transaction_end
 *		For WaitWithin.
 */
static void
transaction_end(const void *xid)
{
	XactLockTableWait(*(const TransactionId *) xid, NULL, NULL, XLTW_None);
}

/*
 * writer_error
 *		It does not end in time, or not before us.
 */
static void
writer_error(Oid viewid, TransactionId writer, bool deadlock)
{
	char	   *who = TransactionHolders(writer);
	char	   *name = get_rel_name(viewid);
	char	   *schema = get_namespace_name(get_rel_namespace(viewid));

	if (deadlock)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_DEADLOCK_DETECTED),
				 errmsg("could not change view \"%s.%s\", since who has granted on it waits for this transaction",
						schema, name),
				 who ? errdetail_internal("%s", who) : 0,
				 errhint("Try again.")));
	ereport(ERROR,
			(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
			 errmsg("could not change view \"%s.%s\" within %d ms", schema, name, VdeLockTimeout),
			 who ? errdetail_internal("%s", who) : 0,
			 errhint("Try again when its GRANT or REVOKE is committed, or raise vde.lock_timeout.")));
}

/*
 * WaitForViewWriters
 *		See view_writers.h.
 */
void
WaitForViewWriters(List *views, TimestampTz start)
{
	ListCell   *lc;

	foreach(lc, views)
	{
		Oid			viewid = lfirst_oid(lc);
		TransactionId writer;

		CHECK_FOR_INTERRUPTS();
		while (TransactionIdIsValid(writer = writer_of(viewid)))
		{
			int			wait = WRITER_WAIT;

			if (VdeLockTimeout > 0)
			{
				long		left = VdeLockTimeout -
				TimestampDifferenceMilliseconds(start, GetCurrentTimestamp());

				if (left <= 0)
					writer_error(viewid, writer, false);
				wait = Min(left, wait);
			}
			if (WaitWithin(transaction_end, &writer, wait) == WAIT_DEADLOCK)
				writer_error(viewid, writer, true);
		}
	}
}
