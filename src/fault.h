/*-------------------------------------------------------------------------
 *
 * fault.h
 *	  Deliberate faults, for the tests of what must be found and survived.
 *
 * In a build with assertions there are two settings for them; in any other
 * build there is neither a setting nor a fault.
 *
 * vde.fault switches on a fault in the hashing, which the property test must
 * find: it leaves out what a version must not be without, where VDE_FAULT
 * with its name stands; test/property/faults.py has the list of names.
 *
 * vde.fault_point makes something happen at a named point, see fault_point.c.
 * VDE_POINT("what: done") stands wherever a crash, an error or a cancel must
 * leave nothing half done; nobody has a list of the names, since the setting
 * can be asked which points a call reaches.  A name is at one place only.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_FAULT_H
#define VDE_FAULT_H

#include "postgres.h"

#ifdef USE_ASSERT_CHECKING
extern char *VdeFault;			/* vde.fault; "" when not set */
extern char *VdeFaultPoint;		/* vde.fault_point; "" when not set */

extern void DefineFaultSettings(void);
extern void ReachPoint(const char *name);

#define VDE_FAULT(name) (VdeFault != NULL && strcmp(VdeFault, (name)) == 0)
#define VDE_POINT(name) \
	do { \
		if (VdeFaultPoint != NULL && VdeFaultPoint[0] != '\0') \
			ReachPoint(name); \
	} while (0)
#else
#define VDE_FAULT(name) false
#define VDE_POINT(name) ((void) 0)
#endif

#endif							/* VDE_FAULT_H */
