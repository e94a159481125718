/*-------------------------------------------------------------------------
 *
 * check.h
 *	  vde_check: the catalog against reality.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_CHECK_H
#define VDE_CHECK_H

#include "postgres.h"

#include "nodes/execnodes.h"
#include "nodes/pg_list.h"

#include "session.h"

/* How many versions or pointers are looked at together */
#define CHECK_BATCH		500

/* the remedy of what the check itself mends */
#define REMEDY_REPAIR	"SELECT * FROM vde_check(true)"

typedef struct Check
{
	ReturnSetInfo *result;
	const VdeSession *session;
	bool		repair;
} Check;

/* One difference; the strings are copied when it is reported */
typedef struct Problem
{
	const char *environment;	/* NULL: none in particular */
	const char *object;
	const char *problem;		/* a word for programs, as wrong_owner */
	const char *detail;			/* a sentence for people */
	const char *remedy;			/* what to do; NULL once it is repaired */
	List	   *roles;			/* OIDs: whose members see it, besides
								 * superusers */
	bool		repaired;
} Problem;

/* Is the caller a superuser, or a member of one of the roles? */
extern bool CheckMayAct(const Check *check, List *roles);

/* Adds a row to the result, if the caller may see it. */
extern void ReportProblem(Check *check, const Problem *problem);

/*
 * A problem from a row of a CatalogRead that begins with these columns:
 * environment, object, problem, detail, remedy, roles (text[] of OIDs).
 */
extern Problem *ReadProblem(uint64 row);

/* Reports all rows of such a CatalogRead. */
extern void ReportRows(Check *check, uint64 rows);

/* text[] of OIDs in a result of CatalogRead */
extern List *CheckOids(uint64 row, int column);

/* check_physical.c: the relations of versions in vde_data */
extern void CheckPhysical(Check *check);

/* check_layer.c: the views of environments and their schemas */
extern void CheckLayer(Check *check);

/* check_catalog.c: roles, privileges, and the catalog in itself */
extern void CheckCatalog(Check *check);

#endif							/* VDE_CHECK_H */
