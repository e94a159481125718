/*-------------------------------------------------------------------------
 *
 * set_schema.h
 *	  ALTER EXTENSION vde SET SCHEMA.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_SET_SCHEMA_H
#define VDE_SET_SCHEMA_H

/* Sets the hook; called once. */
extern void InstallSetSchema(void);

#endif							/* VDE_SET_SCHEMA_H */
