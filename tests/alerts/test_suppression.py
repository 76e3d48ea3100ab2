"""Each suppression stage by itself, and their order."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from sparkmon.alerts.decide import STAGES, Context, Decision, Groups, out_of_date, suppressed_by
from sparkmon.alerts.incident import Incident, Notified
from sparkmon.alerts.matcher import Acknowledgement, Matcher, Silence
from sparkmon.alerts.policy import Policy
from tests.alerts.test_decide import HOUR, NOON, observed


@dataclass(frozen=True)
class Pending:
    """A decision before it is sent or suppressed, and its context."""

    pending: Decision
    context: Context

    @property
    def decision(self) -> Decision:
        """The decision with the sinks that have not heard of it."""
        return replace(self.pending, sinks=out_of_date(self.pending, self.context.policy))

    def replace(self, **changes: object) -> "Pending":
        """Change the decision."""
        return Pending(replace(self.pending, **changes), self.context)  # type: ignore[arg-type]

    def under(self, **changes: object) -> "Pending":
        """Change the context."""
        return Pending(self.pending, replace(self.context, **changes))  # type: ignore[arg-type]


END = NOON + HOUR
OPEN = Incident(is_open=True, last_end=END, opened_time=NOON)
NOTIFIED = replace(OPEN, notified=(Notified("pager", "warning", NOON),), last_notified_window_end=NOON)
DAY_AGO = replace(NOTIFIED, notified=(Notified("pager", "warning", END - timedelta(days=1)),))
CONTEXT = Context(Policy(), (), {}, ("pager",), Groups({("pager", True): 1, ("pager", False): 1}), now=NOON)
DECISION = Decision(observed(0), "warning", "firing", Incident(), OPEN, ("pager",))
FIRING = Pending(DECISION, CONTEXT)
REMINDER = FIRING.replace(before=DAY_AGO, incident=DAY_AGO)
RESOLVED = REMINDER.replace(state="resolved", incident=replace(REMINDER.pending.incident, is_open=False))
SILENCE = Silence("s", Matcher(model="fl*"), NOON, END)
ACK = {"flights temp": Acknowledgement("flights temp", NOON, "ada")}


SUPPRESSED: dict[str, list[Pending]] = {
    "unconfirmed": [FIRING.replace(state="unconfirmed")],
    "inhibited": [FIRING.replace(state="inhibited")],
    "never_notified": [FIRING.replace(state="resolved", incident=Incident(), routed=())],
    "recovering": [FIRING.replace(state="recovering")],
    "no_change": [
        FIRING.replace(before=NOTIFIED, incident=NOTIFIED),
        FIRING.replace(observation=observed(0, "unconfirmed")),
        FIRING.replace(state="provisional", before=NOTIFIED, incident=NOTIFIED),
        FIRING.replace(state="provisional", severity="critical", before=NOTIFIED, incident=NOTIFIED),
        REMINDER.under(policy=Policy(repeat_interval=None)),
    ],
    "silenced": [each.under(silences=(SILENCE,)) for each in (FIRING, REMINDER)],
    "acknowledged": [REMINDER.under(acknowledgements=ACK)],
    "flapping": [
        FIRING.replace(before=Incident(transitions=(NOON,) * 4)),
        RESOLVED.replace(before=replace(NOTIFIED, transitions=(NOON,) * 4)),
    ],
    "cool_down": [
        FIRING.replace(incident=replace(OPEN, last_notified_window_end=END - HOUR / 2)),
        FIRING.replace(state="provisional", incident=Incident(last_notified_window_end=END - HOUR / 2)),
    ],
    "no_route": [FIRING.replace(routed=())],
    "rate_limited": [FIRING.under(groups=Groups({("pager", False): 0}))],
}


@pytest.mark.parametrize(
    ("reason", "pending"), [(reason, pending) for reason, cases in SUPPRESSED.items() for pending in cases]
)
def test_a_stage_suppresses(reason: str, pending: Pending) -> None:
    assert suppressed_by(pending.decision, pending.context) == reason
    assert STAGES[reason](pending.decision, pending.context)


@pytest.mark.parametrize(
    "pending",
    [
        FIRING,
        REMINDER,
        RESOLVED,
        FIRING.replace(state="provisional", incident=Incident()),
        # Escalations: acknowledged, and long before the reminder.
        REMINDER.replace(severity="critical").under(acknowledgements=ACK),
        FIRING.replace(severity="critical", before=NOTIFIED, incident=NOTIFIED),
        FIRING.replace(before=NOTIFIED, incident=NOTIFIED).under(policy=Policy(notify_on="each")),
        # Acknowledged before the incident opened.
        REMINDER.replace(incident=replace(REMINDER.pending.incident, opened_time=END)).under(acknowledgements=ACK),
        FIRING.under(silences=(replace(SILENCE, end_time=NOON),)),
        FIRING.replace(before=Incident(transitions=(NOON,) * 3)),
        FIRING.replace(before=Incident(transitions=(END - 20 * HOUR,) * 4)),
        FIRING.replace(incident=replace(OPEN, last_notified_window_end=END - HOUR)),
        # A recovery has no cool-down.
        RESOLVED.replace(incident=replace(RESOLVED.pending.incident, last_notified_window_end=NOON)),
    ],
)
def test_no_stage_suppresses(pending: Pending) -> None:
    assert [reason for reason, holds in STAGES.items() if holds(pending.decision, pending.context)] == []


@pytest.mark.parametrize(
    ("severity", "at", "expected"),
    [
        ("warning", 22, ("new",)),
        ("warning", 23, ("pager", "new")),
        ("critical", 0, ("pager", "new")),
        ("critical", 24, ("pager", "mail", "new")),
    ],
)
def test_each_sink_has_escalations_and_reminders_of_its_own(severity: str, at: int, expected: tuple[str, ...]) -> None:
    """The pager was notified of the window that ended at noon, the mail of the next one, another sink of none."""
    notified = (Notified("pager", "warning", NOON), Notified("mail", "critical", END))
    before, routed = replace(OPEN, notified=notified), ("pager", "mail", "new")
    window = observed(at)
    pending = FIRING.replace(observation=window, severity=severity, routed=routed, before=before)
    assert pending.decision.sinks == expected


def test_every_reason_has_a_stage_and_a_case() -> None:
    assert tuple(SUPPRESSED) == tuple(STAGES)


def test_the_first_stage_that_holds_is_the_reason() -> None:
    pending = REMINDER.replace(routed=()).under(acknowledgements=ACK, silences=(SILENCE,))
    assert suppressed_by(pending.decision, pending.context) == "silenced"
