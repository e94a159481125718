/*-------------------------------------------------------------------------
 *
 * receiver.h
 *	  A DestReceiver that fills new heaps in bulk, with frozen rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_RECEIVER_H
#define VDE_RECEIVER_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "port/atomics.h"
#include "tcop/dest.h"

#include "digest.h"

/* A new heap that is to take the place of a table's, or of a leaf partition's */
typedef struct HeapSwap
{
	Oid			relid;			/* the table or leaf partition */
	Oid			heap;			/* where its rows are written */
	uint64		rows;			/* how many were */

	/* see physical_switch.c */
	List	   *indexes;		/* OIDs of the indexes of relid */
	List	   *index_copies;	/* and of those that are built on heap */
} HeapSwap;

/*
 * Rows go into relid (table, partitioned table or materialized view), or
 * where swaps (HeapSwap *) says so, into another heap instead.  Every heap
 * must have been made in the current subtransaction and be locked by it.
 */
extern DestReceiver *CreateHeapReceiver(Oid relid, List *swaps);

/* rows received so far */
extern uint64 HeapReceiverRows(DestReceiver *dest);

/*
 * From now on rows are also counted there, as they are written, for who
 * watches; NULL: nowhere.
 */
extern void HeapReceiverReportTo(pg_atomic_uint64 *rows);

/* hash of their contents: see content_hash.h */
extern void HeapReceiverContent(DestReceiver *dest, char hex[XXH3_HEX_LENGTH + 1]);

#endif							/* VDE_RECEIVER_H */
