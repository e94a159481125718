/*-------------------------------------------------------------------------
 *
 * canonical_list.c
 *	  Where canonical bytes go, and lists in them: with an order, and without.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "canonical.h"

/*
 * Bytes go to buf, what they refer to goes to uses.
 */
void
InitCanonical(Canonical *c, CanonicalScope *scope, StringInfo buf, Uses *uses)
{
	memset(c, 0, sizeof(Canonical));
	c->scope = scope;
	c->buf = buf;
	c->uses = uses;
}

/*
 * Whoever contains from uses what from uses.
 */
void
MergeUses(Uses *into, const Uses *from)
{
	into->objects = list_concat_unique_ptr(into->objects, from->objects);
	into->settings |= from->settings;
	into->role |= from->role;
	into->row_security |= from->row_security;
	into->is_volatile |= from->is_volatile;
	if (into->private_call == NULL)
		into->private_call = from->private_call;
	into->input_order |= from->input_order;
	if (from->lowest > 0 && (into->lowest == 0 || from->lowest < into->lowest))
		into->lowest = from->lowest;
	if (into->chance == NULL)
		into->chance = from->chance;
}

/*
 * What is being written refers to a query of that depth.
 */
void
NoteLevel(Canonical *c, int depth)
{
	if (c->uses->lowest == 0 || depth < c->uses->lowest)
		c->uses->lowest = depth;
}

/*
 * What is being written can come out differently each time; what says why.
 */
void
NoteChance(Canonical *c, const char *what)
{
	if (c->uses->chance == NULL)
		c->uses->chance = what;
}

/*
 * A list whose order means nothing: call NextSorted before each part, write
 * the part, and EndSorted puts them in the order of their bytes.
 */
void
BeginSorted(Canonical *c, SortedParts *parts)
{
	parts->outer = c->buf;
	initStringInfo(&parts->bytes);
	parts->count = 0;
	parts->allocated = 8;
	parts->starts = palloc(parts->allocated * sizeof(int));
	c->buf = &parts->bytes;
}

void
NextSorted(Canonical *c, SortedParts *parts)
{
	if (parts->count == parts->allocated)
	{
		parts->allocated *= 2;
		parts->starts = repalloc(parts->starts,
								 parts->allocated * sizeof(int));
	}
	parts->starts[parts->count++] = parts->bytes.len;
}

typedef struct SortedPart
{
	const char *data;
	int			length;
} SortedPart;

/*
 * By bytes; where one is the beginning of the other, the shorter one first.
 */
static int
compare_parts(const void *a, const void *b)
{
	const SortedPart *pa = (const SortedPart *) a;
	const SortedPart *pb = (const SortedPart *) b;
	int			result;

	result = memcmp(pa->data, pb->data, Min(pa->length, pb->length));
	if (result == 0)
		result = (pa->length > pb->length) - (pa->length < pb->length);
	return result;
}

void
EndSorted(Canonical *c, SortedParts *parts)
{
	SortedPart *sorted = palloc(Max(parts->count, 1) * sizeof(SortedPart));
	int			i;

	for (i = 0; i < parts->count; i++)
	{
		int			end = (i + 1 < parts->count) ? parts->starts[i + 1] :
		parts->bytes.len;

		sorted[i].data = parts->bytes.data + parts->starts[i];
		sorted[i].length = end - parts->starts[i];
	}
	qsort(sorted, parts->count, sizeof(SortedPart), compare_parts);

	c->buf = parts->outer;
	PutInt(c->buf, parts->count);
	for (i = 0; i < parts->count; i++)
		PutBytes(c->buf, sorted[i].data, sorted[i].length);

	pfree(sorted);
	pfree(parts->starts);
	pfree(parts->bytes.data);
}

/*
 * A list of expressions.
 */
void
PutNodes(Canonical *c, List *nodes)
{
	ListCell   *lc;

	PutTag(c->buf, TAG_LIST);
	PutInt(c->buf, list_length(nodes));
	foreach(lc, nodes)
	{
		CHECK_FOR_INTERRUPTS();
		PutNode(c, (Node *) lfirst(lc));
	}
}

/*
 * String nodes; NULL is allowed.
 */
void
PutStrings(Canonical *c, List *strings)
{
	ListCell   *lc;

	PutTag(c->buf, TAG_LIST);
	PutInt(c->buf, list_length(strings));
	foreach(lc, strings)
		PutString(c->buf, lfirst(lc) ? strVal(lfirst(lc)) : NULL);
}

/*
 * A list of integers.
 */
void
PutInts(Canonical *c, List *ints)
{
	ListCell   *lc;

	PutTag(c->buf, TAG_LIST);
	PutInt(c->buf, list_length(ints));
	foreach(lc, ints)
		PutInt(c->buf, lfirst_int(lc));
}

/*
 * A list of OIDs of types.
 */
void
PutTypes(Canonical *c, List *types)
{
	ListCell   *lc;

	PutTag(c->buf, TAG_LIST);
	PutInt(c->buf, list_length(types));
	foreach(lc, types)
		PutType(c, lfirst_oid(lc));
}

/*
 * A list of OIDs of collations.
 */
void
PutCollations(Canonical *c, List *collations)
{
	ListCell   *lc;

	PutTag(c->buf, TAG_LIST);
	PutInt(c->buf, list_length(collations));
	foreach(lc, collations)
		PutCollation(c, lfirst_oid(lc));
}
