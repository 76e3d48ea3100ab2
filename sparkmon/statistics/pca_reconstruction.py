"""How much further rows lie from the training data's plane, or how much nearer."""

import math

from sparkmon.distributions.joint import Joint
from sparkmon.statistics.laws.mean_difference import mean_measurement
from sparkmon.statistics.statistic import JOINT, Measurement, statistic


def _null_distribution(reference: Joint, current: Joint, value: float, threshold: float) -> Measurement:
    return mean_measurement(reference.errors, current.errors, value, threshold)


@statistic(JOINT, _null_distribution, threshold=0.25, of_rows=False)
def pca_reconstruction(reference: Joint, current: Joint) -> float:
    """Return the current mean of the rows' reconstruction errors less the reference's.

    In standard deviations of the training rows' errors, of either sign: below 0 where the features have become more
    alike. NaN for rows of another projection. The default threshold is 0.25.

    The error is a row's distance to the plane of the principal components that keep 65 % of the training data's
    variance, features standardised, and at most 10 standard deviations in size. Features that part company raise it,
    those that move together more closely lower it; a shift along the plane leaves it as it is.

    *Accuracy*: exact; profiles carry the mean of all rows.

    *Noise*: about normal with the variance s^2/m + t^2/n, s and t the sides' deviations, so sqrt(2 / pi) of its root is
    the size to be expected of no drift. The p-value is two-sided.

    *Cost*: projecting a row costs its features times the components.

    References
    ----------
    .. [1] Welch: The generalization of "Student's" problem when several different population variances are involved.
       Biometrika 34, 1947.
    .. [2] Jackson, Mudholkar: Control procedures for residuals associated with principal component analysis.
       Technometrics 21, 1979.

    Examples
    --------
    >>> import numpy as np
    >>> from sparkmon.distributions import Projection
    >>> x, y = np.random.default_rng(1).normal(size=(2, 10_000))
    >>> made = Projection.from_sample(["x", "y"], np.column_stack([x, 0.8 * x + 0.6 * y]))
    >>> sides = [np.column_stack([x, sign * 0.8 * x + 0.6 * y]) for sign in (1, -1)]
    >>> round(pca_reconstruction(*(Joint.of(*made.project(rows)) for rows in sides)), 1)
    2.6
    """
    if not reference.is_comparable(current):
        return math.nan
    return current.errors.mean - reference.errors.mean
