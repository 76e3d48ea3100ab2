"""What ``false_alarms_per_week`` promises, beside the windows that alarm on streams in which nothing drifts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from bench.verdicts.dependent import STREAMS, stream
from bench.verdicts.with_sparkmon import profiles_of, reference_of
from sparkmon.comparison import Checks, Judge

__all__ = ["PROMISES", "Promise", "measure_promises"]

PROMISES = (0.1, 1.0, 10.0)
_COLUMNS = (1, 10)
_WEEKS, _LIVE_WEEKS = 4, 2


@dataclass(frozen=True)
class Promise:
    """One stream of hours without drift, judged at several promises."""

    stream: str
    columns: int
    weeks: int
    alarms: dict[float, float]
    """By ``false_alarms_per_week``, the windows a week with an alert."""
    too_short: dict[float, int]
    """By ``false_alarms_per_week``, the columns whose reference says that it is too short for it."""


def measure_promises(
    say: Callable[[str], None],
    *,
    names: Sequence[str] = tuple(STREAMS),
    columns: Sequence[int] = _COLUMNS,
    weeks: int = _WEEKS,
    live_weeks: int = _LIVE_WEEKS,
) -> list[Promise]:
    """Watch each stream for some weeks, with a reference of some weeks before, and count the windows that alarm."""
    promises = []
    for seed, name in enumerate(names, 100):
        for count in columns:
            say(f"watching {name}, {count} columns")
            case = stream(name, seed, columns=count, weeks=weeks, live_weeks=live_weeks)
            reference, profiles = reference_of(case), profiles_of(case.current, case)
            found = {each: _alarms(reference, profiles, each) for each in PROMISES}
            alarms = {each: windows / live_weeks for each, (windows, _) in found.items()}
            too_short = {each: short for each, (_, short) in found.items()}
            promises.append(Promise(name, count, live_weeks, alarms, too_short))
    return promises


def _alarms(reference: pa.Table, profiles: pa.Table, promise: float) -> tuple[int, int]:
    """Count the windows with an alert, and the columns whose reference is too short."""
    checks = Checks(false_alarms_per_week=promise)
    findings = Judge(reference, checks, step_s=3_600, lengths=["1 hour"]).findings(profiles)
    confirmed = findings.filter(findings["confirmed"])
    is_short = pc.match_substring(findings["reason"], "the reference is too short")
    short = findings.filter(is_short)["column_name"].unique()
    return len(confirmed["window_start"].unique()), len(short)
