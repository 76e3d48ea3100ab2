"""Pearson's chi-square of two columns of named levels, as Cramer's V."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sparkmon.statistics.binned import chi2_null_distribution, shares
from sparkmon.statistics.statistic import (
    CATEGORICAL,
    STATISTICS,
    Measurement,
    Statistic,
    Summary,
    as_levels,
    fixed_threshold,
)

FloatArray: TypeAlias = npt.NDArray[np.float64]

_THRESHOLD = 0.1


def chi2(reference: Summary, current: Summary) -> float:
    """Return Cramer's V: how closely a row's level tells which side it is of.

    Parameters
    ----------
    reference, current : Categories
        The training side and the live side. Rows without a value are one more level.

    Returns
    -------
    float
        In [0, 1], without unit: 0 for equal shares, 1 for sides with no level in common. NaN if a side has no rows.

    Raises
    ------
    ProfileError
        A side has numbers instead of named levels.

    Notes
    -----
    sqrt(1/2 sum over levels of (p - q)^2 / (p + q)), p the reference's share, q the current one: Cramer's V of the
    table in which both sides have equally many rows. V of the table as it stands falls as one side outgrows the
    other, without any change of shares; the two are the same where the sides have equally many rows. Levels come from
    the reference (:func:`sparkmon.distributions.align`). 0.1, the default threshold, is a level's share going from
    40 % to 50 %.

    *Accuracy*: exact, as far as all levels are tracked.

    *Noise*: with c = 1/m + 1/n and B levels that either side has, 4 V^2 / c is about chi-square with B - 1 degrees
    of freedom if both sides come from one distribution. The p-value is that of the lesser of it and of Pearson's
    chi-square of the counts; see :func:`sparkmon.statistics.binned.chi2_null_distribution`.

    *Cost*: one look-up per level.

    References
    ----------
    .. [1] Pearson: On the criterion that a given system of deviations from the probable in the case of a correlated
       system of variables is such that it can be reasonably supposed to have arisen from random sampling.
       Philosophical Magazine 50, 1900.
    .. [2] Cramer: Mathematical Methods of Statistics. Princeton University Press, 1946.

    Examples
    --------
    >>> from sparkmon.distributions import Categories
    >>> reference = Categories({"a": 50, "b": 50}, null_count=0, n=100)
    >>> round(chi2(reference, Categories({"a": 60, "b": 40}, null_count=0, n=100)), 6)
    0.100504
    """
    reference, current = as_levels(reference, current)
    sides = shares(reference, current)
    return float(_distance(sides.reference, sides.current))


def _distance(reference: FloatArray, current: FloatArray) -> FloatArray:
    both = reference + current
    squares = (reference - current) ** 2 / np.where(both == 0, 1.0, both)
    value: FloatArray = np.sqrt(squares.sum(axis=-1) / 2)
    return value


def _null_distribution(
    reference: Summary, current: Summary, value: float, threshold: float
) -> Measurement:
    return chi2_null_distribution(
        shares(reference, current), _distance, value, threshold, scale=4, power=2
    )


STATISTICS.add(
    "chi2", Statistic("chi2", chi2, CATEGORICAL, fixed_threshold(_THRESHOLD), _null_distribution)
)
