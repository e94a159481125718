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

#include "model.h"

/*
 * Columns of a seed (ModelColumn *): names from the header row, types as the
 * option "columns" declares them or inferred from the values.
 */
extern List *SeedColumns(const Definition *definition);

/*
 * Sends the rows to dest (rStartup with a descriptor of the columns, then a
 * slot per row, then rShutdown); returns the number of rows.
 */
extern uint64 SeedRows(const Definition *definition, DestReceiver *dest);

#endif							/* VDE_SEED_H */
