"""Leases on the windows of models: the table ``monitors``, which keeps two queries from counting the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from functools import reduce
from typing import NamedTuple

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema

from sparkmon.errors import CheckpointError
from sparkmon.interval import EPOCH
from sparkmon.monitor.window_range import has_length
from sparkmon.schemas import DRIFT_METRICS, MONITORS, PROFILES
from sparkmon.tables import Tables

__all__ = ["Leases"]

_TABLE = "monitors"
_NEVER = datetime(9000, 1, 1, tzinfo=timezone.utc)


class _Windows(NamedTuple):
    """What is leased: the windows of a length, of a model."""

    model: str
    window_s: float


class _Lease(NamedTuple):
    """A row of ``monitors``."""

    query_id: str
    model: str
    window_s: float
    checkpoint: str
    take_over: bool
    batch_id: int
    written_until: datetime | None
    judged_until: datetime | None
    acquired_time: datetime

    @property
    def windows(self) -> _Windows:
        return _Windows(self.model, self.window_s)


class Leases:
    """The leases of the query of closed windows, from one start on.

    Parameters
    ----------
    tables : Tables
        Where ``monitors`` and the leased tables are.
    lengths_s : sequence of float
        Lengths of the windows that the query writes, in seconds.
    checkpoint : str
        The directory of the query's progress.
    take_over : bool
        Whether to take over the leases of other queries. What those have written is not written again.

    Notes
    -----
    A batch that is replayed adds nothing to a table because Delta knows its query and its number. A query with a new
    checkpoint is another query for Delta: it would count every row of the log a second time. So a query acquires a
    lease on the windows of a model before it first writes them. The lease that was committed first is valid, even if
    two were acquired at once, until another query takes it over; the former holder stops at its next batch. A batch
    that is being written at that moment is not seen, so stop a query before another takes over.
    """

    def __init__(
        self, tables: Tables, lengths_s: Sequence[float], checkpoint: str, take_over: bool
    ) -> None:
        self._tables, self._lengths, self._checkpoint = tables, lengths_s, checkpoint
        self._take_over = take_over
        self._leases: dict[_Windows, _Lease] = {}

    def acquire(
        self, spark: SparkSession, models: Iterable[str], writer: str, batch_id: int
    ) -> None:
        """Acquire leases on the windows of models, or check that they are still valid.

        Parameters
        ----------
        spark : SparkSession
            Reads and writes the table.
        models : iterable of str
            The models of a batch.
        writer, batch_id : str, int
            The query's id, and the batch's number.

        Raises
        ------
        CheckpointError
            Another query holds a lease on one of them, or has taken it over since the last batch.
        """
        windows = {_Windows(model, length) for model in models for length in self._lengths}
        holders = self._holders(spark)
        others = [each for each in windows if each in holders and holders[each].query_id != writer]
        lost = self._leases.keys() & others
        if others and (lost or not self._take_over):
            raise self._conflict(holders[min(lost or others)], writer)
        new = sorted(each for each in windows if each not in holders or each in others)
        if new:
            self._append(spark, new, writer, batch_id)
            holders = self._holders(spark)
            for each in new:  # another query may have been first
                if holders[each].query_id != writer:
                    raise self._conflict(holders[each], writer)
        self._leases |= {each: holders[each] for each in windows}

    def unwritten(self, profiles: DataFrame) -> DataFrame:
        """Leave out what the former holders of the leases have written."""
        conditions = [
            _of(each) & (F.col("window_end") <= F.lit(lease.written_until))
            for each, lease in sorted(self._leases.items())
            if lease.written_until is not None
        ]
        return profiles.where(~reduce(Column.__or__, conditions)) if conditions else profiles

    def unjudged(self, spark: SparkSession, batch_id: int) -> DataFrame | None:
        """Return the profiles that a former holder, whose leases this batch took over, wrote and did not judge."""
        unjudged = [
            _of(each)
            & (F.col("window_end") <= F.lit(lease.written_until))
            & (F.col("window_end") > F.lit(lease.judged_until or EPOCH))
            for each, lease in sorted(self._leases.items())
            if lease.batch_id == batch_id and lease.written_until is not None
        ]
        if not unjudged:
            return None
        rows: DataFrame = self._tables.read(spark, "profiles").select(*PROFILES.names)
        return rows.where(reduce(Column.__or__, unjudged))

    def _holders(self, spark: SparkSession) -> dict[_Windows, _Lease]:
        """Read the valid leases: the first of some windows, or the last that was taken over."""
        recorded = self._tables.recorded(spark, _TABLE)
        holders: dict[_Windows, _Lease] = {}
        for row in (
            [] if recorded is None else recorded.select(*MONITORS.names).toArrow().to_pylist()
        ):
            lease = _Lease(**row)
            if lease.take_over or lease.windows not in holders:
                holders[lease.windows] = lease
        return holders

    def _append(
        self, spark: SparkSession, new: Sequence[_Windows], writer: str, batch_id: int
    ) -> None:
        ends = self._ends(spark, "profiles", PROFILES.names) if self._take_over else {}
        judged = self._ends(spark, "drift_metrics", DRIFT_METRICS.names) if ends else {}
        rows = [
            _Lease(
                writer,
                *each,
                self._checkpoint,
                self._take_over,
                batch_id,
                ends.get(each),
                judged.get(each),
                datetime.now(timezone.utc),
            )._asdict()
            for each in new
        ]
        table = pa.Table.from_pylist(rows, schema=to_arrow_schema(MONITORS, timezone="UTC"))
        self._tables.record(spark.createDataFrame(table), _TABLE)

    def _ends(
        self, spark: SparkSession, table: str, names: Sequence[str]
    ) -> dict[_Windows, datetime]:
        """Read the end of the last closed window of each model and length that a table has."""
        rows = self._tables.find(spark, table, names, EPOCH, _NEVER)
        if rows is None:
            return {}
        if "status" in rows.columns:
            rows = rows.where("status <> 'provisional'")
        ends: dict[_Windows, datetime] = {}
        for length in self._lengths:
            of_length = rows.where(has_length(length)).groupBy("model")
            last = of_length.agg(F.max("window_end").alias("end")).toArrow().to_pylist()
            ends |= {_Windows(row["model"], length): row["end"] for row in last}
        return ends

    def _conflict(self, holder: _Lease, writer: str) -> CheckpointError:
        return CheckpointError(
            f"the windows of {holder.window_s:g} seconds of the model {holder.model!r} in {self._tables.location} are "
            f"written by the query {holder.query_id} since {holder.acquired_time:%Y-%m-%d %H:%M} UTC, whose progress "
            f"is in {holder.checkpoint}; this one, {writer} with {self._checkpoint}, would count the same rows again. "
            "Go on with that directory of checkpoints, or give this monitor other tables, or, if that query has ended "
            "for good, start once with --take-over (take_over=True): it goes on behind the last window that is written"
        )


def _of(windows: _Windows) -> Column:
    return (F.col("model") == F.lit(windows.model)) & has_length(windows.window_s)
