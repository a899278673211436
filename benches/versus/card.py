#!/usr/bin/env python3
"""Training and evaluation on a graphics card: heuron's burn network, its native kernels, and PyTorch, on one machine.

    python3 benches/versus/card.py                          # builds heuron with the feature `gpu`
    python3 benches/versus/card.py --heuron PATH --device cuda

Trains by shared-baseline REINFORCE on tours from every start (Kwon et al., POMO, 2020) for a few steps on each device and
prints instances per second, steps and validation included, and the validation gap reached from equal seeds; then evaluates
the shipped model on each device, whose costs must agree. PyTorch is that of the calling Python, and is left out without CUDA.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import heuron
from environment import HERE

# Devices, and what heuron is built with for each.
FEATURES = {"cpu": "train", "gpu": "gpu", "cuda": "cuda"}
# Width, heads, layers, feed-forward: a small network, and the published one.
NETWORKS = [(64, 4, 3, 256), (128, 8, 6, 512)]
SETTINGS = """sizes = [{n}]
batch = {batch}
log_every = {steps}
[network]
width = {width}
heads = {heads}
layers = {layers}
feed_forward = {hidden}
[validation]
count = 64
sizes = [{n}]
every = {steps}
"""


def train(binary: Path, device: str, threads: int, shape: dict[str, int], steps: int) -> tuple[float, float]:
    """Instances per second of all steps after the first tenth, and the gap in percent at the end."""
    options = ["--algorithm", "reinforce", "--device", device, "--threads", str(threads)]
    with tempfile.TemporaryDirectory() as folder:
        output, settings = Path(folder, "run"), SETTINGS.format(steps=max(steps // 10, 1), **shape)
        heuron.train(binary, "tsp", settings, output, steps, options)
        with open(output / "log.csv", newline="") as log:
            rows = list(csv.DictReader(log))
    first, last = rows[0], rows[-1]
    instances = int(last["instances"]) - int(first["instances"])
    return instances / (float(last["elapsed_s"]) - float(first["elapsed_s"])), 100 * float(last["validation_gap"])


def torch(what: str, shape: dict[str, int]) -> float | None:
    """Instances per second of PyTorch on the card; None without one."""
    words = [what, *(str(shape[name]) for name in ["n", "width", "heads", "layers", "hidden", "batch"]), "5"]
    command = [sys.executable, str(HERE / "torch_pomo.py"), *words, "--device", "cuda"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print("PyTorch is left out:", *done.stderr.strip().splitlines()[-1:], file=sys.stderr)
        return None
    return float(done.stdout.split()[0])


def main() -> None:
    """Two networks, trained on every device; then the shipped model, evaluated on both of heuron's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--device", default="gpu", choices=FEATURES, help="what the processor is compared with [default: %(default)s]")
    add("--threads", type=int, default=2, help="of the native kernels [default: %(default)s]")
    add("--n", type=int, nargs="+", default=[50, 100], metavar="N", help="nodes [default: 50 100]")
    add("--batch", type=int, default=64, help="instances per step [default: %(default)s]")
    add("--steps", type=int, default=30, help="of every training [default: %(default)s]")
    heuron.add_flag(parser, "DEVICE")
    options = parser.parse_args()
    binary = heuron.program(options.heuron, FEATURES[options.device])
    print("| network | n | device | instances/s | gap % at the end |\n| --- | --- | --- | --- | --- |")
    for width, heads, layers, hidden in NETWORKS:
        for n in options.n:
            shape = {"n": n, "width": width, "heads": heads, "layers": layers, "hidden": hidden, "batch": options.batch}
            for device in [options.device, "cpu"]:
                speed, gap = train(binary, device, options.threads, shape, options.steps)
                name = device if device != "cpu" else f"cpu, {options.threads} threads"
                print(f"| {width}x{layers} | {n} | {name} | {speed:.0f} | {gap:.2f} |", flush=True)
            speed = torch("train", shape)
            if speed is not None:
                print(f"| {width}x{layers} | {n} | PyTorch, cuda | {speed:.0f} | |", flush=True)
    for device in [options.device, "cpu"]:
        begin = time.perf_counter()
        evaluation = ["--references", "none", "--device", device, "--threads", str(options.threads)]
        mean = heuron.evaluate(binary, "tsp", "tsp", 50, 64, evaluation)[0]["mean_cost"]
        print(f"evaluate on {device}: mean cost {mean}, {time.perf_counter() - begin:.1f} s", flush=True)


if __name__ == "__main__":
    main()
