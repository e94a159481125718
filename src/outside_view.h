/*-------------------------------------------------------------------------
 *
 * outside_view.h
 *	  Views outside of vde that read models' views.  Part of analysis; other
 *	  modules see only analysis.h, and the first of these.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_OUTSIDE_VIEW_H
#define VDE_OUTSIDE_VIEW_H

#include "postgres.h"

#include "utils/queryenvironment.h"

#include "analysis.h"

/*
 * Views of the virtual layer (List of Oid, distinct) that a relation reads,
 * directly or through further views.  NIL for what is no view, and for a view
 * of the virtual layer itself.
 */
extern List *ModelViewsRead(Oid relid);

/* Refuses a view that reads another environment's view of a model. */
extern void CheckForeignEnvironment(const Definition *definition,
									const char *view, const char *schema,
									const char *name, int location);

/*
 * Puts the queries of such views in their place in model->query, with the
 * models that they read as ephemeral relations.  The model owner's identity
 * must be in force.
 */
extern void LookThroughViews(AnalyzedModel *model, const Definition *definition,
							 const ParsedModel *parsed,
							 QueryEnvironment *environment);

/* Refuses a model to be stored that would need another role's rights. */
extern void CheckBorrowedRights(const AnalyzedModel *model,
								const Definition *definition);

#endif							/* VDE_OUTSIDE_VIEW_H */
