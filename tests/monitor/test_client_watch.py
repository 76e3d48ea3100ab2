"""A client attacks a model while others ask honestly: from the bytes of its calls to an alert that names it."""

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from sparkmon.alerts import Alerting
from sparkmon.comparison import Checks
from sparkmon.errors import OptionError
from sparkmon.logs import SpoolWriter
from sparkmon.monitor import Monitor, Windows
from sparkmon.profiles import client_baseline
from sparkmon.protocol import events_to_batch
from sparkmon.records import Event
from sparkmon.session import register
from sparkmon.store import LocalStore
from tests.support.attack_calls import calls, store_with_clients
from tests.support.attacks import kept_rows, recorded, scores

IDENTITY = {"flights": "header X-Client-Id"}


@pytest.fixture(scope="module")
def store(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> LocalStore:
    register(spark)
    return store_with_clients(spark, tmp_path_factory.mktemp("store"))


def monitor_in(store: LocalStore, folder: Path) -> Monitor:
    return Monitor(
        store,
        f"{folder}/tables",
        windows=Windows("5 minutes", delay="1 minute"),
        checks=Checks(("ks",)),
        alerting=Alerting(()),
        adversaries=IDENTITY,
    )


def findings_after(spark: SparkSession, store: LocalStore, folder: Path, parts: list[list[Event]]) -> list[Any]:
    """Let a monitor, started anew for each part, read a log; return what it found of clients."""
    monitor = monitor_in(store, folder)
    for number, part in enumerate(parts):
        with SpoolWriter(folder / "spool") as spool:
            spool.append(events_to_batch(part))
        stream = spark.readStream.format("kserve").load(f"{folder}/spool")
        is_last = number == len(parts) - 1
        monitor.start(stream, f"{folder}/checkpoints", available_now=True, flush=is_last).awaitTermination()
    return of_clients(monitor.tables.read(spark, "drift_metrics"))


def of_clients(findings: DataFrame) -> list[Any]:
    rows = findings.where("column_kind = 'client'").orderBy("window_start").collect()
    return [(row.window_start, row.slice_value, row.value, row.current_count, row.explanation) for row in rows]


def test_the_client_that_attacks_is_named_and_no_other(spark: SparkSession, store: LocalStore, tmp_path: Path) -> None:
    attack = calls(recorded("flights", "hsj_l2"), "mallory\n<b>", 0.6, "hsj")
    honest = calls(recorded("flights", "later").slice(0, 4000), None, 0.15, "honest")
    nobody = calls(recorded("flights", "zoo").slice(0, 200), "", 1.0, "nobody")
    log = sorted([*attack, *honest, *nobody], key=lambda event: event.event_time)
    found = findings_after(spark, store, tmp_path / "once", [log])
    # Ten minutes of attack, in two windows; nobody's rows are nobody's attack.
    assert [(who, count) for _, who, _, count, _ in found] == [("mallory\\n<b>", 500)] * 2
    assert all(groups >= 2 for _, _, groups, _, _ in found)
    sentence = found[0][-1]
    assert sentence.startswith(
        "the model flights is attacked by the client mallory\\n<b> in the window 2026-11-23 00:00 to "
    )
    assert "5 of 5 windows of 100 rows, 500 of them new: compared with honest clients, its rows are closer" in sentence
    assert "like HopSkipJump" in sentence
    assert "rows to look at first: hsj-" in sentence
    alerts = spark.read.format("delta").load(f"{tmp_path}/once/tables/alerts").where("column_kind = 'client'").collect()
    assert {(row.state, row.slice_value) for row in alerts} == {("firing", "mallory\\n<b>")}
    # The same in batch.
    monitor, events = monitor_in(store, tmp_path / "batch"), spark.read.format("kserve").load(f"{tmp_path}/once/spool")
    assert of_clients(monitor.findings(monitor.profiles(events), rows=monitor.kept_rows(events))) == found
    # The same after restarts in the middle of windows, and of the attack.
    third = len(log) // 3
    parts = [log[:third], log[third : 2 * third], log[2 * third :]]
    assert findings_after(spark, store, tmp_path / "thrice", parts) == found


def test_without_a_baseline_rows_are_kept_with_their_clients_and_nobody_is_judged(
    spark: SparkSession, store: LocalStore, tmp_path: Path
) -> None:
    bare = LocalStore(tmp_path / "store")
    bare.write_reference(store.read_references())
    log = calls(recorded("flights", "zoo").slice(0, 300), "x" * 10_000, 1.0, "zoo")
    assert findings_after(spark, bare, tmp_path, [log]) == []
    [(client, count)] = spark.read.format("delta").load(f"{tmp_path}/tables/rows").groupBy("client").count().collect()
    assert (len(client), client[:3], count) == (128, "xxx", 300)


def test_too_few_honest_rows_and_an_unknown_identity_are_refused(
    spark: SparkSession, store: LocalStore, tmp_path: Path
) -> None:
    table = spark.createDataFrame(recorded("flights", "reference").drop_columns(["client"]))
    rows = kept_rows("flights", recorded("flights", "honest").slice(0, 1500))
    with pytest.raises(OptionError, match="30 windows or more"):
        client_baseline(table, rows, "flights", predictions=scores("flights"))
    with pytest.raises(OptionError, match="header NAME, entity NAME, feature NAME"):
        Monitor(store, f"{tmp_path}/tables", adversaries={"flights": "cookie"})
