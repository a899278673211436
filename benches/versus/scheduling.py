"""The peers of job shops, a function each, as in routing.py."""

from __future__ import annotations

from instances import Instance
from stopwatch import Stopwatch


def cpsat(instance: Instance, seconds: float, seed: int, workers: int = 1) -> tuple:
    """OR-Tools CP-SAT with its default parameters: intervals of fixed size, no overlap on a machine, makespan."""
    from ortools.sat.python import cp_model

    with Stopwatch() as watch:
        model, horizon = cp_model.CpModel(), sum(duration for job in instance.jobs for _, duration in job)
        last = model.new_int_var(0, horizon, "makespan")
        starts: list[list] = []
        machines: dict[int, list] = {}
        for job in instance.jobs:
            row: list = []
            ready = 0
            for machine, duration in job:
                start = model.new_int_var(0, horizon, "")
                machines.setdefault(machine, []).append(model.new_fixed_size_interval_var(start, duration, ""))
                model.add(start >= ready)
                ready = start + duration
                row.append(start)
            model.add(last >= ready)
            starts.append(row)
        for intervals in machines.values():
            model.add_no_overlap(intervals)
        model.minimize(last)
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = seconds
        solver.parameters.num_workers = workers
        solver.parameters.random_seed = seed
        status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise RuntimeError("no solution")
    return [[solver.value(start) for start in row] for row in starts], watch, []


def cpsat8(instance: Instance, seconds: float, seed: int) -> tuple:
    """CP-SAT with the eight workers that its authors recommend, on the one core that every solver gets."""
    return cpsat(instance, seconds, seed, workers=8)
