/*-------------------------------------------------------------------------
 *
 * worker_messages.c
 *	  What a background worker says to the session that it builds for.
 *
 * The queue of messages is short, and the session reads it between its own
 * builds only.  A worker that waited until there is room again, in the middle
 * of a transaction, could wait for ever: the session's own build may be waiting
 * for a lock that the worker holds, or behind somebody who waits for it, and
 * nobody would find that deadlock, since the worker waits for no lock.  So in a
 * transaction it never waits: what there is no room for is held back until its
 * end.  A model that says more than anybody wants to read has the rest left out,
 * and counted.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

/* else the next header wants those of the libraries, for what we never touch */
#undef ENABLE_GSS
#undef ENABLE_SSPI
#undef USE_OPENSSL
#undef USE_SSL

#include "libpq/libpq.h"
#include "libpq/pqmq.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/latch.h"

#include "compat.h"
#include "worker_messages.h"

/* what a model says beyond that, while nobody listens, is left out */
#define HELD_SIZE		(1024 * 1024)

/*
 * What is to be sent, each message with its length in front; the queue takes
 * what there is room for.
 */
static shm_mq_handle *queue = NULL;
static StringInfoData held;
static int	sent = 0;			/* bytes of held, up to a message that may be
								 * sent in part */
static bool holding = false;	/* a transaction is open */
static int	left_out = 0;		/* messages that there was no room for */

/*
 * send_held
 *		Sends it: all, waiting until the session listens, or what there is room
 *		for.
 */
static void
send_held(bool wait)
{
	while (queue != NULL && sent < held.len)
	{
		shm_mq_iovec message;
		uint32		length;

		memcpy(&length, held.data + sent, sizeof(length));
		message.data = held.data + sent + sizeof(length);
		message.len = length;
		if (shm_mq_sendv(queue, &message, 1, true, true) != SHM_MQ_WOULD_BLOCK)
			sent += sizeof(length) + length;
		else if (wait)
		{
			(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_EXIT_ON_PM_DEATH, 0, PG_WAIT_EXTENSION);
			ResetLatch(MyLatch);
			CHECK_FOR_INTERRUPTS();
		}
		else
		{
			if (sent > HELD_SIZE)
			{
				memmove(held.data, held.data + sent, held.len - sent);
				held.len -= sent;
				sent = 0;
			}
			return;
		}
	}
	resetStringInfo(&held);
	sent = 0;
}

/*
 * hold_message
 *		Of PQcommMethods: a message to whoever called.
 */
static int
hold_message(char type, const char *data, size_t size)
{
	uint32		length = size + 1;

	if (queue == NULL)
		return 0;

	/* what a model's code says; what we say ourselves always has room */
	if (type == 'N' && held.len - sent + size > HELD_SIZE && InSecurityRestrictedOperation())
	{
		left_out++;
		return 0;
	}
	appendBinaryStringInfo(&held, (char *) &length, sizeof(length));
	appendStringInfoCharMacro(&held, type);
	appendBinaryStringInfo(&held, data, size);

	/* an error here is one that ends us, with the transaction still open */
	send_held(!holding && type != 'E');
	return 0;
}

/*
 * HoldMessages, LetMessagesGo
 *		See worker_messages.h.
 */
void
HoldMessages(void)
{
	holding = true;
}

void
LetMessagesGo(void)
{
	int			count = left_out;

	send_held(true);
	holding = false;
	left_out = 0;
	if (count > 0)
		ereport(NOTICE,
				(errmsg_plural("%d message of a background worker is left out", "%d messages of a background worker are left out",
							   count, count)));
}

/*
 * say_last
 *		When the transaction is over, and before the worker is gone.
 */
static void
say_last(int code, Datum arg)
{
	send_held(false);
	queue = NULL;
}

/*
 * SpeakToSession
 *		See worker_messages.h.
 */
void
SpeakToSession(dsm_segment *segment, shm_mq_handle *messages)
{
	static PQcommMethods methods;

	initStringInfo(&held);
	queue = messages;
	pq_redirect_to_shm_mq(segment, messages);
	methods = *PqCommMethods;
	methods.putmessage = hold_message;
	PqCommMethods = &methods;
	before_shmem_exit(say_last, (Datum) 0);
}
