"""The health of the monitor itself: its queries' progress as metrics for Prometheus and as alerts."""

from sparkmon.alerts.health import MONITOR as MONITOR
from sparkmon.health.health_checks import HealthLimits as HealthLimits
from sparkmon.health.status import (
    Counters as Counters,
    Counts as Counts,
    MonitorStatus as MonitorStatus,
    Traffic as Traffic,
    Unanswered as Unanswered,
    Verdicts as Verdicts,
)
from sparkmon.health.watchdog import Watchdog as Watchdog
