/*-------------------------------------------------------------------------
 *
 * canonical_range.c
 *	  Canonical bytes of what stands in FROM, and of references to it.
 *
 * See canonical.c for how range table entries and levels are told from each
 * other, canonical_source.c for subqueries and CTEs.
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
#include "fault.h"
#include "fingerprint.h"

/* ---------------------------------------------------------------------
 * Levels
 * ---------------------------------------------------------------------
 */

/*
 * The level that is levelsup above the one that Vars are relative to.
 */
CanonicalLevel *
LevelUp(Canonical *c, Index levelsup)
{
	CanonicalLevel *level = c->level;

	while (levelsup-- > 0 && level != NULL)
		level = level->parent;
	if (level == NULL)
		elog(ERROR, "query level of a reference is out of range");
	return level;
}

/*
 * How far up a level is, from the query that is being written.
 */
static void
put_level(Canonical *c, CanonicalLevel *level)
{
	PutInt(c->buf, c->depth - level->depth);
	NoteLevel(c, level->depth);
}

/*
 * How far up a reference with that levelsup goes, from the query that is
 * being written.  Not levelsup itself: what stands for a column of a join is
 * written further down than the level that it is relative to.
 */
void
PutLevelsUp(Canonical *c, Index levelsup)
{
	put_level(c, LevelUp(c, levelsup));
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
 * A model that stores nothing has its query run with its reader's: what is
 * chance there is chance here.  part is the part that would say so.
 */
static void
note_parent_chance(Canonical *c, ParentModel *parent, const char *part)
{
	const char *chance;

	if (KindHasRows(parent->kind))
		return;

	/* nor does it run under its own settings, or as its own owner */
	if (FingerprintPart(parent->parts, "settings") != NULL)
		c->uses->settings = true;
	if (FingerprintPart(parent->parts, "owner") != NULL)
		c->uses->role = true;
	chance = FingerprintPart(parent->parts, part);
	if (chance != NULL)
		NoteChance(c, chance);
}

/*
 * A model in FROM: what decides its rows.  Its name, too: a model of another
 * name is another table, filled at another time.
 */
static void
put_model(Canonical *c, ParentModel *parent)
{
	PutTag(c->buf, TAG_RANGE_MODEL);
	PutString(c->buf, parent->name.schema);
	PutString(c->buf, parent->name.name);
	if (!c->scope->local && !VDE_FAULT("parent rows"))
		PutString(c->buf, parent->row_hash);
	note_parent_chance(c, parent, CHANCE_PART);
	if (parent->kind == KIND_EXTERNAL)
		use_external(c, parent, InvalidAttrNumber);
}

/*
 * What a column of a model is.  Two that are the same are still two: under
 * grouping sets it matters which of them a query names.
 */
static void
put_model_column_hash(Canonical *c, ParentModel *parent, AttrNumber attnum)
{
	const char *hash = (char *) list_nth(parent->column_hashes, attnum - 1);
	int			twins = 0;
	int			i;

	for (i = 0; i < attnum - 1; i++)
	{
		if (strcmp((char *) list_nth(parent->column_hashes, i), hash) == 0)
			twins++;
	}
	PutString(c->buf, hash);
	if (twins > 0)
		PutInt(c->buf, twins);
}

/*
 * A column of a model.
 */
static void
put_model_column(Canonical *c, ParentModel *parent, AttrNumber attnum)
{
	if (attnum < 1 || attnum > list_length(parent->columns))
		elog(ERROR, "column %d of a model not found", attnum);
	if (c->scope->local || VDE_FAULT("parent column"))
		PutString(c->buf, ((ModelColumn *) list_nth(parent->columns,
													attnum - 1))->name);
	else
		put_model_column_hash(c, parent, attnum);
	note_parent_chance(c, parent,
					   psprintf(CHANCE_PART " \"%s\"",
								((ModelColumn *) list_nth(parent->columns,
														  attnum - 1))->name));
	if (parent->kind == KIND_EXTERNAL)
		use_external(c, parent, attnum);
}

/*
 * The item number rtindex of FROM, which is not a join.
 */
void
PutRange(Canonical *c, int rtindex)
{
	RangeTblEntry *rte = rt_fetch(rtindex, c->level->query->rtable);
	ListCell   *lc;

	if (rte->securityQuals != NIL)
		elog(ERROR, "query has been rewritten already");

	switch (rte->rtekind)
	{
		case RTE_RELATION:
			PutTag(c->buf, TAG_RANGE_RELATION);
			PutRelation(c, rte->relid);
			if (!VDE_FAULT("only"))
				PutBool(c->buf, rte->inh);
			if (rte->tablesample)
			{
				PutTag(c->buf, TAG_TABLE_SAMPLE);
				PutFunction(c, rte->tablesample->tsmhandler);
				PutNodes(c, rte->tablesample->args);
				PutNode(c, (Node *) rte->tablesample->repeatable);
				NoteChance(c, "TABLESAMPLE");
			}
			break;
		case RTE_SUBQUERY:
			if (StandsForModel(rte))
			{
				put_model(c, parent_of(c, linitial_node(RangeTblEntry, rte->subquery->rtable)));
				break;
			}
			PutTag(c->buf, TAG_RANGE_SUBQUERY);
			if (OidIsValid(rte->relid)) /* a view that was opened */
				UseRelation(c, rte->relid);
			if (!c->scope->local || c->level->parent != NULL)
				PutSourceRows(c, SubquerySource(c, c->level, rtindex));
			else if (OidIsValid(rte->relid))
				PutRelation(c, rte->relid);
			break;
		case RTE_FUNCTION:
			PutTag(c->buf, TAG_RANGE_FUNCTION);
			PutBool(c->buf, rte->funcordinality);
			PutInt(c->buf, list_length(rte->functions));
			foreach(lc, rte->functions)
			{
				RangeTblFunction *function = (RangeTblFunction *) lfirst(lc);

				if (!VDE_FAULT("function in from"))
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
			foreach(lc, VDE_FAULT("values") ? NIL : rte->values_lists)
				PutNodes(c, (List *) lfirst(lc));
			PutTypes(c, rte->coltypes);
			PutInts(c, rte->coltypmods);
			PutCollations(c, rte->colcollations);
			break;
		case RTE_CTE:
			if (!c->scope->local || c->level->parent != NULL)
				PutCteReference(c, rte);
			else
				PutInt(c->buf, CteSource(c, rte)->first_use);
			break;
		case RTE_NAMEDTUPLESTORE:
			put_model(c, parent_of(c, rte));
			break;
		case RTE_RESULT:
			PutTag(c->buf, TAG_RANGE_RESULT);
			break;
		default:
			RefuseQuery("this kind of item in FROM");
	}
}

/*
 * What stands beside each other in the rows of functions, or has a number
 * there, follows the order in which these return their rows.
 */
static void
note_function_order(Canonical *c, RangeTblEntry *rte, bool numbered)
{
	List	   *calls = NIL;
	ListCell   *lc;

	foreach(lc, rte->functions)
		calls = lappend(calls, ((RangeTblFunction *) lfirst(lc))->funcexpr);
	NoteLockstep(c, calls, numbered);
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

	note_function_order(c, rte, false);

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
	note_function_order(c, rte, true);
}

/*
 * A column of a subquery, a CTE or an arm of a set operation: what it is
 * there.  In a local part that is told apart, and here is its name.
 */
static void
put_source_column(Canonical *c, CanonicalLevel *level, int rtindex,
				  AttrNumber attnum)
{
	RangeTblEntry *rte = rt_fetch(rtindex, level->query->rtable);

	if (rte->rtekind == RTE_SUBQUERY && level->query->setOperations != NULL)
		PutSetColumn(c, level, level->query->setOperations, attnum);
	else if (c->scope->local && level->parent == NULL)
		PutString(c->buf, strVal(list_nth(rte->eref->colnames, attnum - 1)));
	else if (rte->rtekind == RTE_SUBQUERY)
		PutSourceColumn(c, SubquerySource(c, level, rtindex), attnum);
	else
	{
		CanonicalLevel *saved = c->level;

		/* its WITH is so many levels above the FROM */
		c->level = level;
		PutSourceColumn(c, CteSource(c, rte), attnum);
		c->level = saved;
	}
}

/*
 * All columns of a range table entry as one value.  The names of the columns
 * are part of a value of type record.
 */
static void
put_whole_row(Canonical *c, CanonicalLevel *level, RangeTblEntry *rte, Var *var)
{
	int			count = 0;
	int			i;
	ListCell   *lc;

	PutTag(c->buf, rte->rtekind == RTE_JOIN ? TAG_WHOLE_JOIN_ROW : TAG_WHOLE_ROW);
	put_level(c, level);
	PutInt(c->buf, level->positions[var->varno]);
	PutTypeOf(c, var->vartype, var->vartypmod, var->varcollid);
	foreach(lc, rte->eref->colnames)
	{
		count++;
		if (strVal(lfirst(lc))[0] != '\0')
			PutString(c->buf, strVal(lfirst(lc)));
	}
	PutTag(c->buf, TAG_NONE);

	switch (rte->rtekind)
	{
		case RTE_JOIN:
			foreach(lc, rte->joinaliasvars)
			{
				if (lfirst(lc) != NULL)
					put_at_level(c, level, lfirst(lc));
			}
			PutTag(c->buf, TAG_NONE);
			break;
		case RTE_RELATION:
			UseAllColumns(c, rte->relid);
			break;
		case RTE_SUBQUERY:
		case RTE_CTE:
			if (rte->rtekind == RTE_SUBQUERY && OidIsValid(rte->relid))
				UseAllColumns(c, rte->relid);
			for (i = 1; i <= count; i++)
				put_source_column(c, level, var->varno, i);
			break;
		case RTE_NAMEDTUPLESTORE:
			for (i = 1; i <= list_length(parent_of(c, rte)->columns) &&
				 !VDE_FAULT("whole row"); i++)
				put_model_column(c, parent_of(c, rte), i);
			break;
		case RTE_FUNCTION:
			note_function_order(c, rte, rte->funcordinality);
			break;
		default:
			break;
	}
}

/*
 * A reference to a column.
 */
void
PutVar(Canonical *c, Var *var)
{
	CanonicalLevel *level = LevelUp(c, var->varlevelsup);
	RangeTblEntry *rte;
	AttrNumber	attnum = var->varattno;

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
	put_level(c, level);
	if (!VDE_FAULT("column position"))
		PutInt(c->buf, level->positions[var->varno]);
	if (StandsForModel(rte))
	{
		attnum = ModelColumnNumber(rte, attnum);
		rte = linitial_node(RangeTblEntry, rte->subquery->rtable);
	}
	switch (rte->rtekind)
	{
		case RTE_RELATION:
			PutColumn(c, rte->relid, attnum);
			break;
		case RTE_NAMEDTUPLESTORE:
			put_model_column(c, parent_of(c, rte), attnum);
			break;
		case RTE_SUBQUERY:
		case RTE_CTE:
			if (rte->rtekind == RTE_SUBQUERY && OidIsValid(rte->relid))
				UseColumn(c, rte->relid, attnum);
			put_source_column(c, level, var->varno, attnum);
			break;
		case RTE_FUNCTION:
			put_function_column(c, rte, attnum);
			break;
		default:
			PutInt(c->buf, attnum);
			break;
	}
	PutTypeOf(c, var->vartype, var->vartypmod, var->varcollid);
}
