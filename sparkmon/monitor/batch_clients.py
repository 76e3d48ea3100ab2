"""Clients in batch: judged as in a stream, each model on a worker."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, functions as F

from sparkmon.adversaries import CLIENT_COLUMNS, Baseline
from sparkmon.compat import map_groups, to_arrow
from sparkmon.monitor.client_watch import ClientWatch
from sparkmon.monitor.one_pass import Pass
from sparkmon.monitor.window_grid import row_counts
from sparkmon.protocol import ROWS
from sparkmon.schemas import DRIFT_METRICS

_KEY = ("model", "event_type", "event_id", "instance")


class RowsInMemory:
    """The table ``rows``, read as :class:`ClientWatch` reads it."""

    def __init__(self, rows: pa.Table) -> None:
        self._rows = rows.select(CLIENT_COLUMNS).cast(pa.schema([ROWS.field(name) for name in CLIENT_COLUMNS]))

    def read(self, _: str, columns: Sequence[str], where: Sequence[tuple[str, str, Any]]) -> pa.Table:
        """Return the rows that satisfy all conditions."""
        conditions = (_COMPARE[operator](pc.field(name), value) for name, operator, value in where)
        return self._rows.filter(reduce(and_, conditions)).select([*columns])


_COMPARE = {"=": pc.equal, ">=": pc.greater_equal, "<": pc.less}


def kept_rows(events: DataFrame, ingest: Pass) -> DataFrame:
    """Decode the rows that are kept of events, redelivered ones once."""
    output = ingest(events, {}, None)
    return output.where(F.col("row").isNotNull()).select("row.*").dropDuplicates([*_KEY])


def client_findings(baselines: Mapping[str, Baseline], profiles: DataFrame, rows: DataFrame) -> DataFrame:
    """Judge the clients in the windows of profiles by their rows; see :meth:`sparkmon.Monitor.findings`."""
    count = F.struct(F.col("profile.count").alias("count")).alias("profile")
    names = ("model", "model_version", "window_start", "window_end", "column_kind", "slice_key")
    windows = row_counts(to_arrow(profiles.select(*names, count).where("slice_key IS NULL")))

    def judge(rows: pa.Table) -> pa.Table:
        model = str(rows["model"][0].as_py())
        own = {window: counts for window, counts in windows.items() if window.model == model}
        return ClientWatch({model: baselines[model]}).findings(RowsInMemory(rows), own)

    chosen = rows.where(F.col("model").isin([*baselines])).select(*CLIENT_COLUMNS)
    return map_groups(chosen, "model", judge, DRIFT_METRICS)
