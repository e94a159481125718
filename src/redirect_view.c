/*-------------------------------------------------------------------------
 *
 * redirect_view.c
 *	  Which view of vde.environment stands for which one of prod.
 *
 * Invariants
 *
 * - Both are views of ours by what they show (view_shape.c), and the second
 *	 stands in a schema that vde made for that very environment: neither a
 *	 schema shop__dev of somebody else nor a view moved there is ever read.
 *
 * - A model that the environment does not have is an error: reading prod's
 *	 instead would be silently wrong.
 *
 * Whether a view is ours is kept per session, under its OID.  A view is only
 * looked at while it is locked, so a message about a change of it comes either
 * before or when somebody locks it next.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "storage/sinval.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "catalog.h"
#include "compat.h"
#include "environment.h"
#include "guc.h"
#include "model.h"
#include "redirect_view.h"
#include "session.h"
#include "view_shape.h"
#include "virtual_schema.h"

typedef struct ViewEntry
{
	Oid			view;			/* key */
	bool		ours;
} ViewEntry;

static HTAB *views = NULL;
static bool views_watched = false;
static bool views_valid = false;

/*
 * view_changed
 *		A relation changed, or all may have.
 */
static void
view_changed(Datum arg, Oid relid)
{
	if (!OidIsValid(relid))
		views_valid = false;
	else if (!views_valid ||
			 hash_search(views, &relid, HASH_REMOVE, NULL) == NULL)
		return;
	ForgetSchemaEnvironments();
}

/*
 * is_our_view
 *		Does a view, which is locked, show a table of ours?
 */
static bool
is_our_view(Oid relid)
{
	ViewEntry  *entry;
	bool		faithful;
	bool		ours;
	bool		found;

	if (!views_watched)
		CacheRegisterRelcacheCallback(view_changed, (Datum) 0);
	views_watched = true;
	if (!views_valid)
	{
		HASHCTL		ctl;

		/* there may be no memory for the next one */
		if (views != NULL)
			hash_destroy(views);
		views = NULL;
		ctl.keysize = sizeof(Oid);
		ctl.entrysize = sizeof(ViewEntry);
		views = hash_create("vde views", 64, &ctl, HASH_ELEM | HASH_BLOBS);
		views_valid = true;
	}

	entry = hash_search(views, &relid, HASH_FIND, NULL);
	if (entry != NULL)
		return entry->ours;

	ours = OidIsValid(ExtensionSchema(VDE_DATA_SCHEMA)) &&
		OidIsValid(ViewTarget(relid, &faithful));
	/* the look at catalogs may have ended the life of the table */
	if (views_valid)
	{
		entry = hash_search(views, &relid, HASH_ENTER, &found);
		entry->ours = ours;
	}
	return ours;
}

/*
 * IsProdView
 *		See redirect_view.h.
 */
bool
IsProdView(Oid relid)
{
	/* without the extension this is the end of it */
	if (!OidIsValid(get_namespace_oid(VDE_DATA_SCHEMA, true)))
		return false;
	return is_our_view(relid) &&
		SuffixedSchemaEnvironment(get_rel_namespace(relid)) == NULL;
}

/*
 * raise_missing
 *		Error: the environment has no view of that model.  Returns if it is no
 *		model's view: one that somebody moved or renamed.
 */
static void
raise_missing(const ModelName *name)
{
	VdeSession	session;
	Environment *environment;
	char	   *quoted = QuoteModelName(name);

	SessionBegin(&session, NULL);
	if (CatalogRead("SELECT FROM vde.model WHERE schema_name = $1 AND model_name = $2",
					"nn", name->schema, name->name) == 0)
	{
		SessionEnd(&session);
		return;
	}
	environment = FindEnvironment(VdeEnvironment, true);
	if (environment == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("environment \"%s\" does not exist", VdeEnvironment),
				 errdetail("The setting vde.environment names it, so \"%s\" is to be read there.", quoted),
				 errhint("RESET vde.environment or SET vde.environment = 'prod' to read prod; CALL vde_create_environment('%s') makes it.",
						 VdeEnvironment)));

	if (CatalogRead("SELECT d.kind = 'embedded' FROM vde.pointer p "
					"JOIN vde.model m ON m.id = p.model_id "
					"JOIN vde.snapshot s ON s.id = p.snapshot_id "
					"JOIN vde.definition d ON d.id = s.definition_id "
					"WHERE p.environment_id = $1 AND m.schema_name = $2 AND m.model_name = $3",
					"lnn", environment->id, name->schema, name->name) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("model \"%s\" is not in environment \"%s\"", quoted, VdeEnvironment),
				 errdetail("It is in prod. The setting vde.environment says to read \"%s\" instead.", VdeEnvironment),
				 errhint("SET vde.environment = 'prod' to read prod's.")));
	if (CatalogBool(0, 1))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("model \"%s\" has no view in environment \"%s\"", quoted, VdeEnvironment),
				 errdetail("It is embedded in the models that read it there."),
				 errhint("Read a model that reads it, or SET vde.environment = 'prod' to read prod's.")));
	if (!environment->layer_complete)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("model \"%s\" has no view in environment \"%s\" yet", quoted, VdeEnvironment),
				 errdetail("An environment gets its views when it is applied for the first time."),
				 errhint("CALL vde_apply('%s'), or SET vde.environment = 'prod' to read prod.", VdeEnvironment)));
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_TABLE),
			 errmsg("the view of model \"%s\" in environment \"%s\" is missing", quoted, VdeEnvironment),
			 errdetail("Somebody dropped, moved or replaced it."),
			 errhint("Drop the environment and create it again, or SET vde.environment = 'prod' to read prod.")));
}

/*
 * same_columns
 *		Have two views, both locked, the same columns at the same places?
 */
static bool
same_columns(Oid a, Oid b)
{
	Relation	relation_a = relation_open(a, NoLock);
	Relation	relation_b = relation_open(b, NoLock);
	TupleDesc	desc_a = RelationGetDescr(relation_a);
	TupleDesc	desc_b = RelationGetDescr(relation_b);
	bool		same = desc_a->natts == desc_b->natts;
	int			i;

	for (i = 0; same && i < desc_a->natts; i++)
	{
		Form_pg_attribute att_a = TupleDescAttr(desc_a, i);
		Form_pg_attribute att_b = TupleDescAttr(desc_b, i);

		same = strcmp(NameStr(att_a->attname), NameStr(att_b->attname)) == 0 &&
			att_a->atttypid == att_b->atttypid &&
			att_a->atttypmod == att_b->atttypmod &&
			att_a->attcollation == att_b->attcollation &&
			att_a->attisdropped == att_b->attisdropped;
	}
	relation_close(relation_b, NoLock);
	relation_close(relation_a, NoLock);
	return same;
}

/*
 * replacement_by_name
 *		The relation that should be the environment's view, in a schema that
 *		is the environment's; or InvalidOid.
 */
static Oid
replacement_by_name(const char *schema, const char *name)
{
	Oid			namespace = get_namespace_oid(schema, true);
	const char *environment;

	if (!OidIsValid(namespace))
		return InvalidOid;
	environment = SchemaEnvironment(namespace);
	if (environment == NULL || strcmp(environment, VdeEnvironment) != 0)
		return InvalidOid;
	/* as for any qualified name, before anything is locked */
	if (NamespaceAclcheck(namespace, GetUserId(), ACL_USAGE) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_SCHEMA, schema);
	return get_relname_relid(name, namespace);
}

/*
 * FindExchange
 *		See redirect_view.h.
 */
ViewExchange *
FindExchange(Oid view, LOCKMODE lockmode)
{
	ViewExchange *exchange = palloc0(sizeof(ViewExchange));
	ModelName	name;
	char	   *schema;

	name.schema = get_namespace_name(get_rel_namespace(view));
	name.name = get_rel_name(view);
	if (name.schema == NULL || name.name == NULL)
		elog(ERROR, "cache lookup failed for relation %u", view);
	schema = psprintf("%s__%s", name.schema, VdeEnvironment);

	/* a name is looked up again until it means the same under the lock */
	for (;;)
	{
		uint64		messages = SharedInvalidMessageCounter;
		Oid			replacement = replacement_by_name(schema, name.name);

		if (!OidIsValid(replacement))
			break;
		LockRelationOid(replacement, lockmode);
		if (messages != SharedInvalidMessageCounter &&
			replacement_by_name(schema, name.name) != replacement)
		{
			UnlockRelationOid(replacement, lockmode);
			continue;
		}
		if (!is_our_view(replacement))
		{
			UnlockRelationOid(replacement, lockmode);
			break;
		}
		exchange->view = view;
		exchange->replacement = replacement;
		exchange->schema = schema;
		exchange->same_columns = same_columns(view, replacement);
		return exchange;
	}
	raise_missing(&name);
	return NULL;
}

/*
 * GetExchange
 *		See redirect_view.h.
 */
ViewExchange *
GetExchange(List *exchanges, Oid view)
{
	ListCell   *lc;

	foreach(lc, exchanges)
	{
		ViewExchange *exchange = lfirst(lc);

		if (exchange->view == view)
			return exchange;
	}
	return NULL;
}
