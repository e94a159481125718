"""Random queries over sources, of every form that a SELECT has, and edits of them.

A Query is its choices (see choices.py): the same choices over the same sources are
the same query, in another style the same meaning in other words.
"""

from choices import Choices, label
from data import TYPES, WEIGHTS
from expressions import (Ref, Scope, aggregate, any_column, cast, column, commas, condition, constant, expression, likely, predicate, token,
                         window, window_spec)
from render import render

# windows and functions of the user count as what can come out differently, whatever they do here: then an order, or
# that a CTE is computed once, may mean something
UNCERTAIN = ('over', 'raw.f')
LARGE = 400                         # rows that a query may have before it gets a LIMIT


class Source:
    """Something to read: a table, a model, a CTE."""

    def __init__(self, key, columns, size=15, piece=None, cte=None, rows=True, only=False, weight=2):
        self.key = key
        self.columns = columns      # [(name, type)]
        self.size = size
        self.piece = piece or key
        self.cte = cte
        self.rows = rows            # can it be named as a whole row
        self.only = only            # has it a child table
        self.weight = weight


class Select:
    def __init__(self, piece, columns, size, sortable=False):
        self.piece = piece
        self.columns = columns
        self.size = size
        self.sortable = sortable    # ORDER BY at its end means nothing


class Context:
    """Where a query stands: what it may read, how deep it is."""

    def __init__(self, sources, shared=None, depth=0):
        self.sources = sources
        self.depth = depth
        self.shared = shared or {'used': set(), 'derived': set(), 'alias': {}, 'columns': {}, 'ctes': set(), 'star': 0, 'reads': set()}
        self.used = self.shared['used']

    def below(self, more=()):
        return Context(list(more) + self.sources, self.shared, self.depth + 1)

    def can_nest(self):
        return self.depth < 2

    def whole(self, row):
        self.shared['whole'] = True
        for name in self.shared['columns'].get(row, ()):
            self.used.add('%s.%s' % (row, name))

    # subqueries in expressions

    def inner(self, g, scope, correlated=0.6):
        """FROM and WHERE of a subquery: (piece, its scope)."""
        context = self.below()
        piece, refs, rows, _ = item(g.at('item'), context, scope, simple=True)
        inside = Scope(context, refs, rows, scope)
        arms = []
        # an expression in GROUP BY is not known as such further down
        around = [r for r in scope.refs + (scope.outer.refs if scope.outer and g.flag('further', 0.15) else []) if r.key[:3] != 'key']
        types = [t for t in TYPES if any(r.type == t for r in around) and inside.of(t)]
        if types and g.flag('correlated', correlated):
            type = g.pick('correlation type', types)
            left = column(g, inside, type, 'inner column')
            refs = [r for r in around if r.type == type]
            key = g.pick('outer column', [r.key for r in refs])
            self.used.add(key)
            arms.append([left, ' ', g.pick('correlation', ['=', '<', '>='], [2, 1, 1]), ' ', next(r.piece for r in refs if r.key == key)])
        if g.flag('inner where', 0.3):
            arms.append(predicate(g.at('where'), inside, 1))
        return [' FROM ', piece, [' WHERE ', arms[0] if len(arms) == 1 else ('and', arms)] if arms else ''], inside

    def scalar(self, g, scope, type):
        piece, inside = self.inner(g, scope)
        if g.pick('scalar', ['aggregate', 'first'], [3, 1]) == 'first':
            return ['(SELECT ', expression(g.at('value'), inside, type, 0), ' AS v', piece, ' ORDER BY 1', g.pick('first', ['', ' DESC', ' NULLS FIRST']), ' LIMIT 1)']
        return ['(SELECT ', aggregate(g.at('value'), inside, type), piece, ')']

    def array(self, g, scope):
        piece, inside = self.inner(g, scope)
        return ['ARRAY(SELECT ', expression(g.at('value'), inside, 'int', 0), ' AS v', piece, ' ORDER BY 1', g.pick('array order', ['', ' DESC']), ')']

    def rows(self, g, scope):
        piece, inside = self.inner(g, scope, 0.85)
        what = g.pick('exists of', ['', '1', 'count(*)', 'having'], [3, 3, 1, 1])
        if what == 'having':
            return ['(SELECT 1', piece, ' HAVING count(*) > ', g.pick('having count', ['1', '0', '2']), ')']
        return ['(SELECT ', what, piece, ')']

    def column(self, g, scope, type):
        if g.flag('set query', 0.15):
            return ['(', body(g.at('set'), self.below(), scope, [type]).piece, ')']
        piece, inside = self.inner(g, scope, 0.3)
        return ['(SELECT ', expression(g.at('value'), inside, type, 1), ' AS v', piece, ')']


# --- FROM -------------------------------------------------------------------

def derived(context, tok, columns):
    """Columns of a subquery, which somebody should read."""
    for name, _ in columns:
        context.shared['derived'].add('%s.%s' % (tok, name))


def refs_of(context, tok, columns):
    context.shared['columns'][tok] = [name for name, _ in columns]
    return [Ref('%s.%s' % (tok, name), type, [('name', tok), '.', name]) for name, type in columns]


def item(g, context, scope, simple=False, again=None):
    """Something in FROM: (piece, refs, rows, size)."""
    tok = token(g)
    can = context.can_nest() and not simple
    kind = g.pick('item', ['table', 'subquery', 'values', 'function'], [12, 2 if can else 0, 1, 1])
    if kind == 'subquery' and not can:
        kind = 'table'
    if kind == 'subquery':
        query = body(g.at('query'), context.below(), None, None)
        derived(context, tok, query.columns)
        return ['(', query.piece, ')', ('as',), ('name', tok)], refs_of(context, tok, query.columns), [tok], query.size
    if kind == 'values':
        types = [g.pick('type %d' % i, TYPES, WEIGHTS) for i in range(2)]
        count = g.pick('rows', [1, 2, 3])
        lists = [['(', constant(g.at(n, 'a'), types[0]), ', ', constant(g.at(n, 'b'), types[1]), ')'] for n in range(count)]
        columns = [('v1', types[0]), ('v2', types[1])]
        derived(context, tok, columns)
        return ['(VALUES ', commas(lists), ')', ('as',), ('name', tok), ' (v1, v2)'], refs_of(context, tok, columns), [tok], count
    if kind == 'function':
        piece, columns = function(g, tok, None, context)
        return piece, refs_of(context, tok, columns), [], 4
    if again and g.flag('again', 0.25):
        source = again
    else:
        keys = [s.key for s in context.sources]
        key = g.pick('source', keys, [s.weight for s in context.sources])
        source = next(s for s in context.sources if s.key == key)
    only = 'ONLY ' if source.only and g.flag('only', 0.3) else ''
    context.shared['reads'].add(source.key)
    if source.cte:
        context.shared['alias'][tok] = source.cte
    return [only, source.piece, ('as',), ('name', tok)], refs_of(context, tok, source.columns), [tok] if source.rows else [], source.size


def function(g, tok, scope, context):
    """A function in FROM, maybe of columns further left: (piece, columns)."""
    ordinality = g.flag('ordinality', 0.4)
    kind = g.pick('function', ['series', 'f3', 'rows from', 'unnest'], [3, 2, 2, 2])
    n = g.pick('n', ['2', '3', '4', '1'])
    if scope and scope.of('int') and g.flag('lateral', 0.8):
        of = any_column(g, scope, 'function of', ['int']).piece
        n = ['least(', of, ', ', n, ')']
    columns = [('x', 'int')]
    if kind == 'series':
        call = [('generate_series(1, '), n, ')']
    elif kind == 'unnest':
        array = any_column(g, scope, 'array of', ['int[]']).piece if scope and scope.of('int[]') else constant(g.at('array'), 'int[]')
        call = ['unnest(', array, ')']
    elif kind == 'f3':
        call, columns = ['raw.f3(', n, ')'], [('x', 'int'), ('y', 'text')]
    else:
        call, columns = ['ROWS FROM (generate_series(1, ', n, '), raw.f3(', g.pick('m', ['2', '3', '1']), '))'], [('x', 'int'), ('y', 'int'), ('z', 'text')]
    names = [name for name, _ in columns] + (['o'] if ordinality else [])
    # the number is a bigint: not for expressions as it is
    return [call, ' WITH ORDINALITY' if ordinality else '', ' AS ', ('name', tok), ' (%s)' % ', '.join(names)], columns + ([('o::int', 'int')] if ordinality else [])


def from_clause(g, context, outer):
    """(piece, scope, size, columns of * or None)."""
    piece, refs, rows, size = item(g.at('first'), context, outer)
    stars = [(r.piece, r.key.split('.', 1)[1], r.type) for r in refs] if rows else None
    count = g.pick('joins', [0, 1, 2], [10, 9, 2])
    first = next((s for s in context.sources if s.key == context_key(g.at('first'))), None)
    for i in range(count):
        scope = Scope(context, refs, rows, outer)
        piece, refs, rows, size, stars = join(g.at('join%d' % i), context, scope, piece, size, first, stars if i == 0 else None, i == 0, i == count - 1)
    return piece, Scope(context, refs, rows, outer), size, stars


def context_key(g):
    seen = g.choices.seen.get(g.path + '/source')
    return seen[0] if seen else None


def join(g, context, scope, piece, size, first, stars, at_start, at_end):
    kinds = ['INNER', 'LEFT', 'FULL', 'RIGHT', 'CROSS', 'comma', 'NATURAL', 'USING', 'lateral query', 'lateral function']
    kind = g.pick('join', kinds, [5, 5, 3, 2, 1, 2, 2 if at_start else 0, 3 if at_start else 0, 2 if context.can_nest() else 0, 2])
    refs, rows = scope.refs, scope.rows
    tok = token(g)
    if kind == 'lateral function':
        call, columns = function(g.at('right'), tok, scope, context)
        form = g.pick('lateral join', ['CROSS', 'LEFT'])
        more = refs_of(context, tok, columns)
        return ([piece, ('gap',), 'CROSS JOIN LATERAL ' if form == 'CROSS' else 'LEFT JOIN LATERAL ', call, '' if form == 'CROSS' else ' ON true'],
                refs + more, rows, size * 2, None)
    if kind == 'lateral query' and context.can_nest():
        below = context.below()
        inner, inside = context.inner(g.at('right'), scope, 0.9)
        columns, outputs = [], []
        for i in range(g.pick('lateral columns', [1, 2])):
            type = g.pick('lateral type %d' % i, TYPES, likely(inside))
            columns.append(('u%d' % (i + 1), type))
            outputs.append([expression(g.at('output %d' % i), inside, type, 1), ' AS u%d' % (i + 1)])
        derived(context, tok, columns)
        form = g.pick('lateral join', ['CROSS', 'LEFT'])
        order = ' ORDER BY %s LIMIT %s' % (', '.join('%d%s' % (i + 1, g.pick('lateral order %d' % i, ['', ' DESC'])) for i in range(len(columns))), g.pick('limit', ['2', '1', '3']))
        return ([piece, ' CROSS' if form == 'CROSS' else ' LEFT', ' JOIN LATERAL (SELECT ', commas(outputs), inner, order, ')', ('as',), ('name', tok),
                 '' if form == 'CROSS' else ' ON true'], refs + refs_of(context, tok, columns), rows + [tok], size * 2, None)
    right, more, more_rows, more_size = item(g.at('right'), context, scope.outer, again=first)
    both = Scope(context, refs + more, rows + more_rows, scope.outer)
    if kind in ('CROSS', 'comma'):
        return [piece, ', ' if kind == 'comma' and at_end else ' CROSS JOIN ', right], both.refs, both.rows, size * more_size, None
    left_names, right_names = ({r.key.split('.', 1)[1]: r.type for r in side} for side in (refs, more))
    common = [n for n in left_names if n in right_names]
    named = rows and more_rows and not any(':' in n for n in list(left_names) + list(right_names))
    if kind == 'NATURAL' and stars is not None and named and common and all(left_names[n] == right_names[n] for n in common):
        form = g.pick('natural', ['INNER', 'LEFT', 'FULL', 'RIGHT'])
        for ref in both.refs:
            if ref.key.split('.', 1)[1] in common:
                context.used.add(ref.key)
        types = dict(left_names)
        stars = ([(n, n, types[n]) for n in left_names if n in common] + [s for s in stars if s[1] not in common] +
                 [(r.piece, r.key.split('.', 1)[1], r.type) for r in more if r.key.split('.', 1)[1] not in common])
        return [piece, ' NATURAL ', ('join', form), ' ', right], both.refs, both.rows, max(size, more_size) * 2, stars
    common = [n for n in common if left_names[n] == right_names[n]]
    if kind == 'USING' and named and common:
        name = g.pick('using', common)
        form = g.pick('using join', ['INNER', 'LEFT', 'FULL', 'RIGHT'])
        for ref in both.refs:
            if ref.key.split('.', 1)[1] == name:
                context.used.add(ref.key)
        merged = [Ref('%s.%s' % (tok, name), left_names[name], [('name', tok), '.', name])]
        return ([piece, ('gap',), ('join', form), ' ', right, ' USING (%s) AS ' % name, ('name', tok)], merged + both.refs, both.rows, size * max(more_size // 3, 2), None)
    if kind in ('NATURAL', 'USING', 'lateral query'):
        kind = 'INNER'
    types = [t for t in TYPES if any(r.type == t for r in refs) and any(r.type == t for r in more)]
    if not types:
        return [piece, ' CROSS JOIN ', right], both.refs, both.rows, size * more_size, None
    type = g.pick('join type', types, [3 if t in ('int', 'text', 'date') else 1 for t in types])
    left, other = column(g, scope, type, 'left'), column(g, Scope(context, more), type, 'right column')
    if kind != 'FULL' and g.flag('more on', 0.25):
        on = ['ON ', ('and', [[left, g.pick('on', [' = ', ' < ', ' >= ', ' IS NOT DISTINCT FROM '], [4, 1, 1, 1]), other], predicate(g.at('on'), both, 1)])]
    elif at_start and rows and more_rows and left[2] == other[2] and ':' not in left[2]:
        on = ('using', left[0][1], other[0][1], left[2])
    else:
        on = ['ON ', ('paren', [left, ' = ', other])]
    return [piece, ('gap',), ('join', kind), ' ', right, ('gap',), on], both.refs, both.rows, size * max(more_size // 3, 2), None


# --- SELECT -----------------------------------------------------------------

def key_of(g, scope, i):
    """Something to group by: a Ref, whose piece is always in the same words."""
    ref = any_column(g, scope, 'key')
    piece = ref.piece
    forms = {'int': ['', '%s %% 2'], 'text': ['', 'left(%s, 1)', 'length(%s)'], 'date': ['', "date_trunc('month', %s)"]}.get(ref.type)
    if forms:
        form = g.pick('key form', forms, [4] + [1] * (len(forms) - 1))
        if form:
            before, after = form.replace('%%', '%').split('%s')
            type = 'int' if 'length' in form else 'timestamptz' if 'trunc' in form else ref.type
            return Ref('key%d' % i, type, ('once', token(g), ['(', before, piece, after, ')']))
    return Ref(ref.key, ref.type, piece)


def grouping(g, keys, numbers):
    form = g.pick('grouping', ['list', 'ROLLUP', 'CUBE', 'SETS', 'DISTINCT', 'mixed'], [8, 2, 2, 2, 1, 1])
    pieces = [k.piece for k in keys]
    if form == 'list':
        return commas([('group', numbers.get(k.key), k.piece) for k in keys])
    if form in ('ROLLUP', 'CUBE'):
        return [form, '(', commas(pieces), ')']
    if form == 'DISTINCT':
        return ['DISTINCT ROLLUP(', commas(pieces), '), CUBE(', pieces[0], ')']
    if form == 'mixed' and len(pieces) > 1:
        return [pieces[0], ', ', g.pick('mixed', ['ROLLUP(', 'CUBE(']), commas(pieces[1:]), ')']
    sets = [['(', commas(pieces), ')']]
    if len(pieces) > 1:
        sets.append(['(', pieces[-1], ')'])
    if g.flag('empty set', 0.6):
        sets.append('()')
    if g.flag('set again', 0.2):
        sets.append(['(', pieces[0], ')'])
    return ['GROUPING SETS (', commas(sets), ')']


def limit(g, count, size, forced):
    """ORDER BY and LIMIT at the end, if any, such that the rows are certain."""
    kind = g.pick('limit?', ['', 'LIMIT', 'OFFSET', 'both', 'TIES'], [88, 6, 2, 2, 3])
    if not kind and not forced:
        return '', size
    direction = g.pick('order', ['', ' DESC', ' NULLS FIRST'], [3, 2, 1])
    first = '1' + direction
    everything = ', '.join([first] + [str(i + 1) for i in range(1, count)])
    n = g.pick('count', ['60', '40', '90'] if forced else ['3', '1', '5', '8', '12'])
    offset = g.pick('offset', ['1', '2', '4'])
    if kind == 'TIES' and not forced:
        # of a total order, rows that tie are equal
        if g.flag('ties', 0.5):
            return ' ORDER BY %s FETCH FIRST %s ROWS WITH TIES' % (first, n), size
        return ' ORDER BY %s FETCH FIRST %s ROWS %s' % (everything, n, g.pick('tied', ['ONLY', 'WITH TIES'])), size
    if kind == 'OFFSET' and not forced:
        return ' ORDER BY %s OFFSET %s' % (everything, offset), size
    return ' ORDER BY %s LIMIT %s%s' % (everything, n, ' OFFSET ' + offset if kind == 'both' else ''), int(n)


def unique(name, taken, spare):
    if name in taken:
        name = spare
    taken.add(name)
    return name


def core(g, context, outer, want, top):
    """One SELECT without set operations."""
    from_, scope, size, stars = from_clause(g.at('from'), context, outer)
    shapes = ['plain', 'group', 'distinct', 'distinct on', 'window', 'srf', 'star']
    shape = g.pick('shape', shapes, [8, 7, 2, 2, 3, 1, 0 if want or not stars else 4])
    if shape == 'star' and (want or not stars) or not scope.refs and shape != 'plain':
        shape = 'plain'
    where = ['', ('gap',), 'WHERE ', condition(g.at('where'), scope)] if g.flag('where?', 0.45) else ''

    keys = []
    if shape == 'group':
        for i in range(g.pick('keys', [1, 2, 0, 3], [5, 4, 2, 1])):
            key = key_of(g.at('key%d' % i), scope, i)
            if key.key not in [k.key for k in keys]:
                keys.append(key)
    # what the window reads is read if a function is over it
    before = set(context.used)
    spec = window_spec(g, scope) if shape == 'window' else None
    of_window = context.used - before
    context.used.intersection_update(before)

    outputs, columns, numbers, taken = [], [], {}, set()
    if shape == 'star':
        form = context.shared['star']
        alone = len(scope.rows) == 1 and not any(isinstance(s[0], str) for s in stars)
        for piece, name, type in stars:
            columns.append((name, type))
            taken.add(name)
        outputs.append(('star', ['', '*', [('name', scope.rows[0]), '.*'] if alone else '*'][form], [s[0] for s in stars]))
        for ref in scope.refs:
            context.used.add(ref.key)
        ids = g.keep('cols', ()) if top else ()
    elif want:
        ids = tuple(range(1, len(want) + 1))
    else:
        ids = g.keep('cols', tuple(range(1, g.pick('columns', [2, 3, 1, 4]) + 1))) or (1, 2)
    for place, id in enumerate(ids):
        at = g.at('col%d' % id)
        type = want[place] if want else at.pick('type', TYPES, likely(scope))
        name = unique(at.pick('name', ['n%d' % id, 'k', 'c1', 'c2'], [6, 2, 1, 1]), taken, 'n%d' % id) if top else 'u%d' % (place + 1)
        while name in [c[0] for c in columns]:
            name += '_'
        if shape == 'group':
            key_scope = Scope(context, keys, [], outer)
            kind = at.pick('output', ['aggregate', 'key', 'grouping', 'of keys'], [6, 6 if key_scope.of(type) else 0, 1 if type == 'int' and keys else 0, 1])
            if kind == 'key' and key_scope.of(type):
                key = at.pick('key', [k.key for k in key_scope.of(type)])
                piece = next(k.piece for k in keys if k.key == key)
                numbers.setdefault(key, place + 1)
            elif kind == 'grouping' and type == 'int' and keys:
                piece = ['GROUPING(', commas([k.piece for k in keys[:at.pick('grouped', [1, 2])]]), ')']
            elif kind == 'of keys':
                piece = expression(at.at('of keys'), key_scope, type, 1)
            else:
                piece = aggregate(at, scope, type)
        elif shape == 'window' and at.pick('output', ['window', 'plain'], [3, 2]) == 'window':
            piece = window(at, scope, type, spec)
        elif shape == 'srf' and type == 'int' and at.pick('output', ['srf', 'plain'], [2, 1]) == 'srf':
            if at.flag('unnest', 0.4):
                piece = ['unnest(', expression(at.at('of'), scope, 'int[]', 0), ')']
            else:
                piece = ['generate_series(1, least(', expression(at.at('of'), scope, 'int', 0), ', ', at.pick('to', ['2', '3', '1']), '))']
        else:
            piece = expression(at, scope, type, 2)
            if type == 'text' and top and at.flag('collate', 0.03):
                piece = ['(', piece, ') COLLATE "C"']
        # an alias may stand without AS only where no keyword can be meant
        outputs.append([piece, ('as',), name])
        columns.append((name, type))

    if mentions(outputs, ('over',)):
        context.used.update(of_window)
    if shape == 'group' and not keys:
        size = 1
    having = ''
    if shape == 'group' and g.flag('having?', 0.35):
        having = [' HAVING ', [aggregate(g.at('having'), scope, 'int'), g.pick('having', [' > ', ' < ', ' <> ']), g.pick('having value', ['1', '0', '2', '3'])]]
    group = [' GROUP BY ', grouping(g, keys, numbers)] if keys else ''
    distinct, on = '', ''
    tail, size = limit(g, len(columns), size, size > LARGE)
    if shape == 'distinct':
        distinct = 'DISTINCT '
    elif shape == 'distinct on':
        first = any_column(g, scope, 'on')
        distinct = ['DISTINCT ON (', first.piece, ') ']
        tail = [' ORDER BY ', first.piece, ', ', ', '.join('%d%s' % (i + 1, g.pick('on order %d' % i if i else 'on order', ['', ' DESC', ' NULLS FIRST'])) for i in range(len(columns)))]
        if size > LARGE:
            tail, size = tail + [' LIMIT 60'], 60
    piece = ['SELECT ', distinct, commas(outputs), ('gap',), 'FROM ', from_, where, group, having, ('windows', spec[0]) if spec else '', tail]
    sortable = shape in ('plain', 'distinct', 'star') and not tail
    return Select(piece, columns, size, sortable)


OPERATIONS = ['UNION ALL', 'UNION', 'EXCEPT', 'INTERSECT', 'EXCEPT ALL', 'INTERSECT ALL']


def body(g, context, outer, want, top=False):
    """A SELECT, or several with set operations between, and WITH before."""
    head, more = ctes(g.at('with'), context, top)
    if more:
        context = Context(more + context.sources, context.shared, context.depth)
    if g.pick('body', ['core', 'set'], [9, 2 if context.depth < 2 else 0]) == 'core' or context.depth >= 2:
        select = core(g, context, outer, want, top)
    else:
        select = operations(g, context, outer, want, top)
    select.piece = [head, select.piece]
    return select


def operations(g, context, outer, want, top):
    ids = tuple(range(1, len(want) + 1)) if want else g.keep('set cols', tuple(range(1, g.pick('set columns', [2, 1, 3]) + 1)))
    types = want or [g.pick('set type %d' % id, TYPES, [12, 3, 8, 3, 1, 3, 1, 1, 1]) for id in ids]
    count = g.pick('set arms', [2, 3], [3, 1])
    below = Context(context.sources, context.shared, context.depth + 1)
    arms = [core(g.at('arm%d' % i), below, outer, types, False) for i in range(count)]
    ops = [g.pick('set operation%s' % ('' if i == 0 else ' %d' % i), OPERATIONS, [4, 3, 2, 2, 1, 1]) for i in range(count - 1)]
    pieces = [['(', a.piece, ')'] for a in arms]
    if count == 2:
        piece = [pieces[0], ' ', ops[0], ' ', pieces[1]]
    elif g.flag('nested right', 0.4):
        piece = [pieces[0], ' ', ops[0], ' (', pieces[1], ' ', ops[1], ' ', pieces[2], ')']
    else:
        piece = ['(', pieces[0], ' ', ops[0], ' ', pieces[1], ') ', ops[1], ' ', pieces[2]]
    taken, columns = set(), []
    for place, (id, type) in enumerate(zip(ids, types)):
        name = unique(g.pick('set name %d' % id, ['n%d' % id, 'k', 'c1'], [5, 2, 1]), taken, 'n%d' % id) if top else 'u%d' % (place + 1)
        while name in [c[0] for c in columns]:
            name += '_'
        columns.append((name, type))
    tail, size = limit(g, len(columns), sum(a.size for a in arms), False)
    tok = token(g)
    if not top:
        return Select([piece, tail], columns, size, not tail)
    # the names are those of the first arm, which has its own
    for name, _ in columns:
        context.used.add('%s.%s' % (tok, name))
    return Select(['SELECT * FROM (', piece, tail, ') AS ', ('name', tok), ' (%s)' % ', '.join(c[0] for c in columns)], columns, size, True)


def ctes(g, context, top):
    """WITH: (piece, sources)."""
    count = g.pick('ctes', [0, 1, 2], [8, 3, 1] if top else [20, 1, 0])
    sources, pieces, recursive = [], [], False
    for i in range(count):
        at = g.at(i)
        tok = token(at)
        kind = at.pick('cte', ['plain', 'recursive', 'search', 'cycle'], [7, 2, 1, 1])
        context_ = Context(sources + context.sources, context.shared, context.depth + 1)
        if kind == 'plain':
            query = body(at.at('query'), context_, None, None)
            columns = query.columns
            piece = [('name', tok), ' AS ', at.pick('materialized', ['', 'MATERIALIZED ', 'NOT MATERIALIZED '], [3, 1, 1]), '(', query.piece, ')']
            source = Source(tok, columns, query.size, ('read', tok), tok, weight=10)
        else:
            recursive = True
            piece, columns, size = recursive_cte(at, context_, tok, kind)
            source = Source(tok, columns, size, ('name', tok), tok, rows=kind == 'recursive', weight=10)
        derived(context, tok, columns)
        context.shared['ctes'].add(tok)
        sources.append(source)
        plain = kind == 'plain' and not mentions(query.piece, UNCERTAIN)
        pieces.append((tok, piece, query.piece if plain else None))
    if not pieces:
        return ('unused', True) if top else '', []
    return ('with', pieces, 'WITH RECURSIVE ' if recursive else 'WITH ', top), sources


def mentions(piece, what):
    """Is there a kind of piece, or a text, in a piece?"""
    if isinstance(piece, str):
        return any(w in piece for w in what)
    return isinstance(piece, tuple) and piece and piece[0] in what or any(mentions(p, what) for p in piece if isinstance(p, (str, list, tuple)))


def recursive_cte(g, context, tok, kind):
    piece, refs, rows, size = item(g.at('start'), context, None, simple=True)
    scope = Scope(context, refs, rows)
    type = g.pick('type', TYPES, likely(scope))
    n = any_column(g, scope, 'n', ['int']).piece if scope.of('int') else '1'
    where = ['', ' WHERE ', predicate(g.at('where'), scope, 1)] if g.flag('where?', 0.4) else ''
    value = cast(expression(g.at('value'), scope, type, 1), type)
    all_ = g.pick('recursive union', ['UNION ALL', 'UNION'])
    name = ('name', tok)
    self_ = ('name', tok + 'r')
    step = g.pick('step', ['1', '2', '3'])
    # n decides how long it goes on; v is read by itself alone, unless equal rows are one
    context.used.add('%s.n' % tok)
    if kind == 'recursive' and all_ == 'UNION':
        context.used.add('%s.v' % tok)
    if kind == 'cycle':
        return [name, ' (n, v) AS (SELECT abs(', n, ') % 5, ', value, ' FROM ', piece, where, ' UNION ALL SELECT (', self_, '.n + ', step, ') % ', g.pick('modulo', ['5', '4']), ', ', self_,
                '.v FROM ', name, ' AS ', self_, ') CYCLE ', g.pick('cycle', ['n', 'n, v']), ' SET y', g.pick('mark', ['', " TO 'Y' DEFAULT 'N'"]) and '', ' USING z'], \
            [('n', 'int'), ('v', type), ('y', 'boolean')], size * 6
    search = ''
    if kind == 'search':
        all_ = 'UNION ALL'
        search = [' SEARCH ', g.pick('search', ['BREADTH', 'DEPTH']), ' FIRST BY ', g.pick('search by', ['n', 'n, v']), ' SET z']
    bound = g.pick('bound', ['2', '1', '4'])
    piece = [name, ' (n, v) AS (SELECT ', n, ', ', value, ' FROM ', piece, where, ' ', all_, ' SELECT ', self_, '.n + ', step, ', ', self_, '.v FROM ', name, ' AS ', self_,
             ' WHERE ', self_, '.n < ', bound, ')', search]
    columns = [('n', 'int'), ('v', type)]
    if kind == 'search':
        columns.append(('z::text', 'text'))
    return piece, columns, size * 3


# --- whole queries and their edits -------------------------------------------

class Query:
    """A generated query."""

    def __init__(self, rnd, sources, kind, values=None, bias=None, style=None, star=None):
        self.sources = sources
        self.kind = kind
        self.style = rnd.randrange(10 ** 9) if style is None else style
        self.star = rnd.randrange(3) if star is None else star
        choices = Choices(rnd, values, bias)
        context = Context(sources)
        context.shared['star'] = self.star
        select = body(choices.root(), context, None, None, top=True)
        self.values = choices.taken()
        self.options = {path: options for path, (_, options) in choices.seen.items()}
        self.columns = select.columns
        self.size = select.size
        self.reads = context.shared['reads']
        order = ('order', len(self.columns)) if kind in ('full', 'materialized_view') and select.sortable and not mentions(select.piece, UNCERTAIN) else ''
        self.text, self.loose = render([select.piece, order], self.style)
        used = {'.'.join([context.shared['alias'].get(key.split('.')[0], key.split('.')[0])] + key.split('.')[1:]) for key in context.used}
        self.unread = bool(context.shared['derived'] - used or context.shared['ctes'] - set(context.shared['alias'].values()))
        self.whole = 'whole' in context.shared

    def again(self, rnd, sources=None, kind=None, values=None, style=None, star=None, bias=None):
        return Query(rnd, self.sources if sources is None else sources, kind or self.kind, self.values if values is None else values, bias,
                     self.style if style is None else style, self.star if star is None else star)

    def labels(self, within=''):
        """{label: paths} of what can be edited."""
        found = {}
        for path, options in self.options.items():
            if len(options) > 1 and within in path:
                found.setdefault(label(path), []).append(path)
        return found

    def sides(self):
        """{path: others} of columns that something else in FROM has by the same name."""
        found = {}
        for path, options in self.options.items():
            value = self.values[path]
            if isinstance(value, str) and value[:1] == 't' and '.' in value:
                others = [o for o in options if o != value and o.split('.', 1)[1:] == value.split('.', 1)[1:]]
                if others:
                    found[path] = others
        return found


HEAVY = {'shape': 0.5, 'body': 0.3, 'ctes': 0.3, 'joins': 0.5, 'item': 0.3, 'source': 0.6, 'name': 0.6, 'type': 0.6, 'expression': 2, 'constant': 3, 'columns': 0, 'set columns': 0}


def edit(rnd, query, sources, bias=None):
    """The smallest edit of a random kind, or None."""
    bias = bias or {}
    labels = query.labels(bias.get('within', '')) or query.labels()
    sides = query.sides()
    lists = [p for p in query.values if label(p) in ('cols', 'set cols')]
    names = sorted(labels)
    weights = [HEAVY.get(name, 1) * bias.get('edit ' + name, 1) for name in names]
    if lists:
        names.append('list')
        weights.append(5 * bias.get('edit list', 1))
    if sides:
        names.append('side')
        weights.append(3 * bias.get('edit side', 1))
    for _ in range(6):
        name = rnd.choices(names, weights)[0]
        values = dict(query.values)
        if name == 'list':
            path = rnd.choice(lists + [p for p in lists if p == '/cols'] * 3)
            ids = list(values[path])
            what = rnd.choice(['add', 'add', 'drop', 'move'])
            if what == 'add' and len(ids) < 6:
                ids.insert(rnd.choice([len(ids), len(ids), 0]), max(ids or [0]) + 1)
            elif what == 'drop' and len(ids) > 1:
                ids.pop(rnd.randrange(len(ids)))
            else:
                rnd.shuffle(ids)
            values[path] = tuple(ids)
        elif name == 'side':
            path = rnd.choice(sorted(sides))
            values[path] = rnd.choice(sides[path])
        else:
            path = rnd.choice(labels[name])
            values[path] = rnd.choice([o for o in query.options[path] if o != values[path]] or query.options[path])
        style = query.style if rnd.random() < 0.7 else rnd.randrange(10 ** 9)
        new = query.again(rnd, sources, values=values, style=style)
        if new.text != query.text:
            new.edited = name
            return new
    return None


def simpler(rnd, query, size):
    """Queries in which some choices are simpler, for shrinking."""
    paths = [p for p, options in query.options.items() if len(options) > 1 and query.values[p] != options[0]]
    for i in range(0, len(paths), size):
        values = dict(query.values)
        for path in paths[i:i + size]:
            values[path] = query.options[path][0]
        try:
            yield query.again(rnd, values=values)
        except (AssertionError, IndexError):
            continue
