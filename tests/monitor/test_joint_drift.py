"""Columns that part company though none has changed: found on a stream and in batch, in their windows and no other."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from sparkmon.alerts import Alerting
from sparkmon.comparison import Checks
from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.monitor import Monitor
from sparkmon.profiles import reference_of
from sparkmon.protocol import events_to_batch
from sparkmon.records import Event
from sparkmon.session import register
from sparkmon.store import LocalStore
from tests.support.source import ROOT
from tests.support.streams import events_frame
from tests.support.traffic import MIDNIGHT, clock, requests

NAMES = ["TAXI_OUT", "AIR_TIME", "DISTANCE"]
SIZE, WINDOWS, DRIFTED = 520, 5, (1, 2, 4)
RANDOM = np.random.default_rng(31)
CHECKS = Checks(("ks", "psi", "mmd_rff", "pca_reconstruction"))


def flights() -> np.ndarray[Any, Any]:
    table = pq.read_table(ROOT / "tests/data/drift/airline_merger_reference.parquet")
    columns = [table[name].to_numpy().astype(float) for name in NAMES]
    rows: np.ndarray[Any, Any] = np.column_stack(columns)
    held: np.ndarray[Any, Any] = rows[np.isfinite(rows).all(axis=1)]
    return held


ORDER = flights()[RANDOM.permutation(len(flights()))]
TRAINING, LIVE = ORDER[: -SIZE * WINDOWS], ORDER[-SIZE * WINDOWS :].reshape(WINDOWS, SIZE, 3)


def traffic() -> list[Event]:
    events = []
    for hour, rows in enumerate(LIVE):
        sent = rows.copy()
        if hour in DRIFTED:  # each column keeps all its values
            sent[:, 1] = RANDOM.permutation(sent[:, 1])
        events += requests("air", 60 * hour, 60 * hour + 60, sent.tolist(), 50)
    return [*events, clock(60 * WINDOWS + 15, "air")]


@pytest.fixture(scope="module")
def store(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> LocalStore:
    register(spark)
    kept = LocalStore(tmp_path_factory.mktemp("store"))
    table = pa.table(dict(zip(NAMES, TRAINING.T, strict=True)))
    kept.write_reference(reference_of(spark.createDataFrame(table), "air", joint=True).toArrow())
    return kept


def test_only_whole_rows_show_it_and_only_in_its_windows(
    spark: SparkSession, store: LocalStore, tmp_path: Path
) -> None:
    events = traffic()
    monitor = Monitor(
        store, str(tmp_path / "tables"), checks=replace(CHECKS, history=["previous"]), alerting=Alerting(())
    )
    with SpoolWriter(tmp_path / "spool") as spool:
        spool.append(events_to_batch(events))
        source = spark.readStream.format("kserve").load(str(spool.path))
        query = monitor.start(source, str(tmp_path / "checkpoints"), available_now=True)
        try:
            query.awaitTermination()
        finally:
            query.stop()
    live = monitor.tables.read(spark, "drift_metrics").toArrow().to_pylist()
    base = [row for row in live if row["drift_type"] == "BASELINE"]
    drifted: dict[str, set[int]] = {}
    for row in base:
        if row["status"] == "drift":
            hour = int((row["window_start"] - MIDNIGHT) / timedelta(hours=1))
            assert row["column_name"] == ":joint"
            drifted.setdefault(row["statistic"], set()).add(hour)
    assert drifted == {"mmd_rff": set(DRIFTED), "pca_reconstruction": set(DRIFTED)}
    assert {row["status"] for row in base} == {"ok", "drift"}
    assert {row["statistic"] for row in live} == {*CHECKS.statistics, "dead_letter_rate"}  # no missing_column
    turned = {
        int((row["window_start"] - MIDNIGHT) / timedelta(hours=1))
        for row in live
        if row["drift_type"] == "CONSECUTIVE" and row["status"] == "drift"
    }
    assert turned == {1, 3, 4}  # where it begins and where it ends
    alerts = monitor.tables.read(spark, "alerts").where("reference = 'training'")
    told = alerts.where("state = 'firing'").collect()
    assert {alert.column_name for alert in told} == {":joint"}
    for alert in told:
        assert alert.message.startswith(
            "the features together of the model air drifted from training in the window 2026-11-23 "
        )

    batch = monitor.findings(monitor.profiles(events_frame(spark, events))).toArrow().to_pylist()
    key = ("drift_type", "window_start", "column_name", "statistic")
    found, again = (
        {tuple(row[name] for name in key): row for row in rows}
        for rows in (base, [row for row in batch if row["drift_type"] == "BASELINE"])
    )
    assert found.keys() == again.keys()
    for place, row in found.items():
        assert row["value"] == pytest.approx(again[place]["value"], rel=1e-4, abs=1e-6)
        assert row["status"] == again[place]["status"]


def test_a_reference_without_a_projection_is_read_and_monitored_as_before(
    spark: SparkSession, store: LocalStore, tmp_path: Path
) -> None:
    """A table of references that was written before there were projections and vectors."""
    old = LocalStore(tmp_path)
    made = store.read_references()
    plain = made.filter(pc.is_null(made["projection"]))
    frame = spark.createDataFrame(plain).drop("projection")
    frame = frame.withColumn("profile", frame["profile"].dropFields("vector"))
    frame.write.format("delta").save(str(tmp_path / "references"))
    monitor = Monitor(old, str(tmp_path / "tables"), alerting=Alerting(()))
    events = requests("air", 0, 60, LIVE[0].tolist(), 50)
    kinds = {row.column_kind for row in monitor.profiles(events_frame(spark, events)).collect()}
    assert kinds == {"feature", "event"}
    old.write_reference(made)
    assert old.read_references().num_rows == made.num_rows
    assert len(old.read_references()["projection"].drop_null()) == 1
