"""Maintenance: expired rows are deleted, small files compacted, and what no commit needs any more is removed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from sparkmon.errors import OptionError
from sparkmon.interval import EPOCH
from sparkmon.tables.conditions import Condition
from sparkmon.tables.table_writer import Maintained, TableWriter

_TIME_COLUMNS: Mapping[str, str] = {
    **{"panes": "window_end", "event_digests": "last_event_time", "closed_windows": "window_end"},
    **dict.fromkeys(("profiles", "drift_metrics", "performance", "attributions", "alerts"), "window_end"),
    **{"deliveries": "time", "rows": "event_time", "dead_letters": "event_time", "outliers": "event_time"},
}
"""The column by which the rows of a table grow old."""

_MAINTAINED = (*_TIME_COLUMNS, "alert_actions", "monitors")
"""The tables that are compacted: rows of the last two are kept for good."""
_OF_OPEN_WINDOWS = {"panes", "event_digests"}
"""The tables from which a start reads back the open windows."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long the rows of each table are kept; null for good.

    Age is the distance to the newest row of the table, or to now if that row is later: a log of years ago that is
    replayed keeps its results. Rows without a time are kept.

    Raises
    ------
    OptionError
        An interval is not longer than 0.

    Examples
    --------
    >>> Retention().profiles.days
    400
    >>> Retention(rows=timedelta())
    Traceback (most recent call last):
    ...
    sparkmon.errors.OptionError: [SPARKMON_OPTION] got rows=datetime.timedelta(0); expected an interval longer than 0
    """

    panes: timedelta | None = timedelta(days=2)
    """Partial profiles of windows that have closed; those of open windows are kept."""
    event_digests: timedelta | None = timedelta(days=2)
    """Digests of events, by which redelivered ones are recognised."""
    closed_windows: timedelta | None = timedelta(days=400)
    """Which windows have closed."""
    profiles: timedelta | None = timedelta(days=400)
    """Profiles of windows."""
    drift_metrics: timedelta | None = timedelta(days=400)
    """Findings."""
    performance: timedelta | None = timedelta(days=400)
    """Metrics of models, by labels and estimated."""
    attributions: timedelta | None = timedelta(days=400)
    """What features add to the answers of models."""
    alerts: timedelta | None = timedelta(days=400)
    """Alerts."""
    deliveries: timedelta | None = timedelta(days=90)
    """Attempts to deliver notifications."""
    rows: timedelta | None = timedelta(days=7)
    """Decoded rows."""
    outliers: timedelta | None = timedelta(days=90)
    """Rows unlike the training data."""
    dead_letters: timedelta | None = timedelta(days=30)
    """Events that could not be decoded."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if value is not None and value <= timedelta():
                raise OptionError.malformed(each.name, value, "an interval longer than 0")


class Maintenance:
    """Maintains the tables of a monitor, now and then.

    It needs a writer of its own: a table that is maintained keeps other users of a writer waiting. ``window`` is the
    longest window that is made of panes: panes that a later one may need are kept.

    >>> import tempfile
    >>> from datetime import timezone
    >>> from sparkmon.tables import Tables
    >>> maintenance = Maintenance(Tables(tempfile.mkdtemp()).open())
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
    >>> maintenance.run_once(noon), maintenance.due(noon), maintenance.due(noon + timedelta(hours=1))
    ([], False, True)
    """

    def __init__(
        self,
        tables: TableWriter,
        retention: Retention | None = None,
        *,
        every: timedelta = timedelta(hours=1),
        window: timedelta = timedelta(),
    ) -> None:
        self._tables, self._retention = tables, retention or Retention()
        self._every, self._window = every, window
        self._last_run: datetime | None = None

    def due(self, now: datetime) -> bool:
        """Return whether it is time for a run; a new object is due at once."""
        return self._last_run is None or now - self._last_run >= self._every

    def run_once(self, now: datetime, *, dry_run: bool = False) -> list[Maintained]:
        """Maintain every table that exists; a dry run counts what it would do, and changes nothing."""
        self._last_run = now
        maintained = (self._tables.maintain(table, self._expired(table, now), dry_run=dry_run) for table in _MAINTAINED)
        return [*filter(None, maintained)]

    def _expired(self, table: str, now: datetime) -> Sequence[Condition]:
        """Return the conditions of expired rows; none if no rows expire."""
        length = getattr(self._retention, table, None)
        if length is None:
            return []
        column = _TIME_COLUMNS[table]
        newest = self._tables.greatest(table, column)
        if newest is None:
            return []
        cutoff = min(newest, now) - length
        if table in _OF_OPEN_WINDOWS:
            cutoff = min(cutoff, self._open_since(cutoff))
        return [(column, "<", cutoff), (column, ">", EPOCH)]

    def _open_since(self, cutoff: datetime) -> datetime:
        """Return the start of the first pane before ``cutoff`` that a window may still need."""
        columns = ["model", "window_start", "window_end"]
        panes = self._tables.read("panes", columns, [("window_end", "<", cutoff)])
        if panes is None:
            return cutoff
        closed = self._tables.read("closed_windows", ["model", "window_end"])
        # In the order of time, so that each model's last end stays.
        ends = {} if closed is None else dict(_rows(closed.sort_by("window_end")))
        starts: list[datetime] = [
            start for model, start, end in _rows(panes) if model not in ends or end > ends[model] - self._window
        ]
        return min([cutoff, *starts])


def _rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    return zip(*table.to_pydict().values(), strict=True)
