/*-------------------------------------------------------------------------
 *
 * canonical_depends_on.c
 *	  What the option depends_on names, as part of a model's row hash.
 *
 * Nobody knows how the functions read it, so all of it counts: the version of
 * a model, the definition and all columns of a table or a view.  The order of
 * the list does not, and an empty list leaves no trace.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_attribute.h"
#include "utils/syscache.h"

#include "analysis.h"
#include "canonical.h"

/*
 * A relation outside of vde, and its columns.
 */
static void
put_named_relation(Canonical *c, Oid relid)
{
	AttrNumber	attnum;

	PutRelation(c, relid);
	UseAllColumns(c, relid);
	for (attnum = 1;; attnum++)
	{
		HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid),
											Int16GetDatum(attnum));
		Form_pg_attribute attribute;

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
 * All that it names, in no order.
 */
void
PutDependsOn(Canonical *c, List *parents, List *relations)
{
	SortedParts parts;
	ListCell   *lc;

	if (parents == NIL && relations == NIL)
		return;
	PutTag(c->buf, TAG_DEPENDS_ON);
	BeginSorted(c, &parts);
	foreach(lc, parents)
	{
		ParentModel *parent = (ParentModel *) lfirst(lc);

		NextSorted(c, &parts);
		PutString(c->buf, parent->name.schema);
		PutString(c->buf, parent->name.name);
		PutDigest(c->buf, &parent->version);
	}
	foreach(lc, relations)
	{
		NextSorted(c, &parts);
		put_named_relation(c, lfirst_oid(lc));
	}
	EndSorted(c, &parts);
}
