/*-------------------------------------------------------------------------
 *
 * ephemeral.h
 *	  The ephemeral named relations that stand for a model's parents.  Part of
 *	  analysis; other modules see only analysis.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_EPHEMERAL_H
#define VDE_EPHEMERAL_H

#include "postgres.h"

#include "parser/parse_node.h"

#include "analysis.h"

/* The one for references without an alias; EphemeralIndex() knows it, too. */
extern char *EphemeralBareName(int n);
extern bool EphemeralIsBare(const char *enrname);

/* Alias of a reference without one whose name alone would be ambiguous */
extern char *UniqueAlias(const char *schema, const char *name);

extern void SetupEphemerals(ParseState *pstate, List *references,
							List *parents);

#endif							/* VDE_EPHEMERAL_H */
