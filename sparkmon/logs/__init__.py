"""Events at rest, as ordered logs: the receiver's spool and the objects of KServe's store logger. Needs no Spark."""

from sparkmon.logs.log import InferenceLog, Offset
from sparkmon.logs.objects import ObjectLog
from sparkmon.logs.spool_reader import SpoolLog
from sparkmon.logs.spool_writer import SpoolWriter

__all__ = ["InferenceLog", "ObjectLog", "Offset", "SpoolLog", "SpoolWriter"]
