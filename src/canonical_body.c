/*-------------------------------------------------------------------------
 *
 * canonical_body.c
 *	  SQL functions whose body is a string.
 *
 * The string is analyzed here, as the model that calls the function would do
 * it, so that a table or function that the same text means tomorrow is seen.
 * That is the object's resolution.  It depends on the model's settings and
 * owner, and is therefore no part of the object's digest, which can be
 * computed again without the model.
 *
 * Polymorphic functions, and such as do more than SELECT, have none: they stay
 * text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "executor/functions.h"
#include "miscadmin.h"
#include "parser/analyze.h"
#include "parser/parse_node.h"
#include "parser/parser.h"
#include "utils/array.h"
#include "utils/guc.h"
#include "utils/syscache.h"

#include "canonical.h"
#include "session.h"
#include "subtransaction.h"

/*
 * The queries that the body of an SQL function given as a string stands for,
 * when called by the model that the scope is about.  Throws what analysis
 * does.
 */
static List *
analyze_body(const Definition *definition, HeapTuple tuple)
{
	Form_pg_proc proc = (Form_pg_proc) GETSTRUCT(tuple);
	char	   *source = TextAttribute(PROCOID, tuple, Anum_pg_proc_prosrc);
	SQLFunctionParseInfoPtr info;
	RunAs		run_as;
	bool		isnull;
	Datum		config;
	List	   *queries = NIL;
	ListCell   *lc;

	RunAsBegin(&run_as, proc->prosecdef ? proc->proowner : definition->owner,
			   definition->settings, true);
	config = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_proconfig, &isnull);
	if (!isnull)
		ProcessGUCArray(DatumGetArrayTypeP(config),
						superuser() ? PGC_SUSET : PGC_USERSET, PGC_S_SESSION,
						GUC_ACTION_SAVE);

	info = prepare_sql_fn_parse_info(tuple, NULL, InvalidOid);
	foreach(lc, raw_parser(source, RAW_PARSE_DEFAULT))
	{
		ParseState *pstate = make_parsestate(NULL);

		pstate->p_sourcetext = source;
		sql_fn_parser_setup(pstate, info);
		queries = lappend(queries,
						  transformTopLevelStmt(pstate,
												lfirst_node(RawStmt, lc)));
		free_parsestate(pstate);
	}
	RunAsEnd(&run_as);

	return queries;
}

/*
 * Follows an SQL function given as a string into what it calls and reads.
 *
 * The body may well not be analyzable (a table is not there yet, arguments
 * are polymorphic): then it fails, or not, when the model runs, and here it
 * stays a text.  The subtransaction is there to fail in; it is always rolled
 * back, for nothing done in it is to last.
 */
void
ResolveBody(CanonicalScope *scope, OutsideObject *object)
{
	Subtransaction sub;
	List	   *volatile queries = NIL;
	volatile bool analyzed = false;
	HeapTuple	tuple;

	tuple = SearchSysCacheCopy1(PROCOID, ObjectIdGetDatum(object->oid));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", object->oid);
	if (((Form_pg_proc) GETSTRUCT(tuple))->prolang != SQLlanguageId ||
		TextAttribute(PROCOID, tuple, Anum_pg_proc_prosqlbody) != NULL)
		return;

	SubtransactionBegin(&sub);
	PG_TRY();
	{
		queries = analyze_body(scope->definition, tuple);
		analyzed = true;
		SubtransactionEnd(&sub, false);
	}
	PG_CATCH();
	{
		ErrorData  *error = SubtransactionFailed(&sub);

		if (IsErrorOfTheMoment(error))
			ReThrowError(error);
		FreeErrorData(error);
	}
	PG_END_TRY();

	if (analyzed && OnlySelects(queries))
	{
		StringInfoData bytes;
		Canonical	c;
		ListCell   *lc;

		initStringInfo(&bytes);
		InitCanonical(&c, scope, &bytes, &object->uses);
		PutInt(&bytes, list_length(queries));
		foreach(lc, queries)
			PutQuery(&c, lfirst_node(Query, lc));
		DigestBytes(bytes.data, bytes.len, &object->resolution);
		object->resolved = true;
	}
}
