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
 * Drops its views, its empty schemas and its rows; no table.  false, only without
 * wait: somebody drafts in it, or makes another one from it, and it is still there,
 * if not whole.
 */
extern bool DropEnvironment(VdeSession *session, Environment *environment, bool wait);

#endif							/* VDE_LIFECYCLE_H */
