/*-------------------------------------------------------------------------
 *
 * withheld.h
 *	  Tables that owners of models may not read any more.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_WITHHELD_H
#define VDE_WITHHELD_H

#include "postgres.h"

#include "nodes/pg_list.h"

/* A role that may not read a version's table */
typedef struct Withheld
{
	int64		version_id;
	char	   *relation_name;
	Oid			role;
} Withheld;

/* Withheld * of all versions: nearly always none */
extern List *LoadWithheld(void);

/* Is a table, by its name, withheld from a role in such a list? */
extern bool IsInWithheld(List *withheld, const char *relation_name, Oid role);

/* Is a version's table withheld from a role? */
extern bool IsWithheld(int64 version_id, Oid role);

/* Takes a role's right to read a version's table, and notes that. */
extern void Withhold(int64 version_id, const char *relation_name, Oid role);

/* It may be read again, and nothing is granted yet. */
extern void ForgetWithheld(int64 version_id, Oid role);

#endif							/* VDE_WITHHELD_H */
