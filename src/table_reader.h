/*-------------------------------------------------------------------------
 *
 * table_reader.h
 *	  Who may go on reading a table that somebody else fills.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_TABLE_READER_H
#define VDE_TABLE_READER_H

#include "postgres.h"

#include "graph.h"

/*
 * A version's table was filled as the owner of a node: withholds it from
 * everybody else who has it and could not fill it now, with a warning, and
 * gives it back to whom it was withheld from and who could.  Costs a
 * statement where one role alone has the version.
 */
extern void CheckTableReaders(Graph *graph, const GraphNode *node, const Version *version);

/*
 * Gives back what was withheld from owners of an environment's models, if they
 * could fill it now; else warns.  caller is shown reasons if it may see them.
 */
extern void RegainTables(const Environment *environment, Oid caller);

#endif							/* VDE_TABLE_READER_H */
