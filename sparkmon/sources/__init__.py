"""Where events come from, and rows of them: receiver, stored objects, Kafka, logs of platforms."""

from pyspark.sql import SparkSession

from sparkmon.compat import HAS_DATA_SOURCES
from sparkmon.sources.data_capture import (
    DataCaptureSource as DataCaptureSource,
    data_capture_events as data_capture_events,
)
from sparkmon.sources.decode import dead_letters as dead_letters, rows as rows
from sparkmon.sources.event_source import (
    SOURCES as SOURCES,
    EventSource as EventSource,
    register_source as register_source,
)
from sparkmon.sources.feature_log import feature_log_rows as feature_log_rows
from sparkmon.sources.hopsworks import HopsworksSource as HopsworksSource, hopsworks_events as hopsworks_events
from sparkmon.sources.inference_table import (
    InferenceTableSource as InferenceTableSource,
    inference_table_events as inference_table_events,
)
from sparkmon.sources.kafka import KafkaSource as KafkaSource, kafka_events as kafka_events
from sparkmon.sources.kserve import (
    KServeSource as KServeSource,
    require_data_sources as require_data_sources,
)
from sparkmon.sources.pair import pair as pair


def register(spark: SparkSession) -> None:
    """Make the data source ``kserve`` known to a session, where Spark has sources in Python."""
    if HAS_DATA_SOURCES:
        from sparkmon.sources.inference_log import InferenceLogDataSource

        spark.dataSource.register(InferenceLogDataSource)
