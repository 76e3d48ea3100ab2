"""The drift metrics of two tables by numpy and scipy, from all values: what one would write without a framework."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.stats import ks_2samp, wasserstein_distance

__all__ = ["drift_by_scipy"]


def drift_by_scipy(reference: Path, current: Path) -> list[tuple[float, float, float]]:
    """Return ks, psi and wasserstein of each column, from two Parquet files."""
    before, after = pq.read_table(reference), pq.read_table(current)
    found = []
    for name in before.column_names:
        left, right = before[name].to_numpy(), after[name].to_numpy()
        found.append(
            (ks_2samp(left, right, method="asymp").statistic, _psi(left, right), wasserstein_distance(left, right))
        )
    return found


def _psi(reference: NDArray[np.float64], current: NDArray[np.float64]) -> float:
    """PSI over ten bins of equal share in the reference."""
    edges = np.quantile(reference, np.linspace(0.1, 0.9, 9))
    expected, actual = (
        np.bincount(np.searchsorted(edges, values), minlength=10) / len(values) for values in (reference, current)
    )
    return float(np.sum((actual - expected) * np.log(actual / expected)))
