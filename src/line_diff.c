/*-------------------------------------------------------------------------
 *
 * line_diff.c
 *	  What differs between two texts, line by line, for people.
 *
 * Lines are exchanged for numbers, equal ones for equal numbers.  What the
 * texts begin and end with in common is cut off, and a line that the other
 * text does not have at all cannot be part of what is common: both are out of
 * the search.  The rest goes through Myers' algorithm ("An O(ND) difference
 * algorithm", 1986), forwards, with the ends of each round kept for the way
 * back.
 *
 * Invariants
 *
 * - Time and memory are bounded: the search ends after a number of rounds that
 *	 depends on the texts' length, and takes what it has found until then for
 *	 all that is common.  Such a diff is right, and longer than it need be.
 *
 * - A carriage return at the end of a line is no difference, nor is a line
 *	 feed at the end of a text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "line_diff.h"

/* the search's limits: rounds, and rounds times lines */
#define MAX_ROUNDS		1000
#define MAX_STEPS		INT64CONST(20000000)

typedef struct Line
{
	const char *start;
	int			length;
	int			id;				/* equal lines have equal ids */
	bool		common;			/* found in the other text, in this order */
} Line;

typedef struct Text
{
	Line	   *lines;
	int			count;
} Text;

/* What takes part in the search: a line's id, and which line it is */
typedef struct Candidate
{
	int			id;
	Line	   *line;
} Candidate;

typedef struct LineKey
{
	const char *start;
	int			length;
} LineKey;

typedef struct LineEntry
{
	LineKey		key;
	int			id;
} LineEntry;

/* One line of the whole diff */
typedef struct Step
{
	char		sign;
	const Line *line;
} Step;

static uint32
hash_line(const void *key, Size keysize)
{
	const LineKey *line = (const LineKey *) key;

	return hash_bytes((const unsigned char *) line->start, line->length);
}

static int
match_lines(const void *a, const void *b, Size keysize)
{
	const LineKey *left = (const LineKey *) a;
	const LineKey *right = (const LineKey *) b;

	return left->length != right->length ||
		memcmp(left->start, right->start, left->length) != 0;
}

/*
 * huge
 *		Room for an array, of texts of any size.
 */
static void *
huge(Size count, Size size)
{
	return MemoryContextAllocHuge(CurrentMemoryContext, Max(count, 1) * size);
}

/*
 * split
 *		A text's lines.
 */
static Text
split(const char *text)
{
	Text		result;
	const char *c;
	int			count = 0;

	for (c = text; *c != '\0'; c++)
	{
		if (*c == '\n' || c[1] == '\0')
			count++;
	}
	result.lines = huge(count, sizeof(Line));
	result.count = 0;
	while (*text !='\0')
	{
		Line	   *line = &result.lines[result.count++];
		const char *end = strchr(text, '\n');

		line->start = text;
		line->length = end != NULL ? end - text : strlen(text);

		line->common = false;
		text	  +=line->length + (end != NULL ? 1 : 0);

		if (line->length > 0 && line->start[line->length - 1] == '\r')
			line->length--;
	}
	return result;
}

/*
 * number_lines
 *		Gives each line its id; ids are below the result.
 */
static int
number_lines(Text *a, Text *b)
{
	HASHCTL		ctl;
	HTAB	   *table;
	Text	   *texts[2] = {a, b};
	int			next = 0;
	int			side;
	int			i;

	ctl.keysize = sizeof(LineKey);
	ctl.entrysize = sizeof(LineEntry);
	ctl.hash = hash_line;
	ctl.match = match_lines;
	ctl.hcxt = CurrentMemoryContext;
	table = hash_create("vde lines", 256, &ctl,
						HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
	for (side = 0; side < 2; side++)
	{
		for (i = 0; i < texts[side]->count; i++)
		{
			Line	   *line = &texts[side]->lines[i];
			LineKey		key = {line->start, line->length};
			LineEntry  *entry;
			bool		found;

			CHECK_FOR_INTERRUPTS();
			entry = hash_search(table, &key, HASH_ENTER, &found);
			if (!found)
				entry->id = next++;
			line->id = entry->id;
		}
	}
	hash_destroy(table);
	return next;
}

/*
 * candidates
 *		Lines from first to last (excluded) that the other text has, too.
 */
static Candidate *
candidates(Text *text, int first, int last, const bool *in_other, int *count)
{
	Candidate  *result = huge(last - first, sizeof(Candidate));
	int			i;

	*count = 0;
	for (i = first; i < last; i++)
	{
		Line	   *line = &text->lines[i];

		if (!in_other[line->id])
			continue;
		result[*count].id = line->id;
		result[*count].line = line;
		(*count)++;
	}
	return result;
}

/*
 * reach
 *		How far a round got on diagonal k (x - y): x, or -1 for not at all.
 */
static inline int
reach(int **rounds, int round, int k)
{
	return abs(k) <= round ? rounds[round][round + k] : -1;
}

/*
 * step_into
 *		Where a round starts on diagonal k, by one step from what the round
 *		before has reached: over a line of b (*over_b), or over one of a.
 */
static int
step_into(int **rounds, int round, int k, int n, int m, bool *over_b)
{
	int			b = reach(rounds, round - 1, k + 1);
	int			a = reach(rounds, round - 1, k - 1);

	if (b - k > m)
		b = -1;
	if (a >= 0)
		a++;
	if (a > n)
		a = -1;
	*over_b = b > a;
	return Max(a, b);
}

/*
 * search
 *		Marks lines that two sequences have in common.
 */
static void
search(const Candidate *a, int n, const Candidate *b, int m)
{
	int			last = Min(Min(MAX_ROUNDS, (int64) n + m),
						   Max(MAX_STEPS / ((int64) n + m + 1), 16));
	int		  **rounds = palloc(sizeof(int *) * (last + 1));
	int			round;
	int			best = 0;
	int			x;
	int			k;
	bool		over_b;

	for (round = 0; round <= last; round++)
	{
		int			furthest = -1;

		rounds[round] = palloc(sizeof(int) * (2 * round + 1));
		for (k = -round; k <= round; k++)
		{
			rounds[round][round + k] = -1;
			if ((round + k) % 2 != 0)
				continue;		/* not to be reached in this round */
			CHECK_FOR_INTERRUPTS();
			x = round == 0 ? 0 : step_into(rounds, round, k, n, m, &over_b);
			if (x < 0)
				continue;
			while (x < n && x - k < m && a[x].id == b[x - k].id)
				x++;
			rounds[round][round + k] = x;
			if (x + (x - k) > furthest)
			{
				furthest = x + (x - k);
				best = k;
			}
		}
		if (furthest == n + m || round == last)
			break;
	}

	/* and the way back */
	for (k = best;; round--)
	{
		int			start = 0;

		x = reach(rounds, round, k);
		if (round > 0)
			start = step_into(rounds, round, k, n, m, &over_b);
		while (x > start)
		{
			x--;
			a[x].line->common = true;
			b[x - k].line->common = true;
		}
		if (round == 0)
			break;
		k += over_b ? 1 : -1;
	}
}

/*
 * find_common
 *		Marks the lines that two texts have in common.
 */
static void
find_common(Text *a, Text *b)
{
	int			ids = number_lines(a, b);
	bool	   *in_a = huge(ids, sizeof(bool));
	bool	   *in_b = huge(ids, sizeof(bool));
	int			first = 0;
	int			last_a = a->count;
	int			last_b = b->count;
	int			n;
	int			m;
	int			i;
	Candidate  *from_a;
	Candidate  *from_b;

	while (first < last_a && first < last_b && a->lines[first].id == b->lines[first].id)
	{
		a->lines[first].common = b->lines[first].common = true;
		first++;
	}
	while (first < last_a && first < last_b && a->lines[last_a - 1].id == b->lines[last_b - 1].id)
	{
		last_a--;
		last_b--;
		a->lines[last_a].common = b->lines[last_b].common = true;
	}

	memset(in_a, 0, ids * sizeof(bool));
	memset(in_b, 0, ids * sizeof(bool));
	for (i = first; i < last_a; i++)
		in_a[a->lines[i].id] = true;
	for (i = first; i < last_b; i++)
		in_b[b->lines[i].id] = true;
	from_a = candidates(a, first, last_a, in_b, &n);
	from_b = candidates(b, first, last_b, in_a, &m);
	search(from_a, n, from_b, m);
}

/*
 * all_steps
 *		The whole of the diff; where lines change, removed ones come first.
 */
static Step *
all_steps(const Text *a, const Text *b, int *count)
{
	Step	   *steps = huge((Size) a->count + b->count, sizeof(Step));
	int			i = 0;
	int			j = 0;

	*count = 0;
	while (i < a->count || j < b->count)
	{
		Step	   *step = &steps[(*count)++];

		if (i < a->count && !a->lines[i].common)
		{
			step->sign = '-';
			step->line = &a->lines[i++];
		}
		else if (j < b->count && !b->lines[j].common)
		{
			step->sign = '+';
			step->line = &b->lines[j++];
		}
		else
		{
			step->sign = ' ';
			step->line = &b->lines[j++];
			i++;
		}
	}
	return steps;
}

/*
 * DiffLines
 *		See line_diff.h.
 */
List *
DiffLines(const char *before, const char *after, int context, int limit)
{
	MemoryContext result = CurrentMemoryContext;
	MemoryContext scratch = AllocSetContextCreate(result, "vde line diff",
												  ALLOCSET_DEFAULT_SIZES);
	List	   *lines = NIL;
	Text		a;
	Text		b;
	Step	   *steps;
	int			count;
	int			total = 0;
	int			shown_to = 0;	/* what stands before is told */
	int			next = 0;		/* where the next change is looked for */

	MemoryContextSwitchTo(scratch);
	a = split(before);
	b = split(after);
	find_common(&a, &b);
	steps = all_steps(&a, &b, &count);

	MemoryContextSwitchTo(result);
	for (;;)
	{
		int			first;
		int			end;
		int			i;

		/* a place: changes with no more than twice the context between them */
		CHECK_FOR_INTERRUPTS();
		while (next < count && steps[next].sign == ' ')
			next++;
		if (next >= count)
			break;
		first = Max(next - context, shown_to);
		end = next;
		while (next < count && next <= end + 2 * context + 1)
		{
			if (steps[next].sign != ' ')
				end = next;
			next++;
		}
		next = end + 1;
		end = Min(end + context, count - 1);

		if (total > 0 && total++ < limit)
			lines = lappend(lines, pstrdup("..."));
		for (i = first; i <= end; i++)
		{
			if (total++ < limit)
				lines = lappend(lines, psprintf("%c%.*s", steps[i].sign,
												steps[i].line->length, steps[i].line->start));
		}
		shown_to = end + 1;
	}
	if (total > limit)
		lines = lappend(lines, psprintf(total - limit == 1 ? "... and %d more line" : "... and %d more lines",
										total - limit));
	MemoryContextDelete(scratch);
	return lines;
}
