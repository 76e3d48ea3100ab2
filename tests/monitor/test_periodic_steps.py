"""What a running monitor does next to its stream: labels that come late, and a model that is asked for attributions."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from sparkmon.alerts import Alerting
from sparkmon.attributions import AttributionBaseline, ModelEndpoint
from sparkmon.comparison import Checks
from sparkmon.labels import LabelSource
from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.monitor import Monitor, Windows
from sparkmon.profiles import reference_of, validation_of
from sparkmon.protocol import events_to_batch, own_id
from sparkmon.session import register
from sparkmon.store import LocalStore
from sparkmon.tables import Tables
from tests.attributions.model_server import serving
from tests.attributions.test_attributions_pass import FEATURES, drawn, model
from tests.support.traffic import clock, v1_event

ROWS, PATIENCE_S = 120, 120


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < until
        time.sleep(0.2)


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> LocalStore:
    register(spark)
    rows = drawn(1_000, 1)
    columns = {each.name: pa.array(rows[:, at].tolist()) for at, each in enumerate(FEATURES)}
    scores = 1 / (1 + np.exp(-np.array(model(rows.tolist()))))
    labels = (np.random.default_rng(2).random(1_000) < scores).astype(int)
    table = spark.createDataFrame(pa.table(columns | {"score": pa.array(scores), "repaid": pa.array(labels)}))
    store = LocalStore(f"{tmp_path}/store")
    store.write_reference(reference_of(table.drop("repaid"), "loans", predictions=["score"]).toArrow())
    store.write_reference(validation_of(table, "loans", predictions=["score"], label="repaid"))
    return store


def test_labels_are_joined_and_the_model_is_asked_while_it_runs(
    spark: SparkSession, store: LocalStore, tmp_path: Path
) -> None:
    with serving(lambda rows: (1 / (1 + np.exp(-np.array(model(rows))))).tolist()) as server:
        endpoint = ModelEndpoint(server.url, rows=100, rows_per_second=1e6)
        baseline = AttributionBaseline.measure(endpoint, "loans", FEATURES, drawn(1_000, 1))
        store.write_reference(baseline.reference("loans"))
        before = server.rows
        monitor = Monitor(
            store,
            f"{tmp_path}/tables",
            windows=Windows("10 minutes", delay="1 second"),
            checks=Checks(("ks",)),
            alerting=Alerting(()),
            labels={"loans": LabelSource(f"{tmp_path}/labels", "repaid", horizon=timedelta(seconds=1))},
            attributions={"loans": endpoint},
            trigger="200 milliseconds",
        )
        rows = drawn(ROWS, 3).tolist()
        scores = 1 / (1 + np.exp(-np.array(model(rows))))
        events = []
        for place, (row, score) in enumerate(zip(rows, scores.tolist(), strict=True)):
            for half, values in (("request", [row]), ("response", [score])):
                event = v1_event("loans", place / ROWS, values, half=half, event_id=f"e{place}")
                events.append(replace(event, metadata={"X-Request-Id": [f"r{place}"]}))
        asked = own_id(baseline.key)
        events += [
            v1_event("loans", 0.5, rows[:50], event_id=asked),
            v1_event("loans", 0.5, [0.5] * 50, half="response", event_id=asked),
        ]
        events.append(clock(20, "loans"))
        with SpoolWriter(tmp_path / "spool") as spool:
            spool.append(events_to_batch(events))
        labels = pa.table({"request_id": [f"r{place}" for place in range(ROWS)], "repaid": (scores > 0.5).astype(int)})
        tables = monitor.tables.open(None)

        def has(table: str, column: str, value: str) -> bool:
            read = tables.read(table, [column])
            return read is not None and value in read[column].to_pylist()

        query = monitor.start(spark.readStream.format("kserve").load(f"{tmp_path}/spool"), f"{tmp_path}/checkpoints")
        try:
            wait_for(lambda: has("performance", "basis", "cbpe") and has("attributions", "status", "ok"))
            Tables(f"{tmp_path}/").open().append(labels, "labels")
            wait_for(lambda: has("performance", "basis", "labels"))
        finally:
            query.stop()
        assert 0 < server.rows - before <= 100 * (1 + 3 * 5)
    metrics = tables.read("performance", None, [("metric", "=", "accuracy_score")])
    assert metrics is not None
    whole = {row["basis"]: row for row in metrics.to_pylist() if row["slice_key"] is None}
    # The 50 rows that sparkmon itself asked for are in no window.
    assert (whole["labels"]["prediction_count"], whole["labels"]["value"]) == (ROWS, 1.0)
    assert whole["labels"]["estimate"] == whole["cbpe"]["value"]
    profiles = tables.read("profiles", None, [("column_name", "=", "income")])
    assert profiles is not None
    assert [row["profile"]["count"] for row in profiles.to_pylist()] == [ROWS]
