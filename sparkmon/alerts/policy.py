"""Where alerts go, and the policy: which incidents notify, when, and to which sinks."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from sparkmon.alerts.matcher import SEVERITIES, Matcher, Pattern
from sparkmon.errors import OptionError
from sparkmon.interval import format_interval
from sparkmon.sinks import AlertSink, ConsoleSink, Severity

_URL = re.compile(r"https?://[^\s?#]+")


@dataclass(frozen=True, slots=True)
class Route(Matcher):
    """Sends the alerts that match to these sinks, by name."""

    sinks: tuple[str, ...] = field(kw_only=True)
    """A list of names of sinks."""


@dataclass(frozen=True, slots=True)
class SeverityRule(Pattern):
    """Sets the severity of the alerts that match."""

    severity: Severity = field(kw_only=True)
    """The severity to set: info, warning or critical."""


@dataclass(frozen=True, slots=True)
class Policy:
    """When notifications are sent. Intervals are event time, except ``rate_limit_interval``, which is processing time.

    Raises
    ------
    OptionError
        A value is out of its range.

    Examples
    --------
    >>> Policy().resolve_after, Policy().repeat_interval
    (2, datetime.timedelta(days=1))
    >>> Policy(resolve_after=0)
    Traceback (most recent call last):
    ...
    sparkmon.errors.OptionError: [SPARKMON_OPTION] got resolve_after=0; expected 1 or more
    """

    notify_on: Literal["change", "each"] = "change"
    """``change``: notify when an incident starts firing, escalates or resolves. ``each``: notify in each window."""
    resolve_after: int = 2
    """The number of consecutive ok windows that resolve an incident."""
    repeat_interval: timedelta | None = timedelta(days=1)
    """How long after the last notification an open incident is notified again; None for never."""
    cool_down: timedelta = timedelta(hours=1)
    """How long after the notification of its recovery an incident that fires again is not notified."""
    flap_changes: int = 4
    """An incident with this many transitions within ``flap_windows`` is not notified until it settles."""
    flap_windows: int = 20
    """See ``flap_changes``."""
    max_notifications: int = 20
    """A sink is sent at most this many critical notifications within ``rate_limit_interval``, and as many others; what
    exceeds that follows later. Those on the monitor itself are not limited."""
    rate_limit_interval: timedelta = timedelta(hours=1)
    """See ``max_notifications``; in processing time."""
    resolve_timeout: timedelta = timedelta(days=1)
    """An incident also resolves when no window has shown its column for so long, such as that of an old version; one of
    windows that are long, after ``resolve_after`` of them."""
    severities: tuple[SeverityRule, ...] = field(default=())
    """The first rule that matches sets the severity; if none does, it is that of the alert."""
    routes: tuple[Route, ...] = field(default=())
    """An alert goes to the sinks of all routes that match; without routes, to every sink."""

    def __post_init__(self) -> None:
        if self.notify_on not in ("change", "each"):
            raise OptionError.malformed("notify_on", self.notify_on, "change or each")
        for name in ("resolve_after", "flap_changes", "flap_windows", "max_notifications"):
            if getattr(self, name) < 1:
                raise OptionError.malformed(name, getattr(self, name), "1 or more")
        for name in ("cool_down", "rate_limit_interval", "resolve_timeout"):
            if getattr(self, name) < timedelta():
                raise OptionError.malformed(name, getattr(self, name), "no negative interval")
        severities = [rule.severity for rule in self.severities]
        severities += [route.severity for route in self.routes]
        for severity in severities:
            if severity not in SEVERITIES:
                raise OptionError.malformed("severity", severity, ", ".join(SEVERITIES))

    def severity_of(self, alert: Mapping[str, Any], severity: Severity) -> Severity:
        """Return the severity of an alert by the first rule that matches, else its own."""
        matching = (rule.severity for rule in self.severities if rule.selects(alert))
        return next(matching, severity)

    def route(self, alert: Mapping[str, Any], severity: Severity, sinks: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of the sinks that an alert goes to."""
        if not self.routes:
            return sinks
        names = {name for route in self.routes if route.matches(alert, severity) for name in route.sinks}
        return tuple(name for name in sinks if name in names)


@dataclass(frozen=True)
class Alerting:
    """Sinks, and the policy that decides what they get.

    Raises
    ------
    OptionError
        A route names a sink that does not exist, two sinks share a name, or a sink resolves an alert before its next
        notification.

    Examples
    --------
    >>> from sparkmon.sinks import LogSink
    >>> [sink.name for sink in Alerting([LogSink(), LogSink(name="audit")]).sinks]
    ['log', 'audit']
    """

    sinks: Sequence[AlertSink] = (ConsoleSink(),)
    """The destinations of alerts, next to the table ``alerts``."""
    policy: Policy = field(default_factory=Policy)
    """When alerts are sent, and to which sinks."""
    dashboard_url: str | None = None
    """Where browsers reach ``sparkmon dashboard``, such as https://monitor.example.com: alerts carry the address of
    their incident."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "sinks", tuple(self.sinks))
        if self.dashboard_url is not None:
            if not _URL.fullmatch(self.dashboard_url):
                raise OptionError.malformed("dashboard_url", self.dashboard_url, "an http:// or https:// URL")
            object.__setattr__(self, "dashboard_url", self.dashboard_url.rstrip("/"))
        names = [sink.name for sink in self.sinks]
        shared = sorted({name for name in names if names.count(name) > 1})
        if shared:
            raise OptionError(f"got two sinks named {shared[0]!r}; give each a name of its own")
        for name in (name for route in self.policy.routes for name in route.sinks):
            if name not in names:
                raise OptionError(f"got a route to {name!r}, which is no sink; expected {', '.join(names)}")
        self._check_repeat(self.policy.repeat_interval or timedelta())

    def check_windows(self, lengths: Iterable[timedelta]) -> None:
        """Refuse a sink that resolves an alert before the next window of one of these lengths can repeat it."""
        policy = self.policy
        if policy.notify_on == "change" and policy.repeat_interval is None:
            return  # nothing is repeated
        repeat = timedelta() if policy.notify_on == "each" else policy.repeat_interval
        for length in lengths:
            pause = max(-(-(repeat or timedelta()) // length), 1) * length
            self._check_repeat(pause)

    def _check_repeat(self, pause: timedelta) -> None:
        for sink in self.sinks:
            if sink.resolve_timeout is not None and sink.resolve_timeout <= pause:
                raise OptionError(
                    f"got resolve_timeout {format_interval(sink.resolve_timeout)} for the sink {sink.name!r}; expected "
                    f"more than {format_interval(pause)}, after which an open incident is notified again: otherwise "
                    "the sink resolves it before"
                )
