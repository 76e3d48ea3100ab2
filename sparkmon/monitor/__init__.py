"""The monitor: puts the rooms together over any DataFrame of events, streaming or not."""

from sparkmon.monitor.longer_windows import check_longer_windows
from sparkmon.monitor.monitor import Monitor

__all__ = ["Monitor", "check_longer_windows"]
