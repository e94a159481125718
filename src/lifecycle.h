/*-------------------------------------------------------------------------
 *
 * lifecycle.h
 *	  The beginning and the end of an environment.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_LIFECYCLE_H
#define VDE_LIFECYCLE_H

#include "postgres.h"

#include "environment.h"
#include "session.h"
#include "virtual_layer.h"

/* Makes the views of an environment that has none yet, in batches. */
extern void CompleteLayer(VdeSession *session, Environment *environment);

/* Drops views (ViewChange *), in batches. */
extern void DropViews(VdeSession *session, Environment *environment, List *views);

/* Locks that CompleteLayer would take in one transaction; 0 where it is made. */
extern int64 LayerLocks(const Environment *environment);

/* What keeps it from being dropped; NULL when nothing does. */
extern ViewObstacle *DropObstacle(const Environment *environment);

/*
 * Drops its views, its empty schemas and its rows; no table.  true if it did.
 *
 * Without wait, those who draft in it, or make another one from it, are not waited for.
 * With held, who reads a view, or has anything else of it locked, is not waited for
 * longer than a moment, and *held is then the error about him, else NULL.  When it returns false, the environment
 * is still there, maybe without some of its views.
 */
extern bool DropEnvironment(VdeSession *session, Environment *environment, bool wait,
							ErrorData **held);

#endif							/* VDE_LIFECYCLE_H */
