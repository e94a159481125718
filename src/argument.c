/*-------------------------------------------------------------------------
 *
 * argument.c
 *	  Arguments of the public functions, which are not strict.
 *
 * NULL stands for a default or is an error, and which of the two is said where
 * the argument is read.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "argument.h"

/*
 * TextArgument
 *		See argument.h.
 */
char *
TextArgument(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n));
}

/*
 * RequiredText
 *		See argument.h.
 */
char *
RequiredText(FunctionCallInfo fcinfo, int n, const char *name)
{
	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", name)));
	return text_to_cstring(PG_GETARG_TEXT_PP(n));
}

/*
 * FlagArgument
 *		See argument.h.
 */
bool
FlagArgument(FunctionCallInfo fcinfo, int n)
{
	return !PG_ARGISNULL(n) && PG_GETARG_BOOL(n);
}

/*
 * ModelArgument
 *		See argument.h.
 */
ModelName
ModelArgument(FunctionCallInfo fcinfo, int n)
{
	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", "model"),
				 errhint("A model is named schema.name, as in shop.orders.")));
	return ParseModelName(text_to_cstring(PG_GETARG_TEXT_PP(n)));
}
