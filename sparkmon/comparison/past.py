"""Windows compared with earlier windows: what changed now, independent of the training data."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import pyarrow as pa

from sparkmon.comparison.basis import Basis, current_of, judge_profile
from sparkmon.comparison.calibration import calibrate_column
from sparkmon.comparison.checks import Checks
from sparkmon.comparison.history import History
from sparkmon.comparison.levels import Levels
from sparkmon.comparison.rates import OF_RATES
from sparkmon.comparison.references import References, column_of
from sparkmon.distributions import kind_of, merge_summaries, summary_of
from sparkmon.distributions.schema import PROFILES, SERIES_KEY
from sparkmon.records import SummaryKind
from sparkmon.statistics import Summary

_Window: TypeAlias = tuple[int, dict[str, Any]]
"""The start in microseconds, and the row."""


class Past:
    """Compares windows with windows of their own column before them: of the same table, and of an earlier one."""

    def __init__(self, profiles: pa.Table, earlier: pa.Table | None = None) -> None:
        self._count = profiles.num_rows
        tables = [profiles, *([] if earlier is None else [earlier.select(PROFILES.names).cast(PROFILES)])]
        self._rows = pa.concat_tables(tables).to_pylist()
        times = pa.concat_tables([table.select(["window_start", "window_end"]) for table in tables])
        starts, ends = (times[name].cast(pa.int64()).to_pylist() for name in times.schema.names)
        self._spans = [*zip(starts, ends, strict=True)]
        self._series: dict[tuple[Any, ...], list[tuple[int, int]]] = {}
        for place, (row, (start, end)) in enumerate(zip(self._rows, self._spans, strict=True)):
            if start is not None and end is not None:
                series = self._series.setdefault(_series_of(row, end - start), [])
                series.append((start, place))
        for series in self._series.values():
            series.sort()
        self.wholes: dict[tuple[int, str], Summary] = {}
        """What a row was compared with, by its place and the name of the history."""
        self._summaries: dict[tuple[int, SummaryKind], Summary] = {}

    def compare(self, history: History, references: References, checks: Checks) -> Iterator[tuple[int, dict[str, Any]]]:
        """Compare each window with those of a history, of the same length, that overlap neither it nor each other.

        Gives rows and findings with the history's ``drift_type`` and name; none of a window that has no such window
        before it, and none of rates. A column that ``references`` do not have has the kind of most of its values. Where
        two or more windows make the reference, each is also a block of it, and their effects bound what counts as
        drift, as the blocks of a training reference do.
        """
        for place in range(self._count):
            row = self._rows[place]
            past = [] if row["column_kind"] in OF_RATES else self._windows_before(place, history)
            if past:
                kind = references.kind_of(column_of(row)) or kind_of(self._rows[past[0]]["profile"])
                levels = references.levels(column_of(row), row["window_end"] - row["window_start"])
                basis = self._basis(past, kind, history, checks, levels)
                self.wholes[place, history.name] = basis.summary
                for finding in judge_profile(row, basis, current_of(row, basis), checks):
                    yield place, finding

    def _windows_before(self, place: int, history: History) -> list[int]:
        """Return the windows of a history, the last one first."""
        start, end = self._spans[place]
        if start is None or end is None:
            return []
        length = end - start
        step = length if history.period_s is None else round(history.period_s * 1e6)
        lookback = length * round(history.lookback_s(1.0))
        if history.period_s is not None:
            lookback = round(history.lookback_s(0.0) * 1e6)
        series = self._series[_series_of(self._rows[place], length)]
        past: list[int] = []
        for at in range(bisect_right(series, (start - length, len(self._rows))) - 1, -1, -1):
            back = start - series[at][0]
            if back > lookback or len(past) == history.windows:
                break
            # Whole steps back: windows that overlap (``slide``) are passed over.
            if back % step == 0:
                past.append(series[at][1])
        return past

    def _basis(self, past: Sequence[int], kind: SummaryKind, history: History, checks: Checks, levels: Levels) -> Basis:
        parts = [self._summary(place, kind) for place in past]
        whole = merge_summaries(parts) if len(parts) > 1 else parts[0]
        blocks = calibrate_column(whole, parts, checks.statistics_of(kind))
        return Basis(history.name, kind, whole, blocks, levels, levels.limits(blocks), drift_type=history.drift_type)

    def _summary(self, place: int, kind: SummaryKind) -> Summary:
        if (place, kind) not in self._summaries:
            self._summaries[place, kind] = summary_of(self._rows[place]["profile"], kind)
        return self._summaries[place, kind]


def _series_of(row: Mapping[str, Any], length: int) -> tuple[Any, ...]:
    return (*(row[name] for name in SERIES_KEY), length)
