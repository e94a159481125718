/*-------------------------------------------------------------------------
 *
 * freshness.c
 *	  Up to when tables know what they read, and whose business it is to keep
 *	  them up.
 *
 * A version is filled once for all environments that have it, and one of them
 * refreshes it.  So a table that is there already may have been filled before
 * those that its readers have now.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"

#include "catalog.h"
#include "compat.h"
#include "dependency.h"
#include "freshness.h"
#include "lineage.h"

/*
 * RefreshesVersion
 *		See freshness.h.
 */
bool
RefreshesVersion(const Environment *environment, int64 version_id)
{
	if (strcmp(environment->name, PROD_ENVIRONMENT) == 0)
		return true;
	return CatalogRead("SELECT FROM vde.snapshot s JOIN vde.pointer p ON p.snapshot_id = s.id "
					   "JOIN vde.environment e ON e.id = p.environment_id "
					   "WHERE s.version_id = $1 AND e.id <> $2 AND (e.name = $3 OR e.id < $2 OR $2 = 0) LIMIT 1",
					   "llt", version_id, environment->id, PROD_ENVIRONMENT) == 0;
}

/*
 * reads_chance
 *		Does a node read what comes out differently in each table of a parent?
 *		Of a node that was not analyzed it is not known what it reads.
 */
static bool
reads_chance(const GraphNode *node, const GraphNode *parent)
{
	ListCell   *cell;

	if (!parent->chance || !node->computed)
		return parent->chance;
	if (FingerprintPart(parent->parts, CHANCE_PART) != NULL)
		return true;
	foreach(cell, LineageColumns(node->lineage, &parent->name))
	{
		if (FingerprintPart(parent->parts,
							psprintf(CHANCE_PART " \"%s\"", (char *) lfirst(cell))) != NULL)
			return true;
	}
	return false;
}

/*
 * shows_outside
 *		Does the environment have a node as a view or embedded, which shows
 *		what is outside vde as it is?
 */
static bool
shows_outside(const GraphNode *node)
{
	ListCell   *cell;

	if (node->current == NULL || KindHasRows(node->current_definition->kind))
		return false;
	foreach(cell, LoadDependencies(node->current->id))
	{
		if (!DependencyIsFixed((Dependency *) lfirst(cell)))
			return true;
	}
	return false;
}

/*
 * filled_at
 *		When a table was filled that another must not be older than.
 */
static TimestampTz
filled_at(Graph *graph, const Version *version)
{
	if (IsolationUsesXactSnapshot() && version->id != 0)
	{
		MemoryContext old = MemoryContextSwitchTo(graph->context);

		graph->compared = lappend(graph->compared, CopyId(version->id));
		MemoryContextSwitchTo(old);
	}
	return version->refreshed_at;
}

/* of which sources, see source_time */
enum
{
	SOURCES_SHOWN, SOURCES_STORED, SOURCES_OF_CHANCE
};

/*
 * source_time
 *		Up to when what a node's query reads is known to this environment's
 *		readers; or, of chance, when the newest table among its parents was or
 *		will be filled that comes out differently each time.
 *
 * Readers know what the tables held that the environment has now.  Where it
 * had none, they will know what it gets.  A view or an embedded model stores
 * nothing: what it reads counts, and what it reads outside vde was read just
 * now; of what is stored alone, only what has rows counts.
 */
static TimestampTz
source_time(Graph *graph, GraphNode *node, int sources)
{
	TimestampTz newest = 0;
	ListCell   *cell;

	check_stack_depth();
	if (node->source_known[sources])
		return node->source_time[sources];
	foreach(cell, GraphParents(graph, node))
	{
		GraphNode  *parent = (GraphNode *) lfirst(cell);
		TimestampTz filled;

		if (!GraphNodeLives(parent))
			continue;
		if (!KindHasRows(parent->definition->kind))
			filled = source_time(graph, parent, sources);
		else if (sources == SOURCES_OF_CHANCE && !reads_chance(node, parent))
			filled = 0;
		else if (sources != SOURCES_OF_CHANCE && parent->current != NULL &&
				 KindHasRows(parent->current_definition->kind))
			filled = filled_at(graph, &parent->current->version);
		else
			filled = parent->filled ? DT_NOEND : filled_at(graph, &parent->version);
		newest = Max(newest, filled);
	}
	if (sources == SOURCES_SHOWN && shows_outside(node))
		newest = DT_NOEND;
	node->source_time[sources] = newest;
	node->source_known[sources] = true;
	return newest;
}

/*
 * BehindWhat
 *		See freshness.h.
 *
 * A reused table would take its readers back in time if the table that it
 * replaces was filled later, or, where it replaces none, one that it reads.
 * What was read from a table that came out differently since is gone.  Seeds
 * do not age.  A version that another environment refreshes is as fresh as
 * that environment is.
 */
const char *
BehindWhat(Graph *graph, GraphNode *node)
{
	TimestampTz filled = node->version.refreshed_at;

	if (!KindHasRows(node->definition->kind) || node->definition->kind == KIND_SEED)
		return NULL;
	if (!RefreshesVersion(graph->environment, node->version.id))
		return NULL;
	if (source_time(graph, node, SOURCES_OF_CHANCE) > filled)
		return "what it reads";
	if (!GraphNodeMoves(node))
		return NULL;
	if (node->current != NULL && KindHasRows(node->current_definition->kind))
		return filled_at(graph, &node->current->version) > filled ? "the one it replaces" : NULL;
	/* a new model takes nobody back: it is as if it had been built before */
	return source_time(graph, node, node->current != NULL ? SOURCES_SHOWN : SOURCES_STORED) > filled ?
		"what it reads" : NULL;
}

/* when tables were filled */
#define FILLED \
	"SELECT string_agg(concat_ws(' ', id, refreshed_at, built_at IS NULL), ',' ORDER BY id) FROM vde.version WHERE id = ANY ($1)"

/*
 * RequireLatestTables
 *		See freshness.h.
 */
void
RequireLatestTables(Graph *graph)
{
	if (graph->compared != NIL && CatalogIsOutdated(FILLED, "I", graph->compared))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to a concurrent refresh"),
				 errdetail("A table that one to be taken over replaces, or reads, was filled anew since this transaction began."),
				 errhint("Call it again in a new transaction, or outside of a transaction block.")));
}
