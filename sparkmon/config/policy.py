"""When alerts are told, and to whom: the ``policy`` of ``monitor.yaml``."""

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

    notify: Literal["change", "every"] = Field(
        "change", description="change (fired, graver, resolved) or every (each window)"
    )
    resolve_after: int = Field(
        2, description="how many windows in a row have to be fine to resolve an alert", ge=1
    )
    repeat: Interval | None = Field(
        "1 day", description="how soon an open alert is told again; null for never"
    )
    cool_down: Interval = Field(
        "1 hour", description="how long after its recovery an alert is not told again"
    )
    flap_changes: int = Field(
        4, description="so many changes within flap_windows hold an alert back", ge=1
    )
    flap_windows: int = Field(20, description="a number of windows; see flap_changes", ge=1)
    at_most: int = Field(20, description="how many notifications a sink gets within per", ge=1)
    per: Interval = Field("1 hour", description="an interval; see at_most")
    forget_after: Interval = Field(
        "1 day", description="how long a column has no traffic until its alert ends"
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
            notify=self.notify,
            resolve_after=self.resolve_after,
            repeat=None if self.repeat is None else parse_interval("repeat", self.repeat),
            cool_down=parse_interval("cool_down", self.cool_down),
            flap_changes=self.flap_changes,
            flap_windows=self.flap_windows,
            at_most=self.at_most,
            per=parse_interval("per", self.per),
            forget_after=parse_interval("forget_after", self.forget_after),
            severities=tuple(
                SeverityRule(each.matcher(), each.severity) for each in self.severities
            ),
            routes=tuple(Route(each.matcher(each.severity), each.sinks) for each in self.routes),
        )
