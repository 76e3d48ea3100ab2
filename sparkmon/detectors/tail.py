"""How rare a score is among training rows that the detector has not seen: conformal p-values."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sparkmon.distributions.arrays import FloatArray, IntArray
from sparkmon.errors import ProfileError

_EXACT, _STEP = 1_000, 1.02
"""The greatest scores are all kept; of the others, those at ranks 2 % apart."""


@dataclass(frozen=True, eq=False)
class Tail:
    """The scores of ``rows`` training rows, by rank; ties and gaps are taken for the greater p-value.

    Examples
    --------
    >>> tail = Tail.of([1.0, 2.0, 3.0, 4.0])
    >>> tail.p_values(np.array([5.0, 3.5, 3.0, 0.0])).tolist()
    [0.2, 0.4, 0.6, 1.0]
    """

    rows: int
    scores: FloatArray
    """Ascending."""
    ranks: IntArray
    """By score, its rank: 1 of the greatest."""

    def __post_init__(self) -> None:
        is_ordered = (np.diff(self.scores) >= 0).all() and (np.diff(self.ranks) < 0).all()
        if self.scores.shape != self.ranks.shape or not self.ranks.size or not is_ordered or self.ranks[-1] != 1:
            raise ProfileError("got scores that are no tail; expected them ascending, with the ranks of some rows")

    @classmethod
    def of(cls, scores: npt.ArrayLike) -> "Tail":
        """Keep what p-values need of some scores."""
        ascending = np.sort(np.asarray(scores, np.float64))
        rows = ascending.size
        steps = max(1, int(np.log(max(rows / _EXACT, 1)) / np.log(_STEP)))
        coarse = np.geomspace(_EXACT, max(rows, _EXACT), steps).astype(np.int64)
        ranks = np.unique(np.concatenate([np.arange(1, _EXACT + 1), coarse, [rows]]))[::-1]
        ranks = ranks[ranks <= rows]
        return cls(rows, ascending[rows - ranks], ranks)

    @property
    def greatest(self) -> float:
        """The greatest score."""
        return float(self.scores[-1])

    def least_score(self, p_value: float) -> float:
        """Return the score above which p-values are less than this; infinite if none is."""
        reach = np.append(self.rows, self.ranks - 1)
        is_less = (1 + reach) / (1 + self.rows) < p_value
        bounds = np.concatenate([[-np.inf], self.scores, [np.inf]])
        return float(bounds[is_less.argmax() if is_less.any() else -1])

    def p_values(self, scores: FloatArray) -> FloatArray:
        """Return (1 + training rows that score as much or more) / (1 + training rows)."""
        reach = np.concatenate([[self.rows], self.ranks - 1])
        p_values: FloatArray = (1 + reach[np.searchsorted(self.scores, scores)]) / (1 + self.rows)
        return p_values
