/*-------------------------------------------------------------------------
 *
 * settings.h
 *	  The settings that change what a query means or returns: taken when a
 *	  model is registered, stored with its definition, and in force whenever
 *	  the model is parsed, analyzed, built or refreshed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_SETTINGS_H
#define VDE_SETTINGS_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

/*
 * Values now in force, as {"TimeZone": "UTC", ..., "search_path": "..."}.
 * "$user" in search_path is replaced by the role's name, pg_temp is dropped.
 */
extern Jsonb *CaptureSettings(Oid owner);

/*
 * Puts them in force for the GUC nest level that the caller has opened, and
 * with them those that no query of a model is to depend on.  Returns a number
 * that stands for what is in force then, and *changed: is it anything else
 * than before?  Both leave search_path aside.
 */
extern uint64 ApplySettings(Jsonb *settings, bool *changed);

/* The same for a single one, of those that every user may set. */
extern void ApplySetting(const char *name, const char *value);

/* The schemas of the stored search_path, in order (char *), pg_catalog first if not named. */
extern List *SettingsSearchPath(Jsonb *settings);

/* The stored value of one setting, NULL if it is not kept. */
extern char *SettingValue(Jsonb *settings, const char *name);

/*
 * Has the text, which these settings belong to, strings that this server can no
 * longer read: with backslashes, and standard_conforming_strings off?
 */
extern bool LostStringSyntax(Jsonb *settings, const char *text);

/* Is it one of those that are taken, or the same in all of a server? */
extern bool IsKeptSetting(const char *name);

/* The same, and those that are pinned, without search_path */
extern bool IsSettingOfModels(const char *name);

/* Canonical bytes of all settings, for the fingerprint. */
extern void PutSettings(StringInfo buf, Jsonb *settings);

#endif							/* VDE_SETTINGS_H */
