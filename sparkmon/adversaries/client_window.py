"""The rows of one client, in the order in which they came, and what several statistics need of them."""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from sparkmon.adversaries.honest import Honest, labels_of, margins_of, squared_distances
from sparkmon.detectors import Rows
from sparkmon.distributions.arrays import FloatArray, IntArray


class ClientWindow:
    """Rows of one client beside those of honest ones.

    Parameters
    ----------
    honest : Honest
        What they are compared with.
    rows : Rows
        The rows, laid out as those of ``honest``.
    scores : array of float, rows x classes, or None
        The model's answers; None where they are not known.
    """

    def __init__(self, honest: Honest, rows: Rows, scores: FloatArray | None) -> None:
        self.honest, self.rows, self._scores = honest, rows, scores

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def has_scores(self) -> bool:
        """Whether the model's answers are known."""
        return self._scores is not None and self.honest.has_scores

    @property
    def scores(self) -> FloatArray:
        """The model's answers; only where there are some."""
        assert self._scores is not None
        return self._scores

    @cached_property
    def values(self) -> FloatArray:
        """All columns as numbers that are equal where the values are: rows x columns."""
        return np.hstack([self.rows.numbers, self.rows.levels])

    @cached_property
    def points(self) -> FloatArray:
        """The rows as points whose distances count."""
        return self.honest.points_of(self.rows)

    @cached_property
    def distances(self) -> FloatArray:
        """By row the distances to all the others, in ascending order."""
        squares = squared_distances(self.points, self.points)
        np.fill_diagonal(squares, np.inf)
        nearest: FloatArray = np.sqrt(np.sort(squares, axis=1)[:, :-1])
        return nearest

    @cached_property
    def turns(self) -> FloatArray:
        """The cosines of the angles between each step from row to row and the next, of steps that have a length."""
        steps = np.diff(self.points, axis=0)
        lengths = np.linalg.norm(steps, axis=1)
        unit = steps[lengths > 0] / lengths[lengths > 0, None]
        cosines: FloatArray = (unit[1:] * unit[:-1]).sum(axis=1)
        return cosines

    @cached_property
    def single_changes(self) -> npt.NDArray[np.bool_]:
        """Distinct rows x distinct rows: whether two differ in exactly one column."""
        rows = np.unique(self.values, axis=0)
        different: npt.NDArray[np.int16] = np.zeros((len(rows), len(rows)), np.int16)
        for column in rows.T:
            different += column[:, None] != column[None, :]
        single: npt.NDArray[np.bool_] = different == 1
        return single

    @cached_property
    def surprises(self) -> FloatArray:
        """By row, its histogram-based outlier score."""
        return self.honest.hbos.score(self.rows)

    @cached_property
    def margins(self) -> FloatArray:
        """By row, how much greater the greatest score is than the next."""
        return margins_of(self.scores)

    @cached_property
    def labels(self) -> IntArray:
        """By row, the class of the greatest score."""
        return labels_of(self.scores)
