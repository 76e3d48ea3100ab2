"""Accuracy, precision, recall and F1 from the confusion matrix."""

from collections.abc import Iterator

import numpy as np

from sparkmon.distributions.arrays import FloatArray
from sparkmon.performance.intervals import of_counts, ratio, wilson
from sparkmon.performance.metric import Measured, metric_family
from sparkmon.performance.outcomes import ClassOutcomes

_NAMES = ("precision_score", "recall_score", "f1_score")


def _scores(matrix: FloatArray) -> FloatArray:
    """Return by metric the value of each class, and last their mean; of one or of many matrices.

    A class that is never predicted and never true is left out; one that is true and never predicted has a precision
    of 0, as scikit-learn has it.
    """
    right = np.diagonal(matrix, axis1=-2, axis2=-1)
    true, predicted = matrix.sum(axis=-1), matrix.sum(axis=-2)
    is_there = true + predicted > 0
    parts = (right, predicted), (right, true), (2 * right, true + predicted)
    values = np.stack([np.nan_to_num(ratio(*each)) for each in parts], axis=-2)
    mean = ratio(values.sum(axis=-1, keepdims=True), is_there.sum(axis=-1)[..., None, None])
    return np.concatenate([np.where(is_there[..., None, :], values, np.nan), mean], axis=-1)


def _measure(sums: FloatArray) -> Iterator[Measured]:
    rows, classes = sums.sum(), len(sums)
    accuracy = float(np.trace(sums) / rows) if rows else np.nan
    yield Measured("accuracy_score", None, accuracy, *wilson(accuracy, float(rows)))
    values = _scores(sums)
    low, high = (
        each.reshape(values.shape) for each in of_counts(sums, lambda draws: _scores(draws).reshape(len(draws), -1))
    )
    for at, rows_of_class in enumerate((sums.sum(axis=0), sums.sum(axis=1))):
        for place in range(classes):
            if not np.isnan(values[at, place]):
                low[at, place], high[at, place] = wilson(float(values[at, place]), float(rows_of_class[place]))
    for at, name in enumerate(_NAMES):
        for place in (*range(classes), -1):
            ends = float(low[at, place]), float(high[at, place])
            yield Measured(name, None if place < 0 else place, float(values[at, place]), *ends)


@metric_family("classification", _measure)
def confusion(outcomes: ClassOutcomes) -> FloatArray:
    """Sum a block to its confusion matrix, true classes x predicted classes.

    It gives ``accuracy_score``, the share of rows with the right class, and for each class ``precision_score``,
    ``recall_score`` and ``f1_score``, with their unweighted mean over the classes that are true or predicted somewhere
    (``average="macro"``). In [0, 1], 1 is best. Exact.

    *Interval*: Wilson's for accuracy, precision and recall of a class; the others by resampling the counts.

    References
    ----------
    .. [1] Wilson: Probable inference, the law of succession, and statistical inference. JASA 22, 1927.
    .. [2] Hanley, MacGibbon: Creating non-parametric bootstrap samples using Poisson frequencies. Computer Methods and
       Programs in Biomedicine 83, 2006.

    Examples
    --------
    >>> outcomes = ClassOutcomes.of_labels(np.array([0, 1, 1]), np.array([0, 1, 0]), None, 2)
    >>> confusion(outcomes).tolist()
    [[1.0, 0.0], [1.0, 1.0]]
    """
    classes = outcomes.truth.shape[1]
    matrix = np.zeros((classes, classes))
    np.add.at(matrix.T, outcomes.predicted, outcomes.truth)
    return matrix
