"""How the monitor itself is: what its queries tell, as metrics for Prometheus and as alerts."""

from sparkmon.health.limits import HealthLimits
from sparkmon.health.metrics import HealthMetrics
from sparkmon.health.tally import Tally, Traffic
from sparkmon.health.vitals import Vitals
from sparkmon.health.watchdog import MONITOR, Watchdog, health_writer

__all__ = [
    "MONITOR",
    "HealthLimits",
    "HealthMetrics",
    "Tally",
    "Traffic",
    "Vitals",
    "Watchdog",
    "health_writer",
]
