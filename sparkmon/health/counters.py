"""Counts of what the writers of batches see: dead letters, and the traffic of each model."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

__all__ = ["Counters", "Traffic"]


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

    def __reduce__(self) -> tuple[type[Counters], tuple[()]]:
        # Over Spark Connect batches are written in a process of the server, which counts for itself.
        return Counters, ()

    def count_dead_letters(self, by_condition: Mapping[str, int]) -> None:
        """Add dead letters, by condition."""
        with self._lock:
            self._dead_letters.update(by_condition)

    def count_traffic(self, by_model: Mapping[str, Traffic]) -> None:
        """Add the traffic of a batch of closed windows."""
        with self._lock:
            for model, traffic in by_model.items():
                earlier = self._traffic.get(model)
                self._traffic[model] = traffic if earlier is None else earlier.merge(traffic)

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
