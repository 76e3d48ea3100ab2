"""Rows that vary less, or more, than the reference's."""

import numpy as np

from sparkmon.adversaries.client_window import ClientWindow
from sparkmon.adversaries.statistic import client_statistic


@client_statistic("spread", "both")
def variance_ratio(window: ClientWindow) -> float:
    """Return the logarithm of the variance of all columns together, divided by the reference's."""
    return float(np.log(window.points.var(0).sum() / window.honest.variance[0] + 1e-9))
