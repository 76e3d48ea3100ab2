"""Who writes the windows of a model: the table ``monitors``, which keeps two queries from counting the same rows."""

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
from sparkmon.monitor.reach import EPOCH, lasts
from sparkmon.schemas import DRIFT_METRICS, MONITORS, PROFILES
from sparkmon.tables import Tables

__all__ = ["Claims"]

_TABLE = "monitors"
_NEVER = datetime(9000, 1, 1, tzinfo=timezone.utc)


class _Windows(NamedTuple):
    """What is claimed: the windows of a length, of a model."""

    model: str
    window_s: float


class _Claim(NamedTuple):
    """A row of ``monitors``."""

    query_id: str
    model: str
    window_s: float
    checkpoint: str
    take_over: bool
    batch_id: int
    written_until: datetime | None
    judged_until: datetime | None
    claimed_time: datetime

    @property
    def windows(self) -> _Windows:
        return _Windows(self.model, self.window_s)


class Claims:
    """The claims of one start of the query of closed windows.

    Parameters
    ----------
    tables : Tables
        Where ``monitors`` is, beside the tables that are claimed.
    lengths_s : sequence of float
        Lengths of the windows that are written, in seconds.
    checkpoint : str
        The directory of the query's progress.
    take_over : bool
        Whether claims of other queries are taken over. What they have written is then not written again.

    Notes
    -----
    A batch that is replayed adds nothing to a table because Delta knows its query and its number. A query with a new
    checkpoint is another query, of whom Delta knows nothing: it would count every row of the log a second time. So a
    query claims the windows of a model before it first writes them. The claim that was committed first holds, also
    where two are made at once, until another takes it over; the one that held it stops at its next batch. A batch that
    is being written at that very moment is not seen, so stop a query before another takes over.
    """

    def __init__(
        self, tables: Tables, lengths_s: Sequence[float], checkpoint: str, take_over: bool
    ) -> None:
        self._tables, self._lengths, self._checkpoint = tables, lengths_s, checkpoint
        self._take_over = take_over
        self._held: dict[_Windows, _Claim] = {}

    def make(self, spark: SparkSession, models: Iterable[str], writer: str, batch_id: int) -> None:
        """Claim the windows of models, or see that they are still held.

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
            Another query holds one of them, or has taken it over since the last batch.
        """
        wanted = {_Windows(model, length) for model in models for length in self._lengths}
        holders = self._holders(spark)
        others = [each for each in wanted if each in holders and holders[each].query_id != writer]
        lost = self._held.keys() & others
        if others and (lost or not self._take_over):
            raise self._refusal(holders[min(lost or others)], writer)
        new = sorted(each for each in wanted if each not in holders or each in others)
        if new:
            self._append(spark, new, writer, batch_id)
            holders = self._holders(spark)
            for each in new:  # another may have come a moment earlier
                if holders[each].query_id != writer:
                    raise self._refusal(holders[each], writer)
        self._held |= {each: holders[each] for each in wanted}

    def unwritten(self, profiles: DataFrame) -> DataFrame:
        """Leave out what those have written from whom windows were taken over."""
        until = {
            each: claim.written_until
            for each, claim in self._held.items()
            if claim.written_until is not None
        }
        written = [
            _of(each) & (F.col("window_end") <= F.lit(time)) for each, time in sorted(until.items())
        ]
        return profiles.where(~reduce(Column.__or__, written)) if written else profiles

    def unjudged(self, spark: SparkSession, batch_id: int) -> DataFrame | None:
        """Return the profiles that were written and not judged by those from whom this batch took them over."""
        left = [
            _of(each)
            & (F.col("window_end") <= F.lit(claim.written_until))
            & (F.col("window_end") > F.lit(claim.judged_until or EPOCH))
            for each, claim in sorted(self._held.items())
            if claim.batch_id == batch_id and claim.written_until is not None
        ]
        if not left:
            return None
        rows = self._tables.read(spark, "profiles").select(*PROFILES.names)
        return rows.where(reduce(Column.__or__, left))

    def _holders(self, spark: SparkSession) -> dict[_Windows, _Claim]:
        """Read who holds what: the first that claimed it, or the last that took it over."""
        found = self._tables.recorded(spark, _TABLE)
        holders: dict[_Windows, _Claim] = {}
        for row in [] if found is None else found.select(*MONITORS.names).toArrow().to_pylist():
            claim = _Claim(**row)
            if claim.take_over or claim.windows not in holders:
                holders[claim.windows] = claim
        return holders

    def _append(
        self, spark: SparkSession, new: Sequence[_Windows], writer: str, batch_id: int
    ) -> None:
        written = self._ends(spark, "profiles", PROFILES.names) if self._take_over else {}
        judged = self._ends(spark, "drift_metrics", DRIFT_METRICS.names) if written else {}
        rows = [
            _Claim(
                writer,
                *each,
                self._checkpoint,
                self._take_over,
                batch_id,
                written.get(each),
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
        found = self._tables.find(spark, table, names, EPOCH, _NEVER)
        if found is None:
            return {}
        if "status" in found.columns:
            found = found.where("status <> 'provisional'")
        ends: dict[_Windows, datetime] = {}
        for length in self._lengths:
            of_length = found.where(lasts(length)).groupBy("model")
            last = of_length.agg(F.max("window_end").alias("end")).toArrow().to_pylist()
            ends |= {_Windows(row["model"], length): row["end"] for row in last}
        return ends

    def _refusal(self, holder: _Claim, writer: str) -> CheckpointError:
        return CheckpointError(
            f"the windows of {holder.window_s:g} seconds of the model {holder.model!r} in {self._tables.location} are "
            f"written by the query {holder.query_id} since {holder.claimed_time:%Y-%m-%d %H:%M} UTC, whose progress "
            f"is in {holder.checkpoint}; this one, {writer} with {self._checkpoint}, would count the same rows again. "
            "Go on with that directory of checkpoints, or give this monitor other tables, or, if that query has ended "
            "for good, start once with --take-over (take_over=True): it goes on behind the last window that is written"
        )


def _of(windows: _Windows) -> Column:
    return (F.col("model") == F.lit(windows.model)) & lasts(windows.window_s)
