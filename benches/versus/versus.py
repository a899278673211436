#!/usr/bin/env python3
"""heuron and its peers on the same files, side by side: same core, same time limit, same judge.

    python3 benches/versus/versus.py --problem tsp --size quick

Installs the peers into benches/versus/.venv, builds heuron, runs all of them in turn on every instance and seed, and
writes one table per problem and time limit to benches/versus/out. A run that is already in out/runs.csv is not repeated.
"""

from __future__ import annotations

import argparse
import os
import queue
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

import curves
import environment
import heuron
import instances
import peers
import tables
from environment import OUT
from plan import Plan, make_plan
from runs import Log, Row, Task, run


def main() -> None:
    """Plan, estimate, run, tables, curves."""
    options = arguments()
    log = Log(OUT)
    environment.install("peers")
    binary = None if options.heuron == "none" else heuron.program(options.heuron)
    for problem in options.problem:
        plan = make_plan(problem, options, binary)
        if not plan.solvers:
            continue
        carry_out(plan, log, binary, options)
        if options.curves:
            report_curves(plan, log)
        else:
            report_tables(plan, log, options.threads_check)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    optional = "; ".join(f"{problem}: {', '.join(peers.of(problem, is_default=False))}" for problem in instances.PROBLEMS)
    add("--problem", choices=[*instances.PROBLEMS, "all"], default="all", help="what is solved [default: %(default)s]")
    add("--size", choices=["quick", "full"], default="quick", help="a dozen files, or every file [default: %(default)s]")
    add("--all", action="store_true", help="TSP: the national and VLSI files too, not only TSPLIB")
    add("--only", default="*", metavar="PATTERN", help="only instances whose name matches")
    add("--instances", type=Path, metavar="DIR", help="default: $HEURON_INSTANCES, then ../shared/instances")
    limits = "seconds, with commas [default: tsp 1,5; cvrp and jssp 10,30; more of them with --curves]"
    add("--limits", type=number_list, metavar="S,S...", help=limits)
    add("--seeds", type=seed_list, default=[1, 2, 3], metavar="K,K...", help="with commas [default: 1,2,3]")
    add("--solvers", metavar="NAME,NAME...", help=f"with commas; only by name: {optional}")
    heuron.add_flag(parser, may_be_left_out=True)
    add("--jobs", type=int, choices=[1, 2], default=1, help="instances at a time, each on a core of its own [default: 1]")
    add("--threads", type=int, choices=[1, 2], default=1, help="of heuron and of peers that can use two [default: 1]")
    add("--threads-check", action="store_true", help="heuron alone, 1 against 2 threads at equal wall time")
    add("--curves", action="store_true", help="anytime curves instead of tables: few files, many limits")
    add("--redo-disturbed", action="store_true", help="repeat runs that got less than 90 %% of a core")
    add("--estimate", action="store_true", help="say how long it would take, and stop")
    add("--tables-only", action="store_true", help="tables or curves of the runs done so far")
    options = parser.parse_args()
    options.problem = instances.PROBLEMS if options.problem == "all" else [options.problem]
    if (options.threads_check or options.threads > 1) and options.jobs > 1:
        parser.error("a run with two threads needs all cores: leave --jobs at 1")
    if options.threads_check and options.heuron == "none":
        parser.error("--threads-check compares heuron with itself: it cannot be left out")
    return options


def number_list(text: str) -> list[float]:
    """Numbers with commas between them."""
    return [float(word) for word in text.split(",")]


def seed_list(text: str) -> list[int]:
    """Seeds with commas between them."""
    return [int(word) for word in text.split(",")]


def expected_seconds(task: Task, n: int) -> float:
    """About how long a run takes. LKH builds its candidate sets in time that grows with the square of n."""
    return task.limit_s + 1.0 + (2e-6 * n * n if task.solver == "lkh" else 0.0)


def carry_out(plan: Plan, log: Log, binary: Path | None, options: argparse.Namespace) -> None:
    """Runs what is not in the log yet, `jobs` blocks at a time."""

    def is_open(task: Task) -> bool:
        row = log.rows.get(task)
        return row is None or (options.redo_disturbed and tables.is_disturbed(row))

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
        threading.Thread(target=work, args=(waiting, plan, log, binary, cores, cores[-1 - job]), daemon=True)
        for job in range(options.jobs)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def work(waiting: queue.SimpleQueue, plan: Plan, log: Log, binary: Path | None, cores: list[int], core: int) -> None:
    """Takes blocks until none is left. Single-threaded runs stay on `core`, others get as many cores as threads."""
    while True:
        try:
            block = waiting.get_nowait()
        except queue.Empty:
            return
        for task in block:
            pinned = [core] if task.threads == 1 else cores[:task.threads]
            row, trace = run(task, plan.files[task.instance], binary, pinned)
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
