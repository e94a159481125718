/*-------------------------------------------------------------------------
 *
 * category.c
 *	  What a change is to those who read the model, and why, in words.
 *
 * A category needs no history: it follows from the hashes of what the
 * environment has and of what it is to have.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "category.h"
#include "lineage.h"
#include "options.h"
#include "overrule.h"

/* Clauses whose names are parts (see fingerprint_parts.c), as they stand in a query */
static const char *const clauses[] = {
	"set operation", "FROM", "JOIN condition", "WHERE", "GROUP BY", "HAVING", "DISTINCT",
	"set-returning functions", "ORDER BY", "LIMIT",
};

/* So many are told; of the rest it is told how many there are */
#define REASONS_SHOWN 10

/*
 * add_reason
 *		One more of several.  The buffer's cursor counts them, as those too many
 *		to be told do not make it longer.
 */
static void
			add_reason(StringInfo reason, const char *fmt,...) pg_attribute_printf(2, 3);

static void
add_reason(StringInfo reason, const char *fmt,...)
{
	if (reason->cursor++ >= REASONS_SHOWN)
		return;
	if (reason->len > 0)
		appendStringInfoString(reason, ", ");
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, fmt);
		needed = appendStringInfoVA(reason, fmt, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(reason, needed);
	}
}

/*
 * told
 *		The text that add_reason has made.
 */
static char *
told(StringInfo reason)
{
	if (reason->cursor > REASONS_SHOWN)
		appendStringInfo(reason, ", ... and %d more", reason->cursor - REASONS_SHOWN);
	return reason->data;
}

/*
 * part_differs
 *		Do two lists of parts have another value under a name?
 */
static bool
part_differs(List *before, List *after, const char *name)
{
	const char *was = FingerprintPart(before, name);
	const char *is = FingerprintPart(after, name);

	if (was == NULL || is == NULL)
		return was != is;
	return strcmp(was, is) != 0;
}

/*
 * both_differ
 *		Do both have it, and other values?  What was not asked for before, as
 *		settings are not by most queries, has not changed.
 */
static bool
both_differ(List *before, List *after, const char *name)
{
	return FingerprintPart(before, name) != NULL &&
		FingerprintPart(after, name) != NULL && part_differs(before, after, name);
}

/*
 * column_position
 *		Place of a column, from 0, or -1.
 */
static int
column_position(List *columns, const char *name)
{
	ListCell   *cell;

	foreach(cell, columns)
	{
		if (strcmp(((ModelColumn *) lfirst(cell))->name, name) == 0)
			return foreach_current_index(cell);
	}
	return -1;
}

/*
 * column_moved
 *		Does a column of a model show its readers something else than before?
 */
static bool
column_moved(const GraphNode *node, const char *name)
{
	int			was = column_position(node->current->columns, name);
	int			is = column_position(node->columns, name);

	if (was < 0 || is < 0)
		return was != is;
	return strcmp((char *) list_nth(node->current->column_hashes, was),
				  (char *) list_nth(node->column_hashes, is)) != 0;
}

/*
 * rows_moved
 *		The same of its rows.
 */
static bool
rows_moved(const GraphNode *node)
{
	return strcmp(node->current->row_hash, node->row_hash) != 0;
}

/*
 * is_moved_parent
 *		Is what a node reads another version than before?
 */
static bool
is_moved_parent(const GraphNode *parent)
{
	return parent->affected && GraphNodeLives(parent) && GraphNodeMoves(parent);
}

/*
 * is_named
 *		Does a node name what it reads in its option depends_on?
 */
static bool
is_named(const GraphNode *node, const GraphNode *parent)
{
	ListCell   *cell;

	foreach(cell, ReadOptions(node->definition->kind, node->definition->options)->depends_on)
	{
		if (ModelNameEquals((ModelName *) lfirst(cell), &parent->name))
			return true;
	}
	return false;
}

/*
 * add_parent_reasons
 *		What a node reads that moved; returns whether anything was said.
 */
static bool
add_parent_reasons(StringInfo reason, const GraphNode *node)
{
	int			count = reason->cursor;
	ListCell   *cell;

	foreach(cell, node->parents)
	{
		GraphNode  *parent = (GraphNode *) lfirst(cell);
		const char *name = QuoteModelName(&parent->name);
		int			said = reason->cursor;
		ListCell   *column_cell;

		if (!is_moved_parent(parent))
			continue;
		if (parent->current == NULL)
		{
			add_reason(reason, "reads %s, which is new", name);
			continue;
		}
		if (parent->edit != NULL && parent->plain != NULL)
			add_reason(reason, "reads %s, whose change was declared breaking", name);
		else if (is_named(node, parent))
			;					/* nobody knows what of it is read */
		else if (rows_moved(parent))
			add_reason(reason, "reads %s, whose rows changed", name);
		else
		{
			foreach(column_cell, LineageColumns(node->lineage, &parent->name))
			{
				const char *column = (const char *) lfirst(column_cell);

				if (column_moved(parent, column))
					add_reason(reason, "reads %s.%s, which %s", name, quote_identifier(column),
							   column_position(parent->current->columns, column) < 0 ? "is new" : "changed");
			}
		}
		if (is_named(node, parent))
			add_reason(reason, "depends on %s, which changed", name);
		else if (reason->cursor == said && KindPinsParents(node->definition->kind))
			add_reason(reason, "stands on the table of %s, which is another one", name);
	}
	return reason->cursor > count;
}

/*
 * add_private_reason
 *		Whether its version is this environment's own, and why.
 */
static void
add_private_reason(StringInfo reason, const GraphNode *node)
{
	if (node->private_call != NULL)
		add_reason(reason, "calls %s, which may read anything, so its version is this environment's own",
				   node->private_call);
}

/*
 * add_drift_reasons
 *		What changed outside; returns whether anything was said.
 */
static bool
add_drift_reasons(StringInfo reason, const GraphNode *node)
{
	ListCell   *cell;

	foreach(cell, node->drift)
		add_reason(reason, "%s changed", (char *) lfirst(cell));
	return node->drift != NIL;
}

/*
 * columns_reordered
 *		Do the columns that were there come in another order?
 */
static bool
columns_reordered(const GraphNode *node)
{
	int			last = -1;
	ListCell   *cell;

	foreach(cell, node->current->columns)
	{
		int			position = column_position(node->columns,
											   ((ModelColumn *) lfirst(cell))->name);

		if (position < 0)
			continue;
		if (position < last)
			return true;
		last = position;
	}
	return false;
}

/*
 * add_order_reasons
 *		Which parents' columns come in another order.  For who reads them by
 *		their places, as SELECT * does, and reads nothing else that moved.
 */
static void
add_order_reasons(StringInfo reason, const GraphNode *node)
{
	ListCell   *cell;

	foreach(cell, node->parents)
	{
		GraphNode  *parent = (GraphNode *) lfirst(cell);

		if (is_moved_parent(parent) && parent->current != NULL && columns_reordered(parent))
			add_reason(reason, "order of columns of %s changed", QuoteModelName(&parent->name));
	}
}

/*
 * DescribeIndirect
 *		Which of its parents, or what outside, moved it, or why it stays.
 */
char *
DescribeIndirect(const GraphNode *node)
{
	StringInfoData reason;
	StringInfoData names;
	ListCell   *cell;

	initStringInfo(&reason);
	if (node->declared != NIL)
		return psprintf("%s: %s", node->kept ? "kept" : "follows, and its readers are kept",
						DeclarationText(node->declared));
	if (node->kept)
		return psprintf("still kept: a change of %s was declared non_breaking",
						KeptBecause(node->was_kept));
	(void) add_drift_reasons(&reason, node);
	if (GraphNodeMoves(node))
	{
		(void) add_parent_reasons(&reason, node);
		if (node->was_kept != NULL)
			add_reason(&reason, "was kept, and follows what it reads");
		if (reason.len == 0)
			add_private_reason(&reason, node);
		if (reason.len == 0)
			add_order_reasons(&reason, node);
		if (reason.len == 0)
			add_reason(&reason, "a name in its query means another relation now");
		return told(&reason);
	}
	if (reason.len > 0)
		return told(&reason);

	initStringInfo(&names);
	foreach(cell, node->parents)
	{
		GraphNode  *parent = (GraphNode *) lfirst(cell);

		if (is_moved_parent(parent))
			add_reason(&names, "%s", QuoteModelName(&parent->name));
	}
	if (names.len > 0)
		return psprintf("reads none of what changed in %s", told(&names));
	return pstrdup("what it reads stayed as it was");
}

/*
 * add_column_reasons
 *		What became of each column; returns whether the old ones are all there
 *		and show what they did.
 */
static bool
add_column_reasons(StringInfo reason, const GraphNode *node)
{
	ModelSnapshot *old = node->current;
	List	   *parts = node->fingerprint->parts;
	bool		kept = true;
	ListCell   *cell;

	foreach(cell, old->columns)
	{
		ModelColumn *was = (ModelColumn *) lfirst(cell);
		int			position = column_position(node->columns, was->name);
		ModelColumn *is = position < 0 ? NULL : (ModelColumn *) list_nth(node->columns, position);

		if (is == NULL)
			add_reason(reason, "column \"%s\" removed", was->name);
		else if (strcmp(is->type, was->type) != 0)
			add_reason(reason, "column \"%s\" is now %s, was %s", was->name,
					   ShownType(is->type), ShownType(was->type));
		else if (!ModelColumnTypeEquals(is, was))
			add_reason(reason, "column \"%s\" has another collation", was->name);
		else if (!column_moved(node, was->name))
			continue;
		else if (node->definition->kind == KIND_SEED ||
				 part_differs(old->parts, parts, psprintf("column \"%s\"", was->name)))
			add_reason(reason, "column \"%s\" %s", was->name,
					   node->definition->kind == KIND_SEED ? "has other values" : "computed differently");
		kept = false;
	}
	foreach(cell, node->columns)
	{
		ModelColumn *is = (ModelColumn *) lfirst(cell);

		if (column_position(old->columns, is->name) < 0)
			add_reason(reason, "column \"%s\" added", is->name);
	}
	return kept;
}

/*
 * add_clause_reasons
 *		Which clauses of the query were changed.
 */
static void
add_clause_reasons(StringInfo reason, const GraphNode *node)
{
	List	   *before = node->current->parts;
	List	   *after = node->fingerprint->parts;
	int			i;

	if (part_differs(before, after, "aggregation"))
	{
		const char *now = FingerprintPart(after, "aggregation");

		add_reason(reason, "aggregates %s",
				   now != NULL && strcmp(now, "yes") == 0 ? "added" : "removed");
	}
	for (i = 0; i < lengthof(clauses); i++)
	{
		/* whether an order is kept follows from the kind */
		if (part_differs(before, after, clauses[i]) &&
			(node->current_definition->kind == node->definition->kind ||
			 strcmp(clauses[i], "ORDER BY") != 0))
			add_reason(reason, "%s changed", clauses[i]);
	}
}

/*
 * is_renamed
 *		Is there among others a part of that kind (how its name begins) and
 *		value, under a name that this side does not have?
 */
static bool
is_renamed(List *others, List *mine, const char *kind, const char *value)
{
	ListCell   *cell;

	foreach(cell, others)
	{
		const char *part = (const char *) lfirst(cell);

		if (strncmp(part, kind, strlen(kind)) == 0 &&
			strcmp(strrchr(part, '=') + 1, value) == 0 &&
			FingerprintPart(mine, pnstrdup(part, strrchr(part, '=') - part)) == NULL)
			return true;
	}
	return false;
}

/*
 * add_query_reasons
 *		Which WITH queries and subqueries were changed.
 */
static void
add_query_reasons(StringInfo reason, const GraphNode *node)
{
	static const char *const kinds[] = {"WITH query \"", "subquery \""};
	List	   *lists[] = {node->fingerprint->parts, node->current->parts};
	int			kind;
	int			side;
	ListCell   *cell;

	for (kind = 0; kind < lengthof(kinds); kind++)
	{
		for (side = 0; side < lengthof(lists); side++)
		{
			foreach(cell, lists[side])
			{
				const char *part = (const char *) lfirst(cell);
				char	   *name;
				const char *other;

				if (strncmp(part, kinds[kind], strlen(kinds[kind])) != 0)
					continue;
				name = pnstrdup(part, strrchr(part, '=') - part);
				other = FingerprintPart(lists[1 - side], name);
				if (other == NULL)
				{
					if (!is_renamed(lists[1 - side], lists[side], kinds[kind],
									part + strlen(name) + 1))
						add_reason(reason, "%s %s", name, side == 0 ? "added" : "removed");
				}
				else if (side == 0 && strcmp(part + strlen(name) + 1, other) != 0)
					add_reason(reason, "%s changed", name);
			}
		}
	}
}

/*
 * add_chance_reasons
 *		What is another one only because it is built anew; returns whether
 *		anything was said.
 */
static bool
add_chance_reasons(StringInfo reason, const GraphNode *node)
{
	List	   *parts = node->fingerprint->parts;
	const char *chance = FingerprintPart(parts, CHANCE_PART);
	int			count = reason->cursor;
	ListCell   *cell;

	foreach(cell, node->current->columns)
	{
		const char *name = ((ModelColumn *) lfirst(cell))->name;
		const char *what = FingerprintPart(parts, psprintf(CHANCE_PART " \"%s\"", name));

		if (what != NULL && column_moved(node, name) &&
			!part_differs(node->current->parts, parts, psprintf("column \"%s\"", name)))
			add_reason(reason, "column \"%s\" comes out differently at each build (%s)", name, what);
	}
	if (chance != NULL && rows_moved(node))
		add_reason(reason, "its rows come out differently at each build (%s)", chance);
	return reason->cursor > count;
}

/*
 * storage_differs
 *		Has it other options that join a version?  Only to be asked of models
 *		of one kind.
 */
static bool
storage_differs(const GraphNode *node)
{
	const Definition *was = node->current_definition;
	const Definition *is = node->definition;
	StringInfoData before;
	StringInfoData after;

	if (was->kind != is->kind || !KindHasRelation(is->kind))
		return false;
	initStringInfo(&before);
	initStringInfo(&after);
	PutStorageOptions(&before, was->kind, was->options);
	PutStorageOptions(&after, is->kind, is->options);
	return before.len != after.len || memcmp(before.data, after.data, before.len) != 0;
}

/*
 * DescribeModification
 *		Category and reason of a model whose definition is another one.
 */
char *
DescribeModification(const GraphNode *node, const char **category)
{
	ModelSnapshot *old = node->current;
	List	   *parts = node->fingerprint->parts;
	bool		row_equal = !rows_moved(node);
	bool		has_query = node->definition->kind != KIND_SEED && node->definition->kind != KIND_EXTERNAL;
	bool		kept;
	bool		explained;
	StringInfoData reason;
	int			count;

	initStringInfo(&reason);
	if (node->current_definition->kind != node->definition->kind)
		add_reason(&reason, "kind changed from %s to %s",
				   KindName(node->current_definition->kind), KindName(node->definition->kind));
	kept = add_column_reasons(&reason, node);
	*category = row_equal && kept ? "non_breaking" : "breaking";

	count = reason.cursor;
	if (has_query && !row_equal)
		add_clause_reasons(&reason, node);
	if (has_query && (!row_equal || !kept))
		add_query_reasons(&reason, node);
	explained = reason.cursor > count;
	if (!row_equal || !kept)
	{
		explained |= add_drift_reasons(&reason, node);
		explained |= add_parent_reasons(&reason, node);
		if (part_differs(old->parts, parts, DEPENDS_ON_PART))
			add_reason(&reason, "option depends_on changed");
		if (both_differ(old->parts, parts, "settings"))
			add_reason(&reason, "settings changed");
		if (both_differ(old->parts, parts, "owner"))
			add_reason(&reason, "it runs as another role");
		explained |= reason.cursor > count;
	}
	if (old->declared_breaking)
	{
		/* readers saw more of it than its hashes, and go back to these */
		add_reason(&reason, "its earlier definition was declared breaking");
		explained = true;
	}
	if (node->was_kept != NULL)
	{
		/* whatever was edited: a kept model that is edited follows */
		add_reason(&reason, "it was kept, and follows what it reads now");
		explained = true;
	}
	if (has_query && !explained)
		explained = add_chance_reasons(&reason, node);
	if (!row_equal && !explained)
	{
		if (!has_query)
			add_reason(&reason, "%s", node->definition->kind == KIND_SEED ?
					   "number of rows changed" : "the declaration changed");
		else if (reason.len == 0)
			add_reason(&reason, "something that it calls changed");
	}
	if (columns_reordered(node))
		add_reason(&reason, "order of columns changed");
	if (node->definition->kind == KIND_VIEW &&
		node->current_definition->owner != node->definition->owner)
		add_reason(&reason, "owner changed");
	if (storage_differs(node))
		add_reason(&reason, "storage options changed");
	if (reason.len == 0 && KindPinsParents(node->definition->kind) &&
		!add_parent_reasons(&reason, node))
		add_reason(&reason, "stands on the tables of other models");
	if (reason.len == 0)
		add_private_reason(&reason, node);
	if (reason.len == 0)
		add_reason(&reason, "something that it calls changed");
	return told(&reason);
}
