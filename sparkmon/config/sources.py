"""Where a monitor's events come from: the ``source`` of ``monitor.yaml``, one class per format."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator
from pyspark.sql import DataFrame, SparkSession

from sparkmon.config.values import Location, Options, Strict, Text, as_strings
from sparkmon.protocol.hopsworks_avro import SchemaVersion, TimeUnit
from sparkmon.sources import hopsworks_events, kafka_events

__all__ = ["HopsworksSource", "KServeSource", "KafkaSource"]

_FORMATS = "kserve, kafka or hopsworks"


class _Source(Strict):
    options: Options = Field({}, description="options of the Spark source, each a number or string")

    @field_validator("options", mode="before")
    @classmethod
    def _strings(cls, options: object) -> object:
        return as_strings(options)


class KServeSource(_Source):
    """``format: kserve``: the spool of ``sparkmon receive``, or the objects of KServe's store logger."""

    format: Literal["kserve"] = Field(description=_FORMATS)
    path: Location = Field(description="the directory or URL of a spool or of stored objects")

    def events(self, spark: SparkSession) -> DataFrame:
        """Open the stream of events."""
        return spark.readStream.format("kserve").options(**self.options).load(self.path)

    def described(self) -> str:
        """Say in a few words what is read."""
        return f"the inference log {self.path}"


class _Topic(_Source):
    """A topic, read from its beginning unless ``startingOffsets`` is set."""

    bootstrap_servers: Text = Field(description="the brokers, such as broker:9092")
    topic: Text = Field(description="the topic with the log")

    def records(self, spark: SparkSession) -> DataFrame:
        """Open the stream of Kafka's records."""
        options = {"startingOffsets": "earliest"} | self.options
        options |= {
            "kafka.bootstrap.servers": self.bootstrap_servers,
            "subscribe": self.topic,
            "includeHeaders": "true",
        }
        return spark.readStream.format("kafka").options(**options).load()

    def described(self) -> str:
        """Say in a few words what is read."""
        return f"the topic {self.topic} of {self.bootstrap_servers}"


class KafkaSource(_Topic):
    """``format: kafka``: CloudEvents on a topic."""

    format: Literal["kafka"] = Field(description=_FORMATS)

    def events(self, spark: SparkSession) -> DataFrame:
        """Open the stream of events."""
        return kafka_events(self.records(spark))


class HopsworksSource(_Topic):
    """``format: hopsworks``: the Avro inference log of Hopsworks deployments on a topic."""

    format: Literal["hopsworks"] = Field(description=_FORMATS)
    schema_version: SchemaVersion | None = Field(
        None, description="1, 2, 3 or 4: the version of inferenceschema that all records have"
    )
    time_unit: TimeUnit = Field("auto", description="auto, s or ms: the unit of requestTimestamp")

    def events(self, spark: SparkSession) -> DataFrame:
        """Open the stream of events."""
        return hopsworks_events(self.records(spark), self.schema_version, self.time_unit)
