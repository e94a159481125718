-- The catalog against reality.

CREATE FUNCTION vde_check(repair boolean DEFAULT false)
	RETURNS TABLE (environment text, object text, problem text, detail text, remedy text, repaired boolean)
	AS 'MODULE_PATHNAME', 'vde_check'
	LANGUAGE C VOLATILE ROWS 10;

COMMENT ON FUNCTION vde_check(boolean) IS
	'compares the catalog with the tables, views, schemas, owners, grants and roles that there are, and returns one row per difference, none if all is well: problem is a word for programs (missing_relation, missing_view, wrong_owner, ...), detail a sentence, remedy what to do. With repair => true it mends what is safe to mend (repaired): makes missing views, points views back, gives back owners and grants, and notes that a table is gone, so that the next apply builds it; it drops nothing and touches nothing that vde did not make. Rows are shown to superusers and to members of the roles that they concern. Errors: repair by somebody who owns no environment, or in a transaction with another isolation level than read committed.';
