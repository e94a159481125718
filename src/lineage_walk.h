/*-------------------------------------------------------------------------
 *
 * lineage_walk.h
 *	  Between the files that compute lineage; everybody else includes
 *	  lineage.h.
 *
 *	  lineage.c				sets of references; edges
 *	  lineage_query.c		queries and their clauses, WITH queries
 *	  lineage_expression.c	expressions, and what they refer to
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_LINEAGE_WALK_H
#define VDE_LINEAGE_WALK_H

#include "postgres.h"

#include "nodes/parsenodes.h"
#include "nodes/primnodes.h"
#include "utils/hsearch.h"

#include "analysis.h"

/* A column of a source, or its rows */
typedef struct SourceKey
{
	Oid			relid;			/* a relation outside; else invalid */
	int			parent;			/* else which parent */
	int			attnum;			/* 0: the rows */
} SourceKey;

typedef struct SourceEntry
{
	SourceKey	key;
	int			number;			/* in Lineage.sources */
} SourceEntry;

/* A set of references, in the order of Lineage.sources */
typedef struct Reference
{
	int			source;
	int			location;		/* of the first; -1: unknown */
} Reference;

typedef struct References
{
	int			count;
	int			space;
	Reference  *items;
} References;

/* A recursive WITH query */
typedef struct RecursiveQuery
{
	bool		known;			/* as far as it gets, or to the end */
	References *columns;		/* ctecolnames' number of them */
	References	filter;
} RecursiveQuery;

/* A query, and the query around it */
typedef struct QueryLevel
{
	Query	   *query;			/* key of Lineage.levels */
	struct QueryLevel *parent;
	References **columns;		/* by resno; NULL: not asked for yet */
	References *filter;			/* NULL: not asked for yet */
	RecursiveQuery *recursive;	/* by place in cteList; of those that are */
} QueryLevel;

typedef struct LevelEntry
{
	Query	   *query;
	QueryLevel *level;
} LevelEntry;

typedef struct Lineage
{
	const AnalyzedModel *model;
	HTAB	   *source_numbers; /* SourceKey to number */
	SourceKey  *sources;
	int			source_count;
	int			source_space;
	HTAB	   *levels;			/* Query * to QueryLevel * */
} Lineage;

/* lineage.c */
extern int	SourceNumber(Lineage *lineage, Oid relid, int parent, int attnum);
extern int	ParentIndex(const Lineage *lineage, const RangeTblEntry *rte);

/* Both return whether that changed the set. */
extern bool AddReference(References *set, int source, int location);
extern bool AddReferences(References *set, const References *added, int location);

/* lineage_query.c */
extern HTAB *MakeLineageLevels(void);
extern QueryLevel *LineageLevelOf(Lineage *lineage, Query *query, QueryLevel *parent);
extern QueryLevel *LineageLevelUp(QueryLevel *level, Index levelsup);

/* what a column that a query returns, or makes for itself, reads */
extern References *ColumnReferences(Lineage *lineage, QueryLevel *level, int resno);

/* what decides which rows it returns */
extern References *FilterReferences(Lineage *lineage, QueryLevel *level);

/* all columns that it returns */
extern void AddOutputs(Lineage *lineage, QueryLevel *level, References *into,
					   int location);

/* what a list of SortGroupClause means */
extern void AddSorted(Lineage *lineage, QueryLevel *level, List *clauses,
					  References *into, int location);

/* a column of a WITH query, or with 0 all of them */
extern void AddCteColumn(Lineage *lineage, QueryLevel *level,
						 const RangeTblEntry *rte, int attnum,
						 References *into, int location);

/* lineage_expression.c */
extern void WalkExpression(Lineage *lineage, QueryLevel *level, Node *node,
						   References *into, int location);

/* what set-returning functions in an expression are given */
extern void WalkSetFunctions(Lineage *lineage, QueryLevel *level, Node *node,
							 References *into);

/* what decides the rows of XMLTABLE or JSON_TABLE */
extern void AddDocument(Lineage *lineage, QueryLevel *level,
						const TableFunc *table, References *into, int location);

#endif							/* VDE_LINEAGE_WALK_H */
