/*-------------------------------------------------------------------------
 *
 * virtual_layer.c
 *	  The views that users query, one per model and environment, and the
 *	  schemas they stand in.
 *
 * Invariants
 *
 * - Nothing is dropped with CASCADE.  A relation is touched only if it is a
 *	 view of ours (ViewTarget in view_shape.c), a schema only if
 *	 vde.virtual_schema says that vde made it, or, for prod, the model's owner
 *	 may create in it.
 *
 * - What is in the way is found by view_check.c, once more under the locks.
 *
 * - A view keeps its OID, and with it grants, comments, options and
 *	 dependents, unless its columns change otherwise than by new ones at the
 *	 end.  Then it is dropped and made anew, with everything that users have
 *	 attached to it, and only if nothing depends on it.  Who gets something on
 *	 a view is in view_grants.c.
 *
 * - All changes of a call are made in one transaction.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "commands/event_trigger.h"
#include "commands/tablecmds.h"
#include "commands/view.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "storage/lmgr.h"
#include "storage/sinval.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "catalog.h"
#include "compat.h"
#include "dependents.h"
#include "environment.h"
#include "fault.h"
#include "physical.h"
#include "view_attachments.h"
#include "view_check.h"
#include "view_grants.h"
#include "view_lock.h"
#include "view_shape.h"
#include "virtual_layer.h"

/*
 * ViewSchema
 *		Where the view of a model stands in an environment.
 */
char *
ViewSchema(const ModelName *model, const char *environment)
{
	char	   *schema;

	if (strcmp(environment, PROD_ENVIRONMENT) == 0)
		return pstrdup(model->schema);

	schema = psprintf("%s__%s", model->schema, environment);
	if (strlen(schema) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("schema name \"%s\" is too long", schema),
				 errdetail("Views of schema \"%s\" in environment \"%s\" stand in that schema, and a name has at most %d bytes.",
						   model->schema, environment, NAMEDATALEN - 1),
				 errhint("Use a shorter environment name.")));
	return schema;
}

/*
 * RaiseObstacle
 *		What stands in the way, as an error.
 */
void
RaiseObstacle(const ViewObstacle *obstacle)
{
	ereport(ERROR,
			(errcode(obstacle->sqlstate),
			 errmsg_internal("%s", obstacle->message),
			 obstacle->detail ? errdetail_internal("%s", obstacle->detail) : 0,
			 obstacle->hint ? errhint("%s", obstacle->hint) : 0));
}

/*
 * needs_lock
 *		Will readers of the view notice?  Comments alone they do not.
 */
static bool
needs_lock(const ViewState *state)
{
	if (!OidIsValid(state->viewid))
		return false;
	return state->change->relation_name == NULL || !state->unchanged ||
		!state->keeps_owner;
}

/*
 * lock_and_examine
 *		Locks the views that change, and finds out under the locks what is to
 *		be done; raises what is in the way.
 *
 * A view that appears or changes while we wait for locks is locked in another
 * round.  Any change of a catalog sends a message to every backend, and taking
 * a lock reads them: without one since we began to look, there is no need to
 * look again (RangeVarGetRelidExtended rests on the same).  Returns an array of as many states as there are changes.
 */
static ViewState *
lock_and_examine(List *changes, Oid environment_owner, LayerCheck **result)
{
	ViewState  *states = palloc(sizeof(ViewState) * list_length(changes));
	List	   *locked = NIL;

	for (;;)
	{
		LayerCheck *check = BeginLayerCheck(environment_owner);
		List	   *missing = NIL;
		uint64		messages;
		int			i = 0;
		ListCell   *lc;

		AcceptInvalidationMessages();
		messages = SharedInvalidMessageCounter;
		foreach(lc, changes)
		{
			ViewState  *state = &states[i++];

			CHECK_FOR_INTERRUPTS();
			ExamineView(check, (ViewChange *) lfirst(lc), state);
			if (needs_lock(state))
				missing = lappend_oid(missing, state->viewid);
		}
		/* obstacles found without all locks stay obstacles: do not wait */
		if (check->obstacles != NIL)
			RaiseObstacle((ViewObstacle *) linitial(check->obstacles));

		list_sort(missing, list_oid_cmp);
		if (locked != NIL)
		{
			List	   *rest = NIL;
			ListCell   *old = list_head(locked);

			/* both lists are sorted */
			foreach(lc, missing)
			{
				while (old != NULL && lfirst_oid(old) < lfirst_oid(lc))
					old = lnext(locked, old);
				if (old == NULL || lfirst_oid(old) != lfirst_oid(lc))
					rest = lappend_oid(rest, lfirst_oid(lc));
			}
			missing = rest;
		}
		if (missing != NIL)
			LockViews(missing);

		/* no catalog changed since we began to look: it is as we have seen it */
		if (missing == NIL || messages == SharedInvalidMessageCounter)
		{
			*result = check;
			return states;
		}
		MemoryContextDelete(check->scratch);
		locked = list_concat(locked, missing);
		list_sort(locked, list_oid_cmp);
	}
}

/*
 * create_schemas
 *		Makes the schemas that are missing, and records them.
 */
static void
create_schemas(LayerCheck *check, ViewState *states, int count,
			   int64 environment_id, const ViewGrants *grants)
{
	MemoryContext context = CurrentMemoryContext;
	int			i;

	for (i = 0; i < count; i++)
	{
		LayerSchema *schema;

		if (states[i].change->relation_name == NULL)
			continue;
		schema = FindLayerSchema(check, states[i].change->schema);
		if (OidIsValid(schema->oid))
			continue;

		schema->oid = NamespaceCreate(schema->name, check->environment_owner, false);
		(void) CatalogWrite("INSERT INTO vde.virtual_schema (schema_name, environment_id) "
							"VALUES ($1, $2) "
							"ON CONFLICT (schema_name) DO UPDATE SET environment_id = EXCLUDED.environment_id",
							"nl", schema->name, environment_id);
		MemoryContextSwitchTo(context);
		CommandCounterIncrement();
		CopySchemaUsage(grants, &states[i].change->model, schema->oid);
		MemoryContextSwitchTo(context);
	}
}

/*
 * create_view
 *		Makes a view; returns its OID.
 */
static Oid
create_view(const ViewChange *change, List *column_defs, Query *query,
			Oid owner, List *options)
{
	CreateStmt *stmt = makeNode(CreateStmt);
	ObjectAddress address;

	stmt->relation = makeRangeVar(pstrdup(change->schema), pstrdup(change->model.name), -1);
	stmt->tableElts = column_defs;
	stmt->options = options;
	stmt->oncommit = ONCOMMIT_NOOP;

	address = DefineRelation(stmt, RELKIND_VIEW, owner, NULL, NULL);
	CommandCounterIncrement();
	StoreViewQuery(address.objectId, query, false);
	CommandCounterIncrement();
	return address.objectId;
}

/*
 * drop_view
 *		Drops a view; an error if anything depends on it.
 */
static void
drop_view(Oid viewid)
{
	ObjectAddress address;

	ObjectAddressSet(address, RelationRelationId, viewid);
	performDeletion(&address, DROP_RESTRICT, 0);
	CommandCounterIncrement();
}

/*
 * repoint_view
 *		Gives a view its new query, and columns at the end if it has more now.
 */
static void
repoint_view(Oid viewid, List *column_defs, Query *query)
{
	Relation	view = relation_open(viewid, NoLock);
	int			old_count = RelationGetNumberOfAttributes(view);
	List	   *commands = NIL;
	int			i;

	CheckTableNotInUse(view, "swap");
	relation_close(view, NoLock);

	for (i = old_count; i < list_length(column_defs); i++)
	{
		AlterTableCmd *command = makeNode(AlterTableCmd);

		command->subtype = AT_AddColumnToView;
		command->def = (Node *) list_nth(column_defs, i);
		commands = lappend(commands, command);
	}
	if (commands != NIL)
	{
		AlterTableInternal(viewid, commands, true);
		CommandCounterIncrement();
	}
	/* it checks once more that names and types fit */
	StoreViewQuery(viewid, query, true);
	CommandCounterIncrement();
	InvokeObjectPostAlterHook(RelationRelationId, viewid, 0);
}

/*
 * carry_out
 *		Does one change.  The current memory context is reset afterwards.
 */
static void
carry_out(ViewState *state, const ViewGrants *grants, int place)
{
	MemoryContext context = CurrentMemoryContext;
	ViewChange *change = state->change;
	Oid			viewid = state->viewid;
	Oid			old_owner;
	List	   *column_defs;
	Query	   *query;

	if (change->relation_name == NULL)
	{
		if (OidIsValid(viewid))
			drop_view(viewid);
		ForgetViewGrants(grants, place, change);
		MemoryContextSwitchTo(context);
		return;
	}

	if (!OidIsValid(state->physical))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"%s.%s\" of model \"%s.%s\" does not exist",
						VDE_DATA_SCHEMA, change->relation_name,
						change->model.schema, change->model.name),
				 errhint("Somebody dropped it. SELECT * FROM vde_check(true) notes that, and the next vde_apply() builds it.")));
	old_owner = OidIsValid(viewid) ? RelationOwner(viewid) : InvalidOid;
	GrantPhysical(state->physical, change->owner);
	MemoryContextSwitchTo(context);

	if (!state->unchanged || !OidIsValid(viewid))
	{
		column_defs = RelationColumnDefs(state->physical);
		query = PlainQuery(change->relation_name, column_defs);

		if (!OidIsValid(viewid))
			viewid = create_view(change, column_defs, query, change->owner, NIL);
		else if (state->shape == SHAPE_CHANGED)
		{
			ViewAttachments *attachments = SaveViewAttachments(viewid);

			drop_view(viewid);
			VDE_POINT("swap: view dropped");
			viewid = create_view(change, column_defs, query,
								 attachments->owner, attachments->options);
			VDE_POINT("swap: view made anew");
			RestoreViewAttachments(viewid, attachments);
		}
		else
			repoint_view(viewid, column_defs, query);

		/*
		 * Naming it in the query has locked the physical relation.  What drops
		 * such relations waits for deployments (LockActivity), so the lock
		 * need not fill the lock table to the end of the swap.
		 */
		UnlockRelationOid(state->physical, AccessShareLock);
	}
	else if (state->keeps_owner)
	{
		/* comments alone: keep others from dropping it meanwhile */
		LockRelationOid(viewid, ShareUpdateExclusiveLock);
		if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(viewid)))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_TABLE),
					 errmsg("view \"%s.%s\" was dropped concurrently",
							change->schema, change->model.name),
					 errhint("Apply again.")));
	}

	VDE_POINT("swap: view pointed");
	if (!state->keeps_owner)
	{
		ATExecChangeOwner(viewid, change->owner, false, AccessExclusiveLock);
		CommandCounterIncrement();
	}
	SetViewGrants(grants, place, viewid, change, old_owner);
	MemoryContextSwitchTo(context);
	SetViewComments(viewid, &change->model, change->description,
					change->column_options, !OidIsValid(state->viewid));
	MemoryContextSwitchTo(context);
}

/*
 * SwapViews
 *		Carries out all changes in the current transaction.
 *
 * ERRCODE_LOCK_NOT_AVAILABLE when the views could not be locked within
 * vde.lock_timeout; any obstacle that CheckViewChanges would report, with its
 * own code.
 */
void
SwapViews(List *changes, int64 environment_id, Oid environment_owner)
{
	MemoryContext old_context = CurrentMemoryContext;
	MemoryContext context;
	LayerCheck *check;
	ViewState  *states;
	ViewGrants *grants;
	int			count = list_length(changes);
	int			i;

	if (changes == NIL)
		return;
	context = AllocSetContextCreate(CurrentMemoryContext, "vde swap",
									ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	grants = BeginViewGrants(changes, environment_id, environment_owner);
	MemoryContextSwitchTo(context);
	states = lock_and_examine(changes, environment_owner, &check);
	VDE_POINT("swap: views locked");

	/*
	 * Views are made and changed below the level of commands.  An event
	 * trigger that collects commands of the statement around us must not
	 * expect one here.
	 */
	EventTriggerInhibitCommandCollection();
	PG_TRY();
	{
		create_schemas(check, states, count, environment_id, grants);
		VDE_POINT("swap: schemas made");
		for (i = 0; i < count; i++)
		{
			CHECK_FOR_INTERRUPTS();
			MemoryContextSwitchTo(check->scratch);
			carry_out(&states[i], grants, i);
			MemoryContextReset(check->scratch);
			VDE_POINT("swap: view done");
		}
	}
	PG_FINALLY();
	{
		EventTriggerUndoInhibitCommandCollection();
	}
	PG_END_TRY();

	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/*
 * DropViewSchemas
 *		Drops the schemas that vde made for an environment, and forgets them.
 *
 * One with something in it stays, is named in a NOTICE, and is the user's
 * from then on.
 */
void
DropViewSchemas(int64 environment_id)
{
	MemoryContext context = CurrentMemoryContext;
	List	   *names = NIL;
	uint64		rows;
	uint64		row;
	ListCell   *lc;

	rows = CatalogWrite("DELETE FROM vde.virtual_schema WHERE environment_id = $1 "
						"RETURNING schema_name", "l", environment_id);
	MemoryContextSwitchTo(context);
	for (row = 0; row < rows; row++)
		names = lappend(names, CatalogText(row, 1));

	foreach(lc, names)
	{
		char	   *name = (char *) lfirst(lc);
		ObjectAddress address;
		char	   *contents;
		Oid			schemaid = get_namespace_oid(name, true);

		CHECK_FOR_INTERRUPTS();
		if (!OidIsValid(schemaid))
			continue;
		/* nothing can be put into it from here on */
		LockDatabaseObject(NamespaceRelationId, schemaid, 0, AccessExclusiveLock);
		if (get_namespace_oid(name, true) != schemaid)
			continue;

		contents = SchemaContents(schemaid);
		if (contents != NULL)
		{
			ereport(NOTICE,
					(errmsg("schema \"%s\" is kept, because it is not empty", name),
					 errdetail_internal("%s", contents)));
			continue;
		}
		ObjectAddressSet(address, NamespaceRelationId, schemaid);
		performDeletion(&address, DROP_RESTRICT, 0);
		CommandCounterIncrement();
		VDE_POINT("schemas: one dropped");
	}
}
