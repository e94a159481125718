"""The models of the stress run.

Every definition carries its mark as a constant column, and what reads it carries
the parents' marks along, so that a row says which definitions made it:
    a0, a1    tables over raw.t: mark
    b0        a table that joins both: mark, a0, a1
    b1        a view on a1: mark, a1
    c0        an aggregate of b0: mark, b0, a0, a1, and n, which is the number of rows
    d0 .. d2  tables over raw.t that nothing reads
    e0        comes and goes
"""

ROWS = 60
SETTLED = ['a0', 'a1', 'b0', 'b1', 'c0', 'd0', 'd1', 'd2']
MODELS = SETTLED + ['e0']
# the parents whose marks a model carries
CARRIES = {'a0': [], 'a1': [], 'b0': ['a0', 'a1'], 'b1': ['a1'], 'c0': ['b0', 'a0', 'a1'], 'd0': [], 'd1': [], 'd2': [], 'e0': []}


def query(model, mark, schema='m'):
    """The definition; every third has a column more, so that views lose one, too."""
    extra = ', %d AS extra' % mark if mark % 3 == 0 else ''
    if model == 'b0':
        return ('SELECT x.id, x.gen, x.mark AS a0, y.mark AS a1, %d AS mark%s FROM %s.a0 x JOIN %s.a1 y USING (id)'
                % (mark, extra, schema, schema))
    if model == 'b1':
        return 'SELECT id, gen, mark AS a1, %d AS mark%s FROM %s.a1' % (mark, extra, schema)
    if model == 'c0':
        return ('SELECT count(*) AS n, min(gen) AS gen, min(mark) AS b0, min(a0) AS a0, min(a1) AS a1, %d AS mark%s FROM %s.b0'
                % (mark, extra, schema))
    return 'SELECT id, gen, %d AS mark%s FROM raw.t' % (mark, extra)


def kind(model):
    return 'view' if model == 'b1' else 'full'


def schema_of(environment):
    return 'm' if environment == 'prod' else 'm__' + environment


def reading(model, environment):
    """One row for a model: rows, and the lowest and highest of each mark."""
    rows = 'min(n)' if model == 'c0' else 'count(*)'
    marks = ', '.join('min(%s), max(%s)' % (c, c) for c in ['mark'] + CARRIES[model])
    return 'SELECT ARRAY[%s, %s] FROM %s.%s' % (rows, marks, schema_of(environment), model)


class Wrong(Exception):
    """What was read cannot have been there."""


def understand(model, text):
    """(mark, {parent: mark}) of such a row."""
    values = [None if v == 'NULL' else int(v) for v in text.strip('{}').split(',')]
    if values[0] != ROWS:
        raise Wrong('%s has %s rows instead of %d' % (model, values[0], ROWS))
    marks = []
    for low, high in zip(values[1::2], values[2::2]):
        if low != high:
            raise Wrong('%s has rows of %s and of %s' % (model, low, high))
        marks.append(low)
    return {model: marks[0], **dict(zip(CARRIES[model], marks[1:]))}


def merge(seen, more):
    """Adds what one model shows to what others have shown."""
    for model, mark in more.items():
        if seen.setdefault(model, mark) != mark:
            raise Wrong('%s is seen as %s and as %s at once: %s, %s' % (model, seen[model], mark, seen, more))
