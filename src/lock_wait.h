/*-------------------------------------------------------------------------
 *
 * lock_wait.h
 *	  How long a lock is waited for, and a pause before it is asked for again.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_LOCK_WAIT_H
#define VDE_LOCK_WAIT_H

#include "postgres.h"

/* To the end of the caller's GUC nest level; in milliseconds */
extern void LimitLockWait(int milliseconds);	/* lock_timeout */
extern void CheckDeadlocksAfter(int milliseconds);	/* or earlier, if
													 * deadlock_timeout says */
extern void DoNotLogLockWaits(void);

/* For a random time, in milliseconds, between the two; may be cancelled */
extern void Pause(int least, int most);

#endif							/* VDE_LOCK_WAIT_H */
