/*-------------------------------------------------------------------------
 *
 * canonical_definition.c
 *	  What an object outside vde is: the digest of its definition, and which
 *	  further objects that names.
 *
 * A definition names other objects, never contains them, so each is examined
 * once, a cycle does no harm, and its digest can be computed again for itself
 * (DependencyDigest).  What is reached through several steps joins the hash
 * because all that is reached does: see put_outside() in fingerprint.c.
 *
 *	view		its column names and its query; with row-level security on
 *				anything read, its owner's name too
 *	relation	whether row-level security is on, and then its policies for
 *				reading; its columns stand where they are used
 *	function	language, source, modes, names and defaults of arguments,
 *				result, volatility, strictness, settings, and so on; not its
 *				cost, nor what else does not change results
 *	aggregate	as a function, and its functions and states
 *	operator	its function and result, and what can be called in its place:
 *				see canonical_comparison.c
 *	type		see canonical_type.c
 *	collation	provider and locale, not the version of the library
 *	text search	see canonical_search.c
 *
 * An SQL function with a body in SQL's own syntax is followed by the stored
 * query; for one given as a string see canonical_body.c.  Bodies in other
 * languages are text only; such functions count as dependent on settings and,
 * unless immutable, on the role, and make a model's version private to its
 * environment unless what they read is declared (Uses.private_call).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "rewrite/rewriteHandler.h"
#include "rewrite/rowsecurity.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "canonical.h"
#include "compat.h"

/*
 * A text attribute of a catalog row as a string, NULL for NULL.
 */
char *
TextAttribute(int cache, HeapTuple tuple, AttrNumber attnum)
{
	bool		isnull;
	Datum		value = SysCacheGetAttr(cache, tuple, attnum, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/*
 * The same, written.
 */
static void
put_text_attribute(Canonical *c, int cache, HeapTuple tuple, AttrNumber attnum)
{
	PutString(c->buf, TextAttribute(cache, tuple, attnum));
}

/*
 * An attribute that is an array of text, char or oid; those are types.
 */
static void
put_array_attribute(Canonical *c, int cache, HeapTuple tuple,
					AttrNumber attnum, Oid element)
{
	bool		isnull;
	Datum		value = SysCacheGetAttr(cache, tuple, attnum, &isnull);
	Datum	   *values;
	bool	   *nulls;
	int16		length;
	bool		byval;
	char		align;
	int			count;
	int			i;

	if (isnull)
	{
		PutTag(c->buf, TAG_NONE);
		return;
	}

	get_typlenbyvalalign(element, &length, &byval, &align);
	deconstruct_array(DatumGetArrayTypeP(value), element, length, byval, align,
					  &values, &nulls, &count);
	PutTag(c->buf, TAG_LIST);
	PutInt(c->buf, count);
	for (i = 0; i < count; i++)
	{
		if (nulls[i])
			PutString(c->buf, NULL);
		else if (element == TEXTOID)
			PutString(c->buf, TextDatumGetCString(values[i]));
		else if (element == OIDOID)
			PutType(c, DatumGetObjectId(values[i]));
		else
			PutInt(c->buf, DatumGetChar(values[i]));
	}
}

/* ---------------------------------------------------------------------
 * Relations and views
 * ---------------------------------------------------------------------
 */

/*
 * The policies for reading, each with its roles, in no order.
 */
static void
put_policies(Canonical *c, Oid relid)
{
	Relation	relation = table_open(relid, AccessShareLock);
	SortedParts policies;
	ListCell   *lc;

	BeginSorted(c, &policies);
	if (relation->rd_rsdesc != NULL)
	{
		foreach(lc, relation->rd_rsdesc->policies)
		{
			RowSecurityPolicy *policy = (RowSecurityPolicy *) lfirst(lc);
			Oid		   *roles = (Oid *) ARR_DATA_PTR(policy->roles);
			int			count = ARR_DIMS(policy->roles)[0];
			SortedParts names;
			int			i;

			if (policy->polcmd != '*' && policy->polcmd != ACL_SELECT_CHR)
				continue;
			NextSorted(c, &policies);
			PutBool(c->buf, policy->permissive);
			BeginSorted(c, &names);
			for (i = 0; i < count; i++)
			{
				NextSorted(c, &names);
				PutString(c->buf, roles[i] == ACL_ID_PUBLIC ? NULL :
						  GetUserNameFromId(roles[i], false));
			}
			EndSorted(c, &names);
			PutRelationExpression(c, relid, (Node *) policy->qual);
		}
	}
	EndSorted(c, &policies);
	table_close(relation, AccessShareLock);
}

/*
 * A relation that is not followed: row-level security is all of it that the
 * places where it is read do not tell.
 */
static void
put_relation(Canonical *c, Oid relid)
{
	HeapTuple	tuple;
	Form_pg_class class;
	bool		enabled;
	bool		forced;
	Oid			owner;

	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	class = (Form_pg_class) GETSTRUCT(tuple);
	enabled = class->relrowsecurity;
	forced = class->relforcerowsecurity;
	owner = class->relowner;
	ReleaseSysCache(tuple);

	PutBool(c->buf, enabled);
	if (enabled)
	{
		PutBool(c->buf, forced);
		PutString(c->buf, GetUserNameFromId(owner, true));
		put_policies(c, relid);
		c->uses->row_security = true;
		c->uses->role = true;
	}
}

/*
 * A plain view.  Whether it is a security barrier changes no result.
 */
static void
put_view(Canonical *c, OutsideObject *object)
{
	Relation	view = relation_open(object->oid, AccessShareLock);
	TupleDesc	tupdesc = RelationGetDescr(view);
	bool		invoker = RelationHasSecurityInvoker(view);
	int			i;

	PutBool(c->buf, invoker);
	PutInt(c->buf, tupdesc->natts);
	for (i = 0; i < tupdesc->natts; i++)
		PutString(c->buf, NameStr(TupleDescAttr(tupdesc, i)->attname));
	PutQuery(c, get_view_query(view));
	if (!invoker)
		object->owner = GetUserNameFromId(view->rd_rel->relowner, false);
	relation_close(view, AccessShareLock);
}

/* ---------------------------------------------------------------------
 * Functions and operators
 * ---------------------------------------------------------------------
 */

/*
 * The stored queries of a body in SQL's own syntax.
 */
static List *
stored_body(const char *prosqlbody)
{
	Node	   *node = stringToNode(prosqlbody);

	if (IsA(node, List))
		return linitial_node(List, (List *) node);
	return list_make1(node);
}

/*
 * Is it all queries that only read?
 */
bool
OnlySelects(List *queries)
{
	ListCell   *lc;

	foreach(lc, queries)
	{
		Query	   *query = lfirst_node(Query, lc);

		if (query->commandType != CMD_SELECT || query->hasModifyingCTE)
			return false;
	}
	return true;
}

/*
 * Source text, and the queries of a body in SQL's own syntax.
 */
static void
put_function_body(Canonical *c, Oid funcid, HeapTuple tuple)
{
	char	   *body = TextAttribute(PROCOID, tuple, Anum_pg_proc_prosqlbody);
	List	   *queries;

	put_text_attribute(c, PROCOID, tuple, Anum_pg_proc_prosrc);
	put_text_attribute(c, PROCOID, tuple, Anum_pg_proc_probin);
	if (body == NULL)
		return;

	queries = stored_body(body);
	if (OnlySelects(queries))
	{
		ListCell   *lc;

		PutInt(c->buf, list_length(queries));
		foreach(lc, queries)
			PutQuery(c, lfirst_node(Query, lc));
	}
	else
	{
		/* It writes, so it fails in a model; still no two look the same. */
		PinOutput(c->scope);
		PutString(c->buf,
				  TextDatumGetCString(OidFunctionCall1(F_PG_GET_FUNCTION_SQLBODY,
													   ObjectIdGetDatum(funcid))));
	}
}

/*
 * What pg_aggregate has, but for the estimates of space.
 */
static void
put_aggregate_definition(Canonical *c, Oid funcid)
{
	HeapTuple	tuple;
	Form_pg_aggregate aggregate;

	tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(funcid));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for aggregate %u", funcid);
	aggregate = (Form_pg_aggregate) GETSTRUCT(tuple);

	PutInt(c->buf, aggregate->aggkind);
	PutInt(c->buf, aggregate->aggnumdirectargs);
	PutFunction(c, aggregate->aggtransfn);
	PutFunction(c, aggregate->aggfinalfn);
	PutFunction(c, aggregate->aggcombinefn);
	PutFunction(c, aggregate->aggserialfn);
	PutFunction(c, aggregate->aggdeserialfn);
	PutFunction(c, aggregate->aggmtransfn);
	PutFunction(c, aggregate->aggminvtransfn);
	PutFunction(c, aggregate->aggmfinalfn);
	PutBool(c->buf, aggregate->aggfinalextra);
	PutBool(c->buf, aggregate->aggmfinalextra);
	PutInt(c->buf, aggregate->aggfinalmodify);
	PutInt(c->buf, aggregate->aggmfinalmodify);
	PutOperator(c, aggregate->aggsortop);
	PutType(c, aggregate->aggtranstype);
	PutType(c, aggregate->aggmtranstype);
	put_text_attribute(c, AGGFNOID, tuple, Anum_pg_aggregate_agginitval);
	put_text_attribute(c, AGGFNOID, tuple, Anum_pg_aggregate_aggminitval);
	ReleaseSysCache(tuple);
}

/*
 * What pg_proc has that decides a result.
 */
static void
put_function_definition(Canonical *c, Oid funcid)
{
	HeapTuple	tuple;
	Form_pg_proc proc;
	char	   *defaults;

	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(funcid));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", funcid);
	proc = (Form_pg_proc) GETSTRUCT(tuple);

	PutString(c->buf, get_language_name(proc->prolang, false));
	PutInt(c->buf, proc->prokind);
	PutInt(c->buf, proc->provolatile);
	PutBool(c->buf, proc->proisstrict);
	PutBool(c->buf, proc->proretset);
	PutBool(c->buf, proc->prosecdef);
	if (proc->prosecdef)
		PutString(c->buf, GetUserNameFromId(proc->proowner, false));
	PutType(c, proc->prorettype);
	PutType(c, proc->provariadic);
	PutFunctionName(c, proc->prosupport);
	put_array_attribute(c, PROCOID, tuple, Anum_pg_proc_proallargtypes, OIDOID);
	put_array_attribute(c, PROCOID, tuple, Anum_pg_proc_proargmodes, CHAROID);
	put_array_attribute(c, PROCOID, tuple, Anum_pg_proc_proargnames, TEXTOID);
	put_array_attribute(c, PROCOID, tuple, Anum_pg_proc_protrftypes, OIDOID);
	put_array_attribute(c, PROCOID, tuple, Anum_pg_proc_proconfig, TEXTOID);

	defaults = TextAttribute(PROCOID, tuple, Anum_pg_proc_proargdefaults);
	PutNode(c, defaults ? stringToNode(defaults) : NULL);
	put_function_body(c, funcid, tuple);
	if (proc->prokind == PROKIND_AGGREGATE)
		put_aggregate_definition(c, funcid);
	ReleaseSysCache(tuple);
}

/*
 * An operator is its function, and what can be called in its place.
 */
static void
put_operator_definition(Canonical *c, Oid opno)
{
	HeapTuple	tuple;
	Form_pg_operator operator;

	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(opno));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", opno);
	operator = (Form_pg_operator) GETSTRUCT(tuple);
	PutFunction(c, operator->oprcode);
	PutType(c, operator->oprresult);
	PutOperatorSubstitutes(c, opno);
	ReleaseSysCache(tuple);
}

/* ---------------------------------------------------------------------
 * Collations
 * ---------------------------------------------------------------------
 */

/*
 * A collation; not its version, which follows the machine's library.
 */
static void
put_collation_definition(Canonical *c, Oid collid)
{
	HeapTuple	tuple;
	Form_pg_collation collation;

	tuple = SearchSysCache1(COLLOID, ObjectIdGetDatum(collid));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for collation %u", collid);
	collation = (Form_pg_collation) GETSTRUCT(tuple);
	PutInt(c->buf, collation->collprovider);
	PutBool(c->buf, collation->collisdeterministic);
	put_text_attribute(c, COLLOID, tuple, Anum_pg_collation_collcollate);
	put_text_attribute(c, COLLOID, tuple, Anum_pg_collation_collctype);
	put_text_attribute(c, COLLOID, tuple, VDE_COLLATION_LOCALE);
#if PG_VERSION_NUM >= 160000
	put_text_attribute(c, COLLOID, tuple, Anum_pg_collation_collicurules);
#else
	PutString(c->buf, NULL);
#endif
	ReleaseSysCache(tuple);
}

/* ---------------------------------------------------------------------
 * Any object
 * ---------------------------------------------------------------------
 */

/*
 * Is a function seen through, into the queries that it runs?
 */
static bool
is_followed(const OutsideObject *object)
{
	HeapTuple	tuple;
	char	   *body;

	if (object->resolved)
		return true;
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(object->oid));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", object->oid);
	body = TextAttribute(PROCOID, tuple, Anum_pg_proc_prosqlbody);
	ReleaseSysCache(tuple);
	return body != NULL && OnlySelects(stored_body(body));
}

/*
 * May a function read something that nobody sees?  Not if it is immutable,
 * which is what its author says.  An aggregate is its support functions.
 */
static bool
reads_unseen(const OutsideObject *object)
{
	return object->class == OUTSIDE_FUNCTION &&
		func_volatile(object->oid) != PROVOLATILE_IMMUTABLE &&
		get_func_prokind(object->oid) != PROKIND_AGGREGATE &&
		!is_followed(object);
}

/*
 * Name of the language that a function is written in.
 */
char *
FunctionLanguage(Oid funcid)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(funcid));
	char	   *language;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", funcid);
	language = get_language_name(((Form_pg_proc) GETSTRUCT(tuple))->prolang, false);
	ReleaseSysCache(tuple);
	return language;
}

/*
 * What row-level security makes of a role: whether it is bound at all, and by
 * which policies.  That is the object's resolution, for it is not of the
 * relation alone.
 */
static void
resolve_policies(OutsideObject *object, Oid role)
{
	Relation	relation = table_open(object->oid, AccessShareLock);
	StringInfoData bytes;
	ListCell   *lc;

	initStringInfo(&bytes);
	PutBool(&bytes, has_bypassrls_privilege(role));
	PutBool(&bytes, has_privs_of_role(role, relation->rd_rel->relowner));
	foreach(lc, relation->rd_rsdesc ? relation->rd_rsdesc->policies : NIL)
	{
		RowSecurityPolicy *policy = (RowSecurityPolicy *) lfirst(lc);
		Oid		   *roles = (Oid *) ARR_DATA_PTR(policy->roles);
		bool		bound = false;
		int			i;

		for (i = 0; i < ARR_DIMS(policy->roles)[0]; i++)
			bound = bound || roles[i] == ACL_ID_PUBLIC || has_privs_of_role(role, roles[i]);
		PutString(&bytes, policy->policy_name);
		PutBool(&bytes, bound);
	}
	DigestBytes(bytes.data, bytes.len, &object->resolution);
	object->resolved = true;
	pfree(bytes.data);
	table_close(relation, AccessShareLock);
}

/*
 * Fills in the object's digest and what it uses.
 */
void
ExamineObject(CanonicalScope *scope, OutsideObject *object)
{
	StringInfoData bytes;
	Canonical	c;

	CHECK_FOR_INTERRUPTS();

	scope->examined = object;
	initStringInfo(&bytes);
	InitCanonical(&c, scope, &bytes, &object->uses);
	switch (object->class)
	{
		case OUTSIDE_RELATION:
			put_relation(&c, object->oid);
			break;
		case OUTSIDE_VIEW:
			put_view(&c, object);
			break;
		case OUTSIDE_FUNCTION:
			put_function_definition(&c, object->oid);
			break;
		case OUTSIDE_OPERATOR:
			put_operator_definition(&c, object->oid);
			break;
		case OUTSIDE_TYPE:
			PutTypeDefinition(&c, object->oid);
			break;
		case OUTSIDE_COLLATION:
			put_collation_definition(&c, object->oid);
			break;
		case OUTSIDE_CONFIGURATION:
			PutSearchConfiguration(&c, object->oid);
			break;
		case OUTSIDE_DICTIONARY:
			PutSearchDictionary(&c, object->oid);
			break;
	}
	DigestBytes(bytes.data, bytes.len, &object->digest);
	pfree(bytes.data);

	if (object->class == OUTSIDE_FUNCTION && scope->definition != NULL)
		ResolveBody(scope, object);
	if (object->class == OUTSIDE_RELATION && object->uses.row_security &&
		scope->definition != NULL)
		resolve_policies(object, scope->definition->owner);
	if (object->class == OUTSIDE_FUNCTION && !is_followed(object) &&
		func_volatile(object->oid) == PROVOLATILE_VOLATILE)
		NoteChance(&c, psprintf("%s()", get_func_name(object->oid)));
	if (scope->definition != NULL && reads_unseen(object))
		object->uses.private_call = object;
	scope->examined = NULL;
	object->examined = true;
}
