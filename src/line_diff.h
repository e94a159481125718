/*-------------------------------------------------------------------------
 *
 * line_diff.h
 *	  What differs between two texts, line by line.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_LINE_DIFF_H
#define VDE_LINE_DIFF_H

#include "postgres.h"

#include "nodes/pg_list.h"

/*
 * Lines (char *) of a unified diff: a removed line behind '-', an added one
 * behind '+', and behind a blank up to context equal ones around them; "..."
 * stands for what is left out between two places.  After limit lines, one that
 * says how many there are more.  NIL when no line differs.
 */
extern List *DiffLines(const char *before, const char *after,
					   int context, int limit);

#endif							/* VDE_LINE_DIFF_H */
