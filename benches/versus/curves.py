"""Anytime curves: mean gap to the best known cost against seconds, one SVG per problem."""

from __future__ import annotations

import math
from html import escape
from statistics import fmean
from typing import NamedTuple

import heuron
from runs import Log, Row

WIDTH, HEIGHT = 760, 460
LEFT, RIGHT, TOP, BOTTOM = 70, 130, 40, 50
COLOURS = ["#d62728", "#1f77b4", "#2ca02c", "#ff7f0e", "#9467bd", "#8c564b"]
SAMPLES = 60
FLOOR = 0.001
"""Smallest gap drawn, in per cent: the axis is logarithmic, and 0 lies below it."""

Curve = list[tuple[float, float]]


class Solver(NamedTuple):
    """What one solver reached: along its longest runs if it tells a trace, and in runs of every limit."""

    trace: Curve
    runs: Curve


def anytime(rows: list[Row], log: Log, best_known: dict[str, float]) -> Solver:
    """Mean gaps at a time; a run with a limit counts at the time that it really took."""
    longest = max(row.limit_s for row in rows)
    traces = [(row.instance, log.trace(row.task())) for row in rows if row.limit_s == longest]
    trace = []
    if all(told for _, told in traces):
        first = max(told[0][0] for _, told in traces)
        start = max(first, longest / 200.0)
        steps = [start * (longest / start) ** (k / SAMPLES) for k in range(SAMPLES + 1)]
        trace = [(at, fmean(gap_at(told, at, best_known[name]) for name, told in traces)) for at in steps]
    runs = []
    for limit in sorted({row.limit_s for row in rows}):
        some = [row for row in rows if row.limit_s == limit]
        if all(row.gap_pct is not None for row in some):
            runs.append((fmean(row.used_s() for row in some), fmean(row.gap_pct for row in some)))
    return Solver(trace, sorted(runs))


def gap_at(trace: list[tuple[float, int]], at: float, best_known: float) -> float:
    """Per cent above the best known cost of the incumbent at a time, the first one before it."""
    cost = next((cost for seconds, cost in reversed(trace) if seconds <= at), trace[0][1])
    return 100.0 * (cost - best_known) / best_known


def draw(solvers: dict[str, Solver], title: str) -> str:
    """Lines for traces, else through the runs, which are dots; as SVG, both axes logarithmic."""
    points = [point for solver in solvers.values() for point in [*solver.trace, *solver.runs]]
    times = [at for at, _ in points]
    gaps = [max(gap, FLOOR) for _, gap in points]
    if not times:
        return ""
    low_t, high_t = min(times), max(max(times), min(times) * 1.01)
    low_g, high_g = 10 ** math.floor(math.log10(min(gaps))), 10 ** math.ceil(math.log10(max(gaps) * 1.001))

    def x(at: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log(at / low_t) / math.log(high_t / low_t)

    def y(gap: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * math.log(high_g / max(gap, low_g)) / math.log(high_g / low_g)

    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="22" font-size="14">{escape(title)}</text>',
    ]
    for at in ticks(low_t, high_t, (1, 2, 5)):
        parts.append(f'<path d="M{x(at):.1f} {TOP}V{bottom}" stroke="#ddd"/>')
        parts.append(f'<text x="{x(at):.1f}" y="{bottom + 18}" text-anchor="middle">{at:g}</text>')
    for gap in ticks(low_g, high_g, (1, 2, 5)):
        parts.append(f'<path d="M{LEFT} {y(gap):.1f}H{right}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y(gap) + 4:.1f}" text-anchor="end">{gap:g}</text>')
    parts.append(f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 12}" text-anchor="middle">seconds</text>')
    middle = (TOP + bottom) / 2
    label = "mean gap to best known, %"
    parts.append(f'<text transform="translate(18 {middle}) rotate(-90)" text-anchor="middle">{label}</text>')
    for number, (name, solver) in enumerate(solvers.items()):
        colour = COLOURS[number % len(COLOURS)]
        line = " ".join(f"{x(at):.1f},{y(gap):.1f}" for at, gap in solver.trace or solver.runs)
        width = 2.5 if name == heuron.NAME else 1.5
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
        parts += [f'<circle cx="{x(at):.1f}" cy="{y(gap):.1f}" r="3" fill="{colour}"/>' for at, gap in solver.runs]
        key = TOP + 16 + 20 * number
        parts.append(f'<path d="M{right + 12} {key}h22" stroke="{colour}" stroke-width="{width}"/>')
        parts.append(f'<text x="{right + 40}" y="{key + 4}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def ticks(low: float, high: float, leading: tuple[int, ...]) -> list[float]:
    """Round values between two bounds of a logarithmic axis."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    values = [digit * 10.0**decade for decade in decades for digit in leading]
    return [value for value in values if low * 0.999 <= value <= high * 1.001]
