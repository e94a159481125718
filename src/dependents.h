/*-------------------------------------------------------------------------
 *
 * dependents.h
 *	  What stands on a view, or in a schema, that vde did not make.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_DEPENDENTS_H
#define VDE_DEPENDENTS_H

#include "postgres.h"

/*
 * Everything that would be lost with the view, or keeps it from being
 * dropped: one description a line, or NULL when there is nothing.
 */
extern char *ViewDependents(Oid viewid);

/* The same for what is in a schema. */
extern char *SchemaContents(Oid schemaid);

#endif							/* VDE_DEPENDENTS_H */
