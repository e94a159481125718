/*-------------------------------------------------------------------------
 *
 * plan_diff.h
 *	  What differs between the two definitions of a changed model, as lines.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_PLAN_DIFF_H
#define VDE_PLAN_DIFF_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "plan.h"

typedef struct PlanDiff
{
	List	   *options;		/* char *: a line per kind, owner, option or
								 * setting that differs */
	List	   *text;			/* char *: lines of a diff of the queries */
	const char *hidden;			/* what is not for who asks, as a sentence;
								 * NULL: nothing */
} PlanDiff;

/* For who is asking; NULL for anything but a modified model. */
extern PlanDiff *DescribeDifference(const PlanChange *change, Oid caller);

/* The same as lines (char *) to stand under a model's line in a plan's text */
extern List *DifferenceText(const PlanChange *change, Oid caller);

/* and as a block of a plan in markdown; NIL where nothing is to be said */
extern List *DifferenceMarkdown(const PlanChange *change, Oid caller);

/* text for a cell of a markdown table, or for one line */
extern char *MarkdownCell(const char *text);

#endif							/* VDE_PLAN_DIFF_H */
