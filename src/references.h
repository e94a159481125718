/*-------------------------------------------------------------------------
 *
 * references.h
 *	  What a model's raw parse tree may say, and which relations it names.
 *	  Part of analysis; other modules see only analysis.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_REFERENCES_H
#define VDE_REFERENCES_H

#include "postgres.h"

#include "nodes/parsenodes.h"

#include "analysis.h"

/*
 * Refuses what a model's query must not contain.  With parsed, also finds
 * the references to models and rewrites them: see ParsedModel.
 */
extern void RewriteReferences(const Definition *definition, RawStmt *raw,
							  ParsedModel *parsed);

/* What it adds with, for what the raw tree does not name */
extern int	AddModelReference(ParsedModel *parsed, const char *schema,
							  const char *name, int location);
extern void AddMissing(ParsedModel *parsed, const char *schema,
					   const char *name, int location, char *detail);
extern List *AddOutsideView(const Definition *definition, ParsedModel *parsed,
							Oid relid, int location);

#endif							/* VDE_REFERENCES_H */
