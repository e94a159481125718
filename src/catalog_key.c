/*-------------------------------------------------------------------------
 *
 * catalog_key.c
 *	  The catalog's foreign keys: checked for what vde writes, and not for
 *	  what pg_restore loads.
 *
 * A table of an extension has its foreign keys from CREATE EXTENSION on, when
 * a restore has yet to load its rows.  pg_dump sorts the rows of such tables by
 * the foreign keys, so that a restore one after the other works.  But it
 * writes into an archive that the rows of a table depend on that table, and
 * nothing else (dumpTableData in pg_dump.c), and pg_restore with jobs takes
 * them in any order, the large ones first.
 *
 * So the trigger that PostgreSQL itself has on each referencing table for each
 * key ("is there a row to refer to?") is disabled, and a trigger of vde calls
 * the same function of PostgreSQL, with the same locks and the same errors, if
 * the row is written by CatalogWrite.  The triggers on the referenced side
 * (deleting or changing what is referred to) are what they always are.
 *
 * Invariants
 *
 * - The constraints are there, by which pg_dump sorts.
 *
 * - Where somebody has enabled the triggers of PostgreSQL (pg_upgrade and
 *	 pg_restore --disable-triggers do), they do the work and ours does none.
 *
 * - Rows that were not written by vde are looked at by vde_check.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "catalog.h"
#include "catalog_key.h"

PG_FUNCTION_INFO_V1(vde_check_keys);
PG_FUNCTION_INFO_V1(vde_take_over_keys);

/*
 * check_key
 *		Has PostgreSQL check one foreign key, as its own trigger would.
 */
static void
check_key(const TriggerData *data, Trigger *trigger)
{
	LOCAL_FCINFO(call, 0);
	FmgrInfo	function;
	TriggerData key = *data;

	key.tg_trigger = trigger;
	fmgr_info(trigger->tgfoid, &function);
	InitFunctionCallInfoData(*call, &function, 0, InvalidOid, (Node *) &key, NULL);
	(void) FunctionCallInvoke(call);
}

/*
 * vde_check_keys
 *		Trigger on each table of the catalog that refers to others.
 */
Datum
vde_check_keys(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	TriggerDesc *triggers;
	List	   *keys = NIL;
	ListCell   *cell;
	bool		update;
	int			i;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(data->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(data->tg_event) || TRIGGER_FIRED_BY_DELETE(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("vde.check_keys is for triggers AFTER INSERT OR UPDATE, FOR EACH ROW"),
				 errhint("It belongs to the catalog of vde, where it has its triggers.")));
	if (!CatalogIsWriting())
		PG_RETURN_POINTER(NULL);

	/* copied: the checks run queries, which may bring another descriptor */
	update = TRIGGER_FIRED_BY_UPDATE(data->tg_event);
	triggers = data->tg_relation->trigdesc;
	for (i = 0; i < triggers->numtriggers; i++)
	{
		Trigger    *trigger = &triggers->triggers[i];
		Trigger    *copy;

		if (trigger->tgfoid != (update ? F_RI_FKEY_CHECK_UPD : F_RI_FKEY_CHECK_INS) ||
			trigger->tgenabled != TRIGGER_DISABLED)
			continue;
		if (update && !RI_FKey_fk_upd_check_required(trigger, data->tg_relation,
													 data->tg_trigslot, data->tg_newslot))
			continue;
		copy = palloc(sizeof(Trigger));
		*copy = *trigger;
		copy->tgname = pstrdup(trigger->tgname);
		keys = lappend(keys, copy);
	}
	foreach(cell, keys)
		check_key(data, (Trigger *) lfirst(cell));
	PG_RETURN_POINTER(NULL);
}

/*
 * vde_take_over_keys
 *		Disables the triggers of PostgreSQL, and makes ours, on each table of
 *		the catalog that refers to others and does not have it yet.  Called by
 *		CREATE EXTENSION and ALTER EXTENSION UPDATE.
 *
 * Here and not in their scripts, because triggers of foreign keys have OIDs
 * in their names.
 */
Datum
vde_take_over_keys(PG_FUNCTION_ARGS)
{
	uint64		rows;

	if (!superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be superuser to set up the catalog of vde"),
				 errhint("CREATE EXTENSION vde and ALTER EXTENSION vde UPDATE call it.")));
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	rows = CatalogRead("WITH keys AS (SELECT DISTINCT conrelid FROM pg_catalog.pg_constraint "
					   "  WHERE contype OPERATOR(pg_catalog.=) 'f' AND connamespace OPERATOR(pg_catalog.=) 'vde'::pg_catalog.regnamespace) "
					   "SELECT pg_catalog.format('CREATE TRIGGER check_keys AFTER INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION vde.check_keys()', "
					   "  conrelid::pg_catalog.regclass) FROM keys "
					   "WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) conrelid "
					   "  AND t.tgfoid OPERATOR(pg_catalog.=) 'vde.check_keys()'::pg_catalog.regprocedure) "
					   "UNION ALL "
					   "SELECT pg_catalog.format('ALTER TABLE %s DISABLE TRIGGER %I', t.tgrelid::pg_catalog.regclass, t.tgname) "
					   "FROM keys JOIN pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) conrelid "
					   "WHERE t.tgisinternal AND t.tgenabled OPERATOR(pg_catalog.=) 'O' AND t.tgfoid OPERATOR(pg_catalog.=) ANY (ARRAY["
					   "  'pg_catalog.\"RI_FKey_check_ins\"()'::pg_catalog.regprocedure, 'pg_catalog.\"RI_FKey_check_upd\"()'::pg_catalog.regprocedure]::pg_catalog.oid[])", "");
	RunEachRow(rows);
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "SPI_finish failed");
	PG_RETURN_VOID();
}

/*
 * BrokenKeys
 *		See catalog_key.h.
 */
List *
BrokenKeys(void)
{
	List	   *keys = NIL;
	List	   *queries = NIL;
	List	   *broken = NIL;
	ListCell   *cell;
	ListCell   *query;
	uint64		rows;
	uint64		row;

	rows = CatalogRead("SELECT c.conrelid::regclass::text, c.confrelid::regclass::text, c.conname, "
					   "format('SELECT count(*) FROM %s r WHERE %s AND NOT EXISTS (SELECT FROM %s t WHERE %s)', c.conrelid::regclass, "
					   "  string_agg(format('r.%I IS NOT NULL', a.attname), ' AND ' ORDER BY k.n), c.confrelid::regclass, "
					   "  string_agg(format('t.%I = r.%I', b.attname, a.attname), ' AND ' ORDER BY k.n)) "
					   "FROM pg_constraint c, unnest(c.conkey, c.confkey) WITH ORDINALITY AS k (own, other, n), pg_attribute a, pg_attribute b "
					   "WHERE c.contype = 'f' AND c.connamespace = 'vde'::regnamespace "
					   "AND a.attrelid = c.conrelid AND a.attnum = k.own AND b.attrelid = c.confrelid AND b.attnum = k.other "
					   "GROUP BY c.oid, c.conrelid, c.confrelid, c.conname ORDER BY 1, 3", "");
	for (row = 0; row < rows; row++)
	{
		BrokenKey  *key = palloc(sizeof(BrokenKey));

		key->table = CatalogText(row, 1);
		key->referenced = CatalogText(row, 2);
		key->constraint = CatalogText(row, 3);
		keys = lappend(keys, key);
		queries = lappend(queries, CatalogText(row, 4));
	}
	forboth(cell, keys, query, queries)
	{
		BrokenKey  *key = (BrokenKey *) lfirst(cell);

		CHECK_FOR_INTERRUPTS();
		(void) RunStatement((char *) lfirst(query), true);
		key->rows = CatalogInt64(0, 1);
		if (key->rows > 0)
			broken = lappend(broken, key);
	}
	return broken;
}
