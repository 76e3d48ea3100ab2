"""How far the rank error of a sketch or a table may put an integral over its column off."""

import numpy as np

from sparkmon.distributions.arrays import FloatArray
from sparkmon.distributions.distribution import Distribution


def rank_slack(side: Distribution, error: float, slopes: FloatArray | None = None) -> float:
    """Return the integral of min(error, F, 1 - F) times the slope of g: how far the mean of g(x) may be off.

    ``slopes`` has the size of g's slope at each of ``side.values``; 1 without, for the mean of x itself. Each rank is
    taken as wrong by ``error``, a share of the rows, to the worse side, except in the tails, where the sketch's own
    tail stands for the true one. An estimate, no bound: it does not see what a sketch lost of a heavy tail.
    """
    if not error:
        return 0.0
    below, values = side.shares[:-1], side.values
    slack = np.minimum(error, np.minimum(below, 1 - below))
    if slopes is not None:
        slack = slack * (slopes[:-1] + slopes[1:]) / 2
    slack *= values[1:] - values[:-1]
    return float(slack.sum())
