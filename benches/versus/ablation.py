#!/usr/bin/env python3
"""The same search with and without the shipped model, at equal CPU time, on published sets.

    python3 benches/versus/ablation.py [--sets tsp100,cvrp100,ta01-10,ta21-30,ta41-50,ffsp50] [--count 50] [--budgets 10ms,100ms,1s] [--seeds 1,2,3]

A set is a published one, or `ffsp` and a number of jobs: flow shops as MatNet draws them, of seed 1.
`policy+local` begins with constructions of the model; with `--no-model` a rule takes its place; `auto` is the classical
search of the recipe. One thread, limits in CPU seconds, model loading included. Prints the mean cost of each, and the mean
difference in % between the model and each of the others with its 95 % bootstrap interval over instances and seeds.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SETS = "tsp100,cvrp100,ta01-10,ta21-30,ta41-50,ffsp20,ffsp50,ffsp100"
METHODS = {"model": ["--method", "policy+local"], "rule": ["--method", "policy+local", "--no-model"], "auto": []}


def main() -> None:
    """Every set, budget and method in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default=SETS)
    parser.add_argument("--count", type=int, default=50, help="instances: the first ones of each set")
    parser.add_argument("--budgets", default="10ms,100ms,1s")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--heuron", type=Path, default=ROOT / "target" / "release" / "heuron")
    parser.add_argument("--model", help="a file or name instead of the shipped model")
    options = parser.parse_args()
    if options.model:
        METHODS["model"] += ["--model", options.model]
    print("| set | CPU time | model | rule | auto | model against rule, % | model against auto, % |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.sets.split(","):
            files = instances(options.heuron, name, options.count, Path(folder))
            for budget in options.budgets.split(","):
                costs = {method: [] for method in METHODS}
                for seed in options.seeds.split(","):
                    for method, arguments in METHODS.items():
                        costs[method] += solve(options.heuron, files, budget, seed, arguments, Path(folder))
                print(row(name, budget, costs), flush=True)


def instances(heuron: Path, name: str, count: int, folder: Path) -> list[Path]:
    """Files of the first instances of a set: one of routes, one per shop."""
    problem = next((kind for kind in ("tsp", "cvrp", "ffsp") if name.startswith(kind)), "jssp")
    is_shop = problem in ("jssp", "ffsp")
    place = folder / name if is_shop else folder / f"{name}.npz"
    what = ["--n", name.removeprefix("ffsp"), "--seed", "1"] if problem == "ffsp" else ["--set", name]
    generate = ["generate", problem, *what, "--count", str(count), "--output", f"{place}/" if is_shop else place]
    subprocess.run([heuron, *generate], check=True)
    return sorted(place.iterdir()) if is_shop else [place]


def solve(heuron: Path, files: list[Path], budget: str, seed: str, arguments: list[str], folder: Path) -> list[float]:
    """Cost of every instance of the files, in their order."""
    report = folder / "report.jsonl"
    fixed = ["--clock", "cpu", "--threads", "1", "--quiet", "--output", folder / "out" if len(files) == 1 else f"{folder}/out.d/", "--report", report]
    command = [heuron, "solve", *files, "--time", budget, "--seed", seed, *fixed, *arguments]
    subprocess.run(command, check=True)
    lines = sorted((json.loads(line) for line in report.read_text().splitlines()), key=lambda line: line["instance"])
    return [line["cost"] / line["scale"] for line in lines]


def row(name: str, budget: str, costs: dict[str, list[float]]) -> str:
    """A line of the table."""
    means = [f"{sum(values) / len(values):.4f}" for values in costs.values()]
    differences = [difference(costs["model"], costs[other]) for other in ("rule", "auto")]
    return f"| {name} | {budget} | {' | '.join([*means, *differences])} |"


def difference(ours: list[float], others: list[float]) -> str:
    """Mean of the paired relative differences with its interval; negative: the model is better."""
    values = [100.0 * (a / b - 1.0) for a, b in zip(ours, others, strict=True)]
    rng = random.Random(1)
    means = sorted(sum(rng.choices(values, k=len(values))) / len(values) for _ in range(2000))
    return f"{sum(values) / len(values):+.3f} ({means[50]:+.3f} to {means[1949]:+.3f})"


if __name__ == "__main__":
    main()
