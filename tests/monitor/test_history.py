"""Each window beside windows of the past: a change is told when it happens; stream and batch agree."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark.sql import Row, SparkSession
from scipy.stats import ks_2samp

from sparkmon.alerts import Alerting
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


def told(findings: Sequence[Row], reference: str = "previous") -> dict[int, Any]:
    rows = [row for row in findings if row.reference == reference]
    return {row.window_start.hour: (row.value, row.status, row.reference_count) for row in rows}


@pytest.fixture(scope="module")
def monitor(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Monitor:
    register(spark)
    folder = tmp_path_factory.mktemp("consecutive")
    store = LocalStore(folder / "store")
    training = spark.createDataFrame([(value,) for value in HOURS[0].tolist()], "x double")
    store.write_reference(reference_of(training, "m").toArrow())
    return Monitor(
        store,
        f"{folder}/tables",
        checks=Checks(("ks",), history=("previous", "trailing(2)", "seasonal(2 hours, 1)")),
        alerting=Alerting(()),
    )


@pytest.fixture(scope="module")
def in_batch(spark: SparkSession, monitor: Monitor) -> list[Row]:
    """Give the findings of all windows, judged in batch."""
    return monitor.findings(monitor.profiles(events_frame(spark, EVENTS))).collect()


def test_each_window_is_compared_with_the_last_that_had_rows(in_batch: list[Row]) -> None:
    batch = told(in_batch)
    expected = {after: ks_2samp(HOURS[before], HOURS[after]).statistic for before, after in ((0, 1), (1, 2), (2, 4))}
    assert {hour: value for hour, (value, _, _) in batch.items()} == pytest.approx(expected)
    assert {hour: status for hour, (_, status, _) in batch.items()} == {1: "ok", 2: "drift", 4: "drift"}
    assert {count for _, _, count in batch.values()} == {800}


def test_the_last_two_windows_together_are_a_reference(in_batch: list[Row]) -> None:
    batch = told(in_batch, "trailing(2)")
    past = {1: [0], 2: [0, 1], 4: [1, 2]}
    expected = {
        after: ks_2samp(np.concatenate([HOURS[each] for each in before]), HOURS[after]).statistic
        for after, before in past.items()
    }
    # A merged sketch of 1,600 rows is off by its rank error at most.
    assert {hour: value for hour, (value, _, _) in batch.items()} == pytest.approx(expected, abs=0.0035)
    # The hours 1 and 2 differ by 3 sd: as blocks they allow for what 4 differs from both together.
    assert {hour: status for hour, (_, status, _) in batch.items()} == {1: "ok", 2: "drift", 4: "ok"}
    assert {hour: count for hour, (_, _, count) in batch.items()} == {1: 800, 2: 1600, 4: 1600}


def test_a_season_ago_is_a_reference(in_batch: list[Row]) -> None:
    batch = told(in_batch, "seasonal(2 hours, 1)")
    expected = {after: ks_2samp(HOURS[before], HOURS[after]).statistic for before, after in ((0, 2), (2, 4))}
    assert {hour: value for hour, (value, _, _) in batch.items()} == pytest.approx(expected)


def test_a_stream_that_stops_between_windows_agrees(
    spark: SparkSession, monitor: Monitor, in_batch: list[Row], tmp_path: Path
) -> None:
    for part in (EVENTS[:40], EVENTS[40:], [clock(600, "m")]):
        with SpoolWriter(tmp_path / "spool") as spool:
            spool.append(events_to_batch(part))
        events = spark.readStream.format("kserve").load(f"{tmp_path}/spool")
        monitor.start(events, f"{tmp_path}/checkpoints", available_now=True).awaitTermination()
    live = monitor.tables.read(spark, "drift_metrics").collect()
    assert told(live) == told(in_batch)
    assert told(live, "seasonal(2 hours, 1)") == told(in_batch, "seasonal(2 hours, 1)")
    batch = told(in_batch, "trailing(2)")
    for hour, (value, status, count) in told(live, "trailing(2)").items():
        assert (value, status, count) == (pytest.approx(batch[hour][0], abs=0.0035), *batch[hour][1:])
