/*-------------------------------------------------------------------------
 *
 * check_physical.c
 *	  The relations of versions in vde_data: are they there, are they what
 *	  their version says, and has somebody added to them?
 *
 * Invariants
 *
 * - What can be asked of the system catalogs in one statement for all
 *	 relations is; the rest goes by batches.  No relation is opened, but for the
 *	 size of unlogged tables, so that the lock table does not fill up.
 *
 * - Contents are not read: that a superuser wrote rows is not seen here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_class.h"
#include "commands/tablecmds.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "catalog.h"
#include "check.h"
#include "compat.h"
#include "model.h"
#include "options.h"
#include "physical.h"
#include "physical_parts.h"
#include "snapshot.h"
#include "view_shape.h"

/* A version that the catalog says is built, and its relation */
typedef struct BuiltVersion
{
	int64		id;
	char	   *relation_name;
	char	   *object;			/* its qualified name */
	Oid			relid;			/* InvalidOid: missing */
	char		relkind;
	Oid			owner;
	bool		unlogged;		/* says the catalog */
	bool		has_rows;
	char	   *kind;			/* NULL: no snapshot has it yet */
	Jsonb	   *options;
	List	   *columns;		/* ModelColumn * */
	List	   *owners;			/* of the definitions with this version */
	List	   *indexes;		/* char *: names of the valid ones */
	List	   *storage;		/* char *: reloptions */
} BuiltVersion;

/*
 * Relations in vde_data that belong to a version: its own, and their
 * partitions.
 */
#define KNOWN \
	"WITH data AS (SELECT oid FROM pg_namespace WHERE nspname = '" VDE_DATA_SCHEMA "'), " \
	"own AS MATERIALIZED (" \
	"  SELECT c.oid, c.relname, c.relkind, c.relowner, c.relacl, c.relrowsecurity, v.id AS version_id, v.built_at, v.relation_name " \
	"  FROM vde.version v JOIN pg_class c ON c.relname = v.relation_name " \
	"  WHERE c.relnamespace = (SELECT oid FROM data)), " \
	"known AS MATERIALIZED (" \
	"  SELECT * FROM own UNION ALL " \
	"  SELECT c.oid, c.relname, c.relkind, c.relowner, c.relacl, c.relrowsecurity, o.version_id, o.built_at, o.relation_name " \
	"  FROM own o JOIN pg_inherits i ON i.inhparent = o.oid JOIN pg_class c ON c.oid = i.inhrelid " \
	"  WHERE o.relkind = 'p' AND c.relispartition AND c.relnamespace = (SELECT oid FROM data)) "

/* owners of the definitions with a version */
#define OWNERS(version) \
	"ARRAY(SELECT d.owner::pg_catalog.oid FROM vde.snapshot s JOIN vde.definition d ON d.id = s.definition_id " \
	"  WHERE s.version_id = " version ")"

/* those of them who may read its table */
#define GRANTERS(version) \
	"ARRAY(SELECT d.owner::pg_catalog.oid FROM vde.snapshot s JOIN vde.definition d ON d.id = s.definition_id " \
	"  WHERE s.version_id = " version " AND NOT EXISTS (SELECT FROM vde.withheld w WHERE w.version_id = s.version_id AND w.owner = d.owner))"

/* the same as OWNERS, and those of the environments that have it */
#define ROLES(version) \
	"ARRAY(SELECT d.owner::pg_catalog.oid FROM vde.snapshot s JOIN vde.definition d ON d.id = s.definition_id " \
	"  WHERE s.version_id = " version " " \
	"  UNION SELECT e.owner::pg_catalog.oid FROM vde.snapshot s JOIN vde.pointer p ON p.snapshot_id = s.id " \
	"  JOIN vde.environment e ON e.id = p.environment_id WHERE s.version_id = " version ")::text[]"

#define OBJECT	"format('" VDE_DATA_SCHEMA ".%I', k.relname)"

/*
 * version_roles
 *		Whom it concerns if something is wrong with a version.  Looked up when
 *		something is: for most, nothing is.
 */
static List *
version_roles(const BuiltVersion *version)
{
	(void) CatalogRead("SELECT " ROLES("$1"), "l", version->id);
	return CheckOids(0, 1);
}

/*
 * report
 *		A difference of one version.
 */
static void
report(Check *check, const BuiltVersion *version, const char *what,
	   const char *detail, const char *remedy, bool repaired)
{
	Problem		problem = {0};

	problem.object = version->object;
	problem.problem = what;
	problem.detail = detail;
	problem.remedy = remedy;
	problem.roles = version_roles(version);
	problem.repaired = repaired;
	ReportProblem(check, &problem);
}

/*
 * check_missing
 *		The table is gone.  Once that is noted, the next apply builds it.
 */
static void
check_missing(Check *check, const BuiltVersion *version)
{
	bool		repaired = check->repair && CheckMayAct(check, version_roles(version));

	if (repaired)
	{
		CatalogWrite("UPDATE vde.version SET built_at = NULL, built_by = NULL, refreshed_at = NULL, "
					 "row_count = NULL, content_hash = NULL, file = NULL, build_seconds = NULL WHERE id = $1", "l", version->id);
		CatalogWrite("DELETE FROM vde.version_input WHERE version_id = $1", "l", version->id);
	}
	report(check, version, "missing_relation",
		   repaired ? "It was built and is not there. The next vde_apply() of an environment that has it builds it." :
		   "It was built and is not there.",
		   REMEDY_REPAIR ", then CALL vde_apply()", repaired);
}

/*
 * kind_fits
 *		Is it the kind of relation that a kind of model has?
 */
static bool
kind_fits(const BuiltVersion *version)
{
	if (version->kind == NULL)
		return true;
	switch (KindByName(version->kind))
	{
		case KIND_FULL:
		case KIND_SEED:
			return version->relkind == RELKIND_RELATION ||
				version->relkind == RELKIND_PARTITIONED_TABLE;
		case KIND_VIEW:
			return version->relkind == RELKIND_VIEW;
		case KIND_MATERIALIZED_VIEW:
			return version->relkind == RELKIND_MATVIEW;
		default:
			return false;
	}
}

/*
 * check_owner
 *		Tables belong to the storage role, views to the owner of a definition.
 *
 * With whose rights a view is read is not guessed: where definitions of
 * several owners have it, it is left to people.
 */
static void
check_owner(Check *check, const BuiltVersion *version)
{
	bool		table = version->relkind == RELKIND_RELATION ||
	version->relkind == RELKIND_PARTITIONED_TABLE;
	Oid			expected;
	char	   *detail;
	bool		repaired = false;

	if (!table && (version->owners == NIL || list_member_oid(version->owners, version->owner)))
		return;
	expected = table ? get_role_oid(VDE_STORAGE_ROLE, true) : linitial_oid(version->owners);
	if (version->owner == expected)
		return;
	if (!OidIsValid(expected) || !SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(expected)))
		return;					/* the role is missing: told elsewhere */

	detail = psprintf("It belongs to \"%s\" instead of \"%s\".",
					  GetUserNameFromId(version->owner, true), GetUserNameFromId(expected, false));
	if (check->repair && (table || list_length(version->owners) == 1) &&
		CheckMayAct(check, version_roles(version)))
	{
		LockRelationOid(version->relid, AccessExclusiveLock);
		ATExecChangeOwner(version->relid, expected, false, AccessExclusiveLock);
		CommandCounterIncrement();
		repaired = true;
	}
	report(check, version, "wrong_owner", detail,
		   table || list_length(version->owners) == 1 ? REMEDY_REPAIR :
		   psprintf("ALTER %s %s OWNER TO one of the owners of its definitions",
					version->relkind == RELKIND_VIEW ? "VIEW" : "MATERIALIZED VIEW", version->object),
		   repaired);
}

/*
 * column_words
 *		Name, type and collation, for comparison and for people.
 */
static char *
column_words(const ModelColumn *column)
{
	return psprintf("%s %s%s%s", quote_identifier(column->name), column->type,
					column->collation ? " collate " : "", column->collation ? column->collation : "");
}

/*
 * check_columns
 *		Are the columns those of the snapshot?
 */
static void
check_columns(Check *check, const BuiltVersion *version)
{
	List	   *defs;
	int			i;

	if (version->kind == NULL)
		return;
	defs = RelationColumnDefs(version->relid);
	for (i = 0; i < Max(list_length(defs), list_length(version->columns)); i++)
	{
		ColumnDef  *def = i < list_length(defs) ? list_nth_node(ColumnDef, defs, i) : NULL;
		char	   *is = def == NULL ? NULL :
		column_words(ModelColumnOfDef(def));
		char	   *was = i >= list_length(version->columns) ? NULL :
		column_words((ModelColumn *) list_nth(version->columns, i));

		if (is != NULL && was != NULL && strcmp(is, was) == 0)
			continue;
		report(check, version, "wrong_columns",
			   was == NULL ? psprintf("Column %s was added.", is) :
			   is == NULL ? psprintf("Column %s is missing.", was) :
			   psprintf("Column %d is %s instead of %s.", i + 1, is, was),
			   "Undo the change as a superuser, or drop the table and have it built again", false);
		return;
	}
}

/*
 * check_storage
 *		Persistence, fillfactor and indexes.
 */
static void
check_storage(Check *check, const BuiltVersion *version)
{
	ModelOptions *options;
	List	   *expected = NIL;
	List	   *missing = NIL;
	ListCell   *cell;

	if (version->relkind == RELKIND_VIEW)
		return;
	if (PhysicalIsUnlogged(version->relation_name) != version->unlogged)
		report(check, version, "wrong_storage",
			   version->unlogged ? "It is logged and should be unlogged." :
			   "It is unlogged, so that a crash empties it, and should be logged.",
			   psprintf("ALTER TABLE %s SET %s", version->object,
						version->unlogged ? "UNLOGGED" : "LOGGED"), false);
	else if (version->unlogged && version->has_rows && PhysicalIsEmpty(version->relation_name, false))
		report(check, version, "emptied", "It is unlogged and empty, and was not: a crash does that.",
			   "CALL vde_apply(), or vde_run(), in an environment that has it", false);

	if (version->kind == NULL)
		return;
	options = ReadOptions(KindByName(version->kind), version->options);
	if (version->relkind != RELKIND_PARTITIONED_TABLE)
	{
		char	   *wanted = options->fillfactor ? psprintf("fillfactor=%d", options->fillfactor) : NULL;
		char	   *found = NULL;

		foreach(cell, version->storage)
		{
			if (strncmp((char *) lfirst(cell), "fillfactor=", strlen("fillfactor=")) == 0)
				found = (char *) lfirst(cell);
		}
		if ((wanted == NULL) != (found == NULL) || (wanted != NULL && strcmp(wanted, found) != 0))
			report(check, version, "wrong_storage",
				   psprintf("It has %s instead of %s.", found ? found : "the default fillfactor",
							wanted ? wanted : "the default"),
				   wanted ? psprintf("ALTER TABLE %s SET (%s)", version->object, wanted) :
				   psprintf("ALTER TABLE %s RESET (fillfactor)", version->object), false);
	}

	if (options->primary_key != NIL)
		expected = lappend(expected, PhysicalPartName(version->relation_name, "_pkey"));
	foreach(cell, options->indexes)
		expected = lappend(expected,
						   PhysicalPartName(version->relation_name,
											psprintf("_%d_idx", foreach_current_index(cell) + 1)));
	foreach(cell, expected)
	{
		char	   *name = (char *) lfirst(cell);
		ListCell   *found;
		bool		there = false;

		foreach(found, version->indexes)
		{
			there = there || strcmp((char *) lfirst(found), name) == 0;
		}
		if (!there)
			missing = lappend(missing, name);
	}
	foreach(cell, missing)
		report(check, version, "missing_index",
			   psprintf("Index %s is missing or not valid.", quote_identifier((char *) lfirst(cell))),
			   "Create it again as a superuser, with this name and as the model's options say", false);
	foreach(cell, version->indexes)
	{
		char	   *name = (char *) lfirst(cell);
		ListCell   *ours;
		bool		known = false;

		foreach(ours, expected)
			known = known || strcmp((char *) lfirst(ours), name) == 0;
		if (!known)
			report(check, version, "foreign_attachment",
				   psprintf("Index %s is no part of the model.", quote_identifier(name)),
				   psprintf("DROP INDEX " VDE_DATA_SCHEMA ".%s, and make it an option of the model", quote_identifier(name)), false);
	}
}

/*
 * read_version
 *		One row of check_versions.
 */
static BuiltVersion *
read_version(uint64 row)
{
	BuiltVersion *version = palloc0(sizeof(BuiltVersion));
	char	   *relkind = CatalogText(row, 4);
	List	   *types;
	List	   *collations;
	ListCell   *name;
	ListCell   *type;
	ListCell   *collation;

	version->id = CatalogInt64(row, 1);
	version->relation_name = CatalogText(row, 2);
	version->object = quote_qualified_identifier(VDE_DATA_SCHEMA, version->relation_name);
	version->relid = CatalogOid(row, 3);
	version->relkind = relkind ? relkind[0] : '\0';
	version->owner = CatalogOid(row, 5);
	version->unlogged = CatalogBool(row, 6);
	version->has_rows = CatalogBool(row, 7);
	version->kind = CatalogText(row, 8);
	version->options = version->kind ? CatalogJsonb(row, 9) : NULL;
	types = CatalogTextArray(row, 11);
	collations = CatalogTextArray(row, 12);
	forthree(name, CatalogTextArray(row, 10), type, types, collation, collations)
	{
		ModelColumn *column = palloc0(sizeof(ModelColumn));

		column->name = (char *) lfirst(name);
		column->type = (char *) lfirst(type);
		column->collation = (char *) lfirst(collation);
		if (column->collation != NULL && column->collation[0] == '\0')
			column->collation = NULL;
		version->columns = lappend(version->columns, column);
	}
	version->owners = CheckOids(row, 13);
	version->indexes = CatalogTextArray(row, 14);
	version->storage = CatalogTextArray(row, 15);
	return version;
}

/*
 * check_versions
 *		Every version that counts as built, one by one.
 *
 * id + 0 in the order keeps a planner without statistics from looking for a
 * version's first snapshot along the primary key, past all others.
 */
static void
check_versions(Check *check)
{
	int64		last = 0;
	uint64		rows;

	do
	{
		MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "vde check",
													  ALLOCSET_DEFAULT_SIZES);
		MemoryContext old = MemoryContextSwitchTo(scratch);
		List	   *versions = NIL;
		uint64		row;
		ListCell   *cell;

		rows = CatalogRead("SELECT v.id, v.relation_name, c.oid, c.relkind::text, c.relowner, v.unlogged, "
						   "COALESCE(v.row_count, 0) > 0, d.kind, d.options, "
						   "s.column_names, s.column_types, s.column_collations, "
						   OWNERS("v.id") "::text[], "
						   "ARRAY(SELECT x.relname::text FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid "
						   "  WHERE i.indrelid = c.oid AND i.indisvalid ORDER BY 1), "
						   "c.reloptions "
						   "FROM vde.version v "
						   "LEFT JOIN pg_class c ON c.relname = v.relation_name "
						   "  AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = '" VDE_DATA_SCHEMA "') "
						   "LEFT JOIN LATERAL (SELECT * FROM vde.snapshot WHERE version_id = v.id ORDER BY id + 0 LIMIT 1) s ON true "
						   "LEFT JOIN vde.definition d ON d.id = s.definition_id "
						   "WHERE v.built_at IS NOT NULL AND v.relation_name IS NOT NULL AND v.id > $1 "
						   "ORDER BY v.id LIMIT $2", "ll", last, (int64) CHECK_BATCH);
		for (row = 0; row < rows; row++)
			versions = lappend(versions, read_version(row));
		foreach(cell, versions)
		{
			BuiltVersion *version = (BuiltVersion *) lfirst(cell);

			CHECK_FOR_INTERRUPTS();
			last = version->id;
			if (!OidIsValid(version->relid))
				check_missing(check, version);
			else if (PhysicalRelation(version->relation_name) != version->relid)
				continue;		/* collected, or renamed, this moment */
			else if (!kind_fits(version))
				report(check, version, "wrong_kind",
					   psprintf("It is not what a model of kind %s has.", version->kind),
					   "Rename it, then " REMEDY_REPAIR, false);
			else
			{
				check_owner(check, version);
				check_columns(check, version);
				check_storage(check, version);
			}
		}
		MemoryContextSwitchTo(old);
		MemoryContextDelete(scratch);
	} while (rows == CHECK_BATCH);
}

/*
 * check_partitions
 *		Partitions belong to the storage role, as their table does.
 */
static void
check_partitions(Check *check)
{
	Oid			storage = get_role_oid(VDE_STORAGE_ROLE, true);
	List	   *problems = NIL;
	List	   *relids = NIL;
	ListCell   *cell;
	ListCell   *relid;
	uint64		rows;
	uint64		row;

	rows = CatalogRead(KNOWN
					   "SELECT NULL, " OBJECT ", 'wrong_owner', "
					   "format('It belongs to %s instead of %s.', k.relowner::regrole, $1::pg_catalog.regrole), '" REMEDY_REPAIR "', "
					   ROLES("k.version_id") ", k.oid "
					   "FROM known k WHERE k.relname <> k.relation_name AND k.relowner <> $1::pg_catalog.oid "
					   "ORDER BY k.relname", "r", storage);
	for (row = 0; row < rows; row++)
	{
		problems = lappend(problems, ReadProblem(row));
		relids = lappend_oid(relids, CatalogOid(row, 7));
	}
	forboth(cell, problems, relid, relids)
	{
		Problem    *problem = (Problem *) lfirst(cell);

		if (check->repair && OidIsValid(storage) && CheckMayAct(check, problem->roles))
		{
			LockRelationOid(lfirst_oid(relid), AccessExclusiveLock);
			ATExecChangeOwner(lfirst_oid(relid), storage, false, AccessExclusiveLock);
			CommandCounterIncrement();
			problem->repaired = true;
		}
		ReportProblem(check, problem);
	}
}

/*
 * check_attachments
 *		Triggers, rules, policies, constraints, children: vde makes none.
 */
static void
check_attachments(Check *check)
{
	ReportRows(check,
			   CatalogRead(KNOWN
						   "SELECT NULL::text, " OBJECT ", 'foreign_attachment'::text, a.what || ' is no part of the model.', a.remedy, " ROLES("k.version_id") " "
						   "FROM known k JOIN ("
						   "  SELECT tgrelid AS relid, format('Trigger %I', tgname) AS what, format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass) AS remedy "
						   "  FROM pg_trigger WHERE NOT tgisinternal "
						   "  UNION ALL SELECT ev_class, format('Rule %I', rulename), format('DROP RULE %I ON %s', rulename, ev_class::regclass) "
						   "  FROM pg_rewrite WHERE rulename <> '_RETURN' "
						   "  UNION ALL SELECT polrelid, format('Policy %I', polname), format('DROP POLICY %I ON %s', polname, polrelid::regclass) FROM pg_policy "
						   "  UNION ALL SELECT oid, 'Row-level security', format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', oid::regclass) FROM own WHERE relrowsecurity "
						   "  UNION ALL SELECT conrelid, format('Constraint %I', conname), format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) "
						   "  FROM pg_constraint WHERE contype IN ('c', 'f', 'u', 'x') AND conparentid = 0 "
						   "  UNION ALL SELECT confrelid, format('Foreign key %I of %s', conname, conrelid::regclass), format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) "
						   "  FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 "
						   "  UNION ALL SELECT i.inhparent, format('Child %s', i.inhrelid::regclass), "
						   "    CASE WHEN p.relkind = 'p' THEN format('ALTER TABLE %s DETACH PARTITION %s', i.inhparent::regclass, i.inhrelid::regclass) "
						   "    ELSE format('ALTER TABLE %s NO INHERIT %s', i.inhrelid::regclass, i.inhparent::regclass) END "
						   "  FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_class c ON c.oid = i.inhrelid "
						   "  WHERE p.relkind IN ('r', 'p') AND c.relnamespace <> p.relnamespace "
						   ") a ON a.relid = k.oid ORDER BY 2, 4", ""));

	/* views belong to their owner, whose grants on them nobody can use */
	ReportRows(check,
			   CatalogRead(KNOWN
						   "SELECT NULL::text, " OBJECT ", 'foreign_grant'::text, "
						   "format('%s has %s%s.', CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END, "
						   "  string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type), CASE WHEN bool_or(a.is_grantable) THEN ' with grant option' ELSE '' END), "
						   "format('REVOKE ALL ON %s FROM %s', k.oid::regclass, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END), "
						   ROLES("k.version_id") " "
						   "FROM known k JOIN ("
						   "  SELECT c.oid AS relid, x.grantee, x.privilege_type, x.is_grantable FROM pg_class c, aclexplode(c.relacl) x WHERE c.oid IN (SELECT oid FROM known) "
						   "  UNION ALL SELECT t.attrelid, x.grantee, x.privilege_type || ' on column ' || quote_ident(t.attname), x.is_grantable "
						   "  FROM pg_attribute t, aclexplode(t.attacl) x WHERE t.attacl IS NOT NULL AND t.attrelid IN (SELECT oid FROM known) "
						   ") a ON a.relid = k.oid "
						   "WHERE k.relkind IN ('r', 'p') AND a.grantee <> k.relowner "
						   "AND (a.privilege_type <> 'SELECT' OR a.is_grantable OR a.grantee = 0 "
						   "  OR NOT EXISTS (SELECT FROM vde.definition d WHERE d.owner::pg_catalog.oid = a.grantee)) "
						   "GROUP BY k.oid, k.relname, k.version_id, a.grantee ORDER BY 2, 4", ""));
}

/*
 * check_grants
 *		The owners of views and materialized views in vde_data read what their
 *		queries name.
 *
 * When that was granted, their rights on the parents' views had been checked.
 * Somebody may have taken it from them on purpose, so it is given back only on
 * the word of those whose table it is, and may read it themselves.
 */
static void
check_grants(Check *check)
{
	List	   *problems = NIL;
	List	   *relids = NIL;
	List	   *owners = NIL;
	List	   *granters = NIL;
	ListCell   *cell;
	ListCell   *relid;
	ListCell   *owner;
	ListCell   *granter;
	uint64		rows;
	uint64		row;

	rows = CatalogRead(KNOWN
					   "SELECT NULL, format('" VDE_DATA_SCHEMA ".%I', t.relname), CASE WHEN w.owner IS NULL THEN 'lost_grant' ELSE 'withheld' END, "
					   "format('%s, who owns " VDE_DATA_SCHEMA ".%I, %s.', k.relowner::regrole, k.relname, "
					   "  CASE WHEN w.owner IS NULL THEN 'lost SELECT' "
					   "  ELSE 'may not read it any more: neither the view of an environment over it, nor what it is filled from' END), "
					   "'" REMEDY_REPAIR ", by an owner of the table''s model', " ROLES("k.version_id") ", t.oid, k.relowner, "
					   GRANTERS("(SELECT v.id FROM vde.version v WHERE v.relation_name = t.relname)") "::text[] "
					   "FROM known k JOIN pg_rewrite r ON r.ev_class = k.oid "
					   "JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass "
					   "JOIN pg_class t ON t.oid = d.refobjid "
					   "LEFT JOIN (vde.withheld w JOIN vde.version wv ON wv.id = w.version_id) "
					   "  ON wv.relation_name = t.relname AND w.owner::pg_catalog.oid = k.relowner "
					   "WHERE k.relkind IN ('v', 'm') AND t.oid <> k.oid AND t.relnamespace = (SELECT oid FROM data) "
					   "AND EXISTS (SELECT FROM pg_roles WHERE oid = k.relowner) "
					   "AND k.relowner = ANY (" OWNERS("k.version_id") ") "
					   "AND NOT has_table_privilege(k.relowner, t.oid, 'SELECT') "
					   "AND (w.owner IS NULL OR EXISTS (SELECT FROM vde.snapshot s JOIN vde.pointer p ON p.snapshot_id = s.id "
					   "  WHERE s.version_id = k.version_id)) "
					   "GROUP BY t.oid, t.relname, k.relowner, k.relname, k.version_id, w.owner ORDER BY 2, 4", "");
	for (row = 0; row < rows; row++)
	{
		Problem    *problem = ReadProblem(row);

		relids = lappend_oid(relids, CatalogOid(row, 7));
		owners = lappend_oid(owners, CatalogOid(row, 8));
		granters = lappend(granters, CheckOids(row, 9));
		problem->roles = list_concat_unique_oid(problem->roles, (List *) llast(granters));
		problems = lappend(problems, problem);
	}
	forfour(cell, problems, relid, relids, owner, owners, granter, granters)
	{
		Problem    *problem = (Problem *) lfirst(cell);

		if (check->repair && CheckMayAct(check, (List *) lfirst(granter)))
		{
			CatalogWrite("DELETE FROM vde.withheld w USING vde.version v, pg_class c "
						 "WHERE v.id = w.version_id AND c.relname = v.relation_name AND c.oid = $1::pg_catalog.oid "
						 "AND w.owner::pg_catalog.oid = $2::pg_catalog.oid", "rr", lfirst_oid(relid), lfirst_oid(owner));
			GrantPhysical(lfirst_oid(relid), lfirst_oid(owner));
			problem->repaired = true;
		}
		ReportProblem(check, problem);
	}
}

/*
 * check_unknown
 *		What is in vde_data that no version speaks of.
 */
static void
check_unknown(Check *check)
{
	ReportRows(check,
			   CatalogRead(KNOWN
						   "SELECT NULL::text, c.oid::regclass::text, 'unknown_relation'::text, "
						   "'No version has it; vde leaves it alone.', 'Move it to another schema, or drop it', ARRAY[c.relowner]::text[] "
						   "FROM pg_class c WHERE c.relnamespace = (SELECT oid FROM data) "
						   "AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.oid NOT IN (SELECT oid FROM known) "
						   "UNION ALL "
						   "SELECT NULL, " OBJECT ", 'not_recorded', 'It exists, and the catalog says that it is not built.', "
						   "'Rename it, or drop it, as a superuser', " ROLES("k.version_id") " "
						   "FROM own k WHERE k.built_at IS NULL "
						   "UNION ALL "
						   "SELECT NULL, pg_describe_object(d.classid, d.objid, 0), 'unknown_object', "
						   "'It is in schema " VDE_DATA_SCHEMA ", and vde did not make it.', 'Move it to another schema, or drop it', NULL "
						   "FROM pg_depend d WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = (SELECT oid FROM data) "
						   "AND d.classid IN ('pg_proc'::regclass, 'pg_type'::regclass, 'pg_operator'::regclass, 'pg_collation'::regclass, "
						   "  'pg_opclass'::regclass, 'pg_opfamily'::regclass, 'pg_conversion'::regclass) "
						   "ORDER BY 2", ""));
}

/*
 * CheckPhysical
 *		See check.h.
 */
void
CheckPhysical(Check *check)
{
	check_versions(check);
	check_partitions(check);
	check_attachments(check);
	check_grants(check);
	check_unknown(check);
}
