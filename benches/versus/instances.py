"""Instance files, best-known values and the evaluation of returned tours, routes and schedules.

Standard library only, and no line shared with heuron or with any peer: every figure of the tables is computed here.
Distances as in G. Reinelt, "TSPLIB 95", section 2.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import shop

Point = tuple[float, float]
PROBLEMS = ("tsp", "cvrp", "jssp")


@dataclass
class Instance:
    """An instance; nodes are counted from 0, and the depot of a CVRP is node 0. n counts the operations of a job shop."""

    path: Path
    problem: str
    name: str
    n: int
    weight_type: str
    points: list[Point]
    matrix: list[list[int]]
    """Explicit weights, [n][n]; empty where the points give the distances."""
    demands: list[int] = field(default_factory=list)
    capacity: int = 0
    jobs: shop.Jobs = field(default_factory=list)
    fixed_edges: bool = False
    best_known: float | None = None

    def distance(self, a: int, b: int) -> int:
        """The TSPLIB distance between two nodes."""
        if self.matrix:
            return self.matrix[a][b]
        (ax, ay), (bx, by) = self.points[a], self.points[b]
        square = (ax - bx) ** 2 + (ay - by) ** 2
        match self.weight_type:
            case "EUC_2D":
                return math.floor(math.sqrt(square) + 0.5)
            case "CEIL_2D":
                return math.ceil(math.sqrt(square))
            case "ATT":
                root = math.sqrt(square / 10.0)
                nearest = math.floor(root + 0.5)
                return nearest + 1 if nearest < root else nearest
            case "GEO":
                return 0 if a == b else great_circle(self.points[a], self.points[b])
        raise ValueError(f"{self.path}: weight type {self.weight_type} is not known here")

    def gap(self, cost: float) -> float | None:
        """Per cent above the best known cost."""
        return None if self.best_known is None else 100.0 * (cost - self.best_known) / self.best_known


def great_circle(a: Point, b: Point) -> int:
    """TSPLIB's GEO distance in km of two points given as latitude and longitude in DDD.MM."""

    def radians(value: float) -> float:
        degrees = math.trunc(value)
        return 3.141592 * (degrees + 5.0 * (value - degrees) / 3.0) / 180.0

    (lat_a, lon_a), (lat_b, lon_b) = map(radians, a), map(radians, b)
    q1 = math.cos(lon_a - lon_b)
    q2 = math.cos(lat_a - lat_b)
    q3 = math.cos(lat_a + lat_b)
    return int(6378.388 * math.acos(0.5 * ((1.0 + q1) * q2 - (1.0 - q1) * q3)) + 1.0)


def read(path: Path, problem: str) -> Instance:
    """Reads a TSPLIB, CVRPLIB or job shop file."""
    if problem == "jssp":
        jobs = shop.read_jobs(path)
        return Instance(path, problem, path.stem, sum(map(len, jobs)), "", [], [], jobs=jobs)
    header, sections = split_sections(path)
    n = int(header["DIMENSION"])
    points = [(float(row[1]), float(row[2])) for row in sections.get("NODE_COORD_SECTION", [])]
    weights = [int(word) for row in sections.get("EDGE_WEIGHT_SECTION", []) for word in row]
    demands = [0] * n
    for row in sections.get("DEMAND_SECTION", []):
        demands[int(row[0]) - 1] = int(row[1])
    return Instance(
        path=path,
        problem=problem,
        name=path.stem,
        n=n,
        weight_type=header.get("EDGE_WEIGHT_TYPE", "EUC_2D"),
        points=points,
        matrix=square_matrix(n, header["EDGE_WEIGHT_FORMAT"], weights) if weights else [],
        demands=demands if problem == "cvrp" else [],
        capacity=int(header.get("CAPACITY", 0)),
        fixed_edges="FIXED_EDGES_SECTION" in sections,
    )


def split_sections(path: Path) -> tuple[dict[str, str], dict[str, list[list[str]]]]:
    """Header fields, and the words of every line of every section."""
    header: dict[str, str] = {}
    sections: dict[str, list[list[str]]] = {}
    rows: list[list[str]] = []
    for line in path.read_text().splitlines():
        words = line.split()
        key = line.split(":")[0].strip()
        if not words or key == "EOF":
            continue
        if key.endswith("_SECTION"):
            rows = sections.setdefault(key, [])
        elif ":" in line:
            header[key] = line.split(":", 1)[1].strip()
        else:
            rows.append(words)
    return header, sections


def square_matrix(n: int, layout: str, weights: list[int]) -> list[list[int]]:
    """The full matrix [n][n] of TSPLIB's EDGE_WEIGHT_SECTION in one of its row layouts."""
    columns = {
        "FULL_MATRIX": lambda row: range(n),
        "UPPER_ROW": lambda row: range(row + 1, n),
        "UPPER_DIAG_ROW": lambda row: range(row, n),
        "LOWER_ROW": lambda row: range(row),
        "LOWER_DIAG_ROW": lambda row: range(row + 1),
    }[layout]
    matrix = [[0] * n for _ in range(n)]
    values = iter(weights)
    for row in range(n):
        for column in columns(row):
            matrix[row][column] = next(values)
            if layout != "FULL_MATRIX":
                matrix[column][row] = matrix[row][column]
    return matrix


def tour_length(instance: Instance, tour: list[int]) -> int:
    """Length of a closed tour; ValueError if it is not a permutation of the nodes."""
    if sorted(tour) != list(range(instance.n)):
        raise ValueError("not a permutation of the nodes")
    return sum(instance.distance(a, b) for a, b in zip(tour, tour[1:] + tour[:1], strict=True))


def routes_cost(instance: Instance, routes: list[list[int]]) -> int:
    """Total distance of routes without depot; ValueError if a customer or the capacity is violated."""
    if sorted(node for route in routes for node in route) != list(range(1, instance.n)):
        raise ValueError("customers are not visited exactly once")
    cost = 0
    for route in routes:
        load = sum(instance.demands[node] for node in route)
        if load > instance.capacity:
            raise ValueError(f"load {load} above capacity {instance.capacity}")
        stops = [0, *route, 0]
        cost += sum(instance.distance(a, b) for a, b in pairwise(stops))
    return cost


def evaluate(instance: Instance, solution: list) -> int:
    """Cost of a tour, of routes or of start times, judged by the file alone."""
    match instance.problem:
        case "tsp":
            return tour_length(instance, solution)
        case "cvrp":
            return routes_cost(instance, solution)
    return shop.makespan(instance.jobs, solution)


def read_solution(path: Path, instance: Instance) -> list:
    """A TSPLIB tour as nodes from 0, CVRPLIB routes (customer k of the file is node k, the depot node 0), or the start
    times of machine sequences."""
    if instance.problem == "jssp":
        return shop.start_times(instance.jobs, shop.read_sequences(path))
    lines = [line.split() for line in path.read_text().splitlines()]
    if instance.problem == "cvrp":
        return [[int(word) for word in words[2:]] for words in lines if words and words[0] == "Route"]
    start = next(i for i, words in enumerate(lines) if words and words[0].startswith("TOUR_SECTION"))
    nodes = [int(word) for words in lines[start + 1:] for word in words if word != "EOF"]
    return [node - 1 for node in nodes[:nodes.index(-1)]]


def best_known_costs(folder: Path) -> dict[tuple[str, str], float]:
    """(problem, instance) -> best known cost, from bks.csv of the instances folder."""
    with open(folder / "bks.csv", newline="") as file:
        return {(row["problem"], row["instance"]): float(row["best_known"]) for row in csv.DictReader(file)}
