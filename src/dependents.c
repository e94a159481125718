/*-------------------------------------------------------------------------
 *
 * dependents.c
 *	  What stands on a view, or in a schema, that vde did not make.
 *
 * Invariants
 *
 * - The list is complete in the sense of DROP ... RESTRICT, and wider: what
 *	 PostgreSQL would drop silently together with a view (rules and triggers on
 *	 it, sequences owned by one of its columns) is the user's too, and counts.
 *	 Not counted are only the parts that a view consists of: its SELECT rule,
 *	 its row type with the array type, and defaults of its columns, which are
 *	 carried over (view_attachments.c).
 *
 * - Only catalogs are read, nothing is locked, so that it works while planning
 *	 and on a standby.  Objects that vanish meanwhile are left out.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "rewrite/rewriteSupport.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "dependents.h"

/* More than these are only counted in a message. */
#define MAX_LISTED 50

/*
 * add_object
 *		Appends an object that is not in the list yet.
 */
static List *
add_object(List *objects, Oid classid, Oid objid, int32 subid)
{
	ObjectAddress *object;
	ListCell   *lc;

	foreach(lc, objects)
	{
		object = (ObjectAddress *) lfirst(lc);
		if (object->classId == classid && object->objectId == objid &&
			object->objectSubId == subid)
			return objects;
	}
	object = palloc(sizeof(ObjectAddress));
	ObjectAddressSubSet(*object, classid, objid, subid);
	return lappend(objects, object);
}

/*
 * rule_owner
 *		The relation that a rule is on; whether it is the relation's SELECT
 *		rule.  InvalidOid when the rule is gone.
 */
static Oid
rule_owner(Oid ruleid, bool *is_select)
{
	Relation	rewrite = table_open(RewriteRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	Oid			relid = InvalidOid;

	ScanKeyInit(&key, Anum_pg_rewrite_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(ruleid));
	scan = systable_beginscan(rewrite, RewriteOidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		Form_pg_rewrite form = (Form_pg_rewrite) GETSTRUCT(tuple);

		relid = form->ev_class;
		*is_select = strcmp(NameStr(form->rulename), ViewSelectRuleName) == 0;
	}
	systable_endscan(scan);
	table_close(rewrite, AccessShareLock);
	return relid;
}

/*
 * is_default_of
 *		Is it the default of a column of this relation?
 */
static bool
is_default_of(Oid defaultid, Oid relid)
{
	Relation	attrdef = table_open(AttrDefaultRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		result = false;

	ScanKeyInit(&key, Anum_pg_attrdef_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(defaultid));
	scan = systable_beginscan(attrdef, AttrDefaultOidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		result = ((Form_pg_attrdef) GETSTRUCT(tuple))->adrelid == relid;
	systable_endscan(scan);
	table_close(attrdef, AccessShareLock);
	return result;
}

/*
 * referencing_objects
 *		Adds everything in pg_depend that refers to one object.  viewid is the
 *		view whose own parts do not count, InvalidOid for a schema.
 */
static List *
referencing_objects(List *objects, Relation depend, Oid refclassid,
					Oid refobjid, Oid viewid)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(refclassid));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(refobjid));
	scan = systable_beginscan(depend, DependReferenceIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

		CHECK_FOR_INTERRUPTS();

		if (!OidIsValid(viewid))
		{
			/* DROP SCHEMA takes default privileges and the like with it */
			if (form->deptype == DEPENDENCY_NORMAL)
				objects = add_object(objects, form->classid, form->objid, 0);
			continue;
		}

		switch (form->classid)
		{
			case RewriteRelationId:
				{
					bool		is_select = false;
					Oid			relid = rule_owner(form->objid, &is_select);

					if (!OidIsValid(relid) || (relid == viewid && is_select))
						break;
					/* of a view we name the view, not its rule */
					if (is_select)
						objects = add_object(objects, RelationRelationId, relid, 0);
					else
						objects = add_object(objects, RewriteRelationId,
											 form->objid, 0);
					break;
				}
			case TypeRelationId:
				/* the row type, or its array: users of these are the question */
				if (form->deptype == DEPENDENCY_INTERNAL)
					objects = referencing_objects(objects, depend, TypeRelationId,
												  form->objid, viewid);
				else
					objects = add_object(objects, TypeRelationId, form->objid, 0);
				break;
			case AttrDefaultRelationId:
				if (!is_default_of(form->objid, viewid))
					objects = add_object(objects, AttrDefaultRelationId,
										 form->objid, 0);
				break;
			default:
				if (form->classid != RelationRelationId || form->objid != viewid)
					objects = add_object(objects, form->classid, form->objid,
										 form->objsubid);
				break;
		}
	}
	systable_endscan(scan);
	return objects;
}

/*
 * compare_text
 *		Orders descriptions, so that messages do not depend on OIDs.
 */
static int
compare_text(const ListCell *a, const ListCell *b)
{
	return strcmp((const char *) lfirst(a), (const char *) lfirst(b));
}

/*
 * describe
 *		The objects in words, one a line; NULL for none.
 */
static char *
describe(List *objects)
{
	List	   *words = NIL;
	StringInfoData buf;
	ListCell   *lc;
	int			n = 0;

	foreach(lc, objects)
	{
		char	   *description = getObjectDescription((ObjectAddress *) lfirst(lc), true);

		if (description != NULL)
			words = lappend(words, description);
	}
	if (words == NIL)
		return NULL;
	list_sort(words, compare_text);

	initStringInfo(&buf);
	foreach(lc, words)
	{
		if (++n > MAX_LISTED)
		{
			appendStringInfo(&buf, "\nand %d more", list_length(words) - MAX_LISTED);
			break;
		}
		appendStringInfo(&buf, "%s%s", n > 1 ? "\n" : "", (char *) lfirst(lc));
	}
	return buf.data;
}

/*
 * ViewDependents
 *		What depends on a view.  Result in the current memory context.
 */
char *
ViewDependents(Oid viewid)
{
	Relation	depend = table_open(DependRelationId, AccessShareLock);
	List	   *objects;
	Oid			extension;

	objects = referencing_objects(NIL, depend, RelationRelationId, viewid, viewid);
	table_close(depend, AccessShareLock);

	/* a member of an extension is dropped by that extension alone */
	extension = getExtensionOfObject(RelationRelationId, viewid);
	if (OidIsValid(extension))
		objects = add_object(objects, ExtensionRelationId, extension, 0);

	return describe(objects);
}

/*
 * SchemaContents
 *		What keeps a schema from being dropped.
 */
char *
SchemaContents(Oid schemaid)
{
	Relation	depend = table_open(DependRelationId, AccessShareLock);
	List	   *objects;

	objects = referencing_objects(NIL, depend, NamespaceRelationId, schemaid,
								  InvalidOid);
	table_close(depend, AccessShareLock);
	return describe(objects);
}
