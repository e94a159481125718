/*-------------------------------------------------------------------------
 *
 * content_hash.h
 *	  A hash of the rows that a table holds, kept while they are written.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_CONTENT_HASH_H
#define VDE_CONTENT_HASH_H

#include "postgres.h"

#include "access/htup.h"
#include "access/tupdesc.h"

#include "digest.h"

typedef struct ContentHash
{
	bool		known;			/* false: no hash can tell these rows apart */
	uint8		form[16];		/* what gives the rows' bytes their meaning */
	uint64		low;			/* sum of the rows' hashes, modulo 2^128 */
	uint64		high;
	uint64		rows;
} ContentHash;

/* For rows of such columns, none yet. */
extern void ContentHashBegin(ContentHash *hash, TupleDesc columns);

/*
 * Adds a row, which must not point to values stored elsewhere.  Clears what
 * the row's header says of transactions, as an insert does.
 */
extern void ContentHashAdd(ContentHash *hash, HeapTuple row);

/* 32 hex digits; "" for unknown */
extern void ContentHashEnd(const ContentHash *hash, char hex[XXH3_HEX_LENGTH + 1]);

/*
 * Are values of a type, or a part of them, something that a catalog gives its
 * meaning, as regclass and its like?  Of a record that is not known: false.
 */
extern bool TypeIsLookedUp(Oid typid);

#endif							/* VDE_CONTENT_HASH_H */
