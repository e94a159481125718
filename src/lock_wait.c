/*-------------------------------------------------------------------------
 *
 * lock_wait.c
 *	  How long a lock is waited for, and a pause before it is asked for again.
 *
 * The settings are PostgreSQL's own, changed for one wait: so it is a wait as any
 * other, which pg_locks shows, and which ends as the user's own would.  Some of them
 * are a superuser's to set; what we set them to takes nothing from anybody.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "utils/guc.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "compat.h"
#include "lock_wait.h"
#include "subtransaction.h"

/* after which a deadlock, or an autovacuum in the way, is looked for, in milliseconds */
#define DEADLOCK_CHECK		4

/*
 * set
 *		Sets a setting, whoever may, to the end of the GUC nest level.
 */
static void
set(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_SUSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/*
 * LimitLockWait
 *		See lock_wait.h.
 */
void
LimitLockWait(int milliseconds)
{
	char		value[16];

	snprintf(value, sizeof(value), "%d", milliseconds);
	set("lock_timeout", value);
}

/*
 * CheckDeadlocksAfter
 *		See lock_wait.h.
 */
void
CheckDeadlocksAfter(int milliseconds)
{
	char		value[16];

	if (DeadlockTimeout <= milliseconds)
		return;
	snprintf(value, sizeof(value), "%d", milliseconds);
	set("deadlock_timeout", value);
}

/*
 * DoNotLogLockWaits
 *		For who looks for deadlocks so often that each wait would be told.
 */
void
DoNotLogLockWaits(void)
{
	set("log_lock_waits", "off");
}

/*
 * CheckLostTimeout
 *		See lock_wait.h.
 *
 * Of statement_timeout and lock_timeout, when both are over before it looks,
 * PostgreSQL reports the one that was over first, and forgets the other, which
 * never comes again.  A timeout that is not active any more, and whose time came in
 * this statement, has done its work.
 */
void
CheckLostTimeout(void)
{
	TimestampTz finish = get_timeout_finish_time(STATEMENT_TIMEOUT);

	if (StatementTimeout > 0 && !get_timeout_active(STATEMENT_TIMEOUT) &&
		finish >= GetCurrentStatementStartTimestamp() && finish <= GetCurrentTimestamp())
		ereport(ERROR,
				(errcode(ERRCODE_QUERY_CANCELED),
				 errmsg("canceling statement due to statement timeout")));
}

/*
 * WaitWithin
 *		See lock_wait.h.
 *
 * It is a wait as any other: pg_locks shows it.
 */
WaitResult
WaitWithin(void (*wait) (const void *what), const void *what, int milliseconds)
{
	volatile WaitResult result = WAIT_DONE;
	Subtransaction sub;

	SubtransactionBegin(&sub);
	PG_TRY();
	{
		int			guc_level = NewGUCNestLevel();

		LimitLockWait(milliseconds);
		CheckDeadlocksAfter(DEADLOCK_CHECK);
		DoNotLogLockWaits();
		wait(what);
		AtEOXact_GUC(false, guc_level);
		SubtransactionEnd(&sub, true);
	}
	PG_CATCH();
	{
		ErrorData  *error = SubtransactionFailed(&sub);

		if (error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
			result = WAIT_TOO_LONG;
		else if (error->sqlerrcode == ERRCODE_T_R_DEADLOCK_DETECTED)
			result = WAIT_DEADLOCK;
		else
			ReThrowError(error);
		FreeErrorData(error);
	}
	PG_END_TRY();
	if (result == WAIT_TOO_LONG)
		CheckLostTimeout();
	return result;
}

/*
 * Pause
 *		See lock_wait.h.
 */
void
Pause(int least, int most)
{
	long		duration = (long) pg_prng_uint64_range(&pg_global_prng_state, least, most);

	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					 duration, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}
