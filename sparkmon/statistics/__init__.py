"""Statistics: each a pure function of ``(reference, current)`` that says how far apart two columns are.

``STATISTICS.get("psi").measure(reference, current)`` returns the number with what is needed to trust it: its
threshold, what sampling noise alone would give, a p-value, how far sketches may put it off, and how many rows are
enough. Each function can also be called plainly: ``psi(reference, current)``.
:func:`evidence` is not in the registry: it grows with the rows.
"""

from __future__ import annotations

from sparkmon.statistics.chi2 import chi2
from sparkmon.statistics.count import count
from sparkmon.statistics.cramer_von_mises import cramer_von_mises
from sparkmon.statistics.evidence import evidence
from sparkmon.statistics.hellinger import hellinger
from sparkmon.statistics.js import js
from sparkmon.statistics.kl import kl
from sparkmon.statistics.ks import ks
from sparkmon.statistics.lattice_rate import lattice_rate
from sparkmon.statistics.linf import linf
from sparkmon.statistics.mean import mean
from sparkmon.statistics.mmd_rff import mmd_rff
from sparkmon.statistics.nan_rate import nan_rate
from sparkmon.statistics.null_rate import null_rate
from sparkmon.statistics.pca_reconstruction import pca_reconstruction
from sparkmon.statistics.psi import psi
from sparkmon.statistics.range_rate import range_rate
from sparkmon.statistics.statistic import JOINT, STATISTICS, Measurement, Statistic, Summary
from sparkmon.statistics.std import std
from sparkmon.statistics.tv import tv
from sparkmon.statistics.type_rate import type_rate
from sparkmon.statistics.unseen_rate import unseen_rate
from sparkmon.statistics.wasserstein import wasserstein
from sparkmon.statistics.wasserstein_normed import wasserstein_normed

__all__ = [
    "JOINT",
    "STATISTICS",
    "Measurement",
    "Statistic",
    "Summary",
    "chi2",
    "count",
    "cramer_von_mises",
    "evidence",
    "hellinger",
    "js",
    "kl",
    "ks",
    "lattice_rate",
    "linf",
    "mean",
    "mmd_rff",
    "nan_rate",
    "null_rate",
    "pca_reconstruction",
    "psi",
    "range_rate",
    "std",
    "tv",
    "type_rate",
    "unseen_rate",
    "wasserstein",
    "wasserstein_normed",
]
