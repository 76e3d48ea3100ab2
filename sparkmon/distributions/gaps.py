"""How far apart two columns are at least, point by point: what `ks` and `wasserstein` are made of."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sparkmon.distributions.distribution import Distribution
from sparkmon.distributions.remembering import for_one_pair

__all__ = ["gaps"]

FloatArray: TypeAlias = npt.NDArray[np.float64]


@for_one_pair
def gaps(reference: Distribution, current: Distribution) -> tuple[FloatArray, FloatArray]:
    """Return by how much the shares of rows at or below each point differ at least.

    Parameters
    ----------
    reference, current : Distribution
        The training side and the live side, each with rows.

    Returns
    -------
    points : array, shape (p,)
        Ascending: where either side's share changes; twice where both do.
    gaps : array, shape (p,)
        In [0, 1]; each holds from its point up to the next.

    Notes
    -----
    Of samples and sketches it is the difference of the two step functions. Where a side is a table of percentiles or
    a histogram, its share between two known points may be anything between theirs, and the gap is that to the
    nearest of them: 0 for a live side that the table does not contradict. So a coarse histogram hides a difference
    within its bins, and never invents one.

    Examples
    --------
    >>> from sparkmon.distributions.quantile_table import QuantileTable
    >>> reference = Distribution.from_table(QuantileTable.from_histogram([0, 10, 20], [50, 50]))
    >>> float(gaps(reference, Distribution.from_sample([3, 4, 18, 19]))[1].max())
    0.0
    >>> float(gaps(reference, Distribution.from_sample([13, 14, 18, 19]))[1].max())
    0.5
    """
    if reference.table is None and current.table is None:
        return _gaps_of_steps(reference, current)
    points = np.union1d(reference.steps, current.steps)
    least, most = reference.bounds(points)
    current_least, current_most = current.bounds(points)
    apart: FloatArray = np.maximum(least - current_most, current_least - most)
    return points, np.maximum(apart, 0.0)


def _gaps_of_steps(reference: Distribution, current: Distribution) -> tuple[FloatArray, FloatArray]:
    """Merge two ascending supports: each of the current values goes behind the reference's up to it."""
    values, places = reference.values, np.searchsorted(reference.values, current.values, "right")
    expected = np.append(0.0, reference.shares)
    shares = np.append(0.0, current.shares)
    # The current share at each of the reference's values: a value that both have is in it.
    before = places - (values[np.maximum(places - 1, 0)] == current.values)
    stretches = np.diff(before, prepend=0, append=values.size)
    sides = (values, np.abs(expected[1:] - np.repeat(shares, stretches)))
    others = (current.values, np.abs(expected[places] - shares[1:]))
    places += np.arange(places.size)
    first = np.ones(values.size + places.size, bool)
    first[places] = False
    merged = np.empty((2, first.size))
    for row, side, other in zip(merged, sides, others, strict=True):
        row[first], row[places] = side, other
    return merged[0], merged[1]
