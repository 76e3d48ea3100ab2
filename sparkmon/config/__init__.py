"""A monitor as a file: ``monitor.yaml``, checked to the line, with the same meaning as the Python."""

from sparkmon.config.json_schema import json_schema as json_schema
from sparkmon.config.options import REQUIRED as REQUIRED, Option as Option, options_of as options_of
from sparkmon.config.read import read_config as read_config
from sparkmon.config.settings import (
    MetricsEndpoint as MetricsEndpoint,
    MonitorConfig as MonitorConfig,
    StoreLocation as StoreLocation,
)
