"""Findings on windows that are open: gross drift is reported while it can be acted on, once per column."""

from collections.abc import Collection
from typing import Any

import pyarrow as pa

from sparkmon.comparison import Judge
from sparkmon.comparison.schema import DRIFT_METRICS
from sparkmon.distributions.schema import PROFILE_KEY
from sparkmon.interval import from_micros
from sparkmon.monitor.closing import Closing
from sparkmon.monitor.open_windows import OpenWindows
from sparkmon.tables import TableWriter


class ProvisionalFindings:
    """Reports on open windows."""

    def __init__(self, tables: TableWriter, judge: Judge) -> None:
        self._tables, self._judge = tables, judge
        self._reported: set[tuple[Any, ...]] | None = None

    def report(self, windows: OpenWindows, closing: Closing, models: Collection[str]) -> None:
        """Write what is new about the open windows of some models."""
        chosen = [window for window in windows if window.model in models]
        if not chosen:
            return
        findings = self._judge.provisional(windows.profiles(chosen))
        if not findings.num_rows:
            return
        reported = self._read(min(window.start for window in chosen))
        keys = _keys(findings)
        new = findings.filter(pa.array([key not in reported for key in keys], pa.bool_()))
        if new.num_rows:
            closing.provisional(new)
            reported.update(keys)

    def _read(self, first_start: int) -> set[tuple[Any, ...]]:
        if self._reported is None:
            start = from_micros(first_start)
            where = [("status", "=", "provisional"), ("window_start", ">=", start)]
            rows = self._tables.read("drift_metrics", [*PROFILE_KEY], where)
            self._reported = set() if rows is None else {*_keys(rows)}
        return self._reported


def _keys(findings: pa.Table) -> list[tuple[Any, ...]]:
    columns = (findings[name].cast(DRIFT_METRICS.field(name).type) for name in PROFILE_KEY)
    return [*zip(*(column.to_pylist() for column in columns), strict=True)]
