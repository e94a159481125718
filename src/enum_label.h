/*-------------------------------------------------------------------------
 *
 * enum_label.h
 *	  The labels of an enum, as canonical bytes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_ENUM_LABEL_H
#define VDE_ENUM_LABEL_H

#include "postgres.h"

#include "lib/stringinfo.h"

/* In their order; with_oids: each with the OID that it is stored as before it */
extern void PutEnumLabels(StringInfo buf, Oid typid, bool with_oids);

#endif							/* VDE_ENUM_LABEL_H */
