"""How far predicted quantiles are from those of what came true."""

from collections.abc import Iterator

import numpy as np

from sparkmon.distributions.arrays import FloatArray
from sparkmon.performance.intervals import mean_of
from sparkmon.performance.metric import Measured, metric_family
from sparkmon.performance.outcomes import NumberOutcomes


def _measure(sums: FloatArray) -> Iterator[Measured]:
    for place, own in enumerate(sums):
        yield Measured("mean_pinball_loss", None if place == 0 else place - 1, *mean_of(own))


@metric_family("regression", _measure, needs_scores=True)
def quantiles(outcomes: NumberOutcomes) -> FloatArray:
    """Sum a block to its rows, losses and squared losses: of the mean of the quantiles, and of each.

    The pinball loss of a quantile q is q times what the truth is above it, or 1 - q times what it is below; in the unit
    of the label, 0 is best, and the least that can be reached is that of the true quantile. Exact.

    *Interval*: of a mean, by the variance of the losses.

    References
    ----------
    .. [1] Koenker, Bassett: Regression quantiles. Econometrica 46, 1978.

    Examples
    --------
    >>> outcomes = NumberOutcomes(np.array([3.0, 1.0]), np.array([2.0, 2.0]), 0.0, np.array([[2.0], [2.0]]), (0.9,))
    >>> [(each.metric, round(each.value, 3)) for each in _measure(quantiles(outcomes))]
    [('mean_pinball_loss', 0.5), ('mean_pinball_loss', 0.5)]
    """
    assert outcomes.scores is not None
    above, levels = outcomes.truth[:, None] - outcomes.scores, np.array(outcomes.levels)
    losses = np.maximum(levels * above, (levels - 1) * above)
    each = np.hstack([losses.mean(axis=1, keepdims=True), losses])
    return np.stack([np.full(each.shape[1], float(len(outcomes))), each.sum(axis=0), (each**2).sum(axis=0)], axis=1)
