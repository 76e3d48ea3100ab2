"""One column changed at a time: line searches, coordinate-wise gradients, inference of an attribute."""

from sparkmon.adversaries.client_window import ClientWindow
from sparkmon.adversaries.statistic import client_statistic


@client_statistic("sweep", "high")
def single_change_share(window: ClientWindow) -> float:
    """Return the share of distinct rows of which another differs in exactly one column."""
    return float(window.single_changes.any(1).mean())


@client_statistic("sweep", "high")
def single_changes_most(window: ClientWindow) -> float:
    """Return how many distinct rows differ in exactly one column from the same row, at most."""
    return float(window.single_changes.sum(1).max())


@client_statistic("sweep", "high")
def constant_share(window: ClientWindow) -> float:
    """Return the share of columns that never change."""
    return float((window.values == window.values[0]).all(0).mean())
