/*-------------------------------------------------------------------------
 *
 * consent.c
 *	  Who has agreed that a model reads one of another role.
 *
 * The owner of a model decides what code its query and its types run, and that
 * code runs as the owner of whatever reads it.  That this is wanted is known
 * where the two have been deployed together by somebody who has the reader's
 * rights (build.c), or as a copy of such.
 *
 * Analysis alone runs code in one case: a literal in the reader's query is read
 * as an array, a row or a range with a domain in it, because that is the type
 * of a parent's column.  The domain's checks are its owner's.  A plan can be
 * made by anybody, so here it is the environment's owner who must have the
 * reader's rights.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "catalog.h"
#include "compat.h"
#include "consent.h"

/*
 * HaveAgreed
 *		See consent.h.
 */
bool
HaveAgreed(const Definition *reader, const Definition *parent)
{
	return CatalogRead("SELECT FROM vde.snapshot s "
					   "JOIN vde.definition d ON d.id = s.definition_id "
					   "JOIN vde.snapshot_parent sp ON sp.snapshot_id = s.id "
					   "JOIN vde.pointer p ON p.snapshot_id = s.id "
					   "JOIN vde.pointer pp ON pp.environment_id = p.environment_id AND pp.model_id = sp.parent_model_id "
					   "JOIN vde.snapshot ps ON ps.id = pp.snapshot_id "
					   "JOIN vde.definition pd ON pd.id = ps.definition_id "
					   "WHERE s.model_id = $1 AND d.owner::pg_catalog.oid = $2::pg_catalog.oid "
					   "AND sp.parent_model_id = $3 AND pd.owner::pg_catalog.oid = $4::pg_catalog.oid LIMIT 1", "lrlr",
					   reader->model_id, reader->owner, parent->model_id, parent->owner) > 0;
}

/*
 * has_foreign_domain
 *		Is there a domain in the type whose checks are those of a role that has
 *		not the rights of owner?  The type itself is none where a literal is
 *		compared with it: that is read as its base type.
 */
static bool
has_foreign_domain(Oid typid, Oid owner, bool nested)
{
	Oid			inner;
	char		kind;

	check_stack_depth();
	kind = get_typtype(typid);
	if (kind == TYPTYPE_DOMAIN)
	{
		HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(typid));
		Oid			typowner;

		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for type %u", typid);
		typowner = ((Form_pg_type) GETSTRUCT(tuple))->typowner;
		ReleaseSysCache(tuple);
		if (nested && !has_privs_of_role(typowner, owner))
			return true;
		return has_foreign_domain(getBaseType(typid), owner, nested);
	}
	if (OidIsValid(inner = get_element_type(typid)))
		return has_foreign_domain(inner, owner, true);
	if (kind == TYPTYPE_MULTIRANGE)
		return has_foreign_domain(get_multirange_range(typid), owner, true);
	if (kind == TYPTYPE_RANGE)
		return has_foreign_domain(get_range_subtype(typid), owner, true);
	if (kind == TYPTYPE_COMPOSITE)
	{
		TupleDesc	tupdesc = lookup_rowtype_tupdesc_copy(typid, -1);
		int			i;

		for (i = 0; i < tupdesc->natts; i++)
		{
			if (!TupleDescAttr(tupdesc, i)->attisdropped &&
				has_foreign_domain(TupleDescAttr(tupdesc, i)->atttypid, owner, true))
				return true;
		}
	}
	return false;
}

/*
 * CheckAnalysis
 *		See consent.h.
 */
void
CheckAnalysis(Graph *graph, const GraphNode *node)
{
	const Definition *reader = node->definition;
	ListCell   *cell;
	ListCell   *column_cell;

	if (is_member_of_role_nosuper(graph->environment->owner, reader->owner))
		return;
	foreach(cell, GraphParents(graph, node))
	{
		GraphNode  *parent = (GraphNode *) lfirst(cell);
		bool		foreign = false;

		if (!GraphNodeLives(parent) || has_privs_of_role(parent->definition->owner, reader->owner))
			continue;
		foreach(column_cell, parent->columns)
		{
			Oid			typid;
			int32		typmod;
			Oid			collid;

			ResolveModelColumn((ModelColumn *) lfirst(column_cell), &typid, &typmod, &collid);
			foreign = foreign || has_foreign_domain(typid, reader->owner, false);
		}
		if (!foreign || HaveAgreed(reader, parent->definition))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to analyze model \"%s\" as role \"%s\"",
						QuoteModelName(&reader->name), GetUserNameFromId(reader->owner, true)),
				 errdetail("It would read model \"%s\" of role \"%s\" for the first time, with domains of another role in its columns, whose checks would run with the rights of \"%s\".",
						   QuoteModelName(&parent->name), GetUserNameFromId(parent->definition->owner, true),
						   GetUserNameFromId(reader->owner, true)),
				 errhint("Apply both in an environment of \"%s\" first.", GetUserNameFromId(reader->owner, true))));
	}
}
