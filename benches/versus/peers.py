"""The one table of the peers, and the program that runs one of them.

It runs a peer on an instance and writes what it returned as JSON. `runs.py` starts it in the environment:

    benches/versus/.venv/bin/python benches/versus/peers.py tsp lkh FILE.tsp --time 1 --seed 1 --output result.json

Only the solver's own call is timed: importing the package, reading the file and building the matrix are not counted
against a peer (they are counted against heuron, whose whole process is timed).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import environment
import instances
import linkern
import routing
import scheduling


@dataclass(frozen=True)
class Peer:
    """What is known of a peer."""

    solve: Callable[..., tuple]
    problems: tuple[str, ...]
    version: Callable[[], str]
    """What tells one build of it from the next."""
    is_default: bool = True
    """Whether it runs where no solvers are named."""
    has_threads: bool = False
    """Whether it can use several: then `solve` takes `workers`."""


def installed(package: str) -> Callable[[], str]:
    """The version of a package of the environment."""
    return lambda: environment.version_of(package)


# In the order of the columns of a table.
PEERS = {
    "fasttsp": Peer(routing.fasttsp, ("tsp",), installed("fast-tsp")),
    "linkern": Peer(routing.concorde, ("tsp",), lambda: linkern.CRATE),
    "lkh": Peer(routing.lkh, ("tsp",), installed("elkai")),
    "hygese": Peer(routing.hygese, ("cvrp",), installed("hygese")),
    "pyvrp": Peer(routing.pyvrp, ("cvrp",), installed("pyvrp")),
    "cpsat": Peer(scheduling.cpsat, ("jssp",), installed("ortools"), has_threads=True),
    "cpsat8": Peer(scheduling.cpsat8, ("jssp",), installed("ortools"), is_default=False),
    "ortools": Peer(routing.ortools, ("tsp", "cvrp"), installed("ortools"), is_default=False),
    "vroom": Peer(routing.vroom, ("tsp", "cvrp"), installed("pyvroom"), is_default=False),
}


def of(problem: str, is_default: bool = True) -> list[str]:
    """Names of the peers that run on a problem where nothing is said, or of those that run when they are named."""
    return [name for name, peer in PEERS.items() if problem in peer.problems and peer.is_default == is_default]


def main() -> None:
    """One run; prints nothing, writes the JSON file that runs.py reads."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("problem", choices=instances.PROBLEMS, help="what the file holds")
    parser.add_argument("solver", choices=PEERS, help="who solves it")
    parser.add_argument("instance", type=Path, help="the file")
    parser.add_argument("--time", type=float, required=True, help="time limit in seconds")
    parser.add_argument("--seed", type=int, required=True, help="of a solver that takes one")
    parser.add_argument("--threads", type=int, default=1, help="of a solver that can use several [default: %(default)s]")
    parser.add_argument("--output", type=Path, required=True, help="file for solution, seconds and trace")
    options = parser.parse_args()

    instance = instances.read(options.instance, options.problem)
    several = {"workers": options.threads} if options.threads > 1 else {}
    solution, watch, trace = PEERS[options.solver].solve(instance, options.time, options.seed, **several)
    result = {"solution": solution, "wall_s": watch.wall, "cpu_s": watch.cpu, "trace": trace}
    options.output.write_text(json.dumps(result))


if __name__ == "__main__":
    main()
