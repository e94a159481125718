-- One model in two environments.

CREATE FUNCTION vde_diff(environment_a text, environment_b text, model text)
	RETURNS TABLE (what text, column_name text, row_count bigint, a text, b text, sample_key jsonb)
	AS 'MODULE_PATHNAME', 'vde_diff'
	LANGUAGE C VOLATILE ROWS 20;

COMMENT ON FUNCTION vde_diff(text, text, text) IS
	'compares a model in two environments, as the caller; what is: column (its type in a and in b, null where it is missing), rows_in_both, rows_only_in_a, rows_only_in_b, and, where the option primary_key tells rows apart, rows_changed, values_changed per column, and sample: a few changed values';
