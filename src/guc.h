/*-------------------------------------------------------------------------
 *
 * guc.h
 *	  The extension's settings.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_GUC_H
#define VDE_GUC_H

#include "postgres.h"

#include "nodes/pg_list.h"

extern char *VdeEnvironment;	/* vde.environment; "" when not set */
extern char *VdeProtected;		/* vde.protected */
extern int	VdeLockTimeout;		/* vde.lock_timeout, ms; 0: wait forever */
extern int	VdeMaxWorkers;		/* vde.max_workers */
extern int	VdeRetention;		/* vde.retention, seconds */

extern void DefineSettings(void);

/* Is the environment one that drafts reach only with a confirmation? */
extern bool EnvironmentIsProtected(const char *environment);

#endif							/* VDE_GUC_H */
