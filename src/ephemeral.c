/*-------------------------------------------------------------------------
 *
 * ephemeral.c
 *	  The ephemeral named relations that stand for a model's parents during
 *	  analysis: their names, their columns, and references to them.
 *
 * Invariants
 *
 * - Every parent has two of them with the same columns.  One stands for
 *	 references that have an alias in the user's text, one for those that have
 *	 none: only the latter can be meant by schema.table.column.
 *
 * - No relation and no WITH item of a model's query has such a name; see
 *	 references.c.
 *
 * - schema.table.column is resolved while the analyzer runs, with what is
 *	 visible there in its hands.  To rewrite it to table.column beforehand
 *	 would be wrong: an alias in a query between could capture it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "access/tupdesc.h"
#include "catalog/heap.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_relation.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/queryenvironment.h"

#include "compat.h"
#include "ephemeral.h"

#define EPHEMERAL_PREFIX	"vde parent "
#define EPHEMERAL_BARE		" bare"

/*
 * EphemeralName
 *		Name of the ephemeral relation for the n-th reference, from 0.
 */
char *
EphemeralName(int n)
{
	return psprintf(EPHEMERAL_PREFIX "%d", n);
}

/*
 * EphemeralBareName
 *		The same for a reference that has no alias in the user's text.
 */
char *
EphemeralBareName(int n)
{
	return psprintf(EPHEMERAL_PREFIX "%d" EPHEMERAL_BARE, n);
}

/*
 * EphemeralIndex
 *		Which reference is meant by the name; -1 when it is not one of ours.
 */
int
EphemeralIndex(const char *enrname)
{
	const int	prefix = strlen(EPHEMERAL_PREFIX);
	const char *digits;
	char	   *end;
	long		n;

	if (enrname == NULL || strncmp(enrname, EPHEMERAL_PREFIX, prefix) != 0)
		return -1;
	digits = enrname + prefix;
	if (*digits < '0' || *digits > '9')
		return -1;
	n = strtol(digits, &end, 10);
	if (n > INT_MAX ||
		(*end != '\0' && strcmp(end, EPHEMERAL_BARE) != 0))
		return -1;
	return (int) n;
}

/*
 * EphemeralIsBare
 *		Does one of our names stand for a reference without an alias?
 */
bool
EphemeralIsBare(const char *enrname)
{
	int			extra = strlen(enrname) - strlen(EPHEMERAL_BARE);

	return extra > 0 && strcmp(enrname + extra, EPHEMERAL_BARE) == 0;
}

/*
 * UniqueAlias
 *		An alias that tells shop.orders from raw.orders in one FROM list.
 */
char *
UniqueAlias(const char *schema, const char *name)
{
	return psprintf("%s.%s", schema, name);
}

/*
 * entry_matches
 *		May schema.name.column mean this range table entry?
 *
 * By the rule of SQL only an entry without an alias may be meant, and one
 * that was given an alias by separate_names() counts as such.
 */
static bool
entry_matches(const RangeTblEntry *rte, const char *schema, const char *name,
			  const List *references)
{
	const char *relname;
	const char *nspname;

	if (rte->rtekind == RTE_NAMEDTUPLESTORE)
	{
		ModelReference *reference;

		if (!EphemeralIsBare(rte->enrname))
			return false;
		reference = list_nth(references,
							 EphemeralIndex(rte->enrname));
		return strcmp(reference->name.schema, schema) == 0 &&
			strcmp(reference->name.name, name) == 0;
	}
	if (rte->rtekind != RTE_RELATION)
		return false;
	if (rte->alias != NULL &&
		strcmp(rte->alias->aliasname, UniqueAlias(schema, name)) != 0)
		return false;
	relname = get_rel_name(rte->relid);
	nspname = get_namespace_name(get_rel_namespace(rte->relid));
	return relname != NULL && strcmp(relname, name) == 0 &&
		nspname != NULL && strcmp(nspname, schema) == 0;
}

/*
 * find_entry
 *		The namespace item that schema.name means where it stands, or NULL.
 *
 * Follows scanNameSpaceForRelid() of the server: innermost query first.
 */
static ParseNamespaceItem *
find_entry(ParseState *pstate, const char *schema, const char *name,
		   int location, int *levels_up)
{
	const List *references = pstate->p_ref_hook_state;
	ParseState *level;

	*levels_up = 0;
	for (level = pstate; level != NULL; level = level->parentParseState)
	{
		ParseNamespaceItem *found = NULL;
		ListCell   *lc;

		foreach(lc, level->p_namespace)
		{
			ParseNamespaceItem *item = lfirst(lc);

			if (!item->p_rel_visible ||
				(item->p_lateral_only && !level->p_lateral_active) ||
				!entry_matches(item->p_rte, schema, name, references))
				continue;
			if (found != NULL)
				ereport(ERROR,
						(errcode(ERRCODE_AMBIGUOUS_ALIAS),
						 errmsg("table reference \"%s\" is ambiguous",
								quote_qualified_identifier(schema, name)),
						 parser_errposition(pstate, location)));
			if (item->p_lateral_only && !item->p_lateral_ok)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
						 errmsg("invalid reference to FROM-clause entry for table \"%s\"",
								name),
						 errdetail("The combining JOIN type must be INNER or LEFT for a LATERAL reference."),
						 parser_errposition(pstate, location)));
			found = item;
		}
		if (found != NULL)
			return found;
		(*levels_up)++;
	}
	return NULL;
}

/*
 * refuse_system_column
 *		Error if the name, which is no column of a model, is a system column.
 */
static void
refuse_system_column(ParseState *pstate, const char *name, int location)
{
	if (SystemAttributeByName(name) == NULL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("column \"%s\" does not exist", name),
			 errdetail("It is a system column, and models have none: their rows move from table to table."),
			 errhint("Use a column of the model that identifies its rows."),
			 parser_errposition(pstate, location)));
}

/*
 * qualified_column
 *		Hook for column references, before the parser looks: resolves
 *		schema.table.column and schema.table.* for models.
 *
 * The parser compares OIDs for these, and an ephemeral relation has none.
 * NULL leaves the reference to the parser.
 */
static Node *
qualified_column(ParseState *pstate, ColumnRef *cref)
{
	const List *references = pstate->p_ref_hook_state;
	int			fields = list_length(cref->fields);
	ParseNamespaceItem *item;
	const char *schema;
	const char *name;
	Node	   *column;
	Node	   *result;
	int			levels_up;
	ListCell   *lc;

	if (fields < 3 || fields > 4)
		return NULL;
	if (fields == 4)
	{
		const char *database = get_database_name(MyDatabaseId);

		if (database == NULL ||
			strcmp(strVal(linitial(cref->fields)), database) != 0)
			return NULL;
	}
	schema = strVal(list_nth(cref->fields, fields - 3));
	name = strVal(list_nth(cref->fields, fields - 2));
	column = llast(cref->fields);

	item = find_entry(pstate, schema, name, cref->location, &levels_up);
	if (item == NULL)
	{
		foreach(lc, references)
		{
			ModelReference *reference = lfirst(lc);

			/* the parser would look for a table, and might find a view */
			if (strcmp(reference->name.schema, schema) == 0 &&
				strcmp(reference->name.name, name) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_UNDEFINED_TABLE),
						 errmsg("invalid reference to FROM-clause entry for table \"%s\"",
								name),
						 errhint("Where the model has an alias, put that before the column. Where it is not in the FROM clause, add it."),
						 parser_errposition(pstate, cref->location)));
		}
		return NULL;
	}
	if (item->p_rte->rtekind == RTE_RELATION && item->p_rte->alias == NULL)
		return NULL;

	if (IsA(column, A_Star))
	{
		Var		   *row = makeWholeRowVar(item->p_rte, item->p_rtindex,
										  levels_up, true);

		row->location = cref->location;
		MarkNullable(pstate, row);
		markVarForSelectPriv(pstate, row);
		return (Node *) row;
	}

	result = scanNSItemForColumn(pstate, item, levels_up, strVal(column),
								 cref->location);
	if (result == NULL)
	{
		refuse_system_column(pstate, strVal(column), cref->location);
		errorMissingColumn(pstate, name, strVal(column), cref->location);
	}
	return result;
}

/*
 * unknown_column
 *		Hook for column references, after the parser looked: says why a
 *		system column of a model is not there.
 */
static Node *
unknown_column(ParseState *pstate, ColumnRef *cref, Node *found)
{
	const List *references = pstate->p_ref_hook_state;
	Node	   *column = llast(cref->fields);

	if (found == NULL && IsA(column, String) && references != NIL)
		refuse_system_column(pstate, strVal(column), cref->location);
	return NULL;
}

/*
 * add_ephemeral
 *		Makes a relation of that name known to the analyzer.
 */
static void
add_ephemeral(QueryEnvironment *environment, char *name, TupleDesc tupdesc)
{
	EphemeralNamedRelation relation = palloc0(sizeof(EphemeralNamedRelationData));

	relation->md.name = name;
	relation->md.reliddesc = InvalidOid;
	relation->md.tupdesc = tupdesc;
	relation->md.enrtype = ENR_NAMED_TUPLESTORE;
	register_ENR(environment, relation);
}

/*
 * parents_environment
 *		The parents as ephemeral relations, each under both of its names.
 */
static QueryEnvironment *
parents_environment(List *parents)
{
	QueryEnvironment *environment = create_queryEnv();
	int			n = 0;
	ListCell   *lc;

	foreach(lc, parents)
	{
		ParentModel *parent = lfirst(lc);
		TupleDesc	tupdesc = CreateTemplateTupleDesc(list_length(parent->columns));
		AttrNumber	attnum = 1;
		ListCell   *lcol;

		CHECK_FOR_INTERRUPTS();
		foreach(lcol, parent->columns)
		{
			ModelColumn *column = lfirst(lcol);
			Oid			typid;
			int32		typmod;
			Oid			collid;

			ResolveModelColumn(column, &typid, &typmod, &collid);
			TupleDescInitEntry(tupdesc, attnum, column->name, typid, typmod, 0);
			TupleDescInitEntryCollation(tupdesc, attnum, collid);
			attnum++;
		}
		TupleDescFinalize(tupdesc);
		add_ephemeral(environment, EphemeralName(n), tupdesc);
		add_ephemeral(environment, EphemeralBareName(n), tupdesc);
		n++;
	}
	return environment;
}

/*
 * SetupEphemerals
 *		Makes the parents known to a parse state, and how to refer to them.
 *
 * references and parents go together: ModelReference *, ParentModel *.
 * Resolves types by name, so the model owner's identity must be in force.
 */
void
SetupEphemerals(ParseState *pstate, List *references, List *parents)
{
	pstate->p_queryEnv = parents_environment(parents);
	pstate->p_pre_columnref_hook = qualified_column;
	pstate->p_post_columnref_hook = unknown_column;
	pstate->p_ref_hook_state = references;
}
