"""Events at rest, as ordered logs: the receiver's spool and the objects of KServe's store logger. Needs no Spark."""

from sparkmon.logs.log import InferenceLog as InferenceLog, Offset as Offset
from sparkmon.logs.objects import ObjectLog as ObjectLog
from sparkmon.logs.spool_reader import SpoolLog as SpoolLog
from sparkmon.logs.spool_writer import SpoolWriter as SpoolWriter
