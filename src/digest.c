/*-------------------------------------------------------------------------
 *
 * digest.c
 *	  Canonical bytes, and their identity.
 *
 * Owns the encoding of canonical bytes and the two hashes over them.
 *
 * Invariants: every item begins with a byte that says what it is, and has
 * either a fixed length or its length in front, so that two different
 * sequences of Put... calls never give the same bytes.  Strings are in UTF-8,
 * whatever the encoding of the database is.  No byte depends on the machine
 * (integers have no byte order, the XXH3 hash is kept in its canonical form).
 * The encoding is what every stored version was computed from: changing it
 * changes every version.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <xxhash.h>

#include "common/cryptohash.h"
#include "common/sha2.h"
#include "mb/pg_wchar.h"

#include "digest.h"

/* First byte of an item */
#define ITEM_TAG		0x01
#define ITEM_INT		0x02
#define ITEM_FALSE		0x03
#define ITEM_TRUE		0x04
#define ITEM_STRING		0x05
#define ITEM_NULL		0x06
#define ITEM_BYTES		0x07
#define ITEM_DIGEST		0x08

static const char hex_digits[] = "0123456789abcdef";

/*
 * Both hashes of length bytes.
 */
void
DigestBytes(const void *data, size_t length, Digest *digest)
{
	pg_cryptohash_ctx *sha256;
	XXH128_canonical_t canonical;

	XXH128_canonicalFromHash(&canonical, XXH3_128bits(data, length));
	StaticAssertStmt(sizeof(canonical.digest) == sizeof(digest->xxh3),
					 "XXH3-128 has 16 bytes");
	memcpy(digest->xxh3, canonical.digest, sizeof(digest->xxh3));

	sha256 = pg_cryptohash_create(PG_SHA256);
	if (sha256 == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	if (pg_cryptohash_init(sha256) < 0 ||
		pg_cryptohash_update(sha256, data, length) < 0 ||
		pg_cryptohash_final(sha256, digest->sha256,
							sizeof(digest->sha256)) < 0)
	{
		const char *reason = pg_cryptohash_error(sha256);

		reason = reason ? pstrdup(reason) : "unknown error";
		pg_cryptohash_free(sha256);
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not compute SHA-256: %s", reason)));
	}
	pg_cryptohash_free(sha256);
}

/*
 * Are both hashes equal?
 */
bool
DigestEquals(const Digest *a, const Digest *b)
{
	return memcmp(a->xxh3, b->xxh3, sizeof(a->xxh3)) == 0 &&
		memcmp(a->sha256, b->sha256, sizeof(a->sha256)) == 0;
}

/*
 * Two lower-case hex digits per byte, in a palloc'd string.
 */
char *
BytesToHex(const uint8 *bytes, int length)
{
	char	   *hex = palloc(2 * length + 1);
	int			i;

	for (i = 0; i < length; i++)
	{
		hex[2 * i] = hex_digits[bytes[i] >> 4];
		hex[2 * i + 1] = hex_digits[bytes[i] & 0x0f];
	}
	hex[2 * length] = '\0';

	return hex;
}

/*
 * The one that is printed: 32 hex digits.
 */
char *
DigestXxh3(const Digest *digest)
{
	return BytesToHex(digest->xxh3, sizeof(digest->xxh3));
}

/*
 * The other: 64 hex digits.
 */
char *
DigestSha256(const Digest *digest)
{
	return BytesToHex(digest->sha256, sizeof(digest->sha256));
}

/*
 * The reverse of BytesToHex; an error for anything that it could not have made.
 */
static void
from_hex(const char *hex, uint8 *bytes, int length)
{
	int			i;

	if (hex == NULL || strlen(hex) != 2 * (size_t) length)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("invalid digest \"%s\"", hex ? hex : ""),
				 errdetail("A digest of %d hexadecimal digits is expected.",
						   2 * length)));

	for (i = 0; i < length; i++)
	{
		const char *high = strchr(hex_digits, hex[2 * i]);
		const char *low = strchr(hex_digits, hex[2 * i + 1]);

		if (high == NULL || low == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_DATA_CORRUPTED),
					 errmsg("invalid digest \"%s\"", hex),
					 errdetail("A digest has lower-case hexadecimal digits only.")));
		bytes[i] = (uint8) (((high - hex_digits) << 4) | (low - hex_digits));
	}
}

/*
 * The digest that DigestXxh3 and DigestSha256 printed.
 */
void
DigestFromHex(const char *xxh3, const char *sha256, Digest *digest)
{
	from_hex(xxh3, digest->xxh3, sizeof(digest->xxh3));
	from_hex(sha256, digest->sha256, sizeof(digest->sha256));
}

/*
 * Seven bits per byte, the lowest first; the top bit says that more follow.
 */
static void
put_varint(StringInfo buf, uint64 value)
{
	char		bytes[10];
	int			n = 0;

	do
	{
		uint8		byte = (uint8) (value & 0x7f);

		value >>= 7;
		bytes[n++] = (char) (value != 0 ? byte | 0x80 : byte);
	} while (value != 0);

	appendBinaryStringInfo(buf, bytes, n);
}

/*
 * What comes next: a number that is the caller's own.
 */
void
PutTag(StringInfo buf, uint8 tag)
{
	char		bytes[2];

	bytes[0] = ITEM_TAG;
	bytes[1] = (char) tag;
	appendBinaryStringInfo(buf, bytes, 2);
}

/*
 * A number; the sign goes to the lowest bit, so that small ones stay short.
 */
void
PutInt(StringInfo buf, int64 value)
{
	uint64		bits = ((uint64) value) << 1;

	appendStringInfoChar(buf, ITEM_INT);
	put_varint(buf, value < 0 ? ~bits : bits);
}

/*
 * Yes or no.
 */
void
PutBool(StringInfo buf, bool value)
{
	appendStringInfoChar(buf, value ? ITEM_TRUE : ITEM_FALSE);
}

/*
 * A string in the encoding of the database, or NULL.
 */
void
PutString(StringInfo buf, const char *value)
{
	char	   *utf8;
	int			length;

	if (value == NULL)
	{
		appendStringInfoChar(buf, ITEM_NULL);
		return;
	}

	length = (int) strlen(value);
	utf8 = pg_server_to_any(value, length, PG_UTF8);
	if (utf8 != value)
		length = (int) strlen(utf8);

	appendStringInfoChar(buf, ITEM_STRING);
	put_varint(buf, (uint64) length);
	appendBinaryStringInfo(buf, utf8, length);
	if (utf8 != value)
		pfree(utf8);
}

/*
 * Bytes as they are: mostly canonical bytes made apart.
 */
void
PutBytes(StringInfo buf, const char *data, int length)
{
	appendStringInfoChar(buf, ITEM_BYTES);
	put_varint(buf, (uint64) length);
	appendBinaryStringInfo(buf, data, length);
}

/*
 * A digest stands for the bytes that it is of; both hashes go in, so that
 * neither of the two outer hashes is weaker than the other.
 */
void
PutDigest(StringInfo buf, const Digest *digest)
{
	appendStringInfoChar(buf, ITEM_DIGEST);
	appendBinaryStringInfo(buf, (const char *) digest->xxh3,
						   sizeof(digest->xxh3));
	appendBinaryStringInfo(buf, (const char *) digest->sha256,
						   sizeof(digest->sha256));
}
