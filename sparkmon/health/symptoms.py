"""What a monitor's vitals mean: pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sparkmon.health.limits import HealthLimits
from sparkmon.health.query_vitals import QueryVitals
from sparkmon.health.vitals import Vitals
from sparkmon.sinks import Severity

__all__ = ["Symptom", "symptoms_of"]

_LEAST = 100
"""Of fewer events a share says little."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """One thing that is well, or is not."""

    name: str
    is_ill: bool
    severity: Severity
    value: float
    threshold: float
    message: str


def symptoms_of(now: Vitals, before: Vitals, limits: HealthLimits) -> list[Symptom]:
    """Say how a monitor is.

    Parameters
    ----------
    now : Vitals
        As it is.
    before : Vitals
        As it was an hour ago, or when it started.
    limits : HealthLimits
        What it is held against.

    Returns
    -------
    list of Symptom
        ``blind`` (critical): a query has stopped, or no batch ends although events wait. ``silent``: no events come.
        ``silent MODEL``: none of one model do, where others have some. ``dead_letters``, ``late``: too many of the
        events cannot be decoded, or come too late. ``undelivered SINK``: a sink takes no alerts.
    """
    return [
        _blind(now, limits),
        *_silent(now, limits),
        _dead_letters(now, before, limits),
        _late(now, before, limits),
        *_undelivered(now, limits),
    ]


def _blind(now: Vitals, limits: HealthLimits) -> Symptom:
    for query in now.queries.values():
        if query.error is not None or not (query.is_active or now.may_end):
            why = f": {query.error}" if query.error else ""
            return _ill_blind(f"its query {query.name} has stopped{why}", 0.0, limits)
    for query in now.queries.values():
        last = max(filter(None, (query.last_batch_time, now.started_time)))
        stalled = now.time - last
        if query.is_busy and stalled >= limits.stalled_after:
            said = (
                f"events wait, and no batch of its query {query.name} has ended since {_at(last)}"
            )
            return _ill_blind(said, stalled.total_seconds(), limits)
    threshold = limits.stalled_after.total_seconds()
    return Symptom("blind", False, "critical", 0.0, threshold, "the monitor sees again")


def _ill_blind(said: str, value: float, limits: HealthLimits) -> Symptom:
    message = f"the monitor is blind: {said}"
    threshold = limits.stalled_after.total_seconds()
    return Symptom("blind", True, "critical", value, threshold, message)


def _silent(now: Vitals, limits: HealthLimits) -> Iterator[Symptom]:
    if limits.silent_after is None:
        return
    last = _last_events(now) or now.started_time
    yield _silence("silent", "", now.time - last, last, limits.silent_after)
    newest = max((each.last_end for each in now.traffic.values()), default=None)
    for model, traffic in sorted(now.traffic.items()):
        if newest is not None:
            quiet = newest - traffic.last_end
            name, of = f"silent {model}", f" of the model {model}"
            yield _silence(name, of, quiet, traffic.last_end, limits.silent_after)


def _silence(name: str, of: str, quiet: timedelta, last: datetime, limit: timedelta) -> Symptom:
    is_ill = quiet >= limit
    said = f"no events{of} have come since {_at(last)}" if is_ill else f"events{of} come again"
    return Symptom(name, is_ill, "warning", quiet.total_seconds(), limit.total_seconds(), said)


def _dead_letters(now: Vitals, before: Vitals, limits: HealthLimits) -> Symptom:
    dead = sum(now.dead_letters.values()) - sum(before.dead_letters.values())
    events = _events(now, "dead_letters") - _events(before, "dead_letters")
    grew = {
        condition: count - before.dead_letters.get(condition, 0)
        for condition, count in now.dead_letters.items()
    }
    most = max(grew, key=lambda condition: grew[condition], default="")
    said = f"could not be decoded, most often for {most}: see the table dead_letters"
    return _share("dead_letters", dead, events, limits.dead_letter_share, said)


def _late(now: Vitals, before: Vitals, limits: HealthLimits) -> Symptom:
    late = sum(each.late for each in now.queries.values() if each.name == "profiles")
    late -= sum(each.late for each in before.queries.values() if each.name == "profiles")
    events = _events(now, "profiles") - _events(before, "profiles")
    return _share("late", late, events, limits.late_share, "came too late for their window")


def _share(name: str, count: int, events: int, limit: float, said: str) -> Symptom:
    share = count / events if events else 0.0
    is_ill = events >= _LEAST and share > limit
    message = f"{count:,} of the last {events:,} events {said}"
    if not is_ill:
        message = f"{message.split(',')[0]}, which is within the limit of {limit:.2%}"
    return Symptom(name, is_ill, "warning", share, limit, message)


def _undelivered(now: Vitals, limits: HealthLimits) -> Iterator[Symptom]:
    for sink in sorted(now.waiting):
        since = now.failing_since.get(sink)
        failing = now.time - since if since is not None else timedelta()
        is_ill = failing >= limits.undelivered_after
        said = f"the sink {sink} takes alerts again"
        if is_ill and since is not None:
            said = (
                f"the sink {sink} has taken no alerts since {_at(since)}; {now.waiting[sink]} wait"
            )
        limit_s = limits.undelivered_after.total_seconds()
        yield Symptom(
            f"undelivered {sink}", is_ill, "critical", failing.total_seconds(), limit_s, said
        )


def _last_events(now: Vitals) -> datetime | None:
    times = [each.last_events_time for each in now.queries.values()]
    return max((time for time in times if time is not None), default=None)


def _events(vitals: Vitals, name: str) -> int:
    query: QueryVitals | None = vitals.queries.get(name)
    return 0 if query is None else query.events


def _at(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
