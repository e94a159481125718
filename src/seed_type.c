/*-------------------------------------------------------------------------
 *
 * seed_type.c
 *	  Which types a value of a seed can be read as.
 *
 * Invariant: a type loses nothing that tells two values apart.  What only
 * looks like a number (007, 1e5, +1) is text, and so is a date that is written
 * otherwise than 2024-01-31, which settings could read as another day.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/datetime.h"

#include "seed_type.h"

/* a longer number is text */
#define NUMBER_BYTES	1000

static const Oid seed_type_oids[] = {
	BOOLOID, INT8OID, NUMERICOID, DATEOID, TIMESTAMPOID, TEXTOID
};

/*
 * SeedTypeOid
 *		See seed_type.h.
 */
Oid
SeedTypeOid(SeedType type)
{
	return seed_type_oids[type];
}

/*
 * digits
 *		Reads exactly count decimal digits at *p and moves behind them; false
 *		when they are not there.
 */
static bool
digits(const char **p, int count, int *value)
{
	*value = 0;
	while (count-- > 0)
	{
		if (**p < '0' || **p > '9')
			return false;
		*value = *value * 10 + (*(*p)++ - '0');
	}
	return true;
}

/*
 * scan_date
 *		Reads YYYY-MM-DD, a day that exists, and moves behind it.
 */
static bool
scan_date(const char **p)
{
	int			year;
	int			month;
	int			day;

	if (!digits(p, 4, &year) || *(*p)++ != '-' ||
		!digits(p, 2, &month) || *(*p)++ != '-' ||
		!digits(p, 2, &day))
		return false;
	return year >= 1 && month >= 1 && month <= 12 &&
		day >= 1 && day <= day_tab[isleap(year)][month - 1];
}

/*
 * scan_time
 *		Reads HH:MM, HH:MM:SS or HH:MM:SS.f with up to six digits, and moves
 *		behind it.
 */
static bool
scan_time(const char **p)
{
	int			hour;
	int			minute;
	int			second = 0;
	int			decimals;

	if (!digits(p, 2, &hour) || *(*p)++ != ':' || !digits(p, 2, &minute))
		return false;
	if (**p == ':')
	{
		(*p)++;
		if (!digits(p, 2, &second))
			return false;
		if (**p == '.')
		{
			(*p)++;
			decimals = strspn(*p, "0123456789");
			if (decimals < 1 || decimals > 6)
				return false;
			*p += decimals;
		}
	}
	return hour <= 23 && minute <= 59 && second <= 59;
}

/*
 * scan_number
 *		Is it a number as PostgreSQL prints it, whole or with a decimal point?
 *		*whole tells which.
 *
 * Leading zeros, a plus sign and exponents are left to codes and keys that
 * only look like numbers.
 */
static bool
scan_number(const char *value, bool *whole)
{
	const char *p = value;
	int			count;

	if (*p == '-')
		p++;
	count = strspn(p, "0123456789");
	if (count == 0 || (count > 1 && *p == '0'))
		return false;
	if (count == 1 && *p == '0' && p > value && p[1] == '\0')
		return false;			/* -0 would become 0 */
	p += count;
	*whole = (*p == '\0');
	if (*p == '.')
	{
		p++;
		count = strspn(p, "0123456789");
		if (count == 0)
			return false;
		p += count;
	}
	return *p == '\0' && p - value <= NUMBER_BYTES;
}

/*
 * SeedValueFits
 *		See seed_type.h.
 */
bool
SeedValueFits(const char *value, SeedType type)
{
	const char *p = value;
	bool		whole = false;

	switch (type)
	{
		case SEED_BOOLEAN:
			return pg_strcasecmp(value, "true") == 0 ||
				pg_strcasecmp(value, "false") == 0;
		case SEED_BIGINT:
			if (!scan_number(value, &whole) || !whole)
				return false;
			errno = 0;
			(void) strtoll(value, NULL, 10);
			return errno == 0;
		case SEED_NUMERIC:
			return scan_number(value, &whole);
		case SEED_DATE:
			return scan_date(&p) && *p == '\0';
		case SEED_TIMESTAMP:
			return scan_date(&p) && *p++ == ' ' && scan_time(&p) && *p == '\0';
		case SEED_TEXT:
			return true;
	}
	return false;
}
