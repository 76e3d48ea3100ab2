"""A monitor as a file: ``monitor.yaml``, checked to the line, with the same meaning as the Python."""

from sparkmon.config.options import REQUIRED, Option, options_of
from sparkmon.config.read import read_config
from sparkmon.config.settings import MetricsEndpoint, MonitorConfig, StoreLocation

__all__ = ["REQUIRED", "MetricsEndpoint", "MonitorConfig", "Option", "StoreLocation", "options_of", "read_config"]
