"""The share of rows with more decimals than the reference ever had."""

import math

import numpy as np

from sparkmon.distributions.distribution import Distribution
from sparkmon.statistics.laws.rates import excess_measurement
from sparkmon.statistics.statistic import NUMERIC, Measurement, statistic

_STEPS = np.array([10.0**-decimals for decimals in range(7)])
_FEW = 64
_SLACK = 1e-6
"""How far off the lattice a value may stand, in steps: what rounding of a double leaves."""
_SINGLE = 1.2e-7
"""How far off a value may stand, relative to itself: what a 32-bit reading leaves."""
_CONFIDENCE = 2.6
"""Standard deviations of the 99 % at which sketch errors are stated."""


def _step(reference: Distribution) -> float | None:
    """Return the lattice's step, or None where there is no lattice."""
    if reference.table is not None:
        return None
    greatest = max(abs(reference.least), abs(reference.greatest))
    # A few values tell at once of most columns that they have no such lattice.
    few = _is_off(reference.values[:_FEW], _STEPS[:, None])
    for step, off in zip(_STEPS.tolist(), few, strict=True):
        if greatest * _SINGLE > step / 4:
            return None
        if not (off.any() or _is_off(reference.values, step).any()):
            return float(step)
    return None


def _weights_off(side: Distribution, step: float) -> np.ndarray:
    weights: np.ndarray = side.weights[_is_off(side.values, step)]
    return weights


def _is_off(values: np.ndarray, step: float | np.ndarray) -> np.ndarray:
    steps = values / step
    slack = _SLACK + np.abs(steps) * _SINGLE
    # Values this large have no decimals.
    off: np.ndarray = (np.abs(steps - np.round(steps)) > slack) & (slack < 0.25)
    return off


def _null_distribution(reference: Distribution, current: Distribution, value: float, threshold: float) -> Measurement:
    step = reference.once(_step)
    sketch_error = 0.0
    if step is not None and current.rank_error:
        weights = current.once(_weights_off, step)
        sketch_error = _CONFIDENCE * math.sqrt(float((weights**2).sum())) / current.n
    rows = reference.n
    if reference.rank_error:
        rows = min(rows, math.floor(1 / reference.rank_error))
    return excess_measurement(0.0, rows, current.n, value, threshold, sketch_error)


@statistic(NUMERIC, _null_distribution, threshold=0.01, greatest=1)
def lattice_rate(reference: Distribution, current: Distribution) -> float:
    """Return the share of current rows that are off the lattice of the reference's values, such as the whole numbers.

    In [0, 1]: 0.01, the default threshold, is one row in a hundred. 0 where the reference's values have no common
    lattice.

    The lattice is the multiples of the greatest of 1, 0.1, ... 0.000001 that all of the reference's values are
    multiples of. Euros in a column of cents, a mean filled in for a missing count, and numbers made up in search of the
    model's weak spots all leave it. A value within what a 32-bit reading leaves of a lattice point is on it; where that
    is more than a quarter of a step there is no lattice. Percentiles and histograms show none.

    *Accuracy*: a sketch keeps a random part of the rows: ``sketch_error`` is 2.6 standard deviations of the share that
    it shows to be off, each retained value taken by chance for as many rows as it weighs.

    *Noise*: 1 / (m + 1), the chance that one more row of a column with m rows, all of them on its lattice, is off.
    The p-value is Fisher's exact test of 0 rows of m against those that are off. A reference's sketch with the rank
    error e counts for at most 1/e rows: what is rarer it may have lost.

    *Cost*: one rounding per value retained, seven of the reference.

    References
    ----------
    .. [1] Good: The population frequencies of species and the estimation of population parameters. Biometrika 40, 1953.

    Examples
    --------
    >>> prices = Distribution.from_sample([0.25, 1.5, 3.75, 8.0])
    >>> lattice_rate(prices, Distribution.from_sample([0.3, 2.0, 2.125, 1 / 3]))
    0.5
    """
    if not (reference.n and current.n):
        return math.nan
    step = reference.once(_step)
    if step is None:
        return 0.0
    return float(current.once(_weights_off, step).sum()) / current.n
