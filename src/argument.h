/*-------------------------------------------------------------------------
 *
 * argument.h
 *	  Arguments of the public functions, which are not strict.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_ARGUMENT_H
#define VDE_ARGUMENT_H

#include "postgres.h"

#include "fmgr.h"

#include "model.h"

/* A text; NULL for NULL */
extern char *TextArgument(FunctionCallInfo fcinfo, int n);

/* The same for one that must be there; an error that names it otherwise */
extern char *RequiredText(FunctionCallInfo fcinfo, int n, const char *name);

/* A boolean; false for NULL */
extern bool FlagArgument(FunctionCallInfo fcinfo, int n);

/* The name of a model, which must be there */
extern ModelName ModelArgument(FunctionCallInfo fcinfo, int n);

#endif							/* VDE_ARGUMENT_H */
