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
 * - What is in the way is found by one piece of code (examine), which runs
 *	 while planning, before building, and again in the swap when the locks are
 *	 held: what was free then may be taken now.
 *
 * - A view keeps its OID, and with it grants, comments, options and
 *	 dependents, unless its columns change otherwise than by new ones at the
 *	 end.  Then it is dropped and made anew, with everything that users have
 *	 attached to it, and only if nothing depends on it.
 *
 * - Everything runs as the extension's owner, a superuser, so permissions of
 *	 the roles concerned are checked here and not by PostgreSQL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/xact.h"
#include "catalog/catalog.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "commands/event_trigger.h"
#include "commands/tablecmds.h"
#include "commands/view.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "storage/lmgr.h"
#include "storage/sinval.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "catalog.h"
#include "compat.h"
#include "dependents.h"
#include "physical.h"
#include "view_attachments.h"
#include "view_lock.h"
#include "view_shape.h"
#include "virtual_layer.h"

/* the environment whose views have the models' own names */
#define PLAIN_ENVIRONMENT "prod"

/* A schema that views stand in, looked up once per check */
typedef struct LayerSchema
{
	char	   *name;
	Oid			oid;			/* InvalidOid: to be made */
	char	   *made_for;		/* environment that vde made it for, or NULL */
	bool		refused;		/* an obstacle was reported already */
	Oid			creator;		/* last role found able to create in it */
} LayerSchema;

/* What there is for one change now, and what is to be done */
typedef struct ViewState
{
	ViewChange *change;
	Oid			viewid;			/* our view; InvalidOid: none */
	Oid			physical;		/* relation to show; InvalidOid: not there */
	bool		unchanged;		/* shows that relation already, as it is */
	bool		keeps_owner;
	ShapeChange shape;
} ViewState;

/* One run over all changes */
typedef struct LayerCheck
{
	MemoryContext context;		/* where schemas and obstacles live */
	MemoryContext scratch;		/* reset per change */
	Oid			environment_owner;
	List	   *schemas;		/* LayerSchema * */
	LayerSchema *last_schema;
	List	   *obstacles;		/* ViewObstacle * */
} LayerCheck;

/*
 * ViewSchema
 *		Where the view of a model stands in an environment.
 */
char *
ViewSchema(const ModelName *model, const char *environment)
{
	char	   *schema;

	if (strcmp(environment, PLAIN_ENVIRONMENT) == 0)
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
 * add_obstacle
 *		Records what stands in the way of a change.  Strings are copied.
 */
static void
add_obstacle(LayerCheck *check, const ViewChange *change, int sqlstate,
			 const char *message, const char *detail, const char *hint)
{
	MemoryContext old_context = MemoryContextSwitchTo(check->context);
	ViewObstacle *obstacle = palloc0(sizeof(ViewObstacle));

	obstacle->model.schema = pstrdup(change->model.schema);
	obstacle->model.name = pstrdup(change->model.name);
	obstacle->sqlstate = sqlstate;
	obstacle->message = pstrdup(message);
	obstacle->detail = detail ? pstrdup(detail) : NULL;
	obstacle->hint = hint ? pstrdup(hint) : NULL;
	check->obstacles = lappend(check->obstacles, obstacle);
	MemoryContextSwitchTo(old_context);
}

/*
 * layer_schema
 *		The schema of that name, looked up at its first use.
 */
static LayerSchema *
layer_schema(LayerCheck *check, const char *name)
{
	MemoryContext old_context;
	LayerSchema *schema;
	ListCell   *lc;

	if (check->last_schema != NULL && strcmp(check->last_schema->name, name) == 0)
		return check->last_schema;
	foreach(lc, check->schemas)
	{
		schema = (LayerSchema *) lfirst(lc);
		if (strcmp(schema->name, name) == 0)
			return check->last_schema = schema;
	}

	old_context = MemoryContextSwitchTo(check->context);
	schema = palloc0(sizeof(LayerSchema));
	schema->name = pstrdup(name);
	schema->oid = get_namespace_oid(name, true);
	if (CatalogRead("SELECT e.name FROM vde.virtual_schema s "
					"JOIN vde.environment e ON e.id = s.environment_id "
					"WHERE s.schema_name = $1", "n", name) > 0)
	{
		MemoryContextSwitchTo(check->context);
		schema->made_for = CatalogText(0, 1);
	}
	MemoryContextSwitchTo(check->context);
	check->schemas = lappend(check->schemas, schema);
	MemoryContextSwitchTo(old_context);
	return check->last_schema = schema;
}

/*
 * examine_schema
 *		Can a view of the model's owner be put into the schema?
 *
 * An obstacle that concerns the schema itself is reported once.
 */
static void
examine_schema(LayerCheck *check, const ViewChange *change, LayerSchema *schema,
			   bool is_new)
{
	bool		is_own = strcmp(schema->name, change->model.schema) == 0;
	const char *environment;
	char	   *owner;

	if (schema->refused)
		return;
	environment = is_own ? PLAIN_ENVIRONMENT :
		schema->name + strlen(change->model.schema) + strlen("__");

	if (schema->made_for != NULL && strcmp(schema->made_for, environment) != 0)
	{
		/* schema a of environment b__c cannot be, but a model's a__b can */
		schema->refused = true;
		add_obstacle(check, change, ERRCODE_DUPLICATE_SCHEMA,
					 psprintf("schema \"%s\" holds the views of environment \"%s\"",
							  schema->name, schema->made_for),
					 NULL,
					 "Put the model in another schema, or use another environment name.");
	}
	else if (!OidIsValid(schema->oid))
	{
		if (IsReservedName(schema->name))
		{
			schema->refused = true;
			add_obstacle(check, change, ERRCODE_RESERVED_NAME,
						 psprintf("unacceptable schema name \"%s\"", schema->name),
						 "The prefix \"pg_\" is reserved for system schemas.",
						 "Put the model in another schema.");
		}
		else if (DatabaseAclcheck(MyDatabaseId, check->environment_owner, ACL_CREATE) != ACLCHECK_OK)
		{
			schema->refused = true;
			owner = GetUserNameFromId(check->environment_owner, false);
			add_obstacle(check, change, ERRCODE_INSUFFICIENT_PRIVILEGE,
						 psprintf("role \"%s\" may not create schema \"%s\"", owner, schema->name),
						 psprintf("The views of environment \"%s\" stand in it, and the environment's owner owns it.",
								  environment),
						 psprintf("GRANT CREATE ON DATABASE %s TO %s;",
								  quote_identifier(get_database_name(MyDatabaseId)),
								  quote_identifier(owner)));
		}
	}
	else if (schema->made_for == NULL && !is_own)
	{
		schema->refused = true;
		add_obstacle(check, change, ERRCODE_DUPLICATE_SCHEMA,
					 psprintf("schema \"%s\" exists and was not made by vde", schema->name),
					 psprintf("The views of environment \"%s\" would stand in it.", environment),
					 "Drop or rename the schema, or use another environment name.");
	}
	else if (schema->made_for == NULL && is_new && schema->creator != change->owner)
	{
		if (NamespaceAclcheck(schema->oid, change->owner, ACL_CREATE) == ACLCHECK_OK)
		{
			schema->creator = change->owner;
			return;
		}
		owner = GetUserNameFromId(change->owner, false);
		add_obstacle(check, change, ERRCODE_INSUFFICIENT_PRIVILEGE,
					 psprintf("role \"%s\" may not create view \"%s.%s\"",
							  owner, schema->name, change->model.name),
					 "A model's owner owns its views, and needs CREATE on a schema that vde did not make.",
					 psprintf("GRANT CREATE ON SCHEMA %s TO %s;",
							  quote_identifier(schema->name), quote_identifier(owner)));
	}
}

/*
 * relkind_words
 *		A kind of relation, with its article.
 */
static const char *
relkind_words(char relkind)
{
	switch (relkind)
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
			return "a table";
		case RELKIND_VIEW:
			return "a view";
		case RELKIND_MATVIEW:
			return "a materialized view";
		case RELKIND_SEQUENCE:
			return "a sequence";
		case RELKIND_FOREIGN_TABLE:
			return "a foreign table";
		case RELKIND_COMPOSITE_TYPE:
			return "a composite type";
		case RELKIND_INDEX:
		case RELKIND_PARTITIONED_INDEX:
			return "an index";
		default:
			return "another relation";
	}
}

/*
 * examine_place
 *		Is the view's name free?  relid is the relation of that name, if any.
 */
static void
examine_place(LayerCheck *check, const ViewChange *change, LayerSchema *schema,
			  Oid relid)
{
	Oid			typid;
	Oid			elemid;

	if (OidIsValid(relid))
	{
		add_obstacle(check, change, ERRCODE_DUPLICATE_TABLE,
					 psprintf("relation \"%s.%s\" exists and was not made by vde",
							  schema->name, change->model.name),
					 psprintf("It is %s.", relkind_words(get_rel_relkind(relid))),
					 "Rename or drop it, or give the model another name.");
		return;
	}

	/* a view needs the type name too; PostgreSQL moves only array types away */
	typid = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid,
							CStringGetDatum(change->model.name),
							ObjectIdGetDatum(schema->oid));
	if (!OidIsValid(typid) || !get_typisdefined(typid))
		return;
	elemid = get_element_type(typid);
	if (OidIsValid(elemid) && get_array_type(elemid) == typid)
		return;
	add_obstacle(check, change, ERRCODE_DUPLICATE_OBJECT,
				 psprintf("type \"%s.%s\" exists and was not made by vde",
						  schema->name, change->model.name),
				 "A view has a row type of the same name.",
				 "Rename or drop the type, or give the model another name.");
}

/*
 * relation_owner
 *		Owner of a relation, InvalidOid when it is gone.
 */
static Oid
relation_owner(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			owner = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
		ReleaseSysCache(tuple);
	}
	return owner;
}

/*
 * examine
 *		Finds out what there is for one change, sets the change's results, and
 *		records the obstacles.
 *
 * A view that is to go and is not ours, or is not there, is no obstacle:
 * there is nothing to do.
 */
static void
examine(LayerCheck *check, ViewChange *change, ViewState *state)
{
	MemoryContext old_context = MemoryContextSwitchTo(check->scratch);
	LayerSchema *schema = layer_schema(check, change->schema);
	const char *name = change->model.name;
	Oid			relid = InvalidOid;
	Oid			target = InvalidOid;
	bool		faithful = false;
	char	   *reason;
	char	   *dependents;

	memset(state, 0, sizeof(ViewState));
	state->change = change;
	change->exists = change->reshaped = false;

	if (OidIsValid(schema->oid))
		relid = get_relname_relid(name, schema->oid);
	if (OidIsValid(relid))
		target = ViewTarget(relid, &faithful);
	if (OidIsValid(target))
	{
		state->viewid = relid;
		change->exists = true;
	}

	if (change->relation_name == NULL)
	{
		if (change->exists && (dependents = ViewDependents(relid)) != NULL)
			add_obstacle(check, change, ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST,
						 psprintf("view \"%s.%s\" cannot be dropped because other objects depend on it",
								  schema->name, name),
						 dependents,
						 "Drop them first, or keep the model.");
	}
	else
	{
		state->physical = PhysicalRelation(change->relation_name);
		state->keeps_owner = !change->exists || relation_owner(relid) == change->owner;
		examine_schema(check, change, schema, !change->exists || !state->keeps_owner);

		if (!change->exists)
		{
			if (OidIsValid(schema->oid))
				examine_place(check, change, schema, relid);
		}
		else
		{
			state->shape = CompareShape(relid, state->physical, change->columns, &reason);
			state->unchanged = state->shape == SHAPE_EQUAL && faithful &&
				target == state->physical;
			if (state->shape == SHAPE_CHANGED)
			{
				change->reshaped = true;
				if ((dependents = ViewDependents(relid)) != NULL)
					add_obstacle(check, change, ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST,
								 psprintf("view \"%s.%s\" must be made anew, but other objects depend on it: %s",
										  schema->name, name, reason),
								 dependents,
								 "Drop them first and create them again afterwards, or keep the columns as they are and add new ones at the end.");
			}
		}
	}

	MemoryContextSwitchTo(old_context);
	MemoryContextReset(check->scratch);
}

/*
 * begin_check
 *		Prepares a run over changes.  Everything is in the current context.
 */
static LayerCheck *
begin_check(Oid environment_owner)
{
	LayerCheck *check = palloc0(sizeof(LayerCheck));

	check->context = CurrentMemoryContext;
	check->scratch = AllocSetContextCreate(CurrentMemoryContext, "vde view change",
										   ALLOCSET_DEFAULT_SIZES);
	check->environment_owner = environment_owner;
	return check;
}

/*
 * CheckViewChanges
 *		What stands in the way, without locking or writing anything.
 */
List *
CheckViewChanges(List *changes, Oid environment_owner)
{
	LayerCheck *check = begin_check(environment_owner);
	List	   *obstacles;
	ListCell   *lc;

	foreach(lc, changes)
	{
		ViewState	state;

		CHECK_FOR_INTERRUPTS();
		examine(check, (ViewChange *) lfirst(lc), &state);
	}
	obstacles = check->obstacles;
	MemoryContextDelete(check->scratch);
	return obstacles;
}

/*
 * raise_obstacle
 *		The first obstacle as an error.
 */
static void
raise_obstacle(const ViewObstacle *obstacle)
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
		LayerCheck *check = begin_check(environment_owner);
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
			examine(check, (ViewChange *) lfirst(lc), state);
			if (needs_lock(state))
				missing = lappend_oid(missing, state->viewid);
		}
		/* obstacles found without all locks stay obstacles: do not wait */
		if (check->obstacles != NIL)
			raise_obstacle((ViewObstacle *) linitial(check->obstacles));

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
			   int64 environment_id)
{
	MemoryContext context = CurrentMemoryContext;
	bool		any = false;
	int			i;

	for (i = 0; i < count; i++)
	{
		LayerSchema *schema;

		if (states[i].change->relation_name == NULL)
			continue;
		schema = layer_schema(check, states[i].change->schema);
		if (OidIsValid(schema->oid))
			continue;

		schema->oid = NamespaceCreate(schema->name, check->environment_owner, false);
		(void) CatalogWrite("INSERT INTO vde.virtual_schema (schema_name, environment_id) "
							"VALUES ($1, $2) "
							"ON CONFLICT (schema_name) DO UPDATE SET environment_id = EXCLUDED.environment_id",
							"nl", schema->name, environment_id);
		MemoryContextSwitchTo(context);
		any = true;
	}
	if (any)
		CommandCounterIncrement();
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
carry_out(ViewState *state)
{
	MemoryContext context = CurrentMemoryContext;
	ViewChange *change = state->change;
	Oid			viewid = state->viewid;
	List	   *column_defs;
	Query	   *query;

	if (change->relation_name == NULL)
	{
		if (OidIsValid(viewid))
			drop_view(viewid);
		return;
	}

	if (!OidIsValid(state->physical))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"%s.%s\" of model \"%s.%s\" does not exist",
						VDE_DATA_SCHEMA, change->relation_name,
						change->model.schema, change->model.name),
				 errhint("Apply again: it is built then.")));
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
			viewid = create_view(change, column_defs, query,
								 attachments->owner, attachments->options);
			RestoreViewAttachments(viewid, attachments);
		}
		else
			repoint_view(viewid, column_defs, query);
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

	if (!state->keeps_owner)
	{
		ATExecChangeOwner(viewid, change->owner, false, AccessExclusiveLock);
		CommandCounterIncrement();
	}
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
	int			count = list_length(changes);
	int			i;

	if (changes == NIL)
		return;
	context = AllocSetContextCreate(CurrentMemoryContext, "vde swap",
									ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	states = lock_and_examine(changes, environment_owner, &check);

	/*
	 * Views are made and changed below the level of commands.  An event
	 * trigger that collects commands of the statement around us must not
	 * expect one here.
	 */
	EventTriggerInhibitCommandCollection();
	PG_TRY();
	{
		create_schemas(check, states, count, environment_id);
		for (i = 0; i < count; i++)
		{
			CHECK_FOR_INTERRUPTS();
			MemoryContextSwitchTo(check->scratch);
			carry_out(&states[i]);
			MemoryContextReset(check->scratch);
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
	}
}
