/*-------------------------------------------------------------------------
 *
 * sync.c
 *	  Files and drafts: vde_sync and vde_export.
 *
 * A project is a set of files, path and text, one per model; model_file.c
 * knows what is in them.
 *
 * Invariants
 *
 * - All or nothing: an error names the file, and no draft is changed.
 *
 * - Exporting an environment and syncing the result changes nothing.
 *
 * - Settings are not in files.  A file that says what an environment has
 *	 already leaves it as it is, under the settings that it was registered
 *	 with; anything else takes the settings of the session that syncs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "argument.h"
#include "compat.h"
#include "draft.h"
#include "environment.h"
#include "model_file.h"
#include "options.h"
#include "session.h"
#include "settings.h"
#include "text_privacy.h"
#include "virtual_layer.h"

PG_FUNCTION_INFO_V1(vde_sync);
PG_FUNCTION_INFO_V1(vde_export);

/* One file, as it was read */
typedef struct ModelFile
{
	char	   *path;
	int			query_line;		/* where its query begins, from 1 */
	Definition	definition;
} ModelFile;

/*
 * file_callback
 *		Says of any error in which file it is.
 *
 * Lines in errors about the query count from its beginning, so that must be
 * told where an options comment comes first.
 */
static void
file_callback(void *arg)
{
	const ModelFile *file = *(ModelFile *const *) arg;

	if (file->query_line > 1)
		errcontext("file \"%s\", where the query begins on line %d",
				   file->path, file->query_line);
	else
		errcontext("file \"%s\"", file->path);
}

/*
 * take_kind
 *		The member "kind" of an options comment, and the object without it.
 */
static char *
take_kind(Jsonb **options)
{
	JsonbValue *value;
	char	   *kind;

	value = getKeyJsonValueFromContainer(&(*options)->root, "kind", 4, NULL);
	if (value == NULL)
		return NULL;
	if (value->type != jbvString)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"kind\" in the options comment must be a string")));
	kind = pnstrdup(value->val.string.val, value->val.string.len);
	*options = DatumGetJsonbP(DirectFunctionCall2(jsonb_delete,
												  JsonbPGetDatum(*options),
												  CStringGetTextDatum("kind")));
	return kind;
}

/*
 * read_file
 *		Fills a file's definition, but for ids and owner, from its path and
 *		text.
 */
static void
read_file(ModelFile *file, const char *text, Jsonb *settings)
{
	Definition *definition = &file->definition;
	bool		csv;
	char	   *kind = NULL;
	const char *query;
	const char *p;
	char	   *json;

	definition->name = ParseModelPath(file->path, &csv);

	/* what some editors put before the text is not part of it */
	if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
		text	  +=3;

	json = SplitOptionsComment(text, &query);
	definition->options = DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
															 CStringGetDatum(json ? json : "{}")));
	definition->query = pstrdup(query);
	definition->settings = settings;

	kind = take_kind(&definition->options);
	definition->kind = kind ? KindByName(kind) : csv ? KIND_SEED : KIND_FULL;
	if (csv != (definition->kind == KIND_SEED))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 csv ? errmsg("a .csv file is of kind \"seed\", not \"%s\"", kind) :
				 errmsg("a model of kind \"seed\" is a .csv file")));
	ValidateOptions(definition->kind, definition->options);

	file->query_line = 1;
	for (p = text; p < query; p++)
	{
		if (*p == '\n')
			file->query_line++;
	}
}

/*
 * compare_names
 *		Order of models in files and in the catalog: bytes, as type name has it.
 */
static int
compare_names(const ModelName *a, const ModelName *b)
{
	int			result = strcmp(a->schema, b->schema);

	return result != 0 ? result : strcmp(a->name, b->name);
}

/*
 * compare_files
 *		Order by the model's name.
 */
static int
compare_files(const ListCell *a, const ListCell *b)
{
	return compare_names(&((ModelFile *) lfirst(a))->definition.name,
						 &((ModelFile *) lfirst(b))->definition.name);
}

/*
 * read_files
 *		All files (ModelFile *), by model.
 */
static List *
read_files(Jsonb *files)
{
	Jsonb	   *settings = CaptureSettings(GetUserId());
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	v;
	ErrorContextCallback callback;
	ModelFile  *file = NULL;
	List	   *result = NIL;
	int			i;

	if (!JB_ROOT_IS_OBJECT(files))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"files\" must be a JSON object of paths and texts")));

	callback.callback = file_callback;
	callback.arg = &file;
	callback.previous = error_context_stack;

	it = JsonbIteratorInit(&files->root);
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		CHECK_FOR_INTERRUPTS();
		if (token != WJB_KEY)
			continue;
		file = palloc0(sizeof(ModelFile));
		file->path = pnstrdup(v.val.string.val, v.val.string.len);
		(void) JsonbIteratorNext(&it, &v, true);

		error_context_stack = &callback;
		if (v.type != jbvString)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("text of file \"%s\" must be a JSON string",
							file->path)));
		read_file(file, pnstrdup(v.val.string.val, v.val.string.len), settings);
		result = lappend(result, file);
		error_context_stack = callback.previous;
	}

	list_sort(result, compare_files);
	for (i = 1; i < list_length(result); i++)
	{
		ModelFile  *a = list_nth(result, i - 1);
		ModelFile  *b = list_nth(result, i);

		if (ModelNameEquals(&a->definition.name, &b->definition.name))
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_OBJECT),
					 errmsg("model \"%s\" has two files",
							QuoteModelName(&a->definition.name)),
					 errdetail("They are \"%s\" and \"%s\".", a->path, b->path),
					 errhint("Remove one of them.")));
	}
	return result;
}

/*
 * put_change
 *		A row of vde_sync's result.
 */
static void
put_change(ReturnSetInfo *rsinfo, const ModelName *name, const char *path,
		   DraftChange change)
{
	static const char *const words[] = {
		[DRAFT_ADDED] = "added",
		[DRAFT_MODIFIED] = "modified",
		[DRAFT_REMOVED] = "removed",
		[DRAFT_UNCHANGED] = "unchanged",
	};
	Datum		values[3];
	bool		nulls[3] = {false, false, false};

	values[0] = CStringGetTextDatum(QuoteModelName(name));
	if (path != NULL)
		values[1] = CStringGetTextDatum(path);
	else
	{
		values[1] = (Datum) 0;
		nulls[1] = true;
	}
	values[2] = CStringGetTextDatum(words[change]);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/*
 * vde_sync(environment text, files jsonb, prune boolean)
 *		Makes an environment's drafts such that its next apply gives it exactly
 *		these files.
 *
 * A row per file and per model that is drafted for removal; change tells what
 * the call changed in what the environment is to have.
 */
Datum
vde_sync(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *environment = TextArgument(fcinfo, 0);
	bool		prune = PG_ARGISNULL(2) ? true : PG_GETARG_BOOL(2);
	ErrorContextCallback callback;
	ModelFile  *file = NULL;
	List	   *files;
	List	   *states;
	VdeSession	session;
	DraftTarget target;
	MemoryContext scratch;
	MemoryContext old;
	int			f = 0;
	int			s = 0;

	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", "files")));

	InitMaterializedSRF(fcinfo, 0);
	files = read_files(PG_GETARG_JSONB_P(1));

	RequireWritable("vde_sync()");
	SessionBegin(&session, NULL);
	target.caller = session.caller;
	target.environment_id = EnvironmentForDrafts(environment, session.caller, true,
												 &target.environment);
	states = LoadDraftStates(target.environment_id);

	callback.callback = file_callback;
	callback.arg = &file;
	callback.previous = error_context_stack;

	scratch = AllocSetContextCreate(CurrentMemoryContext, "vde sync", ALLOCSET_DEFAULT_SIZES);
	old = CurrentMemoryContext;

	/* both lists are in the same order: merge them */
	while (f < list_length(files) || s < list_length(states))
	{
		DraftState *state = s < list_length(states) ? list_nth(states, s) : NULL;
		DraftChange change;
		int			order;

		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(scratch);
		MemoryContextSwitchTo(scratch);
		file = f < list_length(files) ? list_nth(files, f) : NULL;
		if (file == NULL)
			order = 1;
		else if (state == NULL)
			order = -1;
		else
			order = compare_names(&file->definition.name, &state->name);
		if (order <= 0)
			f++;
		if (order >= 0)
			s++;

		if (order > 0)
		{
			/* not among the files */
			if (prune && DraftRemoval(&target, state) == DRAFT_REMOVED)
				put_change(rsinfo, &state->name, NULL, DRAFT_REMOVED);
			continue;
		}

		error_context_stack = &callback;
		if (order < 0)
			state = LoadDraftState(target.environment_id,
								   &file->definition.name);
		change = DraftDefinition(&target, state, &file->definition, true);
		error_context_stack = callback.previous;
		put_change(rsinfo, &file->definition.name, file->path, change);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);

	SessionEnd(&session);
	return (Datum) 0;
}

/*
 * check_seed_readable
 *		The text of a seed is data: it needs the right to read that.
 */
static void
check_seed_readable(const Definition *definition, const Environment *environment,
					Oid caller)
{
	Oid			schema;
	Oid			view = InvalidOid;

	if (has_privs_of_role(caller, definition->owner))
		return;
	schema = get_namespace_oid(ViewSchema(&definition->name, environment->name),
							   true);
	if (OidIsValid(schema))
		view = get_relname_relid(definition->name.name, schema);
	if (!OidIsValid(view) ||
		pg_class_aclcheck(view, caller, ACL_SELECT) != ACLCHECK_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for seed \"%s\"",
						QuoteModelName(&definition->name)),
				 errdetail("Its text is data, which you may not read."),
				 errhint("Have SELECT on its view granted to you.")));
}

/*
 * check_text_readable
 *		What a plan would not show is not exported, either.
 */
static void
check_text_readable(const Definition *definition, Oid caller)
{
	if (!MaySeeText(definition, caller))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for the text of model \"%s\"",
						QuoteModelName(&definition->name)),
				 IsPrivate(definition) ?
				 errdetail("It is private to members of its owner.") :
				 errdetail("You are no member of its owner, and may not read the view vde_models."),
				 IsPrivate(definition) ?
				 errhint("Have a member of \"%s\" export the environment.",
						 GetUserNameFromId(definition->owner, true)) :
				 errhint("Have the owner's role, or SELECT on vde_models, granted to you.")));
}

/*
 * vde_export(environment text)
 *		A row per model, path and content: what the environment is to have
 *		after its next apply.
 */
Datum
vde_export(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *given = TextArgument(fcinfo, 0);
	Environment *environment;
	VdeSession	session;
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);

	SessionBegin(&session, NULL);
	environment = FindEnvironment(EnvironmentName(given), false);
	foreach(lc, LoadDraftStates(environment->id))
	{
		Definition *definition = DraftStateNext((DraftState *) lfirst(lc));
		Datum		values[2];
		bool		nulls[2] = {false, false};

		CHECK_FOR_INTERRUPTS();
		if (definition == NULL)
			continue;
		if (definition->kind == KIND_SEED && !IsPrivate(definition))
			check_seed_readable(definition, environment, session.caller);
		else
			check_text_readable(definition, session.caller);

		values[0] = CStringGetTextDatum(ModelFilePath(definition));
		values[1] = CStringGetTextDatum(ModelFileContent(definition));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	SessionEnd(&session);
	return (Datum) 0;
}
