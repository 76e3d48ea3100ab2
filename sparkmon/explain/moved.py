"""What moved in a column: the bins or levels that have more or fewer rows than the reference's shares give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sparkmon.distributions import Categories, Distribution, align, bin_counts, reference_edges
from sparkmon.distributions.arrays import FloatArray
from sparkmon.printable import printable

_LONGEST = 40
_OTHERS = ("rarer levels", "levels that the reference does not have", "nulls")
UNSEEN, NULLS = -2, -1
"""The places of the last two labels."""


@dataclass(frozen=True, eq=False)
class Moved:
    """Both sides on the reference's bins or levels."""

    labels: tuple[str, ...]
    """The bins, from the lowest, or the levels, the commonest first; the last one is of rows without a value."""
    rows: FloatArray
    """How many more rows of the current side each has than the reference's shares give; they sum to 0."""
    count: float
    """The rows of the current side."""
    words: str
    """Where the most rows more are; of numbers a range of bins that follow each other. Empty if none moved."""

    @property
    def share(self) -> float:
        """The share of the rows that would have to move, from 0 to 1: the total variation distance."""
        return float(np.maximum(self.rows, 0).sum()) / self.count

    def first(self, most: int) -> list[tuple[str, float]]:
        """Return the labels that moved most, with their rows."""
        order = np.argsort(-np.abs(self.rows), kind="stable")[:most]
        return [(self.labels[each], float(self.rows[each])) for each in order if abs(self.rows[each]) >= 0.5]


def moved(reference: object, current: object) -> Moved | None:
    """Compare two summaries of a column; None if one side has no rows, or they are not of one kind.

    >>> sides = [Categories({"a": a, "b": 30.0}, null_count=0.0, n=a + 30.0) for a in (70.0, 20.0)]
    >>> moved(*sides).first(1), moved(*sides).words, moved(*sides).share
    ([('a', -15.0)], '+15 rows of b', 0.3)
    """
    if isinstance(reference, Categories) and isinstance(current, Categories):
        labels, *counts = align(reference, current)
        if not all(side.sum() for side in counts):
            return None
        names = (*(printable(label)[:_LONGEST] for label in labels[: -len(_OTHERS)]), *_OTHERS)
        more = _more(*counts)
        at = int(more.argmax())
        return Moved(names, more, float(counts[1].sum()), f"+{more[at]:,.0f} rows of {names[at]}")
    if not (isinstance(reference, Distribution) and isinstance(current, Distribution)):
        return None
    if not reference.n or not current.rows:
        return None
    edges = reference_edges(reference)
    more = _more(bin_counts(reference, edges), bin_counts(current, edges))
    names = (*(_range(edges, at, at) for at in range(edges.size + 1)), "no number")
    return Moved(names, more, current.rows, _words(edges, more))


def _words(edges: FloatArray, more: FloatArray) -> str:
    sums = np.concatenate([[0.0], np.cumsum(more[:-1])])
    last = int((sums - np.minimum.accumulate(sums)).argmax())
    first = int(sums[: last + 1].argmin())
    rise = float(sums[last] - sums[first])
    if more[-1] >= rise:
        return f"+{more[-1]:,.0f} rows without a number"
    return f"+{rise:,.0f} rows {_range(edges, first, last - 1)}"


def _range(edges: FloatArray, first: int, last: int) -> str:
    """Return the bins from one to another in words."""
    low = f"above {edges[first - 1]:.4g}" if first else ""
    high = f"up to {edges[last]:.4g}" if last < len(edges) else ""
    return " and ".join(filter(None, (low, high)))


def _more(before: FloatArray, after: FloatArray) -> FloatArray:
    more: FloatArray = after - before / before.sum() * after.sum()
    return more
