/*-------------------------------------------------------------------------
 *
 * receiver.c
 *	  A DestReceiver that fills new heaps in bulk, with frozen rows.
 *
 * Rows are collected per heap and written many at a time.  They are written
 * frozen: visible to everybody from the moment that the table is, whatever
 * snapshot the reader took before, so that a REPEATABLE READ transaction
 * never finds a new table empty; and without any later work for VACUUM.
 * A partitioned table's rows are routed to the leaf partitions, by the
 * executor's own routing.
 *
 * Invariants
 *
 * - Frozen rows are written only into a heap that was made in the current
 *	 subtransaction: if that one fails, the rows are gone with their heap.
 *
 * - What is written has the types of the heap's columns, position by
 *	 position, and no NULL where the heap says NOT NULL.
 *
 * - Buffered rows are bounded in number and in bytes over all heaps, however
 *	 many partitions there are.
 *
 * - Every row is in the hash of the contents before it is written.
 *
 * - Writing checks no permission: it happens while the model's owner is in
 *	 force, who may not write to these tables.  Whoever makes a receiver
 *	 vouches for the target.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/heaptoast.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "executor/execPartition.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "compat.h"
#include "content_hash.h"
#include "receiver.h"

/* one heap is written when this much waits for it ... */
#define HEAP_ROWS		1000
#define HEAP_BYTES		(64 * 1024)

/* ... and all of them when this much waits for all together */
#define TOTAL_ROWS		(32 * 1000)
#define TOTAL_BYTES		(4 * 1024 * 1024)

#define FIRST_ROWS		32		/* room in a buffer to begin with */

#define INSERT_OPTIONS	(TABLE_INSERT_SKIP_FSM | TABLE_INSERT_FROZEN)

/* Rows that wait to be written into one heap */
typedef struct HeapBuffer
{
	Oid			relid;			/* key: the table or leaf partition */
	HeapSwap   *swap;			/* NULL: the rows go into relid itself */
	Relation	heap;
	int		   *not_null;		/* attribute numbers */
	int			not_null_count;
	TupleTableSlot **slots;
	int			used;
	int			room;
	Size		bytes;
} HeapBuffer;

typedef struct HeapReceiver
{
	DestReceiver pub;
	Oid			relid;
	List	   *swaps;
	uint64		rows;
	ContentHash content;

	/* from startup to shutdown */
	MemoryContext context;		/* all of what follows */
	MemoryContext write_context;	/* reset after every write */
	Relation	root;
	CommandId	cid;
	BulkInsertState bulk;		/* for last_written */
	HeapBuffer *last_written;
	List	   *buffers;		/* HeapBuffer * */
	int			total_rows;
	Size		total_bytes;
	TupleTableSlot **free_slots;
	int			free_count;
	int			free_room;

	/* the only one, or the one of the row before */
	HeapBuffer *buffer;

	/* for a partitioned table only */
	EState	   *estate;
	ModifyTableState *node;
	ResultRelInfo *root_info;
	PartitionTupleRouting *routing;
	ResultRelInfo *leaf;		/* of the row before */
	HTAB	   *leaves;			/* HeapBufferEntry by relid */
} HeapReceiver;

typedef struct HeapBufferEntry
{
	Oid			relid;			/* key, must be first */
	HeapBuffer *buffer;
} HeapBufferEntry;

/* where rows that were written are counted, too */
static pg_atomic_uint64 *reported_rows = NULL;

/*
 * check_row_type
 *		The rows' types must be those of the heap: a value of another type
 *		would be written as it is, and be garbage.
 */
static void
check_row_type(TupleDesc rows, Relation heap)
{
	TupleDesc	columns = RelationGetDescr(heap);
	int			i;

	if (rows->natts != columns->natts)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("relation \"%s\" has %d columns, but its rows have %d",
						RelationGetRelationName(heap),
						columns->natts, rows->natts)));
	for (i = 0; i < rows->natts; i++)
	{
		Form_pg_attribute row = TupleDescAttr(rows, i);
		Form_pg_attribute column = TupleDescAttr(columns, i);

		if (column->attisdropped || row->atttypid != column->atttypid)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("column \"%s\" of relation \"%s\" is not of the type of its rows",
							NameStr(column->attname),
							RelationGetRelationName(heap)),
					 errdetail("The rows have type %s.",
							   format_type_be(row->atttypid))));
	}
}

/*
 * open_buffer
 *		The buffer for a table or leaf partition, with its heap open.
 *
 * Called in the receiver's context.
 */
static HeapBuffer *
open_buffer(HeapReceiver *self, Oid relid)
{
	HeapBuffer *buffer = palloc0(sizeof(HeapBuffer));
	TupleDesc	columns;
	ListCell   *lc;
	int			i;

	buffer->relid = relid;
	foreach(lc, self->swaps)
	{
		HeapSwap   *swap = lfirst(lc);

		if (swap->relid == relid)
			buffer->swap = swap;
	}
	if (self->swaps != NIL && buffer->swap == NULL)
		elog(ERROR, "no new heap for relation %u", relid);

	/* made and locked by the caller */
	buffer->heap = table_open(buffer->swap ? buffer->swap->heap : relid, NoLock);
	if (buffer->heap->rd_createSubid != GetCurrentSubTransactionId())
		elog(ERROR, "relation \"%s\" was not made in this subtransaction",
			 RelationGetRelationName(buffer->heap));
	check_row_type(RelationGetDescr(self->root), buffer->heap);

	columns = RelationGetDescr(buffer->heap);
	buffer->not_null = palloc(sizeof(int) * Max(columns->natts, 1));
	for (i = 0; i < columns->natts; i++)
	{
		if (TupleDescAttr(columns, i)->attnotnull)
			buffer->not_null[buffer->not_null_count++] = i + 1;
	}

	buffer->room = FIRST_ROWS;
	buffer->slots = palloc(sizeof(TupleTableSlot *) * buffer->room);
	self->buffers = lappend(self->buffers, buffer);
	return buffer;
}

/*
 * write_buffer
 *		Writes out what waits for one heap.
 */
static void
write_buffer(HeapReceiver *self, HeapBuffer *buffer)
{
	MemoryContext old_context;
	int			i;

	if (buffer->used == 0)
		return;

	/*
	 * The state knows pages of the heap that it was used for: one that is
	 * pinned, and from 16 on some that are still empty.  Carried over to
	 * another heap, it would make that one grow without need.
	 */
	if (self->last_written != buffer)
	{
		FreeBulkInsertState(self->bulk);
		self->bulk = GetBulkInsertState();
	}
	self->last_written = buffer;

	old_context = MemoryContextSwitchTo(self->write_context);
	table_multi_insert(buffer->heap, buffer->slots, buffer->used,
					   self->cid, INSERT_OPTIONS, self->bulk);
	MemoryContextSwitchTo(old_context);
	MemoryContextReset(self->write_context);

	if (self->free_count + buffer->used > self->free_room)
	{
		self->free_room = Max(self->free_room * 2,
							  self->free_count + buffer->used);
		self->free_slots = repalloc(self->free_slots,
									sizeof(TupleTableSlot *) * self->free_room);
	}
	for (i = 0; i < buffer->used; i++)
	{
		ExecClearTuple(buffer->slots[i]);
		self->free_slots[self->free_count++] = buffer->slots[i];
	}
	if (buffer->swap)
		buffer->swap->rows += buffer->used;
	if (reported_rows != NULL)
		pg_atomic_fetch_add_u64(reported_rows, buffer->used);
	self->total_rows -= buffer->used;
	self->total_bytes -= buffer->bytes;
	buffer->used = 0;
	buffer->bytes = 0;
}

/*
 * write_all
 *		Writes out everything that waits.
 */
static void
write_all(HeapReceiver *self)
{
	ListCell   *lc;

	foreach(lc, self->buffers)
	{
		CHECK_FOR_INTERRUPTS();
		write_buffer(self, lfirst(lc));
	}
}

/*
 * find_buffer
 *		The buffer for the leaf partition where a row belongs.
 */
static HeapBuffer *
find_buffer(HeapReceiver *self, TupleTableSlot *slot)
{
	ResultRelInfo *leaf;
	HeapBufferEntry *entry;
	Oid			relid;
	bool		found;

	ResetPerTupleExprContext(self->estate);
	leaf = ExecFindPartition(self->node, self->root_info, self->routing,
							 slot, self->estate);
	if (leaf == self->leaf)
		return self->buffer;

	relid = RelationGetRelid(leaf->ri_RelationDesc);
	entry = hash_search(self->leaves, &relid, HASH_ENTER, &found);
	if (!found)
	{
		entry->buffer = NULL;
		entry->buffer = open_buffer(self, relid);
	}
	self->leaf = leaf;
	return entry->buffer;
}

/*
 * check_not_null
 *		A NULL where the heap forbids it fails as an INSERT does.
 */
static void
check_not_null(HeapBuffer *buffer, TupleTableSlot *slot)
{
	int			i;

	for (i = 0; i < buffer->not_null_count; i++)
	{
		int			attnum = buffer->not_null[i];

		if (slot_attisnull(slot, attnum))
			ereport(ERROR,
					(errcode(ERRCODE_NOT_NULL_VIOLATION),
					 errmsg("null value in column \"%s\" of relation \"%s\" violates not-null constraint",
							NameStr(TupleDescAttr(RelationGetDescr(buffer->heap),
												  attnum - 1)->attname),
							get_rel_name(buffer->relid))));
	}
}

/*
 * row_size
 *		Bytes that a buffered row takes, near enough.
 */
static Size
row_size(TupleTableSlot *slot)
{
	if (TTS_IS_HEAPTUPLE(slot) || TTS_IS_BUFFERTUPLE(slot))
		return ((HeapTupleTableSlot *) slot)->tuple->t_len;

	/* a slot of some other access method */
	slot_getallattrs(slot);
	return heap_compute_data_size(slot->tts_tupleDescriptor,
								  slot->tts_values, slot->tts_isnull);
}

/*
 * hash_row
 *		Adds a row to the hash of the contents.
 *
 * What a row of another table has stored elsewhere is fetched, and stays in
 * the row: the insert would fetch it next.
 */
static void
hash_row(HeapReceiver *self, TupleTableSlot *slot)
{
	bool		should_free = false;
	HeapTuple	tuple;

	if (!self->content.known)
		return;
	if (TTS_IS_BUFFERTUPLE(slot))
		tuple = ((HeapTupleTableSlot *) slot)->tuple;	/* nearly always */
	else
		tuple = ExecFetchSlotHeapTuple(slot, true, &should_free);
	if (HeapTupleHasExternal(tuple))
	{
		HeapTuple	whole = toast_flatten_tuple(tuple, slot->tts_tupleDescriptor);

		ContentHashAdd(&self->content, whole);
		ExecForceStoreHeapTuple(whole, slot, true);
	}
	else
		ContentHashAdd(&self->content, tuple);
	if (should_free)
		heap_freetuple(tuple);
}

/*
 * receive_row
 *		rReceive: takes a row into the buffer of its heap.
 */
static bool
receive_row(TupleTableSlot *slot, DestReceiver *dest)
{
	HeapReceiver *self = (HeapReceiver *) dest;
	MemoryContext old_context = MemoryContextSwitchTo(self->context);
	HeapBuffer *buffer;
	TupleTableSlot *copy;
	Size		size;

	if (self->routing)
		self->buffer = find_buffer(self, slot);
	buffer = self->buffer;
	check_not_null(buffer, slot);

	if (self->free_count > 0)
		copy = self->free_slots[--self->free_count];
	else
		copy = table_slot_create(buffer->heap, NULL);

	/*
	 * A copy of a row of a table may only point into that table's page: make
	 * it a row of its own.
	 */
	ExecCopySlot(copy, slot);
	ExecMaterializeSlot(copy);
	hash_row(self, copy);
	size = row_size(copy);

	if (buffer->used == buffer->room)
	{
		buffer->room = Min(buffer->room * 2, HEAP_ROWS);
		buffer->slots = repalloc(buffer->slots,
								 sizeof(TupleTableSlot *) * buffer->room);
	}
	buffer->slots[buffer->used++] = copy;
	buffer->bytes += size;
	self->total_rows++;
	self->total_bytes += size;
	self->rows++;

	if (buffer->used >= HEAP_ROWS || buffer->bytes >= HEAP_BYTES)
	{
		CHECK_FOR_INTERRUPTS();
		write_buffer(self, buffer);
	}
	else if (self->total_rows >= TOTAL_ROWS || self->total_bytes >= TOTAL_BYTES)
		write_all(self);

	MemoryContextSwitchTo(old_context);
	return true;
}

/*
 * start_routing
 *		Sets up the executor's routing of rows to partitions, with as little
 *		of an executor around it as COPY has.
 */
static void
start_routing(HeapReceiver *self)
{
	HASHCTL		control;

	self->estate = CreateExecutorState();
	self->root_info = makeNode(ResultRelInfo);
	InitResultRelInfo(self->root_info, self->root, 0, NULL, 0);

	self->node = makeNode(ModifyTableState);
	self->node->ps.state = self->estate;
	self->node->operation = CMD_INSERT;
	self->node->mt_nrels = 1;
	self->node->resultRelInfo = self->root_info;
	self->node->rootResultRelInfo = self->root_info;

	self->routing = ExecSetupPartitionTupleRouting(self->estate, self->root);

	memset(&control, 0, sizeof(control));
	control.keysize = sizeof(Oid);
	control.entrysize = sizeof(HeapBufferEntry);
	control.hcxt = self->context;
	self->leaves = hash_create("vde leaf partitions", 64, &control,
							   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/*
 * start_rows
 *		rStartup: opens the target.
 */
static void
start_rows(DestReceiver *dest, int operation, TupleDesc typeinfo)
{
	HeapReceiver *self = (HeapReceiver *) dest;
	MemoryContext old_context;

	/* a child of the current context, which goes with the transaction */
	self->context = AllocSetContextCreate(CurrentMemoryContext,
										  "vde heap receiver",
										  ALLOCSET_DEFAULT_SIZES);
	self->write_context = AllocSetContextCreate(self->context,
												"vde heap receiver: write",
												ALLOCSET_DEFAULT_SIZES);
	old_context = MemoryContextSwitchTo(self->context);

	self->root = table_open(self->relid, NoLock);
	check_row_type(typeinfo, self->root);
	ContentHashBegin(&self->content, RelationGetDescr(self->root));

	/*
	 * Taken before a parallel query begins; the transaction has its number
	 * already, since it made the heap.
	 */
	self->cid = GetCurrentCommandId(true);
	self->bulk = GetBulkInsertState();
	self->free_room = FIRST_ROWS;
	self->free_slots = palloc(sizeof(TupleTableSlot *) * self->free_room);

	if (self->root->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
		start_routing(self);
	else
		self->buffer = open_buffer(self, self->relid);

	MemoryContextSwitchTo(old_context);
}

/*
 * end_rows
 *		rShutdown: writes what is left and closes everything.  Locks stay to
 *		the end of the transaction.
 */
static void
end_rows(DestReceiver *dest)
{
	HeapReceiver *self = (HeapReceiver *) dest;
	MemoryContext old_context = MemoryContextSwitchTo(self->context);
	ListCell   *lc;
	int			i;

	write_all(self);
	FreeBulkInsertState(self->bulk);

	for (i = 0; i < self->free_count; i++)
		ExecDropSingleTupleTableSlot(self->free_slots[i]);
	foreach(lc, self->buffers)
	{
		HeapBuffer *buffer = lfirst(lc);

		table_finish_bulk_insert(buffer->heap, INSERT_OPTIONS);
		table_close(buffer->heap, NoLock);
	}
	if (self->routing)
	{
		ExecCleanupTupleRouting(self->node, self->routing);
		ExecResetTupleTable(self->estate->es_tupleTable, false);
		FreeExecutorState(self->estate);
	}
	table_close(self->root, NoLock);

	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(self->context);
	self->context = NULL;
	self->routing = NULL;
	self->buffers = NIL;
}

static void
destroy_receiver(DestReceiver *dest)
{
	pfree(dest);
}

/*
 * CreateHeapReceiver
 *		A receiver for the rows of one relation.
 */
DestReceiver *
CreateHeapReceiver(Oid relid, List *swaps)
{
	HeapReceiver *self = palloc0(sizeof(HeapReceiver));

	self->pub.receiveSlot = receive_row;
	self->pub.rStartup = start_rows;
	self->pub.rShutdown = end_rows;
	self->pub.rDestroy = destroy_receiver;
	self->pub.mydest = DestNone;
	self->relid = relid;
	self->swaps = swaps;
	return (DestReceiver *) self;
}

uint64
HeapReceiverRows(DestReceiver *dest)
{
	return ((HeapReceiver *) dest)->rows;
}

void
HeapReceiverReportTo(pg_atomic_uint64 *rows)
{
	reported_rows = rows;
}

void
HeapReceiverContent(DestReceiver *dest, char hex[XXH3_HEX_LENGTH + 1])
{
	ContentHashEnd(&((HeapReceiver *) dest)->content, hex);
}
