/*-------------------------------------------------------------------------
 *
 * fingerprint.h
 *	  What a definition is, as hashes of what PostgreSQL's analyzer made of
 *	  it.  Callers see only the result; how it is reached is this module's.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_FINGERPRINT_H
#define VDE_FINGERPRINT_H

#include "postgres.h"

#include "analysis.h"
#include "dependency.h"
#include "digest.h"
#include "model.h"

typedef struct Fingerprint
{
	Digest		version;		/* identity of the contents */
	char	   *row_hash;		/* what readers see: of everything but the
								 * output columns, 64 hex digits */
	List	   *column_hashes;	/* char *, one per output column, likewise */
	bool		chance;			/* can a build anew come out differently? */
	List	   *parts;			/* char *: see fingerprint_parts.c */
	Digest		metadata;		/* text, description, tags, owner ... */
	List	   *dependencies;	/* Dependency *, distinct */
	bool		declared_breaking;	/* is part of the version */

	/*
	 * The version is private to the environment, because the query calls a
	 * function that may read anything: "plpgsql function shop.rate()".  NULL:
	 * it is not.
	 */
	char	   *private_call;
	char	   *private_environment;
} Fingerprint;

/* what begins the names of parts that tell of chance */
#define CHANCE_PART		"chance"

/* the part that tells of the option */
#define DEPENDS_ON_PART	"depends_on"

/* The value of a part, or NULL where there is none of that name. */
extern const char *FingerprintPart(List *parts, const char *name);

/* environment: for whom it is; joins the hash of a private version */
extern Fingerprint *ComputeFingerprint(const Definition *definition,
									   const AnalyzedModel *model,
									   const char *environment);

extern Fingerprint *CopyFingerprint(const Fingerprint *fingerprint);

#endif							/* VDE_FINGERPRINT_H */
