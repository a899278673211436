"""Paired differences and their bootstrap intervals. The mean is the standard library's `fmean`."""

from __future__ import annotations

import random
from statistics import fmean


def interval(values: list[float], draws: int = 1000) -> str:
    """The mean with its 95 % bootstrap interval, from so many draws of one seed."""
    rng = random.Random(1)
    return bounds(fmean(values), [fmean(rng.choices(values, k=len(values))) for _ in range(draws)])


def bounds(mean: float, means: list[float]) -> str:
    """The mean with the range of all but 2.5 % of the drawn means on both sides."""
    means, outside = sorted(means), len(means) // 40
    return f"{mean:+.3f} ({means[outside]:+.3f} to {means[-1 - outside]:+.3f})"


def per_cent(ours: list[float], theirs: list[float]) -> list[float]:
    """Paired relative differences of costs in %; negative: ours are better."""
    return [100.0 * (a / b - 1.0) for a, b in zip(ours, theirs, strict=True)]


def over_seeds(ours: list[list[float]], theirs: list[list[float]], draws: int = 1000) -> tuple[str, str]:
    """Mean paired difference with its interval, and the mean of each seed; [seeds][instances].

    A draw takes seeds first and then instances of each: trainings that disagree make the interval as wide as they do.
    """
    pairs = [[a - b for a, b in zip(*runs, strict=True)] for runs in zip(ours, theirs, strict=True)]
    rng = random.Random(1)
    drawn = (rng.choices(pairs, k=len(pairs)) for _ in range(draws))
    means = [fmean([fmean(rng.choices(pair, k=len(pair))) for pair in seeds]) for seeds in drawn]
    by_seed = [fmean(pair) for pair in pairs]
    return bounds(fmean(by_seed), means), " ".join(f"{mean:+.3f}" for mean in by_seed)
