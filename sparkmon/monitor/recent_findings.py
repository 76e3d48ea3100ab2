"""The last findings of each series, which confirm or refute those of the next window."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.comparison import JUDGED
from sparkmon.comparison.schema import DRIFT_METRICS
from sparkmon.distributions.schema import SERIES_KEY
from sparkmon.monitor.window_grid import windows_of_rows
from sparkmon.tables import TableWriter

_SERIES = (*SERIES_KEY, "drift_type", "reference", "statistic")
_NEEDED = 2
"""A finding is confirmed by at most two windows before it, which overlap neither it nor each other."""


class RecentFindings:
    """The last judged findings by model, read from the table ``drift_metrics`` once per model."""

    def __init__(self, lookback_s: float) -> None:
        self._lookback = timedelta(seconds=lookback_s)
        self._by_model: dict[str, pa.Table] = {}

    def before(self, tables: TableWriter, models: Collection[str], first_start: datetime) -> pa.Table:
        """Return the last findings of some models; ``first_start`` is the start of the first window to be judged."""
        unread = sorted({*models} - {*self._by_model})
        if unread:
            where = [("model", "in", unread), ("window_start", ">=", first_start - self._lookback)]
            read = tables.read("drift_metrics", DRIFT_METRICS.names, where)
            for model in unread:
                self._by_model[model] = DRIFT_METRICS.empty_table()
            if read is not None:
                self.add(read.cast(DRIFT_METRICS))
        return pa.concat_tables([self._by_model[model] for model in sorted(models)])

    def add(self, findings: pa.Table) -> None:
        """Add the findings of closed windows."""
        is_judged = pc.is_in(findings["status"], value_set=pa.array(JUDGED))
        judged = findings.filter(is_judged)
        models: list[Any] = pc.unique(judged["model"]).to_pylist()
        for model in models:
            own = judged.filter(pc.equal(judged["model"], pa.scalar(model)))
            together = pa.concat_tables([self._by_model.get(model, own.slice(0, 0)), own])
            self._by_model[model] = _last(together)


def _last(findings: pa.Table) -> pa.Table:
    """Filter the last findings of each series."""
    findings = findings.sort_by([("window_start", "descending")])
    grids = [(window.length, window.start % window.length) for window in windows_of_rows(findings)]
    columns = (findings[name].to_pylist() for name in _SERIES)
    counts: Counter[tuple[object, ...]] = Counter()
    is_last = []
    for series in zip(grids, *columns, strict=True):
        counts[series] += 1
        is_last.append(counts[series] <= _NEEDED)
    return findings.filter(pa.array(is_last, pa.bool_()))
