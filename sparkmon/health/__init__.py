"""The health of the monitor itself: its queries' progress as metrics for Prometheus and as alerts."""

from sparkmon.alerts.health import MONITOR
from sparkmon.health.counters import Counters, Counts, Traffic
from sparkmon.health.health_checks import HealthLimits
from sparkmon.health.status import MonitorStatus
from sparkmon.health.watchdog import Watchdog, health_writer

__all__ = ["MONITOR", "Counters", "Counts", "HealthLimits", "MonitorStatus", "Traffic", "Watchdog", "health_writer"]
