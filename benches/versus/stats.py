"""Paired differences and their bootstrap intervals. The mean is the standard library's `fmean`."""

from __future__ import annotations

import random
from statistics import fmean


def interval(values: list[float], draws: int = 1000) -> str:
    """The mean with its 95 % bootstrap interval, from so many draws of one seed."""
    rng = random.Random(1)
    means = sorted(fmean(rng.choices(values, k=len(values))) for _ in range(draws))
    outside = draws // 40
    return f"{fmean(values):+.3f} ({means[outside]:+.3f} to {means[draws - 1 - outside]:+.3f})"


def per_cent(ours: list[float], theirs: list[float]) -> list[float]:
    """Paired relative differences of costs in %; negative: ours are better."""
    return [100.0 * (a / b - 1.0) for a, b in zip(ours, theirs, strict=True)]


def over_seeds(ours: list[list[float]], theirs: list[list[float]]) -> tuple[str, str]:
    """Mean paired difference with its interval over instances and seeds, and the mean of each seed; [seeds][instances]."""
    pairs = [[a - b for a, b in zip(*runs, strict=True)] for runs in zip(ours, theirs, strict=True)]
    together = [difference for pair in pairs for difference in pair]
    return interval(together), " ".join(f"{fmean(pair):+.3f}" for pair in pairs)
