/*-------------------------------------------------------------------------
 *
 * physical_parts.h
 *	  What the files of physical tables share; of no interest to others.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_PHYSICAL_PARTS_H
#define VDE_PHYSICAL_PARTS_H

#include "postgres.h"

#include "nodes/parsenodes.h"
#include "tcop/dest.h"

#include "model.h"
#include "options.h"
#include "physical.h"
#include "receiver.h"

/* physical.c */

/*
 * A name for a part (partition, index) of a relation: the relation's name
 * with the suffix, at most 63 bytes, its hash kept.
 */
extern char *PhysicalPartName(const char *relation_name, const char *suffix);

/*
 * Calls work in a subtransaction of its own and in a memory context that is
 * gone afterwards.  An error ends the subtransaction and goes on to the
 * caller.
 */
extern void InSubtransaction(void (*work) (void *arg), void *arg);

/*
 * Runs the bound query (or reads the seed, when NULL) into dest, as the
 * definition's owner; dest is destroyed.
 */
extern Contents FillHeaps(const Definition *definition, const Query *query,
						  DestReceiver *dest);

/* Runs a utility statement as the current user, silently. */
extern void RunUtility(Node *statement, const char *text);

/* ANALYZE of a relation in vde_data, with its partitions */
extern void AnalyzePhysical(const char *relation_name);

/* physical_relation.c: SELECT for a model's owner on the physical relations of a bound query */
extern void GrantReads(const Definition *definition, const Query *query);

/* physical_relation.c: make the empty relation; return its OID */
extern Oid	DefinePhysicalTable(const Definition *definition, List *columns,
								const ModelOptions *options,
								const char *relation_name);
extern Oid	DefinePhysicalView(const Definition *definition, List *columns,
							   const ModelOptions *options,
							   const Query *query, const char *relation_name);

/* physical_index.c: primary key and indexes of a filled relation */
extern void DefinePhysicalIndexes(const Definition *definition, List *columns,
								  const ModelOptions *options, Oid relid,
								  const char *relation_name);

/* Is the function one that somebody else than a superuser can replace? */
extern bool IsUntrustedFunction(Oid funcid);


/*
 * physical_switch.c: build the indexes of a relation on its new heap, and put
 * both in their place
 */
extern void BuildSwitchIndexes(HeapSwap *swap);
extern void SwitchHeap(HeapSwap *swap, bool analyzed);

#endif							/* VDE_PHYSICAL_PARTS_H */
