"""Detectors of a reference that has no rows, such as one of a feature store's statistics."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from sparkmon.detectors.outlier_model import DEFAULT_DETECTORS, LEAST_ROWS, OutlierModel
from sparkmon.detectors.row_detector import DETECTORS
from sparkmon.distributions import Categories, Distribution, summary_of
from sparkmon.distributions.arrays import FloatArray
from sparkmon.errors import ProfileError
from sparkmon.protocol import LEVEL_KINDS, Cells
from sparkmon.records import Feature

_ROWS = 10_000


def model_from_profiles(references: Iterable[Mapping[str, Any]]) -> OutlierModel:
    """Fit the detectors that look at each column by itself, by rows of ``REFERENCES``: one whole one of each column.

    The rows that it is fitted to have the columns' quantiles and levels, in an order of their own in each column: those
    of columns that do not depend on each other. So far from any two columns being alike, at most as many rows are
    flagged as are asked for (the union bound). ProfileError if there are too few rows, or no column can be read.
    """
    features, columns, texts = [], [], {}
    profiles = [row for row in references if row["data_type"] in ("numeric", *LEVEL_KINDS)]
    count = min(_ROWS, max((row["profile"]["count"] for row in profiles), default=0))
    if count < LEAST_ROWS:
        raise ProfileError(f"got a reference of {count} rows; expected {LEAST_ROWS} or more")
    random = np.random.default_rng(0)
    for row in profiles:
        is_number = row["data_type"] == "numeric"
        summary = summary_of(row["profile"], "numeric" if is_number else "categorical")
        nulls = math.ceil(count * summary_nulls(row["profile"]))
        order = random.permutation(count)
        if isinstance(summary, Distribution) and summary.n:
            values = summary.quantile(np.linspace(0, 1, count - nulls)) if nulls < count else np.empty(0)
            columns.append(np.append(values, np.full(nulls, np.nan))[order])
        elif isinstance(summary, Categories) and summary.counts:
            texts[len(columns)] = _levels(summary, count, nulls).take(pa.array(order))
            columns.append(np.full(count, np.nan))
        else:
            continue
        features.append(Feature(row["column_name"], row["data_type"]))
    matrix: FloatArray = np.column_stack([*columns, np.empty((count, 0))])
    cells = Cells(tuple([each.name for each in features]), matrix, ~np.isnan(matrix), texts)
    of_columns = [name for name in DEFAULT_DETECTORS if DETECTORS.get(name).of_columns]
    return replace(OutlierModel.fit(features, cells, cells, of_columns), training=None)  # no such rows came together


def summary_nulls(profile: Mapping[str, Any]) -> float:
    """Return the share of rows that have neither a finite number nor a text."""
    others = sum(profile[name] or 0 for name in ("num_nulls", "num_nan", "num_inf"))
    return others / profile["count"] if profile["count"] else 0.0


def _levels(summary: Categories, count: int, nulls: int) -> Any:  # noqa: ANN401 - an Arrow array
    """Return levels as often as they are, each at least once as far as there is room; what is not tracked is null."""
    total = max(summary.rows, 1.0)
    names = sorted(summary.counts, key=lambda level: -summary.counts[level])
    repeats = [max(1, round(summary.counts[name] / total * (count - nulls))) for name in names]
    levels = [name for name, repeat in zip(names, repeats, strict=True) for _ in range(repeat)][:count]
    return pa.array(levels + [None] * (count - len(levels)), pa.string())
