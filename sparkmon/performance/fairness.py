"""How differently a classifier treats groups, from the confusion matrix of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from sparkmon.distributions.arrays import FloatArray
from sparkmon.performance.intervals import of_counts, ratio
from sparkmon.performance.metric import Measured

LEAST_ROWS = 30
"""A group with fewer rows is left out: its rates are chance."""
_NAMES = (
    *("demographic_parity_difference", "demographic_parity_ratio"),
    *("equal_opportunity_difference", "equalized_odds_difference"),
)


def fairness(groups: Mapping[str, FloatArray]) -> Iterator[Measured]:
    """Compare the rates of groups, of a classifier of two classes.

    Parameters
    ----------
    groups : mapping of str to float array, shape (2, 2)
        By group its confusion matrix, true classes x predicted ones, as :func:`sparkmon.performance.confusion` sums it.
        Class 1 is what the model grants.

    Returns
    -------
    iterator of Measured
        By the names of fairlearn. ``demographic_parity_difference``: the greatest share of rows that is predicted to be
        of class 1, less the least; in [0, 1], 0 is even. ``demographic_parity_ratio``: the least as a share of the
        greatest, the disparate impact; 1 is even, and the four-fifths rule objects to less than 0.8.
        ``equal_opportunity_difference``: the difference of these shares among rows that are of class 1.
        ``equalized_odds_difference``: the greater of that and of the difference among rows of class 0. None of other
        models, or of fewer than two groups of 30 rows.

    Notes
    -----
    Exact. *Interval*: by resampling the counts. The difference of the greatest and the least of equal groups is above 0
    by chance, the more so the more groups there are: so is its interval.

    References
    ----------
    .. [1] Hardt, Price, Srebro: Equality of opportunity in supervised learning. NeurIPS 2016.
    .. [2] Uniform guidelines on employee selection procedures, 29 CFR 1607.4 D, 1978: the four-fifths rule.

    Examples
    --------
    >>> groups = {"a": np.array([[40.0, 10], [10, 40]]), "b": np.array([[45.0, 5], [30, 20]])}
    >>> [(each.metric, round(each.value, 3)) for each in fairness(groups)][:2]
    [('demographic_parity_difference', 0.25), ('demographic_parity_ratio', 0.5)]
    """
    chosen = [each for each in groups.values() if each.shape == (2, 2) and each.sum() >= LEAST_ROWS]
    if len(chosen) < 2:
        return
    sums = np.stack(chosen)
    values = _differences(sums)
    low, high = of_counts(sums, _differences)
    for name, *each in zip(_NAMES, values.tolist(), low.tolist(), high.tolist(), strict=True):
        yield Measured(name, None, *each)


def _differences(groups: FloatArray) -> FloatArray:
    """Return the four metrics of groups x 2 x 2 counts, or of many such."""
    predicted, true = groups[..., 1].sum(axis=-1), groups.sum(axis=-1)
    selected = ratio(predicted, true.sum(axis=-1))
    right, wrong = (ratio(groups[..., at, 1], true[..., at]) for at in (1, 0))
    spans = [each.max(axis=-1) - each.min(axis=-1) for each in (selected, right, wrong)]
    parity = ratio(selected.min(axis=-1), selected.max(axis=-1))
    return np.stack([spans[0], parity, spans[1], np.maximum(spans[1], spans[2])], axis=-1)
