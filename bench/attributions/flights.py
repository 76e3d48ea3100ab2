"""Flights as numbers, and trees on them, which TreeSHAP explains exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sklearn.ensemble import HistGradientBoostingClassifier

from sparkmon.demo.flights import FEATURES, LABEL, LEVELS

Matrix = npt.NDArray[np.float64]


def matrix_of(flights: pa.Table) -> Matrix:
    """Return the features, carriers and origins by their place in the alphabet, and last the label."""
    columns: list[Any] = []
    for name in FEATURES:
        column = flights[name].combine_chunks()
        if name in LEVELS:
            levels = sorted(map(str, {*column.to_pylist()}))
            columns.append(np.array([levels.index(str(value)) for value in column.to_pylist()], float))
        else:
            columns.append(column.cast(pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False))
    columns.append(flights[LABEL].cast(pa.float64()).to_numpy(zero_copy_only=False))
    return np.stack(columns, axis=1)


def fitted(training: Matrix) -> Any:  # noqa: ANN401 - scikit-learn's trees
    """Fit 60 boosted trees: the same ones everywhere."""
    return HistGradientBoostingClassifier(max_iter=60, random_state=0).fit(training[:, :-1], training[:, -1])
