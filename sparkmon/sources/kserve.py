"""The inference log that KServe or ``sparkmon receive`` has written."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pyspark.sql import DataFrame, SparkSession

from sparkmon.option_types import Location
from sparkmon.sources.event_source import EventSource, register_source


@register_source
@dataclass(frozen=True)
class KServeSource(EventSource):
    """The spool of ``sparkmon receive``, or the objects of KServe's store logger."""

    format = "kserve"

    path: Location
    """The directory or URL of a spool or of stored objects."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Options of the Spark source ``kserve``, each a number or string."""

    def read_by(self, reader: str) -> "KServeSource":
        """Return the source under the name of the note that its query leaves in the spool, unless it has one."""
        return replace(self, options={"reader": reader, **self.options})

    @property
    def description(self) -> str:
        """What is read, in a few words."""
        return f"the inference log {self.path}"

    def events(self, spark: SparkSession) -> DataFrame:
        """Open the stream of events."""
        return spark.readStream.format("kserve").options(**self.options).load(self.path)
