"""How far a row lies from the training rows, given how their columns depend on each other."""

from dataclasses import dataclass

import numpy as np

from sparkmon.detectors.robust_z import medians_and_scales
from sparkmon.detectors.row_detector import RowDetector, register_detector
from sparkmon.detectors.rows import Columns, Rows
from sparkmon.distributions.arrays import FloatArray, IntArray

_FAR = 8.0
"""A number is taken to be at most this many standard deviations off: one column cannot hide the others."""
_RIDGE = 1e-3
_LEVELS = 10
_LEAST_SHARE = 0.005


@register_detector
@dataclass(frozen=True, eq=False)
class Mahalanobis(RowDetector):
    """The squared distance (z - m)' (S + 0.001 I)^-1 (z - m) of a row's standardised columns.

    A number enters as its distance to the median in units of IQR / 1.349, or of the standard deviation where half of
    the column has one value, at most 8; a missing one as 0. A named column enters as indicators of its ten commonest
    levels that 0.5 % of the rows have or more, each divided by its standard deviation. m and S are the mean and the
    covariance of the training rows. It finds values that are common by themselves and never come together, such as a
    temperature in the wrong unit.

    What a column adds is by how much the distance would fall if it had the value that the others suggest.

    References
    ----------
    .. [1] Mahalanobis, On the generalised distance in statistics, 1936.

    Examples
    --------
    >>> x = np.random.default_rng(1).normal(size=10_000)
    >>> table = np.column_stack([x, x + 0.1 * np.random.default_rng(2).normal(size=10_000)])
    >>> rows = Rows(table, np.zeros(table.shape, np.int8), np.empty((10_000, 0), np.int64))
    >>> detector = Mahalanobis.fit(Columns(("a", "b"), (0.0, 0.0), {}), rows)
    >>> some = Rows(np.array([[1.0, 1.0], [1.0, -1.0]]), np.zeros((2, 2), np.int8), np.empty((2, 0), np.int64))
    >>> detector.score(some).round(-1).tolist()
    [0.0, 330.0]
    """

    name = "mahalanobis"
    phrase = "does not fit the other columns"

    medians: FloatArray
    scales: FloatArray
    indicators: IntArray
    """Named column and place of the level of each indicator."""
    spreads: FloatArray
    """The standard deviation of each indicator."""
    means: FloatArray
    root: FloatArray
    """The Cholesky factor of the inverse covariance."""

    @classmethod
    def fit(cls, columns: Columns, training: Rows) -> "Mahalanobis":
        """See :meth:`RowDetector.fit`."""
        medians, scales = medians_and_scales(training)
        indicators, spreads = [], []
        for column, codes in enumerate(training.levels.T):
            shares = np.bincount(codes[codes >= 0], minlength=_LEVELS)[:_LEVELS] / len(training)
            for level in np.flatnonzero(shares >= _LEAST_SHARE).tolist():
                if shares[level] < 1:
                    indicators.append((column, level))
                    spreads.append(np.sqrt(shares[level] * (1 - shares[level])))
        chosen = np.array(indicators, np.int64).reshape(-1, 2)
        d = scales.size + len(chosen)
        first = cls(medians, scales, chosen, np.array(spreads), np.zeros(d), np.eye(d))
        rows = first._standardised(training)
        covariance = np.cov(rows, rowvar=False).reshape(d, d) + _RIDGE * np.eye(d)
        root = np.linalg.cholesky(np.linalg.inv(covariance))
        return cls(first.medians, first.scales, chosen, first.spreads, rows.mean(axis=0), root)

    def score(self, rows: Rows) -> FloatArray:
        """See :meth:`RowDetector.score`."""
        projected = (self._standardised(rows) - self.means) @ self.root
        return np.einsum("ij,ij->i", projected, projected)  # type: ignore[no-any-return]

    def parts(self, columns: Columns, rows: Rows) -> FloatArray:
        """Return by how much the distance would fall; of a named column, that of its indicator that does most."""
        precision = self.root @ self.root.T
        off = (self._standardised(rows) - self.means) @ precision
        falls = off**2 / np.diag(precision)
        width = self.medians.size
        parts = np.zeros((len(rows), len(columns.names)))
        parts[:, :width] = falls[:, :width]
        for at, column in enumerate(self.indicators[:, 0].tolist(), width):
            parts[:, width + column] = np.maximum(parts[:, width + column], falls[:, at])
        return parts

    def _standardised(self, rows: Rows) -> FloatArray:
        numbers = np.clip((rows.numbers - self.medians) / self.scales, -_FAR, _FAR)
        if not len(self.indicators):
            return numbers
        is_level = rows.levels[:, self.indicators[:, 0]] == self.indicators[:, 1]
        return np.hstack([numbers, is_level / self.spreads])
