/*-------------------------------------------------------------------------
 *
 * grants_option.c
 *	  The option "grants": who may read a model's views.
 *
 * It is part of the metadata, never of a version.  What it gives, and takes
 * back, is in view_grants.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/acl.h"

#include "options.h"
#include "storage_options.h"

/*
 * ReadGrantsOption
 *		{"select": ["dashboards", "public"]}
 */
void
ReadGrantsOption(ModelOptions *options, ModelKind kind, const char *option,
				 const JsonbValue *value)
{
	ListCell   *lc;
	ListCell   *inner;

	if (!OptionIsObject(value))
		OptionTypeError(option, "an object, as in {\"select\": [\"dashboards\"]}");
	foreach(lc, OptionMembers(value->val.binary.data))
	{
		OptionMember *member = lfirst(lc);

		if (strcmp(member->key, "select") != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("privilege \"%s\" cannot be given by option \"%s\"",
							member->key, option),
					 errdetail("The views of models can only be read."),
					 errhint("Write {\"select\": [\"role\", ...]}.")));
		if (!OptionIsArray(&member->value))
			OptionTypeError(option, "an object with arrays of roles, as in {\"select\": [\"dashboards\"]}");
		foreach(inner, OptionElements(&member->value))
		{
			char	   *role = OptionString(lfirst(inner));

			if (role == NULL)
				OptionTypeError(option, "an object with arrays of roles, as in {\"select\": [\"dashboards\"]}");
			CheckOptionName(option, role);
			options->select_roles = lappend(options->select_roles, role);
		}
	}
}

/*
 * OptionGrantees
 *		See options.h.
 *
 * Looked up once, when a model is registered: who gets the name of a role
 * later gets nothing else of it.
 */
List *
OptionGrantees(const ModelOptions *options)
{
	List	   *grantees = NIL;
	ListCell   *lc;

	foreach(lc, options->select_roles)
	{
		const char *name = (char *) lfirst(lc);
		Oid			role = ACL_ID_PUBLIC;

		if (strcmp(name, "public") != 0)
		{
			role = get_role_oid(name, true);
			if (!OidIsValid(role))
				ereport(ERROR,
						(errcode(ERRCODE_UNDEFINED_OBJECT),
						 errmsg("role \"%s\" in option \"grants\" does not exist", name),
						 errhint("Create the role first, or leave it out.")));
			if (strcmp(name, VDE_STORAGE_ROLE) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("role \"%s\" cannot be given anything", name),
						 errdetail("It owns the physical tables and has no rights besides.")));
		}
		grantees = list_append_unique_oid(grantees, role);
	}
	list_sort(grantees, list_oid_cmp);
	return grantees;
}
