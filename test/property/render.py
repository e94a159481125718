"""From a generated query to one of the many texts that mean the same.

A piece of a query is a string, a list of pieces, or a tuple that leaves a choice
which must not matter:

    ('name', t)             the name of table, CTE or window t
    ('and', [..]), ('or', [..])     arms in any order
    ('in', e, [..], '' or 'NOT ')   the list in any order
    ('cast', e, type)       CAST or ::
    ('ne',)                 <> or !=
    ('as',)                 AS or none
    ('paren', e)            with and without parentheses
    ('join', kind)          INNER and OUTER or not
    ('using', a, b, c)      USING (c) or ON a.c = b.c
    ('star', form, [..])    * or the list; the form is given
    ('group', n, e)         GROUP BY n or by the expression
    ('over', w, spec, frame), ('windows', w)  in OVER or in WINDOW
    ('unused', first)       a CTE that nobody reads
    ('order', n)            ORDER BY, where there is no order
    ('gap',)                white space and comments
    ('read', t), ('with', [(t, e, its query)], 'WITH ', top)
                            a CTE and who reads it, or the same subquery in place
    ('once', t, e)          e, wherever it stands in the very same words

Models are «m1», to be put in by who knows their schema.
"""

import random
import re

KEYWORDS = re.compile(r'\b(SELECT|FROM|WHERE|GROUP BY|HAVING|AS|JOIN|ON|CAST|CASE|WHEN|THEN|ELSE|END|LIMIT|ORDER BY|UNION|ALL|AND|OR|OVER|WITH|DISTINCT|IS|NOT|NULL)\b')


class Style:
    def __init__(self, seed):
        self.rnd = random.Random(seed)
        self.names = {}
        self.windows = {}
        self.same = {}
        self.inline = {}
        self.ordered = ''
        self.naming = self.rnd.choice(['a%d', 'q_%d', 'Tab%d', 'zz%dx'])
        self.calm = self.rnd.random() < 0.6
        self.lower = self.rnd.random() < 0.2

    def odd(self, probability=0.5):
        return self.rnd.random() < probability

    def name(self, token):
        return self.names.setdefault(token, self.naming % (len(self.names) + 1))

    def put(self, piece):
        if isinstance(piece, str):
            return piece
        if isinstance(piece, list):
            return ''.join(self.put(p) for p in piece)
        return getattr(self, 'put_' + piece[0])(*piece[1:])

    def shuffled(self, pieces):
        pieces = list(pieces)
        if self.odd():
            self.rnd.shuffle(pieces)
        return [self.put(p) for p in pieces]

    def put_name(self, token):
        return self.name(token)

    def put_and(self, arms):
        return '(%s)' % ' AND '.join(self.shuffled(arms))

    def put_or(self, arms):
        return '(%s)' % ' OR '.join(self.shuffled(arms))

    def put_in(self, e, values, negated):
        return '(%s %sIN (%s))' % (self.put(e), negated, ', '.join(self.shuffled(values)))

    def put_cast(self, e, type):
        form = self.rnd.choice(['CAST(%s AS %s)', '(%s)::%s', 'CAST ( (%s) AS %s )'] if not self.calm else ['CAST(%s AS %s)'])
        return form % (self.put(e), type)

    def put_ne(self):
        return self.rnd.choice(['<>', '!='])

    def put_as(self):
        return self.rnd.choice([' AS ', ' ', ' as '])

    def put_paren(self, e):
        return '(%s)' % self.put(e) if not self.calm and self.odd() else self.put(e)

    def put_join(self, kind):
        return kind + (self.rnd.choice(['', '', ' OUTER']) if kind != 'INNER' else '') + ' JOIN' if kind != 'INNER' or self.odd() else 'JOIN'

    def put_using(self, a, b, column):
        if self.odd(0.3):
            return 'USING (%s)' % column
        return 'ON %s.%s = %s.%s' % (self.name(a), column, self.name(b), column)

    def put_star(self, form, columns):
        return self.put(form) if form else ', '.join(self.put(c) for c in columns)

    def put_group(self, number, e):
        return str(number) if number and self.odd() else self.put(e)

    def put_over(self, window, spec, frame):
        if window not in self.windows:
            self.windows[window] = self.put(spec) if self.odd() else None
        if self.windows[window] is None:
            return 'OVER (%s %s)' % (self.put(spec), frame)
        return 'OVER (%s %s)' % (self.name(window), frame) if frame else 'OVER ' + self.name(window)

    def put_windows(self, window):
        spec = self.windows.get(window)
        return ' WINDOW %s AS (%s)' % (self.name(window), spec) if spec is not None else ''

    def put_unused(self, first):
        if not self.odd(0.12):
            return ''
        text = '%s AS (SELECT 1 AS one)' % self.name('unused')
        return 'WITH %s ' % text if first else ', %s' % text

    def put_order(self, count):
        if not self.odd(0.15):
            return ''
        self.ordered = ' ORDER BY %d%s' % (self.rnd.randint(1, count), self.rnd.choice(['', ' DESC']))
        return self.ordered

    def put_with(self, ctes, first, top):
        pieces = []
        for token, piece, query in ctes:
            if query is not None and self.odd(0.3):
                self.inline[token] = query
            else:
                pieces.append(self.put(piece))
        unused = self.put_unused(not pieces) if top else ''
        if not pieces:
            return unused
        return first + ', '.join(pieces) + unused + ' '

    def put_read(self, token):
        return '(%s)' % self.put(self.inline[token]) if token in self.inline else self.name(token)

    def put_once(self, token, e):
        if token not in self.same:
            self.same[token] = self.put(e)
        return self.same[token]

    def put_gap(self):
        return ' ' if self.calm else self.rnd.choice([' ', '  ', '\n', '\n\t', ' /* it''s; a "comment" */ ', ' -- comment\n'])

    def text(self, piece):
        text = self.put(piece)
        if self.lower:
            # not in constants
            text = ''.join(part if i % 2 else KEYWORDS.sub(lambda m: m.group(0).lower(), part)
                           for i, part in enumerate(re.split("('(?:[^']|'')*')", text)))
        if not self.calm and self.odd(0.2):
            text = '-- comment %d\n' % self.rnd.randint(0, 99) + text
        return text


def render(piece, seed):
    """The text, and what of it matters where something can come out differently: CTEs in place, ORDER BY."""
    style = Style(seed)
    return style.text(piece), (frozenset(style.inline), style.ordered)
