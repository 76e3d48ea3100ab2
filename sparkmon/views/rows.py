"""The rows of a window, where a monitor keeps them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sparkmon.tables import Condition
from sparkmon.views.source import Source, read_rows

_NAMES = ("event_id", "event_type", "event_time", "request_id", "instance", "features", "predictions", "client")


@dataclass(frozen=True, slots=True)
class KeptRow:
    """One decoded row of a request or a response."""

    event_time: datetime
    event_type: str
    request_id: str
    instance: int
    client: str | None
    features: tuple[tuple[str, float | str | None], ...]
    """Name and value; None is null."""
    predictions: tuple[tuple[str, float | str | None], ...]


def rows_of_window(
    source: Source, model: str, start: datetime, end: datetime, *, count: int = 50, event_id: str | None = None
) -> list[KeptRow] | None:
    """Return the first rows of a window; None if the table ``rows`` is not there.

    Parameters
    ----------
    source : Source
        What has the table ``rows``, which a monitor writes for the models in ``keep_rows``.
    model : str
        The model.
    start, end : datetime
        The window, without its end.
    count : int
        How many rows at most.
    event_id : str, optional
        Only those of this event.
    """
    where: list[Condition] = [("model", "=", model), ("event_time", ">=", start), ("event_time", "<", end)]
    if event_id is not None:
        where.append(("event_id", "=", event_id))
    # Times first: of a window of millions of rows, the features of some are read.
    times = read_rows(source, "rows", ["event_time", "instance"], where)
    if times is None:
        return None
    if times.num_rows > count:
        last = times.sort_by("event_time")["event_time"][count - 1].as_py()
        where.append(("event_time", "<=", last))
    rows = read_rows(source, "rows", _NAMES, where)
    if rows is None:
        return None
    ordered = rows.sort_by([("event_time", "ascending"), ("request_id", "ascending"), ("instance", "ascending")])
    return [_kept(row) for row in ordered.slice(0, count).to_pylist() if row["instance"] >= 0]


def _kept(row: dict[str, Any]) -> KeptRow:
    copied = {name: row[name] for name in ("event_time", "event_type", "request_id", "instance", "client")}
    features, predictions = (tuple(_values(row[name] or ())) for name in ("features", "predictions"))
    return KeptRow(**copied, features=features, predictions=predictions)


def _values(cells: Iterable[tuple[str, dict[str, Any] | None]]) -> Iterable[tuple[str, float | str | None]]:
    for name, cell in cells:
        parts = cell or {}
        yield name, parts.get("number") if parts.get("text") is None else parts["text"]
