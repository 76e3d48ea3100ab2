"""Rows that no honest client would send: copies of a model are trained on made-up ones."""

import numpy as np

from sparkmon.adversaries.client_window import ClientWindow
from sparkmon.adversaries.statistic import client_statistic


@client_statistic("out_of_distribution", "high")
def surprise_median(window: ClientWindow) -> float:
    """Return the median of the rows' histogram-based outlier scores."""
    return float(np.median(window.surprises))


@client_statistic("out_of_distribution", "high")
def surprise_high(window: ClientWindow) -> float:
    """Return the histogram-based outlier score that a tenth of the rows exceed."""
    return float(np.quantile(window.surprises, 0.9))


@client_statistic("out_of_distribution", "high")
def mahalanobis_median(window: ClientWindow) -> float:
    """Return the median Mahalanobis distance of the rows from the reference's mean."""
    return float(np.sqrt(np.median(window.honest.mahalanobis.score(window.rows))))


@client_statistic("out_of_distribution", "high")
def outside_share(window: ClientWindow) -> float:
    """Return the share of rows with a value outside of what the reference has."""
    return float(window.honest.is_outside(window.rows).mean())
