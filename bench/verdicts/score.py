"""Verdicts beside the truth: false alarms where nothing drifts, windows until a drift is found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.verdicts.case import Case, Verdicts

__all__ = ["Tally", "total", "weigh"]


@dataclass
class Tally:
    """What one system did on one or more cases.

    Parameters
    ----------
    quiet : int
        Windows of columns that do not drift, or not yet.
    false_alarms : int
        Alarms in those.
    unjudged : int
        Of those, and of the windows that drift, how many the system does not judge.
    windows : int
        All windows of columns.
    delays : list of int
        For each drift found, the windows it took: 1 is the first in which it is.
    missed : int
        Drifts of which no window alarmed.
    """

    quiet: int = 0
    false_alarms: int = 0
    unjudged: int = 0
    windows: int = 0
    delays: list[int] = field(default_factory=list)
    missed: int = 0

    @property
    def per_thousand(self) -> float | None:
        """False alarms per 1,000 windows without drift; None where there are none, or nothing was judged."""
        if not self.quiet or self.unjudged == self.windows:
            return None
        return 1000 * self.false_alarms / self.quiet

    @property
    def delay(self) -> float | None:
        """Mean windows to detection of what was found; None where nothing was."""
        return sum(self.delays) / len(self.delays) if self.delays else None

    @property
    def drifts(self) -> int:
        """How many drifts there were to find."""
        return len(self.delays) + self.missed


def weigh(case: Case, verdicts: Verdicts) -> Tally:
    """Hold a system's verdicts of one case against its truth."""
    if case.joint:
        verdicts = {"any": [_any(row) for row in zip(*verdicts.values(), strict=True)]}
    tally = Tally()
    for name, of_column in verdicts.items():
        start = case.drifts.get(name, case.windows)
        tally.quiet += start
        tally.false_alarms += sum(each is True for each in of_column[:start])
        tally.unjudged += sum(each is None for each in of_column)
        tally.windows += len(of_column)
        if start < case.windows:
            found = [number for number, each in enumerate(of_column[start:], 1) if each]
            tally.delays += found[:1]
            tally.missed += not found
    return tally


def total(tallies: Iterable[Tally]) -> Tally:
    """Add up."""
    whole = Tally()
    for each in tallies:
        whole.quiet += each.quiet
        whole.false_alarms += each.false_alarms
        whole.unjudged += each.unjudged
        whole.windows += each.windows
        whole.delays += each.delays
        whole.missed += each.missed
    return whole


def _any(row: Iterable[bool | None]) -> bool | None:
    judged = [each for each in row if each is not None]
    return any(judged) if judged else None
