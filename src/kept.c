/*-------------------------------------------------------------------------
 *
 * kept.c
 *	  Models that keep what they have although what they read has moved,
 *	  because somebody declared that to be of no concern to them.
 *
 * Such a model's version is another one than a computation over its parents
 * gives.  So it cannot be refreshed as it is, and it must be known for what it
 * is as long as it is that.
 *
 * Invariants
 *
 * - A deployment writes for each model that it keeps one row per parent.  They
 *	 are in force while the environment has that snapshot of the model and just
 *	 these versions of all the parents.  A parent does not move without the
 *	 model being computed again, so one that is kept always has such rows; and
 *	 a rollback brings them back into force, as nothing deletes them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog.h"
#include "kept.h"

/*
 * Of the rows k that a deployment of the environment "owner" wrote, as its
 * parameter, those that are in force with the pointers of the environment $1.
 */
#define KEPT_IN_FORCE(owner) \
	"JOIN vde.pointer p ON p.environment_id = $1 AND p.model_id = k.model_id AND p.snapshot_id = k.snapshot_id " \
	"WHERE k.environment_id = " owner " AND NOT EXISTS (SELECT FROM vde.kept o " \
	"  LEFT JOIN (vde.pointer op JOIN vde.snapshot os ON os.id = op.snapshot_id) " \
	"    ON op.environment_id = $1 AND op.model_id = o.parent_model_id " \
	"  WHERE o.environment_id = " owner " AND o.deployment_id = k.deployment_id AND o.model_id = k.model_id " \
	"  AND os.version_id IS DISTINCT FROM o.parent_version_id) "

/*
 * LoadKept
 *		See kept.h.
 */
List *
LoadKept(int64 environment_id)
{
	List	   *kept = NIL;
	uint64		rows;
	uint64		row;

	rows = CatalogRead("SELECT DISTINCT ON (k.model_id) k.model_id, k.would_be, k.because "
					   "FROM vde.kept k " KEPT_IN_FORCE("$1")
					   "ORDER BY k.model_id, k.deployment_id DESC", "l", environment_id);
	for (row = 0; row < rows; row++)
	{
		KeptModel  *model = palloc(sizeof(KeptModel));

		model->model_id = CatalogInt64(row, 1);
		model->would_be = CatalogText(row, 2);
		model->because = CatalogTextArray(row, 3);
		kept = lappend(kept, model);
	}
	return kept;
}

/*
 * FindKept
 *		See kept.h.  The list is in the order of ids.
 */
KeptModel *
FindKept(List *kept, int64 model_id)
{
	int			low = 0;
	int			high = list_length(kept);

	while (low < high)
	{
		int			middle = low + (high - low) / 2;
		KeptModel  *model = (KeptModel *) list_nth(kept, middle);

		if (model->model_id == model_id)
			return model;
		if (model->model_id < model_id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/*
 * SaveKept
 *		See kept.h.
 */
void
SaveKept(int64 environment_id, int64 deployment_id, int64 model_id,
		 int64 snapshot_id, const char *would_be, List *because)
{
	CatalogWrite("INSERT INTO vde.kept (environment_id, deployment_id, model_id, snapshot_id, "
				 "parent_model_id, parent_version_id, would_be, because) "
				 "SELECT $1, $2, $3, $4, p.model_id, s.version_id, $5, $6 "
				 "FROM vde.snapshot_parent sp "
				 "JOIN vde.pointer p ON p.environment_id = $1 AND p.model_id = sp.parent_model_id "
				 "JOIN vde.snapshot s ON s.id = p.snapshot_id "
				 "WHERE sp.snapshot_id = $4", "lllltT",
				 environment_id, deployment_id, model_id, snapshot_id, would_be, because);
}

/*
 * InheritKept
 *		See kept.h.  The pointers may be those of any of base's states.
 */
void
InheritKept(int64 environment_id, int64 deployment_id, int64 base_id)
{
	CatalogWrite("WITH latest AS (SELECT k.model_id, max(k.deployment_id) AS deployment_id "
				 "  FROM vde.kept k " KEPT_IN_FORCE("$3")
				 "  GROUP BY k.model_id) "
				 "INSERT INTO vde.kept (environment_id, deployment_id, model_id, snapshot_id, "
				 "parent_model_id, parent_version_id, would_be, because) "
				 "SELECT $1, $2, k.model_id, k.snapshot_id, k.parent_model_id, k.parent_version_id, k.would_be, k.because "
				 "FROM vde.kept k JOIN latest l ON l.model_id = k.model_id AND l.deployment_id = k.deployment_id "
				 "WHERE k.environment_id = $3", "lll", environment_id, deployment_id, base_id);
}
