/*-------------------------------------------------------------------------
 *
 * storage_options.h
 *	  What options.c, index_options.c and storage_options.c share; of no
 *	  interest to others.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_STORAGE_OPTIONS_H
#define VDE_STORAGE_OPTIONS_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "options.h"

typedef struct OptionMember
{
	char	   *key;
	JsonbValue	value;
} OptionMember;

/* SQL text in an option, for OptionTextCallback */
typedef struct OptionText
{
	const char *option;
	const char *text;
} OptionText;

/* reading JSON: options.c */
extern void OptionTypeError(const char *option, const char *expected);
extern char *OptionString(const JsonbValue *value);
extern bool OptionIsArray(const JsonbValue *value);
extern bool OptionIsObject(const JsonbValue *value);
extern List *OptionElements(const JsonbValue *array);
extern List *OptionMembers(JsonbContainer *object);
extern void UnknownOptionKey(const char *option, const char *key,
							 const char *const *keys, int count);
extern void CheckOptionName(const char *option, const char *name);

/* index_options.c */
extern void OptionTextCallback(void *arg);
extern List *ReadColumnList(const char *option, const JsonbValue *value,
							bool expressions);
extern bool ReadBoolean(const char *option, const JsonbValue *value);
extern void ReadIndexesOption(ModelOptions *options, ModelKind kind,
							  const char *option, const JsonbValue *value);
extern void ReadGrantsOption(ModelOptions *options, ModelKind kind,
							 const char *option, const JsonbValue *value);
extern void CheckIndexOption(const IndexOption *index);

/* storage_options.c */
extern void ReadPrimaryKeyOption(ModelOptions *options, ModelKind kind,
								 const char *option, const JsonbValue *value);
extern void ReadPartitionOption(ModelOptions *options, ModelKind kind,
								const char *option, const JsonbValue *value);
extern void ReadTablespaceOption(ModelOptions *options, ModelKind kind,
								 const char *option, const JsonbValue *value);
extern void ReadAccessMethodOption(ModelOptions *options, ModelKind kind,
								   const char *option, const JsonbValue *value);
extern void ReadFillfactorOption(ModelOptions *options, ModelKind kind,
								 const char *option, const JsonbValue *value);
extern void ReadUnloggedOption(ModelOptions *options, ModelKind kind,
							   const char *option, const JsonbValue *value);
extern void CheckStorageOptions(ModelOptions *options);

#endif							/* VDE_STORAGE_OPTIONS_H */
