"""The monitor: puts the rooms together over any DataFrame of events, streaming or not."""

from sparkmon.monitor.monitor import COMPONENTS, Monitor
from sparkmon.monitor.monitor_query import MonitorQuery
from sparkmon.monitor.windows import Windows

__all__ = ["COMPONENTS", "Monitor", "MonitorQuery", "Windows"]
