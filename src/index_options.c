/*-------------------------------------------------------------------------
 *
 * index_options.c
 *	  The option "indexes", and lists of columns wherever an option has one.
 *
 * Columns are named in two ways.  In an array every string is a name as it
 * stands, or an expression in parentheses.  A single string is a list as SQL
 * writes it: "a, b", "(lower(name))", with names folded to lower case unless
 * they are quoted.
 *
 * Expressions and predicates become part of a CREATE INDEX later.  Each is
 * parsed here by itself and must be one expression and nothing more, so that
 * it cannot end the statement that it is put in.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/amapi.h"
#include "commands/defrem.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "parser/scansup.h"

#include "options.h"
#include "storage_options.h"

/*
 * OptionTextCallback
 *		Makes the cursor of an error point into the option's text, not into
 *		the statement that the user ran.
 */
void
OptionTextCallback(void *arg)
{
	const OptionText *source = arg;
	int			position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(source->text);
	}
	errcontext("option \"%s\"", source->option);
}

/*
 * skip_token
 *		Behind the quoted text that begins at *p, or behind one byte.
 */
static const char *
skip_token(const char *p)
{
	if (*p == '\'' || *p == '"')
	{
		const char *end = strchr(p + 1, *p);

		/* a doubled quote is two quoted texts in a row: the same to us */
		return end ? end + 1 : p + strlen(p);
	}
	return p + 1;
}

/*
 * is_expression
 *		Is the text one pair of parentheses and what is in them?
 */
static bool
is_expression(const char *text)
{
	const char *p;
	int			depth = 0;

	if (text[0] != '(')
		return false;
	for (p = text; *p; p = skip_token(p))
	{
		if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			return p[1] == '\0';
	}
	return false;
}

/*
 * trimmed
 *		A copy without white space around it.
 */
static char *
trimmed(const char *text, int length)
{
	while (length > 0 && scanner_isspace(text[0]))
	{
		text	  ++;

		length--;
	}
	while (length > 0 && scanner_isspace(text[length - 1]))
		length--;
	return pnstrdup(text, length);
}

/*
 * invalid_columns
 *		Refuses a list of columns; never returns.
 */
static void
invalid_columns(const char *option, const char *text, bool expressions)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid list of columns in option \"%s\": \"%s\"",
					option, text),
			 expressions ?
			 errhint("Write columns as in \"a, b\", and an expression in parentheses, as in \"(lower(name))\".") :
			 errhint("Write columns as in \"a, b\".")));
}

/*
 * sql_column
 *		One item of a list of columns as SQL writes it.
 */
static char *
sql_column(const char *option, const char *list, const char *item,
		   bool expressions)
{
	StringInfoData name;
	const char *p;

	if (is_expression(item))
	{
		if (!expressions)
			invalid_columns(option, list, expressions);
		return pstrdup(item);
	}
	if (item[0] != '"')
	{
		for (p = item; *p; p++)
		{
			if (!(IS_HIGHBIT_SET(*p) || *p == '_' ||
				  (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
				  (p > item && ((*p >= '0' && *p <= '9') || *p == '$'))))
				invalid_columns(option, list, expressions);
		}
		if (p == item)
			invalid_columns(option, list, expressions);
		return downcase_identifier(item, p - item, false, false);
	}

	initStringInfo(&name);
	for (p = item + 1; *p && (*p != '"' || p[1] == '"'); p++)
	{
		if (*p == '"')
			p++;
		appendStringInfoChar(&name, *p);
	}
	if (p[0] != '"' || p[1] != '\0' || name.len == 0)
		invalid_columns(option, list, expressions);
	return name.data;
}

/*
 * split_columns
 *		A list of columns as SQL writes it: char *.
 */
static List *
split_columns(const char *option, const char *list, bool expressions)
{
	const char *start = list;
	const char *p = list;
	int			depth = 0;
	List	   *columns = NIL;

	for (;; p = skip_token(p))
	{
		if (*p == '(')
			depth++;
		else if (*p == ')')
			depth--;
		else if (*p == '\0' || (*p == ',' && depth == 0))
		{
			columns = lappend(columns,
							  sql_column(option, list,
										 trimmed(start, p - start),
										 expressions));
			if (*p == '\0')
				return columns;
			start = p + 1;
		}
	}
}

/*
 * ReadColumnList
 *		Columns, as one string or an array of strings: char *, at least one.
 */
List *
ReadColumnList(const char *option, const JsonbValue *value, bool expressions)
{
	List	   *columns = NIL;
	ListCell   *lc;
	char	   *text = OptionString(value);

	if (text !=NULL)
		columns = split_columns(option, text, expressions);
	else
	{
		if (!OptionIsArray(value))
			OptionTypeError(option, "a column or an array of columns");
		foreach(lc, OptionElements(value))
		{
			text = OptionString(lfirst(lc));

			if (text == NULL)
				OptionTypeError(option, "a column or an array of columns");
			if (text[0] == '(' && expressions && !is_expression(text))
				invalid_columns(option, text, expressions);
			columns = lappend(columns, text);
		}
		if (columns == NIL)
			OptionTypeError(option, "a column or an array with at least one column");
	}

	foreach(lc, columns)
	{
		text = lfirst(lc);

		if (!expressions || text[0] != '(')
			CheckOptionName(option, text);
	}
	return columns;
}

/*
 * ReadBoolean
 *		true or false.
 */
bool
ReadBoolean(const char *option, const JsonbValue *value)
{
	if (value->type != jbvBool)
		OptionTypeError(option, "true or false");
	return value->val.boolean;
}

/*
 * read_index
 *		One element of "indexes".
 */
static IndexOption *
read_index(const char *option, const JsonbValue *value)
{
	static const char *const keys[] = {"columns", "unique", "method", "where", "include"};
	IndexOption *index = palloc0(sizeof(IndexOption));
	ListCell   *lc;

	if (value->type == jbvString)
	{
		index->columns = ReadColumnList(option, value, true);
		return index;
	}
	if (!OptionIsObject(value))
		OptionTypeError(option, "an array of strings and objects");

	foreach(lc, OptionMembers(value->val.binary.data))
	{
		OptionMember *member = lfirst(lc);

		if (strcmp(member->key, "columns") == 0)
			index->columns = ReadColumnList("indexes.columns",
											&member->value, true);
		else if (strcmp(member->key, "include") == 0)
			index->include = ReadColumnList("indexes.include",
											&member->value, false);
		else if (strcmp(member->key, "unique") == 0)
			index->unique = ReadBoolean("indexes.unique", &member->value);
		else if (strcmp(member->key, "method") == 0)
		{
			index->method = OptionString(&member->value);
			if (index->method == NULL)
				OptionTypeError("indexes.method", "the name of an index access method");
			CheckOptionName("indexes.method", index->method);
			/* said or not said, it is the same index */
			if (strcmp(index->method, "btree") == 0)
				index->method = NULL;
		}
		else if (strcmp(member->key, "where") == 0)
		{
			index->where = OptionString(&member->value);
			if (index->where == NULL)
				OptionTypeError("indexes.where", "an SQL condition");
			index->where = trimmed(index->where, strlen(index->where));
		}
		else
			UnknownOptionKey(option, member->key, keys, lengthof(keys));
	}
	if (index->columns == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an index in option \"%s\" has no key \"columns\"", option),
				 errhint("Write it as in {\"columns\": [\"customer_id\"], \"unique\": true}.")));
	return index;
}

void
ReadIndexesOption(ModelOptions *options, ModelKind kind, const char *option,
				  const JsonbValue *value)
{
	ListCell   *lc;

	if (!OptionIsArray(value))
		OptionTypeError(option, "an array of strings and objects");
	foreach(lc, OptionElements(value))
		options->indexes = lappend(options->indexes,
								   read_index(option, lfirst(lc)));
}

/*
 * check_expression
 *		The text must be one expression of SQL, and nothing that could end it.
 */
static void
check_expression(const char *option, const char *text)
{
	/* the line ends, so that a comment in it ends there, too */
	char	   *statement = psprintf("SELECT (%s\n)", text);
	ErrorContextCallback callback;
	OptionText	source;
	List	   *parsed;
	SelectStmt *select = NULL;
	ResTarget  *target = NULL;

	source.option = option;
	source.text = statement;
	callback.callback = OptionTextCallback;
	callback.arg = &source;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	parsed = raw_parser(statement, RAW_PARSE_DEFAULT);
	error_context_stack = callback.previous;

	if (list_length(parsed) == 1 &&
		IsA(linitial_node(RawStmt, parsed)->stmt, SelectStmt))
		select = (SelectStmt *) linitial_node(RawStmt, parsed)->stmt;
	if (select != NULL && list_length(select->targetList) == 1)
		target = linitial_node(ResTarget, select->targetList);

	if (target == NULL || target->name != NULL || IsA(target->val, RowExpr) ||
		select->op != SETOP_NONE || select->intoClause != NULL ||
		select->distinctClause != NIL || select->fromClause != NIL ||
		select->whereClause != NULL || select->groupClause != NIL ||
		select->havingClause != NULL || select->windowClause != NIL ||
		select->valuesLists != NIL || select->sortClause != NIL ||
		select->limitOffset != NULL || select->limitCount != NULL ||
		select->lockingClause != NIL || select->withClause != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("invalid SQL expression in option \"%s\": \"%s\"",
						option, text)));
}

/*
 * CheckIndexOption
 *		The method must exist and be able to do what is asked of it, and what
 *		is SQL must be SQL.
 */
void
CheckIndexOption(const IndexOption *index)
{
	ListCell   *lc;

	foreach(lc, index->columns)
	{
		char	   *column = lfirst(lc);

		if (column[0] == '(')
			check_expression("indexes.columns", column);
	}
	if (index->where != NULL)
		check_expression("indexes.where", index->where);

	if (index->method != NULL)
	{
		Oid			method = get_index_am_oid(index->method, true);
		const IndexAmRoutine *routine;

		if (!OidIsValid(method))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("index access method \"%s\" in option \"indexes\" does not exist",
							index->method),
					 errhint("PostgreSQL has btree, hash, gin, gist, brin and spgist.")));
		routine = GetIndexAmRoutineByAmId(method, false);
		if (index->unique && !routine->amcanunique)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("access method \"%s\" does not support unique indexes",
							index->method)));
		if (index->include != NIL && !routine->amcaninclude)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("access method \"%s\" does not support included columns",
							index->method)));
		if (list_length(index->columns) > 1 && !routine->amcanmulticol)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("access method \"%s\" does not support multicolumn indexes",
							index->method)));
	}
}
