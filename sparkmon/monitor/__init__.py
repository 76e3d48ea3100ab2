"""The monitor: puts the rooms together over any DataFrame of events, streaming or not."""

from sparkmon.monitor.attributions_watch import AttributionsWatch as AttributionsWatch
from sparkmon.monitor.labels_watch import LabelsWatch as LabelsWatch
from sparkmon.monitor.monitor import COMPONENTS as COMPONENTS, Monitor as Monitor
from sparkmon.monitor.monitor_query import MonitorQuery as MonitorQuery
from sparkmon.monitor.windows import Windows as Windows
