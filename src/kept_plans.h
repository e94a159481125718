/*-------------------------------------------------------------------------
 *
 * kept_plans.h
 *	  Kept plans, and the settings that they were made under.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_KEPT_PLANS_H
#define VDE_KEPT_PLANS_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/*
 * Code that runs from here on has the settings that are known by this number,
 * other ones than before or not: see ApplySettings.  Ends with LeaveSettings,
 * or with the (sub)transaction.
 */
extern void EnterSettings(uint64 settings, bool others);
extern void LeaveSettings(void);

/* Before code of users may run: kept plans are of the settings in force. */
extern void CheckKeptPlans(void);

/* Somebody's SET or RESET is about to be carried out. */
extern void NoteSet(const VariableSetStmt *statement);

/* Is such a function's SET clause one that matters?  It is in force, or over. */
extern void NoteFunction(Oid function);

/* Called once, when the library is loaded. */
extern void InstallKeptPlans(void);

#endif							/* VDE_KEPT_PLANS_H */
