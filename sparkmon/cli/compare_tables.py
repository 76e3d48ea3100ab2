"""Two tables compared in batch: as wholes, in chunks of rows or in windows of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from sparkmon.comparison import Checks, compare, correct
from sparkmon.errors import OptionError
from sparkmon.profiles import (
    Slices,
    column_kinds,
    profile_table,
    quoted,
    reference_of,
    slices_of,
)
from sparkmon.records import FeatureKind

__all__ = ["FIELDS", "Comparison", "Parts", "compare_tables"]

FIELDS = (
    "window_start",
    "window_end",
    "chunk",
    "slice_key",
    "slice_value",
    "column_name",
    "statistic",
    "value",
    "threshold",
    "status",
    "noise",
    "p_value",
    "p_adjusted",
    "sketch_error",
    "reference_count",
    "current_count",
    "reason",
)
"""What is told of a finding, in this order."""

_MODEL = "table"
_ALPHA = 0.01
"""The false discovery rate of one part's findings."""
_CHUNK = "sparkmon_chunk"
_PLACE = ("sparkmon_file", "sparkmon_block", "sparkmon_row")


@dataclass(frozen=True)
class Parts:
    """How the current table is cut; not at all without."""

    time: str | None = None
    """The column with each row's time; a timestamp."""
    window: str | None = None
    """Cut into event-time windows of this length."""
    chunk: int | None = None
    """Cut into consecutive chunks of so many rows, in the order of the files; the last may be shorter."""


@dataclass(frozen=True)
class Comparison:
    """What came out."""

    findings: list[dict[str, Any]]
    """One per part, column and statistic, with ``FIELDS``: by part, what is furthest over its threshold first.
    Times are in UTC; ``chunk`` counts the parts from 0 and is None for a whole table."""
    compared: list[str]
    """The columns, in the reference's order."""
    left_out: list[str]
    """Sentences about columns that are not compared though nobody excluded them."""


def compare_tables(
    reference: DataFrame,
    current: DataFrame,
    checks: Checks,
    *,
    parts: Parts | None = None,
    exclude: Sequence[str] = (),
    slices: Sequence[str] = (),
) -> Comparison:
    """Compare a table, or its parts, with a reference table.

    Parameters
    ----------
    reference, current : DataFrame
        One row per instance. A column is read as what it is in ``reference``.
    checks : Checks
        The statistics and thresholds.
    parts : Parts, optional
        How to cut ``current``.
    exclude : sequence of str
        Columns not to compare. The time column never is.
    slices : sequence of str
        What to cut both tables by, beside the whole; see :func:`sparkmon.reference_of`.

    Raises
    ------
    OptionError
        An excluded column is in neither table, nothing is left to compare, or a slice is not what is allowed.

    Examples
    --------
    >>> before = spark.range(800).selectExpr("double(id) AS x")
    >>> after = spark.range(800).selectExpr("id + 200.0 AS x")
    >>> found = compare_tables(before, after, Checks(statistics=("ks",))).findings
    >>> [(row["column_name"], round(row["value"], 3), row["status"]) for row in found]
    [('x', 0.25, 'drift')]
    """
    parts = parts or Parts()
    for name in exclude:
        if name not in {*reference.columns, *current.columns}:
            raise OptionError(
                f"got exclude={name!r}, which is in neither table; the columns of the reference "
                f"are {', '.join(reference.columns)}"
            )
    unwanted = {*exclude} | ({parts.time} if parts.time else set())
    here, there = (_kinds(table, unwanted) for table in (reference, current))
    kinds = {name: kind for name, kind in here.items() if name in there}
    if not kinds:
        raise OptionError(
            f"got two tables without a common column to compare; the reference has "
            f"{', '.join(here) or 'none'}, the current one {', '.join(there) or 'none'}"
        )
    known = reference_of(reference.select(*map(quoted, kinds)), _MODEL, kinds=kinds, slices=slices)
    cut = None
    if slices:
        made = known.toArrow()  # once, for its slices and for what they are compared with
        cut, known = slices_of(made), reference.sparkSession.createDataFrame(made)
    profiles = _profiles(current, kinds, parts, cut)
    keep = [_CHUNK] if parts.chunk else []
    found = correct(compare(profiles, known, checks, keep=keep), _ALPHA, by=keep)
    rows = found.toArrow().to_pylist()
    return Comparison(
        _sorted(rows),
        [*kinds],
        [
            *_one_sided(reference, "reference", here, current, unwanted),
            *_one_sided(current, "current", there, reference, unwanted),
        ],
    )


def _kinds(table: DataFrame, unwanted: set[str]) -> dict[str, FeatureKind]:
    return column_kinds(table, [name for name in table.columns if name in unwanted])


def _profiles(
    current: DataFrame, kinds: dict[str, FeatureKind], parts: Parts, slices: Slices | None
) -> DataFrame:
    summarise = partial(profile_table, kinds=kinds, model=_MODEL, time=parts.time, slices=slices)
    if parts.chunk is None:
        return summarise(current, window=parts.window)
    file, block, row = _PLACE
    placed = current.withColumns(
        {
            file: F.input_file_name(),
            block: F.input_file_block_start(),
            row: F.monotonically_increasing_id(),
        }
    )
    number = F.row_number().over(Window.orderBy(*_PLACE)) - 1
    chunks = placed.withColumn(_CHUNK, F.floor(number / parts.chunk))
    return summarise(chunks, by=[_CHUNK])


def _sorted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each part its number, and put what matters first."""
    starts = sorted({row["window_start"] for row in rows if row["window_start"] is not None})
    findings = []
    for row in rows:
        times = {name: _utc(row[name]) for name in ("window_start", "window_end")}
        by_time = starts.index(row["window_start"]) if row["window_start"] is not None else None
        finding = row | times | {"chunk": row.get(_CHUNK, by_time)}
        findings.append({name: finding[name] for name in FIELDS})
    return sorted(
        findings,
        key=lambda row: (
            row["chunk"] or 0,
            -_excess(row),
            row["slice_key"] is not None,
            *(row[name] for name in ("column_name", "statistic", "slice_key", "slice_value")),
        ),
    )


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
    unwanted: set[str],
) -> list[str]:
    wanted = [name for name in table.columns if name not in unwanted]
    alone = [name for name in wanted if name not in other.columns]
    other_types = [name for name in wanted if name in other.columns and name not in kinds]
    return [
        *([f"only in the {side} table, not compared: {', '.join(alone)}"] * bool(alone)),
        *(
            [f"of a type that is not compared in the {side} table: {', '.join(other_types)}"]
            * bool(other_types)
        ),
    ]
