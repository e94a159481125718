/*-------------------------------------------------------------------------
 *
 * fingerprint_parts.h
 *	  Parts of a fingerprint for people.  Internal to the fingerprint.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_FINGERPRINT_PARTS_H
#define VDE_FINGERPRINT_PARTS_H

#include "postgres.h"

#include "analysis.h"
#include "canonical.h"
#include "fingerprint.h"

extern void AddPart(Fingerprint *fingerprint, char *name, const char *value);
extern void AddPartDigest(Fingerprint *fingerprint, char *name,
						  const Digest *digest);
extern bool OrderIsKept(Canonical *c, ModelKind kind, const Uses *columns);
extern void AddLocalParts(Canonical *c, const AnalyzedModel *model,
						  Fingerprint *fingerprint);

#endif							/* VDE_FINGERPRINT_PARTS_H */
