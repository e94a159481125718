/*-------------------------------------------------------------------------
 *
 * virtual_schema.c
 *	  Which environment a schema was made for.
 *
 * It is asked while users' queries are analyzed, so the answers are kept, and
 * the two tables are scanned directly: SPI would begin another command in the
 * middle of somebody's statement, and asks for rights that a reader has not.
 *
 * A schema and its row in vde.virtual_schema come in one transaction, so a
 * message about namespaces makes both known.  A schema that is kept when its
 * environment goes loses its row without such a message; but then views of
 * ours go, and whoever remembers those (redirect_view.c) calls
 * ForgetSchemaEnvironments.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "catalog/dependency.h"
#include "commands/extension.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "compat.h"
#include "environment.h"
#include "model.h"
#include "virtual_schema.h"

typedef struct SchemaEntry
{
	Oid			namespace;		/* key */
	char		environment[NAMEDATALEN];	/* "": none */
} SchemaEntry;

static HTAB *schemas = NULL;
static bool schemas_watched = false;
static bool schemas_valid = false;

/*
 * schemas_changed
 *		A namespace came, went or was renamed: look again.
 */
static void
schemas_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	schemas_valid = false;
}

/*
 * ForgetSchemaEnvironments
 *		See virtual_schema.h.
 */
void
ForgetSchemaEnvironments(void)
{
	schemas_valid = false;
}

/*
 * ExtensionSchema
 *		See virtual_schema.h.
 */
Oid
ExtensionSchema(const char *name)
{
	Oid			namespace = get_namespace_oid(name, true);
	Oid			extension;

	if (!OidIsValid(namespace))
		return InvalidOid;
	extension = getExtensionOfObject(NamespaceRelationId, namespace);
	if (!OidIsValid(extension) || extension != get_extension_oid("vde", true))
		return InvalidOid;
	return namespace;
}

/*
 * scan_row
 *		The first row of a catalog table whose column has that value; calls
 *		for the value of another column.  False where there is none.
 *
 * The latest committed state and our own changes, not what the transaction's
 * snapshot shows: like the names that they belong to.
 */
static bool
scan_row(Oid catalog, const char *table, const char *index, const char *key_column,
		 RegProcedure equals, Datum key, const char *column, Datum *value, bool copy_text)
{
	Oid			relid = get_relname_relid(table, catalog);
	AttrNumber	key_attribute;
	AttrNumber	attribute;
	Relation	relation;
	SysScanDesc scan;
	ScanKeyData scan_key;
	HeapTuple	tuple;
	bool		found = false;

	if (!OidIsValid(relid))
		return false;
	key_attribute = get_attnum(relid, key_column);
	attribute = get_attnum(relid, column);
	if (key_attribute == InvalidAttrNumber || attribute == InvalidAttrNumber)
		return false;

	relation = table_open(relid, AccessShareLock);
	ScanKeyInit(&scan_key, key_attribute, BTEqualStrategyNumber, equals, key);
	scan = systable_beginscan(relation, get_relname_relid(index, catalog), true,
							  NULL, 1, &scan_key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool		isnull;

		*value = heap_getattr(tuple, attribute, RelationGetDescr(relation), &isnull);
		found = !isnull;
		if (found && copy_text)
			*value = CStringGetDatum(TextDatumGetCString(*value));
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return found;
}

/*
 * look_up
 *		The environment of a schema as the catalog has it, "" for none.
 */
static const char *
look_up(Oid namespace)
{
	Oid			catalog = ExtensionSchema(VDE_CATALOG_SCHEMA);
	char	   *name = get_namespace_name(namespace);
	NameData	key;
	Datum		id;
	Datum		environment;

	if (!OidIsValid(catalog) || name == NULL)
		return "";
	namestrcpy(&key, name);
	if (!scan_row(catalog, "virtual_schema", "virtual_schema_pkey", "schema_name",
				  F_NAMEEQ, NameGetDatum(&key), "environment_id", &id, false) ||
		!scan_row(catalog, "environment", "environment_pkey", "id",
				  F_INT8EQ, Int64GetDatum(DatumGetInt64(id)), "name", &environment, true))
		return "";
	return DatumGetCString(environment);
}

/*
 * SchemaEnvironment
 *		See virtual_schema.h.
 */
const char *
SchemaEnvironment(Oid namespace)
{
	SchemaEntry *entry;
	const char *environment;
	bool		found;

	if (!schemas_watched)
		CacheRegisterSyscacheCallback(NAMESPACEOID, schemas_changed, (Datum) 0);
	schemas_watched = true;
	if (!schemas_valid)
	{
		HASHCTL		ctl;

		/* there may be no memory for the next one */
		if (schemas != NULL)
			hash_destroy(schemas);
		schemas = NULL;
		ctl.keysize = sizeof(Oid);
		ctl.entrysize = sizeof(SchemaEntry);
		schemas = hash_create("vde schemas", 16, &ctl, HASH_ELEM | HASH_BLOBS);
		schemas_valid = true;
	}

	entry = hash_search(schemas, &namespace, HASH_FIND, NULL);
	if (entry != NULL)
		return entry->environment[0] != '\0' ? entry->environment : NULL;

	/* a message that comes while we look leaves the table to be thrown away */
	environment = look_up(namespace);
	entry = hash_search(schemas, &namespace, HASH_ENTER, &found);
	strlcpy(entry->environment, environment, NAMEDATALEN);
	return entry->environment[0] != '\0' ? entry->environment : NULL;
}

/*
 * SuffixedSchemaEnvironment
 *		See virtual_schema.h.
 */
const char *
SuffixedSchemaEnvironment(Oid namespace)
{
	const char *environment = SchemaEnvironment(namespace);

	if (environment == NULL || strcmp(environment, PROD_ENVIRONMENT) == 0)
		return NULL;
	return environment;
}
