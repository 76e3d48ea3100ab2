"""Teams' envelope and its limit, and names that stay text."""

import json
from typing import Any

import pytest

from sparkmon.sinks import Notification, TeamsSink
from tests.support.notifications import HOSTILE, alert, notification
from tests.support.sink import sink


def posted(told: Notification) -> bytes:
    with sink() as server:
        TeamsSink(server.url).deliver(told)
    return server.posted[0].body


def runs(body: bytes) -> list[dict[str, Any]]:
    (attachment,) = json.loads(body)["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    # No TextBlock: it would read markdown.
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    found: list[dict[str, Any]] = [run for block in card["body"] for run in block["inlines"]]
    return found


def test_a_card_has_a_title_a_line_per_alert_and_the_id() -> None:
    body = posted(notification(alert(message="psi 0.61"), alert(severity="critical", message="ks 0.3")))
    assert json.loads(body)["type"] == "message"
    title, first, second, said = runs(body)
    assert title["text"].startswith("flights (version 2): 2 alerts in the window")
    assert title["color"] == "warning"
    assert (first["text"], second["text"], said["text"]) == (
        "warning: psi 0.61",
        "critical: ks 0.3",
        "firing, warning, n1",
    )
    assert runs(posted(notification(alert(state="resolved"))))[0]["color"] == "good"


def test_hostile_names_are_runs_of_text() -> None:
    found = runs(posted(notification(alert(model=HOSTILE, message=HOSTILE))))
    assert {run["type"] for run in found} == {"TextRun"}
    assert all(run["text"].isprintable() and "selectAction" not in run for run in found)
    assert "*bold* [a](http://evil.example) <!channel>" in found[1]["text"]


@pytest.mark.parametrize("letter", ["x", "é", "\U0001f600", "\\", '"'])
def test_a_card_is_not_larger_than_teams_takes(letter: str) -> None:
    body = posted(notification(*[alert(message=letter * 5000) for _ in range(100)], count=500))
    assert len(body) <= 28_000
    *_, more, _ = runs(body)
    listed = len(runs(body)) - 3
    assert 5 <= listed <= 20
    assert more["text"].startswith(f"and {500 - listed} more")
