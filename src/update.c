/*-------------------------------------------------------------------------
 *
 * update.c
 *	  The library and the SQL objects of the extension are of one version.
 *
 * The library's files are one for the whole server; the catalog and the
 * functions' declarations are each database's own, and of an older version
 * until somebody runs ALTER EXTENSION vde UPDATE there.  The library works
 * with the catalog of its own version alone, and says so otherwise.
 *
 * Nothing tells a session that pg_extension was changed, so it is read each
 * time: one row by an index, once per call.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_proc.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "update.h"

PG_FUNCTION_INFO_V1(vde_keep_privileges);

/*
 * extension_version
 *		What pg_extension says; NULL without the extension.
 */
static char *
extension_version(void)
{
	Relation	extensions = table_open(ExtensionRelationId, AccessShareLock);
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;
	char	   *version = NULL;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber,
				F_NAMEEQ, CStringGetDatum("vde"));
	scan = systable_beginscan(extensions, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool		isnull;
		Datum		value = heap_getattr(tuple, Anum_pg_extension_extversion,
										 RelationGetDescr(extensions), &isnull);

		if (!isnull)
			version = TextDatumGetCString(value);
	}
	systable_endscan(scan);
	table_close(extensions, AccessShareLock);
	return version;
}

/*
 * CheckExtensionVersion
 *		See update.h.
 */
void
CheckExtensionVersion(void)
{
	char	   *version = extension_version();

	if (version == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("extension \"vde\" does not exist in this database"),
				 errhint("Create it with CREATE EXTENSION vde.")));
	if (strcmp(version, VDE_VERSION) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("extension \"vde\" is of version %s in this database, and its library of version %s",
						version, VDE_VERSION),
				 errhint("Have a superuser run ALTER EXTENSION vde UPDATE. If that has been done, connect again: this session still has the library of before.")));
	pfree(version);
}

/*
 * vde_keep_privileges
 *		keep_privileges(old, new): who may call a function is who may call the
 *		one that it replaces.
 *
 * A function that gets another argument is another function, and everybody
 * may call a new one.
 */
Datum
vde_keep_privileges(PG_FUNCTION_ARGS)
{
	Oid			old_function = PG_GETARG_OID(0);
	Oid			new_function = PG_GETARG_OID(1);
	Relation	functions;
	HeapTuple	old_tuple;
	HeapTuple	new_tuple;
	HeapTuple	changed;
	Datum		values[Natts_pg_proc] = {0};
	bool		nulls[Natts_pg_proc] = {0};
	bool		replaces[Natts_pg_proc] = {0};
	Datum		privileges;
	bool		isnull;
	Oid		   *members;
	int			count;
	Oid			owner;

	if (!superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be superuser to copy the privileges of functions"),
				 errhint("ALTER EXTENSION vde UPDATE calls it.")));

	functions = table_open(ProcedureRelationId, RowExclusiveLock);
	old_tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(old_function));
	new_tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(new_function));
	if (!HeapTupleIsValid(old_tuple) || !HeapTupleIsValid(new_tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("function with OID %u does not exist",
						HeapTupleIsValid(old_tuple) ? new_function : old_function),
				 errhint("Name a function that there is.")));
	owner = ((Form_pg_proc) GETSTRUCT(new_tuple))->proowner;
	if (owner != ((Form_pg_proc) GETSTRUCT(old_tuple))->proowner)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("function \"%s\" does not belong to the owner of extension \"vde\"",
						NameStr(((Form_pg_proc) GETSTRUCT(old_tuple))->proname)),
				 errhint("Give it back with ALTER FUNCTION or ALTER PROCEDURE ... OWNER TO, and update the extension again.")));

	privileges = SysCacheGetAttr(PROCOID, old_tuple, Anum_pg_proc_proacl, &isnull);
	if (!isnull)
	{
		values[Anum_pg_proc_proacl - 1] = privileges;
		replaces[Anum_pg_proc_proacl - 1] = true;
		changed = heap_modify_tuple(new_tuple, RelationGetDescr(functions),
									values, nulls, replaces);
		CatalogTupleUpdate(functions, &changed->t_self, changed);
		count = aclmembers(DatumGetAclP(privileges), &members);
		updateAclDependencies(ProcedureRelationId, new_function, 0, owner,
							  0, NULL, count, members);
	}
	ReleaseSysCache(new_tuple);
	ReleaseSysCache(old_tuple);
	table_close(functions, RowExclusiveLock);
	PG_RETURN_VOID();
}
