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

#include "category.h"

/*
 * column_hash
 *		Hex hash of a computed column.
 */
static char *
column_hash(const GraphNode *node, int position)
{
	return DigestXxh3(&node->fingerprint->columns[position]);
}

/*
 * reads_moved
 *		Does it read a model that moves?
 */
static bool
reads_moved(const GraphNode *node)
{
	ListCell   *cell;

	foreach(cell, node->parents)
	{
		GraphNode  *parent = (GraphNode *) lfirst(cell);

		if (parent->affected && GraphNodeLives(parent) && GraphNodeMoves(parent))
			return true;
	}
	return false;
}

/*
 * DescribeIndirect
 *		Which of its parents, or what outside, moved it.
 */
char *
DescribeIndirect(const GraphNode *node)
{
	StringInfoData reason;
	ListCell   *cell;

	initStringInfo(&reason);
	foreach(cell, node->drift)
		appendStringInfo(&reason, "%s%s changed", reason.len > 0 ? ", " : "", (char *) lfirst(cell));
	foreach(cell, node->parents)
	{
		GraphNode  *parent = (GraphNode *) lfirst(cell);

		if (parent->affected && GraphNodeLives(parent) && GraphNodeMoves(parent))
			appendStringInfo(&reason, "%sreads %s, which changed", reason.len > 0 ? ", " : "",
							 QuoteModelName(&parent->name));
	}
	if (reason.len == 0)
		appendStringInfoString(&reason, GraphNodeMoves(node) ?
							   "a name in its query means another relation now" :
							   "downstream of a change, its own contents stay");
	return reason.data;
}

/*
 * DescribeModification
 *		Category and reason of a model whose definition is another one.
 */
char *
DescribeModification(const GraphNode *node, const char **category)
{
	ModelSnapshot *old = node->current;
	bool		row_equal = strcmp(old->row_hash, DigestXxh3(&node->fingerprint->row)) == 0;
	bool		kept = true;
	StringInfoData reason;
	ListCell   *column_cell;
	ListCell   *hash_cell;

	initStringInfo(&reason);
	if (node->current_definition->kind != node->definition->kind)
	{
		appendStringInfo(&reason, "kind changed from %s to %s",
						 KindName(node->current_definition->kind), KindName(node->definition->kind));
		kept = false;
	}
	forboth(column_cell, old->columns, hash_cell, old->column_hashes)
	{
		ModelColumn *was = (ModelColumn *) lfirst(column_cell);
		ModelColumn *is = NULL;
		const char *what = NULL;
		int			position = 0;
		ListCell   *cell;

		foreach(cell, node->columns)
		{
			ModelColumn *candidate = (ModelColumn *) lfirst(cell);

			if (strcmp(candidate->name, was->name) == 0)
			{
				is = candidate;
				break;
			}
			position++;
		}
		if (is == NULL)
			what = "removed";
		else if (strcmp(is->type, was->type) != 0)
			what = psprintf("%s, was %s", is->type, was->type);
		else if ((is->collation == NULL) != (was->collation == NULL) ||
				 (is->collation != NULL && strcmp(is->collation, was->collation) != 0))
			what = "another collation";
		else if (strcmp((char *) lfirst(hash_cell), column_hash(node, position)) != 0)
			what = "computed differently";
		if (what != NULL)
		{
			kept = false;
			appendStringInfo(&reason, "%scolumn \"%s\" %s", reason.len > 0 ? ", " : "",
							 was->name, what);
		}
	}
	foreach(column_cell, node->columns)
	{
		ModelColumn *is = (ModelColumn *) lfirst(column_cell);
		bool		was_there = false;
		ListCell   *cell;

		foreach(cell, old->columns)
			was_there = was_there || strcmp(((ModelColumn *) lfirst(cell))->name, is->name) == 0;
		if (!was_there)
			appendStringInfo(&reason, "%scolumn \"%s\" added", reason.len > 0 ? ", " : "", is->name);
	}
	if (!row_equal && strcmp(node->current_definition->query, node->definition->query) == 0 &&
		reads_moved(node))
		appendStringInfo(&reason, "%s%s", reason.len > 0 ? ", " : "", DescribeIndirect(node));
	else if (!row_equal)
		appendStringInfo(&reason, "%s%s", reason.len > 0 ? ", " : "",
						 node->definition->kind == KIND_SEED ? "the data changed" :
						 node->definition->kind == KIND_EXTERNAL ? "the declaration changed" :
						 "the rows are chosen differently");
	else if (reason.len == 0)
		appendStringInfoString(&reason, ModelColumnsEqual(old->columns, node->columns) ?
							   "storage options changed" : "order of columns changed");
	*category = row_equal && kept ? "non_breaking" : "breaking";
	return reason.data;
}
