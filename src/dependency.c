/*-------------------------------------------------------------------------
 *
 * dependency.c
 *	  Things outside vde by their identity: made, found again, compared.
 *
 * Identities are lists of names, never OIDs, for they are stored, dumped and
 * restored.  Whatever ObjectIdentity() makes, find_object() finds while the
 * object is there under that name.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_dict.h"
#include "catalog/pg_type.h"
#include "nodes/value.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "canonical.h"
#include "compat.h"
#include "dependency.h"

static const char column_class[] = "column";

/* all columns of a relation: SELECT *, NATURAL JOIN and a name alone may mean
 * something else when one more is there, which no column that is read tells */
static const char columns_class[] = "columns";

/* a table's, which decides whether a query with GROUP BY is valid */
static const char primary_key_class[] = "primary key";

/*
 * The word for a class of objects, as in Dependency.
 */
const char *
OutsideClassName(OutsideClass class)
{
	switch (class)
	{
		case OUTSIDE_RELATION:
			return "relation";
		case OUTSIDE_VIEW:
			return "view";
		case OUTSIDE_FUNCTION:
			return "function";
		case OUTSIDE_OPERATOR:
			return "operator";
		case OUTSIDE_TYPE:
			return "type";
		case OUTSIDE_COLLATION:
			return "collation";
		case OUTSIDE_CONFIGURATION:
			return "text search configuration";
		case OUTSIDE_DICTIONARY:
			return "text search dictionary";
	}
	elog(ERROR, "unrecognized class of objects: %d", (int) class);
	return NULL;				/* keep compiler quiet */
}

/* ---------------------------------------------------------------------
 * From object to identity
 * ---------------------------------------------------------------------
 */

/*
 * A type as text that find_type() reads; "" for none.
 */
static char *
type_text(Oid typid)
{
	if (!OidIsValid(typid))
		return pstrdup("");
	return format_type_extended(typid, -1, FORMAT_TYPE_FORCE_QUALIFY);
}

/*
 * Schema, name, and what else tells it from others of its class.
 */
List *
ObjectIdentity(OutsideClass class, Oid oid)
{
	List	   *identity = NIL;
	HeapTuple	tuple = NULL;

	switch (class)
	{
		case OUTSIDE_RELATION:
		case OUTSIDE_VIEW:
			{
				char	   *name = get_rel_name(oid);

				if (name == NULL)
					elog(ERROR, "cache lookup failed for relation %u", oid);
				return list_make2(pstrdup(SchemaName(get_rel_namespace(oid))),
								  name);
			}
		case OUTSIDE_FUNCTION:
			tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(oid));
			if (HeapTupleIsValid(tuple))
			{
				Form_pg_proc proc = (Form_pg_proc) GETSTRUCT(tuple);
				int			i;

				identity = list_make2(pstrdup(SchemaName(proc->pronamespace)),
									  pstrdup(NameStr(proc->proname)));
				for (i = 0; i < proc->pronargs; i++)
					identity = lappend(identity,
									   type_text(proc->proargtypes.values[i]));
			}
			break;
		case OUTSIDE_OPERATOR:
			tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(oid));
			if (HeapTupleIsValid(tuple))
			{
				Form_pg_operator operator = (Form_pg_operator) GETSTRUCT(tuple);

				identity = list_make4(pstrdup(SchemaName(operator->oprnamespace)),
									  pstrdup(NameStr(operator->oprname)),
									  type_text(operator->oprleft),
									  type_text(operator->oprright));
			}
			break;
		case OUTSIDE_TYPE:
			tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(oid));
			if (HeapTupleIsValid(tuple))
			{
				Form_pg_type type = (Form_pg_type) GETSTRUCT(tuple);

				identity = list_make2(pstrdup(SchemaName(type->typnamespace)),
									  pstrdup(NameStr(type->typname)));
			}
			break;
		case OUTSIDE_COLLATION:
			tuple = SearchSysCache1(COLLOID, ObjectIdGetDatum(oid));
			if (HeapTupleIsValid(tuple))
			{
				Form_pg_collation collation = (Form_pg_collation) GETSTRUCT(tuple);

				identity = list_make2(pstrdup(SchemaName(collation->collnamespace)),
									  pstrdup(NameStr(collation->collname)));
			}
			break;
		case OUTSIDE_CONFIGURATION:
			tuple = SearchSysCache1(TSCONFIGOID, ObjectIdGetDatum(oid));
			if (HeapTupleIsValid(tuple))
			{
				Form_pg_ts_config config = (Form_pg_ts_config) GETSTRUCT(tuple);

				identity = list_make2(pstrdup(SchemaName(config->cfgnamespace)),
									  pstrdup(NameStr(config->cfgname)));
			}
			break;
		case OUTSIDE_DICTIONARY:
			tuple = SearchSysCache1(TSDICTOID, ObjectIdGetDatum(oid));
			if (HeapTupleIsValid(tuple))
			{
				Form_pg_ts_dict dictionary = (Form_pg_ts_dict) GETSTRUCT(tuple);

				identity = list_make2(pstrdup(SchemaName(dictionary->dictnamespace)),
									  pstrdup(NameStr(dictionary->dictname)));
			}
			break;
	}

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for %s %u",
			 OutsideClassName(class), oid);
	ReleaseSysCache(tuple);
	return identity;
}

/* ---------------------------------------------------------------------
 * From identity to object
 * ---------------------------------------------------------------------
 */

/*
 * The type of that text, InvalidOid for "" and for one that is gone.
 */
static Oid
find_type(const char *text)
{
	HeapTuple	tuple;
	Oid			typid = InvalidOid;

	if (text[0] == '\0')
		return InvalidOid;
	tuple = LookupTypeName(NULL, VdeTypeStringToTypeName(text), NULL, true);
	if (HeapTupleIsValid(tuple))
	{
		typid = ((Form_pg_type) GETSTRUCT(tuple))->oid;
		ReleaseSysCache(tuple);
	}
	return typid;
}

/*
 * The function of that name and those argument types.
 */
static Oid
find_function(Oid nspid, const char *name, List *types)
{
	int			count = list_length(types);
	Oid		   *argtypes = palloc(Max(count, 1) * sizeof(Oid));
	int			i = 0;
	ListCell   *lc;

	if (count > FUNC_MAX_ARGS)
		return InvalidOid;
	foreach(lc, types)
	{
		argtypes[i] = find_type((char *) lfirst(lc));
		if (!OidIsValid(argtypes[i]))
			return InvalidOid;
		i++;
	}
	return GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
						   CStringGetDatum(name),
						   PointerGetDatum(buildoidvector(argtypes, count)),
						   ObjectIdGetDatum(nspid));
}

/*
 * The operator of that name and those types; "" is no argument.
 */
static Oid
find_operator(Oid nspid, const char *name, const char *left, const char *right)
{
	Oid			left_type = find_type(left);
	Oid			right_type = find_type(right);

	if ((left[0] != '\0' && !OidIsValid(left_type)) ||
		(right[0] != '\0' && !OidIsValid(right_type)))
		return InvalidOid;
	return GetSysCacheOid4(OPERNAMENSP, Anum_pg_operator_oid,
						   CStringGetDatum(name),
						   ObjectIdGetDatum(left_type),
						   ObjectIdGetDatum(right_type),
						   ObjectIdGetDatum(nspid));
}

/*
 * The object of that class and identity; false when it is gone, or has become
 * one of another class.
 */
static bool
find_object(const char *class, List *identity, OutsideObject *object)
{
	int			length = list_length(identity);
	const char *name;
	Oid			nspid;

	memset(object, 0, sizeof(OutsideObject));
	object->identity = identity;
	if (length < 2)
		elog(ERROR, "incomplete identity of a %s", class);

	nspid = get_namespace_oid((char *) linitial(identity), true);
	if (!OidIsValid(nspid))
		return false;
	name = (char *) lsecond(identity);

	if (strcmp(class, "relation") == 0 || strcmp(class, "view") == 0)
	{
		bool		view = strcmp(class, "view") == 0;

		object->class = view ? OUTSIDE_VIEW : OUTSIDE_RELATION;
		object->oid = get_relname_relid(name, nspid);
		if (OidIsValid(object->oid) &&
			strcmp((char *) linitial(identity), VDE_DATA_SCHEMA) != 0 &&
			(get_rel_relkind(object->oid) == RELKIND_VIEW) != view)
			return false;
	}
	else if (strcmp(class, "function") == 0)
	{
		object->class = OUTSIDE_FUNCTION;
		object->oid = find_function(nspid, name, list_copy_tail(identity, 2));
	}
	else if (strcmp(class, "operator") == 0 && length == 4)
	{
		object->class = OUTSIDE_OPERATOR;
		object->oid = find_operator(nspid, name, (char *) lthird(identity),
									(char *) lfourth(identity));
	}
	else if (strcmp(class, "type") == 0)
	{
		object->class = OUTSIDE_TYPE;
		object->oid = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid,
									  CStringGetDatum(name),
									  ObjectIdGetDatum(nspid));
	}
	else if (strcmp(class, "collation") == 0)
	{
		object->class = OUTSIDE_COLLATION;
		object->oid = get_collation_oid(list_make2(makeString((char *) linitial(identity)),
												   makeString(pstrdup(name))),
										true);
	}
	else if (strcmp(class, "text search configuration") == 0)
	{
		object->class = OUTSIDE_CONFIGURATION;
		object->oid = GetSysCacheOid2(TSCONFIGNAMENSP, Anum_pg_ts_config_oid,
									  CStringGetDatum(name),
									  ObjectIdGetDatum(nspid));
	}
	else if (strcmp(class, "text search dictionary") == 0)
	{
		object->class = OUTSIDE_DICTIONARY;
		object->oid = GetSysCacheOid2(TSDICTNAMENSP, Anum_pg_ts_dict_oid,
									  CStringGetDatum(name),
									  ObjectIdGetDatum(nspid));
	}
	else
		elog(ERROR, "unrecognized class of dependencies: \"%s\"", class);

	return OidIsValid(object->oid);
}

/* ---------------------------------------------------------------------
 * Digests
 * ---------------------------------------------------------------------
 */

/*
 * What a column is: type, modifier, collation.  NULL when it is gone.
 */
static char *
column_digest(CanonicalScope *scope, Oid relid, AttrNumber attnum)
{
	HeapTuple	tuple;
	Form_pg_attribute attribute;
	StringInfoData bytes;
	Canonical	c;
	Uses		uses = {0};
	Digest		digest;

	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid),
							Int16GetDatum(attnum));
	if (!HeapTupleIsValid(tuple))
		return NULL;
	attribute = (Form_pg_attribute) GETSTRUCT(tuple);
	initStringInfo(&bytes);
	InitCanonical(&c, scope, &bytes, &uses);
	PutTypeOf(&c, attribute->atttypid, attribute->atttypmod,
			  attribute->attcollation);
	ReleaseSysCache(tuple);

	DigestBytes(bytes.data, bytes.len, &digest);
	pfree(bytes.data);
	return DigestXxh3(&digest);
}

/*
 * A Dependency of its parts, which are not copied.
 */
static Dependency *
make_dependency(const char *class, List *identity, char *digest)
{
	Dependency *dependency = palloc(sizeof(Dependency));

	dependency->class = class;
	dependency->identity = identity;
	dependency->digest = digest;
	return dependency;
}

/*
 * The digest of the names of a relation's columns, in order.
 */
static char *
columns_digest(Oid relid)
{
	StringInfoData buf;
	Digest		digest;
	AttrNumber	attnum = 0;

	initStringInfo(&buf);
	for (;;)
	{
		HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid), Int16GetDatum(++attnum));
		Form_pg_attribute attribute;

		if (!HeapTupleIsValid(tuple))
			break;
		attribute = (Form_pg_attribute) GETSTRUCT(tuple);
		if (!attribute->attisdropped)
			PutString(&buf, NameStr(attribute->attname));
		ReleaseSysCache(tuple);
	}
	DigestBytes(buf.data, buf.len, &digest);
	pfree(buf.data);
	return DigestXxh3(&digest);
}

/*
 * The digest of the names of the columns of a relation's primary key; NULL
 * when it has none that counts.
 */
static char *
primary_key_digest(Oid relid)
{
	Oid			constraint;
	Bitmapset  *columns = get_primary_key_attnos(relid, false, &constraint);
	StringInfoData buf;
	Digest		digest;
	int			member = -1;

	if (columns == NULL)
		return NULL;
	initStringInfo(&buf);
	while ((member = bms_next_member(columns, member)) >= 0)
		PutString(&buf, get_attname(relid, member + FirstLowInvalidHeapAttributeNumber, false));
	DigestBytes(buf.data, buf.len, &digest);
	pfree(buf.data);
	return DigestXxh3(&digest);
}

/*
 * An examined object, and those of its columns that are read, as a list of
 * Dependency in the current memory context.
 */
List *
ObjectDependencies(OutsideObject *object)
{
	CanonicalScope scope = {0};
	List	   *identity = NIL;
	List	   *result;
	int			member = -1;
	ListCell   *lc;

	foreach(lc, object->identity)
		identity = lappend(identity, pstrdup((char *) lfirst(lc)));
	result = list_make1(make_dependency(OutsideClassName(object->class),
										identity,
										DigestXxh3(&object->digest)));

	if (object->class == OUTSIDE_RELATION || object->class == OUTSIDE_VIEW)
		result = lappend(result, make_dependency(columns_class, identity,
												 columns_digest(object->oid)));

	if (object->primary_key)
	{
		char	   *digest = primary_key_digest(object->oid);

		if (digest != NULL)
			result = lappend(result, make_dependency(primary_key_class, identity, digest));
	}

	while ((member = bms_next_member(object->columns, member)) >= 0)
	{
		AttrNumber	attnum = member + FirstLowInvalidHeapAttributeNumber;
		char	   *digest = column_digest(&scope, object->oid, attnum);
		char	   *name = get_attname(object->oid, attnum, true);

		if (digest == NULL || name == NULL)
			elog(ERROR, "cache lookup failed for attribute %d of relation %u",
				 attnum, object->oid);
		result = lappend(result,
						 make_dependency(column_class,
										 list_make3(linitial(identity),
													lsecond(identity), name),
										 digest));
	}

	return result;
}

/*
 * The relation that an identity begins with, or InvalidOid.
 */
static Oid
identity_relation(List *identity)
{
	Oid			nspid = get_namespace_oid((char *) linitial(identity), true);

	return OidIsValid(nspid) ? get_relname_relid((char *) lsecond(identity), nspid) : InvalidOid;
}

/*
 * The digest of such a thing as it is now, as ObjectDependencies() made it;
 * NULL when it is gone.
 */
char *
DependencyDigest(const char *class, List *identity)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context;
	CanonicalScope scope = {0};
	OutsideObject object;
	char	   *digest = NULL;

	context = AllocSetContextCreate(caller, "vde dependency",
									ALLOCSET_SMALL_SIZES);
	MemoryContextSwitchTo(context);

	if (strcmp(class, column_class) == 0)
	{
		Oid			relid;
		AttrNumber	attnum = InvalidAttrNumber;

		if (list_length(identity) != 3)
			elog(ERROR, "incomplete identity of a column");
		relid = identity_relation(identity);
		if (OidIsValid(relid))
			attnum = get_attnum(relid, (char *) lthird(identity));
		if (attnum != InvalidAttrNumber)
			digest = column_digest(&scope, relid, attnum);
	}
	else if (strcmp(class, columns_class) == 0 || strcmp(class, primary_key_class) == 0)
	{
		bool		key = strcmp(class, primary_key_class) == 0;
		Oid			relid;

		if (list_length(identity) != 2)
			elog(ERROR, "incomplete identity of a relation's %s", class);
		relid = identity_relation(identity);
		if (OidIsValid(relid))
			digest = key ? primary_key_digest(relid) : columns_digest(relid);
	}
	else if (find_object(class, identity, &object))
	{
		ExamineObject(&scope, &object);
		digest = DigestXxh3(&object.digest);
	}
	UnpinOutput(&scope);

	MemoryContextSwitchTo(caller);
	if (digest != NULL)
		digest = pstrdup(digest);
	MemoryContextDelete(context);
	return digest;
}

/*
 * Does a result that depends on it stay the same as long as its definition
 * does?  What an operator or a type calls is a dependency of its own.
 */
bool
DependencyIsFixed(const Dependency *dependency)
{
	OutsideObject object;

	if (strcmp(dependency->class, "operator") == 0 || strcmp(dependency->class, "type") == 0 ||
		strcmp(dependency->class, "collation") == 0 ||
		strncmp(dependency->class, "text search", strlen("text search")) == 0)
		return true;
	if (strcmp(dependency->class, "function") != 0)
		return false;
	return find_object(dependency->class, dependency->identity, &object) &&
		func_volatile(object.oid) == PROVOLATILE_IMMUTABLE;
}

/*
 * Are these the same strings, in the same order?
 */
static bool
equal_names(List *a, List *b)
{
	ListCell   *left;
	ListCell   *right;

	if (list_length(a) != list_length(b))
		return false;
	forboth(left, a, right, b)
	{
		if (strcmp((char *) lfirst(left), (char *) lfirst(right)) != 0)
			return false;
	}
	return true;
}

/*
 * See dependency.h.
 */
Dependency *
FindDependency(List *dependencies, const Dependency *wanted)
{
	ListCell   *cell;

	foreach(cell, dependencies)
	{
		Dependency *candidate = (Dependency *) lfirst(cell);

		if (strcmp(candidate->class, wanted->class) == 0 &&
			equal_names(candidate->identity, wanted->identity))
			return candidate;
	}
	return NULL;
}

/*
 * "column raw.orders.amount", "function shop.tax(numeric, text)",
 * "operator shop.+(integer, integer)"
 */
char *
DependencyDescription(const char *class, List *identity)
{
	bool		function = strcmp(class, "function") == 0;
	bool		operator = strcmp(class, "operator") == 0;
	StringInfoData text;
	int			i = 0;
	ListCell   *lc;

	initStringInfo(&text);
	appendStringInfo(&text, strcmp(class, columns_class) == 0 || strcmp(class, primary_key_class) == 0 ?
					 "%s of " : "%s ", class);
	foreach(lc, identity)
	{
		const char *part = (char *) lfirst(lc);

		if (i < 2 || (!function && !operator))
		{
			if (i > 0)
				appendStringInfoChar(&text, '.');
			appendStringInfoString(&text, operator && i == 1 ? part :
								   quote_identifier(part));
		}
		else
		{
			appendStringInfoString(&text, i == 2 ? "(" : ", ");
			appendStringInfoString(&text, part[0] == '\0' ? "none" : part);
		}
		i++;
	}
	if (function && i == 2)
		appendStringInfoChar(&text, '(');
	if (function || operator)
		appendStringInfoChar(&text, ')');

	return text.data;
}
