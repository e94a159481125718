/*-------------------------------------------------------------------------
 *
 * physical.h
 *	  The relations of versions in schema vde_data: made, filled, refreshed
 *	  and dropped.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_PHYSICAL_H
#define VDE_PHYSICAL_H

#include "postgres.h"

#include "nodes/parsenodes.h"

#include "digest.h"
#include "model.h"

/* What a relation was filled with */
typedef struct Contents
{
	uint64		rows;			/* 0 for a view */
	char		hash[XXH3_HEX_LENGTH + 1];	/* "": unknown, or a view's; see
											 * content_hash.h */
} Contents;

/* Name in vde_data for a version: readable, at most 63 bytes, unique. */
extern char *PhysicalName(const ModelName *name, const Digest *version);

/* OID of a relation in vde_data, InvalidOid when there is none */
extern Oid	PhysicalRelation(const char *relation_name);

/* Does a crash empty it? */
extern bool PhysicalIsUnlogged(const char *relation_name);

/*
 * Has it, with its partitions, not a single page?  Without wait, what somebody has a
 * lock on for himself alone counts as being filled.
 */
extern bool PhysicalIsEmpty(const char *relation_name, bool wait);

/*
 * Where a materialized view has its rows; NULL for other relations.  It is
 * another place, in this cluster or any other, once somebody else has filled
 * it: a restore, a REFRESH.
 */
extern char *PhysicalFile(const char *relation_name);

/* Is it a materialized view without data, which cannot be read? */
extern bool PhysicalIsUnpopulated(const char *relation_name);

/*
 * Makes the relation of a version and fills it: kinds full, seed, view and
 * materialized_view.  query is the bound query (NULL for a seed), columns
 * its output columns.  Indexes and ANALYZE included.  Runs in a subtransaction
 * of its own.
 */
extern Contents BuildPhysical(const Definition *definition, List *columns,
							  const Query *query, const char *relation_name);

/*
 * Fills the relation anew from query into new heaps that are switched in at
 * the end, so that readers wait for the switch alone.  Kinds full, seed and
 * materialized_view.  filled is called when the query has run, and while
 * readers are still let in.
 */
extern Contents RefreshPhysical(const Definition *definition,
								const Query *query, const char *relation_name,
								void (*filled) (void *arg), void *arg);

/* Drops it without CASCADE; nothing happens when it is gone already. */
extern void DropPhysical(const char *relation_name);

/*
 * Before the row of the relation in pg_class is written: keeps off, to the end of
 * the transaction, who grants the relation.  Grants are not committed at once in a
 * transaction block, so this may wait, up to vde.lock_timeout: never with a lock
 * that stops readers.
 */
extern void LockPhysicalGrants(Oid relid);

/* SELECT on it for a role that owns a view on it; waits as that does */
extern void GrantPhysical(Oid relid, Oid role);

/* Takes it from the role. */
extern void RevokePhysical(Oid relid, Oid role);

/* Oid: who has SELECT on it, but for its owner */
extern List *PhysicalReaders(Oid relid);

#endif							/* VDE_PHYSICAL_H */
