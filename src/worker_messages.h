/*-------------------------------------------------------------------------
 *
 * worker_messages.h
 *	  What a background worker says to the session that it builds for.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_WORKER_MESSAGES_H
#define VDE_WORKER_MESSAGES_H

#include "postgres.h"

#include "storage/dsm.h"
#include "storage/shm_mq.h"

/* From now on NOTICEs, errors and messages of our own go to that queue. */
extern void SpeakToSession(dsm_segment *segment, shm_mq_handle *messages);

/* A transaction begins: what there is no room for is held back. */
extern void HoldMessages(void);

/* It is over: what was said is sent, which may wait for the session to listen. */
extern void LetMessagesGo(void);

#endif							/* VDE_WORKER_MESSAGES_H */
