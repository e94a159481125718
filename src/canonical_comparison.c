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
 *	operator	its commutator and its negator, which the planner may call in
 *				its place; the families that it is in, as far as they are about
 *				its types
 *	range type	the operator class that it was made with
 *
 * Of each the operators and support functions stand here by name, and the
 * functions are noted, so that their definitions join the hash.  C functions
 * are not, for only a superuser can write them; where all are, as in most
 * extensions, nothing is written.
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
#include "catalog/pg_opfamily.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "canonical.h"

/* An operator or a support function of an operator family */
typedef struct FamilyMember
{
	Oid			left;
	Oid			right;
	int			number;
	Oid			operator;		/* InvalidOid: a support function */
	Oid			function;
} FamilyMember;

static FamilyMember *
make_member(Oid left, Oid right, int number, Oid operator, Oid function)
{
	FamilyMember *member = palloc(sizeof(FamilyMember));

	member->left = left;
	member->right = right;
	member->number = number;
	member->operator = operator;
	member->function = function;
	return member;
}

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
 * What a family has about these two types.
 */
static List *
find_members(Oid opfamily, Oid left, Oid right)
{
	List	   *members = NIL;
	CatCList   *list;
	int			i;

	list = SearchSysCacheList1(AMOPSTRATEGY, ObjectIdGetDatum(opfamily));
	for (i = 0; i < list->n_members; i++)
	{
		Form_pg_amop operator = (Form_pg_amop) GETSTRUCT(&list->members[i]->tuple);

		if ((operator->amoplefttype == left || operator->amoplefttype == right) &&
			(operator->amoprighttype == left || operator->amoprighttype == right))
			members = lappend(members,
							  make_member(operator->amoplefttype, operator->amoprighttype,
										  operator->amopstrategy, operator->amopopr,
										  get_opcode(operator->amopopr)));
	}
	ReleaseCatCacheList(list);

	list = SearchSysCacheList1(AMPROCNUM, ObjectIdGetDatum(opfamily));
	for (i = 0; i < list->n_members; i++)
	{
		Form_pg_amproc support = (Form_pg_amproc) GETSTRUCT(&list->members[i]->tuple);

		if ((support->amproclefttype == left || support->amproclefttype == right) &&
			(support->amprocrighttype == left || support->amprocrighttype == right))
			members = lappend(members,
							  make_member(support->amproclefttype, support->amprocrighttype,
										  support->amprocnum, InvalidOid, support->amproc));
	}
	ReleaseCatCacheList(list);
	return members;
}

/*
 * Is there anything in it that others than superusers may replace?
 */
static bool
any_replaceable(List *members)
{
	ListCell   *lc;

	foreach(lc, members)
	{
		if (is_replaceable(((FamilyMember *) lfirst(lc))->function))
			return true;
	}
	return false;
}

/*
 * The members of a family, in no order.
 */
static void
put_members(Canonical *c, List *members)
{
	SortedParts parts;
	ListCell   *lc;

	BeginSorted(c, &parts);
	foreach(lc, members)
	{
		FamilyMember *member = (FamilyMember *) lfirst(lc);
		bool		replaceable = is_replaceable(member->function);

		NextSorted(c, &parts);
		PutType(c, member->left);
		PutType(c, member->right);
		PutInt(c->buf, member->number);
		PutString(c->buf, OidIsValid(member->operator) ? get_opname(member->operator) : NULL);
		PutBool(c->buf, replaceable);
		if (replaceable)
			PutFunction(c, member->function);
		else
			PutFunctionName(c, member->function);
	}
	EndSorted(c, &parts);
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
 * An operator class, with what is in it if that can be replaced.
 */
void
PutOperatorClass(Canonical *c, Oid opclass)
{
	HeapTuple	tuple;
	Form_pg_opclass class;
	List	   *members = NIL;

	tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(opclass));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator class %u", opclass);
	class = (Form_pg_opclass) GETSTRUCT(tuple);
	PutString(c->buf, SchemaName(class->opcnamespace));
	PutString(c->buf, NameStr(class->opcname));
	if (opclass >= FirstNormalObjectId)
		members = find_members(class->opcfamily, class->opcintype, class->opcintype);
	if (any_replaceable(members))
		put_members(c, members);
	ReleaseSysCache(tuple);
}

/*
 * A default operator class of a user's type, if it is the type's own, or that
 * of another user's type that it can be taken for.
 */
static void
put_default_class(Canonical *c, Oid access_method, Oid opfamily, Oid input_type)
{
	List	   *members;

	if (!OidIsValid(opfamily) || input_type < FirstNormalObjectId)
		return;
	members = find_members(opfamily, input_type, input_type);
	if (any_replaceable(members))
	{
		PutInt(c->buf, access_method);
		put_members(c, members);
	}
}

/*
 * Both of them.
 */
void
PutDefaultOperatorClasses(Canonical *c, Oid typid)
{
	TypeCacheEntry *entry = lookup_type_cache(typid, TYPECACHE_BTREE_OPFAMILY |
											  TYPECACHE_HASH_OPFAMILY);

	put_default_class(c, BTREE_AM_OID, entry->btree_opf, entry->btree_opintype);
	put_default_class(c, HASH_AM_OID, entry->hash_opf, entry->hash_opintype);
}

/*
 * An operator that the planner may put in the place of another.
 */
static void
put_substitute(Canonical *c, const char *what, Oid opno)
{
	if (!OidIsValid(opno) || !is_replaceable(get_opcode(opno)))
		return;
	PutString(c->buf, what);
	PutString(c->buf, get_opname(opno));
	PutFunction(c, get_opcode(opno));
}

/*
 * What can be called in the place of a user's operator: its commutator and its
 * negator, and what is in the families that it is in, in no order.
 */
void
PutOperatorSubstitutes(Canonical *c, Oid opno)
{
	CatCList   *list = SearchSysCacheList1(AMOPOPID, ObjectIdGetDatum(opno));
	SortedParts families;
	bool		any = false;
	int			i;

	put_substitute(c, "commutator", get_commutator(opno));
	put_substitute(c, "negator", get_negator(opno));
	for (i = 0; i < list->n_members; i++)
	{
		Form_pg_amop family = (Form_pg_amop) GETSTRUCT(&list->members[i]->tuple);
		List	   *members;

		if (family->amopmethod != BTREE_AM_OID && family->amopmethod != HASH_AM_OID)
			continue;
		members = find_members(family->amopfamily, family->amoplefttype, family->amoprighttype);
		if (!any_replaceable(members))
			continue;
		if (!any)
			BeginSorted(c, &families);
		any = true;
		NextSorted(c, &families);
		PutInt(c->buf, family->amopmethod);
		PutOperatorFamilyName(c, family->amopfamily);
		put_members(c, members);
	}
	if (any)
		EndSorted(c, &families);
	ReleaseCatCacheList(list);
}
