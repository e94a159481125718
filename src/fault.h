/*-------------------------------------------------------------------------
 *
 * fault.h
 *	  Deliberate faults in the hashing, which the property test must find.
 *
 * In a build with assertions the setting vde.fault switches one of them on;
 * in any other build there is neither the setting nor a fault.  A fault leaves
 * out what a version must not be without, where VDE_FAULT with its name
 * stands; test/property/faults.py has the list of names.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_FAULT_H
#define VDE_FAULT_H

#include "postgres.h"

#ifdef USE_ASSERT_CHECKING
extern char *VdeFault;			/* vde.fault; "" when not set */

#define VDE_FAULT(name) (VdeFault != NULL && strcmp(VdeFault, (name)) == 0)
#else
#define VDE_FAULT(name) false
#endif

#endif							/* VDE_FAULT_H */
