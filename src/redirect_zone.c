/*-------------------------------------------------------------------------
 *
 * redirect_zone.c
 *	  Where queries are redirected to vde.environment, and where not.
 *
 * Nothing is redirected
 *
 * - inside of a SECURITY DEFINER function or a security-restricted operation
 *	 (REFRESH MATERIALIZED VIEW, maintenance, whatever vde does): there the
 *	 setting of one role would steer what another one's code reads;
 *
 * - inside of a utility command other than those that run a query for the
 *	 user (EXPLAIN, COPY, CREATE TABLE AS, EXECUTE, ...): others store it;
 *
 * - while vde itself reads views by their names.
 *
 * Plans are kept, and a kept plan is used again without any hook being asked:
 * a statement of a PL/pgSQL function that was redirected for its caller must
 * not be used when the function is called from within a SECURITY DEFINER one,
 * nor the other way round.  So there is the invariant that in each of the two
 * zones no plan is kept that was made in the other.  Where we may have gone
 * over the border, CheckRedirectionZone has all plans made anew, if there are
 * any from the other side.  That is at the begin and end of functions that
 * are SECURITY DEFINER, of utility commands, of each run of the executor, of
 * what vde does, and after an abort.  Foreign keys run queries as a table's
 * owner, and nothing tells when they give the rights back: the end of such a
 * query counts as the end of the zone.  Other code in C that changes the user
 * is covered by redirect.c: queries concerned count as dependent on the role.
 *
 * While the setting is empty, or prod, each of this is one test.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"
#include "utils/plancache.h"

#include "environment.h"
#include "guc.h"
#include "kept_plans.h"
#include "redirect_zone.h"

bool		RedirectionOn = false;

/* how many commands and pieces of vde's own work not to redirect we are in */
static int	plain_depth = 0;

/* are there kept plans from either zone? */
static bool redirected_plans = false;
static bool plain_plans = false;

static fmgr_hook_type previous_fmgr = NULL;
static ProcessUtility_hook_type previous_utility = NULL;
static ExecutorStart_hook_type previous_start = NULL;
static ExecutorEnd_hook_type previous_end = NULL;

/*
 * ForgetPlans
 *		See redirect_zone.h.  Reads no catalog and raises no error.
 */
void
ForgetPlans(void)
{
	redirected_plans = false;
	plain_plans = false;
	ResetPlanCache();
}

/*
 * AssignRedirection
 *		See redirect_zone.h.
 *
 * A rollback and the end of SET LOCAL come here, too.
 */
void
AssignRedirection(const char *environment, void *extra)
{
	bool		on = environment[0] != '\0' && strcmp(environment, PROD_ENVIRONMENT) != 0;

	if (on != RedirectionOn ||
		(on && (VdeEnvironment == NULL || strcmp(environment, VdeEnvironment) != 0)))
		ForgetPlans();
	RedirectionOn = on;
}

/*
 * InStoringCommand, InPlainZone
 *		See redirect_zone.h.
 */
bool
InStoringCommand(void)
{
	return plain_depth > 0;
}

bool
InPlainZone(void)
{
	return plain_depth > 0 || InLocalUserIdChange() || InSecurityRestrictedOperation();
}

void
NoteRedirectedQuery(void)
{
	redirected_plans = true;
}

void
NotePlainQuery(void)
{
	plain_plans = true;
}

/*
 * CheckRedirectionZone
 *		See redirect_zone.h.
 */
void
CheckRedirectionZone(void)
{
	if (RedirectionOn && (InPlainZone() ? redirected_plans : plain_plans))
		ForgetPlans();
}

/*
 * BeginPlainZone, EndPlainZone
 *		See redirect_zone.h.
 */
void
BeginPlainZone(void)
{
	plain_depth++;
	CheckRedirectionZone();
}

void
EndPlainZone(void)
{
	Assert(plain_depth > 0);
	plain_depth--;
	CheckRedirectionZone();
}

/*
 * stores_queries
 *		May the command store a query, or run one that is stored?
 *
 * What is not known is taken for one that does.
 */
static bool
stores_queries(const Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_CreateTableAsStmt:
			return ((const CreateTableAsStmt *) statement)->objtype == OBJECT_MATVIEW;

		case T_ExplainStmt:
			{
				/* with ANALYZE it makes a materialized view, too */
				const Query *query = (const Query *) ((const ExplainStmt *) statement)->query;

				return IsA(query, Query) && query->commandType == CMD_UTILITY &&
					stores_queries(query->utilityStmt);
			}

		case T_CallStmt:
		case T_CheckPointStmt:
		case T_ClosePortalStmt:
		case T_ConstraintsSetStmt:
		case T_CopyStmt:
		case T_DeallocateStmt:
		case T_DeclareCursorStmt:
		case T_DiscardStmt:
		case T_DoStmt:
		case T_ExecuteStmt:
		case T_FetchStmt:
		case T_ListenStmt:
		case T_LoadStmt:
		case T_LockStmt:
		case T_NotifyStmt:
		case T_PrepareStmt:
		case T_TransactionStmt:
		case T_UnlistenStmt:
		case T_VariableSetStmt:
		case T_VariableShowStmt:
			return false;

		default:
			return true;
	}
}

/*
 * run_utility
 *		Carries out the command.
 */
static void
run_utility(PlannedStmt *pstmt, const char *queryString, bool readOnlyTree,
			ProcessUtilityContext context, ParamListInfo params,
			QueryEnvironment *queryEnv, DestReceiver *dest, QueryCompletion *qc)
{
	if (previous_utility)
		previous_utility(pstmt, queryString, readOnlyTree, context, params, queryEnv, dest, qc);
	else
		standard_ProcessUtility(pstmt, queryString, readOnlyTree, context, params, queryEnv, dest, qc);
}

/*
 * zone_utility
 *		ProcessUtility_hook.
 */
static void
zone_utility(PlannedStmt *pstmt, const char *queryString, bool readOnlyTree,
			 ProcessUtilityContext context, ParamListInfo params,
			 QueryEnvironment *queryEnv, DestReceiver *dest, QueryCompletion *qc)
{
	if (IsA(pstmt->utilityStmt, VariableSetStmt))
		NoteSet((const VariableSetStmt *) pstmt->utilityStmt);
	if (!stores_queries(pstmt->utilityStmt))
	{
		run_utility(pstmt, queryString, readOnlyTree, context, params, queryEnv, dest, qc);
		return;
	}

	/* counted while the setting is empty, too: it can be set in between */
	BeginPlainZone();
	PG_TRY();
	{
		run_utility(pstmt, queryString, readOnlyTree, context, params, queryEnv, dest, qc);
	}
	PG_FINALLY();
	{
		EndPlainZone();
	}
	PG_END_TRY();
}

/*
 * zone_fmgr
 *		fmgr_hook: called for functions that are SECURITY DEFINER or have SET
 *		clauses, when the rights have changed and when they are back.
 *
 * There is no needs_fmgr_hook, so all other functions go their usual way, and
 * can be inlined.  An abort gives rights back later: see zone_abort.
 */
static void
zone_fmgr(FmgrHookEventType event, FmgrInfo *flinfo, Datum *arg)
{
	if (previous_fmgr)
		previous_fmgr(event, flinfo, arg);
	if (event != FHET_ABORT)
		NoteFunction(flinfo->fn_oid);
	CheckRedirectionZone();
}

/*
 * zone_start, zone_end
 *		ExecutorStart_hook and ExecutorEnd_hook.
 */
static void
zone_start(QueryDesc *desc, int eflags)
{
	CheckRedirectionZone();
	if (previous_start)
		previous_start(desc, eflags);
	else
		standard_ExecutorStart(desc, eflags);
}

static void
zone_end(QueryDesc *desc)
{
	if (previous_end)
		previous_end(desc);
	else
		standard_ExecutorEnd(desc);
	CheckRedirectionZone();

	/* a query of a foreign key: the next trigger may be the caller's own */
	if (RedirectionOn && plain_plans && InNoForceRLSOperation())
		ForgetPlans();
}

/*
 * zone_abort
 *		An abort has put back whose rights are in force.
 */
static void
zone_abort(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_ABORT)
		CheckRedirectionZone();
}

static void
zone_subabort(SubXactEvent event, SubTransactionId subid, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		CheckRedirectionZone();
}

/*
 * InstallRedirectionZones
 *		See redirect_zone.h.
 */
void
InstallRedirectionZones(void)
{
	previous_fmgr = fmgr_hook;
	fmgr_hook = zone_fmgr;
	previous_utility = ProcessUtility_hook;
	ProcessUtility_hook = zone_utility;
	previous_start = ExecutorStart_hook;
	ExecutorStart_hook = zone_start;
	previous_end = ExecutorEnd_hook;
	ExecutorEnd_hook = zone_end;
	RegisterXactCallback(zone_abort, NULL);
	RegisterSubXactCallback(zone_subabort, NULL);
}
