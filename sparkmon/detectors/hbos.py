"""How rare the values of a row are in the training data, added up over its columns."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sparkmon.detectors.row_detector import RowDetector, register_detector
from sparkmon.detectors.rows import NO_LEVEL, Columns, Rows
from sparkmon.distributions.arrays import FloatArray, IntArray

_SHARES = np.array([0, 0.001, 0.01, *np.arange(0.05, 0.96, 0.05), 0.99, 0.999, 1])
_MOST_VALUES = 50
"""A column with at most this many values has a bin of each."""


@register_detector
@dataclass(frozen=True, eq=False)
class Hbos(RowDetector):
    """The sum of -log(density / greatest density) over the columns of a row, by a histogram of each.

    Bins end at the training data's 5 % quantiles and, in the tails, at its 0.1 %, 1 %, 99 % and 99.9 % quantiles, least
    and greatest value. A column of at most 50 values has a bin of each, and one for all others; so have named columns,
    which have one for null. It cannot see values that are common by themselves and never come together.

    References
    ----------
    .. [1] Goldstein & Dengel, Histogram-based Outlier Score (HBOS), KI 2012.

    Examples
    --------
    >>> values = np.append(np.zeros(90), np.ones(10))[:, None]
    >>> rows = Rows(values, np.zeros((100, 1), np.int8), np.empty((100, 0), np.int64))
    >>> hbos = Hbos.fit(Columns(("x",), (0.0,), {}), rows)
    >>> hbos.score(rows.take(np.array([0, 99]))).round(2).tolist()  # log(90 / 10)
    [0.0, 2.2]
    """

    name = "hbos"
    phrase = "is rare"

    edges: FloatArray
    """Of all numeric columns, one after the other, ascending: values, or ends of bins."""
    sizes: IntArray
    """By numeric column, how many edges it has; negative where they are values."""
    terms: FloatArray
    """By column, one after the other: of numeric ones for what is below the first edge, in each bin, and above; of
    named ones for null, each level, and others."""
    levels: IntArray
    """By named column, how many levels it has."""

    @classmethod
    def fit(cls, columns: Columns, training: Rows) -> "Hbos":
        """See :meth:`RowDetector.fit`."""
        edges, sizes, terms = [], [], []
        for column in training.numbers.T:
            values, counts = np.unique(column, return_counts=True)
            if values.size <= _MOST_VALUES:
                edges.append(values)
                sizes.append(-values.size)
                terms.append(_terms(np.concatenate([[0.5], counts])))
            else:
                ends = np.unique(np.quantile(column, _SHARES))
                counts = np.histogram(column, ends)[0]
                widths = np.diff(ends)
                density = np.concatenate([[0.5 / widths[0]], np.maximum(counts, 0.5) / widths, [0.5 / widths[-1]]])
                edges.append(np.append(ends[:-1], np.nextafter(ends[-1], np.inf)))  # the greatest value is inside
                sizes.append(ends.size)
                terms.append(_terms(density))
        counts_of_levels = [len(levels) for levels in columns.levels.values()]
        for codes, size in zip(training.levels.T, counts_of_levels, strict=True):
            terms.append(_terms(np.maximum(np.bincount(codes - NO_LEVEL, minlength=size + 2), 0.5)))
        together = (np.concatenate([*each, np.empty(0)]) for each in (edges, terms))
        first, last = together
        return cls(first, np.array(sizes, np.int64), last, np.array(counts_of_levels, np.int64))

    @cached_property
    def _edges(self) -> FloatArray:
        """Edges x numeric columns x 1; where a column has fewer, infinity."""
        padded = np.full((np.abs(self.sizes).max(initial=0), self.sizes.size, 1), np.inf)
        for at, (size, end) in enumerate(zip(np.abs(self.sizes), np.abs(self.sizes).cumsum(), strict=True)):
            padded[:size, at, 0] = self.edges[end - size : end]
        return padded

    def score(self, rows: Rows) -> FloatArray:
        """See :meth:`RowDetector.score`."""
        total = np.zeros(len(rows))
        for part in self._each(rows):
            total += part
        return total

    def parts(self, columns: Columns, rows: Rows) -> FloatArray:
        """Return the term of each column."""
        return np.column_stack([*self._each(rows)])

    def _each(self, rows: Rows) -> list[FloatArray]:
        parts, term = [], 0
        numbers = np.ascontiguousarray(rows.numbers.T)
        # How many edges are at or below each number: comparing with one after the other takes half as long as a search.
        reached, is_reached = np.zeros(numbers.shape, np.int8), np.empty(numbers.shape, np.bool_)
        for edges in self._edges:
            np.greater_equal(numbers, edges, out=is_reached)
            reached += is_reached.view(np.int8)
        for at, (column, size) in enumerate(zip(numbers, self.sizes.tolist(), strict=True)):
            place = reached[at]
            if size < 0:  # places from 1 on; 0 for what is no value of the column
                values = np.append(np.nan, self._edges[:-size, at, 0])
                place = np.where(values[place] == column, place, np.int8(0))
            parts.append(self.terms[term : term + abs(size) + 1].take(place))
            term += abs(size) + 1
        for codes, size in zip(rows.levels.T, self.levels.tolist(), strict=True):
            parts.append(self.terms[term + codes - NO_LEVEL])
            term += size + 2
        return parts


def _terms(density: FloatArray) -> FloatArray:
    terms: FloatArray = -np.log(density / density.max())
    return terms
