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

#include "common/pg_prng.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "utils/guc.h"
#include "utils/wait_event.h"

#include "compat.h"
#include "lock_wait.h"

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
