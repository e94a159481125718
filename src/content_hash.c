/*-------------------------------------------------------------------------
 *
 * content_hash.c
 *	  A hash of the rows that a table holds, kept while they are written.
 *
 *	content hash = H(form, sum of H(row) modulo 2^128, number of rows)
 *
 * The sum makes it independent of the order of the rows, and counts equal
 * ones.  A row is hashed as the bytes that are stored: the number of its
 * columns, which are NULL, and the values.
 *
 * Invariants
 *
 * - Two tables of one version with equal hashes hold the same rows.  The
 *	 reverse need not be: a value that is compressed in one and not in the
 *	 other differs, which costs a refresh and no more.
 *
 * - Equal bytes mean equal values.  Values that are stored elsewhere must be
 *	 fetched before: the same pointer may lead to another value later.  Labels
 *	 of an enum are stored as OIDs, which a restored database gives out anew,
 *	 so that what they stand for is in the form, together with the byte order
 *	 and the encoding.  The types with OIDs of anything else (regclass and its
 *	 like) have no hash.  What types the columns have is in the version.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <xxhash.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "content_hash.h"
#include "enum_label.h"

/* Part of every content hash: a change of what is hashed is a new number. */
#define CONTENT_FORMAT	1

/*
 * is_looked_up
 *		Are the values of a type, which is no domain, OIDs or the like, with a
 *		catalog that says what they mean?
 */
static bool
is_looked_up(Oid typid)
{
	switch (typid)
	{
		case REGPROCOID:
		case REGPROCEDUREOID:
		case REGOPEROID:
		case REGOPERATOROID:
		case REGCLASSOID:
		case REGTYPEOID:
		case REGCOLLATIONOID:
		case REGCONFIGOID:
		case REGDICTIONARYOID:
		case REGROLEOID:
		case REGNAMESPACEOID:
#ifdef REGDATABASEOID
		case REGDATABASEOID:
#endif
		case ACLITEMOID:
			return true;
		default:
			return false;
	}
}

/*
 * put_form
 *		What a type's bytes need for their meaning; false when nothing here
 *		can tell it.  form NULL: nothing is written.
 */
static bool
put_form(StringInfo form, Oid typid)
{
	Oid			inner;

	check_stack_depth();
	typid = getBaseType(typid);
	if (is_looked_up(typid) || (typid == RECORDOID && form != NULL))
		return false;

	inner = get_element_type(typid);
	if (OidIsValid(inner))
		return put_form(form, inner);
	switch (get_typtype(typid))
	{
		case TYPTYPE_ENUM:
			/* which OID stands for which label */
			if (form != NULL)
				PutEnumLabels(form, typid, true);
			return true;
		case TYPTYPE_RANGE:
			return put_form(form, get_range_subtype(typid));
		case TYPTYPE_MULTIRANGE:
			return put_form(form, get_multirange_range(typid));
		case TYPTYPE_COMPOSITE:
			{
				TupleDesc	fields = lookup_rowtype_tupdesc_copy(typid, -1);
				bool		known = true;
				int			i;

				for (i = 0; i < fields->natts && known; i++)
				{
					if (!TupleDescAttr(fields, i)->attisdropped)
						known = put_form(form, TupleDescAttr(fields, i)->atttypid);
				}
				FreeTupleDesc(fields);
				return known;
			}
		default:
			return true;
	}
}

/*
 * TypeIsLookedUp
 *		See content_hash.h.
 */
bool
TypeIsLookedUp(Oid typid)
{
	return !put_form(NULL, typid);
}

/*
 * ContentHashBegin
 *		See content_hash.h.
 */
void
ContentHashBegin(ContentHash *hash, TupleDesc columns)
{
	XXH128_canonical_t canonical;
	StringInfoData form;
	int			i;

	memset(hash, 0, sizeof(ContentHash));
	hash->known = true;
	initStringInfo(&form);
	PutInt(&form, CONTENT_FORMAT);
#ifdef WORDS_BIGENDIAN
	PutBool(&form, true);
#else
	PutBool(&form, false);
#endif
	PutString(&form, GetDatabaseEncodingName());
	PutInt(&form, columns->natts);
	for (i = 0; i < columns->natts && hash->known; i++)
		hash->known = put_form(&form, TupleDescAttr(columns, i)->atttypid);
	XXH128_canonicalFromHash(&canonical, XXH3_128bits(form.data, form.len));
	StaticAssertStmt(sizeof(canonical.digest) == sizeof(hash->form),
					 "XXH3-128 has 16 bytes");
	memcpy(hash->form, canonical.digest, sizeof(hash->form));
	pfree(form.data);
}

/*
 * ContentHashAdd
 *		See content_hash.h.
 *
 * The two flag words, the header's length and the NULLs stand right before
 * the values, so that one call hashes all that makes up the row.
 */
void
ContentHashAdd(ContentHash *hash, HeapTuple row)
{
	HeapTupleHeader header = row->t_data;
	const Size	skip = offsetof(HeapTupleHeaderData, t_infomask2);
	XXH128_hash_t digest;

	Assert(!HeapTupleHasExternal(row));
	header->t_infomask &= ~HEAP_XACT_MASK;
	header->t_infomask2 &= ~HEAP2_XACT_MASK;
	digest = XXH3_128bits((char *) header + skip, row->t_len - skip);
	hash->low += digest.low64;
	hash->high += digest.high64 + (hash->low < digest.low64 ? 1 : 0);
	hash->rows++;
}

/*
 * ContentHashEnd
 *		See content_hash.h.
 */
void
ContentHashEnd(const ContentHash *hash, char hex[XXH3_HEX_LENGTH + 1])
{
	XXH128_canonical_t canonical;
	StringInfoData bytes;
	char	   *digits;

	hex[0] = '\0';
	if (!hash->known)
		return;
	initStringInfo(&bytes);
	PutBytes(&bytes, (const char *) hash->form, sizeof(hash->form));
	PutInt(&bytes, (int64) hash->low);
	PutInt(&bytes, (int64) hash->high);
	PutInt(&bytes, (int64) hash->rows);
	XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data, bytes.len));
	StaticAssertStmt(2 * sizeof(canonical.digest) == XXH3_HEX_LENGTH,
					 "XXH3-128 has 16 bytes");
	digits = BytesToHex(canonical.digest, sizeof(canonical.digest));
	strlcpy(hex, digits, XXH3_HEX_LENGTH + 1);
	pfree(digits);
	pfree(bytes.data);
}
