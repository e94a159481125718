/*-------------------------------------------------------------------------
 *
 * canonical_search.c
 *	  Text search configurations and dictionaries of users, as part of what a
 *	  query means.
 *
 * A configuration is named by a constant of type regconfig, or is the one of
 * the settings.  It is what its parser, its mappings and the dictionaries in
 * them are; a dictionary is its template and its options.  Parsers and
 * templates are C code, which only a superuser can change, and stand by their
 * names; so do the files that a dictionary reads.
 *
 * Not seen: a configuration whose name is computed by the query.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_config_map.h"
#include "catalog/pg_ts_dict.h"
#include "catalog/pg_ts_parser.h"
#include "catalog/pg_ts_template.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

#include "canonical.h"
#include "compat.h"
#include "settings.h"

/*
 * Name of a row of pg_ts_parser or pg_ts_template.
 */
static void
put_search_name(Canonical *c, int cache, Oid oid, AttrNumber name, AttrNumber nspname)
{
	HeapTuple	tuple = SearchSysCache1(cache, ObjectIdGetDatum(oid));
	bool		isnull;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for text search object %u", oid);
	PutString(c->buf, SchemaName(DatumGetObjectId(SysCacheGetAttr(cache, tuple, nspname, &isnull))));
	PutString(c->buf, NameStr(*DatumGetName(SysCacheGetAttr(cache, tuple, name, &isnull))));
	ReleaseSysCache(tuple);
}

/*
 * The definition of a dictionary.
 */
void
PutSearchDictionary(Canonical *c, Oid oid)
{
	HeapTuple	tuple = SearchSysCache1(TSDICTOID, ObjectIdGetDatum(oid));

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for text search dictionary %u", oid);
	put_search_name(c, TSTEMPLATEOID, ((Form_pg_ts_dict) GETSTRUCT(tuple))->dicttemplate,
					Anum_pg_ts_template_tmplname, Anum_pg_ts_template_tmplnamespace);
	PutString(c->buf, TextAttribute(TSDICTOID, tuple, Anum_pg_ts_dict_dictinitoption));
	ReleaseSysCache(tuple);
}

/*
 * The definition of a configuration: which dictionaries, in which order, for
 * which kinds of words.
 */
void
PutSearchConfiguration(Canonical *c, Oid oid)
{
	HeapTuple	tuple = SearchSysCache1(TSCONFIGOID, ObjectIdGetDatum(oid));
	Relation	maps;
	Relation	index;
	SysScanDesc scan;
	ScanKeyData key;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for text search configuration %u", oid);
	put_search_name(c, TSPARSEROID, ((Form_pg_ts_config) GETSTRUCT(tuple))->cfgparser,
					Anum_pg_ts_parser_prsname, Anum_pg_ts_parser_prsnamespace);
	ReleaseSysCache(tuple);

	maps = table_open(TSConfigMapRelationId, AccessShareLock);
	index = index_open(TSConfigMapIndexId, AccessShareLock);
	ScanKeyInit(&key, Anum_pg_ts_config_map_mapcfg, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(oid));
	scan = systable_beginscan_ordered(maps, index, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext_ordered(scan, ForwardScanDirection)))
	{
		Form_pg_ts_config_map map = (Form_pg_ts_config_map) GETSTRUCT(tuple);

		PutInt(c->buf, map->maptokentype);
		PutInt(c->buf, map->mapseqno);
		put_search_name(c, TSDICTOID, map->mapdict, Anum_pg_ts_dict_dictname,
						Anum_pg_ts_dict_dictnamespace);
		if (map->mapdict >= FirstNormalObjectId)
			(void) UseObject(c, OUTSIDE_DICTIONARY, map->mapdict);
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(maps, AccessShareLock);
}

/*
 * Notes what a constant names.
 */
void
UseSearchConstant(Canonical *c, const Const *constant)
{
	Oid			oid;

	if (constant->constisnull ||
		(constant->consttype != REGCONFIGOID && constant->consttype != REGDICTIONARYOID))
		return;
	oid = DatumGetObjectId(constant->constvalue);
	if (oid >= FirstNormalObjectId)
		(void) UseObject(c, constant->consttype == REGCONFIGOID ?
						 OUTSIDE_CONFIGURATION : OUTSIDE_DICTIONARY, oid);
}

/*
 * Notes the configuration of the definition's settings, where a function of
 * PostgreSQL's own is called that takes it.
 */
void
UseDefaultSearch(Canonical *c, const char *function)
{
	static const char *const functions[] = {
		"to_tsvector", "json_to_tsvector", "jsonb_to_tsvector", "to_tsquery",
		"plainto_tsquery", "phraseto_tsquery", "websearch_to_tsquery", "ts_headline",
		"ts_match_tt", "ts_match_tq",
	};
	char	   *name;
	List	   *names;
	Oid			oid = InvalidOid;

	if (c->scope->definition == NULL)
		return;
	if (!IsListed(function, functions, lengthof(functions)))
		return;
	name = SettingValue(c->scope->definition->settings, "default_text_search_config");
	if (name == NULL)
		return;
	names = VdeStringToQualifiedNameList(name);
	oid = get_ts_config_oid(names, true);
	if (oid >= FirstNormalObjectId)
		(void) UseObject(c, OUTSIDE_CONFIGURATION, oid);
}
