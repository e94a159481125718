/*-------------------------------------------------------------------------
 *
 * snapshot.c
 *	  Definitions, snapshots and versions as the catalog holds them.
 *
 * Rows of these tables are immutable but for a version's state (built,
 * refreshed, collected).  A version is looked up by its XXH3-128 and taken
 * only if its SHA-256 agrees: a constructed collision is another version.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/timestamp.h"

#include "catalog.h"
#include "lineage.h"
#include "physical.h"
#include "snapshot.h"

/* what read_state reads, in its order */
#define STATE_COLUMNS \
	"m.id, m.schema_name, m.model_name, " \
	"s.id, s.column_names, s.column_types, s.column_collations, s.column_hashes, s.row_hash, s.metadata_hash, " \
	"s.chance, s.parts, " \
	"v.id, v.xxh3, v.sha256, v.relation_name, v.built_at IS NOT NULL, v.refreshed_at, " \
	"d.id, d.kind, d.query, d.options, d.settings, d.owner::pg_catalog.oid, d.content_hash, d.grantees::pg_catalog.oid[]::pg_catalog.text[], " \
	"s.declared_breaking, s.private_call, s.private_environment "

#define STATE_JOINS \
	"JOIN vde.version v ON v.id = s.version_id " \
	"JOIN vde.definition d ON d.id = s.definition_id "

/*
 * timestamp_cell
 *		0 for NULL.
 */
static TimestampTz
timestamp_cell(uint64 row, int column)
{
	return CatalogInt64(row, column);
}

/*
 * make_columns
 *		Three parallel arrays as ModelColumn *.
 */
static List *
make_columns(List *names, List *types, List *collations)
{
	List	   *columns = NIL;
	ListCell   *name;
	ListCell   *type;
	ListCell   *collation;

	forthree(name, names, type, types, collation, collations)
	{
		ModelColumn *column = palloc(sizeof(ModelColumn));

		column->name = lfirst(name);
		column->type = lfirst(type);
		column->collation = lfirst(collation);
		columns = lappend(columns, column);
	}
	return columns;
}

/*
 * read_definition
 *		A definition from a result, beginning with its id at a column.
 */
static Definition *
read_definition(uint64 row, int column, int64 model_id, ModelName name)
{
	Definition *definition = palloc0(sizeof(Definition));
	ListCell   *lc;

	definition->id = CatalogInt64(row, column);
	definition->model_id = model_id;
	definition->name = name;
	definition->kind = KindByName(CatalogText(row, column + 1));
	definition->query = CatalogText(row, column + 2);
	definition->options = CatalogJsonb(row, column + 3);
	definition->settings = CatalogJsonb(row, column + 4);
	definition->owner = CatalogOid(row, column + 5);
	definition->content_hash = CatalogText(row, column + 6);
	foreach(lc, CatalogTextArray(row, column + 7))
		definition->grantees = lappend_oid(definition->grantees, atooid((char *) lfirst(lc)));
	return definition;
}

/*
 * read_state
 *		A row of STATE_COLUMNS.
 */
static ModelState *
read_state(uint64 row)
{
	ModelState *state = palloc0(sizeof(ModelState));
	ModelSnapshot *snapshot;

	state->model_id = CatalogInt64(row, 1);
	state->name.schema = CatalogText(row, 2);
	state->name.name = CatalogText(row, 3);
	if (CatalogIsNull(row, 4))
		return state;

	snapshot = palloc0(sizeof(ModelSnapshot));
	snapshot->id = CatalogInt64(row, 4);
	snapshot->columns = make_columns(CatalogTextArray(row, 5), CatalogTextArray(row, 6),
									 CatalogTextArray(row, 7));
	snapshot->column_hashes = CatalogTextArray(row, 8);
	snapshot->row_hash = CatalogText(row, 9);
	snapshot->metadata_hash = CatalogText(row, 10);
	snapshot->chance = CatalogBool(row, 11);
	snapshot->parts = CatalogTextArray(row, 12);
	snapshot->version.id = CatalogInt64(row, 13);
	DigestFromHex(CatalogText(row, 14), CatalogText(row, 15), &snapshot->version.digest);
	snapshot->version.relation_name = CatalogText(row, 16);
	snapshot->version.built = CatalogBool(row, 17);
	snapshot->version.refreshed_at = timestamp_cell(row, 18);
	state->definition = read_definition(row, 19, state->model_id, state->name);
	snapshot->definition_id = state->definition->id;
	snapshot->declared_breaking = CatalogText(row, 27);
	snapshot->private_call = CatalogText(row, 28);
	snapshot->private_environment = CatalogText(row, 29);
	state->snapshot = snapshot;
	return state;
}

/*
 * read_states
 *		All rows of a result as ModelState *.
 */
static List *
read_states(uint64 rows)
{
	List	   *states = NIL;
	uint64		row;

	for (row = 0; row < rows; row++)
		states = lappend(states, read_state(row));
	return states;
}

/*
 * LoadModelStates
 *		What an environment points at for models given by id.
 */
List *
LoadModelStates(int64 environment_id, List *model_ids)
{
	return read_states(CatalogRead("SELECT " STATE_COLUMNS
								   "FROM vde.model m "
								   "LEFT JOIN (vde.pointer p JOIN vde.snapshot s ON s.id = p.snapshot_id " STATE_JOINS ") "
								   "  ON p.model_id = m.id AND p.environment_id = $1 "
								   "WHERE m.id = ANY ($2) ORDER BY m.schema_name, m.model_name",
								   "lI", environment_id, model_ids));
}

/*
 * LoadModelState
 *		The same for one model, given by name.
 */
ModelState *
LoadModelState(int64 environment_id, const ModelName *name)
{
	if (CatalogRead("SELECT " STATE_COLUMNS
					"FROM vde.model m "
					"LEFT JOIN (vde.pointer p JOIN vde.snapshot s ON s.id = p.snapshot_id " STATE_JOINS ") "
					"  ON p.model_id = m.id AND p.environment_id = $1 "
					"WHERE m.schema_name = $2 AND m.model_name = $3",
					"lnn", environment_id, name->schema, name->name) == 0)
		return NULL;
	return read_state(0);
}

/*
 * LoadSnapshots
 *		Snapshots given by id.
 */
List *
LoadSnapshots(List *snapshot_ids)
{
	return read_states(CatalogRead("SELECT " STATE_COLUMNS
								   "FROM vde.snapshot s JOIN vde.model m ON m.id = s.model_id " STATE_JOINS
								   "WHERE s.id = ANY ($1) ORDER BY m.schema_name, m.model_name",
								   "I", snapshot_ids));
}

/*
 * LoadDefinitions
 *		Definitions given by id.
 */
List *
LoadDefinitions(List *definition_ids)
{
	List	   *definitions = NIL;
	uint64		rows;
	uint64		row;

	rows = CatalogRead("SELECT m.id, m.schema_name, m.model_name, "
					   "d.id, d.kind, d.query, d.options, d.settings, d.owner::pg_catalog.oid, d.content_hash, d.grantees::pg_catalog.oid[]::pg_catalog.text[] "
					   "FROM vde.definition d JOIN vde.model m ON m.id = d.model_id "
					   "WHERE d.id = ANY ($1) ORDER BY m.schema_name, m.model_name", "I", definition_ids);
	for (row = 0; row < rows; row++)
	{
		ModelName	name;

		name.schema = CatalogText(row, 2);
		name.name = CatalogText(row, 3);
		definitions = lappend(definitions,
							  read_definition(row, 4, CatalogInt64(row, 1), name));
	}
	return definitions;
}

/*
 * LookUpVersion
 *		What is known of a version.
 *
 * A relation that was dropped behind our back counts as not built.
 */
void
LookUpVersion(const ModelName *name, ModelKind kind, const Digest *digest, Version *version)
{
	memset(version, 0, sizeof(Version));
	version->digest = *digest;
	if (CatalogRead("SELECT id, relation_name, built_at IS NOT NULL, refreshed_at, unlogged AND row_count > 0, file "
					"FROM vde.version WHERE xxh3 = $1 AND sha256 = $2", "tt",
					DigestXxh3(digest), DigestSha256(digest)) > 0)
	{
		version->id = CatalogInt64(0, 1);
		version->relation_name = CatalogText(0, 2);
		version->built = CatalogBool(0, 3);
		version->refreshed_at = timestamp_cell(0, 4);
		if (version->built && !OidIsValid(PhysicalRelation(version->relation_name)))
			version->built = false;
		if (version->built && CatalogBool(0, 5))
			version->emptied = PhysicalIsEmpty(version->relation_name, false);
		else if (version->built && kind == KIND_MATERIALIZED_VIEW)
		{
			char	   *noted = CatalogText(0, 6);
			char	   *file = PhysicalFile(version->relation_name);

			version->emptied = PhysicalIsUnpopulated(version->relation_name);
			version->refilled = noted == NULL || file == NULL || strcmp(noted, file) != 0;
		}
	}
	else if (KindHasRelation(kind))
		version->relation_name = PhysicalName(name, digest);
}

/*
 * save_version
 *		Writes a version's row, unless there is one.
 */
static void
save_version(int64 model_id, Version *version)
{
	if (version->id != 0)
		return;
	if (CatalogRead("SELECT id FROM vde.version WHERE xxh3 = $1 AND sha256 = $2", "tt",
					DigestXxh3(&version->digest), DigestSha256(&version->digest)) == 0)
		CatalogWrite("INSERT INTO vde.version (model_id, xxh3, sha256, relation_name) "
					 "VALUES ($1, $2, $3, $4) "
					 "ON CONFLICT (xxh3, sha256) DO UPDATE SET model_id = version.model_id RETURNING id",
					 "lttn", model_id, DigestXxh3(&version->digest),
					 DigestSha256(&version->digest), version->relation_name);
	version->id = CatalogInt64(0, 1);
}

/*
 * SaveVersionFilled
 *		A version's relation is there, with what its sources held at read_at.
 *		Writes its row, if there is none yet, and its id into version.
 */
void
SaveVersionFilled(int64 model_id, Version *version, TimestampTz read_at,
				  int64 rows, const char *content_hash, double seconds, Oid built_by)
{
	CatalogWrite("INSERT INTO vde.version AS v (model_id, xxh3, sha256, relation_name, built_at, built_by, "
				 "refreshed_at, row_count, build_seconds, unlogged, content_hash, file) "
				 "VALUES ($1, $2, $3, $4, $5, $6, $5, NULLIF($7, -1), $8, $9, NULLIF($10, ''), $11) "
				 "ON CONFLICT (xxh3, sha256) DO UPDATE SET built_at = COALESCE(v.built_at, $5), built_by = $6, "
				 "refreshed_at = $5, row_count = NULLIF($7, -1), build_seconds = $8, unlogged = $9, "
				 "content_hash = NULLIF($10, ''), file = $11, collected_at = NULL, released_at = NULL RETURNING id", "lttnzrldbtt",
				 model_id, DigestXxh3(&version->digest), DigestSha256(&version->digest),
				 version->relation_name, read_at, built_by, rows, seconds,
				 (int) PhysicalIsUnlogged(version->relation_name), content_hash,
				 PhysicalFile(version->relation_name));
	version->id = CatalogInt64(0, 1);
}

/*
 * save_lineage
 *		Writes the edges of a snapshot, all at once: wide models have thousands.
 */
static void
save_lineage(int64 snapshot_id, List *lineage)
{
	List	   *columns = NIL;
	List	   *schemas = NIL;
	List	   *names = NIL;
	List	   *models = NIL;
	List	   *source_columns = NIL;
	List	   *locations = NIL;
	ListCell   *cell;

	if (lineage == NIL)
		return;
	foreach(cell, lineage)
	{
		LineageEdge *edge = (LineageEdge *) lfirst(cell);

		columns = lappend(columns, edge->column);
		schemas = lappend(schemas, edge->schema);
		names = lappend(names, edge->name);
		models = lappend(models, CopyId(edge->is_model));
		source_columns = lappend(source_columns, edge->source_column);
		locations = lappend(locations, CopyId(edge->location));
	}
	CatalogWrite("INSERT INTO vde.lineage (snapshot_id, edge, column_name, source_schema, source_name, "
				 "source_is_model, source_column, location) "
				 "SELECT $1, e.edge, e.column_name, e.source_schema, e.source_name, "
				 "e.source_is_model <> 0, e.source_column, NULLIF(e.location, -1) "
				 "FROM ROWS FROM (unnest($2), unnest($3), unnest($4), unnest($5), unnest($6), unnest($7)) WITH ORDINALITY "
				 "AS e (column_name, source_schema, source_name, source_is_model, source_column, location, edge)",
				 "lTTTITI", snapshot_id, columns, schemas, names, models, source_columns, locations);
}

/*
 * LoadDependencies
 *		See snapshot.h.
 */
List *
LoadDependencies(int64 snapshot_id)
{
	List	   *dependencies = NIL;
	uint64		rows;
	uint64		row;

	rows = CatalogRead("SELECT class, identity, digest FROM vde.dependency WHERE snapshot_id = $1", "l",
					   snapshot_id);
	for (row = 0; row < rows; row++)
	{
		Dependency *dependency = palloc(sizeof(Dependency));

		dependency->class = CatalogText(row, 1);
		dependency->identity = CatalogTextArray(row, 2);
		dependency->digest = CatalogText(row, 3);
		dependencies = lappend(dependencies, dependency);
	}
	return dependencies;
}

/*
 * save_dependencies
 *		What a snapshot depends on outside vde, and what that is now; before is
 *		what is known of it.
 */
static void
save_dependencies(int64 snapshot_id, List *before, List *now)
{
	ListCell   *cell;

	foreach(cell, now)
	{
		Dependency *dependency = (Dependency *) lfirst(cell);
		Dependency *was = FindDependency(before, dependency);

		if (was == NULL || strcmp(was->digest, dependency->digest) != 0)
			CatalogWrite("INSERT INTO vde.dependency (snapshot_id, class, identity, digest) "
						 "VALUES ($1, $2, $3, $4) "
						 "ON CONFLICT (snapshot_id, class, identity) DO UPDATE SET digest = $4", "ltTt",
						 snapshot_id, dependency->class, dependency->identity, dependency->digest);
	}
	foreach(cell, before)
	{
		Dependency *dependency = (Dependency *) lfirst(cell);

		if (FindDependency(now, dependency) == NULL)
			CatalogWrite("DELETE FROM vde.dependency WHERE snapshot_id = $1 AND class = $2 AND identity = $3", "ltT",
						 snapshot_id, dependency->class, dependency->identity);
	}
}

/*
 * SaveSnapshot
 *		Freezes a definition with its fingerprint.
 */
int64
SaveSnapshot(const Definition *definition, Version *version,
			 const Fingerprint *fingerprint, const char *declared_breaking,
			 List *columns, List *parent_ids, List *lineage)
{
	List	   *names = NIL;
	List	   *types = NIL;
	List	   *collations = NIL;
	ListCell   *cell;
	int64		id;

	save_version(definition->model_id, version);
	if (CatalogRead("SELECT id FROM vde.snapshot WHERE definition_id = $1 AND version_id = $2", "ll",
					definition->id, version->id) > 0)
	{
		/*
		 * What it depends on may have changed in what nobody reads of it, as
		 * a function that is called for an unread column of a CTE.  It has
		 * been found to make no difference, and is not to be found again.
		 */
		id = CatalogInt64(0, 1);
		save_dependencies(id, LoadDependencies(id), fingerprint->dependencies);
		return id;
	}

	foreach(cell, columns)
	{
		ModelColumn *column = (ModelColumn *) lfirst(cell);

		names = lappend(names, column->name);
		types = lappend(types, column->type);
		collations = lappend(collations, column->collation);
	}

	if (CatalogWrite("INSERT INTO vde.snapshot (model_id, definition_id, version_id, metadata_hash, row_hash, "
					 "column_names, column_types, column_collations, column_hashes, chance, parts, created_at, "
					 "declared_breaking, private_call, private_environment) "
					 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) "
					 "ON CONFLICT (definition_id, version_id) DO NOTHING RETURNING id", "lllttTTTTbTzttt",
					 definition->model_id, definition->id, version->id,
					 DigestXxh3(&fingerprint->metadata), fingerprint->row_hash,
					 names, types, collations, fingerprint->column_hashes,
					 (int) fingerprint->chance, fingerprint->parts, GetCurrentTimestamp(),
					 declared_breaking,
					 fingerprint->private_call, fingerprint->private_environment) == 0)
	{
		/* another session was faster: its row is ours, parents and all */
		if (CatalogRead("SELECT id FROM vde.snapshot WHERE definition_id = $1 AND version_id = $2", "ll",
						definition->id, version->id) == 0)
			elog(ERROR, "snapshot of definition " INT64_FORMAT " disappeared", definition->id);
		return CatalogInt64(0, 1);
	}
	id = CatalogInt64(0, 1);
	if (parent_ids != NIL)
		CatalogWrite("INSERT INTO vde.snapshot_parent (snapshot_id, parent_model_id) "
					 "SELECT $1, unnest($2)", "lI", id, parent_ids);
	save_dependencies(id, NIL, fingerprint->dependencies);
	save_lineage(id, lineage);
	return id;
}
