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

#include "analysis.h"
#include "canonical.h"

/*
 * A relation outside of vde, and its columns.
 */
static void
put_named_relation(Canonical *c, Oid relid)
{
	PutRelation(c, relid);
	UseAllColumns(c, relid);
	PutComposite(c, relid);
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
