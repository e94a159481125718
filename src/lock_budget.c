/*-------------------------------------------------------------------------
 *
 * lock_budget.c
 *	  Does what one transaction is to do fit into the server's lock table?
 *
 * Views that change together are locked together, and the table of locks in
 * shared memory has a fixed size.  Running into its end in the middle of a
 * swap would waste all work before it, and take the locks that others need.
 * So the number is estimated before any work, and where there is no room for
 * it the error says which setting to raise to what.
 *
 * The numbers are what PostgreSQL takes for each object (measured with
 * pg_locks; DropPhysical and drop_view go through performDeletion, which locks
 * a relation's types and rule, too).  The capacity is what the server promises;
 * it may have room for some more, but not after everybody else took theirs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/twophase.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/lsyscache.h"

#include "build.h"
#include "compat.h"
#include "graph.h"
#include "lock_budget.h"
#include "model.h"
#include "options.h"

/* catalogs, their indexes, schemas: whatever is done */
#define LOCKS_BASE				200

/* one view: its relation, row type, array type, rule */
#define LOCKS_REPOINTED_VIEW	1
#define LOCKS_NEW_VIEW			2
#define LOCKS_DROPPED_VIEW		4
#define LOCKS_REMADE_VIEW		6

/* one heap: relation and row type; a TOAST table and its index */
#define LOCKS_HEAP				2
#define LOCKS_TOAST				2

/* one refreshed heap: itself, and a new one made and dropped */
#define LOCKS_REFRESHED_HEAP	5

/* ... of which nobody grants anything meanwhile */
#define LOCKS_GRANTS			1

/* one dropped relation with its types, TOAST table, and an index or two */
#define LOCKS_DROPPED_RELATION	7

/* views made or dropped per transaction where nobody reads them */
#define LAYER_BATCH				500

/*
 * slots
 *		What max_locks_per_transaction is multiplied by.
 */
static int64
slots(void)
{
	return (int64) MaxBackends + max_prepared_xacts;
}

/*
 * capacity
 *		How many locks the server promises room for: NLOCKENTS of lock.c.
 */
static int64
capacity(void)
{
	return max_locks_per_xact * slots();
}

/*
 * LayerBatch
 *		See lock_budget.h.  A batch leaves most of the room to others.
 */
int
LayerBatch(void)
{
	return (int) Max(Min((int64) LAYER_BATCH, capacity() / (4 * LOCKS_DROPPED_VIEW)), 10);
}

int64
NewViewLocks(int64 views)
{
	return views * LOCKS_NEW_VIEW;
}

int64
DroppedViewLocks(int64 views)
{
	return views * LOCKS_DROPPED_VIEW;
}

int64
DroppedRelationLocks(int64 relations)
{
	return relations * LOCKS_DROPPED_RELATION;
}

/*
 * ViewLocks
 *		See lock_budget.h.
 */
int64
ViewLocks(List *views)
{
	int64		locks = 0;
	ListCell   *cell;

	foreach(cell, views)
	{
		const ViewChange *view = (const ViewChange *) lfirst(cell);

		if (view->relation_name == NULL)
			locks += view->exists ? LOCKS_DROPPED_VIEW : 0;
		else if (!view->exists)
			locks += LOCKS_NEW_VIEW;
		else
			locks += view->reshaped ? LOCKS_REMADE_VIEW : LOCKS_REPOINTED_VIEW;
	}
	return locks;
}

/*
 * needs_toast
 *		May a table of these columns have values that do not fit into a page?
 */
static bool
needs_toast(List *columns)
{
	ListCell   *cell;

	foreach(cell, columns)
	{
		Oid			typid;
		int32		typmod;
		Oid			collid;

		ResolveModelColumn((ModelColumn *) lfirst(cell), &typid, &typmod, &collid);
		if (get_typstorage(typid) != TYPSTORAGE_PLAIN)
			return true;
	}
	return false;
}

/*
 * build_locks
 *		For one model.
 */
static int64
build_locks(const BuildStep *step)
{
	const GraphNode *node = step->node;
	ModelKind	kind = node->definition->kind;
	ModelOptions *options = ReadOptions(kind, node->definition->options);
	int64		heaps = 1;
	int64		locks;
	ListCell   *cell;

	if (options->partition_strategy == PARTITION_OPTION_HASH)
		heaps += options->partition_modulus;
	else if (options->partition_strategy != PARTITION_OPTION_NONE)
		heaps += list_length(options->partition_bounds) + 2;

	if (!KindHasRows(kind))
		locks = LOCKS_NEW_VIEW;
	else
	{
		int64		toast = needs_toast(node->columns) ? LOCKS_TOAST : 0;
		int64		indexes = list_length(options->indexes) + (options->primary_key != NIL ? 1 : 0);

		if (step->refresh)
			locks = LOCKS_GRANTS + heaps * (LOCKS_REFRESHED_HEAP + 2 * (toast + indexes));
		else
			locks = heaps * (LOCKS_HEAP + toast + indexes);
	}

	/* what it reads, as far as that is not made in this transaction anyway */
	foreach(cell, node->parents)
	{
		if (!((GraphNode *) lfirst(cell))->filled)
			locks++;
	}
	return locks + 1;			/* of the version */
}

/*
 * BuildLocks
 *		See lock_budget.h.
 */
int64
BuildLocks(List *steps)
{
	int64		locks = 0;
	ListCell   *cell;

	foreach(cell, steps)
	{
		CHECK_FOR_INTERRUPTS();
		locks += build_locks((const BuildStep *) lfirst(cell));
	}
	return locks;
}

/*
 * locks_in_use
 *		How many locks the table holds now; our own count where we keep them.
 */
static int64
locks_in_use(bool own)
{
	LockData   *data = GetLockStatusData();
	int64		count = 0;
	int			i;

	for (i = 0; i < data->nelements; i++)
	{
		if (!data->locks[i].fastpath && (own || data->locks[i].pid != MyProcPid))
			count++;
	}
	return count;
}

/*
 * LockObstacle
 *		See lock_budget.h.
 */
ViewObstacle *
LockObstacle(int64 needed, const char *what, bool in_block, const char *instead)
{
	int64		room = capacity();
	int64		used;
	int64		setting;
	ViewObstacle *obstacle;

	needed += LOCKS_BASE;

	/* looking at the whole table would cost a small deployment too much */
	if (needed <= room / 4)
		return NULL;
	used = locks_in_use(in_block);
	if (needed + used <= room)
		return NULL;

	/* a twentieth more, for what others will hold then */
	setting = ((needed + used) * 21 / 20 + slots() - 1) / slots();
	setting = (setting + 7) / 8 * 8;
	obstacle = palloc0(sizeof(ViewObstacle));
	obstacle->sqlstate = ERRCODE_CONFIGURATION_LIMIT_EXCEEDED;
	obstacle->message = psprintf("%s needs about " INT64_FORMAT " locks in one transaction, and the server has room for " INT64_FORMAT,
								 what, needed, room);
	obstacle->detail = psprintf("%s In use now: " INT64_FORMAT ".",
								in_block ? "In a transaction block, whatever is made or changed stays locked to its end." :
								"Views that change together are locked together, so that nobody sees some of them changed and others not.",
								used);
	obstacle->hint = psprintf("Set max_locks_per_transaction to at least " INT64_FORMAT " and restart the server%s%s.",
							  setting,
							  in_block ? ", or make the call outside a transaction block" : "",
							  instead ? instead : "");
	return obstacle;
}
