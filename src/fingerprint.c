/*-------------------------------------------------------------------------
 *
 * fingerprint.c
 *	  What makes up a version: the row hash, the column hashes, and what is
 *	  around the query.
 *
 *	version = H(model name, kind, row hash, ordered [name, column hash],
 *				storage options)
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
 *	- the model's owner, if row-level security or a function lets the result
 *	  follow the role that runs the query.
 *
 * A parent model in FROM contributes its whole version.  As long as that is
 * so, volatile functions, LIMIT without an order and the like need nothing of
 * their own: a reader of such a model depends on all of it anyway.
 *
 * The metadata hash is over what else was registered; settings are not in it.
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
#include "fingerprint.h"
#include "options.h"
#include "settings.h"

/* Part of every version: a change of what is hashed, or how, is a new number. */
#define FINGERPRINT_FORMAT	1

/* A part of the query that gets a hash of its own */
typedef struct Part
{
	StringInfoData bytes;
	Uses		uses;
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
		PutDigest(c->buf, &object->digest);
		PutBool(c->buf, object->resolved);
		if (object->resolved)
			PutDigest(c->buf, &object->resolution);

		/* A view reads with its owner's rights. */
		if (all->row_security)
			PutString(c->buf, object->owner);
	}
	EndSorted(c, &parts);
}

/*
 * Completes a part, once all objects have been examined, and hashes it.
 */
static void
finish_part(Canonical *c, Part *part, Digest *digest)
{
	const Definition *definition = c->scope->definition;
	Uses		all = {0};
	int			i;

	MergeUses(&all, &part->uses);
	for (i = 0; i < list_length(all.objects); i++)
		MergeUses(&all, &((OutsideObject *) list_nth(all.objects, i))->uses);

	c->buf = &part->bytes;
	if (all.objects != NIL)
		put_outside(c, &all);
	if (all.settings)
	{
		PutTag(c->buf, TAG_SETTINGS);
		PutSettings(c->buf, definition->settings);
	}
	if (all.role)
	{
		PutTag(c->buf, TAG_ROLE);
		PutString(c->buf, GetUserNameFromId(definition->owner, false));
	}
	DigestBytes(part->bytes.data, part->bytes.len, digest);
	list_free(all.objects);
}

/*
 * Examines everything outside that was met, and completes all parts.
 * Dependencies are made in the memory context given.
 */
static void
finish_parts(Canonical *c, Part *rows, Part *columns, Fingerprint *fingerprint,
			 MemoryContext result)
{
	CanonicalScope *scope = c->scope;
	MemoryContext context;
	int			i;
	ListCell   *lc;

	/* Examining one object may bring up more. */
	for (i = 0; i < list_length(scope->outside); i++)
		ExamineObject(scope, (OutsideObject *) list_nth(scope->outside, i));

	finish_part(c, rows, &fingerprint->row);
	for (i = 0; i < fingerprint->column_count; i++)
		finish_part(c, &columns[i], &fingerprint->columns[i]);

	context = MemoryContextSwitchTo(result);
	foreach(lc, scope->outside)
		fingerprint->dependencies =
		list_concat(fingerprint->dependencies,
					ObjectDependencies((OutsideObject *) lfirst(lc)));
	MemoryContextSwitchTo(context);
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
		MergeUses(&column_uses, &columns[i].uses);
		i++;
	}
	if (i != column_count)
		elog(ERROR, "query returns fewer columns than the model has");

	/*
	 * A table has no order.  What is not stored in one keeps that of its
	 * query for whoever reads it.
	 */
	begin_part(c, rows, TAG_ROW_PART);
	PutQueryRows(c,
				 (kind != KIND_FULL && kind != KIND_MATERIALIZED_VIEW) ||
				 OrderMatters(c, &column_uses));
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
	int			i = 0;
	ListCell   *lc;

	foreach(lc, model->columns)
	{
		Oid			typid;
		int32		typmod;
		Oid			collid;

		ResolveModelColumn((ModelColumn *) lfirst(lc), &typid, &typmod, &collid);
		begin_part(c, &columns[i++], TAG_COLUMN_PART);
		PutTypeOf(c, typid, typmod, collid);

		/* '01/02/2024' is a day of January, or of February */
		if (definition->kind == KIND_SEED)
		{
			Oid			input;
			Oid			parameter;

			getTypeInputInfo(typid, &input, &parameter);
			if (func_volatile(input) != PROVOLATILE_IMMUTABLE)
				c->uses->settings = true;
		}
	}

	begin_part(c, rows, TAG_ROW_PART);
	if (definition->kind == KIND_SEED)
		PutString(c->buf, definition->query);
}

/*
 * A column's type is in its hash, canonical, and therefore not here as text,
 * which PostgreSQL's versions write differently.
 */
static void
hash_version(const Definition *definition, const AnalyzedModel *model,
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
	PutDigest(&bytes, &fingerprint->row);
	PutInt(&bytes, fingerprint->column_count);
	foreach(lc, model->columns)
	{
		ModelColumn *column = (ModelColumn *) lfirst(lc);

		PutString(&bytes, column->name);
		PutDigest(&bytes, &fingerprint->columns[i++]);
	}
	PutStorageOptions(&bytes, definition->kind, definition->options);
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

/*
 * The hashes of a definition over its parents, which must be the ones that
 * model was analyzed with, their versions filled in.  Throws
 * ERRCODE_FEATURE_NOT_SUPPORTED for a query that has a kind of expression
 * nothing is known of.  The result is in the current memory context.
 */
Fingerprint *
ComputeFingerprint(const Definition *definition, const AnalyzedModel *model)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context;
	Fingerprint *fingerprint = palloc0(sizeof(Fingerprint));
	CanonicalScope scope = {0};
	Canonical	c;
	Part		rows;
	Part	   *columns;

	fingerprint->column_count = list_length(model->columns);
	fingerprint->columns = palloc0(Max(fingerprint->column_count, 1) *
								   sizeof(Digest));

	context = AllocSetContextCreate(caller, "vde fingerprint",
									ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);

	scope.definition = definition;
	scope.parents = model->parents;
	InitCanonical(&c, &scope, NULL, NULL);
	columns = palloc0(Max(fingerprint->column_count, 1) * sizeof(Part));
	if (model->query != NULL)
		put_query_parts(&c, model, &rows, columns, fingerprint->column_count);
	else
		put_parts_without_query(&c, model, &rows, columns);
	finish_parts(&c, &rows, columns, fingerprint, caller);
	UnpinOutput(&scope);

	hash_version(definition, model, fingerprint);
	hash_metadata(definition, fingerprint);

	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return fingerprint;
}
