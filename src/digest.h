/*-------------------------------------------------------------------------
 *
 * digest.h
 *	  Identity of canonical bytes: XXH3-128, fast and short to print, with
 *	  SHA-256 of the same bytes beside it, which must agree before anything
 *	  is reused.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_DIGEST_H
#define VDE_DIGEST_H

#include "postgres.h"

#include "lib/stringinfo.h"

#define XXH3_HEX_LENGTH		32
#define SHA256_HEX_LENGTH	64

typedef struct Digest
{
	uint8		xxh3[16];
	uint8		sha256[32];
} Digest;

extern void DigestBytes(const void *data, size_t length, Digest *digest);
extern bool DigestEquals(const Digest *a, const Digest *b);
extern char *DigestXxh3(const Digest *digest);	/* 32 hex digits */
extern char *DigestSha256(const Digest *digest);	/* 64 hex digits */
extern char *BytesToHex(const uint8 *bytes, int length);	/* lower case */
extern void DigestFromHex(const char *xxh3, const char *sha256, Digest *digest);

/*
 * Canonical bytes: every item is tagged or has its length before it, so that
 * two different sequences of calls never give the same bytes.
 */
extern void PutTag(StringInfo buf, uint8 tag);
extern void PutInt(StringInfo buf, int64 value);
extern void PutBool(StringInfo buf, bool value);
extern void PutString(StringInfo buf, const char *value);	/* NULL differs from "" */
extern void PutBytes(StringInfo buf, const char *data, int length);
extern void PutDigest(StringInfo buf, const Digest *digest);

#endif							/* VDE_DIGEST_H */
