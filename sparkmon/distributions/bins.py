"""Bins of numbers, always made from the reference, and the rows that fall into each.

Binned statistics (PSI and its kin) see shares on these bins; both sides must be counted on the same edges.
"""

import math

import numpy as np
import numpy.typing as npt

from sparkmon.distributions.arrays import FloatArray
from sparkmon.distributions.distribution import Distribution
from sparkmon.distributions.quantile_table import QuantileTable
from sparkmon.errors import ProfileError

_FEW_VALUES = 50
_SINGLE_VALUE_SLACK = 1e-6


def reference_edges(reference: Distribution, bins: int = 10) -> FloatArray:
    """Return the inner edges of the bins on which both sides are counted: ascending, finite, one fewer than bins.

    Bins are (-inf, e0], (e0, e1], ... (e_last, inf). ProfileError if the reference has no number, or ``bins`` is below
    2.

    *Many values.* The edges are the reference's quantiles at 1/bins, 2/bins, ...; equal ones are merged, so that a
    value holding a third of the rows makes fewer bins. Rows outside the reference's range fall into the outer bins.

    *At most 50 distinct values.* Each value has its own bin, which reaches half-way to its neighbours, and as far
    outwards at the ends; one bin more on either side takes what lies beyond. So a value between two of the
    reference's counts as the nearer one (the lower, if half-way): 32-bit and 64-bit readings of one value meet, and
    what changes within half a step shows in `ks` and `wasserstein`. A constant reference has three bins: below it,
    it (within a millionth), above it.

    >>> reference_edges(Distribution.from_sample(range(1, 101)))
    array([10., 20., 30., 40., 50., 60., 70., 80., 90.])
    >>> reference_edges(Distribution.from_sample([0, 1, 1, 4]))
    array([-0.5,  0.5,  2.5,  5.5])
    """
    values = reference.values
    if not values.size or bins < 2:
        raise ProfileError(
            f"got a reference of {values.size} values and bins={bins}; "
            "expected at least one value and two bins; bins are made from the reference"
        )
    if values.size <= _FEW_VALUES:
        return _cells(values)
    quantiles = reference.quantile(np.arange(1, bins) / bins)
    edges: FloatArray = quantiles[np.diff(quantiles, append=values[-1]) > 0]
    return edges


def bin_counts(distribution: Distribution, edges: npt.ArrayLike) -> FloatArray:
    """Return the rows in each bin, which includes its upper edge, and last the rows without a number."""
    ranks = distribution.ranks
    upto = ranks[np.searchsorted(distribution.values, edges, side="right")]
    counts = np.concatenate([upto, ranks[-1:], [distribution.null_count]])
    counts[1:-1] -= counts[:-2]
    return counts


def both_counts(reference: Distribution, current: Distribution, bins: int = 10) -> tuple[FloatArray, FloatArray]:
    """Count both sides on bins made from the reference, and last the rows without a number.

    A reference made from percentiles or a histogram is cut only where its share is known: at the known points
    nearest to its quantiles 1/bins, 2/bins, ... Where current rows stand on such a point (or as near to it as the
    point's own rounding), whether the reference counted their like below or above it is not known; they are counted
    where they agree best. A reference without any number has one bin for numbers.

    >>> table = QuantileTable.from_histogram([0, 10, 20, 30], [50, 30, 20])
    >>> reference = Distribution.from_table(table)
    >>> both_counts(reference, Distribution.from_sample([1, 10, 10, 30, 30]), bins=3)
    (array([50., 30., 20.,  0.]), array([2.5, 0.5, 2. , 0. ]))
    """
    if reference.table is not None:
        return _counts_at_cuts(reference, reference.table, current, bins)
    return reference.once(_own_counts, bins), bin_counts(current, reference.once(_edges, bins))


def _edges(reference: Distribution, bins: int) -> FloatArray:
    return reference_edges(reference, bins) if reference.n else np.empty(0)


def _own_counts(reference: Distribution, bins: int) -> FloatArray:
    return bin_counts(reference, reference.once(_edges, bins))


def _counts_at_cuts(
    reference: Distribution, table: QuantileTable, current: Distribution, bins: int
) -> tuple[FloatArray, FloatArray]:
    # Of several cuts at one value the last: the others part rows that are all alike.
    inner = np.flatnonzero(np.append(np.diff(table.values) > 0, True) & (table.shares > 0) & (table.shares < 1))
    shares = table.shares[inner]
    levels = np.arange(1, bins) / bins
    nearest = np.abs(shares[:, None] - levels).argmin(axis=0) if inner.size else inner
    chosen = inner[np.unique(nearest)]
    cumulative = np.concatenate([[0.0], np.cumsum(current.weights)])
    below = cumulative[np.searchsorted(current.values, table.lows[chosen], side="left")]
    upto = cumulative[np.searchsorted(current.values, table.highs[chosen], side="right")]
    ranks = np.clip(table.shares[chosen] * cumulative[-1], below, upto)
    expected = table.shares[chosen] * reference.n
    return (
        np.append(np.diff([0.0, *expected, reference.n]), reference.null_count),
        np.append(np.diff([0.0, *ranks, cumulative[-1]]), current.null_count),
    )


def _cells(values: FloatArray) -> FloatArray:
    if values.size == 1:
        slack = max(abs(float(values[0])) * _SINGLE_VALUE_SLACK, math.ulp(0.0))
        return np.array([values[0] - slack, values[0] + slack])
    between = values[:-1] / 2 + values[1:] / 2
    first = values[0] - (values[1] / 2 - values[0] / 2)
    last = values[-1] + (values[-1] / 2 - values[-2] / 2)
    return np.unique(np.concatenate([[first], between, [last]]))
