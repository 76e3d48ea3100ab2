"""Columns that only a reference or only a window has, as findings: there is nothing to measure."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.comparison.finding import PRESENCE
from sparkmon.comparison.references import References
from sparkmon.distributions.schema import SLICE, WINDOW_KEY

_KEY = (*WINDOW_KEY, *SLICE, "column_kind")


def missing_columns(profiles: pa.Table, references: References) -> Iterator[tuple[int, dict[str, Any]]]:
    """Find the columns of the references that are missing from windows that have others of their kind.

    Each is a row of the window and the finding. A window without any request misses no feature, and one without any
    response no prediction.
    """
    for key, columns in _columns_of(profiles).items():
        model, version, _, _, *slice_and_kind = key
        expected = references.expected(model, version, *slice_and_kind)
        place = next(iter(columns.values()))
        for name in expected.keys() - columns.keys():
            yield place, _finding("missing_column", *expected[name], 0) | {"column_name": name}


def extra_columns(profiles: pa.Table, references: References) -> Iterator[tuple[int, dict[str, Any]]]:
    """Find the columns of windows that the reference of their model does not have: the model was not trained on them.

    Each is a row and the finding. Only where the model's reference has columns of that kind: if it has no predictions,
    a prediction is no surprise.
    """
    counts, numbers, texts = (
        pc.struct_field(profiles["profile"], name).to_pylist() for name in ("count", "num_numbers", "num_texts")
    )
    for key, columns in _columns_of(profiles).items():
        model, version, _, _, slice_key, _, kind = key
        expected = references.expected(model, version, None, None, kind)
        if slice_key is not None or not expected:
            continue
        reference = max(name for name, _ in expected.values())
        for name in columns.keys() - expected.keys():
            place = columns[name]
            data_type = "categorical" if texts[place] > numbers[place] else "numeric"
            yield place, _finding("extra_column", reference, data_type, counts[place])


def _columns_of(profiles: pa.Table) -> dict[tuple[Any, ...], dict[str, int]]:
    """Return the rows of each window, slice and kind by the names of their columns."""
    keys = (profiles[name] for name in (*_KEY, "column_name"))
    columns = (key.cast(pa.int64()).to_pylist() if pa.types.is_timestamp(key.type) else key.to_pylist() for key in keys)
    windows: dict[tuple[Any, ...], dict[str, int]] = {}
    for place, (*key, name) in enumerate(zip(*columns, strict=True)):
        windows.setdefault(tuple(key), {})[name] = place
    return windows


def _finding(statistic: str, reference: str, data_type: str, rows: int) -> dict[str, Any]:
    """Return a finding over its limit, with the value 1 and the limit 0."""
    return dict.fromkeys(("threshold", "noise", "sketch_error", "limit"), 0.0) | {
        "drift_type": "LIMIT",
        "reference": reference,
        "data_type": data_type,
        "statistic": statistic,
        "value": 1.0,
        "current_count": rows,
        "status": "over_limit",
        "reason": PRESENCE[statistic],
    }
