/*-------------------------------------------------------------------------
 *
 * redirect_view.h
 *	  Which view of vde.environment stands for which one of prod.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_REDIRECT_VIEW_H
#define VDE_REDIRECT_VIEW_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "storage/lockdefs.h"

/* One view that a query reads, and the one to read instead */
typedef struct ViewExchange
{
	Oid			view;			/* prod's, as it was named */
	Oid			replacement;	/* the environment's */
	char	   *schema;			/* and the schema that it is in */
	bool		same_columns;	/* the same at each place? */
} ViewExchange;

/*
 * Is it a view of ours in prod?  The caller has it locked.
 */
extern bool IsProdView(Oid relid);

/*
 * The exchange for a view of prod's, with the replacement locked.  Error when
 * vde.environment does not exist or has no such model; NULL for a view that
 * is no model's.
 */
extern ViewExchange *FindExchange(Oid view, LOCKMODE lockmode);

/* That of a view in a list of them, or NULL */
extern ViewExchange *GetExchange(List *exchanges, Oid view);

#endif							/* VDE_REDIRECT_VIEW_H */
