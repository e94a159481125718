/*-------------------------------------------------------------------------
 *
 * planned_draft.c
 *	  The drafts that a plan was made of, when it is carried out.
 *
 * Nobody is kept from drafting while a plan is being built, which may take
 * hours.  What comes of that is what would have come of one after the other:
 *
 * - A draft of another model, or another draft of the same one, is as if it had
 *	 been made after the apply.  It stays a draft.
 *
 * - A draft that was taken back must not be deployed: whoever did so was told
 *	 that it is gone, which it would not have been after the apply.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/hsearch.h"

#include "catalog.h"
#include "fault.h"
#include "model.h"
#include "planned_draft.h"

/*
 * RequireDrafts
 *		See planned_draft.h.
 *
 * In the order in which a sync writes them.
 */
void
RequireDrafts(const VdePlan *plan, bool kept)
{
	List	   *models = NIL;
	StringInfoData gone;
	uint64		rows;
	uint64		row;
	HTAB	   *left;
	HASHCTL		ctl;
	ListCell   *cell;

	foreach(cell, plan->graph->edits)
		models = lappend(models, CopyId(((const Edit *) lfirst(cell))->model_id));
	if (models == NIL)
		return;
	rows = CatalogWrite("SELECT d.model_id FROM vde.draft d JOIN vde.model m ON m.id = d.model_id "
						"WHERE d.environment_id = $1 AND d.model_id = ANY ($2) "
						"ORDER BY m.schema_name, m.model_name FOR UPDATE OF d", "lI",
						plan->environment->id, models);
	VDE_POINT("deploy: drafts locked");
	if (rows == list_length(models))
		return;

	ctl.keysize = ctl.entrysize = sizeof(int64);
	ctl.hcxt = CurrentMemoryContext;
	left = hash_create("vde drafts", rows + 1, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	for (row = 0; row < rows; row++)
	{
		int64		id = CatalogInt64(row, 1);

		(void) hash_search(left, &id, HASH_ENTER, NULL);
	}
	initStringInfo(&gone);
	foreach(cell, plan->graph->affected)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);

		if (node->edit != NULL && hash_search(left, &node->model_id, HASH_FIND, NULL) == NULL)
			appendStringInfo(&gone, "%s%s", gone.len > 0 ? ", " : "", QuoteModelName(&node->name));
	}
	ereport(ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("drafts of environment \"%s\" were taken back while they were applied",
					plan->environment->name),
			 errdetail("They are those of: %s.", gone.data),
			 errhint("The environment's views are as they were%s. Call it again to apply the other drafts.",
					 kept ? ", and what was built is kept" : "")));
}

/*
 * DeleteDrafts
 *		See planned_draft.h.
 */
void
DeleteDrafts(const VdePlan *plan)
{
	List	   *models = NIL;
	List	   *definitions = NIL;
	ListCell   *cell;

	foreach(cell, plan->graph->affected)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);

		if (node->edit == NULL)
			continue;
		models = lappend(models, CopyId(node->edit->model_id));
		definitions = lappend(definitions, CopyId(node->edit->definition_id));
	}
	CatalogWrite("DELETE FROM vde.draft d USING unnest($2, $3) AS u (m, n) "
				 "WHERE d.environment_id = $1 AND d.model_id = u.m AND d.definition_id IS NOT DISTINCT FROM NULLIF(u.n, 0)",
				 "lII", plan->environment->id, models, definitions);
}
