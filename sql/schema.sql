-- complain if the script is sourced in psql rather than run by CREATE EXTENSION
\echo Use "CREATE EXTENSION vde" to load this file. \quit

-- Two schemas that belong to the extension: its catalog, and the physical
-- tables.  The tables in vde_data are not members, so DROP EXTENSION refuses
-- while data exists.
CREATE SCHEMA vde;
CREATE SCHEMA vde_data;

COMMENT ON SCHEMA vde IS
	'catalog of the extension vde: read it through the views vde_models, vde_environments, vde_snapshots, vde_deployments, vde_builds';
COMMENT ON SCHEMA vde_data IS
	'physical tables of the extension vde, one per version: read them through the views of an environment';

-- Physical tables belong to a role that can do nothing: autovacuum and index
-- functions run as a table's owner.
CREATE FUNCTION vde.prepare_storage_role() RETURNS void
	AS 'MODULE_PATHNAME', 'vde_prepare_storage_role'
	LANGUAGE C STRICT VOLATILE;

COMMENT ON FUNCTION vde.prepare_storage_role() IS
	'makes the NOLOGIN role vde_storage, which owns the physical tables, or checks that the existing one is powerless; called once by CREATE EXTENSION';

REVOKE ALL ON FUNCTION vde.prepare_storage_role() FROM PUBLIC;

SELECT vde.prepare_storage_role();

-- For scripts of ALTER EXTENSION UPDATE: procedures that get another argument
-- are made anew.
CREATE FUNCTION vde.keep_privileges(old_function regprocedure, new_function regprocedure) RETURNS void
	AS 'MODULE_PATHNAME', 'vde_keep_privileges'
	LANGUAGE C STRICT VOLATILE;

COMMENT ON FUNCTION vde.keep_privileges(regprocedure, regprocedure) IS
	'gives a function or procedure the privileges of another, which it replaces; called by the scripts of ALTER EXTENSION UPDATE; error for whoever is no superuser';

REVOKE ALL ON FUNCTION vde.keep_privileges(regprocedure, regprocedure) FROM PUBLIC;
