/*-------------------------------------------------------------------------
 *
 * check_layer.c
 *	  The views of environments: is each there, does it show what its pointer
 *	  says, and has nobody put anything in its place?
 *
 * What there is for a view, and what is in the way of mending it, is found by
 * the code that a swap uses (ExamineView in view_check.c), and mended by the
 * swap itself: so that the check cannot have ideas of its own about what a
 * view should be.
 *
 * An environment whose layer is not complete is left out: nobody reads it, and
 * the next apply makes what is missing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "commands/schemacmds.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "catalog.h"
#include "check.h"
#include "compat.h"
#include "environment.h"
#include "physical.h"
#include "plan.h"
#include "snapshot.h"
#include "view_check.h"
#include "view_grants.h"
#include "view_shape.h"
#include "virtual_layer.h"
#include "withheld.h"

/*
 * role_exists
 *		A role that is gone is told of by check_catalog.c.
 */
static bool
role_exists(Oid role)
{
	return SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(role));
}

/*
 * relation_words
 *		A relation's name, for people.
 */
static char *
relation_words(Oid relid)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
									  get_rel_name(relid));
}

/*
 * owner_words
 *		Who owns a relation, for people.
 */
static char *
owner_words(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	char	   *name = NULL;

	if (HeapTupleIsValid(tuple))
	{
		name = GetUserNameFromId(((Form_pg_class) GETSTRUCT(tuple))->relowner, true);
		ReleaseSysCache(tuple);
	}
	return name ? name : pstrdup("nobody");
}

/*
 * schema_obstacle
 *		What was found to be in the way of a whole schema, which is recorded
 *		with the first of its models alone.
 */
static ViewObstacle *
schema_obstacle(LayerCheck *layer, const ViewChange *change)
{
	ListCell   *cell;

	if (!FindLayerSchema(layer, change->schema)->refused)
		return NULL;
	foreach(cell, layer->obstacles)
	{
		ViewObstacle *obstacle = (ViewObstacle *) lfirst(cell);

		if (strcmp(obstacle->model.schema, change->model.schema) == 0 &&
			strstr(obstacle->message, psprintf("schema \"%s\"", change->schema)) != NULL)
			return obstacle;
	}
	return NULL;
}

/*
 * describe_difference
 *		What is wrong with a view of ours that is there.
 */
static char *
describe_difference(const ViewState *state)
{
	bool		faithful;
	Oid			target = ViewTarget(state->viewid, &faithful);
	char	   *reason;

	if (target != state->physical)
		return psprintf("It shows %s instead of %s.", relation_words(target),
						relation_words(state->physical));
	switch (CompareShape(state->viewid, state->physical, NIL, &reason))
	{
		case SHAPE_CHANGED:
			return psprintf("Its columns are not those of the table: %s.", reason);
		case SHAPE_EXTENDED:
			return pstrdup("Columns of the table are missing in it.");
		case SHAPE_EQUAL:
			break;
	}
	return pstrdup("Its query is not as vde makes it: it exchanges columns, or can be written through.");
}

/*
 * columns_changed
 *		Has somebody changed the columns of a table?  check_physical.c tells; a
 *		view must not follow it there.
 */
static bool
columns_changed(Oid relid, List *columns)
{
	List	   *found = NIL;
	ListCell   *cell;

	foreach(cell, RelationColumnDefs(relid))
		found = lappend(found, ModelColumnOfDef(lfirst_node(ColumnDef, cell)));
	return !ModelColumnsEqual(found, columns);
}

/*
 * examine_pointer
 *		What is wrong with one view; false when nothing is.  *mendable: a swap
 *		can do it.  The problem's strings are in the current context.
 */
static bool
examine_pointer(LayerCheck *layer, const Environment *environment, List *withheld,
				ViewChange *change, Problem *problem, bool *mendable)
{
	ViewState	state;
	int			obstacles = list_length(layer->obstacles);
	ViewObstacle *obstacle = NULL;
	char	   *roles = NULL;
	bool		is_withheld = false;

	problem->environment = environment->name;
	problem->object = quote_qualified_identifier(change->schema, change->model.name);
	problem->roles = list_make2_oid(environment->owner, change->owner);
	problem->remedy = REMEDY_REPAIR;
	*mendable = false;
	if (!role_exists(environment->owner) || !role_exists(change->owner))
		return false;

	ExamineView(layer, change, &state);
	if (list_length(layer->obstacles) > obstacles)
		obstacle = (ViewObstacle *) llast(layer->obstacles);
	else
		obstacle = schema_obstacle(layer, change);

	if (!change->exists)
	{
		Oid			schemaid = get_namespace_oid(change->schema, true);

		problem->problem = "missing_view";
		problem->detail = "It is not there.";
		if (OidIsValid(schemaid) && OidIsValid(get_relname_relid(change->model.name, schemaid)))
		{
			problem->problem = "in_the_way";
			problem->detail = "What has the name of the view was not made by vde.";
		}
		if (!OidIsValid(state.physical))
		{
			problem->detail = psprintf("%s Nor is its table, %s.", problem->detail,
									   quote_qualified_identifier(VDE_DATA_SCHEMA, change->relation_name));
			problem->remedy = psprintf(REMEDY_REPAIR ", then CALL vde_apply('%s')", environment->name);
			return true;
		}
	}
	else if (!OidIsValid(state.physical))
	{
		problem->problem = "wrong_view";
		problem->detail = psprintf("Its table, %s, is not there.",
								   quote_qualified_identifier(VDE_DATA_SCHEMA, change->relation_name));
		problem->remedy = psprintf(REMEDY_REPAIR ", then CALL vde_apply('%s')", environment->name);
		return true;
	}
	else if (!state.unchanged)
	{
		bool		faithful;

		if (ViewTarget(state.viewid, &faithful) == state.physical &&
			columns_changed(state.physical, change->columns))
			return false;
		problem->problem = "wrong_view";
		problem->detail = describe_difference(&state);
	}
	else if (!state.keeps_owner)
	{
		problem->problem = "wrong_owner";
		problem->detail = psprintf("It belongs to \"%s\" instead of \"%s\".", owner_words(state.viewid),
								   GetUserNameFromId(change->owner, false));
	}
	else if (IsInWithheld(withheld, change->relation_name, change->owner))
	{
		is_withheld = true;
		problem->problem = "withheld";
		problem->detail = psprintf("Its owner \"%s\" may not read %s any more, which somebody else has filled when that role could not have.",
								   GetUserNameFromId(change->owner, false),
								   relation_words(state.physical));
		problem->remedy = psprintf("Give \"%s\" the rights that the model's query needs, then CALL vde_apply('%s')",
								   GetUserNameFromId(change->owner, false), environment->name);
	}
	else if (pg_class_aclcheck(state.physical, change->owner, ACL_SELECT) != ACLCHECK_OK)
	{
		problem->problem = "lost_grant";
		problem->detail = psprintf("Its owner \"%s\" lost SELECT on %s.",
								   GetUserNameFromId(change->owner, false),
								   relation_words(state.physical));
	}
	else if (change->grantees != NIL &&
			 (roles = MissingViewGrants(environment, change, state.viewid)) != NULL)
	{
		problem->problem = "lost_grant";
		problem->detail = psprintf("The option \"grants\" gives SELECT to %s, and the view does not.", roles);
	}
	else
		return false;

	*mendable = false;
	if (!state.unchanged && columns_changed(state.physical, change->columns))
	{
		problem->detail = psprintf("%s The columns of its table were changed.", problem->detail);
		problem->remedy = "Mend its table first";
	}
	else if (obstacle == NULL)
		*mendable = !is_withheld;
	else
	{
		problem->detail = psprintf("%s %c%s.%s%s", problem->detail,
								   pg_toupper((unsigned char) obstacle->message[0]), obstacle->message + 1,
								   obstacle->detail ? " " : "", obstacle->detail ? obstacle->detail : "");
		problem->remedy = obstacle->hint;
	}
	return true;
}

/*
 * has_moved
 *		Did a deployment move the pointer while we looked?  Then the view that
 *		we have seen was another one's.
 */
static bool
has_moved(const Environment *environment, const ModelState *state)
{
	return CatalogRead("SELECT FROM vde.pointer p JOIN vde.environment e ON e.id = p.environment_id "
					   "WHERE p.environment_id = $1 AND p.model_id = $2 AND p.snapshot_id = $3 AND e.layer_complete", "lll",
					   environment->id, state->model_id, state->snapshot->id) == 0;
}

/*
 * check_views
 *		A batch of an environment's views.
 *
 * Those that can be mended are, in one swap, and are told afterwards.
 */
static void
check_views(Check *check, const Environment *environment, List *snapshot_ids)
{
	LayerCheck *layer = BeginLayerCheck(environment->owner);
	bool		may_repair = check->repair &&
	CheckMayAct(check, list_make1_oid(environment->owner));
	List	   *withheld = LoadWithheld();
	List	   *problems = NIL;
	List	   *changes = NIL;
	ListCell   *cell;

	foreach(cell, LoadSnapshots(snapshot_ids))
	{
		ModelState *state = (ModelState *) lfirst(cell);
		Problem    *problem = palloc0(sizeof(Problem));
		ViewChange *change;
		bool		mendable;

		CHECK_FOR_INTERRUPTS();
		if (!KindHasRelation(state->definition->kind))
			continue;
		change = MakeViewChange(environment->name, &state->name, state->definition,
								state->snapshot->columns,
								state->snapshot->version.relation_name);
		if (!examine_pointer(layer, environment, withheld, change, problem, &mendable))
			continue;
		if (!check->repair && has_moved(environment, state))
			continue;
		/* without a table there is no view: told once, by check_catalog.c */
		if (!state->snapshot->version.built && !mendable && !change->exists)
			continue;
		problems = lappend(problems, problem);
		if (mendable && may_repair)
		{
			changes = lappend(changes, change);
			problem->repaired = true;
		}
	}
	SwapViews(changes, environment->id, environment->owner);
	foreach(cell, problems)
		ReportProblem(check, (Problem *) lfirst(cell));
}

/*
 * check_environment
 *		All views of an environment, in batches.
 */
static void
check_environment(Check *check, const Environment *environment)
{
	int64		last = 0;
	uint64		rows;

	do
	{
		MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "vde check",
													  ALLOCSET_DEFAULT_SIZES);
		MemoryContext old = MemoryContextSwitchTo(scratch);
		List	   *ids = NIL;
		uint64		row;

		rows = CatalogRead("SELECT model_id, snapshot_id FROM vde.pointer "
						   "WHERE environment_id = $1 AND snapshot_id IS NOT NULL AND model_id > $2 "
						   "ORDER BY model_id LIMIT $3", "lll",
						   environment->id, last, (int64) CHECK_BATCH);
		for (row = 0; row < rows; row++)
		{
			last = CatalogInt64(row, 1);
			ids = lappend(ids, CopyId(CatalogInt64(row, 2)));
		}
		check_views(check, environment, ids);
		MemoryContextSwitchTo(old);
		MemoryContextDelete(scratch);
	} while (rows == CHECK_BATCH);
}

/*
 * check_schemas
 *		Schemas that vde made belong to the environment's owner.
 */
static void
check_schemas(Check *check)
{
	List	   *problems = NIL;
	List	   *names = NIL;
	ListCell   *cell;
	ListCell   *name;
	uint64		rows;
	uint64		row;

	rows = CatalogRead("SELECT e.name, quote_ident(s.schema_name), 'wrong_owner', "
					   "format('It belongs to %s instead of %s.', n.nspowner::regrole, e.owner), '" REMEDY_REPAIR "', "
					   "ARRAY[e.owner::pg_catalog.oid]::text[], s.schema_name "
					   "FROM vde.virtual_schema s JOIN vde.environment e ON e.id = s.environment_id "
					   "JOIN pg_namespace n ON n.nspname = s.schema_name "
					   "WHERE n.nspowner <> e.owner::pg_catalog.oid AND EXISTS (SELECT FROM pg_roles r WHERE r.oid = e.owner::pg_catalog.oid) "
					   "ORDER BY 1, 7", "");
	for (row = 0; row < rows; row++)
	{
		problems = lappend(problems, ReadProblem(row));
		names = lappend(names, CatalogText(row, 7));
	}
	forboth(cell, problems, name, names)
	{
		Problem    *problem = (Problem *) lfirst(cell);

		if (check->repair && CheckMayAct(check, problem->roles))
		{
			AlterSchemaOwner_oid(get_namespace_oid((char *) lfirst(name), false),
								 linitial_oid(problem->roles));
			CommandCounterIncrement();
			problem->repaired = true;
		}
		ReportProblem(check, problem);
	}
}

/*
 * check_strays
 *		Views over relations in vde_data that no pointer speaks of.
 */
static void
check_strays(Check *check)
{
	List	   *problems = NIL;
	List	   *relids = NIL;
	ListCell   *cell;
	ListCell   *relid;
	uint64		rows;
	uint64		row;

	rows = CatalogRead("SELECT NULL, format('%I.%I', n.nspname, c.relname), NULL, "
					   "string_agg(DISTINCT t.oid::regclass::text, ', '), NULL, ARRAY[c.relowner]::text[], c.oid "
					   "FROM pg_class t "
					   "JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid AND d.classid = 'pg_rewrite'::regclass "
					   "JOIN pg_rewrite r ON r.oid = d.objid "
					   "JOIN pg_class c ON c.oid = r.ev_class "
					   "JOIN pg_namespace n ON n.oid = c.relnamespace "
					   "WHERE t.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = '" VDE_DATA_SCHEMA "') "
					   "AND c.relnamespace <> t.relnamespace "
					   "AND (n.nspname, c.relname) NOT IN ("
					   "  SELECT CASE e.name WHEN 'prod' THEN m.schema_name::text ELSE m.schema_name::text || '__' || e.name END, m.model_name "
					   "  FROM vde.pointer p JOIN vde.environment e ON e.id = p.environment_id JOIN vde.model m ON m.id = p.model_id "
					   "  WHERE p.snapshot_id IS NOT NULL) "
					   "GROUP BY c.oid, n.nspname, c.relname, c.relowner ORDER BY 2", "");
	for (row = 0; row < rows; row++)
	{
		problems = lappend(problems, ReadProblem(row));
		relids = lappend_oid(relids, CatalogOid(row, 7));
	}
	forboth(cell, problems, relid, relids)
	{
		Problem    *problem = (Problem *) lfirst(cell);
		bool		faithful;

		CHECK_FOR_INTERRUPTS();
		if (OidIsValid(ViewTarget(lfirst_oid(relid), &faithful)))
		{
			problem->problem = "stray_view";
			problem->detail = psprintf("It shows %s, and no environment has it.", problem->detail);
			problem->remedy = psprintf("DROP VIEW %s", problem->object);
		}
		else
		{
			problem->problem = "foreign_reader";
			problem->detail = psprintf("It reads %s, which vde_gc() therefore keeps.", problem->detail);
			problem->remedy = "Let it read the view of an environment instead";
		}
		ReportProblem(check, problem);
	}
}

/*
 * CheckLayer
 *		See check.h.
 */
void
CheckLayer(Check *check)
{
	List	   *names = NIL;
	ListCell   *cell;
	uint64		rows;
	uint64		row;

	check_schemas(check);
	rows = CatalogRead("SELECT name FROM vde.environment WHERE layer_complete ORDER BY id", "");
	for (row = 0; row < rows; row++)
		names = lappend(names, CatalogText(row, 1));
	foreach(cell, names)
	{
		const Environment *environment = FindEnvironment((char *) lfirst(cell), true);

		if (environment != NULL)
			check_environment(check, environment);
	}
	check_strays(check);
}
