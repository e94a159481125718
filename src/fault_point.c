/*-------------------------------------------------------------------------
 *
 * fault_point.c
 *	  What happens at a named point of the code, for tests; nothing of it is
 *	  in a build without assertions.
 *
 * The setting vde.fault_point is one of
 *
 *		name=error[:n]		an error
 *		name=cancel[:n]		as if the statement had been cancelled
 *		name=terminate[:n]	as if the session had been terminated
 *		name=kill[:n]		the process dies at once, as by kill -9
 *		name=wait[:n]		the session waits there, and goes on when it is sent
 *							a cancel (which is spent on that)
 *		?					a NOTICE with the name of each point reached
 *
 * at the n-th time that the point is reached after the setting was made; the
 * first, when n is left out.  It happens once: a call that is made again in
 * the same session gets past the point.
 *
 * Only superusers set it: it ends processes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fault.h"

#ifdef USE_ASSERT_CHECKING

#include <signal.h>

#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "utils/guc.h"
#include "utils/wait_event.h"

#include "compat.h"

/* how long a session waits at a point before it looks around, milliseconds */
#define WAIT_SLICE	20

typedef enum PointAction
{
	POINT_NONE,
	POINT_LIST,
	POINT_ERROR,
	POINT_CANCEL,
	POINT_TERMINATE,
	POINT_KILL,
	POINT_WAIT
} PointAction;

static const struct
{
	const char *name;
	PointAction action;
}			point_actions[] = {
	{"error", POINT_ERROR},
	{"cancel", POINT_CANCEL},
	{"terminate", POINT_TERMINATE},
	{"kill", POINT_KILL},
	{"wait", POINT_WAIT},
};

char	   *VdeFault = NULL;
char	   *VdeFaultPoint = NULL;

/* how often the point was reached since the setting was made */
static int	times_reached = 0;

/*
 * parse_point
 *		What the setting says; POINT_NONE when that is nothing at all.
 */
static bool
parse_point(const char *value, int *name_length, PointAction *action, int *nth)
{
	const char *equals = strrchr(value, '=');
	const char *colon;
	int			length;
	int			i;

	*action = POINT_NONE;
	*name_length = 0;
	*nth = 1;
	if (value[0] == '\0')
		return true;
	if (strcmp(value, "?") == 0)
	{
		*action = POINT_LIST;
		return true;
	}
	if (equals == NULL)
		return false;
	*name_length = equals - value;
	colon = strchr(equals, ':');
	length = colon ? colon - equals - 1 : strlen(equals + 1);
	if (colon)
		*nth = atoi(colon + 1);
	for (i = 0; i < lengthof(point_actions); i++)
	{
		if (length == strlen(point_actions[i].name) &&
			strncmp(equals + 1, point_actions[i].name, length) == 0)
			*action = point_actions[i].action;
	}
	return *action != POINT_NONE && *nth > 0;
}

static bool
check_fault_point(char **newval, void **extra, GucSource source)
{
	int			name_length;
	PointAction action;
	int			nth;

	if (parse_point(*newval, &name_length, &action, &nth))
		return true;
	GUC_check_errdetail("It is \"?\", or name=error, cancel, terminate, kill or wait, and :n for the n-th time.");
	return false;
}

static void
assign_fault_point(const char *newval, void *extra)
{
	times_reached = 0;
}

/*
 * DefineFaultSettings
 *		Makes both settings known to PostgreSQL.
 */
void
DefineFaultSettings(void)
{
	DefineCustomStringVariable("vde.fault",
							   "A fault in the hashing, for the test of the property test.",
							   NULL,
							   &VdeFault, "", PGC_SUSET, GUC_NOT_IN_SAMPLE,
							   NULL, NULL, NULL);
	DefineCustomStringVariable("vde.fault_point",
							   "What happens at a named point of the code, for tests.",
							   "\"?\" lists the points that are reached.",
							   &VdeFaultPoint, "", PGC_SUSET, GUC_NOT_IN_SAMPLE,
							   check_fault_point, assign_fault_point, NULL);
}

/*
 * ReachPoint
 *		A point is reached; see the head of this file.
 */
void
ReachPoint(const char *name)
{
	int			name_length;
	PointAction action;
	int			nth;

	if (!parse_point(VdeFaultPoint, &name_length, &action, &nth))
		return;
	if (action == POINT_LIST)
	{
		ereport(NOTICE, (errmsg_internal("reached \"%s\"", name)));
		return;
	}
	if (action == POINT_NONE || strlen(name) != name_length ||
		strncmp(name, VdeFaultPoint, name_length) != 0 || ++times_reached != nth)
		return;

	switch (action)
	{
		case POINT_ERROR:
			ereport(ERROR,
					(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
					 errmsg_internal("fault at \"%s\"", name)));
			break;
		case POINT_CANCEL:
			QueryCancelPending = true;
			InterruptPending = true;
			CHECK_FOR_INTERRUPTS();
			break;
		case POINT_TERMINATE:
			ProcDiePending = true;
			InterruptPending = true;
			CHECK_FOR_INTERRUPTS();
			break;
		case POINT_KILL:
			kill(MyProcPid, SIGKILL);
			break;
		case POINT_WAIT:
			for (;;)
			{
				(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
								 WAIT_SLICE, PG_WAIT_EXTENSION);
				ResetLatch(MyLatch);
				if (QueryCancelPending)
				{
					QueryCancelPending = false;
					return;
				}
				CHECK_FOR_INTERRUPTS();
			}
			break;
		case POINT_NONE:
		case POINT_LIST:
			break;
	}
}

#endif							/* USE_ASSERT_CHECKING */
