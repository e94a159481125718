/*-------------------------------------------------------------------------
 *
 * physical_refresh.c
 *	  Filling the relation of a version anew, while it is being read.
 *
 * The rows go into new heaps, one for the table or one for each of its leaf
 * partitions, which get their indexes there.  At the end heaps and indexes
 * are exchanged under the relations' OIDs: no view is touched, and readers
 * wait for no more than that.
 *
 * Invariants
 *
 * - Until the exchange, ExclusiveLock keeps out other writers and refreshes,
 *	 and lets readers in.
 *
 * - The stronger lock is only waited for in short slices: see view_lock.c.
 *
 * - All of it is one subtransaction: after an error the relation is as it was.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_inherits.h"
#include "commands/tablecmds.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "compat.h"
#include "fault.h"
#include "physical.h"
#include "physical_parts.h"
#include "receiver.h"
#include "view_lock.h"

typedef struct RefreshWork
{
	const Definition *definition;
	const Query *query;
	const char *relation_name;
	void		(*filled) (void *arg);
	void	   *arg;
	Contents	contents;		/* result */
} RefreshWork;

/*
 * make_swap
 *		A new heap for a table, a leaf partition or a materialized view, with
 *		the same storage.
 */
static HeapSwap *
make_swap(Oid relid)
{
	HeapSwap   *swap = palloc0(sizeof(HeapSwap));
	Relation	rel = table_open(relid, NoLock);
	Oid			tablespace = rel->rd_rel->reltablespace;
	Oid			access_method = rel->rd_rel->relam;
	char		persistence = rel->rd_rel->relpersistence;

	/* a cursor of this session that reads it would go on in the wrong heap */
	CheckTableNotInUse(rel, "refresh");
	table_close(rel, NoLock);

	swap->relid = relid;
	swap->heap = make_new_heap(relid, tablespace, access_method, persistence,
							   ExclusiveLock);
	LockRelationOid(swap->heap, AccessExclusiveLock);
	return swap;
}

/*
 * make_swaps
 *		New heaps for all members of a partition tree that have storage.
 */
static List *
make_swaps(List *members)
{
	List	   *swaps = NIL;
	ListCell   *lc;

	foreach(lc, members)
	{
		CHECK_FOR_INTERRUPTS();
		switch (get_rel_relkind(lfirst_oid(lc)))
		{
			case RELKIND_RELATION:
			case RELKIND_MATVIEW:
				swaps = lappend(swaps, make_swap(lfirst_oid(lc)));
				break;
			case RELKIND_PARTITIONED_TABLE:
				break;
			default:
				ereport(ERROR,
						(errcode(ERRCODE_WRONG_OBJECT_TYPE),
						 errmsg("relation \"%s\" cannot be refreshed",
								get_rel_name(lfirst_oid(lc)))));
		}
	}
	return swaps;
}

/*
 * refresh_work
 *		What RefreshPhysical does, for InSubtransaction.
 */
static void
refresh_work(void *arg)
{
	RefreshWork *work = arg;
	RangeVar   *name = makeRangeVar(pstrdup(VDE_DATA_SCHEMA),
									pstrdup(work->relation_name), -1);
	Oid			relid = RangeVarGetRelid(name, ExclusiveLock, false);
	List	   *members = find_all_inheritors(relid, ExclusiveLock, NULL);
	List	   *swaps = make_swaps(members);
	List	   *to_lock = list_copy(members);
	bool		partitioned = (get_rel_relkind(relid) == RELKIND_PARTITIONED_TABLE);
	ListCell   *lc;

	VDE_POINT("refresh: heaps made");
	work->contents = FillHeaps(work->definition, work->query,
							   CreateHeapReceiver(relid, swaps));
	VDE_POINT("refresh: filled");
	work->filled(work->arg);
	VDE_POINT("refresh: readers checked");

	foreach(lc, swaps)
	{
		HeapSwap   *swap = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		BuildSwitchIndexes(swap);
		to_lock = list_concat(to_lock, swap->indexes);
		if (!partitioned)
			AnalyzePhysical(get_rel_name(swap->heap));
	}

	VDE_POINT("refresh: indexed");
	/* what is granted in an open transaction must not be waited for below */
	LockPhysicalGrants(relid);
	/* from here on readers wait */
	(void) LockViews(to_lock, NIL);
	VDE_POINT("refresh: locked");
	foreach(lc, swaps)
	{
		SwitchHeap(lfirst(lc), !partitioned);
		VDE_POINT("refresh: heap switched");
	}

	/* statistics of the whole need all partitions in their place */
	if (partitioned)
		AnalyzePhysical(work->relation_name);
}

/*
 * RefreshPhysical
 *		Fills the relation anew; see physical.h.
 */
Contents
RefreshPhysical(const Definition *definition, const Query *query,
				const char *relation_name, void (*filled) (void *arg), void *arg)
{
	RefreshWork work = {0};

	work.definition = definition;
	work.query = query;
	work.relation_name = relation_name;
	work.filled = filled;
	work.arg = arg;
	InSubtransaction(refresh_work, &work);
	return work.contents;
}
