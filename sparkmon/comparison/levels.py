"""From the false alarms that a week may have to the level of the tests of one window."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from sparkmon.comparison.block_effects import BlockEffects, memory_of
from sparkmon.comparison.groups import Floats, Ints
from sparkmon.errors import OptionError

GREATEST_ALPHA = 0.05
_GREATEST_ONCE, _GREATEST_TWICE = 0.002, 0.01
_LEAST_WINDOWS, _OVERSHOOT = 10_000, 1.166
_WEEK_S = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels of the tests of one window, for windows ``window_s`` apart.

    >>> levels = Levels(1.0, 3_600)
    >>> round(levels.alpha, 4), round(levels.at_once, 5), round(levels.once, 5)
    (0.0445, 0.00595, 0.0003)
    >>> [round(float(each), 4) for each in levels.twice(np.array([0.0, 0.5, 1.0]))]
    [0.01, 0.01, 0.002]
    """

    false_alarms_per_week: float
    window_s: float

    def __post_init__(self) -> None:
        OptionError.check_above_0(false_alarms_per_week=self.false_alarms_per_week, window_s=self.window_s)

    @property
    def per_window(self) -> float:
        """How many false alarms a window may have."""
        return self.false_alarms_per_week * self.window_s / _WEEK_S

    @property
    def alpha(self) -> float:
        """The level at which the tests of one window are corrected, at most 0.05.

        A window without drift has a false finding with a probability of at most alpha, and a drift is confirmed in two
        of three windows: about 3 alpha^2 of the windows alarm.
        """
        return min(GREATEST_ALPHA, math.sqrt(self.per_window / 3))

    @property
    def at_once(self) -> float:
        """The level of tests that alarm at once, without waiting for a second window; at most 0.05."""
        return min(GREATEST_ALPHA, self.per_window)

    @property
    def once(self) -> float:
        """The level of tests that alarm at once on closed windows, at most 0.002: a twentieth of the false alarms."""
        return min(_GREATEST_ONCE, self.per_window / 20)

    def twice(self, memory: Floats) -> Floats:
        """Return the level of tests against blocks that alarm in two of three windows, at most 0.01.

        ``memory`` is the lag-1 correlation of windows: if they are independent, two of three are over with probability
        3 p^2; if they are alike, one is over as often as two.
        """
        levels: Floats = np.minimum(_GREATEST_TWICE, (self.per_window / 3) ** (1 / (2 - memory)))
        return levels

    def adding_up(self, series: Ints) -> Floats:
        """Return what the sum over windows has to exceed of one of so many ``series`` of a model.

        A sum of normal numbers less 1, which never falls below 0, exceeds h once in (e^b - b - 1) / 2 windows,
        b = 2 (h + 1.166) [1]_. All series together have a third of the false alarms, and each alarms at most once in
        10,000 windows.

        References
        ----------
        .. [1] Siegmund: Sequential Analysis. Springer 1985, formula 2.57.
        """
        windows = np.maximum(_LEAST_WINDOWS, 3 * series / self.per_window)
        limits: Floats = np.log(2 * windows) / 2 - _OVERSHOOT
        return limits

    def among(self, tests: float) -> "Levels":
        """Return the levels of one of ``tests`` columns, which share the false alarms."""
        return replace(self, false_alarms_per_week=self.false_alarms_per_week / max(1.0, tests))

    def limits(self, blocks: Mapping[str, BlockEffects]) -> dict[str, float]:
        """Return what the effects of a window have to exceed that alarms in two of three windows."""
        return {name: each.limit(float(self.twice(np.array(each.memory)))) for name, each in blocks.items()}

    def promise(self, blocks: BlockEffects) -> float:
        """Return the fewest false alarms a week that the limit of so few blocks can surely hold."""
        memory = memory_of(len(blocks.ascending), blocks.surely)
        return 3 * math.pow(blocks.surely, -2 * (2 - memory)) * _WEEK_S / self.window_s
