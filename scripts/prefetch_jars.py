"""Start Spark once as sparkmon configures it, so that its jars are on this machine from now on."""

from pyspark.sql import SparkSession

from sparkmon.session import configure


def main() -> None:
    """Resolve the jars of Delta and of the Kafka connector into Ivy's cache; fail if one is missing."""
    builder = configure(SparkSession.builder, kafka=True)
    builder = builder.master("local[1]").config("spark.driver.host", "127.0.0.1")
    builder.config("spark.ui.enabled", "false").getOrCreate().stop()


if __name__ == "__main__":
    main()
