/*-------------------------------------------------------------------------
 *
 * graph.h
 *	  An environment's models with some of them edited: who is affected, in
 *	  which order, and what each becomes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_GRAPH_H
#define VDE_GRAPH_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/elog.h"
#include "utils/hsearch.h"

#include "analysis.h"
#include "environment.h"
#include "fingerprint.h"
#include "kept.h"
#include "model.h"
#include "snapshot.h"

/* What a model is to become: a draft, or what a promote brings */
typedef struct Edit
{
	int64		model_id;
	int64		definition_id;	/* 0: removed */
	Oid			drafted_by;
	int64		replaced_id;	/* definition that is there now; 0: none */

	/* what was declared of this change, see overrule.h */
	const char *category;		/* NULL: nothing */
	const char *declared_hash;	/* content hash of the definition that it was
								 * declared of */
	Oid			decided_by;
	TimestampTz decided_at;
} Edit;

#define OVERRULE_NON_BREAKING	"non_breaking"
#define OVERRULE_BREAKING		"breaking"

typedef struct GraphNode
{
	ModelName	name;
	int64		model_id;		/* 0: no model of that name */
	ModelSnapshot *current;		/* what the environment has; NULL: nothing */
	Definition *current_definition;

	Definition *definition;		/* what it is to have; NULL: nothing */
	const Edit *edit;			/* NULL: not edited */
	List	   *drift;			/* char *: what changed outside; NIL: nothing */
	List	   *gone;			/* those of drift that are not there any more */
	bool		suspected;		/* drift is a guess: its last refresh was
								 * stopped */
	bool		affected;		/* edited, drifted or downstream of such */
	bool		must_analyze;	/* not only because a parent may move */

	/* results, for affected nodes */
	List	   *parents;		/* GraphNode * that it will read */
	List	   *missing;		/* ModelReference *: neither model nor table */
	ErrorData  *problem;		/* why it cannot be analyzed after a drift */
	bool		computed;		/* analyzed anew; else as current */
	Fingerprint *fingerprint;	/* if computed */
	List	   *columns;		/* ModelColumn * */
	List	   *lineage;		/* LineageEdge *, if computed */
	char	   *row_hash;		/* what readers see, as in Fingerprint */
	List	   *column_hashes;
	bool		chance;
	List	   *parts;
	Version		version;
	int64		snapshot_id;	/* saved with its build; 0: not yet */
	char	   *private_call;	/* as in Fingerprint; of what it has, until
								 * computed */
	bool		blocked;		/* something it reads is missing or has a
								 * problem */
	bool		from_edit;		/* edited, or downstream of an edit */
	bool		listed;			/* a plan lists it as a change */
	bool		filled;			/* the plan fills its relation */
	bool		source_known[3];
	TimestampTz source_time[3]; /* see source_time() in freshness.c */

	/* how children see it */
	ParentModel parent;
	uint64		embedded_pass;	/* the pass that parent.embedded belongs to */
	int			visit;			/* of the topological sort */

	/* declared categories */
	const KeptModel *was_kept;	/* the environment keeps it now; NULL: not */
	bool		kept;			/* stays what it is although what it reads has
								 * moved: of no concern, somebody said */
	char	   *would_be;		/* if kept: SHA-256 of the version it is not */
	List	   *declared;		/* GraphNode *: whose declared changes are all
								 * that moves it, or would move what is kept */
	Fingerprint *plain;			/* before a declaration became part of it;
								 * NULL: none did */
	const char *declared_breaking;	/* as in ModelSnapshot */
	bool		settles;		/* was kept, and is to follow its parents */

	int			task;			/* its number in a queue of builds */
} GraphNode;

/* How a graph was made, so that another process can make the same one */
typedef enum GraphOrigin
{
	GRAPH_COMPUTED,				/* ComputeGraph */
	GRAPH_SETTLEMENT,			/* ComputeSettlement */
	GRAPH_LOADED				/* LoadGraph */
} GraphOrigin;

typedef struct Graph
{
	const Environment *environment;
	Oid			caller;			/* who asked; for what runs as others */
	MemoryContext context;
	HTAB	   *nodes;
	List	   *affected;		/* GraphNode *, parents before children */
	List	   *drifted;		/* char *: what changed outside, distinct */
	uint64		pass;			/* counts analyses, see analyze_embedded */
	GraphOrigin origin;
	List	   *edits;			/* Edit *, of what was computed */
	bool		with_drift;
	List	   *settled_ids;	/* int64 *, of a settlement */
	List	   *misled;			/* int64 *: versions, see MisledViews; with_drift */
	List	   *stale;			/* int64 *: embedded models that nobody edited
								 * and that turned out to be others while
								 * their readers were computed */
	bool		collects_stale; /* else that is an error */
	List	   *compared;		/* int64 *: versions, see RequireLatestTables */
} Graph;

/*
 * Reads what is needed and computes what every affected model becomes.
 * Errors in an edited model, or in one that reads an edited model, are raised
 * as they are, with the position in the model's text.
 *
 * with_drift: also look at everything outside that the environment reads,
 * which costs what the environment has; without, what nobody edited counts as
 * it was when it was deployed.
 */
extern Graph *ComputeGraph(const Environment *environment, List *edits,
						   bool with_drift);

/*
 * The same for models (List of int64 * ids) that nobody edited and that were
 * kept: they and what is downstream of them become what they would be.
 */
extern Graph *ComputeSettlement(const Environment *environment, List *model_ids);

/*
 * An empty graph: GraphFind gives its nodes, one by one, as the environment
 * has them.
 */
extern Graph *MakeGraph(const Environment *environment);

/* All of an environment's models in order, as they are. */
extern Graph *LoadGraph(const Environment *environment);

/* GraphNode * that a node reads; of one that nothing affects, looked up */
extern List *GraphParents(Graph *graph, const GraphNode *node);

/* model ids (List of int64 *) of what a node reads */
extern List *GraphParentIds(const GraphNode *node);

extern GraphNode *GraphFind(Graph *graph, const char *schema, const char *name);

/*
 * Analyzes a node anew, in the transaction at hand, and binds it to its
 * parents' relations.  Error when it is no longer what the graph computed.
 * NULL for kinds without a query.
 */
extern Query *BindNode(Graph *graph, GraphNode *node);

/* the same, with its fingerprint, in the current memory context */
extern Query *BindNodeWith(Graph *graph, GraphNode *node, Fingerprint **fingerprint);

/* true when the node is or will be there */
#define GraphNodeLives(node) ((node)->definition != NULL)

/* Is its version another one than the environment has? */
extern bool GraphNodeMoves(const GraphNode *node);

#endif							/* VDE_GRAPH_H */
