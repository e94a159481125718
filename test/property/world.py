"""A database, the steps that are taken in it, and whether their outcome is right.

A step is plain data, so that a sequence can be printed, shrunk and run anew:
  ('register', environment, model, template, kind, options), ('cosmetic', the same, the template that it puts in other words, does it move a CTE or ORDER BY),
  ('unregister', e, m), ('discard', e), ('apply', e), ('abort', e), ('promote', source, target, force),
  ('rollback', e), ('create', e, base), ('drop', e), ('run', e), ('gc',), ('world', statement, 'define' or 'data')
A definition is (template, kind, options).
"""

import re
import time

from oracle import REFERENCE, Scratch, check_lineage, compare, digests, shape
from server import Failure, Psql, TooLong, body, literal

# of a step: what may be wrong with random definitions; never an internal error,
# a broken constraint or a relation that is there already
EXPECTED = re.compile(r'22...|21000|0A000|42(703|P01|601|883|804|846|P20|P10|P19|P21|P22|702|712|P18|803|725|701|704|8C9|809|P13)|55000|54001|2BP01|428..')

# statement_timeout, in seconds
LONG = 30


def for_vde(template, kind):
    return template if kind == 'seed' else REFERENCE.sub(r'm.\1', template)


def statement(step):
    what = step[0]
    if what in ('register', 'cosmetic'):
        return 'SELECT vde_register(%s, %s, %s, %s, environment => %s)' % (
            literal('m.' + step[2]), body(for_vde(step[3], step[4])), literal(step[4]), literal(step[5]), literal(step[1]))
    if what == 'unregister':
        return 'SELECT vde_unregister(%s, %s)' % (literal('m.' + step[2]), literal(step[1]))
    if what == 'discard':
        return 'SELECT vde_discard(%s)' % literal(step[1])
    if what == 'apply':
        return 'CALL vde_apply(%s, confirm => true)' % literal(step[1])
    if what == 'abort':
        return 'BEGIN; CALL vde_apply(%s, confirm => true); ROLLBACK' % literal(step[1])
    if what == 'promote':
        return 'CALL vde_promote(%s, %s, force => %s)' % (literal(step[1]), literal(step[2]), 'true' if step[3] else 'false')
    if what == 'rollback':
        return 'CALL vde_rollback(%s)' % literal(step[1])
    if what == 'create':
        return 'CALL vde_create_environment(%s, %s)' % (literal(step[1]), literal(step[2]))
    if what == 'drop':
        return 'CALL vde_drop_environment(%s)' % literal(step[1])
    if what == 'run':
        return 'CALL vde_run(%s)' % literal(step[1])
    if what == 'world':
        return step[1]
    return 'CALL vde_gc()'


def layer(environment):
    return 'm' if environment == 'prod' else 'm__' + environment


class Tracked:
    """What is known of an environment."""

    def __init__(self):
        self.drafts = {}            # model: definition, or None for a removal
        self.states = {}            # deployment: (parent, {model: definition})
        self.state = None
        self.lost = set()           # states whose tables gc may have dropped
        self.drifted = False        # something outside has changed since its last apply
        self.due = False            # it has not been run since data may be old
        self.settled = True         # it holds what can be built
        self.cosmetic = False       # only cosmetic edits since its last apply

    def applied(self):
        return self.states[self.state][1]

    def wanted(self):
        result = dict(self.applied())
        for model, definition in self.drafts.items():
            if definition is None:
                result.pop(model, None)
            else:
                result[model] = definition
        return result


class Waste:
    """Tables built because of a change, and those of them that came out as what they replaced."""

    def __init__(self):
        kinds = ['%s %s' % (how, kind) for how in ('edited', 'indirect') for kind in ('full', 'materialized_view', 'seed')]
        self.built = dict.fromkeys(kinds, 0)
        self.equal = dict.fromkeys(kinds, 0)

    def add(self, other):
        for kind in self.built:
            self.built[kind] += other.built[kind]
            self.equal[kind] += other.equal[kind]

    def __str__(self):
        built, equal = sum(self.built.values()), sum(self.equal.values())
        return '%d of %d tables built because of a change came out as the one that they replaced (%.0f %%): %s' % (
            equal, built, 100 * equal / max(built, 1), ', '.join('%s %d of %d' % (k, self.equal[k], self.built[k]) for k in self.built if self.built[k]))


def connect(database):
    for _ in range(50):
        # after a crash the server needs a moment
        sql = Psql(database)
        try:
            sql('SELECT 1')
            return sql
        except Failure:
            time.sleep(0.2)
    raise Failure('the server is down')


class World:
    # names for which there is a database with the extension to copy
    templates = set()
    count = 0

    @classmethod
    def prepare(cls, name):
        """One at a time: the first CREATE EXTENSION of a server makes a role."""
        role = 't_' + name
        control = connect('postgres')
        control("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%s') THEN CREATE ROLE %s; END IF; END $$" % (role, role))
        control('DROP DATABASE IF EXISTS %s_template WITH (FORCE)' % name)
        control('CREATE DATABASE %s_template TEMPLATE template0' % name)
        control.close()
        sql = connect(name + '_template')
        for line in ('CREATE EXTENSION vde', 'CREATE SCHEMA raw', 'GRANT USAGE ON SCHEMA raw TO ' + role):
            sql(line)
        sql.close()
        cls.templates.add(name)

    def __init__(self, statements, exact=None, fault=None, name='vde_property'):
        role = 't_' + name
        if name not in World.templates:
            World.prepare(name)
        control = connect('postgres')
        control('DROP DATABASE IF EXISTS %s WITH (FORCE)' % name)
        control('CREATE DATABASE %s TEMPLATE %s_template' % (name, name))
        control('GRANT CREATE ON DATABASE %s TO %s' % (name, role))
        control('ALTER DATABASE %s SET vde.retention = 0' % name)
        # every other database has its models built by background workers, too
        World.count += 1
        control('ALTER DATABASE %s SET vde.max_workers = %d' % (name, 0 if fault else World.count % 2 * 2))
        if fault:
            control('ALTER DATABASE %s SET vde.fault = %s' % (name, literal(fault)))
        control.close()
        self.role = role
        self.sql = Psql(name)
        for line in ('SET client_min_messages = warning', "SET statement_timeout = '%ds'" % LONG):
            self.sql(line)
        for line in statements:
            self.sql(line)
        self.sql('GRANT SELECT ON ALL TABLES IN SCHEMA raw TO ' + role)
        self.exact = {} if exact is None else exact     # templates of which PostgreSQL notes the columns: is it exactly those of the lineage
        # a fault is to be found in contents
        self.lineage = not fault and self.sql("SELECT to_regprocedure('vde_lineage(text,text,text)') IS NOT NULL")[0][0] == 't'
        self.traced = set()
        self.lineages = 0
        self.environments = {}
        self.definitions = {}       # id: definition
        self.scratch = Scratch(self.sql)
        self.waste = Waste()
        self.aged = False           # data have changed
        self.redefined = False      # functions have

    def close(self):
        self.sql.close()

    def is_heavy(self):
        """Do the definitions that there are take plain SQL long, too?  Random queries may."""
        for line in ('ROLLBACK', 'RESET SESSION AUTHORIZATION'):
            self.sql.attempt(line)
        start = time.time()
        try:
            self.scratch.reset()
            for tracked in self.environments.values():
                for definitions in (tracked.applied(), tracked.wanted()):
                    self.scratch.build(definitions)
        except TooLong:
            return True
        return time.time() - start > LONG / 4

    # what vde has

    def read(self, name):
        """The state, the pointers and the drafts of an environment, as the catalog has them."""
        state = self.sql('SELECT s.deployment_id FROM vde.environment e JOIN vde.environment_state s ON s.environment_id = e.id WHERE e.name = %s' % literal(name))
        if not state:
            return None
        pointers, drafts = {}, {}
        for what, model, id in self.sql('''
SELECT 'pointer', m.model_name, s.definition_id FROM vde.environment e JOIN vde.pointer p ON p.environment_id = e.id
JOIN vde.snapshot s ON s.id = p.snapshot_id JOIN vde.model m ON m.id = p.model_id WHERE e.name = %s
UNION ALL SELECT 'draft', m.model_name, p.definition_id FROM vde.environment e JOIN vde.draft p ON p.environment_id = e.id
JOIN vde.model m ON m.id = p.model_id WHERE e.name = %s''' % (literal(name), literal(name))):
            (pointers if what == 'pointer' else drafts)[model] = self.definitions[id] if id else None
        return state[0][0], pointers, drafts

    def tables(self, name):
        """{model: its relation} of an environment."""
        return dict(self.sql('''SELECT m.model_name, v.relation_name FROM vde.environment e JOIN vde.pointer p ON p.environment_id = e.id JOIN vde.snapshot s ON s.id = p.snapshot_id
JOIN vde.version v ON v.id = s.version_id JOIN vde.model m ON m.id = p.model_id WHERE e.name = %s AND v.built_at IS NOT NULL AND relation_name IS NOT NULL''' % literal(name)))

    def chance(self, name, model):
        """May a model come out differently? Then an order, or that a CTE is computed once, can mean something."""
        return self.sql('''SELECT s.chance FROM vde.environment e JOIN vde.pointer p ON p.environment_id = e.id JOIN vde.snapshot s ON s.id = p.snapshot_id
JOIN vde.model m ON m.id = p.model_id WHERE e.name = %s AND m.model_name = %s''' % (literal(name), literal(model))) == [['t']]

    def builds(self):
        return int(self.sql("SELECT coalesce(max(id), 0) FROM vde.build WHERE action = 'build'")[0][0])

    # a step

    def possible(self, step):
        """Can the step be taken at all? While shrinking, some cannot."""
        names = set(self.environments)
        what = step[0]
        if what in ('world', 'gc'):
            return True
        if what == 'create':
            return step[1] not in names and step[2] in names
        if what in ('register', 'cosmetic'):
            return step[1] in names or step[1] != 'prod'
        if what == 'promote':
            return step[1] in names
        return step[1] in names

    def take(self, step):
        """Takes a step and checks everything.  Returns the error that it ended with, or None."""
        what = step[0]
        if what == 'world':
            return self.change(step)
        target = step[2] if what == 'promote' else step[1] if len(step) > 1 else None
        before = self.environments.get(target)
        tables = self.tables(target) if before and what in ('apply', 'promote') else {}
        builds = self.builds()
        quiet = what == 'cosmetic' and before is not None and (before.cosmetic or self.sql.attempt('SELECT model FROM vde_changes(%s)' % literal(target)) == ([], None))

        if what != 'gc':
            self.sql('SET SESSION AUTHORIZATION ' + self.role)
        error = None
        for part in statement(step).split('; ') if what == 'abort' else [statement(step)]:
            rows, failed = self.sql.attempt(part)
            error = error or failed
        if what != 'gc':
            self.sql('RESET SESSION AUTHORIZATION')
        if error and not EXPECTED.fullmatch(error[0]) and not (error[0] == '40001' and what == 'promote' and not step[3]):
            raise Failure('unexpected error %s\n%s' % error)
        if what in ('register', 'cosmetic') and not error:
            self.definitions[rows[-1][0]] = step[3:6]

        # a step on an unknown environment makes it, also if the step then fails
        if target and target not in self.environments and what != 'drop':
            found = self.read(target)
            if found:
                new = Tracked()
                base = None
                if what == 'create':
                    base = self.environments[step[2]]
                elif target != 'prod' and 'prod' in self.environments:
                    base = self.environments['prod']
                root = self.sql('SELECT min(d.id) FROM vde.deployment d JOIN vde.environment e ON e.id = d.environment_id WHERE e.name = %s' % literal(target))[0][0]
                new.state = root
                new.states[root] = (None, dict(base.applied()) if base else {})
                if base:
                    new.drifted, new.settled = base.drifted, base.settled
                self.environments[target] = before = new
        if what == 'drop' and not error:
            del self.environments[target]
        elif what == 'gc':
            if error:
                raise Failure('gc fails: %s\n%s' % error)
            for environment in self.environments.values():
                parent = environment.states[environment.state][0]
                environment.lost |= set(environment.states) - {environment.state, parent}
        elif target:
            self.judge(step, before, error)
            if not error:
                self.watch(step, before, tables, builds, quiet)
        # drafts are in no view
        self.check(what not in ('register', 'cosmetic', 'unregister', 'discard'))
        return error

    def change(self, step):
        """Something outside changes."""
        _, error = self.sql.attempt(step[1])
        if error:
            return error
        self.scratch.reset()
        self.traced = set()
        self.aged |= step[2] == 'data'
        self.redefined |= step[2] == 'define'
        for tracked in self.environments.values():
            tracked.drifted = True
            tracked.due |= step[2] == 'data'
        return None

    def watch(self, step, tracked, tables, builds, quiet):
        """What a step that succeeded has built; whether it had to."""
        what, target = step[0], step[2] if step[0] == 'promote' else step[1]
        if what == 'cosmetic' and quiet and not (step[7] and self.chance(target, step[2])) and tracked.applied().get(step[2], ('',))[:2] == (step[6], step[4]):
            changes = self.sql('SELECT model, category, action, reason FROM vde_changes(%s)' % literal(target))
            for model, category, action, reason in changes:
                if action != 'reuse' or category not in ('metadata', 'indirect_non_breaking'):
                    raise Failure('a cosmetic edit of %s gives %s %s %s %s\nbefore: %s\nafter: %s' % (
                        step[2], model, category, action, reason, tracked.applied()[step[2]][0], step[3]))
            tracked.cosmetic = True
        elif what in ('register', 'cosmetic', 'unregister', 'promote', 'rollback', 'discard'):
            tracked.cosmetic = False
        if what not in ('apply', 'promote'):
            return
        if what == 'apply' and tracked.cosmetic and self.builds() != builds:
            raise Failure('after cosmetic edits an apply of %s builds: %r' % (target, self.sql("SELECT xxh3, message FROM vde.build WHERE id > %d" % builds)))
        tracked.cosmetic = False
        new = self.tables(target)
        moved = sorted(m for m in new if m in tables and new[m] != tables[m])
        built = {r[0] for r in self.sql("SELECT v.relation_name FROM vde.build b JOIN vde.version v ON v.xxh3 = b.xxh3 WHERE b.id > %d AND b.action = 'build' AND b.state = 'built'" % builds)}
        # a view is no table: it is made anew at no cost
        kinds = {m: d[1] for m, d in tracked.applied().items()}
        moved = [m for m in moved if new[m] in built and kinds[m] != 'view']
        names = ['vde_data.%s' % t[m] for m in moved for t in (tables, new)]
        shapes, found = shape(self.sql, names), digests(self.sql, names)
        for i, model in enumerate(moved):
            kind = '%s %s' % ('edited' if model in self.edited else 'indirect', kinds[model])
            self.waste.built[kind] += 1
            if shapes.get(names[2 * i]) == shapes.get(names[2 * i + 1]) and found[2 * i] == found[2 * i + 1]:
                self.waste.equal[kind] += 1

    def judge(self, step, tracked, error):
        """Is the outcome of a step on one environment what it must be?"""
        what, target = step[0], step[2] if step[0] == 'promote' else step[1]
        if tracked is None:
            if error:
                return
            raise Failure('environment %s was not made' % target)
        state, pointers, drafts = self.read(target)
        applied = dict(tracked.applied())
        self.edited = {m for m in set(applied) | set(pointers) if applied.get(m) != pointers.get(m)}

        if what in ('register', 'cosmetic', 'unregister', 'discard'):
            expected = dict(tracked.drafts)
            if error:
                # an edit may have made nonsense of the text: then PostgreSQL says so, too
                if what in ('register', 'cosmetic') and (self.sql.attempt('EXPLAIN ' + for_vde(step[3], step[4]))[1] or ('none',))[0] != error[0]:
                    raise Failure('register fails: %s\n%s' % error)
            elif what in ('register', 'cosmetic'):
                expected[step[2]] = step[3:6]
                if expected[step[2]] == applied.get(step[2]) and step[2] not in drafts:
                    del expected[step[2]]
            elif what == 'unregister':
                expected.pop(step[2], None)
                if step[2] in applied:
                    expected[step[2]] = None
            else:
                expected = {}
            if drafts != expected:
                raise Failure('drafts of %s are %r, should be %r' % (target, drafts, expected))
            tracked.drafts = drafts
        elif what in ('apply', 'abort'):
            wanted = tracked.wanted()
            built, why = self.scratch.build(wanted)
            if error and built is not None:
                raise Failure('%s of %s fails, though everything can be built: %s\n%s' % ((what, target) + error))
            # what no edit reached was not built again
            if not error and built is None and not self.aged and not self.redefined:
                raise Failure('%s of %s succeeds, though plain SQL cannot build it: %s' % (what, target, why))
            if what == 'apply' and not error:
                if pointers != wanted:
                    raise Failure('after its apply %s has %r, should have %r' % (target, pointers, wanted))
                if drafts:
                    raise Failure('after its apply %s has drafts: %r' % (target, drafts))
                changes = self.sql('SELECT model, change, category, action, reason FROM vde_changes(%s)' % literal(target))
                if changes:
                    raise Failure('after its apply the plan of %s is not empty: %r' % (target, changes))
                tracked.drafts = {}
                tracked.drifted = False
                tracked.settled = built is not None
                self.move(tracked, state, wanted)
        elif what == 'promote' and error and error[0] == '40001':
            theirs = self.environments[step[1]].applied()
            if not any(theirs.get(m) != applied.get(m) and any(m in d for _, d in tracked.states.values()) for m in set(theirs) | set(applied)):
                raise Failure('a promote from %s finds a conflict, though %s never had what differs\n%s' % (step[1], target, error[1]))
        elif what == 'promote' and not error:
            theirs = self.environments[step[1]].applied()
            for model in theirs:
                if model not in pointers and not any(model in d for _, d in tracked.states.values()):
                    raise Failure('the promote from %s leaves out %s, which %s never had' % (step[1], model, target))
            for model in set(applied) | set(theirs) | set(pointers):
                if pointers.get(model) not in (applied.get(model), theirs.get(model)):
                    raise Failure('after the promote %s of %s is neither the one of %s nor its own' % (model, target, step[1]))
                if step[3] and model in theirs and model not in pointers and model in applied:
                    raise Failure('the promote removed %s, which %s has' % (model, step[1]))
            self.move(tracked, state, pointers)
        elif what == 'rollback':
            parent = tracked.states[tracked.state][0]
            if error:
                if parent is not None and parent not in tracked.lost:
                    raise Failure('rollback of %s fails, though its tables must be there: %s\n%s' % ((target,) + error))
            else:
                if state != parent:
                    raise Failure('rollback of %s goes to %s, should go to %s' % (target, state, parent))
                tracked.state = state
                tracked.drifted = tracked.drifted or self.redefined or self.aged
        elif what == 'run':
            if error and not tracked.drifted and self.scratch.build(applied)[0] is not None:
                raise Failure('run of %s fails: %s\n%s' % ((target,) + error))
            tracked.due = False
            tracked.settled = not error
        if self.aged and not error and what in ('apply', 'promote', 'rollback', 'create'):
            # a table that was away may be as old as the data were then
            for other in self.environments.values():
                other.due = True
        if drafts != tracked.drafts:
            raise Failure('%s changed the drafts of %s from %r to %r' % (what, target, tracked.drafts, drafts))

    @staticmethod
    def move(tracked, state, definitions):
        if state != tracked.state:
            tracked.states[state] = (tracked.state, dict(definitions))
            tracked.state = state
        elif definitions != tracked.applied():
            raise Failure('models moved without a deployment')

    def check(self, contents=True):
        """Compares everything that can be seen with plain SQL."""
        due = any(t.due for t in self.environments.values())
        for name in self.environments:
            tracked = self.environments[name]
            state, pointers, drafts = self.read(name)
            applied = tracked.applied()
            if state != tracked.state or pointers != applied or drafts != tracked.drafts:
                raise Failure('%s has changed: it has state %s %r, drafts %r; should have state %s %r, drafts %r' % (
                    name, state, pointers, drafts, tracked.state, applied, tracked.drafts))
            complete = self.sql('SELECT layer_complete FROM vde.environment WHERE name = %s' % literal(name))[0][0] == 't'
            if not complete or not contents:
                continue
            expected = sorted(m for m, d in applied.items() if d[1] != 'embedded')
            views = sorted(r[0] for r in self.sql("SELECT viewname FROM pg_views WHERE schemaname = '%s'" % layer(name)))
            if views != expected:
                raise Failure('%s shows views %r, should show %r' % (name, views, expected))
            if due or tracked.drifted or not tracked.settled:
                continue
            built, why = self.scratch.build(applied)
            if built is None:
                if self.aged or self.redefined:
                    tracked.settled = False
                    continue
                raise Failure('%s holds what plain SQL cannot build: %s' % (name, why))
            compare(self.sql, self.scratch, [('%s.%s' % (layer(name), m), built[m], for_vde(applied[m][0], applied[m][1])) for m in expected])
            if self.lineage:
                self.trace(name, applied)
        if not contents:
            return
        rows = self.sql('''SELECT coalesce(relname, relation_name) FROM (SELECT relname FROM pg_class WHERE relnamespace = 'vde_data'::regnamespace AND relkind IN ('r', 'v', 'm', 'p')) c
FULL JOIN (SELECT relation_name FROM vde.version WHERE built_at IS NOT NULL) v ON v.relation_name = c.relname WHERE relname IS NULL OR relation_name IS NULL''')
        if rows:
            raise Failure('vde_data and the catalog differ: %r' % rows)
        locks = self.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")
        if locks[0][0] != '0':
            raise Failure('locks are left')

    def trace(self, name, applied):
        for model, (template, kind, _) in sorted(applied.items()):
            if (model, template) in self.traced or template not in self.exact or '«' in template or 'raw.f' in template:
                continue
            self.traced.add((model, template))
            check_lineage(self.sql, name, model, template, self.exact[template])
            self.lineages += 1
