/*-------------------------------------------------------------------------
 *
 * update.h
 *	  The library and the SQL objects of the extension are of one version.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_UPDATE_H
#define VDE_UPDATE_H

#include "postgres.h"

/*
 * Error, with what to do, where the database has the extension in another
 * version than that of this library.  Called by SessionBegin.
 */
extern void CheckExtensionVersion(void);

#endif							/* VDE_UPDATE_H */
