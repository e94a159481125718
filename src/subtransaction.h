/*-------------------------------------------------------------------------
 *
 * subtransaction.h
 *	  Something that is tried in a subtransaction.
 *
 *	SubtransactionBegin(&sub);
 *	PG_TRY();
 *	{
 *		...
 *		SubtransactionEnd(&sub, true);
 *	}
 *	PG_CATCH();
 *	{
 *		ErrorData  *error = SubtransactionFailed(&sub);
 *		...
 *	}
 *	PG_END_TRY();
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_SUBTRANSACTION_H
#define VDE_SUBTRANSACTION_H

#include "postgres.h"

#include "utils/resowner.h"

/* What was current when it began; who changes it does so before PG_TRY */
typedef struct Subtransaction
{
	MemoryContext context;
	ResourceOwner owner;
	MemoryContext errors;		/* where SubtransactionFailed copies the error
								 * to; the same as context, unless changed */
} Subtransaction;

/* The caller's memory context stays current. */
extern void SubtransactionBegin(Subtransaction *sub);

/* Commits it (keep) or rolls it back. */
extern void SubtransactionEnd(const Subtransaction *sub, bool keep);

/*
 * First of all in PG_CATCH: rolls back, and returns the error, which is no
 * longer the current one.  Who does not handle it passes it to ReThrowError.
 */
extern ErrorData *SubtransactionFailed(const Subtransaction *sub);

/*
 * Does an error say nothing about what was tried, but only of the moment: a cancel,
 * a deadlock, no more memory?  Who finds something out by trying passes it on.
 */
extern bool IsErrorOfTheMoment(const ErrorData *error);

#endif							/* VDE_SUBTRANSACTION_H */
