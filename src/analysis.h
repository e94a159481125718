/*-------------------------------------------------------------------------
 *
 * analysis.h
 *	  From a definition's text to its analyzed query, without building.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_ANALYSIS_H
#define VDE_ANALYSIS_H

#include "postgres.h"

#include "nodes/parsenodes.h"

#include "digest.h"
#include "model.h"

/* Is there a model of that name in the graph at hand? */
typedef bool (*ModelExists) (const char *schema, const char *name, void *arg);

/* A relation that the query names and that is a model, or is missing */
typedef struct ModelReference
{
	ModelName	name;			/* schema is NULL for an unqualified missing
								 * one */
	int			location;		/* byte offset in the definition's text */
	char	   *detail;			/* of a missing one: why, a full sentence */
	bool		removed;		/* of a missing one: its removal is drafted */
} ModelReference;

/* A view outside of vde that a query names and that reads models' views */
typedef struct ViewReference
{
	Oid			relid;
	int			location;		/* as in ModelReference; -1: not in the text */
} ViewReference;

typedef struct ParsedModel
{
	RawStmt    *raw;			/* references to models already rewritten */
	List	   *references;		/* ModelReference *, distinct models, also
								 * those read through views, and those that
								 * depends_on names; the n-th is the ephemeral
								 * relation EphemeralName(n) */
	List	   *views;			/* ViewReference * */
	List	   *depends_on;		/* int: references that depends_on names */
	List	   *depends_on_relations;	/* Oid: tables and views that it names */
	List	   *missing;		/* ModelReference *: neither model nor
								 * relation */
	ModelExists exists;			/* what the references were found by */
	void	   *exists_arg;
} ParsedModel;

/* What analysis needs to know of a parent */
typedef struct ParentModel
{
	ModelName	name;
	ModelKind	kind;
	List	   *columns;		/* ModelColumn * */
	Digest		version;
	char	   *row_hash;		/* as in Fingerprint */
	List	   *column_hashes;
	List	   *parts;			/* likewise */
	struct AnalyzedModel *embedded; /* of an embedded parent: its query */
	char	   *private_call;	/* as in Fingerprint */
} ParentModel;

/* A view outside of vde that was put into the query as a subquery */
typedef struct LookedThrough
{
	Oid			relid;
	Oid			role;			/* who must be allowed to read it; InvalidOid:
								 * the model's owner */
	Bitmapset  *columns;		/* as in pg_attribute_aclcheck's callers */
} LookedThrough;

typedef struct AnalyzedModel
{
	Query	   *query;			/* NULL for seed and external */
	List	   *columns;		/* ModelColumn *, what the model returns */
	List	   *parents;		/* ParentModel *, as in ParsedModel.references */
	List	   *views;			/* LookedThrough *: see outside_view.c */
	List	   *depends_on;		/* ParentModel * that depends_on names */
	List	   *depends_on_relations;	/* Oid: the same outside of vde */
	const char *declared_breaking;	/* what sets its version apart because
									 * somebody declared a change breaking;
									 * NULL: nothing */
} AnalyzedModel;

/* The parent of that name; never NULL for one that ModelExists knows. */
typedef ParentModel *(*FindParent) (const ModelName *name, void *arg);

/* The relation in vde_data that holds (or shows) a parent's version. */
typedef Oid (*FindPhysical) (const ParentModel *parent, void *arg);

extern void CheckModelQuery(const Definition *definition);
extern ParsedModel *ParseModel(const Definition *definition,
							   ModelExists exists, void *arg);
extern AnalyzedModel *AnalyzeModel(const Definition *definition,
								   ParsedModel *parsed,
								   FindParent find, void *arg);
extern Query *BindModel(const AnalyzedModel *model,
						FindPhysical find, void *arg);

/*
 * Error unless the model's owner may read the views outside of vde that were
 * put into its query.
 */
extern void CheckLookedThrough(const AnalyzedModel *model, Oid owner);

/*
 * In an analyzed query a view's entry for a model is a subquery that gives the
 * model's columns the view's numbers.  It counts as the model itself: is it
 * one, and which column of the model is meant by a number?
 */
#define StandsForModel(rte) \
	((rte)->rtekind == RTE_SUBQUERY && (rte)->enrname != NULL)
extern AttrNumber ModelColumnNumber(const RangeTblEntry *rte, AttrNumber attnum);

extern char *EphemeralName(int n);
extern int	EphemeralIndex(const char *enrname);	/* -1: not one of ours */

#endif							/* VDE_ANALYSIS_H */
