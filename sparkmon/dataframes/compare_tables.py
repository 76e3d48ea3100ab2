"""Two tables compared in batch: as wholes, in chunks of rows or in windows of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from sparkmon.comparison import Checks, References, compare_profiles, correct
from sparkmon.errors import OptionError
from sparkmon.interval import parse_interval
from sparkmon.profiles import column_kinds, profile_table, quoted, reference_of
from sparkmon.records import FeatureKind
from sparkmon.slicing import slices_of

_FIELDS = (
    *("window_start", "window_end", "chunk", "slice_key", "slice_value", "column_name"),
    *("statistic", "value", "threshold", "status", "noise", "p_value", "p_adjusted"),
    *("sketch_error", "reference_count", "current_count", "reason"),
)
"""The fields of a finding, in this order."""

_MODEL = "table"
_ALPHA = 0.01
"""The false discovery rate of one part's findings."""
_CHUNK = "sparkmon_chunk"
_PLACE = ("sparkmon_file", "sparkmon_block", "sparkmon_row")


@dataclass(frozen=True)
class TableComparison:
    """The findings of two tables.

    Examples
    --------
    >>> before, after = spark.range(800), spark.range(200, 1000)
    >>> compare_tables(before, after, Checks(statistics=("ks",))).drifted
    ('id',)
    """

    findings: tuple[dict[str, Any], ...]
    """One per part, slice, column and statistic, with the columns of ``sparkmon.schemas.DRIFT_METRICS`` that say
    something here, and ``chunk``, the number of the part from 0 on (None for a whole table). Sorted by part, within a
    part by the value as a multiple of its threshold, greatest first. Times are in UTC."""
    compared: tuple[str, ...]
    """The compared columns, in the reference's order."""
    left_out: tuple[str, ...]
    """Sentences about columns that are not compared, although nobody excluded them."""

    @property
    def drifted(self) -> tuple[str, ...]:
        """The columns that drifted as a whole, in the reference's order."""
        return self.columns("drift")

    def columns(self, *statuses: str) -> tuple[str, ...]:
        """Return the columns that have one of these statuses as a whole, in the reference's order."""
        names = {
            row["column_name"]
            for row in self.findings
            if row["slice_key"] is None and row["status"] in statuses
        }
        return tuple(name for name in self.compared if name in names)


def compare_tables(
    reference: DataFrame,
    current: DataFrame,
    checks: Checks | None = None,
    *,
    time: str | None = None,
    window: str | None = None,
    chunk: int | None = None,
    exclude: Sequence[str] = (),
    slices: Sequence[str] = (),
) -> TableComparison:
    """Compare a table, or its parts, with a reference table; ``sparkmon compare`` calls this.

    Parameters
    ----------
    reference, current : DataFrame
        One row per instance. A column is read as what it is in ``reference``.
    checks : Checks, optional
        The statistics and thresholds; the defaults without.
    time : str, optional
        The column of ``current`` with each row's time, a timestamp. It is not compared.
    window : str, optional
        Cut ``current`` into event-time windows of this length; needs ``time``.
    chunk : int, optional
        Cut ``current`` into consecutive chunks of this many rows, in the order of the files; the last may be shorter.
    exclude : sequence of str
        Columns not to compare.
    slices : sequence of str
        Expressions to slice both tables by; see :func:`sparkmon.reference_of`.

    Returns
    -------
    TableComparison
        The findings, corrected for multiple tests within each part, and the columns that they are about.

    Raises
    ------
    OptionError
        An excluded column is in neither table, nothing is left to compare, a slice is not allowed, or ``window`` comes
        with ``chunk`` or without ``time``.

    Examples
    --------
    >>> before = spark.range(800).selectExpr("double(id) AS x")
    >>> after = spark.range(800).selectExpr("id + 200.0 AS x")
    >>> comparison = compare_tables(before, after, Checks(statistics=("ks",)))
    >>> [(row["column_name"], round(row["value"], 3), row["status"]) for row in comparison.findings]
    [('x', 0.25, 'drift')]
    """
    _require_parts(time, window, chunk)
    for name in exclude:
        if name not in {*reference.columns, *current.columns}:
            raise OptionError(
                f"got exclude={name!r}, which is in neither table; the columns of the reference "
                f"are {', '.join(reference.columns)}"
            )
    excluded = {*exclude, *([] if time is None else [time])}
    here, there = (_kinds(table, excluded) for table in (reference, current))
    kinds = {name: kind for name, kind in here.items() if name in there}
    if not kinds:
        raise OptionError(
            f"got two tables without a common column to compare; the reference has "
            f"{', '.join(here) or 'none'}, the current one {', '.join(there) or 'none'}"
        )
    summary = reference_of(
        reference.select(*map(quoted, kinds)), _MODEL, kinds=kinds, slices=slices
    )
    table = summary.toArrow()
    summarise = partial(
        profile_table,
        kinds=kinds,
        model=_MODEL,
        time=time,
        slices=slices_of(table) if slices else None,
    )
    by = [] if chunk is None else [_CHUNK]
    profiles = (
        summarise(current, window=window)
        if chunk is None
        else summarise(_in_chunks(current, chunk), by=by)
    )
    checks = checks or Checks()
    findings = compare_profiles(profiles.toArrow(), References(table, checks), checks, keep=by)
    return TableComparison(
        _sorted(correct(findings, _ALPHA, by=by).to_pylist()),
        (*kinds,),
        (
            *_one_sided(reference, "reference", here, current, excluded),
            *_one_sided(current, "current", there, reference, excluded),
        ),
    )


def _require_parts(time: str | None, window: str | None, chunk: int | None) -> None:
    if window is None:
        return
    if chunk is not None:
        raise OptionError("got a chunk and a window; expected one of them")
    if time is None:
        raise OptionError.missing("time", "the column that windows are measured on")
    parse_interval("window", window)


def _kinds(table: DataFrame, excluded: set[str]) -> dict[str, FeatureKind]:
    return column_kinds(table, [name for name in table.columns if name in excluded])


def _in_chunks(table: DataFrame, rows: int) -> DataFrame:
    file, block, row = _PLACE
    placed = table.withColumns(
        {
            file: F.input_file_name(),
            block: F.input_file_block_start(),
            row: F.monotonically_increasing_id(),
        }
    )
    number = F.row_number().over(Window.orderBy(*_PLACE)) - 1
    return placed.withColumn(_CHUNK, F.floor(number / rows))


def _sorted(rows: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Give each part its number, and put what matters first."""
    starts = sorted({row["window_start"] for row in rows if row["window_start"] is not None})
    findings = []
    for row in rows:
        times = {name: _utc(row[name]) for name in ("window_start", "window_end")}
        by_time = starts.index(row["window_start"]) if row["window_start"] is not None else None
        finding = row | times | {"chunk": row.get(_CHUNK, by_time)}
        findings.append({name: finding[name] for name in _FIELDS})
    return tuple(sorted(findings, key=_place_of))


def _place_of(finding: dict[str, Any]) -> tuple[Any, ...]:
    is_slice = finding["slice_key"] is not None
    names = ("column_name", "statistic", "slice_key", "slice_value")
    texts = (finding[name] or "" for name in names)
    return (finding["chunk"] or 0, -_excess(finding), is_slice, *texts)


def _excess(finding: dict[str, Any]) -> float:
    value, threshold = finding["value"], finding["threshold"]
    if value is None or threshold is None:
        return -1.0
    return float(value / threshold) if threshold else float("inf") if value else 0.0


def _utc(time: datetime | None) -> datetime | None:
    return None if time is None else time.astimezone(timezone.utc)


def _one_sided(
    table: DataFrame,
    side: str,
    kinds: dict[str, FeatureKind],
    other: DataFrame,
    excluded: set[str],
) -> list[str]:
    names = [name for name in table.columns if name not in excluded]
    alone = [name for name in names if name not in other.columns]
    other_types = [name for name in names if name in other.columns and name not in kinds]
    sentences = {
        f"only in the {side} table, not compared": alone,
        f"of a type that is not compared in the {side} table": other_types,
    }
    return [f"{sentence}: {', '.join(names)}" for sentence, names in sentences.items() if names]
