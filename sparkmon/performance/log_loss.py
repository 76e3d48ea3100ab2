"""How improbable the model held what came true."""

from collections.abc import Iterator

import numpy as np

from sparkmon.distributions.arrays import FloatArray
from sparkmon.performance.intervals import mean_of
from sparkmon.performance.metric import Measured, metric_family
from sparkmon.performance.outcomes import ClassOutcomes

_EPSILON = float(np.finfo(np.float64).eps)


def _measure(sums: FloatArray) -> Iterator[Measured]:
    yield Measured("log_loss", None, *mean_of(sums))


@metric_family("classification", _measure, needs_scores=True)
def log_loss(outcomes: ClassOutcomes) -> FloatArray:
    """Sum a block to its rows, losses and squared losses.

    The loss of a row is -ln of the probability that the model gave the true class; ``log_loss`` is their mean: 0 is
    best, in nats. A probability of 0 counts as 2.2e-16. Exact.

    *Interval*: of a mean, by the variance of the losses.

    References
    ----------
    .. [1] Good: Rational decisions. Journal of the Royal Statistical Society B 14, 1952.

    Examples
    --------
    >>> scores = np.array([[0.8, 0.2], [0.5, 0.5]])
    >>> outcomes = ClassOutcomes.of_labels(np.array([0, 1]), np.array([0, 0]), scores, 2)
    >>> log_loss(outcomes).round(3).tolist()
    [2.0, 0.916, 0.53]
    """
    assert outcomes.scores is not None
    logarithms = np.log(np.clip(outcomes.scores, _EPSILON, 1 - _EPSILON))
    loss = -(outcomes.truth * logarithms).sum(axis=1)
    return np.array([len(outcomes), loss.sum(), (outcomes.truth * logarithms**2).sum()])
