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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import fmean

import environment
import heuron
import instances
import stats
from environment import OUT
from runs import Log, Task, build_of, run

SCALE = 1e7
"""Written files have the unit square blown up by this, and distances rounded after that."""
PEER = "hygese"


def main() -> None:
    """Every set in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    sets = "cvrp100,cvrp125,cvrp150,cvrp200"
    add("--sets", default=sets, metavar="NAME,NAME...", help="of `heuron sets`, with commas [default: %(default)s]")
    add("--count", type=int, default=40, help="instances: the first ones of each set [default: %(default)s]")
    add("--limit", type=float, default=10.0, help="CPU seconds per instance [default: %(default)g]")
    add("--seed", type=int, default=1, help="of both solvers [default: %(default)s]")
    add("--jobs", type=int, choices=[1, 2], default=1, help="instances at a time, each on a core of its own [default: 1]")
    heuron.add_flag(parser)
    options = parser.parse_args()
    log = Log(OUT)
    environment.install("peers")
    binary = heuron.program(options.heuron)
    print("| set | instances | CPU s each | heuron | HGS-CVRP | heuron against HGS-CVRP, % |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in options.sets.split(","):
        ours, theirs = zip(*costs(generate(binary, name, options.count), binary, options, log), strict=True)
        means = [f"{fmean(all_costs) / SCALE:.4f}" for all_costs in (ours, theirs)]
        difference = stats.interval(stats.per_cent(ours, theirs))
        print(f"| {name} | {len(ours)} | {options.limit:g} | {' | '.join(means)} | {difference} |", flush=True)


def generate(binary: Path, name: str, count: int) -> list[Path]:
    """Files of the first instances of a set, in its order."""
    folder = OUT / "sets" / name
    folder.parent.mkdir(exist_ok=True)
    command = ["generate", "cvrp", "--set", name, "--count", str(count), "--output", f"{folder}/"]
    subprocess.run([binary, *command], check=True)
    return sorted(folder.iterdir(), key=lambda path: int(path.stem.split("-")[1]))[:count]


def costs(files: list[Path], binary: Path, options: argparse.Namespace, log: Log) -> list[tuple[int, int]]:
    """Costs of heuron and of the peer on every file; who begins alternates."""

    def compare(at: int, path: Path) -> tuple[int, int]:
        solvers = [heuron.NAME, PEER][:: 1 if at // options.jobs % 2 else -1]
        found = {solver: measure(solver, path, binary, options, at % options.jobs, log) for solver in solvers}
        return found[heuron.NAME], found[PEER]

    with ThreadPoolExecutor(options.jobs) as pool:
        return list(pool.map(compare, range(len(files)), files))


def measure(solver: str, path: Path, binary: Path, options: argparse.Namespace, core: int, log: Log) -> int:
    """Cost of a solver's answer, from the log where the run is there. Both limits are CPU seconds: the peer's always is."""
    task = Task("cvrp", path.stem, solver, build_of(solver, binary), options.limit, options.seed, 1)
    if task not in log.rows:
        row, _ = run(task, instances.read(path, "cvrp"), binary, [core], clock="cpu")
        log.add(row, [])
    cost = log.rows[task].cost
    if cost is None:
        raise SystemExit(f"{solver} on {path.stem}: {log.rows[task].note}")
    return cost


if __name__ == "__main__":
    main()
