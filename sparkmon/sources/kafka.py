"""CloudEvents from Spark's own Kafka source, in both content modes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import zip_longest
from math import inf
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession

from sparkmon.errors import OptionError
from sparkmon.protocol import DEFAULT_LIMITS, Limits, events_to_batch, from_kafka
from sparkmon.records import Event
from sparkmon.schemas import EVENTS
from sparkmon.sources.event_source import EventSource, register_source

_YEAR_9999_US = 253_370_764_800_000_000
_UNBOUND = replace(DEFAULT_LIMITS, ahead_s=inf)


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

    Notes
    -----
    The record's own timestamp stands in for a missing ``ce-time``. It bounds ``ce-time`` only if it is the broker's
    (``timestampType`` 1, ``LogAppendTime``): ``CreateTime`` is what the producer claims.

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
    return events_of_records(
        records,
        ("value", "headers"),
        'format("kafka").option("includeHeaders", "true")',
        lambda value, headers, time, limits: [
            from_kafka([(h["key"], h["value"]) for h in headers or ()], value, received_time=time, limits=limits)
        ],
    )


def events_of_records(
    records: DataFrame, columns: Sequence[str], reading: str, events_of: Callable[..., Iterable[Event]]
) -> DataFrame:
    """Turn each record into events on the workers; OptionError, with how to read them, if a column is missing.

    ``events_of`` gets the cells of a record in the order of ``columns``, its time, and the limits that hold for it.
    """
    for name in (*columns, "timestamp"):
        if name not in records.columns:
            raise OptionError(f"got Kafka records without the column {name!r}; read them with {reading}")

    def convert(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            cells = zip(*(batch[name].to_pylist() for name in columns), strict=True)
            events = [
                event
                for record, receipt in zip(cells, _receipts(batch), strict=True)
                for event in events_of(*record, *receipt)
            ]
            yield events_to_batch(events)

    types = [name for name in records.columns if name == "timestampType"]
    return records.select(*columns, "timestamp", *types).mapInArrow(convert, EVENTS)


def _receipts(batch: pa.RecordBatch) -> Iterator[tuple[datetime | None, Limits]]:
    """Give each record's timestamp, and the limits by which its event is read: a producer's clock bounds nothing.

    A timestamp before 1970 (-1) or from the year 9999 on (microseconds taken for milliseconds) is none.
    """
    stamps: Any = batch["timestamp"].cast(pa.timestamp("us", "UTC"))
    micros = stamps.cast(pa.int64())
    is_time = pc.and_(pc.less(micros, pa.scalar(_YEAR_9999_US)), pc.greater_equal(micros, pa.scalar(0)))
    times = pc.if_else(is_time, stamps, pa.scalar(None, stamps.type)).to_pylist()
    types = batch["timestampType"].to_pylist() if "timestampType" in batch.schema.names else []
    for time, kind in zip_longest(times, types):
        yield time, DEFAULT_LIMITS if kind == 1 else _UNBOUND


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
