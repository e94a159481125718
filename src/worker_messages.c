/*-------------------------------------------------------------------------
 *
 * worker_messages.c
 *	  What a background worker says to the session that it builds for.
 *
 * The queue of messages is short, and the session reads it between its own
 * builds only.  A worker that waited until there is room again, in the middle
 * of a transaction, could wait for ever: the session's own build may be waiting
 * for a lock that the worker holds, or behind somebody who waits for it, and
 * nobody would find that deadlock, since the worker waits for no lock.  So what
 * is said in a transaction is held back until its end.  A model that says more
 * than anybody wants to read has the rest left out, and counted.
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

/* what a transaction says beyond that is left out */
#define HELD_SIZE		(1024 * 1024)

/*
 * What is to be sent, and is held back as long as a transaction is open.  Each
 * message has its length in front.
 */
static shm_mq_handle *held_for = NULL;
static StringInfoData held;
static bool holding = false;
static bool sending = false;	/* in the middle of a message */
static int	left_out = 0;		/* messages that there was no room for */

/*
 * send_held
 *		Sends it.  May wait until the session listens; if it may not, what does
 *		not fit is lost.
 */
static void
send_held(bool wait)
{
	int			position = 0;

	while (position < held.len)
	{
		shm_mq_iovec message;
		uint32		length;
		shm_mq_result result;

		memcpy(&length, held.data + position, sizeof(length));
		position += sizeof(length);
		sending = true;
		do
		{
			/* held may have grown, and moved, while we waited */
			message.data = held.data + position;
			message.len = length;
			result = shm_mq_sendv(held_for, &message, 1, true, true);
			if (result != SHM_MQ_WOULD_BLOCK)
				break;
			if (!wait)
				return;
			(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_EXIT_ON_PM_DEATH, 0, PG_WAIT_EXTENSION);
			ResetLatch(MyLatch);
			CHECK_FOR_INTERRUPTS();
		} while (true);
		sending = false;
		position += length;
	}
	resetStringInfo(&held);
}

/*
 * hold_message
 *		Of PQcommMethods: a message to whoever called.
 */
static int
hold_message(char type, const char *data, size_t size)
{
	uint32		length = size + 1;

	if (held_for == NULL)
		return 0;
	if (type == 'N' && held.len + size > HELD_SIZE)
	{
		left_out++;
		return 0;
	}
	appendBinaryStringInfo(&held, (char *) &length, sizeof(length));
	appendStringInfoCharMacro(&held, type);
	appendBinaryStringInfo(&held, data, size);

	/* an error that ends us is sent when its transaction is over */
	if (!holding && !sending && type != 'E')
		send_held(true);
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
 *		Before the worker is gone, and after its transaction is: why.
 */
static void
say_last(int code, Datum arg)
{
	if (!sending && held_for != NULL)
		send_held(false);
	held_for = NULL;
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
	held_for = messages;
	pq_redirect_to_shm_mq(segment, messages);
	methods = *PqCommMethods;
	methods.putmessage = hold_message;
	PqCommMethods = &methods;
	before_shmem_exit(say_last, (Datum) 0);
}
