"""Figures of all systems on one set, or on all, with the best of each column marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.verdicts.score import Tally

__all__ = ["BEST", "HEADINGS", "VerdictTable"]

BEST = "*"
HEADINGS = (
    "no-drift windows",
    "false alarms",
    "per 1,000",
    "drifts",
    "missed",
    "windows to detection",
    "not judged",
    "s",
)


@dataclass(frozen=True)
class VerdictTable:
    """One table.

    Parameters
    ----------
    name, title : str
        Of the set.
    tallies : dict of str to Tally or str
        By the system's title: what it did, or why it did nothing.
    seconds : dict of str to float
        What that took each.
    """

    name: str
    title: str
    tallies: dict[str, Tally | str]
    seconds: dict[str, float]

    def best(self) -> dict[str, set[str]]:
        """Tell which systems have the best value of ``per 1,000``, ``missed`` and ``windows to detection``.

        The last is among those that missed fewest, for who finds one drift of ten soon is not quick. Who judges
        nothing has no best value, nor has anybody where all have the same.
        """
        done = {name: each for name, each in self.tallies.items() if isinstance(each, Tally)}
        rates = {name: each.per_thousand for name, each in done.items()}
        missed = {name: each.missed for name, each in done.items() if each.drifts}
        fewest = min(missed.values(), default=0)
        delays = {name: done[name].delay for name, count in missed.items() if count == fewest}
        return {"per 1,000": _least(rates), "missed": _least(missed), "windows to detection": _least(delays)}

    def rows(self) -> list[list[str]]:
        """Give the cells: the system, and then those of ``HEADINGS``."""
        best = self.best()
        made = []
        for name, tally in self.tallies.items():
            if isinstance(tally, str):
                made.append([name, "failed", *[""] * (len(HEADINGS) - 1)])
                continue
            has_drift = tally.drifts > 0
            cells = {
                "no-drift windows": f"{tally.quiet:,}",
                "false alarms": f"{tally.false_alarms:,}",
                "per 1,000": number(tally.per_thousand),
                "drifts": f"{tally.drifts}" if has_drift else "",
                "missed": f"{tally.missed}" if has_drift else "",
                "windows to detection": number(tally.delay) if has_drift else "",
                "not judged": share(tally.unjudged, tally.windows),
                "s": f"{self.seconds.get(name, 0.0):.0f}",
            }
            made.append([name, *(mark(cells[key], name in best.get(key, ())) for key in HEADINGS)])
        return made

    def failures(self) -> list[str]:
        """Say of each system that has no figures why."""
        return [f"{name}: {why}" for name, why in self.tallies.items() if isinstance(why, str)]

    def figures(self) -> dict[str, Any]:
        """Give everything as JSON objects."""
        return {
            "title": self.title,
            "systems": {
                name: {"error": tally} if isinstance(tally, str) else self._figures(name, tally)
                for name, tally in self.tallies.items()
            },
        }

    def _figures(self, name: str, tally: Tally) -> dict[str, Any]:
        return {
            "no_drift_windows": tally.quiet,
            "false_alarms": tally.false_alarms,
            "false_alarms_per_1000": tally.per_thousand,
            "drifts": tally.drifts,
            "missed": tally.missed,
            "windows_to_detection": tally.delay,
            "not_judged": tally.unjudged,
            "windows": tally.windows,
            "seconds": self.seconds.get(name),
            "best": sorted(key for key, names in self.best().items() if name in names),
        }


def number(value: float | None) -> str:
    """Write a figure, or a dash where there is none."""
    return "-" if value is None else f"{value:.3g}" if value < 10 else f"{value:,.0f}"


def share(part: int, whole: int) -> str:
    """Write a share as per cent, and nothing of nothing."""
    if not part:
        return ""
    return f"{part / whole:.0%}" if part * 100 >= whole else "< 1%"


def mark(cell: str, best: bool) -> str:
    """Mark the best."""
    return f"{cell}{BEST}" if best else cell


def _least(values: dict[str, float | None] | dict[str, int]) -> set[str]:
    known = {name: value for name, value in values.items() if value is not None}
    least = min(known.values(), default=0)
    found = {name for name, value in known.items() if value == least}
    return set() if len(found) == len(known) else found
