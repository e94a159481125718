/*-------------------------------------------------------------------------
 *
 * check_catalog.c
 *	  Roles, privileges, and the catalog in itself.
 *
 * What constraints of the catalog's tables guarantee is not checked again;
 * that they are in force is.  Foreign keys are: they are not asked of what a
 * restore loads (catalog_key.c).  Nothing here is mended: whom an environment is
 * to belong to, and who may do what, is for people to say.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_trigger.h"

#include "catalog.h"
#include "catalog_key.h"
#include "check.h"
#include "compat.h"
#include "model.h"

/*
 * check_roles
 *		Roles that own environments and definitions in use must exist.
 *
 * They are known by OID: a new role of the same name is another one.
 */
static void
check_roles(Check *check)
{
	ReportRows(check,
			   CatalogRead("SELECT e.name, format('environment %I', e.name), 'missing_role'::text, "
						   "format('Its owner, the role with OID %s, does not exist.', e.owner::pg_catalog.oid), "
						   "format('As a superuser: UPDATE vde.environment SET owner = (another role) WHERE owner = %L, then vde_check(true)', e.owner), NULL::text[] "
						   "FROM vde.environment e WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = e.owner::pg_catalog.oid) "
						   "UNION ALL "
						   "SELECT e.name, format('environment %I', e.name), 'missing_role', "
						   "format('The owner of definitions of %s model(s) in it, as of %s, the role with OID %s, does not exist: they cannot be built or refreshed.', "
						   "  count(*), min(vde.quoted_name(m.schema_name, m.model_name)), d.owner::pg_catalog.oid), "
						   "format('As a superuser: UPDATE vde.definition SET owner = (another role) WHERE owner = %L, then vde_check(true)', d.owner), "
						   "ARRAY[e.owner::pg_catalog.oid]::text[] "
						   "FROM (SELECT p.environment_id, s.definition_id FROM vde.pointer p JOIN vde.snapshot s ON s.id = p.snapshot_id "
						   "  UNION SELECT environment_id, definition_id FROM vde.draft WHERE definition_id IS NOT NULL) u "
						   "JOIN vde.environment e ON e.id = u.environment_id "
						   "JOIN vde.definition d ON d.id = u.definition_id JOIN vde.model m ON m.id = d.model_id "
						   "WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = d.owner::pg_catalog.oid) "
						   "GROUP BY e.name, e.owner, d.owner "
						   "ORDER BY 1, 2, 4", ""));

	/* the same that CREATE EXTENSION asks of it */
	ReportRows(check,
			   CatalogRead("SELECT NULL::text, 'role " VDE_STORAGE_ROLE "'::text, "
						   "CASE WHEN r.oid IS NULL THEN 'missing_role' ELSE 'powerful_role' END, "
						   "CASE WHEN r.oid IS NULL THEN 'It does not exist.' "
						   "  WHEN EXISTS (SELECT FROM pg_auth_members a WHERE a.roleid = r.oid) THEN 'It has members, who can write to all tables.' "
						   "  WHEN EXISTS (SELECT FROM pg_auth_members a WHERE a.member = r.oid) THEN 'It is a member of a role, whose rights expressions in indexes get.' "
						   "  ELSE 'It has an attribute, as LOGIN or SUPERUSER.' END, "
						   "CASE WHEN r.oid IS NULL THEN 'As a superuser: CREATE ROLE " VDE_STORAGE_ROLE " NOLOGIN' "
						   "  ELSE 'Take it from the role: it owns the tables and must be able to do nothing' END, NULL::text[] "
						   "FROM (SELECT) one LEFT JOIN pg_roles r ON r.rolname = '" VDE_STORAGE_ROLE "' "
						   "WHERE r.oid IS NULL OR r.rolsuper OR r.rolcanlogin OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls "
						   "OR EXISTS (SELECT FROM pg_auth_members a WHERE a.roleid = r.oid OR a.member = r.oid)", ""));
}

/*
 * check_extension
 *		The extension's objects belong to its owner, a superuser, and nobody
 *		else may write or create in its schemas.
 */
static void
check_extension(Check *check)
{
	ReportRows(check,
			   CatalogRead("WITH extension AS (SELECT oid, extowner FROM pg_extension WHERE extname = 'vde') "
						   "SELECT NULL::text, pg_describe_object(d.classid, d.objid, 0), 'wrong_owner'::text, "
						   "format('It belongs to %s, and the extension to %s.', o.owner::regrole, x.extowner::regrole), "
						   "format('Give it back with ALTER ... OWNER TO %s', x.extowner::regrole), NULL::text[] "
						   "FROM extension x JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = x.oid AND d.deptype = 'e' "
						   "JOIN (SELECT 'pg_class'::regclass AS class, oid, relowner AS owner FROM pg_class "
						   "  UNION ALL SELECT 'pg_proc'::regclass, oid, proowner FROM pg_proc "
						   "  UNION ALL SELECT 'pg_namespace'::regclass, oid, nspowner FROM pg_namespace) o "
						   "ON o.class = d.classid AND o.oid = d.objid "
						   "WHERE o.owner <> x.extowner "
						   "UNION ALL "
						   "SELECT NULL, 'extension vde', 'wrong_owner', format('Its owner %s is no superuser.', x.extowner::regrole), "
						   "format('As a superuser: ALTER ROLE %s SUPERUSER', x.extowner::regrole), NULL "
						   "FROM extension x WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = x.extowner AND r.rolsuper) "
						   "ORDER BY 2", ""));
	ReportRows(check,
			   CatalogRead("SELECT NULL::text, a.object, 'foreign_grant'::text, "
						   "format('%s has %s.', CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END, "
						   "  string_agg(DISTINCT a.privilege_type, ', ' ORDER BY a.privilege_type)), "
						   "format('REVOKE %s ON %s FROM %s', string_agg(DISTINCT a.privilege_type, ', ' ORDER BY a.privilege_type), a.object, "
						   "  CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END), NULL::text[] "
						   "FROM (SELECT format('SCHEMA %I', n.nspname) AS object, n.nspowner AS owner, x.grantee, x.privilege_type "
						   "    FROM pg_namespace n, aclexplode(n.nspacl) x "
						   "    WHERE n.nspname = '" VDE_DATA_SCHEMA "' OR (n.nspname = '" VDE_CATALOG_SCHEMA "' AND x.privilege_type = 'CREATE') "
						   "  UNION ALL SELECT format('%s %s', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass), c.relowner, x.grantee, x.privilege_type "
						   "    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) x "
						   "    WHERE n.nspname = '" VDE_CATALOG_SCHEMA "' AND c.relkind IN ('r', 'S') AND x.privilege_type <> 'SELECT' "
						   "  UNION ALL SELECT format('TABLE %s', c.oid::regclass), c.relowner, x.grantee, x.privilege_type || ' (' || quote_ident(t.attname) || ')' "
						   "    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) x "
						   "    WHERE n.nspname = '" VDE_CATALOG_SCHEMA "' AND c.relkind = 'r' AND t.attacl IS NOT NULL AND x.privilege_type <> 'SELECT' "
						   "  UNION ALL SELECT format('FUNCTION %s', p.oid::regprocedure), p.proowner, x.grantee, x.privilege_type "
						   "    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, aclexplode(p.proacl) x "
						   "    WHERE n.nspname = '" VDE_CATALOG_SCHEMA "' AND p.proname = 'prepare_storage_role') a "
						   "WHERE a.grantee <> a.owner GROUP BY a.object, a.grantee ORDER BY 2, 4", ""));
}

/*
 * check_state
 *		What the catalog says about itself.
 */
static void
check_state(Check *check)
{
	ReportRows(check,
			   CatalogRead("SELECT NULL::text, c.oid::regclass::text, 'wrong_catalog'::text, x.detail, x.remedy, NULL::text[] "
						   "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN ("
						   "  SELECT conrelid AS relid, format('Constraint %I was never validated.', conname) AS detail, "
						   "    format('ALTER TABLE %s VALIDATE CONSTRAINT %I', conrelid::regclass, conname) AS remedy FROM pg_constraint WHERE NOT convalidated "
						   "  UNION ALL SELECT t.tgrelid, 'Constraints of it are not enforced.', "
						   "    format('ALTER TABLE %s ENABLE TRIGGER ALL', t.tgrelid::regclass) FROM pg_trigger t WHERE t.tgisinternal AND t.tgenabled <> 'O' "
						   "    AND NOT (t.tgenabled = 'D' AND t.tgfoid IN ('\"RI_FKey_check_ins\"()'::regprocedure, '\"RI_FKey_check_upd\"()'::regprocedure) "
						   "      AND EXISTS (SELECT FROM pg_trigger o WHERE o.tgrelid = t.tgrelid AND o.tgenabled = 'O' "
						   "        AND o.tgfoid = 'vde.check_keys()'::regprocedure AND o.tgtype = $1 AND o.tgqual IS NULL AND o.tgattr = '')) GROUP BY t.tgrelid "
						   "  UNION ALL SELECT tgrelid, format('Trigger %I is not vde''s.', tgname), "
						   "    format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass) FROM pg_trigger WHERE NOT tgisinternal "
						   "    AND tgfoid <> 'vde.check_keys()'::regprocedure "
						   "  UNION ALL SELECT ev_class, format('Rule %I is not vde''s.', rulename), "
						   "    format('DROP RULE %I ON %s', rulename, ev_class::regclass) FROM pg_rewrite WHERE rulename <> '_RETURN' "
						   "  UNION ALL SELECT oid, 'Row-level security hides rows of it.', format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', oid::regclass) "
						   "    FROM pg_class WHERE relrowsecurity) x ON x.relid = c.oid "
						   "WHERE n.nspname = '" VDE_CATALOG_SCHEMA "' ORDER BY 2, 4", "l",
						   (int64) (TRIGGER_TYPE_ROW | TRIGGER_TYPE_INSERT | TRIGGER_TYPE_UPDATE)));
	ReportRows(check,
			   CatalogRead("SELECT e.name, format('environment %I', e.name), 'wrong_state'::text, "
						   "'It has no state: its deployments cannot be rolled back.', "
						   "'Create it anew from a copy: CALL vde_create_environment(...)', ARRAY[e.owner::pg_catalog.oid]::text[] "
						   "FROM vde.environment e WHERE NOT EXISTS (SELECT FROM vde.environment_state s WHERE s.environment_id = e.id) "
						   "UNION ALL "
						   "SELECT e.name, vde.quoted_name(m.schema_name, m.model_name), 'not_built', "
						   "'The environment points at it, and it has no table.', "
						   "format('CALL vde_apply(%L)', e.name), ARRAY[e.owner::pg_catalog.oid, d.owner::pg_catalog.oid]::text[] "
						   "FROM vde.version v JOIN vde.snapshot s ON s.version_id = v.id JOIN vde.definition d ON d.id = s.definition_id "
						   "JOIN vde.pointer p ON p.snapshot_id = s.id JOIN vde.environment e ON e.id = p.environment_id "
						   "JOIN vde.model m ON m.id = p.model_id "
						   "WHERE v.built_at IS NULL AND v.relation_name IS NOT NULL "
						   "UNION ALL "
						   "SELECT e.name, vde.quoted_name(m.schema_name, m.model_name), 'wrong_state', "
						   "format('It reads %s, which the environment does not have.', vde.quoted_name(pm.schema_name, pm.model_name)), "
						   "'Register the model that is missing, and apply', ARRAY[e.owner::pg_catalog.oid]::text[] "
						   "FROM vde.pointer p JOIN vde.snapshot_parent sp ON sp.snapshot_id = p.snapshot_id "
						   "JOIN vde.environment e ON e.id = p.environment_id JOIN vde.model m ON m.id = p.model_id JOIN vde.model pm ON pm.id = sp.parent_model_id "
						   "WHERE NOT EXISTS (SELECT FROM vde.pointer q WHERE q.environment_id = p.environment_id "
						   "  AND q.model_id = sp.parent_model_id AND q.snapshot_id IS NOT NULL) "
						   "ORDER BY 1, 2, 4", ""));
}

/*
 * check_keys
 *		Rows of the catalog that refer to rows that are not there.
 */
static void
check_keys(Check *check)
{
	ListCell   *cell;

	foreach(cell, BrokenKeys())
	{
		BrokenKey  *key = (BrokenKey *) lfirst(cell);
		Problem		problem = {0};

		problem.object = key->table;
		problem.problem = "wrong_catalog";
		problem.detail = psprintf(key->rows == 1 ? INT64_FORMAT " row refers to a row of %s that is not there (%s)." :
								  INT64_FORMAT " rows refer to rows of %s that are not there (%s).",
								  key->rows, key->referenced, key->constraint);
		problem.remedy = "Restore the database anew, from a whole dump without errors";
		ReportProblem(check, &problem);
	}
}

/*
 * CheckCatalog
 *		See check.h.
 */
void
CheckCatalog(Check *check)
{
	check_roles(check);
	check_extension(check);
	check_state(check);
	check_keys(check);
}
