"""Where a monitor's alerts go, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sparkmon.alerts.policy import Policy
from sparkmon.errors import OptionError
from sparkmon.sinks import AlertSink, ConsoleSink


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

    def __post_init__(self) -> None:
        object.__setattr__(self, "sinks", tuple(self.sinks))
        names = [sink.name for sink in self.sinks]
        shared = sorted({name for name in names if names.count(name) > 1})
        if shared:
            raise OptionError(f"got two sinks named {shared[0]!r}; give each a name of its own")
        for name in (name for route in self.policy.routes for name in route.sinks):
            if name not in names:
                raise OptionError(
                    f"got a route to {name!r}, which is no sink; expected {', '.join(names)}"
                )
        repeat_interval = self.policy.repeat_interval
        for sink in self.sinks:
            timeout = sink.resolve_timeout
            if timeout is not None and timeout <= (repeat_interval or timedelta()):
                raise OptionError(
                    f"got resolve_timeout {timeout} for the sink {sink.name!r}; expected longer than the policy's "
                    f"repeat_interval, {repeat_interval}: otherwise the sink resolves an alert before its reminder"
                )
