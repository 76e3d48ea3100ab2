"""CloudEvents from Spark's own Kafka source, in both content modes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from sparkmon.errors import OptionError
from sparkmon.protocol import events_to_batch, from_kafka
from sparkmon.schemas import EVENTS
from sparkmon.sources.event_source import EventSource, register_source


def kafka_events(records: DataFrame) -> DataFrame:
    """Turn records of Spark's Kafka source into events.

    Parameters
    ----------
    records : DataFrame
        From ``format("kafka")`` with the option ``includeHeaders`` set to ``true``, streaming or not. CloudEvents in
        binary mode (Knative's brokers and sinks) and in structured mode may be mixed.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.EVENTS``. A record that is no CloudEvent becomes a dead letter with its bytes.

    Raises
    ------
    OptionError
        A column is missing; without ``includeHeaders`` the headers are.

    Examples
    --------
    Records as ``spark.readStream.format("kafka").option("includeHeaders", "true")`` reads them:

    >>> records = spark.sql(
    ...     "SELECT CAST('{}' AS BINARY) AS value, TIMESTAMP '2026-01-05' AS timestamp, array("
    ...     "named_struct('key', 'ce_id', 'value', CAST('1' AS BINARY)), "
    ...     "named_struct('key', 'ce_source', 'value', CAST('pod' AS BINARY)), "
    ...     "named_struct('key', 'ce_type', 'value', CAST('org.kubeflow.serving.inference.request' AS BINARY))"
    ...     ") AS headers"
    ... )
    >>> kafka_events(records).select("event_id", "event_type").collect()
    [Row(event_id='1', event_type='request')]
    """
    for name in ("value", "timestamp", "headers"):
        if name not in records.columns:
            raise OptionError(
                f"got Kafka records without the column {name!r}; read them with "
                'format("kafka").option("includeHeaders", "true")'
            )

    def convert(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            columns = zip(*(column.to_pylist() for column in batch.columns), strict=True)
            yield events_to_batch(
                [
                    from_kafka(_pairs(headers), value, received_time=time)
                    for value, time, headers in columns
                ]
            )

    return records.select("value", "timestamp", "headers").mapInArrow(convert, EVENTS)


def _pairs(headers: list[dict[str, Any]] | None) -> list[tuple[str, bytes | None]]:
    return [(header["key"], header["value"]) for header in headers or ()]


@register_source
@dataclass(frozen=True)
class KafkaSource(EventSource):
    """CloudEvents on a topic, which is read from its beginning unless ``startingOffsets`` is set."""

    format = "kafka"
    uses_kafka = True

    bootstrap_servers: str
    """The brokers, such as broker:9092."""
    topic: str
    """The topic with the log."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Options of the Spark source ``kafka``, each a number or string."""

    @property
    def description(self) -> str:
        """What is read, in a few words."""
        return f"the topic {self.topic} of {self.bootstrap_servers}"

    def records(self, spark: SparkSession) -> DataFrame:
        """Open the stream of Kafka's records."""
        options = {
            "startingOffsets": "earliest",
            **self.options,
            "kafka.bootstrap.servers": self.bootstrap_servers,
            "subscribe": self.topic,
            "includeHeaders": "true",
        }
        return spark.readStream.format("kafka").options(**options).load()

    def events(self, spark: SparkSession) -> DataFrame:
        """Open the stream of events."""
        return kafka_events(self.records(spark))
