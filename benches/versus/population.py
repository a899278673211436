#!/usr/bin/env python3
"""The claims of Poppy (Grinsztajn et al., 2023), paired, at equal updates and equal constructions.

    python3 benches/versus/population.py [--problems tsp,cvrp,knapsack,jssp] [--steps 400] [--rate 3e-4] [--seeds 1,2,3] [--keep FOLDER]

From the shipped model of a problem, with the same instances per step and the same steps:

- `policy`: goes on alone (REINFORCE with the mean of the starts as baseline, as Poppy's gradient has);
- `Poppy-4`, `Poppy-8`: a population of 4 and 8 decoders;
- `4 policies`, `8 policies`: an ensemble of policies that went on with seeds of their own, so with 4 and 8 times the updates.

Each then constructs greedily from all openings; the policy also by samples, as many as the population has constructions and
more, until they are as good as it, and the shipped model by as many as the populations. Of job shops, which have one opening, the
populations share out samples too, as in the paper. 1 000 held-out instances; differences of the gap to `heuron solve` (job shops: to the
shipped model) in percent of the reference, with 95 % bootstrap intervals over instances and seeds. A build with the feature
`train` is needed. Training is counted in steps, so other work on the machine changes nothing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

from claims import interval

ROOT = Path(__file__).resolve().parent.parent.parent
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

    def __init__(self, options: argparse.Namespace, problem: str, scratch: Path) -> None:
        self.heuron, self.steps, self.count, self.rate = options.heuron, options.steps, options.count, options.rate
        self.problem, self.scratch = problem, scratch
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

    def train(self, name: str, seed: str, settings: str) -> Path:
        """Goes on from the shipped model."""
        config, output = self.folder / f"{name}.toml", self.folder / name
        network = f"[network]\n{self.network}"
        common = f"sizes = [{self.n}]\nbatch = {BATCH}\nstarts = {self.starts}\nlearning_rate = {self.rate}\n"
        # The validation is not used: it has one instance.
        config.write_text(f"{common}{network}{settings}[validation]\ncount = 1\n")
        # A training that has ended ends at once when it is resumed.
        start = ["--resume"] if (output / "checkpoint.safetensors").exists() else ["--model", self.problem]
        command = ["train", self.problem, "--config", config, *start, "--seed", seed, "--threads", "1"]
        algorithm = ["--algorithm", "poppy" if "poppy" in settings else "reinforce"]
        steps = ["--steps", str(self.steps), "--output", output, "--quiet"]
        subprocess.run([self.heuron, *command, *algorithm, *steps], check=True)
        return output / "model.safetensors"

    def agent(self, model: Path, agent: int) -> Path:
        """The model of one agent alone: its decoder with the shared encoder."""
        data = model.read_bytes()
        size = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + size])
        about = json.loads(header["__metadata__"]["heuron"])
        del about["architecture"]["agents"]
        header["__metadata__"]["heuron"] = json.dumps(about)
        if agent > 0:
            own = f"agents.{agent}."
            header |= {f"decoder.{name.removeprefix(own)}": header[name] for name in header if name.startswith(own)}
        tensors, content = {"__metadata__": header["__metadata__"]}, b""
        for name in sorted(name for name in header if name != "__metadata__" and not name.startswith("agents.")):
            begin, end = (8 + size + offset for offset in header[name]["data_offsets"])
            place = [len(content), len(content) + end - begin]
            tensors[name] = {**header[name], "data_offsets": place}
            content += data[begin:end]
        text = json.dumps(tensors).encode()
        text += b" " * (-len(text) % 8)
        path = self.scratch / "agent.safetensors"
        path.write_bytes(len(text).to_bytes(8, "little") + text + content)
        return path

    def lines(self, model: str | Path, options: list[str]) -> list[dict]:
        """The report of an evaluation, a line per held-out instance."""
        report = self.scratch / "report.jsonl"
        held_out = ["--n", str(self.n), "--count", str(self.count), "--seed", "1", "--threads", "1"]
        command = [self.heuron, "evaluate", self.problem, "--model", model, "--report", report, *held_out]
        subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)
        return [json.loads(line) for line in report.read_text().splitlines()[1:]]

    def gap(self, cost: int, place: int) -> float:
        """In % of the reference."""
        return 100.0 * (cost - self.references[place]) / abs(self.references[place])

    def gaps(self, model: str | Path, options: list[str]) -> list[float]:
        """Of every held-out instance."""
        return [self.gap(line["cost"], place) for place, line in enumerate(self.lines(model, [*UNSOLVED, *options]))]

    def sampled(self, model: str | Path, samples: int) -> list[float]:
        """With so many samples per opening."""
        return self.gaps(model, ["--decode", "sample", "--samples", str(samples * self.openings)])


def mean(values: list[float]) -> float:
    """The mean."""
    return sum(values) / len(values)


def measure(bench: Bench, seed: str) -> dict[str, list[float]]:
    """Trains everything with a seed; the gaps of every arm."""
    found = dict(bench.base)
    members = [bench.train(f"policy-{seed}-{member}", f"{seed}{member}", "") for member in range(max(AGENTS))]
    greedy = [bench.gaps(model, []) for model in members]
    found["policy"] = greedy[0]
    for agents in AGENTS:
        found[f"{agents} policies"] = [min(gaps) for gaps in zip(*greedy[:agents], strict=True)]
        model = bench.train(f"poppy-{seed}-{agents}", seed, f"[poppy]\nagents = {agents}\n")
        # Of a shop the agents construct a greedy schedule each.
        attempts = [] if bench.problem == "jssp" else ["--decode", "population", "--attempts", str(agents)]
        found[f"Poppy-{agents}"] = bench.gaps(model, attempts)
        if bench.problem == "jssp":
            found |= {f"Poppy-{agents}, {samples} samples": bench.sampled(model, samples) for samples in SAMPLES}
        single = [bench.gaps(bench.agent(model, agent), []) for agent in range(agents)]
        found[f"an agent of Poppy-{agents}"] = [mean(gaps) for gaps in zip(*single, strict=True)]
    for samples in SAMPLES:
        found[f"{samples} samples"] = bench.sampled(members[0], samples)
    return found


def report(problem: str, bench: Bench, found: list[dict[str, list[float]]]) -> None:
    """Two tables: the arms, and the claims."""
    print(f"\n## {problem}, n = {bench.n}, {bench.steps} steps\n\n| arm | gap, % |\n| --- | --- |")
    for arm in found[0]:
        print(f"| {arm} | {mean([gap for run in found for gap in run[arm]]):.3f} |")
    print("\n| arm | against | difference, % | by seed |\n| --- | --- | --- | --- |")
    claims = [
        (f"Poppy-{k}", other)
        for k in AGENTS
        for other in (f"shipped model, {k} samples", f"{k} samples", f"{k} policies", "policy")
    ]
    claims += [(f"an agent of Poppy-{k}", "policy") for k in AGENTS]
    for arm, other in claims:
        pairs = [[a - b for a, b in zip(run[arm], run[other], strict=True)] for run in found]
        by_seed = " ".join(f"{mean(pair):+.3f}" for pair in pairs)
        print(f"| {arm} | {other} | {interval([x for pair in pairs for x in pair])} | {by_seed} |")
    for agents in AGENTS:
        goal = mean([gap for run in found for gap in run[f"Poppy-{agents}"]])
        enough = [k for k in SAMPLES if mean([gap for run in found for gap in run[f"{k} samples"]]) <= goal]
        worth = f"at most {enough[0]} samples" if enough else f"more than {SAMPLES[-1]} samples"
        print(f"\nPoppy-{agents} is worth {worth} per opening.")


def main() -> None:
    """Every problem with every seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", default=",".join(PROBLEMS))
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--rate", type=float, default=3e-4, help="largest learning rate")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--heuron", type=Path, default=ROOT / "target" / "release" / "heuron")
    parser.add_argument("--keep", type=Path, help="folder for models and checkpoints, from which a later run goes on")
    options = parser.parse_args()
    for problem in options.problems.split(","):
        with tempfile.TemporaryDirectory() as scratch:
            bench = Bench(options, problem, Path(scratch))
            report(problem, bench, [measure(bench, seed) for seed in options.seeds.split(",")])


if __name__ == "__main__":
    main()
