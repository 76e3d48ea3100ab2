"""Rivals run in turn, round after round, so that what else the machine does falls on all of them alike."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.meter import Meter

__all__ = ["Contender", "Result", "Rounds"]


@dataclass(frozen=True)
class Contender:
    """One way to do the work."""

    name: str
    run: Callable[[], int]
    """Does the work once; returns how many events or rows it took."""


@dataclass
class Result:
    """What the runs of one contender took, the warm-up left out."""

    name: str
    count: list[int] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    wall_s: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Events or rows per second of wall time, the median of all runs."""
        return statistics.median(n / s for n, s in zip(self.count, self.wall_s, strict=True))

    @property
    def per_cpu_second(self) -> float:
        """Events or rows per second of CPU time of all processes, the median of all runs."""
        return statistics.median(n / s for n, s in zip(self.count, self.cpu_s, strict=True))

    def cost_beside(self, other: Result) -> float:
        """Return how many times the CPU time of ``other`` this took, by the medians of both."""
        return statistics.median(self.cpu_s) / statistics.median(other.cpu_s)


@dataclass(frozen=True)
class Rounds:
    """How often everything is run.

    Parameters
    ----------
    meter : Meter
        A running one.
    runs, warm_ups : int
        Rounds that count, and rounds before them that do not.
    say : callable
        Told what is about to run.
    """

    meter: Meter
    runs: int
    warm_ups: int
    say: Callable[[str], None]

    def measure(self, contenders: Sequence[Contender]) -> list[Result]:
        """Run all in turn (A B C, A B C, ...) and return a result for each, in their order."""
        results = [Result(contender.name) for contender in contenders]
        for number in range(self.warm_ups + self.runs):
            what = f"run {number - self.warm_ups + 1} of {self.runs}"
            for contender, result in zip(contenders, results, strict=True):
                self.say(f"{what if number >= self.warm_ups else 'warm-up'}: {contender.name}")
                before = self.meter.read()
                count = contender.run()
                after = self.meter.read()
                if number >= self.warm_ups:
                    result.count.append(count)
                    result.cpu_s.append(after.cpu_s - before.cpu_s)
                    result.wall_s.append(after.wall_s - before.wall_s)
        return results
