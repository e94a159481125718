/*-------------------------------------------------------------------------
 *
 * canonical_expression.c
 *	  Canonical bytes of analyzed expressions.
 *
 * Every kind of node that an analyzed SELECT can contain has its case, which
 * writes every field that decides a value.  Any other kind is an error, never
 * skipped: a part of a query that left no trace could change unseen.
 *
 * Left out everywhere: text positions, how a cast or call is displayed, what
 * only the planner fills in, varnullingrels (it follows from the join tree),
 * the OIDs of functions that an operator's name implies.
 *
 * Without an order, hence sorted: the arms of AND and OR (nested ones of the
 * same sort are one), and what an IN list becomes, see canonical_constant.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "canonical.h"
#include "fault.h"
#include "settings.h"

/* ---------------------------------------------------------------------
 * Calls
 * ---------------------------------------------------------------------
 */

/*
 * Arguments by their number, so that named notation makes no difference.
 * Those left to their defaults are not there yet: the function's definition
 * has them.
 */
void
PutArguments(Canonical *c, List *args)
{
	int			count = list_length(args);
	int			written = 0;
	int			number;
	ListCell   *lc;

	PutInt(c->buf, count);
	for (number = 0; written < count; number++)
	{
		int			place = 0;

		if (number >= FUNC_MAX_ARGS && number >= count)
			elog(ERROR, "argument of a function not found");
		foreach(lc, args)
		{
			Node	   *arg = (Node *) lfirst(lc);
			NamedArgExpr *named = IsA(arg, NamedArgExpr) ?
			(NamedArgExpr *) arg : NULL;

			if ((named ? named->argnumber : place) == number)
			{
				PutInt(c->buf, number);
				PutNode(c, named ? (Node *) named->arg : arg);
				written++;
				break;
			}
			place++;
		}
	}
}

/*
 * OpExpr and those that look like it.
 */
static void
put_operation(Canonical *c, CanonicalTag tag, OpExpr *operation)
{
	PutTag(c->buf, tag);
	if (!VDE_FAULT("operator"))
		PutOperator(c, operation->opno);
	PutTypeOf(c, operation->opresulttype, -1, operation->opcollid);
	PutCollation(c, operation->inputcollid);
	PutNodes(c, operation->args);
}

/*
 * Refuses current_setting() of what is not kept with a definition: two
 * sessions would build two things under one name.
 */
static void
check_setting(FuncExpr *call)
{
	Const	   *name;

	if (call->funcid != F_CURRENT_SETTING_TEXT &&
		call->funcid != F_CURRENT_SETTING_TEXT_BOOL)
		return;
	name = (Const *) linitial(call->args);
	if (IsA(name, Const) && !name->constisnull &&
		IsKeptSetting(TextDatumGetCString(name->constvalue)))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("a model cannot use current_setting() of a setting that is not kept with its definition"),
			 errdetail("Its rows would be those of whatever session happens to build it."),
			 errhint("Write the value into the query, or read it from a table.")));
}

/* ---------------------------------------------------------------------
 * Structured expressions
 * ---------------------------------------------------------------------
 */

/*
 * The arms of AND or OR, those of directly nested ones included.
 */
static void
put_arms(Canonical *c, BoolExpr *expr, SortedParts *parts)
{
	ListCell   *lc;

	check_stack_depth();

	foreach(lc, expr->args)
	{
		Node	   *arm = (Node *) lfirst(lc);

		if (IsA(arm, BoolExpr) && ((BoolExpr *) arm)->boolop == expr->boolop)
			put_arms(c, (BoolExpr *) arm, parts);
		else
		{
			NextSorted(c, parts);
			PutNode(c, arm);
		}
	}
}

/*
 * AND, OR and NOT.
 */
static void
put_boolean(Canonical *c, BoolExpr *expr)
{
	SortedParts parts;

	if (expr->boolop == NOT_EXPR)
	{
		PutTag(c->buf, TAG_NOT);
		PutNodes(c, expr->args);
		return;
	}
	PutTag(c->buf, expr->boolop == AND_EXPR ? TAG_AND : TAG_OR);
	BeginSorted(c, &parts);
	put_arms(c, expr, &parts);
	EndSorted(c, &parts);
}

/*
 * A field of a row: by its name where the type is a named one, for dropped
 * attributes take numbers.
 */
static void
put_field(Canonical *c, FieldSelect *field)
{
	Oid			type = getBaseType(exprType((Node *) field->arg));
	Oid			relid = type != RECORDOID ? get_typ_typrelid(type) : InvalidOid;

	PutTag(c->buf, TAG_FIELD);
	PutNode(c, (Node *) field->arg);
	if (OidIsValid(relid))
		PutString(c->buf, get_attname(relid, field->fieldnum, false));
	else
		PutInt(c->buf, field->fieldnum);
	PutTypeOf(c, field->resulttype, field->resulttypmod, field->resultcollid);
}

/*
 * A row constructor.  The fields of a named type have nulls where attributes
 * were dropped; these are not written.
 */
static void
put_row(Canonical *c, RowExpr *row)
{
	TupleDesc	tupdesc = NULL;
	int			i = 0;
	ListCell   *lc;

	if (row->row_typeid != RECORDOID)
		tupdesc = lookup_rowtype_tupdesc(row->row_typeid, -1);

	PutTag(c->buf, TAG_ROW);
	PutTypeOf(c, row->row_typeid, -1, InvalidOid);
	foreach(lc, row->args)
	{
		if (tupdesc == NULL || i >= tupdesc->natts ||
			!TupleDescAttr(tupdesc, i)->attisdropped)
			PutNode(c, (Node *) lfirst(lc));
		i++;
	}
	PutTag(c->buf, TAG_NONE);

	if (tupdesc != NULL)
		ReleaseTupleDesc(tupdesc);
	else
		PutStrings(c, row->colnames);
}

/*
 * (a, b) < (c, d) and its like.
 */
static void
put_row_compare(Canonical *c, RowCompareExpr *compare)
{
	ListCell   *lc;

	PutTag(c->buf, TAG_ROW_COMPARE);
#if PG_VERSION_NUM >= 180000
	PutInt(c->buf, (int) compare->cmptype);
#else
	PutInt(c->buf, (int) compare->rctype);
#endif
	PutInt(c->buf, list_length(compare->opnos));
	foreach(lc, compare->opnos)
		PutOperator(c, lfirst_oid(lc));
	foreach(lc, compare->opfamilies)
		PutOperatorFamilyName(c, lfirst_oid(lc));
	PutCollations(c, compare->inputcollids);
	PutNodes(c, compare->largs);
	PutNodes(c, compare->rargs);
}

/*
 * Both forms of CASE.
 */
static void
put_case(Canonical *c, CaseExpr *expr)
{
	ListCell   *lc;

	PutTag(c->buf, TAG_CASE);
	PutTypeOf(c, expr->casetype, -1, expr->casecollid);
	PutNode(c, (Node *) expr->arg);
	PutInt(c->buf, list_length(expr->args));
	foreach(lc, expr->args)
	{
		CaseWhen   *when = lfirst_node(CaseWhen, lc);

		PutNode(c, (Node *) when->expr);
		PutNode(c, (Node *) when->result);
	}
	if (!VDE_FAULT("case default"))
		PutNode(c, (Node *) expr->defresult);
}

/*
 * An element or a slice of an array or of whatever has subscripts.
 */
static void
put_subscript(Canonical *c, SubscriptingRef *ref)
{
	if (ref->refassgnexpr != NULL)
		elog(ERROR, "assignment to a subscript in a query");

	PutTag(c->buf, TAG_SUBSCRIPT);
	PutTypeOf(c, ref->refrestype, ref->reftypmod, ref->refcollid);
	PutType(c, ref->refcontainertype);
	PutNodes(c, ref->refupperindexpr);
	PutNodes(c, ref->reflowerindexpr);
	PutNode(c, (Node *) ref->refexpr);
}

/*
 * CURRENT_DATE, CURRENT_USER and so on.
 */
static void
put_sql_value(Canonical *c, SQLValueFunction *function)
{
	PutTag(c->buf, TAG_SQL_VALUE);
	PutInt(c->buf, (int) function->op);
	PutTypeOf(c, function->type, function->typmod, InvalidOid);

	/* the time is in the session's time zone; these follow the role */
	c->uses->settings = true;
	switch (function->op)
	{
		case SVFOP_CURRENT_ROLE:
		case SVFOP_CURRENT_USER:
		case SVFOP_USER:
		case SVFOP_SESSION_USER:
		case SVFOP_CURRENT_SCHEMA:
			c->uses->role = true;
			break;
		case SVFOP_CURRENT_CATALOG:
			break;
		default:
			NoteChance(c, "the time");
			break;
	}
}

/* ---------------------------------------------------------------------
 * Any expression
 * ---------------------------------------------------------------------
 */

/*
 * Writes an expression, or nothing's tag for NULL.
 */
void
PutNode(Canonical *c, Node *node)
{
	if (node == NULL)
	{
		PutTag(c->buf, TAG_NONE);
		return;
	}

	check_stack_depth();

	switch (nodeTag(node))
	{
		case T_Var:
			PutVar(c, (Var *) node);
			if (((Var *) node)->vartype == JSONPATHOID && PathFollowsSettings(node))
				c->uses->settings = true;
			break;
		case T_Const:
			PutConst(c, (Const *) node);
			break;
		case T_Param:
			{
				Param	   *param = (Param *) node;

				/* an output of a sub-select, or an argument of a function */
				if (param->paramkind != PARAM_SUBLINK &&
					param->paramkind != PARAM_EXTERN)
					elog(ERROR, "unexpected kind of parameter: %d",
						 (int) param->paramkind);
				PutTag(c->buf, TAG_PARAM);
				PutInt(c->buf, (int) param->paramkind);
				PutInt(c->buf, param->paramid);
				PutTypeOf(c, param->paramtype, param->paramtypmod,
						  param->paramcollid);
			}
			break;
		case T_Aggref:
			PutAggregate(c, (Aggref *) node);
			break;
		case T_GroupingFunc:
			PutTag(c->buf, TAG_GROUPING);
			PutLevelsUp(c, ((GroupingFunc *) node)->agglevelsup);
			PutNodes(c, ((GroupingFunc *) node)->args);
			break;
		case T_WindowFunc:
			PutWindowFunction(c, (WindowFunc *) node);
			break;
		case T_SubscriptingRef:
			put_subscript(c, (SubscriptingRef *) node);
			break;
		case T_FuncExpr:
			{
				FuncExpr   *call = (FuncExpr *) node;

				check_setting(call);
				PutTag(c->buf, TAG_FUNCTION_CALL);
				PutCalledFunction(c, call->funcid, call->args);
				PutTypeOf(c, call->funcresulttype, -1, call->funccollid);
				PutCollation(c, call->inputcollid);
				PutBool(c->buf, call->funcvariadic);
				PutArguments(c, call->args);
			}
			break;
		case T_OpExpr:
			put_operation(c, TAG_OPERATION, (OpExpr *) node);
			break;
		case T_DistinctExpr:
			put_operation(c, TAG_DISTINCT_FROM, (OpExpr *) node);
			break;
		case T_NullIfExpr:
			put_operation(c, TAG_NULLIF, (OpExpr *) node);
			break;
		case T_ScalarArrayOpExpr:
			{
				ScalarArrayOpExpr *operation = (ScalarArrayOpExpr *) node;

				PutTag(c->buf, TAG_ARRAY_OPERATION);
				PutOperator(c, operation->opno);
				PutBool(c->buf, operation->useOr);
				PutCollation(c, operation->inputcollid);
				PutNode(c, linitial(operation->args));
				PutUnorderedArray(c, lsecond(operation->args));
			}
			break;
		case T_BoolExpr:
			put_boolean(c, (BoolExpr *) node);
			break;
		case T_SubLink:
			{
				SubLink    *sublink = (SubLink *) node;

				PutTag(c->buf, TAG_SUBLINK);
				PutInt(c->buf, (int) sublink->subLinkType);
				PutNode(c, sublink->testexpr);
				if (!VDE_FAULT("sublink"))
					PutQuery(c, castNode(Query, sublink->subselect));
				if (sublink->subLinkType == ARRAY_SUBLINK &&
					!OrderIsTotal((Query *) sublink->subselect))
					NoteChance(c, "ARRAY without a total order");
			}
			break;
		case T_FieldSelect:
			put_field(c, (FieldSelect *) node);
			break;
		case T_RelabelType:
			PutRelabel(c, (RelabelType *) node);
			PutNode(c, (Node *) ((RelabelType *) node)->arg);
			break;
		case T_CoerceViaIO:
			{
				CoerceViaIO *coerce = (CoerceViaIO *) node;

				/* Whatever is printed is printed as settings say. */
				PutTag(c->buf, TAG_COERCE_VIA_IO);
				PutTypeOf(c, coerce->resulttype, -1, coerce->resultcollid);
				PutNode(c, (Node *) coerce->arg);
				c->uses->settings = true;
			}
			break;
		case T_ArrayCoerceExpr:
			PutArrayCoerce(c, (ArrayCoerceExpr *) node);
			PutNode(c, (Node *) ((ArrayCoerceExpr *) node)->arg);
			break;
		case T_ConvertRowtypeExpr:
			PutTag(c->buf, TAG_CONVERT_ROW_TYPE);
			PutType(c, ((ConvertRowtypeExpr *) node)->resulttype);
			PutNode(c, (Node *) ((ConvertRowtypeExpr *) node)->arg);
			break;
		case T_CollateExpr:
			PutTag(c->buf, TAG_COLLATE);
			PutCollation(c, ((CollateExpr *) node)->collOid);
			PutNode(c, (Node *) ((CollateExpr *) node)->arg);
			break;
		case T_CaseExpr:
			put_case(c, (CaseExpr *) node);
			break;
		case T_CaseTestExpr:
			PutTag(c->buf, TAG_CASE_TEST);
			PutTypeOf(c, ((CaseTestExpr *) node)->typeId,
					  ((CaseTestExpr *) node)->typeMod,
					  ((CaseTestExpr *) node)->collation);
			break;
		case T_ArrayExpr:
			{
				ArrayExpr  *array = (ArrayExpr *) node;

				PutTag(c->buf, TAG_ARRAY);
				PutTypeOf(c, array->array_typeid, -1, array->array_collid);
				PutType(c, array->element_typeid);
				PutBool(c->buf, array->multidims);
				PutNodes(c, array->elements);
			}
			break;
		case T_RowExpr:
			put_row(c, (RowExpr *) node);
			break;
		case T_RowCompareExpr:
			put_row_compare(c, (RowCompareExpr *) node);
			break;
		case T_CoalesceExpr:
			{
				CoalesceExpr *coalesce = (CoalesceExpr *) node;

				PutTag(c->buf, TAG_COALESCE);
				PutTypeOf(c, coalesce->coalescetype, -1,
						  coalesce->coalescecollid);
				PutNodes(c, coalesce->args);
			}
			break;
		case T_MinMaxExpr:
			{
				MinMaxExpr *minmax = (MinMaxExpr *) node;

				PutTag(c->buf, TAG_MIN_MAX);
				PutInt(c->buf, (int) minmax->op);
				PutTypeOf(c, minmax->minmaxtype, -1, minmax->minmaxcollid);
				PutCollation(c, minmax->inputcollid);
				PutNodes(c, minmax->args);
			}
			break;
		case T_SQLValueFunction:
			put_sql_value(c, (SQLValueFunction *) node);
			break;
		case T_XmlExpr:
			PutXml(c, (XmlExpr *) node);
			break;
		case T_NullTest:
			PutTag(c->buf, TAG_NULL_TEST);
			PutInt(c->buf, (int) ((NullTest *) node)->nulltesttype);
			PutBool(c->buf, ((NullTest *) node)->argisrow);
			PutNode(c, (Node *) ((NullTest *) node)->arg);
			break;
		case T_BooleanTest:
			PutTag(c->buf, TAG_BOOLEAN_TEST);
			PutInt(c->buf, (int) ((BooleanTest *) node)->booltesttype);
			PutNode(c, (Node *) ((BooleanTest *) node)->arg);
			break;
		case T_CoerceToDomain:
			{
				CoerceToDomain *coerce = (CoerceToDomain *) node;

				/* its constraints run, and can run anything */
				PutTag(c->buf, TAG_COERCE_TO_DOMAIN);
				PutTypeOf(c, coerce->resulttype, coerce->resulttypmod,
						  coerce->resultcollid);
				PutNode(c, (Node *) coerce->arg);
				c->uses->settings = true;
			}
			break;
		case T_CoerceToDomainValue:
			PutTag(c->buf, TAG_DOMAIN_VALUE);
			PutTypeOf(c, ((CoerceToDomainValue *) node)->typeId,
					  ((CoerceToDomainValue *) node)->typeMod,
					  ((CoerceToDomainValue *) node)->collation);
			break;
		case T_List:
			PutNodes(c, (List *) node);
			break;
		case T_Query:
			PutQuery(c, (Query *) node);
			break;
		default:
			if (PutJson(c, node))
				break;
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("query contains an expression that cannot be compared (node type %d)",
							(int) nodeTag(node)),
					 errdetail("Two such expressions could differ without being seen to.")));
	}
}
