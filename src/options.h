/*-------------------------------------------------------------------------
 *
 * options.h
 *	  The options of a model: which keys each kind knows, of what type they
 *	  are, and which of them decide the contents or the storage of a table
 *	  (part of its version) and which only describe it (metadata).
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_OPTIONS_H
#define VDE_OPTIONS_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "model.h"

/* One index as the option "indexes" declares it */
typedef struct IndexOption
{
	List	   *columns;		/* char *: column name, or "(expression)" */
	List	   *include;		/* char * */
	char	   *method;			/* NULL: btree */
	char	   *where;			/* SQL text or NULL */
	bool		unique;
} IndexOption;

typedef enum PartitionStrategyOption
{
	PARTITION_OPTION_NONE,
	PARTITION_OPTION_RANGE,
	PARTITION_OPTION_LIST,
	PARTITION_OPTION_HASH,
} PartitionStrategyOption;

/* Column documentation and, for seed and external, its declared type */
typedef struct ColumnOption
{
	char	   *name;
	char	   *type;			/* NULL: not declared */
	char	   *description;	/* NULL: none */
} ColumnOption;

/* keeps the text for members of the owner: text_privacy.c */
#define PRIVATE_OPTION "private"

typedef struct ModelOptions
{
	char	   *description;
	char	   *owner;			/* role name */
	List	   *tags;			/* char * */
	List	   *depends_on;		/* ModelName * */
	bool		has_depends_on; /* also of an empty list */
	List	   *columns;		/* ColumnOption * */
	List	   *indexes;		/* IndexOption * */
	List	   *primary_key;	/* char *: column names */
	PartitionStrategyOption partition_strategy;
	List	   *partition_columns;	/* char * */
	List	   *partition_bounds;	/* range: char * literals, ascending;
									 * list: List * of char * per partition */
	int			partition_modulus;	/* hash */
	char	   *tablespace;
	char	   *access_method;
	int			fillfactor;		/* 0: not given */
	bool		unlogged;
	bool		is_private;
	List	   *select_roles;	/* char *: who may read the views; "public" is
								 * PUBLIC */
} ModelOptions;

/*
 * Checks every key and value for the kind; an unknown or ill-typed one is an
 * error that names the nearest valid one.  Nothing is written.
 */
extern void ValidateOptions(ModelKind kind, Jsonb *options);

/*
 * Oids of the roles that the option "grants" names, sorted, InvalidOid for
 * PUBLIC; error when one does not exist.
 */
extern List *OptionGrantees(const ModelOptions *options);

/* The options as a struct; they must have been validated. */
extern ModelOptions *ReadOptions(ModelKind kind, Jsonb *options);

/* Canonical bytes: what decides contents and storage; and all the rest. */
extern void PutStorageOptions(StringInfo buf, ModelKind kind, Jsonb *options);
extern void PutMetadataOptions(StringInfo buf, ModelKind kind, Jsonb *options);

#endif							/* VDE_OPTIONS_H */
