"""Job shop files in the standard text format, and the evaluation of start times and machine sequences."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

Jobs = list[list[tuple[int, int]]]
"""(Machine, duration) of every operation, [jobs][operations]."""


def read_jobs(path: Path) -> Jobs:
    """The jobs of a file: `jobs machines`, then a line of `machine duration` pairs per job."""
    lines = [line.split() for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    rows = [[int(word) for word in words] for words in lines]
    return [list(zip(row[::2], row[1::2], strict=True)) for row in rows[1:]]


def makespan(jobs: Jobs, starts: list[list[int]]) -> int:
    """Last completion of start times [jobs][operations]; ValueError if they break a rule."""
    if [len(row) for row in starts] != [len(row) for row in jobs]:
        raise ValueError("not one start time per operation")
    busy: dict[int, list[tuple[int, int]]] = {}
    last = 0
    for job, row in enumerate(jobs):
        ready = 0
        for (machine, duration), start in zip(row, starts[job], strict=True):
            if start < ready:
                raise ValueError(f"an operation of job {job} starts at {start}, before {ready}")
            ready = start + duration
            busy.setdefault(machine, []).append((start, ready))
        last = max(last, ready)
    for machine, spans in busy.items():
        spans.sort()
        if any(start < end for (_, end), (start, _) in pairwise(spans)):
            raise ValueError(f"machine {machine} does two things at once")
    return last


def start_times(jobs: Jobs, sequences: list[list[int]]) -> list[list[int]]:
    """The earliest start times of machine sequences, which mention every job once per operation there."""
    starts: list[list[int]] = [[] for _ in jobs]
    ready, free, turn = [0] * len(jobs), [0] * len(sequences), [0] * len(sequences)
    progress = True
    while progress:
        progress = False
        for machine, sequence in enumerate(sequences):
            while turn[machine] < len(sequence):
                job = sequence[turn[machine]]
                place = len(starts[job])
                if place == len(jobs[job]) or jobs[job][place][0] != machine:
                    break
                starts[job].append(max(ready[job], free[machine]))
                ready[job] = free[machine] = starts[job][-1] + jobs[job][place][1]
                turn[machine] += 1
                progress = True
    return starts


def read_sequences(path: Path) -> list[list[int]]:
    """The machine sequences of a solution file: a line of jobs per machine."""
    lines = path.read_text().splitlines()
    return [[int(word) for word in line.split()] for line in lines if not line.startswith("#")]
