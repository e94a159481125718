/*-------------------------------------------------------------------------
 *
 * kept.h
 *	  Models that keep what they have although what they read has moved.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_KEPT_H
#define VDE_KEPT_H

#include "postgres.h"

#include "nodes/pg_list.h"

typedef struct KeptModel
{
	int64		model_id;
	char	   *would_be;		/* SHA-256 of the version that a computation
								 * gives */
	List	   *because;		/* char *: names of the models whose changes
								 * were declared non_breaking */
} KeptModel;

/* KeptModel * of what an environment keeps in the state that it is in, by id */
extern List *LoadKept(int64 environment_id);

/* The one of that model in such a list, or NULL */
extern KeptModel *FindKept(List *kept, int64 model_id);

/* Writes down that a deployment, whose pointers have moved, keeps a model. */
extern void SaveKept(int64 environment_id, int64 deployment_id,
					 int64 model_id, int64 snapshot_id,
					 const char *would_be, List *because);

/* A new environment keeps what its pointers keep in the one they are from. */
extern void InheritKept(int64 environment_id, int64 deployment_id, int64 base_id);

#endif							/* VDE_KEPT_H */
