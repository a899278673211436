#!/usr/bin/env python3
"""heuron and HGS-CVRP on the first instances of published sets of route plans, at equal CPU time.

    python3 benches/versus/sets.py [--sets cvrp100,cvrp125,cvrp150,cvrp200] [--count 40] [--limit 10]

One thread; both limits count CPU seconds, so that other work on the machine takes nothing from either. Prints per set the
mean costs, judged by the script, and the mean paired difference in % with its 95 % bootstrap interval; negative: heuron is
better. Runs are kept in out/runs.csv like those of versus.py, and none is done twice.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import fmean

import instances
import runs
from claims import interval
from instances import Instance
from runs import OURS, Log, Row, Task, build_of, run
from versus import OUT, prepare

SCALE = 1e7
"""Written files have the unit square blown up by this, and distances rounded after that."""
PEER = "hygese"


def main() -> None:
    """Every set in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--sets", default="cvrp100,cvrp125,cvrp150,cvrp200")
    add("--count", type=int, default=40, help="instances: the first ones of each set")
    add("--limit", type=float, default=10.0, help="CPU seconds per instance")
    add("--seed", type=int, default=1)
    add("--jobs", type=int, choices=[1, 2], default=1, help="instances at a time, each on a core of its own")
    add("--ours", default="build", metavar="build|PATH", help="build heuron, or take this binary")
    options = parser.parse_args()
    heuron, log = prepare(options), Log(OUT)
    print("| set | instances | CPU s each | heuron | HGS-CVRP | heuron against HGS-CVRP, % |\n| --- | --- | --- | --- | --- | --- |")
    for name in options.sets.split(","):
        files = generate(heuron, name, options.count)

        def compare(job: tuple[int, Path]) -> tuple[int, int]:
            at, path = job
            solvers = [OURS, PEER][:: 1 if at // options.jobs % 2 else -1]
            costs = {solver: measure(solver, path, heuron, options, at % options.jobs, log) for solver in solvers}
            return costs[OURS], costs[PEER]

        with ThreadPoolExecutor(options.jobs) as pool:
            pairs = list(pool.map(compare, enumerate(files)))
        ours, theirs = (fmean(costs) / SCALE for costs in zip(*pairs, strict=True))
        difference = interval([100.0 * (a / b - 1.0) for a, b in pairs])
        print(f"| {name} | {len(pairs)} | {options.limit:g} | {ours:.4f} | {theirs:.4f} | {difference} |", flush=True)


def generate(heuron: Path, name: str, count: int) -> list[Path]:
    """Files of the first instances of a set, in its order."""
    folder = OUT / "sets" / name
    folder.parent.mkdir(exist_ok=True)
    command = ["generate", "cvrp", "--set", name, "--count", str(count), "--output", f"{folder}/"]
    subprocess.run([heuron, *command], check=True)
    return sorted(folder.iterdir(), key=lambda path: int(path.stem.split("-")[1]))[:count]


def measure(solver: str, path: Path, heuron: Path, options: argparse.Namespace, core: int, log: Log) -> int:
    """Cost of a solver's answer, from the log where the run is there."""
    task = Task("cvrp", path.stem, solver, build_of(solver, heuron), options.limit, options.seed, 1)
    if task not in log.rows:
        instance = instances.read(path, "cvrp")
        row = run_ours(task, instance, heuron, core) if solver == OURS else run(task, instance, heuron, [core])[0]
        log.add(row, [])
    cost = log.rows[task].cost
    if cost is None:
        raise SystemExit(f"{solver} on {path.stem}: {log.rows[task].note}")
    return cost


def run_ours(task: Task, instance: Instance, heuron: Path, core: int) -> Row:
    """heuron with a limit in CPU seconds, as the peer's is."""
    with tempfile.TemporaryDirectory() as folder:
        solution, wall, cpu, _, note = runs.run_ours(task, instance, heuron, [core], Path(folder), clock="cpu")
    cost = None if solution is None else instances.evaluate(instance, solution)
    return Row(**vars(task), n=instance.n, cost=cost, gap_pct=None, wall_s=wall, cpu_s=cpu, note=note)


if __name__ == "__main__":
    main()
