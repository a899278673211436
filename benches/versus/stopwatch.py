"""What a peer is timed with."""

from __future__ import annotations

import os
import time


class Stopwatch:
    """Wall and CPU seconds of a `with` block, threads and child processes included."""

    def __enter__(self) -> Stopwatch:
        self._start = (time.perf_counter(), self._cpu())
        return self

    def __exit__(self, *_: object) -> None:
        self.wall = time.perf_counter() - self._start[0]
        self.cpu = self._cpu() - self._start[1]

    @staticmethod
    def _cpu() -> float:
        times = os.times()
        return times.user + times.system + times.children_user + times.children_system
