/*-------------------------------------------------------------------------
 *
 * compat.h
 *	  The one place where differences between PostgreSQL versions live.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_COMPAT_H
#define VDE_COMPAT_H

#include "postgres.h"

#if PG_VERSION_NUM < 150000
#error "vde needs PostgreSQL 15 or newer"
#endif

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* 19 has what CLUSTER does, which is what we use, under REPACK */
#if PG_VERSION_NUM >= 190000
#include "commands/repack.h"
#else
#include "commands/cluster.h"
#endif

/* 18 marks a function that does not return in front of its declaration */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

/* 17 has another argument: whether a stronger lock will do */
#if PG_VERSION_NUM >= 170000
#define VdeLockHeldByMe(tag, mode) LockHeldByMe(tag, mode, false)
#else
#define VdeLockHeldByMe(tag, mode) LockHeldByMe(tag, mode)
#endif

/* 16 has one function for all classes of objects */
#if PG_VERSION_NUM >= 160000
#define DatabaseAclcheck(oid, role, mode) \
	object_aclcheck(DatabaseRelationId, oid, role, mode)
#define NamespaceAclcheck(oid, role, mode) \
	object_aclcheck(NamespaceRelationId, oid, role, mode)
#define TablespaceAclcheck(oid, role, mode) \
	object_aclcheck(TableSpaceRelationId, oid, role, mode)
#else
#define DatabaseAclcheck(oid, role, mode) pg_database_aclcheck(oid, role, mode)
#define NamespaceAclcheck(oid, role, mode) pg_namespace_aclcheck(oid, role, mode)
#define TablespaceAclcheck(oid, role, mode) pg_tablespace_aclcheck(oid, role, mode)
#endif

/* 16 added a place for soft errors to these two. */
#if PG_VERSION_NUM >= 160000
#define VdeParseTypeString(str, typid, typmod) \
	((void) parseTypeString(str, typid, typmod, NULL))
#define VdeTypeStringToTypeName(str) typeStringToTypeName(str, NULL)
#else
#define VdeParseTypeString(str, typid, typmod) \
	parseTypeString(str, typid, typmod, false)
#define VdeTypeStringToTypeName(str) typeStringToTypeName(str)
#endif

/*
 * 16 moved permissions out of the range table, and marks Vars that an outer
 * join may turn to NULL.
 */
#if PG_VERSION_NUM >= 160000
#define RequireSelect(query, rte, role) \
	do { \
		RTEPermissionInfo *perminfo_ = \
			addRTEPermissionInfo(&(query)->rteperminfos, (rte)); \
		perminfo_->requiredPerms = ACL_SELECT; \
		perminfo_->checkAsUser = (role); \
	} while (0)
#define MarkNullable(pstate, var) markNullableIfNeeded(pstate, var)
#else
#define RequireSelect(query, rte, role) \
	do { \
		(rte)->requiredPerms = ACL_SELECT; \
		(rte)->checkAsUser = (role); \
	} while (0)
#define MarkNullable(pstate, var) ((void) 0)
#endif

/* What a range table entry asks of whom: its role (InvalidOid: who runs it) and columns. */
#if PG_VERSION_NUM >= 160000
#define RteCheckAs(query, rte) \
	((rte)->perminfoindex == 0 ? InvalidOid : \
	 getRTEPermissionInfo((query)->rteperminfos, (rte))->checkAsUser)
#define RteSelectedColumns(query, rte) \
	((rte)->perminfoindex == 0 ? NULL : \
	 getRTEPermissionInfo((query)->rteperminfos, (rte))->selectedCols)
#define ForgetPermissions(rte)	((rte)->perminfoindex = 0)
#else
#define RteCheckAs(query, rte)	((rte)->checkAsUser)
#define RteSelectedColumns(query, rte)	((rte)->selectedCols)
#define ForgetPermissions(rte) \
	do { \
		(rte)->requiredPerms = 0; \
		(rte)->checkAsUser = InvalidOid; \
		(rte)->selectedCols = NULL; \
	} while (0)
#endif

/* Another relation with the same columns for an entry of an analyzed query */
#if PG_VERSION_NUM >= 160000
#define ExchangeRteRelation(query, rte, other) \
	do { \
		if ((rte)->perminfoindex != 0) \
			getRTEPermissionInfo((query)->rteperminfos, (rte))->relid = (other); \
		(rte)->relid = (other); \
	} while (0)
#else
#define ExchangeRteRelation(query, rte, other) ((rte)->relid = (other))
#endif

/* 19 lets hooks look at the constants of a query, and no more */
#if PG_VERSION_NUM >= 190000
typedef const struct JumbleState VdeJumbleState;
#else
typedef struct JumbleState VdeJumbleState;
#endif

/* 19 lets EXPLAIN look on while a query is planned */
#if PG_VERSION_NUM >= 190000
#define VdePlanQuery(query, text, options) \
	pg_plan_query(query, text, options, NULL, NULL)
#else
#define VdePlanQuery(query, text, options) \
	pg_plan_query(query, text, options, NULL)
#endif

/* 19 wants to be told when a descriptor is complete */
#if PG_VERSION_NUM < 190000
#define TupleDescFinalize(tupdesc) ((void) 0)
#endif

/* 19 has nothing to warn of any more */
#if PG_VERSION_NUM >= 190000
#define OmitEscapeWarning(extra) ((void) 0)
#else
#define OmitEscapeWarning(extra) ((extra).escape_string_warning = false)
#endif

/* 19 reads all strings as the standard says: standard_conforming_strings cannot be off */
#if PG_VERSION_NUM >= 190000
#define VDE_ONLY_STANDARD_STRINGS	true
#else
#define VDE_ONLY_STANDARD_STRINGS	false
#endif

/* PartitionSpec.strategy was text before 16 */
#if PG_VERSION_NUM >= 160000
#define VDE_PARTITION_BY_RANGE	PARTITION_STRATEGY_RANGE
#define VDE_PARTITION_BY_LIST	PARTITION_STRATEGY_LIST
#define VDE_PARTITION_BY_HASH	PARTITION_STRATEGY_HASH
#else
#define VDE_PARTITION_BY_RANGE	"range"
#define VDE_PARTITION_BY_LIST	"list"
#define VDE_PARTITION_BY_HASH	"hash"
#endif

/* 18: a query is always executed once only */
#if PG_VERSION_NUM >= 180000
#define VdeExecutorRun(desc)	ExecutorRun(desc, ForwardScanDirection, 0)
#else
#define VdeExecutorRun(desc)	ExecutorRun(desc, ForwardScanDirection, 0, true)
#endif

/* 17 has one column for the locale of every provider but the C library */
#if PG_VERSION_NUM >= 170000
#define VDE_COLLATION_LOCALE	Anum_pg_collation_colllocale
#else
#define VDE_COLLATION_LOCALE	Anum_pg_collation_colliculocale
#endif

/* set a column's default, from a tree */
#if PG_VERSION_NUM >= 180000
#define VdeStoreAttrDefault(rel, attnum, tree)	StoreAttrDefault(rel, attnum, tree, false)
#else
#define VdeStoreAttrDefault(rel, attnum, tree)	StoreAttrDefault(rel, attnum, tree, false, false)
#endif

/*
 * After two relations have exchanged files: the first one's is new in this
 * subtransaction, the second one's is what the first one's was.
 */
#if PG_VERSION_NUM >= 160000
#define AssumeExchangedFiles(rel1, rel2) \
	do { \
		(rel2)->rd_createSubid = (rel1)->rd_createSubid; \
		(rel2)->rd_newRelfilelocatorSubid = (rel1)->rd_newRelfilelocatorSubid; \
		(rel2)->rd_firstRelfilelocatorSubid = (rel1)->rd_firstRelfilelocatorSubid; \
		RelationAssumeNewRelfilelocator(rel1); \
	} while (0)
#else
#define AssumeExchangedFiles(rel1, rel2) \
	do { \
		(rel2)->rd_createSubid = (rel1)->rd_createSubid; \
		(rel2)->rd_newRelfilenodeSubid = (rel1)->rd_newRelfilenodeSubid; \
		(rel2)->rd_firstRelfilenodeSubid = (rel1)->rd_firstRelfilenodeSubid; \
		RelationAssumeNewRelfilenode(rel1); \
	} while (0)
#endif

/* 19 can exchange heaps without building the indexes anew; as before, it does */
#if PG_VERSION_NUM >= 190000
#define VdeFinishHeapSwap(relid, heap, is_catalog, by_content, check, internal, \
						  xid, multi, persistence) \
	finish_heap_swap(relid, heap, is_catalog, by_content, check, internal, \
					 true, xid, multi, persistence)
#else
#define VdeFinishHeapSwap(relid, heap, is_catalog, by_content, check, internal, \
						  xid, multi, persistence) \
	finish_heap_swap(relid, heap, is_catalog, by_content, check, internal, \
					 xid, multi, persistence)
#endif

/* 17 looks after open files by itself */
#if PG_VERSION_NUM >= 170000
#define CloseRelationFiles(relid)	((void) 0)
#else
#define CloseRelationFiles(relid)	RelationCloseSmgrByOid(relid)
#endif

/* A qualified name as text.  16 can report errors softly. */
#if PG_VERSION_NUM >= 160000
#define VdeStringToQualifiedNameList(string)	stringToQualifiedNameList(string, NULL)
#else
#define VdeStringToQualifiedNameList(string)	stringToQualifiedNameList(string)
#endif

#endif							/* VDE_COMPAT_H */
