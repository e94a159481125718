/*-------------------------------------------------------------------------
 *
 * view_check.c
 *	  What there is for each view that is to change, and what is in the way.
 *
 * Invariants
 *
 * - One piece of code (ExamineView) finds what is in the way.  It runs while
 *	 planning, before building, and again in the swap when the locks are held:
 *	 what was free then may be taken now.
 *
 * - Only catalogs are read, nothing is locked or written, and what others
 *	 change meanwhile is tolerated: it works on a standby.
 *
 * - It runs as the extension's owner, a superuser, so the permissions of the
 *	 roles concerned are checked here and not by PostgreSQL: a schema is made
 *	 only if the environment's owner might make it, and a view is put into a
 *	 schema that vde did not make only if the model's owner might.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/catalog.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "catalog.h"
#include "compat.h"
#include "dependents.h"
#include "environment.h"
#include "physical.h"
#include "view_check.h"

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
 * FindLayerSchema
 *		The schema of that name, looked up at its first use.
 */
LayerSchema *
FindLayerSchema(LayerCheck *check, const char *name)
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
		schema->made_for = CatalogText(0, 1);
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
	environment = is_own ? PROD_ENVIRONMENT :
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
 * RelationOwner
 *		See view_check.h.
 */
Oid
RelationOwner(Oid relid)
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
 * ExamineView
 *		Finds out what there is for one change, sets the change's results, and
 *		records the obstacles.
 *
 * A view that is to go and is not ours, or is not there, is no obstacle:
 * there is nothing to do.
 */
void
ExamineView(LayerCheck *check, ViewChange *change, ViewState *state)
{
	MemoryContext old_context = MemoryContextSwitchTo(check->scratch);
	LayerSchema *schema = FindLayerSchema(check, change->schema);
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
		state->keeps_owner = !change->exists || RelationOwner(relid) == change->owner;
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
 * BeginLayerCheck
 *		Prepares a run over changes.  Everything is in the current context.
 */
LayerCheck *
BeginLayerCheck(Oid environment_owner)
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
	LayerCheck *check = BeginLayerCheck(environment_owner);
	List	   *obstacles;
	ListCell   *lc;

	foreach(lc, changes)
	{
		ViewState	state;

		CHECK_FOR_INTERRUPTS();
		ExamineView(check, (ViewChange *) lfirst(lc), &state);
	}
	obstacles = check->obstacles;
	MemoryContextDelete(check->scratch);
	return obstacles;
}
