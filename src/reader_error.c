/*-------------------------------------------------------------------------
 *
 * reader_error.c
 *	  Why a model that nobody edited can no longer be analyzed: which column of
 *	  which parent was removed, retyped or added.
 *
 * The error itself is the analyzer's, with its position in the reader's query.
 * What is added rests on facts alone: the columns that a parent had and has,
 * and the lineage of the reader's snapshot, which tells those that it reads.
 * Where an error names a column, only columns of that name are told.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "utils/builtins.h"

#include "catalog.h"
#include "model_text.h"
#include "reader_error.h"

/* A column of a parent that is not what it was */
typedef struct ColumnChange
{
	const GraphNode *parent;
	const char *name;
	const ModelColumn *was;		/* NULL: added */
	const ModelColumn *is;		/* NULL: removed */
	bool		read;			/* does the reader's lineage have it? */
	int			location;		/* where first, a byte offset; -1: unknown */
} ColumnChange;

/*
 * find_column
 *		The column of that name, or NULL.
 */
static const ModelColumn *
find_column(const List *columns, const char *name)
{
	ListCell   *cell;

	foreach(cell, columns)
	{
		const ModelColumn *column = lfirst(cell);

		if (strcmp(column->name, name) == 0)
			return column;
	}
	return NULL;
}

/*
 * type_for_people
 *		A column's type, and its collation if wanted.
 */
static const char *
type_for_people(const ModelColumn *column, bool with_collation)
{
	const char *type = ShownType(column->type);

	if (with_collation)
		return psprintf("%s collate %s", type,
						column->collation ? column->collation : "\"default\"");
	return type;
}

/*
 * column_name
 *		schema.table.column
 */
static char *
column_name(const ColumnChange *change)
{
	return psprintf("%s.%s", QuoteModelName(&change->parent->name),
					quote_identifier(change->name));
}

/*
 * add_changes
 *		Adds what differs in a parent's columns to a list.
 */
static List *
add_changes(List *changes, const GraphNode *parent)
{
	List	   *was = parent->current ? parent->current->columns : NIL;
	List	   *is = parent->columns;
	ListCell   *cell;

	if (!parent->computed || parent->current == NULL)
		return changes;
	foreach(cell, list_concat_copy(was, is))
	{
		const ModelColumn *column = lfirst(cell);
		ColumnChange *change = palloc0(sizeof(ColumnChange));

		change->parent = parent;
		change->location = -1;
		change->name = column->name;
		change->was = find_column(was, column->name);
		change->is = find_column(is, column->name);
		if (column == change->was ?
			(change->is == NULL || !ModelColumnTypeEquals(change->was, change->is)) :
			change->was == NULL)
			changes = lappend(changes, change);
	}
	return changes;
}

/*
 * mark_read
 *		Marks those that the reader's snapshot reads.
 */
static void
mark_read(const GraphNode *reader, List *changes)
{
	uint64		rows = CatalogRead("SELECT source_schema, source_name, source_column, COALESCE(min(location), -1) FROM vde.lineage "
								   "WHERE snapshot_id = $1 AND source_is_model AND source_column IS NOT NULL "
								   "GROUP BY source_schema, source_name, source_column",
								   "l", reader->current->id);
	uint64		row;

	for (row = 0; row < rows; row++)
	{
		ModelName	source;
		char	   *column = CatalogText(row, 3);
		ListCell   *cell;

		source.schema = CatalogText(row, 1);
		source.name = CatalogText(row, 2);
		foreach(cell, changes)
		{
			ColumnChange *change = lfirst(cell);

			if (strcmp(change->name, column) == 0 &&
				ModelNameEquals(&change->parent->name, &source))
			{
				change->read = true;
				change->location = (int) CatalogInt64(row, 4);
			}
		}
	}
}

/*
 * is_word_byte
 *		Can it be part of a name?
 */
static bool
is_word_byte(char c)
{
	return isalnum((unsigned char) c) || IS_HIGHBIT_SET(c) || c == '_' || c == '$';
}

/*
 * mentions
 *		Is the name in a message, whatever its language?
 */
static bool
mentions(const char *message, const char *name)
{
	const char *found = message;
	int			length = strlen(name);

	while (found != NULL && (found = strstr(found, name)) != NULL)
	{
		if ((found == message || !is_word_byte(found[-1])) && !is_word_byte(found[length]))
			return true;
		found++;
	}
	return false;
}

/*
 * choose
 *		The changes that are to be told: of those that may be, the ones that
 *		the message names if it names any; of these, the ones that are read.
 */
static List *
choose(const List *changes, bool added, const char *message, bool must_be_named)
{
	List	   *levels[4] = {NIL, NIL, NIL, NIL};
	ListCell   *cell;
	int			i;

	foreach(cell, changes)
	{
		ColumnChange *change = lfirst(cell);
		bool		named = mentions(message, change->name);

		if ((change->was == NULL) != added || (must_be_named && !named))
			continue;
		i = (named ? 0 : 2) + (change->read ? 0 : 1);
		levels[i] = lappend(levels[i], change);
	}
	for (i = 0; i < 4; i++)
	{
		if (levels[i] != NIL)
			return levels[i];
	}
	return NIL;
}

/*
 * describe
 *		What became of a column, as a clause about it.
 */
static char *
describe(const ColumnChange *change)
{
	bool		collation;

	if (change->is == NULL)
		return pstrdup("was removed");
	if (change->was == NULL)
		return pstrdup("was added");
	collation = strcmp(change->was->type, change->is->type) == 0;
	return psprintf("is now %s, was %s", type_for_people(change->is, collation),
					type_for_people(change->was, collation));
}

/*
 * point_at
 *		Gives an error that has no position the place of a column in the
 *		reader's query.
 */
static void
point_at(const GraphNode *node, const ColumnChange *change, ErrorData *error)
{
	const Definition *definition = node->definition;
	int			location = -1;

	if (error->internalpos > 0 || error->cursorpos > 0)
		return;
	if (error->sqlerrcode == ERRCODE_UNDEFINED_COLUMN)
		location = UsingLocation(definition, change->name);

	/* its snapshot may have another text of the same meaning */
	if (location < 0 && node->current->definition_id == definition->id)
		location = change->location;
	if (location < 0)
		return;
	error->internalquery = pstrdup(definition->query);
	error->internalpos = QueryPosition(definition->query, location);
}

/*
 * ExplainReaderError
 *		See reader_error.h.
 */
void
ExplainReaderError(const GraphNode *node, ErrorData *error)
{
	int			class = ERRCODE_TO_CATEGORY(error->sqlerrcode);
	List	   *changes = NIL;
	ColumnChange *change;
	StringInfoData detail;
	char	   *reader;
	char	   *parent;
	ListCell   *cell;

	/* a full disk has nothing to do with columns */
	if (node->current == NULL ||
		error->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE ||
		(class != ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION &&
		 class != ERRCODE_DATA_EXCEPTION && class != ERRCODE_FEATURE_NOT_SUPPORTED))
		return;
	foreach(cell, node->parents)
		changes = add_changes(changes, (GraphNode *) lfirst(cell));
	if (changes == NIL)
		return;
	mark_read(node, changes);

	if (error->sqlerrcode == ERRCODE_AMBIGUOUS_COLUMN)
		changes = choose(changes, true, error->message, true);
	else
		changes = choose(changes, false, error->message,
						 error->sqlerrcode == ERRCODE_UNDEFINED_COLUMN);
	if (changes == NIL)
		return;

	change = linitial(changes);
	reader = QuoteModelName(&node->name);
	parent = QuoteModelName(&change->parent->name);
	initStringInfo(&detail);
	/* of a function or operator PostgreSQL says that the types are others: so do we */
	if (error->detail != NULL && error->sqlerrcode != ERRCODE_UNDEFINED_FUNCTION)
		appendStringInfo(&detail, "%s ", error->detail);
	if (change->was == NULL)
		appendStringInfo(&detail, "Model \"%s\" reads model \"%s\", where column \"%s\" was added.",
						 reader, parent, change->name);
	else if (change->is == NULL && mentions(error->message, change->name))
		appendStringInfo(&detail, "Model \"%s\" reads it from model \"%s\", where it was removed.",
						 reader, parent);
	else if (!change->read)
		appendStringInfo(&detail, "Model \"%s\" reads model \"%s\", whose column \"%s\" %s.",
						 reader, parent, change->name, describe(change));
	else
	{
		appendStringInfo(&detail, "Model \"%s\" reads ", reader);
		foreach(cell, changes)
			appendStringInfo(&detail, "%s%s, which %s",
							 cell == list_head(changes) ? "" : ", and ",
							 column_name(lfirst(cell)), describe(lfirst(cell)));
		appendStringInfoChar(&detail, '.');
	}
	error->detail = detail.data;
	point_at(node, change, error);
	error->hint = change->was == NULL ?
		psprintf("Change \"%s\" first or in the same plan, or give the column another name in \"%s\".",
				 reader, parent) :
		psprintf("Change \"%s\" first or in the same plan, or leave the column of \"%s\" as it was.",
				 reader, parent);
}
