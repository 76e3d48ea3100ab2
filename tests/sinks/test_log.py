"""Notifications in Python's logging."""

import logging

import pytest

from sparkmon.sinks import LogSink
from tests.support.notifications import HOSTILE, alert, notification


def test_severity_is_the_level_and_fields_are_attributes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = [
        *(alert(severity="info"), alert(severity="warning"), alert(severity="critical")),
        alert(severity="critical", state="resolved"),
    ]
    LogSink("monitor").deliver(notification(*told, count=9))
    levels = [record.levelname for record in caplog.records]
    assert levels == ["INFO", "WARNING", "CRITICAL", "INFO", "INFO"]
    assert {record.name for record in caplog.records} == {"monitor"}
    assert [record.__dict__["notification_id"] for record in caplog.records] == ["n1"] * 5
    assert caplog.records[0].__dict__["alert"]["column_name"] == "temp"
    assert caplog.records[-1].getMessage() == "and 5 more: see the table alerts"


def test_a_hostile_name_makes_no_line_and_no_format(caplog: pytest.LogCaptureFixture) -> None:
    LogSink().deliver(notification(alert(message=HOSTILE + "%s%(name)s{0}")))
    (record,) = caplog.records
    assert record.getMessage().isprintable()
    assert record.getMessage().endswith("%s%(name)s{0}")
