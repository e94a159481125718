/*-------------------------------------------------------------------------
 *
 * canonical_constant.c
 *	  Canonical bytes of constants, and of the lists of them that stand in IN.
 *
 * A constant is its type and its value as text, however it was written.  The
 * text is made under settings of our own where settings would change it.
 *
 * The elements of the array in "= ANY (...)" and "<> ALL (...)", which is what
 * an IN list becomes, have no order, hence are sorted.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "canonical.h"
#include "fault.h"

/*
 * A value as text.  The types that settings do not touch, and that are most
 * constants, are printed without pinning the settings.
 */
static void
put_value(Canonical *c, Oid typid, Datum value)
{
	Oid			output;
	bool		is_varlena;
	char	   *string;

	switch (typid)
	{
		case BOOLOID:
			PutString(c->buf, DatumGetBool(value) ? "t" : "f");
			return;
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
			string = TextDatumGetCString(value);
			PutString(c->buf, string);
			pfree(string);
			return;
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
		case NAMEOID:
		case UNKNOWNOID:
			break;
		default:
			PinOutput(c->scope);
			break;
	}

	getTypeOutputInfo(typid, &output, &is_varlena);
	string = OidOutputFunctionCall(output, value);
	PutString(c->buf, string);
	pfree(string);
}

/*
 * A constant by its value, not by how it was written.
 */
void
PutConst(Canonical *c, Const *constant)
{
	UseSearchConstant(c, constant);
	PutTag(c->buf, TAG_CONST);
	PutTypeOf(c, constant->consttype, constant->consttypmod,
			  constant->constcollid);
	PutBool(c->buf, constant->constisnull);
	if (!constant->constisnull && !VDE_FAULT("constant"))
		put_value(c, constant->consttype, constant->constvalue);
	if (constant->consttype == JSONPATHOID && PathFollowsSettings((Node *) constant))
		c->uses->settings = true;
}

/*
 * Casts, without what is cast, which comes after.
 */
void
PutRelabel(Canonical *c, RelabelType *relabel)
{
	PutTag(c->buf, TAG_RELABEL);
	PutTypeOf(c, relabel->resulttype, relabel->resulttypmod,
			  relabel->resultcollid);
}

void
PutArrayCoerce(Canonical *c, ArrayCoerceExpr *coerce)
{
	PutTag(c->buf, TAG_ARRAY_COERCE);
	PutTypeOf(c, coerce->resulttype, coerce->resulttypmod,
			  coerce->resultcollid);
	PutNode(c, (Node *) coerce->elemexpr);
}

/*
 * The array of "= ANY" or "<> ALL": without order, where it is written as a
 * list or is a constant of one dimension.
 */
void
PutUnorderedArray(Canonical *c, Node *node)
{
	SortedParts parts;

	check_stack_depth();

	/* a cast of the array is one of each element */
	if (IsA(node, RelabelType))
	{
		PutRelabel(c, (RelabelType *) node);
		PutUnorderedArray(c, (Node *) ((RelabelType *) node)->arg);
		return;
	}
	if (IsA(node, ArrayCoerceExpr))
	{
		PutArrayCoerce(c, (ArrayCoerceExpr *) node);
		PutUnorderedArray(c, (Node *) ((ArrayCoerceExpr *) node)->arg);
		return;
	}

	if (IsA(node, ArrayExpr) && !((ArrayExpr *) node)->multidims)
	{
		ArrayExpr  *array = (ArrayExpr *) node;
		ListCell   *lc;

		PutTag(c->buf, TAG_UNORDERED_ARRAY);
		PutTypeOf(c, array->array_typeid, -1, array->array_collid);
		PutType(c, array->element_typeid);
		BeginSorted(c, &parts);
		foreach(lc, array->elements)
		{
			NextSorted(c, &parts);
			PutNode(c, lfirst(lc));
		}
		EndSorted(c, &parts);
		return;
	}

	if (IsA(node, Const) && !((Const *) node)->constisnull)
	{
		Const	   *constant = (Const *) node;
		Oid			element = get_element_type(constant->consttype);

		if (OidIsValid(element))
		{
			ArrayType  *array = DatumGetArrayTypeP(constant->constvalue);

			if (ARR_NDIM(array) <= 1)
			{
				int16		length;
				bool		byval;
				char		align;
				Datum	   *values;
				bool	   *nulls;
				int			count;
				int			i;

				get_typlenbyvalalign(element, &length, &byval, &align);
				deconstruct_array(array, element, length, byval, align,
								  &values, &nulls, &count);
				PutTag(c->buf, TAG_UNORDERED_ARRAY);
				PutTypeOf(c, constant->consttype, constant->consttypmod,
						  constant->constcollid);
				PutType(c, InvalidOid);
				BeginSorted(c, &parts);
				for (i = 0; i < count; i++)
				{
					NextSorted(c, &parts);
					if (nulls[i])
						PutString(c->buf, NULL);
					else
						put_value(c, element, values[i]);
				}
				EndSorted(c, &parts);
				return;
			}
		}
	}

	PutNode(c, node);
}
