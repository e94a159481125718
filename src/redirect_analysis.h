/*-------------------------------------------------------------------------
 *
 * redirect_analysis.h
 *	  A statement analyzed once more, with other views for those it names.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_REDIRECT_ANALYSIS_H
#define VDE_REDIRECT_ANALYSIS_H

#include "postgres.h"

#include "nodes/parsenodes.h"
#include "parser/parse_node.h"

/*
 * Replaces what query says by what the statement's text means with the
 * exchanges (ViewExchange *, see redirect_view.h).  Errors: what analysis
 * says; the text cannot be had.
 */
extern void AnalyzeRedirected(ParseState *pstate, Query *query, List *exchanges);

#endif							/* VDE_REDIRECT_ANALYSIS_H */
