"""Deployers: they edit, apply, promote, roll back, run, create, drop and collect, all at once, and are cancelled and
killed while they do.
"""

import random
import time

from wire import Connection, ConnectionLost, ServerError
from world import MODELS, SETTLED, kind, query

PASSING = ['tmp1', 'tmp2']

# What may happen to anybody: cancelled, killed, too late for a lock.  A deadlock that PostgreSQL finds is always a mistake.
ALWAYS = {'57014', '57P01', '55P03'}
# and to a call: an environment that another has just dropped or made, models that another has
# removed, nothing to promote, tables of that time collected
ALLOWED = {
    'register': {'42704'},
    'unregister': {'42704'},
    'discard': {'42704'},
    'apply': {'42704'},
    'promote': {'42704', '55000'},
    'rollback': {'42704', '55000'},
    'run': {'42704'},
    'create': {'42710', '42704', '55000'},
    'drop': {'42704'},
    'gc': set(),
    'plan': {'42704'},
}


def stranded(what, error):
    """An environment that was made while its base lacked a model has a draft that reads it: refused, by name."""
    return what == 'apply' and error.code == '42P01' and 'is no model in this environment' in (error.detail or '')


def overtaken(error, in_block):
    """By others, in a transaction block: one with one snapshot, or each of two waits for the other.  Outside of one only by drafts
    that were thrown away during the apply, and by what others have changed before a promote."""
    return error.code == '40001' and (in_block or 'were taken back while they were applied' in error.message
                                      or 'changed both in' in error.message)


def in_the_way(error):
    """In a block, where the locks of one deployment are kept: a reader has a view that the next one wants, and waits
    for one of these."""
    return error.code == '40P01' and 'since who reads it waits for this transaction' in error.message


class Deployer:
    def __init__(self, database, seed, number, environments, first, end):
        self.random = random.Random(seed)
        self.database = database
        self.number = number
        self.environments = environments
        self.states = {environment: [deployment] for environment, deployment in first.items()}
        self.end = end
        self.next_mark = 0
        self.known = []
        self.wrong = []
        self.outcome = {}
        self.in_block = False
        self.connection = None

    def run(self):
        while time.time() < self.end and len(self.wrong) < 5:
            if self.connection is None:
                try:
                    self.connection = Connection(self.database, 'stress_owner', [
                        ('application_name', 'deployer'), ('vde.lock_timeout', '20s')])
                except (ConnectionLost, ServerError):
                    continue
            try:
                self.turn()
            except ConnectionLost:
                self.connection = None
            except ServerError as e:
                # outside of what is counted: killed, or cancelled in a COMMIT
                if e.code not in ALWAYS and not overtaken(e, True):
                    self.wrong.append('%s: %s' % (time.time(), e))
                if self.connection is not None:
                    self.connection.close()
                self.connection = None
            self.in_block = False
        return {'known': self.known, 'wrong': self.wrong, 'outcome': self.outcome}

    def mark(self):
        """One of our own, or now and then one that all use, so that tables are shared and come back."""
        if self.random.random() < 0.35:
            return self.random.randint(1, 9)
        self.next_mark += 1
        return self.number * 100000 + self.next_mark

    def call(self, what, sql):
        """One statement; True if it worked."""
        try:
            self.connection.simple(sql)
            self.outcome[what] = self.outcome.get(what, 0) + 1
            return True
        except ServerError as e:
            key = '%s: %s' % (what, e.code)
            self.outcome[key] = self.outcome.get(key, 0) + 1
            if e.code not in ALWAYS and e.code not in ALLOWED[what] and not stranded(what, e) \
                    and not overtaken(e, self.in_block) and not (self.in_block and in_the_way(e)):
                self.wrong.append('%s: %s: %s' % (time.time(), what, e))
            if e.code == '57P01':
                self.connection = None
                raise ConnectionLost(str(e))
            return False

    def note(self, environment):
        """What is deployed by now."""
        rows = self.connection.simple("SELECT max(deployment), max(deployment) FILTER (WHERE action <> 'rollback') "
                                      "FROM vde_deployments WHERE environment = '%s'" % environment)
        self.known.append((environment, int(rows[0][0]), time.time()))
        self.states[environment].append(int(rows[0][1]))

    def register(self, environment):
        models = self.random.sample(SETTLED, self.random.choice([1, 1, 2, 3, 8]))
        mark = self.mark()
        for model in models:
            self.call('register', "SELECT vde_register('m.%s', $$%s$$, '%s', environment => '%s')"
                      % (model, query(model, mark), kind(model), environment))
        if self.random.random() < 0.2:
            if self.random.random() < 0.5:
                self.call('register', "SELECT vde_register('m.e0', $$%s$$, environment => '%s')" % (query('e0', mark), environment))
            else:
                self.call('unregister', "SELECT vde_unregister('m.e0', '%s')" % environment)

    def deployment(self, environment):
        """The statement of one deployment."""
        chance = self.random.random()
        others = [e for e in self.environments + PASSING if e != environment]
        if chance < 0.5:
            return 'apply', "CALL vde_apply('%s')" % environment
        if chance < 0.8:
            return 'promote', "CALL vde_promote('%s', '%s', force => %s)" % (
                self.random.choice(others), environment, self.random.choice(['true', 'true', 'false']))
        # to a state that we know of, never to one before the models were there
        return 'rollback', "CALL vde_rollback('%s', %d)" % (environment, self.random.choice(self.states[environment][-5:]))

    def turn(self):
        environment = self.random.choice(self.environments)
        chance = self.random.random()
        if chance < 0.30:
            self.register(environment)
            self.call('apply', "CALL vde_apply('%s')" % environment)
            self.note(environment)
        elif chance < 0.60:
            self.call(*self.deployment(environment))
            self.note(environment)
        elif chance < 0.70:
            self.block(environment)
        elif chance < 0.78:
            self.call('run', "CALL vde_run('%s')" % environment)
        elif chance < 0.86:
            self.call('gc', 'CALL vde_gc()')
        elif chance < 0.89:
            self.call('discard', "SELECT vde_discard('%s')" % environment)
        elif chance < 0.92:
            self.call('plan', self.random.choice(["SELECT vde_plan('%s')" % environment,
                                                  "SELECT count(*) FROM vde_changes('%s', 'prod')" % self.random.choice(self.environments[1:])]))
        else:
            self.passing()

    def block(self, environment):
        """Several things in one transaction, which may come to nothing."""
        self.connection.simple('BEGIN ISOLATION LEVEL ' + self.random.choice(['READ COMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE']))
        self.in_block = True
        good = True
        mark = self.mark()
        model = self.random.choice(MODELS)
        good = good and self.call('register', "SELECT vde_register('m.%s', $$%s$$, '%s', environment => '%s')"
                                  % (model, query(model, mark), kind(model), environment))
        if good and self.random.random() < 0.5:
            self.connection.simple('SAVEPOINT s')
            what, sql = self.deployment(environment)
            if not self.call(what, sql) or self.random.random() < 0.4:
                self.connection.simple('ROLLBACK TO SAVEPOINT s')
        good = good and self.call('apply', "CALL vde_apply('%s')" % environment)
        self.connection.simple('COMMIT' if good and self.random.random() < 0.7 else 'ROLLBACK')
        self.note(environment)

    def passing(self):
        """Environments that come and go."""
        name = self.random.choice(PASSING)
        chance = self.random.random()
        if chance < 0.35:
            self.call('create', "CALL vde_create_environment('%s', '%s')" % (name, self.random.choice(self.environments + PASSING)))
        elif chance < 0.65:
            self.call('drop', "CALL vde_drop_environment('%s')" % name)
        elif chance < 0.9:
            self.register(name)
            self.call('apply', "CALL vde_apply('%s')" % name)
        else:
            self.call('run', "CALL vde_run('%s')" % name)


class Killer:
    """Cancels and ends deployers; changes what the models read."""

    def __init__(self, database, seed, end):
        self.random = random.Random(seed)
        self.database = database
        self.end = end

    def run(self):
        connection = Connection(self.database, 'postgres', [('application_name', 'killer')])
        killed = 0
        while time.time() < self.end:
            time.sleep(self.random.random() * 0.4)
            chance = self.random.random()
            if chance < 0.5:
                connection.simple('UPDATE raw.t SET gen = gen + 1')
            else:
                what = 'pg_cancel_backend' if chance < 0.8 else 'pg_terminate_backend'
                rows = connection.simple("SELECT pid FROM pg_stat_activity WHERE application_name = 'deployer' AND state = 'active' "
                                         "AND datname = current_database() ORDER BY random() LIMIT 1")
                if rows:
                    connection.simple('SELECT %s(%s)' % (what, rows[0][0]))
                    killed += 1
        connection.close()
        return {'killed': killed}
