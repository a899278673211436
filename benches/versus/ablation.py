#!/usr/bin/env python3
"""The same search with and without the shipped model, at equal CPU time, on published sets and on files.

    python3 benches/versus/ablation.py [--sets tsp100,cvrp100,ta01-10] [--count 50] [--budgets 10ms,100ms,1s] [--seeds 1,2,3]
    python3 benches/versus/ablation.py --sets 'cvrp/X/*.vrp,tsp/tsplib/*.tsp' --count 12 --budgets 100ms,1s,10s --seeds 1

A set is a published one, or `ffsp` and a number of jobs (flow shops as MatNet draws them, of seed 1), or a pattern of public
instance files: `--count` of them from end to end.
`policy+local` begins with constructions of the model; with `--no-model` a rule takes its place; `auto` is the classical
search of the recipe. One thread, limits in CPU seconds, model loading included. Prints the mean cost of each, and the mean
difference in % between the model and each of the others with its 95 % bootstrap interval over instances and seeds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from statistics import fmean

import heuron
import stats
from environment import public_instances

SETS = "tsp100,cvrp100,ta01-10,ta21-30,ta41-50,ffsp20,ffsp50,ffsp100"
DRAWS = 2000
"""Of the bootstrap, as in the published table."""


def main() -> None:
    """Every set, budget and method in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--sets", default=SETS, metavar="NAME,NAME...", help="with commas [default: %(default)s]")
    add("--count", type=int, default=50, help="instances: the first ones of each set [default: %(default)s]")
    add("--budgets", default="10ms,100ms,1s", metavar="SPAN,SPAN...", help="CPU time per instance [default: %(default)s]")
    add("--seeds", default="1,2,3", metavar="K,K...", help="with commas [default: %(default)s]")
    add("--model", metavar="FILE|NAME", help="in the place of the shipped model")
    add("--instances", type=Path, help="public files [default: $HEURON_INSTANCES, then ../shared/instances]")
    heuron.add_flag(parser)
    options = parser.parse_args()
    binary = heuron.program(options.heuron)
    print("| set | CPU time | model | rule | auto | model against rule, % | model against auto, % |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.sets.split(","):
            if "*" in name:
                files = spread(sorted(public_instances(options.instances).glob(name)), options.count)
            else:
                files = generate(binary, name, options.count, Path(folder))
            for budget in options.budgets.split(","):
                costs = {method: [] for method in methods(options.model)}
                for seed in options.seeds.split(","):
                    for method, arguments in methods(options.model).items():
                        costs[method] += solve(binary, files, budget, seed, arguments, Path(folder))
                print(row(name, budget, costs), flush=True)


def methods(model: str | None) -> dict[str, list[str]]:
    """Arguments of `heuron solve` for each method."""
    chosen = ["--model", model] if model else []
    local = ["--method", "policy+local"]
    return {"model": [*local, *chosen], "rule": [*local, "--no-model"], "auto": []}


def spread(files: list[Path], count: int) -> list[Path]:
    """So many files, evenly from the first to the last."""
    return [files[at * len(files) // count] for at in range(min(count, len(files)))] if len(files) > count else files


def generate(binary: Path, name: str, count: int, folder: Path) -> list[Path]:
    """Files of the first instances of a set: one of routes, one per shop."""
    problem = next((kind for kind in ("tsp", "cvrp", "ffsp") if name.startswith(kind)), "jssp")
    is_shop = problem in ("jssp", "ffsp")
    place = folder / name if is_shop else folder / f"{name}.npz"
    what = ["--n", name.removeprefix("ffsp"), "--seed", "1"] if problem == "ffsp" else ["--set", name]
    arguments = ["generate", problem, *what, "--count", str(count), "--output", f"{place}/" if is_shop else place]
    subprocess.run([binary, *arguments], check=True)
    return sorted(place.iterdir()) if is_shop else [place]


def solve(binary: Path, files: list[Path], budget: str, seed: str, arguments: list[str], folder: Path) -> list[float]:
    """Cost of every instance of the files, in their order."""
    report, output = folder / "report.jsonl", folder / "out" if len(files) == 1 else f"{folder}/out.d/"
    fixed = ["--clock", "cpu", "--threads", "1", "--quiet", "--output", output, "--report", report]
    subprocess.run([binary, "solve", *files, "--time", budget, "--seed", seed, *fixed, *arguments], check=True)
    lines = sorted((json.loads(line) for line in report.read_text().splitlines()), key=lambda line: line["instance"])
    return [line["cost"] / line["scale"] for line in lines]


def row(name: str, budget: str, costs: dict[str, list[float]]) -> str:
    """A line of the table."""
    means = [f"{fmean(values):.4f}" for values in costs.values()]
    others = [stats.per_cent(costs["model"], costs[other]) for other in ("rule", "auto")]
    return f"| {name} | {budget} | {' | '.join([*means, *(stats.interval(values, DRAWS) for values in others)])} |"


if __name__ == "__main__":
    main()
