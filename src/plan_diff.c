/*-------------------------------------------------------------------------
 *
 * plan_diff.c
 *	  What differs between the two definitions of a changed model, as lines.
 *
 * The text is compared as it was registered, so that a change of comments or
 * formatting shows, too.
 *
 * Invariant: what a definition says is shown to nobody who could not see it in
 * vde_models.  The text of a seed is its rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "line_diff.h"
#include "model.h"
#include "plan_diff.h"
#include "text_privacy.h"

#define CONTEXT_LINES	2
#define MOST_LINES		20

/*
 * value_text
 *		A member of an object, as JSON; NULL when there is none of that key.
 */
static char *
value_text(Jsonb *object, const JsonbValue *key)
{
	JsonbValue *value = findJsonbValueFromContainer(&object->root, JB_FOBJECT,
													(JsonbValue *) key);
	Jsonb	   *json;

	if (value == NULL)
		return NULL;
	json = JsonbValueToJsonb(value);
	return JsonbToCString(NULL, &json->root, VARSIZE(json));
}

/*
 * next_key
 *		The next key of an object, in the order of JSON; false at its end.
 */
static bool
next_key(JsonbIterator **it, JsonbValue *key)
{
	JsonbValue	skipped;
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(it, key, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			(void) JsonbIteratorNext(it, &skipped, true);
			return true;
		}
	}
	return false;
}

/*
 * difference
 *		A line for something that differs.
 */
static char *
difference(const char *what, const char *name, const char *before, const char *after)
{
	return psprintf("%s%s: %s -> %s", what, name, before ? before : "none", after ? after : "none");
}

/*
 * diff_objects
 *		A line for each member in which two objects differ.
 */
static List *
diff_objects(const char *what, Jsonb *before, Jsonb *after)
{
	List	   *lines = NIL;
	JsonbIterator *it = JsonbIteratorInit(&before->root);
	JsonbValue	key;

	while (next_key(&it, &key))
	{
		char	   *old = value_text(before, &key);
		char	   *new = value_text(after, &key);

		if (new == NULL || strcmp(old, new) != 0)
			lines = lappend(lines,
							difference(what, pnstrdup(key.val.string.val, key.val.string.len), old, new));
	}
	it = JsonbIteratorInit(&after->root);
	while (next_key(&it, &key))
	{
		if (value_text(before, &key) == NULL)
			lines = lappend(lines,
							difference(what, pnstrdup(key.val.string.val, key.val.string.len), NULL,
									   value_text(after, &key)));
	}
	return lines;
}

/*
 * role_name
 *		A role's name, also when it is gone.
 */
static const char *
role_name(Oid role)
{
	char	   *name = GetUserNameFromId(role, true);

	return name ? name : "unknown";
}

/*
 * role_names
 *		Roles by the names that they have now; NULL for none.
 */
static const char *
role_names(List *roles)
{
	StringInfoData names;
	ListCell   *cell;

	if (roles == NIL)
		return NULL;
	initStringInfo(&names);
	foreach(cell, roles)
		appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "",
						 OidIsValid(lfirst_oid(cell)) ? quote_identifier(role_name(lfirst_oid(cell))) : "public");
	return names.data;
}

/*
 * DescribeDifference
 *		See plan_diff.h.
 */
PlanDiff *
DescribeDifference(const PlanChange *change, Oid caller)
{
	const Definition *before = change->node->current_definition;
	const Definition *after = change->node->definition;
	PlanDiff   *diff;

	if (strcmp(change->change, "modified") != 0)
		return NULL;
	diff = palloc0(sizeof(PlanDiff));
	if (!MaySeeDefinition(before, caller) || !MaySeeDefinition(after, caller))
	{
		diff->hidden = IsPrivate(before) || IsPrivate(after) ?
			"it is private, and what differs is shown to members of its owner" :
			"what differs is shown to members of its owner, and to who may read vde_models";
		return diff;
	}
	if (before->kind != after->kind)
		diff->options = lappend(diff->options,
								difference("kind", "", KindName(before->kind), KindName(after->kind)));
	if (before->owner != after->owner)
		diff->options = lappend(diff->options,
								difference("owner", "", role_name(before->owner), role_name(after->owner)));
	diff->options = list_concat(diff->options,
								diff_objects("option ", before->options, after->options));
	diff->options = list_concat(diff->options,
								diff_objects("setting ", before->settings, after->settings));
	if (!equal(before->grantees, after->grantees) &&
		compareJsonbContainers(&before->options->root, &after->options->root) == 0)
		diff->options = lappend(diff->options,
								difference("roles of option grants", "",
										   role_names(before->grantees), role_names(after->grantees)));
	if (strcmp(before->query, after->query) == 0)
		return diff;
	if (!MaySeeText(before, caller) || !MaySeeText(after, caller))
		diff->hidden = "its rows are shown to members of its owner";
	else
		diff->text = DiffLines(before->query, after->query, CONTEXT_LINES, MOST_LINES);
	return diff;
}

/*
 * DifferenceText
 *		See plan_diff.h.
 */
List *
DifferenceText(const PlanChange *change, Oid caller)
{
	PlanDiff   *diff = DescribeDifference(change, caller);
	List	   *lines = NIL;
	ListCell   *cell;

	if (diff == NULL)
		return NIL;
	foreach(cell, diff->options)
		lines = lappend(lines, psprintf("      %s", (char *) lfirst(cell)));
	if (diff->hidden)
		lines = lappend(lines, psprintf("      (%s)", diff->hidden));
	foreach(cell, diff->text)
		lines = lappend(lines, psprintf("      %s", (char *) lfirst(cell)));
	return lines;
}

/*
 * MarkdownCell
 *		See plan_diff.h.
 */
char *
MarkdownCell(const char *text)
{
	StringInfoData cell;

	initStringInfo(&cell);
	for (; *text; text ++)
	{
		if (*text == '|' || *text == '\\' || *text == '`' || *text == '<')
			appendStringInfoChar(&cell, '\\');
		appendStringInfoChar(&cell, *text == '\n' ? ' ' : *text);
	}
	return cell.data;
}

/*
 * fence
 *		What a block of code is put between: longer than any in it.
 */
static char *
fence(List *lines)
{
	int			longest = 2;
	StringInfoData text;
	ListCell   *cell;

	foreach(cell, lines)
	{
		const char *c = (char *) lfirst(cell);

		while (*c != '\0')
		{
			int			length = strspn(c, "`");

			longest = Max(longest, length);
			c += length > 0 ? length : 1;
		}
	}
	initStringInfo(&text);
	while (text.len <= longest)
		appendStringInfoChar(&text, '`');
	return text.data;
}

/*
 * DifferenceMarkdown
 *		See plan_diff.h.
 */
List *
DifferenceMarkdown(const PlanChange *change, Oid caller)
{
	PlanDiff   *diff = DescribeDifference(change, caller);
	List	   *lines = NIL;
	ListCell   *cell;

	if (diff == NULL || (diff->options == NIL && diff->text == NIL && !diff->hidden))
		return NIL;
	lines = list_make2(psprintf("**%s**", MarkdownCell(QuoteModelName(&change->node->name))), "");
	foreach(cell, diff->options)
		lines = lappend(lines, psprintf("- %s", MarkdownCell((char *) lfirst(cell))));
	if (diff->hidden)
		lines = lappend(lines, psprintf("- %s", diff->hidden));
	if (diff->options != NIL || diff->hidden)
		lines = lappend(lines, "");
	if (diff->text !=NIL)
	{
		char	   *around = fence(diff->text);

		lines = lappend(lines, psprintf("%sdiff", around));
		lines = list_concat(lines, diff->text);
		lines = lappend(lines, around);
		lines = lappend(lines, "");
	}
	return lines;
}
