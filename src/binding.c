/*-------------------------------------------------------------------------
 *
 * binding.c
 *	  From an analyzed query to one that can be executed or stored: its
 *	  ephemeral relations exchanged for what holds the parents' rows.
 *
 * Invariants
 *
 * - The analyzed query is not changed; the result is a copy.
 *
 * - Nothing is resolved by name and nothing is analyzed again.  A relation is
 *	 only put in place of a parent if it has exactly the columns that analysis
 *	 saw, by number, name, type, typmod and collation.
 *
 * - A physical table is read as the role that owns it: that the model's owner
 *	 may read the parent was the caller's to check.  Every other relation in
 *	 the query keeps the check that analysis gave it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_relation.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "analysis.h"
#include "compat.h"
#include "session.h"

typedef struct BindContext
{
	const AnalyzedModel *model;
	FindPhysical find;
	void	   *arg;
} BindContext;

/*
 * refuse_columns
 *		Error: what is to stand for a parent does not have its columns.
 */
static void
refuse_columns(const ParentModel *parent, const char *relation)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("relation \"%s\" does not have the columns of model \"%s\"",
					relation, QuoteModelName(&parent->name)),
			 errdetail("It was altered, or the model was analyzed before it was changed."),
			 errhint("Try again. If the error stays, drop the relation and apply, so that vde makes it anew.")));
}

/*
 * check_relation_columns
 *		Does the relation have the columns that the entry was analyzed with?
 */
static void
check_relation_columns(Relation relation, const RangeTblEntry *rte,
					   const ParentModel *parent)
{
	TupleDesc	tupdesc = RelationGetDescr(relation);
	bool		same = tupdesc->natts == list_length(rte->coltypes) &&
	tupdesc->natts == list_length(parent->columns);
	int			i;

	for (i = 0; same && i < tupdesc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(tupdesc, i);
		ModelColumn *column = list_nth(parent->columns, i);

		same = !attribute->attisdropped &&
			attribute->atttypid == list_nth_oid(rte->coltypes, i) &&
			attribute->atttypmod == list_nth_int(rte->coltypmods, i) &&
			attribute->attcollation == list_nth_oid(rte->colcollations, i) &&
			strcmp(NameStr(attribute->attname), column->name) == 0;
	}
	if (!same)
		refuse_columns(parent,
					   quote_qualified_identifier(get_namespace_name(RelationGetNamespace(relation)),
												  RelationGetRelationName(relation)));
}

/*
 * check_query_columns
 *		The same for the query of an embedded parent.
 */
static void
check_query_columns(const Query *query, const RangeTblEntry *rte,
					const ParentModel *parent)
{
	bool		same = true;
	int			n = 0;
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Node	   *expr = (Node *) tle->expr;

		if (tle->resjunk)
			continue;
		same = same && n < list_length(rte->coltypes) &&
			exprType(expr) == list_nth_oid(rte->coltypes, n) &&
			exprTypmod(expr) == list_nth_int(rte->coltypmods, n) &&
			exprCollation(expr) == list_nth_oid(rte->colcollations, n);
		n++;
	}
	if (!same || n != list_length(rte->coltypes))
		refuse_columns(parent, QuoteModelName(&parent->name));
}

/*
 * bind_relation
 *		Makes the entry read a relation in vde_data, which is locked.
 */
static void
bind_relation(Query *query, RangeTblEntry *rte, const ParentModel *parent,
			  const BindContext *context)
{
	Oid			relid = context->find(parent, context->arg);
	Relation	relation;
	Oid			role;

	if (!OidIsValid(relid))
		elog(ERROR, "model \"%s\" has no relation",
			 QuoteModelName(&parent->name));
	relation = table_open(relid, AccessShareLock);
	check_relation_columns(relation, rte, parent);

	/*
	 * Whether the reading model's owner may read the parent was asked before;
	 * the relation itself is read as its owner: the powerless role, or the
	 * parent's owner for a view or a materialized view.
	 */
	role = relation->rd_rel->relowner;

	rte->rtekind = RTE_RELATION;
	rte->relid = relid;
	rte->relkind = relation->rd_rel->relkind;
	rte->rellockmode = AccessShareLock;
	rte->inh = rte->relkind == RELKIND_PARTITIONED_TABLE;
	RequireSelect(query, rte, role);

	/* the lock stays until the end of the transaction */
	table_close(relation, NoLock);
}

/*
 * bind_entry
 *		Exchanges one range table entry, if it is an ephemeral relation.
 *
 * The alias stays, for what EXPLAIN shows; columns are known by number.
 */
static void
bind_entry(Query *query, RangeTblEntry *rte, const BindContext *context)
{
	ParentModel *parent;
	int			n;
	ListCell   *lc;

	/* a view that was looked through is a subquery as any other now */
	if (rte->rtekind == RTE_SUBQUERY)
	{
		rte->relid = InvalidOid;
		rte->enrname = NULL;
	}
	if (rte->rtekind != RTE_NAMEDTUPLESTORE)
		return;
	n = EphemeralIndex(rte->enrname);
	if (n < 0 || n >= list_length(context->model->parents))
		elog(ERROR, "unknown ephemeral relation \"%s\"", rte->enrname);
	parent = list_nth(context->model->parents, n);

	if (parent->kind == KIND_EMBEDDED)
	{
		if (parent->embedded == NULL)
			elog(ERROR, "embedded model \"%s\" has no query",
				 QuoteModelName(&parent->name));
		rte->subquery = BindModel(parent->embedded, context->find, context->arg);
		check_query_columns(rte->subquery, rte, parent);
		rte->rtekind = RTE_SUBQUERY;
		rte->relid = InvalidOid;
		rte->inh = false;
	}
	else
		bind_relation(query, rte, parent, context);

	/* a whole row of a table has the table's names, not those of an alias */
	rte->eref->colnames = NIL;
	foreach(lc, parent->columns)
		rte->eref->colnames = lappend(rte->eref->colnames,
									  makeString(pstrdup(((ModelColumn *) lfirst(lc))->name)));

	rte->enrname = NULL;
	rte->enrtuples = 0;
	rte->coltypes = NIL;
	rte->coltypmods = NIL;
	rte->colcollations = NIL;
}

/*
 * bind_walker
 *		Visits every query level: sub-queries, CTEs, sublinks.
 */
static bool
bind_walker(Node *node, BindContext *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		Query	   *query = (Query *) node;
		ListCell   *lc;

		CHECK_FOR_INTERRUPTS();
		foreach(lc, query->rtable)
			bind_entry(query, lfirst_node(RangeTblEntry, lc), context);
		return query_tree_walker(query, bind_walker, context, 0);
	}
	return expression_tree_walker(node, bind_walker, context);
}

/*
 * BindModel
 *		The query that reads the parents' relations, ready for QueryRewrite().
 *
 * NULL for a model that has no query.  find is called for each entry, in the
 * caller's own identity; the relations are locked in access share mode.
 */
Query *
BindModel(const AnalyzedModel *model, FindPhysical find, void *arg)
{
	BindContext context;
	Query	   *query;

	check_stack_depth();
	if (model->query == NULL)
		return NULL;
	context.model = model;
	context.find = find;
	context.arg = arg;
	query = copyObject(model->query);
	(void) bind_walker((Node *) query, &context);
	return query;
}
