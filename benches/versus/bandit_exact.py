#!/usr/bin/env python3
"""What is left to gain on small paths of bandits: the optimum beside the planner with standing orders, both computed exactly.

    python3 benches/versus/bandit_exact.py [--n 8] [--count 5] [--seed 101]

Up to 8 arms: the recursion goes through all 4^arms states. The first call installs numpy into benches/versus/.venv.
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

import environment
import heuron
from environment import HERE, OUT, PYTHON


def main() -> None:
    """A row per instance."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--n", type=int, default=8, metavar="N", help="arms, up to 8 [default: %(default)s]")
    add("--count", type=int, default=5, metavar="N", help="instances [default: %(default)s]")
    add("--seed", type=int, default=101, metavar="N", help="of the instances [default: %(default)s]")
    heuron.add_flag(parser)
    options = parser.parse_args()
    environment.install("exact")
    binary = heuron.program(options.heuron)
    print("| instance | allowed sets | optimum | planner with standing orders | below |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for index, path in enumerate(instances(binary, options.n, options.count, options.seed)):
        done = subprocess.run([PYTHON, HERE / "bandit_optimum.py", path], check=True, capture_output=True, text=True)
        sets, optimum, planner = map(float, done.stdout.split())
        below = f"{100 * (1 - planner / optimum):.3f} %"
        print(f"| {index} | {sets:.0f} | {optimum:.5f} | {planner:.5f} | {below} |", flush=True)


def instances(binary: Path, n: int, count: int, seed: int) -> list[Path]:
    """Files of generated paths, written anew."""
    folder = OUT / "bandits" / f"path{n}-s{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    law = ["--n", str(n), "--distribution", "path,budget=3", "--count", str(count), "--seed", str(seed)]
    subprocess.run([binary, "generate", "bandit", *law, "--output", folder], check=True)
    return sorted(folder.glob("*.bandit"))[:count]


if __name__ == "__main__":
    main()
