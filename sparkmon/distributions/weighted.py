"""Values and how many rows stand at each: the step function behind a distribution."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from sparkmon.distributions.remembering import Remembering, remembered

__all__ = ["Weighted", "differences", "keep_ranks", "without_ties"]

FloatArray: TypeAlias = npt.NDArray[np.float64]


_MOST_ROWS = 2**32


class Weighted(Remembering):
    """Strictly ascending ``values`` with positive ``weights``, which sum to ``n``."""

    __slots__ = ()
    values: FloatArray
    weights: FloatArray
    n: float

    @property
    def ranks(self) -> FloatArray | npt.NDArray[np.uint32]:
        """0, then the rows at or below each of ``values``; shape (s + 1,)."""
        return self.once(_ranks)

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
        return differences(side._memory[(_ranks,)])  # see keep_ranks
    return object.__getattribute__(side, name)  # raises as it did before


# Not in the class, where it would make any name an attribute for type checkers.
type.__setattr__(Weighted, "__getattr__", _missing_weights)


def _ranks(side: Weighted) -> FloatArray | npt.NDArray[np.uint32]:
    return _sums(side.weights)


def _sums(weights: FloatArray) -> FloatArray:
    sums = np.empty(weights.size + 1)
    sums[0] = 0.0
    weights.cumsum(out=sums[1:])
    return sums


def keep_ranks(side: Weighted, ranks: FloatArray) -> bool:
    """Keep ranks in place of the weights, which follow from them; return whether they are 32-bit whole numbers.

    A reference is held for as long as a monitor runs: this halves its room.
    """
    if not ranks[-1] < _MOST_ROWS:
        return False
    compact = ranks.astype(np.uint32)
    if not (compact == ranks).all():
        return False
    object.__setattr__(side, "_memory", {(_ranks,): compact})
    return True


def differences(ranks: npt.NDArray[Any]) -> FloatArray:
    """Return the weights of ranks, to be read only."""
    weights: FloatArray = np.subtract(ranks[1:], ranks[:-1], dtype=np.float64)
    weights.flags.writeable = False
    return weights


def without_ties(values: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return each of some ascending values once, and the ranks: 0, then the rows at or below each."""
    ranks = _sums(weights)
    rises = values[1:] != values[:-1]
    if rises.all():
        return values, ranks
    lasts = np.flatnonzero(np.append(rises, True))
    return values[lasts], ranks[np.append(0, lasts + 1)]
