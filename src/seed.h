/*-------------------------------------------------------------------------
 *
 * seed.h
 *	  Models whose contents are CSV text.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_SEED_H
#define VDE_SEED_H

#include "postgres.h"

#include "tcop/dest.h"

#include "digest.h"
#include "model.h"

/*
 * Columns of a seed (ModelColumn *): names from the header row, types as the
 * option "columns" declares them or inferred from the values.
 */
extern List *SeedColumns(const Definition *definition);

/*
 * Digests of the values of each column, in the order of the rows, as they
 * stand in the text; columns has room for count of them.  Returns the number
 * of rows.
 */
extern uint64 SeedColumnDigests(const Definition *definition, Digest *columns,
								int count);

/*
 * Sends the rows to dest (rStartup with a descriptor of the columns, then a
 * slot per row, then rShutdown); returns the number of rows.
 */
extern uint64 SeedRows(const Definition *definition, DestReceiver *dest);

#endif							/* VDE_SEED_H */
