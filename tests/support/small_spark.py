"""One small Spark session on this machine, set up as a user's would be, with Delta and Kafka."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import SparkSession

from sparkmon.cli.spark import LONG
from sparkmon.session import configure

__all__ = ["small_spark"]


@contextmanager
def small_spark(warehouse: Path) -> Iterator[SparkSession]:
    """Start the session; it keeps its tables in ``warehouse`` and is stopped at the end."""
    small: dict[str, bool | float | int | str | None] = {
        "spark.databricks.delta.snapshotPartitions": "1",
        # This session runs long enough to pay for some of Java's optimising compiler; see conftest.py.
        "spark.driver.extraJavaOptions": f"-XX:TieredStopAtLevel=4 {LONG['spark.driver.extraJavaOptions']}",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "2g",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        # A stream that waits for data looks every 10 ms otherwise, which takes a fifth of a core.
        "spark.sql.streaming.pollingDelay": "100ms",
        "spark.sql.warehouse.dir": str(warehouse),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = configure(SparkSession.builder, kafka=True)
    session = builder.master("local[2]").appName("sparkmon tests").config(map=small).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()
