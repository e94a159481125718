/*-------------------------------------------------------------------------
 *
 * outside_view_rights.c
 *	  Who may read the views outside of vde that were opened (see
 *	  outside_view.c), and with whose rights what is in them is read.
 *
 * Opening a view takes its entry out of the range table, and with it the check
 * that the executor makes.  So it is made here, for the same role and the same
 * columns, at each build.  What the view reads keeps the role that PostgreSQL's
 * rule gave it; a query that is to be stored as a view cannot, so there it is
 * refused.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_relation.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "outside_view.h"

/*
 * quoted_relation
 *		A relation's name for a message.
 */
static char *
quoted_relation(Oid relid)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
									  get_rel_name(relid));
}

/* What a stored view would read with rights that it does not have */
typedef struct BorrowedSearch
{
	Oid			owner;			/* of the stored view */
	Oid			view;			/* the view that was opened; InvalidOid: none */
	Oid			role;			/* result: whose rights */
	Oid			relid;			/* and for what */
} BorrowedSearch;

/*
 * borrowed_walker
 *		Finds the first relation that is read as another role.
 */
static bool
borrowed_walker(Node *node, BorrowedSearch *search)
{
	Query	   *query;
	ListCell   *lc;

	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, borrowed_walker, search);

	query = (Query *) node;
	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind == RTE_RELATION && OidIsValid(RteCheckAs(query, rte)) &&
			RteCheckAs(query, rte) != search->owner)
		{
			search->role = RteCheckAs(query, rte);
			search->relid = rte->relid;
			return true;
		}
		if (rte->rtekind == RTE_SUBQUERY)
		{
			Oid			outer = search->view;

			if (OidIsValid(rte->relid))
				search->view = rte->relid;
			if (borrowed_walker((Node *) rte->subquery, search))
				return true;
			search->view = outer;
		}
	}
	return query_tree_walker(query, borrowed_walker, search, QTW_IGNORE_RT_SUBQUERIES);
}

/*
 * CheckBorrowedRights
 *		Refuses a stored view over what is read with the rights of another
 *		view's owner: PostgreSQL gives all that a stored query reads to the
 *		stored view's owner.
 */
void
CheckBorrowedRights(const AnalyzedModel *model, const Definition *definition)
{
	BorrowedSearch search = {0};
	ListCell   *lc;

	check_stack_depth();
	search.owner = definition->owner;
	if (borrowed_walker((Node *) model->query, &search))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("model \"%s\" of kind \"%s\" cannot read view \"%s\"",
						QuoteModelName(&definition->name), KindName(definition->kind),
						quoted_relation(search.view)),
				 errdetail("The view reads \"%s\" with the rights of \"%s\", and models by their views; as part of a stored view it would be read with those of \"%s\".",
						   quoted_relation(search.relid), GetUserNameFromId(search.role, true),
						   GetUserNameFromId(definition->owner, true)),
				 errhint("Register the model with the kind \"full\", or give the view and the model the same owner.")));
	foreach(lc, model->parents)
	{
		ParentModel *parent = (ParentModel *) lfirst(lc);

		if (parent->embedded != NULL && parent->kind == KIND_EMBEDDED)
			CheckBorrowedRights(parent->embedded, definition);
	}
}

/*
 * CheckLookedThrough
 *		See analysis.h.  What the executor would have checked, had the views
 *		been left in place; an embedded parent's query runs with the same
 *		rights.
 */
void
CheckLookedThrough(const AnalyzedModel *model, Oid owner)
{
	ListCell   *lc;

	check_stack_depth();
	foreach(lc, model->views)
	{
		LookedThrough *view = (LookedThrough *) lfirst(lc);
		Oid			role = OidIsValid(view->role) ? view->role : owner;
		AclResult	result = pg_class_aclcheck(view->relid, role, ACL_SELECT);
		int			member = -1;

		if (result == ACLCHECK_OK)
			continue;
		if (bms_is_empty(view->columns))
			result = pg_attribute_aclcheck_all(view->relid, role, ACL_SELECT, ACLMASK_ANY);
		else
			result = ACLCHECK_OK;
		while (result == ACLCHECK_OK &&
			   (member = bms_next_member(view->columns, member)) >= 0)
		{
			AttrNumber	attnum = member + FirstLowInvalidHeapAttributeNumber;

			result = attnum == InvalidAttrNumber ?
				pg_attribute_aclcheck_all(view->relid, role, ACL_SELECT, ACLMASK_ALL) :
				pg_attribute_aclcheck(view->relid, attnum, role, ACL_SELECT);
		}
		if (result != ACLCHECK_OK)
			aclcheck_error(result, OBJECT_VIEW, get_rel_name(view->relid));
	}
	foreach(lc, model->parents)
	{
		ParentModel *parent = (ParentModel *) lfirst(lc);

		if (parent->kind == KIND_EMBEDDED && parent->embedded != NULL)
			CheckLookedThrough(parent->embedded, owner);
	}
}
