/*-------------------------------------------------------------------------
 *
 * canonical_name.c
 *	  Catalog objects in canonical bytes: types, functions, operators,
 *	  collations, relations, by name.
 *
 * An object of PostgreSQL's own is a leaf: its qualified name (and argument
 * types) is all there is.  Any other is written by its name too, and noted
 * down in Uses, through which its definition joins the hash: see
 * dependency.c.  Writing a call also notes what the call may depend on.
 *
 * Folded in, because			nobody looks further yet
 *	settings					any function that is not immutable, any user's
 *								one (immutable is what its author says), and
 *								what canonical_setting.c lists
 *	the role					functions that ask for it, user's functions
 *								that are not immutable (their bodies may read
 *								anything), system views (they show what the
 *								role may see)
 *
 * Chance (see Uses) is what is volatile, and what reads the time or the
 * session.  Of a user's function that is seen when its definition is examined:
 * many are volatile only because nobody said otherwise.  A text cast to a date
 * is not chance, though it may read "today".
 *
 * Left to names alone, because only a superuser can change what is behind
 * them: base types, C functions' code (their library and symbol are in),
 * planner support functions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/transam.h"
#include "catalog/heap.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "canonical.h"
#include "dependency.h"
#include "outside.h"
#include "outside_view.h"
#include "settings.h"

/*
 * PostgreSQL's functions whose result follows the role that asks; those that
 * run a query given as text can ask anything.
 */
static const char *const role_functions[] = {
	"current_*",
	"session_user",
	"getpgusername",
	"has_*",
	"pg_has_role",
	"row_security_active",
	"query_to_xml*",
	"cursor_to_xml*",
	"table_to_xml*",
	"schema_to_xml*",
	"database_to_xml*",
	"ts_stat",
	"ts_rewrite",
};

/*
 * PostgreSQL's functions that are not volatile and still give another result
 * at another time, or in another session, with the same settings.
 */
static const char *const chance_functions[] = {
	"now",
	"statement_timestamp",
	"transaction_timestamp",
	"txid_*",
	"pg_current_*",
	"pg_visible_in_snapshot",
	"pg_backend_pid",
	"pg_blocking_pids",
	"pg_safe_snapshot_blocking_pids",
	"pg_postmaster_start_time",
	"pg_conf_load_time",
	"pg_my_temp_schema",
	"pg_is_*",
	"pg_last_*",
	"pg_get_wal_*",
	"pg_xact_*",
	"inet_client_*",
	"inet_server_*",
	"pg_stat_*",
	"pg_lock_status",
	"pg_prepared_*",
	"pg_cursor",
	"pg_show_*",
	"pg_ls_*",
	"pg_read_*",
	"query_to_xml*",
	"cursor_to_xml*",
	"table_to_xml*",
	"schema_to_xml*",
	"database_to_xml*",
	"ts_stat",
};

/*
 * Output functions must print the same text wherever they run.
 */
static const struct
{
	const char *name;
	const char *value;
}			output_settings[] = {
	{"search_path", "pg_catalog, pg_temp"},
	{"DateStyle", "ISO, YMD"},
	{"IntervalStyle", "postgres"},
	{"TimeZone", "UTC"},
	{"extra_float_digits", "3"},
	{"bytea_output", "hex"},
	{"lc_monetary", "C"},
	{"quote_all_identifiers", "off"},
};

/*
 * Puts the settings for output in force, once per scope.
 */
void
PinOutput(CanonicalScope *scope)
{
	int			i;

	if (scope->pinned)
		return;

	scope->guc_level = NewGUCNestLevel();
	scope->pinned = true;
	for (i = 0; i < lengthof(output_settings); i++)
		ApplySetting(output_settings[i].name, output_settings[i].value);
}

/*
 * Ends that; on an error, the end of the transaction does.
 */
void
UnpinOutput(CanonicalScope *scope)
{
	if (scope->pinned)
		AtEOXact_GUC(false, scope->guc_level);
	scope->pinned = false;
}

/*
 * Name of a schema.
 */
const char *
SchemaName(Oid nspid)
{
	const char *name;

	if (nspid == PG_CATALOG_NAMESPACE)
		return "pg_catalog";
	name = get_namespace_name(nspid);
	if (name == NULL)
		elog(ERROR, "cache lookup failed for namespace %u", nspid);
	return name;
}

/*
 * Notes down that the present bytes use an object that is not PostgreSQL's
 * own; returns what is known of it.
 */
OutsideObject *
UseObject(Canonical *c, OutsideClass class, Oid oid)
{
	OutsideObject *object = NULL;
	ListCell   *lc;

	foreach(lc, c->scope->outside)
	{
		object = (OutsideObject *) lfirst(lc);
		if (object->oid == oid && object->class == class)
			break;
	}
	if (lc == NULL)
	{
		object = palloc0(sizeof(OutsideObject));
		object->class = class;
		object->oid = oid;
		object->identity = ObjectIdentity(class, oid);
		c->scope->outside = lappend(c->scope->outside, object);
	}

	c->uses->objects = list_append_unique_ptr(c->uses->objects, object);
	return object;
}

/* ---------------------------------------------------------------------
 * Types and collations
 * ---------------------------------------------------------------------
 */

/*
 * An array is written as the type of its elements: the name of an array type
 * is nobody's choice.
 */
void
PutType(Canonical *c, Oid typid)
{
	HeapTuple	tuple;
	Form_pg_type type;

	if (!OidIsValid(typid))
	{
		PutTag(c->buf, TAG_NONE);
		return;
	}

	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(typid));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", typid);
	type = (Form_pg_type) GETSTRUCT(tuple);

	if (IsTrueArrayType(type))
	{
		PutTag(c->buf, TAG_ARRAY_TYPE);
		PutType(c, type->typelem);
	}
	else
	{
		PutTag(c->buf, TAG_TYPE);
		PutString(c->buf, SchemaName(type->typnamespace));
		PutString(c->buf, NameStr(type->typname));
		if (typid >= FirstNormalObjectId)
			(void) UseObject(c, OUTSIDE_TYPE, typid);
	}
	ReleaseSysCache(tuple);
}

/*
 * Type, modifier and collation of a value.  The modifier of a record is a
 * number of this session's.
 */
void
PutTypeOf(Canonical *c, Oid typid, int32 typmod, Oid collid)
{
	PutType(c, typid);
	PutInt(c->buf, typid == RECORDOID ? -1 : typmod);
	PutCollation(c, collid);
}

/*
 * A collation, or none.
 */
void
PutCollation(Canonical *c, Oid collid)
{
	HeapTuple	tuple;
	Form_pg_collation collation;

	if (!OidIsValid(collid))
	{
		PutTag(c->buf, TAG_NONE);
		return;
	}

	tuple = SearchSysCache1(COLLOID, ObjectIdGetDatum(collid));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for collation %u", collid);
	collation = (Form_pg_collation) GETSTRUCT(tuple);
	PutTag(c->buf, TAG_COLLATION);
	PutString(c->buf, SchemaName(collation->collnamespace));
	PutString(c->buf, NameStr(collation->collname));
	if (collid >= FirstNormalObjectId)
		(void) UseObject(c, OUTSIDE_COLLATION, collid);
	ReleaseSysCache(tuple);
}

/* ---------------------------------------------------------------------
 * Functions and operators
 * ---------------------------------------------------------------------
 */

/*
 * Is the name of a function in a list?  A trailing "*" there stands for any
 * ending.
 */
bool
IsListed(const char *name, const char *const *patterns, int count)
{
	int			i;

	for (i = 0; i < count; i++)
	{
		const char *pattern = patterns[i];
		int			length = (int) strlen(pattern);

		if (pattern[length - 1] == '*' ?
			strncmp(name, pattern, length - 1) == 0 :
			strcmp(name, pattern) == 0)
			return true;
	}
	return false;
}

/*
 * What a call of the function depends on, besides its arguments.  args: those
 * where they are known, or NIL.
 */
static void
note_call(Canonical *c, Oid funcid, Form_pg_proc proc, List *args)
{
	if (funcid >= FirstNormalObjectId)
	{
		c->uses->settings = true;
		if (proc->provolatile != PROVOLATILE_IMMUTABLE)
			c->uses->role = true;
	}
	else if (proc->provolatile != PROVOLATILE_IMMUTABLE)
	{
		c->uses->settings = true;
		UseDefaultSearch(c, NameStr(proc->proname));
		if (IsListed(NameStr(proc->proname), role_functions,
					 lengthof(role_functions)))
			c->uses->role = true;

		/* age() of one argument counts from today */
		if (proc->provolatile == PROVOLATILE_VOLATILE ||
			IsListed(NameStr(proc->proname), chance_functions,
					 lengthof(chance_functions)) ||
			(strcmp(NameStr(proc->proname), "age") == 0 && proc->pronargs == 1))
			NoteChance(c, psprintf("%s()", NameStr(proc->proname)));
	}
	else if (ImmutableFollowsSettings(funcid, proc->prorettype, args))
		c->uses->settings = true;
	if (proc->provolatile == PROVOLATILE_VOLATILE)
		c->uses->is_volatile = true;
}

/*
 * Name and argument types; called: note down the call as well.
 */
static void
put_function(Canonical *c, Oid funcid, bool called, List *args)
{
	HeapTuple	tuple;
	Form_pg_proc proc;
	int			i;

	if (!OidIsValid(funcid))
	{
		PutTag(c->buf, TAG_NONE);
		return;
	}

	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(funcid));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", funcid);
	proc = (Form_pg_proc) GETSTRUCT(tuple);

	PutTag(c->buf, TAG_FUNCTION);
	PutString(c->buf, SchemaName(proc->pronamespace));
	PutString(c->buf, NameStr(proc->proname));
	PutInt(c->buf, proc->pronargs);
	for (i = 0; i < proc->pronargs; i++)
		PutType(c, proc->proargtypes.values[i]);

	if (called)
	{
		note_call(c, funcid, proc, args);
		if (funcid >= FirstNormalObjectId)
			(void) UseObject(c, OUTSIDE_FUNCTION, funcid);
	}
	ReleaseSysCache(tuple);
}

/*
 * A function that is called.
 */
void
PutFunction(Canonical *c, Oid funcid)
{
	put_function(c, funcid, true, NIL);
}

/*
 * The same, with arguments that are known.  They are not written.
 */
void
PutCalledFunction(Canonical *c, Oid funcid, List *args)
{
	put_function(c, funcid, true, args);
}

/*
 * The same, of whose definition nothing is wanted.
 */
void
PutFunctionName(Canonical *c, Oid funcid)
{
	put_function(c, funcid, false, NIL);
}

/*
 * An operator that is called.
 */
void
PutOperator(Canonical *c, Oid opno)
{
	HeapTuple	tuple;
	Form_pg_operator operator;
	HeapTuple	proc;

	if (!OidIsValid(opno))
	{
		PutTag(c->buf, TAG_NONE);
		return;
	}

	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(opno));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", opno);
	operator = (Form_pg_operator) GETSTRUCT(tuple);

	PutTag(c->buf, TAG_OPERATOR);
	PutString(c->buf, SchemaName(operator->oprnamespace));
	PutString(c->buf, NameStr(operator->oprname));
	PutType(c, operator->oprleft);
	PutType(c, operator->oprright);

	proc = SearchSysCache1(PROCOID, ObjectIdGetDatum(operator->oprcode));
	if (!HeapTupleIsValid(proc))
		elog(ERROR, "cache lookup failed for function %u", operator->oprcode);
	note_call(c, operator->oprcode, (Form_pg_proc) GETSTRUCT(proc), NIL);
	ReleaseSysCache(proc);
	if (opno >= FirstNormalObjectId)
		(void) UseObject(c, OUTSIDE_OPERATOR, opno);
	ReleaseSysCache(tuple);
}

/* ---------------------------------------------------------------------
 * Relations
 * ---------------------------------------------------------------------
 */

/*
 * Is a relation followed into its query?  A view in vde's own schema is not:
 * its name has the version that it shows.
 */
static OutsideClass
relation_class(Oid relid)
{
	if (get_rel_relkind(relid) == RELKIND_VIEW &&
		strcmp(SchemaName(get_rel_namespace(relid)), VDE_DATA_SCHEMA) != 0)
		return OUTSIDE_VIEW;
	return OUTSIDE_RELATION;
}

/*
 * A relation that is not a model's ephemeral one.
 */
void
PutRelation(Canonical *c, Oid relid)
{
	char	   *name = get_rel_name(relid);

	if (name == NULL)
		elog(ERROR, "cache lookup failed for relation %u", relid);
	PutTag(c->buf, TAG_RELATION);
	PutString(c->buf, SchemaName(get_rel_namespace(relid)));
	PutString(c->buf, name);

	UseRelation(c, relid);
}

/*
 * Is the relation more than a name to what is being written?
 *
 * A view of the virtual layer is not, in a view of the user's: the model that
 * reads that view reads the model (see outside_view.c), and what prod's view
 * shows at the moment is nobody's business.  Code cannot be looked through
 * like that: it would read prod in every environment.  So it is refused, but
 * only for a model: what is compared by itself must not fail.
 */
static bool
is_more_than_name(Canonical *c, Oid relid)
{
	OutsideObject *by = c->scope->examined;
	char	   *reader;
	char	   *name;
	char	   *detail;
	Oid			view = relid;

	if (by == NULL || get_rel_relkind(relid) != RELKIND_VIEW)
		return true;
	if (by->class == OUTSIDE_VIEW || c->scope->definition == NULL)
		return !IsEnvironmentView(relid);
	if (!IsEnvironmentView(relid))
	{
		List	   *reached = ModelViewsRead(relid);

		if (reached == NIL)
			return true;
		view = linitial_oid(reached);
	}

	reader = DependencyDescription(OutsideClassName(by->class), by->identity);
	if (by->class == OUTSIDE_RELATION)
		reader = psprintf("a policy of %s", reader);
	name = quote_qualified_identifier(SchemaName(get_rel_namespace(view)),
									  get_rel_name(view));
	detail = psprintf("In every environment it would read the same rows, and a promote would build model \"%s\" over the old ones.",
					  QuoteModelName(&c->scope->definition->name));
	if (view != relid)
		detail = psprintf("It does so through view %s. %s",
						  quote_qualified_identifier(SchemaName(get_rel_namespace(relid)),
													 get_rel_name(relid)),
						  detail);
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 strstr(SchemaName(get_rel_namespace(view)), "__") != NULL ?
			 errmsg("%s reads %s, a view of an environment", reader, name) :
			 errmsg("%s reads the view of model %s", reader, name),
			 errdetail_internal("%s", detail),
			 by->class == OUTSIDE_RELATION ?
			 errhint("Let the policy read a table of your own.") :
			 errhint("Read the model in the query itself, and pass what the function needs.")));
	return false;				/* keep compiler quiet */
}

/*
 * Notes down that a relation is read.
 */
void
UseRelation(Canonical *c, Oid relid)
{
	if (relid >= FirstNormalObjectId && !is_more_than_name(c, relid))
		return;
	if (relid >= FirstNormalObjectId)
		(void) UseObject(c, relation_class(relid), relid);
	else
	{
		/* PostgreSQL's own catalogs: who deploys changes them */
		NoteChance(c, "a system catalog");
		if (get_rel_relkind(relid) == RELKIND_VIEW)
		{
			c->uses->settings = true;
			c->uses->role = true;
		}
	}
}

/*
 * Notes down that a column of a relation is read.
 */
void
UseColumn(Canonical *c, Oid relid, AttrNumber attnum)
{
	OutsideObject *object;

	if (relid < FirstNormalObjectId || !is_more_than_name(c, relid))
		return;
	object = UseObject(c, relation_class(relid), relid);
	object->columns = bms_add_member(object->columns,
									 attnum - FirstLowInvalidHeapAttributeNumber);
}

/*
 * The same for all its columns.
 */
void
UseAllColumns(Canonical *c, Oid relid)
{
	AttrNumber	attnum;

	for (attnum = 1;; attnum++)
	{
		HeapTuple	tuple;
		bool		dropped;

		tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid),
								Int16GetDatum(attnum));
		if (!HeapTupleIsValid(tuple))
			break;
		dropped = ((Form_pg_attribute) GETSTRUCT(tuple))->attisdropped;
		ReleaseSysCache(tuple);
		if (!dropped)
			UseColumn(c, relid, attnum);
	}
}

/*
 * The name of a column.
 */
void
PutColumn(Canonical *c, Oid relid, AttrNumber attnum)
{
	if (attnum < 0)
	{
		const char *name = NameStr(SystemAttributeDefinition(attnum)->attname);

		PutString(c->buf, name);
		NoteChance(c, psprintf("system column %s", name));
	}
	else
	{
		char	   *name = get_attname(relid, attnum, false);

		PutString(c->buf, name);
		pfree(name);
	}
	UseColumn(c, relid, attnum);
}
