"""Two tables compared in batch: as wholes, in chunks of rows or in windows of time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any, TypeAlias

import pyarrow as pa
from pyspark.sql import DataFrame, Window, functions as F

from sparkmon.comparison import OVER, Checks, Judge
from sparkmon.compat import to_arrow
from sparkmon.distributions.schema import PROFILES, with_values
from sparkmon.errors import OptionError
from sparkmon.interval import EPOCH, parse_interval
from sparkmon.profiles import column_kinds, profile_table, quoted, reference_of
from sparkmon.slicing import slices_of

CHUNK = "sparkmon_chunk"
"""The column with a chunk's number."""

_FIELDS = (
    *("window_start", "window_end", "chunk", "slice_key", "slice_value", "column_name"),
    *("statistic", "value", "threshold", "limit", "status", "confirmed"),
    *("noise", "p_value", "p_adjusted", "blocks", "p_blocks_adjusted"),
    *("sketch_error", "reference_count", "current_count", "reason"),
)
"""The fields of a finding, in this order."""

Spans: TypeAlias = Mapping[Any, tuple[int, datetime | None, datetime | None]]
"""The number and times of parts, by the start that they are judged under."""


def in_sequence(profiles: pa.Table, step: timedelta | None) -> tuple[pa.Table, Spans]:
    """Return the profiles with windows that follow each other by a step, if their parts are no windows of time.

    With them comes, by each start of a window, the number of the part and its own times.
    """
    starts, ends = ([*profiles[name].to_pylist()] for name in ("window_start", "window_end"))
    numbers: list[Any]
    if CHUNK in profiles.column_names:
        numbers = [*profiles[CHUNK].to_pylist()]
    else:
        in_order = sorted({start for start in starts if start is not None})
        order = {start: place for place, start in enumerate(in_order)}
        numbers = [order.get(start, 0) for start in starts]
    spans = zip(numbers, starts, ends, strict=True)
    if step is None:
        return profiles, dict(zip(starts, spans, strict=True))
    begins = [EPOCH + number * step for number in numbers]
    sides = {"window_start": begins, "window_end": [begin + step for begin in begins]}
    for name, moments in sides.items():
        profiles = with_values(profiles, name, pa.array(moments, PROFILES.field(name).type))
    return profiles, dict(zip(begins, spans, strict=True))


def sorted_findings(rows: Iterable[dict[str, Any]], spans: Spans, *, is_whole: bool) -> tuple[dict[str, Any], ...]:
    """Give each finding its part, and put what matters first."""
    findings = []
    for row in rows:
        number, start, end = spans[row["window_start"]]
        times = {"window_start": _utc(start), "window_end": _utc(end)}
        finding = row | times | {"chunk": None if is_whole else number}
        findings.append({name: finding[name] for name in _FIELDS})
    return tuple(sorted(findings, key=_place_of))


def _place_of(finding: dict[str, Any]) -> tuple[Any, ...]:
    is_slice = finding["slice_key"] is not None
    names = ("column_name", "statistic", "slice_key", "slice_value")
    texts = (finding[name] or "" for name in names)
    return (finding["chunk"] or 0, -_excess(finding), is_slice, *texts)


def _excess(finding: dict[str, Any]) -> float:
    value, limit = finding["value"], finding["limit"]
    if value is None or limit is None:
        return -1.0
    return float(value / limit) if limit else float("inf") if value else 0.0


def _utc(time: datetime | None) -> datetime | None:
    return None if time is None else time.astimezone(timezone.utc)


_MODEL = "table"
_PART_LENGTH = "1 hour"
"""What a chunk, or the whole, counts as for ``false_alarms_per_week`` where no time says how long it is."""
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
    part by the value as a multiple of its limit, greatest first. Times are in UTC."""
    compared: tuple[str, ...]
    """The compared columns, in the reference's order."""
    left_out: tuple[str, ...]
    """Sentences about what is not compared, although nobody excluded it."""
    tables: Mapping[str, pa.Table] = field(default_factory=dict, repr=False, compare=False)
    """``drift_metrics``, ``profiles`` and ``references`` of the model ``table``, as a monitor has them, for
    ``sparkmon.plot`` and ``sparkmon.views``. Parts that are no windows of time count as hours from 1970 on."""

    @property
    def drifted(self) -> tuple[str, ...]:
        """The columns that drifted as a whole, in the reference's order."""
        return self.columns("drift")

    @property
    def alerting(self) -> tuple[str, ...]:
        """The columns that a monitor would alert of, missing and extra ones too; as a whole or in a slice.

        In several parts those that are confirmed, see :func:`sparkmon.comparison.confirm`; a single part has no other
        to be confirmed by.
        """
        is_single = len({row["chunk"] for row in self.findings}) == 1
        over = (row for row in self.findings if row["status"] in OVER)
        names = (row["column_name"] for row in over if is_single or row["confirmed"])
        return tuple(dict.fromkeys(names))

    def columns(self, *statuses: str) -> tuple[str, ...]:
        """Return the compared columns that have one of these statuses as a whole, in the reference's order."""
        names = {row["column_name"] for row in self.findings if row["slice_key"] is None and row["status"] in statuses}
        return tuple(name for name in self.compared if name in names)


def compare_tables(
    reference: DataFrame,
    current: DataFrame,
    checks: Checks | None = None,
    *,
    time: str | None = None,
    window: str | None = None,
    chunk: int | None = None,
    block: str | None = None,
    exclude: Sequence[str] = (),
    slices: Sequence[str] = (),
) -> TableComparison:
    """Compare a table, or its parts, with a reference table, and judge as a monitor does.

    ``sparkmon compare`` calls this.

    Parameters
    ----------
    reference, current : DataFrame
        One row per instance. A column is read as what it is in ``reference``.
    checks : Checks, optional
        The statistics and thresholds; the defaults without.
    time : str, optional
        The column of ``current``, or of both, with each row's time, a timestamp. It is not compared.
    window : str, optional
        Cut ``current`` into event-time windows of this length; needs ``time``.
    chunk : int, optional
        Cut ``current`` into consecutive chunks of this many rows, in the order of the files; the last may be shorter.
    block : str, optional
        Cut ``reference`` by ``time`` into blocks of this length: what they reach among each other bounds what counts as
        drift. Best the length that a part of ``current`` covers; that of ``window`` without. No blocks where
        ``reference`` has no column ``time``.
    exclude : sequence of str
        Columns not to compare.
    slices : sequence of str
        Expressions to slice both tables by; see :func:`sparkmon.reference_of`.

    Returns
    -------
    TableComparison
        The findings, and the columns that they are about. A column that only one of the tables has is a finding
        ``missing_column`` or ``extra_column``.

    Raises
    ------
    OptionError
        An excluded column is in neither table, nothing is left to compare, a slice is not allowed, ``window`` comes
        with ``chunk`` or without ``time``, or ``block`` without ``time`` in the reference.

    Examples
    --------
    >>> before = spark.range(800).selectExpr("double(id) AS x")
    >>> after = spark.range(800).selectExpr("id + 200.0 AS x")
    >>> comparison = compare_tables(before, after, Checks(statistics=("ks",)))
    >>> [(row["column_name"], round(row["value"], 3), row["status"]) for row in comparison.findings]
    [('x', 0.25, 'drift')]
    """
    _require_parts(current, time, window, chunk)
    by_block = _block_of(reference, time, window, block)
    for name in exclude:
        if name not in {*reference.columns, *current.columns}:
            raise OptionError(
                f"got exclude={name!r}, which is in neither table; the columns of the reference "
                f"are {', '.join(reference.columns)}"
            )
    excluded = {*exclude, *([] if time is None else [time])}
    here, there = (column_kinds(table, [*excluded.intersection(table.columns)]) for table in (reference, current))
    common = tuple(name for name in here if name in there)
    if not common:
        raise OptionError(
            f"got two tables without a common column to compare; the reference has "
            f"{', '.join(here) or 'none'}, the current one {', '.join(there) or 'none'}"
        )
    kinds = {
        name: here.get(name, kind) for name, kind in there.items() if name in here or name not in reference.columns
    }
    timed = [] if by_block is None or time is None else [time]
    references = reference_of(
        reference.select(*map(quoted, (*here, *timed))),
        _MODEL,
        kinds=here,
        time=next(iter(timed), None),
        block=by_block or _PART_LENGTH,
        slices=slices,
    )
    summary = to_arrow(references)
    summarise = partial(
        profile_table,
        kinds=kinds,
        model=_MODEL,
        time=time if time in current.columns else None,
        slices=slices_of(summary) if slices else None,
    )
    parts = summarise(current, window=window) if chunk is None else summarise(_in_chunks(current, chunk), by=[CHUNK])
    profiles = to_arrow(parts)
    length = window or by_block or _PART_LENGTH
    step = parse_interval("window", length)
    judge = Judge(summary, checks or Checks(), step_s=step.total_seconds(), lengths=[length])
    judged, spans = in_sequence(profiles, None if window else step)
    judgement = judge.findings(judged)
    # A column that the reference does not have is one finding.
    is_one = [row["status"] != "no_reference" or row["column_name"] in here for row in judgement.to_pylist()]
    findings = judgement.filter(pa.array(is_one, pa.bool_()))
    return TableComparison(
        sorted_findings(
            findings.to_pylist(),
            spans,
            is_whole=window is None and chunk is None,
        ),
        common,
        (
            *_of_other_types(reference, "reference", [*here, *excluded]),
            *_of_other_types(current, "current", [*there, *excluded]),
        ),
        {"drift_metrics": findings, "profiles": judged.select(PROFILES.names), "references": summary},
    )


def _require_parts(current: DataFrame, time: str | None, window: str | None, chunk: int | None) -> None:
    if window is None:
        return
    if chunk is not None:
        raise OptionError("got a chunk and a window; expected one of them")
    if time is None:
        raise OptionError.missing("time", "the column that windows are measured on")
    parse_interval("window", window)
    if time not in current.columns:
        raise OptionError(
            f"got window={window!r} and the column of times {time!r}, which the current table does not have; "
            f"its columns are {', '.join(current.columns)}"
        )


def _block_of(reference: DataFrame, time: str | None, window: str | None, block: str | None) -> str | None:
    """Return the length of the reference's blocks; None where it has none."""
    has_time = time in reference.columns
    if block is None:
        return window if has_time else None
    if not has_time:
        raise OptionError(
            f"got block={block!r} and the column of times {time!r}, which the reference does not have; "
            f"its columns are {', '.join(reference.columns)}"
        )
    parse_interval("block", block)
    return block


def _in_chunks(table: DataFrame, rows: int) -> DataFrame:
    file, block, row = _PLACE
    placed = table.withColumns(
        {file: F.input_file_name(), block: F.input_file_block_start(), row: F.monotonically_increasing_id()}
    )
    number = F.row_number().over(Window.orderBy(*_PLACE)) - 1
    return placed.withColumn(CHUNK, F.floor(number / rows))


def _of_other_types(table: DataFrame, side: str, used: Sequence[str]) -> list[str]:
    names = [repr(name) for name in table.columns if name not in used]
    sentence = f"of a type that is not compared in the {side} table"
    return [f"{sentence}: {', '.join(names)}"] if names else []
