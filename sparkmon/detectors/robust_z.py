"""How many robust standard deviations a number lies off its column's median."""

from dataclasses import dataclass

import numpy as np

from sparkmon.detectors.row_detector import RowDetector, register_detector
from sparkmon.detectors.rows import Columns, Rows
from sparkmon.distributions.arrays import FloatArray

_NORMAL_IQR = 1.349


@register_detector
@dataclass(frozen=True, eq=False)
class RobustZ(RowDetector):
    """The greatest |x - median| / (IQR / 1.349) of a row's numbers.

    Where half of a column has one value, its standard deviation stands for the IQR. Levels do not enter.

    References
    ----------
    .. [1] Iglewicz & Hoaglin, How to Detect and Handle Outliers, 1993.

    Examples
    --------
    >>> cells = np.arange(101.0)[:, None]
    >>> rows = Rows(cells, np.zeros((101, 1), np.int8), np.empty((101, 0), np.int64))
    >>> round(float(RobustZ.fit(Columns(("x",), (50.0,), {}), rows).score(rows)[100]), 3)
    1.349
    """

    name = "robust_z"
    phrase = "is far from the median"
    of_columns = True

    medians: FloatArray
    scales: FloatArray

    @classmethod
    def fit(cls, columns: Columns, training: Rows) -> "RobustZ":
        """See :meth:`RowDetector.fit`."""
        return cls(*medians_and_scales(training))

    def score(self, rows: Rows) -> FloatArray:
        """See :meth:`RowDetector.score`."""
        return self._deviations(rows).max(axis=1, initial=0.0)  # type: ignore[no-any-return]

    def parts(self, columns: Columns, rows: Rows) -> FloatArray:
        """Return the deviation of each number."""
        return np.hstack([self._deviations(rows), np.zeros(rows.levels.shape)])

    def _deviations(self, rows: Rows) -> FloatArray:
        deviations: FloatArray = np.abs(rows.numbers - self.medians) / self.scales
        return deviations


def medians_and_scales(training: Rows) -> tuple[FloatArray, FloatArray]:
    """Return by numeric column the median, and IQR / 1.349; else the standard deviation, or 1 if nothing varies."""
    low, medians, high = np.quantile(training.numbers, [0.25, 0.5, 0.75], axis=0)
    scales = (high - low) / _NORMAL_IQR
    scales = np.where(scales > 0, scales, training.numbers.std(axis=0))
    return medians, np.where(scales > 0, scales, 1.0)
