/*-------------------------------------------------------------------------
 *
 * outside.c
 *	  Relations outside of vde: which ones a model may read, and what an
 *	  external model says about one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "rewrite/rewriteHandler.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "options.h"
#include "outside.h"

/*
 * IsExtensionSchema
 *		Is the schema vde's own, which models do not read?
 */
bool
IsExtensionSchema(const char *schema)
{
	return strcmp(schema, VDE_CATALOG_SCHEMA) == 0 ||
		strcmp(schema, VDE_DATA_SCHEMA) == 0;
}

/*
 * IsEnvironmentView
 *		Does the relation show a relation in vde_data, as the views of the
 *		virtual layer do?
 *
 * Such a view belongs to one environment.  A model must get there by the
 * graph of its own environment or not at all.
 */
bool
IsEnvironmentView(Oid relid)
{
	Oid			data = get_namespace_oid(VDE_DATA_SCHEMA, true);
	Relation	view;
	bool		found = false;
	ListCell   *lc;

	if (!OidIsValid(data) || get_rel_relkind(relid) != RELKIND_VIEW)
		return false;
	view = try_relation_open(relid, AccessShareLock);
	if (view == NULL)
		return false;
	if (view->rd_rel->relkind == RELKIND_VIEW)
	{
		foreach(lc, get_view_query(view)->rtable)
		{
			RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

			if (rte->rtekind == RTE_RELATION &&
				get_rel_namespace(rte->relid) == data)
				found = true;
		}
	}
	relation_close(view, AccessShareLock);
	return found;
}

/*
 * IsReadableKind
 *		See outside.h.
 */
bool
IsReadableKind(char relkind)
{
	switch (relkind)
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_FOREIGN_TABLE:
		case RELKIND_VIEW:
		case RELKIND_MATVIEW:
			return true;
		default:
			return false;
	}
}

/*
 * OutsideColumnCount
 *		How many columns a relation has, dropped ones included; 0 when it is
 *		gone.
 */
int
OutsideColumnCount(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	int			count = 0;

	if (HeapTupleIsValid(tuple))
	{
		count = ((Form_pg_class) GETSTRUCT(tuple))->relnatts;
		ReleaseSysCache(tuple);
	}
	return count;
}

/*
 * external_relation
 *		The relation that an external model declares, locked.
 */
static Relation
external_relation(const Definition *definition)
{
	const ModelName *name = &definition->name;
	Oid			namespace = get_namespace_oid(name->schema, true);
	Oid			relid = InvalidOid;
	Relation	relation = NULL;

	if (OidIsValid(namespace))
		relid = get_relname_relid(name->name, namespace);
	if (OidIsValid(relid))
		relation = try_relation_open(relid, AccessShareLock);
	if (relation == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"%s\" does not exist", QuoteModelName(name)),
				 errdetail("An external model declares a table that is there already."),
				 errhint("Create the table, or unregister the external model.")));
	if (!IsReadableKind(relation->rd_rel->relkind))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("relation \"%s\" has no rows to read",
						QuoteModelName(name)),
				 errhint("Declare a table, a view or a foreign table as an external model.")));
	if (relation->rd_rel->relpersistence == RELPERSISTENCE_TEMP)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("external model \"%s\" is a temporary relation",
						QuoteModelName(name)),
				 errhint("Declare a permanent table.")));
	if (IsEnvironmentView(relid))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("external model \"%s\" is a view of vde itself",
						QuoteModelName(name)),
				 errhint("Register its query as a model, or give the external model the name of a table.")));
	return relation;
}

/*
 * relation_column
 *		A column of the relation by name, or NULL.
 */
static Form_pg_attribute
relation_column(Relation relation, const char *name)
{
	TupleDesc	tupdesc = RelationGetDescr(relation);
	int			i;

	for (i = 0; i < tupdesc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(tupdesc, i);

		if (!attribute->attisdropped &&
			strcmp(NameStr(attribute->attname), name) == 0)
			return attribute;
	}
	return NULL;
}

/*
 * check_declared
 *		Tells where a source has drifted from what was declared of it.  A type
 *		declared without length or precision admits all of them.
 */
static void
check_declared(const Definition *definition, const ColumnOption *declared,
			   Form_pg_attribute actual)
{
	const char *relation = QuoteModelName(&definition->name);
	ModelColumn wanted = {declared->name, declared->type, NULL};
	Oid			typid;
	int32		typmod;
	Oid			collid;

	if (actual == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of relation \"%s\" does not exist",
						declared->name, relation),
				 errdetail("The external model \"%s\" declares it.", relation),
				 errhint("Register the external model with the columns that the relation has now.")));
	if (declared->type == NULL)
		return;
	ResolveModelColumn(&wanted, &typid, &typmod, &collid);
	if (actual->atttypid != typid ||
		(typmod >= 0 && actual->atttypmod != typmod))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of relation \"%s\" has type %s",
						declared->name, relation,
						format_type_with_typemod(actual->atttypid,
												 actual->atttypmod)),
				 errdetail("The external model \"%s\" declares type %s.",
						   relation, format_type_with_typemod(typid, typmod)),
				 errhint("Register the external model with the types that the relation has now.")));
}

/*
 * ExternalColumns
 *		Columns of an external model: those that are declared, as they are in
 *		the relation, or all when none is.
 */
List *
ExternalColumns(const Definition *definition)
{
	ModelOptions *options = ReadOptions(definition->kind, definition->options);
	Relation	relation = external_relation(definition);
	TupleDesc	tupdesc = RelationGetDescr(relation);
	List	   *columns = NIL;
	ListCell   *lc;
	int			i;

	foreach(lc, options->columns)
	{
		ColumnOption *declared = lfirst(lc);
		Form_pg_attribute actual = relation_column(relation, declared->name);

		check_declared(definition, declared, actual);
		columns = lappend(columns,
						  MakeModelColumn(declared->name, actual->atttypid,
										  actual->atttypmod,
										  actual->attcollation));
	}
	for (i = 0; options->columns == NIL && i < tupdesc->natts; i++)
	{
		Form_pg_attribute actual = TupleDescAttr(tupdesc, i);

		if (!actual->attisdropped)
			columns = lappend(columns,
							  MakeModelColumn(NameStr(actual->attname),
											  actual->atttypid,
											  actual->atttypmod,
											  actual->attcollation));
	}
	relation_close(relation, AccessShareLock);
	return columns;
}
