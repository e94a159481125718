/*-------------------------------------------------------------------------
 *
 * redirect_zone.h
 *	  Where queries are redirected to vde.environment, and where not.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_REDIRECT_ZONE_H
#define VDE_REDIRECT_ZONE_H

#include "postgres.h"

/* Does vde.environment name an environment other than prod? */
extern bool RedirectionOn;

/* vde.environment gets a new value: its assign hook */
extern void AssignRedirection(const char *environment, void *extra);

/* Are we where nothing is redirected?  Asked only while RedirectionOn. */
extern bool InPlainZone(void);

/* Is that because a command may store the query? */
extern bool InStoringCommand(void);

/* What analysis has done since, for the plans that are kept of it */
extern void NoteRedirectedQuery(void);
extern void NotePlainQuery(void);

/* Every kept plan is made anew, from the analysis on, when it is used next. */
extern void ForgetPlans(void);

/*
 * To be called after whatever may have moved us from one zone to the other:
 * forgets plans that were made in the other one.  Costs a test while the
 * setting is empty.
 */
extern void CheckRedirectionZone(void);

/*
 * What vde reads by the names of views itself is not redirected.  An error
 * must be caught in between: PG_TRY, and EndPlainZone in PG_FINALLY.
 */
extern void BeginPlainZone(void);
extern void EndPlainZone(void);

/* Sets the hooks; called once. */
extern void InstallRedirectionZones(void);

#endif							/* VDE_REDIRECT_ZONE_H */
