/*-------------------------------------------------------------------------
 *
 * model.h
 *	  The words that every other file uses: model, kind, column, definition.
 *
 * A model is identified everywhere by its schema and its name, never by an
 * OID: what is stored about it must survive dump and restore.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_MODEL_H
#define VDE_MODEL_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

/* schemas that belong to the extension */
#define VDE_CATALOG_SCHEMA	"vde"
#define VDE_DATA_SCHEMA		"vde_data"

/* the powerless role that owns the physical tables */
#define VDE_STORAGE_ROLE	"vde_storage"

typedef enum ModelKind
{
	KIND_FULL,
	KIND_VIEW,
	KIND_MATERIALIZED_VIEW,
	KIND_SEED,
	KIND_EMBEDDED,
	KIND_EXTERNAL,
} ModelKind;

#define MODEL_KIND_COUNT (KIND_EXTERNAL + 1)

typedef struct ModelName
{
	char	   *schema;
	char	   *name;
} ModelName;

/*
 * One output column.  Type and collation are text, so that a column outlives
 * a transaction and a database: the type is format_type_extended() with its
 * typmod and its schema, the collation a quoted qualified name or NULL.
 */
typedef struct ModelColumn
{
	char	   *name;
	char	   *type;
	char	   *collation;
} ModelColumn;

/* One immutable registered state of a model */
typedef struct Definition
{
	int64		id;
	int64		model_id;
	ModelName	name;
	ModelKind	kind;
	char	   *query;			/* SQL; CSV text for a seed; "" for external */
	Jsonb	   *options;		/* validated, see options.h */
	Jsonb	   *settings;		/* captured, see settings.h */
	Oid			owner;			/* whose rights run the query */
	List	   *grantees;		/* Oid, sorted: who may read its views, by the
								 * option "grants"; InvalidOid is PUBLIC */
	char	   *content_hash;	/* SHA-256 of it all, hex; NULL before it is
								 * saved */
} Definition;

/* names */
extern ModelName ParseModelName(const char *text);
extern char *QuoteModelName(const ModelName *name);
extern bool ModelNameEquals(const ModelName *a, const ModelName *b);

/* kinds */
extern const char *KindName(ModelKind kind);
extern ModelKind KindByName(const char *name);
extern bool KindHasRelation(ModelKind kind);	/* anything in vde_data? */
extern bool KindHasRows(ModelKind kind);	/* and does that hold rows? */
extern bool KindPinsParents(ModelKind kind);	/* stored rule names parents */

/* columns */
extern ModelColumn *MakeModelColumn(const char *name, Oid typid, int32 typmod,
									Oid collid);
extern void ResolveModelColumn(const ModelColumn *column, Oid *typid,
							   int32 *typmod, Oid *collid);
extern bool ModelColumnTypeEquals(const ModelColumn *a, const ModelColumn *b);
extern bool ModelColumnsEqual(List *a, List *b);
extern const char *ShownType(const char *type); /* for people */

/* the candidate nearest to a misspelt word, or NULL when none is near */
extern const char *NearestWord(const char *word, const char *const *candidates,
							   int count);

#endif							/* VDE_MODEL_H */
