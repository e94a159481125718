/*-------------------------------------------------------------------------
 *
 * physical_view.c
 *	  Views of versions that do not show any more what their queries name.
 *
 * A version is known by names: whoever swaps a table for another one by
 * renaming both has changed nothing of it.  A table is filled from what has the
 * name when it is filled.  But PostgreSQL binds a view to what had the name when
 * it was made, so such a view must be bound anew, in place, since others stand
 * on it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "rewrite/rewriteSupport.h"
#include "rewrite/rewriteHandler.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "catalog.h"
#include "compat.h"
#include "fault.h"
#include "physical.h"
#include "physical_parts.h"
#include "physical_view.h"
#include "session.h"
#include "view_lock.h"
#include "view_rule.h"

/*
 * Views of versions that depend on a relation whose name is none of the names
 * that the version's query has; for each view as often as that is so.
 */
#define SUSPECTS(which) \
	"SELECT v.id, v.relation_name FROM vde.version v " \
	"JOIN pg_class c ON c.relname = v.relation_name AND c.relnamespace = '" VDE_DATA_SCHEMA "'::regnamespace AND c.relkind = 'v' " \
	"JOIN pg_rewrite r ON r.ev_class = c.oid " \
	"JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass " \
	"JOIN pg_class t ON t.oid = d.refobjid AND t.oid >= 16384 AND t.relnamespace <> c.relnamespace " \
	"JOIN pg_namespace n ON n.oid = t.relnamespace " \
	"WHERE v.built_at IS NOT NULL AND " which " AND NOT EXISTS (" \
	"  SELECT FROM vde.snapshot s JOIN vde.dependency x ON x.snapshot_id = s.id " \
	"  WHERE s.version_id = v.id AND x.class IN ('relation', 'view') " \
	"  AND x.identity[1:2] = ARRAY[n.nspname::text, t.relname::text]) " \
	"ORDER BY v.id"

/* what names_walker knows */
typedef struct NamesContext
{
	Oid			view;
	Oid			data_schema;
	List	   *names;			/* of String: schema and name, as the version has them */
	bool		misled;
} NamesContext;

/*
 * names_walker
 *		Looks for a relation that has another name now.
 */
static bool
names_walker(Node *node, NamesContext *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;
		Oid			schema;

		if (rte->rtekind != RTE_RELATION || rte->relid == context->view ||
			rte->relid < FirstNormalObjectId)
			return false;
		schema = get_rel_namespace(rte->relid);
		if (OidIsValid(schema) && schema != context->data_schema &&
			!list_member(context->names, list_make2(makeString(get_namespace_name(schema)),
													makeString(get_rel_name(rte->relid)))))
			context->misled = true;
		return context->misled;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, names_walker, context, QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, names_walker, context);
}

/*
 * is_misled
 *		Does a view read a relation by another name than its query, or one of
 *		the embedded models in it, has?
 *
 * A constant of type regclass is no such thing, though the view depends on it.
 * One that somebody has locked is at work on, and is looked at later.
 */
static bool
is_misled(int64 version_id, const char *relation_name)
{
	NamesContext context = {0};
	Relation	view;
	uint64		rows;
	uint64		row;

	context.view = PhysicalRelation(relation_name);
	context.data_schema = get_namespace_oid(VDE_DATA_SCHEMA, false);
	if (!OidIsValid(context.view) || !ConditionalLockRelationOid(context.view, AccessShareLock))
		return false;
	rows = CatalogRead("WITH RECURSIVE looked_through AS ("
					   "  SELECT id, definition_id, model_id FROM vde.snapshot WHERE version_id = $1 "
					   "  UNION "
					   "  SELECT s.id, s.definition_id, s.model_id FROM looked_through l "
					   "  JOIN vde.snapshot_parent sp ON sp.snapshot_id = l.id "
					   "  JOIN vde.snapshot s ON s.model_id = sp.parent_model_id "
					   "  JOIN vde.definition d ON d.id = s.definition_id AND d.kind IN ('embedded', 'external')) "
					   "SELECT x.identity[1], x.identity[2] FROM looked_through l "
					   "JOIN vde.dependency x ON x.snapshot_id = l.id AND x.class IN ('relation', 'view') "
					   "UNION "
					   "SELECT m.schema_name, m.model_name FROM looked_through l "
					   "JOIN vde.definition d ON d.id = l.definition_id AND d.kind = 'external' "
					   "JOIN vde.model m ON m.id = l.model_id", "l", version_id);
	for (row = 0; row < rows; row++)
		context.names = lappend(context.names, list_make2(makeString(CatalogText(row, 1)),
														  makeString(CatalogText(row, 2))));
	view = try_relation_open(context.view, NoLock);
	if (view != NULL)
	{
		(void) names_walker((Node *) get_view_query(view), &context);
		relation_close(view, NoLock);
	}
	UnlockRelationOid(context.view, AccessShareLock);
	return context.misled;
}

/*
 * misled_among
 *		Ids (int64 *) of the versions of a result of SUSPECTS that are.
 */
static List *
misled_among(uint64 rows)
{
	List	   *suspects = NIL;
	List	   *names = NIL;
	List	   *misled = NIL;
	ListCell   *id;
	ListCell   *name;
	uint64		row;

	for (row = 0; row < rows; row++)
	{
		int64		version_id = CatalogInt64(row, 1);

		if (suspects != NIL && *(int64 *) llast(suspects) == version_id)
			continue;
		suspects = lappend(suspects, CopyId(version_id));
		names = lappend(names, CatalogText(row, 2));
	}
	forboth(id, suspects, name, names)
	{
		CHECK_FOR_INTERRUPTS();
		if (is_misled(*(int64 *) lfirst(id), (char *) lfirst(name)))
			misled = lappend(misled, lfirst(id));
	}
	return misled;
}

/*
 * MisledViews
 *		See physical_view.h.
 */
List *
MisledViews(int64 environment_id)
{
	return misled_among(CatalogRead(SUSPECTS("v.id IN (SELECT s.version_id FROM vde.pointer p "
											 "JOIN vde.snapshot s ON s.id = p.snapshot_id WHERE p.environment_id = $1)"),
									"l", environment_id));
}

/*
 * ViewIsMisled
 *		See physical_view.h.
 */
bool
ViewIsMisled(int64 version_id)
{
	return misled_among(CatalogRead(SUSPECTS("v.id = $1"), "l", version_id)) != NIL;
}

/* what rebind_work does it to */
typedef struct RebindWork
{
	const Definition *definition;
	const Query *query;
	const char *relation_name;
} RebindWork;

/*
 * rebind_work
 *		What RebindPhysicalView does, for InSubtransaction.
 */
static void
rebind_work(void *arg)
{
	RebindWork *work = arg;
	RangeVar   *name = makeRangeVar(pstrdup(VDE_DATA_SCHEMA),
									pstrdup(work->relation_name), -1);
	Oid			relid = RangeVarGetRelid(name, ShareUpdateExclusiveLock, false);

	GrantReads(work->definition, work->query);
	(void) LockViews(list_make1_oid(relid), NIL);
	VDE_POINT("rebind: locked");
	/* it scribbles on the query */
	ReplaceViewQuery(relid, copyObject(unconstify(Query *, work->query)));
	CommandCounterIncrement();
}

/*
 * RebindPhysicalView
 *		See physical_view.h.
 */
void
RebindPhysicalView(const Definition *definition, const Query *query,
				   const char *relation_name)
{
	RebindWork	work = {definition, query, relation_name};

	InSubtransaction(rebind_work, &work);
}
