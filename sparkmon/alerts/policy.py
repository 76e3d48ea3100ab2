"""The policy: which of the troubles that windows show are told, to whom, and which are not, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from sparkmon.alerts.matcher import SEVERITIES, Matcher
from sparkmon.errors import OptionError
from sparkmon.sinks import Severity

__all__ = ["Policy", "Route", "SeverityRule"]


@dataclass(frozen=True, slots=True)
class Route:
    """Alerts that match go to these sinks, by name."""

    matcher: Matcher
    sinks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeverityRule:
    """Alerts that match have this severity."""

    matcher: Matcher
    severity: Severity


@dataclass(frozen=True, slots=True)
class Policy:
    """When something is told. Lengths of time are those of the events, but for ``per``, which is by the clock.

    Raises
    ------
    OptionError
        A value is out of its range.

    Examples
    --------
    >>> Policy().resolve_after, Policy().repeat
    (2, datetime.timedelta(days=1))
    >>> Policy(resolve_after=0)
    Traceback (most recent call last):
    ...
    sparkmon.errors.OptionError: [SPARKMON_OPTION] got resolve_after=0; expected 1 or more
    """

    notify: Literal["change", "every"] = "change"
    """``change``: an incident is told when it is fired, becomes graver, and is resolved. ``every``: in each window."""
    resolve_after: int = 2
    """How many windows in a row have to be fine for an incident to be resolved."""
    repeat: timedelta | None = timedelta(days=1)
    """How long after it was last told an incident that is still open is told again; None for never."""
    cool_down: timedelta = timedelta(hours=1)
    """How long after its recovery was told an incident that is fired again is not told; it is once that is over."""
    flap_changes: int = 4
    """An incident that was fired or resolved so often within ``flap_windows`` is told no more until it settles."""
    flap_windows: int = 20
    """See ``flap_changes``."""
    at_most: int = 20
    """So many notifications go to one sink within ``per``; what is left is told as soon as it may be."""
    per: timedelta = timedelta(hours=1)
    """See ``at_most``; by the clock on the wall."""
    forget_after: timedelta = timedelta(days=1)
    """An incident ends, too, when no window has said anything of its column for so long, such as of an old version."""
    severities: tuple[SeverityRule, ...] = field(default=())
    """The first rule that matches sets the severity; without, it is that of the alert."""
    routes: tuple[Route, ...] = field(default=())
    """An alert goes to the sinks of all routes that match; to every sink where there are no routes at all."""

    def __post_init__(self) -> None:
        if self.notify not in ("change", "every"):
            raise OptionError.malformed("notify", self.notify, "change or every")
        for name in ("resolve_after", "flap_changes", "flap_windows", "at_most"):
            if getattr(self, name) < 1:
                raise OptionError.malformed(name, getattr(self, name), "1 or more")
        for name in ("cool_down", "per", "forget_after"):
            if getattr(self, name) < timedelta():
                raise OptionError.malformed(name, getattr(self, name), "no negative interval")
        named = [rule.severity for rule in self.severities]
        named += [rule.matcher.severity for rule in self.severities]
        named += [route.matcher.severity for route in self.routes]
        for severity in named:
            if severity not in SEVERITIES:
                raise OptionError.malformed("severity", severity, ", ".join(SEVERITIES))

    def check_sinks(
        self, names: Sequence[str], keeps: Mapping[str, timedelta] | None = None
    ) -> None:
        """Refuse sinks that do not fit the policy.

        Parameters
        ----------
        names : sequence of str
            Their names.
        keeps : mapping, optional
            How long those that forget alerts keep them, by name; see :attr:`sparkmon.sinks.AlertSink.keep`.

        Raises
        ------
        OptionError
            A route names a sink that is none of ``names``, two sinks share a name, or one forgets an alert before it is
            told again.
        """
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise OptionError(f"got two sinks named {twice[0]!r}; give each a name of its own")
        for route in self.routes:
            for name in route.sinks:
                if name not in names:
                    raise OptionError(
                        f"got a route to {name!r}, which is no sink; expected {', '.join(names)}"
                    )
        for name, keep in (keeps or {}).items():
            if keep <= (self.repeat or timedelta()):
                raise OptionError(
                    f"got keep {keep} for the sink {name!r}; expected longer than repeat of the policy, {self.repeat}: "
                    "an alert would end there before it is told again"
                )
