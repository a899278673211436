#!/usr/bin/env python3
"""The training claims of the papers, paired, at equal CPU time: small networks, several seeds, intervals.

    python3 benches/versus/claims.py [--cpu 240] [--n 20] [--seeds 1,2,3]

- Preference optimisation against REINFORCE (Pan et al., 2025: 2.5 times fewer epochs to REINFORCE's level).
- Preference optimisation with local search as a teacher, in the last 5 % as published and from half of the time on, against
  without.
- PPO against REINFORCE (RLOR, Wan et al., 2023: 8 times, of another REINFORCE: one trajectory per instance with a greedy
  rollout as baseline. Here both see the same trajectories, and REINFORCE's baseline is their mean).

A build with the feature `train` is needed. How many steps an arm can take in the CPU time is measured first, on a run of its
own; then every arm trains by steps, with the schedule of its whole run, on one thread. Gaps are greedy from all openings on
1 000 held-out instances, against the costs of `heuron solve`. `reached` is the part of an arm's time after which its
validation gap is at most the other's last one; `never` if it is not.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import resource
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NETWORK = """
[network]
width = 64
heads = 4
layers = 3
feed_forward = 256
"""
# Settings of every arm: what is not said is the default.
ARMS = {
    "reinforce": 'algorithm = "reinforce"',
    "preference": 'algorithm = "preference"',
    "preference, teacher from 95 %": 'algorithm = "preference"\n[improvement]\nfrom = 0.95',
    "preference, teacher from 50 %": 'algorithm = "preference"\n[improvement]\nfrom = 0.5',
    "ppo": 'algorithm = "ppo"',
}
CLAIMS = [
    ("preference", "reinforce"),
    ("preference, teacher from 95 %", "preference"),
    ("preference, teacher from 50 %", "preference"),
    ("ppo", "reinforce"),
]
# Steps of the run that measures the speed, and held-out instances.
TRIAL = 20
COUNT = 1000


class Bench:
    """One binary, one size, one folder for all runs."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.heuron, self.n, self.cpu, self.folder = options.heuron, options.n, options.cpu, folder

    def train(self, arm: str, seed: str, steps: int, name: str) -> tuple[Path, float]:
        """Trains an arm; the folder of the run and its CPU seconds, validation references left out."""
        settings, output = self.folder / f"{name}.toml", self.folder / name
        # Keys before tables.
        head, _, tables = ARMS[arm].partition("\n[")
        tables = f"\n[{tables}" if tables else ""
        settings.write_text(f"{head}\nsizes = [{self.n}]{tables}\n{NETWORK}\n[validation]\ncount = 128\n")
        command = ["train", "tsp", "--config", settings, "--seed", seed, "--steps", str(steps), "--threads", "1"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([self.heuron, *command, "--output", output, "--quiet"], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return output, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def steps(self, arm: str) -> int:
        """Steps that an arm can take in the CPU time."""
        longer = self.train(arm, "101", 3 * TRIAL, f"{arm}-trial-long")[1]
        shorter = self.train(arm, "101", TRIAL, f"{arm}-trial")[1]
        # Two runs, so that start, references and validation cancel.
        return max(TRIAL, int(self.cpu * 2 * TRIAL / max(longer - shorter, 1e-3)))

    def gaps(self, run: Path) -> list[float]:
        """Gap in % of every held-out instance."""
        report = run / "report.jsonl"
        model = ["--model", run / "model.safetensors", "--threads", "1", "--report", report]
        held_out = ["--n", str(self.n), "--count", str(COUNT), "--seed", "1"]
        subprocess.run([self.heuron, "evaluate", "tsp", *model, *held_out], check=True)
        lines = [json.loads(line) for line in report.read_text().splitlines()]
        return [100.0 * line["gap"] for line in lines[1:]]


def curve(run: Path) -> list[tuple[float, float]]:
    """Part of the run and validation gap."""
    with (run / "log.csv").open() as log:
        rows = list(csv.DictReader(log))
    last = float(rows[-1]["step"])
    return [(float(row["step"]) / last, float(row["validation_gap"])) for row in rows if row["validation_gap"]]


def reached(run: Path, other: Path) -> str:
    """When a run is as good as the other one at its end."""
    goal = curve(other)[-1][1]
    parts = [part for part, gap in curve(run) if gap <= goal]
    return f"{parts[0]:.2f}" if parts else "never"


def interval(values: list[float]) -> str:
    """The mean with its 95 % bootstrap interval."""
    rng = random.Random(1)
    means = sorted(sum(rng.choices(values, k=len(values))) / len(values) for _ in range(1000))
    return f"{sum(values) / len(values):+.3f} ({means[25]:+.3f} to {means[974]:+.3f})"


def main() -> None:
    """Trains every arm with every seed, then compares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cpu", type=float, default=240, help="CPU seconds of every run")
    parser.add_argument("--n", type=int, default=20)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--heuron", type=Path, default=ROOT / "target" / "release" / "heuron")
    options = parser.parse_args()
    seeds = options.seeds.split(",")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, Path(folder))
        runs, gaps = {}, {}
        for arm in ARMS:
            steps = bench.steps(arm)
            for seed in seeds:
                run, cpu = bench.train(arm, seed, steps, f"{arm}-{seed}")
                runs[arm, seed], gaps[arm, seed] = run, bench.gaps(run)
                mean = sum(gaps[arm, seed]) / COUNT
                print(f"{arm}, seed {seed}: {steps} steps, {cpu:.0f} CPU s, gap {mean:.3f} %", flush=True)
        print("\n| arm | against | difference of the gap, % | by seed | reached |\n| --- | --- | --- | --- | --- |")
        for arm, other in CLAIMS:
            pairs = [[a - b for a, b in zip(gaps[arm, seed], gaps[other, seed], strict=True)] for seed in seeds]
            by_seed = " ".join(f"{sum(pair) / COUNT:+.3f}" for pair in pairs)
            when = " ".join(reached(runs[arm, seed], runs[other, seed]) for seed in seeds)
            print(f"| {arm} | {other} | {interval([x for pair in pairs for x in pair])} | {by_seed} | {when} |")


if __name__ == "__main__":
    main()
