"""Random expressions: values, predicates, aggregates and windows over a scope.

Every one is deterministic: what depends on an order gets a total one, numbers that
are summed are exact, and equal values of one type look equal.
"""

import hashlib

from data import POOL, TYPES, WEIGHTS

COMPARE = ['=', '<>', '<', '>=', '>', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM']
ICU = 'COLLATE "und-x-icu"'
FRAMES = ['', 'ROWS BETWEEN 1 PRECEDING AND CURRENT ROW', 'ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING',
          'RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING', 'GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING',
          'ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW', 'ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING',
          'ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING', 'GROUPS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE TIES']


def token(g):
    """A name for what is made here, that no edit elsewhere changes."""
    return 't' + hashlib.md5(g.path.encode()).hexdigest()[:8]


class Ref:
    """A column that an expression may use.  The key tells it from others in remembered choices."""
    __slots__ = ('key', 'type', 'piece')

    def __init__(self, key, type, piece):
        self.key = key
        self.type = type
        self.piece = piece


class Scope:
    def __init__(self, query, refs, rows=(), outer=None):
        self.query = query          # see queries.Context
        self.refs = refs            # of FROM, in a fixed order
        self.rows = list(rows)      # tokens of what can be named as a whole row
        self.outer = outer          # Scope of the query around

    def of(self, type):
        return [r for r in self.refs if r.type == type]


def cast(e, type):
    return ('cast', e, type)


def constant(g, type):
    return cast(g.pick('constant', POOL[type]), type)


def column(g, scope, type, label='column'):
    """A reference to a column of that type, or None."""
    refs = scope.of(type)
    if not refs:
        return None
    key = g.pick(label, [r.key for r in refs])
    ref = next(r for r in refs if r.key == key)
    scope.query.used.add(key)
    return ref.piece


def likely(scope):
    """Weights of TYPES: rather those of which there are columns."""
    there = {r.type for r in scope.refs}
    return [w * (10 if t in there else 1) for t, w in zip(TYPES, WEIGHTS)]


def any_column(g, scope, label='column', types=None):
    refs = [r for r in scope.refs if types is None or r.type in types]
    if not refs:
        return None
    key = g.pick(label, [r.key for r in refs])
    scope.query.used.add(key)
    return next(r for r in refs if r.key == key)


def total_order(scope):
    """ORDER BY items that leave only equal rows equal."""
    for ref in scope.refs:
        scope.query.used.add(ref.key)
    return [r.piece for r in scope.refs]


def commas(pieces):
    result = []
    for i, piece in enumerate(pieces):
        result += [', ', piece] if i else [piece]
    return result


# what each type has besides: name: (types of the arguments, text with {0}, {1})
OWN = {
    'int': {'plus': (['int', 'int'], '({0} + {1})'), 'minus': (['int', 'int'], '({0} - {1})'), 'double': (['int', 'int'], '({0} * 2 + {1})'),
            'length': (['text'], 'length({0})'), 'f0': (['int'], 'raw.f0({0})'), 'f2': (['int'], 'raw.f2({0})'),
            'cardinality': (['int[]'], 'cardinality({0})'), 'element': (['int[]'], '({0})[1]'), 'element2': (['int[]'], '({0})[2]'),
            'day': (['date'], 'CAST(extract(day FROM {0}) AS int)'), 'of bool': (['boolean'], 'CAST({0} AS int)'),
            'modulo': (['int'], '({0} % 3)'), 'position': (['text', 'text'], 'position({0} IN {1})'), 'negative': (['int'], '(- {0})')},
    'numeric(12,2)': {'plus': (['numeric(12,2)', 'numeric(12,2)'], 'CAST({0} + {1} AS numeric(12,2))'),
                      'minus': (['numeric(12,2)', 'numeric(12,2)'], 'CAST({0} - {1} AS numeric(12,2))'),
                      'of int': (['int'], 'CAST({0} AS numeric(12,2))'), 'round': (['numeric(12,2)'], 'CAST(round({0}) AS numeric(12,2))'),
                      'abs': (['numeric(12,2)'], 'CAST(abs({0}) AS numeric(12,2))')},
    'text': {'join': (['text', 'text'], '({0} || {1})'), 'concat': (['text', 'text'], "concat({0}, '-', {1})"), 'upper': (['text'], 'upper({0})'),
             'left': (['text'], 'left({0}, 1)'), 'f1': (['text'], 'raw.f1({0})'), 'of int': (['int'], 'CAST({0} AS text)'),
             'of date': (['date'], "to_char({0}, 'YYYY-MM')"), 'of time': (['timestamptz'], 'left(CAST({0} AS text), 13)'), 'of float': (['float8'], 'CAST({0} AS text)'),
             'field': (['jsonb'], "({0} ->> 'a')"), 'of array': (['int[]'], "array_to_string({0}, '+', '?')"), 'of numeric': (['numeric(12,2)'], 'CAST({0} AS text)'),
             'of row': (['int', 'text'], 'CAST(ROW({0}, {1}) AS text)')},
    'date': {'plus': (['date', 'int'], '({0} + {1} % 50)'), 'of time': (['timestamptz'], 'CAST({0} AS date)'),
             'month': (['date'], "CAST(date_trunc('month', {0}) AS date)")},
    'timestamptz': {'plus': (['timestamptz'], "({0} + interval '1 day')"), 'of date': (['date'], 'CAST({0} AS timestamptz)'),
                    'month': (['timestamptz'], "date_trunc('month', {0})")},
    'boolean': {},
    'int[]': {'array': (['int', 'int'], 'ARRAY[{0}, {1}]'), 'append': (['int[]', 'int'], '({0} || {1})'), 'slice': (['int[]'], '({0})[1:2]'),
              'remove': (['int[]', 'int'], 'array_remove({0}, {1})')},
    'jsonb': {'of text': (['text'], 'to_jsonb({0})'), 'build': (['int', 'text'], "jsonb_build_object('a', {0}, 'b', {1})"), 'field': (['jsonb'], "({0} -> 'a')"),
              'of array': (['int[]'], 'to_jsonb({0})'), 'of bool': (['boolean'], 'to_jsonb({0})')},
    'float8': {'of int': (['int'], 'CAST({0} AS float8)'), 'plus': (['float8', 'float8'], '({0} + {1} + 1)'), 'of numeric': (['numeric(12,2)'], 'CAST({0} AS float8)')},
}


def call(g, scope, text, types, depth):
    """The text with expressions put in."""
    result = []
    for i, part in enumerate(text.replace('{0}', '\0' + '0\0').replace('{1}', '\0' + '1\0').split('\0')):
        result.append(expression(g.at(part), scope, types[int(part)], depth) if i % 2 else part)
    return result


def expression(g, scope, type, depth=2):
    # what stands here is one choice, so that an edit replaces a whole branch
    own = sorted(OWN[type])
    names = ['constant', 'column', 'case', 'coalesce', 'nullif', 'extreme', 'own', 'subquery', 'simple case']
    weights = [12, 45, 7, 6, 3, 3, 20 if own or type == 'boolean' else 0, 5, 2]
    # rather something that data decide
    if scope.of(type):
        weights[0] = 4
    else:
        weights[1], weights[6] = 0, 40 if own else 20
    if depth <= 0:
        weights[2:] = [0] * (len(weights) - 2)
    if not scope.query.can_nest():
        weights[7] = 0
    kind = g.pick('expression', names, weights)
    if kind == 'column' and not scope.of(type) or kind == 'subquery' and not scope.query.can_nest():
        kind = 'constant'
    sub = lambda name: expression(g.at(name), scope, type, depth - 1)
    if kind == 'constant':
        return constant(g, type)
    if kind == 'column':
        return column(g, scope, type)
    if kind == 'case':
        return ['CASE WHEN ', predicate(g.at('when'), scope, depth - 1), ' THEN ', sub('then'), ' ELSE ', sub('else'), ' END']
    if kind == 'simple case':
        return ['CASE ', expression(g.at('of'), scope, 'int', depth - 1), ' WHEN ', constant(g.at('value'), 'int'), ' THEN ', sub('then'), ' ELSE ', sub('else'), ' END']
    if kind == 'coalesce':
        return ['coalesce(', sub('left'), ', ', sub('right'), ')']
    if kind == 'nullif':
        return ['nullif(', sub('left'), ', ', sub('right'), ')']
    if kind == 'extreme':
        return [g.pick('extreme', ['greatest', 'least']), '(', sub('left'), ', ', sub('right'), ')']
    if kind == 'subquery':
        return scope.query.scalar(g.at('subquery'), scope, type)
    if type == 'boolean':
        return ['(', predicate(g.at('predicate'), scope, depth - 1), ')']
    more = []
    if type == 'text' and scope.rows:
        more = ['row', 'row as json']
    if type == 'int[]' and scope.query.can_nest():
        more = ['array of']
    name = g.pick('own', own + more)
    if name == 'array of':
        return scope.query.array(g.at('array'), scope)
    if name in ('row', 'row as json'):
        row = g.pick('row', scope.rows)
        scope.query.whole(row)
        return cast(('name', row), 'text') if name == 'row' else ['CAST(row_to_json(', ('name', row), ') AS text)']
    types, text = OWN[type][name]
    return call(g, scope, text, types, depth - 1)


def predicate(g, scope, depth=1):
    names = ['compare', 'null', 'in', 'and', 'not', 'between', 'exists', 'in query', 'any query', 'array', 'like', 'rows', 'is true', 'row null']
    weights = [30, 6, 8, 14, 5, 4, 6, 5, 4, 2, 2, 4, 2, 2]
    if depth <= 0:
        weights = [30, 8, 10] + [0] * 11
    elif not scope.query.can_nest():
        weights[6] = weights[7] = weights[8] = 0
    if not scope.rows:
        weights[13] = 0
    kind = g.pick('predicate', names, weights)
    if kind in ('exists', 'in query', 'any query') and not scope.query.can_nest() or kind == 'row null' and not scope.rows:
        kind = 'compare'
    if kind == 'and':
        word = g.pick('junction', ['or', 'and'], [3, 1])
        arms = [predicate(g.at(i), scope, depth - 1) for i in range(g.pick('arms', [2, 3]))]
        return (word, arms)
    if kind == 'not':
        return ['NOT (', predicate(g.at('not'), scope, depth - 1), ')']
    if kind == 'exists':
        return [g.pick('exists', ['EXISTS ', 'NOT EXISTS ']), scope.query.rows(g.at('query'), scope)]
    if kind == 'like':
        return [expression(g.at('left'), scope, 'text', depth - 1), g.pick('like', [' LIKE ', ' NOT LIKE ', ' ILIKE ']), g.pick('pattern', ["'a%'", "'%b%'", "'_'"])]
    if kind == 'array':
        form = g.pick('array', ['= ANY', '<> ALL', '@>'])
        if form == '@>':
            return ['(', expression(g.at('left'), scope, 'int[]', depth - 1), ' @> ', expression(g.at('right'), scope, 'int[]', depth - 1), ')']
        return [expression(g.at('left'), scope, 'int', depth - 1), ' ', form, ' (', cast(expression(g.at('right'), scope, 'int[]', depth - 1), 'int[]'), ')']
    if kind == 'is true':
        return [expression(g.at('left'), scope, 'boolean', depth - 1), g.pick('is', [' IS TRUE', ' IS NOT TRUE', ' IS UNKNOWN'])]
    if kind == 'row null':
        row = g.pick('row', scope.rows)
        scope.query.whole(row)
        return [('name', row), g.pick('is', [' IS NOT NULL', ' IS NULL'])]
    # in the order of the types, however many columns of each there are
    available = [t for t in TYPES if scope.of(t)] or ['int']
    type = g.pick('type', available, [WEIGHTS[TYPES.index(t)] for t in available])
    left = expression(g.at('left'), scope, type, depth - 1) if not scope.of(type) or g.flag('deep', 0.3) else column(g, scope, type, 'of')
    if kind == 'null':
        return [left, g.pick('null', [' IS NULL', ' IS NOT NULL'], [1, 4])]
    if kind == 'in':
        return ('in', left, [constant(g.at(i), type) for i in range(g.pick('values', [2, 1, 3]))], g.pick('negated', ['', 'NOT '], [1, 2]))
    if kind == 'between':
        return [left, g.pick('between', [' BETWEEN ', ' NOT BETWEEN ', ' BETWEEN SYMMETRIC ']), constant(g.at('from'), type), ' AND ', constant(g.at('to'), type)]
    if kind == 'in query':
        return [left, g.pick('in', [' IN ', ' NOT IN ']), scope.query.column(g.at('query'), scope, type)]
    if kind == 'any query':
        return [left, ' ', g.pick('any', ['= ANY ', '< ALL ', '>= ANY ', '<> ALL ']), scope.query.column(g.at('query'), scope, type)]
    if kind == 'rows':
        return ['(', left, ', ', expression(g.at('a'), scope, 'int', 0), ') ', g.pick('rows', ['=', '<', '>=', 'IS DISTINCT FROM']), ' (',
                expression(g.at('b'), scope, type, 0), ', ', expression(g.at('c'), scope, 'int', 0), ')']
    compare = g.pick('compare', COMPARE, [2, 5, 4, 4, 4, 3, 1])
    return [left, ' ', ('ne',) if compare == '<>' else compare, ' ', ('paren', expression(g.at('right'), scope, type, depth - 1))]


def condition(g, scope, depth=2):
    """WHERE, HAVING: mostly several conjuncts."""
    count = g.pick('conjuncts', [1, 2, 3], [8, 3, 1])
    if count == 1:
        return ('paren', predicate(g.at(0), scope, depth))
    return ('and', [predicate(g.at(i), scope, depth) for i in range(count)])


# --- aggregates -------------------------------------------------------------

AGGREGATES = {
    'int': ['sum', 'count', 'count(*)', 'min', 'max', 'percentile', 'rank', 'mode', 'count rows'],
    'numeric(12,2)': ['sum', 'avg', 'min', 'max', 'percentile'],
    'text': ['string_agg', 'string_agg', 'min', 'max', 'mode', 'min icu', 'array text'],
    'date': ['min', 'max', 'percentile', 'mode'],
    'timestamptz': ['min', 'max'],
    'boolean': ['bool_or', 'bool_and'],
    'int[]': ['array_agg', 'array_agg', 'min', 'max'],
    'jsonb': ['jsonb_agg', 'jsonb_agg'],
    'float8': ['min', 'max', 'percentile', 'percentile_cont'],
}


def agg_order(g, scope, of):
    """ORDER BY of an aggregate: by something, then by the value itself."""
    by = any_column(g, scope, 'agg by')
    items = [of]
    if by:
        items = [[by.piece, g.pick('agg direction', ['', ' DESC']), g.pick('agg nulls', ['', ' NULLS FIRST', ' NULLS LAST'], [4, 1, 1])], of]
    return [' ORDER BY '] + commas(items)


def aggregate(g, scope, type, filter=True):
    kind = g.pick('aggregate', sorted(set(AGGREGATES[type])))
    condition_ = [' FILTER (WHERE ', predicate(g.at('filter'), scope, 1), ')'] if filter and g.flag('filter?', 0.3) else ''
    of_type = {'rank': 'int', 'count': g.pick('count of', TYPES, WEIGHTS) if kind == 'count' else None, 'jsonb_agg': 'text' if kind == 'jsonb_agg' and g.flag('agg text', 0.5) else 'int',
               'array_agg': 'int', 'array text': 'text'}.get(kind) or type
    refs = scope.of(of_type)
    if kind in ('count(*)', 'count rows'):
        of = ''
    elif refs and g.flag('agg column', 0.7):
        of = column(g, scope, of_type, 'agg of')
    else:
        of = ('once', token(g), expression(g.at('of'), scope, of_type, 1))
    if kind == 'count(*)':
        call_ = ['count(*)', condition_]
    elif kind == 'count rows':
        if scope.rows:
            row = g.pick('row', scope.rows)
            scope.query.whole(row)
            call_ = ['count(DISTINCT ', ('name', row), g.pick('whole row', ['', '.*']), ')', condition_]
        else:
            call_ = ['count(*)', condition_]
    elif kind in ('count', 'sum'):
        call_ = [kind, '(', g.pick('agg distinct', ['', 'DISTINCT '], [3, 1]), of, ')', condition_]
    elif kind == 'avg':
        call_ = ['avg(', g.pick('agg distinct', ['', 'DISTINCT '], [3, 1]), of, ')', condition_]
    elif kind == 'percentile':
        call_ = ['percentile_disc(', g.pick('fraction', ['0.5', '0.1', '0.9']), ') WITHIN GROUP (ORDER BY ', of, g.pick('within', ['', ' DESC']), ')', condition_]
    elif kind == 'percentile_cont':
        call_ = ['percentile_cont(', g.pick('fraction', ['0.5', '0.1', '0.9']), ') WITHIN GROUP (ORDER BY ', of, g.pick('within', ['', ' DESC']), ')', condition_]
    elif kind == 'mode':
        call_ = ['mode() WITHIN GROUP (ORDER BY ', of, g.pick('within', ['', ' DESC']), ')', condition_]
    elif kind == 'rank':
        call_ = [g.pick('hypothetical', ['rank', 'dense_rank']), '(', constant(g.at('direct'), 'int'), ') WITHIN GROUP (ORDER BY ', of, g.pick('within', ['', ' DESC']), ')', condition_]
    elif kind == 'min icu':
        return ['(', g.pick('extreme agg', ['min', 'max']), '(', of, ' COLLATE ', g.pick('collation', ['"und-x-icu"', '"C"']), ')', condition_, ') COLLATE "default"']
    elif kind == 'string_agg':
        return ['left(string_agg(', of, ', ', g.pick('separator', ["','", "';'"]), agg_order(g, scope, of), ')', condition_, ', 80)']
    elif kind == 'array text':
        return ["left(array_to_string(array_agg(", of, agg_order(g, scope, of), ')', condition_, ", '|', '?'), 80)"]
    elif kind in ('array_agg', 'jsonb_agg'):
        if g.flag('agg distinct?', 0.25):
            return [kind, '(DISTINCT ', of, ' ORDER BY ', of, g.pick('agg direction', ['', ' DESC']), ')', condition_]
        return [kind, '(', of, agg_order(g, scope, of), ')', condition_]
    else:
        return [kind, '(', of, ')', condition_]
    if kind == 'avg' or type in ('int', 'numeric(12,2)'):
        return cast(call_, type)
    return call_


# --- windows ----------------------------------------------------------------

POSITIONAL = {'int': ['row_number', 'count', 'sum', 'lag', 'lead', 'first_value', 'ntile', 'max'], 'numeric(12,2)': ['sum', 'last_value', 'lag', 'min'],
              'text': ['lag', 'first_value', 'nth_value', 'string_agg'], 'int[]': ['array_agg']}


def window(g, scope, type, spec):
    """A window function over the one window of its query, whose order is total."""
    kind = g.pick('window', POSITIONAL.get(type, ['lag', 'first_value', 'max'] if type not in ('boolean', 'jsonb') else ['lag', 'first_value']))
    frame = g.pick('frame', FRAMES, [3] + [1] * (len(FRAMES) - 1))
    before = set(scope.query.used)
    of = expression(g.at('of'), scope, 'int' if kind == 'array_agg' else type, 1)
    if kind in ('row_number', 'ntile'):
        # it is not in the query
        scope.query.used.intersection_update(before)
    filter = ''
    if kind in ('count', 'sum', 'max', 'min', 'array_agg', 'string_agg') and g.flag('filter?', 0.25):
        filter = [' FILTER (WHERE ', predicate(g.at('filter'), scope, 1), ')']
    if kind in ('row_number', 'ntile'):
        called = ['row_number()' if kind == 'row_number' else 'ntile(%s)' % g.pick('tiles', ['2', '3'])]
    elif kind in ('lag', 'lead'):
        called = [kind, '(', of, ', ', g.pick('distance', ['1', '2']), ')']
    elif kind == 'nth_value':
        called = ['nth_value(', of, ', ', g.pick('distance', ['1', '2']), ')']
    elif kind == 'string_agg':
        called = ['left(string_agg(', of, ", ','", ')', filter, ' ', ('over', spec[0], spec[1], frame), ', 40)']
        return called
    else:
        called = [kind, '(', of, ')', filter]
    return cast([called, ' ', ('over', spec[0], spec[1], frame)], type)


def window_spec(g, scope):
    """(token, piece) of the window of a query."""
    g = g.at('window')
    partition = ''
    if scope.refs and g.flag('partition?', 0.6):
        partition = ['PARTITION BY ', any_column(g, scope, 'partition').piece, ' ']
    order = []
    if scope.refs:
        order = [[any_column(g, scope, 'window by').piece, g.pick('window direction', ['', ' DESC']), g.pick('window nulls', ['', ' NULLS FIRST'], [3, 1])]]
        order += total_order(scope)
    return token(g), [partition, 'ORDER BY ' if order else '', commas(order)]
