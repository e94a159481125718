/*-------------------------------------------------------------------------
 *
 * view_attachments.c
 *	  What users have attached to a view, carried over to a new one; and the
 *	  comments that come from the model itself.
 *
 * Where a view must be dropped and made anew, its grants (with their grantors
 * and grant options, also those on columns), comments, security labels,
 * options and column defaults go on to the new one.  Grants are written as
 * they were: GRANT would record one grantor for all of them.  What was
 * attached to a column that is gone is gone with it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/reloptions.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_description.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_seclabel.h"
#include "catalog/pg_trigger.h"
#include "commands/comment.h"
#include "commands/seclabel.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "catalog.h"
#include "compat.h"
#include "options.h"
#include "view_attachments.h"
#include "view_check.h"

typedef struct ColumnAttachments
{
	char	   *name;
	Oid			type;
	int32		typmod;
	Acl		   *acl;			/* NULL: the default */
	char	   *comment;
	char	   *default_sql;	/* NULL: none; for messages */
	char	   *default_tree;
} ColumnAttachments;

typedef struct SecurityLabel
{
	char	   *column;			/* NULL: of the view */
	char	   *provider;
	char	   *label;
} SecurityLabel;

/*
 * find_column
 *		What was attached to the column of that name.
 */
static ColumnAttachments *
find_column(const ViewAttachments *attachments, const char *name)
{
	ListCell   *lc;

	foreach(lc, attachments->columns)
	{
		ColumnAttachments *column = (ColumnAttachments *) lfirst(lc);

		if (strcmp(column->name, name) == 0)
			return column;
	}
	return NULL;
}

/*
 * column_count
 *		Number of columns of a relation.
 */
static int
column_count(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	int			natts;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	natts = ((Form_pg_class) GETSTRUCT(tuple))->relnatts;
	ReleaseSysCache(tuple);
	return natts;
}

/*
 * comments_on
 *		All comments on a relation and its columns: an array indexed by
 *		attribute number, 0 for the relation itself, of length natts + 1.
 */
static char **
comments_on(Oid relid, int natts)
{
	char	  **result = palloc0(sizeof(char *) * (natts + 1));
	Relation	description = table_open(DescriptionRelationId, AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&keys[0], Anum_pg_description_objoid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(relid));
	ScanKeyInit(&keys[1], Anum_pg_description_classoid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(RelationRelationId));
	scan = systable_beginscan(description, DescriptionObjIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		int			subid = ((Form_pg_description) GETSTRUCT(tuple))->objsubid;
		bool		isnull;
		Datum		value = heap_getattr(tuple, Anum_pg_description_description,
										 RelationGetDescr(description), &isnull);

		if (subid >= 0 && subid <= natts && !isnull)
			result[subid] = TextDatumGetCString(value);
	}
	systable_endscan(scan);
	table_close(description, AccessShareLock);
	return result;
}

/*
 * save_labels
 *		Security labels of a relation and its columns.
 */
static List *
save_labels(Oid relid)
{
	List	   *labels = NIL;
	Relation	seclabel = table_open(SecLabelRelationId, AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&keys[0], Anum_pg_seclabel_objoid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(relid));
	ScanKeyInit(&keys[1], Anum_pg_seclabel_classoid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(RelationRelationId));
	scan = systable_beginscan(seclabel, SecLabelObjectIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		int			subid = ((FormData_pg_seclabel *) GETSTRUCT(tuple))->objsubid;
		SecurityLabel *label = palloc0(sizeof(SecurityLabel));
		bool		isnull;

		if (subid != 0)
			label->column = get_attname(relid, subid, false);
		label->provider = TextDatumGetCString(heap_getattr(tuple, Anum_pg_seclabel_provider,
														   RelationGetDescr(seclabel), &isnull));
		label->label = TextDatumGetCString(heap_getattr(tuple, Anum_pg_seclabel_label,
														RelationGetDescr(seclabel), &isnull));
		labels = lappend(labels, label);
	}
	systable_endscan(scan);
	table_close(seclabel, AccessShareLock);
	return labels;
}

/*
 * save_defaults
 *		Default expressions of columns.
 */
static void
save_defaults(ViewAttachments *attachments, Oid viewid)
{
	uint64		rows;
	uint64		i;

	rows = CatalogRead("SELECT a.attname, pg_catalog.pg_get_expr(d.adbin, d.adrelid), d.adbin::pg_catalog.text "
					   "FROM pg_catalog.pg_attrdef d "
					   "JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum "
					   "WHERE d.adrelid = $1::pg_catalog.oid",
					   "l", (int64) viewid);
	for (i = 0; i < rows; i++)
	{
		ColumnAttachments *column = find_column(attachments, CatalogText(i, 1));

		if (column != NULL)
		{
			column->default_sql = CatalogText(i, 2);
			column->default_tree = CatalogText(i, 3);
		}
	}
}

/*
 * copy_acl
 *		An ACL from a catalog tuple, or NULL.
 */
static Acl *
copy_acl(Datum value, bool isnull)
{
	return isnull ? NULL : DatumGetAclPCopy(value);
}

/*
 * SaveViewAttachments
 *		Reads what is attached to a view that is about to be dropped.
 */
ViewAttachments *
SaveViewAttachments(Oid viewid)
{
	ViewAttachments *attachments = palloc0(sizeof(ViewAttachments));
	HeapTuple	tuple;
	Datum		value;
	bool		isnull;
	int			natts;
	int			attnum;
	char	  **comments;
	bool		has_default = false;

	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(viewid));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", viewid);
	attachments->owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	natts = ((Form_pg_class) GETSTRUCT(tuple))->relnatts;
	value = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_relacl, &isnull);
	attachments->acl = copy_acl(value, isnull);
	value = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_reloptions, &isnull);
	attachments->options = isnull ? NIL : untransformRelOptions(value);
	ReleaseSysCache(tuple);

	comments = comments_on(viewid, natts);
	attachments->comment = comments[0];

	for (attnum = 1; attnum <= natts; attnum++)
	{
		ColumnAttachments *column;
		Form_pg_attribute att;

		tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(viewid), Int16GetDatum(attnum));
		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for attribute %d of relation %u", attnum, viewid);
		att = (Form_pg_attribute) GETSTRUCT(tuple);
		column = palloc0(sizeof(ColumnAttachments));
		column->name = pstrdup(NameStr(att->attname));
		column->type = att->atttypid;
		column->typmod = att->atttypmod;
		column->comment = comments[attnum];
		has_default |= att->atthasdef;
		value = SysCacheGetAttr(ATTNUM, tuple, Anum_pg_attribute_attacl, &isnull);
		column->acl = copy_acl(value, isnull);
		ReleaseSysCache(tuple);
		attachments->columns = lappend(attachments->columns, column);
	}

	attachments->labels = save_labels(viewid);
	if (has_default)
		save_defaults(attachments, viewid);
	return attachments;
}

/*
 * SetViewAcl
 *		Writes an ACL as it is to a row of pg_class (attnum 0) or of
 *		pg_attribute, with the dependencies on the roles in it.
 */
void
SetViewAcl(Oid relid, AttrNumber attnum, Oid owner, const Acl *acl)
{
	bool		of_column = attnum != 0;
	Oid			catalogid = of_column ? AttributeRelationId : RelationRelationId;
	int			cacheid = of_column ? (int) ATTNUM : (int) RELOID;
	AttrNumber	aclnum = of_column ? Anum_pg_attribute_attacl : Anum_pg_class_relacl;
	Datum		values[Max(Natts_pg_class, Natts_pg_attribute)] = {0};
	bool		nulls[Max(Natts_pg_class, Natts_pg_attribute)] = {false};
	bool		replaces[Max(Natts_pg_class, Natts_pg_attribute)] = {false};
	Relation	catalog = table_open(catalogid, RowExclusiveLock);
	HeapTuple	old_tuple;
	HeapTuple	new_tuple;
	Datum		old_value;
	bool		isnull;
	Oid		   *old_members = NULL;
	Oid		   *new_members = NULL;
	int			old_count = 0;
	int			new_count;

	if (of_column)
		old_tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid), Int16GetDatum(attnum));
	else
		old_tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	if (!HeapTupleIsValid(old_tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);

	/* default privileges may have given the new view something already */
	old_value = SysCacheGetAttr(cacheid, old_tuple, aclnum, &isnull);
	if (!isnull)
		old_count = aclmembers(DatumGetAclPCopy(old_value), &old_members);
	if (!isnull || acl != NULL)
	{
		new_count = aclmembers(acl, &new_members);
		values[aclnum - 1] = PointerGetDatum(acl);
		nulls[aclnum - 1] = acl == NULL;
		replaces[aclnum - 1] = true;
		new_tuple = heap_modify_tuple(old_tuple, RelationGetDescr(catalog),
									  values, nulls, replaces);
		CatalogTupleUpdate(catalog, &new_tuple->t_self, new_tuple);
		updateAclDependencies(RelationRelationId, relid, attnum, owner,
							  old_count, old_members, new_count, new_members);
		heap_freetuple(new_tuple);
	}
	ReleaseSysCache(old_tuple);
	table_close(catalog, RowExclusiveLock);
	CommandCounterIncrement();
}

/*
 * restore_default
 *		Sets the default of one column.
 *
 * As it is stored: parsing it again as the extension's owner would run what
 * reads its literals, such as the checks of somebody's domain.
 */
static void
restore_default(Oid viewid, AttrNumber attnum, const ColumnAttachments *column)
{
	Relation	view = relation_open(viewid, NoLock);

	(void) VdeStoreAttrDefault(view, attnum, stringToNode(column->default_tree));
	relation_close(view, NoLock);
	CommandCounterIncrement();
}

/*
 * drop_all
 *		Drops objects of a class, given by a statement of the catalog about a
 *		view; returns whether there were any.
 */
static bool
drop_all(Oid classid, uint64 rows)
{
	List	   *oids = NIL;
	ListCell   *lc;
	uint64		i;

	for (i = 0; i < rows; i++)
		oids = lappend_oid(oids, CatalogOid(i, 1));
	foreach(lc, oids)
	{
		ObjectAddress address;

		ObjectAddressSet(address, classid, lfirst_oid(lc));
		performDeletion(&address, DROP_RESTRICT, 0);
	}
	return oids != NIL;
}

/*
 * StripView
 *		See view_attachments.h.
 */
void
StripView(Oid viewid)
{
	Oid			owner = RelationOwner(viewid);
	ViewAttachments *attachments = SaveViewAttachments(viewid);
	bool		any = attachments->acl != NULL;
	ListCell   *lc;

	SetViewAcl(viewid, 0, owner, NULL);
	foreach(lc, attachments->columns)
	{
		if (((ColumnAttachments *) lfirst(lc))->acl == NULL)
			continue;
		any = true;
		SetViewAcl(viewid, foreach_current_index(lc) + 1, owner, NULL);
	}
	any |= drop_all(RewriteRelationId,
					CatalogRead("SELECT oid FROM pg_catalog.pg_rewrite WHERE ev_class = $1::pg_catalog.oid AND rulename <> '_RETURN'",
								"l", (int64) viewid));
	any |= drop_all(TriggerRelationId,
					CatalogRead("SELECT oid FROM pg_catalog.pg_trigger WHERE tgrelid = $1::pg_catalog.oid AND NOT tgisinternal",
								"l", (int64) viewid));
	CommandCounterIncrement();
	if (any)
		ereport(WARNING,
				(errmsg("grants on view \"%s.%s\" are taken back",
						get_namespace_name(get_rel_namespace(viewid)), get_rel_name(viewid)),
				 errdetail("It belongs to role \"%s\" now, whose rights its owner before did not have; so do rules and triggers on it go.",
						   GetUserNameFromId(owner, true)),
				 errhint("Have that role grant anew what is to stay.")));
}

/*
 * RestoreViewAttachments
 *		Puts on a new view what was attached to the old one.
 */
void
RestoreViewAttachments(Oid viewid, const ViewAttachments *attachments)
{
	int			natts = column_count(viewid);
	int			attnum;
	ListCell   *lc;

	SetViewAcl(viewid, 0, attachments->owner, attachments->acl);
	if (attachments->comment != NULL)
		CreateComments(viewid, RelationRelationId, 0, attachments->comment);

	for (attnum = 1; attnum <= natts; attnum++)
	{
		char	   *name = get_attname(viewid, attnum, false);
		ColumnAttachments *column = find_column(attachments, name);

		if (column == NULL)
			continue;
		if (column->acl != NULL)
			SetViewAcl(viewid, attnum, attachments->owner, column->acl);
		if (column->comment != NULL)
			CreateComments(viewid, RelationRelationId, attnum, column->comment);
		if (column->default_sql == NULL)
			continue;

		/* one that may not fit the new type would fail the whole swap */
		if (get_atttype(viewid, attnum) == column->type)
			restore_default(viewid, attnum, column);
		else
			ereport(WARNING,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("default of column \"%s\" of view \"%s.%s\" is lost", name,
							get_namespace_name(get_rel_namespace(viewid)), get_rel_name(viewid)),
					 errdetail("The column's type changes, and the default was %s.",
							   column->default_sql)));
	}

	foreach(lc, attachments->labels)
	{
		SecurityLabel *label = (SecurityLabel *) lfirst(lc);
		ObjectAddress address;

		attnum = label->column ? get_attnum(viewid, label->column) : 0;
		if (attnum < 0 || (label->column != NULL && attnum == InvalidAttrNumber))
			continue;
		ObjectAddressSubSet(address, RelationRelationId, viewid, attnum);
		SetSecurityLabel(&address, label->provider, label->label);
	}
	CommandCounterIncrement();
}

/*
 * description_of
 *		What the options say about a column, or NULL.
 */
static const char *
description_of(List *column_options, const char *name)
{
	ListCell   *lc;

	foreach(lc, column_options)
	{
		ColumnOption *option = (ColumnOption *) lfirst(lc);

		if (strcmp(option->name, name) == 0)
			return option->description;
	}
	return NULL;
}

/*
 * is_from_model
 *		Has any definition of the model this text as the description of the
 *		view (column NULL), or of that column?
 */
static bool
is_from_model(const ModelName *model, const char *column, const char *comment)
{
	uint64		rows;
	uint64		i;
	bool		found = false;

	/* few definitions have the text anywhere in their options */
	rows = CatalogRead("SELECT d.kind, d.options "
					   "FROM vde.definition d JOIN vde.model m ON m.id = d.model_id "
					   "WHERE m.schema_name = $1 AND m.model_name = $2 "
					   "AND pg_catalog.jsonb_path_exists(d.options, '$.** ? (@ == $c)', "
					   "pg_catalog.jsonb_build_object('c', $3))",
					   "nnt", model->schema, model->name, comment);
	for (i = 0; i < rows && !found; i++)
	{
		ModelOptions *options = ReadOptions(KindByName(CatalogText(i, 1)), CatalogJsonb(i, 2));
		const char *text;

		text = column ? description_of(options->columns, column) : options->description;
		found = text !=NULL && strcmp(text, comment) == 0;
	}
	return found;
}

/*
 * SetViewComments
 *		Comments of view and columns, from the model.
 */
void
SetViewComments(Oid viewid, const ModelName *model, const char *description,
				List *column_options, bool is_new)
{
	int			natts = column_count(viewid);
	char	  **comments = NULL;
	int			attnum;

	if (is_new && description == NULL && column_options == NIL)
		return;
	if (!is_new)
		comments = comments_on(viewid, natts);

	for (attnum = 0; attnum <= natts; attnum++)
	{
		char	   *name = NULL;
		const char *wanted = description;
		const char *present = comments ? comments[attnum] : NULL;

		if (attnum > 0)
		{
			if (present == NULL && column_options == NIL)
				continue;
			name = get_attname(viewid, attnum, false);
			wanted = description_of(column_options, name);
		}

		if (wanted == NULL)
		{
			if (present != NULL && is_from_model(model, name, present))
				CreateComments(viewid, RelationRelationId, attnum, NULL);
		}
		else if (present == NULL || strcmp(wanted, present) != 0)
			CreateComments(viewid, RelationRelationId, attnum, wanted);
	}
}
