"""How far numbers are from what came true."""

import math
from collections.abc import Iterator

import numpy as np

from sparkmon.distributions.arrays import FloatArray
from sparkmon.performance.intervals import mean_of, of_mean
from sparkmon.performance.metric import Measured, metric_family
from sparkmon.performance.outcomes import NumberOutcomes

_EPSILON = float(np.finfo(np.float64).eps)
_TERMS = 13


def _measure(sums: FloatArray) -> Iterator[Measured]:
    rows = float(sums[0])
    means = sums / rows if rows else np.full(_TERMS, np.nan)
    squared, error = map(float, means[[2, 5]])
    yield Measured("mean_absolute_error", None, *mean_of(sums[:3]))
    roots = (math.sqrt(each) for each in mean_of(sums[[0, 2, 6]]))
    yield Measured("root_mean_squared_error", None, *roots)
    yield Measured("mean_absolute_percentage_error", None, *mean_of(sums[[0, 3, 4]]))
    yield Measured("mean_error", None, error, *of_mean(error, squared, rows))
    yield _r2(means, rows)


def _r2(means: FloatArray, rows: float) -> Measured:
    """Return R2, with the interval by the variance of the rows' influences on it."""
    squared, fourth = map(float, means[[2, 6]])
    first, second, third, truth_fourth, cross, cross_squared = map(float, means[7:])
    variance = second - first**2
    if not variance > 0 or rows < 2:
        return Measured("r2_score", None, math.nan, math.nan, math.nan)
    centered_fourth = truth_fourth - 4 * first * third + 6 * first**2 * second - 3 * first**4
    both = cross_squared - 2 * first * cross + first**2 * squared
    # The influence of a row is (MSE / V) (d2 / V - e2 / MSE), d2 and e2 its squared deviation and error.
    ratio = squared / variance
    influence = fourth / variance**2 - 2 * ratio * both / variance**2 + ratio**2 * centered_fourth / variance**2
    low, high = of_mean(1 - ratio, influence + (1 - ratio) ** 2, rows)
    return Measured("r2_score", None, 1 - ratio, low, min(1.0, high))


@metric_family("regression", _measure)
def regression(outcomes: NumberOutcomes) -> FloatArray:
    """Sum a block to its rows, and powers of its errors and of what came true.

    With the error the prediction less the truth: ``mean_absolute_error`` and ``root_mean_squared_error``, in the unit
    of the label, 0 is best; ``mean_absolute_percentage_error``, relative to the truth, as a share and not in percent;
    ``mean_error``, the bias: positive where the model predicts too much; and ``r2_score``, 1 is best and 0 what the
    mean of the labels would reach. Exact, if the outcomes have a center near the labels' mean. scikit-learn does not
    have ``mean_error``.

    *Interval*: of means, by their variances; for R2 by the variance of the rows' influences.

    References
    ----------
    .. [1] Hampel: The influence curve and its role in robust estimation. JASA 69, 1974.

    Examples
    --------
    >>> sums = regression(NumberOutcomes(np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 3.0]), center=2.0))
    >>> [(each.metric, round(each.value, 3)) for each in _measure(sums)][:2]
    [('mean_absolute_error', 0.667), ('root_mean_squared_error', 0.816)]
    """
    error, truth = outcomes.predicted - outcomes.truth, outcomes.truth - outcomes.center
    relative = np.abs(error) / np.maximum(np.abs(outcomes.truth), _EPSILON)
    terms = [np.ones_like(error), np.abs(error), error**2, relative, relative**2, error, error**4]
    terms += [truth, truth**2, truth**3, truth**4, error**2 * truth, error**2 * truth**2]
    return np.array([each.sum() for each in terms])
