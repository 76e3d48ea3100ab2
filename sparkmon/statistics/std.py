"""By how much the standard deviation has changed."""

import math

import numpy as np

from sparkmon.distributions.distribution import Distribution
from sparkmon.distributions.rank_slack import rank_slack
from sparkmon.statistics.laws.tail_probabilities import chi2_quantile
from sparkmon.statistics.statistic import NUMERIC, Measurement, inverse_rows, statistic


def _kurtosis(side: Distribution) -> float:
    """Return the fourth central moment over the squared variance; 1, its least, for a constant."""
    center = float(np.sum(side.values * (side.weights / side.n)))
    deviations = side.values - center
    scale = float(np.abs(deviations).max())  # fourth powers of values near 1e100 would overflow
    if side.values.size < 2:
        return 1.0
    shares, squares = side.weights / side.n, (deviations / scale) ** 2
    return float(np.sum(shares * squares**2) / np.sum(shares * squares) ** 2)


def _slack(side: Distribution) -> float:
    if not side.std:
        return 0.0
    return rank_slack(side, side.rank_error, np.abs(side.values - side.mean) / side.std)


def _null_distribution(reference: Distribution, current: Distribution, value: float, threshold: float) -> Measurement:
    sketch_error = sum(0.0 if side.moments else side.once(_slack) for side in (reference, current))
    # Standard deviation of the estimate times the root of its rows.
    unit = reference.std * math.sqrt(max(0.0, reference.once(_kurtosis) - 1)) / 2
    point = math.sqrt(chi2_quantile(0.999, 1)) * unit
    ratio = threshold / point if point else math.inf
    return Measurement(
        value=value,
        threshold=threshold,
        noise=math.sqrt(2 / math.pi) * unit * math.sqrt(inverse_rows(reference.n, current.n)),
        p_value=None,
        sketch_error=sketch_error,
        greatest_c=ratio * ratio,
        reference_count=reference.n,
        current_count=current.n,
    )


@statistic(NUMERIC, _null_distribution)
def std(reference: Distribution, current: Distribution) -> float:
    """Return the current standard deviation less the reference's.

    In the column's unit, of either sign. There is no default threshold.

    Both deviations are divided by their rows n, not by n - 1. In SQL, ``sparkmon_std(reference, profile)`` is this
    difference.

    *Accuracy*: exact on profiles, too, which carry the deviation of all rows. From bare sketches and tables
    ``sketch_error`` is the integral of abs(x - mean) min(e, F, 1 - F) over either side, e its rank error, divided by
    the deviation: an estimate, to first order, since it does not see what a sketch lost of a heavy tail.

    *Noise*: with s the reference's deviation and k its fourth moment over s^4, the variance is about (k - 1) s^2 c / 4,
    and sqrt(2 / pi) of its root the size to be expected of no drift. There is no p-value: the fourth moment of a heavy
    tail is not to be had from a sketch.

    *Cost*: one sum over each support.

    References
    ----------
    .. [1] Cramer: Mathematical Methods of Statistics. Princeton University Press, 1946, section 28.4.

    Examples
    --------
    >>> std(Distribution.from_sample([4, 6]), Distribution.from_sample([1, 1, 5, 5]))
    1.0
    """
    return current.std - reference.std
