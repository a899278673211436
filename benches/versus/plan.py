"""What versus.py compares on what, and for how long: its options made into tasks."""

from __future__ import annotations

import argparse
import fnmatch
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import heuron
import instances
import linkern
import peers
from environment import public_instances
from instances import Instance
from runs import Log, Row, Task, build_of

# Seconds, of tables and of anytime curves; fewest and most nodes or operations; files of a quick run and of curves.
LIMITS = {"tsp": [1.0, 5.0], "cvrp": [10.0, 30.0], "jssp": [10.0, 30.0]}
CURVE_LIMITS = {"tsp": [0.5, 1.0, 2.0, 5.0, 10.0], "cvrp": [2.0, 5.0, 10.0, 30.0], "jssp": [2.0, 5.0, 10.0, 30.0]}
SIZES = {"tsp": (100, 6000), "cvrp": (100, 1001), "jssp": (36, 2000)}
QUICK = {
    "tsp": "kroA100 si175 a280 lin318 att532 d657 pr1002 rl1304 u1817 pr2392 pcb3038 fnl4461",
    "cvrp": "X-n101-k25 X-n143-k7 X-n195-k51 X-n237-k14 X-n256-k16 X-n298-k31 X-n336-k84 X-n420-k130 X-n502-k39 "
    "X-n655-k131 X-n783-k48 X-n957-k87",
    "jssp": "ft10 la29 la37 abz7 swv03 yn2 ta01 ta11 ta21 ta32 ta41 dmu42 dmu61",
}
CURVE = {
    "tsp": "pr1002 u1817 pcb3038 fnl4461",
    "cvrp": "X-n195-k51 X-n336-k84 X-n655-k131 X-n957-k87",
    "jssp": "la29 ta11 ta41 dmu42",
}


@dataclass
class Plan:
    """What is compared on what, and for how long."""

    problem: str
    solvers: list[str]
    builds: dict[str, str]
    files: dict[str, Instance]
    limits: list[float]
    seeds: list[int]
    threads: list[int]

    def blocks(self) -> list[list[Task]]:
        """Tasks in order. The tasks of a block differ in solver or threads only, and run one after the other on the same
        core; the order within a block rotates, so that no solver always runs first."""
        blocks = []
        for seed in self.seeds:
            for limit in self.limits:
                for name in self.files:
                    tasks = [
                        Task(self.problem, name, solver, self.builds[solver], limit, seed, threads)
                        for solver in self.solvers for threads in self.threads
                    ]
                    turn = len(blocks) % len(tasks)
                    blocks.append(tasks[turn:] + tasks[:turn])
        return blocks

    def rows(self, log: Log) -> list[Row]:
        """The finished runs of this plan."""
        return [log.rows[task] for block in self.blocks() for task in block if task in log.rows]


def make_plan(problem: str, options: argparse.Namespace, binary: Path | None) -> Plan:
    """What the options ask for, as far as it can be had here."""
    usual = [heuron.NAME, *peers.of(problem)]
    solvers = options.solvers.split(",") if options.solvers else usual
    unknown = set(solvers) - {*usual, *peers.of(problem, is_default=False)}
    if unknown:
        sys.exit(f"no solver called {', '.join(sorted(unknown))} for {problem}")
    if options.threads_check:
        solvers = [heuron.NAME]
    if options.threads > 1:
        solvers = [solver for solver in solvers if solver == heuron.NAME or peers.PEERS[solver].has_threads]
    if binary is None:
        solvers = [solver for solver in solvers if solver != heuron.NAME]
    if "linkern" in solvers:
        try:
            linkern.build()
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"linkern is left out, it cannot be built here: {error}", file=sys.stderr)
            solvers.remove("linkern")
    limits = options.limits or (CURVE_LIMITS if options.curves else LIMITS)[problem]
    return Plan(
        problem=problem,
        solvers=solvers,
        builds={solver: build_of(solver, binary) for solver in solvers},
        files={instance.name: instance for instance in chosen_files(problem, options)},
        limits=limits,
        seeds=options.seeds,
        threads=[1, 2] if options.threads_check else [options.threads],
    )


def chosen_files(problem: str, options: argparse.Namespace) -> list[Instance]:
    """The instances, smallest first. Files with fixed edges are left out: no peer honours them."""
    folder = public_instances(options.instances)
    costs = instances.best_known_costs(folder)
    sets = {"tsp": ["tsp/tsplib/*.tsp"], "cvrp": ["cvrp/X/*.vrp"], "jssp": ["jssp/standard/*.txt"]}[problem]
    if problem == "tsp" and options.all:
        sets += ["tsp/vlsi/*.tsp", "tsp/national/*.tsp"]
    wanted = (CURVE if options.curves else QUICK)[problem].split()
    found = []
    for path in sorted(path for pattern in sets for path in folder.glob(pattern)):
        listed = (options.size == "full" and not options.curves) or path.stem in wanted
        if not listed or not fnmatch.fnmatch(path.stem, options.only) or (problem, path.stem) not in costs:
            continue
        instance = instances.read(path, problem)
        if SIZES[problem][0] <= instance.n <= SIZES[problem][1] and not instance.fixed_edges:
            instance.best_known = costs[problem, path.stem]
            found.append(instance)
    if not found:
        sys.exit(f"no {problem} instance to run in {folder}")
    return sorted(found, key=lambda instance: (instance.n, instance.name))
