"""Readers: they ask for the views of an environment in every way there is, and note what they saw, and when.

An observation is (environment, start, end, {model: mark}, how). The models of one
observation were locked together: by one statement, or by one transaction, whose
locks all last to its end. start and end are those of its last statement: then, at
some moment, all of it was in force.
"""

import random
import time

from wire import Connection, ConnectionLost, ServerError
from world import ROWS, SETTLED, Wrong, merge, reading, schema_of, understand

LEVELS = ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE']


class Reader:
    def __init__(self, database, seed, environments, end):
        self.random = random.Random(seed)
        self.database = database
        self.environments = environments
        self.end = end
        self.seen = []
        self.wrong = []
        self.longest = (0, '')
        self.statements = 0
        self.connection = None

    def run(self):
        while time.time() < self.end and len(self.wrong) < 5:
            if self.connection is None or self.random.random() < 0.01:
                if self.connection is not None:
                    self.connection.close()
                self.connection = Connection(self.database, 'stress_reader', [('application_name', 'reader')])
            try:
                self.random.choice([self.statement, self.statement, self.transaction, self.transaction, self.cursor,
                                    self.come_and_go])()
            except (ServerError, ConnectionLost, Wrong) as e:
                self.wrong.append('%s: %s' % (time.time(), e))
                self.connection = None
        return {'seen': self.seen, 'wrong': self.wrong, 'longest': self.longest, 'statements': self.statements}

    def ask(self, sql, how=None):
        how = how or self.random.choice(['simple', 'extended', 'prepared'])
        start = time.time()
        if how == 'simple':
            rows = self.connection.simple(sql)
        else:
            rows = self.connection.extended(sql, '%x' % (hash(sql) & (2 ** 64 - 1)) if how == 'prepared' else '')
        self.statements += 1
        took = time.time() - start
        if took > self.longest[0]:
            self.longest = (took, sql)
        return rows, start, time.time()

    def some(self, most):
        return self.random.sample(SETTLED, self.random.randint(1, most))

    def several(self, models, environment):
        """Several views in one statement, each as a column."""
        rows, start, end = self.ask('SELECT ' + ', '.join('(%s)' % reading(m, environment) for m in models))
        seen = {}
        for model, text in zip(models, rows[0]):
            merge(seen, understand(model, text))
        return seen, start, end

    def statement(self):
        environment = self.random.choice(self.environments)
        seen, start, end = self.several(self.some(5), environment)
        self.seen.append((environment, start, end, seen, 'statement'))

    def transaction(self):
        environment = self.random.choice(self.environments)
        level = self.random.choice(LEVELS)
        models = self.some(5)
        self.ask('BEGIN ISOLATION LEVEL ' + level, 'simple')
        if self.random.random() < 0.3:
            # a snapshot that is older than the tables
            self.ask('SELECT count(*) FROM raw.t')
            time.sleep(self.random.random() * 0.03)
        if self.random.random() < 0.2:
            for model in self.random.sample(models, len(models)):
                self.ask('LOCK TABLE %s.%s IN ACCESS SHARE MODE' % (schema_of(environment), model), 'simple')
        seen, start, end = {}, 0, 0
        for model in models:
            if self.random.random() < 0.3:
                time.sleep(self.random.random() * 0.01)
            more, start, end = self.several([model], environment)
            merge(seen, more)
        # what was read first is still so
        if self.random.random() < 0.5:
            again, start, end = self.several(models, environment)
            merge(seen, again)
        self.ask(self.random.choice(['COMMIT', 'ROLLBACK']), 'simple')
        self.seen.append((environment, start, end, seen, level))

    def cursor(self):
        environment = self.random.choice(self.environments)
        first, second = self.random.sample(['a0', 'a1', 'b0', 'b1', 'd0', 'd1', 'd2'], 2)
        self.ask('BEGIN', 'simple')
        self.ask('DECLARE c CURSOR FOR SELECT mark FROM %s.%s' % (schema_of(environment), first), 'simple')
        marks = []
        rows, _, _ = self.ask('FETCH %d FROM c' % self.random.randint(1, ROWS), 'simple')
        marks += rows
        time.sleep(self.random.random() * 0.01)
        seen, start, end = self.several([second], environment)
        rows, start, end = self.ask('FETCH ALL FROM c', 'simple')
        marks += rows
        self.ask('COMMIT', 'simple')
        marks = [int(row[0]) for row in marks]
        if len(marks) != ROWS or len(set(marks)) != 1:
            raise Wrong('a cursor over %s gave %d rows with marks %s' % (first, len(marks), sorted(set(marks))))
        merge(seen, {first: marks[0]})
        self.seen.append((environment, start, end, seen, 'cursor'))

    def come_and_go(self):
        """The model that is there or not."""
        environment = self.random.choice(self.environments)
        models = self.random.sample(SETTLED, 1) + ['e0']
        try:
            seen, start, end = self.several(models, environment)
        except ServerError as e:
            if e.code != '42P01' or '.e0"' not in e.message:
                raise
            return
        self.seen.append((environment, start, end, seen, 'with e0'))
