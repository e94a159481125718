/*-------------------------------------------------------------------------
 *
 * physical.c
 *	  The relations of versions in schema vde_data: their names, how they are
 *	  built and dropped, and who may read them.
 *
 * How the empty relation is made is in physical_relation.c, its indexes in
 * physical_index.c, refreshing it in physical_refresh.c; rows are written by
 * receiver.c.
 *
 * Invariants
 *
 * - Callers have the extension's owner in force.  Only the model's query runs
 *	 as the model's owner: security-restricted, read-only, under the
 *	 definition's settings.
 *
 * - A relation is made, filled, indexed and analyzed in one subtransaction:
 *	 it is there as a whole or not at all, which also makes it safe to write
 *	 its rows frozen.
 *
 * - Nothing is dropped with CASCADE.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "executor/executor.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "rewrite/rewriteHandler.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "compat.h"
#include "fault.h"
#include "guc.h"
#include "kept_plans.h"
#include "lock_holder.h"
#include "lock_wait.h"
#include "physical.h"
#include "physical_parts.h"
#include "receiver.h"
#include "seed.h"
#include "session.h"
#include "subtransaction.h"
#include "text_privacy.h"

/* "__" and 16 hexadecimal digits at the end of a relation's name */
#define HASH_DIGITS		16
#define HASH_SUFFIX		(2 + HASH_DIGITS)

/*
 * LockDatabaseObject's sub-object number under which grants on one relation
 * wait for each other; PostgreSQL takes no such lock on relations.
 */
#define GRANT_LOCK		1

typedef struct BuildWork
{
	const Definition *definition;
	List	   *columns;
	const Query *query;
	const char *relation_name;
	Contents	contents;		/* result */
} BuildWork;

/*
 * clipped_name
 *		A readable name, shortened so that it fits together with the suffix.
 */
static char *
clipped_name(const char *readable, int length, const char *suffix)
{
	int			room = NAMEDATALEN - 1 - strlen(suffix);

	Assert(room > 0);
	if (length > room)
		length = pg_mbcliplen(readable, length, room);
	return psprintf("%.*s%s", length, readable, suffix);
}

/*
 * PhysicalName
 *		schema__name__ and 16 digits: half from each of the two hashes.
 */
char *
PhysicalName(const ModelName *name, const Digest *version)
{
	char	   *readable = psprintf("%s__%s", name->schema, name->name);
	char	   *suffix = psprintf("__%.*s%.*s",
								  HASH_DIGITS / 2, DigestXxh3(version),
								  HASH_DIGITS / 2, DigestSha256(version));

	return clipped_name(readable, strlen(readable), suffix);
}

/*
 * PhysicalPartName
 *		The name of an index or a partition.
 *
 * The hash stays in it, so parts of different relations never have the same
 * name, however alike the readable names are.
 */
char *
PhysicalPartName(const char *relation_name, const char *suffix)
{
	int			length = strlen(relation_name);
	int			readable = Max(length - HASH_SUFFIX, 0);

	return clipped_name(relation_name, readable,
						psprintf("%s%s", relation_name + readable, suffix));
}

/*
 * PhysicalRelation
 *		OID of a relation in vde_data, InvalidOid when there is none.
 */
Oid
PhysicalRelation(const char *relation_name)
{
	return get_relname_relid(relation_name,
							 get_namespace_oid(VDE_DATA_SCHEMA, false));
}

/*
 * physical_leaves
 *		OIDs of the relations that hold a relation's rows.
 */
static List *
physical_leaves(Oid relid)
{
	if (get_rel_relkind(relid) == RELKIND_PARTITIONED_TABLE)
		return find_inheritance_children(relid, AccessShareLock);
	return list_make1_oid(relid);
}

/*
 * PhysicalIsUnlogged
 *		See physical.h.
 */
bool
PhysicalIsUnlogged(const char *relation_name)
{
	List	   *leaves = physical_leaves(PhysicalRelation(relation_name));

	return leaves != NIL && get_rel_persistence(linitial_oid(leaves)) == RELPERSISTENCE_UNLOGGED;
}

/*
 * PhysicalIsEmpty
 *		See physical.h.
 */
bool
PhysicalIsEmpty(const char *relation_name, bool wait)
{
	ListCell   *cell;

	/* a standby has no file of an unlogged table, and cannot know */
	if (RecoveryInProgress())
		return false;
	foreach(cell, physical_leaves(PhysicalRelation(relation_name)))
	{
		Relation	relation;
		BlockNumber pages;

		if (!wait && !ConditionalLockRelationOid(lfirst_oid(cell), AccessShareLock))
			return false;
		relation = try_relation_open(lfirst_oid(cell), wait ? AccessShareLock : NoLock);
		if (relation == NULL)
		{
			if (!wait)
				UnlockRelationOid(lfirst_oid(cell), AccessShareLock);
			continue;			/* dropped this moment */
		}
		pages = RelationGetNumberOfBlocks(relation);
		relation_close(relation, AccessShareLock);
		if (pages > 0)
			return false;
	}
	return true;
}

/*
 * PhysicalIsUnpopulated
 *		See physical.h.  Asks the catalog alone, so that it waits for nobody.
 */
bool
PhysicalIsUnpopulated(const char *relation_name)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(PhysicalRelation(relation_name)));
	bool		unpopulated;

	if (!HeapTupleIsValid(tuple))
		return false;
	unpopulated = !((Form_pg_class) GETSTRUCT(tuple))->relispopulated;
	ReleaseSysCache(tuple);
	return unpopulated;
}

/*
 * PhysicalFile
 *		See physical.h.
 *
 * It is text in a catalog that is dumped and copied, so it names the cluster
 * and the database, too: OIDs alone may come to be the same elsewhere.
 */
char *
PhysicalFile(const char *relation_name)
{
	HeapTuple	tuple;
	Form_pg_class form;
	char	   *file = NULL;

	/* nobody has been asked for a lock, which would do this */
	AcceptInvalidationMessages();
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(PhysicalRelation(relation_name)));
	if (!HeapTupleIsValid(tuple))
		return NULL;
	form = (Form_pg_class) GETSTRUCT(tuple);
	if (form->relkind == RELKIND_MATVIEW)
		file = psprintf(UINT64_FORMAT "/%u/%u/%u", GetSystemIdentifier(), MyDatabaseId,
						form->oid, form->relfilenode);
	ReleaseSysCache(tuple);
	return file;
}

/*
 * InSubtransaction
 *		Calls work in a subtransaction of its own.
 */
void
InSubtransaction(void (*work) (void *arg), void *arg)
{
	Subtransaction sub;

	SubtransactionBegin(&sub);
	PG_TRY();
	{
		MemoryContext work_context;

		work_context = AllocSetContextCreate(CurTransactionContext,
											 "vde physical relation",
											 ALLOCSET_DEFAULT_SIZES);
		MemoryContextSwitchTo(work_context);
		work(arg);
		VDE_POINT("table: before end of subtransaction");
		MemoryContextSwitchTo(sub.context);
		MemoryContextDelete(work_context);
		SubtransactionEnd(&sub, true);
	}
	PG_CATCH();
	{
		ReThrowError(SubtransactionFailed(&sub));
	}
	PG_END_TRY();
}

/*
 * index_has_code
 *		Does an index have expressions, which may call functions?
 */
static bool
index_has_code(const IndexStmt *statement)
{
	ListCell   *lc;

	foreach(lc, statement->indexParams)
	{
		if (lfirst_node(IndexElem, lc)->expr != NULL)
			return true;
	}
	return statement->whereClause != NULL;
}

/*
 * RunUtility
 *		Runs a utility statement that vde has made.
 *
 * As a part of a larger command: what vde makes in its own schema is none of
 * the events that event triggers are told of.  Expressions of an index run
 * under the session's settings, as they do in any CREATE INDEX, and once more
 * in the ANALYZE that follows.
 */
void
RunUtility(Node *statement, const char *text)
{
	PlannedStmt *wrapper = makeNode(PlannedStmt);

	if (IsA(statement, IndexStmt) && index_has_code((IndexStmt *) statement))
		CheckKeptPlans();
	wrapper->commandType = CMD_UTILITY;
	wrapper->utilityStmt = statement;
	wrapper->stmt_location = -1;
	ProcessUtility(wrapper, text, false, PROCESS_UTILITY_SUBCOMMAND,
				   NULL, NULL, None_Receiver, NULL);
	CommandCounterIncrement();
}

/*
 * AnalyzePhysical
 *		Collects statistics, as the table's owner: ANALYZE sees to that.
 */
void
AnalyzePhysical(const char *relation_name)
{
	VacuumStmt *statement = makeNode(VacuumStmt);
	RangeVar   *name = makeRangeVar(pstrdup(VDE_DATA_SCHEMA),
									pstrdup(relation_name), -1);

	statement->rels = list_make1(makeVacuumRelation(name, InvalidOid, NIL));
	statement->is_vacuumcmd = false;

	PushActiveSnapshot(GetTransactionSnapshot());
	RunUtility((Node *) statement, "ANALYZE");
	PopActiveSnapshot();
}

/*
 * run_query
 *		Runs a bound query into dest.
 *
 * The permissions that are asked for are those in the query.  A parallel plan
 * is possible: workers read, and only this process writes.  pg_stat_activity
 * shows a worker's query to the caller, so a private one is not given to them.
 */
static void
run_query(const Query *query, const Definition *definition, DestReceiver *dest)
{
	bool		is_private = IsPrivate(definition);
	const char *text = is_private ? QuoteModelName(&definition->name) : definition->query;
	Query	   *copy = copyObject(unconstify(Query *, query));
	List	   *rewritten;
	PlannedStmt *plan;
	QueryDesc  *desc;

	AcquireRewriteLocks(copy, true, false);
	rewritten = QueryRewrite(copy);
	if (list_length(rewritten) != 1)
		elog(ERROR, "unexpected rewrite result for a model's query");
	CHECK_FOR_INTERRUPTS();
	plan = VdePlanQuery(linitial_node(Query, rewritten), text,
						CURSOR_OPT_PARALLEL_OK);
	if (is_private)
	{
		/* all of that text */
		plan->stmt_location = -1;
		plan->stmt_len = 0;
	}

	/* planning may have run functions; what they did, the query must see */
	PushCopiedSnapshot(GetActiveSnapshot());
	UpdateActiveSnapshotCommandId();

	desc = CreateQueryDesc(plan, text, GetActiveSnapshot(), InvalidSnapshot,
						   dest, NULL, NULL, 0);
	ExecutorStart(desc, 0);
	VdeExecutorRun(desc);
	ExecutorFinish(desc);
	ExecutorEnd(desc);
	FreeQueryDesc(desc);
	PopActiveSnapshot();
}

/*
 * FillHeaps
 *		Runs the bound query, or reads the seed, into dest.
 */
Contents
FillHeaps(const Definition *definition, const Query *query, DestReceiver *dest)
{
	Contents	contents;

	CommandCounterIncrement();
	PushCopiedSnapshot(GetTransactionSnapshot());
	UpdateActiveSnapshotCommandId();

	if (query == NULL)
		(void) SeedRows(definition, dest);
	else
	{
		RunAs		run_as;

		RunAsBegin(&run_as, definition->owner, definition->settings, true);
		run_query(query, definition, dest);
		RunAsEnd(&run_as);
	}

	PopActiveSnapshot();
	contents.rows = HeapReceiverRows(dest);
	HeapReceiverContent(dest, contents.hash);
	dest->rDestroy(dest);
	CommandCounterIncrement();
	return contents;
}

/*
 * build_work
 *		What BuildPhysical does, for InSubtransaction.
 */
static void
build_work(void *arg)
{
	BuildWork  *work = arg;
	const Definition *definition = work->definition;
	ModelOptions *options = ReadOptions(definition->kind, definition->options);
	Oid			relid = InvalidOid;

	switch (definition->kind)
	{
		case KIND_FULL:
		case KIND_SEED:
			relid = DefinePhysicalTable(definition, work->columns, options,
										work->relation_name);
			break;
		case KIND_VIEW:
			(void) DefinePhysicalView(definition, work->columns, options,
									  work->query, work->relation_name);
			return;
		case KIND_MATERIALIZED_VIEW:
			relid = DefinePhysicalView(definition, work->columns, options,
									   work->query, work->relation_name);
			break;
		case KIND_EMBEDDED:
		case KIND_EXTERNAL:
			elog(ERROR, "models of kind %s have no relation",
				 KindName(definition->kind));
	}

	VDE_POINT("table: made");
	work->contents = FillHeaps(definition, work->query,
							   CreateHeapReceiver(relid, NIL));
	VDE_POINT("table: filled");
	DefinePhysicalIndexes(definition, work->columns, options, relid,
						  work->relation_name);
	VDE_POINT("table: indexed");
	AnalyzePhysical(work->relation_name);
}

/*
 * BuildPhysical
 *		Makes the relation of a version and fills it; see physical.h.
 */
Contents
BuildPhysical(const Definition *definition, List *columns, const Query *query,
			  const char *relation_name)
{
	BuildWork	work = {0};

	work.definition = definition;
	work.columns = columns;
	work.query = query;
	work.relation_name = relation_name;
	InSubtransaction(build_work, &work);
	return work.contents;
}

/*
 * DropPhysical
 *		Drops a relation with its partitions and indexes.
 *
 * ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST when something else needs it.
 */
void
DropPhysical(const char *relation_name)
{
	RangeVar   *name = makeRangeVar(pstrdup(VDE_DATA_SCHEMA),
									pstrdup(relation_name), -1);
	ObjectAddress address;
	Oid			relid;

	relid = RangeVarGetRelid(name, AccessExclusiveLock, true);
	if (!OidIsValid(relid))
		return;
	ObjectAddressSet(address, RelationRelationId, relid);
	performDeletion(&address, DROP_RESTRICT, 0);
	CommandCounterIncrement();
}

/*
 * may_read
 *		May the role read the relation?
 */
static bool
may_read(Oid relid, Oid role)
{
	return pg_class_aclcheck(relid, role, ACL_SELECT) == ACLCHECK_OK;
}

/*
 * change_grant
 *		Gives a role SELECT on a relation, or takes it.
 */
static void
change_grant(Oid relid, Oid role, bool is_grant)
{
	GrantStmt  *grant;
	AccessPriv *privilege;
	RoleSpec   *grantee;

	privilege = makeNode(AccessPriv);
	privilege->priv_name = pstrdup("select");

	grantee = makeNode(RoleSpec);
	grantee->roletype = ROLESPEC_CSTRING;
	grantee->rolename = GetUserNameFromId(role, false);
	grantee->location = -1;

	grant = makeNode(GrantStmt);
	grant->is_grant = is_grant;
	grant->targtype = ACL_TARGET_OBJECT;
	grant->objtype = OBJECT_TABLE;
	grant->objects = list_make1(makeRangeVar(get_namespace_name(get_rel_namespace(relid)),
											 get_rel_name(relid), -1));
	grant->privileges = list_make1(privilege);
	grant->grantees = list_make1(grantee);
	RunUtility((Node *) grant, is_grant ? "GRANT" : "REVOKE");
}

/*
 * grant_lock
 *		For WaitWithin.
 */
static void
grant_lock(const void *relid)
{
	LockDatabaseObject(RelationRelationId, *(const Oid *) relid, GRANT_LOCK, ExclusiveLock);
}

/*
 * LockPhysicalGrants
 *		See physical.h.
 *
 * Two sessions that grant on the same relation at once would make one of them
 * fail, so they wait for each other here, without a lock that stops anybody
 * who reads or refreshes it.  A refresh keeps them off at its end alone.
 */
void
LockPhysicalGrants(Oid relid)
{
	LOCKTAG		tag;
	WaitResult	result = WAIT_DONE;
	bool		is_users = LockTimeout > 0 && (VdeLockTimeout == 0 || LockTimeout < VdeLockTimeout);
	int			limit = is_users ? LockTimeout : VdeLockTimeout;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, RelationRelationId, relid, GRANT_LOCK);
	if (LockAcquire(&tag, ExclusiveLock, false, true) == LOCKACQUIRE_NOT_AVAIL)
		result = WaitWithin(grant_lock, &relid, limit);
	if (result != WAIT_DONE)
	{
		char	   *who = ObjectLockHolders(&tag);
		const char *name = get_rel_name(relid);

		if (result == WAIT_TOO_LONG)
			ereport(ERROR,
					(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
					 errmsg("could not lock the grants of table \"%s.%s\" within %d ms", VDE_DATA_SCHEMA, name, limit),
					 who ? errdetail_internal("%s", who) : 0,
					 errhint("A deployment in a transaction block keeps it. Try again when it is committed, or raise %s.",
							 is_users ? "lock_timeout" : "vde.lock_timeout")));
		ereport(ERROR,
				(errcode(ERRCODE_T_R_DEADLOCK_DETECTED),
				 errmsg("could not lock the grants of table \"%s.%s\", since who has it waits for this transaction", VDE_DATA_SCHEMA, name),
				 who ? errdetail_internal("%s", who) : 0,
				 errhint("Try again.")));
	}
	AcceptInvalidationMessages();
}

/*
 * GrantPhysical
 *		SELECT on a relation for a role that owns a view on it.
 */
void
GrantPhysical(Oid relid, Oid role)
{
	if (may_read(relid, role))
		return;
	LockPhysicalGrants(relid);
	if (!may_read(relid, role))
		change_grant(relid, role, true);
}

/*
 * RevokePhysical
 *		Takes that from it.
 */
void
RevokePhysical(Oid relid, Oid role)
{
	LockPhysicalGrants(relid);
	if (list_member_oid(PhysicalReaders(relid), role))
		change_grant(relid, role, false);
	CommandCounterIncrement();
}

/*
 * PhysicalReaders
 *		See physical.h.
 */
List *
PhysicalReaders(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	List	   *roles = NIL;
	bool		isnull;
	Datum		value;

	if (!HeapTupleIsValid(tuple))
		return NIL;
	value = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_relacl, &isnull);
	if (!isnull)
	{
		Acl		   *acl = DatumGetAclPCopy(value);
		int			i;

		for (i = 0; i < ACL_NUM(acl); i++)
		{
			const AclItem *item = &ACL_DAT(acl)[i];

			if (item->ai_grantee != ACL_ID_PUBLIC &&
				item->ai_grantee != ((Form_pg_class) GETSTRUCT(tuple))->relowner &&
				(ACLITEM_GET_PRIVS(*item) & ACL_SELECT) != 0)
				roles = list_append_unique_oid(roles, item->ai_grantee);
		}
	}
	ReleaseSysCache(tuple);
	return roles;
}
