"""The parts of a table that is compared: in the sequence that a judge needs, and as findings that name their part."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, TypeAlias

import pyarrow as pa

from sparkmon.distributions.schema import PROFILES, with_values
from sparkmon.interval import EPOCH

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
