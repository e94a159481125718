/*-------------------------------------------------------------------------
 *
 * references.c
 *	  The raw parse tree of a model: what it may not contain, which relations
 *	  it names, and how references to models are rewritten.
 *
 * Invariants
 *
 * - A name is looked up as PostgreSQL's analyzer would: a visible CTE hides
 *	 everything, an unqualified name is searched for in the definition's own
 *	 search_path and never in the session's or among temporary tables.  Within
 *	 a schema a model comes before a relation of the same name.
 *
 * - After rewriting, every relation is a CTE, an ephemeral relation (a model),
 *	 a qualified table outside of vde, or is listed as missing.  Nothing is
 *	 left that a later search_path or a temporary table could capture, and no
 *	 CTE can have the name of an ephemeral relation.
 *
 * - Column references are left alone.  What schema.table.column means depends
 *	 on what is visible where it stands, so analysis resolves it: see
 *	 ephemeral.c.
 *
 * Positions are byte offsets in the definition's text.  Nothing here runs the
 * model owner's code.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "ephemeral.h"
#include "model_text.h"
#include "outside.h"
#include "references.h"
#include "settings.h"

typedef struct RewriteContext
{
	const Definition *definition;
	ParsedModel *parsed;		/* NULL: only refuse */
	List	   *search_path;	/* char * */
	List	   *visible_ctes;	/* char *, a stack */
	List	   *all_ctes;		/* char *, a stack: also those not yet visible */
} RewriteContext;

static bool rewrite_walker(Node *node, RewriteContext *context);

/*
 * stack_contains
 *		Is the name on a stack of names?
 */
static bool
stack_contains(List *stack, const char *name)
{
	ListCell   *lc;

	foreach(lc, stack)
	{
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	}
	return false;
}

/*
 * check_schema
 *		Refuses a reference into a schema that no model reads.
 */
static void
check_schema(const char *schema, const char *name, int location,
			 const RewriteContext *context)
{
	const char *query = context->definition->query;

	if (strcmp(schema, "pg_temp") == 0 ||
		strncmp(schema, "pg_temp_", 8) == 0 ||
		strncmp(schema, "pg_toast_temp_", 14) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a model cannot read temporary relation \"%s\"",
						quote_qualified_identifier(schema, name)),
				 errdetail("A temporary relation is gone when its session ends."),
				 errhint("Register its query as a model, or read a permanent table."),
				 errposition(QueryPosition(query, location))));
	if (strcmp(schema, VDE_DATA_SCHEMA) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("a model cannot read relation \"%s\"",
						quote_qualified_identifier(schema, name)),
				 errdetail("Schema \"%s\" holds the physical tables of vde, which come and go.",
						   schema),
				 errhint("Refer to the model by its own name."),
				 errposition(QueryPosition(query, location))));
	if (strcmp(schema, VDE_CATALOG_SCHEMA) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("a model cannot read relation \"%s\"",
						quote_qualified_identifier(schema, name)),
				 errdetail("Schema \"%s\" holds the catalog of vde.", schema),
				 errhint("Read a model, or a table of your own."),
				 errposition(QueryPosition(query, location))));
}

/*
 * is_own_name
 *		Is that the model whose query this is?
 */
static bool
is_own_name(const char *schema, const char *name, const RewriteContext *context)
{
	return strcmp(schema, context->definition->name.schema) == 0 &&
		strcmp(name, context->definition->name.name) == 0;
}

/*
 * refuse_self_reference
 *		Error: the model's query names the model itself.
 */
static void
refuse_self_reference(const RangeVar *relation, const RewriteContext *context)
{
	const Definition *definition = context->definition;

	ereport(ERROR,
			(errcode(ERRCODE_INVALID_RECURSION),
			 errmsg("model \"%s\" reads itself",
					QuoteModelName(&definition->name)),
			 relation->schemaname ?
			 errhint("Read the table that the model is made from. To read rows again and again, use WITH RECURSIVE.") :
			 errhint("Put a schema before \"%s\" if another relation of that name is meant.",
					 relation->relname),
			 errposition(QueryPosition(definition->query, relation->location))));
}

/*
 * outside_relation
 *		The relation of that name in a schema, or InvalidOid.
 *
 * For a name without schema, one in a schema that the owner may not use is
 * passed over, as PostgreSQL does.
 */
static Oid
outside_relation(const char *schema, const char *name, bool searching,
				 const RewriteContext *context)
{
	Oid			namespace = get_namespace_oid(schema, true);

	if (!OidIsValid(namespace))
		return InvalidOid;
	if (searching &&
		NamespaceAclcheck(namespace, context->definition->owner,
						  ACL_USAGE) != ACLCHECK_OK)
		return InvalidOid;
	return get_relname_relid(name, namespace);
}

/*
 * missing_detail
 *		Why a name means nothing, as a full sentence.
 */
static char *
missing_detail(const RangeVar *relation, Oid environment_view,
			   const RewriteContext *context)
{
	StringInfoData buf;
	Oid			temporary;
	ListCell   *lc;

	if (OidIsValid(environment_view))
		return pstrdup("There is a view of that name, but it shows a physical table of vde, and is no model in this environment.");
	if (relation->schemaname != NULL)
		return pstrdup("It is neither a model in this environment nor a table.");
	if (stack_contains(context->all_ctes, relation->relname))
		return psprintf("There is a WITH item named \"%s\", but it cannot be referenced from this part of the query.",
						relation->relname);

	temporary = LookupNamespaceNoError("pg_temp");
	if (OidIsValid(temporary) &&
		OidIsValid(get_relname_relid(relation->relname, temporary)))
		return pstrdup("There is a temporary table of that name, but a model cannot read temporary tables.");

	initStringInfo(&buf);
	appendStringInfoString(&buf, "It is neither a model in this environment nor a table in the model's search path (");
	foreach(lc, context->search_path)
		appendStringInfo(&buf, "%s%s",
						 foreach_current_index(lc) > 0 ? ", " : "",
						 quote_identifier(lfirst(lc)));
	appendStringInfoString(&buf, ").");
	return buf.data;
}

/*
 * add_missing
 *		The same for a relation in the raw tree.
 */
static void
add_missing(const RangeVar *relation, Oid environment_view,
			RewriteContext *context)
{
	AddMissing(context->parsed, relation->schemaname, relation->relname,
			   relation->location,
			   missing_detail(relation, environment_view, context));
}

/*
 * make_reference
 *		Turns the name of a model into the name of its ephemeral relation.
 */
static void
make_reference(RangeVar *relation, const char *schema, RewriteContext *context)
{
	int			n = AddModelReference(context->parsed, schema, relation->relname,
									  relation->location);

	relation->schemaname = NULL;
	if (relation->alias == NULL)
	{
		relation->alias = makeAlias(relation->relname, NIL);
		relation->relname = EphemeralBareName(n);
	}
	else
		relation->relname = EphemeralName(n);
}

/*
 * resolve_in_schema
 *		Does the name mean something in that schema?
 *
 * If so the reference is rewritten, or listed as missing when what is there
 * must not be read.
 */
static bool
resolve_in_schema(RangeVar *relation, const char *schema,
				  RewriteContext *context)
{
	ParsedModel *parsed = context->parsed;
	Oid			relid;

	if (is_own_name(schema, relation->relname, context))
		refuse_self_reference(relation, context);
	if (parsed->exists(schema, relation->relname, parsed->exists_arg))
	{
		make_reference(relation, schema, context);
		return true;
	}
	relid = outside_relation(schema, relation->relname,
							 relation->schemaname == NULL, context);
	if (!OidIsValid(relid))
		return false;
	check_schema(schema, relation->relname, relation->location, context);
	if (IsEnvironmentView(relid))
		add_missing(relation, relid, context);
	else
	{
		relation->schemaname = pstrdup(schema);
		(void) AddOutsideView(context->definition, parsed, relid,
							  relation->location);
	}
	return true;
}

/*
 * rewrite_relation
 *		Checks one relation of a FROM clause and, with parsed, resolves it.
 */
static void
rewrite_relation(RangeVar *relation, RewriteContext *context)
{
	ListCell   *lc;

	if (relation->schemaname == NULL && EphemeralIndex(relation->relname) >= 0)
		ereport(ERROR,
				(errcode(ERRCODE_RESERVED_NAME),
				 errmsg("relation name \"%s\" is reserved", relation->relname),
				 errhint("Put its schema before the name."),
				 errposition(QueryPosition(context->definition->query,
										   relation->location))));
	if (relation->catalogname != NULL)
	{
		const char *database = get_database_name(MyDatabaseId);

		if (database == NULL || strcmp(relation->catalogname, database) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cross-database reference \"%s.%s\" in a model",
							quote_identifier(relation->catalogname),
							quote_qualified_identifier(relation->schemaname,
													   relation->relname)),
					 errdetail("A model reads the database that it is registered in."),
					 errhint("Make the other database's table a foreign table here."),
					 errposition(QueryPosition(context->definition->query,
											   relation->location))));
		relation->catalogname = NULL;
	}

	if (relation->schemaname == NULL)
	{
		if (stack_contains(context->visible_ctes, relation->relname) ||
			context->parsed == NULL)
			return;
		foreach(lc, context->search_path)
		{
			if (resolve_in_schema(relation, lfirst(lc), context))
				return;
		}
	}
	else
	{
		check_schema(relation->schemaname, relation->relname,
					 relation->location, context);
		if (is_own_name(relation->schemaname, relation->relname, context))
			refuse_self_reference(relation, context);
		if (context->parsed == NULL ||
			resolve_in_schema(relation, relation->schemaname, context))
			return;
	}
	add_missing(relation, InvalidOid, context);
}

/*
 * is_model
 *		Was the relation found to be a model?
 */
static bool
is_model(const RangeVar *relation)
{
	return relation->schemaname == NULL &&
		EphemeralIndex(relation->relname) >= 0;
}

/*
 * bare_name
 *		Schema and name of a rewritten relation that had no alias.  False for
 *		any other, and for CTEs.
 */
static bool
bare_name(const RangeVar *relation, const ParsedModel *parsed, ModelName *name)
{
	if (is_model(relation))
	{
		ModelReference *reference;

		if (!EphemeralIsBare(relation->relname))
			return false;
		reference = list_nth(parsed->references,
							 EphemeralIndex(relation->relname));
		*name = reference->name;
		return true;
	}
	if (relation->schemaname == NULL || relation->alias != NULL)
		return false;
	name->schema = relation->schemaname;
	name->name = relation->relname;
	return true;
}

/*
 * separate_names
 *		Gives shop.orders and raw.orders in one FROM list aliases that differ.
 *
 * PostgreSQL lets two tables of one name stand side by side without aliases.
 * For ephemeral relations it does not, so both get an alias that nothing else
 * uses; schema.table.column finds them by it, and "orders.id" is an error, as
 * it would be ambiguous.
 */
static void
separate_names(List *relations, const ParsedModel *parsed)
{
	ListCell   *lc1;
	ListCell   *lc2;
	List	   *clashing = NIL;

	foreach(lc1, relations)
	{
		RangeVar   *a = lfirst_node(RangeVar, lc1);
		ModelName	name_a;

		if (!bare_name(a, parsed, &name_a))
			continue;
		CHECK_FOR_INTERRUPTS();
		foreach(lc2, relations)
		{
			RangeVar   *b = lfirst_node(RangeVar, lc2);
			ModelName	name_b;

			if (bare_name(b, parsed, &name_b) &&
				strcmp(name_a.name, name_b.name) == 0 &&
				strcmp(name_a.schema, name_b.schema) != 0 &&
				(is_model(a) || is_model(b)))
			{
				clashing = lappend(clashing, a);
				break;
			}
		}
	}
	foreach(lc1, clashing)
	{
		RangeVar   *relation = lfirst_node(RangeVar, lc1);
		ModelName	name;

		if (bare_name(relation, parsed, &name))
			relation->alias = makeAlias(UniqueAlias(name.schema, name.name), NIL);
	}
}

/*
 * gather_relations
 *		Adds the relations whose names are visible from outside of a FROM item.
 *
 * A join with an alias hides what it joins, so that is settled by itself.
 */
static void
gather_relations(Node *item, List **relations, const ParsedModel *parsed)
{
	check_stack_depth();
	if (IsA(item, RangeVar))
		*relations = lappend(*relations, item);
	else if (IsA(item, RangeTableSample))
		gather_relations(((RangeTableSample *) item)->relation, relations, parsed);
	else if (IsA(item, JoinExpr))
	{
		JoinExpr   *join = (JoinExpr *) item;
		List	   *hidden = NIL;
		List	  **target = join->alias ? &hidden : relations;

		gather_relations(join->larg, target, parsed);
		gather_relations(join->rarg, target, parsed);
		separate_names(hidden, parsed);
	}
}

/*
 * rewrite_with
 *		The WITH items of a query, each seeing those that it may.
 *
 * Their names stay visible: the caller takes them off again.
 */
static void
rewrite_with(WithClause *with, RewriteContext *context)
{
	const char *query = context->definition->query;
	ListCell   *lc;

	foreach(lc, with->ctes)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);

		if (EphemeralIndex(cte->ctename) >= 0)
			ereport(ERROR,
					(errcode(ERRCODE_RESERVED_NAME),
					 errmsg("WITH query name \"%s\" is reserved", cte->ctename),
					 errhint("Choose another name."),
					 errposition(QueryPosition(query, cte->location))));
		if (!IsA(cte->ctequery, SelectStmt))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("a model cannot have a data-modifying statement in WITH"),
					 errdetail("WITH item \"%s\" is %s.", cte->ctename,
							   CreateCommandName(cte->ctequery)),
					 errhint("A model is a query that changes nothing. Take the statement out."),
					 errposition(QueryPosition(query, cte->location))));
		context->all_ctes = lappend(context->all_ctes, cte->ctename);
		if (with->recursive)
			context->visible_ctes = lappend(context->visible_ctes, cte->ctename);
	}

	foreach(lc, with->ctes)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);

		(void) rewrite_walker(cte->ctequery, context);
		if (!with->recursive)
			context->visible_ctes = lappend(context->visible_ctes, cte->ctename);
	}
}

/*
 * rewrite_select
 *		One SELECT, VALUES or set operation, at any depth.
 */
static void
rewrite_select(SelectStmt *select, RewriteContext *context)
{
	const char *query = context->definition->query;
	int			visible = list_length(context->visible_ctes);
	int			all = list_length(context->all_ctes);
	WithClause *with = select->withClause;

	if (select->intoClause != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("SELECT INTO is not allowed in a model"),
				 errdetail("vde makes the table that holds the model's rows."),
				 errhint("Take the INTO clause out."),
				 errposition(QueryPosition(query,
										   select->intoClause->rel->location))));
	if (select->lockingClause != NIL)
	{
		LockingClause *locking = linitial_node(LockingClause,
											   select->lockingClause);

		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s is not allowed in a model",
						LCS_asString(locking->strength)),
				 errdetail("A model is a query that locks no rows."),
				 errhint("Take the locking clause out."),
				 errposition(QueryPosition(query,
										   LockingLocation(context->definition)))));
	}

	if (with != NULL)
		rewrite_with(with, context);

	/* the rest sees all WITH items, and those must not be visited again */
	select->withClause = NULL;
	(void) raw_expression_tree_walker((Node *) select, rewrite_walker, context);
	select->withClause = with;

	if (context->parsed != NULL)
	{
		List	   *relations = NIL;
		ListCell   *lc;

		foreach(lc, select->fromClause)
			gather_relations(lfirst(lc), &relations, context->parsed);
		separate_names(relations, context->parsed);
	}

	context->visible_ctes = list_truncate(context->visible_ctes, visible);
	context->all_ctes = list_truncate(context->all_ctes, all);
}

/*
 * rewrite_walker
 *		Visits the whole raw tree; never ends early.
 */
static bool
rewrite_walker(Node *node, RewriteContext *context)
{
	const char *query = context->definition->query;

	if (node == NULL)
		return false;
	CHECK_FOR_INTERRUPTS();

	switch (nodeTag(node))
	{
		case T_SelectStmt:
			check_stack_depth();
			rewrite_select((SelectStmt *) node, context);
			return false;

		case T_RangeVar:
			rewrite_relation((RangeVar *) node, context);
			return false;

		case T_RangeTableSample:
			{
				RangeTableSample *sample = (RangeTableSample *) node;

				(void) rewrite_walker(sample->relation, context);
				if (IsA(sample->relation, RangeVar) &&
					is_model((RangeVar *) sample->relation))
					ereport(ERROR,
							(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							 errmsg("TABLESAMPLE cannot be applied to a model"),
							 errdetail("A model is read through a view, which has no pages to sample."),
							 errhint("Sample the table that the model is made from, or filter with random()."),
							 errposition(QueryPosition(query, sample->location))));
				(void) rewrite_walker((Node *) sample->args, context);
				(void) rewrite_walker(sample->repeatable, context);
				return false;
			}

		case T_ParamRef:
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_PARAMETER),
					 errmsg("parameter $%d is not allowed in a model",
							((ParamRef *) node)->number),
					 errdetail("Nobody passes a value when the model is built."),
					 errhint("Write the value itself."),
					 errposition(QueryPosition(query,
											   ((ParamRef *) node)->location))));
			return false;

		default:
			return raw_expression_tree_walker(node, rewrite_walker, context);
	}
}

/*
 * RewriteReferences
 *		Refuses, finds and rewrites in one pass over the tree.
 *
 * Without parsed nothing outside of the text is looked at, so that models can
 * be registered in any order.  With it, parsed->exists must be set.
 */
void
RewriteReferences(const Definition *definition, RawStmt *raw,
				  ParsedModel *parsed)
{
	RewriteContext context = {0};

	context.definition = definition;
	context.parsed = parsed;
	if (parsed != NULL)
		context.search_path = SettingsSearchPath(definition->settings);
	(void) rewrite_walker(raw->stmt, &context);
	list_free(context.visible_ctes);
	list_free(context.all_ctes);
}
