/*-------------------------------------------------------------------------
 *
 * view_rule.c
 *	  Gives a view another query while it is being read.
 *
 * PostgreSQL's StoreViewQuery takes AccessExclusiveLock on the view.  With a
 * thousand views, each takes long enough that readers notice the sum.  But
 * what is written to pg_rewrite is seen by nobody before the commit; the lock
 * is needed then, so that nobody reads one view as it was and another as it
 * is.  So the rows are written first, under a lock that readers do not notice,
 * and the strong locks are taken afterwards.
 *
 * Invariants
 *
 * - What is written is what StoreViewQuery writes: the row of pg_rewrite, its
 *	 dependencies, the message to other sessions, the hooks.
 *
 * - The view's columns stay as they are, and so does its row in pg_class.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "catalog/pg_rewrite.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "rewrite/rewriteSupport.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "view_rule.h"

/*
 * stand_ins
 *		The entries at the head of a view's range table that stand for the view
 *		itself, "old" and "new".  Version 16 has none.
 */
static List *
stand_ins(const Query *stored, Oid viewid)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, stored->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind != RTE_RELATION || rte->relid != viewid)
			break;
		result = lappend(result, rte);
	}
	return result;
}

/*
 * ReplaceViewQuery
 *		See view_rule.h.
 */
void
ReplaceViewQuery(Oid viewid, Query *query)
{
	Relation	rewrite = table_open(RewriteRelationId, RowExclusiveLock);
	Datum		values[Natts_pg_rewrite] = {0};
	bool		nulls[Natts_pg_rewrite] = {false};
	bool		replaces[Natts_pg_rewrite] = {false};
	ObjectAddress rule;
	ObjectAddress view;
	HeapTuple	old_tuple;
	HeapTuple	new_tuple;
	Datum		value;
	bool		isnull;
	List	   *actions = NIL;
	List	   *entries;

	Assert(CheckRelationOidLockedByMe(viewid, ShareUpdateExclusiveLock, true));
	old_tuple = SearchSysCache2(RULERELNAME, ObjectIdGetDatum(viewid),
								CStringGetDatum(ViewSelectRuleName));
	if (!HeapTupleIsValid(old_tuple))
		elog(ERROR, "view %u has no query", viewid);
	value = SysCacheGetAttr(RULERELNAME, old_tuple, Anum_pg_rewrite_ev_action, &isnull);
	if (!isnull)
		actions = (List *) stringToNode(TextDatumGetCString(value));
	if (list_length(actions) != 1)
		elog(ERROR, "view %u has no query", viewid);

	entries = stand_ins(linitial_node(Query, actions), viewid);
	OffsetVarNodes((Node *) query, list_length(entries), 0);
	query->rtable = list_concat(entries, query->rtable);
	actions = list_make1(query);

	values[Anum_pg_rewrite_ev_action - 1] = CStringGetTextDatum(nodeToString(actions));
	replaces[Anum_pg_rewrite_ev_action - 1] = true;
	new_tuple = heap_modify_tuple(old_tuple, RelationGetDescr(rewrite),
								  values, nulls, replaces);
	CatalogTupleUpdate(rewrite, &new_tuple->t_self, new_tuple);

	ObjectAddressSet(rule, RewriteRelationId,
					 ((Form_pg_rewrite) GETSTRUCT(new_tuple))->oid);
	ObjectAddressSet(view, RelationRelationId, viewid);
	heap_freetuple(new_tuple);
	ReleaseSysCache(old_tuple);

	deleteDependencyRecordsFor(RewriteRelationId, rule.objectId, false);
	recordDependencyOn(&rule, &view, DEPENDENCY_INTERNAL);
	recordDependencyOnExpr(&rule, (Node *) actions, NIL, DEPENDENCY_NORMAL);
	InvokeObjectPostCreateHook(RewriteRelationId, rule.objectId, 0);

	/* as a change of the row in pg_class would */
	CacheInvalidateRelcacheByRelid(viewid);
	InvokeObjectPostAlterHook(RelationRelationId, viewid, 0);
	table_close(rewrite, RowExclusiveLock);
}
