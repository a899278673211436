"""One run: a process pinned to its cores, its answer evaluated here, and a line in out/runs.csv."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import heuron
import instances
from environment import HERE, PYTHON
from instances import Instance
from peers import PEERS

PATIENCE = 120.0
"""Seconds beyond the limit after which a run is ended: then it has no result."""


@dataclass(frozen=True)
class Task:
    """What identifies a run. Two runs with equal tasks are the same measurement."""

    problem: str
    instance: str
    solver: str
    build: str
    limit_s: float
    seed: int
    threads: int

    def trace_file(self) -> str:
        """Name of the file that keeps the trace of this run."""
        words = (self.problem, self.instance, self.solver, self.build, f"{self.limit_s:g}", self.seed, self.threads)
        return "_".join(re.sub(r"[^\w.]", "-", str(word)) for word in words) + ".json"


@dataclass(frozen=True)
class Row(Task):
    """A finished run. `cost` and `gap_pct` are empty where it returned nothing feasible; `note` says why."""

    n: int
    cost: int | None
    gap_pct: float | None
    wall_s: float
    cpu_s: float
    note: str

    def used_s(self) -> float:
        """The smaller of wall and CPU time: waiting for a core that other work holds is not the solver's fault."""
        return min(self.wall_s, self.cpu_s / self.threads)

    def task(self) -> Task:
        """The identifying part."""
        return Task(**{field.name: getattr(self, field.name) for field in fields(Task)})


class Log:
    """The runs done so far, kept in a file so that an interrupted comparison goes on where it stopped."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "runs.csv"
        self.traces = folder / "traces"
        self.traces.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self.rows: dict[Task, Row] = {}
        if self.path.exists():
            with open(self.path, newline="") as file:
                for record in csv.DictReader(file):
                    row = parse_row(record)
                    self.rows[row.task()] = row

    def add(self, row: Row, trace: list[tuple[float, int]]) -> None:
        """Appends a row, and keeps its trace."""
        with self._lock:
            is_new = not self.path.exists()
            with open(self.path, "a", newline="") as file:
                writer = csv.DictWriter(file, [field.name for field in fields(Row)])
                if is_new:
                    writer.writeheader()
                writer.writerow(asdict(row))
            if trace:
                (self.traces / row.trace_file()).write_text(json.dumps(trace))
            self.rows[row.task()] = row

    def trace(self, task: Task) -> list[tuple[float, int]]:
        """(Seconds, cost) of every improvement of a run that told them."""
        path = self.traces / task.trace_file()
        return json.loads(path.read_text()) if path.exists() else []


def parse_row(record: dict[str, str]) -> Row:
    """A row as `Log.add` wrote it."""
    return Row(
        problem=record["problem"],
        instance=record["instance"],
        solver=record["solver"],
        build=record["build"],
        limit_s=float(record["limit_s"]),
        seed=int(record["seed"]),
        threads=int(record["threads"]),
        n=int(record["n"]),
        cost=int(record["cost"]) if record["cost"] else None,
        gap_pct=float(record["gap_pct"]) if record["gap_pct"] else None,
        wall_s=float(record["wall_s"]),
        cpu_s=float(record["cpu_s"]),
        note=record["note"],
    )


def build_of(solver: str, binary: Path | None) -> str:
    """What tells one build of a solver from the next: a peer's version, or a digest of our program."""
    if solver != heuron.NAME:
        return PEERS[solver].version()
    return heuron.digest(binary) if binary else "none"


@dataclass
class Finished:
    """How a process ended."""

    wall: float
    cpu: float
    code: int | None
    """Exit code; none if it was ended for lateness."""
    errors: str


def run_pinned(command: list[str], cores: list[int], patience: float) -> Finished:
    """Runs a command on the given cores and measures its wall time, and the CPU time of all its threads."""
    pinned = ["taskset", "--cpu-list", ",".join(map(str, cores)), *command]
    with tempfile.TemporaryFile() as errors:
        began = time.monotonic()
        process = subprocess.Popen(pinned, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True)
        late = threading.Event()

        def end() -> None:
            late.set()
            os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(patience, end)
        timer.start()
        try:
            cpu = heuron.wait(process)
        finally:
            timer.cancel()
        wall = time.monotonic() - began
        errors.seek(0)
        text = errors.read().decode(errors="replace").strip()
    code = None if late.is_set() else process.returncode
    return Finished(wall, cpu, code, text)


def run(
    task: Task, instance: Instance, binary: Path | None, cores: list[int], clock: str = "wall"
) -> tuple[Row, list[tuple[float, int]]]:
    """Carries out a task; `clock` is what heuron's limit counts. Failures are results too: a row without a cost, and the
    reason in its note."""
    with tempfile.TemporaryDirectory() as folder:
        if task.solver == heuron.NAME:
            solution, wall, cpu, trace, note = run_heuron(task, instance, binary, cores, Path(folder), clock)
        else:
            solution, wall, cpu, trace, note = run_peer(task, instance, cores, Path(folder))
    cost = None
    if solution is not None:
        try:
            cost = instances.evaluate(instance, solution)
        except ValueError as error:
            note = f"infeasible: {error}"
    gap = None if cost is None else instance.gap(cost)
    row = Row(
        **asdict(task), n=instance.n, cost=cost, gap_pct=None if gap is None else round(gap, 5),
        wall_s=round(wall, 3), cpu_s=round(cpu, 3), note=note,
    )
    return row, trace


def last_line(ended: Finished) -> str:
    """Why a run has no result, in a line."""
    if ended.code is None:
        return f"no result {PATIENCE:g} s after the limit"
    return f"exit code {ended.code}: " + (ended.errors.splitlines() or [""])[-1][:160]


def run_peer(task: Task, instance: Instance, cores: list[int], folder: Path) -> tuple:
    """A peer, through peers.py. Its own call is what is timed, unless it never returned."""
    output = folder / "result.json"
    command = [str(PYTHON), str(HERE / "peers.py"), task.problem, task.solver, str(instance.path)]
    command += ["--time", f"{task.limit_s:g}", "--seed", str(task.seed), "--threads", str(task.threads)]
    command += ["--output", str(output)]
    ended = run_pinned(command, cores, task.limit_s + PATIENCE)
    if ended.code != 0 or not output.exists():
        return None, ended.wall, ended.cpu, [], last_line(ended)
    result = json.loads(output.read_text())
    return result["solution"], result["wall_s"], result["cpu_s"], result["trace"], ""


def run_heuron(task: Task, instance: Instance, binary: Path, cores: list[int], folder: Path, clock: str) -> tuple:
    """heuron, as a user runs it: the whole process is timed, reading and writing included."""
    output, report, trace_file = folder / "solution", folder / "report.json", folder / "trace.jsonl"
    command = [str(binary), "solve", str(instance.path), "--time", f"{task.limit_s:g}s", "--seed", str(task.seed)]
    command += ["--threads", str(task.threads), "--output", str(output), "--report", str(report)]
    command += ["--trace", str(trace_file), "--clock", clock, "--quiet"]
    ended = run_pinned(command, cores, task.limit_s + PATIENCE)
    if ended.code != 0 or not output.exists():
        return None, ended.wall, ended.cpu, [], last_line(ended)
    lines = trace_file.read_text().splitlines() if trace_file.exists() else []
    points = [json.loads(line) for line in lines]
    trace = [(point["elapsed_s"], point["cost"]) for point in points if point.get("cost") is not None]
    stated = json.loads(report.read_text()) if report.exists() else {}
    note = f"{stated.get('method', '')}, stopped by {stated.get('stop_reason', '')}"
    return instances.read_solution(output, instance), ended.wall, ended.cpu, trace, note
