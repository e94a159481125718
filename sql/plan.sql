-- The plan.

CREATE FUNCTION vde_plan(environment text DEFAULT NULL, target text DEFAULT NULL, format text DEFAULT 'text') RETURNS SETOF text
	AS 'MODULE_PATHNAME'
	LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 50;

COMMENT ON FUNCTION vde_plan(text, text, text) IS
	'What applying the drafts of an environment would do; with a target, what promoting the environment there would do. Lines for people, as EXPLAIN prints them, with what differs in the text and the options of each changed model (at most 20 lines, and for those only who may read vde_models or are members of its owner; for the latter alone the rows of a seed and models with the option private); format markdown is for a pull request, json for programs. The last line of the text is the plan''s id, which vde_apply and vde_promote take. Writes nothing. Errors: those of the analyzer, with the position in the model''s text; a cycle, named whole.';

CREATE FUNCTION vde_changes(environment text DEFAULT NULL, target text DEFAULT NULL,
	OUT model text, OUT change text, OUT category text, OUT action text, OUT version text, OUT reason text, OUT drafted_by text, OUT kind text, OUT declared_by text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME'
	LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 50;

COMMENT ON FUNCTION vde_changes(text, text) IS
	'The plan as rows: what is added, modified, removed or downstream of that (indirect). category: metadata, non_breaking, breaking, indirect_breaking, indirect_non_breaking; null for added and removed. action: build, reuse or drop_view. version: 32 hexadecimal digits, null for removed. reason: in words. declared_by: who has overruled the category with vde_categorize. Writes nothing. Errors: as vde_plan, and a reference to what is neither a model nor a table.';

CREATE FUNCTION vde_categorize(model text, category text, environment text DEFAULT NULL) RETURNS void
	AS 'MODULE_PATHNAME'
	LANGUAGE C VOLATILE;

COMMENT ON FUNCTION vde_categorize(text, text, text) IS
	'Overrules the category of a drafted change of a model. non_breaking: the models that read it keep what they have, until a run or a change of their own; breaking: all that read it are built anew; NULL or automatic takes it back. It holds for the change from the definition that the environment has to the one that it drafts, is recorded with its author, shown by the plan and carried along by a promote. Error unless such a change is drafted, when the category is unknown, and for who is no member of the environment''s owner.';
