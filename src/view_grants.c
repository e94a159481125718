/*-------------------------------------------------------------------------
 *
 * view_grants.c
 *	  Who may read the views of an environment: what the option "grants" says,
 *	  and what comes along from the environment that it was made from.
 *
 * A view that stays keeps its grants (virtual_layer.c), and so does one that
 * is made anew (view_attachments.c).  Here is what comes and goes with them:
 *
 * - What the option "grants" of the model says, is granted at each swap of the
 *	 view.  What it has given is remembered in vde.view_grant, and taken back
 *	 when it no longer says so: never what somebody had before, nor what was
 *	 given with grant option since.
 *
 * - A view that is new in an environment gets what there is on the view of the
 *	 environment's base, where both have the same owner: who creates an
 *	 environment must not speak for another role.  Where base has no such view,
 *	 it gets the owner's default privileges for base's schema, besides those
 *	 that PostgreSQL gives.  For an environment without a base that is prod.
 *
 * Invariants
 *
 * - Everything is granted by the view's owner.
 *
 * - A grant on a view in prod lets nobody read who has no USAGE on its schema.
 *	 An environment's schemas belong to who made it, who gives USAGE as he
 *	 likes.  So where he cannot act for the view's owner in any case, the grants
 *	 on the view itself are bounded by USAGE on prod's schema; and when a view
 *	 gets another owner there, what the owner before has given is taken.
 *
 * - Roles are known by their OIDs: who is named like one that was dropped gets
 *	 nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "catalog.h"
#include "compat.h"
#include "physical_parts.h"
#include "view_attachments.h"
#include "view_grants.h"
#include "view_shape.h"

struct ViewGrants
{
	int64		environment_id;
	Oid			environment_owner;
	bool		is_prod;
	char	   *base;			/* the environment that it was made from, else
								 * prod */
	List	  **given;			/* Oid, per change: in vde.view_grant */
	List	  **given_in_base;	/* the same for the base */
};

/* Whom grants on a view may go to */
typedef struct Bound
{
	bool		unbounded;
	Oid			schema;			/* else who has USAGE on it; InvalidOid:
								 * nobody */
} Bound;

/*
 * find_environment
 *		Fills in the names.
 */
static void
find_environment(ViewGrants *grants)
{
	if (CatalogRead("SELECT e.name = '" PROD_ENVIRONMENT "', COALESCE(b.name, '" PROD_ENVIRONMENT "') "
					"FROM vde.environment e LEFT JOIN vde.environment b ON b.id = e.base_id "
					"WHERE e.id = $1", "l", grants->environment_id) > 0)
	{
		grants->is_prod = CatalogBool(0, 1);
		grants->base = CatalogText(0, 2);
	}
}

/*
 * BeginViewGrants
 *		See view_grants.h.
 */
ViewGrants *
BeginViewGrants(List *changes, int64 environment_id, Oid environment_owner)
{
	ViewGrants *grants = palloc0(sizeof(ViewGrants));
	List	   *schemas = NIL;
	List	   *names = NIL;
	uint64		rows;
	uint64		row;
	ListCell   *lc;

	grants->environment_id = environment_id;
	grants->environment_owner = environment_owner;
	grants->given = palloc0(sizeof(List *) * list_length(changes));
	grants->given_in_base = palloc0(sizeof(List *) * list_length(changes));
	find_environment(grants);

	foreach(lc, changes)
	{
		ViewChange *change = (ViewChange *) lfirst(lc);

		schemas = lappend(schemas, change->model.schema);
		names = lappend(names, change->model.name);
	}
	rows = CatalogRead("SELECT c.place, g.environment_id = $1, g.grantee::pg_catalog.oid "
					   "FROM vde.view_grant g "
					   "JOIN vde.model m ON m.id = g.model_id "
					   "JOIN ROWS FROM (unnest($2), unnest($3)) WITH ORDINALITY c (schema_name, model_name, place) "
					   "ON c.schema_name = m.schema_name::pg_catalog.text AND c.model_name = m.model_name::pg_catalog.text "
					   "WHERE g.environment_id = $1 "
					   "OR g.environment_id = (SELECT id FROM vde.environment WHERE name = $4)", "lTTt",
					   environment_id, schemas, names, grants->base);
	for (row = 0; row < rows; row++)
	{
		List	  **given = CatalogBool(row, 2) ? grants->given : grants->given_in_base;
		int			place = (int) CatalogInt64(row, 1) - 1;

		given[place] = lappend_oid(given[place], CatalogOid(row, 3));
	}
	return grants;
}

/*
 * schema_oid
 *		A schema of the base: base's own, or prod's; InvalidOid where there is
 *		none.
 */
static Oid
schema_oid(const ModelName *model, const char *environment)
{
	char	   *name = model->schema;

	if (strcmp(environment, PROD_ENVIRONMENT) != 0)
		name = psprintf("%s__%s", model->schema, environment);
	return strlen(name) < NAMEDATALEN ? get_namespace_oid(name, true) : InvalidOid;
}

/*
 * find_view
 *		The model's view in that schema, if it is one of ours and belongs to
 *		that role.
 */
static Oid
find_view(const ModelName *model, Oid schema, Oid owner)
{
	Oid			viewid = OidIsValid(schema) ? get_relname_relid(model->name, schema) : InvalidOid;
	HeapTuple	tuple;
	bool		faithful;
	bool		same_owner;

	if (!OidIsValid(viewid) || !OidIsValid(ViewTarget(viewid, &faithful)))
		return InvalidOid;
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(viewid));
	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	same_owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner == owner;
	ReleaseSysCache(tuple);
	return same_owner ? viewid : InvalidOid;
}

/*
 * bound_of
 *		Whom grants on a view may go to.
 *
 * Only a schema in which prod's view stands is asked: anybody who may create
 * schemas could make another one.
 */
static Bound
bound_of(const ViewGrants *grants, const ViewChange *change)
{
	Bound		bound = {0};

	bound.unbounded = grants->is_prod ||
		has_privs_of_role(grants->environment_owner, change->owner);
	if (!bound.unbounded)
	{
		bound.schema = schema_oid(&change->model, PROD_ENVIRONMENT);
		if (!OidIsValid(find_view(&change->model, bound.schema, change->owner)))
			bound.schema = InvalidOid;
	}
	return bound;
}

/*
 * schema_acl
 *		The ACL of a schema, also where it is the default; NULL when it is gone.
 */
static Acl *
schema_acl(Oid schema)
{
	HeapTuple	tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(schema));
	Datum		value;
	bool		isnull;
	Acl		   *acl;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	value = SysCacheGetAttr(NAMESPACEOID, tuple, Anum_pg_namespace_nspacl, &isnull);
	acl = isnull ? acldefault(OBJECT_SCHEMA, ((Form_pg_namespace) GETSTRUCT(tuple))->nspowner) :
		DatumGetAclPCopy(value);
	ReleaseSysCache(tuple);
	return acl;
}

/*
 * bounded
 *		Who a grant to a role goes to: the role, or those with USAGE that are
 *		members of it.
 */
static List *
bounded(const Bound *bound, Oid role)
{
	List	   *roles = NIL;
	Acl		   *acl;
	int			i;

	if (bound->unbounded)
		return list_make1_oid(role);
	if (!OidIsValid(bound->schema) || (acl = schema_acl(bound->schema)) == NULL)
		return NIL;
	if (NamespaceAclcheck(bound->schema, role, ACL_USAGE) == ACLCHECK_OK)
		return list_make1_oid(role);
	for (i = 0; i < ACL_NUM(acl); i++)
	{
		const AclItem *item = &ACL_DAT(acl)[i];

		if ((ACLITEM_GET_PRIVS(*item) & ACL_USAGE) != 0 && item->ai_grantee != ACL_ID_PUBLIC &&
			(role == ACL_ID_PUBLIC || has_privs_of_role(item->ai_grantee, role)))
			roles = list_append_unique_oid(roles, item->ai_grantee);
	}
	return roles;
}

/*
 * change_acl
 *		Gives a role privileges, or takes them, as the owner.
 */
static Acl *
change_acl(Acl *acl, int mode, Oid owner, Oid role, AclMode privileges, AclMode options)
{
	AclItem		item = {0};

	item.ai_grantee = role;
	item.ai_grantor = owner;
	ACLITEM_SET_PRIVS_GOPTIONS(item, privileges, role == ACL_ID_PUBLIC ? ACL_NO_RIGHTS : options);
	return aclupdate(acl, &item, mode, owner, DROP_RESTRICT);
}

/*
 * add_acl
 *		Adds what another ACL gives, as far as the bound goes.
 */
static Acl *
add_acl(Acl *acl, Oid owner, const Acl *other, const Bound *bound)
{
	int			i;

	for (i = 0; i < ACL_NUM(other); i++)
	{
		const AclItem *item = &ACL_DAT(other)[i];
		AclMode		privileges = ACLITEM_GET_PRIVS(*item);
		ListCell   *lc;

		if (item->ai_grantee == owner || privileges == ACL_NO_RIGHTS)
			continue;
		foreach(lc, bounded(bound, item->ai_grantee))
		{
			if (lfirst_oid(lc) == owner)
				continue;
			acl = change_acl(acl, ACL_MODECHG_ADD, owner, lfirst_oid(lc), privileges,
							 lfirst_oid(lc) == item->ai_grantee ? ACLITEM_GET_GOPTIONS(*item) : ACL_NO_RIGHTS);
		}
	}
	return acl;
}

/*
 * owner_gives
 *		Does the owner give a role SELECT?  *with_option: to hand on, too.
 */
static bool
owner_gives(const Acl *acl, Oid owner, Oid role, bool *with_option)
{
	int			i;

	for (i = 0; i < ACL_NUM(acl); i++)
	{
		const AclItem *item = &ACL_DAT(acl)[i];

		if (item->ai_grantee == role && item->ai_grantor == owner &&
			(ACLITEM_GET_PRIVS(*item) & ACL_SELECT) != 0)
		{
			*with_option = (ACLITEM_GET_GOPTIONS(*item) & ACL_SELECT) != 0;
			return true;
		}
	}
	return false;
}

/*
 * view_acl
 *		The ACL of a view, also where it is the default.
 */
static Acl *
view_acl(Oid viewid, Oid owner)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(viewid));
	Datum		value;
	bool		isnull;
	Acl		   *acl;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", viewid);
	value = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_relacl, &isnull);
	acl = isnull ? acldefault(OBJECT_TABLE, owner) : DatumGetAclPCopy(value);
	ReleaseSysCache(tuple);
	return acl;
}

/*
 * column_acls
 *		The ACLs on columns of a view; and the columns, by name.
 */
static List *
column_acls(Oid viewid, List **names)
{
	Relation	attributes = table_open(AttributeRelationId, AccessShareLock);
	List	   *acls = NIL;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	*names = NIL;
	ScanKeyInit(&key, Anum_pg_attribute_attrelid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(viewid));
	scan = systable_beginscan(attributes, AttributeRelidNumIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_attribute att = (Form_pg_attribute) GETSTRUCT(tuple);
		bool		isnull;
		Datum		value = heap_getattr(tuple, Anum_pg_attribute_attacl,
										 RelationGetDescr(attributes), &isnull);

		if (isnull || att->attnum <= 0 || att->attisdropped)
			continue;
		*names = lappend(*names, pstrdup(NameStr(att->attname)));
		acls = lappend(acls, DatumGetAclPCopy(value));
	}
	systable_endscan(scan);
	table_close(attributes, AccessShareLock);
	return acls;
}

/*
 * copy_column_acls
 *		Grants on the columns of base's view go to those of the same name.
 */
static void
copy_column_acls(Oid viewid, Oid base_view, Oid owner, const Bound *bound)
{
	List	   *names;
	List	   *acls = column_acls(base_view, &names);
	ListCell   *name;
	ListCell   *acl;

	forboth(name, names, acl, acls)
	{
		AttrNumber	attnum = get_attnum(viewid, (char *) lfirst(name));
		Acl		   *wanted;

		if (attnum <= 0)
			continue;
		wanted = add_acl(acldefault(OBJECT_COLUMN, owner), owner, (Acl *) lfirst(acl), bound);
		if (ACL_NUM(wanted) > 0)
			SetViewAcl(viewid, attnum, owner, wanted);
	}
}

/*
 * reset_acls
 *		Takes everything that somebody was given on a view.
 */
static void
reset_acls(Oid viewid, Oid owner)
{
	List	   *names;
	ListCell   *name;

	(void) column_acls(viewid, &names);
	foreach(name, names)
		SetViewAcl(viewid, get_attnum(viewid, (char *) lfirst(name)), owner, NULL);
	SetViewAcl(viewid, 0, owner, NULL);
}

/*
 * inherited_acl
 *		What a new view begins with.  *from_base: it is from base's view.
 */
static Acl *
inherited_acl(const ViewGrants *grants, Oid viewid, const ViewChange *change,
			  const Bound *bound, bool *from_base)
{
	Acl		   *acl = view_acl(viewid, change->owner);	/* default privileges */
	Oid			schema = InvalidOid;
	Oid			base_view;
	Acl		   *defaults;

	*from_base = false;
	if (grants->is_prod)
		return acl;
	if (!bound->unbounded)
		acl = add_acl(acldefault(OBJECT_TABLE, change->owner), change->owner, acl, bound);
	schema = schema_oid(&change->model, grants->base);
	base_view = find_view(&change->model, schema, change->owner);
	if (OidIsValid(base_view))
	{
		*from_base = true;
		acl = add_acl(acl, change->owner, view_acl(base_view, change->owner), bound);
		copy_column_acls(viewid, base_view, change->owner, bound);
	}
	else if (OidIsValid(schema))
	{
		defaults = get_user_default_acl(OBJECT_TABLE, change->owner, schema);
		if (defaults != NULL)
			acl = add_acl(acl, change->owner, defaults, bound);
	}
	return acl;
}

/*
 * remember, forget
 *		That the option has given a role SELECT.
 */
static void
remember(const ViewGrants *grants, const ViewChange *change, Oid role)
{
	(void) CatalogWrite("INSERT INTO vde.view_grant (environment_id, model_id, grantee) "
						"SELECT $1, id, $4 FROM vde.model WHERE schema_name = $2 AND model_name = $3 "
						"ON CONFLICT DO NOTHING", "lnnr",
						grants->environment_id, change->model.schema, change->model.name, role);
}

static void
forget(const ViewGrants *grants, const ViewChange *change, Oid role)
{
	(void) CatalogWrite("DELETE FROM vde.view_grant g USING vde.model m "
						"WHERE m.schema_name = $2 AND m.model_name = $3 AND g.environment_id = $1 "
						"AND g.model_id = m.id AND g.grantee = $4", "lnnr",
						grants->environment_id, change->model.schema, change->model.name, role);
}

/*
 * ForgetViewGrants
 *		See view_grants.h.
 */
void
ForgetViewGrants(const ViewGrants *grants, int place, const ViewChange *change)
{
	ListCell   *lc;

	foreach(lc, grants->given[place])
		forget(grants, change, lfirst_oid(lc));
}

/*
 * wanted_grantees
 *		Whom the option gives SELECT here; *gone: a role that it names is not
 *		there any more.
 */
static List *
wanted_grantees(const ViewChange *change, const Bound *bound, bool *gone)
{
	List	   *wanted = NIL;
	ListCell   *lc;

	*gone = false;
	foreach(lc, change->grantees)
	{
		Oid			role = lfirst_oid(lc);

		if (role != ACL_ID_PUBLIC && !SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(role)))
			*gone = true;
		else if (role != change->owner)
			wanted = list_concat_unique_oid(wanted, bounded(bound, role));
	}
	return list_delete_oid(wanted, change->owner);
}

/*
 * SetViewGrants
 *		See view_grants.h.
 */
void
SetViewGrants(const ViewGrants *grants, int place, Oid viewid,
			  const ViewChange *change, Oid old_owner)
{
	Oid			owner = change->owner;
	List	   *given = grants->given[place];
	List	   *wanted;
	Bound		bound;
	Acl		   *acl;
	bool		is_new = !OidIsValid(old_owner);
	bool		from_base = false;
	bool		with_option;
	bool		gone;
	ListCell   *lc;

	if (old_owner == owner && given == NIL && change->grantees == NIL)
		return;

	bound = bound_of(grants, change);

	/*
	 * With another owner, what the one before gave counts as given by him.
	 * Who cannot act for him must not have that decided.
	 */
	if (!is_new && old_owner != owner && !bound.unbounded && !has_privs_of_role(old_owner, owner))
	{
		reset_acls(viewid, owner);
		is_new = true;
	}
	if (is_new)
	{
		/* what was given is gone with the view, or with its owner */
		ForgetViewGrants(grants, place, change);
		given = NIL;
		acl = inherited_acl(grants, viewid, change, &bound, &from_base);
		if (from_base)
		{
			foreach(lc, grants->given_in_base[place])
			{
				if (!owner_gives(acl, owner, lfirst_oid(lc), &with_option))
					continue;
				remember(grants, change, lfirst_oid(lc));
				given = lappend_oid(given, lfirst_oid(lc));
			}
		}
	}
	else
		acl = view_acl(viewid, owner);

	wanted = wanted_grantees(change, &bound, &gone);
	if (gone)
		ereport(WARNING,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("a role that option \"grants\" of model \"%s\" names does not exist any more",
						QuoteModelName(&change->model)),
				 errdetail("Nothing was granted to it, nor to another role that has its name now."),
				 errhint("Register the model again.")));

	foreach(lc, given)
	{
		Oid			role = lfirst_oid(lc);

		if (list_member_oid(wanted, role))
			continue;
		forget(grants, change, role);
		/* what it may hand on was given by somebody else, or once more */
		if (role != owner && owner_gives(acl, owner, role, &with_option) && !with_option)
			acl = change_acl(acl, ACL_MODECHG_DEL, owner, role, ACL_SELECT, ACL_NO_RIGHTS);
	}
	foreach(lc, wanted)
	{
		Oid			role = lfirst_oid(lc);

		if (owner_gives(acl, owner, role, &with_option))
			continue;
		acl = change_acl(acl, ACL_MODECHG_ADD, owner, role, ACL_SELECT, ACL_NO_RIGHTS);
		if (!list_member_oid(given, role))
			remember(grants, change, role);
	}
	if (!aclequal(acl, view_acl(viewid, owner)))
		SetViewAcl(viewid, 0, owner, acl);
}

/*
 * CopySchemaUsage
 *		See view_grants.h.
 */
void
CopySchemaUsage(const ViewGrants *grants, const ModelName *model, Oid schema)
{
	Oid			base = InvalidOid;
	Acl		   *acl;
	int			i;

	if (!grants->is_prod)
		base = schema_oid(model, grants->base);
	if (!OidIsValid(base) || (acl = schema_acl(base)) == NULL)
		return;

	for (i = 0; i < ACL_NUM(acl); i++)
	{
		const AclItem *item = &ACL_DAT(acl)[i];
		GrantStmt  *grant;
		AccessPriv *privilege;
		RoleSpec   *grantee;

		if ((ACLITEM_GET_PRIVS(*item) & ACL_USAGE) == 0 ||
			item->ai_grantee == grants->environment_owner)
			continue;
		privilege = makeNode(AccessPriv);
		privilege->priv_name = pstrdup("usage");

		grantee = makeNode(RoleSpec);
		grantee->roletype = item->ai_grantee == ACL_ID_PUBLIC ? ROLESPEC_PUBLIC : ROLESPEC_CSTRING;
		if (item->ai_grantee != ACL_ID_PUBLIC)
		{
			grantee->rolename = GetUserNameFromId(item->ai_grantee, true);
			if (grantee->rolename == NULL)
				continue;
		}
		grantee->location = -1;

		grant = makeNode(GrantStmt);
		grant->is_grant = true;
		grant->targtype = ACL_TARGET_OBJECT;
		grant->objtype = OBJECT_SCHEMA;
		grant->objects = list_make1(makeString(get_namespace_name(schema)));
		grant->privileges = list_make1(privilege);
		grant->grantees = list_make1(grantee);
		RunUtility((Node *) grant, "GRANT");
	}
}

/*
 * MissingViewGrants
 *		See view_grants.h.
 */
char *
MissingViewGrants(const Environment *environment, const ViewChange *change, Oid viewid)
{
	ViewGrants	grants = {0};
	Acl		   *acl = view_acl(viewid, change->owner);
	Bound		bound;
	StringInfoData names;
	bool		with_option;
	bool		gone;
	ListCell   *lc;

	grants.environment_owner = environment->owner;
	grants.is_prod = strcmp(environment->name, PROD_ENVIRONMENT) == 0;
	bound = bound_of(&grants, change);
	initStringInfo(&names);
	foreach(lc, wanted_grantees(change, &bound, &gone))
	{
		Oid			role = lfirst_oid(lc);

		if (!owner_gives(acl, change->owner, role, &with_option))
			appendStringInfo(&names, "%s\"%s\"", names.len > 0 ? ", " : "",
							 role == ACL_ID_PUBLIC ? "public" : GetUserNameFromId(role, false));
	}
	return names.len > 0 ? names.data : NULL;
}
