#!/usr/bin/env python3
"""Asymmetric tours: heuron beside LKH 3, the only peer that takes them, on generated instances of four kinds.

    python3 benches/versus/asymmetric.py [--sizes 100,316,1000] [--limits 1,5] [--seeds 1,2,3]

No asymmetric files are among the public ones at hand. The kinds are those of J. Cirasella, D. S. Johnson, L. A. McGeoch and
W. Zhang, "The asymmetric traveling salesman problem: algorithms, instance generators, and tests" (ALENEX 2001): random
matrices (amat), no-wait flow shops (shop), stacker cranes (crane), and road-like ones of our own (road: Euclidean, each arc up
to 20 % longer, climbs dearer than descents). Gaps are to the best cost of all runs.
Both run on the same core, in turn; LKH starts its clock after its preprocessing, so that its own time stands beside it.
"""

from __future__ import annotations

import argparse
import math
import os
import random
from collections.abc import Callable
from itertools import accumulate
from operator import sub
from pathlib import Path
from statistics import fmean

import environment
import heuron
import instances
from environment import OUT
from runs import Log, Row, Task, build_of, run

LARGEST = 1_000_000
"""Length of the side of the square, and largest weight of a random matrix."""
MACHINES = 50
SOLVERS = (heuron.NAME, "lkh")
Weight = Callable[[int, int], int]


def main() -> None:
    """Instances, runs, and a table per limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--sizes", default="100,316,1000", metavar="N,N...", help="cities, with commas [default: %(default)s]")
    add("--limits", default="1,5", metavar="S,S...", help="seconds, with commas [default: %(default)s]")
    add("--seeds", default="1,2,3", metavar="K,K...", help="of instances and solvers, with commas [default: %(default)s]")
    heuron.add_flag(parser)
    options = parser.parse_args()
    environment.install("peers")
    binary = heuron.program(options.heuron)
    log = Log(OUT)
    core = sorted(os.sched_getaffinity(0))[-1]
    for limit in map(float, options.limits.split(",")):
        rows = []
        for n in map(int, options.sizes.split(",")):
            for kind in KINDS:
                for seed in map(int, options.seeds.split(",")):
                    instance = instances.read(generate(kind, n, seed), "tsp")
                    for solver in SOLVERS[:: 1 if seed % 2 else -1]:
                        task = Task("tsp", instance.name, solver, build_of(solver, binary), limit, seed, 1)
                        if task not in log.rows:
                            log.add(*run(task, instance, binary, [core]))
                        rows.append(log.rows[task])
        print(table(limit, rows, log), flush=True)


def generate(kind: str, n: int, seed: int) -> Path:
    """The file of an instance, written once."""
    path = OUT / "asymmetric" / f"{kind}{n}-s{seed}.atsp"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        weights = "\n".join(" ".join(map(str, row)) for row in matrix(kind, n, seed))
        header = f"NAME : {path.stem}\nTYPE : ATSP\nDIMENSION : {n}\nEDGE_WEIGHT_TYPE : EXPLICIT\n"
        path.write_text(f"{header}EDGE_WEIGHT_FORMAT : FULL_MATRIX\nEDGE_WEIGHT_SECTION\n{weights}\nEOF\n")
    return path


def matrix(kind: str, n: int, seed: int) -> list[list[int]]:
    """Weights [n][n], 0 on the diagonal."""
    weight = KINDS[kind](n, random.Random(f"{kind} {n} {seed}"))
    return [[0 if i == j else weight(i, j) for j in range(n)] for i in range(n)]


def amat(_: int, rng: random.Random) -> Weight:
    """Random weights."""
    return lambda i, j: rng.randrange(LARGEST)


def shop(n: int, rng: random.Random) -> Weight:
    """How long after the start of job i job j can start so that it never waits for a machine."""
    ends = [[0, *accumulate(rng.randrange(1001) for _ in range(MACHINES))] for _ in range(n)]
    return lambda i, j: max(map(sub, ends[i][1:], ends[j]))


def crane(n: int, rng: random.Random) -> Weight:
    """From where a crane drops load i to where it picks up load j."""
    sources = points(n, rng)
    reach = LARGEST / n**0.5
    targets = [(x + rng.uniform(-reach, reach), y + rng.uniform(-reach, reach)) for x, y in sources]
    return lambda i, j: round(math.dist(targets[i], sources[j]))


def road(n: int, rng: random.Random) -> Weight:
    """Euclidean distances with detours, and what lies higher is farther."""
    places = points(n, rng)
    height = [rng.uniform(0, LARGEST / 10) for _ in range(n)]
    return lambda i, j: round(math.dist(places[i], places[j]) * rng.uniform(1, 1.2) + max(0.0, height[j] - height[i]))


def points(n: int, rng: random.Random) -> list[tuple[float, float]]:
    """In the square."""
    return [(rng.uniform(0, LARGEST), rng.uniform(0, LARGEST)) for _ in range(n)]


KINDS = {"amat": amat, "shop": shop, "crane": crane, "road": road}


def table(limit: float, rows: list[Row], log: Log) -> str:
    """Mean gap and wall time of every kind, size and solver."""
    best = {}
    for row in log.rows.values():
        if row.cost is not None:
            best[row.instance] = min(row.cost, best.get(row.instance, row.cost))
    lines = [f"### asymmetric tours, {limit:g} s, mean gap to the best of all runs in %", ""]
    lines += ["| kind | n | heuron | s | LKH 3 | s |", "| --- | --- | --- | --- | --- | --- |"]
    for group in dict.fromkeys(row.instance.split("-")[0] for row in rows):
        cells = []
        for solver in SOLVERS:
            runs = [row for row in rows if row.solver == solver and row.instance.split("-")[0] == group]
            gaps = [100 * (row.cost / best[row.instance] - 1) for row in runs if row.cost is not None]
            mean = f"{fmean(gaps):.3f}" if len(gaps) == len(runs) else f"none in {len(runs) - len(gaps)} of {len(runs)}"
            cells += [mean, f"{fmean(row.wall_s for row in runs):.1f}"]
        kind = group.rstrip("0123456789")
        lines.append(f"| {' | '.join([kind, group.removeprefix(kind), *cells])} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
