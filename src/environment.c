/*-------------------------------------------------------------------------
 *
 * environment.c
 *	  Named sets of pointers: found, created and checked.
 *
 * An environment's row, its pointers and its first deployment ("create", the
 * root of its tree of states) are written together; its views come when it is
 * first deployed to (deployment.c).  Its locks are in environment_lock.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_database.h"
#include "commands/dbcommands.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "catalog.h"
#include "compat.h"
#include "digest.h"
#include "environment.h"
#include "environment_lock.h"
#include "fault.h"
#include "guc.h"
#include "history.h"
#include "kept.h"
#include "model.h"
#include "notify.h"

PG_FUNCTION_INFO_V1(vde_environment_name);

/*
 * check_environment_name
 *		Error unless the name can be an environment's: a suffix of schemas.
 */
static void
check_environment_name(const char *name)
{
	size_t		length = strlen(name);

	if (length == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("an environment's name must not be empty"),
				 errhint("Use lower-case letters, digits and single underscores.")));
	if (length > ENVIRONMENT_NAME_LENGTH)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("environment name \"%s\" is too long", name),
				 errdetail("It is the suffix of schema names and must be at most %d bytes.",
						   ENVIRONMENT_NAME_LENGTH),
				 errhint("Make one with vde_environment_name().")));
	if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != length ||
		strstr(name, "__") != NULL || name[0] == '_' || name[length - 1] == '_')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("\"%s\" is not a valid environment name", name),
				 errdetail("An environment's name consists of lower-case letters, digits and single underscores."),
				 errhint("Make one from any text with vde_environment_name().")));
}

/*
 * EnvironmentName
 *		The environment that a call means: its argument, else the setting
 *		vde.environment, else dev.
 */
char *
EnvironmentName(const char *given)
{
	const char *name = given;

	if (name == NULL)
		name = (VdeEnvironment != NULL && VdeEnvironment[0] != '\0') ?
			VdeEnvironment : DEFAULT_ENVIRONMENT;
	check_environment_name(name);
	return pstrdup(name);
}

/*
 * FindEnvironment
 *		Reads an environment's row.
 */
Environment *
FindEnvironment(const char *name, bool missing_ok)
{
	Environment *environment;

	if (CatalogRead("SELECT e.id, e.owner::pg_catalog.oid, e.base_id, e.layer_complete, s.deployment_id "
					"FROM vde.environment e JOIN vde.environment_state s ON s.environment_id = e.id "
					"WHERE e.name = $1", "t", name) == 0)
	{
		if (missing_ok)
			return NULL;
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("environment \"%s\" does not exist", name),
				 errhint("The view vde_environments lists them; CALL vde_create_environment('%s') makes it.",
						 name)));
	}
	environment = palloc0(sizeof(Environment));
	environment->name = pstrdup(name);
	environment->id = CatalogInt64(0, 1);
	environment->owner = CatalogOid(0, 2);
	environment->base_id = CatalogInt64(0, 3);
	environment->layer_complete = CatalogBool(0, 4);
	environment->state_id = CatalogInt64(0, 5);
	return environment;
}

/*
 * CheckEnvironmentOwner
 *		Only members of an environment's owner change it.
 */
void
CheckEnvironmentOwner(const Environment *environment, Oid caller)
{
	if (!has_privs_of_role(caller, environment->owner))
	{
		/* NULL: dropped, and a role of the same name is another one */
		char	   *owner = GetUserNameFromId(environment->owner, true);

		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for environment \"%s\"", environment->name),
				 owner ? errdetail("It belongs to role \"%s\".", owner) :
				 errdetail("The role that it belongs to does not exist any more."),
				 owner ? errhint("Work in an environment of your own, or have the role granted to you.") :
				 errhint("Work in an environment of your own, or have a superuser do what vde_check() says.")));
	}
}

/*
 * OpenEnvironment
 *		An environment to work in; an unknown one is made from prod.
 */
Environment *
OpenEnvironment(const char *name, Oid caller, bool nowait)
{
	Environment *environment = FindEnvironment(name, true);
	Environment *base = NULL;

	/* another session may be about to make it: wait for the end of that */
	if (environment == NULL)
	{
		LockEnvironmentName(name, nowait);
		environment = FindEnvironment(name, true);
	}
	if (environment != NULL)
	{
		CheckEnvironmentOwner(environment, caller);
		return environment;
	}
	if (strcmp(name, PROD_ENVIRONMENT) != 0)
		base = FindEnvironment(PROD_ENVIRONMENT, true);
	environment = CreateEnvironment(name, base, NULL, 0, caller);
	NotifyCreation(environment, base, caller);
	TellCreation(name, base);
	return environment;
}

/*
 * TellCreation
 *		Says that there is a new environment: a name may have been mistyped.
 */
void
TellCreation(const char *name, const Environment *base)
{
	ereport(NOTICE,
			(errmsg("created environment \"%s\"%s", name,
					base ? psprintf(" from \"%s\"", base->name) : "")));
}

/*
 * BeginDrafting
 *		See environment.h.
 */
Environment *
BeginDrafting(Environment *environment, Oid caller, bool alone)
{
	/* if it is being dropped, wait for the outcome */
	while (CatalogWrite("SELECT FROM vde.environment WHERE id = $1 FOR KEY SHARE", "l", environment->id) == 0)
	{
		environment = FindEnvironment(environment->name, false);
		CheckEnvironmentOwner(environment, caller);
	}
	LockDrafts(environment->id, environment->name, alone);
	return environment;
}

/*
 * EnvironmentForDrafts
 *		OpenEnvironment by an argument that may be NULL, and BeginDrafting.
 */
int64
EnvironmentForDrafts(const char *given, Oid caller, bool alone, char **resolved_name)
{
	*resolved_name = EnvironmentName(given);
	return BeginDrafting(OpenEnvironment(*resolved_name, caller, false), caller, alone)->id;
}

/*
 * inherit_merge_bases
 *		What base has in common with others, a copy of it has in common, too.
 *
 * Else a promote of the same source to the copy would take for a conflict what
 * base has from that source.  Who is being dropped is waited for: either it is
 * still there, or so is nothing that it had in common.
 */
static void
inherit_merge_bases(const Environment *environment, const Environment *base, int64 deployment)
{
	List	   *others = NIL;
	uint64		rows;
	uint64		row;

	rows = CatalogWrite("SELECT id FROM vde.environment "
						"WHERE id IN (SELECT source_id FROM vde.merge_base WHERE target_id = $1 "
						"             UNION SELECT target_id FROM vde.merge_base WHERE source_id = $1) "
						"ORDER BY id FOR KEY SHARE", "l", base->id);
	for (row = 0; row < rows; row++)
		others = lappend(others, CopyId(CatalogInt64(row, 1)));

	CatalogWrite("WITH RECURSIVE past AS ("
				 "  SELECT id, parent_id FROM vde.deployment WHERE id = $4 "
				 "  UNION ALL SELECT d.id, d.parent_id FROM vde.deployment d JOIN past p ON d.id = p.parent_id) "
				 "INSERT INTO vde.merge_base (source_id, target_id, model_id, deployment_id, snapshot_id, source_deployment_id) "
				 "SELECT DISTINCT ON (source_id, model_id) source_id, $1, model_id, $2, snapshot_id, source_deployment_id "
				 "FROM vde.merge_base WHERE target_id = $3 AND deployment_id IN (SELECT id FROM past) "
				 "AND source_id = ANY ($5) "
				 "ORDER BY source_id, model_id, deployment_id DESC", "llllI",
				 environment->id, environment->state_id, base->id,
				 deployment != 0 ? deployment : base->state_id, others);

	/*
	 * What others took from base counts while they stand on it.  What base
	 * has gone back from is nothing that the copy ever had.
	 */
	if (deployment == 0)
		CatalogWrite("WITH RECURSIVE past AS ("
					 "  SELECT id, parent_id FROM vde.deployment WHERE id = $3 "
					 "  UNION ALL SELECT d.id, d.parent_id FROM vde.deployment d JOIN past p ON d.id = p.parent_id) "
					 "INSERT INTO vde.merge_base (source_id, target_id, model_id, deployment_id, snapshot_id, source_deployment_id) "
					 "SELECT $1, target_id, model_id, deployment_id, snapshot_id, $4 "
					 "FROM vde.merge_base WHERE source_id = $2 AND source_deployment_id IN (SELECT id FROM past) "
					 "AND target_id = ANY ($5)", "llllI",
					 environment->id, base->id, base->state_id, environment->state_id, others);
}

/*
 * inherit_overrules
 *		What base has declared, and keeps because of that, is so in a copy of
 *		its pointers, whichever state they are of.
 */
static void
inherit_overrules(const Environment *environment, const Environment *base)
{
	CatalogWrite("INSERT INTO vde.overrule (environment_id, model_id, definition_id, over_definition_id, category, declared_hash, decided_by, decided_at) "
				 "SELECT $1, model_id, definition_id, over_definition_id, category, declared_hash, decided_by, decided_at "
				 "FROM vde.overrule WHERE environment_id = $2", "ll", environment->id, base->id);
	InheritKept(environment->id, environment->state_id, base->id);
}

/*
 * require_tables
 *		Error when a table that a new environment points at was collected: those of
 *		an earlier deployment may have been, and so may all that base had when a
 *		transaction began that keeps its snapshot.  From here on nothing is: we
 *		have a lock that excludes vde_gc.
 */
static void
require_tables(const Environment *environment, int64 deployment)
{
	if (CatalogReadLatest("SELECT m.schema_name, m.model_name FROM vde.pointer p "
						  "JOIN vde.snapshot s ON s.id = p.snapshot_id "
						  "JOIN vde.version v ON v.id = s.version_id "
						  "JOIN vde.model m ON m.id = p.model_id "
						  "WHERE p.environment_id = $1 AND v.collected_at IS NOT NULL ORDER BY 1, 2 LIMIT 1", "l",
						  environment->id) == 0)
		return;
	if (deployment == 0)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent garbage collection"),
				 errdetail("The table of model \"%s\", which environment \"%s\" was to have, was collected since this transaction began.",
						   quote_qualified_identifier(CatalogText(0, 1), CatalogText(0, 2)), environment->name),
				 errhint("Run the transaction again.")));
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("cannot create environment \"%s\" from deployment " INT64_FORMAT ": tables of that time were collected",
					environment->name, deployment),
			 errdetail("One is that of model \"%s\".",
					   quote_qualified_identifier(CatalogText(0, 1), CatalogText(0, 2))),
			 errhint("The setting vde.retention says how long tables are kept.")));
}

/*
 * CreateEnvironment
 *		Writes a new environment's rows.
 *
 * Its schemas are made as its owner, so who creates one must be allowed to
 * create schemas in this database.
 */
Environment *
CreateEnvironment(const char *name, const Environment *base,
				  const Interval *ttl, int64 deployment, Oid caller)
{
	Environment *environment = palloc0(sizeof(Environment));
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz expires_at = 0;

	check_environment_name(name);
	if (DatabaseAclcheck(MyDatabaseId, caller, ACL_CREATE) != ACLCHECK_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to create environment \"%s\"", name),
				 errdetail("An environment is made of schemas, and role \"%s\" may not create schemas in this database.",
						   GetUserNameFromId(caller, true)),
				 errhint("Have an administrator run GRANT CREATE ON DATABASE %s TO %s.",
						 quote_identifier(get_database_name(MyDatabaseId)),
						 quote_identifier(GetUserNameFromId(caller, true)))));
	if (ttl != NULL)
	{
		if (strcmp(name, PROD_ENVIRONMENT) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("environment \"%s\" cannot expire", name),
					 errhint("Leave the argument ttl out.")));
		expires_at = DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
															 TimestampTzGetDatum(now),
															 PointerGetDatum(ttl)));
		if (expires_at <= now)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("argument ttl must be a positive interval")));
	}
	/* a name that was only ever drafted, and is no more, is nobody's */
	if (CatalogRead("SELECT m.schema_name FROM vde.model m "
					"WHERE right(m.schema_name, length($1) + 2) = '__' || $1 "
					"AND (EXISTS (SELECT FROM vde.draft d WHERE d.model_id = m.id) "
					"OR EXISTS (SELECT FROM vde.snapshot s WHERE s.model_id = m.id)) LIMIT 1", "t", name) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_SCHEMA),
				 errmsg("environment name \"%s\" clashes with the models of schema \"%s\"",
						name, CatalogText(0, 1)),
				 errhint("Choose another environment name.")));

	/* if base is being dropped, wait for the outcome */
	if (base != NULL &&
		CatalogWrite("SELECT FROM vde.environment WHERE id = $1 FOR KEY SHARE", "l", base->id) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("environment \"%s\" does not exist", base->name),
				 errdetail("It was dropped while environment \"%s\" was being created from it.", name),
				 errhint("Name another base.")));

	environment->name = pstrdup(name);
	environment->owner = caller;
	environment->base_id = base ? base->id : 0;

	if (CatalogWrite("INSERT INTO vde.environment (name, owner, base_id, created_by, created_at, expires_at, layer_complete) "
					 "VALUES ($1, $2, $3, $2, $4, $5, $6) ON CONFLICT (name) DO NOTHING RETURNING id",
					 "trLzzb", name, caller, environment->base_id, now, expires_at, base == NULL) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("environment \"%s\" already exists", name),
				 errhint("Apply to it, or drop it first with CALL vde_drop_environment('%s').", name)));
	environment->id = CatalogInt64(0, 1);
	environment->layer_complete = (base == NULL);
	VDE_POINT("environment: row written");

	CatalogWrite("INSERT INTO vde.deployment (environment_id, action, model_count, built_count, reused_count, deployed_by, deployed_at) "
				 "VALUES ($1, 'create', 0, 0, 0, $2, $3) RETURNING id", "lrz",
				 environment->id, caller, now);
	environment->state_id = CatalogInt64(0, 1);
	CatalogWrite("INSERT INTO vde.environment_state (environment_id, deployment_id) VALUES ($1, $2)",
				 "ll", environment->id, environment->state_id);

	if (base != NULL && deployment == 0)
		CatalogWrite("INSERT INTO vde.pointer (environment_id, model_id, snapshot_id, base_snapshot_id) "
					 "SELECT $1, model_id, snapshot_id, snapshot_id FROM vde.pointer "
					 "WHERE environment_id = $2 AND snapshot_id IS NOT NULL", "ll",
					 environment->id, base->id);
	else if (base != NULL)
		CopyPointersAt(environment->id, base, deployment);
	if (base != NULL)
		require_tables(environment, deployment);
	VDE_POINT("environment: pointers written");
	if (base != NULL)
	{
		inherit_merge_bases(environment, base, deployment);
		inherit_overrules(environment, base);
	}
	if (base != NULL)
		CatalogWrite("UPDATE vde.deployment SET model_count = p.n, reused_count = p.n "
					 "FROM (SELECT count(*)::int AS n FROM vde.pointer WHERE environment_id = $1) p WHERE id = $2",
					 "ll", environment->id, environment->state_id);
	return environment;
}

/*
 * NotifyCreation
 *		See environment.h.
 */
void
NotifyCreation(const Environment *environment, const Environment *base, Oid caller)
{
	CatalogRead("SELECT count(*) FROM vde.pointer WHERE environment_id = $1", "l", environment->id);
	NotifyDeployment(environment->name, environment->state_id, "create", base ? base->name : NULL,
					 CatalogInt64(0, 1), caller);
}

/*
 * vde_environment_name(text)
 *		Makes an environment's name of any text, such as a branch's name.
 *
 * Different texts may give the same name only when they differ in letter case
 * or in what is no letter or digit; a text that is cut off gets a hash of all
 * of it, so that two long ones stay apart.
 */
Datum
vde_environment_name(PG_FUNCTION_ARGS)
{
	char	   *given = text_to_cstring(PG_GETARG_TEXT_PP(0));
	StringInfoData name;
	const char *p;

	initStringInfo(&name);
	for (p = given; *p; p++)
	{
		char		c = *p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p;

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			appendStringInfoChar(&name, c);
		else if (name.len > 0 && name.data[name.len - 1] != '_')
			appendStringInfoChar(&name, '_');
	}
	if (name.len > 0 && name.data[name.len - 1] == '_')
		name.data[--name.len] = '\0';
	if (name.len == 0 || name.len > ENVIRONMENT_NAME_LENGTH)
	{
		Digest		digest;

		DigestBytes(given, strlen(given), &digest);
		if (name.len > ENVIRONMENT_NAME_LENGTH - 9)
			name.data[ENVIRONMENT_NAME_LENGTH - 9] = '\0';
		name.len = strlen(name.data);
		if (name.len > 0 && name.data[name.len - 1] == '_')
			name.data[--name.len] = '\0';
		appendStringInfo(&name, "%s%.8s", name.len > 0 ? "_" : "e", DigestXxh3(&digest));
	}
	PG_RETURN_TEXT_P(cstring_to_text(name.data));
}
