#!/usr/bin/env python3
"""heuron and its peers on the same files, side by side: same core, same time limit, same judge.

    python3 benches/versus/versus.py --problem tsp --size quick

Installs the peers into benches/versus/.venv, builds heuron, runs all of them in turn on every instance and seed, and
writes one table per problem and time limit to benches/versus/out. A run that is already in out/runs.csv is not repeated.
"""

from __future__ import annotations

import argparse
import fnmatch
import hashlib
import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import curves
import instances
import linkern
import tables
from instances import Instance
from runs import HERE, OURS, PYTHON, Log, Row, Task, build_of, run

ROOT = HERE.parent.parent
OUT = HERE / "out"
DEFAULT_SOLVERS = {
    "tsp": [OURS, "fasttsp", "linkern", "lkh"], "cvrp": [OURS, "hygese", "pyvrp"], "jssp": [OURS, "cpsat"],
}
OPTIONAL_SOLVERS = {"tsp": ["ortools", "vroom"], "cvrp": ["ortools", "vroom"], "jssp": ["cpsat8"]}
LIMITS = {"tsp": [1.0, 5.0], "cvrp": [10.0, 30.0], "jssp": [10.0, 30.0]}
CURVE_LIMITS = {"tsp": [0.5, 1.0, 2.0, 5.0, 10.0], "cvrp": [2.0, 5.0, 10.0, 30.0], "jssp": [2.0, 5.0, 10.0, 30.0]}
SIZES = {"tsp": (100, 6000), "cvrp": (100, 1001), "jssp": (36, 2000)}
QUICK = {
    "tsp": "kroA100 si175 a280 lin318 att532 d657 pr1002 rl1304 u1817 pr2392 pcb3038 fnl4461",
    "cvrp": "X-n101-k25 X-n143-k7 X-n195-k51 X-n237-k14 X-n256-k16 X-n298-k31 X-n336-k84 X-n420-k130 X-n502-k39 "
    "X-n655-k131 X-n783-k48 X-n957-k87",
    "jssp": "ft10 la29 la37 abz7 swv03 yn2 ta01 ta11 ta21 ta32 ta41 dmu42 dmu61",
}
CURVE = {"tsp": "pr1002 u1817 pcb3038 fnl4461", "cvrp": "X-n195-k51 X-n336-k84 X-n655-k131 X-n957-k87", "jssp": "la29 ta11 ta41 dmu42"}


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


def main() -> None:
    """Plan, estimate, run, tables, curves."""
    options = arguments()
    log = Log(OUT)
    ours = prepare(options)
    for problem in options.problem:
        plan = make_plan(problem, options, ours)
        if not plan.solvers:
            continue
        carry_out(plan, log, ours, options)
        if options.curves:
            report_curves(plan, log)
        else:
            report_tables(plan, log, options.threads_check)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--problem", choices=["tsp", "cvrp", "jssp", "all"], default="all")
    add("--size", choices=["quick", "full"], default="quick", help="a dozen files of all sizes, or every file")
    add("--all", action="store_true", help="TSP: the national and VLSI files too, not only TSPLIB")
    add("--only", default="*", metavar="PATTERN", help="only instances whose name matches")
    add("--instances", type=Path, default=None, help="default: $HEURON_INSTANCES, then ../shared/instances")
    add("--limits", type=number_list, help="seconds, with commas (default: tsp 1,5; cvrp and jssp 10,30)")
    add("--seeds", type=number_list, default=[1, 2, 3])
    add("--solvers", help=f"with commas; beyond the default ones: {OPTIONAL_SOLVERS}")
    add("--ours", default="build", metavar="build|none|PATH", help="build heuron, leave it out, or take this binary")
    add("--jobs", type=int, choices=[1, 2], default=1, help="instances at a time, each on a core of its own")
    add("--threads", type=int, choices=[1, 2], default=1, help="of heuron and of peers that can use two: CP-SAT")
    add("--threads-check", action="store_true", help="heuron alone, 1 against 2 threads at equal wall time")
    add("--curves", action="store_true", help="anytime curves instead of tables: few files, many limits")
    add("--redo-disturbed", action="store_true", help="repeat runs that got less than 90 %% of a core")
    add("--estimate", action="store_true", help="say how long it would take, and stop")
    add("--tables-only", action="store_true", help="tables or curves of the runs done so far")
    options = parser.parse_args()
    options.problem = ["tsp", "cvrp", "jssp"] if options.problem == "all" else [options.problem]
    if (options.threads_check or options.threads > 1) and options.jobs > 1:
        parser.error("a run with two threads needs all cores: leave --jobs at 1")
    if options.threads_check and options.ours == "none":
        parser.error("--threads-check compares heuron with itself: it cannot be left out")
    return options


def number_list(text: str) -> list[float]:
    """Numbers with commas between them."""
    return [float(word) for word in text.split(",")]


def prepare(options: argparse.Namespace) -> Path | None:
    """Installs the peers; builds heuron and keeps the binary where a later build does not overwrite it."""
    requirements = HERE / "requirements.txt"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp = HERE / ".venv" / "installed"
    if not stamp.exists() or stamp.read_text() != digest:
        subprocess.run([sys.executable, "-m", "venv", HERE / ".venv"], check=True)
        subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "-r", requirements], check=True)
        stamp.write_text(digest)
    if options.ours == "none":
        return None
    built = Path(options.ours)
    if options.ours == "build":
        subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
        built = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / OURS
    kept = OUT / "bin" / f"{OURS}-{build_of(OURS, built)}"
    kept.parent.mkdir(parents=True, exist_ok=True)
    if not kept.exists():
        shutil.copy2(built, kept)
    return kept


def make_plan(problem: str, options: argparse.Namespace, ours: Path | None) -> Plan:
    """What the options ask for, as far as it can be had here."""
    solvers = options.solvers.split(",") if options.solvers else list(DEFAULT_SOLVERS[problem])
    unknown = set(solvers) - {*DEFAULT_SOLVERS[problem], *OPTIONAL_SOLVERS[problem]}
    if unknown:
        sys.exit(f"no solver called {', '.join(sorted(unknown))} for {problem}")
    if options.threads_check:
        solvers = [OURS]
    if options.threads > 1:
        solvers = [solver for solver in solvers if solver in (OURS, "cpsat")]
    if ours is None:
        solvers = [solver for solver in solvers if solver != OURS]
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
        builds={solver: build_of(solver, ours) for solver in solvers},
        files={instance.name: instance for instance in chosen_files(problem, options)},
        limits=limits,
        seeds=[int(seed) for seed in options.seeds],
        threads=[1, 2] if options.threads_check else [options.threads],
    )


def chosen_files(problem: str, options: argparse.Namespace) -> list[Instance]:
    """The instances, smallest first. Files with fixed edges are left out: no peer honours them."""
    folder = instances_folder(options.instances)
    costs = instances.best_known_costs(folder)
    sets = {"tsp": ["tsp/tsplib/*.tsp"], "cvrp": ["cvrp/X/*.vrp"], "jssp": ["jssp/standard/*.txt"]}[problem]
    if problem == "tsp" and options.all:
        sets += ["tsp/vlsi/*.tsp", "tsp/national/*.tsp"]
    wanted = (CURVE if options.curves else QUICK)[problem].split()
    found = []
    for path in sorted(path for pattern in sets for path in folder.glob(pattern)):
        listed = options.size == "full" and not options.curves or path.stem in wanted
        if not listed or not fnmatch.fnmatch(path.stem, options.only) or (problem, path.stem) not in costs:
            continue
        instance = instances.read(path, problem)
        if SIZES[problem][0] <= instance.n <= SIZES[problem][1] and not instance.fixed_edges:
            instance.best_known = costs[problem, path.stem]
            found.append(instance)
    if not found:
        sys.exit(f"no {problem} instance to run in {folder}")
    return sorted(found, key=lambda instance: (instance.n, instance.name))


def instances_folder(given: Path | None) -> Path:
    """The folder of the public instances."""
    from_environment = os.environ.get("HEURON_INSTANCES")
    folder = given or Path(from_environment or ROOT.parent / "shared" / "instances")
    if not (folder / "bks.csv").exists():
        sys.exit(f"{folder} holds no bks.csv: name the instances folder with --instances or HEURON_INSTANCES")
    return folder


def expected_seconds(task: Task, n: int) -> float:
    """About how long a run takes. LKH builds its candidate sets in time that grows with the square of n."""
    return task.limit_s + 1.0 + (2e-6 * n * n if task.solver == "lkh" else 0.0)


def carry_out(plan: Plan, log: Log, ours: Path | None, options: argparse.Namespace) -> None:
    """Runs what is not in the log yet, `jobs` blocks at a time."""

    def is_open(task: Task) -> bool:
        row = log.rows.get(task)
        return row is None or options.redo_disturbed and tables.is_disturbed(row)

    blocks = [[task for task in block if is_open(task)] for block in plan.blocks()]
    blocks = [block for block in blocks if block]
    pending = [task for block in blocks for task in block]
    seconds = sum(expected_seconds(task, plan.files[task.instance].n) for task in pending) / options.jobs
    print(f"{plan.problem}: {len(pending)} runs to do, about {seconds / 60:.0f} minutes", file=sys.stderr)
    if options.estimate or options.tables_only:
        return
    waiting: queue.SimpleQueue[list[Task]] = queue.SimpleQueue()
    for block in blocks:
        waiting.put(block)
    cores = sorted(os.sched_getaffinity(0))
    workers = [
        threading.Thread(target=work, args=(waiting, plan, log, ours, cores, cores[-1 - job]), daemon=True)
        for job in range(options.jobs)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def work(waiting: queue.SimpleQueue, plan: Plan, log: Log, ours: Path | None, cores: list[int], core: int) -> None:
    """Takes blocks until none is left. Single-threaded runs stay on `core`, others get as many cores as threads."""
    while True:
        try:
            block = waiting.get_nowait()
        except queue.Empty:
            return
        for task in block:
            pinned = [core] if task.threads == 1 else cores[:task.threads]
            row, trace = run(task, plan.files[task.instance], ours, pinned)
            log.add(row, trace)
            gap = "none" if row.gap_pct is None else f"{row.gap_pct:.3f} %"
            print(
                f"{row.instance} {row.solver} threads={row.threads} limit={row.limit_s:g} seed={row.seed}: "
                f"{gap}, {row.wall_s:.2f} s wall, {row.cpu_s:.2f} s CPU {row.note}",
                file=sys.stderr, flush=True,
            )


def best_known(plan: Plan) -> dict[str, float]:
    """Instance -> best known cost."""
    return {name: instance.best_known or 0.0 for name, instance in plan.files.items()}


def columns_of(rows: Iterable[Row], solvers: list[str], threads: list[int]) -> dict[str, list[Row]]:
    """Rows by the column that they belong to."""
    rows = list(rows)
    columns = {}
    for solver in solvers:
        for count in threads:
            name = solver if len(threads) == 1 else f"{solver}, {count} thread{'s' if count > 1 else ''}"
            columns[name] = [row for row in rows if row.solver == solver and row.threads == count]
    return columns


def report_tables(plan: Plan, log: Log, threads_check: bool) -> None:
    """Prints and writes a table per time limit."""
    for limit in plan.limits:
        rows = [row for row in plan.rows(log) if row.limit_s == limit]
        if rows:
            columns = columns_of(rows, plan.solvers, plan.threads)
            lines = tables.table(plan.problem, limit, columns, best_known(plan))
            several = "" if plan.threads == [1] else f" {max(plan.threads)} threads,"
            what = "threads" if threads_check else "gap" if not several else "gap_2_threads"
            title = f"{plan.problem}, {limit:g} s,{several} mean gap to best known in %, {len(plan.seeds)} seed(s)"
            print(tables.write(lines, title, OUT / f"{plan.problem}_{what}_{limit:g}s"))


def report_curves(plan: Plan, log: Log) -> None:
    """Writes the anytime curves."""
    columns = columns_of(plan.rows(log), plan.solvers, plan.threads)
    drawn = {name: curves.anytime(rows, log, best_known(plan)) for name, rows in columns.items() if rows}
    path = OUT / f"{plan.problem}_anytime.svg"
    path.write_text(curves.draw(drawn, f"{plan.problem}: {', '.join(plan.files)}"))
    print(path)


if __name__ == "__main__":
    main()
