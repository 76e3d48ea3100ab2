"""Rows of which nobody knows who asked: only a sweep stands out among those of many clients."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sparkmon.detectors import Rows
from sparkmon.distributions.arrays import FloatArray, IntArray

SWEPT_ROWS = 5_000
"""Rows, one after the other, among which sweeps are looked for."""


class Sweep(NamedTuple):
    """Distinct rows that differ in one column alone."""

    size: int
    rows: IntArray
    """Places of the rows."""


def longest_sweeps(rows: Rows) -> list[Sweep]:
    """Return by column, numeric ones first, the most distinct rows that are equal in all others; two columns or more.

    All columns but one are a hash, which costs a sort for each column.

    Examples
    --------
    >>> import numpy as np
    >>> numbers = np.array([[1.0, 5.0], [1.0, 6.0], [1.0, 7.0], [2.0, 7.0]])
    >>> [each.size for each in longest_sweeps(Rows(numbers, np.zeros((4, 2), np.int8), np.zeros((4, 0), np.int64)))]
    [2, 3]
    """
    values = np.hstack([rows.numbers, rows.levels])
    hashes = np.column_stack([_hashes(column, place) for place, column in enumerate(values.T.copy())])
    whole = hashes.sum(axis=1, dtype=np.uint64)
    _, distinct = np.unique(whole, return_index=True)
    sweeps = []
    for column in hashes.T:
        _, group, counts = np.unique(whole[distinct] - column[distinct], return_inverse=True, return_counts=True)
        sweeps.append(Sweep(int(counts.max()), np.sort(distinct[group == counts.argmax()])))
    return sweeps


def sweep_limits(rows: Rows) -> list[int]:
    """Return by column the longest sweep that is no attack, from honest rows in their order; none of fewer than 5,000.

    It is twice the longest one of 5,000 honest rows, and two.
    """
    starts = range(0, len(rows) - SWEPT_ROWS + 1, SWEPT_ROWS)
    sizes = [[each.size for each in longest_sweeps(rows.take(slice(at, at + SWEPT_ROWS)))] for at in starts]
    return [2 * max(column) + 2 for column in zip(*sizes, strict=True)]


def _hashes(column: FloatArray, place: int) -> npt.NDArray[np.uint64]:
    """Return a number for each value of a column, as good as random (SplitMix64)."""
    bits = (column + 0.0).view(np.uint64)  # of 0.0 and -0.0 the same
    with np.errstate(over="ignore"):
        mixed = bits + np.uint64(0x9E3779B97F4A7C15) * np.uint64(place + 1)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    hashes: npt.NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return hashes
