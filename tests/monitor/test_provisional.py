"""Gross drift is told while its window is open: once, and by nothing that would not be told when it closes."""

from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import SparkSession

from sparkmon.alerts import Alerting
from sparkmon.comparison import Checks, provisional
from sparkmon.dataframes import compare
from sparkmon.logs import SpoolWriter
from sparkmon.monitor import Monitor, Windows
from sparkmon.profiles import reference_of
from sparkmon.protocol import events_to_batch
from sparkmon.records import Event
from sparkmon.session import register
from sparkmon.sinks import AlertSink
from sparkmon.store import LocalStore
from tests.support.ledger import Ledger
from tests.support.streams import events_frame
from tests.support.traffic import clock, requests

RANDOM = np.random.default_rng(12)
ROWS = 600


def traffic(start: float, end: float, mean: float) -> list[Event]:
    """Give requests whose ``amount`` has this mean, and whose ``age`` is as in training."""
    rows = np.column_stack([RANDOM.normal(mean, 10, ROWS), RANDOM.normal(40, 5, ROWS)])
    return requests("shop", start, end, rows.tolist(), 50)


@pytest.fixture(scope="module")
def store(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> LocalStore:
    register(spark)
    made = LocalStore(tmp_path_factory.mktemp("store"))
    training = np.column_stack([RANDOM.normal(50, 10, 3000), RANDOM.normal(40, 5, 3000)])
    table = spark.createDataFrame(training.tolist(), "amount double, age double")
    made.write_reference(reference_of(table, "shop").toArrow())
    return made


def watching(store: LocalStore, work: Path, *sinks: AlertSink) -> Monitor:
    checks = Checks(("ks", "psi"))
    return Monitor(
        store,
        f"{work}/tables",
        windows=Windows(provisional=True),
        checks=checks,
        alerting=Alerting(sinks),
        trigger="100 milliseconds",
    )


def told(spark: SparkSession, monitor: Monitor, table: str, *names: str) -> list[tuple[object, ...]]:
    rows = monitor.tables.read(spark, table).where("status IN ('provisional', 'drift')")
    return sorted(tuple(row) for row in rows.select(*names).distinct().collect())


def test_an_open_window_is_alerted_on_once_and_again_when_it_has_closed(
    spark: SparkSession, store: LocalStore, tmp_path: Path
) -> None:
    ledger = Ledger()
    monitor = watching(store, tmp_path, ledger)

    def log(events: list[Event]) -> None:
        with SpoolWriter(tmp_path / "spool") as spool:
            spool.append(events_to_batch(events))
        query.processAllAvailable()

    (tmp_path / "spool").mkdir()
    events = spark.readStream.format("kserve").load(f"{tmp_path}/spool")
    query = monitor.start(events, f"{tmp_path}/checkpoints")
    try:
        log(traffic(0, 10, 50))
        assert monitor.tables.read(spark, "drift_metrics").count() == 0
        log(traffic(10, 30, 75))
        names = ("column_name", "window_start", "status")
        ((column, start, status),) = told(spark, monitor, "drift_metrics", *names)
        assert (column, status) == ("amount", "provisional")
        (early,) = ledger.alerts
        assert (early.state, early.column_name) == ("provisional", "amount")
        assert "drifts from training so far in the open window" in early.message
        log(traffic(30, 50, 75))
        assert len(ledger.alerts) == 1
        log([clock(120)])
    finally:
        query.stop()
    assert told(spark, monitor, "drift_metrics", *names) == [
        ("amount", start, "drift"),
        ("amount", start, "provisional"),
    ]
    assert [alert.state for alert in ledger.alerts] == ["provisional", "firing"]
    assert len({alert.alert_id for alert in ledger.alerts}) == 2
    assert monitor.tables.read(spark, "alerts").count() == 2
    # One finding of each column and statistic, as ever, beside the provisional one.
    final = monitor.tables.read(spark, "drift_metrics").where("status <> 'provisional' AND column_kind = 'feature'")
    assert final.count() == final.select("column_name", "statistic").distinct().count() == 4


def test_what_is_less_than_gross_waits(spark: SparkSession, store: LocalStore) -> None:
    references = spark.createDataFrame(store.read_references("training"))
    monitor = Monitor(store, "/unused/tables", alerting=Alerting(()))
    checks = Checks(("ks",))
    for mean, expected in ((50, 0), (55, 0), (60, 1)):  # ks of about .2 and .38, less noise
        profiles = monitor.profiles(events_frame(spark, traffic(0, 30, mean)))
        findings = compare(profiles, references, checks, anytime=True).toArrow()
        assert provisional(findings, 0.006).num_rows == expected
        by_column = {row["column_name"]: row["p_value"] for row in findings.to_pylist()}
        assert (by_column["amount"] < 1e-9) == (mean != 50)
        assert by_column["age"] > 0.05
