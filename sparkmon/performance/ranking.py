"""Areas under the ROC curve and the precision-recall curve, from histograms of scores."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from sparkmon.distributions.arrays import FloatArray
from sparkmon.performance.intervals import of_counts, ratio
from sparkmon.performance.metric import Measured, metric_family
from sparkmon.performance.outcomes import ClassOutcomes

BINS = 512
"""They are narrow at 0 and 1: of equal width in the arc sine of the score's root."""


def _areas(counts: FloatArray) -> FloatArray:
    """Return the area under the ROC curve and the average precision of each class."""
    positive, negative = counts[..., 1, ::-1], counts[..., 0, ::-1]
    total, others = positive.sum(axis=-1), negative.sum(axis=-1)
    hits, false = np.cumsum(positive, axis=-1), np.cumsum(negative, axis=-1)
    pairs = (positive * (others[..., None] - false + negative / 2)).sum(axis=-1)
    precision = np.nan_to_num(ratio(hits, hits + false))
    return np.stack([ratio(pairs, total * others), ratio((precision * positive).sum(axis=-1), total)], axis=-2)


def _errors(counts: FloatArray) -> FloatArray:
    """Return how far each area may be off: by pairs within one bin, of which nobody knows the order."""
    positive, negative = counts[:, 1, ::-1], counts[:, 0, ::-1]
    total, others = positive.sum(axis=-1), negative.sum(axis=-1)
    hits, false = np.cumsum(positive, axis=-1), np.cumsum(negative, axis=-1)
    # At best the positive rows of a bin come first; at worst last, and the first of them stands for all.
    first = hits - positive + np.minimum(positive, 1)
    bounds = (hits, hits + false - negative), (first, first + false), (hits, hits + false)
    best, worst, middle = (np.nan_to_num(ratio(*each)) for each in bounds)
    spread = np.maximum(best - middle, middle - worst)
    roc = ratio((positive * negative).sum(axis=-1), total * others) / 2
    return np.stack([roc, ratio((positive * spread).sum(axis=-1), total)])


def _with_mean(areas: FloatArray) -> FloatArray:
    """Put the mean over classes behind the values of each metric; NaN if one class has none, as no row is of it."""
    return np.concatenate([areas, areas.mean(axis=-1, keepdims=True)], axis=-1)


def _measure(sums: FloatArray) -> Iterator[Measured]:
    classes = len(sums)
    # Of two classes, that of class 1 is the metric; scikit-learn's means are over all classes.
    counts = sums[1:] if classes == 2 else sums
    values, errors = (_with_mean(each(counts)) for each in (_areas, _errors))
    ends = of_counts(counts, lambda draws: _with_mean(_areas(draws)).reshape(len(draws), -1))
    low, high = (each.reshape(2, -1) for each in ends)
    places = [None] if classes == 2 else [*range(classes), None]
    for at, name in enumerate(("roc_auc_score", "average_precision_score")):
        of_place = partial(Measured, name)
        for column, place in enumerate(places):
            figures = (each[at, column] for each in (values, low, high, errors))
            yield of_place(place, *map(float, figures))


@metric_family("classification", _measure, needs_scores=True)
def ranking(outcomes: ClassOutcomes) -> FloatArray:
    """Sum a block to counts of scores, classes x (others, rows of the class) x 512 bins.

    ``roc_auc_score`` is how often a row of the class has a greater score than another row, ties counted half, and
    ``average_precision_score`` the mean precision at the scores of the class; 1 is best. Of two classes they are of
    class 1, else of each class against the others and their mean (``multi_class="ovr"``).

    *Accuracy*: rows of one bin count as ties. The area under the ROC curve is off by at most half the share of pairs
    within one bin, the average precision by what the best and the worst order within bins would give: ``error``. Bins
    are .0031 wide in the middle and 2.4e-6 at the ends.

    *Interval*: by resampling the counts.

    References
    ----------
    .. [1] Hanley, McNeil: The meaning and use of the area under a receiver operating characteristic (ROC) curve.
       Radiology 143, 1982.
    .. [2] Davis, Goadrich: The relationship between precision-recall and ROC curves. ICML 2006.

    Examples
    --------
    >>> scores = np.array([[0.8, 0.2], [0.3, 0.7]])
    >>> outcomes = ClassOutcomes.of_labels(np.array([0, 1]), np.array([0, 1]), scores, 2)
    >>> [(each.metric, each.value) for each in _measure(ranking(outcomes))]
    [('roc_auc_score', 1.0), ('average_precision_score', 1.0)]
    """
    assert outcomes.scores is not None
    classes = outcomes.truth.shape[1]
    counts = np.zeros((classes, 2, BINS))
    angle = np.arcsin(np.sqrt(np.clip(outcomes.scores, 0.0, 1.0))) / (np.pi / 2)
    bins = np.minimum((angle * BINS).astype(np.int64), BINS - 1)
    for place in range(classes):
        weights = outcomes.truth[:, place]
        for at, each in enumerate((1 - weights, weights)):
            counts[place, at] = np.bincount(bins[:, place], each, BINS)
    return counts
