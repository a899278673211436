"""Training and evaluation on a graphics card: heuron's burn network, its native kernels, and PyTorch, on one machine.

    python3 benches/versus/card.py --heuron target/release/heuron      # a build with `--features gpu` (or cuda)

Trains by shared-baseline REINFORCE on tours from every start (Kwon et al., POMO, 2020) for a few steps on each device and
prints instances per second, steps and validation included, and the validation gap reached from equal seeds; then evaluates
the shipped model on each device, whose costs must agree. PyTorch is that of the calling Python, and is left out without CUDA.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
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


def train(heuron: str, device: str, threads: int, shape: dict[str, int], steps: int) -> tuple[float, float]:
    """Instances per second of all steps after the first tenth, and the gap in percent at the end."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder, "settings.toml")
        settings.write_text(SETTINGS.format(steps=max(steps // 10, 1), **shape))
        words = ["train", "tsp", "--algorithm", "reinforce", "--config", str(settings), "--steps", str(steps), "--quiet"]
        words += ["--output", str(Path(folder, "run")), "--device", device, "--threads", str(threads)]
        subprocess.run([heuron, *words], check=True, stderr=subprocess.DEVNULL)
        rows = list(csv.DictReader(Path(folder, "run", "log.csv").open()))
    first, last = rows[0], rows[-1]
    instances = int(last["instances"]) - int(first["instances"])
    return instances / (float(last["elapsed_s"]) - float(first["elapsed_s"])), 100 * float(last["validation_gap"])


def torch(what: str, shape: dict[str, int]) -> float | None:
    """Instances per second of PyTorch on the card; None without one."""
    words = [what, *(str(shape[name]) for name in ["n", "width", "heads", "layers", "hidden", "batch"]), "5"]
    command = [sys.executable, str(HERE / "torch_pomo.py"), *words, "--device", "cuda"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr.strip().splitlines()[-1:], file=sys.stderr)
        return None
    return float(done.stdout.split()[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heuron", required=True, help="a build for the device")
    parser.add_argument("--device", default="gpu", choices=["cpu", "gpu", "cuda"])
    parser.add_argument("--threads", type=int, default=2, help="of the native kernels")
    parser.add_argument("--n", type=int, nargs="+", default=[50, 100])
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=30)
    args = parser.parse_args()
    print("| network | n | device | instances/s | gap % at the end |\n| --- | --- | --- | --- | --- |")
    for width, heads, layers, hidden in [(64, 4, 3, 256), (128, 8, 6, 512)]:
        for n in args.n:
            shape = dict(n=n, width=width, heads=heads, layers=layers, hidden=hidden, batch=args.batch)
            for device in [args.device, "cpu"]:
                speed, gap = train(args.heuron, device, args.threads, shape, args.steps)
                name = device if device != "cpu" else f"cpu, {args.threads} threads"
                print(f"| {width}x{layers} | {n} | {name} | {speed:.0f} | {gap:.2f} |", flush=True)
            speed = torch("train", shape)
            if speed is not None:
                print(f"| {width}x{layers} | {n} | PyTorch, cuda | {speed:.0f} | |", flush=True)
    for device in [args.device, "cpu"]:
        begin = time.perf_counter()
        words = ["evaluate", "tsp", "--model", "tsp", "--n", "50", "--count", "64", "--seed", "1", "--references", "none"]
        words += ["--device", device, "--threads", str(args.threads), "--report", "-"]
        done = subprocess.run([args.heuron, *words], check=True, capture_output=True, text=True)
        mean = json.loads(done.stdout.splitlines()[0])["mean_cost"]
        print(f"evaluate on {device}: mean cost {mean}, {time.perf_counter() - begin:.1f} s", flush=True)


if __name__ == "__main__":
    main()
