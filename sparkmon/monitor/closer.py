"""Closes windows: takes the panes of each batch, and closes the windows of each model by its own clock."""

import logging
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.adversaries import Baseline
from sparkmon.alerts import AlertManager
from sparkmon.comparison import Judge
from sparkmon.distributions.schema import PROFILES
from sparkmon.health import MONITOR, Counters, Counts, Traffic, Unanswered
from sparkmon.interval import from_micros
from sparkmon.monitor.batch_counts import counts_after
from sparkmon.monitor.closing import Closing
from sparkmon.monitor.event_clocks import EventClocks
from sparkmon.monitor.leases import Leases, models_of
from sparkmon.monitor.longer_windows import LongerWindows
from sparkmon.monitor.open_windows import OpenWindows, without_clocks
from sparkmon.monitor.window_grid import ClosedWindows, Window, micros, row_counts, windows_of_rows
from sparkmon.monitor.windows import Windows
from sparkmon.panes import OTHER
from sparkmon.state import CLOSED_WINDOWS, PANES as INGESTED_PANES
from sparkmon.tables import TableWriter

_LOGGER = logging.getLogger(__name__)
_UNREAD = -1
"""The version of a table that was not looked at yet."""


class Closer:
    """The open windows of a monitor, and what happens when they end.

    *The tables are the state*: what is in memory is read from them at first use, and again after a failure. A window is
    closed once ``closed_windows`` has it; panes of later batches are late.
    """

    def __init__(
        self,
        tables: TableWriter,
        windows: Windows,
        judge: Judge,
        alerts: AlertManager,
        counters: Counters,
        leases: Leases,
        expected: Mapping[str, Collection[str]],
        predicting: Collection[str] = (),
        baselines: Mapping[str, Baseline] = MappingProxyType({}),
    ) -> None:
        self._tables, self._windows, self._judge = tables, windows, judge
        self._alerts, self._counters, self._leases = alerts, counters, leases
        self._expected, self._predicting, self._baselines = expected, predicting, baselines
        self.query_id = ""
        """Set by whichever thread knows it first."""
        self._grid = windows.grid
        self._longer = LongerWindows(self._grid.length, windows.longer_us, windows.k)
        self._lock = threading.RLock()
        self._is_loaded = False
        self._batch_id = self._counted = -1
        self._version: int | None = None
        self._leases_version: int | None = _UNREAD

    def may_close(self, read_until_s: float) -> bool:
        """Return whether windows of idle models are due if no event comes until ``read_until_s`` (monotonic)."""
        with self._loaded():
            return bool(self._open.due(self._clocks.idle_watermarks(read_until_s)))

    def first_open(self) -> int | None:
        """Return where the earliest open window begins, in microseconds since 1970; None if none is open."""
        with self._loaded():
            return self._open.first_start

    def take(self, panes: pa.Table, batch_id: int) -> None:
        """Take the panes of a batch, which the table ``panes`` has already, and close the windows that they end."""
        with self._loaded():
            self._take_over()
            if batch_id > self._batch_id:
                self._batch_id = batch_id
                self._count(panes, self._add(panes))
            self._close(self._clocks.watermarks())
            models = {*panes["model"].to_pylist()} if self._windows.provisional else ()
            still_open = [window for window in self._open if window.model in models]
            if still_open:
                self._closing.provisional(self._open.profiles(still_open))

    def close_by_clock(self, read_until_s: float) -> None:
        """Close the windows of idle models; the log was last read to its end at ``read_until_s`` (monotonic)."""
        with self._loaded():
            watermarks = self._clocks.idle_watermarks(read_until_s)
            due = self._open.due(watermarks)
            if due:
                self._leases.check(self._tables, {each.model for each in due}, self.query_id)
                self._close(watermarks)

    def close_all(self) -> None:
        """Close all windows, because the log is complete."""
        with self._loaded():
            self._take_over()
            ends: dict[str, int] = {}
            for window in self._open:
                ends[window.model] = max(window.end, ends.get(window.model, window.end))
            self._close(ends)

    def open_state(self) -> None:
        """Read the state before another process ingests: what it brings from now on is counted."""
        with self._lock:
            self._load()
            last = self._tables.last_batch("event_digests", self.query_id)
            self._counted = -1 if last is None else last

    def catch_up(self) -> None:
        """Take what another process has ingested, as over Spark Connect."""
        with self._lock:
            version = self._tables.version("panes")
            if version is None or version == self._version:
                return
            self._load()
            read = self._read_panes([self.query_id], ("batch_id", ">", self._batch_id))
            batches: list[Any] = pc.unique(read["batch_id"]).to_pylist()
            for batch_id in sorted(batches):
                self.take(read.filter(pc.equal(read["batch_id"], pa.scalar(batch_id))), batch_id)
            self.take(read.slice(0, 0), self._batch_id)  # what was read at the start may be due
            counts, self._counted = counts_after(self._tables, self.query_id, self._counted)
            self._counters.add(counts)
            self._version = version

    @contextmanager
    def _loaded(self) -> Iterator[None]:
        """Work on the state in memory; after a failure, what was written is read again."""
        with self._lock:
            self._load()
            try:
                yield
            except BaseException:
                self._is_loaded = False  # nobody knows which part was written
                raise

    def _load(self) -> None:
        """Read the state from the tables, unless it is in memory."""
        if self._is_loaded:
            return
        self._open = OpenWindows(self._grid, self._windows.k, self._expected)
        self._clocks = EventClocks(self._windows.delay_us, self._windows.idle_s)
        self._closing = Closing(self._tables, self._judge, self._alerts, self.query_id, self._baselines)
        last = self._tables.last_batch("panes", self.query_id)
        self._batch_id = -1 if last is None else last
        self._closed, self._closed_by_others = ClosedWindows(), ClosedWindows()
        self._unanswered: dict[str, tuple[int, int, int]] = {}
        self._models: set[str] = set()
        self._leases_version = _UNREAD
        self._take_over({self.query_id})
        self._is_loaded = True

    def _take_over(self, own: Collection[str] = ()) -> None:
        """Add the panes of the models acquired since the last look: of the queries that had them before, and of own.

        Of a model that is acquired while the query runs, its own panes come with its batches.
        """
        version = self._tables.version("monitors")
        if version == self._leases_version:
            return
        former, self._others = models_of(self._tables, self.query_id)
        new = former.keys() - self._models
        ids = {*own, *(each for model in new for each in former[model])}
        if new:
            ended = sorted({each for ids in former.values() for each in ids}.difference(self._others.values()))
            self._alerts.hold(self.query_id, {model: former[model] for model in new} | {MONITOR: ended})
        if ids:
            self._read_marks()  # others may have closed windows since
        if ids and new:
            self._add(self._read_panes(ids, ("model", "in", sorted(new))))
            self._finish()
        self._models |= new
        self._leases_version = version
        self._report()

    def _read_panes(self, query_ids: Iterable[str], *where: tuple[str, str, object]) -> pa.Table:
        chosen = [("query_id", "in", sorted(query_ids)), *where]
        read = self._tables.read("panes", INGESTED_PANES.names, chosen)
        return INGESTED_PANES.empty_table() if read is None else read.cast(INGESTED_PANES)

    def _read_marks(self) -> None:
        closed = self._tables.read("closed_windows", CLOSED_WINDOWS.names)
        if closed is None:
            return
        closed = closed.sort_by("window_end")
        columns: list[list[Any]] = [closed[name].to_pylist() for name in ("query_id", "requests", "responses")]
        self._unanswered.clear()
        for window, query_id, requests, responses in zip(windows_of_rows(closed), *columns, strict=True):
            self._closed.add(window)
            self._note_answers(window, requests, responses)
            if query_id != self.query_id:
                self._closed_by_others.add(window)

    def _note_answers(self, window: Window, requests: int, responses: int) -> None:
        """Count the requests of a model since its last window with responses; of windows that overlap, one counts."""
        if window.model not in self._predicting or window.length != self._grid.length:
            return
        since, until, count = self._unanswered.get(window.model, (window.start, window.start, 0))
        if responses:
            self._unanswered[window.model] = window.end, window.end, 0
        elif window.start >= until:
            self._unanswered[window.model] = since, window.end, count + requests

    def _add(self, panes: pa.Table) -> dict[Window, int]:
        """Add panes to the open windows; return the rows of those that are late."""
        newest = panes.group_by("model").aggregate([("last_event_time", "max")])
        models: list[Any] = newest["model"].to_pylist()
        times: list[int] = micros(newest, "last_event_time_max").tolist()
        self._clocks.advance(dict(zip(models, times, strict=True)), time.monotonic())
        return self._open.add(without_clocks(panes), self._closed)

    def _count(self, panes: pa.Table, late: Mapping[Window, int]) -> None:
        late_rows = 0
        for pane, count in late.items():
            end = self._closed_by_others.last_end(pane.model, self._grid.length)
            if end is None or pane.end > end:  # of what a former query closed, the log is just read again
                late_rows += count
        rows = sum(map(sum, row_counts(panes).values()))
        is_pooled = pc.and_(pc.equal(panes["column_name"], pa.scalar(OTHER)), pc.is_null(panes["slice_key"]))
        counts: Any = pc.struct_field(panes.filter(is_pooled)["profile"], "count")
        pooled = pc.sum(counts).as_py() or 0
        self._counters.add(Counts(rows=rows, late_rows=late_rows, pooled_values=pooled))

    def _close(self, watermarks: Mapping[str, int]) -> None:
        due = self._open.due(watermarks)
        if due:
            profiles = self._open.profiles(due)
            longer = self._longer.completed(self._tables, profiles, due, self._closed)
            self._mark(self._closing.write(pa.concat_tables([profiles, longer]), self._batch_id))
        self._report()

    def _mark(self, rows: Mapping[Window, tuple[int, int]]) -> None:
        traffic: dict[str, Traffic] = {}
        for window, (requests, responses) in sorted(rows.items(), key=lambda each: each[0].end):
            self._closed.add(window)
            self._note_answers(window, requests, responses)
            if window.length == self._grid.length:
                end = from_micros(window.end)
                one, model = Traffic(end, requests, responses), window.model
                traffic[model] = traffic[model].merge(one) if model in traffic else one
        self._counters.add(Counts(traffic=traffic, verdicts=self._closing.verdicts))
        self._open.close(rows)

    def _report(self) -> None:
        ends = {model: self._closed.last_end(model, self._grid.length) for model in self._models}
        self._counters.set_windows(
            Counts(
                open_windows=len(self._open),
                watermarks=_times(self._clocks.watermarks()),
                last_ends=_times(ends),
                never_sent=self._expected.keys() - self._models - self._others.keys(),
                first_end=None if self._closed.first_end is None else from_micros(self._closed.first_end),
                unanswered={
                    model: Unanswered(from_micros(since), count)
                    for model, (since, _, count) in self._unanswered.items()
                    if model in self._models
                },
            )
        )

    def _finish(self) -> None:
        """Judge what a crash has left in ``profiles`` without its mark."""
        windows = [*self._open]
        if not windows:
            return
        first, last = min(each.start for each in windows), max(each.end for each in windows)
        where = [
            ("model", "in", sorted({each.model for each in windows})),
            ("window_end", ">", from_micros(first)),
            ("window_end", "<=", from_micros(last)),
        ]
        read = self._tables.read("profiles", PROFILES.names, where)
        if read is None:
            return
        is_unmarked = [window not in self._closed for window in windows_of_rows(read)]
        if any(is_unmarked):
            _LOGGER.info("judging windows that were not judged when a monitor ended")
            unmarked = read.cast(PROFILES).filter(pa.array(is_unmarked, pa.bool_()))
            self._mark(self._closing.finish(unmarked, self._batch_id))


def _times(ends: Mapping[str, int | None]) -> dict[str, datetime]:
    return {model: from_micros(end) for model, end in ends.items() if end is not None}
