"""Each window beside the one before it: a change is told once, when it happens; stream and batch agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from scipy.stats import ks_2samp

from sparkmon.comparison import Checks
from sparkmon.logs import SpoolWriter
from sparkmon.monitor import Monitor
from sparkmon.profiles import reference_of
from sparkmon.protocol import events_to_batch
from sparkmon.session import register
from sparkmon.store import LocalStore
from tests.support.streams import events_frame
from tests.support.traffic import clock, requests

RANDOM = np.random.default_rng(9)
MEANS = (0.0, 0.0, 3.0, 3.0, 0.0)
HOURS = [RANDOM.normal(mean, 1, 800) for mean in MEANS]
EVENTS = [
    event
    for hour, values in enumerate(HOURS)
    if hour != 3  # silence: the window before 04:00 is that of 02:00
    for event in requests("m", 60 * hour, 60 * hour + 60, [[value] for value in values], 50)
]


def told(findings: DataFrame) -> dict[int, Any]:
    rows = findings.where("drift_type = 'CONSECUTIVE'").collect()
    assert {row.reference for row in rows} == {"previous"}
    return {row.window_start.hour: (row.value, row.status, row.reference_count) for row in rows}


@pytest.fixture(scope="module")
def monitor(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Monitor:
    register(spark)
    folder = tmp_path_factory.mktemp("consecutive")
    store = LocalStore(folder / "store")
    training = spark.createDataFrame([(value,) for value in HOURS[0].tolist()], "x double")
    store.write_reference(reference_of(training, "m").toArrow())
    return Monitor(store, f"{folder}/tables", checks=Checks(("ks",)), consecutive=True, sinks=[])


def test_each_window_is_compared_with_the_last_that_had_rows(
    spark: SparkSession, monitor: Monitor
) -> None:
    batch = told(monitor.findings(monitor.profiles(events_frame(spark, EVENTS))))
    expected = {
        after: ks_2samp(HOURS[before], HOURS[after]).statistic
        for before, after in ((0, 1), (1, 2), (2, 4))
    }
    assert {hour: value for hour, (value, _, _) in batch.items()} == pytest.approx(expected)
    assert {hour: status for hour, (_, status, _) in batch.items()} == {
        1: "ok",
        2: "drift",
        4: "drift",
    }
    assert {count for _, _, count in batch.values()} == {800}


def test_a_stream_that_stops_between_windows_agrees(
    spark: SparkSession, monitor: Monitor, tmp_path: Path
) -> None:
    for part in (EVENTS[:40], EVENTS[40:], [clock(600)]):
        with SpoolWriter(tmp_path / "spool") as spool:
            spool.append(events_to_batch(part))
        events = spark.readStream.format("kserve").load(f"{tmp_path}/spool")
        monitor.start(events, f"{tmp_path}/checkpoints", available_now=True).wait()
    batch = told(monitor.findings(monitor.profiles(events_frame(spark, EVENTS))))
    assert told(monitor.tables.read(spark, "drift_metrics")) == batch
