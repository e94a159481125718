/*-------------------------------------------------------------------------
 *
 * text_privacy.c
 *	  Who may see what a definition says.
 *
 * The option "private" keeps a model's text, and what quotes it, for members
 * of its owner.  The view vde_models asks the same in SQL.
 *
 * Errors quote texts, too: the analyzer's with the whole query, those of a
 * build with values that stand in it.  Whoever is not to see the text is told
 * that there is an error, of which SQLSTATE, and who can see it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/jsonb.h"

#include "catalog.h"
#include "options.h"
#include "session.h"
#include "text_privacy.h"

#define HIDDEN_MESSAGE	"there is something wrong with model \"%s\""
#define HIDDEN_DETAIL	"Its text is private, and so is what is wrong with it."
#define HIDDEN_HINT		"Have a member of \"%s\" look at it with vde_plan(), or in the view vde_builds."

Oid			KeepModelErrorsOf = InvalidOid;

/*
 * IsPrivate
 *		See text_privacy.h.
 */
bool
IsPrivate(const Definition *definition)
{
	JsonbValue *value;

	if (definition->options == NULL)
		return false;
	value = getKeyJsonValueFromContainer(&definition->options->root, PRIVATE_OPTION,
										 strlen(PRIVATE_OPTION), NULL);
	return value != NULL && value->type == jbvBool && value->val.boolean;
}

/*
 * MaySeeDefinition
 *		See text_privacy.h.
 */
bool
MaySeeDefinition(const Definition *definition, Oid role)
{
	if (has_privs_of_role(role, definition->owner))
		return true;
	return !IsPrivate(definition) &&
		CatalogRead("SELECT FROM pg_catalog.pg_extension e "
					"JOIN pg_catalog.pg_class c ON c.relnamespace = e.extnamespace AND c.relname = 'vde_models' "
					"WHERE e.extname = 'vde' AND pg_catalog.has_table_privilege($1::pg_catalog.oid, c.oid, 'SELECT')",
					"r", role) > 0;
}

/*
 * MaySeeText
 *		See text_privacy.h.
 */
bool
MaySeeText(const Definition *definition, Oid role)
{
	return definition->kind == KIND_SEED ? has_privs_of_role(role, definition->owner) :
		MaySeeDefinition(definition, role);
}

/*
 * IsHidden
 *		See text_privacy.h.  What is just being registered has no owner yet.
 */
bool
IsHidden(const Definition *definition)
{
	return IsPrivate(definition) && OidIsValid(definition->owner) &&
		!has_privs_of_role(SessionCaller(), definition->owner);
}

/*
 * HidesErrors
 *		See text_privacy.h.
 */
bool
HidesErrors(const Definition *definition)
{
	return definition->owner != KeepModelErrorsOf && IsHidden(definition);
}

/*
 * HideModelError
 *		See text_privacy.h.
 */
void
HideModelError(const char *model, const char *owner)
{
	errposition(0);
	internalerrposition(0);
	internalerrquery(NULL);
	errmsg(HIDDEN_MESSAGE, model);
	errdetail(HIDDEN_DETAIL);
	errhint(HIDDEN_HINT, owner);
}

/*
 * HiddenError
 *		See text_privacy.h.
 */
ErrorData *
HiddenError(const Definition *definition, ErrorData *error)
{
	ErrorData  *hidden;
	char	   *owner;

	if (!IsHidden(definition))
		return error;
	owner = GetUserNameFromId(definition->owner, true);
	hidden = palloc0(sizeof(ErrorData));
	hidden->elevel = error->elevel;
	hidden->sqlerrcode = error->sqlerrcode;
	hidden->message = psprintf(HIDDEN_MESSAGE, QuoteModelName(&definition->name));
	hidden->detail = pstrdup(HIDDEN_DETAIL);
	hidden->hint = psprintf(HIDDEN_HINT, owner ? owner : "");
	hidden->assoc_context = CurrentMemoryContext;
	return hidden;
}
