/*-------------------------------------------------------------------------
 *
 * canonical_type.c
 *	  What a type outside vde is.
 *
 *	domain		base type and constraints
 *	enum		labels in order
 *	composite	attributes
 *	range		subtype and functions
 *	base type	how it is stored, and by name its functions for text
 *
 * and of all but domains, how values are compared (canonical_comparison.c).
 *
 * As any other (see canonical_definition.c), the definition names other objects
 * and never contains them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_range.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "canonical.h"
#include "enum_label.h"

/*
 * What a domain's values must fulfil, without the names of the constraints,
 * in no order.
 */
static void
put_domain(Canonical *c, Oid typid, Form_pg_type type)
{
	Relation	constraints = table_open(ConstraintRelationId, AccessShareLock);
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;
	SortedParts checks;

	PutTypeOf(c, type->typbasetype, type->typtypmod, type->typcollation);
	PutBool(c->buf, type->typnotnull);

	ScanKeyInit(&key, Anum_pg_constraint_contypid,
				BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(typid));
	scan = systable_beginscan(constraints, ConstraintTypidIndexId, true,
							  NULL, 1, &key);
	BeginSorted(c, &checks);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;
		Datum		value;

		if (((Form_pg_constraint) GETSTRUCT(tuple))->contype != CONSTRAINT_CHECK)
			continue;
		value = heap_getattr(tuple, Anum_pg_constraint_conbin,
							 RelationGetDescr(constraints), &isnull);
		NextSorted(c, &checks);
		PutNode(c, isnull ? NULL : stringToNode(TextDatumGetCString(value)));
	}
	EndSorted(c, &checks);
	systable_endscan(scan);
	table_close(constraints, AccessShareLock);
}

/*
 * Attributes of a relation in their order, without the dropped ones; those of
 * a composite type, which has a relation for them.
 */
void
PutComposite(Canonical *c, Oid relid)
{
	AttrNumber	attnum;

	for (attnum = 1;; attnum++)
	{
		HeapTuple	tuple;
		Form_pg_attribute attribute;

		tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid),
								Int16GetDatum(attnum));
		if (!HeapTupleIsValid(tuple))
			break;
		attribute = (Form_pg_attribute) GETSTRUCT(tuple);
		if (!attribute->attisdropped)
		{
			PutString(c->buf, NameStr(attribute->attname));
			PutTypeOf(c, attribute->atttypid, attribute->atttypmod,
					  attribute->attcollation);
		}
		ReleaseSysCache(tuple);
	}
}

/*
 * A range type; a multirange type stands for its range type.
 */
static void
put_range_type(Canonical *c, Oid typid)
{
	HeapTuple	tuple;
	Form_pg_range range;

	tuple = SearchSysCache1(RANGETYPE, ObjectIdGetDatum(typid));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for range type %u", typid);
	range = (Form_pg_range) GETSTRUCT(tuple);
	PutType(c, range->rngsubtype);
	PutCollation(c, range->rngcollation);
	PutOperatorClass(c, range->rngsubopc);
	PutFunction(c, range->rngcanonical);
	PutFunction(c, range->rngsubdiff);
	ReleaseSysCache(tuple);
}

/*
 * What a type is, by its kind.
 */
void
PutTypeDefinition(Canonical *c, Oid typid)
{
	HeapTuple	tuple;
	Form_pg_type type;

	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(typid));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", typid);
	type = (Form_pg_type) GETSTRUCT(tuple);

	PutInt(c->buf, type->typtype);
	switch (type->typtype)
	{
		case TYPTYPE_DOMAIN:
			put_domain(c, typid, type);
			break;
		case TYPTYPE_ENUM:
			PutEnumLabels(c->buf, typid, false);
			break;
		case TYPTYPE_COMPOSITE:
			PutComposite(c, type->typrelid);
			break;
		case TYPTYPE_RANGE:
			put_range_type(c, typid);
			break;
		case TYPTYPE_MULTIRANGE:
			PutType(c, get_multirange_range(typid));
			break;
		default:
			PutInt(c->buf, type->typlen);
			PutBool(c->buf, type->typbyval);
			PutFunctionName(c, type->typinput);
			PutFunctionName(c, type->typoutput);
			break;
	}
	if (type->typtype != TYPTYPE_DOMAIN && type->typtype != TYPTYPE_PSEUDO)
		PutDefaultOperatorClasses(c, typid);
	ReleaseSysCache(tuple);
}
