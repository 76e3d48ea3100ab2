"""The alert policy: the key ``policy`` of ``monitor.yaml``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sparkmon.alerts import Matcher, Policy, Route, SeverityRule
from sparkmon.config.values import Interval, Strict, Text
from sparkmon.interval import parse_interval
from sparkmon.sinks import Severity

__all__ = ["PolicySettings", "RouteSettings", "SeveritySettings"]

_PATTERN = "a pattern in which * stands for any text, such as"
_SEVERITIES = "info, warning or critical"


class _Matched(Strict):
    model: Text = Field("*", description=f"{_PATTERN} flights")
    column: Text = Field("*", description=f"{_PATTERN} temp*")
    slice: Text = Field("*", description=f"{_PATTERN} origin=JFK")

    def matcher(self, severity: Severity = "info") -> Matcher:
        """Return what it matches."""
        return Matcher(self.model, self.column, self.slice, severity)


class SeveritySettings(_Matched):
    """The severity of the alerts that match."""

    severity: Severity = Field(description=_SEVERITIES)


class RouteSettings(_Matched):
    """The sinks of the alerts that match."""

    severity: Severity = Field("info", description=f"the least severity: {_SEVERITIES}")
    sinks: tuple[Text, ...] = Field(description="a list of names of sinks", min_length=1)


class PolicySettings(Strict):
    """See :class:`sparkmon.Policy`."""

    notify_on: Literal["change", "each"] = Field(
        "change", description="change (firing, escalated, resolved) or each (each window)"
    )
    resolve_after: int = Field(
        2, description="the number of consecutive ok windows that resolve an alert", ge=1
    )
    repeat_interval: Interval | None = Field(
        "1 day", description="how long until an open alert is notified again; null for never"
    )
    cool_down: Interval = Field(
        "1 hour",
        description="how long after its recovery an alert that fires again is not notified",
    )
    flap_changes: int = Field(
        4,
        description="an alert with this many transitions within flap_windows is not notified",
        ge=1,
    )
    flap_windows: int = Field(20, description="a number of windows; see flap_changes", ge=1)
    max_notifications: int = Field(
        20, description="a sink is sent at most this many within rate_limit_interval", ge=1
    )
    rate_limit_interval: Interval = Field(
        "1 hour", description="an interval; see max_notifications"
    )
    resolve_timeout: Interval = Field(
        "1 day", description="how long a column has no traffic until its alert resolves"
    )
    severities: tuple[SeveritySettings, ...] = Field(
        (), description="a list of rules, such as [{column: temp, severity: critical}]"
    )
    routes: tuple[RouteSettings, ...] = Field(
        (), description="a list of routes, such as [{severity: critical, sinks: [pager]}]"
    )

    def policy(self) -> Policy:
        """Make the policy."""
        return Policy(
            notify_on=self.notify_on,
            resolve_after=self.resolve_after,
            repeat_interval=None
            if self.repeat_interval is None
            else parse_interval("repeat_interval", self.repeat_interval),
            cool_down=parse_interval("cool_down", self.cool_down),
            flap_changes=self.flap_changes,
            flap_windows=self.flap_windows,
            max_notifications=self.max_notifications,
            rate_limit_interval=parse_interval("rate_limit_interval", self.rate_limit_interval),
            resolve_timeout=parse_interval("resolve_timeout", self.resolve_timeout),
            severities=tuple(
                SeverityRule(each.matcher(), each.severity) for each in self.severities
            ),
            routes=tuple(Route(each.matcher(each.severity), each.sinks) for each in self.routes),
        )
