/*-------------------------------------------------------------------------
 *
 * canonical_index.c
 *	  What the expressions and conditions of a model's indexes call.
 *
 * An index holds what its functions returned when it was filled.  One of a
 * user's that is replaced makes it another index, so these functions, with
 * operators and types, are objects of the model's version.  The text of the
 * indexes is in it already, with the storage options.
 *
 * They are analyzed as physical_index.c will do it, only that the table is not
 * there yet: in the place of a column is a NULL of its type.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_node.h"
#include "parser/parser.h"

#include "canonical.h"
#include "options.h"
#include "session.h"
#include "subtransaction.h"

/*
 * Hook for column references: a NULL that is like the column.
 */
static Node *
column_value(ParseState *pstate, ColumnRef *cref)
{
	List	   *columns = pstate->p_ref_hook_state;
	ListCell   *lc;

	if (list_length(cref->fields) != 1 || !IsA(linitial(cref->fields), String))
		return NULL;
	foreach(lc, columns)
	{
		ModelColumn *column = (ModelColumn *) lfirst(lc);
		Oid			typid;
		int32		typmod;
		Oid			collid;

		if (strcmp(column->name, strVal(linitial(cref->fields))) != 0)
			continue;
		ResolveModelColumn(column, &typid, &typmod, &collid);
		return (Node *) makeNullConst(typid, typmod, collid);
	}
	return NULL;
}

/*
 * An expression's analyzed tree.
 */
static Node *
analyze(const char *text, List *columns, ParseExprKind kind)
{
	ParseState *pstate = make_parsestate(NULL);
	List	   *statements = raw_parser(psprintf("SELECT (%s\n)", text), RAW_PARSE_DEFAULT);
	SelectStmt *select = castNode(SelectStmt, linitial_node(RawStmt, statements)->stmt);
	Node	   *node;

	pstate->p_pre_columnref_hook = column_value;
	pstate->p_ref_hook_state = columns;
	node = transformExpr(pstate, linitial_node(ResTarget, select->targetList)->val, kind);
	assign_expr_collations(pstate, node);
	free_parsestate(pstate);
	return node;
}

/*
 * The expressions and the condition of an index.  Throws what analysis does.
 */
static List *
analyze_index(const Definition *definition, List *columns, const IndexOption *index)
{
	List	   *nodes = NIL;
	RunAs		run_as;
	ListCell   *lc;

	RunAsBegin(&run_as, definition->owner, definition->settings, true);
	foreach(lc, index->columns)
	{
		if (((char *) lfirst(lc))[0] == '(')
			nodes = lappend(nodes, analyze((char *) lfirst(lc), columns,
										   EXPR_KIND_INDEX_EXPRESSION));
	}
	if (index->where != NULL)
		nodes = lappend(nodes, analyze(index->where, columns, EXPR_KIND_INDEX_PREDICATE));
	RunAsEnd(&run_as);
	return nodes;
}

/*
 * Is it an index on columns and nothing else?
 */
static bool
is_plain(const IndexOption *index)
{
	ListCell   *lc;

	foreach(lc, index->columns)
	{
		if (((char *) lfirst(lc))[0] == '(')
			return false;
	}
	return index->where == NULL;
}

/*
 * Writes what the indexes (IndexOption *) of a model call.  One that cannot be
 * analyzed fails when it is made, and here is nothing.
 */
void
PutIndexes(Canonical *c, List *columns, List *indexes)
{
	ListCell   *lc;

	foreach(lc, indexes)
	{
		IndexOption *index = (IndexOption *) lfirst(lc);
		Subtransaction sub;
		List	   *volatile nodes = NIL;
		ListCell   *lc2;

		if (is_plain(index))
			continue;
		SubtransactionBegin(&sub);
		PG_TRY();
		{
			nodes = analyze_index(c->scope->definition, columns, index);
			SubtransactionEnd(&sub, false);
		}
		PG_CATCH();
		{
			ErrorData  *error = SubtransactionFailed(&sub);

			nodes = NIL;
			if (IsErrorOfTheMoment(error))
				ReThrowError(error);
			FreeErrorData(error);
		}
		PG_END_TRY();

		foreach(lc2, (List *) nodes)
		{
			Node	   *node = (Node *) lfirst(lc2);

			PutTypeOf(c, exprType(node), -1, exprCollation(node));
			PutNode(c, node);
		}
	}
}
