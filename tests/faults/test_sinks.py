"""A sink that is down, one that hangs, and a driver killed in between: the others hear at once, and it hears later."""

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from sparkmon.alerts import AlertStore
from sparkmon.tables import Tables
from tests.faults.accounts import check_account
from tests.faults.job import Place
from tests.faults.report import Report
from tests.faults.traffic import DRIFTS_FROM, Traffic
from tests.support.ports import free_ports
from tests.support.sink import Sink, sink


def heard(by: Sink) -> list[str]:
    """Give the ids of the notifications that were posted, in their order."""
    with by.lock:
        return [json.loads(each.body)["notification_id"] for each in by.posted]


def tell(place: Place, **urls: str) -> None:
    """Have a job tell these webhooks."""
    named = ", ".join(f'{{sink: webhook, name: {name}, url: "{url}"}}' for name, url in urls.items())
    text = place.config.read_text()
    assert "sinks: [{sink: console}]" in text
    place.config.write_text(text.replace("sinks: [{sink: console}]", f"sinks: [{named}]"))


@pytest.mark.faults
def test_every_sink_hears_of_every_alert_whatever_is_down(
    spark: SparkSession, references: Path, tmp_path: Path, report: Report
) -> None:
    traffic, place = Traffic(3), Place(tmp_path / "job", references)
    place.log(*(traffic.hour(at) for at in range(DRIFTS_FROM + 1)), [traffic.clock(4.5)])
    (port,) = free_ports(1)
    with sink() as works, sink() as hangs:
        hangs.release.clear()
        tell(place, works=f"{works.url}in", hangs=f"{hangs.url}in", down=f"http://127.0.0.1:{port}/in")
        with place.start() as job:
            job.until("alerts", lambda: heard(works))
            job.until("one that hangs", lambda: heard(hangs))
            job.until("a failure", lambda: "the sink down did not accept" in job.said)
            job.kill()
        hangs.release.set()
        with sink(port) as up:
            said = place.run("--flush")
            assert "did not accept" not in said
            record = AlertStore(Tables(f"{place.tables}").open(spark))
            told = record.notification_ids()
            assert told
            for each in (works, hangs, up):
                assert {*heard(each)} >= told  # an alert of the monitor's health is sent before it is recorded
        assert record.undelivered() == []
        assert record.undelivered(dead=True) == []
        assert len(heard(up)) == len(told)  # it was down, and has heard each once
    account = check_account(spark, place.tables, traffic.book)
    report.row("sink down, webhook hangs, kill -9", 1, traffic.book, account)
