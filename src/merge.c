/*-------------------------------------------------------------------------
 *
 * merge.c
 *	  Three-way merge of definitions: source against common base against
 *	  target, as git does.
 *
 * The common base of a model is what the last promote between the two left
 * them with, in either direction, as long as the target of that promote still
 * stands on it (a rollback brings the base before it back; a rollback of its
 * source is a change of the source's, as any other); without one, what
 * the younger environment started from.  Where neither started from the other,
 * what the target does not have is new to it, whatever the source started from.
 *
 * Definitions are merged, not snapshots: what a model becomes in the target
 * depends on the target's parents, and is computed there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/hsearch.h"

#include "catalog.h"
#include "graph.h"
#include "history.h"
#include "merge.h"
#include "snapshot.h"

/* One model and its three sides; ids of definitions, 0: not there */
typedef struct MergeSide
{
	int64		model_id;		/* hash key */
	ModelName	name;
	int64		source;
	int64		target;
	int64		base;
	int64		source_snapshot;
	Oid			source_author;
	Oid			target_author;
	bool		wanted;
} MergeSide;

#define SIDE_COLUMNS \
	"m.id, m.schema_name, m.model_name, sd.id, td.id, sp.snapshot_id, " \
	"sd.created_by::pg_catalog.oid, td.created_by::pg_catalog.oid"

#define SIDE_JOINS \
	"LEFT JOIN vde.pointer sp ON sp.environment_id = $1 AND sp.model_id = m.id " \
	"LEFT JOIN vde.snapshot ss ON ss.id = sp.snapshot_id " \
	"LEFT JOIN vde.definition sd ON sd.id = ss.definition_id " \
	"LEFT JOIN vde.pointer tp ON tp.environment_id = $2 AND tp.model_id = m.id " \
	"LEFT JOIN vde.snapshot ts ON ts.id = tp.snapshot_id " \
	"LEFT JOIN vde.definition td ON td.id = ts.definition_id "

/*
 * read_sides
 *		Rows of SIDE_COLUMNS and the base's definition, into the table.
 */
static void
read_sides(HTAB *sides, uint64 rows)
{
	uint64		row;

	for (row = 0; row < rows; row++)
	{
		int64		model_id = CatalogInt64(row, 1);
		MergeSide  *side = hash_search(sides, &model_id, HASH_ENTER, NULL);

		memset(side, 0, sizeof(MergeSide));
		side->model_id = model_id;
		side->name.schema = CatalogText(row, 2);
		side->name.name = CatalogText(row, 3);
		side->source = CatalogInt64(row, 4);
		side->target = CatalogInt64(row, 5);
		side->source_snapshot = CatalogInt64(row, 6);
		side->source_author = CatalogOid(row, 7);
		side->target_author = CatalogOid(row, 8);
		side->base = CatalogInt64(row, 9);
	}
}

/*
 * read_merge_bases
 *		Overwrites the base of models that were promoted between the two.
 */
static void
read_merge_bases(HTAB *sides, const Environment *source, const Environment *target)
{
	typedef struct BaseRow
	{
		int64		model_id;
		int64		deployment;
		bool		onto_target;
		int64		definition;
	} BaseRow;
	BaseRow    *bases;
	uint64		rows;
	uint64		row;
	int64		checked = 0;
	int64		settled = 0;
	bool		in_force = false;

	rows = CatalogRead("SELECT b.model_id, b.deployment_id, b.target_id = $2, s.definition_id "
					   "FROM vde.merge_base b LEFT JOIN vde.snapshot s ON s.id = b.snapshot_id "
					   "WHERE (b.source_id = $1 AND b.target_id = $2) OR (b.source_id = $2 AND b.target_id = $1) "
					   "ORDER BY b.model_id, b.deployment_id DESC", "ll", source->id, target->id);
	bases = palloc(sizeof(BaseRow) * Max(rows, 1));
	for (row = 0; row < rows; row++)
	{
		bases[row].model_id = CatalogInt64(row, 1);
		bases[row].deployment = CatalogInt64(row, 2);
		bases[row].onto_target = CatalogBool(row, 3);
		bases[row].definition = CatalogInt64(row, 4);
	}
	for (row = 0; row < rows; row++)
	{
		MergeSide  *side;

		if (bases[row].model_id == settled)
			continue;
		if (bases[row].deployment != checked)
		{
			in_force = StateIsInForce(bases[row].onto_target ? target : source,
									  bases[row].deployment);
			checked = bases[row].deployment;
		}
		if (!in_force)
			continue;
		settled = bases[row].model_id;
		side = hash_search(sides, &settled, HASH_FIND, NULL);
		if (side != NULL)
			side->base = bases[row].definition;
	}
}

/*
 * want
 *		Marks a model and the changed models that it reads.
 */
static void
want(HTAB *sides, MergeSide *first)
{
	List	   *front = list_make1(first);

	first->wanted = true;
	while (front != NIL)
	{
		MergeSide  *side = (MergeSide *) linitial(front);
		uint64		rows;
		uint64		row;

		front = list_delete_first(front);
		if (side->source_snapshot == 0)
			continue;
		rows = CatalogRead("SELECT parent_model_id FROM vde.snapshot_parent WHERE snapshot_id = $1", "l",
						   side->source_snapshot);
		for (row = 0; row < rows; row++)
		{
			int64		id = CatalogInt64(row, 1);
			MergeSide  *parent = hash_search(sides, &id, HASH_FIND, NULL);

			if (parent != NULL && !parent->wanted)
			{
				parent->wanted = true;
				front = lappend(front, parent);
			}
		}
	}
}

/*
 * want_models
 *		Marks what the argument models asks for.
 */
static void
want_models(HTAB *sides, const Environment *source, List *models)
{
	ListCell   *cell;

	foreach(cell, models)
	{
		ModelName	name = ParseModelName((char *) lfirst(cell));
		HASH_SEQ_STATUS status;
		MergeSide  *side;
		MergeSide  *match = NULL;

		hash_seq_init(&status, sides);
		while ((side = hash_seq_search(&status)) != NULL)
		{
			if (ModelNameEquals(&side->name, &name))
				match = side;
		}
		if (match != NULL)
			want(sides, match);
		else if (CatalogRead("SELECT FROM vde.pointer p JOIN vde.model m ON m.id = p.model_id "
							 "WHERE p.environment_id = $1 AND m.schema_name = $2 AND m.model_name = $3", "lnn",
							 source->id, name.schema, name.name) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("environment \"%s\" has no model \"%s\"", source->name,
							QuoteModelName(&name)),
					 errhint("The view vde_models lists them.")));
	}
}

/*
 * compare_edits
 *		By model, so that a plan does not depend on a hash table's order.
 */
static int
compare_edits(const ListCell *a, const ListCell *b)
{
	int64		left = ((const Edit *) lfirst(a))->model_id;
	int64		right = ((const Edit *) lfirst(b))->model_id;

	return left < right ? -1 : left > right;
}

/*
 * merge_candidates
 *		Models (List of int64 * ids) that source and target may differ in: what
 *		source changed since it started, or, of a target that was made from it,
 *		since that started.  Of two that are strangers, also what the target
 *		never had.  What was promoted between them before counts, too: it may
 *		have gone back to where it started since.
 */
static List *
merge_candidates(const Environment *source, const Environment *target,
				 bool from_source, bool unrelated)
{
	List	   *ids = NIL;
	uint64		rows;
	uint64		row;

	if (from_source)
		rows = CatalogRead("SELECT COALESCE(sp.model_id, tp.model_id) "
						   "FROM (SELECT model_id, snapshot_id FROM vde.pointer WHERE environment_id = $1) sp "
						   "FULL JOIN (SELECT model_id, base_snapshot_id FROM vde.pointer WHERE environment_id = $2) tp "
						   "  ON tp.model_id = sp.model_id "
						   "WHERE sp.snapshot_id IS DISTINCT FROM tp.base_snapshot_id "
						   "UNION SELECT model_id FROM vde.merge_base "
						   "WHERE (source_id = $1 AND target_id = $2) OR (source_id = $2 AND target_id = $1)", "ll",
						   source->id, target->id);
	else
		rows = CatalogRead("SELECT model_id FROM vde.pointer "
						   "WHERE environment_id = $1 AND snapshot_id IS DISTINCT FROM base_snapshot_id "
						   "UNION SELECT c.model_id FROM vde.pointer c "
						   "WHERE $3 AND c.environment_id = $1 AND NOT EXISTS "
						   "  (SELECT FROM vde.pointer tp WHERE tp.environment_id = $2 AND tp.model_id = c.model_id) "
						   "UNION SELECT model_id FROM vde.merge_base "
						   "WHERE (source_id = $1 AND target_id = $2) OR (source_id = $2 AND target_id = $1)", "llb",
						   source->id, target->id, (int) unrelated);
	for (row = 0; row < rows; row++)
		ids = lappend(ids, CopyId(CatalogInt64(row, 1)));
	return ids;
}

/*
 * MergeEnvironments
 *		See merge.h.  Costs what the two changed, not what they have, unless
 *		the target was made from the source.
 */
Merge *
MergeEnvironments(const Environment *source, const Environment *target,
				  List *models, bool force)
{
	Merge	   *merge = palloc0(sizeof(Merge));
	HASHCTL		ctl;
	HTAB	   *sides;
	HASH_SEQ_STATUS status;
	MergeSide  *side;
	bool		from_source = target->base_id == source->id && target->id != 0;
	bool		unrelated = source->base_id != target->id && target->base_id != source->id;
	List	   *candidates;

	ctl.keysize = sizeof(int64);
	ctl.entrysize = sizeof(MergeSide);
	ctl.hcxt = CurrentMemoryContext;
	sides = hash_create("vde merge", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	candidates = merge_candidates(source, target, from_source, unrelated);
	if (candidates != NIL)
		read_sides(sides,
				   CatalogRead("SELECT " SIDE_COLUMNS ", bs.definition_id "
							   "FROM vde.model m " SIDE_JOINS
							   "LEFT JOIN vde.snapshot bs ON bs.id = CASE WHEN $3 THEN tp.base_snapshot_id ELSE sp.base_snapshot_id END "
							   "  AND (tp.model_id IS NOT NULL OR NOT $4) "
							   "WHERE m.id = ANY ($5)", "llbbI",
							   source->id, target->id, (int) from_source, (int) unrelated, candidates));
	read_merge_bases(sides, source, target);
	if (models != NIL)
		want_models(sides, source, models);

	hash_seq_init(&status, sides);
	while ((side = hash_seq_search(&status)) != NULL)
	{
		Edit	   *edit;

		if (models != NIL && !side->wanted)
			continue;
		if (side->source == side->base)
			continue;			/* the source did not touch it */
		merge->merged = lappend(merge->merged, CopyId(side->model_id));
		if (side->source == side->target)
			continue;			/* both made the same change */
		if (side->target != side->base && !force)
		{
			MergeConflict *conflict = palloc(sizeof(MergeConflict));

			conflict->name = side->name;
			conflict->source_author = side->source_author;
			conflict->target_author = side->target_author;
			merge->conflicts = lappend(merge->conflicts, conflict);
			continue;
		}
		edit = palloc0(sizeof(Edit));
		edit->model_id = side->model_id;
		edit->definition_id = side->source;
		edit->drafted_by = side->source_author;
		edit->replaced_id = side->target;
		merge->edits = lappend(merge->edits, edit);
	}
	list_sort(merge->edits, compare_edits);
	return merge;
}

/*
 * SaveMergeBase
 *		What source and target now have in common.
 */
void
SaveMergeBase(const Environment *source, const Environment *target,
			  const Merge *merge, int64 deployment)
{
	CatalogWrite("INSERT INTO vde.merge_base (source_id, target_id, model_id, deployment_id, snapshot_id, source_deployment_id) "
				 "SELECT $1, $2, i, $3, p.snapshot_id, $5 FROM unnest($4) AS i "
				 "LEFT JOIN vde.pointer p ON p.environment_id = $2 AND p.model_id = i "
				 "ON CONFLICT (source_id, target_id, model_id, deployment_id) DO UPDATE "
				 "SET snapshot_id = excluded.snapshot_id, source_deployment_id = excluded.source_deployment_id", "lllIl",
				 source->id, target->id, deployment, merge->merged, source->state_id);
}
