/*-------------------------------------------------------------------------
 *
 * canonical.h
 *	  Canonical bytes of an analyzed query.  Internal to the fingerprint:
 *	  everybody else includes fingerprint.h.
 *
 *	  canonical.c				queries and their clauses
 *	  canonical_clause.c		sort items, aggregates, windows, set operations
 *	  canonical_chance.c		what can come out differently from the same inputs
 *	  canonical_source.c		subqueries and CTEs, column by column
 *	  canonical_list.c			lists, with an order and without
 *	  canonical_range.c			what stands in FROM, references to it
 *	  canonical_expression.c	expressions
 *	  canonical_constant.c		constants, the lists in IN
 *	  canonical_document.c		XML and JSON
 *	  canonical_name.c			catalog objects, by name
 *	  canonical_comparison.c	operator classes and families
 *	  canonical_setting.c		what follows settings unsaid
 *	  canonical_definition.c	objects outside vde, by definition
 *	  canonical_type.c			types outside vde, by definition
 *	  canonical_search.c		text search configurations and dictionaries
 *	  canonical_body.c			string bodies of SQL functions
 *	  canonical_index.c			what the expressions of indexes call
 *	  canonical_depends_on.c		what the option depends_on names
 *	  dependency.c				objects outside vde, by identity
 *	  fingerprint.c				what of it makes up a version
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_CANONICAL_H
#define VDE_CANONICAL_H

#include "postgres.h"

#include "access/htup.h"
#include "nodes/bitmapset.h"
#include "nodes/parsenodes.h"
#include "nodes/primnodes.h"

#include "digest.h"
#include "model.h"

/*
 * What stands before the fields of a node.  The numbers are part of every
 * version: never change one, never use one again.
 */
typedef enum CanonicalTag
{
	TAG_NONE = 0,
	TAG_LIST = 1,

	/* queries */
	TAG_QUERY = 10,
	TAG_TARGETS = 11,
	TAG_FROM = 12,
	TAG_JOIN = 13,
	TAG_SET_OPERATION = 14,
	TAG_GROUP_BY = 15,
	TAG_GROUPING_SETS = 16,
	TAG_DISTINCT = 17,
	TAG_ORDER_BY = 18,
	TAG_LIMIT = 19,
	TAG_ROW_MARK = 20,
	TAG_SRF_TARGETS = 21,
	TAG_CTE = 22,
	TAG_CTE_SEARCH = 23,
	TAG_CTE_CYCLE = 24,

	/* range table */
	TAG_RANGE_RELATION = 30,
	TAG_RANGE_SUBQUERY = 31,
	TAG_RANGE_FUNCTION = 32,
	TAG_RANGE_TABLE_FUNCTION = 33,
	TAG_RANGE_VALUES = 34,
	TAG_RANGE_CTE = 35,
	TAG_RANGE_CTE_ITSELF = 36,
	TAG_RANGE_MODEL = 37,
	TAG_RANGE_RESULT = 38,
	TAG_TABLE_SAMPLE = 39,
	TAG_SET_ARM = 40,
	TAG_SET_COLUMN = 41,
	TAG_JOIN_QUALS = 42,
	TAG_WHERE = 43,
	TAG_CLAUSE = 44,

	/* expressions */
	TAG_COLUMN = 50,
	TAG_WHOLE_ROW = 51,
	TAG_WHOLE_JOIN_ROW = 52,
	TAG_CONST = 53,
	TAG_PARAM = 54,
	TAG_AGGREGATE = 55,
	TAG_GROUPING = 56,
	TAG_WINDOW_FUNCTION = 57,
	TAG_WINDOW = 58,
	TAG_SUBSCRIPT = 59,
	TAG_FUNCTION_CALL = 60,
	TAG_OPERATION = 61,
	TAG_DISTINCT_FROM = 62,
	TAG_NULLIF = 63,
	TAG_ARRAY_OPERATION = 64,
	TAG_UNORDERED_ARRAY = 65,
	TAG_AND = 66,
	TAG_OR = 67,
	TAG_NOT = 68,
	TAG_SUBLINK = 69,
	TAG_FIELD = 70,
	TAG_RELABEL = 71,
	TAG_COERCE_VIA_IO = 72,
	TAG_ARRAY_COERCE = 73,
	TAG_CONVERT_ROW_TYPE = 74,
	TAG_COLLATE = 75,
	TAG_CASE = 76,
	TAG_CASE_TEST = 77,
	TAG_ARRAY = 78,
	TAG_ROW = 79,
	TAG_ROW_COMPARE = 80,
	TAG_COALESCE = 81,
	TAG_MIN_MAX = 82,
	TAG_SQL_VALUE = 83,
	TAG_XML = 84,
	TAG_NULL_TEST = 85,
	TAG_BOOLEAN_TEST = 86,
	TAG_COERCE_TO_DOMAIN = 87,
	TAG_DOMAIN_VALUE = 88,
	TAG_JSON_FORMAT = 89,
	TAG_JSON_RETURNING = 90,
	TAG_JSON_VALUE = 91,
	TAG_JSON_CONSTRUCTOR = 92,
	TAG_JSON_PREDICATE = 93,
	TAG_JSON_BEHAVIOR = 94,
	TAG_JSON_EXPRESSION = 95,
	TAG_JSON_TABLE_PATH = 96,
	TAG_JSON_TABLE_SIBLING = 97,

	/* names */
	TAG_TYPE = 110,
	TAG_ARRAY_TYPE = 111,
	TAG_FUNCTION = 112,
	TAG_OPERATOR = 113,
	TAG_COLLATION = 114,
	TAG_RELATION = 115,

	/* the parts of a version */
	TAG_ROW_PART = 130,
	TAG_COLUMN_PART = 131,
	TAG_OUTSIDE = 132,
	TAG_SETTINGS = 133,
	TAG_ROLE = 134,
	TAG_VERSION = 135,
	TAG_METADATA = 136,
	TAG_PARENT_VERSION = 137,
	TAG_EXPORT = 138,
	TAG_DEPENDS_ON = 139,
	TAG_PRIVATE = 140,
	TAG_INDEXES = 141,
	TAG_DECLARED_BREAKING = 150
} CanonicalTag;

/* What some canonical bytes refer to and do not contain */
typedef struct Uses
{
	List	   *objects;		/* OutsideObject *, distinct */
	bool		settings;		/* settings can change what it returns */
	bool		role;			/* so can the role that runs it */
	bool		row_security;	/* a relation has row-level security */
	bool		is_volatile;	/* calls what is declared volatile */
	const char *chance;			/* what can come out differently each time,
								 * with the same inputs; NULL: nothing */
	bool		input_order;	/* because it follows the order of its input */
	int			lowest;			/* depth of the outermost query whose columns
								 * it refers to; 0: none */
	struct OutsideObject *private_call; /* calls this function, which may read
										 * anything; NULL: no such */
} Uses;

typedef enum OutsideClass
{
	OUTSIDE_RELATION,
	OUTSIDE_VIEW,
	OUTSIDE_FUNCTION,
	OUTSIDE_OPERATOR,
	OUTSIDE_TYPE,
	OUTSIDE_COLLATION,
	OUTSIDE_CONFIGURATION,		/* of text search, and the next */
	OUTSIDE_DICTIONARY
} OutsideClass;

/*
 * An object that is neither PostgreSQL's own nor a model.  In canonical bytes
 * it stands by its name; its definition joins the hash through Uses.
 */
typedef struct OutsideObject
{
	OutsideClass class;
	Oid			oid;
	List	   *identity;		/* as in Dependency */
	bool		examined;		/* is the rest known? */
	Digest		digest;			/* of its own definition */
	bool		resolved;		/* an SQL function given as a string: */
	Digest		resolution;		/* what the names in its body stand for */
	char	   *owner;			/* a view that reads with its owner's rights */
	Bitmapset  *columns;		/* of a relation or view, the columns read,
								 * less FirstLowInvalidHeapAttributeNumber */
	bool		primary_key;	/* of a relation: GROUP BY relies on it */
	Uses		uses;			/* what its definition refers to */
} OutsideObject;

/* What all bytes of one fingerprint share */
typedef struct CanonicalScope
{
	const Definition *definition;	/* whose names SQL functions are resolved
									 * for; NULL: leave them */
	List	   *parents;		/* ParentModel *: the ephemeral relations */
	const char *environment;	/* joins what calls a function that may read
								 * anything; NULL: nothing does */
	OutsideObject *private_call;	/* the first of those */
	bool		local;			/* what stands in this query, whatever that is
								 * elsewhere: see AddLocalParts */
	List	   *outside;		/* OutsideObject *, all met so far */
	OutsideObject *examined;	/* whose definition is being written; NULL: a
								 * model's query */
	bool		pinned;			/* are the settings for output in force? */
	int			guc_level;		/* of those */
} CanonicalScope;

/* What is hashed by itself: a digest, and what its bytes refer to */
typedef struct CanonicalPart
{
	Digest		digest;
	Uses		uses;
} CanonicalPart;

/*
 * A subquery in FROM or a CTE, once something has referred to it.  Its rows
 * and each of its columns have a part, as a model has.
 */
typedef struct CanonicalSource
{
	bool		in_progress;
	bool		done;
	CanonicalPart rows;
	CanonicalPart *columns;		/* NULL: all are in rows, and known by number */
	int			column_count;
	bool		outer;			/* does any part refer to a query around the
								 * one that has the FROM or the WITH, or to
								 * that one? */
	int			ordinal;		/* of a CTE: among equal ones, from 0 */
	int			first_use;		/* of a CTE: in which order, from 1 */
	CTEMaterialize materialized;	/* of a CTE */
	bool		several;		/* a CTE that is read more than once */
} CanonicalSource;

/* A query whose parts are being written */
typedef struct CanonicalLevel
{
	struct CanonicalLevel *parent;
	Query	   *query;
	int			depth;			/* 1 at the top */
	int			range_count;	/* entries that stand in FROM */
	int		   *positions;		/* by range table index; 0: not in FROM */
	CanonicalSource *subqueries;	/* by range table index */
	CanonicalSource *ctes;		/* by place in cteList */
	int			cte_uses;		/* how many of them are in use */
} CanonicalLevel;

/* Where canonical bytes go */
typedef struct Canonical
{
	CanonicalScope *scope;
	StringInfo	buf;
	Uses	   *uses;
	CanonicalLevel *level;		/* the query that Vars are relative to */
	int			depth;			/* of the query that is being written */
} Canonical;

/* The clauses of a query, in the order in which they are written */
typedef enum CanonicalClause
{
	CLAUSE_AGGREGATION,
	CLAUSE_SET_OPERATION,
	CLAUSE_FROM,
	CLAUSE_JOIN_CONDITION,
	CLAUSE_WHERE,
	CLAUSE_GROUP_BY,
	CLAUSE_HAVING,
	CLAUSE_DISTINCT,
	CLAUSE_SRF,
	CLAUSE_ORDER_BY,
	CLAUSE_LIMIT,
	CLAUSE_ROW_MARKS
} CanonicalClause;

#define CLAUSE_COUNT	(CLAUSE_ROW_MARKS + 1)

/* An unordered list in the making, see BeginSorted */
typedef struct SortedParts
{
	StringInfo	outer;
	StringInfoData bytes;
	int		   *starts;
	int			count;
	int			allocated;
} SortedParts;

/* canonical_list.c */
extern void InitCanonical(Canonical *c, CanonicalScope *scope, StringInfo buf,
						  Uses *uses);
extern void MergeUses(Uses *into, const Uses *from);
extern void NoteLevel(Canonical *c, int depth);
extern void NoteChance(Canonical *c, const char *what);
extern void BeginSorted(Canonical *c, SortedParts *parts);
extern void NextSorted(Canonical *c, SortedParts *parts);
extern void EndSorted(Canonical *c, SortedParts *parts);
extern void PutNodes(Canonical *c, List *nodes);
extern void PutStrings(Canonical *c, List *strings);
extern void PutInts(Canonical *c, List *ints);
extern void PutTypes(Canonical *c, List *types);
extern void PutCollations(Canonical *c, List *collations);

/* canonical.c */
extern void BeginQuery(Canonical *c, Query *query);
extern void PutClause(Canonical *c, CanonicalClause clause);
extern void PutGroupingPlace(Canonical *c, TargetEntry *target);
extern void PutQueryRows(Canonical *c, bool with_order);
extern bool OrderMatters(Canonical *c, const Uses *columns);
extern void EndQuery(Canonical *c);
extern void PutQuery(Canonical *c, Query *query);
extern void PutRelationExpression(Canonical *c, Oid relid, Node *node);
extern void RefuseQuery(const char *what);

/* canonical_clause.c */
extern void PutSortItems(Canonical *c, List *items, List *targets,
						 bool with_order);
extern void PutGroupItems(Canonical *c, List *items, List *targets);
extern void PutAggregate(Canonical *c, Aggref *aggregate);
extern void PutWindowFunction(Canonical *c, WindowFunc *function);
extern void PutSetOperation(Canonical *c, Node *node, bool whole);
extern void PutSetColumn(Canonical *c, CanonicalLevel *level, Node *node,
						 int number);
extern bool IsConcatenation(SetOperationStmt *operation);

/* canonical_chance.c */
extern bool OrderIsTotal(Query *query);
extern void NoteChoice(Canonical *c);
extern void NoteLockstep(Canonical *c, List *expressions, bool numbered);
extern void NoteRepresentative(Canonical *c, TargetEntry *target);
extern void NoteAggregateOrder(Canonical *c, Aggref *aggregate);
extern void NoteWindowOrder(Canonical *c, WindowFunc *function,
							WindowClause *window);

/* canonical_source.c */
extern CanonicalSource *SubquerySource(Canonical *c, CanonicalLevel *level,
									   int rtindex);
extern CanonicalSource *CteSource(Canonical *c, RangeTblEntry *rte);
extern void PutCteReference(Canonical *c, RangeTblEntry *rte);
extern void PutSourceRows(Canonical *c, CanonicalSource *source);
extern void PutSourceColumn(Canonical *c, CanonicalSource *source, int number);
extern void PutSourceWhole(Canonical *c, CanonicalSource *source);

/* canonical_range.c */
extern CanonicalLevel *LevelUp(Canonical *c, Index levelsup);
extern void PutRange(Canonical *c, int rtindex);
extern void PutVar(Canonical *c, Var *var);
extern void PutLevelsUp(Canonical *c, Index levelsup);

/* canonical_expression.c */
extern void PutNode(Canonical *c, Node *node);
extern void PutArguments(Canonical *c, List *args);

/* canonical_constant.c */
extern void PutConst(Canonical *c, Const *constant);
extern void PutRelabel(Canonical *c, RelabelType *relabel);
extern void PutArrayCoerce(Canonical *c, ArrayCoerceExpr *coerce);
extern void PutUnorderedArray(Canonical *c, Node *node);

/* canonical_document.c */
extern void PutXml(Canonical *c, XmlExpr *expr);
extern bool PutJson(Canonical *c, Node *node);
extern void PutTableFunction(Canonical *c, TableFunc *function);

/* canonical_name.c */
extern void PutType(Canonical *c, Oid typid);
extern void PutTypeOf(Canonical *c, Oid typid, int32 typmod, Oid collid);
extern void PutFunction(Canonical *c, Oid funcid);
extern void PutCalledFunction(Canonical *c, Oid funcid, List *args);
extern void PutFunctionName(Canonical *c, Oid funcid);
extern void PutOperator(Canonical *c, Oid opno);
extern void PutCollation(Canonical *c, Oid collid);
extern void PutRelation(Canonical *c, Oid relid);
extern void PutColumn(Canonical *c, Oid relid, AttrNumber attnum);
extern void UseRelation(Canonical *c, Oid relid);
extern void UseAllColumns(Canonical *c, Oid relid);
extern void UseColumn(Canonical *c, Oid relid, AttrNumber attnum);
extern OutsideObject *UseObject(Canonical *c, OutsideClass class, Oid oid);
extern bool IsListed(const char *name, const char *const *patterns, int count);
extern const char *SchemaName(Oid nspid);
extern void PinOutput(CanonicalScope *scope);
extern void UnpinOutput(CanonicalScope *scope);

/* canonical_comparison.c */
extern void PutOperatorFamilyName(Canonical *c, Oid opfamily);
extern void PutOperatorClass(Canonical *c, Oid opclass);
extern void PutDefaultOperatorClasses(Canonical *c, Oid typid);
extern void PutOperatorSubstitutes(Canonical *c, Oid opno);

/* canonical_setting.c */
extern bool ImmutableFollowsSettings(Oid funcid, Oid result_type, List *args);
extern bool PathFollowsSettings(Node *path);

/* canonical_definition.c */
extern void ExamineObject(CanonicalScope *scope, OutsideObject *object);
extern bool OnlySelects(List *queries);
extern char *FunctionLanguage(Oid funcid);
extern char *TextAttribute(int cache, HeapTuple tuple, AttrNumber attnum);

/* canonical_type.c */
extern void PutTypeDefinition(Canonical *c, Oid typid);
extern void PutComposite(Canonical *c, Oid relid);

/* canonical_depends_on.c */
extern void PutDependsOn(Canonical *c, List *parents, List *relations);

/* canonical_index.c */
extern void PutIndexes(Canonical *c, List *columns, List *indexes);

/* canonical_body.c */
extern void ResolveBody(CanonicalScope *scope, OutsideObject *object);

/* canonical_search.c */
extern void PutSearchDictionary(Canonical *c, Oid oid);
extern void PutSearchConfiguration(Canonical *c, Oid oid);
extern void UseSearchConstant(Canonical *c, const Const *constant);
extern void UseDefaultSearch(Canonical *c, const char *function);

/* dependency.c */
extern const char *OutsideClassName(OutsideClass class);
extern List *ObjectIdentity(OutsideClass class, Oid oid);
extern List *ObjectDependencies(OutsideObject *object);

#endif							/* VDE_CANONICAL_H */
