"""Writes the batches of the one streaming query: dead letters, digests and panes, each exactly once."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, functions as F

from sparkmon.distributions.schema import PANES
from sparkmon.health import Counters, Counts
from sparkmon.interval import from_micros, to_micros
from sparkmon.monitor.batch_counts import to_columns
from sparkmon.monitor.closer import Closer
from sparkmon.monitor.leases import Leases, models_of
from sparkmon.monitor.model_limit import ModelLimit
from sparkmon.monitor.one_pass import Pass, one_pass
from sparkmon.monitor.outlier_table import OutlierTable
from sparkmon.monitor.recent_events import Digests, RecentEvents
from sparkmon.monitor.window_grid import row_counts
from sparkmon.protocol import ROWS
from sparkmon.row_files import without_models
from sparkmon.schemas import DEAD_LETTERS
from sparkmon.state import EVENT_DIGESTS, PANES as INGESTED_PANES
from sparkmon.tables import Tables, TableWriter

_EVENT = [*("event_id", "event_type", "source", "namespace", "model", "component", "event_time"), "payload"]
"""Identifies an event: a broken one may lack any of these, but no two have the same bytes in the same microsecond."""


class BatchWriter:
    """Writes what the pass over a batch gives.

    The order of the commits is dead letters, rows, outliers, digests, panes. A batch whose panes are in the table, or
    that is recorded there because it has none, is not written again.
    """

    def __init__(
        self,
        ingest: Pass,
        tables: Tables,
        leases: Leases,
        counters: Counters,
        closer: Closer | None,
        expected: Mapping[str, Collection[str]],
        k: int,
        keep_outliers: int,
    ) -> None:
        self._ingest, self._place, self._leases = ingest, tables, leases
        self._counters, self._closer = counters, closer
        self._expected, self._k = expected, k
        self._limit: ModelLimit | None = None
        self._tables: TableWriter | None = None
        self._recent: RecentEvents | None = None
        self._former: set[str] = set()
        self._outliers = OutlierTable(keep_outliers)

    def __getstate__(self) -> dict[str, Any]:
        # Over Spark Connect a process of the server writes the batches.
        return self.__dict__ | dict.fromkeys(("_tables", "_recent", "_limit", "_closer"))

    def write(self, batch: DataFrame, query_id: str, batch_id: int) -> None:
        """Write a batch of a query."""
        if self._tables is None:
            self._tables = self._place.open(batch.sparkSession)
        tables = self._tables
        closer = self._closer
        if closer is not None:
            closer.query_id = query_id
        last = tables.last_batch("panes", query_id)
        panes = PANES.empty_table()
        if last is None or last < batch_id:
            if self._recent is None:
                self._recent = RecentEvents()
                first = None if closer is None else closer.first_open()
                _remember(self._recent, tables, [query_id], first, -1 if last is None else last)
            panes = self._pass(batch, tables, self._recent, query_id, batch_id)
        if closer is not None:
            closer.take(panes, batch_id)
            if self._recent is not None:
                self._recent.forget(closer.first_open())

    def _pass(
        self, batch: DataFrame, tables: TableWriter, recent: RecentEvents, query_id: str, batch_id: int
    ) -> pa.Table:
        """Ingest a batch; return its panes."""
        if self._limit is None:
            self._limit = ModelLimit(self._expected, models_of(tables, query_id)[0])
        limit, skipped = self._limit, dict[str, str]()

        def owners_of(panes: pa.Table, digests: Sequence[Digests]) -> Mapping[int, int]:
            models: list[Any] = pc.unique(limit.limited(panes, self._k)["model"]).to_pylist()
            acquired = self._leases.acquire(tables, models, query_id)
            skipped.update(acquired.skipped)
            former = acquired.former_query_ids
            _remember(recent, tables, sorted(former - self._former), None, None)
            self._former |= former
            return recent.redelivered(digests)

        directory = tables.directory("rows")
        with one_pass(self._ingest, batch, owners_of, directory) as passed:
            counts = Counts(redelivered_events=passed.redelivered, namespaces=passed.namespaces)
            if passed.dead_letters is not None:
                counts = counts.add(_write_dead_letters(self._place, passed.dead_letters, query_id, batch_id))
            if passed.rows is not None:
                rows = passed.rows.where(~F.col("model").isin([*skipped]))
                self._place.append(rows, "rows", writer=query_id, batch_id=batch_id)
            files = [without_models(each, str(directory), skipped) for each in passed.row_files]
            if own := [each for each in files if each is not None]:
                tables.append_files(own, "rows", ROWS, writer=query_id, batch_id=batch_id)
            most_severe = passed.outliers.filter(pc.invert(_are_of(passed.outliers, skipped)))
            outliers = self._outliers.chosen(tables, most_severe)
            if outliers.num_rows:
                tables.append(outliers, "outliers", writer=query_id, batch_id=batch_id)
            panes = limit.limited(passed.panes, self._k)
            is_skipped = _are_of(panes, skipped)
            counts = counts.add(Counts(skipped_rows=_rows_of(panes.filter(is_skipped)), holders=skipped))
            self._counters.add(counts)
            has_events = len(passed.digests) > 0 or counts != Counts()
            if has_events:
                row = {"query_id": query_id, "batch_id": batch_id, "last_event_time": passed.last_event_time}
                row |= {"digests": passed.digests.tobytes(), **to_columns(counts)}
                table = pa.Table.from_pylist([row], schema=EVENT_DIGESTS)
                tables.append(table, "event_digests", writer=query_id, batch_id=batch_id)
                recent.add(to_micros(passed.last_event_time), passed.digests)
        panes = result = panes.filter(pc.invert(is_skipped))
        if panes.num_rows or has_events:
            for name, value in (("query_id", query_id), ("batch_id", batch_id)):
                panes = panes.append_column(name, pa.repeat(pa.scalar(value), panes.num_rows))
            ingested = panes.cast(INGESTED_PANES)
            tables.append(ingested, "panes", writer=query_id, batch_id=batch_id)
        return result


def _rows_of(panes: pa.Table) -> Counter[str]:
    rows: Counter[str] = Counter()
    for window, count in row_counts(panes).items():
        rows[window.model] += sum(count)
    return rows


def _are_of(rows: pa.Table, models: Collection[str]) -> Any:  # noqa: ANN401 - truth values
    return pc.is_in(rows["model"], pa.array(sorted(models), pa.string()))


def _remember(
    recent: RecentEvents, tables: TableWriter, query_ids: Sequence[str], first_open: int | None, last_batch: int | None
) -> None:
    """Read the digests that queries have written: of batches that are whole, and of windows that may be open."""
    if not query_ids:
        return
    where: list[tuple[str, str, Any]] = [("query_id", "in", [*query_ids])]
    if first_open is not None:
        where.append(("last_event_time", ">=", from_micros(first_open)))
    if last_batch is not None:
        where.append(("batch_id", "<=", last_batch))
    rows = tables.read("event_digests", ["last_event_time", "digests"], where)
    for row in [] if rows is None else rows.to_pylist():
        recent.add(to_micros(row["last_event_time"]), np.frombuffer(row["digests"], np.uint64))


def _write_dead_letters(tables: Tables, dead_letters: DataFrame, writer: str, batch_id: int) -> Counts:
    """Write and count the events of a batch that could not be decoded.

    What is in the table is not written again, by any query: neither an event that was delivered twice, nor all of
    them when a log is read again from its beginning.
    """
    new, time = dead_letters.dropDuplicates(_EVENT), F.unix_micros("event_time")
    counts = new.groupBy("condition").agg(F.min(time), F.max(time), F.count("*")).collect()
    table = tables.find_all(dead_letters.sparkSession, "dead_letters", DEAD_LETTERS.names)
    if table is not None:
        # Between two times: Delta then reads the files of that time only.
        first, last = min(row[1] for row in counts), max(row[2] for row in counts)
        near = F.col("event_time").between(F.lit(from_micros(first)), F.lit(from_micros(last)))
        new = new.join(table.where(near).select(*_EVENT), _EVENT, "left_anti")
    tables.append(new.select(*DEAD_LETTERS.names), "dead_letters", writer=writer, batch_id=batch_id)
    return Counts(dead_letters={row[0]: row[3] for row in counts})
