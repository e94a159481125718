/*-------------------------------------------------------------------------
 *
 * model_text.h
 *	  The text of a model.  Part of analysis; other modules see only
 *	  analysis.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_MODEL_TEXT_H
#define VDE_MODEL_TEXT_H

#include "postgres.h"

#include "nodes/parsenodes.h"

#include "model.h"

/* What the error context callback needs */
typedef struct ModelContext
{
	ErrorContextCallback callback;
	const Definition *definition;
	char	   *name;			/* quoted, for the message */
	char	   *hidden_by;		/* whom its errors are for alone; NULL: all */
} ModelContext;

/* Around everything that may raise an error about the model's text */
extern void EnterModel(ModelContext *context, const Definition *definition);
extern void LeaveModel(ModelContext *context);

/* The raw parse tree; refuses what is not one query. */
extern RawStmt *ParseQuery(const Definition *definition);

/* Argument of errposition() for a byte offset; 0, which is none, for -1 */
extern int	QueryPosition(const char *query, int location);

/* Byte offset of the first FOR UPDATE or its kin; the parse tree has none. */
extern int	LockingLocation(const Definition *definition);

/* Byte offset of a column in the first USING (...) that has it; -1: none */
extern int	UsingLocation(const Definition *definition, const char *column);

#endif							/* VDE_MODEL_TEXT_H */
