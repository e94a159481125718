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

/*
 * After an error of a lock_timeout that we had set ourselves: was the user's
 * statement_timeout over at the same time?  Then it is that which ends the statement.
 */
extern void CheckLostTimeout(void);

/* What became of a wait */
typedef enum WaitResult
{
	WAIT_DONE,
	WAIT_TOO_LONG,
	WAIT_DEADLOCK				/* who we wait for waits for us */
} WaitResult;

/*
 * Calls wait, which waits for one lock, for at most so many milliseconds.  The
 * lock belongs to the current (sub)transaction then.
 */
extern WaitResult WaitWithin(void (*wait) (const void *what), const void *what, int milliseconds);

/* For a random time, in milliseconds, between the two; may be cancelled */
extern void Pause(int least, int most);

#endif							/* VDE_LOCK_WAIT_H */
