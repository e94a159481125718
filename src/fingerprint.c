/*-------------------------------------------------------------------------
 *
 * fingerprint.c
 *	  What makes up a version: the row hash, the column hashes, and what is
 *	  around the query.
 *
 *	version = H(model name, kind, row hash,
 *				ordered [name, type with modifier, collation, column hash],
 *				storage options)
 *
 * A column hash covers the expression of one output column; the row hash all
 * the rest of the query, so that nothing is forgotten.  Each of the two also
 * covers what its own part of the query reaches:
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
 * A parent model in FROM contributes its whole version.  Volatile functions,
 * LIMIT without an order and the like need nothing of their own as long as
 * that is so: whatever a rebuild of such a model brings, it is its readers'
 * parent with the same version or with another.
 *
 * The metadata hash is over what else was registered; settings are not in it.
 *
 * Invariant: equal definitions over equal parents and equal outside objects
 * give an equal version in any session of any database.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
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
 * Row and column hashes of an analyzed query.  dependencies are made in the
 * memory context given.
 */
static void
hash_query(const Definition *definition, const AnalyzedModel *model,
		   Fingerprint *fingerprint, MemoryContext result)
{
	CanonicalScope scope = {0};
	Canonical	c;
	Part		rows;
	Part	   *columns;
	Uses		column_uses = {0};
	MemoryContext context;
	int			i = 0;
	ListCell   *lc;

	scope.definition = definition;
	scope.parents = model->parents;
	columns = palloc0(Max(fingerprint->column_count, 1) * sizeof(Part));

	InitCanonical(&c, &scope, NULL, NULL);
	BeginQuery(&c, model->query);

	foreach(lc, model->query->targetList)
	{
		TargetEntry *target = (TargetEntry *) lfirst(lc);
		Node	   *expr = (Node *) target->expr;

		if (target->resjunk)
			continue;
		if (i >= fingerprint->column_count)
			elog(ERROR, "query returns more columns than the model has");
		begin_part(&c, &columns[i], TAG_COLUMN_PART);
		PutTypeOf(&c, exprType(expr), exprTypmod(expr), exprCollation(expr));
		PutNode(&c, expr);
		MergeUses(&column_uses, &columns[i].uses);
		i++;
	}
	if (i != fingerprint->column_count)
		elog(ERROR, "query returns fewer columns than the model has");

	/*
	 * A table has no order.  What is not stored in one keeps that of its
	 * query for whoever reads it.
	 */
	begin_part(&c, &rows, TAG_ROW_PART);
	if (definition->kind == KIND_FULL ||
		definition->kind == KIND_MATERIALIZED_VIEW)
		PutQueryRows(&c, OrderMatters(&c, &column_uses));
	else
		PutQueryRows(&c, true);
	EndQuery(&c);

	/* Examining one object may bring up more. */
	for (i = 0; i < list_length(scope.outside); i++)
		ExamineObject(&scope, (OutsideObject *) list_nth(scope.outside, i));

	finish_part(&c, &rows, &fingerprint->row);
	for (i = 0; i < fingerprint->column_count; i++)
		finish_part(&c, &columns[i], &fingerprint->columns[i]);
	UnpinOutput(&scope);

	context = MemoryContextSwitchTo(result);
	foreach(lc, scope.outside)
		fingerprint->dependencies =
			list_concat(fingerprint->dependencies,
						ObjectDependencies((OutsideObject *) lfirst(lc)));
	MemoryContextSwitchTo(context);
}

/*
 * Row hash of a model without a query: a seed's rows are in its text, an
 * external model's are where it says.  The columns are in the version.
 */
static void
hash_without_query(const Definition *definition, Fingerprint *fingerprint)
{
	StringInfoData bytes;
	int			i;

	initStringInfo(&bytes);
	PutTag(&bytes, TAG_COLUMN_PART);
	for (i = 0; i < fingerprint->column_count; i++)
		DigestBytes(bytes.data, bytes.len, &fingerprint->columns[i]);

	resetStringInfo(&bytes);
	PutTag(&bytes, TAG_ROW_PART);
	PutString(&bytes, KindName(definition->kind));
	if (definition->kind == KIND_SEED)
		PutString(&bytes, definition->query);
	DigestBytes(bytes.data, bytes.len, &fingerprint->row);
	pfree(bytes.data);
}

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
		PutString(&bytes, column->type);
		PutString(&bytes, column->collation);
		PutDigest(&bytes, &fingerprint->columns[i++]);
	}
	PutStorageOptions(&bytes, definition->kind, definition->options);
	DigestBytes(bytes.data, bytes.len, &fingerprint->version);
	pfree(bytes.data);
}

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

	fingerprint->column_count = list_length(model->columns);
	fingerprint->columns = palloc0(Max(fingerprint->column_count, 1) *
								   sizeof(Digest));

	context = AllocSetContextCreate(caller, "vde fingerprint",
									ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);

	if (model->query != NULL)
		hash_query(definition, model, fingerprint, caller);
	else
		hash_without_query(definition, fingerprint);
	hash_version(definition, model, fingerprint);
	hash_metadata(definition, fingerprint);

	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return fingerprint;
}
