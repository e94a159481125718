/*-------------------------------------------------------------------------
 *
 * kept_plans.c
 *	  Kept plans, and the settings that they were made under.
 *
 * What a string stands for in the body of a function, as in '01/02/2024'::date,
 * is found once, when its statement is analyzed, and kept for as long as the
 * session has the plan.  PostgreSQL makes a plan anew where search_path is
 * another one, and not where DateStyle is.  Two invariants:
 *
 * - A model's query finds no plan that was made under other settings than its
 *	 own, so that it gives the same in all sessions.
 *
 * - A caller finds no plan that was made under settings which vde had put in
 *	 force.
 *
 * What SET and RESET leave behind in a session that never calls vde stays as
 * PostgreSQL has it: plans are looked at when a model's settings are put in
 * force, before the expressions of an index run, when a call ends, and when a
 * (sub)transaction aborts.  vde's own
 * statements mean the same under all settings, so models that have the same
 * settings follow one another with all plans kept; and where these are the
 * session's own, and nobody has changed them, each of this is a few tests.
 * Unseen are a set_config() that is taken back by another, and SET clauses of
 * functions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"

#include "kept_plans.h"
#include "redirect_zone.h"
#include "settings.h"

/* what LeaveSettings and an abort go back to */
typedef struct Entered
{
	uint64		before;
	int			nest_level;		/* of the transaction, when they were entered */
} Entered;

static Entered *entered = NULL;
static int	entered_count = 0;
static int	entered_room = 0;

/* the settings in force, and those of kept plans; 0: the session's own */
static uint64 settings_now = 0;
static uint64 settings_of_plans = 0;

/* what the session's own were when they were those of a model; 0: not known */
static uint64 session_settings = 0;

/* has the session had others, so that some of its plans may be of these? */
static bool session_had_others = false;

/* was there a SET in this transaction, whose end may take it back? */
static bool set_in_transaction = false;

/*
 * CheckKeptPlans
 *		See kept_plans.h.  Reads no catalog and raises no error.
 */
void
CheckKeptPlans(void)
{
	if (settings_of_plans == settings_now && !session_had_others)
		return;
	settings_of_plans = settings_now;
	session_had_others = false;
	ForgetPlans();
}

/*
 * EnterSettings, LeaveSettings
 *		See kept_plans.h.
 */
void
EnterSettings(uint64 settings, bool others)
{
	if (entered_count == entered_room)
	{
		int			room = entered_room + 8;

		entered = entered == NULL ?
			MemoryContextAlloc(TopMemoryContext, room * sizeof(Entered)) :
			repalloc(entered, room * sizeof(Entered));
		entered_room = room;
	}
	entered[entered_count].before = settings_now;
	entered[entered_count].nest_level = GetCurrentTransactionNestLevel();
	entered_count++;
	if (others)
		settings_now = settings;
	else if (settings_now == 0 && session_settings != settings)
	{
		if (session_settings != 0)
			session_had_others = true;
		session_settings = settings;
	}
}

void
LeaveSettings(void)
{
	Assert(entered_count > 0);
	settings_now = entered[--entered_count].before;

	/* other code of users goes on */
	if (entered_count > 0)
		CheckKeptPlans();
}

/*
 * note_others
 *		The session's own settings are about to be others.
 */
static void
note_others(void)
{
	session_had_others = true;
	session_settings = 0;
}

/*
 * NoteSet
 *		See kept_plans.h.
 */
void
NoteSet(const VariableSetStmt *statement)
{
	if (statement->kind == VAR_SET_MULTI ||
		(statement->name != NULL && !IsSettingOfModels(statement->name)))
		return;
	note_others();
	set_in_transaction = true;
}

/*
 * leave_since
 *		An abort has ended what was entered in that transaction and in those
 *		inside of it.  The call may have ended with it.
 */
static void
leave_since(int nest_level)
{
	while (entered_count > 0 && entered[entered_count - 1].nest_level >= nest_level)
		settings_now = entered[--entered_count].before;
	if (settings_of_plans != settings_now)
		CheckKeptPlans();
}

static void
end_transaction(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_ABORT)
		leave_since(0);
	if (event == XACT_EVENT_ABORT || event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE)
	{
		if (set_in_transaction)
			note_others();
		set_in_transaction = false;
	}
}

static void
end_subtransaction(SubXactEvent event, SubTransactionId subid, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		leave_since(GetCurrentTransactionNestLevel());
		if (set_in_transaction)
			note_others();
	}
}

/*
 * InstallKeptPlans
 *		See kept_plans.h.
 */
void
InstallKeptPlans(void)
{
	RegisterXactCallback(end_transaction, NULL);
	RegisterSubXactCallback(end_subtransaction, NULL);
}
