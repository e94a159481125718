/*-------------------------------------------------------------------------
 *
 * snapshot.h
 *	  Definitions, snapshots and versions as the catalog holds them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_SNAPSHOT_H
#define VDE_SNAPSHOT_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

#include "analysis.h"
#include "digest.h"
#include "fingerprint.h"
#include "model.h"

/* The identity of a physical table, and whether it is there */
typedef struct Version
{
	int64		id;				/* 0: not in the catalog yet */
	Digest		digest;
	char	   *relation_name;	/* in vde_data; NULL for kinds without one */
	bool		built;
	bool		emptied;		/* unlogged, and a crash has emptied it; or
								 * materialized, and restored without data */
	bool		refilled;		/* materialized, and by somebody else: what it
								 * holds is not what is noted */
	TimestampTz refreshed_at;	/* when its sources were last read; 0: never */
} Version;

typedef struct ModelSnapshot
{
	int64		id;				/* 0: not in the catalog yet */
	int64		definition_id;
	Version		version;
	List	   *columns;		/* ModelColumn * */
	char	   *row_hash;		/* as in Fingerprint, and so are the next */
	List	   *column_hashes;
	bool		chance;
	List	   *parts;
	char	   *metadata_hash;	/* 32 hex digits */
	char	   *declared_breaking;	/* part of the version: content hash of
									 * the definition declared so; NULL: none */
	char	   *private_call;	/* as in Fingerprint */
	char	   *private_environment;
} ModelSnapshot;

/* A model as one environment has it now */
typedef struct ModelState
{
	ModelName	name;
	int64		model_id;
	ModelSnapshot *snapshot;	/* NULL: the environment does not have it */
	Definition *definition;		/* of the snapshot */
} ModelState;

/* ModelState *: those of the given ids (List of int64 *) in an environment */
extern List *LoadModelStates(int64 environment_id, List *model_ids);

/* the model of that name, or NULL when it was never registered */
extern ModelState *LoadModelState(int64 environment_id, const ModelName *name);

/* ModelState * of snapshots (List of int64 *), whatever points at them */
extern List *LoadSnapshots(List *snapshot_ids);

/* Dependency * of a snapshot, as they were when it was taken or last looked at */
extern List *LoadDependencies(int64 snapshot_id);

/* Definition * of the given ids (List of int64 *) */
extern List *LoadDefinitions(List *definition_ids);

/* Fills version from the catalog, if a version of both hashes is there. */
extern void LookUpVersion(const ModelName *name, ModelKind kind,
						  const Digest *digest, Version *version);

/*
 * Notes that a version's relation was filled; writes its row, if there is none
 * yet, and its id into version.  rows -1: it holds none; content_hash "":
 * unknown.
 */
extern void SaveVersionFilled(int64 model_id, Version *version,
							  TimestampTz read_at, int64 rows,
							  const char *content_hash, double seconds,
							  Oid built_by);

/*
 * Writes a snapshot with its parents (List of int64 * model ids), its
 * dependencies and its lineage (LineageEdge *), unless that definition has one
 * of that version; returns its id.  declared_breaking: as in ModelSnapshot.
 */
extern int64 SaveSnapshot(const Definition *definition, Version *version,
						  const Fingerprint *fingerprint,
						  const char *declared_breaking, List *columns,
						  List *parent_ids, List *lineage);

#endif							/* VDE_SNAPSHOT_H */
