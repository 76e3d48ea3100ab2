"""The policy, hour by hour: what notifies, what is suppressed, and why."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from sparkmon.alerts.decide import Context, Decision, Groups, decide
from sparkmon.alerts.incident import Incident, Observation, Outcome
from sparkmon.alerts.matcher import Acknowledgement, Acknowledgements, Matcher, Silence, Silences
from sparkmon.alerts.policy import Policy, Route, SeverityRule
from sparkmon.sinks import Severity

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
PLAIN = Policy(cool_down=timedelta())
WORDS: dict[str, Outcome] = {"x": "drift", ".": "ok", "?": "unconfirmed", "c": "inhibited"}


def observed(
    at: int,
    outcome: Outcome = "drift",
    *,
    name: str = "temp",
    model: str = "flights",
    severity: Severity = "warning",
    provisional: bool = False,
    statistics: tuple[str, ...] = ("ks", "psi"),
) -> Observation:
    """Make the observation of a column in the window of an hour."""
    alert = {
        "alert_id": f"{model} {name} {at}",
        "model": model,
        "model_version": "",
        "column_name": name,
        "drift_type": "BASELINE",
        "slice_key": None,
        "slice_value": None,
    }
    start = NOON + at * HOUR
    return Observation(f"{model} {name}", outcome, severity, start, start + HOUR, provisional, statistics, alert)


class Manager:
    """Decides hour by hour, and keeps the incidents."""

    def __init__(self, policy: Policy = PLAIN, *sinks: str) -> None:
        self.policy, self.sinks = policy, sinks or ("pager",)
        self.incidents: dict[str, Incident] = {}
        self.silences: Silences = ()
        self.acknowledgements: Acknowledgements = {}
        self.recent: dict[tuple[str, bool], int] = {}

    def process(self, *observations: Observation, now: datetime = NOON) -> list[Decision]:
        most = self.policy.max_notifications
        room = {
            (name, critical): most - self.recent.get((name, critical), 0)
            for name in self.sinks
            for critical in (True, False)
        }
        actions = self.silences, self.acknowledgements
        context = Context(self.policy, *actions, self.sinks, Groups(room), now)
        decisions = decide(self.incidents, observations, context)
        for each in decisions:
            self.incidents[each.observation.incident_id] = each.incident
        return decisions

    def run(self, hours: str) -> str:
        """Process hours such as ``xx..``; return each one's notification: firing, others of it, resolved, or none."""
        notified = []
        for at, letter in enumerate(hours):
            decisions = self.process(observed(at, WORDS[letter])) if letter != " " else []
            notified.append(letter_of(decisions[0]) if decisions else "-")
        return "".join(notified)


def letter_of(decision: Decision) -> str:
    """Return f for a first notification that an incident fires, o for one that repeats, r for its recovery."""
    if decision.notified_state is None:
        return "-"
    return "o" if decision.is_repeat else decision.notified_state[0]


@pytest.mark.parametrize(
    ("hours", "letters"),
    [
        ("xxxx", "f---"),
        ("xx..", "f--r"),  # two consecutive ok windows
        ("x.x.", "f---"),  # never two: the incident stays open
        ("x..x..", "f-rf-r"),
        ("??x?..", "--f--r"),
        ("x?.?..", "f----r"),  # an unconfirmed drift is not ok
        ("cc", "--"),
        ("xc..", "f--r"),
    ],
)
def test_by_default_changes_notify(hours: str, letters: str) -> None:
    assert Manager().run(hours) == letters


def test_only_the_statistics_that_found_the_drift_can_resolve_it() -> None:
    manager = Manager()
    manager.process(observed(0, statistics=("ks", "missing_column")))
    assert manager.process(observed(1, "ok", statistics=("null_rate", "psi"))) == []
    assert manager.process(observed(2, "ok", statistics=("ks", "null_rate")))[0].state == "recovering"
    assert manager.process(observed(3, "ok", statistics=("ks",)))[0].notified_state == "resolved"
    # For a column that was missing, any statistic shows that it is present.
    manager.process(observed(4, statistics=("missing_column",)))
    assert manager.process(observed(5, "ok", statistics=("null_rate",)))[0].state == "recovering"


def test_each_window_notifies_if_configured() -> None:
    assert Manager(replace(PLAIN, notify_on="each")).run("xx?x..") == "fo-o-r"


def test_an_open_incident_has_reminders() -> None:
    assert Manager(replace(PLAIN, repeat_interval=3 * HOUR)).run("xxxxxxxx") == "f--o--o-"
    assert Manager(replace(PLAIN, repeat_interval=None)).run("x" * 30) == "f" + "-" * 29


def test_an_escalation_notifies() -> None:
    manager = Manager()
    severities: list[Severity] = ["warning", "critical", "critical", "warning", "critical"]
    letters = [letter_of(manager.process(observed(at, severity=each))[0]) for at, each in enumerate(severities)]
    assert letters == ["f", "o", "-", "-", "-"]


def test_an_incident_that_fires_again_soon_notifies_after_the_cool_down() -> None:
    manager = Manager(Policy(cool_down=4 * HOUR))
    #           fired at 0, resolved at 2; open again from 3: notified four hours after hour 2
    assert manager.run("x..xxxx") == "f-r---f"
    manager = Manager(Policy(cool_down=4 * HOUR))
    assert manager.run("x..x") == "f-r-"
    (first, last) = manager.process(observed(4, "ok"), observed(5, "ok"))
    assert (first.suppressed_by, last.suppressed_by) == ("recovering", "never_notified")
    assert manager.process(observed(6, "ok")) == []


def test_a_flapping_incident_is_suppressed_until_it_settles() -> None:
    manager = Manager(replace(PLAIN, resolve_after=1, flap_changes=4, flap_windows=8, repeat_interval=None))
    #      changes at 0 1 2 3, then four of them lie in the last eight windows
    hours = "x.x.x.x........"
    assert manager.run(hours)[:8] == "frfr----"
    assert manager.incidents["flights temp"].notified == ()
    # It fires again within eight windows of the changes before, and notifies once these lie further back.
    manager = Manager(replace(PLAIN, resolve_after=1, flap_changes=4, flap_windows=8, repeat_interval=None))
    assert manager.run("x.x.xxxxxxxxx") == "frfr-----f---"


def test_a_silence_suppresses_until_it_ends() -> None:
    manager = Manager()
    quiet = Silence("s", Matcher(model="fl*"), NOON - HOUR, NOON + HOUR)
    manager.silences = (quiet,)
    (muted,) = manager.process(observed(0))
    assert (muted.state, muted.notified_state, muted.suppressed_by) == ("firing", None, "silenced")
    (other,) = manager.process(observed(0, model="taxis"))
    assert other.notified_state == "firing"
    (after,) = manager.process(observed(1), now=NOON + HOUR)
    assert (after.state, after.notified_state, after.is_repeat) == ("firing", "firing", False)


def test_an_incident_that_fires_and_resolves_in_a_silence_never_notifies() -> None:
    manager = Manager()
    manager.silences = (Silence("s", Matcher(), NOON - HOUR, NOON + HOUR),)
    for at, outcome in enumerate(("drift", "ok", "ok")):
        (last,) = manager.process(observed(at, WORDS[".x"[outcome == "drift"]]))
    assert (last.state, last.suppressed_by) == ("resolved", "never_notified")
    assert last.incident.is_settled


def test_an_acknowledged_incident_has_no_reminders() -> None:
    manager = Manager(replace(PLAIN, repeat_interval=HOUR))
    manager.process(observed(0))
    ack = Acknowledgement("flights temp", NOON + timedelta(minutes=1), "ada")
    manager.acknowledgements = {"flights temp": ack}
    assert manager.process(observed(1))[0].suppressed_by == "acknowledged"
    assert manager.process(observed(2, severity="critical"))[0].is_repeat
    assert manager.process(observed(3, "ok"))[0].suppressed_by == "recovering"
    assert manager.process(observed(4, "ok"))[0].notified_state == "resolved"
    # The next incident is another one.
    later = NOON + timedelta(hours=5)
    manager.process(observed(5), now=later)
    assert letter_of(manager.process(observed(6), now=later)[0]) == "o"


def test_forty_columns_of_one_cause_are_one_notification() -> None:
    manager = Manager(PLAIN, "pager", "log")
    decisions = manager.process(*(observed(0, name=f"f{number}") for number in range(40)))
    assert len({each.notification_id for each in decisions}) == 1
    assert {each.sinks for each in decisions} == {("pager", "log")}
    decisions = manager.process(*(observed(1, name=f"f{number}", model="taxis") for number in range(3)))
    assert len({each.notification_id for each in decisions}) == 1


def test_a_notification_keeps_its_id_whatever_the_order() -> None:
    both = [observed(0, name="a"), observed(0, name="b")]
    first, again = Manager().process(*both), Manager().process(*reversed(both))
    assert {each.notification_id for each in first} == {each.notification_id for each in again}
    assert first[0].notification_id != Manager().process(both[0])[0].notification_id


def test_a_sink_has_no_more_notifications_than_its_limit() -> None:
    manager = Manager(replace(PLAIN, max_notifications=2, notify_on="each"), "pager", "log")
    manager.recent = {("pager", False): 1}
    decisions = manager.process(*(observed(0, model=name) for name in "abcd"))
    assert [each.sinks for each in decisions] == [("pager", "log"), ("log",), (), ()]
    assert [each.suppressed_by for each in decisions] == [None, None, "rate_limited", "rate_limited"]
    # The others follow as soon as there is room.
    manager.recent = {}
    decisions = manager.process(*(observed(1, model=name) for name in "cd"))
    assert [each.notified_state for each in decisions] == ["firing", "firing"]


def test_a_recovery_goes_to_the_sinks_that_were_notified_alone() -> None:
    manager = Manager(replace(PLAIN, max_notifications=1), "pager", "log")
    manager.recent = {("pager", False): 1}
    (first,) = manager.process(observed(0))
    assert (first.sinks, first.limited_sinks) == (("log",), ("pager",))
    manager.recent = {}
    (_, last) = manager.process(observed(1, "ok"), observed(2, "ok"))
    assert (last.notified_state, last.sinks, last.incident.is_settled) == ("resolved", ("log",), True)


def test_alerts_go_to_the_sinks_of_their_routes() -> None:
    routes = (Route(model="flights", severity="critical", sinks=("pager",)), Route(column="temp", sinks=("log",)))
    manager = Manager(replace(PLAIN, routes=routes), "pager", "log")
    decisions = manager.process(
        observed(0, severity="critical"),
        observed(0, name="b"),
        observed(0, name="c", severity="critical"),
        observed(0, model="taxis"),
    )
    by_name = {each.observation.incident_id: (each.sinks, each.suppressed_by) for each in decisions}
    assert by_name == {
        "flights temp": (("pager", "log"), None),
        "flights b": ((), "no_route"),
        "flights c": (("pager",), None),
        "taxis temp": (("log",), None),
    }


def test_a_rule_sets_the_severity() -> None:
    rules = (SeverityRule(column="te*", severity="critical"),)
    decisions = Manager(replace(PLAIN, severities=rules)).process(observed(0), observed(0, name="b"))
    assert {each.observation.incident_id: each.severity for each in decisions} == {
        "flights temp": "critical",
        "flights b": "warning",
    }


def test_an_open_window_notifies_unless_its_incident_was_notified() -> None:
    manager = Manager()
    (early,) = manager.process(observed(0, provisional=True))
    assert (early.state, early.notified_state) == ("provisional", "provisional")
    (closed,) = manager.process(observed(0))
    assert (closed.state, closed.notified_state) == ("firing", "firing")
    (next_hour,) = manager.process(observed(1, provisional=True))
    assert (next_hour.notified_state, next_hour.suppressed_by) == (None, "no_change")


def test_a_window_is_decided_on_once() -> None:
    manager = Manager()
    manager.process(observed(0), observed(1))
    assert manager.process(observed(1), observed(0)) == []


def test_an_incident_without_traffic_resolves() -> None:
    manager = Manager()
    manager.process(observed(0))
    (ended,) = manager.process(replace(observed(26), outcome="stale"))
    assert (ended.state, ended.notified_state, ended.incident.is_settled) == ("resolved", "resolved", True)
