"""The windows of a monitor as numbers: which windows a pane is part of; pure. Times are microseconds since 1970 UTC."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple


class Window(NamedTuple):
    """A window of a model."""

    model: str
    start: int
    end: int

    @property
    def length(self) -> int:
        """Its length in microseconds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class WindowGrid:
    """Windows of one length that begin at whole multiples of their distance.

    Examples
    --------
    >>> grid = WindowGrid(length=60, slide=20)
    >>> grid.pane, grid.windows_of(80, 100)
    (20, [(40, 100), (60, 120), (80, 140)])

    A pane of another grid, of a monitor whose windows were longer, is a window by itself:

    >>> grid.windows_of(0, 3600)
    [(0, 3600)]
    """

    length: int
    slide: int

    @property
    def pane(self) -> int:
        """The length of a pane: the greatest of which all windows are made."""
        return math.gcd(self.length, self.slide)

    def windows_of(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return the windows that contain a pane."""
        first = -((self.length - end) // self.slide)
        starts = range(first * self.slide, start + 1, self.slide)
        return [(each, each + self.length) for each in starts] or [(start, end)]
