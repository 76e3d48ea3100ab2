"""A metric of a model over time, where labels or estimates tell it."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.distributions.schema import PROFILES
from sparkmon.views.source import Source, conditions, rows_of

_NUMBERS = ("value", "low", "high", "estimate", "reference_value", "coverage")
_READ = pa.schema(
    [
        *(PROFILES.field(name) for name in ("window_end", "slice_key")),
        *(pa.field(name, pa.string()) for name in ("metric", "class", "basis", "verdict")),
        *(pa.field(name, pa.float64()) for name in _NUMBERS),
        pa.field("version", pa.int32()),
    ]
)


@dataclass(frozen=True, slots=True)
class Performance:
    """One metric over windows; arrays of one length, NaN where there is no number."""

    model: str
    metric: str
    metrics: tuple[str, ...]
    """All metrics of the model."""
    window_ends: tuple[datetime, ...]
    values: npt.NDArray[np.float64]
    """By the labels."""
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    """The 95 % confidence interval of the values."""
    estimates: npt.NDArray[np.float64]
    """What was expected without labels."""
    references: npt.NDArray[np.float64]
    """The metric on the held-out rows of the reference."""
    coverage: npt.NDArray[np.float64]
    """The share of the answers that have a label."""
    verdicts: tuple[str | None, ...]


def performance_of(
    source: Source, model: str, *, metric: str | None = None, since: datetime | None = None
) -> Performance | None:
    """Return a metric of all classes and rows over windows; by default the one that verdicts are of.

    None if the table ``performance`` has no such metric. Of each window the last version counts.
    """
    where = conditions(model=model, since=since)
    rows = rows_of(source, "performance", _READ, where)
    rows = rows.filter(pc.and_(pc.is_null(rows["slice_key"]), pc.is_null(rows["class"]))).sort_by("version")
    metrics = sorted({*rows["metric"].to_pylist()})
    judged = rows.filter(pc.is_valid(rows["verdict"]))["metric"].to_pylist()
    chosen = str(metric or next(iter([*judged, *metrics]), ""))
    if chosen not in metrics:
        return None
    by_end: dict[datetime, dict[str, float | str | None]] = {}
    for row in rows.filter(pc.equal(rows["metric"], pa.scalar(chosen))).to_pylist():
        window = by_end.setdefault(row["window_end"], dict.fromkeys((*_NUMBERS, "verdict")))
        # What is expected without labels is a row of its own, until they come.
        if row["basis"] == "labels":
            window.update({name: row[name] for name in (*_NUMBERS, "verdict") if row[name] is not None})
        else:
            window["estimate"] = row["value"]
            window["reference_value"] = row["reference_value"]
    ends = sorted(by_end)
    arrays = [np.array([by_end[end][name] for end in ends], np.float64) for name in _NUMBERS]
    value, low, high, estimate, reference, coverage = arrays
    verdicts = tuple(None if (text := by_end[end]["verdict"]) is None else str(text) for end in ends)
    return Performance(
        model, chosen, tuple(metrics), tuple(ends), value, low, high, estimate, reference, coverage, verdicts
    )
