/*-------------------------------------------------------------------------
 *
 * physical_view.h
 *	  Views of versions that do not show any more what their queries name.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_PHYSICAL_VIEW_H
#define VDE_PHYSICAL_VIEW_H

#include "postgres.h"

#include "nodes/parsenodes.h"

#include "model.h"

/* Ids (int64 *) of the versions of an environment whose views do not */
extern List *MisledViews(int64 environment_id);

/* Is a version's one of them? */
extern bool ViewIsMisled(int64 version_id);

/*
 * Binds the view of a version to what its query, which is bound, names now;
 * readers wait for a moment.
 */
extern void RebindPhysicalView(const Definition *definition, const Query *query,
							   const char *relation_name);

#endif							/* VDE_PHYSICAL_VIEW_H */
