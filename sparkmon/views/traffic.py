"""What came in: requests and their lag per window, outliers, and what could not be decoded."""

import codecs
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import pyarrow.compute as pc

from sparkmon.printable import printable
from sparkmon.state import CLOSED_WINDOWS
from sparkmon.views.source import Source, conditions, read_rows, rows_of

_EXCERPT = 2000
_HEX = 512
_TEXTS = ("model", "event_id", "event_type", "source", "condition", "reason")


@dataclass(frozen=True, slots=True)
class WindowTraffic:
    """One closed window of a model."""

    window_start: datetime
    window_end: datetime
    requests: int
    responses: int
    lag: timedelta
    """How long after its end the window was closed."""


@dataclass(frozen=True, slots=True)
class Outlier:
    """One row that is unlike the training data."""

    event_id: str | None
    instance: int
    event_time: datetime
    window_end: datetime
    severity: float
    """The percentage of training rows that are less unlike the others."""
    p_value: float
    excess: float
    detector: str
    reason: str
    columns: tuple[tuple[str, str, str, float], ...]
    """Of each column that makes it one: name, value, what is typical, and its share of the score."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One event that could not be decoded."""

    model: str
    event_id: str
    event_type: str
    source: str
    event_time: datetime
    condition: str
    reason: str
    size: int
    """The payload's size in bytes."""
    excerpt: str
    """The first 2,000 characters, control characters made visible; of bytes that are no UTF-8 the first 512 in hex."""


def traffic_of(source: Source, model: str, *, since: datetime | None = None) -> list[WindowTraffic]:
    """Return the closed windows of a model, ascending."""
    where = conditions(model=model, since=since)
    rows = rows_of(source, "closed_windows", CLOSED_WINDOWS, where).sort_by("window_end")
    return [
        WindowTraffic(
            **{name: row[name] for name in ("window_start", "window_end", "requests", "responses")},
            lag=row["closed_time"] - row["window_end"],
        )
        for row in rows.to_pylist()
    ]


def outliers_of(
    source: Source,
    model: str,
    *,
    window_end: datetime | None = None,
    since: datetime | None = None,
    count: int = 100,
) -> list[Outlier]:
    """Return the most severe outliers of a model, of one window or of all."""
    where = conditions(model=model, window_end=window_end, since=since)
    rows = read_rows(source, "outliers", [each.name for each in fields(Outlier)], where)
    if rows is None:
        return []
    rows = rows.sort_by([("p_value", "ascending"), ("excess", "descending")]).slice(0, count)
    return [_outlier(row) for row in rows.to_pylist()]


def _outlier(row: dict[str, Any]) -> Outlier:
    names = ("column_name", "value", "typical", "share")
    return Outlier(**row | {"columns": tuple(tuple(each[name] for name in names) for each in row["columns"])})


def dead_letters_of(source: Source, model: str | None = None, *, count: int = 100) -> list[DeadLetter]:
    """Return the last events that could not be decoded, the newest first; ``model`` limits them to one."""
    where = conditions(model=model)
    times = read_rows(source, "dead_letters", ["event_time"], where)
    if times is None or not times.num_rows:
        return []
    # Payloads are large: only files with the last ones are read.
    newest = pc.array_sort_indices(times["event_time"].combine_chunks(), order="descending").slice(0, count)
    first = times["event_time"].combine_chunks().take(newest)[-1].as_py()
    rows = read_rows(source, "dead_letters", [*_TEXTS, "event_time", "payload"], [*where, ("event_time", ">=", first)])
    assert rows is not None  # the table is there
    rows = rows.sort_by([("event_time", "descending")]).slice(0, count)
    return [_dead_letter(row) for row in rows.to_pylist()]


def _dead_letter(row: dict[str, Any]) -> DeadLetter:
    payload = row["payload"] or b""
    texts = {name: row[name] or "" for name in _TEXTS}
    return DeadLetter(**texts, event_time=row["event_time"], size=len(payload), excerpt=_excerpt(payload))


def _excerpt(payload: bytes) -> str:
    try:
        # A character that the cut has halved is no sign of bytes that are no text.
        text = codecs.getincrementaldecoder("utf-8")().decode(
            payload[: 4 * _EXCERPT], final=len(payload) <= 4 * _EXCERPT
        )
    except UnicodeDecodeError:
        return payload[:_HEX].hex(" ")
    return printable(text[:_EXCERPT])
