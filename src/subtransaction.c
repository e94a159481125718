/*-------------------------------------------------------------------------
 *
 * subtransaction.c
 *	  Something that is tried in a subtransaction.
 *
 * Invariants
 *
 * - Whichever way it ends, the memory context and the resource owner are those
 *	 of the beginning.
 *
 * - An error leaves only after the subtransaction's end, so that a caller who
 *	 catches it finds the subtransaction current that it knows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"

#include "subtransaction.h"

/*
 * SubtransactionBegin
 *		See subtransaction.h.
 */
void
SubtransactionBegin(Subtransaction *sub)
{
	sub->context = CurrentMemoryContext;
	sub->owner = CurrentResourceOwner;
	sub->errors = sub->context;
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(sub->context);
}

/*
 * SubtransactionEnd
 *		See subtransaction.h.
 */
void
SubtransactionEnd(const Subtransaction *sub, bool keep)
{
	if (keep)
		ReleaseCurrentSubTransaction();
	else
		RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(sub->context);
	CurrentResourceOwner = sub->owner;
}

/*
 * SubtransactionFailed
 *		See subtransaction.h.
 */
ErrorData *
SubtransactionFailed(const Subtransaction *sub)
{
	ErrorData  *error;

	MemoryContextSwitchTo(sub->errors);
	error = CopyErrorData();
	FlushErrorState();
	SubtransactionEnd(sub, false);
	return error;
}

/*
 * IsErrorOfTheMoment
 *		See subtransaction.h.
 *
 * A file that is not there, as the library of a function, will not come by
 * itself.
 */
bool
IsErrorOfTheMoment(const ErrorData *error)
{
	int			category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	return category == ERRCODE_OPERATOR_INTERVENTION ||
		category == ERRCODE_TRANSACTION_ROLLBACK ||
		category == ERRCODE_INSUFFICIENT_RESOURCES ||
		(category == ERRCODE_SYSTEM_ERROR && error->sqlerrcode != ERRCODE_UNDEFINED_FILE) ||
		error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE;
}
