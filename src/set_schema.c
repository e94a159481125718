/*-------------------------------------------------------------------------
 *
 * set_schema.c
 *	  ALTER EXTENSION vde SET SCHEMA.
 *
 * PostgreSQL moves an extension only if all its objects are in one schema, and
 * vde has its catalog and its tables in schemas of their own.  These stay where
 * they are; the functions and views that users call and read are moved, one
 * by one, with ALTER ... SET SCHEMA, and pg_extension says so, as after a CREATE
 * EXTENSION with that schema.  Nothing in the library or in the catalog names
 * the schema.
 *
 * The command comes here where the library is loaded.  In a session that has
 * not called anything of vde yet PostgreSQL refuses, as for any extension that
 * is not relocatable.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_namespace.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/rel.h"

#include "catalog.h"
#include "model.h"
#include "set_schema.h"
#include "settings.h"
#include "virtual_schema.h"

static ProcessUtility_hook_type previous_utility = NULL;

/*
 * move_objects
 *		Moves the functions and views that are in the extension's schema.
 *
 * With commands, so that event triggers see them, and a name that is taken is
 * PostgreSQL's error.
 */
static void
move_objects(const char *schema)
{
	int			guc_level = NewGUCNestLevel();
	uint64		rows;

	ApplySetting("search_path", "pg_catalog, pg_temp");
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	rows = CatalogRead("SELECT format('ALTER %s SET SCHEMA %I', o.object, $1) "
					   "FROM pg_extension e JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e' "
					   "JOIN (SELECT 'pg_proc'::regclass AS class, oid, pronamespace AS namespace, format('ROUTINE %s', oid::regprocedure) AS object FROM pg_proc "
					   "  UNION ALL SELECT 'pg_class'::regclass, oid, relnamespace, format('VIEW %s', oid::regclass) FROM pg_class WHERE relkind = 'v') o "
					   "ON o.class = d.classid AND o.oid = d.objid "
					   "WHERE e.extname = 'vde' AND o.namespace = e.extnamespace ORDER BY 1", "t", schema);
	RunEachRow(rows);
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "SPI_finish failed");
	AtEOXact_GUC(false, guc_level);
}

/*
 * move_extension
 *		ALTER EXTENSION vde SET SCHEMA.
 */
static void
move_extension(Oid extension, const char *name)
{
	Oid			schema = get_namespace_oid(name, false);
	Oid			old_schema;
	Relation	extensions;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;
	Form_pg_extension form;

	if (!superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to move extension \"vde\""),
				 errhint("Must be superuser to move it, as to create it.")));
	if (schema == ExtensionSchema(VDE_CATALOG_SCHEMA) || schema == ExtensionSchema(VDE_DATA_SCHEMA))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot move extension \"vde\" into schema \"%s\" because the extension contains the schema", name),
				 errhint("Name a schema of your own.")));

	extensions = table_open(ExtensionRelationId, RowExclusiveLock);
	ScanKeyInit(&key, Anum_pg_extension_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(extension));
	scan = systable_beginscan(extensions, ExtensionOidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "could not find tuple for extension %u", extension);
	tuple = heap_copytuple(tuple);
	systable_endscan(scan);

	form = (Form_pg_extension) GETSTRUCT(tuple);
	old_schema = form->extnamespace;
	CheckSetNamespace(old_schema, schema);
	if (schema != old_schema)
	{
		move_objects(name);
		form->extnamespace = schema;
		CatalogTupleUpdate(extensions, &tuple->t_self, tuple);
		if (changeDependencyFor(ExtensionRelationId, extension, NamespaceRelationId,
								old_schema, schema) != 1)
			elog(ERROR, "could not change schema dependency for extension vde");
		InvokeObjectPostAlterHook(ExtensionRelationId, extension, 0);
		CommandCounterIncrement();
	}
	table_close(extensions, RowExclusiveLock);
}

/*
 * schema_utility
 *		ProcessUtility_hook.
 */
static void
schema_utility(PlannedStmt *pstmt, const char *queryString, bool readOnlyTree,
			   ProcessUtilityContext context, ParamListInfo params,
			   QueryEnvironment *queryEnv, DestReceiver *dest, QueryCompletion *qc)
{
	const AlterObjectSchemaStmt *statement = (const AlterObjectSchemaStmt *) pstmt->utilityStmt;

	if (IsA(statement, AlterObjectSchemaStmt) && statement->objectType == OBJECT_EXTENSION &&
		strcmp(strVal(statement->object), "vde") == 0)
	{
		Oid			extension = get_extension_oid("vde", true);

		if (OidIsValid(extension))
		{
			move_extension(extension, statement->newschema);
			return;
		}
	}
	if (previous_utility)
		previous_utility(pstmt, queryString, readOnlyTree, context, params, queryEnv, dest, qc);
	else
		standard_ProcessUtility(pstmt, queryString, readOnlyTree, context, params, queryEnv, dest, qc);
}

/*
 * InstallSetSchema
 *		See set_schema.h.
 */
void
InstallSetSchema(void)
{
	previous_utility = ProcessUtility_hook;
	ProcessUtility_hook = schema_utility;
}
