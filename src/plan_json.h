/*-------------------------------------------------------------------------
 *
 * plan_json.h
 *	  A plan as one JSON object.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_PLAN_JSON_H
#define VDE_PLAN_JSON_H

#include "postgres.h"

#include "analysis.h"
#include "plan.h"

/* caller: who may see only what they may of seeds */
extern char *PlanJson(const VdePlan *plan, Oid caller);

/* a role's name, also when it is gone */
extern const char *PlanRoleName(Oid role);

/* what a query calls a relation that is missing */
extern const char *PlanReferenceName(const ModelReference *reference);

#endif							/* VDE_PLAN_JSON_H */
