"""A running monitor reports its health: to Prometheus, and to the sinks of its alerts."""

import time
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pyspark.errors import StreamingQueryException
from pyspark.sql import SparkSession

from sparkmon.alerts import Alerting
from sparkmon.logs import SpoolWriter
from sparkmon.monitor import Monitor
from sparkmon.store import LocalStore
from tests.monitor.test_monitor import FIRST, HOSTILE, SIZE, TORN, hour, in_time, spooled, store
from tests.support.ledger import Ledger
from tests.support.traffic import clock

__all__ = ["store"]  # the fixture


def scraped(port: int) -> dict[tuple[str, ...], float]:
    """Read all samples: their name without the prefix, and the values of their labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return {
        (sample.name.removeprefix("sparkmon_monitor_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_prometheus_reads_what_went_through(spark: SparkSession, store: LocalStore, tmp_path: Path) -> None:
    monitor = Monitor(store, f"{tmp_path}/tables", alerting=Alerting([Ledger()]), trigger="100 milliseconds")
    late = [*FIRST[:3]]
    with SpoolWriter(tmp_path / "spool") as spool:
        query = monitor.start(
            spooled(spark, spool, in_time([*FIRST, clock(180), clock(180, "bank")])), f"{tmp_path}/checkpoints"
        )
        try:
            port = query.watchdog.serve(0)
            query.processAllAvailable()
            spooled(spark, spool, late)
            query.processAllAvailable()
            found = scraped(port)
            for _ in range(600):  # the watchdog looks every five seconds
                if ("health_check_failing", "stalled") in found:
                    break
                time.sleep(0.1)
                found = scraped(port)
        finally:
            query.stop()
    for condition in HOSTILE:
        assert found["dead_letters_total", condition] == 1
    for model in ("shop", "bank"):
        assert found["rows_total", model, "request"] == SIZE
        assert found["rows_total", model, "response"] == SIZE
        assert found["unpaired_rows", model] == 0
    events = len(FIRST) + 2 + len(late)
    assert found["events_total",] == events
    assert found["redelivered_events_total",] == 0  # they are in no open window any more
    assert found["late_rows_total",] == query.late_rows == 3 * 50
    findings = spark.read.format("delta").load(f"{tmp_path}/tables/drift_metrics")
    is_drift = (
        "slice_key IS NULL AND column_kind = 'feature' AND confirmed IS NOT FALSE AND status IN ('drift', 'over_limit')"
    )
    drifted = {(row.model, row.column_name) for row in findings.where(is_drift).collect()}
    beyond = {key[1:] for key, value in found.items() if key[0] == "column_excess_ratio" and value >= 1}
    assert beyond == drifted
    assert {model: found["drifted_columns", model] for model in ("shop", "bank")} == {
        model: sum(of == model for of, _ in drifted) for model in ("shop", "bank")
    }
    assert found["query_active",] == 1
    assert found["health_check_failing", "stalled"] == 0
    assert found["notifications_waiting", "ledger"] == 0
    with pytest.raises(OSError, match="refused"):
        scraped(port)


def test_a_model_none_of_whose_responses_can_be_read_is_alerted_on(
    spark: SparkSession, store: LocalStore, tmp_path: Path
) -> None:
    ledger = Ledger()
    monitor = Monitor(store, f"{tmp_path}/tables", alerting=Alerting([ledger]), trigger="100 milliseconds")
    torn = [replace(each, payload=TORN) if each.event_type == "response" else each for each in hour("shop", 0, 50)]
    with SpoolWriter(tmp_path / "spool") as spool:
        events = spooled(spark, spool, in_time([*torn, *hour("bank", 0, 50), clock(180), clock(180, "bank")]))
        query = monitor.start(events, f"{tmp_path}/checkpoints")
        try:
            query.processAllAvailable()
            for _ in range(30):
                if "unanswered shop" in {each.column_name for each in ledger.alerts}:
                    break
                query.awaitTermination(1)
        finally:
            query.stop()
    (alert,) = (each for each in ledger.alerts if each.column_name.startswith("unanswered"))
    assert (alert.model, alert.column_name, alert.severity) == (":monitor", "unanswered shop", "warning")
    assert alert.message == (
        f"the model shop has had {SIZE} requests and no response that could be read since 2026-11-23 00:00 UTC: see "
        "the table dead_letters, and whether its responses are logged"
    )


def test_a_failed_query_is_alerted_on_before_the_monitor_ends(
    spark: SparkSession, store: LocalStore, tmp_path: Path
) -> None:
    ledger = Ledger()
    monitor = Monitor(store, str(tmp_path / "tables"), alerting=Alerting([ledger]))
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "dead_letters").write_text("in the way")
    with SpoolWriter(tmp_path / "spool") as spool:
        events = spooled(spark, spool, [*HOSTILE.values()])
        query = monitor.start(events, str(tmp_path / "checkpoints"))
        try:
            with pytest.raises(StreamingQueryException, match="dead_letters"):
                query.awaitTermination()
        finally:
            query.stop()
        (stalled,) = ledger.alerts
        assert (stalled.model, stalled.column_name, stalled.severity) == (":monitor", "stalled", "critical")
        assert "the monitor has stalled: its query has stopped" in stalled.message
        # Mended and started again, it says so.
        (tmp_path / "tables" / "dead_letters").unlink()
        query = monitor.start(events, str(tmp_path / "checkpoints"))
        try:
            query.processAllAvailable()
            for _ in range(300):
                if len(ledger.alerts) > 1:
                    break
                query.awaitTermination(1)
        finally:
            query.stop()
    assert [alert.state for alert in ledger.alerts] == ["firing", "resolved"]
    assert ledger.alerts[1].message == "the monitor is processing again"
