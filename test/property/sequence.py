"""Random sequences of steps, and their shrinking to what still fails."""

import copy
import json
import random
import re
import time

import data
import queries
from data import Base
from oracle import parents, sort
from queries import Query, Source
from server import Failure, TooLong
from world import World, statement

ENVIRONMENTS = ['prod', 'dev', 'qa', 'x1']


class Seed:
    """The rows of a seed: a definition like a Query."""
    unread = True

    def __init__(self, rnd, columns=None, rows=None):
        self.sources = []
        self.kind = 'seed'
        self.columns = columns or [('k', 'int')] + [('s%d' % i, rnd.choices(data.TYPES, data.WEIGHTS)[0]) for i in range(1, rnd.randint(2, 4))]
        self.rows = [[rnd.choice(data.POOL[type]) for _, type in self.columns] for _ in range(rnd.randint(2, 9))] if rows is None else rows
        self.size = len(self.rows)
        field = lambda v: '' if v == 'NULL' else '"%s"' % (v[1:-1].replace("''", "'") if v[0] == "'" else v).replace('"', '""')
        self.text = '\n'.join([','.join(name for name, _ in self.columns)] + [','.join(field(v) for v in row) for row in self.rows]) + '\n'
        self.options = json.dumps({'columns': {name: {'type': type} for name, type in self.columns}})

    def again(self, rnd, **_):
        return self

    def edit(self, rnd):
        rows = [list(row) for row in self.rows]
        what = rnd.choice(['value', 'value', 'add', 'drop'])
        if what == 'add' or not rows:
            rows.append([rnd.choice(data.POOL[type]) for _, type in self.columns])
        elif what == 'drop':
            rows.pop(rnd.randrange(len(rows)))
        else:
            i = rnd.randrange(len(self.columns))
            rnd.choice(rows)[i] = rnd.choice(data.POOL[self.columns[i][1]])
        return Seed(rnd, self.columns, rows)


class Sequence:
    def __init__(self, seed, steps, verbose, bias=None, mode=None, fault=None, name='vde_property'):
        self.rnd = random.Random(seed)
        self.base = Base(self.rnd)
        self.statements = list(self.base.statements)
        self.length = steps
        self.verbose = verbose
        self.bias = bias or {}
        self.fault = fault
        self.name = name
        self.mode = mode or self.rnd.choices(['still', 'define', 'data'], [6, 2, 2])[0]
        self.steps = []
        self.queries = {}           # template: Query
        self.exact = {}             # templates whose lineage can be asked for: do they read every column that they make
        self.outcome = {}
        self.edits = {}
        self.waste = None

    def world(self):
        return World(self.statements, self.exact, self.fault, self.name)

    # definitions

    def tables(self):
        return [Source(name, columns, 15, only=name == 'raw.b1', weight=0.3 if name == 'raw.b3' else 2) for name, columns in self.base.tables.items()]

    def resolve(self, definitions):
        """What each model's columns are now, and which texts no longer fit: ({model: Source}, {model: Query})."""
        order, error = sort(definitions)
        sources, broken = {}, {}
        for model in order if not error else sorted(definitions):
            query = self.query(definitions[model])
            now = query
            if query.sources and not error:
                sizes = {s.key: s.size for s in query.sources}
                there = self.tables() + [Source(s.key, s.columns, sizes.get(s.key, s.size), weight=s.weight) for s in sources.values()]
                now = query.again(random.Random(1), sources=there)
                if now.text != query.text:
                    broken[model] = now
                    now = query
            sources[model] = Source('«%s»' % model, now.columns, now.size, weight=30 if 'reach' in self.bias else 6)
        return sources, broken

    def sources(self, definitions, model):
        """What a model may read: base tables, and the models that do not read it."""
        below = {model}
        changed = True
        while changed:
            changed = False
            for other, definition in definitions.items():
                if other not in below and below & set(parents(definition)):
                    below.add(other)
                    changed = True
        return self.tables() + [s for m, s in self.resolve({m: d for m, d in definitions.items() if m not in below})[0].items()]

    def query(self, definition):
        """The Query of a definition; two kinds may share a text."""
        query = self.queries[definition[0]]
        if query.kind != definition[1]:
            query = copy.copy(query)
            query.kind = definition[1]
        return query

    def definition(self, query):
        self.queries[query.text] = query
        # of a whole row PostgreSQL only notes the relation
        if query.kind != 'seed' and not query.whole:
            self.exact[query.text] = not query.unread
        return query.text, query.kind, getattr(query, 'options', '{}') if query.kind == 'seed' else '{}'

    def register(self, environment, model, query, what='register'):
        return (what, environment, model) + self.definition(query)

    def kind(self):
        # what has no table of its own, or stands on another's, hides faults
        if self.fault and self.rnd.random() < 0.8:
            return 'full'
        return self.rnd.choice(['full', 'full', 'full', 'view', 'materialized_view', 'embedded'])

    def new(self, definitions, model):
        if self.rnd.random() < (0.5 if 'seeds' in self.bias else 0.1):
            return Seed(self.rnd)
        return Query(self.rnd, self.sources(definitions, model), self.kind(), bias=self.bias)

    def changed(self, definitions, model):
        """An edit of a model: mostly the smallest of some kind."""
        r = self.rnd
        query = self.query(definitions[model])
        if query.kind == 'seed':
            return query.edit(r)
        sources = self.sources(definitions, model)
        if r.random() < 0.06:
            return Query(r, sources, query.kind, bias=self.bias)
        if r.random() < 0.06:
            return query.again(r, kind=self.kind())
        new = queries.edit(r, query, sources, self.bias)
        if new is not None:
            self.edits[new.edited] = self.edits.get(new.edited, 0) + 1
        return new

    # steps

    def first(self):
        definitions, result = {}, []
        for i in range(self.rnd.randint(4, 8)):
            step = self.register('dev', 'm%d' % i, self.new(definitions, 'm%d' % i))
            definitions['m%d' % i] = step[3:]
            result.append(step)
        return result + [('apply', 'dev')] + ([] if self.fault else [('promote', 'dev', 'prod', False)])

    def effect(self, world, wanted, model, query):
        """The models whose contents an edit changes; None if it cannot be built."""
        before, _ = world.scratch.build(wanted)
        after, _ = world.scratch.build({**wanted, model: self.definition(query)})
        if before is None or after is None:
            return None
        world.scratch.describe([b for built in (before, after) for b in built.values()])
        return {m for m in after if m in before and (before[m].shape, before[m].digest) != (after[m].shape, after[m].digest)}

    def fitting(self, wanted):
        """The models that have what the weights are about."""
        about = {key[5:] for key in self.bias if key.startswith('edit ')}
        read = {p for d in wanted.values() if d[1] == 'full' for p in parents(d)}
        found = []
        for model in sorted(wanted):
            query = self.query(wanted[model])
            labels = query.labels(self.bias.get('within', '')) if wanted[model][1] != 'seed' else {}
            if 'side' in about and wanted[model][1] != 'seed' and query.sides():
                labels['side'] = []
            if about & set(labels) and ('reach' not in self.bias or model in read):
                found.append(model)
        return found

    def effective(self, world, wanted, model):
        """An edit that changes something, if there is one soon: to find a fault takes one."""
        query = None
        for _ in range(6):
            query = self.changed(wanted, model)
            if query is None:
                continue
            found = self.effect(world, wanted, model, query)
            if found and (found - {model} if 'reach' in self.bias else found):
                break
        return query

    def edit(self, environment, wanted, world):
        r = self.rnd
        result = []
        for _ in range(r.choice([1, 1, 2, 3])):
            if wanted and r.random() < 0.88:
                models = self.fitting(wanted) if self.fault and r.random() < 0.85 else []
                model = r.choice(models or sorted(wanted))
                query = self.effective(world, wanted, model) if self.fault else self.changed(wanted, model)
                if query is None:
                    continue
            else:
                model = 'm%d' % r.randint(0, 9)
                query = self.new({m: d for m, d in wanted.items() if m != model}, model)
            step = self.register(environment, model, query)
            wanted[model] = step[3:]
            result.append(step)
        # readers of what has gone follow, mostly
        for _ in range(3):
            broken = self.resolve(wanted)[1]
            if not broken or r.random() < 0.1:
                break
            for model, query in broken.items():
                step = self.register(environment, model, query)
                wanted[model] = step[3:]
                result.append(step)
        return result + ([('apply', environment)] if r.random() < (1 if self.fault else 0.65) else [])

    def cosmetic(self, environment, tracked):
        """Other words for what is applied."""
        r = self.rnd
        result = []
        applied = tracked.applied()
        models = sorted(m for m in applied if applied[m][1] != 'seed')
        for model in r.sample(models, min(len(models), r.choice([1, 1, 3]))):
            query = self.query(applied[model])
            # * is the same list as long as nothing that it stands for has changed
            columns = {s.key: s.columns for s in self.tables() + list(self.resolve(applied)[0].values())}
            same = all(columns.get(s.key) == s.columns for s in query.sources if s.key in query.reads)
            new = query.again(r, style=r.randrange(10 ** 9), star=r.randrange(3) if same else None)
            # a CTE that nobody reads and that comes back may read what reads this model by now
            if new.values == query.values and set(parents((new.text, new.kind))) <= set(parents(applied[model])):
                result.append(self.register(environment, model, new, 'cosmetic') + (applied[model][0], new.loose != query.loose))
        return result + [('apply', environment)] if result else []

    def settle(self, world):
        """After what made tables old: applies and runs, until all is as it should be."""
        result = []
        names = sorted(world.environments, key=lambda n: (n != 'prod', n))
        for name in names:
            tracked = world.environments[name]
            if tracked.drifted:
                if tracked.drafts:
                    result.append(('discard', name))
                result.append(('apply', name))
        if any(t.due for t in world.environments.values()):
            result += [('run', name) for name in names]
        return result

    def next(self, world, last):
        """The next steps, chosen by what there is."""
        r = self.rnd
        names = sorted(world.environments)
        if len(self.steps) == 0 or not names:
            return self.first()
        if last and last[0][0] == 'apply' and last[1]:
            # stuck: out of it, mostly
            if r.random() < 0.7:
                return [('discard', last[0][1])]
        if last and last[0][0] in ('world', 'apply', 'promote', 'rollback', 'create') and not last[1]:
            steps = self.settle(world)
            if steps:
                return steps
        environment = r.choice([n for n in names if n != 'prod'] * 3 + names)
        tracked = world.environments[environment]
        wanted = tracked.wanted()
        kinds = {'edit': 42, 'cosmetic': 8, 'apply': 16, 'promote': 13, 'rollback': 7, 'gc': 4, 'drop': 2, 'create': 5, 'run': 4, 'discard': 2, 'unregister': 2, 'abort': 2,
                 'revert': 4, 'world': 0 if self.mode == 'still' else 9}
        what = r.choices(list(kinds), [w * self.bias.get('step ' + k, 1) for k, w in kinds.items()])[0]
        if what == 'edit':
            return self.edit(environment, wanted, world)
        if what == 'cosmetic':
            return self.cosmetic(environment, tracked) if not tracked.drafts and not tracked.drifted else []
        if what == 'world':
            kind = 'data' if self.mode == 'data' and r.random() < 0.7 else 'define'
            return [('world', self.base.change(kind), kind)]
        if what == 'revert' and tracked.states:
            # an earlier definition, from whatever environment
            other = world.environments[r.choice(names)]
            old = r.choice(list(other.states.values()))[1]
            if not old:
                return []
            model = r.choice(sorted(old))
            return [('register', environment, model) + old[model]]
        if what == 'promote':
            target = r.choice(['prod'] * 3 + names)
            return [('promote', environment, target, r.random() < 0.3)] if target != environment else []
        if what == 'unregister':
            return [('unregister', environment, r.choice(sorted(wanted)))] if wanted else []
        if what == 'create':
            missing = [n for n in ENVIRONMENTS if n not in names]
            return [('create', r.choice(missing), r.choice(names))] if missing else []
        if what == 'drop':
            return [('drop', environment)] if environment != 'prod' else []
        if what == 'gc':
            return [('gc',)]
        if what == 'apply' and not tracked.drafts and r.random() < 0.8:
            return []
        return [(what, environment)] if what != 'revert' else []

    def run(self, end=None):
        """Generates and runs; None, or the Failure."""
        world = self.world()
        last = None
        try:
            while len(self.steps) < self.length and (end is None or time.time() < end):
                for step in self.next(world, last):
                    if not world.possible(step):
                        continue
                    self.steps.append(step)
                    error = world.take(step)
                    last = (step, error)
                    key = step[0] + (' refused' if error else '')
                    self.outcome[key] = self.outcome.get(key, 0) + 1
                    if self.verbose:
                        print('# %s %s' % (' '.join(str(s) for s in step[:3]), error[0] + error[1].split('\n')[0] if error else ''), flush=True)
        except TooLong as statement:
            return self.too_long(world, statement)
        except Failure as failure:
            return failure
        finally:
            self.waste = world.waste
            self.lineages = world.lineages
            world.close()
        return None

    # shrinking

    def replay(self, steps):
        world = self.world()
        try:
            for step in steps:
                if world.possible(step):
                    world.take(step)
        except TooLong as statement:
            return self.too_long(world, statement)
        except Failure as failure:
            return failure
        finally:
            world.close()
        return None

    def too_long(self, world, statement):
        """A Failure, or None when what was generated is to blame: then the sequence ends here."""
        if not world.is_heavy():
            return Failure('a statement takes too long, and plain SQL does not: %s' % statement)
        self.outcome['given up'] = self.outcome.get('given up', 0) + 1
        return None

    def shrink(self, failure, seconds):
        """Leaves out steps, then simplifies queries, as long as the same kind of failure remains."""
        kind = lambda f: re.sub(r'[0-9a-f]{8,}|\d+|m__\w+|\b(dev|prod|qa|x1)\b', '', str(f).split('\n')[0])[:40]
        steps, end = list(self.steps), time.time() + seconds
        again = self.replay(steps)
        if not again or kind(again) != kind(failure):
            return steps, failure, False
        wanted = kind(failure)
        while time.time() < end:
            before = len(steps), sum(len(str(s)) for s in steps)
            steps, failure = self.fewer(steps, failure, lambda f: f and kind(f) == wanted, end)
            steps, failure = self.simpler(steps, failure, lambda f: f and kind(f) == wanted, end)
            if before == (len(steps), sum(len(str(s)) for s in steps)):
                break
        return steps, failure, True

    def fewer(self, steps, failure, same, end):
        size = max(1, len(steps) // 2)
        while time.time() < end:
            i, smaller = 0, False
            while i < len(steps) and time.time() < end:
                candidate = steps[:i] + steps[i + size:]
                found = self.replay(candidate)
                if same(found):
                    steps, failure, smaller = candidate, found, True
                else:
                    i += size
            if size == 1 and not smaller:
                break
            size = max(1, size // 2)
        return steps, failure

    def simpler(self, steps, failure, same, end):
        """The same change in every definition that has the choice, so that an edit remains the edit that it was."""
        models = sorted({s[2] for s in steps if s[0] in ('register', 'cosmetic') and s[4] != 'seed'})
        for model in models:
            size = 1000
            while size >= 1 and time.time() < end:
                used = {s[3] for s in steps if s[0] in ('register', 'cosmetic') and s[2] == model and s[4] != 'seed'}
                mine = [self.queries[t] for t in used]
                common = [p for p in mine[0].options if len(mine[0].options[p]) > 1 and mine[0].values[p] != mine[0].options[p][0]
                          and all(q.values.get(p) == mine[0].values[p] for q in mine)]
                size = min(size, max(len(common), 1))
                for i in range(0, len(common), size):
                    if time.time() > end:
                        break
                    new = {}
                    try:
                        for text in used:
                            query = self.queries[text]
                            values = dict(query.values)
                            values.update((p, query.options[p][0]) for p in common[i:i + size] if p in query.options)
                            new[text] = query.again(random.Random(0), values=values, style=2)
                    except (AssertionError, IndexError, KeyError):
                        continue
                    if sum(len(q.text) for q in new.values()) >= sum(len(t) for t in new):
                        continue
                    replaced = {text: self.definition(query)[0] for text, query in new.items()}
                    candidate = [s[:3] + (replaced[s[3]],) + s[4:6] + tuple(replaced.get(t, t) for t in s[6:]) if s[0] in ('register', 'cosmetic') and s[2] == model and s[3] in new else s for s in steps]
                    found = self.replay(candidate)
                    if same(found):
                        steps, failure = candidate, found
                        used = {q.text for q in new.values()}
                        break
                else:
                    size //= 2
        return steps, failure

    def script(self, steps):
        lines = ['CREATE EXTENSION vde;', 'CREATE SCHEMA raw;', 'SET vde.retention = 0;']
        if self.fault:
            lines.append('SET vde.fault = %s;' % self.fault)
        used = ' '.join(str(s) for s in steps)
        for text in self.statements:
            name = re.search(r'raw\.\w+', text).group(0)
            if name in used or name in ('raw.b0', 'raw.b1') and 'raw.f2' in used or name == 'raw.b1_child' and 'raw.b1' in used:
                lines.append(text + ';')
        return '\n'.join(lines + [statement(s) + ';' for s in steps])
