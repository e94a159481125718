-- Column lineage.  The functions read the catalog with the rights of the
-- extension's owner, as the views on the state do, and tell no more than these.

CREATE FUNCTION vde_lineage(model text, column_name text DEFAULT NULL, environment text DEFAULT NULL)
	RETURNS TABLE (model text, column_name text, source text, source_column text, usage text)
	AS 'MODULE_PATHNAME', 'vde_lineage'
	LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 20;

COMMENT ON FUNCTION vde_lineage(text, text, text) IS
	'What a model reads, column by column, as the environment has it applied; a draft is not. One row for each column of a source (a model, or a table or view outside) and each use of it. usage is value where it stands in the expression of column_name, through subqueries, WITH queries, joins and set operations; filter where it decides the rows (WHERE, ON, GROUP BY, HAVING, DISTINCT, LIMIT''s ORDER BY), and then column_name is null. source_column is null where only the rows of a source matter, and for what the option depends_on names. It ends at what is outside: a view is itself the source, unless it reads models, and what the body of a function reads gives no row. What nobody reads, such as a column of a subquery or an ORDER BY at the top without LIMIT, gives no row. With column_name: the values of that column, and the filters. Errors: the environment, the model in it or the column does not exist.';

CREATE FUNCTION vde_impact(model text, column_name text DEFAULT NULL, environment text DEFAULT NULL)
	RETURNS TABLE (model text, column_name text, via text, usage text, depth int)
	AS 'MODULE_PATHNAME', 'vde_impact'
	LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 100;

COMMENT ON FUNCTION vde_impact(text, text, text) IS
	'Everything downstream that reads a column (null: anything) of a model, or of a table or view outside, over the models that the environment has applied. A column whose value reads it is a row, and goes on with that column. Where it decides the rows of a model, there is one row whose column_name is null and whose usage is filter: all columns go on. A view outside is a source like a table: ask for it by its name; what a function reads is not seen. What the option depends_on names is read as a whole: its readers are found without a column. via is what is read of the source: schema.table.column, or schema.table for its rows. Each model and column comes once, with its smallest depth. Errors: the environment does not exist, nothing of that name is a model there or read by one, it has no such column.';
