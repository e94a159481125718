/*-------------------------------------------------------------------------
 *
 * reader_error.h
 *	  Why a model that nobody edited can no longer be analyzed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_READER_ERROR_H
#define VDE_READER_ERROR_H

#include "postgres.h"

#include "utils/elog.h"

#include "graph.h"

/*
 * Adds to an error in a model that nobody edited which column of which parent
 * is behind it, and what to do, where that can be told.  Reads the catalog, so
 * the failed (sub)transaction must be over.
 */
extern void ExplainReaderError(const GraphNode *node, ErrorData *error);

#endif							/* VDE_READER_ERROR_H */
