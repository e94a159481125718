/*-------------------------------------------------------------------------
 *
 * depends_on.c
 *	  The option depends_on: models, tables and views that a model reads in a
 *	  way that its query does not show, in functions of languages that are not
 *	  followed.
 *
 * - A name means a model before it means a table, as in a query.  A model that
 *	 is named is a parent, whichever of its columns are read: its whole version
 *	 joins the reader's (canonical_depends_on.c), and it is built first.
 *
 * - Nothing that is named joins the query.  Whether the function may read it
 *	 is checked when the function does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "catalog.h"
#include "depends_on.h"
#include "options.h"
#include "outside.h"
#include "references.h"

/*
 * nearest_name
 *		The model or relation whose name is most like a misspelt one; NULL when
 *		none is.
 */
static const char *
nearest_name(const ModelName *name)
{
	uint64		rows;
	uint64		row;
	const char **candidates;

	rows = CatalogRead("SELECT pg_catalog.format('%I.%I', schema_name, model_name) FROM vde.model "
					   "UNION "
					   "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) "
					   "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
					   "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.oid >= 16384 AND c.relpersistence <> 't' "
					   "AND n.nspname NOT IN ('vde', 'vde_data') ORDER BY 1", "");
	candidates = palloc(sizeof(char *) * Max(rows, 1));
	for (row = 0; row < rows; row++)
		candidates[row] = CatalogText(row, 1);
	return NearestWord(QuoteModelName(name), candidates, (int) rows);
}

/*
 * add_unknown
 *		Lists a name that means nothing as missing.
 */
static void
add_unknown(ParsedModel *parsed, const ModelName *name)
{
	const char *near = nearest_name(name);

	AddMissing(parsed, name->schema, name->name, -1,
			   psprintf("The option \"depends_on\" names it, and it is neither a model in this environment nor a table or view.%s",
						near != NULL && strcmp(near, QuoteModelName(name)) != 0 ?
						psprintf(" Perhaps \"%s\" is meant.", near) : ""));
}

/*
 * add_name
 *		One name of the list.
 */
static void
add_name(const Definition *definition, ParsedModel *parsed,
		 const ModelName *name)
{
	Oid			namespace;
	Oid			relid;

	if (ModelNameEquals(name, &definition->name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_RECURSION),
				 errmsg("model \"%s\" depends on itself", QuoteModelName(name)),
				 errhint("Take its name out of the option \"depends_on\".")));
	if (parsed->exists(name->schema, name->name, parsed->exists_arg))
	{
		parsed->depends_on = list_append_unique_int(parsed->depends_on,
													AddModelReference(parsed, name->schema, name->name, -1));
		return;
	}

	namespace = get_namespace_oid(name->schema, true);
	relid = OidIsValid(namespace) ? get_relname_relid(name->name, namespace) : InvalidOid;
	if (!OidIsValid(relid) || IsExtensionSchema(name->schema) || IsEnvironmentView(relid))
	{
		add_unknown(parsed, name);
		return;
	}
	if (!IsReadableKind(get_rel_relkind(relid)))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" in option \"depends_on\" is not a table or view",
						QuoteModelName(name)),
				 errhint("Name models, tables and views only.")));
	if (isTempNamespace(namespace) || isAnyTempNamespace(namespace))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("\"%s\" in option \"depends_on\" is a temporary relation",
						QuoteModelName(name)),
				 errhint("Name permanent tables only.")));
	parsed->depends_on_relations = list_append_unique_oid(parsed->depends_on_relations, relid);

	/* a view over models stands for them here, too */
	parsed->depends_on = list_union_int(parsed->depends_on,
										AddOutsideView(definition, parsed, relid, -1));
}

/*
 * AddDependsOn
 *		See depends_on.h.
 */
void
AddDependsOn(const Definition *definition, ParsedModel *parsed)
{
	ModelOptions *options = ReadOptions(definition->kind, definition->options);
	ListCell   *lc;

	foreach(lc, options->depends_on)
		add_name(definition, parsed, (ModelName *) lfirst(lc));
}
