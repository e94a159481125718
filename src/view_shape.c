/*-------------------------------------------------------------------------
 *
 * view_shape.c
 *	  What a view of ours looks like: the relation that it shows, its columns.
 *
 * A view belongs to vde if its stored query says so, and by nothing else: it
 * takes columns from one relation in schema vde_data, without a condition,
 * grouping, ordering or expression.  Nobody else can write such a view,
 * because only the extension's owner may name what is in vde_data, and the
 * mark cannot be lost by dump and restore.
 *
 * The columns are taken from a subquery that takes them from the relation.
 * PostgreSQL lets INSERT, UPDATE and DELETE through a view of a table, for
 * whom the view's owner and the table permit it, and a superuser who owns a
 * model is permitted everything; through a subquery it never does.  The
 * planner removes it before it looks at anything else, so plans are the same.
 * A view without it is ours as well, but has to be made anew.
 *
 * Everything but PlainQuery reads catalogs through the system caches and locks
 * nothing.  What it says can be out of date by the time it is used, unless the
 * caller holds a lock on the view.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_rewrite.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "parser/parse_node.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteSupport.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "compat.h"
#include "model.h"
#include "view_shape.h"

/* what the subquery is called, for those who look at the view */
#define SEALED_ALIAS	"sealed"

/*
 * stored_query
 *		The query of a view, or NULL when there is no such view.
 */
static Query *
stored_query(Oid viewid)
{
	HeapTuple	tuple;
	Datum		value;
	bool		isnull;
	char	   *nodes;
	List	   *actions;

	tuple = SearchSysCache2(RULERELNAME, ObjectIdGetDatum(viewid),
							CStringGetDatum(ViewSelectRuleName));
	if (!HeapTupleIsValid(tuple))
		return NULL;
	value = SysCacheGetAttr(RULERELNAME, tuple, Anum_pg_rewrite_ev_action, &isnull);
	nodes = isnull ? NULL : TextDatumGetCString(value);
	ReleaseSysCache(tuple);
	if (nodes == NULL)
		return NULL;

	actions = (List *) stringToNode(nodes);
	pfree(nodes);
	if (list_length(actions) != 1 || !IsA(linitial(actions), Query))
		return NULL;
	return (Query *) linitial(actions);
}

/*
 * is_projection
 *		Does the query do nothing but take columns of one relation?
 */
static bool
is_projection(const Query *query)
{
	return query->commandType == CMD_SELECT &&
		!query->hasAggs && !query->hasWindowFuncs && !query->hasTargetSRFs &&
		!query->hasSubLinks && query->cteList == NIL &&
		query->groupClause == NIL && query->groupingSets == NIL &&
		query->havingQual == NULL && query->distinctClause == NIL &&
		query->sortClause == NIL && query->limitOffset == NULL &&
		query->limitCount == NULL && query->rowMarks == NIL &&
		query->setOperations == NULL && query->jointree != NULL &&
		query->jointree->quals == NULL &&
		list_length(query->jointree->fromlist) == 1 &&
		IsA(linitial(query->jointree->fromlist), RangeTblRef);
}

/*
 * only_source
 *		The one entry whose plain columns a query takes, or NULL if it does
 *		anything else.  viewid: the view whose own query it is, with entries
 *		for old and new that stand for the view; InvalidOid for a subquery.
 */
static RangeTblEntry *
only_source(const Query *query, Oid viewid)
{
	int			rtindex;
	RangeTblEntry *source;
	ListCell   *lc;

	if (!is_projection(query))
		return NULL;
	rtindex = linitial_node(RangeTblRef, query->jointree->fromlist)->rtindex;
	source = rt_fetch(rtindex, query->rtable);
	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte != source &&
			(!OidIsValid(viewid) || rte->rtekind != RTE_RELATION || rte->relid != viewid))
			return NULL;
	}
	foreach(lc, query->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);
		Var		   *var = (Var *) entry->expr;

		if (entry->resjunk || !IsA(var, Var) || var->varno != rtindex ||
			var->varlevelsup != 0 || var->varattno <= 0)
			return NULL;
	}
	return source;
}

/*
 * ViewTarget
 *		The relation that a view of ours shows.
 */
Oid
ViewTarget(Oid viewid, bool *faithful)
{
	Query	   *query;
	Query	   *inner = NULL;
	RangeTblEntry *shown;
	ListCell   *lc;

	*faithful = false;
	if (get_rel_relkind(viewid) != RELKIND_VIEW)
		return InvalidOid;
	query = stored_query(viewid);
	if (query == NULL || (shown = only_source(query, viewid)) == NULL)
		return InvalidOid;
	if (shown->rtekind == RTE_SUBQUERY)
	{
		inner = shown->subquery;
		if ((shown = only_source(inner, InvalidOid)) == NULL)
			return InvalidOid;
	}
	if (shown->rtekind != RTE_RELATION || shown->tablesample != NULL ||
		shown->relid == viewid ||
		get_rel_namespace(shown->relid) != get_namespace_oid(VDE_DATA_SCHEMA, true))
		return InvalidOid;

	/* without the subquery it could be written through */
	*faithful = inner != NULL;
	foreach(lc, query->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);
		Var		   *var = (Var *) entry->expr;
		char	   *name;

		if (inner != NULL)
		{
			if (var->varattno > list_length(inner->targetList))
				return InvalidOid;
			var = (Var *) list_nth_node(TargetEntry, inner->targetList, var->varattno - 1)->expr;
		}
		name = get_attname(shown->relid, var->varattno, true);
		if (name == NULL || entry->resname == NULL || strcmp(name, entry->resname) != 0)
			*faithful = false;
	}
	return shown->relid;
}

/*
 * RelationColumnDefs
 *		Columns of a relation: name, type, typmod and collation.  NIL when it
 *		does not exist.
 */
List *
RelationColumnDefs(Oid relid)
{
	List	   *result = NIL;
	HeapTuple	tuple;
	AttrNumber	natts;
	AttrNumber	attnum;

	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	if (!HeapTupleIsValid(tuple))
		return NIL;
	natts = ((Form_pg_class) GETSTRUCT(tuple))->relnatts;
	ReleaseSysCache(tuple);

	for (attnum = 1; attnum <= natts; attnum++)
	{
		Form_pg_attribute att;

		tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid),
								Int16GetDatum(attnum));
		if (!HeapTupleIsValid(tuple))
			continue;
		att = (Form_pg_attribute) GETSTRUCT(tuple);
		if (!att->attisdropped)
			result = lappend(result, makeColumnDef(NameStr(att->attname),
												   att->atttypid, att->atttypmod,
												   att->attcollation));
		ReleaseSysCache(tuple);
	}
	return result;
}

/*
 * ModelColumnOfDef
 *		See view_shape.h.
 */
ModelColumn *
ModelColumnOfDef(const ColumnDef *def)
{
	return MakeModelColumn(def->colname, def->typeName->typeOid,
						   def->typeName->typemod, def->collOid);
}

/*
 * type_words
 *		A column's type and collation, for people.
 */
static char *
type_words(const char *type, const char *collation)
{
	return collation ? psprintf("%s collate %s", type, collation) : pstrdup(type);
}

/*
 * CompareShape
 *		What has to happen to a view's columns.
 *
 * Columns of a relation that is there are compared by OIDs.  While planning
 * there may be no relation yet: then they are compared by the words that
 * MakeModelColumn gives, which are the same for the same type.
 */
ShapeChange
CompareShape(Oid viewid, Oid physical, List *columns, char **reason)
{
	List	   *old_columns = RelationColumnDefs(viewid);
	List	   *new_columns = OidIsValid(physical) ? RelationColumnDefs(physical) : columns;
	ListCell   *old_cell;
	int			i = 0;

	*reason = NULL;
	foreach(old_cell, old_columns)
	{
		ColumnDef  *old = lfirst_node(ColumnDef, old_cell);
		ModelColumn *old_words;
		ModelColumn *new_words;
		bool		equal;

		if (i >= list_length(new_columns))
		{
			*reason = psprintf("column \"%s\" is no longer there", old->colname);
			return SHAPE_CHANGED;
		}

		if (OidIsValid(physical))
		{
			ColumnDef  *new = (ColumnDef *) list_nth(new_columns, i);

			if (strcmp(old->colname, new->colname) == 0 &&
				old->typeName->typeOid == new->typeName->typeOid &&
				old->typeName->typemod == new->typeName->typemod &&
				old->collOid == new->collOid)
			{
				i++;
				continue;
			}
			old_words = ModelColumnOfDef(old);
			new_words = ModelColumnOfDef(new);
			equal = false;
		}
		else
		{
			new_words = (ModelColumn *) list_nth(new_columns, i);
			old_words = ModelColumnOfDef(old);
			equal = strcmp(old_words->name, new_words->name) == 0 &&
				ModelColumnTypeEquals(old_words, new_words);
		}
		i++;
		if (equal)
			continue;

		if (strcmp(old_words->name, new_words->name) == 0)
			*reason = psprintf("column \"%s\" changes from %s to %s", old->colname,
							   type_words(old_words->type, old_words->collation),
							   type_words(new_words->type, new_words->collation));
		else
			*reason = psprintf("column \"%s\" is replaced at its place by \"%s\"",
							   old->colname, new_words->name);
		return SHAPE_CHANGED;
	}
	return i < list_length(new_columns) ? SHAPE_EXTENDED : SHAPE_EQUAL;
}

/*
 * plain_select
 *		SELECT a, b, c FROM source, whose columns are known as those of name.
 */
static SelectStmt *
plain_select(List *column_defs, Node *source, const char *name)
{
	SelectStmt *select = makeNode(SelectStmt);
	ListCell   *lc;

	foreach(lc, column_defs)
	{
		ColumnDef  *def = lfirst_node(ColumnDef, lc);
		ColumnRef  *reference = makeNode(ColumnRef);
		ResTarget  *target = makeNode(ResTarget);

		/* qualified: a column may have the name of the relation */
		reference->fields = list_make2(makeString(pstrdup(name)),
									   makeString(pstrdup(def->colname)));
		reference->location = -1;
		target->name = pstrdup(def->colname);
		target->val = (Node *) reference;
		target->location = -1;
		select->targetList = lappend(select->targetList, target);
	}
	select->fromClause = list_make1(source);
	return select;
}

/*
 * PlainQuery
 *		The query of an environment's view, ready for StoreViewQuery.
 *
 * The raw tree is made by hand: as text, its identifiers would be quoted,
 * scanned and folded for nothing.
 */
Query *
PlainQuery(const char *relation_name, List *column_defs)
{
	RangeSubselect *sealed = makeNode(RangeSubselect);
	RawStmt    *raw = makeNode(RawStmt);
	ParseState *pstate = make_parsestate(NULL);
	Query	   *query;

	sealed->subquery = (Node *)
		plain_select(column_defs,
					 (Node *) makeRangeVar(pstrdup(VDE_DATA_SCHEMA), pstrdup(relation_name), -1),
					 relation_name);
	sealed->alias = makeAlias(SEALED_ALIAS, NIL);
	raw->stmt = (Node *) plain_select(column_defs, (Node *) sealed, SEALED_ALIAS);
	raw->stmt_location = -1;

	query = transformTopLevelStmt(pstate, raw);
	free_parsestate(pstate);
	return query;
}
