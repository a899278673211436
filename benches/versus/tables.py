"""The tables: mean gap to the best known cost per instance and per size group, and the seconds really used."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import fmean

from runs import Row

GRACE = 0.2
"""Seconds beyond the limit that a run may take before it is marked: what heuron promises for itself."""
BUSY = 0.9
"""A run that got less than this share of a core was disturbed by other work on the machine."""
OPTIMAL = 1e-9

GROUPS = {
    "tsp": [(500, "n <= 500"), (1500, "500 < n <= 1500"), (3000, "1500 < n <= 3000"), (10**9, "n > 3000")],
    "cvrp": [(250, "n <= 250"), (500, "250 < n <= 500"), (10**9, "n > 500")],
    "jssp": [(225, "n <= 225"), (400, "225 < n <= 400"), (10**9, "n > 400")],
}


def group_of(problem: str, n: int) -> str:
    """The size group of an instance; n counts the depot of a CVRP, and operations of a job shop."""
    return next(name for limit, name in GROUPS[problem] if n <= limit)


def is_late(row: Row) -> bool:
    """Whether a run used more than its limit."""
    return row.used_s() > row.limit_s + GRACE


def is_disturbed(row: Row) -> bool:
    """Whether other work on the machine took a part of the run's time."""
    return row.cpu_s < BUSY * row.wall_s


def mean_gap(rows: Iterable[Row]) -> str:
    """Mean gap; seconds in brackets if a run was late; how many runs count if some returned nothing."""
    rows = list(rows)
    if not rows:
        return ""
    solved = [row.gap_pct for row in rows if row.gap_pct is not None]
    if not solved:
        return f"none ({fmean(row.used_s() for row in rows):.1f} s)"
    text = f"{fmean(solved):.3f}"
    if any(is_late(row) for row in rows):
        text += f" ({fmean(row.used_s() for row in rows):.1f} s)"
    return text if len(solved) == len(rows) else f"{text} [{len(solved)}/{len(rows)}]"


def share(rows: Iterable[Row], holds: Callable[[Row], bool]) -> str:
    """How many rows satisfy a condition, of how many."""
    rows = list(rows)
    return f"{sum(map(holds, rows))}/{len(rows)}" if rows else ""


def table(problem: str, limit: float, columns: dict[str, list[Row]], best_known: dict[str, float]) -> list[list[str]]:
    """One table: a line per instance, then per size group, then what all runs together used."""
    sizes = sorted({(row.n, row.instance) for rows in columns.values() for row in rows})
    lines = [["instance", "n", "best known", *columns]]

    def add(name: str, n: str, best: str, keep: Callable[[Row], bool], cell: Callable[[list[Row]], str]) -> None:
        lines.append([name, n, best, *(cell([row for row in rows if keep(row)]) for rows in columns.values())])

    for n, name in sizes:
        add(name, str(n), f"{best_known[name]:g}", lambda row, name=name: row.instance == name, mean_gap)
    for _, group in GROUPS[problem]:
        count = sum(group_of(problem, n) == group for n, _ in sizes)
        if count:
            add(f"**mean, {group}**", f"{count} files", "", lambda row, g=group: group_of(problem, row.n) == g, mean_gap)

    def everything(_: Row) -> bool:
        return True

    add("**mean, all**", f"{len(sizes)} files", "", everything, mean_gap)
    add("runs at the best known", "", "", everything,
        lambda rows: share(rows, lambda row: row.gap_pct is not None and row.gap_pct <= OPTIMAL))
    add(f"runs later than {limit:g} s + {GRACE:g} s", "", "", everything, lambda rows: share(rows, is_late))
    add("mean wall s", "", "", everything, lambda rows: f"{fmean(row.wall_s for row in rows):.2f}" if rows else "")
    add("mean CPU s", "", "", everything, lambda rows: f"{fmean(row.cpu_s for row in rows):.2f}" if rows else "")
    add(f"runs with less than {BUSY:.0%} of a core", "", "", everything, lambda rows: share(rows, is_disturbed))
    return lines


def markdown(lines: list[list[str]]) -> str:
    """A table as markdown, its columns aligned."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    rows = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([rows[0], rule, *rows[1:]])


def write(lines: list[list[str]], title: str, stem: Path) -> str:
    """Writes a table as .md and .csv; returns the markdown."""
    text = f"### {title}\n\n{markdown(lines)}\n"
    stem.with_suffix(".md").write_text(text)
    with open(stem.with_suffix(".csv"), "w", newline="") as file:
        csv.writer(file).writerows([cell.replace("**", "") for cell in line] for line in lines)
    return text
