/*-------------------------------------------------------------------------
 *
 * physical_switch.c
 *	  Putting a new heap with its indexes in the place of a relation's.
 *
 * The relation keeps its OID, and so do its indexes: only their files are
 * exchanged.  Everything that takes long is done before, on the new heap,
 * while the relation is still being read: filling it, building its indexes,
 * ANALYZE.  What readers wait for is a few rows in the system catalogs.
 *
 * PostgreSQL's finish_heap_swap exchanges the heap and its TOAST table, but
 * builds the indexes anew, under the lock that keeps readers out.  So their
 * files are exchanged here before, and while it runs they count as dropped,
 * which leaves it nothing to build.
 *
 * Invariants
 *
 * - The files of two indexes are only exchanged if one index was made as a
 *	 copy of the other's definition, on the heap that goes in with it.
 *
 * - An index counts as dropped only within this transaction, under a lock
 *	 that nobody else can use the relation with.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/attmap.h"
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/multixact.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/heap.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "commands/matview.h"
#include "commands/tablecmds.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_utilcmd.h"
#include "pgstat.h"
#include "storage/predicate.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "compat.h"
#include "fault.h"
#include "physical_parts.h"

/*
 * index_copy_name
 *		Name of the copy of an index while it waits for the switch.
 */
static char *
index_copy_name(Oid index)
{
	return psprintf("pg_temp_%u", index);
}

/*
 * build_index_copy
 *		Builds on the new heap what the index is on the relation; returns the
 *		new index.  A duplicate in a unique index is found here.
 */
static Oid
build_index_copy(Oid index, const HeapSwap *swap)
{
	Oid			schema = get_rel_namespace(swap->heap);
	RangeVar   *name = makeRangeVar(get_namespace_name(schema),
									get_rel_name(swap->heap), -1);
	Relation	source = index_open(index, AccessShareLock);
	Relation	rel = table_open(swap->relid, NoLock);
	AttrMap    *map = make_attrmap(RelationGetNumberOfAttributes(rel));
	IndexStmt  *statement;
	Oid			copy;
	int			i;

	/* both have the same columns */
	for (i = 0; i < map->maplen; i++)
		map->attnums[i] = i + 1;
	statement = generateClonedIndexStmt(name, source, map, NULL);
	table_close(rel, NoLock);
	index_close(source, NoLock);

	/* it is an index only, whatever constraint it belongs to */
	statement->idxname = index_copy_name(index);
	statement->primary = false;
	statement->isconstraint = false;
	statement->deferrable = false;
	statement->initdeferred = false;
	statement->excludeOpNames = NIL;
	RunUtility((Node *) statement, "CREATE INDEX");

	copy = get_relname_relid(statement->idxname, schema);
	if (!OidIsValid(copy))
		elog(ERROR, "copy of index %u is not there", index);
	return copy;
}

/*
 * index_error_callback
 *		Tells which index is meant, since an error names its copy.
 */
static void
index_error_callback(void *arg)
{
	char	   *const *name = arg;

	errcontext("new contents of index \"%s\"", *name ? *name : "");
}

/*
 * BuildSwitchIndexes
 *		Builds the indexes of the relation on its new heap.
 */
void
BuildSwitchIndexes(HeapSwap *swap)
{
	Relation	rel = table_open(swap->relid, NoLock);
	ErrorContextCallback callback;
	char	   *name = NULL;
	ListCell   *lc;

	swap->indexes = RelationGetIndexList(rel);
	swap->index_copies = NIL;
	table_close(rel, NoLock);

	callback.callback = index_error_callback;
	callback.arg = &name;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	foreach(lc, swap->indexes)
	{
		CHECK_FOR_INTERRUPTS();
		name = get_rel_name(lfirst_oid(lc));
		swap->index_copies = lappend_oid(swap->index_copies,
										 build_index_copy(lfirst_oid(lc), swap));
	}
	error_context_stack = callback.previous;
}

/*
 * exchange_index_files
 *		Gives an index the file of its copy, and the copy the index's.
 *
 * As finish_heap_swap does it for heaps, in the catalog and in the cache,
 * where it is noted which files are new in this transaction.
 */
static void
exchange_index_files(Oid index, Oid copy)
{
	Relation	pg_class = table_open(RelationRelationId, RowExclusiveLock);
	HeapTuple	index_tuple = SearchSysCacheCopy1(RELOID, ObjectIdGetDatum(index));
	HeapTuple	copy_tuple = SearchSysCacheCopy1(RELOID, ObjectIdGetDatum(copy));
	Form_pg_class index_form;
	Form_pg_class copy_form;
	FormData_pg_class saved;
	Relation	index_rel;
	Relation	copy_rel;

	if (!HeapTupleIsValid(index_tuple) || !HeapTupleIsValid(copy_tuple))
		elog(ERROR, "cache lookup failed for index %u or %u", index, copy);
	index_form = (Form_pg_class) GETSTRUCT(index_tuple);
	copy_form = (Form_pg_class) GETSTRUCT(copy_tuple);
	if (index_form->relam != copy_form->relam ||
		index_form->relpersistence != copy_form->relpersistence)
		elog(ERROR, "index %u and its copy differ", index);

	index_rel = index_open(index, AccessExclusiveLock);
	copy_rel = index_open(copy, AccessExclusiveLock);
	CheckTableNotInUse(index_rel, "refresh");
	TransferPredicateLocksToHeapRelation(index_rel);
	AssumeExchangedFiles(index_rel, copy_rel);
	index_close(index_rel, NoLock);
	index_close(copy_rel, NoLock);

	VDE_POINT("switch: index assumed");
	memcpy(&saved, index_form, CLASS_TUPLE_SIZE);
	index_form->relfilenode = copy_form->relfilenode;
	index_form->reltablespace = copy_form->reltablespace;
	index_form->relpages = copy_form->relpages;
	index_form->reltuples = copy_form->reltuples;
	copy_form->relfilenode = saved.relfilenode;
	copy_form->reltablespace = saved.reltablespace;
	copy_form->relpages = saved.relpages;
	copy_form->reltuples = saved.reltuples;
	CatalogTupleUpdate(pg_class, &index_tuple->t_self, index_tuple);
	CatalogTupleUpdate(pg_class, &copy_tuple->t_self, copy_tuple);

	heap_freetuple(index_tuple);
	heap_freetuple(copy_tuple);
	table_close(pg_class, RowExclusiveLock);

	/* neither must hold on to the other's file when the cache is rebuilt */
	CloseRelationFiles(index);
	CloseRelationFiles(copy);
	CommandCounterIncrement();
}

/*
 * set_live
 *		Makes the indexes count as dropped, or as there again.
 */
static void
set_live(Oid relid, List *indexes, bool live)
{
	Relation	pg_index;
	ListCell   *lc;

	if (indexes == NIL)
		return;
	pg_index = table_open(IndexRelationId, RowExclusiveLock);
	foreach(lc, indexes)
	{
		HeapTuple	tuple = SearchSysCacheCopy1(INDEXRELID,
												ObjectIdGetDatum(lfirst_oid(lc)));

		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for index %u", lfirst_oid(lc));
		((Form_pg_index) GETSTRUCT(tuple))->indislive = live;
		CatalogTupleUpdate(pg_index, &tuple->t_self, tuple);
		heap_freetuple(tuple);
	}
	table_close(pg_index, RowExclusiveLock);
	CacheInvalidateRelcacheByRelid(relid);
	CommandCounterIncrement();
}

/*
 * take_statistics
 *		What ANALYZE found in the copy is true of the original from now on.
 */
static void
take_statistics(Oid original, Oid copy)
{
	RemoveStatistics(original, 0);
	CommandCounterIncrement();
	CopyStatistics(copy, original);
	CommandCounterIncrement();
}

/*
 * SwitchHeap
 *		Puts the new heap and its indexes in their place; the old ones are
 *		dropped.  analyzed: ANALYZE has seen the new heap.
 *
 * The relation and its indexes are locked in access exclusive mode.
 */
void
SwitchHeap(HeapSwap *swap, bool analyzed)
{
	Relation	rel = table_open(swap->relid, NoLock);
	char		persistence = rel->rd_rel->relpersistence;
	List	   *indexes;
	ListCell   *lc;
	ListCell   *lc2;

	CheckTableNotInUse(rel, "refresh");
	indexes = RelationGetIndexList(rel);
	if (!equal(indexes, swap->indexes))
		elog(ERROR, "indexes of relation \"%s\" have changed",
			 RelationGetRelationName(rel));
	if (rel->rd_rel->relkind == RELKIND_MATVIEW && !RelationIsPopulated(rel))
		SetMatViewPopulatedState(rel, true);
	table_close(rel, NoLock);
	CommandCounterIncrement();

	if (analyzed)
		take_statistics(swap->relid, swap->heap);
	forboth(lc, swap->indexes, lc2, swap->index_copies)
	{
		if (analyzed)
			take_statistics(lfirst_oid(lc), lfirst_oid(lc2));
		exchange_index_files(lfirst_oid(lc), lfirst_oid(lc2));
		VDE_POINT("switch: index exchanged");
	}

	set_live(swap->relid, swap->indexes, false);
	VDE_POINT("switch: before heap");
	VdeFinishHeapSwap(swap->relid, swap->heap, false, false, false, true,
					  RecentXmin, ReadNextMultiXactId(), persistence);
	VDE_POINT("switch: heap exchanged");
	set_live(swap->relid, swap->indexes, true);

	rel = table_open(swap->relid, NoLock);
	pgstat_count_truncate(rel);
	pgstat_count_heap_insert(rel, swap->rows);
	table_close(rel, NoLock);
}
