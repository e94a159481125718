/*-------------------------------------------------------------------------
 *
 * model_file.h
 *	  A model as a file: its path, its options comment, its query.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VDE_MODEL_FILE_H
#define VDE_MODEL_FILE_H

#include "postgres.h"

#include "model.h"

/* reading */
extern ModelName ParseModelPath(const char *path, bool *csv);
extern char *SplitOptionsComment(const char *text, const char **query);

/* writing */
extern char *ModelFilePath(const Definition *definition);
extern char *ModelFileContent(const Definition *definition);

#endif							/* VDE_MODEL_FILE_H */
