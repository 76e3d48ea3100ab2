"""TrustyAI's rule: a Kolmogorov-Smirnov test of the last 100 rows of each window, at 0.05, numbers alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from scipy.stats import ks_2samp

__all__ = ["trustyai"]

_ROWS = 100
_LEVEL = 0.05


def trustyai(reference: pd.Series[Any]) -> Callable[[pd.Series[Any]], bool | None]:
    """Give the rule for one column."""
    known = reference.dropna().to_numpy()

    def alarms(window: pd.Series[Any]) -> bool | None:
        values = window.dropna().to_numpy()[-_ROWS:]
        if not pd.api.types.is_numeric_dtype(window) or not len(values):
            return None
        return bool(ks_2samp(known, values, method="asymp").pvalue < _LEVEL)

    return alarms
