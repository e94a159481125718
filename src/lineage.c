/*-------------------------------------------------------------------------
 *
 * lineage.c
 *	  Which columns a model reads, and for what, from its analyzed query.
 *
 * An edge leads from a column of a source (a model, or a relation outside,
 * views included) to an output column that it makes a value of, or to the
 * rows of the model, which it filters.
 *
 * - A *value* stands in the column's expression, through subqueries, WITH
 *	 queries, joins' merged columns and set operations.  All that a sublink
 *	 in the expression does, its WHERE included, decides the value; so do
 *	 CASE tests, FILTER, and a window's PARTITION BY and ORDER BY.
 *
 * - A *filter* decides which rows there are, and how many of each: WHERE, ON,
 *	 USING, GROUP BY, HAVING, DISTINCT, set operations other than UNION ALL,
 *	 LIMIT with its ORDER BY, what a set-returning function is given.  ORDER
 *	 BY alone counts below the top level, as string_agg() or an outer LIMIT
 *	 may follow it; at the top it decides nothing.
 *
 * - What nobody reads gives no edge: a column of a subquery, a WITH query, the
 *	 list of an EXISTS, a named window.
 *
 * - A source in FROM of which no column is read has an edge without a column:
 *	 its rows matter all the same.  So has what the option depends_on names;
 *	 which columns of it a function reads nobody knows.
 *
 * - Edges end at views and functions outside: a view is itself the source
 *	 (unless it was opened, as it reads models), and what a function's body
 *	 reads has none.
 *
 * A set of references is computed for each column of each query when it is
 * asked for, and once: a WITH query that is read twice costs as much as one.
 * References in a recursive WITH query to itself are the set that is known so
 * far; it is computed again until nothing is added.
 *
 * What is not known here is an error, not skipped.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/lsyscache.h"

#include "lineage.h"
#include "lineage_walk.h"

/* ---------------------------------------------------------------------
 * Sets of references
 * ---------------------------------------------------------------------
 */

/*
 * SourceNumber
 *		The number of a source's column.
 */
int
SourceNumber(Lineage *lineage, Oid relid, int parent, int attnum)
{
	SourceKey	key;
	SourceEntry *entry;
	bool		found;

	memset(&key, 0, sizeof(key));
	key.relid = relid;
	key.parent = parent;
	key.attnum = attnum;
	entry = hash_search(lineage->source_numbers, &key, HASH_ENTER, &found);
	if (!found)
	{
		if (lineage->source_count == lineage->source_space)
		{
			lineage->source_space *= 2;
			lineage->sources = repalloc(lineage->sources,
										sizeof(SourceKey) * lineage->source_space);
		}
		lineage->sources[lineage->source_count] = key;
		entry->number = lineage->source_count++;
	}
	return entry->number;
}

/*
 * AddReference
 *		Adds one to a set; returns whether that changed it.
 */
bool
AddReference(References *set, int source, int location)
{
	int			low = 0;
	int			high = set->count;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (set->items[middle].source < source)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < set->count && set->items[low].source == source)
	{
		int		   *known = &set->items[low].location;

		if (location < 0 || (*known >= 0 && *known <= location))
			return false;
		*known = location;
		return true;
	}
	if (set->count == set->space)
	{
		set->space = Max(2 * set->space, 8);
		set->items = set->items == NULL ? palloc(sizeof(Reference) * set->space) :
			repalloc(set->items, sizeof(Reference) * set->space);
	}
	memmove(set->items + low + 1, set->items + low,
			sizeof(Reference) * (set->count - low));
	set->items[low].source = source;
	set->items[low].location = location;
	set->count++;
	return true;
}

/*
 * AddReferences
 *		Adds a set to another.  What has no location, as in the stored query
 *		of a view, is found where it was asked for.
 */
bool
AddReferences(References *set, const References *added, int location)
{
	bool		changed = false;
	int			i;

	if (set == added)
		return false;
	for (i = 0; i < added->count; i++)
	{
		const Reference *item = &added->items[i];

		if (AddReference(set, item->source,
						 item->location >= 0 ? item->location : location))
			changed = true;
	}
	return changed;
}

/* ---------------------------------------------------------------------
 * Edges
 * ---------------------------------------------------------------------
 */

/*
 * ParentIndex
 *		Which parent an ephemeral relation stands for.
 */
int
ParentIndex(const Lineage *lineage, const RangeTblEntry *rte)
{
	int			n = rte->enrname ? EphemeralIndex(rte->enrname) : -1;

	if (n < 0 || n >= list_length(lineage->model->parents))
		elog(ERROR, "ephemeral relation \"%s\" is not a model's",
			 rte->enrname ? rte->enrname : "");
	return n;
}

/*
 * same_relation
 *		Are these of one source?
 */
static bool
same_relation(const SourceKey *a, const SourceKey *b)
{
	return a->relid == b->relid && a->parent == b->parent;
}

/*
 * reads_column
 *		Does a set have a column of a source?
 */
static bool
reads_column(const Lineage *lineage, const References *set, const SourceKey *source)
{
	int			i;

	for (i = 0; i < set->count; i++)
	{
		const SourceKey *key = &lineage->sources[set->items[i].source];

		if (key->attnum != 0 && same_relation(key, source))
			return true;
	}
	return false;
}

/*
 * make_edge
 *		A reference with names for numbers.
 */
static LineageEdge *
make_edge(const Lineage *lineage, char *column, const Reference *reference)
{
	const SourceKey *key = &lineage->sources[reference->source];
	LineageEdge *edge = palloc0(sizeof(LineageEdge));

	edge->column = column;
	edge->location = reference->location;
	if (OidIsValid(key->relid))
	{
		edge->schema = get_namespace_name(get_rel_namespace(key->relid));
		edge->name = get_rel_name(key->relid);
		if (key->attnum != 0)
			edge->source_column = get_attname(key->relid, key->attnum, false);
		if (edge->schema == NULL || edge->name == NULL)
			elog(ERROR, "cache lookup failed for relation %u", key->relid);
	}
	else
	{
		ParentModel *parent = list_nth(lineage->model->parents, key->parent);

		edge->schema = parent->name.schema;
		edge->name = parent->name.name;
		edge->is_model = parent->kind != KIND_EXTERNAL;
		if (key->attnum != 0)
			edge->source_column = ((ModelColumn *) list_nth(parent->columns,
															key->attnum - 1))->name;
	}
	return edge;
}

/*
 * add_declared
 *		Adds what the option depends_on names.
 */
static void
add_declared(Lineage *lineage, References *into)
{
	const AnalyzedModel *model = lineage->model;
	ListCell   *lc;

	foreach(lc, model->parents)
	{
		if (list_member_ptr(model->depends_on, lfirst(lc)))
			AddReference(into, SourceNumber(lineage, InvalidOid, foreach_current_index(lc), 0), -1);
	}
	foreach(lc, model->depends_on_relations)
		AddReference(into, SourceNumber(lineage, lfirst_oid(lc), 0, 0), -1);
}

static int
compare_edges(const ListCell *a, const ListCell *b)
{
	const LineageEdge *left = lfirst(a);
	const LineageEdge *right = lfirst(b);
	int			result = strcmp(left->schema, right->schema);

	if (result == 0)
		result = strcmp(left->name, right->name);
	if (result == 0 && left->source_column != NULL && right->source_column != NULL)
		result = strcmp(left->source_column, right->source_column);
	return result;
}

/*
 * ComputeLineage
 *		See lineage.h.  The edges of each column in order, then those of the
 *		rows; of each by the name of the source.
 */
List *
ComputeLineage(const AnalyzedModel *model)
{
	Lineage		lineage;
	HASHCTL		ctl;
	QueryLevel *top;
	References *filter;
	List	   *edges = NIL;
	List	   *group;
	References	all = {0};
	ListCell   *lc;
	int			i;

	if (model->query == NULL)
		return NIL;
	memset(&lineage, 0, sizeof(lineage));
	lineage.model = model;
	lineage.source_space = 32;
	lineage.sources = palloc(sizeof(SourceKey) * lineage.source_space);
	ctl.keysize = sizeof(SourceKey);
	ctl.entrysize = sizeof(SourceEntry);
	ctl.hcxt = CurrentMemoryContext;
	lineage.source_numbers = hash_create("vde lineage sources", 64, &ctl,
										 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	lineage.levels = MakeLineageLevels();
	top = LineageLevelOf(&lineage, model->query, NULL);

	foreach(lc, model->query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		References *set;

		if (tle->resjunk)
			continue;
		set = ColumnReferences(&lineage, top, tle->resno);
		group = NIL;
		for (i = 0; i < set->count; i++)
		{
			const SourceKey *key = &lineage.sources[set->items[i].source];

			if (key->attnum != 0 || !reads_column(&lineage, set, key))
				group = lappend(group, make_edge(&lineage, tle->resname, &set->items[i]));
		}
		list_sort(group, compare_edges);
		edges = list_concat(edges, group);
		AddReferences(&all, set, -1);
	}

	filter = FilterReferences(&lineage, top);
	add_declared(&lineage, filter);
	AddReferences(&all, filter, -1);
	group = NIL;
	for (i = 0; i < filter->count; i++)
	{
		const SourceKey *key = &lineage.sources[filter->items[i].source];

		if (key->attnum != 0 || !reads_column(&lineage, &all, key))
			group = lappend(group, make_edge(&lineage, NULL, &filter->items[i]));
	}
	list_sort(group, compare_edges);
	return list_concat(edges, group);
}

/*
 * LineageColumns
 *		See lineage.h.
 */
List *
LineageColumns(List *lineage, const ModelName *source)
{
	List	   *names = NIL;
	ListCell   *lc;

	foreach(lc, lineage)
	{
		const LineageEdge *edge = (const LineageEdge *) lfirst(lc);
		bool		there = false;
		ListCell   *name;

		if (!edge->is_model || edge->source_column == NULL ||
			strcmp(edge->schema, source->schema) != 0 ||
			strcmp(edge->name, source->name) != 0)
			continue;
		foreach(name, names)
			there = there || strcmp((char *) lfirst(name), edge->source_column) == 0;
		if (!there)
			names = lappend(names, edge->source_column);
	}
	return names;
}
