"""Some training rows, which outliers are compared with: the nearest one, and what of it would make a row usual."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sparkmon.detectors.row_detector import array_of, written
from sparkmon.detectors.rows import Columns, Rows
from sparkmon.distributions.arrays import FloatArray
from sparkmon.distributions.spread import spread
from sparkmon.errors import ProfileError

_ROWS = 200
_GREATEST = 3.0
"""A number that is further off than so many deviations is not nearer to any row for it."""
_MOST_CHANGES = 5

PValues = Callable[[Rows], FloatArray]
"""Rows to how rare each is."""


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """Up to 200 rows that detectors were fitted to."""

    rows: Rows

    @classmethod
    def of(cls, rows: Rows) -> TrainingRows:
        """Choose rows as far from each other as they are many."""
        return cls(rows.take(spread(len(rows), _ROWS)))

    def nearest(self, row: Rows) -> Rows:
        """Return the training row that a row is nearest to.

        The distance is the sum over the columns [1]_: of numbers in standard deviations, at most 3, and 1 of levels
        that differ or of numbers of which one is missing.

        References
        ----------
        .. [1] Gower: A general coefficient of similarity and some of its properties. Biometrics 27, 1971.
        """
        deviation = self.rows.numbers.std(axis=0)
        gaps = np.abs(self.rows.numbers - row.numbers) / np.where(deviation > 0, deviation, 1.0)
        gaps = np.where(self.rows.faults == row.faults, np.minimum(gaps, _GREATEST), 1.0)
        distance = gaps.sum(axis=1) + (self.rows.levels != row.levels).sum(axis=1)
        return self.rows.take(np.array([distance.argmin()]))

    def counterfactual(self, row: Rows, rate: float, p_values: PValues) -> tuple[Rows, list[int]]:
        """Return the nearest training row, and the places of the columns with whose values of it a row would be usual.

        They are found one after the other, each the one that helps most: at most 5, and none if those do not suffice.
        """
        nearest = self.nearest(row)
        is_number = np.arange(row.numbers.shape[1] + row.levels.shape[1]) < row.numbers.shape[1]
        differs = np.concatenate(
            [(row.numbers != nearest.numbers) | (row.faults != nearest.faults), row.levels != nearest.levels], axis=1
        )[0]
        changed: list[int] = []
        while len(changed) < min(_MOST_CHANGES, int(differs.sum())):
            others = [place for place in np.flatnonzero(differs).tolist() if place not in changed]
            copied = np.zeros((len(others), len(is_number)), np.bool_)
            copied[:, changed] = True
            copied[np.arange(len(others)), others] = True
            p_of_each = p_values(_copied(row, nearest, copied, int(is_number.sum())))
            changed.append(others[int(p_of_each.argmax())])
            if p_of_each.max() > rate:
                return nearest, changed
        return nearest, []

    def to_json(self) -> Mapping[str, Any]:
        """Return them as what JSON has."""
        return {name: written(getattr(self.rows, name)) for name in ("numbers", "faults", "levels")}

    @classmethod
    def from_json(cls, state: Mapping[str, Any], columns: Columns) -> TrainingRows:
        """Read what :meth:`to_json` wrote; an error such as TypeError or ProfileError if it is anything else."""
        numbers, faults, levels = (array_of(state[name]) for name in ("numbers", "faults", "levels"))
        width = (len(columns.numbers), len(columns.levels))
        if not len(numbers) or faults.shape != numbers.shape or (numbers.shape[1], levels.shape[1]) != width:
            raise ProfileError("got training rows of other columns; make them with OutlierModel.fit")
        return cls(Rows(numbers, faults.astype(np.int8), levels))


def _copied(row: Rows, other: Rows, copied: Any, numbers: int) -> Rows:  # noqa: ANN401 - an array of truth values
    """Return a row as often as there are choices of columns, with those columns from another one."""
    some, levels = copied[:, :numbers], copied[:, numbers:]
    return Rows(
        np.where(some, other.numbers, row.numbers),
        np.where(some, other.faults, row.faults),
        np.where(levels, other.levels, row.levels),
    )
