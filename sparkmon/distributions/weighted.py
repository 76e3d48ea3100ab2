"""Values and how many rows stand at each: the step function behind a distribution."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from sparkmon.distributions.arrays import FloatArray
from sparkmon.distributions.remembering import Remembering, remembered

_MOST_ROWS = 2**32


class Weighted(Remembering):
    """Strictly ascending ``values`` with positive ``weights``, which sum to ``n``."""

    __slots__ = ("_ranks",)
    values: FloatArray
    weights: FloatArray
    n: float
    _ranks: FloatArray | npt.NDArray[np.uint32]

    @property
    def ranks(self) -> FloatArray | npt.NDArray[np.uint32]:
        """0, then the rows at or below each of ``values``; shape (s + 1,)."""
        try:
            return self._ranks
        except AttributeError:
            object.__setattr__(self, "_ranks", _sums(self.weights))
            return self._ranks

    @property
    def shares(self) -> FloatArray:
        """The share of rows at or below each of ``values``; shape (s,)."""
        shares: FloatArray = self.ranks[1:] / self.ranks[-1]
        return shares

    @property
    @remembered
    def weighted_mean(self) -> float:
        """The mean of the weighted values; NaN without rows."""
        return float(np.sum(self.values * (self.weights / self.n))) if self.n else math.nan

    @property
    @remembered
    def weighted_std(self) -> float:
        """The standard deviation (divided by ``n``) of the weighted values, of which there are two or more."""
        deviations = self.values - self.weighted_mean
        scale = float(np.abs(deviations).max())  # squares of values near 1e200 would overflow
        return scale * math.sqrt(float(np.sum((deviations / scale) ** 2 * self.weights)) / self.n)


def _missing_weights(side: Weighted, name: str) -> Any:  # noqa: ANN401 - of any other name
    if name == "weights":
        return _differences(side._ranks)  # see set_support
    return object.__getattribute__(side, name)  # raises as it did before


# Not in the class, where it would make any name an attribute for type checkers.
type.__setattr__(Weighted, "__getattr__", _missing_weights)


def _sums(weights: npt.NDArray[Any]) -> npt.NDArray[Any]:
    sums = np.empty(weights.size + 1, weights.dtype)
    sums[0] = 0
    weights.cumsum(dtype=weights.dtype, out=sums[1:])
    return sums


def _differences(ranks: npt.NDArray[Any]) -> FloatArray:
    """Return the weights of ranks, to be read only."""
    weights: FloatArray = np.subtract(ranks[1:], ranks[:-1], dtype=np.float64)
    weights.flags.writeable = False
    return weights


def set_support(side: Weighted, values: FloatArray, weights: FloatArray, *, is_whole: bool) -> None:
    """Give a side values that ascend, ties among them, and their weights.

    Whole numbers of rows are kept as 32-bit ranks in place of the weights, which follow from them: a reference is held
    for as long as a monitor runs, and this halves its room.
    """
    is_whole = is_whole and side.n < _MOST_ROWS
    ranks = _sums(weights.astype(np.uint32) if is_whole else weights)
    rises = values[1:] != values[:-1]
    if not rises.all():
        lasts = np.flatnonzero(np.append(rises, True))
        values, ranks = values[lasts], ranks[np.append(0, lasts + 1)]
    values.flags.writeable = False
    object.__setattr__(side, "values", values)
    if is_whole:
        object.__setattr__(side, "_ranks", ranks)
    else:
        object.__setattr__(side, "weights", _differences(ranks))
