/*-------------------------------------------------------------------------
 *
 * node_access.c
 *	  May a model's owner read what its query reads, and run what that runs?
 *
 * It is asked wherever rows get to a model's owner: by a build, a refresh, the
 * reuse of a table that somebody else has built, and, of the others who have
 * a table, when one of them fills it anew (table_reader.c).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "rewrite/rewriteHandler.h"
#include "tcop/tcopprot.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "catalog.h"
#include "compat.h"
#include "consent.h"
#include "node_access.h"
#include "session.h"
#include "virtual_layer.h"
#include "withheld.h"

/*
 * find_view
 *		The relation that stands where the view of a model does; InvalidOid:
 *		none.
 */
static Oid
find_view(const ModelName *name, const char *environment)
{
	Oid			namespace = get_namespace_oid(ViewSchema(name, environment), true);

	return OidIsValid(namespace) ? get_relname_relid(name->name, namespace) : InvalidOid;
}

/*
 * find_shown
 *		The environment whose view of a model counts, and the view, which may
 *		not be there.
 *
 * Views are made after what they show, so there is none yet when the first
 * models of an environment are built.  Who can read the same version in the
 * environment that it was made from may read it here, too.
 */
static const char *
find_shown(const Graph *graph, const GraphNode *node, Oid *view)
{
	char	   *base;

	*view = find_view(&node->name, graph->environment->name);
	if (OidIsValid(*view) ||
		CatalogRead("SELECT b.name FROM vde.environment b "
					"JOIN vde.pointer p ON p.environment_id = b.id "
					"JOIN vde.snapshot s ON s.id = p.snapshot_id "
					"WHERE CASE $1 WHEN 0 THEN b.name = '" PROD_ENVIRONMENT "' ELSE b.id = $1 END "
					"AND b.id <> $2 AND s.model_id = $3 AND s.version_id = $4", "llll",
					graph->environment->base_id, graph->environment->id,
					node->model_id, node->version.id) == 0)
		return graph->environment->name;
	base = CatalogText(0, 1);
	*view = find_view(&node->name, base);
	return OidIsValid(*view) ? base : graph->environment->name;
}

/*
 * MayReadView
 *		See node_access.h.
 *
 * Only a view of the model's owner says so: whoever owns the schema can drop
 * the view and put a relation of their own in its place.  What the role may as
 * that view's owner does not count where the view is to get another one: it
 * would run code of the next owner without ever having been granted anything.
 */
bool
MayReadView(Graph *graph, GraphNode *node, Oid role)
{
	const char *environment;
	Oid			view;
	HeapTuple	tuple;
	bool		ours = false;

	environment = find_shown(graph, node, &view);
	if (!OidIsValid(view) || !KindHasRelation(node->definition->kind))
		return false;

	/* who deploys here need not ask for USAGE on a schema of another environment */
	if (environment != graph->environment->name &&
		NamespaceAclcheck(get_rel_namespace(view), role, ACL_USAGE) != ACLCHECK_OK)
		return false;
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(view));
	if (HeapTupleIsValid(tuple))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

		ours = form->relkind == RELKIND_VIEW &&
			(form->relowner == node->definition->owner ||
			 (node->current_definition != NULL && form->relowner == node->current_definition->owner));
		if (form->relowner != node->definition->owner && has_privs_of_role(role, form->relowner))
			role = ACL_ID_PUBLIC;
		ReleaseSysCache(tuple);
	}
	return ours && pg_class_aclcheck(view, role, ACL_SELECT) == ACLCHECK_OK;
}

/*
 * has_consent
 *		May a model be run as its owner over a parent of another role?
 *
 * The parent's owner decides what code its query or its types run, and it
 * runs as the reader's owner.  So that role must want it: the caller has its
 * rights, or the same two roles stand behind these two models in some
 * environment already (where one got there by this rule, or as a copy).  Else
 * whoever may deploy to an environment could run code as anybody who ever
 * registered a model, by slipping a parent under it.
 */
static bool
has_consent(Graph *graph, const Definition *reader, const Definition *parent)
{
	return has_privs_of_role(parent->owner, reader->owner) ||
		has_privs_of_role(graph->caller, reader->owner) ||
		HaveAgreed(reader, parent);
}

/*
 * check_replaced
 *		Refuses that something outside stands in for a model that a definition
 *		was written over, unless the reader's owner wants it.
 *
 * Anybody can make an environment in which a model is gone, and perhaps an
 * object of that name, with code of theirs in it.  A definition that has been
 * deployed without the model once may be again.
 */
static void
check_replaced(Graph *graph, GraphNode *node, const Definition *reader)
{
	List	   *ids = NIL;
	List	   *names = NIL;
	ListCell   *cell;
	uint64		rows;
	uint64		row;

	if (is_member_of_role_nosuper(graph->caller, reader->owner))
		return;
	foreach(cell, GraphParents(graph, node))
		ids = lappend(ids, CopyId(((GraphNode *) lfirst(cell))->model_id));
	rows = CatalogRead("SELECT m.schema_name, m.model_name FROM vde.snapshot s "
					   "JOIN vde.snapshot_parent sp ON sp.snapshot_id = s.id "
					   "JOIN vde.model m ON m.id = sp.parent_model_id "
					   "WHERE s.definition_id = $1 AND sp.parent_model_id <> ALL ($2) "
					   "GROUP BY m.id, m.schema_name, m.model_name "
					   "HAVING count(*) = (SELECT count(*) FROM vde.snapshot WHERE definition_id = $1) ORDER BY 1, 2", "lI",
					   node->definition->id, ids);
	for (row = 0; row < rows; row++)
		names = lappend(names, list_make2(CatalogText(row, 1), CatalogText(row, 2)));
	foreach(cell, names)
	{
		List	   *name = (List *) lfirst(cell);
		GraphNode  *parent = GraphFind(graph, linitial(name), lsecond(name));

		/* else it was read through something outside, which changed */
		if (GraphNodeLives(parent) && parent->definition->kind != KIND_EXTERNAL)
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to run model \"%s\" as role \"%s\"",
						QuoteModelName(&reader->name), GetUserNameFromId(reader->owner, true)),
				 errdetail("Environment \"%s\" has no model \"%s\", and it would read something else of that name.",
						   graph->environment->name, QuoteModelName(&parent->name)),
				 errhint("Have a member of \"%s\" apply this first, or remove model \"%s\", too.",
						 GetUserNameFromId(reader->owner, true), QuoteModelName(&reader->name))));
	}
}

/*
 * check_withheld
 *		Refuses a parent whose table its own owner may not read any more.
 *
 * The table is read with the rights of the role that owns it, so nothing else
 * would.  A parent that moves has its table from this plan, which has checked
 * it, or will.
 */
static void
check_withheld(const GraphNode *parent, const Definition *reader)
{
	if (!KindHasRelation(parent->definition->kind) || parent->version.id == 0 ||
		GraphNodeMoves(parent) || !IsWithheld(parent->version.id, parent->definition->owner))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied for model \"%s\"", QuoteModelName(&parent->name)),
			 errdetail("Model \"%s\" reads it, and its owner \"%s\" may not read its table any more, which somebody else has filled.",
					   QuoteModelName(&reader->name), GetUserNameFromId(parent->definition->owner, true)),
			 errhint("Give \"%s\" the rights that the query of model \"%s\" needs, and apply again.",
					 GetUserNameFromId(parent->definition->owner, true), QuoteModelName(&parent->name))));
}

/*
 * CheckParents
 *		See node_access.h.  A model's owner needs SELECT on the view of each parent,
 *		and must have agreed to read it; the physical table is read with that
 *		checked.
 *
 * Who has the rights of the parent's owner needs no grant.  What an embedded
 * parent reads is read by the same role, so its parents are looked at, too:
 * also those of one that nothing affects, which are in the catalog alone.
 */
void
CheckParents(Graph *graph, GraphNode *node, const Definition *reader)
{
	ListCell   *cell;
	const char *environment;
	Oid			view;

	check_stack_depth();
	check_replaced(graph, node, reader);
	foreach(cell, GraphParents(graph, node))
	{
		GraphNode  *parent = (GraphNode *) lfirst(cell);

		if (!GraphNodeLives(parent))
			continue;
		if (parent->definition->kind == KIND_EMBEDDED)
			CheckParents(graph, parent, reader);
		check_withheld(parent, reader);
		if (parent->definition->owner == reader->owner)
			continue;
		if (!has_consent(graph, reader, parent->definition))
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("permission denied to run model \"%s\" as role \"%s\"",
							QuoteModelName(&reader->name), GetUserNameFromId(reader->owner, true)),
					 errdetail("It would read model \"%s\" of role \"%s\" for the first time, which can run code with the rights of \"%s\".",
							   QuoteModelName(&parent->name), GetUserNameFromId(parent->definition->owner, true),
							   GetUserNameFromId(reader->owner, true)),
					 errhint("Have a member of \"%s\" apply this first, or register model \"%s\" as your own.",
							 GetUserNameFromId(reader->owner, true), QuoteModelName(&reader->name))));
		if (has_privs_of_role(reader->owner, parent->definition->owner) ||
			MayReadView(graph, parent, reader->owner))
			continue;
		environment = find_shown(graph, parent, &view);
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for model \"%s\"", QuoteModelName(&parent->name)),
				 errdetail("Model \"%s\" reads it as role \"%s\".", QuoteModelName(&reader->name),
						   GetUserNameFromId(reader->owner, true)),
				 errhint(!OidIsValid(view) ? "Apply without the reader first, and then have its owner grant SELECT on %s.%s to that role." :
						 environment == graph->environment->name ? "Have its owner grant SELECT on %s.%s to that role." :
						 "Have SELECT on %s.%s, and USAGE on its schema, granted to that role.",
						 quote_identifier(ViewSchema(&parent->name, environment)),
						 quote_identifier(parent->name.name))));
	}
}

/*
 * reads_new_owner
 *		Does a node read a model that is to belong to another role than now?
 */
static bool
reads_new_owner(Graph *graph, const GraphNode *node)
{
	ListCell   *cell;

	check_stack_depth();
	foreach(cell, GraphParents(graph, node))
	{
		GraphNode  *parent = (GraphNode *) lfirst(cell);

		if (!GraphNodeLives(parent))
			continue;
		if (parent->current_definition != NULL &&
			parent->current_definition->owner != parent->definition->owner)
			return true;
		if (parent->definition->kind == KIND_EMBEDDED && reads_new_owner(graph, parent))
			return true;
	}
	return false;
}

/*
 * CheckNewOwners
 *		See node_access.h.  Where two roles stand behind reader and parent once, they
 *		count as having agreed (has_consent).
 */
void
CheckNewOwners(Graph *graph)
{
	ListCell   *cell;

	foreach(cell, graph->affected)
	{
		GraphNode  *node = (GraphNode *) lfirst(cell);

		CHECK_FOR_INTERRUPTS();
		if (GraphNodeLives(node) && KindHasRelation(node->definition->kind) &&
			node->definition->kind != KIND_SEED && reads_new_owner(graph, node))
			CheckParents(graph, node, node->definition);
	}
}

/*
 * CheckNodeAccess
 *		See node_access.h.  Starts the executor as EXPLAIN would, which checks every
 *		table and function, and runs nothing.
 */
void
CheckNodeAccess(Graph *graph, GraphNode *node)
{
	MemoryContext scratch;
	MemoryContext old;
	Query	   *query;
	RunAs		run_as;

	/* nothing runs as yet, but from then on it counts as deployed like that */
	if (node->definition->kind == KIND_EMBEDDED)
		check_replaced(graph, node, node->definition);
	if (!KindHasRelation(node->definition->kind) || node->definition->kind == KIND_SEED)
		return;
	CheckParents(graph, node, node->definition);

	scratch = AllocSetContextCreate(CurrentMemoryContext, "vde access", ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(scratch);
	query = BindNode(graph, node);
	AcquireRewriteLocks(query, true, false);
	RunAsBegin(&run_as, node->definition->owner, node->definition->settings, true);
	PushActiveSnapshot(GetTransactionSnapshot());
	{
		List	   *rewritten = QueryRewrite(query);
		PlannedStmt *planned = VdePlanQuery(linitial_node(Query, rewritten),
											node->definition->query, CURSOR_OPT_PARALLEL_OK);
		QueryDesc  *desc = CreateQueryDesc(planned, node->definition->query,
										   GetActiveSnapshot(), InvalidSnapshot,
										   None_Receiver, NULL, NULL, 0);

		ExecutorStart(desc, EXEC_FLAG_EXPLAIN_ONLY);
		ExecutorEnd(desc);
		FreeQueryDesc(desc);
	}
	PopActiveSnapshot();
	RunAsEnd(&run_as);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
}
