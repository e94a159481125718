/*-------------------------------------------------------------------------
 *
 * outside.h
 *	  Relations outside of vde.  Part of analysis; other modules see only
 *	  analysis.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_OUTSIDE_H
#define VDE_OUTSIDE_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "model.h"

/* Is it a schema of the extension's own? */
extern bool IsExtensionSchema(const char *schema);

/* Does the view show something in vde_data? */
extern bool IsEnvironmentView(Oid relid);

/* Is it a kind of relation that a model can read: table or view, of any sort? */
extern bool IsReadableKind(char relkind);

/* a relation's columns, dropped ones included; 0 when it is gone */
extern int	OutsideColumnCount(Oid relid);

/* ModelColumn * of an external model, whose relation must agree */
extern List *ExternalColumns(const Definition *definition);

#endif							/* VDE_OUTSIDE_H */
