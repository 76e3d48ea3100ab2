"""The Kullback-Leibler divergence of the live side from the training side."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sparkmon.statistics.binned import chi2_null_distribution, shares
from sparkmon.statistics.statistic import (
    CATEGORICAL,
    NUMERIC,
    STATISTICS,
    Measurement,
    Statistic,
    Summary,
    no_threshold,
)

FloatArray: TypeAlias = npt.NDArray[np.float64]

_BINS = 10
_FLOOR = 1e-4
"""The least share a bin is given; it keeps an empty bin from making the value infinite."""


def kl(reference: Summary, current: Summary, *, bins: int = _BINS) -> float:
    """Return what is lost by taking the live shares for the training shares.

    Parameters
    ----------
    reference, current : Distribution or Categories
        The training side and the live side, of one kind. Rows without a value are one more bin.
    bins : int, default 10
        Quantile bins of a numeric reference with more than 50 distinct values.

    Returns
    -------
    float
        0 or more, in nats: 0 for equal shares; at most 9.3. Reported only: there is no default threshold, since the
        value rests on the floor as soon as a bin is empty, and the two sides may not be exchanged. NaN if a side has
        no rows.

    Raises
    ------
    ProfileError
        One side has numbers and the other named levels.

    Notes
    -----
    sum over bins of q ln(q / p) - q + p, p the reference's share, q the current one, each at least 1e-4; where no
    bin is floored, q and p cancel and it is the sum of q ln(q / p). Bins come from the reference alone.

    *Accuracy*: exact on samples. From sketches, see :func:`sparkmon.statistics.binned.chi2_null_distribution`.

    *Noise*: with c = 1/m + 1/n and B bins in which either side has rows, twice the value over c is about chi-square
    with B - 1 degrees of freedom if both sides come from one distribution.

    *Cost*: one search per bin edge in each support.

    References
    ----------
    .. [1] Kullback, Leibler: On information and sufficiency. Annals of Mathematical Statistics 22, 1951.
    .. [2] Csiszar: Why least squares and maximum entropy? Annals of Statistics 19, 1991.

    Examples
    --------
    >>> from sparkmon.distributions import Categories
    >>> reference = Categories({"a": 50, "b": 50}, null_count=0, n=100)
    >>> round(kl(reference, Categories({"a": 60, "b": 40}, null_count=0, n=100)), 6)
    0.020136
    """
    sides = shares(reference, current, bins)
    return float(_distance(sides.reference, sides.current))


def _distance(reference: FloatArray, current: FloatArray) -> FloatArray:
    expected, observed = np.maximum(reference, _FLOOR), np.maximum(current, _FLOOR)
    terms = observed * np.log(observed / expected) - observed + expected
    value: FloatArray = terms.sum(axis=-1)
    return value


def _null_distribution(
    reference: Summary, current: Summary, value: float, threshold: float
) -> Measurement:
    measured = chi2_null_distribution(
        shares(reference, current), _distance, value, threshold, scale=2
    )
    return replace(measured, detail={**measured.detail, "floor": _FLOOR})


STATISTICS.add("kl", Statistic("kl", kl, NUMERIC | CATEGORICAL, no_threshold, _null_distribution))
