"""How rare the values of a row are in the training data, added up over its columns."""

from dataclasses import dataclass

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
        parts, edge, term = [], 0, 0
        for column, size in zip(np.ascontiguousarray(rows.numbers.T), self.sizes.tolist(), strict=True):
            ends = self.edges[edge : edge + abs(size)]
            if size < 0:  # places from 1 on; 0 for what is no value of the column
                at = np.minimum(np.searchsorted(ends, column), ends.size - 1)
                place = np.where(ends[at] == column, at + 1, 0)
            else:
                place = np.searchsorted(ends, column, side="right")
            parts.append(self.terms[term + place])
            edge, term = edge + abs(size), term + abs(size) + 1
        for codes, size in zip(rows.levels.T, self.levels.tolist(), strict=True):
            parts.append(self.terms[term + codes - NO_LEVEL])
            term += size + 2
        return parts


def _terms(density: FloatArray) -> FloatArray:
    terms: FloatArray = -np.log(density / density.max())
    return terms
