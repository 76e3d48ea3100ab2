"""The driver killed while a client attacks a model: the verdicts are those of a run without a fault."""

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from sparkmon.session import register
from tests.faults.accounts import contents
from tests.faults.job import Place
from tests.support.attack_calls import calls, store_with_clients
from tests.support.attacks import recorded

CLIENTS = "adversaries: {flights: header X-Client-Id}\n"
SOURCE = "{format: kserve, path: spool, options: {maxEventsPerTrigger: 300}}"


def verdicts(spark: SparkSession, place: Place) -> list[tuple[Any, ...]]:
    """Read what was found of clients, in the order of windows."""
    rows = [row for row in contents(spark, place.tables, "drift_metrics") if row["column_kind"] == "client"]
    names = ("window_start", "slice_value", "value", "current_count", "explanation")
    return sorted(tuple(row[name] for name in names) for row in rows)


@pytest.mark.faults
def test_a_kill_in_the_middle_of_an_attack_changes_no_verdict(spark: SparkSession, tmp_path: Path) -> None:
    register(spark)
    store_with_clients(spark, tmp_path / "store")
    # Four hours: 1,000 queries of the attacker, 1,500 of honest clients.
    attack = calls(recorded("flights", "hsj_l2"), "mallory", 14.4, "hsj")
    honest = calls(recorded("flights", "later").slice(0, 1500), None, 9.6, "honest")
    log = sorted([*attack, *honest], key=lambda event: event.event_time)
    places = [Place(tmp_path / name, tmp_path / "store", source=SOURCE, more=CLIENTS) for name in ("killed", "calm")]
    for place in places:
        place.log(*(log[at : at + 100] for at in range(0, len(log), 100)))
    killed, calm = places
    marks = killed.tables / "closed_windows" / "_delta_log"
    with killed.start() as job:
        job.until("a closed window", lambda: len([*marks.glob("0*.json")]) > 1)  # the first makes the table
        job.kill()
    assert 1 <= len(verdicts(spark, killed)) < 4
    for place in places:
        place.run("--flush")
    found = verdicts(spark, calm)
    assert [who for _, who, *_ in found] == ["mallory"] * 4
    assert verdicts(spark, killed) == found
