"""Incidents that no window shows any more."""

from datetime import timedelta
from typing import Any

import pytest

from sparkmon.alerts.incident import Incident, Notified, Observation
from sparkmon.alerts.incident_states import IncidentStates
from sparkmon.alerts.policy import Policy
from tests.support.findings import FINDING, HOUR, NOON

DAY = timedelta(days=1)
END = NOON + HOUR
OPEN = Incident(is_open=True, notified=(Notified("ledger", "warning", NOON),), last_end=END)
ROW: dict[str, Any] = FINDING | {"incident_id": "i", "severity": "warning", "statistics": ["ks"]}


def states(**changes: object) -> IncidentStates:
    return IncidentStates({"i": OPEN}, {"i": ROW | changes}, [], NOON)


@pytest.mark.parametrize(
    ("changes", "age", "expected"),
    [
        ({}, DAY, False),
        ({}, DAY + HOUR, True),
        # Its windows are weeks: two of them have to be silent.
        ({"window_start": END - 7 * DAY}, 7 * DAY + HOUR, False),
        ({"window_start": END - 7 * DAY}, 14 * DAY, False),
        ({"window_start": END - 7 * DAY}, 14 * DAY + HOUR, True),
    ],
)
def test_an_incident_is_stale_by_the_windows_of_its_model(
    changes: dict[str, object], age: timedelta, expected: bool
) -> None:
    stale = states(**changes).stale({"taxi": END + age}, Policy(), [], NOON)
    assert [(each.outcome, each.window_end) for each in stale] == ([("stale", END + age)] if expected else [])
    assert states(**changes).stale({"van": END + age}, Policy(), [], NOON) == []


def test_an_incident_with_a_window_is_not_stale() -> None:
    shown = Observation("i", "drift", "warning", END, END + 9 * DAY, False, ("ks",), ROW)
    assert states().stale({"taxi": END + 9 * DAY}, Policy(), [shown], NOON) == []


def test_an_incident_of_a_model_without_windows_is_stale_after_as_long_a_processing_time() -> None:
    of_model = states()
    of_model.close_windows({"taxi": END, "van": END}, NOON + HOUR)
    assert of_model.stale({"van": END}, Policy(), [], NOON + HOUR + DAY) == []
    (stale,) = of_model.stale({"van": END}, Policy(), [], NOON + 2 * HOUR + DAY)
    # The next window of the model, whenever it comes, is a later one.
    assert END < stale.window_end < END + timedelta(seconds=1)
    # A monitor that was stopped for days waits for the windows that it has missed.
    again = IncidentStates({"i": OPEN}, {"i": ROW}, [], NOON + 9 * DAY)
    assert again.stale({"van": END}, Policy(), [], NOON + 9 * DAY + HOUR) == []


def test_an_incident_of_a_health_check_that_is_not_made_any_more_expires_by_the_clock() -> None:
    """It was open when the process started, a month after its last report."""
    changes = {"drift_type": "HEALTH", "model": ":monitor", "column_name": "silent taxi"}
    start = END + 30 * DAY
    health = IncidentStates({"i": OPEN}, {"i": ROW | changes}, [], start)
    assert health.stale({"taxi": END}, Policy(), [], start + DAY) == []
    (stale,) = health.stale({"taxi": END}, Policy(), [], start + DAY + HOUR)
    assert (stale.outcome, stale.window_end) == ("stale", start + DAY + HOUR)
    assert stale.alert["message"] == (
        "the health check silent taxi has not been judged since 2026-11-23 13:00 UTC: it is not made any more"
    )
