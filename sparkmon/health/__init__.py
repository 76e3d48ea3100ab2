"""The health of the monitor itself: its queries' progress as metrics for Prometheus and as alerts."""

from sparkmon.alerts.health import MONITOR
from sparkmon.health.counters import Counters, Counts, Traffic, Unanswered
from sparkmon.health.health_checks import HealthLimits
from sparkmon.health.status import MonitorStatus
from sparkmon.health.watchdog import Watchdog

__all__ = ["MONITOR", "Counters", "Counts", "HealthLimits", "MonitorStatus", "Traffic", "Unanswered", "Watchdog"]
