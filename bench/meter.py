"""What work costs: wall time, and the CPU time of this process and of all processes that come of it."""

from __future__ import annotations

import os
import threading
import time
from types import TracebackType
from typing import NamedTuple

import psutil

__all__ = ["Cost", "Meter"]

_EVERY_S = 0.1


class Cost(NamedTuple):
    """Seconds since the meter began."""

    cpu_s: float
    wall_s: float


class Meter:
    """Meters this process, the JVM it starts, the JVM's Python workers and whatever else descends from it.

    Notes
    -----
    pyspark's daemon does not wait for its workers, so that the kernel forgets what they spent once they end. A thread
    therefore looks at all processes ten times a second and remembers: at most the last tenth of a second of a process
    that ends is missed. What the thread itself spends is not counted.
    """

    def __init__(self) -> None:
        self._spent: dict[tuple[int, float], float] = {}
        self._looking_s = 0.0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="meter", daemon=True)

    def read(self) -> Cost:
        """Return what has been spent up to now."""
        with self._lock:
            self._look()
            return Cost(sum(self._spent.values()) - self._looking_s, time.perf_counter())

    def __enter__(self) -> Meter:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _look_on(self) -> None:
        while not self._stop.wait(_EVERY_S):
            with self._lock:
                self._look()

    def _look(self) -> None:
        began = time.thread_time()
        me = psutil.Process()
        # This process comes last, so that what has been spent has all of this look, which is taken off again.
        for process in (*me.children(recursive=True), me):
            try:
                self._spent[process.pid, process.create_time()] = _cpu_s(process)
            except psutil.NoSuchProcess:  # it ended since it was listed
                continue
        self._looking_s += time.thread_time() - began


def _cpu_s(process: psutil.Process) -> float:
    if process.pid == os.getpid():
        return time.process_time()  # of others the kernel tells hundredths of a second
    times = process.cpu_times()
    return float(times.user + times.system)
