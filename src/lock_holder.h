/*-------------------------------------------------------------------------
 *
 * lock_holder.h
 *	  Who holds a lock, in words, for the detail of a message.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_LOCK_HOLDER_H
#define VDE_LOCK_HOLDER_H

#include "postgres.h"

#include "storage/lock.h"

/*
 * Those but this session who hold any lock on a relation of this database, or
 * a lock of the advisory space, at most ten, one a line; NULL: nobody any more.
 */
extern char *RelationLockHolders(Oid relid);
extern char *AdvisoryLockHolders(const LOCKTAG *tag);

/*
 * The same, for a lock on an object that is no relation, and of a transaction that has
 * changed something without a lock
 */
extern char *ObjectLockHolders(const LOCKTAG *tag);
extern char *TransactionHolders(TransactionId xid);

#endif							/* VDE_LOCK_HOLDER_H */
