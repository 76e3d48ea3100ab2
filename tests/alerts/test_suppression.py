"""Each suppression stage by itself, and their order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sparkmon.alerts.actions import Acknowledgement, Silence
from sparkmon.alerts.groups import Groups
from sparkmon.alerts.incident import Incident
from sparkmon.alerts.matcher import Matcher
from sparkmon.alerts.policy import Policy, Route
from sparkmon.alerts.suppression import STAGES, Context, Pending, suppressed_by
from tests.alerts.test_decide import HOUR, NOON, observed

END = NOON + HOUR
OPEN = Incident(is_open=True, last_end=END, opened_time=NOON)
NOTIFIED = replace(OPEN, notified_severity="warning", last_notified_window_end=NOON)
CONTEXT = Context(Policy(), (), {}, ("pager",), Groups({"pager": 1}), now=NOON)
FIRING = Pending(CONTEXT, observed(0), "warning", "firing", Incident(), OPEN)
REMINDER = replace(
    FIRING,
    before=NOTIFIED,
    incident=replace(NOTIFIED, last_notified_window_end=END - timedelta(days=1)),
)
RESOLVED = replace(REMINDER, state="resolved", incident=replace(REMINDER.incident, is_open=False))
SILENCE = Silence("s", Matcher(model="fl*"), NOON, END)
ACK = {"flights temp": Acknowledgement("flights temp", NOON, "ada")}


def under(pending: Pending, **changes: object) -> Pending:
    """Change the context of a notification."""
    return replace(pending, context=replace(pending.context, **changes))  # type: ignore[arg-type]


SUPPRESSED: dict[str, list[Pending]] = {
    "unconfirmed": [replace(FIRING, state="unconfirmed")],
    "inhibited": [replace(FIRING, state="inhibited")],
    "never_notified": [replace(FIRING, state="resolved", incident=Incident())],
    "recovering": [replace(FIRING, state="recovering")],
    "no_change": [
        replace(FIRING, before=NOTIFIED, incident=NOTIFIED),
        replace(FIRING, observation=observed(0, "unconfirmed")),
        replace(FIRING, state="provisional", before=NOTIFIED, incident=NOTIFIED),
        under(REMINDER, policy=Policy(repeat_interval=None)),
    ],
    "silenced": [under(each, silences=(SILENCE,)) for each in (FIRING, REMINDER)],
    "acknowledged": [under(REMINDER, acknowledgements=ACK)],
    "flapping": [
        replace(each, before=Incident(transitions=(NOON,) * 4)) for each in (FIRING, RESOLVED)
    ],
    "cool_down": [
        replace(FIRING, incident=replace(OPEN, last_notified_window_end=END - HOUR / 2)),
        replace(
            FIRING, state="provisional", incident=Incident(last_notified_window_end=END - HOUR / 2)
        ),
    ],
    "no_route": [
        under(FIRING, sinks=()),
        under(FIRING, policy=Policy(routes=(Route(model="taxis", sinks=("pager",)),))),
    ],
    "rate_limited": [under(FIRING, groups=Groups({"pager": 0}))],
}


@pytest.mark.parametrize(
    ("reason", "pending"),
    [(reason, pending) for reason, cases in SUPPRESSED.items() for pending in cases],
)
def test_a_stage_suppresses(reason: str, pending: Pending) -> None:
    assert suppressed_by(pending) == reason
    assert STAGES[reason](pending)


@pytest.mark.parametrize(
    "pending",
    [
        FIRING,
        REMINDER,
        RESOLVED,
        replace(FIRING, state="provisional", incident=Incident()),
        # Escalations: acknowledged, and long before the reminder.
        under(replace(REMINDER, severity="critical"), acknowledgements=ACK),
        replace(FIRING, severity="critical", before=NOTIFIED, incident=NOTIFIED),
        under(replace(FIRING, before=NOTIFIED, incident=NOTIFIED), policy=Policy(notify_on="each")),
        # Acknowledged before the incident opened.
        under(
            replace(REMINDER, incident=replace(REMINDER.incident, opened_time=END)),
            acknowledgements=ACK,
        ),
        under(FIRING, silences=(replace(SILENCE, end_time=NOON),)),
        replace(FIRING, before=Incident(transitions=(NOON,) * 3)),
        replace(FIRING, before=Incident(transitions=(END - 20 * HOUR,) * 4)),
        replace(FIRING, incident=replace(OPEN, last_notified_window_end=END - HOUR)),
        # A recovery has no cool-down.
        replace(RESOLVED, incident=replace(RESOLVED.incident, last_notified_window_end=NOON)),
    ],
)
def test_no_stage_suppresses(pending: Pending) -> None:
    assert [reason for reason, holds in STAGES.items() if holds(pending)] == []


def test_every_reason_has_a_stage_and_a_case() -> None:
    assert tuple(SUPPRESSED) == tuple(STAGES)


def test_the_first_stage_that_holds_is_the_reason() -> None:
    pending = under(REMINDER, acknowledgements=ACK, silences=(SILENCE,), sinks=())
    assert suppressed_by(pending) == "silenced"
