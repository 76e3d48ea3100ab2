"""Answers in other shares than honest clients get."""

import numpy as np

from sparkmon.adversaries.client_window import ClientWindow
from sparkmon.adversaries.statistic import client_statistic


@client_statistic("label", "high", needs_scores=True)
def label_distance(window: ClientWindow) -> float:
    """Return the total variation distance of the labels' shares from the reference's, from 0 to 1."""
    shares = np.bincount(window.labels, minlength=len(window.honest.label_shares)) / len(window)
    return float(np.abs(shares - window.honest.label_shares).sum() / 2)
