"""Makes tests/bandits/: the published bandits of some seeds (Xu et al., 2025), J = 20 arms, B = 5 workers.

    python3 -m venv /tmp/numpy && /tmp/numpy/bin/pip install numpy
    /tmp/numpy/bin/python tests/bandits_fixture.py london_connections.csv

The published code draws from numpy's global generator in this order: bad arms (unused), probabilities of going up
without and with an action, rewards, then what couples the arms.

Paths: the published graphs are parts of the London Underground that are stored in Python's own format only. Here they
are the stations around Leicester Square in the order of a breadth-first search, of the same map as a table (N. Greco,
tubemaps, from Wikimedia Commons): as many stations, not the same ones. The arms are the published ones.
"""

import csv
import json
import math
import sys
from pathlib import Path

import numpy as np

ARMS, BUDGET, HORIZON, SLOTS = 20, 5, 20, 5
ACTIONS, WEIGHT = 10, 3
LEICESTER_SQUARE = 151


def arms(arms=ARMS, budget=BUDGET):
    np.random.choice(arms, budget, replace=False)
    passive = np.random.rand(arms) * 0.2
    active = np.random.rand(arms) * 0.2 + 0.7
    good = np.random.choice([4, 5, 6], budget)
    bad = np.random.choice([1, 2, 3], arms - budget)
    rewards = [[0.2, 0.15, 0.1, int(r)] for r in good] + [[0.1, 0.15, 0.2, int(r)] for r in bad]
    return [{"reward": r, "up": [round(float(p), 6), round(float(q), 6)]} for r, p, q in zip(rewards, passive, active)]


def capacity():
    costs = np.random.choice(np.arange(2, 7), ARMS, replace=True)
    workers = np.random.choice(np.arange(2, 8), BUDGET, replace=True)
    return {"kind": "capacity", "costs": costs.tolist(), "workers": workers.tolist()}


def schedule():
    late = np.sort(np.random.rand(SLOTS))
    early = np.sort(np.random.rand(SLOTS))[::-1]
    late, early = late / np.sum(late), early / np.sum(early)
    slots = np.arange(SLOTS)
    of_arms = [np.random.choice(slots, 2, p=late, replace=False).tolist() for _ in range(ARMS)]
    of_workers = [np.random.choice(slots, 3, p=early, replace=False).tolist() for _ in range(BUDGET)]
    return {"kind": "schedule", "slots": SLOTS, "budget": BUDGET, "arms": of_arms, "workers": of_workers}


def interventions():
    """Arms that go up by a sigmoid of their actions, and the rule."""
    np.random.choice([0, 1], size=(ARMS,), p=[0.5, 0.5])
    own = arms()
    good_arms = list(range(math.ceil(ARMS * (BUDGET / ACTIONS)), ARMS))
    good_actions = [int(a) for a in np.random.choice(ACTIONS, BUDGET, replace=False)]
    bad_arms = [j for j in range(ARMS) if j not in good_arms]
    bad_actions = [i for i in range(ACTIONS) if i not in good_actions]
    sigmoids = {}
    for j in good_arms:
        height, slope = (np.random.rand(1) * 0.3 + 0.7).round(1), (np.random.rand(1) * 0.5 + 1.4).round(1)
        sigmoids[j] = (float(height[0]), float(slope[0]), int(np.random.randint(9, 11)))
    for j in bad_arms:
        height = (np.random.rand(1) * 0.3 + 0.2).round(1)
        sigmoids[j] = (float(height[0]), 1.0, int(np.random.randint(1, 3)))
    reached = [set() for _ in range(ARMS)]
    for actions, group in [(good_actions, good_arms), (bad_actions, bad_arms)]:
        full = len(actions) - len(actions) % 3
        # Three actions share three arms; of what is left over every action has three of its own.
        shares = [actions[at : at + 3] for at in range(0, full, 3)] + [[action] for action in actions[full:]]
        for share in shares:
            fresh = [j for j in group if not reached[j]]
            for j in np.random.choice(fresh, 3, replace=False):
                reached[j].update(share)

    def up(j, count):
        height, slope, middle = sigmoids[j]
        rise = height / (1 + math.exp(middle - slope * WEIGHT * count)) - height / (1 + math.exp(middle))
        return round(0.98 * rise + 0.01, 6)

    for j, arm in enumerate(own):
        arm["actions"] = sorted(reached[j])
        arm["up"] = [up(j, count) for count in range(len(reached[j]) + 1)]
    return {"actions": ACTIONS, "arms": own, "constraint": {"kind": "interventions", "count": BUDGET}}


def around_leicester_square(table, stations):
    """Pairs of neighbours among the first stations of a breadth-first search."""
    with open(table, newline="") as file:
        pairs = [(int(row["station1"]), int(row["station2"])) for row in csv.DictReader(file)]
    order = [LEICESTER_SQUARE]
    for station in order:
        for a, b in pairs:
            if station in (a, b):
                order += [other for other in (a, b) if other not in order]
    place = {station: index for index, station in enumerate(order[:stations])}
    edges = {tuple(sorted((place[a], place[b]))) for a, b in pairs if a in place and b in place}
    return [list(edge) for edge in sorted(edges)]


def write(name, instance):
    head = {"problem": "bandit", "name": name, "horizon": HORIZON, "start": 0.2}
    (folder / f"{name}.json").write_text(json.dumps(head | instance) + "\n")


folder = Path(__file__).parent / "bandits"
folder.mkdir(exist_ok=True)
for draw in (capacity, schedule):
    for seed in (20, 21, 22):
        np.random.seed(seed)
        write(f"{draw.__name__}-{seed}", {"arms": arms(), "constraint": draw()})
for seed in (20, 21, 22):
    np.random.seed(seed)
    write(f"interventions-{seed}", interventions())
for stations, budget in ((20, 5), (40, 10)):
    np.random.seed(20)
    walk = {"depot": 0, "budget": budget, "length": 2 * budget, "edges": around_leicester_square(sys.argv[1], stations)}
    write(f"tube-{stations}", {"arms": arms(stations, budget), "constraint": {"kind": "path"} | walk})
