/*-------------------------------------------------------------------------
 *
 * physical_index.c
 *	  Primary key and indexes of a filled relation, under generated names.
 *
 * An expression or a condition of an index is SQL of the model's owner: it is
 * parsed and analyzed as that role, under the definition's settings.  The
 * index is then made from the analyzed statement by the extension's owner.
 *
 * Invariants
 *
 * - A declared index becomes one CREATE INDEX on the model's own relation and
 *	 nothing else: the parsed statement is compared with what it must be,
 *	 field by field.
 *
 * - PostgreSQL runs an index's functions as the table's owner, now, in every
 *	 refresh and in autovacuum.  That is one role for all tables of all
 *	 models, so they must be functions of a superuser (which those of the
 *	 server and of its extensions are): another user's could read and destroy
 *	 tables of other models.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/index.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/tablespace.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_utilcmd.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

#include "compat.h"
#include "fault.h"
#include "physical.h"
#include "physical_parts.h"
#include "session.h"

/* What is being made, for errors */
typedef struct IndexContext
{
	const Definition *definition;
	char	   *what;			/* "index 1 (a, b)", "primary key (a)" */
	const char *source;			/* being parsed, or NULL */
} IndexContext;

/*
 * index_error_callback
 *		Tells which index of which model an error is about, and makes its
 *		cursor point into the generated statement.
 */
static void
index_error_callback(void *arg)
{
	IndexContext *context = arg;
	int			position = geterrposition();

	if (context->source != NULL && position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(context->source);
	}
	errcontext("%s of model %s", context->what,
			   QuoteModelName(&context->definition->name));
}

/*
 * is_column
 *		Has the model a column of that name?
 */
static bool
is_column(List *columns, const char *name)
{
	ListCell   *lc;

	foreach(lc, columns)
	{
		if (strcmp(((ModelColumn *) lfirst(lc))->name, name) == 0)
			return true;
	}
	return false;
}

/*
 * is_expression
 *		An expression is what begins with a parenthesis, but for a column that
 *		is named so.
 */
static bool
is_expression(List *columns, const char *name)
{
	return name[0] == '(' && !is_column(columns, name);
}

/*
 * check_column
 *		ERRCODE_UNDEFINED_COLUMN unless the model has the column.
 */
static void
check_column(const Definition *definition, List *columns, const char *name)
{
	const char **names;
	const char *near;
	ListCell   *lc;

	if (is_column(columns, name))
		return;

	names = palloc(sizeof(char *) * (list_length(columns) + 1));
	foreach(lc, columns)
		names[foreach_current_index(lc)] = ((ModelColumn *) lfirst(lc))->name;
	near = NearestWord(name, names, list_length(columns));
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("column \"%s\" does not exist in model %s", name,
					QuoteModelName(&definition->name)),
			 near ? errhint("Perhaps you meant the column \"%s\".", near) : 0));
}

/*
 * append_names
 *		Names as a list of quoted identifiers.
 */
static void
append_names(StringInfo buf, List *names)
{
	ListCell   *lc;

	foreach(lc, names)
		appendStringInfo(buf, "%s%s", foreach_current_index(lc) > 0 ? ", " : "",
						 quote_identifier(lfirst(lc)));
}

/*
 * index_text
 *		CREATE INDEX as text.  A line ends after whatever the user wrote, so
 *		that a comment in it ends there, too.
 */
static char *
index_text(const IndexOption *option, List *columns, const char *relation_name,
		   const char *index_name)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	appendStringInfo(&buf, "CREATE %sINDEX %s ON %s USING %s (",
					 option->unique ? "UNIQUE " : "",
					 quote_identifier(index_name),
					 quote_qualified_identifier(VDE_DATA_SCHEMA, relation_name),
					 quote_identifier(option->method ? option->method : "btree"));
	foreach(lc, option->columns)
	{
		if (foreach_current_index(lc) > 0)
			appendStringInfoString(&buf, ", ");
		if (is_expression(columns, lfirst(lc)))
			appendStringInfo(&buf, "(%s\n)", (char *) lfirst(lc));
		else
			appendStringInfoString(&buf, quote_identifier(lfirst(lc)));
	}
	appendStringInfoChar(&buf, ')');
	if (option->include != NIL)
	{
		appendStringInfoString(&buf, " INCLUDE (");
		append_names(&buf, option->include);
		appendStringInfoChar(&buf, ')');
	}
	if (option->where != NULL)
		appendStringInfo(&buf, " WHERE (%s\n)", option->where);
	return buf.data;
}

/*
 * column_element
 *		An element of an index that is a column.
 */
static IndexElem *
column_element(const char *name)
{
	IndexElem  *element = makeNode(IndexElem);

	element->name = pstrdup(name);
	return element;
}

/*
 * expected_statement
 *		What parsing the text must give.  Only the expressions and the
 *		condition are taken from what it gave.
 */
static IndexStmt *
expected_statement(const IndexStmt *parsed, const IndexOption *option,
				   List *columns, const char *relation_name,
				   const char *index_name)
{
	IndexStmt  *expected = makeNode(IndexStmt);
	ListCell   *lc;

	expected->idxname = pstrdup(index_name);
	expected->relation = makeRangeVar(pstrdup(VDE_DATA_SCHEMA),
									  pstrdup(relation_name), -1);
	expected->accessMethod = pstrdup(option->method ? option->method : "btree");
	expected->unique = option->unique;
	foreach(lc, option->columns)
	{
		IndexElem  *element;

		if (is_expression(columns, lfirst(lc)))
		{
			int			n = foreach_current_index(lc);

			element = makeNode(IndexElem);
			if (n < list_length(parsed->indexParams))
				element->expr = list_nth_node(IndexElem, parsed->indexParams, n)->expr;
		}
		else
			element = column_element(lfirst(lc));
		expected->indexParams = lappend(expected->indexParams, element);
	}
	foreach(lc, option->include)
		expected->indexIncludingParams = lappend(expected->indexIncludingParams,
												 column_element(lfirst(lc)));
	if (option->where != NULL)
		expected->whereClause = parsed->whereClause;
	return expected;
}

/*
 * parse_index
 *		The text as a statement, which is one CREATE INDEX as declared.
 */
static IndexStmt *
parse_index(const char *text, const IndexOption *option, List *columns,
			const char *relation_name, const char *index_name)
{
	List	   *statements = raw_parser(text, RAW_PARSE_DEFAULT);
	IndexStmt  *parsed = NULL;

	if (list_length(statements) == 1 &&
		IsA(linitial_node(RawStmt, statements)->stmt, IndexStmt))
		parsed = (IndexStmt *) linitial_node(RawStmt, statements)->stmt;
	if (parsed == NULL ||
		!equal(parsed, expected_statement(parsed, option, columns,
										  relation_name, index_name)))
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("an element or the condition of an index is not one SQL expression"),
				 errhint("Every expression stands for itself, in parentheses.")));
	return parsed;
}

/*
 * IsUntrustedFunction
 *		See physical_parts.h.
 */
bool
IsUntrustedFunction(Oid funcid)
{
	HeapTuple	tuple;
	Oid			owner;

	if (funcid < FirstUnpinnedObjectId)
		return false;
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(funcid));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", funcid);
	owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	ReleaseSysCache(tuple);
	return !superuser_arg(owner);
}

/*
 * is_untrusted_function
 *		The same for check_functions_in_node.  *context takes the first one's
 *		OID.
 */
static bool
is_untrusted_function(Oid funcid, void *context)
{
	if (!IsUntrustedFunction(funcid))
		return false;
	*(Oid *) context = funcid;
	return true;
}

/*
 * check_json
 *		Refuses SQL's own JSON constructors and queries: they find casts and
 *		domains of users' types when they run, which no tree shows.
 */
static void
check_json(Node *node)
{
#if PG_VERSION_NUM >= 160000
	bool		json = IsA(node, JsonConstructorExpr);

#if PG_VERSION_NUM >= 170000
	json = json || IsA(node, JsonExpr);
#endif
	if (json)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("an index cannot use SQL's JSON functions"),
				 errdetail("They may call functions of users, which in indexes would run as the owner of all physical tables."),
				 errhint("Compute the value in a column of the model, and index that column.")));
#endif
}

/*
 * check_code_walker
 *		Refuses functions of ordinary users, and domains of theirs, whose
 *		checks are such functions.
 */
static bool
check_code_walker(Node *node, void *context)
{
	Oid			funcid = InvalidOid;

	if (node == NULL)
		return false;
	if (check_functions_in_node(node, is_untrusted_function, &funcid))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("an index cannot use function %s",
						format_procedure(funcid)),
				 errdetail("Functions in indexes run as the owner of all physical tables, so they must belong to a superuser."),
				 errhint("Compute the value in a column of the model, and index that column.")));
	if (IsA(node, CoerceToDomain))
	{
		Oid			typid = ((CoerceToDomain *) node)->resulttype;
		HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(typid));
		Oid			owner;

		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for type %u", typid);
		owner = ((Form_pg_type) GETSTRUCT(tuple))->typowner;
		ReleaseSysCache(tuple);
		if (!superuser_arg(owner))
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("an index cannot convert to domain %s",
							format_type_be(typid)),
					 errdetail("Checks of domains in indexes run as the owner of all physical tables, so they must belong to a superuser."),
					 errhint("Cast in a column of the model, and index that column.")));
	}
	check_json(node);
	return expression_tree_walker(node, check_code_walker, context);
}

/*
 * check_code
 *		The statement, analyzed, uses no function that is not trusted.
 */
static void
check_code(const IndexStmt *statement)
{
	ListCell   *lc;

	foreach(lc, statement->indexParams)
		(void) check_code_walker(lfirst_node(IndexElem, lc)->expr, NULL);
	(void) check_code_walker(statement->whereClause, NULL);
}

/*
 * index_tablespace
 *		Indexes go where the table is.  For those of a partitioned table the
 *		database's own tablespace cannot be named.
 */
static char *
index_tablespace(const ModelOptions *options)
{
	if (options->tablespace == NULL)
		return NULL;
	if (options->partition_strategy != PARTITION_OPTION_NONE &&
		get_tablespace_oid(options->tablespace, false) == MyDatabaseTableSpace)
		return NULL;
	return pstrdup(options->tablespace);
}

/*
 * define_index
 *		Makes one declared index.
 */
static void
define_index(IndexContext *context, List *columns, const ModelOptions *options,
			 const IndexOption *option, Oid relid, const char *relation_name,
			 const char *index_name)
{
	const Definition *definition = context->definition;
	char	   *text;
	IndexStmt  *statement;
	RunAs		run_as;
	ListCell   *lc;

	foreach(lc, option->columns)
	{
		if (!is_expression(columns, lfirst(lc)))
			check_column(definition, columns, lfirst(lc));
	}
	foreach(lc, option->include)
		check_column(definition, columns, lfirst(lc));

	text = index_text(option, columns, relation_name, index_name);

	RunAsBegin(&run_as, definition->owner, definition->settings, true);
	context->source = text;

	statement = parse_index(text, option, columns, relation_name, index_name);
	statement = transformIndexStmt(relid, statement, text);
	context->source = NULL;
	RunAsEnd(&run_as);

	/* the index of a materialized view runs as the model's owner */
	if (definition->kind != KIND_MATERIALIZED_VIEW)
		check_code(statement);
	statement->tableSpace = index_tablespace(options);
	RunUtility((Node *) statement, text);
}

/*
 * define_primary_key
 *		Makes the primary key; a NULL or a duplicate in it is an error.
 */
static void
define_primary_key(IndexContext *context, List *columns,
				   const ModelOptions *options, const char *relation_name,
				   const char *index_name)
{
	StringInfoData buf;
	char	   *tablespace = index_tablespace(options);
	List	   *statements;
	ListCell   *lc;

	foreach(lc, options->primary_key)
		check_column(context->definition, columns, lfirst(lc));

	initStringInfo(&buf);
	appendStringInfo(&buf, "ALTER TABLE %s ADD CONSTRAINT %s PRIMARY KEY (",
					 quote_qualified_identifier(VDE_DATA_SCHEMA, relation_name),
					 quote_identifier(index_name));
	append_names(&buf, options->primary_key);
	appendStringInfoChar(&buf, ')');
	if (tablespace != NULL)
		appendStringInfo(&buf, " USING INDEX TABLESPACE %s",
						 quote_identifier(tablespace));

	statements = raw_parser(buf.data, RAW_PARSE_DEFAULT);
	RunUtility(linitial_node(RawStmt, statements)->stmt, buf.data);
}

/*
 * description
 *		"index 1 (a, b)", for errors.
 */
static char *
description(const char *what, List *columns)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%s (", what);
	foreach(lc, columns)
		appendStringInfo(&buf, "%s%s", foreach_current_index(lc) > 0 ? ", " : "",
						 (char *) lfirst(lc));
	appendStringInfoChar(&buf, ')');
	return buf.data;
}

/*
 * DefinePhysicalIndexes
 *		Primary key and indexes of a relation that is filled.
 */
void
DefinePhysicalIndexes(const Definition *definition, List *columns,
					  const ModelOptions *options, Oid relid,
					  const char *relation_name)
{
	IndexContext context;
	ErrorContextCallback callback;
	ListCell   *lc;

	context.definition = definition;
	context.what = NULL;
	context.source = NULL;
	callback.callback = index_error_callback;
	callback.arg = &context;
	callback.previous = error_context_stack;

	if (options->primary_key != NIL)
	{
		context.what = description("primary key", options->primary_key);
		error_context_stack = &callback;
		define_primary_key(&context, columns, options, relation_name,
						   PhysicalPartName(relation_name, "_pkey"));
		error_context_stack = callback.previous;
	}
	foreach(lc, options->indexes)
	{
		IndexOption *option = lfirst(lc);
		int			n = foreach_current_index(lc) + 1;

		CHECK_FOR_INTERRUPTS();
		context.what = description(psprintf("index %d", n), option->columns);
		error_context_stack = &callback;
		define_index(&context, columns, options, option, relid, relation_name,
					 PhysicalPartName(relation_name, psprintf("_%d_idx", n)));
		error_context_stack = callback.previous;
		VDE_POINT("table: index made");
	}
}
