/*-------------------------------------------------------------------------
 *
 * canonical_document.c
 *	  Canonical bytes of what SQL has for XML and JSON.
 *
 * Apart from the other expressions because what there is of it differs most
 * between PostgreSQL versions.  The rules are those of
 * canonical_expression.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/bitmapset.h"

#include "canonical.h"

/*
 * XMLELEMENT and its kin; xmlbinary and xmloption say how they print.
 */
void
PutXml(Canonical *c, XmlExpr *expr)
{
	PutTag(c->buf, TAG_XML);
	PutInt(c->buf, (int) expr->op);
	PutString(c->buf, expr->name);
	PutNodes(c, expr->named_args);
	PutStrings(c, expr->arg_names);
	PutNodes(c, expr->args);
	PutInt(c->buf, (int) expr->xmloption);
#if PG_VERSION_NUM >= 160000
	PutBool(c->buf, expr->indent);
#else
	PutBool(c->buf, false);
#endif
	PutTypeOf(c, expr->type, expr->typmod, InvalidOid);
	c->uses->settings = true;
}

#if PG_VERSION_NUM >= 160000

/*
 * FORMAT JSON, or nothing.
 */
static void
put_json_format(Canonical *c, JsonFormat *format)
{
	if (format == NULL)
	{
		PutTag(c->buf, TAG_NONE);
		return;
	}
	PutTag(c->buf, TAG_JSON_FORMAT);
	PutInt(c->buf, (int) format->format_type);
	PutInt(c->buf, (int) format->encoding);
}

/*
 * RETURNING type, or nothing.
 */
static void
put_json_returning(Canonical *c, JsonReturning *returning)
{
	if (returning == NULL)
	{
		PutTag(c->buf, TAG_NONE);
		return;
	}
	PutTag(c->buf, TAG_JSON_RETURNING);
	put_json_format(c, returning->format);
	PutTypeOf(c, returning->typid, returning->typmod, InvalidOid);
}

#endif

/*
 * Writes the node if it is one of SQL/JSON's, which PostgreSQL knows from 16
 * on, and all of them from 17 on.
 */
bool
PutJson(Canonical *c, Node *node)
{
#if PG_VERSION_NUM >= 160000
	switch (nodeTag(node))
	{
		case T_JsonValueExpr:
			{
				JsonValueExpr *expr = (JsonValueExpr *) node;

				PutTag(c->buf, TAG_JSON_VALUE);
				PutNode(c, (Node *) expr->raw_expr);
				PutNode(c, (Node *) expr->formatted_expr);
				put_json_format(c, expr->format);
			}
			break;
		case T_JsonConstructorExpr:
			{
				JsonConstructorExpr *expr = (JsonConstructorExpr *) node;

				PutTag(c->buf, TAG_JSON_CONSTRUCTOR);
				PutInt(c->buf, (int) expr->type);
				PutNodes(c, expr->args);
				PutNode(c, (Node *) expr->func);
				PutNode(c, (Node *) expr->coercion);
				put_json_returning(c, expr->returning);
				PutBool(c->buf, expr->absent_on_null);
				PutBool(c->buf, expr->unique);
			}
			break;
		case T_JsonIsPredicate:
			{
				JsonIsPredicate *expr = (JsonIsPredicate *) node;

				PutTag(c->buf, TAG_JSON_PREDICATE);
				PutNode(c, expr->expr);
				put_json_format(c, expr->format);
				PutInt(c->buf, (int) expr->item_type);
				PutBool(c->buf, expr->unique_keys);
			}
			break;
#if PG_VERSION_NUM >= 170000
		case T_JsonBehavior:
			{
				JsonBehavior *behavior = (JsonBehavior *) node;

				PutTag(c->buf, TAG_JSON_BEHAVIOR);
				PutInt(c->buf, (int) behavior->btype);
				PutNode(c, behavior->expr);
				PutBool(c->buf, behavior->coerce);
			}
			break;
		case T_JsonExpr:
			{
				JsonExpr   *expr = (JsonExpr *) node;

				PutTag(c->buf, TAG_JSON_EXPRESSION);
				PutInt(c->buf, (int) expr->op);
				PutString(c->buf, expr->column_name);
				PutNode(c, expr->formatted_expr);
				put_json_format(c, expr->format);
				PutNode(c, expr->path_spec);
				put_json_returning(c, expr->returning);
				PutStrings(c, expr->passing_names);
				PutNodes(c, expr->passing_values);
				PutNode(c, (Node *) expr->on_empty);
				PutNode(c, (Node *) expr->on_error);
				PutBool(c->buf, expr->use_io_coercion);
				PutBool(c->buf, expr->use_json_coercion);
				PutInt(c->buf, (int) expr->wrapper);
				PutBool(c->buf, expr->omit_quotes);
				PutCollation(c, expr->collation);
			}
			break;
		case T_JsonTablePathScan:
			{
				JsonTablePathScan *scan = (JsonTablePathScan *) node;

				PutTag(c->buf, TAG_JSON_TABLE_PATH);
				PutNode(c, (Node *) scan->path->value);
				PutBool(c->buf, scan->errorOnError);
				PutInt(c->buf, scan->colMin);
				PutInt(c->buf, scan->colMax);
				PutNode(c, (Node *) scan->child);
			}
			break;
		case T_JsonTableSiblingJoin:
			{
				JsonTableSiblingJoin *join = (JsonTableSiblingJoin *) node;

				PutTag(c->buf, TAG_JSON_TABLE_SIBLING);
				PutNode(c, (Node *) join->lplan);
				PutNode(c, (Node *) join->rplan);
			}
			break;
#endif
		default:
			return false;
	}

	/* dates in JSON follow DateStyle and TimeZone */
	c->uses->settings = true;
	return true;
#else
	return false;
#endif
}

/*
 * XMLTABLE and JSON_TABLE.
 */
void
PutTableFunction(Canonical *c, TableFunc *function)
{
	int			column = -1;

#if PG_VERSION_NUM >= 170000
	PutInt(c->buf, (int) function->functype);
#else
	PutInt(c->buf, 0);			/* XMLTABLE */
#endif
	PutNodes(c, function->ns_uris);
	PutStrings(c, function->ns_names);
	PutNode(c, function->docexpr);
	PutNode(c, function->rowexpr);
	PutStrings(c, function->colnames);
	PutTypes(c, function->coltypes);
	PutInts(c, function->coltypmods);
	PutCollations(c, function->colcollations);
	PutNodes(c, function->colexprs);
	PutNodes(c, function->coldefexprs);
	PutInt(c->buf, bms_num_members(function->notnulls));
	while ((column = bms_next_member(function->notnulls, column)) >= 0)
		PutInt(c->buf, column);
	PutInt(c->buf, function->ordinalitycol);
#if PG_VERSION_NUM >= 170000
	PutNodes(c, function->colvalexprs);
	PutNodes(c, function->passingvalexprs);
	PutNode(c, function->plan);
#else
	PutNodes(c, NIL);
	PutNodes(c, NIL);
	PutNode(c, NULL);
#endif
	/* XML and JSON are read and printed by what settings say */
	c->uses->settings = true;
}
