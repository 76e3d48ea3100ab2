"""What ``false_alarms_per_week`` promises, beside the windows that alarm on streams in which nothing drifts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

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
            alarms = {
                promise: _alarms(reference, profiles, promise) / live_weeks for promise in PROMISES
            }
            promises.append(Promise(name, count, live_weeks, alarms))
    return promises


def _alarms(reference: pa.Table, profiles: pa.Table, promise: float) -> int:
    """Count the windows with an alert."""
    checks = Checks(false_alarms_per_week=promise)
    findings = Judge(reference, checks, step_s=3_600, lengths=["1 hour"]).findings(profiles)
    confirmed = findings.filter(findings["confirmed"])
    return len(confirmed["window_start"].unique())
