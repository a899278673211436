"""Makes tests/bandits/: the published bandits of some seeds (Xu et al., 2025), J = 20 arms, B = 5 workers.

    python3 -m venv /tmp/numpy && /tmp/numpy/bin/pip install numpy && /tmp/numpy/bin/python tests/bandits_fixture.py

The published code draws from numpy's global generator in this order: bad arms (unused), probabilities of going up without
and with an action, rewards, then what couples the arms.
"""

import json
from pathlib import Path

import numpy as np

ARMS, BUDGET, HORIZON, SLOTS = 20, 5, 20, 5


def arms():
    np.random.choice(ARMS, BUDGET, replace=False)
    passive = np.random.rand(ARMS) * 0.2
    active = np.random.rand(ARMS) * 0.2 + 0.7
    good = np.random.choice([4, 5, 6], BUDGET)
    bad = np.random.choice([1, 2, 3], ARMS - BUDGET)
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


folder = Path(__file__).parent / "bandits"
folder.mkdir(exist_ok=True)
for draw in (capacity, schedule):
    for seed in (20, 21, 22):
        np.random.seed(seed)
        name = f"{draw.__name__}-{seed}"
        instance = {"problem": "bandit", "name": name, "horizon": HORIZON, "start": 0.2, "arms": arms()}
        instance["constraint"] = draw()
        (folder / f"{name}.json").write_text(json.dumps(instance) + "\n")
