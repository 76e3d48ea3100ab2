"""The windows of the log, the training data they are compared with, and how far each is from it."""

from pyspark import pipelines as dp
from pyspark.sql import DataFrame, SparkSession, functions as F

import sparkmon
from sparkmon.functions import over_profiles

spark = SparkSession.active()
MODEL = sparkmon.ModelSchema(
    "payments", features=(sparkmon.Feature("amount", "numeric"), sparkmon.Feature("age", "numeric"))
)

# Lines of CloudEvents are read as records of Kafka in structured mode. Of a topic, records would be
# `spark.readStream.format("kafka").option("includeHeaders", "true")` and where it is. A pipeline's functions may not
# ask for the columns of a DataFrame, which sparkmon does, so the windows are made here.
records = spark.readStream.text(spark.conf.get("spark.payments.log")).selectExpr(
    "CAST(value AS BINARY) AS value",
    "array(named_struct('key', 'content-type', 'value', CAST('application/cloudevents+json' AS BINARY))) AS headers",
    "_metadata.file_modification_time AS timestamp",
)
rows = sparkmon.rows(sparkmon.kafka_events(records), [MODEL], delay="10 minutes")
windows = sparkmon.profile_rows(rows, "6 hours")


@dp.table
def profiles() -> DataFrame:
    """Give one row per model, closed window and column."""
    return windows


@dp.materialized_view
def reference() -> DataFrame:
    """Give the training data's columns as sketches."""
    training = spark.read.csv(spark.conf.get("spark.payments.training"), header=True, inferSchema=True)
    values = training.selectExpr("stack(2, 'amount', amount, 'age', double(age)) AS (column_name, value)")
    return values.groupBy("column_name").agg(F.kll_sketch_agg_double("value", 4000).alias("sketch"))


@dp.table
def drift_metrics() -> DataFrame:
    """Give PSI, KS and Wasserstein's distance of each window and the training data."""
    pairs = spark.readStream.table("profiles").join(spark.read.table("reference"), "column_name")
    found = [over_profiles(name)("sketch", "profile.sketch").alias(name) for name in ("psi", "wasserstein", "ks")]
    return pairs.select("model", "window_start", "column_name", "profile.count", *found)
