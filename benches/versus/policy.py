#!/usr/bin/env python3
"""Attention models: instances per CPU second of heuron's native kernels and of PyTorch, in turn on one core.

    python3 benches/versus/policy.py                  # two sizes of networks, 50 nodes, batches of 64
    python3 benches/versus/policy.py --n 20 100 --core 1

Both train by shared-baseline REINFORCE on tours from every start (Kwon et al., POMO, 2020), and infer greedily from every
start without augmentation. `train-8` is heuron's step with the 8 tours of an instance in the gradient that are farthest
from the baseline (`informative = 8` in its settings), against the same step of PyTorch. The best of the repetitions
counts. The first call installs PyTorch into benches/versus/.venv (several GB with its CUDA libraries, which are not used).
GFLOP/s counts products over all nodes, visited ones included, some of which heuron's kernels leave out, without those of
padding; the peak is that of multiply-adds in registers, measured on the same core.
"""

from __future__ import annotations

import argparse
import subprocess

import environment
import heuron
from environment import HERE, PYTHON

# Width, heads, layers, feed-forward: a small network, and the published one.
NETWORKS = [(64, 4, 3, 256), (128, 8, 6, 512)]


def figure(core: int, command: list[str]) -> float:
    """The number that a pinned process prints first."""
    done = subprocess.run(["taskset", "-c", str(core), *command], check=True, capture_output=True, text=True)
    return float(done.stdout.split()[0])


def operations(what: str, n: int, width: int, layers: int, hidden: int) -> float:
    """Floating-point operations per instance: products only, two per multiply-add."""
    encoder = layers * (n * (4 * width**2 + 2 * width * hidden) + 2 * n * n * width)
    tables = 5 * n * width**2 + 2 * n * n * width
    decisions = n * (n - 2) * 2 * n * width
    if what == "infer":
        return 2 * (encoder + tables + decisions)
    # A backward pass has two products per product of the forward pass; decisions are scored once more.
    share = 8 / n if what == "train-8" else 1.0
    return 2 * (3 * encoder + 3 * tables + (1 + 3 * share) * decisions)


def main() -> None:
    """Every network, size and task, both implementations in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--n", type=int, nargs="+", default=[50], metavar="N", help="nodes [default: 50]")
    add("--batch", type=int, default=64, help="instances per step [default: %(default)s]")
    add("--repeat", type=int, default=3, help="turns of each; the best counts [default: %(default)s]")
    add("--core", type=int, default=0, help="core for both [default: %(default)s]")
    options = parser.parse_args()
    environment.install("torch")
    example = str(heuron.build("--package", "heuron-policies", "--example", "throughput") / "examples" / "throughput")
    peak = figure(options.core, [example, "peak"])
    print(f"peak of the core: {peak:.0f} GFLOP/s\n")
    print("| network | n | what | heuron | PyTorch | times | GFLOP/s | of the peak |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for network in NETWORKS:
        for n, what in [(n, what) for n in options.n for what in ["train", "train-8", "infer"]]:
            shape = [*map(str, (n, *network, options.batch, 2))]
            ours, theirs = 0.0, 0.0
            for _ in range(options.repeat):
                ours = max(ours, figure(options.core, [example, what, *shape]))
                peer = [str(PYTHON), str(HERE / "torch_pomo.py"), what.removesuffix("-8"), *shape]
                theirs = max(theirs, figure(options.core, peer))
            width, _, layers, hidden = network
            speed = ours * operations(what, n, width, layers, hidden) * 1e-9
            row = f"| {width}x{layers} | {n} | {what} | {ours:.0f} | {theirs:.0f} | {ours / theirs:.1f} "
            print(f"{row}| {speed:.0f} | {speed / peak:.0%} |", flush=True)


if __name__ == "__main__":
    main()
