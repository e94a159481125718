/*-------------------------------------------------------------------------
 *
 * virtual_schema.h
 *	  Which environment a schema was made for.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_VIRTUAL_SCHEMA_H
#define VDE_VIRTUAL_SCHEMA_H

#include "postgres.h"

/*
 * The schema of that name, if it belongs to the extension; InvalidOid where
 * the extension is not created, whatever the schemas there are named.
 */
extern Oid	ExtensionSchema(const char *name);

/*
 * The environment whose schema that is, NULL if vde made it for none.  The
 * result stays valid until catalogs are looked at again.
 */
extern const char *SchemaEnvironment(Oid namespace);

/* The same for one other than prod: schema shop__dev of environment dev. */
extern const char *SuffixedSchemaEnvironment(Oid namespace);

/* Forgets what was looked up. */
extern void ForgetSchemaEnvironments(void);

#endif							/* VDE_VIRTUAL_SCHEMA_H */
