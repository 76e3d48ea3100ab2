"""Rows at the model's boundary: where an attack that sees only decisions has to stay."""

import numpy as np

from sparkmon.adversaries.client_window import ClientWindow
from sparkmon.adversaries.statistic import client_statistic


@client_statistic("boundary", "both", needs_scores=True)
def low_margin_share(window: ClientWindow) -> float:
    """Return the share of rows with a margin that 5 % of the reference's stay below."""
    return float((window.margins < window.honest.margins[0]).mean())


@client_statistic("boundary", "both", needs_scores=True)
def label_changes(window: ClientWindow) -> float:
    """Return the share of rows whose label is another than that of the row before."""
    return float(np.mean(window.labels[1:] != window.labels[:-1]))
