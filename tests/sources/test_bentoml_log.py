"""The log that ``bentoml.monitor`` writes by default, read as docs/platforms.md does."""

from pathlib import Path

from pyspark.sql import SparkSession, functions as F

from sparkmon.sources import feature_log_rows

LOG = Path(__file__).parents[1] / "data" / "bentoml" / "data.0.log"


def test_a_monitoring_log_has_rows(spark: SparkSession) -> None:
    log = spark.read.json(str(LOG))
    names = {"pred": "predicted_pred", "timestamp": "log_time"}
    table = log.drop("trace_id").withColumnsRenamed(names).withColumn("log_time", F.to_timestamp("log_time"))
    rows = feature_log_rows(table.withColumns({"log_id": F.expr("uuid()"), "model_name": F.lit("iris")}))
    read = rows.where("event_type = 'response'").selectExpr(
        "model", "features['sepal length'].number", "features.channel.text", "predictions.pred.text",
        "date_format(event_time, 'HH:mm:ss.SSS')",
    )  # fmt: skip
    assert sorted(map(tuple, read.collect())) == [
        ("iris", 4.9, "web", "setosa", "03:28:33.120"),
        ("iris", 5.9, "web", "virginica", "03:28:33.120"),
        ("iris", 6.9, "shop", "setosa", "03:28:33.120"),
    ]
