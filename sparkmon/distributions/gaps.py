"""How far apart two columns are at least, point by point: the greatest of these gaps, and the area."""

import numpy as np
import numpy.typing as npt

from sparkmon.distributions.arrays import FloatArray
from sparkmon.distributions.distribution import Distribution
from sparkmon.distributions.remembering import for_one_pair


@for_one_pair
def gaps(reference: Distribution, current: Distribution) -> tuple[FloatArray, FloatArray]:
    """Return by how much the shares of rows at or below each point differ at least: points, ascending, and gaps.

    Of samples and sketches it is the difference of the two step functions. Where a side is a table of percentiles or
    a histogram, its share between two known points may be anything between theirs, and the gap is that to the
    nearest of them: 0 for a live side that the table does not contradict. So a coarse histogram hides a difference
    within its bins, and never invents one.

    >>> from sparkmon.distributions.quantile_table import QuantileTable
    >>> reference = Distribution.from_table(QuantileTable.from_histogram([0, 10, 20], [50, 50]))
    >>> float(gaps(reference, Distribution.from_sample([3, 4, 18, 19]))[1].max())
    0.0
    >>> float(gaps(reference, Distribution.from_sample([13, 14, 18, 19]))[1].max())
    0.5
    """
    points = np.union1d(reference.steps, current.steps)
    least, most = reference.bounds(points)
    current_least, current_most = current.bounds(points)
    apart: FloatArray = np.maximum(least - current_most, current_least - most)
    return points, np.maximum(apart, 0.0)


def greatest_gap(reference: Distribution, current: Distribution) -> float:
    """Return the greatest of :func:`gaps`.

    It is looked for on either side of each of the current values alone: in between, one share does not change.
    """
    if reference.table is not None or current.table is not None:
        return float(gaps(reference, current)[1].max())
    below, upto = _places(reference, current)
    ranks, shares = reference.ranks, current.ranks / current.ranks[-1]
    before = np.abs(ranks[below] / ranks[-1] - shares[:-1]).max()
    after = np.abs(ranks[upto] / ranks[-1] - shares[1:]).max()
    return float(max(before, after))


def area_between(reference: Distribution, current: Distribution) -> float:
    """Return the integral of :func:`gaps` over all points."""
    if reference.table is not None or current.table is not None:
        points, apart = gaps(reference, current)
        return float(np.sum(apart[:-1] * np.diff(points)))
    values, points = reference.values, current.values
    below, upto = _places(reference, current)
    expected, shares = reference.ranks / reference.ranks[-1], current.ranks / current.ranks[-1]
    # From each of the reference's values to the next one, or to the first current value in between.
    widths = np.empty(values.size)
    np.subtract(values[1:], values[:-1], out=widths[:-1])
    widths[-1] = 0.0
    first = upto.searchsorted(1)
    at = upto[first:] - 1
    widths[at[::-1]] = (points[first:] - values[at])[::-1]
    stretches = np.concatenate([below, [values.size]])
    stretches[1:] -= below
    apart = expected[1:] - shares.repeat(stretches)
    np.abs(apart, out=apart)
    apart *= widths
    # From each of the current values to the next value of either side.
    ends = np.concatenate([values, points[-1:]])[upto]
    np.minimum(ends[:-1], points[1:], out=ends[:-1])
    others = np.abs(expected[upto] - shares[1:]) * (ends - points)
    return float(apart.sum() + others.sum())


@for_one_pair
def _places(reference: Distribution, current: Distribution) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return how many of the reference's values are below each of the current ones, and at or below it."""
    upto = reference.values.searchsorted(current.values, side="right")
    return upto - (reference.values[np.maximum(upto - 1, 0)] == current.values), upto
