"""The way from row to row: attacks repeat their steps, turn back, or take none of those that honest clients take."""

from sparkmon.adversaries.client_window import ClientWindow
from sparkmon.adversaries.statistic import client_statistic


@client_statistic("path", "both")
def turn_mean(window: ClientWindow) -> float:
    """Return the mean cosine of a step and the next (Park, 2025: GWAD): 1 straight on, -1 back; -.5 of random rows."""
    return float(window.turns.mean()) if len(window.turns) else 1.0


@client_statistic("path", "both")
def turn_deviation(window: ClientWindow) -> float:
    """Return the standard deviation of these cosines."""
    return float(window.turns.std()) if len(window.turns) else 0.0
