/*-------------------------------------------------------------------------
 *
 * time_literal.h
 *	  Literals that say when they are read.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_TIME_LITERAL_H
#define VDE_TIME_LITERAL_H

#include "postgres.h"

#include "nodes/primnodes.h"

#include "model.h"

/*
 * ERRCODE_FEATURE_NOT_SUPPORTED where a constant of a model's query is a date
 * or time that its text gives as 'now', 'today', 'tomorrow' or 'yesterday'.
 */
extern void CheckTimeLiteral(const Definition *definition, const Const *constant);

#endif							/* VDE_TIME_LITERAL_H */
