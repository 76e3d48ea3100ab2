"""Rows that were decoded elsewhere, watched: the feature log of a Hopsworks deployment."""

from datetime import datetime, timezone
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from sparkmon.alerts import Alerting
from sparkmon.errors import OptionError
from sparkmon.monitor import Monitor
from sparkmon.profiles import reference_of
from sparkmon.sources import feature_log_rows
from sparkmon.store import LocalStore

LOGGED = """
SELECT id AS log_id, 1 AS td_version, TIMESTAMP '2026-01-05' + id * INTERVAL 6 SECONDS AS log_time,
       'fraud' AS model_name, '3' AS model_version, string(id) AS request_id, '{}' AS request_parameters,
       IF(id < 600, 1, 3) * (id % 600) AS amount, (id % 600) / 600D AS predicted_score
FROM range(1900)
"""


def test_a_feature_log_is_monitored_as_a_stream(spark: SparkSession, tmp_path: Path) -> None:
    training = spark.range(600).selectExpr("id AS amount", "id / 600D AS score")
    store = LocalStore(tmp_path / "store")
    store.write_reference(reference_of(training, "fraud", predictions=["score"]).toArrow())
    spark.sql(LOGGED).write.format("delta").save(f"{tmp_path}/fraud_1_log")
    monitor = Monitor(store, f"{tmp_path}/tables", alerting=Alerting(()))
    table = spark.readStream.format("delta").load(f"{tmp_path}/fraud_1_log")
    rows = feature_log_rows(table, delay="10 minutes")
    query = monitor.start_rows(rows, f"{tmp_path}/checkpoints", available_now=True)
    query.awaitTermination()
    alerts = monitor.tables.read(spark, "alerts").collect()
    noon = datetime(2026, 1, 5, 1, tzinfo=timezone.utc)
    told = {(row.column_name, row.window_start.replace(tzinfo=timezone.utc)) for row in alerts}
    assert ("amount", noon) in told
    assert {name for name, _ in told} == {"amount"}
    assert min(start for _, start in told) == noon


def test_a_batch_of_rows_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "store")
    store.write_reference(reference_of(spark.range(600), "fraud").toArrow())
    monitor = Monitor(store, f"{tmp_path}/tables", alerting=Alerting(()))
    with pytest.raises(OptionError, match="got a batch DataFrame; read rows with"):
        monitor.start_rows(feature_log_rows(spark.sql(LOGGED)), f"{tmp_path}/checkpoints")
