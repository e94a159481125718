/*-------------------------------------------------------------------------
 *
 * draft.h
 *	  What an environment is to have after its next apply.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_DRAFT_H
#define VDE_DRAFT_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "model.h"

/* Where drafts go, and who drafts */
typedef struct DraftTarget
{
	int64		environment_id;
	char	   *environment;
	Oid			caller;
} DraftTarget;

/* A model as an environment has it, and as it is to be */
typedef struct DraftState
{
	ModelName	name;
	int64		model_id;		/* 0: never registered anywhere */
	Definition *deployed;		/* NULL: the environment does not have it */
	bool		drafted;		/* is there a draft? */
	Definition *draft;			/* of the draft; NULL: to be removed */
} DraftState;

/* the definition after the next apply; NULL: none */
#define DraftStateNext(state) \
	((state)->drafted ? (state)->draft : (state)->deployed)

typedef enum DraftChange
{
	DRAFT_ADDED,
	DRAFT_MODIFIED,
	DRAFT_REMOVED,
	DRAFT_UNCHANGED,
} DraftChange;

/* DraftState * of every model that the environment has or drafts, by name */
extern List *LoadDraftStates(int64 environment_id);

/* the state of one model; never NULL */
extern DraftState *LoadDraftState(int64 environment_id, const ModelName *name);

/*
 * Name, kind and options are checked by the caller, before SessionBegin; the
 * rest of the definition is checked here, and its ids and owner filled in.
 * keep: where only the settings differ from what the environment has, it
 * keeps what it has.  Returns how the next state changes.
 */
extern DraftChange DraftDefinition(const DraftTarget *target,
								   const DraftState *state,
								   Definition *definition, bool keep);

/* The model is to go; DRAFT_UNCHANGED when it is not to be there anyway. */
extern DraftChange DraftRemoval(const DraftTarget *target,
								const DraftState *state);

#endif							/* VDE_DRAFT_H */
