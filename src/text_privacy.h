/*-------------------------------------------------------------------------
 *
 * text_privacy.h
 *	  Who may see what a definition says.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_TEXT_PRIVACY_H
#define VDE_TEXT_PRIVACY_H

#include "postgres.h"

#include "model.h"

/* Does the option "private" keep its text for members of its owner? */
extern bool IsPrivate(const Definition *definition);

/*
 * May a role see what a definition says: members of its owner, and, unless it
 * is private, who may read vde_models; and its text, which in a seed is its
 * rows, and then for the former only?
 */
extern bool MaySeeDefinition(const Definition *definition, Oid role);
extern bool MaySeeText(const Definition *definition, Oid role);

/* Is a definition private, and the session's caller no member of its owner? */
extern bool IsHidden(const Definition *definition);

/*
 * Errors about models of this role are left as they are while it is set:
 * whoever sets it keeps them for members of the role, and hides them
 * (HiddenError) from others.
 */
extern Oid	KeepModelErrorsOf;

/* IsHidden, for errors that are shown to the caller as they are raised */
extern bool HidesErrors(const Definition *definition);

/*
 * For an error context callback: replaces what the error says about a model
 * that is hidden.  No lookups, so whether it is must be known before.
 */
extern void HideModelError(const char *model, const char *owner);

/* The same for an error that was kept. */
extern ErrorData *HiddenError(const Definition *definition, ErrorData *error);

#endif							/* VDE_TEXT_PRIVACY_H */
