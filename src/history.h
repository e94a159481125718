/*-------------------------------------------------------------------------
 *
 * history.h
 *	  The tree of an environment's states.
 *
 * Each deployment but a rollback is a state, made on its parent; a rollback
 * goes back to one.  A state's pointers follow from the pointers now by
 * undoing and redoing the changes on the way to it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_HISTORY_H
#define VDE_HISTORY_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "environment.h"

/* A pointer that differs between two states of an environment */
typedef struct PointerChange
{
	int64		model_id;
	int64		old_snapshot_id;	/* 0: not there */
	int64		new_snapshot_id;	/* 0: to go */
} PointerChange;

/* The state that a rollback without a number goes back to; 0: none. */
extern int64 PreviousState(const Environment *environment);

/*
 * What must change (PointerChange *) for the environment to be in the state
 * of that deployment.  Error when it is not one of its states.
 */
extern List *ChangesToState(const Environment *environment, int64 deployment);

/* Is a state the environment's current one, or one it descends from? */
extern bool StateIsInForce(const Environment *environment, int64 deployment);

/* Writes base's pointers as they were at that deployment as a new environment's. */
extern void CopyPointersAt(int64 environment_id, const Environment *base,
						   int64 deployment);

#endif							/* VDE_HISTORY_H */
