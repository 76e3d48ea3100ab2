"""Counts of what a monitor sees: dead letters, late rows, redelivered events, and the traffic of each model."""

import threading
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple


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

    def merge(self, other: "Traffic") -> "Traffic":
        """Add the rows of other windows."""
        return Traffic(
            max(self.last_end, other.last_end), self.requests + other.requests, self.responses + other.responses
        )


class Unanswered(NamedTuple):
    """The requests of one model since a response of it could be read."""

    since: datetime
    """The end of the last window that had responses, or when the first window began."""
    requests: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What a monitor has seen since its process started."""

    rows: int = 0
    """Rows that were ingested, late ones included."""
    late_rows: int = 0
    """Rows that came after their windows had closed."""
    pooled_values: int = 0
    """Values of columns and models that were pooled as ``(other)``, because there are too many of them."""
    skipped_rows: Mapping[str, int] = field(default_factory=dict)
    """Rows of models that another monitor has in the same tables, by model."""
    holders: Mapping[str, str] = field(default_factory=dict)
    """The checkpoint of that monitor, by model."""
    redelivered_events: int = 0
    """Events that were read before."""
    dead_letters: Mapping[str, int] = field(default_factory=dict)
    """By condition."""
    traffic: Mapping[str, Traffic] = field(default_factory=dict)
    """By model."""
    namespaces: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Where the events of each model come from, since the process started."""
    open_windows: int = 0
    """The number of windows that are open now."""
    watermarks: Mapping[str, datetime] = field(default_factory=dict)
    """By model: windows that end before it have closed."""
    last_ends: Mapping[str, datetime] = field(default_factory=dict)
    """By model: the end of its last window on record, whichever process of this monitor has closed it."""
    never_sent: Collection[str] = ()
    """Models with a reference that no monitor on these tables has seen."""
    first_end: datetime | None = None
    """The end of the first window on record, of any model."""
    unanswered: Mapping[str, Unanswered] = field(default_factory=dict)
    """By model with predictions in its reference, of its windows on record."""

    def add(self, other: "Counts") -> "Counts":
        """Add what is counted; what is open stays."""
        traffic = dict(self.traffic)
        for model, more in other.traffic.items():
            traffic[model] = traffic[model].merge(more) if model in traffic else more
        return replace(
            self,
            rows=self.rows + other.rows,
            late_rows=self.late_rows + other.late_rows,
            pooled_values=self.pooled_values + other.pooled_values,
            skipped_rows=Counter(self.skipped_rows) + Counter(other.skipped_rows),
            holders={**self.holders, **other.holders},
            redelivered_events=self.redelivered_events + other.redelivered_events,
            dead_letters=Counter(self.dead_letters) + Counter(other.dead_letters),
            traffic=traffic,
            namespaces={
                model: self.namespaces.get(model, frozenset()) | names
                for model, names in {**self.namespaces, **other.namespaces}.items()
            },
        )


class Counters:
    """The counts of one process, safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.counts = Counts()
        """The counts now."""

    def __reduce__(self) -> "tuple[type[Counters], tuple[()]]":
        # Over Spark Connect batches are written in a process of the server, which counts for itself.
        return Counters, ()

    def add(self, new: Counts) -> None:
        """Add what was seen."""
        with self._lock:
            self.counts = self.counts.add(new)

    def set_windows(self, now: Counts) -> None:
        """Set what is open, and which windows are the last."""
        names = ("open_windows", "watermarks", "last_ends", "never_sent", "first_end", "unanswered")
        with self._lock:
            self.counts = replace(self.counts, **{name: getattr(now, name) for name in names})
