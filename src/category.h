/*-------------------------------------------------------------------------
 *
 * category.h
 *	  What a change is to those who read the model, and why, in words.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_CATEGORY_H
#define VDE_CATEGORY_H

#include "graph.h"

/* Category and reason of a model whose definition is another one. */
extern char *DescribeModification(const GraphNode *node, const char **category);

/* Which of its parents, or what outside, moved a model that nobody edited. */
extern char *DescribeIndirect(const GraphNode *node);

#endif							/* VDE_CATEGORY_H */
