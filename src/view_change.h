/*-------------------------------------------------------------------------
 *
 * view_change.h
 *	  One change of a view, carried out.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_VIEW_CHANGE_H
#define VDE_VIEW_CHANGE_H

#include "postgres.h"

#include "view_check.h"
#include "view_grants.h"

/*
 * Does what an examined state says.  place: of the change among those that the
 * grants are for.  The view's owner may read the relation behind it already.
 */
extern void CarryOutViewChange(ViewState *state, const ViewGrants *grants, int place,
							   Oid environment_owner);

#endif							/* VDE_VIEW_CHANGE_H */
