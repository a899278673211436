#!/usr/bin/env python3
"""The training claims of the papers, paired, at equal CPU time: small networks, several seeds, intervals.

    python3 benches/versus/claims.py [--problem tsp] [--cpu 240] [--n 20] [--seeds 1,2,3] [--arm reinforce --arm preference]

On the TSP:

- Preference optimisation against REINFORCE (Pan et al., 2025: 2.5 times fewer epochs to REINFORCE's level).
- Preference optimisation with local search as a teacher, in the last 5 % as published and from half of the time on, against
  without.
- PPO against REINFORCE on the same trajectories, with their mean as baseline, and against REINFORCE as RLOR has it (Wan et
  al., 2023: 8 times): one trajectory of each of 512 instances, a greedy rollout as baseline (Kool et al., 2019).

On flow shops:

- Preference optimisation over all pairs, and best-anchored (BOPO, 2025), against REINFORCE and against each other, with
  MatNet's mixed-score attention. Settings are those of the shipped model, which is best-anchored with means; alpha of all
  pairs is the least that PO gives for flow shops. Nothing was fitted to the other arms.
- Mixed-score attention against means over jobs and machines, best-anchored.

heuron is built with the feature `train`. Runs are kept in `--output`, and a comparison that was interrupted goes on
there with the same command; another binary needs another folder. How many steps an arm can take in the CPU time is
measured first, on a run of its own; then every arm trains by steps, with the schedule of its whole run, on one thread.
What is compared is greedy from all openings on 1 000 held-out instances: the gap to the costs of `heuron solve`, or on
flow shops the makespan. `reached` is the part of an arm's time after which its validation gap is at most the other's last
one; `never` if it is not.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import heuron
import stats
from environment import OUT


@dataclass
class Study:
    """What is compared on a problem."""

    common: str
    """Settings of every arm, keys; what is not said is the default."""
    tables: str
    """Settings of every arm, tables."""
    arms: dict[str, str]
    """Settings of each arm by its name."""
    claims: list[tuple[str, str]]
    """Who is compared with whom."""
    column: str
    """What is compared: the gap in % or the cost."""
    evaluate: list[str]
    """Further arguments of `heuron evaluate`."""


# The two encoders of flow shops, and the pairs of BOPO.
MEANS = "[network]\nwidth = 32\nheads = 2\nlayers = 2\nfeed_forward = 48"
MIXED = f"{MEANS}\nmixed_score = 3"
BEST = '[preference]\npairs = "best"\nper_choice = true\nalpha = 1.0'
STUDIES = {
    "tsp": Study(
        common="",
        tables="[network]\nwidth = 64\nheads = 4\nlayers = 3\nfeed_forward = 256\n[validation]\ncount = 128",
        arms={
            "reinforce": 'algorithm = "reinforce"',
            "preference": 'algorithm = "preference"',
            "preference, teacher from 95 %": 'algorithm = "preference"\n[improvement]\nfrom = 0.95',
            "preference, teacher from 50 %": 'algorithm = "preference"\n[improvement]\nfrom = 0.5',
            "ppo": 'algorithm = "ppo"',
            "reinforce, rollout": 'algorithm = "reinforce"\nbatch = 512\nstarts = 1\n[reinforce]\nbaseline = "rollout"',
        },
        claims=[
            ("preference", "reinforce"),
            ("preference, teacher from 95 %", "preference"),
            ("preference, teacher from 50 %", "preference"),
            ("ppo", "reinforce"),
            ("ppo", "reinforce, rollout"),
        ],
        column="gap, %",
        evaluate=[],
    ),
    "ffsp": Study(
        common="batch = 16\nstarts = 32\ninformative = 12\nlearning_rate = 2e-3",
        tables="[validation]\ncount = 24",
        arms={
            "reinforce": f'algorithm = "reinforce"\n{MIXED}',
            "preference": f'algorithm = "preference"\n[preference]\nalpha = 1.0\n{MIXED}',
            "best-anchored": f'algorithm = "preference"\n{BEST}\n{MIXED}',
            "best-anchored, means": f'algorithm = "preference"\n{BEST}\n{MEANS}',
        },
        claims=[
            ("preference", "reinforce"),
            ("best-anchored", "reinforce"),
            ("best-anchored", "preference"),
            ("best-anchored", "best-anchored, means"),
        ],
        column="makespan",
        evaluate=["--references", "none"],
    ),
}
# What the program is built with, steps of the run that measures the speed, and held-out instances.
FEATURES = "train"
TRIAL = 20
COUNT = 1000


class Bench:
    """One binary, one problem, one size, one folder for all runs. What is in the folder is not done again."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.binary = heuron.program(options.heuron, FEATURES)
        self.n, self.cpu, self.folder = options.n, options.cpu, folder
        self.problem, self.study = options.problem, STUDIES[options.problem]
        # Of the validation set, which is the same for all: only the first run computes them.
        self.references = folder / "references.json"
        if not self.references.exists():
            run, _ = self.train(next(iter(self.study.arms)), "101", 1, "references")
            shutil.copy(run / "references.json", self.references)

    def train(self, arm: str, seed: str, steps: int, name: str) -> tuple[Path, float]:
        """Trains an arm; the folder of the run and its CPU seconds."""
        output = self.folder / name
        done = output / "cpu.json"
        if done.exists():
            return output, json.loads(done.read_text())
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir()
        if self.references.exists():
            shutil.copy(self.references, output)
        # Keys before tables.
        head, _, tables = self.study.arms[arm].partition("\n[")
        tables = f"\n[{tables}" if tables else ""
        settings = f"{head}\n{self.study.common}\nsizes = [{self.n}]{tables}\n{self.study.tables}\n"
        cpu = heuron.train(self.binary, self.problem, settings, output, steps, ["--seed", seed, "--threads", "1"])
        done.write_text(json.dumps(cpu))
        return output, cpu

    def steps(self, arm: str) -> int:
        """Steps that an arm can take in the CPU time."""
        longer = self.train(arm, "101", 3 * TRIAL, f"{arm}-trial-long")[1]
        shorter = self.train(arm, "101", TRIAL, f"{arm}-trial")[1]
        # Two runs, so that start and validation cancel.
        return max(TRIAL, int(self.cpu * 2 * TRIAL / max(longer - shorter, 1e-3)))

    def judge(self, run: Path) -> list[float]:
        """Gap in % or cost of every held-out instance."""
        model, options = run / "model.safetensors", ["--threads", "1", *self.study.evaluate]
        _, *lines = heuron.evaluate(self.binary, self.problem, model, self.n, COUNT, options)
        gap = self.study.column.startswith("gap")
        return [100.0 * line["gap"] if gap else float(line["cost"]) for line in lines]


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


def chosen(study: Study, names: list[str] | None) -> list[str]:
    """Arms by their names, all if none are named."""
    unknown = set(names or []) - set(study.arms)
    if unknown:
        raise SystemExit(f"unknown arm {', '.join(sorted(unknown))}; there are: {'; '.join(study.arms)}")
    return [arm for arm in study.arms if names is None or arm in names]


def main() -> None:
    """Trains every arm with every seed, then compares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--problem", choices=list(STUDIES), default="tsp", help="what is learned [default: %(default)s]")
    add("--cpu", type=float, default=240, help="CPU seconds of every run [default: %(default)s]")
    add("--n", type=int, default=20, help="nodes or jobs of an instance [default: %(default)s]")
    add("--seeds", default="1,2,3", metavar="K,K...", help="of the trainings, with commas [default: %(default)s]")
    add("--arm", action="append", metavar="NAME", help="which; may be repeated [default: all]")
    add("--jobs", type=int, default=1, help="runs at a time; only their own CPU time counts [default: %(default)s]")
    add("--output", type=Path, metavar="DIR", help="folder of the runs [default: benches/versus/out/claims-PROBLEM-N]")
    heuron.add_flag(parser, FEATURES)
    options = parser.parse_args()
    arms, seeds = chosen(STUDIES[options.problem], options.arm), options.seeds.split(",")
    output = options.output or OUT / f"claims-{options.problem}-{options.n}"
    output.mkdir(parents=True, exist_ok=True)
    bench = Bench(options, output)
    runs, found, column = {}, {}, bench.study.column
    with ThreadPoolExecutor(options.jobs) as pool:
        steps = dict(zip(arms, pool.map(bench.steps, arms), strict=True))

        def run(job: tuple[str, str]) -> None:
            arm, seed = job
            runs[job], cpu = bench.train(arm, seed, steps[arm], f"{arm}-{seed}-{steps[arm]}")
            found[job] = bench.judge(runs[job])
            print(f"{arm}, seed {seed}: {steps[arm]} steps, {cpu:.0f} CPU s, {column} {fmean(found[job]):.3f}", flush=True)

        list(pool.map(run, [(arm, seed) for seed in seeds for arm in arms]))
    print(f"\n| arm | against | difference of the {column} | by seed | reached |\n| --- | --- | --- | --- | --- |")
    for arm, other in (claim for claim in bench.study.claims if set(claim) <= set(arms)):
        mean, by_seed = stats.over_seeds(*([found[who, seed] for seed in seeds] for who in (arm, other)))
        when = " ".join(reached(runs[arm, seed], runs[other, seed]) for seed in seeds)
        print(f"| {arm} | {other} | {mean} | {by_seed} | {when} |")


if __name__ == "__main__":
    main()
