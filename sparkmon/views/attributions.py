"""What a model's answers depend on: importances of features in a window, beside those on training rows."""

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from sparkmon.distributions.schema import PROFILES
from sparkmon.views.source import Source, conditions, rows_of

_NUMBERS = ("importance", "reference_importance", "mean_attribution", "reference_mean_attribution")
_READ = pa.schema(
    [
        *(PROFILES.field(name) for name in ("window_end", "slice_key", "column_name")),
        *(pa.field(name, pa.float64()) for name in _NUMBERS),
    ]
)


@dataclass(frozen=True, slots=True)
class Attribution:
    """What one feature adds to the answers; in the unit of the answer."""

    column_name: str
    importance: float
    """The mean of the absolute Shapley values."""
    reference_importance: float | None
    mean_attribution: float | None
    """The mean of the values themselves: in which direction."""
    reference_mean_attribution: float | None


@dataclass(frozen=True, slots=True)
class Attributions:
    """The features of one window, the most important first, now or in training."""

    model: str
    window_end: datetime
    features: tuple[Attribution, ...]


def attributions_of(
    source: Source, model: str, *, window_end: datetime | None = None, since: datetime | None = None
) -> Attributions | None:
    """Return what the answers of a window depend on; of the last one that was explained by default, None if none was.

    ``source`` needs the table ``attributions``.
    """
    where = conditions(model=model, status="ok", window_end=window_end, since=since)
    rows = [row for row in rows_of(source, "attributions", _READ, where).to_pylist() if row["slice_key"] is None]
    end = max((row["window_end"] for row in rows), default=None)
    if end is None:
        return None
    names = ("column_name", *_NUMBERS)
    features = [
        Attribution(**{name: row[name] for name in names})
        for row in rows
        if row["window_end"] == end and row["importance"] is not None
    ]
    features.sort(key=lambda each: (-max(each.importance, each.reference_importance or 0.0), each.column_name))
    return Attributions(model, end, tuple(features))
