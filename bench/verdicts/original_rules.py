"""The rules of the framework of 2020 that sparkmon follows: KL, JS and EMD of 20 bins, with their flaws.

Its baseline is a histogram of equal bins keyed by their lower bounds as text, and it sorts them as text: ``-0.5``
before ``-3``, ``10`` before ``9``. A row is counted here in the first bin of that order whose bound it reaches without
reaching the next, which is the reading that loses fewest rows; those in none are dropped before shares are taken. Bins
that are empty on either side are skipped by KL and JS, and EMD is in bins. The thresholds are those of its sample
configuration.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["original_emd", "original_js", "original_kl"]

_BINS = 20
_EMPTY = 1e-12
Floats = NDArray[np.float64]
Distance = Callable[[Floats, Floats], float]


def original_kl(reference: pd.Series[Any]) -> Callable[[pd.Series[Any]], bool | None]:
    """Give the Kullback-Leibler rule for one column."""
    return _over(1.3, _kl, reference)


def original_js(reference: pd.Series[Any]) -> Callable[[pd.Series[Any]], bool | None]:
    """Give the Jensen-Shannon rule for one column."""
    return _over(0.5, lambda p, q: (_kl(p, (p + q) / 2) + _kl(q, (p + q) / 2)) / 2, reference)


def original_emd(reference: pd.Series[Any]) -> Callable[[pd.Series[Any]], bool | None]:
    """Give the earth mover's rule for one column."""
    return _over(2.7, lambda p, q: float(np.abs(np.cumsum(p - q)).sum()), reference)


def _over(threshold: float, distance: Distance, reference: pd.Series[Any]) -> Callable[[pd.Series[Any]], bool | None]:
    if not pd.api.types.is_numeric_dtype(reference):
        return lambda window: None
    counts, edges = np.histogram(reference.dropna().to_numpy(dtype=np.float64), _BINS)
    order = np.argsort([str(edge) for edge in edges[:-1]])
    known = counts[order] / counts.sum()
    bounds: Floats = edges[:-1][order].astype(np.float64)

    def alarms(window: pd.Series[Any]) -> bool | None:
        values = np.asarray(window.dropna(), dtype=np.float64)
        seen = _count(values, bounds, float(edges[-1]))
        # A window of which no row is in a bin gives no number, and no number is not over a threshold.
        return bool(seen.sum()) and distance(seen / seen.sum(), known) > threshold

    return alarms


def _count(values: Floats, bounds: Floats, highest: float) -> Floats:
    counts = np.zeros(len(bounds))
    left = values
    for index, lower in enumerate(bounds):
        upper = bounds[index + 1] if index + 1 < len(bounds) else highest
        inside = (left >= lower) & (left < upper)
        counts[index] = inside.sum()
        left = left[~inside]
    return counts


def _kl(p: Floats, q: Floats) -> float:
    both = (p > _EMPTY) & (q > _EMPTY)
    return float((p[both] * np.log(p[both] / q[both])).sum())
