"""Where a monitor's alerts go, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sparkmon.alerts.policy import Policy
from sparkmon.sinks import AlertSink, ConsoleSink


@dataclass(frozen=True)
class Alerting:
    """Sinks, and the policy that decides what they get.

    Raises
    ------
    OptionError
        The sinks do not fit the policy; see :meth:`Policy.check_sinks`.

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
        timeouts = {
            sink.name: sink.resolve_timeout
            for sink in self.sinks
            if sink.resolve_timeout is not None
        }
        self.policy.check_sinks([sink.name for sink in self.sinks], timeouts)
