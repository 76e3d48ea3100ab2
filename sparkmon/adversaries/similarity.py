"""Rows that are closer to each other than honest ones: decision-based attacks take many small steps."""

import numpy as np

from sparkmon.adversaries.client_window import ClientWindow
from sparkmon.adversaries.statistic import client_statistic

_NEIGHBOURS = 20
_LEAST = 1e-3
"""Added before the logarithm: honest clients repeat rows, too."""


@client_statistic("similarity", "low")
def nearest_median(window: ClientWindow) -> float:
    """Return the logarithm of the median distance to the nearest row."""
    return float(np.log(np.median(window.distances[:, 0]) + _LEAST))


@client_statistic("similarity", "low")
def nearest_low(window: ClientWindow) -> float:
    """Return the logarithm of the distance to the nearest row that a tenth of the rows stay below."""
    return float(np.log(np.quantile(window.distances[:, 0], 0.1) + _LEAST))


@client_statistic("similarity", "low")
def neighbours_least(window: ClientWindow) -> float:
    """Return the logarithm of the least mean distance of a row to its 20 nearest."""
    return float(np.log(window.distances[:, :_NEIGHBOURS].mean(1).min() + _LEAST))


@client_statistic("similarity", "low")
def neighbours_median(window: ClientWindow) -> float:
    """Return the logarithm of the median mean distance of a row to its 20 nearest (Chen, Carlini and Wagner, 2019)."""
    return float(np.log(np.median(window.distances[:, :_NEIGHBOURS].mean(1)) + _LEAST))
