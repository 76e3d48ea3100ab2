"""When a monitor itself is not well, and where it tells: ``health`` and ``metrics`` of ``monitor.yaml``."""

from __future__ import annotations

from pydantic import Field

from sparkmon.config.values import Interval, Strict, Text
from sparkmon.health import HealthLimits
from sparkmon.interval import parse_interval

__all__ = ["HealthSettings", "MetricsSettings"]


class HealthSettings(Strict):
    """See :class:`sparkmon.HealthLimits`."""

    stalled_after: Interval = Field(
        "10 minutes", description="how long no batch ends, although events wait, until it is told"
    )
    silent_after: Interval | None = Field(
        "1 day", description="how long no events come until it is told; null for never"
    )
    dead_letter_share: float = Field(
        0.01, description="the share of events that may be undecodable", ge=0, le=1
    )
    late_share: float = Field(0.01, description="the share of events that may be late", ge=0, le=1)
    undelivered_after: Interval = Field(
        "10 minutes", description="how long a sink fails until it is told"
    )

    def limits(self) -> HealthLimits:
        """Make the limits."""
        silent = self.silent_after
        return HealthLimits(
            stalled_after=parse_interval("stalled_after", self.stalled_after),
            silent_after=None if silent is None else parse_interval("silent_after", silent),
            dead_letter_share=self.dead_letter_share,
            late_share=self.late_share,
            undelivered_after=parse_interval("undelivered_after", self.undelivered_after),
        )


class MetricsSettings(Strict):
    """Where Prometheus scrapes the monitor."""

    port: int = Field(description="the port of /metrics; 0 takes a free one", ge=0, le=65535)
    host: Text = Field("127.0.0.1", description="the address to listen on, such as 0.0.0.0")
