"""What is right: the same definitions built from scratch by plain SQL, and
PostgreSQL's own column dependencies of the same queries.

A definition is (template, kind, options).  In a template «m1» is a model.  What is
built is kept under everything that it was built from, so each is built once.
"""

import json
import re

from server import Failure, literal

REFERENCE = re.compile('«(.*?)»')


def parents(definition):
    return REFERENCE.findall(definition[0]) if definition[1] != 'seed' else []


def sort(definitions):
    """Parents first; (order, None) or ([], why not)."""
    order, busy = [], set()

    def visit(model):
        if model in order:
            return None
        if model not in definitions:
            return 'there is no %s' % model
        if model in busy:
            return 'a cycle through %s' % model
        busy.add(model)
        for parent in parents(definitions[model]):
            error = visit(parent)
            if error:
                return error
        order.append(model)
        return None

    for model in sorted(definitions):
        error = visit(model)
        if error:
            return [], error
    return order, None


def seed_rows(template):
    """Fields of a CSV text as generated: quoted, or empty for NULL."""
    lines = re.findall(r'((?:"(?:[^"]|"")*"|[^"\n])*)\n', template)
    for line in lines[1:]:
        yield [None if f == '' else f[1:-1].replace('""', '"') for f in re.findall(r'("(?:[^"]|"")*"|)(?:,|$)', line)][:len(lines[0].split(','))]


class Built:
    """A relation that plain SQL made, or why it could not."""

    def __init__(self, name=None, error=None):
        self.name = name
        self.error = error
        self.shape = None
        self.digest = None


class Scratch:
    def __init__(self, sql):
        self.sql = sql
        self.counter = 0
        self.reset()

    def reset(self):
        """Base data or functions have changed."""
        self.known = {}
        self.sql('DROP SCHEMA IF EXISTS scratch CASCADE')
        self.sql('CREATE SCHEMA scratch')

    def build(self, definitions):
        """({model: Built}, None), or (None, why): definitions that cannot be built."""
        order, error = sort(definitions)
        if error:
            return None, error
        keys, result = {}, {}
        for model in order:
            definition = definitions[model]
            keys[model] = key = (definition[0], 'view' if definition[1] in ('view', 'embedded') else definition[1] == 'seed' and definition[2],
                                 tuple(keys[p] for p in parents(definition)))
            if key not in self.known:
                self.known[key] = self.make(definition, result)
            result[model] = self.known[key]
            if result[model].error:
                return None, '%s: %s' % (model, result[model].error)
        return result, None

    def make(self, definition, built):
        template, kind, options = definition
        self.counter += 1
        name = 'scratch.r%d' % self.counter
        text = template if kind == 'seed' else REFERENCE.sub(lambda m: built[m.group(1)].name, template)
        if kind == 'seed':
            columns = json.loads(options)['columns']
            parts = ['CREATE TABLE %s (%s)' % (name, ', '.join('%s %s' % (c, d['type']) for c, d in columns.items()))]
            rows = ['(%s)' % ', '.join(literal(f) for f in row) for row in seed_rows(template)]
            if rows:
                parts.append('INSERT INTO %s VALUES %s' % (name, ', '.join(rows)))
        elif kind in ('view', 'embedded'):
            parts = ['CREATE VIEW %s AS %s' % (name, text)]
        else:
            # the shape is the query's: CREATE TABLE AS takes it from the plan, where constants have lost their typmod
            parts = ['CREATE VIEW %s_shape AS %s' % (name, text), 'CREATE TABLE %s (LIKE %s_shape)' % (name, name), 'INSERT INTO %s %s' % (name, text)]
        for part in parts:
            _, failed = self.sql.attempt(part)
            if failed:
                return Built(error=failed)
        return Built(name)

    def describe(self, built):
        """Fills in what is not known yet of columns and contents."""
        missing = [b for b in built if b.digest is None]
        if missing:
            shapes = shape(self.sql, [b.name for b in missing])
            for b, digest in zip(missing, digests(self.sql, [b.name for b in missing])):
                b.shape, b.digest = shapes.get(b.name), digest


def shape(sql, names):
    """{relation: columns with types and collations}."""
    if not names:
        return {}
    rows = sql('''SELECT n.nspname || '.' || relname, string_agg(attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attcollation, ', ' ORDER BY attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
WHERE (nspname, relname) IN (%s) GROUP BY 1''' % ', '.join('(%s, %s)' % tuple(literal(p) for p in n.split('.')) for n in names))
    return dict(rows)


def digests(sql, names):
    """Of each relation (rows, digest of the multiset of rows), or the SQLSTATE of reading it."""
    if not names:
        return []
    form = 'SELECT %d, count(*), sum(hashtextextended(whole_row_::text, 0)::numeric) FROM %s AS whole_row_'
    rows, error = sql.attempt(' UNION ALL '.join(form % item for item in enumerate(names)))
    if not error:
        found = {int(r[0]): tuple(r[1:]) for r in rows}
        return [found[i] for i in range(len(names))]
    result = []
    for name in names:
        # a view may fail when it is read, with vde and without
        rows, error = sql.attempt(form % (0, name))
        result.append(('error', error[0]) if error else tuple(rows[0][1:]))
    return result


def difference(sql, name, expected):
    """In words, what is wrong with the contents of a relation."""
    rows, error = sql.attempt('''SELECT side, row_ FROM (SELECT '+' AS side, x::text AS row_ FROM (SELECT a::text AS x FROM %s a EXCEPT ALL SELECT b::text FROM %s b) x
UNION ALL SELECT '-', x::text FROM (SELECT b::text AS x FROM %s b EXCEPT ALL SELECT a::text FROM %s a) x) y LIMIT 8''' % (name, expected, expected, name))
    return 'cannot be compared: %s' % (error,) if error else '\n'.join(' '.join(r) for r in rows)


def compare(sql, scratch, pairs):
    """Are these relations, [(name, Built, text)], what they should be?"""
    scratch.describe([b for _, b, _ in pairs])
    shapes = shape(sql, [name for name, _, _ in pairs])
    for name, built, text in pairs:
        if shapes.get(name) != built.shape:
            raise Failure('%s has columns (%s), should have (%s)\n%s' % (name, shapes.get(name), built.shape, text))
    for (name, built, text), digest in zip(pairs, digests(sql, [name for name, _, _ in pairs])):
        if digest != built.digest:
            if 'error' in (digest[0], built.digest[0]):
                raise Failure('reading %s gives %r, should give %r\n%s' % (name, digest, built.digest, text))
            raise Failure('%s is wrong: %s rows, should be %s\n%s\n%s' % (name, digest[0], built.digest[0], difference(sql, name, built.name), text))


def check_lineage(sql, environment, model, text, exact):
    """Do the stored edges name the columns that PostgreSQL says the query depends on?"""
    sql('CREATE TEMP VIEW lineage_of_ AS ' + text)
    expected = {tuple(r) for r in sql('''SELECT DISTINCT refobjid::regclass, attname FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_attribute a ON attrelid = refobjid AND attnum = refobjsubid
WHERE d.classid = 'pg_rewrite'::regclass AND r.ev_class = 'lineage_of_'::regclass AND refclassid = 'pg_class'::regclass AND refobjsubid > 0 AND refobjid <> r.ev_class''')}
    sql('DROP VIEW lineage_of_')
    found = {tuple(r) for r in sql('SELECT DISTINCT source, source_column FROM vde_lineage(%s, NULL, %s) WHERE source_column IS NOT NULL' % (literal('m.' + model), literal(environment)))}
    if not found <= expected or exact and found != expected:
        raise Failure('lineage of %s: too much %s, missing %s\n%s' % (model, sorted(found - expected), sorted(expected - found) if exact else 'not asked', text))
