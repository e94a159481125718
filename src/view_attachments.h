/*-------------------------------------------------------------------------
 *
 * view_attachments.h
 *	  What users have attached to a view, carried over to a new one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_VIEW_ATTACHMENTS_H
#define VDE_VIEW_ATTACHMENTS_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/acl.h"

#include "model.h"

typedef struct ViewAttachments
{
	Oid			owner;
	List	   *options;		/* DefElem *, for the new view's CreateStmt */
	Acl		   *acl;			/* NULL: the default */
	char	   *comment;
	List	   *columns;		/* ColumnAttachments * */
	List	   *labels;			/* SecurityLabel *, of view and columns */
} ViewAttachments;

/* Reads it all, into the current memory context. */
extern ViewAttachments *SaveViewAttachments(Oid viewid);

/*
 * Puts it all on another view, which has been created with the same owner and
 * options.  What belongs to columns goes to those of the same name.
 */
extern void RestoreViewAttachments(Oid viewid,
								   const ViewAttachments *attachments);

/*
 * Takes grants, rules and triggers away from a view that has just been given
 * to another owner.
 */
extern void StripView(Oid viewid);

/*
 * Writes an ACL as it is: that of the view (attnum 0) or of a column.  NULL:
 * the default.
 */
extern void SetViewAcl(Oid viewid, AttrNumber attnum, Oid owner, const Acl *acl);

/*
 * Makes the comments on view and columns what the model says.  A comment that
 * is not from any definition of the model stays where the model has none.
 */
extern void SetViewComments(Oid viewid, const ModelName *model,
							const char *description, List *column_options,
							bool is_new);

#endif							/* VDE_VIEW_ATTACHMENTS_H */
