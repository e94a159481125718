/*-------------------------------------------------------------------------
 *
 * view_grants.h
 *	  Who may read the views of an environment: what the option "grants" says,
 *	  and what comes along from the environment that it was made from.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_VIEW_GRANTS_H
#define VDE_VIEW_GRANTS_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "environment.h"
#include "virtual_layer.h"

typedef struct ViewGrants ViewGrants;

/* Prepares for a list of ViewChange; lives in the current memory context. */
extern ViewGrants *BeginViewGrants(List *changes, int64 environment_id,
								   Oid environment_owner);

/*
 * Gives a schema that was made for the environment the USAGE that there is on
 * the base's schema for the same model.
 */
extern void CopySchemaUsage(const ViewGrants *grants, const ModelName *model,
							Oid schema);

/*
 * Makes the grants on the view what they are to be, after it has its owner.
 * place is that of the change in the list; old_owner is who owned the view
 * before, InvalidOid where there was none.
 */
extern void SetViewGrants(const ViewGrants *grants, int place, Oid viewid,
						  const ViewChange *change, Oid old_owner);

/* The view is gone. */
extern void ForgetViewGrants(const ViewGrants *grants, int place,
							 const ViewChange *change);

/* Roles that the option gives SELECT and that lack it, for people; or NULL. */
extern char *MissingViewGrants(const Environment *environment,
							   const ViewChange *change, Oid viewid);

#endif							/* VDE_VIEW_GRANTS_H */
