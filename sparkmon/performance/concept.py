"""Whether a model got worse: the losses of a window beside those of held-out rows, and what they add up to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from sparkmon.distributions.arrays import FloatArray
from sparkmon.errors import OptionError, ProfileError
from sparkmon.performance.outcomes import ClassOutcomes, Outcomes
from sparkmon.statistics.laws.incomplete_beta import incomplete_beta

_WEEK_S = 7 * 86_400
_LARGE = 0.8
"""An error of a regression model is large beyond this quantile of the held-out rows."""
_ODDS = 1.6
"""The sum is fastest on wrong rows whose odds grew by so much, such as from 15 % to 22 %."""
_TOO_SMALL = 0.05
"""A loss that grew by a smaller part is nothing to act on, however sure."""
_LEAST_BLOCKS = 10
_LEAST_P = 1e-15
BROKEN = 3.29
"""An estimate is off by more standard deviations once in 1,000 windows, if its assumption holds."""


def losses_of(outcomes: Outcomes) -> FloatArray:
    """Return the loss of each row: 1 of a wrong class, 0 of the right one; or the absolute error."""
    if isinstance(outcomes, ClassOutcomes):
        return 1 - outcomes.truth[np.arange(len(outcomes)), outcomes.predicted]
    return np.abs(outcomes.predicted - outcomes.truth)


@dataclass(frozen=True)
class Losses:
    """The losses of held-out rows, which those of live windows are compared with."""

    rows: int
    mean: float
    deviation: float
    large: float
    """A row counts as wrong in the sum over windows if its loss is above this."""
    share: float
    """How many of the held-out rows do."""
    dispersion: float = 1.0
    """By how much the mean loss of a block varies more than that of independent rows: 1 or more, of variances."""

    def __post_init__(self) -> None:
        is_finite = all(map(math.isfinite, (self.mean, self.deviation, self.large, self.dispersion)))
        if self.rows < 1 or not is_finite or not 0 < self.share < 1 or self.deviation < 0 or self.dispersion < 1:
            raise ProfileError("got losses of held-out rows that are none; make the reference again")

    @classmethod
    def of(cls, outcomes: Outcomes, blocks: Sequence[Any] = ()) -> Losses:
        """Sum held-out rows up; ``blocks`` are the places of the rows of each block, 10 or more to be of use."""
        losses = losses_of(outcomes)
        rows, mean, deviation = len(losses), float(losses.mean()), float(losses.std())
        large = 0.0 if isinstance(outcomes, ClassOutcomes) else float(np.quantile(losses, _LARGE))
        share = (float((losses > large).sum()) + 0.5) / (rows + 1)
        dispersion = 1.0
        if len(blocks) >= _LEAST_BLOCKS and deviation:
            squares = [len(block) * (losses[block].mean() - mean) ** 2 for block in blocks if len(block)]
            dispersion = max(1.0, float(np.sum(squares)) / (len(squares) - 1) / deviation**2)
        return cls(rows, mean, deviation, large, share, dispersion)

    def window(self, mean: float, rows: int) -> tuple[float, float]:
        """Return by how many standard deviations the loss of a window is above, and how often chance gives that."""
        effective = 1 / (1 / rows + 1 / self.rows) / self.dispersion
        z = (mean - self.mean) / (self.deviation / math.sqrt(effective)) if self.deviation else math.inf
        z = 0.0 if mean == self.mean else math.copysign(z, mean - self.mean)
        p = 0.5 * math.erfc(z / math.sqrt(2))
        if self.large == 0.0 and 0 < mean < 1:  # of classes: the exact tail, which is wider
            hits = effective * mean
            p = max(p, incomplete_beta(hits, effective - hits + 1, self.mean)) if self.mean else p
        return z, p

    def distance(self, gap: float, rows: int) -> float:
        """Return how many standard deviations of a window's mean loss a gap is."""
        noise = self.deviation * math.sqrt(self.dispersion * (1 / rows + 1 / self.rows))
        return gap / noise if noise else 0.0

    def is_relevant(self, mean: float) -> bool:
        """Return whether a loss is greater by a part that is worth acting on."""
        return mean > self.mean * (1 + _TOO_SMALL)

    def part(self, losses: FloatArray) -> CusumPart:
        """Sum the evidence of rows in the order of their times."""
        odds = self.share / (1 - self.share) * _ODDS
        worse = odds / (1 + odds)
        steps = np.log([(1 - worse) / (1 - self.share), worse / self.share]) / self.dispersion
        return CusumPart.of(steps[(losses > self.large).astype(int)])

    def limit(self, rows: float) -> float:
        """Return the sum that independent rows like the held-out ones reach once in so many rows.

        Of log likelihood ratios, the mean time to a limit h is about (e^h - h - 1) / K, with K their mean divergence
        [1]_; overshoot makes it longer.

        References
        ----------
        .. [1] Siegmund: Sequential Analysis. Springer 1985, chapter 2.6.
        """
        odds = self.share / (1 - self.share) * _ODDS
        worse, share = odds / (1 + odds), self.share
        divergence = share * math.log(share / worse) + (1 - share) * math.log((1 - share) / (1 - worse))
        target, limit = max(rows, 1.0) / self.dispersion * divergence, 1.0
        for _ in range(50):
            limit = math.log1p(target + limit)
        return limit

    def to_json(self) -> Mapping[str, Any]:
        """Return them as what JSON has."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Losses:
        """Read what :meth:`to_json` wrote; an error such as TypeError or ProfileError if it is anything else."""
        numbers = {name: float(state[name]) for name in cls.__dataclass_fields__ if name != "rows"}
        return cls(int(state["rows"]), **numbers)


@dataclass(frozen=True, slots=True)
class CusumPart:
    """What the rows of a window do to a sum that never falls below 0, whatever it was before.

    Parts of windows that follow each other merge, so that a window which is revised costs no other one.

    >>> part = CusumPart.of(np.array([1.0, -3.0, 2.0]))
    >>> part.after(5.0), part.after(0.0), part.peak(5.0)
    (5.0, 2.0, 6.0)
    >>> CusumPart.of(np.array([1.0, -3.0])).then(CusumPart.of(np.array([2.0]))) == part
    True
    """

    total: float
    top: float
    """The greatest sum of the first rows."""
    rise: float
    """The greatest sum of the last rows, 0 of none."""
    highest: float
    """The greatest sum of rows that follow each other, 0 of none."""

    @classmethod
    def of(cls, steps: FloatArray) -> CusumPart:
        """Make it of the steps of rows in their order."""
        if not len(steps):
            return cls(0.0, 0.0, 0.0, 0.0)
        sums = np.concatenate([[0.0], np.cumsum(steps)])
        rises = sums - np.minimum.accumulate(sums)
        return cls(float(sums[-1]), float(sums.max()), float(rises[-1]), float(rises.max()))

    def then(self, later: CusumPart) -> CusumPart:
        """Return the part of these rows and later ones."""
        return CusumPart(
            self.total + later.total,
            max(self.top, self.total + later.top),
            max(later.rise, self.rise + later.total, 0.0),
            max(self.highest, later.highest, self.rise + later.top),
        )

    def after(self, before: float) -> float:
        """Return the sum at the end, from the one before."""
        return max(before + self.total, self.rise)

    def peak(self, before: float) -> float:
        """Return the greatest sum within, from the one before."""
        return max(before + self.top, self.highest)


@dataclass(frozen=True)
class ConceptTests:
    """The two tests of a window's losses, which share the false alarms that a week may have.

    The window itself finds a great change at once, the sum over windows a small one that stays.
    """

    false_alarms_per_week: float
    window_s: float
    """The distance between the starts of windows."""

    def __post_init__(self) -> None:
        OptionError.check_above_0(false_alarms_per_week=self.false_alarms_per_week, window_s=self.window_s)

    @property
    def windows(self) -> float:
        """In how many windows one test may alarm once without a reason."""
        return max(20.0, 2 * _WEEK_S / self.window_s / self.false_alarms_per_week)

    @property
    def z_limit(self) -> float:
        """How many standard deviations are as rare."""
        return NormalDist().inv_cdf(1 - 1 / self.windows)

    def strength(self, losses: Losses, mean: float, rows: int) -> float:
        """Return a window's distance in standard deviations, which is above :attr:`z_limit` as rarely as it says.

        The tail of few rows is wider than a normal one: the distance is the one that is as rare there.
        """
        z, p = losses.window(mean, rows)
        return NormalDist().inv_cdf(1 - p) if _LEAST_P < p < 1 - _LEAST_P else z
