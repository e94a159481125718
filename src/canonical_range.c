/*-------------------------------------------------------------------------
 *
 * canonical_range.c
 *	  Canonical bytes of what stands in FROM, and of references to it.
 *
 * See canonical.c for how range table entries, levels and CTEs are told from
 * each other.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "funcapi.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"

#include "analysis.h"
#include "canonical.h"

/* ---------------------------------------------------------------------
 * Levels
 * ---------------------------------------------------------------------
 */

/*
 * The level that is levelsup above the one that Vars are relative to.
 */
static CanonicalLevel *
level_up(Canonical *c, Index levelsup)
{
	CanonicalLevel *level = c->level;

	while (levelsup-- > 0 && level != NULL)
		level = level->parent;
	if (level == NULL)
		elog(ERROR, "query level of a reference is out of range");
	return level;
}

/*
 * How far up a reference with that levelsup goes, from the query that is
 * being written.  Not levelsup itself: what stands for a column of a join is
 * written further down than the level that it is relative to.
 */
void
PutLevelsUp(Canonical *c, Index levelsup)
{
	PutInt(c->buf, c->depth - level_up(c, levelsup)->depth);
}

/*
 * Writes node as if it stood in the query of level.
 */
static void
put_at_level(Canonical *c, CanonicalLevel *level, Node *node)
{
	CanonicalLevel *saved = c->level;

	c->level = level;
	PutNode(c, node);
	c->level = saved;
}

/* ---------------------------------------------------------------------
 * Common table expressions
 * ---------------------------------------------------------------------
 */

/*
 * Names of a CTE's columns, as their numbers.
 */
static void
put_cte_columns(Canonical *c, CommonTableExpr *cte, List *names)
{
	ListCell   *lc;

	PutInt(c->buf, list_length(names));
	foreach(lc, names)
	{
		const char *name = strVal(lfirst(lc));
		int			number = 0;
		int			i = 0;
		ListCell   *lc2;

		foreach(lc2, cte->ctecolnames)
		{
			i++;
			if (strcmp(strVal(lfirst(lc2)), name) == 0)
			{
				number = i;
				break;
			}
		}
		if (number == 0)
			elog(ERROR, "column \"%s\" of WITH query \"%s\" not found",
				 name, cte->ctename);
		PutInt(c->buf, number);
	}
}

/*
 * The content of a CTE, without its name.
 */
static void
put_cte(Canonical *c, CommonTableExpr *cte)
{
	PutTag(c->buf, TAG_CTE);
	PutInt(c->buf, (int) cte->ctematerialized);
	PutBool(c->buf, cte->cterecursive);
	if (cte->cterecursive)
	{
		/* its own columns are what the first arm made them */
		PutTypes(c, cte->ctecoltypes);
		PutInts(c, cte->ctecoltypmods);
		PutCollations(c, cte->ctecolcollations);
	}
	if (!IsA(cte->ctequery, Query))
		elog(ERROR, "WITH query \"%s\" has not been analyzed", cte->ctename);
	PutQuery(c, (Query *) cte->ctequery);

	if (cte->search_clause)
	{
		PutTag(c->buf, TAG_CTE_SEARCH);
		PutBool(c->buf, cte->search_clause->search_breadth_first);
		put_cte_columns(c, cte, cte->search_clause->search_col_list);
	}
	if (cte->cycle_clause)
	{
		CTECycleClause *cycle = cte->cycle_clause;

		PutTag(c->buf, TAG_CTE_CYCLE);
		put_cte_columns(c, cte, cycle->cycle_col_list);
		PutNode(c, cycle->cycle_mark_value);
		PutNode(c, cycle->cycle_mark_default);
		PutTypeOf(c, cycle->cycle_mark_type, cycle->cycle_mark_typmod,
				  cycle->cycle_mark_collation);
		PutOperator(c, cycle->cycle_mark_neop);
	}
}

/*
 * A CTE in FROM.  Its content is written once, as if it stood in the query
 * that has the WITH, and every reference has the digest.
 */
static void
put_cte_reference(Canonical *c, RangeTblEntry *rte)
{
	CanonicalLevel *level = level_up(c, rte->ctelevelsup);
	CommonTableExpr *found = NULL;
	CanonicalCte *entry;
	int			index = 0;
	int			i;
	ListCell   *lc;

	foreach(lc, level->query->cteList)
	{
		CommonTableExpr *cte = (CommonTableExpr *) lfirst(lc);

		if (strcmp(cte->ctename, rte->ctename) == 0)
		{
			found = cte;
			break;
		}
		index++;
	}
	if (found == NULL)
		elog(ERROR, "WITH query \"%s\" not found", rte->ctename);
	entry = &level->ctes[index];

	if (entry->in_progress)
	{
		/* Only a recursive CTE can meet itself. */
		PutTag(c->buf, TAG_RANGE_CTE_ITSELF);
		PutLevelsUp(c, rte->ctelevelsup);
		return;
	}

	if (!entry->done)
	{
		StringInfoData bytes;
		Canonical	inner;

		initStringInfo(&bytes);
		InitCanonical(&inner, c->scope, &bytes, &entry->uses);
		inner.level = level;
		inner.depth = level->depth;

		entry->in_progress = true;
		put_cte(&inner, found);
		entry->in_progress = false;

		DigestBytes(bytes.data, bytes.len, &entry->digest);
		pfree(bytes.data);
		for (i = 0; i < list_length(level->query->cteList); i++)
		{
			if (level->ctes[i].done &&
				DigestEquals(&level->ctes[i].digest, &entry->digest))
				entry->ordinal++;
		}
		entry->done = true;
	}

	PutTag(c->buf, TAG_RANGE_CTE);
	PutLevelsUp(c, rte->ctelevelsup);
	PutDigest(c->buf, &entry->digest);
	PutInt(c->buf, entry->ordinal);
	MergeUses(c->uses, &entry->uses);
}

/* ---------------------------------------------------------------------
 * Range table
 * ---------------------------------------------------------------------
 */

/*
 * The parent model that an ephemeral relation stands for.
 */
static ParentModel *
parent_of(Canonical *c, RangeTblEntry *rte)
{
	int			n = rte->enrname ? EphemeralIndex(rte->enrname) : -1;

	if (n < 0 || n >= list_length(c->scope->parents))
		elog(ERROR, "ephemeral relation \"%s\" is not a model's",
			 rte->enrname ? rte->enrname : "");
	return (ParentModel *) list_nth(c->scope->parents, n);
}

/*
 * An external model is a declaration; what is read is the relation of that
 * name.  Notes it down, with the column attnum of the model unless that is
 * InvalidAttrNumber.
 */
static void
use_external(Canonical *c, ParentModel *parent, AttrNumber attnum)
{
	Oid			nspid = get_namespace_oid(parent->name.schema, true);
	Oid			relid = InvalidOid;

	if (OidIsValid(nspid))
		relid = get_relname_relid(parent->name.name, nspid);
	if (!OidIsValid(relid))
		return;					/* so the build will fail */

	if (attnum == InvalidAttrNumber)
		UseRelation(c, relid);
	else
	{
		ModelColumn *column = list_nth(parent->columns, attnum - 1);
		AttrNumber	real = get_attnum(relid, column->name);

		if (real != InvalidAttrNumber)
			UseColumn(c, relid, real);
	}
}

/*
 * An item of FROM that is not a join.
 */
void
PutRange(Canonical *c, RangeTblEntry *rte)
{
	ListCell   *lc;

	if (rte->securityQuals != NIL)
		elog(ERROR, "query has been rewritten already");

	switch (rte->rtekind)
	{
		case RTE_RELATION:
			PutTag(c->buf, TAG_RANGE_RELATION);
			PutRelation(c, rte->relid);
			PutBool(c->buf, rte->inh);
			if (rte->tablesample)
			{
				PutTag(c->buf, TAG_TABLE_SAMPLE);
				PutFunction(c, rte->tablesample->tsmhandler);
				PutNodes(c, rte->tablesample->args);
				PutNode(c, (Node *) rte->tablesample->repeatable);
			}
			break;
		case RTE_SUBQUERY:
			PutTag(c->buf, TAG_RANGE_SUBQUERY);
			PutQuery(c, rte->subquery);
			break;
		case RTE_FUNCTION:
			PutTag(c->buf, TAG_RANGE_FUNCTION);
			PutBool(c->buf, rte->funcordinality);
			PutInt(c->buf, list_length(rte->functions));
			foreach(lc, rte->functions)
			{
				RangeTblFunction *function = (RangeTblFunction *) lfirst(lc);

				PutNode(c, function->funcexpr);
				PutStrings(c, function->funccolnames);
				PutTypes(c, function->funccoltypes);
				PutInts(c, function->funccoltypmods);
				PutCollations(c, function->funccolcollations);
			}
			break;
		case RTE_TABLEFUNC:
			PutTag(c->buf, TAG_RANGE_TABLE_FUNCTION);
			PutTableFunction(c, rte->tablefunc);
			break;
		case RTE_VALUES:
			PutTag(c->buf, TAG_RANGE_VALUES);
			PutInt(c->buf, list_length(rte->values_lists));
			foreach(lc, rte->values_lists)
				PutNodes(c, (List *) lfirst(lc));
			PutTypes(c, rte->coltypes);
			PutInts(c, rte->coltypmods);
			PutCollations(c, rte->colcollations);
			break;
		case RTE_CTE:
			put_cte_reference(c, rte);
			break;
		case RTE_NAMEDTUPLESTORE:
			/* Once a column of a parent has a hash, this is its row hash. */
			PutTag(c->buf, TAG_RANGE_MODEL);
			PutDigest(c->buf, &parent_of(c, rte)->version);
			if (parent_of(c, rte)->kind == KIND_EXTERNAL)
				use_external(c, parent_of(c, rte), InvalidAttrNumber);
			break;
		case RTE_RESULT:
			PutTag(c->buf, TAG_RANGE_RESULT);
			break;
		default:
			RefuseQuery("this kind of item in FROM");
	}
}

/*
 * A column of a function in FROM: by the name that the function gives it, for
 * the aliases mean nothing and dropped columns of a row type take numbers.
 */
static void
put_function_column(Canonical *c, RangeTblEntry *rte, AttrNumber attnum)
{
	int			offset = attnum;
	int			index = 0;
	ListCell   *lc;

	foreach(lc, rte->functions)
	{
		RangeTblFunction *function = (RangeTblFunction *) lfirst(lc);

		if (offset <= function->funccolcount)
		{
			TupleDesc	tupdesc;

			PutInt(c->buf, index);
			if (function->funccolnames == NIL &&
				get_expr_result_type(function->funcexpr, NULL,
									 &tupdesc) != TYPEFUNC_SCALAR &&
				tupdesc != NULL && offset <= tupdesc->natts)
				PutString(c->buf,
						  NameStr(TupleDescAttr(tupdesc, offset - 1)->attname));
			else
				PutInt(c->buf, offset);
			return;
		}
		offset -= function->funccolcount;
		index++;
	}

	PutInt(c->buf, index);		/* the column of WITH ORDINALITY */
}

/*
 * All columns of a range table entry as one value.  The names of the columns
 * are part of a value of type record.
 */
static void
put_whole_row(Canonical *c, CanonicalLevel *level, RangeTblEntry *rte, Var *var)
{
	ListCell   *lc;

	PutTag(c->buf, rte->rtekind == RTE_JOIN ? TAG_WHOLE_JOIN_ROW : TAG_WHOLE_ROW);
	PutInt(c->buf, c->depth - level->depth);
	PutInt(c->buf, level->positions[var->varno]);
	PutTypeOf(c, var->vartype, var->vartypmod, var->varcollid);
	foreach(lc, rte->eref->colnames)
	{
		if (strVal(lfirst(lc))[0] != '\0')
			PutString(c->buf, strVal(lfirst(lc)));
	}
	PutTag(c->buf, TAG_NONE);

	if (rte->rtekind == RTE_JOIN)
	{
		foreach(lc, rte->joinaliasvars)
		{
			if (lfirst(lc) != NULL)
				put_at_level(c, level, lfirst(lc));
		}
		PutTag(c->buf, TAG_NONE);
	}
	else if (rte->rtekind == RTE_RELATION)
		UseAllColumns(c, rte->relid);
	else if (rte->rtekind == RTE_NAMEDTUPLESTORE &&
			 parent_of(c, rte)->kind == KIND_EXTERNAL)
	{
		ParentModel *parent = parent_of(c, rte);
		int			i;

		for (i = 1; i <= list_length(parent->columns); i++)
			use_external(c, parent, i);
	}
}

/*
 * A reference to a column.
 */
void
PutVar(Canonical *c, Var *var)
{
	CanonicalLevel *level = level_up(c, var->varlevelsup);
	RangeTblEntry *rte;

	if (var->varno < 1 || var->varno > list_length(level->query->rtable))
		elog(ERROR, "range table index of a column is out of range");
	rte = rt_fetch(var->varno, level->query->rtable);

	if (var->varattno == InvalidAttrNumber)
	{
		put_whole_row(c, level, rte, var);
		return;
	}

	/* What a column of these is, an expression says. */
	if (rte->rtekind == RTE_JOIN)
	{
		Node	   *alias = NULL;

		if (var->varattno > 0 &&
			var->varattno <= list_length(rte->joinaliasvars))
			alias = list_nth(rte->joinaliasvars, var->varattno - 1);
		if (alias == NULL)
			elog(ERROR, "column %d of a join not found", var->varattno);
		put_at_level(c, level, alias);
		return;
	}
#if PG_VERSION_NUM >= 180000
	if (rte->rtekind == RTE_GROUP)
	{
		if (var->varattno < 1 ||
			var->varattno > list_length(rte->groupexprs))
			elog(ERROR, "grouping expression %d not found", var->varattno);
		put_at_level(c, level, list_nth(rte->groupexprs, var->varattno - 1));
		return;
	}
#endif

	if (level->positions[var->varno] == 0)
		elog(ERROR, "column refers to an item that is not in FROM");

	PutTag(c->buf, TAG_COLUMN);
	PutInt(c->buf, c->depth - level->depth);
	PutInt(c->buf, level->positions[var->varno]);
	switch (rte->rtekind)
	{
		case RTE_RELATION:
			PutColumn(c, rte->relid, var->varattno);
			break;
		case RTE_NAMEDTUPLESTORE:
			{
				ParentModel *parent = parent_of(c, rte);

				if (var->varattno < 1 ||
					var->varattno > list_length(parent->columns))
					elog(ERROR, "column %d of a model not found",
						 var->varattno);
				PutString(c->buf,
						  ((ModelColumn *) list_nth(parent->columns,
													var->varattno - 1))->name);
				if (parent->kind == KIND_EXTERNAL)
					use_external(c, parent, var->varattno);
			}
			break;
		case RTE_FUNCTION:
			put_function_column(c, rte, var->varattno);
			break;
		default:
			PutInt(c->buf, var->varattno);
			break;
	}
	PutTypeOf(c, var->vartype, var->vartypmod, var->varcollid);
}
