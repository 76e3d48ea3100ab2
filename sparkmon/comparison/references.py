"""References found by column: each read once, calibrated once, and kept within bounds."""

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.comparison.basis import Basis
from sparkmon.comparison.block_effects import BlockEffects
from sparkmon.comparison.calibration import calibrate_column
from sparkmon.comparison.checks import Checks
from sparkmon.comparison.finding import OTHER_BLOCKS
from sparkmon.comparison.levels import Levels
from sparkmon.comparison.rates import CONFIDENCE, ReferenceRate
from sparkmon.distributions import Categories, Distribution, merge_summaries, summary_of
from sparkmon.distributions.remembering import Remembering
from sparkmon.distributions.schema import SLICE
from sparkmon.interval import EPOCH
from sparkmon.records import SummaryKind
from sparkmon.statistics import Summary
from sparkmon.statistics.laws.binomial import share_lower_bound

Column: TypeAlias = tuple[str, str | None, str | None, str, str]
"""Model, slice (key, value), column (kind, name)."""
_Bounds: TypeAlias = tuple[Mapping[str, BlockEffects], Levels, Mapping[str, float], str]
"""What blocks reach by statistic, at which levels windows stay below which limits, and a note."""

_SUMMARIES: Mapping[str, SummaryKind] = {"boolean": "categorical", "code": "categorical", "time": "numeric"}
"""How columns are summarised whose type is not its name."""
_COLUMN = ("model", *SLICE, "column_kind", "column_name")
_DAY = timedelta(days=1)
_MOST_VALUES = 2**23
"""How many values the summaries in memory may have in all (some 0.1 GB). Of further ones what was computed is kept, and
their values are read at each use, in a fifth of the time that the comparison takes."""


def column_of(row: Mapping[str, Any]) -> Column:
    """Return the column of a profile."""
    model, key, value, kind, name = (row[name] for name in _COLUMN)
    return model, key, value, kind, name


@dataclass(slots=True)
class _Entry:
    """A column of a reference: its rows in the table of references, and what was made of them."""

    reference: str
    data_type: SummaryKind
    whole: int
    blocks: list[int]
    summary: Summary | None = None
    results: dict[Hashable, Any] = field(default_factory=dict)
    """What was computed of the summary."""
    bounds: dict[timedelta | None, _Bounds] = field(default_factory=dict)
    """By the length of the windows."""
    rates: dict[timedelta | None, ReferenceRate] = field(default_factory=dict)


class References:
    """The references of models, one of each, whole and in blocks: ``sparkmon.schemas.REFERENCES``.

    Windows are ``step_s`` apart; without, as far as their blocks are long. Rows whose p-value is at most ``outlier_p``
    are outliers.
    """

    def __init__(
        self, references: pa.Table, checks: Checks, step_s: float | None = None, outlier_p: float = 0.001
    ) -> None:
        self._checks, self._step_s, self._values = checks, step_s, 0
        self._outlier_p = outlier_p
        profiles = references["profile"]
        self._profiles = {field.name: pc.struct_field(profiles, field.name) for field in profiles.type}
        self._columns: dict[Column, dict[str, _Entry]] = {}
        self._counts: Counter[tuple[str, bool]] = Counter()
        """How many columns a model has: of the whole, and of slices."""
        self._names: dict[tuple[str | None, ...], dict[str, dict[str, tuple[str, str]]]] = {}
        self._kinds: dict[tuple[str, str, str], SummaryKind] = {}
        names = (*_COLUMN, "model_version", "reference", "data_type")
        rows = zip(*(references[name].to_pylist() for name in names), strict=True)
        starts, ends = (references[name].to_pylist() for name in ("block_start", "block_end"))
        self._spans: list[tuple[Any, Any]] = [*zip(starts, ends, strict=True)]
        blocks: dict[tuple[Any, ...], list[int]] = {}
        for place, (*key, version, reference, data_type) in enumerate(rows):
            column: Any = tuple(key)
            kind = _SUMMARIES.get(data_type, data_type)
            parts = blocks.setdefault((*column, version, reference), [])
            if starts[place] is not None:
                parts.append(place)
                continue
            entry = _Entry(reference, kind, place, parts)
            is_flag = column[3] == "row_flag"
            self._counts[column[0], column[1] is not None] += column not in self._columns and not is_flag
            self._columns.setdefault(column, {}).setdefault(version, entry)
            if is_flag:
                continue
            of_version = self._names.setdefault(column[:-1], {}).setdefault(version, {})
            others = of_version.get(column[-1], ("", ""))
            of_version[column[-1]] = (max(others[0], reference), max(others[1], kind))
            self._kinds.setdefault((column[0], column[3], column[4]), kind)

    def kind_of(self, column: Column) -> SummaryKind | None:
        """Return the kind of a column, of whichever slice and version."""
        return self._kinds.get((column[0], column[3], column[4]))

    def expected(
        self, model: str, version: str, key: str | None, value: str | None, kind: str
    ) -> Mapping[str, tuple[str, str]]:
        """Return the columns of a kind and slice that a model version should have: reference and type by name."""
        versions = self._names.get((model, key, value, kind), {})
        of_model = versions.get("", {})
        of_version = versions.get(version, {}) if version else {}
        if not of_version:
            return of_model
        both = dict(of_model)
        for name, one in of_version.items():
            other = both.get(name, ("", ""))
            both[name] = (max(one[0], other[0]), max(one[1], other[1]))
        return both

    def basis(self, column: Column, version: str, window: timedelta | None = None) -> Basis | None:
        """Return what to compare a column with: the reference of the model's version, or else of the model.

        Blocks shorter than ``window`` are merged to blocks of this length; where that cannot be, none are used.
        """
        versions = self._columns.get(column)
        entry = versions and (versions.get(version) or versions.get(""))
        if not entry:
            return None
        summary = entry.summary or self._read(entry.whole, entry.data_type)
        if entry.summary is None:
            if isinstance(summary, Remembering):
                summary.remember(entry.results)
            if self._values + _size(summary) <= _MOST_VALUES:
                self._values += _size(summary)
                entry.summary = summary
        if window not in entry.bounds:
            entry.bounds[window] = self._calibrate(column, entry, summary, window)
        return Basis(entry.reference, entry.data_type, summary, *entry.bounds[window])

    def rate(self, column: Column, version: str, window: timedelta | None = None) -> ReferenceRate | None:
        """Return how many rows of the reference are outliers; of a slice that it does not have, of all rows."""
        versions = self._columns.get(column) or self._columns.get((column[0], None, None, *column[3:]))
        entry = versions and (versions.get(version) or versions.get(""))
        if not entry:
            return None
        if window not in entry.rates:
            whole = ReferenceRate.of(*self._hits(entry.whole))
            places, _ = self._blocks(entry, window)
            counts: dict[int, list[tuple[int, int]]] = {}
            for place in places:
                start = self._spans[place][0] - EPOCH
                counts.setdefault(start // window if window else place, []).append(self._hits(place))
            sums = [tuple(map(sum, zip(*each, strict=True))) for each in counts.values()]
            effects = [share_lower_bound(hits, rows, CONFIDENCE) for hits, rows in sums if rows]
            if len(effects) > 1:
                blocks = BlockEffects.of(effects, bounded=True)
                levels = self.levels(column, window or _DAY)
                whole = replace(whole, blocks=blocks, limit=levels.limits({"": blocks})[""])
            entry.rates[window] = whole
        return entry.rates[window]

    def _hits(self, place: int) -> tuple[int, int]:
        """Return how many rows are outliers, and how many there are; of the others the p-value is null."""
        numbers, rows = (self._profiles[name][place].as_py() for name in ("num_numbers", "count"))
        p_values = self._read(place, "numeric") if numbers else None
        if not isinstance(p_values, Distribution):
            return 0, rows
        return round(float(p_values.cdf([self._outlier_p])[0]) * numbers), rows

    def levels(self, column: Column, length: timedelta) -> Levels:
        """Return the levels of a column among those that share the model's false alarms; slices have half of them."""
        model, is_slice = column[0], column[1] is not None
        shares = 2 if self._counts[model, not is_slice] else 1
        window_s = self._step_s or length.total_seconds()
        levels = Levels(self._checks.false_alarms_per_week, window_s)
        return levels.among(shares * self._counts[model, is_slice])

    def _read(self, place: int, kind: SummaryKind) -> Summary:
        return summary_of({name: column[place].as_py() for name, column in self._profiles.items()}, kind)

    def _calibrate(self, column: Column, entry: _Entry, whole: Summary, window: timedelta | None) -> _Bounds:
        places, note = self._blocks(entry, window)
        spans = [self._spans[place] for place in places]
        longest = max((end - start for start, end in spans), default=timedelta())
        parts = [self._read(place, entry.data_type) for place in places]
        if window and longest < window:
            together: dict[Any, list[Summary]] = {}
            for (start, _), part in zip(spans, parts, strict=True):
                together.setdefault((start - EPOCH) // window, []).append(part)
            parts = [merge_summaries(each) for each in together.values()]
        blocks = calibrate_column(whole, parts, self._checks.statistics_of(entry.data_type))
        levels = self.levels(column, window or longest or _DAY)
        return blocks, levels, levels.limits(blocks), note

    def _blocks(self, entry: _Entry, window: timedelta | None) -> tuple[list[int], str]:
        """Return the blocks that windows are made of, and why there are none."""
        longest = max(
            (end - start for start, end in (self._spans[place] for place in entry.blocks)), default=timedelta()
        )
        return ([], OTHER_BLOCKS) if window and longest and window % longest else (entry.blocks, "")


def _size(summary: Summary) -> int:
    if isinstance(summary, Categories):
        return len(summary.counts)
    numbers = summary if isinstance(summary, Distribution) else summary.errors
    return numbers.values.size
