/*-------------------------------------------------------------------------
 *
 * catalog_key.h
 *	  The catalog's foreign keys: checked for what vde writes, and not for
 *	  what pg_restore loads.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_CATALOG_KEY_H
#define VDE_CATALOG_KEY_H

#include "postgres.h"

#include "nodes/pg_list.h"

/* A foreign key of the catalog with rows that refer to nothing */
typedef struct BrokenKey
{
	char	   *table;			/* quoted, with its schema */
	char	   *referenced;
	char	   *constraint;
	int64		rows;
} BrokenKey;

/* All of them (BrokenKey *), by table and constraint.  Reads the whole catalog. */
extern List *BrokenKeys(void);

#endif							/* VDE_CATALOG_KEY_H */
