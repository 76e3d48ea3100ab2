"""How far probabilities are from what came true, squared."""

from collections.abc import Iterator

import numpy as np

from sparkmon.distributions.arrays import FloatArray
from sparkmon.performance.intervals import mean_of
from sparkmon.performance.metric import Measured, metric_family
from sparkmon.performance.outcomes import ClassOutcomes


def _measure(sums: FloatArray) -> Iterator[Measured]:
    yield Measured("brier_score_loss", None, *mean_of(sums))


@metric_family("classification", _measure, needs_scores=True)
def brier(outcomes: ClassOutcomes) -> FloatArray:
    """Sum a block to its rows, losses and squared losses.

    ``brier_score_loss`` is the mean of the squared distance between the probabilities and the true class. As in
    scikit-learn it is of the probability of class 1 where there are two classes, in [0, 1], and else the sum over all
    classes, in [0, 2]; 0 is best. Exact.

    *Interval*: of a mean, by the variance of the losses.

    References
    ----------
    .. [1] Brier: Verification of forecasts expressed in terms of probability. Monthly Weather Review 78, 1950.

    Examples
    --------
    >>> scores = np.array([[0.8, 0.2], [0.5, 0.5]])
    >>> outcomes = ClassOutcomes.of_labels(np.array([0, 1]), np.array([0, 0]), scores, 2)
    >>> brier(outcomes).round(4).tolist()
    [2.0, 0.29, 0.0641]
    """
    assert outcomes.scores is not None
    scores, classes = outcomes.scores, outcomes.scores.shape[1]
    # By row and class, the loss if that class is the true one.
    losses = (scores**2).sum(axis=1, keepdims=True) - 2 * scores + 1
    losses = losses / 2 if classes == 2 else losses
    return np.array([len(outcomes), (outcomes.truth * losses).sum(), (outcomes.truth * losses**2).sum()])
