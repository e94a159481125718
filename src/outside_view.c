/*-------------------------------------------------------------------------
 *
 * outside_view.c
 *	  Views outside of vde that read models' views are read as what they
 *	  stand for: the models, as the environment at hand has them.
 *
 * A user's view over shop.orders reads the view of prod, whichever environment
 * a model that reads it belongs to.  Left alone, dev would be built over
 * prod's rows, and a promote that moves shop.orders would leave the reader
 * over the old ones, with nothing to tell.  So such a view is opened, as
 * PostgreSQL's rewriter would do it later, and the models in it become
 * parents: in the graph, in the hash and in what is executed.
 *
 * Invariants
 *
 * - Only views on the way to a model are opened.  Any other stays a relation
 *	 of the query.  A materialized view is one, too: its rows are stored.
 *
 * - A view is opened with the rights that it would be read with: what it reads
 *	 outside of vde is read as its owner, unless it is a security invoker; that
 *	 it may be read at all is checked by CheckLookedThrough() at each build.  A
 *	 model in it is a parent like any other: the reader's own right to it
 *	 counts.
 *
 * - Columns of a model are found by name, with the type that the view knows.
 *	 Numbers in the view's query are not touched: the entry of a model becomes
 *	 a subquery that has the columns in the view's order, and NULL for those
 *	 that the view does not read.  In the hash it stands for the model itself
 *	 (StandsForModel), so that the columns that prod's view happens to have
 *	 leave no trace.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/transam.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_node.h"
#include "parser/parse_relation.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteHandler.h"
#include "rewrite/rewriteManip.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "catalog.h"
#include "compat.h"
#include "model_text.h"
#include "outside.h"
#include "outside_view.h"

/* ---------------------------------------------------------------------
 * What a view reads
 * ---------------------------------------------------------------------
 */

typedef struct ReachState
{
	List	   *visited;		/* Oid */
	List	   *found;			/* Oid */
} ReachState;

/*
 * is_users_view
 *		Is it a plain view that PostgreSQL did not come with?
 */
static bool
is_users_view(Oid relid)
{
	return relid >= FirstNormalObjectId &&
		get_rel_relkind(relid) == RELKIND_VIEW;
}

/*
 * view_query
 *		A copy of a view's query without the entries for OLD and NEW; NULL if
 *		it is gone.  The lock on the view stays until the end of transaction.
 */
static Query *
view_query(Oid relid, bool *barrier)
{
	Relation	view = try_relation_open(relid, AccessShareLock);
	Query	   *query = NULL;

	if (view == NULL)
		return NULL;
	if (view->rd_rel->relkind == RELKIND_VIEW)
	{
		query = copyObject(get_view_query(view));
		*barrier = RelationIsSecurityView(view);
#if PG_VERSION_NUM < 160000
		query->rtable = list_delete_first_n(query->rtable, 2);
		OffsetVarNodes((Node *) query, -2, 0);
#endif
	}
	relation_close(view, NoLock);
	return query;
}

/*
 * reach_walker
 *		Collects the views of the virtual layer in a view's query.
 */
static bool
reach_walker(Node *node, ReachState *state)
{
	ListCell   *lc;

	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, reach_walker, state);

	CHECK_FOR_INTERRUPTS();
	foreach(lc, ((Query *) node)->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind != RTE_RELATION || !is_users_view(rte->relid) ||
			list_member_oid(state->visited, rte->relid))
			continue;
		state->visited = lappend_oid(state->visited, rte->relid);
		if (IsEnvironmentView(rte->relid))
			state->found = lappend_oid(state->found, rte->relid);
		else
		{
			bool		barrier;

			check_stack_depth();
			(void) reach_walker((Node *) view_query(rte->relid, &barrier), state);
		}
	}
	return query_tree_walker((Query *) node, reach_walker, state, 0);
}

/*
 * ModelViewsRead
 *		See outside_view.h.
 */
List *
ModelViewsRead(Oid relid)
{
	ReachState	state = {0};
	bool		barrier;

	if (!is_users_view(relid) || IsEnvironmentView(relid))
		return NIL;
	state.visited = list_make1_oid(relid);
	(void) reach_walker((Node *) view_query(relid, &barrier), &state);
	return state.found;
}

/*
 * CheckForeignEnvironment
 *		See outside_view.h.
 *
 * An environment's name has no "__" in it, so the last one in a schema's name
 * is where it begins.
 */
void
CheckForeignEnvironment(const Definition *definition, const char *view,
						const char *schema, const char *name, int location)
{
	const char *environment = NULL;
	const char *place;
	const char *relation = quote_qualified_identifier(schema, name);

	for (place = strstr(schema, "__"); place != NULL; place = strstr(place + 1, "__"))
		environment = place + 2;
	if (environment == NULL ||
		CatalogRead("SELECT FROM vde.environment WHERE name = $1", "t", environment) == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("view \"%s\" reads %s, a view of environment \"%s\"",
					view, relation, environment),
			 errdetail("A model that reads it would not follow its own environment."),
			 errhint("Let the view read %s, which is that model in every environment, or read the model in the query itself.",
					 quote_qualified_identifier(pnstrdup(schema, environment - 2 - schema), name)),
			 errposition(QueryPosition(definition->query, location))));
}

/* ---------------------------------------------------------------------
 * Opening a view
 * ---------------------------------------------------------------------
 */

typedef struct OpenState
{
	AnalyzedModel *model;
	const Definition *definition;
	const ParsedModel *parsed;
	QueryEnvironment *environment;
	List	   *open;			/* Oid: the views that are being opened */
	int			location;		/* of the outermost, in the model's text */
} OpenState;

static bool open_walker(Node *node, OpenState *state);

/*
 * relation_name
 *		Quoted, with its schema.
 */
static char *
relation_name(Oid relid)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
									  get_rel_name(relid));
}

/* Which columns of a range table entry a query reads */
typedef struct ColumnSearch
{
	Query	   *query;			/* that has the entry */
	int			rtindex;
	int			sublevels;		/* how deep below it we are */
	Bitmapset  *columns;		/* numbers; 0: all of them as one value */
} ColumnSearch;

/*
 * column_walker
 *		Notes the columns.  A column of a join is what it is an alias of: the
 *		list of those has all columns, read or not, so it is not walked.
 */
static bool
column_walker(Node *node, ColumnSearch *search)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		Var		   *var = (Var *) node;
		RangeTblEntry *rte;
		int			saved = search->sublevels;

		if (var->varlevelsup != search->sublevels)
			return false;
		if (var->varno == search->rtindex)
		{
			search->columns = bms_add_member(search->columns, Max(var->varattno, 0));
			return false;
		}
		rte = rt_fetch(var->varno, search->query->rtable);
		if (rte->rtekind != RTE_JOIN)
			return false;
		check_stack_depth();
		search->sublevels = 0;
		if (var->varattno > 0)
			(void) column_walker(list_nth(rte->joinaliasvars, var->varattno - 1), search);
		else
			(void) expression_tree_walker((Node *) rte->joinaliasvars, column_walker, search);
		search->sublevels = saved;
		return false;
	}
	if (IsA(node, Query))
	{
		search->sublevels++;
		(void) query_tree_walker((Query *) node, column_walker, search, QTW_IGNORE_JOINALIASES);
		search->sublevels--;
		return false;
	}
	return expression_tree_walker(node, column_walker, search);
}

/*
 * columns_read
 *		Numbers of an entry's columns that a query reads.
 */
static Bitmapset *
columns_read(Query *query, int rtindex)
{
	ColumnSearch search = {0};

	search.query = query;
	search.rtindex = rtindex;
	(void) query_tree_walker(query, column_walker, &search, QTW_IGNORE_JOINALIASES);
	return search.columns;
}

/*
 * refuse_column
 *		Error: the model has not the column that a view reads.
 */
static void
refuse_column(const OpenState *state, const ParentModel *parent,
			  const ModelColumn *wanted, const ModelColumn *found)
{
	const char *view = relation_name(llast_oid(state->open));
	const char *column = psprintf("%s.%s", QuoteModelName(&parent->name),
								  quote_identifier(wanted->name));
	int			position = QueryPosition(state->definition->query, state->location);

	if (found == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("view \"%s\" reads %s, which model \"%s\" does not have",
						view, column, QuoteModelName(&parent->name)),
				 errdetail("The model has no such column in this environment."),
				 errhint("Replace the view by one that does not read the column, or give it back to the model."),
				 errposition(position)));
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("view \"%s\" reads %s, which has another type in model \"%s\"",
					view, column, QuoteModelName(&parent->name)),
			 strcmp(wanted->type, found->type) != 0 ?
			 errdetail("The view reads it as %s; in this environment it is %s.",
					   wanted->type, found->type) :
			 errdetail("In this environment it has another collation."),
			 errhint("Cast the column back in the model, or read the model in the query itself."),
			 errposition(position)));
}

/*
 * column_target
 *		The target entry for one column of prod's view of a model.
 */
static TargetEntry *
column_target(const OpenState *state, const ParentModel *parent,
			  const RangeTblEntry *ephemeral, Oid relid, AttrNumber attnum, bool is_read)
{
	HeapTuple	tuple;
	Form_pg_attribute attribute;
	ModelColumn *wanted;
	Expr	   *expr = NULL;
	int			n = 0;
	ListCell   *lc;

	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid), Int16GetDatum(attnum));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for attribute %d of relation %u", attnum, relid);
	attribute = (Form_pg_attribute) GETSTRUCT(tuple);
	wanted = MakeModelColumn(NameStr(attribute->attname), attribute->atttypid,
							 attribute->atttypmod, attribute->attcollation);
	if (!is_read)
		expr = (Expr *) makeNullConst(attribute->atttypid, attribute->atttypmod,
									  attribute->attcollation);
	ReleaseSysCache(tuple);

	foreach(lc, is_read ? parent->columns : NIL)
	{
		ModelColumn *column = (ModelColumn *) lfirst(lc);

		if (strcmp(column->name, wanted->name) == 0)
		{
			if (!ModelColumnTypeEquals(column, wanted))
				refuse_column(state, parent, wanted, column);
			expr = (Expr *) makeVar(1, n + 1, list_nth_oid(ephemeral->coltypes, n),
									list_nth_int(ephemeral->coltypmods, n),
									list_nth_oid(ephemeral->colcollations, n), 0);
			break;
		}
		n++;
	}
	if (expr == NULL)
		refuse_column(state, parent, wanted, NULL);
	return makeTargetEntry(expr, attnum, wanted->name, false);
}

/*
 * become_subquery
 *		Turns a relation's entry into one for a query of the same columns.
 */
static void
become_subquery(RangeTblEntry *rte, Query *subquery)
{
	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = subquery;
	rte->relid = InvalidOid;
	rte->relkind = 0;
	rte->rellockmode = 0;
	rte->inh = false;
	if (rte->alias == NULL)
		rte->alias = makeAlias(rte->eref->aliasname, NIL);
	ForgetPermissions(rte);
}

/*
 * stand_for_model
 *		Makes the entry of prod's view of a model stand for the model.
 */
static void
stand_for_model(Query *query, int rtindex, OpenState *state)
{
	RangeTblEntry *rte = rt_fetch(rtindex, query->rtable);
	Oid			relid = rte->relid;
	char	   *schema = get_namespace_name(get_rel_namespace(relid));
	char	   *name = get_rel_name(relid);
	Bitmapset  *columns = columns_read(query, rtindex);
	ParentModel *parent = NULL;
	ParseState *pstate;
	RangeVar   *relation;
	RangeTblEntry *ephemeral;
	RangeTblRef *ref = makeNode(RangeTblRef);
	Query	   *subquery = makeNode(Query);
	int			n = 0;
	int			attnum;
	ListCell   *lc;

	foreach(lc, state->model->parents)
	{
		parent = (ParentModel *) lfirst(lc);
		if (schema != NULL && name != NULL && strcmp(parent->name.schema, schema) == 0 &&
			strcmp(parent->name.name, name) == 0)
			break;
		n++;
	}
	if (lc == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("view \"%s\" was replaced while it was looked at",
						relation_name(llast_oid(state->open))),
				 errhint("Try again.")));
	if (bms_is_member(0, columns))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("view \"%s\" reads whole rows of model \"%s\"",
						relation_name(llast_oid(state->open)), QuoteModelName(&parent->name)),
				 errdetail("A model's rows have another type in each environment."),
				 errhint("Let the view name the columns, or read the model in the query itself."),
				 errposition(QueryPosition(state->definition->query, state->location))));

	pstate = make_parsestate(NULL);
	pstate->p_queryEnv = state->environment;
	relation = makeRangeVar(NULL, EphemeralName(n), -1);
	relation->alias = makeAlias(parent->name.name, NIL);
	(void) addRangeTableEntryForENR(pstate, relation, true);
	ephemeral = linitial_node(RangeTblEntry, pstate->p_rtable);

	subquery->commandType = CMD_SELECT;
	subquery->canSetTag = true;
	subquery->rtable = pstate->p_rtable;
	ref->rtindex = 1;
	subquery->jointree = makeFromExpr(list_make1(ref), NULL);

	/* as many as there were when the view was made */
	for (attnum = 1; attnum <= list_length(rte->eref->colnames); attnum++)
		subquery->targetList = lappend(subquery->targetList,
									   column_target(state, parent, ephemeral, relid, attnum,
													 bms_is_member(attnum, columns)));
	free_parsestate(pstate);
	become_subquery(rte, subquery);
	rte->enrname = EphemeralName(n);
}

/*
 * ModelColumnNumber
 *		See analysis.h.
 */
AttrNumber
ModelColumnNumber(const RangeTblEntry *rte, AttrNumber attnum)
{
	TargetEntry *target;

	if (attnum < 1 || attnum > list_length(rte->subquery->targetList))
		elog(ERROR, "column %d of a view's entry for a model not found", attnum);
	target = list_nth_node(TargetEntry, rte->subquery->targetList, attnum - 1);
	return castNode(Var, target->expr)->varattno;
}

/*
 * open_view
 *		Puts a view's query in the place of its entry.
 */
static void
open_view(Query *query, RangeTblEntry *rte, OpenState *state)
{
	Oid			relid = rte->relid;
	LookedThrough *view = palloc0(sizeof(LookedThrough));
	Query	   *subquery;
	bool		barrier;
	ListCell   *lc;

	if (list_member_oid(state->open, relid))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("infinite recursion detected in rules for relation \"%s\"",
						get_rel_name(relid)),
				 errhint("The view reads itself. Replace it by one that does not.")));
	check_stack_depth();
	subquery = view_query(relid, &barrier);
	if (subquery == NULL)
		elog(ERROR, "cache lookup failed for view %u", relid);

	if (state->open == NIL)
	{
		state->location = -1;
		foreach(lc, state->parsed->views)
		{
			ViewReference *reference = (ViewReference *) lfirst(lc);

			if (reference->relid == relid && state->location < 0)
				state->location = reference->location;
		}
	}
	view->relid = relid;
	view->role = RteCheckAs(query, rte);
	view->columns = bms_copy(RteSelectedColumns(query, rte));
	state->model->views = lappend(state->model->views, view);

	state->open = lappend_oid(state->open, relid);
	(void) open_walker((Node *) subquery, state);
	state->open = list_delete_last(state->open);

	become_subquery(rte, subquery);
	rte->security_barrier = barrier;
	rte->relid = relid;			/* for the hash: see PutRange() */
}

/*
 * open_walker
 *		Visits every query level; the inner ones of a view in open_view().
 */
static bool
open_walker(Node *node, OpenState *state)
{
	Query	   *query;
	int			rtindex = 0;
	ListCell   *lc;

	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, open_walker, state);

	CHECK_FOR_INTERRUPTS();
	query = (Query *) node;
	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		rtindex++;
		if (rte->rtekind == RTE_SUBQUERY)
			(void) open_walker((Node *) rte->subquery, state);
		else if (rte->rtekind != RTE_RELATION || !is_users_view(rte->relid))
			continue;
		else if (IsEnvironmentView(rte->relid))
		{
			if (state->open == NIL)
				elog(ERROR, "a model reads view %u of an environment", rte->relid);
			stand_for_model(query, rtindex, state);
		}
		else if (ModelViewsRead(rte->relid) != NIL)
			open_view(query, rte, state);
	}
	return query_tree_walker(query, open_walker, state, QTW_IGNORE_RT_SUBQUERIES);
}

/*
 * LookThroughViews
 *		See outside_view.h.
 */
void
LookThroughViews(AnalyzedModel *model, const Definition *definition,
				 const ParsedModel *parsed, QueryEnvironment *environment)
{
	OpenState	state = {0};

	if (parsed->views != NIL)
	{
		state.model = model;
		state.definition = definition;
		state.parsed = parsed;
		state.environment = environment;
		state.location = -1;
		(void) open_walker((Node *) model->query, &state);
	}
	if (definition->kind == KIND_VIEW || definition->kind == KIND_MATERIALIZED_VIEW)
		CheckBorrowedRights(model, definition);
}
