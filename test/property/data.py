"""Base data: tables with NULLs, duplicates, NaN, awkward text, one empty, one with
a child table; functions of the user; and what may happen to them later."""

TYPES = ['int', 'numeric(12,2)', 'text', 'date', 'timestamptz', 'boolean', 'int[]', 'jsonb', 'float8']
WEIGHTS = [5, 3, 4, 2, 2, 2, 1, 1, 1]

# constants by type, the simplest first; numbers of one type have one scale, so that equal values look equal
POOL = {
    'int': ['0', '1', '2', '3', '7', '-3', '40', 'NULL'],
    'numeric(12,2)': ['0', '10', '1.50', '-2.25', '99.99', "'NaN'", 'NULL'],
    'text': ["'a'", "'b'", "'A'", "''", "'ab'", "'é'", "'it''s'", "'x\"y'", "'l\nm'", 'NULL'],
    'date': ["'2024-01-01'", "'2024-01-15'", "'2024-02-28'", "'2024-03-01'", 'NULL'],
    'timestamptz': ["'2024-01-01 00:00:00+00'", "'2024-01-15 12:30:00+00'", "'2024-03-01 23:59:59+00'", 'NULL'],
    'boolean': ['true', 'false', 'NULL'],
    'int[]': ["'{}'", "'{1,2}'", "'{2,1}'", "'{NULL,3}'", "'{7}'", 'NULL'],
    'jsonb': ["'{\"a\": 1}'", "'{\"a\": 2, \"b\": \"x\"}'", "'[1, 2]'", "'\"s\"'", 'NULL'],
    'float8': ['0', '1.5', '-2.5', "'NaN'", "'Infinity'", 'NULL'],
}

# name: (signature, result, attributes, bodies); the bodies are what it may become
FUNCTIONS = {
    'f0': ('(int)', 'int', 'IMMUTABLE', ['SELECT $1 + 1', 'SELECT $1 * 2', 'SELECT coalesce($1, 5)']),
    'f1': ('(text)', 'text', 'IMMUTABLE', ["SELECT $1 || '!'", 'SELECT upper($1)', "SELECT coalesce($1, '-')"]),
    'f2': ('(int)', 'int', 'STABLE', ['SELECT CAST(count(*) AS int) FROM raw.b0 WHERE k >= $1',
                                      'SELECT CAST(count(*) AS int) FROM raw.b0 WHERE k < $1',
                                      'SELECT max(k) FROM raw.b0 WHERE k <> $1']),
    'f3': ('(int)', 'TABLE (p int, q text)', 'IMMUTABLE',
           ["SELECT g, CAST('r' || g AS text) FROM generate_series(1, $1) g", "SELECT g + 1, CAST('s' || g AS text) FROM generate_series(1, $1) g",
            "SELECT g, CAST('r' || g AS text) FROM generate_series(1, $1) g WHERE g > 1"]),
}


def function(name, body):
    signature, result, attributes, bodies = FUNCTIONS[name]
    return 'CREATE OR REPLACE FUNCTION raw.%s%s RETURNS %s LANGUAGE sql %s AS $f$ %s $f$' % (name, signature, result, attributes, bodies[body])


class Base:
    """The tables and functions that models stand on."""

    def __init__(self, rnd):
        self.rnd = rnd
        self.tables = {}            # name: [(column, type)]
        self.statements = []
        self.bodies = {name: 0 for name in FUNCTIONS}
        self.added = 0
        for i in range(4):
            name = 'raw.b%d' % i
            columns = [('k', 'int')] + [('c%d' % j, rnd.choices(TYPES, WEIGHTS)[0]) for j in range(1, rnd.randint(3, 5))]
            self.tables[name] = columns
            self.statements.append('CREATE TABLE %s (%s)' % (name, ', '.join('%s %s' % c for c in columns)))
            rows = 0 if i == 3 else rnd.randint(6, 18)
            if rows:
                self.statements.append(self.insert(name, columns, rows))
            if i == 1:
                # FROM and FROM ONLY differ
                self.statements.append('CREATE TABLE raw.b1_child () INHERITS (raw.b1)')
                self.statements.append(self.insert('raw.b1_child', columns, 3))
        for name in FUNCTIONS:
            self.statements.append(function(name, 0))

    def insert(self, name, columns, rows):
        r = self.rnd
        data = []
        for _ in range(rows):
            values = []
            for column, type in columns:
                value = r.choice(POOL[type])
                if column == 'k' and value == 'NULL' and r.random() < 0.6:
                    value = '2'
                values.append('CAST(%s AS %s)' % (value, type))
            data += ['(%s)' % ', '.join(values)] * r.choice([1, 1, 1, 2])
        return 'INSERT INTO %s VALUES %s' % (name, ', '.join(data))

    def change(self, what):
        """Something happens outside: the statement.  'define' changes what things mean, 'data' what is there."""
        r = self.rnd
        if what == 'define':
            name = r.choice(sorted(FUNCTIONS))
            self.bodies[name] = r.choice([b for b in range(len(FUNCTIONS[name][3])) if b != self.bodies[name]])
            return function(name, self.bodies[name])
        name = r.choice(sorted(self.tables))
        columns = self.tables[name]
        kind = r.choice(['insert', 'insert', 'update', 'delete', 'column'])
        if kind == 'column':
            type = r.choices(TYPES, WEIGHTS)[0]
            self.added += 1
            self.tables[name] = columns + [('d%d' % self.added, type)]
            return 'ALTER TABLE %s ADD COLUMN d%d %s DEFAULT %s' % (name, self.added, type, r.choice(POOL[type]))
        if kind == 'update':
            column, type = r.choice(columns)
            return 'UPDATE %s SET %s = CAST(%s AS %s) WHERE k %s %s' % (name, column, r.choice(POOL[type]), type, r.choice(['=', '<', '>']), r.choice(['0', '1', '3']))
        if kind == 'delete':
            return 'DELETE FROM %s WHERE k = %s' % (name, r.choice(['0', '1', '2', '3', '7']))
        return self.insert(name, columns, r.randint(1, 4))
