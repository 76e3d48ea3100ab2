"""Days out of hours: merged once, when their last hour has closed, the same in a stream as in batch."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark.sql import Row, SparkSession, functions as F
from scipy.stats import ks_2samp

from sparkmon.alerts import Alerting
from sparkmon.comparison import Checks
from sparkmon.errors import OptionError
from sparkmon.logs import SpoolWriter
from sparkmon.monitor import Monitor, Windows
from sparkmon.profiles import reference_of
from sparkmon.protocol import events_to_batch
from sparkmon.session import register
from sparkmon.store import LocalStore
from tests.support.streams import events_frame
from tests.support.traffic import clock, requests

RANDOM = np.random.default_rng(12)
TRAINING = RANDOM.normal(size=4_000)
SIZE = 300
HOURS = {hour: RANDOM.normal(0.5 * (hour >= 4), 1, SIZE) for hour in (0, 1, 2, 4, 5, 9, 12)}
EVENTS = [
    event
    for hour, values in HOURS.items()
    for event in requests("m", 60 * hour, 60 * hour + 60, [[value] for value in values], 50)
]
QUARTERS = {0: (0, 1, 2), 4: (4, 5), 8: (9,)}
"""Windows of four hours that have ended by 13:00, and the hours with rows in them."""


@pytest.fixture(scope="module")
def store(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> LocalStore:
    register(spark)
    made = LocalStore(tmp_path_factory.mktemp("store"))
    times = [f"2026-11-0{1 + place // 1000} {place // 125 % 8:02}:00:00" for place in range(4_000)]
    table = spark.createDataFrame(list(zip(TRAINING.tolist(), times, strict=True)), "x double, t string")
    timed = table.withColumn("t", F.col("t").cast("timestamp"))
    made.write_reference(reference_of(timed, "m", time="t", block="1 hour").toArrow())
    return made


def told(findings: Sequence[Row], hours: int) -> dict[int, Any]:
    long = [row for row in findings if row.window_end - row.window_start == timedelta(hours=hours)]
    return {row.window_start.hour: row for row in long if row.statistic == "ks"}


def run(spark: SparkSession, monitor: Monitor, parts: list[list[Any]], work: Path) -> None:
    for part in parts:
        with SpoolWriter(work / "spool") as spool:
            spool.append(events_to_batch(part))
        events = spark.readStream.format("kserve").load(f"{work}/spool")
        monitor.start(events, f"{work}/checkpoints", available_now=True).awaitTermination()


def test_longer_windows_are_judged_when_their_last_hour_has_closed(
    spark: SparkSession, store: LocalStore, tmp_path: Path
) -> None:
    monitor = Monitor(
        store, f"{tmp_path}/tables", windows=Windows(longer=["4 hours"]), checks=Checks(("ks",)), alerting=Alerting(())
    )
    run(spark, monitor, [EVENTS[:18], EVENTS[18:30], EVENTS[30:], [clock(14 * 60, "m")]], tmp_path)
    written = monitor.tables.read(spark, "drift_metrics").where("statistic = 'ks'").collect()
    live = told(written, 4)
    assert len(written) == len(HOURS) + len(QUARTERS)
    for start, hours in QUARTERS.items():
        rows = np.concatenate([HOURS[hour] for hour in hours])
        assert live[start].current_count == rows.size
        assert live[start].value == pytest.approx(ks_2samp(TRAINING, rows).statistic, abs=0.0035)
    assert {start: row.status for start, row in live.items()} == {0: "ok", 4: "drift", 8: "drift"}
    # Four days of eight hours are 32 blocks of an hour, and two of four hours each day.
    assert {row.blocks for row in told(written, 1).values()} <= {0, 32}
    assert {row.blocks for row in live.values()} == {8}
    profiles = monitor.profiles(events_frame(spark, EVENTS))
    batch = told(monitor.findings(profiles).where("statistic = 'ks'").collect(), 4)
    assert batch.keys() == {*QUARTERS, 12}, "in batch, what is begun is complete"
    for start, row in live.items():
        assert (row.status, row.current_count) == (batch[start].status, batch[start].current_count)
        assert row.value == pytest.approx(batch[start].value, abs=0.0035)


@pytest.mark.parametrize(
    ("lengths", "slide", "said"),
    [
        (["90 minutes"], None, "whole multiple"),
        (["1 hour"], None, "whole multiple"),
        (["1 month"], None, "expected an interval"),
        (["1 day"], "30 minutes", "do not overlap"),
    ],
)
def test_what_cannot_be_merged_is_refused(
    spark: SparkSession, store: LocalStore, lengths: list[str], slide: str | None, said: str
) -> None:
    with pytest.raises(OptionError, match=said):
        Monitor(store, "/tmp/none", windows=Windows(slide=slide, longer=lengths))
