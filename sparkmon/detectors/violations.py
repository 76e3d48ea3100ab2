"""Cells that break the form of the training data: out of range, of another type, too precise, or never seen."""

from dataclasses import dataclass

import numpy as np

from sparkmon.detectors.row_detector import RowDetector, register_detector
from sparkmon.detectors.rows import NO_LEVEL, Columns, Rows
from sparkmon.distributions.arrays import BoolArray, FloatArray, IntArray

_MARGIN = 0.5
_STEPS = 10.0 ** -np.arange(7)
_SLACK, _SINGLE = 1e-6, 1.2e-7
"""How far off its lattice a number may stand: in steps, and relative to itself, which 32 bits leave."""
_FAULTS = 5


@register_detector
@dataclass(frozen=True, eq=False)
class Violations(RowDetector):
    """How many cells of a row break the form of the training data.

    A number does if it is below the least or above the greatest one by more than half the IQR, or has more decimals
    than any (up to six count); a null, NaN, infinity or text if the column had none; a level if the reference does not
    have it. A column that a row does not have breaks nothing: it is a finding of its own, ``missing_column``.

    Examples
    --------
    >>> rows = Rows(np.array([[1.0], [2.0], [4.0], [2.5]]), np.zeros((4, 1), np.int8), np.empty((4, 0), np.int64))
    >>> detector = Violations.fit(Columns(("x",), (2.0,), {}), rows.take(np.arange(3)))
    >>> detector.score(rows).tolist()
    [0.0, 0.0, 0.0, 1.0]
    """

    name = "violations"
    phrase = "breaks the form of the training data"
    of_columns = True

    least: FloatArray
    greatest: FloatArray
    steps: FloatArray
    """Of the lattice; 0 where there is none."""
    faults: IntArray
    """Numeric columns x kinds of fault: 1 where the reference has it."""
    nulls: IntArray
    """By named column: 1 where the reference has nulls."""
    sizes: IntArray
    """By named column: how many levels the reference has; 0 where it has more than are distinguished."""

    @classmethod
    def fit(cls, columns: Columns, training: Rows) -> "Violations":
        """See :meth:`RowDetector.fit`."""
        numbers = training.numbers
        low, high = np.quantile(numbers, [0.25, 0.75], axis=0)
        margin = _MARGIN * (high - low)
        steps = np.array([_step(column) for column in numbers.T])
        kinds = [(training.faults == kind).any(axis=0) for kind in range(_FAULTS)]
        sizes = np.array([len(levels) for levels in columns.levels.values()], np.int64)
        is_open = (training.levels == sizes).any(axis=0)
        nulls = (training.levels == NO_LEVEL).any(axis=0)
        return cls(
            numbers.min(axis=0) - margin,
            numbers.max(axis=0) + margin,
            steps,
            np.column_stack(kinds).astype(np.int64),
            nulls.astype(np.int64),
            np.where(is_open, 0, sizes),
        )

    def score(self, rows: Rows) -> FloatArray:
        """See :meth:`RowDetector.score`."""
        return self._broken(rows).sum(axis=1, dtype=np.float64)  # type: ignore[no-any-return]

    def parts(self, columns: Columns, rows: Rows) -> FloatArray:
        """Return 1 for each cell that breaks the form."""
        return self._broken(rows).astype(np.float64)

    def _broken(self, rows: Rows) -> BoolArray:
        numbers = rows.numbers
        broken = (numbers < self.least) | (numbers > self.greatest)
        lattices = np.flatnonzero(self.steps)
        if lattices.size:
            broken[:, lattices] |= _off(numbers[:, lattices] / self.steps[lattices])
        if rows.faults.any():
            allowed = self.faults[np.arange(numbers.shape[1]), rows.faults]
            broken |= (rows.faults > 0) & (allowed == 0)
        unknown = (rows.levels >= self.sizes) & (self.sizes > 0)
        unknown |= (rows.levels == NO_LEVEL) & (self.nulls == 0)
        return np.hstack([broken, unknown])


def _step(column: FloatArray) -> float:
    greatest = np.abs(column).max()
    for step in _STEPS.tolist():
        if greatest * _SINGLE > step / 4:
            return 0.0
        if not _off(column[:64] / step).any() and not _off(column / step).any():
            return float(step)
    return 0.0


def _off(steps: FloatArray) -> BoolArray:
    slack = _SLACK + np.abs(steps) * _SINGLE
    off: BoolArray = (np.abs(steps - np.round(steps)) > slack) & (slack < 0.25)
    return off
