"""A monitor as a file: ``monitor.yaml``, checked to the line, with the same meaning as the Python."""

from sparkmon.config.read import read_config
from sparkmon.config.settings import MonitorConfig, Store
from sparkmon.config.sinks import SinkSettings
from sparkmon.config.sources import HopsworksSource, KafkaSource, KServeSource
from sparkmon.interval import parse_interval

__all__ = [
    "HopsworksSource",
    "KServeSource",
    "KafkaSource",
    "MonitorConfig",
    "SinkSettings",
    "Store",
    "parse_interval",
    "read_config",
]
