"""Makes tests/sets.csv: SHA-256 over the raw arrays of every unit-square set, and its first values.

    python3 -m venv /tmp/numpy && /tmp/numpy/bin/pip install numpy && /tmp/numpy/bin/python tests/sets_fixture.py > tests/sets.csv
"""

import hashlib

import numpy as np

print("set,sha256,first_x,first_y,last_x,last_y,first_demand,last_demand")
for n, seed, count in [(20, 1234, 10_000), (50, 1234, 10_000), (100, 1234, 10_000)] + [
    (n, 1235, 1_000) for n in (125, 150, 200)
]:
    np.random.seed(seed)
    points = np.random.uniform(size=(count, n, 2))
    print(f"tsp{n},{hashlib.sha256(points.tobytes()).hexdigest()}", *points[0, 0], *points[-1, -1], "", "", sep=",")

    np.random.seed(seed)
    depots = np.random.uniform(size=(count, 2))
    points = np.random.uniform(size=(count, n, 2))
    demands = np.random.randint(1, 10, size=(count, n))  # int64
    digest = hashlib.sha256(depots.tobytes() + points.tobytes() + demands.tobytes()).hexdigest()
    print(f"cvrp{n},{digest}", *points[0, 0], *points[-1, -1], demands[0, 0], demands[-1, -1], sep=",")
