/*-------------------------------------------------------------------------
 *
 * depends_on.h
 *	  The option depends_on.  Part of analysis; other modules see only
 *	  analysis.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_DEPENDS_ON_H
#define VDE_DEPENDS_ON_H

#include "postgres.h"

#include "analysis.h"

/* Adds what the option names to the references that the text has. */
extern void AddDependsOn(const Definition *definition, ParsedModel *parsed);

#endif							/* VDE_DEPENDS_ON_H */
