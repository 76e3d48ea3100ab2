"""How far findings are beyond what is allowed: one number for all statistics."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.comparison.confirmation import BEYOND, JUDGED
from sparkmon.distributions.arrays import FloatArray

_BELOW = float(np.nextafter(1.0, 0.0))


def excess(findings: pa.Table) -> FloatArray:
    """Return how far findings are beyond what is allowed: value less noise and sketch error, in units of the limit.

    From 1 on it is beyond. A drift by what blocks or sums of windows show is at least 1; what is ok, because it is not
    borne out among all tests of the window, is below 1. NaN is what was not judged.

    >>> rows = {"value": [0.31, 0.1], "noise": [0.02, None], "sketch_error": [0.0, 0.0], "limit": [0.1, 0.0]}
    >>> excess(pa.table({**rows, "threshold": [0.1, 0.0], "status": ["drift", "over_limit"]})).round(2)
    array([2.9, inf])
    """
    value, noise, error = (_floats(findings, name) for name in ("value", "noise", "sketch_error"))
    limit, threshold = _floats(findings, "limit"), _floats(findings, "threshold")
    limit = np.where(np.isnan(limit), threshold, limit)
    effect = np.maximum(np.abs(value) - np.nan_to_num(noise) - np.nan_to_num(error), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(effect > 0, effect / limit, np.where(np.isnan(effect), np.nan, 0.0))
    is_over = _is_in(findings["status"], BEYOND)
    ratio = np.where(is_over, np.maximum(np.nan_to_num(ratio, nan=1.0, posinf=np.inf), 1.0), ratio)
    is_ok = ~is_over & _is_in(findings["status"], JUDGED)
    return np.where(is_over, ratio, np.where(is_ok, np.minimum(ratio, _BELOW), np.nan))


def _floats(findings: pa.Table, name: str) -> FloatArray:
    return findings[name].cast(pa.float64()).to_numpy().astype(np.float64)


def _is_in(column: Any, values: Sequence[str]) -> npt.NDArray[np.bool_]:  # noqa: ANN401 - an Arrow column
    return np.asarray(pc.is_in(column, value_set=pa.array([*values], pa.string())).to_numpy(), np.bool_)
