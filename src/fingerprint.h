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
	Digest		row;			/* everything but the output columns */
	Digest	   *columns;		/* one per output column */
	int			column_count;
	Digest		metadata;		/* text, description, tags, owner ... */
	List	   *dependencies;	/* Dependency *, distinct */
} Fingerprint;

extern Fingerprint *ComputeFingerprint(const Definition *definition,
									   const AnalyzedModel *model);

#endif							/* VDE_FINGERPRINT_H */
