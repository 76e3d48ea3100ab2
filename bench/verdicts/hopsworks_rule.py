"""Hopsworks' default: PSI of 10 bins of the reference's percentiles, from histograms of 20 equal bins, alarm from 0.2.

The arithmetic is that of its own client. The statistics it is given here are as its profiler documents them: a
histogram of 20 equal bins whose labels have two decimals, or of the 20 most frequent levels, and 100 percentiles.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["hopsworks"]

_BINS, _PSI_BINS, _EPSILON, _THRESHOLD = 20, 10, 1e-6, 0.2


def hopsworks(reference: pd.Series[Any]) -> Callable[[pd.Series[Any]], bool | None]:
    """Give the rule for one column."""
    from hsfs.core.distribution_distance import _compute
    from hsfs.core.distribution_engine import DistributionEngine

    numeric = pd.api.types.is_numeric_dtype(reference)
    strategy = "EQUI_FREQUENCY" if numeric else "CATEGORICAL"
    known = _statistics(reference)

    def alarms(window: pd.Series[Any]) -> bool | None:
        seen = _statistics(window)
        engine = DistributionEngine()
        edges = engine._resolve_bin_edges(known, seen, strategy, _PSI_BINS, None)
        before, after = (
            engine._build_distribution(side, strategy, edges, _EPSILON, number)
            for number, side in enumerate((known, seen))
        )
        return bool(_compute(after, before, "PSI") >= _THRESHOLD)

    return alarms


def _statistics(column: pd.Series[Any]) -> Any:  # noqa: ANN401 - the client has no types
    from hsfs.core.feature_descriptive_statistics import FeatureDescriptiveStatistics

    present = column.dropna()
    if not pd.api.types.is_numeric_dtype(column):
        levels = present.value_counts().head(_BINS)
        histogram = [{"value": str(key), "count": int(count)} for key, count in levels.items()]
        return FeatureDescriptiveStatistics(
            feature_name="x", feature_type="String", extended_statistics={"histogram": histogram}
        )
    values = present.to_numpy(dtype=float)
    counts, edges = np.histogram(values, _BINS)
    histogram = [
        {"value": f"{low:.2f} to {high:.2f}", "count": int(count)}
        for low, high, count in zip(edges, edges[1:], counts, strict=False)
    ]
    return FeatureDescriptiveStatistics(
        feature_name="x",
        feature_type="Fractional",
        min=float(values.min()),
        max=float(values.max()),
        percentiles=np.percentile(values, range(1, 101)).tolist(),
        extended_statistics={"histogram": histogram},
    )
