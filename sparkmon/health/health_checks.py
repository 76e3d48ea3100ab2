"""Health checks: whether a monitor works, by its status; pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sparkmon.alerts.health import HealthCheck, named
from sparkmon.errors import OptionError
from sparkmon.health.status import MonitorStatus
from sparkmon.sinks import Severity

_LEAST = 100
"""A share of fewer events is not judged."""
_SHOWN = 5
"""How many namespaces a message names."""


@dataclass(frozen=True, slots=True)
class HealthLimits:
    """The thresholds of a monitor's health checks.

    Raises
    ------
    OptionError
        A value is out of its range.

    Examples
    --------
    >>> HealthLimits().stalled_after
    datetime.timedelta(seconds=600)
    >>> HealthLimits(dead_letter_share=2)
    Traceback (most recent call last):
    ...
    sparkmon.errors.OptionError: [SPARKMON_OPTION] got dead_letter_share=2; expected 0 to 1
    """

    stalled_after: timedelta = timedelta(minutes=10)
    """The monitor has stalled if no batch ends for this long although events wait."""
    silent_after: timedelta | None = timedelta(days=1)
    """Report that no events come, of any model or of one, after this long; None for never."""
    unanswered_requests: int | None = 100
    """Report a model with predictions in its reference after this many requests without a response; None for never."""
    dead_letter_share: float = 0.01
    """The largest share of the last hour's events that may be dead letters."""
    late_share: float = 0.01
    """The largest share of the last hour's events that may come too late for their window."""
    undelivered_after: timedelta = timedelta(minutes=10)
    """Report a sink that has failed for this long."""

    def __post_init__(self) -> None:
        for name in ("dead_letter_share", "late_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise OptionError.malformed(name, getattr(self, name), "0 to 1")
        if self.unanswered_requests is not None and self.unanswered_requests < 1:
            raise OptionError.malformed("unanswered_requests", self.unanswered_requests, "1 or more")
        for name in ("stalled_after", "silent_after", "undelivered_after"):
            value = getattr(self, name)
            if value is not None and value <= timedelta():
                raise OptionError.malformed(name, value, "an interval longer than 0")


def check_health(now: MonitorStatus, before: MonitorStatus, limits: HealthLimits) -> list[HealthCheck]:
    """Check a monitor's health, compared with an hour ago or when it started."""
    return [
        _stalled(now, limits),
        *_silent(now, limits),
        *_never_sent(now, limits),
        *_unanswered(now, limits),
        _dead_letters(now, before, limits),
        _late(now, before, limits),
        _pooled(now, before),
        _namespaces(now),
        _skipped(now, before),
        *_undelivered(now, limits),
    ]


def _stalled(now: MonitorStatus, limits: HealthLimits) -> HealthCheck:
    threshold = limits.stalled_after.total_seconds()
    query, failing, value = now.query, True, 0.0
    if query.error is not None or not (query.is_active or now.may_end):
        why = f": {query.error}" if query.error else ""
        message = f"the monitor has stalled: its query has stopped{why}"
    elif query.is_busy and now.no_batch_s >= threshold:
        value, since = now.no_batch_s, _minute(now.time - timedelta(seconds=now.no_batch_s))
        message = f"the monitor has stalled: events wait, and no batch has ended since {since}"
    else:
        failing, message = False, "the monitor is processing again"
    return HealthCheck("stalled", failing, "critical", value, threshold, message)


def _silent(now: MonitorStatus, limits: HealthLimits) -> Iterator[HealthCheck]:
    limit = limits.silent_after
    if limit is None:
        return
    last, ends = now.query.last_events_time or now.started_time, now.counts.last_ends
    newest = max(ends.values(), default=now.time)
    subjects = [("silent", "", last, now.time)]
    subjects += [(f"silent {name}", f" of the model {name}", end, newest) for name, end in sorted(ends.items())]
    for name, of, since, until in subjects:
        messages = f"no events{of} have come since {_minute(since)}", f"events{of} come again"
        yield _too_long(name, "warning", since, until, limit, *messages)


def _never_sent(now: MonitorStatus, limits: HealthLimits) -> Iterator[HealthCheck]:
    counts, limit = now.counts, limits.silent_after
    if limit is None or counts.first_end is None:
        return
    since, until = counts.first_end, max(counts.last_ends.values(), default=counts.first_end)
    ok = "every model with a reference has sent events"
    if not counts.never_sent:
        since, failing = until, ok
    else:
        failing = (
            f"models with a reference have sent no events since {_minute(since)}: {named(counts.never_sent)}; see how "
            "they are named in the log, or silence the column never_sent"
        )
    yield _too_long("never_sent", "warning", since, until, limit, failing, ok)


def _unanswered(now: MonitorStatus, limits: HealthLimits) -> Iterator[HealthCheck]:
    limit = limits.unanswered_requests
    for model, (since, requests) in sorted(now.counts.unanswered.items()):
        failing = (
            f"the model {model} has had {requests:,} requests and no response that could be read since "
            f"{_minute(since)}: see the table dead_letters, and whether its responses are logged"
        )
        if limit is not None:
            ok = f"responses of the model {model} are read again"
            yield _check(f"unanswered {model}", requests >= limit, requests, limit, failing, ok)


def _check(
    name: str, is_failing: bool, value: float, limit: float, failing: str, ok: str, severity: Severity = "warning"
) -> HealthCheck:
    return HealthCheck(name, is_failing, severity, float(value), float(limit), failing if is_failing else ok)


def _too_long(
    name: str, severity: Severity, since: datetime, until: datetime, limit: timedelta, failing: str, ok: str
) -> HealthCheck:
    seconds, limit_s = (until - since).total_seconds(), limit.total_seconds()
    return _check(name, seconds >= limit_s, seconds, limit_s, failing, ok, severity)


def _new(now: Mapping[str, int], before: Mapping[str, int]) -> tuple[int, str]:
    """Return what was counted since, and of what most was."""
    new = Counter(now)
    new.subtract(before)
    return new.total(), max(new, key=lambda name: new[name], default="")


def _dead_letters(now: MonitorStatus, before: MonitorStatus, limits: HealthLimits) -> HealthCheck:
    count, most = _new(now.counts.dead_letters, before.counts.dead_letters)
    more = f", most often for {most}: see the table dead_letters"
    events = now.query.events - before.query.events
    return _share("dead_letters", count, events, limits.dead_letter_share, "events could not be decoded", more)


def _late(now: MonitorStatus, before: MonitorStatus, limits: HealthLimits) -> HealthCheck:
    late = now.counts.late_rows - before.counts.late_rows
    rows = now.counts.rows - before.counts.rows
    return _share("late", late, rows, limits.late_share, "rows came too late for their window")


def _pooled(now: MonitorStatus, before: MonitorStatus) -> HealthCheck:
    values = now.counts.pooled_values - before.counts.pooled_values
    failing = (
        f"{values:,} values were pooled as (other), because there are too many columns or models that no reference "
        "has: see the table panes, and who invents their names"
    )
    return _check("pooled", values > 0, values, 0, failing, "no columns or models are pooled any more")


def _namespaces(now: MonitorStatus) -> HealthCheck:
    mixed = sorted((model, names) for model, names in now.counts.namespaces.items() if len(names) > 1)
    failing = ""
    for model, names in mixed[:1]:
        of = ", ".join(sorted(names)[:_SHOWN])
        more = f", and {len(mixed) - 1} more models" if len(mixed) > 1 else ""
        failing = (
            f"the events of {model} come from {len(names)} namespaces ({of}){more}, and are judged as one model: "
            "set namespaces to those to watch"
        )
    return _check("namespaces", bool(mixed), len(mixed), 0, failing, "each model is of one namespace")


def _skipped(now: MonitorStatus, before: MonitorStatus) -> HealthCheck:
    count, model = _new(now.counts.skipped_rows, before.counts.skipped_rows)
    failing = (
        f"{count:,} rows were skipped, because another monitor has their models in the same tables, most of "
        f"{model}, which the one with the checkpoint {now.counts.holders.get(model)} has; if that one has ended "
        "for good, start once with --take-over"
    )
    return _check("skipped", count > 0, count, 0, failing, "no rows of other monitors' models are skipped any more")


def _share(name: str, count: int, total: int, limit: float, what: str, more: str = "") -> HealthCheck:
    share, text = count / total if total else 0.0, f"{count:,} of the last {total:,} {what}"
    ok = f"{text}, which is within the limit of {limit:.2%}"
    return _check(name, total >= _LEAST and share > limit, share, limit, text + more, ok)


def _undelivered(now: MonitorStatus, limits: HealthLimits) -> Iterator[HealthCheck]:
    for sink, waiting in sorted(now.waiting.items()):
        since = now.time - timedelta(seconds=now.blocked_s[sink])
        failing = f"the sink {sink} has accepted no notification since {_minute(since)}; {waiting:,} wait"
        messages, limit = (failing, f"the sink {sink} accepts notifications again"), limits.undelivered_after
        yield _too_long(f"undelivered {sink}", "critical", since, now.time, limit, *messages)


def _minute(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
