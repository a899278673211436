"""The peers of tours and route plans, a function each: (instance, seconds, seed) -> (solution, Stopwatch, trace).

The trace is of (wall seconds, cost), empty where a solver tells none. Packages are imported in the functions that need them:
peers.py reads this file outside the environment too.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import linkern
from instances import Instance
from stopwatch import Stopwatch

if TYPE_CHECKING:
    import numpy as np


def matrix_of(instance: Instance) -> np.ndarray:
    """All distances, int64 [n, n]."""
    import numpy as np

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


def fasttsp(instance: Instance, seconds: float, seed: int) -> tuple:
    """fast-tsp: Or-opt. It takes no seed, so that a seed renames the nodes; and no distance above 65535, so that larger
    ones are scaled down (the returned tour is measured with the true ones)."""
    import fast_tsp
    import numpy as np

    names = np.random.default_rng(seed).permutation(instance.n)
    matrix = matrix_of(instance)[np.ix_(names, names)]
    if matrix.max() > 65535:
        matrix = np.round(matrix * (65535.0 / matrix.max())).astype(np.int64)
    matrix = matrix.astype(np.uint16)
    with Stopwatch() as watch:
        tour = fast_tsp.find_tour(matrix, duration_seconds=seconds, max_threads=1)
    return [int(names[node]) for node in tour], watch, []


def lkh(instance: Instance, seconds: float, seed: int) -> tuple:
    """LKH 3 (Helsgaun) as elkai carries it, through elkai's parameter text: one run, trials until LKH's own time limit.
    LKH starts its clock after the candidate sets are built: on large files it returns long after the limit."""
    import elkai._elkai

    parameters = {"RUNS": 1, "MAX_TRIALS": 1_000_000_000, "SEED": seed, "TIME_LIMIT": seconds, "TRACE_LEVEL": 0}
    text = "".join(f"{key} = {value}\n" for key, value in parameters.items()) + "PROBLEM_FILE = :stdin:\n"
    with Stopwatch() as watch:
        tour = elkai._elkai.solve_problem(text, instance.path.read_text())
    return [node - 1 for node in tour], watch, []


def concorde(instance: Instance, seconds: float, seed: int) -> tuple:
    """Concorde's linkern; see linkern.py."""
    with Stopwatch() as watch:
        tour = linkern.solve(instance, seconds, seed)
    return tour, watch, []


def hygese(instance: Instance, seconds: float, seed: int) -> tuple:
    """HGS-CVRP (Vidal 2022) with its default parameters. Its limit counts CPU seconds. Its first penalty is at most
    1000 per unit of load, whatever distances are: long ones are scaled down to those of X files, or it finds no feasible
    routes."""
    import numpy as np
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
    return result.routes, watch, []


def pyvrp(instance: Instance, seconds: float, seed: int) -> tuple:
    """PyVRP with its default parameters."""
    import pyvrp
    from pyvrp.stop import MaxRuntime

    data = pyvrp.read(instance.path, round_func="round")
    with Stopwatch() as watch:
        result = pyvrp.solve(data, stop=MaxRuntime(seconds), seed=seed, display=False)
    routes = [[int(visit.idx) + 1 for visit in route if visit.is_client()] for route in result.best.routes()]
    trace, elapsed = [], 0.0
    for runtime, datum in zip(result.stats.runtimes, result.stats.data, strict=True):
        elapsed += runtime
        if datum.best_feas and (not trace or datum.best_cost < trace[-1][1]):
            trace.append((elapsed, datum.best_cost))
    return routes, watch, trace


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
    return solution, watch, []


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
    return [0, *routes[0]] if instance.problem == "tsp" else routes, watch, []
