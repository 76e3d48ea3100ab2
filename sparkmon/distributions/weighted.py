"""Values and how many rows stand at each: the step function behind a distribution."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sparkmon.distributions.remembering import Remembering, remembered

__all__ = ["Weighted", "without_ties"]

FloatArray: TypeAlias = npt.NDArray[np.float64]


class Weighted(Remembering):
    """Strictly ascending ``values`` with positive ``weights``, which sum to ``n``."""

    __slots__ = ()
    values: FloatArray
    weights: FloatArray
    n: float

    @property
    @remembered
    def ranks(self) -> FloatArray:
        """0, then the rows at or below each of ``values``; shape (s + 1,)."""
        ranks = np.zeros(self.weights.size + 1)
        self.weights.cumsum(out=ranks[1:])
        return ranks

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


def without_ties(values: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return each of some ascending values once, with the sum of its weights."""
    rises = values[1:] != values[:-1]
    if rises.all():
        return values, weights
    firsts = np.flatnonzero(np.append(True, rises))
    return values[firsts], np.add.reduceat(weights, firsts)
