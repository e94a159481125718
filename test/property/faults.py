"""The test of the test: deliberate faults in the hashing, each of which must be found.

src/fault.h says how a fault is switched on; its name is what stands there.  For each
the same generator runs, with more weight on the forms and edits that the fault is
about: 'label=option' in drawing (see choices.py), 'edit label' in editing, 'step kind'
in the choice of steps; 'reach' asks for edits that readers see,
'within' for edits in that part of a query, 'seeds' for seeds.
"""

import multiprocessing
import time

from sequence import Sequence
from server import Psql
from world import World

# of every fault: little but edits and applies
STEPS = {'step cosmetic': 0, 'step promote': 0, 'step rollback': 0.1, 'step gc': 0, 'step drop': 0, 'step create': 0, 'step run': 0, 'step discard': 0.3,
         'step unregister': 0, 'step abort': 0, 'step revert': 0.5, 'step apply': 0.3}


def edits(*labels, **more):
    """Weights for edits of these labels, most of all."""
    bias = {'edit ' + name: 60 for name in labels}
    bias.update((name.replace('_', ' '), weight) for name, weight in more.items())
    return bias


GROUP = {'shape=group': 8}
WINDOW = {'shape=window': 12}
JOINS = {'joins=1': 4, 'joins=2': 4}
SET = {'body=set': 12}
READERS = {'reach': 1, 'ctes=0': 5, 'item=table': 5, 'joins=0': 2}

FAULTS = {
    'where': {**edits('where?', 'constant', 'compare', 'predicate'), 'where?=True': 4},
    'having': {**GROUP, **edits('having?', 'having', 'having value'), 'having?=True': 4},
    'group by': {**GROUP, **edits('keys', 'key', 'key form')},
    'grouping sets': {**GROUP, **edits('grouping', 'empty set', 'mixed', 'set again'), 'grouping=list': 0.1, 'grouping=SETS': 3, 'keys=2': 4},
    'distinct': {**edits('shape'), 'shape=distinct': 8, 'shape=plain': 4, 'name=k': 1},
    'distinct on order': {**edits('on order', 'on'), 'shape=distinct on': 30},
    'limit': {**edits('count', 'limit?', 'limit'), 'limit?=LIMIT': 20, 'limit?=': 1},
    'limit order': {**edits('order'), 'limit?=LIMIT': 20, 'limit?=both': 10, 'limit?=': 1},
    'offset': {**edits('offset', 'limit?'), 'limit?=OFFSET': 20, 'limit?=both': 10, 'limit?=': 1},
    'with ties': {**edits('tied'), 'columns=1': 20, 'type=int': 2, 'expression=column': 4, 'ties=False': 4, 'tied=WITH TIES': 2, 'limit?=TIES': 60, 'limit?=': 1},
    'set-returning': {**edits('output', 'to', 'unnest'), 'shape=srf': 60, 'type=int': 4},
    'join type': {**JOINS, **edits('join', 'natural', 'using join', 'lateral join')},
    'join condition': {**JOINS, **edits('on', 'left', 'right column', 'more on', 'join type'), 'join=INNER': 3, 'join=LEFT': 3, 'more on=True': 2},
    'set operation': {**SET, **edits('set operation', 'set operation 1')},
    'set operation all': {**SET, **edits('set operation', 'set operation 1'), 'set operation=EXCEPT ALL': 6, 'set operation=EXCEPT': 6, 'set operation=INTERSECT': 10,
                          'set operation=INTERSECT ALL': 6, 'set columns=1': 20},
    'union column': {**SET, 'within': '/arm1/', 'set operation=UNION ALL': 20, **edits('expression', 'constant', 'column', 'own')},
    'aggregate filter': {**GROUP, **edits('filter?', 'compare', 'constant'), 'filter?=True': 3},
    'aggregate order': {**GROUP, **edits('agg direction', 'agg nulls', 'agg by', 'within'), 'type=text': 6, 'type=int[]': 8, 'aggregate=string_agg': 4},
    'aggregate distinct': {**GROUP, **edits('agg distinct', 'agg distinct?'), 'aggregate=sum': 4, 'aggregate=count': 4, 'type=int': 3, 'aggregate=array_agg': 4, 'type=int[]': 3},
    'direct argument': {**GROUP, **edits('fraction', 'constant'), 'aggregate=percentile': 10, 'aggregate=rank': 20, 'type=int': 4},
    'sort direction': {**edits('on order', 'order', 'window direction', 'agg direction', 'first', 'array order', 'within'), 'limit?=LIMIT': 10, 'shape=distinct on': 6, **WINDOW},
    'window frame': {**WINDOW, **edits('frame'), 'output=window': 4},
    'window partition': {**WINDOW, **edits('partition'), 'output=window': 4, 'partition?=True': 4},
    'window order': {**WINDOW, **edits('window by', 'window direction'), 'output=window': 4},
    'window filter': {**WINDOW, **edits('filter?', 'compare'), 'output=window': 4, 'filter?=True': 4, 'window=count': 3, 'window=sum': 3, 'type=int': 3},
    'sublink': {**edits('correlated', 'inner where', 'value', 'source', 'aggregate', 'inner column', 'correlation', 'exists of'), 'expression=subquery': 12, 'predicate=exists': 6, 'predicate=in query': 6},
    'subquery rows': {'within': '/query/', **edits('where?', 'compare', 'constant', 'join', 'shape'), 'item=subquery': 12, 'ctes=1': 6},
    'subquery column': {'within': '/query/', **edits('expression', 'constant', 'column', 'aggregate'), 'item=subquery': 12, 'ctes=1': 6},
    'recursive': {'within': '/with/', **edits('bound', 'step', 'recursive union', 'modulo', 'value', 'n'), 'ctes=1': 20, 'cte=recursive': 10, 'cte=cycle': 10},
    'column position': {**JOINS, **edits('side'), 'again=True': 20},
    'parent rows': {**READERS, **edits('where?', 'compare', 'constant', 'join', 'limit?')},
    'parent column': {**READERS, **edits('expression', 'constant', 'column', 'aggregate', 'own')},
    'whole row': {**READERS, **edits('expression', 'constant', 'column', 'own'), 'where?=False': 3, 'own=row': 12, 'own=row as json': 12, 'expression=own': 6, 'aggregate=count rows': 6, 'type=text': 8},
    'only': {**edits('only'), 'source=raw.b1': 12, 'only=True': 2},
    'function in from': {**edits('n', 'm', 'function', 'array of', 'constant', 'function of'), 'item=function': 12, 'join=lateral function': 6},
    'values': {**edits('constant'), 'item=values': 20},
    'constant': {**edits('constant')},
    'operator': {**edits('compare', 'own', 'on', 'correlation')},
    'case default': {'within': '/else/', **edits('expression', 'constant', 'column'), 'expression=case': 12, 'expression=simple case': 8},
    'function definition': {'step world': 8, 'own=f0': 12, 'own=f1': 12, 'own=f2': 12, 'function=f3': 6, 'item=function': 6, 'expression=own': 3},
    'seed': {'seeds': True},
    'column name': {**edits('name', 'set name 1', 'set name 2')},
}

STEPS_EACH = 600                    # within which a fault must be found
PATIENCE = 120                      # seconds, for a machine that is busy with something else


def find(job):
    """Looks for one fault: (its name, found, report)."""
    fault, seed, steps = job
    bias = dict(STEPS)
    bias.update(FAULTS[fault])
    started, taken, number = time.time(), 0, 0
    while taken < STEPS_EACH and time.time() < started + PATIENCE:
        this = seed + number
        number += 1
        sequence = Sequence(this, steps, False, bias, 'define' if fault == 'function definition' else 'still', fault, WORKER)
        failure = sequence.run(started + PATIENCE)
        taken += len(sequence.steps)
        if failure is not None:
            return fault, True, 'found in %d steps, %.1f s, with seed %d: %s' % (taken, time.time() - started, this, str(failure).split('\n')[0][:110])
    return fault, False, 'not found in %d steps, %.1f s, from seed %d on' % (taken, time.time() - started, seed)


def start(names):
    global WORKER
    WORKER = names.get()


def available():
    """Has the server's vde faults at all?"""
    sql = Psql('postgres')
    try:
        sql("LOAD 'vde'")
        return sql("SELECT current_setting('vde.fault', true) IS NOT NULL")[0][0] == 't'
    finally:
        sql.close()


def run_faults(names, seed, jobs, steps):
    """Each fault is a test; the exit status."""
    for name in names:
        if name not in FAULTS:
            print('Bail out! there is no fault "%s"; there are: %s' % (name, ', '.join(FAULTS)))
            return 1
    names = names or list(FAULTS)
    if not available():
        print('Bail out! the vde of this server has no faults: build it with COPT=-DUSE_ASSERT_CHECKING')
        return 1
    queue = multiprocessing.Queue()
    for i in range(jobs):
        World.prepare('vde_property_%d' % (i + 1))
        queue.put('vde_property_%d' % (i + 1))
    failed, number = 0, 0
    with multiprocessing.Pool(jobs, start, (queue,)) as pool:
        for fault, found, report in pool.imap_unordered(find, [(name, seed, steps) for name in names]):
            number += 1
            failed += not found
            print('%sok %d - fault "%s": %s' % ('' if found else 'not ', number, fault, report), flush=True)
    print('1..%d' % number)
    return 1 if failed else 0
