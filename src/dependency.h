/*-------------------------------------------------------------------------
 *
 * dependency.h
 *	  Things outside vde that decide a model's result: what they are called,
 *	  and what they are now.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_DEPENDENCY_H
#define VDE_DEPENDENCY_H

#include "postgres.h"

#include "nodes/pg_list.h"

/*
 * Identity and digest are text, so that they can be stored and compared again
 * later, in another database too.
 *
 *	class		identity
 *	relation	schema, name			a table, of whatever kind
 *	view		schema, name			a plain view
 *	column		schema, relation, name
 *	columns		schema, relation		the names of all
 *	primary key	schema, relation
 *	function	schema, name, argument types ...	aggregates too
 *	operator	schema, name, left type or "", right type
 *	type		schema, name
 *	collation	schema, name
 *	text search configuration, text search dictionary	likewise
 */
typedef struct Dependency
{
	const char *class;
	List	   *identity;		/* char * */
	char	   *digest;			/* 32 hex digits of what it was */
} Dependency;

/*
 * The digest of such a thing as it is now, or NULL when it is gone.  Cheap:
 * syscache look-ups, and a scan of one index for a domain or an enum.
 */
extern char *DependencyDigest(const char *class, List *identity);

/*
 * Does a result that depends on it stay the same as long as its definition
 * does?  That of an immutable function, a type and the like; not that of
 * what holds rows.
 */
extern bool DependencyIsFixed(const Dependency *dependency);

/* What a list has of the same class and identity, or NULL. */
extern Dependency *FindDependency(List *dependencies, const Dependency *wanted);

/* "column raw.orders.amount", for messages */
extern char *DependencyDescription(const char *class, List *identity);

#endif							/* VDE_DEPENDENCY_H */
