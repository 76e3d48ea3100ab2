"""Maintenance: expired rows are deleted, small files compacted, and what no commit needs any more is removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from sparkmon.interval import EPOCH
from sparkmon.tables.conditions import Condition
from sparkmon.tables.retention import MAINTAINED, TIME_COLUMNS, Retention
from sparkmon.tables.table_writer import Maintained, TableWriter

_OF_OPEN_WINDOWS = {"panes", "event_digests"}
"""The tables from which a start reads back the open windows."""


class Maintenance:
    """Maintains the tables of a monitor, now and then.

    It needs a writer of its own: a table that is maintained keeps other users of a writer waiting. ``window`` is the
    longest window that is made of panes: panes that a later one may need are kept.

    Examples
    --------
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
        maintained = (
            self._tables.maintain(table, self._expired(table, now), dry_run=dry_run)
            for table in MAINTAINED
        )
        return [*filter(None, maintained)]

    def _expired(self, table: str, now: datetime) -> Sequence[Condition]:
        """Return the conditions of expired rows; none if no rows expire."""
        length = self._retention.of(table)
        if length is None:
            return []
        column = TIME_COLUMNS[table]
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
            start
            for model, start, end in _rows(panes)
            if model not in ends or end > ends[model] - self._window
        ]
        return min([cutoff, *starts])


def _rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    return zip(*table.to_pydict().values(), strict=True)
