"""How much further rows lie from the training data's plane, or how much nearer."""

from __future__ import annotations

import math

from sparkmon.statistics.laws.mean_difference import mean_null_distribution
from sparkmon.statistics.statistic import (
    JOINT,
    STATISTICS,
    Measurement,
    Statistic,
    Summary,
    as_joint,
    fixed_threshold,
)

_THRESHOLD = 0.25


def pca_reconstruction(reference: Summary, current: Summary) -> float:
    """Return the current mean of the rows' reconstruction errors less the reference's.

    Parameters
    ----------
    reference, current : Joint
        The training side and the live side, of one projection.

    Returns
    -------
    float
        In standard deviations of the training rows' errors, of either sign: 0 for equal means, below 0 where the
        features have become more alike. NaN if a side has no rows, or rows of another projection.

    Raises
    ------
    ProfileError
        A side is a single column.

    Notes
    -----
    The error is a row's distance to the plane of the principal components that keep 65 % of the training data's
    variance, features standardised, and at most 10 standard deviations in size. Features that part company raise it,
    those that move together more closely lower it; a shift along the plane leaves it as it is.

    *Accuracy*: exact; profiles carry the mean of all rows.

    *Noise*: about normal with the variance s^2/m + t^2/n, s and t the sides' deviations, so sqrt(2 / pi) of its root is
    the size to be expected of no drift. The p-value is two-sided.

    *Cost*: none; projecting a row costs its features times the components.

    References
    ----------
    .. [1] Welch: The generalization of "Student's" problem when several different population variances are involved.
       Biometrika 34, 1947.
    .. [2] Jackson, Mudholkar: Control procedures for residuals associated with principal component analysis.
       Technometrics 21, 1979.

    Examples
    --------
    >>> import numpy as np
    >>> from sparkmon.distributions import Joint, Projection
    >>> x, y = np.random.default_rng(1).normal(size=(2, 10_000))
    >>> made = Projection.from_sample(["x", "y"], np.column_stack([x, 0.8 * x + 0.6 * y]))
    >>> sides = [np.column_stack([x, sign * 0.8 * x + 0.6 * y]) for sign in (1, -1)]
    >>> round(pca_reconstruction(*(Joint.of(*made.project(rows)) for rows in sides)), 1)
    2.6
    """
    reference, current = as_joint(reference, current)
    if not reference.is_comparable(current):
        return math.nan
    return current.errors.mean - reference.errors.mean


def _null_distribution(
    reference: Summary, current: Summary, value: float, threshold: float
) -> Measurement:
    reference, current = as_joint(reference, current)
    return mean_null_distribution(reference.errors, current.errors, value, threshold)


STATISTICS.add(
    "pca_reconstruction",
    Statistic(
        "pca_reconstruction",
        pca_reconstruction,
        JOINT,
        fixed_threshold(_THRESHOLD),
        _null_distribution,
        of_rows=False,
    ),
)
