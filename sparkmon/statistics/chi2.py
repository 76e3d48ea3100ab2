"""Pearson's chi-square of two columns of named levels, as Cramer's V."""

import numpy as np

from sparkmon.distributions.categories import Categories
from sparkmon.statistics.binned import FloatArray, chi2_null_distribution, distance_of
from sparkmon.statistics.statistic import CATEGORICAL, statistic


def _distance(reference: FloatArray, current: FloatArray) -> FloatArray:
    both = reference + current
    squares = (reference - current) ** 2 / np.where(both == 0, 1.0, both)
    value: FloatArray = np.sqrt(squares.sum(axis=-1) / 2)
    return value


@statistic(CATEGORICAL, chi2_null_distribution(_distance, scale=4, power=2), threshold=0.1, rooted=True)
def chi2(reference: Categories, current: Categories) -> float:
    """Return Cramer's V: how closely a row's level tells which side it is of.

    In [0, 1], without unit: 0 for equal shares, 1 for sides with no level in common. 0.1, the default threshold, is a
    level's share going from 40 % to 50 %.

    sqrt(1/2 sum over levels of (p - q)^2 / (p + q)): Cramer's V of the table in which both sides have equally many
    rows. V of the table as it stands falls as one side outgrows the other, without any change of shares; the two are
    the same where the sides have equally many rows.

    *Accuracy*: exact, as far as all levels are tracked.

    *Noise*: 4 V^2 / c is about chi-square with B - 1 degrees of freedom. The p-value is that of the lesser of it and of
    Pearson's chi-square of the counts; see :func:`sparkmon.statistics.binned.chi2_null_distribution`.

    References
    ----------
    .. [1] Pearson: On the criterion that a given system of deviations from the probable in the case of a correlated
       system of variables is such that it can be reasonably supposed to have arisen from random sampling.
       Philosophical Magazine 50, 1900.
    .. [2] Cramer: Mathematical Methods of Statistics. Princeton University Press, 1946.

    Examples
    --------
    >>> reference = Categories({"a": 50, "b": 50}, null_count=0, n=100)
    >>> round(chi2(reference, Categories({"a": 60, "b": 40}, null_count=0, n=100)), 6)
    0.100504
    """
    return distance_of(_distance, reference, current)
