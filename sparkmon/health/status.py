"""What a monitor sees, counted; and the status of a running one: its query, traffic, deliveries and incidents."""

import threading
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.compat import report_of


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
class Verdicts:
    """What the last window of a model says."""

    drifted: int
    """Columns with a drift that may alert."""
    excess: Mapping[str, float]
    """How far columns are beyond what is allowed, from 1 on; a bounded number of them, the greatest first."""


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
    verdicts: Mapping[str, Verdicts] = field(default_factory=dict)
    """By model, on its last window since the process started."""

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
            verdicts={**self.verdicts, **other.verdicts},
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


_BEHIND = "maxOffsetsBehindLatest"


@dataclass(frozen=True, slots=True)
class QueryStatus:
    """The query at one moment; counts are since the process started."""

    is_active: bool = True
    is_busy: bool = False
    """Whether a batch is under way or events wait."""
    error: str | None = None
    """What ended it, in its first line."""
    progress_time: str = ""
    """The time of Spark's last progress report, as Spark writes it."""
    batch_id: int = -1
    batches: int = 0
    last_batch_time: datetime | None = None
    """When the last batch ended."""
    last_batch_s: float = 0.0
    """How long it took."""
    last_events_time: datetime | None = None
    """When the last batch with events ended."""
    events: int = 0
    """Read from the log, redelivered ones included."""
    behind: int | None = None
    """How many records wait in the partition with most; None for a source that does not report it."""

    def after(self, progress: Mapping[str, Any]) -> "QueryStatus":
        """Return the status after one more batch, from Spark's progress report."""
        sources = progress["sources"]
        events = sum(each["numInputRows"] for each in sources)
        took_s = progress.get("batchDuration", 0) / 1000
        started = datetime.fromisoformat(progress["timestamp"].replace("Z", "+00:00")).astimezone(timezone.utc)
        ended = started + timedelta(seconds=took_s)
        metrics = [each.get("metrics") or {} for each in sources]
        behind = [int(each[_BEHIND]) for each in metrics if each.get(_BEHIND)]
        return replace(
            self,
            batch_id=progress["batchId"],
            batches=self.batches + 1,
            last_batch_time=ended,
            last_batch_s=took_s,
            last_events_time=ended if events else self.last_events_time,
            events=self.events + events,
            behind=max(behind, default=self.behind),
        )


@dataclass(frozen=True, slots=True)
class MonitorStatus:
    """A monitor at one moment."""

    time: datetime
    started_time: datetime
    may_end: bool = False
    """Whether the query ends by itself once all is processed."""
    query: QueryStatus = field(default_factory=QueryStatus)
    no_batch_s: float = 0.0
    """How long ago the last batch ended or, before that, the monitor started; whatever the clock was set to."""
    counts: Counts = field(default_factory=Counts)
    waiting: Mapping[str, int] = field(default_factory=dict)
    """Notifications that are still to be delivered, by sink."""
    failing: Collection[str] = ()
    """Sinks whose last attempt failed."""
    blocked_s: Mapping[str, float] = field(default_factory=dict)
    """For how long notifications have waited for each sink that has accepted none meanwhile."""
    open_incidents: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """By model and severity."""


def read_status(query: StreamingQuery, earlier: QueryStatus) -> QueryStatus:
    """Bring the status of a query up to date.

    Spark remembers the last 100 batches: call it more often than that.
    """
    status = query.status
    error = query.exception()
    now = replace(
        earlier,
        is_active=query.isActive,
        is_busy=bool(status["isDataAvailable"]) or bool(status["isTriggerActive"]),
        error=None if error is None else str(error).strip().split("\n")[0],
    )
    progress = query.lastProgress
    if progress is None:
        return now
    last = report_of(progress)
    if last["timestamp"] == earlier.progress_time:
        return now
    fresh = [last]
    if last["batchId"] != earlier.batch_id + 1 or not _has_run(last):
        # Reading all of them is slow in Spark: only if some may have been missed.
        fresh = [report_of(each) for each in query.recentProgress]
    for each in fresh:
        if each["batchId"] > now.batch_id and _has_run(each):
            now = now.after(each)
    return replace(now, progress_time=last["timestamp"])


def _has_run(progress: Mapping[str, Any]) -> bool:
    """Whether a batch was run: an idle query reports on the batch that is to come, too."""
    return "addBatch" in progress["durationMs"]
