/*-------------------------------------------------------------------------
 *
 * session.h
 *	  Whose rights are in force, and where a transaction ends.
 *
 * Three identities, never mixed: the caller, who is asked for permission; the
 * extension's owner, who writes the catalog and makes relations; and a
 * model's owner, who runs the model's query.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_SESSION_H
#define VDE_SESSION_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "utils/jsonb.h"

typedef struct VdeSession
{
	Oid			caller;			/* who called the function */
	Oid			extension_owner;
	bool		atomic;			/* inside the caller's transaction block */
	bool		committed;		/* what the caller's transaction had done */
	int			saved_context;	/* security context of the caller */
	int			guc_level;
	int			outer_calls;	/* those at work that this one is made by */
	TimestampTz started;
} VdeSession;

/*
 * Every public function begins and ends so: connects to SPI, becomes the
 * extension's owner with search_path = pg_catalog, pg_temp.  fcinfo tells
 * whether a CALL may commit; pass NULL for a function.  An error unwinds all
 * of it by itself.
 */
extern void SessionBegin(VdeSession *session, FunctionCallInfo fcinfo);
extern void SessionEnd(VdeSession *session);

/* Who called the function that is at work, the innermost where one runs another */
extern Oid	SessionCaller(void);

/* Error on a standby */
extern void RefuseOnStandby(void);

/*
 * Error on a standby, and in a read-only transaction: whatever writes says so,
 * before it does anything.  call: what is refused, in the error's words.
 */
extern void RequireWritable(const char *call);

/* Commits what was done so far, outside a transaction block; else nothing. */
extern void SessionCommit(VdeSession *session);

/* The same for a build, which need not be on disk before the swap is. */
extern void SessionCommitBuild(VdeSession *session);

/*
 * For a transaction that has just begun, one of several that a call is made
 * of: it must see what the one before, or a worker, has committed.  What may
 * not happen between them is kept off by locks, not by snapshots.
 */
extern void UseReadCommitted(void);

/*
 * Up to when a query that is run now knows what it reads, at least.  Calls of
 * one transaction that has one snapshot come one after another.
 */
extern TimestampTz SourcesReadAt(void);

/*
 * Runs what follows as a model's owner: security-restricted, read-only if
 * asked, with the definition's settings.
 */
typedef struct RunAs
{
	Oid			saved_user;
	int			saved_context;
	int			guc_level;
	bool		saved_read_only;
	bool		has_settings;
} RunAs;

extern void RunAsBegin(RunAs *state, Oid role, Jsonb *settings, bool read_only);
extern void RunAsEnd(RunAs *state);

/* The powerless role that owns physical tables; checks that it is so. */
extern Oid	StorageRole(void);

#endif							/* VDE_SESSION_H */
