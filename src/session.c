/*-------------------------------------------------------------------------
 *
 * session.c
 *	  Whose rights are in force, and where a transaction ends.
 *
 * Invariants
 *
 * - Catalog statements and DDL run as the extension's owner with search_path
 *	 = pg_catalog, pg_temp, so that nothing in a writable schema can capture
 *	 a name.  Permission is checked against the caller before any of it.
 *
 * - A model's query, and whatever it calls, runs as the model's owner in a
 *	 security-restricted operation: never as the caller, who may be a
 *	 superuser, and never as the extension's owner, who is one.
 *
 * - On error the (sub)transaction's abort restores user, security context and
 *	 settings; there is no clean-up code to forget.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_auth_members.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_namespace.h"
#include "commands/user.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_node.h"
#include "tcop/pquery.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "fault.h"
#include "kept_plans.h"
#include "model.h"
#include "redirect_zone.h"
#include "session.h"
#include "settings.h"
#include "update.h"

PG_FUNCTION_INFO_V1(vde_prepare_storage_role);

/*
 * extension_owner
 *		The owner of the extension's catalog schema.
 */
static Oid
extension_owner(void)
{
	HeapTuple	tuple = SearchSysCache1(NAMESPACENAME,
										CStringGetDatum(VDE_CATALOG_SCHEMA));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA),
				 errmsg("schema \"%s\" does not exist", VDE_CATALOG_SCHEMA),
				 errhint("Create the extension with CREATE EXTENSION vde.")));
	owner = ((Form_pg_namespace) GETSTRUCT(tuple))->nspowner;
	ReleaseSysCache(tuple);
	return owner;
}

/*
 * elevate
 *		Become the extension's owner, with a search_path that cannot be
 *		captured.
 */
static void
elevate(VdeSession *session)
{
	SetUserIdAndSecContext(session->extension_owner,
						   session->saved_context | SECURITY_LOCAL_USERID_CHANGE);
	session->guc_level = NewGUCNestLevel();
	ApplySetting("search_path", "pg_catalog, pg_temp");
	CheckRedirectionZone();
}

/*
 * RefuseOnStandby
 *		See session.h.
 */
void
RefuseOnStandby(void)
{
	if (RecoveryInProgress())
		ereport(ERROR,
				(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				 errmsg("vde cannot write on a standby server"),
				 errdetail("Models can be read and planned here; registering and deploying write."),
				 errhint("Call it on the primary server, or here once this server has been promoted.")));
}

/* how many calls this session has seen; tells one from another */
static uint64 session_number = 0;

/*
 * SourcesReadAt
 *		See session.h.
 *
 * A transaction with one snapshot knows nothing that was committed after its
 * first statement, however long ago that was.  When the snapshot was taken is
 * noted nowhere; the transaction began before that, which makes tables older
 * than they are at worst, so that they are filled once more.  What the
 * transaction has written itself it does see: a call after that counts as a
 * microsecond later, which is less than it takes to get to a first call.
 */
TimestampTz
SourcesReadAt(void)
{
	static TimestampTz transaction = 0;
	static uint64 last_call = 0;
	static int	calls = 0;

	if (!IsolationUsesXactSnapshot())
		return GetCurrentTimestamp();
	if (transaction != GetCurrentTransactionStartTimestamp())
	{
		transaction = GetCurrentTransactionStartTimestamp();
		calls = 0;
	}
	else if (last_call != session_number)
		calls++;
	last_call = session_number;
	return transaction + calls;
}

/*
 * Who called the functions that are at work, the innermost last: a model's query may
 * call another one.
 */
typedef struct Caller
{
	Oid			role;
	int			nest_level;		/* of the (sub)transaction that it was called
								 * in */
} Caller;

static Caller *callers = NULL;
static int	caller_count = 0;
static int	caller_limit = 0;

/*
 * callers_abort, callers_subabort
 *		What was called in a (sub)transaction is over when that is rolled back.
 */
static void
callers_abort(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_ABORT)
		caller_count = 0;
}

static void
callers_subabort(SubXactEvent event, SubTransactionId subid, SubTransactionId parent, void *arg)
{
	int			level = GetCurrentTransactionNestLevel();

	if (event != SUBXACT_EVENT_ABORT_SUB)
		return;
	while (caller_count > 0 && callers[caller_count - 1].nest_level >= level)
		caller_count--;
}

/*
 * push_caller
 *		Notes who called.  Returns how many are at work without it.
 */
static int
push_caller(Oid role)
{
	if (callers == NULL)
	{
		callers = MemoryContextAlloc(TopMemoryContext, 8 * sizeof(Caller));
		caller_limit = 8;
		RegisterXactCallback(callers_abort, NULL);
		RegisterSubXactCallback(callers_subabort, NULL);
	}
	if (caller_count == caller_limit)
	{
		callers = repalloc(callers, 2 * caller_limit * sizeof(Caller));
		caller_limit *= 2;
	}
	callers[caller_count].role = role;
	callers[caller_count].nest_level = GetCurrentTransactionNestLevel();
	return caller_count++;
}

/*
 * SessionCaller
 *		See session.h.
 */
Oid
SessionCaller(void)
{
	return caller_count > 0 ? callers[caller_count - 1].role : InvalidOid;
}

/*
 * RequireWritable
 *		See session.h.
 */
void
RequireWritable(const char *call)
{
	RefuseOnStandby();
	PreventCommandIfReadOnly(call);
}

/*
 * SessionBegin
 *		First call of every public function.
 */
void
SessionBegin(VdeSession *session, FunctionCallInfo fcinfo)
{
	int			options = 0;

	session->atomic = true;
	session->committed = false;
	session->started = GetCurrentTimestamp();
	session_number++;
	if (fcinfo != NULL && fcinfo->context != NULL && IsA(fcinfo->context, CallContext))
	{
		session->atomic = castNode(CallContext, fcinfo->context)->atomic;
		RequireWritable("CALL of a procedure of vde");
	}

	/* nor can it commit under an EXCEPTION clause, which rolls all of it back */
	if (IsSubTransaction())
		session->atomic = true;
	if (!session->atomic)
		options = SPI_OPT_NONATOMIC;
	if (SPI_connect_ext(options) != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");

	GetUserIdAndSecContext(&session->caller, &session->saved_context);
	session->outer_calls = push_caller(session->caller);
	session->extension_owner = extension_owner();
	CheckExtensionVersion();
	elevate(session);
}

/*
 * SessionEnd
 *		Last call of every public function.
 */
void
SessionEnd(VdeSession *session)
{
	AtEOXact_GUC(false, session->guc_level);
	SetUserIdAndSecContext(session->caller, session->saved_context);
	CheckRedirectionZone();
	CheckKeptPlans();
	caller_count = session->outer_calls;
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "SPI_finish failed");
}

/*
 * commit
 *		Commits outside a transaction block, and begins the next transaction.
 *
 * User and settings are put back first: a transaction must end with the
 * identity that it began with.
 */
static void
commit(VdeSession *session, bool wait)
{
	if (session->atomic)
		return;
	AtEOXact_GUC(false, session->guc_level);
	SetUserIdAndSecContext(session->caller, session->saved_context);
	CheckRedirectionZone();
	/* triggers of the caller's that were deferred */
	if (!session->committed)
		CheckKeptPlans();
	session->committed = true;
	VDE_POINT("commit: before");
	if (!wait)
		(void) set_config_option("synchronous_commit", "off",
								 PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_LOCAL, true, 0, false);
	SPI_commit();
	UseReadCommitted();

	/*
	 * as core does after COMMIT in a procedure: system catalogs may be
	 * toasted
	 */
	EnsurePortalSnapshotExists();
	VDE_POINT("commit: after");
	elevate(session);
}

/*
 * UseReadCommitted
 *		See session.h.
 */
void
UseReadCommitted(void)
{
	(void) set_config_option("transaction_isolation", "read committed",
							 PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
}

/*
 * SessionCommit
 *		Commits what was done so far, so that a restart finds it.
 */
void
SessionCommit(VdeSession *session)
{
	commit(session, true);
}

/*
 * SessionCommitBuild
 *		The same, without waiting until the log is on disk: the swap's commit
 *		comes later in the same log and waits for all of it.  A crash of the
 *		server between the two may lose the last builds, which nobody has seen
 *		and which are made again.
 */
void
SessionCommitBuild(VdeSession *session)
{
	commit(session, false);
}

/*
 * RunAsBegin
 *		Become a model's owner.
 *
 * The restriction is in force before any of the owner's code can run, and the
 * settings with it.  Read-only is the transaction's own switch: it stops
 * functions that the query calls, too.
 */
void
RunAsBegin(RunAs *state, Oid role, Jsonb *settings, bool read_only)
{
	if (!SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(role)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("role with OID %u, which owns the model, does not exist", role),
				 errhint("Register the model again with another owner.")));
	GetUserIdAndSecContext(&state->saved_user, &state->saved_context);
	SetUserIdAndSecContext(role,
						   state->saved_context | SECURITY_RESTRICTED_OPERATION);
	CheckRedirectionZone();
	state->guc_level = NewGUCNestLevel();
	state->has_settings = settings != NULL;
	if (state->has_settings)
	{
		bool		changed;
		uint64		number = ApplySettings(settings, &changed);

		EnterSettings(number, changed);
	}
	CheckKeptPlans();
	/* the caller need not be one who may see the query */
	if (Debug_print_plan)
		ApplySetting("debug_print_plan", "off");
	state->saved_read_only = XactReadOnly;
	if (read_only)
		XactReadOnly = true;
}

/*
 * RunAsEnd
 *		Back to who was in force before.
 *
 * After an error this is not reached: the (sub)transaction's abort restores
 * all of it, XactReadOnly included.
 */
void
RunAsEnd(RunAs *state)
{
	XactReadOnly = state->saved_read_only;
	AtEOXact_GUC(false, state->guc_level);
	SetUserIdAndSecContext(state->saved_user, state->saved_context);
	CheckRedirectionZone();
	if (state->has_settings)
		LeaveSettings();
}

/*
 * check_powerless
 *		Error unless the role can do nothing and nobody can become it.
 */
static void
check_powerless(Oid role)
{
	HeapTuple	tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(role));
	Form_pg_authid form;
	bool		powerless;
	Relation	members;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	member;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for role %u", role);
	form = (Form_pg_authid) GETSTRUCT(tuple);
	powerless = !form->rolsuper && !form->rolcanlogin && !form->rolcreaterole &&
		!form->rolcreatedb && !form->rolreplication && !form->rolbypassrls;
	ReleaseSysCache(tuple);

	/* whoever is a member of it could write to the tables */
	members = table_open(AuthMemRelationId, AccessShareLock);
	ScanKeyInit(&key, Anum_pg_auth_members_roleid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(role));
	scan = systable_beginscan(members, AuthMemRoleMemIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(member = systable_getnext(scan)))
		powerless = false;
	systable_endscan(scan);

	/* and what it is a member of would be lent to functions in indexes */
	ScanKeyInit(&key, Anum_pg_auth_members_member, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(role));
	scan = systable_beginscan(members, AuthMemMemRoleIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(member = systable_getnext(scan)))
		powerless = false;
	systable_endscan(scan);
	table_close(members, AccessShareLock);

	if (!powerless)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_ROLE_SPECIFICATION),
				 errmsg("role \"%s\" is not powerless", VDE_STORAGE_ROLE),
				 errdetail("The role that owns physical tables must have no attributes, no members and no memberships."),
				 errhint("Revoke them, or drop the role and let vde create it.")));
}

/*
 * StorageRole
 *		The role that owns the physical tables.
 */
Oid
StorageRole(void)
{
	Oid			role = get_role_oid(VDE_STORAGE_ROLE, true);

	if (!OidIsValid(role))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("role \"%s\" does not exist", VDE_STORAGE_ROLE),
				 errhint("Have a superuser create it: CREATE ROLE %s NOLOGIN.", VDE_STORAGE_ROLE)));
	return role;
}

/*
 * vde_prepare_storage_role
 *		Makes the storage role, or checks the one that another database of
 *		this server has made.  Called by CREATE EXTENSION.
 */
Datum
vde_prepare_storage_role(PG_FUNCTION_ARGS)
{
	if (!superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be superuser to prepare role \"%s\"", VDE_STORAGE_ROLE)));
	if (!OidIsValid(get_role_oid(VDE_STORAGE_ROLE, true)))
	{
		CreateRoleStmt *create = makeNode(CreateRoleStmt);
		ParseState *pstate = make_parsestate(NULL);

		create->stmt_type = ROLESTMT_ROLE;
		create->role = VDE_STORAGE_ROLE;
		create->options = list_make1(makeDefElem("canlogin",
												 (Node *) makeBoolean(false), -1));
		CreateRole(pstate, create);
		free_parsestate(pstate);
		CommandCounterIncrement();
	}
	check_powerless(StorageRole());
	PG_RETURN_VOID();
}
