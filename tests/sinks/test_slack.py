"""Slack's limits, and names that call nobody."""

import json
from typing import Any

import pytest

from sparkmon.errors import AlertDeliveryError
from sparkmon.sinks import Notification, SlackSink
from tests.support.notifications import HOSTILE, alert, notification
from tests.support.sink import sink


def message(told: Notification) -> dict[str, Any]:
    with sink() as server:
        SlackSink(server.url).deliver(told)
    found: dict[str, Any] = json.loads(server.posted[0].body)
    return found


def texts(found: dict[str, Any]) -> list[dict[str, Any]]:
    sections = [block["text"] for block in found["blocks"] if block["type"] == "section"]
    return sections + [each for block in found["blocks"] for each in block.get("elements", ())]


def test_a_message_has_a_title_a_line_per_alert_and_the_id() -> None:
    found = message(notification(alert(), alert(severity="critical", message="x < y & z")))
    said = [each["text"] for each in texts(found)]
    assert said[0].startswith(":large_orange_circle: flights (version 2): 2 alerts in the window")
    assert said[1].endswith("• critical: x &lt; y &amp; z")
    assert said[2] == "firing, warning, n1"
    assert found["text"].startswith("flights (version 2): 2 alerts")
    assert texts(message(notification(alert(state="resolved"))))[0]["text"].startswith(":large_green")


def test_hostile_names_call_nobody_and_make_no_links_or_lines() -> None:
    found = message(notification(alert(model=HOSTILE, message=HOSTILE)))
    for text in [found["text"], *(each["text"] for each in texts(found))]:
        assert "<" not in text
        assert ">" not in text
        assert text.isprintable()
    assert all(each == {"type": "mrkdwn", "text": each["text"], "verbatim": True} for each in texts(found))
    assert "&lt;!channel&gt; &lt;b&gt;&amp;amp;" in texts(found)[1]["text"]


@pytest.mark.parametrize("letter", ["x", "&", "é", "\U0001f600", "\x00"])
def test_slacks_limits_are_kept(letter: str) -> None:
    many = [alert(message=letter * 50_000, model=letter * 5000) for _ in range(1000)]
    found = message(notification(*many, count=5000))
    assert len(found["blocks"]) <= 50
    assert all(0 < len(each["text"]) <= 3000 for each in texts(found))
    assert "and 4,980 more" in texts(found)[-2]["text"]


def test_slacks_answer_is_shown() -> None:
    with sink() as server:
        server.answers = [(403, {})]
        with pytest.raises(AlertDeliveryError, match="it answered 403") as caught:
            SlackSink(server.url).deliver(notification())
    assert caught.value.permanent
