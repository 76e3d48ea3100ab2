"""Rows unlike the training data: flagged in the pass, listed, their rate judged, and an alert, exactly once."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from sparkmon.alerts import Alerting
from sparkmon.detectors import DEFAULT_DETECTORS, Outliers
from sparkmon.logs import SpoolWriter
from sparkmon.monitor import Monitor
from sparkmon.profiles import reference_of
from sparkmon.protocol import events_to_batch
from sparkmon.records import Event
from sparkmon.session import register
from sparkmon.store import LocalStore
from tests.support.source import ROOT
from tests.support.streams import events_frame
from tests.support.traffic import MIDNIGHT, clock, v1_event

ROWS, HOURS, BROKEN = 1_000, 3, 20
RANDOM = np.random.default_rng(5)


def flights() -> pd.DataFrame:
    table = pd.read_parquet(ROOT / "examples" / "flights" / "flights.parquet").drop(columns="arrived_late").dropna()
    return table.astype({"carrier": str, "origin": str}).sample(frac=1, random_state=1)


def events_of(table: pd.DataFrame, start: float) -> list[Event]:
    parts = [table.iloc[at : at + 10] for at in range(0, len(table), 10)]
    return [
        v1_event("flights", start + 59 * at / len(parts), part.to_dict("records"), event_id=f"e-{start}-{at}")
        for at, part in enumerate(parts)
    ]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return flights()


@pytest.fixture(scope="module")
def store(spark: SparkSession, table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> LocalStore:
    register(spark)
    made = LocalStore(tmp_path_factory.mktemp("store"))
    training = spark.createDataFrame(pa.Table.from_pandas(table.iloc[5_000:], preserve_index=False))
    made.write_reference(reference_of(training, "flights", outliers=DEFAULT_DETECTORS, slices=["origin"]).toArrow())
    return made


def traffic(table: pd.DataFrame) -> list[Event]:
    """Three hours of flights; in the second, twenty temperatures are in another unit."""
    events = []
    for hour in range(HOURS):
        live = table.iloc[hour * ROWS : (hour + 1) * ROWS].copy()
        if hour == 1:
            live["temp"] = [*((live["temp"].iloc[:BROKEN] - 32) * 5 / 9).round(2), *live["temp"].iloc[BROKEN:]]
        events += events_of(live, 60 * hour)
    return [*events, events[0], clock(60 * HOURS + 15, "flights")]


def test_broken_units_are_flagged_listed_and_alerted_on(
    spark: SparkSession, store: LocalStore, table: pd.DataFrame, tmp_path: Path
) -> None:
    events = traffic(table)
    monitor = Monitor(store, str(tmp_path / "tables"), alerting=Alerting(()), outliers=Outliers(keep=15))
    with SpoolWriter(tmp_path / "spool") as spool:
        spool.append(events_to_batch(events))
        source = spark.readStream.format("kserve").load(str(spool.path))
        query = monitor.start(source, str(tmp_path / "checkpoints"), available_now=True)
        try:
            query.awaitTermination()
        finally:
            query.stop()

    def read(name: str, where: str = "true") -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = monitor.tables.read(spark, name).where(where).toArrow().to_pylist()
        return rows

    rates = read("drift_metrics", "statistic = 'outlier_rate' AND slice_key IS NULL")
    by_hour = {int((row["window_start"] - MIDNIGHT) / timedelta(hours=1)): row for row in rates}
    assert [by_hour[hour]["status"] for hour in range(HOURS)] == ["ok", "over_limit", "ok"]
    assert 0.02 <= by_hour[1]["value"] <= 0.025
    assert {row["current_count"] for row in rates} == {ROWS}
    assert "it looks like outliers: no column drifted" in by_hour[1]["explanation"]
    (alert,) = read("alerts", "state = 'firing' AND statistic = 'outlier_rate'")
    assert alert["message"].startswith("the share of outliers of the model flights exceeds its limit in the window ")

    outliers = read("outliers", f"window_start = timestamp'{(MIDNIGHT + timedelta(hours=1)):%F %T}'")
    assert len(outliers) == 15
    named = [row["columns"][0]["column_name"] for row in outliers]
    assert named.count("temp") >= 14
    assert {row["event_id"] for row in outliers} <= {"e-60-0", "e-60-1"}
    assert all(row["detector"] == "mahalanobis" and row["severity"] > 99.9 for row in outliers)

    # A batch gives what the stream gave.
    again = monitor.findings(monitor.profiles(events_frame(spark, events))).where("statistic = 'outlier_rate'")
    batch = {(row.window_start, row.slice_value): (row.value, row.status) for row in again.collect()}
    every = read("drift_metrics", "statistic = 'outlier_rate'")
    assert len(every) == HOURS * 4
    for row in every:
        start = row["window_start"].replace(tzinfo=None)
        assert batch[start, row["slice_value"]] == (pytest.approx(row["value"]), row["status"])
