#!/usr/bin/env python3
"""The folders of these scripts, and their virtual environment, which is filled at the first call that needs a part of it.

    python3 benches/versus/environment.py lint      # installs requirements/lint.txt into benches/versus/.venv

The scripts install what they need themselves; only `make lint` calls this one. Where the packages cannot be had it says so in
a line and ends with exit code 1.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OUT = HERE / "out"
VENV = HERE / ".venv"
PYTHON = VENV / "bin" / "python"
PATIENCE = 120.0
"""Seconds after which `make lint` goes on without its package."""


def install(part: str, patience: float | None = None) -> None:
    """Installs requirements/PART.txt, unless that was done and the file is still the same."""
    requirements = HERE / "requirements" / f"{part}.txt"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp = VENV / f"installed-{part}"
    if stamp.exists() and stamp.read_text() == digest:
        return
    subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", requirements], check=True, timeout=patience)
    stamp.write_text(digest)


def version_of(package: str) -> str:
    """The installed version of a package."""
    folder = next((VENV / "lib").glob("python3*/site-packages"))
    return next(distributions(name=package, path=[str(folder)])).version


def public_instances(given: Path | None) -> Path:
    """The folder of the public instances."""
    from_environment = os.environ.get("HEURON_INSTANCES")
    found = given or Path(from_environment or ROOT.parent / "shared" / "instances")
    if not (found / "bks.csv").exists():
        sys.exit(f"{found} holds no bks.csv: name the instances folder with --instances or HEURON_INSTANCES")
    return found


def main() -> None:
    """Installs one part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = sorted(path.stem for path in (HERE / "requirements").glob("*.txt"))
    parser.add_argument("part", choices=parts, help="file in requirements/ without its ending")
    part = parser.parse_args().part
    try:
        install(part, PATIENCE)
    except (OSError, subprocess.SubprocessError):
        sys.exit(f"requirements/{part}.txt could not be installed")


if __name__ == "__main__":
    main()
