"""Where events come from, and rows from them: the receiver's spool, KServe's stored objects, Kafka, Hopsworks' logs."""

from pyspark.sql import SparkSession

from sparkmon.sources.decode import dead_letters, rows
from sparkmon.sources.event_source import SOURCES, EventSource, register_source
from sparkmon.sources.feature_log import feature_log_rows
from sparkmon.sources.hopsworks import HopsworksSource, hopsworks_events
from sparkmon.sources.inference_log import InferenceLogDataSource
from sparkmon.sources.kafka import KafkaSource, kafka_events
from sparkmon.sources.kserve import KServeSource
from sparkmon.sources.pair import pair

__all__ = [
    "SOURCES",
    "EventSource",
    "HopsworksSource",
    "InferenceLogDataSource",
    "KServeSource",
    "KafkaSource",
    "dead_letters",
    "feature_log_rows",
    "hopsworks_events",
    "kafka_events",
    "pair",
    "register",
    "register_source",
    "rows",
]


def register(spark: SparkSession) -> None:
    """Make the data source ``kserve`` known to a session."""
    spark.dataSource.register(InferenceLogDataSource)
