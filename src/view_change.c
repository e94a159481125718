/*-------------------------------------------------------------------------
 *
 * view_change.c
 *	  One change of a view, carried out.
 *
 * Which ones, when, and under which locks is in virtual_layer.c.
 *
 * Invariants
 *
 * - A view keeps its OID, and with it grants, comments, options and
 *	 dependents, unless its columns change otherwise than by new ones at the
 *	 end.  Then it is dropped and made anew, with everything that users have
 *	 attached to it, and only if nothing depends on it.  Who gets something on
 *	 a view is in view_grants.c.
 *
 * - A view that goes to an owner whose rights neither its old one nor the
 *	 environment's owner has takes along no grants, rules and triggers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "commands/tablecmds.h"
#include "commands/view.h"
#include "nodes/makefuncs.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "compat.h"
#include "environment.h"
#include "fault.h"
#include "physical.h"
#include "view_attachments.h"
#include "view_change.h"
#include "view_rule.h"
#include "view_shape.h"
#include "virtual_layer.h"

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
 *		Gives a view its new query, and columns at the end if it has more now,
 *		for which it must be locked exclusively.
 */
static void
repoint_view(Oid viewid, ShapeChange shape, List *column_defs, Query *query)
{
	Relation	view = relation_open(viewid, NoLock);
	int			old_count = RelationGetNumberOfAttributes(view);
	List	   *commands = NIL;
	int			i;

	CheckTableNotInUse(view, "swap");
	relation_close(view, NoLock);

	if (shape == SHAPE_EQUAL)
	{
		ReplaceViewQuery(viewid, query);
		CommandCounterIncrement();
		return;
	}

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
 * CarryOutViewChange
 *		See view_change.h.
 */
void
CarryOutViewChange(ViewState *state, const ViewGrants *grants, int place,
				   Oid environment_owner)
{
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
		return;
	}

	/* on an old snapshot it may just have been collected since */
	if (!OidIsValid(state->physical))
		ereport(ERROR,
				(errcode(IsolationUsesXactSnapshot() ? ERRCODE_T_R_SERIALIZATION_FAILURE : ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"%s.%s\" of model \"%s.%s\" does not exist",
						VDE_DATA_SCHEMA, change->relation_name,
						change->model.schema, change->model.name),
				 errhint("Somebody dropped it. SELECT * FROM vde_check(true) notes that, and the next vde_apply() builds it.")));
	old_owner = OidIsValid(viewid) ? RelationOwner(viewid) : InvalidOid;

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
			repoint_view(viewid, state->shape, column_defs, query);

		/*
		 * Naming it in the query has locked the physical relation.  What
		 * drops such relations waits for deployments (LockActivity), so the
		 * lock need not fill the lock table to the end of the swap.
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

		/*
		 * Who could not act as the new owner has not granted in its name, nor
		 * written rules that run with its rights.
		 */
		if (!has_privs_of_role(old_owner, change->owner) &&
			!has_privs_of_role(environment_owner, change->owner))
			StripView(viewid);
	}
	SetViewGrants(grants, place, viewid, change, old_owner);
	SetViewComments(viewid, &change->model, change->description,
					change->column_options, !OidIsValid(state->viewid));
}
