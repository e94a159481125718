/*-------------------------------------------------------------------------
 *
 * lock_holder.c
 *	  Who holds a lock, in words, for the detail of a message.
 *
 * It is read from pg_locks after the wait is over, so it may be out of date by
 * then: nothing is decided by it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "catalog.h"
#include "lock_holder.h"

#define HOLDS "holds a lock on it"

/*
 * holder_lines
 *		Rows of a process and its role's name, as lines that say what it does; a
 *		prepared transaction has no process.
 */
static char *
holder_lines(uint64 rows, const char *does)
{
	StringInfoData who;
	uint64		row;

	if (rows == 0)
		return NULL;
	initStringInfo(&who);
	for (row = 0; row < rows; row++)
	{
		char	   *role = CatalogText(row, 2);

		if (row > 0)
			appendStringInfoChar(&who, '\n');
		if (CatalogIsNull(row, 1))
			appendStringInfo(&who, "A prepared transaction %s.", does);
		else if (role != NULL)
			appendStringInfo(&who, "Process %d of role \"%s\" %s.",
							 (int) CatalogInt64(row, 1), role, does);
		else
			appendStringInfo(&who, "Process %d %s.", (int) CatalogInt64(row, 1), does);
	}
	return who.data;
}

/*
 * RelationLockHolders
 *		See lock_holder.h.
 */
char *
RelationLockHolders(Oid relid)
{
	return holder_lines(CatalogRead("SELECT l.pid::pg_catalog.int8, pg_catalog.max(a.usename::pg_catalog.text) "
									"FROM pg_catalog.pg_locks l "
									"LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid "
									"WHERE l.locktype = 'relation' AND l.granted "
									"AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d "
									"WHERE d.datname = pg_catalog.current_database()) "
									"AND l.relation = $1::pg_catalog.oid "
									"AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid() "
									"GROUP BY l.pid ORDER BY l.pid LIMIT 10",
									"l", (int64) relid), HOLDS);
}

/*
 * tag_holders
 *		Who holds a lock of a type whose tag is a class and two numbers.
 */
static char *
tag_holders(const char *type, const LOCKTAG *tag)
{
	return holder_lines(CatalogRead("SELECT l.pid::pg_catalog.int8, pg_catalog.max(a.usename::pg_catalog.text) "
									"FROM pg_catalog.pg_locks l "
									"LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid "
									"WHERE l.locktype = $1 AND l.granted "
									"AND l.database = $2::pg_catalog.oid AND l.classid = $3::pg_catalog.oid "
									"AND l.objid = $4::pg_catalog.oid AND l.objsubid = $5 "
									"AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid() "
									"GROUP BY l.pid ORDER BY l.pid LIMIT 10",
									"tllll", type, (int64) tag->locktag_field1, (int64) tag->locktag_field2,
									(int64) tag->locktag_field3, (int64) tag->locktag_field4), HOLDS);
}

/*
 * AdvisoryLockHolders
 *		See lock_holder.h.
 */
char *
AdvisoryLockHolders(const LOCKTAG *tag)
{
	return tag_holders("advisory", tag);
}

/*
 * ObjectLockHolders
 *		See lock_holder.h.
 */
char *
ObjectLockHolders(const LOCKTAG *tag)
{
	return tag_holders("object", tag);
}

/*
 * TransactionHolders
 *		See lock_holder.h.
 */
char *
TransactionHolders(TransactionId xid)
{
	return holder_lines(CatalogRead("SELECT l.pid::pg_catalog.int8, pg_catalog.max(a.usename::pg_catalog.text) "
									"FROM pg_catalog.pg_locks l "
									"LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid "
									"WHERE l.locktype = 'transactionid' AND l.granted "
									"AND l.transactionid = $1::pg_catalog.text::pg_catalog.xid "
									"AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid() "
									"GROUP BY l.pid ORDER BY l.pid LIMIT 10",
									"l", (int64) xid), "has changed it, and not committed yet");
}
