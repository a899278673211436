"""Small bandits with paths: the optimum, and the planner with standing orders, by exact recursion. `bandit_exact.py` runs it.

    benches/versus/.venv/bin/python benches/versus/bandit_optimum.py FILE

It prints the number of allowed sets and both mean rewards per step. Dynamic programming over all 4^arms states: up to 8 arms.
The planner is that of `search/src/bandit/standing.rs`, written anew.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np

LEVELS = 4


def main() -> None:
    """One instance."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="instance with a path")
    print(*solve(json.loads(parser.parse_args().file.read_text())))


def allowed_sets(rule: dict, stations: int) -> np.ndarray:
    """Flags of every set that a closed walk from the depot visits [sets, stations], by walks."""
    neighbours = [[b for edge in rule["edges"] for a, b in (edge, edge[::-1]) if a == s] for s in range(stations)]
    depot = rule["depot"]
    walks, closed = {(depot, 1 << depot)}, {1 << depot}
    for _ in range(rule["length"]):
        walks = {(to, seen | 1 << to) for at, seen in walks for to in neighbours[at]}
        closed |= {seen for at, seen in walks if at == depot}
    sets = set()
    for seen in closed:
        visited = [s for s in range(stations) if seen >> s & 1]
        sets |= {c for size in range(rule["budget"] + 1) for c in combinations(visited, size)}
    return np.array([[int(s in chosen) for s in range(stations)] for chosen in sorted(sets)])


def along(values: np.ndarray, arm: int, arms: int) -> np.ndarray:
    """Values of an arm's levels, to be broadcast over states."""
    return values.reshape([LEVELS if other == arm else 1 for other in range(arms)])


def expected(values: np.ndarray, moves: list[np.ndarray]) -> np.ndarray:
    """Expected value of the next state [4, ..., 4]; moves are the arms' transition matrices."""
    for arm, matrix in enumerate(moves):
        values = np.moveaxis(np.tensordot(matrix, values, axes=([1], [arm])), 0, arm)
    return values


def argmax(sets: np.ndarray, worth: Callable[[int, int], np.ndarray], shape: list[int]) -> np.ndarray:
    """The first set of the largest total in every state; worth(arm, taken) is what an arm adds."""
    best, choice = np.full(shape, -np.inf), np.zeros(shape, int)
    for index, taken in enumerate(sets):
        total = sum(worth(arm, count) for arm, count in enumerate(taken))
        better = total > best + 1e-12
        best, choice = np.where(better, total, best), np.where(better, index, choice)
    return choice


def solve(instance: dict) -> tuple[int, float, float]:
    """The number of sets, and mean reward per step of the optimum and of the planner, from the law of the starts."""
    reward = np.array([arm["reward"] for arm in instance["arms"]])
    chance = np.array([arm["up"] for arm in instance["arms"]])
    arms, horizon, start = len(reward), instance["horizon"], instance["start"]
    sets, shape = allowed_sets(instance["constraint"], arms), [LEVELS] * arms
    moves = np.zeros((arms, 2, LEVELS, LEVELS))
    for level in range(LEVELS):
        moves[:, :, level, min(level + 1, LEVELS - 1)] += chance
        moves[:, :, level, max(level - 1, 0)] += 1 - chance
    # Value of an arm's levels if it is left alone, or acted on, in all steps to go.
    standing = np.zeros((2, arms, LEVELS))
    optimum, planner = np.zeros(shape), np.zeros(shape)
    for _ in range(horizon):
        ahead = np.einsum("jcls,bjs->bcjl", moves, reward + standing)
        standing = np.stack([ahead[count, count] for count in range(2)])

        def always(arm, count, standing=standing):
            return along(standing[count, arm], arm, arms)

        order = sets[argmax(sets, always, shape)]

        def before(arm, count, ahead=ahead, order=order):
            kept = order[..., arm] == 1
            return np.where(kept, along(ahead[1, count, arm], arm, arms), along(ahead[0, count, arm], arm, arms))

        choice = argmax(sets, before, shape)
        best, earned = np.full(shape, -np.inf), np.zeros(shape)
        for index, taken in enumerate(sets):
            own = [moves[arm, count] for arm, count in enumerate(taken)]
            step = sum(along(matrix @ reward[arm], arm, arms) for arm, matrix in enumerate(own))
            best = np.maximum(best, step + expected(optimum, own))
            earned = np.where(choice == index, step + expected(planner, own), earned)
        optimum, planner = best, earned
    law = np.ones(())
    for _ in range(arms):
        law = np.multiply.outer(law, np.array([1 - start, start, 0, 0]))
    return len(sets), (law * optimum).sum() / horizon, (law * planner).sum() / horizon


if __name__ == "__main__":
    main()
