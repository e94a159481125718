"""Compares what readers saw with the list of deployments.

A deployment's state is what the environment's models were from its commit to the
next one's. An observation is right if

- there is one state that has every mark that was seen, never a mixture of two;
- that state began before the observation ended (the time of its commit, as the
  server notes it with track_commit_timestamp);
- it was not over before the observation began: nobody had seen a later one, and
  no deployer knew of one, before that.
"""

import bisect
import re


class History:
    """The states of one environment, in order."""

    def __init__(self):
        self.ids = []
        self.began = []
        self.states = []
        self.where = {}

    def add(self, deployment, began, state):
        self.ids.append(deployment)
        self.began.append(began)
        self.states.append(state)
        for item in state.items():
            self.where.setdefault(item, []).append(len(self.ids) - 1)

    def having(self, seen):
        """Positions of the states that have all these marks, in order."""
        lists = sorted((self.where.get(item, []) for item in seen.items()), key=len)
        return [n for n in lists[0] if all(self.states[n].get(m) == mark for m, mark in seen.items())]

    def nearest(self, seen):
        """For the message: states that have some of it."""
        return '; '.join('%s=%s in deployments %s' % (m, mark, [self.ids[n] for n in self.where.get((m, mark), [])][:12])
                         for m, mark in seen.items())


def mark_of(query):
    match = re.search(r'(\d+) AS mark', query or '')
    return int(match.group(1)) if match else None


def load(connection, environments):
    """{environment: History}, from the catalog."""
    histories = {}
    for environment in environments:
        rows = connection.simple(
            "SELECT d.id, extract(epoch FROM pg_xact_commit_timestamp(d.xmin)), m.model_name, f.query "
            "FROM vde.deployment d JOIN vde.environment e ON e.id = d.environment_id "
            "LEFT JOIN vde.deployment_change c ON c.deployment_id = d.id "
            "LEFT JOIN vde.model m ON m.id = c.model_id "
            "LEFT JOIN vde.snapshot s ON s.id = c.new_snapshot_id "
            "LEFT JOIN vde.definition f ON f.id = s.definition_id "
            "WHERE e.name = '%s' ORDER BY d.id" % environment)
        history, state, last = History(), {}, None
        for deployment, began, model, query in rows + [[None, None, None, None]]:
            if last is not None and deployment != last[0]:
                history.add(int(last[0]), float(last[1]), dict(state))
            if model is not None:
                if query is None:
                    state.pop(model, None)
                else:
                    state[model] = mark_of(query)
            last = (deployment, began)
        histories[environment] = history
    return histories


def check_pointers(connection, histories):
    """The last state is what the environment points at: nothing lost, nothing doubled."""
    wrong = []
    for environment, history in histories.items():
        rows = connection.simple("SELECT model, query FROM vde_models WHERE environment = '%s' ORDER BY 1" % environment)
        now = {model.split('.')[1]: mark_of(query) for model, query in rows}
        if now != history.states[-1]:
            wrong.append('%s has %s, and its deployments add up to %s' % (environment, now, history.states[-1]))
        if history.began != sorted(history.began):
            wrong.append('%s: deployments were not committed in the order of their numbers' % environment)
    return wrong


def check_observations(histories, observations, known, slack=0.0005):
    """A list of what is wrong. known: (environment, deployment, time), from deployers."""
    wrong = []
    for environment, history in histories.items():
        # events by time: 'something at least as late as position n was in force at that time'
        number = {d: n for n, d in enumerate(history.ids)}
        events = [(at, number[d]) for e, d, at in known if e == environment]
        mine = sorted((o for o in observations if o[0] == environment), key=lambda o: o[2])
        events.sort()
        times, floors, at_event, floor = [], [], 0, 0
        for _, start, end, seen, how in mine:
            while at_event < len(events) and events[at_event][0] <= end:
                floor = max(floor, events[at_event][1])
                times.append(events[at_event][0])
                floors.append(floor)
                at_event += 1
            n = bisect.bisect_left(times, start)
            low = floors[n - 1] if n else 0
            candidates = history.having(seen)
            what = '%s, %s, from %.6f to %.6f: %s' % (environment, how, start, end, seen)
            if not candidates:
                wrong.append('a mixture: %s (%s)' % (what, history.nearest(seen)))
                continue
            begun = [c for c in candidates if history.began[c] <= end + slack]
            if not begun:
                wrong.append('from the future: %s is deployment %d, committed at %.6f'
                             % (what, history.ids[candidates[0]], history.began[candidates[0]]))
                continue
            still = [c for c in begun if c >= low]
            if not still:
                wrong.append('over: %s is deployment %d, but deployment %d was in force before'
                             % (what, history.ids[begun[-1]], history.ids[low]))
                continue
            floor = max(floor, still[0])
            times.append(end)
            floors.append(floor)
    return wrong
