"""The Wasserstein distance in standard deviations of the reference, comparable between columns."""

from __future__ import annotations

import math
from dataclasses import replace

from sparkmon.statistics.statistic import (
    NUMERIC,
    STATISTICS,
    Measurement,
    Statistic,
    Summary,
    as_numbers,
    fixed_threshold,
)
from sparkmon.statistics.wasserstein import null_distribution, wasserstein

_THRESHOLD = 0.1


def wasserstein_normed(reference: Summary, current: Summary) -> float:
    """Return the Wasserstein distance divided by the reference's standard deviation.

    Parameters
    ----------
    reference, current : Distribution
        The training side and the live side. Rows without a number do not enter.

    Returns
    -------
    float
        0 or more, in standard deviations of the reference: 0 for equal distributions; 0.1, the default threshold,
        for a shift of every row by a tenth of one. NaN if a side has no rows or the reference is constant: without
        a spread of its own it offers no unit to measure in, and the two are not comparable by this statistic.

    Raises
    ------
    ProfileError
        A side has named levels instead of numbers.

    Notes
    -----
    Accuracy, noise and cost are those of :func:`sparkmon.statistics.wasserstein`, divided by the standard
    deviation. Unchanged by a change of unit or origin. A heavy tail makes the standard deviation large and the
    value small; `ks` is the better choice there.

    References
    ----------
    .. [1] Vallender: Calculation of the Wasserstein distance between probability distributions on the line. Theory
       of Probability and its Applications 18, 1974.

    Examples
    --------
    >>> from sparkmon.distributions import Distribution
    >>> wasserstein_normed(Distribution.from_sample([0, 4]), Distribution.from_sample([1, 5]))
    0.5
    """
    reference, current = as_numbers(reference, current)
    return wasserstein(reference, current) / (reference.std or math.nan)


def _null_distribution(
    reference: Summary, current: Summary, value: float, threshold: float
) -> Measurement:
    reference, current = as_numbers(reference, current)
    unit = reference.std
    measured = null_distribution(reference, current, value * unit, threshold * unit)
    return replace(
        measured,
        value=value,
        threshold=threshold,
        noise=measured.noise / unit,
        sketch_error=measured.sketch_error / unit,
    )


STATISTICS.add(
    "wasserstein_normed",
    Statistic(
        "wasserstein_normed",
        wasserstein_normed,
        NUMERIC,
        fixed_threshold(_THRESHOLD),
        _null_distribution,
    ),
)
