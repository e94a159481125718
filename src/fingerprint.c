/*-------------------------------------------------------------------------
 *
 * fingerprint.c
 *	  What makes up a version: the row hash, the column hashes, and what is
 *	  around the query.
 *
 *	version = H(model name, kind, row hash, ordered [name, column hash],
 *				storage options, what indexes call)
 *
 * A column hash covers the type, modifier and collation of one output column
 * and its expression; the row hash all the rest of the query, so that nothing
 * is forgotten.  Each of the two also covers what its own part of the query
 * reaches:
 *
 *	- the definitions of objects outside vde, through any number of steps;
 *	- the settings stored with the definition, if anything in it is not both
 *	  immutable and PostgreSQL's own.  Otherwise settings have done their work
 *	  once the query is analyzed: names are resolved, literals are values, so
 *	  that the same query registered under two settings that make no
 *	  difference to it has one version, and one table;
 *	- the model's owner, if it is a view, which reads with its rights, or if
 *	  row-level security or a function lets the result follow the role that
 *	  runs the query.
 *
 * A model that is read contributes what it shows to its readers: its row hash
 * where it stands in FROM, a column's hash where that column is read.  So a
 * version moves when something that the query reads moves, and not else.  Some
 * models show, or keep, more than their own hashes:
 *
 *	- What can come out differently from the same inputs (see canonical_chance.c
 *	  and canonical_name.c) is shown folded with the model's own version: once
 *	  it is built anew, for whatever reason, it is something else.
 *	- A view, a materialized view and an embedded model stand on the tables of
 *	  their parents, so their versions (not what they show) take in those of
 *	  their parents.
 *	- A query that calls a function which may read anything (not immutable, and
 *	  not in SQL that can be followed), while the option depends_on does not
 *	  say what, has a version of its environment's own: its name is in it, and
 *	  all that the function is used in counts as chance.
 *
 * The metadata hash is over what else was registered; settings are not in it.
 *
 * A change that somebody declared breaking gives a version of its own, with
 * which all that readers see is folded: there is more to it than these hashes
 * tell.
 *
 * Invariant: equal definitions over equal parents and equal outside objects
 * give an equal version in any session of any database.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "canonical.h"
#include "fault.h"
#include "fingerprint.h"
#include "fingerprint_parts.h"
#include "model_text.h"
#include "options.h"
#include "seed.h"
#include "settings.h"

/* Part of every version: a change of what is hashed, or how, is a new number. */
#define FINGERPRINT_FORMAT	2

/* A part of the query that gets a hash of its own */
typedef struct Part
{
	StringInfoData bytes;
	Uses		uses;
	Digest		digest;
	const char *chance;
} Part;

/*
 * What is written from now on belongs to part.
 */
static void
begin_part(Canonical *c, Part *part, CanonicalTag tag)
{
	memset(part, 0, sizeof(Part));
	initStringInfo(&part->bytes);
	c->buf = &part->bytes;
	c->uses = &part->uses;
	PutTag(c->buf, tag);
}

/*
 * Adds the definitions of all objects in all, in no order.
 */
static void
put_outside(Canonical *c, const Uses *all)
{
	SortedParts parts;
	ListCell   *lc;

	PutTag(c->buf, TAG_OUTSIDE);
	BeginSorted(c, &parts);
	foreach(lc, all->objects)
	{
		OutsideObject *object = (OutsideObject *) lfirst(lc);
		ListCell   *lc2;

		NextSorted(c, &parts);
		PutString(c->buf, OutsideClassName(object->class));
		PutInt(c->buf, list_length(object->identity));
		foreach(lc2, object->identity)
			PutString(c->buf, (char *) lfirst(lc2));
		if (!VDE_FAULT("function definition"))
			PutDigest(c->buf, &object->digest);
		PutBool(c->buf, object->resolved);
		if (object->resolved && !VDE_FAULT("function definition"))
			PutDigest(c->buf, &object->resolution);

		/* A view reads with its owner's rights. */
		if (all->row_security)
			PutString(c->buf, object->owner);
	}
	EndSorted(c, &parts);
}

/*
 * Completes a part, once all objects have been examined, and hashes it.  all
 * gets what is true of what it refers to, through any number of steps, without
 * the list of that: there is one for each column, and they can be long.
 */
static void
finish_part(Canonical *c, Part *part, Uses *all)
{
	const Definition *definition = c->scope->definition;
	int			i;

	memset(all, 0, sizeof(Uses));
	MergeUses(all, &part->uses);
	for (i = 0; i < list_length(all->objects); i++)
		MergeUses(all, &((OutsideObject *) list_nth(all->objects, i))->uses);

	c->buf = &part->bytes;
	if (all->objects != NIL)
		put_outside(c, all);
	if (all->settings)
	{
		PutTag(c->buf, TAG_SETTINGS);
		PutSettings(c->buf, definition->settings);
	}
	if (all->role)
	{
		PutTag(c->buf, TAG_ROLE);
		PutString(c->buf, GetUserNameFromId(definition->owner, false));
	}
	DigestBytes(part->bytes.data, part->bytes.len, &part->digest);
	part->chance = all->chance;
	if (all->private_call != NULL && c->scope->environment != NULL)
	{
		if (c->scope->private_call == NULL)
			c->scope->private_call = all->private_call;
		all->chance = part->chance = psprintf("%s()", get_func_name(all->private_call->oid));
	}
	list_free(all->objects);
	all->objects = NIL;
}

/*
 * The names that depends_on lists.
 */
static void
add_depends_on_part(Fingerprint *fingerprint, List *names)
{
	StringInfoData bytes;
	Digest		digest;
	ListCell   *lc;

	initStringInfo(&bytes);
	foreach(lc, names)
	{
		PutString(&bytes, ((ModelName *) lfirst(lc))->schema);
		PutString(&bytes, ((ModelName *) lfirst(lc))->name);
	}
	DigestBytes(bytes.data, bytes.len, &digest);
	AddPartDigest(fingerprint, DEPENDS_ON_PART, &digest);
}

/*
 * Examines everything outside that was met, and completes all parts.
 */
static void
finish_parts(Canonical *c, Part *rows, Part *columns, Part *indexes, List *names,
			 Fingerprint *fingerprint)
{
	CanonicalScope *scope = c->scope;
	Uses		all;
	Uses		uses = {0};
	int			i;
	ListCell   *lc;

	/* Examining one object may bring up more. */
	for (i = 0; i < list_length(scope->outside); i++)
		ExamineObject(scope, (OutsideObject *) list_nth(scope->outside, i));

	/* what indexes call decides nothing that anybody reads */
	finish_part(c, indexes, &all);

	finish_part(c, rows, &all);
	MergeUses(&uses, &all);
	if (rows->chance != NULL)
		AddPart(fingerprint, CHANCE_PART, rows->chance);
	i = 0;
	foreach(lc, names)
	{
		Part	   *column = &columns[i++];

		finish_part(c, column, &all);
		MergeUses(&uses, &all);
		if (column->chance != NULL)
			AddPart(fingerprint,
					psprintf(CHANCE_PART " \"%s\"", ((ModelColumn *) lfirst(lc))->name),
					column->chance);
	}
	fingerprint->chance = uses.chance != NULL;

	if (uses.settings)
	{
		StringInfoData bytes;
		Digest		digest;

		initStringInfo(&bytes);
		PutSettings(&bytes, scope->definition->settings);
		DigestBytes(bytes.data, bytes.len, &digest);
		AddPartDigest(fingerprint, "settings", &digest);
	}
	if (uses.role)
		AddPart(fingerprint, "owner",
				GetUserNameFromId(scope->definition->owner, false));
	foreach(lc, scope->outside)
		fingerprint->dependencies =
		list_concat(fingerprint->dependencies,
					ObjectDependencies((OutsideObject *) lfirst(lc)));
}

/*
 * The parts of an analyzed query.
 */
static void
put_query_parts(Canonical *c, const AnalyzedModel *model, Part *rows,
				Part *columns, int column_count)
{
	ModelKind	kind = c->scope->definition->kind;
	Uses		column_uses = {0};
	int			i = 0;
	ListCell   *lc;

	BeginQuery(c, model->query);

	foreach(lc, model->query->targetList)
	{
		TargetEntry *target = (TargetEntry *) lfirst(lc);
		Node	   *expr = (Node *) target->expr;

		if (target->resjunk)
			continue;
		if (i >= column_count)
			elog(ERROR, "query returns more columns than the model has");
		begin_part(c, &columns[i], TAG_COLUMN_PART);
		PutTypeOf(c, exprType(expr), exprTypmod(expr), exprCollation(expr));
		PutNode(c, expr);
		PutGroupingPlace(c, target);
		NoteRepresentative(c, target);
		MergeUses(&column_uses, &columns[i].uses);
		i++;
	}
	if (i != column_count)
		elog(ERROR, "query returns fewer columns than the model has");

	begin_part(c, rows, TAG_ROW_PART);
	PutQueryRows(c, OrderIsKept(c, kind, &column_uses));
	PutDependsOn(c, model->depends_on, model->depends_on_relations);
	EndQuery(c);
}

/*
 * The parts of a model without a query: a seed's rows are in its text, an
 * external model's are where it says.
 */
static void
put_parts_without_query(Canonical *c, const AnalyzedModel *model, Part *rows,
						Part *columns)
{
	const Definition *definition = c->scope->definition;
	int			count = list_length(model->columns);
	Digest	   *values = palloc0(sizeof(Digest) * Max(count, 1));
	uint64		row_count = 0;
	int			i = 0;
	ListCell   *lc;

	if (definition->kind == KIND_SEED)
		row_count = SeedColumnDigests(definition, values, count);
	foreach(lc, model->columns)
	{
		Oid			typid;
		int32		typmod;
		Oid			collid;

		ResolveModelColumn((ModelColumn *) lfirst(lc), &typid, &typmod, &collid);
		begin_part(c, &columns[i], TAG_COLUMN_PART);
		PutTypeOf(c, typid, typmod, collid);

		/* '01/02/2024' is a day of January, or of February */
		if (definition->kind == KIND_SEED)
		{
			Oid			input;
			Oid			parameter;

			if (!VDE_FAULT("seed"))
				PutDigest(c->buf, &values[i]);
			getTypeInputInfo(typid, &input, &parameter);
			if (func_volatile(input) != PROVOLATILE_IMMUTABLE)
				c->uses->settings = true;
		}
		i++;
	}

	begin_part(c, rows, TAG_ROW_PART);
	if (definition->kind == KIND_SEED)
		PutInt(c->buf, (int64) row_count);
}

static int
compare_hex(const ListCell *a, const ListCell *b)
{
	return strcmp((const char *) lfirst(a), (const char *) lfirst(b));
}

/*
 * Which parents stand in a query, by their number.
 */
static bool
find_parents(Node *node, Bitmapset **parents)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;

		if (rte->rtekind == RTE_NAMEDTUPLESTORE)
			*parents = bms_add_member(*parents, EphemeralIndex(rte->enrname));
		return false;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, find_parents, parents, QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, find_parents, parents);
}

/*
 * The versions of the parents that the query reads, in no order.
 */
static void
put_parent_versions(StringInfo bytes, const AnalyzedModel *model)
{
	List	   *versions = NIL;
	Bitmapset  *parents = NULL;
	int			i = -1;
	ListCell   *lc;

	(void) find_parents((Node *) model->query, &parents);
	while ((i = bms_next_member(parents, i)) >= 0)
		versions = lappend(versions,
						   DigestSha256(&((ParentModel *) list_nth(model->parents, i))->version));
	list_sort(versions, compare_hex);
	PutTag(bytes, TAG_PARENT_VERSION);
	PutInt(bytes, list_length(versions));
	foreach(lc, versions)
		PutString(bytes, (char *) lfirst(lc));
}

/*
 * Why the version is private, if it is: because of the model's own query, or
 * because of one that runs with it, as a parent that stores nothing has its
 * query run by its readers.  Then chance is in all of it.
 */
static void
find_private(const AnalyzedModel *model, const CanonicalScope *scope,
			 char *environment, Part *rows, Part *columns,
			 Fingerprint *fingerprint)
{
	ListCell   *lc;
	int			i;

	if (scope->private_call != NULL)
	{
		OutsideObject *call = scope->private_call;

		fingerprint->private_call =
			psprintf("%s %s", FunctionLanguage(call->oid),
					 DependencyDescription(OutsideClassName(call->class), call->identity));
	}
	foreach(lc, model->parents)
	{
		ParentModel *parent = (ParentModel *) lfirst(lc);

		if (parent->private_call == NULL || KindHasRows(parent->kind))
			continue;
		if (fingerprint->private_call == NULL)
			fingerprint->private_call = parent->private_call;
		for (i = -1; i < list_length(model->columns); i++)
		{
			Part	   *part = i < 0 ? rows : &columns[i];

			if (part->chance == NULL)
				part->chance = parent->private_call;
		}
		fingerprint->chance = true;
	}
	if (fingerprint->private_call != NULL)
		fingerprint->private_environment = environment;
}

/*
 * A column's type is in its hash, canonical, and therefore not here as text,
 * which PostgreSQL's versions write differently.
 */
static void
hash_version(const Definition *definition, const AnalyzedModel *model,
			 const Part *rows, const Part *columns, const Part *indexes,
			 Fingerprint *fingerprint)
{
	StringInfoData bytes;
	int			i = 0;
	ListCell   *lc;

	initStringInfo(&bytes);
	PutTag(&bytes, TAG_VERSION);
	PutInt(&bytes, FINGERPRINT_FORMAT);
	PutString(&bytes, definition->name.schema);
	PutString(&bytes, definition->name.name);
	PutString(&bytes, KindName(definition->kind));
	PutDigest(&bytes, &rows->digest);
	PutInt(&bytes, list_length(model->columns));
	foreach(lc, model->columns)
	{
		ModelColumn *column = (ModelColumn *) lfirst(lc);

		if (!VDE_FAULT("column name"))
			PutString(&bytes, column->name);
		PutDigest(&bytes, &columns[i++].digest);
	}
	PutStorageOptions(&bytes, definition->kind, definition->options);
	if (indexes->uses.objects != NIL)
		PutDigest(&bytes, &indexes->digest);
	if (KindPinsParents(definition->kind))
		put_parent_versions(&bytes, model);
	if (fingerprint->private_environment != NULL)
	{
		PutTag(&bytes, TAG_PRIVATE);
		PutString(&bytes, fingerprint->private_environment);
	}
	if (model->declared_breaking != NULL)
	{
		PutTag(&bytes, TAG_DECLARED_BREAKING);
		PutString(&bytes, model->declared_breaking);
	}
	DigestBytes(bytes.data, bytes.len, &fingerprint->version);
	pfree(bytes.data);
}

/*
 * What readers see of a part.
 */
static char *
shown_hash(const Part *part, const Fingerprint *fingerprint)
{
	StringInfoData bytes;
	Digest		digest;

	if (part->chance == NULL && !fingerprint->declared_breaking)
		return DigestSha256(&part->digest);
	initStringInfo(&bytes);
	PutTag(&bytes, TAG_EXPORT);
	PutDigest(&bytes, &part->digest);
	PutDigest(&bytes, &fingerprint->version);
	DigestBytes(bytes.data, bytes.len, &digest);
	pfree(bytes.data);
	return DigestSha256(&digest);
}

/*
 * A view goes on reading with the rights of its owner, so that of another role
 * is another relation.  To readers it shows what it showed, whoever owns it.
 */
static void
bind_to_owner(const Definition *definition, Fingerprint *fingerprint)
{
	StringInfoData bytes;

	initStringInfo(&bytes);
	PutTag(&bytes, TAG_ROLE);
	PutDigest(&bytes, &fingerprint->version);
	PutString(&bytes, GetUserNameFromId(definition->owner, true));
	DigestBytes(bytes.data, bytes.len, &fingerprint->version);
	pfree(bytes.data);
}

/*
 * All that was registered and does not decide the contents.
 */
static void
hash_metadata(const Definition *definition, Fingerprint *fingerprint)
{
	StringInfoData bytes;

	initStringInfo(&bytes);
	PutTag(&bytes, TAG_METADATA);
	PutString(&bytes, definition->query);
	PutMetadataOptions(&bytes, definition->kind, definition->options);
	PutString(&bytes, GetUserNameFromId(definition->owner, true));
	DigestBytes(bytes.data, bytes.len, &fingerprint->metadata);
	pfree(bytes.data);
}

static List *
copy_strings(List *strings)
{
	List	   *copies = NIL;
	ListCell   *lc;

	foreach(lc, strings)
		copies = lappend(copies, pstrdup((char *) lfirst(lc)));
	return copies;
}

/*
 * A deep copy in the current memory context.
 */
Fingerprint *
CopyFingerprint(const Fingerprint *fingerprint)
{
	Fingerprint *copy = palloc(sizeof(Fingerprint));
	ListCell   *lc;

	*copy = *fingerprint;
	copy->row_hash = pstrdup(fingerprint->row_hash);
	copy->column_hashes = copy_strings(fingerprint->column_hashes);
	copy->parts = copy_strings(fingerprint->parts);
	if (fingerprint->private_call != NULL)
	{
		copy->private_call = pstrdup(fingerprint->private_call);
		copy->private_environment = pstrdup(fingerprint->private_environment);
	}
	copy->dependencies = NIL;
	foreach(lc, fingerprint->dependencies)
	{
		Dependency *dependency = (Dependency *) lfirst(lc);
		Dependency *duplicate = palloc(sizeof(Dependency));

		duplicate->class = pstrdup(dependency->class);
		duplicate->digest = pstrdup(dependency->digest);
		duplicate->identity = copy_strings(dependency->identity);
		copy->dependencies = lappend(copy->dependencies, duplicate);
	}
	return copy;
}

/*
 * The hashes of a definition over its parents, which must be the ones that
 * model was analyzed with, their versions and hashes filled in.  Throws
 * ERRCODE_FEATURE_NOT_SUPPORTED for a query that has a kind of expression
 * nothing is known of.  The result is in the current memory context.
 */
Fingerprint *
ComputeFingerprint(const Definition *definition, const AnalyzedModel *model,
				   const char *environment)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context;
	Fingerprint computed = {0};
	Fingerprint *fingerprint;
	CanonicalScope scope = {0};
	Canonical	c;
	ModelContext errors;
	ModelOptions *options;
	Part		rows;
	Part	   *columns;
	Part		indexes;
	int			count = list_length(model->columns);
	int			i;

	context = AllocSetContextCreate(caller, "vde fingerprint",
									ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);

	EnterModel(&errors, definition);
	scope.definition = definition;
	scope.parents = model->parents;
	options = ReadOptions(definition->kind, definition->options);
	if (!options->has_depends_on)
		scope.environment = environment;
	InitCanonical(&c, &scope, NULL, NULL);
	columns = palloc0(Max(count, 1) * sizeof(Part));
	if (model->query != NULL)
	{
		put_query_parts(&c, model, &rows, columns, count);
		AddLocalParts(&c, model, &computed);
	}
	else
		put_parts_without_query(&c, model, &rows, columns);
	begin_part(&c, &indexes, TAG_INDEXES);
	PutIndexes(&c, model->columns, options->indexes);
	finish_parts(&c, &rows, columns, &indexes, model->columns, &computed);
	UnpinOutput(&scope);

	find_private(model, &scope, pstrdup(environment), &rows, columns, &computed);
	if (options->has_depends_on)
		add_depends_on_part(&computed, options->depends_on);
	hash_version(definition, model, &rows, columns, &indexes, &computed);
	computed.declared_breaking = model->declared_breaking != NULL;
	hash_metadata(definition, &computed);
	computed.row_hash = shown_hash(&rows, &computed);
	for (i = 0; i < count; i++)
		computed.column_hashes = lappend(computed.column_hashes,
										 shown_hash(&columns[i], &computed));
	if (definition->kind == KIND_VIEW)
		bind_to_owner(definition, &computed);
	LeaveModel(&errors);

	MemoryContextSwitchTo(caller);
	fingerprint = CopyFingerprint(&computed);
	MemoryContextDelete(context);
	return fingerprint;
}
