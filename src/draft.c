/*-------------------------------------------------------------------------
 *
 * draft.c
 *	  Drafts: vde_register, vde_unregister, vde_discard.
 *
 * Registering writes two things: a definition, which is immutable and shared
 * (the same registration is the same row), and the draft that makes an
 * environment have it after its next apply.  Nothing else changes.
 *
 * Invariants
 *
 * - There is no draft of what an environment has already.
 *
 * - Settings and options are taken and checked in the caller's own session,
 *	 before the search_path is replaced; the query is checked as the role that
 *	 will run it.
 *
 * - A definition's owner is a role whose rights the caller has.
 *
 * - Drafts change under BeginDrafting; several of them in the order of the
 *	 models' names.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_tablespace.h"
#include "commands/tablespace.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "analysis.h"
#include "argument.h"
#include "catalog.h"
#include "compat.h"
#include "digest.h"
#include "draft.h"
#include "environment.h"
#include "options.h"
#include "seed.h"
#include "session.h"
#include "settings.h"
#include "snapshot.h"
#include "virtual_layer.h"

PG_FUNCTION_INFO_V1(vde_register);
PG_FUNCTION_INFO_V1(vde_unregister);
PG_FUNCTION_INFO_V1(vde_discard);

/*
 * A model's definition where it is deployed, and its draft.  Every statement
 * below selects these columns in this order.
 */
#define STATE_COLUMNS \
	"m.id, m.schema_name, m.model_name, s.definition_id, d.model_id, d.definition_id "

/*
 * find_definition
 *		The one of that id in a list; NULL for 0.
 */
static Definition *
find_definition(List *definitions, int64 id)
{
	ListCell   *lc;

	if (id == 0)
		return NULL;
	foreach(lc, definitions)
	{
		Definition *definition = lfirst(lc);

		if (definition->id == id)
			return definition;
	}
	elog(ERROR, "definition " INT64_FORMAT " is missing", id);
	return NULL;				/* keep the compiler quiet */
}

/*
 * read_states
 *		DraftState * from the rows that a statement with STATE_COLUMNS left.
 */
static List *
read_states(uint64 rows)
{
	List	   *states = NIL;
	List	   *ids = NIL;
	int64	   *deployed_ids = palloc(sizeof(int64) * (rows + 1));
	int64	   *draft_ids = palloc(sizeof(int64) * (rows + 1));
	List	   *definitions;
	int			next = 0;
	ListCell   *lc;
	uint64		row;

	for (row = 0; row < rows; row++)
	{
		DraftState *state = palloc0(sizeof(DraftState));

		state->model_id = CatalogInt64(row, 1);
		state->name.schema = CatalogText(row, 2);
		state->name.name = CatalogText(row, 3);
		deployed_ids[row] = CatalogInt64(row, 4);
		state->drafted = !CatalogIsNull(row, 5);
		draft_ids[row] = CatalogInt64(row, 6);
		if (deployed_ids[row] != 0)
			ids = lappend(ids, CopyId(deployed_ids[row]));
		if (draft_ids[row] != 0)
			ids = lappend(ids, CopyId(draft_ids[row]));
		states = lappend(states, state);
	}

	/*
	 * Both are sorted by name, so that the definitions of a model, at most
	 * two, are next to each other.
	 */
	definitions = LoadDefinitions(ids);
	row = 0;
	foreach(lc, states)
	{
		DraftState *state = lfirst(lc);
		List	   *own = NIL;

		while (next < list_length(definitions))
		{
			Definition *definition = list_nth(definitions, next);

			if (definition->model_id != state->model_id)
				break;
			own = lappend(own, definition);
			next++;
		}
		state->deployed = find_definition(own, deployed_ids[row]);
		state->draft = find_definition(own, draft_ids[row]);
		row++;
	}
	return states;
}

/*
 * LoadDraftStates
 *		Every model that the environment has, or has a draft of, by name.
 */
List *
LoadDraftStates(int64 environment_id)
{
	return read_states(CatalogRead("SELECT " STATE_COLUMNS
								   "FROM vde.model m "
								   "LEFT JOIN vde.pointer p ON p.model_id = m.id AND p.environment_id = $1 "
								   "LEFT JOIN vde.snapshot s ON s.id = p.snapshot_id "
								   "LEFT JOIN vde.draft d ON d.model_id = m.id AND d.environment_id = $1 "
								   "WHERE s.id IS NOT NULL OR d.model_id IS NOT NULL "
								   "ORDER BY m.schema_name, m.model_name",
								   "l", environment_id));
}

/*
 * LoadDraftState
 *		One model's state; with model_id 0 when the name is new.
 */
DraftState *
LoadDraftState(int64 environment_id, const ModelName *name)
{
	List	   *states;
	DraftState *state;

	states = read_states(CatalogRead("SELECT " STATE_COLUMNS
									 "FROM vde.model m "
									 "LEFT JOIN vde.pointer p ON p.model_id = m.id AND p.environment_id = $1 "
									 "LEFT JOIN vde.snapshot s ON s.id = p.snapshot_id "
									 "LEFT JOIN vde.draft d ON d.model_id = m.id AND d.environment_id = $1 "
									 "WHERE m.schema_name = $2 AND m.model_name = $3",
									 "lnn", environment_id, name->schema, name->name));
	if (states != NIL)
		return linitial(states);

	state = palloc0(sizeof(DraftState));
	state->name = *name;
	return state;
}

/*
 * check_schema
 *		Refuses a model whose own schema looks like another environment's.
 *
 * shop__dev.orders could be the model of that name in prod, or shop.orders in
 * dev.
 */
static void
check_schema(const ModelName *name)
{
	if (strstr(name->schema, "__") != NULL &&
		CatalogRead("SELECT e.name FROM vde.environment e "
					"WHERE pg_catalog.right($1, pg_catalog.length(e.name) + 2) = '__' || e.name",
					"t", name->schema) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_RESERVED_NAME),
				 errmsg("schema \"%s\" cannot hold models", name->schema),
				 errdetail("Its name is that of a schema of the environment \"%s\".",
						   CatalogText(0, 1)),
				 errhint("Put the model in another schema.")));
}

/*
 * resolve_owner
 *		The role as which the model's query will run.
 *
 * Given as an option; else as before, so that an edit by another member of
 * the team does not change it; else the caller.
 */
static Oid
resolve_owner(const DraftTarget *target, const DraftState *state,
			  const char *given, const char *model)
{
	const Definition *before = state->draft ? state->draft : state->deployed;
	Oid			owner = target->caller;

	if (given != NULL)
		owner = get_role_oid(given, false);
	else if (before != NULL)
		owner = before->owner;

	if (!has_privs_of_role(target->caller, owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for model \"%s\"", model),
				 errdetail("Its query runs as role \"%s\", which you are not a member of.",
						   GetUserNameFromId(owner, true)),
				 errhint("Have that role granted to you, or register the model with the option \"owner\" as one of your own roles.")));
	if (owner == get_role_oid(VDE_STORAGE_ROLE, true))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("role \"%s\" cannot own models", VDE_STORAGE_ROLE),
				 errdetail("It owns the physical tables and must not run anything.")));
	return owner;
}

/*
 * check_tablespace
 *		The model's owner must be allowed to put tables there.
 */
static void
check_tablespace(const char *name, Oid owner)
{
	Oid			tablespace = get_tablespace_oid(name, false);

	if (tablespace != MyDatabaseTableSpace &&
		TablespaceAclcheck(tablespace, owner, ACL_CREATE) != ACLCHECK_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for tablespace \"%s\"", name),
				 errdetail("The model's owner \"%s\" may not create tables there.",
						   GetUserNameFromId(owner, true)),
				 errhint("Have an administrator run GRANT CREATE ON TABLESPACE %s TO %s.",
						 quote_identifier(name),
						 quote_identifier(GetUserNameFromId(owner, true)))));
}

/*
 * check_contents
 *		What the query's text alone can be wrong about.
 *
 * Nothing of the query runs here; what runs for a seed's values runs as the
 * definition's owner.
 */
static void
check_contents(const Definition *definition)
{
	if (definition->kind == KIND_EXTERNAL)
	{
		if (definition->query[strspn(definition->query, " \t\r\n")] != '\0')
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a model of kind \"external\" has no query"),
					 errhint("Register it with an empty query, or with another kind.")));
		return;
	}

	if (definition->kind == KIND_SEED)
		(void) SeedColumns(definition);
	else
		CheckModelQuery(definition);
}

/*
 * content_hash
 *		SHA-256 of what, with its owner, makes a definition what it is.
 */
static char *
content_hash(const Definition *definition)
{
	StringInfoData buf;
	Digest		digest;

	initStringInfo(&buf);
	PutString(&buf, KindName(definition->kind));
	PutString(&buf, definition->query);
	PutString(&buf, JsonbToCString(NULL, &definition->options->root,
								   VARSIZE(definition->options)));
	PutString(&buf, JsonbToCString(NULL, &definition->settings->root,
								   VARSIZE(definition->settings)));
	DigestBytes(buf.data, buf.len, &digest);
	pfree(buf.data);
	return DigestSha256(&digest);
}

/*
 * same_jsonb
 *		Equal values, whatever they looked like when written.
 */
static bool
same_jsonb(Jsonb *a, Jsonb *b)
{
	return compareJsonbContainers(&a->root, &b->root) == 0;
}

/*
 * same_but_settings
 *		Would registering b where a is change nothing but settings?
 */
static bool
same_but_settings(const Definition *a, const Definition *b)
{
	return a != NULL && a->kind == b->kind && a->owner == b->owner &&
		strcmp(a->query, b->query) == 0 && same_jsonb(a->options, b->options) &&
		equal(a->grantees, b->grantees);
}

/*
 * oid_texts
 *		Oids as the catalog takes them.
 */
static List *
oid_texts(List *oids)
{
	List	   *texts = NIL;
	ListCell   *lc;

	foreach(lc, oids)
		texts = lappend(texts, psprintf("%u", lfirst_oid(lc)));
	return texts;
}

/*
 * find_model, find_saved
 *		Ids of a model and of a definition; 0 when there is none.
 */
static int64
find_model(const ModelName *name)
{
	if (CatalogRead("SELECT id FROM vde.model WHERE schema_name = $1 AND model_name = $2",
					"nn", name->schema, name->name) == 0)
		return 0;
	return CatalogInt64(0, 1);
}

static int64
find_saved(const Definition *definition, const char *hash)
{
	if (CatalogRead("SELECT id FROM vde.definition WHERE model_id = $1 AND content_hash = $2 AND owner = $3 "
					"AND grantees::pg_catalog.oid[] = $4::pg_catalog.oid[]",
					"ltrT", definition->model_id, hash, definition->owner, oid_texts(definition->grantees)) == 0)
		return 0;
	return CatalogInt64(0, 1);
}

/*
 * save_definition
 *		Writes a definition unless it is there already, and fills its ids.
 *
 * What another session writes at the same moment is waited for, and then
 * found by a new look; under REPEATABLE READ it stays out of sight.
 */
static void
save_definition(const DraftTarget *target, const DraftState *state,
				Definition *definition)
{
	char	   *hash = content_hash(definition);

	definition->model_id = state->model_id;
	if (definition->model_id == 0)
	{
		CatalogWrite("INSERT INTO vde.model (schema_name, model_name) VALUES ($1, $2) "
					 "ON CONFLICT (schema_name, model_name) DO NOTHING",
					 "nn", definition->name.schema, definition->name.name);
		definition->model_id = find_model(&definition->name);
	}

	definition->id = find_saved(definition, hash);
	if (definition->id == 0 && definition->model_id != 0)
	{
		CatalogWrite("INSERT INTO vde.definition (model_id, kind, query, options, settings, owner, content_hash, created_by, created_at, grantees) "
					 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::pg_catalog.oid[]::pg_catalog.regrole[]) "
					 "ON CONFLICT (model_id, content_hash, owner, grantees) DO NOTHING",
					 "lttjjrtrzT", definition->model_id,
					 KindName(definition->kind), definition->query,
					 definition->options, definition->settings,
					 definition->owner, hash, target->caller,
					 GetCurrentTimestamp(), oid_texts(definition->grantees));
		definition->id = find_saved(definition, hash);
	}

	if (definition->id == 0)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not register model \"%s\" due to concurrent registration",
						QuoteModelName(&definition->name)),
				 errhint("Run the transaction again.")));
}

/*
 * save_draft
 *		Drafts a definition, or with 0 a removal.
 *
 * A draft that is so already keeps its author, and what was declared of it.
 */
static void
save_draft(const DraftTarget *target, int64 model_id, int64 definition_id)
{
	if (CatalogWrite("INSERT INTO vde.draft AS d (environment_id, model_id, definition_id, drafted_by, drafted_at) "
					 "VALUES ($1, $2, $3, $4, $5) "
					 "ON CONFLICT (environment_id, model_id) DO UPDATE "
					 "SET definition_id = excluded.definition_id, drafted_by = excluded.drafted_by, drafted_at = excluded.drafted_at "
					 "WHERE d.definition_id IS DISTINCT FROM excluded.definition_id",
					 "llLrz", target->environment_id, model_id, definition_id,
					 target->caller, GetCurrentTimestamp()) > 0)
		CatalogWrite("DELETE FROM vde.overrule WHERE environment_id = $1 AND model_id = $2 AND definition_id = $3",
					 "lll", target->environment_id, model_id, definition_id);
}

/*
 * delete_draft
 *		The environment is to have what it has.
 *
 * NULL when that is so.  If the draft was deployed while we waited for it, the
 * environment has something else now: the model's new state.
 */
static const DraftState *
delete_draft(const DraftTarget *target, const DraftState *state)
{
	if (state->model_id == 0 ||
		CatalogWrite("DELETE FROM vde.draft WHERE environment_id = $1 AND model_id = $2",
					 "ll", target->environment_id, state->model_id) > 0 ||
		!state->drafted)
		return NULL;
	return LoadDraftState(target->environment_id, &state->name);
}

/*
 * DraftDefinition
 *		Makes the environment have the definition after its next apply.
 */
DraftChange
DraftDefinition(const DraftTarget *target, const DraftState *state,
				Definition *definition, bool keep)
{
	const Definition *next = DraftStateNext(state);
	ModelOptions *options = ReadOptions(definition->kind, definition->options);
	char	   *model = QuoteModelName(&definition->name);

	check_schema(&definition->name);
	if (KindHasRelation(definition->kind))
		(void) ViewSchema(&definition->name, target->environment);

	definition->owner = resolve_owner(target, state, options->owner, model);
	definition->grantees = OptionGrantees(options);
	if (options->tablespace != NULL)
		check_tablespace(options->tablespace, definition->owner);
	if (definition->kind == KIND_EXTERNAL)
	{
		check_contents(definition);
		definition->query = pstrdup("");
	}

	if (keep && same_but_settings(next, definition))
	{
		definition->id = next->id;
		definition->model_id = next->model_id;
		return DRAFT_UNCHANGED;
	}
	if (keep && same_but_settings(state->deployed, definition))
	{
		definition->id = state->deployed->id;
		definition->model_id = state->deployed->model_id;
	}
	else
	{
		check_contents(definition);
		save_definition(target, state, definition);
	}

	if (state->deployed != NULL && state->deployed->id == definition->id)
		state = delete_draft(target, state);
	if (state != NULL &&
		(state->deployed == NULL || state->deployed->id != definition->id))
		save_draft(target, definition->model_id, definition->id);

	if (next == NULL)
		return DRAFT_ADDED;
	return next->id == definition->id ? DRAFT_UNCHANGED : DRAFT_MODIFIED;
}

/*
 * DraftRemoval
 *		Makes the environment not have the model after its next apply.
 */
DraftChange
DraftRemoval(const DraftTarget *target, const DraftState *state)
{
	DraftChange change = DraftStateNext(state) != NULL ? DRAFT_REMOVED : DRAFT_UNCHANGED;

	if (state->deployed == NULL)
		state = delete_draft(target, state);
	if (state != NULL && state->deployed != NULL)
		save_draft(target, state->model_id, 0);
	return change;
}

/*
 * vde_register(model text, query text, kind text, options jsonb, environment text)
 *		Drafts a model; returns its definition's id.
 */
Datum
vde_register(PG_FUNCTION_ARGS)
{
	char	   *environment = TextArgument(fcinfo, 4);
	char	   *model;
	Definition	definition = {0};
	VdeSession	session;
	DraftTarget target;
	DraftState *state;

	/* in the caller's session, as the caller sees the world */
	definition.name = ModelArgument(fcinfo, 0);
	definition.kind = KindByName(RequiredText(fcinfo, 2, "kind"));
	if (PG_ARGISNULL(1) && definition.kind == KIND_EXTERNAL)
		definition.query = pstrdup("");
	else
		definition.query = RequiredText(fcinfo, 1, "query");
	definition.options = PG_ARGISNULL(3) ?
		DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum("{}"))) :
		PG_GETARG_JSONB_P(3);
	ValidateOptions(definition.kind, definition.options);
	definition.settings = CaptureSettings(GetUserId());

	RequireWritable("vde_register()");
	SessionBegin(&session, NULL);
	target.caller = session.caller;
	target.environment_id = EnvironmentForDrafts(environment, session.caller, false,
												 &target.environment);
	state = LoadDraftState(target.environment_id, &definition.name);
	(void) DraftDefinition(&target, state, &definition, false);

	model = QuoteModelName(&definition.name);
	if (state->deployed != NULL && state->deployed->id == definition.id)
		ereport(NOTICE,
				(errmsg("model \"%s\" is already so in environment \"%s\"",
						model, target.environment)));
	else
		ereport(NOTICE,
				(errmsg("model \"%s\" drafted in environment \"%s\"",
						model, target.environment)));
	SessionEnd(&session);

	PG_RETURN_INT64(definition.id);
}

/*
 * unknown_model
 *		Refuses to remove what is not there; never returns.
 */
static void
unknown_model(const DraftTarget *target, const ModelName *name)
{
	char	   *model = QuoteModelName(name);
	List	   *states = LoadDraftStates(target->environment_id);
	const char **candidates = palloc(sizeof(char *) * (list_length(states) + 1));
	const char *near;
	int			count = 0;
	ListCell   *lc;

	foreach(lc, states)
	{
		DraftState *state = lfirst(lc);

		if (DraftStateNext(state) != NULL)
			candidates[count++] = QuoteModelName(&state->name);
	}
	near = NearestWord(model, candidates, count);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("model \"%s\" does not exist in environment \"%s\"",
					model, target->environment),
			 near ? errhint("Perhaps you meant the model \"%s\".", near) :
			 errhint("The view vde_models lists the models.")));
}

/*
 * vde_unregister(model text, environment text)
 *		Drafts a removal.
 */
Datum
vde_unregister(PG_FUNCTION_ARGS)
{
	ModelName	name = ModelArgument(fcinfo, 0);
	char	   *environment = TextArgument(fcinfo, 1);
	VdeSession	session;
	DraftTarget target;
	DraftState *state;

	RequireWritable("vde_unregister()");
	SessionBegin(&session, NULL);
	target.caller = session.caller;
	target.environment_id = EnvironmentForDrafts(environment, session.caller, false,
												 &target.environment);
	state = LoadDraftState(target.environment_id, &name);
	if (state->deployed == NULL && !state->drafted)
		unknown_model(&target, &name);

	(void) DraftRemoval(&target, state);
	if (state->deployed != NULL)
		ereport(NOTICE,
				(errmsg("removal of model \"%s\" drafted in environment \"%s\"",
						QuoteModelName(&name), target.environment)));
	else
		ereport(NOTICE,
				(errmsg("draft of model \"%s\" removed from environment \"%s\"",
						QuoteModelName(&name), target.environment)));
	SessionEnd(&session);

	PG_RETURN_VOID();
}

/*
 * vde_discard(environment text)
 *		Throws an environment's drafts away; returns how many there were.
 */
Datum
vde_discard(PG_FUNCTION_ARGS)
{
	char	   *given = TextArgument(fcinfo, 0);
	VdeSession	session;
	Environment *environment;
	List	   *models = NIL;
	uint64		count;
	uint64		row;

	RequireWritable("vde_discard()");
	SessionBegin(&session, NULL);
	environment = FindEnvironment(EnvironmentName(given), false);
	CheckEnvironmentOwner(environment, session.caller);
	environment = BeginDrafting(environment, session.caller, true);

	/* in the order in which a sync writes them, and an apply locks them */
	count = CatalogWrite("SELECT d.model_id FROM vde.draft d JOIN vde.model m ON m.id = d.model_id "
						 "WHERE d.environment_id = $1 "
						 "ORDER BY m.schema_name, m.model_name FOR UPDATE OF d", "l", environment->id);
	for (row = 0; row < count; row++)
		models = lappend(models, CopyId(CatalogInt64(row, 1)));
	if (models != NIL)
		CatalogWrite("DELETE FROM vde.draft WHERE environment_id = $1 AND model_id = ANY ($2)",
					 "lI", environment->id, models);
	SessionEnd(&session);

	PG_RETURN_INT64((int64) count);
}
