#!/usr/bin/env python3
"""The claims of Poppy (Grinsztajn et al., 2023), paired, at equal updates and equal constructions.

    python3 benches/versus/population.py [--problems tsp,cvrp,knapsack] [--steps 400] [--seeds 1,2,3]

From the shipped model of a problem, with the same instances per step and the same steps:

- `policy`: goes on alone (REINFORCE with the mean of the starts as baseline, as Poppy's gradient has);
- `Poppy-4`, `Poppy-8`: a population of 4 and 8 decoders;
- `4 policies`, `8 policies`: an ensemble of policies that went on with seeds of their own, so with 4 and 8 times the updates.

Each then constructs greedily from all openings; the policy also by samples, as many as the population has constructions and
more, until they are as good as it. 1 000 held-out instances; differences of the gap to `heuron solve` in percent of the
reference, with 95 % bootstrap intervals over instances and seeds. A build with the feature `train` is needed. Training is
counted in steps, so other work on the machine changes nothing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

from claims import interval

ROOT = Path(__file__).resolve().parent.parent.parent
# Size, openings per instance in training, and the shape of the shipped model.
PROBLEMS = {"tsp": (50, 12, True), "cvrp": (20, 12, True), "knapsack": (50, 12, False)}
AGENTS = [4, 8]
SAMPLES = [4, 8, 16, 32, 100]
BATCH = 32


class Bench:
    """One binary and problem, a folder for all runs, and the references."""

    def __init__(self, options: argparse.Namespace, problem: str, folder: Path) -> None:
        self.heuron, self.steps, self.count = options.heuron, options.steps, options.count
        self.problem, self.folder = problem, folder
        self.n, self.starts, self.bias = PROBLEMS[problem]
        self.references = None
        base = self.lines(problem, [])
        self.references = [line["reference"] for line in base]
        self.openings = base[0]["trajectories"]
        self.base = [self.gap(line["cost"], place) for place, line in enumerate(base)]

    def train(self, name: str, seed: str, settings: str) -> Path:
        """Goes on from the shipped model."""
        config, output = self.folder / f"{name}.toml", self.folder / name
        bias = f"distance_bias = {str(self.bias).lower()}\n"
        network = f"[network]\nwidth = 64\nheads = 4\nlayers = 3\nfeed_forward = 256\n{bias}"
        common = f"sizes = [{self.n}]\nbatch = {BATCH}\nstarts = {self.starts}\nlearning_rate = 3e-4\n"
        # The validation is not used: it has one instance.
        config.write_text(f"{common}{network}{settings}[validation]\ncount = 1\n")
        command = ["train", self.problem, "--config", config, "--model", self.problem, "--seed", seed, "--threads", "1"]
        algorithm = ["--algorithm", "poppy" if "poppy" in settings else "reinforce"]
        steps = ["--steps", str(self.steps), "--output", output, "--quiet"]
        subprocess.run([self.heuron, *command, *algorithm, *steps], check=True)
        return output / "model.safetensors"

    def lines(self, model: str | Path, options: list[str]) -> list[dict]:
        """The report of an evaluation, a line per held-out instance."""
        report = self.folder / "report.jsonl"
        held_out = ["--n", str(self.n), "--count", str(self.count), "--seed", "1", "--threads", "1"]
        references = [] if self.references is None else ["--references", "none"]
        command = [self.heuron, "evaluate", self.problem, "--model", model, "--report", report, *held_out]
        subprocess.run([*command, *references, *options], check=True, stdout=subprocess.DEVNULL)
        return [json.loads(line) for line in report.read_text().splitlines()[1:]]

    def gap(self, cost: int, place: int) -> float:
        """In % of the reference."""
        return 100.0 * (cost - self.references[place]) / abs(self.references[place])

    def gaps(self, model: str | Path, options: list[str]) -> list[float]:
        """Of every held-out instance."""
        return [self.gap(line["cost"], place) for place, line in enumerate(self.lines(model, options))]


def mean(values: list[float]) -> float:
    """The mean."""
    return sum(values) / len(values)


def measure(bench: Bench, seed: str) -> dict[str, list[float]]:
    """Trains everything with a seed; the gaps of every arm."""
    found = {}
    members = [bench.train(f"policy-{seed}-{member}", f"{seed}{member}", "") for member in range(max(AGENTS))]
    greedy = [bench.gaps(model, []) for model in members]
    found["policy"] = greedy[0]
    for agents in AGENTS:
        found[f"{agents} policies"] = [min(gaps) for gaps in zip(*greedy[:agents], strict=True)]
        model = bench.train(f"poppy-{seed}-{agents}", seed, f"[poppy]\nagents = {agents}\n")
        # With fewer attempts than agents only the first ones work.
        population = ["--decode", "population", "--attempts"]
        found[f"Poppy-{agents}"] = bench.gaps(model, [*population, str(agents)])
        found[f"one agent of Poppy-{agents}"] = bench.gaps(model, [*population, "1"])
    for samples in SAMPLES:
        count = str(samples * bench.openings)
        found[f"{samples} samples"] = bench.gaps(members[0], ["--decode", "sample", "--samples", count])
    return found


def report(problem: str, bench: Bench, found: list[dict[str, list[float]]]) -> None:
    """Two tables: the arms, and the claims."""
    print(f"\n## {problem}, n = {bench.n}, {bench.steps} steps\n\n| arm | gap, % |\n| --- | --- |")
    print(f"| shipped model | {mean(bench.base):.3f} |")
    for arm in found[0]:
        print(f"| {arm} | {mean([gap for run in found for gap in run[arm]]):.3f} |")
    print("\n| arm | against | difference, % | by seed |\n| --- | --- | --- | --- |")
    claims = [(f"Poppy-{k}", other) for k in AGENTS for other in (f"{k} samples", f"{k} policies", "policy")]
    claims += [(f"one agent of Poppy-{k}", "policy") for k in AGENTS]
    for arm, other in claims:
        pairs = [[a - b for a, b in zip(run[arm], run[other], strict=True)] for run in found]
        by_seed = " ".join(f"{mean(pair):+.3f}" for pair in pairs)
        print(f"| {arm} | {other} | {interval([x for pair in pairs for x in pair])} | {by_seed} |")
    for agents in AGENTS:
        goal = mean([gap for run in found for gap in run[f"Poppy-{agents}"]])
        enough = [k for k in SAMPLES if mean([gap for run in found for gap in run[f"{k} samples"]]) <= goal]
        worth = f"{enough[0]} samples" if enough else f"more than {SAMPLES[-1]} samples"
        print(f"\nPoppy-{agents} is worth {worth} per opening.")


def main() -> None:
    """Every problem with every seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", default=",".join(PROBLEMS))
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--heuron", type=Path, default=ROOT / "target" / "release" / "heuron")
    options = parser.parse_args()
    for problem in options.problems.split(","):
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(options, problem, Path(folder))
            report(problem, bench, [measure(bench, seed) for seed in options.seeds.split(",")])


if __name__ == "__main__":
    main()
