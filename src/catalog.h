/*-------------------------------------------------------------------------
 *
 * catalog.h
 *	  Reading and writing the tables in schema vde, through SPI, so that
 *	  their constraints hold.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_CATALOG_H
#define VDE_CATALOG_H

#include "postgres.h"

#include "executor/spi.h"
#include "utils/jsonb.h"

/*
 * Runs one statement on the catalog.  The statement must be a string
 * constant: its plan is kept for the life of the backend under its address.
 * types has a letter per parameter, the arguments follow:
 *
 *	l  int64			L  int64, 0 is NULL
 *	t  const char *		(NULL is NULL)		text
 *	n  const char *		(NULL is NULL)		name
 *	b  int (bool)		r  Oid, regrole		j  Jsonb *
 *	d  double			z  TimestampTz, 0 is NULL
 *	T  List * of char * (NULL elements allowed), text[]
 *	I  List * of int64 * , int8[]
 *
 * CatalogRead is for SELECT; CatalogWrite for the rest, row locks included
 * (with RETURNING where the row is wanted).  Both leave their rows in
 * SPI_tuptable and return how many; the next call frees them, so read all
 * that is wanted of a result before the next statement.  The current memory
 * context stays what it is.
 */
extern uint64 CatalogRead(const char *sql, const char *types,...);

/* What is committed by now, also in a transaction that keeps its snapshot */
extern uint64 CatalogReadLatest(const char *sql, const char *types,...);
extern uint64 CatalogWrite(const char *sql, const char *types,...);

/* Is a text that a SELECT gives another one by what is committed by now? */
extern bool CatalogIsOutdated(const char *sql, const char *types,...);

/*
 * Any statement, on whatever tables: one that is no constant, and has no
 * parameters.  Its plan is not kept.
 */
extern uint64 RunStatement(const char *sql, bool read_only);

/* The statements that a query has made: the first column of so many rows of SPI_tuptable */
extern void RunEachRow(uint64 rows);

/* An element of a list for I */
extern int64 *CopyId(int64 id);

/* Inside of CatalogWrite: for the triggers that it fires. */
extern bool CatalogIsWriting(void);

/* Columns (from 1) of row (from 0) of SPI_tuptable, copied to the current context */
extern bool CatalogIsNull(uint64 row, int column);
extern int64 CatalogInt64(uint64 row, int column);	/* 0 for NULL */
extern char *CatalogText(uint64 row, int column);	/* NULL for NULL */
extern bool CatalogBool(uint64 row, int column);
extern Oid	CatalogOid(uint64 row, int column);
extern Jsonb *CatalogJsonb(uint64 row, int column);
extern List *CatalogTextArray(uint64 row, int column);	/* char *, NULL for NULL */

#endif							/* VDE_CATALOG_H */
