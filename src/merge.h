/*-------------------------------------------------------------------------
 *
 * merge.h
 *	  Three-way merge of definitions: source against common base against
 *	  target, as git does.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_MERGE_H
#define VDE_MERGE_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "environment.h"
#include "model.h"

/* A model that both sides changed, differently */
typedef struct MergeConflict
{
	ModelName	name;
	Oid			source_author;	/* who registered each side; InvalidOid:
								 * removed */
	Oid			target_author;
} MergeConflict;

typedef struct Merge
{
	List	   *edits;			/* Edit *: what the target takes */
	List	   *merged;			/* int64 *: model ids that are common now */
	List	   *conflicts;		/* MergeConflict * */
} Merge;

/*
 * models: char * of models to take, with the changed models that they read;
 * NIL for all.  force: the source wins a conflict (which is then no conflict).
 */
extern Merge *MergeEnvironments(const Environment *source,
								const Environment *target,
								List *models, bool force);

/* Records the merged state as the common base of the two. */
extern void SaveMergeBase(const Environment *source, const Environment *target,
						  const Merge *merge, int64 deployment);

#endif							/* VDE_MERGE_H */
