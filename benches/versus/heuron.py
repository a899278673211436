"""The program heuron: built or given, and asked to train and to evaluate. The flag `--heuron` is that of all scripts."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from environment import OUT, ROOT

NAME = "heuron"
BUILD = "build"


def add_flag(parser: argparse.ArgumentParser, features: str = "", may_be_left_out: bool = False) -> None:
    """`--heuron`: what `program` takes, and `none` of a script that can do without."""
    how = f"build heuron with `--features {features}`" if features else "build heuron"
    out, left = ("none|", ", leave it out") if may_be_left_out else ("", "")
    text = f"{how}{left}, or take this program [default: %(default)s]"
    parser.add_argument("--heuron", default=BUILD, metavar=f"{BUILD}|{out}PATH", help=text)


def program(given: str, features: str = "") -> Path:
    """The program that `--heuron` names, as a copy that no later build overwrites."""
    wanted = ["--features", features] if features else []
    built = build("--package", NAME, *wanted) / NAME if given == BUILD else Path(given)
    kept = OUT / "bin" / f"{NAME}-{digest(built)}"
    kept.parent.mkdir(parents=True, exist_ok=True)
    if not kept.exists():
        shutil.copy2(built, kept)
    return kept


def build(*what: str) -> Path:
    """Has cargo build something; the folder of what it made."""
    subprocess.run(["cargo", "build", "--release", "--quiet", *what], cwd=ROOT, check=True)
    return ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "release"


def digest(binary: Path) -> str:
    """What tells one build from the next."""
    return hashlib.sha256(binary.read_bytes()).hexdigest()[:10]


def train(binary: Path, problem: str, settings: str, output: Path, steps: int, options: list[str]) -> float:
    """Trains with settings in TOML, which are kept beside the folder of the run; the CPU seconds of the process."""
    config = output.with_name(f"{output.name}.toml")
    config.write_text(settings)
    command = [binary, "train", problem, "--config", config, "--steps", str(steps), "--output", output, "--quiet", *options]
    with subprocess.Popen(command) as process:
        cpu = wait(process)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)
    return cpu


def wait(process: subprocess.Popen) -> float:
    """Waits for a child; the CPU seconds of it and its threads, whatever runs beside it."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def evaluate(binary: Path, problem: str, model: str | Path, n: int, count: int, options: list[str]) -> list[dict]:
    """The report on a model: of the whole set, then of each of the `count` held-out instances of size n."""
    held_out = ["--n", str(n), "--count", str(count), "--seed", "1"]
    command = [binary, "evaluate", problem, "--model", model, *held_out, "--report", "-", *options]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]
