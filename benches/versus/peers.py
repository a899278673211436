"""Runs one peer on one instance and writes what it returned as JSON. Started by versus.py as a process of its own.

Only the solver's own call is timed: importing the package, reading the file and building the matrix are not counted
against a peer (they are counted against heuron, whose whole process is timed).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

import instances
import linkern
from instances import Instance


class Stopwatch:
    """Wall and CPU seconds of a `with` block, threads and child processes included."""

    def __enter__(self) -> Stopwatch:
        self._start = (time.perf_counter(), self._cpu())
        return self

    def __exit__(self, *_: object) -> None:
        self.wall = time.perf_counter() - self._start[0]
        self.cpu = self._cpu() - self._start[1]

    @staticmethod
    def _cpu() -> float:
        times = os.times()
        return times.user + times.system + times.children_user + times.children_system


def matrix_of(instance: Instance) -> np.ndarray:
    """All distances, int64 [n, n]."""
    if instance.matrix:
        return np.array(instance.matrix, dtype=np.int64)
    if instance.weight_type == "GEO":
        nodes = range(instance.n)
        return np.array([[instance.distance(a, b) for b in nodes] for a in nodes], dtype=np.int64)
    x, y = np.array(instance.points).T
    square = (x[:, None] - x) ** 2 + (y[:, None] - y) ** 2
    match instance.weight_type:
        case "EUC_2D":
            return np.floor(np.sqrt(square) + 0.5).astype(np.int64)
        case "CEIL_2D":
            return np.ceil(np.sqrt(square)).astype(np.int64)
        case "ATT":
            root = np.sqrt(square / 10.0)
            nearest = np.floor(root + 0.5)
            return (nearest + (nearest < root)).astype(np.int64)
    raise ValueError(f"weight type {instance.weight_type} is not known here")


# Every solver below returns (solution, its version, seconds used as a Stopwatch, trace of (wall seconds, cost)).


def fasttsp(instance: Instance, seconds: float, seed: int) -> tuple:
    """fast-tsp: Or-opt. It takes no seed, so that a seed renames the nodes; and no distance above 65535, so that larger
    ones are scaled down (the returned tour is measured with the true ones)."""
    import fast_tsp

    names = np.random.default_rng(seed).permutation(instance.n)
    matrix = matrix_of(instance)[np.ix_(names, names)]
    if matrix.max() > 65535:
        matrix = np.round(matrix * (65535.0 / matrix.max())).astype(np.int64)
    matrix = matrix.astype(np.uint16)
    with Stopwatch() as watch:
        tour = fast_tsp.find_tour(matrix, duration_seconds=seconds, max_threads=1)
    return [int(names[node]) for node in tour], version("fast-tsp"), watch, []


def lkh(instance: Instance, seconds: float, seed: int) -> tuple:
    """LKH 3 (Helsgaun) as elkai carries it, through elkai's parameter text: one run, trials until LKH's own time limit.
    LKH starts its clock after the candidate sets are built: on large files it returns long after the limit."""
    import elkai._elkai

    parameters = {"RUNS": 1, "MAX_TRIALS": 1_000_000_000, "SEED": seed, "TIME_LIMIT": seconds, "TRACE_LEVEL": 0}
    text = "".join(f"{key} = {value}\n" for key, value in parameters.items()) + "PROBLEM_FILE = :stdin:\n"
    with Stopwatch() as watch:
        tour = elkai._elkai.solve_problem(text, instance.path.read_text())
    return [node - 1 for node in tour], f"elkai {version('elkai')}", watch, []


def concorde(instance: Instance, seconds: float, seed: int) -> tuple:
    """Concorde's linkern; see linkern.py."""
    with Stopwatch() as watch:
        tour = linkern.solve(instance, seconds, seed)
    return tour, f"concorde_rs {linkern.CRATE}", watch, []


def hygese(instance: Instance, seconds: float, seed: int) -> tuple:
    """HGS-CVRP (Vidal 2022) with its default parameters. Its limit counts CPU seconds. Its first penalty is at most
    1000 per unit of load, whatever distances are: long ones are scaled down to those of X files, or it finds no feasible
    routes."""
    from hygese import AlgorithmParameters, Solver

    x, y = np.array(instance.points).T
    matrix = matrix_of(instance).astype(float)
    shrink = matrix.max() / 1000.0 if matrix.max() > 10_000.0 else 1.0
    data = {
        "distance_matrix": matrix / shrink,
        "x_coordinates": x / shrink,
        "y_coordinates": y / shrink,
        "service_times": [0.0] * instance.n,
        "demands": np.array(instance.demands, dtype=float),
        "vehicle_capacity": float(instance.capacity),
        "depot": 0,
    }
    solver = Solver(parameters=AlgorithmParameters(timeLimit=seconds, seed=seed), verbose=False)
    with Stopwatch() as watch:
        result = solver.solve_cvrp(data, rounding=True)
    return result.routes, version("hygese"), watch, []


def pyvrp(instance: Instance, seconds: float, seed: int) -> tuple:
    """PyVRP with its default parameters."""
    import pyvrp
    from pyvrp.stop import MaxRuntime

    data = pyvrp.read(instance.path, round_func="round")
    with Stopwatch() as watch:
        result = pyvrp.solve(data, stop=MaxRuntime(seconds), seed=seed, display=False)
    routes = [[int(visit.idx) + 1 for visit in route if visit.is_client()] for route in result.best.routes()]
    trace, elapsed = [], 0.0
    for runtime, datum in zip(result.stats.runtimes, result.stats.data):
        elapsed += runtime
        if datum.best_feas and (not trace or datum.best_cost < trace[-1][1]):
            trace.append((elapsed, datum.best_cost))
    return routes, version("pyvrp"), watch, trace


def vehicles(instance: Instance) -> int:
    """A fleet with room to spare, for the peers that need its size: bins by weight, and a tenth (at least two) more."""
    if instance.problem == "tsp":
        return 1
    fewest = math.ceil(sum(instance.demands) / instance.capacity)
    return fewest + max(2, fewest // 10)


def ortools(instance: Instance, seconds: float, seed: int) -> tuple:
    """OR-Tools routing: path-cheapest-arc, then guided local search. It takes no seed."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    matrix, fleet = matrix_of(instance).tolist(), vehicles(instance)
    with Stopwatch() as watch:
        began = time.perf_counter()
        manager = pywrapcp.RoutingIndexManager(instance.n, fleet, 0)
        model = pywrapcp.RoutingModel(manager)
        model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(matrix))
        if instance.problem == "cvrp":
            load = model.RegisterUnaryTransitVector(instance.demands)
            model.AddDimensionWithVehicleCapacity(load, 0, [instance.capacity] * fleet, True, "load")
        search = pywrapcp.DefaultRoutingSearchParameters()
        search.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PATH_CHEAPEST_ARC
        search.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        left = max(0.05, seconds - (time.perf_counter() - began))
        search.time_limit.FromMilliseconds(int(1000 * left))
        assignment = model.SolveWithParameters(search)
    if assignment is None:
        raise RuntimeError("no solution")
    routes = []
    for vehicle in range(fleet):
        index, route = model.Start(vehicle), []
        while not model.IsEnd(index):
            route.append(manager.IndexToNode(index))
            index = assignment.Value(model.NextVar(index))
        routes.append(route)
    solution = routes[0] if instance.problem == "tsp" else [route[1:] for route in routes]
    return solution, version("ortools"), watch, []


def vroom(instance: Instance, seconds: float, seed: int) -> tuple:
    """VROOM as pyvroom carries it, exploration level 5, one thread. It is deterministic and takes no seed."""
    capacity = {"capacity": [instance.capacity]} if instance.problem == "cvrp" else {}
    fleet = [{"id": k, "start_index": 0, "end_index": 0, **capacity} for k in range(1, vehicles(instance) + 1)]
    jobs = [
        {"id": k, "location_index": k, **({"delivery": [instance.demands[k]]} if capacity else {})}
        for k in range(1, instance.n)
    ]
    matrices = {"car": {"durations": matrix_of(instance).tolist()}}
    with tempfile.TemporaryDirectory() as folder:
        problem, answer = Path(folder, "problem.json"), Path(folder, "answer.json")
        problem.write_text(json.dumps({"vehicles": fleet, "jobs": jobs, "matrices": matrices}))
        program = Path(sys.executable).with_name("vroom")
        options = ["-i", str(problem), "-o", str(answer), "-l", f"{seconds:g}", "-t", "1", "-x", "5"]
        with Stopwatch() as watch:
            subprocess.run([program, *options], check=True, stdout=subprocess.DEVNULL)
        found = json.loads(answer.read_text())
    routes = [[step["id"] for step in route["steps"] if step["type"] == "job"] for route in found["routes"]]
    return [0, *routes[0]] if instance.problem == "tsp" else routes, version("pyvroom"), watch, []


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
    return [[solver.value(start) for start in row] for row in starts], version("ortools"), watch, []


def cpsat8(instance: Instance, seconds: float, seed: int) -> tuple:
    """CP-SAT with the eight workers that its authors recommend, on the one core that every solver gets."""
    return cpsat(instance, seconds, seed, workers=8)


SOLVERS = {
    "tsp": {"fasttsp": fasttsp, "linkern": concorde, "lkh": lkh, "ortools": ortools, "vroom": vroom},
    "cvrp": {"hygese": hygese, "pyvrp": pyvrp, "ortools": ortools, "vroom": vroom},
    "jssp": {"cpsat": cpsat, "cpsat8": cpsat8},
}


def main() -> None:
    """One run; prints nothing, writes the JSON file that versus.py reads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problem", choices=SOLVERS)
    parser.add_argument("solver")
    parser.add_argument("instance", type=Path)
    parser.add_argument("--time", type=float, required=True, help="time limit in seconds")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--threads", type=int, default=1, help="of a solver that can use several")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()

    instance = instances.read(options.instance, options.problem)
    solve = SOLVERS[options.problem][options.solver]
    several = {"workers": options.threads} if options.threads > 1 else {}
    solution, used_version, watch, trace = solve(instance, options.time, options.seed, **several)
    result = {
        "solution": solution,
        "version": used_version,
        "wall_s": watch.wall,
        "cpu_s": watch.cpu,
        "trace": trace,
    }
    options.output.write_text(json.dumps(result))


if __name__ == "__main__":
    main()
