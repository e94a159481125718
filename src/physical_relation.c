/*-------------------------------------------------------------------------
 *
 * physical_relation.c
 *	  Making the empty relation of a version: table, partitioned table, view
 *	  or materialized view.
 *
 * Relations are described as nodes and handed to PostgreSQL's own
 * DefineRelation: no name or type is ever put into SQL text here.
 *
 * Invariants
 *
 * - Tables belong to the storage role, views and materialized views to the
 *	 model's owner, with whose rights they are read.
 *
 * - No code of a user runs here, since the extension's owner, a superuser, is
 *	 in force: bounds of partitions are only converted to types whose input
 *	 functions are the server's.
 *
 * - Every row has a partition: the last one takes what no other does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_range.h"
#include "catalog/pg_tablespace.h"
#include "catalog/pg_type.h"
#include "catalog/toasting.h"
#include "commands/matview.h"
#include "commands/tablecmds.h"
#include "commands/tablespace.h"
#include "commands/view.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "compat.h"
#include "physical.h"
#include "physical_parts.h"
#include "session.h"
#include "settings.h"
#include "view_shape.h"

/*
 * column_definitions
 *		The columns as ColumnDef nodes.
 */
static List *
column_definitions(List *columns)
{
	List	   *definitions = NIL;
	ListCell   *lc;

	foreach(lc, columns)
	{
		ModelColumn *column = lfirst(lc);
		Oid			typid;
		int32		typmod;
		Oid			collid;

		ResolveModelColumn(column, &typid, &typmod, &collid);
		definitions = lappend(definitions,
							  makeColumnDef(column->name, typid, typmod, collid));
	}
	return definitions;
}

/*
 * range_difference
 *		The function that tells how far apart two bounds of a range type, or of
 *		the ranges in a multirange type, are; InvalidOid for other types.
 */
static Oid
range_difference(Oid typid)
{
	Oid			base = getBaseType(typid);
	HeapTuple	tuple;
	Oid			function;

	if (type_is_multirange(base))
		base = get_multirange_range(base);
	tuple = SearchSysCache1(RANGETYPE, ObjectIdGetDatum(base));
	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	function = ((Form_pg_range) GETSTRUCT(tuple))->rngsubdiff;
	ReleaseSysCache(tuple);
	return function;
}

/*
 * check_types
 *		Refuses columns of types with which code of an ordinary user would run
 *		as the owner of all physical tables.
 *
 * ANALYZE and some indexes call a range type's difference function.  All else
 * that they call belongs to operator classes, which only superusers make.
 */
static void
check_types(const Definition *definition, List *column_defs)
{
	ListCell   *lc;

	foreach(lc, column_defs)
	{
		ColumnDef  *column = lfirst_node(ColumnDef, lc);
		Oid			function = range_difference(column->typeName->typeOid);

		if (!OidIsValid(function) || !IsUntrustedFunction(function))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("model %s cannot store column \"%s\" of type %s",
						QuoteModelName(&definition->name), column->colname, ModelColumnOfDef(column)->type),
				 errdetail("The type's function %s would run as the owner of all physical tables, so it must belong to a superuser.",
						   format_procedure(function)),
				 errhint("Have a superuser take the function over, or use another type or the kind \"view\" or \"materialized_view\".")));
	}
}

/*
 * check_tablespace
 *		The model's owner must be allowed to fill the tablespace: relations
 *		are made by somebody who may use any.
 */
static void
check_tablespace(const Definition *definition, const ModelOptions *options)
{
	Oid			tablespace;
	AclResult	result;

	if (options->tablespace == NULL)
		return;
	tablespace = get_tablespace_oid(options->tablespace, false);
	if (tablespace == MyDatabaseTableSpace)
		return;
	result = TablespaceAclcheck(tablespace, definition->owner, ACL_CREATE);
	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_TABLESPACE, options->tablespace);
}

/*
 * is_database_tablespace
 *		PostgreSQL refuses the database's own tablespace for what only groups
 *		partitions, since nothing is stored there.
 */
static bool
is_database_tablespace(const char *tablespace)
{
	return get_tablespace_oid(tablespace, false) == MyDatabaseTableSpace;
}

/*
 * create_statement
 *		CREATE TABLE in vde_data, without any storage option.
 */
static CreateStmt *
create_statement(const char *relation_name, List *column_defs)
{
	CreateStmt *create = makeNode(CreateStmt);

	create->relation = makeRangeVar(pstrdup(VDE_DATA_SCHEMA),
									pstrdup(relation_name), -1);
	create->tableElts = column_defs;
	create->oncommit = ONCOMMIT_NOOP;
	return create;
}

/*
 * set_storage
 *		The storage options, for a relation that stores rows.
 */
static void
set_storage(CreateStmt *create, const ModelOptions *options)
{
	if (options->unlogged)
		create->relation->relpersistence = RELPERSISTENCE_UNLOGGED;
	if (options->tablespace != NULL)
		create->tablespacename = pstrdup(options->tablespace);
	if (options->access_method != NULL)
		create->accessMethod = pstrdup(options->access_method);
	if (options->fillfactor != 0)
		create->options = list_make1(makeDefElem("fillfactor",
												 (Node *) makeInteger(options->fillfactor),
												 -1));
}

/*
 * define_relation
 *		Makes it, with a TOAST table where one is needed.
 */
static Oid
define_relation(CreateStmt *create, char relkind, Oid owner)
{
	ObjectAddress address;

	address = DefineRelation(create, relkind, owner, NULL, NULL);
	CommandCounterIncrement();
	if (relkind != RELKIND_VIEW && create->partspec == NULL)
		NewRelationCreateToastTable(address.objectId, (Datum) 0);
	return address.objectId;
}

/*
 * check_partition_column
 *		The column must be there, and a bound must be convertible to its type
 *		without running code of a user.
 */
static void
check_partition_column(const Definition *definition, List *columns,
					   const ModelOptions *options, const char *name)
{
	const char **names = palloc(sizeof(char *) * (list_length(columns) + 1));
	int			count = 0;
	const char *near;
	ListCell   *lc;

	foreach(lc, columns)
	{
		ModelColumn *column = lfirst(lc);
		Oid			typid;
		int32		typmod;
		Oid			collid;
		char		typtype;

		names[count++] = column->name;
		if (strcmp(column->name, name) != 0)
			continue;

		/*
		 * domains have checks, and arrays, records and ranges may have
		 * domains
		 */
		ResolveModelColumn(column, &typid, &typmod, &collid);
		typtype = get_typtype(typid);
		if (options->partition_strategy != PARTITION_OPTION_HASH &&
			((typtype != TYPTYPE_BASE && typtype != TYPTYPE_ENUM) ||
			 OidIsValid(get_element_type(typid))))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("model %s cannot be partitioned by column \"%s\" of type %s",
							QuoteModelName(&definition->name), name, column->type),
					 errhint("Cast the column to a base type in the query.")));
		return;
	}

	near = NearestWord(name, names, count);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("column \"%s\" of option \"partition_by\" is not a column of model %s",
					name, QuoteModelName(&definition->name)),
			 near ? errhint("Perhaps you meant the column \"%s\".", near) : 0));
}

/*
 * partition_spec
 *		PARTITION BY of the table.
 */
static PartitionSpec *
partition_spec(const Definition *definition, List *columns,
			   const ModelOptions *options)
{
	PartitionSpec *spec = makeNode(PartitionSpec);
	ListCell   *lc;

	switch (options->partition_strategy)
	{
		case PARTITION_OPTION_RANGE:
			spec->strategy = VDE_PARTITION_BY_RANGE;
			break;
		case PARTITION_OPTION_LIST:
			spec->strategy = VDE_PARTITION_BY_LIST;
			break;
		default:
			spec->strategy = VDE_PARTITION_BY_HASH;
			break;
	}
	foreach(lc, options->partition_columns)
	{
		PartitionElem *element = makeNode(PartitionElem);

		element->name = pstrdup(lfirst(lc));
		check_partition_column(definition, columns, options, element->name);
		element->location = -1;
		spec->partParams = lappend(spec->partParams, element);
	}
	spec->location = -1;
	return spec;
}

/*
 * literal
 *		A value in a partition's bound, to be read as a literal of the
 *		column's type; NULL is NULL.
 */
static Node *
literal(const char *value)
{
	A_Const    *constant = makeNode(A_Const);

	if (value == NULL)
		constant->isnull = true;
	else
	{
		constant->val.sval.type = T_String;
		constant->val.sval.sval = pstrdup(value);
	}
	constant->location = -1;
	return (Node *) constant;
}

/*
 * make_bound
 *		A bound without values, which is the one of the default partition.
 */
static PartitionBoundSpec *
make_bound(char strategy)
{
	PartitionBoundSpec *bound = makeNode(PartitionBoundSpec);

	bound->strategy = strategy;
	bound->is_default = true;
	bound->location = -1;
	return bound;
}

/*
 * partition_bounds
 *		The bounds of all partitions, PartitionBoundSpec *.  The one that
 *		takes the rest comes last, so that no other has to look into it.
 */
static List *
partition_bounds(const ModelOptions *options)
{
	List	   *bounds = NIL;
	PartitionBoundSpec *bound;
	ListCell   *lc;
	ListCell   *inner;
	int			i;

	switch (options->partition_strategy)
	{
		case PARTITION_OPTION_RANGE:
			for (i = 0; i + 1 < list_length(options->partition_bounds); i++)
			{
				bound = make_bound(PARTITION_STRATEGY_RANGE);
				bound->is_default = false;
				bound->lowerdatums =
					list_make1(literal(list_nth(options->partition_bounds, i)));
				bound->upperdatums =
					list_make1(literal(list_nth(options->partition_bounds, i + 1)));
				bounds = lappend(bounds, bound);
			}
			bounds = lappend(bounds, make_bound(PARTITION_STRATEGY_RANGE));
			break;
		case PARTITION_OPTION_LIST:
			foreach(lc, options->partition_bounds)
			{
				bound = make_bound(PARTITION_STRATEGY_LIST);
				bound->is_default = false;
				foreach(inner, (List *) lfirst(lc))
					bound->listdatums = lappend(bound->listdatums,
												literal(lfirst(inner)));
				bounds = lappend(bounds, bound);
			}
			bounds = lappend(bounds, make_bound(PARTITION_STRATEGY_LIST));
			break;
		default:
			for (i = 0; i < options->partition_modulus; i++)
			{
				bound = make_bound(PARTITION_STRATEGY_HASH);
				bound->is_default = false;
				bound->modulus = options->partition_modulus;
				bound->remainder = i;
				bounds = lappend(bounds, bound);
			}
			break;
	}
	return bounds;
}

static void
partition_error_callback(void *arg)
{
	const Definition *definition = arg;

	errcontext("partitions of model %s", QuoteModelName(&definition->name));
}

/*
 * define_partitions
 *		Makes the leaf partitions of a table.
 *
 * Bounds are read under the definition's settings: 1/2/2024 means what it
 * meant when the model was registered.  Its search_path stays out.
 */
static void
define_partitions(const Definition *definition, List *columns,
				  const ModelOptions *options, const char *relation_name)
{
	int			guc_level = NewGUCNestLevel();
	ErrorContextCallback callback;
	bool		changed;
	ListCell   *lc;

	if (definition->settings != NULL)
		(void) ApplySettings(definition->settings, &changed);
	ApplySetting("search_path", "pg_catalog, pg_temp");

	callback.callback = partition_error_callback;
	callback.arg = unconstify(Definition *, definition);
	callback.previous = error_context_stack;
	error_context_stack = &callback;

	foreach(lc, partition_bounds(options))
	{
		PartitionBoundSpec *bound = lfirst(lc);
		char	   *suffix = bound->is_default ? pstrdup("_default") :
		psprintf("_p%d", foreach_current_index(lc) + 1);
		CreateStmt *create;

		CHECK_FOR_INTERRUPTS();
		create = create_statement(PhysicalPartName(relation_name, suffix), NIL);
		create->inhRelations = list_make1(makeRangeVar(pstrdup(VDE_DATA_SCHEMA),
													   pstrdup(relation_name), -1));
		create->partbound = bound;
		set_storage(create, options);
		(void) define_relation(create, RELKIND_RELATION, StorageRole());
	}

	error_context_stack = callback.previous;
	AtEOXact_GUC(false, guc_level);
}

/*
 * DefinePhysicalTable
 *		The table of a version, with its partitions.
 */
Oid
DefinePhysicalTable(const Definition *definition, List *columns,
					const ModelOptions *options, const char *relation_name)
{
	CreateStmt *create = create_statement(relation_name,
										  column_definitions(columns));
	Oid			relid;

	check_types(definition, create->tableElts);
	check_tablespace(definition, options);
	if (options->partition_strategy == PARTITION_OPTION_NONE)
	{
		set_storage(create, options);
		return define_relation(create, RELKIND_RELATION, StorageRole());
	}

	/* what only groups partitions has no storage, but passes on a tablespace */
	create->partspec = partition_spec(definition, columns, options);
	if (options->tablespace != NULL && !is_database_tablespace(options->tablespace))
		create->tablespacename = pstrdup(options->tablespace);
	relid = define_relation(create, RELKIND_RELATION, StorageRole());
	define_partitions(definition, columns, options, relation_name);
	return relid;
}

typedef struct GrantContext
{
	Oid			schema;
	Oid			role;
} GrantContext;

/*
 * grant_walker
 *		Grants SELECT on every physical relation that a query reads.
 */
static bool
grant_walker(Node *node, GrantContext *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;

		if (rte->rtekind == RTE_RELATION &&
			get_rel_namespace(rte->relid) == context->schema)
			GrantPhysical(rte->relid, context->role);
		return false;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, grant_walker, context,
								 QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, grant_walker, context);
}

/*
 * GrantReads
 *		See physical_parts.h.
 */
void
GrantReads(const Definition *definition, const Query *query)
{
	GrantContext context;

	context.schema = get_namespace_oid(VDE_DATA_SCHEMA, false);
	context.role = definition->owner;
	(void) grant_walker((Node *) unconstify(Query *, query), &context);
}

/*
 * DefinePhysicalView
 *		The view or materialized view of a version, which belongs to the
 *		model's owner; a materialized view is empty yet but counts as
 *		populated.
 *
 * Its query is read with the owner's rights whenever it is used, so the owner
 * gets SELECT on the physical relations that it names.  A query can only name
 * them because it was bound to them: what a user writes never resolves in
 * that schema.
 */
Oid
DefinePhysicalView(const Definition *definition, List *columns,
				   const ModelOptions *options, const Query *query,
				   const char *relation_name)
{
	bool		materialized = (definition->kind == KIND_MATERIALIZED_VIEW);
	CreateStmt *create = create_statement(relation_name,
										  column_definitions(columns));
	Oid			relid;

	GrantReads(definition, query);
	if (materialized)
	{
		check_tablespace(definition, options);
		set_storage(create, options);
	}
	relid = define_relation(create,
							materialized ? RELKIND_MATVIEW : RELKIND_VIEW,
							definition->owner);

	/* it scribbles on the query */
	StoreViewQuery(relid, copyObject(unconstify(Query *, query)), false);
	CommandCounterIncrement();

	if (materialized)
	{
		Relation	rel = table_open(relid, NoLock);

		SetMatViewPopulatedState(rel, true);
		table_close(rel, NoLock);
		CommandCounterIncrement();
	}
	return relid;
}
