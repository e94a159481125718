/*-------------------------------------------------------------------------
 *
 * withheld.c
 *	  Tables that owners of models may not read any more, although models of
 *	  theirs have that version: when somebody else filled the table, they could
 *	  not have done that themselves.
 *
 * Invariants
 *
 * - While there is such a row, nothing grants the table to the role: a swap
 *	 asks for it, whatever the deployment is.
 *
 * - The row goes, and the right comes back, only after a check that the role
 *	 could build the table (table_reader.c, node_access.c).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "catalog.h"
#include "physical.h"
#include "withheld.h"

/*
 * LoadWithheld
 *		See withheld.h.
 */
List *
LoadWithheld(void)
{
	List	   *list = NIL;
	uint64		rows;
	uint64		row;

	rows = CatalogRead("SELECT w.version_id, v.relation_name, w.owner::pg_catalog.oid "
					   "FROM vde.withheld w JOIN vde.version v ON v.id = w.version_id", "");
	for (row = 0; row < rows; row++)
	{
		Withheld   *withheld = palloc(sizeof(Withheld));

		withheld->version_id = CatalogInt64(row, 1);
		withheld->relation_name = CatalogText(row, 2);
		withheld->role = CatalogOid(row, 3);
		list = lappend(list, withheld);
	}
	return list;
}

/*
 * IsInWithheld
 *		See withheld.h.
 */
bool
IsInWithheld(List *withheld, const char *relation_name, Oid role)
{
	ListCell   *cell;

	foreach(cell, withheld)
	{
		const Withheld *one = (const Withheld *) lfirst(cell);

		if (one->role == role && one->relation_name != NULL &&
			strcmp(one->relation_name, relation_name) == 0)
			return true;
	}
	return false;
}

/*
 * IsWithheld
 *		See withheld.h.
 */
bool
IsWithheld(int64 version_id, Oid role)
{
	return CatalogRead("SELECT FROM vde.withheld WHERE version_id = $1 AND owner::pg_catalog.oid = $2::pg_catalog.oid", "lr",
					   version_id, role) > 0;
}

/*
 * Withhold
 *		See withheld.h.
 */
void
Withhold(int64 version_id, const char *relation_name, Oid role)
{
	Oid			relid = PhysicalRelation(relation_name);

	CatalogWrite("INSERT INTO vde.withheld (version_id, owner, withheld_at) VALUES ($1, $2, $3) "
				 "ON CONFLICT DO NOTHING", "lrz", version_id, role, GetCurrentTimestamp());
	if (OidIsValid(relid))
		RevokePhysical(relid, role);
}

/*
 * ForgetWithheld
 *		See withheld.h.
 */
void
ForgetWithheld(int64 version_id, Oid role)
{
	CatalogWrite("DELETE FROM vde.withheld WHERE version_id = $1 AND owner::pg_catalog.oid = $2::pg_catalog.oid", "lr",
				 version_id, role);
}
