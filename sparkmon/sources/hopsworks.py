"""The inference log of Hopsworks deployments from Spark's own Kafka source."""

from dataclasses import dataclass
from typing import get_args

from pyspark.sql import DataFrame, SparkSession

from sparkmon.errors import OptionError
from sparkmon.protocol import from_hopsworks_avro
from sparkmon.protocol.hopsworks_avro import SchemaVersion, TimeUnit, avro_reader
from sparkmon.sources.event_source import register_source
from sparkmon.sources.kafka import KafkaSource, events_of_records


def hopsworks_events(
    records: DataFrame, schema_version: SchemaVersion | None = None, time_unit: TimeUnit = "auto"
) -> DataFrame:
    """Turn records of an inference log topic of Hopsworks into events.

    Parameters
    ----------
    records : DataFrame
        From ``format("kafka")``, streaming or not. Their values are plain Avro of the subject ``inferenceschema``.
    schema_version : {1, 2, 3, 4}, optional
        The version of all records; without it, that of each is recognised. Deployments on KServe write version 4.
    time_unit : {"auto", "s", "ms"}
        The unit of ``requestTimestamp``. ``auto`` decides by the size of the numbers.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.EVENTS``: a request and a response of each record of versions 1 to 3, whose id is the
        record's topic, partition and offset; one of them of version 4, whose id is ``inferenceId``. ``model`` is
        ``modelName`` and the annotation ``model-version`` is ``modelVersion``. A record that cannot be read becomes
        a dead letter with its bytes.

    Raises
    ------
    OptionError
        A column is missing, or there is no such version or unit.
    MissingExtraError
        fastavro is not installed; the workers need it too.

    Examples
    --------
    A request of version 4, as ``spark.readStream.format("kafka")`` reads it:

    >>> records = spark.sql(
    ...     "SELECT X'0E0A66726175640480E0A0B7F1669003"  # deployment 7, 'fraud', version 2, a time, status 200
    ...     "0461310E726571756573741E7B22696E70757473223A205B315D7D' AS value, "  # 'a1', 'request', '{"inputs": [1]}'
    ...     "TIMESTAMP '2026-01-05' AS timestamp, 'log' AS topic, 0 AS partition, 0L AS offset"
    ... )
    >>> hopsworks_events(records).select("event_id", "event_type", "model", "event_time").collect()
    [Row(event_id='a1', event_type='request', model='fraud', event_time=datetime.datetime(2026, 1, 5, 0, 0))]
    """
    versions, units = get_args(SchemaVersion), get_args(TimeUnit)
    if schema_version is not None and schema_version not in versions:
        raise OptionError.malformed("schema_version", schema_version, f"one of {versions} or None")
    if time_unit not in units:
        raise OptionError.malformed("time_unit", time_unit, f"one of {units}")
    avro_reader()
    return events_of_records(
        records,
        ("value", "topic", "partition", "offset"),
        'format("kafka")',
        lambda value, topic, partition, offset, time, limits: from_hopsworks_avro(
            value,
            position=f"{topic}/{partition}/{offset}",
            schema_version=schema_version,
            time_unit=time_unit,
            received_time=time,
            limits=limits,
        ),
    )


@register_source
@dataclass(frozen=True)
class HopsworksSource(KafkaSource):
    """The Avro inference log of Hopsworks deployments on a topic."""

    format = "hopsworks"

    schema_version: SchemaVersion | None = None
    """The version of inferenceschema that all records have: 1, 2, 3 or 4. By default it is found record by record."""
    time_unit: TimeUnit = "auto"
    """The unit of ``requestTimestamp``: auto, s or ms."""

    def events(self, spark: SparkSession) -> DataFrame:
        """Open the stream of events."""
        return hopsworks_events(self.records(spark), self.schema_version, self.time_unit)
