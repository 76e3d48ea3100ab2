"""The inference log that KServe or ``sparkmon receive`` has written."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pyspark.sql import DataFrame, SparkSession

from sparkmon.compat import HAS_DATA_SOURCES
from sparkmon.errors import OptionError
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
        """Open the stream of events; OptionError where Spark has no sources in Python."""
        require_data_sources()
        return spark.readStream.format("kserve").options(**self.options).load(self.path)


def require_data_sources() -> None:
    """Raise OptionError where Spark has no sources in Python, and so not this one."""
    if not HAS_DATA_SOURCES:
        raise OptionError(
            "got the source kserve and Spark 3.5, which has no sources written in Python; "
            "expected the source kafka or hopsworks, or Spark 4.0 or newer"
        )
