/*-------------------------------------------------------------------------
 *
 * redirect.h
 *	  Queries that name prod's views read those of vde.environment.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_REDIRECT_H
#define VDE_REDIRECT_H

/* Sets the hook; called once. */
extern void InstallRedirection(void);

#endif							/* VDE_REDIRECT_H */
