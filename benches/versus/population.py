#!/usr/bin/env python3
"""The claims of Poppy (Grinsztajn et al., 2023), paired, at equal updates and equal constructions.

    python3 benches/versus/population.py [--problems tsp,cvrp,knapsack,jssp] [--steps 400] [--seeds 1,2,3] [--keep FOLDER]

From the shipped model of a problem, with the same instances per step and the same steps:

- `policy`: goes on alone (REINFORCE with the mean of the starts as baseline, as Poppy's gradient has);
- `Poppy-4`, `Poppy-8`: a population of 4 and 8 decoders;
- `4 policies`, `8 policies`: an ensemble of policies that went on with seeds of their own, so with 4 and 8 times the updates.

Each then constructs greedily from all openings; the policy also by samples, as many as the population has constructions
and more, until they are as good as it, and the shipped model by as many as the populations. Of job shops, which have one
opening, the populations share out samples too, as in the paper. 1 000 held-out instances; differences of the gap to
`heuron solve` (job shops: to the shipped model) in percent of the reference, with 95 % bootstrap intervals over instances
and seeds. heuron is built with the feature `train`, and benches/versus/.venv gets the package that reads models. Training is
counted in steps, so other work on the machine changes nothing.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path
from statistics import fmean

import environment
import heuron
import stats

FEATURES = "train"
# Models of routes, of packings, and those that schedule.
ROUTES = "width = 64\nheads = 4\nlayers = 6\nfeed_forward = 256\n"
PACKINGS = "width = 64\nheads = 4\nlayers = 3\nfeed_forward = 256\n"
DISPATCH = "width = 32\nheads = 1\nlayers = 2\nfeed_forward = 48\n"
# Size, constructions per instance in training, and the shape of the shipped model.
PROBLEMS = {
    "tsp": (50, 12, ROUTES),
    "cvrp": (20, 12, ROUTES),
    "knapsack": (50, 12, PACKINGS),
    "jssp": (10, 12, DISPATCH),
}
AGENTS = [4, 8]
SAMPLES = [4, 8, 16, 32, 100]
BATCH = 32
# Options of an evaluation without references.
UNSOLVED = ["--references", "none"]


class Bench:
    """One binary and problem, a folder for all trainings and one for what is needed for a moment, and the references."""

    def __init__(self, binary: Path, options: argparse.Namespace, problem: str, scratch: Path) -> None:
        self.steps, self.count, self.rate = options.steps, options.count, options.rate
        self.binary, self.problem, self.scratch = binary, problem, scratch
        self.folder = options.keep / f"{problem}-{self.steps}-{self.rate}" if options.keep else scratch
        self.folder.mkdir(parents=True, exist_ok=True)
        self.n, self.starts, self.network = PROBLEMS[problem]
        # Of shops the references would take longer than all else: theirs are the costs of the shipped model.
        base = self.lines(problem, UNSOLVED if problem == "jssp" else [])
        self.references = [line["cost" if problem == "jssp" else "reference"] for line in base]
        self.openings = base[0]["trajectories"]
        self.base = {"shipped model": [self.gap(line["cost"], place) for place, line in enumerate(base)]}
        for agents in AGENTS:
            self.base[f"shipped model, {agents} samples"] = self.sampled(problem, agents)

    def train(self, name: str, seed: str, agents: int = 1) -> Path:
        """Goes on from the shipped model, as one policy or as a population."""
        output = self.folder / name
        network = f"[network]\n{self.network}"
        common = f"sizes = [{self.n}]\nbatch = {BATCH}\nstarts = {self.starts}\nlearning_rate = {self.rate}\n"
        # The validation is not used: it has one instance.
        population = f"[poppy]\nagents = {agents}\n" if agents > 1 else ""
        settings = f"{common}{network}{population}[validation]\ncount = 1\n"
        # A training that has ended ends at once when it is resumed.
        start = ["--resume"] if (output / "checkpoint.safetensors").exists() else ["--model", self.problem]
        algorithm = ["--algorithm", "poppy" if population else "reinforce"]
        options = [*start, "--seed", seed, "--threads", "1", *algorithm]
        heuron.train(self.binary, self.problem, settings, output, self.steps, options)
        return output / "model.safetensors"

    def agent(self, model: Path, agent: int) -> Path:
        """The model of one agent alone: its decoder with the shared encoder."""
        path = self.scratch / "agent.safetensors"
        program = [environment.PYTHON, environment.HERE / "agent.py"]
        subprocess.run([*program, model, str(agent), path], check=True)
        return path

    def lines(self, model: str | Path, options: list[str]) -> list[dict]:
        """The report of an evaluation, a line per held-out instance."""
        options = ["--threads", "1", *options]
        return heuron.evaluate(self.binary, self.problem, model, self.n, self.count, options)[1:]

    def gap(self, cost: int, place: int) -> float:
        """In % of the reference."""
        return 100.0 * (cost - self.references[place]) / abs(self.references[place])

    def gaps(self, model: str | Path, options: list[str]) -> list[float]:
        """Of every held-out instance."""
        return [self.gap(line["cost"], place) for place, line in enumerate(self.lines(model, [*UNSOLVED, *options]))]

    def sampled(self, model: str | Path, samples: int) -> list[float]:
        """With so many samples per opening."""
        return self.gaps(model, ["--decode", "sample", "--samples", str(samples * self.openings)])


def measure(bench: Bench, seed: str) -> dict[str, list[float]]:
    """Trains everything with a seed; the gaps of every arm."""
    found = dict(bench.base)
    members = [bench.train(f"policy-{seed}-{member}", f"{seed}{member}") for member in range(max(AGENTS))]
    greedy = [bench.gaps(model, []) for model in members]
    found["policy"] = greedy[0]
    for agents in AGENTS:
        found[f"{agents} policies"] = [min(gaps) for gaps in zip(*greedy[:agents], strict=True)]
        model = bench.train(f"poppy-{seed}-{agents}", seed, agents)
        # Of a shop the agents construct a greedy schedule each.
        attempts = [] if bench.problem == "jssp" else ["--decode", "population", "--attempts", str(agents)]
        found[f"Poppy-{agents}"] = bench.gaps(model, attempts)
        if bench.problem == "jssp":
            found |= {f"Poppy-{agents}, {samples} samples": bench.sampled(model, samples) for samples in SAMPLES}
        single = [bench.gaps(bench.agent(model, agent), []) for agent in range(agents)]
        found[f"an agent of Poppy-{agents}"] = [fmean(gaps) for gaps in zip(*single, strict=True)]
    for samples in SAMPLES:
        found[f"{samples} samples"] = bench.sampled(members[0], samples)
    return found


def report(problem: str, bench: Bench, found: list[dict[str, list[float]]]) -> None:
    """Two tables: the arms, and the claims."""
    print(f"\n## {problem}, n = {bench.n}, {bench.steps} steps\n\n| arm | gap, % |\n| --- | --- |")
    for arm in found[0]:
        print(f"| {arm} | {fmean([gap for run in found for gap in run[arm]]):.3f} |")
    print("\n| arm | against | difference, % | by seed |\n| --- | --- | --- | --- |")
    claims = [
        (f"Poppy-{k}", other)
        for k in AGENTS
        for other in (f"shipped model, {k} samples", f"{k} samples", f"{k} policies", "policy")
    ]
    claims += [(f"an agent of Poppy-{k}", "policy") for k in AGENTS]
    for arm, other in claims:
        difference, by_seed = stats.over_seeds(*([run[who] for run in found] for who in (arm, other)))
        print(f"| {arm} | {other} | {difference} | {by_seed} |")
    for agents in AGENTS:
        goal = fmean([gap for run in found for gap in run[f"Poppy-{agents}"]])
        enough = [k for k in SAMPLES if fmean([gap for run in found for gap in run[f"{k} samples"]]) <= goal]
        worth = f"at most {enough[0]} samples" if enough else f"more than {SAMPLES[-1]} samples"
        print(f"\nPoppy-{agents} is worth {worth} per opening.")


def main() -> None:
    """Every problem with every seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--problems", default=",".join(PROBLEMS), metavar="NAME,NAME...", help="with commas [default: %(default)s]")
    add("--steps", type=int, default=400, help="of every training [default: %(default)s]")
    add("--rate", type=float, default=3e-4, help="largest learning rate [default: %(default)s]")
    add("--count", type=int, default=1000, help="held-out instances [default: %(default)s]")
    add("--seeds", default="1,2,3", metavar="K,K...", help="of the trainings, with commas [default: %(default)s]")
    add("--keep", type=Path, metavar="DIR", help="folder for models and checkpoints, from which a later run goes on")
    heuron.add_flag(parser, FEATURES)
    options = parser.parse_args()
    environment.install("models")
    binary = heuron.program(options.heuron, FEATURES)
    for problem in options.problems.split(","):
        with tempfile.TemporaryDirectory() as scratch:
            bench = Bench(binary, options, problem, Path(scratch))
            report(problem, bench, [measure(bench, seed) for seed in options.seeds.split(",")])


if __name__ == "__main__":
    main()
