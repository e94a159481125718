/*-------------------------------------------------------------------------
 *
 * enum_label.c
 *	  The labels of an enum, as canonical bytes.
 *
 * They come in the order of the enum, not in that in which they were added: a
 * label may have been put between others later.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_enum.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "digest.h"
#include "enum_label.h"

/*
 * PutEnumLabels
 *		See enum_label.h.
 */
void
PutEnumLabels(StringInfo buf, Oid typid, bool with_oids)
{
	Relation	labels = table_open(EnumRelationId, AccessShareLock);
	Relation	index = index_open(EnumTypIdSortOrderIndexId, AccessShareLock);
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_enum_enumtypid,
				BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(typid));
	scan = systable_beginscan_ordered(labels, index, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext_ordered(scan, ForwardScanDirection)))
	{
		Form_pg_enum label = (Form_pg_enum) GETSTRUCT(tuple);

		if (with_oids)
			PutInt(buf, label->oid);
		PutString(buf, NameStr(label->enumlabel));
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(labels, AccessShareLock);
}
