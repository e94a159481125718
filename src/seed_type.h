/*-------------------------------------------------------------------------
 *
 * seed_type.h
 *	  Which types a value of a seed can be read as.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_SEED_TYPE_H
#define VDE_SEED_TYPE_H

#include "postgres.h"

/* What a column's values may be, from the narrowest type to the widest */
typedef enum SeedType
{
	SEED_BOOLEAN,
	SEED_BIGINT,
	SEED_NUMERIC,
	SEED_DATE,
	SEED_TIMESTAMP,
	SEED_TEXT,
} SeedType;

extern Oid	SeedTypeOid(SeedType type);

/* Can the value be read as the type without a loss? */
extern bool SeedValueFits(const char *value, SeedType type);

#endif							/* VDE_SEED_TYPE_H */
