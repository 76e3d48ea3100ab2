"""Models: what was seen of each, whether it is still seen, and its open incidents; and all of that at a glance."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from sparkmon.alerts import SEVERITIES, AlertStore, Silences
from sparkmon.state import CLOSED_WINDOWS
from sparkmon.tables import TableWriter
from sparkmon.views.incidents import IncidentView, incidents_of
from sparkmon.views.source import Source, conditions, rows_of

_STALE_WINDOWS = 3
_STALE_LEAST = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class ModelState:
    """One model over the span that was asked for."""

    model: str
    windows: int
    """How many windows have closed."""
    requests: int
    responses: int
    window_start: datetime
    """The last window that closed."""
    window_end: datetime
    closed_time: datetime
    is_stale: bool
    """Whether no window has closed for three lengths of a window, and a quarter of an hour."""
    open_incidents: int
    severity: str | None
    """The highest of its open incidents."""


@dataclass(frozen=True, slots=True)
class Overview:
    """All models at a glance, at one moment."""

    time: datetime
    incidents: tuple[IncidentView, ...]
    """Open incidents, and those whose recovery is to be notified."""
    silences: Silences
    models: tuple[ModelState, ...]
    """Those with incidents first, of the highest severity."""
    waiting: int
    """Notifications that are to be delivered to a sink, each sink counted."""
    dead: int
    """Those that were given up."""

    @property
    def closed_time(self) -> datetime | None:
        """When the last window closed; None if none has."""
        return max((model.closed_time for model in self.models), default=None)

    @property
    def is_stale(self) -> bool:
        """Whether there are models, and nothing is seen of any."""
        return bool(self.models) and all(model.is_stale for model in self.models)


def models_of(
    source: Source, now: datetime, incidents: Sequence[IncidentView] = (), *, since: datetime | None = None
) -> tuple[ModelState, ...]:
    """Return every model with a closed window since a moment, those with open incidents first."""
    where = conditions(since=since)
    names = ["model", "window_start", "window_end", "requests", "responses", "closed_time"]
    closed: Any = rows_of(source, "closed_windows", pa.schema([CLOSED_WINDOWS.field(name) for name in names]), where)
    is_open = [each for each in incidents if each.is_open]
    counts = Counter(each.model for each in is_open)
    highest: dict[str, str] = {}
    for each in is_open:
        before = highest.get(each.model)
        if before is None or SEVERITIES.index(each.severity) > SEVERITIES.index(before):
            highest[each.model] = each.severity
    # Of windows that end together the longest is last.
    ordered = closed.sort_by([("window_end", "ascending"), ("window_start", "descending")])
    aggregates: list[Any] = [("window_end", "last"), ("window_start", "last"), ("closed_time", "max")]
    aggregates += [("requests", "sum"), ("responses", "sum"), ("model", "count")]
    grouped = ordered.group_by("model", use_threads=False).aggregate(aggregates)
    models = [
        ModelState(
            model=row["model"],
            windows=row["model_count"],
            requests=row["requests_sum"],
            responses=row["responses_sum"],
            window_start=row["window_start_last"],
            window_end=row["window_end_last"],
            closed_time=row["closed_time_max"],
            is_stale=now - row["closed_time_max"]
            > max(_STALE_LEAST, _STALE_WINDOWS * (row["window_end_last"] - row["window_start_last"])),
            open_incidents=counts[row["model"]],
            severity=highest.get(row["model"]),
        )
        for row in grouped.to_pylist()
    ]
    return tuple(sorted(models, key=lambda each: (*_rank(each), each.model)))


def overview(tables: TableWriter, now: datetime) -> Overview:
    """Return all models and open incidents, silences, and the number of undelivered notifications.

    >>> import tempfile
    >>> from datetime import timezone
    >>> from sparkmon.tables import Tables
    >>> empty = overview(Tables(tempfile.mkdtemp()).open(), datetime.now(timezone.utc))
    >>> empty.models, empty.incidents, empty.closed_time, empty.is_stale
    ((), (), None, False)
    """
    current = incidents_of(tables, now)
    store = AlertStore(tables)
    numbers = [
        len({(row["notification_id"], sink) for row, sink, _ in store.undelivered(dead=dead)}) for dead in (False, True)
    ]
    models = models_of(tables, now, current.incidents)
    return Overview(now, current.incidents, current.silences, models, *numbers)


def _rank(state: ModelState) -> tuple[int, int]:
    severity = -1 if state.severity is None else SEVERITIES.index(state.severity)
    return -severity, -state.open_incidents
