"""Statistics: each a pure function of ``(reference, current)`` that says how far apart two columns are.

``STATISTICS.get("psi").measure(reference, current)`` puts beside the number what is needed to trust it: its
threshold, what sampling noise alone would give, a p-value, how far sketches may put it off, and how many rows are
enough. Each function can also be called plainly: ``psi(reference, current)``.
"""

from __future__ import annotations

from sparkmon.statistics.ks import ks
from sparkmon.statistics.psi import psi
from sparkmon.statistics.statistic import STATISTICS, Measurement, Statistic, Summary
from sparkmon.statistics.wasserstein import wasserstein
from sparkmon.statistics.wasserstein_normed import wasserstein_normed

__all__ = [
    "STATISTICS",
    "Measurement",
    "Statistic",
    "Summary",
    "ks",
    "psi",
    "wasserstein",
    "wasserstein_normed",
]
