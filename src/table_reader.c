/*-------------------------------------------------------------------------
 *
 * table_reader.c
 *	  Who may go on reading a table that somebody else fills.
 *
 * Roles that register the same query share its table, if each could have built
 * it.  Whose rights are taken later keeps the rows that are there, but must not
 * get to see new ones because somebody else, who still may, fills the table
 * anew.  So whenever it is filled, everybody else who has it is asked for what
 * the reuse of a table asks for.  Who does not pass loses SELECT on the
 * table (withheld.c): the views say so with an error, and never show anything
 * else than they should.
 *
 * Invariants
 *
 * - It is asked after the query has read its sources: who has lost a right
 *	 before that does not pass.
 *
 * - A role passes if it owns the model in an environment that has this version,
 *	 and could build it there; or if it may read the view of an environment that
 *	 shows this table for a role that passes, and so sees the same rows anyhow.
 *
 * - An error that says nothing about rights (a cancel, a deadlock, no memory)
 *	 stops the caller; any other one means no.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

#include "catalog.h"
#include "node_access.h"
#include "physical.h"
#include "subtransaction.h"
#include "table_reader.h"
#include "withheld.h"

/* One environment that has the version, and whose model it is there */
typedef struct Holder
{
	char	   *environment;
	Oid			owner;
	bool		looked;			/* the next two are known */
	Graph	   *graph;			/* of the environment */
	GraphNode  *node;			/* the model there; NULL: see held_node */
} Holder;

/* A role that is asked */
typedef struct Reader
{
	Oid			role;
	bool		withheld;		/* already */
	bool		passes;
	char	   *problem;		/* why it could not build it; NULL: not asked */
} Reader;

/* One table, and all that is asked of it */
typedef struct ReaderCheck
{
	int64		version_id;
	const char *relation_name;
	const ModelName *model;
	Oid			caller;
	List	   *holders;		/* Holder *, by environment */
	List	   *readers;		/* Reader * */
} ReaderCheck;

/*
 * find_reader
 *		The reader of a role, or NULL.
 */
static Reader *
find_reader(const ReaderCheck *check, Oid role)
{
	ListCell   *cell;

	foreach(cell, check->readers)
	{
		Reader	   *reader = (Reader *) lfirst(cell);

		if (reader->role == role)
			return reader;
	}
	return NULL;
}

/*
 * add_reader
 *		A role that is to be asked, unless it is gone.
 */
static Reader *
add_reader(ReaderCheck *check, Oid role)
{
	Reader	   *reader = find_reader(check, role);

	if (reader != NULL || !SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(role)))
		return reader;
	reader = palloc0(sizeof(Reader));
	reader->role = role;
	check->readers = lappend(check->readers, reader);
	return reader;
}

/*
 * load_holders
 *		The environments that have the version.
 */
static void
load_holders(ReaderCheck *check)
{
	uint64		rows = CatalogRead("SELECT DISTINCT e.name, d.owner::pg_catalog.oid "
								   "FROM vde.snapshot s JOIN vde.definition d ON d.id = s.definition_id "
								   "JOIN vde.pointer p ON p.snapshot_id = s.id "
								   "JOIN vde.environment e ON e.id = p.environment_id "
								   "WHERE s.version_id = $1 ORDER BY 1, 2", "l", check->version_id);
	uint64		row;

	for (row = 0; row < rows; row++)
	{
		Holder	   *holder = palloc0(sizeof(Holder));

		holder->environment = CatalogText(row, 1);
		holder->owner = CatalogOid(row, 2);
		check->holders = lappend(check->holders, holder);
	}
}

/*
 * held_node
 *		The model of one environment, in a graph of its own; NULL if it has
 *		another version by now, one of another owner, or none.
 */
static GraphNode *
held_node(const ReaderCheck *check, const Holder *holder, Graph **graph)
{
	Environment *environment = FindEnvironment(holder->environment, true);
	GraphNode  *node;

	if (environment == NULL)
		return NULL;
	*graph = MakeGraph(environment);
	(*graph)->caller = check->caller;
	node = GraphFind(*graph, check->model->schema, check->model->name);
	if (!GraphNodeLives(node) || node->version.id != check->version_id ||
		node->definition->owner != holder->owner)
		return NULL;
	node->was_kept = FindKept(LoadKept(environment->id), node->model_id);
	return node;
}

/*
 * could_build
 *		Could the owner of the model in an environment build the table?  If
 *		not, *problem says why.
 *
 * In a subtransaction, which ends with the locks on what the query reads.
 */
static bool
could_build(const ReaderCheck *check, const Holder *holder, char **problem)
{
	Subtransaction sub;
	ErrorData  *volatile error = NULL;
	volatile bool could = false;

	SubtransactionBegin(&sub);
	PG_TRY();
	{
		Graph	   *graph;
		GraphNode  *node = held_node(check, holder, &graph);

		if (node != NULL)
			CheckNodeAccess(graph, node);
		could = node != NULL;
		SubtransactionEnd(&sub, false);
	}
	PG_CATCH();
	{
		error = SubtransactionFailed(&sub);
	}
	PG_END_TRY();
	if (error == NULL)
		return could;
	if (IsErrorOfTheMoment(error))
		ReThrowError(error);
	*problem = error->message;
	return false;
}

/*
 * reads_view
 *		May the role read the view of an environment?
 */
static bool
reads_view(const ReaderCheck *check, Holder *holder, Oid role)
{
	if (!holder->looked)
		holder->node = held_node(check, holder, &holder->graph);
	holder->looked = true;
	return holder->node != NULL && MayReadView(holder->graph, holder->node, role);
}

/*
 * ask
 *		Finds out which readers pass.  Holders who are no readers do.
 */
static void
ask(ReaderCheck *check)
{
	bool		again = true;
	ListCell   *cell;
	ListCell   *holder_cell;

	foreach(cell, check->readers)
	{
		Reader	   *reader = (Reader *) lfirst(cell);

		foreach(holder_cell, check->holders)
		{
			Holder	   *holder = (Holder *) lfirst(holder_cell);

			CHECK_FOR_INTERRUPTS();
			if (holder->owner == reader->role && !reader->passes)
				reader->passes = could_build(check, holder, &reader->problem);
		}
	}
	/* who passes by another one's view may be that other one for a third */
	while (again)
	{
		again = false;
		foreach(cell, check->readers)
		{
			Reader	   *reader = (Reader *) lfirst(cell);

			foreach(holder_cell, check->holders)
			{
				Holder	   *holder = (Holder *) lfirst(holder_cell);
				Reader	   *other = find_reader(check, holder->owner);

				CHECK_FOR_INTERRUPTS();
				if (reader->passes || holder->owner == reader->role ||
					(other != NULL && !other->passes))
					continue;
				if (has_privs_of_role(reader->role, holder->owner) ||
					reads_view(check, holder, reader->role))
					reader->passes = again = true;
			}
		}
	}
}

/*
 * environments_of
 *		Where the role's model has the version, for people; NULL: nowhere.
 */
static char *
environments_of(const ReaderCheck *check, Oid role)
{
	StringInfoData names;
	ListCell   *cell;

	initStringInfo(&names);
	foreach(cell, check->holders)
	{
		Holder	   *holder = (Holder *) lfirst(cell);

		if (holder->owner == role)
			appendStringInfo(&names, "%s\"%s\"", names.len > 0 ? ", " : "", holder->environment);
	}
	return names.len > 0 ? names.data : NULL;
}

/*
 * warn
 *		Says that a table is withheld.  Not why, to who could not see an error
 *		of the role's own query otherwise.
 */
static void
warn(const ReaderCheck *check, const Reader *reader)
{
	char	   *environments = environments_of(check, reader->role);

	ereport(WARNING,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("role \"%s\" may not read the table of model \"%s\" any more",
					GetUserNameFromId(reader->role, false), QuoteModelName(check->model)),
			 reader->problem != NULL && has_privs_of_role(check->caller, reader->role) ?
			 errdetail("It could not fill it itself: %s.", reader->problem) :
			 errdetail("It was filled by somebody else, and this role could not fill it itself."),
			 environments != NULL ?
			 errhint("Its views in environment %s fail until it may read what the query reads, and vde_apply() or vde_run() was called there.",
					 environments) :
			 errhint("Its models that read this one fail until it may read that, and are built again.")));
}

/*
 * is_used
 *		Has a role models in some environment that show the table or read it?
 */
static bool
is_used(const ReaderCheck *check, Oid role)
{
	return CatalogRead("SELECT FROM vde.snapshot s "
					   "JOIN vde.pointer p ON p.snapshot_id = s.id "
					   "JOIN vde.pointer rp ON rp.environment_id = p.environment_id "
					   "JOIN vde.snapshot_parent sp ON sp.snapshot_id = rp.snapshot_id AND sp.parent_model_id = s.model_id "
					   "JOIN vde.snapshot r ON r.id = rp.snapshot_id "
					   "JOIN vde.definition d ON d.id = r.definition_id "
					   "WHERE s.version_id = $1 AND d.owner::pg_catalog.oid = $2::pg_catalog.oid LIMIT 1", "lr",
					   check->version_id, role) > 0 ||
		environments_of(check, role) != NULL;
}

/*
 * give_back
 *		The role may read the table again.
 */
static void
give_back(const ReaderCheck *check, Oid role)
{
	Oid			relid = PhysicalRelation(check->relation_name);

	ForgetWithheld(check->version_id, role);
	if (!OidIsValid(relid))
		return;
	GrantPhysical(relid, role);
	ereport(NOTICE,
			(errmsg("role \"%s\" may read the table of model \"%s\" again",
					GetUserNameFromId(role, false), QuoteModelName(check->model))));
}

/*
 * CheckTableReaders
 *		See table_reader.h.
 *
 * Asked are all who ever had the version, since a rollback brings it back; who
 * owns views that read the table; and from whom it is withheld.  A role that
 * has the rights of the one that could fill it can, too.
 */
void
CheckTableReaders(Graph *graph, const GraphNode *node, const Version *version)
{
	Oid			builder = node->definition->owner;
	Oid			relid = PhysicalRelation(version->relation_name);
	ReaderCheck check = {0};
	List	   *granted = PhysicalReaders(relid);
	List	   *owners = NIL;
	List	   *withheld = NIL;
	uint64		rows;
	uint64		row;
	ListCell   *cell;

	check.version_id = version->id;
	check.relation_name = version->relation_name;
	check.model = &node->name;
	check.caller = graph->caller;
	rows = CatalogRead("SELECT d.owner::pg_catalog.oid, false "
					   "FROM vde.snapshot s JOIN vde.definition d ON d.id = s.definition_id "
					   "WHERE s.version_id = $1 AND d.owner::pg_catalog.oid <> $2::pg_catalog.oid "
					   "UNION SELECT owner::pg_catalog.oid, true FROM vde.withheld WHERE version_id = $1", "lr",
					   version->id, builder);
	for (row = 0; row < rows; row++)
	{
		if (CatalogBool(row, 2))
			withheld = lappend_oid(withheld, CatalogOid(row, 1));
		else
			owners = lappend_oid(owners, CatalogOid(row, 1));
	}
	if (list_member_oid(withheld, builder))
		give_back(&check, builder);

	foreach(cell, list_concat_unique_oid(list_concat_unique_oid(owners, granted), withheld))
	{
		Reader	   *reader;

		if (lfirst_oid(cell) == builder ||
			(has_privs_of_role(lfirst_oid(cell), builder) && !list_member_oid(withheld, lfirst_oid(cell))))
			continue;
		reader = add_reader(&check, lfirst_oid(cell));
		if (reader != NULL)
			reader->withheld = list_member_oid(withheld, reader->role);
	}
	if (check.readers == NIL)
		return;

	load_holders(&check);
	ask(&check);
	foreach(cell, check.readers)
	{
		Reader	   *reader = (Reader *) lfirst(cell);

		if (reader->passes && reader->withheld)
			give_back(&check, reader->role);
		else if (!reader->passes)
		{
			if (!reader->withheld && is_used(&check, reader->role))
				warn(&check, reader);
			/* also where it was before: somebody may have granted it by hand */
			Withhold(version->id, version->relation_name, reader->role);
		}
	}
}

/*
 * RegainTables
 *		See table_reader.h.
 */
void
RegainTables(const Environment *environment, Oid caller)
{
	List	   *checks = NIL;
	ListCell   *cell;
	uint64		rows;
	uint64		row;

	/* spares the planner, which knows nothing of an empty table */
	if (LoadWithheld() == NIL)
		return;
	rows = CatalogRead("SELECT w.version_id, v.relation_name, m.schema_name, m.model_name, w.owner::pg_catalog.oid "
					   "FROM vde.withheld w JOIN vde.version v ON v.id = w.version_id JOIN vde.model m ON m.id = v.model_id "
					   "WHERE EXISTS (SELECT FROM vde.snapshot s JOIN vde.pointer p ON p.snapshot_id = s.id "
					   "  WHERE s.version_id = w.version_id AND p.environment_id = $1) ORDER BY 3, 4, 1, 5", "l",
					   environment->id);
	for (row = 0; row < rows; row++)
	{
		ReaderCheck *check = checks == NIL ? NULL : (ReaderCheck *) llast(checks);

		if (check == NULL || check->version_id != CatalogInt64(row, 1))
		{
			ModelName  *name = palloc(sizeof(ModelName));

			name->schema = CatalogText(row, 3);
			name->name = CatalogText(row, 4);
			check = palloc0(sizeof(ReaderCheck));
			check->version_id = CatalogInt64(row, 1);
			check->relation_name = CatalogText(row, 2);
			check->model = name;
			check->caller = caller;
			checks = lappend(checks, check);
		}
		(void) add_reader(check, CatalogOid(row, 5));
	}
	foreach(cell, checks)
	{
		ReaderCheck *check = (ReaderCheck *) lfirst(cell);
		ListCell   *reader_cell;
		ListCell   *holder_cell;

		load_holders(check);
		ask(check);
		foreach(reader_cell, check->readers)
		{
			Reader	   *reader = (Reader *) lfirst(reader_cell);

			if (reader->passes)
			{
				give_back(check, reader->role);
				continue;
			}
			foreach(holder_cell, check->holders)
			{
				Holder	   *holder = (Holder *) lfirst(holder_cell);

				if (holder->owner == reader->role && strcmp(holder->environment, environment->name) == 0)
					warn(check, reader);
			}
		}
	}
}
