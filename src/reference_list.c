/*-------------------------------------------------------------------------
 *
 * reference_list.c
 *	  The lists of a ParsedModel: models that a model reads, names that mean
 *	  nothing, views outside of vde that lead to models.
 *
 * Each name stands in a list once, in the order in which it was found first.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "model_text.h"
#include "outside_view.h"
#include "references.h"

/*
 * AddMissing
 *		Lists a name that is neither model nor relation, once.
 */
void
AddMissing(ParsedModel *parsed, const char *schema, const char *name,
		   int location, char *detail)
{
	ModelReference *reference;
	ListCell   *lc;

	foreach(lc, parsed->missing)
	{
		ModelReference *known = lfirst(lc);

		if (strcmp(known->name.name, name) == 0 &&
			(known->name.schema == NULL) == (schema == NULL) &&
			(schema == NULL || strcmp(known->name.schema, schema) == 0))
			return;
	}
	reference = palloc0(sizeof(ModelReference));
	if (schema != NULL)
		reference->name.schema = pstrdup(schema);
	reference->name.name = pstrdup(name);
	reference->location = location;
	reference->detail = detail;
	parsed->missing = lappend(parsed->missing, reference);
}

/*
 * AddModelReference
 *		The number of the reference to a model, which is made if it is new.
 */
int
AddModelReference(ParsedModel *parsed, const char *schema, const char *name,
				  int location)
{
	ModelReference *reference;
	int			n = 0;
	ListCell   *lc;

	foreach(lc, parsed->references)
	{
		reference = lfirst(lc);
		if (strcmp(reference->name.schema, schema) == 0 &&
			strcmp(reference->name.name, name) == 0)
			return n;
		n++;
	}
	reference = palloc0(sizeof(ModelReference));
	reference->name.schema = pstrdup(schema);
	reference->name.name = pstrdup(name);
	reference->location = location;
	parsed->references = lappend(parsed->references, reference);
	return n;
}

/*
 * AddOutsideView
 *		Notes which models a relation outside of vde reads, if it is a view:
 *		they are read as the environment has them (see outside_view.c).
 *		Returns the numbers of these references.
 *
 * By name, as the view's own query has them: what it means is prod's view,
 * which has the model's name.
 */
List *
AddOutsideView(const Definition *definition, ParsedModel *parsed, Oid relid,
			   int location)
{
	const char *view;
	List	   *numbers = NIL;
	List	   *reached = ModelViewsRead(relid);
	ViewReference *reference;
	ListCell   *lc;

	if (reached == NIL)
		return NIL;
	view = quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
									  get_rel_name(relid));
	foreach(lc, reached)
	{
		char	   *schema = get_namespace_name(get_rel_namespace(lfirst_oid(lc)));
		char	   *name = get_rel_name(lfirst_oid(lc));

		if (schema == NULL || name == NULL)
			continue;
		if (strcmp(schema, definition->name.schema) == 0 &&
			strcmp(name, definition->name.name) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_RECURSION),
					 errmsg("model \"%s\" reads itself",
							QuoteModelName(&definition->name)),
					 errdetail("View \"%s\" reads it.", view),
					 errhint("Read the tables that the view is made from."),
					 errposition(QueryPosition(definition->query, location))));
		if (parsed->exists(schema, name, parsed->exists_arg))
			numbers = list_append_unique_int(numbers,
											 AddModelReference(parsed, schema, name, location));
		else
		{
			CheckForeignEnvironment(definition, view, schema, name, location);
			AddMissing(parsed, schema, name, location,
					   psprintf("View %s reads it, and it is no model in this environment.", view));
		}
	}
	reference = palloc(sizeof(ViewReference));
	reference->relid = relid;
	reference->location = location;
	parsed->views = lappend(parsed->views, reference);
	return numbers;
}
