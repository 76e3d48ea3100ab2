"""The population stability index."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sparkmon.errors import OptionError
from sparkmon.statistics.binned import chi2_null_distribution, shares
from sparkmon.statistics.statistic import (
    CATEGORICAL,
    NUMERIC,
    STATISTICS,
    Measurement,
    Statistic,
    Summary,
    fixed_threshold,
)

FloatArray: TypeAlias = npt.NDArray[np.float64]

_THRESHOLD = 0.2
_BINS = 10
_FLOOR = 1e-4


def psi(reference: Summary, current: Summary, *, bins: int = _BINS, floor: float = _FLOOR) -> float:
    """Return how unlike two sets of shares are, over the reference's quantile bins or named levels.

    Parameters
    ----------
    reference, current : Distribution or Categories
        The training side and the live side, of one kind. Rows without a value are one more bin.
    bins : int, default 10
        Quantile bins of a numeric reference with more than 50 distinct values.
    floor : float, default 1e-4
        The least share a bin is given, in (0, 1); it keeps an empty bin from making the value infinite.

    Returns
    -------
    float
        0 or more, in nats: 0 for equal shares; at most 18.4 with the default floor. Credit scoring reads 0.1 as
        some change and 0.25 as a large one. NaN if a side has no rows.

    Raises
    ------
    ProfileError
        One side has numbers and the other named levels.
    OptionError
        ``floor`` is outside (0, 1).

    Notes
    -----
    sum over bins of (q - p) ln(q / p), p the reference's share, q the current one: Jeffreys' divergence. Bins come
    from the reference alone (:func:`sparkmon.distributions.reference_edges`, :func:`sparkmon.distributions.align`).
    A normal column shifted by 0.45 standard deviations has about 0.2, the default threshold.

    *Accuracy*: exact on samples. From sketches, see :func:`sparkmon.statistics.binned.chi2_null_distribution`.
    A reference of percentiles or a histogram is counted at its own points: exact except for its own error.

    *Noise*: with c = 1/m + 1/n and B bins in which either side has rows, PSI / c is about chi-square with B - 1
    degrees of freedom if both sides come from one distribution, so (B - 1) c is to be expected of no drift at all.

    *Cost*: one search per bin edge in each support.

    References
    ----------
    .. [1] Jeffreys: An invariant form for the prior probability in estimation problems. Proceedings of the Royal
       Society A 186, 1946.
    .. [2] Yurdakul, Naranjo: Statistical properties of the population stability index. Journal of Risk Model
       Validation 14, 2020.

    Examples
    --------
    >>> from sparkmon.distributions import Categories
    >>> reference = Categories({"a": 50, "b": 50}, null_count=0, n=100)
    >>> round(psi(reference, Categories({"a": 60, "b": 40}, null_count=0, n=100)), 6)
    0.040547
    """
    if not 0 < floor < 1:
        raise OptionError.malformed("floor", floor, "a share in (0, 1), such as 1e-4")
    sides = shares(reference, current, bins)
    return float(_distance(sides.reference, sides.current, floor))


def _distance(reference: FloatArray, current: FloatArray, floor: float = _FLOOR) -> FloatArray:
    expected, observed = np.maximum(reference, floor), np.maximum(current, floor)
    value: FloatArray = ((observed - expected) * np.log(observed / expected)).sum(axis=-1)
    return value


def _null_distribution(
    reference: Summary, current: Summary, value: float, threshold: float
) -> Measurement:
    measured = chi2_null_distribution(shares(reference, current), _distance, value, threshold)
    return replace(measured, detail={**measured.detail, "floor": _FLOOR})


STATISTICS.add(
    "psi",
    Statistic("psi", psi, NUMERIC | CATEGORICAL, fixed_threshold(_THRESHOLD), _null_distribution),
)
