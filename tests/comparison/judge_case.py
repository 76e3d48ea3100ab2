"""Profiles and references of three models in which every rule of the judge has something to decide."""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import datasketches
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.comparison import Checks
from sparkmon.distributions.schema import PROFILES, REFERENCES

__all__ = ["CHECKS", "LENGTHS", "MIDNIGHT", "numbers", "profiles", "references", "row", "texts"]

MIDNIGHT = datetime(2026, 11, 23, tzinfo=timezone.utc)
CHECKS = Checks(
    (
        *("ks", "psi", "wasserstein", "null_rate", "nan_rate", "type_rate", "unseen_rate"),
        *("range_rate", "lattice_rate", "mmd_rff", "pca_reconstruction"),
    ),
    history=("previous", "trailing(3)", "seasonal(2 hours, 2)"),
    rates={"stale_rate": 0.2},
    thresholds={"psi": 0.15},
)
LENGTHS = ("1 hour", "2 hours")
_SLICES = [("origin", value) for value in ("EWR", "JFK", "LGA", ":other")] + [("far", "true")]
_COLUMNS = ("x", "shifted", "burst", "weather")

Values = npt.NDArray[np.float64]


def _profile(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a profile
    counts = ("count", "num_nulls", "num_nan", "num_inf", "num_numbers", "num_texts")
    return dict.fromkeys(counts, 0) | {"frequent_items": {}} | fields


def numbers(values: Values, nulls: int = 0, nans: int = 0, k: int = 4000) -> dict[str, Any]:
    """Summarise numbers; exact, and so the same each time, while there are at most ``k``."""
    sketch = datasketches.kll_doubles_sketch(k)
    sketch.update(values)
    return _profile(
        count=values.size + nulls + nans,
        num_nulls=nulls,
        num_nan=nans,
        num_numbers=values.size,
        min=float(values.min()),
        max=float(values.max()),
        avg=float(values.mean()),
        m2=float(values.var() * values.size),
        sketch=sketch.serialize(),
    )


def texts(counts: dict[str, int]) -> dict[str, Any]:
    """Summarise levels."""
    rows = sum(counts.values())
    return _profile(count=rows, num_texts=rows, frequent_items=counts)


def row(model: str, column: str, profile: dict[str, Any], **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a row of profiles, or of references; of the whole table and a feature, if not said otherwise."""
    names = dict.fromkeys({*PROFILES.names, *REFERENCES.names})
    key = {"model": model, "model_version": "", "column_name": column, "column_kind": "feature"}
    reference = {"reference": "training", "data_type": "numeric", "column_index": 0}
    made = {"created_time": MIDNIGHT, "profile": profile}
    return names | key | reference | made | fields


def table(rows: Sequence[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Make a table of rows."""
    return pa.Table.from_pylist([{name: each[name] for name in schema.names} for each in rows], schema)


def references() -> pa.Table:
    """Give model a (slices, blocks of a day), its version 2 (one column), b (few rows), and no c."""
    random = np.random.default_rng(1)
    rows = []
    for key, value in [(None, None), *_SLICES]:
        part = {"slice_key": key, "slice_value": value}
        for name in _COLUMNS:
            rows.append(row("a", name, numbers(random.normal(size=3000)), **part))
        rows.append(row("a", "level", texts({"u": 1500, "v": 900, "w": 600}), data_type="categorical", **part))
    rows.append(row("a", "gone", numbers(random.normal(size=500))))
    rows.append(row("a", "score", numbers(random.random(900)), column_kind="prediction"))
    for place, mean in enumerate(random.normal(0, 0.4, 12)):
        day = {"block_start": MIDNIGHT - timedelta(hours=2 * place + 2)}
        day["block_end"] = day["block_start"] + timedelta(hours=2)
        rows.append(row("a", "weather", numbers(random.normal(mean, 1, 250)), **day))
        rows.append(row("a", "x", numbers(random.normal(0, 1, 250)), **day))
    rows.append(row("a", "x", numbers(random.normal(1, 1, 2000)), model_version="2", reference="second"))
    rows.append(row("b", "x", numbers(random.normal(size=40))))
    return table(rows, REFERENCES)


def profiles(hours: Sequence[int]) -> pa.Table:
    """Give the windows that start at these hours, and those of two hours that start at the even ones."""
    rows = []
    for hour in hours:
        random = np.random.default_rng(100 + hour)
        for length in (1, 2) if hour % 2 == 0 else (1,):
            start = MIDNIGHT + timedelta(hours=hour)
            window = {"window_start": start, "window_end": start + timedelta(hours=length)}
            rows += [each | window for each in _window(hour, length, random)]
    return table(rows, PROFILES)


def _window(hour: int, length: int, random: np.random.Generator) -> list[dict[str, Any]]:
    size = 500 + 40 * hour
    rows = []
    for place, (key, value) in enumerate([(None, None), *_SLICES]):
        part = {"slice_key": key, "slice_value": value}
        shift = 0.0 if hour < 2 or place not in (0, 2) else 0.35
        means = {"x": 0.0, "shifted": shift, "burst": 3.0 if hour == 4 else 0.02, "weather": 0.5}
        for name, mean in means.items():
            if not (key == "far" and name == "burst" and hour % 2):
                values = random.normal(mean, 1, size)
                rows.append(row("a", name, numbers(values, nulls=hour * (place == 1), nans=place), **part))
        levels = {"u": 250, "v": 150 - 20 * hour, "w": 100, "new": 4 * hour}
        rows.append(row("a", "level", texts({k: v for k, v in levels.items() if v}), **part))
    rows.append(row("a", "stranger", numbers(random.normal(size=90))))
    if hour % 2:
        rows.append(row("a", "other", texts({"p": 3}), column_kind="prediction"))
    rows.append(row("a", "x", numbers(random.normal(0.8, 1, size)), model_version="2"))
    rows.append(row("a", "shifted", numbers(random.normal(0, 1, 30)), model_version="3"))
    rows.append(row("b", "x", numbers(random.normal(0, 1, 300))))
    rows.append(row("c", "x", numbers(random.normal(hour, 1, 300))))
    rows.append(row("c", "level", texts({"p": 30 * length})))
    hits = np.repeat([1.0, 0.0], [30 + 20 * hour, 300])
    for name in ("k.missing", "k.stale", "k.age_s"):
        rows.append(row("a", name, numbers(hits), column_kind="row_flag"))
    return rows
