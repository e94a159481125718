/*-------------------------------------------------------------------------
 *
 * canonical_comparison.c
 *	  How values are compared and hashed: operator classes and families.
 *
 * What sorts, groups, joins, or compares arrays and rows, calls functions that
 * no query names and PostgreSQL notes no dependency on: those in the default
 * operator classes of a type, and those beside an operator in its families.
 * Their owners can replace them.  So they are part of what a user's type and a
 * user's operator are, B-tree and hash alike:
 *
 *	type		its default operator classes
 *	operator	the families that it is in, as far as they are about its types
 *	range type	the operator class that it was made with
 *
 * Of each the operators and support functions stand here by name, and the
 * functions are noted, so that their definitions join the hash.  Not so C
 * functions, which only a superuser can write: they are C functions of that
 * name, and no more.
 *
 * PostgreSQL's own types and operators are not looked at, nor are arrays, whose
 * elements are: operator classes that somebody made the default of those (which
 * takes a superuser) are seen where their operators stand in the query.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_am.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_language.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "canonical.h"

/*
 * Is it a user's function that others than superusers may write?
 */
static bool
is_replaceable(Oid funcid)
{
	HeapTuple	tuple;
	Oid			language;

	if (funcid < FirstNormalObjectId)
		return false;
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(funcid));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", funcid);
	language = ((Form_pg_proc) GETSTRUCT(tuple))->prolang;
	ReleaseSysCache(tuple);
	return language != ClanguageId && language != INTERNALlanguageId;
}

/*
 * A function that compares or hashes.
 */
static void
put_support(Canonical *c, Oid funcid)
{
	bool		replaceable = is_replaceable(funcid);

	PutBool(c->buf, replaceable);
	if (replaceable)
		PutFunction(c, funcid);
	else
		PutFunctionName(c, funcid);
}

/*
 * An operator of a family: its name, and its function.
 */
static void
put_member_operator(Canonical *c, Oid opno)
{
	HeapTuple	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(opno));
	Form_pg_operator operator;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", opno);
	operator = (Form_pg_operator) GETSTRUCT(tuple);
	PutString(c->buf, SchemaName(operator->oprnamespace));
	PutString(c->buf, NameStr(operator->oprname));
	put_support(c, operator->oprcode);
	ReleaseSysCache(tuple);
}

/*
 * What a family has about these two types, in no order.
 */
static void
put_members(Canonical *c, Oid opfamily, Oid left, Oid right)
{
	SortedParts members;
	CatCList   *list;
	int			i;

	BeginSorted(c, &members);
	list = SearchSysCacheList1(AMOPSTRATEGY, ObjectIdGetDatum(opfamily));
	for (i = 0; i < list->n_members; i++)
	{
		Form_pg_amop member = (Form_pg_amop) GETSTRUCT(&list->members[i]->tuple);

		if ((member->amoplefttype != left && member->amoplefttype != right) ||
			(member->amoprighttype != left && member->amoprighttype != right))
			continue;
		NextSorted(c, &members);
		PutType(c, member->amoplefttype);
		PutType(c, member->amoprighttype);
		PutInt(c->buf, member->amopstrategy);
		put_member_operator(c, member->amopopr);
	}
	ReleaseCatCacheList(list);

	list = SearchSysCacheList1(AMPROCNUM, ObjectIdGetDatum(opfamily));
	for (i = 0; i < list->n_members; i++)
	{
		Form_pg_amproc member = (Form_pg_amproc) GETSTRUCT(&list->members[i]->tuple);

		if ((member->amproclefttype != left && member->amproclefttype != right) ||
			(member->amprocrighttype != left && member->amprocrighttype != right))
			continue;
		NextSorted(c, &members);
		PutType(c, member->amproclefttype);
		PutType(c, member->amprocrighttype);
		PutInt(c->buf, member->amprocnum);
		put_support(c, member->amproc);
	}
	ReleaseCatCacheList(list);
	EndSorted(c, &members);
}

/*
 * An operator family by its name: what in it matters, its operators say.
 */
void
PutOperatorFamilyName(Canonical *c, Oid opfamily)
{
	HeapTuple	tuple;
	Form_pg_opfamily family;

	tuple = SearchSysCache1(OPFAMILYOID, ObjectIdGetDatum(opfamily));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator family %u", opfamily);
	family = (Form_pg_opfamily) GETSTRUCT(tuple);
	PutString(c->buf, SchemaName(family->opfnamespace));
	PutString(c->buf, NameStr(family->opfname));
	ReleaseSysCache(tuple);
}

/*
 * An operator class, with what is in it unless it is PostgreSQL's own.
 */
void
PutOperatorClass(Canonical *c, Oid opclass)
{
	HeapTuple	tuple;
	Form_pg_opclass class;

	tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(opclass));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator class %u", opclass);
	class = (Form_pg_opclass) GETSTRUCT(tuple);
	PutString(c->buf, SchemaName(class->opcnamespace));
	PutString(c->buf, NameStr(class->opcname));
	if (opclass >= FirstNormalObjectId)
		put_members(c, class->opcfamily, class->opcintype, class->opcintype);
	ReleaseSysCache(tuple);
}

/*
 * The default operator classes of a user's type that are its own, or those of
 * another user's type that it can be taken for; nothing where there are none.
 */
void
PutDefaultOperatorClasses(Canonical *c, Oid typid)
{
	TypeCacheEntry *entry = lookup_type_cache(typid, TYPECACHE_BTREE_OPFAMILY |
											  TYPECACHE_HASH_OPFAMILY);

	if (OidIsValid(entry->btree_opf) && entry->btree_opintype >= FirstNormalObjectId)
	{
		PutInt(c->buf, BTREE_AM_OID);
		put_members(c, entry->btree_opf, entry->btree_opintype, entry->btree_opintype);
	}
	if (OidIsValid(entry->hash_opf) && entry->hash_opintype >= FirstNormalObjectId)
	{
		PutInt(c->buf, HASH_AM_OID);
		put_members(c, entry->hash_opf, entry->hash_opintype, entry->hash_opintype);
	}
}

/*
 * The families that a user's operator is in, in no order; nothing where there
 * are none.
 */
void
PutOperatorFamilies(Canonical *c, Oid opno)
{
	CatCList   *list = SearchSysCacheList1(AMOPOPID, ObjectIdGetDatum(opno));
	SortedParts families;
	bool		any = false;
	int			i;

	for (i = 0; i < list->n_members; i++)
	{
		Form_pg_amop member = (Form_pg_amop) GETSTRUCT(&list->members[i]->tuple);

		if (member->amopmethod != BTREE_AM_OID && member->amopmethod != HASH_AM_OID)
			continue;
		if (!any)
			BeginSorted(c, &families);
		any = true;
		NextSorted(c, &families);
		PutInt(c->buf, member->amopmethod);
		PutOperatorFamilyName(c, member->amopfamily);
		put_members(c, member->amopfamily, member->amoplefttype, member->amoprighttype);
	}
	if (any)
		EndSorted(c, &families);
	ReleaseCatCacheList(list);
}
