"""Counts of what a monitor sees: dead letters, late rows, redelivered events, and the traffic of each model."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Traffic:
    """The rows of one model in closed windows."""

    last_end: datetime
    """The end of its last window that had rows."""
    requests: int
    """Rows of inputs, of all windows since the start."""
    responses: int
    """Rows of predictions, of all windows since the start."""

    @property
    def unpaired(self) -> int:
        """At least this many rows have only an input or only a prediction; 0 if one kind is not logged at all."""
        if not (self.requests and self.responses):
            return 0
        return abs(self.requests - self.responses)

    def merge(self, other: Traffic) -> Traffic:
        """Add the rows of other windows."""
        return Traffic(
            max(self.last_end, other.last_end),
            self.requests + other.requests,
            self.responses + other.responses,
        )


class Counters:
    """Counts of one process, safe to use from several threads.

    Examples
    --------
    >>> counters = Counters()
    >>> counters.count_dead_letters({"BODY_NOT_JSON": 2})
    >>> counters.count_dead_letters({"BODY_NOT_JSON": 1})
    >>> counters.dead_letters
    {'BODY_NOT_JSON': 3}
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._dead_letters: Counter[str] = Counter()
        self._traffic: dict[str, Traffic] = {}
        self._watermarks: dict[str, datetime] = {}
        self._counts: Counter[str] = Counter()

    def __reduce__(self) -> tuple[type[Counters], tuple[()]]:
        # Over Spark Connect batches are written in a process of the server, which counts for itself.
        return Counters, ()

    def count_dead_letters(self, by_condition: Mapping[str, int]) -> None:
        """Add dead letters, by condition."""
        with self._lock:
            self._dead_letters.update(by_condition)

    def count_traffic(self, by_model: Mapping[str, Traffic]) -> None:
        """Add the traffic of windows that have closed."""
        with self._lock:
            for model, traffic in by_model.items():
                earlier = self._traffic.get(model)
                self._traffic[model] = traffic if earlier is None else earlier.merge(traffic)

    def count_rows(self, rows: int, late: int) -> None:
        """Add rows that were ingested, and how many of them came after their windows had closed."""
        with self._lock:
            self._counts["rows"] += rows
            self._counts["late"] += late

    def count_pooled(self, values: int) -> None:
        """Add values of columns and models that were pooled, because there are too many of them."""
        with self._lock:
            self._counts["pooled"] += values

    def count_redelivered(self, events: int) -> None:
        """Add events that were read before."""
        with self._lock:
            self._counts["redelivered"] += events

    def set_open(self, windows: int, watermarks: Mapping[str, datetime]) -> None:
        """Set the number of open windows, and the watermark of each model."""
        with self._lock:
            self._counts["open"] = windows
            self._watermarks = dict(watermarks)

    @property
    def rows(self) -> int:
        """Rows that were ingested since the start, late ones included."""
        return self._counts["rows"]

    @property
    def late_rows(self) -> int:
        """Rows that came after their windows had closed, since the start."""
        return self._counts["late"]

    @property
    def redelivered_events(self) -> int:
        """Events that were read before, since the start."""
        return self._counts["redelivered"]

    @property
    def pooled_values(self) -> int:
        """Values that were pooled as ``(other)``, since the start."""
        return self._counts["pooled"]

    @property
    def open_windows(self) -> int:
        """The number of open windows."""
        return self._counts["open"]

    @property
    def watermarks(self) -> dict[str, datetime]:
        """The watermark of each model: windows that end before it have closed."""
        with self._lock:
            return dict(self._watermarks)

    @property
    def dead_letters(self) -> dict[str, int]:
        """Dead letters since the start, by condition."""
        with self._lock:
            return dict(self._dead_letters)

    @property
    def traffic(self) -> dict[str, Traffic]:
        """Traffic since the start, by model."""
        with self._lock:
            return dict(self._traffic)
