/*-------------------------------------------------------------------------
 *
 * check.c
 *	  vde_check: the catalog against reality, and what of the differences it
 *	  is safe to mend.
 *
 * The catalog and the objects that it speaks of can only part ways behind
 * vde's back: by a superuser's hand, by DROP OWNED and REASSIGN OWNED, by an
 * incomplete restore.  Nothing but this check looks for it.
 *
 * Invariants
 *
 * - Without repair nothing is written and no lock outlives the look at one
 *	 relation: it works on a standby, and beside deployments.
 *
 * - Repairing drops nothing, touches nothing that vde did not make, and widens
 *	 nobody's rights beyond what the catalog says they are.  It makes views,
 *	 points them back, gives back owners and grants, and notes that a table is
 *	 gone, so that the next apply builds it.  Meanwhile no deployment runs.
 *
 * - A row is shown to superusers and to members of the roles that it concerns;
 *	 and the same may have it repaired.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "argument.h"
#include "catalog.h"
#include "check.h"
#include "compat.h"
#include "environment_lock.h"

PG_FUNCTION_INFO_V1(vde_check);

#define RESULT_COLUMNS 6

/*
 * CheckMayAct
 *		See check.h.
 */
bool
CheckMayAct(const Check *check, List *roles)
{
	ListCell   *cell;

	if (superuser_arg(check->session->caller))
		return true;
	foreach(cell, roles)
	{
		if (has_privs_of_role(check->session->caller, lfirst_oid(cell)))
			return true;
	}
	return false;
}

/*
 * ReportProblem
 *		See check.h.
 */
void
ReportProblem(Check *check, const Problem *problem)
{
	Datum		values[RESULT_COLUMNS] = {0};
	bool		nulls[RESULT_COLUMNS] = {0};
	const char *texts[RESULT_COLUMNS - 1];
	int			i;

	if (!CheckMayAct(check, problem->roles))
		return;
	texts[0] = problem->environment;
	texts[1] = problem->object;
	texts[2] = problem->problem;
	texts[3] = problem->detail;
	texts[4] = problem->repaired ? NULL : problem->remedy;
	for (i = 0; i < RESULT_COLUMNS - 1; i++)
	{
		if (texts[i] == NULL)
			nulls[i] = true;
		else
			values[i] = CStringGetTextDatum(texts[i]);
	}
	values[RESULT_COLUMNS - 1] = BoolGetDatum(problem->repaired);
	tuplestore_putvalues(check->result->setResult, check->result->setDesc, values, nulls);
}

/*
 * CheckOids
 *		See check.h.
 */
List *
CheckOids(uint64 row, int column)
{
	List	   *oids = NIL;
	ListCell   *cell;

	foreach(cell, CatalogTextArray(row, column))
	{
		if (lfirst(cell) != NULL)
			oids = list_append_unique_oid(oids, atooid((char *) lfirst(cell)));
	}
	return oids;
}

/*
 * ReadProblem
 *		See check.h.
 */
Problem *
ReadProblem(uint64 row)
{
	Problem    *problem = palloc0(sizeof(Problem));

	problem->environment = CatalogText(row, 1);
	problem->object = CatalogText(row, 2);
	problem->problem = CatalogText(row, 3);
	problem->detail = CatalogText(row, 4);
	problem->remedy = CatalogText(row, 5);
	problem->roles = CheckOids(row, 6);
	return problem;
}

/*
 * ReportRows
 *		See check.h.
 */
void
ReportRows(Check *check, uint64 rows)
{
	uint64		row;

	for (row = 0; row < rows; row++)
	{
		CHECK_FOR_INTERRUPTS();
		ReportProblem(check, ReadProblem(row));
	}
}

/*
 * prepare_repair
 *		May the caller have anything repaired, and is it a moment for it?
 */
static void
prepare_repair(const VdeSession *session, EnvironmentLock *lock)
{
	RequireWritable("vde_check(true)");
	if (!superuser_arg(session->caller) &&
		CatalogRead("SELECT FROM vde.environment WHERE pg_has_role($1::pg_catalog.oid, owner::pg_catalog.oid, 'USAGE') LIMIT 1", "r",
					session->caller) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to repair"),
				 errhint("Only a superuser and members of an environment's owner may.")));

	/* an old snapshot would show the pointers as they were */
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("vde_check(true) needs the isolation level read committed"),
				 errhint("Call it outside of a transaction block, or begin it with BEGIN ISOLATION LEVEL READ COMMITTED.")));
	LockActivity(lock, session, true);
}

/*
 * vde_check(repair)
 *		Every difference between the catalog and what there is.
 *
 * Tables come before the views on them, and the catalog last, so that each
 * part sees what the one before it has mended.
 */
Datum
vde_check(PG_FUNCTION_ARGS)
{
	VdeSession	session;
	EnvironmentLock lock = {0};
	Check		check = {0};

	check.repair = FlagArgument(fcinfo, 0);
	InitMaterializedSRF(fcinfo, 0);
	check.result = (ReturnSetInfo *) fcinfo->resultinfo;
	check.session = &session;

	SessionBegin(&session, NULL);
	if (check.repair)
		prepare_repair(&session, &lock);
	CheckPhysical(&check);
	CheckLayer(&check);
	CheckCatalog(&check);

	/* the lock stays until the end of the transaction, as what it guards */
	SessionEnd(&session);
	return (Datum) 0;
}
