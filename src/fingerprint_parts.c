/*-------------------------------------------------------------------------
 *
 * fingerprint_parts.c
 *	  Parts of a fingerprint for people: digests of the clauses and columns of
 *	  a query as they stand in it, with a model known by its name alone.
 *
 * Which of them differ between two definitions says which part of the query
 * was changed.  Nothing but messages follows from them.  A part is a string
 * "name=value"; its name is what messages call it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"

#include "canonical.h"
#include "fingerprint.h"
#include "fingerprint_parts.h"

/* Clauses as people call them; NULL: not worth a word */
static const char *const clause_names[CLAUSE_COUNT] = {
	"aggregation",
	"set operation",
	"FROM",
	"JOIN condition",
	"WHERE",
	"GROUP BY",
	"HAVING",
	"DISTINCT",
	"set-returning functions",
	"ORDER BY",
	"LIMIT",
	NULL,
};

/*
 * See fingerprint.h.
 */
const char *
FingerprintPart(List *parts, const char *name)
{
	size_t		length = strlen(name);
	ListCell   *lc;

	foreach(lc, parts)
	{
		const char *part = (const char *) lfirst(lc);

		if (strncmp(part, name, length) == 0 && part[length] == '=')
			return part + length + 1;
	}
	return NULL;
}

/*
 * Adds to the parts for people.
 */
void
AddPart(Fingerprint *fingerprint, char *name, const char *value)
{
	fingerprint->parts = lappend(fingerprint->parts,
								 psprintf("%s=%s", name, value));
}

void
AddPartDigest(Fingerprint *fingerprint, char *name, const Digest *digest)
{
	AddPart(fingerprint, name, pnstrdup(DigestXxh3(digest), 16));
}

/*
 * What is written from now on goes to bytes.
 */
static void
begin_part(Canonical *c, StringInfo bytes, Uses *uses, CanonicalTag tag)
{
	memset(uses, 0, sizeof(Uses));
	initStringInfo(bytes);
	c->buf = bytes;
	c->uses = uses;
	PutTag(bytes, tag);
}

/*
 * Is ORDER BY of the present query part of what it returns?  A table has no
 * order.  What is not stored in one keeps that of its query for whoever reads
 * it.
 */
bool
OrderIsKept(Canonical *c, ModelKind kind, const Uses *columns)
{
	return (kind != KIND_FULL && kind != KIND_MATERIALIZED_VIEW) ||
		OrderMatters(c, columns);
}

/*
 * The digest of all of a subquery or CTE.
 */
static void
source_digest(Canonical *c, CanonicalSource *source, Digest *digest)
{
	StringInfoData bytes;
	Uses		uses = {0};

	begin_part(c, &bytes, &uses, TAG_CTE);
	PutSourceRows(c, source);
	PutSourceWhole(c, source);
	DigestBytes(bytes.data, bytes.len, digest);
}

/*
 * The parts for people, of a query that has been hashed: the same bytes once
 * more, but models stand for themselves only.  Subqueries and CTEs of the
 * first level are told apart.
 */
void
AddLocalParts(Canonical *c, const AnalyzedModel *model, Fingerprint *fingerprint)
{
	CanonicalScope *scope = c->scope;
	List	   *outside = scope->outside;
	ModelKind	kind = scope->definition->kind;
	Query	   *query = model->query;
	Uses		column_uses = {0};
	Digest		digest;
	StringInfoData bytes;
	Uses		uses;
	int			i;
	ListCell   *lc;

	scope->local = true;
	scope->outside = NIL;
	BeginQuery(c, query);

	i = 0;
	foreach(lc, query->targetList)
	{
		TargetEntry *target = (TargetEntry *) lfirst(lc);
		ModelColumn *column;

		if (target->resjunk)
			continue;
		column = (ModelColumn *) list_nth(model->columns, i++);
		begin_part(c, &bytes, &uses, TAG_COLUMN_PART);
		PutNode(c, (Node *) target->expr);
		MergeUses(&column_uses, &uses);
		DigestBytes(bytes.data, bytes.len, &digest);
		AddPartDigest(fingerprint, psprintf("column \"%s\"", column->name), &digest);
	}
	for (i = 0; i < CLAUSE_COUNT; i++)
	{
		if (clause_names[i] == NULL ||
			(i == CLAUSE_ORDER_BY && !OrderIsKept(c, kind, &column_uses)))
			continue;
		if (i == CLAUSE_AGGREGATION)
		{
			AddPart(fingerprint, pstrdup(clause_names[i]),
					query->hasAggs && query->groupClause == NIL &&
					query->groupingSets == NIL ? "yes" : "no");
			continue;
		}
		begin_part(c, &bytes, &uses, TAG_CLAUSE);
		PutClause(c, (CanonicalClause) i);
		DigestBytes(bytes.data, bytes.len, &digest);
		AddPartDigest(fingerprint, pstrdup(clause_names[i]), &digest);
	}
	i = 0;
	foreach(lc, query->cteList)
	{
		CanonicalSource *source = &c->level->ctes[i++];

		if (source->done)
		{
			source_digest(c, source, &digest);
			AddPartDigest(fingerprint,
						  psprintf("WITH query \"%s\"",
								   ((CommonTableExpr *) lfirst(lc))->ctename),
						  &digest);
		}
	}
	i = 0;
	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = (RangeTblEntry *) lfirst(lc);

		i++;
		if (rte->rtekind == RTE_SUBQUERY && query->setOperations == NULL &&
			c->level->positions[i] > 0 && !OidIsValid(rte->relid))
		{
			source_digest(c, SubquerySource(c, c->level, i), &digest);
			AddPartDigest(fingerprint,
						  psprintf("subquery \"%s\"", rte->eref->aliasname),
						  &digest);
		}
	}
	EndQuery(c);
	scope->local = false;
	scope->outside = outside;
}
