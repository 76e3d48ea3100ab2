"""Where events come from, and rows from them: the receiver and its spool, KServe's stored objects, Kafka."""

from pyspark.sql import SparkSession

from sparkmon.sources.decode import dead_letters, rows
from sparkmon.sources.inference_log import InferenceLogDataSource
from sparkmon.sources.kafka import kafka_events
from sparkmon.sources.pair import pair

__all__ = [
    "InferenceLogDataSource",
    "dead_letters",
    "kafka_events",
    "pair",
    "register",
    "rows",
]


def register(spark: SparkSession) -> None:
    """Make the data source ``kserve`` known to a session."""
    spark.dataSource.register(InferenceLogDataSource)
