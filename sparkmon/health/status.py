"""The status of a running monitor: its query, kept up to date from its progress, traffic, deliveries and incidents."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.health.counters import Counts

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
    last = json.loads(progress.json)
    if last["timestamp"] == earlier.progress_time:
        return now
    fresh = [last]
    if last["batchId"] != earlier.batch_id + 1 or not _has_run(last):
        # Reading all of them is slow in Spark: only if some may have been missed.
        fresh = [json.loads(each.json) for each in query.recentProgress]
    for each in fresh:
        if each["batchId"] > now.batch_id and _has_run(each):
            now = now.after(each)
    return replace(now, progress_time=last["timestamp"])


def _has_run(progress: Mapping[str, Any]) -> bool:
    """Whether a batch was run: an idle query reports on the batch that is to come, too."""
    return "addBatch" in progress["durationMs"]
